#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes schema/errors.txt, schema/releases.txt and schema/late_fields.txt from the jars of Kafka's releases.

    import_facts.py JAR_DIR --out schema            write the files
    import_facts.py JAR_DIR --out schema --check    change nothing; exit 1 with a diff if it would

JAR_DIR holds one kafka-clients-VERSION.jar of every minor release from 0.8.2 on, and slf4j-api-VERSION.jar,
which their classes need. If a minor release has several jars, the newest patch is used.
scripts/import-kafka downloads them and runs this program; review the diff of the files. Needs java (11
or newer) to run facts_java/Facts.java. The versions of an API are those of the release's own ApiKeys;
versions that only the schemas in the jar have were early access in that release. The tables below
contain the facts that the jars do not have.
"""
from __future__ import annotations

import argparse
import difflib
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field as member
from pathlib import Path
from typing import Iterable, Iterator

from import_messages import ImportProblem, field_versions, parse_versions, release_of

FACTS_JAVA = Path(__file__).resolve().parent / "facts_java" / "Facts.java"

# An API's earlier name at the same key.
API_RENAMES = {"ListClientMetricsResources": "ListConfigResources"}
# The broker of 0.8.2 had its own classes for requests that its clients never sent, or did not distinguish.
SERVER_ONLY_APIS = {(4, 0): "0.8.2", (5, 0): "0.8.2", (6, 0): "0.8.2", (7, 0): "0.8.2"}
SERVER_ONLY_ERRORS = {code: "0.8.2" for code in (4, 8, 9, 11, 14, 15, 16)}
# 0.8.2 had another layout under the same number, which no release spoke to clients.
OTHER_LAYOUT = {(11, 0, "0.8.2")}
# Messages older than the first jar with their schema: the field that shows the release, or the release.
WITNESSES = {
    ("ConsumerProtocolAssignment", 0): "clients.consumer.internals.ConsumerProtocol#ASSIGNMENT_V0",
    ("ConsumerProtocolAssignment", 1): "clients.consumer.internals.ConsumerProtocol#ASSIGNMENT_V1",
    ("ConsumerProtocolSubscription", 0): "clients.consumer.internals.ConsumerProtocol#SUBSCRIPTION_V0",
    ("ConsumerProtocolSubscription", 1): "clients.consumer.internals.ConsumerProtocol#SUBSCRIPTION_V1",
    ("ControlRecordTypeSchema", 0): "common.record.ControlRecordType#CURRENT_CONTROL_RECORD_KEY_VERSION",
    ("EndTxnMarker", 0): "common.record.EndTransactionMarker#CURRENT_END_TXN_MARKER_VERSION",
    ("RequestHeader", 1): "common.protocol.Protocol#REQUEST_HEADER",
    ("ResponseHeader", 0): "common.protocol.Protocol#RESPONSE_HEADER",
}
OLDER = {("RequestHeader", 0): "0.8.2"}      # of ControlledShutdown 0

ERRORS_HEAD = """\
# SPDX-License-Identifier: Apache-2.0
# Written by codegen/import_facts.py. Kafka's error codes, with the names of Kafka {newest}.
# since: the first release that knew the code; {oldest} is the oldest examined.
# What Kafka's Java client does about it, by the class of the exception: it repeats the request (retriable), or does so
# with new metadata or another coordinator (refresh); the application goes on with a new client or member (recoverable)
# or aborts its transaction (abortable); a person changes the configuration, request or permissions (configuration).

"""
RELEASES_HEAD = """\
# SPDX-License-Identifier: Apache-2.0
# Written by codegen/import_facts.py. Versions of each API (request and response alike) or other message,
# and the first and last Kafka release that spoke them. `-`: still spoken by {newest}, the newest release known.
# {oldest} is the oldest release examined; versions that are older start with it here.

"""

LATE_FIELDS_HEAD = """\
# SPDX-License-Identifier: Apache-2.0
# Written by codegen/import_facts.py. Tagged fields that a release added to versions that older releases had: all other
# fields came with their version. By message: the field, its versions, the first release with it.

"""


@dataclass
class Release:
    name: str                                                        # minor: "2.4"
    errors: dict[int, tuple[str, str]] = member(default_factory=dict)    # name and handling
    apis: dict[int, set[int]] = member(default_factory=dict)         # stable versions
    early: dict[int, set[int]] = member(default_factory=dict)
    names: dict[int, str] = member(default_factory=dict)
    messages: dict[str, set[int]] = member(default_factory=dict)     # headers and data
    witnesses: set[str] = member(default_factory=set)
    schemas: dict[tuple[str, int | str], dict] = member(default_factory=dict)    # by type, and API key or name


# ---- reading the jars


def newest_patches(directory: Path) -> list[tuple[str, Path]]:
    """Minor release and jar, oldest first."""
    jars: dict[str, Path] = {}
    for jar in sorted(directory.glob("kafka-clients-*.jar"), key=release_of):
        numbers = release_of(jar)
        jars[".".join(map(str, numbers[:3 if numbers[0] == 0 else 2]))] = jar
    if not jars:
        raise ImportProblem(f"{directory}: no kafka-clients-VERSION.jar")
    return list(jars.items())


def run_java(directory: Path, jars: list[Path]) -> Iterator[list[str]]:
    library = sorted(directory.glob("slf4j-api-*.jar"))
    if not library:
        raise ImportProblem(f"{directory}: no slf4j-api-VERSION.jar")
    command = ["java", str(FACTS_JAVA), str(library[-1]), *sorted(set(WITNESSES.values())), *map(str, jars)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ImportProblem(f"Facts.java failed:\n{done.stderr}")
    return (line.split() for line in done.stdout.splitlines())


def read_schemas(jar: Path) -> Iterator[dict]:
    with zipfile.ZipFile(jar) as opened:
        for name in sorted(opened.namelist()):
            if re.fullmatch(r"common/message/\w+\.json", name):
                text = opened.read(name).decode("utf-8")
                bare = re.sub(r'("(?:\\.|[^"\\])*")|//[^\n]*', lambda m: m.group(1) or "", text).strip()
                # 2.8 has a schema with a brace too many at its end.
                yield json.JSONDecoder().raw_decode(bare)[0]


def add_schemas(release: Release, jar: Path) -> None:
    for schema in read_schemas(jar):
        versions = set(parse_versions(schema["validVersions"]))
        if schema["type"] == "request":
            key, name = schema["apiKey"], schema["name"].removesuffix("Request")
            release.names[key] = API_RENAMES.get(name, name)
            stable = release.apis.get(key, set())
            if not stable <= versions:
                raise ImportProblem(f"{jar.name}: {name} speaks versions that its schema lacks")
            release.early[key] = versions - stable
        elif schema["type"] in ("header", "data"):
            release.messages[schema["name"]] = versions
        release.schemas[schema["type"], schema.get("apiKey", schema["name"])] = schema


def read_releases(directory: Path) -> list[Release]:
    jars = newest_patches(directory)
    named = {jar.name: Release(name) for name, jar in jars}
    release = Release("")
    for words in run_java(directory, [jar for _, jar in jars]):
        if words[0] == "jar":
            release = named[words[1]]
        elif words[0] == "error":
            release.errors[int(words[1])] = words[2], words[3]
        elif words[0] == "api":
            release.apis[int(words[1])] = set(range(int(words[3]), int(words[4]) + 1))
        elif words[0] == "has":
            release.witnesses.add(f"{words[1]}#{words[2]}")
    for _, jar in jars:
        add_schemas(named[jar.name], jar)
    return list(named.values())


# ---- writing the text


def errors_text(releases: list[Release]) -> str:
    newest = releases[-1]
    lines = []
    for code, (name, handling) in sorted(newest.errors.items()):
        since = SERVER_ONLY_ERRORS.get(code) or next(r.name for r in releases if code in r.errors)
        lines.append(f"{code} {name} since {since}" + (f" {handling}" if handling != "-" else "") + "\n")
    return ERRORS_HEAD.format(newest=newest.name, oldest=releases[0].name) + "".join(lines)


def span(order: list[str], what: str, having: list[str], start: str | None) -> str:
    """`FIRST LAST`; a version that is interrupted is a mistake of this importer, unless `start` adds to the jars."""
    first, last = start or having[0], having[-1]
    if not start and having != order[order.index(first):order.index(last) + 1]:
        raise ImportProblem(f"{what}: not in all releases from {first} to {last}")
    return f"{first} {'-' if last == order[-1] else last}"


def runs(texts: dict[int, str]) -> Iterator[str]:
    """A line for consecutive versions of the same text, in which they replace {}."""
    versions = sorted(texts)
    while versions:
        first = last = versions.pop(0)
        while versions and versions[0] == last + 1 and texts[versions[0]] == texts[first]:
            last = versions.pop(0)
        yield "  " + texts[first].format(first if first == last else f"{first}-{last}") + "\n"


def api_lines(releases: list[Release], key: int) -> Iterator[str]:
    order = [release.name for release in releases]
    spoken: dict[int, str] = {}
    for version in sorted(set().union(*(r.apis.get(key, set()) | r.early.get(key, set()) for r in releases))):
        having = [r.name for r in releases if version in r.apis.get(key, set())
                  and (key, version, r.name) not in OTHER_LAYOUT]
        early = [r.name for r in releases if version in r.early.get(key, set())]
        what = f"api {key} version {version}"
        spoken[version] = "{} " + (span(order, what, having, SERVER_ONLY_APIS.get((key, version))) if having
                                   else span(order, what, early, None) + " unstable")
    name = next(release.names[key] for release in reversed(releases) if key in release.names)
    return iter([f"api {key} {name}\n", *runs(spoken), "\n"])


def message_lines(releases: list[Release], name: str) -> Iterator[str]:
    order = [release.name for release in releases]
    spoken: dict[int, str] = {}
    for version in sorted(set().union(*(r.messages.get(name, set()) for r in releases))):
        witness = WITNESSES.get((name, version))
        start = OLDER.get((name, version)) or next((r.name for r in releases if witness in r.witnesses), None)
        having = [r.name for r in releases if version in r.messages.get(name, set())]
        spoken[version] = "{} " + span(order, f"{name} version {version}", having, start)
    return iter([f"message {name}\n", *runs(spoken), "\n"])


def releases_text(releases: list[Release]) -> str:
    keys = sorted(set().union(*(release.names for release in releases)))
    messages = sorted(set().union(*(release.messages for release in releases)))
    head = RELEASES_HEAD.format(newest=releases[-1].name, oldest=releases[0].name)
    lines = [f"releases {' '.join(release.name for release in releases)}\n\n"]
    for key in keys:
        lines += api_lines(releases, key)
    for name in messages:
        lines += message_lines(releases, name)
    return head + "".join(lines).rstrip("\n") + "\n"


# ---- fields that are younger than their versions


Identity = tuple[tuple[bool, int], ...]


def optional_fields(schema: dict, version: int) -> dict[Identity, str]:
    """The paths of the fields that are tagged in the version or within a tagged one: only those can come later. Names
    change between releases, so a field's identity is its tag, or its place on the wire, and those of the structs around
    it."""
    commons = {common["name"]: common["fields"] for common in schema.get("commonStructs", [])}
    found: dict[Identity, str] = {}

    def walk(fields: list[dict], identity: Identity, path: str, owner_tagged: bool) -> None:
        place = 0
        for one in fields:
            if version not in field_versions(one):
                continue
            tagged = version in parse_versions(one.get("taggedVersions", "none"))
            own = (*identity, (tagged, int(one["tag"]) if tagged else place))
            place += not tagged
            if tagged or owner_tagged:
                found[own] = path + one["name"]
            inner = one.get("fields") or commons.get(one["type"].removeprefix("[]"), [])
            walk(inner, own, f"{path}{one['name']}.", tagged or owner_tagged)

    walk(schema.get("fields", []), (), "", False)
    return found


def late_fields(releases: list[Release], subject: tuple[str, int | str]) -> Iterator[str]:
    """Lines `  PATH VERSIONS RELEASE`. A version is released when it is stable."""
    came: dict[tuple[int, Identity], str | None] = {}
    released: set[int] = set()
    names: dict[tuple[int, Identity], str] = {}
    for release in releases:
        schema = release.schemas.get(subject)
        if schema is None:
            continue
        versions = parse_versions(schema["validVersions"])
        for version in versions:
            for identity, path in optional_fields(schema, version).items():
                came.setdefault((version, identity), release.name if version in released else None)
                names[version, identity] = path
        released |= versions - release.early.get(subject[1], set())
    texts: dict[str, dict[int, str]] = {}
    for (version, identity), release_name in came.items():
        if release_name:
            path = names[version, identity]
            texts.setdefault(path, {})[version] = f"{path} {{}} {release_name}"
    for path in texts:
        yield from runs(texts[path])


def late_fields_text(releases: list[Release]) -> str:
    blocks = {}
    for subject in set().union(*(release.schemas for release in releases)):
        name = next(release.schemas[subject]["name"] for release in reversed(releases) if subject in release.schemas)
        blocks[name] = "".join(late_fields(releases, subject))
    return LATE_FIELDS_HEAD + "\n".join(f"{name}\n{lines}" for name, lines in sorted(blocks.items()) if lines)


def difference(directory: Path, texts: dict[str, str]) -> str:
    lines: list[str] = []
    for name, text in texts.items():
        present = (directory / name).read_text(encoding="utf-8") if (directory / name).exists() else ""
        lines += difflib.unified_diff(present.splitlines(True), text.splitlines(True), str(directory / name),
                                      f"imported/{name}")
    return "".join(lines)


def main(arguments: Iterable[str]) -> int:
    parser = argparse.ArgumentParser(description="Write facts of Kafka's releases from their jars.")
    parser.add_argument("jars", type=Path, metavar="JAR_DIR")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="directory of the files")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 with a diff if text differs")
    options = parser.parse_args(list(arguments))
    try:
        releases = read_releases(options.jars)
        texts = {"errors.txt": errors_text(releases), "late_fields.txt": late_fields_text(releases),
                 "releases.txt": releases_text(releases)}
    except (ImportProblem, OSError, zipfile.BadZipFile) as error:
        print(f"import_facts.py: {error}", file=sys.stderr)
        return 2
    if options.check:
        diff = difference(options.out, texts)
        sys.stdout.write(diff)
        return 1 if diff else 0
    for name, text in texts.items():
        (options.out / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
