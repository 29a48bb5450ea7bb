/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "put.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include <kwire/json.h>

#define SECOND INT64_C(1000000000)

/* At least `digits` of them. */
static void put_digits(kw_writer *out, uint64_t n, int digits)
{
    char text[20];
    char *p = text + sizeof text;
    for (; n != 0 || digits > 0; digits--, n /= 10)
        *--p = (char)('0' + n % 10);
    kw_write_raw(out, p, (size_t)(text + sizeof text - p));
}

void put_number(kw_writer *out, int64_t n)
{
    if (n < 0)
        put(out, "-");
    put_digits(out, n < 0 ? 0 - (uint64_t)n : (uint64_t)n, 1);
}

void put_milliseconds(kw_writer *out, int64_t nanoseconds)
{
    uint64_t us = ((uint64_t)nanoseconds + 500) / 1000;
    put_digits(out, us / 1000, 1);
    put(out, ".");
    put_digits(out, us % 1000, 3);
}

static void make_text(clock_text *clock, int64_t second)
{
    struct tm t;
    time_t when = (time_t)second;
    clock->second = second;
    clock->size = 0;
    if (gmtime_r(&when, &t) != NULL)
        clock->size = strftime(clock->text, sizeof clock->text, "%Y-%m-%dT%H:%M:%S", &t);
    if (clock->size == 0)
        clock->size = (size_t)snprintf(clock->text, sizeof clock->text, "?");
}

void put_time(kw_writer *out, int64_t nanoseconds, clock_text *clock)
{
    int64_t second = nanoseconds / SECOND - (nanoseconds % SECOND < 0);
    if (clock->size == 0 || clock->second != second)
        make_text(clock, second);
    kw_write_raw(out, clock->text, clock->size);
    put(out, ".");
    put_digits(out, (uint64_t)(nanoseconds - second * SECOND) / 1000, 6);
    put(out, "Z");
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

void put_word(kw_writer *out, kw_string text)
{
    if (text.len < 0)
        put(out, "-");
    else if (is_word(text))
        put_string(out, text);
    else
        kw_json_string(text, out);
}
