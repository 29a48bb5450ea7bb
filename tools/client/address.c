/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"

static bool is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits >= ADDRESS_PORT_SIZE || text[digits] != '\0')
        return false;
    long port = strtol(text, NULL, 10);
    return port >= 1 && port <= 65535;
}

static const char *read_port(const char *text, address *out)
{
    if (text[0] == '\0') {
        memcpy(out->port, ADDRESS_PORT_DEFAULT, sizeof ADDRESS_PORT_DEFAULT);
        return NULL;
    }
    if (text[0] != ':' || !is_port(text + 1))
        return "its port is not a number from 1 to 65535";
    snprintf(out->port, sizeof out->port, "%s", text + 1);
    return NULL;
}

const char *address_read(const char *text, address *out)
{
    bool bracketed = text[0] == '[';
    const char *host = bracketed ? text + 1 : text;
    size_t size = strcspn(host, bracketed ? "]" : ":");
    if (!bracketed && strchr(text, ':') != strrchr(text, ':'))
        return "an IPv6 address is put in brackets, as [::1]:9092";
    if (bracketed && host[size] != ']')
        return "the bracket is not closed";
    if (size == 0)
        return "it has no host";
    if (size >= sizeof out->host)
        return "its host is longer than 255 bytes";
    const char *rest = host + size + (bracketed ? 1 : 0);
    memcpy(out->host, host, size);
    out->host[size] = '\0';
    return read_port(rest, out);
}
