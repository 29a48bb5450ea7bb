#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Produced records, good and bad: prints lines for AppendVerdicts.java, or joins them with its answers.

    cases.py questions | java AppendVerdicts >answers
    cases.py join answers >append-verdicts.jsonl
"""
from __future__ import annotations

import gzip
import json
import sys
from typing import Iterator

from batches import GZIP, NOW, batch, message, record, varint, wrapper

NEWEST = 13
NO_REQUEST = -1
COMPACT = "cleanup.policy=compact"
APPEND_TIME = "message.timestamp.type=LogAppendTime"
Case = tuple[str, int, str, bytes]


def framing() -> Iterator[Case]:
    good = batch()
    yield "one batch", NEWEST, "-", good
    yield "one batch, v3", 3, "-", good
    yield "nothing", NEWEST, "-", b""
    for size in (1, 11, 12, 16, 17, 60, len(good) - 1):
        yield f"the first {size} bytes of a batch", NEWEST, "-", good[:size]
    yield "two batches", NEWEST, "-", good + good
    yield "a batch and a part of one", NEWEST, "-", good + good[:-3]
    yield "a batch and 5 bytes", NEWEST, "-", good + bytes(5)
    yield "a batch and a bad magic", NEWEST, "-", good + batch(magic=9)
    yield "a batch and a bad length", NEWEST, "-", good + batch(length=5)
    yield "a message of magic 1", NEWEST, "-", message()
    yield "a message of magic 0", NEWEST, "-", message(magic=0)
    yield "magic 3", NEWEST, "-", batch(magic=3)
    yield "magic -1", NEWEST, "-", batch(magic=-1)
    for length in (13, -1, -2**31):
        yield f"length {length}", NEWEST, "-", batch(length=length)
    yield "length 14 in magic 2", NEWEST, "-", batch(length=14)[:26]
    yield "length 30 in magic 2", NEWEST, "-", batch(length=30)[:42]
    yield "length 48 in magic 2", NEWEST, "-", batch(length=48)[:60]
    yield "length 49, count 0", NEWEST, "-", batch([])


def headers() -> Iterator[Case]:
    large = batch([record(value=b"x" * 200)])
    yield "wrong checksum", NEWEST, "-", batch(crc=1)
    yield "base offset 5", NEWEST, "-", batch(base_offset=5)
    yield "base offset 5, wrong checksum", NEWEST, "-", batch(base_offset=5, crc=1)
    yield "base offset -1", NEWEST, "-", batch(base_offset=-1)
    yield "too large", NEWEST, "max.message.bytes=100", large
    yield "too large, wrong checksum", NEWEST, "max.message.bytes=100", batch([record(value=b"x" * 200)], crc=1)
    yield "as large as allowed", NEWEST, f"max.message.bytes={len(large)}", large
    yield "one byte too large", NEWEST, f"max.message.bytes={len(large) - 1}", large
    yield "count 0", NEWEST, "-", batch([], last_offset_delta=0)
    yield "count 2 of 1", NEWEST, "-", batch(count=2, last_offset_delta=1)
    yield "count 1 of 2", NEWEST, "-", batch([record(), record(offset=1)], count=1, last_offset_delta=0)
    yield "count -1", NEWEST, "-", batch(count=-1)
    for delta in (-1, 1, 5, 2**31 - 1, -2**31):
        yield f"last offset delta {delta}, count 1", NEWEST, "-", batch(last_offset_delta=delta)
    yield "control batch", NEWEST, "-", batch(attributes=0x20)
    yield "end of transaction", NEWEST, "-", batch([record(key=bytes(4), value=bytes(6))], attributes=0x30,
                                                   producer_id=1, producer_epoch=0)
    yield "producer without sequence", NEWEST, "-", batch(producer_id=5, producer_epoch=0)
    yield "producer without epoch", NEWEST, "-", batch(producer_id=5, sequence=0)
    yield "producer with epoch -2", NEWEST, "-", batch(producer_id=5, producer_epoch=-2, sequence=0)
    yield "producer -5", NEWEST, "-", batch(producer_id=-5, producer_epoch=0, sequence=0)
    yield "idempotent", NEWEST, "-", batch(producer_id=5, producer_epoch=0, sequence=0)
    yield "idempotent, in the middle", NEWEST, "-", batch(producer_id=5, producer_epoch=0, sequence=5)
    yield "transactional", NEWEST, "-", batch(attributes=0x10, producer_id=5, producer_epoch=0, sequence=0)
    yield "transactional without producer", NEWEST, "-", batch(attributes=0x10)
    yield "sequence without producer", NEWEST, "-", batch(producer_epoch=3, sequence=7)
    yield "leader epoch 9", NEWEST, "-", batch(leader_epoch=9)
    yield "attributes without meaning", NEWEST, "-", batch(attributes=0x7F00)
    yield "attributes without meaning, append time", NEWEST, APPEND_TIME, batch(attributes=0x7F00)
    yield "delete horizon", NEWEST, "-", batch(attributes=0x40)
    yield "delete horizon, gzip", NEWEST, "-", batch(attributes=0x40, codec=GZIP)


def keys_and_times() -> Iterator[Case]:
    some = [record(key=b"k" if i == 1 else None, offset=i) for i in range(5)]
    yield "no key, compacted", NEWEST, COMPACT, batch([record(key=None)])
    yield "no key, compacted, gzip", NEWEST, COMPACT, batch([record(key=None)], codec=GZIP)
    yield "a key, compacted", NEWEST, COMPACT, batch()
    yield "an empty key, compacted", NEWEST, COMPACT, batch([record(key=b"")])
    yield "4 of 5 without key, compacted", NEWEST, COMPACT, batch(some)
    hour = 3_600_000
    late = [record(time=hour + 1), record(offset=1), record(offset=2, time=9 * hour)]
    yield "an hour in the future", NEWEST, "-", batch([record(time=hour)], max_time=NOW + hour)
    yield "more than an hour in the future", NEWEST, "-", batch([record(time=hour + 1)], max_time=NOW + hour + 1)
    yield "2 of 3 too late", NEWEST, "-", batch(late)
    yield "2 of 3 too late, gzip", NEWEST, "-", batch(late, codec=GZIP)
    yield "too late, append time", NEWEST, APPEND_TIME, batch([record(time=9 * hour)])
    before = "message.timestamp.before.max.ms=1000"
    yield "as old as allowed", NEWEST, before, batch([record(time=-1000)])
    yield "too old", NEWEST, before, batch([record(time=-1001)])
    yield "too late and offsets 0 5", NEWEST, "-", batch([record(), record(time=9 * hour, offset=5)])
    yield "too late and a malformed record", NEWEST, "-", batch([record(time=9 * hour), record(offset=1, rest=b"z")])
    yield "too late and no keys", NEWEST, COMPACT, batch(
        [record(time=hour + 1, key=None), record(offset=1, key=None), record(offset=2, time=9 * hour)])
    for time in (-1, -7, -2**63, 2**63 - 1):
        yield f"timestamp {time}", NEWEST, "-", batch(base_time=time, max_time=-1)
    yield "timestamp -7, none older", NEWEST, before, batch(base_time=-7, max_time=-7)
    two = [record(), record(offset=1, time=5)]
    yield "append time", NEWEST, APPEND_TIME, batch(two)
    yield "append time, gzip", NEWEST, APPEND_TIME, batch(two, codec=GZIP)
    yield "append time, from offset 100", NEWEST, APPEND_TIME + ",base=100", batch(two)
    yield "append time from the client", NEWEST, "-", batch(attributes=8)
    yield "append time from the client, and the topic", NEWEST, APPEND_TIME, batch(two, attributes=8)
    yield "append time from the client, too old", NEWEST, before, batch(attributes=8, max_time=5)
    yield "append time from the client, none", NEWEST, "-", batch(two, attributes=8, max_time=-1)
    three = [record(), record(offset=1, time=7), record(offset=2, time=7)]
    yield "a wrong max timestamp", NEWEST, "-", batch(three, max_time=5)
    yield "a wrong max timestamp, gzip", NEWEST, "-", batch(three, max_time=5, codec=GZIP)
    yield "from offset 100", NEWEST, "base=100", batch(three, max_time=NOW + 7)
    yield "from offset 100, gzip", NEWEST, "base=100", batch(three, max_time=NOW + 7, codec=GZIP)


def records() -> Iterator[Case]:
    yield "offsets 0 5", NEWEST, "-", batch([record(), record(offset=5)])
    yield "offsets 0 0", NEWEST, "-", batch([record(), record()])
    yield "offset -3", NEWEST, "-", batch([record(offset=-3)])
    yield "offsets 0 5, gzip", NEWEST, "-", batch([record(), record(offset=5)], codec=GZIP)
    yield "attributes of a record", NEWEST, "-", batch([record(attributes=0x7F)])
    yield "headers", NEWEST, "-", batch([record(headers=[(b"a", b"b"), (b"", None), (b"a", b"")])])
    bad = {
        "record of 1 byte": b"\x02\x00",
        "record length beyond the end": varint(100) + record()[1:],
        "record length negative": varint(-5) + record()[1:],
        "record longer than its fields": record(rest=b"zz"),
        "bytes after the records": record() + b"zz",
        "key length beyond the end": varint(7) + bytes(3) + varint(100) + b"abcd",
        "value length below null": varint(8) + bytes(3) + varint(-1) + varint(-7) + varint(0) + b"zz",
        "header count negative": record(header_count=-1),
        "header count beyond the end": record(header_count=1000),
        "header key null": record(headers=[(None, b"v")]),
        "varint of 12 bytes": b"\xff" * 12,
    }
    for name, body in bad.items():
        yield name, NEWEST, "-", batch(body=body)
        yield name + ", gzip", NEWEST, "-", batch(body=gzip.compress(body, mtime=0), codec=GZIP)
    yield "key length below null", NEWEST, "-", batch([varint(6) + bytes(3) + varint(-7) + varint(-1) + varint(0)])


def compression() -> Iterator[Case]:
    two = [record(), record(offset=1)]
    yield "gzip", NEWEST, "-", batch(two, codec=GZIP)
    for codec, name in ((1, "gzip"), (2, "snappy"), (3, "lz4"), (4, "zstd"), (5, "codec 5"), (7, "codec 7")):
        yield f"{name} of garbage", NEWEST, "-", batch(body=b"\xfe\xdc\xba" * 8, attributes=codec)
    yield "gzip, cut short", NEWEST, "-", batch(body=gzip.compress(record(value=b"abc" * 99), mtime=0)[:-12], codec=1)
    yield "gzip of no bytes", NEWEST, "-", batch(body=b"", codec=GZIP)
    yield "gzip, count 1 of 2", NEWEST, "-", batch(body=gzip.compress(b"".join(two), mtime=0), codec=GZIP)
    yield "gzip, count 2 of 1", NEWEST, "-", batch(two, body=gzip.compress(record(), mtime=0), codec=GZIP)
    yield "zstd, v6", 6, "-", batch(attributes=4)
    yield "codec 5, v6", 6, "-", batch(attributes=5)
    yield "codec 5, wrong checksum", NEWEST, "-", batch(attributes=5, crc=3)
    yield "to gzip", NEWEST, "compression.type=gzip", batch(two)
    yield "to gzip, producer", NEWEST, "compression.type=gzip,base=7", batch(
        two, attributes=0x10, producer_id=5, producer_epoch=2, sequence=9)
    yield "from gzip", NEWEST, "compression.type=uncompressed,base=7", batch(
        [record(headers=[(b"a", b"b"), (b"a", None)]), record(offset=1, key=None, value=None, time=-9)], codec=GZIP)
    yield "from gzip, append time", NEWEST, "compression.type=uncompressed," + APPEND_TIME, batch(two, codec=GZIP)
    yield "from gzip, then too large", NEWEST, "compression.type=uncompressed,max.message.bytes=1000", batch(
        [record(value=b"x" * 2000)], codec=GZIP)
    yield "from gzip, timestamp -7", NEWEST, "compression.type=uncompressed", batch(base_time=-7, codec=GZIP)


def old_magic() -> Iterator[Case]:
    for magic in (0, 1):
        three = [message(offset, magic, time=NOW + offset % 2, value=b"v%d" % offset) for offset in range(3)]
        yield f"magic {magic}", NO_REQUEST, "base=40", b"".join(three)
        yield f"magic {magic}, append time", NO_REQUEST, APPEND_TIME, b"".join(three)
        yield f"magic {magic}, wrong checksum", NO_REQUEST, "-", three[0] + message(1, magic, crc=7)
        yield f"magic {magic}, compacted", NO_REQUEST, COMPACT, three[0] + message(1, magic, key=None)
        uncompressed = "compression.type=uncompressed"
        yield f"magic {magic}, gzip", NO_REQUEST, uncompressed, wrapper(three, magic)
        yield f"magic {magic}, gzip, two", NO_REQUEST, uncompressed, wrapper(three, magic) + wrapper(three, magic)
        yield f"magic {magic}, gzip, wrong checksum inside", NO_REQUEST, uncompressed, wrapper(
            [three[0], message(1, magic, crc=7)], magic)
        yield f"magic {magic}, gzip in gzip", NO_REQUEST, uncompressed, wrapper([wrapper(three, magic)], magic)
        yield f"magic {magic}, gzip of nothing", NO_REQUEST, uncompressed, wrapper([], magic, offset=0)
    yield "magic 0, then 1", NO_REQUEST, "-", message(magic=0) + message(1)
    yield "magic 1, offsets all 0", NO_REQUEST, "-", message() + message() + message()
    yield "magic 1, too late", NO_REQUEST, "-", message() + message(1, time=NOW + 9_000_000)
    yield "magic 1, append time from the client", NO_REQUEST, "-", message(attributes=8, time=-1)


def internal() -> Iterator[Case]:
    yield "base offset from the coordinator", NO_REQUEST, "origin=COORDINATOR", batch(base_offset=5)
    yield "two batches from the coordinator", NO_REQUEST, "origin=COORDINATOR", batch() + batch()


def cases() -> list[Case]:
    parts = (framing, headers, keys_and_times, records, compression, old_magic, internal)
    return [case for part in parts for case in part()]


def main(arguments: list[str]) -> int:
    if arguments == ["questions"]:
        for _, version, config, data in cases():
            print(version, config, data.hex())
        return 0
    if len(arguments) == 2 and arguments[0] == "join":
        with open(arguments[1], encoding="ascii") as answers:
            for (name, version, config, data), answer in zip(cases(), answers, strict=True):
                line = {"name": name, "version": version, "config": config, "hex": data.hex(), "kafka": answer.strip()}
                print(json.dumps(line, separators=(",", ":")))
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
