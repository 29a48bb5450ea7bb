# SPDX-License-Identifier: Apache-2.0
"""Whether a client that asks for the topic makes it."""
COORDINATOR = False
AT_A_TIME = 1
SETTINGS = {"auto.create.topics.enable": "true", "offsets.topic.num.partitions": "3"}


def by_metadata(talk):
    """Metadata with auto-creation."""
    a = talk.member("a")
    for auto in (False, True):
        a.ask("Metadata", 12, topics=[{"name": "__consumer_offsets"}], allowAutoTopicCreation=auto,
              includeTopicAuthorizedOperations=False)
    talk.sleep(1)
    a.ask("Metadata", 12, topics=[{"name": "__consumer_offsets"}], allowAutoTopicCreation=False,
          includeTopicAuthorizedOperations=False)
    a.ask("FindCoordinator", 4, keyType=0, coordinatorKeys=["any"])
    a.until("NONE", a.fetch, {"one": [0]})
