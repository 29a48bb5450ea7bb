/* SPDX-License-Identifier: Apache-2.0 */
#include "notation.h"

#include "../text/time_text.h"
#include "../text/utf8.h"

#define NS_A_MS INT64_C(1000000)

/* At least `digits` of them. */
static void emit_digits(emitter *e, uint64_t n, int digits)
{
    char text[20];
    char *p = text + sizeof text;
    for (; n != 0 || digits > 0; digits--, n /= 10)
        *--p = (char)('0' + n % 10);
    emit_short(e, p, (size_t)(text + sizeof text - p));
}

void emit_moment(emitter *e, int64_t ns)
{
    int64_t ms = ns / NS_A_MS - (ns % NS_A_MS < 0);
    char text[TIME_LENGTH];
    if (!time_put(ms, text)) {
        emit_int(e, ns);
        return;
    }
    emit_short(e, text, TIME_LENGTH - 1); /* without the Z */
    emit_digits(e, (uint64_t)(ns - ms * NS_A_MS) / 1000, 3);
    emit_char(e, 'Z');
}

void emit_latency(emitter *e, int64_t ns)
{
    uint64_t us = ((uint64_t)ns + 500) / 1000;
    emit_digits(e, us / 1000, 1);
    emit_char(e, '.');
    emit_digits(e, us % 1000, 3);
}

void emit_api(emitter *e, const char *name, int16_t key)
{
    if (name != NULL) {
        emit_text(e, name);
        return;
    }
    EMIT_LITERAL(e, "API-");
    emit_int(e, key);
}

/* Text that is not UTF-8; only its ASCII is shown. */
static void emit_odd_string(emitter *e, kw_string text)
{
    emit_char(e, '"');
    for (int32_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c >= 0x80) {
            EMIT_LITERAL(e, "\xef\xbf\xbd");
        } else if (c < ' ' || c == '"' || c == '\\' || c == 0x7f) {
            EMIT_LITERAL(e, "\\u00");
            emit_hex(e, &c, 1);
        } else {
            emit_char(e, (char)c);
        }
    }
    emit_char(e, '"');
}

void emit_json_string(emitter *e, kw_string text)
{
    if (text.len < 0)
        EMIT_LITERAL(e, "null");
    else if (utf8_valid((const uint8_t *)text.data, (size_t)text.len))
        emit_quoted(e, (const uint8_t *)text.data, (size_t)text.len);
    else
        emit_odd_string(e, text);
}

static bool is_word(kw_string text)
{
    if (text.len == 0 || (text.len == 1 && text.data[0] == '-'))
        return false;
    for (int32_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '.' && c != '_' && c != '-')
            return false;
    }
    return true;
}

void emit_word(emitter *e, kw_string text)
{
    if (text.len < 0)
        emit_char(e, '-');
    else if (is_word(text))
        emit_string(e, text);
    else
        emit_json_string(e, text);
}
