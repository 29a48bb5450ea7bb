/* SPDX-License-Identifier: Apache-2.0 */
#include "append_tools.h"

#include <stdlib.h>

/* More memory than this is given back after each use. */
enum { SCRATCH_KEPT = 2 * 1024 * 1024 };

static void destroy(struct append_tools *t)
{
    if (t == NULL)
        return;
    kw_decompressor_destroy(t->tools.decompressor);
    kw_compressor_destroy(t->tools.compressor);
    kw_writer_finish(&t->scratch);
    kw_writer_finish(&t->scratch2);
    free(t);
}

static struct append_tools *create(void)
{
    struct append_tools *t = calloc(1, sizeof *t);
    if (t == NULL)
        return NULL;
    kw_writer_init_growing(&t->scratch, kw_allocator_libc(), 0);
    kw_writer_init_growing(&t->scratch2, kw_allocator_libc(), 0);
    t->tools.decompressor = kw_decompressor_create(kw_allocator_libc());
    t->tools.compressor = kw_compressor_create(kw_allocator_libc());
    t->tools.scratch = &t->scratch;
    t->tools.scratch2 = &t->scratch2;
    if (t->tools.decompressor == NULL || t->tools.compressor == NULL) {
        destroy(t);
        return NULL;
    }
    return t;
}

struct append_tools *append_tools_lend(struct append_tools_pool *pool)
{
    for (size_t i = 0; i < APPEND_TOOLS_KEPT; i++) {
        struct append_tools *t = atomic_exchange(&pool->kept[i], NULL);
        if (t != NULL)
            return t;
    }
    return create();
}

static void trim(struct append_tools *t, kw_writer *w)
{
    if (kw_writer_needed(w) > SCRATCH_KEPT) {
        kw_writer_finish(w);
        kw_writer_init_growing(w, kw_allocator_libc(), t->limit);
    }
}

void append_tools_trim(struct append_tools *tools)
{
    trim(tools, &tools->scratch);
    trim(tools, &tools->scratch2);
}

void append_tools_return(struct append_tools_pool *pool, struct append_tools *tools)
{
    if (tools == NULL)
        return;
    for (size_t i = 0; i < APPEND_TOOLS_KEPT; i++) {
        struct append_tools *none = NULL;
        if (atomic_compare_exchange_strong(&pool->kept[i], &none, tools))
            return;
    }
    destroy(tools);
}

void append_tools_limit(struct append_tools *tools, size_t limit)
{
    if (limit == tools->limit)
        return;
    kw_writer_finish(&tools->scratch);
    kw_writer_finish(&tools->scratch2);
    kw_writer_init_growing(&tools->scratch, kw_allocator_libc(), limit);
    kw_writer_init_growing(&tools->scratch2, kw_allocator_libc(), limit);
    tools->limit = limit;
}

void append_tools_pool_finish(struct append_tools_pool *pool)
{
    for (size_t i = 0; i < APPEND_TOOLS_KEPT; i++)
        destroy(atomic_exchange(&pool->kept[i], NULL));
}
