/* SPDX-License-Identifier: Apache-2.0 */
#include "records_to_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/compression.h>

#include "../command/buffer.h"
#include "../text/emit.h"
#include "batch_copy.h"
#include "batch_json.h"
#include "part_check.h"

#define BLOCK_SIZE ((size_t)16 * 1024)

enum { NOTE_SIZE = 160 };

struct records_to_json {
    decoded_topic topic;
    kw_decompressor *decompressor; /* NULL before the first compressed batch */
    kw_writer content;             /* of a compressed batch */
    record_decoder decoder;
    batch_copy copy;
    part_check parts;
    kw_writer *out;
    emitter text;
    char block[BLOCK_SIZE];
};

static void drain(void *context, const char *text, size_t size)
{
    records_to_json *r = context;
    kw_write_raw(r->out, text, size);
}

records_to_json *records_to_json_create(size_t max_memory)
{
    records_to_json *r = zeroed_memory(sizeof *r);
    kw_writer_init_growing(&r->content, kw_allocator_libc(), max_memory);
    record_decoder_init(&r->decoder, max_memory);
    batch_copy_init(&r->copy, max_memory);
    part_check_init(&r->parts, max_memory);
    emit_init(&r->text, r->block, sizeof r->block, drain, r);
    return r;
}

void records_to_json_destroy(records_to_json *r)
{
    if (r == NULL)
        return;
    kw_decompressor_destroy(r->decompressor);
    kw_writer_finish(&r->content);
    record_decoder_finish(&r->decoder);
    batch_copy_finish(&r->copy);
    part_check_finish(&r->parts);
    free(r);
}

/* ---- bytes ---- */

static void put_bytes(emitter *e, const uint8_t *data, size_t size, const char *note)
{
    EMIT_LITERAL(e, "\"base64\":\"");
    emit_base64(e, data, size);
    EMIT_LITERAL(e, "\",\"note\":");
    emit_quoted(e, (const uint8_t *)note, strlen(note));
}

/* The bytes after the last complete batch. */
static void put_rest(emitter *e, const kw_batches *bs, const uint8_t *data, size_t size)
{
    char note[NOTE_SIZE];
    if (bs->status != KW_OK)
        snprintf(note, sizeof note, "no batch: %s", kw_status_text(bs->status));
    else
        snprintf(note, sizeof note, "the first %zu of %s%zu bytes of a batch", bs->partial,
                 bs->partial >= KW_BATCH_OVERHEAD ? "" : "at least ", bs->needed);
    put_bytes(e, data, size, note);
}

/* ---- batches ---- */

/* What is shown of a record: as messages only what encoding makes the same bytes of. */
static const decoded_record *what_of(records_to_json *r, const kw_batch *batch, const kw_record *record)
{
    static const decoded_record bytes = {.outcome = DECODED_NOTHING};
    const decoded_record *what = record_decode(&r->decoder, r->topic, batch, record);
    bool control = what->outcome == DECODED_CONTROL;
    if (what->outcome == DECODED_NOTHING || (part_comes_back(&r->parts, &what->key, record->key, false) &&
                                             part_comes_back(&r->parts, &what->value, record->value, control)))
        return what;
    if (!control)
        return &bytes;
    r->copy.same = false;
    return what;
}

static void put_records(records_to_json *r, const kw_batch *batch, kw_records *rs)
{
    emitter *e = &r->text;
    kw_record record;
    bool appended = kw_batch_has_append_time(batch);
    EMIT_LITERAL(e, ",\"records\":[");
    for (bool first = true; kw_writer_ok(r->out) && kw_records_next(rs, &record); first = false) {
        const int64_t create_time = record.timestamp;
        batch_copy_add(&r->copy, &record);
        if (appended)
            record.timestamp = batch->max_timestamp;
        emit_text(e, first ? "{" : ",{");
        record_json(e, &record, create_time, what_of(r, batch, &record));
    }
    emit_char(e, ']');
}

/* Why encoding needs the bytes; NULL if it does not. */
static const char *why_bytes(records_to_json *r, const kw_records *rs, bool crc_is_right, char note[NOTE_SIZE])
{
    bool same = rs->status == KW_OK && batch_copy_end(&r->copy, kw_writer_data(&r->content));
    if (rs->status != KW_OK)
        snprintf(note, NOTE_SIZE, "encode takes base64: records that cannot be read: %s", kw_status_text(rs->status));
    else if (!crc_is_right)
        snprintf(note, NOTE_SIZE, "encode takes base64: the checksum is wrong");
    else if (!same)
        snprintf(note, NOTE_SIZE, "encode takes base64: the other members are not all of it");
    else
        return NULL;
    return note;
}

static kw_decompressor *decompressor_for(records_to_json *r, const kw_batch *batch)
{
    if (kw_batch_codec(batch) != KW_CODEC_NONE && r->decompressor == NULL)
        r->decompressor = kw_decompressor_create(kw_allocator_libc());
    return r->decompressor;
}

static void put_batch(records_to_json *r, const kw_batch *batch)
{
    emitter *e = &r->text;
    kw_records rs;
    char note[NOTE_SIZE];
    const kw_batch own_times = batch_with_create_times(batch);
    bool crc_is_right = kw_batch_check_crc(batch) == KW_OK;
    batch_json(e, batch, crc_is_right);
    batch_copy_begin(&r->copy, batch);
    if (kw_records_init(&rs, &own_times, decompressor_for(r, batch), &r->content) == KW_OK) {
        rs.flags = KW_RECORDS_CHECK_CRC;
        put_records(r, batch, &rs);
    }
    if (why_bytes(r, &rs, crc_is_right, note) != NULL) {
        emit_char(e, ',');
        put_bytes(e, batch->data, batch->size, note);
    }
}

void records_to_json_put(records_to_json *r, decoded_topic topic, kw_bytes records, kw_writer *out)
{
    emitter *e = &r->text;
    kw_batches bs;
    kw_batch batch;
    size_t end = 0;
    r->topic = topic;
    r->out = out;
    emit_char(e, '[');
    for (kw_batches_init(&bs, records); kw_writer_ok(out) && kw_batches_next(&bs, &batch);) {
        emit_text(e, end == 0 ? "{" : ",{");
        put_batch(r, &batch);
        emit_char(e, '}');
        end = batch.position + batch.size;
    }
    if (bs.status != KW_OK || bs.partial != 0) {
        emit_text(e, end == 0 ? "{" : ",{");
        put_rest(e, &bs, records.data + end, (size_t)records.len - end);
        emit_char(e, '}');
    }
    emit_char(e, ']');
    emit_flush(e);
}
