#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Record batches as JSON where a message has records, both ways."""

from __future__ import annotations

import base64
import json
import os
import random
import re
import struct
import tempfile
from pathlib import Path
from typing import Any

from command import CommandTest, kwire, main
from dump_log_support import crc32c
from kafka_frames import body

ONE = {"key": "k", "value": "v"}
PRODUCER = {"producerId": 5, "producerEpoch": 1, "baseSequence": 3}


def message(records: Any, topic: str = "t") -> str:
    return json.dumps({"transactionalId": None, "acks": 1, "timeoutMs": 1000, "topicData": [
        {"name": topic, "partitionData": [{"index": 0, "records": records}]}]})


def made(records: Any) -> bytes:
    """The bytes of the batches."""
    done = kwire("encode", "ProduceRequest", "9", message(records))
    assert (0, "") == (done.status, done.err), done
    shown = json.loads(kwire("decode", "--raw-records", "ProduceRequest", "9", done.out).out)
    return base64.b64decode(shown["topicData"][0]["partitionData"][0]["records"])


def shown(data: bytes, topic: str = "t") -> Any:
    """The batches as JSON; encoded again they are the same bytes."""
    digits = kwire("encode", "ProduceRequest", "9", message(base64.b64encode(data).decode(), topic)).out.strip()
    done = kwire("decode", "ProduceRequest", "9", digits)
    assert (0, "") == (done.status, done.err), done
    assert digits + "\n" == kwire("encode", "ProduceRequest", "9", done.out).out, done.out
    return json.loads(done.out)["topicData"][0]["partitionData"][0]["records"]


def sealed(data: bytes, at: int, change: bytes) -> bytes:
    """A batch with other bytes, and its checksum."""
    changed = data[:at] + change + data[at + len(change):]
    return changed[:17] + struct.pack(">I", crc32c(changed[21:])) + changed[21:]


def dumped(data: bytes, topic: str = "t") -> list[dict[str, Any]]:
    """The lines of kwire dump-log for a segment with these batches."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "00000000000000000000.log")
        path.write_bytes(data)
        done = kwire("dump-log", "--jsonl", "--topic", topic, str(path))
        assert (0, "") == (done.status, done.err), done
        lines = [json.loads(line) for line in done.out.splitlines()]
        return [line for line in lines if line["type"] in ("batch", "record")]


MARKER = {"control": "COMMIT", "value": {"message": "EndTxnMarker", "version": 0, "value": {"coordinatorEpoch": 3}}}


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
        """Batches and records as they come, nested: that is what decode prints as well."""
        data = made([{"codec": "gzip", **PRODUCER, "records": [ONE, ONE | {"timestamp": 3}]},
                     {"baseOffset": 2, "records": [ONE | {"headers": [{"key": "a", "value": "b"}]}]},
                     {"baseOffset": 3, "control": True, "transactional": True, **PRODUCER, "records": [MARKER]},
                     {"baseOffset": 4, "timestampType": "LogAppendTime", "maxTimestamp": 99,
                      "records": [ONE | {"createTime": 8}, ONE | {"timestamp": 99}]},
                     {"magic": 1, "baseOffset": 6, "records": [ONE | {"timestamp": 5}]},
                     {"magic": 0, "baseOffset": 7, "records": [ONE]}])
        batches: list[dict[str, Any]] = []
        for line in dumped(data):
            rest = {name: value for name, value in line.items() if name not in ("file", "type", "batch")}
            if line["type"] == "batch":
                batches.append(rest | {"records": []})
            else:
                batches[-1]["records"].append(rest)
        self.assertEqual(data, made(batches))
        self.assertEqual(batches, shown(data))

    def test_example_of_the_documentation(self) -> None:
        text = (Path(__file__).resolve().parents[2] / "docs" / "records.md").read_text(encoding="utf-8")
        example = json.loads("".join(re.search(r"(?m)(^    \[\{\"position(?:.+\n)+)", text)[1].splitlines()))
        self.assertEqual(example, shown(made(example)))

    def test_base64_if_wanted(self) -> None:
        value = json.loads(message("AAEC"))
        digits = kwire("encode", "ProduceRequest", "9", json.dumps(value)).out.strip()
        frame = kwire("encode", "--frame", json.dumps({"api": "Produce", "version": 9, "body": value})).out
        self.assertEqual(value, json.loads(kwire("decode", "--raw-records", "ProduceRequest", "9", digits).out))
        self.assertEqual(value, json.loads(kwire("decode", "--raw-records", "--frame", frame).out)["body"])
        self.assertEqual(value, self.answer("decode", {"message": "ProduceRequest", "version": 9, "hex": digits},
                                            "--raw-records")["value"])
        (records,) = shown(bytes(3))
        self.assertEqual("AAAA", records["base64"])
        found = json.loads(kwire("decode", "--frame", frame).out)["body"]["topicData"][0]["partitionData"][0]
        self.assertEqual("AAEC", found["records"][0]["base64"])

    def test_topics_of_kafka(self) -> None:
        """Their records are decoded where the message names the topic, as dump-log does, if they come back."""
        key = {"message": "OffsetCommitKey", "version": 0, "value": {"group": "g", "topic": "t", "partition": 0}}
        value = {"message": "OffsetCommitValue", "version": 3, "value": {
            "offset": 7, "leaderEpoch": -1, "metadata": "", "commitTimestamp": 5}}
        data = made([{"key": key, "value": value}])
        (batch,) = shown(data, "__consumer_offsets")
        self.assertEqual((key, value), (batch["records"][0]["key"], batch["records"][0]["value"]))
        self.assertNotIn("message", str(shown(data)))
        longer = b"\0\3" + body("OffsetCommitValue", 3, value["value"]) + b"\0"
        (batch,) = shown(made([{"key": key, "value": {"base64": base64.b64encode(longer).decode()}}]),
                         "__consumer_offsets")
        self.assertNotIn("message", str(batch))

    def test_what_compaction_leaves(self) -> None:
        data = made([{"baseOffset": 10, "lastOffset": 20, "records": [ONE | {"offset": 12}]},
                     {"baseOffset": 21, "lastOffset": 30, "maxTimestamp": 77, **PRODUCER, "records": []}])
        first, second = shown(data)
        self.assertEqual((10, 20, 1, 12), (first["baseOffset"], first["lastOffset"], first["count"],
                                           first["records"][0]["offset"]))
        self.assertEqual((21, 30, 0, 77, []), tuple(second[name] for name in (
            "baseOffset", "lastOffset", "count", "maxTimestamp", "records")))

    def test_compressed_messages(self) -> None:
        for magic in (0, 1):
            data = made([{"magic": magic, "codec": "gzip", "records": [ONE | {"offset": 40}, ONE | {"offset": 42}]}])
            (batch,) = shown(data)
            self.assertEqual(([40, 42], 42, False), ([record["offset"] for record in batch["records"]],
                                                     batch["lastOffset"], "base64" in batch))

    def test_empty(self) -> None:
        self.assertEqual(b"", made([]))
        self.assertEqual(b"", made([{"records": []}]))

    def test_bytes_instead_of_a_batch(self) -> None:
        self.assertEqual(b"\0\1", made([{"base64": "AAE=", "note": "any", "codec": "no codec", "records": 5}]))
        one = made([ONE])
        self.assertEqual(one + b"\0", made([{"records": [ONE]}, {"base64": "AA=="}]))

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
                ([{"base64": "?"}], "records[0].base64: expected standard base64"),
                ([{"lastOffset": 1 << 40, "records": [ONE]}], "records[0].records: "),
                ([{"magic": 1, "transactional": True, "records": [ONE]}], "members of the batch contradict"),
                ([{"control": True, "records": [{"control": "X"}]}], "control: the type of a control record"),
                ([{"control": True, "records": [{"control": "COMMIT", "value": {
                    "message": "VotersRecord", "version": 0, "value": {"version": 0, "voters": []}}}]}],
                 "not the message of such a control record")):
            done = kwire("encode", "ProduceRequest", "9", message(records))
            self.assertEqual((1, ""), (done.status, done.out), records)
            self.assertIn(why, done.err)
            self.assertTrue(done.err.startswith("kwire: ERR_VALUE: topicData[0].partitionData[0].records"), done.err)


class BytesThatJsonDoesNotHave(CommandTest):
    """They are in base64, and encode makes them again: shown() compares."""

    def bytes_of(self, data: bytes, note: str, whole: bytes = b"") -> Any:
        *_, last = shown(data)
        self.assertEqual((base64.b64encode(whole or data).decode(), note), (last["base64"], last["note"]))
        return last

    def test_wrong_checksum(self) -> None:
        data = bytearray(made([ONE]))
        data[17] ^= 1
        batch = self.bytes_of(bytes(data), "encode takes base64: the checksum is wrong")
        self.assertEqual((False, "v"), (batch["crcValid"], batch["records"][0]["value"]))

    def test_attributes_without_a_meaning(self) -> None:
        data = made([ONE])
        for at in (21, 62):  # of the batch, of the record
            batch = self.bytes_of(sealed(data, at, b"\x40" if at == 62 else b"\1"),
                                  "encode takes base64: the other members are not all of it")
            self.assertEqual(("v", True), (batch["records"][0]["value"], batch["crcValid"]))

    def test_fields_that_contradict_each_other(self) -> None:
        data = made([ONE])
        for at, change in ((23, b"\0\0\0\x7f"), (27, bytes(8)), (35, bytes(8)), (22, b"\x10")):
            (batch,) = shown(sealed(data, at, change))
            self.assertEqual(at != 23, "base64" in batch, at)
            self.assertEqual("k", batch["records"][0]["key"])

    def test_markers_with_a_time_of_appending(self) -> None:
        data = made([{"control": True, "transactional": True, **PRODUCER, "records": [MARKER]}])
        (batch,) = shown(sealed(sealed(data, 22, b"\x38"), 35, struct.pack(">q", 5)))
        (record,) = batch["records"]
        self.assertEqual((5, -1, "COMMIT", False), (record["timestamp"], record["createTime"], record["control"],
                                                    "base64" in batch))

    def test_compressed_batches(self) -> None:
        for codec in ("gzip", "snappy", "lz4", "zstd"):
            data = made([{"codec": codec, "records": [ONE, ONE | {"timestamp": 3}]}])
            self.assertNotIn("base64", shown(data)[0])
            self.bytes_of(sealed(data, 27, bytes(8)), "encode takes base64: the other members are not all of it")
            self.assertIn("records that cannot be read: ", shown(sealed(data, 57, b"\0\0\0\3"))[0]["note"])

    def test_records_that_cannot_be_read(self) -> None:
        data = made([ONE, ONE])
        batch = self.bytes_of(sealed(data, 61, b"\x7e"),
                              "encode takes base64: records that cannot be read: length exceeds the bytes left")
        self.assertEqual([], batch["records"])
        batch = self.bytes_of(sealed(made([{"codec": "gzip", "records": [ONE]}]), 61, b"xx"),
                              "encode takes base64: records that cannot be read: compressed data is damaged")
        self.assertNotIn("records", batch)
        batch = self.bytes_of(sealed(data, 22, b"\5"),
                              "encode takes base64: records that cannot be read: codec is not known")
        self.assertEqual("5", batch["codec"])

    def test_records_that_take_too_much_memory(self) -> None:
        data = made([{"codec": "gzip", "records": [{"value": "x" * 100000}]}])
        digits = kwire("encode", "ProduceRequest", "9", message(base64.b64encode(data).decode())).out.strip()
        done = kwire("decode", "--max-memory", "64K", "ProduceRequest", "9", digits)
        self.assertEqual((0, ""), (done.status, done.err))
        (batch,) = json.loads(done.out)["topicData"][0]["partitionData"][0]["records"]
        self.assertEqual((base64.b64encode(data).decode(), False), (batch["base64"], "records" in batch))
        self.assertIn("memory limit", batch["note"])
        self.assertEqual("", kwire("decode", "--max-memory", "64K", "ProduceRequest", "9", stdin=kwire(
            "encode", "ProduceRequest", "9", message([{"value": "x" * 100000}])).out).out)

    def test_no_batches(self) -> None:
        one = made([ONE])
        self.bytes_of(b"\0", "the first 1 of at least 12 bytes of a batch")
        self.bytes_of(one + one[:-1], f"the first {len(one) - 1} of {len(one)} bytes of a batch", one[:-1])
        self.bytes_of(one + one[:16] + b"\3", "no batch: magic byte is not known", one[:16] + b"\3")

    def test_random_changes(self) -> None:
        """Whatever the bytes are, they come back."""
        random.seed(seed := int(os.environ.get("KWIRE_SEED", "7")))
        start = made([{"records": [ONE, ONE | {"headers": [{"key": "h", "value": "v"}]}]},
                      {"baseOffset": 2, "control": True, "transactional": True, **PRODUCER, "records": [MARKER]},
                      {"magic": 1, "baseOffset": 3, "records": [ONE]}])
        size = 12 + int.from_bytes(start[8:12], "big")
        lines = []
        for _ in range(1000):
            data = bytearray(start)
            for _ in range(random.randint(1, 3)):
                data[random.randrange(len(data))] = random.randrange(256)
            if random.random() < 0.5:
                data[:size] = sealed(bytes(data[:size]), 0, b"")
            lines.append(bytes(data))
        asked = "".join('{"message":"ProduceRequest","version":9,"value":%s}\n'
                        % message(base64.b64encode(data).decode()) for data in lines)
        encoded = kwire("encode", "--jsonl", stdin=asked).out
        decoded = kwire("decode", "--jsonl", stdin=encoded).out
        again = kwire("encode", "--jsonl", stdin=decoded).out
        for before, between, after in zip(encoded.splitlines(), decoded.splitlines(), again.splitlines(), strict=True):
            self.assertEqual(before, after, (seed, between))


if __name__ == "__main__":
    main()
