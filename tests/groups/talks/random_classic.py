# SPDX-License-Identifier: Apache-2.0
"""Classic groups of two whose members do what no script says; RANDOM_SEED and RANDOM_TALKS choose others."""
import os
import select
import time
from random import Random

LIVE_ONLY = True  # what is answered when depends on how soon the brokers are
STEPS = 40
AT_A_TIME = 25
SETTLED_SECONDS = 0.3
LONG = {"sessionTimeoutMs": 120000, "rebalanceTimeoutMs": 120000}


class _Member:
    """With another one it could not be said who leads after the leader has left."""

    def __init__(self, speaker, random):
        self.speaker = speaker
        self.random = random
        self.others = []

    def _generation(self):
        return self.speaker.generation + self.random.choice((0, 0, 0, 0, 0, 0, -1, 1))

    def hears(self):
        """What has come meanwhile."""
        if self.speaker.asked and select.select([self.speaker.connection.socket], [], [], SETTLED_SECONDS)[0]:
            self.speaker.answer()

    def joins(self):
        data = self.random.choice(("bytes", "bytes", "bytes", "other bytes"))
        self.speaker.join(self.random.choice((2, 5, 9)), {"range": data}, **LONG)

    def starts_anew(self):
        self.speaker.id = ""
        self.joins()

    def syncs(self):
        everybody = [self.speaker, *self.others]
        assignments = {who: f"for {who.name} {self.random.randrange(3)}" for who in everybody if who.id}
        self.speaker.sync(assignments, generationId=self._generation())

    def follows(self):
        self.speaker.sync(generationId=self._generation())

    def beats(self):
        self.speaker.heartbeat(generationId=self._generation())

    def leaves(self):
        """A rebalance without members, while an id is out, ends soon, but not before the answer."""
        self.speaker.leave()
        time.sleep(SETTLED_SECONDS)

    def commits(self):
        self.speaker.commit({"two": {self.random.randrange(2): self.random.randrange(100)}}, memberId=self.speaker.id,
                            generationIdOrMemberEpoch=self._generation())

    def looks(self):
        self.speaker.describe()


ACTIONS = {_Member.joins: 8, _Member.starts_anew: 1, _Member.syncs: 7, _Member.follows: 2, _Member.beats: 5,
           _Member.leaves: 1, _Member.commits: 2, _Member.looks: 2}


def _talk_of(seed):
    def play(talk):
        random = Random(seed)
        a, b, watcher = talk.members("a b watcher")
        if random.random() < 0.3:
            b.instance = "i"
        members = [_Member(a, random), _Member(b, random)]
        members[0].others, members[1].others = [b], [a]
        for _ in range(STEPS):
            action = random.choices(list(ACTIONS), list(ACTIONS.values()))[0]
            member = random.choice(members)
            if not member.speaker.asked:
                action(member)
            for one in (member, *members):
                one.hears()
        watcher.describe()
        for speaker in (a, b):
            if speaker.asked:
                speaker.hang_up()

    play.__doc__ = f"Seed {seed}."
    return play


FIRST, COUNT = int(os.environ.get("RANDOM_SEED", "1")), int(os.environ.get("RANDOM_TALKS", "8"))
for _seed in range(FIRST, FIRST + COUNT):
    globals()[f"classic_{_seed}"] = _talk_of(_seed)
