# SPDX-License-Identifier: Apache-2.0
"""What prepared requests measure: Produce, Fetch, latency at a constant rate, and a sync for each acknowledgement."""
from __future__ import annotations

from argparse import Namespace

from brokers import Broker, Rounds, create_topic, delete_topic, records, row, table
from servers import Programs

CONNECTIONS = (1, 16, 256)
DEPTHS = (1, 16)
PARTITIONS = 8
BATCH = 16384
SMALL_BATCH = 1024
WARM_UP = 0.2
PRODUCE_MB = 400  # at most, of one measurement
FETCH_MB = 512  # of data
FETCHED = 64  # batches in a response: a MiB
RATE = 1000
LATENCY_CONNECTIONS = 16
SYNC_CONNECTIONS = 16
JIT_SECONDS = 8  # of load before Kafka is measured
JIT_MB = 1500


def warm_up(programs: Programs, kafka: Broker) -> None:
    """Its code is compiled after some seconds of load."""
    create_topic(programs, kafka, "warm-up", PARTITIONS)
    records(programs, kafka, "produce", "warm-up", partitions=PARTITIONS, connections=16, depth=4, seconds=JIT_SECONDS,
            requests=JIT_MB * 1_000_000 // BATCH)
    records(programs, kafka, "fetch", "warm-up", partitions=PARTITIONS, connections=16, depth=4,
            seconds=JIT_SECONDS / 2, available=64)
    delete_topic(programs, kafka, "warm-up")


def head(what: str, names: list[str]) -> list[str]:
    columns = ["connections", "in flight", *(f"{name}: MB/s" for name in names),
               *(f"{name}: server CPU, ms/MB" for name in names)]
    if "Kafka" in names:
        columns += ["MB/s, kwire / Kafka", "CPU, Kafka / kwire"]
    print(f"\n{what}")
    return columns


def print_flow(connections: int, depth: int, rounds: Rounds) -> None:
    cells = [f"{connections}", f"{depth}", *rounds.texts("mb"), *rounds.texts("cpu_ms", 2)]
    if "Kafka" in rounds.samples:
        cells += [f"{rounds.ratio('kwire', 'Kafka', 'mb'):.1f}", f"{rounds.ratio('Kafka', 'kwire', 'cpu_ms'):.1f}"]
    row(*cells)


def shapes(options: Namespace) -> list[tuple[int, int]]:
    if options.quick:
        return [(1, 1), (16, 16)]
    return [(connections, depth) for connections in CONNECTIONS for depth in DEPTHS]


def produce(programs: Programs, brokers: list[Broker], options: Namespace) -> None:
    table(head(f"**Produce**: batches of 16 KiB, records of 100 bytes, acks 1, {PARTITIONS} partitions",
               [broker.name for broker in brokers]))
    for connections, depth in shapes(options):
        rounds = Rounds()
        for broker in brokers:
            create_topic(programs, broker, "produce", PARTITIONS)
        for _ in range(options.rounds):
            for broker in brokers:
                rounds.add(broker.name, records(
                    programs, broker, "produce", "produce", partitions=PARTITIONS, connections=connections, depth=depth,
                    warm_up=WARM_UP, seconds=options.seconds, requests=PRODUCE_MB * 1_000_000 // BATCH))
        for broker in brokers:
            delete_topic(programs, broker, "produce")
        print_flow(connections, depth, rounds)


def fetch(programs: Programs, brokers: list[Broker], options: Namespace) -> None:
    table(head(f"**Fetch** of a MiB at a time, hot: {FETCH_MB} MB of the same batches in {PARTITIONS} partitions",
               [broker.name for broker in brokers]))
    batches = FETCH_MB * 1_000_000 // BATCH // PARTITIONS
    for broker in brokers:
        create_topic(programs, broker, "fetch", PARTITIONS)
        # A few more: how many each partition gets is not exact.
        records(programs, broker, "produce", "fetch", partitions=PARTITIONS, connections=PARTITIONS, depth=1,
                seconds=120, requests=(batches + 32) * PARTITIONS)
    for connections, depth in shapes(options):
        rounds = Rounds()
        for _ in range(options.rounds):
            for broker in brokers:
                rounds.add(broker.name, records(
                    programs, broker, "fetch", "fetch", partitions=PARTITIONS, connections=connections, depth=depth,
                    warm_up=WARM_UP, seconds=options.seconds, fetch=FETCHED, available=batches))
        print_flow(connections, depth, rounds)
    for broker in brokers:
        delete_topic(programs, broker, "fetch")


def print_latencies(first: str, rounds: Rounds) -> None:
    cells = [first, *rounds.texts("rate"),
             *(f"{rounds.median(name, 'p50'):,.0f} / {rounds.median(name, 'p99'):,.0f} /"
               f" {rounds.median(name, 'p999'):,.0f}" for name in rounds.samples)]
    if "Kafka" in rounds.samples:
        cells += [f"{rounds.ratio('kwire', 'Kafka', 'rate'):.1f}", f"{rounds.ratio('Kafka', 'kwire', 'p99'):.1f}"]
    row(*cells)


def latency_columns(first: str, names: list[str]) -> list[str]:
    columns = [first, *(f"{name}: requests/s" for name in names),
               *(f"{name}: p50 / p99 / p99.9, us" for name in names)]
    return columns + ["rate, kwire / Kafka", "p99, Kafka / kwire"] * ("Kafka" in names)


def latency(programs: Programs, brokers: list[Broker], options: Namespace) -> None:
    print(f"\n**Latency** of acks=all, batches of 1 KiB, {RATE} requests/s at regular times on {LATENCY_CONNECTIONS}"
          " connections, counted from when a request is due")
    table(latency_columns("partitions", [broker.name for broker in brokers]))
    rounds = Rounds()
    for broker in brokers:
        create_topic(programs, broker, "latency", PARTITIONS)
    for _ in range(options.rounds):
        for broker in brokers:
            rounds.add(broker.name, records(
                programs, broker, "produce", "latency", partitions=PARTITIONS, connections=LATENCY_CONNECTIONS,
                depth=64, rate=RATE, acks=-1, batch=SMALL_BATCH, warm_up=1, seconds=2 if options.quick else 5))
    for broker in brokers:
        delete_topic(programs, broker, "latency")
    print_latencies(f"{PARTITIONS}", rounds)


def sync(programs: Programs, brokers: list[Broker], options: Namespace) -> None:
    print(f"\n**A sync for each acknowledgement**: flush.messages=1, batches of 1 KiB, acks=all, {SYNC_CONNECTIONS}"
          " connections with one request in flight")
    table(latency_columns("partitions", [broker.name for broker in brokers]))
    for partitions in (1, PARTITIONS):
        rounds = Rounds()
        for broker in brokers:
            create_topic(programs, broker, "sync", partitions, {"flush.messages": "1"})
        for _ in range(options.rounds):
            for broker in brokers:
                rounds.add(broker.name, records(
                    programs, broker, "produce", "sync", partitions=partitions, connections=SYNC_CONNECTIONS, depth=1,
                    acks=-1, batch=SMALL_BATCH, warm_up=0.5, seconds=1 if options.quick else 2))
        for broker in brokers:
            delete_topic(programs, broker, "sync")
        print_latencies(f"{partitions}", rounds)
