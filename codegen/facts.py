# SPDX-License-Identifier: Apache-2.0
"""Loads the facts of schema/: errors.txt, error_meanings.txt, releases.txt and late_fields.txt.

    load_errors(path)            -> [ErrorCode], in the order of their codes
    load_meanings(path, errors)  -> [str], one for each of the errors
    load_releases(path)          -> Releases; its of(api_key, message, version) answers (first, last)
    load_late_fields(path, releases)  -> [LateField]

All raise FactError, printed as `file:line: message`, for anything they do not know.

errors.txt, one line for each error code, ascending, with what Kafka's clients do about it (HANDLINGS), if anything:

    CODE NAME since RELEASE [HANDLING]

error_meanings.txt has the same codes in the same order, each with its meaning on the indented lines below it:

    0 NONE
      Success.

releases.txt names all releases first, oldest first, then each API by ascending key, then the other messages by
name. A range of versions has the first and the last release that spoke it; `-` is the newest of all. `unstable`
versions never left early access: their releases spoke them only with a special setting.

    releases 0.8.2 0.9.0 ...
    api 3 Metadata
      0-3 0.9.0 -
    message RequestHeader
      0 0.9.0 3.9
      1 4.0 4.1 unstable

late_fields.txt lists by message and field the tagged fields that a release added to versions that older ones had:

    FetchRequest
      ReplicaState.ReplicaEpoch 15 3.7
"""
from __future__ import annotations

import re
from dataclasses import dataclass, field as member
from pathlib import Path
from typing import Iterator, NoReturn

INT16 = range(-32768, 32768)
# What Kafka's Java client does about an error, by the class of its exception: repeats the request, or does so with new
# metadata or coordinator (`refresh`); the application goes on with a new client or member, or aborts its transaction; a
# person has to change the configuration, the request or the permissions.
HANDLINGS = ("retriable", "refresh", "recoverable", "abortable", "configuration")


class FactError(Exception):
    def __init__(self, file: Path, line: int, message: str):
        super().__init__(f"{file}:{line}: {message}")
        self.file, self.line, self.message = file, line, message


@dataclass(frozen=True)
class ErrorCode:
    code: int
    name: str
    since: str
    handling: str | None       # of HANDLINGS

    @property
    def retriable(self) -> bool:
        """Kafka's clients repeat the request."""
        return self.handling in ("retriable", "refresh")


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
        line.fail("expected: CODE NAME since RELEASE [HANDLING]")
    if len(words) == 5 and words[4] not in HANDLINGS:
        line.fail(f"unknown word '{words[4]}'")
    return ErrorCode(line.integer(words[0], "error code"), line.name(words[1], "[A-Z][A-Z0-9_]*"),
                     _release(line, words[3]), words[4] if len(words) == 5 else None)


def _release(line: _Line, word: str) -> str:
    if not re.fullmatch(r"0\.\d+\.\d+|[1-9]\d*\.\d+", word):
        line.fail(f"'{word}' is no minor release")
    return word


def load_meanings(path: Path, errors: list[ErrorCode]) -> list[str]:
    meanings: list[str] = []
    line = _Line(path, 1, "")
    for line in _lines(path):
        if line.text.startswith("  ") and meanings:
            meanings[-1] = f"{meanings[-1]} {line.text.strip()}".strip()
            continue
        expected = errors[len(meanings)] if len(meanings) < len(errors) else None
        if expected is None or line.text != f"{expected.code} {expected.name}":
            line.fail(f"expected {f'{expected.code} {expected.name}' if expected else 'the end'}, as in errors.txt")
        _end_of_meaning(line, meanings)
        meanings.append("")
    _end_of_meaning(line, meanings)
    if len(meanings) != len(errors):
        line.fail(f"the meaning of {errors[len(meanings)].name} is missing")
    return meanings


def _end_of_meaning(line: _Line, meanings: list[str]) -> None:
    """A meaning is a sentence."""
    if meanings and not re.fullmatch(r'[A-Z][^"\\]+\.', meanings[-1]):
        line.fail("the meaning before this line is not a sentence")


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


# ---- late_fields.txt


@dataclass(frozen=True)
class LateField:
    """A tagged field of the versions, at a path such as "ReplicaState.ReplicaEpoch", that came with a later release."""
    message: str
    path: str
    first_version: int
    last_version: int
    release: str
    file: Path
    line: int


def load_late_fields(path: Path, releases: Releases) -> list[LateField]:
    found: list[LateField] = []
    message = ""
    for line in _lines(path):
        if not line.text.startswith("  "):
            name = line.name(line.text, "[A-Z][A-Za-z0-9]*")
            if name <= message:
                line.fail(f"{name} after {message}: names ascend")
            message = name
            continue
        if len(line.words) != 3 or not message:
            line.fail("expected: a message, and below it PATH VERSIONS RELEASE")
        field, versions, release = line.words
        if not re.fullmatch(r"\d+(-\d+)?", versions):
            line.fail(f"'{versions}' is no range of versions")
        ends = [line.integer(word, "version") for word in versions.split("-")]
        if release not in releases.names:
            line.fail(f"'{release}' is not one of the releases")
        found.append(LateField(message, line.name(field, r"[A-Z]\w*(\.[A-Z]\w*)*"), ends[0], ends[-1], release, path,
                               line.number))
    return found
