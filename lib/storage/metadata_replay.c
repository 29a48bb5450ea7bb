/* SPDX-License-Identifier: Apache-2.0 */
#include "metadata_replay.h"

#include <kwire/messages/abort_transaction_record.h>
#include <kwire/messages/begin_transaction_record.h>
#include <kwire/messages/broker_registration_change_record.h>
#include <kwire/messages/clear_elr_record.h>
#include <kwire/messages/config_record.h>
#include <kwire/messages/end_transaction_record.h>
#include <kwire/messages/feature_level_record.h>
#include <kwire/messages/fence_broker_record.h>
#include <kwire/messages/partition_change_record.h>
#include <kwire/messages/partition_record.h>
#include <kwire/messages/producer_ids_record.h>
#include <kwire/messages/register_broker_record.h>
#include <kwire/messages/remove_topic_record.h>
#include <kwire/messages/topic_record.h>
#include <kwire/messages/unfence_broker_record.h>
#include <kwire/messages/unregister_broker_record.h>
#include <kwire/persisted.h>

#include "folder.h"
#include "hash.h"
#include "metadata_image.h"

kw_status kwi_replay_full(const kw_metadata_replay *r)
{
    return kw_arena_status(r->arena);
}

static bool is_full(kw_status status)
{
    return status == KW_ERR_NO_MEMORY || status == KW_ERR_MEMORY_LIMIT;
}

/* False if the arena is full. Memory that is large enough is used again, as ISRs come and go. */
static bool copy_items(kw_metadata_replay *r, void **to, int32_t *to_len, const void *from, int32_t len, size_t size)
{
    if (len <= 0) {
        *to_len = 0;
        return true;
    }
    void *room = len <= *to_len ? *to : kw_arena_array(r->arena, (size_t)len, size);
    if (room == NULL)
        return false;
    memcpy(room, from, (size_t)len * size);
    *to = room;
    *to_len = len;
    return true;
}

bool kwi_copy_ints(kw_metadata_replay *r, kw_int32_array *to, kw_int32_array from)
{
    void *items = to->items;
    bool ok = copy_items(r, &items, &to->len, from.items, from.len, sizeof *from.items);
    to->items = items;
    return ok;
}

bool kwi_copy_uuids(kw_metadata_replay *r, kw_uuid_array *to, kw_uuid_array from)
{
    void *items = to->items;
    bool ok = copy_items(r, &items, &to->len, from.items, from.len, sizeof *from.items);
    to->items = items;
    return ok;
}

bool kwi_copy_text(kw_metadata_replay *r, kw_string *to, kw_string from)
{
    kw_string copy = kwi_copy_string(r->arena, from);
    if (from.len >= 0 && copy.data == NULL)
        return false;
    *to = copy;
    return true;
}

static kwi_replay_function function_of(int16_t type)
{
    switch (type) {
    case KW_REGISTER_BROKER_RECORD_TYPE:
        return kwi_replay_register_broker;
    case KW_UNREGISTER_BROKER_RECORD_TYPE:
        return kwi_replay_unregister_broker;
    case KW_TOPIC_RECORD_TYPE:
        return kwi_replay_topic;
    case KW_PARTITION_RECORD_TYPE:
        return kwi_replay_partition;
    case KW_CONFIG_RECORD_TYPE:
        return kwi_replay_config;
    case KW_PARTITION_CHANGE_RECORD_TYPE:
        return kwi_replay_partition_change;
    case KW_FENCE_BROKER_RECORD_TYPE:
        return kwi_replay_fence;
    case KW_UNFENCE_BROKER_RECORD_TYPE:
        return kwi_replay_unfence;
    case KW_REMOVE_TOPIC_RECORD_TYPE:
        return kwi_replay_remove_topic;
    case KW_FEATURE_LEVEL_RECORD_TYPE:
        return kwi_replay_feature;
    case KW_PRODUCER_IDS_RECORD_TYPE:
        return kwi_replay_producer_ids;
    case KW_BROKER_REGISTRATION_CHANGE_RECORD_TYPE:
        return kwi_replay_change_broker;
    case KW_CLEAR_ELR_RECORD_TYPE:
        return kwi_replay_clear_elr;
    default:
        return NULL;
    }
}

static kw_status apply(kw_metadata_replay *r, const kw_persisted *record)
{
    kwi_replay_function function = function_of(record->type);
    r->image->records++;
    if (function == NULL)
        return KW_OK;
    kw_reader in;
    kw_reader_init_bytes(&in, record->value);
    kw_arena_reset(&r->scratch);
    kw_status status = function(r, record->version, &in);
    return status == KW_OK ? kw_reader_end(&in) : status;
}

static kw_status counted(kw_metadata_replay *r, kw_status status)
{
    r->image->damaged += status != KW_OK && !is_full(status);
    return status;
}

static kw_status keep_back(kw_metadata_replay *r, kw_bytes value)
{
    void *items = kwi_room(&r->pending, r->pending_items, r->pending_count, &r->pending_room, sizeof value);
    uint8_t *copy = items != NULL ? kw_arena_alloc(&r->pending, (size_t)value.len) : NULL;
    if (copy == NULL)
        return kw_arena_status(&r->pending);
    memcpy(copy, value.data, (size_t)value.len);
    r->pending_items = items;
    r->pending_items[r->pending_count].data = copy;
    r->pending_items[r->pending_count++].len = value.len;
    return KW_OK;
}

static void drop_pending(kw_metadata_replay *r)
{
    kw_arena_reset(&r->pending);
    r->pending_items = NULL;
    r->pending_count = 0;
    r->pending_room = 0;
    r->in_transaction = false;
}

/* The first error of those that were kept back; but all are replayed. */
static kw_status apply_pending(kw_metadata_replay *r)
{
    kw_status status = KW_OK;
    for (size_t i = 0; i < r->pending_count; i++) {
        kw_persisted record;
        const kw_bytes no_key = {NULL, -1};
        kw_status found =
            kw_persisted_decode_header(&record, KW_INTERNAL_TOPIC_CLUSTER_METADATA, no_key, r->pending_items[i]);
        if (found == KW_OK)
            found = counted(r, apply(r, &record));
        if (is_full(found))
            return found;
        status = status == KW_OK ? found : status;
    }
    drop_pending(r);
    return status;
}

kw_status kw_metadata_replay_record(kw_metadata_replay *r, kw_bytes value)
{
    kw_persisted record;
    const kw_bytes no_key = {NULL, -1};
    kw_status status = kw_persisted_decode_header(&record, KW_INTERNAL_TOPIC_CLUSTER_METADATA, no_key, value);
    if (status != KW_OK)
        return counted(r, status);
    if (record.kind != KW_PERSISTED_KNOWN) {
        r->image->unknown++;
        return KW_OK;
    }
    switch (record.type) {
    case KW_BEGIN_TRANSACTION_RECORD_TYPE:
        drop_pending(r);
        r->in_transaction = true;
        return KW_OK;
    case KW_ABORT_TRANSACTION_RECORD_TYPE:
        drop_pending(r);
        return KW_OK;
    case KW_END_TRANSACTION_RECORD_TYPE:
        return apply_pending(r);
    default:
        return r->in_transaction ? keep_back(r, value) : counted(r, apply(r, &record));
    }
}

static kwi_hash *new_hash(kw_arena *arena)
{
    kwi_hash *h = kw_arena_alloc(arena, sizeof *h);
    if (h != NULL)
        memset(h, 0, sizeof *h);
    return h;
}

kw_status kw_metadata_replay_init(kw_metadata_replay *r, kw_metadata_image *image, kw_arena *arena)
{
    memset(r, 0, sizeof *r);
    memset(image, 0, sizeof *image);
    r->image = image;
    r->arena = arena;
    kw_arena_init_growing(&r->scratch, NULL, 0, arena->allocator, arena->limit);
    kw_arena_init_growing(&r->pending, NULL, 0, arena->allocator, arena->limit);
    r->topics = new_hash(arena);
    r->configs = new_hash(arena);
    return r->topics != NULL && r->configs != NULL ? KW_OK : kwi_replay_full(r);
}

kw_status kw_metadata_replay_end(kw_metadata_replay *r)
{
    kw_arena_finish(&r->scratch);
    kw_arena_finish(&r->pending);
    return kwi_image_sort(r->image, r->arena);
}
