/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_PLACEMENT_H
#define SERVER_METADATA_PLACEMENT_H

/* Where the replicas of new partitions go, and the records of such partitions. */

#include "controller.h"
#include "refusal.h"

/* The replicas of one partition. */
struct placement {
    kw_int32_array replicas;
    kw_int32_array isr; /* those of them that are up */
};

/* Chooses brokers for a partition: as many as there shall be replicas, starting with another one for each partition.
 * False after a refusal. */
bool placement_choose(struct decision *decision, int32_t partition, int16_t replication_factor, kw_arena *arena,
                      struct placement *out, struct refusal *refusal);

/* Takes the replicas that a request asks for. `replication_factor` is that of the partitions before; -1: none. False
 * after a refusal. */
bool placement_take(struct decision *decision, int32_t partition, kw_int32_array replicas, int32_t replication_factor,
                    kw_arena *arena, struct placement *out, struct refusal *refusal);

/* Whether these brokers could have a partition: registered ones, each once. False after a refusal. */
bool placement_check(const struct decision *decision, kw_int32_array replicas, kw_arena *arena,
                     struct refusal *refusal);

/* Adds the record of a new partition, with these replicas. */
void placement_add_record(struct decision *decision, kw_uuid topic_id, int32_t partition,
                          const struct placement *placement, kw_arena *arena);

#endif
