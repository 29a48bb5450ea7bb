# SPDX-License-Identifier: Apache-2.0
"""Offsets of transactions."""
SETTINGS = {"transaction.state.log.num.partitions": "1"}


def _begin(talk, speaker, group):
    transaction = f"{group}-t"
    speaker.until("NONE", speaker.ask, "FindCoordinator", 4, keyType=1, coordinatorKeys=[transaction])
    got = speaker.until("NONE", speaker.ask, "InitProducerId", 4, transactionalId=transaction,
                        transactionTimeoutMs=60000, producerId=-1, producerEpoch=-1)
    mine = {"transactionalId": transaction, "producerId": got["producerId"], "producerEpoch": got["producerEpoch"]}
    speaker.until("NONE", speaker.ask, "AddOffsetsToTxn", 3, groupId=group, **mine)
    return mine


def _commit(speaker, mine, group, offset, version=3, **more):
    partition = {"partitionIndex": 0, "committedOffset": offset, "committedLeaderEpoch": -1, "committedMetadata": ""}
    topics = [{"name": "one", "partitions": [partition]}]
    fields = {"groupId": group, "generationIdOrMemberEpoch": -1, "memberId": "", "topics": topics}
    speaker.ask("TxnOffsetCommit", version, **fields | mine | more)


def _end(speaker, mine, committed):
    speaker.until("NONE", speaker.ask, "EndTxn", 3, **mine, committed=committed)


def pending_offsets(talk):
    """What is fetched while a transaction is open, and after it."""
    a = talk.member("a")
    a.commit({"one": {0: 1}})
    mine = _begin(talk, a, talk.group)
    _commit(a, mine, talk.group, 5)
    a.fetch({"one": [0]})
    a.fetch({"one": [0]}, requireStable=True)
    a.fetch(None, requireStable=True)
    a.fetch({"two": [0]}, requireStable=True)
    _end(a, mine, True)
    a.until("NONE", a.fetch, {"one": [0]}, requireStable=True)
    a.until("NONE", a.ask, "AddOffsetsToTxn", 3, groupId=talk.group, **mine)
    _commit(a, mine, talk.group, 9)
    _end(a, mine, False)
    talk.sleep(0.5)
    a.fetch({"one": [0]}, requireStable=True)


def delete_while_open(talk):
    """DeleteGroups and OffsetDelete while a transaction has pending offsets, and what is left when it ends."""
    a = talk.member("a")
    a.commit({"one": {0: 1}})
    mine = _begin(talk, a, talk.group)
    _commit(a, mine, talk.group, 5)
    a.forget({"one": [0]})
    a.fetch({"one": [0]})
    a.fetch({"one": [0]}, requireStable=True)
    _commit(a, mine, talk.group, 6)
    a.delete()
    a.fetch({"one": [0]}, requireStable=True)
    a.describe()
    _end(a, mine, True)
    talk.sleep(0.5)
    a.fetch({"one": [0]}, requireStable=True)
    a.describe()


def _with_a_consumer(talk, b, group):
    b.id = "b"
    b.enter("one", groupId=group)
    mine = _begin(talk, b, group)
    _commit(b, mine, group, 1, memberId="b", generationIdOrMemberEpoch=b.epoch)
    _commit(b, mine, group, 1, memberId="b", generationIdOrMemberEpoch=b.epoch + 1)
    _commit(b, mine, group, 1, memberId="me", generationIdOrMemberEpoch=b.epoch)
    _commit(b, mine, group, 1)
    _end(b, mine, True)


def members_and_generations(talk):
    """TxnOffsetCommit with ids of members, to groups of each kind."""
    a, b = talk.members("a b")
    a.leads()
    mine = _begin(talk, a, talk.group)
    for version in (0, 2, 3, 5):
        _commit(a, mine, talk.group, version, version, memberId=a.id, generationIdOrMemberEpoch=1)
    _commit(a, mine, talk.group, 5, memberId=a.id, generationIdOrMemberEpoch=2)
    _commit(a, mine, talk.group, 5, memberId="me", generationIdOrMemberEpoch=1)
    _commit(a, mine, talk.group, 5, memberId="", generationIdOrMemberEpoch=-1)
    _commit(a, mine, talk.group, 5, memberId=a.id, generationIdOrMemberEpoch=-1)
    _commit(a, mine, talk.group, 5, groupInstanceId="i")
    _end(a, mine, True)
    if talk.has("ConsumerGroupHeartbeat", 1):  # consumer groups were a preview before
        _with_a_consumer(talk, b, talk.other("consumer"))
    group = talk.other("none")
    mine = _begin(talk, b, group)
    _commit(b, mine, group, 1, memberId="b", generationIdOrMemberEpoch=5)
    _commit(b, mine, group, 1)
    _end(b, mine, True)


def _partition(index, **more):
    return {"partitionIndex": index, "committedOffset": 5, "committedLeaderEpoch": -1, "committedMetadata": ""} | more


def topics_that_are_not_there(talk):
    """TxnOffsetCommit of unknown topics and partitions, in each version; with no group id, and with long metadata."""
    a = talk.member("a")
    mine = _begin(talk, a, talk.group)
    for version in range(6):
        _commit(a, mine, talk.group, 5, version, topics=[{"name": "nothing", "partitions": [_partition(0)]}])
        _commit(a, mine, talk.group, 5, version,
                topics=[{"name": "one", "partitions": [_partition(99), _partition(0), _partition(-1)]},
                        {"name": "nothing", "partitions": [_partition(0)]}])
    if talk.has("TxnOffsetCommit", 6):
        _commit(a, mine, talk.group, 5, 6, topics=[{"topicId": "@one", "partitions": [_partition(0)]},
                                                   {"topicId": "@unknown", "partitions": [_partition(0)]}])
    _commit(a, mine, talk.group, 5, 6, topics=[])
    _commit(a, mine, "", 5)
    _commit(a, mine, "", 5, topics=[{"name": "nothing", "partitions": [_partition(0)]}])
    _commit(a, mine, talk.group, 5, topics=[{"name": "one", "partitions": [
        _partition(0, committedMetadata="x" * 5000), _partition(0, committedMetadata="where")]}])
    _end(a, mine, True)
    a.until("NONE", a.fetch, {"one": [0]}, requireStable=True)


def versions_of_members(talk):
    """Who is a member of what, in the versions that differ: 5 and 6."""
    if not talk.has("TxnOffsetCommit", 6):
        return
    b = talk.member("b")
    group = talk.other("consumer")
    b.id = "b"
    b.enter("one", groupId=group)
    mine = _begin(talk, b, group)
    by_id = {"topics": [{"topicId": "@one", "partitions": [_partition(0)]}]}
    for version, topics in ((5, {}), (6, by_id)):
        for epoch in (b.epoch, b.epoch + 1, b.epoch - 1, -1):
            _commit(b, mine, group, 1, version, memberId="b", generationIdOrMemberEpoch=epoch, **topics)
        _commit(b, mine, group, 1, version, memberId="me", generationIdOrMemberEpoch=b.epoch, **topics)
    _end(b, mine, True)
    group = talk.other("none")
    mine = _begin(talk, b, group)
    for version, topics in ((5, {}), (6, by_id)):
        _commit(b, mine, group, 1, version, memberId="b", generationIdOrMemberEpoch=5, **topics)
    _end(b, mine, True)


def producers(talk):
    """Other producers than that of the transaction, and a transaction without the group's partition."""
    a = talk.member("a")
    transaction = f"{talk.group}-t"
    a.until("NONE", a.ask, "FindCoordinator", 4, keyType=1, coordinatorKeys=[transaction])
    got = a.until("NONE", a.ask, "InitProducerId", 4, transactionalId=transaction, transactionTimeoutMs=60000,
                  producerId=-1, producerEpoch=-1)
    mine = {"transactionalId": transaction, "producerId": got["producerId"], "producerEpoch": got["producerEpoch"]}
    for version in (0, 3, 4):
        _commit(a, mine, talk.group, 5, version)
    for version in (3, 4, 5):
        _commit(a, mine, talk.group, 5, version, producerEpoch=got["producerEpoch"] + 1)
        _commit(a, mine, talk.group, 5, version, transactionalId="nothing")
        _commit(a, mine, talk.group, 5, version, transactionalId="")
    _commit(a, mine, talk.group, 7, 5)
    _commit(a, mine, talk.group, 8, 3)
    if talk.has("TxnOffsetCommit", 5):  # which has added the group's partition
        _end(a, mine, True)
        a.until("NONE", a.fetch, {"one": [0]}, requireStable=True)
