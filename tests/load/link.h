/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_LOAD_LINK_H
#define TESTS_LOAD_LINK_H

/* Connections to one broker that come back when it has ended, each with one request at a time, all on one thread. Time
 * is in nanoseconds and never goes back. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/writer.h>

struct link;

struct links {
    struct sockaddr_in address;
    int poll;
    struct link **items;
    size_t count, capacity;
    kw_arena arena;
    kw_writer frame;
    uint64_t now;
    uint64_t answers, lost; /* requests that were answered, or whose connection ended before */
};

/* The functions are the owner's; each must call link_ask() or link_rest(). */
struct link {
    void (*act)(struct link *l);                        /* its rest is over */
    void (*answered)(struct link *l, const void *body); /* until it returns */
    void (*lost)(struct link *l);                       /* the request may have been executed or not */
    /* The rest is private. */
    struct links *all;
    int fd;
    uint64_t due;
    int16_t key, version;
    int32_t correlation;
    bool is_asking, is_connecting;
    uint64_t asked_at;
    uint8_t *out;
    size_t out_size, out_sent;
    uint8_t head[4];
    uint8_t *in;
    size_t in_size, in_have; /* in_have: with the four bytes of the head */
};

void links_init(struct links *all, uint16_t port);
void links_finish(struct links *all);

/* The link acts when it has rested so long. It must stay where it is. */
void links_add(struct links *all, struct link *l, double seconds);

/* Handles what happens, and what is due, for a moment. */
void links_run(struct links *all);

void link_ask(struct link *l, int16_t key, int16_t version, const void *body);
void link_rest(struct link *l, double seconds);

/* How long the answer that is handled has taken, in nanoseconds. */
uint64_t link_latency(const struct link *l);

#endif
