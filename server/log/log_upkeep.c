/* SPDX-License-Identifier: Apache-2.0 */
#include "log_upkeep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../base/clock.h"
#include "../base/file.h"
#include "../base/thread.h"
#include "../observe/console.h"
#include "appender.h"
#include "checkpoints.h"
#include "flusher.h"
#include "log_change.h"
#include "log_creation.h"
#include "log_folders.h"
#include "retention.h"

const struct log_upkeep_options log_upkeep_defaults = {
    .initial_delay_ms = 30000,
    .recovery_checkpoint_ms = 60000,
    .start_checkpoint_ms = 60000,
    .watermark_checkpoint_ms = 5000,
    .retention_check_ms = 300000,
    .producer_check_ms = 600000,
    .live = {.recovery_threads = 2, .delete_delay_ms = 60000, .producer_expiration_ms = 86400000},
};

enum { THREADS_MAX = 16, LONGEST_FLUSH_WAIT = 1000, SHORTEST_FLUSH_WAIT = 10 };

/* A folder that is removed when its time has come. */
struct removal {
    struct task task;
    struct timer timer;
    struct log_upkeep *upkeep;
    struct removal *next; /* under the lock, as `link` */
    struct removal **link;
    char path[];
};

struct log_upkeep {
    struct log_upkeep_options options;
    atomic_int recovery_threads;
    _Atomic(int64_t) delete_delay_ms;
    struct log_manager *logs;
    struct task start;
    struct timer recovery_points, log_starts, high_watermarks, flushes, retention, producers;
    pthread_mutex_t lock;
    struct removal *removals;
};

/* ---- deleted folders ---- */

static void remove_folder(const char *path)
{
    kw_status status = folder_remove(path);
    if (status != KW_OK && status != KW_ERR_NO_FILE)
        console_line("%s: a folder to be removed: %s", path,
                     status == KW_ERR_FILE ? strerror(errno) : kw_status_text(status));
}

static void forget_removal(struct removal *removal)
{
    struct log_upkeep *upkeep = removal->upkeep;
    (void)pthread_mutex_lock(&upkeep->lock);
    *removal->link = removal->next;
    if (removal->next != NULL)
        removal->next->link = removal->link;
    (void)pthread_mutex_unlock(&upkeep->lock);
    free(removal);
}

static void fire_removal(struct timer *timer)
{
    struct removal *removal = (struct removal *)((char *)timer - offsetof(struct removal, timer));
    remove_folder(removal->path);
    forget_removal(removal);
}

static void start_removal(struct task *task)
{
    struct removal *removal = (struct removal *)task; /* its first member */
    struct log_upkeep *upkeep = removal->upkeep;
    executor_start_timer(upkeep->options.executor, &removal->timer, atomic_load(&upkeep->delete_delay_ms));
}

void log_upkeep_remove_later(struct log_manager *logs, const char *path)
{
    struct log_upkeep *upkeep = logs->upkeep;
    size_t size = strlen(path) + 1;
    struct removal *removal = upkeep != NULL ? calloc(1, sizeof *removal + size) : NULL;
    if (removal == NULL)
        return; /* until the next start */
    memcpy(removal->path, path, size);
    removal->upkeep = upkeep;
    removal->task.run = start_removal;
    removal->timer.fire = fire_removal;
    (void)pthread_mutex_lock(&upkeep->lock);
    removal->next = upkeep->removals;
    removal->link = &upkeep->removals;
    if (removal->next != NULL)
        removal->next->link = &removal->next;
    upkeep->removals = removal;
    (void)pthread_mutex_unlock(&upkeep->lock);
    executor_post(upkeep->options.executor, &removal->task);
}

static void purge(const struct log_manager *logs)
{
    for (size_t i = 0; i < logs->dir_count; i++) {
        if (!logs->dirs[i]->has_deleted || atomic_load(&logs->dirs[i]->is_offline))
            continue;
        kw_status status = log_folders_purge(logs->dirs[i]->path);
        if (status == KW_OK)
            continue;
        int error = errno;
        console_line("%s: folders to be removed: %s", logs->dirs[i]->path,
                     status == KW_ERR_FILE ? strerror(error) : kw_status_text(status));
        errno = error;
        (void)log_dir_fail_with(logs->dirs[i], status);
    }
}

/* ---- checkpoints ---- */

static bool write_checkpoints(struct log_manager *logs, enum log_checkpoint which)
{
    bool written = true;
    for (size_t i = 0; i < logs->dir_count; i++)
        if (!atomic_load(&logs->dirs[i]->is_offline) && !log_manager_checkpoint(logs, logs->dirs[i], which))
            written = false;
    return written;
}

void log_upkeep_checkpoint(struct log_manager *logs)
{
    for (int which = 0; which < LOG_CHECKPOINTS; which++)
        (void)write_checkpoints(logs, (enum log_checkpoint)which);
}

/* ---- flushing ---- */

/* Where the log ends and its last segment begins; false: it is not open. */
static bool extent_of(struct managed_log *log, int64_t *end, int64_t *last)
{
    struct log_snapshot now;
    if (partition_log_acquire(&log->log, true, &now) != KW_ERROR_NONE)
        return false;
    const struct log_contents *contents = now.contents;
    *end = now.log_end_offset;
    *last = contents->segment_count != 0 ? contents->segments[contents->segment_count - 1]->base_offset : 0;
    log_snapshot_release(&now);
    return true;
}

static void request(struct managed_log *log)
{
    if (log->log.dir != NULL && log->log.dir->flusher != NULL && !atomic_load(&log->log.is_offline))
        flusher_request(log->log.dir->flusher, log);
}

/* Finished segments are synced, so that recovery reads no more than the last one, as in Kafka. */
static void flush_finished(struct log_manager *logs)
{
    struct log_list list;
    int64_t end, last;
    if (!log_manager_list(logs, &list))
        return;
    for (size_t i = 0; i < list.len; i++) {
        struct managed_log *log = managed_log_of(list.items[i]);
        if (extent_of(log, &end, &last) && atomic_load(&log->synced_until) < last)
            request(log);
    }
    log_list_release(&list);
}

/* [flush.ms] */
static void flush_old(struct log_manager *logs)
{
    struct log_list list;
    int64_t end, last, now = clock_ms();
    if (!log_manager_list(logs, &list))
        return;
    for (size_t i = 0; i < list.len; i++) {
        struct managed_log *log = managed_log_of(list.items[i]);
        int64_t limit = log_manager_flush_ms(logs, log);
        if (limit < INT64_MAX && extent_of(log, &end, &last) && atomic_load(&log->synced_until) < end &&
            now - atomic_load(&log->synced_ms) >= limit)
            request(log);
    }
    log_list_release(&list);
}

/* ---- what is not needed any more ---- */

static void retain(struct managed_log *log)
{
    struct log_snapshot snapshot;
    size_t removed;
    if (log->log.dir == NULL || atomic_load(&log->log.is_offline) || log_dir_is_offline(log->log.dir) ||
        !managed_log_claim(log))
        return;
    if (retention_probe_finds(&log->probe, &log->log, clock_wall_ms()) &&
        partition_log_acquire(&log->log, false, &snapshot) == KW_ERROR_NONE) {
        log_snapshot_release(&snapshot);
        (void)log_retain(&log->log, clock_wall_ms(), &removed);
    }
    managed_log_unclaim(log);
}

static void expire_producers(struct managed_log *log)
{
    log_expire_producers(&log->log, clock_wall_ms());
}

static void do_for_all(struct log_manager *logs, void (*handle)(struct managed_log *log))
{
    struct log_list list;
    if (!log_manager_list(logs, &list))
        return;
    for (size_t i = 0; i < list.len; i++)
        handle(managed_log_of(list.items[i]));
    log_list_release(&list);
}

/* ---- what happens now and then ---- */

static struct log_upkeep *upkeep_of(struct timer *timer, size_t offset)
{
    return (struct log_upkeep *)((char *)timer - offset);
}

static void again(struct log_upkeep *upkeep, struct timer *timer, int64_t delay_ms)
{
    if (delay_ms > 0)
        executor_start_timer(upkeep->options.executor, timer, delay_ms);
}

static void first(struct log_upkeep *upkeep, struct timer *timer, void (*fire)(struct timer *timer), int64_t pause_ms,
                  int64_t delay_ms)
{
    timer->fire = fire;
    if (pause_ms > 0)
        again(upkeep, timer, delay_ms > 0 ? delay_ms : 1);
}

static void fire_recovery_points(struct timer *timer)
{
    struct log_upkeep *upkeep = upkeep_of(timer, offsetof(struct log_upkeep, recovery_points));
    flush_finished(upkeep->logs);
    (void)write_checkpoints(upkeep->logs, CHECKPOINT_RECOVERY_POINTS);
    again(upkeep, timer, upkeep->options.recovery_checkpoint_ms);
}

static void fire_log_starts(struct timer *timer)
{
    struct log_upkeep *upkeep = upkeep_of(timer, offsetof(struct log_upkeep, log_starts));
    (void)write_checkpoints(upkeep->logs, CHECKPOINT_LOG_STARTS);
    again(upkeep, timer, upkeep->options.start_checkpoint_ms);
}

static void fire_high_watermarks(struct timer *timer)
{
    struct log_upkeep *upkeep = upkeep_of(timer, offsetof(struct log_upkeep, high_watermarks));
    (void)write_checkpoints(upkeep->logs, CHECKPOINT_HIGH_WATERMARKS);
    again(upkeep, timer, upkeep->options.watermark_checkpoint_ms);
}

static void fire_flushes(struct timer *timer)
{
    struct log_upkeep *upkeep = upkeep_of(timer, offsetof(struct log_upkeep, flushes));
    int64_t shortest = log_manager_shortest_flush_ms(upkeep->logs);
    if (shortest < INT64_MAX)
        flush_old(upkeep->logs);
    if (shortest < SHORTEST_FLUSH_WAIT)
        shortest = SHORTEST_FLUSH_WAIT;
    again(upkeep, timer, shortest < LONGEST_FLUSH_WAIT ? shortest : LONGEST_FLUSH_WAIT);
}

static void fire_retention(struct timer *timer)
{
    struct log_upkeep *upkeep = upkeep_of(timer, offsetof(struct log_upkeep, retention));
    do_for_all(upkeep->logs, retain);
    again(upkeep, timer, upkeep->options.retention_check_ms);
}

static void fire_producers(struct timer *timer)
{
    struct log_upkeep *upkeep = upkeep_of(timer, offsetof(struct log_upkeep, producers));
    do_for_all(upkeep->logs, expire_producers);
    again(upkeep, timer, upkeep->options.producer_check_ms);
}

static void start_timers(struct task *task)
{
    struct log_upkeep *u = (struct log_upkeep *)((char *)task - offsetof(struct log_upkeep, start));
    const struct log_upkeep_options *o = &u->options;
    first(u, &u->recovery_points, fire_recovery_points, o->recovery_checkpoint_ms, o->initial_delay_ms);
    first(u, &u->log_starts, fire_log_starts, o->start_checkpoint_ms, o->initial_delay_ms);
    first(u, &u->high_watermarks, fire_high_watermarks, o->watermark_checkpoint_ms, o->watermark_checkpoint_ms);
    first(u, &u->flushes, fire_flushes, LONGEST_FLUSH_WAIT, LONGEST_FLUSH_WAIT);
    first(u, &u->retention, fire_retention, o->retention_check_ms, o->initial_delay_ms);
    first(u, &u->producers, fire_producers, o->producer_check_ms, o->producer_check_ms);
    purge(u->logs);
}

/* ---- all logs, on several threads ---- */

struct round {
    const struct log_list *list;
    atomic_size_t next;
    void (*handle)(struct managed_log *log);
};

static void *run_round(void *argument)
{
    struct round *round = argument;
    for (size_t i; (i = atomic_fetch_add(&round->next, 1)) < round->list->len;)
        round->handle(managed_log_of(round->list->items[i]));
    return NULL;
}

/* With whatever threads can be started, and this one. */
static void for_each_log(const struct log_list *list, int threads, void (*handle)(struct managed_log *log))
{
    pthread_t started[THREADS_MAX];
    int count = 0;
    struct round round = {.list = list, .handle = handle};
    atomic_init(&round.next, 0);
    while (count + 1 < threads && count < THREADS_MAX && thread_start(&started[count], run_round, &round) == 0)
        count++;
    (void)run_round(&round);
    while (count > 0)
        (void)pthread_join(started[--count], NULL);
}

/* ---- start ---- */

/* Recovery may have cut off what the checkpoint took for safe. */
static void open_log(struct managed_log *log)
{
    struct log_snapshot snapshot;
    if (log->log.dir == NULL || log->log.dir->was_clean ||
        partition_log_acquire(&log->log, false, &snapshot) != KW_ERROR_NONE)
        return;
    if (atomic_load(&log->synced_until) > snapshot.log_end_offset)
        atomic_store(&log->synced_until, snapshot.log_end_offset);
    log_snapshot_release(&snapshot);
}

/* Nothing is appended at that moment. */
static void set_helpers(struct managed_log *log)
{
    const struct flusher *flusher = log->log.dir != NULL ? log->log.dir->flusher : NULL;
    const struct appender *appender = log->log.dir != NULL ? log->log.dir->appender : NULL;
    log->log.syncer = flusher != NULL ? &flusher->syncer : NULL;
    log->log.appender = appender != NULL ? &appender->calls : NULL;
}

static bool recover(struct log_manager *logs, int threads)
{
    struct log_list list;
    if (!log_manager_list(logs, &list)) {
        complain("%s: out of memory", logs->path);
        return false;
    }
    for_each_log(&list, threads, open_log);
    for_each_log(&list, 1, set_helpers);
    log_list_release(&list);
    return true;
}

static bool start_flusher(struct log_dir *dir)
{
    dir->flusher = malloc(sizeof *dir->flusher);
    if (dir->flusher != NULL && flusher_start(dir->flusher))
        return true;
    complain("%s: no thread for it: %s", dir->path, strerror(errno));
    free(dir->flusher);
    dir->flusher = NULL;
    return false;
}

static bool start_appender(struct log_dir *dir)
{
    dir->appender = malloc(sizeof *dir->appender);
    if (dir->appender != NULL && appender_init(dir->appender))
        return true;
    complain("%s: out of memory", dir->path);
    free(dir->appender);
    dir->appender = NULL;
    return false;
}

/* Without the directory that has the metadata nothing is to be started; another one that cannot be written to is
 * offline. */
static bool start_dir(struct log_dir *dir)
{
    if (atomic_load(&dir->is_offline))
        return true;
    if (!log_dir_remove_clean(dir)) {
        complain("%s/%s: %s", dir->path, KW_CLEAN_SHUTDOWN_NAME, strerror(errno));
        return log_dir_fail(dir);
    }
    return start_flusher(dir) && start_appender(dir);
}

bool log_upkeep_start(struct log_manager *logs, const struct log_upkeep_options *options)
{
    struct log_upkeep *upkeep = calloc(1, sizeof *upkeep);
    if (upkeep == NULL || pthread_mutex_init(&upkeep->lock, NULL) != 0) {
        complain("%s: out of memory", logs->path);
        free(upkeep);
        return false;
    }
    upkeep->options = *options;
    upkeep->logs = logs;
    upkeep->start.run = start_timers;
    logs->upkeep = upkeep;
    log_upkeep_change(logs, &options->live);
    bool started = true;
    for (size_t i = 0; started && i < logs->dir_count; i++)
        started = start_dir(logs->dirs[i]);
    started = started && recover(logs, options->live.recovery_threads);
    if (started)
        executor_post(options->executor, &upkeep->start);
    else
        log_upkeep_end(logs);
    return started;
}

/* ---- changes ---- */

static void set_producer_expiration(struct log_manager *logs, int64_t ms)
{
    struct log_list list;
    if (logs->producer_expiration_ms == ms)
        return;
    logs->producer_expiration_ms = ms; /* of new logs */
    if (!log_manager_list(logs, &list)) {
        console_line("producer.id.expiration.ms acts at the next start: out of memory");
        return;
    }
    for (size_t i = 0; i < list.len; i++)
        atomic_store(&list.items[i]->producer_expiration_ms, ms);
    log_list_release(&list);
}

void log_upkeep_change(struct log_manager *logs, const struct log_upkeep_live *live)
{
    if (logs->upkeep == NULL)
        return;
    atomic_store(&logs->upkeep->recovery_threads, live->recovery_threads);
    atomic_store(&logs->upkeep->delete_delay_ms, live->delete_delay_ms);
    set_producer_expiration(logs, live->producer_expiration_ms);
}

int64_t log_manager_clean_epoch(const struct log_manager *logs)
{
    int64_t epoch = -1;
    for (size_t i = 0; i < logs->dir_count; i++) {
        const struct log_dir *dir = logs->dirs[i];
        if (!dir->was_clean || dir->clean_epoch < 0 || (i != 0 && dir->clean_epoch != epoch))
            return -1;
        epoch = dir->clean_epoch;
    }
    return epoch;
}

/* ---- stop ---- */

/* One that has not been recovered has to be at the next start. */
static void close_log(struct managed_log *log)
{
    if (log->log.dir != NULL && (log->log.check != 0 || flusher_close(log) != KW_ERROR_NONE))
        atomic_store(&log->log.dir->is_unclean, true);
}

static bool close_logs(struct log_manager *logs)
{
    struct log_list list;
    if (!log_manager_list(logs, &list)) {
        console_line("%s: out of memory: logs are checked at the next start", logs->path);
        return false;
    }
    for_each_log(&list, atomic_load(&logs->upkeep->recovery_threads), close_log);
    for_each_log(&list, 1, set_helpers);
    log_list_release(&list);
    return true;
}

static bool stop_dir(struct log_dir *dir, int64_t broker_epoch)
{
    if (atomic_load(&dir->is_offline))
        return true;
    if (atomic_load(&dir->is_unclean)) {
        console_line("%s: not all logs could be closed; they are checked at the next start", dir->path);
        return false;
    }
    if (log_dir_write_clean(dir, broker_epoch))
        return true;
    console_line("%s/%s: %s", dir->path, KW_CLEAN_SHUTDOWN_NAME, strerror(errno));
    return false;
}

/* Nothing is appended any more; the appenders go first, as they use the flushers. */
static void stop_helpers(struct log_manager *logs)
{
    for (size_t i = 0; i < logs->dir_count; i++) {
        struct log_dir *dir = logs->dirs[i];
        if (dir->appender != NULL)
            appender_finish(dir->appender);
        free(dir->appender);
        dir->appender = NULL;
        if (dir->flusher != NULL)
            flusher_stop(dir->flusher);
        free(dir->flusher);
        dir->flusher = NULL;
    }
}

bool log_upkeep_stop(struct log_manager *logs, int64_t broker_epoch)
{
    stop_helpers(logs);
    bool clean = close_logs(logs);
    for (int which = 0; which < LOG_CHECKPOINTS; which++)
        clean = write_checkpoints(logs, (enum log_checkpoint)which) && clean;
    bool stopped = clean;
    for (size_t i = 0; clean && i < logs->dir_count; i++)
        stopped = stop_dir(logs->dirs[i], broker_epoch) && stopped;
    log_upkeep_end(logs);
    return stopped;
}

void log_upkeep_end(struct log_manager *logs)
{
    struct log_upkeep *upkeep = logs->upkeep;
    if (upkeep == NULL)
        return;
    stop_helpers(logs);
    while (upkeep->removals != NULL)
        forget_removal(upkeep->removals);
    (void)pthread_mutex_destroy(&upkeep->lock);
    free(upkeep);
    logs->upkeep = NULL;
}
