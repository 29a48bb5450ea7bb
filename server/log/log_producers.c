/* SPDX-License-Identifier: Apache-2.0 */
#include "log_producers.h"

#include <errno.h>

#include "../base/file.h"
#include "small_file.h"

/* Of snapshots; 46 bytes a producer. */
enum { MEMORY_LIMIT = 256 * 1024 * 1024, LARGEST_SNAPSHOT = 64 * 1024 * 1024 };

struct loader {
    struct producer_state *state;
    const struct log_snapshot *log;
    struct producer_expiry expiry;
    const struct problem_listener *listener;
    kw_arena arena;
};

/* ---- snapshots ---- */

static bool is_useful(const struct loader *l, int64_t offset)
{
    return offset > l->log->log_start_offset && offset <= l->log->log_end_offset;
}

/* One that is not valid says nothing; KW_OK and *valid is false. */
static kw_status load_snapshot(struct loader *l, int64_t offset, bool *valid)
{
    char path[KW_PATH_SIZE];
    kw_bytes bytes;
    kw_producers producers;
    size_t at = 0;
    kw_status status = path_of_segment(path, l->log->contents->folder, KW_SEGMENT_FILE_PRODUCERS, offset);
    if (status == KW_OK)
        status = file_load(path, LARGEST_SNAPSHOT, &l->arena, &bytes);
    if (is_shortage(status))
        return status;
    if (status == KW_OK)
        status = kw_producers_init(&producers, bytes.data, (size_t)bytes.len, &at);
    *valid = status == KW_OK;
    if (!*valid)
        problem_at(l->listener, path, at, offset, status, "state of producers; an older one or the log itself is used");
    else if (!producer_state_load(l->state, &producers, l->expiry.now, l->expiry.ms))
        return KW_ERR_NO_MEMORY;
    return KW_OK;
}

static kw_status load_newest(struct loader *l, int64_t *from)
{
    const struct producer_snapshots *snapshots = &l->log->contents->snapshots;
    kw_status status = KW_OK;
    bool found = false;
    for (size_t i = snapshots->len; i > 0 && status == KW_OK && !found; i--) {
        int64_t offset = snapshots->offsets[i - 1];
        if (!is_useful(l, offset))
            continue;
        status = load_snapshot(l, offset, &found);
        if (found)
            *from = offset;
    }
    return status;
}

/* ---- batches ---- */

static kw_status read_batch(struct loader *l, const kw_batch *batch)
{
    struct producer_append append;
    if (!producer_append_read(&append, batch))
        return KW_OK;
    if (!producer_state_reserve(l->state, 1))
        return KW_ERR_NO_MEMORY;
    (void)producer_state_update(l->state, &append);
    return KW_OK;
}

/* A segment that cannot be opened is reported by those that read it. */
static kw_status read_segment(struct loader *l, int64_t base_offset, int64_t from)
{
    struct segment segment;
    struct file_reading reading;
    kw_batch batch;
    kw_batches batches;
    kw_status status = segment_open(&segment, l->log->contents->folder, base_offset, NULL);
    if (status != KW_OK)
        return is_shortage(status) ? status : KW_OK;
    segment_reading_start(&segment, &reading);
    if (segment_find_offset(&segment, from, &batch)) {
        segment_batches(&segment, batch.position, &batches);
        while (status == KW_OK && kw_batches_next(&batches, &batch) && batch.last_offset < l->log->log_end_offset)
            status = read_batch(l, &batch);
    }
    kw_status readable = segment_close_read(&segment, &reading);
    return status == KW_OK ? readable : status;
}

static kw_status read_from(struct loader *l, int64_t from)
{
    const struct log_contents *contents = l->log->contents;
    kw_status status = KW_OK;
    size_t i;
    if (from >= l->log->log_end_offset)
        return KW_OK;
    if (!log_find_segment(l->log, from, &i))
        i = 0;
    for (; status == KW_OK && i < contents->segment_count; i++)
        status = read_segment(l, contents->segments[i]->base_offset, from);
    return status;
}

kw_status log_producers_load(struct producer_state *out, const struct log_snapshot *log, struct producer_expiry expiry,
                             const struct problem_listener *listener)
{
    struct loader l = {.state = out, .log = log, .expiry = expiry, .listener = listener};
    int64_t from = log->log_start_offset;
    kw_arena_init_growing(&l.arena, NULL, 0, kw_allocator_libc(), MEMORY_LIMIT);
    kw_status status = load_newest(&l, &from);
    int error = errno;
    kw_arena_finish(&l.arena);
    if (status == KW_OK)
        return read_from(&l, from);
    errno = error;
    return status;
}

kw_status log_producers_save(const struct producer_state *state, const char *folder, int64_t offset)
{
    char path[KW_PATH_SIZE];
    kw_writer w;
    kw_writer_init_growing(&w, kw_allocator_libc(), LARGEST_SNAPSHOT);
    kw_status status = producer_state_write(state, &w);
    if (status == KW_OK)
        status = path_of_segment(path, folder, KW_SEGMENT_FILE_PRODUCERS, offset);
    if (status == KW_OK)
        status = small_file_write(path, kw_writer_data(&w));
    int error = errno;
    kw_writer_finish(&w);
    errno = error;
    return status;
}
