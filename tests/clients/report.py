# SPDX-License-Identifier: Apache-2.0
"""The verdict lines of the Python clients."""
from __future__ import annotations

import sys
import time
from collections.abc import Callable

UNKNOWN_TOPIC = "no-such-topic"
SETTLE_SECONDS = 5
SHOWN_CHARACTERS = 300
_failed = False


def check(what: str, body: Callable[[], None]) -> None:
    """Runs body, which raises when the broker's answer is wrong, and prints the verdict."""
    global _failed
    try:
        body()
    except Exception as error:
        _failed = True
        why = " ".join(str(error).split())
        print(f"FAILED {what}: {type(error).__name__} {why}", flush=True)
    else:
        print(f"ok {what}", flush=True)


def same(got: object, wanted: object, where: str = "the answer") -> None:
    if got != wanted:
        raise ValueError(f"{where} is {shown(got)}, wanted {shown(wanted)}")


def shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}... (of {len(text)} characters)"


def eventually(ask: Callable[[], object], wanted: object) -> None:
    """Apache Kafka's broker shows a change a moment after its controller has answered."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while (got := ask()) != wanted:
        if time.monotonic() > deadline:
            same(got, wanted)
        time.sleep(0.05)


def end() -> None:
    sys.exit(1 if _failed else 0)
