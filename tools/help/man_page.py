# SPDX-License-Identifier: Apache-2.0
"""Help as a manual page, in the macros of man(7)."""

from __future__ import annotations

import re

from help_source import Block, Help


def _escaped(text: str) -> str:
    for plain, special in (("\\", "\\e"), ("-", "\\-"), ("'", "\\(aq"), ("^", "\\(ha"), ("~", "\\(ti")):
        text = text.replace(plain, special)
    return f"\\&{text}" if text.startswith((".", "\\(aq")) else text


def _term(term: str) -> str:
    """Option names in bold, placeholders in italics."""
    words = []
    for word in re.split(r"(\s+|,)", term):
        font = "B" if word.startswith("-") else "I" if re.fullmatch(r"[A-Z][A-Z:|-]*", word) else ""
        words.append(f"\\f{font}{_escaped(word)}\\fR" if font else _escaped(word))
    return "".join(words)


def _block(block: Block, first: bool) -> list[str]:
    if block.kind == "items":
        return [line for term, text in block.items() for line in (".TP", _term(term), _escaped(text)) if line]
    if block.kind == "preformatted":
        return [*([] if first else [".PP"]), ".nf", *(_escaped(line) for line in block.lines), ".fi"]
    return [*([] if first else [".PP"]), *(_escaped(line) for line in block.lines)]


def _usage_line(line: str) -> str:
    program = re.match(r"kwire(?:-[a-z]+)?(?: [a-z][a-z-]*)?", line)
    if program is None:
        return _escaped(line)
    return f"\\fB{_escaped(program[0])}\\fR{_escaped(line[program.end():])}"


def page(help_text: Help, others: list[str], version: str) -> str:
    """`others`: the pages of SEE ALSO."""
    name = help_text.name if help_text.name.startswith("kwire") else f"kwire-{help_text.name}"
    out = [f'.TH {name.upper()} 1 "" "kwire {version}" "User Commands"', ".SH NAME",
           f"{_escaped(name)} \\- {_escaped(help_text.summary)}", ".SH SYNOPSIS", ".nf",
           *(_usage_line(line) for line in help_text.lines("USAGE")), ".fi"]
    for heading, blocks in help_text.sections.items():
        if heading == "USAGE":
            continue
        out.append(f".SH {heading}")
        for i, block in enumerate(blocks):
            out += _block(block, i == 0)
    also = [f".BR {_escaped(other)} (1){',' if i + 1 < len(others) else ''}" for i, other in enumerate(others)]
    return "\n".join([*out, ".SH SEE ALSO", *also, ""])
