/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_STREAM_H
#define TOOLS_STREAM_H

/* A connection that bytes go through, in the clear or by TLS. */

#include "address.h"
#include "tls.h"

typedef struct stream {
    int fd;
    tls_session *tls; /* NULL: in the clear */
} stream;

/* Connects, and shakes hands if TLS is wanted. stream_close() is due only where it returns true. */
bool stream_open(stream *s, const address *to, const tls_settings *settings, deadline until, report *r);

/* All of it. */
bool stream_send(stream *s, const void *data, size_t size, deadline until, report *r);

/* At least one byte, at most `size`; *got is 0 where the peer ended the connection. */
bool stream_receive(stream *s, void *data, size_t size, size_t *got, deadline until, report *r);

void stream_close(stream *s, deadline until);

#endif
