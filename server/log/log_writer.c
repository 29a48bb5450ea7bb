/* SPDX-License-Identifier: Apache-2.0 */
#include "log_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../base/clock.h"
#include "../observe/console.h"
#include "log_dir.h"
#include "log_producers.h"
#include "problems.h"
#include "small_file.h"

/* ---- failures ---- */

static const char *reason_of(kw_status status)
{
    return status == KW_ERR_FILE ? strerror(errno) : kw_status_text(status);
}

int16_t log_writer_go_offline(struct partition_log *log, kw_status status, const char *what)
{
    bool fails_with_dir = log->dir != NULL && !log->dir->has_metadata && is_disk_failure(status);
    if (!atomic_exchange(&log->is_offline, true))
        console_line("%s: %s: %s%s", log->folder, what, reason_of(status),
                     fails_with_dir ? "" : "; the partition can be read, but not written to until the next start");
    (void)log_dir_fail_with(log->dir, status);
    return KW_ERROR_KAFKA_STORAGE_ERROR;
}

static bool passes(kw_status status)
{
    return status != KW_ERR_NO_FILE && (is_full(status) || is_shortage(status));
}

/* Where the disk is full the next append may succeed. After any other error nobody knows what the file contains. */
int16_t log_writer_failed(struct partition_log *log, kw_status status, const char *what)
{
    bool is_broken = log->writer != NULL && log->writer->active.is_broken;
    if (passes(status) && !is_broken)
        console_peer("%s: %s: %s; the producer may try again", log->folder, what, reason_of(status));
    else
        (void)log_writer_go_offline(log, status, what);
    return KW_ERROR_KAFKA_STORAGE_ERROR;
}

/* ---- changes ---- */

struct log_contents *log_writer_change(struct log_writer *w)
{
    if (w->changed == NULL)
        w->changed = log_contents_copy(w->now.contents);
    return w->changed;
}

void log_writer_forget(struct log_writer *w)
{
    if (w->changed != NULL)
        log_contents_release(w->changed);
    w->changed = NULL;
    w->epochs_differ = false;
}

static const struct log_contents *contents_of(const struct log_writer *w)
{
    return w->changed != NULL ? w->changed : w->now.contents;
}

/* Blocks of the indexes that have been replaced by larger ones. */
static bool share_indexes(struct log_writer *w)
{
    const struct segment_writer *active = &w->active;
    const struct log_contents *contents = contents_of(w);
    if (contents->is_growing && contents->offset_entries == active->offsets.block &&
        contents->time_entries == active->times.block)
        return true;
    struct log_contents *changed = log_writer_change(w);
    if (changed == NULL)
        return false;
    log_contents_set_indexes(changed, active->offsets.block, active->times.block);
    changed->is_growing = true;
    return true;
}

static bool reserve_parts(struct log_writer *w, size_t count)
{
    if (count <= w->part_capacity)
        return true;
    kw_span *parts = realloc(w->parts, count * sizeof *parts);
    if (parts == NULL)
        return false;
    w->parts = parts;
    w->part_capacity = count;
    return true;
}

int16_t log_writer_reserve(struct partition_log *log, size_t count)
{
    struct log_writer *w = log->writer;
    if (reserve_parts(w, 2 * count) && segment_writer_reserve(&w->active, count) == KW_OK && share_indexes(w))
        return KW_ERROR_NONE;
    return log_writer_failed(log, KW_ERR_NO_MEMORY, "appending records");
}

/* Everything below it is decided, and on all replicas. */
static int64_t stable_offset(const struct log_writer *w)
{
    int64_t offset = producer_state_first_unstable(&w->producers);
    if (offset < 0 || offset > w->now.high_watermark)
        return w->now.high_watermark;
    return offset > w->now.log_start_offset ? offset : w->now.log_start_offset;
}

/* What a loss of power may take must not be seen where each append waits for the disk. */
static bool hides_unsynced(const struct partition_log *log)
{
    return log->syncer != NULL && log->writer->config.flush_messages <= 1;
}

void log_writer_publish(struct partition_log *log)
{
    struct log_writer *w = log->writer;
    bool has_grown = w->now.log_end_offset > atomic_load(&log->flushed_until);
    if (has_grown && hides_unsynced(log)) /* whoever appended is going to ask for a sync */
        w->hidden_until = w->now.log_end_offset;
    w->now.active_size = w->active.size;
    w->now.offset_index_size = w->active.offsets.size;
    w->now.time_index_size = w->active.times.size;
    w->now.active_max_timestamp = w->active.newest.timestamp;
    if (w->hidden_until == 0)
        w->now.high_watermark = w->now.log_end_offset; /* the node is alone */
    w->now.last_stable_offset = stable_offset(w);
    partition_log_publish(log, &w->now, w->changed);
    if (w->changed != NULL)
        w->now.contents = w->changed;
    w->changed = NULL;
    if (w->epochs_differ)
        atomic_store(&log->epochs_differ, true);
    w->epochs_differ = false;
}

void log_writer_synced(struct partition_log *log, int64_t until)
{
    struct log_writer *w = log->writer;
    if (w == NULL || w->hidden_until == 0 || until <= w->now.high_watermark)
        return;
    bool is_all = until >= w->hidden_until;
    w->now.high_watermark = is_all ? w->now.log_end_offset : until;
    if (is_all)
        w->hidden_until = 0;
    w->now.last_stable_offset = stable_offset(w);
    partition_log_publish(log, &w->now, NULL);
}

/* ---- segments ---- */

kw_status log_writer_save_aborted(struct partition_log *log)
{
    struct log_writer *w = log->writer;
    const struct log_contents *contents = contents_of(w);
    kw_status status = KW_OK;
    if (w->unsaved_aborted > contents->aborted_count) /* the log starts behind the others */
        w->unsaved_aborted = contents->aborted_count;
    for (; w->unsaved_aborted != 0 && status == KW_OK; w->unsaved_aborted -= status == KW_OK)
        status = segment_writer_add_aborted(&w->active, log->folder,
                                            &contents->aborted[contents->aborted_count - w->unsaved_aborted]);
    return status;
}

void log_writer_add_aborted(struct partition_log *log, const kw_aborted_txn *aborted)
{
    static const char what[] = "adding an aborted transaction to its index";
    struct log_writer *w = log->writer;
    log_contents_add_aborted(w->changed, aborted);
    w->unsaved_aborted++;
    kw_status status = log_writer_save_aborted(log);
    if (status == KW_OK)
        return;
    w->has_late_aborted = true;
    if (passes(status))
        console_peer("%s: %s: %s; it is done later", log->folder, what, reason_of(status));
    else
        (void)log_writer_go_offline(log, status, what);
}

static struct log_segment *last_segment(const struct log_contents *contents)
{
    return contents->segment_count != 0 ? contents->segments[contents->segment_count - 1] : NULL;
}

/* Adds the active segment to the contents, behind those that are finished. */
static int16_t add_segment(struct partition_log *log)
{
    struct log_writer *w = log->writer;
    struct log_contents *changed = log_writer_change(w);
    if (changed == NULL || !log_contents_set_segments(changed, 0, changed->segment_count, w->active.segment) ||
        !share_indexes(w))
        return log_writer_failed(log, KW_ERR_NO_MEMORY, "a new segment");
    return KW_ERROR_NONE;
}

static int16_t create_segment(struct partition_log *log, int64_t base_offset)
{
    struct log_writer *w = log->writer;
    kw_status status = segment_writer_create(&w->active, log->folder, base_offset, &w->config, w->now_ms);
    return status == KW_OK ? add_segment(log) : log_writer_failed(log, status, "a new segment");
}

static int16_t continue_segment(struct partition_log *log, struct log_segment *segment)
{
    struct log_writer *w = log->writer;
    kw_status status = segment_writer_open(&w->active, log->folder, segment, w->now.active_size, &w->config, w->now_ms);
    if (status != KW_OK)
        return log_writer_failed(log, status, "opening the last segment for writing");
    atomic_store(&segment->appended_from, w->active.size);
    if (!share_indexes(w))
        return log_writer_failed(log, KW_ERR_NO_MEMORY, "opening the last segment for writing");
    segment_cache_remap(log->cache, segment, w->active.capacity);
    return KW_ERROR_NONE;
}

int16_t log_writer_roll(struct partition_log *log, int64_t base_offset)
{
    struct log_writer *w = log->writer;
    kw_status status = log_save_epochs(log, false); /* Kafka's recovery finds those of the last segment only */
    if (status != KW_OK)
        return log_writer_failed(log, status, "writing leader epochs");
    status = log_writer_save_aborted(log);
    if (status == KW_OK && w->has_late_aborted)
        status = segment_writer_sync_aborted(&w->active, log->folder);
    w->has_late_aborted = w->has_late_aborted && status != KW_OK;
    if (status == KW_OK)
        status = segment_writer_finish(&w->active, log->folder);
    if (status != KW_OK)
        return log_writer_failed(log, status, "writing the indexes of a segment");
    status = log_producers_save(&w->producers, log->folder, base_offset);
    if (status != KW_OK)
        return log_writer_failed(log, status, "writing the state of producers");
    write_file_close(&w->active.file); /* so that the writer can be moved */
    struct segment_writer old = w->active;
    int16_t error = create_segment(log, base_offset);
    if (error == KW_ERROR_NONE) {
        segment_cache_remap(log->cache, old.segment, 0);
        segment_writer_close(&old);
        log_writer_publish(log);
        return KW_ERROR_NONE;
    }
    segment_writer_close(&w->active);
    w->active = old;
    log_writer_forget(w);
    return error;
}

/* ---- leader epochs ---- */

enum { EPOCH_FILE_MAX = 64 * 1024 * 1024 };

/* As in Kafka, epochs that contradict the new one are dropped. */
static size_t keep_epochs(const kw_leader_epochs *epochs, kw_leader_epoch added)
{
    size_t kept = 0;
    while (kept < (size_t)epochs->len && epochs->items[kept].epoch < added.epoch &&
           epochs->items[kept].start_offset < added.start_offset)
        kept++;
    return kept;
}

static bool add_epoch(struct log_contents *contents, kw_leader_epoch added)
{
    size_t kept = keep_epochs(&contents->epochs, added);
    kw_leader_epoch *all = malloc((kept + 1) * sizeof *all);
    if (all == NULL)
        return false;
    if (kept != 0)
        memcpy(all, contents->epochs.items, kept * sizeof *all);
    all[kept] = added;
    bool set = log_contents_set_epochs(contents, all, kept + 1);
    free(all);
    return set;
}

/* It also has the epochs of records that recovery does not read again: what was in it must not be lost. */
static kw_status replace(const char *folder, kw_span bytes)
{
    const kw_string text = {bytes.data, (int32_t)bytes.size};
    return file_replace(folder, KW_LEADER_EPOCHS_NAME, text) ? KW_OK : KW_ERR_FILE;
}

kw_status log_write_epochs(const char *folder, const kw_leader_epochs *epochs)
{
    kw_writer w;
    kw_writer_init_growing(&w, kw_allocator_libc(), EPOCH_FILE_MAX);
    kw_status status = kw_leader_epochs_write(&w, epochs);
    if (status == KW_OK)
        status = replace(folder, kw_writer_data(&w));
    int error = errno;
    kw_writer_finish(&w);
    errno = error;
    return status;
}

/* One thread at a time, so that what was published last is in the file. */
kw_status log_save_epochs(struct partition_log *log, bool in_any_case)
{
    struct log_snapshot now;
    kw_status status = KW_OK;
    (void)pthread_mutex_lock(&log->opening);
    bool differ = atomic_exchange(&log->epochs_differ, false);
    if ((differ || in_any_case) && partition_log_acquire(log, true, &now) == KW_ERROR_NONE) {
        status = log_write_epochs(log->folder, &now.contents->epochs);
        int error = errno;
        log_snapshot_release(&now);
        if (status != KW_OK)
            atomic_store(&log->epochs_differ, true);
        errno = error;
    }
    (void)pthread_mutex_unlock(&log->opening);
    return status;
}

int16_t log_writer_set_epoch(struct partition_log *log, int32_t epoch)
{
    struct log_writer *w = log->writer;
    const kw_leader_epochs *epochs = &contents_of(w)->epochs;
    if (epoch < 0 || (epochs->len != 0 && epochs->items[epochs->len - 1].epoch == epoch))
        return KW_ERROR_NONE;
    struct log_contents *changed = log_writer_change(w);
    if (changed == NULL || !add_epoch(changed, (kw_leader_epoch){epoch, w->now.log_end_offset}))
        return log_writer_failed(log, KW_ERR_NO_MEMORY, "a new leader epoch");
    w->epochs_differ = true;
    return KW_ERROR_NONE;
}

int16_t log_writer_set_start(struct partition_log *log, int64_t offset)
{
    struct log_writer *w = log->writer;
    if (offset <= w->now.log_start_offset)
        return KW_ERROR_NONE;
    struct log_contents *changed = log_writer_change(w);
    if (changed == NULL || !log_contents_drop_epochs(changed, offset)) {
        log_writer_forget(w);
        return log_writer_failed(log, KW_ERR_NO_MEMORY, "deleting records");
    }
    w->epochs_differ = true;
    w->now.log_start_offset = offset;
    log_writer_publish(log);
    return KW_ERROR_NONE;
}

/* ---- start ---- */

static int16_t open_active(struct partition_log *log)
{
    struct log_segment *last = last_segment(log->writer->now.contents);
    int16_t error = last != NULL ? continue_segment(log, last) : create_segment(log, log->writer->now.log_end_offset);
    if (error == KW_ERROR_NONE) {
        log_writer_publish(log);
        return KW_ERROR_NONE;
    }
    log_writer_forget(log->writer);
    segment_writer_close(&log->writer->active);
    return error;
}

static bool take_settings(struct partition_log *log)
{
    (void)pthread_mutex_lock(&log->lock);
    struct log_writer *w = log->writer;
    bool may_write = log->is_open && log->config != NULL && w != NULL;
    if (may_write) {
        w->config = *log->config;
        w->now = log->snapshot;
        w->now_ms = clock_wall_ms();
    }
    (void)pthread_mutex_unlock(&log->lock);
    return may_write;
}

int16_t log_writer_start(struct partition_log *log)
{
    if (atomic_load(&log->is_offline) || log_dir_is_offline(log->dir))
        return KW_ERROR_KAFKA_STORAGE_ERROR;
    if (!take_settings(log) && (!partition_log_open_to_write(log) || !take_settings(log)))
        return KW_ERROR_KAFKA_STORAGE_ERROR;
    return log->writer->active.segment != NULL ? KW_ERROR_NONE : open_active(log);
}

bool log_writer_must_read(struct partition_log *log)
{
    if (atomic_load(&log->is_offline) || (log->writer != NULL && log->writer->active.segment != NULL))
        return false;
    (void)pthread_mutex_lock(&log->lock);
    bool must_read = log->writer == NULL || log->snapshot.active_size != 0;
    (void)pthread_mutex_unlock(&log->lock);
    return must_read;
}

kw_status log_writer_create(struct log_writer **out, const struct partition_log *log, const struct log_snapshot *now)
{
    struct log_writer *w = calloc(1, sizeof *w);
    const struct producer_expiry expiry = {clock_wall_ms(), log->producer_expiration_ms};
    *out = NULL;
    if (w == NULL)
        return KW_ERR_NO_MEMORY;
    producer_state_init(&w->producers, log->producer_budget);
    kw_status status = log_producers_load(&w->producers, now, expiry, &report_problem);
    if (status == KW_OK)
        *out = w;
    else
        log_writer_destroy(w);
    return status;
}

void log_writer_destroy(struct log_writer *w)
{
    if (w == NULL)
        return;
    log_writer_forget(w);
    producer_state_finish(&w->producers);
    segment_writer_close(&w->active);
    free(w->deleted);
    free(w->parts);
    free(w);
}
