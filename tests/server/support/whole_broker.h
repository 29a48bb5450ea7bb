/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_SUPPORT_WHOLE_BROKER_H
#define TESTS_SERVER_SUPPORT_WHOLE_BROKER_H

/* A whole broker without a network, from its directory to its answers. The files are those of the layer in use; the
 * controller decides, and workers run, while a request is asked, so that one input gives the same calls each time. */

#include <stdbool.h>
#include <stdint.h>

#include <kwire/view.h>

#include "sim.h"
#include "startup.h"

struct whole_broker {
    struct broker broker;
    struct startup startup;
    struct sim sim;
    struct executor *home; /* of coordinators */
    struct service service;
    bool is_open; /* it can be asked */
};

/* Opens the directory, and creates it if it is missing. False after a complaint; then nothing is left of it. Clients
 * reach it at 127.0.0.1:9092, which nobody listens on. */
bool whole_broker_open(struct whole_broker *b, const char *dir);

/* A clean stop. Does nothing to one that is not open. */
void whole_broker_close(struct whole_broker *b);

/* Decides what clients have asked of the controller, and runs what that continues. */
void whole_broker_settle(struct whole_broker *b);

/* One request, without its size, on a connection of its own. It is hurried, so that nothing waits for others. The
 * answer, with its size, is copied to a buffer of that capacity; *size is 0 without one. False: the connection would be
 * closed. */
bool whole_broker_ask(struct whole_broker *b, kw_bytes request, uint8_t *answer, size_t capacity, size_t *size);

#endif
