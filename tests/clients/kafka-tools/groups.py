# SPDX-License-Identifier: Apache-2.0
"""groups.py HOST:PORT [FILE]: Apache Kafka's tools and groups of both protocols. What kafka-consumer-groups prints must
be what it prints with Apache Kafka (groups.txt); with FILE that is written instead."""
from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from report import check, end, same
from tools import ADDRESS, Session, Verifiable, contains, tool, wait_until

PROTOCOLS = ("classic", "consumer")
PARTITIONS = 6
COUNT = 120
KEYS = 30  # so that every partition has some
IN_2020, IN_2021 = 1577836800000, 1609459200000  # each half of the records
MEMBER_ID = re.compile(r"\S*[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=\s)[\w-]{22}(?=\s*/)")
GROUPS = "consumer.group.ConsumerGroupCommand"
PRINTED = Path(__file__).with_name("groups.txt")
ROWS = ("kafka-tools-", '"kafka-tools-', "Warn: Partition ")
session = Session()
record = sys.argv[2] if len(sys.argv) > 2 else ""
made: dict[str, list[str]] = {}


# What is printed

def common(text: str) -> list[str]:
    """Without what a broker chooses: ids and addresses, the order of rows. Columns are as wide as what is in them."""
    text = re.sub(rf"{ADDRESS}  \(\d+\)", "HOST:PORT (ID)", MEMBER_ID.sub("MEMBER", text))
    lines = [" ".join(line.split()) for line in text.splitlines() if not line.startswith("\tat ")]
    lines = [line for line in lines if line]
    for start in ROWS:
        rows = [i for i, line in enumerate(lines) if line.startswith(start)]
        for i, line in zip(rows, sorted(lines[i] for i in rows)):
            lines[i] = line
    return lines


def recorded() -> dict[str, list[str]]:
    """The sections of groups.txt."""
    sections: dict[str, list[str]] = {}
    for line in PRINTED.read_text().splitlines():
        if line.startswith("== "):
            lines = sections.setdefault(line[3:], [])
        elif not line.startswith("#"):
            lines.append(line)
    return sections


class Transcript:
    """A section: commands and what they print."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: list[str] = []

    def say(self, *words: str, only: str = "") -> str:
        """Runs kafka-consumer-groups; `only`: of a list of groups, as other clients have some at the same time."""
        shown = [Path(word).name if word.startswith("/") else word for word in words]
        status, text = session.run(GROUPS, *words)
        lines = [line for line in common(text) if not only or line.split()[0] in (only, "GROUP")]
        self.lines += [f"$ kafka-consumer-groups {' '.join(shown)}", *lines, *([f"status {status}"] if status else [])]
        return text

    def end(self) -> None:
        """Compares it, or keeps it to be written."""
        if record:
            made[self.name] = self.lines
            write()
            return
        wanted = recorded()[self.name]
        for i, (got, want) in enumerate(zip(self.lines, wanted)):
            after = next((line for line in reversed(self.lines[:i + 1]) if line.startswith("$ ")), "")
            same(got, want, f"after {after!r} a line")
        same(len(self.lines), len(wanted), "the count of lines")


def write() -> None:
    text = "".join(f"== {name}\n" + "".join(f"{line}\n" for line in made[name]) for name in sorted(made))
    Path(record).write_text(f"# SPDX-License-Identifier: Apache-2.0\n# Recorded by groups.py.\n{text}")


def topic_of(protocol: str) -> str:
    return f"kafka-tools-topic-{protocol}"


# Topics

def create(topic: str) -> None:
    tool("TopicCommand", "--create", "--topic", topic, "--partitions", str(PARTITIONS), "--config", "retention.ms=-1")


def produce(topic: str, count: int, at: int) -> None:
    """The same in the same partitions each time."""
    done = Verifiable("VerifiableProducer", "--topic", topic, "--max-messages", str(count), "--repeating-keys",
                      str(KEYS), "--message-create-time", str(at))
    done.wait()
    same(done.of("tool_data")[0]["acked"], count, "the count of records")


def check_topics() -> None:
    for protocol in PROTOCOLS:
        create(topic_of(protocol))
        produce(topic_of(protocol), COUNT // 2, IN_2020)
        produce(topic_of(protocol), COUNT // 2, IN_2021)


# Groups

def consumer(protocol: str, group: str, topic: str, *more: str) -> Verifiable:
    return Verifiable("VerifiableConsumer", "--topic", topic, "--group-id", group, "--group-protocol", protocol, *more)


def is_shared(members: list[Verifiable]) -> bool:
    owned = [member.partitions() for member in members]
    return all(owned) and sorted(p for part in owned for p in part) == list(range(PARTITIONS))


@contextmanager
def three(protocol: str, group: str) -> Iterator[list[Verifiable]]:
    """Members that join one after the other, so that epochs are the same each time; those of the classic group are
    static. Their order decides what each has."""
    members: list[Verifiable] = []
    try:
        for name in ("one", "two", "three"):
            more = ("--group-instance-id", name) if protocol == "classic" else ("--group-remote-assignor", "range")
            members.append(consumer(protocol, group, topic_of(protocol), *more))
            wait_until("an assignment", lambda: is_shared(members))
        yield members
    finally:
        for member in members:
            if member.process.poll() is None:
                member.kill()


def consumed(members: list[Verifiable]) -> int:
    return sum(event["count"] for member in members for event in member.of("records_consumed"))


def describe_stable(protocol: str) -> None:
    group, topic = f"kafka-tools-{protocol}", topic_of(protocol)
    transcript = Transcript(f"{protocol}: three members")
    with three(protocol, group) as members:
        wait_until("the last record", lambda: consumed(members) == COUNT)
        failed = [event for member in members for event in member.of("offsets_committed") if not event["success"]]
        same(failed, [], "commits that failed")
        describe = ("--group", group, "--describe")
        for more in ((), ("--offsets", "--verbose"), ("--members",), ("--members", "--verbose"), ("--state",),
                     ("--state", "--verbose")):
            transcript.say(*describe, *more)
        for more in ((), ("--state", "Stable"), ("--state", "Empty"), ("--type", protocol), ("--type", "--state")):
            transcript.say("--list", *more, only=group)
        transcript.say("--group", group, "--topic", topic, "--reset-offsets", "--to-earliest", "--execute")
        transcript.say("--group", group, "--topic", topic, "--delete-offsets")
        transcript.say("--group", group, "--delete")
        for member in members:
            member.leave()
        transcript.end()


def check_empty(protocol: str) -> None:
    """A static member of a classic group stays until its session ends, so that group is another one."""
    group, topic = f"kafka-tools-{protocol}-once", topic_of(protocol)
    one = consumer(protocol, group, topic, "--max-messages", str(COUNT))
    one.wait()
    same(consumed([one]), COUNT, "the count of records")
    same(len(one.of("shutdown_complete")), 1, "the count of ends")
    transcript = Transcript(f"{protocol}: no members")
    for more in ((), ("--members",), ("--state",), ("--state", "--verbose")):
        transcript.say("--group", group, "--describe", *more)
    transcript.say("--list", "--state", "Empty", "--type", protocol, only=group)
    transcript.say("--list", "--state", "Stable", only=group)
    reset(transcript, group, topic)
    delete(transcript, group, topic)
    transcript.end()


def reset(transcript: Transcript, group: str, topic: str) -> None:
    reset_offsets = ("--group", group, "--reset-offsets")
    transcript.say(*reset_offsets, "--topic", topic, "--to-earliest")
    transcript.say(*reset_offsets, "--topic", topic, "--to-earliest", "--dry-run")
    transcript.say(*reset_offsets, "--topic", f"{topic}:0,1", "--to-offset", "3", "--execute")
    transcript.say(*reset_offsets, "--topic", f"{topic}:2", "--to-offset", "1000", "--execute")
    transcript.say(*reset_offsets, "--topic", f"{topic}:0", "--shift-by", "2", "--execute")
    transcript.say(*reset_offsets, "--topic", f"{topic}:1", "--shift-by", "-100", "--execute")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "offsets.csv")
        file.write_text(transcript.say(*reset_offsets, "--all-topics", "--to-current", "--export", "--dry-run"))
        transcript.say(*reset_offsets, "--topic", topic, "--to-datetime", "2020-07-01T00:00:00.000", "--execute")
        transcript.say(*reset_offsets, "--all-topics", "--by-duration", "P1D", "--dry-run")
        transcript.say(*reset_offsets, "--all-topics", "--to-latest", "--execute")
        transcript.say("--group", group, "--describe")
        transcript.say(*reset_offsets, "--from-file", str(file), "--execute")
    transcript.say("--group", group, "--describe")
    transcript.say(*reset_offsets, "--topic", "kafka-tools-no-topic", "--to-latest", "--execute")
    transcript.say("--group", f"{group}-new", "--reset-offsets", "--topic", f"{topic}:5", "--to-earliest", "--execute")


def delete(transcript: Transcript, group: str, topic: str) -> None:
    transcript.say("--group", group, "--delete-offsets", "--topic", f"{topic}:0,3")
    transcript.say("--group", group, "--delete-offsets", "--topic", "kafka-tools-no-topic")
    transcript.say("--group", group, "--describe")
    transcript.say("--group", group, "--delete-offsets", "--topic", topic)
    transcript.say("--group", group, "--group", f"{group}-new", "--delete")
    transcript.say("--group", group, "--delete")
    transcript.say("--group", group, "--describe")
    transcript.say("--group", group, "--describe", "--state")
    transcript.say("--list", only=group)


def check_console(protocol: str) -> None:
    group = f"kafka-tools-{protocol}-console"
    options = ("--topic", topic_of(protocol), "--group", group, "--command-property", f"group.protocol={protocol}",
               "--formatter-property", "print.partition=true", "--formatter-property", "print.offset=true")
    parts = [tool("consumer.ConsoleConsumer", *options, *more).splitlines() for more in (
        ("--from-beginning", "--max-messages", str(COUNT // 3)), ("--max-messages", str(COUNT - COUNT // 3)))]
    lines = [line for part in parts for line in part if line.startswith("Partition:")]
    same(len(lines), COUNT, "the count of records")
    same(len({*lines}), COUNT, "the count of different records")
    contains(parts[0][-1], f"Processed a total of {COUNT // 3} messages")
    described = session.run(GROUPS, "--group", group, "--describe")[1].splitlines()
    same([row.split()[5] for row in described if row.startswith(group)], ["0"] * PARTITIONS, "what is left to read")


# Members that come and go

class Crowd:
    def __init__(self, protocol: str) -> None:
        self.protocol = protocol
        self.group = self.topic = f"kafka-tools-{protocol}-crowd"
        self.more = ("--session-timeout", "10000") if protocol == "classic" else ()
        self.members: list[Verifiable] = []
        self.gone: list[Verifiable] = []

    def join(self) -> Verifiable:
        self.members.append(consumer(self.protocol, self.group, self.topic, "--verbose", *self.more))
        return self.members[-1]

    def leave(self, member: Verifiable, end: Callable[[Verifiable], None]) -> None:
        self.members.remove(member)
        self.gone.append(member)
        end(member)

    def settle(self) -> None:
        wait_until("an assignment", lambda: is_shared(self.members),
                   lambda: [sorted(member.partitions()) for member in self.members])

    def seen(self) -> list[tuple[int, int, str]]:
        return [(event["partition"], event["offset"], event["value"])
                for member in (*self.members, *self.gone) for event in member.of("record_data")]

    def come_and_go(self) -> None:
        self.join()
        self.join()
        third = self.join()
        self.settle()
        self.leave(third, Verifiable.leave)
        self.settle()
        self.join()
        self.settle()
        if self.protocol == "classic":  # sessions of the other protocol last 45 seconds at least
            self.leave(self.members[0], Verifiable.kill)
            self.settle()

    def committed(self) -> dict[int, int]:
        offsets: dict[int, int] = {}
        for member in (*self.members, *self.gone):
            for event in member.of("offsets_committed"):
                for one in event["offsets"]:
                    offsets[one["partition"]] = max(offsets.get(one["partition"], 0), one["offset"])
        return offsets


def check_crowd(protocol: str) -> None:
    crowd = Crowd(protocol)
    create(crowd.topic)
    producer = Verifiable("VerifiableProducer", "--topic", crowd.topic, "--throughput", "100")
    try:
        crowd.come_and_go()
        producer.leave()
        sent = {(event["partition"], event["offset"], event["value"]) for event in producer.of("producer_send_success")}
        wait_until("the last record", lambda: {*crowd.seen()} >= sent)
        same({*crowd.seen()} - sent, set(), "what nobody has sent")
        ends: dict[int, int] = {}
        for partition, offset, _ in sent:
            ends[partition] = max(ends.get(partition, 0), offset + 1)
        wait_until("the last commit", lambda: crowd.committed() == ends)
        for member in list(crowd.members):
            crowd.leave(member, Verifiable.leave)
        if protocol == "consumer":  # nobody was killed
            same(len(crowd.seen()), len(sent), "how often records were seen")
        rows = session.run(GROUPS, "--group", crowd.group, "--describe")[1].splitlines()
        same({int(row.split()[2]): int(row.split()[3]) for row in rows if row.startswith(crowd.group)}, ends)
    finally:
        for process in (producer, *crowd.members):
            process.kill()


def check_protocol(protocol: str) -> None:
    check(f"{protocol}: three VerifiableConsumers, as kafka-consumer-groups describes and lists them",
          lambda: describe_stable(protocol))
    check(f"{protocol}: a group without members: describe, all modes of reset-offsets, delete-offsets, delete",
          lambda: check_empty(protocol))
    check(f"{protocol}: kafka-console-consumer --group continues where it has stopped",
          lambda: check_console(protocol))
    check(f"{protocol}: VerifiableConsumers come and go beside a VerifiableProducer", lambda: check_crowd(protocol))


check("two topics with records of two years", check_topics)
with ThreadPoolExecutor(len(PROTOCOLS)) as pool:  # most of the time they wait for heartbeats
    list(pool.map(check_protocol, PROTOCOLS))
tool("TopicCommand", "--delete", "--topic", "kafka-tools-(topic|classic|consumer)-.*")
session.end()
end()
