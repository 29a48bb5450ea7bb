# SPDX-License-Identifier: Apache-2.0
"""Transactional producers while transaction.version is 0 or 1."""
from producer import Producer

SETTINGS = {"transaction.state.log.num.partitions": "1",
            "transaction.abort.timed.out.transaction.cleanup.interval.ms": "100"}
RECORDS = "__transaction_state"
AT_A_TIME = 1


def _producer(talk, level):
    speaker = talk.member("a")
    with talk.draft():
        now = speaker.ask("ApiVersions", 4, clientSoftwareName="kw", clientSoftwareVersion="1")
        have = {one["name"]: one["maxVersionLevel"] for one in now["finalizedFeatures"]}
        if have.get("transaction.version", 0) != level:
            kind = 1 if have.get("transaction.version", 0) < level else 2
            update = {"feature": "transaction.version", "maxVersionLevel": level, "upgradeType": kind}
            speaker.ask("UpdateFeatures", 1, timeoutMs=20000, featureUpdates=[update], validateOnly=False)
            speaker.until("NONE", speaker.ask, "Metadata", 12, topics=[{"name": "one"}], allowAutoTopicCreation=False,
                          includeTopicAuthorizedOperations=False)
    talk.note(f"transaction.version is {level}")
    return Producer(talk, speaker)


def _life(talk, level, timeout=300):
    p = _producer(talk, level).starts(timeout=timeout)
    p.add({"one": [0]})
    p.ends(True, 4)
    p.add({"one": [0]})
    p.ends(False, 3)
    if level > 0:
        p.add({"one": [0]}, 5)
        p.ends(True, 5)
    p.add({"one": [0]})
    p.init()
    p.settles()
    p.describe()
    p.init(timeout=timeout)
    p.add({"one": [0]})
    talk.sleep(1.5)
    p.describe()
    p.end(True, 4)


def newer_clients_at_level_0(talk):
    """AddPartitionsToTxn 5 and EndTxn 5: a record of version 0 has no version of the client."""
    p = _producer(talk, 0).starts()
    p.add({"one": [0]}, 5)
    q = _producer(talk, 0)
    q.id = talk.other("q")
    q.starts()
    q.add({"one": [0]})
    q.end(True)
    q.describe()


def level_0(talk):
    """Records have version 0."""
    _life(talk, 0)


def level_1(talk):
    """Records have version 1."""
    _life(talk, 1)


def level_2(talk):
    """Again as in a new directory."""
    _life(talk, 2)
