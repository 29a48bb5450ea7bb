/* SPDX-License-Identifier: Apache-2.0 */
#include "metadata_log.h"

#include <errno.h>
#include <string.h>

#include <kwire/control_record.h>
#include <kwire/endian.h>
#include <kwire/storage/names.h>

#include "../base/file.h"
#include "../log/segment.h"

enum { LARGEST_QUORUM_STATE = 1024 * 1024 };

/* Replays files one after the other. */
struct player {
    struct metadata_delta *delta;
    const struct problem_listener *listener;
    kw_decompressor *decompressor; /* made when it is needed: Kafka does not compress these records */
    kw_writer scratch;
    kw_arena *arena;
    struct metadata_log *out; /* NULL: of no interest */
    const char *path;         /* of the current file */
    size_t valid;             /* bytes of it */
    int64_t valid_end;        /* the offset that follows them */
    bool is_log;              /* it is a segment, and no snapshot */
    int64_t next_offset;      /* records below it have been replayed */
    int32_t epoch;
    kw_status status; /* of a shortage */
};

static void start(struct player *p, struct metadata_delta *delta, const struct problem_listener *listener)
{
    memset(p, 0, sizeof *p);
    p->delta = delta;
    p->listener = listener;
    p->epoch = -1;
    kw_writer_init_growing(&p->scratch, delta->arena.allocator, delta->arena.limit);
}

static kw_status finish(struct player *p)
{
    kw_decompressor_destroy(p->decompressor);
    kw_writer_finish(&p->scratch);
    return p->status;
}

static kw_decompressor *decompressor_for(struct player *p, const kw_batch *batch)
{
    if (p->decompressor == NULL && kw_batch_codec(batch) != KW_CODEC_NONE)
        p->decompressor = kw_decompressor_create(p->delta->arena.allocator);
    return p->decompressor;
}

/* The log is not only cut off at its end. */
static void note_gap(struct player *p)
{
    if (p->out != NULL)
        p->out->has_gap = true;
}

/* False: what follows must not be replayed. */
static bool play_batch(struct player *p, const kw_batch *batch)
{
    kw_records rs;
    kw_record record;
    kw_decompressor *decompressor = decompressor_for(p, batch);
    if (decompressor == NULL && kw_batch_codec(batch) != KW_CODEC_NONE) {
        p->status = KW_ERR_NO_MEMORY;
        return false;
    }
    (void)kw_records_init(&rs, batch, decompressor, &p->scratch);
    while (kw_records_next(&rs, &record)) {
        if (record.offset < p->next_offset)
            continue;
        if (p->out != NULL)
            p->out->has_records = true;
        kw_status status = metadata_delta_replay(p->delta, record.value);
        if (is_shortage(status)) {
            p->status = status;
            return false;
        }
        if (status != KW_OK)
            problem_at(p->listener, p->path, batch->position, record.offset, status,
                       "metadata record; it is passed over");
    }
    if (is_shortage(rs.status)) {
        p->status = rs.status;
        return false;
    }
    if (rs.status != KW_OK) {
        problem_at(p->listener, p->path, batch->position, batch->base_offset, rs.status,
                   "metadata records; those from here on are not replayed");
        note_gap(p);
        return false;
    }
    return true;
}

/* ---- control records ---- */

static kw_status copy_value(struct player *p, kw_bytes from, kw_bytes *to)
{
    uint8_t *copy = from.len > 0 ? kw_arena_alloc(p->arena, (size_t)from.len) : NULL;
    if (from.len <= 0)
        return KW_OK;
    if (copy == NULL)
        return kw_arena_status(p->arena);
    memcpy(copy, from.data, (size_t)from.len);
    *to = (kw_bytes){copy, from.len};
    return KW_OK;
}

static int16_t type_of(const kw_record *record)
{
    return record->key.len >= 4 ? (int16_t)kw_load_be16(record->key.data + 2) : -1;
}

/* The version and the voters of the quorum are in control records. */
static kw_status note_control_record(struct player *p, const kw_record *record)
{
    if (type_of(record) == KW_CONTROL_VOTERS)
        return copy_value(p, record->value, &p->out->voters);
    if (type_of(record) == KW_CONTROL_KRAFT_VERSION && record->value.len >= 4)
        p->out->kraft_version = (int16_t)kw_load_be16(record->value.data + 2);
    return KW_OK;
}

static void note_control_batch(struct player *p, const kw_batch *batch)
{
    kw_records rs;
    kw_record record;
    (void)kw_records_init(&rs, batch, NULL, NULL);
    while (p->out != NULL && p->status == KW_OK && kw_records_next(&rs, &record))
        p->status = note_control_record(p, &record);
}

/* Replays the valid part; false if that ends before the file does. */
static bool play(struct player *p, const struct segment *segment)
{
    struct segment_end end;
    kw_batches bs;
    kw_batch batch;
    segment_check(segment, "", CHECK_CRC, NULL, &end);
    if (end.status != KW_OK)
        problem_at(p->listener, p->path, end.error_at, end.next_offset, end.status,
                   "metadata; what is from here on is not replayed");
    p->valid = 0;
    p->valid_end = segment->base_offset;
    segment_batches(segment, 0, &bs);
    while (kw_batches_next(&bs, &batch) && batch.position + batch.size <= end.position) {
        if (batch.last_offset >= p->next_offset) {
            if (kw_batch_is_control(&batch))
                note_control_batch(p, &batch);
            else if (!play_batch(p, &batch))
                return false;
            p->next_offset = kw_batch_next_offset(&batch);
            p->epoch = batch.leader_epoch;
            if (p->out != NULL) {
                p->out->timestamp = batch.max_timestamp;
                p->out->bytes += batch.size;
            }
        }
        p->valid = batch.position + batch.size;
        p->valid_end = kw_batch_next_offset(&batch);
    }
    if (end.status != KW_OK && p->out != NULL && p->is_log)
        p->out->is_torn = true;
    return end.status == KW_OK && p->status == KW_OK;
}

/* ---- snapshots ---- */

/* The type of the first record of a control batch; -1 of others. */
static int control_type(const kw_batch *batch)
{
    kw_records rs;
    kw_record record;
    if (!kw_batch_is_control(batch))
        return -1;
    (void)kw_records_init(&rs, batch, NULL, NULL);
    return kw_records_next(&rs, &record) && record.key.len >= 4 ? kw_load_be16(record.key.data + 2) : -1;
}

/* A complete snapshot starts with a header and ends with a footer. */
static kw_status check_snapshot(const struct segment *segment, size_t *error_at)
{
    struct segment_end end;
    kw_batches bs;
    kw_batch batch;
    int first = -1;
    int last = -1;
    segment_check(segment, "", CHECK_CRC, NULL, &end);
    *error_at = end.error_at;
    if (end.status != KW_OK)
        return end.status;
    for (segment_batches(segment, 0, &bs); kw_batches_next(&bs, &batch);) {
        last = control_type(&batch);
        first = batch.position == 0 ? last : first;
    }
    *error_at = first != KW_CONTROL_SNAPSHOT_HEADER ? 0 : end.position;
    return first == KW_CONTROL_SNAPSHOT_HEADER && last == KW_CONTROL_SNAPSHOT_FOOTER && !end.zeros ? KW_OK
                                                                                                   : KW_ERR_TORN;
}

/* True if it is valid; then it has been replayed. */
static bool play_snapshot(struct player *p, const char *path)
{
    struct file_map file;
    struct file_reading reading;
    struct segment segment;
    size_t at = 0;
    kw_status status = file_map_open(&file, path);
    if (is_shortage(status)) {
        p->status = status;
        return false;
    }
    if (status != KW_OK) {
        problem_with_file(p->listener, path, status, "snapshot of the metadata; an older one is used");
        return false;
    }
    segment_wrap(&segment, file.data, file.size, 0);
    file_map_reading_start(&reading, &file);
    status = check_snapshot(&segment, &at);
    if (file_reading_end(&reading) != KW_OK) {
        status = KW_ERR_FILE;
        problem_with_file(p->listener, path, status, "snapshot of the metadata; an older one is used");
    } else if (status == KW_OK) {
        p->path = path;
        (void)play(p, &segment);
    } else {
        problem_at(p->listener, path, at, -1, status, "snapshot of the metadata; an older one is used");
    }
    file_map_close(&file);
    return status == KW_OK;
}

/* The end offset of the newest valid snapshot; -1: none. */
static int64_t play_newest_snapshot(struct player *p, const char *folder, const struct folder_names *names)
{
    for (size_t i = names->len; i-- > 0 && p->status == KW_OK;) {
        kw_segment_name name;
        char path[KW_PATH_SIZE];
        if (!kw_segment_name_parse(names->items[i], &name) || name.file != KW_SEGMENT_FILE_CHECKPOINT ||
            name.state != KW_FILE_STATE_LIVE || path_join(path, folder, names->items[i]) != KW_OK)
            continue;
        if (play_snapshot(p, path)) {
            p->next_offset = name.offset;
            p->epoch = name.epoch;
            p->out->bytes = 0;
            return name.offset;
        }
    }
    return -1;
}

/* ---- the log ---- */

static bool play_segment(struct player *p, const char *folder, int64_t base_offset)
{
    char path[KW_PATH_SIZE];
    struct file_map file;
    struct file_reading reading;
    struct segment segment;
    kw_status status = path_of_segment(path, folder, KW_SEGMENT_FILE_LOG, base_offset);
    if (status == KW_OK)
        status = file_map_open(&file, path);
    if (is_shortage(status)) {
        p->status = status;
        return false;
    }
    if (status != KW_OK) {
        problem_with_file(p->listener, path, status, "segment of the metadata log; it is not replayed from here on");
        note_gap(p);
        return false;
    }
    p->path = path;
    if (base_offset > p->next_offset) {
        problem_at(p->listener, path, 0, base_offset, KW_ERR_OFFSET_ORDER,
                   "the metadata before this is in no snapshot and no segment");
        note_gap(p);
    }
    segment_wrap(&segment, file.data, file.size, base_offset);
    p->is_log = true;
    file_map_reading_start(&reading, &file);
    bool whole = play(p, &segment);
    status = file_reading_end(&reading);
    if (status != KW_OK) {
        problem_with_file(p->listener, path, status, "segment of the metadata log; it is not all replayed");
        note_gap(p);
        whole = false;
    }
    file_map_close(&file);
    p->out->segment = base_offset;
    p->out->segment_size = p->valid;
    p->out->segment_end = p->valid_end;
    return whole;
}

/* Segments that end below the next offset are skipped by the base of the one after. */
static size_t play_log(struct player *p, const char *folder, const struct folder_names *names)
{
    size_t found = 0;
    int64_t base_offset = -1;
    bool whole = true;
    for (size_t i = 0; i <= names->len && whole; i++) {
        kw_segment_name name;
        if (i < names->len && (!kw_segment_name_parse(names->items[i], &name) || name.file != KW_SEGMENT_FILE_LOG ||
                               name.state != KW_FILE_STATE_LIVE))
            continue;
        if (base_offset >= 0 && (i == names->len || name.offset > p->next_offset))
            whole = play_segment(p, folder, base_offset);
        if (i < names->len) {
            base_offset = name.offset;
            found++;
            if (!whole) /* and this one follows */
                note_gap(p);
        }
    }
    return found;
}

static kw_status load_quorum_state(kw_quorum_state *out, const char *folder, kw_arena *arena,
                                   const struct problem_listener *listener)
{
    char path[KW_PATH_SIZE];
    kw_bytes text = {NULL, 0};
    size_t at = 0;
    kw_status status = path_join(path, folder, kw_string_of(KW_QUORUM_STATE_NAME));
    if (status == KW_OK)
        status = file_load(path, LARGEST_QUORUM_STATE, arena, &text);
    if (is_shortage(status))
        return status;
    if (status != KW_OK && status != KW_ERR_NO_FILE)
        problem_with_file(listener, path, status, "state of the quorum; it is not known");
    kw_string view = kw_string_of_bytes(text);
    kw_status parsed = kw_quorum_state_parse(out, view, arena, &at);
    if (is_shortage(parsed))
        return parsed;
    if (status == KW_OK && parsed != KW_OK)
        problem_at(listener, path, at, -1, parsed, "state of the quorum");
    return KW_OK;
}

kw_status metadata_log_replay(struct metadata_log *out, const char *folder, struct metadata_delta *delta,
                              kw_arena *arena, const struct problem_listener *listener)
{
    struct folder_names names;
    struct player p;
    memset(out, 0, sizeof *out);
    out->snapshot_offset = out->quorum.leader_id = out->quorum.voted_id = -1;
    out->epoch = out->quorum.leader_epoch = out->quorum.data_version = -1;
    out->segment = out->timestamp = -1;
    out->voters.len = -1;
    kw_status status = folder_list(folder, arena, &names);
    if (status != KW_OK)
        return status;
    size_t segments = 0;
    start(&p, delta, listener);
    p.arena = arena;
    p.out = out;
    out->snapshot_offset = play_newest_snapshot(&p, folder, &names);
    out->has_records = out->snapshot_offset > 0;
    if (p.status == KW_OK)
        segments = play_log(&p, folder, &names);
    status = finish(&p);
    out->end_offset = p.next_offset;
    out->epoch = p.epoch;
    out->in_transaction = delta->in_transaction;
    out->has_unknown = delta->unknown != 0 || delta->damaged != 0;
    kw_status quorum = load_quorum_state(&out->quorum, folder, arena, listener);
    if (status != KW_OK || quorum != KW_OK)
        return status != KW_OK ? status : quorum;
    return out->snapshot_offset < 0 && segments == 0 ? KW_ERR_NO_FILE : KW_OK;
}

kw_status metadata_file_replay(const char *file, struct metadata_delta *delta, const struct problem_listener *listener)
{
    struct player p;
    struct segment segment;
    struct file_map mapped;
    struct file_reading reading;
    kw_status status = file_map_open(&mapped, file);
    if (status != KW_OK)
        return status;
    start(&p, delta, listener);
    p.path = file;
    segment_wrap(&segment, mapped.data, mapped.size, 0);
    file_map_reading_start(&reading, &mapped);
    (void)play(&p, &segment);
    status = file_reading_end(&reading);
    int error = errno;
    if (p.status == KW_OK)
        p.status = status;
    file_map_close(&mapped);
    status = finish(&p);
    errno = error;
    return status;
}
