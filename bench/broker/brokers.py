# SPDX-License-Identifier: Apache-2.0
"""kwire-broker and Apache Kafka as brokers that write: started with the same settings, stopped, killed, asked."""
from __future__ import annotations

import json
import signal
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from servers import ApacheKafka, Failure, Programs, Server, memory_of

# Deleted data is removed soon, so that the page cache has place for the next; no topic appears by itself; a group does
# not wait for more members.
SETTINGS = {"log.segment.delete.delay.ms": "100", "auto.create.topics.enable": "false", "log.retention.ms": "-1",
            "group.initial.rebalance.delay.ms": "0"}
READY_TRIES = 200


class Broker(Protocol):
    name: str
    port: int
    pid: int


class Kwire:
    """A kwire-broker with a data directory that outlives it."""

    name = "kwire"

    def __init__(self, programs: Programs, folder: Path, settings: dict[str, str] | None = None) -> None:
        self.programs = programs
        self.data = folder / "data"
        self.settings = folder / "server.properties"
        folder.mkdir(parents=True)
        self.settings.write_text("".join(f"{key}={value}\n" for key, value in {**SETTINGS, **(settings or {})}.items()))
        self.log = folder / "broker.log"
        self.server: Server | None = None
        self.start()

    def command(self) -> tuple[str, ...]:
        return (str(self.programs.broker), str(self.settings), "--listen", "127.0.0.1:0", "--data-dir", str(self.data))

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.server = Server(self.command(), log)
        self.port, self.pid = self.server.port, self.server.pid

    def stop(self) -> None:
        """In an orderly way; may be called again."""
        if self.server is not None and self.server.process.poll() is None:
            self.server.process.send_signal(signal.SIGTERM)
            self.server.process.wait(60)
        self.kill()

    def kill(self) -> None:
        if self.server is not None:
            self.server.stop()
        self.server = None


class ApacheBroker(ApacheKafka):
    name = "Kafka"
    used: dict[str, str] = {}

    def __init__(self, folder: Path, class_path: str, settings: dict[str, str] | None = None) -> None:
        super().__init__(folder, class_path, {**SETTINGS, **(settings or {})})

    def start(self, more: dict[str, str] | None = None) -> None:
        """Again with the settings of the first time, without others."""
        self.used = self.used if more is None else more
        super().start(self.used)
        assert self.process is not None
        self.pid = self.process.pid


def call(programs: Programs, broker: Broker, api: str, request: object) -> dict[str, object]:
    done = subprocess.run((str(programs.kwire), "call", f"127.0.0.1:{broker.port}", api, json.dumps(request)),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise Failure(f"{api} to {broker.name}: {done.stderr}")
    answer = json.loads(done.stdout)
    assert isinstance(answer, dict)
    return answer


def create_topic(programs: Programs, broker: Broker, topic: str, partitions: int,
                 configs: dict[str, str] | None = None) -> None:
    """Returns when all partitions have leaders that take records."""
    call(programs, broker, "CreateTopics",
         {"topics": [{"name": topic, "numPartitions": partitions, "replicationFactor": 1,
                      "configs": [{"name": key, "value": value} for key, value in (configs or {}).items()]}]})
    asked = {"replicaId": -1, "topics": [{"name": topic, "partitions": [{"partitionIndex": i, "timestamp": -1}
                                                                     for i in range(partitions)]}]}
    for _ in range(READY_TRIES):
        try:
            call(programs, broker, "ListOffsets", asked)
            return
        except Failure:
            time.sleep(0.05)
    raise Failure(f"{topic} of {broker.name} has no leaders")


def delete_topic(programs: Programs, broker: Broker, topic: str) -> None:
    call(programs, broker, "DeleteTopics", {"topics": [{"name": topic}], "timeoutMs": 10000})


def wait_until_deleted(programs: Programs, broker: Broker, topic: str) -> None:
    """Its name can be used again then."""
    for _ in range(READY_TRIES):
        answer = call(programs, broker, "Metadata", {"topics": None})
        topics = answer["topics"]
        assert isinstance(topics, list)
        if all(known["name"] != topic for known in topics):
            return
        time.sleep(0.05)
    raise Failure(f"{topic} of {broker.name} is still there")


# Load

@dataclass
class Sample:
    """The output of kwire-records."""
    request_bytes: float
    records: float
    rate: float
    p50: float
    p99: float
    p999: float
    server_us: float
    load_us: float
    answer_bytes: float
    requests: float

    @property
    def mb(self) -> float:
        """A second."""
        return self.rate * self.request_bytes / 1e6

    @property
    def cpu_ms(self) -> float:
        """Of the server, for a megabyte."""
        return self.server_us / 1e3 / (self.request_bytes / 1e6)


def records(programs: Programs, broker: Broker, what: str, topic: str, **options: object) -> Sample:
    command = [str(programs.records), what, "--port", str(broker.port), "--pid", str(broker.pid), "--topic", topic]
    for key, value in options.items():
        command += [f"--{key.replace('_', '-')}", str(value)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise Failure(f"{what} with {broker.name}: {done.stderr or done.returncode}")
    return Sample(*(float(value) for value in done.stdout.split()))


@dataclass
class Rounds:
    """The samples of all brokers, by name."""
    samples: dict[str, list[Sample]] = field(default_factory=dict)

    def add(self, name: str, sample: Sample) -> None:
        self.samples.setdefault(name, []).append(sample)

    def median(self, name: str, what: str) -> float:
        return statistics.median(getattr(sample, what) for sample in self.samples[name])

    def ratio(self, above: str, below: str, what: str) -> float:
        """The median of the rounds' ratios."""
        return statistics.median(getattr(a, what) / getattr(b, what)
                                 for a, b in zip(self.samples[above], self.samples[below]))

    def texts(self, what: str, digits: int = 0) -> list[str]:
        return [f"{self.median(name, what):,.{digits}f}" for name in self.samples]


# Memory

class MemoryWatch:
    """The most memory that brokers have had, looked at all the time on a thread."""

    FIELDS = ("RssAnon", "RssFile", "VmHWM")

    def __init__(self, brokers: list[Broker]) -> None:
        self.brokers = brokers
        self.most: dict[str, dict[str, int]] = {broker.name: dict.fromkeys(self.FIELDS, 0) for broker in brokers}
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while not self.ended.wait(0.05):
            for broker in self.brokers:
                self._look(broker)

    def _look(self, broker: Broker) -> None:
        for name in self.FIELDS:
            try:
                now = memory_of(broker.pid, name)
            except (OSError, AssertionError):  # it has just ended
                return
            self.most[broker.name][name] = max(self.most[broker.name][name], now)

    def end(self) -> None:
        self.ended.set()
        self.thread.join()


def table(columns: list[str]) -> None:
    print("\n| " + " | ".join(columns) + " |")
    print("|---|" + "---:|" * (len(columns) - 1), flush=True)


def row(*cells: object) -> None:
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)
