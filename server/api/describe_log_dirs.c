/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/error.h>

#include "../base/file.h"
#include "../base/hash.h"
#include "../log/log_creation.h"
#include "../log/log_size.h"
#include "handlers.h"

typedef kw_describe_log_dirs_request request_type;
typedef kw_describe_log_dirs_response response_type;
typedef kw_describe_log_dirs_response_result response_dir;
typedef kw_describe_log_dirs_response_topic response_topic;
typedef kw_describe_log_dirs_response_partition response_partition;

struct selected {
    kw_string topic;
    int32_t partition;
};

struct describing {
    struct call *call;
    struct selected *items; /* what the request asks for */
    size_t count;
    struct hash by_name;
    bool all;
    bool is_short; /* of memory */
};

/* ---- what the request asks for ---- */

static uint32_t hash_of(const struct selected *one)
{
    uint32_t hash = hash_text(HASH_START, one->topic);
    return hash_bytes(hash, &one->partition, sizeof one->partition);
}

static bool is_same(const void *items, size_t index, const void *key)
{
    const struct selected *a = (const struct selected *)items + index, *b = key;
    return a->partition == b->partition && kw_string_equal(a->topic, b->topic);
}

static bool has(const struct describing *d, const struct selected *one)
{
    uint64_t steps = 0;
    return hash_find(&d->by_name, hash_of(one), is_same, d->items, one, &steps) != HASH_NOT_FOUND;
}

static bool select_partitions(struct describing *d, const request_type *request)
{
    size_t count = 0;
    d->all = request->topics.len < 0;
    for (int32_t i = 0; i < request->topics.len; i++)
        count += request->topics.items[i].partitions.len > 0 ? (size_t)request->topics.items[i].partitions.len : 0;
    d->items = kw_arena_array(d->call->arena, count, sizeof *d->items);
    for (int32_t i = 0; d->items != NULL && i < request->topics.len; i++) {
        for (int32_t k = 0; k < request->topics.items[i].partitions.len; k++) {
            struct selected *one = &d->items[d->count];
            *one = (struct selected){request->topics.items[i].topic, request->topics.items[i].partitions.items[k]};
            if (has(d, one))
                continue;
            if (!hash_add(&d->by_name, hash_of(one), d->count++, d->call->arena))
                return false;
        }
    }
    return d->items != NULL;
}

static bool is_selected(const struct describing *d, const struct partition_log *log)
{
    const struct selected one = {log->topic, log->partition};
    return d->all || has(d, &one);
}

/* ---- the directories ---- */

static bool is_same_partition(const struct partition_log *a, const struct partition_log *b)
{
    return a->partition == b->partition && kw_string_equal(a->topic, b->topic);
}

/* The log that is in use; it is beside that of the replica that was being moved. NULL: there is none. */
static struct partition_log *current_beside(const struct log_list *logs, size_t index)
{
    for (size_t i = index > 0 ? index - 1 : 0; i < logs->len && i <= index + 1; i++)
        if (!logs->items[i]->is_future && is_same_partition(logs->items[i], logs->items[index]))
            return logs->items[i];
    return NULL;
}

/* How far a replica that was being moved is behind the one in use; -1: not known. */
static int64_t lag_of(struct partition_log *current, int64_t end_offset)
{
    struct log_snapshot snapshot;
    if (current == NULL || partition_log_acquire(current, false, &snapshot) != KW_ERROR_NONE)
        return -1;
    int64_t lag = snapshot.log_end_offset - end_offset;
    log_snapshot_release(&snapshot);
    return lag;
}

static void describe_log(const struct log_list *logs, size_t index, response_partition *out)
{
    struct partition_log *log = logs->items[index];
    struct log_snapshot snapshot;
    kw_describe_log_dirs_response_partition_init(out);
    out->partition_index = log->partition;
    out->is_future_key = log->is_future;
    out->offset_lag = -1;
    if (partition_log_acquire(log, false, &snapshot) != KW_ERROR_NONE)
        return;
    out->partition_size = (int64_t)log_size(&snapshot);
    out->offset_lag = log->is_future ? lag_of(current_beside(logs, index), snapshot.log_end_offset) : 0;
    log_snapshot_release(&snapshot);
}

static bool add_topic(struct describing *d, response_dir *dir, kw_string name)
{
    size_t size = name.len > 0 ? (size_t)name.len : 0;
    char *copy = kw_arena_alloc(d->call->arena, size + 1);
    if (copy == NULL)
        return false;
    memcpy(copy, name.data, size); /* the log may be deleted before the answer leaves */
    response_topic *topic = &dir->topics.items[dir->topics.len++];
    kw_describe_log_dirs_response_topic_init(topic);
    topic->name = (kw_string){copy, name.len};
    topic->partitions.len = 0;
    topic->partitions.items = NULL;
    return true;
}

/* Partitions of a topic follow each other in `partitions`. */
static bool describe_logs(struct describing *d, const struct log_list *logs, const struct log_dir *dir,
                          response_dir *out)
{
    response_partition *partitions = kw_arena_array(d->call->arena, logs->len, sizeof *partitions);
    out->topics.len = 0;
    out->topics.items = kw_arena_array(d->call->arena, logs->len, sizeof *out->topics.items);
    if (partitions == NULL || out->topics.items == NULL)
        return false;
    for (size_t i = 0; i < logs->len && !call_is_cancelled(d->call); i++) {
        struct partition_log *log = logs->items[i];
        response_topic *topic = out->topics.len > 0 ? &out->topics.items[out->topics.len - 1] : NULL;
        if (log_manager_dir_of(log) != dir || !is_selected(d, log))
            continue;
        if (topic == NULL || !kw_string_equal(topic->name, log->topic)) {
            if (!add_topic(d, out, log->topic))
                return false;
            topic = &out->topics.items[out->topics.len - 1];
            topic->partitions.items = partitions;
        }
        describe_log(logs, i, partitions++);
        topic->partitions.len++;
    }
    return true;
}

static bool set_path(struct describing *d, const char *path, response_dir *out)
{
    char absolute[KW_PATH_SIZE];
    if (path_absolute(absolute, path) != KW_OK)
        return false;
    size_t size = strlen(absolute);
    char *copy = kw_arena_alloc(d->call->arena, size + 1);
    if (copy == NULL)
        return false;
    memcpy(copy, absolute, size + 1);
    out->log_dir = (kw_string){copy, (int32_t)size};
    return true;
}

static int64_t clamp(uint64_t bytes)
{
    return bytes > INT64_MAX ? INT64_MAX : (int64_t)bytes;
}

static bool describe_dir(struct describing *d, const struct log_list *logs, const struct log_dir *dir,
                         response_dir *out)
{
    uint64_t total, usable;
    kw_describe_log_dirs_response_result_init(out);
    out->topics.len = 0;
    if (!set_path(d, dir->path, out))
        return false;
    if (atomic_load(&dir->is_offline) || folder_space(dir->path, &total, &usable) != KW_OK) {
        out->error_code = KW_ERROR_KAFKA_STORAGE_ERROR;
        return true;
    }
    out->total_bytes = clamp(total);
    out->usable_bytes = clamp(usable);
    return describe_logs(d, logs, dir, out);
}

static bool describe(struct describing *d, response_type *response)
{
    struct log_manager *manager = &d->call->broker->logs;
    struct log_list logs = {NULL, 0};
    bool described = true;
    response->results.len = 0;
    response->results.items = kw_arena_array(d->call->arena, manager->dir_count, sizeof *response->results.items);
    if (response->results.items == NULL || (manager->dir_count != 0 && !log_manager_list_all(manager, &logs)))
        return false;
    for (size_t i = 0; described && i < manager->dir_count; i++)
        described = describe_dir(d, &logs, manager->dirs[i], &response->results.items[response->results.len++]);
    log_list_release(&logs);
    return described;
}

/* ---- the call ---- */

static void work(struct call *call)
{
    struct describing *d = call->state;
    d->is_short = !describe(d, call->response);
}

static enum call_outcome answer(struct call *call)
{
    const struct describing *d = call->state;
    return d->is_short ? CALL_FAILED : CALL_ANSWERED;
}

enum call_outcome handle_describe_log_dirs(struct call *call, const request_type *request, response_type *response)
{
    struct describing *d = kw_arena_alloc(call->arena, sizeof *d);
    (void)response;
    if (d == NULL)
        return CALL_FAILED;
    *d = (struct describing){.call = call};
    call->state = d;
    return select_partitions(d, request) ? call_offload(call, work, answer) : CALL_FAILED;
}
