# SPDX-License-Identifier: Apache-2.0
"""The typed codec of one message: init, decode, encode, as straight-line C."""
from __future__ import annotations

import re
from itertools import groupby

from c_names import (bool_arg, element_size, field_c_name, has_struct_default, is_pointer, message_c_name, negated,
                     short_name, struct_c_name, version_test)
from emit_header import file_head, wrap
from schema import Field, Message, Range, Struct

_SIMPLE = {"bool": "boolean", **{name: name for name in
           ("int8", "int16", "uint16", "int32", "uint32", "int64", "uuid")}}
_SIZES = {"bool": 1, "int8": 1, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4, "int64": 8, "float64": 8, "uuid": 16}
# Statements for a field of fixed size that is at {p}, by its C name.
_LOADS = {"bool": "{at} = {p}[0] != 0;", "int8": "{at} = (int8_t){p}[0];",
          "int16": "{at} = (int16_t)kw_load_be16({p});", "uint16": "{at} = kw_load_be16({p});",
          "int32": "{at} = (int32_t)kw_load_be32({p});", "uint32": "{at} = kw_load_be32({p});",
          "int64": "{at} = (int64_t)kw_load_be64({p});", "float64": "kw_load_float64(&{at}, {p});",
          "uuid": "memcpy({at}.bytes, {p}, 16);"}
_STORES = {"bool": "{p}[0] = {at} ? 1 : 0;", "int8": "{p}[0] = (uint8_t){at};",
           "int16": "kw_store_be16({p}, (uint16_t){at});", "uint16": "kw_store_be16({p}, {at});",
           "int32": "kw_store_be32({p}, (uint32_t){at});", "uint32": "kw_store_be32({p}, {at});",
           "int64": "kw_store_be64({p}, (uint64_t){at});", "float64": "kw_store_float64({p}, &{at});",
           "uuid": "memcpy({p}, {at}.bytes, 16);"}
_LONGEST_RUN = 64
# The APIs that a busy cluster uses most, by key: their codec is inlined as a whole, once for flexible versions and once
# for the others. That is a quarter faster, but takes more code, which is not worth it for the rest of the protocol.
_HOT = {0, 1, 2, 3, 8, 9, 18, 75}
_VIEWS = {"string": "string", "bytes": "bytes", "records": "bytes"}


def _indent(lines: list[str], by: int = 1) -> list[str]:
    return ["    " * by + line if line else line for line in lines]


def _block(head: str, body: list[str]) -> list[str]:
    """`head` with its body; no braces around a single statement."""
    if len(body) == 1:
        return [head, *_indent(body)]
    return [head + " {", *_indent(body), "}"]


def _if_else(test: str, then: list[str], otherwise: list[str]) -> list[str]:
    """An `if` that is the whole of `otherwise` continues the chain. Braces on all branches or on none."""
    if not otherwise:
        return _block(f"if ({test})", then)
    chain = otherwise[0].startswith("if (") and all(line.startswith("    ") for line in otherwise[1:])
    if len(then) == 1 and len(otherwise) == (2 if chain else 1):
        tail = ["else " + otherwise[0], *otherwise[1:]] if chain else ["else", *_indent(otherwise)]
        return [f"if ({test})", *_indent(then), *tail]
    if chain:
        return [f"if ({test}) {{", *_indent(then), f"}} else {otherwise[0]} {{", *otherwise[1:], "}"]
    return [f"if ({test}) {{", *_indent(then), "} else {", *_indent(otherwise), "}"]


def _function(head: str, params: str) -> list[str]:
    """The first lines of a definition, wrapped under its parenthesis if it is too long."""
    return [*wrap(f"{head}({params})", len(head) + 1), "{"]


def _wrapped(lines: list[str]) -> list[str]:
    """Breaks statements that are too long, after the last operator or comma that fits."""
    out: list[str] = []
    for line in lines:
        start = len(line) - len(line.lstrip())
        indent = start + 4
        while len(line) > 120 and not line.startswith("/*"):
            cuts = [line.rfind(mark, start, 120 - len(mark)) + len(mark) for mark in (" ||", " &&", " +", ",", " = ")]
            cut = max([c for c in cuts if c > start + 4], default=line.find("(") + 1)
            if cut <= start + 4:
                break
            out.append(line[:cut].rstrip())
            line = " " * indent + line[cut:].lstrip()
            start = indent
        out.append(line)
    return out


def _guarded(test: str | None, lines: list[str]) -> list[str]:
    """Lines that only run if the version test is true; if they are a single `if`, the test joins its condition."""
    if test is None or test == "false":
        return lines if test is None else []
    inner = re.fullmatch(r"if \((.*)\)( \{)?", lines[0])
    if inner and (lines[-1] == "}" or len(lines) == 2):
        condition = f"({inner[1]})" if " || " in inner[1] else inner[1]
        return [f"if ({test} && {condition}){inner[2] or ''}", *lines[1:]]
    return _block(f"if ({test})", lines)


def _uses(lines: list[str], name: str) -> bool:
    return any(re.search(rf"(?<!->)\b{name}\b", line) for line in lines)


def _literal(value: int) -> str:
    if value == -(1 << 31):
        return "INT32_MIN"
    if value == -(1 << 63):
        return "INT64_MIN"
    if 1 << 31 <= value < 1 << 32:
        return f"UINT32_C({value})"
    return f"INT64_C({value})" if abs(value) >= 1 << 31 else str(value)


def _opposite(test: str) -> str:
    """The opposite of a comparison with a default."""
    if test.startswith("!"):
        return test[1:]
    return next((test.replace(a, b) for a, b in ((" != ", " == "), (" >= ", " < ")) if a in test), f"!{test}")


def _by_tag(struct: Struct) -> list[Field]:
    return sorted((field for field in struct.fields if field.tagged), key=lambda field: field.tag)


def _plain(field: Field) -> Range:
    """The versions that have the field untagged; in the others it may be in the tag buffer."""
    return Range(field.versions.lo, field.tagged.lo - 1) if field.tagged else field.versions


def _refuse(tests: list[str]) -> list[str]:
    return [f"if ({' || '.join(tests)})", "    (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);"]


def _runs(fields: list[Field]) -> list[list[Field]]:
    """Adjacent fields of fixed size grouped together, each other field alone."""
    runs: list[list[Field]] = []
    left = 0
    for field in fields:
        size = 0 if field.array else _SIZES.get(field.type, 0)
        if size and size <= left:
            runs[-1].append(field)
            left -= size
        else:
            runs.append([field])
            left = _LONGEST_RUN - size if size else 0
    return runs


def _in_run(run: list[Field], templates: dict[str, str]) -> list[str]:
    """One statement for each field."""
    lines, at = [], 0
    for field in run:
        template = templates[field.type].replace("{p}[0]", f"p[{at}]")
        lines.append(template.format(at=f"m->{field_c_name(field)}", p=f"p + {at}" if at else "p"))
        at += _SIZES[field.type]
    return lines


def _run_size(run: list[Field]) -> int:
    return sum(_SIZES[field.type] for field in run)


class Codec:
    """Emits the .c file of one message."""

    def __init__(self, message: Message):
        self.message = message
        self.name = message_c_name(message)
        self.structs = (*message.structs, message.root)
        self.hot = message.kind in ("request", "response") and message.api_key in _HOT
        self.static = "KWI_INLINE" if self.hot else "static"

    def c_name(self, struct: Struct) -> str:
        return struct_c_name(self.message, struct)

    def short(self, struct: Struct) -> str:
        return short_name(self.message, struct)

    # ---- defaults

    def set_default(self, field: Field, zeroed: bool = False) -> list[str]:
        """Statements that give a field its default; `zeroed`: all bytes of it are zero already."""
        at = f"m->{field_c_name(field)}"
        if field.array:
            null = field.default is None
            return ([f"{at}.items = NULL;"] if not zeroed else []) + (
                [f"{at}.len = {-1 if null else 0};"] if null or not zeroed else [])
        if field.struct:
            if has_struct_default(field):
                return [f"{at} = &default_{self.short(field.struct)};"]
            if is_pointer(field):
                return [] if zeroed else [f"{at} = NULL;"]
            return [f"{self.c_name(field.struct)}_init(&{at});"]
        if field.type in _VIEWS:
            if field.default:
                return [f'{at} = kw_string_of("{field.default}");']
            null = field.default is None
            return ([f"{at}.data = NULL;"] if not zeroed else []) + (
                [f"{at}.len = {-1 if null else 0};"] if null or not zeroed else [])
        if field.type == "uuid":
            return [] if zeroed else [f"memset(&{at}, 0, sizeof {at});"]
        if field.type == "bool":
            return [f"{at} = {'true' if field.default else 'false'};"] if field.default or not zeroed else []
        if field.default == 0:
            return [] if zeroed else [f"{at} = 0;"]
        return [f"{at} = {_literal(field.default)};"]

    def not_default(self, field: Field) -> str:
        """The C expression for "the field does not have its default"."""
        at = f"m->{field_c_name(field)}"
        if field.array or field.type in _VIEWS:
            if field.default is None:
                return f"{at}.len >= 0"
            if field.default and not field.array:
                return f'!kw_string_equal({at}, kw_string_of("{field.default}"))'
            return f"{at}.len != 0"
        if field.struct:
            if has_struct_default(field):
                return f"!is_default_{self.short(field.struct)}({at})"
            if is_pointer(field):
                return f"{at} != NULL"
            return f"!is_default_{self.short(field.struct)}(&{at})"
        if field.type == "uuid":
            return f"!kw_uuid_is_zero({at})"
        if field.type == "bool":
            return f"!{at}" if field.default else at
        return f"{at} != {_literal(field.default)}"

    def default_members(self, struct: Struct, prefix: str = ".") -> list[str]:
        """Initializers of the members whose default is not zero."""
        out: list[str] = []
        for field in struct.fields:
            at = f"{prefix}{field_c_name(field)}"
            if has_struct_default(field):
                out.append(f"{at} = &default_{self.short(field.struct)}")
            elif field.struct and not field.array and not is_pointer(field):
                out += self.default_members(field.struct, at + ".")
            elif (field.array or field.type in _VIEWS) and field.default is None:
                out.append(f"{at}.len = -1")
            elif field.type in _VIEWS and field.default and not field.array:
                out.append(f'{at} = {{"{field.default}", {len(field.default)}}}')
            elif field.type in _SIMPLE and not field.array and field.type != "uuid" and field.default:
                out.append(f"{at} = {'true' if field.type == 'bool' else _literal(field.default)}")
        return out

    def constants(self) -> list[str]:
        """The structs that are the default of fields that may also be null."""
        wanted = [field.struct for owner in self.structs for field in owner.fields if has_struct_default(field)]
        out: list[str] = []
        for struct in self.structs:
            if struct in wanted:
                members = self.default_members(struct) or [".unknown_tags = NULL" if struct.flexible else "0"]
                name = f"static const {self.c_name(struct)} default_{self.short(struct)}"
                out += [f"{name} = {{{', '.join(members)}}};", ""]
        return out

    def init(self, struct: Struct) -> list[str]:
        c_name = self.c_name(struct)
        body = ["memset(m, 0, sizeof *m);"]
        for field in struct.fields:
            body += self.set_default(field, zeroed=True)
        return [f"void {c_name}_init({c_name} *m)", "{", *_indent(body), "}", ""]

    def compared_structs(self) -> list[Struct]:
        """Structs that the code compares with their default: that of a field which is tagged, or not droppable in some
        version."""
        wanted: list[Struct] = []

        def compared(field: Field) -> bool:
            return bool(field.struct) and not field.array and (not is_pointer(field) or has_struct_default(field))

        def want(struct: Struct) -> None:
            for field in struct.fields:
                if compared(field):
                    want(field.struct)
            if struct not in wanted:
                wanted.append(struct)

        for owner in self.structs:
            for field in owner.fields:
                if compared(field) and (field.tagged or (field.versions != owner.versions and not field.ignorable)):
                    want(field.struct)
        return [struct for struct in self.structs if struct in wanted]

    def is_default(self, struct: Struct) -> list[str]:
        tests = [_opposite(self.not_default(field)) for field in struct.fields]
        if any(has_struct_default(field) and field.struct is struct for s in self.structs for field in s.fields):
            tests.insert(0, "m != NULL")
        if struct.flexible:
            tests.append("(m->unknown_tags == NULL || m->unknown_tags->len <= 0)")
        tests = [f"{test} &&" for test in tests[:-1]] + [f"{tests[-1]};"]
        head = f"static bool is_default_{self.short(struct)}(const {self.c_name(struct)} *m)"
        return [head, "{", f"    return {tests[0]}", *(f"           {test}" for test in tests[1:]), "}", ""]

    # ---- decode

    def read_value(self, field: Field, within: Range) -> list[str]:
        """Statements that read a field that is present, outside or inside a tag."""
        at = f"m->{field_c_name(field)}"
        within &= field.versions
        compact = bool_arg(field.flexible, within, "flexible")
        nullable = bool_arg(field.nullable, within)
        if field.array and field.struct:
            smallest = element_size(self.message, field.struct)
            return [f"{at}.len = kw_read_any_array(r, {smallest}, {compact}, {nullable});",
                    f"{at}.items = kw_read_items(r, arena, &{at}.len, sizeof *{at}.items);",
                    f"for (int32_t i = 0; i < {at}.len; i++) {{",
                    f"    read_{self.short(field.struct)}(&{at}.items[i], version, r, arena);",
                    "    if (KW_UNLIKELY(!kw_reader_ok(r)))",
                    f"        {at}.len = i + 1;", "}"]
        if field.array:
            kind = "bytes" if field.type == "records" else field.type
            return [f"kw_read_{kind}_array(r, arena, {compact}, {nullable}, &{at});"]
        if field.struct:
            return self.read_struct(field, within, "kw_read_struct(r)")
        if field.type in _VIEWS:
            return [f"{at} = kw_read_any_{_VIEWS[field.type]}(r, {compact}, {nullable});"]
        if field.type == "float64":
            return [f"kwi_read_float64(r, &{at});"]
        return [f"{at} = kw_read_{_SIMPLE[field.type]}(r);"]

    def read_values(self, fields: list[Field], within: Range) -> list[str]:
        """Statements that read fields that are all present."""
        lines: list[str] = []
        for run in _runs(fields):
            if len(run) == 1:
                lines += self.read_value(run[0], within & _plain(run[0]))
                continue
            sizes = "".join("G" if _SIZES[field.type] == 16 else str(_SIZES[field.type]) for field in run)
            lines.append(f'p = kwi_read_run(r, {_run_size(run)}, "{sizes}", spare);')
            lines += _in_run(run, _LOADS)
        return lines

    def read_struct(self, field: Field, within: Range, present: str) -> list[str]:
        at = f"m->{field_c_name(field)}"
        read = f"read_{self.short(field.struct)}"
        if not is_pointer(field):
            return [f"{read}(&{at}, version, r, arena);"]
        nullable = version_test(field.nullable, within & field.versions)
        take = [f"{at} = kw_read_place(r, arena, sizeof *{at});", f"if ({at} != NULL)",
                f"    {read}({at}, version, r, arena);"]
        if has_struct_default(field):
            own = field_c_name(field)
            take = [f"{self.c_name(field.struct)} *{own} = kw_read_place(r, arena, sizeof *{own});", f"{at} = {own};",
                    f"if ({own} != NULL)", f"    {read}({own}, version, r, arena);"]
        if nullable == "false":
            return take
        return _block(f"if ({present if nullable is None else negated(nullable) + ' || ' + present})", take)

    def read_tags(self, struct: Struct, within: Range) -> list[str]:
        """A function for a tag buffer with known tags."""
        cases: list[str] = []
        for field in _by_tag(struct):
            test = version_test(field.tagged, within & struct.flexible)
            refuse = [f"if ({negated(test)})", "    kw_tag_reader_refuse(&t);"] if test else []
            if is_pointer(field):
                read = [f"m->{field_c_name(field)} = NULL;",
                        *self.read_struct(field, field.tagged, "kw_read_tagged_struct(r)")]
            else:
                read = self.read_value(field, field.tagged & within)
            cases += [f"case {field.tag}:", *_indent([*refuse, *read, "break;"])]
        body = ["m->unknown_tags = NULL;", "if (kw_read_empty_tag_buffer(r))", "    return;", "kw_tag_reader t;",
                "kw_tag_reader_init(&t, r);", "while (kw_tag_reader_next(&t)) {", "    switch (t.tag) {",
                *_indent(cases),
                "    default:", "        kw_tag_reader_keep(&t, arena, &m->unknown_tags);", "    }", "}"]
        head = _function(f"static void read_tags_of_{self.short(struct)}",
                         f"{self.c_name(struct)} *m, int16_t version, kw_reader *r, kw_arena *arena")
        return [*head, *_indent(self.locals(struct, body, "version")), *_indent(body), "}", ""]

    def read(self, struct: Struct) -> list[str]:
        within = struct.versions
        body: list[str] = []

        def presence(field: Field) -> tuple[str | None, str]:
            return version_test(_plain(field), within), field.name if is_pointer(field) else ""

        for (test, pointer), fields in groupby(struct.fields, key=presence):
            group = list(fields)
            present = self.read_values(group, within) if test != "false" else []
            absent = [line for f in group for line in self.set_default(f)]
            if has_struct_default(group[0]):
                present = [f"m->{field_c_name(group[0])} = NULL;", *present]
                body += present if test is None else absent if test == "false" else _if_else(test, present, absent)
            elif pointer:
                body += [*absent, *_guarded(test, present)]
            else:
                body += present if test is None else absent if test == "false" else _if_else(test, present, absent)
        if struct.flexible:
            flexible = version_test(struct.flexible, within)
            if _by_tag(struct):
                tags = [f"read_tags_of_{self.short(struct)}(m, version, r, arena);"]
            else:
                tags = ["kw_read_tag_buffer(r, arena, &m->unknown_tags);"]
            body += tags if flexible is None else _if_else("flexible", tags, ["m->unknown_tags = NULL;"])
        if not struct.fields and not struct.flexible:
            body += ["m->no_fields = 0;"]
        head = _function(f"{self.static} void read_{self.short(struct)}",
                         f"{self.c_name(struct)} *m, int16_t version, kw_reader *r, kw_arena *arena")
        return [*head, *_indent(self.locals(struct, body, "version", "r", "arena")), *_indent(body), "}", ""]

    def locals(self, struct: Struct, body: list[str], *params: str) -> list[str]:
        """The first lines of the body: the `flexible` flag, and marks for unused parameters."""
        out = []
        if _uses(body, "flexible"):
            out.append(f"const bool flexible = {version_test(self.message.flexible, struct.versions)};")
        if _uses(body, "spare"):
            longest = max(int(size) for line in body for size in re.findall(r"kwi_read_run\(r, (\d+)", line))
            out.append(f"uint8_t spare[{longest}];")
        if _uses(body, "p"):
            out.append("const uint8_t *p;" if _uses(body, "spare") else "uint8_t *p;")
        return out + [f"(void){param};" for param in params if not _uses(body + out, param)]

    # ---- encode

    def write_fixed_size(self, field: Field) -> str:
        at = f"m->{field_c_name(field)}"
        if field.type == "float64":
            return f"kwi_write_float64(w, &{at});"
        return f"kw_write_{_SIMPLE[field.type]}(w, {at});"

    def write_value(self, field: Field, within: Range) -> list[str]:
        at = f"m->{field_c_name(field)}"
        within &= field.versions
        compact = bool_arg(field.flexible, within, "flexible")
        nullable = bool_arg(field.nullable, within)
        if field.array and field.struct:
            return [f"kw_write_any_array(w, {at}.len, {compact}, {nullable});",
                    f"for (int32_t i = 0; i < {at}.len; i++)",
                    f"    write_{self.short(field.struct)}(&{at}.items[i], version, w);"]
        if field.array:
            kind = "bytes" if field.type == "records" else field.type
            return [f"kw_write_{kind}_array(w, {at}, {compact}, {nullable});"]
        if field.struct:
            return self.write_struct(field, within, "kw_write_struct")
        if field.type in _VIEWS:
            return [f"kw_write_any_{_VIEWS[field.type]}(w, {at}, {compact}, {nullable});"]
        return [self.write_fixed_size(field)]

    def write_values(self, fields: list[Field], within: Range) -> list[str]:
        """Statements that write fields that are all present."""
        lines: list[str] = []
        for run in _runs(fields):
            if len(run) == 1:
                lines += self.write_value(run[0], within & _plain(run[0]))
                continue
            lines.append(f"p = kwi_writer_reserve(w, {_run_size(run)});")
            lines += _in_run(run, _STORES)
        return lines

    def write_struct(self, field: Field, within: Range, mark: str) -> list[str]:
        at = f"m->{field_c_name(field)}"
        write = f"write_{self.short(field.struct)}"
        if not is_pointer(field):
            return [f"{write}(&{at}, version, w);"]
        nullable = version_test(field.nullable, within)
        no_null = "(void)kw_writer_fail(w, KW_ERR_NULL);"
        put = [f"if ({at} != NULL)", f"    {write}({at}, version, w);"]
        if nullable == "false":
            return [*put, "else", f"    {no_null}"]
        if nullable is None:
            return [f"{mark}(w, {at} != NULL);", *put]
        return [f"if ({nullable})", f"    {mark}(w, {at} != NULL);", f"else if ({at} == NULL)", f"    {no_null}", *put]

    def write_content(self, struct: Struct, field: Field) -> list[str]:
        """A function for the content of a tagged field that has no fixed size; it is also used to compute that size."""
        if is_pointer(field):
            body = self.write_struct(field, field.tagged, "kw_write_tagged_struct")
        else:
            body = self.write_value(field, field.tagged)
        head = _function(f"static void write_{self.content_name(struct, field)}",
                         f"const {self.c_name(struct)} *m, int16_t version, kw_writer *w")
        return [*head, *_indent(self.locals(struct, body, "version")), *_indent(body), "}", ""]

    def content_name(self, struct: Struct, field: Field) -> str:
        return f"{field_c_name(field)}_of_{self.short(struct)}"

    def write_tags(self, struct: Struct, within: Range) -> list[str]:
        """Functions for a tag buffer with known tags."""
        contents, flags, body = [], [], []
        for field in _by_tag(struct):
            own = field_c_name(field)
            test = version_test(field.tagged, within & struct.flexible)
            differs = self.not_default(field)
            flags.append(f"const bool has_{own} = {differs if test is None else f'{test} && {differs}'};")
            size = _SIZES.get(field.type) if not field.array else None
            if size:
                put = [f"kw_tag_writer_field(&t, {field.tag}, {size});",
                       self.write_fixed_size(field)]
            else:
                contents += self.write_content(struct, field)
                function = f"write_{self.content_name(struct, field)}"
                put = ["kw_writer size;", "kw_writer_init_counting(&size);", f"{function}(m, version, &size);",
                       f"kw_tag_writer_field(&t, {field.tag}, kw_writer_needed(&size));", f"{function}(m, version, w);"]
            absent = [f"kw_tag_writer_absent(&t, {field.tag});"]
            body += _if_else(f"has_{own}", put, absent if test is None else [f"if ({test})", *_indent(absent)])
        counted = [f"has_{field_c_name(field)}" for field in _by_tag(struct)]
        count = counted[0] if len(counted) == 1 else f"(uint32_t)({' + '.join(counted)})"
        none = " && ".join([*(f"!{has}" for has in counted), "m->unknown_tags == NULL"])
        body = [*flags, f"if ({none}) {{", "    kw_write_tag_buffer(w, NULL);", "    return;", "}",
                "kw_tag_writer t;", f"kw_tag_writer_init(&t, w, {count}, m->unknown_tags);", *body,
                "(void)kw_tag_writer_end(&t);"]
        head = _function(f"static void write_tags_of_{self.short(struct)}",
                         f"const {self.c_name(struct)} *m, int16_t version, kw_writer *w")
        return [*contents, *head, *_indent(self.locals(struct, body, "version")), *_indent(body), "}", ""]

    def write(self, struct: Struct) -> list[str]:
        within = struct.versions
        body: list[str] = []
        for test, fields in groupby(struct.fields, key=lambda field: version_test(_plain(field), within)):
            group = list(fields)
            present = self.write_values(group, within) if test != "false" else []
            if test is None:
                body += present
                continue
            lost = [self.not_default(f) for f in group if not f.ignorable and not f.tagged]
            refuse = _refuse(lost) if lost else []
            body += _if_else(test, present, refuse) if test != "false" else refuse
            for field in group:
                gone = version_test(field.versions, within)
                if field.tagged and not field.ignorable and gone:
                    body += _refuse([f"{negated(gone)} && {self.not_default(field)}"])
        if struct.flexible:
            tags = "kw_write_tag_buffer(w, m->unknown_tags);"
            if _by_tag(struct):
                tags = f"write_tags_of_{self.short(struct)}(m, version, w);"
            if version_test(struct.flexible, within) is None:
                body += [tags]
            else:
                body += _if_else("flexible", [tags], _refuse(["m->unknown_tags != NULL && m->unknown_tags->len > 0"]))
        head = _function(f"{self.static} void write_{self.short(struct)}",
                         f"const {self.c_name(struct)} *m, int16_t version, kw_writer *w")
        return [*head, *_indent(self.locals(struct, body, "m", "version", "w")), *_indent(body), "}", ""]

    # ---- the file

    def entry_points(self) -> list[str]:
        name, versions = self.name, self.message.versions
        known = f"version < {versions.lo} || version > {versions.hi}"
        if versions.lo == versions.hi:
            known = f"version != {versions.lo}"
        return [*_function(f"kw_status {name}_decode", f"{name} *m, int16_t version, kw_reader *in, kw_arena *arena"),
                f"    if ({known}) {{", f"        {name}_init(m);",
                "        return kw_reader_fail(in, KW_ERR_VERSION);", "    }",
                *_indent(self.split("read_message(m, version, in, arena);")), "    return in->status;", "}", "",
                *_function(f"kw_status {name}_encode", f"const {name} *m, int16_t version, kw_writer *out"),
                f"    if ({known})", "        return kw_writer_fail(out, KW_ERR_VERSION);",
                *_indent(self.split("write_message(m, version, out);")), "    return out->status;", "}", ""]

    def split(self, call: str) -> list[str]:
        """The call inlined twice, so that neither copy tests the version again."""
        flexible = version_test(self.message.flexible, self.message.versions)
        if not self.hot or flexible in (None, "false"):
            return [call]
        return [f"if ({flexible})", f"    {call}", "else", f"    {call}"]

    def emit(self) -> str:
        out = [*file_head(self.message.path, f"Codec of {self.message.name}."),
               f"#include <kwire/messages/{self.name[3:]}.h>", "", *self.constants()]
        for struct in self.structs:
            out += self.init(struct)
        for struct in self.compared_structs():
            out += self.is_default(struct)
        for struct in self.structs:
            if _by_tag(struct):
                out += self.read_tags(struct, struct.versions)
            out += self.read(struct)
        for struct in self.structs:
            if _by_tag(struct):
                out += self.write_tags(struct, struct.versions)
            out += self.write(struct)
        return "\n".join(_wrapped(out + self.entry_points())).rstrip() + "\n"


def emit_codec(message: Message) -> str:
    return Codec(message).emit()
