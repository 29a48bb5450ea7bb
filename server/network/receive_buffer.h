/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_NETWORK_RECEIVE_BUFFER_H
#define SERVER_NETWORK_RECEIVE_BUFFER_H

/* What has arrived from a peer and is not answered yet. The buffer is small until bytes really arrive: a peer that
 * announces a large frame and sends nothing costs nothing. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport.h"

/* What a connection may have received in any case: BUSY where queued.max.request.bytes limits what is beyond it, else
 * FAST. A frame beyond that makes the buffer larger. */
enum { RECEIVE_BUFFER_SMALL = 4 * 1024, RECEIVE_BUFFER_BUSY = 64 * 1024, RECEIVE_BUFFER_FAST = 256 * 1024 };

/* Zero bytes are an empty buffer. */
struct receive_buffer {
    uint8_t *data;
    size_t size; /* bytes that have arrived */
    size_t capacity;
    bool was_filled; /* the last receipt took all that was free: the peer has probably sent more */
};

void receive_buffer_finish(struct receive_buffer *buffer);

/* The capacity that the buffer needs before more can arrive: the one it has, unless it is full. A full buffer doubles:
 * up to `usual` for the sake of peers that send much, beyond that only as far as `frame`, the size of the incomplete
 * frame at its start, goes. Up to `usual` it also doubles if it was full when it received last, so that several
 * requests that wait are received at once. */
size_t receive_buffer_wanted(const struct receive_buffer *buffer, size_t frame, size_t usual);

/* False if memory is short; the buffer is then as it was. */
bool receive_buffer_resize(struct receive_buffer *buffer, size_t capacity);

/* Receives once, as recv(). The buffer must not be full. */
ssize_t receive_buffer_receive(struct receive_buffer *buffer, struct transport *transport);

/* Drops bytes at the start. */
void receive_buffer_drop(struct receive_buffer *buffer, size_t size);

/* Gives back what a large frame has made the buffer grow to. */
void receive_buffer_shrink(struct receive_buffer *buffer);

#endif
