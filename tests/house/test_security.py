#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/security.md names tests for each invariant; they must exist.

usage: test_security.py BUILD_ROOT
"""
from __future__ import annotations

import json
import re
import sys
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "security.md"


def invariants(text: str) -> dict[int, str]:
    """Number and text of each."""
    parts = re.split(r"^(\d+)\. ", re.sub(r"^#+ .*$", "", text, flags=re.MULTILINE), flags=re.MULTILINE)
    return {int(number): body.split("\n\n")[0] for number, body in zip(parts[1::2], parts[2::2])}


def main() -> int:
    listed = json.loads((Path(sys.argv[1]) / "meson-info" / "intro-tests.json").read_text(encoding="utf-8"))
    tests = {test["name"] for test in listed}
    found = invariants(DOCUMENT.read_text(encoding="utf-8"))
    wrong: list[str] = []
    if list(found) != list(range(1, len(found) + 1)) or not found:
        wrong.append(f"the invariants are numbered {list(found)}")
    for number, body in found.items():
        held = re.search(r"Held\s+by\s+(.*)", body, re.DOTALL)
        names = [re.sub(r"\s+", " ", name) for name in re.findall(r"`([^`]+)`", held[1])] if held else []
        wrong += [f"invariant {number}: there is no test {name!r}" for name in names if name not in tests]
        if not names:
            wrong.append(f"invariant {number} names no test")
    print("\n".join(wrong) or f"{len(found)} invariants")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
