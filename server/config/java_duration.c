/* SPDX-License-Identifier: Apache-2.0 */
#include "java_duration.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FRACTION_DIGITS = 9 };

struct duration {
    const char *text; /* what has not been read */
    int64_t seconds;
    int fraction; /* its sign; it is added */
    bool has_part;
};

static bool is_letter(char c, char letter)
{
    return c == letter || c == letter - 'A' + 'a';
}

static bool add(struct duration *d, int64_t number, int64_t unit)
{
    if (number > INT64_MAX / unit || number < INT64_MIN / unit)
        return false;
    number *= unit;
    if ((number > 0 && d->seconds > INT64_MAX - number) || (number < 0 && d->seconds < INT64_MIN - number))
        return false;
    d->seconds += number;
    return true;
}

/* Digits behind the point of seconds; where they end. */
static const char *take_fraction(const char *p, bool is_negative, int *sign)
{
    size_t digits = strspn(p, "0123456789");
    if (strspn(p, "0") < digits)
        *sign = is_negative ? -1 : 1;
    return p + (digits <= FRACTION_DIGITS ? digits : 0);
}

/* Reads a part of this unit, if it is the next one. False: the duration is too long. */
static bool take(struct duration *d, char unit, int64_t seconds)
{
    const char *digits = d->text + (*d->text == '+' || *d->text == '-');
    bool is_negative = *d->text == '-';
    int sign = 0;
    char *end;
    if (strspn(digits, "0123456789") == 0)
        return true;
    errno = 0;
    int64_t number = strtoll(d->text, &end, 10);
    bool fits = errno == 0;
    const char *behind = end;
    if (unit == 'S' && (*end == '.' || *end == ','))
        behind = take_fraction(end + 1, is_negative, &sign);
    if (!is_letter(*behind, unit))
        return true;
    d->text = behind + 1;
    d->fraction = sign;
    d->has_part = true;
    return fits && add(d, number, seconds);
}

static int sign_of(const struct duration *d)
{
    return d->seconds > 0 ? 1 : d->seconds < 0 ? -1 : d->fraction;
}

bool java_is_duration(const char *text)
{
    struct duration d = {.text = text + (*text == '+' || *text == '-')};
    if (!is_letter(*d.text++, 'P') || !take(&d, 'D', 86400))
        return false;
    if (is_letter(*d.text, 'T')) {
        d.text++;
        d.has_part = false;
        if (!take(&d, 'H', 3600) || !take(&d, 'M', 60) || !take(&d, 'S', 1) || !d.has_part)
            return false;
    }
    return *d.text == '\0' && d.has_part && (*text == '-' ? sign_of(&d) <= 0 : sign_of(&d) >= 0);
}
