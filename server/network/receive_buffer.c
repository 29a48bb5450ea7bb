/* SPDX-License-Identifier: Apache-2.0 */
#include "receive_buffer.h"

#include <stdlib.h>
#include <string.h>

void receive_buffer_finish(struct receive_buffer *buffer)
{
    free(buffer->data);
    memset(buffer, 0, sizeof *buffer);
}

size_t receive_buffer_wanted(const struct receive_buffer *buffer, size_t frame, size_t usual)
{
    bool is_full = buffer->size == buffer->capacity;
    bool is_short = buffer->was_filled && buffer->capacity < usual;
    size_t limit = is_full && frame > usual ? frame : usual;
    if (buffer->capacity == 0)
        return RECEIVE_BUFFER_SMALL;
    if (!is_full && !is_short)
        return buffer->capacity;
    size_t twice = buffer->capacity <= limit / 2 ? buffer->capacity * 2 : limit;
    return twice > buffer->capacity ? twice : buffer->capacity + RECEIVE_BUFFER_SMALL;
}

bool receive_buffer_resize(struct receive_buffer *buffer, size_t capacity)
{
    uint8_t *data = realloc(buffer->data, capacity);
    if (data == NULL)
        return false;
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

ssize_t receive_buffer_receive(struct receive_buffer *buffer, struct transport *transport)
{
    ssize_t n = transport_receive(transport, buffer->data + buffer->size, buffer->capacity - buffer->size);
    if (n > 0)
        buffer->size += (size_t)n;
    buffer->was_filled = buffer->size == buffer->capacity;
    return n;
}

void receive_buffer_drop(struct receive_buffer *buffer, size_t size)
{
    buffer->size -= size;
    if (size != 0 && buffer->size != 0)
        memmove(buffer->data, buffer->data + size, buffer->size);
}

void receive_buffer_shrink(struct receive_buffer *buffer)
{
    size_t capacity = buffer->size > RECEIVE_BUFFER_SMALL ? buffer->size : RECEIVE_BUFFER_SMALL;
    if (capacity < buffer->capacity)
        (void)receive_buffer_resize(buffer, capacity); /* if even that fails, the buffer stays as it is */
}
