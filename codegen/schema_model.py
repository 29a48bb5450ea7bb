# SPDX-License-Identifier: Apache-2.0
"""The model of the protocol that codegen/schema.py loads; its docstring describes the shape."""
from __future__ import annotations

import re
from dataclasses import dataclass, field as member
from pathlib import Path
from typing import Any, Iterator

# name -> bits, signed
INTEGERS = {"int8": (8, True), "int16": (16, True), "uint16": (16, False), "int32": (32, True),
            "uint32": (32, False), "int64": (64, True)}
PRIMITIVES = ("bool", *INTEGERS, "float64", "uuid", "string", "bytes", "records")
LISTENERS = ("broker", "controller", "zkBroker")
KINDS = ("request", "response", "header", "data", "metadata", "key", "value")
FILES_FOLDER = "persisted/files"
# Topic -> the messages that a record of it consists of. Its folder is persisted/TOPIC, its name in Kafka __TOPIC.
TOPICS = {"cluster_metadata": ("metadata",), "remote_log_metadata": ("metadata",), "consumer_offsets": ("key", "value"),
          "transaction_state": ("key", "value"), "share_group_state": ("key", "value")}
STRUCT_DEFAULT = "struct of defaults"

_FIXED_SIZE = {"bool": 1, "float64": 8, "uuid": 16, **{t: bits // 8 for t, (bits, _) in INTEGERS.items()}}


class SchemaError(Exception):
    def __init__(self, file: Path, line: int, message: str):
        super().__init__(f"{file}:{line}: {message}")
        self.file, self.line, self.message = file, line, message


@dataclass(frozen=True)
class Range:
    lo: int
    hi: int

    def __bool__(self) -> bool:
        return self.lo <= self.hi

    def __contains__(self, version: int) -> bool:
        return self.lo <= version <= self.hi

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.lo, self.hi + 1))

    def __and__(self, other: "Range") -> "Range":
        both = Range(max(self.lo, other.lo), min(self.hi, other.hi))
        return both if both else EMPTY

    def __str__(self) -> str:
        return "none" if not self else str(self.lo) if self.lo == self.hi else f"{self.lo}-{self.hi}"

    def covers(self, other: "Range") -> bool:
        return not other or (self.lo <= other.lo and other.hi <= self.hi)


EMPTY = Range(0, -1)


@dataclass(frozen=True)
class HeaderUse:
    version: int
    versions: Range


@dataclass(frozen=True)
class Source:
    release: str
    versions: Range


@dataclass(eq=False)
class Field:
    name: str
    type: str
    array: bool
    versions: Range
    file: Path = member(repr=False)
    line: int = member(repr=False)
    struct: Struct | None = None
    nullable: Range = EMPTY
    tagged: Range = EMPTY
    flexible: Range = EMPTY
    tag: int | None = None
    default: Any = None
    ignorable: bool = False
    key: bool = False
    entity: str | None = None


@dataclass(eq=False)
class Struct:
    name: str
    versions: Range
    flexible: Range
    common: bool
    file: Path = member(repr=False)
    line: int = member(repr=False)
    fields: list[Field] = member(default_factory=list)


@dataclass(eq=False)
class Message:
    name: str
    kind: str
    api_key: int | None
    versions: Range
    flexible: Range
    deprecated: Range
    unstable: Range
    headers: tuple[HeaderUse, ...]
    sources: tuple[Source, ...]
    listeners: tuple[str, ...]
    root: Struct
    structs: tuple[Struct, ...]
    file: Path = member(repr=False)
    line: int = member(repr=False)
    folder: str = ""

    @property
    def path(self) -> str:
        return f"{self.folder}/{self.file.name}" if self.folder else self.file.name

    @property
    def topic(self) -> str | None:
        name = self.folder.removeprefix("persisted/")
        return name if name in TOPICS else None

    @property
    def fields(self) -> list[Field]:
        return self.root.fields

    def header_version(self, version: int) -> int | None:
        return next((use.version for use in self.headers if version in use.versions), None)


@dataclass(eq=False)
class Api:
    key: int
    name: str
    request: Message
    response: Message
    file: Path = member(repr=False)
    line: int = member(repr=False)
    former: bool = False


@dataclass(eq=False)
class RecordType:
    topic: str
    type: int
    name: str
    key: Message | None
    value: Message
    file: Path = member(repr=False)
    line: int = member(repr=False)


@dataclass(eq=False)
class Protocol:
    apis: tuple[Api, ...]
    record_types: tuple[RecordType, ...]
    messages: tuple[Message, ...]

    def message(self, name: str) -> Message:
        return next(message for message in self.messages if message.name == name)


def snake_case(name: str) -> str:
    name = re.sub(r"([A-Z]{2,})([A-Z][a-z])", r"\1_\2", name.replace("KRaft", "Kraft"))
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


def _min_field_size(field: Field, version: int) -> int:
    if version not in field.versions or version in field.tagged:
        return 0
    compact = version in field.flexible
    if field.array:
        return 1 if compact else 4
    if field.struct:
        return 1 if version in field.nullable else _struct_size(field.struct, version)
    if field.type == "string":
        return 1 if compact else 2
    if field.type in ("bytes", "records"):
        return 1 if compact else 4
    return _FIXED_SIZE[field.type]


def _struct_size(struct: Struct, version: int) -> int:
    tags = 1 if version in struct.flexible else 0
    return tags + sum(_min_field_size(field, version) for field in struct.fields)


def min_wire_size(struct: Struct, versions: Range | None = None) -> int:
    return min(_struct_size(struct, version) for version in versions or struct.versions)


def min_element_size(field: Field) -> int:
    if field.struct:
        return min_wire_size(field.struct, field.versions)
    element = Field(field.name, field.type, False, field.versions, field.file, field.line,
                    flexible=field.flexible)
    return min(_min_field_size(element, version) for version in field.versions)
