/* SPDX-License-Identifier: Apache-2.0 */
#include "body.h"

#include <stdio.h>
#include <string.h>

#include <kwire/walk.h>

#include "around.h"
#include "content.h"
#include "field_type.h"
#include "meaning.h"
#include "reason.h"
#include "secret.h"

/* The name of the count of tagged fields in Kafka's documents. */
#define TAG_COUNT "_tagged_fields"

/* More than the nesting of any schema. */
enum { MOST_STEPS = 32 };

/* The state of explaining a message. Offsets are relative to the region, those of steps to the message. */
typedef struct body {
    explainer *e;
    const kw_message *message;
    int16_t version;
    bool flexible;
    size_t origin; /* of the message */
    size_t size;   /* its maximum */
    size_t shown;  /* everything before it was shown */
    kw_reader in;
    const void *counted[MOST_STEPS]; /* for each depth the struct whose count of tagged fields was shown last */
    explain_part measured;           /* while it is measured */
} body;

/* The number of enclosing structs and arrays, without the message itself and without elements of arrays. */
static unsigned step_depth(const kw_step *step)
{
    unsigned depth = 0;
    for (const kw_step *p = step->parent; p != NULL; p = p->parent)
        depth += p->field != NULL && p->index < 0;
    return depth;
}

static unsigned depth_of_fields(const kw_step *owner)
{
    return step_depth(owner) + (owner->field != NULL && owner->index < 0);
}

/* The number of all enclosing structs and arrays. */
static unsigned step_level(const kw_step *step)
{
    unsigned level = 0;
    for (const kw_step *p = step->parent; p != NULL && level + 1 < MOST_STEPS; p = p->parent)
        level++;
    return level;
}

static void set_path(explainer *e, const kw_step *step)
{
    (void)kw_step_path(step, e->path + e->local, sizeof e->path - e->local);
}

/* ---- widths of columns ---- */

static bool measure_step(void *context, const kw_step *step)
{
    body *b = context;
    if (step->event == KW_EVENT_STRUCT_END || step->event == KW_EVENT_ARRAY_END)
        return true;
    char path[sizeof b->e->path];
    size_t len = kw_step_path(step, path, sizeof path - sizeof "." TAG_COUNT);
    unsigned depth = step_depth(step);
    if (step->event == KW_EVENT_STRUCT_BEGIN && b->flexible && len + sizeof "." TAG_COUNT < sizeof path) {
        memcpy(path + len, "." TAG_COUNT, sizeof "." TAG_COUNT);
        depth = depth_of_fields(step);
    }
    unsigned width = 2 * depth + explain_name_width(b->e, path);
    if (width > b->measured.path_width)
        b->measured.path_width = width;
    unsigned type_width = (unsigned)strlen(step_type(step, b->version, b->flexible));
    if (type_width > b->measured.type_width)
        b->measured.type_width = type_width;
    return true;
}

static kw_reader reader_of(const explainer *e, size_t at, size_t end)
{
    kw_reader in;
    kw_reader_init(&in, e->in->data + at, end - at);
    in.flags = (e->options.strict ? KW_READ_STRICT_TAGS : 0) | (e->cut ? KW_READ_PARTIAL : 0);
    return in;
}

static void begin_part(body *b, kw_reader in)
{
    explainer *e = b->e;
    char title[128];
    void *value;
    kw_arena_reset(&e->arenas[e->nesting]);
    kw_status ignored =
        kw_message_dissect(b->message, b->version, &in, &e->arenas[e->nesting], &value, measure_step, b);
    (void)ignored; /* the second pass reports errors */
    snprintf(title, sizeof title, "%s version %d", b->message->name, b->version);
    b->measured.in = e->in;
    b->measured.depth = e->depth;
    b->measured.title = title;
    b->measured.message = b->message->name;
    b->measured.version = b->version;
    b->measured.path_width += 2 * (e->depth + 1);
    e->out.part(e->out.self, &b->measured);
}

/* ---- before a value ---- */

static kw_reader reader_at(const body *b, size_t offset)
{
    kw_reader r;
    kw_reader_init(&r, b->e->in->data + offset, b->origin + b->size - offset);
    return r;
}

static void set_tags_path(explainer *e, const kw_step *owner)
{
    set_path(e, owner);
    size_t len = strlen(e->path);
    snprintf(e->path + len, sizeof e->path - len, "%s" TAG_COUNT, len > e->local ? "." : "");
}

/* Shows the count of tagged fields, which is next and has no step. */
static void show_tag_count(body *b, const kw_step *owner)
{
    explainer *e = b->e;
    kw_reader r = reader_at(b, b->shown);
    explain_row row = {.offset = b->shown,
                       .depth = e->depth + 1 + depth_of_fields(owner),
                       .type = "TAG_BUFFER",
                       .value = value_count(kw_read_unsigned_varint(&r))};
    row.size = kw_reader_offset(&r);
    set_tags_path(e, owner);
    show_row(e, row);
    b->shown += row.size;
    b->counted[step_level(owner)] = owner->value;
}

/* Before the first tagged field of a struct, and before what failed among them. */
static void show_tag_count_once(body *b, const kw_step *owner, size_t offset)
{
    if (b->shown < offset && b->counted[step_level(owner)] != owner->value)
        show_tag_count(b, owner);
}

/* The start of a tagged field. */
typedef struct tag_prefix {
    bool is_present;
    uint32_t tag;
    uint32_t size;
} tag_prefix;

static tag_prefix take_tag(const body *b, const kw_step *step, kw_reader *r)
{
    tag_prefix t = {.is_present = step->event == KW_EVENT_UNKNOWN_TAG || step_is_tagged(step, b->version)};
    if (t.is_present) {
        t.tag = kw_read_unsigned_varint(r);
        t.size = kw_read_unsigned_varint(r);
    }
    return t;
}

static void note_tag(body *b, tag_prefix t)
{
    if (!t.is_present)
        return;
    note_next(&b->e->meaning);
    note_format(&b->e->meaning, "tag %u of size %u", (unsigned)t.tag, (unsigned)t.size);
}

static void note_prefix(body *b, const kw_step *step, const char *what, int64_t number)
{
    note *n = &b->e->meaning;
    bool compact = field_is_compact(step->field, b->flexible);
    note_next(n);
    note_text(n, what);
    note_put(n, " ", 1);
    note_number(n, compact && number < 0 ? 0 : number);
    if (compact && number >= 0)
        note_put(n, "+1", 2);
}

/* Starts the row of a step; before the first tagged field of a struct shows their number. */
static explain_row begin_row(body *b, const kw_step *step)
{
    if (step->event == KW_EVENT_UNKNOWN_TAG || step_is_tagged(step, b->version))
        show_tag_count_once(b, step->parent, b->origin + step->offset);
    set_path(b->e, step);
    explain_row r = {.offset = b->origin + step->offset,
                     .size = step->size,
                     .depth = b->e->depth + 1 + step_depth(step),
                     .type = step_type(step, b->version, b->flexible)};
    return r;
}

/* ---- steps ---- */

static explain_value value_of(const kw_step *step)
{
    const void *p = step->value;
    kw_bytes bytes;
    switch ((kw_kind)step->field->kind) {
    case KW_KIND_BOOL:
        return (explain_value){.kind = VALUE_BOOL, .truth = *(const bool *)p};
    case KW_KIND_INT8:
        return value_integer(*(const int8_t *)p);
    case KW_KIND_INT16:
        return value_integer(*(const int16_t *)p);
    case KW_KIND_UINT16:
        return value_integer(*(const uint16_t *)p);
    case KW_KIND_INT32:
        return value_integer(*(const int32_t *)p);
    case KW_KIND_UINT32:
        return value_integer(*(const uint32_t *)p);
    case KW_KIND_INT64:
        return value_integer(*(const int64_t *)p);
    case KW_KIND_FLOAT64:
        return (explain_value){.kind = VALUE_FLOAT, .real = *(const double *)p};
    case KW_KIND_UUID:
        return (explain_value){.kind = VALUE_UUID, .uuid = *(const kw_uuid *)p};
    case KW_KIND_STRING:
    case KW_KIND_BYTES:
    case KW_KIND_RECORDS:
        memcpy(&bytes, p, sizeof bytes);
        return value_bytes(step->field->kind == KW_KIND_STRING ? VALUE_STRING : VALUE_BYTES, bytes.data,
                           (size_t)bytes.len);
    case KW_KIND_STRUCT:
        break;
    }
    return value_none();
}

/* The reader is at a length or count. */
static void show_null(body *b, const kw_step *step, explain_row r, kw_reader *in)
{
    bool is_array = step_is_array(step);
    bool has_prefix = is_array || step->field->kind != KW_KIND_STRUCT;
    r.value = value_null();
    if (has_prefix && field_is_compact(step->field, b->flexible))
        note_prefix(b, step, is_array ? "count" : "length", -1);
    else if (has_prefix)
        note_prefix(b, step, is_array ? "count" : "length",
                    step->field->kind == KW_KIND_STRING && !is_array ? kw_read_int16(in) : kw_read_int32(in));
    show_row(b->e, r);
    b->shown = r.offset + r.size;
}

/* Bytes with known content are explained after the row of their length. */
static void show_bytes(body *b, const kw_step *step, explain_row r)
{
    explainer *e = b->e;
    content c = content_of(e, b->message, step, r.value.bytes);
    if (c.kind == CONTENT_NONE) {
        show_row(e, r);
        return;
    }
    size_t end = r.offset + r.size;
    size_t size = (size_t)r.value.bytes.len;
    r.size -= size;
    r.value = value_size(size);
    show_row(e, r);
    content_explain(e, &c, r.depth, end - size, end);
}

static void show_value(body *b, const kw_step *step)
{
    explain_row r = begin_row(b, step);
    kw_reader in = reader_at(b, r.offset);
    tag_prefix tag = take_tag(b, step, &in);
    if (step->is_null) {
        note_tag(b, tag);
        show_null(b, step, r, &in);
        return;
    }
    r.value = value_of(step);
    meaning_note(b->e, b->message, step, &r.value);
    bool is_view = r.value.kind == VALUE_STRING || r.value.kind == VALUE_BYTES;
    if (is_view) {
        secret_mark(b->e, b->message, step, &r);
        note_prefix(b, step, "length", r.value.bytes.len);
    }
    note_tag(b, tag);
    if (r.value.kind == VALUE_BYTES)
        show_bytes(b, step, r);
    else
        show_row(b->e, r);
    b->shown = r.offset + r.size;
}

static void show_array(body *b, const kw_step *step)
{
    explain_row r = begin_row(b, step);
    kw_reader in = reader_at(b, r.offset);
    tag_prefix tag = take_tag(b, step, &in);
    if (field_is_compact(step->field, b->flexible))
        (void)kw_read_unsigned_varint(&in);
    else
        (void)kw_read_int32(&in);
    r.size = kw_reader_offset(&in);
    r.value = value_count(step->count);
    note_prefix(b, step, "count", step->count);
    note_tag(b, tag);
    show_row(b->e, r);
    b->shown = r.offset + r.size;
}

/* A struct has a row only for what precedes its fields: its tag, and the byte that says that it is not null. */
static void show_struct(body *b, const kw_step *step)
{
    b->counted[step_level(step)] = NULL; /* a tag that occurs twice has the same place again */
    if (step->field == NULL || step->index >= 0)
        return;
    bool tagged = step_is_tagged(step, b->version);
    bool nullable = kw_versions_have(step->field->nullable, b->version);
    if (!tagged && !nullable)
        return;
    explain_row r = begin_row(b, step);
    kw_reader in = reader_at(b, r.offset);
    tag_prefix tag = take_tag(b, step, &in);
    if (nullable && tagged)
        (void)kw_read_unsigned_varint(&in);
    else if (nullable)
        (void)kw_read_int8(&in);
    if (nullable)
        meaning_note_text(b->e, "not null");
    note_tag(b, tag);
    r.size = kw_reader_offset(&in);
    show_row(b->e, r);
    b->shown = r.offset + r.size;
}

static void show_unknown_tag(body *b, const kw_step *step)
{
    explain_row r = begin_row(b, step);
    kw_reader in = reader_at(b, r.offset);
    tag_prefix tag = take_tag(b, step, &in);
    kw_bytes raw = ((const kw_raw_tag *)step->value)->value;
    r.value = value_bytes(VALUE_BYTES, raw.data, (size_t)raw.len);
    meaning_note_text(b->e, "not in the schema");
    note_tag(b, tag);
    show_row(b->e, r);
    b->shown = r.offset + r.size;
}

/* Remembers the id and the name of a topic. */
static void learn_topic(explainer *e, const kw_step *step)
{
    static const char *const names[] = {"name", "topicName", "topic"};
    kw_uuid id = inside_uuid(step, "topicId");
    for (size_t i = 0; i < sizeof names / sizeof names[0] && !kw_uuid_is_zero(id); i++)
        topics_add(&e->topics, id, inside_text(step, names[i]));
}

static void show_struct_end(body *b, const kw_step *step)
{
    learn_topic(b->e, step);
    if (b->shown < b->origin + step->offset + step->size)
        show_tag_count(b, step);
}

/* ---- errors ---- */

/* The end of the innermost enclosing tagged field; that of the message if there is none. */
static size_t window_end(const body *b, const kw_step *step)
{
    size_t end = b->origin + b->size;
    for (const kw_step *p = step; p != NULL; p = p->parent) {
        if (!step_is_tagged(p, b->version) || p->event == KW_EVENT_ERROR)
            continue;
        kw_reader r = reader_at(b, b->origin + p->offset);
        (void)kw_read_unsigned_varint(&r);
        size_t size = kw_read_unsigned_varint(&r);
        size_t start = b->origin + p->offset + kw_reader_offset(&r);
        return size < end - start ? start + size : end;
    }
    return end;
}

/* Explains the available part of records that are cut, as in captures. */
static bool show_cut_records(body *b, const kw_step *step, size_t at, size_t end)
{
    explainer *e = b->e;
    if (b->in.status != KW_ERR_LENGTH || step->field == NULL || step->field->kind != KW_KIND_RECORDS)
        return false;
    kw_reader in = reader_at(b, at);
    bool compact = field_is_compact(step->field, b->flexible);
    int64_t length = compact ? (int64_t)kw_read_unsigned_varint(&in) - 1 : kw_read_int32(&in);
    size_t start = at + kw_reader_offset(&in);
    content c = content_of(e, b->message, step, kw_bytes_of(in.pos, end - start));
    if (c.kind == CONTENT_NONE)
        return false;
    set_path(e, step);
    explain_row r = {.offset = at,
                     .size = start - at,
                     .depth = e->depth + 1 + step_depth(step),
                     .type = step_type(step, b->version, b->flexible),
                     .value = {.kind = VALUE_SIZE, .integer = length}};
    note_prefix(b, step, "length", length);
    show_row(e, r);
    note_format(&e->reason, "length %lld exceeds the %zu bytes left", (long long)length, end - start);
    explain_problem p = {.start = at, .offset = at, .size = r.size, .depth = r.depth, .type = r.type, .end = start};
    show_problem(e, p, KW_ERR_LENGTH);
    content_explain(e, &c, r.depth, start, end);
    return true;
}

static void show_error(body *b, const kw_step *step)
{
    explainer *e = b->e;
    size_t at = b->origin + step->offset;
    bool in_tags = b->flexible && step->type != NULL;
    if (in_tags)
        show_tag_count_once(b, step, at);
    else if (step_is_tagged(step, b->version))
        show_tag_count_once(b, step->parent, at);

    size_t end = window_end(b, step);
    if (b->shown == at && show_cut_records(b, step, at, end))
        return;
    failed_field f = {.step = step,
                      .type = step_type(step, b->version, b->flexible),
                      .at = e->in->data + at,
                      .left = end > at ? end - at : 0,
                      .compact = step->field != NULL && field_is_compact(step->field, b->flexible),
                      .version = b->version};
    explain_problem p = {.start = b->shown < at ? b->shown : at,
                         .offset = at,
                         .depth = e->depth + 1 + step_depth(step),
                         .type = f.type,
                         .fatal = true,
                         .end = b->origin + b->size};
    reason_of(&e->reason, b->in.status, &f, &p.size);
    if (in_tags && b->in.status != KW_ERR_TAG_SIZE && b->in.status != KW_ERR_TAG_VERSION) {
        p.depth = e->depth + 1 + depth_of_fields(step);
        p.type = "TAG_BUFFER";
        set_tags_path(e, step);
    } else {
        set_path(e, step);
    }
    show_problem(e, p, b->in.status);
}

static bool show_step(void *context, const kw_step *step)
{
    body *b = context;
    switch (step->event) {
    case KW_EVENT_VALUE:
        show_value(b, step);
        break;
    case KW_EVENT_STRUCT_BEGIN:
        show_struct(b, step);
        break;
    case KW_EVENT_STRUCT_END:
        show_struct_end(b, step);
        break;
    case KW_EVENT_ARRAY_BEGIN:
        show_array(b, step);
        break;
    case KW_EVENT_ARRAY_END:
        break;
    case KW_EVENT_UNKNOWN_TAG:
        show_unknown_tag(b, step);
        break;
    case KW_EVENT_ERROR:
        show_error(b, step);
        break;
    }
    return true;
}

bool explain_body(explainer *e, const kw_message *m, int16_t version, size_t at, size_t end, size_t *next)
{
    body b = {.e = e,
              .message = m,
              .version = version,
              .flexible = kw_versions_have(m->flexible, version),
              .origin = at,
              .size = end - at,
              .shown = at,
              .in = reader_of(e, at, end)};
    bool secret = e->secret;
    e->secret = secret || secret_message(m);
    begin_part(&b, b.in);
    void *value;
    kw_arena_reset(&e->arenas[e->nesting]);
    kw_status status = kw_message_dissect(m, version, &b.in, &e->arenas[e->nesting], &value, show_step, &b);
    *next = at + kw_reader_offset(&b.in);
    e->secret = secret;
    return status == KW_OK;
}

bool explain_whole_body(explainer *e, const kw_message *m, int16_t version, size_t at, size_t end)
{
    size_t next;
    if (!explain_body(e, m, version, at, end, &next))
        return false;
    bool secret = e->secret;
    e->secret = secret || secret_message(m);
    if (next != end)
        show_trailing(e, next, end);
    e->secret = secret;
    return true;
}
