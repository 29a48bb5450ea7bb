/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_SAMPLE_LOG_H
#define FUZZ_SAMPLE_LOG_H

/* The files of a log that the broker has written: some thirty batches in several segments, with indexes, snapshots of
 * producers, leader epochs and, of one kind, transactions. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/log_config.h"
#include "damage.h"
#include "log/partition_log.h"

enum sample_kind { SAMPLE_PLAIN, SAMPLE_IDEMPOTENT, SAMPLE_TRANSACTIONS, SAMPLE_KINDS };

enum { SAMPLE_MOST_FILES = 64, SAMPLE_PRODUCER = 7, SAMPLE_BATCHES = 30 };

struct sample_file {
    char name[64];
    struct damaged_file content;
};

/* Appends SAMPLE_BATCHES batches to a log that is open. */
void sample_log_append(struct partition_log *log, enum sample_kind kind);

/* Files in the order of their names. */
struct sample_log {
    struct sample_file files[SAMPLE_MOST_FILES];
    size_t count;
    int64_t end_offset;
};

/* The settings that it was written with. */
void sample_log_config(struct log_config *config);

/* Written in t-0 of folder.h, closed in order or as a process leaves it that is killed. Made once, and kept; the
 * folder is then empty. */
const struct sample_log *sample_log_get(enum sample_kind kind, bool is_closed);

#endif
