/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_H
#define FUZZ_H

/* Common parts of the fuzz targets. A target implements fuzz_target() in a file named after what it does; entry.c
 * calls it for the fuzzing engine or for the replay driver, main.c. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>

/* Memory that one input may cost; more would slow the fuzzer down. */
#define FUZZ_MEMORY ((size_t)16 << 20)

/* One input, in a heap block of exactly `size` bytes, so that AddressSanitizer sees a read one byte past it. */
void fuzz_target(const uint8_t *data, size_t size);

/* A find: prints the condition that is false, and aborts. */
#define FUZZ_REQUIRE(holds) ((holds) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #holds))
_Noreturn void fuzz_fail(const char *file, int line, const char *what);

/* A copy in a heap block of exactly `size` bytes; the caller frees it with free(). */
uint8_t *fuzz_copy(const void *data, size_t size);

static inline void fuzz_arena(kw_arena *arena)
{
    kw_arena_init_growing(arena, NULL, 0, kw_allocator_libc(), FUZZ_MEMORY);
}

/* The rest of an input. */
typedef struct fuzz_input {
    const uint8_t *pos;
    const uint8_t *end;
} fuzz_input;

static inline size_t fuzz_left(const fuzz_input *in)
{
    return (size_t)(in->end - in->pos);
}

/* Takes bytes from the front, big-endian; missing bytes are 0. */
static inline uint8_t fuzz_take8(fuzz_input *in)
{
    return in->pos < in->end ? *in->pos++ : 0;
}
static inline uint16_t fuzz_take16(fuzz_input *in)
{
    uint16_t high = fuzz_take8(in);
    return (uint16_t)(high << 8 | fuzz_take8(in));
}
static inline uint32_t fuzz_take32(fuzz_input *in)
{
    uint32_t high = fuzz_take16(in);
    return high << 16 | fuzz_take16(in);
}

#endif
