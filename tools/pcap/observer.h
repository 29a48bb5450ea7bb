/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_OBSERVER_H
#define TOOLS_OBSERVER_H

/* Decodes the messages of exchanges, and shows those that match the filter. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>

#include "../capture/budget.h"
#include "filter.h"
#include "sighting.h"

/* How much of the messages is decoded. */
typedef enum observer_depth {
    OBSERVE_ERRORS, /* only what filter and errors need */
    OBSERVE_TOPICS,
    OBSERVE_BODIES /* both messages decoded when they are shown */
} observer_depth;

typedef struct observer {
    const filter *filter;
    sighting_sink sink;
    observer_depth depth;
    uint64_t left;    /* exchanges that may still be shown */
    uint64_t pending; /* wanted requests that wait for their responses */
    budget *memory;
    digest_reader reader;
    topic_names names;
    kw_arena arenas[2]; /* for the values of a request and a response */
    digest digest;
} observer;

/* Passes exchanges that match `wanted` to `who`. `wanted` and `memory` must outlive the observer, which must not be
 * moved. `max_memory` is for the values of one message. */
void observer_init(observer *o, const filter *wanted, observer_depth depth, const sighting_sink *who, budget *memory,
                   size_t max_memory);

/* The sink for a traffic. */
exchange_sink observer_sink(observer *o);

/* How much later than its last segment a request may be complete: it may have waited for other segments. */
#define OBSERVER_LATE (INT64_C(5) * 1000000000)

/* Whether no packet of this time or later can add anything. */
static inline bool observer_is_done(const observer *o, int64_t now)
{
    return o->left == 0 || (now - OBSERVER_LATE > o->filter->until && o->pending == 0);
}

void observer_finish(observer *o);

#endif
