# SPDX-License-Identifier: Apache-2.0
"""A kwire-broker that ends and starts again at the same port, and the load of kwire-history."""
from __future__ import annotations

import json
import random
import re
import resource
import selectors
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20
READY_SECONDS = 60
CALL_TRIES = 100
# Below the ports that systems give to clients: one that connects while nobody listens must not reach itself.
PORTS = range(10_000, 30_000)


class Failure(Exception):
    pass


def allow_descriptors() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def free_port() -> int:
    while True:
        port = random.choice(PORTS)
        try:
            socket.create_server(("127.0.0.1", port)).close()
            return port
        except OSError:
            continue


@dataclass
class Usage:
    age: float  # seconds since the broker is ready
    memory: int  # bytes, without files
    descriptors: int

    def __str__(self) -> str:
        return f"{self.memory / MIB:.1f} MiB, {self.descriptors} descriptors"


class Broker:
    def __init__(self, program: str, kwire: str, folder: Path, settings: dict[str, str],
                 options: tuple[str, ...] = ()) -> None:
        self.program, self.kwire, self.folder, self.options = program, kwire, folder, options
        self.data = folder / "data"
        self.port = free_port()
        self.settings = folder / "server.properties"
        self.settings.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        self.log = folder / "broker.log"
        self.process: subprocess.Popen[str] | None = None
        self.ready_at = 0.0

    def start(self) -> float:
        """The seconds until it is ready."""
        began = time.monotonic()
        place = () if "--memory" in self.options else ("--data-dir", str(self.data))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen((self.program, str(self.settings), "--listen", f"127.0.0.1:{self.port}",
                                             *place, *self.options), stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            line = self.process.stdout.readline() if selector.select(READY_SECONDS) else ""
        if "listening on" not in line:
            raise Failure(f"the broker is not ready: {self.last_lines()}")
        self.ready_at = time.monotonic()
        return self.ready_at - began

    def last_lines(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-10:])

    def _ended(self) -> None:
        assert self.process is not None and self.process.stdout is not None
        self.process.stdout.close()

    def kill(self) -> None:
        """It must not have ended by itself."""
        assert self.process is not None
        if self.process.poll() is not None:
            raise Failure(f"the broker has ended with {self.process.returncode}: {self.last_lines()}")
        self.process.kill()
        self.process.wait()
        self._ended()

    def stop(self) -> int:
        """In an orderly way; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        finally:
            self.process.kill()
            self.process.wait()
            self._ended()

    def discard(self) -> None:
        """Whatever has become of it."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def usage(self) -> Usage:
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"RssAnon:\s+(\d+) kB", status)
        assert found is not None
        descriptors = len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))
        return Usage(time.monotonic() - self.ready_at, int(found[1]) * 1024, descriptors)

    def call(self, api: str, request: object) -> dict[str, object]:
        done = subprocess.run((self.kwire, "call", f"127.0.0.1:{self.port}", api, json.dumps(request)),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise Failure(f"{api}: {done.stderr}")
        answer = json.loads(done.stdout)
        assert isinstance(answer, dict)
        return answer

    def create_topic(self, name: str, partitions: int, configs: dict[str, str] | None = None) -> None:
        self.call("CreateTopics", {"topics": [
            {"name": name, "numPartitions": partitions, "replicationFactor": 1,
             "configs": [{"name": key, "value": value} for key, value in (configs or {}).items()]}]})

    def await_coordinator(self) -> None:
        """The topic of offsets is created."""
        for _ in range(CALL_TRIES):
            try:
                self.call("FindCoordinator", {"keyType": 0, "coordinatorKeys": ["any"]})
                return
            except Failure:
                time.sleep(0.1)
        raise Failure("the broker has no coordinator")


class History:
    """kwire-history, while it runs."""

    def __init__(self, program: str, broker: Broker, topic: str, **options: object) -> None:
        command = [program, "--port", str(broker.port), "--topic", topic]
        for key, value in options.items():
            command += [f"--{key}", str(value)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def is_running(self) -> bool:
        return self.process.poll() is None

    def end(self) -> dict[str, int]:
        """Once all that was produced has been read; the figures."""
        if self.is_running():
            self.process.send_signal(signal.SIGTERM)
        output, _ = self.process.communicate()
        figures = {name: int(value) for name, value in (line.split("\t") for line in output.splitlines())}
        if self.process.returncode != 0 or figures.get("violations") != 0:
            raise Failure(f"the history is wrong, or kwire-history has failed: {figures}")
        return figures

    def discard(self) -> None:
        self.process.kill()
        self.process.wait()


def shown(figures: dict[str, int]) -> str:
    return ", ".join(f"{value:,} {name}" for name, value in figures.items())
