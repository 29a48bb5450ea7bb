# SPDX-License-Identifier: Apache-2.0
"""Consumer groups whose members do what no script says; RANDOM_SEED and RANDOM_TALKS choose others."""
import os
from random import Random

TOPICS = "one", "two", "three", "four", "six"
PARTITIONS = {"one": 1, "two": 2, "three": 3, "four": 4, "six": 6}
STEPS = 40
AT_A_TIME = 4


class _Member:
    """What a client knows; some of what it says is not so."""

    def __init__(self, speaker, random):
        self.speaker = speaker
        self.random = random
        self.assigned = []

    def _note(self, answer):
        assignment = answer.get("assignment")
        if assignment is not None:
            names = self.speaker.talk.names
            self.assigned = [{"topicId": names[topic["topicId"]], "partitions": sorted(topic["partitions"])}
                             for topic in assignment["topicPartitions"]]
            self.assigned.sort(key=lambda topic: topic["topicId"])

    def _some_topics(self, least):
        return sorted(self.random.sample(TOPICS, self.random.randint(least, 3)))

    def _epoch(self):
        return self.speaker.epoch + self.random.choice((0, 0, 0, 0, 0, -1, 1))

    def enters(self):
        """With a topic: docs/groups.md, differences by design."""
        self._note(self.speaker.enter(*self._some_topics(1), serverAssignor="range"))

    def beats(self):
        self._note(self.speaker.beat(max(self._epoch(), 1)))

    def has_what_it_should(self):
        self._note(self.speaker.beat(max(self._epoch(), 1), topicPartitions=self.assigned))

    def has_less(self):
        some = [topic for topic in self.assigned if self.random.random() < 0.5]
        self._note(self.speaker.beat(max(self.speaker.epoch, 1), topicPartitions=some))

    def subscribes(self):
        self._note(self.speaker.beat(max(self.speaker.epoch, 1), subscribedTopicNames=self._some_topics(0)))

    def leaves(self):
        self.speaker.beat(-1)

    def leaves_for_a_while(self):
        self.speaker.beat(-2)

    def commits(self):
        topic = self.random.choice(TOPICS)
        offsets = {self.random.randrange(PARTITIONS[topic]): self.random.randrange(100) for _ in range(2)}
        self.speaker.commit({topic: offsets}, self.random.choice((9, 10)), memberId=self.speaker.id,
                            generationIdOrMemberEpoch=self._epoch())

    def fetches(self):
        self.speaker.fetch(None, self.random.choice((9, 10)), memberId=self.speaker.id, memberEpoch=self._epoch())

    def looks(self):
        self.speaker.describe_consumer()


ACTIONS = {_Member.enters: 3, _Member.beats: 6, _Member.has_what_it_should: 8, _Member.has_less: 2,
           _Member.subscribes: 2, _Member.leaves: 1, _Member.leaves_for_a_while: 1, _Member.commits: 2,
           _Member.fetches: 1, _Member.looks: 1}


def _talk_of(seed):
    def play(talk):
        random = Random(seed)
        a, b, c, d = talk.consumers("a b c d")
        c.instance = d.instance = "i"
        members = [_Member(speaker, random) for speaker in (a, b, c, d)]
        for _ in range(STEPS):
            action = random.choices(list(ACTIONS), list(ACTIONS.values()))[0]
            action(random.choice(members))
        a.describe_consumer()

    play.__doc__ = f"Seed {seed}."
    return play


FIRST, COUNT = int(os.environ.get("RANDOM_SEED", "1")), int(os.environ.get("RANDOM_TALKS", "8"))
for _seed in range(FIRST, FIRST + COUNT):
    globals()[f"seed_{_seed}"] = _talk_of(_seed)
