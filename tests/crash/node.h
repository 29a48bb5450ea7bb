/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CRASH_NODE_H
#define TESTS_CRASH_NODE_H

/* A whole broker in the world of ../simulation/world.h, with its directory /data on the tape. One at a time. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/broker.h"

struct node_setting {
    const char *name; /* NULL ends a list */
    const char *value;
};

/* Recovers and takes the metadata over, but loads no coordinators yet. False: it does not start, or is to be served
 * for reading only; node_kill() must follow. */
bool node_open(const struct node_setting *with);

/* From now on it can be asked. */
void node_serve(void);

/* A clean stop. */
void node_stop(void);

/* Its process is killed: what it has written stays as it is. */
void node_kill(void);

struct broker *node_broker(void);

/* The response, valid until the next request; NULL: the connection is closed, or nothing is answered. */
const void *node_ask(int16_t key, int16_t version, const void *request);

/* Called after each thing that happens while the broker is asked; NULL: nothing. */
extern void (*node_has_stepped)(void);

#endif
