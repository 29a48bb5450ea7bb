# SPDX-License-Identifier: Apache-2.0
"""What the machine can do without a broker: the network on loopback, memory, checksums, the disk."""
from __future__ import annotations

import os
import re
import subprocess
import time
from argparse import Namespace
from pathlib import Path

from brokers import Kwire, Sample, create_topic, records, row, table
from flow import BATCH, FETCHED
from servers import Programs, Server, echo
from start import write_speed

SYNCS = 200
MEGABYTES = 512
PREPARED = 64  # batches


class Echo:
    """kwire-echo as a broker that has one partition and answers everything with the same bytes."""

    name = "echo"

    def __init__(self, server: Server) -> None:
        self.server, self.port, self.pid = server, server.port, server.pid


def answer_of(programs: Programs, kwire: Kwire, folder: Path, what: str) -> Path:
    """The broker's first answer to such a request, as a frame in a file."""
    path = folder / f"{what}.answer"
    options: dict[str, object] = {"answer": path, "requests": 1, "seconds": 10}
    if what == "fetch":
        options["available"] = FETCHED
    records(programs, kwire, what, "limits", **options)
    return path


def against_echo(programs: Programs, kwire: Kwire, folder: Path, what: str, options: Namespace) -> Sample:
    server = echo(programs, answer_of(programs, kwire, folder, what))
    try:
        samples = [records(programs, Echo(server), what, "limits", connections=16, warm_up=0.1, same_offset=1,
                           seconds=options.seconds, available=FETCHED) for _ in range(options.rounds)]
    finally:
        server.stop()
    return sorted(samples, key=lambda sample: sample.cpu_ms)[len(samples) // 2]


def append_lines(programs: Programs, folder: Path) -> list[tuple[str, float]]:
    """What kwire-append prints: GB/s."""
    done = subprocess.run((str(programs.append), str(folder), str(MEGABYTES)), stdout=subprocess.PIPE, text=True,
                          check=True)
    return [(name.strip(), float(rate)) for name, rate in re.findall(r"^(\S.*?)\s+([\d.]+) GB/s", done.stdout, re.M)]


def sync_times(folder: Path) -> list[float]:
    """Seconds of writing a KiB and syncing it."""
    found = []
    descriptor = os.open(folder / "sync", os.O_RDWR | os.O_CREAT)
    piece = b"x" * 1024
    for i in range(SYNCS):
        began = time.monotonic()
        os.pwrite(descriptor, piece, i * len(piece))
        os.fdatasync(descriptor)
        found.append(time.monotonic() - began)
    os.close(descriptor)
    (folder / "sync").unlink()
    return sorted(found)


def limits(programs: Programs, folder: Path, options: Namespace) -> None:
    print("\n**Limits** of this machine: processor time of one thread, or of the echo server")
    table(["", "MB/s", "CPU, ms/MB"])
    kwire = Kwire(programs, folder / "kwire-limits")
    try:
        create_topic(programs, kwire, "limits", 1)
        records(programs, kwire, "produce", "limits", requests=PREPARED, seconds=10)
        for what, text in (("produce", "16 KiB requests to an echo server, 16 connections"),
                           ("fetch", "responses of a MiB from it")):
            sample = against_echo(programs, kwire, folder, what, options)
            row(text, f"{sample.mb:,.0f}", f"{sample.cpu_ms:.2f}")
    finally:
        kwire.stop()
    for name, rate in append_lines(programs, folder):
        row(f"{name}, batches of {BATCH // 1024} KiB", f"{rate * 1e3:,.0f}", f"{1 / rate:.2f}")
    row("the disk: 256 MiB and a sync", f"{write_speed(folder):,.0f}", "")
    times = sync_times(folder)
    print(f"\nA KiB and fdatasync(): p50 {times[SYNCS // 2] * 1e6:,.0f} us,"
          f" p99 {times[SYNCS * 99 // 100] * 1e6:,.0f} us")
