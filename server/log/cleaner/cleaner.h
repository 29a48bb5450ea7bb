/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_CLEANER_CLEANER_H
#define SERVER_LOG_CLEANER_CLEANER_H

/* Compaction of one log, from start to end. docs/compaction.md explains it. */

#include "clean_range.h"
#include "clean_segment.h"

/* The share of one thread. */
struct cleaner_options {
    size_t map_bytes;       /* of its part of log.cleaner.dedupe.buffer.size */
    double map_load_factor; /* log.cleaner.io.buffer.load.factor */
    size_t buffer_size;     /* of reading, and of writing */
    uint8_t secret[OFFSET_MAP_SECRET_SIZE];
    struct clean_pace pace;
};

/* A log that has been looked at. */
struct cleaner_job {
    struct partition_log *log;
    struct log_snapshot snapshot;
    struct log_config config;
    struct clean_source *segments; /* of the snapshot */
    struct clean_log view;
    struct clean_range range;
};

/* Looks at a log, whose settings say compact: what could be cleaned, and whether it is worth it. `checkpoint` is what
 * is known to be clean; -1: nothing. True: cleaner_job_finish() must follow. False: it cannot be looked at, after a
 * line on the console, or is empty. May wait for the disk. */
bool cleaner_look(struct cleaner_job *job, struct partition_log *log, int64_t checkpoint, int64_t now);
void cleaner_job_finish(struct cleaner_job *job);

struct cleaner_result {
    int64_t checkpoint; /* with CLEAN_DONE: below it the log is clean */
    size_t segments_before;
    size_t segments_after;
    struct clean_statistics statistics;
};

/* Cleans it, whether it is worth it or not. Nobody else may clean it or remove segments meanwhile; it may be written to
 * and read. */
enum clean_outcome cleaner_run(struct cleaner_job *job, const struct cleaner_options *options,
                               struct cleaner_result *out);

#endif
