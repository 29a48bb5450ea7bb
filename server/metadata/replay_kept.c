/* SPDX-License-Identifier: Apache-2.0 */
#include "replay.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/messages/access_control_entry_record.h>
#include <kwire/messages/client_quota_record.h>
#include <kwire/messages/delegation_token_record.h>
#include <kwire/messages/register_controller_record.h>
#include <kwire/messages/remove_access_control_entry_record.h>
#include <kwire/messages/remove_delegation_token_record.h>
#include <kwire/messages/remove_user_scram_credential_record.h>
#include <kwire/messages/unregister_controller_record.h>
#include <kwire/messages/user_scram_credential_record.h>

#include "../base/growth.h"

/* Records that the broker does not use but that must not be lost: what they are of is their key, and the value is kept
 * as it is. */

struct kept_key {
    int16_t type;
    kw_bytes bytes;
};

static bool same_kept(const void *items, size_t index, const void *key)
{
    const struct metadata_kept *kept = (const struct metadata_kept *)items + index;
    const struct kept_key *k = key;
    return kept->type == k->type && kw_bytes_equal(kept->key, k->bytes);
}

static uint32_t hash_kept(const struct kept_key *key)
{
    uint32_t hash = hash_bytes(HASH_START, &key->type, sizeof key->type);
    return hash_bytes(hash, key->bytes.data, (size_t)key->bytes.len);
}

static bool copy_bytes(struct metadata_delta *d, kw_bytes *to, kw_bytes from)
{
    uint8_t *copy = from.len > 0 ? kw_arena_alloc(&d->arena, (size_t)from.len) : NULL;
    if (from.len > 0 && copy == NULL)
        return false;
    if (from.len > 0)
        memcpy(copy, from.data, (size_t)from.len);
    *to = (kw_bytes){copy, from.len};
    return true;
}

/* Adds an item; key and value must stay. */
static bool add_kept(struct metadata_delta *d, const struct metadata_kept *kept)
{
    const struct kept_key key = {kept->type, kept->key};
    void *items = arena_grow(&d->arena, d->kept, d->kept_count, &d->kept_capacity, sizeof *d->kept);
    if (items == NULL)
        return false;
    d->kept = items;
    d->kept[d->kept_count] = *kept;
    return hash_add(&d->kept_by_key, hash_kept(&key), d->kept_count++, &d->arena);
}

/* The items of the base become the delta's when the first one changes. */
static bool touch_kept(struct metadata_delta *d)
{
    const struct metadata_kept_set *base = d->base->parts.kept;
    if (d->kept_touched)
        return true;
    for (size_t i = 0; base != NULL && i < base->count; i++)
        if (!add_kept(d, &base->items[i]))
            return false;
    d->steps += base != NULL ? base->count : 0;
    d->kept_touched = true;
    return true;
}

/* A null value removes the item. */
static kw_status keep(struct metadata_delta *d, const struct kept_key *key, kw_bytes value)
{
    struct metadata_kept kept = {.type = key->type};
    if (!touch_kept(d))
        return delta_full(d);
    size_t i = hash_find(&d->kept_by_key, hash_kept(key), same_kept, d->kept, key, &d->steps);
    if (i == HASH_NOT_FOUND && value.len < 0)
        return KW_OK;
    if (!copy_bytes(d, &kept.value, value))
        return delta_full(d);
    if (i != HASH_NOT_FOUND) {
        d->kept[i].value = kept.value;
        return KW_OK;
    }
    return copy_bytes(d, &kept.key, key->bytes) && add_kept(d, &kept) ? KW_OK : delta_full(d);
}

static const kw_bytes removed = {NULL, -1};

static kw_status keep_by_id(struct metadata_delta *d, int16_t type, const kw_uuid *id, kw_bytes value)
{
    const struct kept_key key = {type, {id->bytes, sizeof id->bytes}};
    return keep(d, &key, value);
}

static kw_status keep_by_name(struct metadata_delta *d, int16_t type, kw_string name, kw_bytes value)
{
    const struct kept_key key = {type, {(const uint8_t *)name.data, name.len}};
    return keep(d, &key, value);
}

/* ---- access control ---- */

kw_status replay_access_control(struct metadata_delta *d, int16_t version, kw_reader *in, kw_bytes value)
{
    kw_access_control_entry_record m;
    kw_status status = replay_whole(kw_access_control_entry_record_decode(&m, version, in, &d->scratch), in);
    return status == KW_OK ? keep_by_id(d, KW_ACCESS_CONTROL_ENTRY_RECORD_TYPE, &m.id, value) : status;
}

kw_status replay_remove_access_control(struct metadata_delta *d, int16_t version, kw_reader *in)
{
    kw_remove_access_control_entry_record m;
    kw_status status = replay_whole(kw_remove_access_control_entry_record_decode(&m, version, in, &d->scratch), in);
    return status == KW_OK ? keep_by_id(d, KW_ACCESS_CONTROL_ENTRY_RECORD_TYPE, &m.id, removed) : status;
}

/* ---- tokens ---- */

kw_status replay_token(struct metadata_delta *d, int16_t version, kw_reader *in, kw_bytes value)
{
    kw_delegation_token_record m;
    kw_status status = replay_whole(kw_delegation_token_record_decode(&m, version, in, &d->scratch), in);
    return status == KW_OK ? keep_by_name(d, KW_DELEGATION_TOKEN_RECORD_TYPE, m.token_id, value) : status;
}

kw_status replay_remove_token(struct metadata_delta *d, int16_t version, kw_reader *in)
{
    kw_remove_delegation_token_record m;
    kw_status status = replay_whole(kw_remove_delegation_token_record_decode(&m, version, in, &d->scratch), in);
    return status == KW_OK ? keep_by_name(d, KW_DELEGATION_TOKEN_RECORD_TYPE, m.token_id, removed) : status;
}

/* ---- credentials, of which a user has one for each mechanism ---- */

static kw_status keep_credential(struct metadata_delta *d, kw_string user, int8_t mechanism, kw_bytes value)
{
    uint8_t *text = kw_arena_alloc(&d->scratch, (size_t)user.len + 1);
    if (text == NULL)
        return kw_arena_status(&d->scratch);
    text[0] = (uint8_t)mechanism;
    if (user.len > 0)
        memcpy(text + 1, user.data, (size_t)user.len);
    const struct kept_key key = {KW_USER_SCRAM_CREDENTIAL_RECORD_TYPE, {text, user.len + 1}};
    return keep(d, &key, value);
}

kw_status replay_credential(struct metadata_delta *d, int16_t version, kw_reader *in, kw_bytes value)
{
    kw_user_scram_credential_record m;
    kw_status status = replay_whole(kw_user_scram_credential_record_decode(&m, version, in, &d->scratch), in);
    return status == KW_OK ? keep_credential(d, m.name, m.mechanism, value) : status;
}

kw_status replay_remove_credential(struct metadata_delta *d, int16_t version, kw_reader *in)
{
    kw_remove_user_scram_credential_record m;
    kw_status status = replay_whole(kw_remove_user_scram_credential_record_decode(&m, version, in, &d->scratch), in);
    return status == KW_OK ? keep_credential(d, m.name, m.mechanism, removed) : status;
}

/* ---- quotas: the key is the record itself without its value, its entities sorted ---- */

static int compare_entities(const void *a, const void *b)
{
    const kw_client_quota_record_entity_data *x = a, *y = b;
    return kw_string_compare(x->entity_type, y->entity_type);
}

kw_status replay_quota(struct metadata_delta *d, int16_t version, kw_reader *in, kw_bytes value)
{
    kw_client_quota_record m;
    kw_writer w;
    kw_status status = replay_whole(kw_client_quota_record_decode(&m, version, in, &d->scratch), in);
    if (status != KW_OK)
        return status;
    bool remove = m.remove;
    m.remove = false;
    m.value = 0;
    if (m.entity.len > 1)
        qsort(m.entity.items, (size_t)m.entity.len, sizeof *m.entity.items, compare_entities);
    uint8_t *text = kw_arena_alloc(&d->scratch, (size_t)value.len + 16);
    if (text == NULL)
        return kw_arena_status(&d->scratch);
    kw_writer_init(&w, text, (size_t)value.len + 16);
    status = kw_client_quota_record_encode(&m, version, &w);
    if (status != KW_OK)
        return status;
    const struct kept_key key = {KW_CLIENT_QUOTA_RECORD_TYPE, {text, (int32_t)kw_writer_data(&w).size}};
    return keep(d, &key, remove ? removed : value);
}

/* ---- controllers ---- */

static kw_status keep_controller(struct metadata_delta *d, int32_t id, kw_bytes value)
{
    const struct kept_key key = {KW_REGISTER_CONTROLLER_RECORD_TYPE, {(const uint8_t *)&id, sizeof id}};
    return keep(d, &key, value);
}

kw_status replay_controller(struct metadata_delta *d, int16_t version, kw_reader *in, kw_bytes value)
{
    kw_register_controller_record m;
    kw_status status = replay_whole(kw_register_controller_record_decode(&m, version, in, &d->scratch), in);
    return status == KW_OK ? keep_controller(d, m.controller_id, value) : status;
}

kw_status replay_unregister_controller(struct metadata_delta *d, int16_t version, kw_reader *in)
{
    kw_unregister_controller_record m;
    kw_status status = replay_whole(kw_unregister_controller_record_decode(&m, version, in, &d->scratch), in);
    return status == KW_OK ? keep_controller(d, m.controller_id, removed) : status;
}

/* ---- the next image ---- */

bool delta_add_kept(struct metadata_delta *d, struct metadata_parts *parts)
{
    size_t live = 0;
    if (!d->kept_touched) {
        parts->kept = metadata_kept_share(d->base->parts.kept);
        return true;
    }
    struct metadata_kept *items = kw_arena_array(&d->arena, d->kept_count, sizeof *items);
    if (items == NULL)
        return false;
    for (size_t i = 0; i < d->kept_count; i++)
        if (d->kept[i].value.len >= 0)
            items[live++] = d->kept[i];
    parts->kept = live != 0 ? metadata_kept_create(items, live) : NULL;
    return live == 0 || parts->kept != NULL;
}
