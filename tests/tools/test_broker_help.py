#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The manual page and the completion of kwire-broker. KWIRE_BROKER is its path, KWIRE_BROKER_HELP their folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from shells import Shell, can_run

ROOT = Path(__file__).resolve().parents[2]
BROKER = Path(os.environ["KWIRE_BROKER"])
MADE = Path(os.environ["KWIRE_BROKER_HELP"])
sys.path.insert(0, str(ROOT / "tools" / "help"))

import help_source  # noqa: E402

SOURCE = help_source.read(ROOT / "server" / "help" / "kwire-broker.txt", {})
DESCRIBED = {name for option in SOURCE.options() for name in option.names}
LINES = (
    ("kwire-broker --rel", "kwire-broker --release-version"),
    ("kwire-broker --release-version 4.3", "kwire-broker --release-version 4.3"),
    ("kwire-broker --data-d", "kwire-broker --data-dir"),
    ("kwire-broker --memory --li", "kwire-broker --memory --listen"),
    ("kwire-broker some", "kwire-broker some.properties"),
)


class Page(unittest.TestCase):
    def test_options_are_those_of_the_program(self) -> None:
        done = subprocess.run([BROKER, "--help"], capture_output=True, text=True, check=True)
        named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", done.stdout))
        self.assertEqual(named, DESCRIBED - {"-h"})
        for name in sorted(DESCRIBED - {"-h"}):
            done = subprocess.run([BROKER, f"{name}=1", "--no-such-option"], capture_output=True, text=True,
                                  check=False, timeout=60)
            self.assertNotIn(f"unrecognized option '{name}", done.stderr)

    def test_is_well_formed(self) -> None:
        if shutil.which("mandoc") is None:
            self.skipTest("mandoc is not installed")
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", MADE / "kwire-broker.1"], check=False,
                              capture_output=True, text=True)
        self.assertEqual([], [line for line in done.stdout.splitlines() if "missing date" not in line])
        done = subprocess.run(["mandoc", "-T", "utf8", MADE / "kwire-broker.1"], check=True, capture_output=True,
                              text=True)
        for name in DESCRIBED:
            self.assertIn(name, re.sub(r".\x08", "", done.stdout))


class Completion(unittest.TestCase):
    def test_in_each_shell(self) -> None:
        for shell in ("bash", "zsh", "fish"):
            if not can_run(shell):
                continue
            with tempfile.TemporaryDirectory() as folder:
                Path(folder, "some.properties").touch()
                with Shell(shell, "kwire-broker", MADE, folder) as one:
                    for line, expected in LINES:
                        with self.subTest(shell=shell, line=line):
                            self.assertEqual(expected, one.complete(line))


if __name__ == "__main__":
    unittest.main()
