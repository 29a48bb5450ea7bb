/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_SHARDS_H
#define SERVER_COORDINATOR_SHARDS_H

/* The shards of one internal topic: of its partitions that this node leads. They are loaded on the workers, those that
 * somebody waits for first, and unloaded when the partition is led elsewhere, deleted, or led in a newer epoch. One
 * that finds that somebody else has written to its log is loaded again. Any thread may call these functions. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/persisted.h>
#include <kwire/view.h>

#include "../log/log_manager.h"
#include "shard.h"

/* What it works with. All of it must stay. */
struct shards_options {
    kw_internal_topic topic;
    int32_t node_id;
    struct log_manager *logs;
    const struct coordinator_calls *machine;

    /* The empty state of a shard, which becomes the shard's. NULL: there is no memory. */
    void *(*create)(void *context, int32_t partition);
    void *context;

    struct random_source *random;
    int64_t (*now)(void);   /* ms since 1970 */
    int64_t (*clock)(void); /* ms, never going back; from any thread */
    int64_t timeout_ms;     /* this and the next two are of struct shard_options */
    int64_t linger_ms;
    kw_codec codec;
    int32_t load_step; /* bytes that are read at once */
};

/* Who waits until a shard has been loaded. */
struct shards_waiter {
    void (*resume)(void *context); /* with a lock held, so it must be short, and must not call back */
    void *context;
    /* The rest is private. */
    int32_t partition;
    struct shards_waiter *next;
    struct shards_waiter **link; /* NULL: it does not wait */
};

enum { SHARDS_LOADERS = 2 /* workers that load at the same time; others have to read for clients */ };

struct shards_loader {
    struct task task;
    struct shards *shards;
    bool is_running;
};

struct shards_slot;

/* Private fields. */
struct shards {
    struct shards_options options;
    pthread_mutex_t changes; /* held while an image is applied; before `lock` */
    const struct metadata_image *image;
    _Atomic(int32_t) partitions;
    pthread_mutex_t lock; /* of all that follows; never held around what shards do */
    pthread_cond_t changed;
    struct executor *const *homes;
    size_t home_count; /* 0: not started yet */
    bool is_stopping;
    struct shards_slot *slots; /* by partition */
    size_t slot_count;
    size_t live;      /* shards that are not unloaded yet */
    size_t reloading; /* tasks that replace shards */
    struct shards_waiter *waiters;
    struct shards_waiter **last_waiter;
    struct shards_loader loaders[SHARDS_LOADERS];
};

/* Without shards. False: there is no memory. */
bool shards_init(struct shards *shards, const struct shards_options *options);

/* Loads what this node leads by the image that was applied last; from now on keys are distributed over so many
 * partitions. Shard number N has the home number N modulo their count; the homes must stay until shards_await(). False:
 * memory is short, and some shards are missing until shards_apply() is called again. Once. */
bool shards_start(struct shards *shards, struct executor *const *homes, size_t home_count, int32_t partitions);

/* Unloads what this node does not lead any more by an image that is going to be applied, as long as the logs are there.
 */
void shards_leave(struct shards *shards, const struct metadata_image *image);

/* Loads and unloads what the image says, and gives it to all shards. To be called before the image is published, so
 * that who sees a partition can use its shard, with the logs as the image says. False: memory is short; what could not
 * be done is tried again when this is called again. */
bool shards_apply(struct shards *shards, const struct metadata_image *image);

/* Unloads all: their events fail with NOT_COORDINATOR, what was decided is appended. */
void shards_stop(struct shards *shards);

/* Waits until all are unloaded, for which their homes must run. */
void shards_await(struct shards *shards);

/* After shards_stop(), once all are unloaded and nobody has one any more. */
void shards_finish(struct shards *shards);

/* The number of partitions that keys are distributed over; 0: not started yet. */
int32_t shards_partitions(struct shards *shards);

/* Which of them a key belongs to; -1: not started yet. */
int32_t shards_partition_of(struct shards *shards, kw_string key);

/* The shard of a partition, counted, to be given back by shards_release(); it may be unloaded meanwhile, after which
 * events fail. Without it the error is
 *
 *     COORDINATOR_NOT_AVAILABLE     not started yet
 *     COORDINATOR_LOAD_IN_PROGRESS  it is being loaded
 *     NOT_COORDINATOR               this node does not lead the partition
 *
 * One whose log could not be read because of something that may pass is loaded again when it is asked for a second
 * later. */
int16_t shards_find(struct shards *shards, int32_t partition, struct shard **out);
void shards_release(struct shard *shard); /* NULL: nothing */

/* Counts a shard once more, as for work that comes back to it. In a decision of the shard, or of who has counted it. */
void shards_hold(struct shard *shard);

/* From now on resume() is called once, when shards_find() has something else to say than that the shard is not loaded
 * yet, which has it loaded before others. False: it says so already. -1 for `partition`: of any key, until the start.
 */
bool shards_wait(struct shards *shards, int32_t partition, struct shards_waiter *waiter);

/* resume() is not running any more and will not be called. */
void shards_forget(struct shards *shards, struct shards_waiter *waiter);

#endif
