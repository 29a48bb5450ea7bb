# SPDX-License-Identifier: Apache-2.0
"""The help of a verb, as written in VERB.txt: sections of paragraphs, items and preformatted lines.

A section starts with its heading in capitals; its content is indented by two. A
line of a paragraph is indented no further. An item is a term, two or more
spaces, and a text that continues in lines indented further. Preformatted lines
are indented by four or more."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

WIDTH = 85


@dataclass
class Block:
    """Lines without the section's indentation, between two empty ones."""
    kind: str  # "paragraph", "items" or "preformatted"
    lines: list[str]

    def items(self) -> list[tuple[str, str]]:
        """Term and text; the text in one line."""
        found: list[tuple[str, str]] = []
        for line in self.lines:
            if line.startswith(" "):
                term, text = found[-1]
                found[-1] = (term, f"{text} {line.strip()}".strip())
            else:
                found.append(_term_and_text(line))
        return found


@dataclass
class Option:
    names: list[str]
    value: str  # "" if it takes none
    text: str

    def choices(self) -> list[str]:
        """The values of "always|never|auto", or that the text lists, as "binary, hex or base64"; [] if any can be."""
        if "|" in self.value:
            return self.value.split("|")
        listed = re.search(r"(?:^|: | as )([\w-]+(?:, [\w-]+)+(?: or [\w-]+)?)(?=$|[ .;])", self.text)
        if self.value not in ("FORM", "KIND", "MECHANISM", "NAME") or listed is None:
            return []
        return re.split(r", | or ", listed[1])


@dataclass
class Help:
    name: str
    summary: str
    sections: dict[str, list[Block]] = field(default_factory=dict)

    def lines(self, heading: str) -> list[str]:
        """The content of a section, blocks separated by an empty line."""
        out: list[str] = []
        for block in self.sections.get(heading, []):
            out += [*([""] if out else []), *block.lines]
        return out

    def options(self) -> list[Option]:
        """The options of the section OPTIONS: "--max-memory BYTES" or "-i, --interface NAME" are terms."""
        found = []
        for block in self.sections.get("OPTIONS", []):
            for term, text in block.items() if block.kind == "items" else []:
                words = term.replace(",", " ").split()
                names = [word for word in words if word.startswith("-")]
                values = [word for word in words if not word.startswith("-")]
                found.append(Option(names, values[0] if values else "", text))
        return found

    def repeats(self) -> bool:
        """Whether the word at the last position may be repeated, as in "FILE..."."""
        return any(re.search(r"(?<!OPTION)\.\.\.", line) for line in self.lines("USAGE"))

    def positions(self) -> list[set[str]]:
        """For each position of a word that is not an option, the words at it in all usage lines."""
        found: list[set[str]] = []
        for line in self.lines("USAGE"):
            rest = re.sub(r"\[OPTION\.\.\.\]|\[-[^\[\]]*(\[[^\]]*\][^\[\]]*)*\]|-\S+( [A-Z]\S*)?", " ", line)
            words = rest.split()[2 if self.name != "kwire" else 1:]
            for place, word in enumerate(re.sub(r" *\| *", "|", " ".join(words)).split()):
                kinds = {kind for kind in re.split(r"[\[\]|.]+", word) if kind}
                if place == len(found):
                    found.append(set())
                found[place] |= kinds
        return found


def _term_and_text(line: str) -> tuple[str, str]:
    parts = re.split(r" {2,}", line, maxsplit=1)
    return parts[0], parts[1] if len(parts) > 1 else ""


def _kind(heading: str, lines: list[str]) -> str:
    if heading == "USAGE" or all(line.startswith("  ") for line in lines):
        return "preformatted"
    first = lines[0]
    if re.search(r"\S {2,}\S", first) or (first.startswith("-") and len(lines) > 1 and lines[1].startswith(" ")):
        return "items"
    return "paragraph"


class Reader:
    def __init__(self, path: Path, replace: dict[str, str]) -> None:
        self.path = path
        text = path.read_text(encoding="utf-8")
        for mark, value in replace.items():
            text = text.replace(f"@{mark}@", value)
        self.rows = text.split("\n")

    def refuse(self, number: int, why: str) -> NoReturn:
        raise SystemExit(f"{self.path}:{number + 1}: {why}")

    def read(self) -> Help:
        first = re.fullmatch(r"([a-z-]+) - (.+)", self.rows[0])
        if first is None or first[1] != self.path.stem:
            self.refuse(0, f'the first line is "{self.path.stem} - SUMMARY"')
        help_text = Help(first[1], first[2])
        heading = ""
        pending: list[str] = []
        for number, row in enumerate([*self.rows[1:], ""], 1):
            if len(row) > WIDTH or row != row.rstrip() or "\t" in row:
                self.refuse(number, f"more than {WIDTH} columns, white space at the end, or a tab")
            if row.startswith("  "):
                if not heading:
                    self.refuse(number, "text before the first heading")
                pending.append(row[2:])
                continue
            if pending:
                help_text.sections[heading].append(Block(_kind(heading, pending), pending))
                pending = []
            if row:
                if not re.fullmatch(r"[A-Z][A-Z ]*", row) or row in help_text.sections:
                    self.refuse(number, "neither indented by two nor a new heading in capitals")
                heading = row
                help_text.sections[heading] = []
        for needed in ("USAGE", "DESCRIPTION", "EXIT STATUS"):
            if not help_text.sections.get(needed):
                self.refuse(len(self.rows) - 1, f"the section {needed} is missing")
        return help_text


def read(path: Path, replace: dict[str, str]) -> Help:
    return Reader(path, replace).read()
