/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_LOG_CHANGE_H
#define SERVER_LOG_LOG_CHANGE_H

/* What is done to a log besides appending. These wait for the log's turn and for the disk: not for threads that must
 * not block. The log must be open. Errors are Kafka's, after a line on the console. */

#include <stdbool.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/storage/producers.h>

#include "partition_log.h"

/* From the log's end on records are of that leader epoch, also if there are none yet. */
int16_t log_start_epoch(struct partition_log *log, int32_t epoch);

/* Gives the file of the last segment its full size; without space for it, it grows as it is written. */
void log_preallocate(struct partition_log *log);

/* What is appended next starts a new segment. */
int16_t log_roll(struct partition_log *log);

/* Records below the offset can no longer be read; -1: all. Segments without other records are removed by log_retain().
 * OFFSET_OUT_OF_RANGE above the high watermark. Records below the log's start are gone already: no error. */
int16_t log_delete_records(struct partition_log *log, int64_t offset, int64_t *log_start_offset);

/* Returns once the disk has all that was appended before the call; it has what is below `from` already. *until is where
 * the log ended then: the next recovery point. Does not take the turn, so that appends continue. After an error of
 * the disk the log is offline for writing; where descriptors or memory are short it can be tried again. */
int16_t log_sync(struct partition_log *log, int64_t from, int64_t *until);

/* Clients see what log_sync() has synced, where they must not before (flush.messages=1). */
void log_show_synced(struct partition_log *log, int64_t until);

/* All that such a sync needs has succeeded: what was appended before the offset is not due any more. */
void log_note_sync(struct partition_log *log, int64_t until);

/* What follows from an error of a sync: without descriptors or memory nothing has been synced, and it can be tried
 * again; after any other one nobody knows what the disk has, and the log is offline. KAFKA_STORAGE_ERROR. */
int16_t log_sync_failed(struct partition_log *log, kw_status status);

/* Ends writing in order: indexes and the state of producers are in files, and all of it on the disk, as with
 * log_sync(). With an error, and for a log that is offline, it needs recovery at the next start. Nothing is appended
 * afterwards; it can be read. */
int16_t log_close(struct partition_log *log, int64_t from, int64_t *until);

/* The producers of the moment, in the arena. KAFKA_STORAGE_ERROR if memory is short. */
int16_t log_list_producers(struct partition_log *log, kw_arena *arena, kw_producer_state **producers, size_t *count);

/* Forgets producers that have been idle for producer.id.expiration.ms. */
void log_expire_producers(struct partition_log *log, int64_t now);

#endif
