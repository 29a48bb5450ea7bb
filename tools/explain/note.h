/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_NOTE_H
#define TOOLS_NOTE_H

/* A line of text made of parts, cut if it is too long. */

#include <stddef.h>
#include <stdint.h>

#include <kwire/view.h>

#include "../command/output.h"

typedef struct note {
    size_t len;
    char text[600]; /* ends in a zero byte */
} note;

static inline void note_clear(note *n)
{
    n->len = 0;
    n->text[0] = '\0';
}

void note_put(note *n, const char *text, size_t size);
void note_text(note *n, const char *text);
void note_number(note *n, int64_t number);
PRINTF_LIKE(2, 3) void note_format(note *n, const char *format, ...);

/* Untrusted text, in quotes, escaped, and cut after `most` bytes. */
void note_quoted(note *n, kw_string text, size_t most);

/* Adds a comma before the next part. */
static inline void note_next(note *n)
{
    if (n->len != 0)
        note_put(n, ", ", 2);
}

#endif
