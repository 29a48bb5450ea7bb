/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_EXCERPT_H
#define TOOLS_EXCERPT_H

/* The first part of a text, in fixed memory. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct excerpt {
    char *data;
    size_t cap;
    size_t size;
    uint64_t lines_left_out; /* ends of lines behind it */
    bool cut;
} excerpt;

void excerpt_init(excerpt *e, char *memory, size_t cap);

/* Appends a part of a text, in UTF-8. */
void excerpt_add(excerpt *e, const char *text, size_t size);

/* The text has ended. If it is cut, it ends with a whole line. */
void excerpt_end(excerpt *e);

/* The same for a text of one line, of which a part is kept and "...". The memory has at least 8 bytes. */
void excerpt_end_line(excerpt *e);

#endif
