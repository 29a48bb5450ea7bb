# SPDX-License-Identifier: Apache-2.0
"""transactions.py HOST:PORT: kafka-transactions of Apache Kafka, with transactions of its performance tool."""
from __future__ import annotations

import subprocess
import sys
import time

from report import check, end, eventually, same

ADDRESS = sys.argv[1]
JAVA = ("java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", "lib/*")
SECONDS = 60
TOPIC = "kafka-tools-transactions"
ID = "kafka-tools-performance"


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
    lines = [line.split("\t") for line in tool("TransactionsCommand", *arguments).splitlines() if "\t" in line]
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
check("ProducerPerformance commits, a console consumer reads what is committed", check_performance)
end()
