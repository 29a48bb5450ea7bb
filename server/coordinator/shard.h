/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_SHARD_H
#define SERVER_COORDINATOR_SHARD_H

/* One partition of an internal topic and the state machine whose records are in it. Events are decided one at a time,
 * in order, by whoever finds the shard free: who submits one runs it, and those that others have queued meanwhile. That
 * is the *turn*; nobody waits for it. An event is completed when what it has seen and changed is committed. See
 * docs/coordinators.md. */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "machine.h"
#include "shard_log.h"
#include "shard_timers.h"

enum shard_state {
    SHARD_LOADING, /* events fail with COORDINATOR_LOAD_IN_PROGRESS */
    SHARD_ACTIVE,
    SHARD_FAILED,  /* events fail with NOT_COORDINATOR, as in the next one */
    SHARD_UNLOADED /* its state is freed */
};

struct shard_options {
    const struct coordinator_calls *machine;
    void *state;                        /* the shard's from shard_init() on */
    const struct metadata_image *image; /* shared */
    struct shard_sink sink;
    int32_t leader_epoch;
    struct executor *home; /* of timers, and of what threads without an executor have to hand over */
    struct random_source *random;
    int64_t (*now)(void);   /* ms since 1970 */
    int64_t (*clock)(void); /* ms, never going back; from any thread */
    int64_t timeout_ms;     /* how long an event waits until it is committed */
    int64_t linger_ms;      /* how long a batch is filled; 0: one decision each; -1: until nothing else is queued */
    kw_codec codec;         /* of batches that get smaller by it */

    /* The shard has failed, as somebody else has written to its log. With the turn. NULL: it does not matter. */
    void (*lost)(struct shard *shard);

    /* After shard_unload(): nothing uses the shard any more. On any thread. */
    void (*released)(struct shard *shard);
    const char *name; /* of the partition, for the console; must stay */
};

/* Private fields. */
struct shard {
    struct shard_options options;
    pthread_mutex_t lock;   /* of what follows up to next_image; inside of it no other lock is taken */
    enum shard_state state; /* changed with the turn as well */
    bool has_turn;
    bool is_nudged; /* the nudge is on its way */
    bool is_timer_stopped;
    unsigned pending;                /* what whoever has the turn has to look at */
    struct coordinator_event *first; /* queued */
    struct coordinator_event **last;
    const struct metadata_image *next_image;
    struct task task;  /* the turn on its way to a worker */
    struct task nudge; /* looks whether something is left; posted before that is left without the turn */
    /* The rest is touched with the turn only. */
    const struct metadata_image *image;
    int64_t clock;                      /* of the last decision */
    int64_t round_start;                /* of the first one of this thread; -1: none yet */
    struct coordinator_event *own;      /* of the thread that has the turn; NULL: none, or it is completed */
    struct coordinator_event *long_one; /* to be decided on a worker; NULL with needs_worker: a timer is */
    bool needs_worker;
    bool is_on_worker;
    struct coordinator_event *waiting; /* until they are committed: in the order of offsets, and of deadlines */
    struct coordinator_event **last_waiting;
    struct coordinator_timer timeout; /* of the first one that waits */
    struct coordinator_timer linger;  /* of the batch that is filled */
    struct shard_log log;
    struct shard_timers timers;
    struct log_watcher watcher;
    bool is_watching;
    kw_arena arena; /* the records of one decision */
};

/* The shard is loading, and its state belongs to whoever loads it. False: there is no memory. */
bool shard_init(struct shard *shard, const struct shard_options *options);

/* Once released() has been called. */
void shard_finish(struct shard *shard);

/* It has been loaded from a log that ends at this offset. */
void shard_loaded(struct shard *shard, int64_t end_offset);

/* It cannot be loaded. */
void shard_fail_to_load(struct shard *shard);

/* False once it is to be unloaded, so that loading need not be completed. From any thread. */
bool shard_is_wanted(struct shard *shard);

/* Ends it: events fail with NOT_COORDINATOR, and the state is freed; then released() is called, also before this
 * returns. While it is loading that waits for the end of loading. Once, from any thread. */
void shard_unload(struct shard *shard);

/* From now on decisions have this image. From any thread. */
void shard_publish(struct shard *shard, const struct metadata_image *image);

/* True: it is completed with event->error, and complete() is not called. False: complete() is going to be called, or
 * has been already. On the event's executor, on a worker, or in one of the machine's functions. Beside the errors of
 * the log there are
 *
 *     COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR  the shard is not active; if it was not, decide() has not run
 *     REQUEST_TIMED_OUT                              not committed in time, and may still be
 *     MESSAGE_TOO_LARGE                              its records do not fit into a batch
 *     UNKNOWN_SERVER_ERROR                           they are not what they should be
 *     COORDINATOR_NO_MEMORY
 *
 * after which nothing of the decision holds, but with REQUEST_TIMED_OUT. */
bool coordinator_submit(struct shard *shard, struct coordinator_event *event);

#endif
