# SPDX-License-Identifier: Apache-2.0
"""round_trip.py HOST:PORT: kafka-python creates, produces, reads back, alters, and deletes."""
from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition, errors
from kafka.admin import ConfigResource
from kafka.protocol.consumer import OffsetSpec
from kafka.structs import OffsetAndMetadata
from records import Record, odd_records, same_records, stamped
from report import check, end, eventually, same

ADDRESS = sys.argv[1]
SECONDS = 20
CODECS = (None, "gzip", "snappy", "lz4", "zstd")
ACKS = ("all", 1, 0)  # 0 last: a broker that does not lead a new partition yet would drop them unseen
TOPIC = "kafka-python"
AUTO_TOPIC = "kafka-python-auto"
OFFSETS_TOPIC = "kafka-python-offsets"
GROUP = "kafka-python-assigns"


def its_records() -> list[Record]:
    """Without what this client refuses to send: a record without key and value, a header without value."""
    records = [record for record in odd_records() if record.key is not None or record.value is not None]
    return [replace(r, headers=tuple(header for header in r.headers if header[1] is not None)) for r in records]


def topic_of(codec: str | None) -> str:
    return f"{TOPIC}-{codec or 'none'}"


def produce(topic: str, records: list[Record], **settings: object) -> list[int]:
    """The offsets that the broker gave to them; for acks 0 they say nothing."""
    producer = KafkaProducer(bootstrap_servers=ADDRESS, **settings)
    try:
        futures = [
            producer.send(topic, record.value, record.key, list(record.headers), 0, record.timestamp)
            for record in records
        ]
        return [future.get(SECONDS).offset for future in futures]
    finally:
        producer.close()


def read(topic: str, first: int, count: int) -> list[Record]:
    """Reads partition 0 without a group; the offsets must follow each other."""
    consumer = KafkaConsumer(bootstrap_servers=ADDRESS, consumer_timeout_ms=SECONDS * 1000)
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])
    consumer.seek(partition, first)
    records: list[Record] = []
    try:
        while len(records) < count:
            message = next(consumer)
            same(message.offset, first + len(records), "the offset")
            records.append(Record(message.key, message.value, tuple(message.headers), message.timestamp))
        same(consumer.end_offsets([partition])[partition], first + count, "the end")
    except StopIteration:
        raise ValueError(f"only {len(records)} of {count} records arrive") from None
    finally:
        consumer.close()
    return records


def expect(error: type[Exception], body: Callable[[], object]) -> None:
    try:
        body()
    except error:
        return
    raise ValueError(f"no {error.__name__} came")


def check_create() -> None:
    options = {"num_partitions": 2, "replication_factor": 1, "configs": {"max.message.bytes": "2000000"}}
    topics = {topic_of(codec): options for codec in CODECS}
    admin.create_topics(topics, wait_for_metadata=True)
    expect(errors.TopicAlreadyExistsError, lambda: admin.create_topics(topics))


def check_round_trip(codec: str | None, acks: int | str) -> None:
    topic = topic_of(codec)
    records = stamped(its_records())
    first = ends[codec]
    ends[codec] += len(records)
    offsets = produce(topic, records, compression_type=codec, acks=acks, enable_idempotence=False)
    if acks != 0:
        same(offsets, list(range(first, first + len(records))), "the offsets")
    same_records(read(topic, first, len(records)), records)


def check_defaults() -> None:
    records = stamped(its_records() * 5)
    topic = topic_of(None)
    first = ends[None]
    ends[None] += len(records)
    same(produce(topic, records), list(range(first, first + len(records))), "the offsets")
    same_records(read(topic, first, len(records)), records)


def check_too_large() -> None:
    record = Record(None, bytes(3_000_000))
    expect(errors.MessageSizeTooLargeError, lambda: produce(topic_of(None), [record], max_request_size=10_000_000))


def check_auto_create() -> None:
    records = stamped(its_records()[:3])
    same(produce(AUTO_TOPIC, records), [0, 1, 2], "the offsets")
    same_records(read(AUTO_TOPIC, 0, 3), records)


def check_describe() -> None:
    names = [topic_of(codec) for codec in CODECS]
    for topic in admin.describe_topics(names):
        node = topic["partitions"][0]["leader_id"]
        partitions = [
            (p["partition_index"], p["error_code"], p["leader_id"], p["replica_nodes"], p["isr_nodes"])
            for p in topic["partitions"]
        ]
        same(sorted(partitions), [(0, 0, node, [node], [node]), (1, 0, node, [node], [node])], topic["name"])
    eventually(lambda: set(names) - set(admin.list_topics()), set())


def modified(topic: str) -> dict[str, str]:
    configs = admin.describe_configs([ConfigResource("TOPIC", topic)])["topic"][topic]
    return {name: config["value"] for name, config in configs.items()}


def check_configs() -> None:
    topic = topic_of(None)
    same(modified(topic), {"max.message.bytes": "2000000"})
    changes = {
        "retention.ms": "86400000",
        "cleanup.policy": ("APPEND", "compact"),
        "max.message.bytes": ("DELETE", None),
    }
    admin.alter_configs([ConfigResource("TOPIC", topic, changes)])
    eventually(lambda: modified(topic), {"retention.ms": "86400000", "cleanup.policy": "delete,compact"})
    admin.reset_configs([ConfigResource("TOPIC", topic, ["cleanup.policy"])])
    eventually(lambda: modified(topic), {"retention.ms": "86400000"})


def check_invalid_config() -> None:
    resource = ConfigResource("TOPIC", topic_of(None), {"retention.ms": "soon"})
    answer = str(admin.alter_configs([resource])["topic"][resource.name])
    same(answer.startswith("[Error 40] InvalidConfigurationError"), True, f"whether {answer!r} is the error")


def check_partitions() -> None:
    topic = topic_of("gzip")
    admin.create_partitions({topic: 5})
    eventually(lambda: len(admin.describe_topics([topic])[0]["partitions"]), 5)
    expect(errors.InvalidPartitionsError, lambda: admin.create_partitions({topic: 3}))


def offset_of(topic: str, spec: OffsetSpec | int) -> int:
    partition = TopicPartition(topic, 0)
    return admin.list_partition_offsets({partition: spec})[partition].offset


def check_offsets() -> None:
    admin.create_topics({OFFSETS_TOPIC: {"num_partitions": 1, "replication_factor": 1}}, wait_for_metadata=True)
    records = stamped(its_records())
    produce(OFFSETS_TOPIC, records, batch_size=1000)
    same(offset_of(OFFSETS_TOPIC, OffsetSpec.EARLIEST), 0, "earliest")
    same(offset_of(OFFSETS_TOPIC, OffsetSpec.LATEST), len(records), "latest")
    same(offset_of(OFFSETS_TOPIC, OffsetSpec.MAX_TIMESTAMP), len(records) - 1, "the one of the greatest timestamp")
    same(offset_of(OFFSETS_TOPIC, OffsetSpec.EARLIEST_LOCAL), 0, "earliest local")
    same(offset_of(OFFSETS_TOPIC, records[55].timestamp), 55, "the one of a timestamp")
    same(offset_of(OFFSETS_TOPIC, records[-1].timestamp + 1), -1, "the one after all timestamps")


def check_delete_records() -> None:
    partition = TopicPartition(OFFSETS_TOPIC, 0)
    count = len(its_records())
    same(admin.delete_records({partition: 40})[partition]["low_watermark"], 40)
    same(offset_of(OFFSETS_TOPIC, OffsetSpec.EARLIEST), 40)
    wanted = [record.value for record in its_records()[40:]]
    same([record.value for record in read(OFFSETS_TOPIC, 40, count - 40)], wanted)
    expect(errors.OffsetOutOfRangeError, lambda: admin.delete_records({partition: count + 1}))


def check_log_dirs() -> None:
    topics = [topic for entry in log_dirs() for topic in entry["topics"]]
    sizes = {topic["name"]: sum(p["partition_size"] for p in topic["partitions"]) for topic in topics}
    same(sizes[topic_of(None)] > 500_000, True, f"whether there are bytes in {topic_of(None)}")


def log_dirs() -> list[dict]:
    return [entry for broker in admin.describe_log_dirs() for entry in broker["log_dirs"]]


def check_producers() -> None:
    partition = TopicPartition(topic_of(None), 0)
    states = admin.describe_producers([partition])[partition]
    same(len(states["active_producers"] if isinstance(states, dict) else states) >= 1, True)


def of_group() -> KafkaConsumer:
    """One that assigns its partitions itself, and resumes where its group was."""
    consumer = KafkaConsumer(bootstrap_servers=ADDRESS, group_id=GROUP, enable_auto_commit=False,
                             auto_offset_reset="earliest", consumer_timeout_ms=SECONDS * 1000)
    consumer.assign([TopicPartition(topic_of(None), 0)])
    return consumer


def check_commits() -> None:
    partition = TopicPartition(topic_of(None), 0)
    with_metadata = OffsetAndMetadata(2, "where", 0)
    consumer = of_group()
    try:
        same(consumer.committed(partition), None)
        same([next(consumer).offset for _ in range(3)], [0, 1, 2])
        consumer.commit()
    finally:
        consumer.close()
    consumer = of_group()
    try:
        same(consumer.committed(partition), 3)
        same(next(consumer).offset, 3, "the offset where it resumes")
        consumer.commit({partition: with_metadata})
    finally:
        consumer.close()
    same(admin.list_group_offsets(GROUP), {GROUP: {partition: with_metadata}})


def check_groups() -> None:
    partition = TopicPartition(topic_of(None), 0)
    group = next(g for g in admin.list_groups() if g["group_id"] == GROUP)
    same((group["group_state"], group["group_type"], group["protocol_type"]), ("Empty", "classic", ""))
    described = admin.describe_groups([GROUP])[GROUP]
    same((described["group_state"], described["members"], described["error"]), ("Empty", [], None))
    same(admin.delete_group_offsets(GROUP, [partition]), {partition: errors.NoError})
    same(admin.list_group_offsets(GROUP), {GROUP: {}})
    same(admin.delete_groups([GROUP]), {GROUP: "OK"})
    same([g for g in admin.list_groups() if g["group_id"] == GROUP], [])
    same(admin.delete_groups([GROUP]), {GROUP: "GroupIdNotFoundError"})


def check_delete() -> None:
    names = [name for name in admin.list_topics() if name.startswith(TOPIC)]
    same(len(names), len(CODECS) + 2)
    admin.delete_topics(names)
    eventually(lambda: [name for name in admin.list_topics() if name in names], [])


admin = KafkaAdminClient(bootstrap_servers=ADDRESS)
ends: dict[str | None, int] = {codec: 0 for codec in CODECS}
check("create_topics, and again: TopicAlreadyExistsError", check_create)
for codec in CODECS:
    for acks in ACKS:
        check(f"reads back what it produced with {codec or 'none'} and acks {acks}",
              lambda: check_round_trip(codec, acks))
check("reads back what a producer with default settings produced, which is idempotent", check_defaults)
check("a batch larger than max.message.bytes: MessageSizeTooLargeError", check_too_large)
check("producing creates the topic", check_auto_create)
check("describe_topics and list_topics agree", check_describe)
check("describe, alter and reset configs", check_configs)
check("an invalid setting: InvalidConfigurationError", check_invalid_config)
check("create_partitions adds partitions and takes none away", check_partitions)
check("list_partition_offsets: earliest, latest, greatest timestamp, by timestamp", check_offsets)
check("delete_records moves the beginning", check_delete_records)
check("describe_log_dirs knows the sizes", check_log_dirs)
check("describe_producers lists the idempotent one", check_producers)
check("a consumer that assigns partitions commits, and another one resumes there", check_commits)
check("list_groups, describe_groups, delete_group_offsets, delete_groups", check_groups)
check("delete_topics deletes them all", check_delete)
admin.close()
end()
