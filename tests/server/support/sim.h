/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_SUPPORT_SIM_H
#define TESTS_SERVER_SUPPORT_SIM_H

/* A deterministic world for calls: an executor on the test's own thread, whose clock moves and whose workers run when
 * the test says so; and a client without a socket. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/executor.h"
#include "base/timer_wheel.h"
#include "network/exchange.h"

struct sim {
    struct executor executor;
    struct timer_wheel timers;
    struct task *posted;
    struct task **last_posted;
    struct task *offloaded;
    struct task **last_offloaded;
};

void sim_init(struct sim *sim);

/* Runs what is posted, and what that posts. */
void sim_run_posted(struct sim *sim);

/* Runs the first task that is posted, and false if there is none. */
bool sim_run_one(struct sim *sim);

/* Runs what is with the workers, one task, and false if there is none. What it posts waits. */
bool sim_run_worker(struct sim *sim);

/* Moves the clock, firing timers on the way, and runs what is posted. */
void sim_advance(struct sim *sim, int64_t ms);

/* Runs everything that does not need time. */
void sim_settle(struct sim *sim);

/* One connection. */
struct sim_client {
    struct sim *sim;
    struct service service;
    struct exchange exchange;
    char fault[EXCHANGE_FAULT_SIZE];
    kw_arena arena;
    size_t arena_limit;
    struct responses responses;
    struct endpoint endpoint;
    enum exchange_outcome outcome; /* of the last request; PENDING or RESTING: it has not ended yet */
    bool memory_is_short;          /* a resting request cannot be woken */
    bool is_gone;
};

/* `arena_limit` is the memory that a request may take. */
void sim_client_init(struct sim_client *client, struct sim *sim, const struct service *service, size_t arena_limit);
void sim_client_finish(struct sim_client *client);

/* Sends a request, which must stay valid until it has ended. The outcome may be EXCHANGE_PENDING. */
enum exchange_outcome sim_client_send(struct sim_client *client, kw_bytes frame);

/* The peer sends nothing more; or is gone, after which the client is finished as soon as the request has ended. */
void sim_client_hurry(struct sim_client *client);
void sim_client_leave(struct sim_client *client);

/* Takes the responses: copies up to `max` bytes, and returns how many there are. */
size_t sim_client_take(struct sim_client *client, uint8_t *to, size_t max);

#endif
