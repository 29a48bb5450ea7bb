/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_KEY_LOG_H
#define TOOLS_KEY_LOG_H

/* The secrets of TLS sessions, as programs write them to the file that SSLKEYLOGFILE names:
 *
 *     LABEL CLIENT_RANDOM SECRET     the last two in hex digits
 *     # a comment
 *
 * The file may grow while it is used. */

#include <stddef.h>
#include <stdint.h>

enum { TLS_RANDOM_SIZE = 32, TLS_SECRET_MAX = 48 };

typedef enum secret_kind {
    SECRET_MASTER,         /* TLS 1.2 */
    SECRET_CLIENT_TRAFFIC, /* TLS 1.3: of the application data that the client sends, */
    SECRET_SERVER_TRAFFIC, /* and the server */
    SECRET_KINDS
} secret_kind;

typedef struct secret {
    uint8_t bytes[TLS_SECRET_MAX];
    uint8_t size; /* 0: not known */
} secret;

typedef struct key_log key_log;

/* Reads the file, which must outlive the log. Exits if that fails, or with more than `max_memory` bytes of secrets. */
key_log *key_log_open(const char *path, size_t max_memory);

/* NULL is accepted. */
void key_log_close(key_log *k);

/* NULL if the file does not have it yet. Valid until the next call. */
const secret *key_log_find(key_log *k, const uint8_t random[TLS_RANDOM_SIZE], secret_kind kind);

/* The first line, from 1, that is none of a key log; 0: none. */
size_t key_log_odd_line(const key_log *k);

/* Whether it has a secret at all. */
size_t key_log_sessions(const key_log *k);

#endif
