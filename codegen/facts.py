# SPDX-License-Identifier: Apache-2.0
"""Loads schema/errors.txt and schema/releases.txt.

    load_errors(path)    -> [ErrorCode], in the order of their codes
    load_releases(path)  -> Releases; its of(api_key, message, version) answers (first, last)

Both raise FactError, printed as `file:line: message`, for anything they do not know.

errors.txt, one line for each error code, ascending; `retriable` if the same request may succeed later:

    CODE NAME since RELEASE [retriable]

releases.txt names all releases first, oldest first, then each API by ascending key, then the other messages by
name. A range of versions has the first and the last release that spoke it; `-` is the newest of all. `unstable`
versions never left early access: their releases spoke them only with a special setting.

    releases 0.8.2 0.9.0 ...
    api 3 Metadata
      0-3 0.9.0 -
    message RequestHeader
      0 0.9.0 3.9
      1 4.0 4.1 unstable
"""
from __future__ import annotations

import re
from dataclasses import dataclass, field as member
from pathlib import Path
from typing import Iterator, NoReturn

INT16 = range(-32768, 32768)


class FactError(Exception):
    def __init__(self, file: Path, line: int, message: str):
        super().__init__(f"{file}:{line}: {message}")
        self.file, self.line, self.message = file, line, message


@dataclass(frozen=True)
class ErrorCode:
    code: int
    name: str
    since: str
    retriable: bool


@dataclass(frozen=True)
class Spoken:
    """Versions first_version to last_version have the same releases."""
    first_version: int
    last_version: int
    first: str
    last: str | None           # None: the newest release still has them
    unstable: bool


@dataclass(frozen=True)
class Subject:
    """An API, its request and response alike, or with no key another message."""
    key: int | None
    name: str
    versions: list[Spoken] = member(default_factory=list)


@dataclass
class Releases:
    names: list[str] = member(default_factory=list)      # oldest first
    apis: dict[int, Subject] = member(default_factory=dict)
    messages: dict[str, Subject] = member(default_factory=dict)

    @staticmethod
    def nothing() -> "Releases":
        return Releases()

    def of(self, api_key: int | None, message: str, version: int) -> tuple[str | None, str | None]:
        """First None: not in any release, or never stable. Last None: the newest release has it."""
        subject = self.messages.get(message) if api_key is None else self.apis.get(api_key)
        for spoken in subject.versions if subject else ():
            if spoken.first_version <= version <= spoken.last_version:
                return (None if spoken.unstable else spoken.first), spoken.last
        return None, None


@dataclass
class _Line:
    file: Path
    number: int
    text: str

    def __post_init__(self) -> None:
        self.words = self.text.split()

    def fail(self, message: str) -> NoReturn:
        raise FactError(self.file, self.number, message)

    def integer(self, word: str, what: str) -> int:
        if not re.fullmatch(r"0|-?[1-9]\d{0,4}", word) or int(word) not in INT16:
            self.fail(f"'{word}' is no {what}")
        return int(word)

    def name(self, word: str, pattern: str) -> str:
        if not re.fullmatch(pattern, word):
            self.fail(f"'{word}' is no name")
        return word


def _lines(path: Path) -> Iterator[_Line]:
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = _Line(path, number, text)
        if text.startswith("#") or not text:
            continue
        if text != text.rstrip() or "\t" in text:
            line.fail("tab or space at the end of the line, or tab inside")
        yield line


# ---- errors.txt


def load_errors(path: Path) -> list[ErrorCode]:
    errors: list[ErrorCode] = []
    names: set[str] = set()
    for line in _lines(path):
        error = _error(line)
        if errors and error.code <= errors[-1].code:
            line.fail(f"code {error.code} after {errors[-1].code}: codes ascend")
        if error.name in names:
            line.fail(f"a second {error.name}")
        names.add(error.name)
        errors.append(error)
    if not errors:
        raise FactError(path, 1, "no error code")
    return errors


def _error(line: _Line) -> ErrorCode:
    words = line.words
    if len(words) not in (4, 5) or words[2] != "since" or line.text[0] == " ":
        line.fail("expected: CODE NAME since RELEASE [retriable]")
    if words[4:] not in ([], ["retriable"]):
        line.fail(f"unknown word '{words[4]}'")
    return ErrorCode(line.integer(words[0], "error code"), line.name(words[1], "[A-Z][A-Z0-9_]*"),
                     _release(line, words[3]), len(words) == 5)


def _release(line: _Line, word: str) -> str:
    if not re.fullmatch(r"0\.\d+\.\d+|[1-9]\d*\.\d+", word):
        line.fail(f"'{word}' is no minor release")
    return word


# ---- releases.txt


def load_releases(path: Path) -> Releases:
    releases = Releases()
    subject: Subject | None = None
    line = _Line(path, 1, "")
    for line in _lines(path):
        if line.text.startswith("  "):
            if subject is None:
                line.fail("versions before the first api or message")
            _add_versions(line, releases.names, subject)
            continue
        if subject and not subject.versions:
            line.fail(f"no versions of {subject.name}")
        if line.words[0] == "releases":
            releases.names = _release_names(line, releases)
        elif not releases.names:
            line.fail("expected first: releases NAME...")
        elif line.words[0] in ("api", "message"):
            subject = _add_subject(line, releases)
        else:
            line.fail(f"unknown word '{line.words[0]}'")
    if subject is None or not subject.versions:
        line.fail("the file ends early")
    return releases


def _release_names(line: _Line, releases: Releases) -> list[str]:
    names = [_release(line, word) for word in line.words[1:]]
    order = [tuple(map(int, name.split("."))) for name in names]
    if releases.names:
        line.fail("a second list of releases")
    if not names or any(a >= b for a, b in zip(order, order[1:])):
        line.fail("expected releases, oldest first")
    return names


def _add_subject(line: _Line, releases: Releases) -> Subject:
    word = line.words[0]
    if len(line.words) != (3 if word == "api" else 2):
        line.fail("expected: " + ("api KEY NAME" if word == "api" else "message NAME"))
    name = line.name(line.words[-1], "[A-Z][A-Za-z0-9]*")
    if word == "message":
        if releases.messages and name <= max(releases.messages):
            line.fail(f"{name} twice or after {max(releases.messages)}: names ascend")
        return releases.messages.setdefault(name, Subject(None, name))
    key = line.integer(line.words[1], "api key")
    if releases.messages:
        line.fail("an api after the first message")
    if key < 0 or releases.apis and key <= max(releases.apis):
        line.fail(f"api key {key} is negative, twice or out of order")
    if any(name == api.name for api in releases.apis.values()):
        line.fail(f"a second api {name}")
    return releases.apis.setdefault(key, Subject(key, name))


def _add_versions(line: _Line, names: list[str], subject: Subject) -> None:
    words = line.words
    if line.text[2] == " " or len(words) not in (3, 4):
        line.fail("expected: two spaces, VERSIONS FIRST LAST [unstable]")
    if words[3:] not in ([], ["unstable"]):
        line.fail(f"unknown word '{words[3]}'")
    if not re.fullmatch(r"\d+(-\d+)?", words[0]):
        line.fail(f"'{words[0]}' is no range of versions")
    ends = [line.integer(word, "version") for word in words[0].split("-")]
    after = subject.versions[-1].last_version if subject.versions else -1
    if ends[0] <= after or ends[-1] < ends[0] or len(ends) == 2 and ends[0] == ends[1]:
        line.fail(f"versions {words[0]} do not ascend")
    for word in words[1:3]:
        if word not in names and (word != "-" or word is words[1]):
            line.fail(f"'{word}' is not one of the releases")
    if words[2] == names[-1]:
        line.fail(f"the newest release is written as '-', not '{words[2]}'")
    if words[2] != "-" and names.index(words[2]) < names.index(words[1]):
        line.fail(f"{words[2]} is before {words[1]}")
    subject.versions.append(Spoken(ends[0], ends[-1], words[1], None if words[2] == "-" else words[2],
                                   len(words) == 4))
