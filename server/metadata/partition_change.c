/* SPDX-License-Identifier: Apache-2.0 */
#include "partition_change.h"

#include <string.h>

#include <kwire/messages/partition_change_record.h>

#include "broker_ids.h"
#include "directories.h"
#include "topic_config.h"
#include "versions.h"

enum { LEADER_UNCHANGED = -2, RECOVERY_UNCHANGED = -1, RECOVERING = 1 };

struct building {
    const struct partition_change *change;
    kw_arena *arena;
    bool has_elr;
    struct record_versions versions;
    kw_int32_array isr; /* as it is to be */
    kw_int32_array elr;
    kw_partition_change_record record;
};

/* ---- lists of brokers ---- */

/* An empty list with capacity for all brokers of the partition; false if the arena is full. */
static bool start_list(const struct building *b, kw_int32_array *out)
{
    const struct metadata_partition *p = b->change->partition;
    size_t most = (size_t)p->isr.len + (size_t)p->elr.len + 1;
    *out = (kw_int32_array){kw_arena_array(b->arena, most, sizeof *out->items), 0};
    return out->items != NULL;
}

static void append(kw_int32_array *list, int32_t id)
{
    if (!broker_ids_have(*list, id))
        list->items[list->len++] = id;
}

static void append_without(kw_int32_array *list, kw_int32_array from, int32_t id)
{
    for (int32_t i = 0; i < from.len; i++)
        if (from.items[i] != id)
            append(list, from.items[i]);
}

/* ---- steps ---- */

/* Who was in sync, and is so no longer because of a clean end, may still lead: but only where too few are in sync, for
 * else those have newer records. */
static bool set_lists(struct building *b)
{
    const struct partition_change *c = b->change;
    kw_int32_array candidates;
    if (!start_list(b, &b->isr) || !start_list(b, &b->elr) || !start_list(b, &candidates))
        return false;
    append_without(&b->isr, c->partition->isr, c->leaving);
    if (!b->has_elr || b->isr.len >= c->min_isr)
        return true;
    append_without(&candidates, c->partition->elr, NO_BROKER);
    append_without(&candidates, c->partition->isr, NO_BROKER);
    for (int32_t i = 0; i < candidates.len; i++)
        if (!broker_ids_have(b->isr, candidates.items[i]) && !(c->leaves_unclean && candidates.items[i] == c->leaving))
            append(&b->elr, candidates.items[i]);
    return true;
}

static bool is_up(const struct building *b, int32_t id)
{
    const struct partition_change *c = b->change;
    return id != NO_BROKER && id == c->electable && metadata_has_online_directory(c->image, c->partition, id);
}

static bool may_lead(const struct building *b, int32_t id)
{
    return is_up(b, id) && (broker_ids_have(b->isr, id) || (b->isr.len == 0 && broker_ids_have(b->elr, id)));
}

/* The last one that led, where all others are gone as well. */
static bool is_last_known_leader(const struct building *b, int32_t id)
{
    const struct metadata_partition *p = b->change->partition;
    return b->has_elr && b->isr.len == 0 && b->elr.len == 0 && p->last_known_elr.len == 1 &&
           p->last_known_elr.items[0] == id && is_up(b, id);
}

/* Of brokers that are up there is one at most. */
static int32_t elect(const struct building *b, bool *loses)
{
    const struct partition_change *c = b->change;
    int32_t id = c->electable;
    *loses = false;
    if (may_lead(b, c->partition->leader_id))
        return c->partition->leader_id;
    if (broker_ids_have(c->partition->replicas, id) && may_lead(b, id))
        return id;
    *loses =
        is_last_known_leader(b, id) || (c->may_lose && broker_ids_have(c->partition->replicas, id) && is_up(b, id));
    return *loses ? id : NO_BROKER;
}

static bool set_leader(struct building *b)
{
    const struct metadata_partition *p = b->change->partition;
    bool loses;
    int32_t leader = elect(b, &loses);
    if (leader == p->leader_id)
        return true;
    b->record.leader = leader;
    if (leader == NO_BROKER || (!loses && !broker_ids_have(b->elr, leader)))
        return true;
    kw_int32_array rest;
    if (!start_list(b, &rest))
        return false;
    append_without(&rest, b->elr, leader);
    b->elr = loses ? (kw_int32_array){b->elr.items, 0} : rest;
    b->isr.len = 0;
    append(&b->isr, leader);
    if (loses && p->leader_recovery_state != RECOVERING)
        b->record.leader_recovery_state = RECOVERING;
    return true;
}

/* Without ELR the ISR keeps its last member. */
static void record_lists(struct building *b)
{
    const struct metadata_partition *p = b->change->partition;
    if ((b->isr.len != 0 || b->has_elr) && !broker_ids_equal(b->isr, p->isr))
        b->record.isr = b->isr;
    if (b->versions.elr && !broker_ids_equal(b->elr, p->elr))
        b->record.eligible_leader_replicas = b->elr;
    bool shrinks = false;
    for (int32_t i = 0; i < p->isr.len && b->record.isr.len >= 0; i++)
        shrinks = shrinks || !broker_ids_have(b->isr, p->isr.items[i]);
    if (shrinks && b->versions.epoch_on_isr_shrink && b->record.leader == LEADER_UNCHANGED)
        b->record.leader = p->leader_id;
}

/* Who led last is remembered from when there is no leader until there is one again, or until the ELR are off. */
static bool record_last_known(struct building *b)
{
    const struct metadata_partition *p = b->change->partition;
    kw_int32_array last;
    if (!b->versions.elr || (b->has_elr && b->record.leader == LEADER_UNCHANGED))
        return true;
    if (!start_list(b, &last))
        return false;
    if (!b->has_elr) {
        if (p->last_known_elr.len > 0)
            b->record.last_known_elr = last;
        return true;
    }
    if (b->record.leader == NO_BROKER && p->last_known_elr.len == 0) {
        append(&last, p->leader_id);
        b->record.last_known_elr = last;
    } else if (b->record.leader >= 0 && p->last_known_elr.len > 0) {
        b->record.last_known_elr = last;
    }
    return true;
}

static bool record_directories(struct building *b)
{
    const struct partition_change *c = b->change;
    const struct metadata_partition *p = c->partition;
    bool changed = false;
    if (!b->versions.directories || c->assigned == NO_BROKER || p->replicas.len <= 0)
        return true;
    kw_uuid *ids = kw_arena_array(b->arena, (size_t)p->replicas.len, sizeof *ids);
    if (ids == NULL)
        return false;
    for (int32_t i = 0; i < p->replicas.len; i++) {
        kw_uuid before = i < p->directories.len ? p->directories.items[i] : (kw_uuid){{0}};
        ids[i] = p->replicas.items[i] == c->assigned ? c->directory : before;
        changed = changed || i >= p->directories.len || !kw_uuid_equal(ids[i], before);
    }
    if (changed)
        b->record.directories = (kw_uuid_array){ids, p->replicas.len};
    return true;
}

static bool changes_nothing(const kw_partition_change_record *record)
{
    return record->leader == LEADER_UNCHANGED && record->isr.len < 0 && record->eligible_leader_replicas.len < 0 &&
           record->last_known_elr.len < 0 && record->directories.len < 0 &&
           record->leader_recovery_state == RECOVERY_UNCHANGED;
}

void partition_change_add(struct record_list *records, const struct partition_change *change)
{
    struct building b = {.change = change,
                         .arena = records->arena,
                         .has_elr = metadata_has_elr(change->image),
                         .versions = record_versions_of(change->image)};
    kw_partition_change_record_init(&b.record);
    b.record.topic_id = change->topic->id;
    b.record.partition_id = change->partition->index;
    if (!set_lists(&b) || !set_leader(&b))
        record_list_fail(records, kw_arena_status(records->arena));
    record_lists(&b);
    if (!record_last_known(&b) || !record_directories(&b))
        record_list_fail(records, kw_arena_status(records->arena));
    if (!changes_nothing(&b.record))
        record_list_add(records, &kw_partition_change_record_message, b.versions.partition, &b.record);
}

void partition_change_read_settings(struct partition_change *change, int32_t node_id, const struct static_config *file)
{
    struct log_config config;
    const struct metadata_topic *topic = change->topic;
    int32_t replicas = topic->partition_count > 0 ? topic->partitions[0].replicas.len : 0;
    topic_config_read(&config, change->image, topic->name, node_id, file);
    change->min_isr = config.min_insync_replicas < replicas ? config.min_insync_replicas : replicas;
    change->may_lose = config.unclean_leader_election;
}
