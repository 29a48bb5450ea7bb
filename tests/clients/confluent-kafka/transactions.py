# SPDX-License-Identifier: Apache-2.0
"""transactions.py HOST:PORT: confluent-kafka (librdkafka) commits, aborts, copies in transactions, and is fenced."""
from __future__ import annotations

import sys

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from report import check, end, eventually, same

ADDRESS = sys.argv[1]
NAME = "confluent-kafka-transactions"
SECONDS = 20
INPUT = 200


def transactional(name: str, **settings: object) -> Producer:
    producer = Producer({"bootstrap.servers": ADDRESS, "transactional.id": name} | settings)
    producer.init_transactions(SECONDS)
    return producer


def create(topic: str) -> None:
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(SECONDS)


def read(topic: str, isolation: str = "read_committed") -> list[str]:
    consumer = Consumer({"bootstrap.servers": ADDRESS, "group.id": f"{topic}-reads", "isolation.level": isolation,
                         "enable.auto.commit": False, "enable.partition.eof": True})
    values: list[str] = []
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        while (message := consumer.poll(SECONDS)) is not None and not message.error():
            values.append(message.value().decode())
    finally:
        consumer.close()
    return values


def write(producer: Producer, topic: str, *values: str) -> None:
    producer.begin_transaction()
    for value in values:
        producer.produce(topic, value, partition=0)
    producer.flush(SECONDS)


def check_visibility() -> None:
    topic = f"{NAME}-visibility"
    create(topic)
    producer = transactional(topic)
    for number in range(4):
        write(producer, topic, f"a{number}", f"b{number}")
        if number % 2:
            producer.abort_transaction(SECONDS)
        else:
            producer.commit_transaction(SECONDS)
    eventually(lambda: read(topic), ["a0", "b0", "a2", "b2"])
    same(len(read(topic, "read_uncommitted")), 8)


def check_fencing() -> None:
    topic = f"{NAME}-fencing"
    create(topic)
    old = transactional(topic)
    write(old, topic, "of the old one")
    young = transactional(topic)
    write(young, topic, "of the young one")
    young.commit_transaction(SECONDS)
    try:
        old.commit_transaction(SECONDS)
    except KafkaException as failure:
        same(failure.args[0].fatal(), True)
    else:
        raise ValueError("the old one has committed")
    eventually(lambda: read(topic), ["of the young one"])


def copy(source: str, target: str, settings: dict[str, object]) -> None:
    producer = transactional(target)
    consumer = Consumer({"bootstrap.servers": ADDRESS, "group.id": target, "auto.offset.reset": "earliest",
                         "isolation.level": "read_committed", "enable.auto.commit": False} | settings)
    consumer.subscribe([source])
    copied = turn = 0
    try:
        while copied < INPUT:
            messages = consumer.consume(20, 0.5)
            if not messages:
                continue
            producer.begin_transaction()
            for message in messages:
                producer.produce(target, message.value(), partition=0)
            producer.send_offsets_to_transaction(consumer.position(consumer.assignment()),
                                                 consumer.consumer_group_metadata(), SECONDS)
            turn += 1
            if turn % 3:
                producer.commit_transaction(SECONDS)
                copied += len(messages)
                continue
            producer.abort_transaction(SECONDS)
            for partition in consumer.committed(consumer.assignment(), SECONDS):
                consumer.seek(TopicPartition(source, partition.partition, max(partition.offset, 0)))
    finally:
        consumer.close()


def check_copies(name: str, settings: dict[str, object]) -> None:
    source, target = f"{NAME}-{name}", f"{NAME}-{name}-copies"
    create(source)
    create(target)
    values = [str(number) for number in range(INPUT)]
    producer = transactional(source)
    write(producer, source, *values)
    producer.commit_transaction(SECONDS)
    copy(source, target, settings)
    eventually(lambda: read(target), values)
    # The marker of the transaction stands behind the records.
    consumer = Consumer({"bootstrap.servers": ADDRESS, "group.id": target})
    try:
        eventually(lambda: consumer.committed([TopicPartition(source, 0)], SECONDS)[0].offset in (INPUT, INPUT + 1),
                   True)
    finally:
        consumer.close()


admin = AdminClient({"bootstrap.servers": ADDRESS})
check("committed transactions are seen, aborted ones are not", check_visibility)
check("a producer that was replaced is fenced", check_fencing)
check("copies in transactions, classic protocol", lambda: check_copies("classic", {}))
check("copies in transactions, consumer protocol", lambda: check_copies("consumer", {"group.protocol": "consumer"}))
end()
