# SPDX-License-Identifier: Apache-2.0
"""Share groups before and after the broker is stopped and started again."""
import time

from share import SETTINGS, _beat, _describe, _get_ready, _settle  # noqa: F401
from share_fetch import WAIT_MS, _acknowledge, _fetch, _open, _produce

RESTARTS = True


def _fetch_again(speaker, topic):
    """With a new session, until there are records: coordinators that have just started are loading."""
    deadline = time.monotonic() + 30
    while True:
        with speaker.talk.draft() as draft:
            answer = _fetch(speaker, topic, 0, {0: []}, WAIT_MS)
            if any(p["acquiredRecords"] for t in answer["responses"] for p in t["partitions"]) \
                    or time.monotonic() > deadline:
                draft.keep()
                return


def deliveries(talk):
    """What was acquired comes again, what was finished does not, and counts go on."""
    topic, (a, b) = _open(talk, "a b", 8)
    _fetch(a, topic, 0, {0: []}, WAIT_MS)
    _acknowledge(a, topic, 1, {0: [(0, 1, 1)]})
    _acknowledge(a, topic, 2, {0: [(2, 5, 2, 3, 2, 1)]})
    talk.restart()
    _fetch_again(b, topic)
    _acknowledge(b, topic, 1, {0: [(2, 2, 1), (4, 4, 2), (6, 7, 1)]})
    _produce(b, topic, 0, 2)
    _fetch(b, topic, 2, wait=WAIT_MS)
    _acknowledge(b, topic, 3, {0: [(4, 4, 1)]})
    _acknowledge(b, topic, 4, {0: [(8, 9, 1)]})


def finished(talk):
    """Nothing comes again."""
    topic, (a, b) = _open(talk, "a b", 3)
    _fetch(a, topic, 0, {0: []}, WAIT_MS)
    _acknowledge(a, topic, 1, {0: [(0, 1, 1)]})
    _acknowledge(a, topic, 2, {0: [(2, 2, 3)]})
    talk.restart()
    _produce(b, topic, 0, 1)
    _fetch_again(b, topic)
    _acknowledge(b, topic, 1, {0: [(3, 3, 1)]})


def members(talk):
    """They go on with their epochs and assignments."""
    _get_ready(talk)
    a, b = talk.consumers("a b")
    _beat(a, 0, "one")
    _settle(talk)
    _beat(a)
    _beat(b, 0, "one")
    _beat(a)
    _describe(a)
    talk.restart()
    a.until("NONE", _beat, a)
    _beat(b)
    _describe(a)
    _beat(b, -1)
    _beat(a)
    _beat(a, -1)
    _describe(a)
