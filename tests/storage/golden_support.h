/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_STORAGE_GOLDEN_SUPPORT_H
#define TESTS_STORAGE_GOLDEN_SUPPORT_H

/* Comparison of Kafka's files with the files that this library writes. */

#include "../unit/disk_support.h"
#include "rewrite.h"

static const char *golden_folder;
static uint64_t arena_block[8192];

static inline kw_arena fresh_arena(void)
{
    kw_arena arena;
    kw_arena_init(&arena, arena_block, sizeof arena_block);
    return arena;
}

static inline kw_bytes golden(const char *name)
{
    return read_file(join(golden_folder, name).text);
}

static inline kw_string text_of(kw_bytes file)
{
    kw_string text = {(const char *)file.data, file.len};
    return text;
}

/* Into a buffer of exactly the needed size, one that is a byte too small, one that grows, and none. */
static inline void check_rewritten(const char *name, rewriter *rewrite)
{
    kw_bytes file = golden(name);
    size_t size = (size_t)file.len;
    kw_writer w;
    size_t at;
    kw_arena arena = fresh_arena();
    kw_writer_init(&w, given_size(size), size);
    if (!rewrite(text_of(file), &arena, &w, &at))
        fail_msg("%s cannot be read: byte %zu", name, at);
    kw_span s = kw_writer_data(&w);
    if (w.status != KW_OK || s.size != size || memcmp(s.data, file.data, size) != 0)
        fail_msg("%s is written differently: %s, %.*s", name, kw_status_name(w.status), (int)s.size,
                 (const char *)s.data);

    arena = fresh_arena();
    kw_writer_init_counting(&w);
    assert_true(rewrite(text_of(file), &arena, &w, &at));
    assert_int_equal(kw_writer_needed(&w), size);

    arena = fresh_arena();
    kw_writer_init(&w, given_size(size - 1), size - 1);
    assert_true(rewrite(text_of(file), &arena, &w, &at));
    assert_status(w.status, KW_ERR_SPACE);

    for (size_t less = 0; less < 2; less++) {
        arena = fresh_arena();
        kw_writer_init_growing(&w, kw_allocator_libc(), size - less);
        assert_true(rewrite(text_of(file), &arena, &w, &at));
        assert_status(w.status, less == 0 ? KW_OK : KW_ERR_MEMORY_LIMIT);
        kw_writer_finish(&w);
    }
}

/* Every prefix of a file, and every bit flipped: it is refused with a position in it, or read. */
static inline void check_damaged(const char *name, rewriter *rewrite)
{
    kw_bytes file = golden(name);
    size_t size = (size_t)file.len;
    for (size_t n = 0; n < size * 9; n++) {
        kw_bytes bad = given_prefix(file, n < size ? n : size);
        if (n >= size)
            ((uint8_t *)(uintptr_t)bad.data)[(n - size) / 8] ^= (uint8_t)(1 << (n - size) % 8);
        kw_arena arena = fresh_arena();
        kw_writer w;
        size_t at = 0;
        kw_writer_init_counting(&w);
        if (!rewrite(text_of(bad), &arena, &w, &at))
            assert_true(at <= (size_t)bad.len);
        if (n % 512 == 0)
            (void)forget_given(NULL);
        if (n % 512 == 0)
            file = golden(name);
    }
}

#endif
