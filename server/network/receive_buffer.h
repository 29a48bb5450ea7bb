/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_NETWORK_RECEIVE_BUFFER_H
#define SERVER_NETWORK_RECEIVE_BUFFER_H

/* What has come from a peer and is not answered yet. The buffer is small until bytes really come: a peer that announces
 * a large frame and sends nothing costs nothing. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What a connection may have received in any case. A frame beyond it makes the buffer larger. */
enum { RECEIVE_BUFFER_BUSY = 64 * 1024 };

struct receive_buffer {
    uint8_t *data;
    size_t size; /* bytes that are there */
    size_t room;
};

bool receive_buffer_init(struct receive_buffer *input);
void receive_buffer_finish(struct receive_buffer *input);

/* Reads once from a socket. As recv(): 0 at the end, -1 and errno, ENOMEM if the buffer had to grow and could not.
 * `frame` is the size of the frame that is incomplete, which is what the buffer grows to at most once it is large. */
ssize_t receive_buffer_read(struct receive_buffer *input, int fd, size_t frame);

/* Drops bytes at the beginning. */
void receive_buffer_drop(struct receive_buffer *input, size_t size);

/* Gives back what a large frame has made the buffer grow to. */
void receive_buffer_shrink(struct receive_buffer *input);

#endif
