/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_SHARE_SHARE_RUNS_H
#define SERVER_SHARE_SHARE_RUNS_H

/* What is in flight of a partition for one share group: runs of offsets that have everything in common. Each change
 * makes a new list from the old one in a single pass, so that one that fails has changed nothing. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../coordinator/budget.h"
#include "../coordinator/share/share_batches.h"

enum { SHARE_NOBODY = 0, SHARE_NO_WRITE = 0 };

/* Why a record becomes a dead letter, or what is done about it. */
enum share_letter {
    SHARE_NO_LETTER,
    SHARE_LETTER_REJECTED,
    SHARE_LETTER_EXCEEDED, /* it has been delivered often enough */
    SHARE_LETTER_LOADED,   /* one of these: it was archiving when it was loaded */
    SHARE_LETTER_TAKEN     /* it is being produced */
};

struct share_run {
    int64_t first;
    int64_t last;
    int64_t deadline; /* of the lock while it is acquired; INT64_MAX: there is none */
    uint32_t owner;   /* who has it acquired; SHARE_NOBODY */
    uint32_t write;   /* the one that must be written before it gets `next`; SHARE_NO_WRITE: none */
    int16_t count;    /* of deliveries; 0: it has not been delivered yet */
    int8_t state;     /* enum share_delivery */
    int8_t next;
    int8_t letter; /* enum share_letter; with SHARE_ARCHIVING as state, or as next */
    bool is_start; /* of a batch: the run before belongs to another one */
};

/* Sorted, without overlaps; there may be gaps in which the log has no records. */
struct share_runs {
    struct share_run *items;
    size_t count;
    size_t capacity;
};

void share_runs_finish(struct share_runs *runs, struct coordinator_budget *budget);

/* Adds a run behind the others, and joins it with the last one if they have everything in common and it does not start
 * a batch. One that is empty is not added. False: there is no memory. */
bool share_runs_add(struct share_runs *runs, const struct share_run *run, struct coordinator_budget *budget);

/* The part of a run from `first` to `last`, which may be beyond it. One that is cut off at the front starts no batch.
 */
struct share_run share_run_part(const struct share_run *run, int64_t first, int64_t last);

/* The index of the first run that ends at the offset or behind it; the count if none does. */
size_t share_runs_find(const struct share_runs *runs, int64_t offset);

static inline bool share_run_is_final(const struct share_run *run)
{
    return run->write == SHARE_NO_WRITE && (run->state == SHARE_ACKNOWLEDGED || run->state == SHARE_ARCHIVED);
}

static inline bool share_run_is_available(const struct share_run *run)
{
    return run->write == SHARE_NO_WRITE && run->state == SHARE_AVAILABLE;
}

/* Its lock ends at the deadline. */
static inline bool share_run_is_locked(const struct share_run *run)
{
    return run->write == SHARE_NO_WRITE && run->state == SHARE_ACQUIRED;
}

static inline void share_run_set(struct share_run *run, int8_t state)
{
    run->state = state;
    run->owner = SHARE_NOBODY;
    run->deadline = INT64_MAX;
    run->write = SHARE_NO_WRITE;
    run->letter = SHARE_NO_LETTER;
}

#endif
