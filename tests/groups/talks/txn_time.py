# SPDX-License-Identifier: Apache-2.0
"""Transactions that take too long."""
from producer import Producer

SETTINGS = {"transaction.state.log.num.partitions": "1",
            "transaction.abort.timed.out.transaction.cleanup.interval.ms": "100"}
RECORDS = "__transaction_state"


def _producer(talk, name=None):
    return Producer(talk, talk.member("a"), name)


def a_transaction_that_takes_too_long(talk):
    """It is aborted, and its producer fenced."""
    p = _producer(talk).starts(timeout=300)
    p.add({"one": [0]})
    talk.sleep(1.5)
    p.describe()
    p.add({"one": [0]})
    p.end(True)
    p.end(False)
    p.end(True, 4)
    p.add({"one": [0]}, 1)
    p.init(goes_on=True)
    p.settles()
    p.init()


def nothing_is_open(talk):
    """The timeout counts from the first partition on."""
    p = _producer(talk).starts(timeout=300)
    talk.sleep(1)
    p.add({"one": [0]})
    p.ends(True)
    talk.sleep(1)
    p.describe()
