# SPDX-License-Identifier: Apache-2.0
"""Consumer groups with an assignment interval, and with short sessions."""
SETTINGS = {"group.consumer.assignment.interval.ms": "3000", "group.consumer.session.timeout.ms": "3000",
            "group.consumer.heartbeat.interval.ms": "100", "group.consumer.max.session.timeout.ms": "60000"}


def three_within_the_interval(talk):
    """Only the first is given an assignment at once; the others wait for the interval."""
    a, b, c = talk.consumers("a b c")
    a.enter("six", serverAssignor="range")
    b.enter("six", serverAssignor="range")
    c.enter("six", serverAssignor="range")
    a.beat()
    b.beat()
    c.beat()
    a.describe_consumer()
    for _ in range(4):
        talk.sleep(1)
        for speaker in (a, b, c):
            with talk.draft():
                speaker.beat(topicPartitions=None)
    a.describe_consumer()


def emptied_within_the_interval(talk):
    """A group that was emptied and is joined again at once: whether the interval counts."""
    a, b = talk.consumers("a b")
    a.enter("two")
    a.beat(-1)
    b.enter("two")
    a.describe_consumer()
    b.beat()


def session_ends(talk):
    """A member that sends no heartbeats is removed, also a static one that has left with -2."""
    a, b = talk.consumers("a b")
    b.instance = "i"
    b.enter("two")
    b.beat(-2)
    a.enter("one")
    talk.sleep(5)
    a.describe_consumer()
    a.beat()
    b.beat(1)
    b.enter("two")


def what_keeps_a_consumer(talk):
    """Heartbeats do, commits and fetches do not; nor do heartbeats that fail."""
    a, b, c, d = talk.consumers("a b c d")
    for speaker in (a, b, c, d):
        speaker.enter("one", groupId=talk.other(speaker.name))
    for _ in range(9):
        talk.sleep(0.5)
        with talk.draft():
            a.beat(groupId=talk.other("a"))
            b.commit({"one": {0: 1}}, memberId="b", generationIdOrMemberEpoch=2, groupId=talk.other("b"))
            c.fetch({"one": [0]}, memberId="c", memberEpoch=2, groupId=talk.other("c"))
            d.beat(77, groupId=talk.other("d"))
    for speaker in (a, b, c, d):
        speaker.beat(2, groupId=talk.other(speaker.name))
