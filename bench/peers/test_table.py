#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The table that run prints, from lines as contenders print them."""
from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from table import Results, markdown, plain

INPUTS = """# name api_key version request|response|batch|raw file body_offset
list_offsets_request 2 7 request a.bin 4
record_batch - 2 batch b.bin 0
"""


class Table(unittest.TestCase):
    def setUp(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (("inputs.txt", INPUTS), ("a.bin", "12345678"), ("b.bin", "x" * 2000)):
                Path(folder, name).write_text(text)
            self.results = Results(Path(folder))

    def add(self, contender: str, name: str, op: str, least: float, median: float) -> None:
        self.results.add(contender, f"{name}\t{op}\t{least}\tmed={median}\tB=7\tallocs=1\n")

    def test_markdown(self) -> None:
        self.add("kwire", "list_offsets_request", "decode", 10, 20)
        self.add("Go", "list_offsets_request", "decode", 35, 100)
        self.add("kwire", "record_batch", "crc", 1000, 1000)
        self.assertEqual(markdown(self.results, ["kwire", "Go"]).splitlines(), [
            "| ns an operation | bytes | kwire | Go | fastest peer / kwire (of medians) |",
            "| --- | ---: | ---: | ---: | ---: |",
            "| ListOffsetsRequest 7, decode | 4 | 10.0 | 35.0 | 3.5 (5.0) |",
            "| record batch, CRC-32C | 2,000 | 1,000 | | |",
        ])

    def test_the_least_of_all_rounds(self) -> None:
        for least, median in ((12, 30), (10, 40), (11, 20)):
            self.add("kwire", "record_batch", "iter", least, median)
        cost = self.results.cost("kwire", "record_batch", "iter")
        assert cost is not None
        self.assertEqual((cost.least, cost.median), (10, 20))

    def test_the_fastest_way_of_a_peer(self) -> None:
        for contender in ("kwire", "Go"):
            self.add(contender, "list_offsets_request", "decode", 50, 50)
            self.add(contender, "list_offsets_request", "decode_views", 40, 45)
        found = [self.results.cost(contender, "list_offsets_request", "decode") for contender in ("kwire", "Go")]
        self.assertEqual([cost and cost.least for cost in found], [50, 40])

    def test_what_a_peer_cannot_do_is_empty(self) -> None:
        self.add("kwire", "record_batch", "build", 5, 5)
        self.add("Go", "record_batch", "decode", 5, 5)
        self.assertEqual(self.results.rows(), [("record_batch", "build")])
        self.assertIsNone(self.results.cost("Go", "record_batch", "build"))

    def test_plain_has_all_three_tables(self) -> None:
        self.add("kwire", "record_batch", "build", 1234567, 2345678)
        text = plain(self.results, ["kwire"])
        for figure in ("1,234,567", "2,345,678", " 7.0"):
            self.assertIn(figure, text)


if __name__ == "__main__":
    unittest.main()
