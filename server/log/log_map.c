/* SPDX-License-Identifier: Apache-2.0 */
#include "log_map.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/storage/names.h>
#include <kwire/topic_name.h>

#include "../base/clock.h"
#include "../base/hash.h"

/* ---- one log ---- */

struct managed_log *managed_log_create(const struct partition_log *what, const char *folder,
                                       struct segment_cache *cache)
{
    struct partition_log copy = *what;
    size_t topic_size = what->topic.len > 0 ? (size_t)what->topic.len : 0;
    size_t folder_size = folder != NULL ? strlen(folder) + 1 : 0;
    struct managed_log *log = calloc(1, sizeof *log + topic_size + folder_size);
    if (log == NULL)
        return NULL;
    if (topic_size != 0)
        memcpy(log->text, what->topic.data, topic_size);
    if (folder_size != 0)
        memcpy(log->text + topic_size, folder, folder_size);
    copy.topic.data = log->text;
    copy.folder = folder != NULL ? log->text + topic_size : NULL;
    if (!partition_log_init(&log->log, &copy, cache)) {
        free(log);
        return NULL;
    }
    atomic_init(&log->references, 1);
    atomic_init(&log->synced_until, 0);
    atomic_init(&log->synced_ms, clock_ms());
    atomic_init(&log->clean_until, -1);
    atomic_init(&log->in_checkpoints, 0);
    atomic_init(&log->is_claimed, false);
    atomic_init(&log->is_uncleanable, false);
    log->checked_watermark = -1;
    return log;
}

void log_share(struct partition_log *log)
{
    atomic_fetch_add_explicit(&managed_log_of(log)->references, 1, memory_order_relaxed);
}

void log_release(struct partition_log *log)
{
    struct managed_log *managed = managed_log_of(log);
    if (atomic_fetch_sub_explicit(&managed->references, 1, memory_order_acq_rel) != 1)
        return;
    partition_log_finish(log);
    free(managed);
}

/* ---- the map ---- */

bool log_map_init(struct log_map *map)
{
    memset(map, 0, sizeof *map);
    for (size_t i = 0; i < LOG_MAP_PARTS; i++)
        if (pthread_mutex_init(&map->parts[i].lock, NULL) != 0) {
            while (i-- > 0)
                (void)pthread_mutex_destroy(&map->parts[i].lock);
            return false;
        }
    return true;
}

void log_map_finish(struct log_map *map)
{
    for (size_t i = 0; i < LOG_MAP_PARTS; i++) {
        struct log_map_part *part = &map->parts[i];
        for (size_t b = 0; b < part->bucket_count; b++)
            for (struct managed_log *log = part->buckets[b], *next; log != NULL; log = next) {
                next = log->next_in_bucket;
                log_release(&log->log);
            }
        free(part->buckets);
        (void)pthread_mutex_destroy(&part->lock);
    }
}

static uint32_t hash_of(kw_string topic, int32_t partition)
{
    uint32_t hash = hash_bytes(HASH_START, &partition, sizeof partition);
    return hash_text(hash, topic);
}

/* The upper bits choose the part, the lower ones the bucket. */
static struct log_map_part *lock_part(struct log_map *map, uint32_t hash)
{
    struct log_map_part *part = &map->parts[hash >> 28];
    (void)pthread_mutex_lock(&part->lock);
    return part;
}

static void unlock_part(struct log_map_part *part)
{
    (void)pthread_mutex_unlock(&part->lock);
}

/* The link to a log of the part, or to the end of its bucket. */
static struct managed_log **find_link(struct log_map_part *part, uint32_t hash, kw_string topic, int32_t partition)
{
    struct managed_log **link = &part->buckets[hash & (part->bucket_count - 1)];
    while (*link != NULL && ((*link)->log.partition != partition || !kw_string_equal((*link)->log.topic, topic)))
        link = &(*link)->next_in_bucket;
    return link;
}

/* With too few buckets the map becomes slow, but remains in use. */
static bool add_buckets(struct log_map_part *part)
{
    enum { FIRST = 16 };
    size_t count = part->bucket_count != 0 ? part->bucket_count * 2 : FIRST;
    struct managed_log **buckets = calloc(count, sizeof(struct managed_log *));
    if (buckets == NULL)
        return part->bucket_count != 0;
    for (size_t b = 0; b < part->bucket_count; b++)
        for (struct managed_log *log = part->buckets[b], *next; log != NULL; log = next) {
            struct managed_log **bucket = &buckets[hash_of(log->log.topic, log->log.partition) & (count - 1)];
            next = log->next_in_bucket;
            log->next_in_bucket = *bucket;
            *bucket = log;
        }
    free(part->buckets);
    part->buckets = buckets;
    part->bucket_count = count;
    return true;
}

bool log_map_add(struct log_map *map, struct managed_log *log)
{
    uint32_t hash = hash_of(log->log.topic, log->log.partition);
    struct log_map_part *part = lock_part(map, hash);
    bool added = part->count < part->bucket_count || add_buckets(part);
    if (added) {
        struct managed_log **link = find_link(part, hash, log->log.topic, log->log.partition);
        added = *link == NULL;
        if (added) {
            log->next_in_bucket = NULL;
            *link = log;
            part->count++;
        }
    }
    unlock_part(part);
    return added;
}

struct managed_log *log_map_find(struct log_map *map, kw_string topic, int32_t partition)
{
    uint32_t hash = hash_of(topic, partition);
    struct log_map_part *part = lock_part(map, hash);
    struct managed_log *log = part->bucket_count != 0 ? *find_link(part, hash, topic, partition) : NULL;
    if (log != NULL)
        log_share(&log->log);
    unlock_part(part);
    return log;
}

bool log_map_remove(struct log_map *map, struct managed_log *log)
{
    uint32_t hash = hash_of(log->log.topic, log->log.partition);
    struct log_map_part *part = lock_part(map, hash);
    struct managed_log **link =
        part->bucket_count != 0 ? find_link(part, hash, log->log.topic, log->log.partition) : NULL;
    bool found = link != NULL && *link == log;
    if (found) {
        *link = log->next_in_bucket;
        part->count--;
    }
    unlock_part(part);
    return found;
}

size_t log_map_count(struct log_map *map)
{
    size_t count = 0;
    for (size_t i = 0; i < LOG_MAP_PARTS; i++) {
        (void)pthread_mutex_lock(&map->parts[i].lock);
        count += map->parts[i].count;
        unlock_part(&map->parts[i]);
    }
    return count;
}

/* ---- lists ---- */

static int compare_logs(const void *a, const void *b)
{
    const struct partition_log *x = *(struct partition_log *const *)a, *y = *(struct partition_log *const *)b;
    int order = kw_partition_compare(x->topic, x->partition, y->topic, y->partition);
    return order != 0 ? order : x->is_future - y->is_future;
}

static bool list_part(struct log_map_part *part, struct log_list *out)
{
    size_t size = (out->len + part->count + 1) * sizeof(struct partition_log *);
    struct partition_log **items = realloc(out->items, size);
    if (items == NULL)
        return false;
    out->items = items;
    for (size_t b = 0; b < part->bucket_count; b++)
        for (struct managed_log *log = part->buckets[b]; log != NULL; log = log->next_in_bucket) {
            log_share(&log->log);
            out->items[out->len++] = &log->log;
        }
    return true;
}

bool log_map_list(struct log_map *map, struct log_list *out)
{
    bool listed = true;
    out->items = NULL;
    out->len = 0;
    for (size_t i = 0; i < LOG_MAP_PARTS && listed; i++) {
        (void)pthread_mutex_lock(&map->parts[i].lock);
        listed = list_part(&map->parts[i], out);
        unlock_part(&map->parts[i]);
    }
    if (!listed)
        log_list_release(out);
    else if (out->len > 1)
        qsort(out->items, out->len, sizeof *out->items, compare_logs);
    return listed;
}

bool log_list_add(struct log_list *list, struct managed_log *const *more, size_t count)
{
    struct partition_log **items = realloc(list->items, (list->len + count + 1) * sizeof(struct partition_log *));
    if (items == NULL) {
        log_list_release(list);
        return false;
    }
    list->items = items;
    for (size_t i = 0; i < count; i++) {
        struct partition_log *log = &more[i]->log;
        log_share(log);
        items[list->len++] = log;
    }
    if (list->len > 1)
        qsort(items, list->len, sizeof *items, compare_logs);
    return true;
}

void log_list_release(struct log_list *list)
{
    for (size_t i = 0; i < list->len; i++)
        log_release(list->items[i]);
    free(list->items);
    list->items = NULL;
    list->len = 0;
}
