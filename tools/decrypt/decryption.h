/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_DECRYPTION_H
#define TOOLS_DECRYPTION_H

/* A TLS connection of a capture: two streams of records in, with the secrets of a key log what they contain out.
 *
 * The records of TLS 1.3's handshake are not decrypted: those that the keys of the application data do not fit are
 * taken for them. So only hellos and two secrets are needed. Records are authenticated, except those that were cut. As
 * they are numbered, the records after a gap are found by trying numbers. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../capture/budget.h"
#include "cipher.h"
#include "key_log.h"

typedef enum decryption_outcome {
    DECRYPTED,
    NO_HANDSHAKE,  /* too little of it was captured */
    NO_SECRETS,    /* the key log does not have them */
    NOT_SUPPORTED, /* the version or the cipher suite */
    NOT_AUTHENTIC, /* the secrets do not fit */
    DECRYPTION_OUTCOMES
} decryption_outcome;

/* Where the content goes. All have the context of the connection. */
typedef struct decryption_sink {
    void (*bytes)(void *context, int side, const uint8_t *data, size_t size, int64_t time);
    /* Missing content; SIZE_MAX: any size. */
    void (*gap)(void *context, int side, size_t size, int64_t time);
    /* Nothing more can be decrypted. `stop` must return true from then on. */
    void (*give_up)(void *context);
    /* Whether no more content is needed. */
    bool (*stop)(void *context);
} decryption_sink;

/* What all connections share. */
typedef struct decryption_shared {
    key_log *keys; /* NULL: none, and nothing can be decrypted */
    budget *memory;
    decryption_sink sink;
    uint8_t content[TLS_BODY_MAX];
} decryption_shared;

/* Whether there are secrets, or a file that may get some. */
bool decryption_has_keys(const decryption_shared *shared);

typedef struct decryption decryption;

/* Whether the first bytes of a connection are those of a client that speaks TLS. `from_start`: nothing was sent before
 * them, so fewer bytes are enough. */
bool decryption_begins(const uint8_t *data, size_t size, bool from_start);

/* `client` is the side that sent these bytes. NULL if memory is short. */
decryption *decryption_create(decryption_shared *shared, void *context, int client);

void decryption_bytes(decryption *d, int side, const uint8_t *data, size_t size, int64_t time);

/* Bytes that are missing. */
void decryption_gap(decryption *d, int side, size_t size, int64_t time);

decryption_outcome decryption_result(decryption *d);

/* What hellos say. */
typedef struct decryption_facts {
    uint16_t version; /* 0x0303: TLS 1.2 or 1.3; 0: not known */
    uint16_t suite;
    bool early_data; /* the client may have sent data with its hello (0-RTT), which is not decrypted */
} decryption_facts;

decryption_facts decryption_known(const decryption *d);

/* NULL is accepted. */
void decryption_destroy(decryption *d);

#endif
