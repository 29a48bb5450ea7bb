# SPDX-License-Identifier: Apache-2.0
"""The verdict lines of the Python clients."""
from __future__ import annotations

import sys
from collections.abc import Callable

UNKNOWN_TOPIC = "no-such-topic"
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
        raise ValueError(f"{where} is {got!r}, wanted {wanted!r}")


def end() -> None:
    sys.exit(1 if _failed else 0)
