#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares `kwire decode --jsonl --raw-records` and `kwire encode --jsonl` with Apache Kafka's results for the same
bytes.

usage: run_vectors.py --kwire PATH [--deviations FILE] FILE.jsonl.gz...

See README.md for the files and for the rules of the comparison. Exit status 1 if anything differs.
"""

from __future__ import annotations

import argparse
import collections
import gzip
import json
import pathlib
import re
import struct
import subprocess
import sys
from typing import Any, Iterator, NamedTuple

Json = dict[str, Any]
MAX_SHOWN = 20
MAX_TEXT = 160


class Mismatch(Exception):
    """A difference, as text."""


class Case(NamedTuple):
    file: str
    number: int
    line: Json

    def __str__(self) -> str:
        return f"{self.file}:{self.number}: {self.line['message']} v{self.line['version']}"


class Deviation(NamedTuple):
    code: str
    pattern: re.Pattern[str]
    reason: str


class Deviations:
    """A case in which kwire intentionally refuses bytes that Kafka reads, and how often it occurred."""

    def __init__(self, path: pathlib.Path) -> None:
        self.list: list[Deviation] = []
        self.used: collections.Counter[Deviation] = collections.Counter()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            words = line.split(maxsplit=2)
            if len(words) != 3:
                sys.exit(f"{path}:{number}: expected an error code, a pattern and a reason")
            try:
                # Whole bytes only: an even number of digits precedes the pattern.
                self.list.append(Deviation(words[0], re.compile("^(?:..)*?" + words[1]), words[2]))
            except re.error as error:
                sys.exit(f"{path}:{number}: {error}")

    def allow(self, code: str, question: Json) -> bool:
        for deviation in self.list:
            if deviation.code == code and deviation.pattern.search(question["hex"]):
                self.used[deviation] += 1
                return True
        return False


class Kwire:
    """The command under test: gets all questions at once, and gives one answer per line."""

    def __init__(self, path: str) -> None:
        self.path = path

    def ask(self, verb: str, questions: list[Json]) -> Iterator[Json]:
        if not questions:
            return iter(())
        text = "".join(json.dumps(q, ensure_ascii=False, separators=(",", ":")) + "\n" for q in questions)
        command = [self.path, verb, "--jsonl"] + (["--raw-records"] if verb == "decode" else [])
        done = subprocess.run(command, input=text.encode(), stdout=subprocess.PIPE, timeout=600, check=False)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}: exit status {done.returncode}")
        answers = done.stdout.split(b"\n")
        if answers.pop() != b"" or len(answers) != len(questions):
            sys.exit(f"{' '.join(command)}: {len(answers)} answers to {len(questions)} questions")
        return map(parse_answer, answers, questions)


def parse_answer(line: bytes, question: Json) -> Json:
    """A broken answer is one mismatch, not the end of the run."""
    try:
        answer = json.loads(line.decode("utf-8"), object_pairs_hook=object_without_duplicates)
    except ValueError as error:
        return {"broken": f"{error} in {shorten(repr(line))}"}
    if not isinstance(answer, dict):
        return {"broken": f"not an object: {shorten(repr(line))}"}
    for key in ("message", "version"):
        if answer.get(key) != question[key]:
            return {"broken": f"{key} is {answer.get(key)!r}"}
    return answer


def object_without_duplicates(pairs: list[tuple[str, Any]]) -> Json:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError(f"duplicate key among {[name for name, _ in pairs]}")
    return result


def shorten(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "..."


def show(value: Any) -> str:
    return shorten(json.dumps(value, ensure_ascii=False))


def compare(expected: Any, actual: Any, path: str = "value") -> None:
    """Integers must be equal, floating point numbers bit for bit, however written; keys may be in any order."""
    if isinstance(expected, float):
        equal = is_number(actual) and struct.pack(">d", actual) == struct.pack(">d", expected)
    elif isinstance(expected, dict) and isinstance(actual, dict):
        compare_objects(expected, actual, path)
        return
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for i, element in enumerate(expected):
            compare(element, actual[i], f"{path}[{i}]")
        return
    else:
        equal = type(expected) is type(actual) and expected == actual
    if not equal:
        raise Mismatch(f"{path}: expected {show(expected)}, got {show(actual)}")


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def compare_objects(expected: Json, actual: Json, path: str) -> None:
    for name, value in expected.items():
        if name not in actual:
            raise Mismatch(f"{path}: no {name}, expected {show(value)}")
        compare(value, actual[name], f"{path}.{name}")
    for name, value in actual.items():
        if name not in expected:
            raise Mismatch(f"{path}: unexpected {name}: {show(value)}")


def error_of(answer: Json) -> Json | None:
    """The answer's error, None if it has none. An answer must have either a value or an error."""
    if "broken" in answer:
        raise Mismatch(f"broken answer: {answer['broken']}")
    error = answer.get("error")
    if error is None:
        return None
    if not isinstance(error, dict) or not isinstance(error.get("code"), str) or "value" in answer or "hex" in answer:
        raise Mismatch(f"malformed error: {show(answer)}")
    return error


def code_of(error: Json) -> str:
    return error["code"].upper().removeprefix("KW_").removeprefix("ERR_")


def expect_value(case: Case, answer: Json) -> None:
    error = error_of(answer)
    if error is not None:
        raise Mismatch(f"refused: {show(error)}, expected {show(case.line['value'])}")
    compare(case.line["value"], answer.get("value"))


def expect_hex(case: Case, answer: Json) -> None:
    error = error_of(answer)
    if error is not None:
        raise Mismatch(f"encode refused: {show(error)}, value {show(case.line['value'])}")
    expected, actual = case.line["hex"], answer.get("hex")
    if not isinstance(actual, str):
        raise Mismatch(f"encode: no hex in {show(answer)}")
    if expected != actual:
        at = next((i for i, (a, b) in enumerate(zip(expected, actual)) if a != b), min(len(expected), len(actual)))
        at -= at % 2
        raise Mismatch(f"encode: differs at byte {at // 2}: expected ...{shorten(expected[at:])}, "
                       f"got ...{shorten(actual[at:])}")


def question(case: Case, *keys: str) -> Json:
    return {key: case.line[key] for key in ("message", "version", *keys)}


class Runner:
    def __init__(self, kwire: Kwire, deviations: Deviations) -> None:
        self.kwire = kwire
        self.deviations = deviations
        self.mismatches = 0

    def report(self, case: Case, mismatch: Mismatch) -> None:
        self.mismatches += 1
        if self.mismatches <= MAX_SHOWN:
            print(f"{case}: {mismatch}")

    def run(self, file: str) -> None:
        with gzip.open(file, "rt", encoding="utf-8") as stream:
            cases = [Case(file, number, json.loads(line)) for number, line in enumerate(stream, 1)]
        if not cases:
            sys.exit(f"{file}: no vectors")
        before = self.mismatches
        verdicts = [case for case in cases if "consumed" in case.line or "error" in case.line]
        if verdicts:
            counts = self.run_verdicts(verdicts)
        else:
            counts = self.run_golden(cases)
        print(f"{file}: {counts}, {self.mismatches - before} mismatches")

    def run_golden(self, cases: list[Case]) -> str:
        self.check("decode", cases, "hex", expect_value)
        encodable = [case for case in cases if not case.line.get("unknownTags")]
        self.check("encode", encodable, "value", expect_hex)
        versions = {(case.line["message"], case.line["version"]) for case in cases}
        return f"{len(versions)} message versions, {len(cases)} decoded, {len(encodable)} encoded"

    def check(self, verb: str, cases: list[Case], key: str, expect: Any) -> None:
        questions = [question(case, key) for case in cases]
        for case, answer in zip(cases, self.kwire.ask(verb, questions)):
            try:
                expect(case, answer)
            except Mismatch as mismatch:
                self.report(case, mismatch)

    def run_verdicts(self, cases: list[Case]) -> str:
        counts: collections.Counter[str] = collections.Counter()
        again: list[Case] = []
        for case, answer in zip(cases, self.kwire.ask("decode", [question(case, "hex") for case in cases])):
            try:
                verdict = self.verdict(case, answer)
            except Mismatch as mismatch:
                self.report(case, mismatch)
                continue
            counts[verdict] += 1
            if verdict == "trailing bytes":
                # Without the bytes that Kafka left unread, the value must be Kafka's.
                shorter = case.line["hex"][: 2 * case.line["consumed"]]
                again.append(case._replace(line=case.line | {"hex": shorter}))
        self.check("decode", again, "hex", expect_value)
        return ", ".join([f"{len(cases)} verdicts"] + [f"{n} {name}" for name, n in sorted(counts.items())])

    def verdict(self, case: Case, answer: Json) -> str:
        """Both verdicts, as a word for the statistics."""
        error = error_of(answer)
        if "error" in case.line:
            if error is None:
                raise Mismatch(f"accepted as {show(answer.get('value'))}, Kafka says {shorten(case.line['error'])}")
            return "refused by both"
        left_over = case.line["consumed"] < len(case.line["hex"]) // 2
        if error is None:
            compare(case.line["value"], answer.get("value"))
            return "accepted by both"
        code = code_of(error)
        if left_over and code == "TRAILING":
            if error.get("offset") != case.line["consumed"]:
                raise Mismatch(f"trailing bytes at {error.get('offset')}, Kafka stops at {case.line['consumed']}")
            return "trailing bytes"
        if case.line.get("canonical", True) or not self.deviations.allow(code, case.line):
            raise Mismatch(f"refused: {show(error)}, Kafka reads {show(case.line['value'])}, "
                           f"hex {shorten(case.line['hex'])}")
        return "known deviations"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kwire", required=True, metavar="PATH", help="the command under test")
    parser.add_argument("--deviations", metavar="FILE", type=pathlib.Path,
                        default=pathlib.Path(__file__).with_name("deviations.txt"))
    parser.add_argument("files", nargs="+", metavar="FILE.jsonl.gz")
    options = parser.parse_args()

    deviations = Deviations(options.deviations)
    runner = Runner(Kwire(options.kwire), deviations)
    for file in options.files:
        runner.run(file)
    for deviation, times in deviations.used.items():
        print(f"deviation {deviation.code}, {times} times: {deviation.reason}")
    if runner.mismatches > MAX_SHOWN:
        print(f"{runner.mismatches - MAX_SHOWN} more mismatches")
    return 1 if runner.mismatches else 0


if __name__ == "__main__":
    sys.exit(main())
