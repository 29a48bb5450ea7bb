/* SPDX-License-Identifier: Apache-2.0 */
#include "worst_message.h"

#include "wire_shape.h"

enum {
    MOST_SMALL_ARRAY = 8, /* elements of an array within an element */
    TAG_AND_SIZE = 2      /* bytes */
};

#define PADDED(size) (((size) + (KW_ARENA_ALIGN - 1)) / KW_ARENA_ALIGN * KW_ARENA_ALIGN)
#define FIRST_UNKNOWN_TAG (PADDED(sizeof(kw_raw_tags)) + PADDED(sizeof(kw_raw_tag)))
#define HIGHEST_PRICE 4096.0

/* Memory and bytes of a part in its worst shape. */
typedef struct part {
    double memory;
    double wire;
} part;

typedef struct search {
    shape shape;
    double price;
    sink sink; /* the first that is worth anything, the innermost ones first */
} search;

static part worst_of_struct(search *s, const kw_struct *type);

static double worth(const search *s, part p)
{
    return p.memory - s->price * p.wire;
}

static part sum(part a, part b)
{
    part p = {a.memory + b.memory, a.wire + b.wire};
    return p;
}

static part times(part a, double n)
{
    part p = {a.memory * n, a.wire * n};
    return p;
}

static void found(search *s, sink_kind kind, const kw_struct *owner, const kw_field *field)
{
    sink here = {kind, owner, field};
    if (s->sink.kind == SINK_NONE)
        s->sink = here;
}

/* The cost of one element, without the array's memory. */
static part worst_of_element(search *s, const kw_field *field)
{
    part p = {0, 0};
    if (field->kind == KW_KIND_STRUCT)
        return worst_of_struct(s, field->type);
    p.wire = (double)primitive_wire(&s->shape, field);
    return p;
}

static double array_memory(const kw_field *field, uint32_t count)
{
    return (double)((kw_field_value_size(field) * count + KW_ARENA_ALIGN - 1) & ~(KW_ARENA_ALIGN - 1));
}

/* The number of elements at which the array is worth most, and its cost without its count. */
static uint32_t best_count(search *s, const kw_field *field, part element, part *best)
{
    uint32_t count = 0;
    part nothing = {0, 0};
    *best = nothing;
    for (uint32_t n = 1; n <= MOST_SMALL_ARRAY; n++) {
        part p = times(element, n);
        p.memory += array_memory(field, n);
        if (worth(s, p) > worth(s, *best)) {
            *best = p;
            count = n;
        }
    }
    return count;
}

static part worst_of_array(search *s, const kw_struct *owner, const kw_field *field)
{
    part element = worst_of_element(s, field), best;
    part count = {0, field_is_compact(&s->shape, field) ? 1 : 4};
    if (worth(s, element) + (double)kw_field_value_size(field) > 0)
        found(s, SINK_ARRAY, owner, field);
    (void)best_count(s, field, element, &best);
    return sum(count, best);
}

static part worst_of_pointer(search *s, const kw_field *field)
{
    part present = worst_of_struct(s, field->type), absent = {0, 1};
    present.memory += (double)field->type->size;
    if (!field_is_nullable_struct(&s->shape, field))
        return present;
    present.wire += 1;
    return worth(s, present) > worth(s, absent) ? present : absent;
}

static part worst_of_field(search *s, const kw_struct *owner, const kw_field *field)
{
    if (field_is_array(field))
        return worst_of_array(s, owner, field);
    if ((field->flags & KW_FIELD_POINTER) != 0)
        return worst_of_pointer(s, field);
    return worst_of_element(s, field);
}

static part worst_of_tags(search *s, const kw_struct *type)
{
    part count = {0, 1}, first = {(double)FIRST_UNKNOWN_TAG, TAG_AND_SIZE}, next = {sizeof(kw_raw_tag), TAG_AND_SIZE};
    for (uint32_t i = 0; i < type->field_count; i++) {
        const kw_field *field = &type->fields[i];
        if (field_presence(&s->shape, field) != PRESENT_TAGGED)
            continue;
        part once = worst_of_field(s, type, field);
        once.wire += TAG_AND_SIZE;
        if (worth(s, once) > 0)
            found(s, SINK_REPEATED_TAG, type, field);
    }
    if (worth(s, next) > 0)
        found(s, SINK_UNKNOWN_TAGS, type, NULL);
    return worth(s, first) > 0 ? sum(count, first) : count;
}

static part worst_of_struct(search *s, const kw_struct *type)
{
    part p = {0, 0};
    for (uint32_t i = 0; i < type->field_count; i++)
        if (field_presence(&s->shape, &type->fields[i]) == PRESENT_PLAIN)
            p = sum(p, worst_of_field(s, type, &type->fields[i]));
    return struct_has_tags(&s->shape, type) ? sum(p, worst_of_tags(s, type)) : p;
}

static sink sink_at(const kw_message *m, int16_t version, double price)
{
    search s = {.shape = shape_of(m, version), .price = price};
    (void)worst_of_struct(&s, m->type);
    return s.sink;
}

worst_message worst_message_find(const kw_message *m, int16_t version)
{
    worst_message w = {.message = m, .version = version};
    double high = HIGHEST_PRICE;
    for (int i = 0; i < 30; i++) {
        double middle = (w.price + high) / 2;
        if (sink_at(m, version, middle).kind != SINK_NONE)
            w.price = middle;
        else
            high = middle;
    }
    w.sink = sink_at(m, version, w.price);
    return w;
}

/* ---- writing ---- */

typedef struct writing {
    search search;
    sink sink;
    size_t size;
    bool grown; /* the sink has been written */
} writing;

static void write_struct(writing *w, const kw_struct *type, kw_writer *out);

static bool is_sink(const writing *w, sink_kind kind, const kw_struct *owner, const kw_field *field)
{
    return !w->grown && w->sink.kind == kind && w->sink.owner == owner && w->sink.field == field;
}

/* Whether the sink is somewhere in the struct, in this version. */
static bool leads_to_sink(const writing *w, const kw_struct *type)
{
    if (w->grown || w->sink.kind == SINK_NONE)
        return false;
    if (w->sink.owner == type)
        return true;
    for (uint32_t i = 0; i < type->field_count; i++) {
        const kw_field *field = &type->fields[i];
        if (field->type != NULL && field_presence(&w->search.shape, field) != PRESENT_NOT &&
            leads_to_sink(w, field->type))
            return true;
    }
    return false;
}

static void write_element(writing *w, const kw_field *field, kw_writer *out)
{
    if (field->kind == KW_KIND_STRUCT)
        write_struct(w, field->type, out);
    else
        write_primitive(&w->search.shape, field, out);
}

static void write_array(writing *w, const kw_struct *owner, const kw_field *field, kw_writer *out)
{
    part element = worst_of_element(&w->search, field), best;
    uint32_t count = best_count(&w->search, field, element, &best);
    if (is_sink(w, SINK_ARRAY, owner, field)) {
        w->grown = true;
        count = (uint32_t)((double)w->size / element.wire);
    } else if (field->type != NULL && leads_to_sink(w, field->type)) {
        count = 1;
    }
    write_count(&w->search.shape, field, count, out);
    for (uint32_t i = 0; i < count; i++)
        write_element(w, field, out);
}

static void write_pointer(writing *w, const kw_field *field, bool tagged, kw_writer *out)
{
    if (field_is_nullable_struct(&w->search.shape, field)) {
        bool present = leads_to_sink(w, field->type) || worst_of_pointer(&w->search, field).memory > 0;
        if (tagged)
            kw_write_unsigned_varint(out, present);
        else
            kw_write_int8(out, present ? 1 : -1);
        if (!present)
            return;
    }
    write_struct(w, field->type, out);
}

static void write_field(writing *w, const kw_struct *owner, const kw_field *field, bool tagged, kw_writer *out)
{
    if (field_is_array(field))
        write_array(w, owner, field, out);
    else if ((field->flags & KW_FIELD_POINTER) != 0)
        write_pointer(w, field, tagged, out);
    else
        write_element(w, field, out);
}

static void write_known_tag(writing *w, const kw_struct *owner, const kw_field *field, uint32_t times, kw_writer *out)
{
    kw_writer content;
    kw_writer_init_growing(&content, kw_allocator_libc(), SIZE_MAX);
    write_field(w, owner, field, true, &content);
    kw_span bytes = kw_writer_data(&content);
    for (uint32_t i = 0; i < times; i++) {
        kw_write_unsigned_varint(out, (uint32_t)field->tag);
        kw_write_unsigned_varint(out, (uint32_t)bytes.size);
        kw_write_raw(out, bytes.data, bytes.size);
    }
    kw_writer_finish(&content);
}

/* The tagged field that is the sink, or that leads to it. */
static const kw_field *tag_of_sink(const writing *w, const kw_struct *type)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        const kw_field *field = &type->fields[i];
        if (field_presence(&w->search.shape, field) == PRESENT_TAGGED &&
            (is_sink(w, SINK_ARRAY, type, field) || is_sink(w, SINK_REPEATED_TAG, type, field) ||
             (field->type != NULL && leads_to_sink(w, field->type))))
            return field;
    }
    return NULL;
}

static void write_tags(writing *w, const kw_struct *type, kw_writer *out)
{
    const kw_field *known = tag_of_sink(w, type);
    uint32_t unknown = (double)FIRST_UNKNOWN_TAG > w->search.price * TAG_AND_SIZE, times = known != NULL;
    if (known != NULL && is_sink(w, SINK_REPEATED_TAG, type, known)) {
        w->grown = true;
        times = (uint32_t)((double)w->size / (worst_of_field(&w->search, type, known).wire + TAG_AND_SIZE));
    } else if (is_sink(w, SINK_UNKNOWN_TAGS, type, NULL)) {
        w->grown = true;
        unknown = (uint32_t)(w->size / TAG_AND_SIZE);
    }
    kw_write_unsigned_varint(out, times + unknown);
    if (known != NULL)
        write_known_tag(w, type, known, times, out);
    for (uint32_t i = 0; i < unknown; i++) {
        kw_write_unsigned_varint(out, unknown_tag(type));
        kw_write_unsigned_varint(out, 0);
    }
}

static void write_struct(writing *w, const kw_struct *type, kw_writer *out)
{
    for (uint32_t i = 0; i < type->field_count; i++)
        if (field_presence(&w->search.shape, &type->fields[i]) == PRESENT_PLAIN)
            write_field(w, type, &type->fields[i], false, out);
    if (struct_has_tags(&w->search.shape, type))
        write_tags(w, type, out);
}

void worst_message_write(const worst_message *worst, size_t size, kw_writer *out)
{
    writing w = {.search = {.shape = shape_of(worst->message, worst->version), .price = worst->price},
                 .sink = worst->sink,
                 .size = size};
    write_struct(&w, worst->message->type, out);
}

size_t message_depth(const kw_struct *type)
{
    size_t deepest = 0;
    for (uint32_t i = 0; i < type->field_count; i++) {
        size_t depth = type->fields[i].type != NULL ? message_depth(type->fields[i].type) : 0;
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

size_t tagged_depth(const kw_struct *type)
{
    size_t deepest = 0;
    for (uint32_t i = 0; i < type->field_count; i++) {
        const kw_field *field = &type->fields[i];
        if (field->type == NULL)
            continue;
        size_t depth = tagged_depth(field->type) + (field->tag >= 0);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest;
}
