/* SPDX-License-Identifier: Apache-2.0 */
#include "hello.h"

#include <string.h>

#include <kwire/endian.h>

enum { CLIENT_HELLO = 1, SERVER_HELLO = 2 };

/* Places in both messages. */
enum { VERSION_AT = 4, RANDOM_AT = 6, SESSION_ID_AT = RANDOM_AT + TLS_RANDOM_SIZE };

bool client_hello_read(const uint8_t *data, size_t size, client_hello *out)
{
    if (size < SESSION_ID_AT || data[0] != CLIENT_HELLO)
        return false;
    memcpy(out->random, data + RANDOM_AT, sizeof out->random);
    return true;
}

bool server_hello_read(const uint8_t *data, size_t size, server_hello *out)
{
    if (size <= SESSION_ID_AT || data[0] != SERVER_HELLO)
        return false;
    size_t suite_at = SESSION_ID_AT + 1 + (size_t)data[SESSION_ID_AT];
    if (size < suite_at + 2)
        return false;
    memcpy(out->random, data + RANDOM_AT, sizeof out->random);
    out->version = kw_load_be16(data + VERSION_AT);
    out->suite = kw_load_be16(data + suite_at);
    return true;
}
