/* SPDX-License-Identifier: Apache-2.0 */
#include "log_change.h"

#include <errno.h>
#include <string.h>

#include <kwire/error.h>

#include "../base/clock.h"
#include "../base/file.h"
#include "../observe/console.h"
#include "log_dir.h"
#include "log_files.h"
#include "log_producers.h"
#include "log_writer.h"
#include "problems.h"

/* ---- epochs, segments ---- */

int16_t log_start_epoch(struct partition_log *log, int32_t epoch)
{
    partition_log_take_turn(log);
    int16_t error = log_writer_start(log);
    if (error == KW_ERROR_NONE)
        error = log_writer_set_epoch(log, epoch);
    if (error == KW_ERROR_NONE)
        log_writer_publish(log);
    else if (log->writer != NULL)
        log_writer_forget(log->writer);
    partition_log_end_turn(log);
    return error;
}

void log_preallocate(struct partition_log *log)
{
    struct log_snapshot opened;
    if (partition_log_acquire(log, false, &opened) != KW_ERROR_NONE)
        return;
    log_snapshot_release(&opened);
    partition_log_take_turn(log);
    if (log_writer_start(log) == KW_ERROR_NONE) {
        kw_status status = segment_writer_preallocate(&log->writer->active, log->folder);
        if (status != KW_OK)
            (void)log_writer_failed(log, status, "preallocating a segment");
        log_writer_publish(log);
    }
    partition_log_end_turn(log);
}

int16_t log_roll(struct partition_log *log)
{
    partition_log_take_turn(log);
    int16_t error = log_writer_start(log);
    if (error == KW_ERROR_NONE && log->writer->active.size != 0)
        error = log_writer_roll(log, log->writer->now.log_end_offset);
    partition_log_end_turn(log);
    return error;
}

/* ---- the log's start ---- */

static int16_t delete_records(struct partition_log *log, int64_t offset)
{
    struct log_snapshot *now = &log->writer->now;
    if (offset < 0)
        offset = now->high_watermark;
    if (offset > now->high_watermark)
        return KW_ERROR_OFFSET_OUT_OF_RANGE;
    return log_writer_set_start(log, offset);
}

int16_t log_delete_records(struct partition_log *log, int64_t offset, int64_t *log_start_offset)
{
    partition_log_take_turn(log);
    int16_t error = log_writer_start(log);
    if (error == KW_ERROR_NONE)
        error = delete_records(log, offset);
    *log_start_offset = error == KW_ERROR_NONE ? log->writer->now.log_start_offset : KW_NO_OFFSET;
    partition_log_end_turn(log);
    return error;
}

/* ---- the disk ---- */

/* What this process has appended may be lost from now on, though it was there. */
static void suspect_all(struct partition_log *log)
{
    struct log_snapshot now;
    if (partition_log_acquire(log, true, &now) != KW_ERROR_NONE)
        return;
    for (size_t i = 0; i < now.contents->segment_count; i++)
        atomic_store(&now.contents->segments[i]->is_suspect, true);
    log_snapshot_release(&now);
}

int16_t log_sync_failed(struct partition_log *log, kw_status status)
{
    if (!is_shortage(status)) {
        int16_t error = log_writer_go_offline(log, status, "writing to the disk");
        suspect_all(log);
        return error;
    }
    console_peer("%s: writing to the disk: %s; it is tried again", log->folder,
                 status == KW_ERR_FILE ? strerror(errno) : kw_status_text(status));
    return KW_ERROR_KAFKA_STORAGE_ERROR;
}

/* Those that start at the offset or after it may not be in the file yet. */
static bool has_epochs_from(const struct log_snapshot *log, int64_t from)
{
    const kw_leader_epochs *epochs = &log->contents->epochs;
    return epochs->len > 0 && epochs->items[epochs->len - 1].start_offset >= from;
}

/* As long as it has not been written recovery finds the epochs in the batches, but only from the recovery point on: so
 * the file comes before the records, and those before the recovery point. That the disk is full says nothing of the
 * records. */
static int16_t write_epochs(struct partition_log *log, bool all)
{
    kw_status status = log_save_epochs(log, all);
    if (status == KW_OK)
        return KW_ERROR_NONE;
    if (!is_full(status) && !is_shortage(status))
        return log_writer_go_offline(log, status, "writing leader epochs");
    console_peer("%s: writing leader epochs: %s; it is tried again", log->folder,
                 status == KW_ERR_FILE ? strerror(errno) : kw_status_text(status));
    return KW_ERROR_KAFKA_STORAGE_ERROR;
}

/* `is_end`: nothing is written any more, so that all files are synced: what recovery has written as well, and what the
 * process before had. */
static int16_t sync_all(struct partition_log *log, int64_t from, bool is_end, int64_t *until)
{
    struct log_snapshot now;
    int16_t error = partition_log_acquire(log, false, &now);
    if (error != KW_ERROR_NONE)
        return error;
    *until = now.log_end_offset;
    error = write_epochs(log, has_epochs_from(&now, from));
    if (error == KW_ERROR_NONE && (is_end || now.log_end_offset > from)) {
        kw_status status = log_files_sync(&now, from, is_end);
        if (status != KW_OK)
            error = log_sync_failed(log, status);
    }
    log_snapshot_release(&now);
    return error;
}

void log_note_sync(struct partition_log *log, int64_t until)
{
    int64_t before = atomic_load(&log->flushed_until);
    while (until > before && !atomic_compare_exchange_weak(&log->flushed_until, &before, until))
        ;
}

int16_t log_sync(struct partition_log *log, int64_t from, int64_t *until)
{
    struct log_snapshot now;
    int16_t error = partition_log_acquire(log, false, &now);
    if (error != KW_ERROR_NONE)
        return error;
    *until = now.log_end_offset;
    if (atomic_load(&log->is_offline))
        error = KW_ERROR_KAFKA_STORAGE_ERROR;
    else if (now.log_end_offset > from)
        error = sync_all(log, from, false, until);
    log_snapshot_release(&now);
    return error;
}

void log_show_synced(struct partition_log *log, int64_t until)
{
    partition_log_take_turn(log);
    log_writer_synced(log, until);
    partition_log_end_turn(log);
}

/* ---- the end ---- */

/* The indexes of the last segment are files from now on, as those of the others. */
static int16_t finish_files(struct partition_log *log)
{
    struct log_writer *w = log->writer;
    kw_status status = log_writer_save_aborted(log);
    if (status == KW_OK)
        status = segment_writer_finish(&w->active, log->folder);
    if (status == KW_OK && w->now.log_start_offset < w->now.log_end_offset) /* else nobody would read it */
        status = log_producers_save(&w->producers, log->folder, w->now.log_end_offset);
    return status == KW_OK ? KW_ERROR_NONE : log_writer_go_offline(log, status, "writing the indexes of a segment");
}

static bool was_recovered(struct partition_log *log)
{
    (void)pthread_mutex_lock(&log->lock);
    bool is_open = log->is_open;
    (void)pthread_mutex_unlock(&log->lock);
    return is_open && log->dir != NULL && !log->dir->was_clean;
}

int16_t log_close(struct partition_log *log, int64_t from, int64_t *until)
{
    int16_t error = KW_ERROR_NONE;
    *until = from;
    partition_log_take_turn(log);
    if (atomic_load(&log->is_offline) || log_dir_is_offline(log->dir)) {
        error = KW_ERROR_KAFKA_STORAGE_ERROR;
    } else if (log->writer != NULL && log->writer->active.segment != NULL) {
        error = finish_files(log);
        if (error == KW_ERROR_NONE)
            error = sync_all(log, from, true, until);
    } else if (was_recovered(log) || atomic_load(&log->epochs_differ)) {
        error = sync_all(log, from, true, until);
    }
    atomic_store(&log->is_offline, true);
    partition_log_end_turn(log);
    return error;
}

void log_expire_producers(struct partition_log *log, int64_t now)
{
    partition_log_take_turn(log);
    if (log->writer != NULL)
        producer_state_expire(&log->writer->producers, now, log->producer_expiration_ms);
    partition_log_end_turn(log);
}

static int16_t list_producers(const struct producer_state *state, kw_arena *arena, kw_producer_state **producers,
                              size_t *count)
{
    *count = producer_state_count(state);
    *producers = kw_arena_array(arena, *count, sizeof **producers);
    if (*producers == NULL)
        return KW_ERROR_KAFKA_STORAGE_ERROR;
    producer_state_list(state, *producers);
    return KW_ERROR_NONE;
}

/* Of a log that is only read: by its files. */
static int16_t read_producers(struct partition_log *log, kw_arena *arena, kw_producer_state **producers, size_t *count)
{
    struct log_snapshot now;
    struct producer_state state;
    const struct producer_expiry expiry = {clock_wall_ms(), log->producer_expiration_ms};
    int16_t error = partition_log_acquire(log, false, &now);
    if (error != KW_ERROR_NONE)
        return error;
    producer_state_init(&state, NULL);
    error = log->folder == NULL || log_producers_load(&state, &now, expiry, &report_problem) == KW_OK
                ? list_producers(&state, arena, producers, count)
                : (int16_t)KW_ERROR_KAFKA_STORAGE_ERROR;
    producer_state_finish(&state);
    log_snapshot_release(&now);
    return error;
}

int16_t log_list_producers(struct partition_log *log, kw_arena *arena, kw_producer_state **producers, size_t *count)
{
    if (log_dir_is_offline(log->dir))
        return KW_ERROR_KAFKA_STORAGE_ERROR;
    partition_log_take_turn(log);
    int16_t error = log->writer != NULL ? list_producers(&log->writer->producers, arena, producers, count)
                                        : read_producers(log, arena, producers, count);
    partition_log_end_turn(log);
    return error;
}
