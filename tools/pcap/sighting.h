/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_SIGHTING_H
#define TOOLS_SIGHTING_H

/* An exchange with its decoded messages, for printing. */

#include <kwire/message.h>

#include "digest.h"
#include "exchange.h"

/* A message body, decoded as far as possible. */
typedef struct body {
    const kw_message *message; /* NULL: unknown API or version, or too little of the frame was captured */
    const void *value;         /* NULL: it was not decoded */
    int16_t version;
    bool cut;         /* its end was not captured */
    kw_status status; /* why decoding ended early; KW_OK if all captured bytes are valid */
    size_t error_at;  /* offset in the body */
    size_t trailing;  /* bytes after the message */
} body;

typedef struct sighting {
    const exchange *exchange;
    const char *api_name;        /* NULL if it is not known */
    int64_t latency;             /* ns from the last byte of the request to that of the response; -1: no response */
    const topic_list *topics[2]; /* of request and response, by kw_message_kind; NULL: none */
    const error_list *errors;    /* of the response */
    unsigned found;              /* of both; see digest */
    body bodies[2];
} sighting;

/* Receives them. */
typedef struct sighting_sink {
    void (*show)(void *context, const sighting *s);
    void *context;
} sighting_sink;

#endif
