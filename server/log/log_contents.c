/* SPDX-License-Identifier: Apache-2.0 */
#include "log_contents.h"

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
    struct producer_snapshots *snapshots;
    kw_arena *scratch;
    const struct problem_listener *listener;
    size_t segment_capacity;
    size_t snapshot_capacity;
};

/* ---- what is counted ---- */

static struct log_segment *create_segment(int64_t base_offset)
{
    struct log_segment *segment = calloc(1, sizeof *segment);
    if (segment == NULL)
        return NULL;
    atomic_init(&segment->references, 1);
    atomic_init(&segment->max_timestamp, INT64_MIN);
    segment->base_offset = base_offset;
    return segment;
}

void log_segment_share(struct log_segment *segment)
{
    atomic_fetch_add_explicit(&segment->references, 1, memory_order_relaxed);
}

void log_segment_release(struct log_segment *segment)
{
    if (atomic_fetch_sub_explicit(&segment->references, 1, memory_order_acq_rel) == 1)
        free(segment);
}

static struct log_contents *create_contents(size_t limit)
{
    struct log_contents *contents = calloc(1, sizeof *contents);
    if (contents == NULL)
        return NULL;
    atomic_init(&contents->references, 1);
    kw_arena_init_growing(&contents->arena, NULL, 0, kw_allocator_libc(), limit);
    return contents;
}

static void release_contents(struct log_contents *contents)
{
    if (atomic_fetch_sub_explicit(&contents->references, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < contents->segment_count; i++)
        log_segment_release(contents->segments[i]);
    kw_arena_finish(&contents->arena);
    free(contents);
}

struct log_snapshot log_snapshot_share(const struct log_snapshot *snapshot)
{
    struct log_contents *counted = (struct log_contents *)(uintptr_t)snapshot->contents; /* only the count changes */
    atomic_fetch_add_explicit(&counted->references, 1, memory_order_relaxed);
    return *snapshot;
}

void log_snapshot_release(struct log_snapshot *snapshot)
{
    release_contents((struct log_contents *)(uintptr_t)snapshot->contents);
    snapshot->contents = NULL;
}

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

static kw_status add_segment(struct lister *l, const struct folder_names *names, int64_t offset)
{
    struct log_contents *contents = l->contents;
    void *items = arena_grow(&contents->arena, contents->segments, contents->segment_count, &l->segment_capacity,
                             sizeof(struct log_segment *));
    if (items == NULL)
        return kw_arena_status(&contents->arena);
    contents->segments = items;
    struct log_segment *segment = create_segment(offset);
    if (segment == NULL)
        return KW_ERR_NO_MEMORY;
    segment->has_index = have(names, KW_SEGMENT_FILE_INDEX, offset);
    segment->has_txn_index = have(names, KW_SEGMENT_FILE_TXN_INDEX, offset);
    contents->segments[contents->segment_count++] = segment;
    return KW_OK;
}

static kw_status add_snapshot(struct lister *l, int64_t offset)
{
    struct producer_snapshots *snapshots = l->snapshots;
    void *items =
        arena_grow(l->scratch, snapshots->offsets, snapshots->len, &l->snapshot_capacity, sizeof *snapshots->offsets);
    if (items == NULL)
        return kw_arena_status(l->scratch);
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

static kw_status load_epochs(struct log_contents *log, const struct problem_listener *listener)
{
    kw_arena *arena = &log->arena;
    char path[KW_PATH_SIZE];
    kw_bytes text;
    size_t at = 0;
    kw_status status = path_join(path, log->folder, kw_string_of(KW_LEADER_EPOCHS_NAME));
    if (status == KW_OK)
        status = file_load(path, LARGEST_EPOCH_FILE, arena, &text);
    if (status == KW_ERR_NO_FILE)
        return KW_OK;
    if (is_shortage(status))
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

/* Where the log ends, by its last segment. */
static kw_status find_end(struct log_contents *log, unsigned what, const struct problem_listener *listener)
{
    if (log->segment_count == 0)
        return KW_OK;
    int64_t base_offset = log->segments[log->segment_count - 1]->base_offset;
    struct segment segment;
    char path[KW_PATH_SIZE];
    kw_status status = segment_open(&segment, log->folder, base_offset, listener);
    log->tail.next_offset = base_offset;
    if (is_shortage(status))
        return status;
    if (status == KW_OK) {
        unsigned how = (what & CHECK_CRC) != 0 ? CHECK_CRC : CHECK_FROM_INDEX;
        segment_check(&segment, log->folder, how, listener, &log->tail);
        segment_close(&segment);
    } else if (path_of_segment(path, log->folder, KW_SEGMENT_FILE_LOG, base_offset) == KW_OK) {
        problem_with_file(listener, path, status, "last segment of a partition; the log ends before it");
    }
    return KW_OK;
}

static void set_offsets(struct log_snapshot *out, const struct log_contents *contents, int64_t start_offset)
{
    out->log_end_offset = out->high_watermark = contents->tail.next_offset;
    out->log_start_offset = contents->segment_count != 0 ? contents->segments[0]->base_offset : 0;
    if (start_offset > out->log_start_offset)
        out->log_start_offset = start_offset < out->log_end_offset ? start_offset : out->log_end_offset;
}

static kw_status load(struct log_contents *contents, struct log_snapshot *out, int64_t start_offset, unsigned what,
                      kw_arena *scratch, const struct problem_listener *listener)
{
    struct producer_snapshots snapshots = {NULL, 0};
    struct lister l = {.contents = contents, .snapshots = &snapshots, .scratch = scratch, .listener = listener};
    kw_status status = list(&l);
    if (status == KW_OK)
        status = load_epochs(contents, listener);
    if (status == KW_OK)
        status = find_end(contents, what, listener);
    if (status != KW_OK)
        return status;
    set_offsets(out, contents, start_offset);
    return load_transactions(contents, out->log_end_offset, &snapshots, listener, &out->last_stable_offset);
}

kw_status log_load(struct log_snapshot *out, const char *folder, int64_t start_offset, unsigned what, size_t limit,
                   const struct problem_listener *listener)
{
    kw_arena scratch;
    memset(out, 0, sizeof *out);
    struct log_contents *contents = create_contents(limit);
    if (contents == NULL)
        return KW_ERR_NO_MEMORY;
    kw_arena_init_growing(&scratch, NULL, 0, kw_allocator_libc(), limit);
    contents->folder = arena_copy_string(&contents->arena, kw_string_of(folder)).data;
    kw_status status = contents->folder != NULL ? load(contents, out, start_offset, what, &scratch, listener)
                                                : kw_arena_status(&contents->arena);
    int error = errno;
    kw_arena_finish(&scratch);
    if (status == KW_OK)
        out->contents = contents;
    else
        release_contents(contents);
    errno = error; /* which the status may refer to */
    return status;
}

kw_status log_load_nothing(struct log_snapshot *out)
{
    memset(out, 0, sizeof *out);
    out->contents = create_contents(0);
    return out->contents != NULL ? KW_OK : KW_ERR_NO_MEMORY;
}

bool log_find_segment(const struct log_snapshot *snapshot, int64_t offset, size_t *index)
{
    size_t low = 0; /* segments before it do not begin above the offset */
    size_t high = snapshot->contents->segment_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (snapshot->contents->segments[middle]->base_offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return false;
    *index = low - 1;
    return true;
}

bool log_next_aborted(const struct log_snapshot *snapshot, size_t *i, int64_t start_offset, int64_t end_offset,
                      kw_aborted_txn *out)
{
    for (; *i < snapshot->contents->aborted_count; (*i)++) {
        const kw_aborted_txn *txn = &snapshot->contents->aborted[*i];
        if (txn->last_offset >= start_offset && txn->first_offset < end_offset) {
            *out = *txn;
            (*i)++;
            return true;
        }
    }
    return false;
}

/* Counts on the way to the caller's listener. */
struct counter {
    const struct problem_listener *listener;
    bool valid;
};

static void count(void *context, const struct file_problem *problem)
{
    struct counter *c = context;
    c->valid = false;
    if (c->listener != NULL && c->listener->report != NULL)
        c->listener->report(c->listener->context, problem);
}

kw_status log_check(const struct log_snapshot *snapshot, unsigned what, const struct problem_listener *listener,
                    bool *valid)
{
    struct counter c = {listener, true};
    const struct problem_listener counting = {count, &c};
    const struct log_contents *log = snapshot->contents;
    int64_t next_offset = 0;
    kw_status status = KW_OK;
    for (size_t i = 0; status == KW_OK && i < log->segment_count; i++) {
        int64_t base_offset = log->segments[i]->base_offset;
        char path[KW_PATH_SIZE];
        struct segment segment;
        struct segment_end end;
        if (base_offset < next_offset && path_of_segment(path, log->folder, KW_SEGMENT_FILE_LOG, base_offset) == KW_OK)
            problem_with_file(&counting, path, KW_ERR_OFFSET_ORDER, "the segment before it has these offsets, too");
        status = segment_open(&segment, log->folder, base_offset, &counting);
        if (status != KW_OK)
            break;
        segment_check(&segment, log->folder, what, &counting, &end);
        segment_close(&segment);
        next_offset = end.next_offset;
    }
    *valid = c.valid;
    return status;
}
