#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How the benchmarks name a processor, from the texts of /proc/cpuinfo."""
from __future__ import annotations

import platform
import unittest

from processor import describe, processor

X86 = """processor\t: 0
cpu family\t: 25
model\t\t: 1
model name\t: AMD EPYC 7763 64-Core Processor
flags\t\t: fpu sse4_2 pclmulqdq avx2 vpclmulqdq

processor\t: 1
"""
ARM = """processor\t: 0
Features\t: fp asimd pmull crc32
CPU implementer\t: 0x41
CPU part\t: 0xd40
"""


class Processor(unittest.TestCase):
    def test_x86(self) -> None:
        self.assertEqual(describe(X86), "AMD EPYC 7763 64-Core Processor, family 25 model 1: "
                                        "sse4_2 pclmulqdq avx2 vpclmulqdq")

    def test_arm(self) -> None:
        self.assertEqual(describe(ARM), f"{platform.machine()}, implementer 0x41 part 0xd40: crc32 pmull")

    def test_nothing_known(self) -> None:
        self.assertEqual(describe(""), platform.machine())

    def test_this_machine(self) -> None:
        self.assertRegex(processor(), r"^\d+ CPUs \(.+\)$")


if __name__ == "__main__":
    unittest.main()
