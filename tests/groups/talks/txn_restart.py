# SPDX-License-Identifier: Apache-2.0
"""Transactions that are open or complete when the broker stops."""
from producer import Producer

SETTINGS = {"transaction.state.log.num.partitions": "1"}
RECORDS = "__transaction_state"
RESTARTS = True


def _producer(talk, name=None):
    return Producer(talk, talk.member("a"), name)


def open_transaction(talk):
    """It continues, with both protocols."""
    new, old = _producer(talk, "new").starts(timeout=600000), _producer(talk, "old").starts(timeout=600000)
    new.add({"one": [0]}, 4)
    new.produce("one", version=12)
    old.add({"two": [0, 1]})
    old.produce("two")
    talk.restart()
    new.find()
    new.describe(new.id, old.id)
    new.ends_of("one")
    new.produce("one", sequence=1, version=12)
    old.produce("two", 1)
    new.ends(True)
    old.ends(False, 4)
    new.ends_of("one")
    old.ends_of("two")
    new.describe(new.id, old.id)
    old.init(goes_on=True)


def complete_transactions(talk):
    """Nothing is left to do."""
    p, q = _producer(talk, "p").starts(), _producer(talk, "q").starts()
    p.add({"four": [0]}, 4)
    p.ends(True)
    q.add({"four": [0]})
    q.ends(False, 4)
    talk.restart()
    p.find()
    p.describe(p.id, q.id)
    p.end(True, **p.epoch(-1))
    q.end(False, 4)
    p.init()
    q.init(goes_on=True)
