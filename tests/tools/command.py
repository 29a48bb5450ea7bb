# SPDX-License-Identifier: Apache-2.0
"""The kwire command as its users run it. KWIRE in the environment is its path."""

from __future__ import annotations

import json
import os
import subprocess
import unittest
from typing import Any, NamedTuple

KWIRE = os.environ.get("KWIRE", "")
TIMEOUT = 60

Json = dict[str, Any]


class Done(NamedTuple):
    status: int
    out: str
    err: str


def kwire(*words: str, stdin: bytes | str = b"", **more: str) -> Done:
    """`more` are further variables of the environment."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run([KWIRE, *words], input=data, capture_output=True, timeout=TIMEOUT, check=False,
                          env=os.environ | more)
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


class CommandTest(unittest.TestCase):
    maxDiff = None

    def prints(self, expected: str, *words: str, stdin: bytes | str = b"") -> None:
        """Exactly this line on standard output and nothing on standard error."""
        self.assertEqual(Done(0, expected + "\n", ""), kwire(*words, stdin=stdin))

    def complains(self, status: int, expected: str, *words: str, stdin: bytes | str = b"") -> None:
        """Exactly this line on standard error and nothing on standard output."""
        self.assertEqual(Done(status, "", expected + "\n"), kwire(*words, stdin=stdin))

    def answers(self, verb: str, lines: list[bytes], *options: str) -> list[Json]:
        """The answers of --jsonl, one a line."""
        done = kwire(verb, "--jsonl", *options, stdin=b"".join(line + b"\n" for line in lines))
        self.assertEqual((0, ""), (done.status, done.err))
        answers = done.out.split("\n")
        self.assertEqual("", answers.pop())
        self.assertEqual(len(lines), len(answers))
        return [json.loads(answer) for answer in answers]

    def answer(self, verb: str, line: bytes | str | Json, *options: str) -> Json:
        if isinstance(line, dict):
            line = json.dumps(line)
        return self.answers(verb, [line.encode() if isinstance(line, str) else line], *options)[0]


def main() -> None:
    if not KWIRE:
        raise SystemExit("set KWIRE to the path of the command")
    unittest.main()
