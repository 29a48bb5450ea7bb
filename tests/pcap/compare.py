#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire pcap compared with tshark's Kafka dissector, on captures of messages that Apache Kafka wrote.

usage: compare.py [--list]      KWIRE is the command; --list prints how often each field agreed

tshark's dissector is some years old: messages whose version it does not know, or that it calls malformed, are not
compared. In all other messages the two must see the same size, version, correlation id, client id, and the same values
in all fields that fields.py lists, and pair requests and responses alike. The last line is N passed, N failed: one
check an API.
"""
from __future__ import annotations

import gzip
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))

from captures import START, Connection, End, Packet, pcap_file, pcapng_file, records  # noqa: E402
from fields import COMMON, OWN  # noqa: E402
from kafka_frames import api_keys, frame, request_header, response_header  # noqa: E402

VECTORS = [HERE.parent / "vectors" / name for name in ("kafka-newest.jsonl.gz", "kafka-removed.jsonl.gz")]
LEAST_APIS, LEAST_MESSAGES, LEAST_VALUES = 35, 1200, 8000  # minimum of comparisons
PER_VERSION = 8
BROKER_PORT = 9092
BETWEEN_VALUES, BETWEEN_FIELDS = "\x1e", "\x1d"
FRAME_FIELDS = ("frame.number", "tcp.srcport", "tcp.dstport", "_ws.expert.message", "_ws.malformed", "kafka.len",
                "kafka.correlation_id", "kafka.client_id", "kafka.api_version", "kafka.request.version",
                "kafka.response.version", "kafka.request_frame", "kafka.response_frame")


# ---- the capture ----

def golden() -> dict[tuple[str, int], list[bytes]]:
    bodies = defaultdict(list)
    for path in VECTORS:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                vector = json.loads(line)
                bodies[vector["message"], vector["version"]].append(bytes.fromhex(vector["hex"]))
    return bodies


def conversations() -> list[Packet]:
    """A connection for each version of each API, with segments of all sizes; correlation ids repeat from one to the
    next."""
    bodies, packets, port = golden(), [], 20000
    generator = random.Random(1)
    for api in api_keys():
        for version in range(32):
            requests, responses = bodies.get((f"{api}Request", version)), bodies.get((f"{api}Response", version))
            if requests is None or responses is None:
                continue
            connection = Connection(client=End("10.0.0.1", port), time=START + len(packets) * 10**6).open()
            pairs = list(zip(requests, responses))[:PER_VERSION]
            for number, (question, answer) in enumerate(pairs):
                mss = generator.choice((1448, 1448, 100, 7))
                connection.ask(frame(request_header(api, version, number, f"client {number}") + question), mss)
                connection.pass_time(10**6)
                connection.answer(frame(response_header(api, version, number) + answer), mss)
            packets += connection.close().packets
            port += 1
    return packets


def shuffled(packets: list[Packet]) -> list[Packet]:
    """Some neighbours of the same sender are swapped, some repeated."""
    generator = random.Random(2)
    out = list(packets)
    for i in range(1, len(out)):
        if out[i].data and out[i - 1].data and out[i].sender == out[i - 1].sender and generator.random() < 0.2:
            out[i - 1], out[i] = out[i], out[i - 1]
    return [copy for packet in out for copy in [packet] * (2 if packet.data and generator.random() < 0.05 else 1)]


# ---- the two readers ----

def tshark(capture: Path) -> list[dict[str, str]]:
    fields = [*FRAME_FIELDS, *(f"kafka.{name}" for name in COMMON)]
    words = ["tshark", "-r", str(capture), "-Y", "kafka", "-o", "tcp.reassemble_out_of_order:TRUE", "-T", "fields",
             "-E", f"aggregator={BETWEEN_VALUES}", "-E", f"separator={BETWEEN_FIELDS}"]
    for name in fields:
        words += ["-e", name]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return [dict(zip(fields, line.split(BETWEEN_FIELDS))) for line in done.stdout.rstrip("\n").split("\n")]


def kwire(capture: Path) -> dict[tuple[int, int], dict]:
    """Exchanges by the client's port and the correlation id."""
    done = subprocess.run([os.environ["KWIRE"], "pcap", "--json", "--bodies", "--raw-records", str(capture)],
                          capture_output=True, text=True, check=True)
    seen = [json.loads(line) for line in done.stdout.rstrip("\n").split("\n")]
    return {(int(one["client"].rsplit(":", 1)[1]), one["correlationId"]): one for one in seen}


# ---- the comparison ----

def leaves(value: object, paths: tuple[str, ...], above: str = "") -> list:
    """The values at the ends of these paths, in the order of the message."""
    def wanted(path: str) -> bool:
        return any(path == one or path.endswith("." + one) for one in paths)

    out: list = []
    if isinstance(value, dict):
        for name, inner in value.items():
            path = f"{above}.{name}" if above else name
            if isinstance(inner, list) and not any(isinstance(element, (dict, list)) for element in inner):
                out += inner if wanted(path + "*") else []
            elif isinstance(inner, (dict, list)):
                out += leaves(inner, paths, path)
            elif wanted(path):
                out.append(inner)
    elif isinstance(value, list):
        for element in value:
            out += leaves(element, paths, above)
    return out


def is_plain(text: str) -> bool:
    """tshark shows others by escapes, and shortens what is long."""
    return len(text) < 100 and all(" " <= c <= "~" and c != "\\" for c in text)


def agrees(shown: str, value: object) -> bool:
    if value is None:
        return shown in ("", "[ Null ]")
    if isinstance(value, bool):
        return shown == str(int(value))
    if isinstance(value, int):
        return int(shown) in (value, value % 2**64)
    return shown == value or not is_plain(str(value))


def same_values(shown: str, values: list) -> bool:
    if shown == "":
        return all(value in (None, "", "\0") for value in values)
    them = shown.split(BETWEEN_VALUES)
    for ours in (values, [value for value in values if value is not None]):
        if len(them) == len(ours) and all(map(agrees, them, ours)):
            return True
    return False


class Comparison:
    def __init__(self) -> None:
        self.values: Counter[tuple[str, str]] = Counter()  # compared, by message and field
        self.messages: Counter[str] = Counter()  # by API
        self.wrong: dict[str, list[str]] = defaultdict(list)  # by API

    def check(self, exchange: dict, row: dict[str, str], is_request: bool) -> None:
        api, kind = exchange["api"], "request" if is_request else "response"
        where = f"{api} {kind} {exchange['apiVersion']}, frame {row['frame.number']}"
        expected = {"kafka.len": exchange[f"{kind}Bytes"] - 4}
        if is_request:
            expected |= {"kafka.api_version": exchange["apiVersion"], "kafka.client_id": exchange["clientId"]}
        else:
            expected["kafka.response.version"] = exchange["apiVersion"]
        for name, value in expected.items():
            if row[name] != str(value):
                self.wrong[api].append(f"{where}: {name} is {row[name]!r}, kwire says {value!r}")
        self.messages[api] += 1
        message = api + kind.capitalize()
        for name, paths in COMMON.items():
            paths = OWN.get((message, name), paths)
            if paths is not None:
                self.check_values(message, where, name, row[f"kafka.{name}"], leaves(exchange[kind], paths))

    def check_values(self, message: str, where: str, name: str, shown: str, values: list) -> None:
        if not same_values(shown, values):
            api = message.removesuffix("Request").removesuffix("Response")
            self.wrong[api].append(f"{where}: {name} is {shown.split(BETWEEN_VALUES)}, kwire says {values}")
        elif shown != "":
            self.values[message, name] += len(values)

    def run(self, capture: Path) -> None:
        exchanges, rows = kwire(capture), tshark(capture)
        asked_in: dict[tuple[int, str], str] = {}
        for row in rows:
            if row["_ws.expert.message"] or row["_ws.malformed"]:
                continue
            is_request = row["tcp.dstport"] == str(BROKER_PORT)
            port = int(row["tcp.srcport" if is_request else "tcp.dstport"])
            exchange = exchanges.get((port, int(row["kafka.correlation_id"])))
            if exchange is None:
                self.wrong["?"].append(f"frame {row['frame.number']} has no exchange")
                continue
            pair, asked = (port, row["kafka.correlation_id"]), row["kafka.request_frame"]
            if is_request:
                asked_in[pair] = row["frame.number"]
            elif exchange["outcome"] != "answered":
                continue  # to a Produce request with acks 0, which no broker answers
            elif asked_in.get(pair, asked) != asked:
                self.wrong[exchange["api"]].append(f"frame {row['frame.number']} answers {asked}")
            self.check(exchange, row, is_request)


def main() -> int:
    comparison = Comparison()
    packets = conversations()
    captures = (pcap_file(records(packets)), pcapng_file(records(shuffled(packets))))
    with tempfile.TemporaryDirectory() as folder:
        for number, content in enumerate(captures):
            path = Path(folder, f"capture{number}")
            path.write_bytes(content)
            comparison.run(path)
    if "--list" in sys.argv[1:]:
        for (message, name), count in sorted(comparison.values.items()):
            print(f"{message:40} {name:30} {count}")
    for lines in comparison.wrong.values():
        print("\n".join(lines[:20]))
    totals = len(comparison.messages), comparison.messages.total(), comparison.values.total()
    print(f"{totals[0]} APIs, {totals[1]} messages, {totals[2]} values compared with tshark")
    enough = all(map(lambda done, least: done >= least, totals, (LEAST_APIS, LEAST_MESSAGES, LEAST_VALUES)))
    failed = len(comparison.wrong) + (not enough)
    print(f"{len(comparison.messages) - len(comparison.wrong)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
