#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A program that uses one message links one message.

    test_link.py PROGRAM    (one_message.c, linked with the static library)
"""
from __future__ import annotations

import re
import subprocess
import sys
import unittest

PROGRAM = ""
# throttle time, no brokers, null cluster id, controller -1, one topic "foo" without partitions, no tags
BODY = bytes.fromhex("00000000 01 00 ffffffff 02 0000 04666f6f" + "00" * 16 + "00 01 80000000 00 00")


class Link(unittest.TestCase):
    def test_symbols(self) -> None:
        lines = subprocess.run(["nm", PROGRAM], check=True, capture_output=True, text=True).stdout.splitlines()
        names = {line.split()[-1] for line in lines}
        codecs = {name for name in names if re.fullmatch(r"kw_\w+_(decode|encode|message)", name)}
        self.assertEqual(codecs, {"kw_metadata_response_decode"})
        tables = {name for name in names if re.fullmatch(r"kwi_(messages|requests|responses|apis|errors)", name)}
        self.assertEqual(tables, set())
        self.assertIn("kwi_read_int32_array_long", names)
        self.assertNotIn("kw_read_float64_array", names)  # beside it in the same file

    def test_it_works(self) -> None:
        done = subprocess.run([PROGRAM], input=BODY, capture_output=True)
        self.assertEqual((done.returncode, done.stdout), (0, b"foo\n"), done.stderr)
        done = subprocess.run([PROGRAM], input=BODY[:-1], capture_output=True)
        self.assertEqual((done.returncode, done.stderr), (1, b"input ends inside a field at byte 40\n"))


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
