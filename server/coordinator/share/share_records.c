/* SPDX-License-Identifier: Apache-2.0 */
#include "share_records.h"

#include <kwire/messages/share_snapshot_key.h>
#include <kwire/messages/share_snapshot_value.h>
#include <kwire/messages/share_update_key.h>
#include <kwire/messages/share_update_value.h>
#include <kwire/persisted.h>

typedef kw_share_snapshot_value_state_batch snapshot_batch;
typedef kw_share_update_value_state_batch update_batch;

/* ---- writing ---- */

static kw_share_snapshot_key snapshot_key(const struct share_key *key)
{
    kw_share_snapshot_key out;
    kw_share_snapshot_key_init(&out);
    out.group_id = key->group;
    out.topic_id = key->topic_id;
    out.partition = key->partition;
    return out;
}

static snapshot_batch *snapshot_batches(kw_arena *arena, const struct share_batches *from)
{
    snapshot_batch *out = kw_arena_array(arena, from->count + 1, sizeof *out);
    for (size_t i = 0; i < from->count && out != NULL; i++) {
        kw_share_snapshot_value_state_batch_init(&out[i]);
        out[i].first_offset = from->items[i].first;
        out[i].last_offset = from->items[i].last;
        out[i].delivery_state = from->items[i].state;
        out[i].delivery_count = from->items[i].count;
    }
    return out;
}

static update_batch *update_batches(kw_arena *arena, const struct share_batches *from)
{
    update_batch *out = kw_arena_array(arena, from->count + 1, sizeof *out);
    for (size_t i = 0; i < from->count && out != NULL; i++) {
        kw_share_update_value_state_batch_init(&out[i]);
        out[i].first_offset = from->items[i].first;
        out[i].last_offset = from->items[i].last;
        out[i].delivery_state = from->items[i].state;
        out[i].delivery_count = from->items[i].count;
    }
    return out;
}

void share_records_add_snapshot(struct record_out *out, const struct share_key *key, const struct share_snapshot *value)
{
    const kw_share_snapshot_key k = snapshot_key(key);
    kw_share_snapshot_value v;
    kw_share_snapshot_value_init(&v);
    v.snapshot_epoch = value->snapshot_epoch;
    v.state_epoch = value->state_epoch;
    v.leader_epoch = value->leader_epoch;
    v.start_offset = value->start_offset;
    v.delivery_complete_count = value->complete_count;
    v.create_timestamp = value->created_ms;
    v.write_timestamp = value->written_ms;
    v.state_batches.items = snapshot_batches(out->arena, &value->batches);
    v.state_batches.len = (int32_t)value->batches.count;
    if (v.state_batches.items == NULL)
        record_out_fail(out, kw_arena_status(out->arena));
    else
        record_out_add(out, &kw_share_snapshot_key_message, &k, &kw_share_snapshot_value_message, 0, &v);
}

void share_records_add_update(struct record_out *out, const struct share_key *key, const struct share_snapshot *value)
{
    kw_share_update_key k;
    kw_share_update_key_init(&k);
    k.group_id = key->group;
    k.topic_id = key->topic_id;
    k.partition = key->partition;
    kw_share_update_value v;
    kw_share_update_value_init(&v);
    v.snapshot_epoch = value->snapshot_epoch;
    v.leader_epoch = value->leader_epoch;
    v.start_offset = value->start_offset;
    v.delivery_complete_count = value->complete_count;
    v.state_batches.items = update_batches(out->arena, &value->batches);
    v.state_batches.len = (int32_t)value->batches.count;
    if (v.state_batches.items == NULL)
        record_out_fail(out, kw_arena_status(out->arena));
    else
        record_out_add(out, &kw_share_update_key_message, &k, &kw_share_update_value_message, 0, &v);
}

void share_records_add_tombstone(struct record_out *out, const struct share_key *key)
{
    const kw_share_snapshot_key k = snapshot_key(key);
    record_out_add_tombstone(out, &kw_share_snapshot_key_message, &k);
}

/* ---- reading ---- */

static bool take_array(struct share_batches *out, int32_t len, kw_arena *arena)
{
    *out = (struct share_batches){kw_arena_array(arena, (size_t)len + 1, sizeof *out->items), (size_t)len};
    return out->items != NULL;
}

static kw_status read_snapshot(struct share_record *out, kw_bytes key, kw_bytes value, kw_arena *arena)
{
    kw_share_snapshot_key k;
    kw_share_snapshot_value v;
    kw_reader in;
    kw_reader_init_bytes(&in, key);
    kw_status status = kw_share_snapshot_key_decode(&k, 0, &in, arena);
    if (status != KW_OK)
        return status;
    out->key = (struct share_key){k.group_id, k.topic_id, k.partition};
    if (out->kind == SHARE_RECORD_TOMBSTONE)
        return KW_OK;
    kw_reader_init_bytes(&in, value);
    if ((status = kw_share_snapshot_value_decode(&v, 0, &in, arena)) != KW_OK)
        return status;
    out->value = (struct share_snapshot){.snapshot_epoch = v.snapshot_epoch,
                                         .state_epoch = v.state_epoch,
                                         .leader_epoch = v.leader_epoch,
                                         .start_offset = v.start_offset,
                                         .complete_count = v.delivery_complete_count,
                                         .created_ms = v.create_timestamp,
                                         .written_ms = v.write_timestamp};
    if (!take_array(&out->value.batches, v.state_batches.len, arena))
        return kw_arena_status(arena);
    for (int32_t i = 0; i < v.state_batches.len; i++) {
        const snapshot_batch *b = &v.state_batches.items[i];
        out->value.batches.items[i] =
            (struct share_batch){b->first_offset, b->last_offset, b->delivery_count, b->delivery_state};
    }
    return KW_OK;
}

static kw_status read_update(struct share_record *out, kw_bytes key, kw_bytes value, kw_arena *arena)
{
    kw_share_update_key k;
    kw_share_update_value v;
    kw_reader in;
    kw_reader_init_bytes(&in, key);
    kw_status status = kw_share_update_key_decode(&k, 0, &in, arena);
    if (status != KW_OK)
        return status;
    out->key = (struct share_key){k.group_id, k.topic_id, k.partition};
    kw_reader_init_bytes(&in, value);
    if ((status = kw_share_update_value_decode(&v, 0, &in, arena)) != KW_OK)
        return status;
    out->value = (struct share_snapshot){.snapshot_epoch = v.snapshot_epoch,
                                         .leader_epoch = v.leader_epoch,
                                         .start_offset = v.start_offset,
                                         .complete_count = v.delivery_complete_count};
    if (!take_array(&out->value.batches, v.state_batches.len, arena))
        return kw_arena_status(arena);
    for (int32_t i = 0; i < v.state_batches.len; i++) {
        const update_batch *b = &v.state_batches.items[i];
        out->value.batches.items[i] =
            (struct share_batch){b->first_offset, b->last_offset, b->delivery_count, b->delivery_state};
    }
    return KW_OK;
}

/* Kafka never writes a tombstone of an update, which would say nothing. */
kw_status share_record_read(struct share_record *out, const struct coordinator_record *record, kw_arena *arena)
{
    kw_persisted header;
    kw_status status =
        kw_persisted_decode_header(&header, KW_INTERNAL_TOPIC_SHARE_GROUP_STATE, record->key, record->value);
    *out = (struct share_record){.kind = SHARE_RECORD_UNKNOWN, .type = header.type};
    if (status != KW_OK || header.kind == KW_PERSISTED_UNKNOWN_TYPE)
        return status;
    if (header.kind == KW_PERSISTED_UNKNOWN_VERSION)
        return KW_ERR_VERSION;
    bool is_tombstone = header.kind == KW_PERSISTED_TOMBSTONE;
    if (header.type == KW_SHARE_UPDATE_KEY_TYPE) {
        out->kind = is_tombstone ? SHARE_RECORD_UNKNOWN : SHARE_RECORD_UPDATE;
        return is_tombstone ? KW_OK : read_update(out, header.key, header.value, arena);
    }
    out->kind = is_tombstone ? SHARE_RECORD_TOMBSTONE : SHARE_RECORD_SNAPSHOT;
    return read_snapshot(out, header.key, header.value, arena);
}
