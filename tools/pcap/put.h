/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PUT_H
#define TOOLS_PUT_H

/* Text that is put together piece by piece, without the cost of a format for each of millions of lines. */

#include <stdint.h>
#include <string.h>

#include <kwire/writer.h>

static inline void put(kw_writer *out, const char *text)
{
    kw_write_raw(out, text, strlen(text));
}

static inline void put_string(kw_writer *out, kw_string text)
{
    if (text.len > 0)
        kw_write_raw(out, text.data, (size_t)text.len);
}

/* In decimal. */
void put_number(kw_writer *out, int64_t n);

/* Milliseconds with three digits behind the point. */
void put_milliseconds(kw_writer *out, int64_t nanoseconds);

/* The time of day is made anew when the second changes. All zero is a fresh one. */
typedef struct clock_text {
    char text[32];
    size_t size; /* 0: none yet */
    int64_t second;
} clock_text;

/* E.g. 2026-11-25T10:11:12.123456Z. */
void put_time(kw_writer *out, int64_t nanoseconds, clock_text *clock);

/* Without quotes if it is a word of letters, digits and "._-"; else as a JSON string. Null is "-". */
void put_word(kw_writer *out, kw_string text);

#endif
