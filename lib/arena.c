/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/arena.h>

#include <stdlib.h>

/* The header of each grown block; its size keeps the bytes after it aligned. */
struct kwi_arena_block {
    struct kwi_arena_block *older;
    size_t size; /* with this header */
};

#define HEADER ((sizeof(struct kwi_arena_block) + KW_ARENA_ALIGN - 1) & ~(KW_ARENA_ALIGN - 1))
#define SMALLEST_BLOCK ((size_t)4096)

static void *libc_acquire(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void libc_release(void *context, void *memory, size_t size)
{
    (void)context;
    (void)size;
    free(memory);
}

const kw_allocator *kw_allocator_libc(void)
{
    static const kw_allocator libc = {libc_acquire, libc_release, NULL};
    return &libc;
}

/* The address of an arena without a first block, so that zero bytes of it are never NULL. */
static uint8_t *nowhere(void)
{
    static union {
        uint64_t align;
        uint8_t bytes[KW_ARENA_ALIGN];
    } empty;
    return empty.bytes;
}

static void use_first_block(kw_arena *arena)
{
    size_t skip = (size_t)(0 - (uintptr_t)arena->first) & (KW_ARENA_ALIGN - 1);
    if (arena->first == NULL || arena->first_size < skip) {
        arena->pos = nowhere();
        arena->end = arena->pos;
        return;
    }
    arena->pos = arena->first + skip;
    arena->end = arena->pos + ((arena->first_size - skip) & ~(KW_ARENA_ALIGN - 1));
}

static void use_grown_block(kw_arena *arena, struct kwi_arena_block *block)
{
    arena->pos = (uint8_t *)block + HEADER;
    arena->end = (uint8_t *)block + block->size;
}

void kw_arena_init(kw_arena *arena, void *block, size_t size)
{
    kw_arena_init_growing(arena, block, size, NULL, size);
}

void kw_arena_init_growing(kw_arena *arena, void *block, size_t size, const kw_allocator *allocator, size_t limit)
{
    arena->grown = NULL;
    arena->first = size != 0 ? block : NULL;
    arena->first_size = arena->first != NULL ? size : 0;
    arena->limit = limit;
    arena->held = arena->first_size;
    arena->used = 0;
    arena->allocator = allocator;
    arena->status = KW_OK;
    use_first_block(arena);
}

static uint8_t *block_begin(const kw_arena *arena)
{
    if (arena->grown != NULL)
        return (uint8_t *)arena->grown + HEADER;
    if (arena->end == nowhere())
        return arena->end;
    return arena->first + ((size_t)(0 - (uintptr_t)arena->first) & (KW_ARENA_ALIGN - 1));
}

size_t kw_arena_used(const kw_arena *arena)
{
    return arena->pos == NULL ? 0 : arena->used + (size_t)(arena->pos - block_begin(arena));
}

static struct kwi_arena_block *acquire_block(kw_arena *arena, size_t size)
{
    struct kwi_arena_block *block = arena->allocator->acquire(arena->allocator->context, size);
    if (block == NULL)
        return NULL;
    block->older = arena->grown;
    block->size = size;
    arena->grown = block;
    arena->held += size;
    return block;
}

static void release_newest_block(kw_arena *arena)
{
    struct kwi_arena_block *block = arena->grown;
    arena->grown = block->older;
    arena->held -= block->size;
    arena->allocator->release(arena->allocator->context, block, block->size);
}

static void *refuse(kw_arena *arena, kw_status status)
{
    arena->status = status;
    return NULL;
}

void *kwi_arena_grow(kw_arena *arena, size_t size)
{
    if (arena->allocator == NULL)
        return refuse(arena, KW_ERR_NO_MEMORY);
    size_t available = arena->limit > arena->held ? (arena->limit - arena->held) & ~(KW_ARENA_ALIGN - 1) : 0;
    if (available <= HEADER || size > available - HEADER)
        return refuse(arena, KW_ERR_MEMORY_LIMIT);
    size_t padded = (size + (KW_ARENA_ALIGN - 1)) & ~(KW_ARENA_ALIGN - 1);
    size_t want = arena->held < SMALLEST_BLOCK ? SMALLEST_BLOCK : arena->held;
    if (want < padded + HEADER)
        want = padded + HEADER;
    want = (want + (KW_ARENA_ALIGN - 1)) & ~(KW_ARENA_ALIGN - 1);
    if (want > available)
        want = available;
    size_t used = kw_arena_used(arena);
    struct kwi_arena_block *block = acquire_block(arena, want);
    if (block == NULL)
        return refuse(arena, KW_ERR_NO_MEMORY);
    arena->used = used;
    use_grown_block(arena, block);
    void *p = arena->pos;
    arena->pos += padded;
    return p;
}

void kw_arena_reset(kw_arena *arena)
{
    arena->used = 0;
    if (arena->grown != NULL && arena->grown->older != NULL) {
        size_t joint = 0;
        while (arena->grown != NULL) {
            joint += arena->grown->size;
            release_newest_block(arena);
        }
        /* If this fails the arena grows again when necessary. */
        (void)acquire_block(arena, joint);
    }
    if (arena->grown != NULL)
        use_grown_block(arena, arena->grown);
    else
        use_first_block(arena);
}

void kw_arena_finish(kw_arena *arena)
{
    while (arena->grown != NULL)
        release_newest_block(arena);
    arena->used = 0;
    use_first_block(arena);
}
