#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire explain."""

from __future__ import annotations

import json

import random
import tarfile
import tempfile
from pathlib import Path

from command import CommandTest, kwire, main

DATA = Path(__file__).resolve().parents[1] / "data" / "kafka-4.3.1.tar.gz"

REQUEST = "0012 0004 00000007 0002 6b77 00 046a766d 0431 2e30 00"


class Dump(CommandTest):
    def shows(self, expected: str, *words: str, status: int = 0) -> None:
        done = kwire("explain", *words)
        self.assertEqual((status, "", expected), (done.status, done.err, done.out))

    def test_request(self) -> None:
        self.shows("""\
ApiVersions request version 4, correlation id 7, 21 bytes
                               no size is before it
                               RequestHeader version 2
0000  00 12                      requestApiKey           INT16            18       ApiVersions
0002  00 04                      requestApiVersion       INT16            4
0004  00 00 00 07                correlationId           INT32            7
0008  00 02 6b 77                clientId                NULLABLE_STRING  "kw"     length 2
000c  00                         _tagged_fields          TAG_BUFFER       0
                               ApiVersionsRequest version 4
000d  04 6a 76 6d                clientSoftwareName      COMPACT_STRING   "jvm"    length 3+1
0011  03 31 2e                   clientSoftwareVersion   COMPACT_STRING   "1."     length 2+1
0014  00                         _tagged_fields          TAG_BUFFER       0
""", REQUEST.replace("0431 2e30", "03312e"))

    def test_error(self) -> None:
        self.shows("""\
HeartbeatRequest version 4, 5 bytes
0000  02 67                      groupId                 COMPACT_STRING  "g"      length 1+1
0002  00 00 05                   generationId            INT32
      ^ ERR_TRUNCATED at byte 2: INT32 takes 4 bytes, 3 bytes are left
""", "--message", "HeartbeatRequest", "--version", "4", "0267000005", status=1)


class Json(CommandTest):
    def test_same_facts(self) -> None:
        done = kwire("explain", "--json", REQUEST)
        self.assertEqual((0, ""), (done.status, done.err))
        found = json.loads(done.out)
        self.assertEqual((18, 4, 7, True), tuple(found[key] for key in ("apiKey", "version", "correlationId", "fine")))
        self.assertIn({"offset": 13, "size": 4, "depth": 1, "path": "clientSoftwareName", "type": "COMPACT_STRING",
                       "value": "jvm", "meaning": "length 3+1"}, found["rows"])


class Session(CommandTest):
    """Several frames in an input: a response is explained as the answer to its request."""

    REQUEST = "00000017 0003 0004 00000007 0002 6b77 00000001 0004 746f7031 01"

    def test_response_after_request(self) -> None:
        response = "0000001f 00000007 00000000 00000000 ffff ffffffff 00000001 0003 0000 00 00000000"
        size = len(bytes.fromhex(response)) - 4
        done = kwire("explain", self.REQUEST, f"{size:08x}" + response[8:])
        self.assertEqual((0, ""), (done.status, done.err), done.out)
        for text in ("Metadata request version 4, correlation id 7", "Metadata response version 4, correlation id 7",
                     "UNKNOWN_TOPIC_OR_PARTITION", "controllerId", '"top1"'):
            self.assertIn(text, done.out)

    def test_every_way_of_writing_bytes(self) -> None:
        raw = bytes.fromhex(self.REQUEST)
        expected = kwire("explain", self.REQUEST).out
        dump = "".join(f"{at:08x}: {raw[at:at + 16].hex(' ', 2):40}  ................\n"
                       for at in range(0, len(raw), 16))
        array = "{" + ", ".join(f"0x{byte:02x}" for byte in raw) + "}"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "frame")
            for content in (raw, dump.encode(), array.encode(), raw.hex(":").encode()):
                path.write_bytes(content)
                for done in (kwire("explain", str(path)), kwire("explain", stdin=content)):
                    self.assertEqual(0, done.status, content)
                    self.assertEqual(expected.split("\n", 1)[1], done.out.split("\n", 1)[1])

    def test_nothing_crashes_it(self) -> None:
        rng = random.Random(5)
        raw = bytes.fromhex(self.REQUEST)
        for round_ in range(80):
            broken = bytearray(raw if round_ % 4 else rng.randbytes(60))
            for _ in range(rng.randint(0, 3)):
                broken[rng.randrange(len(broken))] = rng.randrange(256)
            done = kwire("explain", "--input", "binary", stdin=bytes(broken[:rng.randint(1, len(broken))]))
            self.assertIn(done.status, (0, 1), done)
            self.assertTrue(done.out or done.err)


class Records(CommandTest):
    def log(self, folder: str, name: str) -> str:
        with tarfile.open(DATA) as archive:
            archive.extractall(folder, filter="data")
        return str(next(path for path in Path(folder, "data", name).glob("*.log") if path.stat().st_size))

    def test_segment_down_to_its_records(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            done = kwire("explain", "--records", self.log(folder, "codecs-3"))
        self.assertEqual((0, ""), (done.status, done.err))
        for text in ("lz4, create time", "2295214326  0x88ce30f6, right", "when decompressed by lz4",
                     "batches[0].records[9].offsetDelta     VARINT   9        offset 9"):
            self.assertIn(text, done.out)

    def test_metadata_records_are_messages(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            log = self.log(folder, "__cluster_metadata-0")
            done = kwire("explain", "--topic", "__cluster_metadata", log)
            lines = kwire("explain", "--json", "--topic", "__cluster_metadata", log)
        self.assertEqual((0, ""), (done.status, done.err))
        for text in ("LEADER_CHANGE", "LeaderChangeMessage version 0", "FeatureLevelRecord version 0",
                     "RegisterBrokerRecord version"):
            self.assertIn(text, done.out)
        self.assertTrue(all(json.loads(line)["fine"] for line in lines.out.splitlines()))

    def test_wrong_checksum(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            data = bytearray(Path(self.log(folder, "codecs-3")).read_bytes())
        data[60] ^= 1
        done = kwire("explain", "--records", stdin=bytes(data))
        self.assertEqual(1, done.status)
        self.assertIn("ERR_CRC", done.out)


if __name__ == "__main__":
    main()
