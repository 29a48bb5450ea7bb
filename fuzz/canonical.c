/* SPDX-License-Identifier: Apache-2.0 */
#include "canonical.h"

#include <kwire/walk.h>

#include "fuzz.h"

typedef struct inspection {
    const uint8_t *body;
    size_t cursor; /* everything before it has been checked */
    int16_t version;
    bool flexible;
    bool canonical;
} inspection;

/* Moves past a varint. */
static void varint(inspection *in)
{
    const uint8_t *first = in->body + in->cursor;
    const uint8_t *last = first;
    while (*last >= 0x80)
        last++;
    in->cursor = (size_t)(last + 1 - in->body);
    if (last != first && *last == 0)
        in->canonical = false;
}

/* Moves past bytes that must all have this value. */
static void bytes(inspection *in, size_t count, uint8_t value)
{
    for (; count > 0; count--)
        if (in->body[in->cursor++] != value)
            in->canonical = false;
}

/* Moves past the byte that says whether a nullable struct is present. */
static void marker(inspection *in, bool tagged, uint8_t expected)
{
    if (in->body[in->cursor] != expected)
        in->canonical = false;
    if (tagged)
        varint(in);
    else
        in->cursor++;
}

static size_t classic_prefix(const kw_field *field)
{
    return field->kind == KW_KIND_STRING && (field->flags & KW_FIELD_ARRAY) == 0 ? 2 : 4;
}

static void null(inspection *in, const kw_step *step, bool compact, bool tagged)
{
    if ((step->field->flags & KW_FIELD_ARRAY) == 0 && step->field->kind == KW_KIND_STRUCT)
        marker(in, tagged, tagged ? 0 : 0xff);
    else if (compact)
        varint(in);
    else
        bytes(in, classic_prefix(step->field), 0xff);
}

static void struct_begin(inspection *in, const kw_step *step, bool tagged)
{
    if (step->field != NULL && (step->field->flags & KW_FIELD_POINTER) != 0 && step->index < 0 &&
        kw_versions_have(step->field->nullable, in->version))
        marker(in, tagged, 1);
}

/* Tag and size of a tagged field. The bytes between the cursor and the first one are the count of tagged fields. */
static void tag(inspection *in, const kw_step *step)
{
    if (in->cursor < step->offset)
        varint(in);
    FUZZ_REQUIRE(in->cursor == step->offset);
    varint(in);
    varint(in);
}

static void begin(inspection *in, const kw_step *step, bool tagged)
{
    if (tagged)
        tag(in, step);
    else
        FUZZ_REQUIRE(in->cursor == step->offset);
}

static void end(inspection *in, const kw_step *step, bool tagged)
{
    if (in->cursor < step->offset + step->size)
        varint(in); /* a struct without tagged fields: their count, 0 */
    FUZZ_REQUIRE(in->cursor == step->offset + step->size);
    if (tagged && kw_field_is_default(step->field, step->parent->value))
        in->canonical = false;
}

static void value(inspection *in, const kw_step *step, bool compact, bool tagged)
{
    bool element = step->index >= 0;
    kw_kind kind = (kw_kind)step->field->kind;
    if (step->is_null && !element)
        null(in, step, compact, tagged);
    else if (kind == KW_KIND_BOOL)
        bytes(in, 1, *(const bool *)step->value ? 1 : 0);
    else if (compact && (kind == KW_KIND_STRING || kind == KW_KIND_BYTES || kind == KW_KIND_RECORDS))
        varint(in);
    in->cursor = step->offset + step->size;
    end(in, step, tagged);
}

static bool inspect(void *context, const kw_step *step)
{
    inspection *in = context;
    bool compact = in->flexible && step->field != NULL && (step->field->flags & KW_FIELD_CLASSIC) == 0;
    bool tagged = step->field != NULL && step->index < 0 && kw_versions_have(step->field->tagged, in->version);
    switch (step->event) {
    case KW_EVENT_VALUE:
        begin(in, step, tagged);
        value(in, step, compact, tagged);
        break;
    case KW_EVENT_STRUCT_BEGIN:
        begin(in, step, tagged);
        struct_begin(in, step, tagged);
        break;
    case KW_EVENT_ARRAY_BEGIN:
        begin(in, step, tagged);
        if (compact)
            varint(in);
        else
            in->cursor += 4;
        break;
    case KW_EVENT_UNKNOWN_TAG:
        tag(in, step);
        in->cursor = step->offset + step->size;
        break;
    case KW_EVENT_STRUCT_END:
    case KW_EVENT_ARRAY_END:
        end(in, step, tagged);
        break;
    case KW_EVENT_ERROR:
        break;
    }
    return true;
}

bool is_canonical(const kw_message *m, int16_t version, const uint8_t *body, size_t size)
{
    inspection in = {body, 0, version, kw_versions_have(m->flexible, version), true};
    kw_arena arena;
    kw_reader reader;
    void *out;
    fuzz_arena(&arena);
    kw_reader_init(&reader, body, size);
    reader.flags = KW_READ_STRICT_TAGS;
    FUZZ_REQUIRE(kw_message_dissect(m, version, &reader, &arena, &out, inspect, &in) == KW_OK);
    kw_arena_finish(&arena);
    return in.canonical;
}
