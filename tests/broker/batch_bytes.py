# SPDX-License-Identifier: Apache-2.0
"""Record batches, valid ones and others: every field can be given."""

import gzip
import struct
import time

MAGIC_2, NONE, GZIP, SNAPPY, LZ4, ZSTD = 2, 0, 1, 2, 3, 4
TRANSACTIONAL, CONTROL, APPEND_TIME = 0x10, 0x20, 0x08


def now() -> int:
    return int(time.time() * 1000)


def _table(polynomial: int) -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (polynomial if value & 1 else 0)
        table.append(value)
    return table


_CASTAGNOLI, _IEEE = _table(0x82F63B78), _table(0xEDB88320)


def crc(data: bytes, table: list[int] = _CASTAGNOLI) -> int:
    value = 0xFFFFFFFF
    for byte in data:
        value = value >> 8 ^ table[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF


def varint(n: int) -> bytes:
    n = n << 1 if n >= 0 else (-n << 1) - 1
    out = b""
    while n > 0x7F:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def _field(value: str | bytes | None) -> bytes:
    if value is None:
        return varint(-1)
    value = value.encode() if isinstance(value, str) else value
    return varint(len(value)) + value


def _snappy(data: bytes) -> bytes:
    """In the blocks of Java's library; nothing is made shorter."""
    literal = bytes([60 << 2, len(data) - 1]) if len(data) <= 256 else struct.pack("<BH", 61 << 2, len(data) - 1)
    size, length = len(data), b""
    while size > 0x7F:
        length, size = length + bytes([size & 0x7F | 0x80]), size >> 7
    block = length + bytes([size]) + (literal + data if data else b"")
    return b"\x82SNAPPY\0" + struct.pack(">iii", 1, 1, len(block)) + block


def _lz4(data: bytes) -> bytes:
    """A frame of one block that is not compressed. The checksum of its header is the right one, not that of magic 0."""
    block = struct.pack("<I", len(data) | 0x80000000) + data if data else b""
    return b"\x04\x22\x4d\x18\x60\x40\x82" + block + bytes(4)


def _zstd(data: bytes) -> bytes:
    """A frame of one block that is not compressed."""
    size = bytes([0x20, len(data)]) if len(data) < 256 else struct.pack("<BH", 0x60, len(data) - 256)
    return b"\x28\xb5\x2f\xfd" + size + struct.pack("<I", len(data) << 3 | 1)[:3] + data


def compressed(data: bytes, codec: int) -> bytes:
    """Up to 64 KiB. Codecs that do not exist leave it as it is."""
    made = {GZIP: lambda: gzip.compress(data, mtime=0), SNAPPY: lambda: _snappy(data), LZ4: lambda: _lz4(data),
            ZSTD: lambda: _zstd(data)}
    return made[codec]() if codec in made else data


def record(key, value, time_delta: int = 0, offset_delta: int = 0, headers: bytes = b"\0") -> bytes:
    body = b"\0" + varint(time_delta) + varint(offset_delta) + _field(key) + _field(value) + headers
    return varint(len(body)) + body


def batch(*records, at: int | None = None, base_offset: int = 0, leader_epoch: int = -1, magic: int = MAGIC_2,
          codec: int = NONE, flags: int = 0, last_delta: int | None = None, max_time: int | None = None,
          producer: int = -1, epoch: int = -1, sequence: int = -1, count: int | None = None,
          checksum: int | None = None, body: bytes | None = None, length: int | None = None) -> bytes:
    """A batch of magic 2. A record is a value, (key, value) or (key, value, ms after `at`)."""
    records = records or ("a",)
    parts, latest = b"", 0
    for i, item in enumerate(records):
        key, value, delta = (None, item, 0) if isinstance(item, (str, bytes)) or item is None else (*item, 0)[:3]
        parts += record(key, value, delta, i)
        latest = max(latest, delta)
    parts = compressed(parts, codec)
    start = now() if at is None else at
    body = parts if body is None else body
    tail = struct.pack(">hiqqqhii", codec | flags, len(records) - 1 if last_delta is None else last_delta, start,
                       start + latest if max_time is None else max_time, producer, epoch, sequence,
                       len(records) if count is None else count) + body
    value = crc(tail) if checksum is None else checksum
    head = struct.pack(">qiibI", base_offset, len(tail) + 9 if length is None else length, leader_epoch, magic, value)
    return head + tail


def message(key, value, magic: int = 1, offset: int = 0, attributes: int = 0, at: int | None = None,
            checksum: int | None = None) -> bytes:
    """A message of magic 0 or 1."""
    def field(data):
        data = data.encode() if isinstance(data, str) else data
        return struct.pack(">i", -1) if data is None else struct.pack(">i", len(data)) + data
    body = struct.pack(">bb", magic, attributes)
    if magic == 1:
        body += struct.pack(">q", now() if at is None else at)
    body += field(key) + field(value)
    value = crc(body, _IEEE) if checksum is None else checksum
    return struct.pack(">qiI", offset, len(body) + 4, value) + body


def wrapped(*messages: bytes, magic: int = 1, offset: int | None = None, at: int | None = None,
            codec: int = GZIP) -> bytes:
    """A compressed message around others."""
    inner = compressed(b"".join(messages), codec)
    return message(None, inner, magic, len(messages) - 1 if offset is None else offset, codec, at)
