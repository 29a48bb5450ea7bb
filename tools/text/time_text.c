/* SPDX-License-Identifier: Apache-2.0 */
#include "time_text.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define MS_A_DAY INT64_C(86400000)
#define NS_A_MS INT64_C(1000000)
#define FIRST_DAY INT64_C(-719528)   /* 0000-01-01 */
#define BEHIND_LAST INT64_C(2932897) /* 10000-01-01 */

/* The proleptic Gregorian calendar in eras of 400 years, which have 146097 days and start on the first of March. */
enum { DAYS_AN_ERA = 146097, DAYS_TO_1970 = 719468 };

typedef struct date {
    int year;
    int month;
    int day;
} date;

static date date_of(int64_t days)
{
    int64_t z = days + DAYS_TO_1970;
    int64_t era = (z >= 0 ? z : z - (DAYS_AN_ERA - 1)) / DAYS_AN_ERA;
    int of_era = (int)(z - era * DAYS_AN_ERA);
    int year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * year + year / 4 - year / 100);
    int month = (5 * of_year + 2) / 153; /* 0: March */
    date d = {(int)(era * 400) + year + (month >= 10), month < 10 ? month + 3 : month - 9,
              of_year - (153 * month + 2) / 5 + 1};
    return d;
}

static int64_t days_to(date d)
{
    int64_t year = d.month <= 2 ? d.year - 1 : d.year;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (d.month > 2 ? d.month - 3 : d.month + 9) + 2) / 5 + d.day - 1;
    return era * DAYS_AN_ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - DAYS_TO_1970;
}

static char *put_digits(char *to, int number, int count, char after)
{
    for (int i = count - 1; i >= 0; i--) {
        to[i] = (char)('0' + number % 10);
        number /= 10;
    }
    to[count] = after;
    return to + count + 1;
}

bool time_put(int64_t ms, char to[TIME_LENGTH])
{
    int64_t days = ms / MS_A_DAY - (ms % MS_A_DAY < 0);
    if (days < FIRST_DAY || days >= BEHIND_LAST)
        return false;
    int of_day = (int)(ms - days * MS_A_DAY);
    date d = date_of(days);
    char *p = put_digits(to, d.year, 4, '-');
    p = put_digits(p, d.month, 2, '-');
    p = put_digits(p, d.day, 2, 'T');
    p = put_digits(p, of_day / 3600000, 2, ':');
    p = put_digits(p, of_day / 60000 % 60, 2, ':');
    p = put_digits(p, of_day / 1000 % 60, 2, '.');
    (void)put_digits(p, of_day % 1000, 3, 'Z');
    return true;
}

bool time_text(int64_t ms, char to[TIME_SIZE])
{
    to[TIME_LENGTH] = '\0';
    return time_put(ms, to);
}

/* `count` digits that make a number from `least` to `most`. */
static bool take(const char **text, int count, int least, int most, int *out)
{
    *out = 0;
    for (int i = 0; i < count; i++) {
        char c = **text;
        if (c < '0' || c > '9')
            return false;
        *out = *out * 10 + (c - '0');
        (*text)++;
    }
    return *out >= least && *out <= most;
}

static bool take_char(const char **text, char c)
{
    if (**text != c)
        return false;
    (*text)++;
    return true;
}

static bool take_date(const char **text, date *d)
{
    bool taken = take(text, 4, 0, 9999, &d->year) && take_char(text, '-') && take(text, 2, 1, 12, &d->month) &&
                 take_char(text, '-') && take(text, 2, 1, 31, &d->day);
    return taken && date_of(days_to(*d)).day == d->day;
}

/* The part of a second, in digits. */
typedef struct fraction {
    int digits;
    int ns;
} fraction;

static bool take_fraction(const char **text, fraction *out)
{
    size_t digits = strspn(*text, "0123456789");
    if (digits == 0 || digits > 9 || !take(text, (int)digits, 0, 999999999, &out->ns))
        return false;
    out->digits = (int)digits;
    for (size_t i = digits; i < 9; i++)
        out->ns *= 10;
    return true;
}

static bool take_time(const char **text, int *second_of_day, fraction *part)
{
    int hour, minute, second = 0;
    if (!take(text, 2, 0, 23, &hour) || !take_char(text, ':') || !take(text, 2, 0, 59, &minute))
        return false;
    if (take_char(text, ':') && !take(text, 2, 0, 59, &second))
        return false;
    if (take_char(text, '.') && !take_fraction(text, part))
        return false;
    *second_of_day = (hour * 60 + minute) * 60 + second;
    (void)take_char(text, 'Z');
    return true;
}

static bool parse_number(const char *text, int64_t *ms)
{
    size_t digits = strspn(text[0] == '-' ? text + 1 : text, "0123456789");
    if (digits == 0 || strlen(text) != digits + (text[0] == '-'))
        return false;
    errno = 0;
    *ms = strtoll(text, NULL, 10);
    return errno == 0;
}

/* Without the fraction of a second. */
static bool read_parts(const char *text, int64_t *ms, fraction *part)
{
    date d;
    int second_of_day = 0;
    *part = (fraction){0, 0};
    if (parse_number(text, ms))
        return true;
    if (!take_date(&text, &d) || (take_char(&text, 'T') && !take_time(&text, &second_of_day, part)) || *text != '\0')
        return false;
    *ms = days_to(d) * MS_A_DAY + second_of_day * INT64_C(1000);
    return true;
}

bool time_read(const char *text, int64_t *ms)
{
    fraction part;
    if (!read_parts(text, ms, &part) || (part.digits != 0 && part.digits != 3))
        return false;
    *ms += part.ns / NS_A_MS;
    return true;
}

bool time_read_ns(const char *text, int64_t *ns, int64_t *unit)
{
    fraction part;
    int64_t ms;
    if (!read_parts(text, &ms, &part))
        return false;
    *unit = part.digits > 6 ? 1 : 1000;
    if (ms >= INT64_MAX / NS_A_MS || ms <= INT64_MIN / NS_A_MS)
        *ns = ms > 0 ? INT64_MAX : INT64_MIN;
    else
        *ns = ms * NS_A_MS + part.ns;
    return true;
}
