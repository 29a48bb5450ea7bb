# SPDX-License-Identifier: Apache-2.0
"""What clients reach: Kafka's ProducerPerformance, a Java consumer that is assigned its partitions, ConsumerPerformance
in a group of the classic protocol, and librdkafka."""
from __future__ import annotations

import re
import statistics
import subprocess
from argparse import Namespace
from pathlib import Path
from typing import Callable, NamedTuple

from brokers import Broker, create_topic, delete_topic, row, table, wait_until_deleted
from servers import ROOT, Failure, Programs, class_path

TOOLS = ROOT / "tests" / "clients" / "kafka-tools" / "pom.xml"
HERE = Path(__file__).resolve().parent
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
LOADS = ((1_000_000, 100), (100_000, 1024))  # records, bytes of each
PARTITIONS = (1, 10)
TOPIC = "clients"
QUICK_SHARE = 10
JAVA_ROUNDS = 2  # most of their time is that of starting
SECONDS = 120
JAVA = ("java", "-Xmx512m", "-Xms512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error")


def output_of(command: tuple[str, ...]) -> str:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=SECONDS)
    if done.returncode:
        raise Failure(f"{' '.join(command)}: {done.stdout}")
    return done.stdout


def produce(classes: str, broker: Broker, topic: str, count: int, size: int, codec: str) -> float:
    """Records a second."""
    text = output_of((*JAVA, "-cp", classes, "org.apache.kafka.tools.ProducerPerformance", "--bootstrap-server",
                      f"127.0.0.1:{broker.port}", "--topic", topic, "--num-records", str(count), "--record-size",
                      str(size), "--throughput", "-1", "--command-property", f"compression.type={codec}"))
    found = re.findall(rf"^{count} records sent, ([\d.]+) records/sec", text, re.M)
    if not found:
        raise Failure(f"ProducerPerformance with {broker.name}: {text}")
    return float(found[0])


def consume(classes: str, broker: Broker, topic: str, count: int, partitions: int) -> float:
    text = output_of((*JAVA, "-cp", classes, "AssignedConsumer", f"127.0.0.1:{broker.port}", topic, str(partitions),
                      str(count)))
    return float(text.splitlines()[-1])


def consume_in_group(classes: str, broker: Broker, topic: str, count: int) -> float:
    """Without the time of the rebalance."""
    text = output_of((*JAVA, "-cp", classes, "org.apache.kafka.tools.ConsumerPerformance", "--bootstrap-server",
                      f"127.0.0.1:{broker.port}", "--topic", topic, "--num-records", str(count), "--timeout", "20000"))
    header, values = text.splitlines()[-2:]
    found = dict(zip(header.split(", "), values.split(", ")))
    if int(found["data.consumed.in.nMsg"]) != count:
        raise Failure(f"ConsumerPerformance with {broker.name}: {text}")
    return float(found["fetch.nMsg.sec"])


def rdkafka(programs: Programs, what: str, broker: Broker, topic: str, count: int, size: int, partitions: int) -> float:
    return float(output_of((str(programs.rdkafka), what, f"127.0.0.1:{broker.port}", topic, str(partitions), str(count),
                            str(size))))


def columns(names: list[str], *of: str) -> list[str]:
    found = ["records", "codec", "partitions"]
    for what in of:
        found += [f"{name}: {what}, records/s" for name in names]
        found += ["kwire / Kafka"] * ("Kafka" in names)
    return found


Rates = dict[str, list[float]]


def cells(rates: Rates) -> list[str]:
    found = [f"{statistics.median(of):,.0f}" for of in rates.values()]
    if "Kafka" in rates:
        found.append(f"{statistics.median(a / b for a, b in zip(rates['kwire'], rates['Kafka'])):.2f}")
    return found


class Measured(NamedTuple):
    produce: Callable[[Broker, str], float]  # to a new topic; records a second
    consume: tuple[Callable[[Broker, str], float], ...]


def measure(programs: Programs, brokers: list[Broker], partitions: int, rounds: int, what: Measured) -> list[str]:
    """Cells of a row: in each round all brokers are written to in turn, and then read from."""
    written: Rates = {broker.name: [] for broker in brokers}
    read: list[Rates] = [{broker.name: [] for broker in brokers} for _ in what.consume]
    for _ in range(rounds):
        for broker in brokers:
            create_topic(programs, broker, TOPIC, partitions)
            written[broker.name].append(what.produce(broker, TOPIC))
        for rates, consume_one in zip(read, what.consume):
            for broker in brokers:
                rates[broker.name].append(consume_one(broker, TOPIC))
        for broker in brokers:
            delete_topic(programs, broker, TOPIC)
            wait_until_deleted(programs, broker, TOPIC)
    return [*cells(written), *(cell for rates in read for cell in cells(rates))]


def loads(options: Namespace) -> list[tuple[int, int]]:
    return [(count // QUICK_SHARE if options.quick else count, size) for count, size in LOADS]


def java_clients(programs: Programs, brokers: list[Broker], classes: str, options: Namespace) -> None:
    print("\n**Java clients**: ProducerPerformance with its default settings, a consumer with assign(), and"
          " ConsumerPerformance, in a group, without the time of the rebalance")
    table(columns([broker.name for broker in brokers], "producing", "consuming", "in a group"))
    for count, size in loads(options):
        for codec in CODECS[:1] if options.quick else CODECS:
            for partitions in PARTITIONS:
                what = Measured(lambda broker, topic: produce(classes, broker, topic, count, size, codec),
                                (lambda broker, topic: consume(classes, broker, topic, count, partitions),
                                 lambda broker, topic: consume_in_group(classes, broker, topic, count)))
                row(f"{count:,} x {size}", codec, partitions,
                    *measure(programs, brokers, partitions, 1 if options.quick else JAVA_ROUNDS, what))


def rdkafka_clients(programs: Programs, brokers: list[Broker], options: Namespace) -> None:
    print("\n**librdkafka**: a producer with its default settings, and a consumer with assign()")
    table(columns([broker.name for broker in brokers], "producing", "consuming"))
    for count, size in loads(options):
        for partitions in PARTITIONS:
            what = Measured(
                lambda broker, topic: rdkafka(programs, "produce", broker, topic, count, size, partitions),
                (lambda broker, topic: rdkafka(programs, "consume", broker, topic, count, size, partitions),))
            row(f"{count:,} x {size}", "none", partitions,
                *measure(programs, brokers, partitions, options.rounds, what))


def compile_java(classes: str, source: Path, folder: Path) -> str:
    """The class path with it."""
    output_of(("javac", "-cp", classes, "-d", str(folder), str(source)))
    return f"{folder}:{classes}"


def clients(programs: Programs, brokers: list[Broker], folder: Path, options: Namespace) -> None:
    if options.kafka:
        classes = compile_java(class_path(TOOLS), HERE / "AssignedConsumer.java", folder / "java")
        java_clients(programs, brokers, classes, options)
    if programs.rdkafka.exists():
        rdkafka_clients(programs, brokers, options)
    else:
        print("\nWithout librdkafka's headers there is no measurement of it.")
