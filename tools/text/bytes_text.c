/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes_text.h"

#include <stdio.h>
#include <string.h>

#include "characters.h"

static void put_byte(kw_writer *out, unsigned byte)
{
    kw_write_int8(out, (int8_t)(uint8_t)byte);
}

static bool refuse(bytes_text *t, const char *what, char c)
{
    if (c >= ' ' && c <= '~')
        snprintf(t->error, sizeof t->error, "%s: '%c'", what, c);
    else
        snprintf(t->error, sizeof t->error, "%s: byte 0x%02x", what, (unsigned char)c);
    return false;
}

/* States of reading hex digits. NODE_WORD: in "<Buffer". */
enum { DIGITS, COMMENT, NODE_WORD };

/* What is not digits: comments, and Node's <Buffer 00 ...>. True if the character is a part of it. */
static bool skip_in_hex(bytes_text *t, char c)
{
    if (t->state == COMMENT) {
        t->state = c == '\n' ? DIGITS : COMMENT;
        return true;
    }
    if (t->state == NODE_WORD) {
        t->state = is_space(c) ? DIGITS : NODE_WORD;
        return true;
    }
    if (c == '#' || (c == '/' && t->before == '/'))
        t->state = COMMENT;
    else if (c == '<')
        t->state = NODE_WORD;
    else
        return c == '/';
    return true;
}

/* Digits in pairs. White space does not separate them, other separators end a byte of one digit, and 0x is skipped. */
static bool read_hex(bytes_text *t, char c, kw_writer *out)
{
    bool left_out = c == '.' && t->before == '.';
    if (skip_in_hex(t, c)) {
        t->before = c;
        return true;
    }
    t->before = c;
    if (left_out) {
        snprintf(t->error, sizeof t->error, "the program that printed this has left out the other bytes");
        return false;
    }
    if (digit_of(c) < 16) {
        t->bits = t->bits << 4 | digit_of(c);
        if (++t->count == 2) {
            put_byte(out, t->bits);
            t->bits = t->count = 0;
        }
    } else if ((c == 'x' || c == 'X') && t->count == 1 && t->bits == 0) {
        t->count = 0;
    } else if (is_separator(c)) {
        if (t->count == 1)
            put_byte(out, t->bits);
        t->bits = t->count = 0;
    } else if (!is_space(c)) {
        return refuse(t, "neither a hex digit nor a separator", c);
    }
    return true;
}

static bool end_hex(bytes_text *t)
{
    if (t->count == 0)
        return true;
    snprintf(t->error, sizeof t->error, "an odd number of hex digits");
    return false;
}

/* Groups of four digits of six bits. */
static bool read_base64(bytes_text *t, char c, kw_writer *out)
{
    enum { PADDED = 1 };
    if (is_space(c))
        return true;
    if (c == '=') {
        t->state = PADDED;
        return true;
    }
    if (base64_digit(c) == 64 || t->state == PADDED)
        return refuse(t, "not a character of base64", c);
    t->bits = t->bits << 6 | base64_digit(c);
    if (++t->count == 4) {
        put_byte(out, t->bits >> 16);
        put_byte(out, t->bits >> 8);
        put_byte(out, t->bits);
        t->bits = t->count = 0;
    }
    return true;
}

static bool end_base64(bytes_text *t, kw_writer *out)
{
    if (t->count == 1) {
        snprintf(t->error, sizeof t->error, "base64 ends inside a byte");
        return false;
    }
    if (t->count >= 2)
        put_byte(out, t->bits >> (6 * t->count - 8));
    if (t->count == 3)
        put_byte(out, t->bits >> 2);
    t->count = 0;
    return true;
}

/* The byte of an escape of one letter; 256 if it is not one. */
static unsigned escaped(char c)
{
    static const char letters[] = "n\nr\rt\ta\ab\bf\fv\v\\\\\"\"''0\0";
    for (size_t i = 0; i + 1 < sizeof letters; i += 2)
        if (letters[i] == c)
            return (unsigned char)letters[i + 1];
    return 256;
}

enum { PLAIN, ESCAPE, HEX_ESCAPE, OCTAL_ESCAPE, LINE_COMMENT, BLOCK_COMMENT, INDEX };

/* The character after a backslash, and digits of \xNN and \NNN. Sets the state to PLAIN after the escape; true if the
 * character belongs to it. */
static bool read_escape(bytes_text *t, char c, kw_writer *out, bool *fine)
{
    *fine = true;
    if (t->state == ESCAPE) {
        t->bits = t->count = 0;
        if (c == 'x') {
            t->state = HEX_ESCAPE;
            return true;
        }
        if (c >= '0' && c <= '7') {
            t->state = OCTAL_ESCAPE;
        } else {
            t->state = PLAIN;
            if (escaped(c) == 256)
                *fine = refuse(t, "not an escape", c);
            else
                put_byte(out, escaped(c));
            return true;
        }
    }
    bool is_hex_digit = t->state == HEX_ESCAPE && t->count < 2 && digit_of(c) < 16;
    bool is_octal_digit = t->state == OCTAL_ESCAPE && t->count < 3 && digit_of(c) < 8;
    if (is_hex_digit || is_octal_digit) {
        t->bits = t->bits * (is_hex_digit ? 16 : 8) + digit_of(c);
        t->count++;
        return true;
    }
    if (t->count == 0)
        *fine = refuse(t, "not a hex digit after \\x", c);
    else
        put_byte(out, t->bits);
    t->state = PLAIN;
    return false;
}

/* Characters of literals; text between them is ignored. Text without quotes is one literal, in which white space is
 * ignored. */
static bool read_string(bytes_text *t, char c, kw_writer *out)
{
    bool fine;
    if (t->state != PLAIN && (read_escape(t, c, out, &fine) || !fine))
        return fine;
    if (c == '\\' && (t->quote != '\0' || t->depth != 2)) {
        t->state = ESCAPE;
        t->depth = t->depth == 0 ? 1 : t->depth;
    } else if (c == t->quote) {
        t->quote = '\0';
    } else if (t->quote != '\0') {
        put_byte(out, (unsigned char)c);
    } else if (c == '"' || c == '\'') {
        t->quote = c;
        t->depth = 2; /* the text has quotes */
    } else if (t->depth == 1 && !is_space(c)) {
        put_byte(out, (unsigned char)c);
    }
    return true;
}

static bool end_string(bytes_text *t, kw_writer *out)
{
    bool fine = true;
    if (t->state != PLAIN)
        (void)read_escape(t, ' ', out, &fine);
    if (fine && t->quote != '\0') {
        snprintf(t->error, sizeof t->error, "the string does not end");
        return false;
    }
    return fine;
}

/* ---- arrays ---- */

static bool refuse_token(bytes_text *t, const char *what)
{
    snprintf(t->error, sizeof t->error, "%s: %s%s", what, t->negative ? "-" : "", t->token);
    return false;
}

/* Pairs of digits after 0x, the first of which may be a single digit. */
static bool put_hex_token(bytes_text *t, size_t len, kw_writer *out)
{
    const char *digits = t->token + 2;
    size_t count = len - 2;
    if (count == 1) {
        put_byte(out, digit_of(digits[0]));
        return true;
    }
    for (size_t i = 0; i < count; i++)
        if (digit_of(digits[i]) == 16)
            return refuse_token(t, "not a hexadecimal number");
    if (count % 2 != 0)
        return refuse_token(t, "an odd number of hex digits");
    for (size_t i = 0; i < count; i += 2)
        put_byte(out, digit_of(digits[i]) << 4 | digit_of(digits[i + 1]));
    return true;
}

static bool put_decimal_token(bytes_text *t, size_t len, kw_writer *out)
{
    unsigned n = 0;
    for (size_t i = 0; i < len; i++) {
        if (digit_of(t->token[i]) >= 10)
            return refuse_token(t, "not a number");
        n = n > 1000 ? n : n * 10 + digit_of(t->token[i]);
    }
    if (n > (t->negative ? 128u : 255u))
        return refuse_token(t, "not the value of a byte");
    put_byte(out, t->negative ? 0 - n : n);
    return true;
}

/* The end of a word: hexadecimal numbers are bytes, decimal ones only in brackets. */
static bool end_token(bytes_text *t, char next, kw_writer *out)
{
    size_t len = t->token_len;
    t->token_len = 0;
    if (len == 0)
        return true;
    while (len > 1 && strchr("uUlL", t->token[len - 1]) != NULL)
        len--;
    t->token[len] = '\0';
    bool fine = true;
    bool is_hex_number = t->token[0] == '0' && len > 2 && (t->token[1] == 'x' || t->token[1] == 'X');
    if (is_hex_number)
        fine = next == ':' || put_hex_token(t, len, out); /* before a colon it is an address */
    else if (t->erlang && next == ':')
        fine = refuse_token(t, "sizes of Erlang's segments are not read");
    else if ((t->depth != 0 || t->erlang) && t->token[0] >= '0' && t->token[0] <= '9')
        fine = put_decimal_token(t, len, out);
    t->negative = false;
    return fine;
}

static bool in_comment(bytes_text *t, char c)
{
    if ((t->state == LINE_COMMENT && c == '\n') || (t->state == BLOCK_COMMENT && t->before == '*' && c == '/') ||
        (t->state == INDEX && c == ']'))
        t->state = PLAIN;
    else if (t->state != LINE_COMMENT && t->state != BLOCK_COMMENT && t->state != INDEX)
        return false;
    t->before = c;
    return true;
}

static bool read_punctuation(bytes_text *t, char c)
{
    if ((c == '/' && t->before == '/') || (c == '#' && t->depth == 0))
        t->state = LINE_COMMENT;
    else if (c == '*' && t->before == '/')
        t->state = BLOCK_COMMENT;
    else if (c == '[' && is_word(t->before))
        t->state = INDEX; /* the size of an array */
    else if (c == '{' || c == '[')
        t->depth++;
    else if ((c == '}' || c == ']') && t->depth != 0)
        t->depth--;
    else if (c == '<' && t->before == '<')
        t->erlang = true;
    else if (c == '\'' || (c == '"' && t->erlang))
        t->quote = c;
    else if (c == '-')
        t->negative = true;
    return true;
}

/* Erlang's 16#ff is 0xff. */
static bool is_erlang_base(bytes_text *t, char c)
{
    if (!t->erlang || c != '#' || t->token_len != 2 || memcmp(t->token, "16", 2) != 0)
        return false;
    memcpy(t->token, "0x", 2);
    return true;
}

static bool read_array(bytes_text *t, char c, kw_writer *out)
{
    bool fine;
    if (in_comment(t, c))
        return true;
    if (t->quote != '\0') {
        if (t->state != PLAIN && (read_escape(t, c, out, &fine) || !fine))
            return fine;
        if (c == '\\')
            t->state = ESCAPE;
        else if (c == t->quote)
            t->quote = '\0';
        else
            put_byte(out, (unsigned char)c);
        t->before = ' ';
        return true;
    }
    if (is_erlang_base(t, c))
        return true;
    if (is_word(c)) {
        if (t->token_len + 1 < sizeof t->token)
            t->token[t->token_len++] = c;
        else
            return refuse(t, "too long a word", c);
    } else if (!end_token(t, c, out) || !read_punctuation(t, c)) {
        return false;
    }
    if (!is_space(c))
        t->before = c;
    return true;
}

/* ---- lines of dumps ---- */

static bool read_dump(bytes_text *t, char c, kw_writer *out)
{
    dump_text *d = &t->dump;
    if (c != '\n') {
        if (d->len == sizeof d->line)
            return refuse(t, "too long a line for a dump", c);
        d->line[d->len++] = c;
        return true;
    }
    size_t len = d->len;
    d->len = 0;
    return dump_text_line(d, d->line, len, out, t->error, sizeof t->error);
}

static bool end_dump(bytes_text *t, kw_writer *out)
{
    if (!read_dump(t, '\n', out))
        return false;
    if (!t->dump.started && t->dump.others != 0) {
        snprintf(t->error, sizeof t->error, "no line starts with an offset");
        return false;
    }
    dump_text_end(&t->dump, out);
    return true;
}

/* ---- all of them ---- */

void bytes_text_init(bytes_text *t, bytes_shape shape)
{
    memset(t, 0, sizeof *t);
    t->shape = shape;
    t->depth = shape == BYTES_DECIMAL;
    t->line = 1;
    t->column = 1;
}

static bool read_one(bytes_text *t, char c, kw_writer *out)
{
    switch (t->shape) {
    case BYTES_HEX:
        return read_hex(t, c, out);
    case BYTES_DUMP:
        return read_dump(t, c, out);
    case BYTES_ARRAY:
    case BYTES_DECIMAL:
        return read_array(t, c, out);
    case BYTES_STRING:
        return read_string(t, c, out);
    case BYTES_BASE64:
        return read_base64(t, c, out);
    case BYTES_BINARY:
        break;
    }
    put_byte(out, (unsigned char)c);
    return true;
}

static bool end(bytes_text *t, kw_writer *out)
{
    switch (t->shape) {
    case BYTES_HEX:
        return end_hex(t);
    case BYTES_DUMP:
        return end_dump(t, out);
    case BYTES_ARRAY:
    case BYTES_DECIMAL:
        return end_token(t, ' ', out);
    case BYTES_STRING:
        return end_string(t, out);
    case BYTES_BASE64:
        return end_base64(t, out);
    case BYTES_BINARY:
        break;
    }
    return true;
}

bool bytes_text_read(bytes_text *t, const char *text, size_t size, bool is_last, kw_writer *out)
{
    for (size_t i = 0; i < size; i++) {
        if (!read_one(t, text[i], out))
            return false;
        t->column++;
        if (text[i] == '\n') {
            t->line++;
            t->column = 1;
        }
    }
    return !is_last || end(t, out);
}
