/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>

#include "buffer.h"
#include "output.h"

#define SMALLEST ((size_t)64 * 1024)

void buffer_reserve(buffer *b, size_t size)
{
    if (size <= b->cap && b->data != NULL)
        return;
    size_t cap = b->cap < SMALLEST ? SMALLEST : b->cap;
    while (cap < size)
        cap = cap > SIZE_MAX / 2 ? size : cap * 2;
    char *data = realloc(b->data, cap);
    if (data == NULL)
        die("out of memory: %zu bytes were asked for", cap);
    b->data = data;
    b->cap = cap;
}

void buffer_finish(buffer *b)
{
    free(b->data);
    b->data = NULL;
    b->cap = 0;
}

void *zeroed_memory(size_t size)
{
    void *memory = calloc(1, size);
    if (memory == NULL)
        die("out of memory: %zu bytes were asked for", size);
    return memory;
}
