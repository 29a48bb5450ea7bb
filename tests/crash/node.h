/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CRASH_NODE_H
#define TESTS_CRASH_NODE_H

/* A whole broker in the world of ../simulation/world.h, with its log directories on the tape. One at a time. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/broker.h"

struct node_setting {
    const char *name; /* NULL ends a list */
    const char *value;
};

enum { MOST_DIRS = 3 };

/* Paths of log directories; the first one has the metadata. */
extern const char *const node_dirs[MOST_DIRS];

/* Of the brokers that are opened from now on. */
void node_set_dirs(size_t count);
size_t node_dir_count(void);

/* Recovers and takes the metadata over, but loads no coordinators yet. False: it does not start, or is to be served
 * for reading only; node_kill() must follow. */
bool node_open(const struct node_setting *with);

/* From now on it can be asked. */
void node_serve(void);
bool node_is_serving(void);

/* A clean stop. */
void node_stop(void);

/* Its process is killed: what it has written stays as it is. */
void node_kill(void);

struct broker *node_broker(void);

/* The response, valid until the next one; NULL: the connection is closed, or nothing is answered. */
const void *node_ask(int16_t key, int16_t version, const void *request);

enum { MOST_CALLS = 8 };

/* Sends a request on a connection of its own, whose number is returned. At most MOST_CALLS are under way. */
size_t node_send(int16_t key, int16_t version, const void *request);
bool node_is_answered(size_t call);

/* Waits until it is, and for what follows from it without time passing. Returns the call. */
size_t node_await(size_t call);

/* The response to one that is answered, as that of node_ask(); the connection is closed. */
const void *node_take(size_t call);

/* One thing happens. */
void node_step(void);

/* Called after each thing that happens while the broker is asked; NULL: nothing. */
extern void (*node_has_stepped)(void);

#endif
