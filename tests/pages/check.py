#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The pages of kwire in headless Chromium: they show no error and ask nothing of the network, can be read in light and
dark, wide and narrow, with and without scripts, and used by mouse and keyboard.

usage: check.py [--screenshots FOLDER] [-k PATTERN]

KWIRE in the environment is the path of the command. With --screenshots pictures of each page are kept, to look at.
Ends with one line: N passed, N failed."""

from __future__ import annotations

import argparse
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent / "tools")]

import pages  # noqa: E402
from browser import Browser, Page  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--screenshots", type=Path)
    parser.add_argument("-k", dest="patterns", action="append")
    options = parser.parse_args()
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{pattern}*" for pattern in options.patterns or [""]]
    with tempfile.TemporaryDirectory() as folder:
        browser = Browser(Path(folder, "profile"))
        try:
            pages.set_up(Page(browser), Path(folder), options.screenshots)
            suite = loader.discover(str(HERE), "test_*.py")
            done = unittest.TextTestRunner(verbosity=2).run(suite)
        finally:
            browser.close()
    failed = len(done.failures) + len(done.errors)
    print(f"{done.testsRun - failed - len(done.skipped)} passed, {failed} failed")
    return 1 if failed or done.testsRun == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
