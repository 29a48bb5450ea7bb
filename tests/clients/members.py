# SPDX-License-Identifier: Apache-2.0
"""Members of a consumer group that come and go while somebody produces: each record is seen, and what was committed is
all of them. The Python clients say how a member consumes."""
from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

PARTITIONS = 6
PATIENCE_SECONDS = 40
RECORDS = 60  # of each step


@dataclass
class Member:
    """`consume(member)` runs on a thread of its own until `stopping` is set; it keeps `partitions` and calls saw()."""

    seen: set[int]
    consume: Callable[["Member"], None]
    partitions: set[int] = field(default_factory=set)
    stopping: threading.Event = field(default_factory=threading.Event)
    problem: BaseException | None = None

    def start(self) -> "Member":
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        return self

    def run(self) -> None:
        try:
            self.consume(self)
        except BaseException as problem:  # is raised where the test waits
            self.problem = problem

    def saw(self, value: bytes) -> None:
        self.seen.add(int(value))

    def stop(self) -> None:
        self.stopping.set()
        self.thread.join(PATIENCE_SECONDS)
        if self.thread.is_alive():
            raise ValueError("a member does not end")
        if self.problem:
            raise self.problem


class Group:
    def __init__(self, consume: Callable[[Member], None], produce: Callable[[int, bytes], None]):
        self.consume, self.produce = consume, produce
        self.seen: set[int] = set()
        self.produced = 0
        self.members: list[Member] = []

    def join(self) -> Member:
        member = Member(self.seen, self.consume).start()
        self.members.append(member)
        return member

    def leave(self, member: Member) -> None:
        self.members.remove(member)
        member.stop()

    def wait(self, what: str, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_so():
            for member in self.members:
                if member.problem:
                    raise member.problem
            if time.monotonic() > deadline:
                owned = [sorted(member.partitions) for member in self.members]
                raise ValueError(f"{what} does not come: partitions {owned}, {len(self.seen)} of {self.produced} seen")
            time.sleep(0.05)

    def settle(self) -> None:
        """Each has a part, and together they have all of it once."""

        def is_shared() -> bool:
            owned = [member.partitions for member in self.members]
            return all(owned) and sorted(p for part in owned for p in part) == list(range(PARTITIONS))

        self.wait("an assignment", is_shared)

    def write(self) -> None:
        for _ in range(RECORDS):
            self.produce(self.produced % PARTITIONS, str(self.produced).encode())
            self.produced += 1

    def read(self) -> None:
        self.wait("the last record", lambda: len(self.seen) == self.produced)


def come_and_go(consume: Callable[[Member], None], produce: Callable[[int, bytes], None]) -> int:
    """Returns how many records were produced, and seen."""
    group = Group(consume, produce)
    try:
        first = group.join()
        group.write()
        group.settle()
        second, _third = group.join(), group.join()
        group.write()
        group.settle()
        group.read()
        group.write()
        group.leave(second)
        group.write()
        group.settle()
        group.leave(first)
        group.join()
        group.write()
        group.settle()
        group.read()
    finally:
        for member in list(group.members):
            group.leave(member)
    return group.produced
