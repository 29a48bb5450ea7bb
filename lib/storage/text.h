/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWI_STORAGE_TEXT_H
#define KWI_STORAGE_TEXT_H

/* A cursor over small texts, and their output. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/export.h>
#include <kwire/view.h>
#include <kwire/writer.h>

typedef struct kwi_text {
    const char *data;
    size_t size;
    size_t pos;
} kwi_text;

static inline kwi_text kwi_text_of(kw_string s)
{
    kwi_text t = {s.data, s.len > 0 ? (size_t)s.len : 0, 0};
    return t;
}

static inline bool kwi_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\f';
}

static inline bool kwi_is_eol(char c)
{
    return c == '\n' || c == '\r';
}

/* The character at the cursor; 0 at the end. */
static inline char kwi_peek(const kwi_text *t)
{
    return t->pos < t->size ? t->data[t->pos] : '\0';
}

static inline void kwi_skip_blanks(kwi_text *t)
{
    while (t->pos < t->size && kwi_is_blank(t->data[t->pos]))
        t->pos++;
}

/* Moves past blanks and one end of line; false if something else comes first. True at the end of the text. */
KW_NODISCARD static inline bool kwi_end_line(kwi_text *t)
{
    kwi_skip_blanks(t);
    if (t->pos == t->size)
        return true;
    if (kwi_peek(t) == '\r')
        t->pos++;
    if (kwi_peek(t) != '\n')
        return false;
    t->pos++;
    return true;
}

/* A decimal number at the cursor, after blanks; false, without moving, if there is none or it is above `max`. A
 * negative one is at least -`max`. */
KW_NODISCARD bool kwi_read_number(kwi_text *t, int64_t max, int64_t *out);

/* The characters up to the next blank or end of line, after blanks; false if there are none. */
KW_NODISCARD bool kwi_read_word(kwi_text *t, kw_string *out);

/* The whole of `text` as Java's Integer.parseInt() reads it, a number that is not negative. */
KW_NODISCARD bool kwi_parse_id(kw_string text, int32_t *out);

/* An id as Kafka's Uuid.fromString() reads it: 22 characters of base64, with or without padding, the last 4 bits
 * ignored. If it is false *out may have changed. */
KW_NODISCARD bool kwi_parse_uuid(kw_string text, kw_uuid *out);

void kwi_write_text(kw_writer *w, const char *text);
void kwi_write_number(kw_writer *w, int64_t value);
void kwi_write_unsigned(kw_writer *w, uint64_t value);

/* With at least this many digits. */
void kwi_write_padded(kw_writer *w, int64_t value, int digits);

void kwi_write_uuid(kw_writer *w, kw_uuid id);

#endif
