# SPDX-License-Identifier: Apache-2.0
"""The records that the Python clients produce and must read back equal."""
from __future__ import annotations

import random
import time
from dataclasses import dataclass, field

from report import shown

Header = tuple[str, bytes | None]


@dataclass(frozen=True)
class Record:
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...] = ()
    timestamp: int = field(default=0)


def odd_records() -> list[Record]:
    """What is easily read back differently: nothing, null, every byte, large, many."""
    noise = random.Random(14)
    every = bytes(range(256))
    headers = (("a", b"1"), ("a", b"2"), ("empty", b""), ("null", None), ("\u00fc\u20ac", every))
    return [
        Record(b"key", b"value"),
        Record(None, b"no key"),
        Record(b"no value", None),
        Record(None, None),
        Record(b"", b""),
        Record(every, every[::-1]),
        Record(b"headers", b"five", headers),
        Record(b"compressible", b"kwire" * 20_000),
        Record(b"incompressible", noise.randbytes(60_000)),
        *(Record(b"%d" % i, noise.randbytes(i), (("i", b"%d" % i),)) for i in range(100)),
    ]


def stamped(records: list[Record]) -> list[Record]:
    """The same with increasing timestamps, the last of which is now."""
    first = int(time.time() * 1000) - len(records)
    return [Record(r.key, r.value, r.headers, first + i) for i, r in enumerate(records)]


def same_records(got: list[Record], wanted: list[Record]) -> None:
    for i, (mine, theirs) in enumerate(zip(got, wanted)):
        if mine != theirs:
            raise ValueError(f"record {i} is {shown(mine)}, wanted {shown(theirs)}")
    if len(got) != len(wanted):
        raise ValueError(f"{len(got)} records, wanted {len(wanted)}")
