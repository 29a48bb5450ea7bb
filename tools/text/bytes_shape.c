/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes_shape.h"

#include <stdint.h>
#include <string.h>

#include "characters.h"
#include "dump_text.h"

static const char *const names[] = {"binary", "hex", "dump", "array", "string", "base64", "decimal"};

const char *bytes_shape_name(bytes_shape shape)
{
    return names[shape];
}

bool bytes_shape_named(const char *name, bytes_shape *out)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0) {
            *out = (bytes_shape)i;
            return true;
        }
    return false;
}

static bool is_text(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (((unsigned char)text[i] < ' ' && !is_space(text[i])) || text[i] == 0x7f)
            return false;
    return size != 0;
}

static bool has(const char *text, size_t size, const char *what)
{
    size_t len = strlen(what);
    for (size_t i = 0; i + len <= size; i++)
        if (memcmp(text + i, what, len) == 0)
            return true;
    return false;
}

/* The end of a comment that starts at text[at], behind "//" or "#"; `at` if none does. */
static size_t skip_comment(const char *text, size_t size, size_t at)
{
    bool starts = text[at] == '#' || (text[at] == '/' && at + 1 < size && text[at + 1] == '/');
    while (starts && at < size && text[at] != '\n')
        at++;
    return at;
}

bool bytes_are_hex(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        i = skip_comment(text, size, i);
        if (i < size && digit_of(text[i]) == 16 && !is_space(text[i]) && !is_separator(text[i]) && text[i] != 'x' &&
            text[i] != 'X')
            return false;
    }
    return true;
}

static bool is_base64(const char *text, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++) {
        if (base64_digit(text[i]) == 64 && text[i] != '=' && !is_space(text[i]))
            return false;
        count += !is_space(text[i]);
    }
    return count >= 4;
}

/* Whether all words are two hex digits. */
static bool is_pairs(const char *text, size_t size)
{
    size_t run = 0;
    for (size_t i = 0; i <= size; i++) {
        bool in_word = i < size && is_word(text[i]);
        if (in_word && digit_of(text[i]) == 16)
            return false;
        if (!in_word && run != 0 && run != 2 && i < size)
            return false;
        run = in_word ? run + 1 : 0;
    }
    return true;
}

/* ---- numbers without brackets ---- */

/* What the words of a text could be if they are numbers of bytes. */
typedef struct numbers {
    size_t count;
    size_t odd;      /* of one or three digits */
    uint32_t first;  /* the first four as a size field */
    bool is_decimal; /* all are decimal and fit a byte */
    bool is_short;   /* none has more than three digits */
} numbers;

static void take_number(numbers *n, const char *word, size_t len)
{
    unsigned value = 0;
    for (size_t i = 0; i < len; i++) {
        n->is_decimal = n->is_decimal && digit_of(word[i]) < 10;
        value = value * 10 + digit_of(word[i]);
    }
    n->is_decimal = n->is_decimal && len <= 3 && value <= 255;
    n->is_short = n->is_short && len <= 3;
    n->odd += len % 2;
    if (n->count++ < 4)
        n->first = n->first << 8 | (value & 255);
}

/* Only blanks, line ends and commas separate them. */
static numbers numbers_of(const char *text, size_t size)
{
    numbers n = {.is_decimal = true, .is_short = true};
    for (size_t i = 0; i < size;) {
        size_t start = i;
        while (i < size && digit_of(text[i]) < 16)
            i++;
        if (i > start)
            take_number(&n, text + start, i - start);
        else if (is_space(text[i]) || text[i] == ',')
            i++;
        else
            return (numbers){0};
    }
    return n;
}

/* Decimal bytes, the first four of which are the size of the others. */
static bool is_decimal_frame(const char *text, size_t size)
{
    numbers n = numbers_of(text, size);
    return n.is_decimal && n.count > 4 && n.first == n.count - 4;
}

const char *bytes_shape_doubt(const char *text, size_t size)
{
    numbers n = numbers_of(text, size);
    if (n.count < 2 || n.odd == 0 || !n.is_short || is_decimal_frame(text, size))
        return NULL;
    return n.is_decimal ? "these could be decimal or hex digits: use --input decimal or --input hex"
                        : "bytes of one digit: write two digits for each byte";
}

/* ---- frames of kwire pcap --hex ---- */

static size_t line_end(const char *text, size_t size, size_t at)
{
    while (at < size && text[at] != '\n')
        at++;
    return at;
}

/* The first bytes of digits as a size field. */
static uint64_t size_field(const char *digits)
{
    uint64_t n = 0;
    for (int i = 0; i < 8; i++)
        n = n << 4 | digit_of(digits[i]);
    return n;
}

/* Whether the first line that is not only a comment, if there is one, has a whole frame in one word, and then a
 * comment. Whatever that says, these are no other form. */
static bool is_frame_with_comment(const char *text, size_t size)
{
    size_t at = 0;
    while (at < size && text[at] == '#')
        at = line_end(text, size, at) + 1;
    if (at >= size)
        return true;
    size_t start = at;
    while (at < size && digit_of(text[at]) < 16)
        at++;
    size_t digits = at - start;
    while (at < size && text[at] == ' ')
        at++;
    return digits > 8 && at < size && text[at] == '#' && size_field(text + start) * 2 + 8 == digits;
}

/* ---- all of them ---- */

static bool has_escapes(const char *text, size_t size)
{
    for (size_t i = 0; i + 1 < size; i++)
        if (text[i] == '\\' && (text[i + 1] == 'x' || (text[i + 1] >= '0' && text[i + 1] <= '7')))
            return true;
    return false;
}

bytes_shape bytes_shape_of(const char *text, size_t size)
{
    if (!is_text(text, size))
        return BYTES_BINARY;
    if (is_frame_with_comment(text, size) && bytes_are_hex(text, size))
        return BYTES_HEX;
    if (dump_text_looks_so(text, size))
        return BYTES_DUMP;
    if (has(text, size, "<<"))
        return BYTES_ARRAY;
    if (has(text, size, BYTES_NODE_BUFFER))
        return BYTES_HEX;
    bool in_brackets = has(text, size, "{") || has(text, size, "[");
    if (has_escapes(text, size) && (has(text, size, "\"") || !in_brackets))
        return BYTES_STRING;
    if (in_brackets && bytes_are_hex(text, size) && is_pairs(text, size))
        return BYTES_HEX;
    if (in_brackets || (has(text, size, "0x") && has(text, size, ",")))
        return BYTES_ARRAY;
    if (is_decimal_frame(text, size))
        return BYTES_DECIMAL;
    if (bytes_are_hex(text, size))
        return BYTES_HEX;
    return is_base64(text, size) ? BYTES_BASE64 : has(text, size, "0x") ? BYTES_ARRAY : BYTES_HEX;
}

/* ---- command lines ---- */

static const char *find(const char *text, const char *end, const char *what)
{
    size_t len = strlen(what);
    for (; text + len <= end; text++)
        if (memcmp(text, what, len) == 0)
            return text;
    return NULL;
}

bool bytes_text_in_command(const char *text, size_t size, const char **from, size_t *from_size)
{
    const char *end = text + size;
    const char *reverse = find(text, end, "xxd -r");
    const char *echo = find(text, end, "echo ");
    const char *pipe = echo != NULL ? memchr(echo, '|', (size_t)(end - echo)) : NULL;
    if (reverse == NULL || pipe == NULL || pipe > reverse)
        return false;
    const char *start = echo + strlen("echo ");
    while (start < pipe && (*start == ' ' || *start == '-')) { /* its options */
        bool is_option = *start++ == '-';
        while (is_option && start < pipe && *start != ' ')
            start++;
    }
    if (start < pipe && (*start == '"' || *start == '\'')) {
        const char *quote = memchr(start + 1, *start, (size_t)(end - start - 1));
        pipe = quote != NULL ? quote : pipe;
        start++;
    }
    *from = start;
    *from_size = (size_t)(pipe - start);
    return true;
}
