# SPDX-License-Identifier: Apache-2.0
"""The data directory of tests/data, batches that Kafka would not write, and the output of kwire dump-log for them."""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import tarfile
import tempfile
import unittest
from pathlib import Path
from typing import Any

from command import Done, kwire

ARCHIVE = Path(__file__).resolve().parent.parent / "data" / "kafka-older.tar.gz"
LOG = "00000000000000000000.log"
PROBLEM = re.compile(r"(?P<file>[^:]+)(: byte (?P<byte>\d+))?( \(offset (?P<offset>\d+)\))?: (?P<reason>[^:]+): .+")

CRC_TABLE = list(range(256))
for _ in range(8):
    CRC_TABLE = [crc >> 1 ^ (0x82f63b78 if crc & 1 else 0) for crc in CRC_TABLE]


def setUpModule() -> None:  # noqa: N802
    """For the modules of tests: they run next to the data directory, in a folder of their own."""
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
    """A new folder of that name next to the data directory."""

    def __init__(self, test: unittest.TestCase, name: str) -> None:
        self.path = Path(tempfile.mkdtemp(dir=os.getcwd()), name)
        self.path.mkdir()
        test.addCleanup(shutil.rmtree, self.path.parent)

    def write(self, name: str, data: bytes) -> str:
        (self.path / name).write_bytes(data)
        return str(self.path / name)
