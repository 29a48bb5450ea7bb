# SPDX-License-Identifier: Apache-2.0
"""dump_wire.py HOST:PORT FILE KWIRE: the answers to single requests of every version, decoded by the kwire command.

Fields that may differ between two brokers are omitted: host, port, throttle time, the id of a new fetch session. Record
bytes are compared as they are.
"""
from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from dump import START, TIMES, Dump, shortened

ADDRESS, KWIRE = sys.argv[1], sys.argv[3]
LEFT_OUT = {"host", "port", "throttleTimeMs", "sessionId"}
UNKNOWN_ID = "AAAAAAAAAAEAAAAAAAAAAg"
NO_ID = "AAAAAAAAAAAAAAAAAAAAAA"
MANY = 0x7fffffff
SPECIAL_TIMES = {-1: "latest", -2: "earliest", -3: "max timestamp", -4: "earliest local", -5: "latest tiered",
                 -6: "earliest pending upload", -7: "unknown special time", START + 5000: "by time"}
OLD_TOO = ("Fetch of many partitions", "Fetch of what is not there", "Fetch with a session", "Fetch transactions")

Json = dict[str, object]


@dataclass(frozen=True)
class Api:
    key: int
    name: str
    versions: range
    flexible_from: int


# The versions that Apache Kafka has not removed.
FETCH = Api(1, "Fetch", range(4, 19), 12)
LIST_OFFSETS = Api(2, "ListOffsets", range(1, 12), 6)
METADATA = Api(3, "Metadata", range(0, 14), 9)
DESCRIBE = Api(75, "DescribeTopicPartitions", range(0, 1), 0)


@dataclass(frozen=True)
class Question:
    check: str
    api: Api
    version: int
    value: Json


def kwire(verb: str, lines: Iterable[Json]) -> list[Json]:
    text = "".join(json.dumps(line) + "\n" for line in lines)
    more = ("--raw-records",) if verb == "decode" else ()
    done = subprocess.run((KWIRE, verb, "--jsonl", *more), input=text, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise SystemExit(f"kwire {verb} ended with status {done.returncode}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def receive(connection: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = connection.recv(min(size - len(parts), 1 << 20))
        if not part:
            raise EOFError("the broker hung up")
        parts += part
    return bytes(parts)


class Wire:
    def __init__(self) -> None:
        host, _, port = ADDRESS.rpartition(":")
        self._where = (host, int(port))
        self._connection = socket.create_connection(self._where, 10)
        self._count = 0

    def ask(self, question: Question, body: bytes) -> bytes | str:
        """The body of the answer, or what happened to the connection."""
        self._count += 1
        flexible = question.version >= question.api.flexible_from
        head = struct.pack(">hhih", question.api.key, question.version, self._count, 4) + b"wire" + b"\0" * flexible
        try:
            self._connection.sendall(struct.pack(">i", len(head) + len(body)) + head + body)
            answer = receive(self._connection, struct.unpack(">i", receive(self._connection, 4))[0])
        except (EOFError, OSError) as error:
            self._connection.close()
            self._connection = socket.create_connection(self._where, 10)
            return f"no answer: {error}"
        if struct.unpack(">i", answer[:4])[0] != self._count:
            raise SystemExit(f"{question.check}: the answer to another request")
        return answer[4 + flexible:]


def cleaned(value: object) -> object:
    if isinstance(value, dict):
        return {name: cleaned(item) for name, item in value.items() if name not in LEFT_OUT}
    if isinstance(value, list):
        return [cleaned(item) for item in value]
    return value


def ordered(question: Question, answer: object) -> object:
    """Kafka returns the topics of a Metadata answer, and all of a ListOffsets answer, in any order."""
    if question.api in (METADATA, LIST_OFFSETS) and isinstance(answer, dict) and "topics" in answer:
        answer["topics"].sort(key=lambda topic: (topic["name"] or "", topic.get("topicId", "")))
        for topic in answer["topics"]:
            topic["partitions"].sort(key=lambda partition: partition["partitionIndex"])
    return answer


def answers(wire: Wire, questions: list[Question]) -> list[object]:
    asked = kwire("encode", ({"message": f"{question.api.name}Request", "version": question.version,
                              "value": question.value} for question in questions))
    for line in asked:
        if "hex" not in line:
            raise SystemExit(f"kwire encode: {line}")
    bodies = [wire.ask(question, bytes.fromhex(str(line["hex"]))) for question, line in zip(questions, asked)]
    decoded = iter(kwire("decode", ({"message": f"{question.api.name}Response", "version": question.version,
                                     "hex": body.hex()}
                                    for question, body in zip(questions, bodies) if isinstance(body, bytes))))
    found = [body if isinstance(body, str) else next(decoded) for body in bodies]
    values = [cleaned(line.get("value", line)) if isinstance(line, dict) else line for line in found]
    return [ordered(question, value) for question, value in zip(questions, values)]


# Requests

def metadata(version: int, topics: list[Json] | None, operations: bool = True) -> Json:
    value: Json = {"topics": topics}
    if version >= 4:
        value["allowAutoTopicCreation"] = False
    if 8 <= version <= 10:
        value["includeClusterAuthorizedOperations"] = operations
    if version >= 8:
        value["includeTopicAuthorizedOperations"] = operations
    return value


def metadata_topic(version: int, name: str | None, topic_id: str = NO_ID) -> Json:
    return {"name": name, **({"topicId": topic_id} if version >= 10 else {})}


def describe(names: list[str], limit: int, cursor: Json | None = None) -> Json:
    return {"topics": [{"name": name} for name in names], "responsePartitionLimit": limit, "cursor": cursor}


def list_offsets(version: int, isolation: int, topics: dict[str, list[int]], time: int, epoch: int = -1) -> Json:
    def partition(number: int) -> Json:
        fenced = {"currentLeaderEpoch": epoch} if version >= 4 else {}
        return {"partitionIndex": number, **fenced, "timestamp": time}

    value: Json = {"replicaId": -1}
    if version >= 2:
        value["isolationLevel"] = isolation
    value["topics"] = [{"name": name, "partitions": [partition(number) for number in numbers]}
                       for name, numbers in topics.items()]
    if version >= 10:
        value["timeoutMs"] = 5000
    return value


@dataclass(frozen=True)
class Fetch:
    """One Fetch request without its version."""

    parts: tuple[tuple[str, str, int, int], ...]  # topic name, topic id, partition, offset
    isolation: int = 0
    max_bytes: int = MANY
    partition_bytes: int = MANY
    epoch: int = -1
    session_id: int = 0
    session_epoch: int = -1

    def value(self, version: int) -> Json:
        value: Json = {"replicaId": -1} if version <= 14 else {}
        value |= {"maxWaitMs": 0, "minBytes": 0, "maxBytes": self.max_bytes, "isolationLevel": self.isolation}
        if version >= 7:
            value |= {"sessionId": self.session_id, "sessionEpoch": self.session_epoch}
        topics: dict[tuple[str, str], list[Json]] = {}
        for name, topic_id, partition, offset in self.parts:
            topics.setdefault((name, topic_id), []).append(self._partition(version, partition, offset))
        value["topics"] = [{**({"topicId": topic_id} if version >= 13 else {"topic": name}), "partitions": partitions}
                           for (name, topic_id), partitions in topics.items()]
        if version >= 7:
            value["forgottenTopicsData"] = []
        if version >= 11:
            value["rackId"] = ""
        return value

    def _partition(self, version: int, partition: int, offset: int) -> Json:
        value: Json = {"partition": partition}
        if version >= 9:
            value["currentLeaderEpoch"] = self.epoch
        value["fetchOffset"] = offset
        if version >= 12:
            value["lastFetchedEpoch"] = -1
        if version >= 5:
            value["logStartOffset"] = -1
        value["partitionMaxBytes"] = self.partition_bytes
        return value


# Questions

def of_metadata(topics: dict[str, Json]) -> list[Question]:
    some = sorted(topics)[-3:]
    asked = []
    for version in METADATA.versions:
        cases: dict[str, list[Json] | None] = {
            "all topics": [] if version == 0 else None,
            "by name": [metadata_topic(version, name) for name in (*some, "no-such-topic", some[0], "bad name!")],
        }
        if version > 0:
            cases["no topics"] = []
        if version >= 12:
            ids = [str(topics[name]["topicId"]) for name in some]
            cases["by id"] = [metadata_topic(version, None, topic_id) for topic_id in (*ids, UNKNOWN_ID)]
        for what, wanted in cases.items():
            asked.append(Question(f"Metadata {what}", METADATA, version, metadata(version, wanted)))
    return asked


def of_describe(topics: dict[str, Json]) -> list[Question]:
    names = sorted(topics)
    several = next(name for name in names if len(topics[name]["partitions"]) > 2)
    mixed = ["no-such-topic", names[-1], several, "bad name!", several, names[0], "zzz"]
    cases = [describe([], 2000), describe(mixed, 2000), describe(mixed, 0), describe(mixed, -1), describe([], 100_000)]
    cases += [describe([], limit) for limit in (1, 2, 3, 7)]
    cases += [describe(wanted, 2, {"topicName": topic, "partitionIndex": partition})
              for wanted in ([], mixed) for topic, partition in
              ((several, 0), (several, 1), (several, 99), (several, -1), ("no-such-topic", 0), ("zzzz", 0), ("", 0))]
    return [Question("DescribeTopicPartitions", DESCRIBE, 0, case) for case in cases]


def of_list_offsets(topics: dict[str, Json]) -> list[Question]:
    parts = {name: [int(part["partitionIndex"]) for part in topics[name]["partitions"]] for name in sorted(topics)}
    last = LIST_OFFSETS.versions[-1]
    asked = []
    for version in LIST_OFFSETS.versions:
        for time, what in SPECIAL_TIMES.items():
            for isolation in range(2 if version >= 2 else 1):
                asked.append((what, version, list_offsets(version, isolation, parts, time)))
        unknown = {"no-such-topic": [0], sorted(topics)[-1]: [99]}
        asked.append(("of what is not there", version, list_offsets(version, 0, unknown, -1)))
        if version >= 4:
            asked += [("with a leader epoch", version, list_offsets(version, 0, parts, -2, epoch))
                      for epoch in (0, 1, 1000)]
    asked += [("by time", last, list_offsets(last, 0, parts, time)) for time in TIMES]
    return [Question(f"ListOffsets {what}", LIST_OFFSETS, version, value) for what, version, value in asked]


def of_fetch(topics: dict[str, Json], ends: dict[tuple[str, int], tuple[int, int]]) -> list[Question]:
    def part(name: str, number: int, offset: int) -> tuple[str, str, int, int]:
        return name, str(topics[name]["topicId"]), number, offset

    asked = []
    everywhere = [part(name, number, first) for (name, number), (first, _) in ends.items()]
    for each in everywhere:
        for isolation in (0, 1):
            asked.append((f"Fetch {shortened(each[0])}", Fetch((each,), isolation)))
    for (name, number), (first, last) in ends.items():
        middle = (first + last) // 2
        for offset in (-1, first - 1, first + 1, middle, last - 1, last, last + 1):
            asked.append(("Fetch from other offsets", Fetch((part(name, number, offset),), 1)))
        for limit in (0, 1, 100, 1000):
            asked.append(("Fetch of few bytes", Fetch((part(name, number, middle),), 0, MANY, limit)))
        for epoch in (0, 1, 1000):
            asked.append(("Fetch with a leader epoch", Fetch((part(name, number, first),), 0, MANY, 100, epoch)))
    small = [each for each in everywhere if each[0] not in ("large", "huge")]
    limits = ((0, MANY, MANY), (1, 3000, 500), (0, 0, 0), (0, 5000, MANY), (1, 1, MANY), (1, 0, 0))
    asked += [("Fetch of many partitions", Fetch(tuple(small), *limit)) for limit in limits]
    some = small[-1]
    wrong = (("no-such-topic", UNKNOWN_ID, 0, 0), (some[0], some[1], 99, 0), some)
    asked.append(("Fetch of what is not there", Fetch(wrong)))
    asked.append(("Fetch of the id that is none", Fetch(((some[0], NO_ID, 0, 0), some))))
    asked += [("Fetch with a session", Fetch((some,), session_id=number, session_epoch=epoch))
              for number, epoch in ((12345, 1), (12345, -1), (12345, 0), (0, 5))]

    last = FETCH.versions[-1]
    questions = [Question(check, FETCH, last, fetch.value(last)) for check, fetch in asked]
    old = [fetch for check, fetch in asked if check in OLD_TOO]
    questions += [Question(f"Fetch of version {version}", FETCH, version, fetch.value(version))
                  for version in FETCH.versions[:-1] for fetch in old if version >= 7 or not fetch.session_id]
    return questions


def known_topics(wire: Wire) -> dict[str, Json]:
    version = METADATA.versions[-1]
    answer, = answers(wire, [Question("", METADATA, version, metadata(version, None))])
    assert isinstance(answer, dict)
    return {topic["name"]: topic for topic in answer["topics"]}


def known_ends(wire: Wire, topics: dict[str, Json]) -> dict[tuple[str, int], tuple[int, int]]:
    parts = {name: [int(part["partitionIndex"]) for part in topics[name]["partitions"]] for name in sorted(topics)}
    both = answers(wire, [Question("", LIST_OFFSETS, 11, list_offsets(11, 0, parts, time)) for time in (-2, -1)])
    first, last = ({(topic["name"], part["partitionIndex"]): part["offset"]
                    for topic in answer["topics"] for part in topic["partitions"]} for answer in both)
    return {key: (first[key], last[key]) for key in sorted(first)}


def main() -> None:
    wire = Wire()
    topics = known_topics(wire)
    questions = of_metadata(topics) + of_describe(topics) + of_list_offsets(topics)
    questions += of_fetch(topics, known_ends(wire, topics))
    dump = Dump(sys.argv[2])
    for question, answer in zip(questions, answers(wire, questions)):
        dump.line(question.check, version=question.version, asked=question.value, answer=answer)
    dump.close()


main()
