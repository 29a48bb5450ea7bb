/* SPDX-License-Identifier: Apache-2.0 */
#include "partition_log.h"

#include <inttypes.h>

#include <kwire/storage/names.h>

#include "folder.h"
#include "order.h"
#include "report.h"

/* More than any real one: a line for each change of leader. */
enum { LARGEST_EPOCH_FILE = 64 * 1024 * 1024 };

typedef struct lister {
    kw_partition_log *log;
    kwi_snapshots *snapshots;
    kw_arena *arena;
    const kw_disk_listener *listener;
    size_t segment_room;
    size_t snapshot_room;
} lister;

static bool have(const kwi_names *names, int64_t offset, const char *suffix)
{
    char wanted[48];
    (void)snprintf(wanted, sizeof wanted, "%020" PRId64 "%s", offset, suffix);
    size_t low = 0;
    size_t high = names->len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = kwi_string_order(names->items[middle], kw_string_of(wanted));
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static kw_status add_segment(lister *l, const kwi_names *names, int64_t offset)
{
    kw_partition_log *log = l->log;
    void *items = kwi_room(l->arena, log->segments, log->segment_count, &l->segment_room, sizeof *log->segments);
    if (items == NULL)
        return kw_arena_status(l->arena);
    log->segments = items;
    kw_log_segment *segment = &log->segments[log->segment_count++];
    segment->base_offset = offset;
    segment->has_index = have(names, offset, ".index");
    segment->has_txn_index = have(names, offset, ".txnindex");
    return KW_OK;
}

static kw_status add_snapshot(lister *l, int64_t offset)
{
    kwi_snapshots *snapshots = l->snapshots;
    void *items = kwi_room(l->arena, snapshots->offsets, snapshots->len, &l->snapshot_room, sizeof *snapshots->offsets);
    if (items == NULL)
        return kw_arena_status(l->arena);
    snapshots->offsets = items;
    snapshots->offsets[snapshots->len++] = offset;
    return KW_OK;
}

static kw_status add_name(lister *l, const kwi_names *names, kw_string name)
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
        !have(names, parsed.offset, ".log") && kwi_segment_path(path, l->log->folder, parsed.offset, ".log") == KW_OK)
        kwi_report_file(l->listener, path, KW_ERR_NO_FILE,
                        "the log cleaner was interrupted: its records are in .log.swap until Kafka starts again");
    return KW_OK;
}

static kw_status list(lister *l)
{
    kwi_names names;
    kw_status status = kwi_list_folder(l->log->folder, l->arena, &names);
    for (size_t i = 0; status == KW_OK && i < names.len; i++)
        status = add_name(l, &names, names.items[i]);
    return status;
}

static kw_status load_epochs(kw_partition_log *log, kw_arena *arena, const kw_disk_listener *listener)
{
    char path[KW_PATH_SIZE];
    kw_bytes text;
    size_t at = 0;
    kw_status status = kwi_path(path, log->folder, kw_string_of("leader-epoch-checkpoint"));
    if (status == KW_OK)
        status = kw_file_load(path, LARGEST_EPOCH_FILE, arena, &text);
    if (status == KW_ERR_NO_FILE)
        return KW_OK;
    if (kwi_is_shortage(status))
        return status;
    if (status != KW_OK) {
        kwi_report_file(listener, path, status, "leader epochs of a partition");
        return KW_OK;
    }
    kw_string view = kw_string_of_bytes(text);
    status = kw_leader_epochs_parse(&log->epochs, view, arena, &at);
    if (kwi_is_shortage(status))
        return status;
    if (status != KW_OK)
        kwi_report_at(listener, path, at, -1, status,
                      "leader epochs of a partition; those that could be read are used");
    return KW_OK;
}

/* Where the log ends, by its last segment. */
static kw_status find_end(kw_partition_log *log, unsigned what, const kw_disk_listener *listener)
{
    if (log->segment_count == 0)
        return KW_OK;
    int64_t base_offset = log->segments[log->segment_count - 1].base_offset;
    kw_segment segment;
    char path[KW_PATH_SIZE];
    kw_status status = kw_segment_open(&segment, log->folder, base_offset, listener);
    log->tail.next_offset = base_offset;
    if (kwi_is_shortage(status))
        return status;
    if (status == KW_OK) {
        unsigned how = (what & KW_CHECK_CRC) != 0 ? KW_CHECK_CRC : KW_CHECK_FROM_INDEX;
        kw_segment_check(&segment, log->folder, how, listener, &log->tail);
        kw_segment_close(&segment);
    } else if (kwi_segment_path(path, log->folder, base_offset, ".log") == KW_OK) {
        kwi_report_file(listener, path, status, "last segment of a partition; the log ends before it");
    }
    log->end_offset = log->tail.next_offset;
    return KW_OK;
}

kw_status kw_partition_log_open(kw_partition_log *log, const char *folder, int64_t start_offset, unsigned what,
                                kw_arena *arena, const kw_disk_listener *listener)
{
    memset(log, 0, sizeof *log);
    log->folder = kwi_copy_string(arena, kw_string_of(folder)).data;
    if (log->folder == NULL)
        return kw_arena_status(arena);
    kwi_snapshots snapshots = {NULL, 0};
    lister l = {log, &snapshots, arena, listener, 0, 0};
    kw_status status = list(&l);
    if (status == KW_OK)
        status = load_epochs(log, arena, listener);
    if (status == KW_OK)
        status = find_end(log, what, listener);
    if (status != KW_OK)
        return status;
    log->start_offset = log->segment_count != 0 ? log->segments[0].base_offset : 0;
    if (start_offset > log->start_offset)
        log->start_offset = start_offset < log->end_offset ? start_offset : log->end_offset;
    return kwi_load_transactions(log, &snapshots, arena, listener);
}

bool kw_partition_log_segment(const kw_partition_log *log, int64_t offset, size_t *index)
{
    size_t low = 0; /* segments before it do not begin above the offset */
    size_t high = log->segment_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (log->segments[middle].base_offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return false;
    *index = low - 1;
    return true;
}

bool kw_partition_log_aborted(const kw_partition_log *log, size_t *i, int64_t start_offset, int64_t end_offset,
                              kw_aborted_txn *out)
{
    for (; *i < log->aborted_count; (*i)++) {
        const kw_aborted_txn *txn = &log->aborted[*i];
        if (txn->last_offset >= start_offset && txn->first_offset < end_offset) {
            *out = *txn;
            (*i)++;
            return true;
        }
    }
    return false;
}

/* In one segment: the first record of that time at `*from` or after it. */
static kw_status find_time_in(const kw_segment *segment, int64_t timestamp, int64_t from, kw_decompressor *decompressor,
                              kw_writer *scratch, kw_time_offset *out)
{
    kw_batch batch;
    while (kw_segment_find_time(segment, timestamp, from, &batch)) {
        kw_record record;
        kw_status status;
        if (kw_batch_find_time(&batch, timestamp, from, decompressor, scratch, &record, &status)) {
            out->timestamp = record.timestamp;
            out->offset = record.offset;
            out->leader_epoch = batch.leader_epoch;
            return KW_OK;
        }
        if (status != KW_OK)
            return status;
        from = kw_batch_next_offset(&batch);
    }
    return KW_OK;
}

static void find_none(kw_time_offset *out)
{
    out->timestamp = KW_NO_TIMESTAMP;
    out->offset = KW_NO_OFFSET;
    out->leader_epoch = KW_NO_LEADER_EPOCH;
}

/* The same from segment `i` on. */
static kw_status find_time_from(const kw_partition_log *log, size_t i, int64_t from, int64_t timestamp,
                                kw_decompressor *decompressor, kw_writer *scratch, kw_time_offset *out)
{
    find_none(out);
    for (; i < log->segment_count && out->offset < 0; i++) {
        kw_segment segment;
        kw_status status = kw_segment_open(&segment, log->folder, log->segments[i].base_offset, NULL);
        if (status != KW_OK)
            return status;
        status = find_time_in(&segment, timestamp, from, decompressor, scratch, out);
        kw_segment_close(&segment);
        if (status != KW_OK)
            return status;
    }
    if (out->offset >= log->end_offset)
        find_none(out);
    return KW_OK;
}

kw_status kw_partition_log_find_time(const kw_partition_log *log, int64_t timestamp, kw_decompressor *decompressor,
                                     kw_writer *scratch, kw_time_offset *out)
{
    size_t first;
    if (!kw_partition_log_segment(log, log->start_offset, &first))
        first = 0;
    return find_time_from(log, first, log->start_offset, timestamp, decompressor, scratch, out);
}

kw_status kw_partition_log_find_newest(const kw_partition_log *log, kw_decompressor *decompressor, kw_writer *scratch,
                                       kw_time_offset *out)
{
    int64_t newest = KW_NO_TIMESTAMP;
    size_t where = 0;
    find_none(out);
    for (size_t i = 0; i < log->segment_count; i++) {
        kw_segment segment;
        kw_batch batch;
        kw_status status = kw_segment_open(&segment, log->folder, log->segments[i].base_offset, NULL);
        if (status != KW_OK)
            return status;
        if (kw_segment_find_newest(&segment, &batch) && batch.max_timestamp > newest) {
            newest = batch.max_timestamp;
            where = i;
        }
        kw_segment_close(&segment);
    }
    if (newest == KW_NO_TIMESTAMP)
        return KW_OK;
    const int64_t least = 0; /* what a damaged record says can be less */
    return find_time_from(log, where, least, newest, decompressor, scratch, out);
}

/* Counts on the way to the caller's listener. */
typedef struct counter {
    const kw_disk_listener *listener;
    bool sound;
} counter;

static void count(void *context, const kw_disk_problem *problem)
{
    counter *c = context;
    c->sound = false;
    if (c->listener != NULL && c->listener->report != NULL)
        c->listener->report(c->listener->context, problem);
}

kw_status kw_partition_log_check(const kw_partition_log *log, unsigned what, const kw_disk_listener *listener,
                                 bool *sound)
{
    counter c = {listener, true};
    const kw_disk_listener counting = {count, &c};
    int64_t next_offset = 0;
    kw_status status = KW_OK;
    for (size_t i = 0; status == KW_OK && i < log->segment_count; i++) {
        int64_t base_offset = log->segments[i].base_offset;
        char path[KW_PATH_SIZE];
        kw_segment segment;
        kw_segment_end end;
        if (base_offset < next_offset && kwi_segment_path(path, log->folder, base_offset, ".log") == KW_OK)
            kwi_report_file(&counting, path, KW_ERR_OFFSET_ORDER, "the segment before it has these offsets, too");
        status = kw_segment_open(&segment, log->folder, base_offset, &counting);
        if (status != KW_OK)
            break;
        kw_segment_check(&segment, log->folder, what, &counting, &end);
        kw_segment_close(&segment);
        next_offset = end.next_offset;
    }
    *sound = c.sound;
    return status;
}
