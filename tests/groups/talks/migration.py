# SPDX-License-Identifier: Apache-2.0
"""Classic groups that become consumer groups and back, while members use both protocols."""
import struct

from speaker import assignment, subscription


def _range(topic, **more):
    return {"range": subscription(topic, **more)}


def _classic(talk, names):
    """Members whose ids the broker makes of their names, so that they are sorted by these."""
    found = talk.members(names)
    for speaker in found:
        speaker.client_id = speaker.name
    return found


def _stable(members, topic, partitions, protocols=None, **more):
    """A classic group of these members, who have the partitions."""
    first, *others = members
    protocols = protocols or _range(topic)
    more = {"protocols": protocols} | more
    for member in members:
        if member.instance is None:
            member.get_id(**more)
    if others:
        first.joins(**more)
        first.syncs({first: assignment()})
        for member in others:
            member.join(**more)
            member.waits()
        first.joins(**more)
        for member in others:
            member.answer()
    else:
        first.joins(**more)
    given = zip(members, partitions)
    first.syncs({member: assignment({topic: numbers}) for member, numbers in given})
    for member in others:
        member.syncs()


def a_rolling_upgrade_and_back(talk):
    """Three members, one after the other."""
    a, b, c = _classic(talk, "a b c")
    x, y, z = talk.consumers("x y z")
    _stable((a, b, c), "six", ([0, 1], [2, 3], [4, 5]))
    a.commit({"six": {0: 1}}, memberId=a.id, generationIdOrMemberEpoch=a.generation)
    c.leave()
    x.enter("six", serverAssignor="range")
    a.heartbeat()
    b.heartbeat()
    a.joins(protocols=_range("six", owned={"six": [0, 1]}, generation=a.generation))
    a.syncs()
    b.joins(protocols=_range("six", owned={"six": [2, 3]}, generation=b.generation))
    b.syncs()
    x.beat()
    talk.member("boss").describe_consumer()
    b.leave()
    y.enter("six", serverAssignor="range")
    a.heartbeat()
    a.joins(protocols=_range("six", owned={"six": [0, 1]}, generation=a.generation))
    x.beat()
    y.beat()
    a.leave()
    z.enter("six", serverAssignor="range")
    x.beat()
    x.beat()
    y.beat()
    z.beat()
    talk.member("boss").describe_consumer()
    x.beat(-1)
    a.id = "a"
    a.joins(protocols=_range("six"))
    a.syncs()
    y.beat()
    z.beat()
    y.beat(-1)
    a.heartbeat()
    z.beat(-1)
    talk.member("boss").describe()
    a.heartbeat()
    a.joins(protocols=_range("six"))
    a.syncs({a: assignment({"six": [0, 1, 2, 3, 4, 5]})})
    a.fetch({"six": [0]})


def while_members_join(talk):
    """A rebalance has been prepared, and one waits for it: it is to join again."""
    a, b = _classic(talk, "a b")
    _stable((a,), "four", ([0, 1, 2, 3],))
    b.get_id(protocols=_range("four"))
    b.join(protocols=_range("four"))
    b.waits()
    x, = talk.consumers("x")
    x.enter("four", serverAssignor="range")
    b.answer()
    x.describe_consumer()
    b.joins(protocols=_range("four"))
    a.heartbeat()
    b.heartbeat()
    b.syncs()


def while_members_sync(talk):
    """One waits for its assignment."""
    a, b = _classic(talk, "a b")
    _stable((a, b), "four", ([0, 1], [2, 3]))
    a.join(protocols=_range("four"))
    a.waits()
    b.joins(protocols=_range("four"))
    a.answer()
    b.sync()
    b.waits()
    x, = talk.consumers("x")
    x.enter("four", serverAssignor="range")
    b.answer()
    a.syncs({a: assignment({"four": [0, 1]}), b: assignment({"four": [2, 3]})})
    x.describe_consumer()


def an_id_that_was_handed_out(talk):
    """Before; the client comes back with it."""
    a, b = _classic(talk, "a b")
    _stable((a,), "four", ([0, 1, 2, 3],))
    b.get_id(protocols=_range("four"))
    x, = talk.consumers("x")
    x.enter("four", serverAssignor="range")
    b.joins(protocols=_range("four"))
    b.syncs()
    b.leave()
    x.describe_consumer()


def a_member_that_never_synced(talk):
    """It has an empty assignment."""
    a, = _classic(talk, "a")
    a.get_id(protocols=_range("four"))
    a.joins(protocols=_range("four"))
    x, = talk.consumers("x")
    x.enter("four", serverAssignor="range")
    a.syncs({a: assignment({"four": [0, 1, 2, 3]})})
    a.joins(protocols=_range("four"))
    a.syncs()


def a_static_member_changes_its_protocol(talk):
    """And back, by new instances of it: the group is classic again without a rebalance."""
    a, b = _classic(talk, "a b")
    a.instance = "i"
    _stable((a, b), "four", ([0, 1], [2, 3]))
    x, = talk.consumers("x")
    x.instance = "i"
    x.enter("four", serverAssignor="range")
    a.heartbeat()
    b.heartbeat()
    x.describe_consumer()
    b.joins(protocols=_range("four", owned={"four": [2, 3]}, generation=b.generation))
    b.syncs()
    x.beat()
    c, = _classic(talk, "c")
    c.instance = "i"
    c.joins(protocols=_range("four"))
    c.syncs()
    c.describe()
    x.beat()
    b.heartbeat()
    c.heartbeat()


def a_static_member_with_another_subscription(talk):
    """It makes the group a classic one that is rebalanced."""
    a, b = _classic(talk, "a b")
    _stable((b,), "four", ([0, 1, 2, 3],))
    x, = talk.consumers("x")
    x.instance = "i"
    x.enter("four", serverAssignor="range")
    a.instance = "i"
    a.joins(protocols=_range("six"))
    a.describe()
    b.heartbeat()
    a.heartbeat()


def a_static_member_that_has_left(talk):
    """With -2: a classic one takes its place."""
    a, b = _classic(talk, "a b")
    x, y = talk.consumers("x y")
    x.instance = a.instance = "i"
    x.enter("four", serverAssignor="range")
    y.enter("four", serverAssignor="range")
    x.beat(-2)
    a.joins(protocols=_range("four"))
    a.syncs()
    b.instance = "i"
    b.joins(protocols=_range("four"))
    a.heartbeat()
    b.syncs()
    y.describe_consumer()
    b.joins(memberId="me", protocols=_range("four"))
    b.leave({"memberId": "me", "groupInstanceId": "i"})
    b.leave()
    y.describe_consumer()


def the_same_static_member(talk):
    """It uses the classic protocol with the id that it has."""
    a, = _classic(talk, "a")
    x, = talk.consumers("x")
    x.instance = a.instance = "i"
    x.enter("four", serverAssignor="range")
    a.joins(memberId="x", protocols=_range("four"))
    a.syncs()
    a.describe()


def the_same_dynamic_member(talk):
    """There and back: the group stays a consumer group, until somebody leaves."""
    a, b = _classic(talk, "a b")
    x, y = talk.consumers("x y")
    x.enter("four", serverAssignor="range")
    a.id = "x"
    a.joins(protocols=_range("four"))
    a.syncs()
    x.describe_consumer()
    x.enter("four", serverAssignor="range")
    a.heartbeat(generationId=x.epoch)
    a.joins(protocols=_range("four"))
    b.id = "b"
    b.joins(protocols=_range("four"))
    b.syncs()
    a.heartbeat()
    b.leave()
    a.describe()


def a_pattern_that_goes(talk):
    """With its member, as the group becomes classic."""
    a, = _classic(talk, "a")
    _stable((a,), "four", ([0, 1, 2, 3],))
    x, = talk.consumers("x")
    x.enter(subscribedTopicRegex="f.*r", serverAssignor="range")
    talk.sleep(1)
    x.beat()
    x.describe_consumer()
    x.beat(-1)
    a.describe()


def all_leave_at_once(talk):
    """By one LeaveGroup: those with the consumer protocol, then all that are left."""
    a, b = _classic(talk, "a b")
    _stable((a, b), "four", ([0, 1], [2, 3]))
    x, y = talk.consumers("x y")
    x.enter("four", serverAssignor="range")
    y.enter("four", serverAssignor="range")
    boss = talk.member("boss")
    boss.leave({"memberId": "x"}, {"memberId": "me"}, {"memberId": "y"}, {"memberId": b.id})
    boss.describe()
    boss.leave({"memberId": a.id})
    boss.describe()


def protocols_of_members(talk):
    """A member needs one that all classic ones support; who leads again chooses by vote."""
    a, b, c = _classic(talk, "a b c")
    both = {"range": subscription("four"), "sticky": subscription("four")}
    x, = talk.consumers("x")
    x.enter("four", serverAssignor="range")
    a.id, b.id = "a", "b"
    a.joins(protocols=both)
    a.syncs()
    b.joins(protocols={"other": subscription("four")})
    b.joins(protocols={"sticky": subscription("four")})
    b.syncs()
    b.syncs(protocolName="sticky")
    c.get_id(protocols=_range("four"))
    a.joins(protocols=_range("four"))
    a.joins(protocols=both)
    a.syncs()
    x.beat(-1)
    a.describe()
    c.get_id(protocols=_range("four"))
    c.get_id(protocols={"sticky": subscription("four")})


def bytes_of_subscriptions(talk):
    """What clients say need not be what it should, when they join a consumer group."""
    x, = talk.consumers("x")
    x.enter("four", serverAssignor="range")
    a, = _classic(talk, "a")
    whole = subscription("four", owned={"four": [0]}, generation=3, rack="r", user_data=b"data")
    for data in (b"", b"\0", struct.pack(">h", -1) + whole[2:], whole[:-1], whole[:9], whole + b"more",
                 struct.pack(">h", 99) + whole[2:], struct.pack(">hi", 0, -1), struct.pack(">hi", 0, 1 << 30),
                 struct.pack(">hih", 0, 1, -1), subscription("four", version=0), subscription(),
                 subscription("four", "four", "one"), subscription("four", owned={"none": [1], "four": [-1, 7]}),
                 subscription("four", version=1, owned={"four": [0]}), whole):
        a.id = "a"
        a.joins(protocols={"range": data})
        a.heartbeat()
    a.joins(protocols={"range": subscription("four"), "sticky": b"no subscription"})
    a.syncs()
    x.describe_consumer()


def _upgrade_with(talk, name, subscribed, assigned, protocols=None):
    """A group of one member; then one with the consumer protocol joins."""
    a, x = talk.members(f"{name} {name}-x")
    group = {"groupId": talk.other(name)}
    a.client_id, x.id = name, "x"
    protocols = protocols or {"range": subscribed}
    a.get_id(protocols=protocols, **group)
    a.joins(protocols=protocols, **group)
    a.syncs({a: assigned}, **group)
    x.enter("four", serverAssignor="range", **group)
    x.describe_consumer(talk.other(name))


def bytes_of_a_classic_group(talk):
    """It becomes a consumer group only if they are valid, and nothing of them would be lost."""
    whole, given = subscription("four"), assignment({"four": [0, 1, 2, 3]})
    _upgrade_with(talk, "none", b"", given)
    _upgrade_with(talk, "cut", whole[:-1], given)
    _upgrade_with(talk, "negative", struct.pack(">h", -1) + whole[2:], given)
    _upgrade_with(talk, "later", struct.pack(">h", 99) + whole[2:], struct.pack(">h", 99) + given[2:])
    _upgrade_with(talk, "longer", whole + b"more", given + b"more")
    _upgrade_with(talk, "oldest", subscription("four", version=0), assignment({"four": [0]}, version=0))
    _upgrade_with(talk, "data", subscription("four", user_data=b"data", rack="r"), given)
    _upgrade_with(talk, "given-none", whole, b"")
    _upgrade_with(talk, "given-cut", whole, given[:-1])
    _upgrade_with(talk, "given-negative", whole, struct.pack(">h", -1) + given[2:])
    _upgrade_with(talk, "given-data", whole, assignment({"four": [0]}, user_data=b"data"))
    _upgrade_with(talk, "given-no-data", whole, assignment({"four": [0]}, user_data=b""))
    _upgrade_with(talk, "given-other", whole, assignment({"nowhere": [0], "two": [0, 1], "four": [2]}))
    _upgrade_with(talk, "given-twice", whole, assignment({"four": [1, 1, 0]}))
    _upgrade_with(talk, "given-more", whole, assignment({"four": [0, 9]}))
    _upgrade_with(talk, "no-topics", subscription(), assignment())
    _upgrade_with(talk, "two-protocols", whole, given, {"range": whole, "sticky": b"no subscription"})


def a_partition_that_two_have(talk):
    """As the leader of the classic group says."""
    a, b = _classic(talk, "a b")
    _stable((a, b), "four", ([0, 1, 2], [2, 3]))
    x, = talk.consumers("x")
    x.enter("four", serverAssignor="range")
    x.describe_consumer()
    x.describe()


def a_heartbeat_that_is_refused(talk):
    """For its own sake: the classic group stays."""
    a, = _classic(talk, "a")
    _stable((a,), "four", ([0, 1, 2, 3],))
    x, = talk.consumers("x")
    x.enter(subscribedTopicRegex="(")
    x.beat(1)
    a.heartbeat()
    a.describe()
    x.beat(-1)


def who_does_not_join_again(talk):
    """In time: it is removed, and the group, with one member of the consumer protocol, goes on."""
    a, b = _classic(talk, "a b")
    _stable((a, b), "four", ([0, 1], [2, 3]), rebalanceTimeoutMs=1500)
    x, = talk.consumers("x")
    x.enter("four", serverAssignor="range")
    b.heartbeat()
    talk.sleep(0.5)
    b.heartbeat()
    a.heartbeat()
    a.joins(protocols=_range("four", owned={"four": [0, 1]}, generation=a.generation), rebalanceTimeoutMs=1500)
    a.syncs()
    talk.sleep(2)
    a.heartbeat()
    b.heartbeat()
    x.describe_consumer()


def who_does_not_sync(talk):
    """In time."""
    a, x = _classic(talk, "a x")
    x.id = "!"  # before any id in base64
    x.enter("four", serverAssignor="range")
    a.get_id(protocols=_range("four"))
    a.joins(protocols=_range("four"), rebalanceTimeoutMs=1500)
    a.heartbeat()
    talk.sleep(2.5)
    a.heartbeat()
    x.describe_consumer()


def who_is_not_heard_of(talk):
    """By its own session timeout; what it had goes to the others."""
    a, b = _classic(talk, "a b")
    _stable((a, b), "four", ([0, 1], [2, 3]), sessionTimeoutMs=1500)
    x, = talk.consumers("x")
    x.enter("four", serverAssignor="range")
    talk.sleep(0.8)
    a.heartbeat()
    talk.sleep(1.1)
    b.heartbeat()
    a.heartbeat()
    a.leave()
    x.describe_consumer()


def offsets_of_members(talk):
    """Commits and fetches of members with the classic protocol."""
    a, = _classic(talk, "a")
    _stable((a,), "four", ([0, 1, 2, 3],))
    first = a.generation
    x, = talk.consumers("x")
    x.enter("four", serverAssignor="range")
    one = {"four": {0: 5}}
    for version in (2, 8, 9, 10):
        a.commit(one, version, memberId=a.id, generationIdOrMemberEpoch=first)
    a.commit(one, memberId=a.id, generationIdOrMemberEpoch=first - 1)
    a.commit(one, memberId=a.id, generationIdOrMemberEpoch=first + 1)
    a.commit(one, memberId="me", generationIdOrMemberEpoch=first)
    a.commit(one, memberId="", generationIdOrMemberEpoch=-1)
    a.joins(protocols=_range("four", owned={"four": [0, 1, 2, 3]}, generation=first))
    a.commit({"four": {0: 6, 3: 6}}, memberId=a.id, generationIdOrMemberEpoch=first)
    a.joins(protocols=_range("four", owned={"four": [0, 1]}, generation=first))
    a.commit({"four": {0: 7}}, memberId=a.id, generationIdOrMemberEpoch=first)
    a.commit({"four": {0: 8, 3: 8}}, memberId=a.id, generationIdOrMemberEpoch=first)
    a.commit({"four": {0: 9}}, memberId=a.id, generationIdOrMemberEpoch=a.generation)
    for version in (9, 10):
        a.fetch({"four": [0]}, version, memberId=a.id, memberEpoch=a.generation)
        a.fetch({"four": [0]}, version, memberId=a.id, memberEpoch=first)
    a.fetch({"four": [0]}, 8)


def older_versions_of_join(talk):
    """Versions without an id that is handed out first."""
    x, = talk.members("x")
    x.id = "!"  # before any id in base64
    x.enter("two", serverAssignor="range")
    for version in (0, 1, 3, 4, 5, 6, 7, 8):
        one = talk.member(f"v{version}")
        one.joins(version, protocols=_range("two"))
        one.heartbeat(0)
        one.syncs(version=min(version, 5))
        one.leave(version=0)
