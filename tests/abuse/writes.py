# SPDX-License-Identifier: Apache-2.0
"""Requests that change something, as the attacks send them, and what their answers say."""

from __future__ import annotations

import struct

from batch_bytes import batch
from support import request

CREATED, MESSAGE_TOO_LARGE = 0, 10
CORRELATION = 9
WAIT_MS = 30000


def text(value: bytes) -> bytes:
    return struct.pack(">h", len(value)) + value


def array(*items: bytes) -> bytes:
    return struct.pack(">i", len(items)) + b"".join(items)


def records(size: int, count: int = 1) -> bytes:
    """A batch of about that many bytes."""
    return batch(*([b"x" * (size // count)] * count))


def produce(topic: bytes, data: bytes, acks: int = 1) -> bytes:
    """Produce v3 to partition 0."""
    partition = struct.pack(">ii", 0, len(data)) + data
    return request(0, 3, CORRELATION, struct.pack(">hhi", -1, acks, WAIT_MS) + array(text(topic) + array(partition)))


def produced(answer: bytes) -> tuple[int, int]:
    """Error and base offset in the frame of one partition."""
    size = struct.unpack_from(">h", answer, 12)[0]
    return struct.unpack_from(">hq", answer, 14 + size + 4 + 4)


def fetch(topic: bytes, offset: int, wait_ms: int, min_bytes: int = 1, max_bytes: int = 1 << 20) -> bytes:
    """Fetch v4 of partition 0."""
    partition = struct.pack(">iqi", 0, offset, max_bytes)
    return request(1, 4, CORRELATION, struct.pack(">iiiib", -1, wait_ms, min_bytes, (1 << 31) - 1, 0) +
                   array(text(topic) + array(partition)))


def end_offset(topic: bytes) -> bytes:
    """ListOffsets v1 of partition 0."""
    return request(2, 1, CORRELATION, struct.pack(">i", -1) + array(text(topic) + array(struct.pack(">iq", 0, -1))))


def offset_of(answer: bytes) -> int:
    return struct.unpack_from(">q", answer, len(answer) - 8)[0]


def create_topics(names: list[bytes], partitions: int = 1) -> bytes:
    """CreateTopics v2."""
    topics = [text(name) + struct.pack(">ih", partitions, 1) + array() + array() for name in names]
    return request(19, 2, CORRELATION, array(*topics) + struct.pack(">ib", WAIT_MS, 0))


def delete_topics(names: list[bytes]) -> bytes:
    """DeleteTopics v1."""
    return request(20, 1, CORRELATION, array(*(text(name) for name in names)) + struct.pack(">i", WAIT_MS))


def _names_and_errors(answer: bytes, has_message: bool) -> dict[bytes, int]:
    at, errors = 16, {}
    for _ in range(struct.unpack_from(">i", answer, 12)[0]):
        size = struct.unpack_from(">h", answer, at)[0]
        name = answer[at + 2:at + 2 + size]
        errors[name] = struct.unpack_from(">h", answer, at + 2 + size)[0]
        at += 4 + size
        if has_message:
            at += 2 + max(0, struct.unpack_from(">h", answer, at)[0])
    return errors


def created(answer: bytes) -> dict[bytes, int]:
    return _names_and_errors(answer, True)


def deleted(answer: bytes) -> dict[bytes, int]:
    return _names_and_errors(answer, False)
