/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_STREAM_H
#define TOOLS_STREAM_H

/* A byte stream over TCP, in plain text or with TLS. */

#include "address.h"
#include "tls.h"

typedef struct stream {
    int fd;
    tls_session *tls; /* NULL: plain text */
} stream;

/* Connects, with a handshake if TLS is used. stream_close() must be called only if it returns true. */
bool stream_open(stream *s, const address *to, const tls_settings *settings, deadline until, report *r);

/* Sends all of it. */
bool stream_send(stream *s, const void *data, size_t size, deadline until, report *r);

/* Receives at least one byte, at most `size`; *got is 0 if the peer ended the connection. */
bool stream_receive(stream *s, void *data, size_t size, size_t *got, deadline until, report *r);

void stream_close(stream *s, deadline until);

#endif
