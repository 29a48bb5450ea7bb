# SPDX-License-Identifier: Apache-2.0
"""Output that covers all messages: enums of API keys and error codes, the umbrella header, and the lookup tables."""
from __future__ import annotations

from c_names import message_c_name
from emit_descriptor import versions
from emit_header import wrap
from facts import ErrorCode
from schema import Api, Message, Protocol, Range, snake_case

_HEAD = ["/* SPDX-License-Identifier: Apache-2.0 */"]


def _note(source: str) -> list[str]:
    return [*_HEAD, f"/* Generated from {source}; do not edit. */"]


def _guarded(name: str, source: str, body: list[str]) -> str:
    guard = f"KWIRE_{name.upper()}_H"
    return "\n".join([*_note(source), f"#ifndef {guard}", f"#define {guard}", "", *body, "", "#endif", ""])


def emit_api_keys(protocol: Protocol) -> str:
    body = ["/* API keys: the INT16 that a request starts with. Values are Kafka's and never change. */",
            "typedef enum kw_api_key {"]
    body += [f"    KW_KEY_{snake_case(api.name).upper()} = {api.key}," for api in protocol.apis]
    return _guarded("api_keys", "schema/", [*body, "} kw_api_key;"])


def emit_kafka_release(protocol: Protocol) -> str:
    body = ["/* The Apache Kafka release whose messages this library knows completely. */",
            f'#define KW_KAFKA_RELEASE "{newest_release(protocol)}"']
    return _guarded("kafka_release", "schema/", body)


def emit_error_codes(errors: list[ErrorCode]) -> str:
    body = ["/* Kafka's error codes. */", "typedef enum kw_error {"]
    body += [f"    KW_ERROR_{error.name} = {error.code}," for error in errors]
    return _guarded("error_codes", "schema/errors.txt", [*body, "} kw_error;"])


def emit_umbrella(protocol: Protocol) -> str:
    names = sorted(message_c_name(message)[3:] for message in protocol.messages)
    return _guarded("messages", "schema/", ["/* Every message. */", "",
                                            *(f"#include <kwire/messages/{name}.h>" for name in names)])


def emit_message_table(protocol: Protocol) -> str:
    ordered = sorted(protocol.messages, key=lambda message: message.name)
    out = [*_note("schema/"), "#include <kwire/messages.h>", "", '#include "tables.h"', "",
           "const kw_message *const kwi_messages[] = {"]
    out += [f"    &{message_c_name(message)}_message," for message in ordered]
    out += ["};", f"const size_t kwi_message_count = {len(ordered)};", ""]
    for kind in ("request", "response"):
        out.append(f"const kw_message *const kwi_{kind}s[] = {{")
        out += [f"    [{api.key}] = &{message_c_name(getattr(api, kind))}_message," for api in protocol.apis]
        out += ["};", ""]
    count = max((api.key for api in protocol.apis), default=-1) + 1
    return "\n".join([*out, f"const size_t kwi_api_key_count = {count};", ""])


def emit_record_type_table(protocol: Protocol) -> str:
    out = [*_note("schema/persisted/"), "#include <kwire/messages.h>", "", '#include "record_types.h"', "",
           "const kw_record_type kwi_record_types[] = {"]
    for record in protocol.record_types:
        key = f"&{message_c_name(record.key)}_message" if record.key else "NULL"
        out += wrap(f'    {{"{record.name}", KW_INTERNAL_TOPIC_{record.topic.upper()}, {record.type}, {key}, '
                    f"&{message_c_name(record.value)}_message}},", 5)
    return "\n".join([*out, "};", f"const size_t kwi_record_type_count = {len(protocol.record_types)};", ""])


def _header_runs(api: Api) -> list[tuple[Range, int, int]]:
    runs: list[tuple[Range, int, int]] = []
    for version in api.request.versions:
        pair = (api.request.header_version(version), api.response.header_version(version))
        if runs and runs[-1][1:] == pair:
            runs[-1] = (Range(runs[-1][0].lo, version), *pair)
        else:
            runs.append((Range(version, version), *pair))
    return runs


def _current(message: Message, release: str) -> Range:
    return next((source.versions for source in message.sources if source.release == release), Range(0, -1))


def newest_release(protocol: Protocol) -> str:
    return max((source.release for message in protocol.messages for source in message.sources),
               key=lambda release: [int(part) for part in release.split(".")])


def emit_api_table(protocol: Protocol) -> str:
    newest = newest_release(protocol)
    out = [*_note("schema/"), '#include "tables.h"', "", "#define NONE {0, -1}", ""]
    for api in protocol.apis:
        runs = ", ".join(f"{{{versions(run)}, {request}, {response}}}" for run, request, response in _header_runs(api))
        out.append(f"static const kw_header_run headers_{api.key}[] = {{{runs}}};")
    out += ["", "const kw_api kwi_apis[] = {"]
    for api in protocol.apis:
        out.append(f'    {{"{api.name}", {api.key}, {versions(api.request.versions)}, '
                   f"{versions(_current(api.request, newest))}, headers_{api.key}, {len(_header_runs(api))}}},")
    return "\n".join([*out, "};", f"const size_t kwi_api_count = {len(protocol.apis)};", ""])


def emit_error_table(errors: list[ErrorCode]) -> str:
    out = [*_note("schema/errors.txt"), '#include "tables.h"', "", "const kw_error_info kwi_errors[] = {"]
    out += [f'    {{"{error.name}", {error.code}, {"true" if error.retriable else "false"}}},' for error in errors]
    return "\n".join([*out, "};", f"const size_t kwi_error_count = {len(errors)};", ""])
