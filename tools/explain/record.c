/* SPDX-License-Identifier: Apache-2.0 */
#include "record.h"

#include "fields.h"
#include "meaning.h"

/* A header's key and value of one byte each. */
#define SMALLEST_HEADER ((size_t)2)

/* The state of explaining a record. */
typedef struct record {
    fields fields;
    const kw_batch *batch;
    const record_source *source;
    bool cut; /* the batch ends too early */
    kw_bytes key;
} record;

/* Reads the length of a key or value, and the bytes; null for a negative length. Refuses too long ones. */
static bool take_view(fields *f, const char *name, const char *type, kw_bytes *out)
{
    int32_t size = kw_read_varint(&f->in);
    *out = (kw_bytes){f->in.pos, -1};
    if (!kw_reader_ok(&f->in))
        return fields_refuse(f, name, type, f->in.status);
    if (size < 0)
        return true;
    if ((size_t)size > kw_reader_remaining(&f->in)) {
        note_format(&f->e->reason, "length %d exceeds the %zu bytes left", size, kw_reader_remaining(&f->in));
        return fields_refuse(f, name, type, KW_ERR_LENGTH);
    }
    out->len = size;
    return true;
}

/* Shows a length and its bytes, which are application data. */
static bool show_view(fields *f, const char *name, const char *type, value_kind kind, kw_bytes view)
{
    note_next(&f->e->meaning);
    note_text(&f->e->meaning, "length ");
    note_number(&f->e->meaning, view.len);
    if (view.len > 0)
        f->in.pos += view.len;
    return fields_show(f, name, type, view.len < 0 ? value_null() : value_bytes(kind, view.data, (size_t)view.len));
}

/* Shows a length, then the content. */
static bool show_content(record *r, const char *name, kw_bytes view, bool is_key)
{
    fields *f = &r->fields;
    size_t at = kw_reader_offset(&f->in);
    if (!fields_show(f, name, "BYTES", value_size((size_t)view.len)))
        return false;
    if (is_key)
        explain_record_key(f->e, r->source, at, view, f->depth + 1);
    else
        explain_record_value(f->e, r->source, at, r->key, view, f->depth + 1);
    f->in.pos += view.len;
    f->shown = kw_reader_offset(&f->in);
    return true;
}

static bool explain_part_of_record(record *r, const char *name, bool is_key)
{
    kw_bytes view;
    if (!take_view(&r->fields, name, "BYTES", &view))
        return false;
    if (is_key)
        r->key = view;
    if (view.len >= 0 && record_source_is_known(r->source))
        return show_content(r, name, view, is_key);
    if (view.len < 0 && !is_key)
        meaning_note_text(r->fields.e, "a tombstone");
    return show_view(&r->fields, name, "BYTES", VALUE_BYTES, view);
}

static bool explain_header(record *r, int number)
{
    fields *f = &r->fields;
    explainer *e = f->e;
    kw_bytes key, value;
    size_t stem = path_stem_more(e, "headers[%d].", number);
    bool fine = take_view(f, "key", "STRING", &key);
    if (fine && key.len < 0)
        fine = fields_refuse(f, "key", "STRING", KW_ERR_NULL);
    fine = fine && show_view(f, "key", "STRING", VALUE_STRING, key) && take_view(f, "value", "BYTES", &value) &&
           show_view(f, "value", "BYTES", VALUE_BYTES, value);
    e->stem = stem;
    return fine;
}

static bool explain_headers(record *r)
{
    fields *f = &r->fields;
    int32_t count = kw_read_varint(&f->in);
    if (kw_reader_ok(&f->in) && count < 0)
        return fields_refuse(f, "headers", "VARINT", KW_ERR_NEGATIVE);
    if (kw_reader_ok(&f->in) && (size_t)count > kw_reader_remaining(&f->in) / SMALLEST_HEADER) {
        note_format(&f->e->reason, "count %d exceeds what the %zu bytes left can hold", count,
                    kw_reader_remaining(&f->in));
        return fields_refuse(f, "headers", "VARINT", KW_ERR_COUNT);
    }
    bool fine = fields_show(f, "headers", "VARINT", value_count(count));
    f->depth++;
    for (int32_t i = 0; i < count && fine; i++)
        fine = explain_header(r, i);
    f->depth--;
    return fine;
}

static bool explain_deltas(record *r)
{
    fields *f = &r->fields;
    explainer *e = f->e;
    int64_t time = kw_read_varlong(&f->in);
    if (kw_reader_ok(&f->in) && kw_batch_has_append_time(r->batch))
        meaning_note_text(e, "ignored: the batch has its append time");
    else if (kw_reader_ok(&f->in))
        meaning_note_time(e, (int64_t)((uint64_t)r->batch->base_timestamp + (uint64_t)time));
    if (!fields_show(f, "timestampDelta", "VARLONG", value_integer(time)))
        return false;
    int32_t offset = kw_read_varint(&f->in);
    if (kw_reader_ok(&f->in)) {
        note_text(&e->meaning, "offset ");
        note_number(&e->meaning, (int64_t)((uint64_t)r->batch->base_offset + (uint64_t)(int64_t)offset));
    }
    return fields_show(f, "offsetDelta", "VARINT", value_integer(offset));
}

/* The fields after the length. */
static bool explain_inside(record *r)
{
    fields *f = &r->fields;
    int8_t attributes = kw_read_int8(&f->in);
    if (!fields_show(f, "attributes", "INT8", value_integer(attributes)) || !explain_deltas(r) ||
        !explain_part_of_record(r, "key", true) || !explain_part_of_record(r, "value", false) || !explain_headers(r))
        return false;
    if (f->shown == f->end)
        return true;
    note_format(&f->e->reason, "%zu bytes are left in the record", f->end - f->shown);
    return fields_refuse(f, "", "", KW_ERR_RECORD_SIZE);
}

/* The length of a record. False if nothing after it can be explained. */
static bool explain_length(record *r, int32_t *size)
{
    fields *f = &r->fields;
    *size = kw_read_varint(&f->in);
    bool is_present = kw_reader_ok(&f->in) && (*size < 0 || (size_t)*size <= kw_reader_remaining(&f->in));
    if (!is_present && r->cut && f->in.status != KW_ERR_VARINT) {
        show_raw(f->e, f->shown, f->end, f->depth, "cut off");
        return false;
    }
    if (kw_reader_ok(&f->in) && *size < 0)
        return fields_refuse(f, "length", "VARINT", KW_ERR_NEGATIVE);
    if (kw_reader_ok(&f->in) && !is_present) {
        note_format(&f->e->reason, "length %d exceeds the %zu bytes left", *size, kw_reader_remaining(&f->in));
        return fields_refuse(f, "length", "VARINT", KW_ERR_LENGTH);
    }
    return fields_show(f, "length", "VARINT", value_integer(*size));
}

/* Sets *at to the end of the record or, if the result is false, of what was shown of it. */
static bool explain_record(record *r, size_t *at, size_t end)
{
    explainer *e = r->fields.e;
    int32_t size;
    r->fields = fields_between(e, *at, end, e->depth + 2);
    *at = end;
    if (!explain_length(r, &size))
        return false;
    size_t start = r->fields.shown;
    *at = start + (size_t)size;
    r->fields = fields_between(e, start, *at, e->depth + 2);
    return explain_inside(r);
}

/* Bytes after the last record, or missing records. */
static void explain_rest(explainer *e, const kw_batch *batch, int32_t found, size_t at, size_t end)
{
    fields f = fields_between(e, at, end, e->depth + 2);
    if (found < batch->count) {
        note_format(&e->reason, "the batch counts %d records, but has %d", batch->count, found);
        (void)fields_refuse(&f, "records", "", KW_ERR_COUNT);
    } else if (at != end) {
        note_format(&e->reason, "%zu bytes after the last record", end - at);
        (void)fields_refuse(&f, "records", "", KW_ERR_TRAILING);
    }
}

void explain_records_v2(explainer *e, const kw_batch *batch, int number, const record_source *source, size_t at,
                        size_t end, bool cut)
{
    record r = {.fields.e = e, .batch = batch, .source = source, .cut = cut};
    int32_t i = 0;
    bool fine = true;
    for (; i < batch->count && at < end && fine; i++) {
        path_stem(e, "batches[%d].records[%d].", number, (int)i);
        fine = explain_record(&r, &at, end);
    }
    path_stem(e, "batches[%d].", number);
    if (!fine || cut)
        show_raw(e, at, end, e->depth + 2, fine ? "cut off" : "after an invalid record");
    else
        explain_rest(e, batch, i, at, end);
    path_stem(e, "%s", "");
}
