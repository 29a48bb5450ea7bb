/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_COLUMNS_H
#define TOOLS_COLUMNS_H

/* Columns of a table whose rows are put together one by one: what is wider than its column moves the rest of the row.
 * Nothing in a column is longer than COLUMN_MOST. */

#include "../text/emit.h"
#include "../text/time_text.h"

enum { COLUMN_MOST = 256 };

typedef struct column {
    size_t begin;
} column;

static inline column column_begin(emitter *e)
{
    (void)emit_room(e, COLUMN_MOST);
    column c = {emit_pending(e)};
    return c;
}

/* What is between two. */
static inline void column_next(emitter *e)
{
    EMIT_LITERAL(e, "  ");
}

/* Fills it up behind what was put in it. */
static inline void column_end_left(emitter *e, column c, size_t width)
{
    size_t used = emit_pending(e) - c.begin;
    if (used < width)
        emit_spaces(e, width - used);
}

/* A number in the right of the column. */
void column_int(emitter *e, int64_t number, size_t width);

void column_right(emitter *e, const char *text, size_t width);
void column_left(emitter *e, const char *text, size_t width);

/* A moment in ms since 1970, TIME_LENGTH wide; "-" for KW_NO_TIMESTAMP. */
void column_time(emitter *e, int64_t ms);

#endif
