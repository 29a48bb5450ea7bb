/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_BUFFER_H
#define TOOLS_BUFFER_H

/* Memory that grows and is reused. All zero is an empty buffer. */

#include <stddef.h>

typedef struct buffer {
    char *data;
    size_t cap;
} buffer;

/* Makes cap at least `size` and data not NULL, keeping the content. Exits if memory is short. */
void buffer_reserve(buffer *b, size_t size);

void buffer_finish(buffer *b);

/* `size` bytes of zero, to be free()d. Exits if memory is short. */
void *zeroed_memory(size_t size);

#endif
