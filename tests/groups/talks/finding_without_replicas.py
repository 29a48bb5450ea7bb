# SPDX-License-Identifier: Apache-2.0
"""A single node with the default replication factor of 3."""
COORDINATOR = False
AT_A_TIME = 1
SETTINGS = {"offsets.topic.replication.factor": "3"}


def three_replicas(talk):
    """The topic cannot be made."""
    a = talk.member("a")
    for _ in range(3):
        a.ask("FindCoordinator", 4, keyType=0, coordinatorKeys=["any"])
        talk.sleep(0.5)
    a.ask("FindCoordinator", 0, key="any", keyType=0)
    a.list()
    a.ask("Metadata", 12, topics=[{"name": "__consumer_offsets"}], allowAutoTopicCreation=False,
          includeTopicAuthorizedOperations=False)
