/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_EMIT_H
#define TOOLS_EMIT_H

/* Fast output of text made of many small parts: a block of memory in which space is reserved once and then filled
 * without checks. When it is full its owner drains it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <kwire/view.h>

/* The most that can be reserved at once. */
#define EMIT_RESERVE_MAX ((size_t)4096)

typedef struct emitter {
    char *pos; /* next free byte */
    char *end; /* of the block */
    char *block;
    void (*drain)(void *context, const char *text, size_t size); /* must consume all of the text */
    void *context;
} emitter;

/* Writes to a block of `size` bytes, at least EMIT_RESERVE_MAX, which the caller owns. */
void emit_init(emitter *e, char *block, size_t size, void (*drain)(void *context, const char *text, size_t size),
               void *context);

/* Drains the block. */
void emit_flush(emitter *e);

static inline size_t emit_pending(const emitter *e)
{
    return (size_t)(e->pos - e->block);
}

/* Reserves `size` <= EMIT_RESERVE_MAX bytes, which the caller writes at e->pos and advances it. */
static inline char *emit_reserve(emitter *e, size_t size)
{
    if (KW_UNLIKELY((size_t)(e->end - e->pos) < size))
        emit_flush(e);
    return e->pos;
}

static inline void emit_char(emitter *e, char c)
{
    *emit_reserve(e, 1) = c;
    e->pos++;
}

/* A literal, or an array with a text of exactly its size minus one. */
#define EMIT_LITERAL(e, text) emit_short((e), (text), sizeof(text) - 1)

/* `size` <= EMIT_RESERVE_MAX. */
static inline void emit_short(emitter *e, const char *text, size_t size)
{
    memcpy(emit_reserve(e, size), text, size);
    e->pos += size;
}

/* Of any size. */
void emit_long(emitter *e, const char *text, size_t size);

static inline void emit_raw(emitter *e, const void *text, size_t size)
{
    if (KW_LIKELY(size <= EMIT_RESERVE_MAX))
        emit_short(e, text, size);
    else
        emit_long(e, text, size);
}

static inline void emit_text(emitter *e, const char *text)
{
    emit_raw(e, text, strlen(text));
}

void emit_spaces(emitter *e, size_t count);

/* In decimal. */
void emit_int(emitter *e, int64_t number);
void emit_uint(emitter *e, uint64_t number);

/* UTF-8 text as a JSON string, quotes included. Control characters, those of C1 too, are escaped, so that it is safe
 * for a terminal. */
void emit_quoted(emitter *e, const uint8_t *text, size_t size);

/* Two lower-case digits a byte; the standard base64 with padding. */
void emit_hex(emitter *e, const uint8_t *data, size_t size);
void emit_base64(emitter *e, const uint8_t *data, size_t size);

/* A time in ms since 1970 as 2026-11-25T10:20:30.456Z; outside the years 0 to 9999 the number. */
void emit_time(emitter *e, int64_t ms);

#endif
