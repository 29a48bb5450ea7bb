/* SPDX-License-Identifier: Apache-2.0 */
#include "metadata_writer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <kwire/control_record.h>
#include <kwire/record_builder.h>
#include <kwire/storage/partition_metadata.h>

#include "../observe/console.h"
#include "quorum_files.h"

enum { LARGEST_BATCH = 64 * 1024 * 1024, NAMES_LIMIT = 64 * 1024 * 1024 };

static bool refuse(const struct metadata_writer *w, const char *what, kw_status status)
{
    complain("%s: %s: %s", w->folder, what, status == KW_ERR_FILE ? strerror(errno) : kw_status_text(status));
    return false;
}

/* ---- opening ---- */

static kw_status open_segment(struct metadata_writer *w, struct file *file, int64_t base_offset, unsigned how)
{
    char path[KW_PATH_SIZE];
    kw_status status = path_of_segment(path, w->folder, KW_SEGMENT_FILE_LOG, base_offset);
    if (status == KW_OK)
        status = file_open(file, path, how);
    if (status == KW_OK && (how & FILE_CREATE) != 0)
        status = folder_sync(w->folder);
    return status;
}

/* The segment before continues: if a file were left with a later offset, whoever reads the log would take that one's
 * end for it. */
static void remove_segment(struct metadata_writer *w, int64_t base_offset)
{
    char path[KW_PATH_SIZE];
    kw_status status = path_of_segment(path, w->folder, KW_SEGMENT_FILE_LOG, base_offset);
    if (status == KW_OK)
        status = file_remove(path);
    w->is_broken = w->is_broken || (status != KW_OK && status != KW_ERR_NO_FILE);
}

static kw_status create_segment(struct metadata_writer *w, int64_t base_offset)
{
    struct file file = FILE_NONE;
    kw_status status = open_segment(w, &file, base_offset, FILE_CREATE | FILE_TRUNCATE);
    if (status != KW_OK) {
        int error = errno;
        (void)file_close(&file);
        remove_segment(w, base_offset);
        errno = error;
        return status;
    }
    (void)file_close(&w->file);
    w->file = file;
    w->base_offset = base_offset;
    w->size = 0;
    return KW_OK;
}

/* Cuts off what a write that did not end has left. */
static kw_status cut_tail(struct metadata_writer *w)
{
    size_t size;
    kw_status status = file_size(&w->file, &size);
    if (status != KW_OK || size == w->size)
        return status;
    console_line("%s: %zu bytes after offset %lld are removed", w->folder, size - w->size, (long long)w->end_offset);
    status = file_truncate(&w->file, w->size);
    return status == KW_OK ? file_sync(&w->file) : status;
}

static kw_status open_last_segment(struct metadata_writer *w, const struct metadata_log *log)
{
    bool continues = log->segment >= 0 && log->segment_end == log->end_offset;
    if (!continues)
        return create_segment(w, w->end_offset);
    w->base_offset = log->segment;
    w->size = log->segment_size;
    kw_status status = open_segment(w, &w->file, log->segment, 0);
    return status == KW_OK ? cut_tail(w) : status;
}

bool metadata_writer_open(struct metadata_writer *w, const char *folder, const struct metadata_log *log,
                          size_t segment_bytes)
{
    memset(w, 0, sizeof *w);
    w->file = (struct file)FILE_NONE;
    w->segment_bytes = segment_bytes;
    w->end_offset = log->end_offset > 0 ? log->end_offset : 0;
    w->epoch = -1;
    kw_writer_init_growing(&w->batch, kw_allocator_libc(), LARGEST_BATCH);
    int length = snprintf(w->folder, sizeof w->folder, "%s", folder);
    if (length < 0 || (size_t)length >= sizeof w->folder) {
        errno = ENAMETOOLONG;
        return refuse(w, "folder", KW_ERR_FILE);
    }
    if (!folder_create(folder))
        return refuse(w, "folder", KW_ERR_FILE);
    kw_status status = open_last_segment(w, log);
    return status == KW_OK || refuse(w, "metadata log", status);
}

void metadata_writer_close(struct metadata_writer *w)
{
    if (w->folder[0] == '\0')
        return;
    (void)file_close(&w->file);
    kw_writer_finish(&w->batch);
    w->folder[0] = '\0';
}

/* ---- batches ---- */

static void prepare(const struct metadata_writer *w, kw_batch_options *options)
{
    kw_batch_options_init(options);
    options->base_offset = w->end_offset;
    options->leader_epoch = w->epoch;
}

static kw_status build(struct metadata_writer *w, const kw_bytes *values, size_t count, int64_t now)
{
    kw_batch_options options;
    kw_batch_builder b;
    prepare(w, &options);
    kw_status status = kw_batch_builder_init(&b, &w->batch, &options);
    for (size_t i = 0; status == KW_OK && i < count; i++) {
        const kw_new_record record = {.timestamp = now, .key = {NULL, -1}, .value = values[i]};
        status = kw_batch_builder_append(&b, &record);
    }
    return status == KW_OK ? kw_batch_builder_end(&b) : status;
}

/* Writes the batch that has been built. What of it is in the file after an error is cut off again; only if the disk is
 * full, or memory was short, and that succeeds is it known what the file contains. */
static enum append_outcome write_batch(struct metadata_writer *w, size_t count)
{
    const kw_span bytes = kw_writer_data(&w->batch);
    kw_status status = file_write(&w->file, w->size, &bytes, 1);
    if (status == KW_OK) {
        w->size += bytes.size;
        w->written += bytes.size;
        w->end_offset += (int64_t)count;
        return APPENDED;
    }
    bool passes = is_full(status) || is_shortage(status);
    console_line("%s: the metadata log cannot be written: %s", w->folder, strerror(errno));
    bool cut = file_truncate(&w->file, w->size) == KW_OK;
    w->is_broken = !passes || !cut;
    return w->is_broken ? APPEND_FAILED : NOT_APPENDED;
}

static bool may_append(struct metadata_writer *w, int64_t offset)
{
    kw_writer_reset(&w->batch);
    if (!w->is_broken && offset != w->end_offset)
        console_line("%s: records of offset %lld cannot follow offset %lld", w->folder, (long long)offset,
                     (long long)w->end_offset);
    return !w->is_broken && offset == w->end_offset;
}

/* What has been built. */
static enum append_outcome append_batch(struct metadata_writer *w, kw_status status, size_t count)
{
    if (status != KW_OK) {
        console_line("%s: no batch of metadata records: %s", w->folder, kw_status_text(status));
        return NOT_APPENDED;
    }
    if (w->size >= w->segment_bytes)
        metadata_writer_roll(w);
    return w->is_broken ? APPEND_FAILED : write_batch(w, count);
}

enum append_outcome metadata_writer_append(void *writer, const kw_bytes *values, size_t count, int64_t offset,
                                           int64_t now)
{
    struct metadata_writer *w = writer;
    return may_append(w, offset) ? append_batch(w, build(w, values, count, now), count) : APPEND_FAILED;
}

bool metadata_writer_sync(void *writer)
{
    struct metadata_writer *w = writer;
    if (w->is_broken || file_sync(&w->file) == KW_OK)
        return !w->is_broken;
    w->is_broken = true;
    console_line("%s: the metadata log cannot be synced: %s", w->folder, strerror(errno));
    return false;
}

/* What is in a segment is on the disk before the next one exists. */
void metadata_writer_roll(struct metadata_writer *w)
{
    if (w->size == 0)
        return;
    if (!metadata_writer_sync(w))
        return;
    kw_status status = create_segment(w, w->end_offset);
    if (status != KW_OK)
        console_line("%s: no new segment: %s", w->folder,
                     status == KW_ERR_FILE ? strerror(errno) : kw_status_text(status));
}

/* ---- leading ---- */

static kw_status add_leader_change(kw_batch_builder *b, const struct metadata_leader *leader)
{
    kw_leader_change_message_voter self = {.voter_id = leader->node_id};
    kw_control_record record = {.type = KW_CONTROL_LEADER_CHANGE};
    kw_leader_change_message_init(&record.value.leader_change);
    record.value.leader_change.leader_id = leader->node_id;
    record.value.leader_change.voters.items = &self;
    record.value.leader_change.voters.len = 1;
    record.value.leader_change.granting_voters = record.value.leader_change.voters;
    return kw_batch_builder_append_control(b, leader->now, &record);
}

static kw_status add_quorum(kw_batch_builder *b, int16_t kraft_version, const kw_voters_record *all, int64_t now)
{
    kw_control_record version = {.type = KW_CONTROL_KRAFT_VERSION};
    kw_control_record voters = {.type = KW_CONTROL_VOTERS};
    kw_kraft_version_record_init(&version.value.kraft_version);
    version.value.kraft_version.kraft_version = kraft_version;
    voters.value.voters = *all;
    kw_status status = kw_batch_builder_append_control(b, now, &version);
    return status == KW_OK ? kw_batch_builder_append_control(b, now, &voters) : status;
}

enum append_outcome metadata_writer_append_quorum(struct metadata_writer *w, int16_t kraft_version,
                                                  const kw_voters_record *voters, int64_t offset, int64_t now)
{
    kw_batch_options options;
    kw_batch_builder b;
    if (!may_append(w, offset))
        return APPEND_FAILED;
    prepare(w, &options);
    options.control = true;
    kw_status status = kw_batch_builder_init(&b, &w->batch, &options);
    if (status == KW_OK)
        status = add_quorum(&b, kraft_version, voters, now);
    if (status == KW_OK)
        status = kw_batch_builder_end(&b);
    return append_batch(w, status, QUORUM_RECORDS);
}

static kw_status build_first(struct metadata_writer *w, const struct metadata_leader *leader)
{
    kw_batch_options options;
    kw_batch_builder b;
    prepare(w, &options);
    options.control = true;
    kw_writer_reset(&w->batch);
    kw_status status = kw_batch_builder_init(&b, &w->batch, &options);
    if (status == KW_OK)
        status = add_leader_change(&b, leader);
    if (status == KW_OK && leader->voters != NULL)
        status = add_quorum(&b, leader->kraft_version, leader->voters, leader->now);
    return status == KW_OK ? kw_batch_builder_end(&b) : status;
}

bool metadata_writer_lead(struct metadata_writer *w, const struct metadata_leader *leader)
{
    int64_t start_offset = w->end_offset;
    w->epoch = leader->epoch;
    kw_status status = build_first(w, leader);
    if (status != KW_OK)
        return refuse(w, "metadata log", status);
    if (write_batch(w, leader->voters != NULL ? 1 + QUORUM_RECORDS : 1) != APPENDED || !metadata_writer_sync(w)) {
        complain("%s: the metadata log cannot be written", w->folder);
        return false;
    }
    return quorum_files_write(w->folder, leader->node_id, leader->epoch, leader->kraft_version, start_offset);
}

/* ---- removal ---- */

static void remove_file(const struct metadata_writer *w, kw_string name)
{
    char path[KW_PATH_SIZE];
    kw_status status = path_join(path, w->folder, name);
    if (status == KW_OK)
        status = file_remove(path);
    if (status != KW_OK && status != KW_ERR_NO_FILE)
        console_line("%s/%.*s cannot be removed: %s", w->folder, KW_FMT(name), strerror(errno));
}

/* Where a file of a segment goes, its log and what is beside it: it is below `offset` if the next segment starts at or
 * below that. */
static bool is_below(const struct folder_names *names, size_t i, const kw_segment_name *name, int64_t offset)
{
    for (size_t k = i + 1; k < names->len; k++) {
        kw_segment_name next;
        if (kw_segment_name_parse(names->items[k], &next) && next.file == KW_SEGMENT_FILE_LOG &&
            next.state == KW_FILE_STATE_LIVE && next.offset > name->offset)
            return next.offset <= offset;
    }
    return false;
}

static bool may_go(const struct folder_names *names, size_t i, int64_t offset)
{
    kw_segment_name name;
    if (!kw_segment_name_parse(names->items[i], &name))
        return false;
    if (name.file == KW_SEGMENT_FILE_CHECKPOINT)
        return name.state == KW_FILE_STATE_PART || (name.offset > 0 && name.offset < offset);
    return name.offset < offset && is_below(names, i, &name, offset);
}

void metadata_writer_remove_below(struct metadata_writer *w, int64_t offset)
{
    struct folder_names names;
    kw_arena arena;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), NAMES_LIMIT);
    if (folder_list(w->folder, &arena, &names) == KW_OK)
        for (size_t i = 0; i < names.len; i++)
            if (may_go(&names, i, offset))
                remove_file(w, names.items[i]);
    kw_arena_finish(&arena);
}
