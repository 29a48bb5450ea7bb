# SPDX-License-Identifier: Apache-2.0
"""The list of mutants that behave as the original does, each with the reason."""
from __future__ import annotations

import re
from pathlib import Path

from .operators import Key


def form(key: Key, reason: str) -> str:
    number = f" ({key.number})" if key.number > 1 else ""
    return f"{key.file}: {key.function or '-'}\n    {key.line}\n    {key.change}{number}\n    Reason: {reason}\n"


def parse(text: str, name: str = "") -> dict[Key, str]:
    """Paragraphs of `FILE: FUNCTION`, the line, changes with (NUMBER) if several are equal, and `Reason: ...`."""
    found = {}
    for match in re.finditer(r"(?:^[^\n#].*\n?)+", text, re.MULTILINE):
        lines = [line.strip() for line in match[0].splitlines()]
        place = re.fullmatch(r"(\S+): (\S+)", lines[0])
        last = next((i for i, line in enumerate(lines) if re.match(r"Reason: \S", line)), 0)
        if place is None or last < 3:
            line = text.count("\n", 0, match.start()) + 1
            raise ValueError(f"{name}:{line}: not `FILE: FUNCTION`, line, change, `Reason: ...`")
        for change in lines[2:last]:
            counted = re.fullmatch(r"(.*) \((\d+)\)", change)
            change, number = (counted[1], int(counted[2])) if counted else (change, 1)
            key = Key(place[1], place[2].removeprefix("-"), lines[1], change, number)
            found[key] = " ".join(lines[last:]).removeprefix("Reason: ")
    return found


def read(path: Path) -> dict[Key, str]:
    return parse(path.read_text(encoding="utf-8"), path.name) if path.exists() else {}
