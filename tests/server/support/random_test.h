/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_SUPPORT_RANDOM_TEST_H
#define TESTS_SERVER_SUPPORT_RANDOM_TEST_H

/* Random numbers that a seed repeats. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"

struct random_test {
    struct random_source source;
    uint64_t state;
};

static inline uint64_t random_next(struct random_test *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline size_t random_below(struct random_test *random, size_t limit)
{
    return (size_t)(random_next(random) % limit);
}

static inline bool random_fill(struct random_source *source, void *to, size_t size)
{
    struct random_test *random = (struct random_test *)(void *)source; /* its first member */
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)to)[i] = (uint8_t)random_next(random);
    return true;
}

static inline void random_test_init(struct random_test *random, uint64_t seed)
{
    random->source.fill = random_fill;
    random->state = seed;
}

#endif
