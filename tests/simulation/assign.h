/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_ASSIGN_H
#define TESTS_SIMULATION_ASSIGN_H

/* The assignors of clients, for the leaders of classic groups. */

#include "member.h"

/* A member as its subscription describes it. */
struct candidate {
    unsigned topics;
    uint64_t owned; /* by itself */
    int32_t generation;
    uint64_t assigned; /* the result */
};

/* Candidates are in the order of their ids. */
void assign(enum assignor assignor, struct candidate *candidates, size_t count);

#endif
