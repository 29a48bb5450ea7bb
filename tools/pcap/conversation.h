/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_CONVERSATION_H
#define TOOLS_CONVERSATION_H

/* A connection that is or may be Kafka's: finds the client's side and the frames of both sides, and matches responses
 * to requests. TLS is decrypted if there is a key log. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/pairing.h>

#include "../capture/connection.h"
#include "../decrypt/decryption.h"
#include "exchange.h"
#include "framer.h"

/* Counts of what could not be shown as a request with its response. */
typedef struct traffic_counts {
    uint64_t kafka; /* connections */
    uint64_t tls;   /* connections that were not decrypted: without a key log, or without their start */
    uint64_t decryptions[DECRYPTION_OUTCOMES]; /* connections */
    uint64_t refused;                          /* connections to a broker's port with another protocol */
    uint64_t gaps;                             /* in Kafka's streams */
    uint64_t lost_bytes;                       /* in these gaps */
    uint64_t cut_bytes;                        /* cut off by the capture's snapshot length */
    uint64_t skipped;                          /* bytes, between a gap or the capture's start and the next frame */
    uint64_t orphans;                          /* responses whose requests were not seen */
    uint64_t too_short;                        /* requests with too few captured bytes */
    uint64_t tokens;                           /* raw SASL tokens */
} traffic_counts;

/* A connection of which TLS hides something although there is a key log. */
typedef struct tls_notice {
    char client[ENDPOINT_TEXT_SIZE];
    char broker[ENDPOINT_TEXT_SIZE];
    bool decrypted; /* but for early data */
    decryption_facts facts;
} tls_notice;

enum { MOST_TLS_NOTICES = 8 };

/* State that all conversations share. */
typedef struct conversation_context {
    budget *memory;
    frame_memory frames;
    kw_arena arena; /* for headers, and for checking candidates of frames */
    decryption_shared tls;
    exchange_sink sink;
    traffic_counts counts;
    tls_notice notices[MOST_TLS_NOTICES]; /* of the first connections */
    uint64_t notice_count;                /* of all */
} conversation_context;

/* For conversation_context.tls. */
extern const decryption_sink conversation_decryption_sink;

struct asked;

typedef struct conversation {
    conversation_context *shared;
    connection *link;
    char names[2][ENDPOINT_TEXT_SIZE]; /* of the sides */
    int client;                        /* a side; -1: not known yet */
    bool begun;                        /* there were bytes */
    decryption *tls;                   /* NULL: the bytes are not encrypted */
    bool trusted;                      /* a side has a broker's port */
    bool found;                        /* a frame was found */
    framer framers[2];
    kw_pairing pairing;
    kw_in_flight *slots;
    struct asked *oldest; /* requests in flight, the same as in `pairing` */
    struct asked *newest;
    uint32_t strangers; /* responses in a row without a request */
    size_t searched;    /* bytes before the first frame */
} conversation;

/* `broker_end`: the side with a broker's port, -1 if none. NULL if memory is short. */
conversation *conversation_create(conversation_context *shared, connection *link, int broker_end);

void conversation_bytes(conversation *v, int side, const uint8_t *data, size_t size, int64_t time);
void conversation_gap(conversation *v, int side, size_t size, gap_cause cause);

/* Delivers the rest, and frees the conversation. */
void conversation_destroy(conversation *v);

#endif
