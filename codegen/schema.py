# SPDX-License-Identifier: Apache-2.0
"""Loads the schema text (schema/**/*.kws) into a checked model.

    protocol = load(directory)                    all files of a directory, checked against each other
    owner, messages = load_file(path, folder="")  one file; owner: its Api or RecordType, None for a header or data

Every mistake raises SchemaError, printed as `file:line: message`.

The model: all ranges are closed intervals with both ends filled in, clipped to the versions of the owner.

    Protocol   apis (by key, former ones left out), record_types (by topic and type), messages (of the APIs by key, then
               headers and data by name, then of the records by topic and type); message(name)
    Api        key, name, request, response; former: an earlier name of an API key, same bytes
    RecordType topic (of TOPICS), type, name, key (None for metadata), value: what Kafka persists in its own topics
    Message    name, kind (of KINDS), api_key (API key or record type; None for header and data), versions, flexible,
               deprecated, unstable (Range), headers (HeaderUse), sources (Source), folder ("" for the wire), path
               (with the folder), topic (of a record, or None); listeners; root (Struct of the message's own fields),
               fields (short for root.fields),
               structs (all other structs, each after those it contains); header_version(version)
               unstable is set on requests only, as in Kafka, and counts for the response too.
    Struct     name, versions, flexible, common (declared with `struct`), fields, in wire order
    Field      name, versions; type: a name of PRIMITIVES or "struct"; struct (Struct or None);
               array (True: `type` and `struct` are the element's); nullable, tagged, flexible (Range,
               empty for never); tag (int or None); default; ignorable, key (bool); entity (or None)
               flexible: versions that write the field in compact form; tagged is a part of it.
               default: value of the field if absent: bool, int, float, str, bytes (uuid: 16 of
               them), () for an array, None for null, STRUCT_DEFAULT for a struct of defaults.
               records default to None, as in Kafka, whatever their nullable versions.
    Range      lo, hi; false when empty; `version in range`, `range.covers(range)`, `range & range`

Api, RecordType, Message, Struct and Field carry file (Path) and line (int).

    min_wire_size(struct, versions=None)    smallest size of one struct in those versions
    min_element_size(field)                 the same of one element of an array field, at least 1
    snake_case(name)                        TopicId -> topic_id, KRaftVersionRecord -> kraft_version_record
"""
from __future__ import annotations

import math
import re
from dataclasses import dataclass, field as member
from pathlib import Path
from typing import Any

from schema_model import (EMPTY, FILES_FOLDER, INTEGERS, KINDS, LISTENERS, PRIMITIVES, STRUCT_DEFAULT, TOPICS, Api,
                          Field, HeaderUse, Message, Protocol, Range, RecordType, SchemaError, Source, Struct,
                          min_element_size, min_wire_size, snake_case)

__all__ = ["EMPTY", "FILES_FOLDER", "INTEGERS", "KINDS", "LISTENERS", "PRIMITIVES", "STRUCT_DEFAULT", "TOPICS", "Api",
           "Field", "HeaderUse", "Message", "Protocol", "Range", "RecordType", "SchemaError", "Source", "Struct",
           "load", "load_file", "min_element_size", "min_wire_size", "snake_case"]

_PROPERTIES = ("versions", "flexible", "header", "source", "listeners", "deprecated", "unstable")
_OPTIONS = {"nullable": 1, "tag": 2, "default": 1, "ignorable": 0, "key": 0, "entity": 1, "flexible": 1}
_ENTITIES = {"topicName": "string", "groupId": "string", "transactionalId": "string",
             "brokerId": "int32", "producerId": "int64"}
_ZERO = {"bool": False, "float64": 0.0, "uuid": bytes(16), "string": "", "bytes": b"", "records": None,
         "struct": STRUCT_DEFAULT, **dict.fromkeys(INTEGERS, 0)}
_MAX_VERSION = 32767


# ---- text to nodes


@dataclass
class _Node:
    file: Path
    line: int
    words: list[str]
    children: list[_Node] = member(default_factory=list)

    def error(self, message: str) -> SchemaError:
        return SchemaError(self.file, self.line, message)


_WORD = re.compile(r'(?:"[^"]*"|[^\s"]+)(?=\s|$)')


def _split(file: Path, number: int, text: str) -> list[str]:
    odd = next((char for char in text if not char.isprintable()), None)
    if odd:
        raise SchemaError(file, number, "tab character; indent with two spaces" if odd == "\t"
                          else f"character U+{ord(odd):04X}")
    words, rest = [], text.strip()
    while rest and not rest.startswith("#"):
        word = _WORD.match(rest)
        if not word:
            raise SchemaError(file, number, f"misplaced quote in '{rest}'")
        words.append(word.group())
        rest = rest[word.end():].lstrip()
    return words


def _read(file: Path) -> list[str]:
    content = file.read_bytes()
    try:
        return content.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise SchemaError(file, 1 + content.count(b"\n", 0, error.start), "not UTF-8") from error


def _parse_nodes(file: Path) -> list[_Node]:
    top: list[_Node] = []
    open_lists = [top]
    for number, text in enumerate(_read(file), 1):
        words = _split(file, number, text)
        if not words:
            continue
        depth, odd = divmod(len(text) - len(text.lstrip()), 2)
        if odd or depth >= len(open_lists):
            raise SchemaError(file, number, "wrong indentation; one level is two spaces")
        node = _Node(file, number, words)
        open_lists[depth].append(node)
        open_lists[depth + 1:] = [node.children]
    return top


def _integer(node: _Node, word: str, what: str, lo: int, hi: int) -> int:
    if not re.fullmatch(r"-?(0|[1-9][0-9]*)", word):
        raise node.error(f"{what} '{word}' is not a decimal number")
    if not lo <= int(word) <= hi:
        raise node.error(f"{what} {word} is not within {lo} and {hi}")
    return int(word)


def _range(node: _Node, word: str, within: Range, what: str) -> Range:
    """`N`, `N-M` or `N+`; the last form ends where `within` ends."""
    match = re.fullmatch(r"(0|[1-9][0-9]{0,4})(?:(\+)|-(0|[1-9][0-9]{0,4}))?", word)
    if not match:
        raise node.error(f"bad {what} range '{word}'")
    first, plus, last = match.groups()
    found = Range(int(first), within.hi if plus else int(last or first))
    if plus and within.hi == _MAX_VERSION:
        raise node.error(f"{what} range '{word}' needs a last version")
    if not found and not plus or last == first:
        raise node.error(f"bad {what} range '{word}'")
    if not found or not within.covers(found):
        raise node.error(f"{what} range '{word}' goes outside {within}")
    return found


def _name(node: _Node, word: str, what: str, pattern: str = "[A-Z][A-Za-z0-9]*") -> str:
    if not re.fullmatch(pattern, word):
        raise node.error(f"bad {what} name '{word}'")
    return word


def _leaf(node: _Node) -> None:
    if node.children:
        raise node.children[0].error(f"nothing can be nested in '{node.words[0]}'")


def _words(node: _Node, form: str) -> list[str]:
    if len(node.words) != len(form.split()):
        raise node.error(f"expected '{form}'")
    return node.words[1:]


# ---- nodes to messages


def _options(node: _Node) -> dict[str, list[str]]:
    """Splits the words after `name type versions` into options and their arguments."""
    found: dict[str, list[str]] = {}
    words = node.words[3:]
    while words:
        option = words.pop(0)
        if option not in _OPTIONS:
            raise node.error(f"unknown word '{option}'")
        if option in found:
            raise node.error(f"'{option}' given twice")
        count = _OPTIONS[option]
        if len(words) < count:
            raise node.error(f"'{option}' needs {count} value{'s' if count > 1 else ''}")
        found[option], words = words[:count], words[count:]
    return found


def _default(node: _Node, field: Field, word: str) -> Any:
    wrong = node.error(f"default {word} does not fit type {'[]' * field.array}{field.type}")
    if word == "null":
        if not field.nullable:
            raise node.error(f"default null on '{field.name}', which is not nullable")
        if field.nullable != field.versions:
            raise node.error(f"default null on '{field.name}', which is not nullable in all its versions")
        return None
    if field.array:
        raise wrong
    if field.type in INTEGERS:
        bits, signed = INTEGERS[field.type]
        lo, hi = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
        return _integer(node, word, "default", lo, hi)
    if field.type == "bool" and word in ("true", "false"):
        return word == "true"
    if field.type == "float64" and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?", word):
        if math.isfinite(float(word)):
            if float(word) != 0:
                raise node.error(f"default {word}: a float64 can only have its type's default, 0")
            return float(word)
    if field.type == "string" and word.startswith('"'):
        return word[1:-1]
    raise wrong


class _MessageLoader:
    """Builds one message. A struct's fields are read only after its name and versions are known."""

    def __init__(self, node: _Node, kind: str, api_key: int | None):
        self.node, self.kind, self.api_key = node, kind, api_key
        self.structs: dict[str, Struct] = {}
        self.uses: dict[str, list[Range]] = {}
        self.flexible = EMPTY

    def load(self) -> Message:
        node = self.node
        name = _name(node, *_words(node, f"{self.kind} NAME"), what=self.kind)
        split = next((i for i, child in enumerate(node.children) if child.words[0] not in _PROPERTIES),
                     len(node.children))
        properties, body = self._properties(node.children[:split]), node.children[split:]
        versions, self.flexible = properties["versions"], properties["flexible"]
        root = Struct(name, versions, self.flexible, False, node.file, node.line)
        bodies = [(self._declare(child, versions), child) for child in body if child.words[0] == "struct"]
        self._fields(root, [child for child in body if child.words[0] != "struct"])
        for struct, child in bodies:
            self._fields(struct, child.children)
        structs = _inner_first(root)
        self._check_uses(structs)
        for struct in (*structs, root):
            _check_tags(struct)
            _check_elements(struct)
        for field in root.fields:
            if field.key:
                raise SchemaError(field.file, field.line, "a key outside of a struct")
        return Message(name, self.kind, self.api_key, root=root, structs=structs,
                       file=node.file, line=node.line, **properties)

    def _properties(self, nodes: list[_Node]) -> dict[str, Any]:
        found: dict[str, Any] = {"headers": [], "sources": [], "listeners": (), "flexible": EMPTY,
                                 "deprecated": EMPTY, "unstable": EMPTY}
        lines = {node.words[0]: node for node in nodes}
        if "versions" not in lines:
            raise self.node.error(f"'{self.node.words[-1]}' has no 'versions' line")
        word, = _words(lines["versions"], "versions RANGE")
        versions = found["versions"] = _range(lines["versions"], word, Range(0, _MAX_VERSION), "versions")
        for node in nodes:
            _leaf(node)
            key = node.words[0]
            if key not in ("header", "source") and node is not lines[key]:
                raise lines[key].error(f"'{key}' given twice")
            if key == "header":
                number, word = _words(node, "header VERSION RANGE")
                found["headers"].append(HeaderUse(_integer(node, number, "header version", 0, _MAX_VERSION),
                                                  _range(node, word, versions, "header")))
            elif key == "source":
                release, word = _words(node, "source RELEASE RANGE")
                _name(node, release, "release", r"[0-9]+(\.[0-9]+)+")
                found["sources"].append(Source(release, _range(node, word, versions, "source")))
            elif key == "listeners":
                found["listeners"] = self._listeners(node)
            elif key != "versions":
                word, = _words(node, f"{key} RANGE")
                never = key == "flexible" and word == "none"
                found[key] = EMPTY if never else _range(node, word, versions, key)
        self._check_headers(found["headers"], versions, lines.get("header", self.node))
        self._check_sources(found["sources"], versions, lines.get("source", self.node))
        return found | {"headers": tuple(found["headers"]), "sources": tuple(found["sources"])}

    def _listeners(self, node: _Node) -> tuple[str, ...]:
        if self.kind != "request":
            raise node.error(f"a {self.kind} has no listeners")
        names = node.words[1:]
        for name in names:
            if name not in LISTENERS or names.count(name) > 1:
                raise node.error(f"unknown or repeated listener '{name}'")
        return tuple(names)

    def _check_headers(self, uses: list[HeaderUse], versions: Range, node: _Node) -> None:
        if self.kind not in ("request", "response"):
            if uses:
                raise node.error(f"a {self.kind} message has no header")
            return
        for version in versions:
            count = sum(version in use.versions for use in uses)
            if count != 1:
                raise node.error(f"version {version} has {count} header versions instead of one")

    def _check_sources(self, sources: list[Source], versions: Range, node: _Node) -> None:
        for version in versions:
            if not any(version in source.versions for source in sources):
                raise node.error(f"version {version} has no source")

    def _declare(self, node: _Node, versions: Range) -> Struct:
        name, word = _words(node, "struct NAME RANGE")
        return self._add_struct(node, name, _range(node, word, versions, "struct"), common=True)

    def _add_struct(self, node: _Node, name: str, versions: Range, common: bool) -> Struct:
        if snake_case(name) in map(snake_case, self.structs):
            raise node.error(f"duplicate struct '{name}'")
        struct = Struct(_name(node, name, "struct"), versions, self.flexible & versions, common,
                        node.file, node.line)
        self.structs[name] = struct
        return struct

    def _fields(self, struct: Struct, nodes: list[_Node]) -> None:
        for node in nodes:
            field = self._field(struct, node)
            if any(snake_case(other.name) == snake_case(field.name) for other in struct.fields):
                raise node.error(f"duplicate field '{field.name}'")
            struct.fields.append(field)

    def _field(self, struct: Struct, node: _Node) -> Field:
        if node.words[0] in (*_PROPERTIES, "struct"):
            raise node.error(f"misplaced '{node.words[0]}'")
        if len(node.words) < 3:
            raise node.error(f"unknown word '{node.words[0]}'; a field needs a name, a type and versions")
        name, type_name, versions = node.words[:3]
        array = type_name.startswith("[]")
        element = type_name[2:] if array else type_name
        if element.startswith("[]") or array and element == "records":
            raise node.error(f"'{type_name}': elements cannot be {'arrays' if element[0] == '[' else 'records'}")
        field = Field(_name(node, name, "field", "[A-Za-z][A-Za-z0-9]*"), element, array, EMPTY,
                      node.file, node.line)
        options = _options(node)
        if element not in PRIMITIVES and not element[:1].isupper():
            raise node.error(f"unknown type '{type_name}'")
        field.versions = _range(node, versions, struct.versions, "versions")
        if element in PRIMITIVES:
            _leaf(node)
        else:
            field.type, field.struct = "struct", self._reference(node, field, element)
        self._apply(node, field, options)
        return field

    def _reference(self, node: _Node, field: Field, name: str) -> Struct:
        if node.children:
            struct = self._add_struct(node, name, field.versions, common=False)
            self._fields(struct, node.children)
            return struct
        if name not in self.structs:
            raise node.error(f"undefined struct '{name}'")
        struct = self.structs[name]
        if not struct.common:
            raise node.error(f"struct '{name}' belongs to line {struct.line}; declare it with 'struct' to share it")
        if not struct.versions.covers(field.versions):
            raise node.error(f"versions {field.versions} go outside struct '{name}', {struct.versions}")
        self.uses.setdefault(name, []).append(field.versions)
        return struct

    def _apply(self, node: _Node, field: Field, options: dict[str, list[str]]) -> None:
        field.flexible = self.flexible & field.versions
        if "flexible" in options:
            if options["flexible"] != ["none"] or field.array or field.type not in ("string", "bytes"):
                raise node.error("only 'flexible none' on a string or bytes")
            field.flexible = EMPTY
        if "nullable" in options:
            if not field.array and field.type not in ("string", "bytes", "records", "struct"):
                raise node.error(f"type {field.type} cannot be nullable")
            field.nullable = _range(node, options["nullable"][0], field.versions, "nullable")
        if "tag" in options:
            field.tag = _integer(node, options["tag"][0], "tag", 0, _MAX_VERSION)
            field.tagged = _range(node, options["tag"][1], field.versions, "tag")
            if field.tagged.hi != field.versions.hi:
                raise node.error(f"tagged in {field.tagged}, but present until {field.versions.hi}; a tag stays a tag")
            if not field.flexible.covers(field.tagged):
                raise node.error(f"tagged in {field.tagged}, but flexible only in {field.flexible}")
        field.ignorable, field.key = "ignorable" in options, "key" in options
        if "entity" in options:
            field.entity = options["entity"][0]
            if _ENTITIES.get(field.entity) != field.type:
                raise node.error(f"entity '{field.entity}' is unknown or does not fit type {field.type}")
        if "default" in options:
            field.default = _default(node, field, options["default"][0])
        else:
            field.default = () if field.array else _ZERO[field.type]

    def _check_uses(self, reachable: tuple[Struct, ...]) -> None:
        for struct in self.structs.values():
            if struct not in reachable:
                raise SchemaError(struct.file, struct.line, f"struct '{struct.name}' is never used")
            uses = self.uses.get(struct.name, [struct.versions])
            used = Range(min(use.lo for use in uses), max(use.hi for use in uses))
            if used != struct.versions:
                raise SchemaError(struct.file, struct.line,
                                  f"struct '{struct.name}' is declared for {struct.versions}, used in {used}")


def _inner_first(root: Struct) -> tuple[Struct, ...]:
    """The structs below `root`, each after those it contains."""
    done: list[Struct] = []
    path: list[Struct] = []

    def visit(struct: Struct) -> None:
        path.append(struct)
        for field in struct.fields:
            if field.struct in path:
                raise SchemaError(field.file, field.line, f"struct '{field.struct.name}' contains itself")
            if field.struct and field.struct not in done:
                visit(field.struct)
        done.append(path.pop())

    visit(root)
    return tuple(done[:-1])


def _check_tags(struct: Struct) -> None:
    tagged = sorted((field for field in struct.fields if field.tag is not None), key=lambda f: (f.tag, f.line))
    for expected, field in enumerate(tagged):
        if field.tag != expected:
            problem = f"tag {field.tag} is taken" if field.tag < expected else f"tag {expected} is missing"
            raise SchemaError(field.file, field.line, f"{problem} in '{struct.name}'")


def _check_elements(struct: Struct) -> None:
    for field in struct.fields:
        if field.array and min_element_size(field) < 1:
            raise SchemaError(field.file, field.line, f"an element of '{field.name}' can be empty on the wire")


# ---- files to a protocol


_STARTS = {"": ("api", "former", "header", "data"), FILES_FOLDER: ("data",),
           **dict.fromkeys((f"persisted/{topic}" for topic in TOPICS), ("record",))}


def _kinds(start: str, folder: str) -> tuple[str, ...]:
    """The parts after the first line of a file that starts with this word; none if that is the message itself."""
    if start == "record":
        return TOPICS[folder.removeprefix("persisted/")]
    return ("request", "response") if start in ("api", "former") else ()


def load_file(path: Path, folder: str = "") -> tuple[Api | RecordType | None, tuple[Message, ...]]:
    """`folder` is the file's folder in the schema directory, which determines what the file may contain."""
    path = Path(path)
    nodes = _parse_nodes(path)
    if not nodes:
        raise SchemaError(path, 1, "empty file")
    if folder not in _STARTS:
        raise nodes[0].error(f"no folder '{folder}' is known")
    start = nodes[0].words[0]
    if start not in _STARTS[folder]:
        *others, last = (f"'{word}'" for word in _STARTS[folder])
        raise nodes[0].error(f"'{start}' where {', '.join(others)}{' or ' * bool(others)}{last} starts a file")
    kinds = _kinds(start, folder)
    expected = [start, *kinds]
    for node, word in zip(nodes, expected):
        if node.words[0] != word:
            raise node.error(f"'{node.words[0]}' where '{word}' belongs")
    if len(nodes) < len(expected):
        raise nodes[-1].error(f"no '{expected[len(nodes)]}' after '{nodes[-1].words[0]}'")
    if len(nodes) > len(expected):
        raise nodes[len(expected)].error(f"'{nodes[len(expected)].words[0]}' after the end of '{start}'")
    if kinds:
        owner, messages = _load_owner(nodes, kinds, folder)
    else:
        owner, messages = None, (_MessageLoader(nodes[0], start, None).load(),)
    for message in messages:
        message.folder = folder
    return owner, messages


# The suffixes that messages add to the name of their API or record type.
_SUFFIXES = {"request": "Request", "response": "Response", "metadata": "", "key": "Key", "value": "Value"}


def _load_owner(nodes: list[_Node], kinds: tuple[str, ...],
                folder: str) -> tuple[Api | RecordType, tuple[Message, ...]]:
    """An API or a record type, and its messages."""
    head, start = nodes[0], nodes[0].words[0]
    _leaf(head)
    number = "TYPE" if start == "record" else "KEY"
    word, name = _words(head, f"{start} {number} NAME")
    key = _integer(head, word, "record type" if start == "record" else "api key", 0, _MAX_VERSION)
    _name(head, name, "record" if start == "record" else "api")
    messages = tuple(_MessageLoader(node, kind, key).load() for node, kind in zip(nodes[1:], kinds))
    for message in messages:
        wanted = name + _SUFFIXES[message.kind]
        if message.name != wanted:
            raise SchemaError(message.file, message.line, f"'{message.name}' should be '{wanted}'")
    if start == "record":
        if len(messages) == 2:
            _check_key(messages[0])
        keyed = messages[0] if len(messages) == 2 else None
        topic = folder.removeprefix("persisted/")
        return RecordType(topic, key, name, keyed, messages[-1], head.file, head.line), messages
    request, response = messages
    if request.versions != response.versions:
        raise nodes[2].error(f"versions {response.versions}, but the request has {request.versions}")
    return Api(key, name, request, response, head.file, head.line, start == "former"), messages


def _check_key(key: Message) -> None:
    """A key on disk starts with the record type where other messages have their version."""
    if key.versions != Range(0, 0) or key.flexible:
        raise SchemaError(key.file, key.line, "a key has only version 0, which is not flexible")


def load(directory: Path) -> Protocol:
    directory = Path(directory)
    apis: dict[int, Api] = {}
    record_types: dict[tuple[str, int], RecordType] = {}
    messages: dict[str, Message] = {}
    for path in sorted(directory.rglob("*.kws")):
        folder = path.relative_to(directory).parent.as_posix()
        owner, found = load_file(path, "" if folder == "." else folder)
        named = owner or found[0]
        if path.stem != snake_case(named.name):
            raise SchemaError(path, named.line, f"'{named.name}' belongs in {snake_case(named.name)}.kws")
        if isinstance(owner, Api) and not owner.former and apis.setdefault(owner.key, owner) is not owner:
            raise SchemaError(path, owner.line, f"api key {owner.key} is also in {apis[owner.key].file.name}")
        if isinstance(owner, RecordType):
            other = record_types.setdefault((owner.topic, owner.type), owner)
            if other is not owner:
                raise SchemaError(path, owner.line, f"record type {owner.type} is also in {other.file.name}")
        for message in found:
            if messages.setdefault(message.name, message) is not message:
                raise SchemaError(path, message.line,
                                  f"'{message.name}' is also in {messages[message.name].file.name}")
    if not messages:
        raise SchemaError(directory, 0, "no *.kws file")
    for message in messages.values():
        _check_header_exists(message, messages)
    return Protocol(tuple(api for _, api in sorted(apis.items())),
                    tuple(sorted(record_types.values(), key=lambda record: (_topic_order(record.topic), record.type))),
                    tuple(sorted(messages.values(), key=_message_order)))


def _topic_order(topic: str | None) -> int:
    return list(TOPICS).index(topic) if topic else -1


def _message_order(message: Message) -> tuple[int, int, int, str, str]:
    """APIs by key, headers, data, then persisted records by topic and record type."""
    if message.api_key is None:
        return KINDS.index(message.kind), 0, 0, message.name, message.kind
    group = len(KINDS) if message.topic else 0
    return group, _topic_order(message.topic), message.api_key, "", message.kind


def _check_header_exists(message: Message, messages: dict[str, Message]) -> None:
    header = messages.get(f"{message.kind.capitalize()}Header")
    for use in message.headers:
        if not header or use.version not in header.versions:
            raise SchemaError(message.file, message.line,
                              f"header version {use.version}: no such {message.kind.capitalize()}Header")
