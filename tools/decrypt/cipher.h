/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_CIPHER_H
#define TOOLS_CIPHER_H

/* Decryption of TLS records with the algorithms of OpenSSL: AES-GCM, AES-CCM and ChaCha20-Poly1305 of TLS 1.2 (RFC
 * 5246, 5288, 6655, 7905) and TLS 1.3 (RFC 8446), AES-CBC of TLS 1.2. A kwire built without OpenSSL has the same
 * functions, which find no suite. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "key_log.h"

enum {
    TLS_HEADER_SIZE = 5,
    TLS_BODY_MAX = 16384 + 2048 /* of a record, encrypted */
};

/* Whether there is OpenSSL. */
bool cipher_available(void);

bool cipher_suite_is_known(uint16_t suite);

/* As IANA names it; NULL if OpenSSL does not know it. */
const char *cipher_suite_name(uint16_t suite);

/* The keys of what one side sends. */
typedef struct cipher cipher;

/* TLS 1.3. NULL if the secret has another size than the suite's. */
cipher *cipher_of_traffic(uint16_t suite, const secret *traffic);

/* What the keys of TLS 1.2 are made of. */
typedef struct master_session {
    uint16_t suite;
    const secret *master;
    const uint8_t *client_random; /* of TLS_RANDOM_SIZE */
    const uint8_t *server_random;
    bool encrypt_then_mac;
} master_session;

/* TLS 1.2. `of_client`: of what the client sends. NULL if the suite is not known or is of TLS 1.3. */
cipher *cipher_of_master(const master_session *session, bool of_client);

/* The keys after a key update; NULL in TLS 1.2. */
cipher *cipher_next(const cipher *c);

/* NULL is accepted. */
void cipher_destroy(cipher *c);

/* Decrypts the record with this sequence number into `to`, of TLS_BODY_MAX bytes. False if it is not authentic. In TLS
 * 1.3 the content is followed by its type and perhaps zeros. */
bool cipher_open(cipher *c, uint64_t number, const uint8_t header[TLS_HEADER_SIZE], const uint8_t *body, size_t size,
                 uint8_t *to, size_t *to_size);

/* Decrypts the first `captured` bytes of a body of `size` bytes, which cannot be authenticated. Returns the number of
 * bytes of content. */
size_t cipher_open_start(cipher *c, uint64_t number, const uint8_t *body, size_t captured, size_t size, uint8_t *to);

/* The size of the content of a body, in TLS 1.3 unless it was padded; SIZE_MAX if it cannot be known without its end.
 */
size_t cipher_content_size(const cipher *c, size_t body_size);

/* The least number of bytes of a body that are not content. */
size_t cipher_beside_content(const cipher *c);

/* ---- for its parts ---- */

/* What an algorithm of TLS 1.2 authenticates beside data of this size: 13 bytes. */
void cipher_put_beside(uint8_t *to, uint64_t number, const uint8_t *header, size_t size);

/* Ends the program because OpenSSL fails. */
_Noreturn void cipher_fail(void);

#endif
