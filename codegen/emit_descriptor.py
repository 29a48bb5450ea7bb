# SPDX-License-Identifier: Apache-2.0
"""The constant description (kw_message) of one message."""
from __future__ import annotations

from c_names import element_size, field_c_name, is_pointer, json_name, message_c_name, short_name, struct_c_name
from emit_header import file_head
from facts import Releases
from schema import Field, Message, Range, Struct

# Kinds of messages whose constant has another name than in the schema text.
_KINDS = {"metadata": "METADATA_RECORD", "key": "COORDINATOR_KEY", "value": "COORDINATOR_VALUE"}

_ENTITIES = {"topicName": "TOPIC_NAME", "groupId": "GROUP_ID", "transactionalId": "TRANSACTIONAL_ID",
             "brokerId": "BROKER_ID", "producerId": "PRODUCER_ID"}


def versions(value: Range) -> str:
    return f"{{{value.lo}, {value.hi}}}" if value else "NONE"


def _field(message: Message, struct: Struct, field: Field) -> str:
    never_compact = bool(message.flexible & field.versions) and not field.flexible
    flags = [flag for flag, wanted in (("KW_FIELD_ARRAY", field.array), ("KW_FIELD_POINTER", is_pointer(field)),
                                       ("KW_FIELD_IGNORABLE", field.ignorable), ("KW_FIELD_KEY", field.key),
                                       ("KW_FIELD_CLASSIC", never_compact),
                                       ("KW_FIELD_NULL_DEFAULT", field.default is None)) if wanted]
    parts = [f'.name = "{json_name(field)}"', f".kind = KW_KIND_{field.type.upper()}",
             f".offset = offsetof({struct_c_name(message, struct)}, {field_c_name(field)})",
             f".tag = {-1 if field.tag is None else field.tag}", f".versions = {versions(field.versions)}",
             f".nullable = {versions(field.nullable)}", f".tagged = {versions(field.tagged)}"]
    if field.struct:
        parts.append(f".type = &{short_name(message, field.struct)}_type")
    if flags:
        parts.append(f".flags = {' | '.join(flags)}")
    if field.entity:
        parts.append(f".entity = KW_ENTITY_{_ENTITIES[field.entity]}")
    if field.type == "string" and field.default and not field.array:
        parts.append(f'.text = "{field.default}"')
    elif isinstance(field.default, int) and field.default:
        parts.append(f".integer = {_integer(field.default)}")
    lines, line = [], "    {"
    for part in parts:
        if len(line) + len(part) > 116:
            lines.append(line)
            line = "     "
        line += part + ", "
    return "\n".join([*(text.rstrip() for text in lines), line[:-2] + "},"])


def _integer(value: int) -> str:
    return "INT64_MIN" if value == -(1 << 63) else f"INT64_C({int(value)})"


def _struct(message: Message, struct: Struct) -> list[str]:
    c_name, short = struct_c_name(message, struct), short_name(message, struct)
    out = []
    if struct.fields:
        fields = [_field(message, struct, field) for field in struct.fields]
        out += [f"static const kw_field {short}_fields[] = {{", *fields, "};"]
    unknown = f"offsetof({c_name}, unknown_tags)" if struct.flexible else "-1"
    return out + [f"static void init_{short}(void *value)", "{", f"    {c_name}_init(value);", "}",
                  f"static const kw_struct {short}_type = {{", f'    .name = "{struct.name}",',
                  f"    .fields = {short + '_fields' if struct.fields else 'NULL'},",
                  f"    .field_count = {len(struct.fields)},", f"    .size = sizeof({c_name}),",
                  f"    .min_wire_size = {element_size(message, struct)},", f"    .unknown_tags = {unknown},",
                  f"    .init = init_{short},", "};", ""]


def _releases(message: Message, releases: Releases) -> list[str]:
    if message.folder:
        return []
    out = ["static const kw_release releases[] = {"]
    for version in message.versions:
        first, last = releases.of(message.api_key, message.name, version)
        quoted = ["NULL" if release is None else f'"{release}"' for release in (first, last)]
        out.append(f"    {{{quoted[0]}, {quoted[1]}}}, /* {version} */")
    return [*out, "};", ""]


def emit_descriptor(message: Message, releases: Releases) -> str:
    name = message_c_name(message)
    out = [*file_head(message.path, f"Description of {message.name}."), f"#include <kwire/messages/{name[3:]}.h>",
           "", "#define NONE {0, -1}", ""]
    for struct in (*message.structs, message.root):
        out += _struct(message, struct)
    out += [*_releases(message, releases),
            "static kw_status decode(void *value, int16_t version, kw_reader *in, kw_arena *arena)", "{",
            f"    return {name}_decode(value, version, in, arena);", "}", "",
            "static kw_status encode(const void *value, int16_t version, kw_writer *out)", "{",
            f"    return {name}_encode(value, version, out);", "}", "",
            f"const kw_message {name}_message = {{", f'    .name = "{message.name}",', "    .type = &message_type,",
            f"    .releases = {'NULL' if message.folder else 'releases'},",
            f"    .api_key = {-1 if message.api_key is None else message.api_key},",
            f"    .kind = KW_MESSAGE_{_KINDS.get(message.kind, message.kind.upper())},",
            f"    .versions = {versions(message.versions)},",
            f"    .flexible = {versions(message.flexible)},", "    .decode = decode,", "    .encode = encode,", "};"]
    return "\n".join(out) + "\n"
