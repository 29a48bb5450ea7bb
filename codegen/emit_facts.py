# SPDX-License-Identifier: Apache-2.0
"""The facts about error codes and releases that only the command needs: tools/protocol/kafka_facts.h describes them."""
from __future__ import annotations

import textwrap

from c_names import json_name
from facts import ErrorCode, FactError, LateField
from schema import Protocol, Struct

_HEAD = ["/* SPDX-License-Identifier: Apache-2.0 */", "/* Generated from the text files in schema/; do not edit. */",
         '#include "kafka_facts.h"', ""]


def _literals(text: str) -> list[str]:
    """The text as string literals, one a line; spaces are not lost."""
    parts = textwrap.wrap(text, 108)
    return [f'"{part}{" " if part is not parts[-1] else ""}"' for part in parts]


def _error(error: ErrorCode, meaning: str) -> list[str]:
    first, *rest = _literals(meaning)
    return [f'    {{{error.code}, HANDLING_{(error.handling or "none").upper()}, "{error.since}",',
            *(f"     {literal}" for literal in ([first, *rest]))]


def _errors(errors: list[ErrorCode], meanings: list[str]) -> list[str]:
    out = ["const error_fact error_facts[] = {"]
    for error, meaning in zip(errors, meanings):
        lines = _error(error, meaning)
        out += [*lines[:-1], lines[-1] + "},"]
    return [*out, "};", ""]


def _json_path(protocol: Protocol, late: LateField) -> str:
    """The path in the names of Kafka's JSON: "topics[].partitions"."""
    message = next((message for message in protocol.messages if message.name == late.message), None)
    if message is None:
        raise FactError(late.file, late.line, f"there is no message {late.message}")
    struct: Struct | None = message.root
    names = []
    for name in late.path.split("."):
        field = next((field for field in struct.fields if field.name == name), None) if struct else None
        if field is None or not all(version in field.versions for version in range(late.first_version,
                                                                                   late.last_version + 1)):
            raise FactError(late.file, late.line, f"{late.message} has no {name} there in all these versions")
        names.append(json_name(field) + "[]" * field.array)
        struct = field.struct
    return ".".join(names).removesuffix("[]")


def _late_fields(protocol: Protocol, fields: list[LateField]) -> list[str]:
    out = ["const late_field late_fields[] = {"]
    for late in fields:
        out.append(f'    {{"{late.message}", "{_json_path(protocol, late)}", '
                   f'{{{late.first_version}, {late.last_version}}}, "{late.release}"}},')
    return [*out, "};", f"const size_t late_field_count = {len(fields)};", ""]


def _releases(names: list[str]) -> list[str]:
    listed = textwrap.wrap(", ".join(f'"{name}"' for name in names) + ",", 112)
    return ["const char *const release_names[] = {", *(f"    {line}" for line in listed), "};",
            f"const size_t release_count = {len(names)};", ""]


def emit_facts(protocol: Protocol, errors: list[ErrorCode], meanings: list[str], fields: list[LateField],
               releases: list[str]) -> str:
    return "\n".join([*_HEAD, *_errors(errors, meanings), *_late_fields(protocol, fields), *_releases(releases)])
