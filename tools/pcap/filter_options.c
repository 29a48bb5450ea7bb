/* SPDX-License-Identifier: Apache-2.0 */
#include "filter_options.h"

#include <stdio.h>
#include <string.h>

#include "../command/api.h"
#include "../command/options.h"
#include "../command/report.h"
#include "../text/time_text.h"

#define SECOND INT64_C(1000000000)

bool list_next(const char **text, char word[LIST_WORD_SIZE])
{
    if (*text == NULL)
        return false;
    size_t n = strcspn(*text, ",");
    snprintf(word, LIST_WORD_SIZE, "%.*s", (int)(n < LIST_WORD_SIZE ? n : LIST_WORD_SIZE), *text);
    *text = (*text)[n] == ',' ? *text + n + 1 : NULL;
    return true;
}

/* Keys may belong to APIs that this kwire does not know. */
static bool add_api(filter *f, const char *word)
{
    long long key;
    if (number_read(word, 0, INT16_MAX, &key)) {
        filter_add_api(f, (int16_t)key);
        return true;
    }
    const kw_api *api = api_named(word);
    if (api != NULL)
        filter_add_api(f, api->key);
    return api != NULL;
}

/* Names or keys, separated by commas. An unknown one is bad input, with one line on standard error. */
static int read_apis(const char *text, filter *f)
{
    char word[LIST_WORD_SIZE];
    while (list_next(&text, word))
        if (!add_api(f, word))
            return STATUS_BAD_INPUT;
    return CONTINUE;
}

static int refuse(const verb *v, const char *name, const char *what, const char *word)
{
    char text[QUOTED_SIZE];
    return usage_error(v, "%s is %s, not %s", name, what, quoted(text, word, strlen(word)));
}

static int read_correlation_ids(const verb *v, const char *text, filter *f)
{
    char word[LIST_WORD_SIZE];
    long long id;
    while (list_next(&text, word)) {
        if (!number_read(word, INT32_MIN, INT32_MAX, &id))
            return refuse(v, "--correlation-id", "numbers separated by commas", word);
        if (f->correlation_id_count == MOST_CORRELATION_IDS)
            return usage_error(v, "--correlation-id is at most %d numbers", MOST_CORRELATION_IDS);
        f->correlation_ids[f->correlation_id_count++] = (int32_t)id;
    }
    return CONTINUE;
}

static int read_addresses(const verb *v, const char *name, const char *text, address_set *out)
{
    char word[LIST_WORD_SIZE];
    while (list_next(&text, word)) {
        if (out->count == MOST_ADDRESSES)
            return usage_error(v, "%s is at most %d addresses", name, MOST_ADDRESSES);
        if (!address_range_read(word, &out->ranges[out->count++]))
            return refuse(v, name, "addresses like 10.0.0.1, 10.0.0.0/8, [fe80::1]:9092 or :9092", word);
    }
    return CONTINUE;
}

/* Seconds with up to nine decimals. */
static bool read_seconds(const char *text, int64_t *ns)
{
    const size_t most_digits = 9;
    size_t whole = strspn(text, "0123456789");
    const char *point = text + whole;
    size_t decimals = *point == '.' ? strspn(point + 1, "0123456789") : 0;
    if (whole == 0 || whole > most_digits || decimals > most_digits || (*point == '.' && decimals == 0) ||
        point[decimals + (*point == '.')] != '\0')
        return false;
    *ns = 0;
    for (size_t i = 0; i < whole; i++)
        *ns = *ns * 10 + (text[i] - '0');
    for (size_t i = 0; i < most_digits; i++)
        *ns = *ns * 10 + (i < decimals ? point[1 + i] - '0' : 0);
    return true;
}

/* `unit` is the precision of the text, in ns. */
static int read_moment(const verb *v, const char *name, const char *text, int64_t *out, bool *is_relative,
                       int64_t *unit)
{
    *unit = 1000;
    *is_relative = text[0] == '+';
    if (*is_relative ? read_seconds(text + 1, out) : time_read_ns(text, out, unit))
        return CONTINUE;
    return refuse(v, name, "a time like 2026-11-25T10:20:30.123456Z, or +1.5 for seconds after the first packet", text);
}

/* Times are printed in microseconds, the last of which is included. */
static int read_times(const verb *v, const filter_texts *given, filter *f)
{
    int64_t unit;
    int status = CONTINUE;
    if (given->since != NULL)
        status = read_moment(v, "--since", given->since, &f->since, &f->since_is_relative, &unit);
    if (status != CONTINUE || given->until == NULL)
        return status;
    status = read_moment(v, "--until", given->until, &f->until, &f->until_is_relative, &unit);
    if (status == CONTINUE && f->until <= INT64_MAX - unit)
        f->until += unit - 1;
    return status;
}

static int read_slow(const verb *v, const char *text, filter *f)
{
    long long ms;
    if (text == NULL)
        return CONTINUE;
    if (!number_read(text, 0, INT64_MAX / 1000000, &ms))
        return refuse(v, "--slow", "a number of 0 or more", text);
    f->slow = ms * 1000000;
    return CONTINUE;
}

int filter_options_read(const verb *v, const filter_texts *given, filter *out)
{
    int status = read_apis(given->apis, out);
    if (status == CONTINUE)
        status = read_times(v, given, out);
    if (status == CONTINUE)
        status = read_correlation_ids(v, given->correlation_ids, out);
    if (status == CONTINUE)
        status = read_addresses(v, "--host", given->hosts, &out->hosts);
    if (status == CONTINUE)
        status = read_addresses(v, "--client", given->clients, &out->clients);
    if (status == CONTINUE)
        status = read_addresses(v, "--broker", given->brokers, &out->brokers);
    return status == CONTINUE ? read_slow(v, given->slow, out) : status;
}
