/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_SCRAM_H
#define TOOLS_SCRAM_H

/* The client side of SCRAM (RFC 5802, RFC 7677) without channel binding, with OpenSSL's hashes. If the command is built
 * without OpenSSL, scram_begin() always fails.
 *
 * As in Kafka's own client, names and passwords are their UTF-8 bytes: SASLprep (RFC 4013), which would make different
 * spellings of non-ASCII text one, is not applied by either side. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/view.h>
#include <kwire/writer.h>

#include "trouble.h"

typedef enum scram_hash { SCRAM_SHA_256, SCRAM_SHA_512 } scram_hash;

enum { SCRAM_MESSAGE_SIZE = 4096, SCRAM_NONCE_SIZE = 33, SCRAM_HASH_SIZE = 64 };

/* Limits of the iterations that a server may request: Kafka's minimum, as in RFC 7677, and about a second. */
enum { SCRAM_ITERATIONS_LEAST = 4096, SCRAM_ITERATIONS_MOST = 1000000 };

/* The fields are private. */
typedef struct scram {
    scram_hash hash;
    const char *password;
    char nonce[SCRAM_NONCE_SIZE];
    char first[SCRAM_MESSAGE_SIZE]; /* client-first-message */
    size_t first_size;
    char final[2 * SCRAM_MESSAGE_SIZE]; /* client-final-message */
    uint8_t server_signature[SCRAM_HASH_SIZE];
} scram;

/* Whether the command is built with SCRAM. */
bool scram_available(void);

/* Starts an exchange; scram_finish() ends it. The nonce has at most SCRAM_NONCE_SIZE - 1 characters and must not be
 * used twice, see scram_make_nonce(). The password must outlive the exchange. */
bool scram_begin(scram *s, scram_hash hash, const char *user, const char *password, const char *nonce, report *r);

bool scram_make_nonce(char to[SCRAM_NONCE_SIZE], report *r);

/* The first message to the server. A view of `s`. */
kw_bytes scram_first(const scram *s);

/* The second one, from the server's answer. A view of `s`. */
bool scram_answer(scram *s, kw_bytes server_first, kw_bytes *out, report *r);

/* Whether the server's last message proves that it knows the password too. */
bool scram_verify(const scram *s, kw_bytes server_final, report *r);

/* Wipes everything derived from the password. */
void scram_finish(scram *s);

#endif
