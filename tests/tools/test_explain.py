#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire explain as its users see it: the transcripts in explain/, and properties of any input.

    test_explain.py --update    regenerates the outputs in the transcripts, for review before they are kept
"""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import struct
import subprocess
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path
from typing import Any, Iterator

from command import KWIRE, TIMEOUT, CommandTest, Done, kwire, main

FOLDER = Path(__file__).resolve().parent / "explain"
DATA = Path(__file__).resolve().parents[1] / "data" / "kafka-newest.tar.gz"
VECTORS = Path(__file__).resolve().parents[1] / "vectors"

Json = dict[str, Any]


# ---- transcripts ----

def run_as_typed(command: str) -> str:
    """The output on a terminal, in the folder of the transcripts; ends with the exit status if it is not 0."""
    environment = {"PATH": f"{Path(KWIRE).resolve().parent}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "LLVM_PROFILE_FILE"):
        if name in os.environ:
            environment[name] = os.environ[name]
    done = subprocess.run(["sh", "-c", command], cwd=FOLDER, env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=TIMEOUT, check=False)
    status = "" if done.returncode == 0 else f"[{done.returncode}]\n"
    return done.stdout.decode().replace("\033", "\\e") + status


def read_transcript(path: Path) -> list[tuple[str, str]]:
    """Commands, which follow "$ ", and their outputs. Text before the first is a comment."""
    parts = re.split(r"^\$ (.*)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2]))


def update_transcripts() -> None:
    for path in sorted(FOLDER.glob("*.txt")):
        comment = re.match(r"(?:(?!\$ ).*\n)*", path.read_text(encoding="utf-8"))
        text = comment[0] if comment else ""
        for command, _ in read_transcript(path):
            text += f"$ {command}\n{run_as_typed(command)}"
        path.write_text(text, encoding="utf-8")


class Transcripts(unittest.TestCase):
    maxDiff = None

    def test_all(self) -> None:
        count = 0
        for path in sorted(FOLDER.glob("*.txt")):
            for command, expected in read_transcript(path):
                with self.subTest(transcript=path.stem, command=command):
                    self.assertEqual(expected, run_as_typed(command))
                count += 1
        self.assertGreater(count, 60)

    def test_every_input_is_used(self) -> None:
        used = "\n".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.txt"))
        for path in FOLDER.iterdir():
            if path.suffix != ".txt":
                self.assertRegex(used, rf"(?m)^\$ .*\b{re.escape(path.stem)}")


# ---- JSON ----

def explained(*words: str, stdin: bytes = b"") -> list[Json]:
    done = kwire("explain", "--json", *words, stdin=stdin)
    return [json.loads(line) for line in done.out.split("\n") if line]


def field(found: Json, path: str) -> Json:
    return next(row for row in found["rows"] if row.get("path") == path)


class JsonOutput(CommandTest):
    def test_a_line_for_each_frame(self) -> None:
        found = explained(str(FOLDER / "metadata-both.hex"))
        self.assertEqual([("request", "Metadata", 3, 12, 8, True), ("response", "Metadata", 3, 12, 8, True)],
                         [tuple(one[key] for key in ("kind", "api", "apiKey", "version", "correlationId", "fine"))
                          for one in found])
        self.assertEqual([1, 2], [one["input"] for one in found])
        self.assertEqual(found[1]["offset"], found[0]["size"])

    def test_kinds_of_values(self) -> None:
        request, response = explained(str(FOLDER / "metadata-both.hex"))
        self.assertEqual({"offset": 4, "size": 2, "depth": 1, "path": "header.requestApiKey", "type": "INT16",
                          "value": 3, "meaning": "Metadata"}, field(request, "header.requestApiKey"))
        self.assertEqual("orders", field(request, "topics[0].name")["value"])
        self.assertIs(field(request, "allowAutoTopicCreation")["value"], True)
        self.assertEqual(1, field(request, "topics")["count"])
        self.assertIsNone(field(response, "brokers[0].rack")["value"])
        self.assertEqual("zQsUXEl5TZmqXQBNyNEBrQ", field(response, "topics[0].topicId")["value"])
        self.assertEqual("LEADER_NOT_AVAILABLE", field(response, "topics[0].partitions[1].errorCode")["meaning"])

    def test_records_and_decompression(self) -> None:
        found = explained(str(FOLDER / "produce-gzip.hex"))[0]
        records = "topicData[0].partitionData[0].records"
        self.assertGreater(field(found, records)["contentSize"], 100)
        value = field(found, f"{records}.batches[0].records[0].value")
        self.assertEqual((1, b"first".hex()), (value["region"], value["value"]))
        header = field(found, f"{records}.batches[0].records[0].headers[1].value")
        self.assertEqual("caf\u00e9", bytes.fromhex(header["value"]).decode())

    def test_secrets_and_errors(self) -> None:
        found = explained(str(FOLDER / "sasl-plain.hex"))[0]
        token = field(found, "authBytes")
        self.assertIs(token["masked"], True)
        self.assertNotIn("value", token)
        found = explained(str(FOLDER / "length.hex"))[0]
        self.assertFalse(found["fine"])
        self.assertEqual({"offset": 39, "path": "topics[0].name", "type": "COMPACT_NULLABLE_STRING",
                          "error": {"code": "ERR_LENGTH", "detail": "length 70 exceeds the 10 bytes left"}},
                         found["rows"][-1])


# ---- any bytes ----

def vectors() -> Iterator[Json]:
    """A few messages of each version, as Kafka wrote them."""
    seen: dict[tuple[str, int], int] = {}
    for name in ("kafka-newest.jsonl.gz", "kafka-removed.jsonl.gz"):
        with gzip.open(VECTORS / name, "rt", encoding="utf-8") as file:
            for line in map(json.loads, file):
                key = line["message"], line["version"]
                seen[key] = seen.get(key, 0) + 1
                if seen[key] <= 2:
                    yield line


def apis() -> dict[str, tuple[int, dict[int, int]]]:
    """Key, and the version of the request's header for each version, by name."""
    found = {}
    for line in kwire("apis").out.splitlines()[1:]:
        key, name = line.split()[:2]
        rows = [row.split() for row in kwire("apis", key).out.splitlines()[2:]]
        found[name] = int(key), {int(row[0]): int(row[-2]) for row in rows}
    return found


def request_frames() -> list[bytes]:
    by_name = apis()
    frames = []
    for line in vectors():
        name = line["message"].removesuffix("Request")
        if line["message"].endswith("Request") and name in by_name and line["version"] in by_name[name][1]:
            key, headers = by_name[name]
            header = struct.pack(">hhi", key, line["version"], len(frames))
            header += b"\0\1k"[:3 * (headers[line["version"]] >= 1)] + b"\0"[:headers[line["version"]] >= 2]
            content = header + bytes.fromhex(line["hex"])
            frames.append(struct.pack(">i", len(content)) + content)
    return frames


class AnyInput(CommandTest):
    def check(self, done: Done) -> None:
        """No crash, no bytes that are unsafe for terminals, and a place and a reason for every error."""
        self.assertIn(done.status, (0, 1))
        self.assertRegex(done.out, r"\A[^\x00-\x09\x0b-\x1f\x7f]*\Z")
        if done.status == 1:
            self.assertRegex(done.out + done.err, r"(?m)^ +\^~* ERR_\w+ at byte \d+: \S|^kwire: \S")

    def test_every_request_and_version(self) -> None:
        """Kafka's frames are valid, and each is recognised."""
        frames = request_frames()
        self.assertGreater(len(frames), 500)
        found = explained(stdin=b"".join(frames))
        self.assertEqual(len(frames), len(found))
        for number, one in enumerate(found):
            self.assertEqual(("request", number), (one["kind"], one["correlationId"]))
            rows = [row for row in one["rows"] if "error" in row]
            self.assertEqual([], [row for row in rows if not re.search("records|Data|metadata|ssignment", row["path"])])

    def test_every_byte_is_explained(self) -> None:
        """The rows of a frame follow each other without a gap."""
        for one in explained(stdin=b"".join(request_frames()[::7])):
            covered = 0
            for row in one["rows"]:
                if "size" in row and "region" not in row:
                    self.assertEqual(covered, row["offset"], one)
                    covered += row["size"]
            self.assertTrue(covered == one["size"] or not one["fine"], one)

    def test_truncated(self) -> None:
        for name in ("metadata-both.hex", "produce-gzip.hex", "fetch-response.hex", "envelope.hex"):
            data = bytes.fromhex((FOLDER / name).read_text(encoding="utf-8"))
            options = ("--api", "Fetch", "--version", "16") if name == "fetch-response.hex" else ()
            for size in range(1, len(data), 5):
                self.check(kwire("explain", "--input", "binary", *options, stdin=data[:size]))

    def test_damaged(self) -> None:
        generator = random.Random(1)
        frames = request_frames()
        for _ in range(60):
            data = bytearray(b"".join(generator.sample(frames, 5)))
            for _ in range(generator.randrange(1, 6)):
                data[generator.randrange(len(data))] = generator.choice((0, 1, 0x7f, 0x80, 0xff))
            self.check(kwire("explain", "--input", "binary", stdin=bytes(data)))

    def test_random(self) -> None:
        generator = random.Random(2)
        for size in (1, 2, 3, 4, 5, 7, 12, 40, 1000, 70000):
            for options in ((), ("--request",), ("--api", "Metadata"), ("--records",), ("--no-size",),
                            ("--message", "MetadataResponse", "--version", "12")):
                self.check(kwire("explain", "--input", "binary", *options, stdin=generator.randbytes(size)))

    def test_random_text(self) -> None:
        generator = random.Random(3)
        for shape in ("hex", "dump", "array", "string", "base64", "decimal"):
            for _ in range(20):
                text = "".join(generator.choices(" 0123456789abcdefx,:\\\"'{}[]-=\n*#/", k=generator.randrange(1, 300)))
                self.check(kwire("explain", "--input", shape, stdin=text))


class Segments(CommandTest):
    """The log segments that Kafka left in tests/data."""

    def test_all(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            with tarfile.open(DATA) as archive:
                archive.extractall(folder)
            logs = [path for path in sorted(Path(folder, "data").glob("*/*.log")) if path.stat().st_size]
            self.assertGreater(len(logs), 20)
            if os.environ.get("KWIRE_CODECS") == "some":
                logs = [path for path in logs if not path.parent.name.startswith("codecs-")]
            for log in logs:
                found = explained(str(log))
                self.assertEqual([], [one for one in found if one["kind"] != "records" or not one["fine"]], log)
                self.assertEqual(log.stat().st_size, sum(one["size"] for one in found))
            parts = {row["part"] for path in logs if path.parent.name.startswith("__") for one in explained(str(path))
                     for row in one["rows"] if "part" in row}
        for part in ("LeaderChangeMessage version 0", "FeatureLevelRecord version 0", "OffsetCommitKey version 0",
                     "GroupMetadataValue version 3", "ConsumerProtocolSubscription version 3",
                     "TransactionLogKey version 0"):
            self.assertIn(part, parts)


class Streams(CommandTest):
    def test_many_frames_through_a_pipe(self) -> None:
        """More than any buffer holds, with frames across buffer ends."""
        frames = request_frames()
        times = 30
        data = b"".join(frames) * times
        self.assertGreater(len(data), 1 << 20)
        done = kwire("explain", "--short", stdin=data)
        titles = re.findall(r"(?m)^\w+ request version \d+, correlation id ", done.out)
        self.assertEqual(times * len(frames), len(titles))

    def test_large_batch(self) -> None:
        """Limits are kept and reported."""
        record = b"\0\0\0\1" + b"\x80\x80\x80\x01" + b"x" * (1 << 20) + b"\0"
        zeros = struct.pack(">i", 50_000_000) + b"\0" * 50
        done = kwire("explain", "--max-frame", "1000", "--input", "binary", stdin=zeros)
        self.assertEqual(1, done.status)
        self.assertIn("ERR_FRAME_SIZE", done.out)
        done = kwire("explain", "--max-frame", "1000", "--message", "ProduceRequest", "--version", "3", "--input",
                     "binary", stdin=record)
        self.assertEqual((1, "kwire: the input is larger than 1000 bytes (see --max-frame)\n"),
                         (done.status, done.err))


class Usage(CommandTest):
    def wrong(self, expected: str, *words: str) -> None:
        self.complains(2, f"kwire: explain: {expected} (see kwire explain --help)", "explain", *words)

    def test_options(self) -> None:
        self.wrong("--message needs its --version", "--message", "RequestHeader")
        self.wrong("--version is that of --api or --message", "--version", "1")
        self.wrong('the version is a number, not "x"', "--api", "Fetch", "--version", "x")
        self.wrong("--request, --response, --records and --message exclude each other", "--request", "--records")
        self.wrong("--api is only for responses", "--request", "--api", "Fetch")
        self.wrong("--color is always, never or auto", "--color", "maybe")
        self.wrong("--json and --short exclude each other", "--json", "--short")
        self.wrong("--json and --color exclude each other", "--color=auto", "--json")
        self.wrong("--input is binary, hex, dump, array, string, base64 or decimal", "--input", "xml")
        self.wrong("--max-frame is a number of bytes, from 64 to 2147483643", "--max-frame", "1")

    def test_names(self) -> None:
        self.complains(1, 'kwire: no API has the name or key "Fetsch"; did you mean Fetch?',
                       "explain", "--api", "Fetsch")
        self.complains(1, "kwire: ERR_VERSION: HeartbeatRequest has versions 0 to 4, not 9",
                       "explain", "--message", "HeartbeatRequest", "--version", "9")

    def test_inputs(self) -> None:
        self.complains(3, 'kwire: "no-such-file.bin": No such file or directory', "explain", "no-such-file.bin")
        self.complains(1, "kwire: standard input: it is empty", "explain")
        done = kwire("explain", stdin="0000\n00?0")
        self.assertEqual((1, "kwire: standard input: line 2, column 3: read as hex: "
                             "neither a hex digit nor a separator: '?'\n"), (done.status, done.err))


if __name__ == "__main__":
    if "--update" in sys.argv:
        update_transcripts()
    else:
        main()
