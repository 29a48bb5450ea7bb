# SPDX-License-Identifier: Apache-2.0
"""The topic is made by a client, with another number of partitions than the setting's."""
COORDINATOR = False
AT_A_TIME = 1
SETTINGS = {"offsets.topic.num.partitions": "1"}


def by_create_topics(talk):
    """CreateTopics with 3 partitions, while the setting is 1."""
    a = talk.member("a")
    topic = {"name": "__consumer_offsets", "numPartitions": 3, "replicationFactor": 1, "assignments": [], "configs": []}
    a.ask("CreateTopics", 4, topics=[topic], timeoutMs=20000, validateOnly=False)
    a.until("NONE", a.ask, "FindCoordinator", 4, keyType=0, coordinatorKeys=[talk.group])
    talk.sleep(1)
    for name in ("1", "2", "3", "4", "5", "6"):
        a.commit({"one": {0: 1}}, groupId=talk.other(name))
        a.fetch({"one": [0]}, groupId=talk.other(name))
