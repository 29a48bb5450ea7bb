# SPDX-License-Identifier: Apache-2.0
"""Share groups while share.version is set to 0, and afterwards."""
from __future__ import annotations

from share import SETTINGS  # noqa: F401
from share_fetch import WAIT_MS, _acknowledge, _fetch, _open, _produce

AT_A_TIME = 1


def _set_version(speaker, level):
    update = {"feature": "share.version", "maxVersionLevel": level, "upgradeType": 1 if level else 2}
    with speaker.talk.draft():
        answer = speaker.ask("UpdateFeatures", 1, timeoutMs=20000, featureUpdates=[update], validateOnly=False)
    assert speaker.talk.errors_of(answer) == {"NONE"}, answer
    speaker.talk.lines.append(f"(share.version is {level})")
    speaker.talk.sleep(1)


def sessions_end(talk):
    """Sessions and what is in flight are forgotten, who waits gets nothing."""
    topic, (a, b, c) = _open(talk, "a b c", 4)
    _fetch(a, topic, 0, {0: []}, WAIT_MS)
    _acknowledge(a, topic, 1, {0: [(0, 0, 1)]})
    b.send("ShareFetch", 2, groupId=talk.group, memberId=b.id, shareSessionEpoch=0, maxWaitMs=WAIT_MS, minBytes=1,
           maxBytes=1 << 20, maxRecords=100, batchSize=100, shareAcquireMode=0, isRenewAck=False,
           topics=[{"topicId": f"@{topic}", "partitions": [{"partitionIndex": 0, "acknowledgementBatches": []}]}],
           forgottenTopicsData=[])
    b.waits()
    _set_version(c, 0)
    _produce(c, topic, 0, 1)
    _acknowledge(a, topic, 2, {0: [(1, 1, 1)]})
    _fetch(a, topic, 2)
    _fetch(c, topic, 0, {0: []})
    b.answer()
    _set_version(c, 2)
    _acknowledge(a, topic, 2, {0: [(1, 1, 1)]})
    _fetch(a, topic, 2)
    _fetch(b, topic, 1)
    _fetch(b, topic, 0, {0: []}, WAIT_MS)
    _acknowledge(b, topic, 1, {0: [(1, 4, 1)]})
