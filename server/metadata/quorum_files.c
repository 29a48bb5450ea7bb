/* SPDX-License-Identifier: Apache-2.0 */
#include "quorum_files.h"

#include <errno.h>
#include <string.h>

#include <kwire/arena.h>
#include <kwire/storage/checkpoint.h>
#include <kwire/storage/partition_metadata.h>
#include <kwire/storage/quorum_state.h>
#include <kwire/writer.h>

#include "../base/file.h"
#include "../observe/console.h"

enum { TEXT_LIMIT = 64 * 1024 * 1024 };

static bool replace(const char *folder, const char *name, kw_writer *w)
{
    const kw_span text = kw_writer_data(w);
    if (!kw_writer_ok(w)) {
        complain("%s/%s: %s", folder, name, kw_status_text(w->status));
        return false;
    }
    if (file_replace(folder, name, (kw_string){(const char *)text.data, (int32_t)text.size}))
        return true;
    complain("%s/%s: %s", folder, name, strerror(errno));
    return false;
}

/* The epochs in the file, which may be missing or damaged: Kafka rebuilds it from the batches. */
static void read_epochs(const char *folder, kw_arena *arena, kw_leader_epochs *out)
{
    char path[KW_PATH_SIZE];
    kw_bytes text;
    size_t at;
    *out = (kw_leader_epochs){NULL, 0};
    if (path_join(path, folder, kw_string_of(KW_LEADER_EPOCHS_NAME)) == KW_OK &&
        file_load(path, TEXT_LIMIT, arena, &text) == KW_OK)
        (void)!kw_leader_epochs_parse(out, kw_string_of_bytes(text), arena, &at);
}

/* Epochs of records that have been removed go, as do those that are not smaller. */
static void write_epochs(kw_writer *w, const char *folder, kw_arena *arena, int32_t epoch, int64_t start_offset)
{
    kw_leader_epochs before, after;
    read_epochs(folder, arena, &before);
    after.items = kw_arena_array(arena, (size_t)before.len + 1, sizeof *after.items);
    after.len = 0;
    if (after.items == NULL) {
        (void)kw_writer_fail(w, kw_arena_status(arena));
        return;
    }
    for (int32_t i = 0; i < before.len; i++)
        if (before.items[i].epoch < epoch && before.items[i].start_offset < start_offset)
            after.items[after.len++] = before.items[i];
    after.items[after.len++] = (kw_leader_epoch){epoch, start_offset};
    (void)kw_leader_epochs_write(w, &after);
}

static void write_state(kw_writer *w, int32_t node_id, int32_t epoch, int16_t kraft_version)
{
    kw_quorum_state state = {.data_version = kraft_version > 0, .leader_id = node_id, .leader_epoch = epoch};
    state.voted_id = -1;
    state.voters = kraft_version > 0 ? (kw_int32_array){NULL, -1} : (kw_int32_array){&node_id, 1};
    (void)kw_quorum_state_write(w, &state);
}

static bool write_id(kw_writer *w, const char *folder)
{
    static const kw_uuid metadata_topic = {{[15] = 1}};
    char path[KW_PATH_SIZE];
    if (path_join(path, folder, kw_string_of(KW_PARTITION_METADATA_NAME)) == KW_OK && file_exists(path))
        return true;
    kw_writer_reset(w);
    (void)kw_partition_metadata_write(w, metadata_topic);
    return replace(folder, KW_PARTITION_METADATA_NAME, w);
}

bool quorum_files_write(const char *folder, int32_t node_id, int32_t epoch, int16_t kraft_version, int64_t start_offset)
{
    kw_arena arena;
    kw_writer w;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), TEXT_LIMIT);
    kw_writer_init_growing(&w, kw_allocator_libc(), TEXT_LIMIT);
    write_epochs(&w, folder, &arena, epoch, start_offset);
    bool written = replace(folder, KW_LEADER_EPOCHS_NAME, &w);
    kw_writer_reset(&w);
    write_state(&w, node_id, epoch, kraft_version);
    written = written && replace(folder, KW_QUORUM_STATE_NAME, &w) && write_id(&w, folder);
    kw_writer_finish(&w);
    kw_arena_finish(&arena);
    return written;
}
