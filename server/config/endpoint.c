/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoint.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static bool parse_port(const char *text, uint16_t *out)
{
    unsigned port = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        port = port * 10 + (unsigned)(*text - '0');
        if (port > UINT16_MAX)
            return false;
    }
    *out = (uint16_t)port;
    return true;
}

bool endpoint_parse(const char *text, struct endpoint *out)
{
    const char *colon = strrchr(text, ':');
    uint16_t port;
    if (colon == NULL || !parse_port(colon + 1, &port))
        return false;
    size_t size = (size_t)(colon - text);
    bool bracketed = size >= 2 && text[0] == '[' && text[size - 1] == ']';
    if (bracketed) {
        text++;
        size -= 2;
    }
    if (size >= sizeof out->host || (!bracketed && memchr(text, ':', size) != NULL))
        return false;
    memcpy(out->host, text, size);
    out->host[size] = '\0';
    out->port = port;
    return true;
}

const char *endpoint_format(const struct endpoint *endpoint, char text[ENDPOINT_TEXT_SIZE])
{
    bool bracketed = strchr(endpoint->host, ':') != NULL;
    (void)snprintf(text, ENDPOINT_TEXT_SIZE, bracketed ? "[%s]:%u" : "%s:%u", endpoint->host, (unsigned)endpoint->port);
    return text;
}

void endpoint_of_address(const struct sockaddr *address, socklen_t size, struct endpoint *out)
{
    char port[8] = "";
    static const char mapped[] = "::ffff:";
    out->port = 0;
    if (getnameinfo(address, size, out->host, sizeof out->host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) !=
        0)
        out->host[0] = '\0';
    (void)parse_port(port, &out->port);
    if (strncmp(out->host, mapped, sizeof mapped - 1) == 0 && strchr(out->host, '.') != NULL)
        memmove(out->host, out->host + sizeof mapped - 1, strlen(out->host) - (sizeof mapped - 1) + 1);
}

bool endpoint_is_wildcard(const struct endpoint *endpoint)
{
    return endpoint->host[0] == '\0' || strcmp(endpoint->host, "0.0.0.0") == 0 || strcmp(endpoint->host, "::") == 0;
}
