# SPDX-License-Identifier: Apache-2.0
"""Common code of the tests of a broker with a data directory: the directory, requests and answers as JSON, batches."""

import base64
import json
import os
import pathlib
import struct
import subprocess
import tarfile
import tempfile
import unittest

import support

READ_UNCOMMITTED, READ_COMMITTED = 0, 1
FETCH, LIST_OFFSETS, METADATA, DESCRIBE_TOPIC_PARTITIONS, PRODUCE, CREATE_TOPICS = 1, 2, 3, 75, 0, 19
NAMES = {FETCH: ("Fetch", 12), LIST_OFFSETS: ("ListOffsets", 6), METADATA: ("Metadata", 9),
         DESCRIBE_TOPIC_PARTITIONS: ("DescribeTopicPartitions", 0), PRODUCE: ("Produce", 9),
         CREATE_TOPICS: ("CreateTopics", 5)}
ENOUGH = 1 << 20


def kwire(command: str, line: dict) -> dict:
    """One message through `kwire encode` or `kwire decode`."""
    more = ["--raw-records"] if command == "decode" else []
    done = subprocess.run([support.program("KWIRE"), command, "--jsonl", *more], input=json.dumps(line) + "\n",
                          capture_output=True, text=True, timeout=support.TIMEOUT)
    answer = json.loads(done.stdout)
    if "error" in answer:
        raise AssertionError(f"{command} {str(line)[:300]}: {answer['error']}")
    return answer


def request(key: int, version: int, value: dict, correlation: int = 7) -> bytes:
    name, flexible = NAMES[key]
    body = kwire("encode", {"message": name + "Request", "version": version, "value": value})["hex"]
    return support.request(key, version, correlation, bytes.fromhex(body), flexible=version >= flexible)


def answer(key: int, version: int, frame: bytes) -> dict:
    name, flexible = NAMES[key]
    body = frame[9 if version >= flexible else 8:]
    return kwire("decode", {"message": name + "Response", "version": version, "hex": body.hex()})["value"]


def ask(broker: support.Process, key: int, version: int, value: dict) -> dict:
    with broker.connect() as c:
        return answer(key, version, c.ask(request(key, version, value)))


def create_topic(broker: support.Process, name: str, partitions: int) -> int:
    """The error code."""
    value = ask(broker, CREATE_TOPICS, 7, {"timeoutMs": 5000, "validateOnly": False, "topics": [
        {"name": name, "numPartitions": partitions, "replicationFactor": 1, "assignments": [], "configs": []}]})
    return value["topics"][0]["errorCode"]


def produce(broker: support.Process, name: str, partition: int, records: bytes) -> int:
    """The error code."""
    data = {"index": partition, "records": base64.b64encode(records).decode()}
    value = ask(broker, PRODUCE, 9, {"transactionalId": None, "acks": -1, "timeoutMs": 5000, "topicData": [
        {"name": name, "partitionData": [data]}]})
    return value["responses"][0]["partitionResponses"][0]["errorCode"]


def fetch_request(version: int, topics: dict, isolation: int = READ_UNCOMMITTED, max_bytes: int = ENOUGH,
                  max_wait: int = 0, min_bytes: int = 1, session: tuple = (0, -1)) -> dict:
    """Topics by name or, from version 13 on, by id; each with the arguments of fetch_partition() for its partitions."""
    value = {"maxWaitMs": max_wait, "minBytes": min_bytes, "topics": []}
    if version < 15:
        value["replicaId"] = -1
    if version >= 3:
        value["maxBytes"] = max_bytes
    if version >= 4:
        value["isolationLevel"] = isolation
    if version >= 7:
        value.update(sessionId=session[0], sessionEpoch=session[1], forgottenTopicsData=[])
    if version >= 11:
        value["rackId"] = ""
    for topic, partitions in topics.items():
        items = [fetch_partition(version, *p) for p in partitions]
        value["topics"].append({"topicId" if version >= 13 else "topic": topic, "partitions": items})
    return value


def fetch_partition(version: int, partition: int, offset: int, max_bytes: int = ENOUGH, epoch: int = -1,
                    last_epoch: int = -1) -> dict:
    value = {"partition": partition, "fetchOffset": offset, "partitionMaxBytes": max_bytes}
    if version >= 9:
        value["currentLeaderEpoch"] = epoch
    if version >= 12:
        value["lastFetchedEpoch"] = last_epoch
    if version >= 5:
        value["logStartOffset"] = -1
    return value


def list_request(version: int, topics: dict, isolation: int = READ_UNCOMMITTED) -> dict:
    """Topics by name, each with [partition, timestamp, leader epoch]."""
    value = {"replicaId": -1, "topics": []}
    if version >= 2:
        value["isolationLevel"] = isolation
    if version >= 10:
        value["timeoutMs"] = 1000
    for topic, partitions in topics.items():
        items = []
        for index, timestamp, *epoch in partitions:
            item = {"partitionIndex": index, "timestamp": timestamp}
            if version >= 4:
                item["currentLeaderEpoch"] = epoch[0] if epoch else -1
            if version == 0:
                item["maxNumOffsets"] = 10
            items.append(item)
        value["topics"].append({"name": topic, "partitions": items})
    return value


def metadata_request(version: int, topics: list | None) -> dict:
    value = {"topics": topics}
    if version >= 4:
        value["allowAutoTopicCreation"] = False
    if version >= 8:
        value["includeTopicAuthorizedOperations"] = False
    if 8 <= version <= 10:
        value["includeClusterAuthorizedOperations"] = False
    return value


def partitions_of(value: dict, topics: str = "responses") -> dict:
    """The partitions of an answer, by topic (name or id) and number, in the order of the answer."""
    return {(t.get("topic", t.get("topicId", t.get("name"))), p["partitionIndex"]): p
            for t in value[topics] for p in t["partitions"]}


class Batch:
    def __init__(self, data: bytes):
        self.data = data
        self.base_offset = struct.unpack_from(">q", data)[0]
        self.leader_epoch, _, _, attributes, delta = struct.unpack_from(">ibIhi", data, 12)
        self.last_offset = self.base_offset + delta
        self.is_transactional, self.is_control = attributes & 0x10 != 0, attributes & 0x20 != 0
        self.producer_id = struct.unpack_from(">q", data, 43)[0]

    def at(self, base_offset: int) -> bytes:
        """The same batch at another offset, which its checksum does not cover."""
        return struct.pack(">q", base_offset) + self.data[8:]


def batches_of(data: bytes) -> list[Batch]:
    """The complete batches of magic 2."""
    batches = []
    while len(data) >= 12 and len(data) >= (size := 12 + struct.unpack_from(">i", data, 8)[0]):
        batches.append(Batch(data[:size]))
        data = data[size:]
    return batches


def contents(folder: pathlib.Path) -> dict:
    """Every file, its bytes and the time of its last change."""
    return {str(p.relative_to(folder)): (p.read_bytes(), p.stat().st_mtime_ns) if p.is_file() else None
            for p in folder.rglob("*")}


@unittest.skipUnless(os.environ.get("KWIRE"), "needs KWIRE, the path of the kwire command")
class DataDirTest(unittest.TestCase):
    """Has a fresh copy of the directory that Apache Kafka wrote."""

    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        with tarfile.open(support.program("KAFKA_DATA_DIR")) as tar:
            tar.extractall(folder.name)
        self.root = pathlib.Path(folder.name)
        self.data = self.root / "data"
        self.expected = json.loads((self.root / "expected.json").read_text())

    def start(self, *properties: str) -> support.Process:
        file = self.root / "server.properties"
        # A transaction that Kafka left open is not aborted while a slow machine still reads its topic.
        late = "transaction.abort.timed.out.transaction.cleanup.interval.ms=3600000"
        file.write_text("".join(line + "\n" for line in (f"log.dirs={self.data}", late, *properties)))
        broker = support.Process(support.program("KWIRE_BROKER"), str(file), "--listen", "127.0.0.1:0")
        self.addCleanup(broker.stop)
        return broker

    def topics(self) -> dict:
        return {t["name"]: t for t in self.expected["topics"]}

    def leader_epoch(self, topic: str, partition: int) -> int:
        """The one that the broker starts: the next one after that of Kafka's clean stop."""
        image = json.loads((self.root / "image.json").read_text())
        (found,) = [t for t in image["topics"] if t["name"] == topic]
        return found["partitions"][partition]["leaderEpoch"] + 1

    def segments(self, partition: str) -> list[pathlib.Path]:
        return sorted((self.data / partition).glob("*.log"))

    def stored(self, partition: str) -> list[Batch]:
        return [b for s in self.segments(partition) for b in batches_of(s.read_bytes())]

    def fetch(self, broker: support.Process, topic: str, partition: int, offset: int, version: int = 12,
              max_bytes: int = ENOUGH, **more) -> dict:
        value = ask(broker, FETCH, version,
                    fetch_request(version, {topic: [[partition, offset, max_bytes]]}, **more))
        return partitions_of(value)[topic, partition]

    def read_all(self, broker: support.Process, topic: str, partition: int, offset: int, **more) -> bytes:
        """All batches from an offset on, as a consumer gets them answer by answer."""
        data = b""
        while True:
            part = self.fetch(broker, topic, partition, offset, **more)
            self.assertEqual(part["errorCode"], 0)
            batches = batches_of(base64.b64decode(part["records"]))
            if not batches:
                return data
            data += b"".join(b.data for b in batches)
            offset = batches[-1].last_offset + 1
