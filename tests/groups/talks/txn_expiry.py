# SPDX-License-Identifier: Apache-2.0
"""Transactional ids that nobody uses."""
from producer import Producer

SETTINGS = {"transaction.state.log.num.partitions": "1", "transactional.id.expiration.ms": "3000",
            "transaction.remove.expired.transaction.cleanup.interval.ms": "200"}
RECORDS = "__transaction_state"


def _producer(talk, name=None):
    return Producer(talk, talk.member("a"), name)


def an_id_that_nobody_uses(talk):
    """It is forgotten."""
    p, q = _producer(talk, "empty").starts(), _producer(talk, "done").starts()
    q.add({"one": [0]})
    q.ends(True)
    talk.sleep(5)
    p.describe(p.id, q.id)
    p.add({"one": [0]})
    q.end(True)
    q.init(goes_on=True)
    p.init()
