/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_CONNECTIONS_H
#define TOOLS_CONNECTIONS_H

/* All TCP connections of a capture. */

#include <stddef.h>
#include <stdint.h>

#include "connection.h"

typedef struct connections {
    connection **buckets;
    size_t bucket_count; /* a power of two */
    size_t count;
    connection *newest; /* the one with the latest packet */
    connection *oldest;
    uint64_t seed;
    uint64_t dropped; /* connections that were ended because memory was short */
    budget *memory;
    stream_sink sink;
} connections;

/* `memory` must outlive the table. */
void connections_init(connections *t, budget *memory, const stream_sink *sink);

/* Passes a segment to its connection. If memory is short, the connection that was silent for longest is ended. */
void connections_take(connections *t, const segment *s);

/* Ends every connection, in the order of their last packets, and frees the table. */
void connections_finish(connections *t);

#endif
