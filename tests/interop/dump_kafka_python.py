# SPDX-License-Identifier: Apache-2.0
"""dump_kafka_python.py HOST:PORT FILE: what kafka-python's admin client and consumer see of a broker."""
from __future__ import annotations

import sys
import time

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from dump import TIMES, Dump, encoded, shortened

ADDRESS = sys.argv[1]
READ_SECONDS = 40


def consumer(isolation: str) -> KafkaConsumer:
    return KafkaConsumer(bootstrap_servers=ADDRESS, isolation_level=isolation, enable_auto_commit=False, group_id=None,
                         auto_offset_reset="none", fetch_max_wait_ms=10)


def describe(dump: Dump) -> list[TopicPartition]:
    admin = KafkaAdminClient(bootstrap_servers=ADDRESS, request_timeout_ms=10000)
    topics = sorted(admin.describe_topics(), key=lambda topic: topic["name"])
    admin.close()
    for topic in topics:
        dump.line("describe_topics", topic=topic)
    return sorted(TopicPartition(topic["name"], partition["partition_index"])
                  for topic in topics for partition in topic["partitions"])


def offsets(dump: Dump, reader: KafkaConsumer, isolation: str, partitions: list[TopicPartition]) -> None:
    first, last = reader.beginning_offsets(partitions), reader.end_offsets(partitions)
    for partition in partitions:
        dump.line(f"offsets {isolation}", partition=partition, first=first[partition], last=last[partition])
    for when in TIMES:
        found = reader.offsets_for_times({partition: when for partition in partitions})
        for partition in partitions:
            dump.line(f"offsets_for_times {isolation}", time=when, partition=partition, found=found[partition])


def records(dump: Dump, reader: KafkaConsumer, isolation: str, partitions: list[TopicPartition]) -> None:
    reader.assign(partitions)
    reader.seek_to_beginning(*partitions)
    ends = reader.end_offsets(partitions)
    found = {partition: [] for partition in partitions}
    deadline = time.monotonic() + READ_SECONDS
    while behind := {partition: end for partition, end in ends.items() if reader.position(partition) < end}:
        for partition, some in reader.poll(timeout_ms=100).items():
            found[partition] += some
        if time.monotonic() > deadline:
            dump.line(f"records {isolation}", stuck=[[partition, reader.position(partition)] for partition in behind])
            break
    for partition in partitions:
        for record in found[partition]:
            dump.line(f"records {isolation} {shortened(record.topic)}", topic=record.topic, partition=record.partition,
                      offset=record.offset, timestamp=record.timestamp, timestamp_type=record.timestamp_type,
                      leader_epoch=record.leader_epoch, key=encoded(record.key), value=encoded(record.value),
                      headers=[[name, encoded(value)] for name, value in record.headers])


def main() -> None:
    dump = Dump(sys.argv[2])
    partitions = describe(dump)
    for isolation in ("read_uncommitted", "read_committed"):
        reader = consumer(isolation)
        offsets(dump, reader, isolation, partitions)
        records(dump, reader, isolation, partitions)
        reader.close()
    dump.close()


main()
