#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make_help.py OUTPUT KAFKA_RELEASE VERSION kwire.txt VERB.txt...
make_help.py OUTPUT KAFKA_RELEASE VERSION kwire-broker.txt

One source, all forms of help: the table of --help (help_table.c), manual pages
(kwire.1, kwire-VERB.1) and completion for bash (kwire), zsh (_kwire) and fish
(kwire.fish). Writes the one that the name of OUTPUT selects."""

from __future__ import annotations

import sys
from pathlib import Path

import completion
import help_source
import help_text
import man_page
from help_source import Help


def verb_list(verbs: list[Help]) -> str:
    """The lines that replace @VERBS@ in kwire.txt."""
    width = max(len(verb.name) for verb in verbs)
    return "\n  ".join(f"{verb.name:{width}}  {verb.summary}" for verb in verbs)


def made(output: str, kafka: str, version: str, sources: list[Path]) -> str:
    verbs = [help_source.read(path, {"KAFKA": kafka}) for path in sources[1:]]
    command = help_source.read(sources[0], {"KAFKA": kafka, "VERBS": verb_list(verbs)})
    if output == "help_table.c":
        return help_text.table([command, *verbs])
    if output == "kwire":
        return completion.bash(verbs)
    if output == "_kwire":
        return completion.zsh(verbs)
    if output == "kwire.fish":
        return completion.fish(verbs)
    pages = {"kwire.1": command, **{f"kwire-{verb.name}.1": verb for verb in verbs}}
    others = [name.removesuffix(".1") for name in pages if name != output]
    return man_page.page(pages[output], others if output == "kwire.1" else ["kwire"], version)


def made_alone(output: str, version: str, source: Path) -> str:
    """Of a command without verbs, which has its own --help."""
    command = help_source.read(source, {})
    makers = {f"{command.name}.1": lambda: man_page.page(command, ["kwire"], version),
              command.name: lambda: completion.bash_alone(command),
              f"_{command.name}": lambda: completion.zsh_alone(command),
              f"{command.name}.fish": lambda: completion.fish_alone(command)}
    return makers[output]()


def main(words: list[str]) -> None:
    output, kafka, version, *sources = words
    if Path(sources[0]).stem == "kwire":
        text = made(Path(output).name, kafka, version, [Path(source) for source in sources])
    else:
        text = made_alone(Path(output).name, version, Path(sources[0]))
    Path(output).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
