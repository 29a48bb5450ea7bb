# SPDX-License-Identifier: Apache-2.0
"""A distributed worker of Kafka Connect with a source that is to be exactly once, killed as well as its broker."""
from __future__ import annotations

import json
import signal
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from programs import END_SECONDS, Failure, Output, Programs, Report

TASKS = 3
COUNT = 2000  # of each task
KILLS = 3
CONNECTOR = {"connector.class": "Numbers", "tasks.max": str(TASKS), "count": str(COUNT), "topic": "numbers",
             "exactly.once.support": "required", "topic.creation.default.replication.factor": "1",
             "topic.creation.default.partitions": str(TASKS)}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Worker:
    def __init__(self, programs: Programs, broker: str, folder: Path) -> None:
        self.programs = programs
        self.address = f"127.0.0.1:{_free_port()}"
        self.log = folder / "worker.log"
        self.file = folder / "worker.properties"
        converter = "org.apache.kafka.connect.storage.StringConverter"
        settings = {"bootstrap.servers": broker, "group.id": "workers", "listeners": f"http://{self.address}",
                    "exactly.once.source.support": "enabled", "plugin.discovery": "only_scan",
                    "key.converter": converter, "value.converter": converter,
                    "session.timeout.ms": "3000", "heartbeat.interval.ms": "500", "rebalance.timeout.ms": "10000",
                    "scheduled.rebalance.max.delay.ms": "0", "offset.storage.partitions": "2",
                    "status.storage.partitions": "1", "task.shutdown.graceful.timeout.ms": "2000"}
        for store in ("config", "offset", "status"):
            settings |= {f"{store}.storage.topic": f"connect-{store}", f"{store}.storage.replication.factor": "1"}
        self.file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = self.programs.start("org.apache.kafka.connect.cli.ConnectDistributed", str(self.file),
                                               stderr=log)
        self.output = Output(self.process)

    def configure(self, name: str, settings: dict[str, str]) -> None:
        """Once it answers, and has joined its group."""
        request = urllib.request.Request(f"http://{self.address}/connectors/{name}/config",
                                         json.dumps(settings).encode(), {"Content-Type": "application/json"},
                                         method="PUT")
        deadline = time.monotonic() + END_SECONDS
        while True:
            try:
                urllib.request.urlopen(request, timeout=30).close()
                return
            except (urllib.error.URLError, OSError) as error:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise Failure(f"the worker does not take its connector: {error}") from error
                time.sleep(0.2)

    def kill(self, how: int) -> None:
        self.process.send_signal(how)
        self.process.wait(END_SECONDS)


def connect(programs: Programs, faults: Any, report: Report, folder: Path) -> None:
    """Each time something is killed, records have been written since the time before."""
    address = faults.broker.address
    worker = Worker(programs, address, folder)
    try:
        worker.configure("numbers", CONNECTOR)
        for number in range(KILLS):
            if not worker.output.await_progress():
                raise Failure("no records come from the connector")
            if number % 2 == 0:
                worker.kill(signal.SIGKILL)
                worker.start()
            else:
                faults.kill(0.5)
        out, status = programs.run("Connected", address, "numbers", str(TASKS), str(COUNT))
        report.add(f"connect, {KILLS} kills of worker and broker", out, status)
    finally:
        worker.process.kill()
        worker.process.wait()
