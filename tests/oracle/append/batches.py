# SPDX-License-Identifier: Apache-2.0
"""Record batches with anything wrong that one wants."""
from __future__ import annotations

import gzip
import struct
import zlib
from typing import Optional, Sequence

NOW = 1_700_000_000_000  # what AppendVerdicts.java takes for the time
GZIP = 1


def _crc32c_table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_CRC32C = _crc32c_table()


def crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _CRC32C[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def varint(value: int, bits: int = 32) -> bytes:
    rest = (value << 1 ^ value >> bits - 1) & (1 << bits) - 1
    out = bytearray()
    while rest >= 0x80:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes(out) + bytes([rest])


def field(data: Optional[bytes]) -> bytes:
    return varint(-1) if data is None else varint(len(data)) + data


def record(time: int = 0, offset: int = 0, key: Optional[bytes] = b"k", value: Optional[bytes] = b"v",
           headers: Sequence[tuple[Optional[bytes], Optional[bytes]]] = (), attributes: int = 0,
           header_count: Optional[int] = None, rest: bytes = b"") -> bytes:
    body = bytes([attributes]) + varint(time, 64) + varint(offset) + field(key) + field(value)
    body += varint(len(headers) if header_count is None else header_count)
    body += b"".join(field(name) + field(content) for name, content in headers) + rest
    return varint(len(body)) + body


def batch(records: Optional[Sequence[bytes]] = None, *, body: Optional[bytes] = None, codec: int = 0,
          base_offset: int = 0, leader_epoch: int = -1, magic: int = 2, attributes: int = 0,
          last_offset_delta: Optional[int] = None, base_time: int = NOW, max_time: int = NOW, producer_id: int = -1,
          producer_epoch: int = -1, sequence: int = -1, count: Optional[int] = None, crc: Optional[int] = None,
          length: Optional[int] = None) -> bytes:
    records = [record()] if records is None else records
    if body is None:
        body = b"".join(records)
        body = gzip.compress(body, mtime=0) if codec == GZIP else body
    delta = len(records) - 1 if last_offset_delta is None else last_offset_delta
    content = struct.pack(">hiqqqhii", attributes | codec, delta, base_time, max_time, producer_id, producer_epoch,
                          sequence, len(records) if count is None else count) + body
    return struct.pack(">qiibI", base_offset, 9 + len(content) if length is None else length, leader_epoch, magic,
                       crc32c(content) if crc is None else crc) + content


def message(offset: int = 0, magic: int = 1, attributes: int = 0, time: int = NOW, key: Optional[bytes] = b"k",
            value: Optional[bytes] = b"v", crc: Optional[int] = None) -> bytes:
    content = bytes([magic, attributes]) + (struct.pack(">q", time) if magic else b"")
    for data in (key, value):
        content += struct.pack(">i", -1) if data is None else struct.pack(">i", len(data)) + data
    return struct.pack(">qiI", offset, len(content) + 4, zlib.crc32(content) if crc is None else crc) + content


def wrapper(messages: Sequence[bytes], magic: int = 1, attributes: int = 0, **others: int) -> bytes:
    return message(others.pop("offset", len(messages) - 1), magic, attributes | GZIP, key=None,
                   value=gzip.compress(b"".join(messages), mtime=0), **others)
