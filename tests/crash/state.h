/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CRASH_STATE_H
#define TESTS_CRASH_STATE_H

/* What the disk may have after a crash in the middle of what the tape has recorded. docs/crash-states.md */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first kinds are one state each. */
enum crash_kind {
    CRASH_OF_PROCESS, /* the system continues: all is there */
    CRASH_OLDEST,     /* only what was synced */
    CRASH_JOURNALED,  /* names are as of one moment; what files contain is of others */
    CRASH_ANYTHING    /* each change by itself */
};

struct crash {
    size_t point;     /* so many changes of the tape were made */
    uint64_t variant; /* 0: of the process; 1: the oldest one; else which one of all others */
};

enum crash_kind crash_kind_of(const struct crash *crash);

/* Fills the files, which must be empty, with that state. The same crash of the same tape gives the same files. */
void crash_build(const struct crash *crash);

#endif
