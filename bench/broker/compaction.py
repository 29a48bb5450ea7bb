# SPDX-License-Identifier: Apache-2.0
"""What it costs to compact a log: the same segments, each broker in turn, from the first byte on."""
from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import time
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path

from brokers import ApacheBroker, Kwire, MemoryWatch, call, create_topic, row, table
from servers import Failure, Programs

# What has been replaced is removed soon; everything else that concerns the cleaner are defaults: one thread, 128 MiB
# for keys, buffers of 512 KiB.
SETTINGS = {"log.cleaner.backoff.ms": "100"}
TOPIC, WARM_TOPIC = "bench", "warm"
GIB, MIB = 1 << 30, 1 << 20
WARM_BYTES = 512 * MIB  # are compacted before: Kafka's code is compiled meanwhile
SECONDS = 900
CONFIG_OF_TOPIC = 2
TICK = os.sysconf("SC_CLK_TCK")
PIECE = 8 * MIB


@dataclass(frozen=True)
class Load:
    size: int  # bytes in all
    keys: int
    value: int  # bytes
    codec: str

    def text(self) -> str:
        return f"{self.size / GIB:g} GiB, {self.keys:,} keys, {self.value:,} bytes, {self.codec}"


QUICK_LOADS = [Load(GIB // 4, 25_000, 1000, "none")]
LOADS = [Load(10 * GIB, 1_000_000, 1000, "none"), Load(10 * GIB, 1_000_000, 100, "none"),
         Load(GIB, 100_000, 1000, "lz4"), Load(GIB, 100_000, 1000, "zstd")]


@dataclass
class Input:
    """Segments of a partition, the last one active, and where that starts."""
    folder: Path
    end: int
    segment_bytes: int
    bytes: int


@dataclass
class Result:
    wall: float
    cpu: float
    own: float  # bytes at most, as the next
    mapped: float
    digest: str
    bytes: int


def segment_bytes(load: Load) -> int:
    """Kafka's default for much data."""
    return GIB if load.size >= 8 * GIB else load.size // 8


def make_input(programs: Programs, folder: Path, load: Load) -> Input:
    folder.mkdir(parents=True)
    size = segment_bytes(load)
    done = subprocess.run((str(programs.keyed_log), "make", str(folder), str(load.size), str(size), str(load.keys),
                           str(load.value), load.codec), check=True, stdout=subprocess.PIPE, text=True)
    return Input(folder, int(done.stdout), size, finished_bytes(folder))


def finished_logs(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.log"))[:-1]


def finished_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in finished_logs(folder))


def digest(programs: Programs, folder: Path) -> str:
    """Number and hash of the records in finished segments."""
    return subprocess.run((str(programs.keyed_log), "digest", str(folder)), check=True, stdout=subprocess.PIPE,
                          text=True).stdout.strip()


# Brokers that have it

def put_in_place(source: Input, partition: Path) -> None:
    """Finished segments are only read, so they need no copy; what a broker may write to is copied."""
    for path in partition.iterdir():
        if path.suffix in {".log", ".index", ".timeindex", ".snapshot"}:
            path.unlink()
    finished = set(finished_logs(source.folder))
    for path in source.folder.iterdir():
        if path in finished:
            os.link(path, partition / path.name)
        else:
            shutil.copyfile(path, partition / path.name)


def wait_for_records(programs: Programs, broker: Kwire | ApacheBroker, topic: str, end: int) -> None:
    """Until it answers for them, after a start."""
    asked = {"replicaId": -1, "topics": [{"name": topic, "partitions": [{"partitionIndex": 0, "timestamp": -1}]}]}
    for _ in range(SECONDS):
        try:
            answer = call(programs, broker, "ListOffsets", asked)
        except Failure:
            time.sleep(0.1)
            continue
        assert isinstance(answer["topics"], list)
        if answer["topics"][0]["partitions"][0]["offset"] > end:
            return
        raise Failure(f"{broker.name} does not have the records of {topic}: {answer}")
    raise Failure(f"{topic} of {broker.name} has no leader")


def prepare(programs: Programs, broker: Kwire | ApacheBroker, inputs: dict[str, Input]) -> None:
    """Topics that are not compacted yet, with these logs; the broker is started anew."""
    for topic, source in inputs.items():
        create_topic(programs, broker, topic, 1, {"cleanup.policy": "delete", "min.cleanable.dirty.ratio": "0.01",
                                                  "segment.bytes": str(source.segment_bytes),
                                                  "file.delete.delay.ms": "1000"})
    broker.stop()
    for topic, source in inputs.items():
        put_in_place(source, broker.data / f"{topic}-0")
    broker.start()
    for topic, source in inputs.items():
        wait_for_records(programs, broker, topic, source.end)


def read_into_memory(folder: Path) -> None:
    buffer = bytearray(PIECE)
    for path in finished_logs(folder):
        with path.open("rb", buffering=0) as file:
            while file.readinto(buffer):
                pass


def cpu_seconds(pid: int) -> float:
    """Of all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def is_clean(data: Path, topic: str, end: int) -> bool:
    try:
        return f"{topic} 0 {end}" in (data / "cleaner-offset-checkpoint").read_text().splitlines()
    except FileNotFoundError:
        return False


def compact(programs: Programs, broker: Kwire | ApacheBroker, topic: str, end: int) -> tuple[float, float]:
    """Seconds, and those of the processor, until the checkpoint has the end."""
    began, used = time.monotonic(), cpu_seconds(broker.pid)
    call(programs, broker, "IncrementalAlterConfigs", {"resources": [
        {"resourceType": CONFIG_OF_TOPIC, "resourceName": topic,
         "configs": [{"name": "cleanup.policy", "configOperation": 0, "value": "compact"}]}]})
    while not is_clean(broker.data, topic, end):
        if time.monotonic() - began > SECONDS:
            raise Failure(f"{broker.name} has not compacted {topic} in {SECONDS} s")
        time.sleep(0.01)
    return time.monotonic() - began, cpu_seconds(broker.pid) - used


def measure(programs: Programs, broker: Kwire | ApacheBroker, inputs: dict[str, Input]) -> Result:
    source, partition = inputs[TOPIC], broker.data / f"{TOPIC}-0"
    prepare(programs, broker, inputs)
    compact(programs, broker, WARM_TOPIC, inputs[WARM_TOPIC].end)
    read_into_memory(source.folder)
    os.sync()  # what has been written before
    watch = MemoryWatch([broker])
    wall, cpu = compact(programs, broker, TOPIC, source.end)
    watch.end()
    most = watch.most[broker.name]
    broker.stop()
    return Result(wall, cpu, most["RssAnon"], most["RssFile"], digest(programs, partition), finished_bytes(partition))


# All of it

def print_load(load: Load, source: Input, results: dict[str, list[Result]]) -> None:
    """Medians; ratios are those of the rounds; of memory the most."""
    for name, found in results.items():
        wall, cpu = (statistics.median(getattr(one, what) for one in found) for what in ("wall", "cpu"))
        own, mapped = (max(getattr(one, what) for one in found) for what in ("own", "mapped"))
        ratios = [f"{statistics.median(getattr(one, what) / getattr(ours, what) for ours, one in pairs):.1f}"
                  for pairs in [list(zip(results["kwire"], found))] for what in ("wall", "cpu")]
        row(load.text(), name, f"{wall:.2f}", f"{source.bytes / wall / 1e6:,.0f}", f"{cpu:.2f}", f"{own / 1e6:,.0f}",
            f"{mapped / 1e6:,.0f}", f"{found[0].bytes / 1e6:,.0f}", f"{int(found[0].digest.split()[0]):,}", *ratios)


def with_load(programs: Programs, folder: Path, classes: str | None, load: Load, rounds: int) -> None:
    source = make_input(programs, folder / "input", load)
    warm = Load(min(WARM_BYTES, load.size), load.keys, load.value, load.codec)
    inputs = {TOPIC: source, WARM_TOPIC: make_input(programs, folder / "warm", warm)}
    results: dict[str, list[Result]] = {}
    for number in range(rounds):
        for name in ("kwire", "Kafka")[:1 if classes is None else 2]:
            place = folder / f"{name}-{number}"
            broker: Kwire | ApacheBroker = Kwire(programs, place, SETTINGS) if name == "kwire" else \
                ApacheBroker(place, str(classes), SETTINGS)
            try:
                results.setdefault(name, []).append(measure(programs, broker, inputs))
            finally:
                broker.stop()
            shutil.rmtree(place)
    if len({one.digest for found in results.values() for one in found}) != 1:
        raise Failure(f"what is left differs: {results}")
    print_load(load, source, results)


def compaction(programs: Programs, folder: Path, classes: str | None, options: Namespace) -> None:
    """With brokers of its own, one after the other."""
    print("\n**Compaction** by one thread, with the data in the page cache: seconds until the checkpoint is written."
          " What is left has the same records at the same offsets")
    table(["data", "", "s", "MB/s", "CPU, s", "its own memory, MB", "mapped files, MB", "left, MB", "records left",
           "times kwire's s", "times its CPU"])
    for number, load in enumerate(QUICK_LOADS if options.quick else LOADS):
        place = folder / f"compaction-{number}"
        with_load(programs, place, classes, load, options.rounds)
        shutil.rmtree(place)
