# SPDX-License-Identifier: Apache-2.0
"""check.py HOST:PORT: confluent-kafka's (librdkafka's) admin client."""
from __future__ import annotations

import sys

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient
from report import UNKNOWN_TOPIC, check, end, same

ADDRESS = sys.argv[1]
SECONDS = 10


def check_list() -> None:
    """Its request is Metadata v13 with three bytes after the last field."""
    answer = admin.list_topics(timeout=SECONDS)
    same([f"{broker.host}:{broker.port}" for broker in answer.brokers.values()], [ADDRESS])
    same([answer.controller_id], list(answer.brokers))
    same(answer.topics, {})


def check_list_unknown() -> None:
    topics = admin.list_topics(UNKNOWN_TOPIC, timeout=SECONDS).topics
    same(list(topics), [UNKNOWN_TOPIC])
    same(topics[UNKNOWN_TOPIC].error.code(), KafkaError.UNKNOWN_TOPIC_OR_PART)


def check_cluster() -> None:
    cluster = admin.describe_cluster(request_timeout=SECONDS).result(SECONDS)
    same([f"{node.host}:{node.port}" for node in cluster.nodes], [ADDRESS])
    same(bool(cluster.cluster_id), True)


def check_describe_unknown() -> None:
    futures = admin.describe_topics(TopicCollection([UNKNOWN_TOPIC]), request_timeout=SECONDS)
    try:
        futures[UNKNOWN_TOPIC].result(SECONDS)
    except KafkaException as error:
        same(error.args[0].code(), KafkaError.UNKNOWN_TOPIC_OR_PART)
    else:
        raise ValueError("no error came")


admin = AdminClient({"bootstrap.servers": ADDRESS})
check("list_topics: one broker, no topics", check_list)
check("list_topics of an unknown topic: UNKNOWN_TOPIC_OR_PART", check_list_unknown)
check("describe_cluster names the broker", check_cluster)
check("describe_topics of an unknown topic: UNKNOWN_TOPIC_OR_PART", check_describe_unknown)
end()
