/* SPDX-License-Identifier: Apache-2.0 */
#include "log_load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/storage/names.h>

#include "../base/growth.h"
#include "transactions.h"

/* More than any real one: a line for each change of leader. */
enum { LARGEST_EPOCH_FILE = 64 * 1024 * 1024 };

struct lister {
    struct log_contents *contents;
    struct segment_list *list;
    kw_arena *scratch;
    const struct problem_listener *listener;
    size_t snapshot_capacity;
};

/* ---- files of the folder ---- */

static bool have(const struct folder_names *names, kw_segment_file file, int64_t offset)
{
    char text[48];
    kw_writer w;
    const kw_segment_name name = kw_segment_name_of(file, offset);
    kw_writer_init(&w, text, sizeof text);
    if (kw_segment_name_write(&w, &name) != KW_OK)
        return false;
    const kw_string wanted = {text, (int32_t)kw_writer_data(&w).size};
    size_t low = 0;
    size_t high = names->len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = kw_string_compare(names->items[middle], wanted);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* Capacity for one more; nobody else has the list yet. */
static bool segment_list_reserve(struct segment_list **list)
{
    struct segment_list *old = *list;
    if (old->count < old->capacity)
        return true;
    struct segment_list *larger = segment_list_create(old->capacity * 2 + 8);
    if (larger == NULL)
        return false;
    memcpy(larger->items, old->items, old->count * sizeof old->items[0]);
    larger->count = old->count;
    old->count = 0;
    segment_list_release(old);
    *list = larger;
    return true;
}

static kw_status add_segment(struct lister *l, const struct folder_names *names, int64_t offset)
{
    struct log_segment *segment = log_segment_create(offset);
    if (segment == NULL || !segment_list_reserve(&l->list)) {
        free(segment);
        return KW_ERR_NO_MEMORY;
    }
    segment->has_index = have(names, KW_SEGMENT_FILE_INDEX, offset);
    segment->has_txn_index = have(names, KW_SEGMENT_FILE_TXN_INDEX, offset);
    l->list->items[l->list->count++] = segment;
    return KW_OK;
}

static kw_status add_snapshot(struct lister *l, int64_t offset)
{
    struct producer_snapshots *snapshots = &l->contents->snapshots;
    kw_arena *arena = &l->contents->loaded->arena;
    void *items =
        arena_grow(arena, snapshots->offsets, snapshots->len, &l->snapshot_capacity, sizeof *snapshots->offsets);
    if (items == NULL)
        return kw_arena_status(arena);
    snapshots->offsets = items;
    snapshots->offsets[snapshots->len++] = offset;
    return KW_OK;
}

static kw_status add_name(struct lister *l, const struct folder_names *names, kw_string name)
{
    kw_segment_name parsed;
    if (!kw_segment_name_parse(name, &parsed))
        return KW_OK;
    if (parsed.file == KW_SEGMENT_FILE_LOG && parsed.state == KW_FILE_STATE_LIVE)
        return add_segment(l, names, parsed.offset);
    if (parsed.file == KW_SEGMENT_FILE_PRODUCERS && parsed.state == KW_FILE_STATE_LIVE)
        return add_snapshot(l, parsed.offset);
    char path[KW_PATH_SIZE];
    if (parsed.file == KW_SEGMENT_FILE_LOG && parsed.state == KW_FILE_STATE_SWAP &&
        !have(names, KW_SEGMENT_FILE_LOG, parsed.offset) &&
        path_of_segment(path, l->contents->folder, KW_SEGMENT_FILE_LOG, parsed.offset) == KW_OK)
        problem_with_file(l->listener, path, KW_ERR_NO_FILE,
                          "the log cleaner was interrupted: its records are in .log.swap until Kafka starts again");
    return KW_OK;
}

static kw_status list(struct lister *l)
{
    struct folder_names names;
    kw_status status = folder_list(l->contents->folder, l->scratch, &names);
    for (size_t i = 0; status == KW_OK && i < names.len; i++)
        status = add_name(l, &names, names.items[i]);
    return status;
}

static kw_status load_epochs(struct log_contents *log, unsigned what, const struct problem_listener *listener)
{
    kw_arena *arena = &log->loaded->arena;
    char path[KW_PATH_SIZE];
    kw_bytes text;
    size_t at = 0;
    kw_status status = path_join(path, log->folder, kw_string_of(KW_LEADER_EPOCHS_NAME));
    if (status == KW_OK)
        status = file_load(path, LARGEST_EPOCH_FILE, arena, &text);
    if (status == KW_ERR_NO_FILE)
        return KW_OK;
    if (is_shortage(status) || (status == KW_ERR_FILE && errno == EIO && (what & CHECK_TO_WRITE) != 0))
        return status;
    if (status != KW_OK) {
        problem_with_file(listener, path, status, "leader epochs of a partition");
        return KW_OK;
    }
    kw_string view = kw_string_of_bytes(text);
    status = kw_leader_epochs_parse(&log->epochs, view, arena, &at);
    if (is_shortage(status))
        return status;
    if (status != KW_OK)
        problem_at(listener, path, at, -1, status, "leader epochs of a partition; those that could be read are used");
    return KW_OK;
}

/* segment_check(), then closes it. KW_ERR_FILE: it cannot be read. */
static kw_status check_segment(struct segment *segment, const char *folder, unsigned what,
                               const struct problem_listener *listener, struct segment_end *end)
{
    struct file_reading reading;
    struct segment_end found;
    segment_reading_start(segment, &reading);
    segment_check(segment, folder, what, listener, &found);
    kw_status status = segment_close_read(segment, &reading);
    if (status == KW_OK)
        *end = found;
    return status;
}

/* Where the log ends, by its last segment. */
static kw_status find_end(const struct log_contents *log, unsigned what, const struct problem_listener *listener,
                          struct segment_end *tail)
{
    if (log->segment_count == 0)
        return KW_OK;
    int64_t base_offset = log->segments[log->segment_count - 1]->base_offset;
    struct segment segment;
    char path[KW_PATH_SIZE];
    kw_status status = segment_open(&segment, log->folder, base_offset, listener);
    tail->next_offset = base_offset;
    if (status == KW_OK)
        status = check_segment(&segment, log->folder, (what & CHECK_CRC) != 0 ? CHECK_CRC : CHECK_FROM_INDEX, listener,
                               tail);
    if (is_shortage(status) || (status != KW_OK && (what & CHECK_TO_WRITE) != 0))
        return status;
    if (status != KW_OK && path_of_segment(path, log->folder, KW_SEGMENT_FILE_LOG, base_offset) == KW_OK)
        problem_with_file(listener, path, status, "last segment of a partition; the log ends before it");
    return KW_OK;
}

/* The file that says where the log starts has no checksum. The leader epochs of a log that was closed in order start
 * where the log does, or later: the checkpoint is used as Kafka uses it, but what it hides is reported. */
static void check_start(const struct log_contents *log, int64_t start_offset, const struct problem_listener *listener)
{
    char path[KW_PATH_SIZE];
    if (log->segment_count == 0 || log->epochs.len == 0)
        return;
    int64_t first = log->segments[0]->base_offset, epoch_start = log->epochs.items[0].start_offset;
    if (start_offset <= first || epoch_start >= start_offset)
        return;
    if (path_join(path, log->folder, kw_string_of(KW_LEADER_EPOCHS_NAME)) == KW_OK)
        problem_at(listener, path, 0, start_offset, KW_ERR_OFFSET_ORDER,
                   "the first leader epoch starts before the log does by " KW_LOG_START_CHECKPOINT_NAME
                   "; the records before that offset are not served");
}

static void set_offsets(struct log_snapshot *out, const struct log_contents *contents, const struct segment_end *tail,
                        int64_t start_offset)
{
    out->active_size = tail->position;
    out->log_end_offset = out->high_watermark = tail->next_offset;
    out->log_start_offset = contents->segment_count != 0 ? contents->segments[0]->base_offset : 0;
    if (start_offset > out->log_start_offset)
        out->log_start_offset = start_offset < out->log_end_offset ? start_offset : out->log_end_offset;
}

static kw_status load(struct log_contents *contents, struct log_snapshot *out, int64_t start_offset, unsigned what,
                      kw_arena *scratch, const struct problem_listener *listener)
{
    struct segment_end tail = {0};
    struct lister l = {.contents = contents, .list = segment_list_create(1), .scratch = scratch, .listener = listener};
    if (l.list == NULL)
        return KW_ERR_NO_MEMORY;
    kw_status status = list(&l);
    log_contents_take_segments(contents, l.list);
    if (status == KW_OK)
        status = load_epochs(contents, what, listener);
    if (status == KW_OK)
        status = find_end(contents, what, listener, &tail);
    if (status != KW_OK)
        return status;
    if ((what & CHECK_STARTS) != 0)
        check_start(contents, start_offset, listener);
    set_offsets(out, contents, &tail, start_offset);
    if (!log_contents_drop_epochs(contents, start_offset)) /* the file may be older than the checkpoint */
        return KW_ERR_NO_MEMORY;
    status = load_transactions(contents, out->log_end_offset, listener, &out->last_stable_offset);
    if (out->last_stable_offset < out->log_start_offset) /* the start of a transaction is no longer in the log */
        out->last_stable_offset = out->log_start_offset;
    return status;
}

kw_status log_load(struct log_snapshot *out, const char *folder, int64_t start_offset, unsigned what, size_t limit,
                   const struct problem_listener *listener)
{
    kw_arena scratch;
    memset(out, 0, sizeof *out);
    struct log_contents *contents = log_contents_create(limit);
    if (contents == NULL)
        return KW_ERR_NO_MEMORY;
    kw_arena_init_growing(&scratch, NULL, 0, kw_allocator_libc(), limit);
    contents->folder = arena_copy_string(&contents->loaded->arena, kw_string_of(folder)).data;
    kw_status status = contents->folder != NULL ? load(contents, out, start_offset, what, &scratch, listener)
                                                : kw_arena_status(&contents->loaded->arena);
    int error = errno;
    kw_arena_finish(&scratch);
    if (status == KW_OK)
        out->contents = contents;
    else
        log_contents_release(contents);
    errno = error; /* which the status may refer to */
    return status;
}

kw_status log_load_nothing(struct log_snapshot *out)
{
    memset(out, 0, sizeof *out);
    out->contents = log_contents_create(0);
    return out->contents != NULL ? KW_OK : KW_ERR_NO_MEMORY;
}

kw_status log_check(const struct log_snapshot *snapshot, unsigned what, const struct problem_listener *listener,
                    bool *valid)
{
    struct problem_counter counter;
    const struct log_contents *log = snapshot->contents;
    int64_t next_offset = 0;
    kw_status status = KW_OK;
    problem_counter_init(&counter, listener);
    for (size_t i = 0; status == KW_OK && i < log->segment_count; i++) {
        int64_t base_offset = log->segments[i]->base_offset;
        char path[KW_PATH_SIZE];
        struct segment segment;
        struct segment_end end;
        if (base_offset < next_offset && path_of_segment(path, log->folder, KW_SEGMENT_FILE_LOG, base_offset) == KW_OK)
            problem_with_file(&counter.listener, path, KW_ERR_OFFSET_ORDER,
                              "the segment before it has these offsets, too");
        status = segment_open(&segment, log->folder, base_offset, &counter.listener);
        if (status == KW_OK)
            status = check_segment(&segment, log->folder, what, &counter.listener, &end);
        if (status == KW_OK)
            next_offset = end.next_offset;
    }
    *valid = counter.count == 0;
    return status;
}
