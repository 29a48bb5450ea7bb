/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_FLUSHER_H
#define SERVER_LOG_FLUSHER_H

/* The thread that syncs the logs of a log directory. Appends that must be on the disk are handed to it; it syncs each
 * log once for all that wait at that moment, and those that arrive meanwhile wait for the next time. A log whose sync
 * fails is offline afterwards, see log_sync(). */

#include <pthread.h>
#include <stdbool.h>

#include "log_append.h"
#include "log_map.h"

/* Private fields but for the first. */
struct flusher {
    struct log_syncer syncer; /* for partition_log.syncer; of logs that are counted */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct managed_log *first; /* logs that somebody waits for; shared */
    struct managed_log **last;
    pthread_t thread;
    bool is_stopping;
};

/* False: errno says why. */
bool flusher_start(struct flusher *flusher);

/* Syncs what is waited for, and ends the thread. Nothing may be added any more. */
void flusher_stop(struct flusher *flusher);

/* Syncs the log soon, for nobody. From any thread. */
void flusher_request(struct flusher *flusher, struct managed_log *log);

/* Syncs the log here and now, and moves its recovery point. An error is Kafka's, after a line on the console. */
int16_t flusher_sync(struct managed_log *log);

/* The same at the end of writing, see log_close(). */
int16_t flusher_close(struct managed_log *log);

#endif
