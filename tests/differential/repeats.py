# SPDX-License-Identifier: Apache-2.0
"""What Kafka 3.9 gives twice. It converts the first batches of a Fetch for an old client before it knows how much it
may send; if what is read starts with markers, which it drops, the first batch behind them is converted again, and sent
twice. The size of the answer stays as it was, so as much may be missing at its end."""
from __future__ import annotations

from collections import Counter

from conversation import Json, is_loose
from differences import canonical

FIRST_NOT_CONVERTED = 4  # version of Fetch


def offset_of(line: Json) -> int:
    """Of a batch or a record."""
    return line.get("offset", line.get("baseOffset", -1))


def is_repeated(kafka: list[Json], kwire: list[Json]) -> bool:
    """Whether Kafka has just that: the first lines twice, and none but the last ones missing."""
    counts, known = Counter(map(canonical, kafka)), {canonical(line): offset_of(line) for line in kwire}
    if len(known) != len(kwire) or not known.keys() >= counts.keys() or max(counts.values(), default=1) != 2:
        return False
    offsets = {known[line] for line in counts} - {-1}
    twice = {known[line] for line, count in counts.items() if count == 2}
    missing = {known[line] for line in known.keys() - counts.keys()}
    return twice == set(sorted(offsets)[:len(twice)]) and (not missing or min(missing) > max(offsets))


def without_repeats(kafka: Json, kwire: Json, marked: set[tuple[str, int]]) -> Json:
    """Kafka's answer to such a Fetch, as it would be; `marked` are partitions with markers."""
    topics = []
    for one, other in zip(kafka.get("responses", []), kwire.get("responses", [])):
        partitions = [
            {**a, "records": b["records"]}
            if (one["topic"], a["partitionIndex"]) in marked and is_loose(one["topic"]) and
            isinstance(a.get("records"), list) and isinstance(b.get("records"), list) and
            is_repeated(a["records"], b["records"]) else a
            for a, b in zip(one["partitions"], other["partitions"])]
        topics.append({**one, "partitions": partitions + one["partitions"][len(partitions):]})
    return {**kafka, "responses": topics + kafka["responses"][len(topics):]} if topics else kafka
