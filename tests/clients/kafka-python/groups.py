# SPDX-License-Identifier: Apache-2.0
"""groups.py HOST:PORT: members of kafka-python share a topic, come and go."""
from __future__ import annotations

import sys

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from members import PARTITIONS, Member, come_and_go
from report import check, end, same

ADDRESS = sys.argv[1]
TOPIC = GROUP = "kafka-python-group"
SECONDS = 20


def consume(member: Member) -> None:
    consumer = KafkaConsumer(TOPIC, bootstrap_servers=ADDRESS, group_id=GROUP, auto_offset_reset="earliest",
                             heartbeat_interval_ms=300, session_timeout_ms=10000)
    try:
        while not member.stopping.is_set():
            for messages in consumer.poll(100).values():
                for message in messages:
                    member.saw(message.value)
            member.partitions = {partition.partition for partition in consumer.assignment()}
        consumer.commit()
    finally:
        consumer.close()


def check_members() -> None:
    admin.create_topics({TOPIC: {"num_partitions": PARTITIONS, "replication_factor": 1}}, wait_for_metadata=True)
    producer = KafkaProducer(bootstrap_servers=ADDRESS)
    try:
        produced = come_and_go(consume, lambda partition, value:
                               producer.send(TOPIC, value, partition=partition).get(SECONDS))
    finally:
        producer.close()
    offsets = admin.list_group_offsets(GROUP)[GROUP]
    same(sum(offsets[TopicPartition(TOPIC, p)].offset for p in range(PARTITIONS)), produced, "what is committed")


def check_group() -> None:
    described = admin.describe_groups([GROUP])[GROUP]
    same((described["group_state"], described["protocol_type"], described["members"]), ("Empty", "consumer", []))
    same(admin.delete_groups([GROUP]), {GROUP: "OK"})
    admin.delete_topics([TOPIC])


admin = KafkaAdminClient(bootstrap_servers=ADDRESS)
check("three members come and go, each record is seen, and all is committed", check_members)
check("the group is empty then, and can be deleted", check_group)
admin.close()
end()
