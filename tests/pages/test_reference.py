# SPDX-License-Identifier: Apache-2.0
"""kwire schema --html: the reference of the protocol, its search, and examples."""

from __future__ import annotations

import subprocess
import unittest
from pathlib import Path

import pages
from command import KWIRE, TIMEOUT
from pages import PageTest


class Reference(PageTest):
    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = pages.folder / "reference"
        subprocess.run([KWIRE, "schema", "--html", str(cls.folder)], timeout=TIMEOUT, check=True)

    def rows(self) -> int:
        return self.page.evaluate("document.querySelectorAll('[data-words]:not([hidden])').length")

    def named(self, name: str) -> Path:
        return self.folder / f"{name}.html"

    def test_looks(self) -> None:
        for name in ("index", "FetchRequest", "ListGroupsRequest", "PartitionRecord", "errors"):
            self.holds_everywhere(self.named(name))

    def test_search(self) -> None:
        self.shows(self.named("index"))
        everything = self.rows()
        self.page.press("/")
        self.page.type("isolationLevel")
        self.assertTrue(self.page.evaluate("document.activeElement.matches('#search')"))
        self.assertGreater(everything, self.rows())
        self.assertTrue(self.page.evaluate("document.querySelector('[href=\"FetchRequest.html\"]').checkVisibility()"))
        self.assertEqual(f"{self.rows()} found", self.page.evaluate("document.querySelector('output').textContent"))
        self.assertFalse(self.page.evaluate("[...document.querySelectorAll('h2')].pop().checkVisibility()"))
        self.picture("index-search")
        self.page.type(" nothing-like-this")
        self.assertEqual(0, self.rows())
        self.assertEqual("0 found", self.page.evaluate("document.querySelector('output').textContent"))

    def found(self) -> list[str]:
        """The lines that list fields."""
        return self.page.evaluate("[...document.querySelectorAll('.found')].map((line) => line.textContent)")

    def test_search_for_a_field(self) -> None:
        """It leads to the messages that have the field."""
        for dark in (False, True):
            self.shows(self.named("index"), dark=dark)
            self.page.press("/")
            self.page.type("isolationLevel")
            self.assertEqual(["request: isolationLevel", "request: isolationLevel"], self.found())
            self.assertEqual(2, self.rows())
            self.assertEqual([], self.check("looks"))
            self.picture(f"index-field-{'dark' if dark else 'light'}")
        self.page.follow(".found a", self.named("FetchRequest"))
        self.assertTrue(self.page.evaluate("location.href.endsWith('/FetchRequest.html#field-isolationLevel')"))
        self.assertTrue(self.page.evaluate("document.querySelector('#field-isolationLevel').matches(':target')"))
        self.assertEqual([], self.page.complaints)

    def test_search_for_many_fields(self) -> None:
        """At most eight of a message, those with this very name first; a word with a dot is a part of a path."""
        self.shows(self.named("index"), width=390)
        self.page.press("/")
        self.page.type("i")
        self.assertEqual([], self.found())
        self.page.type("d")
        self.assertEqual([], self.check("looks"))
        self.picture("index-fields-narrow")
        lines = self.found()
        self.assertGreater(len(lines), 100)
        self.assertTrue(all(line.count(", ") < 8 for line in lines))
        self.assertRegex("\n".join(lines), r", \S+ and \d+ more\n")
        self.page.evaluate("document.querySelector('#search').select()")
        self.page.type("partitions.leaderid ")
        self.assertIn("response: topics.partitions.leaderId", self.found())
        self.assertTrue(all("partitions.leaderId" in line for line in self.found()), self.found())
        self.page.evaluate("document.querySelector('#search').select()")
        self.page.type("topicid")
        self.assertIn("request: topics.topicId, forgottenTopicsData.topicId", self.found())
        self.page.type(" nothing-like-this")
        self.assertEqual(0, self.rows())

    def test_search_without_scripts(self) -> None:
        self.shows(self.named("index"), scripts=False)
        self.assertFalse(self.page.evaluate("document.querySelector('#search').checkVisibility()"))
        self.assertTrue(self.page.evaluate("document.querySelector('[href=\"FetchRequest.html\"]').checkVisibility()"))

    def test_versions_lead_to_their_examples(self) -> None:
        self.shows(self.named("FetchRequest"))
        self.page.click("#v7 a")
        self.assertTrue(self.page.evaluate("document.querySelector('#example-v7 .explorer').checkVisibility()"))
        self.page.hover("#example-v7 .hex > a:nth-child(3)")
        self.assertEqual(2, self.page.evaluate("document.querySelectorAll('#example-v7 .on').length"))
        self.picture("reference-example")


if __name__ == "__main__":
    unittest.main()
