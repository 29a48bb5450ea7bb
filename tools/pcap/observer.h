/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_OBSERVER_H
#define TOOLS_OBSERVER_H

/* Looks into the messages of exchanges, and shows those that are asked for. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>

#include "../capture/budget.h"
#include "filter.h"
#include "sighting.h"

/* How closely messages are to be looked at. */
typedef enum observer_depth {
    OBSERVE_ERRORS, /* no more than filter and errors need */
    OBSERVE_TOPICS,
    OBSERVE_BODIES /* both messages decoded when they are shown */
} observer_depth;

typedef struct observer {
    const filter *filter;
    sighting_sink sink;
    observer_depth depth;
    uint64_t left; /* exchanges still to be shown */
    budget *memory;
    digest_reader reader;
    topic_names names;
    kw_arena arenas[2]; /* for the values of a request and a response */
    digest digest;
} observer;

/* Shows to `who` what is `wanted`. This and `memory` must outlive the observer, which must stay where it is.
 * `max_memory` is for the values of one message. */
void observer_init(observer *o, const filter *wanted, observer_depth depth, const sighting_sink *who, budget *memory,
                   size_t max_memory);

/* What a traffic calls. */
exchange_sink observer_sink(observer *o);

void observer_finish(observer *o);

#endif
