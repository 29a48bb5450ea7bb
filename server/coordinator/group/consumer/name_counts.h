/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CONSUMER_NAME_COUNTS_H
#define SERVER_COORDINATOR_GROUP_CONSUMER_NAME_COUNTS_H

/* How many name a name: of topics, and of assignors. Counting down never needs memory, and neither does counting up
 * what is held. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/view.h>

#include "../../../base/hash_chains.h"

struct name_count {
    struct hash_link link;
    uint32_t members;  /* that name it */
    uint32_t patterns; /* that match it */
    uint32_t held;     /* who may count it again */
    int32_t change;    /* scratch of a decision; 0 outside of it */
    kw_string name;
    char text[]; /* private */
};

/* Zero bytes: no names. */
struct name_counts {
    struct hash_chains table;
    uint32_t seed; /* of hashes; to be set before the first name */
};

void name_counts_finish(struct name_counts *counts);

/* NULL: it is not counted and not held. */
struct name_count *name_counts_find(const struct name_counts *counts, kw_string name);

/* The same, or a new one that nobody names yet. NULL: there is no memory. */
struct name_count *name_counts_demand(struct name_counts *counts, kw_string name);

/* Frees the name if nobody counts or holds it. NULL: nothing. */
void name_counts_tidy(struct name_counts *counts, struct name_count *count);

/* Whether anybody names it, or a pattern matches it. */
bool name_count_is_used(const struct name_count *count);

/* All of them: from NULL on, to NULL. In any order. */
struct name_count *name_counts_next(const struct name_counts *counts, const struct name_count *count);

#endif
