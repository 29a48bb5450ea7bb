#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire diff: the differences of two frames or messages, field by field."""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path
from typing import Any

from command import CommandTest, Done, kwire, main

METADATA = ("--message", "MetadataResponse", "--version", "12")


def partition(index: int, leader: int, replicas: list[int]) -> dict[str, Any]:
    return {"errorCode": 0, "partitionIndex": index, "leaderId": leader, "leaderEpoch": 3, "replicaNodes": replicas,
            "isrNodes": [1], "offlineReplicas": []}


def topic(name: str, error: int, partitions: list[dict[str, Any]]) -> dict[str, Any]:
    return {"errorCode": error, "name": name, "topicId": "AAAAAAAAAAAAAAAAAAAAAA", "isInternal": False,
            "partitions": partitions, "topicAuthorizedOperations": 0}


def metadata(throttle: int, topics: list[dict[str, Any]]) -> str:
    return json.dumps({"throttleTimeMs": throttle, "brokers": [], "clusterId": "c", "controllerId": 1,
                       "topics": topics})


FIRST = metadata(0, [topic("a", 0, [partition(0, 1, [1]), partition(1, 1, [1])]), topic("b", 3, [])])
SECOND = metadata(5, [topic("b", 0, []), topic("a", 0, [partition(1, 1, [1]), partition(0, 2, [1, 2])]),
                      topic("c", 3, [])])
DIFFERENCES = """\
--- the first  MetadataResponse version 12
+++ the second  MetadataResponse version 12
~ throttleTimeMs                                                 0 -> 5
~ topics                                                         2 elements -> 3 elements
~ topics[name="a"].partitions[partitionIndex=0].leaderId         1 -> 2
~ topics[name="a"].partitions[partitionIndex=0].replicaNodes     1 elements -> 2 elements
+ topics[name="a"].partitions[partitionIndex=0].replicaNodes[1]  2
~ topics[name="b"].errorCode                                     3 -> 0
+ topics[name="c"].errorCode                                     3
+ topics[name="c"].name                                          "c"
+ topics[name="c"].topicId                                       AAAAAAAAAAAAAAAAAAAAAA
+ topics[name="c"].isInternal                                    false
+ topics[name="c"].partitions                                    0 elements
+ topics[name="c"].topicAuthorizedOperations                     0 none
+ topics[name="c"]._tagged_fields                                0 elements
"""


def without_meanings(text: str) -> str:
    return text.replace(" UNKNOWN_TOPIC_OR_PARTITION", "").replace(" NONE", "")


class Messages(CommandTest):
    def test_elements_are_found_by_their_keys(self) -> None:
        done = kwire("diff", *METADATA, FIRST, SECOND)
        self.assertEqual((1, ""), (done.status, done.err))
        self.assertEqual(DIFFERENCES, without_meanings(done.out))

    def test_the_other_way_round(self) -> None:
        forth = kwire("diff", *METADATA, FIRST, SECOND).out.splitlines()[2:]
        back = kwire("diff", *METADATA, SECOND, FIRST).out.splitlines()[2:]
        self.assertEqual(sorted(line[1:] for line in forth if line[0] == "+"),
                         sorted(line[1:] for line in back if line[0] == "-"))
        self.assertEqual(len(forth), len(back))

    def test_equal_in_every_way_of_writing_it(self) -> None:
        digits = kwire("encode", *METADATA[1::2], FIRST).out.strip()
        array = "{" + ", ".join(f"0x{digits[i:i + 2]}" for i in range(0, len(digits), 2)) + "}"
        with tempfile.TemporaryDirectory() as folder:
            binary, text, page = Path(folder, "binary"), Path(folder, "json"), Path(folder, "hex")
            binary.write_bytes(bytes.fromhex(digits))
            text.write_text(FIRST)
            page.write_text("\n".join(digits[i:i + 32] for i in range(0, len(digits), 32)))
            for one in (digits, array, str(binary), str(text), str(page)):
                self.assertEqual(Done(0, "", ""), kwire("diff", *METADATA, one, FIRST), one)
                self.assertEqual(Done(0, "", ""), kwire("diff", *METADATA, "-", one, stdin=FIRST), one)

    def test_json(self) -> None:
        done = kwire("diff", "--json", *METADATA, FIRST, SECOND)
        self.assertEqual((1, ""), (done.status, done.err))
        lines = [json.loads(line) for line in done.out.splitlines()]
        self.assertEqual(len(DIFFERENCES.splitlines()) - 2, len(lines))
        self.assertIn({"path": "throttleTimeMs", "difference": "value", "first": 0, "second": 5}, lines)
        self.assertIn({"path": 'topics[name="c"].name', "difference": "only second", "second": "c"}, lines)

    def test_two_elements_of_one_name(self) -> None:
        twice = metadata(0, [topic("a", 0, []), topic("a", 7, [])])
        other = metadata(0, [topic("a", 0, []), topic("a", 8, [])])
        done = kwire("diff", *METADATA, twice, other)
        self.assertRegex(done.out, r'(?m)^~ topics\[name="a"\]#2.errorCode +7.* -> 8')
        self.assertEqual(3, len(done.out.splitlines()))

    def test_same_value_in_other_bytes(self) -> None:
        """Kafka reads lengths of more bytes than needed."""
        done = kwire("diff", "--message", "MetadataRequest", "--version", "9", "010000 00 00", "8100 0000 00 00")
        self.assertEqual(1, done.status)
        self.assertIn("~ topics  0 elements in other bytes: 01 -> 8100\n", done.out)

    def test_long_values_are_cut_and_their_first_difference_said(self) -> None:
        one, other = "x" * 5000, "x" * 4321 + "y" + "x" * 678
        words = [json.dumps({"topics": [{"name": name}]}) for name in (one, other)]
        done = kwire("diff", "--message", "MetadataRequest", "--version", "0", *words)
        line = done.out.splitlines()[-1]
        self.assertRegex(line, r"\A~ topics\[.*\]\.name  .* -> .*\(5000 bytes\), from byte 4321 on\Z")
        self.assertLess(len(line), 600)


class Frames(CommandTest):
    def test_headers_and_sizes(self) -> None:
        """Two requests that differ in correlation id, client id and body."""
        first = "00000017 0003 0004 00000007 0002 6162 00000001 0004 746f7031 01"
        second = "00000016 0003 0004 00000008 0001 7a 00000001 0004 746f7032 01"
        done = kwire("diff", first, second)
        self.assertEqual((1, ""), (done.status, done.err))
        for line in ("~ size 23 -> 22", "~ header.correlationId 7 -> 8", '~ header.clientId "ab" -> "z"',
                     '- topics[name="top1"].name "top1"', '+ topics[name="top2"].name "top2"'):
            self.assertIn(line, [" ".join(shown.split()) for shown in done.out.splitlines()])

    def test_a_response(self) -> None:
        first, second = "00000006 00000001 0003", "00000006 00000001 0000"
        done = kwire("diff", "--api", "Heartbeat", "--version", "0", first, second)
        self.assertEqual(1, done.status)
        self.assertIn("errorCode", done.out)


class Trouble(CommandTest):
    def test_broken_input_is_compared_up_to_the_error(self) -> None:
        digits = kwire("encode", *METADATA[1::2], FIRST).out.strip()
        done = kwire("diff", *METADATA, digits, digits[:60])
        self.assertEqual(1, done.status)
        self.assertRegex(done.err, r"\Akwire: the second: ERR_TRUNCATED at byte \d+: topics.*\n\Z")
        self.assertIn("- topics", done.out)

    def test_refusals(self) -> None:
        for expected, *words in (
                ("two inputs are required", "00"),
                ("standard input can only be one of the two", "-", "-"),
                ("--version goes with --api or --message", "--version", "1", "00", "00"),
                ("--api and --message exclude each other", "--api", "3", "--message", "X", "00", "00"),
                ('the version is a number, not "x"', "--api", "3", "--version", "x", "00", "00")):
            self.complains(2, f"kwire: diff: {expected} (see kwire diff --help)", "diff", *words)
        self.complains(1, 'kwire: JSON needs --message and --version', "diff", "{}", "00")
        self.complains(1, "kwire: HeartbeatRequest has versions 0 to 4, not 9",
                       "diff", "--message", "HeartbeatRequest", "--version", "9", "00", "00")
        done = kwire("diff", *METADATA, '{"brokers": 1}', "00")
        self.assertEqual((1, ""), (done.status, done.out))
        self.assertIn("ERR_VALUE", done.err)
        self.assertEqual(3, kwire("diff", "/no/such/file", "00").status)

    def test_random_bytes(self) -> None:
        """The result is always a verdict."""
        rng = random.Random(7)
        digits = bytes.fromhex(kwire("encode", *METADATA[1::2], FIRST).out.strip())
        for _ in range(60):
            broken = bytearray(digits)
            for _ in range(rng.randint(1, 4)):
                broken[rng.randrange(len(broken))] = rng.randrange(256)
            done = kwire("diff", *METADATA, digits.hex(), bytes(broken[:rng.randint(1, len(broken))]).hex())
            self.assertIn(done.status, (0, 1), done)
            self.assertTrue(done.out or done.err or done.status == 0)

    def test_memory_is_limited(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "big.json")
            for topics, said in ((2000, "it is longer than 100000 bytes"), (600, "--max-memory")):
                path.write_text(metadata(0, [topic(f"t{i}", 0, []) for i in range(topics)]))
                done = kwire("diff", *METADATA, "--max-memory", "100000", str(path), str(path))
                self.assertEqual(done.status, 3)
                self.assertIn(said, done.err)

    def test_numbers_with_fractions(self) -> None:
        message = ("--message", "DescribeClientQuotasResponse", "--version", "0")
        quota = ('{{"throttleTimeMs":0,"errorCode":0,"errorMessage":null,"entries":[{{"entity":[],"values":'
                 '[{{"key":"rate","value":{}}}]}}]}}')
        done = kwire("diff", *message, quota.format("0.1"), quota.format('"NaN"'))
        self.assertTrue(done.out.endswith("  0.1 -> NaN\n"), done)
        done = kwire("diff", "--json", *message, quota.format("0.1"), quota.format('"-Infinity"'))
        self.assertIn('"first":0.1,"second":"-Infinity"', done.out)

    def test_names_of_missing_files(self) -> None:
        """They are not read as base64, which nearly any name could be."""
        for name, status in (("/no/such/file", 3), ("missing", 3), ("missing.bin", 1)):
            done = kwire("diff", *METADATA, name, name)
            self.assertEqual((done.status, done.out), (status, ""))
            self.assertIn("no such file", done.err)


if __name__ == "__main__":
    main()
