/* SPDX-License-Identifier: Apache-2.0 */
#include "flusher.h"

#include <errno.h>
#include <string.h>

#include <kwire/error.h>

#include "../base/clock.h"
#include "../base/thread.h"
#include "log_change.h"
#include "log_dir.h"
#include "log_folders.h"

/* ---- one log ---- */

/* The files have reached the disk; the recovery point moves once the names have as well. */
static int16_t complete_sync(struct managed_log *log, int64_t from, int64_t until)
{
    kw_status status = KW_OK;
    if (from == 0 && until > 0 && log->log.dir != NULL)
        status = log_folder_sync_first(log->log.folder, log->log.dir->path);
    if (status != KW_OK)
        return log_sync_failed(&log->log, status);
    while (until > from && !atomic_compare_exchange_weak(&log->synced_until, &from, until))
        ;
    log_note_sync(&log->log, until);
    atomic_store(&log->synced_ms, clock_ms());
    log_show_synced(&log->log, until);
    return KW_ERROR_NONE;
}

/* A log that turned out to be damaged as it was opened may end before what had been synced. */
static int64_t synced_until(struct managed_log *log)
{
    int64_t synced = atomic_load(&log->synced_until), flushed = atomic_load(&log->log.flushed_until);
    if (flushed < 0 || flushed >= synced)
        return synced;
    atomic_store(&log->synced_until, flushed);
    return flushed;
}

int16_t flusher_sync(struct managed_log *log)
{
    int64_t from = synced_until(log), until;
    int16_t error = log_sync(&log->log, from, &until);
    return error == KW_ERROR_NONE ? complete_sync(log, from, until) : error;
}

int16_t flusher_close(struct managed_log *log)
{
    int64_t from = synced_until(log), until;
    int16_t error = log_close(&log->log, from, &until);
    return error == KW_ERROR_NONE ? complete_sync(log, from, until) : error;
}

/* ---- the queue ---- */

/* With the lock held. */
static void enqueue(struct flusher *flusher, struct managed_log *log)
{
    if (log->is_unsynced)
        return;
    log_share(&log->log);
    log->is_unsynced = true;
    log->next_unsynced = NULL;
    *flusher->last = log;
    flusher->last = &log->next_unsynced;
    (void)pthread_cond_signal(&flusher->changed);
}

static void add(const struct log_syncer *syncer, struct partition_log *log, struct log_append *append, int64_t until)
{
    struct flusher *flusher = (struct flusher *)(uintptr_t)syncer; /* its first member */
    struct managed_log *managed = managed_log_of(log);
    (void)until; /* what was appended before is synced */
    (void)pthread_mutex_lock(&flusher->lock);
    append->next = managed->unsynced;
    managed->unsynced = append;
    enqueue(flusher, managed);
    (void)pthread_mutex_unlock(&flusher->lock);
}

void flusher_request(struct flusher *flusher, struct managed_log *log)
{
    (void)pthread_mutex_lock(&flusher->lock);
    enqueue(flusher, log);
    (void)pthread_mutex_unlock(&flusher->lock);
}

/* Those that wait for a log, in the order in which they came. */
static struct log_append *take_appends(struct flusher *flusher, struct managed_log *log)
{
    struct log_append *list = NULL;
    (void)pthread_mutex_lock(&flusher->lock);
    for (struct log_append *append = log->unsynced, *next; append != NULL; append = next) {
        next = append->next;
        append->next = list;
        list = append;
    }
    log->unsynced = NULL;
    log->is_unsynced = false;
    (void)pthread_mutex_unlock(&flusher->lock);
    return list;
}

static void complete(struct log_append *list, int16_t error)
{
    for (struct log_append *append = list, *next; append != NULL; append = next) {
        next = append->next; /* done() may free it */
        if (error != KW_ERROR_NONE) {
            append->error = error;
            append->log_start_offset = -1;
        }
        append->done(append);
    }
}

static void handle(struct flusher *flusher, struct managed_log *log)
{
    struct log_append *list = take_appends(flusher, log);
    complete(list, flusher_sync(log));
    log_release(&log->log);
}

/* NULL: the end. */
static struct managed_log *wait_for_log(struct flusher *flusher)
{
    (void)pthread_mutex_lock(&flusher->lock);
    while (flusher->first == NULL && !flusher->is_stopping)
        (void)pthread_cond_wait(&flusher->changed, &flusher->lock);
    struct managed_log *log = flusher->first;
    if (log != NULL) {
        flusher->first = log->next_unsynced;
        if (flusher->first == NULL)
            flusher->last = &flusher->first;
    }
    (void)pthread_mutex_unlock(&flusher->lock);
    return log;
}

static void *run(void *argument)
{
    struct flusher *flusher = argument;
    for (struct managed_log *log; (log = wait_for_log(flusher)) != NULL;)
        handle(flusher, log);
    return NULL;
}

bool flusher_start(struct flusher *flusher)
{
    memset(flusher, 0, sizeof *flusher);
    flusher->syncer.add = add;
    flusher->last = &flusher->first;
    int error = pthread_mutex_init(&flusher->lock, NULL);
    if (error == 0) {
        error = pthread_cond_init(&flusher->changed, NULL);
        if (error == 0) {
            error = thread_start(&flusher->thread, run, flusher);
            if (error == 0)
                return true;
            (void)pthread_cond_destroy(&flusher->changed);
        }
        (void)pthread_mutex_destroy(&flusher->lock);
    }
    errno = error;
    return false;
}

void flusher_stop(struct flusher *flusher)
{
    (void)pthread_mutex_lock(&flusher->lock);
    flusher->is_stopping = true;
    (void)pthread_cond_signal(&flusher->changed);
    (void)pthread_mutex_unlock(&flusher->lock);
    (void)pthread_join(flusher->thread, NULL);
    (void)pthread_cond_destroy(&flusher->changed);
    (void)pthread_mutex_destroy(&flusher->lock);
}
