/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CRASH_RUN_H
#define TESTS_CRASH_RUN_H

/* Runs of a broker that are recorded: what they do follows from the seed of the world. */

#include "check.h"

enum run_kind {
    RUN_PRODUCE,      /* all kinds of batches, with new segments */
    RUN_TOPICS,       /* created, changed, grown, deleted */
    RUN_RETENTION,    /* segments and records that are deleted */
    RUN_GROUPS,       /* members and offsets */
    RUN_TRANSACTIONS, /* that are open, committed, aborted */
    RUN_COMPACTION,
    RUN_METADATA, /* many changes, with snapshots */
    RUN_MIXED,
    RUN_KINDS
};

extern const char *const run_names[RUN_KINDS];

/* Records a run on an empty directory: the tape and the ledger have it afterwards, no files are loaded. */
struct checked_run run_record(enum run_kind kind);

/* Records the start of a broker on what a crash of the run in tape and ledger has left, and some more of its life. They
 * have that afterwards; the first changes are what was there. */
struct checked_run run_record_recovery(enum run_kind kind, const struct checked_run *before, const struct crash *crash);

/* The first change of the tape that a broker has made. */
size_t run_first_point(void);

#endif
