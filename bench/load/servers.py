# SPDX-License-Identifier: Apache-2.0
"""The measured servers, each a process with a port on 127.0.0.1, and the data that they serve."""
from __future__ import annotations

import os
import platform
import re
import selectors
import shutil
import socket
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
INTEROP = ROOT / "tests" / "interop"
sys.path[:0] = (str(INTEROP), str(ROOT / "bench"))

from processor import processor  # noqa: E402
from real_broker import Kafka  # noqa: E402

APIS = {"ApiVersions 4": "api-versions", "Metadata 12": "metadata", "Fetch 12": "fetch"}
PARTITIONS = 10
READY_SECONDS = 10
TRIES = 100
# As in bin/kafka-server-start.sh; real_broker uses settings for a fast start instead.
JAVA = ("java", "-Xmx1g", "-Xms1g", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
        "-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent", "-Djava.awt.headless=true",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
# Kafka's defaults; with real_broker everything happens within seconds.
DEFAULTS = {"log.cleaner.backoff.ms": "15000", "log.initial.task.delay.ms": "30000",
            "log.retention.check.interval.ms": "300000", "log.flush.offset.checkpoint.interval.ms": "60000",
            "log.flush.start.offset.checkpoint.interval.ms": "60000",
            "metadata.log.max.record.bytes.between.snapshots": "20971520", "metadata.max.idle.interval.ms": "500"}
# A queue as long as kwire-broker's, for many simultaneous connections; and records are kept, however old they are.
FOR_LOAD = {"socket.listen.backlog.size": "1024", "log.retention.ms": "-1"}


class Failure(Exception):
    """The reason why something could not be measured."""


@dataclass
class Programs:
    """The programs in a build directory."""
    broker: Path
    kwire: Path
    echo: Path
    load: Path
    frames: Path
    records: Path
    append: Path
    rdkafka: Path
    slow_broker: Path
    keyed_log: Path

    @staticmethod
    def of(build: Path, target: str = "bench-server") -> Programs:
        """After building those that the target names."""
        subprocess.run(("ninja", "-C", str(build), target), check=True, stdout=subprocess.DEVNULL)
        bench = build / "bench"
        server, broker = bench / "server", bench / "broker"
        return Programs(build / "server" / "kwire-broker", build / "tools" / "kwire", server / "kwire-echo",
                        server / "kwire-load", server / "kwire-frames", broker / "kwire-records",
                        bench / "log" / "kwire-append", broker / "kwire-rdkafka", bench / "log" / "kwire-slow-broker",
                        bench / "log" / "kwire-keyed-log")

    def frame(self, what: str) -> bytes:
        return subprocess.run((str(self.frames), what), check=True, stdout=subprocess.PIPE).stdout


class Connection:
    """For single requests."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), READY_SECONDS)

    def ask(self, frame: bytes) -> bytes:
        """The answer, without its size field."""
        self.socket.sendall(frame)
        return self._take(struct.unpack(">i", self._take(4))[0])

    def _take(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise Failure("the server ended a connection")
            data += more
        return data

    def close(self) -> None:
        self.socket.close()


def ask(port: int, frame: bytes) -> bytes:
    connection = Connection(port)
    try:
        return connection.ask(frame)
    finally:
        connection.close()


class Server:
    """A program that prints its address."""

    def __init__(self, command: tuple[str, ...], log: IO[bytes] | None = None) -> None:
        """Standard error goes to the log."""
        began = time.monotonic()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            line = self.process.stdout.readline() if selector.select(READY_SECONDS) else ""
        self.ready_seconds = time.monotonic() - began
        found = re.fullmatch(r"\S+ listening on 127\.0\.0\.1:(\d+)\n", line)
        if not found:
            self.stop()
            raise Failure(f"{command[0]} is not ready: {line!r}")
        self.port = int(found[1])
        self.pid = self.process.pid

    def stop(self) -> None:
        """May be called again."""
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


def kwire_broker(programs: Programs, data: Path) -> Server:
    """No other process may use the directory meanwhile."""
    return Server((str(programs.broker), "--listen", "127.0.0.1:0", "--data-dir", str(data)))


def echo(programs: Programs, answer: Path) -> Server:
    """Answers everything with the frame in that file."""
    return Server((str(programs.echo), str(answer)))


def make_data(programs: Programs, folder: Path) -> None:
    """The topic, as folders of a data directory with only a log."""
    batch = programs.frame("batch")
    for partition in range(PARTITIONS):
        path = folder / f"bench-{partition}"
        path.mkdir(parents=True)
        (path / f"{0:020}.log").write_bytes(batch)


class ApacheKafka(Kafka):
    """Started as by its own scripts, with the same topic as the others."""

    def __init__(self, folder: Path, class_path: str, settings: dict[str, str] | None = None) -> None:
        super().__init__(folder, class_path)
        began = time.monotonic()
        self.start({**DEFAULTS, **FOR_LOAD, **(settings or {})})
        self.ready_seconds = time.monotonic() - began
        assert self.process is not None
        self.pid = self.process.pid

    def _java(self, *arguments: str) -> tuple[str, ...]:
        return (*JAVA, "-cp", self.class_path, *arguments)

    def fill(self, programs: Programs) -> None:
        """Partitions have leaders only some time after they were created."""
        ask(self.port, programs.frame("create-topics"))
        size = len(programs.frame("batch"))
        for _ in range(TRIES):
            ask(self.port, programs.frame("produce"))
            if len(ask(self.port, programs.frame("fetch"))) > size:
                return
            time.sleep(0.1)
        raise Failure(f"the topic has no records; see {self.log}")


def class_path(pom: Path = INTEROP / "pom.xml") -> str:
    """Of Apache Kafka, from its Maven repository, or of what another file names."""
    if not shutil.which("mvn"):
        raise Failure("Maven is needed for Apache Kafka")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kwire-bench"
    cache.mkdir(parents=True, exist_ok=True)
    jars = cache / f"classpath-{pom.parent.name}"
    subprocess.run((str(ROOT / "scripts" / "kafka-maven"), "-q", "-f", str(pom), "dependency:build-classpath",
                    f"-Dmdep.outputFile={jars}"), check=True, stdin=subprocess.DEVNULL)
    return jars.read_text().strip()


def memory_of(pid: int, field: str) -> int:
    """Bytes; VmRSS is the resident size now, VmHWM its maximum so far."""
    found = re.search(field + r":\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def about_the_machine() -> str:
    return (f"{time.strftime('%Y-%m-%d')}, {processor()}, Linux {platform.release()}, "
            f"load average {os.getloadavg()[0]:.1f} at the start")
