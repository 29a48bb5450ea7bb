/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_PARTITION_ACCESS_H
#define SERVER_API_PARTITION_ACCESS_H

#include <stdint.h>

#include "../log/log_contents.h"
#include "broker.h"

/* The log of a partition for a client that believes its leader to be of an epoch (-1: it does not say), as Kafka's
 * errors have it: FENCED_LEADER_EPOCH if that epoch has ended, UNKNOWN_LEADER_EPOCH if it has not started,
 * NOT_LEADER_OR_FOLLOWER if this node does not lead, KAFKA_STORAGE_ERROR if the log cannot be read, which is reported;
 * else KW_ERROR_NONE, and the snapshot is to be released, and the log
 * by log_release(). LOG_WOULD_BLOCK with dont_block: it must be opened first. */
int16_t partition_access(struct broker *broker, const struct metadata_topic *topic,
                         const struct metadata_partition *partition, int32_t epoch, bool dont_block,
                         struct partition_log **log, struct log_snapshot *snapshot);

/* Where the records of an epoch end, and the epoch that the record at an offset is of, -1 if it is not known. The epoch
 * of the leader begins at the end of the log if no record is of it yet. */
kw_leader_epoch partition_epoch_end(const struct metadata_partition *partition, const struct log_snapshot *log,
                                    int32_t epoch);
int32_t partition_epoch_at(const struct metadata_partition *partition, const struct log_snapshot *log, int64_t offset);

#endif
