/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include <kwire/storage/checkpoint.h>
#include <kwire/topic_name.h>

#include "../base/file.h"
#include "../observe/console.h"
#include "load.h"

/* What one topic may take, and one small file. */
enum { MEMORY_LIMIT = 1024 * 1024 * 1024, EPOCHS_LIMIT = 64 * 1024 * 1024 };

struct listing {
    const char *path; /* of the first log directory */
    struct log_list logs;
    int32_t self;
    kw_arena arena; /* for one topic at a time */
    struct metadata_topic **topics;
    size_t topic_count;
};

/* The last epoch in the folder's leader-epoch-checkpoint: what clients see must not be older than what is in the
 * records. False: there is no memory.
 */
static bool load_epoch(struct listing *l, const struct partition_log *log, int32_t *out)
{
    char path[KW_PATH_SIZE];
    kw_bytes text;
    kw_leader_epochs epochs = {NULL, 0};
    size_t at;
    kw_status status = path_join(path, log->folder, kw_string_of(KW_LEADER_EPOCHS_NAME));
    if (status == KW_OK)
        status = file_load(path, EPOCHS_LIMIT, &l->arena, &text);
    if (status == KW_OK)
        status = kw_leader_epochs_parse(&epochs, kw_string_of_bytes(text), &l->arena, &at);
    *out = epochs.len > 0 ? epochs.items[epochs.len - 1].epoch : 0;
    return !is_shortage(status);
}

/* The id of the first folder that has one. */
static kw_uuid id_of(const struct listing *l, size_t first, size_t count)
{
    kw_uuid id = {{0}};
    for (size_t i = 0; i < count && kw_uuid_is_zero(id); i++)
        id = l->logs.items[first + i]->topic_id;
    return id;
}

static struct metadata_topic *make_topic(struct listing *l, size_t first, size_t count)
{
    kw_arena_reset(&l->arena);
    struct metadata_partition *partitions = kw_arena_array(&l->arena, count, sizeof *partitions);
    if (partitions == NULL)
        return NULL;
    memset(partitions, 0, count * sizeof *partitions);
    for (size_t i = 0; i < count; i++) {
        const struct partition_log *log = l->logs.items[first + i];
        partitions[i].index = log->partition;
        partitions[i].leader_id = l->self;
        partitions[i].replicas = partitions[i].isr = (kw_int32_array){&l->self, 1};
        if (!load_epoch(l, log, &partitions[i].leader_epoch))
            return NULL;
    }
    kw_string name = l->logs.items[first]->topic;
    const struct metadata_topic topic = {.name = name,
                                         .id = id_of(l, first, count),
                                         .is_internal = kw_topic_name_is_internal(name),
                                         .partitions = partitions,
                                         .partition_count = (int32_t)count};
    return metadata_topic_create(&topic);
}

static bool make_topics(struct listing *l)
{
    size_t count = l->logs.len;
    for (size_t first = 0, end; first < count; first = end) {
        kw_string name = l->logs.items[first]->topic;
        for (end = first + 1; end < count && kw_string_equal(l->logs.items[end]->topic, name);)
            end++;
        l->topics[l->topic_count] = make_topic(l, first, end - first);
        if (l->topics[l->topic_count] == NULL)
            return false;
        l->topic_count++;
    }
    return true;
}

static int compare_ids(const void *a, const void *b)
{
    const struct metadata_topic *x = *(struct metadata_topic *const *)a, *y = *(struct metadata_topic *const *)b;
    int order = kw_uuid_compare(x->id, y->id);
    return order != 0 ? order : kw_string_compare(x->name, y->name);
}

/* Of topics with one id, as in a directory with copies, the first by name stays. */
static void drop_repeated_ids(struct listing *l)
{
    size_t kept = 0;
    qsort(l->topics, l->topic_count, sizeof(struct metadata_topic *), compare_ids);
    for (size_t i = 0; i < l->topic_count; i++) {
        struct metadata_topic *topic = l->topics[i];
        if (kept != 0 && !kw_uuid_is_zero(topic->id) && kw_uuid_equal(l->topics[kept - 1]->id, topic->id)) {
            console_line("%s: topic %.*s is left out: topic %.*s has the same id", l->path, KW_FMT(topic->name),
                         KW_FMT(l->topics[kept - 1]->name));
            metadata_topic_release(topic);
        } else {
            l->topics[kept++] = topic;
        }
    }
    l->topic_count = kept;
}

static struct metadata_image *make_image(struct listing *l, const struct metadata_image *base)
{
    struct metadata_parts parts = base->parts;
    drop_repeated_ids(l);
    parts.topics = l->topics;
    parts.topic_count = l->topic_count;
    struct metadata_image *image = metadata_image_create(&parts);
    for (size_t i = 0; image != NULL && i < parts.resource_count; i++)
        (void)metadata_resource_share(parts.resources[i]);
    if (image != NULL)
        (void)metadata_kept_share(parts.kept);
    return image;
}

struct metadata_image *metadata_of_folders(const struct metadata_image *base, struct log_manager *logs, int32_t self)
{
    struct listing l = {.path = logs->path, .self = self};
    struct metadata_image *image = NULL;
    kw_arena_init_growing(&l.arena, NULL, 0, kw_allocator_libc(), MEMORY_LIMIT);
    if (!log_manager_list(logs, &l.logs))
        return NULL;
    l.topics = calloc(l.logs.len + 1, sizeof(struct metadata_topic *));
    if (l.topics != NULL && make_topics(&l))
        image = make_image(&l, base);
    for (size_t i = 0; image == NULL && i < l.topic_count; i++)
        metadata_topic_release(l.topics[i]);
    free(l.topics);
    log_list_release(&l.logs);
    kw_arena_finish(&l.arena);
    return image;
}
