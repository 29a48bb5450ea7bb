/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_NETWORK_RESPONSES_H
#define SERVER_NETWORK_RESPONSES_H

/* What a connection has to send: encoded responses. Records are not copied: they stay where they are, in memory that is
 * held until the last byte has left. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/writer.h>

#include "transport.h"

/* Keeps memory that responses refer to. */
struct responses_hold {
    void (*release)(void *object);
    void *object;
};

struct responses {
    kw_writer writer; /* to append to */
    /* The rest is private. */
    kw_gathered *slots;
    kw_span *spans; /* twice as many and one */
    size_t slot_count;
    size_t expected; /* fields of records; no more than slots */
    struct responses_hold *holds;
    size_t hold_count;
    size_t sent; /* bytes at the front that have left */
};

enum responses_outcome {
    RESPONSES_SENT,
    RESPONSES_BLOCKED, /* the peer has to read first */
    RESPONSES_BROKEN   /* errno says why; EFAULT: memory that was held has gone, as a file has become shorter */
};

void responses_init(struct responses *responses);

/* Drops what was not sent, and gives all memory back. */
void responses_finish(struct responses *responses);

/* Bytes that wait, those that are held included. */
static inline size_t responses_size(const struct responses *responses)
{
    return kw_writer_needed(&responses->writer) - responses->sent;
}

/* The memory that is kept for later responses. */
size_t responses_memory(const struct responses *responses);

/* Prepares for a response with `count` fields of records that are not copied. False if memory is short. */
bool responses_expect_records(struct responses *responses, size_t count);

/* Takes over a reference until the records are sent. No more often than expected. */
void responses_hold(struct responses *responses, void (*release)(void *object), void *object);

/* How many references are held, and giving up those after the first `count`, whose response is not encoded yet. */
static inline size_t responses_held(const struct responses *responses)
{
    return responses->hold_count;
}
void responses_release(struct responses *responses, size_t count);

/* A response has ended: the next one has no records that stay where they are, unless it says that it has. */
void responses_end_one(struct responses *responses);

/* Sends what it can without waiting. */
enum responses_outcome responses_send(struct responses *responses, struct transport *transport);

#endif
