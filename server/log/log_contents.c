/* SPDX-License-Identifier: Apache-2.0 */
#include "log_contents.h"

#include <stdlib.h>
#include <string.h>

#include "log_load.h"

/* ---- segments ---- */

struct log_segment *log_segment_create(int64_t base_offset)
{
    struct log_segment *segment = calloc(1, sizeof *segment);
    if (segment == NULL)
        return NULL;
    atomic_init(&segment->references, 1);
    atomic_init(&segment->max_timestamp, INT64_MIN);
    atomic_init(&segment->appended_from, SIZE_MAX);
    atomic_init(&segment->limit_offset, INT64_MAX);
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

/* ---- lists of them ---- */

struct segment_list *segment_list_create(size_t capacity)
{
    struct segment_list *list = malloc(sizeof *list + capacity * sizeof list->items[0]);
    if (list == NULL)
        return NULL;
    atomic_init(&list->references, 1);
    list->count = 0;
    list->capacity = capacity;
    return list;
}

void segment_list_release(struct segment_list *list)
{
    if (list == NULL || atomic_fetch_sub_explicit(&list->references, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < list->count; i++)
        log_segment_release(list->items[i]);
    free(list);
}

void log_contents_take_segments(struct log_contents *contents, struct segment_list *list)
{
    segment_list_release(contents->list);
    contents->list = list;
    contents->segments = list->items;
    contents->segment_count = list->count;
    for (size_t i = 1; i < list->count; i++)
        atomic_store_explicit(&list->items[i - 1]->limit_offset, list->items[i]->base_offset, memory_order_relaxed);
}

/* ---- what was loaded ---- */

static struct loaded_memory *create_loaded(size_t limit)
{
    struct loaded_memory *loaded = malloc(sizeof *loaded);
    if (loaded == NULL)
        return NULL;
    atomic_init(&loaded->references, 1);
    kw_arena_init_growing(&loaded->arena, NULL, 0, kw_allocator_libc(), limit);
    return loaded;
}

static void release_loaded(struct loaded_memory *loaded)
{
    if (loaded == NULL || atomic_fetch_sub_explicit(&loaded->references, 1, memory_order_acq_rel) != 1)
        return;
    kw_arena_finish(&loaded->arena);
    free(loaded);
}

/* ---- contents ---- */

struct log_contents *log_contents_create(size_t limit)
{
    struct log_contents *contents = calloc(1, sizeof *contents);
    if (contents == NULL)
        return NULL;
    atomic_init(&contents->references, 1);
    contents->loaded = create_loaded(limit);
    if (contents->loaded != NULL)
        return contents;
    free(contents);
    return NULL;
}

void log_contents_release(struct log_contents *contents)
{
    if (atomic_fetch_sub_explicit(&contents->references, 1, memory_order_acq_rel) != 1)
        return;
    segment_list_release(contents->list);
    index_block_release(contents->epoch_block);
    index_block_release(contents->aborted_block);
    index_block_release(contents->offset_entries);
    index_block_release(contents->time_entries);
    release_loaded(contents->loaded);
    free(contents);
}

struct log_contents *log_contents_copy(const struct log_contents *contents)
{
    struct log_contents *copy = malloc(sizeof *copy);
    if (copy == NULL)
        return NULL;
    /* All but the count, which others change. */
    memcpy((char *)copy + sizeof copy->references, (const char *)contents + sizeof contents->references,
           sizeof *copy - sizeof copy->references);
    atomic_init(&copy->references, 1);
    atomic_fetch_add_explicit(&copy->loaded->references, 1, memory_order_relaxed);
    if (copy->list != NULL)
        atomic_fetch_add_explicit(&copy->list->references, 1, memory_order_relaxed);
    index_block_share(copy->epoch_block);
    index_block_share(copy->aborted_block);
    index_block_share(copy->offset_entries);
    index_block_share(copy->time_entries);
    return copy;
}

bool log_contents_set_segments(struct log_contents *contents, size_t from, size_t to, struct log_segment *more)
{
    struct segment_list *list = segment_list_create(to - from + (more != NULL ? 1 : 0));
    if (list == NULL)
        return false;
    for (size_t i = from; i < to; i++)
        list->items[list->count++] = contents->segments[i];
    if (more != NULL)
        list->items[list->count++] = more;
    for (size_t i = 0; i < list->count; i++)
        log_segment_share(list->items[i]);
    log_contents_take_segments(contents, list);
    return true;
}

bool log_contents_set_epochs(struct log_contents *contents, const kw_leader_epoch *epochs, size_t count)
{
    struct index_block *block = index_block_create(count * sizeof *epochs);
    if (block == NULL)
        return false;
    if (count != 0)
        memcpy(block->bytes, epochs, count * sizeof *epochs);
    index_block_release(contents->epoch_block);
    contents->epoch_block = block;
    contents->epochs.items = (kw_leader_epoch *)(void *)block->bytes;
    contents->epochs.len = (int32_t)count;
    return true;
}

/* The epoch of the first record that is left starts with it. */
bool log_contents_drop_epochs(struct log_contents *contents, int64_t log_start_offset)
{
    const kw_leader_epochs *epochs = &contents->epochs;
    size_t first = 0, count = (size_t)epochs->len;
    while (first + 1 < count && epochs->items[first + 1].start_offset <= log_start_offset)
        first++;
    if (count == 0 || epochs->items[first].start_offset >= log_start_offset)
        return true;
    kw_leader_epoch *left = malloc((count - first) * sizeof *left);
    if (left == NULL)
        return false;
    memcpy(left, epochs->items + first, (count - first) * sizeof *left);
    left[0].start_offset = log_start_offset;
    bool set = log_contents_set_epochs(contents, left, count - first);
    free(left);
    return set;
}

bool log_contents_has_new_epochs(const struct log_contents *contents)
{
    return contents->epoch_block != NULL;
}

bool log_contents_reserve_aborted(struct log_contents *contents, size_t count)
{
    struct index_block *block = contents->aborted_block;
    size_t size = contents->aborted_count * sizeof *contents->aborted;
    size_t more = count * sizeof *contents->aborted;
    if (block != NULL && block->capacity - size >= more)
        return true;
    block = index_block_create(size * 2 + more);
    if (block == NULL)
        return false;
    if (size != 0)
        memcpy(block->bytes, contents->aborted, size);
    index_block_release(contents->aborted_block);
    contents->aborted_block = block;
    contents->aborted = (const kw_aborted_txn *)(const void *)block->bytes;
    return true;
}

/* Behind the transactions that others see. */
void log_contents_add_aborted(struct log_contents *contents, const kw_aborted_txn *txn)
{
    memcpy(contents->aborted_block->bytes + contents->aborted_count * sizeof *txn, txn, sizeof *txn);
    contents->aborted_count++;
}

bool log_contents_drop_aborted(struct log_contents *contents, int64_t offset)
{
    size_t first = 0, count = contents->aborted_count;
    while (first < count && contents->aborted[first].last_offset < offset)
        first++;
    if (first == 0)
        return true;
    struct index_block *block = index_block_create((count - first) * sizeof *contents->aborted);
    if (block == NULL)
        return false;
    if (count != first)
        memcpy(block->bytes, contents->aborted + first, (count - first) * sizeof *contents->aborted);
    index_block_release(contents->aborted_block);
    contents->aborted_block = block;
    contents->aborted = (const kw_aborted_txn *)(const void *)block->bytes;
    contents->aborted_count = count - first;
    return true;
}

/* Those that ended from `from` to before `to` are replaced. */
static struct index_block *replace_aborted(const struct log_contents *contents, int64_t from, int64_t to,
                                           const kw_aborted_txn *by, size_t count, size_t *total)
{
    size_t first = 0, next, all = contents->aborted_count;
    while (first < all && contents->aborted[first].last_offset < from)
        first++;
    for (next = first; next < all && contents->aborted[next].last_offset < to;)
        next++;
    *total = first + count + (all - next);
    struct index_block *block = index_block_create(*total * sizeof *by);
    if (block == NULL)
        return NULL;
    kw_aborted_txn *to_items = (kw_aborted_txn *)(void *)block->bytes;
    if (first != 0)
        memcpy(to_items, contents->aborted, first * sizeof *by);
    if (count != 0)
        memcpy(to_items + first, by, count * sizeof *by);
    if (next != all)
        memcpy(to_items + first + count, contents->aborted + next, (all - next) * sizeof *by);
    return block;
}

bool log_contents_replace(struct log_contents *contents, size_t first, size_t count, struct log_segment *by,
                          const kw_aborted_txn *aborted, size_t aborted_count)
{
    size_t all = contents->segment_count, total;
    int64_t from = contents->segments[first]->base_offset;
    int64_t to = first + count < all ? contents->segments[first + count]->base_offset : INT64_MAX;
    struct index_block *block = replace_aborted(contents, from, to, aborted, aborted_count, &total);
    struct segment_list *list = segment_list_create(all - count + 1);
    if (block == NULL || list == NULL) {
        index_block_release(block);
        segment_list_release(list);
        return false;
    }
    for (size_t i = 0; i < all; i++)
        if (i < first || i >= first + count)
            list->items[list->count++] = contents->segments[i];
        else if (i == first)
            list->items[list->count++] = by;
    for (size_t i = 0; i < list->count; i++)
        log_segment_share(list->items[i]);
    log_contents_take_segments(contents, list);
    index_block_release(contents->aborted_block);
    contents->aborted_block = block;
    contents->aborted = (const kw_aborted_txn *)(const void *)block->bytes;
    contents->aborted_count = total;
    return true;
}

void log_contents_set_indexes(struct log_contents *contents, struct index_block *offsets, struct index_block *times)
{
    index_block_share(offsets);
    index_block_share(times);
    index_block_release(contents->offset_entries);
    index_block_release(contents->time_entries);
    contents->offset_entries = offsets;
    contents->time_entries = times;
}

/* ---- snapshots ---- */

struct log_snapshot log_snapshot_share(const struct log_snapshot *snapshot)
{
    struct log_contents *counted = (struct log_contents *)(uintptr_t)snapshot->contents; /* only the count changes */
    atomic_fetch_add_explicit(&counted->references, 1, memory_order_relaxed);
    return *snapshot;
}

void log_snapshot_release(struct log_snapshot *snapshot)
{
    log_contents_release((struct log_contents *)(uintptr_t)snapshot->contents);
    snapshot->contents = NULL;
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
