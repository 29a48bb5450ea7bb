/* SPDX-License-Identifier: Apache-2.0 */
#include "receive_buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { SMALL = 4 * 1024 };

bool receive_buffer_init(struct receive_buffer *input)
{
    input->data = malloc(SMALL);
    input->size = 0;
    input->room = SMALL;
    return input->data != NULL;
}

void receive_buffer_finish(struct receive_buffer *input)
{
    free(input->data);
}

static bool resize(struct receive_buffer *input, size_t room)
{
    uint8_t *data = realloc(input->data, room);
    if (data == NULL)
        return false;
    input->data = data;
    input->room = room;
    return true;
}

/* A full buffer doubles: up to RECEIVE_BUFFER_BUSY for the sake of peers that send much, beyond only as far as the
 * frame goes.
 */
static bool grow(struct receive_buffer *input, size_t frame)
{
    size_t limit = frame > RECEIVE_BUFFER_BUSY ? frame : RECEIVE_BUFFER_BUSY;
    size_t twice = input->room <= limit / 2 ? input->room * 2 : limit;
    return resize(input, twice > input->room ? twice : input->room + SMALL);
}

ssize_t receive_buffer_read(struct receive_buffer *input, int fd, size_t frame)
{
    if (input->size == input->room && !grow(input, frame)) {
        errno = ENOMEM;
        return -1;
    }
    ssize_t n;
    do
        n = recv(fd, input->data + input->size, input->room - input->size, 0);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        input->size += (size_t)n;
    return n;
}

void receive_buffer_drop(struct receive_buffer *input, size_t size)
{
    input->size -= size;
    if (size != 0 && input->size != 0)
        memmove(input->data, input->data + size, input->size);
}

void receive_buffer_shrink(struct receive_buffer *input)
{
    size_t room = input->size > SMALL ? input->size : SMALL;
    if (room < input->room)
        (void)resize(input, room); /* if even that fails, the buffer stays as it is */
}
