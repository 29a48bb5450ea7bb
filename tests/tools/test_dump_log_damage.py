#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire dump-log on damaged copies of the data directory of tests/data, and on other bytes."""

from __future__ import annotations

import json
import os
import random
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from command import KWIRE, TIMEOUT, CommandTest, kwire, main
from dump_log_support import LOG, PROBLEM, Folder, batch, dump, json_lines, record, setUpModule, with_right_crc


class Damage(CommandTest):
    """--verify reports each problem with its file and byte."""

    def damaged(self, name: str, change: Callable[[bytearray], Any]) -> tuple[Path, str]:
        copy = Path(tempfile.mkdtemp(dir=os.getcwd()))
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
        """The output for a damaged file: it continues, and reports the place of the damage."""
        _, path = self.damaged(name, change)
        done = dump(path)
        self.assertEqual((1, ""), (done.status, done.err))
        self.assertIn(f"\n! {path}: byte {byte}", done.out)
        return done.out

    def test_valid(self) -> None:
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
        self.assertIn("121 bytes from byte 121 on are skipped", out)
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
        """One starts before the previous one has ended."""
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

    def test_what_is_expected_in_meta_properties(self) -> None:
        _, path = self.damaged("rolled-0/leader-epoch-checkpoint", lambda d: None)
        target = Path(path).parent / "meta.properties"
        for text, reason in (
                ("version=1\nnode.id=1x\n", "line 2: node.id=1x: expected an integer from 0 to 2147483647"),
                ("version=1\nnode.id=1\n", "cluster.id is missing: expected the id of the cluster"),
                ("a=\\u12\n", "line 1: expected four hexadecimal digits"),
                ("version=1\nnode.id=\\u00e9\\n\n", "line 2: node.id=???: expected an integer"),
                ("version=1\nnode.id=1\ncluster.id=a\ndirectory.id=9f6a1c3e-2b4d-4f5a-8c7e-0123456789ab\n",
                 "directory.id=9f6a1c3e-2b4d-4f5a-8c7e-0123456789ab: expected a Kafka UUID: 22 characters")):
            with self.subTest(text):
                target.write_text(text, encoding="utf-8")
                done = dump(str(target))
                self.assertEqual(1, done.status)
                self.assertIn(reason, done.out)

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

    def test_all_problems_are_reported(self) -> None:
        """Up to a limit for each file, independent of other files."""
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
        """It takes linear time, and loses only what is damaged."""
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
        """A batch, or its records, that do not fit are skipped."""
        here = Folder(self, "t-0")
        large = batch(0, [record(0, b"k", bytes(600_000))])
        path = here.write(LOG, large + batch(1, [record(0, b"k", b"small")]))
        done = dump("--max-memory", "65536", path)
        self.assertEqual(1, done.status)
        self.assertIn(f"! {path}: byte 0 (offset 0): memory limit reached: {len(large)} bytes", done.out)
        self.assertIn('"small"', done.out)
        self.assertEqual(0, dump(path).status)


class Anything(CommandTest):
    """For any content of the files: no crash, no hang, no message without file and reason."""

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
            lines = done.stdout.decode().split("\n")  # text that is not UTF-8 is written otherwise
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
        """So that the records are examined."""
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

if __name__ == "__main__":
    main()
