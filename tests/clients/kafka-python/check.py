# SPDX-License-Identifier: Apache-2.0
"""check.py HOST:PORT: kafka-python's admin client and consumer."""
from __future__ import annotations

import sys

from kafka import KafkaAdminClient, KafkaConsumer
from report import UNKNOWN_TOPIC, check, end, same

ADDRESS = sys.argv[1]
UNKNOWN_TOPIC_OR_PARTITION = 3


def check_cluster() -> None:
    cluster = admin.describe_cluster()
    same([f"{broker['host']}:{broker['port']}" for broker in cluster["brokers"]], [ADDRESS])
    same(cluster["controller_id"], cluster["brokers"][0]["broker_id"])
    same(bool(cluster["cluster_id"]), True)


def check_unknown() -> None:
    topics = admin.describe_topics([UNKNOWN_TOPIC])
    same([(topic["name"], topic["error_code"]) for topic in topics], [(UNKNOWN_TOPIC, UNKNOWN_TOPIC_OR_PARTITION)])


def check_consumer() -> None:
    consumer = KafkaConsumer(bootstrap_servers=ADDRESS)
    try:
        same(consumer.topics(), set())
    finally:
        consumer.close()


admin = KafkaAdminClient(bootstrap_servers=ADDRESS, request_timeout_ms=10000)
check("describe_cluster names the broker", check_cluster)
check("list_topics is empty", lambda: same(admin.list_topics(), []))
check("describe_topics of an unknown topic: UNKNOWN_TOPIC_OR_PARTITION", check_unknown)
check("a consumer sees no topics", check_consumer)
admin.close()
end()
