# SPDX-License-Identifier: Apache-2.0
"""Common code of the dumping programs: a file of JSON lines, each with the name of its check in "check"."""
from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import TextIO

DIGESTED_FROM = 1000
START = 1_700_000_000_000
TIMES = (0, 1, START - 1, START, START + 1000, START + 9000, START + 9001, START + 31_000, START + 100_000,
         START + 100_001, 4_000_000_000_000)


def shortened(topic: str) -> str:
    return topic[:40]


def encoded(data: bytes | None) -> str | None:
    """Base64, or a digest if that would be long."""
    if data is None or len(data) < DIGESTED_FROM:
        return None if data is None else base64.b64encode(data).decode()
    return f"{len(data)} bytes, {base64.b64encode(hashlib.sha256(data).digest()).decode()}"


class Dump:
    def __init__(self, path: str | Path) -> None:
        self._file: TextIO = open(path, "w", encoding="utf-8")

    def line(self, check: str, **what: object) -> None:
        print(json.dumps({"check": check, **what}), file=self._file)

    def close(self) -> None:
        self._file.close()
