# SPDX-License-Identifier: Apache-2.0
"""round_trip.py HOST:PORT: confluent-kafka (librdkafka) creates, produces, reads back, alters, and deletes."""
from __future__ import annotations

import sys
from collections.abc import Iterable
from concurrent.futures import Future

from confluent_kafka import (
    TIMESTAMP_CREATE_TIME,
    Consumer,
    ConsumerGroupState,
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
)
from records import Record, odd_records, same_records, stamped
from report import check, end, eventually, same

ADDRESS = sys.argv[1]
SECONDS = 20
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
ACKS = ("all", "1", "0")  # 0 last: a broker that does not lead a new partition yet would drop them unseen
TOPIC = "confluent-kafka"
AUTO_TOPIC = "confluent-kafka-auto"
GROUP = "confluent-kafka-assigns"


def done(futures: dict[object, Future]) -> list[object]:
    return [future.result(SECONDS) for future in futures.values()]


def topic_of(codec: str) -> str:
    return f"{TOPIC}-{codec}"


def produce(topic: str, records: Iterable[Record], settings: dict[str, object]) -> list[int]:
    """The offsets that the broker gave to them; for acks 0 they say nothing."""
    offsets: list[int] = []

    def delivered(error: KafkaError | None, message: Message) -> None:
        if error:
            raise KafkaException(error)
        offsets.append(message.offset())

    producer = Producer({"bootstrap.servers": ADDRESS, **settings})
    for record in records:
        producer.produce(
            topic,
            record.value,
            record.key,
            0,
            on_delivery=delivered,
            timestamp=record.timestamp,
            headers=list(record.headers),
        )
    same(producer.flush(SECONDS), 0, "the count of records that were not delivered")
    return offsets


def read(topic: str, first: int, count: int) -> list[Record]:
    """Reads partition 0 without a group; the offsets must follow each other."""
    consumer = Consumer({"bootstrap.servers": ADDRESS, "group.id": "unused", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, first)])
    records = []
    try:
        while len(records) < count:
            messages = consumer.consume(count - len(records), SECONDS)
            if not messages:
                raise ValueError(f"only {len(records)} of {count} records arrive")
            for message in messages:
                if message.error():
                    raise KafkaException(message.error())
                same(message.offset(), first + len(records), "the offset")
                records.append(from_message(message))
        same(consumer.get_watermark_offsets(TopicPartition(topic, 0), SECONDS)[1], first + count, "the end")
    finally:
        consumer.close()
    return records


def from_message(message: Message) -> Record:
    kind, timestamp = message.timestamp()
    same(kind, TIMESTAMP_CREATE_TIME, "the kind of timestamp")
    return Record(message.key(), message.value(), tuple(message.headers() or ()), timestamp)


def check_create() -> None:
    topics = [NewTopic(topic_of(codec), 2, 1, config={"max.message.bytes": "2000000"}) for codec in CODECS]
    done(admin.create_topics(topics))
    try:
        done(admin.create_topics(topics[:1]))
    except KafkaException as error:
        same(error.args[0].code(), KafkaError.TOPIC_ALREADY_EXISTS)
    else:
        raise ValueError("the second creation has no error")


def check_round_trip(codec: str, acks: str) -> None:
    topic = topic_of(codec)
    records = stamped(odd_records())
    first = ends[codec]
    ends[codec] += len(records)
    offsets = produce(topic, records, {"compression.type": codec, "acks": acks})
    if acks != "0":
        same(offsets, list(range(first, first + len(records))), "the offsets")
    same_records(read(topic, first, len(records)), records)


def check_idempotent() -> None:
    records = stamped(odd_records() * 5)
    topic = topic_of("none")
    first = ends["none"]
    ends["none"] += len(records)
    settings = {"enable.idempotence": True, "batch.num.messages": 50}
    same(produce(topic, records, settings), list(range(first, first + len(records))), "the offsets")
    same_records(read(topic, first, len(records)), records)


def check_too_large() -> None:
    record = Record(None, bytes(3_000_000))
    try:
        produce(topic_of("none"), [record], {"message.max.bytes": 10_000_000})
    except KafkaException as error:
        same(error.args[0].code(), KafkaError.MSG_SIZE_TOO_LARGE)
    else:
        raise ValueError("no error came")


def check_auto_create() -> None:
    records = stamped(odd_records()[:3])
    same(produce(AUTO_TOPIC, records, {}), [0, 1, 2], "the offsets")
    same_records(read(AUTO_TOPIC, 0, 3), records)


def check_describe() -> None:
    names = [topic_of(codec) for codec in CODECS]
    for topic in done(admin.describe_topics(TopicCollection(names))):
        partitions = [(p.id, p.leader.id, [n.id for n in p.replicas], [n.id for n in p.isr]) for p in topic.partitions]
        node = topic.partitions[0].leader.id
        same(partitions, [(0, node, [node], [node]), (1, node, [node], [node])], topic.name)
        same(topic.is_internal, False)
    eventually(lambda: set(names) - set(admin.list_topics(timeout=SECONDS).topics), set())


def values(topic: str, *names: str) -> list[tuple[str, bool]]:
    """The values of these settings, and whether each is the default."""
    configs = done(admin.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, topic)]))[0]
    return [(configs[name].value, configs[name].is_default) for name in names]


def check_configs() -> None:
    topic = topic_of("none")
    same(values(topic, "max.message.bytes", "retention.ms"), [("2000000", False), ("604800000", True)])
    entries = [
        ConfigEntry("retention.ms", "86400000", incremental_operation=AlterConfigOpType.SET),
        ConfigEntry("cleanup.policy", "compact", incremental_operation=AlterConfigOpType.APPEND),
        ConfigEntry("max.message.bytes", None, incremental_operation=AlterConfigOpType.DELETE),
    ]
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=entries)
    done(admin.incremental_alter_configs([resource]))
    changed = [("86400000", False), ("delete,compact", False), ("1048588", True)]
    eventually(lambda: values(topic, "retention.ms", "cleanup.policy", "max.message.bytes"), changed)
    done(admin.alter_configs([ConfigResource(ConfigResource.Type.TOPIC, topic, {"retention.ms": "90000000"})]))
    replaced = [("90000000", False), ("delete", True), ("1048588", True)]
    eventually(lambda: values(topic, "retention.ms", "cleanup.policy", "max.message.bytes"), replaced)


def check_invalid_config() -> None:
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic_of("none"), {"retention.ms": "soon"})
    try:
        done(admin.alter_configs([resource]))
    except KafkaException as error:
        same(error.args[0].code(), KafkaError.INVALID_CONFIG)
    else:
        raise ValueError("no error came")


def check_partitions() -> None:
    topic = topic_of("gzip")
    done(admin.create_partitions([NewPartitions(topic, 5)]))
    eventually(lambda: len(admin.list_topics(topic, timeout=SECONDS).topics[topic].partitions), 5)
    try:
        done(admin.create_partitions([NewPartitions(topic, 3)]))
    except KafkaException as error:
        same(error.args[0].code(), KafkaError.INVALID_PARTITIONS)
    else:
        raise ValueError("no error came")


def offset_of(topic: str, spec: OffsetSpec) -> int:
    futures = admin.list_offsets({TopicPartition(topic, 0): spec}, isolation_level=IsolationLevel.READ_UNCOMMITTED)
    return done(futures)[0].offset


def check_offsets() -> None:
    topic = f"{TOPIC}-offsets"
    done(admin.create_topics([NewTopic(topic, 1, 1)]))
    records = stamped(odd_records())
    produce(topic, records, {"batch.num.messages": 10})
    same(offset_of(topic, OffsetSpec.earliest()), 0, "earliest")
    same(offset_of(topic, OffsetSpec.latest()), len(records), "latest")
    same(offset_of(topic, OffsetSpec.max_timestamp()), len(records) - 1, "the one of the greatest timestamp")
    same(offset_of(topic, OffsetSpec.for_timestamp(records[55].timestamp)), 55, "the one of a timestamp")
    same(offset_of(topic, OffsetSpec.for_timestamp(records[-1].timestamp + 1)), -1, "the one after all timestamps")


def of_group() -> Consumer:
    """One that assigns its partitions itself, and resumes where its group was."""
    consumer = Consumer({"bootstrap.servers": ADDRESS, "group.id": GROUP, "enable.auto.commit": False,
                         "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition(topic_of("none"), 0)])
    return consumer


def next_offset(consumer: Consumer) -> int:
    message = consumer.poll(SECONDS)
    if message is None or message.error():
        raise ValueError(f"{message and message.error()} instead of a record")
    return message.offset()


def check_commits() -> None:
    partition = TopicPartition(topic_of("none"), 0)
    consumer = of_group()
    try:
        same(consumer.committed([partition], SECONDS)[0].offset, -1001)
        same([next_offset(consumer) for _ in range(3)], [0, 1, 2])
        same([(p.offset, p.error) for p in consumer.commit(asynchronous=False)], [(3, None)])
    finally:
        consumer.close()
    consumer = of_group()
    try:
        same(consumer.committed([partition], SECONDS)[0].offset, 3)
        same(next_offset(consumer), 3, "the offset where it resumes")
        moved = TopicPartition(topic_of("none"), 0, 2, "where")
        same([p.error for p in consumer.commit(offsets=[moved], asynchronous=False)], [None])
    finally:
        consumer.close()
    (found,) = done(admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(GROUP)]))
    same([(p.topic, p.partition, p.offset, p.metadata) for p in found.topic_partitions],
         [(topic_of("none"), 0, 2, "where")])


def check_groups() -> None:
    (described,) = done(admin.describe_consumer_groups([GROUP], request_timeout=SECONDS))
    same((described.state, described.members), (ConsumerGroupState.EMPTY, []))
    listed = admin.list_consumer_groups(request_timeout=SECONDS).result(SECONDS)
    same([g.group_id for g in listed.valid if g.group_id == GROUP], [GROUP])
    done(admin.delete_consumer_groups([GROUP], request_timeout=SECONDS))
    try:
        done(admin.delete_consumer_groups([GROUP], request_timeout=SECONDS))
    except KafkaException as error:
        same(error.args[0].code(), KafkaError.GROUP_ID_NOT_FOUND)
    else:
        raise ValueError("the second deletion has no error")


def check_delete_records() -> None:
    topic = f"{TOPIC}-offsets"
    count = len(odd_records())
    same(done(admin.delete_records([TopicPartition(topic, 0, 40)]))[0].low_watermark, 40)
    same(offset_of(topic, OffsetSpec.earliest()), 40)
    wanted = [record.value for record in odd_records()[40:]]
    same([record.value for record in read(topic, 40, count - 40)], wanted)
    try:
        done(admin.delete_records([TopicPartition(topic, 0, count + 1)]))
    except KafkaException as error:
        same(error.args[0].code(), KafkaError.OFFSET_OUT_OF_RANGE)
    else:
        raise ValueError("no error came")


def check_delete() -> None:
    names = [name for name in admin.list_topics(timeout=SECONDS).topics if name.startswith(TOPIC)]
    same(len(names), len(CODECS) + 2)
    done(admin.delete_topics(names))
    eventually(lambda: [name for name in admin.list_topics(timeout=SECONDS).topics if name in names], [])


admin = AdminClient({"bootstrap.servers": ADDRESS})
ends = {codec: 0 for codec in CODECS}
check("create_topics, and again: TOPIC_ALREADY_EXISTS", check_create)
for codec in CODECS:
    for acks in ACKS:
        check(f"reads back what it produced with {codec} and acks {acks}", lambda: check_round_trip(codec, acks))
check("reads back what an idempotent producer produced", check_idempotent)
check("a batch larger than max.message.bytes: MSG_SIZE_TOO_LARGE", check_too_large)
check("producing creates the topic", check_auto_create)
check("describe_topics and list_topics agree", check_describe)
check("describe, alter (incrementally and not), and describe configs", check_configs)
check("an invalid setting: INVALID_CONFIG", check_invalid_config)
check("create_partitions adds partitions and takes none away", check_partitions)
check("list_offsets: earliest, latest, greatest timestamp, by timestamp", check_offsets)
check("delete_records moves the beginning", check_delete_records)
check("a consumer that assigns partitions commits, and another one resumes there", check_commits)
check("describe, list and delete consumer groups", check_groups)
check("delete_topics deletes them all", check_delete)
end()
