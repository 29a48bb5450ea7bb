# SPDX-License-Identifier: Apache-2.0
"""A transaction that is prepared when the broker stops: the next one completes it."""
import struct

from producer import Producer

SETTINGS = {"transaction.state.log.num.partitions": "1"}
RECORDS = "__transaction_state"
RESTARTS = True
PREPARED = "six"  # the topic of the transaction


def _cut_last_batch(folder):
    log = folder / ("0" * 20 + ".log")
    data, at, last = log.read_bytes(), 0, 0
    while at + 12 <= len(data) and struct.unpack_from(">i", data, at + 8)[0] > 0:
        last, at = at, at + 12 + struct.unpack_from(">i", data, at + 8)[0]
    with log.open("r+b") as file:
        file.truncate(last)
    for snapshot in folder.glob("*.snapshot"):
        snapshot.unlink()


def _between(data):
    """As if it had crashed between the prepared state and the marker, which cannot be timed so well."""
    _cut_last_batch(data / "__transaction_state-0")
    _cut_last_batch(data / f"{PREPARED}-0")
    (data / ".kafka_cleanshutdown").unlink(missing_ok=True)


def _producer(talk, name=None):
    return Producer(talk, talk.member("a"), name)


def prepared_transaction(talk):
    """It is completed when its coordinator has been loaded."""
    p = _producer(talk).starts(timeout=600000)
    p.add({PREPARED: [0]}, 4)
    p.produce(PREPARED, version=12)
    p.ends(True)
    p.describe()
    talk.restart()
    p.find()
    p.settles()
    p.describe()
    p.ends_of(PREPARED)
    p.end(True, **p.epoch(-1))
    p.add({PREPARED: [0]}, 4)
    p.produce(PREPARED, version=12)
    p.ends(False)
    p.ends_of(PREPARED)
    p.init(goes_on=True)
