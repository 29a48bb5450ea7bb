#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the library's verdict on produced records with Kafka's: run_append.py PROGRAM FILE.jsonl.gz"""
from __future__ import annotations

import gzip
import json
import subprocess
import sys

RECORDS_AT = 61
NOT_BUILT_IN = ("this server does not have the compression codec", "codec is not built in")

# Intended differences: name of the case, error code, reason.
DEVIATIONS = {
    "length 14 in magic 2": (2, "Kafka reads beyond the batch and fails"),
    "varint of 12 bytes": (87, "Kafka fails instead of refusing it"),
    "record length beyond the end, gzip": (87, "Kafka does not check lengths inside compressed batches"),
    "offsets 0 5": (87, "Kafka appends what consumers cannot read"),
    "offsets 0 0": (87, "Kafka appends what consumers cannot read"),
    "offset -3": (87, "Kafka appends what consumers cannot read"),
    "offsets 0 5, gzip": (87, "Kafka fails instead of refusing it"),
}


def ask(program: str, cases: list[dict]) -> list[str]:
    questions = "".join(f'{case["version"]} {case["config"]} {case["hex"]}\n' for case in cases)
    done = subprocess.run([program], input=questions, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.splitlines()


def unpacked(log: str) -> bytes:
    """The batch without length and checksum, and with its records decompressed."""
    batch = bytes.fromhex(log)
    codec = batch[22] & 7
    records = gzip.decompress(batch[RECORDS_AT:]) if codec == 1 else batch[RECORDS_AT:]
    return batch[:8] + batch[12:17] + batch[21:RECORDS_AT] + records


def same(ours: str, kafka: str) -> bool:
    mine, theirs = ours.split(" ", 4), kafka.split(" ")
    if mine[0] != theirs[0]:
        return False
    if mine[0] == "ok":
        return mine[:4] == theirs[:4] and (mine[4] == theirs[4] or unpacked(mine[4]) == unpacked(theirs[4]))
    return mine[1] == theirs[1] and mine[2].replace("-", "") == (theirs[2] if len(theirs) > 2 else "")


def complaint(case: dict, ours: str) -> str:
    if ours.endswith(NOT_BUILT_IN):
        return ""
    if case["name"] in DEVIATIONS:
        code, why = DEVIATIONS[case["name"]]
        if ours.startswith(f"error {code} ") and not same(ours, case["kafka"]):
            return ""
        return f"is no longer the deviation that is listed ({why})"
    return "" if same(ours, case["kafka"]) else "differs"


def with_any_offsets(cases: list[dict]) -> list[dict]:
    """The bytes that the library appends with rules as lenient as Kafka's."""
    lenient = []
    for case in cases:
        if case["name"] in ("offsets 0 5", "offsets 0 0", "offset -3"):
            lenient.append({**case, "name": case["name"] + ", lenient", "config": "any.offsets=true"})
    return lenient


def main(program: str, file: str) -> int:
    with gzip.open(file, "rt", encoding="ascii") as lines:
        cases = [json.loads(line) for line in lines]
    cases += with_any_offsets(cases)
    failures = 0
    answers = ask(program, cases)
    if len(answers) != len(cases):
        print(f"{len(answers)} answers to {len(cases)} cases")
        return 1
    for case, ours in zip(cases, answers):
        what = complaint(case, ours)
        if what:
            failures += 1
            print(f'{case["name"]}: {what}\n  ours  {ours}\n  Kafka {case["kafka"]}')
    print(f"{len(cases)} cases, {failures} failures")
    return failures != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
