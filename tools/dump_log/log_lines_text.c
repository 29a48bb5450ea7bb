/* SPDX-License-Identifier: Apache-2.0 */
#include "log_lines.h"

#include "../json/batch_json.h"
#include "../text/bytes.h"
#include "columns.h"

/* ---- batches ---- */

static void put_note(emitter *e, const char *note)
{
    column_next(e);
    emit_text(e, note);
}

static void put_notes(emitter *e, const kw_batch *batch, bool crc_is_right)
{
    if (!crc_is_right)
        put_note(e, "WRONG CRC");
    if (batch->magic != KW_MAGIC_V2)
        put_note(e, batch->magic == KW_MAGIC_V0 ? "magic 0" : "magic 1");
    if (kw_batch_has_append_time(batch))
        put_note(e, "append time");
    if (kw_batch_is_transactional(batch))
        put_note(e, "transactional");
    if (kw_batch_is_control(batch))
        put_note(e, "control");
    if (kw_batch_delete_horizon(batch) != KW_NO_TIMESTAMP) {
        put_note(e, "delete horizon ");
        emit_time(e, kw_batch_delete_horizon(batch));
    }
}

/* "7/0", "-" for none. */
static void put_producer(emitter *e, const kw_batch *batch)
{
    column c = column_begin(e);
    if (batch->producer_id >= 0) {
        emit_int(e, batch->producer_id);
        emit_char(e, '/');
        emit_int(e, batch->producer_epoch);
    } else {
        emit_char(e, '-');
    }
    column_end_left(e, c, 10);
}

static void put_range(emitter *e, int64_t first, int64_t last, size_t width)
{
    column c = column_begin(e);
    emit_int(e, first);
    if (last != first) {
        emit_char(e, '-');
        emit_int(e, last);
    }
    column_end_left(e, c, width);
}

static void put_codec(emitter *e, const kw_batch *batch)
{
    kw_codec codec = kw_batch_codec(batch);
    column c = column_begin(e);
    if (kw_codec_name(codec)[0] != '?')
        emit_text(e, kw_codec_name(codec));
    else
        emit_uint(e, (uint64_t)codec);
    column_end_left(e, c, 6);
}

static void put_batch(emitter *e, kw_string start, const kw_batch *batch, bool crc_is_right)
{
    (void)start;
    bool counted = batch->count != KW_COUNT_UNKNOWN;
    put_range(e, counted ? batch->base_offset : batch->last_offset, batch->last_offset, 21);
    column_next(e);
    if (counted)
        column_int(e, batch->count, 7);
    else
        column_right(e, "-", 7);
    column_next(e);
    column_int(e, (int64_t)batch->position, 10);
    column_next(e);
    column_int(e, (int64_t)batch->size, 10);
    column_next(e);
    put_codec(e, batch);
    column_next(e);
    column_int(e, batch->crc, 10);
    column_next(e);
    column_time(e, batch->max_timestamp);
    column_next(e);
    if (batch->leader_epoch >= 0)
        column_int(e, batch->leader_epoch, 5);
    else
        column_right(e, "-", 5);
    column_next(e);
    put_producer(e, batch);
    column_next(e);
    if (batch->base_sequence >= 0)
        put_range(e, batch->base_sequence, last_sequence(batch), 0);
    else
        emit_char(e, '-');
    put_notes(e, batch, crc_is_right);
    emit_char(e, '\n');
}

/* ---- records ---- */

static void put_part(emitter *e, const decoded_part *part, kw_bytes bytes)
{
    if (part->message == NULL) {
        text_bytes(e, bytes.data, bytes.len);
        return;
    }
    emit_text(e, part->message->name);
    emit_char(e, ' ');
    emit_int(e, part->version);
    emit_char(e, ' ');
    emit_raw(e, part->json.data, part->json.size);
}

static void put_headers(emitter *e, const kw_record *record)
{
    kw_record_headers hs;
    kw_record_header h;
    char before = '{';
    column_next(e);
    for (kw_record_headers_init(&hs, record); kw_record_headers_next(&hs, &h); before = ',') {
        emit_char(e, before);
        text_bytes(e, (const uint8_t *)h.key.data, h.key.len);
        emit_char(e, ':');
        text_bytes(e, h.value.data, h.value.len);
    }
    emit_char(e, '}');
}

static void put_record(emitter *e, kw_string start, const kw_batch *batch, const kw_record *record, int64_t create_time,
                       const decoded_record *what)
{
    (void)start;
    (void)create_time;
    (void)batch;
    EMIT_LITERAL(e, "| ");
    column c = column_begin(e);
    emit_int(e, record->offset);
    column_end_left(e, c, 8);
    column_next(e);
    column_time(e, record->timestamp);
    column_next(e);
    if (what->outcome == DECODED_CONTROL)
        emit_text(e, what->control);
    else
        put_part(e, &what->key, record->key);
    column_next(e);
    put_part(e, &what->value, record->value);
    if (what->members.size != 0) {
        EMIT_LITERAL(e, "  members ");
        emit_raw(e, what->members.data, what->members.size);
    }
    if (record->header_count > 0)
        put_headers(e, record);
    emit_char(e, '\n');
}

const log_lines text_log_lines = {put_batch, put_record};
