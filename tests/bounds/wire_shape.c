/* SPDX-License-Identifier: Apache-2.0 */
#include "wire_shape.h"

shape shape_of(const kw_message *m, int16_t version)
{
    shape s = {version, kw_versions_have(m->flexible, version)};
    return s;
}

presence field_presence(const shape *s, const kw_field *field)
{
    if (kw_versions_have(field->tagged, s->version))
        return PRESENT_TAGGED;
    return kw_versions_have(field->versions, s->version) ? PRESENT_PLAIN : PRESENT_NOT;
}

bool field_is_array(const kw_field *field)
{
    return (field->flags & KW_FIELD_ARRAY) != 0;
}

bool field_is_nullable_struct(const shape *s, const kw_field *field)
{
    return (field->flags & KW_FIELD_POINTER) != 0 && kw_versions_have(field->nullable, s->version);
}

bool field_is_compact(const shape *s, const kw_field *field)
{
    return s->flexible && (field->flags & KW_FIELD_CLASSIC) == 0;
}

bool struct_has_tags(const shape *s, const kw_struct *type)
{
    return s->flexible && type->unknown_tags >= 0;
}

size_t primitive_wire(const shape *s, const kw_field *field)
{
    switch ((kw_kind)field->kind) {
    case KW_KIND_STRING:
        return field_is_compact(s, field) ? 1 : 2;
    case KW_KIND_BYTES:
    case KW_KIND_RECORDS:
        return field_is_compact(s, field) ? 1 : 4;
    default:
        return kw_field_wire_size(field);
    }
}

void write_primitive(const shape *s, const kw_field *field, kw_writer *out)
{
    static const uint8_t zeros[16];
    bool is_text = field->kind == KW_KIND_STRING || field->kind == KW_KIND_BYTES || field->kind == KW_KIND_RECORDS;
    if (is_text && field_is_compact(s, field))
        kw_write_unsigned_varint(out, 1); /* empty */
    else
        kw_write_raw(out, zeros, primitive_wire(s, field));
}

void write_count(const shape *s, const kw_field *field, uint32_t count, kw_writer *out)
{
    if (field_is_compact(s, field))
        kw_write_unsigned_varint(out, count + 1);
    else
        kw_write_int32(out, (int32_t)count);
}

static bool knows_tag(const kw_struct *type, uint32_t tag)
{
    for (uint32_t i = 0; i < type->field_count; i++)
        if (type->fields[i].tag >= 0 && (uint32_t)type->fields[i].tag == tag)
            return true;
    return false;
}

uint32_t unknown_tag(const kw_struct *type)
{
    uint32_t tag = 0;
    while (knows_tag(type, tag))
        tag++;
    return tag;
}
