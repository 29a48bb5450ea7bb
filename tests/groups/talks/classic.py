# SPDX-License-Identifier: Apache-2.0
"""Classic groups: joining, syncing, heartbeats, leaving."""
from speaker import subscription


def first_member(talk):
    """A group with one member, from nothing to Stable and back to Empty."""
    a = talk.member("a")
    a.describe()
    a.get_id()
    a.describe()
    a.joins()
    a.describe()
    a.heartbeat()
    a.syncs({a: "for a"})
    a.describe()
    a.heartbeat()
    a.leave()
    a.describe()
    a.heartbeat()
    a.delete()
    a.describe()


def two_members(talk):
    """The second one waits until the first joins again; the leader assigns for both."""
    a, b = talk.members("a b")
    a.leads()
    b.get_id()
    b.join()
    b.waits()
    a.describe()
    a.heartbeat()
    a.join()
    a.answer()
    b.answer()
    b.sync()
    b.waits()
    a.describe()
    a.syncs({a: "for a", b: "for b", "stranger": "for nobody"})
    b.answer()
    b.heartbeat()
    a.describe()


def join_versions(talk):
    """A member in every version of JoinGroup, SyncGroup, Heartbeat and LeaveGroup."""
    for version in range(2, 10):
        a = talk.member(f"a{version}")
        group = {"groupId": talk.other(str(version))}
        if version >= 4:
            a.get_id(version, **group)
        a.joins(version, **group)
        a.syncs({a: "bytes"}, min(version - 2, 5), **group)
        a.heartbeat(min(version - 2, 4), **group)
        a.leave(version=min(version - 2, 5), **group)


def join_bad_requests(talk):
    """What is refused before any group is looked at, and the order of these checks."""
    a = talk.member("a")
    a.joins(groupId="")
    a.joins(groupId="", sessionTimeoutMs=1)
    a.joins(groupId="", memberId="me")
    for timeout in (99, 0, -1, 1800001):
        a.id = ""
        a.joins(sessionTimeoutMs=timeout)
    a.joins(memberId="me", sessionTimeoutMs=1)
    a.joins(memberId="me")
    a.joins(protocols={})
    a.joins(protocolType="")
    a.joins(protocolType="", protocols={})
    a.joins(memberId="me", protocols={})
    a.joins(groupInstanceId="", protocols={})
    a.joins(protocolType="any", protocols={"": ""})
    a.describe()
    for group in ("", talk.group):
        a.heartbeat(groupId=group, generationId=0, memberId="me")
        a.heartbeat(groupId=group, generationId=0, memberId="me", groupInstanceId="i")
        a.syncs(groupId=group, generationId=0, memberId="me")
        a.syncs(groupId=group, generationId=0, memberId="me", protocolType=None)
        a.syncs(groupId=group, generationId=0, memberId="me", protocolName=None)
        a.syncs(groupId=group, generationId=0, memberId="me", protocolType="", protocolName="")
        a.leave({"memberId": "me"}, groupId=group)
        a.leave({"memberId": "", "groupInstanceId": "i"}, groupId=group)
        a.ask("LeaveGroup", 5, groupId=group, members=[])
        a.ask("LeaveGroup", 3, groupId=group, members=[])
        a.leave(version=2, groupId=group, memberId="me")
    a.describe()


def unknown_group(talk):
    """Requests for a group that does not exist."""
    a = talk.member("a")
    a.joins(memberId="me")
    a.joins(memberId="me", groupInstanceId="i")
    a.heartbeat(memberId="me", generationId=1)
    a.syncs(memberId="me", generationId=1)
    a.leave({"memberId": "me"}, {"memberId": "", "groupInstanceId": "i"}, {"memberId": "", "groupInstanceId": None})
    a.leave(version=0, memberId="me")
    a.leave(version=2, memberId="me")
    a.ask("LeaveGroup", 5, groupId=talk.group, members=[])
    a.joins(protocols={})
    a.describe()


def protocols_of_a_join(talk):
    """The same protocol twice, none in common, another type, another order."""
    a, b = talk.members("a b")
    a.get_id()
    twice = [{"name": "range", "metadata": "Zmlyc3Q="}, {"name": "range", "metadata": "c2Vjb25k"}]
    a.ask("JoinGroup", 9, groupId=talk.other("twice"), memberId="", protocolType="consumer", protocols=twice,
          sessionTimeoutMs=20000, rebalanceTimeoutMs=20000)
    a.send("JoinGroup", 9, groupId=talk.other("twice"), memberId=a.id, protocolType="consumer", protocols=twice,
           sessionTimeoutMs=20000, rebalanceTimeoutMs=20000)
    a.waits(1)
    a.hang_up()
    b.describe(talk.other("twice"))
    a.id = ""
    a.leads()
    b.joins(protocols={"other": "bytes"})
    b.joins(protocols={})
    b.joins(protocolType="connect")
    b.joins(protocolType="")
    b.joins(memberId="me", protocolType="connect")
    b.joins(memberId="me")
    b.describe()


def vote_for_a_protocol(talk):
    """Each votes for its first one that all support."""
    a, b, c = talk.members("a b c")
    a.get_id()
    a.joins(protocols={"range": "ra", "sticky": "sa", "own": "oa"})
    b.get_id(protocols={"sticky": "sb", "range": "rb"})
    b.join(protocols={"sticky": "sb", "range": "rb"})
    b.waits()
    c.get_id(protocols={"sticky": "sc", "range": "rc"})
    c.join(protocols={"sticky": "sc", "range": "rc"})
    c.waits()
    a.join(protocols={"range": "ra", "sticky": "sa", "own": "oa"})
    a.answer()
    b.answer()
    c.answer()
    a.syncs({a: "for a", b: "for b"}, protocolName="range")
    a.sync({a: "for a", b: "for b"}, protocolName="sticky")
    a.answer()
    b.syncs(protocolName="sticky")
    c.syncs(protocolName="sticky")
    a.describe()


def join_of_known_members(talk):
    """Joins in Stable and CompletingRebalance, with the same protocols and changed ones, of leader and follower."""
    a, b = talk.members("a b")
    a.leads()
    b.get_id()
    b.join()
    b.waits()
    a.join()
    a.answer()
    b.answer()
    talk.note("CompletingRebalance")
    a.joins()
    b.joins()
    b.joins(version=2)
    a.joins(sessionTimeoutMs=15000, rebalanceTimeoutMs=15000)
    b.join(protocols={"range": "changed"})
    b.waits()
    a.heartbeat()
    a.join()
    a.answer()
    b.answer()
    a.syncs({a: "for a", b: "for b"})
    b.syncs()
    talk.note("Stable")
    b.joins(protocols={"range": "changed"})
    b.join(protocols={"range": "changed", "more": "bytes"})
    b.waits()
    a.join()
    a.answer()
    b.answer()
    a.syncs({a: "for a", b: "for b"})
    b.syncs()
    a.join()
    a.waits()
    b.heartbeat()
    b.join(protocols={"range": "changed", "more": "bytes"})
    b.answer()
    a.answer()


def errors_in_stable(talk):
    """Wrong members, generations and names in Stable; what comes first when several are wrong."""
    a = talk.member("a")
    a.leads()
    a.heartbeat(generationId=0)
    a.heartbeat(generationId=2)
    a.heartbeat(generationId=-1)
    a.heartbeat(memberId="me")
    a.heartbeat(memberId="me", generationId=7)
    a.heartbeat(memberId="")
    a.heartbeat(groupInstanceId="i")
    a.syncs(generationId=0)
    a.syncs(memberId="me", generationId=0)
    a.syncs(protocolType="connect")
    a.syncs(protocolName="other")
    a.syncs(protocolName="other", generationId=0)
    a.syncs(protocolName=None)
    a.syncs(protocolType=None, version=4)
    a.syncs(groupInstanceId="i")
    a.syncs({a: "other bytes"})
    a.syncs({}, version=0)
    a.leave({"memberId": "me"})
    a.leave({"memberId": a.id, "groupInstanceId": "i"})
    a.leave({"memberId": "", "groupInstanceId": None})
    a.leave(version=2, memberId="me")
    a.leave(version=0, memberId="")
    a.ask("LeaveGroup", 5, groupId=talk.group, members=[])
    a.heartbeat()
    a.leave({"memberId": a.id}, {"memberId": a.id})
    a.describe()


def errors_in_preparing(talk):
    """The same in PreparingRebalance, by a member that does not wait, and by one that does."""
    a, b, other = talk.members("a b other")
    a.leads()
    b.get_id()
    b.join()
    b.waits()
    a.heartbeat(generationId=0)
    a.heartbeat()
    a.heartbeat(memberId="me", generationId=0)
    a.syncs()
    a.syncs(generationId=0)
    a.syncs(protocolName="other")
    a.syncs(memberId="me")
    other.heartbeat(memberId=b.id, generationId=1)
    other.heartbeat(memberId=b.id, generationId=-1)
    other.syncs(memberId=b.id, generationId=1)
    other.joins(memberId="me")
    other.joins(protocols={"other": "x"})
    other.leave({"memberId": "me"})
    other.leave({"memberId": b.id})
    b.answer()
    a.heartbeat()
    a.join()
    a.answer()
    a.describe()


def errors_in_completing(talk):
    """The same in CompletingRebalance."""
    a, b = talk.members("a b")
    a.get_id()
    a.joins()
    a.heartbeat()
    a.heartbeat(generationId=0)
    a.heartbeat(memberId="me", generationId=0)
    a.syncs(generationId=0)
    a.syncs(generationId=2)
    a.syncs(memberId="me")
    a.syncs(protocolType="other")
    a.syncs(protocolName="other")
    b.get_id()
    a.describe()
    b.heartbeat(generationId=1)
    b.syncs(generationId=1)
    b.leave()
    a.syncs({a: "assigned"})
    a.leave()
    a.describe()


def errors_in_empty(talk):
    """The same in Empty."""
    a = talk.member("a")
    a.leads()
    a.leave()
    a.describe()
    a.heartbeat()
    a.syncs()
    a.joins()
    a.joins(memberId="me")
    a.leave()
    a.id = ""
    a.joins(protocols={"other": "x"}, protocolType="connect")
    a.joins(protocols={"other": "x"}, protocolType="connect")
    a.describe()


def leave_of_pending(talk):
    """An id that was given out and not used, used twice, used after it was given back."""
    a, b = talk.members("a b")
    a.get_id()
    a.describe()
    a.heartbeat(generationId=0)
    a.syncs(generationId=0)
    a.joins(groupInstanceId="i")
    a.leave()
    a.joins()
    a.get_id()
    first = a.id
    a.leads()
    b.joins(memberId=first, groupInstanceId="i")
    b.leave({"memberId": first, "groupInstanceId": "i"})
    b.joins(memberId=first)
    a.heartbeat()
    a.describe()


def pending_holds_up_a_rebalance(talk):
    """A rebalance waits for an id that has been given out; leaving ends that."""
    a, b, c = talk.members("a b c")
    a.leads()
    b.get_id()
    c.get_id()
    b.join()
    b.waits()
    a.join()
    a.waits()
    c.leave()
    a.answer()
    b.answer()


def pending_expires(talk):
    """An id that was given out is forgotten after its session timeout, and the rebalance is completed."""
    a, b, c = talk.members("a b c")
    a.leads()
    b.get_id()
    c.get_id(sessionTimeoutMs=1500)
    b.join()
    b.waits()
    a.join()
    a.waits()
    a.answer()
    b.answer()
    c.joins()


def member_expires(talk):
    """A member that sends no heartbeats; then the last one."""
    a, b = talk.members("a b")
    a.leads()
    b.get_id(sessionTimeoutMs=1500)
    b.join(sessionTimeoutMs=1500)
    b.waits()
    a.join()
    a.answer()
    b.answer()
    a.syncs({a: "for a", b: "for b"})
    b.syncs()
    a.until("REBALANCE_IN_PROGRESS", a.heartbeat)
    b.heartbeat()
    a.joins(sessionTimeoutMs=1500)
    a.syncs({a: "for a"})
    talk.sleep(3)
    a.heartbeat()
    a.describe()


def rebalance_timeout(talk):
    """A member that does not join again in time is removed, its rebalance timeout being the longest."""
    a, b = talk.members("a b")
    a.get_id()
    a.joins(rebalanceTimeoutMs=1500)
    a.syncs({a: "assigned"})
    b.get_id()
    b.join(rebalanceTimeoutMs=500)
    b.waits()
    b.answer()
    a.heartbeat()
    a.joins()
    b.describe()


def sync_timeout(talk):
    """A member that does not send SyncGroup in time is removed."""
    a, b = talk.members("a b")
    a.get_id()
    a.joins(rebalanceTimeoutMs=1000)
    a.syncs({a: "assigned"})
    b.get_id()
    b.join(rebalanceTimeoutMs=1500)
    b.waits()
    a.joins(rebalanceTimeoutMs=1500)
    b.answer()
    a.syncs({a: "for a", b: "for b"})
    a.heartbeat()
    a.until("REBALANCE_IN_PROGRESS", a.heartbeat)
    b.heartbeat()
    a.joins()
    a.describe()


def leader_does_not_sync(talk):
    """The other member waits, the leader is removed, and the wait ends with an error."""
    a, b = talk.members("a b")
    a.get_id()
    a.joins(rebalanceTimeoutMs=1500)
    a.syncs({a: "assigned"})
    b.get_id()
    b.join(rebalanceTimeoutMs=1500)
    b.waits()
    a.joins(rebalanceTimeoutMs=1500)
    b.answer()
    b.sync()
    b.waits()
    b.answer()
    a.heartbeat()
    b.heartbeat()
    b.joins(rebalanceTimeoutMs=1500)
    b.syncs({b: "for b"})
    b.describe()


def sync_is_interrupted(talk):
    """A member joins while others wait for the leader's assignment; these leave, and it is alone."""
    a, b, c = talk.members("a b c")
    a.leads()
    b.get_id()
    b.join()
    b.waits()
    a.joins()
    b.answer()
    b.sync()
    b.waits()
    c.get_id()
    c.join()
    b.answer()
    a.syncs({a: "for a", b: "for b"})
    a.leave()
    c.waits()
    b.leave()
    c.answer()
    b.describe()


def leader_leaves(talk):
    """Leaving in Stable, in CompletingRebalance and while it waits."""
    a, b = talk.members("a b")
    a.leads()
    b.get_id()
    b.join()
    b.waits()
    a.joins()
    b.answer()
    a.syncs({a: "for a", b: "for b"})
    b.syncs()
    a.leave()
    b.heartbeat()
    b.joins()
    b.heartbeat()
    b.leave()
    b.describe()


def leave_of_several(talk):
    """Several members leave with one request, one of them unknown, one twice."""
    a, b, c = talk.members("a b c")
    a.leads()
    b.get_id()
    b.join()
    b.waits()
    c.get_id()
    c.join()
    c.waits()
    a.joins()
    b.answer()
    c.answer()
    a.syncs({a: "for a", b: "for b", c: "for c"})
    b.syncs()
    c.syncs()
    a.leave({"memberId": "me"}, {"memberId": a.id, "reason": "why"}, {"memberId": b.id}, {"memberId": b.id})
    c.heartbeat()
    c.joins()
    c.describe()


def sync_without_assignments(talk):
    """The leader names nobody, or only strangers; a second SyncGroup of the leader and of the other."""
    a, b = talk.members("a b")
    a.leads()
    b.get_id()
    b.join()
    b.waits()
    a.joins()
    b.answer()
    a.syncs({"stranger": "x"})
    b.syncs()
    b.syncs({a: "too", b: "late"})
    a.syncs({a: "too late"})
    a.describe()


def same_member_twice_in_a_sync(talk):
    """Two assignments for one member."""
    a = talk.member("a")
    a.get_id()
    a.joins()
    a.ask(
        "SyncGroup", 5, groupId=talk.group, generationId=1, memberId=a.id, protocolType="consumer",
        protocolName="range", assignments=[{"memberId": a.id, "assignment": "Zmlyc3Q="},
                                           {"memberId": a.id, "assignment": "c2Vjb25k"}])
    a.describe()


def large_assignment(talk):
    """A record that is larger than the topic allows: what the leader and the other are answered, and what follows."""
    a, b = talk.members("a b")
    a.leads()
    b.get_id()
    b.join()
    b.waits()
    a.joins()
    b.answer()
    b.sync()
    b.waits()
    a.syncs({a: "x" * 1200000, b: "for b"})
    b.answer()
    a.describe()
    b.heartbeat()
    a.heartbeat()
    a.join()
    a.waits()
    b.joins()
    a.answer()
    a.syncs({a: "for a", b: "for b"})
    b.syncs()


def large_subscription(talk):
    """The same for what a member joins with."""
    a = talk.member("a")
    a.get_id()
    a.join(protocols={"range": "x" * 1200000})
    a.answer()
    a.syncs({a: "for a"})
    a.joins(protocols={"range": "x" * 1200000})
    a.joins(protocols={"range": "short"})
    a.syncs({a: "for a"})


def hang_up_while_joining(talk):
    """A member whose connection ends while it waits counts as one that has joined."""
    a, b = talk.members("a b")
    a.leads()
    b.get_id()
    b.join()
    b.waits()
    b.hang_up()
    a.heartbeat()
    a.joins()
    a.describe()


def joins_twice(talk):
    """A member that waits to join joins again, on another connection."""
    a, b, again = talk.members("a b again")
    a.leads()
    b.get_id()
    b.join()
    b.waits()
    again.id = b.id
    again.join(protocols={"range": "second"})
    b.waits()
    again.waits()
    a.join()
    a.answer()
    again.answer()
    b.hang_up()


def syncs_twice(talk):
    """A member that waits for the assignment asks again, on another connection."""
    a, b, again = talk.members("a b again")
    a.leads()
    b.get_id()
    b.join()
    b.waits()
    a.joins()
    b.answer()
    b.sync()
    b.waits()
    again.id, again.generation = b.id, b.generation
    again.sync()
    b.waits()
    again.waits()
    a.syncs({a: "for a", b: "for b"})
    again.answer()
    b.hang_up()


def no_subscription_in_bytes(talk):
    """Protocol type consumer with bytes that are no subscription: cut, of version 0, of version 99."""
    whole = subscription("one", "two")
    odd = {"cut": whole[:9], "v0": subscription("one", version=0), "v99": b"\0\x63" + whole[2:], "empty": b"",
           "negative": b"\xff\xff" + whole[2:], "huge": whole[:2] + b"\x7f\xff\xff\xff"}
    for name, data in odd.items():
        a = talk.member(f"a-{name}")
        group = {"groupId": talk.other(name)}
        a.get_id(**group)
        a.joins(protocols={"range": data}, **group)
        a.syncs({a: "x"}, **group)
        a.forget({"one": [0]}, **group)
        a.leave(**group)


def refused_first_joins(talk):
    """JoinGroup without protocols, or of no type, when there is no group: whether it makes one."""
    a, b, c = talk.members("a b c")
    a.joins(protocols={})
    a.describe()
    b.joins(protocolType="", groupId=talk.other("2"))
    b.describe(talk.other("2"))
    c.instance = "i"
    c.joins(protocols={}, groupId=talk.other("3"))
    c.describe(talk.other("3"))
    c.joins(protocolType="", version=3, groupId=talk.other("4"))
    c.describe(talk.other("4"))


def what_keeps_a_member(talk):
    """Heartbeats and commits keep a session; fetches and failed requests do not."""
    a, b, c, d = talk.members("a b c d")
    short = {"sessionTimeoutMs": 2500}
    for speaker in (a, b, c, d):
        group = {"groupId": talk.other(speaker.name)}
        speaker.get_id(**group, **short)
        speaker.joins(**group, **short)
        speaker.syncs({speaker: "assigned"}, **group)
    for _ in range(8):
        talk.sleep(0.5)
        with talk.draft():
            a.heartbeat(groupId=talk.other("a"))
            b.commit({"one": {0: 1}}, memberId=b.id, generationIdOrMemberEpoch=1, groupId=talk.other("b"))
            c.fetch({"one": [0]}, groupId=talk.other("c"), memberId=c.id, memberEpoch=1)
            d.heartbeat(groupId=talk.other("d"), generationId=77)
    for speaker in (a, b, c, d):
        speaker.heartbeat(groupId=talk.other(speaker.name))


def odd_texts(talk):
    """Ids of groups, members and protocols that are no ASCII, or have zeros."""
    a = talk.member("a")
    for name in ("\u00fc\u20ac\U0001f600", "a\0b", " ", "\"\\"):
        a.client_id = f"c{name}"
        group = {"groupId": talk.other(name), "protocolType": f"type {name}"}
        given = a.get_id(protocols={f"p{name}": "x"}, **group)["memberId"]
        a.joins(protocols={f"p{name}": "x"}, memberId=given, **group)
        a.syncs({a: "assigned"}, groupId=talk.other(name), protocolType=f"type {name}", protocolName=f"p{name}")
        a.describe(talk.other(name))
        a.commit({"one": {0: 1}}, memberId=given, generationIdOrMemberEpoch=1, metadata=name, groupId=talk.other(name))
        a.fetch(None, groupId=talk.other(name))


def last_one_leaves_while_an_id_is_out(talk):
    """The rebalance that it starts has no member to wait for, and ends at once, though an id was given out."""
    a, b = talk.members("a b")
    b.get_id()
    a.joins(version=2)
    a.leave()
    talk.sleep(0.5)
    b.describe()
    b.joins()
