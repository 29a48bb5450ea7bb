/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_SHARD_LOAD_H
#define SERVER_COORDINATOR_SHARD_LOAD_H

/* Replays the log of a shard that is loading. */

#include "shard.h"

/* Reads all of the log in steps of `step` bytes, replays it, and makes the shard active; or failed, after a line on the
 * console, if it cannot be read or replayed. Compressed batches may be no larger than `batch_limit` bytes of records.
 * It ends early if the shard is to be unloaded. Waits for the disk; the caller has the shard until this returns. False:
 * it failed because of something that may pass, such as a shortage of descriptors. */
bool shard_load(struct shard *shard, struct partition_log *log, int32_t step, size_t batch_limit);

#endif
