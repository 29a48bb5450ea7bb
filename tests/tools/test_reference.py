#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire schema --html: valid pages whose links all lead somewhere, with what schema/ has of each message and version,
and with examples that Kafka's rules allow."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from html import escape
from pathlib import Path
from typing import Iterator

from command import CommandTest, kwire, main
from html_page import Element, HtmlPage, read_page

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "codegen"))

import schema  # noqa: E402
from schema_model import Field, Message, Range, Struct  # noqa: E402

PROTOCOL = schema.load(ROOT / "schema")
TEXTS = ROOT / "tools" / "reference"


def camel(name: str) -> str:
    return name[0].lower() + name[1:]


def fields(struct: Struct, above: str = "",
           versions: Range | None = None) -> Iterator[tuple[str, Struct, Field, Range]]:
    """All fields, with their path and the versions in which they are there."""
    for one in struct.fields:
        path = above + camel(one.name)
        here = one.versions if versions is None else one.versions & versions
        if not here:
            continue
        yield path, struct, one, here
        if one.struct is not None:
            yield from fields(one.struct, path + "[]" * one.array + ".", here)


def short(versions: Range, of: Range) -> str:
    if versions.hi >= of.hi:
        return f"{versions.lo}+"
    return str(versions.lo) if versions.lo == versions.hi else f"{versions.lo}-{versions.hi}"


def cells(row: Element) -> list[str]:
    return [one.text for one in row.children if isinstance(one, Element)]


class Reference(CommandTest):
    folder: tempfile.TemporaryDirectory[str]
    texts: dict[str, str]
    pages: dict[str, HtmlPage]

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        path = Path(cls.folder.name, "reference")
        done = kwire("schema", "--html", str(path))
        if done != (0, "", ""):
            raise AssertionError(done)
        cls.texts = {file.name: file.read_text(encoding="utf-8") for file in path.iterdir()}
        ids = {name: set(re.findall(r' id="([^"]*)"', text)) for name, text in cls.texts.items()}

        def is_target(link: str) -> bool:
            name, mark, place = link.partition("#")
            return name in ids and (not mark or place in ids[name])

        cls.pages = {name: read_page(text, is_target) for name, text in cls.texts.items()}

    def page(self, message: Message) -> HtmlPage:
        return self.pages[f"{message.name}.html"]

    def test_one_page_for_each_message(self) -> None:
        names = {f"{message.name}.html" for message in PROTOCOL.messages}
        self.assertEqual(names | {"index.html", "errors.html"}, set(self.pages))

    def test_each_message_is_reached(self) -> None:
        linked = set(self.pages["index.html"].links())
        self.assertEqual({"index.html"}, set(self.pages) - linked)
        for name, page in self.pages.items():
            if name != "index.html":
                self.assertIn("index.html", page.links())

    def test_fields(self) -> None:
        for message in PROTOCOL.messages:
            page = self.page(message)
            shown = {name: element for name, element in page.ids.items() if name.startswith("field-")}
            expected = {f"field-{path.replace('[]', '')}": (one, here) for path, _, one, here in fields(message.root)}
            self.assertEqual(sorted(expected), sorted(shown), message.name)
            for name, (one, here) in expected.items():
                with self.subTest(message=message.name, field=name):
                    row = cells(shown[name])
                    self.assertEqual(camel(one.name), row[0])
                    self.assertEqual(short(here, message.versions), row[2])
                    self.assertRegex(row[-1], r"^[A-Z0-9].*\.")
                    for word, is_so in (("nullable", bool(one.nullable & here)), ("ignorable", one.ignorable),
                                        ("key", one.key), ("tag ", bool(one.tagged & here))):
                        tags = [tag.text for tag in shown[name].all("span", "tag")]
                        self.assertEqual(is_so, any(tag.startswith(word) for tag in tags), word)

    def test_versions(self) -> None:
        for message in PROTOCOL.messages:
            page = self.page(message)
            self.assertEqual([f"v{version}" for version in reversed(list(message.versions))],
                             [name for name in page.ids if re.fullmatch(r"v\d+", name)])
            for version in message.versions:
                self.assertIn(f"example-v{version}", page.ids)

    def test_only_on_disk(self) -> None:
        for message in PROTOCOL.messages:
            why = [one.text for one in self.page(message).main.all("p") if one.text.startswith("Only on disk: ")]
            self.assertEqual(bool(message.folder), len(why) == 1, message.name)

    def test_what_changed(self) -> None:
        for message in PROTOCOL.messages:
            there = {version: {path for path, _, _, here in fields(message.root) if version in here}
                     for version in message.versions}
            for version in list(message.versions)[1:]:
                with self.subTest(message=message.name, version=version):
                    row = self.page(message).ids[f"v{version}"]
                    items = [item.text for item in row.all("li")]
                    for word, paths in (("new", there[version] - there[version - 1]),
                                        ("gone", there[version - 1] - there[version])):
                        self.assertEqual(sorted(paths), sorted(
                            match[1] for item in items if (match := re.match(rf"{word}: ([^,]+),", item))))
                    flexible = version == message.flexible.lo and bool(message.flexible)
                    self.assertEqual(flexible, any(item.startswith("flexible") for item in items))

    def test_examples_are_valid(self) -> None:
        """The bytes on the page are a message of that version with all its fields."""
        lines = []
        for message in PROTOCOL.messages:
            for version in message.versions:
                example = self.page(message).ids[f"example-v{version}"]
                self.assertEqual([], example.all("div", "errors"))
                data = "".join(one.text for one in example.one("div", "bytes").all("div", "hex")).replace(" ", "")
                if example.one("h3").text.split()[0] != message.name:
                    self.assertEqual(int(data[:8], 16), len(data) // 2 - 4)
                    self.assertIn(message.kind, ("request", "response"))
                    shown = [row for row in example.one("div", "fields").all(class_name="part")
                             if row.text == f"{message.name} version {version}"]
                    self.assertEqual(1, len(shown), f"{message.name} {version}")
                    continue
                lines.append(json.dumps({"message": message.name, "version": version, "hex": data}).encode())
        for answer in self.answers("decode", lines, "--strict"):
            self.assertNotIn("error", answer)

    def test_examples_have_all_fields(self) -> None:
        for message in PROTOCOL.messages:
            for version in message.versions:
                example = self.page(message).ids[f"example-v{version}"]
                names = {one.text for one in example.all(class_name="name")}
                wanted = {camel(one.name) for _, _, one, here in fields(message.root) if version in here}
                self.assertLessEqual(wanted, names, f"{message.name} {version}")

    def test_search(self) -> None:
        """What it looks in: names and meanings of messages, in lower case, and their fields."""
        index = self.pages["index.html"]
        rows = {next(link.attributes["href"] for link in row.all("a")): row.attributes["data-words"] or ""
                for row in index.ids["messages"].all("tr") if "data-words" in row.attributes}
        self.assertIn("sessions make repeated requests small", rows["FetchRequest.html"])
        self.assertIn("fetchresponse", rows["FetchRequest.html"])
        for words in rows.values():
            self.assertEqual(words.lower(), words)
        self.assertIn("hidden", next(index.ids["search"].ancestors()).attributes)
        self.assertLess(len(self.texts["index.html"]), 140_000)

    def test_fields_of_the_search(self) -> None:
        """Each message's are those of its page, where each can be linked."""
        trees = {link.attributes["href"]: link.attributes["data-fields"] or ""
                 for link in self.pages["index.html"].ids["messages"].all("a")}
        self.assertEqual({f"{message.name}.html" for message in PROTOCOL.messages}, set(trees))
        for message in PROTOCOL.messages:
            found, above, last = [], [""], ""
            for part in re.findall(r"[()]|[^\s()]+", trees[f"{message.name}.html"]):
                if part == "(":
                    above.append(f"{last}.")
                elif part == ")":
                    above.pop()
                else:
                    last = above[-1] + part
                    found.append(last)
            self.assertEqual([path.replace("[]", "") for path, *_ in fields(message.root)], found, message.name)
            self.assertLessEqual({f"field-{path}" for path in found}, set(self.page(message).ids))

    def test_errors(self) -> None:
        listed = json.loads(kwire("errors", "--json").out)
        page = self.pages["errors.html"]
        self.assertEqual([f"error-{one['code']}" for one in listed],
                         [name for name in page.ids if name.startswith("error-")])
        for one in listed:
            row = cells(page.ids[f"error-{one['code']}"])
            self.assertEqual([str(one["code"]), one["name"]], row[:2])
            self.assertTrue(row[-1].endswith("."))

    def test_each_text_is_used(self) -> None:
        owners = {(struct.name, camel(one.name)) for message in PROTOCOL.messages
                  for _, struct, one, _ in fields(message.root)}
        names = {name for _, name in owners} | {f"{owner}.{name}" for owner, name in owners}
        for line in (TEXTS / "fields.txt").read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                self.assertIn(line.split(" ")[0], names)
        for line in (TEXTS / "messages.txt").read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                text = escape(line.split(" ", 1)[1]).replace("&#x27;", "&#39;")
                self.assertTrue(any(text in page for page in self.texts.values()), line)
        for message in PROTOCOL.messages:
            self.assertTrue(self.page(message).main.all("p")[0].text.endswith("."), message.name)

    def test_same_again(self) -> None:
        path = Path(self.folder.name, "reference")
        done = kwire("schema", "--html", str(path))
        self.assertEqual((0, "", ""), done)
        self.assertEqual(self.texts, {file.name: file.read_text(encoding="utf-8") for file in path.iterdir()})


class Refusals(CommandTest):
    def test_words(self) -> None:
        for words, why in ((["FetchRequest"], "--html writes the pages of all messages, so none can be named"),
                           (["--names"], "--html and --names exclude each other"),
                           (["--diff", "FetchRequest"], "--html and --diff exclude each other"),
                           (["--json"], "--html and --json exclude each other")):
            self.complains(2, f"kwire: schema: {why} (see kwire schema --help)", "schema", "--html", "/nothing", *words)

    def test_folders(self) -> None:
        self.complains(3, 'kwire: "/nothing/here": No such file or directory', "schema", "--html", "/nothing/here")
        with tempfile.NamedTemporaryFile() as file:
            self.complains(3, f'kwire: "{file.name}/index.html": Not a directory', "schema", "--html", file.name)


if __name__ == "__main__":
    main()
