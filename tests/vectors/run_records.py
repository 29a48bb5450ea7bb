#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares kwire's reading of records fields with Kafka's: run_records.py PROGRAM FILE.jsonl.gz...

Fields that Kafka wrote must give equal values. Damaged fields ("damaged":true) that Kafka refuses must be refused, and
those that both accept must give equal values; kwire may refuse more, as it checks more. If an offset delta is
negative, Kafka computes sequences below -1, kwire does not.
"""
from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections import Counter
from typing import Any

NOT_BUILT_IN = "ERR_CODEC"


def read(file: str) -> list[dict[str, Any]]:
    opened = gzip.open(file, "rt", encoding="utf-8") if file.endswith(".gz") else open(file, encoding="utf-8")
    with opened as lines:
        return [json.loads(line) for line in lines]


def difference(got: Any, want: Any, where: str) -> str | None:
    """The place and kind of the difference of two JSON values."""
    if isinstance(got, dict) and isinstance(want, dict):
        for key in sorted(got.keys() | want.keys()):
            if key not in got or key not in want:
                return f"{where}.{key}: {'missing' if key in want else 'unexpected'}"
            if found := difference(got[key], want[key], f"{where}.{key}"):
                return found
        return None
    if isinstance(got, list) and isinstance(want, list) and len(got) == len(want):
        return next((d for i in range(len(got)) if (d := difference(got[i], want[i], f"{where}[{i}]"))), None)
    return None if type(got) is type(want) and got == want else f"{where}: got {got!r}, want {want!r}"


def without_sequences(batch: dict[str, Any]) -> dict[str, Any]:
    return batch | {"records": [record | {"sequence": 0} for record in batch["records"]]}


def batch_difference(got: dict[str, Any], want: dict[str, Any], damaged: bool, where: str) -> str | None:
    if "error" in want:
        return None if "error" in got else f"{where}: Kafka refuses it: {want['error']}"
    if damaged and "error" in got:
        return None
    if damaged and any(record["sequence"] < -1 for record in want["records"]):
        return difference(without_sequences(got), without_sequences(want), where)
    return difference(got, want, where)


def answer_difference(got: dict[str, Any], want: dict[str, Any], damaged: bool) -> str | None:
    for i, batch in enumerate(want["batches"]):
        where = f"batches[{i}]"
        if i == len(got["batches"]):
            if "error" in got and (damaged or "error" in batch):
                return None
            return f"{where}: missing: {got.get('error')}"
        if found := batch_difference(got["batches"][i], batch, damaged, where):
            return found
    if "error" in want:
        return None if "error" in got else f"Kafka refuses it: {want['error']}"
    if damaged and "error" in got:
        return None
    if len(got["batches"]) != len(want["batches"]):
        return f"got {len(got['batches'])} batches, want {len(want['batches'])}"
    return difference(got.get("left"), want["left"], "left")


def main(program: str, files: list[str]) -> int:
    wanted = [line for file in files for line in read(file)]
    done = subprocess.run([program], input="".join(line["hex"] + "\n" for line in wanted), text=True,
                          stdout=subprocess.PIPE)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode != 0 or len(answers) != len(wanted) or not wanted:
        print(f"{program} ended with {done.returncode} after {len(answers)} of {len(wanted)} lines", file=sys.stderr)
        return 1
    counts: Counter[str] = Counter()
    for line, answer in zip(wanted, answers):
        if any(batch.get("error") == NOT_BUILT_IN for batch in answer["batches"]):
            counts["in a codec that is not built in"] += 1
        elif found := answer_difference(answer, line, line.get("damaged", False)):
            counts["different"] += 1
            print(f"{found}\n  in {line['hex']}", file=sys.stderr)
        else:
            counts["alike"] += 1
    print(", ".join(f"{number} {what}" for what, number in sorted(counts.items())))
    return 0 if counts["alike"] and not counts["different"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
