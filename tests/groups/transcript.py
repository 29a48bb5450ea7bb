# SPDX-License-Identifier: Apache-2.0
"""The recorded conversations of a module: a title for each, then its lines.

`NAME: ` is a request, `NAME< ` an answer, `= ` a record of the group, `# ` a note; lines that start with four spaces
continue the one before. `! ` after a line is what kwire-broker says instead, with the reason on a line `!# ` before it.
"""
from __future__ import annotations

import difflib
from pathlib import Path

HEAD = "# SPDX-License-Identifier: Apache-2.0\n# {}\n# As Apache Kafka answers; recorded by `run --record`.\n"


def joined(lines: list[str]) -> list[str]:
    """With what continues a line in the same line."""
    found: list[str] = []
    for line in lines:
        if line.startswith("    ") and found:
            found[-1] += "\n" + line
        else:
            found.append(line)
    return found


def load(path: Path) -> dict[str, list[str]]:
    talks: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in path.read_text().splitlines() if path.exists() else []:
        if line.startswith("== "):
            lines = talks.setdefault(line[3:].partition(":")[0], [])
        elif line and not (line.startswith("#") and not talks):
            lines.append(line)
    return {name: joined(lines) for name, lines in talks.items()}


def of_kafka(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.startswith("!")]


def of_kwire(lines: list[str]) -> list[str]:
    """`! ` lines in the place of the one before them; "! -" is nothing."""
    found: list[str] = []
    replaced = False
    for line in lines:
        if line.startswith("!#"):
            continue
        if line.startswith("! "):
            if not replaced:
                found.pop()
            replaced = True
            if line != "! -":
                found.append(line[2:].replace("\n  ", "\n"))
        else:
            replaced = False
            found.append(line)
    return found


def save(path: Path, title: str, talks: dict[str, list[str]], titles: dict[str, str]) -> None:
    """What was said of kwire-broker stays where Kafka's line is as it was."""
    before = load(path)
    text = HEAD.format(title)
    for name in titles:
        lines = joined(talks[name]) if name in talks else of_kafka(before.get(name, []))
        own: dict[tuple[str, int], list[str]] = {}
        key, seen = ("", 0), {}
        for line in before.get(name, []):
            if line.startswith("!"):
                own.setdefault(key, []).append(line)
            else:
                seen[line] = seen.get(line, 0) + 1
                key = line, seen[line]
        seen = {}
        text += f"\n== {name}: {titles[name]}\n"
        for line in lines:
            seen[line] = seen.get(line, 0) + 1
            text += "\n".join([line, *own.get((line, seen[line]), [])]) + "\n"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def difference(expected: list[str], actual: list[str], names: tuple[str, str]) -> str:
    """"" if there is none."""
    return "\n".join(difflib.unified_diff("\n".join(expected).split("\n"), "\n".join(actual).split("\n"), *names,
                                          lineterm="", n=3))
