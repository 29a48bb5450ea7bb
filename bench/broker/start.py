# SPDX-License-Identifier: Apache-2.0
"""How long a broker takes to start: with many partitions after a clean stop, and with much data after kill -9."""
from __future__ import annotations

import os
import statistics
import time
from argparse import Namespace
from pathlib import Path

from brokers import ApacheBroker, Kwire, create_topic, records, row, table
from servers import Programs, ask

TOPICS, PARTITIONS = 10, 100
STARTS = 11
GIB = 1 << 30
DATA_GIB, LESS_GIB, QUICK_GIB = 10, 2, 0.25
FAST_DISK = 200  # MB/s, from which on there is time to write the whole of the data
DATA_PARTITIONS = 8
SEGMENTS = 5  # of each of them
SYNC_SECONDS = 130  # finished segments are synced once a minute, and their checkpoint is written once a minute
BATCH = 1 << 19


def fill(programs: Programs, broker: Kwire | ApacheBroker) -> None:
    """The first topic is the one that the frame asks for."""
    for i in range(TOPICS):
        topic = "bench" if i == 0 else f"start-{i}"
        create_topic(programs, broker, topic, PARTITIONS)
        records(programs, broker, "produce", topic, partitions=PARTITIONS, requests=2 * PARTITIONS, seconds=30)


def seconds_to_answer(broker: Kwire | ApacheBroker, frame: bytes) -> float:
    """From before the process exists to the first answer."""
    began = time.monotonic()
    broker.start()
    ask(broker.port, frame)
    return time.monotonic() - began


def clean_starts(broker: Kwire | ApacheBroker, frame: bytes, starts: int) -> float:
    found = []
    for _ in range(starts):
        broker.stop()
        found.append(seconds_to_answer(broker, frame))
    return statistics.median(found)


# After kill -9

def recovery_points(data: Path) -> dict[str, int]:
    """Of each partition, by its folder's name."""
    try:
        lines = (data / "recovery-point-offset-checkpoint").read_text().splitlines()[2:]
    except FileNotFoundError:
        return {}
    return {f"{topic}-{partition}": int(offset) for topic, partition, offset in (line.split() for line in lines)}


def sizes_from_recovery_point(data: Path, topic: str) -> tuple[int, int]:
    """Bytes in all segments, and in those that have to be read."""
    points = recovery_points(data)
    total = tail = 0
    for folder in data.glob(f"{topic}-[0-9]*"):
        segments = sorted(folder.glob("*.log"))
        for segment, following in zip(segments, [*segments[1:], None]):
            size = segment.stat().st_size
            total += size
            if following is None or int(following.stem) > points.get(folder.name, 0):
                tail += size
    return total, tail


def finished_size(data: Path, topic: str) -> int:
    """Bytes of segments that have been rolled."""
    return sum(segment.stat().st_size for folder in data.glob(f"{topic}-[0-9]*")
               for segment in sorted(folder.glob("*.log"))[:-1])


def wait_for_recovery_points(data: Path, topic: str, seconds: float) -> None:
    """Until no finished segment has to be read."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        total, tail = sizes_from_recovery_point(data, topic)
        if total - tail == finished_size(data, topic):
            return
        time.sleep(0.5)


def write_speed(folder: Path) -> float:
    """MB/s of the disk, with a sync at the end."""
    path, piece, size = folder / "speed", os.urandom(1 << 20), 256
    began = time.monotonic()
    with path.open("wb", buffering=0) as file:
        for _ in range(size):
            file.write(piece)
        os.fsync(file.fileno())
    speed = size * len(piece) / 1e6 / (time.monotonic() - began)
    path.unlink()
    return speed


def amount(folder: Path, options: Namespace) -> float:
    """GiB"""
    if options.quick:
        return QUICK_GIB
    speed = write_speed(folder)
    gib = DATA_GIB if speed >= FAST_DISK else LESS_GIB
    print(f"\nThe disk takes {speed:,.0f} MB/s: {gib} GiB are written.")
    return gib


def after_kill(programs: Programs, kwire: Kwire, frame: bytes, gib: float, quick: bool) -> None:
    size = int(gib * GIB) // DATA_PARTITIONS
    create_topic(programs, kwire, "much", DATA_PARTITIONS, {"segment.bytes": str(size * 9 // 10 // (SEGMENTS - 1))})
    records(programs, kwire, "produce", "much", partitions=DATA_PARTITIONS, connections=DATA_PARTITIONS, batch=BATCH,
            requests=size // BATCH * DATA_PARTITIONS, seconds=300)
    wait_for_recovery_points(kwire.data, "much", 1 if quick else SYNC_SECONDS)
    kwire.kill()
    total, tail = sizes_from_recovery_point(kwire.data, "much")
    took = seconds_to_answer(kwire, frame)
    table(["", "data, GB", "of it in segments from the recovery point on", "ms", "GB/s of those segments"])
    row("kwire", f"{total / 1e9:.2f}", f"{tail / 1e9:.2f}", f"{took * 1e3:,.0f}", f"{tail / 1e9 / took:.1f}")


def start(programs: Programs, folder: Path, classes: str | None, options: Namespace) -> None:
    """With brokers of its own, one after the other."""
    frame = programs.frame("metadata")
    print(f"\n**Start** with {TOPICS * PARTITIONS:,} partitions after a clean stop, to the first Metadata response")
    table(["", "ms"])
    kwire = Kwire(programs, folder / "kwire-start")
    try:
        fill(programs, kwire)
        row("kwire", f"{clean_starts(kwire, frame, 3 if options.quick else STARTS) * 1e3:,.1f}")
        if classes is not None:
            kafka = ApacheBroker(folder / "kafka-start", classes)
            try:
                fill(programs, kafka)
                row("Kafka", f"{clean_starts(kafka, frame, 1) * 1e3:,.0f}")
            finally:
                kafka.stop()
        print("\n**Start** after `kill -9`, with the data in the page cache, to the first Metadata response")
        after_kill(programs, kwire, frame, amount(folder, options), options.quick)
    finally:
        kwire.stop()
