/* SPDX-License-Identifier: Apache-2.0 */
#include "clean_segment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/crc.h>
#include <kwire/error.h>

#include "../../base/file.h"
#include "../../observe/console.h"
#include "../log_dir.h"
#include "../segment_cache.h"
#include "../segment_writer.h"
#include "clean_range.h"
#include "segment_stream.h"

/* ---- reading ---- */

enum { PACED = 64 * 1024 };

enum clean_outcome clean_failed(struct partition_log *log, kw_status status, const char *what)
{
    int error = errno;
    if (status == KW_ERR_NO_MEMORY || status == KW_ERR_MEMORY_LIMIT || is_shortage(status) || is_full(status)) {
        console_peer("%s: %s: %s; it is tried again", log->folder, what,
                     status == KW_ERR_FILE ? strerror(error) : kw_status_text(status));
        return CLEAN_LATER;
    }
    console_line("%s: %s: %s", log->folder, what, status == KW_ERR_FILE ? strerror(error) : kw_status_text(status));
    errno = error;
    return log_dir_fail_with(log->dir, status) || is_disk_failure(status) ? CLEAN_FAILED : CLEAN_UNREADABLE;
}

static enum clean_outcome unreadable(const struct partition_log *log, const struct log_segment *segment,
                                     kw_status status, size_t position)
{
    console_line("%s: it is not compacted: segment %lld, byte %zu: %s", log->folder, (long long)segment->base_offset,
                 position, kw_status_text(status));
    return CLEAN_UNREADABLE;
}

uint32_t clean_add_header(uint32_t headers, const kw_batch *header)
{
    return header->magic >= KW_MAGIC_V2 ? kw_crc32c(headers, header->data, KW_BATCH_V2_RECORDS) : headers;
}

/* Where a reader is in a segment. */
struct reading {
    struct segment_stream stream;
    const struct clean_visitor *visitor;
    int64_t next_offset;
    size_t unpaced; /* bytes that have been read since it was asked whether to continue */
};

static enum clean_outcome pace(struct reading *r, const struct clean_input *input)
{
    bool continues = input->pace.next(input->pace.context, r->unpaced);
    r->unpaced = 0;
    return continues ? CLEAN_DONE : CLEAN_STOPPED;
}

/* Leaves out batches as long as that is possible, and nobody has to be asked whether to continue. */
static void skip(struct reading *r)
{
    kw_batch header;
    while (r->visitor->skips != NULL && r->unpaced < PACED && segment_stream_peek(&r->stream, &header) &&
           header.base_offset >= r->next_offset && r->visitor->skips(r->visitor->context, &header)) {
        segment_stream_skip(&r->stream, &header);
        r->next_offset = kw_batch_next_offset(&header);
        r->unpaced += KW_BATCH_V2_RECORDS;
    }
}

enum clean_outcome clean_read(const struct clean_input *input, struct partition_log *log, struct log_segment *segment,
                              size_t position, const struct clean_visitor *visitor)
{
    struct open_segment *open;
    struct reading r = {.visitor = visitor, .next_offset = segment->base_offset};
    kw_batch batch;
    if (segment_hold(log->cache, segment, log->folder, false, &open) != KW_ERROR_NONE)
        return CLEAN_FAILED;
    enum clean_outcome outcome = CLEAN_DONE;
    segment_stream_open(&r.stream, log->folder, &open->segment, position, input->buffer, input->buffer_size);
    while (outcome == CLEAN_DONE) {
        skip(&r);
        if (!segment_stream_next(&r.stream, &batch))
            break;
        r.unpaced += batch.size;
        if (batch.base_offset < r.next_offset && batch.magic >= KW_MAGIC_V2)
            outcome = unreadable(log, segment, KW_ERR_OFFSET_ORDER, batch.position);
        else
            outcome = r.unpaced < PACED ? CLEAN_DONE : pace(&r, input);
        if (outcome == CLEAN_DONE)
            outcome = visitor->take(visitor->context, &batch);
        r.next_offset = kw_batch_next_offset(&batch);
    }
    if (outcome == CLEAN_DONE && r.stream.status == KW_ERR_FILE)
        outcome = clean_failed(log, r.stream.status, "reading a segment to be cleaned");
    else if (outcome == CLEAN_DONE && r.stream.status != KW_OK)
        outcome = unreadable(log, segment, r.stream.status, r.stream.position);
    else if (outcome == CLEAN_DONE)
        outcome = pace(&r, input);
    segment_stream_close(&r.stream);
    segment_release(open);
    return outcome;
}

/* ---- writing ---- */

enum { WRITE_BACK = 4 * 1024 * 1024 };

struct target {
    struct cleaning *c;
    struct segment_writer writer;
    size_t written_back; /* the disk has started with what is before */
    uint32_t headers;    /* as in struct clean_source */
    kw_aborted_txn *aborted;
    size_t aborted_count;
    size_t aborted_capacity;
};

static enum clean_outcome flush(struct target *t)
{
    kw_span all = kw_writer_data(t->c->out);
    kw_batches batches;
    kw_batch batch;
    if (all.size == 0)
        return CLEAN_DONE;
    kw_status status = segment_writer_write(&t->writer, t->c->log->folder, &all, 1);
    kw_batches_init_memory(&batches, all.data, all.size);
    while (status == KW_OK && kw_batches_next(&batches, &batch)) {
        status = segment_writer_reserve(&t->writer, 1);
        if (status == KW_OK)
            segment_writer_add(&t->writer, &(struct batch_facts){batch.size, batch.base_offset, batch.last_offset,
                                                                 batch.max_timestamp});
    }
    kw_writer_reset(t->c->out);
    if (status != KW_OK)
        return clean_failed(t->c->log, status, "writing a cleaned segment");
    t->c->statistics.bytes_written += all.size;
    if (t->writer.size - t->written_back >= WRITE_BACK) {
        segment_writer_write_back(&t->writer, t->c->log->folder, t->written_back);
        t->written_back = t->writer.size;
    }
    return t->c->input->pace.next(t->c->input->pace.context, all.size) ? CLEAN_DONE : CLEAN_STOPPED;
}

static kw_status keep_aborted(struct target *t, const kw_aborted_txn *txn)
{
    if (t->aborted_count == t->aborted_capacity) {
        size_t capacity = t->aborted_capacity * 2 + 16;
        kw_aborted_txn *items = realloc(t->aborted, capacity * sizeof *items);
        if (items == NULL)
            return KW_ERR_NO_MEMORY;
        t->aborted = items;
        t->aborted_capacity = capacity;
    }
    t->aborted[t->aborted_count++] = *txn;
    return segment_writer_add_aborted(&t->writer, t->c->log->folder, txn);
}

static void add_header(struct target *t, const kw_batch *header)
{
    if (header->base_offset >= t->c->first_dirty && header->base_offset <= t->c->rules->map->latest)
        t->headers = clean_add_header(t->headers, header);
}

static bool skips(void *context, const kw_batch *header)
{
    struct target *t = context;
    struct clean_verdict verdict;
    if (!clean_batch_goes(t->c->rules, header) || !clean_transactions_next(t->c->transactions, header, &verdict))
        return false;
    add_header(t, header);
    t->c->statistics.bytes_read += header->size;
    return true;
}

static enum clean_outcome take(void *context, const kw_batch *batch)
{
    struct target *t = context;
    struct cleaning *c = t->c;
    struct clean_verdict verdict;
    kw_status status = clean_transactions_next(c->transactions, batch, &verdict) ? KW_OK : KW_ERR_NO_MEMORY;
    if (status == KW_OK && verdict.kept != NULL)
        status = keep_aborted(t, verdict.kept);
    if (status == KW_OK)
        status = clean_batch(c->rules, batch, &verdict, c->tools, c->out);
    if (status != KW_OK)
        return clean_failed(c->log, status, "cleaning a batch");
    add_header(t, batch);
    c->statistics.bytes_read += batch->size;
    return kw_writer_data(c->out).size >= c->buffer_size ? flush(t) : CLEAN_DONE;
}

/* ---- files ---- */

static kw_status sync_one(const char *folder, kw_segment_file kind, int64_t base_offset)
{
    char path[KW_PATH_SIZE];
    kw_status status = path_of_segment_file(path, folder, kind, base_offset, KW_FILE_STATE_CLEANED);
    return status == KW_OK ? file_sync_path(path) : status;
}

/* Retention by time goes by when the records were written, not by when they were cleaned. */
static kw_status keep_time(const struct target *t, int64_t last_offset)
{
    char to[KW_PATH_SIZE];
    int64_t modified = segment_modified_ms(t->c->log->folder, last_offset);
    kw_status status = path_of_segment_file(to, t->c->log->folder, KW_SEGMENT_FILE_LOG, t->writer.segment->base_offset,
                                            KW_FILE_STATE_CLEANED);
    return status == KW_OK && modified >= 0 ? file_set_modified(to, modified) : status;
}

static enum clean_outcome finish(struct target *t, int64_t last_offset)
{
    const char *folder = t->c->log->folder;
    int64_t base_offset = t->writer.segment->base_offset;
    kw_status status = segment_writer_finish(&t->writer, folder);
    if (status == KW_OK)
        status = sync_one(folder, KW_SEGMENT_FILE_LOG, base_offset);
    if (status == KW_OK)
        status = sync_one(folder, KW_SEGMENT_FILE_INDEX, base_offset);
    if (status == KW_OK)
        status = sync_one(folder, KW_SEGMENT_FILE_TIME_INDEX, base_offset);
    if (status == KW_OK && t->aborted_count != 0)
        status = sync_one(folder, KW_SEGMENT_FILE_TXN_INDEX, base_offset);
    if (status == KW_OK)
        status = keep_time(t, last_offset);
    return status == KW_OK ? CLEAN_DONE : clean_failed(t->c->log, status, "writing a cleaned segment");
}

/* ---- all of it ---- */

static enum clean_outcome fill_from(struct target *t, size_t i)
{
    struct log_segment *segment = t->c->snapshot->contents->segments[i];
    const struct clean_visitor visitor = {take, skips, t};
    t->headers = 0;
    t->c->rules->keeps_old_tombstones =
        segment_modified_ms(t->c->log->folder, segment->base_offset) > t->c->old_horizon;
    enum clean_outcome outcome = clean_read(t->c->input, t->c->log, segment, 0, &visitor);
    if (outcome == CLEAN_DONE && t->headers != t->c->sources[i].headers)
        outcome = unreadable(t->c->log, segment, KW_ERR_CRC, 0);
    return outcome;
}

static enum clean_outcome fill(struct target *t, size_t first, size_t count)
{
    struct log_segment *const *segments = t->c->snapshot->contents->segments;
    enum clean_outcome outcome = CLEAN_DONE;
    kw_writer_reset(t->c->out);
    for (size_t i = first; outcome == CLEAN_DONE && i < first + count; i++)
        outcome = fill_from(t, i);
    if (outcome == CLEAN_DONE)
        outcome = flush(t);
    return outcome == CLEAN_DONE ? finish(t, segments[first + count - 1]->base_offset) : outcome;
}

static enum clean_outcome swap(struct target *t, size_t first, size_t count)
{
    t->writer.segment->has_txn_index = t->aborted_count != 0;
    const struct cleaned_segment by = {t->writer.segment, t->aborted_count != 0, t->aborted, t->aborted_count};
    int16_t error = segment_swap(t->c->log, t->c->snapshot->contents, first, count, &by, t->c->rules->now);
    if (error == KW_ERROR_NONE)
        return CLEAN_DONE;
    return error == KW_ERROR_NOT_LEADER_OR_FOLLOWER ? CLEAN_STOPPED : CLEAN_LATER;
}

enum clean_outcome clean_segments(struct cleaning *c, size_t first, size_t count)
{
    struct target t = {.c = c};
    int64_t base_offset = c->snapshot->contents->segments[first]->base_offset;
    kw_status status = segment_writer_create_cleaned(&t.writer, c->log->folder, base_offset, c->config);
    if (status != KW_OK)
        return clean_failed(c->log, status, "a cleaned segment");
    enum clean_outcome outcome = fill(&t, first, count);
    if (outcome == CLEAN_DONE)
        outcome = swap(&t, first, count);
    else
        cleaned_segment_remove(c->log->folder, base_offset);
    segment_writer_close(&t.writer);
    free(t.aborted);
    return outcome;
}
