# SPDX-License-Identifier: Apache-2.0
"""Reads a page of HTML strictly: whatever a browser would have to repair is an error."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Callable, Iterator

VOID = {"br", "input", "link", "meta", "hr", "img", "wbr"}
PHRASING = {"a", "b", "br", "button", "code", "em", "i", "input", "label", "mark", "small", "span", "strong", "time",
            "wbr", "svg", "g", "path", "rect", "text", "line", "circle", "select", "option", "output"}
ONLY_PHRASING = {"a", "b", "button", "code", "em", "h1", "h2", "h3", "h4", "h5", "i", "label", "mark", "p", "small",
                 "span", "strong", "summary", "time"}
CHILDREN = {"ul": {"li"}, "ol": {"li"}, "table": {"caption", "thead", "tbody"}, "thead": {"tr"}, "tbody": {"tr"},
            "tr": {"td", "th"}, "dl": {"dt", "dd", "div"}, "html": {"head", "body"}}
PARENTS = {"li": {"ul", "ol"}, "tr": {"thead", "tbody"}, "td": {"tr"}, "th": {"tr"}, "summary": {"details"},
           "dt": {"dl", "div"}, "dd": {"dl", "div"}}
EXTERNAL = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)


class BadPage(Exception):
    pass


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    parent: Element | None = None
    children: list[Element | str] = field(default_factory=list)

    @property
    def classes(self) -> list[str]:
        return (self.attributes.get("class") or "").split()

    @property
    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    def elements(self) -> Iterator[Element]:
        """Those in it, in their order."""
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child.elements()

    def all(self, tag: str = "", class_name: str = "") -> list[Element]:
        return [one for one in self.elements()
                if tag in ("", one.tag) and (not class_name or class_name in one.classes)]

    def one(self, tag: str = "", class_name: str = "") -> Element:
        found = self.all(tag, class_name)
        if len(found) != 1:
            raise BadPage(f"{len(found)} elements {tag}.{class_name}")
        return found[0]

    def ancestors(self) -> Iterator[Element]:
        if self.parent is not None:
            yield self.parent
            yield from self.parent.ancestors()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.root = Element("", {})
        self.open = [self.root]

    def refuse(self, why: str) -> None:
        line, column = self.getpos()
        raise BadPage(f"{line}:{column}: {why}")

    def handle_decl(self, decl: str) -> None:
        if decl != "DOCTYPE html" or self.root.children:
            self.refuse(f"declaration {decl}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        parent = self.open[-1]
        if len(dict(attrs)) != len(attrs):
            self.refuse(f"<{tag}>: an attribute twice")
        if tag not in CHILDREN.get(parent.tag, {tag}) or parent.tag not in PARENTS.get(tag, {parent.tag}):
            self.refuse(f"<{tag}> in <{parent.tag}>")
        is_summary_heading = parent.tag == "summary" and tag in ("h2", "h3", "h4", "h5")
        if parent.tag in ONLY_PHRASING and tag not in PHRASING and not is_summary_heading:
            self.refuse(f"<{tag}> in <{parent.tag}>")
        if tag in ("a", "button") and any(one.tag in ("a", "button") for one in self.open):
            self.refuse(f"<{tag}> in a link or button")
        element = Element(tag, dict(attrs), parent)
        parent.children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.refuse(f"<{tag}/>")

    def handle_endtag(self, tag: str) -> None:
        if self.open[-1].tag != tag:
            self.refuse(f"</{tag}> ends <{self.open[-1].tag}>")
        self.open.pop()

    def handle_data(self, data: str) -> None:
        parent = self.open[-1]
        if data.strip() and parent.tag in CHILDREN:
            self.refuse(f"text in <{parent.tag}>: {data.strip()[:40]!r}")
        if parent.tag not in ("style", "script") and re.search("[<>&]", data):
            self.refuse(f"not escaped: {data[:40]!r}")
        bad = re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", data)
        if bad is not None:
            self.refuse(f"the character U+{ord(bad[0]):04X}")
        parent.children.append(data)

    def handle_entityref(self, name: str) -> None:
        if name not in ("amp", "lt", "gt", "quot"):
            self.refuse(f"&{name};")
        self.open[-1].children.append({"amp": "&", "lt": "<", "gt": ">", "quot": '"'}[name])

    def handle_charref(self, name: str) -> None:
        if name != "39":
            self.refuse(f"&#{name};")
        self.open[-1].children.append("'")

    def handle_comment(self, data: str) -> None:
        self.refuse("a comment")


@dataclass
class HtmlPage:
    root: Element
    ids: dict[str, Element]

    @property
    def main(self) -> Element:
        return self.root.one("main")

    def links(self) -> list[str]:
        return [one.attributes["href"] or "" for one in self.root.all("a")]


def _check_structure(root: Element) -> None:
    if [one.tag for one in root.children if isinstance(one, Element)] != ["html"]:
        raise BadPage("more than <html>")
    if not root.one("html").attributes.get("lang") or not root.one("title").text:
        raise BadPage("no language or title")
    for details in root.all("details"):
        tags = [one.tag for one in details.children if isinstance(one, Element)]
        if tags[:1] != ["summary"] or "summary" in tags[1:]:
            raise BadPage(f"<details> has {tags}")


def _check_addresses(root: Element) -> None:
    """Nothing is from elsewhere, and no script is but that of the page."""
    for element in root.elements():
        for name, value in element.attributes.items():
            if name.startswith("on"):
                raise BadPage(f"a script in {name}")
            is_icon = element.tag == "link" and value == "data:,"
            if name in ("href", "src", "srcset", "action", "data") and EXTERNAL.match(value or "") and not is_icon:
                raise BadPage(f"{name} leads to {value}")
        if element.tag == "style" and re.search(r"url\(|@import", element.text):
            raise BadPage("a style with an address")


def _ids(root: Element) -> dict[str, Element]:
    found: dict[str, Element] = {}
    for element in root.elements():
        name = element.attributes.get("id")
        if name is not None:
            if name in found or not re.fullmatch(r"[\w.-]+", name):
                raise BadPage(f"the id {name!r} twice, or with odd characters")
            found[name] = element
        for other in ("aria-labelledby", "for", "data-filter", "data-open"):
            if other in element.attributes and element.attributes[other] not in {
                    one.attributes.get("id") for one in root.elements()}:
                raise BadPage(f"{other} names no element: {element.attributes[other]}")
    return found


def read_page(text: str, is_target: Callable[[str], bool] = lambda name: False) -> HtmlPage:
    """`is_target` tells whether a link to another page, "other.html#id", leads somewhere."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    if len(reader.open) != 1:
        raise BadPage(f"<{reader.open[-1].tag}> has no end")
    _check_structure(reader.root)
    _check_addresses(reader.root)
    page = HtmlPage(reader.root, _ids(reader.root))
    for link in page.links():
        if not (link[1:] in page.ids if link.startswith("#") else is_target(link)):
            raise BadPage(f"a link leads nowhere: {link}")
    return page
