/* SPDX-License-Identifier: Apache-2.0 */
#include "log_recovery.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/file.h"
#include "../observe/console.h"
#include "log_load.h"
#include "log_writer.h"
#include "problems.h"
#include "segment_recovery.h"
#include "small_file.h"

enum { MEMORY_LIMIT = 256 * 1024 * 1024, LARGEST_EPOCH_FILE = 64 * 1024 * 1024 };

struct found_segment {
    int64_t base_offset;
    bool has_index;
};

struct recovering {
    const struct log_recovery *what;
    kw_arena arena;
    struct folder_names names;
    struct found_segment *segments; /* ascending */
    size_t count;
    struct producer_snapshots snapshots; /* those that were found at first */
    struct epoch_list epochs;
    bool has_wrong_epochs; /* in the file */
    struct producer_state producers;
    int64_t producers_at; /* the offset for which the state is known; -1: none */
    int64_t end_offset;   /* of the last segment that was recovered */
};

/* ---- names ---- */

static kw_status read_names(struct recovering *r)
{
    kw_arena_reset(&r->arena);
    return folder_list(r->what->folder, &r->arena, &r->names);
}

static bool parse_at(const struct recovering *r, size_t i, kw_segment_name *out)
{
    return kw_segment_name_parse(r->names.items[i], out) && out->file != KW_SEGMENT_FILE_CHECKPOINT;
}

static kw_status path_of(const struct recovering *r, kw_string name, char path[KW_PATH_SIZE])
{
    return path_join(path, r->what->folder, name);
}

static kw_status remove_file(const char *path, const char *why)
{
    kw_status status = file_remove(path);
    if (status == KW_OK && why != NULL)
        console_line("%s: removed: %s", path, why);
    return status == KW_ERR_NO_FILE ? KW_OK : status;
}

static kw_status remove_name(const struct recovering *r, kw_string name, const char *why)
{
    char path[KW_PATH_SIZE];
    kw_status status = path_of(r, name, path);
    return status == KW_OK ? remove_file(path, why) : status;
}

/* ---- unfinished work ---- */

static kw_status end_of_swap(const struct recovering *r, kw_string name, int64_t base_offset, int64_t *end)
{
    char path[KW_PATH_SIZE];
    struct file_map map;
    struct file_reading reading;
    kw_batches batches;
    kw_batch batch;
    kw_status status = path_of(r, name, path);
    if (status == KW_OK)
        status = file_map_open(&map, path);
    if (status != KW_OK)
        return status;
    *end = base_offset;
    file_map_reading_start(&reading, &map);
    kw_batches_init_memory(&batches, map.data, map.size);
    while (kw_batches_next(&batches, &batch))
        *end = kw_batch_next_offset(&batch);
    status = file_reading_end(&reading);
    file_map_close(&map);
    return status;
}

struct unfinished {
    int64_t cleaned_from; /* the lowest offset of a .cleaned file */
    int64_t swap_from;    /* the offsets that .swap segments cover */
    int64_t swap_to;
    bool any;
};

static kw_status look_for_unfinished(const struct recovering *r, struct unfinished *u)
{
    *u = (struct unfinished){INT64_MAX, INT64_MAX, -1, false};
    for (size_t i = 0; i < r->names.len; i++) {
        kw_segment_name name;
        if (!parse_at(r, i, &name))
            continue;
        u->any |= name.state != KW_FILE_STATE_LIVE;
        if (name.state == KW_FILE_STATE_CLEANED && name.offset < u->cleaned_from)
            u->cleaned_from = name.offset;
    }
    kw_status status = KW_OK;
    for (size_t i = 0; status == KW_OK && i < r->names.len; i++) {
        kw_segment_name name;
        int64_t end = 0;
        if (!parse_at(r, i, &name) || name.state != KW_FILE_STATE_SWAP || name.file != KW_SEGMENT_FILE_LOG ||
            name.offset >= u->cleaned_from)
            continue;
        status = end_of_swap(r, r->names.items[i], name.offset, &end);
        if (name.offset < u->swap_from)
            u->swap_from = name.offset;
        if (end > u->swap_to)
            u->swap_to = end;
    }
    return status;
}

/* .swap files are complete unless a .cleaned file shows that there would have been more of them. */
static kw_status remove_unfinished(struct recovering *r, const struct unfinished *u)
{
    kw_status status = KW_OK;
    for (size_t i = 0; status == KW_OK && i < r->names.len; i++) {
        kw_segment_name name;
        if (!parse_at(r, i, &name))
            continue;
        if (name.state == KW_FILE_STATE_DELETED)
            status = remove_name(r, r->names.items[i], NULL);
        else if (name.state == KW_FILE_STATE_CLEANED ||
                 (name.state == KW_FILE_STATE_SWAP && name.offset >= u->cleaned_from))
            status = remove_name(r, r->names.items[i], "the log cleaner was interrupted");
        else if (name.state == KW_FILE_STATE_LIVE && name.offset >= u->swap_from && name.offset < u->swap_to)
            status = remove_name(r, r->names.items[i], "the log cleaner has replaced it");
    }
    return status;
}

static kw_status rename_swap(const struct recovering *r, kw_string old_name, kw_segment_name name)
{
    char from[KW_PATH_SIZE], to[KW_PATH_SIZE];
    name.state = KW_FILE_STATE_LIVE;
    kw_status status = path_of(r, old_name, from);
    if (status == KW_OK)
        status = path_of_segment(to, r->what->folder, name.file, name.offset);
    if (status == KW_OK)
        status = file_rename(from, to);
    if (status == KW_OK)
        console_line("%s: the work of the log cleaner is completed", to);
    return status;
}

/* The names of what is replaced leave the disk before the .swap files that say so lose theirs, and these have their new
 * ones before another run of the cleaner leaves a .cleaned file beside them, which would make them unfinished. */
static kw_status complete_swaps(struct recovering *r, const struct unfinished *u)
{
    bool any = false;
    kw_status status = u->swap_to >= 0 ? folder_sync(r->what->folder) : KW_OK;
    for (size_t i = 0; status == KW_OK && i < r->names.len; i++) {
        kw_segment_name name;
        if (!parse_at(r, i, &name) || name.state != KW_FILE_STATE_SWAP || name.offset >= u->cleaned_from)
            continue;
        status = rename_swap(r, r->names.items[i], name);
        any = true;
    }
    return status == KW_OK && any ? folder_sync(r->what->folder) : status;
}

static kw_status finish_unfinished(struct recovering *r)
{
    struct unfinished u;
    kw_status status = look_for_unfinished(r, &u);
    if (status != KW_OK || !u.any)
        return status;
    status = remove_unfinished(r, &u);
    if (status == KW_OK)
        status = complete_swaps(r, &u);
    return status == KW_OK ? read_names(r) : status;
}

/* ---- segments ---- */

static struct found_segment *find_segment(const struct recovering *r, int64_t base_offset)
{
    for (size_t low = 0, high = r->count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (r->segments[middle].base_offset == base_offset)
            return &r->segments[middle];
        if (r->segments[middle].base_offset < base_offset)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static bool is_index(kw_segment_file file)
{
    return file == KW_SEGMENT_FILE_INDEX || file == KW_SEGMENT_FILE_TIME_INDEX || file == KW_SEGMENT_FILE_TXN_INDEX;
}

static bool is_snapshot(kw_segment_name name)
{
    return name.file == KW_SEGMENT_FILE_PRODUCERS && name.state == KW_FILE_STATE_LIVE;
}

/* Names are sorted, so the offsets are ascending. Indexes without a log are removed. */
static kw_status find_segments(struct recovering *r)
{
    kw_segment_name name;
    kw_status status = KW_OK;
    r->segments = kw_arena_array(&r->arena, r->names.len + 1, sizeof *r->segments); /* one more for start_anew() */
    r->snapshots.offsets = kw_arena_array(&r->arena, r->names.len, sizeof *r->snapshots.offsets);
    if (r->segments == NULL || r->snapshots.offsets == NULL)
        return kw_arena_status(&r->arena);
    for (size_t i = 0; i < r->names.len; i++) {
        if (!parse_at(r, i, &name))
            continue;
        if (name.file == KW_SEGMENT_FILE_LOG && name.state == KW_FILE_STATE_LIVE)
            r->segments[r->count++] = (struct found_segment){name.offset, false};
        else if (is_snapshot(name))
            r->snapshots.offsets[r->snapshots.len++] = name.offset;
    }
    for (size_t i = 0; status == KW_OK && i < r->names.len; i++) {
        if (!parse_at(r, i, &name) || !is_index(name.file) || name.state != KW_FILE_STATE_LIVE)
            continue;
        struct found_segment *segment = find_segment(r, name.offset);
        if (segment == NULL)
            status = remove_name(r, r->names.items[i], "an index without a segment");
        else if (name.file == KW_SEGMENT_FILE_INDEX)
            segment->has_index = true;
    }
    return status;
}

/* Where a snapshot is damaged an older one is used, which is removed later: the next recovery finds this one. */
static kw_status load_producers_of(struct recovering *r, const struct log_snapshot *before)
{
    struct problem_counter counter;
    problem_counter_init(&counter, &report_problem);
    producer_state_clear(&r->producers);
    kw_status status = log_producers_load(&r->producers, before, r->what->expiry, &counter.listener);
    if (status == KW_OK && counter.count != 0)
        status = log_producers_save(&r->producers, r->what->folder, before->log_end_offset);
    return status;
}

/* The producers as they were before the segment. Those of records before the log's start are forgotten, also where such
 * a segment has been recovered: the next recovery may not read it. */
static kw_status load_producers(struct recovering *r, size_t index)
{
    int64_t base_offset = r->segments[index].base_offset;
    if (r->producers_at == base_offset && base_offset > r->what->start_offset)
        return KW_OK;
    struct log_contents contents = {.folder = r->what->folder, .segment_count = index, .snapshots = r->snapshots};
    struct segment_list *list = segment_list_create(index);
    if (list == NULL)
        return KW_ERR_NO_MEMORY;
    bool complete = true;
    for (; complete && list->count < index; list->count += complete) {
        list->items[list->count] = log_segment_create(r->segments[list->count].base_offset);
        complete = list->items[list->count] != NULL;
    }
    contents.segments = list->items;
    const struct log_snapshot before = {.contents = &contents,
                                        .log_start_offset = r->what->start_offset > 0 ? r->what->start_offset : 0,
                                        .log_end_offset = base_offset};
    kw_status status = complete ? load_producers_of(r, &before) : KW_ERR_NO_MEMORY;
    segment_list_release(list);
    return status;
}

/* What is wrong in the file is not left so, as whoever opens the log would report it again. */
static kw_status save_epochs(struct recovering *r)
{
    const kw_leader_epochs epochs = {r->epochs.items, (int32_t)r->epochs.count};
    r->epochs.has_changed = false;
    return log_write_epochs(r->what->folder, &epochs);
}

static kw_status remove_snapshot(const struct recovering *r, int64_t offset, const char *why)
{
    char path[KW_PATH_SIZE];
    kw_status status = path_of_segment(path, r->what->folder, KW_SEGMENT_FILE_PRODUCERS, offset);
    return status == KW_OK ? remove_file(path, why) : status;
}

/* All files of a segment; the snapshot is that of the producers before it. */
static kw_status remove_segment(const struct recovering *r, int64_t base_offset, bool with_snapshot)
{
    static const kw_segment_file files[] = {KW_SEGMENT_FILE_INDEX, KW_SEGMENT_FILE_TIME_INDEX,
                                            KW_SEGMENT_FILE_TXN_INDEX, KW_SEGMENT_FILE_PRODUCERS, KW_SEGMENT_FILE_LOG};
    kw_status status = KW_OK;
    for (size_t i = 0; status == KW_OK && i < sizeof files / sizeof files[0]; i++) {
        char path[KW_PATH_SIZE];
        if (files[i] == KW_SEGMENT_FILE_PRODUCERS && !with_snapshot)
            continue;
        status = path_of_segment(path, r->what->folder, files[i], base_offset);
        if (status == KW_OK)
            status = file_remove(path);
        if (status == KW_OK && files[i] == KW_SEGMENT_FILE_LOG)
            console_line("%s: removed: it follows records that are lost", path);
        if (status == KW_ERR_NO_FILE)
            status = KW_OK;
    }
    return status;
}

/* The last one first, and all of them before the segment is cut off: a recovery that is interrupted finds the same
 * segment damaged again, and leaves no gap. */
static kw_status remove_following(const struct segment_recovery *one)
{
    struct recovering *r = one->context;
    kw_status status = KW_OK;
    while (status == KW_OK && r->segments[r->count - 1].base_offset > one->base_offset) {
        int64_t base_offset = r->segments[--r->count].base_offset;
        status = remove_segment(r, base_offset, base_offset != one->end_offset);
    }
    return status;
}

static int64_t limit_of(const struct recovering *r, size_t index)
{
    if (index + 1 < r->count)
        return r->segments[index + 1].base_offset;
    return r->what->end_offset > 0 ? r->what->end_offset : INT64_MAX;
}

static kw_status recover_one(struct recovering *r, size_t index, bool is_synced)
{
    struct segment_recovery one = {.folder = r->what->folder,
                                   .base_offset = r->segments[index].base_offset,
                                   .limit_offset = limit_of(r, index),
                                   .config = r->what->config,
                                   .producers = &r->producers,
                                   .epochs = &r->epochs,
                                   .before_cut = is_synced ? NULL : remove_following,
                                   .context = r};
    kw_status status = load_producers(r, index);
    if (status == KW_OK)
        status = segment_recover(&one);
    if (status != KW_OK)
        return status;
    r->end_offset = one.end_offset;
    r->producers_at = index + 1 == r->count ? one.end_offset : r->segments[index + 1].base_offset;
    return r->producers_at > 0 ? log_producers_save(&r->producers, r->what->folder, r->producers_at) : KW_OK;
}

/* The segment that has the recovery point, and all after it. */
static size_t first_unsynced(const struct recovering *r)
{
    size_t first = r->count;
    if (r->what->was_clean)
        return first;
    while (first > 0 && (first == r->count || r->segments[first].base_offset > r->what->recovery_point))
        first--;
    return first;
}

static kw_status recover_segments(struct recovering *r)
{
    size_t first = first_unsynced(r);
    kw_status status = KW_OK;
    for (size_t i = 0; status == KW_OK && i < r->count; i++)
        if (i >= first || !r->segments[i].has_index)
            status = recover_one(r, i, i < first);
    return status;
}

/* ---- what is known of the whole log ---- */

static kw_status load_epochs(struct recovering *r)
{
    char path[KW_PATH_SIZE];
    kw_bytes text;
    size_t at;
    kw_leader_epochs epochs = {NULL, 0};
    kw_status status = path_join(path, r->what->folder, kw_string_of(KW_LEADER_EPOCHS_NAME));
    if (status == KW_OK)
        status = file_load(path, LARGEST_EPOCH_FILE, &r->arena, &text);
    if (status != KW_OK)
        return status == KW_ERR_NO_FILE ? KW_OK : status;
    status = kw_leader_epochs_parse(&epochs, kw_string_of_bytes(text), &r->arena, &at);
    if (is_shortage(status))
        return status;
    if (status != KW_OK)
        problem_at(&report_problem, path, at, -1, status,
                   "leader epochs; those of the batches that are read are added");
    for (int32_t i = 0; i < epochs.len; i++)
        if (!epoch_list_assign(&r->epochs, epochs.items[i].epoch, epochs.items[i].start_offset))
            return KW_ERR_NO_MEMORY;
    r->has_wrong_epochs = status != KW_OK;
    r->epochs.has_changed = false;
    return KW_OK;
}

static void drop_epochs(struct recovering *r)
{
    size_t lost = 0;
    for (; r->epochs.count != 0 && r->epochs.items[r->epochs.count - 1].start_offset >= r->end_offset;
         r->epochs.has_changed = true)
        lost += r->epochs.items[--r->epochs.count].start_offset > r->end_offset;
    r->has_wrong_epochs = r->has_wrong_epochs || lost != 0;
    if (lost != 0)
        console_line("%s: %zu leader epochs are removed that start after the log's end, offset %lld", r->what->folder,
                     lost, (long long)r->end_offset);
}

/* Snapshots that are neither before a segment nor the newest one are of no use any more; those above the end are of
 * records that are lost. */
static kw_status remove_snapshots(struct recovering *r)
{
    const struct producer_snapshots *found = &r->snapshots;
    kw_status status = KW_OK;
    bool has_newest = r->producers_at > 0; /* it has just been written */
    for (size_t i = found->len; status == KW_OK && i > 0; i--) {
        int64_t offset = found->offsets[i - 1];
        bool is_newest = has_newest ? offset == r->producers_at : offset <= r->end_offset;
        has_newest = has_newest || is_newest;
        if (offset > r->end_offset)
            status = remove_snapshot(r, offset, "producers of records that are lost");
        else if (!is_newest && find_segment(r, offset) == NULL)
            status = remove_snapshot(r, offset, NULL);
    }
    return status;
}

/* Records between the end and the log's start, as the checkpoint has it, are lost; there must be no gap. Producers are
 * forgotten, as in Kafka. */
static kw_status start_anew(struct recovering *r)
{
    char path[KW_PATH_SIZE];
    int64_t start_offset = r->what->start_offset, lost_end = r->end_offset;
    const kw_leader_epochs no_epochs = {NULL, 0};
    r->epochs.count = 0;
    kw_status status = log_write_epochs(r->what->folder, &no_epochs); /* first: they are no longer seen afterwards */
    if (status == KW_OK && r->producers_at > 0)
        status = remove_snapshot(r, r->producers_at, NULL);
    while (status == KW_OK && r->count != 0)
        status = remove_segment(r, r->segments[--r->count].base_offset, true);
    if (status == KW_OK)
        status = path_of_segment(path, r->what->folder, KW_SEGMENT_FILE_LOG, start_offset);
    if (status == KW_OK)
        status = small_file_write(path, (kw_span){NULL, 0});
    if (status != KW_OK)
        return status;
    r->segments[r->count++] = (struct found_segment){start_offset, false};
    producer_state_clear(&r->producers);
    r->producers_at = start_offset;
    status = recover_one(r, 0, false);
    if (status == KW_OK)
        console_line("%s: the log ends at offset %lld, before its start: it starts anew at offset %lld",
                     r->what->folder, (long long)lost_end, (long long)start_offset);
    return status;
}

static kw_status recover_log(struct recovering *r)
{
    kw_status status = load_epochs(r);
    if (status == KW_OK)
        status = recover_segments(r);
    if (status == KW_OK && !r->what->was_clean && r->end_offset < r->what->start_offset)
        status = start_anew(r);
    if (status != KW_OK || r->what->was_clean)
        return status;
    drop_epochs(r);
    status = r->has_wrong_epochs ? save_epochs(r) : KW_OK;
    return status == KW_OK ? remove_snapshots(r) : status;
}

static bool is_complete(const struct recovering *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (!r->segments[i].has_index)
            return false;
    return r->what->was_clean;
}

void recovered_epochs_finish(struct recovered_epochs *epochs)
{
    free(epochs->items);
    *epochs = (struct recovered_epochs){NULL, 0, false};
}

kw_status log_recover(const struct log_recovery *recovery, struct recovered_epochs *epochs)
{
    struct recovering r = {.what = recovery, .producers_at = -1};
    kw_arena_init_growing(&r.arena, NULL, 0, kw_allocator_libc(), MEMORY_LIMIT);
    producer_state_init(&r.producers, NULL);
    kw_status status = read_names(&r);
    if (status == KW_OK)
        status = finish_unfinished(&r);
    if (status == KW_OK)
        status = find_segments(&r);
    if (status == KW_OK && !is_complete(&r))
        status = recover_log(&r);
    int error = errno;
    *epochs = (struct recovered_epochs){r.epochs.items, r.epochs.count, r.epochs.has_changed};
    producer_state_finish(&r.producers);
    kw_arena_finish(&r.arena);
    errno = error;
    return status;
}
