/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_KEY_LOG_H
#define TOOLS_KEY_LOG_H

/* The secrets of TLS sessions, as programs write them to the file that SSLKEYLOGFILE names, and captures contain them:
 *
 *     LABEL CLIENT_RANDOM SECRET     the last two in hex digits
 *     # a comment
 *
 * The file may grow while it is used. */

#include <stdbool.h>
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

/* An empty log for at most `max_memory` bytes of secrets. */
key_log *key_log_create(size_t max_memory);

/* NULL is accepted. */
void key_log_destroy(key_log *k);

/* Reads the file, whose name must outlive the log; once. Exits if that fails. */
void key_log_read_file(key_log *k, const char *path);

/* The next part of lines that do not come from the file. */
void key_log_add(key_log *k, const char *text, size_t size);

/* NULL if there is none yet. Valid until the next call. */
const secret *key_log_find(key_log *k, const uint8_t random[TLS_RANDOM_SIZE], secret_kind kind);

typedef struct key_log_counts {
    size_t sessions;
    size_t odd_line; /* the first of the file, from 1, that is none of a key log; 0: none */
    size_t refused;  /* sessions that did not fit into the memory */
    bool has_file;
} key_log_counts;

key_log_counts key_log_count(const key_log *k);

#endif
