# SPDX-License-Identifier: Apache-2.0
"""What a slow disk costs those who use it, and those who do not."""
from __future__ import annotations

import os
import threading
from argparse import Namespace
from pathlib import Path

from brokers import SETTINGS, Kwire, Rounds, Sample, call, create_topic, records, row, table
from flow import LATENCY_CONNECTIONS, RATE, SMALL_BATCH
from servers import Failure, Programs

SLOW_MS = 100
SLOW_EVERY = 20
SLOW_CONNECTIONS = 16


class SlowKwire(Kwire):
    """Has two log directories, one of which is slow."""

    def __init__(self, programs: Programs, folder: Path) -> None:
        self.fast, self.slow = folder / "data", folder / "slow"
        os.environ.update(SLOW_FOLDER=str(self.slow), SLOW_MS=str(SLOW_MS), SLOW_EVERY=str(SLOW_EVERY))
        super().__init__(programs, folder)

    def command(self) -> tuple[str, ...]:
        settings = {**SETTINGS, "log.dirs": f"{self.fast},{self.slow}"}
        self.settings.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        return (str(self.programs.slow_broker), str(self.settings), "--listen", "127.0.0.1:0")

    def topic_in(self, folder: Path) -> str:
        """The first topic that is there."""
        answer = call(self.programs, self, "DescribeLogDirs", {"topics": None})
        results = answer["results"]
        assert isinstance(results, list)
        for result in results:
            if result["logDir"] == str(folder) and result["topics"]:
                return str(result["topics"][0]["name"])
        raise Failure(f"{folder} has no topic")


def latency_of(programs: Programs, kwire: Kwire, topic: str, partitions: int, options: Namespace) -> Sample:
    return records(programs, kwire, "produce", topic, partitions=partitions, connections=LATENCY_CONNECTIONS, depth=64,
                   rate=RATE, acks=-1, batch=SMALL_BATCH, warm_up=1, seconds=2 if options.quick else 10)


def while_the_slow_one_is_used(programs: Programs, kwire: SlowKwire, options: Namespace) -> tuple[Sample, Sample]:
    """Of both directories."""
    found: list[Sample] = []
    seconds = 4 if options.quick else 12
    thread = threading.Thread(target=lambda: found.append(records(
        programs, kwire, "produce", kwire.topic_in(kwire.slow), connections=SLOW_CONNECTIONS, depth=1,
        batch=SMALL_BATCH, threads=1, seconds=seconds)))
    thread.start()
    fast = latency_of(programs, kwire, kwire.topic_in(kwire.fast), 1, options)
    thread.join()
    return fast, found[0]


def print_latency(what: str, samples: list[Sample]) -> None:
    rounds = Rounds({"kwire": samples})
    row(what, " / ".join(f"{rounds.median('kwire', name):,.0f}" for name in ("p50", "p99", "p999")),
        *rounds.texts("rate"))


def slow_directory(programs: Programs, folder: Path, options: Namespace) -> None:
    print(f"\n**A slow directory**: of its writes each {SLOW_EVERY}th takes {SLOW_MS} ms; {SLOW_CONNECTIONS}"
          f" connections with one request in flight. Beside it {RATE} requests/s at regular times on"
          f" {LATENCY_CONNECTIONS} connections to the other directory; batches of 1 KiB")
    table(["", "p50 / p99 / p99.9, us", "requests/s"])
    kwire = SlowKwire(programs, folder)
    try:
        for topic in ("one", "two"):
            create_topic(programs, kwire, topic, 1)
        alone = [latency_of(programs, kwire, kwire.topic_in(kwire.fast), 1, options) for _ in range(options.rounds)]
        print_latency("the other directory alone", alone)
        both = [while_the_slow_one_is_used(programs, kwire, options) for _ in range(options.rounds)]
        print_latency("the other directory", [fast for fast, _ in both])
        print_latency("the slow directory", [slow for _, slow in both])
    finally:
        kwire.stop()


def slow(programs: Programs, work: Path, options: Namespace) -> None:
    slow_directory(programs, work / "kwire-slow", options)
