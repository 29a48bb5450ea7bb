#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what is read from a data directory with what Apache Kafka served from it, also with files missing.

usage: check_data_dir.py PRINT_DATA_DIR FOLDER
FOLDER has the directory as data/, and expected.json and image.json beside it: see README.md.
"""
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Callable, Iterator

TIME = 1_700_000_020_000
METADATA = "__cluster_metadata-0"
NO_ID = "AAAAAAAAAAAAAAAAAAAAAA"


def differences(want: Any, got: Any, path: str) -> Iterator[str]:
    if isinstance(want, dict) and isinstance(got, dict):
        for name in sorted(want.keys() | got.keys()):
            yield from differences(want.get(name), got.get(name), f"{path}.{name}")
    elif isinstance(want, list) and isinstance(got, list):
        if len(want) != len(got):
            yield f"{path}: {len(want)} wanted, {len(got)} found"
        for i, (w, g) in enumerate(zip(want, got)):
            yield from differences(w, g, f"{path}[{i}]")
    elif want != got:
        yield f"{path}: {want!r} wanted, {got!r} found"


def read(program: str, data: Path) -> dict:
    run = subprocess.run([program, str(data), str(TIME)], stdout=subprocess.PIPE, check=True)
    got = json.loads(run.stdout)
    for topic in got["topics"]:
        for partition in topic["partitions"]:
            del partition["lastStable"]  # no broker serves it
    return got


def expectation(folder: Path) -> dict:
    want = json.loads((folder / "expected.json").read_text())
    want["image"] = json.loads((folder / "image.json").read_text())
    return want | {"nodeId": 1, "problems": []}


# Changes of the directory, and how they change the expected result.

def nothing(data: Path, want: dict) -> None:
    pass


def snapshots(data: Path) -> list[Path]:
    return sorted((data / METADATA).glob("*.checkpoint"))


def without_newest_snapshot(data: Path, want: dict) -> None:
    snapshots(data)[-1].unlink()


def without_snapshots(data: Path, want: dict) -> None:
    for file in snapshots(data):
        file.unlink()


def with_a_damaged_snapshot(data: Path, want: dict) -> None:
    newest = snapshots(data)[-1]
    damaged = bytearray(newest.read_bytes())
    damaged[-100] ^= 4
    newest.write_bytes(damaged)
    want["problems"] = [newest.name]


def with_an_unfinished_snapshot(data: Path, want: dict) -> None:
    newest = snapshots(data)[-1]
    newest.write_bytes(newest.read_bytes()[:-75])  # as long as the footer's batch
    want["problems"] = [newest.name]


def remove(data: Path, *patterns: str) -> None:
    for pattern in patterns:
        for file in data.glob(pattern):
            file.unlink()


def without_indexes(data: Path, want: dict) -> None:
    remove(data, "*/*index")


def without_anything_beside_the_logs(data: Path, want: dict) -> None:
    remove(data, "*/*index", "*/*.snapshot", "*/leader-epoch-checkpoint", "*/quorum-state")


def without_producers(data: Path, want: dict) -> None:
    remove(data, "*/*.snapshot")


def without_metadata(data: Path, want: dict) -> None:
    shutil.rmtree(data / METADATA)
    # Before Kafka 4.4 the initial ones were in a separate file.
    features = want["image"]["features"] if (data / "bootstrap.checkpoint").exists() else {}
    want["image"] = dict.fromkeys(["brokers", "topics", "configs"], []) | {
        "offset": -1, "nextProducerId": 0, "features": features}


def only_logs(data: Path, want: dict) -> None:
    without_metadata(data, want)
    for file in data.glob("**/*"):
        if file.is_file() and file.suffix != ".log" and file.name != "log-start-offset-checkpoint":
            file.unlink()
    want |= {"clusterId": None, "nodeId": -1}
    want["image"]["features"] = {}
    for topic in want["topics"]:
        topic["id"] = NO_ID


CASES: list[Callable[[Path, dict], None]] = [
    nothing, without_newest_snapshot, without_snapshots, with_a_damaged_snapshot, with_an_unfinished_snapshot,
    without_indexes, without_producers, without_anything_beside_the_logs, without_metadata, only_logs]


def check(program: str, folder: Path, change: Callable[[Path, dict], None]) -> bool:
    want = expectation(folder)
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch, "data")
        shutil.copytree(folder / "data", data)
        change(data, want)
        got = read(program, data)
    problems = want.pop("problems"), got.pop("problems")
    found = list(differences(want, got, ""))
    if len(problems[0]) != len(problems[1]) or not all(name in line for name, line in zip(*problems)):
        found.append(f"problems: {problems[0]} wanted, {problems[1]} found")
    records = sum(len(p["records"]) for t in got["topics"] for p in t["partitions"])
    title = change.__name__.replace("_", " ")
    print(f"{title}: {len(got['topics'])} topics, {records} records, {len(found)} differences")
    for line in found[:20]:
        print("   ", line)
    return not found and records > 0


def main() -> int:
    program, folder = sys.argv[1], Path(sys.argv[2])
    return 0 if all([check(program, folder, change) for change in CASES]) else 1


if __name__ == "__main__":
    sys.exit(main())
