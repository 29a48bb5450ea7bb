# SPDX-License-Identifier: Apache-2.0
"""Frames of the Kafka protocol, with bodies that `kwire encode` makes."""

from __future__ import annotations

import functools
import json
import struct

from command import Json, kwire


@functools.cache
def api_keys() -> dict[str, tuple[int, int]]:
    """Key and first flexible version of each API."""
    out = {}
    for line in kwire("apis").out.splitlines()[1:]:
        key, name, _, _, flexible, *_ = line.split()
        out[name] = (int(key), 32767 if flexible == "-" else int(flexible))
    return out


@functools.cache
def _encode(message: str, version: int, value: str) -> bytes:
    done = kwire("encode", message, str(version), stdin=value)
    assert (0, "") == (done.status, done.err), done
    return bytes.fromhex(done.out)


def body(message: str, version: int, value: Json) -> bytes:
    return _encode(message, version, json.dumps(value))


def frame(payload: bytes) -> bytes:
    return struct.pack(">i", len(payload)) + payload


def request_header(api: str, version: int, correlation: int, client_id: str | None) -> bytes:
    key, flexible = api_keys()[api]
    text = b"" if client_id is None else client_id.encode(errors="surrogateescape")
    name = struct.pack(">h", -1 if client_id is None else len(text)) + text
    return struct.pack(">hhi", key, version, correlation) + name + (b"\0" if version >= flexible else b"")


def response_header(api: str, version: int, correlation: int) -> bytes:
    flexible = version >= api_keys()[api][1] and api != "ApiVersions"
    return struct.pack(">i", correlation) + (b"\0" if flexible else b"")


def request(api: str, version: int, correlation: int, value: Json, client_id: str | None = "tester") -> bytes:
    return frame(request_header(api, version, correlation, client_id) + body(api + "Request", version, value))


def response(api: str, version: int, correlation: int, value: Json) -> bytes:
    return frame(response_header(api, version, correlation) + body(api + "Response", version, value))


def batch(count: int, size: int = 100, base_offset: int = 0) -> bytes:
    """A record batch of magic 2 with this many records; its checksum is wrong."""
    record = bytes([0, 0, 0, 1, (size << 1) & 0x7F | 0x80, size >> 6]) + bytes(size) + b"\0"  # null key, no headers
    content = b"".join(_varint(len(record)) + record for _ in range(count))
    head = struct.pack(">hiqqqhii", 0, count - 1, 0, 0, -1, -1, -1, count)
    rest = struct.pack(">ibI", 0, 2, 0) + head + content
    return struct.pack(">qi", base_offset, len(rest)) + rest


def _varint(n: int) -> bytes:
    n <<= 1
    out = b""
    while n >= 0x80:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])
