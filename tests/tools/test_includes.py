#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command uses the library as anybody can: through the public headers."""

import pathlib
import re
import unittest

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"
PUBLIC = TOOLS.parent / "include" / "kwire"


class Includes(unittest.TestCase):
    def test_nothing_of_lib(self) -> None:
        sources = sorted(TOOLS.glob("*.[ch]"))
        self.assertGreater(len(sources), 10)
        seen = set()
        for source in sources:
            for quote, name in re.findall(r'^\s*#\s*include\s*([<"])([^>"]+)', source.read_text("utf-8"), re.MULTILINE):
                with self.subTest(source=source.name, include=name):
                    if quote == '"':
                        self.assertTrue((TOOLS / name).is_file() and "/" not in name)
                    elif name.startswith("kwire/"):
                        self.assertTrue((PUBLIC.parent / name).is_file())
                        seen.add(name)
        self.assertIn("kwire/message.h", seen)

    def test_no_private_names(self) -> None:
        for source in sorted(TOOLS.glob("*.[ch]")):
            self.assertNotRegex(source.read_text("utf-8"), r"(?i)\bkwi_", source.name)


if __name__ == "__main__":
    unittest.main()
