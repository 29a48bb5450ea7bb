# SPDX-License-Identifier: Apache-2.0
"""Groups of both types when `group.consumer.migration.policy` is downgrade, and classic groups may have two members."""
from migration import _classic, _range, _stable

SETTINGS = {"group.consumer.migration.policy": "downgrade", "group.max.size": "2"}


def not_there_but_back(talk):
    """A classic group stays one; a consumer group becomes one when only classic members are left."""
    a, x = _classic(talk, "a x")
    x.id = "!"  # before any id in base64
    _stable((a,), "four", ([0, 1, 2, 3],))
    x.enter("four", serverAssignor="range")
    a.leave()
    x.enter("four", serverAssignor="range")
    a.id = ""
    a.get_id(protocols=_range("four"))
    a.joins(protocols=_range("four"))
    a.syncs()
    x.beat(-1)
    a.describe()
    a.heartbeat()


def more_than_a_classic_group_may_have(talk):
    """It stays a consumer group until it has fewer."""
    a, b, c = _classic(talk, "a b c")
    x, = talk.consumers("x")
    x.enter("six", serverAssignor="range")
    for member in (a, b, c):
        member.id = member.name
        member.joins(protocols=_range("six"))
        member.syncs()
    x.beat(-1)
    a.heartbeat()
    a.describe_consumer()
    c.leave()
    a.describe()
