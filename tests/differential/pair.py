# SPDX-License-Identifier: Apache-2.0
"""Apache Kafka and kwire-broker with the same settings, started, stopped and started again."""
from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interop"))
from real_broker import SETTINGS as OF_BOTH, Kafka, class_path, free_ports, releases  # noqa: E402
from sides import Side  # noqa: E402
from wire import Codec  # noqa: E402

READY = re.compile(r"kwire-broker listening on 127\.0\.0\.1:(\d+)\n")
STOP_SECONDS = 20
SETTINGS = {"broker.rack": "r1", "log.retention.check.interval.ms": "30000000", "log.initial.task.delay.ms": "30000000",
            "log.message.timestamp.before.max.ms": "9223372036854775807", "auto.create.topics.enable": "false",
            "metadata.log.max.record.bytes.between.snapshots": "20971520", "offsets.topic.num.partitions": "5",
            "offsets.topic.replication.factor": "1", "transaction.state.log.num.partitions": "3",
            "transaction.state.log.replication.factor": "1", "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.num.partitions": "3",
            "share.coordinator.state.topic.replication.factor": "1", "share.coordinator.state.topic.min.isr": "1"}

OF_REMOVED = {"log.message.timestamp.after.max.ms": "3600000"}  # the default since Kafka 4
OF_UNVERIFIED = {"transaction.partition.verification.enable": "false"}


def jars_of(build: Path, removed: bool) -> str:
    """Of the newest Kafka, or of the last one with the removed versions; KAFKA_RELEASE names another one."""
    return class_path(build, os.environ.get("KAFKA_RELEASE") or releases("removed" if removed else "newest")[0])


class Kwire:
    """Owns FOLDER: server.properties with all that Kafka's has, log, and data/, unless it gets another directory."""

    def __init__(self, binary: str, folder: Path, settings: dict[str, str], data: Path | None = None) -> None:
        self.folder = folder
        self.data = data or folder / "data"
        folder.mkdir()
        self.port, controller = free_ports(2)
        listeners = f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{controller}"
        all_settings = {**OF_BOTH, "controller.quorum.bootstrap.servers": f"127.0.0.1:{controller}",
                        "listeners": listeners, "advertised.listeners": listeners, "log.dirs": str(self.data),
                        **settings}
        file = folder / "server.properties"
        file.write_text("".join(f"{name}={value}\n" for name, value in all_settings.items()))
        self.command = (binary, str(file))
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        log = self.folder / "log"
        with log.open("a") as to:
            self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=to, text=True)
        ready = READY.fullmatch(self.process.stdout.readline())
        if not ready:
            raise SystemExit(f"kwire-broker is not ready: {log.read_text()}")

    def stop(self) -> None:
        if self.process is None:
            return
        process, self.process = self.process, None
        process.terminate()
        status = process.wait(STOP_SECONDS)
        process.stdout.close()
        if status:
            raise SystemExit(f"kwire-broker ends with status {status}: {(self.folder / 'log').read_text()[-2000:]}")


class Pair:
    def __init__(self, folder: Path, jars: str, binary: str, codec: Codec, more: dict[str, str]) -> None:
        self.settings = {**SETTINGS, **more}
        self.brokers = Kafka(folder / "kafka", jars), Kwire(binary, folder / "kwire", self.settings)
        self.sides = Side("Kafka", codec), Side("kwire", codec)

    def start(self) -> None:
        kafka, kwire = self.brokers
        kafka.start(self.settings)
        kwire.start()
        for side, broker in zip(self.sides, self.brokers):
            side.connect(broker.port)

    def stop(self) -> None:
        """In an orderly way: all is on disk then."""
        for side, broker in zip(self.sides, self.brokers):
            side.disconnect()
            broker.stop()
