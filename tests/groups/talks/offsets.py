# SPDX-License-Identifier: Apache-2.0
"""Offsets: committed, fetched, deleted, in all versions and by all kinds of groups."""
from speaker import subscription

UNKNOWN = "missing"


def simple_group(talk):
    """A consumer without members commits, reads back and deletes."""
    a = talk.member("a")
    a.fetch({"one": [0]})
    a.commit({"one": {0: 5}})
    a.describe()
    a.fetch({"one": [0]})
    a.commit({"one": {0: 7}, "two": {0: 1, 1: 2}}, metadata="text")
    a.fetch(None)
    a.forget({"one": [0], "two": [1]})
    a.fetch(None)
    a.delete()
    a.fetch(None)
    a.describe()


def commit_versions(talk):
    """Every version of OffsetCommit, and each offset read back."""
    a = talk.member("a")
    for version in range(2, 11):
        a.commit({"one": {0: version}}, version, metadata=None if version % 2 else "m")
        a.fetch({"one": [0]})


def fetch_versions(talk):
    """Every version of OffsetFetch."""
    a = talk.member("a")
    a.commit({"two": {0: 5}}, metadata="m")
    for version in range(1, 11):
        a.fetch({"two": [0, 1], "one": [0]}, version)
        if version >= 2:
            a.fetch(None, version)
        if version >= 8:
            a.fetch({}, version)
        if version < 10:
            a.fetch({UNKNOWN: [0], "one": [7]}, version)
        if version >= 7:
            a.fetch({"two": [0]}, version, requireStable=True)


def fetch_of_several_groups(talk):
    """Several groups with one request, one of them twice, one unknown."""
    a = talk.member("a")
    other = talk.other("2")
    a.commit({"one": {0: 5}})
    a.commit({"one": {0: 6}}, groupId=other)
    names = [{"name": "one", "partitionIndexes": [0]}]
    groups = [{"groupId": name, "topics": names} for name in (other, talk.group, talk.other("none"), talk.group)]
    a.ask("OffsetFetch", 8, groups=groups, requireStable=False)
    a.ask("OffsetFetch", 9, groups=[], requireStable=False)
    ids = [{"topicId": "@one", "partitionIndexes": [0]}, {"topicId": "@unknown", "partitionIndexes": [0, 1]}]
    a.ask("OffsetFetch", 10, groups=[{"groupId": talk.group, "topics": ids}], requireStable=True)


def same_things_twice(talk):
    """A partition that is named twice, a topic that is named twice."""
    a = talk.member("a")
    partition = {"partitionIndex": 0, "committedLeaderEpoch": -1, "committedMetadata": ""}
    topics = [{"name": "one", "partitions": [partition | {"committedOffset": 1}, partition | {"committedOffset": 2}]},
              {"name": "one", "partitions": [partition | {"committedOffset": 3}]}]
    a.ask("OffsetCommit", 8, groupId=talk.group, generationIdOrMemberEpoch=-1, memberId="", topics=topics)
    a.fetch({"one": [0, 0]})
    twice = [{"name": "one", "partitionIndexes": [0]}, {"name": "one", "partitionIndexes": [0]}]
    a.ask("OffsetFetch", 8, groups=[{"groupId": talk.group, "topics": twice}], requireStable=False)
    a.forget({"one": [0, 0]})


def odd_offsets(talk):
    """Offset -5, -1 and the largest; leader epochs; null metadata."""
    a = talk.member("a")
    for offset in (-5, -1, 0, 2 ** 63 - 1):
        a.commit({"one": {0: offset}}, metadata=None)
        a.fetch({"one": [0]})
    for epoch in (-5, 0, 7):
        topics = [{"name": "one", "partitions": [{"partitionIndex": 0, "committedOffset": 1,
                                                  "committedLeaderEpoch": epoch, "committedMetadata": "m"}]}]
        a.ask("OffsetCommit", 8, groupId=talk.group, generationIdOrMemberEpoch=-1, memberId="", topics=topics)
        a.fetch({"one": [0]})


def unknown_topics(talk):
    """Topics and partitions that do not exist, alone and beside others; no topics; null topics."""
    a = talk.member("a")
    a.commit({UNKNOWN: {0: 1}})
    a.commit({"one": {1: 1}})
    a.commit({"one": {-1: 1}})
    a.commit({UNKNOWN: {0: 1}, "one": {0: 1, 1: 1}})
    a.commit({"unknown": {0: 1}}, 10)
    a.commit({"unknown": {0: 1}, "one": {0: 2, 9: 2}}, 10)
    a.commit({})
    a.commit({"one": {}})
    a.commit({UNKNOWN: {0: 1}}, generationIdOrMemberEpoch=5, memberId="me")
    a.commit({}, generationIdOrMemberEpoch=5, memberId="me")
    a.fetch(None)
    a.forget({UNKNOWN: [0], "one": [0, 3]})
    a.forget({})
    a.forget({UNKNOWN: [0]}, groupId=talk.other("none"))
    a.forget({"one": [0]}, groupId=talk.other("none"))
    a.forget({"one": [0]}, groupId="")
    a.forget({UNKNOWN: [0]}, groupId="")


def no_group(talk):
    """Members and generations of a group that does not exist."""
    a = talk.member("a")
    for version in (8, 9, 10):
        a.commit({"one": {0: 1}}, version, generationIdOrMemberEpoch=5, memberId="me")
        a.commit({"one": {0: 1}}, version, generationIdOrMemberEpoch=0)
    a.commit({"one": {0: 1}}, memberId="me", groupId=talk.other("2"))
    a.commit({"one": {0: 1}}, groupInstanceId="i", groupId=talk.other("3"))
    a.fetch({"one": [0]}, memberId="me", memberEpoch=3)
    a.fetch({"one": [0]}, memberId=None, memberEpoch=3)


def empty_group_id(talk):
    """Offsets of the group without a name."""
    a = talk.member("a")
    a.fetch({"one": [0]}, groupId="")
    a.fetch({"one": [0]}, 7, groupId="")
    a.commit({"one": {0: 1}}, groupId="", generationIdOrMemberEpoch=5, memberId="me")
    a.commit({"one": {0: 1}}, groupId="")
    a.commit({"one": {0: 1}}, version=2, groupId="")
    a.ask("OffsetFetch", 8, groups=[{"groupId": "", "topics": None}], requireStable=False)
    a.fetch(None, 7, groupId="")
    a.describe("")
    a.delete("")
    a.delete("")
    a.describe_consumer("")


def retention_times(talk):
    """Versions 2 to 4 may say how long an offset is kept; what is written then."""
    a = talk.member("a")
    for version in (2, 3, 4):
        a.commit({"one": {0: version}}, version, retentionTimeMs=3600000)
        a.commit({"one": {0: version}}, version, retentionTimeMs=0)
        a.commit({"one": {0: version}}, version, retentionTimeMs=-5)
    a.commit({"one": {0: 5}}, 5, retentionTimeMs=3600000)
    a.fetch({"one": [0]})


def by_members_of_a_classic_group(talk):
    """Commits in each state, by members and by others."""
    a, b = talk.members("a b")
    one = {"one": {0: 1}}

    def commits(speaker):
        me = {"memberId": speaker.id, "generationIdOrMemberEpoch": speaker.generation}
        speaker.commit(one, **me)
        speaker.commit(one, 8, **me)
        speaker.commit(one, **me | {"generationIdOrMemberEpoch": 77})
        speaker.commit(one, **me | {"generationIdOrMemberEpoch": -1})
        speaker.commit(one, **me | {"memberId": "me"})
        speaker.commit(one, **me | {"memberId": "me", "generationIdOrMemberEpoch": 77})
        speaker.commit(one, **me | {"memberId": ""})
        speaker.commit(one, **me | {"groupInstanceId": "i"})
        speaker.commit(one)
        speaker.commit(one, groupInstanceId="i")
        speaker.fetch({"one": [0]}, memberId="me", memberEpoch=77)

    a.get_id()
    talk.note("Empty, with an id that was given out")
    commits(a)
    a.joins()
    talk.note("CompletingRebalance")
    commits(a)
    a.syncs({a: "assigned"})
    talk.note("Stable")
    commits(a)
    b.get_id()
    b.join()
    b.waits()
    talk.note("PreparingRebalance")
    commits(a)
    a.joins()
    b.answer()
    a.leave()
    b.leave()
    talk.note("Empty")
    commits(a)


def delete_of_subscribed_topics(talk):
    """A group that is subscribed keeps its offsets; one of another type than consumer refuses it all."""
    a, b = talk.members("a b")
    a.get_id()
    a.joins(protocols={"range": subscription("one", "two")})
    a.syncs({a: "assigned"})
    me = {"memberId": a.id, "generationIdOrMemberEpoch": a.generation}
    a.commit({"one": {0: 1}, "two": {0: 1}, "three": {0: 1}}, **me)
    a.forget({"one": [0], "three": [0, 1], "four": [0]})
    a.fetch(None)
    a.leave()
    a.forget({"one": [0]})
    a.fetch(None)
    b.joins(protocolType="connect", groupId=talk.other("connect"))
    b.joins(protocolType="connect", groupId=talk.other("connect"))
    b.forget({"one": [0]}, groupId=talk.other("connect"))
    b.forget({UNKNOWN: [0]}, groupId=talk.other("connect"))
    b.leave(groupId=talk.other("connect"))
    b.forget({"one": [0]}, groupId=talk.other("connect"))


def deleted_topic(talk):
    """The offsets of a topic go when it is deleted; another one of its name has none."""
    a = talk.member("a")
    topic = f"{talk.group}-topic"
    talk.create_topic(topic, 2)
    a.commit({topic: {0: 1, 1: 2}, "one": {0: 3}})
    a.fetch(None)
    talk.delete_topic(topic)
    talk.sleep(1)
    a.fetch(None)
    a.fetch({topic: [0]})
    a.commit({topic: {0: 1}})
    talk.create_topic(topic, 2)
    a.fetch({topic: [0]})
    a.commit({topic: {0: 9}})
    a.fetch(None)
