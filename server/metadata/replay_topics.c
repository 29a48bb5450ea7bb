/* SPDX-License-Identifier: Apache-2.0 */
#include "replay.h"

#include <string.h>

#include <kwire/messages/clear_elr_record.h>
#include <kwire/messages/partition_change_record.h>
#include <kwire/messages/partition_record.h>
#include <kwire/messages/remove_topic_record.h>
#include <kwire/messages/topic_record.h>
#include <kwire/topic_name.h>

#include "../base/growth.h"

/* Where a change record says nothing about the leader or its recovery. */
enum { LEADER_UNCHANGED = -2, RECOVERY_UNCHANGED = -1 };

/* ---- names ---- */

static bool same_name(const void *items, size_t index, const void *key)
{
    return kw_string_equal(((const struct delta_name *)items)[index].text, *(const kw_string *)key);
}

static size_t find_name(struct metadata_delta *d, kw_string text)
{
    return hash_find(&d->names_by_name, hash_text(HASH_START, text), same_name, d->names, &text, &d->steps);
}

static size_t add_name(struct metadata_delta *d, kw_string text)
{
    void *items = arena_grow(&d->arena, d->names, d->name_count, &d->name_capacity, sizeof *d->names);
    if (items == NULL)
        return DELTA_NONE;
    d->names = items;
    struct delta_name *name = &d->names[d->name_count];
    name->topic = DELTA_NONE;
    if (!delta_copy_string(d, &name->text, text) ||
        !hash_add(&d->names_by_name, hash_text(HASH_START, text), d->name_count, &d->arena))
        return DELTA_NONE;
    return d->name_count++;
}

/* ---- topics ---- */

static bool same_topic(const void *items, size_t index, const void *key)
{
    return kw_uuid_equal(((const struct delta_topic *)items)[index].id, *(const kw_uuid *)key);
}

static uint32_t hash_id(const kw_uuid *id)
{
    return hash_bytes(HASH_START, id->bytes, sizeof id->bytes);
}

static size_t find_touched(struct metadata_delta *d, const kw_uuid *id)
{
    return hash_find(&d->topics_by_id, hash_id(id), same_topic, d->topics, id, &d->steps);
}

bool delta_has_topic(struct metadata_delta *d, kw_uuid id)
{
    return find_touched(d, &id) != HASH_NOT_FOUND;
}

/* A topic that has no name and no partitions yet. */
static struct delta_topic *add_topic(struct metadata_delta *d, const kw_uuid *id)
{
    void *items = arena_grow(&d->arena, d->topics, d->topic_count, &d->topic_capacity, sizeof *d->topics);
    if (items == NULL)
        return NULL;
    d->topics = items;
    if (!hash_add(&d->topics_by_id, hash_id(id), d->topic_count, &d->arena))
        return NULL;
    struct delta_topic *topic = &d->topics[d->topic_count++];
    *topic = (struct delta_topic){.id = *id, .name = DELTA_NONE, .is_removed = true};
    return topic;
}

/* The topic takes a name, and is live; another one that had it has none any more, and is gone. */
static bool name_topic(struct metadata_delta *d, struct delta_topic *topic, kw_string text)
{
    size_t name = find_name(d, text);
    if (name == HASH_NOT_FOUND)
        name = add_name(d, text);
    if (name == DELTA_NONE)
        return false;
    size_t self = (size_t)(topic - d->topics), other = d->names[name].topic;
    if (other != DELTA_NONE)
        d->topics[other].is_removed = true;
    if (topic->name != DELTA_NONE && d->names[topic->name].topic == self)
        d->names[topic->name].topic = DELTA_NONE;
    topic->name = name;
    topic->is_removed = false;
    d->names[name].topic = self;
    return true;
}

/* Takes a topic of the base over, so that it can be changed. Arrays stay those of the base. */
static struct delta_topic *touch(struct metadata_delta *d, const struct metadata_topic *from)
{
    size_t count = (size_t)from->partition_count;
    struct delta_partition *partitions = kw_arena_array(&d->arena, count, sizeof *partitions);
    struct delta_topic *topic = partitions != NULL ? add_topic(d, &from->id) : NULL;
    if (topic == NULL || !name_topic(d, topic, from->name))
        return NULL;
    for (size_t i = 0; i < count; i++)
        partitions[i] = (struct delta_partition){from->partitions[i], d->all_cleared_at != 0 ? 0 : d->clock};
    d->steps += count;
    topic->partitions = partitions;
    topic->partition_count = from->partition_count;
    topic->partition_capacity = count;
    return topic;
}

/* KW_ERR_UNKNOWN_MESSAGE: there is none. */
static kw_status find_live(struct metadata_delta *d, const kw_uuid *id, struct delta_topic **out)
{
    size_t i = find_touched(d, id);
    const struct metadata_topic *base = i == HASH_NOT_FOUND ? metadata_topic_by_id(d->base, *id) : NULL;
    *out = NULL;
    if (i != HASH_NOT_FOUND)
        *out = &d->topics[i];
    else if (base != NULL && (*out = touch(d, base)) == NULL)
        return delta_full(d);
    return *out != NULL && !(*out)->is_removed ? KW_OK : KW_ERR_UNKNOWN_MESSAGE;
}

/* The live topic of that name. */
static kw_status find_live_name(struct metadata_delta *d, kw_string text, struct delta_topic **out)
{
    size_t name = find_name(d, text);
    const struct metadata_topic *base = name == HASH_NOT_FOUND ? metadata_topic_by_name(d->base, text) : NULL;
    if (name != HASH_NOT_FOUND && d->names[name].topic != DELTA_NONE) {
        *out = &d->topics[d->names[name].topic];
        return KW_OK;
    }
    return base != NULL ? find_live(d, &base->id, out) : KW_ERR_UNKNOWN_MESSAGE;
}

/* A topic of the base that had the name must be known before another one takes it. */
static kw_status touch_namesake(struct metadata_delta *d, kw_string name)
{
    struct delta_topic *ignored;
    kw_status status = find_live_name(d, name, &ignored);
    return status == KW_ERR_UNKNOWN_MESSAGE ? KW_OK : status;
}

kw_status replay_topic(struct metadata_delta *d, int16_t version, kw_reader *in)
{
    kw_topic_record m;
    struct delta_topic *topic;
    kw_status status = replay_whole(kw_topic_record_decode(&m, version, in, &d->scratch), in);
    if (status == KW_OK)
        status = touch_namesake(d, m.name);
    if (status != KW_OK)
        return status;
    status = find_live(d, &m.topic_id, &topic);
    if (status == KW_ERR_UNKNOWN_MESSAGE && topic == NULL)
        topic = add_topic(d, &m.topic_id);
    if (topic == NULL || !name_topic(d, topic, m.name))
        return delta_full(d);
    topic->partition_count = 0;
    return KW_OK;
}

kw_status replay_remove_topic(struct metadata_delta *d, int16_t version, kw_reader *in)
{
    kw_remove_topic_record m;
    struct delta_topic *topic;
    kw_status status = replay_whole(kw_remove_topic_record_decode(&m, version, in, &d->scratch), in);
    if (status == KW_OK)
        status = find_live(d, &m.topic_id, &topic);
    if (status != KW_OK)
        return status;
    topic->is_removed = true;
    d->names[topic->name].topic = DELTA_NONE;
    return delta_remove_resource(d, RESOURCE_TOPIC, d->names[topic->name].text);
}

/* ---- eligible leader replicas ---- */

/* Topics are not visited now: the change is applied to a partition when it is next used. */
kw_status replay_clear_elr(struct metadata_delta *d, int16_t version, kw_reader *in)
{
    kw_clear_elr_record m;
    struct delta_topic *topic;
    kw_status status = replay_whole(kw_clear_elr_record_decode(&m, version, in, &d->scratch), in);
    if (status != KW_OK)
        return status;
    if (m.topic_name.len == 0) {
        d->all_cleared_at = ++d->clock;
        return KW_OK;
    }
    status = find_live_name(d, m.topic_name, &topic);
    if (status == KW_OK)
        topic->cleared_at = ++d->clock;
    return status;
}

static void settle_elr(const struct metadata_delta *d, const struct delta_topic *topic, struct delta_partition *p)
{
    uint64_t cleared_at = topic->cleared_at > d->all_cleared_at ? topic->cleared_at : d->all_cleared_at;
    if (p->elr_set_at < cleared_at)
        p->is.elr.len = p->is.last_known_elr.len = 0;
    p->elr_set_at = d->clock;
}

static bool has_elr(const struct metadata_topic *topic)
{
    for (int32_t i = 0; i < topic->partition_count; i++)
        if (topic->partitions[i].elr.len > 0 || topic->partitions[i].last_known_elr.len > 0)
            return true;
    return false;
}

kw_status delta_touch_cleared(struct metadata_delta *d)
{
    const struct metadata_parts *base = &d->base->parts;
    for (size_t i = 0; d->all_cleared_at != 0 && i < base->topic_count; i++)
        if (has_elr(base->topics[i]) && !delta_has_topic(d, base->topics[i]->id) && touch(d, base->topics[i]) == NULL)
            return delta_full(d);
    return KW_OK;
}

/* ---- partitions ---- */

static int32_t place_of(const struct delta_topic *topic, int32_t index)
{
    int32_t low = 0; /* those before it are below */
    int32_t high = topic->partition_count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (topic->partitions[middle].is.index < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct delta_partition *find_partition(const struct delta_topic *topic, int32_t index)
{
    int32_t at = place_of(topic, index);
    return at < topic->partition_count && topic->partitions[at].is.index == index ? &topic->partitions[at] : NULL;
}

/* The partition, made if the topic does not have it yet. */
static struct delta_partition *place_partition(struct metadata_delta *d, struct delta_topic *topic, int32_t index)
{
    struct delta_partition *p = find_partition(topic, index);
    int32_t at = place_of(topic, index);
    if (p != NULL)
        return p;
    void *items = arena_grow(&d->arena, topic->partitions, (size_t)topic->partition_count, &topic->partition_capacity,
                             sizeof *topic->partitions);
    if (items == NULL)
        return NULL;
    topic->partitions = items;
    p = &topic->partitions[at];
    memmove(p + 1, p, (size_t)(topic->partition_count - at) * sizeof *p);
    d->steps += (size_t)(topic->partition_count - at);
    *p = (struct delta_partition){.is.index = index};
    topic->partition_count++;
    return p;
}

kw_status replay_partition(struct metadata_delta *d, int16_t version, kw_reader *in)
{
    kw_partition_record m;
    struct delta_topic *topic;
    kw_status status = replay_whole(kw_partition_record_decode(&m, version, in, &d->scratch), in);
    if (status == KW_OK)
        status = m.partition_id >= 0 ? find_live(d, &m.topic_id, &topic) : KW_ERR_UNKNOWN_MESSAGE;
    if (status != KW_OK)
        return status;
    struct delta_partition *p = place_partition(d, topic, m.partition_id);
    if (p == NULL)
        return delta_full(d);
    p->elr_set_at = d->clock;
    p->is.leader_id = m.leader;
    p->is.leader_epoch = m.leader_epoch;
    p->is.partition_epoch = m.partition_epoch;
    p->is.leader_recovery_state = m.leader_recovery_state;
    bool ok = delta_copy_int32s(d, &p->is.replicas, m.replicas) && delta_copy_int32s(d, &p->is.isr, m.isr) &&
              delta_copy_int32s(d, &p->is.elr, m.eligible_leader_replicas) &&
              delta_copy_int32s(d, &p->is.last_known_elr, m.last_known_elr) &&
              delta_copy_int32s(d, &p->is.removing, m.removing_replicas) &&
              delta_copy_int32s(d, &p->is.adding, m.adding_replicas) &&
              delta_copy_uuids(d, &p->is.directories, m.directories);
    return ok ? KW_OK : delta_full(d);
}

static int32_t next_epoch(int32_t epoch)
{
    return (int32_t)((uint32_t)epoch + 1);
}

/* Null says nothing. */
static bool change_int32s(struct metadata_delta *d, kw_int32_array *to, kw_int32_array from)
{
    return from.len < 0 || delta_copy_int32s(d, to, from);
}

kw_status replay_partition_change(struct metadata_delta *d, int16_t version, kw_reader *in)
{
    kw_partition_change_record m;
    struct delta_topic *topic;
    kw_status status = replay_whole(kw_partition_change_record_decode(&m, version, in, &d->scratch), in);
    if (status == KW_OK)
        status = find_live(d, &m.topic_id, &topic);
    if (status != KW_OK)
        return status;
    struct delta_partition *p = find_partition(topic, m.partition_id);
    if (p == NULL)
        return KW_ERR_UNKNOWN_MESSAGE;
    settle_elr(d, topic, p);
    if (m.leader != LEADER_UNCHANGED) {
        p->is.leader_id = m.leader;
        p->is.leader_epoch = next_epoch(p->is.leader_epoch);
    }
    if (m.leader_recovery_state != RECOVERY_UNCHANGED)
        p->is.leader_recovery_state = m.leader_recovery_state;
    p->is.partition_epoch = next_epoch(p->is.partition_epoch);
    bool ok = change_int32s(d, &p->is.replicas, m.replicas) && change_int32s(d, &p->is.isr, m.isr) &&
              change_int32s(d, &p->is.elr, m.eligible_leader_replicas) &&
              change_int32s(d, &p->is.last_known_elr, m.last_known_elr) &&
              change_int32s(d, &p->is.removing, m.removing_replicas) &&
              change_int32s(d, &p->is.adding, m.adding_replicas) &&
              (m.directories.len < 0 || delta_copy_uuids(d, &p->is.directories, m.directories));
    return ok ? KW_OK : delta_full(d);
}

/* ---- the next image ---- */

bool delta_add_topics(struct metadata_delta *d, struct metadata_parts *parts)
{
    for (size_t i = 0; i < d->topic_count; i++) {
        struct delta_topic *from = &d->topics[i];
        if (from->is_removed)
            continue;
        kw_arena_reset(&d->scratch);
        size_t count = (size_t)from->partition_count;
        struct metadata_partition *partitions = kw_arena_array(&d->scratch, count, sizeof *partitions);
        if (partitions == NULL)
            return false;
        for (size_t p = 0; p < count; p++) {
            settle_elr(d, from, &from->partitions[p]);
            partitions[p] = from->partitions[p].is;
        }
        const struct metadata_topic topic = {.name = d->names[from->name].text,
                                             .id = from->id,
                                             .is_internal = kw_topic_name_is_internal(d->names[from->name].text),
                                             .partitions = partitions,
                                             .partition_count = from->partition_count};
        parts->topics[parts->topic_count] = metadata_topic_create(&topic);
        if (parts->topics[parts->topic_count] == NULL)
            return false;
        parts->topic_count++;
    }
    return true;
}
