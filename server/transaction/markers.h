/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_TRANSACTION_MARKERS_H
#define SERVER_TRANSACTION_MARKERS_H

/* The markers that end transactions in partitions of this node. One for a partition of __consumer_offsets is an event
 * of its shard, so that offsets of the transaction hold from then on, or are dropped; others are appended to the log.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../coordinator/shards.h"
#include "../coordinator/transaction/txn_value.h"
#include "../log/log_manager.h"
#include "../metadata/cell.h"

/* Of a broker; all of it must stay. */
struct markers_target {
    struct log_manager *logs;
    struct shards *groups; /* of __consumer_offsets */
    struct metadata_cell *metadata;
    int32_t node_id;
    int64_t (*now)(void); /* ms since 1970 */
};

/* The end of one transaction. The result of a partition is KW_ERROR_NONE: the marker is written. Nothing was written,
 * and it never will be:
 *
 *     INVALID_PRODUCER_EPOCH         the producer has a newer epoch, or with version 2 the same one with an open
 *                                    transaction
 *     TRANSACTION_COORDINATOR_FENCED a newer coordinator has written a marker of the producer
 *     UNKNOWN_SERVER_ERROR           the marker is not valid: producer id or epoch, or a version of -1
 *
 * Nothing was written now, and it may be tried again:
 *
 *     UNKNOWN_TOPIC_OR_PARTITION     the partition does not exist, or its log directory has failed
 *     NOT_LEADER_OR_FOLLOWER         this node does not lead it, or its shard is not ready
 *     NOT_ENOUGH_REPLICAS            by min.insync.replicas
 *     MESSAGE_TOO_LARGE              by max.message.bytes, which has to be altered
 *     KAFKA_STORAGE_ERROR            the log cannot be written, or memory is short
 *
 * REQUEST_TIMED_OUT: of a shard; it may still be written, and may be tried again. */
struct txn_marker {
    int64_t producer_id;
    int16_t producer_epoch;
    bool is_commit;
    int32_t coordinator_epoch;   /* of the transaction's coordinator: the leader epoch of its partition */
    int16_t transaction_version; /* by the producer's protocol: 2, or below */
    const struct txn_partition *partitions;
    size_t partition_count;
    int16_t *errors; /* the results, one for each partition */
};

struct marker_write;

/* Markers to be written together. */
struct markers_job {
    const struct txn_marker *markers;
    size_t count;
    struct executor *executor; /* of the caller: logs that have to be opened first are opened on its workers */

    /* All partitions have their results, and the job may be freed. Once, on any thread; it must not block. */
    void (*done)(struct markers_job *job);
    void *context;

    /* Private fields. */
    struct markers_target *target;
    struct marker_write *writes;
    size_t write_count;
    atomic_size_t pending;
    struct task task;
};

/* Writes the markers. The job, the markers, their partitions and errors must stay until done(), which may be called
 * before this returns. Does not wait for the disk if the logs are open. With the turn of a shard, as well. */
void markers_write(struct markers_target *target, struct markers_job *job);

#endif
