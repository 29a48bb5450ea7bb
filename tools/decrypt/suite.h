/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_SUITE_H
#define TOOLS_SUITE_H

/* The cipher suites that can be decrypted. */

#include <stdbool.h>
#include <stdint.h>

typedef enum suite_mode { MODE_GCM, MODE_CHACHA20, MODE_CCM, MODE_CBC } suite_mode;

typedef struct suite {
    uint16_t id;
    suite_mode mode;
    uint8_t key_size;
    uint8_t tag_size; /* with CBC of the MAC, whose hash has that size */
    bool sha384;      /* the hash of the key derivation; else SHA-256 */
} suite;

/* NULL if it is none of them. */
const suite *suite_find(uint16_t id);

/* The suites of TLS 1.3 belong to no other version. */
static inline bool suite_is_13(uint16_t id)
{
    return id >> 8 == 0x13;
}

#endif
