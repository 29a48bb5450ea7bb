/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "address_set.h"

#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

#include "../command/options.h"

static bool read_port(const char *text, uint16_t *out)
{
    long long port;
    if (!number_read(text, 1, UINT16_MAX, &port))
        return false;
    *out = (uint16_t)port;
    return true;
}

/* ADDRESS or ADDRESS/BITS. */
static bool read_address(char *text, address_range *out)
{
    long long bits;
    char *slash = strchr(text, '/');
    out->is_v6 = strchr(text, ':') != NULL;
    int most = out->is_v6 ? 128 : 32;
    if (slash != NULL)
        *slash = '\0';
    if (inet_pton(out->is_v6 ? AF_INET6 : AF_INET, text, out->address.bytes) != 1)
        return false;
    out->bits = (unsigned)most;
    if (slash == NULL)
        return true;
    if (!number_read(slash + 1, 1, most, &bits))
        return false;
    out->bits = (unsigned)bits;
    return true;
}

/* Where the port's colon is, the end of the text if there is none; NULL if a bracket is not closed. */
static const char *find_port(const char *text)
{
    const char *end = text + strlen(text);
    if (text[0] == '[') {
        const char *bracket = strchr(text, ']');
        return bracket != NULL && (bracket[1] == ':' || bracket[1] == '\0') ? bracket + 1 : NULL;
    }
    const char *colon = strchr(text, ':');
    bool is_v6 = colon != NULL && strchr(colon + 1, ':') != NULL;
    return colon == NULL || is_v6 ? end : colon;
}

bool address_range_read(const char *text, address_range *out)
{
    enum { LONGEST = INET6_ADDRSTRLEN + 4 };
    char address[LONGEST + 1];
    memset(out, 0, sizeof *out);
    const char *port = find_port(text);
    if (port == NULL || (*port == ':' && !read_port(port + 1, &out->port)))
        return false;
    bool has_brackets = text[0] == '[';
    size_t size = (size_t)(port - text) - (has_brackets ? 2 : 0);
    if (size == 0)
        return *port == ':' && !has_brackets;
    if (size > LONGEST)
        return false;
    snprintf(address, sizeof address, "%.*s", (int)size, text + has_brackets);
    return read_address(address, out) && (out->is_v6 || !has_brackets);
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned bytes = bits / 8;
    unsigned rest = bits % 8;
    return memcmp(a, b, bytes) == 0 && (rest == 0 || (a[bytes] ^ b[bytes]) >> (8 - rest) == 0);
}

static bool has(const address_range *r, const endpoint *e)
{
    if (r->port != 0 && r->port != e->port)
        return false;
    return r->bits == 0 || (r->is_v6 == (e->is_v6 != 0) && same_bits(r->address.bytes, e->address.bytes, r->bits));
}

bool address_set_finds(const address_set *set, const endpoint *e)
{
    for (int i = 0; i < set->count; i++)
        if (has(&set->ranges[i], e))
            return true;
    return false;
}
