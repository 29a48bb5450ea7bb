/* SPDX-License-Identifier: Apache-2.0 */
#include "columns.h"

#include <kwire/record_batch.h>

/* Aligns the content of the column to the right. */
static void end_right(emitter *e, column c, size_t width)
{
    size_t used = emit_pending(e) - c.start;
    if (used >= width)
        return;
    char *start = e->block + c.start;
    memmove(start + width - used, start, used);
    memset(start, ' ', width - used);
    e->pos += width - used;
}

void column_int(emitter *e, int64_t number, size_t width)
{
    column c = column_begin(e);
    emit_int(e, number);
    end_right(e, c, width);
}

void column_right(emitter *e, const char *text, size_t width)
{
    column c = column_begin(e);
    emit_text(e, text);
    end_right(e, c, width);
}

void column_left(emitter *e, const char *text, size_t width)
{
    column c = column_begin(e);
    emit_text(e, text);
    column_end_left(e, c, width);
}

void column_time(emitter *e, int64_t ms)
{
    if (ms == KW_NO_TIMESTAMP) {
        column_left(e, "-", TIME_LENGTH);
        return;
    }
    column c = column_begin(e);
    emit_time(e, ms);
    column_end_left(e, c, TIME_LENGTH);
}
