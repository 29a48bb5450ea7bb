# SPDX-License-Identifier: Apache-2.0
"""Classic and consumer groups: what happens to requests of the other kind, and groups that change their type."""
from speaker import assignment, subscription


def classic_requests(talk):
    """The requests of classic members, to a consumer group."""
    a, b = talk.members("a b")
    a.id = "a"
    a.enter("one")
    b.heartbeat(memberId="a", generationId=a.epoch)
    b.heartbeat(memberId="me", generationId=0)
    b.syncs(memberId="a", generationId=a.epoch)
    b.syncs(memberId="me", generationId=0)
    b.leave({"memberId": "me"}, {"memberId": "", "groupInstanceId": "i"})
    b.leave(version=2, memberId="me")
    b.ask("LeaveGroup", 5, groupId=talk.group, members=[])
    b.joins(memberId="me")
    b.joins(memberId="me", protocols={"range": subscription("one")})
    b.joins(memberId="a", protocols={"range": subscription("one")})
    b.joins(protocolType="connect")
    b.joins(protocols={})
    b.joins(protocolType="")
    b.joins(protocols={"range": "no subscription"})
    b.joins(memberId="me", groupInstanceId="i", protocols={"range": subscription("one")})
    b.describe()
    b.describe_consumer()
    b.list(types=["consumer"])
    b.list(4)
    b.delete()
    b.forget({"one": [0], "two": [0]})
    b.leave({"memberId": "a"}, {"memberId": "me"})
    a.beat()
    b.describe_consumer()


def classic_questions_to_empty_group(talk):
    """The same after its members have left: a join makes it a classic group."""
    a, b = talk.members("a b")
    a.id = "a"
    a.enter("one")
    a.beat(-1)
    b.heartbeat(memberId="a", generationId=3)
    b.syncs(memberId="a", generationId=3)
    b.leave({"memberId": "a"})
    b.commit({"one": {0: 5}})
    b.get_id()
    b.describe()
    b.describe_consumer()
    b.joins()
    b.syncs({b: "assigned"})
    b.fetch({"one": [0]})


def a_stranger_joins_an_empty_one(talk):
    """JoinGroup with a member id that nobody knows, to an empty consumer group."""
    a, b = talk.members("a b")
    a.id = "a"
    a.enter("one")
    a.beat(-1)
    b.joins(memberId="me")
    b.describe_consumer()


def an_empty_consumer_group_is_deleted(talk):
    """Its records."""
    a = talk.member("a")
    a.id = "a"
    a.enter("one")
    a.commit({"one": {0: 5}}, memberId="a", generationIdOrMemberEpoch=a.epoch)
    a.beat(-1)
    a.describe_consumer()
    a.describe()
    a.list(states=["empty"])
    a.delete()
    a.describe_consumer()


def heartbeats_to_a_classic_group(talk):
    """ConsumerGroupHeartbeat and ConsumerGroupDescribe, to classic groups in several states and of several kinds."""
    a, b, c = talk.members("a b c")
    a.get_id()
    c.id = "c"
    c.beat(1)
    c.beat(-1)
    c.beat(-2, instanceId="i")
    c.describe_consumer()
    a.joins(protocols={"range": "no subscription"})
    a.syncs({a: "no assignment"})
    c.beat(1)
    c.beat(-1)
    c.enter("one")
    c.describe_consumer()
    group = {"groupId": talk.other("connect")}
    b.joins(protocolType="connect", **group)
    b.joins(protocolType="connect", **group)
    c.enter("one", **group)
    b.leave(**group)
    c.enter("one", **group)
    c.describe_consumer(talk.other("connect"))
    c.describe(talk.other("connect"))


def a_simple_group_becomes_consumer(talk):
    """One with offsets and no members; then a classic one that was emptied."""
    a = talk.member("a")
    a.id = "a"
    a.commit({"one": {0: 5}})
    a.beat(1)
    a.beat(-1)
    a.enter("one")
    a.fetch({"one": [0]}, memberId="a", memberEpoch=a.epoch)
    b = talk.member("b")
    b.leads(groupId=talk.other("2"))
    b.leave(groupId=talk.other("2"))
    a.enter("one", groupId=talk.other("2"))
    a.describe_consumer(talk.other("2"))


def offsets_of_a_consumer_group(talk):
    """Commits and fetches with epochs, by members and others."""
    a, b = talk.consumers("a b")
    one = {"one": {0: 5}}
    a.enter("one")
    epoch = a.epoch
    for version in (8, 9, 10):
        a.commit(one, version, memberId="a", generationIdOrMemberEpoch=epoch)
    a.commit(one, memberId="a", generationIdOrMemberEpoch=epoch + 1)
    a.commit(one, memberId="a", generationIdOrMemberEpoch=epoch - 1)
    a.commit(one, memberId="a", generationIdOrMemberEpoch=-1)
    a.commit(one, memberId="me", generationIdOrMemberEpoch=epoch)
    a.commit(one, 8, memberId="me", generationIdOrMemberEpoch=epoch)
    a.commit(one, memberId="", generationIdOrMemberEpoch=-1)
    a.commit(one, memberId="", generationIdOrMemberEpoch=epoch)
    for version in (1, 2, 8, 9, 10):
        a.fetch({"one": [0]}, version)
    for version in (9, 10):
        a.fetch({"one": [0]}, version, memberId="a", memberEpoch=epoch)
        a.fetch({"one": [0]}, version, memberId="a", memberEpoch=epoch + 1)
        a.fetch({"one": [0]}, version, memberId="a", memberEpoch=epoch - 1)
        a.fetch({"one": [0]}, version, memberId="a", memberEpoch=-1)
        a.fetch({"one": [0]}, version, memberId="me", memberEpoch=epoch)
        a.fetch({"one": [0]}, version, memberId=None, memberEpoch=epoch)
        a.fetch({"one": [0]}, version, memberId="", memberEpoch=-1)
        a.fetch(None, version, memberId="me", memberEpoch=epoch)
    a.beat(-1)
    a.commit(one, memberId="a", generationIdOrMemberEpoch=epoch)
    a.commit(one, memberId="me", generationIdOrMemberEpoch=-1)
    a.fetch({"one": [0]}, memberId="a", memberEpoch=epoch)
    a.fetch({"one": [0]})


def older_epochs_of_a_commit(talk):
    """A member whose epoch has moved on may still commit what it has had since the request's epoch."""
    a, b = talk.consumers("a b")
    a.enter("four", serverAssignor="range")
    first = a.epoch
    b.enter("four", serverAssignor="range")
    a.owns({"four": [0, 1, 2, 3]})
    a.commit({"four": {0: 1, 3: 1}}, memberId="a", generationIdOrMemberEpoch=first)
    a.owns({"four": [0, 1]})
    a.commit({"four": {0: 2}}, memberId="a", generationIdOrMemberEpoch=first)
    a.commit({"four": {0: 3, 3: 3}}, memberId="a", generationIdOrMemberEpoch=first)
    a.commit({"four": {3: 4}}, memberId="a", generationIdOrMemberEpoch=first)
    a.commit({"four": {0: 5}}, memberId="a", generationIdOrMemberEpoch=1)
    b.beat()
    b.commit({"four": {2: 1}}, memberId="b", generationIdOrMemberEpoch=first)
    b.commit({"four": {2: 1}}, memberId="b", generationIdOrMemberEpoch=b.epoch)
    a.fetch(None)


def upgrade(talk):
    """A classic group with members becomes a consumer group, and a classic one again when the new member leaves."""
    a, b = talk.members("a b")
    a.get_id(protocols={"range": subscription("four")})
    a.joins(protocols={"range": subscription("four")})
    a.syncs({a: assignment({"four": [0, 1, 2, 3]})})
    b.id = "b"
    b.enter("four", serverAssignor="range")
    a.describe()
    a.describe_consumer()
    a.heartbeat()
    a.commit({"four": {0: 1}}, memberId=a.id, generationIdOrMemberEpoch=a.generation)
    a.commit({"four": {0: 1}}, memberId=a.id, generationIdOrMemberEpoch=9)
    a.syncs()
    a.joins(protocols={"range": subscription("four", owned={"four": [0, 1, 2, 3]}, generation=a.generation)})
    a.syncs()
    a.heartbeat()
    a.describe_consumer()
    b.beat(-1)
    a.describe_consumer()
    a.describe()
    a.heartbeat()
    a.joins(protocols={"range": subscription("four")})
    a.syncs({a: assignment({"four": [0, 1, 2, 3]})})
    a.leave()


def a_classic_member_joins_a_consumer_group(talk):
    """With the errors on its way."""
    a, b = talk.members("a b")
    a.id = "!"  # before any id in base64
    a.enter("four", serverAssignor="range")
    bytes_of_b = {"range": subscription("four")}
    b.get_id(protocols=bytes_of_b)
    b.joins(protocols=bytes_of_b)
    b.syncs()
    b.syncs(protocolName="other")
    b.syncs(generationId=1)
    b.syncs(protocolType="connect")
    b.heartbeat()
    b.heartbeat(generationId=1)
    b.describe_consumer()
    a.owns({"four": [0, 1, 2, 3]})
    a.owns({"four": [0, 1]})
    b.heartbeat()
    b.joins(protocols={"range": subscription("four", owned={"four": []}, generation=b.generation)})
    b.syncs()
    b.heartbeat()
    b.fetch({"four": [0]}, memberId=b.id, memberEpoch=77)
    b.commit({"four": {2: 1}}, memberId=b.id, generationIdOrMemberEpoch=b.generation)
    b.commit({"four": {2: 1}}, 8, memberId=b.id, generationIdOrMemberEpoch=b.generation)
    b.commit({"four": {2: 1}}, memberId=b.id, generationIdOrMemberEpoch=77)
    b.leave({"memberId": b.id}, {"memberId": a.id})
    b.heartbeat()
    a.beat()
    a.describe_consumer()


def removed_by_leave_group(talk):
    """LeaveGroup removes members of a consumer group, as those who manage groups do: by id, by instance id, twice."""
    a, b, c, d = talk.consumers("a b c d")
    b.instance, c.instance = "ib", "ic"
    a.enter("six", serverAssignor="range")
    b.enter("six", serverAssignor="range")
    c.enter("two", serverAssignor="range")
    d.enter(subscribedTopicRegex="o.e")
    talk.sleep(1)
    boss = talk.member("boss")
    boss.leave({"memberId": "me"}, {"memberId": "", "groupInstanceId": "me"}, {"memberId": ""},
               {"memberId": "me", "groupInstanceId": "ib"})
    a.beat()
    boss.leave({"memberId": "", "groupInstanceId": "ib"}, {"memberId": "c", "groupInstanceId": "ic"},
               {"memberId": "me"}, {"memberId": "c"}, {"memberId": "", "groupInstanceId": "ib"})
    b.beat()
    c.beat()
    a.beat()
    boss.describe_consumer()
    boss.leave(version=2, memberId="me")
    boss.leave(version=2, memberId="d")
    boss.leave(version=0, memberId="a")
    boss.describe_consumer()
