# SPDX-License-Identifier: Apache-2.0
"""What differs between two values of JSON, and which of that is known to."""
from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

Json = dict[str, object]
DIRECTORY = "directory"  # in the place of an API


@dataclass
class Deviation:
    api: str
    what: re.Pattern[str]
    needed: bool = False

    def covers(self, api: str, line: str) -> bool:
        path = line.split(": ")[0]
        if self.api not in ("*", api) or not (self.what.fullmatch(path) or self.what.fullmatch(line)):
            return False
        self.needed = True
        return True


class Deviations:
    """Lines of an API, a regular expression and a reason; after a line "==" those that are only of removed versions."""

    def __init__(self, file: Path, removed: bool) -> None:
        always, _, only_removed = file.read_text(encoding="utf-8").partition("\n==")
        lines = (always + only_removed if removed else always).splitlines()
        parts = [line.split(" | ") for line in lines if line.strip() and not line.startswith("#")]
        self.known = [Deviation(api.strip(), re.compile(what.strip())) for api, what, _ in parts]

    def unknown(self, api: str, lines: list[str]) -> list[str]:
        return [line for line in lines if not any([one.covers(api, line) for one in self.known])]

    def not_needed(self) -> list[str]:
        return [f"{one.api} | {one.what.pattern}" for one in self.known if not one.needed]


def canonical(value: object) -> str:
    """The same for equal values."""
    return json.dumps(value, sort_keys=True)


def by_name(items: list[object]) -> Json:
    """What a list has, if that has names which are not repeated."""
    named = {item["name"]: item for item in items if isinstance(item, dict) and isinstance(item.get("name"), str)}
    return named if len(named) == len(items) else {}


def differences(one: object, other: object, path: str = "") -> list[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        return [line for name in sorted({*one, *other})
                for line in differences(one.get(name, "missing"), other.get(name, "missing"), f"{path}.{name}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [line for a, b in zip(one, other) for line in differences(a, b, f"{path}[]")]
    if one == other:
        return []
    if path.endswith(".configs") and isinstance(one, list) and isinstance(other, list):
        a, b = by_name(one), by_name(other)
        if a and b:
            return differences(a, b, f"{path}[]")
    return [f"{path.lstrip('.')}: Kafka {shortened(one)}, kwire {shortened(other)}"]


def shortened(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) < 300 else f"{text[:300]}... ({len(text)} characters)"
