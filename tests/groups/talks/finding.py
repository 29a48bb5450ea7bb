# SPDX-License-Identifier: Apache-2.0
"""The first use of a broker with one replica of the internal topics."""
COORDINATOR = False
AT_A_TIME = 1
SETTINGS = {"auto.create.topics.enable": "true", "offsets.topic.num.partitions": "3"}


def first_of_a_broker(talk):
    """Before, while and after __consumer_offsets is made."""
    a = talk.member("a")
    a.commit({"one": {0: 1}})
    a.fetch({"one": [0]})
    a.joins()
    a.heartbeat(memberId="me", generationId=1)
    a.leave({"memberId": "me"})
    a.syncs(memberId="me", generationId=1)
    a.describe()
    a.list()
    a.delete()
    a.enter("one", memberId="a")
    a.describe_consumer()
    a.ask("FindCoordinator", 4, keyType=0, coordinatorKeys=["any"])
    a.until("NONE", a.ask, "FindCoordinator", 4, keyType=0, coordinatorKeys=["any"])
    a.until("NONE", a.commit, {"one": {0: 1}})
    names = [{"name": "__consumer_offsets"}]
    a.ask("Metadata", 12, topics=names, allowAutoTopicCreation=False, includeTopicAuthorizedOperations=False)
    a.ask("DescribeConfigs", 4, resources=[{"resourceType": 2, "resourceName": "__consumer_offsets",
                                            "configurationKeys": ["compression.type", "cleanup.policy", "segment.bytes",
                                                                  "min.insync.replicas"]}])
