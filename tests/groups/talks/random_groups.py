# SPDX-License-Identifier: Apache-2.0
"""Requests about groups of all kinds, in all versions, one in four with a field that no client should send; RANDOM_SEED
and RANDOM_TALKS choose others."""
import copy
import os
import select
import time
from random import Random

from speaker import encoded, subscription
from wire import Unencodable

LIVE_ONLY = True  # what is answered when depends on how soon the brokers are
SETTINGS = {"group.consumer.session.timeout.ms": "1800000", "group.consumer.max.session.timeout.ms": "1800000"}
STEPS = 60
AT_A_TIME = 10
WAITING = {"JoinGroup", "SyncGroup"}
SETTLED_SECONDS = 0.3
LONG = {"sessionTimeoutMs": 1800000, "rebalanceTimeoutMs": 1800000}
PARTITIONS = {"one": 1, "two": 2, "three": 3, "four": 4}
STATES = "Empty", "Stable", "stable", "PreparingRebalance", "CompletingRebalance", "Assigning", "Dead", "none", ""
TYPES = "classic", "consumer", "Consumer", "share", "streams", "none", ""
NUMBERS = -1, 0, 1, -2, 2, 100, 32767, 2147483647, -2147483648
# What may not become anything: time would decide, or Kafka never answers a request whose protocols are named twice.
OTHER_NUMBERS = {"sessionTimeoutMs": (-1, 0, 99, 1800001, 2147483647), "rebalanceTimeoutMs": (-1,),
                 "keyType": (-1, 3, 127)}  # not 1 and 2, whose topics are made when somebody asks first
KEPT = {"protocols", "serverAssignor"}


def _places(value, key=""):
    """Containers and keys of what may be spoiled."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        named = name if isinstance(name, str) else key
        if named not in KEPT:
            if not isinstance(item, dict):
                yield value, name, named
            yield from _places(item, named)


class _Play:
    def __init__(self, talk, seed):
        self.talk = talk
        self.random = Random(seed)
        self.a, self.b = talk.members("a b")
        self.c, self.d = talk.consumers("c d")
        self.s, self.probe = talk.members("s probe")
        self.speakers = [self.a, self.b, self.c, self.d, self.s]
        self.consumers = talk.other("consumers")
        self.simple = talk.other("simple")
        if self.random.random() < 0.3:
            self.b.instance = "i"
        if self.random.random() < 0.3:
            self.d.instance = "i"

    # What to choose from

    def one_of(self, *items):
        return self.random.choice(items)

    def group(self):
        return self.one_of(self.talk.group, self.talk.group, self.consumers, self.consumers, self.simple, self.simple,
                           self.talk.other("none"))

    def who(self):
        """A member, or nobody: group, id, instance, epoch."""
        if self.random.random() < 0.3:
            return self.group(), "", None, -1
        speaker = self.one_of(self.a, self.b, self.c, self.d)
        epoch = speaker.generation if speaker in (self.a, self.b) else speaker.epoch
        group = self.talk.group if speaker in (self.a, self.b) else self.consumers
        return group, speaker.id, speaker.instance, epoch + self.one_of(0, 0, 0, 0, 0, -1, 1)

    def topics(self):
        return sorted(self.random.sample(list(PARTITIONS), self.random.randint(1, 2)))

    def version(self, api):
        first, last = self.talk.codec.newest_versions(api)
        return self.random.randint(first, last)

    # Requests about groups and offsets, from a client that is no member

    def commit(self):
        group, member, instance, epoch = self.who()
        version = self.version("OffsetCommit")
        topics = [{"name": topic, "topicId": f"@{topic}", "partitions": [
            {"partitionIndex": self.random.randrange(PARTITIONS[topic] + (self.random.random() < 0.1)),
             "committedOffset": self.random.randrange(1000), "committedLeaderEpoch": self.one_of(-1, 0, 5),
             "committedMetadata": self.one_of("", "m", None, "x" * 4096)}]} for topic in self.topics()]
        if self.random.random() < 0.2:  # with one that is stored: docs/groups.md, differences by design
            topics.append({"name": "six", "topicId": "@six", "partitions": [
                {"partitionIndex": i, "committedOffset": 1, "committedLeaderEpoch": -1,
                 "committedMetadata": "x" * 4096 + "y" * i} for i in (0, 1)]})
        return "OffsetCommit", version, {"groupId": group, "memberId": member, "groupInstanceId": instance,
                                         "generationIdOrMemberEpoch": epoch, "retentionTimeMs": -1, "topics": topics}

    def fetch(self):
        group, member, _, epoch = self.who()
        version = self.version("OffsetFetch")
        asked = self.one_of(None, [{"name": topic, "topicId": f"@{topic}",
                                    "partitionIndexes": list(range(PARTITIONS[topic] + 1))}
                                   for topic in self.topics()])
        no_member = self.random.random() < 0.5
        groups = [{"groupId": group, "memberId": None if no_member else member, "topics": asked,
                   "memberEpoch": -1 if no_member else epoch}]
        if self.random.random() < 0.3:
            groups.append({"groupId": self.simple, "memberId": None, "memberEpoch": -1, "topics": None})
        asked = asked if version >= 2 else asked or []
        return "OffsetFetch", version, {"groupId": group, "topics": asked, "groups": groups,
                                        "requireStable": self.one_of(True, False)}

    def forget(self):
        topics = [{"name": topic, "partitions": [{"partitionIndex": self.random.randrange(PARTITIONS[topic])}]}
                  for topic in self.topics()]
        return "OffsetDelete", 0, {"groupId": self.group(), "topics": topics}

    def describe(self):
        return "DescribeGroups", self.version("DescribeGroups"), {
            "groups": [self.group() for _ in range(self.random.randint(1, 3))],
            "includeAuthorizedOperations": self.one_of(True, False)}

    def describe_consumers(self):
        return "ConsumerGroupDescribe", self.version("ConsumerGroupDescribe"), {
            "groupIds": [self.group() for _ in range(self.random.randint(1, 2))],
            "includeAuthorizedOperations": self.one_of(True, False)}

    def list(self):
        return "ListGroups", self.version("ListGroups"), {
            "statesFilter": self.random.sample(STATES, self.random.randint(0, 2)),
            "typesFilter": self.random.sample(TYPES, self.random.randint(0, 2))}

    def delete(self):
        return "DeleteGroups", self.version("DeleteGroups"), {
            "groupsNames": [self.group() for _ in range(self.random.randint(1, 2))]}

    def find(self):
        keys = [self.group() for _ in range(self.random.randint(0, 2))]
        return "FindCoordinator", self.version("FindCoordinator"), {"key": self.group(), "keyType": 0,
                                                                    "coordinatorKeys": keys}

    def beat_of_another(self):
        group, member, instance, epoch = self.who()
        return "Heartbeat", self.version("Heartbeat"), {"groupId": group, "generationId": epoch, "memberId": member,
                                                        "groupInstanceId": instance}

    # Requests of members

    def joins(self, speaker):
        if self.random.random() < 0.1:
            speaker.id = ""
        names = self.one_of(["range"], ["range", "sticky"])  # of equal votes another one may win
        topics = self.topics()
        protocols = [{"name": name, "metadata": encoded(subscription(*topics))} for name in names]
        return "JoinGroup", self.version("JoinGroup"), LONG | {
            "groupId": self.talk.group, "memberId": speaker.id, "groupInstanceId": speaker.instance,
            "protocolType": "consumer", "protocols": protocols, "reason": "why"}

    def syncs(self, speaker):
        listed = [{"memberId": who.id, "assignment": encoded(f"for {who.name} {self.random.randrange(3)}")}
                  for who in (self.a, self.b) if who.id]
        return "SyncGroup", self.version("SyncGroup"), {
            "groupId": self.talk.group, "memberId": speaker.id, "groupInstanceId": speaker.instance,
            "generationId": speaker.generation, "protocolType": "consumer", "protocolName": "range",
            "assignments": self.one_of(listed, listed, [])}

    def beats(self, speaker):
        return "Heartbeat", self.version("Heartbeat"), {
            "groupId": self.talk.group, "memberId": speaker.id, "groupInstanceId": speaker.instance,
            "generationId": speaker.generation + self.one_of(0, 0, 0, 1)}

    def leaves(self, speaker):
        return "LeaveGroup", self.version("LeaveGroup"), {
            "groupId": self.talk.group, "memberId": speaker.id,
            "members": [{"memberId": self.one_of(speaker.id, ""), "groupInstanceId": speaker.instance,
                         "reason": "why"}]}

    def enters(self, speaker):
        return "ConsumerGroupHeartbeat", 1, {
            "groupId": self.consumers, "memberId": speaker.id, "memberEpoch": 0, "instanceId": speaker.instance,
            "rackId": self.one_of(None, "r1"), "rebalanceTimeoutMs": 1800000, "serverAssignor": "range",
            "subscribedTopicNames": self.topics(), "topicPartitions": []}

    def beats_on(self, speaker):
        epoch = self.one_of(*[max(speaker.epoch, 1)] * 6, speaker.epoch + 1, -1, -2)
        return "ConsumerGroupHeartbeat", self.version("ConsumerGroupHeartbeat"), {
            "groupId": self.consumers, "memberId": speaker.id, "memberEpoch": epoch, "instanceId": speaker.instance,
            "rebalanceTimeoutMs": -1, "topicPartitions": self.one_of(None, [])}

    # What happens

    def question(self):
        """Who asks, and what."""
        if self.random.random() < 0.55:
            ask = self.random.choices([self.commit, self.fetch, self.forget, self.describe, self.describe_consumers,
                                       self.list, self.delete, self.find, self.beat_of_another],
                                      [5, 4, 2, 3, 2, 2, 2, 1, 2])[0]
            return self.s, ask()
        speaker = self.one_of(self.a, self.b, self.c, self.d)
        asks, weights = ([self.joins, self.syncs, self.beats, self.leaves], [5, 5, 2, 1]) \
            if speaker in (self.a, self.b) else ([self.enters, self.beats_on], [2, 5])
        return speaker, self.random.choices(asks, weights)[0](speaker)

    def other(self, value, named):
        if isinstance(value, bool):
            return not value
        if isinstance(value, int):
            return self.one_of(*OTHER_NUMBERS.get(named, (*NUMBERS, value + 1, value - 1)))
        if isinstance(value, list):
            return self.one_of([], None, value + copy.deepcopy(value[:1]))
        if named == "topicId":
            return self.one_of("@unknown", None)
        return self.one_of("", None, " ", f"{self.talk.group}.odd", f"{self.talk.group}.{'l' * 230}")

    def spoiled(self, api, body):
        """With one field that is something else; what creates the group without a name would be seen by others."""
        body = copy.deepcopy(body)
        container, name, named = self.random.choice(list(_places(body)))
        container[name] = self.other(container[name], named)
        if body.get("groupId") == " " or (api == "OffsetCommit" and body.get("groupId") == ""):
            body["groupId"] = self.talk.other("odd")
        for group in body.get("groups") or []:  # without a member id Kafka knows no epoch
            if isinstance(group, dict) and group["memberId"] is None:
                group["memberEpoch"] = -1
        return body

    def encodable(self, api, version, body):
        try:
            self.talk.codec.encode(self.talk.codec.api(api), version, self.talk.own(body))
        except Unencodable:
            return False
        return True

    def hears(self):
        """What is not answered when the coordinator has written something of its own, and a little later, waits."""
        if not any(speaker.asked for speaker in self.speakers):
            return
        with self.talk.draft():
            self.probe.commit({"one": {0: 1}}, groupId=f"probe-{self.talk.group}")
        for speaker in self.speakers:
            if speaker.asked and select.select([speaker.connection.socket], [], [], SETTLED_SECONDS)[0]:
                speaker.answer()

    def step(self):
        speaker, (api, version, body) = self.question()
        if speaker.asked:
            return
        if self.random.random() < 0.25:
            odd = self.spoiled(api, body)
            body = odd if self.encodable(api, version, odd) else body
        if not self.encodable(api, version, body):
            return
        speaker.send(api, version, **body)
        if api not in WAITING:
            speaker.answer()
        if api == "LeaveGroup":
            time.sleep(SETTLED_SECONDS)
        self.hears()


def _talk_of(seed):
    def play(talk):
        one = _Play(talk, seed)
        for _ in range(STEPS):
            one.step()
        one.s.describe(talk.group, one.consumers, one.simple)
        one.s.describe_consumer(talk.group, one.consumers, one.simple)
        one.s.fetch(None, 9)
        for speaker in (one.a, one.b):
            if speaker.asked:
                speaker.hang_up()

    play.__doc__ = f"Seed {seed}."
    return play


FIRST, COUNT = int(os.environ.get("RANDOM_SEED", "1")), int(os.environ.get("RANDOM_TALKS", "8"))
for _seed in range(FIRST, FIRST + COUNT):
    globals()[f"groups_{_seed}"] = _talk_of(_seed)
