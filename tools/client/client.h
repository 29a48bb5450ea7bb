/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_CLIENT_H
#define TOOLS_CLIENT_H

/* A connection that sends requests one after the other, and receives the answer of each. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/frame.h>

#include "../command/buffer.h"
#include "stream.h"

typedef struct client_settings {
    address broker;
    const char *client_id;
    tls_settings tls;
    size_t max_memory; /* of a frame, in either direction, and again of its decoded values */
} client_settings;

typedef struct client {
    const client_settings *settings;
    kw_string client_id; /* of the following requests; the caller may change it */
    deadline until;      /* of all calls */
    stream stream;
    int32_t correlation_id; /* of the newest request */
    int16_t api_key;        /* of it */
    int16_t api_version;
    bool answered; /* whether it will be answered */
    kw_writer out; /* its frame */
    buffer in;     /* the frame of its answer */
    size_t in_size;
    kw_arena header; /* of the answer: unknown tags */
} client;

/* Connects. client_close() must be called only if it returns true. The settings must outlive the client. */
bool client_open(client *c, const client_settings *settings, deadline until, report *r);
void client_close(client *c);

/* Sends a request; `value` is the message's struct. */
bool client_send(client *c, int16_t api_key, int16_t api_version, const void *value, report *r);

/* Sends any bytes; no request is remembered. */
bool client_send_bytes(client *c, const void *data, size_t size, report *r);

/* Whether a report says that the broker ended the connection instead of answering. */
bool client_was_left(const client *c, const report *r);

/* The answer to the request that was sent last, if client.answered. The body is a view of client.in, valid until the
 * next receive. */
bool client_receive(client *c, kw_response *out, report *r);

/* The next frame, whatever it answers; the payload is such a view too. */
bool client_receive_frame(client *c, kw_bytes *payload, report *r);

/* Both, and the answer's struct in the arena, with views of client.in. Not for requests that are never answered. */
bool client_ask(client *c, int16_t api_key, int16_t api_version, const void *request, kw_response *response,
                kw_arena *arena, void **answer, report *r);

#endif
