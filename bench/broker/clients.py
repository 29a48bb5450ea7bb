# SPDX-License-Identifier: Apache-2.0
"""What clients reach: Kafka's ProducerPerformance, a Java consumer that is assigned its partitions, and librdkafka."""
from __future__ import annotations

import re
import subprocess
from argparse import Namespace
from pathlib import Path

from brokers import Broker, create_topic, delete_topic, row, table
from servers import ROOT, Failure, Programs, class_path

TOOLS = ROOT / "tests" / "clients" / "kafka-tools" / "pom.xml"
HERE = Path(__file__).resolve().parent
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
LOADS = ((1_000_000, 100), (100_000, 1024))  # records, bytes of each
QUICK_SHARE = 10
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
    text = output_of((*JAVA, "-cp", classes, str(HERE / "AssignedConsumer.java"), f"127.0.0.1:{broker.port}", topic,
                      str(partitions), str(count)))
    return float(text.splitlines()[-1])


def rdkafka(programs: Programs, what: str, broker: Broker, topic: str, count: int, size: int, partitions: int) -> float:
    return float(output_of((str(programs.rdkafka), what, f"127.0.0.1:{broker.port}", topic, str(partitions), str(count),
                            str(size))))


def columns(names: list[str]) -> list[str]:
    found = ["records", "codec", "partitions"]
    for what in ("producing", "consuming"):
        found += [f"{name}: {what}, records/s" for name in names]
        found += ["kwire / Kafka"] * ("Kafka" in names)
    return found


def cells(rates: dict[str, float]) -> list[str]:
    found = [f"{rate:,.0f}" for rate in rates.values()]
    return found + ([f"{rates['kwire'] / rates['Kafka']:.2f}"] if "Kafka" in rates else [])


def java_clients(programs: Programs, brokers: list[Broker], classes: str, options: Namespace) -> None:
    print("\n**Java clients**: ProducerPerformance with its default settings, and a consumer with assign()")
    table(columns([broker.name for broker in brokers]))
    for count, size in LOADS:
        for codec in CODECS[:1] if options.quick else CODECS:
            for partitions in (1, 10):
                number = count // QUICK_SHARE if options.quick else count
                written: dict[str, float] = {}
                read: dict[str, float] = {}
                for broker in brokers:
                    create_topic(programs, broker, "java", partitions)
                    written[broker.name] = produce(classes, broker, "java", number, size, codec)
                for broker in brokers:
                    read[broker.name] = consume(classes, broker, "java", number, partitions)
                    delete_topic(programs, broker, "java")
                row(f"{number:,} x {size}", codec, partitions, *cells(written), *cells(read))


def rdkafka_clients(programs: Programs, brokers: list[Broker], options: Namespace) -> None:
    print("\n**librdkafka**: a producer with its default settings, and a consumer with assign()")
    table(columns([broker.name for broker in brokers]))
    for count, size in LOADS:
        for partitions in (1, 10):
            number = count // QUICK_SHARE if options.quick else count
            written: dict[str, float] = {}
            read: dict[str, float] = {}
            for broker in brokers:
                create_topic(programs, broker, "rdkafka", partitions)
                written[broker.name] = rdkafka(programs, "produce", broker, "rdkafka", number, size, partitions)
            for broker in brokers:
                read[broker.name] = rdkafka(programs, "consume", broker, "rdkafka", number, size, partitions)
                delete_topic(programs, broker, "rdkafka")
            row(f"{number:,} x {size}", "none", partitions, *cells(written), *cells(read))


def clients(programs: Programs, brokers: list[Broker], options: Namespace) -> None:
    if options.kafka:
        java_clients(programs, brokers, class_path(TOOLS), options)
    if programs.rdkafka.exists():
        rdkafka_clients(programs, brokers, options)
    else:
        print("\nWithout librdkafka's headers there is no measurement of it.")
