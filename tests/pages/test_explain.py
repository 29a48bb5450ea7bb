# SPDX-License-Identifier: Apache-2.0
"""kwire explain --html: bytes beside the tree of their fields."""

from __future__ import annotations

import unittest
from pathlib import Path

from pages import NARROW, PageTest, written

INPUTS = Path(__file__).resolve().parents[1] / "tools" / "explain"


def explained(name: str, *words: str) -> Path:
    return written(name, "explain", "--html", *words)


class Explain(PageTest):
    @classmethod
    def setUpClass(cls) -> None:
        cls.frames = explained("explain", str(INPUTS / "metadata-both.hex"))

    def marked(self) -> list[str]:
        return self.page.evaluate("[...document.querySelectorAll('.on')].map((part) => part.id)")

    def test_looks(self) -> None:
        self.holds_everywhere(self.frames)

    def test_looks_with_errors(self) -> None:
        self.holds_everywhere(explained("explain-error", str(INPUTS / "join-group-broken.hex")))

    def test_looks_with_records(self) -> None:
        self.shows(explained("explain-records", str(INPUTS / "produce-gzip.hex")), width=NARROW)
        self.assertEqual([], self.check("looks"))
        self.picture("explain-records-narrow")

    def test_bytes_and_field_mark_each_other(self) -> None:
        self.shows(self.frames)
        self.page.hover("#b5")
        self.assertEqual(["b5", "f5"], self.marked())
        self.page.hover("#f7")
        self.assertEqual(["b7", "f7"], self.marked())
        self.page.hover("h1")
        self.assertEqual([], self.marked())

    def test_selection(self) -> None:
        """It stays, and what it marks is to be seen."""
        self.shows(self.frames)
        last = self.page.evaluate("[...document.querySelectorAll('.hex > a')].at(-1).id.slice(1)")
        self.page.click(f"#b{last}")
        self.page.hover("h1")
        self.assertEqual([f"b{last}", f"f{last}"], self.marked())
        self.assertTrue(self.page.evaluate(f"document.getElementById('f{last}').checkVisibility()"))
        self.picture("explain-selected")
        self.assertEqual([], self.check("looks"))
        self.page.press("Escape")
        self.assertEqual([], self.marked())

    def test_keyboard(self) -> None:
        self.shows(self.frames)
        self.page.evaluate("document.querySelector('.fields a.name').focus()")
        self.assertEqual(["b1", "f1"], self.marked())
        self.page.press("ArrowDown")
        self.page.press("ArrowDown")
        self.assertEqual(2, len(self.marked()))
        self.assertNotIn("f1", self.marked())
        self.page.press("Home")
        self.assertEqual(["b1", "f1"], self.marked())

    def test_without_scripts(self) -> None:
        """A link is all that is needed to mark the other side."""
        self.shows(self.frames, scripts=False, fragment="#f5")
        self.picture("explain-without-scripts")
        text = self.page.evaluate("document.querySelector('main').innerText")
        for word in ("clientId", "correlationId", "topics"):
            self.assertIn(word, text)
        outline = "getComputedStyle(document.getElementById('f5')).outlineStyle"
        self.assertNotEqual("none", self.page.evaluate(outline))


if __name__ == "__main__":
    unittest.main()
