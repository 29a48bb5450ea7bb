/* SPDX-License-Identifier: Apache-2.0 */
/* cipher.h without OpenSSL. */
#include "cipher.h"

bool cipher_available(void)
{
    return false;
}

bool cipher_suite_is_known(uint16_t suite)
{
    (void)suite;
    return false;
}

const char *cipher_suite_name(uint16_t suite)
{
    (void)suite;
    return NULL;
}

cipher *cipher_of_traffic(uint16_t suite, const secret *traffic)
{
    (void)suite;
    (void)traffic;
    return NULL;
}

cipher *cipher_of_master(const master_session *session, bool of_client)
{
    (void)session;
    (void)of_client;
    return NULL;
}

cipher *cipher_next(const cipher *c)
{
    (void)c;
    return NULL;
}

void cipher_destroy(cipher *c)
{
    (void)c;
}

bool cipher_open(cipher *c, uint64_t number, const uint8_t header[TLS_HEADER_SIZE], const uint8_t *body, size_t size,
                 uint8_t *to, size_t *to_size)
{
    (void)c;
    (void)number;
    (void)header;
    (void)body;
    (void)size;
    (void)to;
    *to_size = 0;
    return false;
}

size_t cipher_open_start(cipher *c, uint64_t number, const uint8_t *body, size_t captured, size_t size, uint8_t *to)
{
    (void)c;
    (void)number;
    (void)body;
    (void)captured;
    (void)size;
    (void)to;
    return 0;
}

size_t cipher_beside_content(const cipher *c)
{
    (void)c;
    return 0;
}

size_t cipher_content_size(const cipher *c, size_t body_size)
{
    (void)c;
    return body_size;
}
