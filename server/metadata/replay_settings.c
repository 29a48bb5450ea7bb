/* SPDX-License-Identifier: Apache-2.0 */
#include "replay.h"

#include <stdlib.h>

#include <kwire/messages/config_record.h>
#include <kwire/messages/feature_level_record.h>
#include <kwire/messages/producer_ids_record.h>

#include "../base/growth.h"

/* ---- resources ---- */

struct resource_key {
    int8_t type;
    kw_string name;
};

static bool same_resource(const void *items, size_t index, const void *key)
{
    const struct delta_resource *r = (const struct delta_resource *)items + index;
    const struct resource_key *k = key;
    return r->type == k->type && kw_string_equal(r->name, k->name);
}

static uint32_t hash_resource(const struct resource_key *key)
{
    uint32_t hash = hash_bytes(HASH_START, &key->type, sizeof key->type);
    return hash_text(hash, key->name);
}

static size_t find_resource(struct metadata_delta *d, const struct resource_key *key)
{
    return hash_find(&d->resources_by_name, hash_resource(key), same_resource, d->resources, key, &d->steps);
}

bool delta_has_resource(struct metadata_delta *d, int8_t type, kw_string name)
{
    const struct resource_key key = {type, name};
    return find_resource(d, &key) != HASH_NOT_FOUND;
}

static size_t add_resource(struct metadata_delta *d, const struct resource_key *key)
{
    void *items = arena_grow(&d->arena, d->resources, d->resource_count, &d->resource_capacity, sizeof *d->resources);
    if (items == NULL)
        return DELTA_NONE;
    d->resources = items;
    struct delta_resource *r = &d->resources[d->resource_count];
    r->type = key->type;
    r->configs = DELTA_NONE;
    r->generation = 0;
    if (!delta_copy_string(d, &r->name, key->name) ||
        !hash_add(&d->resources_by_name, hash_resource(key), d->resource_count, &d->arena))
        return DELTA_NONE;
    return d->resource_count++;
}

/* ---- configs ---- */

struct config_key {
    size_t resource;
    kw_string name;
};

static bool same_config(const void *items, size_t index, const void *key)
{
    const struct delta_config *c = (const struct delta_config *)items + index;
    const struct config_key *k = key;
    return c->resource == k->resource && kw_string_equal(c->name, k->name);
}

static uint32_t hash_config(const struct config_key *key)
{
    uint32_t hash = hash_bytes(HASH_START, &key->resource, sizeof key->resource);
    return hash_text(hash, key->name);
}

static struct delta_config *add_config(struct metadata_delta *d, const struct config_key *key)
{
    void *items = arena_grow(&d->arena, d->configs, d->config_count, &d->config_capacity, sizeof *d->configs);
    if (items == NULL)
        return NULL;
    d->configs = items;
    struct delta_config *c = &d->configs[d->config_count];
    if (!delta_copy_string(d, &c->name, key->name) ||
        !hash_add(&d->configs_by_name, hash_config(key), d->config_count, &d->arena))
        return NULL;
    c->resource = key->resource;
    c->next = d->resources[key->resource].configs;
    d->resources[key->resource].configs = d->config_count++;
    return c;
}

static bool set_config(struct metadata_delta *d, size_t resource, kw_string name, kw_string value)
{
    const struct config_key key = {resource, name};
    size_t i = hash_find(&d->configs_by_name, hash_config(&key), same_config, d->configs, &key, &d->steps);
    struct delta_config *c = i != HASH_NOT_FOUND ? &d->configs[i] : NULL;
    if (c == NULL && value.len >= 0)
        c = add_config(d, &key);
    if (c == NULL)
        return value.len < 0;
    c->generation = d->resources[resource].generation;
    return delta_copy_string(d, &c->value, value);
}

/* The resource with the configs that it has in the base; DELTA_NONE: there is no memory. */
static size_t touch_resource(struct metadata_delta *d, const struct resource_key *key)
{
    size_t i = find_resource(d, key);
    if (i != HASH_NOT_FOUND)
        return i;
    const struct metadata_resource *base = metadata_find_resource(d->base, key->type, key->name);
    i = add_resource(d, key);
    for (size_t c = 0; base != NULL && i != DELTA_NONE && c < base->config_count; c++)
        if (!set_config(d, i, base->configs[c].name, base->configs[c].value))
            return DELTA_NONE;
    return i;
}

kw_status replay_config(struct metadata_delta *d, int16_t version, kw_reader *in)
{
    kw_config_record m;
    kw_status status = replay_whole(kw_config_record_decode(&m, version, in, &d->scratch), in);
    if (status != KW_OK)
        return status;
    const struct resource_key key = {m.resource_type, m.resource_name};
    size_t resource = touch_resource(d, &key);
    return resource != DELTA_NONE && set_config(d, resource, m.name, m.value) ? KW_OK : delta_full(d);
}

kw_status delta_remove_resource(struct metadata_delta *d, int8_t type, kw_string name)
{
    const struct resource_key key = {type, name};
    size_t i = find_resource(d, &key);
    if (i == HASH_NOT_FOUND)
        i = add_resource(d, &key);
    if (i == DELTA_NONE)
        return delta_full(d);
    d->resources[i].generation++;
    return KW_OK;
}

/* ---- the next image ---- */

static int compare_configs(const void *a, const void *b)
{
    return kw_string_compare(((const struct metadata_config *)a)->name, ((const struct metadata_config *)b)->name);
}

/* The configs that are set, sorted, in the scratch. */
static bool list_configs(struct metadata_delta *d, const struct delta_resource *from, struct metadata_resource *to)
{
    size_t count = 0, kept = 0;
    for (size_t i = from->configs; i != DELTA_NONE; i = d->configs[i].next)
        count++;
    d->steps += count;
    kw_arena_reset(&d->scratch);
    struct metadata_config *configs = kw_arena_array(&d->scratch, count, sizeof *configs);
    if (configs == NULL)
        return false;
    for (size_t i = from->configs; i != DELTA_NONE; i = d->configs[i].next)
        if (d->configs[i].generation == from->generation && d->configs[i].value.len >= 0)
            configs[kept++] = (struct metadata_config){d->configs[i].name, d->configs[i].value};
    qsort(configs, kept, sizeof *configs, compare_configs);
    to->configs = configs;
    to->config_count = kept;
    return true;
}

bool delta_add_resources(struct metadata_delta *d, struct metadata_parts *parts)
{
    for (size_t i = 0; i < d->resource_count; i++) {
        struct metadata_resource resource = {.type = d->resources[i].type, .name = d->resources[i].name};
        if (!list_configs(d, &d->resources[i], &resource))
            return false;
        if (resource.config_count == 0)
            continue;
        parts->resources[parts->resource_count] = metadata_resource_create(&resource);
        if (parts->resources[parts->resource_count] == NULL)
            return false;
        parts->resource_count++;
    }
    return true;
}

/* ---- features and producer ids ---- */

kw_status replay_feature(struct metadata_delta *d, int16_t version, kw_reader *in)
{
    kw_feature_level_record m;
    kw_status status = replay_whole(kw_feature_level_record_decode(&m, version, in, &d->scratch), in);
    if (status != KW_OK)
        return status;
    for (size_t i = 0; i < d->feature_count; i++) {
        if (kw_string_equal(d->features[i].name, m.name)) {
            d->features[i].level = m.feature_level;
            return KW_OK;
        }
    }
    void *items = arena_grow(&d->arena, d->features, d->feature_count, &d->feature_capacity, sizeof *d->features);
    if (items == NULL)
        return delta_full(d);
    d->features = items;
    struct metadata_feature *feature = &d->features[d->feature_count];
    if (!delta_copy_string(d, &feature->name, m.name))
        return delta_full(d);
    feature->level = m.feature_level;
    d->feature_count++;
    return KW_OK;
}

kw_status replay_producer_ids(struct metadata_delta *d, int16_t version, kw_reader *in)
{
    kw_producer_ids_record m;
    kw_status status = replay_whole(kw_producer_ids_record_decode(&m, version, in, &d->scratch), in);
    if (status != KW_OK)
        return status;
    if (m.next_producer_id <= d->next_producer_id) /* Kafka's controller fails: ids would come twice */
        return KW_ERR_ARGUMENT;
    d->next_producer_id = m.next_producer_id;
    return KW_OK;
}
