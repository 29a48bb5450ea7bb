#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The README's C example compiles as printed and runs, and its sessions show the actual output of the kwire command.

    test_readme.py [--kwire PROGRAM] CC LIBRARY INCLUDE_DIR INCLUDE_DIR [FLAG...]

FLAG...: additional flags for compiling and linking, e.g. those of a sanitizer.
"""
from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "README.md"
KWIRE: str | None = None
CC = LIBRARY = ""
INCLUDES: list[str] = []
FLAGS: list[str] = []
WARNINGS = ["-std=c11", "-Wall", "-Wextra", "-Werror"]


def blocks(language: str) -> list[str]:
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [text for name, text in fenced if name == language]


class Readme(unittest.TestCase):
    def test_c_example(self) -> None:
        examples = blocks("c")
        self.assertTrue(examples, "README.md has no C block")
        self.assertIn("int main(", examples[0])
        with tempfile.TemporaryDirectory() as directory:
            source, program = Path(directory, "example.c"), Path(directory, "example")
            source.write_text(examples[0], encoding="utf-8")
            command = [*shlex.split(CC), *WARNINGS, *FLAGS, *(f"-I{path}" for path in INCLUDES), str(source), LIBRARY]
            done = subprocess.run([*command, "-o", str(program)], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            done = subprocess.run([str(program)], capture_output=True, text=True, timeout=10)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertNotEqual(done.stdout, "")

    def test_sessions(self) -> None:
        """Each `$ kwire ...` of a plain block, with the lines up to the next one as its output."""
        sessions = [re.split(r"\n", text, maxsplit=1) for block in blocks("")
                    for text in re.split(r"^\$ ", block, flags=re.MULTILINE) if text.startswith("kwire ")]
        self.assertGreater(len(sessions), 0)
        if KWIRE is None:
            self.skipTest("the kwire command is not built")
        for command, expected in sessions:
            with self.subTest(command):
                done = subprocess.run(["sh", "-c", f'kwire() {{ "$KWIRE" "$@"; }}; {command}'], stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True, timeout=10, env={"KWIRE": KWIRE})
                self.assertEqual(done.stdout, expected)

    def test_header_table(self) -> None:
        """Every public header that is not a message is in the table, and there are no others."""
        named = set(re.findall(r"`<(kwire/[\w/]+\.h)>`", README.read_text(encoding="utf-8")))
        headers = {str(path.relative_to(folder)) for folder in INCLUDES for path in Path(folder).rglob("*.h")}
        messages = {name for name in headers if name.startswith("kwire/messages/")}
        self.assertEqual(named, headers - messages | {"kwire/messages/NAME.h"})


if __name__ == "__main__":
    if sys.argv[1] == "--kwire":
        KWIRE = sys.argv[2]
        del sys.argv[1:3]
    CC, LIBRARY, *rest = sys.argv[1:]
    INCLUDES, FLAGS = rest[:2], rest[2:]
    del sys.argv[1:]
    unittest.main()
