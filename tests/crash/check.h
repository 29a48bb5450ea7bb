/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CRASH_CHECK_H
#define TESTS_CRASH_CHECK_H

/* Whether a broker that is started after a crash is as docs/crash-states.md says. */

#include <stdbool.h>

#include "node.h"
#include "state.h"

/* The run whose tape and ledger are in use. */
struct checked_run {
    const struct process_setting *settings;
    bool is_synced; /* every acknowledgement waits for the disk */
    size_t dirs;    /* log directories */
};

struct check_counts {
    uint64_t states, opened, batches, commits, transactions, producers;
};

extern struct check_counts check_counts;

/* Who wants to see states: as they are built, and what recovery has made of them, with the broker open. */
struct check_observer {
    void (*built)(const struct crash *crash);
    void (*recovered)(void);
};

extern const struct check_observer *check_observer; /* NULL: nobody */

/* A new world, at a moment after the crash, in which random numbers come that nobody has had; each `life` is a later
 * one. */
void check_start_world(const struct crash *crash, unsigned life);

/* Builds the state, opens it, and ends with broken() where something is not so. The files are loaded and unloaded. */
void check_crash(const struct checked_run *run, const struct crash *crash);

#endif
