/* SPDX-License-Identifier: Apache-2.0 */
#include "dump_text.h"

#include "characters.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Limit of the bytes that omitted lines repeat. */
#define MOST_REPEATED (UINT64_C(64) << 20)

enum { BASES = 3, LEAST_OFFSET = 4, MOST_OFFSET = 16 };

static const unsigned bases[BASES] = {16, 8, 10};

/* A parsed line. */
typedef struct parts {
    uint64_t offsets[BASES]; /* UINT64_MAX: not a number of that base */
    bool odd;                /* it has an odd number of digits */
    bool among_others;       /* lines without bytes are among those of such a dump */
    bool colon;              /* after it */
    bool apart;              /* more than one blank is after it */
    bool words;              /* the bytes are groups of two */
    bool larger;             /* they are larger groups */
    uint8_t bytes[DUMP_BYTES];
    size_t count;
} parts;

static size_t skip_blanks(const char *line, size_t size, size_t at)
{
    while (at < size && (line[at] == ' ' || line[at] == '\t'))
        at++;
    return at;
}

static uint64_t number_of(const char *digits, size_t count, unsigned base)
{
    uint64_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (digit_of(digits[i]) >= base)
            return UINT64_MAX;
        n = n * base + digit_of(digits[i]);
    }
    return n;
}

static size_t run_of_digits(const char *line, size_t size, size_t at)
{
    size_t end = at;
    while (end < size && digit_of(line[end]) < 16)
        end++;
    return end - at;
}

/* gdb's " <name+8>" before a colon. Returns its end; `at` if there is none. */
static size_t skip_symbol(const char *line, size_t size, size_t at)
{
    if (size - at < 4 || line[at] != ' ' || line[at + 1] != '<')
        return at;
    const char *end = memchr(line + at, '>', size - at);
    size_t next = end != NULL ? (size_t)(end - line) + 1 : size;
    return next < size && line[next] == ':' ? next : at;
}

/* Reads the offset. Returns its end; 0 if the line does not start with one. */
static size_t read_offset(const char *line, size_t size, parts *out)
{
    size_t at = skip_blanks(line, size, 0);
    if (size - at > 2 && line[at] == '0' && (line[at + 1] == 'x' || line[at + 1] == 'X'))
        at += 2;
    size_t digits = run_of_digits(line, size, at);
    if (digits < LEAST_OFFSET || digits > MOST_OFFSET)
        return 0;
    for (size_t i = 0; i < BASES; i++)
        out->offsets[i] = number_of(line + at, digits, bases[i]);
    at += digits;
    at = skip_symbol(line, size, at);
    out->odd = digits % 2 != 0;
    out->colon = at < size && line[at] == ':';
    at += out->colon;
    out->apart = skip_blanks(line, size, at) > at + 1;
    return at == size || line[at] == ' ' || line[at] == '\t' ? at : 0;
}

/* Whether a gap of blanks may be between bytes: only in the middle of a line of single bytes, where dumps without a
 * colon have two. Characters follow any other gap. */
static bool is_gap(const parts *p, size_t blanks)
{
    return blanks == 1 || (blanks == 2 && p->count == 8 && !p->colon && !p->words);
}

/* Reads the bytes, up to the characters. */
static void read_bytes(const char *line, size_t size, size_t at, parts *out)
{
    size_t start = skip_blanks(line, size, at);
    for (bool first = true;; first = false) {
        size_t run = run_of_digits(line, size, start);
        size_t end = start + run;
        bool ends = end == size || line[end] == ' ' || line[end] == '\t';
        if (run == 0 || run % 2 != 0 || !ends || (out->words && run > 4) || out->count + run / 2 > DUMP_BYTES)
            return;
        if (first)
            out->words = run == 4;
        if (run > 4)
            out->larger = true;
        for (size_t i = start; i < end; i += 2)
            out->bytes[out->count++] = (uint8_t)(digit_of(line[i]) << 4 | digit_of(line[i + 1]));
        size_t next = skip_blanks(line, size, end);
        if (!is_gap(out, next - end))
            return;
        start = next;
    }
}

/* Reads gdb's bytes, "0x00\t0x12"; there are none if anything else is in the line. */
static void read_numbers(const char *line, size_t size, size_t at, parts *out)
{
    size_t start = skip_blanks(line, size, at);
    while (start < size && line[start] != '\r') {
        bool is_byte = size - start >= 4 && line[start] == '0' && line[start + 1] == 'x' &&
                       run_of_digits(line, size, start + 2) == 2 && out->count < DUMP_BYTES;
        size_t end = start + 4;
        if (!is_byte || (end < size && line[end] != ' ' && line[end] != '\t' && line[end] != '\r')) {
            out->count = 0;
            return;
        }
        out->bytes[out->count++] = (uint8_t)(digit_of(line[start + 2]) << 4 | digit_of(line[start + 3]));
        start = skip_blanks(line, size, end);
    }
}

/* Words without a colon are those of hexdump and od -x, which show little-endian numbers. */
static void order_bytes(parts *p)
{
    if (!p->words || p->colon)
        return;
    for (size_t i = 0; i + 1 < p->count; i += 2) {
        uint8_t low = p->bytes[i + 1];
        p->bytes[i + 1] = p->bytes[i];
        p->bytes[i] = low;
    }
}

static bool read_plain_line(const char *line, size_t size, parts *out)
{
    *out = (parts){.count = 0};
    size_t at = read_offset(line, size, out);
    if (at == 0)
        return false;
    size_t start = skip_blanks(line, size, 0);
    out->among_others = out->colon && size - start > 2 && line[start + 1] == 'x';
    read_bytes(line, size, at, out);
    order_bytes(out);
    if (out->count == 0 && out->among_others)
        read_numbers(line, size, at, out);
    return true;
}

/* A line of a table, "0000 | 00 00 00 23 | ...#" or "|00000000| 00 00 00 23 |...#|", behind anything. */
static bool read_table_line(const char *line, size_t size, parts *out)
{
    for (size_t bar = 0; bar < size; bar++) {
        size_t end = bar;
        if (line[bar] != '|')
            continue;
        while (end > 0 && line[end - 1] == ' ')
            end--;
        size_t start = end;
        while (start > 0 && digit_of(line[start - 1]) < 16)
            start--;
        bool is_word = start == 0 || line[start - 1] == ' ' || line[start - 1] == '|' || line[start - 1] == '\t';
        if (end - start < LEAST_OFFSET || end - start > MOST_OFFSET || !is_word)
            continue;
        *out = (parts){.colon = true, .among_others = true};
        for (size_t i = 0; i < BASES; i++)
            out->offsets[i] = number_of(line + start, end - start, bases[i]);
        read_bytes(line, size, bar + 1, out);
        if (out->count != 0)
            return true;
    }
    return false;
}

static bool read_line(const char *line, size_t size, parts *out)
{
    parts table;
    bool is_plain = read_plain_line(line, size, out);
    if ((!is_plain || out->count == 0) && read_table_line(line, size, &table)) {
        *out = table;
        return true;
    }
    return is_plain;
}

/* ---- recognition ---- */

static bool is_blank(const char *line, size_t size)
{
    return skip_blanks(line, size, 0) == size || (size != 0 && line[size - 1] == '\r' && is_blank(line, size - 1));
}

/* The next line that is not blank. */
static bool next_line(const char **text, const char *end, const char **line, size_t *size)
{
    while (*text < end) {
        const char *feed = memchr(*text, '\n', (size_t)(end - *text));
        *line = *text;
        *size = (size_t)((feed != NULL ? feed : end) - *text);
        *text = feed != NULL ? feed + 1 : end;
        if (!is_blank(*line, *size))
            return true;
    }
    return false;
}

static bool follows(const parts *first, const parts *second)
{
    for (size_t i = 0; i < BASES; i++)
        if (first->offsets[i] != UINT64_MAX && second->offsets[i] != UINT64_MAX &&
            second->offsets[i] > first->offsets[i] && second->offsets[i] - first->offsets[i] <= first->count)
            return true;
    return false;
}

/* A line without a colon that is the only one: od writes an offset of 7 digits, other programs some blanks after it.
 * Without either, the digits are the first field of what somebody wrote by hand. */
static bool is_single_line(const parts *p)
{
    return p->offsets[0] == 0 && (p->odd || p->apart) && !p->words && !p->larger;
}

/* Two lines whose offsets fit, a colon, or a single line at offset 0 with single bytes. */
bool dump_text_looks_so(const char *text, size_t size)
{
    enum { MOST_OTHERS = 16 }; /* lines before the first of the dump: a command, a title, a packet */
    const char *end = text + size;
    const char *line;
    size_t len;
    parts first = {.count = 0}, second;
    int others = 0;
    while (next_line(&text, end, &line, &len) && (!read_line(line, len, &first) || first.count == 0))
        if (++others > MOST_OTHERS)
            return false;
    if (first.count != 0 && first.colon)
        return true;
    if (first.count == 0 || others != 0)
        return false;
    if (!next_line(&text, end, &line, &len))
        return is_single_line(&first);
    if (line[0] == '*')
        return true;
    return read_line(line, len, &second) && follows(&first, &second);
}

/* ---- the bytes ---- */

static void write_repeated(dump_text *d, uint64_t size, kw_writer *out)
{
    for (uint64_t at = 0; at < size && d->count != 0; at += d->count)
        kw_write_raw(out, d->bytes, size - at < d->count ? (size_t)(size - at) : d->count);
}

/* Determines the base from the first two offsets that differ, and the number of bytes between them. */
static void settle_base(dump_text *d, const parts *p)
{
    for (unsigned i = 0; i < BASES && d->base == 0 && !d->repeats; i++)
        if (p->offsets[i] != UINT64_MAX && d->offsets[i] != UINT64_MAX && p->offsets[i] > d->offsets[i] &&
            p->offsets[i] - d->offsets[i] == d->count)
            d->base = i + 1;
}

/* Writes the line before, whose end is known now. */
static bool finish_line(dump_text *d, const parts *p, kw_writer *out, char *error, size_t error_size)
{
    settle_base(d, p);
    unsigned base = d->base != 0 ? d->base - 1 : 0;
    uint64_t offset = p->offsets[base];
    uint64_t size = offset - d->offsets[base];
    if (offset == UINT64_MAX) {
        snprintf(error, error_size, "the offset is not a number of base %u, like those before", bases[base]);
        return false;
    }
    if (offset == 0 && !d->repeats) { /* another dump starts */
        kw_write_raw(out, d->bytes, d->count);
        d->ended = true;
        return true;
    }
    bool fits = d->repeats ? size <= MOST_REPEATED && size >= d->count : size <= d->count;
    if (offset < d->offsets[base] || !fits) {
        snprintf(error, error_size,
                 "offset 0x%" PRIx64 " does not fit: the line before has offset 0x%" PRIx64 " and %zu bytes", offset,
                 d->offsets[base], d->count);
        return false;
    }
    write_repeated(d, size, out);
    return true;
}

bool dump_text_line(dump_text *d, const char *line, size_t size, kw_writer *out, char *error, size_t error_size)
{
    parts p;
    if (is_blank(line, size))
        return true;
    if (d->started && line[0] == '*') {
        d->repeats = true;
        return true;
    }
    if (!read_line(line, size, &p)) {
        if (!d->started || d->among_others) {
            d->others++;
            return true;
        }
        snprintf(error, error_size, "the line does not start with an offset");
        return false;
    }
    if (d->started && !finish_line(d, &p, out, error, error_size))
        return false;
    d->among_others = p.among_others;
    memcpy(d->bytes, p.bytes, p.count);
    memcpy(d->offsets, p.offsets, sizeof d->offsets);
    d->count = p.count;
    d->repeats = false;
    d->started = true;
    return true;
}

void dump_text_end(dump_text *d, kw_writer *out)
{
    kw_write_raw(out, d->bytes, d->count);
    d->count = 0;
}
