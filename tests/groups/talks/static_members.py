# SPDX-License-Identifier: Apache-2.0
"""Static members of classic groups."""


def _two_static(talk, **more):
    a, b = talk.members("a b")
    a.instance, b.instance = "ia", "ib"
    a.joins(**more)
    a.syncs({a: "assigned"})
    b.join(**more)
    b.waits()
    a.joins(**more)
    b.answer()
    a.syncs({a: "for a", b: "for b"})
    b.syncs()
    return a, b


def joins_without_a_detour(talk):
    """A member with an instance id gets its member id at once."""
    a = talk.member("a")
    a.instance = "i"
    a.joins()
    a.syncs({a: "assigned"})
    a.heartbeat()
    a.describe()
    a.heartbeat(memberId="me")
    a.heartbeat(memberId="me", generationId=7)
    a.heartbeat(groupInstanceId="other")
    a.heartbeat(groupInstanceId=None)
    a.syncs(memberId="me")
    a.syncs(groupInstanceId="other")
    a.joins(memberId="me")
    a.joins(memberId="me", groupInstanceId="other")
    a.joins(memberId="", groupInstanceId=None)
    a.commit({"one": {0: 1}}, memberId="me", generationIdOrMemberEpoch=1, groupInstanceId="i")
    a.commit({"one": {0: 1}}, memberId=a.id, generationIdOrMemberEpoch=1, groupInstanceId="other")
    a.commit({"one": {0: 1}}, memberId=a.id, generationIdOrMemberEpoch=1, groupInstanceId="i")


def leader_returns(talk):
    """The leader starts again with the same instance id, in each version: no rebalance, and who leads."""
    a, b = _two_static(talk)
    old = a.id
    a.joins(memberId="")
    a.heartbeat(memberId=old)
    a.syncs(memberId=old)
    a.syncs()
    b.heartbeat()
    b.describe()
    for version in (5, 8):
        a.joins(version, memberId="")
        b.heartbeat()
    a.syncs({a: "new a", b: "new b"})
    b.syncs()
    a.join()
    a.waits()
    b.join()
    b.answer()
    a.answer()


def follower_returns(talk):
    """The same of a member that does not lead."""
    a, b = _two_static(talk)
    old = b.id
    b.joins(memberId="")
    b.heartbeat(memberId=old)
    b.heartbeat()
    b.syncs()
    a.heartbeat()
    b.joins(memberId="", sessionTimeoutMs=15000)
    a.heartbeat()
    a.describe()


def returns_with_another_protocol(talk):
    """A static member that returns, and the vote has another result."""
    a = talk.member("a")
    a.instance = "i"
    a.joins()
    a.syncs({a: "assigned"})
    a.joins(memberId="", protocols={"range": "changed"})
    a.syncs()
    a.joins(memberId="", protocols={"other": "bytes"})
    a.heartbeat()
    a.syncs({a: "assigned"}, protocolName="other")
    a.describe()


def returns_while_preparing(talk):
    """A static member that returns while it waits to join: the earlier one is fenced."""
    a, b = _two_static(talk)
    c = talk.member("c")
    c.instance = "ic"
    c.join()
    c.waits()
    d = talk.member("d")
    d.instance = "ic"
    d.join()
    c.answer()
    d.waits()
    a.join()
    a.waits()
    b.joins()
    a.answer()
    d.answer()
    talk.note("CompletingRebalance: one that waits for SyncGroup")
    d.sync()
    d.waits()
    c.id = ""
    c.join()
    d.answer()
    a.heartbeat()
    a.join()
    b.join()
    a.answer()
    b.answer()
    c.answer()


def stays_through_a_rebalance(talk):
    """Static members that do not join again stay in the group until their session ends."""
    a, b = _two_static(talk, rebalanceTimeoutMs=1000)
    c = talk.member("c")
    c.get_id()
    c.join(rebalanceTimeoutMs=1000)
    c.waits()
    a.joins(rebalanceTimeoutMs=1000)
    c.answer()
    c.describe()
    b.heartbeat()
    b.joins()
    a.joins()
    c.joins()


def session_of_a_static_member(talk):
    """It ends, and the member returns afterwards."""
    a = talk.member("a")
    a.instance = "i"
    a.joins(sessionTimeoutMs=1000)
    a.syncs({a: "assigned"})
    talk.sleep(2.5)
    a.heartbeat()
    a.describe()
    a.joins(memberId="")


def leaves(talk):
    """By instance id alone, with the wrong member id, with an unknown one; the group after that."""
    a, b = _two_static(talk)
    a.leave({"memberId": "", "groupInstanceId": "other"})
    a.leave({"memberId": "me", "groupInstanceId": "ia"})
    a.leave({"memberId": a.id, "groupInstanceId": "ib"})
    a.leave({"memberId": b.id, "groupInstanceId": None})
    a.leave({"memberId": "", "groupInstanceId": "ia"}, {"memberId": "", "groupInstanceId": "ia"})
    a.describe()


def both_at_once(talk):
    """Two clients with the same instance id."""
    a, b = talk.members("a b")
    a.instance = b.instance = "i"
    a.joins()
    b.joins()
    a.syncs({a: "for a"})
    b.syncs({b: "for b"})
    b.heartbeat()
    a.joins(memberId="")
    b.heartbeat()


def with_a_dynamic_member(talk):
    """A member without instance id beside a static one; the versions that know nothing of them."""
    a, b = talk.members("a b")
    a.instance = "i"
    a.joins()
    a.syncs({a: "assigned"})
    b.join(4, groupInstanceId=None, memberId="")
    b.answer()
    b.join(4, groupInstanceId=None)
    b.waits()
    a.joins()
    b.answer()
    a.syncs({a: "for a", b: "for b"})
    b.syncs(version=2)
    a.heartbeat(version=2)
    a.commit({"one": {0: 5}}, version=6, memberId=a.id, generationIdOrMemberEpoch=a.generation)
    b.describe(version=3)
    b.describe(version=4)
    b.leave(version=2)
    a.heartbeat()
