/* SPDX-License-Identifier: Apache-2.0 */
#include "worst_message.h"

#include "wire_shape.h"

#define UNKNOWN_TAGS_RATIO ((double)sizeof(kw_raw_tag) / 2)

/* The step that a chain of greedy counts takes from a struct: into a field, or only its tags. */
typedef struct choice {
    double ratio;
    const kw_field *field;
} choice;

static choice best_choice(const shape *s, const kw_struct *type);

static double element_min(const shape *s, const kw_field *field)
{
    return (double)(field->kind == KW_KIND_STRUCT ? field->type->min_wire_size : primitive_wire(s, field));
}

static double field_ratio(const shape *s, const kw_field *field)
{
    double ratio = field->kind == KW_KIND_STRUCT ? best_choice(s, field->type).ratio : 0;
    return field_is_array(field) ? ratio + (double)kw_field_value_size(field) / element_min(s, field) : ratio;
}

static choice best_choice(const shape *s, const kw_struct *type)
{
    choice best = {struct_has_tags(s, type) ? UNKNOWN_TAGS_RATIO : 0, NULL};
    for (uint32_t i = 0; i < type->field_count; i++) {
        const kw_field *field = &type->fields[i];
        presence how = field_presence(s, field);
        double ratio = how == PRESENT_NOT ? 0 : field_ratio(s, field);
        if (how == PRESENT_TAGGED)
            ratio += UNKNOWN_TAGS_RATIO;
        if (ratio > best.ratio) {
            best.ratio = ratio;
            best.field = field;
        }
    }
    return best;
}

double greedy_message_ratio(const kw_message *m, int16_t version)
{
    shape s = shape_of(m, version);
    return best_choice(&s, m->type).ratio;
}

/* ---- writing ---- */

static void write_smallest(const shape *s, const kw_struct *type, const kw_field *until, kw_writer *out);

static void write_smallest_field(const shape *s, const kw_field *field, kw_writer *out)
{
    if (field_is_array(field))
        write_count(s, field, 0, out);
    else if (field_is_nullable_struct(s, field))
        kw_write_int8(out, -1);
    else if (field->kind == KW_KIND_STRUCT)
        write_smallest(s, field->type, NULL, out);
    else
        write_primitive(s, field, out);
}

/* The struct, or the part before one of its fields. */
static void write_smallest(const shape *s, const kw_struct *type, const kw_field *until, kw_writer *out)
{
    for (uint32_t i = 0; i < type->field_count && &type->fields[i] != until; i++)
        if (field_presence(s, &type->fields[i]) == PRESENT_PLAIN)
            write_smallest_field(s, &type->fields[i], out);
    if (until == NULL && struct_has_tags(s, type))
        kw_write_unsigned_varint(out, 0);
}

static size_t bytes_left(size_t size, const kw_writer *out)
{
    size_t used = kw_writer_needed(out) + 5; /* the count itself */
    return used < size ? size - used : 0;
}

/* One unknown tag, which makes the decoder allocate memory for all announced ones, then the known one. */
static void write_greedy_tags(const kw_struct *type, const kw_field *field, size_t size, kw_writer *out)
{
    kw_write_unsigned_varint(out, (uint32_t)(bytes_left(size, out) / 2));
    kw_write_unsigned_varint(out, unknown_tag(type));
    kw_write_unsigned_varint(out, 0);
    if (field == NULL)
        return;
    kw_write_unsigned_varint(out, (uint32_t)field->tag);
    kw_write_unsigned_varint(out, (uint32_t)bytes_left(size, out));
}

static void write_greedy(const shape *s, const kw_struct *type, size_t size, kw_writer *out)
{
    const kw_field *field = best_choice(s, type).field;
    bool tagged = field == NULL || field_presence(s, field) == PRESENT_TAGGED;
    if (!tagged) {
        write_smallest(s, type, field, out);
    } else if (struct_has_tags(s, type)) {
        for (uint32_t i = 0; i < type->field_count; i++)
            if (field_presence(s, &type->fields[i]) == PRESENT_PLAIN)
                write_smallest_field(s, &type->fields[i], out);
        write_greedy_tags(type, field, size, out);
    }
    if (field == NULL)
        return;
    if (field_is_array(field))
        write_count(s, field, (uint32_t)((double)bytes_left(size, out) / element_min(s, field)), out);
    else if (field_is_nullable_struct(s, field))
        kw_write_int8(out, 1); /* the same byte in a tag */
    if (field->kind == KW_KIND_STRUCT)
        write_greedy(s, field->type, size, out);
}

void greedy_message_write(const kw_message *m, int16_t version, size_t size, kw_writer *out)
{
    shape s = shape_of(m, version);
    write_greedy(&s, m->type, size, out);
    while (kw_writer_needed(out) < size)
        kw_write_int8(out, 0);
}
