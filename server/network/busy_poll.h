/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_NETWORK_BUSY_POLL_H
#define SERVER_NETWORK_BUSY_POLL_H

/* Whether a reactor looks for its next event for some microseconds before it sleeps.
 *
 * A peer that sends each request as soon as it has the response to the one before is answered earlier by a thread that
 * is still awake: sleeping and being woken takes longer than a small request. So a reactor looks for the next event
 * before it sleeps if the last two waits had one event each, from the same source. A look that finds nothing is wasted:
 * the peer needs more time, or this thread's processor. After it, eight times as many such waits as before are without
 * a look; after one that finds something, half as many. */

#include <stdbool.h>
#include <stddef.h>

#include "poller.h"

/* Waits between two looks, at the most. */
enum { BUSY_POLL_MOST_SKIPPED = 1023 };

/* Zero bytes are one that has seen nothing. */
struct busy_poll {
    const void *source; /* of the only event of the last wait; NULL: it had none or several */
    bool is_alone;      /* the wait before that had the same */
    unsigned skip;      /* waits without a look between two looks */
    unsigned skipped;   /* since the last one */
};

/* Before a wait that may sleep: whether to look for events first. */
bool busy_poll_starts(struct busy_poll *poll);

/* The look that was started has ended. */
void busy_poll_ends(struct busy_poll *poll, bool found);

/* After each wait: its events. */
void busy_poll_note(struct busy_poll *poll, const struct poller_event *events, size_t count);

#endif
