# SPDX-License-Identifier: Apache-2.0
"""The faults that can be planted: each function finds the places in a file for one kind of them."""
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from .syntax import KEYWORDS, Source

RELATIONS = {"<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"), "==": ("!=",), "!=": ("==",)}
LOGIC = {"&&": "||", "||": "&&"}
SUMS = {"+": "-", "-": "+"}
STEPS = {"+=": "-=", "-=": "+="}
ASSIGNMENTS = {"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=", "++", "--"}
INTEGER = re.compile(r"(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)")
NOTHING = "(void)0;"


class Edit(NamedTuple):
    """The tokens from `first` to `last` become `after`."""
    operator: str
    first: int
    last: int
    after: str


class Key(NamedTuple):
    """What stays the same when lines are added elsewhere; `number` counts the equal ones of a function from 1."""
    file: str
    function: str
    line: str
    change: str
    number: int


class Mutant(NamedTuple):
    key: Key
    line: int
    column: int
    last_line: int
    text: str  # of the whole file, with the fault

    def __str__(self) -> str:
        return f"{self.key.file}:{self.line}:{self.column}: {self.key.change}"


def ends_operand(source: Source, index: int) -> bool:
    if index < 0 or ends_cast(source, index):
        return False
    token = source.tokens[index]
    return token.kind in ("number", "text") or token.text in (")", "]", "++", "--") or (
        token.kind == "word" and token.text not in KEYWORDS)


def ends_cast(source: Source, index: int) -> bool:
    """Whether a `)` ends a cast to one of C's own types or to a name_t."""
    if source[index] != ")" or index not in source.partner:
        return False
    words = [source[k] for k in range(source.partner[index] + 1, index)]
    return bool(words) and all(re.fullmatch(r"\w+_t|int|long|short|char|unsigned|signed|double|const|struct|\*", word)
                               for word in words)


def relations(source: Source) -> Iterator[Edit]:
    for i, token in enumerate(source.tokens):
        for after in RELATIONS.get(token.text, ()) if token.kind == "mark" else ():
            yield Edit("relation", i, i, after)


def logic(source: Source) -> Iterator[Edit]:
    for i, token in enumerate(source.tokens):
        if token.text in LOGIC:
            yield Edit("logic", i, i, LOGIC[token.text])


def sums(source: Source) -> Iterator[Edit]:
    for i, token in enumerate(source.tokens):
        if token.text in SUMS and ends_operand(source, i - 1):
            yield Edit("sum", i, i, SUMS[token.text])
        elif token.text in STEPS:
            yield Edit("sum", i, i, STEPS[token.text])


def is_one_relation(source: Source, first: int, last: int) -> bool:
    """A condition whose negation is among what relations() does."""
    texts = [source[k] for k in source.depth_first(first, last)]
    return sum(text in RELATIONS for text in texts) == 1 and not any(text in LOGIC or text == "?" for text in texts)


def conditions(source: Source) -> Iterator[Edit]:
    for i, token in enumerate(source.tokens):
        if token.text in ("if", "while") and source[i + 1] == "(" and i + 1 in source.partner:
            first, last = i + 1, source.partner[i + 1]
            if last > first + 1 and not is_one_relation(source, first + 1, last - 1):
                yield Edit("condition", first, last, f"(!{source.between(first, last)})")


def constants(source: Source) -> Iterator[Edit]:
    for i, token in enumerate(source.tokens):
        match = INTEGER.fullmatch(token.text) if token.kind == "number" else None
        if match is None:
            continue
        is_hex = match[1][:2] in ("0x", "0X")
        value = int(match[1], 16 if is_hex else 8 if re.match("0[0-7]", match[1]) else 10)
        for changed in (value + 1, value - 1):
            if changed >= 0:
                yield Edit("constant", i, i, (hex(changed) if is_hex else str(changed)) + match[2])


def is_declaration(source: Source, first: int, last: int) -> bool:
    if source.tokens[first].kind != "word":
        return False
    if source.tokens[first + 1].kind == "word":
        return True
    k = first + 1
    while source[k] == "*":
        k += 1
    return k > first + 1 and source.tokens[k].kind == "word"


def statements(source: Source) -> Iterator[Edit]:
    """Calls and assignments disappear, break and continue too."""
    for i, token in enumerate(source.tokens):
        if not source.starts_statement(i) or token.text in ("{", ";"):
            continue
        end = source.statement_end(i)
        if token.text in ("break", "continue"):
            yield Edit("jump", i, end, NOTHING)
        if end == -1 or token.text in KEYWORDS or source[i + 1] == ":" or is_declaration(source, i, end):
            continue
        flat = source.depth_first(i, end)
        assigns = any(source[k] in ASSIGNMENTS for k in flat)
        if assigns or (source[end - 1] == ")" and not source.between(i, end).startswith("(void)0")):
            yield Edit("deletion", i, end, NOTHING)


def results(source: Source) -> Iterator[Edit]:
    for i, token in enumerate(source.tokens):
        if token.text != "return" or not source.starts_statement(i) or source[i + 1] == ";":
            continue
        first, last = i + 1, source.statement_end(i) - 1
        value, kind = source.between(first, last), source.function_around(i)[1]
        for after in other_results(value, kind):
            if after != value:
                yield Edit("result", first, last, after)


def other_results(value: str, kind: str) -> tuple[str, ...]:
    if value in ("true", "false"):
        return ("false" if value == "true" else "true",)
    if kind == "bool":
        return ("true", "false")
    if kind.endswith("*"):
        return ("NULL",)
    return {"0": ("-1",), "-1": ("0",)}.get(value, ("0",))


def branches(source: Source) -> Iterator[Edit]:
    """What follows ? and : changes places."""
    for i, token in enumerate(source.tokens):
        if token.text != "?":
            continue
        colon, depth = i + 1, 0
        while source[colon] and (depth or source[colon] != ":"):
            depth += (source[colon] == "?") - (source[colon] == ":")
            colon = source.partner.get(colon, colon) + 1 if source[colon] in ("(", "[", "{") else colon + 1
        end = colon + 1
        while source[end] and source[end] not in (";", ",", ")", "]", "}", ":"):
            end = source.partner.get(end, end) + 1 if source[end] in ("(", "[", "{") else end + 1
        if colon > i + 1 and colon + 1 < end < len(source.tokens):
            one, other = source.between(i + 1, colon - 1), source.between(colon + 1, end - 1)
            yield Edit("branches", i + 1, end - 1, f"{other} : {one}")


def elses(source: Source) -> Iterator[Edit]:
    for i, token in enumerate(source.tokens):
        if token.text == "else" and (end := source.statement_end(i + 1)) != -1:
            yield Edit("else", i, end, "")


OPERATORS = (relations, logic, sums, conditions, constants, statements, results, branches, elses)


def flat(text: str, limit: int = 70) -> str:
    """On one line, and the middle of what is long left out."""
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[:limit - 20]} ... {text[-15:]}"


def mutants_of(name: str, text: str) -> list[Mutant]:
    """All single faults of a file, in the order of the places. None changes the number of lines."""
    source = Source(text)
    edits = [edit for operator in OPERATORS for edit in operator(source)]
    edits.sort(key=lambda edit: (edit.first, edit.last))
    seen: Counter[Key] = Counter()
    found = []
    for edit in edits:
        start, end = source.tokens[edit.first].start, source.tokens[edit.last].end
        before = text[start:end]
        after = "nothing" if edit.after in ("", NOTHING) else flat(edit.after)
        change = f"{edit.operator}: {flat(before)} -> {after}"
        key = Key(name, source.function_around(edit.first)[0], source.line_text(start), change, 0)
        seen[key] += 1
        lost = before.count("\n") - edit.after.count("\n")
        found.append(Mutant(key._replace(number=seen[key]), source.line_of(start), source.column_of(start),
                            source.line_of(end - 1), text[:start] + edit.after + "\n" * lost + text[end:]))
    return found
