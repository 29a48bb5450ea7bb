#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Releases of Apache Kafka are named only in schema/sources.txt and in files that are imported from them, so that a new
release is a change in one place."""
from __future__ import annotations

import re
import subprocess
import unittest
from pathlib import Path

import style

ROOT = Path(__file__).resolve().parents[2]
# Measurements and recordings made with a release, and history.
RECORDS = {"CHANGELOG.md", "README.md", "docs/performance.md", "tests/broker/answers.txt",
           "tests/broker/consumer_answers.txt", "tests/broker/offset_answers.txt",
           "tests/broker/old_answers.txt", "tests/broker/partition_answers.txt", "tests/broker/produce_answers.txt",
           "tests/codegen/test_import.py", "tests/tools/explain/frames.txt"}


def releases() -> list[str]:
    """Those from 3.0 on, oldest first."""
    command = str(ROOT / "scripts" / "kafka-release")
    done = [subprocess.run([command, name], check=True, capture_output=True, text=True)
            for name in ("newest", "removed", "minors")]
    words = {word for one in done for word in one.stdout.split() if int(word.split(".")[0]) >= 3}
    return sorted(words, key=lambda word: [int(number) for number in word.split(".")])


def offences(name: str, text: str, pattern: re.Pattern[str]) -> list[str]:
    return [f"{name}:{number}: {line.strip()}" for number, line in enumerate(text.splitlines(), 1)
            if pattern.search(line)]


class KafkaReleases(unittest.TestCase):
    # Other software may have the same number: a line counts only if it names Kafka or its variable.
    def setUp(self) -> None:
        numbers = "|".join(map(re.escape, releases()))
        self.pattern = re.compile(rf"(?i:kafka|release|java|<version>).*(?<![\d.])(?:{numbers})(?![\d.]*\d)")

    def test_project(self) -> None:
        found, read = [], 0
        for name in style.project_files():
            if name.startswith("schema/") or name in RECORDS or Path(name).suffix in style.BINARY:
                continue
            read += 1
            found += offences(name, (ROOT / name).read_text(encoding="utf-8", errors="replace"), self.pattern)
        self.assertEqual(found, [], "\n" + "\n".join(found))
        self.assertGreater(read, 500)

    def test_offences_are_found(self) -> None:
        newest = releases()[-1]
        for line in (f"<version>{newest}</version>", f"kafka={newest}", f"Apache Kafka {newest}.",
                     f"kafka-clients-{newest}.jar"):
            self.assertEqual(len(offences("a", line, self.pattern)), 1, line)
        for line in ("Kafka 4.4", f"\"debug\": \"^{newest}\"", f"kafka 1{newest}", f"Kafka {newest}.1"):
            self.assertEqual(offences("a", line, self.pattern), [], line)


if __name__ == "__main__":
    unittest.main()
