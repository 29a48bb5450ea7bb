# SPDX-License-Identifier: Apache-2.0
"""A real Apache Kafka broker of one KRaft node on loopback ports, started from the jars of a class path."""
from __future__ import annotations

import os
import random
import signal
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path

START_SECONDS = 120
STOP_SECONDS = 30
PORTS = range(10_000, 30_000)
CLUSTER_ID = "kw1reKw1reKw1reKw1reKQ"
JAVA = ("java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true")

# Small values, so that segments roll, snapshots are taken and logs are cleaned within seconds.
SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "broker.rack": "r1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "2",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "2",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "log.cleaner.backoff.ms": "100",
    "log.initial.task.delay.ms": "500",
    "log.retention.check.interval.ms": "1000",
    "log.flush.offset.checkpoint.interval.ms": "1000",
    "log.flush.start.offset.checkpoint.interval.ms": "500",
    "metadata.log.max.record.bytes.between.snapshots": "2500",
    "metadata.max.idle.interval.ms": "0",
    "auto.create.topics.enable": "false",
}
# While clients read, nothing may change: no record is ever old enough to be cleaned away.
AT_REST = {"log.cleaner.min.compaction.lag.ms": str(50 * 365 * 86_400_000)}


HERE = Path(__file__).resolve().parent
SCRIPTS = HERE.parents[1] / "scripts"
INSTALL_SECONDS = 600
installing = threading.Lock()


class KafkaError(Exception):
    """The reason why the broker failed."""


def releases(which: str) -> list[str]:
    """What schema/sources.txt names so: `newest`, `removed` or `minors`."""
    return subprocess.run((SCRIPTS / "kafka-release", which), check=True, capture_output=True,
                          text=True).stdout.split()


def class_path(build: Path, release: str) -> str:
    """Of a release, which is downloaded once. BUILD has the name of its jars."""
    jars = build / f"classpath-{release}"
    command = (SCRIPTS / "kafka-maven", "-f", HERE / "pom.xml", "dependency:build-classpath",
               f"-Dmdep.outputFile={jars}")
    with installing:
        if not jars.exists():
            build.mkdir(parents=True, exist_ok=True)
            done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS,
                                  env={**os.environ, "KAFKA_RELEASE": release})
            if done.returncode:
                raise KafkaError(f"Maven has no Kafka {release}: {done.stdout[-1000:]}")
    return jars.read_text().strip()


def free_ports(count: int) -> list[int]:
    """Below those that systems give to clients: one of these may be taken again before a broker listens there."""
    ports: list[int] = []
    while len(ports) < count:
        port = random.choice(PORTS)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        if port not in ports:
            ports.append(port)
    return ports


def answers(port: int) -> bool:
    """Whether an ApiVersions v0 request is answered without an error."""
    request = struct.pack(">hhih", 18, 0, 1, -1)
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.settimeout(5)
            connection.sendall(struct.pack(">i", len(request)) + request)
            head = connection.recv(10)
    except OSError:
        return False
    return len(head) == 10 and head[8:10] == b"\0\0"


class Kafka:
    """Owns FOLDER: server.properties, broker.log of all its starts, and data/, unless it is given another directory,
    which is not formatted then. With fixed voters kraft.version is 0 at first."""

    def __init__(self, folder: Path, class_path: str, data: Path | None = None, fixed_voters: bool = False) -> None:
        self.folder = folder
        self.fixed_voters = fixed_voters
        self.data = data or folder / "data"
        self.class_path = class_path
        self.log = folder / "broker.log"
        self.port, self.controller_port = free_ports(2)
        self.address = f"127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True)
        self._write_settings({})
        if data is None:
            self._format()

    def _write_settings(self, more: dict[str, str]) -> None:
        listeners = f"PLAINTEXT://{self.address},CONTROLLER://127.0.0.1:{self.controller_port}"
        settings = {
            **SETTINGS,
            **self._quorum(),
            "listeners": listeners,
            "advertised.listeners": listeners,
            "log.dirs": str(self.data),
            **more,
        }
        text = "".join(f"{name}={value}\n" for name, value in settings.items())
        (self.folder / "server.properties").write_text(text)

    def _quorum(self) -> dict[str, str]:
        controller = f"127.0.0.1:{self.controller_port}"
        return {"controller.quorum.voters": f"1@{controller}"} if self.fixed_voters else \
            {"controller.quorum.bootstrap.servers": controller}

    def _java(self, *arguments: str) -> tuple[str, ...]:
        return (*JAVA, "-cp", self.class_path, *arguments)

    def _format(self) -> None:
        how = () if self.fixed_voters else ("--standalone",)
        command = self._java("kafka.tools.StorageTool", "format", *how, "-t", CLUSTER_ID, "-c",
                             str(self.folder / "server.properties"))
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=START_SECONDS)
        if done.returncode:
            raise KafkaError(f"formatting ended with status {done.returncode}: {done.stdout}{done.stderr}")

    def start(self, more: dict[str, str] | None = None) -> None:
        self._write_settings(more or {})
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self._java("kafka.Kafka", str(self.folder / "server.properties")),
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)
        deadline = time.monotonic() + START_SECONDS
        while not answers(self.port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise KafkaError(f"it does not answer on {self.address}:\n{self.log.read_text(errors='replace')}")
            time.sleep(0.05)

    def run(self, *arguments: str, seconds: int = 90) -> None:
        """A Java program on the same class path, given the broker's address by the caller."""
        done = subprocess.run(self._java(*arguments), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=seconds)
        if done.returncode:
            raise KafkaError(f"{arguments[0]} ended with status {done.returncode}: {done.stdout}{done.stderr}")

    def stop(self, how: int = signal.SIGTERM) -> None:
        if self.process is None:
            return
        os.kill(self.process.pid, how)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise KafkaError(f"it did not stop in {STOP_SECONDS} seconds") from None
        finally:
            self.process = None
