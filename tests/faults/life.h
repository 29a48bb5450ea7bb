/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FAULTS_LIFE_H
#define TESTS_FAULTS_LIFE_H

/* What a broker and its clients do. */

#include <stdbool.h>

/* Clients that nobody knows yet. */
void life_start(void);

/* What the plan of the disk lets fail. */
enum life_failure {
    LIFE_FAILURE_PASSES, /* as if the disk were full, or memory were short, for some calls */
    LIFE_FAILURE_STAYS,  /* something that is offline afterwards until the next start */
    LIFE_ALL_FAILS       /* all calls from one on, in the first directory, too */
};

/* First start, topics, records, transactions, offsets, new segments, retention, compaction, checkpoints, snapshots, a
 * clean stop; a start after that, and a kill, with a loss of power if
 * what is acknowledged is synced; recovery. */
void life_live(enum life_failure failure);

/* Clients finish what they have begun, and everything can be written to. The broker is up and nothing disturbs. */
void life_finish(void);

#endif
