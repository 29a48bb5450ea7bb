/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_EXCERPT_H
#define TOOLS_EXCERPT_H

/* The first lines of a text, in fixed memory. */

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

/* The text has ended. If it is cut, it ends with a line or, if there is only one, with a character. */
void excerpt_end(excerpt *e);

#endif
