#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire dump-log on the data directory of tests/data, on damaged copies of it, and on anything else. How its lines look
is kept in dump_log/; UPDATE_GOLDEN=1 in the environment writes that anew."""

from __future__ import annotations

import base64
import json
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import tarfile
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

from command import KWIRE, TIMEOUT, CommandTest, Done, kwire, main

HERE = Path(__file__).resolve().parent
GOLDEN = HERE / "dump_log"
ARCHIVE = HERE.parent / "data" / "kafka-4.3.1.tar.gz"
LOG = "00000000000000000000.log"
PROBLEM = re.compile(r"(?P<file>[^:]+)(: byte (?P<byte>\d+))?( \(offset (?P<offset>\d+)\))?: (?P<reason>[^:]+): .+")

CRC_TABLE = list(range(256))
for _ in range(8):
    CRC_TABLE = [crc >> 1 ^ (0x82f63b78 if crc & 1 else 0) for crc in CRC_TABLE]

folder = ""


def setUpModule() -> None:  # noqa: N802
    global folder
    folder = tempfile.mkdtemp()
    unittest.addModuleCleanup(shutil.rmtree, folder)
    with tarfile.open(ARCHIVE) as tar:
        tar.extractall(folder)
    os.chdir(folder)


def dump(*words: str) -> Done:
    return kwire("dump-log", *words)


def json_lines(*words: str) -> list[dict[str, Any]]:
    done = dump("--jsonl", *words)
    return [json.loads(line) for line in done.out.splitlines()]


def crc32c(data: bytes) -> int:
    crc = 0xffffffff
    for byte in data:
        crc = crc >> 8 ^ CRC_TABLE[(crc ^ byte) & 255]
    return crc ^ 0xffffffff


def with_right_crc(batch: bytes) -> bytes:
    return batch[:17] + struct.pack(">I", crc32c(batch[21:])) + batch[21:]


def varint(value: int) -> bytes:
    value = value << 1 ^ value >> 63
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def record(delta: int, key: bytes | None, value: bytes | None, headers: list[tuple[bytes, bytes | None]] = []) -> bytes:
    def sized(data: bytes | None) -> bytes:
        return varint(-1) if data is None else varint(len(data)) + data
    body = b"\0" + varint(delta) + varint(delta) + sized(key) + sized(value) + varint(len(headers))
    body += b"".join(sized(name) + sized(content) for name, content in headers)
    return varint(len(body)) + body


def batch(base: int, records: list[bytes], timestamp: int = 1000) -> bytes:
    """Of magic 2; the timestamps are `timestamp` and so on."""
    last = len(records) - 1
    body = struct.pack(">HiqqqhiI", 0, last, timestamp, timestamp + last, -1, -1, -1, len(records)) + b"".join(records)
    return struct.pack(">qiiBI", base, len(body) + 9, 0, 2, crc32c(body)) + body


class Folder:
    """A new folder of that name beside the data directory."""

    def __init__(self, test: unittest.TestCase, name: str) -> None:
        self.path = Path(tempfile.mkdtemp(dir=folder), name)
        self.path.mkdir()
        test.addCleanup(shutil.rmtree, self.path.parent)

    def write(self, name: str, data: bytes) -> str:
        (self.path / name).write_bytes(data)
        return str(self.path / name)


class Golden(CommandTest):
    """Lines as they are."""

    def transcript(self, name: str, *words: str) -> None:
        done = dump(*words)
        self.assertEqual((0, ""), (done.status, done.err))
        path = GOLDEN / name
        if os.environ.get("UPDATE_GOLDEN"):
            path.write_text(done.out, encoding="utf-8")
        self.assertEqual(path.read_text(encoding="utf-8"), done.out)

    def test_partition_as_text(self) -> None:
        self.transcript("plain.txt", "data/plain-0")

    def test_transactions_as_text(self) -> None:
        self.transcript("transactions.txt", "data/transactions-0")

    def test_partition_as_json(self) -> None:
        self.transcript("plain.jsonl", "--jsonl", "data/plain-0")

    def test_transactions_as_json(self) -> None:
        self.transcript("transactions.jsonl", "--jsonl", "data/transactions-0")

    def test_batches_alone(self) -> None:
        self.transcript("compacted_batches.txt", "--batches", "data/compacted-0")

    def test_records_of_kafkas_own(self) -> None:
        self.transcript("offsets.txt", "data/__consumer_offsets-0/" + LOG)
        self.transcript("offsets.jsonl", "--jsonl", "--records", "data/__consumer_offsets-0/" + LOG)
        self.transcript("transaction_state.jsonl", "--jsonl", "--records", "data/__transaction_state-0/" + LOG)
        self.transcript("metadata.jsonl", "--jsonl", "--records", "--to", "16", "data/__cluster_metadata-0/" + LOG)

    def test_snapshot(self) -> None:
        self.transcript("snapshot.txt", "data/__cluster_metadata-0/00000000000000000000-0000000000.checkpoint")

    def test_small_files(self) -> None:
        names = ["meta.properties", "log-start-offset-checkpoint", "__cluster_metadata-0/quorum-state"]
        self.transcript("small.txt", *(f"data/{name}" for name in names))
        self.transcript("small.jsonl", "--jsonl", *(f"data/{name}" for name in names))

    def test_zeros(self) -> None:
        self.transcript("deleted.txt", "data/deleted-0.5346350ec0d241f9a3616672b45b54e9-delete")


class Values(CommandTest):
    """Keys, values and headers of every kind."""

    def setUp(self) -> None:
        self.partition = Folder(self, "t-0")

    def records(self, *records: bytes) -> list[dict[str, Any]]:
        self.partition.write(LOG, batch(0, list(records)))
        return [line for line in json_lines(str(self.partition.path)) if line["type"] == "record"]

    def test_every_character(self) -> None:
        """JSON gives back what was written, whatever it is and wherever in the text it stands."""
        texts = [chr(code) for code in range(0x2ff)] + ["\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff"]
        texts += ["x" * at + special + "y" * 70 for at in (0, 15, 16, 62, 63, 64, 65, 127) for special in '"\x9b\xe4\n']
        texts += ["\u20ac" * 50, "\xc2\x80" * 40, '"' * 5000, "\x01" * 5000, "long " * 60000]
        got = self.records(*(record(i, None, text.encode()) for i, text in enumerate(texts)))
        for text, line in zip(texts, got, strict=True):
            self.assertEqual(text, line["value"])

    def test_terminals_are_spared(self) -> None:
        done_text = "\x1b[31m\x7f\x9b1m\r\b"
        self.partition.write(LOG, batch(0, [record(0, done_text.encode(), b"v")]))
        for words in ([], ["--jsonl"]):
            out = dump(*words, str(self.partition.path)).out
            self.assertIsNone(re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", out), out)
            self.assertIn(r"\u001b[31m\u007f\u009b1m\r\b", out)

    def test_bytes_that_are_no_text(self) -> None:
        bad = [b"\xff", b"\xc2", b"\xc1\x81", b"\xe0\x80\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
               b"\xf0\x8f\xbf\xbf", b"a\x80", b"x" * 100 + b"\xfe", bytes(range(256)) * 40]
        got = self.records(*(record(i, data, data, [(data, data)]) for i, data in enumerate(bad)))
        for data, line in zip(bad, got, strict=True):
            for value in (line["key"], line["value"], line["headers"][0]["key"], line["headers"][0]["value"]):
                self.assertEqual(data, base64.b64decode(value["base64"], validate=True))
        self.assertIn("0xff  0xff  {0xff:0xff}\n", dump(str(self.partition.path)).out)

    def test_null_and_empty(self) -> None:
        line = self.records(record(0, None, b"", [(b"", None), (b"n", b"")]))[0]
        self.assertEqual((None, ""), (line["key"], line["value"]))
        self.assertEqual([{"key": "", "value": None}, {"key": "n", "value": ""}], line["headers"])
        self.assertIn('  null  ""  {"":null,"n":""}\n', dump(str(self.partition.path)).out)

    def test_times(self) -> None:
        """From the first year to the last that have four digits, and beyond."""
        for ms, expected in ((0, "1970-01-01T00:00:00.000Z"), (951782400000, "2000-02-29T00:00:00.000Z"),
                             (4107542399999, "2100-02-28T23:59:59.999Z"), (-62167219200000, "0000-01-01T00:00:00.000Z"),
                             (253402300799999, "9999-12-31T23:59:59.999Z"), (253402300800000, "253402300800000"),
                             (-62167219200001, "-62167219200001"), (2**63 - 1, str(2**63 - 1)), (-1, "-")):
            with self.subTest(expected):
                self.partition.write(LOG, batch(0, [record(0, b"k", b"v")], ms))
                self.assertIn(f'| 0         {expected:24}  "k"  "v"\n', dump(str(self.partition.path)).out)

    def test_numbers(self) -> None:
        for base in (0, 9, 10, 99999999, 100000000, 10**15 + 7, 2**63 - 2):
            self.partition.write(LOG, batch(base, [record(0, b"k", b"v")], base))
            line = json_lines(str(self.partition.path))[-1]
            self.assertEqual((base, base), (line["offset"], line["timestamp"]))

    def test_what_decode_and_encode_make_of_it(self) -> None:
        """Records of Kafka's own are lines for kwire encode."""
        line = json_lines("--records", "data/__consumer_offsets-0/" + LOG)[2]
        encoded = json.loads(kwire("encode", "--jsonl", stdin=json.dumps(line["value"]) + "\n").out)
        raw = json_lines("--records", "--topic", "none", "data/__consumer_offsets-0/" + LOG)[2]["value"]
        data = base64.b64decode(raw["base64"]) if isinstance(raw, dict) else raw.encode()
        self.assertEqual(data[2:].hex(), encoded["hex"])


class Choice(CommandTest):
    """Which records, which files."""

    def offsets(self, *words: str) -> list[int]:
        return [line["offset"] for line in json_lines(*words) if line["type"] == "record"]

    def test_offsets(self) -> None:
        self.assertEqual([10, 11, 12], self.offsets("--from", "10", "--to", "12", "data/rolled-0"))
        self.assertEqual(list(range(38, 41)), self.offsets("--from=38", "data/rolled-0"))
        self.assertEqual([7, 8], self.offsets("--to=8", "data/rolled-0"))
        self.assertEqual([], self.offsets("--from", "100", "data/rolled-0"))
        self.assertEqual([5], self.offsets("--from", "5", "--to", "5", "data/codecs-1"))

    def test_offsets_at_every_place(self) -> None:
        """With indexes that are right, wrong or not there."""
        name = "00000000000000000014"
        here = Folder(self, "t-0")
        log = Path(f"data/rolled-0/{name}.log").read_bytes()
        index = Path(f"data/rolled-0/{name}.index").read_bytes()
        here.write(f"{name}.log", log)
        for data in (index, b"", index[:-3], index + bytes(8000), os.urandom(64), index[:4] + b"\0\0\0\3" + index[8:]):
            here.write(f"{name}.index", data)
            for first in range(13, 22):
                got = self.offsets("--from", str(first), str(here.path))
                self.assertEqual([offset for offset in range(14, 21) if offset >= first], got)

    def test_index_is_used(self) -> None:
        """What is before the place that it tells is not read."""
        here = Folder(self, "t-0")
        first, second = batch(0, [record(0, b"k", b"v")]), batch(1, [record(0, b"k", b"w")])
        here.write(LOG, bytes([*first[:16], 9, *first[17:]]) + second)
        here.write(LOG.replace(".log", ".index"), struct.pack(">II", 1, len(first)))
        done = dump("--from", "1", str(here.path))
        self.assertEqual((0, True), (done.status, '"w"' in done.out))
        self.assertEqual(1, dump("--from", "0", str(here.path)).status)

    def test_times(self) -> None:
        whole = "data/plain-0/" + LOG
        self.assertEqual([1, 2], self.offsets("--since", "1700000002000", "--until", "1700000004000", whole))
        self.assertEqual([4, 5, 6], self.offsets("--since", "2023-11-14T22:13:28", whole))
        self.assertEqual([0], self.offsets("--until", "2023-11-14T22:13:20.000Z", whole))
        self.assertEqual([], self.offsets("--until", "2023-11-14T22:13", whole))
        self.assertEqual(list(range(7)), self.offsets("--since", "2023-11-14", whole))

    def test_keys(self) -> None:
        self.assertEqual([1], self.offsets("--key", "key-2", "data/plain-0"))
        self.assertEqual([1], self.offsets("--key-hex", b"key-2".hex(), "data/plain-0"))
        self.assertEqual([], self.offsets("--key", "", "data/plain-0"))
        self.assertEqual([], self.offsets("--key", "key", "data/plain-0"))
        text = dump("--key", "key-10", "data").out.splitlines()
        self.assertEqual(["data/plain-0/" + LOG], [line.split(":")[0] for line in text if line.startswith("data/")])
        self.assertEqual(5, len(text), text)

    def test_what_is_shown(self) -> None:
        kinds = [line["type"] for line in json_lines("data/plain-0/" + LOG)]
        self.assertEqual((4, 7), (kinds.count("batch"), kinds.count("record")))
        self.assertEqual({"file", "batch"}, {line["type"] for line in json_lines("--batches", "data/plain-0")})
        self.assertEqual({"file", "record"}, {line["type"] for line in json_lines("--records", "data/plain-0")})
        self.assertEqual([121], [line["position"] for line in json_lines("--batches", "--from", "2", "--to", "3",
                                                                         "data/plain-0") if line["type"] == "batch"])

    def test_kinds(self) -> None:
        files = {line["file"] for line in json_lines("--type", "producers", "data")}
        self.assertEqual(len(list(Path("data").rglob("*.snapshot"))), len(files))
        self.assertTrue(all(name.endswith(".snapshot") for name in files))
        here = Folder(self, "odd")
        copy = here.write("segment", Path("data/plain-0/" + LOG).read_bytes())
        self.assertEqual(list(range(7)), self.offsets("--type", "log", copy))
        copy = here.write("entries", Path("data/plain-0/00000000000000000000.index").read_bytes())
        self.assertEqual([3, 5], [line["offset"] for line in json_lines("--type=index", copy)[1:]])

    def test_topic(self) -> None:
        """By the folder's name, whichever way it is written, or as is said."""
        here = Folder(self, "elsewhere")
        copy = here.write(LOG, Path("data/__consumer_offsets-0/" + LOG).read_bytes())
        self.assertNotIn("OffsetCommitKey", dump(copy).out)
        for word in ("consumer-offsets", "__consumer_offsets"):
            self.assertIn("OffsetCommitKey 0", dump("--topic", word, copy).out)
        for cwd, word in (("data/__consumer_offsets-0", "."), ("data/__consumer_offsets-0", LOG),
                          ("data/plain-0", "../__consumer_offsets-0/" + LOG)):
            done = subprocess.run([KWIRE, "dump-log", word], cwd=cwd, capture_output=True, text=True, timeout=TIMEOUT)
            self.assertIn("OffsetCommitKey 0", done.stdout)

    def test_order_in_a_data_directory(self) -> None:
        files = [line["file"] for line in json_lines("data") if line["type"] == "file"]
        self.assertEqual(["data/meta.properties", "data/cleaner-offset-checkpoint"], files[:2])
        folders = list(dict.fromkeys(name.split("/")[1] for name in files if name.count("/") == 2))
        self.assertEqual(["__cluster_metadata-0", "__consumer_offsets-0", "__transaction_state-0", "a-b.c_1-2-0"],
                         folders[:4])
        self.assertEqual(sorted(entry.name for entry in Path("data").iterdir() if entry.is_dir()), sorted(folders))
        rolled = [Path(name).name[15:] for name in files if "/rolled-0/" in name and name.endswith(".log")]
        self.assertEqual(["00007.log", "00014.log", "00021.log", "00028.log", "00035.log", "00040.log"], rolled)

    def test_threads(self) -> None:
        """Lines are the same, whoever has made them."""
        here = Folder(self, "t-0")
        data = b"".join(batch(i * 40, [record(j, b"key", os.urandom(50)) for j in range(40)]) for i in range(900))
        self.assertGreater(len(data), 2 << 20)
        damaged = bytearray(data)
        for at in range(100_000, len(data), 300_001):
            damaged[at] ^= 255
        here.write(LOG, bytes(damaged))
        for words in ([], ["--jsonl"], ["--verify"], ["--batches"], ["--from", "20000", "--to", "30000"]):
            expected = dump(*words, "--threads", "1", str(here.path))
            for threads in ("2", "7", "64"):
                self.assertEqual(expected, dump(*words, "--threads", threads, str(here.path)))


class Damage(CommandTest):
    """--verify says what is wrong, in which file and at which byte."""

    def damaged(self, name: str, change: Callable[[bytearray], Any]) -> tuple[Path, str]:
        copy = Path(tempfile.mkdtemp(dir=folder))
        self.addCleanup(shutil.rmtree, copy)
        source = Path("data", name)
        target = copy / source.parent.name
        shutil.copytree(source.parent, target)
        data = bytearray(source.read_bytes())
        change(data)
        (target / source.name).write_bytes(bytes(data))
        return target, str(target / source.name)

    def problems(self, *words: str, status: int = 1) -> list[tuple[str, int, str]]:
        done = dump("--verify", *words)
        self.assertEqual((status, ""), (done.status, done.err))
        *lines, summary = done.out.splitlines()
        self.assertRegex(summary, rf"^\d+ files?, \d+ batch(es)?, \d+ records?: {len(lines)} problems?$")
        found = []
        for line in lines:
            match = PROBLEM.fullmatch(line)
            self.assertIsNotNone(match, line)
            assert match is not None
            found.append((match["file"], -1 if match["byte"] is None else int(match["byte"]), match["reason"]))
        return found

    def finds(self, name: str, byte: int, reason: str, change: Callable[[bytearray], Any]) -> None:
        """Exactly this one problem in the file; in its folder, where indexes may not agree any more, the first."""
        target, path = self.damaged(name, change)
        with self.subTest(name=name, byte=byte, reason=reason):
            self.assertEqual([(path, byte, reason)], self.problems(path))
            self.assertEqual((path, byte, reason), self.problems(str(target))[0])

    def shown(self, name: str, byte: int, change: Callable[[bytearray], Any]) -> str:
        """What dumping a damaged file prints; it goes on, and says where the damage is."""
        _, path = self.damaged(name, change)
        done = dump(path)
        self.assertEqual((1, ""), (done.status, done.err))
        self.assertIn(f"\n! {path}: byte {byte}", done.out)
        return done.out

    def test_sound(self) -> None:
        self.assertEqual([], self.problems("data", status=0))
        for path in sorted(Path("data").rglob("*0*.*")):
            if path.is_file():
                self.assertEqual([], self.problems(str(path), status=0))

    def test_checksum(self) -> None:
        wrong = "checksum does not match"
        self.finds("plain-0/" + LOG, 138, wrong, lambda d: d.__setitem__(200, d[200] ^ 1))
        self.finds("codecs-1/" + LOG, 17, wrong, lambda d: d.__setitem__(100, d[100] ^ 1))
        self.finds("plain-0/00000000000000000006.snapshot", 2, wrong, lambda d: d.__setitem__(30, d[30] ^ 1))
        self.assertIn("WRONG CRC", self.shown("plain-0/" + LOG, 138, lambda d: d.__setitem__(200, d[200] ^ 1)))

    def test_structure_of_a_log(self) -> None:
        self.finds("plain-0/" + LOG, 129, "batch length is out of bounds", lambda d: d.__setitem__(129, 255))
        self.finds("plain-0/" + LOG, 137, "magic byte is not known", lambda d: d.__setitem__(137, 3))
        self.finds("plain-0/" + LOG, 242, "file ends inside a batch", lambda d: d.__delitem__(slice(300, None)))
        out = self.shown("plain-0/" + LOG, 137, lambda d: d.__setitem__(137, 3))
        self.assertIn("121 bytes from byte 121 on are passed over", out)
        self.assertIn('"value-8"', out)

    def test_records(self) -> None:
        def change(at: int, value: int) -> Callable[[bytearray], Any]:
            def apply(data: bytearray) -> None:
                data[at] = value
                data[:] = data[:121] + with_right_crc(bytes(data[121:242])) + data[242:]
            return apply

        log = "plain-0/" + LOG
        self.finds(log, 242, "count exceeds what the bytes left can hold", change(121 + 60, 3))
        self.finds(log, 214, "bytes left over after the message", change(121 + 60, 1))
        self.finds(log, 121 + 35, "timestamps do not agree", change(121 + 42, 0))
        self.finds(log, 121, "offsets do not ascend", change(121 + 64, 2))
        self.finds(log, 178, "count exceeds what the bytes left can hold", change(121 + 57, 1))
        self.finds(log, 144, "negative length or count", change(121 + 23, 255))

    def test_compressed_records(self) -> None:
        def change(data: bytearray) -> None:
            data[62] ^= 255
            data[:] = with_right_crc(bytes(data))

        for codec in (1, 2, 3, 4):
            self.finds(f"codecs-{codec}/{LOG}", 61, "compressed data is damaged", change)

    def test_order(self) -> None:
        name = "rolled-0/00000000000000000014.log"
        target, path = self.damaged(name, lambda d: d.__setitem__(slice(0, 8), bytes(8)))
        self.assertEqual([(path, 0, "offsets do not ascend")], self.problems(str(target)))
        rolled = Path("data", name).read_bytes()
        target, path = self.damaged(name, lambda d: d.extend(rolled))
        found = self.problems(path)
        self.assertEqual([(path, len(rolled), "offsets do not ascend")], found)

    def test_segments_that_overlap(self) -> None:
        """One begins before the one before it has ended."""
        here = Folder(self, "t-0")
        here.write(LOG, batch(0, [record(i, b"k", b"v") for i in range(9)]))
        path = here.write("00000000000000000005.log", batch(5, [record(0, b"k", b"v")]))
        self.assertEqual([(path, 0, "offsets do not ascend")], self.problems(str(here.path)))
        self.assertEqual([], self.problems(path, status=0))

    def test_offset_index(self) -> None:
        wrong = "index does not agree with its log"
        name = "plain-0/00000000000000000000.index"
        self.finds(name, 0, wrong, lambda d: d.__setitem__(3, 2))
        self.finds(name, 8, wrong, lambda d: d.__setitem__(15, d[15] + 1))
        self.finds(name, 8, wrong, lambda d: d.__setitem__(slice(8, 16), d[0:8]))
        self.finds(name, 16, wrong, lambda d: d.extend(struct.pack(">II", 6, 10000)))
        self.finds(name, 16, wrong, lambda d: d.extend(b"\0\0\1"))

    def test_time_index(self) -> None:
        wrong = "index does not agree with its log"
        name = "plain-0/00000000000000000000.timeindex"
        self.finds(name, 0, wrong, lambda d: d.__setitem__(7, d[7] ^ 1))
        self.finds(name, 12, wrong, lambda d: d.__setitem__(slice(12, 24), d[0:12]))
        self.finds(name, 36, wrong, lambda d: d.extend(struct.pack(">QI", 1800000000000, 7)))
        self.finds(name, 36, wrong, lambda d: d.extend(b"\0\0\1"))

    def test_transaction_index(self) -> None:
        name = "transactions-0/00000000000000000002.txnindex"
        self.finds(name, 0, "index does not agree with its log", lambda d: d.__setitem__(9, 9))
        self.finds(name, 34, "index does not agree with its log", lambda d: d.__setitem__(34 + 25, 8))
        self.finds(name, 34, "version is not known for this message", lambda d: d.__setitem__(35, 1))
        self.finds(name, 68, "index does not agree with its log", lambda d: d.extend(b"\0"))

    def test_index_without_log(self) -> None:
        here = Folder(self, "t-0")
        path = here.write("00000000000000000000.index", bytes(8))
        log = path.replace(".index", ".log")
        self.assertEqual([(log, -1, "no such file or directory")], self.problems(path))

    def test_producers(self) -> None:
        name = "plain-0/00000000000000000006.snapshot"
        self.finds(name, 0, "version is not known for this message", lambda d: d.__setitem__(1, 7))
        self.finds(name, 5, "input ends inside a field", lambda d: d.__delitem__(slice(5, None)))

    def test_small_files(self) -> None:
        form = "file is not in the format that it should have"
        self.finds("plain-0/leader-epoch-checkpoint", 2, form, lambda d: d.__setitem__(2, ord("x")))
        self.finds("plain-0/leader-epoch-checkpoint", 0, "version is not known for this message",
                   lambda d: d.__setitem__(0, ord("7")))
        self.finds("plain-0/partition.metadata", 21, form, lambda d: d.__delitem__(slice(30, None)))
        self.finds("__cluster_metadata-0/quorum-state", 1, form, lambda d: d.__setitem__(1, ord("x")))
        _, path = self.damaged("rolled-0/leader-epoch-checkpoint", lambda d: None)
        for name, at in (("meta.properties", 0), ("replication-offset-checkpoint", 2)):
            text = Path("data", name).read_text(encoding="utf-8")
            text = text.replace("version=1", "version=x").replace("\n1", "\nx")
            target = Path(path).parent / name
            target.write_text(text, encoding="utf-8")
            self.assertIn(str(target), [file for file, _, _ in self.problems(str(target))])

    def test_snapshot_that_is_not_finished(self) -> None:
        name = "__cluster_metadata-0/00000000000000000000-0000000000.checkpoint"
        form = "file is not in the format that it should have"
        self.finds(name, 166, form, lambda d: d.__delitem__(slice(166, None)))
        self.finds(name, 0, form, lambda d: d.__delitem__(slice(0, 166)))

    def test_records_that_cannot_be_decoded(self) -> None:
        here = Folder(self, "__cluster_metadata-0")
        path = here.write(LOG, batch(0, [record(0, None, b"\1\2\0\7short"), record(1, None, b"\1\2\0\2a" + bytes(17))]))
        found = self.problems(path)
        self.assertEqual([(path, 0, "record cannot be decoded")], found)
        line = json_lines("--records", path)[1]
        self.assertEqual({"code": "ERR_LENGTH", "offset": 3}, {k: line["decodeError"][k] for k in ("code", "offset")})
        self.assertIn("name", line["decodeError"]["detail"])

    def test_all_problems_are_told(self) -> None:
        """Up to a limit for each file, which costs no other file its own."""
        here = Folder(self, "t-0")
        wrong = [b[:20] + bytes([b[20] ^ 1]) + b[21:] for b in (batch(i, [record(0, b"k", b"v")]) for i in range(300))]
        for base in (0, 300):
            data = b"".join(struct.pack(">q", base + i) + b[8:] for i, b in enumerate(wrong))
            here.write(f"{base:020}.log", data)
        done = dump("--verify", "--max-problems", "7", str(here.path))
        self.assertEqual("kwire: 586 more problems are not listed (see --max-problems)\n", done.err)
        self.assertEqual(14 + 1, len(done.out.splitlines()))
        self.assertTrue(done.out.endswith(": 600 problems\n"))
        self.assertEqual(200 + 1, len(dump("--verify", str(here.path)).out.splitlines()))
        every = [line for line in json_lines("--verify", "--max-problems=1000", str(here.path))]
        self.assertEqual([17 + 70 * i for i in range(300)] * 2, [line["position"] for line in every[:-1]])
        self.assertEqual({"file": None, "type": "summary", "files": 2, "batches": 600, "records": 0, "problems": 600},
                         every[-1])

    def test_damage_everywhere(self) -> None:
        """It takes no longer than the file is long, and costs nothing but what is damaged."""
        here = Folder(self, "t-0")
        one = batch(0, [record(0, b"k", b"v")])
        count = 40_000
        data = b"".join(struct.pack(">q", base) + one[8:] + b"\xff" * 20 for base in range(count))
        path = here.write(LOG, data)
        done = dump("--verify", "--max-problems", "1", path)
        self.assertEqual(1, done.status)
        self.assertIn(f", {count} batches, {count} records: {count} problems\n", done.out)

    def test_every_truncation(self) -> None:
        here = Folder(self, "data")
        whole = Path("data/plain-0/" + LOG).read_bytes()
        ends = [0, 121, 242, 371, 483]
        for size in range(len(whole) + 1):
            (here.path / f"t-{size}").mkdir()
            here.write(f"t-{size}/{LOG}", whole[:size])
        found = self.problems(str(here.path))
        expected = [(f"{here.path}/t-{size}/{LOG}", max(end for end in ends if end <= size), "file ends inside a batch")
                    for size in range(len(whole)) if size not in ends]
        self.assertEqual(expected, found)

    def test_memory_has_a_limit(self) -> None:
        """A batch, or its records, that do not fit are passed over."""
        here = Folder(self, "t-0")
        large = batch(0, [record(0, b"k", bytes(600_000))])
        path = here.write(LOG, large + batch(1, [record(0, b"k", b"small")]))
        done = dump("--max-memory", "65536", path)
        self.assertEqual(1, done.status)
        self.assertIn(f"! {path}: byte 0 (offset 0): memory limit reached: {len(large)} bytes", done.out)
        self.assertIn('"small"', done.out)
        self.assertEqual(0, dump(path).status)


class Anything(CommandTest):
    """Whatever the files hold, there is an answer: no crash, no hang, no message without file and reason."""

    FILES = ("plain-0/" + LOG, "codecs-0/" + LOG, "codecs-1/" + LOG, "codecs-2/" + LOG, "codecs-3/" + LOG,
             "codecs-4/" + LOG, "transactions-0/00000000000000000002.log", "__consumer_offsets-0/" + LOG,
             "__cluster_metadata-0/" + LOG, "__cluster_metadata-0/00000000000000000110-0000000001.checkpoint",
             "plain-0/00000000000000000000.index", "plain-0/00000000000000000000.timeindex",
             "transactions-0/00000000000000000002.txnindex", "plain-0/00000000000000000006.snapshot",
             "plain-0/leader-epoch-checkpoint", "plain-0/partition.metadata", "__cluster_metadata-0/quorum-state",
             "meta.properties", "replication-offset-checkpoint")

    def check(self, *words: str) -> None:
        for more in ([], ["--jsonl"], ["--verify"], ["--verify", "--jsonl"], ["--from", "3", "--key", "key-4"]):
            done = subprocess.run([KWIRE, "dump-log", "--max-problems", "1000000", *more, *words], capture_output=True,
                                  timeout=TIMEOUT)
            self.assertIn(done.returncode, (0, 1), (more, done.stderr))
            self.assertEqual(b"", done.stderr)
            lines = done.stdout.decode().split("\n")  # what is no UTF-8 is written in another way
            self.assertEqual("", lines.pop())
            problems = 0
            if "--jsonl" in more:
                parsed = [json.loads(line) for line in lines]
                problems = sum(line["type"] == "problem" and "reason" in line for line in parsed)
            elif "--verify" in more:
                problems = sum(PROBLEM.fullmatch(line) is not None for line in lines[:-1])
                self.assertEqual(len(lines) - 1, problems)
            else:
                problems = sum(line.startswith("! ") for line in lines)
            self.assertEqual(done.returncode == 1, problems > 0, more)

    def mutated(self, rng: random.Random, data: bytes) -> bytes:
        out = bytearray(data)
        for _ in range(rng.choice((1, 1, 2, 5, 20))):
            if not out:
                break
            at = rng.randrange(len(out))
            match rng.randrange(5):
                case 0:
                    out[at] ^= 1 << rng.randrange(8)
                case 1:
                    out[at:at + 4] = struct.pack(">I", rng.choice((0, 1, 127, 2**31 - 1, 2**31, 2**32 - 1)))
                case 2:
                    del out[at:at + rng.randrange(30)]
                case 3:
                    out[at:at] = rng.randbytes(rng.randrange(30))
                case 4:
                    out[at:at] = data[:rng.randrange(len(data))]
        return bytes(out)

    def test_damaged_at_random(self) -> None:
        rng = random.Random(20261125)
        here = Folder(self, "data")
        files = []
        for name in self.FILES:
            data = Path("data", name).read_bytes()
            for i in range(16):
                place = here.path / str(i) / Path(name).parent.name
                place.mkdir(parents=True, exist_ok=True)
                (place / Path(name).name).write_bytes(self.mutated(rng, data))
                files.append(str(place / Path(name).name))
        self.check(*files)

    def test_checksums_made_right(self) -> None:
        """So that it is the records that are looked at."""
        rng = random.Random(4711)
        here = Folder(self, "data")
        files = []
        for name in (name for name in self.FILES if name.endswith("codecs-0/" + LOG) or "offsets-0" in name):
            data = Path("data", name).read_bytes()
            first = data[:struct.unpack(">i", data[8:12])[0] + 12]
            for i in range(70):
                out = bytearray(first)
                for _ in range(rng.choice((1, 2, 4))):
                    out[rng.randrange(21, len(out))] = rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))
                place = here.path / str(i) / Path(name).parent.name
                place.mkdir(parents=True, exist_ok=True)
                (place / LOG).write_bytes(with_right_crc(bytes(out)))
                files.append(str(place / LOG))
        self.check(*files)

    def test_nothing_but_chance(self) -> None:
        rng = random.Random(1)
        here = Folder(self, "data")
        files = []
        for name in {Path(name).name for name in self.FILES}:
            for i in range(8):
                place = here.path / f"t-{i}"
                place.mkdir(exist_ok=True)
                data = rng.randbytes(rng.choice((0, 1, 11, 12, 61, 1000, 70_000)))
                (place / name).write_bytes(bytes(i * 100) + data if i % 3 == 0 else data)
                files.append(str(place / name))
        self.check(*files)
        self.check(str(here.path))


class Output(CommandTest):
    """Where nobody takes what many threads print."""

    def setUp(self) -> None:
        here = Folder(self, "t-0")
        one = batch(0, [record(i, b"key", bytes(60)) for i in range(50)])
        self.path = here.write(LOG, b"".join(struct.pack(">q", 50 * i) + one[8:] for i in range(1000)))

    @unittest.skipUnless(Path("/dev/full").exists(), "no /dev/full")
    def test_disk_full(self) -> None:
        with open("/dev/full", "wb") as full:
            done = subprocess.run([KWIRE, "dump-log", "--threads", "8", self.path], stdout=full, stderr=subprocess.PIPE,
                                  timeout=TIMEOUT)
        self.assertEqual((3, b"kwire: standard output: No space left on device\n"), (done.returncode, done.stderr))

    def test_reader_that_goes_away(self) -> None:
        with subprocess.Popen([KWIRE, "dump-log", "--threads", "8", self.path], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            self.assertTrue(process.stdout.readline().startswith(self.path.encode()))
            process.stdout.close()
            self.assertEqual(-signal.SIGPIPE, process.wait(TIMEOUT))


class Words(CommandTest):
    def refuses(self, expected: str, *words: str) -> None:
        self.complains(2, f"kwire: dump-log: {expected} (see kwire dump-log --help)", "dump-log", *words)

    def test_wrong_usage(self) -> None:
        self.refuses("say a file or folder")
        self.refuses("--batches shows no records, and --records no batches", "--batches", "--records", "data")
        self.refuses("--verify looks at all there is, and takes no choice of records", "--verify", "--from=1", "data")
        self.refuses("--batches does not look at records, and so not at keys", "--batches", "--key=k", "data")
        self.refuses('--from is a number from 0 to 9223372036854775807, not "x"', "--from", "x", "data")
        self.refuses('--since is a time like 2026-11-25T10:20:30.456Z or ms since 1970, not "2026-02-30"',
                     "--since", "2026-02-30", "data")
        self.refuses("--key and --key-hex are two keys", "--key=a", "--key-hex=61", "data")
        self.refuses("--key-hex is pairs of hex digits, not what is there from digit 2 on", "--key-hex=61x", "data")
        self.refuses('--type is none of those that kwire knows: "lag"; did you mean log?', "--type=lag", "data")
        self.refuses('--topic is none of those that kwire knows: "__consumer_offset"; did you mean __consumer_offsets?',
                     "--topic=__consumer_offset", "data")
        self.refuses('--threads is a number from 1 to 64, not "0"', "--threads=0", "data")
        self.refuses("--max-memory is a number of bytes, at least 65536", "--max-memory=1", "data")
        self.refuses("--color is always, never or auto", "--color=green", "data")

    def test_moments(self) -> None:
        for text in ("2026-11-25T10:20:30.456Z", "2026-11-25T10:20Z", "2026-11-25T10:20:30", "-5", "0000-02-29"):
            self.assertEqual(0, dump("--since", text, "data/empty-0").status, text)
        for text in ("", "2026-11", "2026-11-25T", "2026-11-25T1:00", "2026-13-01", "2026-11-25T24:00",
                     "2026-11-25 10:00", "2026-11-25T10:20:30.4Z", "1e3", "9223372036854775808"):
            self.assertEqual(2, dump(f"--since={text}", "data/empty-0").status, text)

    def test_files_that_are_not_there(self) -> None:
        done = dump("data/none", "data/none.log", "data/plain-0/" + LOG)
        self.assertEqual(3, done.status)
        self.assertEqual([f"kwire: {name}: No such file or directory" for name in ("data/none", "data/none.log")],
                         done.err.splitlines())
        self.assertIn('"value-8"', done.out)

    def test_files_of_unknown_kind(self) -> None:
        here = Folder(self, "t-0")
        path = here.write("notes.txt", b"hello")
        self.complains(1, f"kwire: {path}: its name does not say what it is: say --type", "dump-log", path)
        self.complains(1, f"kwire: {here.path}: nothing in it that could be dumped", "dump-log", str(here.path))
        self.assertEqual(0, dump(str(here.path), "--key", "k").status)

    @unittest.skipIf(os.geteuid() == 0, "root may read everything")
    def test_files_that_may_not_be_read(self) -> None:
        here = Folder(self, "t-0")
        path = here.write(LOG, b"")
        os.chmod(path, 0)
        done = dump(path)
        self.assertEqual((1, f"! {path}: file cannot be read (Permission denied): it is left out"),
                         (done.status, done.out.splitlines()[-1]))

    def test_colour(self) -> None:
        self.assertNotIn("\033", dump("data/plain-0").out)
        self.assertIn("\033[1mdata/plain-0/", dump("--color=always", "data/plain-0").out)


if __name__ == "__main__":
    main()
