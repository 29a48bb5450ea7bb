# SPDX-License-Identifier: Apache-2.0
"""Holds conversations with both brokers, and compares what they answer."""
from __future__ import annotations

import json
import random
import re
import time
from collections import Counter
from dataclasses import dataclass

from conversation import OF_TRANSACTIONS, Conversation, Json, Step, WEIGHTS, api_of
from differences import Deviations, differences
from repeats import FIRST_NOT_CONVERTED, without_repeats
from sides import Side
from wire import Unencodable

SETTLE_SECONDS, RETRY_SECONDS, AGAIN_SECONDS, SHRINK_SECONDS = 10, 3, 0.5, 20
FIRST_SERVED = {"Produce": 3}  # Kafka 4 lists versions 0 to 2, which it does not serve
# Later ones list the settings of a new topic, whose defaults are not those of the newest Kafka.
LAST_BESIDE_REMOVED = {"CreateTopics": 4}


@dataclass
class Talk:
    """A conversation that can be continued once the brokers have started again."""
    seed: int
    conversation: Conversation
    producers: tuple[list[int], list[int]]

    @property
    def prefix(self) -> str:
        return self.conversation.prefix


class Comparison:
    def __init__(self, kafka: Side, kwire: Side, known: Deviations, without: list[str], removed: bool,
                 unverified: bool = False, transactions: bool = False) -> None:
        self.kafka = kafka
        self.kwire = kwire
        self.known = known
        self.seen: Counter[tuple[str, int, int]] = Counter()  # API, version, error on which both agree
        self.versions = self._common_versions(without)
        self.removed = self._removed_versions() if removed else {}
        self.unverified = unverified
        self.transactions = transactions
        self.marked: set[tuple[str, int]] = set()  # partitions with markers
        self.repeats = 0  # answers to Fetch with batches that Kafka has given twice
        self.count = 0
        self.patience: float = RETRY_SECONDS

    def _common_versions(self, without: list[str]) -> dict[str, tuple[int, int]]:
        common = {}
        for name in (name for name in (*map(api_of, WEIGHTS), *OF_TRANSACTIONS) if name not in without):
            key = self.kafka.codec.api(name).key
            if key in self.kafka.versions and key in self.kwire.versions:
                listed = self.kafka.versions[key]
                first = max(listed[0], self.kwire.versions[key][0])
                if listed[1] > 11:
                    first = max(first, FIRST_SERVED.get(name, 0))
                last = min(listed[1], self.kwire.versions[key][1])
                if first <= last:
                    common[name] = (first, last)
        return common

    def _removed_versions(self) -> dict[str, tuple[int, int]]:
        removed = {}
        for name, (first, last) in self.versions.items():
            newest = self.kafka.codec.newest_versions(name)
            if first < newest[0]:
                removed[name] = first, newest[0] - 1
                self.versions[name] = newest[0], min(last, LAST_BESIDE_REMOVED.get(name, last))
        return removed

    def _prefix(self) -> str:
        self.count += 1
        return f"c{self.count}"

    def _found(self, step: Step) -> list[str]:
        deadline = time.monotonic() + self.patience
        while True:
            try:
                answer = self.kafka.ask(step)
            except Unencodable:
                return []
            except TimeoutError:
                self.kwire.ask(step)  # which answers always
                print(f"Kafka does not answer {step.text()[:500]}")
                return []
            other = self.kwire.ask(step)
            if step.api == "Fetch" and step.version < FIRST_NOT_CONVERTED:
                answer, given = without_repeats(answer, other, self.marked), answer
                self.repeats += answer != given
            lines = self.known.unknown(step.api, differences(answer, other))
            if step.api == "WriteTxnMarkers":
                self.marked |= set(marked_by(answer))
            if not lines:
                self.seen.update({(step.api, step.version, code) for code in errors(answer)})
            if not lines or not step.reads or time.monotonic() > deadline:
                return lines
            time.sleep(0.1)  # what was changed may take a moment to be seen

    def _settled(self, prefix: str) -> list[str]:
        """What differs in the metadata, once nothing does or the time is over."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            lines = differences(self.kafka.topics(prefix), self.kwire.topics(prefix))
            if not lines or time.monotonic() > deadline:
                return lines
            time.sleep(0.05)

    def _first_difference(self, steps: list[Step], prefix: str,
                          producers: tuple[list[int], list[int]] | None = None) -> tuple[int, list[str]]:
        """The step that shows one; -1: none does."""
        for side, known in zip((self.kafka, self.kwire), producers or ([], [])):
            side.start(known)
        for i, step in enumerate(steps):
            lines = self._found(step)
            if not lines and step.changes:
                time.sleep(0.03)
                if step.api.endswith("AlterConfigs"):
                    self.kafka.wait_for_settings()
                    self.kwire.wait_for_settings()
                lines = self._settled(prefix)
            if lines:
                return i, lines
        return -1, []

    def clean(self, prefix: str) -> None:
        """Deletes the topics of a conversation."""
        for side in (self.kafka, self.kwire):
            names = sorted(one["name"] for one in side.topics(prefix)["topics"])
            version = min(side.versions[20][1], 5)
            for name in names:  # one by one: Kafka deletes the topics of a request in no order
                side.connection.ask("DeleteTopics", version, {"topicNames": [name], "timeoutMs": 30000})

    def _again(self, steps: list[Step], prefix: str) -> tuple[int, list[str]]:
        """The same steps with other topics."""
        new = self._prefix()
        text = re.sub(rf"\b{prefix}([-_.])", rf"{new}\1", json.dumps([step.body for step in steps]))
        moved = [Step(step.api, step.version, body, step.changes, step.reads)
                 for step, body in zip(steps, json.loads(text))]
        result = self._first_difference(moved, new)
        self.clean(new)
        return result

    def _shrink(self, steps: list[Step], prefix: str) -> list[Step]:
        deadline = time.monotonic() + SHRINK_SECONDS
        self.patience = AGAIN_SECONDS
        i = 0
        while i < len(steps) - 1 and time.monotonic() < deadline:
            fewer = steps[:i] + steps[i + 1:]
            at, _ = self._again(fewer, prefix)
            if at == len(fewer) - 1:
                steps = fewer
            else:
                i += 1
        self.patience = RETRY_SECONDS
        return steps

    def converse(self, seed: int, count: int) -> tuple[Talk, str]:
        """And why it failed; empty: it passed."""
        prefix = self._prefix()
        conversation = Conversation(random.Random(seed), self.versions, prefix, self.removed,
                                    unverified=self.unverified, transactions=self.transactions)
        talk = Talk(seed, conversation, ([], []))
        steps = [talk.conversation.next() for _ in range(count)]
        at, lines = self._first_difference(steps, prefix, talk.producers)
        if at < 0:
            return talk, ""
        self.clean(prefix)
        return talk, report_of(f"seed {seed}", self._shrink(steps[:at + 1], prefix), lines)

    def resume(self, talk: Talk, count: int) -> str:
        """After a stop and a start. Why it failed; it cannot be made shorter."""
        lines = self._settled(talk.prefix)
        if lines:
            return report_of(f"seed {talk.seed}, started again", [], lines)
        steps = [talk.conversation.next() for _ in range(count)]
        at, lines = self._first_difference(steps, talk.prefix, talk.producers)
        return "" if at < 0 else report_of(f"seed {talk.seed}, started again", steps[:at + 1], lines)


def report_of(where: str, steps: list[Step], lines: list[str]) -> str:
    after = "".join(f"  {step.text()[:2000]}\n" for step in steps)
    return f"{where}, after\n{after}" + "\n".join(f"    {line}" for line in lines)


def marked_by(answer: Json) -> list[tuple[str, int]]:
    """The partitions that have got a marker."""
    return [(topic["name"], one["partitionIndex"]) for marker in answer.get("markers", []) for topic in marker["topics"]
            for one in topic["partitions"] if one["errorCode"] == 0]


CLOSED = -2  # in the place of an error


def errors(answer: object) -> set[int]:
    if isinstance(answer, list):
        return {code for item in answer for code in errors(item)}
    if not isinstance(answer, dict):
        return set()
    if answer.get("closed"):
        return {CLOSED}
    return {code for name, item in answer.items() for code in ({item} if name == "errorCode" else errors(item))}
