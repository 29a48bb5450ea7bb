#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire call --raw: bytes as they are, in every form, and the answers to them."""

from __future__ import annotations

import base64
import json
import socket
import struct
import tempfile
import unittest
from pathlib import Path

from command import CommandTest, Done, Json, kwire, main
from fake_broker import Peer, framed, take
from kafka_frames import request
from live_broker import BROKER, LiveBroker

# What old librdkafka sends, with four bytes left over.
LIBRDKAFKA = "00000015 0012 0000 00000081 0007 72646b61666b61 00000000"
QUESTION = request("Metadata", 9, 5, {"topics": [], "allowAutoTopicCreation": False,
                                      "includeClusterAuthorizedOperations": False,
                                      "includeTopicAuthorizedOperations": False})


def produce(acks: int) -> bytes:
    return request("Produce", 9, 8, {"transactionalId": None, "acks": acks, "timeoutMs": 100, "topicData": []})


@unittest.skipIf(BROKER is None, "kwire-broker is not built")
class Live(CommandTest):
    @classmethod
    def setUpClass(cls) -> None:
        cls.address = cls.enterClassContext(LiveBroker())

    def raw(self, *words: str, stdin: bytes | str = b"") -> Done:
        return kwire("call", self.address, "--raw", *words, stdin=stdin)

    def answers(self, *words: str, stdin: bytes | str = b"") -> list[Json]:
        done = self.raw(*words, stdin=stdin)
        self.assertEqual((0, ""), (done.status, done.err))
        return [json.loads(line) for line in done.out.splitlines()]

    def test_frame(self) -> None:
        (answer,) = self.answers(LIBRDKAFKA)
        self.assertEqual(("response", "ApiVersions", 0, 0x81), (
            answer["kind"], answer["api"], answer["version"], answer["header"]["correlationId"]))
        self.assertIn({"apiKey": 3, "minVersion": 0, "maxVersion": 13}, answer["body"]["apiKeys"])

    def test_forms_of_bytes(self) -> None:
        expected = self.raw(QUESTION.hex())
        self.assertEqual((0, ""), (expected.status, expected.err))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "frame")
            path.write_bytes(QUESTION)
            self.assertEqual(expected, self.raw(f"@{path}"))
        for words, given in ((("-",), QUESTION), ((), QUESTION), ((), " ".join(f"0x{b:02x}" for b in QUESTION)),
                             (("--input", "base64"), base64.b64encode(QUESTION).decode()),
                             (("--add-size",), QUESTION[4:].hex())):
            self.assertEqual(expected, self.raw(*words, stdin=given), words)

    def test_several(self) -> None:
        first, second = self.answers(stdin=QUESTION + bytes.fromhex(LIBRDKAFKA))
        self.assertEqual((5, 0x81), (first["header"]["correlationId"], second["header"]["correlationId"]))

    def test_hex_is_what_decode_reads(self) -> None:
        done = self.raw("--hex", QUESTION.hex())
        self.assertEqual((0, ""), (done.status, done.err))
        self.assertEqual(self.raw(QUESTION.hex()).out,
                         kwire("decode", "--frame", "--api", "Metadata", "--version", "9", done.out).out)

    def test_explained(self) -> None:
        done = self.raw("--explain", QUESTION.hex())
        question, answer = done.out.split("\n\n")
        self.assertTrue(question.startswith(f"Metadata request version 9, correlation id 5, {len(QUESTION)} bytes"))
        self.assertTrue(answer.startswith("Metadata response version 9, correlation id 5, "), answer)

    def test_pretty(self) -> None:
        self.assertTrue(self.raw("--pretty", QUESTION.hex()).out.startswith('{\n  "size": '))

    def test_errors_are_named(self) -> None:
        done = self.raw(request("DescribeConfigs", 4, 3, {"resources": [
            {"resourceType": 2, "resourceName": "none", "configurationKeys": None}], "includeSynonyms": False,
            "includeDocumentation": False}).hex())
        self.assertEqual((1, 3), (done.status, json.loads(done.out)["body"]["results"][0]["errorCode"]))
        self.assertTrue(done.err.startswith("kwire: results[0].errorCode: UNKNOWN_TOPIC_OR_PARTITION (3)"), done.err)

    def test_produce_without_an_answer(self) -> None:
        done = self.raw(stdin=produce(0) + QUESTION + produce(1))
        self.assertEqual((0, "kwire: a Produce with acks 0 is not answered\n"), (done.status, done.err))
        self.assertEqual(["Metadata", "Produce"], [json.loads(line)["api"] for line in done.out.splitlines()])

    def test_bytes_that_are_no_frame(self) -> None:
        done = self.raw("ffffffff00")
        self.assertEqual(Done(3, "", "kwire: warning: byte 0: frame size is out of bounds (see --add-size)\n"
                                     f"kwire: ERR_CONNECTION: {self.address}: the broker ended the connection "
                                     "instead\n"), done)
        done = self.raw("--timeout", "0.5", stdin=QUESTION + QUESTION[:9])
        self.assertEqual((3, 1), (done.status, done.out.count("\n")))
        self.assertEqual([f"kwire: warning: byte {len(QUESTION)}: 9 of the {len(QUESTION)} bytes of a frame "
                          "(see --add-size)", f"kwire: ERR_TIMEOUT: {self.address}: timed out (see --timeout)"],
                         done.err.splitlines())

    def test_unsupported_version(self) -> None:
        """Brokers answer an ApiVersions that they do not know in version 0."""
        done = self.raw("--add-size", "0012 0063 00000007 0001 78 00")
        self.assertEqual((3, "kwire: ERR_UNKNOWN_MESSAGE: " + self.address + ": the answer: kwire knows no API 18 in "
                             "version 99\n"), (done.status, done.err))
        self.assertTrue(done.out.startswith('{"hex":"'), done.out)


class Peers(CommandTest):
    def test_sent_as_given(self) -> None:
        """Nothing before it, nothing changed; an answer that cannot be read is hex."""
        seen = []

        def serve(connection: socket.socket) -> None:
            seen.append(take(connection, len(QUESTION)))
            connection.sendall(framed(struct.pack(">i", 5) + b"\0\xff"))

        with Peer(serve) as peer:
            done = kwire("call", peer.address, "--raw", QUESTION.hex())
        self.assertEqual([QUESTION], seen)
        self.assertEqual((3, '{"hex":"00000006000000050' + '0ff"}\n'), (done.status, done.out))
        self.assertIn("kwire: ERR_TRUNCATED", done.err)


class Words(CommandTest):
    def test_usage(self) -> None:
        for why, *words in (
                ("HOST:PORT is required", "--raw"),
                ("--raw takes HOST:PORT and bytes", "h:1", "--raw", "00", "00"),
                ("--raw and --script exclude each other", "h:1", "--raw", "--script", "x"),
                ("--raw has no API, so --version is not allowed", "h:1", "--raw", "--version", "3", "00"),
                ("--raw has no API, so --json is not allowed", "h:1", "--raw", "--json", "00"),
                ("--add-size needs --raw", "h:1", "Metadata", "--add-size"),
                ("--input needs --raw", "h:1", "Metadata", "--input", "hex"),
                ("--input is binary, hex, dump, array, string, base64 or decimal", "h:1", "--raw", "--input", "x")):
            self.complains(2, f"kwire: call: {why} (see kwire call --help)", "call", *words)

    def test_bad_bytes(self) -> None:
        self.complains(1, "kwire: ERR_VALUE: no bytes to send", "call", "localhost:1", "--raw", "")
        self.complains(1, 'kwire: ERR_HEX at byte 1: "zz" is not a pair of hex digits', "call", "localhost:1", "--raw",
                       "00zz")


if __name__ == "__main__":
    main()
