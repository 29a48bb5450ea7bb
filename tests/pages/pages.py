# SPDX-License-Identifier: Apache-2.0
"""What all tests of pages share: one browser, the pages that kwire writes, and what must hold for each of them."""

from __future__ import annotations

import subprocess
import unittest
from pathlib import Path

from browser import Page
from command import KWIRE, TIMEOUT

CHECKS = Path(__file__).with_name("page_checks.js").read_text(encoding="utf-8")
WIDE, NARROW = 1280, 390
MOST_TAB_STOPS = 25  # that are followed

page: Page
folder: Path
screenshots: Path | None


def set_up(used: Page, scratch: Path, pictures: Path | None) -> None:
    global page, folder, screenshots
    page, folder, screenshots = used, scratch, pictures
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)


def written(name: str, *words: str, stdin: bytes = b"") -> Path:
    """The page that a command line of kwire writes to standard output."""
    done = subprocess.run([KWIRE, *words], input=stdin, capture_output=True, timeout=TIMEOUT, check=False)
    if done.returncode not in (0, 1) or not done.stdout.startswith(b"<!DOCTYPE html>"):
        raise AssertionError(f"kwire {' '.join(words)}: {done.stderr.decode()}")
    path = folder / f"{name}.html"
    path.write_bytes(done.stdout)
    return path


class PageTest(unittest.TestCase):
    maxDiff = None

    @property
    def page(self) -> Page:
        return page

    def shows(self, path: Path, *, dark: bool = False, width: int = WIDE, scripts: bool = True,
              fragment: str = "") -> Page:
        """Opens a page, which must neither complain nor ask for anything."""
        page.look(width, dark=dark, scripts=scripts)
        page.open(path, fragment)
        self.is_quiet()
        return page

    def is_quiet(self) -> None:
        self.assertEqual([], page.complaints)
        self.assertEqual([], page.requests)

    def check(self, function: str) -> object:
        return page.evaluate(f"{CHECKS}; pageChecks.{function}()")

    def holds_everywhere(self, path: Path) -> None:
        """What must hold for every page, whatever it shows."""
        for dark in (False, True):
            for width in (WIDE, NARROW):
                name = f"{path.stem}-{'dark' if dark else 'light'}-{'wide' if width == WIDE else 'narrow'}"
                with self.subTest(name):
                    self.shows(path, dark=dark, width=width)
                    self.assertEqual([], self.check("looks"))
                    self.picture(name)
        self.shows(path)
        self.assertEqual([], self.check("structure"))
        self.focus_goes_in_order()
        self.is_quiet()

    def focus_goes_in_order(self) -> None:
        """The tabulator leads through the page in the order of reading, and one sees where it is."""
        page.evaluate("document.activeElement.blur()")
        places = []
        for _ in range(MOST_TAB_STOPS):
            page.press("Tab")
            now = self.check("focused")
            if now["is_body"] or (places and now["place"] == places[0]):
                break
            self.assertTrue(now["outlined"], f"no outline: {now['what']}")
            self.assertNotIn(now["place"], places, f"a trap: {now['what']}")
            places.append(now["place"])
        self.assertGreater(len(places), 1)
        self.assertEqual(sorted(places), places)

    def picture(self, name: str, whole: bool = False) -> None:
        if screenshots is not None:
            page.screenshot(screenshots / f"{name}.png", whole)
