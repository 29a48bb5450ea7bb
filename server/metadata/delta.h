/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_DELTA_H
#define SERVER_METADATA_DELTA_H

/* Records of the metadata log, replayed one after the other on top of an image; in the end they give the next image,
 * which shares all topics and resources that no record has touched. This is the only way to make an image out of
 * records. Those of access control, quotas, SCRAM credentials, delegation tokens and controllers are kept as they are.
 *
 * A node that stops in an orderly way writes that its partitions have no leader (-1) and no ISR, and that it is fenced:
 * the image says so. The replicas that may lead are in elr (or last_known_elr).
 *
 * Time is linear in the records and in what of the base they touch. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/status.h>

#include "../base/hash.h"
#include "image.h"

/* Private fields but for the counts. */
struct metadata_delta {
    uint64_t records; /* replayed */
    uint64_t unknown; /* of a type or version that is not known */
    uint64_t damaged; /* could not be read, or name what does not exist */
    uint64_t steps;   /* items that were looked at, a measure of the work */
    const struct metadata_image *base;
    kw_arena arena;
    kw_arena scratch;
    kw_arena pending; /* the records of a transaction that has begun */
    kw_bytes *pending_items;
    size_t pending_count;
    size_t pending_capacity;
    bool in_transaction;
    struct delta_topic *topics; /* that records have touched, removed ones too */
    size_t topic_count;
    size_t topic_capacity;
    struct hash topics_by_id;
    struct delta_name *names; /* of these topics */
    size_t name_count;
    size_t name_capacity;
    struct hash names_by_name;
    struct delta_resource *resources;
    size_t resource_count;
    size_t resource_capacity;
    struct hash resources_by_name;
    struct delta_config *configs;
    size_t config_count;
    size_t config_capacity;
    struct hash configs_by_name;
    struct metadata_broker *brokers;
    size_t broker_count;
    size_t broker_capacity;
    struct metadata_feature *features;
    size_t feature_count;
    size_t feature_capacity;
    struct metadata_kept *kept; /* with those of the base, once one has changed; a null value: removed */
    size_t kept_count;
    size_t kept_capacity;
    struct hash kept_by_key;
    bool kept_touched;
    int64_t next_producer_id;
    uint64_t clock;          /* counts ClearElrRecords */
    uint64_t all_cleared_at; /* the last one of all topics; 0: none */
};

/* Starts with what the base has, which it keeps until metadata_delta_finish(). The status is of memory. */
kw_status metadata_delta_init(struct metadata_delta *delta, const struct metadata_image *base,
                              const kw_allocator *allocator, size_t limit);
void metadata_delta_finish(struct metadata_delta *delta);

/* Replays the value of one record. Between BeginTransactionRecord and EndTransactionRecord records are kept, and
 * dropped at AbortTransactionRecord. Types and versions that are not known are counted and passed over.
 *
 * The status says what is wrong with a record, which is counted as damaged and passed over, so that a caller may
 * continue; with KW_ERR_NO_MEMORY and KW_ERR_MEMORY_LIMIT it may not. KW_ERR_UNKNOWN_MESSAGE: it names a topic,
 * partition or broker that does not exist. KW_ERR_ARGUMENT: producer ids that do not ascend. */
kw_status metadata_delta_replay(struct metadata_delta *delta, kw_bytes value);

/* The next image. What a transaction that did not end has kept is not in it. `offset` follows the last record, `epoch`
 * is that of the last one. NULL: there is no memory. */
struct metadata_image *metadata_delta_apply(struct metadata_delta *delta, int64_t offset, int32_t epoch);

#endif
