/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_COLUMNS_H
#define TOOLS_COLUMNS_H

/* Columns of a table whose rows are made one by one: content wider than its column moves the rest of the row. No
 * content is longer than COLUMN_MOST. */

#include "../text/emit.h"
#include "../text/time_text.h"

enum { COLUMN_MOST = 256 };

typedef struct column {
    size_t start;
} column;

static inline column column_begin(emitter *e)
{
    (void)emit_reserve(e, COLUMN_MOST);
    column c = {emit_pending(e)};
    return c;
}

/* The separator of two columns. */
static inline void column_next(emitter *e)
{
    EMIT_LITERAL(e, "  ");
}

/* Pads the column after its content. */
static inline void column_end_left(emitter *e, column c, size_t width)
{
    size_t used = emit_pending(e) - c.start;
    if (used < width)
        emit_spaces(e, width - used);
}

/* A number, aligned to the right. */
void column_int(emitter *e, int64_t number, size_t width);

void column_right(emitter *e, const char *text, size_t width);
void column_left(emitter *e, const char *text, size_t width);

/* A time in ms since 1970, TIME_LENGTH wide; "-" for KW_NO_TIMESTAMP. */
void column_time(emitter *e, int64_t ms);

#endif
