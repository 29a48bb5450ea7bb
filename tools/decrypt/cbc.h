/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_CBC_H
#define TOOLS_CBC_H

/* TLS 1.2 records that are encrypted with AES-CBC and authenticated by an HMAC (RFC 5246, 6.2.3.2), which is over the
 * content or, if hellos agree on it, over what is encrypted (RFC 7366). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "suite.h"

typedef struct cbc cbc;

/* `key` is of the suite's key size, `mac_key` of its tag size. */
cbc *cbc_create(const suite *s, const uint8_t *key, const uint8_t *mac_key, bool encrypt_then_mac);

/* NULL is accepted. */
void cbc_destroy(cbc *c);

/* See cipher_beside_content(). */
size_t cbc_beside_content(const cbc *c);

/* See cipher_open(). */
bool cbc_open(cbc *c, uint64_t number, const uint8_t *header, const uint8_t *body, size_t size, uint8_t *to,
              size_t *to_size);

/* See cipher_open_start(). The content is not shorter than what is decrypted. */
size_t cbc_open_start(cbc *c, const uint8_t *body, size_t captured, size_t size, uint8_t *to);

#endif
