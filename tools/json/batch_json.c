/* SPDX-License-Identifier: Apache-2.0 */
#include "batch_json.h"

#include "../text/bytes.h"

kw_batch batch_with_create_times(const kw_batch *batch)
{
    kw_batch own = *batch;
    own.attributes = (uint16_t)(own.attributes & ~KW_ATTRIBUTE_LOG_APPEND_TIME);
    return own;
}

const char *timestamp_type_name(const kw_batch *batch)
{
    if (batch->magic == KW_MAGIC_V0)
        return "NoTimestampType";
    return kw_batch_has_append_time(batch) ? "LogAppendTime" : "CreateTime";
}

int32_t last_sequence(const kw_batch *batch)
{
    /* A damaged batch has offsets whose difference does not fit into 64 bits. */
    int64_t delta = (int64_t)((uint64_t)batch->last_offset - (uint64_t)batch->base_offset);
    if (batch->base_sequence < 0 || delta < 0)
        return batch->base_sequence;
    return kw_sequence_add(batch->base_sequence, (int32_t)delta);
}

static void put_bool(emitter *e, bool is)
{
    emit_text(e, is ? "true" : "false");
}

/* ---- batches ---- */

static void put_codec(emitter *e, const kw_batch *batch)
{
    kw_codec codec = kw_batch_codec(batch);
    emit_char(e, '"');
    if (kw_codec_name(codec)[0] != '?')
        emit_text(e, kw_codec_name(codec));
    else
        emit_uint(e, (uint64_t)codec);
    emit_char(e, '"');
}

static void put_what_only_magic_2_has(emitter *e, const kw_batch *batch)
{
    EMIT_LITERAL(e, ",\"baseTimestamp\":");
    emit_int(e, batch->base_timestamp);
    EMIT_LITERAL(e, ",\"leaderEpoch\":");
    emit_int(e, batch->leader_epoch);
    EMIT_LITERAL(e, ",\"producerId\":");
    emit_int(e, batch->producer_id);
    EMIT_LITERAL(e, ",\"producerEpoch\":");
    emit_int(e, batch->producer_epoch);
    EMIT_LITERAL(e, ",\"baseSequence\":");
    emit_int(e, batch->base_sequence);
    EMIT_LITERAL(e, ",\"lastSequence\":");
    emit_int(e, last_sequence(batch));
    EMIT_LITERAL(e, ",\"transactional\":");
    put_bool(e, kw_batch_is_transactional(batch));
    EMIT_LITERAL(e, ",\"control\":");
    put_bool(e, kw_batch_is_control(batch));
    EMIT_LITERAL(e, ",\"deleteHorizon\":");
    if (kw_batch_delete_horizon(batch) != KW_NO_TIMESTAMP)
        emit_int(e, kw_batch_delete_horizon(batch));
    else
        EMIT_LITERAL(e, "null");
}

void batch_json(emitter *e, const kw_batch *batch, bool crc_is_right)
{
    bool counted = batch->count != KW_COUNT_UNKNOWN;
    EMIT_LITERAL(e, "\"position\":");
    emit_uint(e, batch->position);
    EMIT_LITERAL(e, ",\"size\":");
    emit_uint(e, batch->size);
    if (counted) {
        EMIT_LITERAL(e, ",\"baseOffset\":");
        emit_int(e, batch->base_offset);
    }
    EMIT_LITERAL(e, ",\"lastOffset\":");
    emit_int(e, batch->last_offset);
    if (counted) {
        EMIT_LITERAL(e, ",\"count\":");
        emit_int(e, batch->count);
    }
    EMIT_LITERAL(e, ",\"magic\":");
    emit_uint(e, batch->magic);
    EMIT_LITERAL(e, ",\"codec\":");
    put_codec(e, batch);
    EMIT_LITERAL(e, ",\"crc\":");
    emit_uint(e, batch->crc);
    EMIT_LITERAL(e, ",\"crcValid\":");
    put_bool(e, crc_is_right);
    EMIT_LITERAL(e, ",\"timestampType\":\"");
    emit_text(e, timestamp_type_name(batch));
    EMIT_LITERAL(e, "\",\"maxTimestamp\":");
    emit_int(e, batch->max_timestamp);
    if (batch->magic == KW_MAGIC_V2)
        put_what_only_magic_2_has(e, batch);
}

/* ---- records ---- */

/* In the form of kwire decode --jsonl, so that kwire encode --jsonl can read it. */
static void put_part(emitter *e, const decoded_part *part, kw_bytes bytes)
{
    if (part->message == NULL) {
        json_bytes(e, bytes.data, bytes.len);
        return;
    }
    EMIT_LITERAL(e, "{\"message\":\"");
    emit_text(e, part->message->name);
    EMIT_LITERAL(e, "\",\"version\":");
    emit_int(e, part->version);
    EMIT_LITERAL(e, ",\"value\":");
    emit_raw(e, part->json.data, part->json.size);
    emit_char(e, '}');
}

static void put_headers(emitter *e, const kw_record *record)
{
    kw_record_headers hs;
    kw_record_header h;
    bool first = true;
    for (kw_record_headers_init(&hs, record); kw_record_headers_next(&hs, &h); first = false) {
        if (first)
            EMIT_LITERAL(e, "{\"key\":");
        else
            EMIT_LITERAL(e, ",{\"key\":");
        json_bytes(e, (const uint8_t *)h.key.data, h.key.len);
        EMIT_LITERAL(e, ",\"value\":");
        json_bytes(e, h.value.data, h.value.len);
        emit_char(e, '}');
    }
}

static void put_control(emitter *e, const kw_record *record, const decoded_record *what)
{
    EMIT_LITERAL(e, ",\"control\":\"");
    emit_text(e, what->control);
    EMIT_LITERAL(e, "\",\"controlType\":");
    emit_int(e, what->control_type);
    EMIT_LITERAL(e, ",\"value\":");
    put_part(e, &what->value, record->value);
}

static void put_what_was_decoded(emitter *e, const decoded_record *what)
{
    if (what->members.size != 0) {
        EMIT_LITERAL(e, ",\"members\":");
        emit_raw(e, what->members.data, what->members.size);
    }
    if (what->outcome == DECODED_DAMAGED) {
        EMIT_LITERAL(e, ",\"decodeError\":{\"code\":\"");
        emit_text(e, what->report.code);
        EMIT_LITERAL(e, "\",\"offset\":");
        emit_uint(e, what->report.offset);
        EMIT_LITERAL(e, ",\"detail\":");
        emit_quoted(e, (const uint8_t *)what->report.detail, strlen(what->report.detail));
        emit_char(e, '}');
    }
}

void record_json(emitter *e, const kw_record *record, int64_t create_time, const decoded_record *what)
{
    EMIT_LITERAL(e, "\"offset\":");
    emit_int(e, record->offset);
    EMIT_LITERAL(e, ",\"timestamp\":");
    emit_int(e, record->timestamp);
    if (create_time != record->timestamp) {
        EMIT_LITERAL(e, ",\"createTime\":");
        emit_int(e, create_time);
    }
    EMIT_LITERAL(e, ",\"sequence\":");
    emit_int(e, record->sequence);
    if (what->outcome == DECODED_CONTROL) {
        put_control(e, record, what);
    } else {
        EMIT_LITERAL(e, ",\"key\":");
        put_part(e, &what->key, record->key);
        EMIT_LITERAL(e, ",\"value\":");
        put_part(e, &what->value, record->value);
    }
    if (what->outcome != DECODED_NOTHING)
        put_what_was_decoded(e, what);
    if (record->header_count > 0) {
        EMIT_LITERAL(e, ",\"headers\":[");
        put_headers(e, record);
        EMIT_LITERAL(e, "]}");
    } else {
        EMIT_LITERAL(e, ",\"headers\":[]}");
    }
}
