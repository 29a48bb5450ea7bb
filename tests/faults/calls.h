/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FAULTS_CALLS_H
#define TESTS_FAULTS_CALLS_H

/* Lives in which calls of the disk fail. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct calls_counts {
    uint64_t lives;
    uint64_t failures; /* calls that failed */
};

extern struct calls_counts calls_counts;

/* How many ways there are in which calls fail. */
size_t calls_ways(void);

/* How many calls a life has that may fail in that way. */
size_t calls_in(size_t way);

/* A life in which the call after so many fails in that way; then all must be there. */
void calls_run(size_t way, size_t pass);

/* What is being run, to be printed when it breaks. */
const char *calls_subject(void);

#endif
