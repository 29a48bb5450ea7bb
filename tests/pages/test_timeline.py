# SPDX-License-Identifier: Apache-2.0
"""kwire pcap --html: connections over time, and what can be done with them."""

from __future__ import annotations

import json
import unittest
from pathlib import Path

import pages
from busy_capture import busy_capture
from pages import NARROW, PageTest, written
from pcap_support import conversation

FAILED = '[name="failed"]'


def timeline(name: str, capture: bytes, *options: str) -> Path:
    source = pages.folder / f"{name}.pcap"
    source.write_bytes(capture)
    return written(name, "pcap", "--html", *options, str(source))


class Timeline(PageTest):
    @classmethod
    def setUpClass(cls) -> None:
        cls.busy = timeline("timeline", busy_capture(rounds=12))

    def count(self, selector: str) -> int:
        return self.page.evaluate(f"document.querySelectorAll({json.dumps(selector)}).length")

    def shown_entries(self) -> int:
        return self.count(".entry:not([hidden])")

    def marked(self) -> list[str]:
        """The targets of bars, and the numbers of entries, that are marked."""
        return self.page.evaluate("""[...document.querySelectorAll(".bars > a.on")].map((bar) => bar.hash)
            .concat([...document.querySelectorAll(".entry.on .more")].map((more) => "#" + more.id))""")

    def test_looks(self) -> None:
        self.holds_everywhere(self.busy)

    def test_looks_with_little(self) -> None:
        self.holds_everywhere(timeline("timeline-small", conversation().file()))

    def test_what_is_left_out(self) -> None:
        self.shows(timeline("timeline-cut", busy_capture(), "--details", "20"), width=NARROW)
        self.assertEqual([], self.check("looks"))
        self.assertEqual(20, self.count(".entry"))
        self.picture("timeline-cut-narrow")

    def test_without_traffic(self) -> None:
        self.shows(timeline("timeline-empty", conversation().file(), "--api", "JoinGroup"))
        self.assertEqual(0, self.count(".entry"))

    def test_without_scripts(self) -> None:
        self.shows(self.busy, scripts=False, fragment="#x3")
        self.picture("timeline-without-scripts")
        self.assertFalse(self.page.evaluate("document.querySelector('.controls').checkVisibility()"))
        self.assertEqual(self.count(".entry"), self.count(".bars > a"))
        self.assertIn("correlation id", self.page.evaluate("document.querySelector('#x3').textContent"))
        self.page.click(".entry:first-child summary")
        self.assertTrue(self.page.evaluate("document.querySelector('.entry:first-child details').open"))

    def test_bar_and_entry_mark_each_other(self) -> None:
        self.shows(self.busy)
        self.page.hover('.bars > a[href="#x5"]')
        self.assertEqual(["#x5", "#x5"], self.marked())
        self.page.hover(".entry:nth-child(8) summary")
        self.assertEqual(["#x8", "#x8"], self.marked())

    def test_selection(self) -> None:
        self.shows(self.busy, dark=True)
        self.page.click('.bars > a[href="#x5"]')
        self.page.hover("h1")
        self.assertEqual(["#x5", "#x5"], self.marked())
        opened = "[...document.querySelectorAll('.entry details[open] .more')].map((more) => more.id)"
        self.assertEqual(["x5"], self.page.evaluate(opened))
        self.assertTrue(self.page.evaluate("document.activeElement.matches('.entry:nth-child(5) summary')"))
        self.assertEqual(1, self.count("[aria-current=true]"))
        self.picture("timeline-selected")
        self.assertEqual([], self.check("looks"))
        self.page.press("Escape")
        self.assertEqual([], self.marked())

    def test_keyboard(self) -> None:
        """Arrows lead from request to request, and the key that opens any summary opens its messages."""
        self.shows(self.busy, width=NARROW)
        self.page.evaluate("document.querySelector('.entry summary').focus()")
        self.page.press("ArrowDown")
        self.page.press("ArrowDown")
        self.page.press("Enter")
        self.assertEqual(["#x3", "#x3"], self.marked())
        self.assertTrue(self.page.evaluate("document.querySelector('#x3').checkVisibility()"))
        self.picture("timeline-opened-narrow")
        self.page.press("End")
        self.assertEqual([f"#x{self.count('.entry')}"] * 2, self.marked())

    def test_filters(self) -> None:
        self.shows(self.busy)
        everything = self.shown_entries()
        self.page.click(FAILED)
        self.assertEqual(self.count(".entry.failed"), self.shown_entries())
        self.assertEqual(self.shown_entries(), self.count(".bars > a:not([hidden])"))
        self.assertGreater(everything, self.shown_entries())
        self.picture("timeline-failed")
        self.page.click(FAILED)
        self.page.click('[name="words"]')
        self.page.type("billing heartbeat")
        self.assertEqual(9, self.shown_entries())
        self.assertTrue(self.page.evaluate("document.querySelector('output').textContent").startswith(
            f"9 of {everything} requests"))
        self.assertEqual(3, self.count(".lane:not([hidden])"))  # connections with such requests

    def test_time_in_view(self) -> None:
        self.shows(self.busy)
        everything = self.shown_entries()
        self.page.drag(".lane .track", 0.25, 0.5)
        some = self.shown_entries()
        self.assertGreater(everything, some)
        self.assertGreater(some, 0)
        self.picture("timeline-magnified")
        self.page.click('[data-move="in"]')
        self.assertGreater(some, self.shown_entries())
        self.page.click('[data-move="whole"]')
        self.assertEqual(everything, self.shown_entries())


if __name__ == "__main__":
    unittest.main()
