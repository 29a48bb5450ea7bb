# SPDX-License-Identifier: Apache-2.0
"""kwire explain --html: bytes and fields that mark each other, by mouse, keyboard, and without scripts."""

from __future__ import annotations

import unittest
from pathlib import Path

from pages import NARROW, PageTest, written

FRAMES = Path(__file__).resolve().parents[1] / "tools" / "explain"


def explained(name: str, *words: str) -> Path:
    return written(name, "explain", "--html", *words)


class Explain(PageTest):
    @classmethod
    def setUpClass(cls) -> None:
        cls.frames = explained("explain", *(str(FRAMES / f"{name}.hex") for name in ("metadata-both", "produce-gzip")))
        cls.broken = explained("explain-broken", *(str(FRAMES / f"{name}.hex") for name in (
            "join-group-broken", "tag-size", "produce-wrong-crc", "http", "odd-text", "sasl-plain")))

    def marked(self) -> list[str]:
        """The ids of bytes and rows that look marked, in the order of the page."""
        return self.page.evaluate("""(() => {
            const probe = document.body.appendChild(document.createElement("div"));
            probe.style.background = "var(--mark)";
            const mark = getComputedStyle(probe).backgroundColor;
            probe.remove();
            return [...document.querySelectorAll(".hex > a, .row")]
                .filter((part) => getComputedStyle(part).backgroundColor === mark).map((part) => part.id);
        })()""")

    def is_in_view(self, selector: str) -> bool:
        return self.page.evaluate(f"""(() => {{
            const part = document.querySelector("{selector}");
            const box = part.getBoundingClientRect();
            const pane = part.closest(".bytes")?.getBoundingClientRect() ?? {{top: 0, bottom: innerHeight}};
            return box.top >= Math.max(0, pane.top) && box.bottom <= Math.min(innerHeight, pane.bottom + 1);
        }})()""")

    def test_looks(self) -> None:
        self.holds_everywhere(self.frames)
        self.holds_everywhere(self.broken)

    def test_lines_of_bytes(self) -> None:
        """Offsets are beside the bytes that they are of, whatever the width."""
        for width, step in ((1280, 16), (NARROW, 8)):
            self.shows(self.frames, width=width)
            lines = self.page.evaluate("""(() => {
                const run = document.querySelector(".run");
                const range = document.createRange();
                const tops = new Map();
                const walker = document.createTreeWalker(run.querySelector(".hex"), NodeFilter.SHOW_TEXT);
                while (walker.nextNode())
                    for (const match of walker.currentNode.data.matchAll(/[0-9a-f]{2}/g)) {
                        range.setStart(walker.currentNode, match.index);
                        range.setEnd(walker.currentNode, match.index + 2);
                        const box = range.getBoundingClientRect();
                        const middle = Math.round((box.top + box.bottom) / 2);
                        tops.set(middle, (tops.get(middle) ?? 0) + 1);
                    }
                const offsets = [...run.querySelectorAll(".at > i")].filter((one) => one.checkVisibility())
                    .map((one) => one.getBoundingClientRect()).map((box) => Math.round((box.top + box.bottom) / 2));
                return [[...tops.values()], [...tops.keys()].every((top, i) => Math.abs(top - offsets[i]) <= 2),
                        offsets.length];
            })()""")
            counts = [step] * (50 // step) + [50 % step]
            self.assertEqual([counts, True, len(counts)], lines)

    def test_hovering(self) -> None:
        self.shows(self.frames)
        self.page.hover("#b5")
        self.assertEqual(["b5", "f5"], self.marked())
        self.page.hover("#f9 .name")
        self.assertEqual(["b9", "f9"], self.marked())
        self.page.hover("h1")
        self.assertEqual([], self.marked())

    def test_hovering_without_scripts(self) -> None:
        self.shows(self.frames, scripts=False)
        self.page.hover("#b5")
        self.assertEqual(["b5", "f5"], self.marked())
        self.page.hover("#f9 .name")
        self.assertEqual(["b9", "f9"], self.marked())
        self.page.hover("h1")
        self.page.click("#b12")
        self.page.hover("h1")
        self.assertEqual(["b12", "f12"], self.marked())
        self.picture("explain-without-scripts")

    def test_selecting(self) -> None:
        self.shows(self.frames)
        self.page.click("#f60 a")
        self.page.mouse("mouseMoved", 1, 1)
        self.assertEqual(["b60", "f60"], self.marked())
        self.assertTrue(self.is_in_view("#b60"))
        self.assertEqual("#f60", self.page.evaluate("location.hash"))
        self.picture("explain-selected")
        self.page.press("Escape")
        self.page.hover("h2")
        self.assertEqual([], self.marked())

    def test_selecting_bytes_opens_the_tree(self) -> None:
        self.shows(self.frames)
        self.page.evaluate("document.querySelectorAll('details').forEach((box) => { box.open = false; })")
        self.page.click("#b60")
        self.assertTrue(self.page.evaluate("document.querySelector('#f60').checkVisibility()"))
        self.assertTrue(self.is_in_view("#f60"))

    def test_links_to_a_field(self) -> None:
        self.shows(self.frames, fragment="#f40")
        self.assertEqual(["b40", "f40"], self.marked())
        self.assertTrue(self.is_in_view("#f40"))

    def test_errors_lead_to_their_place(self) -> None:
        self.shows(self.broken)
        self.page.click(".errors a")
        self.page.hover("h1")
        target = self.page.evaluate("document.querySelector('.errors a').hash.slice(1)")
        self.assertEqual([target.replace("f", "b"), target], self.marked())
        self.assertTrue(self.is_in_view(f"#{target}"))

    def test_keyboard(self) -> None:
        self.shows(self.frames, width=NARROW)
        focused = "document.activeElement.closest('.row, summary').textContent.trim().split(/\\s+/)[0]"
        self.page.evaluate("document.querySelector('#f1 a').focus()")
        self.page.press("ArrowDown")
        self.assertEqual("RequestHeader", self.page.evaluate(focused))
        self.page.press("ArrowDown")
        self.assertEqual("requestApiKey", self.page.evaluate(focused))
        self.assertEqual(["b2", "f2"], self.marked())
        self.page.press("ArrowLeft")
        self.assertEqual("RequestHeader", self.page.evaluate(focused))
        self.page.press("ArrowLeft")
        self.page.press("ArrowDown")
        self.assertEqual("MetadataRequest", self.page.evaluate(focused))
        self.page.press("ArrowUp")
        self.page.press("ArrowRight")
        self.page.press("ArrowRight")
        self.assertEqual("requestApiKey", self.page.evaluate(focused))
        self.page.press("End")
        self.assertEqual("_tagged_fields", self.page.evaluate(focused))

    def test_printing(self) -> None:
        self.shows(self.frames)
        self.page.browser.call("Emulation.setEmulatedMedia", media="print")
        try:
            self.assertEqual("none", self.page.evaluate("getComputedStyle(document.querySelector('.bytes')).maxHeight"))
            self.assertEqual([], self.check("looks"))
        finally:
            self.page.browser.call("Emulation.setEmulatedMedia", media="")


if __name__ == "__main__":
    unittest.main()
