#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire dump-log on the data directory of tests/data. dump_log/ has the expected lines; UPDATE_GOLDEN=1 in the
environment regenerates them."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import struct
import subprocess
import unittest
from pathlib import Path
from typing import Any

from command import KWIRE, TIMEOUT, CommandTest, kwire, main
from dump_log_support import LOG, Folder, batch, dump, json_lines, record, setUpModule

GOLDEN = Path(__file__).resolve().parent / "dump_log"


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
        """JSON returns what was written, for any text and position."""
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

    def test_bytes_that_are_not_text(self) -> None:
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
        """From the first to the last year of four digits, and beyond."""
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
    """Filters of records and files."""

    def offsets(self, *words: str) -> list[int]:
        return [line["offset"] for line in json_lines(*words) if line["type"] == "record"]

    def test_offsets(self) -> None:
        self.assertEqual([10, 11, 12], self.offsets("--from", "10", "--to", "12", "data/rolled-0"))
        self.assertEqual(list(range(38, 41)), self.offsets("--from=38", "data/rolled-0"))
        self.assertEqual([7, 8], self.offsets("--to=8", "data/rolled-0"))
        self.assertEqual([], self.offsets("--from", "100", "data/rolled-0"))
        self.assertEqual([5], self.offsets("--from", "5", "--to", "5", "data/codecs-1"))

    def test_offsets_at_every_place(self) -> None:
        """With indexes that are right, wrong or missing."""
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
        """The log before its position is not read."""
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
        """By the folder's name, in every form, or by --topic."""
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
        """Lines do not depend on the threads that made them."""
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


class Output(CommandTest):
    """Nobody reads the output of many threads."""

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
        self.refuses("a file or folder is required")
        self.refuses("--batches shows no records, and --records no batches", "--batches", "--records", "data")
        self.refuses("--verify reads everything, so no records can be chosen", "--verify", "--from=1", "data")
        self.refuses("--batches reads no records, so no key can be chosen", "--batches", "--key=k", "data")
        self.refuses('--from is a number from 0 to 9223372036854775807, not "x"', "--from", "x", "data")
        self.refuses('--since is a time like 2026-11-25T10:20:30.456Z or ms since 1970, not "2026-02-30"',
                     "--since", "2026-02-30", "data")
        self.refuses("--key and --key-hex exclude each other", "--key=a", "--key-hex=61", "data")
        self.refuses("--key-hex is not pairs of hex digits from digit 2 on", "--key-hex=61x", "data")
        self.refuses('--type is not one of those that kwire knows: "lag"; did you mean log?', "--type=lag", "data")
        self.refuses('--topic is not one of those that kwire knows: "__consumer_offset"; '
                     "did you mean __consumer_offsets?", "--topic=__consumer_offset", "data")
        self.refuses('--threads is a number from 1 to 64, not "0"', "--threads=0", "data")
        self.refuses("--max-memory is a number of bytes, at least 65536", "--max-memory=1", "data")
        self.refuses("--color is always, never or auto", "--color=green", "data")

    def test_moments(self) -> None:
        for text in ("2026-11-25T10:20:30.456Z", "2026-11-25T10:20Z", "2026-11-25T10:20:30", "-5", "0000-02-29"):
            self.assertEqual(0, dump("--since", text, "data/empty-0").status, text)
        for text in ("", "2026-11", "2026-11-25T", "2026-11-25T1:00", "2026-13-01", "2026-11-25T24:00",
                     "2026-11-25 10:00", "2026-11-25T10:20:30.4Z", "1e3", "9223372036854775808"):
            self.assertEqual(2, dump(f"--since={text}", "data/empty-0").status, text)

    def test_missing_files(self) -> None:
        done = dump("data/none", "data/none.log", "data/plain-0/" + LOG)
        self.assertEqual(3, done.status)
        self.complains(2, "kwire: standard input cannot be dumped: the command needs the names of files, and reads "
                          "some twice", "dump-log", "-")
        self.assertEqual([f"kwire: {name}: No such file or directory" for name in ("data/none", "data/none.log")],
                         done.err.splitlines())
        self.assertIn('"value-8"', done.out)

    def test_files_of_unknown_kind(self) -> None:
        here = Folder(self, "t-0")
        path = here.write("notes.txt", b"hello")
        self.complains(1, f"kwire: {path}: its kind is not known from its name (see --type)", "dump-log", path)
        self.complains(1, f"kwire: {here.path}: it has no files that can be dumped", "dump-log", str(here.path))
        self.assertEqual(0, dump(str(here.path), "--key", "k").status)

    @unittest.skipIf(os.geteuid() == 0, "root may read everything")
    def test_files_that_may_not_be_read(self) -> None:
        here = Folder(self, "t-0")
        path = here.write(LOG, b"")
        os.chmod(path, 0)
        done = dump(path)
        self.assertEqual((1, f"! {path}: file cannot be read (Permission denied): the file is skipped"),
                         (done.status, done.out.splitlines()[-1]))

    def test_colour(self) -> None:
        self.assertNotIn("\033", dump("data/plain-0").out)
        self.assertIn("\033[1mdata/plain-0/", dump("--color=always", "data/plain-0").out)


if __name__ == "__main__":
    main()
