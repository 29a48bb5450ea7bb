#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes libkwire's generated C from the schema text.

    generate.py list GROUP SCHEMA_DIR            names of the files of a group, one a line
    generate.py write GROUP SCHEMA_DIR OUT_DIR   the files themselves

Groups: headers (include/kwire/messages), tops (include/kwire), sources (lib). A schema directory without errors.txt and
releases.txt has messages only.
"""
from __future__ import annotations

import sys
from pathlib import Path
from typing import Callable

from c_names import message_c_name, struct_c_name
from emit_codec import emit_codec
from emit_descriptor import emit_descriptor
from emit_header import emit_header
from emit_tables import (emit_api_keys, emit_api_table, emit_error_codes, emit_error_table, emit_message_table,
                         emit_umbrella)
from facts import FactError, Releases, load_errors, load_releases
from schema import Protocol, SchemaError, load

Files = dict[str, Callable[[], str]]


def check_names(protocol: Protocol) -> None:
    """Two structs may not have the same name in C."""
    seen: dict[str, str] = {}
    for message in protocol.messages:
        for struct in (message.root, *message.structs):
            name = struct_c_name(message, struct)
            if name in seen:
                raise SchemaError(struct.file, struct.line, f"{struct.name} of {message.name} and {seen[name]} would both "
                                                            f"be called {name} in C")
            seen[name] = f"{struct.name} of {message.name}"


def header_files(protocol: Protocol) -> Files:
    return {message_c_name(m)[3:] + ".h": lambda m=m: emit_header(m) for m in protocol.messages}


def top_files(protocol: Protocol, schema: Path) -> Files:
    files: Files = {"api_keys.h": lambda: emit_api_keys(protocol), "messages.h": lambda: emit_umbrella(protocol)}
    if (errors := schema / "errors.txt").exists():
        files["error_codes.h"] = lambda: emit_error_codes(load_errors(errors))
    return files


def source_files(protocol: Protocol, schema: Path) -> Files:
    facts = schema / "releases.txt"
    releases = load_releases(facts) if facts.exists() else Releases.nothing()
    files: Files = {"api_table.c": lambda: emit_api_table(protocol),
                    "message_table.c": lambda: emit_message_table(protocol)}
    if (errors := schema / "errors.txt").exists():
        files["error_table.c"] = lambda: emit_error_table(load_errors(errors))
    for m in protocol.messages:
        files[message_c_name(m)[3:] + ".c"] = lambda m=m: emit_codec(m)
        files[message_c_name(m)[3:] + "_description.c"] = lambda m=m: emit_descriptor(m, releases)
    return files


def write_if_changed(path: Path, text: str) -> None:
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def main(arguments: list[str]) -> int:
    if len(arguments) < 3 or arguments[0] not in ("list", "write") or len(arguments) != (3 if arguments[0] == "list" else 4):
        print(__doc__, file=sys.stderr)
        return 2
    verb, group, schema = arguments[0], arguments[1], Path(arguments[2])
    try:
        protocol = load(schema)
        check_names(protocol)
        files = {"headers": lambda: header_files(protocol), "tops": lambda: top_files(protocol, schema),
                 "sources": lambda: source_files(protocol, schema)}[group]()
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
