/* SPDX-License-Identifier: Apache-2.0 */
#include "metadata_replay.h"

#include <kwire/messages/clear_elr_record.h>
#include <kwire/messages/partition_change_record.h>
#include <kwire/messages/partition_record.h>
#include <kwire/messages/remove_topic_record.h>
#include <kwire/messages/topic_record.h>

#include "folder.h"
#include "hash.h"
#include "metadata_image.h"

/* Where a change record says nothing about the leader or its recovery. */
enum { LEADER_UNCHANGED = -2, RECOVERY_UNCHANGED = -1 };

enum { RESOURCE_TOPIC = 2 };

/* ---- topics ---- */

static bool same_topic(const void *items, size_t index, const void *key)
{
    const kw_metadata_topic *topics = items;
    return kw_uuid_equal(topics[index].id, *(const kw_uuid *)key);
}

static uint32_t hash_id(const kw_uuid *id)
{
    return kwi_hash_bytes(KWI_HASH_START, id->bytes, sizeof id->bytes);
}

static kw_metadata_topic *find_topic(const kw_metadata_replay *r, const kw_uuid *id)
{
    size_t i = kwi_hash_find(r->topics, hash_id(id), same_topic, r->image->topics, id);
    return i == KWI_NOT_FOUND ? NULL : &r->image->topics[i];
}

static kw_metadata_topic *find_live_topic(const kw_metadata_replay *r, const kw_uuid *id)
{
    kw_metadata_topic *topic = find_topic(r, id);
    return topic != NULL && !topic->removed ? topic : NULL;
}

static kw_metadata_topic *add_topic(kw_metadata_replay *r, const kw_uuid *id)
{
    kw_metadata_image *image = r->image;
    void *items = kwi_room(r->arena, image->topics, image->topic_count, &r->topic_room, sizeof *image->topics);
    if (items == NULL)
        return NULL;
    image->topics = items;
    if (!kwi_hash_add(r->topics, hash_id(id), image->topic_count, r->arena))
        return NULL;
    kw_metadata_topic *topic = &image->topics[image->topic_count++];
    memset(topic, 0, sizeof *topic);
    topic->id = *id;
    return topic;
}

kw_status kwi_replay_topic(kw_metadata_replay *r, int16_t version, kw_reader *in)
{
    kw_topic_record m;
    kw_status status = kw_topic_record_decode(&m, version, in, &r->scratch);
    if (status != KW_OK)
        return status;
    kw_metadata_topic *topic = find_topic(r, &m.topic_id);
    if (topic == NULL)
        topic = add_topic(r, &m.topic_id);
    if (topic == NULL || !kwi_copy_text(r, &topic->name, m.name))
        return kwi_replay_full(r);
    topic->removed = false;
    topic->partition_count = 0;
    return KW_OK;
}

static void forget_configs(kw_metadata_replay *r, kw_string topic)
{
    for (size_t i = 0; i < r->image->config_count; i++) {
        kw_metadata_config *c = &r->image->configs[i];
        if (c->type == RESOURCE_TOPIC && kw_string_equal(c->resource, topic))
            c->value.len = -1;
    }
}

kw_status kwi_replay_remove_topic(kw_metadata_replay *r, int16_t version, kw_reader *in)
{
    kw_remove_topic_record m;
    kw_status status = kw_remove_topic_record_decode(&m, version, in, &r->scratch);
    if (status != KW_OK)
        return status;
    kw_metadata_topic *topic = find_live_topic(r, &m.topic_id);
    if (topic == NULL)
        return KW_ERR_UNKNOWN_MESSAGE;
    topic->removed = true;
    topic->partition_count = 0;
    forget_configs(r, topic->name);
    return KW_OK;
}

kw_status kwi_replay_clear_elr(kw_metadata_replay *r, int16_t version, kw_reader *in)
{
    kw_clear_elr_record m;
    kw_status status = kw_clear_elr_record_decode(&m, version, in, &r->scratch);
    if (status != KW_OK)
        return status;
    bool found = m.topic_name.len == 0;
    for (size_t i = 0; i < r->image->topic_count; i++) {
        kw_metadata_topic *topic = &r->image->topics[i];
        if (topic->removed || (m.topic_name.len > 0 && !kw_string_equal(topic->name, m.topic_name)))
            continue;
        found = true;
        for (int32_t p = 0; p < topic->partition_count; p++) {
            topic->partitions[p].elr.len = 0;
            topic->partitions[p].last_known_elr.len = 0;
        }
    }
    return found ? KW_OK : KW_ERR_UNKNOWN_MESSAGE;
}

/* ---- partitions ---- */

/* The partition, made if the topic does not have it yet. */
static kw_metadata_partition *place_partition(kw_metadata_replay *r, kw_metadata_topic *topic, int32_t id)
{
    int32_t at = kwi_partition_place(topic, id);
    if (at < topic->partition_count && topic->partitions[at].id == id)
        return &topic->partitions[at];
    if (topic->partition_count == INT32_MAX)
        return NULL;
    void *items = kwi_room(r->arena, topic->partitions, (size_t)topic->partition_count, &topic->partition_room,
                           sizeof *topic->partitions);
    if (items == NULL)
        return NULL;
    topic->partitions = items;
    kw_metadata_partition *p = &topic->partitions[at];
    memmove(p + 1, p, (size_t)(topic->partition_count - at) * sizeof *p);
    memset(p, 0, sizeof *p);
    p->id = id;
    topic->partition_count++;
    return p;
}

kw_status kwi_replay_partition(kw_metadata_replay *r, int16_t version, kw_reader *in)
{
    kw_partition_record m;
    kw_status status = kw_partition_record_decode(&m, version, in, &r->scratch);
    if (status != KW_OK)
        return status;
    kw_metadata_topic *topic = find_live_topic(r, &m.topic_id);
    if (topic == NULL || m.partition_id < 0)
        return KW_ERR_UNKNOWN_MESSAGE;
    kw_metadata_partition *p = place_partition(r, topic, m.partition_id);
    if (p == NULL)
        return kwi_replay_full(r);
    p->leader = m.leader;
    p->leader_epoch = m.leader_epoch;
    p->partition_epoch = m.partition_epoch;
    p->leader_recovery_state = m.leader_recovery_state;
    bool ok = kwi_copy_ints(r, &p->replicas, m.replicas) && kwi_copy_ints(r, &p->isr, m.isr) &&
              kwi_copy_ints(r, &p->elr, m.eligible_leader_replicas) &&
              kwi_copy_ints(r, &p->last_known_elr, m.last_known_elr) &&
              kwi_copy_ints(r, &p->removing, m.removing_replicas) && kwi_copy_ints(r, &p->adding, m.adding_replicas) &&
              kwi_copy_uuids(r, &p->directories, m.directories);
    return ok ? KW_OK : kwi_replay_full(r);
}

static int32_t next_epoch(int32_t epoch)
{
    return (int32_t)((uint32_t)epoch + 1);
}

/* Null says nothing. */
static bool change_ints(kw_metadata_replay *r, kw_int32_array *to, kw_int32_array from)
{
    return from.len < 0 || kwi_copy_ints(r, to, from);
}

kw_status kwi_replay_partition_change(kw_metadata_replay *r, int16_t version, kw_reader *in)
{
    kw_partition_change_record m;
    kw_status status = kw_partition_change_record_decode(&m, version, in, &r->scratch);
    if (status != KW_OK)
        return status;
    kw_metadata_topic *topic = find_live_topic(r, &m.topic_id);
    if (topic == NULL || kw_metadata_topic_partition(topic, m.partition_id) == NULL)
        return KW_ERR_UNKNOWN_MESSAGE;
    kw_metadata_partition *p = &topic->partitions[kwi_partition_place(topic, m.partition_id)];
    if (m.leader != LEADER_UNCHANGED) {
        p->leader = m.leader;
        p->leader_epoch = next_epoch(p->leader_epoch);
    }
    if (m.leader_recovery_state != RECOVERY_UNCHANGED)
        p->leader_recovery_state = m.leader_recovery_state;
    p->partition_epoch = next_epoch(p->partition_epoch);
    bool ok = change_ints(r, &p->replicas, m.replicas) && change_ints(r, &p->isr, m.isr) &&
              change_ints(r, &p->elr, m.eligible_leader_replicas) &&
              change_ints(r, &p->last_known_elr, m.last_known_elr) &&
              change_ints(r, &p->removing, m.removing_replicas) && change_ints(r, &p->adding, m.adding_replicas) &&
              (m.directories.len < 0 || kwi_copy_uuids(r, &p->directories, m.directories));
    return ok ? KW_OK : kwi_replay_full(r);
}
