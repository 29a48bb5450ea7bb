# SPDX-License-Identifier: Apache-2.0
"""Share groups: their members, the offsets that they have, and the states that these are kept in."""
import time

SETTINGS = {"group.share.assignment.interval.ms": "0", "group.share.min.session.timeout.ms": "100",
            "share.coordinator.state.topic.num.partitions": "1",
            "share.coordinator.state.topic.replication.factor": "1", "share.coordinator.state.topic.min.isr": "1"}


def _beat(speaker, epoch=None, *topics, **more):
    fields = {"groupId": speaker.talk.group, "memberId": speaker.id,
              "memberEpoch": speaker.epoch if epoch is None else epoch}
    if topics:
        fields["subscribedTopicNames"] = list(topics)
    return speaker.ask("ShareGroupHeartbeat", 1, **(fields | more))


def _describe(speaker, *groups):
    return speaker.ask("ShareGroupDescribe", 1, groupIds=list(groups) or [speaker.talk.group])


def _offsets(speaker, partitions=None, version=1):
    topics = None if partitions is None else [{"topicName": topic, "partitions": numbers}
                                              for topic, numbers in partitions.items()]
    return speaker.ask("DescribeShareGroupOffsets", version,
                       groups=[{"groupId": speaker.talk.group, "topics": topics}])


def _alter(speaker, partitions, **more):
    topics = [{"topicName": topic, "partitions": [{"partitionIndex": p, "startOffset": offset}
                                                  for p, offset in offsets.items()]}
              for topic, offsets in partitions.items()]
    return speaker.ask("AlterShareGroupOffsets", 0, **({"groupId": speaker.talk.group, "topics": topics} | more))


def _forget(speaker, *topics, **more):
    fields = {"groupId": speaker.talk.group, "topics": [{"topicName": topic} for topic in topics]}
    return speaker.ask("DeleteShareGroupOffsets", 0, **(fields | more))


def _get_ready(talk):
    """The topic of states is there, and its coordinator, which the first who needs it has to wait for."""
    deadline = time.monotonic() + 30
    with talk.draft():
        warm = talk.member("warm")
        while time.monotonic() < deadline:
            answer = _alter(warm, {"six": {0: 0}}, groupId="warm")
            if talk.errors_of(answer) == {"NONE"}:
                break


def _settle(talk):
    """States are initialized beside the heartbeat."""
    talk.sleep(1)


def first_share(talk):
    """One member from nothing to Stable, and away again."""
    _get_ready(talk)
    a = talk.member("a")
    a.id = "a"
    _describe(a)
    _beat(a, 0, "two")
    _settle(talk)
    _beat(a)
    _describe(a)
    _beat(a)
    a.list(types=["share"])
    a.describe()
    a.describe_consumer()
    _beat(a, -1)
    _describe(a)
    a.delete()
    _describe(a)


def two_members(talk):
    """Both have the only partition of a topic; which of more goes to whom depends on Java's hash tables."""
    _get_ready(talk)
    a, b = talk.consumers("a b")
    _beat(a, 0, "one")
    _settle(talk)
    _beat(a)
    _beat(b, 0, "one")
    _beat(a)
    _beat(a)
    _beat(b)
    _describe(a)
    _beat(b, -1)
    _beat(a)
    _beat(a, None, "two")
    _settle(talk)
    _beat(a)
    _beat(a, 0, "one", "two")
    _describe(a)
    _beat(a, -1)
    a.delete()


def bad_beats(talk):
    """What a heartbeat must be, and the order of these checks."""
    _get_ready(talk)
    a = talk.member("a")
    a.id = "a"
    for epoch in (0, 1, -1, -2):
        _beat(a, epoch, "one", memberId="")
        _beat(a, epoch, "one", memberId="a" * 37)
        _beat(a, epoch, "one", memberId=" ")
    _beat(a, 0, "one", groupId="")
    _beat(a, 0, "one", groupId=" ")
    _beat(a, 0, "one", rackId="")
    _beat(a, 0)
    _beat(a, 0, subscribedTopicNames=[])
    _beat(a, -2, "one")
    _beat(a, 1, "one")
    _beat(a, -1)
    _describe(a, "", talk.group)


def epochs(talk):
    """Which epochs of a member are good."""
    _get_ready(talk)
    a, b = talk.consumers("a b")
    _beat(a, 0, "two")
    _settle(talk)
    _beat(a)
    _beat(a, 1)
    _beat(a, 9)
    _beat(b, 2)
    _beat(b, -1)
    _beat(a, 0, "two")
    _beat(a, 0)
    _beat(a, -1)
    a.delete()


def group_types(talk):
    """Of other types."""
    _get_ready(talk)
    a, b = talk.consumers("a b")
    a.enter("one")
    _beat(b, 0, "one")
    _describe(b)
    _offsets(b)
    _alter(b, {"one": {0: 1}})
    _forget(b, "one")
    a.beat(-1)
    _beat(b, 0, "one")
    a.delete()
    _beat(b, 0, "one")
    _settle(talk)
    a.enter("one")
    a.commit({"one": {0: 1}})
    a.fetch({"one": [0]})
    a.delete()
    _beat(b, -1)
    a.delete()


def offsets(talk):
    """They are altered, described and deleted; the topics are empty."""
    _get_ready(talk)
    a = talk.member("a")
    a.id = "a"
    _offsets(a)
    _forget(a, "two")
    _alter(a, {"two": {0: 0}})
    _describe(a)
    _offsets(a)
    _offsets(a, version=0)
    _offsets(a, {"two": [1, 0], "unknown": [0]})
    _alter(a, {"two": {1: 0, 2: 0}, "unknown": {0: 0}})
    _offsets(a)
    _beat(a, 0, "two")
    _settle(talk)
    _beat(a)
    _alter(a, {"two": {0: 0}})
    _forget(a, "two")
    a.delete()
    _beat(a, -1)
    _forget(a, "one")
    _forget(a, "unknown")
    _forget(a, "two")
    _offsets(a)
    _offsets(a, {"two": [0]})
    _forget(a, "two")
    _alter(a, {"two": {0: 0}}, groupId="")
    _forget(a, "two", groupId="")
    a.delete()


def _state(speaker, api, version, *partitions, topic="@four", **more):
    return speaker.ask(api, version, **({"groupId": speaker.talk.group,
                                         "topics": [{"topicId": topic, "partitions": list(partitions)}]} | more))


def states(talk):
    """What leaders of partitions ask."""
    _get_ready(talk)
    a = talk.member("a")
    base = {"partition": 0, "stateEpoch": 1, "startOffset": 5}
    _state(a, "ReadShareGroupState", 0, {"partition": 0, "leaderEpoch": 0})
    _state(a, "ReadShareGroupStateSummary", 1, {"partition": 0, "leaderEpoch": 0})
    _state(a, "WriteShareGroupState", 1, base | {"leaderEpoch": 0, "stateBatches": []})
    _state(a, "InitializeShareGroupState", 0, base)
    _state(a, "InitializeShareGroupState", 0, base | {"stateEpoch": 0})
    _state(a, "ReadShareGroupState", 0, {"partition": 0, "leaderEpoch": 2})
    batches = [{"firstOffset": 6, "lastOffset": 9, "deliveryState": 2, "deliveryCount": 1},
               {"firstOffset": 8, "lastOffset": 12, "deliveryState": 0, "deliveryCount": 3}]
    _state(a, "WriteShareGroupState", 1, base | {"leaderEpoch": 2, "deliveryCompleteCount": 4,
                                                 "stateBatches": batches})
    _state(a, "WriteShareGroupState", 1, base | {"leaderEpoch": 1, "stateBatches": []})
    _state(a, "WriteShareGroupState", 1, base | {"leaderEpoch": 2, "stateEpoch": 0, "stateBatches": []})
    _state(a, "ReadShareGroupState", 0, {"partition": 0, "leaderEpoch": 1})
    _state(a, "ReadShareGroupState", 0, {"partition": 0, "leaderEpoch": 2}, {"partition": 1, "leaderEpoch": 2})
    _state(a, "ReadShareGroupStateSummary", 1, {"partition": 0, "leaderEpoch": 2}, {"partition": 9, "leaderEpoch": 0})
    _state(a, "ReadShareGroupStateSummary", 0, {"partition": 0, "leaderEpoch": 2})
    _state(a, "ReadShareGroupState", 0, {"partition": 0, "leaderEpoch": 2}, topic="@unknown")
    _state(a, "ReadShareGroupState", 0, {"partition": -1, "leaderEpoch": 2})
    _state(a, "DeleteShareGroupState", 0, {"partition": 0}, {"partition": 1})
    _state(a, "DeleteShareGroupState", 0, {"partition": 0}, groupId="")
    _state(a, "ReadShareGroupState", 0, {"partition": 0, "leaderEpoch": 2})
