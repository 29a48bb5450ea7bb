# SPDX-License-Identifier: Apache-2.0
"""What two stopped brokers have left on disk, compared record by record.

`kwire dump-log` reads the files. What a broker chooses by itself is replaced: ids of topics by the name, with a number
when the name was used before; ids of directories and processes, ports and times of the clock by words; producer ids by
the order in which they were given. Batches without compression are compared byte by byte, too.
"""
from __future__ import annotations

import json
import re
import struct
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from conversation import is_loose
from differences import Json, differences, shortened
from sides import is_of_clock

METADATA = "__cluster_metadata-0"
TRANSACTIONS = "__transaction_state"
SETS = ("features", "transactionPartitions", "partitionIds")
TIMES_OF_TRANSACTIONS = ("transactionLastUpdateTimestampMs", "transactionStartTimestampMs")
DELETED, OF_DELETED = "deleted/", re.compile(r"(.+)\.[0-9a-f]{32}-delete")
OWN = {"incarnationId": "the process", "clusterId": "the cluster", "port": "a port", "crc": "a checksum",
       "lastContainedLogTimestamp": "a time"}
DUMPED = {".log", ".index", ".timeindex", ".txnindex", ".snapshot", ".checkpoint", "meta.properties",
          "partition.metadata", "leader-epoch-checkpoint", "quorum-state", "recovery-point-offset-checkpoint",
          "log-start-offset-checkpoint", "replication-offset-checkpoint", "cleaner-offset-checkpoint"}
# Kafka has these in the order of hashes; those of brokers come from different threads of one that starts or stops,
# between those of partitions.
UNORDERED = {"RemoveTopicRecord": "topics", "ConfigRecord": "configs", "PartitionChangeRecord": "brokers",
             "BrokerRegistrationChangeRecord": "brokers"}
EPOCHS = "/leader-epoch-checkpoint"
AT_ONCE = 500  # files
CHECKSUM, TIMES, PRODUCER = slice(17, 21), slice(27, 43), 43  # in the header of a batch


@dataclass
class File:
    lines: list[object]
    size: int


def in_order(records: list[Json]) -> list[Json]:
    """Records of the metadata: those that follow each other in no particular order are sorted."""
    runs: list[list[Json]] = []
    kinds = []
    for record in records:
        value = record.get("value")
        kind = UNORDERED.get(value["message"], "") if isinstance(value, dict) else ""
        if kinds and kind and kind == kinds[-1]:
            runs[-1].append(record)
        else:
            runs.append([record])
            kinds.append(kind)
    offsets = [record.get("offset") for record in records]
    ordered = [record for run in runs for record in sorted(run, key=lambda one: json.dumps(one.get("value")))]
    return [record | {"offset": offset} for record, offset in zip(ordered, offsets)]


def topic_of(folder: str) -> str:
    deleted = OF_DELETED.fullmatch(folder)
    return (deleted[1] if deleted else folder).rpartition("-")[0]


def offsets(lines: list[Json]) -> list[Json]:
    """Of partitions; 0 is also what a missing line means."""
    found = {f"{line['topic']}-{line['partition']}": line["offset"] for line in lines if line["offset"]}
    return [found] if found else []


def is_timed_by_broker(batch: Json) -> bool:
    return batch["timestampType"] == "LogAppendTime" or batch["control"]


class Directory:
    def __init__(self, path: Path, kwire: str, producers: list[int]) -> None:
        self.path = path
        self.kwire = kwire
        self.producers = producers
        self.names: dict[str, str] = {}  # of ids
        self.dumps: dict[str, list[Json]] = {}

    def _dump_all(self) -> None:
        self.dumps.clear()
        paths = [path for path in sorted(self.path.rglob("*")) if path.suffix in DUMPED or path.name in DUMPED]
        for i in range(0, len(paths), AT_ONCE):
            done = subprocess.run((self.kwire, "dump-log", "--jsonl", *map(str, paths[i:i + AT_ONCE])),
                                  capture_output=True, text=True)
            if done.returncode not in (0, 1):
                raise SystemExit(f"dump-log: {done.stderr}")
            for line in map(json.loads, done.stdout.splitlines()):
                lines = self.dumps.setdefault(line.pop("file"), [])
                if line["type"] not in ("file", "zeros"):
                    lines.append(line)

    def _dump(self, path: Path) -> list[Json]:
        return self.dumps[str(path)]

    def _learn_names(self) -> None:
        (meta,) = self._dump(self.path / "meta.properties")
        self.names[meta["directoryId"]] = "the directory"
        used: Counter[str] = Counter()
        for segment in sorted((self.path / METADATA).glob("*.log")):
            for line in self._dump(segment):
                record = line.get("value")
                if isinstance(record, dict) and record["message"] == "TopicRecord":
                    topic = record["value"]
                    used[topic["name"]] += 1
                    times = used[topic["name"]]
                    self.names[topic["topicId"]] = f"{topic['name']}{f' number {times}' if times > 1 else ''}"

    def _common(self, value: object, key: str = "") -> object:
        if isinstance(value, dict):
            return {name: self._common(item, name) for name, item in value.items()}
        if isinstance(value, list):
            items = [self._common(item, key) for item in value]
            return sorted(items, key=json.dumps) if key in SETS else items
        if key in OWN:
            return OWN[key]
        if key in TIMES_OF_TRANSACTIONS and value > 0:
            return "a time"
        if key == "producerId" and value in self.producers:
            return f"producer {self.producers.index(value)}"
        return self.names.get(value, value) if isinstance(value, str) else value

    def _batch(self, line: Json, log: bytes, topic: str) -> Json:
        """Its fields, and its bytes without those that only a clock and producer ids make."""
        common = self._common(line)
        of_loose_topic, of_transactions = is_loose(topic), topic == TRANSACTIONS
        raw = bytearray(log[line["position"]:line["position"] + line["size"]])
        if of_transactions:
            return {name: item for name, item in common.items() if name not in ("baseTimestamp", "maxTimestamp")}
        if is_timed_by_broker(line):
            raw[CHECKSUM], raw[TIMES] = bytes(4), bytes(16)
            common |= {"baseTimestamp": "a time", "maxTimestamp": "a time"}
        if of_loose_topic or line["magic"] < 2 or line["codec"] != "none":
            del common["position"]
        if line["magic"] < 2 or line["codec"] != "none":
            del common["size"]
            return common
        if line["producerId"] in self.producers:
            struct.pack_into(">q", raw, PRODUCER, self.producers.index(line["producerId"]))
            raw[CHECKSUM] = bytes(4)
        return common | {"bytes": raw.hex()}

    def _segment(self, path: Path) -> list[object]:
        """Of the metadata only the records: how many share a batch is a matter of time."""
        of_metadata = path.parent.name == METADATA
        log = b"" if of_metadata else path.read_bytes()
        lines, timed = [], not of_metadata
        for line in self._dump(path):
            if line["type"] == "batch":
                is_timed = is_timed_by_broker(line) or topic_of(path.parent.name) == TRANSACTIONS
                timed = not is_timed and not of_metadata
                lines += [] if of_metadata else [self._batch(line, log, topic_of(path.parent.name))]
                continue
            common = self._common({name: item for name, item in line.items() if name != "batch"})
            if "control" in common:  # a marker, which may be appended in the ms in which it was made
                common.pop("createTime", None)
            is_kept = timed or (of_metadata and line["type"] != "record")
            lines.append(common if is_kept else common | {"timestamp": "a time"})
        return in_order(lines) if of_metadata else lines

    def _lines(self, path: Path) -> list[object]:
        if path.suffix in (".log", ".checkpoint"):
            return self._segment(path)
        if path.suffix in DUMPED or path.name in DUMPED:
            lines = self._common(self._dump(path))
            if path.suffix == ".timeindex" and topic_of(path.parent.name) == TRANSACTIONS:
                return []  # which of two records comes first that are of the same time, is a matter of speed
            if path.suffix in (".timeindex", ".snapshot"):
                lines = [{name: "a time" if isinstance(item, int) and is_of_clock(item) else item
                          for name, item in line.items()} for line in lines]
            if path.suffix == ".timeindex":  # which of two batches comes first, if the broker gives both the same time
                lines = [line | {"offset": "of that time"} if "a time" in line.values() else line for line in lines]
            if path.suffix == ".snapshot":
                return sorted(lines, key=json.dumps)  # producers are in no order
            return offsets(lines) if path.name.endswith("offset-checkpoint") else lines
        return path.read_text(encoding="utf-8", errors="backslashreplace").splitlines()

    def _folder(self, path: Path) -> str:
        """Its name: that of the topic, as there may have been another one of the same name."""
        if path.name == METADATA:
            return METADATA
        (partition,) = self._dump(path / "partition.metadata")
        deleted = OF_DELETED.fullmatch(path.name)
        index = (deleted[1] if deleted else path.name).rpartition("-")[2]
        return f"{DELETED if deleted else ''}{self.names.get(partition['topicId'], 'unknown topic')}-{index}"

    def _files(self) -> Iterator[tuple[str, Path]]:
        for path in sorted(self.path.iterdir()):
            if path.is_file():
                yield path.name, path
            else:
                folder = self._folder(path)
                yield from ((f"{folder}/{file.name}", file) for file in sorted(path.iterdir())
                            if file.suffix != ".deleted")  # which goes sooner or later

    def files(self) -> dict[str, File]:
        self._dump_all()
        self._learn_names()
        files = {name: File(self._lines(path), path.stat().st_size) for name, path in self._files()}
        for name, file in files.items():
            if name.endswith(EPOCHS):
                file.lines = with_records(file.lines, files, name.removesuffix(EPOCHS) + "/")
        return files


def with_records(epochs: list[Json], files: dict[str, File], folder: str) -> list[Json]:
    """Without the last epoch if it has no record yet: Kafka notes it when it starts, kwire with its first one."""
    log = max(name for name in files if name.startswith(folder) and name.endswith(".log"))
    ends = [line["lastOffset"] + 1 for line in files[log].lines if "lastOffset" in line]
    end = max(ends, default=int(log.removeprefix(folder).removesuffix(".log")))
    return [line for line in epochs if line["startOffset"] < end or folder.startswith(METADATA)]


def may_be_missing(name: str, file: File) -> bool:
    """Whether the other side need not have it: it says nothing, or belongs to a deleted topic, whose folder goes."""
    return name.startswith(DELETED) or not file.lines and not name.endswith((".log", ".lock"))


def has_partitions(files: dict[str, File]) -> bool:
    return any(name.endswith(".log") and not name.startswith((METADATA, DELETED)) for name in files)


def comparable(name: str, kafka: dict[str, File], kwire: dict[str, File]) -> bool:
    """Of deleted topics only the records count. An index names places in its log, which are not the same if compressed
    batches differ in size. With its last partition gone, Kafka leaves the high watermarks as they were."""
    if name == "replication-offset-checkpoint" and not has_partitions(kafka) and not has_partitions(kwire):
        return False
    log = f"{name.rpartition('.')[0]}.log"
    if name.startswith(DELETED):
        return name == log
    return not name.endswith("index") or log not in kafka or log not in kwire or kafka[log].size == kwire[log].size


def kind(line: object) -> object:
    return line.get("type") if isinstance(line, dict) else None


def differences_of_lines(one: list[object], other: list[object]) -> list[str]:
    found = [] if len(one) == len(other) else [f"[]: Kafka {len(one)} lines, kwire {len(other)}"]
    for i, (a, b) in enumerate(zip(one, other)):
        if kind(a) != kind(b):
            return [*found, f"[]: Kafka {shortened(a)}, kwire {shortened(b)} (line {i + 1})"]
        found += [f"[].{line} (line {i + 1})" for line in differences(a, b)]
    return found


def contents(files: dict[str, File]) -> Counter[str]:
    """What has been compared, as counts."""
    found: Counter[str] = Counter()
    for name, file in files.items():
        folder = name.rpartition("/")[0]
        if not name.endswith(".log") or not folder:
            continue
        if folder == METADATA:
            found["records of metadata"] += len(file.lines)
        else:
            found["segments"] += 1
            found["batches"] += sum(line["type"] == "batch" for line in file.lines)
            found["records"] += sum(line["type"] == "record" for line in file.lines)
    found["partitions"] = len({name.rpartition("/")[0] for name in files if "/" in name} - {METADATA})
    found["files"] = len(files)
    return found


def compare_directories(kafka: Directory, kwire: Directory) -> tuple[list[str], Counter[str]]:
    """What differs, and what there was to compare."""
    theirs, ours = kafka.files(), kwire.files()
    found = []
    for name in sorted({*theirs, *ours}):
        if name not in theirs or name not in ours:
            has = theirs if name in theirs else ours
            if not may_be_missing(name, has[name]):
                found.append(f"{name}: only {'Kafka' if has is theirs else 'kwire'} has it")
        elif comparable(name, theirs, ours):
            found += [f"{name} {line}" for line in differences_of_lines(theirs[name].lines, ours[name].lines)]
    return found, contents(theirs)
