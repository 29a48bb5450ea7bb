# SPDX-License-Identifier: Apache-2.0
"""dump_kcat.py HOST:PORT FILE: what kcat prints of a broker: its list, its records, the offsets of timestamps."""
from __future__ import annotations

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from dump import START, TIMES, Dump, encoded, shortened

ADDRESS = sys.argv[1]
ISOLATIONS = ("read_uncommitted", "read_committed")
FORMAT = r"%t %p %o %T %K %S\n%k%s%h\n"
HEAD = re.compile(rb"(\S+) (\d+) (-?\d+) (-?\d+) (-?\d+) (-?\d+)\n")
# The type of the timestamp is only in its JSON, which breaks off where a key or a value has a zero byte.
JSON_HEAD = re.compile(rb'^({"topic":"[^"]+","partition":\d+,"offset":\d+,"tstype":"\w+","ts":-?\d+,"broker":\d+),',
                       re.MULTILINE)


def kcat(*options: str) -> bytes:
    command = ("kcat", "-b", ADDRESS, "-m", "10", "-X", "fetch.wait.max.ms=10", *options)
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: status {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def consume(topic: str, isolation: str, *options: str) -> bytes:
    return kcat("-C", "-q", "-e", "-t", topic, "-o", "beginning", "-X", f"isolation.level={isolation}", *options)


def split(data: bytes) -> list[dict[str, object]]:
    """The records of FORMAT: lengths go before what may hold any byte."""
    records, at = [], 0
    while at < len(data):
        head = HEAD.match(data, at)
        if not head:
            raise SystemExit(f"kcat printed no record at byte {at}: {data[at:at + 80]!r}")
        partition, offset, timestamp, key_length, length = map(int, head.groups()[1:])
        key_at = head.end()
        value_at = key_at + max(key_length, 0)
        headers_at = value_at + max(length, 0)
        next_head = re.compile(rb"\n(?=\S+ \d+ \d+ -?\d+ -?\d+ -?\d+\n|\Z)").search(data, headers_at)
        assert next_head is not None
        records.append({
            "partition": partition,
            "offset": offset,
            "timestamp": timestamp,
            "key": encoded(data[key_at:value_at]) if key_length >= 0 else None,
            "value": encoded(data[value_at:headers_at]) if length >= 0 else None,
            "headers": encoded(data[headers_at:next_head.start()]),
        })
        at = next_head.end()
    return sorted(records, key=lambda record: (record["partition"], record["offset"]))


def list_all(dump: Dump) -> list[tuple[str, int]]:
    answer = json.loads(kcat("-L", "-J"))
    for broker in answer["brokers"]:
        dump.line("-L", broker=broker["id"], controller=answer["controllerid"])
    topics = sorted(answer["topics"], key=lambda topic: topic["topic"])
    for topic in topics:
        dump.line("-L", topic=topic)
    return [(topic["topic"], partition["partition"]) for topic in topics for partition in topic["partitions"]]


def place(head: bytes) -> tuple[int, int]:
    record = json.loads(head + b"}")
    return record["partition"], record["offset"]


def of_topic(topic: str) -> list[tuple[str, dict[str, object]]]:
    lines: list[tuple[str, dict[str, object]]] = []
    for isolation in ISOLATIONS:
        found = split(consume(topic, isolation, "-f", FORMAT))
        lines += [(f"-C {isolation} {shortened(topic)}", record) for record in found]
    for head in sorted(JSON_HEAD.findall(consume(topic, "read_committed", "-J")), key=place):
        lines.append((f"-C -J {shortened(topic)}", json.loads(head + b"}")))
    for record in split(consume(topic, "read_committed", "-f", FORMAT, "-o", f"s@{START + 5000}")):
        where = {"topic": topic, "partition": record["partition"], "offset": record["offset"]}
        lines.append(("-C from a timestamp", where))
    return lines


def dump_offsets(dump: Dump, partitions: list[tuple[str, int]]) -> None:
    for time in (-2, -1, *TIMES):
        asked = [word for topic, partition in partitions for word in ("-t", f"{topic}:{partition}:{time}")]
        for line in sorted(kcat("-Q", *asked).decode().splitlines()):
            dump.line("-Q", time=time, said=line)


def main() -> None:
    dump = Dump(sys.argv[2])
    partitions = list_all(dump)
    topics = sorted({topic for topic, _ in partitions})
    with ThreadPoolExecutor(6) as pool:
        try:
            for lines in pool.map(of_topic, topics):
                for check, what in lines:
                    dump.line(check, **what)
        finally:
            pool.shutdown(cancel_futures=True)
    dump_offsets(dump, partitions)
    dump.close()


main()
