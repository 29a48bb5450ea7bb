# SPDX-License-Identifier: Apache-2.0
"""How the schema's items appear in C: names, types, sizes, version tests."""
from __future__ import annotations

import re

from schema import STRUCT_DEFAULT, Field, Message, Range, Struct, min_element_size, min_wire_size, snake_case

_RESERVED = frozenset("""alignas alignof and asm auto bool break case catch char class concept const continue default
    delete do double else enum explicit export extern false float for friend goto if inline int long mutable namespace
    new noexcept not nullptr operator or private protected public register requires return short signed sizeof static
    struct switch template this throw true try typedef typename union unsigned using virtual void volatile while xor
    """.split())

_C_TYPES = {"bool": "bool", "float64": "double", "uuid": "kw_uuid", "string": "kw_string", "bytes": "kw_bytes",
            "records": "kw_bytes", **{f"{u}int{n}": f"{u}int{n}_t" for u in ("", "u") for n in (8, 16, 32, 64)}}


def message_c_name(message: Message) -> str:
    return "kw_" + snake_case(message.name)


def struct_c_name(message: Message, struct: Struct) -> str:
    """The message's name, followed by the part that the struct's name adds to it: kw_metadata_response_topic for
    MetadataResponseTopic, kw_add_partitions_to_txn_request_transaction for AddPartitionsToTxnTransaction."""
    own, prefix = snake_case(struct.name), snake_case(message.name)
    if struct is message.root:
        return "kw_" + prefix
    for known in (prefix + "_", re.sub("_(request|response)$", "_", prefix)):
        if own.startswith(known):
            return f"kw_{prefix}_{own.removeprefix(known)}"
    return f"kw_{prefix}_{own}"


def short_name(message: Message, struct: Struct) -> str:
    """The part of a struct's name that is unique within its message; for static functions."""
    if struct is message.root:
        return "message"
    return struct_c_name(message, struct).removeprefix(message_c_name(message) + "_")


def field_c_name(field: Field) -> str:
    name = snake_case(field.name)
    return name + "_" if name in _RESERVED else name


def json_name(field: Field) -> str:
    return field.name[0].lower() + field.name[1:]


def is_pointer(field: Field) -> bool:
    return field.struct is not None and not field.array and bool(field.nullable)


def has_struct_default(field: Field) -> bool:
    """May be null, but its default is a struct of defaults: the pointer is to a constant one."""
    return is_pointer(field) and field.default is STRUCT_DEFAULT


def value_type(message: Message, field: Field) -> str:
    """The C type of a field, or of an array's elements."""
    return struct_c_name(message, field.struct) if field.struct else _C_TYPES[field.type]


def field_type(message: Message, field: Field) -> str:
    if not field.array:
        return value_type(message, field)
    if field.struct:
        return struct_c_name(message, field.struct) + "_array"
    return f"kw_{'bytes' if field.type == 'records' else field.type}_array"


def element_size(message: Message, struct: Struct) -> int:
    """The smallest size on the wire of one struct in an array, in any array and version of the message."""
    sizes = [min_element_size(f) for s in (message.root, *message.structs) for f in s.fields
             if f.array and f.struct is struct]
    return min(sizes, default=max(1, min_wire_size(struct)))


def version_test(versions: Range, within: Range) -> str | None:
    """The C expression for "version is in `versions`", given that it is in `within`; None if it always is, "false" if
    it never is."""
    common = versions & within
    if not common:
        return "false"
    if common == within:
        return None
    if common.lo == common.hi:
        return f"version == {common.lo}"
    tests = [f"version >= {common.lo}"] if common.lo > within.lo else []
    return " && ".join(tests + ([f"version <= {common.hi}"] if common.hi < within.hi else []))


def negated(test: str) -> str:
    """The opposite of a version test."""
    if "&&" in test:
        return f"!({test})"
    return next(test.replace(a, b) for a, b in ((">=", "<"), ("<=", ">"), ("==", "!=")) if a in test)


def bool_arg(versions: Range, within: Range, name: str | None = None) -> str:
    """The same as a function argument; `name` is a variable with the value, for use where it is not constant."""
    test = version_test(versions, within)
    return "true" if test is None else "false" if test == "false" else name or test
