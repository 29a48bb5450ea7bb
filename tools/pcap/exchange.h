/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_EXCHANGE_H
#define TOOLS_EXCHANGE_H

/* A request and its outcome. */

#include <stdbool.h>

#include <kwire/frame.h>

#include "../capture/segment.h"
#include "framer.h"

typedef enum outcome {
    OUTCOME_ANSWERED,
    OUTCOME_NOT_DUE, /* Produce with acks 0 has no response */
    OUTCOME_NOT_SEEN /* the response is not in the capture */
} outcome;

typedef struct exchange {
    const char *client; /* address and port */
    const char *broker;
    const endpoint *client_end; /* the same */
    const endpoint *broker_end;
    const kw_request *request; /* its body is not valid any more: see `note` */
    frame request_frame;       /* data is NULL unless exchange_sink.keep_requests */
    void *note;                /* what asked() returned */
    outcome outcome;
    frame response_frame; /* this and what follows: only if answered */
    kw_response response;
    kw_status response_status; /* of its header */
} exchange;

/* Receives exchanges. Views are valid during the call. */
typedef struct exchange_sink {
    /* Called for each request, with its body; note, outcome and response are not set. The result becomes the note of
     * its exchange. */
    void *(*asked)(void *context, const exchange *e);
    /* Called once for each request. It must free the note. */
    void (*done)(void *context, const exchange *e);
    void *context;
    bool keep_requests; /* until they are answered */
} exchange_sink;

#endif
