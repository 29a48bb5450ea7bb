/* SPDX-License-Identifier: Apache-2.0 */
/* A file of a storage format is read, written, read and written again: the values are equal, and so are both
 * outputs. The input: the format (8 bits), then the file. */
#include <kwire/storage/checkpoint.h>
#include <kwire/storage/clean_shutdown.h>
#include <kwire/storage/index.h>
#include <kwire/storage/meta_properties.h>
#include <kwire/storage/names.h>
#include <kwire/storage/partition_metadata.h>
#include <kwire/storage/producers.h>
#include <kwire/storage/properties.h>
#include <kwire/storage/quorum_state.h>

#include <string.h>

#include "fuzz.h"

enum { MEMORY_LIMIT = 1 << 20 };

/* Reads `file` and writes its values; false if it cannot be read. */
typedef bool (*rewriter)(kw_string file, kw_arena *arena, kw_writer *w, size_t *at);

static bool rewrite_offsets(kw_string file, kw_arena *arena, kw_writer *w, size_t *at)
{
    kw_offset_checkpoint c;
    if (kw_offset_checkpoint_parse(&c, file, arena, at) != KW_OK)
        return false;
    (void)kw_offset_checkpoint_write(w, &c);
    return true;
}

static bool rewrite_epochs(kw_string file, kw_arena *arena, kw_writer *w, size_t *at)
{
    kw_leader_epochs e;
    kw_status status = kw_leader_epochs_parse(&e, file, arena, at);
    if (status != KW_OK && status != KW_ERR_OFFSET_ORDER)
        return false;
    (void)kw_leader_epochs_write(w, &e);
    return true;
}

static bool rewrite_meta(kw_string file, kw_arena *arena, kw_writer *w, size_t *at)
{
    kw_meta_properties m;
    kw_property_error error;
    kw_status status = kw_meta_properties_parse(&m, file, arena, &error);
    *at = error.at;
    if (status == KW_OK)
        (void)kw_meta_properties_write(w, &m, INT64_C(1764000000000));
    return status == KW_OK;
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

static bool rewrite_partition(kw_string file, kw_arena *arena, kw_writer *w, size_t *at)
{
    kw_uuid id;
    (void)arena;
    if (kw_partition_metadata_parse(&id, file, at) != KW_OK)
        return false;
    (void)kw_partition_metadata_write(w, id);
    return true;
}

static bool rewrite_quorum(kw_string file, kw_arena *arena, kw_writer *w, size_t *at)
{
    kw_quorum_state q;
    if (kw_quorum_state_parse(&q, file, arena, at) != KW_OK)
        return false;
    (void)kw_quorum_state_write(w, &q);
    return true;
}

static bool rewrite_shutdown(kw_string file, kw_arena *arena, kw_writer *w, size_t *at)
{
    int64_t epoch;
    (void)arena;
    if (kw_clean_shutdown_parse(&epoch, file, at) != KW_OK)
        return false;
    (void)kw_clean_shutdown_write(w, epoch);
    return true;
}

static bool rewrite_producers(kw_string file, kw_arena *arena, kw_writer *w, size_t *at)
{
    kw_producers p;
    if (kw_producers_init(&p, file.data, (size_t)file.len, at) != KW_OK)
        return false;
    kw_producer_state *states = kw_arena_array(arena, p.count + 1, sizeof *states);
    if (states == NULL)
        return false;
    for (size_t i = 0; i < p.count; i++)
        states[i] = kw_producers_at(&p, i);
    (void)kw_producers_write(w, states, p.count);
    return true;
}

static bool rewrite_aborted(kw_string file, kw_arena *arena, kw_writer *w, size_t *at)
{
    kw_txn_index index;
    (void)arena;
    *at = 0;
    kw_txn_index_init(&index, file.data, (size_t)file.len);
    for (size_t i = 0; i < index.count; i++) {
        kw_aborted_txn txn;
        if (kw_txn_index_at(&index, i, &txn) != KW_OK)
            return false;
        (void)kw_aborted_txn_write(w, &txn);
    }
    return true;
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

static const rewriter formats[] = {rewrite_offsets,   rewrite_epochs, rewrite_meta,     rewrite_properties,
                                   rewrite_partition, rewrite_quorum, rewrite_shutdown, rewrite_producers,
                                   rewrite_aborted,   rewrite_names};

static bool rewrite(rewriter format, kw_string file, kw_writer *w)
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
    rewriter format = formats[fuzz_take8(&in) % (sizeof formats / sizeof formats[0])];
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
