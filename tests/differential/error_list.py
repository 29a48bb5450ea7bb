# SPDX-License-Identifier: Apache-2.0
"""errors.txt: the errors that Apache Kafka can give, and what has compared them."""
from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).resolve().parent / "errors.txt"
HOW = re.compile(r"(conversation)|(table) (\S+)|(test) (\S+): \S.*|(not): \S.*")


@dataclass(frozen=True)
class Row:
    api: str
    error: str
    kind: str  # conversation, table, test, not
    where: str


def load() -> list[Row]:
    rows = []
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        api, error, how = line.split(" | ")
        found = HOW.fullmatch(how)
        if not found:
            raise SystemExit(f"{FILE}: {line}")
        kind, *where = filter(None, found.groups())
        rows.append(Row(api, error, kind, "".join(where)))
    return rows


def not_listed(seen: Iterable[tuple[str, str]]) -> list[str]:
    """Of errors of APIs those that are not in the list."""
    known = {(row.api, row.error) for row in load()}
    return sorted(f"{api} | {error}" for api, error in {*seen} - known)


def not_seen(seen: Iterable[tuple[str, str]]) -> list[str]:
    """What conversations have shown, and this run has not."""
    wanted = {(row.api, row.error) for row in load() if row.kind == "conversation"}
    return sorted(f"{api} | {error}" for api, error in wanted - {*seen})
