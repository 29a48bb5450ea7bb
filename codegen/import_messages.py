#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the schema text from the message schemas in Kafka's jars.

    import_messages.py kafka-clients-VERSION.jar kafka-metadata-VERSION.jar... --out schema
    import_messages.py ... --out schema --check     change nothing; exit 1 with a diff if it would
    import_messages.py --artifacts                  the jars of a release with messages, one per line

scripts/import-kafka downloads the jars and runs it.

The jars' names say which messages they hold (see FOLDERS) and of which release they are. For each message
version the newest release that has the version is the authority; versions and fields that later releases
dropped come from the last release that had them. Flags without versions follow the newest release, except
`ignorable`, which matters only where a field is absent and so follows the authority of those versions.
"""
from __future__ import annotations

import argparse
import difflib
import json
import re
import sys
import zipfile
from dataclasses import dataclass, field as member
from functools import lru_cache
from pathlib import Path
from typing import Any, Callable, Iterable, Iterator

from schema import FILES_FOLDER, LISTENERS, snake_case

# Jar -> the folder of the schema that its messages go to. Data messages of all but the first are files on disk.
FOLDERS = {
    "kafka-clients": "",
    "kafka-metadata": "persisted/cluster_metadata",
    "kafka-storage": "persisted/remote_log_metadata",
    "kafka-group-coordinator": "persisted/consumer_offsets",
    "kafka-transaction-coordinator": "persisted/transaction_state",
    "kafka-share-coordinator": "persisted/share_group_state",
    "kafka-raft": FILES_FOLDER,
}
# Kafka's word for the type of a message -> the schema's.
KINDS = {"request": "request", "response": "response", "header": "header", "data": "data",
         "metadata": "metadata", "coordinator-key": "key", "coordinator-value": "value"}

# Same bytes under a new name: the newest name wins. Keys are names as the older jars have them.
FIELD_RENAMES = {
    ("VoteRequest", "PartitionData.CandidateEpoch"): "ReplicaEpoch",
    ("VoteRequest", "PartitionData.CandidateId"): "ReplicaId",
    ("VoteRequest", "PartitionData.CandidateDirectoryId"): "ReplicaDirectoryId",
}
MESSAGE_KEYS = {"apiKey", "type", "name", "listeners", "validVersions", "flexibleVersions", "headerVersions",
                "deprecatedVersions", "latestVersionUnstable", "fields", "commonStructs"}
FIELD_KEYS = {"name", "type", "versions", "nullableVersions", "tag", "taggedVersions", "flexibleVersions",
              "default", "ignorable", "mapKey", "entityType", "zeroCopy", "about", "fields"}
STRUCT_KEYS = {"name", "versions", "fields", "about"}
HEAD = ("# SPDX-License-Identifier: Apache-2.0\n"
        "# Written by codegen/import_messages.py from the schemas of Kafka's jars.\n\n")
# Files of facts, which import_facts.py or a person writes.
FACTS = ("error_meanings.txt", "errors.txt", "late_fields.txt", "releases.txt")
MAX_VERSION = 32767

Release = tuple[int, ...]
Versions = frozenset[int]


class ImportProblem(Exception):
    pass


# ---- one release, as in its jar


@dataclass
class RawField:
    name: str
    type: str                      # element type of an array
    array: bool
    versions: Versions             # where it is on the wire in this release
    nullable: Versions
    tagged: Versions
    tag: int | None
    default: Any
    ignorable: bool
    key: bool
    entity: str | None
    flexible: bool                 # False: never in compact form
    fields: list[RawField]


@dataclass
class RawStruct:
    name: str
    fields: list[RawField]


@dataclass
class RawMessage:
    name: str
    kind: str
    folder: str
    api_key: int | None            # or record type
    versions: Versions
    flexible: Versions
    deprecated: Versions
    unstable: Versions
    headers: dict[int, int]        # message version -> header version
    listeners: list[str]
    fields: list[RawField]
    commons: list[RawStruct]


def read_jar(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields each schema with its location, for error texts."""
    with zipfile.ZipFile(path) as jar:
        for name in sorted(jar.namelist()):
            if re.fullmatch(r"(common/)?(message|metadata)/\w+\.json", name):
                text = jar.read(name).decode("utf-8")
                bare = re.sub(r'("(?:\\.|[^"\\])*")|//[^\n]*', lambda m: m.group(1) or "", text)
                try:
                    yield f"{path.name}:{name}", json.loads(bare)
                except ValueError as error:
                    raise ImportProblem(f"{path.name}:{name}: {error}") from error


@lru_cache
def parse_versions(text: str) -> Versions:
    """`N`, `N-M`, `N+` or `none`; an open end is limited by the range that it is intersected with."""
    match = re.fullmatch(r"(\d+)(?:(\+)|-(\d+))?|none", text)
    if not match:
        raise ImportProblem(f"bad version range '{text}'")
    if text == "none":
        return frozenset()
    first, plus, last = match.groups()
    return frozenset(range(int(first), 1 + (MAX_VERSION if plus else int(last or first))))


class RawParser:
    """Turns one schema's JSON into a RawMessage, with every range clipped to the versions of its owner."""

    def __init__(self, json_message: dict[str, Any], folder: str):
        self.json, self.folder = json_message, folder
        self.name = json_message["name"]
        self.versions = parse_versions(json_message["validVersions"])
        self.commons = {common["name"]: common for common in json_message.get("commonStructs", [])}
        self.uses: dict[str, Versions] = {name: frozenset() for name in self.commons}

    def parse(self) -> RawMessage:
        known_keys(self.json, MESSAGE_KEYS, self.name)
        fields = self.json.get("fields", [])
        self._collect_uses(fields, self.versions)
        kind = KINDS.get(self.json["type"])
        if not kind:
            raise ImportProblem(f"unknown message type '{self.json['type']}'")
        flexible = parse_versions(self.json.get("flexibleVersions", "none")) & self.versions
        return RawMessage(
            name=self.name, kind=kind, folder=FILES_FOLDER if kind == "data" and self.folder else self.folder,
            api_key=None if kind in ("header", "data") else self.json["apiKey"],
            versions=self.versions, flexible=flexible,
            deprecated=parse_versions(self.json.get("deprecatedVersions", "none")) & self.versions,
            unstable=frozenset(sorted(self.versions)[-1:] if self.json.get("latestVersionUnstable") else []),
            headers=self._headers(kind, flexible), listeners=self.json.get("listeners", []),
            fields=self._fields(self.name, fields, self.versions),
            commons=[RawStruct(name, self._fields(name, common["fields"], self.uses[name]))
                     for name, common in self.commons.items()])

    def _collect_uses(self, fields: list[dict[str, Any]], versions: Versions) -> None:
        for field in fields:
            here = field_versions(field) & versions
            element = field["type"].removeprefix("[]")
            if element in self.commons:
                common = self.commons[element]
                known_keys(common, STRUCT_KEYS, element)
                if here - parse_versions(common["versions"]):
                    raise ImportProblem(f"struct '{element}' is used in versions that it lacks")
                self.uses[element] |= here
            self._collect_uses(field.get("fields") or self.commons.get(element, {}).get("fields", []), here)

    def _headers(self, kind: str, flexible: Versions) -> dict[int, int]:
        if kind not in ("request", "response"):
            return {}
        if "headerVersions" in self.json:
            return self._explicit_headers(self.json["headerVersions"])
        return {version: header_version(self.name, kind, version, version in flexible)
                for version in self.versions}

    def _explicit_headers(self, ranges: dict[str, str]) -> dict[int, int]:
        """Releases since 4.5 say it: {"0-1": "1", "2+": "2"}, from version 0 on, also where older ones were dropped."""
        uses: dict[int, int] = {}
        for text, header in ranges.items():
            here = parse_versions(text) & self.versions
            if here & set(uses):
                raise ImportProblem(f"headerVersions: {text} overlaps with what is before it")
            uses |= dict.fromkeys(here, int(header))
        if set(uses) != self.versions:
            raise ImportProblem("headerVersions do not match validVersions")
        return uses

    def _fields(self, owner: str, fields: list[dict[str, Any]], versions: Versions) -> list[RawField]:
        return [self._field(owner, field, versions) for field in fields]

    def _field(self, owner: str, field: dict[str, Any], versions: Versions) -> RawField:
        known_keys(field, FIELD_KEYS, f"{owner}.{field.get('name')}")
        here = field_versions(field) & versions
        array = field["type"].startswith("[]")
        element = field["type"].removeprefix("[]")
        tag = field.get("tag")
        path = field["name"] if owner == self.name else f"{owner}.{field['name']}"
        return RawField(
            name=FIELD_RENAMES.get((self.name, path), field["name"]),
            type=element, array=array, versions=here,
            nullable=parse_versions(field.get("nullableVersions", "none")) & here,
            tagged=parse_versions(field.get("taggedVersions", "none")) & here,
            tag=None if tag is None else int(tag),
            default=read_default(field, element, array), ignorable=bool(field.get("ignorable", False)),
            key=bool(field.get("mapKey", False)), entity=field.get("entityType"),
            flexible=field.get("flexibleVersions") != "none",
            fields=self._fields(element, field.get("fields", []), here))


def field_versions(field: dict[str, Any]) -> Versions:
    """A tagged field need not name its versions."""
    return parse_versions(field["versions"] if "versions" in field else field["taggedVersions"])


def known_keys(json_object: dict[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(json_object) - known)
    if unknown:
        raise ImportProblem(f"{where}: unknown key '{unknown[0]}'")


def header_version(message: str, kind: str, version: int, flexible: bool) -> int:
    """The rule for releases whose schemas do not state it."""
    if message == "ApiVersionsResponse":
        return 0
    if message == "ControlledShutdownRequest" and version == 0:
        return 0
    return int(flexible) + (kind == "request")


def read_default(field: dict[str, Any], element: str, array: bool) -> str | None:
    """The default as the schema text writes it, or None for the type's usual one."""
    if field.get("default") is None or field["default"] == "" and element != "string":
        return None
    value = str(field["default"])
    if value == "null":
        return value
    if not array and re.fullmatch(r"u?int\d+", element):
        number = int(value, 0)
        return str(number) if number else None
    if not array and element == "bool" and value.lower() in ("true", "false"):
        return "true" if value.lower() == "true" else None
    if not array and element == "string":
        return f'"{value}"' if value else None
    if not array and element == "float64":
        return repr(float(value)) if float(value) else None
    raise ImportProblem(f"{field['name']}: default '{value}' of type {field['type']}")


# ---- the merge


@dataclass
class Merged:
    """A message of all releases; `owned` holds the versions each release is the authority for."""
    releases: list[tuple[Release, RawMessage]]          # newest first
    owned: list[Versions] = member(default_factory=list)

    def __post_init__(self) -> None:
        taken: Versions = frozenset()
        for _, raw in self.releases:
            self.owned.append(raw.versions - taken)
            taken |= raw.versions
        self.versions = taken
        self.newest = next(raw for _, raw in self.releases if raw.versions)
        if len({(raw.kind, raw.folder, raw.api_key) for _, raw in self.releases}) > 1:
            raise ImportProblem(f"{self.newest.name}: kind, api key or record type changed between releases")

    def collect(self, part: Callable[[RawMessage], Versions]) -> Versions:
        return frozenset().union(*(part(raw) & own for (_, raw), own in zip(self.releases, self.owned)))

    def headers(self) -> dict[int, int]:
        return {version: raw.headers[version] for (_, raw), own in zip(self.releases, self.owned)
                for version in own if raw.headers}


@dataclass
class MergedField:
    newest: RawField
    versions: Versions
    nullable: Versions
    tagged: Versions
    tag: int | None
    ignorable: bool
    fields: list[MergedField]


def merge_order(lists: Iterable[list[str]]) -> list[str]:
    """All names, newest list first; a name that only an older list has goes after its neighbour in that list."""
    order: list[str] = []
    for names in lists:
        at = 0
        for name in names:
            if name in order:
                at = order.index(name) + 1
            else:
                order.insert(at, name)
                at += 1
    return order


def merge_fields(where: str, lists: list[list[RawField]], owned: list[Versions]) -> list[MergedField]:
    """`lists` and `owned` run over the releases, newest first."""
    named = [{field.name: field for field in fields} for fields in lists]
    order = merge_order([list(names) for names in named])
    merged = [merge_field(f"{where}.{name}", [names.get(name) for names in named], owned) for name in order]
    found = [field for field in merged if field]
    for names, own in zip(named, owned):
        for version in own:
            theirs = [field.name for field in names.values() if version in field.versions]
            ours = [field.newest.name for field in found if version in field.versions]
            if ours != theirs:
                raise ImportProblem(f"{where}: no order of fields fits version {version}: {ours} is not {theirs}")
    return found


def merge_field(where: str, raws: list[RawField | None], owned: list[Versions]) -> MergedField | None:
    live = [(raw, own) for raw, own in zip(raws, owned) if raw and raw.versions & own]
    if not live:
        return None
    newest = live[0][0]
    for raw, _ in live:
        if (raw.type, raw.array, raw.flexible) != (newest.type, newest.array, newest.flexible):
            raise ImportProblem(f"{where}: type changed between releases")
    tags = {raw.tag for raw, own in live if raw.tagged & own}
    if len(tags) > 1:
        raise ImportProblem(f"{where}: tag changed between releases")
    versions, nullable, tagged = (frozenset().union(*(getattr(raw, part) & own for raw, own in live))
                                  for part in ("versions", "nullable", "tagged"))
    for part in (versions, nullable, tagged):
        contiguous(where, part)
    absent = frozenset().union(*owned) - versions
    judge = next((raw for raw, own in zip(raws, owned) if raw and own & absent), newest)
    return MergedField(newest, versions, nullable, tagged, next(iter(tags), None), judge.ignorable,
                       merge_fields(where, [raw.fields if raw else [] for raw in raws],
                                    [own & raw.versions if raw else frozenset() for raw, own in zip(raws, owned)]))


def contiguous(where: str, versions: Versions) -> None:
    if versions and len(versions) != max(versions) - min(versions) + 1:
        raise ImportProblem(f"{where}: versions {sorted(versions)} are not one range")


def common_uses(fields: list[RawField], commons: dict[str, RawStruct], versions: Versions) -> dict[str, Versions]:
    """The versions among `versions` in which each common struct is on the wire."""
    uses: dict[str, Versions] = {}
    for field in fields:
        here = field.versions & versions
        inner = field.fields
        if field.type in commons:
            uses[field.type] = uses.get(field.type, frozenset()) | here
            inner = commons[field.type].fields
        for name, more in common_uses(inner, commons, here).items():
            uses[name] = uses.get(name, frozenset()) | more
    return uses


# ---- the text


def range_text(versions: Versions, within: Versions) -> str:
    if not versions:
        return "none"
    lo, hi = min(versions), max(versions)
    return f"{lo}+" if hi == max(within) else str(lo) if lo == hi else f"{lo}-{hi}"


def field_lines(fields: list[MergedField], within: Versions, depth: int) -> Iterator[str]:
    for field in fields:
        raw = field.newest
        words = [raw.name, "[]" * raw.array + raw.type, range_text(field.versions, within)]
        if field.nullable:
            words += ["nullable", range_text(field.nullable, field.versions)]
        if field.tagged:
            words += ["tag", str(field.tag), range_text(field.tagged, field.versions)]
        if raw.default is not None:
            words += ["default", raw.default]
        words += ["ignorable"] * field.ignorable + ["key"] * raw.key
        words += ["entity", raw.entity] if raw.entity else []
        words += [] if raw.flexible else ["flexible", "none"]
        yield "  " * depth + " ".join(words)
        yield from field_lines(field.fields, field.versions, depth + 1)


def message_lines(message: Merged) -> Iterator[str]:
    raw, versions = message.newest, message.versions
    contiguous(raw.name, versions)
    yield f"{raw.kind} {raw.name}"
    span = f"{min(versions)}-{max(versions)}" if len(versions) > 1 else str(min(versions))
    yield f"  versions {span}"
    for word, part in (("flexible", lambda m: m.flexible), ("deprecated", lambda m: m.deprecated),
                       ("unstable", lambda m: m.unstable)):
        found = message.collect(part)
        contiguous(f"{raw.name} {word}", found)
        if found or word == "flexible":
            yield f"  {word} {range_text(found, versions)}"
    headers = message.headers()
    for header in sorted(set(headers.values())):
        uses = frozenset(version for version in headers if headers[version] == header)
        contiguous(f"{raw.name} header {header}", uses)
        yield f"  header {header} {range_text(uses, versions)}"
    for release, theirs in reversed(message.releases):
        if theirs.versions:
            lo, hi = min(theirs.versions), max(theirs.versions)
            yield f"  source {'.'.join(map(str, release))} {lo if lo == hi else f'{lo}-{hi}'}"
    if raw.listeners:
        yield "  listeners " + " ".join(sorted(raw.listeners, key=LISTENERS.index))
    yield from body_lines(message)


def body_lines(message: Merged) -> Iterator[str]:
    raws = [raw for _, raw in message.releases]
    fields = merge_fields(message.newest.name, [raw.fields for raw in raws], message.owned)
    if fields:
        yield ""
    yield from field_lines(fields, message.versions, 1)
    commons = [{common.name: common for common in raw.commons} for raw in raws]
    uses = [common_uses(raw.fields, own_commons, own)
            for raw, own_commons, own in zip(raws, commons, message.owned)]
    for name in merge_order([list(own_commons) for own_commons in commons]):
        owned = [use.get(name, frozenset()) for use in uses]
        versions = frozenset().union(*owned)
        if versions:
            contiguous(f"{message.newest.name} struct {name}", versions)
            lists = [own_commons[name].fields if name in own_commons else [] for own_commons in commons]
            yield from ("", f"  struct {name} {range_text(versions, message.versions)}")
            yield from field_lines(merge_fields(name, lists, owned), versions, 2)


# ---- everything together


def folder_of(jar: Path) -> str:
    folder = FOLDERS.get(re.sub(r"-\d+(\.\d+)+\.jar$", "", jar.name))
    if folder is None:
        raise ImportProblem(f"{jar.name}: it is not known what messages this jar holds")
    return folder


def release_of(jar: Path) -> Release:
    match = re.search(r"-(\d+(?:\.\d+)+)\.jar$", jar.name)
    if not match:
        raise ImportProblem(f"{jar.name}: no release in the file name")
    return tuple(int(number) for number in match[1].split("."))


def read_messages(jars: Iterable[Path]) -> dict[str, Merged]:
    releases: dict[str, list[tuple[Release, RawMessage]]] = {}
    for jar in sorted(jars, key=release_of, reverse=True):
        for where, json_message in read_jar(jar):
            try:
                raw = RawParser(json_message, folder_of(jar)).parse()
            except (ImportProblem, KeyError) as error:
                raise ImportProblem(f"{where}: {error}") from error
            known = releases.setdefault(raw.name, [])
            if any(release == release_of(jar) for release, _ in known):
                raise ImportProblem(f"{where}: a second '{raw.name}' in this release")
            known.append((release_of(jar), raw))
    return {name: Merged(raws) for name, raws in releases.items() if any(raw.versions for _, raw in raws)}


def is_former(message: Merged, messages: dict[str, Merged]) -> bool:
    """True if a newer release has another API at this key: the same bytes under another name."""
    newest = message.releases[0][0]
    return any(other.newest.kind == "request" and other.newest.api_key == message.newest.api_key
               and other.releases[0][0] > newest for other in messages.values())


def write_owner(messages: dict[str, Merged], name: str, parts: list[str], first_line: str) -> str:
    """An API or record type, and the messages it consists of."""
    for part in parts:
        if part not in messages:
            raise ImportProblem(f"no '{part}' to '{name}'")
    return join_blocks(iter([first_line]), *(message_lines(messages[part]) for part in parts))


def join_blocks(*blocks: Iterator[str]) -> str:
    return HEAD + "\n".join("\n".join(block) + "\n" for block in blocks)


def write_texts(messages: dict[str, Merged]) -> dict[str, str]:
    """File name -> text."""
    texts: dict[str, str] = {}
    for name, message in sorted(messages.items()):
        raw, owner = message.newest, name
        if raw.kind == "request":
            owner = name.removesuffix("Request")
            word = "former" if is_former(message, messages) else "api"
            text = write_owner(messages, name, [name, owner + "Response"], f"{word} {raw.api_key} {owner}")
        elif raw.kind == "key":
            owner = name.removesuffix("Key")
            text = write_owner(messages, name, [name, owner + "Value"], f"record {raw.api_key} {owner}")
        elif raw.kind == "metadata":
            text = write_owner(messages, name, [name], f"record {raw.api_key} {owner}")
        elif raw.kind in ("header", "data"):
            text = join_blocks(message_lines(message))
        else:
            continue
        texts[f"{raw.folder}/{snake_case(owner)}.kws".lstrip("/")] = text
    return texts


def build_file(texts: dict[str, str]) -> str:
    """The list of files for the build, so that it reconfigures itself when there is a new one."""
    names = "".join(f"  '{name}',\n" for name in sorted([*texts, *FACTS]))
    return HEAD + f"schema_dir = meson.current_source_dir()\nschema_files = files(\n{names})\n"


def schema_texts(directory: Path) -> dict[str, Path]:
    return {path.relative_to(directory).as_posix(): path for path in directory.rglob("*.kws")}


def compare(directory: Path, texts: dict[str, str]) -> str:
    found = schema_texts(directory) | {name: directory / name for name in texts if (directory / name).exists()}
    present = {name: path.read_text(encoding="utf-8") for name, path in found.items()}
    diff = (difflib.unified_diff(present.get(name, "").splitlines(True), texts.get(name, "").splitlines(True),
                                 f"{directory.name}/{name}", f"imported/{name}")
            for name in sorted(present.keys() | texts.keys()))
    return "".join(line for lines in diff for line in lines)


def write(directory: Path, texts: dict[str, str]) -> None:
    for name, path in schema_texts(directory).items():
        if name not in texts:
            path.unlink()
    for name, text in texts.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text, encoding="utf-8")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Write the schema text from the schemas in Kafka's jars.")
    parser.add_argument("jars", nargs="*", type=Path, metavar="JAR")
    parser.add_argument("--out", type=Path, metavar="DIR", help="directory of the schema text")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 with a diff if text differs")
    parser.add_argument("--artifacts", action="store_true", help="print the jars of a release that hold messages")
    options = parser.parse_args(arguments)
    if options.artifacts:
        print(*FOLDERS, sep="\n")
        return 0
    if not options.jars or not options.out:
        parser.error("jars and --out are needed")
    try:
        texts = write_texts(read_messages(options.jars))
        texts["meson.build"] = build_file(texts)
    except (ImportProblem, OSError, zipfile.BadZipFile) as error:
        print(f"import_messages.py: {error}", file=sys.stderr)
        return 2
    if options.check:
        diff = compare(options.out, texts)
        sys.stdout.write(diff)
        return 1 if diff else 0
    write(options.out, texts)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
