/* SPDX-License-Identifier: Apache-2.0 */
#include "metadata_replay.h"

#include <kwire/messages/config_record.h>
#include <kwire/messages/feature_level_record.h>
#include <kwire/messages/producer_ids_record.h>

#include "folder.h"
#include "hash.h"

static uint32_t hash_config(const kw_config_record *m)
{
    uint32_t hash = kwi_hash_bytes(KWI_HASH_START, &m->resource_type, sizeof m->resource_type);
    hash = kwi_hash_bytes(hash, m->resource_name.data, (size_t)m->resource_name.len);
    return kwi_hash_bytes(hash, m->name.data, (size_t)m->name.len);
}

static bool same_config(const void *items, size_t index, const void *key)
{
    const kw_metadata_config *c = (const kw_metadata_config *)items + index;
    const kw_config_record *m = key;
    return c->type == m->resource_type && kw_string_equal(c->name, m->name) &&
           kw_string_equal(c->resource, m->resource_name);
}

kw_status kwi_replay_config(kw_metadata_replay *r, int16_t version, kw_reader *in)
{
    kw_config_record m;
    kw_status status = kw_config_record_decode(&m, version, in, &r->scratch);
    if (status != KW_OK)
        return status;
    kw_metadata_image *image = r->image;
    uint32_t hash = hash_config(&m);
    size_t i = kwi_hash_find(r->configs, hash, same_config, image->configs, &m);
    if (i != KWI_NOT_FOUND)
        return kwi_copy_text(r, &image->configs[i].value, m.value) ? KW_OK : kwi_replay_full(r);
    if (m.value.len < 0)
        return KW_OK;

    kw_metadata_config config = {.type = m.resource_type};
    void *items = kwi_room(r->arena, image->configs, image->config_count, &r->config_room, sizeof *image->configs);
    if (items == NULL)
        return kwi_replay_full(r);
    image->configs = items;
    if (!kwi_copy_text(r, &config.resource, m.resource_name) || !kwi_copy_text(r, &config.name, m.name) ||
        !kwi_copy_text(r, &config.value, m.value) || !kwi_hash_add(r->configs, hash, image->config_count, r->arena))
        return kwi_replay_full(r);
    image->configs[image->config_count++] = config;
    return KW_OK;
}

kw_status kwi_replay_feature(kw_metadata_replay *r, int16_t version, kw_reader *in)
{
    kw_feature_level_record m;
    kw_status status = kw_feature_level_record_decode(&m, version, in, &r->scratch);
    if (status != KW_OK)
        return status;
    kw_metadata_image *image = r->image;
    for (size_t i = 0; i < image->feature_count; i++) {
        if (kw_string_equal(image->features[i].name, m.name)) {
            image->features[i].level = m.feature_level;
            return KW_OK;
        }
    }
    void *items = kwi_room(r->arena, image->features, image->feature_count, &r->feature_room, sizeof *image->features);
    if (items == NULL)
        return kwi_replay_full(r);
    image->features = items;
    kw_metadata_feature *feature = &image->features[image->feature_count];
    if (!kwi_copy_text(r, &feature->name, m.name))
        return kwi_replay_full(r);
    feature->level = m.feature_level;
    image->feature_count++;
    return KW_OK;
}

kw_status kwi_replay_producer_ids(kw_metadata_replay *r, int16_t version, kw_reader *in)
{
    kw_producer_ids_record m;
    kw_status status = kw_producer_ids_record_decode(&m, version, in, &r->scratch);
    if (status == KW_OK)
        r->image->next_producer_id = m.next_producer_id;
    return status;
}
