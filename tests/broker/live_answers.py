# SPDX-License-Identifier: Apache-2.0
"""What a live broker answers. Tables have the requests and the answers of Apache Kafka: produce_answers.txt has a
notation of its own for Produce, partition_answers.txt JSON for other APIs, old_answers.txt both, for versions that only
Kafka 3.9 serves.

    live_answers.py HOST:PORT TABLE           checks the answers of kwire-broker
    live_answers.py HOST:PORT TABLE --record  writes those of Apache Kafka into the table
    live_answers.py HOST:PORT TABLE --kafka   checks those of Apache Kafka
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
    "part": {}, "trim": {}, "empty": {}, "session-a": {}, "session-b": {}, "before": {},
}
KEYS = {"Produce": (0, 9), "CreateTopics": (19, 5), "Metadata": (3, 9), "ListOffsets": (2, 6), "Fetch": (1, 12),
        "InitProducerId": (22, 2), "OffsetForLeaderEpoch": (23, 4), "DeleteRecords": (21, 2),
        "DescribeProducers": (61, 0), "OffsetCommit": (8, 8), "OffsetFetch": (9, 6), "FindCoordinator": (10, 3),
        "DescribeGroups": (15, 5), "ListGroups": (16, 3), "DeleteGroups": (42, 2), "OffsetDelete": (47, 99),
        "DescribeConfigs": (32, 4), "IncrementalAlterConfigs": (44, 1), "ConsumerGroupHeartbeat": (68, 0),
        "ConsumerGroupDescribe": (69, 0)}
REMEMBERED = "producerId",
SILENCE = 0.3  # seconds
SETTLED = 0.5  # until what was changed is seen
HERE = pathlib.Path(__file__).parent
# Tables that the newest release answers: those of each tuple on one broker, in this order. The first one writes among
# the records of offsets as a client, which no coordinator likes.
OF_NEWEST = ("produce_answers.txt", "partition_answers.txt"), ("offset_answers.txt",)
OF_REMOVED = ("old_answers.txt",),  # that the last release with its versions answers
TABLES = (*OF_NEWEST[0], *OF_REMOVED[0]), *OF_NEWEST[1:]
OF_MEMBERS = "consumer_answers.txt",  # on a broker of its own, with these topics
TOPICS_OF_MEMBERS = "two", "session-a"
INVALID_CONFIG, LOADING, FETCH_OF_BATCHES = 40, 14, 4


def kwire(command: str, line: dict) -> dict:
    more = ["--raw-records"] if command == "decode" else []
    done = subprocess.run([os.environ["KWIRE"], command, "--jsonl", *more], input=json.dumps(line) + "\n",
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

    def __init__(self, broker: Broker, topics: tuple[str, ...] = ()):
        self.ids: dict[str, str] = {}
        self.values: dict[str, str] = {}  # of earlier answers
        self.broker = broker
        for topic in topics:
            self.id(topic)

    def id(self, topic: str) -> str:
        if topic not in self.ids:
            answer = self.broker.ask("Metadata", 12, {"topics": [{"topicId": "AAAAAAAAAAAAAAAAAAAAAA", "name": topic}],
                                                      "allowAutoTopicCreation": False,
                                                      "includeTopicAuthorizedOperations": False})
            self.ids[topic] = answer["topics"][0]["topicId"]
        return self.ids[topic]


def create_topics(broker: Broker, names: tuple[str, ...] = ()):
    """All, or these."""
    topics = [{"name": name, "numPartitions": 2 if name in ("two", "trim", "session-a") else 1, "replicationFactor": 1,
               "assignments": [], "configs": [{"name": k, "value": v} for k, v in configs.items()]}
              for name, configs in TOPICS.items() if not names or name in names]
    answer = broker.ask("CreateTopics", 5, {"topics": topics, "timeoutMs": 20000, "validateOnly": False})
    for topic in answer["topics"]:
        if topic["errorCode"] == INVALID_CONFIG:  # an older Kafka does not know it
            del TOPICS[topic["name"]]
        elif topic["errorCode"] not in (0, 36):
            raise AssertionError(topic)


def wait_until_ready(broker: Broker):
    """A broker that has just started leads its partitions and has producer ids and groups a little later."""
    topics = [{"name": name, "partitions": [{"partitionIndex": 0, "currentLeaderEpoch": -1, "timestamp": -1}]}
              for name in TOPICS]
    for _ in range(100):
        answer = broker.ask("ListOffsets", 6, {"replicaId": -1, "isolationLevel": 0, "topics": topics})
        producer = broker.ask("InitProducerId", 0, {"transactionalId": None, "transactionTimeoutMs": 0})
        group = broker.ask("OffsetFetch", 7, {"groupId": "", "topics": None, "requireStable": False})
        if all(t["partitions"][0]["errorCode"] == 0 for t in answer["topics"]) and \
                LOADING not in (producer["errorCode"], group["errorCode"]):
            return
        time.sleep(0.1)
    raise AssertionError(answer)


PROBE = {"groupId": "c-probe", "memberId": "m", "memberEpoch": 1, "instanceId": None, "rackId": None,
         "rebalanceTimeoutMs": -1, "subscribedTopicNames": None, "subscribedTopicRegex": None,
         "serverAssignor": None, "topicPartitions": None}
GROUP_ID_NOT_FOUND = 69


def wait_for_groups(broker: Broker):
    """The topic of groups is created, and read."""
    for _ in range(300):
        found = broker.ask("FindCoordinator", 4, {"keyType": 0, "coordinatorKeys": [PROBE["groupId"]]})
        answer = broker.ask("ConsumerGroupHeartbeat", 1, PROBE)
        if found["coordinators"][0]["errorCode"] == 0 and answer["errorCode"] == GROUP_ID_NOT_FOUND:
            return
        time.sleep(0.1)
    raise AssertionError(answer)


def prepare(broker: Broker, of_members: bool):
    if of_members:
        create_topics(broker, TOPICS_OF_MEMBERS)
        wait_for_groups(broker)
    else:
        create_topics(broker)
        wait_until_ready(broker)


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


def in_order(value):
    """Topics by name, partitions by number, producers by id: Kafka has them in no order."""
    if isinstance(value, dict):
        return {k: in_order(v) for k, v in value.items()}
    if not isinstance(value, list):
        return value
    keys = "groupId", "name", "topic", "topicId", "partitionIndex", "partition", "producerId", "memberId"
    return sorted(map(in_order, value), key=lambda v: [str(v.get(k)) for k in keys] if isinstance(v, dict) else [])


def answer_in_json(broker: Broker, names: Names, api: str, version: int, text: str) -> list[str]:
    """`"id:NAME"` stands for the id of a topic, `"batch"` for a batch of one record."""
    text = re.sub(r'"id:([^"]+)"', lambda m: json.dumps(names.id(m[1])), text)
    text = text.replace('"batch"', json.dumps(base64.b64encode(batch_bytes.batch("a")).decode()))
    value = json.loads(re.sub(r"\$(\w+)", lambda m: names.values[m[1]], text))
    broker.client.send(broker.encode(api, version, value))
    frame = broker.client.frame()
    if not frame:
        broker.reconnect()
        return ["closed"]
    answer = broker.decode(api, version, frame)
    names.values.update({k: json.dumps(v) for k, v in answer.items() if k in REMEMBERED})
    text = json.dumps(answer)
    for name, topic_id in names.ids.items():
        text = text.replace(f'"{topic_id}"', f'"id:{name}"')
    text = json.dumps(in_order(json.loads(text)))
    for name in REMEMBERED:
        text = re.sub(rf'^{{(.*?)"{name}": [1-9][0-9]*', rf'{{\1"{name}": "?"', text) if name in answer else text
    if api == "DescribeConfigs":  # each broker has its own words
        text = re.sub(r'"errorMessage": "[^"]+"', '"errorMessage": "?"', text)
    if api == "IncrementalAlterConfigs":
        time.sleep(SETTLED)
    if api != "Fetch" or version >= FETCH_OF_BATCHES:  # messages of given times have the same bytes everywhere
        text = re.sub(r'"records": "[^"]+"', '"records": "?"', text)
    return [re.sub(r"\b1[0-9]{12}\b", "TIME", text)]


def fetch(broker: Broker, names: Names, expression: str) -> list[str]:
    """Sends `VERSION, SESSION, EPOCH, {TOPIC: {PARTITION: OFFSET}}, {TOPIC: [PARTITION, ...]}`, the last forgotten. The
    session `s` is the one that was answered last."""
    version, session, epoch, asked, forgotten = eval(f"({expression})", {"s": int(names.values.get("s", 0))})
    key = "topicId" if version >= 13 else "topic"

    def name(topic: str) -> str:
        return names.id(topic) if version >= 13 and len(topic) != 22 else topic
    topics = [{key: name(topic), "partitions": [
        {"partition": p, "currentLeaderEpoch": -1, "fetchOffset": offset, "lastFetchedEpoch": -1, "logStartOffset": -1,
         "partitionMaxBytes": 1000000} for p, offset in partitions.items()]} for topic, partitions in asked.items()]
    value = {"maxWaitMs": 0, "minBytes": 1, "maxBytes": 1000000, "isolationLevel": 0, "sessionId": session,
             "sessionEpoch": epoch, "topics": topics, "rackId": "",
             "forgottenTopicsData": [{key: name(topic), "partitions": p} for topic, p in forgotten.items()]}
    if version < 15:
        value["replicaId"] = -1
    answer = broker.ask("Fetch", version, value)
    if answer["sessionId"] != 0:
        names.values["s"] = str(answer["sessionId"])
    by_id = {v: k for k, v in names.ids.items()}
    lines = [f"error {answer['errorCode']}, {'a session' if answer['sessionId'] else 'no session'}"]
    for topic in answer["responses"]:
        for p in topic["partitions"]:
            lines.append(f"{topic.get('topic') or by_id.get(topic.get('topicId'), '?')}-{p['partitionIndex']} "
                         f"error {p['errorCode']} high watermark {p['highWatermark']} start {p['logStartOffset']} "
                         f"{'records' if p['records'] else 'no records'}")
    return lines


def answer(broker: Broker, names: Names, expression: str) -> list[str]:
    """An expression is `API VERSION JSON`, `fetch` and as in fetch(), or as in produce()."""
    words = expression.split(" ", 2)
    if words[0] == "fetch":
        return fetch(broker, names, expression[len("fetch "):])
    if words[0] in KEYS:
        return answer_in_json(broker, names, words[0], int(words[1]), words[2])
    return produce(broker, names, expression)


def produce(broker: Broker, names: Names, expression: str) -> list[str]:
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


def load(table: pathlib.Path) -> tuple[list[str], list[Case]]:
    head, cases = [], []
    for line in table.read_text().splitlines():
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


def record(broker: Broker, table: pathlib.Path):
    head, cases = load(table)
    names, lines = Names(broker, TOPICS_OF_MEMBERS if table.name in OF_MEMBERS else ()), head
    for case in cases:
        lines += [f"== {case.title}"]
        for expression, own in zip(case.requests, case.own):
            lines += [f"> {expression}", *(f"< {line}" for line in answer(broker, names, expression)),
                      *(f"! {line}" for line in own)]
        lines.append("")
    table.write_text("\n".join(lines).rstrip("\n") + "\n")


def failures(broker: Broker, table: pathlib.Path, of_kafka: bool = False) -> list[str]:
    names, out = Names(broker, TOPICS_OF_MEMBERS if table.name in OF_MEMBERS else ()), []
    for case in load(table)[1]:
        for expression, kafkas, own in zip(case.requests, case.answers, case.own):
            actual = answer(broker, names, expression)
            expected = kafkas if of_kafka or not own else own
            if actual != expected:
                out.append("\n".join([f"{case.title}", f"  > {expression}", *(f"  expected {x}" for x in expected),
                                      *(f"  actual   {x}" for x in actual)]))
    return out


def main() -> int:
    host, _, port = sys.argv[1].rpartition(":")
    table = HERE / sys.argv[2]
    broker = Broker(host, int(port))
    prepare(broker, sys.argv[2] in OF_MEMBERS)
    if "--record" in sys.argv:
        record(broker, table)
        return 0
    found = failures(broker, table, "--kafka" in sys.argv)
    print(*found, f"{len(found)} failures", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
