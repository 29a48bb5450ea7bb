/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_CONNECTION_H
#define TOOLS_CONNECTION_H

/* One TCP connection: segments in, two streams of bytes out.
 *
 * Segments are put in the order of their stream, and repeated ones are dropped. The two streams are also ordered by
 * cause and effect: a segment waits until the other stream has reached what the segment acknowledges. So a response
 * never comes before the request that it answers, in whatever order they were captured.
 *
 * Bytes are lost when the other side has acknowledged them, so that they will not be sent again, and they are not in
 * the next few packets. If only one direction was captured nothing is acknowledged, and they are lost after some
 * seconds. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "segment.h"
#include "waiting.h"

/* The stream that one side sends. */
typedef struct stream {
    waiting segments;
    int64_t clock;  /* time of the bytes that were delivered last; does not decrease */
    uint32_t first; /* sequence number of its first byte; this and what follows is set once `started` is */
    uint32_t next;  /* of the byte to deliver next */
    uint32_t acked; /* of the first byte that the other side has not acknowledged; it may be far behind */
    uint8_t odd;    /* segments in a row whose sequence numbers are far off */
    bool seen;      /* any packet of it was captured */
    bool started;
    bool from_start; /* the SYN was captured */
    bool finished;   /* its FIN was delivered */
    bool was_acked;
    bool maybe_fin; /* the byte before `next` is missing; it is the FIN's unless more follows */
} stream;

typedef struct connection {
    endpoint ends[2];
    stream streams[2]; /* [i]: what ends[i] sends */
    int opener;        /* which end opened it; -1 if that was not captured */
    bool over;         /* closed or reset; what comes now is ignored unless it reopens the connection */
    bool ignored;      /* set by the user: its bytes are not needed */
    uint32_t packets;  /* that came */
    void *user;
    struct connection *next; /* private to connections.c, as is what follows */
    struct connection *newer;
    struct connection *older;
    size_t bucket;
} connection;

typedef enum gap_cause {
    GAP_LOST, /* not in the capture */
    GAP_CUT   /* the capture kept only the start of each packet */
} gap_cause;

/* Where the bytes go. `data` is valid during the call; `side` says who sent it. */
typedef struct stream_sink {
    void (*bytes)(void *context, connection *c, int side, const uint8_t *data, size_t size, int64_t time);
    /* `size` bytes that are missing. */
    void (*gap)(void *context, connection *c, int side, size_t size, gap_cause cause);
    /* Nothing follows on this connection; `user` must be released. */
    void (*ended)(void *context, connection *c);
    void *context;
} stream_sink;

/* Processes a segment that ends[side] sent. */
void connection_take(connection *c, int side, const segment *s, budget *memory, const stream_sink *sink);

/* Delivers what waits, gaps included, and ends the connection if it has not ended yet. */
void connection_end(connection *c, budget *memory, const stream_sink *sink);

#endif
