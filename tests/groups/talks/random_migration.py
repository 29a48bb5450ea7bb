# SPDX-License-Identifier: Apache-2.0
"""Consumer groups whose members use both protocols, change theirs, and do what no script says; RANDOM_SEED and
RANDOM_TALKS choose others. One with the consumer protocol stays, so that the group does."""
import os
from random import Random

from speaker import subscription

TOPICS = "one", "two", "three", "four", "six"
PARTITIONS = {"one": 1, "two": 2, "three": 3, "four": 4, "six": 6}
STEPS = 50
AT_A_TIME = 4


class _Member:
    """What a client knows; some of what it says is not so."""

    def __init__(self, speaker, random):
        self.speaker = speaker
        self.random = random
        self.topic = "six"
        self.assigned = []

    def _note(self, answer):
        assignment = answer.get("assignment")
        if isinstance(assignment, dict):
            names = self.speaker.talk.names
            self.assigned = [{"topicId": names[topic["topicId"]], "partitions": sorted(topic["partitions"])}
                             for topic in assignment["topicPartitions"]]
            self.assigned.sort(key=lambda topic: topic["topicId"])

    def _some_topics(self):
        return sorted(self.random.sample(TOPICS, self.random.randint(1, 2)))

    def _epoch(self, epoch):
        return epoch + self.random.choice((0, 0, 0, 0, 0, -1, 1))

    def _protocols(self):
        numbers = [n for n in range(PARTITIONS[self.topic]) if self.random.random() < 0.3]
        data = subscription(self.topic, owned={self.topic: numbers} if self.random.random() < 0.7 else None,
                            version=self.random.choice((1, 3)))
        return {"range": data} | ({"other": data} if self.random.random() < 0.5 else {})

    def enters(self):
        self._note(self.speaker.enter(*self._some_topics(), serverAssignor="range"))

    def beats(self):
        self._note(self.speaker.beat(max(self._epoch(self.speaker.epoch), 1)))

    def has_what_it_should(self):
        self._note(self.speaker.beat(max(self.speaker.epoch, 1), topicPartitions=self.assigned))

    def subscribes(self):
        self._note(self.speaker.beat(max(self.speaker.epoch, 1), subscribedTopicNames=self._some_topics()))

    def leaves(self):
        self.speaker.beat(-1)

    def leaves_for_a_while(self):
        self.speaker.beat(-2)

    def joins(self):
        """A static member also in the place of another one, with an id that the broker chooses."""
        is_new = self.speaker.instance is not None and self.random.random() < 0.4
        self.speaker.joins(protocols=self._protocols(), **({"memberId": ""} if is_new else {}))

    def joins_with_another_topic(self):
        self.topic = self.random.choice(TOPICS)
        self.joins()

    def syncs(self):
        self.speaker.syncs(generationId=self._epoch(self.speaker.generation))

    def beats_as_classic(self):
        self.speaker.heartbeat(generationId=self._epoch(self.speaker.generation))

    def leaves_as_classic(self):
        self.speaker.leave()

    def commits(self):
        topic = self.random.choice(TOPICS)
        offsets = {self.random.randrange(PARTITIONS[topic]): self.random.randrange(100) for _ in range(2)}
        epoch = self.random.choice((self.speaker.epoch, self.speaker.generation))
        self.speaker.commit({topic: offsets}, self.random.choice((8, 9, 10)), memberId=self.speaker.id,
                            generationIdOrMemberEpoch=self._epoch(epoch))

    def fetches(self):
        self.speaker.fetch(None, self.random.choice((9, 10)), memberId=self.speaker.id,
                           memberEpoch=self._epoch(self.speaker.generation))

    def looks(self):
        self.speaker.describe_consumer()


ACTIONS = {_Member.enters: 2, _Member.beats: 3, _Member.has_what_it_should: 4, _Member.subscribes: 1,
           _Member.leaves: 1, _Member.leaves_for_a_while: 1, _Member.joins: 6, _Member.joins_with_another_topic: 2,
           _Member.syncs: 4, _Member.beats_as_classic: 5, _Member.leaves_as_classic: 1, _Member.commits: 2,
           _Member.fetches: 1, _Member.looks: 1}


def _talk_of(seed):
    def play(talk):
        random = Random(seed)
        stays, a, b, c, d = talk.consumers("stays a b c d")
        c.instance = d.instance = "i"
        stays.enter("four", serverAssignor="range")
        members = [_Member(speaker, random) for speaker in (a, b, c, d)]
        keeper = _Member(stays, random)
        for _ in range(STEPS):
            if random.random() < 0.15:
                random.choice((keeper.beats, keeper.has_what_it_should))()
            action = random.choices(list(ACTIONS), list(ACTIONS.values()))[0]
            action(random.choice(members))
        a.describe_consumer()

    play.__doc__ = f"Seed {seed}."
    return play


FIRST, COUNT = int(os.environ.get("RANDOM_SEED", "1")), int(os.environ.get("RANDOM_TALKS", "6"))
for _seed in range(FIRST, FIRST + COUNT):
    globals()[f"seed_{_seed}"] = _talk_of(_seed)
