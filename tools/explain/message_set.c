/* SPDX-License-Identifier: Apache-2.0 */
#include "message_set.h"

#include "decompressed.h"
#include "meaning.h"
#include "record_content.h"

typedef struct message {
    batch_header header;
    const kw_batch *batch;
    record_source source;
    kw_string topic;
    int number;            /* of it, or of the outer one, which has */
    const kw_batch *outer; /* the compressed message that contains it; NULL: none */
} message;

bool explain_message_header(batch_header *h, uint8_t magic)
{
    kw_reader *in = &h->fields.in;
    int64_t offset = kw_read_int64(in);
    if (h->is_inside) {
        note_text(&h->fields.e->meaning, "offset ");
        note_number(&h->fields.e->meaning, (int64_t)((uint64_t)h->offset_of_first + (uint64_t)offset));
    }
    if (!batch_show(h, "offset", "INT64", offset))
        return false;
    int32_t size = kw_read_int32(in);
    if (!batch_show(h, "messageSize", "INT32", size) || !batch_show_crc(h))
        return false;
    int8_t byte = kw_read_int8(in);
    if (!batch_show(h, "magic", "INT8", byte) || !batch_show_attributes(h, magic))
        return false;
    return magic == KW_MAGIC_V0 || batch_show_time(h, "timestamp");
}

static void note_length(explainer *e, int32_t length)
{
    note_next(&e->meaning);
    note_text(&e->meaning, "length ");
    note_number(&e->meaning, length);
}

/* A key or a value that is not compressed. */
static bool explain_view(message *m, const char *name, kw_bytes key, bool is_key)
{
    fields *f = &m->header.fields;
    explainer *e = f->e;
    kw_bytes view = kw_read_nullable_bytes(&f->in);
    if (!kw_reader_ok(&f->in))
        return fields_refuse(f, name, "BYTES", f->in.status);
    if (view.len < 0 && !is_key)
        meaning_note_text(e, "a tombstone");
    note_length(e, view.len);
    if (view.len < 0 || !record_source_is_known(&m->source))
        return fields_show(f, name, "BYTES",
                           view.len < 0 ? value_null() : value_bytes(VALUE_BYTES, view.data, (size_t)view.len));
    f->in.pos -= view.len;
    size_t at = kw_reader_offset(&f->in);
    (void)fields_show(f, name, "BYTES", value_size((size_t)view.len));
    if (is_key)
        explain_record_key(e, &m->source, at, view, f->depth + 1);
    else
        explain_record_value(e, &m->source, at, key, view, f->depth + 1);
    f->in.pos += view.len;
    f->shown += (size_t)view.len;
    return true;
}

static void explain_inside(message *m, const explain_region *inside);

/* The value of a compressed message. */
static void explain_compressed(message *m)
{
    fields *f = &m->header.fields;
    explainer *e = f->e;
    kw_bytes value = kw_read_nullable_bytes(&f->in);
    if (!kw_reader_ok(&f->in) || value.len < 0) {
        (void)fields_refuse(f, "value", "BYTES", kw_reader_ok(&f->in) ? KW_ERR_NULL : f->in.status);
        return;
    }
    f->in.pos -= value.len;
    size_t at = kw_reader_offset(&f->in);
    (void)fields_show(f, "value", "BYTES", value_size((size_t)value.len));
    explain_region inside;
    const explain_region *outside = e->in;
    if (enter_decompressed(e, m->batch, at, at + (size_t)value.len, "value", &inside))
        explain_inside(m, &inside);
    e->in = outside;
    f->in.pos += value.len;
    f->shown += (size_t)value.len;
}

static void refuse_rest(message *m)
{
    fields *f = &m->header.fields;
    if (f->shown == f->end)
        return;
    note_format(&f->e->reason, "%zu bytes are left in the message", f->end - f->shown);
    (void)fields_refuse(f, "", "", KW_ERR_RECORD_SIZE);
}

static void explain_content(message *m)
{
    fields *f = &m->header.fields;
    kw_reader ahead = f->in;
    kw_bytes key = kw_read_nullable_bytes(&ahead);
    if (!explain_view(m, "key", key, true))
        return;
    if (kw_batch_codec(m->batch) != KW_CODEC_NONE)
        explain_compressed(m);
    else if (!explain_view(m, "value", key, false))
        return;
    refuse_rest(m);
}

static void explain(message *m)
{
    if (!explain_message_header(&m->header, m->batch->magic))
        return;
    if (m->outer != NULL && kw_batch_codec(m->batch) != KW_CODEC_NONE)
        (void)fields_refuse(&m->header.fields, "key", "BYTES", KW_ERR_NESTED);
    else
        explain_content(m);
}

static message message_at(explainer *e, const kw_batch *b, int number, kw_string topic, size_t at, unsigned depth)
{
    message m = {.batch = b, .source = record_source_of(topic, false), .topic = topic, .number = number};
    m.header = (batch_header){.fields = fields_between(e, at, at + b->size, depth), .batch = b};
    return m;
}

/* In magic 1 offsets are relative to the first inner message, and the outer one has the offset of the last, or 0 from
 * some clients. */
static void set_place(message *inner, const kw_batch *outer, const kw_batch *last)
{
    inner->outer = outer;
    inner->header.is_inside = outer->magic == KW_MAGIC_V1 && outer->base_offset != 0;
    inner->header.offset_of_first = (int64_t)((uint64_t)outer->base_offset - (uint64_t)last->base_offset);
}

/* The reason why iterating ended before the bytes did. */
static kw_status rest_status(const kw_batches *bs)
{
    return bs->status != KW_OK ? bs->status : bs->partial != 0 ? KW_ERR_TRUNCATED : KW_ERR_MAGIC;
}

static void explain_inside(message *m, const explain_region *inside)
{
    explainer *e = m->header.fields.e;
    kw_bytes bytes = kw_bytes_of(inside->data, inside->size);
    kw_batches bs;
    kw_batch b, last = {.base_offset = 0};
    for (kw_batches_init(&bs, bytes); kw_batches_next(&bs, &b);)
        last = b;
    int number = 0;
    size_t next = 0;
    for (kw_batches_init(&bs, bytes); kw_batches_next(&bs, &b) && b.magic != KW_MAGIC_V2; number++) {
        path_stem(e, "messages[%d].messages[%d].", m->number, number);
        message inner = message_at(e, &b, m->number, m->topic, b.position, m->header.fields.depth + 1);
        set_place(&inner, m->batch, &last);
        explain(&inner);
        next = b.position + b.size;
    }
    path_stem(e, "messages[%d].", m->number);
    fields rest = fields_between(e, next, inside->size, m->header.fields.depth + 1);
    if (number == 0 && inside->size == 0)
        (void)fields_refuse(&rest, "messages", "", KW_ERR_NO_RECORDS);
    else if (next != inside->size)
        (void)fields_refuse(&rest, "messages", "", rest_status(&bs));
    else if (m->batch->magic == KW_MAGIC_V1 && m->batch->base_offset != 0 && m->batch->base_offset < last.base_offset)
        (void)fields_refuse(&rest, "offset", "", KW_ERR_WRAPPER_OFFSET);
}

void explain_message_of_set(explainer *e, const kw_batch *b, int number, kw_string topic, size_t at)
{
    path_stem(e, "messages[%d].", number);
    message m = message_at(e, b, number, topic, at, e->depth + 1);
    explain(&m);
}
