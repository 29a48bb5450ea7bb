# SPDX-License-Identifier: Apache-2.0
"""Transactional producers: every version of their APIs, and the records in __transaction_state."""
from producer import Producer

SETTINGS = {"transaction.state.log.num.partitions": "1", "transaction.max.timeout.ms": "900000"}
RECORDS = "__transaction_state"


def _producer(talk, name=None):
    return Producer(talk, talk.member("a"), name)


def each_version_of_init(talk):
    """InitProducerId of a new producer, and again."""
    for version in range(6):
        p = _producer(talk, f"v{version}").starts(version=version)
        p.init(version)


def refused_inits(talk):
    """Timeouts, half of a producer, no id."""
    p = _producer(talk).find()
    p.init(transactionalId="")
    p.init(timeout=0)
    p.init(timeout=-1)
    p.init(timeout=900001)
    p.init(producerId=5)
    p.init(producerEpoch=5)
    p.init(transactionalId="", producerId=5, producerEpoch=-1)
    p.init(transactionalId="", timeout=0)
    p.init(transactionalId=None, timeout=0)
    p.init(timeout=900000)
    for version in range(6):
        p.init(version, transactionalId="")
        p.init(version, timeout=0)


def a_producer_that_continues(talk):
    """InitProducerId with a producer id and epoch."""
    p = _producer(talk).find()
    p.init(producerId=1000000, producerEpoch=3)
    p.init()
    first = dict(p.given)
    p.init(goes_on=True)
    p.init(**first)
    p.init(goes_on=True)
    p.init(**first)
    for version in (3, 4):
        p.init(version, **first)
    p.init(**p.epoch(1))
    p.init(producerId=1000000, producerEpoch=p.given["producerEpoch"])
    p.init(producerId=-2, producerEpoch=-2)
    p.init()
    p.init(**first)


def each_version_of_add(talk):
    """AddPartitionsToTxn."""
    for version in range(6):
        p = _producer(talk, f"v{version}").starts()
        p.add({"two": [0], "one": [0]}, version)
        p.add({"two": [0]}, version)
        p.add({"two": [0, 1]}, version)
        p.add({}, version)
        p.describe()
        p.ends(True, 3)
        p.describe()


def refused_adds(talk):
    """Producers and partitions that are not known."""
    p = _producer(talk).starts()
    for version in (0, 1, 2, 3, 4, 5):
        p.add({"one": [0]}, version, **p.epoch(-1))
        p.add({"one": [0]}, version, **p.epoch(1))
        p.add({"one": [0]}, version, producerId=1000000)
        p.add({"one": [0]}, version, transactionalId="")
        p.add({"one": [0]}, version, transactionalId=talk.other("unknown"))
        p.add({"one": [0, 1], "two": [0]}, version)
        p.add({"missing": [0], "two": [0]}, version)
        p.add({"missing": [0]}, version, transactionalId="")
        p.add({"missing": [0]}, version, producerId=1000000)
        p.add({"one": [-1]}, version)
        p.add({"one": []}, version, **p.epoch(1))
        p.add({}, version, **p.epoch(1))
        p.add({"__transaction_state": [0], "one": [0]}, version, producerId=1000000)
    p.describe()


def partitions_that_are_named_twice(talk):
    """Refused, asked for and added; and topics that are named without partitions beside those."""
    p = _producer(talk).starts()
    for version in (3, 5):
        p.add({"two": [0, 7, 0, 7], "one": []}, version)
        p.add({"two": [0, 0], "one": []}, version, **p.epoch(1))
        p.asks({"two": [1, 0, 0, 1], "one": []})
        p.add({"two": [0, 0, 1], "one": []}, version)
        p.asks({"two": [0, 1, 0], "one": [0]})
    p.describe()


def nothing_is_added(talk):
    """No partitions at all."""
    p = _producer(talk).starts()
    p.add({})
    p.describe()
    p.ends(True)
    p.describe()


def questions(talk):
    """AddPartitionsToTxn 4 and 5 with verifyOnly."""
    p = _producer(talk).starts()
    for version in (4, 5):
        p.asks({"one": [0]}, version)
        p.asks({"missing": [0], "one": [0]}, version)
        p.asks({"one": [0]}, version, **p.epoch(-1))
        p.asks({"one": [0]}, version, producerId=1000000)
        p.asks({"one": [0]}, version, transactionalId="")
        p.asks({"one": [0]}, version, transactionalId=talk.other("unknown"))
        p.asks({}, version)
    p.add({"one": [0]})
    p.asks({"one": [0], "two": [1]})
    p.ends(True)
    p.asks({"one": [0]})


def several_transactions(talk):
    """In one request."""
    p, q = _producer(talk, "p").starts(), _producer(talk, "q").starts()
    topics = [{"name": "one", "partitions": [0]}]
    mine = {"transactionalId": p.id, "verifyOnly": False, "topics": topics} | p.given
    for version in (4, 5):
        p.speaker.ask("AddPartitionsToTxn", version, transactions=[
            mine, {"transactionalId": q.id, "verifyOnly": True, "topics": topics} | q.given,
            mine | {"transactionalId": talk.other("unknown")}, mine | {"transactionalId": ""}])
    p.describe(p.id, q.id)


def offsets(talk):
    """AddOffsetsToTxn."""
    for version in range(5):
        p = _producer(talk, f"v{version}").starts()
        p.add_offsets(version=version)
        p.add_offsets(version=version)
        p.add_offsets(version=version, **p.epoch(-1))
        p.add_offsets(version=version, producerId=1000000)
        p.add_offsets(version=version, transactionalId="")
        p.add_offsets(version=version, transactionalId=talk.other("unknown"))
        p.add_offsets("", version)
        p.ends(True, min(version, 4))
        p.describe()


def each_version_of_end(talk):
    """EndTxn: commit, abort, and both again."""
    for version in range(6):
        p = _producer(talk, f"v{version}").starts()
        for committed in (True, False):
            p.add({"one": [0]}, 3 if version < 5 else 4)
            before = dict(p.given)
            p.ends(committed, version)
            p.end(committed, version, **before)
            p.end(not committed, version, **before)
        p.describe()


def refused_ends(talk):
    """What cannot be ended."""
    p = _producer(talk).starts()
    for version in range(6):
        p.end(True, version, transactionalId="")
        p.end(True, version, transactionalId=talk.other("unknown"))
        p.end(True, version, producerId=1000000)
        p.end(True, version, **p.epoch(1))
        p.end(True, version, **p.epoch(-1))
        p.end(True, version)
    for version in range(5):
        p.end(False, version)
    p.describe()


def aborts_of_nothing(talk):
    """With EndTxn 5, in Empty and in both complete states."""
    p = _producer(talk).starts()
    p.ends(False)
    p.describe()
    p.ends(False)
    p.add({"one": [0]}, 4)
    p.ends(True)
    p.end(True)
    p.ends(False)
    p.end(True)
    p.describe()


def both_protocols(talk):
    """EndTxn 4 after EndTxn 5 and the other way round."""
    p = _producer(talk).starts()
    for version in (5, 4, 5, 3, 5):
        p.add({"one": [0]}, 3 if version < 5 else 5)
        p.ends(version != 3, version)
        p.describe()


def a_successor(talk):
    """A second producer with the same id while a transaction is open."""
    p, q = _producer(talk), _producer(talk)
    p.starts()
    p.add({"one": [0]})
    q.init()
    q.settles()
    q.describe()
    p.add({"one": [0]})
    p.end(True)
    q.init()
    p.end(False)
    p.add({"one": [0]}, 1)
    q.add({"one": [0]})
    q.ends(True)


def an_open_transaction_that_is_continued(talk):
    """InitProducerId with the producer's own epoch."""
    p = _producer(talk).starts()
    p.add({"one": [0]})
    p.init(goes_on=True)
    p.settles()
    before = dict(p.given)
    p.init(goes_on=True)
    p.init()
    p.init(**before)


def descriptions(talk):
    """DescribeTransactions and ListTransactions."""
    p, q = _producer(talk, "p").starts(timeout=30000), _producer(talk, "q").starts()
    p.add({"two": [1, 0], "one": [0]})
    p.describe(p.id, q.id, "", talk.other("unknown"), p.id)
    for version, more in ((0, {}), (1, {"durationFilter": -1}), (1, {"durationFilter": 0}),
                          (1, {"durationFilter": 600000}), (2, {"transactionalIdPattern": None}),
                          (2, {"transactionalIdPattern": ""}), (2, {"transactionalIdPattern": "descriptions.*"}),
                          (2, {"transactionalIdPattern": "descriptions"}), (2, {"transactionalIdPattern": "("}),
                          (2, {"transactionalIdPattern": ".*p", "durationFilter": 0}),
                          (2, {"transactionalIdPattern": "(", "stateFilters": ["none"]})):
        fields = {"stateFilters": [], "producerIdFilters": [p.given["producerId"], q.given["producerId"]]} | more
        p.speaker.ask("ListTransactions", version, **fields)
    for states in (["Ongoing"], ["Empty", "Ongoing"], ["ongoing"], ["nothing", "Empty", "nothing"], ["Dead"],
                   ["PrepareEpochFence"], [""], ["PrepareCommit", "CompleteAbort"]):
        p.speaker.ask("ListTransactions", 1, stateFilters=states,
                      producerIdFilters=[p.given["producerId"], q.given["producerId"]])
    p.speaker.ask("ListTransactions", 2, stateFilters=[], producerIdFilters=[1000000])


def topics_that_are_deleted(talk):
    """What is deleted while a transaction is open."""
    p = _producer(talk).starts()
    talk.create_topic(f"{talk.group}.t", 2)
    p.add({f"{talk.group}.t": [0, 1], "one": [0]})
    talk.delete_topic(f"{talk.group}.t")
    p.ends(True)
    p.describe()
