/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_ARENA_H
#define KWIRE_ARENA_H

/* Memory for decoded arrays. The first block is the caller's; with an allocator the arena grows up to a hard limit,
 * without one it never grows. Single allocations are not freed: kw_arena_reset() drops all of them at once and keeps
 * the memory, so that decoding many messages stops allocating once the arena is large enough.
 *
 * The limit protects against hostile messages and has no default. A message that decodes takes at most 32 bytes of
 * arena for each of its own bytes, and its struct; one that does not may reserve 64. A frame of 1 MiB never needs a
 * limit above 128 MiB, and real ones take less than their size: kwire-broker allows each request 64 MiB, whatever
 * its size. A test builds the worst message of every schema to check these numbers; see docs/security.md.
 *
 * An arena belongs to one thread at a time. */

#include <stddef.h>
#include <stdint.h>

#include <kwire/export.h>
#include <kwire/status.h>

KW_BEGIN_DECLS

/* Source of memory. acquire() returns memory aligned for any object, or NULL. release() gets the size that was
 * passed to acquire(). The struct must outlive every object that uses it. */
typedef struct kw_allocator {
    void *(*acquire)(void *context, size_t size);
    void (*release)(void *context, void *memory, size_t size);
    void *context;
} kw_allocator;

/* malloc() and free(). Static storage. */
KW_API const kw_allocator *kw_allocator_libc(void);

/* All fields are private; the struct is public so that it can be on a stack or in another struct. */
typedef struct kw_arena {
    uint8_t *pos; /* next free byte, aligned */
    uint8_t *end;
    struct kwi_arena_block *grown; /* newest first */
    uint8_t *first;
    size_t first_size;
    size_t limit; /* bytes that may be held, the first block included */
    size_t held;  /* bytes that are held, the first block included */
    size_t used;  /* bytes allocated in blocks that are full */
    const kw_allocator *allocator;
    kw_status status; /* of the last allocation that failed */
} kw_arena;

/* An arena in the `size` bytes at `block`, which remain the caller's and may be NULL with size 0. It never grows. */
KW_API void kw_arena_init(kw_arena *arena, void *block, size_t size);

/* The same, but growing through `allocator` until it holds `limit` bytes, the first block included. */
KW_API void kw_arena_init_growing(kw_arena *arena, void *block, size_t size, const kw_allocator *allocator,
                                  size_t limit);

/* Drops all allocations and keeps the memory: grown blocks are replaced by a single one of their total size. */
KW_API void kw_arena_reset(kw_arena *arena);

/* Releases grown memory. Accepts an arena of zero bytes. */
KW_API void kw_arena_finish(kw_arena *arena);

/* Bytes allocated since the last reset, and bytes held, the first block included. */
KW_API size_t kw_arena_used(const kw_arena *arena);
KW_INLINE size_t kw_arena_held(const kw_arena *arena)
{
    return arena->held;
}

/* Why the last failed allocation failed: KW_ERR_MEMORY_LIMIT or KW_ERR_NO_MEMORY. KW_OK if none did. */
KW_INLINE kw_status kw_arena_status(const kw_arena *arena)
{
    return arena->status;
}

/* Private: the path that grows. */
KW_API KW_NODISCARD void *kwi_arena_grow(kw_arena *arena, size_t size);

#define KW_ARENA_ALIGN ((size_t)8)

/* `size` bytes aligned to 8, uninitialised, valid until reset or finish; NULL if the limit is reached or the
 * allocator fails. */
KW_INLINE KW_NODISCARD void *kw_arena_alloc(kw_arena *arena, size_t size)
{
    size_t left = (size_t)(arena->end - arena->pos);
    size_t padded = (size + (KW_ARENA_ALIGN - 1)) & ~(KW_ARENA_ALIGN - 1);
    if (KW_LIKELY(padded <= left && padded >= size)) {
        void *p = arena->pos;
        arena->pos += padded;
        return p;
    }
    return kwi_arena_grow(arena, size);
}

/* An array of `count` elements of `size` bytes; NULL also if the product overflows. */
KW_INLINE KW_NODISCARD void *kw_arena_array(kw_arena *arena, size_t count, size_t size)
{
    if (KW_UNLIKELY(size != 0 && count > SIZE_MAX / size)) {
        arena->status = KW_ERR_MEMORY_LIMIT;
        return NULL;
    }
    return kw_arena_alloc(arena, count * size);
}

KW_END_DECLS
#endif
