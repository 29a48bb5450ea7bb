# SPDX-License-Identifier: Apache-2.0
"""round_trip.py HOST:PORT: kcat produces with each codec, which creates the topics, and reads back."""
from __future__ import annotations

import random
import re
import subprocess
import sys

from report import check, end, same

ADDRESS = sys.argv[1]
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
ACKS = ("all", "1", "0")  # 0 last: a broker that does not lead a new partition yet would drop them unseen
KEY_END = b"\x1f"
RECORD_END = b"\x1e"
HEAD = re.compile(rb"(\d+) (\d+) (-?\d+) (-?\d+) ([^ ]*) ")
Pair = tuple[bytes | None, bytes | None]


def kcat(*options: str, text: bytes = b"") -> bytes:
    command = ("kcat", "-b", ADDRESS, "-q", *options)
    done = subprocess.run(command, input=text, capture_output=True, timeout=40)
    if done.returncode:
        raise ValueError(f"status {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def pairs() -> list[Pair]:
    """Keys and values: nothing, null, every byte but the two that end them, large, many."""
    noise = random.Random(14)

    def clean(text: bytes) -> bytes:
        return bytes(byte for byte in text if byte not in KEY_END + RECORD_END)

    return [
        (b"key", b"value"),
        (None, b"no key"),
        (b"no value", None),
        (clean(bytes(range(256))), clean(bytes(range(255, -1, -1)))),
        (b"compressible", b"kwire" * 20_000),
        (b"incompressible", clean(noise.randbytes(60_000))),
        *((b"%d" % i, clean(noise.randbytes(i + 1)) or b"x") for i in range(100)),
    ]


def produce(topic: str, records: list[Pair], *options: str) -> None:
    """Empty keys and values are sent as null (-Z)."""
    text = RECORD_END.join((key or b"") + KEY_END + (value or b"") for key, value in records)
    ends = ("-K", KEY_END.decode(), "-D", RECORD_END.decode())
    kcat("-P", "-Z", "-t", topic, "-p", "0", *ends, "-H", "from=kcat", *options, text=text)


def read(topic: str, first: int, count: int) -> list[Pair]:
    options = ("-p", "0", "-o", str(first), "-c", str(count), "-Z", "-f", "%o %T %K %S %h %k%s")
    text = kcat("-C", "-t", topic, *options)
    records: list[Pair] = []
    while text:
        head = HEAD.match(text)
        if head is None:
            raise ValueError(f"kcat prints {text[:50]!r}")
        same(int(head[1]), first + len(records), "the offset")
        same(head[5], b"from=kcat", "the header")
        key, text = take(text[head.end():], int(head[3]))
        value, text = take(text, int(head[4]))
        records.append((key, value))
    return records


def take(text: bytes, size: int) -> tuple[bytes | None, bytes]:
    """kcat prints NULL for a null, whose size is -1."""
    return (None, text[4:]) if size < 0 else (text[:size], text[size:])


def check_round_trip(codec: str, acks: str) -> None:
    topic = f"kcat-{codec}"
    first = ends[codec]
    ends[codec] += len(pairs())
    produce(topic, pairs(), "-z", codec, "-X", f"acks={acks}")
    got = read(topic, first, len(pairs()))
    same(len(got), len(pairs()), "the count of records")
    for i, (mine, theirs) in enumerate(zip(got, pairs())):
        same(mine, theirs, f"record {i}")


def check_idempotent() -> None:
    produce("kcat-idempotent", pairs(), "-X", "enable.idempotence=true", "-X", "batch.num.messages=10")
    same(read("kcat-idempotent", 0, len(pairs())), pairs())


def check_query() -> None:
    moments = kcat("-C", "-t", "kcat-idempotent", "-p", "0", "-o", "50", "-c", "1", "-f", "%T").decode()
    for moment, offsets in (("-2", range(1)), ("-1", range(len(pairs()), len(pairs()) + 1)), (moments, range(51))):
        answer = kcat("-Q", "-t", f"kcat-idempotent:0:{moment}").decode()
        found = re.fullmatch(r"kcat-idempotent \[0\] offset (\d+)\s*", answer)
        same(found is not None and int(found[1]) in offsets, True, f"whether {answer!r} answers {moment}")


def check_end() -> None:
    same(kcat("-C", "-t", "kcat-idempotent", "-p", "0", "-o", "-3", "-e", "-f", "%o\n"), b"103\n104\n105\n")


ends = {codec: 0 for codec in CODECS}
for codec in CODECS:
    for acks in ACKS:
        check(f"reads back what it produced with {codec} and acks {acks}", lambda: check_round_trip(codec, acks))
check("reads back what an idempotent producer produced", check_idempotent)
check("-Q: earliest, latest, by timestamp", check_query)
check("-o -3 -e reads the last three and ends", check_end)
end()
