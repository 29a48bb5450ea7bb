#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pipes golden vectors through the roundtrip program: run_roundtrip.py PROGRAM FILE.jsonl.gz..."""
from __future__ import annotations

import gzip
import json
import subprocess
import sys


def main(program: str, files: list[str]) -> int:
    lines, versions = [], set()
    for name in files:
        with gzip.open(name, "rt", encoding="utf-8") as vectors:
            for vector in map(json.loads, vectors):
                lines.append(f'{vector["message"]} {vector["version"]} {vector["hex"]}\n')
                versions.add((vector["message"], vector["version"]))
    done = subprocess.run([program], input="".join(lines), text=True)
    print(f"{len(versions)} message versions")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
