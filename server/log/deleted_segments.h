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

/* Removes those that were renamed `delay_ms` ago. */
void deleted_segments_remove(struct partition_log *log, int64_t now_ms, int64_t delay_ms);

#endif
