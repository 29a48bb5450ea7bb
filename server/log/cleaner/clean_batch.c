/* SPDX-License-Identifier: Apache-2.0 */
#include "clean_batch.h"

#include <stdlib.h>

#include <kwire/record_builder.h>

enum { WINDOW = 32 };

/* ---- tools ---- */

bool clean_tools_init(struct clean_tools *tools, size_t limit)
{
    *tools = (struct clean_tools){.decompressor = kw_decompressor_create(kw_allocator_libc()),
                                  .compressor = kw_compressor_create(kw_allocator_libc())};
    kw_writer_init_growing(&tools->records, kw_allocator_libc(), limit);
    kw_writer_init_growing(&tools->packed, kw_allocator_libc(), limit);
    if (tools->decompressor != NULL && tools->compressor != NULL)
        return true;
    clean_tools_finish(tools);
    return false;
}

void clean_tools_finish(struct clean_tools *tools)
{
    kw_decompressor_destroy(tools->decompressor);
    kw_compressor_destroy(tools->compressor);
    kw_writer_finish(&tools->records);
    kw_writer_finish(&tools->packed);
    free(tools->kept);
    *tools = (struct clean_tools){0};
}

static bool reserve_kept(struct clean_tools *tools, size_t count)
{
    if (count < tools->kept_capacity)
        return true;
    size_t capacity = count * 2 + 64;
    bool *kept = realloc(tools->kept, capacity * sizeof *kept);
    if (kept == NULL)
        return false;
    tools->kept = kept;
    tools->kept_capacity = capacity;
    return true;
}

/* ---- rules ---- */

static bool has_horizon(const kw_batch *batch)
{
    return (batch->attributes & KW_ATTRIBUTE_DELETE_HORIZON) != 0;
}

static bool is_past_horizon(const struct clean_rules *rules, const kw_batch *batch)
{
    return has_horizon(batch) && kw_batch_delete_horizon(batch) <= rules->now;
}

/* Whether its last sequence, or its epoch, is only known from this batch. */
static bool is_last_of_producer(const struct clean_rules *rules, const kw_batch *batch)
{
    size_t low = 0, high = rules->producers.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rules->producers.items[middle].producer_id < batch->producer_id)
            low = middle + 1;
        else
            high = middle;
    }
    if (batch->producer_id < 0 || low == rules->producers.count)
        return false;
    const struct last_record *last = &rules->producers.items[low];
    if (last->producer_id != batch->producer_id)
        return false;
    return last->offset >= 0 ? batch->last_offset == last->offset
                             : kw_batch_is_control(batch) && batch->producer_epoch == last->epoch;
}

static bool must_stay(const struct clean_rules *rules, const kw_batch *batch)
{
    return is_last_of_producer(rules, batch) || kw_batch_next_offset(batch) == rules->high_watermark;
}

static bool is_tombstone_kept(const struct clean_rules *rules, const kw_batch *batch)
{
    return batch->magic >= KW_MAGIC_V2 ? !is_past_horizon(rules, batch) : rules->keeps_old_tombstones;
}

/* ---- records ---- */

/* The records of a batch, and which of them stay. */
struct filtered {
    kw_records first; /* at the first one */
    size_t count;
    size_t kept;
    int64_t first_kept; /* its offset */
    bool has_tombstones;
};

/* Some records, as many as are left if they are few. */
struct window {
    kw_record records[WINDOW];
    enum offset_mark marks[WINDOW];
    struct offset_key keys[WINDOW]; /* of those without a mark that have one */
    size_t count;
};

static void read_window(struct window *w, kw_records *from, const kw_batch *batch, const struct offset_map *map)
{
    for (w->count = 0; w->count < WINDOW && kw_records_next(from, &w->records[w->count]); w->count++) {
        const kw_record *record = &w->records[w->count];
        bool is_in_place =
            batch->magic >= KW_MAGIC_V2 && record->offset >= batch->base_offset && record->offset <= batch->last_offset;
        w->marks[w->count] = is_in_place ? offset_map_mark_of(map, record->offset) : OFFSET_UNKNOWN;
        if (w->marks[w->count] == OFFSET_UNKNOWN && record->key.len >= 0)
            w->keys[w->count] = offset_map_key(map, record->key);
    }
}

static bool is_replaced(const struct window *w, size_t i, const struct offset_map *map)
{
    if (w->marks[i] != OFFSET_UNKNOWN)
        return w->marks[i] == OFFSET_REPLACED;
    return w->records[i].offset < offset_map_get(map, &w->keys[i]);
}

static bool is_kept(const struct clean_rules *rules, const kw_batch *batch, const struct window *w, size_t i)
{
    const kw_record *record = &w->records[i];
    if (kw_batch_is_control(batch) || record->offset > rules->map->latest)
        return true;
    if (record->key.len < 0 || is_replaced(w, i, rules->map))
        return false;
    return record->value.len >= 0 || is_tombstone_kept(rules, batch);
}

static kw_status filter(struct filtered *f, const struct clean_rules *rules, const kw_batch *batch,
                        struct clean_tools *tools)
{
    struct window w;
    *f = (struct filtered){0};
    kw_status status = kw_records_init(&f->first, batch, tools->decompressor, &tools->records);
    if (status != KW_OK)
        return status;
    kw_records all = f->first;
    do {
        read_window(&w, &all, batch, rules->map);
        if (!reserve_kept(tools, f->count + w.count))
            return KW_ERR_NO_MEMORY;
        for (size_t i = 0; i < w.count; i++) {
            const kw_record *record = &w.records[i];
            bool stays = is_kept(rules, batch, &w, i);
            tools->kept[f->count++] = stays;
            if (stays && f->kept++ == 0)
                f->first_kept = record->offset;
            f->has_tombstones |= stays && record->value.len < 0;
        }
    } while (w.count == WINDOW);
    return all.status;
}

static kw_batch_options options_of(const kw_batch *batch, struct clean_tools *tools)
{
    kw_batch_options o;
    kw_batch_options_init(&o);
    o.base_offset = batch->base_offset;
    o.append_time = kw_batch_has_append_time(batch) ? batch->max_timestamp : KW_NO_TIMESTAMP;
    o.producer_id = batch->producer_id;
    o.producer_epoch = batch->producer_epoch;
    o.base_sequence = batch->base_sequence;
    o.leader_epoch = batch->leader_epoch;
    o.transactional = kw_batch_is_transactional(batch);
    o.control = kw_batch_is_control(batch);
    o.codec = kw_batch_codec(batch);
    o.compressor = o.codec != KW_CODEC_NONE ? tools->compressor : NULL;
    o.scratch = o.codec != KW_CODEC_NONE ? &tools->packed : NULL;
    return o;
}

/* A batch of the same offsets, producer and times, with the records that stay. Older formats become magic 2, whose
 * offsets start at the first of them. */
static kw_status rebuild(const struct filtered *f, const kw_batch *batch, int64_t horizon, struct clean_tools *tools,
                         kw_writer *out)
{
    kw_batch_builder builder;
    kw_batch_options o = options_of(batch, tools);
    o.delete_horizon = horizon;
    if (batch->magic < KW_MAGIC_V2)
        o.base_offset = f->first_kept;
    kw_status status = kw_batch_builder_init(&builder, out, &o);
    kw_records all = f->first;
    kw_record record;
    for (size_t i = 0; status == KW_OK && kw_records_next(&all, &record); i++)
        if (tools->kept[i])
            status = kw_batch_builder_append_copy(&builder, record.offset, &record);
    if (status == KW_OK && batch->magic >= KW_MAGIC_V2)
        status = kw_batch_builder_reach(&builder, batch->last_offset);
    if (status == KW_OK)
        return kw_batch_builder_end(&builder);
    kw_batch_builder_cancel(&builder);
    return status;
}

/* A marker whose transaction has nothing left gets a time until which it stays. */
static kw_status rebuild_marker(const struct filtered *f, const kw_batch *batch, int64_t horizon,
                                struct clean_tools *tools, kw_writer *out)
{
    uint8_t memory[256];
    kw_arena arena;
    kw_records all = f->first;
    kw_record record;
    kw_control_record marker;
    kw_arena_init(&arena, memory, sizeof memory);
    if (!kw_records_next(&all, &record))
        return KW_ERR_COUNT;
    kw_status status = kw_control_record_decode(&marker, &record, &arena);
    if (status != KW_OK)
        return status;
    kw_batch_options o = options_of(batch, tools);
    o.delete_horizon = horizon;
    return kw_write_control_batch(out, &o, record.timestamp, &marker);
}

static kw_status write_empty(const kw_batch *batch, struct clean_tools *tools, kw_writer *out)
{
    kw_batch_options o = options_of(batch, tools);
    o.codec = KW_CODEC_NONE;
    o.compressor = NULL;
    o.scratch = NULL;
    return kw_write_empty_batch(out, &o, batch->last_offset, batch->max_timestamp);
}

static kw_status copy(const kw_batch *batch, kw_writer *out)
{
    kw_write_raw(out, batch->data, batch->size);
    return out->status;
}

bool clean_batch_goes(const struct clean_rules *rules, const kw_batch *header)
{
    return header->magic >= KW_MAGIC_V2 && !kw_batch_is_control(header) &&
           offset_map_are_replaced(rules->map, header->base_offset, header->last_offset) && !must_stay(rules, header);
}

kw_status clean_batch(const struct clean_rules *rules, const kw_batch *batch, const struct clean_verdict *verdict,
                      struct clean_tools *tools, kw_writer *out)
{
    bool is_control = kw_batch_is_control(batch);
    struct filtered f = {0};
    if (verdict->can_go && (!is_control || is_past_horizon(rules, batch)))
        return must_stay(rules, batch) ? write_empty(batch, tools, out) : KW_OK;
    kw_status status = filter(&f, rules, batch, tools);
    if (status != KW_OK)
        return status;
    if (f.kept == 0)
        return must_stay(rules, batch) ? write_empty(batch, tools, out) : KW_OK;
    bool gets_horizon = !has_horizon(batch) && (f.has_tombstones || (is_control && verdict->can_go));
    if (f.kept == f.count && batch->magic >= KW_MAGIC_V2 && !gets_horizon)
        return copy(batch, out);
    int64_t horizon = gets_horizon ? rules->now + rules->delete_retention_ms : kw_batch_delete_horizon(batch);
    return is_control ? rebuild_marker(&f, batch, horizon, tools, out) : rebuild(&f, batch, horizon, tools, out);
}
