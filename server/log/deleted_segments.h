/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_DELETED_SEGMENTS_H
#define SERVER_LOG_DELETED_SEGMENTS_H

/* Files of segments that a log does not have any more: who reads them continues, so they are renamed to .deleted and
 * removed later. Everything here needs the log's turn, and its writer. */

#include "log_writer.h"

/* Capacity for so many more. False: there is no memory. */
bool deleted_segments_reserve(struct log_writer *w, size_t more);

/* Renames the files of a segment, those that there are; `with_producers`: also the snapshot of the producers at its
 * start. Each that cannot be renamed is a line on the console; the status is that of the first one. With capacity. */
kw_status deleted_segments_add(struct partition_log *log, int64_t base_offset, bool with_producers, int64_t now_ms);

/* The next segment, all files of which are to be renamed. With capacity. */
void deleted_segments_queue(struct log_writer *w, int64_t base_offset);

/* Renames the files of those that are queued, in that order, and each of them only once the disk has the new names of
 * the one before: what a crash leaves has no gap. It ends at a file that cannot be renamed, after a line on the
 * console, to be tried again. The status is that of a sync. `is_synced`: the folder has just been. */
kw_status deleted_segments_rename(struct partition_log *log, bool is_synced, int64_t now_ms);

/* Whether all that was queued has been renamed. */
bool deleted_segments_are_renamed(const struct log_writer *w);

/* Removes those that were renamed `delay_ms` ago. */
void deleted_segments_remove(struct partition_log *log, int64_t now_ms, int64_t delay_ms);

#endif
