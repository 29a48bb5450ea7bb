/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_WITNESS_H
#define TESTS_SIMULATION_WITNESS_H

/* Reads all that transactions write, from the first record on. */

#include "asker.h"
#include "ledger.h"
#include "world.h"

struct witness {
    struct asker asker; /* the first member */
    struct happening next;
    bool is_committed; /* reads at read_committed */
    bool returns;      /* now and then to the start */
    int64_t positions[LEDGER_ALL];
    bool is_at_end[LEDGER_ALL];
};

void witness_start(struct witness *witness, bool is_committed, bool returns);
void witness_stop(struct witness *witness);

/* All has been read, up to the end of each partition. */
bool witness_has_read_all(const struct witness *witness);

#endif
