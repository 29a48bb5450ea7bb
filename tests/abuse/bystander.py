#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A client that behaves well: sends requests on one connection that stays, and on new ones, until its standard input
ends.

usage: bystander.py HOST PORT
Prints `ready` after the first answer, and at the end the number of requests and the milliseconds of the slowest answer.
Any error is a traceback and exit 1.
"""

from __future__ import annotations

import pathlib
import select
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "broker"))
from support import Client, api_versions, correlation_of, metadata_v1  # noqa: E402

EACH = 0.01  # seconds from one request to the next


def ask(client: Client, number: int) -> float:
    begin = time.monotonic()
    answer = client.ask(metadata_v1(number, [b"abuse"]) if number % 2 else api_versions(number, 3))
    if len(answer) < 8 or correlation_of(answer) != number:
        raise AssertionError(f"question {number} was answered with {answer[:32].hex()!r}")
    return time.monotonic() - begin


def main(host: str, port: int) -> None:
    number, slowest = 0, 0.0
    with Client(host, port) as lasting:
        while not select.select([sys.stdin], [], [], EACH)[0]:
            number += 1
            slowest = max(slowest, ask(lasting, number))
            if number == 1:
                print("ready", flush=True)
            if number % 10 == 0:
                begin = time.monotonic()
                with Client(host, port) as fresh:
                    ask(fresh, number)
                slowest = max(slowest, time.monotonic() - begin)
    print(f"{number} {slowest * 1000:.0f}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
