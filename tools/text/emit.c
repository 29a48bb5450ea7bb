/* SPDX-License-Identifier: Apache-2.0 */
#include "emit.h"

#include <kwire/endian.h>

#include "base64.h"
#include "special_bytes.h"
#include "time_text.h"

void emit_init(emitter *e, char *block, size_t size, void (*drain)(void *context, const char *text, size_t size),
               void *context)
{
    e->block = block;
    e->pos = block;
    e->end = block + size;
    e->drain = drain;
    e->context = context;
}

void emit_flush(emitter *e)
{
    size_t size = emit_pending(e);
    e->pos = e->block;
    e->drain(e->context, e->block, size);
}

void emit_long(emitter *e, const char *text, size_t size)
{
    while (size != 0) {
        size_t n = size < EMIT_RESERVE_MAX ? size : EMIT_RESERVE_MAX;
        emit_short(e, text, n);
        text += n;
        size -= n;
    }
}

void emit_spaces(emitter *e, size_t count)
{
    while (count != 0) {
        size_t n = count < EMIT_RESERVE_MAX ? count : EMIT_RESERVE_MAX;
        memset(emit_reserve(e, n), ' ', n);
        e->pos += n;
        count -= n;
    }
}

/* ---- numbers ---- */

static const char pairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445"
    "46474849505152535455565758596061626364656667686970717273747576777879808182838485868788899091"
    "9293949596979899";

static void put_pair(char *to, uint32_t number)
{
    memcpy(to, pairs + (size_t)2 * number, 2);
}

static void put_four(char *to, uint32_t number)
{
    put_pair(to, number / 100);
    put_pair(to + 2, number % 100);
}

static void put_eight(char *to, uint32_t number)
{
    put_four(to, number / 10000);
    put_four(to + 4, number % 10000);
}

/* Without leading zeros. Returns the end. */
static char *put_most_eight(char *to, uint32_t number)
{
    char digits[8];
    put_eight(digits, number);
    size_t zeros = 0;
    while (zeros < 7 && digits[zeros] == '0')
        zeros++;
    memcpy(to, digits + zeros, 8 - zeros);
    return to + (8 - zeros);
}

static char *put_digits(char *to, uint64_t number)
{
    enum { EIGHT = 100000000 };
    if (number < EIGHT)
        return put_most_eight(to, (uint32_t)number);
    to = put_digits(to, number / EIGHT);
    put_eight(to, (uint32_t)(number % EIGHT));
    return to + 8;
}

void emit_uint(emitter *e, uint64_t number)
{
    enum { MOST_DIGITS = 20 };
    e->pos = put_digits(emit_reserve(e, MOST_DIGITS), number);
}

void emit_int(emitter *e, int64_t number)
{
    if (number < 0)
        emit_char(e, '-');
    emit_uint(e, number < 0 ? UINT64_C(0) - (uint64_t)number : (uint64_t)number);
}

void emit_time(emitter *e, int64_t ms)
{
    char *to = emit_reserve(e, TIME_LENGTH);
    if (time_put(ms, to))
        e->pos += TIME_LENGTH;
    else
        emit_int(e, ms);
}

/* ---- strings ---- */

static const char hex_digits[] = "0123456789abcdef";

/* Appends the escape of a character below 256. Returns the end. */
static char *put_escape(char *to, unsigned code)
{
    static const char letters[128] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    to[0] = '\\';
    to[1] = (char)code;
    if (code == '"' || code == '\\')
        return to + 2;
    if (code < 128 && letters[code] != 0) {
        to[1] = letters[code];
        return to + 2;
    }
    memcpy(to + 1, "u00", 3);
    to[4] = hex_digits[code >> 4];
    to[5] = hex_digits[code & 15];
    return to + 6;
}

/* Strings are processed in blocks of 64 bytes: special_bytes() finds all bytes to escape, and the bytes between them
 * are copied in steps of 16 whose addresses do not depend on each other. Both read and write some bytes too many. */
enum { BLOCK = 64, STEP = 16, LONGEST_ESCAPE = 6, BLOCK_CAPACITY = BLOCK * LONGEST_ESCAPE + STEP };

static char *copy_gap(char *to, const uint8_t *from, size_t size)
{
    memcpy(to, from, STEP);
    for (size_t i = STEP; i < size; i += STEP)
        memcpy(to + i, from + i, STEP);
    return to + size;
}

/* Appends `size` <= BLOCK bytes, which do not end inside a character. BLOCK + STEP bytes are readable. */
static char *put_block(char *to, const uint8_t *block, size_t size)
{
    const uint8_t *p = block;
    const uint8_t *end = block + size;
    uint64_t marks = special_bytes(block, size);
    for (; marks != 0; marks &= marks - 1) {
        const uint8_t *special = block + lowest_bit(marks);
        if (special >= end)
            break;
        if (*special == C1_LEAD && special[1] >= C1_END)
            continue;
        to = copy_gap(to, p, (size_t)(special - p));
        to = put_escape(to, *special == C1_LEAD ? special[1] : *special);
        p = special + (*special == C1_LEAD ? 2 : 1);
    }
    return p < end ? copy_gap(to, p, (size_t)(end - p)) : to;
}

void emit_quoted(emitter *e, const uint8_t *text, size_t size)
{
    emit_char(e, '"');
    while (size != 0) {
        uint8_t copy[BLOCK + STEP];
        const uint8_t *block = text;
        size_t n = size < BLOCK ? size : BLOCK;
        if (size < sizeof copy) {
            memset(copy, 0, sizeof copy);
            memcpy(copy, text, n);
            block = copy;
        }
        if (n < size && block[n - 1] == C1_LEAD)
            n--;
        e->pos = put_block(emit_reserve(e, BLOCK_CAPACITY), block, n);
        text += n;
        size -= n;
    }
    emit_char(e, '"');
}

void emit_hex(emitter *e, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char *to = emit_reserve(e, 2);
        to[0] = hex_digits[data[i] >> 4];
        to[1] = hex_digits[data[i] & 15];
        e->pos += 2;
    }
}

void emit_base64(emitter *e, const uint8_t *data, size_t size)
{
    enum { MOST = 3072 };
    while (size != 0) {
        size_t n = size < MOST ? size : MOST;
        e->pos += base64_encode(emit_reserve(e, EMIT_RESERVE_MAX), data, n);
        data += n;
        size -= n;
    }
}
