# SPDX-License-Identifier: Apache-2.0
"""Random conversations with a broker: requests that mean something, valid ones and others.

A request is JSON in which "@id:NAME" stands for the id that the broker gave to topic NAME, and "@producer:N" for the
N-th producer id that it gave; each side replaces them by its own. Records are made when the request is made, so both
sides get the same bytes.
"""
from __future__ import annotations

import base64
import random
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "broker"))
import batch_bytes  # noqa: E402
from spoil import NO_ID, UNKNOWN_ID, spoiled  # noqa: E402

Json = dict[str, object]
START = (int(time.time()) // 86_400 - 1) * 86_400_000  # yesterday; older records might be deleted meanwhile
SPECIAL_TIMES = (-1, -2, -3, -4, -5, -6, -7)
TOPIC_CONFIGS = {
    "cleanup.policy": ("delete", "compact", "compact,delete", "delete,delete", "none", "", "compact,", ",delete", ","),
    "retention.ms": ("-1", "1000000000", "-2", "x", "", " 5000000000 "),
    "retention.bytes": ("-1", "1000000", "-5", "1e3"),
    "segment.bytes": ("1048576", "1048575", "2147483647", "2147483648"),
    "segment.ms": ("1", "1500", "3000", "3000", "0", "x"),
    "max.message.bytes": ("1000", "0", "-1", "1048588"),
    "compression.type": ("producer", "gzip", "uncompressed", "GZIP", "rar"),
    "message.timestamp.type": ("CreateTime", "createtime", "x"),
    "message.timestamp.before.max.ms": ("1000", "9223372036854775807", "-1"),
    "min.insync.replicas": ("1", "2", "0"),
    "min.compaction.lag.ms": ("0", "10", "9223372036854775807"),
    "max.compaction.lag.ms": ("1", "9223372036854775807", "0"),
    "min.cleanable.dirty.ratio": ("0.5", "1", "1.5", "0", "NaN"),
    "flush.messages": ("1", "0", "9223372036854775807"),
    "preallocate": ("false", "TRUE", "yes"),
    "unclean.leader.election.enable": ("true", "false", "1"),
    "leader.replication.throttled.replicas": ("*", "0:1,1:1", "none", "0:1:2"),
    "remote.storage.enable": ("false", "true"),
    "no.such.config": ("1",),
}
# Only of new topics: Kafka's segments have what was set when the folder was made, those of kwire-broker what was set
# before the first record.
NEW_TOPIC_CONFIGS = {
    **TOPIC_CONFIGS,
    "segment.index.bytes": ("12", "24", "36", "3", "-1"),
    "index.interval.bytes": ("0", "1", "100", "-1"),
}
# Of loose topics: their batches have times of the broker's clock, or sizes that depend on the library that compresses,
# so segments must not end by either.
LOOSE_CONFIGS = {
    **TOPIC_CONFIGS,
    "compression.type": ("producer", "gzip", "snappy", "lz4", "zstd", "uncompressed"),
    "compression.gzip.level": ("1", "-1", "10"),
    "compression.lz4.level": ("1", "17", "0"),
    "compression.zstd.level": ("1", "-5", "23"),
    "message.timestamp.type": ("CreateTime", "LogAppendTime"),
}
del LOOSE_CONFIGS["segment.ms"]
CHANGED_CONFIGS = {"segment.bytes", "min.insync.replicas", "segment.index.bytes"}  # since Kafka 3.9
FIRST_WITH_EPOCHS = 5  # version of EndTxn: each transaction has one
OF_CLOCK = {"segment.ms"}  # the age of a segment whose messages have no times is that of its file
LAST_UNVERIFIED = 11  # version of Produce; later ones add partitions to the transaction
BROKER_CONFIGS = {
    "log.retention.ms": ("1000000000", "x"),
    "log.cleaner.threads": ("1", "0"),
    "background.threads": ("10", "x"),
    "message.max.bytes": ("1048588", "-1"),
    "node.id": ("1",),
    "num.partitions": ("1",),
    "of.a.plugin": ("1",),
    "listeners": ("PLAINTEXT://:1",),
}


def is_loose(topic: str | None) -> bool:
    """Whether two brokers that do the same may store other bytes: what they compress, or when it was appended."""
    return topic is not None and topic.endswith("z")


@dataclass(frozen=True)
class Step:
    api: str
    version: int
    body: Json
    changes: bool = False  # the metadata
    reads: bool = False  # changes nothing, so it can be asked again

    def text(self) -> str:
        return f"{self.api} v{self.version} {self.body}"


@dataclass
class Conversation:
    random: random.Random
    versions: dict[str, tuple[int, int]]  # that both sides serve
    prefix: str
    removed: dict[str, tuple[int, int]] = field(default_factory=dict)  # that the newest Kafka does not serve
    topics: dict[str, int] = field(default_factory=dict)  # partitions, as far as the conversation knows
    deleted: list[str] = field(default_factory=list)
    session_epoch: int = -1  # of the next Fetch in it
    producers: int = 0
    sequences: dict[tuple[int, str, int], int] = field(default_factory=dict)
    clock: int = START
    unverified: bool = False  # transactions without a coordinator, which these brokers accept up to Produce 11
    epochs: dict[int, int] = field(default_factory=dict)  # of producers
    coordinator_epoch: int = 3
    transactions: bool = False  # with coordinators
    owners: set[str] = field(default_factory=set)  # transactional ids

    # What to choose from

    def chance(self, of: float) -> bool:
        return self.random.random() < of

    def topic(self, valid: float = 0.9) -> str:
        if self.topics and self.chance(valid):
            return self.random.choice(sorted(self.topics))
        return self.random.choice([*self.deleted[-3:], f"{self.prefix}-unknown", f"{self.prefix}.x y", ""])

    def partition(self, topic: str, valid: float = 0.92) -> int:
        count = self.topics.get(topic, 1)
        return self.random.randrange(count) if self.chance(valid) else self.random.choice((count, -1, 2147483647))

    def topic_id(self, topic: str, strange: tuple[str, ...] = (NO_ID, UNKNOWN_ID)) -> str:
        if strange and self.chance(0.03):
            return self.random.choice(strange)
        return f"@id:{topic}" if topic in self.topics or topic in self.deleted else UNKNOWN_ID

    def version(self, api: str) -> int:
        if api in self.removed and self.chance(0.8):
            return self.random.randint(*self.removed[api])
        first, last = self.versions[api]
        return self.random.choice((last, self.random.randint(first, last)))

    def step(self, api: str, body: Json, **more: bool) -> Step:
        return Step(api, self.version(api), body, **more)

    def timeout(self) -> int:
        """Of what the controller does; what has no time is not done."""
        return 30000 if self.chance(0.97) else self.random.choice((0, -1))

    def too_many(self) -> int:
        """Partitions; before Kafka 4 there was no limit."""
        return 0 if self.removed else 20000

    # Topics

    def known_configs(self, configs: dict[str, tuple[str, ...]], topic: str) -> dict[str, tuple[str, ...]]:
        """Without those that an older release takes otherwise; it did not know topics without a clean-up policy,
        and shows one twice that was given twice. A transaction of a topic that no marker fits into never ends."""
        configs = LOOSE_CONFIGS if is_loose(topic) else configs
        if self.transactions:
            return configs | {"max.message.bytes": ("1000", "-1")}
        if not self.removed:
            return configs
        known = {name: values for name, values in configs.items() if name not in CHANGED_CONFIGS | OF_CLOCK}
        policies = tuple(one for one in known["cleanup.policy"] if one not in ("", "delete,delete"))
        return known | {"cleanup.policy": policies}

    def configs(self, topic: str) -> list[Json]:
        known = self.known_configs(NEW_TOPIC_CONFIGS, topic)
        names = self.random.sample(sorted(known), self.random.randint(0, 3))
        return [{"name": name, "value": self.random.choice(known[name]) if self.chance(0.97) else None}
                for name in names]

    def new_topic(self) -> Json:
        name = f"{self.prefix}-{len(self.topics) + len(self.deleted)}{self.random.choice(('', '', 'z'))}"
        if self.chance(0.15):
            name = self.random.choice((self.topic(0.6), f"{self.prefix}_{len(self.topics)}.a",
                                       f"{self.prefix}.{len(self.topics)}_a", "x" * 250, "a b", ".", "..", "",
                                       "__cluster_metadata"))
        topic = {"name": name, "numPartitions": self.random.choice((1, 1, 2, 3, -1)),
                 "replicationFactor": self.random.choice((1, 1, -1)), "assignments": [], "configs": []}
        if self.chance(0.1):
            topic["numPartitions"] = self.random.choice((0, -2, self.too_many()))
        if self.chance(0.08):
            topic["replicationFactor"] = self.random.choice((0, -2, 2, 32767))
        if self.chance(0.9 if is_loose(name) else 0.4):
            topic["configs"] = self.configs(name)
        if self.chance(0.12):
            topic["assignments"] = self.assignments()
            if self.chance(0.8):
                topic["numPartitions"] = topic["replicationFactor"] = -1
        return topic

    def assignments(self) -> list[Json]:
        good = [{"partitionIndex": i, "brokerIds": [1]} for i in range(self.random.randint(1, 3))]
        bad = self.random.choice(([], [{"partitionIndex": 0, "brokerIds": []}],
                                  [{"partitionIndex": 0, "brokerIds": [2]}],
                                  [{"partitionIndex": 0, "brokerIds": [1, 1]}],
                                  [{"partitionIndex": 1, "brokerIds": [1]}],
                                  [{"partitionIndex": 0, "brokerIds": [1]}, {"partitionIndex": 0, "brokerIds": [1]}]))
        return good if self.chance(0.6) else bad

    def create_topics(self) -> Step:
        topics = [self.new_topic() for _ in range(self.random.choice((1, 1, 1, 2, 3)))]
        for topic in topics:
            if topic["name"].startswith(self.prefix) and " " not in topic["name"]:
                count = len(topic["assignments"]) or topic["numPartitions"]
                self.topics.setdefault(topic["name"], max(1, min(count, 3)))
        body = {"topics": topics, "timeoutMs": self.timeout(), "validateOnly": self.chance(0.1)}
        return self.step("CreateTopics", body, changes=True)

    def loose_topic(self) -> Step:
        name = f"{self.prefix}-{len(self.topics)}z"
        self.topics[name] = 2
        topic = {"name": name, "numPartitions": 2, "replicationFactor": 1, "assignments": [], "configs": []}
        return Step("CreateTopics", 7, {"topics": [topic], "timeoutMs": 30000, "validateOnly": False}, changes=True)

    def delete_topics(self) -> Step:
        names = [self.topic(0.7) for _ in range(self.random.choice((1, 1, 2)))]
        by_id = self.chance(0.5)
        topics = [{"name": None, "topicId": self.topic_id(name)} if by_id and name else
                  {"name": name, "topicId": NO_ID if self.chance(0.9) else self.topic_id(name)} for name in names]
        for name in names:
            if self.topics.pop(name, 0):
                self.deleted.append(name)
        body = {"topics": topics, "topicNames": names, "timeoutMs": self.timeout()}
        return self.step("DeleteTopics", body, changes=True)

    def create_partitions(self) -> Step:
        name = self.topic()
        count = self.topics.get(name, 1) + self.random.choice((1, 1, 2, 0, -1, self.too_many()))
        body = {"topics": [{"name": name, "count": count, "assignments": None}], "timeoutMs": self.timeout(),
                "validateOnly": self.chance(0.2)}
        if self.chance(0.2):
            body["topics"][0]["assignments"] = [{"brokerIds": self.random.choice(([1], [2], [], [1, 1]))}]
        return self.step("CreatePartitions", body, changes=True)

    # Configs

    def resource(self, changes: bool = True) -> tuple[int, str, dict[str, tuple[str, ...]]]:
        """Of a broker an older release decides otherwise what may change."""
        if self.chance(0.75) or changes and self.removed:
            topic = self.topic()
            return 2, topic, self.known_configs(TOPIC_CONFIGS, topic)
        return 4, self.random.choice(("1", "", "2", "x")), BROKER_CONFIGS

    def incremental_alter_configs(self) -> Step:
        kind, name, known = self.resource()
        configs = []
        for config in self.random.sample(sorted(known), self.random.randint(1, 2)):
            operation = self.random.choice((0, 0, 0, 1, 2, 3))
            value = self.random.choice(known[config]) if operation != 1 or self.chance(0.3) else None
            configs.append({"name": config, "configOperation": operation, "value": value})
        if self.chance(0.05):
            configs.append(dict(configs[0]))
        if self.chance(0.05):
            configs[0]["value"] = None
        if kind == 4 and name in ("1", ""):  # nothing that outlives the conversation
            configs = [{"name": "of.a.plugin", "configOperation": 1, "value": None}] if self.chance(0.3) else configs
        body = {"resources": [{"resourceType": kind, "resourceName": name, "configs": configs}],
                "validateOnly": kind == 4 or self.chance(0.1)}
        return self.step("IncrementalAlterConfigs", body, changes=True)

    def alter_configs(self) -> Step:
        kind, name, known = self.resource()
        configs = [{"name": config, "value": self.random.choice(known[config])}
                   for config in self.random.sample(sorted(known), self.random.randint(0, 2))]
        body = {"resources": [{"resourceType": kind, "resourceName": name, "configs": configs}],
                "validateOnly": kind == 4 or self.chance(0.1)}
        return self.step("AlterConfigs", body, changes=True)

    def describe_configs(self) -> Step:
        kind, name, known = self.resource(changes=False)
        # An older release has other settings, with other defaults.
        only_some = self.chance(0.6) or bool(self.removed)
        same = sorted({*known} - {"node.id", "listeners"} if self.removed else known)  # a default, a type
        keys = self.random.sample(same, 3) if only_some else None
        if keys and self.chance(0.1):
            keys = self.random.choice((keys + keys[:1], [""], [] if not self.removed else ["x"]))
        body = {"resources": [{"resourceType": kind, "resourceName": name, "configurationKeys": keys}],
                "includeSynonyms": self.chance(0.7), "includeDocumentation": self.chance(0.3)}
        return self.step("DescribeConfigs", body, reads=True)

    # Records

    def messages(self) -> str:
        """What clients sent before there were batches: messages of magic 0 and 1, plain or in a compressed one."""
        self.clock += 1000
        magic = self.random.choice((0, 1))
        plain = [self.message(magic, i) for i in range(self.random.choice((1, 1, 2, 5)))]
        data = b"".join(plain)
        if self.chance(0.3):
            offset = None if self.chance(0.9) else self.random.choice((0, 7))
            data = batch_bytes.wrapped(*plain, magic=magic, offset=offset, at=self.clock,
                                       codec=self.random.choice((1, 2, 3)))
        if self.chance(0.05):
            other = batch_bytes.message("k", "v", 1 - magic, len(plain), at=self.clock)
            data = self.random.choice((b"", data[:-3], data[:20], data + other, data + data[:9],
                                       batch_bytes.wrapped(other, magic=magic, at=self.clock)))
        return base64.b64encode(data).decode()

    def message(self, magic: int, index: int) -> bytes:
        more: Json = {"at": self.clock + index}
        if self.chance(0.06):
            more |= self.random.choice(({"checksum": 1}, {"attributes": 7}, {"attributes": 8}, {"at": -1}, {"at": -2},
                                        {"attributes": 1}, {"offset": 9}))
        key = f"k{index}" if self.chance(0.8) else None
        value = "v" * self.random.choice((0, 1, 10, 300)) if self.chance(0.95) else None
        return batch_bytes.message(key, value, magic, **{"offset": index, **more})

    def records(self, topic: str, partition: int) -> str:
        self.clock += 1000
        count = self.random.choice((1, 1, 3, 20))
        items = [(f"k{i}" if self.chance(0.8) else None, "v" * self.random.choice((1, 10, 300)), i)
                 for i in range(count)]
        more: Json = {"at": self.clock, "codec": self.random.choice((0, 0, 0, 0, 1, 2, 3, 4))}
        if self.producers and self.chance(0.4) and not self.transactions:
            producer = self.random.randrange(self.producers)
            key = (producer, topic, partition)
            sequence = self.sequences.get(key, 0)
            if self.chance(0.8):
                self.sequences[key] = sequence + count
            elif self.chance(0.7):
                sequence = max(0, sequence - self.random.choice((1, count, 7)))
            else:
                sequence += 5
            text = f"@batch:{producer}:{sequence}:{more['codec']}:{self.clock}:{count}"
            return text + self.transaction(producer, topic)
        if self.chance(0.15):
            more |= self.random.choice(({"checksum": 1}, {"count": count + 1}, {"last_delta": count + 3}, {"codec": 7},
                                        {"flags": 0x20}, {"flags": 0x08}, {"magic": 3}, {"base_offset": 5},
                                        {"producer": 5}, {"length": 10}, {"at": -2}, {"at": 9_000_000_000_000},
                                        {"flags": 0x10, "producer": 5, "epoch": 0, "sequence": 0}, {"flags": 0x10}))
            if self.removed and more["at"] == -2:  # which the older release cannot convert for an old Fetch
                more["at"] = self.clock
        data = batch_bytes.batch(*items, **more)
        if self.chance(0.03):
            data = self.random.choice((b"", data + data, data[:-3], data[:30]))
        return base64.b64encode(data).decode()

    def transaction(self, producer: int, topic: str) -> str:
        """Flags and epoch of a batch."""
        if not self.unverified or not is_loose(topic):
            return ":0:0"
        epoch = self.epochs.get(producer, 0)
        flags = 0x10 if producer % 3 or self.chance(0.1) else 0
        return f":{flags}:{epoch if self.chance(0.9) else max(0, epoch + self.random.choice((-1, 1)))}"

    def transactional_id(self) -> str:
        return self.random.choice(sorted(self.owners)) if self.owners and self.chance(0.95) else f"{self.prefix}-none"

    def producer_of(self, owner: str) -> Json:
        """Id and epoch, mostly the right ones."""
        if self.chance(0.04):
            owner = f"{self.prefix}-t{self.random.randrange(4)}"
        change = self.random.choice((-1, 1)) if self.chance(0.06) else 0
        return {"producerId": f"@producer:{owner}", "producerEpoch": f"@epoch:{owner}:{change}"}

    def loose_topics(self) -> list[Json]:
        names = [name for name in sorted(self.topics) if is_loose(name)]
        names = self.random.sample(names, min(len(names), self.random.choice((1, 1, 2))))
        return [{"name": name, "partitions": [self.partition(name, 0.97)]} for name in names]

    def init_transactions(self) -> Step:
        owner = f"{self.prefix}-t{self.random.randrange(3)}"
        timeout = self.random.choice((0, -1)) if self.chance(0.05) else 900000  # as long as a run may take
        body: Json = {"transactionalId": owner, "transactionTimeoutMs": timeout, "producerId": -1, "producerEpoch": -1}
        if owner in self.owners and self.chance(0.3):
            body |= self.producer_of(owner)
        self.owners.add(owner)
        self.sequences = {key: at for key, at in self.sequences.items() if key[0] != owner}
        return self.step("InitProducerId", body)

    def add_partitions_to_txn(self) -> Step:
        owner = self.transactional_id()
        own = self.producer_of(owner)
        body = {"v3AndBelowTransactionalId": owner, "v3AndBelowProducerId": own["producerId"],
                "v3AndBelowProducerEpoch": own["producerEpoch"], "v3AndBelowTopics": self.loose_topics()}
        return Step("AddPartitionsToTxn", self.random.randrange(4), body)

    def end_txn(self) -> Step:
        owner = self.transactional_id()
        version = self.version("EndTxn")
        if version >= FIRST_WITH_EPOCHS:
            self.sequences = {key: at for key, at in self.sequences.items() if key[0] != owner}
        return Step("EndTxn", version, {"transactionalId": owner, "committed": self.chance(0.5),
                                        **self.producer_of(owner)})

    def produce_in_transaction(self) -> Step:
        owner, data = self.transactional_id(), []
        for topic in self.loose_topics():
            name, index = topic["name"], topic["partitions"][0]
            key, count = (owner, name, index), self.random.choice((1, 3))
            self.clock += 1000
            own, sequence = self.producer_of(owner), self.sequences.get(key, 0)
            self.sequences[key] = sequence + count
            sequence += 3 if self.chance(0.04) else 0
            number, change = own["producerEpoch"].split(":")[1:]
            data.append({"name": name, "topicId": self.topic_id(name, ()), "partitionData": [{
                "index": index, "records": f"@batch:{number}:{sequence}:0:{self.clock}:{count}:16:e{change}"}]})
        return self.step("Produce", {"transactionalId": owner, "acks": self.random.choice((1, -1)), "timeoutMs": 5000,
                                     "topicData": data})

    def write_txn_markers(self) -> Step:
        """Markers have times of the broker's clock, so only loose topics get them."""
        markers = []
        for _ in range(self.random.choice((1, 1, 2))):
            producer, version = self.random.randrange(self.producers + 1), self.random.choice((0, 1, 2))
            epoch = self.epochs.get(producer, 0)
            if version == 2 and self.chance(0.8):
                epoch += 1
            self.coordinator_epoch += self.chance(0.2)
            names = [name for name in sorted(self.topics) if is_loose(name)]
            names = self.random.sample(names, min(len(names), 2))
            if self.chance(0.2):
                names.append(f"{self.prefix}-unknown")
            topics = [{"name": name, "partitionIndexes": [self.partition(name)]} for name in names]
            for name in names:
                for index in range(4):
                    self.sequences.pop((producer, name, index), None) if epoch > self.epochs.get(producer, 0) else None
            self.epochs[producer] = max(epoch, self.epochs.get(producer, 0))
            if self.chance(0.1):
                epoch = self.random.choice((0, epoch + 1, 32767))
            markers.append({"producerId": f"@producer:{producer}", "producerEpoch": epoch, "topics": topics,
                            "transactionResult": self.chance(0.5), "transactionVersion": version,
                            "coordinatorEpoch": self.coordinator_epoch - self.random.choice((0, 0, 0, 1, 3))})
        return self.step("WriteTxnMarkers", {"markers": markers})

    def produce(self) -> Step:
        topics = []
        version = self.version("Produce")
        has_messages = self.chance(0.85 if version < 3 else 0.03)
        for _ in range(self.random.choice((1, 1, 2))):
            topic = self.topic(0.95)
            if any(one["name"] == topic for one in topics):
                continue
            index = self.partition(topic)
            topics.append({"name": topic, "topicId": self.topic_id(topic),
                           "partitionData": [{"index": index, "records": self.messages() if has_messages else
                                              self.records(topic, index)}]})
        acks = self.random.choice((1, -1, 0, 0, 2)) if self.chance(0.3) else self.random.choice((1, -1))
        transactional_id = "unknown" if self.chance(0.9 if self.unverified else 0.08) else None
        if self.unverified and self.chance(0.95):
            version = min(version, LAST_UNVERIFIED)
        return Step("Produce", version, {"transactionalId": transactional_id, "acks": acks, "timeoutMs": 5000,
                                         "topicData": topics})

    def init_producer_id(self) -> Step:
        self.producers += 1
        return self.step("InitProducerId", {"transactionalId": None, "transactionTimeoutMs": 60000})

    def fetch(self) -> Step:
        topics = []
        names = sorted({self.topic(0.95) for _ in range(2)})
        # Where sizes of batches may differ, they must not matter.
        limits = (1000000,) if any(map(is_loose, names)) else (1000000, 100, 0, -1)
        for topic in names:
            # An id of zeros is an internal error of Kafka.
            topics.append({"topic": topic, "topicId": self.topic_id(topic, (UNKNOWN_ID,)), "partitions": [
                {"partition": self.partition(topic), "currentLeaderEpoch": self.random.choice((-1, -1, 0, 1)),
                 "fetchOffset": self.random.choice((0, 0, 1, 5, 30, -1, 1000)),
                 "lastFetchedEpoch": self.random.choice((-1, -1, -1, 0, 1)), "logStartOffset": -1,
                 "partitionMaxBytes": self.random.choice(limits)}]})
        body = {"replicaId": -1, "maxWaitMs": 0, "minBytes": 0,
                "maxBytes": 50000000 if len(limits) == 1 else self.random.choice((50000000, 500, 0, -1)),
                "isolationLevel": self.random.choice((0, 1)), "sessionId": 0, "sessionEpoch": -1, "topics": topics,
                "forgottenTopicsData": [], "rackId": ""}
        in_session = self.chance(0.3)
        if in_session:
            self.in_session(body)
        return self.step("Fetch", body, reads=not in_session)

    def in_session(self, body: Json) -> None:
        """A Fetch that starts a session, or continues the one that was started last."""
        if self.session_epoch < 0 or self.chance(0.2):
            body["sessionEpoch"] = 0
            self.session_epoch = 1
            return
        body["sessionId"] = "@session"
        body["maxBytes"] = 50000000
        body["sessionEpoch"] = self.session_epoch
        self.session_epoch += 1
        if self.chance(0.1):
            body["sessionEpoch"] = self.random.choice((self.session_epoch + 5, 0, -1))
            self.session_epoch = -1
        if self.chance(0.3):
            topic = self.topic()
            body["forgottenTopicsData"] = [{"topic": topic, "topicId": self.topic_id(topic, (UNKNOWN_ID,)),
                                            "partitions": [self.partition(topic)]}]
        if self.chance(0.4):
            body["topics"] = []

    def list_offsets(self) -> Step:
        topic = self.topic()
        times = self.random.choice((self.random.choice(SPECIAL_TIMES), self.clock - 1500, START, 0))
        body = {"replicaId": -1, "isolationLevel": self.random.choice((0, 1)), "timeoutMs": 5000, "topics": [
            {"name": topic, "partitions": [{"partitionIndex": self.partition(topic), "timestamp": times,
                                            "maxNumOffsets": self.random.choice((1, 10, 2, 0, -1)),
                                            "currentLeaderEpoch": self.random.choice((-1, -1, 0, 1))}]}]}
        return self.step("ListOffsets", body, reads=True)

    def offset_for_leader_epoch(self) -> Step:
        topic = self.topic()
        body = {"replicaId": -1, "topics": [{"topic": topic, "partitions": [
            {"partition": self.partition(topic), "currentLeaderEpoch": self.random.choice((-1, 0, 1)),
             "leaderEpoch": self.random.choice((0, 1, -1, 5))}]}]}
        return self.step("OffsetForLeaderEpoch", body, reads=True)

    def delete_records(self) -> Step:
        topic = self.topic()
        body = {"timeoutMs": 5000, "topics": [{"name": topic, "partitions": [
            {"partitionIndex": self.partition(topic), "offset": self.random.choice((0, 1, 2, -1, 100000, -2))}]}]}
        return self.step("DeleteRecords", body)

    def describe_producers(self) -> Step:
        topic = self.topic()
        return self.step("DescribeProducers",
                         {"topics": [{"name": topic, "partitionIndexes": [self.partition(topic)]}]}, reads=True)

    # The cluster

    def metadata(self) -> Step:
        names = [self.topic(0.8) for _ in range(2)]
        topics = [{"topicId": self.topic_id(name), "name": None} if self.chance(0.3) and name else
                  {"topicId": NO_ID, "name": name} for name in names]
        body = {"topics": topics, "allowAutoTopicCreation": False,
                "includeTopicAuthorizedOperations": self.chance(0.2)}
        step = self.step("Metadata", body, reads=True)
        if step.version < 10:
            body["topics"] = [{"name": name} for name in names]
        return step

    def describe_topic_partitions(self) -> Step:
        # An empty name is an internal error of Kafka, which then answers for no topic at all.
        names = sorted({self.topic(0.8) for _ in range(2)} - {""})
        return self.step("DescribeTopicPartitions", {"topics": [{"name": name} for name in names],
                                                     "responsePartitionLimit": 2000, "cursor": None}, reads=True)

    def describe_log_dirs(self) -> Step:
        topic = self.topic(0.8)
        return self.step("DescribeLogDirs",
                         {"topics": [{"topic": topic, "partitions": [0, self.partition(topic)]}]}, reads=True)

    def describe_cluster(self) -> Step:
        step = self.step("DescribeCluster", {"includeClusterAuthorizedOperations": self.chance(0.5)}, reads=True)
        if step.version >= 1:
            step.body["endpointType"] = self.random.choice((1, 1, 2, 7))
        return step

    def elect_leaders(self) -> Step:
        topic = self.topic()
        body = {"electionType": self.random.choice((0, 1)), "timeoutMs": self.timeout(),
                "topicPartitions": [{"topic": topic, "partitions": [self.partition(topic)]}]}
        return self.step("ElectLeaders", body)

    def alter_partition_reassignments(self) -> Step:
        topic = self.topic()
        replicas = self.random.choice(([1], None, [], [2], [1, 1], [1, 2]))
        body = {"timeoutMs": self.timeout(), "allowReplicationFactorChange": self.chance(0.7), "topics": [
            {"name": topic, "partitions": [{"partitionIndex": self.partition(topic), "replicas": replicas}]}]}
        return self.step("AlterPartitionReassignments", body)

    def list_partition_reassignments(self) -> Step:
        topic = self.topic()
        topics = [{"name": topic, "partitionIndexes": [self.partition(topic)]}] if self.chance(0.6) else None
        return self.step("ListPartitionReassignments", {"timeoutMs": 5000, "topics": topics}, reads=True)

    def update_features(self) -> Step:
        name = self.random.choice(("transaction.version", "group.version", "metadata.version", "no.such.feature"))
        body = {"timeoutMs": 5000, "validateOnly": True, "featureUpdates": [
            {"feature": name, "maxVersionLevel": self.random.choice((1, 0, 2, 99, -1)), "allowDowngrade": False,
             "upgradeType": self.random.choice((1, 2, 3, 0))}]}
        step = self.step("UpdateFeatures", body)
        return step if step.version >= 1 else Step(step.api, self.versions[step.api][1], body)

    def describe_quorum(self) -> Step:
        name, partition = self.random.choice((("__cluster_metadata", 0), ("__cluster_metadata", 1), (self.topic(), 0)))
        return self.step("DescribeQuorum",
                         {"topics": [{"topicName": name, "partitions": [{"partitionIndex": partition}]}]}, reads=True)

    def find_coordinator(self) -> Step:
        keys = ["", "group", f"{self.prefix}-group", "a:b", f"group:{UNKNOWN_ID}:0", f"a:b:{UNKNOWN_ID}:-3::",
                f"group:{UNKNOWN_ID}:x", f" :{UNKNOWN_ID}:1", "\u00e4\u20ac"]
        # Not of transactions, which kwire-broker does not coordinate.
        body = {"key": self.random.choice(keys), "keyType": self.random.choice((0, 0, 0, 2, 2, 3, -1)),
                "coordinatorKeys": self.random.choices(keys, k=self.random.randint(0, 3))}
        return self.step("FindCoordinator", body, reads=True)

    def list_config_resources(self) -> Step:
        kinds = self.random.choice(([], [2], [4], [8], [16], [32], [2, 4], [2, 2], [99]))
        return self.step("ListConfigResources", {"resourceTypes": kinds}, reads=True)

    def api_versions(self) -> Step:
        body = {"clientSoftwareName": self.random.choice(("kw", "", "a b", "x" * 300)),
                "clientSoftwareVersion": self.random.choice(("1", "", " 1", "1.0-x")),
                "clusterId": self.random.choice((None, None, "another")),
                "nodeId": self.random.choice((-1, -1, 1, 7))}
        return self.step("ApiVersions", body, reads=True)

    def next(self) -> Step:
        step = self.request()
        if not self.chance(0.15) or (self.transactions and step.changes):
            return step
        body = spoiled(self.random, step.body, self.prefix)
        too_much = is_too_much(step.api, body) or (bool(self.removed) and makes_many(body))
        return step if too_much else replace(step, body=body)

    def request(self) -> Step:
        choices = {name: weight for name, weight in WEIGHTS.items() if api_of(name) in self.versions}
        if self.unverified:
            choices |= {"write_txn_markers": 9, "init_producer_id": 3, "describe_producers": 5, "produce": 20}
        if self.transactions:
            choices |= {"init_transactions": 8, "add_partitions_to_txn": 8, "end_txn": 10, "produce_in_transaction": 25,
                        "produce": 2, "write_txn_markers": 0, "init_producer_id": 0, "create_topics": 1,
                        "delete_topics": 0.3, "loose_topic": 1}
        if self.removed:
            choices = {name: weight for name, weight in choices.items()
                       if api_of(name) in self.removed or name in BESIDE_REMOVED}
        if not self.topics:
            return self.loose_topic() if self.transactions else self.create_topics()
        name = self.random.choices(list(choices), list(choices.values()))[0]
        return getattr(self, name)()


def makes_many(body: Json) -> bool:
    """Partitions, which older releases do."""
    topics = [one for one in body.get("topics") or [] if isinstance(one, dict)]
    return any((one.get(field) or 0) > 10_000 for one in topics for field in ("count", "numPartitions"))


def is_too_much(api: str, body: Json) -> bool:
    """For Kafka: after an empty name, or an id of zeros, it answers with an unexpected error for all topics, and never
    if the older one of the requests that alter configs names something twice. For kwire-broker: it coordinates no
    transactions."""
    if api == "FindCoordinator":
        return body["keyType"] == 1
    if api == "AlterConfigs":
        return len(body["resources"] or []) > 1
    topics = body.get("topics") or []
    if api == "Fetch":
        return any(one["topicId"] == NO_ID for one in [*topics, *(body["forgottenTopicsData"] or [])])
    return api == "DescribeTopicPartitions" and {"name": ""} in topics


WEIGHTS = {
    "create_topics": 4, "delete_topics": 1.5, "create_partitions": 2, "incremental_alter_configs": 3,
    "alter_configs": 1, "describe_configs": 3, "produce": 14, "init_producer_id": 1.5, "fetch": 7, "list_offsets": 4,
    "offset_for_leader_epoch": 2, "delete_records": 1.5, "describe_producers": 2, "metadata": 3,
    "describe_topic_partitions": 1.5, "elect_leaders": 1, "alter_partition_reassignments": 1.5,
    "list_partition_reassignments": 1, "update_features": 1, "describe_log_dirs": 2, "describe_cluster": 1,
    "describe_quorum": 0.5, "list_config_resources": 0.7, "api_versions": 0.5, "find_coordinator": 1.5,
    "write_txn_markers": 1,
}
OF_TRANSACTIONS = ("AddPartitionsToTxn", "EndTxn")  # APIs


# What conversations in removed versions need in others.
BESIDE_REMOVED = {"init_producer_id", "delete_records", "create_partitions", "metadata", "incremental_alter_configs",
                  "alter_configs"}


def api_of(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
