/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_PARTITION_LOG_H
#define SERVER_LOG_PARTITION_LOG_H

/* The log of a partition. It is opened when it is used first, so that a broker of many partitions starts fast; what is
 * then known of it takes memory by the number of its segments, not by their size. Any thread may call these functions.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "../config/log_config.h"
#include "log_contents.h"
#include "segment_cache.h"
#include "verifications.h"

/* Called when the high watermark moves. */
struct log_watcher {
    /* Called on the thread that moved it, with the log's lock held: it must be short, and must not call back into the
     * log. To give a task to another thread is what it is for. */
    void (*callback)(void *context);
    void *context;
    struct log_watcher *next; /* private */
    struct log_watcher *previous;
};

struct log_append;
struct log_appender;
struct log_dir;
struct log_syncer;
struct producer_budget;
struct log_writer;

struct partition_log {
    kw_string topic;
    int32_t partition;
    kw_uuid topic_id;                        /* zero: not known */
    bool is_future;                          /* of a replica that was being moved here: not the one in use */
    const char *folder;                      /* NULL: there is none, and the log is empty */
    struct log_dir *dir;                     /* where the folder is; NULL: in none that is known */
    const struct log_config *config;         /* NULL: the log is only read; see partition_log_configure() */
    struct producer_budget *producer_budget; /* NULL: producers are remembered without limit */
    _Atomic(int64_t) producer_expiration_ms; /* [producer.id.expiration.ms]; 0: a day */
    const struct log_syncer *syncer;         /* NULL: who appends syncs itself */
    const struct log_appender *appender;     /* NULL: who appends waits for the disk itself */
    /* The rest is private. */
    struct segment_cache *cache;
    int64_t start_offset;   /* of the checkpoint; -1: it has none */
    int64_t recovery_point; /* of the checkpoint; what is below it is complete */
    unsigned check;         /* of the last segment, see log_load(); not 0: the log was not closed in order */
    pthread_mutex_t opening;
    pthread_mutex_t lock; /* never held around I/O */
    struct log_snapshot snapshot;
    bool is_open;
    kw_status status;  /* of the last attempt to open it */
    bool is_set_aside; /* it is not opened any more; under the lock for opening */
    struct log_watcher *watchers;
    struct log_append *queue, **queue_end; /* appends that wait for the turn */
    bool has_turn;                         /* somebody has it */
    unsigned waiting;                      /* threads that wait for the turn */
    pthread_cond_t turn_free;
    atomic_bool is_offline;             /* it can be read, but not written to until the next start */
    atomic_bool epochs_differ;          /* from those in the file; see log_sync() */
    atomic_int_least64_t flushed_until; /* what is before it has been synced, or need not be; -1: not open */
    struct log_writer *writer;          /* of the turn; NULL: nothing has been written */
    struct verifications verifications;
};

/* `what` describes the log and is copied; texts in it must stay as long as the log. False: there is no memory. */
bool partition_log_init(struct partition_log *log, const struct partition_log *what, struct segment_cache *cache);
void partition_log_finish(struct partition_log *log);

/* Its folder is going to get another name, and another log may get a folder of this one: if it is not open it is not
 * opened any more. Waits for who opens it. */
void partition_log_set_aside(struct partition_log *log);

/* The settings from now on; they must stay until this is called again. Appends use them as they start. */
void partition_log_configure(struct partition_log *log, const struct log_config *config);

/* Copies the settings of the moment. False: the log is only read. */
bool partition_log_config(struct partition_log *log, struct log_config *out);

/* What is in the log at the moment, to be released by log_snapshot_release(). KW_ERROR_KAFKA_STORAGE_ERROR, after a
 * line on the console, if it cannot be opened or its directory is offline; the cause may be a lack of memory or
 * descriptors, so it is tried again when it is asked for again. LOG_WOULD_BLOCK with dont_block if it has to be opened
 * first. */
int16_t partition_log_acquire(struct partition_log *log, bool dont_block, struct log_snapshot *out);

/* From now on the watcher is called; until it is removed, which may be done once only. When partition_log_unwatch()
 * returns, the callback is not running and will not be called any more. */
void partition_log_watch(struct partition_log *log, struct log_watcher *watcher);
void partition_log_unwatch(struct partition_log *log, struct log_watcher *watcher);

/* Nothing is written to it until the next start, and what has not been synced will not be. */
bool partition_log_is_offline(const struct partition_log *log);

/* Calls the watchers, as the log is not to be read any more. */
void partition_log_wake(struct partition_log *log);

/* ---- for those that write ---- */

/* Waits until nobody else changes the log. partition_log_end_turn() must follow, on any thread; it writes what has been
 * queued meanwhile. */
void partition_log_take_turn(struct partition_log *log);
void partition_log_end_turn(struct partition_log *log);

/* Of a log that was opened before it had settings: opens it again as one that is written to. False: it has no settings,
 * is not open, or is written to already; or it cannot be opened, after a line on the console. Needs the turn. */
bool partition_log_open_to_write(struct partition_log *log);

/* The log is now as the numbers say, and has these contents unless they are NULL; the caller's reference becomes the
 * log's. Watchers are called if the high watermark has moved. Needs the turn. */
void partition_log_publish(struct partition_log *log, const struct log_snapshot *numbers,
                           struct log_contents *contents);

#endif
