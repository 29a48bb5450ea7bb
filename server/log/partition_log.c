/* SPDX-License-Identifier: Apache-2.0 */
#include "partition_log.h"

#include <errno.h>
#include <string.h>

#include <kwire/error.h>

#include "../base/clock.h"
#include "../observe/console.h"
#include "log_append.h"
#include "log_dir.h"
#include "log_files.h"
#include "log_folders.h"
#include "log_recovery.h"
#include "log_writer.h"
#include "problems.h"

enum { MEMORY_LIMIT = 256 * 1024 * 1024, PRODUCER_EXPIRATION_MS = 24 * 60 * 60 * 1000 };

bool partition_log_init(struct partition_log *log, const struct partition_log *what, struct segment_cache *cache)
{
    *log = *what;
    log->cache = cache;
    if (log->producer_expiration_ms == 0)
        log->producer_expiration_ms = PRODUCER_EXPIRATION_MS;
    log->is_open = false;
    log->status = KW_OK;
    log->is_set_aside = false;
    log->watchers = NULL;
    log->queue = NULL;
    log->queue_end = &log->queue;
    log->has_turn = false;
    log->waiting = 0;
    atomic_init(&log->is_offline, false);
    atomic_init(&log->epochs_differ, false);
    atomic_init(&log->flushed_until, -1);
    log->writer = NULL;
    if (!verifications_init(&log->verifications))
        return false;
    if (pthread_mutex_init(&log->opening, NULL) == 0) {
        if (pthread_mutex_init(&log->lock, NULL) == 0) {
            if (pthread_cond_init(&log->turn_free, NULL) == 0)
                return true;
            (void)pthread_mutex_destroy(&log->lock);
        }
        (void)pthread_mutex_destroy(&log->opening);
    }
    verifications_finish(&log->verifications);
    return false;
}

void partition_log_finish(struct partition_log *log)
{
    if (log->is_open)
        log_snapshot_release(&log->snapshot);
    log->is_open = false;
    log_writer_destroy(log->writer);
    log->writer = NULL;
    (void)pthread_cond_destroy(&log->turn_free);
    (void)pthread_mutex_destroy(&log->lock);
    (void)pthread_mutex_destroy(&log->opening);
    verifications_finish(&log->verifications);
}

static bool take_snapshot(struct partition_log *log, struct log_snapshot *out)
{
    (void)pthread_mutex_lock(&log->lock);
    bool is_open = log->is_open;
    if (is_open)
        *out = log_snapshot_share(&log->snapshot);
    (void)pthread_mutex_unlock(&log->lock);
    return is_open;
}

/* A failed attempt to open it; the same one as before is not reported again. */
static void report_status(struct partition_log *log, kw_status before)
{
    bool system = log->status == KW_ERR_FILE;
    int error = errno;
    if (atomic_load(&log->is_offline))
        console_line("%s: writing to the disk what was recovered: %s; the partition stays closed until the next start",
                     log->folder, system ? strerror(error) : kw_status_text(log->status));
    else if (log->status != before)
        console_line("%s: %s%s%s", log->folder != NULL ? log->folder : "a log without a folder",
                     kw_status_text(log->status), system ? ": " : "", system ? strerror(error) : "");
    errno = error;
    (void)log_dir_fail_with(log->dir, log->status);
}

static kw_status use_epochs(struct partition_log *log, struct log_snapshot *loaded,
                            const struct recovered_epochs *epochs)
{
    struct log_contents *contents = (struct log_contents *)(uintptr_t)loaded->contents; /* nobody else has it yet */
    if (!epochs->differ)
        return KW_OK;
    if (!log_contents_set_epochs(contents, epochs->items, epochs->count) ||
        !log_contents_drop_epochs(contents, log->start_offset)) {
        log_snapshot_release(loaded);
        return KW_ERR_NO_MEMORY;
    }
    atomic_store(&log->epochs_differ, true);
    return KW_OK;
}

static kw_status recover_and_load(struct partition_log *log, const struct log_recovery *recovery,
                                  struct log_snapshot *loaded)
{
    struct recovered_epochs epochs;
    unsigned what = CHECK_TO_WRITE | (recovery->was_clean ? (unsigned)CHECK_STARTS : 0);
    kw_status status = log_recover(recovery, &epochs);
    if (status == KW_OK)
        status = log_load(loaded, log->folder, log->start_offset, what, MEMORY_LIMIT, &report_problem);
    if (status == KW_OK)
        status = use_epochs(log, loaded, &epochs);
    int error = errno;
    recovered_epochs_finish(&epochs);
    errno = error;
    if (status != KW_OK || loaded->contents->epochs.len == 0)
        return status;
    bool may_be_older = !recovery->was_clean; /* the file, than what the log starts with */
    if (may_be_older || log_contents_has_new_epochs(loaded->contents))
        atomic_store(&log->epochs_differ, true);
    return status;
}

/* Where a log ended that was closed in order, if the checkpoint and the name of the last snapshot of producers agree;
 * -1: they do not. */
static int64_t end_when_closed(const struct partition_log *log, const struct log_snapshot *loaded)
{
    const struct producer_snapshots *snapshots = &loaded->contents->snapshots;
    bool agree = snapshots->len != 0 && snapshots->offsets[snapshots->len - 1] == log->recovery_point;
    return agree && log->recovery_point > 0 ? log->recovery_point : -1;
}

/* Offsets are not in the checksum of a batch. Those that a log cannot have are cut off as after a crash. */
static kw_status check_end(struct partition_log *log, const struct log_recovery *recovery, struct log_snapshot *loaded)
{
    int64_t end = end_when_closed(log, loaded);
    if (end < 0 || loaded->log_end_offset == end)
        return KW_OK;
    console_line("%s: the log ends at offset %lld, but it ended at %lld when it was closed", log->folder,
                 (long long)loaded->log_end_offset, (long long)end);
    if (loaded->log_end_offset < end)
        return KW_OK;
    struct log_recovery again = *recovery;
    again.was_clean = false;
    again.end_offset = end;
    again.recovery_point = end - 1;
    log_snapshot_release(loaded);
    return recover_and_load(log, &again, loaded);
}

static bool is_on_disk(const struct partition_log *log, const struct log_snapshot *loaded)
{
    return log->check == 0 || log->recovery_point >= loaded->log_end_offset;
}

static void note_flushed(struct partition_log *log, const struct log_snapshot *loaded, bool is_synced)
{
    bool is_flushed = is_synced || is_on_disk(log, loaded);
    atomic_store(&log->flushed_until, is_flushed ? loaded->log_end_offset : log->recovery_point);
}

static kw_status sync_files(const struct partition_log *log, const struct log_snapshot *loaded)
{
    kw_status status = log_files_sync(loaded, log->recovery_point, false);
    if (status == KW_OK && log->recovery_point == 0 && log->dir != NULL)
        status = log_folder_sync_first(log->folder, log->dir->path);
    return status;
}

/* Where each append waits for the disk, what can be read must be on it: what the process had written when it ended may
 * not be. After an error nobody knows whether it is, so that the log stays closed. The recovery point stays, so that
 * the next recovery finds what has not been written to other files. */
static kw_status sync_recovered(struct partition_log *log, const struct log_config *config, struct log_snapshot *loaded)
{
    bool must_sync = config->flush_messages <= 1 && !is_on_disk(log, loaded);
    kw_status status = must_sync ? sync_files(log, loaded) : KW_OK;
    if (status == KW_OK) {
        note_flushed(log, loaded, must_sync);
        return KW_OK;
    }
    int error = errno;
    log_snapshot_release(loaded);
    if (!is_shortage(status))
        atomic_store(&log->is_offline, true);
    errno = error;
    return status;
}

/* Once its files have been recovered they are as if the log had been closed in order. */
static kw_status open_to_write(struct partition_log *log, const struct log_config *config, struct log_snapshot *loaded,
                               struct log_writer **writer)
{
    const struct log_recovery recovery = {.folder = log->folder,
                                          .config = config,
                                          .start_offset = log->start_offset,
                                          .recovery_point = log->recovery_point,
                                          .was_clean = log->check == 0,
                                          .expiry = {clock_wall_ms(), log->producer_expiration_ms}};
    kw_status status = recover_and_load(log, &recovery, loaded);
    if (status == KW_OK && recovery.was_clean)
        status = check_end(log, &recovery, loaded);
    if (status == KW_OK)
        status = sync_recovered(log, config, loaded);
    if (status != KW_OK)
        return status;
    log->check = 0;
    status = log_writer_create(writer, log, loaded);
    if (status != KW_OK)
        log_snapshot_release(loaded);
    return status;
}

/* One thread opens it; those that come meanwhile wait. */
static kw_status open_log(struct partition_log *log)
{
    struct log_snapshot loaded;
    struct log_writer *writer = NULL;
    struct log_config config;
    kw_status before = log->status;
    if (log->folder == NULL)
        log->status = log_load_nothing(&loaded);
    else if (partition_log_config(log, &config))
        log->status = open_to_write(log, &config, &loaded, &writer);
    else
        log->status = log_load(&loaded, log->folder, log->start_offset, log->check, MEMORY_LIMIT, &report_problem);
    if (log->status != KW_OK) {
        report_status(log, before);
        return log->status;
    }
    if (writer == NULL)
        note_flushed(log, &loaded, false);
    (void)pthread_mutex_lock(&log->lock);
    log->writer = writer;
    log->snapshot = loaded;
    log->is_open = true;
    (void)pthread_mutex_unlock(&log->lock);
    return KW_OK;
}

int16_t partition_log_acquire(struct partition_log *log, bool dont_block, struct log_snapshot *out)
{
    if (log_dir_is_offline(log->dir))
        return KW_ERROR_KAFKA_STORAGE_ERROR;
    if (take_snapshot(log, out))
        return KW_ERROR_NONE;
    if (dont_block)
        return LOG_WOULD_BLOCK;
    (void)pthread_mutex_lock(&log->opening);
    bool is_open = take_snapshot(log, out);
    if (!is_open && !log->is_set_aside && !atomic_load(&log->is_offline))
        is_open = open_log(log) == KW_OK && take_snapshot(log, out);
    (void)pthread_mutex_unlock(&log->opening);
    return is_open ? KW_ERROR_NONE : KW_ERROR_KAFKA_STORAGE_ERROR;
}

void partition_log_set_aside(struct partition_log *log)
{
    (void)pthread_mutex_lock(&log->opening);
    log->is_set_aside = true;
    (void)pthread_mutex_unlock(&log->opening);
}

void partition_log_configure(struct partition_log *log, const struct log_config *config)
{
    (void)pthread_mutex_lock(&log->lock);
    log->config = config;
    (void)pthread_mutex_unlock(&log->lock);
}

bool partition_log_config(struct partition_log *log, struct log_config *out)
{
    (void)pthread_mutex_lock(&log->lock);
    bool may_write = log->config != NULL;
    if (may_write)
        *out = *log->config;
    (void)pthread_mutex_unlock(&log->lock);
    return may_write;
}

void partition_log_watch(struct partition_log *log, struct log_watcher *watcher)
{
    (void)pthread_mutex_lock(&log->lock);
    watcher->previous = NULL;
    watcher->next = log->watchers;
    if (log->watchers != NULL)
        log->watchers->previous = watcher;
    log->watchers = watcher;
    (void)pthread_mutex_unlock(&log->lock);
}

void partition_log_unwatch(struct partition_log *log, struct log_watcher *watcher)
{
    (void)pthread_mutex_lock(&log->lock);
    *(watcher->previous != NULL ? &watcher->previous->next : &log->watchers) = watcher->next;
    if (watcher->next != NULL)
        watcher->next->previous = watcher->previous;
    (void)pthread_mutex_unlock(&log->lock);
}

/* With the lock held. */
static void call_watchers(struct partition_log *log)
{
    for (const struct log_watcher *w = log->watchers, *next; w != NULL; w = next) {
        next = w->next; /* the callback's thread may have no use for the watcher afterwards */
        w->callback(w->context);
    }
}

bool partition_log_is_offline(const struct partition_log *log)
{
    return atomic_load(&log->is_offline) || log_dir_is_offline(log->dir);
}

void partition_log_wake(struct partition_log *log)
{
    (void)pthread_mutex_lock(&log->lock);
    call_watchers(log);
    (void)pthread_mutex_unlock(&log->lock);
}

/* ---- for those that write ---- */

void partition_log_take_turn(struct partition_log *log)
{
    (void)pthread_mutex_lock(&log->lock);
    log->waiting++;
    while (log->has_turn)
        (void)pthread_cond_wait(&log->turn_free, &log->lock);
    log->waiting--;
    log->has_turn = true;
    (void)pthread_mutex_unlock(&log->lock);
}

static bool is_only_read(struct partition_log *log)
{
    (void)pthread_mutex_lock(&log->lock);
    bool only_read = log->is_open && log->folder != NULL && log->writer == NULL;
    (void)pthread_mutex_unlock(&log->lock);
    return only_read;
}

bool partition_log_open_to_write(struct partition_log *log)
{
    struct log_snapshot loaded, old;
    struct log_writer *writer;
    struct log_config config;
    if (!is_only_read(log) || !partition_log_config(log, &config))
        return false;
    kw_status before = log->status;
    log->status = open_to_write(log, &config, &loaded, &writer);
    if (log->status != KW_OK) {
        report_status(log, before);
        return false;
    }
    (void)pthread_mutex_lock(&log->lock);
    old = log->snapshot;
    log->snapshot = loaded;
    log->writer = writer;
    (void)pthread_mutex_unlock(&log->lock);
    log_snapshot_release(&old);
    return true;
}

void partition_log_publish(struct partition_log *log, const struct log_snapshot *numbers, struct log_contents *contents)
{
    struct log_snapshot old = {.contents = NULL};
    (void)pthread_mutex_lock(&log->lock);
    int64_t before = log->snapshot.high_watermark;
    const struct log_contents *current = log->snapshot.contents;
    if (contents != NULL)
        old = log->snapshot;
    log->snapshot = *numbers;
    log->snapshot.contents = contents != NULL ? contents : current;
    if (log->snapshot.high_watermark > before)
        call_watchers(log);
    (void)pthread_mutex_unlock(&log->lock);
    if (old.contents != NULL)
        log_snapshot_release(&old);
}
