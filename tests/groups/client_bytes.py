# SPDX-License-Identifier: Apache-2.0
"""What consumers put into JoinGroup and SyncGroup."""
from __future__ import annotations

import struct


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">h", len(data)) + data


def _bytes(data: bytes | None) -> bytes:
    return struct.pack(">i", -1) if data is None else struct.pack(">i", len(data)) + data


def _partitions(topics: dict[str, list[int]]) -> bytes:
    parts = [_string(name) + struct.pack(f">i{len(numbers)}i", len(numbers), *numbers)
             for name, numbers in topics.items()]
    return struct.pack(">i", len(topics)) + b"".join(parts)


def subscription(*topics: str, owned: dict[str, list[int]] | None = None, generation: int = -1,
                 rack: str | None = None, version: int = 3, user_data: bytes | None = None) -> bytes:
    data = struct.pack(">hi", version, len(topics)) + b"".join(map(_string, topics)) + _bytes(user_data)
    if version >= 1:
        data += _partitions(owned or {})
    if version >= 2:
        data += struct.pack(">i", generation)
    if version >= 3:
        data += struct.pack(">h", -1) if rack is None else _string(rack)
    return data


def assignment(topics: dict[str, list[int]] | None = None, version: int = 3, user_data: bytes | None = None) -> bytes:
    return struct.pack(">h", version) + _partitions(topics or {}) + _bytes(user_data)
