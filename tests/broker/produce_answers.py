# SPDX-License-Identifier: Apache-2.0
"""What a broker answers to Produce: produce_answers.txt has the cases and the answers of Apache Kafka.

    produce_answers.py HOST:PORT           checks the answers of kwire-broker
    produce_answers.py HOST:PORT --record  writes those of Apache Kafka into the file
    produce_answers.py HOST:PORT --create  only creates the topics
"""

from __future__ import annotations

import base64
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import time

import batch_bytes
import support

TABLE = pathlib.Path(__file__).with_name("produce_answers.txt")
TOPICS = {
    "plain": {}, "two": {}, "small": {"max.message.bytes": "200"}, "compact": {"cleanup.policy": "compact"},
    "both": {"cleanup.policy": "compact,delete"},
    "append-time": {"message.timestamp.type": "LogAppendTime"}, "to-gzip": {"compression.type": "gzip"},
    "to-zstd": {"compression.type": "zstd"}, "to-plain": {"compression.type": "uncompressed"},
    "recent": {"message.timestamp.before.max.ms": "1000", "message.timestamp.after.max.ms": "2000"},
    "replicated": {"min.insync.replicas": "2"}, "producers": {}, "more-producers": {}, "old": {},
    "segment": {"segment.bytes": "1048576", "max.message.bytes": "5000000"},
    "expand": {"max.decompressed.message.bytes": "1000"},
    "compact-gzip": {"cleanup.policy": "compact", "compression.type": "gzip"}, "__consumer_offsets": {},
}
KEYS = {"Produce": (0, 9), "CreateTopics": (19, 5), "Metadata": (3, 9), "ListOffsets": (2, 6)}
SILENCE = 0.3  # seconds


def kwire(command: str, line: dict) -> dict:
    done = subprocess.run([os.environ["KWIRE"], command, "--jsonl"], input=json.dumps(line) + "\n",
                          capture_output=True, text=True)
    value = json.loads(done.stdout)
    if "error" in value:
        raise AssertionError(f"{command}: {value['error']}: {str(line)[:300]}")
    return value


class Broker:
    def __init__(self, host: str, port: int):
        self.address = host, port
        self.client = support.Client(host, port)

    def encode(self, api: str, version: int, value: dict, client_id: bytes = b"kw") -> bytes:
        key, flexible = KEYS[api]
        body = bytes.fromhex(kwire("encode", {"message": api + "Request", "version": version, "value": value})["hex"])
        header = struct.pack(">hhih", key, version, 7, len(client_id)) + client_id
        return support.framed(header + (b"\0" if version >= flexible else b"") + body)

    def decode(self, api: str, version: int, frame: bytes) -> dict:
        body = frame[9 if version >= KEYS[api][1] else 8:]
        return kwire("decode", {"message": api + "Response", "version": version, "hex": body.hex()})["value"]

    def ask(self, api: str, version: int, value: dict) -> dict:
        return self.decode(api, version, self.client.ask(self.encode(api, version, value)))

    def reconnect(self):
        self.client.socket.close()
        self.client = support.Client(*self.address)


class Names:
    """What the expressions of the table may use."""

    def __init__(self, broker: Broker):
        self.ids: dict[str, str] = {}
        self.broker = broker

    def id(self, topic: str) -> str:
        if topic not in self.ids:
            answer = self.broker.ask("Metadata", 12, {"topics": [{"topicId": "AAAAAAAAAAAAAAAAAAAAAA", "name": topic}],
                                                      "allowAutoTopicCreation": False,
                                                      "includeTopicAuthorizedOperations": False})
            self.ids[topic] = answer["topics"][0]["topicId"]
        return self.ids[topic]


def create_topics(broker: Broker):
    topics = [{"name": name, "numPartitions": 2 if name == "two" else 1, "replicationFactor": 1, "assignments": [],
               "configs": [{"name": k, "value": v} for k, v in configs.items()]} for name, configs in TOPICS.items()]
    answer = broker.ask("CreateTopics", 5, {"topics": topics, "timeoutMs": 20000, "validateOnly": False})
    for topic in answer["topics"]:
        if topic["errorCode"] not in (0, 36):
            raise AssertionError(topic)


def wait_for_leaders(broker: Broker):
    """A broker that has just started leads its partitions a little later."""
    topics = [{"name": name, "partitions": [{"partitionIndex": 0, "currentLeaderEpoch": -1, "timestamp": -1}]}
              for name in TOPICS]
    for _ in range(100):
        answer = broker.ask("ListOffsets", 6, {"replicaId": -1, "isolationLevel": 0, "topics": topics})
        if all(t["partitions"][0]["errorCode"] == 0 for t in answer["topics"]):
            return
        time.sleep(0.1)
    raise AssertionError(answer)


def request(names: Names, version: int, acks: int, topics, transactional_id: str | None = None) -> dict:
    """Topics: {name: {partition: records}}, or a list of such pairs."""
    value = {"acks": acks, "timeoutMs": 1000, "topicData": []}
    if version >= 3:
        value["transactionalId"] = transactional_id
    for name, partitions in topics.items() if isinstance(topics, dict) else topics:
        parts = [{"index": index, "records": None if data is None else base64.b64encode(data).decode()}
                 for index, data in (partitions.items() if isinstance(partitions, dict) else partitions)]
        topic = {"partitionData": parts}
        topic["topicId" if version >= 13 else "name"] = names.id(name) if version >= 13 and len(name) != 22 else name
        value["topicData"].append(topic)
    return value


def shown_time(value: int) -> str:
    return "now" if abs(value - batch_bytes.now()) < 60000 else str(value)


def shown(value: dict, names: Names) -> list[str]:
    lines = []
    by_id = {v: k for k, v in names.ids.items()}
    for topic in value["responses"]:
        name = topic.get("name") or by_id.get(topic.get("topicId"), topic.get("topicId", "\"\""))
        for p in topic["partitionResponses"]:
            line = f"{name}-{p['index']} error {p['errorCode']} offset {p['baseOffset']}"
            if "logAppendTimeMs" in p:
                line += f" time {shown_time(p['logAppendTimeMs'])}"
            if "logStartOffset" in p:
                line += f" start {p['logStartOffset']}"
            if p.get("errorMessage") is not None:
                line += f" {p['errorMessage']!r}"
            for error in p.get("recordErrors", []):
                line += f" [{error['batchIndex']}: {error['batchIndexErrorMessage']!r}]"
            if "currentLeader" in p and p["currentLeader"] != {"leaderId": -1, "leaderEpoch": -1}:
                line += f" leader {p['currentLeader']}"
            lines.append(re.sub(r"\b1[0-9]{12}\b|-92233[0-9]{14}\b", "TIME", line))
    for node in value.get("nodeEndpoints", []):
        lines.append(f"node {node['nodeId']}")
    return sorted(lines)


def answer(broker: Broker, names: Names, expression: str) -> list[str]:
    """Sends `VERSION ACKS TOPICS [TRANSACTIONAL ID]`, and describes what comes back."""
    scope = {**{k: getattr(batch_bytes, k) for k in dir(batch_bytes) if not k.startswith("_")}, "id": names.id}
    version, acks, topics, *rest = eval(f"({expression})", scope)  # the table is part of the test
    client_id = rest[1] if len(rest) > 1 else b"kw"
    value = request(names, version, acks, topics, rest[0] if rest else None)
    broker.client.send(broker.encode("Produce", version, value, client_id))
    if acks == 0 and broker.client.is_quiet(SILENCE):
        return ["nothing"]
    try:
        frame = broker.client.frame()
    except TimeoutError:
        broker.reconnect()
        return ["no response"]
    if not frame:
        broker.reconnect()
        return ["closed"]
    return shown(broker.decode("Produce", version, frame), names)


class Case:
    def __init__(self, title: str):
        self.title, self.requests, self.answers, self.own = title, [], [], []


def load() -> tuple[list[str], list[Case]]:
    head, cases = [], []
    for line in TABLE.read_text().splitlines():
        if line.startswith("== "):
            cases.append(Case(line[3:]))
        elif not cases:
            head.append(line)
        elif line.startswith("> "):
            cases[-1].requests.append(line[2:])
            cases[-1].answers.append([])
            cases[-1].own.append([])
        elif line.startswith("  ") and cases[-1].requests:
            cases[-1].requests[-1] += " " + line.strip()
        elif line.startswith("< "):
            cases[-1].answers[-1].append(line[2:])
        elif line.startswith("! "):
            cases[-1].own[-1].append(line[2:])
    return head, cases


def record(broker: Broker):
    head, cases = load()
    names, lines = Names(broker), head
    for case in cases:
        lines += [f"== {case.title}"]
        for expression, own in zip(case.requests, case.own):
            lines += [f"> {expression}", *(f"< {line}" for line in answer(broker, names, expression)),
                      *(f"! {line}" for line in own)]
        lines.append("")
    TABLE.write_text("\n".join(lines).rstrip("\n") + "\n")


def failures(broker: Broker) -> list[str]:
    names, out = Names(broker), []
    for case in load()[1]:
        for expression, kafkas, own in zip(case.requests, case.answers, case.own):
            actual, expected = answer(broker, names, expression), own or kafkas
            if actual != expected:
                out.append("\n".join([f"{case.title}", f"  > {expression}", *(f"  expected {x}" for x in expected),
                                      *(f"  actual   {x}" for x in actual)]))
    return out


def main() -> int:
    host, _, port = sys.argv[1].rpartition(":")
    broker = Broker(host, int(port))
    create_topics(broker)
    wait_for_leaders(broker)
    if "--record" in sys.argv:
        record(broker)
    elif "--create" not in sys.argv:
        found = failures(broker)
        print(*found, f"{len(found)} failures", sep="\n")
        return 1 if found else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
