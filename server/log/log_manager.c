/* SPDX-License-Identifier: Apache-2.0 */
#include "log_manager.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>
#include <kwire/storage/checkpoint.h>
#include <kwire/storage/file.h>

#include "../observe/console.h"
#include "problems.h"

/* Bounds for what the small files of a directory may take. */
enum { ARENA_LIMIT = 1024 * 1024 * 1024, EPOCHS_LIMIT = 64 * 1024 * 1024 };

/* Topics on their way from the directory to the catalogue. */
struct publishing {
    struct log_manager *store;
    struct catalogue *catalogue;
    int32_t self;
    kw_arena arena; /* for one topic at a time */
};

bool log_manager_open(struct log_manager *store, const char *path)
{
    kw_arena_init_growing(&store->arena, NULL, 0, kw_allocator_libc(), ARENA_LIMIT);
    store->is_open = segment_cache_init(&store->pool);
    kw_status status =
        store->is_open ? kw_data_dir_open(&store->dir, path, &store->arena, &report_problem) : KW_ERR_NO_MEMORY;
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

kw_string log_manager_rack(const struct log_manager *store, int32_t node_id)
{
    const kw_metadata_broker *node = kw_metadata_find_broker(&store->dir.metadata.image, node_id);
    return node != NULL ? node->rack : kw_string_of(NULL);
}

int32_t log_manager_node_id(const struct log_manager *store)
{
    const kw_metadata_image *image = &store->dir.metadata.image;
    if (image->broker_count == 1)
        return image->brokers[0].id;
    for (size_t i = 0; i < image->topic_count && image->broker_count == 0; i++)
        for (int32_t p = 0; p < image->topics[i].partition_count; p++)
            if (image->topics[i].partitions[p].replicas.len > 0)
                return image->topics[i].partitions[p].replicas.items[0];
    return -1;
}

/* ---- logs ---- */

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

/* Without a folder a partition of this node is empty: Kafka would create the folder now. */
static struct stored_log *log_of(struct log_manager *store, const kw_data_topic *topic, int32_t partition)
{
    const kw_data_partition *place = kw_data_topic_partition(topic, partition);
    return place != NULL ? &store->logs[place - store->dir.partitions] : &store->logs[store->log_count - 1];
}

/* ---- partitions ---- */

static bool has(kw_int32_array ids, int32_t id)
{
    for (int32_t i = 0; i < ids.len; i++)
        if (ids.items[i] == id)
            return true;
    return false;
}

/* Whether Kafka would make this node the leader when it came up alone: it is in sync, or was when it stopped last. */
static bool may_lead(const kw_metadata_partition *from, int32_t self)
{
    return from->leader == self || has(from->isr, self) || has(from->elr, self) || has(from->last_known_elr, self) ||
           (from->replicas.len == 1 && from->replicas.items[0] == self);
}

static bool fill_from_metadata(struct publishing *p, const kw_data_topic *topic, const kw_metadata_partition *from,
                               struct partition *to)
{
    int32_t *ids = kw_arena_array(&p->arena, (size_t)from->replicas.len + 1, sizeof *ids);
    if (ids == NULL)
        return false;
    bool leads = may_lead(from, p->self);
    to->index = from->id;
    to->leader_id = leads ? p->self : -1;
    to->leader_epoch = from->leader_epoch;
    to->replicas = from->replicas;
    to->isr = from->isr;
    to->elr = from->elr;
    to->last_known_elr = from->last_known_elr;
    to->log = leads || has(from->replicas, p->self) ? log_of(p->store, topic, from->id) : NULL;

    to->offline.items = ids;
    for (int32_t i = 0; i < from->replicas.len; i++)
        if (from->replicas.items[i] != p->self)
            ids[to->offline.len++] = from->replicas.items[i];
    if (leads && !has(from->isr, p->self)) { /* who leads is in sync, and no more eligible only */
        int32_t *self = &ids[to->offline.len];
        *self = p->self;
        to->isr = (kw_int32_array){self, 1};
        to->elr.len = to->last_known_elr.len = 0;
    }
    return true;
}

/* The last epoch in the folder's leader-epoch-checkpoint: what clients are told must not be older than what is in the
 * records. */
static int32_t epoch_of(struct publishing *p, const kw_data_partition *place)
{
    char path[KW_PATH_SIZE];
    kw_bytes text;
    kw_leader_epochs epochs = {NULL, 0};
    size_t at;
    int n = snprintf(path, sizeof path, "%s/leader-epoch-checkpoint", place->folder);
    if (n < 0 || (size_t)n >= sizeof path || kw_file_load(path, EPOCHS_LIMIT, &p->arena, &text) != KW_OK)
        return 0;
    (void)!kw_leader_epochs_parse(&epochs, (kw_string){(const char *)text.data, text.len}, &p->arena, &at);
    return epochs.len > 0 ? epochs.items[epochs.len - 1].epoch : 0;
}

static void fill_from_folder(struct publishing *p, const kw_data_partition *place, struct partition *to)
{
    to->index = place->partition;
    to->leader_id = p->self;
    to->leader_epoch = epoch_of(p, place);
    to->replicas = to->isr = (kw_int32_array){&p->self, 1};
    to->log = &p->store->logs[place - p->store->dir.partitions];
}

static bool fill_partitions(struct publishing *p, const kw_data_topic *from, struct topic *to)
{
    int32_t count = from->metadata != NULL ? from->metadata->partition_count : (int32_t)from->folder_count;
    struct partition *partitions = kw_arena_array(&p->arena, (size_t)count, sizeof *partitions);
    if (partitions == NULL)
        return false;
    memset(partitions, 0, (size_t)count * sizeof *partitions);
    for (int32_t i = 0; i < count; i++) {
        if (from->metadata == NULL)
            fill_from_folder(p, &from->folders[i], &partitions[i]);
        else if (!fill_from_metadata(p, from, &from->metadata->partitions[i], &partitions[i]))
            return false;
    }
    to->partitions = partitions;
    to->partition_count = count;
    return true;
}

/* ---- topics ---- */

static bool publish_topic(struct publishing *p, const kw_data_topic *from)
{
    struct topic topic = {.name = from->name, .id = from->id, .is_internal = topic_name_is_internal(from->name)};
    kw_arena_reset(&p->arena);
    if (!fill_partitions(p, from, &topic)) {
        complain("out of memory");
        return false;
    }
    int16_t error = catalogue_add(p->catalogue, &topic);
    if (error == KW_ERROR_UNKNOWN_SERVER_ERROR)
        complain("out of memory");
    else if (error != KW_ERROR_NONE)
        console_line("%s: topic %.*s is left out: %s", p->store->dir.path, KW_FMT(from->name), kw_error_name(error));
    return error != KW_ERROR_UNKNOWN_SERVER_ERROR;
}

bool log_manager_publish(struct log_manager *store, int32_t self, struct catalogue *catalogue)
{
    struct publishing p = {.store = store, .catalogue = catalogue, .self = self};
    if (!make_logs(store)) {
        complain("out of memory");
        return false;
    }
    kw_arena_init_growing(&p.arena, NULL, 0, kw_allocator_libc(), ARENA_LIMIT);
    bool fine = true;
    for (size_t i = 0; i < store->dir.topic_count && fine; i++)
        fine = publish_topic(&p, &store->dir.topics[i]);
    kw_arena_finish(&p.arena);
    return fine;
}
