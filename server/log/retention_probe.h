/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_RETENTION_PROBE_H
#define SERVER_LOG_RETENTION_PROBE_H

/* Whether a log has something old, as far as its folder says it, so that logs which nobody uses need not be opened. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct partition_log;

/* What is remembered of a log that is not open: nobody writes to it meanwhile. Zero bytes: nothing yet. */
struct retention_probe {
    bool is_known;
    bool is_unfinished;    /* files of retention or of the log cleaner are left over */
    bool is_empty;         /* no segment, or a single one without records */
    int64_t second_offset; /* where the second segment starts; INT64_MAX: there is none */
    int64_t newest;        /* no record of the first segment that has this time or a later one; INT64_MIN: not known */
    uint64_t first_size;   /* bytes of the first segment */
    uint64_t total_size;   /* of all segments */
};

/* False: log_retain() would do nothing at that time, ms since 1970, if the log was opened. Of one that is open it is
 * true. May wait for the disk; one thread at a time. */
bool retention_probe_finds(struct retention_probe *probe, struct partition_log *log, int64_t now);

#endif
