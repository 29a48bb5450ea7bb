/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_COMPRESSION_TOOLS_H
#define TESTS_UNIT_COMPRESSION_TOOLS_H

/* A compressor, a decompressor, and writers for their output. */

#include "support.h"

#include <kwire/compression.h>

enum { ROOMY = 1 << 26 };

typedef struct tools {
    kw_compressor *compressor;
    kw_decompressor *decompressor;
    kw_writer packed;
    kw_writer content;
} tools;

static inline tools *set_up(void)
{
    static tools t;
    const kw_allocator *libc = kw_allocator_libc();
    t.compressor = kw_compressor_create(libc);
    t.decompressor = kw_decompressor_create(libc);
    assert_non_null(t.compressor);
    assert_non_null(t.decompressor);
    kw_writer_init_growing(&t.packed, libc, ROOMY);
    kw_writer_init_growing(&t.content, libc, ROOMY);
    return &t;
}

static inline void tear_down(tools *t)
{
    kw_writer_finish(&t->packed);
    kw_writer_finish(&t->content);
    kw_compressor_destroy(t->compressor);
    kw_decompressor_destroy(t->decompressor);
}

#endif
