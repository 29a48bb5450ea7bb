#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every C file is formatted by clang-format 14; other versions format some constructs differently."""
from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import style

VERSION = "14"
GENERATED = "tests/schemas/golden/"
# Where a list item or a line of a comment's table was joined to the line before it.
SWALLOWED = re.compile(r"^ \* \S.*? [A-Z][A-Z_]{3,}    +\S", re.MULTILINE)


def clang_format() -> str | None:
    for name in (f"clang-format-{VERSION}", "clang-format"):
        path = shutil.which(name)
        if path and f"version {VERSION}." in subprocess.run([path, "--version"], capture_output=True, text=True).stdout:
            return path
    return None


def c_files() -> list[str]:
    return [name for name in style.project_files() if name.endswith((".c", ".h")) and not name.startswith(GENERATED)]


def offences(program: str, root: Path, names: list[str]) -> str:
    """The changes that clang-format would make, as its messages; empty if there are none."""
    given = "\n".join(str(root / name) for name in names)
    style_file = f"--style=file:{style.ROOT / '.clang-format'}"
    done = subprocess.run([program, style_file, "--dry-run", "--Werror", "--files=/dev/stdin"], input=given,
                          capture_output=True, text=True)
    return done.stderr if done.returncode != 0 else ""


class Format(unittest.TestCase):
    def setUp(self) -> None:
        self.program = clang_format() or ""

    def test_project(self) -> None:
        names = c_files()
        self.assertGreater(len(names), 500)
        self.assertEqual(offences(self.program, style.ROOT, names), "")

    def test_offences_are_found(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "good.c").write_text("int a;\n")
            self.assertEqual(offences(self.program, Path(folder), ["good.c"]), "")
            Path(folder, "bad.c").write_text("int  a;\n")
            self.assertIn("bad.c:1:4", offences(self.program, Path(folder), ["good.c", "bad.c"]))


class Comments(unittest.TestCase):
    def test_no_line_of_a_table_was_swallowed(self) -> None:
        found = [f"{name}: {line}" for name in c_files()
                 for line in SWALLOWED.findall(Path(style.ROOT, name).read_text(encoding="utf-8"))]
        self.assertEqual(found, [])
        self.assertTrue(SWALLOWED.search("/*\n * as they are CODEC_UNKNOWN    records in a codec\n */\n"))


if __name__ == "__main__":
    if clang_format() is None:
        print("no clang-format", VERSION)
        sys.exit(77)
    unittest.main()
