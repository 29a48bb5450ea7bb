# SPDX-License-Identifier: Apache-2.0
"""Compares two dumps, one verdict for each of their checks."""
from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

Line = dict[str, object]
SHOWN = 400

# Checks whose leader epoch is that of the leader, not of a record; those for which it is so only for empty partitions;
# those whose answer depends on it.
EPOCH_OF_LEADER = re.compile(
    r"Metadata .*|DescribeTopicPartitions|ListOffsets latest|listOffsets \S+ latest|describe_topics")
EPOCH_OF_EITHER = re.compile(r"(ListOffsets|listOffsets \S+) earliest( local)?")
EPOCH_ASKED = re.compile(r"(Fetch|ListOffsets) with a leader epoch")


@dataclass(frozen=True)
class Verdict:
    check: str
    lines: int
    why: str  # empty: equal


def read(path: Path) -> dict[str, list[Line]]:
    """The lines of each check, in order."""
    checks: dict[str, list[Line]] = {}
    with path.open(encoding="utf-8") as lines:
        for text in lines:
            line = json.loads(text)
            checks.setdefault(line.pop("check"), []).append(line)
    return checks


def shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}... ({len(text)} characters)"


def difference(wanted: object, got: object, path: str = "") -> str:
    """The first difference of two values; empty if there is none."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        for name in (*wanted, *(name for name in got if name not in wanted)):
            if name not in wanted or name not in got:
                return f"{path}.{name} is only in {'Kafka' if name in wanted else 'kwire'}'s answer"
            if found := difference(wanted[name], got[name], f"{path}.{name}"):
                return found
        return ""
    if isinstance(wanted, list) and isinstance(got, list):
        for index, (one, other) in enumerate(zip(wanted, got)):
            if found := difference(one, other, f"{path}[{index}]"):
                return found
        return "" if len(wanted) == len(got) else f"{path} has {len(got)} items, Kafka's has {len(wanted)}"
    if wanted == got and type(wanted) is type(got):
        return ""
    if isinstance(wanted, str) and isinstance(got, str):
        at = next((at for at, (one, other) in enumerate(zip(wanted, got)) if one != other), min(len(wanted), len(got)))
        if at > SHOWN // 2:
            return (f"{path} differs from character {at} on: {shown(got[at:])} of {len(got)}, "
                    f"Kafka's is {shown(wanted[at:])} of {len(wanted)}")
    return f"{path or 'it'} is {shown(got)}, Kafka's is {shown(wanted)}"


def label(line: Line) -> str:
    """The small fields of a line, which identify it for a reader."""
    small = {name: value for name, value in line.items() if isinstance(value, (int, str)) and len(str(value)) < 80}
    asked = line.get("asked")
    return shown(small) + (f" asked {shown(asked)}" if asked else "")


def why(wanted: list[Line], got: list[Line]) -> str:
    different = [(index, found) for index, (one, other) in enumerate(zip(wanted, got))
                 if (found := difference(one, other))]
    parts = []
    if len(wanted) != len(got):
        parts.append(f"{len(got)} lines, Kafka's are {len(wanted)}")
    if different:
        index, found = different[0]
        parts.append(f"{len(different)} of {len(wanted)} differ; line {index}, {label(wanted[index])}: {found}")
    elif len(got) != len(wanted):
        more = (got if len(got) > len(wanted) else wanted)[min(len(got), len(wanted))]
        parts.append(f"the first without a counterpart: {label(more)}")
    return "; ".join(parts)


def replaced(value: object, change: Callable[[int], object]) -> object:
    """The same with other leader epochs."""
    if isinstance(value, dict):
        return {name: change(item) if name in ("leaderEpoch", "leader_epoch") and isinstance(item, int)
                else item if name == "asked" else replaced(item, change) for name, item in value.items()}
    if isinstance(value, list):
        return [replaced(item, change) for item in value]
    return value


def as_grown(check: str, wanted: list[Line], got: list[Line], epochs: int) -> tuple[list[Line], list[Line]]:
    """Both lists, comparable although leader epochs grew by EPOCHS between them."""
    if EPOCH_OF_LEADER.fullmatch(check):
        return [replaced(line, lambda epoch: epoch + epochs if epoch >= 0 else epoch) for line in wanted], got
    if EPOCH_OF_EITHER.fullmatch(check):
        return [replaced(line, lambda _: "?") for line in wanted], [replaced(line, lambda _: "?") for line in got]
    return wanted, got


def compare(wanted_path: Path, got_path: Path, epochs: int) -> Iterator[Verdict]:
    """EPOCHS is by how much leader epochs grew between the two."""
    wanted, got = read(wanted_path), read(got_path)
    for check in (*wanted, *(check for check in got if check not in wanted)):
        if epochs and EPOCH_ASKED.fullmatch(check):
            continue
        lines, others = wanted.get(check, []), got.get(check, [])
        if epochs:
            lines, others = as_grown(check, lines, others, epochs)
        yield Verdict(check, len(lines), why(lines, others))
