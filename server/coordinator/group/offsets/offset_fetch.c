/* SPDX-License-Identifier: Apache-2.0 */
#include "offset_requests.h"

#include <string.h>

#include <kwire/error.h>

#include "../../../base/growth.h"
#include "../group_machine.h"

typedef kw_offset_fetch_response_topics response_topic;
typedef kw_offset_fetch_response_partitions response_partition;

struct fetching {
    const struct group_machine *m;
    const struct group *group; /* NULL: without offsets */
    kw_arena *arena;
    bool require_stable;
};

/* Without an offset. */
static void start_partition(response_partition *out, int32_t partition)
{
    kw_offset_fetch_response_partitions_init(out);
    out->partition_index = partition;
    out->committed_offset = -1;
}

static bool is_zero(kw_uuid id)
{
    static const kw_uuid zero;
    return memcmp(&id, &zero, sizeof id) == 0;
}

static bool is_other_topic(kw_uuid stored, kw_uuid asked)
{
    return !is_zero(stored) && !is_zero(asked) && memcmp(&stored, &asked, sizeof asked) != 0;
}

/* False: the arena is full. */
static bool fill_partition(const struct fetching *f, const struct topic_offsets *table, const struct offset_slot *slot,
                           kw_uuid topic_id, response_partition *out)
{
    if (slot == NULL)
        return true;
    const struct offset_value value = offset_value_of(table, slot);
    if (f->require_stable && offset_is_pending(slot)) {
        out->error_code = KW_ERROR_UNSTABLE_OFFSET_COMMIT;
        return true;
    }
    if (!offset_is_set(slot) || is_other_topic(value.topic_id, topic_id))
        return true;
    out->committed_offset = value.offset;
    out->committed_leader_epoch = value.leader_epoch;
    out->metadata = arena_copy_string(f->arena, value.metadata);
    return out->metadata.data != NULL;
}

/* ---- what is asked for ---- */

static bool fetch_topic(const struct fetching *f, const kw_offset_fetch_request_topics *asked, response_topic *out)
{
    const struct topic_offsets *table = f->group != NULL ? offsets_find(f->m, f->group, asked->name) : NULL;
    int32_t count = asked->partition_indexes.len > 0 ? asked->partition_indexes.len : 0;
    kw_offset_fetch_response_topics_init(out);
    out->name = asked->name;
    out->topic_id = asked->topic_id;
    out->partitions.items = kw_arena_array(f->arena, (size_t)count, sizeof *out->partitions.items);
    if (out->partitions.items == NULL)
        return false;
    out->partitions.len = count;
    for (int32_t i = 0; i < count; i++) {
        int32_t partition = asked->partition_indexes.items[i];
        const struct offset_slot *slot = table != NULL ? offset_slots_find(&table->slots, partition) : NULL;
        start_partition(&out->partitions.items[i], partition);
        if (!fill_partition(f, table, slot, asked->topic_id, &out->partitions.items[i]))
            return false;
    }
    return true;
}

static bool fetch_topics(const struct fetching *f, const struct offset_fetch *in, kw_offset_fetch_response_group *out)
{
    out->topics.items = kw_arena_array(f->arena, (size_t)in->topic_count, sizeof *out->topics.items);
    if (out->topics.items == NULL)
        return false;
    out->topics.len = in->topic_count;
    for (int32_t i = 0; i < in->topic_count; i++)
        if (!fetch_topic(f, &in->topics[i], &out->topics.items[i]))
            return false;
    return true;
}

/* ---- all of it ---- */

static bool add_all_partitions(const struct fetching *f, const struct topic_offsets *table, response_topic *out)
{
    static const kw_uuid any = {{0}};
    out->partitions.items = kw_arena_array(f->arena, table->slots.used, sizeof *out->partitions.items);
    if (out->partitions.items == NULL)
        return false;
    for (const struct offset_slot *slot = offset_slots_next(&table->slots, NULL); slot != NULL;
         slot = offset_slots_next(&table->slots, slot)) {
        response_partition *partition = &out->partitions.items[out->partitions.len];
        start_partition(partition, slot->partition);
        if (!offset_is_set(slot))
            continue;
        if (!fill_partition(f, table, slot, any, partition))
            return false;
        out->partitions.len++;
    }
    return true;
}

static bool fetch_all(const struct fetching *f, kw_offset_fetch_response_group *out)
{
    size_t count = 0;
    for (const struct topic_offsets *table = f->group->offsets.first; table != NULL; table = table->next_of_group)
        count++;
    out->topics.items = kw_arena_array(f->arena, count, sizeof *out->topics.items);
    if (out->topics.items == NULL)
        return false;
    for (const struct topic_offsets *table = f->group->offsets.first; table != NULL; table = table->next_of_group) {
        response_topic *topic = &out->topics.items[out->topics.len];
        kw_offset_fetch_response_topics_init(topic);
        topic->name = arena_copy_string(f->arena, table->topic->name);
        if (topic->name.data == NULL || !add_all_partitions(f, table, topic))
            return false;
        out->topics.len += topic->partitions.len != 0; /* else all of them are pending */
    }
    return true;
}

/* Without a group that has offsets there are none, and no error. */
static const struct group *find_group(struct group_machine *m, const struct offset_fetch *in, int16_t *error)
{
    const struct group *group = group_find(m, in->group);
    *error = KW_ERROR_NONE;
    if (group != NULL)
        *error = group_kind_of(group->type)->check_fetch(m, group, in->member_id, in->member_epoch);
    if (*error != KW_ERROR_GROUP_ID_NOT_FOUND)
        return group;
    *error = KW_ERROR_NONE;
    return NULL;
}

void offset_fetch(struct coordinator_decision *d, const struct offset_fetch *in, kw_arena *arena,
                  kw_offset_fetch_response_group *out)
{
    struct group_machine *m = d->state;
    struct fetching f = {m, find_group(m, in, &out->error_code), arena, in->require_stable};
    if (out->error_code != KW_ERROR_NONE || (in->all && f.group == NULL))
        return;
    if (!(in->all ? fetch_all(&f, out) : fetch_topics(&f, in, out)))
        record_out_fail(&d->records, KW_ERR_NO_MEMORY);
}
