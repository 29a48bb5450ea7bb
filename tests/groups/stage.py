# SPDX-License-Identifier: Apache-2.0
"""Plays the conversations of a module against one broker, all at the same time, as they wait much."""
from __future__ import annotations

import json
import re
import subprocess
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import Protocol

from removed import be_as_old, last_versions
from talk import Talk, shown
from wire import Codec, Connection, Json

TOPICS = {"one": 1, "two": 2, "three": 3, "four": 4, "six": 6}
REQUEST = re.compile(r"\S+: ([A-Z]\w+) (\d+)\b")  # as it is written down
READY_SECONDS, RESTART_SECONDS = 30, 120
AT_A_TIME = 12
TOMBSTONES = ("ConsumerGroupCurrentMemberAssignment", "ConsumerGroupTargetAssignmentMember",
              "ConsumerGroupMemberMetadata")
OFFSET_FETCH = 9
OFFSETS_TOPIC = "__consumer_offsets"
SETTINGS = {"group.min.session.timeout.ms": "100", "offsets.topic.num.partitions": "1",
            "group.consumer.min.session.timeout.ms": "100", "group.consumer.min.heartbeat.interval.ms": "50",
            "group.consumer.assignment.interval.ms": "0", "broker.rack": "r1",
            "log.cleaner.min.compaction.lag.ms": "86400000", "log.retention.ms": "-1",
            "group.coordinator.rebalance.protocols": "classic,consumer,share"}


class SharedCodec(Codec):
    """For several threads."""

    def __init__(self, kwire: str) -> None:
        super().__init__(kwire)
        self.lock = threading.Lock()

    def _ask(self, verb: str, line: Json) -> Json:
        with self.lock:
            return super()._ask(verb, line)


def served(recorded: list[str], codec: Codec, port: int) -> bool:
    """Whether the broker has all versions of APIs that the conversation uses."""
    connection = Connection(codec, port)
    try:
        versions = connection.versions()
    finally:
        connection.close()
    for api, version in {found.groups() for found in map(REQUEST.match, recorded) if found}:
        first, last = versions.get(codec.api(api).key, (0, -1))
        if not first <= int(version) <= last:
            return False
    return True


def talks_of(module: ModuleType) -> dict[str, object]:
    return {name: item for name, item in vars(module).items()
            if callable(item) and getattr(item, "__module__", "") == module.__name__ and not name.startswith("_")}


def settings_of(module: ModuleType) -> dict[str, str]:
    return SETTINGS | getattr(module, "SETTINGS", {})


def _prepare(connection: Connection, wants_coordinator: bool) -> dict[str, str]:
    """The ids of the topics."""
    topics = [{"name": name, "numPartitions": partitions, "replicationFactor": 1, "assignments": [], "configs": []}
              for name, partitions in TOPICS.items()]
    answer = connection.ask("CreateTopics", 7, {"topics": topics, "timeoutMs": 20000, "validateOnly": False})
    if wants_coordinator and OFFSET_FETCH in connection.versions():
        _await_coordinator(connection)
    return {topic["name"]: topic["topicId"] for topic in answer["topics"]}


def _await_coordinator(connection: Connection) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        found = connection.ask("FindCoordinator", 4, {"keyType": 0, "coordinatorKeys": ["g"]})
        if found["coordinators"][0]["errorCode"] == 0:
            probe = connection.ask("OffsetFetch", 8, {"groups": [{"groupId": "g", "topics": []}],
                                                      "requireStable": False})
            if probe["groups"][0]["errorCode"] == 0:
                break
        if time.monotonic() > deadline:
            raise SystemExit(f"no coordinator: {found}")
        time.sleep(0.1)


def _records(data: Path, kwire: str, topic: str) -> list[Json]:
    logs = [str(log) for log in sorted(data.glob(f"{topic}-*/*.log"))]
    if not logs:
        return []
    dumped = subprocess.run((kwire, "dump-log", "--jsonl", *logs), capture_output=True, text=True).stdout
    found = []
    for line in map(json.loads, dumped.splitlines()):
        if line["type"] == "record":
            number = Path(line["file"]).parent.name.rpartition("-")[2]
            found.append(line | {"partition": "" if number == "0" else f"(partition {number}) "})
    return found


def _group_of(record: Json) -> str:
    key = record["key"]["value"] if isinstance(record.get("key"), dict) else {}  # a marker has none
    return key.get("group") or key.get("groupId") or key.get("transactionalId") or ""


def _removals_in_order(lines: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Members that leave at the same time have three tombstones each."""
    found: list[tuple[str, str, str]] = []
    removals: list[list[tuple[str, str, str]]] = []
    while lines:
        three = lines[:3]
        if [kind for kind, _, value in three if value == "removed"] == list(TOMBSTONES):
            removals.append(three)
            lines = lines[3:]
            continue
        found += sum(sorted(removals), [])
        removals = []
        found.append(lines[0])
        lines = lines[1:]
    return found + sum(sorted(removals), [])


def _relative(value: Json) -> Json:
    if "expireTimestamp" not in value:
        return value
    return value | {"expireTimestamp": f"commitTimestamp + {value['expireTimestamp'] - value['commitTimestamp']}"}


def _record_lines(talk: Talk, records: list[Json]) -> list[str]:
    """Neighbours of one type are sorted by their key: Kafka has some in the order of hash tables."""
    lines = []
    for record in records:
        key, value = record["key"], record["value"]
        kind = key["message"].removesuffix("Key")
        key_text = shown(talk.common(key["value"], "records"))
        shown_value = "removed"
        if value is not None:
            shown_value = f"{value['version']} {shown(talk.common(_relative(value['value']), 'records'))}"
        lines.append((f"{record['partition']}{kind}", key_text, shown_value))
    lines = _removals_in_order(lines)
    runs = [list(run) for _, run in groupby(lines, key=lambda line: (line[0], line[2] == "removed"))]
    ordered = [line for run in runs for line in sorted(run, key=lambda line: line[1])]
    return [f"{kind} {key_text} {value}" for kind, key_text, value in ordered]


class Broker(Protocol):
    port: int
    data: Path

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Stage:
    """`successor` is started in the place of `broker` where a conversation wants a restart. `of_release` is "" or an
    older one, whose last versions are the last that are spoken."""

    def __init__(self, module: ModuleType, kwire: str, broker: Broker, successor: Broker, only: set[str],
                 of_release: str = "") -> None:
        self.module = module
        self.last_versions = last_versions(of_release) if of_release else {}
        self.kwire = kwire
        self.broker = broker
        self.successor = successor
        self.port = broker.port
        self.talks = {name: play for name, play in talks_of(module).items() if not only or name in only}

    def leave_out_unserved(self, recorded: dict[str, list[str]]) -> int:
        """How many conversations."""
        codec = Codec(self.kwire)
        before = len(self.talks)
        self.talks = {name: play for name, play in self.talks.items()
                      if served(recorded.get(name, []), codec, self.port)}
        codec.close()
        return before - len(self.talks)

    def play(self) -> dict[str, list[str]]:
        """The lines of each conversation."""
        if not self.talks:
            return {}
        codec = SharedCodec(self.kwire)
        connection = Connection(codec, self.port)
        try:
            if self.last_versions:
                be_as_old(connection)
            ids = _prepare(connection, getattr(self.module, "COORDINATOR", True))
            restarts = getattr(self.module, "RESTARTS", False)
            at_a_time = len(self.talks) if restarts else getattr(self.module, "AT_A_TIME", AT_A_TIME)
            self.barrier = threading.Barrier(len(self.talks), lambda: self._restart(connection), RESTART_SECONDS)
            with ThreadPoolExecutor(at_a_time) as pool:
                talks = list(pool.map(lambda name: self._play_one(name, codec, dict(ids)), self.talks))
        finally:
            connection.close()
            codec.close()
        time.sleep(0.5)  # records whose answers do not wait for them
        records = _records(self.broker.data, self.kwire, getattr(self.module, "RECORDS", OFFSETS_TOPIC))
        for talk in talks:
            groups = sorted({name for name in map(_group_of, records)
                             if name == talk.group or name.startswith(f"{talk.group}.")})
            for group in groups:
                for line in _record_lines(talk, [one for one in records if _group_of(one) == group]):
                    talk.write(f"= {line}")
        return {talk.name: talk.finish() for talk in talks}

    def restart(self) -> int:
        """When all conversations have come so far; the port."""
        self.barrier.wait()
        return self.port

    def _restart(self, connection: Connection) -> None:
        connection.close()
        self.broker.stop()
        getattr(self.module, "_between", lambda data: None)(self.broker.data)
        self.broker = self.successor
        self.broker.start()
        self.port = connection.port = self.broker.port
        _await_coordinator(connection)

    def _play_one(self, name: str, codec: Codec, ids: dict[str, str]) -> Talk:
        talk = Talk(name, self.port, codec, ids, self.restart, self.last_versions)
        try:
            self.talks[name](talk)
        except Exception:  # the rest of it cannot be played: that is a difference
            talk.lines.append("(it ends here)")
            print(f"{self.module.__name__}.{name}: {traceback.format_exc()}")
        finally:
            talk.close()
        return talk
