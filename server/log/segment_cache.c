/* SPDX-License-Identifier: Apache-2.0 */
#include "segment_cache.h"

#include <errno.h>
#include <stdlib.h>

#include <kwire/endian.h>
#include <kwire/error.h>

#include "../base/clock.h"
#include "problems.h"

enum { IDLE_MAX = 64, RESIDENT_MS = 1000 };

bool segment_cache_init(struct segment_cache *cache)
{
    cache->first = cache->last = NULL;
    cache->idle = 0;
    cache->failed = NULL;
    cache->context = NULL;
    return pthread_mutex_init(&cache->lock, NULL) == 0;
}

static void lock(struct segment_cache *cache)
{
    (void)pthread_mutex_lock(&cache->lock);
}

static void unlock(struct segment_cache *cache)
{
    (void)pthread_mutex_unlock(&cache->lock);
}

/* ---- under the lock ---- */

static void take_from_idle(struct segment_cache *cache, struct open_segment *open)
{
    *(open->previous != NULL ? &open->previous->next : &cache->first) = open->next;
    *(open->next != NULL ? &open->next->previous : &cache->last) = open->previous;
    cache->idle--;
}

static void put_to_idle(struct segment_cache *cache, struct open_segment *open)
{
    open->previous = NULL;
    open->next = cache->first;
    *(cache->first != NULL ? &cache->first->previous : &cache->last) = open;
    cache->first = open;
    cache->idle++;
}

static struct open_segment *hold(struct segment_cache *cache, const struct log_segment *segment)
{
    struct open_segment *open = segment->open;
    if (open != NULL && open->holders++ == 0)
        take_from_idle(cache, open);
    return open;
}

/* From now on the segment counts as not open; close_segment() must follow, without the lock. */
static struct open_segment *forget_last(struct segment_cache *cache)
{
    struct open_segment *open = cache->last;
    take_from_idle(cache, open);
    open->owner->open = NULL;
    return open;
}

/* Whoever holds the segment next opens it anew. What nobody holds is to be closed, without the lock; else NULL. */
static struct open_segment *forget_open(struct segment_cache *cache, struct log_segment *segment)
{
    struct open_segment *open = segment->open;
    segment->open = NULL;
    if (open == NULL)
        return NULL;
    if (open->holders != 0) {
        open->is_detached = true;
        return NULL;
    }
    take_from_idle(cache, open);
    return open;
}

/* ---- without the lock ---- */

static void close_segment(struct open_segment *open)
{
    segment_close(&open->segment);
    log_segment_release(open->owner);
    free(open);
}

void segment_cache_finish(struct segment_cache *cache)
{
    while (cache->last != NULL)
        close_segment(forget_last(cache));
    (void)pthread_mutex_destroy(&cache->lock);
}

static void report_once(struct log_segment *segment, const char *folder, kw_status status)
{
    struct file_problem problem = {.position = -1,
                                   .offset = -1,
                                   .status = status,
                                   .system_error = status == KW_ERR_FILE ? errno : 0,
                                   .detail = "a segment to be read; its records are not served"};
    if (!atomic_exchange(&segment->is_reported, true))
        report_segment(folder, segment->base_offset, &problem);
}

static void fail(struct segment_cache *cache, struct log_segment *segment, const char *folder, kw_status status)
{
    int error = errno;
    report_once(segment, folder, status);
    errno = error;
    if (cache->failed != NULL)
        cache->failed(cache->context, folder, status);
}

/* Whether its file has lost batches that were there when it was open before. */
static bool has_shrunk(struct segment_cache *cache, const struct log_segment *segment, const struct segment *opened)
{
    lock(cache);
    bool shrunk = opened->log.size < segment->verified_to;
    unlock(cache);
    return shrunk;
}

static struct open_segment *open_segment(struct segment_cache *cache, struct log_segment *segment, const char *folder,
                                         size_t capacity)
{
    if (atomic_load(&segment->is_elsewhere))
        return NULL;
    struct open_segment *open = calloc(1, sizeof *open);
    const struct problem_listener *listener = atomic_load(&segment->was_open) ? NULL : &report_problem;
    kw_status status = KW_ERR_NO_MEMORY;
    if (open != NULL && capacity != 0)
        status = segment_open_growing(&open->segment, folder, segment->base_offset, capacity);
    else if (open != NULL)
        status = segment_open(&open->segment, folder, segment->base_offset, listener);
    if (status == KW_ERR_NO_FILE && atomic_load(&segment->is_removed))
        status = segment_open_deleted(&open->segment, folder, segment->base_offset);
    if (status == KW_OK && has_shrunk(cache, segment, &open->segment)) {
        segment_close(&open->segment);
        status = KW_ERR_TORN;
    }
    bool is_elsewhere = atomic_load(&segment->is_elsewhere); /* another log may have files of these names by now */
    if (status == KW_OK && is_elsewhere)
        segment_close(&open->segment);
    if (status != KW_OK || is_elsewhere) {
        if (!atomic_load(&segment->is_removed) && !is_elsewhere)
            fail(cache, segment, folder, status);
        free(open);
        return NULL;
    }
    atomic_store(&segment->was_open, true);
    log_segment_share(segment);
    open->cache = cache;
    open->owner = segment;
    open->holders = 1;
    return open;
}

struct open_segment *segment_hold_open(struct segment_cache *cache, struct log_segment *segment)
{
    lock(cache);
    struct open_segment *open = hold(cache, segment);
    unlock(cache);
    return open;
}

/* The open one, or how it has to be opened. */
static struct open_segment *hold_or_ask(struct segment_cache *cache, struct log_segment *segment, size_t *capacity)
{
    lock(cache);
    struct open_segment *open = hold(cache, segment);
    *capacity = segment->map_capacity;
    unlock(cache);
    return open;
}

/* Two threads may open the same segment at once; the second one closes its own again. So does one that has opened it in
 * a way that is no longer wanted: NULL. */
static struct open_segment *install(struct segment_cache *cache, struct open_segment *own, size_t capacity)
{
    struct log_segment *segment = own->owner;
    lock(cache);
    struct open_segment *open = hold(cache, segment);
    if (open == NULL && segment->map_capacity == capacity)
        open = segment->open = own;
    unlock(cache);
    if (open != own)
        close_segment(own);
    return open;
}

int16_t segment_hold(struct segment_cache *cache, struct log_segment *segment, const char *folder, bool dont_block,
                     struct open_segment **out)
{
    size_t capacity;
    *out = hold_or_ask(cache, segment, &capacity);
    while (*out == NULL) {
        if (dont_block)
            return LOG_WOULD_BLOCK;
        struct open_segment *own = open_segment(cache, segment, folder, capacity);
        if (own == NULL)
            return atomic_load(&segment->is_removed) ? KW_ERROR_OFFSET_OUT_OF_RANGE : KW_ERROR_KAFKA_STORAGE_ERROR;
        *out = install(cache, own, capacity);
        if (*out == NULL)
            *out = hold_or_ask(cache, segment, &capacity);
    }
    return KW_ERROR_NONE;
}

void segment_cache_remap(struct segment_cache *cache, struct log_segment *segment, size_t map_capacity)
{
    lock(cache);
    segment->map_capacity = map_capacity;
    struct open_segment *idle = forget_open(cache, segment);
    unlock(cache);
    if (idle != NULL)
        close_segment(idle);
}

int16_t segment_reading_end(struct segment_cache *cache, struct log_segment *segment, const char *folder,
                            struct file_reading *reading)
{
    kw_status status = file_reading_end(reading);
    if (status == KW_OK)
        return KW_ERROR_NONE;
    fail(cache, segment, folder, status);
    lock(cache);
    struct open_segment *idle = forget_open(cache, segment);
    unlock(cache);
    if (idle != NULL)
        close_segment(idle);
    return KW_ERROR_KAFKA_STORAGE_ERROR;
}

struct segment segment_view(const struct open_segment *open, const struct log_snapshot *snapshot, size_t index)
{
    const struct log_contents *contents = snapshot->contents;
    struct segment view = open->segment;
    if (index + 1 != contents->segment_count)
        return view;
    view.log.size = snapshot->active_size < view.log.capacity ? snapshot->active_size : view.log.capacity;
    if (contents->is_growing) {
        view.offsets.data = contents->offset_entries != NULL ? contents->offset_entries->bytes : NULL;
        view.offsets.count = snapshot->offset_index_size / KW_OFFSET_ENTRY_SIZE;
        view.times.data = contents->time_entries != NULL ? contents->time_entries->bytes : NULL;
        view.times.count = snapshot->time_index_size / KW_TIME_ENTRY_SIZE;
    }
    return view;
}

void segment_release(struct open_segment *open)
{
    struct segment_cache *cache = open->cache;
    struct open_segment *last = NULL;
    lock(cache);
    if (--open->holders == 0 && open->is_detached) {
        last = open;
    } else if (open->holders == 0) {
        put_to_idle(cache, open);
        if (cache->idle > IDLE_MAX)
            last = forget_last(cache);
    }
    unlock(cache);
    if (last != NULL)
        close_segment(last);
}

/* ---- what is valid ---- */

/* Where what follows a batch starts: another batch, or the next segment. */
static int64_t offset_after(const struct segment *view, size_t position, int64_t limit)
{
    if (position > view->log.size || view->log.size - position < KW_BATCH_OVERHEAD)
        return limit;
    const uint8_t *next = view->log.data + position;
    return kw_load_be32(next + KW_BATCH_LENGTH) != 0 ? (int64_t)kw_load_be64(next + KW_BATCH_OFFSET) : limit;
}

/* Checks batches from `from` on, until they reach `to` or one is not valid. Returns where the last valid one ends. The
 * checksum does not have the offset: of two batches that overlap nobody knows which one is right. */
static size_t check(const struct segment *view, size_t from, size_t to, int64_t limit, struct file_problem *problem)
{
    kw_batches batches;
    kw_batch batch = {0};
    size_t end = from;
    int64_t next_offset = view->base_offset;
    segment_batches(view, from, &batches);
    batches.flags |= KW_BATCHES_CHECK_CRC;
    problem->status = KW_OK;
    while (end < to && kw_batches_next(&batches, &batch)) {
        if (batch.base_offset < next_offset ||
            kw_batch_next_offset(&batch) > offset_after(view, batch.position + batch.size, limit)) {
            problem->status = KW_ERR_OFFSET_ORDER;
            problem->offset = batch.base_offset;
            break;
        }
        next_offset = kw_batch_next_offset(&batch);
        end = batch.position + batch.size;
    }
    if (batches.status != KW_OK) {
        problem->status = batches.status;
        problem->offset = batches.error_offset;
    } else if (end < to && problem->status == KW_OK) {
        problem->status = KW_ERR_TORN;
        problem->offset = -1;
    }
    problem->position = (int64_t)end;
    return end;
}

/* One stretch is remembered, which readers that continue make longer. What lies beyond a gap replaces it. */
static void remember(struct log_segment *segment, size_t from, size_t end)
{
    if (from >= segment->verified_from && from <= segment->verified_to) {
        if (end > segment->verified_to)
            segment->verified_to = end;
    } else {
        segment->verified_from = from;
        segment->verified_to = end;
    }
}

static bool is_known(const struct log_segment *segment, size_t from, size_t to)
{
    if (atomic_load_explicit(&segment->is_suspect, memory_order_relaxed))
        return false;
    size_t appended = atomic_load_explicit(&segment->appended_from, memory_order_relaxed);
    if (from >= appended)
        return true;
    return segment->verified_from <= from && (to <= segment->verified_to || appended <= segment->verified_to);
}

bool segment_is_verified(struct open_segment *open, size_t from, size_t to)
{
    lock(open->cache);
    bool known = is_known(open->owner, from, to);
    unlock(open->cache);
    return known;
}

size_t segment_verified_part(struct open_segment *open, const char *folder, size_t from, size_t to)
{
    struct log_segment *segment = open->owner;
    struct file_problem problem = {.detail = "a batch to be sent; what is before it is"};
    lock(open->cache);
    bool known = is_known(segment, from, to);
    size_t start = from >= segment->verified_from && from < segment->verified_to ? segment->verified_to : from;
    unlock(open->cache);
    if (known)
        return to;

    size_t appended = atomic_load_explicit(&segment->appended_from, memory_order_relaxed);
    struct segment unchecked = open->segment;
    int64_t limit = INT64_MAX;
    if (atomic_load_explicit(&segment->is_suspect, memory_order_relaxed)) {
        appended = SIZE_MAX;
        start = from;
        unchecked.log.size = to;
    } else if (appended < unchecked.log.capacity) {
        unchecked.log.size = appended;
    } else {
        limit = atomic_load_explicit(&segment->limit_offset, memory_order_relaxed);
    }
    size_t end = check(&unchecked, start, appended < to ? appended : to, limit, &problem);
    if (file_map_has_failed(&open->segment.log))
        return end; /* by zeros that are not in the file */
    lock(open->cache);
    remember(segment, start, end); /* where a batch ends: the next check starts there */
    unlock(open->cache);
    if (problem.status == KW_OK && end >= appended)
        end = to;
    if (problem.status != KW_OK && !atomic_exchange(&segment->is_reported, true))
        report_segment(folder, open->segment.base_offset, &problem);
    return end < to ? end : to;
}

/* ---- what is in memory ---- */

bool segment_indexes_are_resident(struct open_segment *open)
{
    const struct segment *s = &open->segment;
    int64_t now = clock_coarse_ms();
    lock(open->cache);
    bool known = now < open->indexes_until;
    unlock(open->cache);
    if (known)
        return true;
    if (!file_map_is_resident(&s->index, 0, s->index.size) ||
        !file_map_is_resident(&s->time_index, 0, s->time_index.size))
        return false;
    lock(open->cache);
    open->indexes_until = now + RESIDENT_MS;
    unlock(open->cache);
    return true;
}

/* Under the lock. */
static bool is_known_to_be_resident(const struct open_segment *open, size_t from, size_t to, int64_t now)
{
    const struct log_segment *owner = open->owner;
    if (now < atomic_load_explicit(&owner->recent_until, memory_order_relaxed) &&
        from >= atomic_load_explicit(&owner->recent_from, memory_order_relaxed))
        return true;
    return now < open->resident_until && open->resident_from <= from && to <= open->resident_to;
}

bool segment_is_ready(struct open_segment *open, size_t from, size_t to)
{
    int64_t now = clock_coarse_ms();
    lock(open->cache);
    bool verified = is_known(open->owner, from, to);
    bool resident = is_known_to_be_resident(open, from, to, now);
    unlock(open->cache);
    return verified && (resident || segment_is_resident(open, from, to));
}

bool segment_is_resident(struct open_segment *open, size_t from, size_t to)
{
    int64_t now = clock_coarse_ms();
    lock(open->cache);
    bool known = is_known_to_be_resident(open, from, to, now);
    unlock(open->cache);
    if (known)
        return true;
    if (!file_map_is_resident(&open->segment.log, from, to))
        return false;
    lock(open->cache);
    open->resident_from = from;
    open->resident_to = to;
    open->resident_until = now + RESIDENT_MS;
    unlock(open->cache);
    return true;
}
