#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares batches that the library builds and patches with Kafka's: run_build_records.py PROGRAM FILE.jsonl.gz

Uncompressed batches must be equal byte for byte. Of compressed ones the header, except size and checksum, and the
records must be equal.
"""
from __future__ import annotations

import gzip
import json
import subprocess
import sys
from typing import Iterator

NOT_BUILT_IN = "error ERR_CODEC"


def questions(case: dict) -> Iterator[str]:
    yield f'build {case["build"]}'
    if "patch" in case:
        yield f'patch {case["patch"]} {case["hex"]}'


def without_content(batch: bytes) -> bytes:
    """The bytes of a compressed batch before its records, without length and checksum."""
    magic = batch[16]
    if magic == 2:
        return batch[:8] + batch[12:17] + batch[21:61]
    return batch[:8] + batch[16:30 if magic == 1 else 22]


def complaint(case: dict, built: str) -> str:
    magic, codec, _, append_time = case["build"].split()[:4]
    if codec != "0" and built == NOT_BUILT_IN:
        return ""
    if case.get("error"):
        return "" if built == "error ERR_ARGUMENT" else "Kafka refuses this"
    words = built.split(" ")
    if words[0] != "ok":
        return "Kafka builds this"
    if case["hex"] == "":
        return "" if words[1] == "" else "Kafka leaves nothing"
    if int(words[2]) != case["maxTimestamp"]:
        return "another max timestamp"
    # Otherwise Kafka returns the offset of another record of the batch.
    if magic != "2" and codec == "0" and append_time == "-1" and int(words[3]) != case["maxTimestampOffset"]:
        return "another offset of the max timestamp"
    ours, kafkas = bytes.fromhex(words[1]), bytes.fromhex(case["hex"])
    if codec == "0":
        return "" if ours == kafkas else "other bytes"
    if without_content(ours) != without_content(kafkas):
        return "another header"
    return "" if words[4] == case["payload"] else "other records"


def main(program: str, file: str) -> int:
    with gzip.open(file, "rt", encoding="ascii") as lines:
        cases = [json.loads(line) for line in lines]
    asked = "\n".join(question for case in cases for question in questions(case))
    done = subprocess.run([program], input=asked + "\n", stdout=subprocess.PIPE, text=True, check=True)
    answers = iter(done.stdout.splitlines())
    failures = 0
    for case in cases:
        built = next(answers, "")
        what = complaint(case, built)
        patched = next(answers, "") if "patch" in case else ""
        if not what and "patch" in case and patched != f'ok {case["patched"]}':
            what = "patched to other bytes"
        if what:
            failures += 1
            print(f'{what}: {json.dumps(case)}\n  ours: {built} {patched}')
    print(f"{len(cases)} batches, {failures} failures")
    return failures != 0 or not cases


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
