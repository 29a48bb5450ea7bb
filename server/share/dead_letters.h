/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_SHARE_DEAD_LETTERS_H
#define SERVER_SHARE_DEAD_LETTERS_H

/* Produces what share groups give up into their topics of dead letters, and then has it archived; archived it is also
 * where that fails. One job for a share partition at a time, on its home executor and on workers. What is archiving and
 * was not produced before the broker ends is produced when the share partition is loaded again: at least once. */

#include <pthread.h>

#include "../log/log_manager.h"
#include "../metadata/cell.h"
#include "../metadata/controller.h"
#include "share_partitions.h"

struct dead_letters_options {
    const struct static_config *file;
    int32_t node_id;
    struct log_manager *logs;
    struct metadata_cell *metadata;
    struct controller *const *controller; /* which may be NULL: then no topic is created */
    int64_t (*now)(void);                 /* ms since 1970 */
};

/* Private fields. */
struct dead_letters {
    struct dead_letters_options options;
    pthread_mutex_t lock;
    pthread_cond_t idle;
    size_t busy; /* jobs that do something, and do not wait for a timer */
    bool has_ended;
};

/* False: there is no memory. */
bool dead_letters_init(struct dead_letters *letters, const struct dead_letters_options *options);
void dead_letters_finish(struct dead_letters *letters);

/* Produces what a share partition has, unless that is being done. On any thread, without its lock. */
void dead_letters_start(struct dead_letters *letters, struct shared_partition *e);

/* Nothing is started any more. */
void dead_letters_stop(struct dead_letters *letters);

/* Waits until nothing is done any more. Needs the executors, the logs and the controller. */
void dead_letters_await(struct dead_letters *letters);

/* For share_partitions.c: frees the job of a share partition that goes. */
void dead_letters_forget(struct dead_letter_job *job);

#endif
