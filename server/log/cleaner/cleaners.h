/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_CLEANER_CLEANERS_H
#define SERVER_LOG_CLEANER_CLEANERS_H

/* The threads that clean compacted logs, one log after the other: always the one with the largest part that is not
 * clean. docs/compaction.md explains it. */

#include <stdbool.h>
#include <stdint.h>

#include "../../base/random.h"
#include "../log_manager.h"

/* Settings that may change at any time. */
struct cleaners_live {
    int threads;             /* log.cleaner.threads */
    int64_t map_bytes;       /* log.cleaner.dedupe.buffer.size, of all threads together, as the next one */
    int64_t buffer_bytes;    /* log.cleaner.io.buffer.size */
    double load_factor;      /* log.cleaner.io.buffer.load.factor */
    double bytes_per_second; /* log.cleaner.io.max.bytes.per.second */
    int64_t backoff_ms;      /* log.cleaner.backoff.ms */
};

struct cleaners;

/* Starts the threads, which look for the first time after log.cleaner.backoff.ms. Once the logs that are to be kept are
 * known, and their directories are written to. NULL: there is no memory, or are no random numbers; errno says which. */
struct cleaners *cleaners_start(struct log_manager *logs, const struct cleaners_live *live,
                                struct random_source *random);

/* What is being cleaned continues as it began, but for the bytes per second. Any thread. */
void cleaners_change(struct cleaners *cleaners, const struct cleaners_live *live);

/* Ends them, between two batches, and waits for that. NULL: nothing. */
void cleaners_stop(struct cleaners *cleaners);

/* Cleans the log that most needs it, on the calling thread. False: none does. */
bool cleaners_clean_next(struct cleaners *cleaners);

#endif
