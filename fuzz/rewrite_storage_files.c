/* SPDX-License-Identifier: Apache-2.0 */
/* A file of a storage format is read, written, read and written again: the values are equal, and so are both
 * outputs. The input: the format (8 bits), then the file. */
#include <kwire/storage/names.h>
#include <kwire/storage/properties.h>

#include <string.h>

#include "../tests/storage/rewrite.h"
#include "fuzz.h"

enum { MEMORY_LIMIT = 1 << 20 };

static bool rewrite_meta_file(kw_string file, kw_arena *arena, kw_writer *w, size_t *at)
{
    return rewrite_meta(file, arena, w, at, INT64_C(1764000000000));
}

static bool rewrite_properties(kw_string file, kw_arena *arena, kw_writer *w, size_t *at)
{
    kw_properties p;
    kw_string key;
    kw_string value;
    int32_t line = 0;
    for (kw_properties_init(&p, file, arena); kw_properties_next(&p, &key, &value); line = p.line) {
        FUZZ_REQUIRE(p.line > line);
        (void)kw_property_write(w, key, value);
    }
    *at = p.error_at;
    return p.status == KW_OK;
}

static bool rewrite_names(kw_string file, kw_arena *arena, kw_writer *w, size_t *at)
{
    kw_partition_dir_name folder;
    kw_segment_name segment;
    (void)arena;
    *at = 0;
    if (kw_partition_dir_name_parse(file, &folder))
        (void)kw_partition_dir_name_write(w, &folder);
    else if (kw_segment_name_parse(file, &segment))
        (void)kw_segment_name_write(w, &segment);
    else
        return false;
    return true;
}

static rewriter *const formats[] = {rewrite_offsets,   rewrite_epochs, rewrite_meta_file, rewrite_properties,
                                    rewrite_partition, rewrite_quorum, rewrite_shutdown,  rewrite_producers,
                                    rewrite_aborted,   rewrite_names};

static bool rewrite(rewriter *format, kw_string file, kw_writer *w)
{
    kw_arena arena;
    size_t at = 0;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), MEMORY_LIMIT);
    kw_writer_init_growing(w, kw_allocator_libc(), MEMORY_LIMIT);
    bool readable = format(file, &arena, w, &at);
    FUZZ_REQUIRE(at <= (size_t)(file.len > 0 ? file.len : 0));
    kw_arena_finish(&arena);
    return readable;
}

void fuzz_target(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    rewriter *format = formats[fuzz_take8(&in) % (sizeof formats / sizeof formats[0])];
    const kw_string file = {(const char *)in.pos, (int32_t)fuzz_left(&in)};
    kw_writer first;
    kw_writer second;
    if (rewrite(format, file, &first) && first.status == KW_OK) {
        kw_span once = kw_writer_data(&first);
        const kw_string text = {once.data, (int32_t)once.size};
        FUZZ_REQUIRE(rewrite(format, text, &second));
        FUZZ_REQUIRE(second.status == KW_OK);
        kw_span twice = kw_writer_data(&second);
        FUZZ_REQUIRE(once.size == twice.size && memcmp(once.data, twice.data, once.size) == 0);
        kw_writer_finish(&second);
    }
    kw_writer_finish(&first);
}
