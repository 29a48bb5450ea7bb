/* SPDX-License-Identifier: Apache-2.0 */
#include "cleaners.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include <kwire/error.h>

#include "../../base/clock.h"
#include "../../base/file.h"
#include "../../base/thread.h"
#include "../../observe/console.h"
#include "../checkpoints.h"
#include "../log_map.h"
#include "cleaner.h"

enum { THREADS_MAX = 16, NAMES_LIMIT = 64 * 1024 * 1024, LONGEST_WAIT_MS = 1000, LONGEST_BACKOFF_MS = 86400000 };

struct cleaners {
    struct log_manager *logs;
    uint8_t secret[OFFSET_MAP_SECRET_SIZE];
    pthread_mutex_t choosing; /* held while a log is chosen; before `lock` */
    pthread_mutex_t lock;     /* of what follows */
    pthread_cond_t changed;
    struct cleaners_live live;
    bool is_stopping;
    unsigned changes; /* of the settings: a thread that waits looks again */
    pthread_t threads[THREADS_MAX];
    int started;
    double free_at; /* when what has been read and written so far may be done, by clock_ms() */
};

static void lock(struct cleaners *c)
{
    (void)pthread_mutex_lock(&c->lock);
}

static void unlock(struct cleaners *c)
{
    (void)pthread_mutex_unlock(&c->lock);
}

/* ---- pacing ---- */

struct worker {
    struct cleaners *cleaners;
    struct partition_log *log;
};

static bool is_wanted(const struct worker *w)
{
    struct log_config config;
    return !w->cleaners->is_stopping && !atomic_load(&w->log->is_offline) && !log_dir_is_offline(w->log->dir) &&
           partition_log_config(w->log, &config) && config.compact;
}

/* In ms, rounded up. */
static int64_t left_of(double until)
{
    double left = until - (double)clock_ms();
    return left < LONGEST_WAIT_MS ? (int64_t)left + 1 : LONGEST_WAIT_MS;
}

static bool pace(void *context, size_t bytes)
{
    struct worker *w = context;
    struct cleaners *c = w->cleaners;
    lock(c);
    double now = (double)clock_ms();
    if (c->free_at < now)
        c->free_at = now;
    c->free_at += (double)bytes / c->live.bytes_per_second * 1000;
    double mine = c->free_at;
    while (is_wanted(w) && (double)clock_ms() < mine)
        thread_wait(&c->changed, &c->lock, left_of(mine));
    bool wanted = is_wanted(w);
    unlock(c);
    return wanted;
}

/* ---- which log ---- */

static bool has_finished_segments(const char *folder)
{
    kw_arena arena;
    struct folder_names names;
    size_t count = 0;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), NAMES_LIMIT);
    if (folder_list(folder, &arena, &names) == KW_OK)
        for (size_t i = 0; i < names.len; i++) {
            kw_segment_name name;
            count += kw_segment_name_parse(names.items[i], &name) && name.file == KW_SEGMENT_FILE_LOG &&
                     name.state == KW_FILE_STATE_LIVE;
        }
    kw_arena_finish(&arena);
    return count > 1;
}

/* Whether there can be something to clean, without opening logs that nobody uses. */
static bool may_be_dirty(struct managed_log *log)
{
    struct log_snapshot now;
    struct log_config config;
    if (log->log.dir == NULL || log->log.folder == NULL || atomic_load(&log->is_uncleanable) ||
        atomic_load(&log->log.is_offline) || log_dir_is_offline(log->log.dir) ||
        !partition_log_config(&log->log, &config) || !config.compact)
        return false;
    if (partition_log_acquire(&log->log, true, &now) != KW_ERROR_NONE) {
        log->has_one_segment = log->has_one_segment || !has_finished_segments(log->log.folder);
        return !log->has_one_segment;
    }
    size_t count = now.contents->segment_count;
    bool is_dirty = count > 1 && atomic_load(&log->clean_until) < now.contents->segments[count - 1]->base_offset;
    log_snapshot_release(&now);
    return is_dirty;
}

static void correct_checkpoint(struct managed_log *log, const struct cleaner_job *job)
{
    if (!job->range.is_reset)
        return;
    if (!(job->config.delete &&job->view.checkpoint < job->view.log_start_offset)) /* which is usual */
        console_line("%s: what was cleaned is not known: the checkpoint %lld is not in the log, which is %lld to %lld",
                     log->log.folder, (long long)job->view.checkpoint, (long long)job->view.log_start_offset,
                     (long long)job->view.log_end_offset);
    atomic_store(&log->clean_until, job->range.first_dirty);
}

struct choice {
    struct managed_log *log; /* claimed and shared; NULL: none */
    struct cleaner_job job;
};

static void drop(struct choice *choice)
{
    if (choice->log == NULL)
        return;
    cleaner_job_finish(&choice->job);
    managed_log_unclaim(choice->log);
    log_release(&choice->log->log);
    choice->log = NULL;
}

/* Takes the log if it is the dirtiest so far. */
static void consider(struct choice *best, struct managed_log *log)
{
    struct choice one = {.log = log};
    if (!may_be_dirty(log) || !managed_log_claim(log))
        return;
    if (!cleaner_look(&one.job, &log->log, atomic_load(&log->clean_until), clock_wall_ms())) {
        managed_log_unclaim(log);
        return;
    }
    log_share(&log->log);
    correct_checkpoint(log, &one.job);
    if (!one.job.range.is_wanted || (best->log != NULL && best->job.range.dirty_ratio >= one.job.range.dirty_ratio)) {
        drop(&one);
        return;
    }
    drop(best);
    *best = one;
}

static struct choice choose(struct cleaners *c)
{
    struct choice best = {.log = NULL};
    struct log_list list;
    (void)pthread_mutex_lock(&c->choosing);
    if (log_manager_list(c->logs, &list)) {
        for (size_t i = 0; i < list.len; i++)
            consider(&best, managed_log_of(list.items[i]));
        log_list_release(&list);
    }
    (void)pthread_mutex_unlock(&c->choosing);
    return best;
}

/* ---- one log ---- */

static struct cleaner_options options_of(struct cleaners *c, struct worker *w)
{
    lock(c);
    double threads = c->live.threads > 0 ? c->live.threads : 1;
    struct cleaner_options o = {.map_bytes = (size_t)((double)c->live.map_bytes / threads),
                                .map_load_factor = c->live.load_factor,
                                .buffer_size = (size_t)((double)c->live.buffer_bytes / threads / 2),
                                .pace = {pace, w}};
    for (size_t i = 0; i < sizeof o.secret; i++)
        o.secret[i] = c->secret[i];
    unlock(c);
    return o;
}

static void write_checkpoint(struct cleaners *c, struct log_dir *dir)
{
    (void)pthread_mutex_lock(&c->choosing);
    if (!log_dir_is_offline(dir))
        (void)log_manager_checkpoint(c->logs, dir, CHECKPOINT_CLEANED);
    (void)pthread_mutex_unlock(&c->choosing);
}

static void report(const struct choice *choice, const struct cleaner_result *result, int64_t since)
{
    console_line("%s: compacted from %zu segments and %llu bytes to %zu and %llu, up to offset %lld, in %lld ms",
                 choice->log->log.folder, result->segments_before, (unsigned long long)result->statistics.bytes_read,
                 result->segments_after, (unsigned long long)result->statistics.bytes_written,
                 (long long)result->checkpoint, (long long)(clock_ms() - since));
}

/* False: it is to be tried again later. */
static bool clean(struct cleaners *c, struct choice *choice)
{
    struct worker worker = {c, &choice->log->log};
    struct cleaner_options options = options_of(c, &worker);
    struct cleaner_result result;
    int64_t since = clock_ms();
    enum clean_outcome outcome = cleaner_run(&choice->job, &options, &result);
    if (outcome == CLEAN_DONE) {
        atomic_store(&choice->log->clean_until, result.checkpoint);
        report(choice, &result, since);
        write_checkpoint(c, choice->log->log.dir);
    }
    if (outcome == CLEAN_UNREADABLE)
        atomic_store(&choice->log->is_uncleanable, true);
    return outcome == CLEAN_DONE;
}

bool cleaners_clean_next(struct cleaners *c)
{
    struct choice choice = choose(c);
    if (choice.log == NULL)
        return false;
    bool cleaned = clean(c, &choice);
    drop(&choice);
    return cleaned;
}

/* ---- threads ---- */

struct start {
    struct cleaners *cleaners;
    int number;
};

/* With the lock: until it is time to look again, or the settings have changed. */
static void rest(struct cleaners *c)
{
    int64_t pause = c->live.backoff_ms < LONGEST_BACKOFF_MS ? c->live.backoff_ms : LONGEST_BACKOFF_MS;
    int64_t until = clock_ms() + (pause > 0 ? pause : 1);
    unsigned changes = c->changes;
    while (!c->is_stopping && c->changes == changes && clock_ms() < until)
        thread_wait(&c->changed, &c->lock, until - clock_ms());
}

static void *run(void *argument)
{
    struct start *start = argument;
    struct cleaners *c = start->cleaners;
    int number = start->number;
    free(start);
    lock(c);
    for (bool cleaned = false; !c->is_stopping;) {
        if (!cleaned)
            rest(c);
        bool is_used = number < c->live.threads && !c->is_stopping;
        unlock(c);
        cleaned = is_used && cleaners_clean_next(c);
        lock(c);
    }
    unlock(c);
    return NULL;
}

/* With the lock held. Those that are there continue where one cannot be started. */
static void start_threads(struct cleaners *c)
{
    while (c->started < c->live.threads && c->started < THREADS_MAX) {
        struct start *start = malloc(sizeof *start);
        if (start != NULL)
            *start = (struct start){c, c->started};
        if (start == NULL || thread_start(&c->threads[c->started], run, start) != 0) {
            free(start);
            console_line("a thread that compacts logs could not be started");
            return;
        }
        c->started++;
    }
}

struct cleaners *cleaners_start(struct log_manager *logs, const struct cleaners_live *live,
                                struct random_source *random)
{
    struct cleaners *c = calloc(1, sizeof *c);
    if (c == NULL || !random->fill(random, c->secret, sizeof c->secret)) {
        int error = c == NULL ? ENOMEM : errno;
        free(c);
        errno = error;
        return NULL;
    }
    c->logs = logs;
    c->live = *live;
    (void)pthread_mutex_init(&c->choosing, NULL);
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_cond_init(&c->changed, NULL);
    lock(c);
    start_threads(c);
    unlock(c);
    return c;
}

static bool is_same(const struct cleaners_live *a, const struct cleaners_live *b)
{
    return a->threads == b->threads && a->map_bytes == b->map_bytes && a->buffer_bytes == b->buffer_bytes &&
           !(a->load_factor < b->load_factor) && !(a->load_factor > b->load_factor) &&
           !(a->bytes_per_second < b->bytes_per_second) && !(a->bytes_per_second > b->bytes_per_second) &&
           a->backoff_ms == b->backoff_ms;
}

void cleaners_change(struct cleaners *c, const struct cleaners_live *live)
{
    lock(c);
    if (!c->is_stopping && !is_same(&c->live, live)) {
        c->live = *live;
        c->changes++;
        start_threads(c);
        (void)pthread_cond_broadcast(&c->changed);
    }
    unlock(c);
}

void cleaners_stop(struct cleaners *c)
{
    if (c == NULL)
        return;
    lock(c);
    c->is_stopping = true;
    (void)pthread_cond_broadcast(&c->changed);
    unlock(c);
    for (int i = 0; i < c->started; i++)
        (void)pthread_join(c->threads[i], NULL);
    (void)pthread_cond_destroy(&c->changed);
    (void)pthread_mutex_destroy(&c->lock);
    (void)pthread_mutex_destroy(&c->choosing);
    free(c);
}
