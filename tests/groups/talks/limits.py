# SPDX-License-Identifier: Apache-2.0
"""Full groups, and the delay of the first rebalance."""
from speaker import assignment, subscription

SETTINGS = {"group.max.size": "2", "group.initial.rebalance.delay.ms": "700", "group.consumer.max.size": "2",
            "offset.metadata.max.bytes": "10"}


def initial_delay(talk):
    """Members that come within the delay are in the first generation."""
    a, b = talk.members("a b")
    a.get_id()
    a.join()
    a.waits()
    b.get_id()
    b.join()
    b.waits(0.2)
    a.answer()
    b.answer()


def initial_delay_and_a_short_timeout(talk):
    """The delay is not longer than the rebalance timeout allows."""
    a, b = talk.members("a b")
    a.get_id()
    a.join(rebalanceTimeoutMs=200)
    a.answer()


def full_classic_group(talk):
    """The third member of two."""
    a, b, c = talk.members("a b c")
    a.get_id()
    b.get_id()
    c.get_id()
    a.join()
    a.waits()
    c.get_id()
    b.join()
    a.answer()
    b.answer()
    c.joins()
    c.id = ""
    c.joins()
    c.instance = "i"
    c.joins()
    a.syncs({a: "for a", b: "for b"})
    b.syncs()
    c.joins()
    c.joins(memberId="me")
    c.joins(protocolType="connect")
    c.joins(version=5)
    b.leave()
    c.join()
    c.waits()
    b.id = ""
    b.joins()
    b.join(version=3)
    b.waits()
    a.joins()
    b.waits()
    c.waits()


def full_consumer_group(talk):
    """The same for a consumer group; members that return are let in."""
    a, b, c, d = talk.consumers("a b c d")
    a.instance = "i"
    a.enter("one")
    b.enter("one")
    c.enter("one")
    d.instance = "i"
    d.enter("one")
    a.beat(-2)
    d.enter("one")
    b.beat(0, rebalanceTimeoutMs=20000, topicPartitions=[], subscribedTopicNames=["one"])
    b.beat(-1)
    c.enter("one")


def classic_member_of_a_full_consumer_group(talk):
    """JoinGroup, which would be a migration."""
    a, b, c = talk.members("a b c")
    a.id, b.id = "a", "b"
    a.enter("one")
    b.enter("one")
    c.joins()


def upgrade_before_the_first_generation(talk):
    """A member with the consumer protocol comes while a classic group is prepared for the first time."""
    a, x = talk.members("a x")
    x.id = "x"
    protocols = {"range": subscription("one")}
    a.get_id(protocols=protocols)
    a.join(protocols=protocols)
    a.waits(0.2)
    x.enter("one")
    a.answer()
    a.leave()


def upgrade_of_more_members_than_allowed(talk):
    """A consumer group may have two members; of a full one three is too many."""
    a, b, x = talk.members("a b x")
    a.instance, b.instance, x.id = "a", "b", "x"
    protocols = {"range": subscription("one")}
    a.join(protocols=protocols)
    talk.settle()
    b.join(protocols=protocols)
    a.answer()
    b.answer()
    x.enter("one")
    a.syncs({a: assignment({"one": [0]}), b: assignment()})
    x.enter("one")
    x.enter("one", instanceId="a")
    x.describe_consumer()


def metadata_of_an_offset(talk):
    """Its length is counted in UTF-16 units."""
    a = talk.member("a")
    for text in ("1234567890", "12345678901", "\u20ac" * 10, "\u20ac" * 11, "\U0001f600" * 5, "\U0001f600" * 6):
        a.commit({"two": {0: 1, 1: 2}}, metadata=text)
    a.fetch(None)
