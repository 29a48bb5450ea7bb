/* SPDX-License-Identifier: Apache-2.0 */
#include "log_manager.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../observe/console.h"
#include "problems.h"

/* A bound for what the small files of a directory may take. */
enum { ARENA_LIMIT = 1024 * 1024 * 1024 };

static bool make_logs(struct log_manager *store)
{
    size_t count = 0;
    while (count < store->dir.partition_count && store->dir.partitions[count].kind == KW_FOLDER_LIVE)
        count++;
    store->logs = calloc(count + 1, sizeof *store->logs);
    if (store->logs == NULL)
        return false;
    for (; store->log_count <= count; store->log_count++) {
        const kw_data_partition *place = store->log_count < count ? &store->dir.partitions[store->log_count] : NULL;
        if (!stored_log_init(&store->logs[store->log_count], &store->dir, place, &store->pool))
            return false;
    }
    return true;
}

bool log_manager_open(struct log_manager *store, const char *path)
{
    kw_arena_init_growing(&store->arena, NULL, 0, kw_allocator_libc(), ARENA_LIMIT);
    store->is_open = segment_cache_init(&store->pool);
    kw_status status =
        store->is_open ? kw_data_dir_open(&store->dir, path, &store->arena, &report_problem) : KW_ERR_NO_MEMORY;
    if (status == KW_OK && !make_logs(store))
        status = KW_ERR_NO_MEMORY;
    if (status == KW_OK)
        return true;
    complain("%s: %s%s%s", path, kw_status_text(status), status == KW_ERR_FILE ? ": " : "",
             status == KW_ERR_FILE ? strerror(errno) : "");
    return false;
}

void log_manager_close(struct log_manager *store)
{
    if (!store->is_open)
        return;
    segment_cache_finish(&store->pool);
    for (size_t i = 0; i < store->log_count; i++)
        stored_log_finish(&store->logs[i]);
    free(store->logs);
    kw_arena_finish(&store->arena);
    store->is_open = false;
}

bool log_manager_is_new(const struct log_manager *store)
{
    return !store->dir.has_metadata && store->dir.partition_count == 0;
}

/* Without a folder a partition of this node is empty: Kafka would create the folder now. */
struct stored_log *log_manager_find(struct log_manager *store, kw_string topic, kw_uuid topic_id, int32_t partition)
{
    const kw_data_topic *found = kw_data_dir_topic(&store->dir, topic);
    const kw_data_partition *place = found != NULL ? kw_data_topic_partition(found, partition) : NULL;
    if (!store->is_open)
        return NULL;
    if (place == NULL || (!kw_uuid_is_zero(topic_id) && !kw_uuid_equal(topic_id, found->id)))
        return &store->logs[store->log_count - 1];
    return &store->logs[place - store->dir.partitions];
}
