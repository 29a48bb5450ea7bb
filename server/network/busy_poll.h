/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_NETWORK_BUSY_POLL_H
#define SERVER_NETWORK_BUSY_POLL_H

/* Whether a reactor looks for its next event for some microseconds before it sleeps.
 *
 * A peer that sends each request as soon as it has the response to the one before is answered earlier by a thread that
 * is still awake: sleeping and being woken takes longer than a small request. So each source has a history: for its
 * last events, whether they came right after one of its own, with no other event between. A reactor looks for the next
 * event before it sleeps if the last wait had one event, and its source has had such ones lately. Of some requests that
 * is true after each second one only: a transaction's end follows its records at once, the next transaction does not.
 * So what looks have found is counted for each history of its own. A look that finds nothing is wasted: the peer needs
 * more time, or this thread's processor. After it, eight times as many such waits as before are without a look; after
 * one that finds something, half as many. */

#include <stdbool.h>
#include <stdint.h>

/* Waits between two looks, at the most. */
enum { BUSY_POLL_MOST_SKIPPED = 1023, BUSY_POLL_HISTORIES = 8 };

/* What is known of a source; zero bytes are one that has had no event. */
struct busy_poll_history {
    uint8_t events; /* a bit for each, the last one in bit 0 */
};

/* Zero bytes are one that has seen nothing. */
struct busy_poll {
    const struct busy_poll_history *source; /* of the only event of the last wait; NULL: it had none or several */
    unsigned history;                       /* its events */
    struct busy_poll_looks {
        unsigned skip;    /* waits without a look between two looks */
        unsigned skipped; /* since the last one */
    } looks[BUSY_POLL_HISTORIES];
};

/* Before a wait that may sleep: whether to look for events first. */
bool busy_poll_starts(struct busy_poll *poll);

/* The look that was started has ended. */
void busy_poll_ends(struct busy_poll *poll, bool found);

/* After each wait: whose its only event is, or NULL. */
void busy_poll_note(struct busy_poll *poll, struct busy_poll_history *source);

#endif
