#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the tests of franz-go's package kgo against a broker.

usage: own_tests.py HOST:PORT

One line for each test. All of them pass against Apache Kafka on the same machine but those that are skipped here.
"""
from __future__ import annotations

import os
import re
import subprocess
import sys

RECORDS = 5000  # of 500,000, which is what its longest tests produce if they are not told otherwise
SECONDS = 280
SKIPPED = {
    "TestOptValuesCoversEveryOption": "reads the source files of its package",
}
RESULT = re.compile(r"^--- (PASS|FAIL|SKIP): (\S+)", re.M)


def run(address: str, *more: str) -> tuple[dict[str, str], str, int]:
    """The result of each test, the output, and the exit status."""
    done = subprocess.run(
        ("./kgo.test", "-test.v", f"-test.timeout={SECONDS}s", f"-test.skip=^({'|'.join(SKIPPED)})$", *more),
        env={**os.environ, "KGO_SEEDS": address, "KGO_TEST_RF": "1", "KGO_TEST_RECORDS": f"{RECORDS}"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    return {name: result for result, name in RESULT.findall(done.stdout)}, done.stdout, done.returncode


def main() -> int:
    """They run beside each other, and some give up after seconds: those that fail run once more, alone."""
    results, output, status = run(sys.argv[1])
    again = [name for name, result in results.items() if result == "FAIL"]
    if again:
        print("\n".join(output.splitlines()[-400:]), file=sys.stderr)
        found, output, status = run(sys.argv[1], f"-test.run=^({'|'.join(again)})$", "-test.parallel=1")
        results |= found
    for name, result in results.items():
        if result == "PASS":
            print(f"ok {name}")
        elif result == "FAIL":
            print(f"FAILED {name}: see the output below")
    if status != 0:
        print("\n".join(output.splitlines()[-400:]), file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
