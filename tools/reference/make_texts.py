#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make_texts.py OUTPUT fields.txt messages.txt

Writes reference_texts.c: the two tables, sorted by name for a binary search."""

from __future__ import annotations

import sys
from pathlib import Path


def read(path: Path) -> list[tuple[str, str]]:
    texts: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        name, _, text = line.partition(" ")
        if name in texts or not text.endswith(".") or not text.isascii():
            raise SystemExit(f"{path}:{number}: NAME TEXT, each name once, ASCII, with a full stop at the end")
        texts[name] = text
    return sorted(texts.items())


def table(name: str, texts: list[tuple[str, str]]) -> str:
    lines = []
    for key, text in texts:
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'    {{"{key}", "{quoted}"}},\n')
    return (f"const reference_text {name}[] = {{\n{''.join(lines)}}};\n"
            f"const size_t {name[:-1]}_count = sizeof {name} / sizeof {name}[0];\n")


def main(output: str, fields: str, messages: str) -> None:
    parts = ['#include "reference/texts.h"\n', table("field_texts", read(Path(fields))),
             table("message_texts", read(Path(messages)))]
    Path(output).write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
