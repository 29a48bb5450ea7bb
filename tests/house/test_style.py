#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The style check finds each kind of offence."""
from __future__ import annotations

import unittest

import style

SPDX = "/* SPDX-License-Identifier: Apache-2.0 */\n"


class Files(unittest.TestCase):
    def check(self, name: str, text: str, *expected: str) -> None:
        self.assertEqual(style.file_offences(name, text.encode()), [f"{name}:{what}" for what in expected])

    def test_clean(self) -> None:
        self.check("lib/a.c", SPDX + "int a;\n")
        self.check("README.md", "any " + "long " * 40 + "line\n")
        self.check("examples/x/Makefile", "# SPDX-License-Identifier: Apache-2.0\nall:\n\tcc\n")
        self.check("tests/schemas/bad/tab.kws", "\tdata\n")
        self.check("schema/empty.txt", "")

    def test_white_space(self) -> None:
        self.check("lib/a.c", SPDX + "\tint a;\n", "2: a tab")
        self.check("lib/a.c", SPDX + "int a; \n", "2: white space at the end")
        self.check("lib/a.c", SPDX + "int a;\r\n", "2: a carriage return at the end")
        self.check("lib/a.c", SPDX + "int a;", "2: no newline at the end of the file")
        self.check("lib/a.c", SPDX + "int a;\n\n", "3: an empty line at the end of the file")

    def test_columns(self) -> None:
        self.check("lib/a.c", SPDX + "é" * 120 + "\n")
        self.check("lib/a.c", SPDX + "x" * 121 + "\n", "2: 121 columns, more than 120")
        self.check("lib/meson.build", "# SPDX-License-Identifier: Apache-2.0\n" + "x" * 121 + "\n",
                   "2: 121 columns, more than 120")

    def test_characters(self) -> None:
        for character in ("\u200b", "\u202e", "\ufeff", "\u00a0", "\x0c"):
            self.check("docs/a.md", f"a{character}b\n", f"1: the invisible character U+{ord(character):04X}")
        self.assertEqual(style.file_offences("a.md", b"a\nb\xff\n"), ["a.md:2: not UTF-8"])

    def test_foreign_words(self) -> None:
        for word in ("TO" + "DO", "FIX" + "ME", "XX" + "X", "/wor" + "k/", "/roo" + "t/", "/tm" + "p/bash",
                     "registry.npmjs" + ".org", "repo.maven.apache" + ".org", "pypi" + ".org"):
            self.check("docs/a.md", f"see {word}\n", f"1: {word!r} does not belong here")
        self.check("docs/a.md", "mktemp /tmp/a.XXXXXX, maven.apache.org/POM/4.0.0, fireworks/\n")

    def test_licence(self) -> None:
        for name in ("lib/a.c", "tools/a.h", "codegen/a.py", "lib/meson.build", "schema/a.kws"):
            self.check(name, "nothing\n", "1: no SPDX-License-Identifier")
        self.check("scripts/serve", "#!/bin/sh\nexit\n", "1: no SPDX-License-Identifier")


class Commits(unittest.TestCase):
    def check(self, message: str, *expected: str) -> None:
        self.assertEqual(style.message_offences("0123456789abcdef", message),
                         [f"commit 0123456789ab: {what}" for what in expected])

    def test_good(self) -> None:
        self.check("lib: refuse counts that the input cannot hold\n")
        self.check("tests/house: check it\n\nBecause.\n")

    def test_bad(self) -> None:
        self.check("Fix things\n", "the subject does not start with `area: `")
        self.check("lib: x" + "x" * 70 + "\n", "a subject of 76 columns, more than 72")
        self.check("lib: refuse it.\n", "a full stop at the end of the subject")
        self.check("lib: refuse it\nbecause\n", "no empty line after the subject")

    def test_unknown_range(self) -> None:
        self.assertEqual(style.commit_offences("no-such-branch..nor-this"),
                         ["commit range no-such-branch..nor-this: git does not know it"])


if __name__ == "__main__":
    unittest.main()
