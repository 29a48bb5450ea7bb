/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_ASKER_H
#define TESTS_SIMULATION_ASKER_H

/* Requests of a client on one connection, which is made when it is needed. */

#include <stdbool.h>
#include <stdint.h>

#include "link.h"

/* Zero bytes but for the two functions and is_undisturbed. */
struct asker {
    struct link_owner owner;

    /* The decoded response, valid during the call. */
    void (*answered)(struct asker *asker, const void *response);

    /* No answer comes, whether the broker has done what was asked or not. */
    void (*failed)(struct asker *asker);

    bool is_undisturbed;
    bool expects_nothing; /* no response is sent: `answered` gets NULL once the request has been carried out */
    bool is_busy;         /* the rest is private but for this one, */
    int16_t key;          /* and these */
    int16_t version;
    int64_t asked_at;
    int64_t quiet_since; /* when it was busy last */
    uint32_t holding;    /* of judge_acquired() */
    uint32_t connection; /* how many it has made */
    struct link *link;
    int32_t correlation;
};

/* One at a time. */
void asker_ask(struct asker *asker, int16_t key, int16_t version, const void *request, int64_t timeout_ms);

/* Whether the connection of the last answer is still there, also for the broker. */
bool asker_is_connected(const struct asker *asker);

/* Ends the connection, and what is asked. */
void asker_stop(struct asker *asker);

#endif
