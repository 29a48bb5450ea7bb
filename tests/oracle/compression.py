#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compression both ways between this library and Kafka. PROGRAM is the one built from tests/vectors/compression.

    compression.py make PROGRAM     prints the golden file: what Kafka compresses
    compression.py check PROGRAM    has Kafka decompress what PROGRAM compresses, and compares
"""
from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ORACLE = Path(__file__).with_name("oracle.sh")


def contents_of(program: str, mode: str) -> list[dict]:
    done = subprocess.run([program, mode], stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def ask(verb: str, questions: list[dict]) -> list[dict]:
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run([ORACLE, verb], input=lines, stdout=subprocess.PIPE, text=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(questions):
        sys.exit(f"compression.py: {len(answers)} answers to {len(questions)} questions")
    return answers


def name(question: dict) -> str:
    return f"{question['codec']} {question['magic']} {question['kind']} {question['size']}"


def make(program: str) -> int:
    questions = contents_of(program, "contents")
    for question, answer in zip(questions, ask("compress", questions)):
        print(name(question), answer["hex"])
    return 0


def check(program: str) -> int:
    wanted = contents_of(program, "contents")
    answers = ask("decompress", contents_of(program, "compressed"))
    wrong = [(question, answer) for question, answer in zip(wanted, answers) if answer.get("hex") != question["hex"]]
    for question, answer in wrong:
        print(f"{name(question)}: {answer.get('error', 'other content')}")
    print(f"{len(wanted)} contents, {len(wrong)} that Kafka does not read")
    return 1 if wrong or not wanted else 0


def main(arguments: list[str]) -> int:
    verbs = {"make": make, "check": check}
    if len(arguments) != 2 or arguments[0] not in verbs:
        print(__doc__, file=sys.stderr)
        return 2
    return verbs[arguments[0]](arguments[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
