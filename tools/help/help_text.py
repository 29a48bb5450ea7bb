# SPDX-License-Identifier: Apache-2.0
"""Help as `kwire VERB --help` prints it, and as a table in C."""

from __future__ import annotations

from help_source import Block, Help


def _usage(lines: list[str]) -> list[str]:
    return [("usage: " if i == 0 else "       ") + line for i, line in enumerate(lines)]


def _description(blocks: list[Block]) -> list[str]:
    """Paragraphs start at the margin."""
    out: list[str] = []
    for block in blocks:
        indent = "" if block.kind == "paragraph" else "  "
        out += ["", *(indent + line for line in block.lines)]
    return out


def printed(help_text: Help) -> str:
    out = _usage(help_text.lines("USAGE")) + _description(help_text.sections["DESCRIPTION"])
    for heading in help_text.sections:
        if heading not in ("USAGE", "DESCRIPTION"):
            out += ["", f"{heading.capitalize()}:", *(f"  {line}" if line else "" for line in help_text.lines(heading))]
    return "\n".join(out) + "\n"


def _literal(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def table(helps: list[Help]) -> str:
    out = ["/* Made from the texts in tools/help. */", '#include "help.h"', "", "const help_text help_texts[] = {"]
    for one in helps:
        lines = printed(one).splitlines(keepends=True)
        out += [f"    {{{_literal(one.name)}, {_literal(one.summary)},", *(f"     {_literal(line)}" for line in lines)]
        out[-1] += "},"
    return "\n".join([*out, "};", "", "const size_t help_text_count = sizeof help_texts / sizeof help_texts[0];", ""])
