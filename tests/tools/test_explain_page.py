#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire explain --html: valid pages that say the same as --json, whatever the bytes are."""

from __future__ import annotations

import json
import re
import struct
import tempfile
from pathlib import Path
from typing import Any

from command import CommandTest, kwire, main
from html_page import BadPage, Element, HtmlPage, read_page

FOLDER = Path(__file__).resolve().parent / "explain"
INPUTS = sorted([*FOLDER.glob("*.hex"), *FOLDER.glob("*.bin")])
Json = dict[str, Any]


def page_of(*words: str, stdin: bytes = b"", status: int | None = None) -> HtmlPage:
    done = kwire("explain", "--html", *words, stdin=stdin)
    if status is not None and done.status != status:
        raise AssertionError(f"exit status {done.status}: {done.err}")
    return read_page(done.out)


def rows_of(*words: str, stdin: bytes = b"") -> list[Json]:
    """Fields and errors of all inputs, in the order of the page."""
    done = kwire("explain", "--json", *words, stdin=stdin)
    return [row for line in done.out.splitlines() for row in json.loads(line)["rows"] if "offset" in row]


def cell(row: Element, class_name: str) -> str:
    found = [one.text for one in row.all("span", class_name)]
    return found[0] if found else ""


def parents(row: Element) -> list[str]:
    """The names of what contains the row, the nearest first."""
    items = [one for one in row.ancestors() if one.tag == "li"][1:]
    heads = [next(one for one in item.elements() if "row" in one.classes) for item in items]
    return [name.text for head in heads for name in head.all(class_name="name")]


def metadata_request(topic: bytes) -> bytes:
    body = struct.pack(">hhih", 3, 1, 7, 4) + b"test" + struct.pack(">ih", 1, len(topic)) + topic
    return struct.pack(">i", len(body)) + body


class ExplainPage(CommandTest):
    def same(self, page: HtmlPage, rows: list[Json]) -> None:
        self.assertEqual(len(rows), len([name for name in page.ids if re.fullmatch(r"f\d+", name)]))
        for number, row in enumerate(rows, 1):
            shown = page.ids[f"f{number}"]
            names = row.get("path", "").split(".")
            self.assertEqual(names[-1] or "bytes", shown.all(class_name="name")[0].text)
            self.assertEqual(row.get("type", ""), cell(shown, "type"))
            self.assertEqual(row.get("meaning", ""), cell(shown, "meaning"))
            region = "+" if "region" in row else ""
            self.assertEqual(f"{row['offset']:04x}{region}", cell(shown, "at"))
            if "error" in row:
                self.assertEqual([row["error"]["code"], row["error"]["detail"]],
                                 [cell(shown, "is-bad"), cell(shown, "reason")])
                self.assertIn("bad", shown.classes)
            elif isinstance(row.get("value"), (bool, int)):
                self.assertEqual(json.dumps(row["value"]), cell(shown, "value"))
            above = re.sub(r"\[\d+\]$", "", names[-1]) if names[-1].endswith("]") else ["header", *names][-2]
            if above != "header" and row.get("type") != "RAW":
                self.assertEqual(above, parents(shown)[0])

    def test_says_the_same_as_json(self) -> None:
        for path in INPUTS:
            with self.subTest(path.name):
                self.same(page_of(str(path)), rows_of(str(path)))

    def test_all_bytes(self) -> None:
        """The bytes beside a field are its bytes, and all together are the input."""
        for path in INPUTS:
            if not path.stem.startswith("sasl") and path.stem not in ("alter-configs", "envelope", "describe-configs"):
                with self.subTest(path.name):
                    page = page_of("--full", str(path))
                    data = "".join(one.text for pane in page.root.all("div", "bytes")
                                   for one in pane.all("div", "run")[0].all("div", "hex"))
                    text = kwire("explain", "--full", str(path)).out
                    lines = re.findall(r"^[0-9a-f]{4,8}  ((?:[0-9a-f]{2} ?){1,8})(?= |$)", text, re.MULTILINE)
                    self.assertEqual("".join("".join(lines).split()), re.sub(r"[\s^]", "", data))

    def test_each_field_leads_to_its_bytes(self) -> None:
        page = page_of(str(FOLDER / "metadata-both.hex"), status=0)
        data = bytes.fromhex("".join(re.sub("#.*", "", (FOLDER / "metadata-both.hex").read_text()).split()))
        starts = [0, 50]
        for number, row in enumerate(rows_of(str(FOLDER / "metadata-both.hex")), 1):
            field = page.ids[f"f{number}"]
            section = next(one for one in field.ancestors() if one.tag == "section")
            start = starts[page.root.all("section").index(section)] + row["offset"]
            self.assertEqual(f"#b{number}", field.all("a")[0].attributes["href"])
            self.assertEqual(f"#f{number}", page.ids[f"b{number}"].attributes["href"])
            self.assertEqual(data[start:start + row["size"]].hex(" "), page.ids[f"b{number}"].text)

    def test_wrong_bytes_are_marked(self) -> None:
        page = page_of(str(FOLDER / "join-group-broken.hex"), status=1)
        self.assertEqual("00 06", page.root.one("mark").text)
        self.assertEqual("00 06 6f 72 64 65", page.ids[page.root.one("mark").parent.attributes["id"]].text)
        errors = page.root.one("div", "errors")
        self.assertIn("protocols[0].metadata.topics[0], byte 63: length 6 exceeds the 4 bytes left (ERR_LENGTH)",
                      errors.text)
        self.assertIn("bad", page.ids[errors.one("a").attributes["href"][1:]].classes)

    def test_an_end_that_is_missing(self) -> None:
        page = page_of("--message", "HeartbeatRequest", "--version", "3", "0001 67", status=1)
        self.assertIn("ERR_TRUNCATED", page.root.one("div", "errors").text)

    def test_secrets_are_masked(self) -> None:
        for name in ("sasl-plain", "sasl-oauth", "alter-configs"):
            with self.subTest(name):
                text = kwire("explain", "--full", str(FOLDER / f"{name}.hex")).out
                page = page_of("--full", str(FOLDER / f"{name}.hex"))
                self.assertEqual(len(re.findall(r"(?<!\S)\*\*(?!\S)", text)),
                                 len(re.findall(r"\*\*", page.root.text)))
                self.assertGreater(page.root.text.count("**"), 0)

    def test_hostile_text(self) -> None:
        texts = ["</a><script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "&lt;b&gt; &amp; &#60;",
                 "<!--", "]]>", "</style>", "javascript:alert(1)", "http://example.com/"]
        for text in texts:
            with self.subTest(text):
                page = page_of(stdin=metadata_request(text.encode()), status=0)
                shown = text.replace("\\", "\\\\").replace('"', '\\"')
                self.assertEqual(2, page.main.text.count(f'"{shown}"'))
                self.assertEqual(1, len(page.root.all("script")))
                self.assertEqual([], page.root.all("img"))

    def test_hostile_names_of_files(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "\"><script>x<!-- &amp;\u202e.bin")
            path.write_bytes(metadata_request(b"t"))
            page = page_of(str(path), status=0)
            self.assertIn("\"><script>x<!-- &amp;\\xe2\\x80\\xae.bin", page.main.one("p", "muted").text)

    def test_any_bytes(self) -> None:
        """What was changed or cut anywhere is still a valid page."""
        data = metadata_request(b"orders") + metadata_request(b"<b>")
        for at in range(0, len(data), 2):
            with self.subTest(at):
                page_of(stdin=data[:at])
                page_of(stdin=data[:at] + bytes([data[at] ^ 0x83]) + data[at + 1:])

    def test_long_fields_are_cut(self) -> None:
        data = metadata_request(b"x" * 1000)
        page = page_of(stdin=data, status=0)
        self.assertEqual(["\u2026 746 more bytes"], [one.text for one in page.root.all("p", "left-out")])
        full = page_of("--full", stdin=data, status=0)
        self.assertEqual([], full.root.all("p", "left-out"))
        self.assertIn("x" * 1000, full.root.text)

    def test_nothing(self) -> None:
        page = page_of(stdin=b"", status=1)
        self.assertEqual("The input has no frame or batch.", page.main.one("p").text)

    def test_many_fields_are_cut(self) -> None:
        count = 7000
        body = struct.pack(">hhih", 3, 1, 7, 0) + struct.pack(">i", count) + b"\0\1t" * count
        data = struct.pack(">i", len(body)) + body
        page = page_of(stdin=data * 4, status=0)
        fields = 6 + count
        self.assertEqual(20000, len([name for name in page.ids if name.startswith("f")]))
        notes = [one.text for one in page.main.all("p", "note")]
        self.assertEqual([f"{fields * 3 - 20000:,} more fields are left out: a page has at most 20,000 fields, unless "
                          "it is made with --full.",
                          "1 more input is left out: a page has at most 20,000 fields, unless it is made with --full."],
                         notes)
        whole = kwire("explain", "--html", "--full", stdin=data * 3).out
        self.assertEqual(fields * 3, len(re.findall(r' id="f\d+"', whole)))

    def test_without_scripts(self) -> None:
        """Each pair of bytes and field has a rule that marks both."""
        page = page_of(str(FOLDER / "metadata-both.hex"))
        rules = page.root.one("noscript").one("style").text
        count = len([name for name in page.ids if re.fullmatch(r"f\d+", name)])
        for number in range(1, count + 1):
            self.assertIn(f":root:has(#b{number}:is(:hover,:target)) #f{number},", rules)
        self.assertNotIn(f"#b{count + 1}:", rules)

    def test_refusals(self) -> None:
        self.complains(2, "kwire: explain: --json and --html exclude each other (see kwire explain --help)",
                       "explain", "--html", "--json", "00")
        for name, *value in (("--short",), ("--color", "always"), ("--color", "never")):
            self.complains(2, f"kwire: explain: --html and {name} exclude each other (see kwire explain --help)",
                           "explain", "--html", name, *value, "00")
        done = kwire("explain", "--html", "/nothing/here")
        self.assertEqual((3, "", "kwire: \"/nothing/here\": No such file or directory\n"), done)


class StrictReader(CommandTest):
    """What a page must not have is found."""

    def test_bad_pages(self) -> None:
        start = '<!DOCTYPE html>\n<html lang="en"><head><title>t</title></head><body><main>'
        end = "</main></body></html>"
        read_page(start + '<p id="a">x &amp; <a href="#a">y</a></p>' + end)
        for content in ("<p>", "<b><p>x</p></b>", "<p><ul></ul></p>", "<ul>x</ul>", "<li>x</li>", "x < y", "a & b",
                        '<p id="a"></p><p id="a"></p>', '<a href="#none">x</a>', '<a href="http://x">x</a>',
                        '<a href="//x">x</a>', '<img src="https://x">', '<p onclick="x">x</p>',
                        "<a href='#'><a></a></a>",
                        "<details><p>x</p></details>", "<!-- x -->", "\x01", "<p hidden hidden>x</p>"):
            with self.subTest(content), self.assertRaises((BadPage, KeyError)):
                read_page(start + content + end)


if __name__ == "__main__":
    main()
