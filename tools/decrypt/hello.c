/* SPDX-License-Identifier: Apache-2.0 */
#include "hello.h"

#include <string.h>

#include <kwire/endian.h>

enum { CLIENT_HELLO = 1, SERVER_HELLO = 2 };

/* Places in both messages. */
enum { VERSION_AT = 4, RANDOM_AT = 6, SESSION_ID_AT = RANDOM_AT + TLS_RANDOM_SIZE };

enum { MESSAGE_HEADER_SIZE = 4 };

/* Types of extensions. */
enum { ENCRYPT_THEN_MAC = 22, EARLY_DATA = 42 };

/* The captured part of the message that `data` starts with. */
static size_t message_size(const uint8_t *data, size_t size)
{
    size_t message = MESSAGE_HEADER_SIZE + ((size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3]);
    return message < size ? message : size;
}

/* Skips a vector whose size takes one or two bytes. Beyond the message if that is cut. */
static size_t skip_vector(const uint8_t *data, size_t size, size_t at, size_t digits)
{
    if (at + digits > size)
        return size;
    return at + digits + (digits == 1 ? data[at] : kw_load_be16(data + at));
}

/* Whether the extensions, which are at the end of a hello, have this one. */
static bool has_extension(const uint8_t *data, size_t size, size_t at, uint16_t type)
{
    enum { HEADER_SIZE = 4 };
    for (at += 2; at + HEADER_SIZE <= size; at += HEADER_SIZE + (size_t)kw_load_be16(data + at + 2))
        if (kw_load_be16(data + at) == type)
            return true;
    return false;
}

bool client_hello_read(const uint8_t *data, size_t size, client_hello *out)
{
    if (size < SESSION_ID_AT || data[0] != CLIENT_HELLO)
        return false;
    size = message_size(data, size);
    size_t suites_at = skip_vector(data, size, SESSION_ID_AT, 1);
    size_t compressions_at = skip_vector(data, size, suites_at, 2);
    size_t extensions_at = skip_vector(data, size, compressions_at, 1);
    memcpy(out->random, data + RANDOM_AT, sizeof out->random);
    out->early_data = has_extension(data, size, extensions_at, EARLY_DATA);
    return true;
}

bool server_hello_read(const uint8_t *data, size_t size, server_hello *out)
{
    enum { SUITE_SIZE = 2, COMPRESSION_SIZE = 1 };
    if (size <= SESSION_ID_AT || data[0] != SERVER_HELLO)
        return false;
    size_t suite_at = SESSION_ID_AT + 1 + (size_t)data[SESSION_ID_AT];
    if (size < suite_at + SUITE_SIZE)
        return false;
    memcpy(out->random, data + RANDOM_AT, sizeof out->random);
    out->version = kw_load_be16(data + VERSION_AT);
    out->suite = kw_load_be16(data + suite_at);
    out->encrypt_then_mac =
        has_extension(data, message_size(data, size), suite_at + SUITE_SIZE + COMPRESSION_SIZE, ENCRYPT_THEN_MAC);
    return true;
}
