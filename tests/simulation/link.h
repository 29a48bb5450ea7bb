/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_LINK_H
#define TESTS_SIMULATION_LINK_H

/* A connection through a network that delays, loses and breaks. It has one request at a time, as those of clients have
 * that wait for each answer. What is sent arrives whole and once, or the connection ends: it is TCP. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/view.h>

/* One in so many; 0: never. */
struct weather {
    size_t lost_requests; /* the connection ends before the request arrives */
    size_t lost_in_work;  /* it ends while the broker works for the request */
    size_t lost_answers;  /* it ends when the request has been carried out */
    size_t late;          /* what is sent takes seconds */
    size_t slow_readers;  /* take their answers piece by piece */
    size_t split;         /* requests arrive piece by piece */
    size_t half_open;     /* of connections that clients give up: the broker does not notice for long */
    size_t little_memory; /* there is little of it for the request */
};

extern struct weather weather;

/* Whether every request must be answered in its time, as nothing disturbs; set by the run. */
extern bool all_are_answered;

struct link;

struct link_owner {
    /* The answer, with its size; valid during the call. The link is free for the next request. */
    void (*heard)(struct link_owner *owner, kw_bytes frame);

    /* The connection has ended, or the answer does not come in time; the link is not the owner's any more. */
    void (*lost)(struct link_owner *owner);
};

/* A new connection. */
struct link *link_open(struct link_owner *owner, bool is_undisturbed);

/* Whether the broker's side has ended. */
bool link_is_cut(const struct link *link);

/* Sends a request, with its size, which is copied. */
void link_ask(struct link *link, kw_bytes frame, int64_t timeout_ms);

/* The client ends it; nothing is heard of it any more. */
void link_leave(struct link *link);

/* The broker ends all connections: before it stops, without waiting for answers. What it has answered may arrive. */
void links_cut(void);

/* Whether the broker still works for any. */
size_t links_at_work(void);

/* Forgets what is left of connections of which clients have been told. */
void links_finish(void);

#endif
