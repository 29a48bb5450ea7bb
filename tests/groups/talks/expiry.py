# SPDX-License-Identifier: Apache-2.0
"""Offsets and groups that expire. Versions 2 to 4 of OffsetCommit can make an offset expire at once."""
from speaker import subscription

SETTINGS = {"offsets.retention.check.interval.ms": "1000", "offsets.retention.minutes": "1"}
AT_A_TIME = 8


def simple_group(talk):
    """One of two offsets expires, then the other, and the group with it."""
    a = talk.member("a")
    a.commit({"one": {0: 1}}, 4, retentionTimeMs=0)
    a.commit({"two": {0: 2, 1: 3}})
    talk.sleep(2.5)
    a.fetch(None)
    a.describe()
    a.commit({"two": {0: 2, 1: 3}}, 4, retentionTimeMs=0)
    talk.sleep(2.5)
    a.fetch(None)
    a.describe()


def id_that_was_given_out(talk):
    """A group without members and offsets ends, though an id is pending; that is not known any more."""
    a = talk.member("a")
    a.get_id()
    talk.sleep(2.5)
    a.describe()
    a.joins()


def emptied_groups(talk):
    """Groups of both types that never had offsets end when they are empty."""
    a, b = talk.members("a b")
    a.leads()
    b.id = "b"
    b.enter("one", groupId=talk.other("consumer"))
    talk.sleep(2.5)
    a.describe()
    b.describe_consumer(talk.other("consumer"))
    a.leave()
    b.beat(-1, groupId=talk.other("consumer"))
    talk.sleep(2.5)
    a.describe()
    b.describe_consumer(talk.other("consumer"))


def subscribed_topics(talk):
    """In a group with members, offsets of topics that nobody is subscribed to expire."""
    a = talk.member("a")
    a.get_id(protocols={"range": subscription("one")})
    a.joins(protocols={"range": subscription("one")})
    a.syncs({a: "assigned"})
    me = {"memberId": a.id, "generationIdOrMemberEpoch": a.generation, "retentionTimeMs": 0}
    a.commit({"one": {0: 1}, "two": {0: 1}}, 4, **me)
    talk.sleep(2.5)
    a.fetch(None)
    a.leave()
    talk.sleep(2.5)
    a.fetch(None)
    a.describe()


def subscribed_consumers(talk):
    """The same in a consumer group: offsets that were committed before it had members."""
    a = talk.member("a")
    a.id = "a"
    a.commit({"one": {0: 1}, "two": {0: 1}}, 4, retentionTimeMs=2000)
    a.enter("one")
    talk.sleep(4)
    a.fetch(None)
    a.beat(-1)
    talk.sleep(2.5)
    a.fetch(None)
    a.describe_consumer()


def other_types(talk):
    """Offsets in a group of another type than consumer stay as long as it has members."""
    a = talk.member("a")
    a.joins(protocolType="connect")
    a.joins(protocolType="connect")
    a.syncs({a: "assigned"}, protocolType="connect")
    me = {"memberId": a.id, "generationIdOrMemberEpoch": a.generation, "retentionTimeMs": 0}
    a.commit({"one": {0: 1}}, 4, **me)
    talk.sleep(2.5)
    a.fetch(None)
    a.leave()
    talk.sleep(2.5)
    a.fetch(None)
    a.describe()
