# SPDX-License-Identifier: Apache-2.0
"""One broker of the two that are compared: what it was asked and answered, with its own ids in place of names."""
from __future__ import annotations

import base64
import json
import struct
import sys
import tempfile
import time
from pathlib import Path

from conversation import Json, Step, is_loose
from spoil import NO_ID, UNKNOWN_ID
from wire import Closed, Codec, Connection

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "broker"))
import batch_bytes  # noqa: E402

HOUR = 3_600_000
STARTED = int(time.time() * 1000)  # all times that conversations name are more than a day earlier or centuries later
TIMES = {"logAppendTimeMs", "lastTimestamp", "lastFetchTimestamp", "lastCaughtUpTimestamp"}
LEFT_OUT = {"throttleTimeMs", "host", "port", "clusterId", "sessionId", "errorMessage", "recordErrors",
            "batchIndexErrorMessage", "logDir", "totalBytes", "usableBytes", "metadataOffset",
            "replicaDirectoryId"}
# What each broker has for itself. The words that explain a setting are the broker's own as well.
OWN_SETTINGS = {"listeners", "advertised.listeners", "log.dirs", "controller.quorum.bootstrap.servers"}
NAMES = ("name", "topic", "topicId", "resourceName", "partitionIndex", "partition", "index")
APPEND_TIME = 0x08
LOOSE = ("file", "position", "size", "crc", "batch", "detail")  # of batches that were compressed by the broker
LIST_OFFSETS_VERSION = 6
CLIENT_METRICS, FIRST_INTERVAL = 16, 1000
COORDINATOR_LOAD_IN_PROGRESS, NOT_LEADER_OR_FOLLOWER, LOADING_SECONDS = 14, 6, 15
COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR, NOT_ENOUGH_REPLICAS, CONCURRENT_TRANSACTIONS = 15, 16, 19, 51


def has_error(answer: object, codes: tuple[int, ...]) -> bool:
    if isinstance(answer, list):
        return any(has_error(item, codes) for item in answer)
    if not isinstance(answer, dict):
        return False
    return any(answer.get(name) in codes for name in ("errorCode", "partitionErrorCode")) or \
        any(has_error(item, codes) for item in answer.values())


def is_loading(api: str, body: Json, answer: Json) -> bool:
    """A single node leads everything, and all it needs is there, in the end; so has a transaction that is prepared."""
    codes = COORDINATOR_LOAD_IN_PROGRESS, NOT_LEADER_OR_FOLLOWER
    if "-t" in str(body.get("transactionalId") or body.get("v3AndBelowTransactionalId")):
        codes += CONCURRENT_TRANSACTIONS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR
        codes += (NOT_ENOUGH_REPLICAS,) if api == "Produce" else ()
    return has_error(answer, codes)


def ends_of(topics: list[Json]) -> Json:
    """A request to ListOffsets for the partitions of one to Produce."""
    asked = {(topic["name"] or "", one["index"]) for topic in topics for one in topic["partitionData"] or []}
    return {"replicaId": -1, "isolationLevel": 0, "topics": [
        {"name": name, "partitions": [{"partitionIndex": index, "currentLeaderEpoch": -1, "timestamp": -1}]}
        for name, index in sorted(asked)]}


def identity(item: object) -> tuple[str, ...]:
    """What lists are sorted by, so that equal things are compared with each other."""
    names = [str(item.get(name)) for name in NAMES] if isinstance(item, dict) else []
    return (*names, json.dumps(item, sort_keys=True))


def is_of_clock(value: int) -> bool:
    return STARTED - HOUR < value < STARTED + 1000 * HOUR


class Side:
    def __init__(self, name: str, codec: Codec) -> None:
        self.name = name
        self.codec = codec
        self.ids: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.producers: list[int] = []
        self.all_producers: list[int] = []
        self.session = 0  # of Fetch, the last one
        self.owners: dict[str, tuple[int, int]] = {}  # producer id and epoch of a transactional id
        self.changes = 0  # of a setting that nothing depends on

    def connect(self, port: int) -> None:
        self.connection = Connection(self.codec, port)
        self.versions = self.connection.versions()

    def disconnect(self) -> None:
        self.connection.close()

    def start(self, producers: list[int]) -> None:
        """A conversation, which knows these producer ids."""
        self.producers = producers

    # To the broker

    def _own_batch(self, text: str) -> str:
        *numbers, epoch = text.split(":")[1:]
        producer, (sequence, codec, at, count, flags) = numbers[0], map(int, numbers[1:])
        items = [(f"k{i}", "p" * 20, i) for i in range(count)]
        data = batch_bytes.batch(*items, at=at, codec=codec, sequence=sequence, flags=flags,
                                 epoch=self._own_epoch(producer, epoch[1:]) if epoch[0] == "e" else int(epoch),
                                 producer=self._own_producer(producer))
        return base64.b64encode(data).decode()

    def _own_epoch(self, owner: str, change: str) -> int:
        return max(-1, self.owners.get(owner, (0, 0))[1] + int(change))

    def _own_producer(self, name: str) -> int:
        """Of a number, or of a transactional id."""
        if not name.isdigit():
            return self.owners.get(name, (77, 0))[0]
        return self.producers[int(name)] if int(name) < len(self.producers) else 77

    def _own(self, value: object) -> object:
        if isinstance(value, dict):
            return {name: self._own(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self._own(item) for item in value]
        if isinstance(value, str) and value.startswith("@id:"):
            return self.ids.get(value[4:], UNKNOWN_ID)
        if value == "@session":
            return self.session
        if isinstance(value, str) and value.startswith("@producer:"):
            return self._own_producer(value[10:])
        if isinstance(value, str) and value.startswith("@epoch:"):
            return self._own_epoch(*value.split(":")[1:])
        if isinstance(value, str) and value.startswith("@batch:"):
            return self._own_batch(value)
        return value

    # From the broker

    def _learn(self, value: object) -> None:
        if isinstance(value, list):
            for item in value:
                self._learn(item)
        elif isinstance(value, dict):
            name, own_id = value.get("name"), value.get("topicId")
            if name and own_id and own_id != NO_ID:
                self.ids[name] = own_id
                self.names[own_id] = name
            for item in value.values():
                self._learn(item)

    def _common_records(self, records: str) -> str:
        """Batches without what a broker fills in by its clock."""
        data = bytearray(base64.b64decode(records))
        at = 0
        while len(data) - at >= 61:
            size = 12 + struct.unpack_from(">i", data, at + 8)[0]
            attributes = struct.unpack_from(">h", data, at + 21)[0]
            if attributes & APPEND_TIME:
                data[at + 17:at + 21] = bytes(4)
                for place in (at + 27, at + 35):  # the first one is the producer's, unless the batch was made again
                    if is_of_clock(struct.unpack_from(">q", data, place)[0]):
                        data[place:place + 8] = bytes(8)
            producer = struct.unpack_from(">q", data, at + 43)[0]
            if producer in self.producers:
                struct.pack_into(">q", data, at + 43, self.producers.index(producer))
                data[at + 17:at + 21] = bytes(4)  # the checksum is also of the producer id
            at += size
        return data.hex()

    def _common_content(self, records: str) -> list[Json]:
        """The batches of a loose topic and their records."""
        with tempfile.NamedTemporaryFile(suffix=".log") as file:
            file.write(base64.b64decode(records))
            file.flush()
            lines = self.codec.dump(file.name, "log")
        for line in lines:
            for name in LOOSE:
                line.pop(name, None)
            for name, item in line.items():
                if isinstance(item, int) and is_of_clock(item):
                    line[name] = "a time"
            if line.get("producerId") in self.producers:
                line["producerId"] = f"producer {self.producers.index(line['producerId'])}"
        return lines

    def _of_loose(self, topic: Json) -> Json:
        """Of an answer to Fetch."""
        partitions = [{**one, "records": self._common_content(one["records"])} if one.get("records") else one
                      for one in topic["partitions"]]
        return {**topic, "partitions": partitions}

    def _common_of_object(self, value: Json) -> Json:
        topic = value.get("topic") or self.names.get(value.get("topicId"), "")
        if is_loose(topic) and "partitions" in value:
            value = self._of_loose(value)
        if value.get("name") in OWN_SETTINGS and value.get("value"):
            value = {**value, "value": "its own"}
        if value.get("documentation"):
            value = {**value, "documentation": "its own"}
        return {name: self._common(item, name) for name, item in value.items() if name not in LEFT_OUT}

    def _common(self, value: object, key: str = "") -> object:
        if isinstance(value, dict):
            return self._common_of_object(value)
        if isinstance(value, list):
            return sorted((self._common(item, key) for item in value), key=identity)
        if isinstance(value, int) and (key in TIMES and value > 0 or key == "timestamp" and is_of_clock(value)):
            return "a time"
        if key == "producerId" and value in self.producers:
            return f"producer {self.producers.index(value)}"
        if key == "records" and isinstance(value, str):
            return self._common_records(value)
        if isinstance(value, str) and value in self.names:
            return f"id of {self.names[value]}"
        return value

    def _answer(self, step: Step) -> Json:
        """The answer, once the broker has loaded what it needs for it, and leads what it has created."""
        if step.api == "Produce" and step.body["acks"] == 0:
            self._loaded("ListOffsets", LIST_OFFSETS_VERSION, ends_of(step.body["topicData"] or []))
            return self.connection.tell(step.api, step.version, self._own(step.body))
        return self._loaded(step.api, step.version, self._own(step.body))

    def _loaded(self, api: str, version: int, body: Json) -> Json:
        deadline = time.monotonic() + LOADING_SECONDS
        while True:
            answer = self.connection.ask(api, version, body)
            if not is_loading(api, body, answer) or time.monotonic() > deadline:
                return answer
            time.sleep(0.02)

    def ask(self, step: Step) -> Json:
        """The answer in the form that both sides have in common."""
        try:
            answer = self._answer(step)
        except Closed:
            return {"closed": True}
        except TimeoutError:
            self.connection.close()
            raise
        self._learn(answer)
        self.session = answer.get("sessionId") or self.session
        if step.api == "InitProducerId" and answer.get("errorCode") == 0:
            self.producers.append(answer["producerId"])
            self.all_producers.append(answer["producerId"])
        owner = step.body.get("transactionalId")
        if step.api in ("InitProducerId", "EndTxn") and owner:
            self._wait_for_markers(owner)
            if answer.get("producerId", -1) >= 0:
                self.owners[owner] = answer["producerId"], answer["producerEpoch"]
        return self._common(answer)

    def _wait_for_markers(self, owner: str) -> None:
        """Until a transaction that was ended is complete: until then Kafka takes batches in front of its markers."""
        deadline = time.monotonic() + LOADING_SECONDS
        while time.monotonic() < deadline:
            described = self.connection.ask("DescribeTransactions", 0, {"transactionalIds": [owner]})
            if not any(one["transactionState"].startswith("Prepare") for one in described["transactionStates"]):
                break
            time.sleep(0.005)

    def find_transactions(self) -> None:
        """Makes the topic of their coordinators."""
        deadline = time.monotonic() + LOADING_SECONDS
        while has_error(self.connection.ask("FindCoordinator", 4, {"keyType": 1, "coordinatorKeys": ["a"]}),
                        (COORDINATOR_NOT_AVAILABLE,)) and time.monotonic() < deadline:
            time.sleep(0.1)

    def wait_for_settings(self) -> None:
        """Until logs have all settings that the broker has answered for. It gives them to its logs after it shows them,
        and shows no later change before; so a change that is made when another one is shown is seen when they have."""
        for _ in range(2):
            self.changes += 1
            value = str(FIRST_INTERVAL + self.changes)
            config = {"name": "interval.ms", "configOperation": 0, "value": value}
            resource = {"resourceType": CLIENT_METRICS, "resourceName": "differential"}
            self.connection.ask("IncrementalAlterConfigs", 1, {"validateOnly": False, "resources": [
                {**resource, "configs": [config]}]})
            asked = {"resources": [{**resource, "configurationKeys": ["interval.ms"]}]}
            deadline = time.monotonic() + LOADING_SECONDS
            while value not in self._values(self.connection.ask("DescribeConfigs", 4, asked)):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{self.name} does not show a setting")

    @staticmethod
    def _values(described: Json) -> list[object]:
        return [config["value"] for result in described["results"] for config in result["configs"]]

    def topics(self, prefix: str) -> Json:
        """What Metadata says of the topics of a conversation."""
        answer = self.connection.ask("Metadata", self.versions[3][1], {"topics": None})
        self._learn(answer)
        answer = self._common(answer)
        return {"topics": [one for one in answer["topics"] if one["name"].startswith(prefix)]}
