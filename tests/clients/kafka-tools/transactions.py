# SPDX-License-Identifier: Apache-2.0
"""transactions.py HOST:PORT: kafka-transactions of Apache Kafka, with transactions of its performance tool."""
from __future__ import annotations

import subprocess
import time

from old_producer import OldProducer
from report import check, end, eventually, same
from tools import ADDRESS, JAVA, Session

SECONDS = 60
TOPIC = "kafka-tools-transactions"
HANGING = "kafka-tools-hanging"
ID = "kafka-tools-performance"
INVALID_TXN_STATE, INVALID_PRODUCER_ID_MAPPING = 48, 49


def start(main: str, *arguments: str) -> subprocess.Popen[str]:
    command = (*JAVA, f"org.apache.kafka.tools.{main}", "--bootstrap-server", ADDRESS, *arguments)
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True)


def tool(main: str, *arguments: str) -> str:
    with start(main, *arguments) as process:
        out, _ = process.communicate(timeout=SECONDS)
    if process.returncode:
        raise ValueError(f"{main} ended with status {process.returncode}: {out}")
    return out


def transactions(*arguments: str) -> list[dict[str, str]]:
    """Its table, a row a dictionary."""
    return rows(tool("TransactionsCommand", *arguments))


def rows(table: str) -> list[dict[str, str]]:
    lines = [line.split("\t") for line in table.splitlines() if "\t" in line]
    names = [name.strip() for name in lines[0]] if lines else []
    return [dict(zip(names, (value.strip() for value in line))) for line in lines[1:]]


def listed() -> list[dict[str, str]]:
    return [row for row in transactions("list") if row["TransactionalId"] == ID]


def described() -> dict[str, str]:
    (row,) = transactions("describe", "--transactional-id", ID)
    return row


def check_open() -> None:
    """A producer whose transaction is never long enough to be committed."""
    tool("TopicCommand", "--create", "--topic", TOPIC)
    producer = start("ProducerPerformance", "--topic", TOPIC, "--num-records", "100000", "--record-size", "10",
                     "--throughput", "20", "--transactional-id", ID, "--transaction-duration-ms", "600000")
    try:
        eventually_open()
        producers = transactions("describe-producers", "--topic", TOPIC, "--partition", "0")
        same(len(producers), 1)
        same(producers[0]["ProducerId"], listed()[0]["ProducerId"])
        same(described()["TopicPartitions"], f"{TOPIC}-0")
        same([row for row in transactions("find-hanging", "--broker-id", node(), "--max-transaction-timeout", "1")
              if row.get("Topic") == TOPIC], [])
        tool("TransactionsCommand", "abort", "--topic", TOPIC, "--partition", "0", "--start-offset", "0")
    finally:
        producer.kill()
        producer.communicate()
    left = transactions("describe-producers", "--topic", TOPIC, "--partition", "0")
    same([row["CurrentTransactionStartOffset"] for row in left if row["ProducerId"] == producers[0]["ProducerId"]
          and row["CurrentTransactionStartOffset"] == "0"], [])


def table(session: Session, *arguments: str) -> list[dict[str, str]]:
    status, out = session.run("TransactionsCommand", *arguments)
    same(status, 0, out)
    return rows(out)


def hanging(session: Session) -> list[tuple[str, ...]]:
    """Partition, producer id, start offset of those that kafka-transactions finds."""
    found = table(session, "find-hanging", "--topic", HANGING)
    return sorted((row["Partition"], row["ProducerId"], row["StartOffset"]) for row in found)


def state(session: Session, producer: OldProducer) -> str:
    (row,) = table(session, "describe", "--transactional-id", producer.id)
    return row["TransactionState"]


def verify(session: Session, is_on: bool) -> None:
    status, out = session.run("ConfigCommand", "--alter", "--entity-type", "brokers", "--entity-default",
                              "--add-config", f"transaction.partition.verification.enable={str(is_on).lower()}")
    same(status, 0, out)


def check_hanging() -> None:
    """A batch that comes when its transaction has ended opens one that nobody ends; so does one of a producer that no
    coordinator knows. The broker refuses them, unless it is asked not to look."""
    session = Session()
    session.run("TopicCommand", "--create", "--topic", HANGING, "--partitions", "2")
    hour_ago = int(time.time() - 3600) * 1000
    late, foreign = OldProducer(ADDRESS, f"{ID}-late"), OldProducer(ADDRESS, f"{ID}-foreign")
    late.start(60000)
    foreign.producer, foreign.epoch = 4_000_000, 3
    try:
        eventually(lambda: late.add(HANGING, 0), 0)
        same(late.send(HANGING, 0, "committed", hour_ago), 0)
        same(late.end(True), 0)
        eventually(lambda: state(session, late), "CompleteCommit")  # until then the log would take it
        eventually(lambda: late.send(HANGING, 0, "late", hour_ago), INVALID_TXN_STATE)
        same(foreign.send(HANGING, 1, "foreign", hour_ago), INVALID_PRODUCER_ID_MAPPING)
        same(hanging(session), [])
        verify(session, False)
        eventually(lambda: late.send(HANGING, 0, "late", hour_ago), 0)
        eventually(lambda: foreign.send(HANGING, 1, "foreign", hour_ago), 0)
        verify(session, True)
        same(hanging(session), [("0", str(late.producer), "2"), ("1", str(foreign.producer), "0")])
        same(late.end(False), INVALID_TXN_STATE)  # its coordinator cannot help
        same(committed(session), ["committed"])
        for partition, start in (("0", "2"), ("1", "0")):
            status, out = session.run("TransactionsCommand", "abort", "--topic", HANGING, "--partition", partition,
                                      "--start-offset", start)
            same(status, 0, out)
        same(hanging(session), [])
        same(late.add(HANGING, 0), 0)
        same(late.send(HANGING, 0, "behind it", hour_ago), 0)
        same(late.end(True), 0)
        eventually(lambda: committed(session), ["committed", "behind it"])
    finally:
        late.close()
        foreign.close()
        session.end()


def committed(session: Session) -> list[str]:
    """What a consumer without a group reads of partition 0."""
    _, out = session.run("consumer.ConsoleConsumer", "--topic", HANGING, "--partition", "0", "--offset", "earliest",
                         "--isolation-level", "read_committed", "--timeout-ms", "1000")
    return [line for line in out.splitlines() if line in ("committed", "late", "foreign", "behind it")]


def node() -> str:
    import re
    found = re.search(r"\(id: (\d+) ", tool("BrokerApiVersionsCommand"))
    if found is None:
        raise ValueError("there is no node")
    return found[1]


def eventually_open() -> None:
    deadline = time.monotonic() + SECONDS
    while not any(row["TransactionState"] == "Ongoing" for row in listed()):
        if time.monotonic() > deadline:
            raise ValueError(f"no transaction is open: {listed()}")


def check_force_terminate() -> None:
    tool("TransactionsCommand", "forceTerminateTransaction", "--transactionalId", ID)
    eventually(lambda: described()["TransactionState"] in ("CompleteAbort", "Empty"), True)


def check_performance() -> None:
    done = tool("ProducerPerformance", "--topic", TOPIC, "--num-records", "2000", "--record-size", "100",
                "--throughput", "-1", "--transactional-id", f"{ID}-2", "--transaction-duration-ms", "50")
    same("2000 records sent" in done, True, f"whether {done!r} has all records")
    read = tool("consumer.ConsoleConsumer", "--topic", TOPIC, "--from-beginning", "--isolation-level",
                "read_committed", "--max-messages", "2000", "--timeout-ms", "20000")
    same("Processed a total of 2000 messages" in read, True, f"whether {read[-200:]!r} has all records")


check("kafka-transactions lists, describes, finds and aborts an open transaction", check_open)
check("kafka-transactions ends it for its producer", check_force_terminate)
check("kafka-transactions finds transactions that hang, and aborts them", check_hanging)
check("ProducerPerformance commits, a console consumer reads what is committed", check_performance)
end()
