/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RANDOM_VALUE_H
#define RANDOM_VALUE_H

/* Message structs filled at random through the public descriptors. */

#include <kwire/message.h>

/* The values of fields that the version does not have. The others depend on the seed alone. */
typedef enum random_absent {
    ABSENT_DEFAULT, /* the default: what decoding gives */
    ABSENT_DROPPED, /* another value if encoding may drop it */
    ABSENT_REFUSED  /* another value if encoding must refuse it */
} random_absent;

/* SplitMix64. */
uint64_t random_next(uint64_t *state);
uint32_t random_below(uint64_t *state, uint32_t limit);

/* A struct of the message in the arena, which must not run out. Unless `absent` is ABSENT_REFUSED it can be encoded.
 * *changed (may be NULL) is the number of fields that `absent` gave another value than their default. */
void *random_message(const kw_message *m, int16_t version, uint64_t seed, random_absent absent, kw_arena *arena,
                     size_t *changed);

#endif
