# SPDX-License-Identifier: Apache-2.0
"""Share groups: who gets which records, what is said of them, sessions, and dead letters."""
from __future__ import annotations

import base64

from batch_bytes import batch
from share import SETTINGS, _alter, _get_ready  # noqa: F401

WAIT_MS = 5000  # for records that are there


def _produce(speaker, topic, partition, count):
    records = base64.b64encode(batch(*(["v"] * count), at=1000)).decode()
    partitions = [{"index": partition, "records": records}]
    with speaker.talk.draft():
        answer = speaker.ask("Produce", 9, transactionalId=None, acks=-1, timeoutMs=20000,
                             topicData=[{"name": topic, "partitionData": partitions}])
    assert speaker.talk.errors_of(answer) == {"NONE"}, answer
    speaker.talk.lines.append(f"({count} records are produced to partition {partition})")


def _open(talk, names, *counts):
    """Speakers, and a topic with so many records in its partitions, from the first of which on the group reads."""
    _get_ready(talk)
    topic = f"{talk.group}.t"
    talk.create_topic(topic, len(counts))
    speakers = talk.consumers(names)
    for partition, count in enumerate(counts):
        if count:
            _produce(speakers[0], topic, partition, count)
    with talk.draft():
        answer = _alter(speakers[0], {topic: dict.fromkeys(range(len(counts)), 0)})
    assert talk.errors_of(answer) == {"NONE"}, answer
    return topic, speakers


def _topics(topic, acks, field):
    partitions = [{"partitionIndex": partition,
                   "acknowledgementBatches": [{"firstOffset": first, "lastOffset": last, "acknowledgeTypes": types}
                                              for first, last, *types in ranges]}
                  for partition, ranges in acks.items()]
    return {field: [{"topicId": f"@{topic}", "partitions": partitions}] if partitions else []}


def _fetch(speaker, topic, epoch, acks=None, wait=0, **more):
    """With no time to wait for records that are not there."""
    fields = {"groupId": speaker.talk.group, "memberId": speaker.id, "shareSessionEpoch": epoch, "maxWaitMs": wait,
              "minBytes": 1, "maxBytes": 1 << 20, "maxRecords": 100, "batchSize": 100, "shareAcquireMode": 0,
              "isRenewAck": False, "forgottenTopicsData": []}
    return speaker.ask("ShareFetch", 2, **(fields | _topics(topic, acks or {}, "topics") | more))


def _acknowledge(speaker, topic, epoch, acks, **more):
    fields = {"groupId": speaker.talk.group, "memberId": speaker.id, "shareSessionEpoch": epoch, "isRenewAck": False}
    return speaker.ask("ShareAcknowledge", 2, **(fields | _topics(topic, acks, "topics") | more))


def records(talk):
    """From acquiring to the end, by two members."""
    topic, (a, b) = _open(talk, "a b", 4, 0)
    _fetch(a, topic, 0, {0: []}, WAIT_MS)
    _fetch(b, topic, 0, {0: []})
    _fetch(b, topic, 1)
    _fetch(b, topic, 2, {1: []}, 1000)
    _fetch(b, topic, 3)
    _fetch(a, topic, 1, {0: [(0, 1, 1)]})
    _acknowledge(a, topic, 2, {0: [(2, 3, 2)]})
    _fetch(b, topic, 4, wait=WAIT_MS)
    _acknowledge(b, topic, 5, {0: [(2, 3, 1, 3)]})
    _produce(a, topic, 0, 2)
    _fetch(b, topic, 6, wait=WAIT_MS)
    _fetch(b, topic, -1, {0: [(4, 4, 1)]})
    _fetch(a, topic, 3, wait=WAIT_MS)
    _fetch(b, topic, 7)


def what_is_not_acquired(talk):
    """Errors of acknowledgements, and their texts."""
    topic, (a, b) = _open(talk, "a b", 6, 0)
    _acknowledge(a, topic, 1, {0: [(0, 0, 1)]})
    _fetch(a, topic, 0, {0: []}, WAIT_MS)
    _fetch(b, topic, 0, {0: []})
    _acknowledge(a, topic, 0, {0: [(0, 0, 1)]})
    _acknowledge(b, topic, 1, {0: [(0, 5, 1)]})
    _acknowledge(b, topic, 2, {0: [(1, 2, 1)]})
    _acknowledge(a, topic, 1, {0: [(1, 2, 1)]})
    _acknowledge(a, topic, 2, {0: [(1, 1, 1)]})
    _acknowledge(b, topic, 3, {0: [(3, 3, 1)]})
    _acknowledge(a, topic, 3, {0: [(4, 6, 1)]})
    _acknowledge(a, topic, 4, {0: [(8, 9, 1)]})
    _acknowledge(a, topic, 5, {0: [(3, 3, 1), (8, 9, 1)]})
    _acknowledge(a, topic, 6, {0: [(3, 3, 1), (1, 1, 1)]})
    _acknowledge(a, topic, 7, {0: [(3, 3, 1)]})
    _acknowledge(a, topic, 8, {0: [(0, 0, 1)], 1: [(0, 0, 1)], 7: [(0, 0, 1)]})
    _acknowledge(a, topic, 9, {0: [], 1: []})
    _acknowledge(a, topic, 10, {0: [(4, 5, 1)], 1: []})
    _acknowledge(a, topic, 11, {0: [(4, 4, 1)]})
    _acknowledge(a, "unknown", 12, {0: [(4, 4, 1)]})
    _produce(a, topic, 0, 1)
    _acknowledge(a, topic, 13, {0: [(6, 6, 1)]})


def named_twice(talk):
    """Of a partition that a request names more than once the last place counts."""
    topic, (a, b) = _open(talk, "a b", 8, 2)
    _fetch(a, topic, 0, {0: []}, WAIT_MS)
    _fetch(a, topic, 1, {1: []}, WAIT_MS)
    twice = [_topics(topic, {0: [(offset, offset, 1)]}, "topics")["topics"][0] for offset in (0, 77, 1)]
    _acknowledge(a, topic, 2, {}, topics=twice)
    _acknowledge(a, topic, 3, {}, topics=[twice[0], twice[1]])
    together = {"topicId": f"@{topic}", "partitions": [one["partitions"][0] for one in twice]}
    other = _topics(topic, {1: [(0, 0, 1)]}, "topics")["topics"][0]
    _acknowledge(a, topic, 4, {}, topics=[together, other, twice[1]])
    twice = [_topics(topic, {0: ranges}, "topics")["topics"][0] for ranges in ([(2, 2, 1)], [(3, 3, 1)], [])]
    _fetch(a, topic, 5, topics=[twice[0], twice[1]])
    _fetch(a, topic, 6, topics=[twice[0], twice[2]])
    _fetch(a, topic, 7, topics=[twice[2], twice[0], other])
    unknown = [{"topicId": "@unknown", "partitions": other["partitions"]}] * 2
    _acknowledge(a, topic, 8, {}, topics=unknown)
    _fetch(a, topic, -1)
    _fetch(b, topic, 0, {0: []}, WAIT_MS)


def bad_acknowledgements(talk):
    """Which ranges and types there may be."""
    topic, (a,) = _open(talk, "a", 6)
    _fetch(a, topic, 0, {0: [(0, 0, 1)]})
    _fetch(a, topic, 0, {0: []}, WAIT_MS)
    epoch = 0
    for ranges in ([(1, 0, 1)], [(3, 4, 1), (1, 2, 1)], [(0, 0)], [(0, 1, 1, 1, 1)], [(0, 0, 5)], [(0, 0, -1)],
                   [(0, 0, 4)], [(-1, 0, 1)], [(-2, 0, 1)]):
        epoch += 1
        _acknowledge(a, topic, epoch, {0: ranges})
        epoch += 1
        _fetch(a, topic, epoch, {0: ranges})
    _fetch(a, topic, epoch + 1, {0: [(1, 1, 0)]})


def renewals(talk):
    """Locks that are kept for longer."""
    topic, (a, b) = _open(talk, "a b", 3)
    _fetch(a, topic, 0, {0: []}, WAIT_MS)
    _acknowledge(a, topic, 1, {0: [(0, 1, 4)]}, isRenewAck=True)
    _fetch(a, topic, 2, {0: [(0, 1, 4, 1)]}, isRenewAck=True, minBytes=0, maxBytes=0, maxRecords=0)
    _fetch(a, topic, 3, {0: [(0, 0, 4)]}, isRenewAck=True)
    _fetch(b, topic, 0, {0: []})
    _acknowledge(b, topic, 1, {0: [(0, 0, 4)]}, isRenewAck=True)
    _acknowledge(a, topic, 3, {0: [(0, 0, 4)]})
    _set(a, 32, talk.group, "share.renew.acknowledge.enable", "false")
    talk.sleep(1)
    _acknowledge(a, topic, 4, {0: [(0, 0, 4)]}, isRenewAck=True)
    _acknowledge(a, topic, 5, {0: [(2, 2, 4)]}, isRenewAck=True)
    _acknowledge(a, topic, 6, {0: [(0, 2, 1)]})


def sessions(talk):
    """Their epochs, and their end with the connection."""
    topic, (a, b) = _open(talk, "a b", 3)
    _fetch(a, topic, 1, {0: []})
    _fetch(a, topic, -1, {0: []})
    _fetch(a, topic, 0, {0: []}, WAIT_MS)
    _fetch(a, topic, 2)
    _fetch(a, topic, 0, {0: []})
    _fetch(a, topic, 1, memberId="")
    _fetch(a, topic, 1, memberId="a" * 37)
    _fetch(a, "unknown", 1, {0: []})
    _fetch(a, topic, 2)
    _fetch(a, topic, 3, {5: []})
    _fetch(a, topic, 4, forgottenTopicsData=[{"topicId": "@unknown", "partitions": [0]},
                                             {"topicId": f"@{topic}", "partitions": [5]}])
    _fetch(a, topic, 5)
    a.hang_up()
    talk.sleep(1)
    _fetch(b, topic, 0, {0: []}, WAIT_MS)
    (c,) = talk.consumers("c")
    c.id = a.id
    _fetch(c, topic, 6)


def topics_that_are_deleted(talk):
    """What sessions have of them, also once there is another topic of that name."""
    topic, (a, b) = _open(talk, "a b", 4, 2)
    _fetch(a, topic, 0, {0: []}, WAIT_MS)
    talk.delete_topic(topic)
    talk.sleep(2)
    _fetch(a, topic, 1)
    _fetch(a, topic, 2)
    _acknowledge(a, topic, 3, {0: [(0, 0, 1)], 1: [(0, 0, 1)]})
    _fetch(a, topic, 4, {0: [(1, 1, 1)]})
    _fetch(b, topic, 0, {0: []})
    _fetch(b, topic, 1)
    talk.create_topic(topic, 2)
    _fetch(a, topic, 5, wait=WAIT_MS)
    _fetch(b, topic, 2, wait=WAIT_MS)
    _fetch(b, topic, 3, {0: []}, WAIT_MS)
    _fetch(b, topic, 4, {1: []}, WAIT_MS)


def how_much(talk):
    """Bytes and records are limited, batches are whole or not."""
    topic, (a, b, c) = _open(talk, "a b c", 4, 0)
    _produce(a, topic, 0, 4)
    _produce(a, topic, 1, 2)
    _fetch(a, topic, 0, {0: []}, WAIT_MS, maxRecords=2)
    _fetch(b, topic, 0, {0: []}, WAIT_MS, maxRecords=3, shareAcquireMode=1)
    _fetch(b, topic, 1, {0: []}, maxRecords=0)
    _fetch(c, topic, 0, {0: []}, WAIT_MS, maxBytes=1)
    _fetch(c, topic, 1, {0: []}, maxBytes=0)
    _fetch(c, topic, 2, {1: []}, WAIT_MS)


def _set(speaker, kind, name, config, value):
    resource = {"resourceType": kind, "resourceName": name,
                "configs": [{"name": config, "configOperation": 0, "value": value}]}
    with speaker.talk.draft():
        answer = speaker.ask("IncrementalAlterConfigs", 1, resources=[resource], validateOnly=False)
    assert speaker.talk.errors_of(answer) == {"NONE"}, answer
    speaker.talk.lines.append(f"({config} of {name} is {value})")


def _letters(speaker, topic):
    speaker.ask("ListOffsets", 7, replicaId=-1, isolationLevel=0,
                topics=[{"name": topic, "partitions": [{"partitionIndex": 0, "timestamp": -1}]}])


def _state(speaker, topic):
    speaker.ask("ReadShareGroupStateSummary", 1, groupId=speaker.talk.group,
                topics=[{"topicId": f"@{topic}", "partitions": [{"partition": 0, "leaderEpoch": 0}]}])


def dead_letters(talk):
    """Records that are given up go into a topic."""
    topic, (a,) = _open(talk, "a", 6)
    letters = f"dlq.{talk.group}"
    talk.create_topic(letters, 1)
    _set(a, 2, letters, "errors.deadletterqueue.group.enable", "true")
    _set(a, 32, talk.group, "errors.deadletterqueue.topic.name", letters)
    talk.sleep(1)
    _fetch(a, topic, 0, {0: []}, WAIT_MS)
    _acknowledge(a, topic, 1, {0: [(0, 1, 3)]})
    talk.sleep(2)
    _letters(a, letters)
    _acknowledge(a, topic, 2, {0: [(2, 4, 0, 2, 3)]})
    talk.sleep(2)
    _letters(a, letters)
    _state(a, topic)
    _acknowledge(a, topic, 3, {0: [(5, 5, 1)]})
    _state(a, topic)
    _set(a, 2, letters, "errors.deadletterqueue.group.enable", "false")
    talk.sleep(1)
    _fetch(a, topic, 4, wait=WAIT_MS)
    _acknowledge(a, topic, 5, {0: [(3, 3, 3)]})
    talk.sleep(2)
    _letters(a, letters)
    _state(a, topic)
