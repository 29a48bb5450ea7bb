/* SPDX-License-Identifier: Apache-2.0 */
#include "client_host.h"

#include <stdio.h>
#include <string.h>

enum { UNITS = 8 };

static bool read_unit(const char **at, unsigned *unit)
{
    size_t digits = strspn(*at, "0123456789abcdefABCDEF");
    if (digits == 0 || digits > 4)
        return false;
    *unit = 0;
    for (; digits != 0; digits--, ++*at) {
        char c = (char)(**at | 0x20); /* lower case; digits stay what they are */
        *unit = *unit * 16 + (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return true;
}

/* Reads an IPv6 address whose last units are not an IPv4 address. What follows it stays at *rest. */
static bool read_units(const char *address, unsigned units[UNITS], const char **rest)
{
    size_t count = 0, before_gap = UNITS + 1;
    const char *at = address;
    if (strncmp(at, "::", 2) == 0) {
        before_gap = 0;
        at += 2;
    }
    while (count < UNITS && read_unit(&at, &units[count])) {
        count++;
        if (strncmp(at, "::", 2) == 0 && before_gap > UNITS) {
            before_gap = count;
            at += 2;
        } else if (*at == ':') {
            at++;
        } else {
            break;
        }
    }
    *rest = at;
    if (before_gap > UNITS)
        return count == UNITS;
    size_t after_gap = count - before_gap;
    memmove(&units[UNITS - after_gap], &units[before_gap], after_gap * sizeof units[0]);
    for (size_t i = before_gap; i < UNITS - after_gap; i++)
        units[i] = 0;
    return true;
}

kw_string client_host_of(const char *address, char text[CLIENT_HOST_SIZE])
{
    unsigned u[UNITS];
    const char *rest;
    if (strchr(address, ':') != NULL && read_units(address, u, &rest) && (*rest == '\0' || *rest == '%'))
        (void)snprintf(text, CLIENT_HOST_SIZE, "/%x:%x:%x:%x:%x:%x:%x:%x%s", u[0], u[1], u[2], u[3], u[4], u[5], u[6],
                       u[7], rest);
    else
        (void)snprintf(text, CLIENT_HOST_SIZE, "/%s", address);
    return kw_string_of(text);
}

kw_string client_host(const struct call *call, char text[CLIENT_HOST_SIZE])
{
    return client_host_of(call->exchange->host, text);
}
