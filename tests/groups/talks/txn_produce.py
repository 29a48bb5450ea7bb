# SPDX-License-Identifier: Apache-2.0
"""Batches of transactions: which are taken, and what readers of committed records see."""
from producer import Producer

SETTINGS = {"transaction.state.log.num.partitions": "1"}
RECORDS = "__transaction_state"
AT_A_TIME = 1  # Kafka mixes what it asks for several clients, and their errors
CONTROL, TRANSACTIONAL = 0x20, 0x10


def _producer(talk, name=None):
    return Producer(talk, talk.member("a"), name)


def _topic(talk):
    name = f"{talk.group}.t"
    talk.create_topic(name, 2)
    return name


def each_version(talk):
    """Below 12 partitions are added first; what is not added is refused."""
    topic = _topic(talk)
    for version in (3, 8, 9, 10, 11, 12, 13):
        p = _producer(talk, f"v{version}").starts()
        p.produce(topic, 1, version=version)
        p.describe()
        p.add({topic: [0]}, 3 if version < 12 else 4)
        p.produce(topic, version=version)
        p.ends_of(topic)
        p.ends(version % 2 == 1, 4 if version < 12 else 5)
        p.ends_of(topic)


def a_transaction_that_is_over(talk):
    """With its epoch, and with the next one."""
    topic = _topic(talk)
    for version in (11, 12):
        p = _producer(talk, f"v{version}").starts()
        before = dict(p.given)
        p.add({topic: [0]}, 3 if version < 12 else 4)
        p.produce(topic, version=version)
        p.ends(True, 4 if version < 12 else 5)
        p.produce(topic, sequence=1, version=version, producer=before)
        p.produce(topic, sequence=0 if version == 12 else 1, version=version)
        p.ends_of(topic)
        p.end(False, 4 if version < 12 else 5)


def batches_that_are_refused(talk):
    """No transactional id, another one, another producer, control batches."""
    topic = _topic(talk)
    p, q = _producer(talk, "p").starts(), _producer(talk, "q").starts()
    p.add({topic: [0, 1]})
    for version in (9, 11, 12):
        p.produce(topic, version=version, transactionalId=None)
        p.produce(topic, version=version, transactionalId="")
        p.produce(topic, version=version, transactionalId=q.id)
        p.produce(topic, version=version, transactionalId=talk.other("unknown"))
        p.produce(topic, version=version, producer=p.epoch(1))
        p.produce(topic, version=version, producer=p.epoch(-1))
        p.produce(topic, version=version, producer=q.given)
        p.produce(topic, version=version, flags=TRANSACTIONAL | CONTROL)
        p.produce(topic, version=version, flags=0)
        p.produce("missing", version=version)
        p.produce(topic, 7, version=version)
    p.ends_of(topic)
    p.describe(p.id, q.id)


def a_successor(talk):
    """Aborts what its predecessor has written."""
    topic = _topic(talk)
    p, q = _producer(talk), _producer(talk)
    p.starts()
    p.add({topic: [0]}, 4)
    p.produce(topic, version=12)
    p.ends_of(topic)
    q.init()
    q.settles()
    q.ends_of(topic)
    p.produce(topic, sequence=1, version=12)
    q.init()
    p.produce(topic, sequence=1, version=11)
    q.produce(topic, version=12)
    q.ends_of(topic)
    q.ends(True)
    q.ends_of(topic)
