# SPDX-License-Identifier: Apache-2.0
"""As much of C's syntax as the operators need: tokens, brackets, statements, functions."""
from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

TOKEN = re.compile(r"""
    (?P<comment>/\*.*?\*/|//(?:\\\n|[^\n])*)
  | (?P<directive>(?m:^)[ \t]*\#(?:/\*.*?\*/|\\\n|[^\n])*)
  | (?P<text>(?:u8|[uUL])?(?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
  | (?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<mark>\.\.\.|<<=|>>=|->|\+\+|--|<<|>>|[<>=!+*/%&|^-]=|&&|\|\||[^\s])
""", re.VERBOSE | re.DOTALL)
BRACKETS = {"(": ")", "[": "]", "{": "}"}
HEADS = {"if", "while", "for", "switch"}
KEYWORDS = HEADS | {"return", "else", "do", "case", "default", "goto", "break", "continue", "sizeof"}


class Token(NamedTuple):
    kind: str  # text, number, word, mark; comments and directives are not kept
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def tokens_of(source: str) -> list[Token]:
    found = (Token(match.lastgroup, match[0], match.start()) for match in TOKEN.finditer(source))
    return [token for token in found if token.kind not in ("comment", "directive")]


class Source:
    """A file of C: `tokens`, and for each of them by its index the bracket around it and the one that matches it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens_of(text)
        self.partner: dict[int, int] = {}
        self.around: list[int] = []  # -1: none
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self._match_brackets()
        self.functions = self._find_functions()
        self.blocks = self._find_blocks()

    def __getitem__(self, index: int) -> str:
        """The text of a token, empty outside of the file."""
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def line_of(self, position: int) -> int:
        return bisect_right(self._lines, position)

    def column_of(self, position: int) -> int:
        return position - self._lines[self.line_of(position) - 1] + 1

    def line_text(self, position: int) -> str:
        return self.text[self._lines[self.line_of(position) - 1]:].split("\n", 1)[0].strip()

    def between(self, first: int, last: int) -> str:
        """The text from one token to another, both included."""
        return self.text[self.tokens[first].start:self.tokens[last].end]

    def _match_brackets(self) -> None:
        opened: list[int] = []
        for i, token in enumerate(self.tokens):
            if token.kind == "mark" and opened and token.text == BRACKETS[self[opened[-1]]]:
                self.partner[i] = opened[-1]
                self.partner[opened.pop()] = i
            self.around.append(opened[-1] if opened else -1)
            if token.kind == "mark" and token.text in BRACKETS:
                opened.append(i)

    def _find_functions(self) -> dict[int, tuple[str, str]]:
        """Name and type of the functions, by the bracket that opens the body."""
        found, start = {}, 0
        for i in range(len(self.tokens)):
            if self.around[i] != -1:
                continue
            if self[i] == "{" and self[i - 1] == ")" and i in self.partner:
                name = self.partner[i - 1] - 1
                words = [self[k] for k in range(start, name) if self[k] not in ("static", "inline", "const", "extern")]
                found[i] = (self[name], " ".join(words))
            if self[i] in (";", "}"):
                start = i + 1
        return found

    def _find_blocks(self) -> set[int]:
        """The brackets that open a list of statements, not an initializer or a type."""
        found = set(self.functions)
        for i in range(len(self.tokens)):
            if self[i] != "{" or i in found or i not in self.partner:
                continue
            before = self[i - 1]
            head = self[self.partner.get(i - 1, 0) - 1] if before == ")" else ""
            inner = before in ("{", "}", ";", ":") and self.around[i] in found
            if inner or head in HEADS or before in ("else", "do"):
                found.add(i)
        return found

    def function_around(self, index: int) -> tuple[str, str]:
        """Name and type of the function that a token is in; empty outside."""
        while index != -1:
            if index in self.functions:
                return self.functions[index]
            index = self.around[index]
        return "", ""

    def _ends_label(self, colon: int) -> bool:
        k = colon - 1
        while self[k] not in ("case", "default", "?", ";", "{", "}", ""):
            k -= 1
        return self[k] in ("case", "default")

    def starts_statement(self, index: int) -> bool:
        if self.around[index] not in self.blocks or self[index] in ("}", "else"):
            return False
        before = self[index - 1]
        if before == ")":
            return self[self.partner[index - 1] - 1] in HEADS
        return before in ("{", "}", ";", "else", "do") or (before == ":" and self._ends_label(index - 1))

    def statement_end(self, index: int) -> int:
        """The last token of the statement that starts there; -1 if it has none."""
        if self[index] == "{":
            return self.partner.get(index, -1)
        if self[index] in HEADS:
            end = self.statement_end(self.partner.get(index + 1, len(self.tokens)) + 1)
            if self[index] == "if" and end != -1 and self[end + 1] == "else":
                end = self.statement_end(end + 2)
            return end
        if self[index] == "do":
            index = self.statement_end(index + 1)
        while 0 <= index < len(self.tokens) and self[index] != ";":
            index = self.partner[index] + 1 if self[index] in BRACKETS and index in self.partner else index + 1
        return index if index < len(self.tokens) else -1

    def depth_first(self, first: int, last: int) -> list[int]:
        """The tokens from one to another that are not inside of brackets there."""
        found, i = [], first
        while i <= last:
            found.append(i)
            i = max(self.partner.get(i, i), i) + 1 if self[i] in BRACKETS else i + 1
        return found
