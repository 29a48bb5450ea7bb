# SPDX-License-Identifier: Apache-2.0
"""The public header of one message: its structs and the functions of its codec."""
from __future__ import annotations

from c_names import (field_c_name, field_type, has_struct_default, is_pointer, message_c_name, struct_c_name,
                     value_type)
from schema import STRUCT_DEFAULT, Field, Message, Range, Struct

_WIRE_NAMES = {"bool": "BOOLEAN"}


def file_head(source: str, what: str) -> list[str]:
    return ["/* SPDX-License-Identifier: Apache-2.0 */",
            f"/* {what}", f" * Generated from schema/{source}; do not edit. */"]


def _range_text(versions: Range, within: Range) -> str:
    if versions.hi == within.hi:
        return f"{versions.lo}+"
    return str(versions)


def _default_text(field: Field) -> str | None:
    value = field.default
    if has_struct_default(field):
        return "a constant struct of defaults"
    if value is None:
        return None if field.type == "records" else "null"
    if value is STRUCT_DEFAULT or value in (0, "", b"", (), bytes(16)):
        return None
    return "true" if value is True else str(value)


def _field_comment(message: Message, field: Field) -> str:
    kind = field.struct.name if field.struct else _WIRE_NAMES.get(field.type, field.type.upper())
    words = [f"array of {kind}" if field.array else kind]
    if field.versions != message.versions:
        words.append(f"versions {_range_text(field.versions, message.versions)}")
    if field.nullable:
        everywhere = field.nullable == field.versions
        words.append("nullable" if everywhere else f"nullable {_range_text(field.nullable, message.versions)}")
    if field.tag is not None:
        everywhere = field.tagged == field.versions
        words.append(f"tag {field.tag}" + ("" if everywhere else f" in {_range_text(field.tagged, message.versions)}"))
    if (default := _default_text(field)) is not None:
        words.append(f"default {default}")
    if field.ignorable:
        words.append("ignorable")
    if field.key:
        words.append("key")
    return ", ".join(words)


def _struct(message: Message, struct: Struct) -> list[str]:
    name = struct_c_name(message, struct)
    lines = [f"typedef struct {name} {{"]
    for field in struct.fields:
        star = "*" if is_pointer(field) else ""
        const = "const " if has_struct_default(field) else ""
        base = const + value_type(message, field) if star else field_type(message, field)
        member, comment = f"    {base} {star}{field_c_name(field)};", f"/* {_field_comment(message, field)} */"
        lines += [f"{member} {comment}"] if len(member) + len(comment) < 120 else [f"    {comment}", member]
    if struct.flexible:
        lines += [f"    kw_raw_tags *unknown_tags; /* tagged fields that the schema does not have; NULL: none */"]
    if not struct.fields and not struct.flexible:
        lines += ["    char no_fields; /* C has no empty structs */"]
    return lines + [f"}} {name};"]


def is_element(message: Message, struct: Struct) -> bool:
    return any(f.array and f.struct is struct for s in (message.root, *message.structs) for f in s.fields)


def wrap(line: str, indent: int) -> list[str]:
    """One line of code, split in two if it is too long, the second at column `indent`."""
    if len(line) <= 120:
        return [line]
    cut = line.rfind(", ", 0, 119) + 1
    if cut == 0:
        indent, cut = 4, line.index("(") + 1
        return [line[:cut], " " * indent + line[cut:]]
    return [line[:cut], " " * indent + line[cut + 1:]]


def _prototype(head: str, params: str) -> list[str]:
    return wrap(f"{head}({params});", len(head) + 1)


def _title(message: Message) -> str:
    what = "record" if message.kind == "metadata" else message.kind
    key = "" if message.api_key is None else f" of API key {message.api_key}"
    if message.topic:
        key = f" of {'' if what == 'record' else 'record '}type {message.api_key} in __{message.topic}"
    flexible = "" if not message.flexible else f", flexible {_range_text(message.flexible, message.versions)}"
    return f"{message.name}: {what}{key}, versions {message.versions}{flexible}."


def emit_header(message: Message) -> str:
    name = message_c_name(message)
    guard = f"KWIRE_MESSAGES_{name[3:].upper()}_H"
    upper = name[3:].upper()
    lo, hi = message.versions.lo, message.versions.hi
    constants = [f"KW_{upper}_TYPE = {message.api_key}"] if message.topic else []
    constants += [f"KW_{upper}_MIN_VERSION = {lo}", f"KW_{upper}_MAX_VERSION = {hi}"]
    out = [*file_head(message.path, _title(message)), f"#ifndef {guard}", f"#define {guard}", "",
           "#include <kwire/message.h>", "", *wrap(f"enum {{ {', '.join(constants)} }};", 7), ""]
    for struct in (*message.structs, message.root):
        out += [*_struct(message, struct), ""]
        if is_element(message, struct):
            element = struct_c_name(message, struct)
            out += [f"typedef struct {element}_array {{", f"    {element} *items;", "    int32_t len; /* < 0: null */",
                    f"}} {element}_array;", ""]
    out += ["KW_BEGIN_DECLS", "", "/* Sets all fields to Kafka's defaults. */"]
    for struct in (message.root, *message.structs):
        c_name = struct_c_name(message, struct)
        out += [f"KW_API void {c_name}_init({c_name} *m);"]
    out += ["",
            "/* Reads one message; bytes after it stay in the reader. Strings and bytes are views of the input, arrays",
            " * are in the arena; *m is valid as long as both are. After an error *m holds what was read before it.",
            " * KW_ERR_VERSION: the version is not one of the above. */",
            *_prototype(f"KW_API KW_NODISCARD kw_status {name}_decode",
                        f"{name} *m, int16_t version, kw_reader *in, kw_arena *arena"), "",
            "/* Writes one message. Errors are those of the writer, KW_ERR_VERSION, and KW_ERR_FIELD_VERSION: a field",
            " * is set that this version does not have and that may not be dropped. */",
            *_prototype(f"KW_API KW_NODISCARD kw_status {name}_encode",
                        f"const {name} *m, int16_t version, kw_writer *out"), "",
            "/* The description of the message, for <kwire/message.h>. */",
            f"KW_API extern const kw_message {name}_message;", "",
            "KW_END_DECLS", "#endif", ""]
    return "\n".join(out)
