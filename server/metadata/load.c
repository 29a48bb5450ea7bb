/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include <string.h>

#include "../base/file.h"
#include "../log/problems.h"
#include "../observe/console.h"

enum { MEMORY_LIMIT = 1024 * 1024 * 1024 };

/* ---- from records ---- */

static kw_status replay_bootstrap(const char *log_dir, struct metadata_delta *delta,
                                  const struct problem_listener *listener)
{
    char path[KW_PATH_SIZE];
    kw_status status = path_join(path, log_dir, kw_string_of(KW_BOOTSTRAP_CHECKPOINT_NAME));
    if (status == KW_OK)
        status = metadata_file_replay(path, delta, listener);
    if (is_shortage(status))
        return status;
    if (status == KW_ERR_FILE)
        problem_with_file(listener, path, status, "features of the cluster; they are not known");
    return KW_OK;
}

/* Without a metadata log out->end_offset is -1. */
static kw_status replay(const char *log_dir, struct metadata_delta *delta, kw_arena *arena,
                        const struct problem_listener *listener, struct metadata_log *out)
{
    char path[KW_PATH_SIZE];
    kw_status status = path_join(path, log_dir, kw_string_of("__cluster_metadata-0"));
    if (status != KW_OK)
        return status;
    status = metadata_log_replay(out, path, delta, arena, listener);
    if (status == KW_OK || is_shortage(status))
        return status;
    out->end_offset = -1;
    if (status == KW_ERR_FILE) {
        problem_with_file(listener, path, status, "metadata of the cluster; topics are known by their folders");
        return KW_OK;
    }
    return status == KW_ERR_NO_FILE ? replay_bootstrap(log_dir, delta, listener) : status;
}

kw_status metadata_read_to(const char *log_dir, const struct problem_listener *listener, kw_arena *arena,
                           struct metadata_log *out, struct metadata_image **image)
{
    const struct metadata_parts nothing = {.epoch = -1};
    struct metadata_image *empty = metadata_image_create(&nothing);
    struct metadata_delta delta;
    *image = NULL;
    if (empty == NULL)
        return KW_ERR_NO_MEMORY;
    kw_status status = metadata_delta_init(&delta, empty, kw_allocator_libc(), MEMORY_LIMIT);
    if (status == KW_OK)
        status = replay(log_dir, &delta, arena, listener, out);
    if (status == KW_OK) {
        *image = metadata_delta_apply(&delta, out->end_offset > 0 ? out->end_offset : 0, out->epoch);
        status = *image != NULL ? KW_OK : KW_ERR_NO_MEMORY;
    }
    metadata_delta_finish(&delta);
    metadata_image_release(empty);
    return status;
}

kw_status metadata_read(const char *log_dir, const struct problem_listener *listener, struct metadata_log *out,
                        struct metadata_image **image)
{
    kw_arena arena;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), MEMORY_LIMIT);
    kw_status status = metadata_read_to(log_dir, listener, &arena, out, image);
    out->voters = (kw_bytes){NULL, -1};
    out->quorum.voters = (kw_int32_array){NULL, -1};
    kw_arena_finish(&arena);
    return status;
}

int32_t metadata_owner(const struct metadata_image *image)
{
    if (image->parts.broker_count == 1)
        return image->parts.brokers[0].id;
    for (size_t i = 0; i < image->parts.topic_count && image->parts.broker_count == 0; i++)
        for (int32_t p = 0; p < image->parts.topics[i]->partition_count; p++)
            if (image->parts.topics[i]->partitions[p].replicas.len > 0)
                return image->parts.topics[i]->partitions[p].replicas.items[0];
    return -1;
}

/* ---- all of it ---- */

static bool identify(struct log_manager *logs, int32_t node_id, const struct metadata_image *image, bool has_log,
                     struct identity *identity)
{
    bool is_new = !has_log && log_manager_is_empty(logs);
    if (identity->node_id >= 0)
        return true;
    return log_dirs_create_identity(logs, node_id >= 0 ? node_id : metadata_owner(image), is_new, identity);
}

bool metadata_find(struct metadata_found *found, struct log_manager *logs, int32_t node_id, struct identity *identity)
{
    memset(found, 0, sizeof *found);
    kw_arena_init_growing(&found->arena, NULL, 0, kw_allocator_libc(), MEMORY_LIMIT);
    kw_status status = metadata_read_to(logs->path, &report_problem, &found->arena, &found->log, &found->image);
    if (status == KW_OK)
        return identify(logs, node_id, found->image, found->log.end_offset >= 0, identity);
    complain("%s: %s", logs->path, kw_status_text(status));
    return false;
}

void metadata_found_release(struct metadata_found *found)
{
    metadata_image_release(found->image);
    kw_arena_finish(&found->arena);
}

bool metadata_serve(const struct metadata_found *found, struct log_manager *logs, const struct identity *identity,
                    struct metadata_cell *cell)
{
    struct metadata_image *image = found->log.end_offset >= 0
                                       ? metadata_come_up(found->image, identity->node_id)
                                       : metadata_of_folders(found->image, logs, identity->node_id);
    if (image == NULL) {
        complain("out of memory");
        return false;
    }
    metadata_image_publish(cell, image);
    return true;
}

bool metadata_load(struct log_manager *logs, int32_t node_id, struct identity *identity, struct metadata_cell *cell)
{
    struct metadata_found found;
    bool loaded = metadata_find(&found, logs, node_id, identity) && metadata_serve(&found, logs, identity, cell);
    metadata_found_release(&found);
    return loaded;
}
