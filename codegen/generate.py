#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes libkwire's generated C from the schema text.

    generate.py list GROUP SCHEMA_DIR            names of the files of a group, one per line
    generate.py write GROUP SCHEMA_DIR OUT_DIR   the files themselves

Groups: headers (include/kwire/messages), tops (include/kwire), sources (lib), facts (tools/protocol). A schema
directory without errors.txt and releases.txt has messages only, and no facts.
"""
from __future__ import annotations

import sys
from pathlib import Path
from typing import Callable

from c_names import field_c_name, message_c_name, struct_c_name
from emit_codec import emit_codec
from emit_descriptor import emit_descriptor
from emit_facts import emit_facts
from emit_header import emit_header, is_element
from emit_tables import (emit_api_keys, emit_api_table, emit_error_codes, emit_error_table, emit_kafka_release,
                         emit_message_table, emit_record_type_table, emit_umbrella)
from facts import FactError, Releases, load_errors, load_late_fields, load_meanings, load_releases
from schema import Protocol, SchemaError, load

Files = dict[str, Callable[[], str]]


def check_names(protocol: Protocol) -> None:
    """Names in C must be unique: types, arrays of them, functions, descriptions, fields."""
    seen: dict[str, str] = {}

    def take(name: str, struct: Struct, what: str) -> None:
        if name in seen:
            raise SchemaError(struct.file, struct.line, f"{what} and {seen[name]} would both be called {name} in C")
        seen[name] = what

    for message in protocol.messages:
        for suffix in ("decode", "encode", "message"):
            take(f"{message_c_name(message)}_{suffix}", message.root, f"what {message.name} needs")
        for struct in (message.root, *message.structs):
            name, own = struct_c_name(message, struct), f"{struct.name} of {message.name}"
            take(name, struct, own)
            take(f"{name}_init", struct, f"the init function of {own}")
            if is_element(message, struct):
                take(f"{name}_array", struct, f"the array of {own}")
            for field in struct.fields:
                taken = field_c_name(field)
                if taken in ("unknown_tags", "no_fields"):
                    what = f"{field.name} would be called {taken} in C, which is taken"
                    raise SchemaError(field.file, field.line, what)


def header_files(protocol: Protocol, _schema: Path) -> Files:
    return {message_c_name(m)[3:] + ".h": lambda m=m: emit_header(m) for m in protocol.messages}


def top_files(protocol: Protocol, schema: Path) -> Files:
    files: Files = {"api_keys.h": lambda: emit_api_keys(protocol), "messages.h": lambda: emit_umbrella(protocol),
                    "kafka_release.h": lambda: emit_kafka_release(protocol)}
    if (errors := schema / "errors.txt").exists():
        codes = load_errors(errors)
        files["error_codes.h"] = lambda: emit_error_codes(codes)
    return files


def source_files(protocol: Protocol, schema: Path) -> Files:
    facts = schema / "releases.txt"
    releases = load_releases(facts) if facts.exists() else Releases.nothing()
    files: Files = {"api_table.c": lambda: emit_api_table(protocol),
                    "message_table.c": lambda: emit_message_table(protocol)}
    if (errors := schema / "errors.txt").exists():
        codes = load_errors(errors)
        files["error_table.c"] = lambda: emit_error_table(codes)
    if protocol.record_types:
        files["record_type_table.c"] = lambda: emit_record_type_table(protocol)
    for m in protocol.messages:
        files[message_c_name(m)[3:] + ".c"] = lambda m=m: emit_codec(m)
        files[message_c_name(m)[3:] + "_description.c"] = lambda m=m: emit_descriptor(m, releases)
    return files


def fact_files(protocol: Protocol, schema: Path) -> Files:
    if not (schema / "errors.txt").exists():
        return {}
    errors, releases = load_errors(schema / "errors.txt"), load_releases(schema / "releases.txt")
    meanings = load_meanings(schema / "error_meanings.txt", errors)
    late = load_late_fields(schema / "late_fields.txt", releases)
    return {"kafka_facts.c": lambda: emit_facts(protocol, errors, meanings, late, releases.names)}


def write_if_changed(path: Path, text: str) -> None:
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


GROUPS: dict[str, Callable[[Protocol, Path], Files]] = {
    "headers": header_files, "tops": top_files, "sources": source_files, "facts": fact_files}


def main(arguments: list[str]) -> int:
    match arguments:
        case ["list", group, _] | ["write", group, _, _] if group in GROUPS:
            verb, schema = arguments[0], Path(arguments[2])
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    try:
        protocol = load(schema)
        check_names(protocol)
        files = GROUPS[group](protocol, schema)
        for name, emit in sorted(files.items()):
            if verb == "list":
                print(name)
            else:
                write_if_changed(Path(arguments[3]) / name, emit())
    except (SchemaError, FactError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
