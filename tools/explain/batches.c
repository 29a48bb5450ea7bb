/* SPDX-License-Identifier: Apache-2.0 */
#include "batches.h"

#include <kwire/endian.h>

#include "batch_fields.h"
#include "decompressed.h"
#include "fields.h"
#include "message_set.h"
#include "record.h"

/* Negative numbers are errors here, but reading continues. */
static bool show_natural(batch_header *h, const char *name, int32_t number)
{
    size_t at = h->fields.shown;
    if (!batch_show(h, name, "INT32", number))
        return false;
    if (number < 0) {
        explain_problem p = {
            .start = at, .offset = at, .size = 4, .depth = h->fields.depth, .type = "INT32", .end = at + 4};
        show_problem(h->fields.e, p, KW_ERR_NEGATIVE);
    }
    return true;
}

/* ---- the header ---- */

/* In the order of the bytes, up to their end or the first error. */
static bool explain_start(batch_header *h, int64_t *base_offset)
{
    kw_reader *in = &h->fields.in;
    *base_offset = kw_read_int64(in);
    if (!batch_show(h, "baseOffset", "INT64", *base_offset))
        return false;
    int32_t length = kw_read_int32(in);
    if (!batch_show(h, "batchLength", "INT32", length))
        return false;
    int32_t epoch = kw_read_int32(in);
    if (!batch_show_optional(h, "partitionLeaderEpoch", "INT32", epoch))
        return false;
    int8_t magic = kw_read_int8(in);
    return batch_show(h, "magic", "INT8", magic);
}

static bool explain_offsets_and_times(batch_header *h, int64_t base_offset)
{
    kw_reader *in = &h->fields.in;
    explainer *e = h->fields.e;
    if (!batch_show_attributes(h, KW_MAGIC_V2))
        return false;
    int32_t delta = kw_read_int32(in);
    note_text(&e->meaning, "last offset ");
    note_number(&e->meaning, (int64_t)((uint64_t)base_offset + (uint64_t)(int64_t)delta));
    return show_natural(h, "lastOffsetDelta", delta) && batch_show_time(h, "baseTimestamp") &&
           batch_show_time(h, "maxTimestamp");
}

static bool explain_producer_and_count(batch_header *h)
{
    kw_reader *in = &h->fields.in;
    int64_t id = kw_read_int64(in);
    if (!batch_show_optional(h, "producerId", "INT64", id))
        return false;
    int16_t epoch = kw_read_int16(in);
    if (!batch_show_optional(h, "producerEpoch", "INT16", epoch))
        return false;
    int32_t sequence = kw_read_int32(in);
    if (!batch_show_optional(h, "baseSequence", "INT32", sequence))
        return false;
    return show_natural(h, "recordsCount", kw_read_int32(in));
}

/* True if it is complete and valid. */
static bool explain_header_v2(batch_header *h)
{
    int64_t base_offset;
    return explain_start(h, &base_offset) && batch_show_crc(h) && explain_offsets_and_times(h, base_offset) &&
           explain_producer_and_count(h);
}

/* ---- batches ---- */

static void explain_batch_v2(explainer *e, const kw_batch *b, int number, kw_string topic, size_t at)
{
    size_t end = at + b->size;
    batch_header h = {.fields = fields_between(e, at, end, e->depth + 1), .batch = b};
    path_stem(e, "batches[%d].", number);
    if (!explain_header_v2(&h))
        return;
    record_source source = record_source_of(topic, kw_batch_is_control(b));
    size_t records = at + KW_BATCH_V2_RECORDS;
    if (b->count < 0) {
        show_raw(e, records, end, e->depth + 1, "records whose number is not known");
        return;
    }
    if (kw_batch_codec(b) == KW_CODEC_NONE || b->count == 0) {
        explain_records_v2(e, b, number, &source, records, end, false);
        return;
    }
    explain_region inside;
    const explain_region *outside = e->in;
    if (enter_decompressed(e, b, records, end, "records", &inside))
        explain_records_v2(e, b, number, &source, 0, inside.size, false);
    e->in = outside;
}

/* The fields of a batch that records need, from its header. */
static kw_batch batch_of_header(const uint8_t *p)
{
    return (kw_batch){.base_offset = (int64_t)kw_load_be64(p + KW_BATCH_OFFSET),
                      .base_timestamp = (int64_t)kw_load_be64(p + KW_BATCH_V2_BASE_TIMESTAMP),
                      .count = (int32_t)kw_load_be32(p + KW_BATCH_V2_COUNT),
                      .attributes = kw_load_be16(p + KW_BATCH_V2_ATTRIBUTES),
                      .magic = KW_MAGIC_V2};
}

/* Explains the records of a cut batch if they are not compressed. */
static void explain_cut_records(explainer *e, int number, kw_string topic, size_t header, size_t at, size_t end)
{
    kw_batch b = batch_of_header(e->in->data + header);
    record_source source = record_source_of(topic, kw_batch_is_control(&b));
    if (kw_batch_codec(&b) == KW_CODEC_NONE)
        explain_records_v2(e, &b, number, &source, at, end, true);
    else
        show_raw(e, at, end, e->depth + 1, "cut off");
}

/* Explains the available part of a cut or broken batch. */
static void explain_part_of_batch(explainer *e, const kw_batches *bs, int number, kw_string topic, size_t at,
                                  size_t start, size_t end)
{
    batch_header h = {.fields = fields_between(e, at, end, e->depth + 1)};
    if (bs->status != KW_OK) {
        h.fault = bs->status;
        h.fault_at = start + bs->error_at;
    }
    path_stem(e, "batches[%d].", number);
    uint8_t magic = end - at > KW_BATCH_MAGIC ? e->in->data[at + KW_BATCH_MAGIC] : KW_MAGIC_V2;
    bool has_records = false;
    if (magic < KW_MAGIC_V2 && bs->status != KW_ERR_BATCH_SIZE)
        (void)explain_message_header(&h, magic);
    else
        has_records = explain_header_v2(&h);
    if (bs->status != KW_OK)
        return;
    if (has_records)
        explain_cut_records(e, number, topic, at, h.fields.shown, end);
    else
        show_raw(e, h.fields.shown, end, e->depth + 1, "cut off");
    note text;
    note_clear(&text);
    note_format(&text, "%zu of the %zu bytes of this batch are available", bs->partial, bs->needed);
    show_remark(e, text.text);
}

/* Announces the widest names and types of batches. */
static void show_widths(explainer *e)
{
    explain_part p = {.in = e->in, .depth = e->depth, .version = -1, .type_width = sizeof "VARLONG" - 1};
    unsigned header = 2 + explain_name_width(e, "batches[0].partitionLeaderEpoch");
    unsigned records = 4 + explain_name_width(e, "batches[0].records[0].timestampDelta");
    p.path_width = 2 * e->depth + (header > records ? header : records);
    e->out.part(e->out.self, &p);
}

void explain_batches(explainer *e, unsigned depth, size_t at, size_t end, kw_string topic)
{
    kw_batches bs;
    kw_batch b;
    scope before = scope_enter(e, depth);
    e->secret =
        e->secret || kw_string_equal(topic, kw_string_of(kw_internal_topic_name(KW_INTERNAL_TOPIC_CLUSTER_METADATA)));
    show_widths(e);
    size_t next = at;
    int number = 0;
    for (kw_batches_init_memory(&bs, e->in->data + at, end - at); kw_batches_next(&bs, &b); number++) {
        next = at + b.position + b.size;
        if (b.magic == KW_MAGIC_V2)
            explain_batch_v2(e, &b, number, topic, at + b.position);
        else
            explain_message_of_set(e, &b, number, topic, at + b.position);
    }
    if (bs.status != KW_OK || bs.partial != 0)
        explain_part_of_batch(e, &bs, number, topic, next, at, end);
    scope_leave(e, before);
}
