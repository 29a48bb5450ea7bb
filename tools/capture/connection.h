/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_CONNECTION_H
#define TOOLS_CONNECTION_H

/* One TCP connection: segments in, two streams of bytes out.
 *
 * Segments are put in the order of their stream, and those that come again are dropped. The two streams are also put in
 * the order of cause and effect: a segment waits until the other stream has got as far as the segment acknowledges. So
 * a response never comes out before the request that it answers, however the capture has shuffled them.
 *
 * Bytes are taken for lost when the other side has acknowledged them, so that nobody will send them again, and they
 * have not turned up in the next few packets. Where only one direction was captured nothing is acknowledged, and some
 * seconds decide. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "segment.h"
#include "waiting.h"

/* What one side sends. */
typedef struct stream {
    waiting segments;
    int64_t clock;  /* when the bytes were there that were handed on last; does not go back */
    uint32_t first; /* sequence number of its first byte; this and what follows is set from `started` on */
    uint32_t next;  /* of the byte to hand on next */
    uint32_t acked; /* of the first byte that the other side has not confirmed; it may be far behind */
    uint8_t odd;    /* segments in a row whose sequence numbers are far off */
    bool seen;      /* any packet of it */
    bool started;
    bool from_start; /* the SYN was captured */
    bool finished;   /* its FIN was handed on */
    bool was_acked;
    bool maybe_fin; /* the byte before `next` is missing; it is the FIN's unless more follows */
} stream;

typedef struct connection {
    endpoint ends[2];
    stream streams[2]; /* [i]: what ends[i] sends */
    int opener;        /* which end opened it; -1 if that was not captured */
    bool over;         /* closed or reset; what comes now is ignored unless it opens the connection anew */
    bool ignored;      /* for the user to set: its bytes are of no interest */
    uint32_t packets;  /* that came */
    void *user;
    struct connection *next; /* private to connections.c, as is what follows */
    struct connection *newer;
    struct connection *older;
    size_t bucket;
} connection;

typedef enum gap_cause {
    GAP_LOST, /* not in the capture */
    GAP_CUT   /* the capture kept only the beginnings of packets */
} gap_cause;

/* Where the bytes go. `data` is valid during the call; `side` says who sent it. */
typedef struct stream_sink {
    void (*bytes)(void *context, connection *c, int side, const uint8_t *data, size_t size, int64_t time);
    /* `size` bytes that never come. */
    void (*gap)(void *context, connection *c, int side, size_t size, gap_cause cause);
    /* Nothing follows on this connection; `user` is to be given up. */
    void (*ended)(void *context, connection *c);
    void *context;
} stream_sink;

/* Takes a segment that ends[side] sent. */
void connection_take(connection *c, int side, const segment *s, budget *memory, const stream_sink *sink);

/* Hands on what waits, gaps included, and ends the connection if it is not over yet. */
void connection_end(connection *c, budget *memory, const stream_sink *sink);

#endif
