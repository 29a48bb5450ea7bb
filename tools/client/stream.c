/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include <unistd.h>

#include "socket.h"
#include "stream.h"

bool stream_open(stream *s, const address *to, const tls_settings *settings, deadline until, report *r)
{
    s->tls = NULL;
    s->fd = socket_connect(to, until, r);
    if (s->fd < 0)
        return false;
    if (!settings->wanted)
        return true;
    s->tls = tls_open(settings, to->host, s->fd, until, r);
    if (s->tls == NULL)
        close(s->fd);
    return s->tls != NULL;
}

bool stream_send(stream *s, const void *data, size_t size, deadline until, report *r)
{
    return s->tls != NULL ? tls_send(s->tls, data, size, until, r) : socket_send(s->fd, data, size, until, r);
}

bool stream_receive(stream *s, void *data, size_t size, size_t *got, deadline until, report *r)
{
    return s->tls != NULL ? tls_receive(s->tls, data, size, got, until, r)
                          : socket_receive(s->fd, data, size, got, until, r);
}

void stream_close(stream *s, deadline until)
{
    tls_close(s->tls, until);
    close(s->fd);
}
