/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_HELLO_H
#define TOOLS_HELLO_H

/* The first messages of a TLS handshake, as far as decryption needs them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "key_log.h"

typedef struct client_hello {
    uint8_t random[TLS_RANDOM_SIZE];
    bool early_data; /* 0-RTT: data follows at once */
} client_hello;

typedef struct server_hello {
    uint8_t random[TLS_RANDOM_SIZE];
    uint16_t version; /* 0x0303: TLS 1.2 or later */
    uint16_t suite;
    bool encrypt_then_mac;
} server_hello;

/* From the start of a handshake record, which may lack its end. False if this is another message, or too little. */
bool client_hello_read(const uint8_t *data, size_t size, client_hello *out);
bool server_hello_read(const uint8_t *data, size_t size, server_hello *out);

#endif
