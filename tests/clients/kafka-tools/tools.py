# SPDX-License-Identifier: Apache-2.0
"""Apache Kafka's command line tools as processes, and many of them in one."""
from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

ADDRESS = sys.argv[1]
JAVA = ("java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", "lib/*")
SECONDS = 60
PATIENCE_SECONDS = 120


def java(main: str, *arguments: str, text: str = "") -> str:
    """Standard output and standard error of a tool that must succeed."""
    done = start(main, *arguments, text=text)
    if done.returncode:
        raise ValueError(f"{main} ended with status {done.returncode}: {done.stdout}")
    return done.stdout


def start(main: str, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    command = (*JAVA, f"org.apache.kafka.tools.{main}", *arguments)
    return subprocess.run(
        command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS
    )


def tool(main: str, *arguments: str, text: str = "") -> str:
    return java(main, "--bootstrap-server", ADDRESS, *arguments, text=text)


def contains(text: str, *parts: str) -> str:
    for part in parts:
        if part not in text:
            raise ValueError(f"{part!r} is not in {text!r}")
    return text


class Session:
    """Tools that take turns in one process."""

    def __init__(self) -> None:
        self.process = subprocess.Popen((*JAVA, "Tools.java"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.lock = threading.Lock()

    def run(self, main: str, *arguments: str) -> tuple[int, str]:
        """Exit status, and what was printed. On any thread."""
        line = "\t".join((main, "--bootstrap-server", ADDRESS, *arguments))
        with self.lock:
            self.process.stdin.write(f"{line}\n".encode())
            self.process.stdin.flush()
            answer = self.process.stdout.readline().split()
            if len(answer) != 2:
                raise ValueError(f"{line!r} ended the process")
            return int(answer[0]), self.process.stdout.read(int(answer[1])).decode()

    def end(self) -> None:
        self.process.stdin.close()
        self.process.wait(SECONDS)


class Verifiable:
    """VerifiableProducer or VerifiableConsumer: a process that prints its events as JSON, line by line."""

    def __init__(self, main: str, *arguments: str) -> None:
        command = (*JAVA, f"org.apache.kafka.tools.{main}", "--bootstrap-server", ADDRESS, *arguments)
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.events: list[dict] = []
        self.others: list[str] = []
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            if line.startswith("{"):
                self.events.append(json.loads(line))
            else:
                self.others.append(line)

    def of(self, name: str) -> list[dict]:
        return [event for event in list(self.events) if event["name"] == name]

    def wait(self) -> None:
        """For its own end."""
        status = self.process.wait(SECONDS)
        self.reader.join()
        if status:
            raise ValueError(f"it ended with status {status}: {''.join(self.others)}")

    def leave(self) -> None:
        """As a person ends it; the status says by which signal."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(SECONDS)
        self.reader.join()
        if status != 128 + signal.SIGTERM or not self.of("shutdown_complete"):
            raise ValueError(f"it ended with status {status}: {''.join(self.others)}")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.reader.join()

    def partitions(self) -> set[int]:
        """Of a consumer."""
        owned: set[int] = set()
        for event in list(self.events):
            if event["name"] == "partitions_assigned":
                owned |= {one["partition"] for one in event["partitions"]}
            elif event["name"] == "partitions_revoked":
                owned -= {one["partition"] for one in event["partitions"]}
        return owned


def wait_until(what: str, is_so: Callable[[], bool], found: Callable[[], object] = lambda: "") -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise ValueError(f"{what} does not come within {PATIENCE_SECONDS} seconds: {found()}")
        time.sleep(0.05)
