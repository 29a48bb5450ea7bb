/* SPDX-License-Identifier: Apache-2.0 */
#include "placement.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>
#include <kwire/messages/partition_record.h>

#include "directories.h"
#include "versions.h"

static bool is_active(const struct metadata_broker *broker)
{
    return broker != NULL && !broker->fenced && !broker->in_controlled_shutdown;
}

/* The replicas that are up. */
static bool fill_isr(const struct decision *decision, kw_arena *arena, struct placement *p)
{
    p->isr.len = 0;
    p->isr.items = kw_arena_array(arena, (size_t)p->replicas.len, sizeof *p->isr.items);
    for (int32_t i = 0; p->isr.items != NULL && i < p->replicas.len; i++)
        if (is_active(metadata_find_broker(decision->image, p->replicas.items[i])))
            p->isr.items[p->isr.len++] = p->replicas.items[i];
    return p->isr.items != NULL;
}

static bool out_of_memory(struct refusal *refusal, kw_arena *arena)
{
    return refuse_with(refusal, arena, KW_ERROR_KAFKA_STORAGE_ERROR, "out of memory");
}

/* ---- chosen ---- */

static size_t count_active(const struct metadata_image *image)
{
    size_t count = 0;
    for (size_t i = 0; i < image->parts.broker_count; i++)
        count += is_active(&image->parts.brokers[i]);
    return count;
}

static bool check_factor(const struct decision *decision, int16_t factor, kw_arena *arena, struct refusal *refusal)
{
    size_t brokers = decision->image->parts.broker_count;
    if (count_active(decision->image) == 0)
        return refuse_with(refusal, arena, KW_ERROR_INVALID_REPLICATION_FACTOR, "no broker is up to have %d replica(s)",
                           factor);
    if (factor <= 0 || (size_t)factor > brokers)
        return refuse_with(refusal, arena, KW_ERROR_INVALID_REPLICATION_FACTOR,
                           "the replication factor is %d, but there are %zu broker(s)", factor, brokers);
    return true;
}

bool placement_choose(struct decision *decision, int32_t partition, int16_t replication_factor, kw_arena *arena,
                      struct placement *out, struct refusal *refusal)
{
    const struct metadata_parts *parts = &decision->image->parts;
    if (!check_factor(decision, replication_factor, arena, refusal))
        return false;
    out->replicas.len = 0;
    out->replicas.items = kw_arena_array(arena, (size_t)replication_factor, sizeof *out->replicas.items);
    if (out->replicas.items == NULL)
        return out_of_memory(refusal, arena);
    size_t first = (size_t)partition % parts->broker_count;
    for (int pass = 0; pass < 2; pass++) /* those that are up first, as one of them leads */
        for (size_t i = 0; i < parts->broker_count && out->replicas.len < replication_factor; i++) {
            const struct metadata_broker *broker = &parts->brokers[(first + i) % parts->broker_count];
            if (is_active(broker) == (pass == 0))
                out->replicas.items[out->replicas.len++] = broker->id;
        }
    return fill_isr(decision, arena, out) || out_of_memory(refusal, arena);
}

/* ---- asked for ---- */

static int ascending(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static bool check_brokers(const struct decision *decision, const int32_t *sorted, int32_t count, kw_arena *arena,
                          struct refusal *refusal)
{
    for (int32_t i = 0; i < count; i++) {
        if (metadata_find_broker(decision->image, sorted[i]) == NULL)
            return refuse_with(refusal, arena, KW_ERROR_INVALID_REPLICA_ASSIGNMENT,
                               "an assignment to broker %" PRId32 ", which is not registered", sorted[i]);
        if (i > 0 && sorted[i] == sorted[i - 1])
            return refuse_with(refusal, arena, KW_ERROR_INVALID_REPLICA_ASSIGNMENT,
                               "an assignment to broker %" PRId32 " twice", sorted[i]);
    }
    return true;
}

bool placement_check(const struct decision *decision, kw_int32_array replicas, kw_arena *arena, struct refusal *refusal)
{
    if (replicas.len <= 0)
        return refuse_with(refusal, arena, KW_ERROR_INVALID_REPLICA_ASSIGNMENT, "an assignment without brokers");
    int32_t *sorted = kw_arena_array(arena, (size_t)replicas.len, sizeof *sorted);
    if (sorted == NULL)
        return out_of_memory(refusal, arena);
    memcpy(sorted, replicas.items, (size_t)replicas.len * sizeof *sorted);
    qsort(sorted, (size_t)replicas.len, sizeof *sorted, ascending);
    return check_brokers(decision, sorted, replicas.len, arena, refusal);
}

bool placement_take(struct decision *decision, int32_t partition, kw_int32_array replicas, int32_t replication_factor,
                    kw_arena *arena, struct placement *out, struct refusal *refusal)
{
    if (!placement_check(decision, replicas, arena, refusal))
        return false;
    if (replication_factor >= 0 && replication_factor != replicas.len)
        return refuse_with(refusal, arena, KW_ERROR_INVALID_REPLICA_ASSIGNMENT,
                           "an assignment to %" PRId32 " broker(s), but other partitions have %" PRId32, replicas.len,
                           replication_factor);
    out->replicas = replicas;
    if (!fill_isr(decision, arena, out))
        return out_of_memory(refusal, arena);
    return out->isr.len > 0 || refuse_with(refusal, arena, KW_ERROR_INVALID_REPLICA_ASSIGNMENT,
                                           "no broker in the assignment of partition %" PRId32 " is up", partition);
}

/* ---- records ---- */

void placement_add_record(struct decision *decision, kw_uuid topic_id, int32_t partition,
                          const struct placement *placement, kw_arena *arena)
{
    struct record_versions versions = record_versions_of(decision->image);
    kw_partition_record record;
    kw_partition_record_init(&record);
    record.partition_id = partition;
    record.topic_id = topic_id;
    record.replicas = placement->replicas;
    record.isr = placement->isr;
    record.leader = placement->isr.items[0];
    record.leader_epoch = 0;
    record.partition_epoch = 0;
    kw_uuid *directories = kw_arena_array(arena, (size_t)placement->replicas.len, sizeof *directories);
    if (directories == NULL) {
        record_list_fail(&decision->records, kw_arena_status(arena));
        return;
    }
    for (int32_t i = 0; i < placement->replicas.len; i++)
        directories[i] = metadata_default_directory(decision->image, placement->replicas.items[i]);
    record.directories = (kw_uuid_array){directories, versions.directories ? placement->replicas.len : 0};
    record_list_add(&decision->records, &kw_partition_record_message, versions.partition, &record);
}
