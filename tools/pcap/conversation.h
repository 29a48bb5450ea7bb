/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_CONVERSATION_H
#define TOOLS_CONVERSATION_H

/* One connection that speaks Kafka, or may: which side is the client, the frames of both, and which response belongs to
 * which request. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/pairing.h>

#include "../capture/connection.h"
#include "exchange.h"
#include "framer.h"

/* What could not be shown as a request with its response. */
typedef struct traffic_counts {
    uint64_t kafka;      /* connections */
    uint64_t tls;        /* connections */
    uint64_t refused;    /* connections to a broker's port that speak something else */
    uint64_t gaps;       /* in Kafka's streams */
    uint64_t lost_bytes; /* in these gaps */
    uint64_t cut_bytes;  /* cut off by the capture's snapshot length */
    uint64_t skipped;    /* bytes, between a gap or the capture's beginning and the next frame */
    uint64_t orphans;    /* responses whose requests were not seen */
    uint64_t too_short;  /* requests of which too little was captured */
    uint64_t tokens;     /* raw SASL tokens */
} traffic_counts;

/* What all conversations share. */
typedef struct conversation_context {
    budget *memory;
    frame_memory frames;
    kw_arena arena; /* for headers, and for looking whether bytes make sense */
    exchange_sink sink;
    traffic_counts counts;
} conversation_context;

struct asked;

typedef struct conversation {
    conversation_context *shared;
    connection *link;
    char names[2][ENDPOINT_TEXT_SIZE]; /* of the sides */
    int client;                        /* side; -1: not known yet */
    bool trusted;                      /* a side has a broker's port */
    bool found;                        /* a frame was */
    framer framers[2];
    kw_pairing pairing;
    kw_in_flight *slots;
    struct asked *oldest; /* requests that wait for their responses, the same as in `pairing` */
    struct asked *newest;
    uint32_t strangers; /* responses in a row that no request was seen for */
    size_t searched;    /* bytes that were no Kafka, before the first frame */
} conversation;

/* `broker_end`: the side whose port is that of a broker, -1 if none is. NULL if there is no memory. */
conversation *conversation_create(conversation_context *shared, connection *link, int broker_end);

void conversation_bytes(conversation *v, int side, const uint8_t *data, size_t size, int64_t time);
void conversation_gap(conversation *v, int side, size_t size, gap_cause cause);

/* Hands on what is left, and frees the conversation. */
void conversation_destroy(conversation *v);

#endif
