# SPDX-License-Identifier: Apache-2.0
"""A broker whose `group.coordinator.rebalance.protocols` are classic alone."""
SETTINGS = {"group.coordinator.rebalance.protocols": "classic"}


def consumer_groups(talk):
    """ConsumerGroupHeartbeat and ConsumerGroupDescribe."""
    a = talk.member("a")
    a.id = "a"
    a.enter("one")
    a.beat(-1)
    a.describe_consumer()
    a.describe()
