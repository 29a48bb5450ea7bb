# SPDX-License-Identifier: Apache-2.0
"""The outputs of DumpLogSegments and of kwire dump-log --jsonl in the same form: a list of dicts for each file, with
the names that Kafka's tool uses."""
from __future__ import annotations

import base64
import json
import re
from typing import Any

Entry = dict[str, Any]

BATCH = re.compile(r"(?:baseOffset: (?P<baseOffset>-?\d+) lastOffset: (?P<lastOffset>-?\d+) count: (?P<count>\d+) "
                   r"baseSequence: (?P<baseSequence>-?\d+) lastSequence: (?P<lastSequence>-?\d+) "
                   r"producerId: (?P<producerId>-?\d+) producerEpoch: (?P<producerEpoch>-?\d+) "
                   r"partitionLeaderEpoch: (?P<partitionLeaderEpoch>-?\d+) isTransactional: (?P<isTransactional>\w+) "
                   r"isControl: (?P<isControl>\w+) "
                   r"deleteHorizonMs: OptionalLong(?:\.empty|\[(?P<deleteHorizonMs>\d+)\])"
                   r"|offset: (?P<offset>-?\d+)) position: (?P<position>\d+) (?P<type>\w+): (?P<timestamp>-?\d+) "
                   r"size: (?P<size>\d+) magic: (?P<magic>\d+) compresscodec: (?P<compresscodec>\w+) crc: (?P<crc>\d+) "
                   r"isvalid: (?P<isvalid>\w+)")
RECORD = re.compile(r"\| offset: (?P<offset>-?\d+) (?P<type>\w+): (?P<timestamp>-?\d+) keySize: (?P<keySize>-?\d+) "
                    r"valueSize: (?P<valueSize>-?\d+)"
                    r"(?: sequence: (?P<sequence>-?\d+) headerKeys: \[(?P<headerKeys>.*?)\])?"
                    r"(?: isValid: (?P<isValid>\w+) crc: \d+)?(?P<rest>.*)")
CONTROL_NAMES = {"LeaderChange": "LEADER_CHANGE", "SnapshotHeader": "SNAPSHOT_HEADER",
                 "SnapshotFooter": "SNAPSHOT_FOOTER", "KRaftVersion": "KRAFT_VERSION", "KRaftVoters": "VOTERS"}
CONTROL = re.compile(r" (?:endTxnMarker: (?P<marker>\w+) coordinatorEpoch: (?P<epoch>-?\d+)|"
                     rf"(?P<name>{'|'.join(CONTROL_NAMES)}):? (?P<json>{{.*}}))")
CONTENT = re.compile(r"(?: key: (?P<key>.*?))?(?: payload: (?P<payload>.*))?")
# What Kafka's tool says instead of the number in the record, in the order of the numbers.
TRANSACTION_STATES = ("Empty", "Ongoing", "PrepareCommit", "PrepareAbort", "CompleteCommit", "CompleteAbort", "Dead",
                      "PrepareEpochFence")
INDEX = re.compile(r"(\w+: (?:-?\d+|OptionalLong(?:\.empty|\[\d+\])) ?)+")



def plain(value: str | None) -> Any:
    """Numbers and truth values of Kafka's text."""
    if value is None or value == "OptionalLong.empty":
        return None
    if value in ("true", "false"):
        return value == "true"
    number = re.fullmatch(r"(?:OptionalLong\[)?(-?\d+)\]?", value)
    return int(number[1]) if number else value


# ---- DumpLogSegments

def kafka_content(text: str | None) -> Any:
    """JSON if a decoder printed it; otherwise only the fact that it could not be read."""
    if text is None:
        return None
    if re.match(r"(Unknown record type \d+|Error) at ", text):
        return "cannot be read"
    if text.startswith('{"type":') or text.startswith('{"version":'):
        return json.loads(text)
    return text


def kafka_record(line: str) -> Entry:
    match = RECORD.fullmatch(line)
    assert match is not None, line
    found: Entry = {name: plain(value) for name, value in match.groupdict().items() if name != "rest"}
    found["headerKeys"] = match["headerKeys"]
    control = CONTROL.fullmatch(match["rest"])
    if control is not None:
        del found["keySize"], found["valueSize"]
        if control["marker"]:
            found["control"] = [control["marker"], {"coordinatorEpoch": int(control["epoch"])}]
        else:
            found["control"] = [CONTROL_NAMES[control["name"]], json.loads(control["json"])]
        return found
    content = CONTENT.fullmatch(match["rest"])
    assert content is not None, line
    found["key"] = kafka_content(content["key"])
    found["payload"] = kafka_content(content["payload"])
    return found


def kafka_files(text: str) -> dict[str, list[Entry]]:
    files: dict[str, list[Entry]] = {}
    entries: list[Entry] = []
    for line in text.split("\n"):
        if line.startswith("Dumping "):
            entries = files[line.removeprefix("Dumping ")] = []
        elif line.startswith("| "):
            entries.append(kafka_record(line))
        elif (match := BATCH.fullmatch(line)) is not None:
            entries.append({name: plain(value) for name, value in match.groupdict().items()})
        elif INDEX.fullmatch(line):
            entries.append({name: plain(value) for name, value in re.findall(r"(\w+): (\S+)", line)})
        elif line and not re.match(r"Log starting offset|Snapshot end offset|KRaft bootstrap|.* is empty\.$", line):
            entries.append({"not understood": line})
    return files


# ---- kwire

def raw(value: Any) -> bytes | None:
    if value is None:
        return None
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value.encode()


def size(value: Any) -> int:
    data = raw(value)
    return -1 if data is None else len(data)


def text(value: Any) -> str | None:
    data = raw(value)
    return None if data is None else data.decode(errors="replace")


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()


def replaced(line: Entry) -> Any:
    """The value, with the decoded data of members instead of the bytes, and the name of a transaction's state."""
    value = line["value"]["value"]
    if "transactionStatus" in value:
        value |= {"transactionStatus": TRANSACTION_STATES[value["transactionStatus"]]}
    for member, said in zip(value.get("members", []), line.get("members", [])):
        member.update({name: said[name]["value"] for name in ("subscription", "assignment") if name in said})
    return value


class Kwire:
    """`lines` are those of a dump, `raw_lines` of one without decoding; `types` are those of records by name."""

    def __init__(self, lines: list[Entry], raw_lines: list[Entry], types: dict[str, int]) -> None:
        self.types = types
        self.raw = {(line["file"], line["offset"]): line for line in raw_lines if line["type"] == "record"}
        self.files: dict[str, list[Entry]] = {}
        batch: Entry = {}
        for line in lines:
            entries = self.files.setdefault(line["file"], [])
            match line["type"]:
                case "batch":
                    batch = line
                    entries.append(self.batch(line))
                case "record":
                    entries.append(self.record(batch, line))
                case "offsetIndexEntry" | "timeIndexEntry":
                    entries.append({name: value for name, value in line.items() if name not in ("file", "type")})
                case "abortedTransaction":
                    entries.append({"version": 0} | {n: v for n, v in line.items() if n not in ("file", "type")})
                case "producer":
                    entries.append(self.producer(line))

    def batch(self, line: Entry) -> Entry:
        v2 = line["magic"] == 2
        names = {"baseOffset": "baseOffset", "lastOffset": "lastOffset", "count": "count",
                 "baseSequence": "baseSequence", "lastSequence": "lastSequence", "producerId": "producerId",
                 "producerEpoch": "producerEpoch", "partitionLeaderEpoch": "leaderEpoch",
                 "isTransactional": "transactional", "isControl": "control", "deleteHorizonMs": "deleteHorizon"}
        found: Entry = {name: line[member] if v2 else None for name, member in names.items()}
        return found | {"offset": None if v2 else line["lastOffset"], "position": line["position"],
                        "type": line["timestampType"], "timestamp": line["maxTimestamp"], "size": line["size"],
                        "magic": line["magic"], "compresscodec": line["codec"], "crc": line["crc"],
                        "isvalid": line["crcValid"]}

    def record(self, batch: Entry, line: Entry) -> Entry:
        v2 = batch["magic"] == 2
        headers = ",".join(text(header["key"]) or "" for header in line["headers"])
        found: Entry = {"offset": line["offset"], "type": batch["timestampType"], "timestamp": line["timestamp"],
                        "sequence": line["sequence"] if v2 else None, "headerKeys": headers if v2 else None,
                        "isValid": None if v2 else True}
        if "control" in line:
            return found | {"control": [line["control"], line["value"]["value"]]}
        whole = self.raw[line["file"], line["offset"]]
        found |= {"keySize": size(whole["key"]), "valueSize": size(whole["value"])}
        return found | self.content(line, whole)

    def content(self, line: Entry, whole: Entry) -> Entry:
        key, value = line["key"], line["value"]
        decoded_value = isinstance(value, dict) and "message" in value
        if isinstance(key, dict) and "message" in key:
            kind = str(self.types[key["message"].removesuffix("Key")])
            version = str(value["version"]) if decoded_value else ""
            payload = {"version": version, "data": replaced(line)} if decoded_value else "<DELETE>"
            return {"key": {"type": kind, "data": key["value"]}, "payload": payload}
        if decoded_value:
            return {"key": None, "payload": {"type": snake(value["message"]), "version": value["version"],
                                             "data": value["value"]}}
        return {"key": text(whole["key"]), "payload": text(whole["value"])}

    def producer(self, line: Entry) -> Entry:
        names = ("producerId", "producerEpoch", "coordinatorEpoch", "currentTxnFirstOffset", "lastTimestamp")
        found = {name: line[name] for name in names}
        if line["lastOffset"] is not None:
            found |= {name: line[name] for name in ("lastSequence", "lastOffset", "offsetDelta")}
            found |= {"firstSequence": line["lastSequence"] - line["offsetDelta"], "timestamp": line["lastTimestamp"]}
        return found


def first_difference(kafka: list[Entry], kwire: list[Entry]) -> str:
    """"" if there is none. kwire shows bytes that Kafka's decoder could not read; and of an index that was allocated,
    but has no entries yet, Kafka's tool shows the first of the zeros."""
    if not kwire and kafka == [{"offset": 0, "position": 0}]:
        return ""
    for number, (left, right) in enumerate(zip(kafka, kwire)):
        for name in dict.fromkeys([*left, *right]):
            if left.get(name) != right.get(name) and "cannot be read" not in (left.get("key"), left.get("payload")):
                return f"entry {number}, {name}: Kafka has {left.get(name)!r}, kwire {right.get(name)!r}"
    return "" if len(kafka) == len(kwire) else f"Kafka has {len(kafka)} entries, kwire {len(kwire)}"
