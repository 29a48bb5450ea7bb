# SPDX-License-Identifier: Apache-2.0
"""Groups of both types when `group.consumer.migration.policy` is upgrade."""
from migration import _classic, _range, _stable

SETTINGS = {"group.consumer.migration.policy": "upgrade"}


def there_and_not_back(talk):
    """A classic group becomes a consumer group, and stays one when only classic members are left."""
    a, = _classic(talk, "a")
    _stable((a,), "four", ([0, 1, 2, 3],))
    x, = talk.consumers("x")
    x.enter("four", serverAssignor="range")
    a.heartbeat()
    x.beat(-1)
    a.heartbeat()
    a.joins(protocols=_range("four", owned={"four": [0, 1, 2, 3]}, generation=a.generation))
    a.syncs()
    x.describe_consumer()
    a.leave()
    x.describe_consumer()
    a.id = ""
    a.get_id(protocols=_range("four"))
    a.joins(protocols=_range("four"))


def a_static_member(talk):
    """Its place is taken by a classic one."""
    a, = _classic(talk, "a")
    x, = talk.consumers("x")
    x.instance = a.instance = "i"
    x.enter("four", serverAssignor="range")
    a.joins(protocols=_range("four"))
    a.syncs()
    x.describe_consumer()
