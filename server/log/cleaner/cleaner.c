/* SPDX-License-Identifier: Apache-2.0 */
#include "cleaner.h"

#include <stdlib.h>

#include <kwire/error.h>

#include "../../base/file.h"
#include "../log_change.h"
#include "../log_time.h"
#include "../segment_cache.h"

enum { PRODUCERS_LIMIT = 256 * 1024 * 1024, OUT_LIMIT = 1024 * 1024 * 1024, SMALLEST_BUFFER = 64 * 1024, WAITING = 32 };
enum { MARKS_SHARE = 8, MARKS_IN_BYTE = 4 };

/* ---- looking ---- */

static size_t file_bytes(const struct cleaner_job *job, size_t i, kw_segment_file kind)
{
    char path[KW_PATH_SIZE];
    struct file_facts facts;
    if (path_of_segment(path, job->log->folder, kind, job->snapshot.contents->segments[i]->base_offset) != KW_OK ||
        file_look(path, &facts) != KW_OK)
        return 0;
    return facts.size;
}

/* Of records without timestamps: when they were written. */
static int64_t largest_timestamp(const struct cleaner_job *job, size_t i)
{
    struct log_segment *segment = job->snapshot.contents->segments[i];
    int64_t largest;
    if (segment_max_timestamp(job->log->cache, segment, job->log->folder, &largest) != KW_ERROR_NONE)
        return INT64_MAX;
    return largest >= 0 ? largest : segment_modified_ms(job->log->folder, segment->base_offset);
}

static int64_t first_timestamp(const struct cleaner_job *job, size_t i)
{
    struct open_segment *open;
    struct file_reading reading;
    kw_batches batches;
    kw_batch batch;
    int64_t first = -1;
    if (segment_hold(job->log->cache, job->snapshot.contents->segments[i], job->log->folder, false, &open) !=
        KW_ERROR_NONE)
        return -1;
    segment_reading_start(&open->segment, &reading);
    segment_batches(&open->segment, 0, &batches);
    if (kw_batches_next(&batches, &batch))
        first = batch.max_timestamp;
    if (segment_reading_end(job->log->cache, open->owner, job->log->folder, &reading) != KW_ERROR_NONE)
        first = -1;
    segment_release(open);
    return first;
}

/* Of those that are not clean yet. */
static void read_times(struct cleaner_job *job)
{
    int64_t dirty =
        job->view.checkpoint > job->view.log_start_offset ? job->view.checkpoint : job->view.log_start_offset;
    for (size_t i = clean_segment_of(&job->view, dirty); i + 1 < job->view.count; i++) {
        if (job->config.min_compaction_lag_ms > 0)
            job->segments[i].max_timestamp = largest_timestamp(job, i);
        if (job->config.max_compaction_lag_ms < job->view.now)
            job->segments[i].first_timestamp = first_timestamp(job, i);
    }
}

static bool read_segments(struct cleaner_job *job)
{
    const struct log_contents *contents = job->snapshot.contents;
    job->segments = calloc(contents->segment_count, sizeof *job->segments);
    if (job->segments == NULL)
        return false;
    for (size_t i = 0; i < contents->segment_count; i++) {
        bool is_active = i + 1 == contents->segment_count;
        job->segments[i] = (struct clean_source){.base_offset = contents->segments[i]->base_offset,
                                                 .size = is_active ? job->snapshot.active_size
                                                                   : file_bytes(job, i, KW_SEGMENT_FILE_LOG),
                                                 .max_timestamp = -1,
                                                 .first_timestamp = -1};
    }
    return true;
}

bool cleaner_look(struct cleaner_job *job, struct partition_log *log, int64_t checkpoint, int64_t now)
{
    *job = (struct cleaner_job){.log = log};
    if (!partition_log_config(log, &job->config) || !job->config.compact ||
        partition_log_acquire(log, false, &job->snapshot) != KW_ERROR_NONE)
        return false;
    if (job->snapshot.contents->segment_count == 0 || !read_segments(job)) {
        log_snapshot_release(&job->snapshot);
        return false;
    }
    job->view = (struct clean_log){.segments = job->segments,
                                   .count = job->snapshot.contents->segment_count,
                                   .checkpoint = checkpoint,
                                   .log_start_offset = job->snapshot.log_start_offset,
                                   .last_stable_offset = job->snapshot.last_stable_offset,
                                   .log_end_offset = job->snapshot.log_end_offset,
                                   .now = now};
    read_times(job);
    job->range = clean_range_of(&job->view, &job->config);
    return true;
}

void cleaner_job_finish(struct cleaner_job *job)
{
    free(job->segments);
    log_snapshot_release(&job->snapshot);
}

/* ---- the map ---- */

struct mapping {
    const struct cleaner_job *job;
    const struct clean_input *input;
    struct offset_map *map;
    uint32_t headers; /* of the segment */
    size_t limit;     /* of keys */
    bool is_full;
    struct clean_transactions transactions;
    struct clean_tools *tools;
    struct {
        struct offset_key key;
        int64_t offset;
    } waiting[WAITING]; /* for their slots */
    size_t waiting_count;
};

/* False: the map is full. */
static bool put_waiting(struct mapping *m)
{
    for (size_t i = 0; i < m->waiting_count; i++) {
        m->is_full = m->map->count >= m->limit;
        if (m->is_full)
            break;
        offset_map_put(m->map, &m->waiting[i].key, m->waiting[i].offset);
        m->map->latest = m->waiting[i].offset;
    }
    m->waiting_count = 0;
    return !m->is_full;
}

/* Whether those that wait can be joined by keys of the next batch: with place for all of them the map does not become
 * full before that one. */
static bool may_wait(const struct mapping *m)
{
    return m->limit >= WAITING && m->map->count <= m->limit - WAITING;
}

/* Otherwise two records may have the same offset: older formats were not always made by a broker. */
static bool is_ascending(const kw_batch *batch, const kw_record *record, int64_t before)
{
    return batch->magic >= KW_MAGIC_V2 && record->offset > before && record->offset <= batch->last_offset;
}

/* A batch that does not fit as a whole is not mapped to its end: the round ends before it. */
static enum clean_outcome map_records(struct mapping *m, const kw_batch *batch)
{
    kw_records records;
    kw_record record;
    kw_status status = kw_records_init(&records, batch, m->tools->decompressor, &m->tools->records);
    int64_t before = batch->base_offset - 1;
    for (; status == KW_OK && kw_records_next(&records, &record); before = record.offset) {
        if (!is_ascending(batch, &record, before))
            offset_map_forget_marks(m->map);
        if (record.key.len < 0 || record.offset < m->job->range.first_dirty)
            continue;
        m->waiting[m->waiting_count].key = offset_map_key(m->map, record.key);
        m->waiting[m->waiting_count++].offset = record.offset;
        if (m->waiting_count == WAITING && !put_waiting(m))
            return CLEAN_STOPPED;
    }
    if (status == KW_OK)
        status = records.status;
    if (!may_wait(m) && !put_waiting(m))
        return CLEAN_STOPPED;
    return status == KW_OK ? CLEAN_DONE : clean_failed(m->job->log, status, "reading a batch to be cleaned");
}

static enum clean_outcome map_batch(void *context, const kw_batch *batch)
{
    struct mapping *m = context;
    struct clean_verdict verdict;
    enum clean_outcome outcome = CLEAN_DONE;
    if (!clean_transactions_next(&m->transactions, batch, &verdict))
        return clean_failed(m->job->log, KW_ERR_NO_MEMORY, "cleaning");
    if (!kw_batch_is_control(batch) && !verdict.can_go)
        outcome = map_records(m, batch);
    if (outcome == CLEAN_DONE && batch->last_offset >= m->job->range.first_dirty)
        m->map->latest = batch->last_offset;
    if (batch->base_offset >= m->job->range.first_dirty && batch->base_offset <= m->map->latest)
        m->headers = clean_add_header(m->headers, batch);
    return outcome;
}

/* Where the segment has to be read from, to find all that is dirty. */
static size_t start_in(const struct cleaner_job *job, size_t i)
{
    struct open_segment *open;
    struct file_reading reading;
    kw_offset_entry entry = {0, 0};
    size_t position = 0;
    if (job->segments[i].base_offset >= job->range.first_dirty ||
        segment_hold(job->log->cache, job->snapshot.contents->segments[i], job->log->folder, false, &open) !=
            KW_ERROR_NONE)
        return 0;
    kw_batch batch;
    segment_reading_start(&open->segment, &reading);
    if (kw_offset_index_find(&open->segment.offsets, job->range.first_dirty, &entry) &&
        offset_entry_is_true(&open->segment, entry, &batch))
        position = entry.position;
    if (segment_reading_end(job->log->cache, open->owner, job->log->folder, &reading) != KW_ERROR_NONE)
        position = 0;
    segment_release(open);
    return position;
}

static enum clean_outcome fill_map(struct mapping *m)
{
    const struct cleaner_job *job = m->job;
    const struct clean_log *view = &job->view;
    const struct clean_visitor visitor = {map_batch, NULL, m};
    enum clean_outcome outcome = CLEAN_DONE;
    size_t i = clean_segment_of(view, job->range.first_dirty);
    for (; outcome == CLEAN_DONE && view->segments[i].base_offset < job->range.end; i++) {
        m->headers = 0;
        outcome = clean_read(m->input, job->log, job->snapshot.contents->segments[i], start_in(job, i), &visitor);
        job->segments[i].headers = m->headers;
        if (outcome == CLEAN_DONE)
            (void)put_waiting(m);  /* which has place */
        if (outcome == CLEAN_DONE) /* also over a gap at its end */
            m->map->latest = view->segments[i + 1].base_offset - 1;
    }
    return m->is_full ? CLEAN_DONE : outcome;
}

/* As many as there may be keys, but no more than the share of memory allows. */
static size_t slots_for(const struct cleaner_job *job, const struct cleaner_options *o)
{
    uint64_t limit = o->map_bytes / OFFSET_MAP_SLOT_SIZE;
    uint64_t records = (uint64_t)(job->range.end - job->range.first_dirty);
    double wanted = (double)records / o->map_load_factor + 2;
    if (limit < 2)
        limit = 2;
    if (limit > OFFSET_MAP_SLOTS_MAX)
        limit = OFFSET_MAP_SLOTS_MAX;
    return wanted < (double)limit ? (size_t)wanted : (size_t)limit;
}

/* For each offset, up to an eighth of the map's memory. */
static size_t marks_for(const struct cleaner_job *job, const struct cleaner_options *o)
{
    uint64_t offsets = (uint64_t)(job->range.end - job->range.first_dirty);
    size_t most = o->map_bytes / MARKS_SHARE * MARKS_IN_BYTE;
    return offsets < most ? (size_t)offsets : most;
}

/* Sets the map, of which the caller is the owner in any case. */
static enum clean_outcome make_map(struct mapping *m, const struct cleaner_options *o)
{
    const struct cleaner_job *job = m->job;
    size_t slots = slots_for(job, o);
    /* As in Kafka, also those that ended in the segment before the dirty part: where reading starts behind their end,
     * what follows of their producer counts as aborted, is not mapped, and so stays until it is cleaned again. */
    int64_t from = job->segments[clean_segment_of(&job->view, job->range.first_dirty)].base_offset;
    m->limit = (size_t)((double)slots * o->map_load_factor);
    if (m->limit == 0 || m->limit >= slots)
        m->limit = slots - 1;
    if (!offset_map_init(m->map, slots, o->secret) ||
        !clean_transactions_init(&m->transactions, &job->snapshot, from, job->range.end))
        return clean_failed(job->log, KW_ERR_NO_MEMORY, "cleaning");
    offset_map_mark(m->map, job->range.first_dirty, marks_for(job, o));
    enum clean_outcome outcome = fill_map(m);
    clean_transactions_finish(&m->transactions);
    return outcome;
}

/* ---- producers ---- */

static int by_id(const void *a, const void *b)
{
    const struct last_record *one = a, *other = b;
    return (one->producer_id > other->producer_id) - (one->producer_id < other->producer_id);
}

static enum clean_outcome list_producers(struct partition_log *log, kw_arena *arena, struct last_records *out)
{
    kw_producer_state *producers;
    size_t count;
    kw_arena_reset(arena);
    if (log_list_producers(log, arena, &producers, &count) != KW_ERROR_NONE)
        return CLEAN_LATER;
    struct last_record *items = kw_arena_array(arena, count, sizeof *items);
    if (items == NULL)
        return clean_failed(log, kw_arena_status(arena), "cleaning");
    for (size_t i = 0; i < count; i++)
        items[i] =
            (struct last_record){producers[i].producer_id, producers[i].last_offset, producers[i].producer_epoch};
    qsort(items, count, sizeof *items, by_id);
    *out = (struct last_records){items, count};
    return CLEAN_DONE;
}

/* ---- a round ---- */

struct round {
    const struct cleaner_job *job;
    const struct cleaner_options *options;
    struct cleaner_result *result;
    struct clean_input input;
    struct clean_rules rules;
    struct cleaning cleaning;
    kw_arena arena; /* of the producers */
};

static void measure_indexes(const struct cleaner_job *job)
{
    for (size_t i = 0; i + 1 < job->view.count; i++) {
        job->segments[i].index_size = file_bytes(job, i, KW_SEGMENT_FILE_INDEX);
        job->segments[i].time_index_size = file_bytes(job, i, KW_SEGMENT_FILE_TIME_INDEX);
    }
}

static enum clean_outcome clean_groups(struct round *r, int64_t end)
{
    const struct cleaner_job *job = r->job;
    enum clean_outcome outcome = CLEAN_DONE;
    for (size_t i = 0; outcome == CLEAN_DONE && i < job->view.count && job->segments[i].base_offset < end;) {
        size_t count = clean_group(&job->view, &job->config, i, end, job->range.end);
        outcome = list_producers(job->log, &r->arena, &r->rules.producers);
        if (outcome == CLEAN_DONE)
            outcome = clean_segments(&r->cleaning, i, count);
        if (outcome != CLEAN_DONE)
            break;
        r->result->segments_before += count;
        r->result->segments_after++;
        i += count;
    }
    return outcome;
}

/* Tombstones of old formats have no horizon of their own: they stay until the last clean segment is older than
 * delete.retention.ms. */
static int64_t old_horizon(const struct cleaner_job *job)
{
    if (job->segments[0].base_offset >= job->range.first_dirty)
        return 0;
    size_t last = clean_segment_of(&job->view, job->range.first_dirty - 1);
    return segment_modified_ms(job->log->folder, job->segments[last].base_offset) - job->config.delete_retention_ms;
}

static enum clean_outcome clean(struct round *r, const struct offset_map *map, struct clean_tools *tools)
{
    const struct cleaner_job *job = r->job;
    struct clean_transactions transactions;
    kw_writer out;
    int64_t end = map->latest + 1;
    measure_indexes(job);
    if (!clean_transactions_init(&transactions, &job->snapshot, job->segments[0].base_offset, job->range.end))
        return clean_failed(job->log, KW_ERR_NO_MEMORY, "cleaning");
    kw_writer_init_growing(&out, kw_allocator_libc(), OUT_LIMIT);
    r->rules = (struct clean_rules){.map = map,
                                    .now = job->view.now,
                                    .delete_retention_ms = job->config.delete_retention_ms,
                                    .high_watermark = job->snapshot.high_watermark};
    r->cleaning = (struct cleaning){.log = job->log,
                                    .snapshot = &job->snapshot,
                                    .sources = job->segments,
                                    .config = &job->config,
                                    .rules = &r->rules,
                                    .first_dirty = job->range.first_dirty,
                                    .old_horizon = old_horizon(job),
                                    .transactions = &transactions,
                                    .tools = tools,
                                    .input = &r->input,
                                    .out = &out,
                                    .buffer_size = r->input.buffer_size};
    enum clean_outcome outcome = clean_groups(r, end);
    r->result->checkpoint = end;
    r->result->statistics = r->cleaning.statistics;
    kw_writer_finish(&out);
    clean_transactions_finish(&transactions);
    return outcome;
}

static enum clean_outcome run(struct round *r, struct clean_tools *tools)
{
    struct offset_map map = {0};
    struct mapping mapping = {.job = r->job, .input = &r->input, .map = &map, .tools = tools};
    enum clean_outcome outcome = make_map(&mapping, r->options);
    if (outcome == CLEAN_DONE)
        outcome = clean(r, &map, tools);
    offset_map_finish(&map);
    return outcome;
}

enum clean_outcome cleaner_run(struct cleaner_job *job, const struct cleaner_options *options,
                               struct cleaner_result *out)
{
    struct clean_tools tools;
    struct round r = {.job = job, .options = options, .result = out};
    *out = (struct cleaner_result){.checkpoint = job->range.first_dirty};
    if (job->range.end <= job->range.first_dirty)
        return CLEAN_DONE;
    if (!clean_tools_init(&tools, (size_t)job->config.max_decompressed_message_bytes))
        return clean_failed(job->log, KW_ERR_NO_MEMORY, "cleaning");
    r.input.pace = options->pace;
    r.input.buffer_size = options->buffer_size > SMALLEST_BUFFER ? options->buffer_size : SMALLEST_BUFFER;
    r.input.buffer = malloc(r.input.buffer_size);
    kw_arena_init_growing(&r.arena, NULL, 0, kw_allocator_libc(), PRODUCERS_LIMIT);
    enum clean_outcome outcome =
        r.input.buffer != NULL ? run(&r, &tools) : clean_failed(job->log, KW_ERR_NO_MEMORY, "cleaning");
    kw_arena_finish(&r.arena);
    free(r.input.buffer);
    clean_tools_finish(&tools);
    return outcome;
}
