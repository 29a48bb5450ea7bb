/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_SHARE_SHARE_PARTITIONS_H
#define SERVER_SHARE_SHARE_PARTITIONS_H

/* The share partitions that are in use: what is in flight of a partition for a group, its state, which is loaded from
 * and written to the coordinator of the state, the timer of its locks, and who waits for it. */

#include <pthread.h>
#include <stdatomic.h>

#include "../base/executor.h"
#include "../coordinator/shards.h"
#include "../coordinator/share/share_requests.h"
#include "../coordinator/share_key.h"
#include "share_partition.h"

struct dead_letters;
struct dead_letter_job;

struct share_partitions_options {
    struct shards *states;
    struct coordinator_budget *budget;
    struct dead_letters *letters; /* NULL: nothing becomes one */
    int64_t (*clock)(void);       /* ms, never going back; from any thread */
};

/* Private fields. */
struct share_partitions {
    struct share_partitions_options options;
    atomic_bool are_allowed; /* to read */
    pthread_mutex_t lock;
    struct hash_chains table;     /* in use */
    struct shared_partition *all; /* also those that have been dropped and that somebody still has */
};

/* Who waits until something can be acquired that could not before, or until it has been loaded. */
struct shared_waiter {
    void (*resume)(void *context); /* with a lock held, so it must be short, and must not call back */
    void *context;
    /* The rest is private. */
    struct shared_waiter *next;
    struct shared_waiter **link; /* NULL: it does not wait */
};

enum shared_stage {
    SHARED_NEW,
    SHARED_LOADING,
    SHARED_WITHOUT_START, /* it has no start offset yet: shared_partition_start_at() */
    SHARED_ACTIVE,
    SHARED_FAILED
};

struct shared_partition {
    struct hash_link link;
    struct share_partitions *owner;
    struct shared_partition *next; /* of all */
    struct shared_partition *previous;
    unsigned references; /* under the owner's lock */
    atomic_bool has_failed;
    bool is_dropped;      /* the same */
    bool is_retired;      /* its group has no sessions: dropped once nobody has it; the same */
    struct share_key key; /* the group is behind the struct */
    int32_t leader_epoch;
    struct executor *home;
    pthread_mutex_t lock; /* of what follows; never around submitting events */
    enum shared_stage stage;
    int16_t error; /* SHARED_FAILED: why */
    struct share_partition p;
    struct share_limits limits; /* that were used last */
    int32_t state_epoch;
    struct dead_letter_job *letters; /* NULL: none is being produced */
    bool is_fetching;                /* somebody reads what is to be acquired */
    bool is_missed;                  /* and somebody else would have */
    struct shared_waiter *waiters;
    struct shared_job *first; /* writes, one after the other */
    struct shared_job **last;
    bool is_writing;
    int64_t armed; /* when the timer fires; INT64_MAX: it does not */
    bool is_arm_posted;
    struct task arm;
    struct timer timer;
    char group[];
};

/* Without share partitions. False: there is no memory. */
bool share_partitions_init(struct share_partitions *partitions, const struct share_partitions_options *options);

/* Once their executors have ended. */
void share_partitions_finish(struct share_partitions *partitions);

/* The share partition, counted; a new one takes its home from the caller, who is on that executor. One that was loaded
 * for another leader epoch, or has failed, is replaced. NULL: there is no memory, or none are allowed. */
struct shared_partition *share_partitions_get(struct share_partitions *partitions, const struct share_key *key,
                                              int32_t leader_epoch, struct executor *home);

/* The same if it is in use and has been loaded; NULL: it is not. */
struct shared_partition *share_partitions_find(struct share_partitions *partitions, const struct share_key *key);
void shared_partition_refer(struct shared_partition *e); /* counts another one, for who has one */
void shared_partition_release(struct shared_partition *e);

/* Who uses it next loads it anew, as its state has been changed by others. */
void share_partitions_drop(struct share_partitions *partitions, const struct share_key *key);

/* Whether there may be share partitions, as at first. False: all are dropped. */
void share_partitions_allow(struct share_partitions *partitions, bool are_allowed);

/* The group has no sessions any more: its share partitions are dropped as soon as nobody uses them, has locks or waits
 * for a write. Who gets one before that keeps it. */
void share_partitions_retire(struct share_partitions *partitions, kw_string group);

/* Starts to load it if nobody has done so. Without its lock. */
void shared_partition_load(struct shared_partition *e, const struct share_limits *limits);

void shared_partition_lock(struct shared_partition *e);
void shared_partition_unlock(struct shared_partition *e);

/* ---- with its lock ---- */

void shared_partition_start_at(struct shared_partition *e, int64_t offset);

/* From now on resume() is called once, when something has changed. */
void shared_partition_wait(struct shared_partition *e, struct shared_waiter *waiter);
void shared_partition_wake(struct shared_partition *e);

/* Sees to it that locks end in time. */
void shared_partition_arm(struct shared_partition *e);

/* ---- without it ---- */

void shared_partition_forget(struct shared_partition *e, struct shared_waiter *waiter);

/* A write on its way. */
struct shared_job {
    struct coordinator_event event;
    struct shared_partition *e;
    struct share_change change;
    struct share_answer answer;
    struct shard *shard;                                     /* counted */
    void (*done)(void *context, struct share_answer answer); /* it has been written, or not; NULL: nobody waits */
    void *context;
    struct shared_job *next;
};

/* NULL: there is no memory. */
struct shared_job *shared_job_create(struct shared_partition *e);
void shared_job_destroy(struct shared_job *job);

/* With the lock: the change of the job, which becomes the share partition's, is to be written after the earlier ones.
 * One without batches is destroyed, and false is returned: nothing is written. */
bool shared_job_queue(struct shared_job *job);

/* Without the lock: starts to write what is queued. */
void shared_partition_write(struct shared_partition *e);

#endif
