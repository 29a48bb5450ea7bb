# SPDX-License-Identifier: Apache-2.0
"""transactions.py HOST:PORT: kafka-python commits, aborts, and commits offsets in transactions."""
from __future__ import annotations

import sys

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.structs import OffsetAndMetadata
from report import check, end, eventually, same

ADDRESS = sys.argv[1]
TOPIC = "kafka-python-transactions"
PARTITION = TopicPartition(TOPIC, 0)
SECONDS = 20


def transactional(name: str) -> KafkaProducer:
    producer = KafkaProducer(bootstrap_servers=ADDRESS, transactional_id=name)
    producer.init_transactions()
    return producer


def read(isolation: str = "read_committed") -> list[bytes]:
    consumer = KafkaConsumer(bootstrap_servers=ADDRESS, isolation_level=isolation)
    values: list[bytes] = []
    try:
        consumer.assign([PARTITION])
        consumer.seek_to_beginning(PARTITION)
        last = consumer.end_offsets([PARTITION])[PARTITION]
        while consumer.position(PARTITION) < last:
            for messages in consumer.poll(200).values():
                values += [message.value for message in messages]
    finally:
        consumer.close()
    return values


def check_visibility() -> None:
    admin.create_topics({TOPIC: {"num_partitions": 1, "replication_factor": 1}}, wait_for_metadata=True)
    producer = transactional(TOPIC)
    for number in range(4):
        producer.begin_transaction()
        for letter in "ab":
            producer.send(TOPIC, f"{letter}{number}".encode(), partition=0).get(SECONDS)
        if number % 2:
            producer.abort_transaction()
        else:
            producer.commit_transaction()
    producer.close()
    eventually(read, [b"a0", b"b0", b"a2", b"b2"])
    same(len(read("read_uncommitted")), 8)


def committed() -> int | None:
    return admin.list_group_offsets(TOPIC)[TOPIC].get(PARTITION, OffsetAndMetadata(None, "", -1)).offset


def check_offsets() -> None:
    producer = transactional(f"{TOPIC}-offsets")
    for offset, commits in ((3, True), (5, False)):
        producer.begin_transaction()
        producer.send_offsets_to_transaction({PARTITION: OffsetAndMetadata(offset, "", -1)}, TOPIC)
        if commits:
            producer.commit_transaction()
        else:
            producer.abort_transaction()
    producer.close()
    eventually(committed, 3)


admin = KafkaAdminClient(bootstrap_servers=ADDRESS)
check("committed transactions are seen, aborted ones are not", check_visibility)
check("offsets of a committed transaction hold, of an aborted one they do not", check_offsets)
admin.close()
end()
