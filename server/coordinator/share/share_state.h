/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_SHARE_SHARE_STATE_H
#define SERVER_COORDINATOR_SHARE_SHARE_STATE_H

/* The state machine of a partition of __share_group_state: what share groups have delivered of the partitions that they
 * read. share_requests.h has what is asked of it. docs/share-groups.md explains it. */

#include "../../base/hash_chains.h"
#include "../budget.h"
#include "../shard.h"
#include "share_records.h"

/* What a share group has delivered of a partition. It never changes. */
struct share_value {
    struct share_snapshot is; /* its batches are behind the struct */
    int32_t leader_epoch;     /* the greatest one seen; smaller ones are fenced. That of `is` starts anew at 0 when the
                                 state is initialized again */
    int32_t state_epoch;      /* the same */
    int32_t updates;          /* records, since a snapshot was due because of them */
    int64_t snapshot_offset;  /* of the last snapshot; -1: there was none */
    struct share_batch batches[];
};

/* A share partition that has a state, or had one that may have to be put back. */
struct share_entry {
    struct hash_link link;
    struct share_key key;
    struct share_value *value; /* NULL: it has none */
    unsigned references;       /* by undo entries */
    bool is_orphan;            /* its topic has been deleted */
    char group[];
};

struct share_state_options {
    struct coordinator_budget *budget; /* of all shards */
    uint32_t seed;                     /* random, for the hash table */
    int32_t partition;                 /* for the console */
    int32_t updates_per_snapshot;      /* share.coordinator.snapshot.update.records.per.snapshot */
    int64_t prune_interval_ms;         /* share.coordinator.state.topic.prune.interval.ms */
    int64_t cold_interval_ms;          /* share.coordinator.cold.partition.snapshot.interval.ms */

    /* Records of the partition below this offset are not needed any more; the executor is that of the shard. With the
     * turn; NULL: they stay. */
    void (*prune)(void *context, struct executor *executor, int32_t partition, int64_t below);
    void *context;
};

struct share_state {
    struct share_state_options options;
    struct hash_chains entries;
    size_t count;        /* of those with a value */
    int64_t tombstone;   /* offset of the last one; -1: none */
    struct shard *shard; /* NULL: it is loading */
    /* The rest is private. */
    struct coordinator_timer prune_timer;
    struct coordinator_timer cold_timer;
    struct coordinator_timer orphan_timer;
    int64_t pruned; /* up to this offset */
    kw_arena arena; /* of the record that is replayed */
    uint64_t skipped_types;
};

/* The functions of machine.h; the state is a struct share_state, which unloaded() destroys. */
extern const struct coordinator_calls share_state_calls;

/* NULL: there is no memory. */
struct share_state *share_state_create(const struct share_state_options *options);

/* One that no shard has taken. */
void share_state_destroy(struct share_state *s);

/* NULL: nothing is known of it. */
const struct share_value *share_state_find(const struct share_state *s, const struct share_key *key);

/* All entries, also those without a value: from NULL on, to NULL. In any order. */
struct share_entry *share_state_next(const struct share_state *s, const struct share_entry *entry);

/* The state after an update: that of share_snapshot, but for the times and epochs that it does not have. Batches are in
 * the arena. */
kw_status share_apply_update(const struct share_snapshot *known, const struct share_snapshot *update, kw_arena *arena,
                             struct share_snapshot *out);

/* What a state of so many batches has of the budget. */
size_t share_value_size(size_t batches);

#endif
