/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_CLEANER_SEGMENT_SWAP_H
#define SERVER_LOG_CLEANER_SEGMENT_SWAP_H

/* A cleaned segment takes the place of those that it was made of. Source: LocalLog.replaceSegments() in Kafka. */

#include "../partition_log.h"

struct cleaned_segment {
    struct log_segment *segment; /* its base offset is that of the first old one; its files end in .cleaned */
    bool has_txn_index;
    const kw_aborted_txn *aborted; /* that are left in it, by last_offset */
    size_t aborted_count;
};

/* `count` segments of `from`, from `first` on, become that one. Takes the turn, and waits for the disk. If the log does
 * not have them any more or cannot be written to, or before the first file has its final name, the files of the new one
 * are removed, and nothing has changed; if a file cannot be renamed after that the log goes offline, and the next start
 * completes the work. Errors are Kafka's, after a line on the console. */
int16_t segment_swap(struct partition_log *log, const struct log_contents *from, size_t first, size_t count,
                     const struct cleaned_segment *by, int64_t now_ms);

/* Removes the files of a cleaned segment that is not used. */
void cleaned_segment_remove(const char *folder, int64_t base_offset);

#endif
