# SPDX-License-Identifier: Apache-2.0
"""Groups of both types when `group.consumer.migration.policy` is disabled."""
from speaker import assignment, subscription

SETTINGS = {"group.consumer.migration.policy": "disabled"}


def neither_way(talk):
    """Members of the other protocol are refused; empty groups change their type all the same."""
    a, b = talk.members("a b")
    a.get_id(protocols={"range": subscription("four")})
    a.joins(protocols={"range": subscription("four")})
    a.syncs({a: assignment({"four": [0, 1, 2, 3]})})
    b.id = "b"
    b.enter("four")
    a.heartbeat()
    a.leave()
    b.enter("four")
    a.get_id(protocols={"range": subscription("four")})
    b.beat(-1)
    a.get_id(protocols={"range": subscription("four")})
    a.describe()
