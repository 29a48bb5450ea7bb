# SPDX-License-Identifier: Apache-2.0
"""groups.py HOST:PORT: members of confluent-kafka share a topic, come and go; static ones, and ones that give up their
partitions little by little."""
from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import count

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from members import PARTITIONS, Member, come_and_go
from report import check, end, same

ADDRESS = sys.argv[1]
NAME = "confluent-kafka-group"
SECONDS = 20


def consumer_of(topic: str, **settings: object) -> Consumer:
    return Consumer({"bootstrap.servers": ADDRESS, "group.id": topic, "auto.offset.reset": "earliest",
                     "heartbeat.interval.ms": 300, "session.timeout.ms": 10000} | settings)


def consume_with(topic: str, settings: Callable[[], dict[str, object]]) -> Callable[[Member], None]:
    def consume(member: Member) -> None:
        consumer = consumer_of(topic, **settings())
        consumer.subscribe([topic])
        try:
            while not member.stopping.is_set():
                message = consumer.poll(0.1)
                if message is not None and message.error():
                    raise KafkaException(message.error())
                if message is not None:
                    member.saw(message.value())
                member.partitions = {partition.partition for partition in consumer.assignment()}
        finally:
            consumer.close()  # commits

    return consume


def check_members(topic: str, settings: Callable[[], dict[str, object]]) -> None:
    admin.create_topics([NewTopic(topic, PARTITIONS, 1)])[topic].result(SECONDS)
    producer = Producer({"bootstrap.servers": ADDRESS})

    def produce(partition: int, value: bytes) -> None:
        producer.produce(topic, value, partition=partition)
        producer.poll(0)

    produced = come_and_go(consume_with(topic, settings), produce)
    same(producer.flush(SECONDS), 0)
    consumer = consumer_of(topic)
    try:
        committed = consumer.committed([TopicPartition(topic, p) for p in range(PARTITIONS)], timeout=SECONDS)
        same(sum(partition.offset for partition in committed), produced, "what is committed")
    finally:
        consumer.close()
    admin.delete_topics([topic])[topic].result(SECONDS)


numbers = count()
admin = AdminClient({"bootstrap.servers": ADDRESS})
check("three members come and go, each record is seen, and all is committed", lambda: check_members(NAME, dict))
check("the same with cooperative-sticky", lambda: check_members(
    f"{NAME}-cooperative", lambda: {"partition.assignment.strategy": "cooperative-sticky"}))
check("the same with static members", lambda: check_members(
    f"{NAME}-static", lambda: {"group.instance.id": f"member-{next(numbers)}", "session.timeout.ms": 6000}))
end()
