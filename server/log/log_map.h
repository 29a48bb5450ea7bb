/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_LOG_MAP_H
#define SERVER_LOG_LOG_MAP_H

/* The logs of a broker by topic and partition. Each is counted: the map has a reference, and everybody who has found
 * it, so that it can be used while it is deleted. Any thread may call these functions. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/worker_pool.h"
#include "partition_log.h"
#include "retention_probe.h"

struct shared_config;

/* A log that is counted. */
struct managed_log {
    struct partition_log log; /* first, so that a pointer to it is one to this */
    atomic_size_t references; /* private */
    struct managed_log *next_in_bucket;
    atomic_int_least64_t synced_until; /* records before this offset survive a loss of power: the recovery point */
    atomic_int_least64_t synced_ms;    /* when that was, by clock_ms() */
    int64_t checked_watermark;         /* high watermark by the checkpoint; -1: none */
    atomic_int_least64_t clean_until;  /* the log cleaner has cleaned what is below; -1: nothing */
    atomic_uint in_checkpoints;        /* which say something of it, by bits; see checkpoint_note() */
    atomic_bool is_claimed;            /* by retention or the log cleaner; see managed_log_claim() */
    atomic_bool is_uncleanable;        /* records cannot be read; private, of the log cleaner, as the next one */
    bool has_one_segment;              /* by its folder, as long as it is not open */
    struct shared_config *config;      /* private, of log_creation.c */
    struct retention_probe probe;      /* of the thread that does the upkeep */
    struct log_append *unsynced;       /* private, of the flusher: those that wait, newest first */
    struct managed_log *next_unsynced;
    bool is_unsynced;
    struct task appending; /* private, of the appender, as the next one */
    struct worker_pool *appending_threads;
    char text[]; /* topic and folder */
};

enum { LOG_MAP_PARTS = 16 };

/* Private fields. */
struct log_map {
    struct log_map_part {
        pthread_mutex_t lock;
        struct managed_log **buckets;
        size_t bucket_count; /* a power of two, or 0 */
        size_t count;
    } parts[LOG_MAP_PARTS];
};

bool log_map_init(struct log_map *map);

/* Releases all logs. */
void log_map_finish(struct log_map *map);

/* A log with one reference; `folder` may be NULL. NULL: there is no memory. */
struct managed_log *managed_log_create(const struct partition_log *what, const char *folder,
                                       struct segment_cache *cache);

/* Puts a log into the map, whose reference that of the caller becomes. False, and nothing has happened: there is no
 * memory, or the partition has a log already. */
bool log_map_add(struct log_map *map, struct managed_log *log);

/* The log of a partition, shared; NULL: there is none. */
struct managed_log *log_map_find(struct log_map *map, kw_string topic, int32_t partition);

/* Takes a log out of the map; its reference becomes the caller's. False: it is not in the map. */
bool log_map_remove(struct log_map *map, struct managed_log *log);

size_t log_map_count(struct log_map *map);

static inline struct managed_log *managed_log_of(struct partition_log *log)
{
    return (struct managed_log *)log;
}

/* Only one at a time removes or replaces segments: retention or the log cleaner. False: somebody does. */
static inline bool managed_log_claim(struct managed_log *log)
{
    return !atomic_exchange(&log->is_claimed, true);
}

static inline void managed_log_unclaim(struct managed_log *log)
{
    atomic_store(&log->is_claimed, false);
}

/* ---- references ---- */

void log_share(struct partition_log *log);

/* For what log_map_find() and its like return. */
void log_release(struct partition_log *log);

struct log_list {
    struct partition_log **items; /* by topic and partition; shared */
    size_t len;
};

/* All logs of the moment, to be released. False: there is no memory. */
bool log_map_list(struct log_map *map, struct log_list *out);

/* Adds logs that are not in the map, and shares them. False: there is no memory, and the list has been released. */
bool log_list_add(struct log_list *list, struct managed_log *const *more, size_t count);
void log_list_release(struct log_list *list);

#endif
