#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""limits.py: messages with as many array elements and tagged fields as Kafka accepts, and with one more, for the oracle
to decode. One line each: {"message","version","hex"}."""
from __future__ import annotations

import json

MAX_ARRAY = 1_000_000
MAX_TAGS = 10_000


def varint(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def tags(count: int) -> bytes:
    """Unknown ones, without content."""
    return varint(count) + b"".join(varint(100 + tag) + b"\0" for tag in range(count))


def messages() -> list[tuple[str, int, bytes]]:
    made = []
    for more in (0, 1):
        names, fields = MAX_ARRAY + more, MAX_TAGS + more
        # TopicNames, empty strings, then TimeoutMs.
        made.append(("DeleteTopicsRequest", 4, varint(names + 1) + b"\1" * names + b"\0\0\0\7" + b"\0"))
        made.append(("HeartbeatResponse", 4, b"\0\0\0\0" + b"\0\0" + tags(fields)))
        # Inside a struct in an array: Topics of which one has Name, TopicId and the tags.
        made.append(("DeleteTopicsRequest", 6, b"\2" + b"\2a" + bytes(16) + tags(fields) + b"\0\0\0\7" + b"\0"))
    # What is not compact: an INT32 count, and elements of a fixed size.
    one_more = (MAX_ARRAY + 1).to_bytes(4, "big")
    made.append(("MetadataRequest", 1, one_more + b"\0\0" * (MAX_ARRAY + 1)))
    made.append(("DescribeLogDirsRequest", 1, b"\0\0\0\1" + b"\0\1a" + one_more + bytes(4) * (MAX_ARRAY + 1)))
    return made


def main() -> None:
    for message, version, body in messages():
        print(json.dumps({"message": message, "version": version, "hex": body.hex()}, separators=(",", ":")))


if __name__ == "__main__":
    main()
