#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Record batches written as JSON where a message has records."""

from __future__ import annotations

import base64
import json
import tempfile
from pathlib import Path
from typing import Any

from command import CommandTest, kwire, main

ONE = {"key": "k", "value": "v"}
PRODUCER = {"producerId": 5, "producerEpoch": 1, "baseSequence": 3}


def message(records: Any) -> str:
    return json.dumps({"transactionalId": None, "acks": 1, "timeoutMs": 1000, "topicData": [
        {"name": "t", "partitionData": [{"index": 0, "records": records}]}]})


def made(records: Any) -> bytes:
    """The bytes of the batches."""
    done = kwire("encode", "ProduceRequest", "9", message(records))
    assert (0, "") == (done.status, done.err), done
    shown = json.loads(kwire("decode", "ProduceRequest", "9", done.out).out)
    return base64.b64decode(shown["topicData"][0]["partitionData"][0]["records"])


def dumped(data: bytes, topic: str = "t") -> list[dict[str, Any]]:
    """The lines of kwire dump-log for a segment with these batches."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "00000000000000000000.log")
        path.write_bytes(data)
        done = kwire("dump-log", "--jsonl", "--topic", topic, str(path))
        assert (0, "") == (done.status, done.err), done
        lines = [json.loads(line) for line in done.out.splitlines()]
        return [line for line in lines if line["type"] in ("batch", "record")]


class Batches(CommandTest):
    def test_records_alone_are_a_batch(self) -> None:
        batch, first, second = dumped(made([ONE, {"value": None, "timestamp": 7, "headers": [
            {"key": "h", "value": {"base64": "/w=="}}, {"key": "", "value": None}]}]))
        self.assertEqual((0, 1, 2, 2, "none", True), tuple(batch[name] for name in (
            "baseOffset", "lastOffset", "count", "magic", "codec", "crcValid")))
        self.assertEqual(("k", "v", -1), (first["key"], first["value"], first["timestamp"]))
        self.assertEqual((None, None, 7), (second["key"], second["value"], second["timestamp"]))
        self.assertEqual([{"key": "h", "value": {"base64": "/w=="}}, {"key": "", "value": None}], second["headers"])

    def test_members_of_batches(self) -> None:
        for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
            lines = dumped(made([{"baseOffset": 10, "codec": codec, "leaderEpoch": 4, "transactional": True, **PRODUCER,
                                  "records": [ONE, ONE | {"offset": 14, "timestamp": 9}]}]))
            batch = lines[0]
            for name, value in {"baseOffset": 10, "lastOffset": 14, "codec": codec, "leaderEpoch": 4,
                                "maxTimestamp": 9, "transactional": True, "control": False, "lastSequence": 7,
                                **PRODUCER}.items():
                self.assertEqual(value, batch[name], (codec, name))
            self.assertEqual([10, 14], [line["offset"] for line in lines[1:]])

    def test_time_of_appending(self) -> None:
        batch, record = dumped(made([{"timestampType": "LogAppendTime", "maxTimestamp": 99, "records": [ONE]}]))
        self.assertEqual(("LogAppendTime", 99), (batch["timestampType"], record["timestamp"]))

    def test_old_formats(self) -> None:
        for magic in (0, 1):
            lines = dumped(made([{"magic": magic, "records": [ONE | {"timestamp": 5}]}]))
            self.assertEqual(magic, lines[0]["magic"])
            self.assertEqual(["k", "v", -1 if magic == 0 else 5], [lines[1][n] for n in ("key", "value", "timestamp")])

    def test_control_records(self) -> None:
        marker = {"message": "EndTxnMarker", "version": 0, "value": {"coordinatorEpoch": 3}}
        batch, record = dumped(made([{"control": True, "transactional": True, "producerId": 5, "producerEpoch": 1,
                                      "records": [{"control": "ABORT", "value": marker}]}]))
        self.assertTrue(batch["control"])
        self.assertEqual(("ABORT", marker), (record["control"], record["value"]))

    def test_messages_in_keys_and_values(self) -> None:
        key = {"message": "OffsetCommitKey", "version": 0, "value": {"group": "g", "topic": "t", "partition": 0}}
        value = {"message": "OffsetCommitValue", "version": 3, "value": {
            "offset": 7, "leaderEpoch": -1, "metadata": "", "commitTimestamp": 5}}
        for found in dumped(made([{"key": key, "value": value}]), "__consumer_offsets")[1:]:
            self.assertEqual(("OffsetCommitKey", key["value"]), (found["key"]["message"], found["key"]["value"]))
            self.assertEqual(value, found["value"])

    def test_what_dump_log_prints_is_read(self) -> None:
        """Batches and records as they come, nested."""
        data = made([{"codec": "gzip", **PRODUCER, "records": [ONE, ONE | {"timestamp": 3}]},
                     {"baseOffset": 2, "records": [ONE | {"headers": [{"key": "a", "value": "b"}]}]}])
        batches: list[dict[str, Any]] = []
        for line in dumped(data):
            rest = {name: value for name, value in line.items() if name not in ("file", "type")}
            if line["type"] == "batch":
                batches.append(rest | {"records": []})
            else:
                batches[-1]["records"].append(rest)
        self.assertEqual(data, made(batches))

    def test_empty(self) -> None:
        self.assertEqual(b"", made([]))
        self.assertEqual(b"", made([{"records": []}]))

    def test_refusals(self) -> None:
        for records, why in (
                ([5], 'topicData[0].partitionData[0].records[0]: expected an object'),
                ([{"records": 5}], 'records[0].records: expected an array'),
                ([ONE | {"keys": "k"}], "records[0].keys: there is no such member"),
                ([{"value": 5}], 'records[0].value: expected a string, null, {"base64":...} or a message'),
                ([{"value": {"base64": "?"}}], "records[0].value.base64: expected standard base64"),
                ([{"value": {"message": "X", "version": 0}}], "records[0].value: a message has the members"),
                ([{"value": {"message": "X", "version": 0, "value": {}}}], "unknown message"),
                ([{"value": {"message": "FetchRequest", "version": 4, "value": {}}}], "value"),
                ([{"timestamp": -2}], "records[0]: "),
                ([{"offset": 1}, {"offset": 1}], "records[1]: "),
                ([{"headers": [{"value": "x"}]}], "headers[0].key: the key of a header is not null"),
                ([{"magic": 3, "records": []}], "magic: 0, 1 or 2"),
                ([{"codec": "brotli", "records": []}], 'codec: "none", "gzip"'),
                ([{"timestampType": "x", "records": []}], "timestampType"),
                ([{"magic": 1, "transactional": True, "records": [ONE]}], "members of the batch contradict"),
                ([{"control": True, "records": [{"control": "X"}]}], "control: the type of a control record"),
                ([{"control": True, "records": [{"control": "COMMIT", "value": {
                    "message": "VotersRecord", "version": 0, "value": {"version": 0, "voters": []}}}]}],
                 "not the message of such a control record")):
            done = kwire("encode", "ProduceRequest", "9", message(records))
            self.assertEqual((1, ""), (done.status, done.out), records)
            self.assertIn(why, done.err)
            self.assertTrue(done.err.startswith("kwire: ERR_VALUE: topicData[0].partitionData[0].records"), done.err)


if __name__ == "__main__":
    main()
