# SPDX-License-Identifier: Apache-2.0
"""Versions that Kafka 4 dropped, around transactions."""
from producer import Producer

SETTINGS = {"transaction.state.log.num.partitions": "1"}
RECORDS = "__transaction_state"
REMOVED_ONLY = True


def _producer(talk, name=None):
    return Producer(talk, talk.member("a"), name)


def _topic(talk):
    name = f"{talk.group}.t"
    talk.create_topic(name, 1)
    return name


def _marker(p, topic, version, committed, **more):
    one = {"transactionResult": committed, "topics": [{"name": topic, "partitionIndexes": [0]}],
           "coordinatorEpoch": 0} | p.given | more
    p.speaker.ask("WriteTxnMarkers", version, markers=[one])


def markers(talk):
    """WriteTxnMarkers 0 and 1, from who may be the coordinator."""
    topic = _topic(talk)
    for version in (0, 1):
        p = _producer(talk, f"v{version}").starts()
        p.add({topic: [0]})
        p.produce(topic)
        p.ends_of(topic)
        _marker(p, topic, version, False)
        p.ends_of(topic)
        _marker(p, topic, version, True, producerEpoch=p.given["producerEpoch"] + 1)
        _marker(p, topic, version, True)
        _marker(p, "missing", version, True)
        p.ends_of(topic)
        p.end(False, 3)  # its markers are refused: it stays prepared
        p.ends_of(topic)


def _ends(speaker, topic, version):
    """0 has no isolation level."""
    for timestamp in (-1, -2):
        for isolation in (0, 1):
            part = {"partitionIndex": 0, "currentLeaderEpoch": -1, "timestamp": timestamp, "maxNumOffsets": 3}
            speaker.ask("ListOffsets", version, replicaId=-1, isolationLevel=isolation,
                        topics=[{"name": topic, "partitions": [part]}])


def ends_of_a_log(talk):
    """ListOffsets 0 to 2 while a transaction is open, and when it has been aborted."""
    topic = _topic(talk)
    p = _producer(talk).starts()
    p.add({topic: [0]})
    p.produce(topic)
    for version in (0, 1, 2):
        _ends(p.speaker, topic, version)
    p.ends(False, 3)
    for version in (0, 1, 2):
        _ends(p.speaker, topic, version)


def _fetch(speaker, topic, version, isolation):
    part = {"partition": 0, "fetchOffset": 0, "partitionMaxBytes": 1 << 20, "logStartOffset": -1,
            "currentLeaderEpoch": -1}
    speaker.ask("Fetch", version, replicaId=-1, maxWaitMs=0, minBytes=0, maxBytes=1 << 20, isolationLevel=isolation,
                topics=[{"topic": topic, "partitions": [part]}])


def records(talk):
    """Fetch 0 to 5: the first ones see all, without markers."""
    topic = _topic(talk)
    p = _producer(talk).starts()
    for committed in (True, False):
        p.add({topic: [0]})
        p.produce(topic, sequence=0 if committed else 1)
        p.ends(committed, 3)
    p.add({topic: [0]})
    p.produce(topic, sequence=2)
    for version in range(6):
        for isolation in (0, 1) if version >= 4 else (0,):
            _fetch(p.speaker, topic, version, isolation)
    p.ends(True, 3)


def pending_offsets(talk):
    """The first versions of OffsetCommit and OffsetFetch while offsets are part of a transaction."""
    p = _producer(talk).starts()
    a = p.speaker
    p.add_offsets(talk.group, 0)
    topics = [{"name": "one", "partitions": [{"partitionIndex": 0, "committedOffset": 5, "committedMetadata": ""}]}]
    a.ask("TxnOffsetCommit", 0, transactionalId=p.id, groupId=talk.group, topics=topics, **p.given)
    for version in (1, 2):
        a.commit({"one": {0: 3}}, version=version)
        a.fetch({"one": [0]}, version=version)
    p.ends(True, 0)
    a.until("NONE", a.fetch, {"one": [0]}, requireStable=True)
    a.fetch({"one": [0]}, version=1)
    for version in (0, 1):
        a.commit({"two": {0: 3}}, version=version)
        a.fetch({"two": [0, 1]}, version=version)


def members(talk):
    """Of JoinGroup 0 and 1; with their generations in transactions."""
    a = talk.member("a")
    for version in (0, 1):
        a.id = ""
        a.joins(version)
        a.syncs({a: "assigned"}, 0)
        a.heartbeat(0)
        p = Producer(talk, a, f"v{version}").starts()
        p.add_offsets(talk.group, 0)
        topics = [{"name": "one", "partitions": [{"partitionIndex": 0, "committedOffset": 5 + version,
                                                  "committedLeaderEpoch": -1, "committedMetadata": ""}]}]
        for generation in (a.generation, a.generation + 1):
            a.ask("TxnOffsetCommit", 3, transactionalId=p.id, groupId=talk.group, memberId=a.id,
                  generationIdOrMemberEpoch=generation, topics=topics, **p.given)
        p.ends(True, 1)
        a.until("NONE", a.fetch, {"one": [0]}, requireStable=True)
        a.leave(version=0)
