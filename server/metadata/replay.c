/* SPDX-License-Identifier: Apache-2.0 */
#include "replay.h"

#include <string.h>

#include <kwire/messages/abort_transaction_record.h>
#include <kwire/messages/access_control_entry_record.h>
#include <kwire/messages/begin_transaction_record.h>
#include <kwire/messages/broker_registration_change_record.h>
#include <kwire/messages/clear_elr_record.h>
#include <kwire/messages/client_quota_record.h>
#include <kwire/messages/config_record.h>
#include <kwire/messages/delegation_token_record.h>
#include <kwire/messages/end_transaction_record.h>
#include <kwire/messages/feature_level_record.h>
#include <kwire/messages/fence_broker_record.h>
#include <kwire/messages/partition_change_record.h>
#include <kwire/messages/partition_record.h>
#include <kwire/messages/producer_ids_record.h>
#include <kwire/messages/register_broker_record.h>
#include <kwire/messages/register_controller_record.h>
#include <kwire/messages/remove_access_control_entry_record.h>
#include <kwire/messages/remove_delegation_token_record.h>
#include <kwire/messages/remove_topic_record.h>
#include <kwire/messages/remove_user_scram_credential_record.h>
#include <kwire/messages/topic_record.h>
#include <kwire/messages/unfence_broker_record.h>
#include <kwire/messages/unregister_broker_record.h>
#include <kwire/messages/unregister_controller_record.h>
#include <kwire/messages/user_scram_credential_record.h>
#include <kwire/persisted.h>

#include "../base/growth.h"

kw_status delta_full(const struct metadata_delta *d)
{
    return kw_arena_status(&d->arena);
}

static bool is_full(kw_status status)
{
    return status == KW_ERR_NO_MEMORY || status == KW_ERR_MEMORY_LIMIT;
}

static bool copy_items(struct metadata_delta *d, void **to, int32_t *to_len, const void *from, int32_t len, size_t size)
{
    *to_len = 0;
    if (len <= 0)
        return true;
    *to = kw_arena_array(&d->arena, (size_t)len, size);
    if (*to == NULL)
        return false;
    memcpy(*to, from, (size_t)len * size);
    *to_len = len;
    return true;
}

bool delta_copy_int32s(struct metadata_delta *d, kw_int32_array *to, kw_int32_array from)
{
    void *items = NULL;
    bool ok = copy_items(d, &items, &to->len, from.items, from.len, sizeof *from.items);
    to->items = items;
    return ok;
}

bool delta_copy_uuids(struct metadata_delta *d, kw_uuid_array *to, kw_uuid_array from)
{
    void *items = NULL;
    bool ok = copy_items(d, &items, &to->len, from.items, from.len, sizeof *from.items);
    to->items = items;
    return ok;
}

bool delta_copy_string(struct metadata_delta *d, kw_string *to, kw_string from)
{
    *to = arena_copy_string(&d->arena, from);
    return from.len < 0 || to->data != NULL;
}

static replay_function function_of(int16_t type)
{
    switch (type) {
    case KW_REGISTER_BROKER_RECORD_TYPE:
        return replay_register_broker;
    case KW_UNREGISTER_BROKER_RECORD_TYPE:
        return replay_unregister_broker;
    case KW_TOPIC_RECORD_TYPE:
        return replay_topic;
    case KW_PARTITION_RECORD_TYPE:
        return replay_partition;
    case KW_CONFIG_RECORD_TYPE:
        return replay_config;
    case KW_PARTITION_CHANGE_RECORD_TYPE:
        return replay_partition_change;
    case KW_FENCE_BROKER_RECORD_TYPE:
        return replay_fence;
    case KW_UNFENCE_BROKER_RECORD_TYPE:
        return replay_unfence;
    case KW_REMOVE_TOPIC_RECORD_TYPE:
        return replay_remove_topic;
    case KW_FEATURE_LEVEL_RECORD_TYPE:
        return replay_feature;
    case KW_PRODUCER_IDS_RECORD_TYPE:
        return replay_producer_ids;
    case KW_BROKER_REGISTRATION_CHANGE_RECORD_TYPE:
        return replay_change_broker;
    case KW_CLEAR_ELR_RECORD_TYPE:
        return replay_clear_elr;
    case KW_REMOVE_ACCESS_CONTROL_ENTRY_RECORD_TYPE:
        return replay_remove_access_control;
    case KW_REMOVE_USER_SCRAM_CREDENTIAL_RECORD_TYPE:
        return replay_remove_credential;
    case KW_REMOVE_DELEGATION_TOKEN_RECORD_TYPE:
        return replay_remove_token;
    case KW_UNREGISTER_CONTROLLER_RECORD_TYPE:
        return replay_unregister_controller;
    default:
        return NULL;
    }
}

static replay_kept_function kept_function_of(int16_t type)
{
    switch (type) {
    case KW_ACCESS_CONTROL_ENTRY_RECORD_TYPE:
        return replay_access_control;
    case KW_CLIENT_QUOTA_RECORD_TYPE:
        return replay_quota;
    case KW_USER_SCRAM_CREDENTIAL_RECORD_TYPE:
        return replay_credential;
    case KW_DELEGATION_TOKEN_RECORD_TYPE:
        return replay_token;
    case KW_REGISTER_CONTROLLER_RECORD_TYPE:
        return replay_controller;
    default:
        return NULL;
    }
}

kw_status replay_whole(kw_status decoded, const kw_reader *in)
{
    return decoded == KW_OK ? kw_reader_end(in) : decoded;
}

static kw_status apply(struct metadata_delta *d, const kw_persisted *record, kw_bytes value)
{
    replay_function function = function_of(record->type);
    replay_kept_function kept = kept_function_of(record->type);
    d->records++;
    if (function == NULL && kept == NULL)
        return KW_OK;
    kw_reader in;
    kw_reader_init_bytes(&in, record->value);
    kw_arena_reset(&d->scratch);
    return function != NULL ? function(d, record->version, &in) : kept(d, record->version, &in, value);
}

static kw_status counted(struct metadata_delta *d, kw_status status)
{
    d->damaged += status != KW_OK && !is_full(status);
    return status;
}

static kw_status keep(struct metadata_delta *d, kw_bytes value)
{
    void *items = arena_grow(&d->pending, d->pending_items, d->pending_count, &d->pending_capacity, sizeof value);
    uint8_t *copy = items != NULL ? kw_arena_alloc(&d->pending, (size_t)value.len) : NULL;
    if (copy == NULL)
        return kw_arena_status(&d->pending);
    memcpy(copy, value.data, (size_t)value.len);
    d->pending_items = items;
    d->pending_items[d->pending_count].data = copy;
    d->pending_items[d->pending_count++].len = value.len;
    return KW_OK;
}

static void drop_pending(struct metadata_delta *d)
{
    kw_arena_reset(&d->pending);
    d->pending_items = NULL;
    d->pending_count = 0;
    d->pending_capacity = 0;
    d->in_transaction = false;
}

/* The first error of those that were kept back; but all are replayed. */
static kw_status apply_pending(struct metadata_delta *d)
{
    kw_status status = KW_OK;
    for (size_t i = 0; i < d->pending_count; i++) {
        kw_persisted record;
        const kw_bytes no_key = {NULL, -1};
        kw_status found =
            kw_persisted_decode_header(&record, KW_INTERNAL_TOPIC_CLUSTER_METADATA, no_key, d->pending_items[i]);
        if (found == KW_OK)
            found = counted(d, apply(d, &record, d->pending_items[i]));
        if (is_full(found))
            return found;
        status = status == KW_OK ? found : status;
    }
    drop_pending(d);
    return status;
}

kw_status metadata_delta_replay(struct metadata_delta *d, kw_bytes value)
{
    kw_persisted record;
    const kw_bytes no_key = {NULL, -1};
    kw_status status = kw_persisted_decode_header(&record, KW_INTERNAL_TOPIC_CLUSTER_METADATA, no_key, value);
    if (status != KW_OK)
        return counted(d, status);
    if (record.kind != KW_PERSISTED_KNOWN) {
        d->unknown++;
        return KW_OK;
    }
    switch (record.type) {
    case KW_BEGIN_TRANSACTION_RECORD_TYPE:
        drop_pending(d);
        d->in_transaction = true;
        return KW_OK;
    case KW_ABORT_TRANSACTION_RECORD_TYPE:
        drop_pending(d);
        return KW_OK;
    case KW_END_TRANSACTION_RECORD_TYPE:
        return apply_pending(d);
    default:
        return d->in_transaction ? keep(d, value) : counted(d, apply(d, &record, value));
    }
}
