/* SPDX-License-Identifier: Apache-2.0 */
#include "java_number.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS_SIZE = 18 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool java_parse_integer(const char *text, int64_t min, int64_t max, int64_t *out)
{
    const char *digits = text + (*text == '-' || *text == '+');
    if (!is_digit(*digits))
        return false;
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (*end != '\0' || errno != 0 || v < min || v > max)
        return false;
    *out = v;
    return true;
}

bool java_parse_double(const char *text, double *out)
{
    const char *number = text + (*text == '-' || *text == '+');
    double sign = *text == '-' ? -1 : 1;
    if (strcmp(number, "NaN") == 0 || strcmp(number, "Infinity") == 0) {
        *out = *number == 'N' ? NAN : sign * INFINITY;
        return true;
    }
    if (!is_digit(*number) && *number != '.')
        return false;
    bool hexadecimal = number[0] == '0' && (number[1] == 'x' || number[1] == 'X');
    if (hexadecimal && strpbrk(number, "pP") == NULL)
        return false;
    char *end;
    double v = strtod(number, &end);
    if (end == number)
        return false;
    if (*end != '\0' && strchr("fFdD", *end) != NULL)
        end++;
    if (*end != '\0')
        return false;
    *out = sign * v;
    return true;
}

/* The digits of the shortest decimal number that is read as this one; returns its exponent of ten. */
static int shortest_digits(double value, char digits[DIGITS_SIZE])
{
    char text[JAVA_DOUBLE_SIZE];
    for (int precision = 0; precision < 17; precision++) {
        snprintf(text, sizeof text, "%.*e", precision, value);
        if (strtod(text, NULL) == value)
            break;
    }
    char *to = digits;
    for (const char *from = text; *from != 'e'; from++)
        if (is_digit(*from))
            *to++ = *from;
    *to = '\0';
    return (int)strtol(strchr(text, 'e') + 1, NULL, 10);
}

static void print_plain(const char *digits, int exponent, char *text)
{
    int count = (int)strlen(digits);
    for (int at = exponent < 0 ? exponent : 0; at < count || at <= exponent + 1; at++) {
        if (at == exponent + 1)
            *text++ = '.';
        *text++ = at >= 0 && at < count ? digits[at] : '0';
    }
    *text = '\0';
}

void java_print_double(double value, char text[JAVA_DOUBLE_SIZE])
{
    char digits[DIGITS_SIZE];
    if (isnan(value)) {
        memcpy(text, "NaN", sizeof "NaN");
        return;
    }
    if (signbit(value))
        *text++ = '-';
    value = fabs(value);
    if (isinf(value)) {
        memcpy(text, "Infinity", sizeof "Infinity");
    } else if (value == 0) {
        memcpy(text, "0.0", sizeof "0.0");
    } else {
        int exponent = shortest_digits(value, digits);
        if (value >= 1e-3 && value < 1e7)
            print_plain(digits, exponent, text);
        else
            snprintf(text, JAVA_DOUBLE_SIZE - 1, "%c.%sE%d", digits[0], digits[1] != '\0' ? digits + 1 : "0", exponent);
    }
}
