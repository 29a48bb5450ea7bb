/* SPDX-License-Identifier: Apache-2.0 */
#include "segment_cache.h"

#include <errno.h>
#include <stdlib.h>

#include "problems.h"

enum { IDLE_MAX = 64 };

bool segment_cache_init(struct segment_cache *pool)
{
    pool->first = pool->last = NULL;
    pool->idle = 0;
    return pthread_mutex_init(&pool->lock, NULL) == 0;
}

static void take_from_idle(struct segment_cache *pool, struct open_segment *open)
{
    *(open->previous != NULL ? &open->previous->next : &pool->first) = open->next;
    *(open->next != NULL ? &open->next->previous : &pool->last) = open->previous;
    pool->idle--;
}

static void put_to_idle(struct segment_cache *pool, struct open_segment *open)
{
    open->previous = NULL;
    open->next = pool->first;
    *(pool->first != NULL ? &pool->first->previous : &pool->last) = open;
    pool->first = open;
    pool->idle++;
}

static void close_last(struct segment_cache *pool)
{
    struct open_segment *open = pool->last;
    take_from_idle(pool, open);
    open->slot->open = NULL;
    kw_segment_close(&open->segment);
    free(open);
}

void segment_cache_finish(struct segment_cache *pool)
{
    while (pool->last != NULL)
        close_last(pool);
    (void)pthread_mutex_destroy(&pool->lock);
}

static void tell_once(struct segment_slot *slot, const char *folder, int64_t base_offset, kw_status status)
{
    kw_disk_problem problem = {.position = -1,
                               .offset = -1,
                               .status = status,
                               .system_error = status == KW_ERR_FILE ? errno : 0,
                               .detail = "a segment to be read; its records are not served"};
    if (!slot->is_told)
        report_segment(folder, base_offset, &problem);
    slot->is_told = true;
}

static struct open_segment *open_segment(struct segment_cache *pool, struct segment_slot *slot, const char *folder,
                                         int64_t base_offset)
{
    struct open_segment *open = calloc(1, sizeof *open);
    const kw_disk_listener *listener = slot->was_open ? NULL : &report_problem; /* to say things once */
    kw_status status = open == NULL ? KW_ERR_NO_MEMORY : kw_segment_open(&open->segment, folder, base_offset, listener);
    if (status != KW_OK) {
        tell_once(slot, folder, base_offset, status);
        free(open);
        return NULL;
    }
    kw_segment_drop_descriptors(&open->segment);
    open->pool = pool;
    open->slot = slot;
    open->folder = folder;
    slot->open = open;
    slot->was_open = true;
    return open;
}

struct open_segment *segment_hold(struct segment_cache *pool, struct segment_slot *slot, const char *folder,
                                  int64_t base_offset)
{
    (void)pthread_mutex_lock(&pool->lock);
    struct open_segment *open = slot->open;
    if (open == NULL)
        open = open_segment(pool, slot, folder, base_offset);
    else if (open->holders == 0)
        take_from_idle(pool, open);
    if (open != NULL)
        open->holders++;
    (void)pthread_mutex_unlock(&pool->lock);
    return open;
}

void segment_release(struct open_segment *open)
{
    struct segment_cache *pool = open->pool;
    (void)pthread_mutex_lock(&pool->lock);
    if (--open->holders == 0) {
        put_to_idle(pool, open);
        if (pool->idle > IDLE_MAX)
            close_last(pool);
    }
    (void)pthread_mutex_unlock(&pool->lock);
}

/* Looks at batches from `from` on, until they reach `to` or one is not sound. Returns where the last sound one ends. */
static size_t look_at(const struct open_segment *open, size_t from, size_t to, kw_disk_problem *problem)
{
    kw_batches batches;
    kw_batch batch = {0};
    size_t end = from;
    int64_t next_offset = open->segment.base_offset;
    kw_segment_batches(&open->segment, from, &batches);
    batches.flags |= KW_BATCHES_CHECK_CRC;
    problem->status = KW_OK;
    while (end < to && kw_batches_next(&batches, &batch)) {
        if (batch.base_offset < next_offset) {
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

static bool is_known(const struct segment_slot *slot, size_t from, size_t to)
{
    return slot->sound_from <= from && to <= slot->sound_to;
}

/* One stretch is remembered: that which readers who read on make longer. True if damage is told for the first time. */
static bool remember(struct segment_slot *slot, size_t from, size_t end, bool damaged)
{
    if (from >= slot->sound_from && from <= slot->sound_to) {
        if (end > slot->sound_to)
            slot->sound_to = end;
    } else {
        slot->sound_from = from;
        slot->sound_to = end;
    }
    bool news = damaged && !slot->is_told;
    slot->is_told = slot->is_told || damaged;
    return news;
}

size_t segment_sound_part(struct open_segment *open, size_t from, size_t to)
{
    struct segment_slot *slot = open->slot;
    kw_disk_problem problem = {.detail = "a batch to be sent; what is before it is"};
    (void)pthread_mutex_lock(&open->pool->lock);
    bool known = is_known(slot, from, to);
    size_t begin = from >= slot->sound_from && from < slot->sound_to ? slot->sound_to : from;
    (void)pthread_mutex_unlock(&open->pool->lock);
    if (known)
        return to;

    size_t end = look_at(open, begin, to, &problem);
    (void)pthread_mutex_lock(&open->pool->lock);
    bool news = remember(slot, begin, end, problem.status != KW_OK);
    (void)pthread_mutex_unlock(&open->pool->lock);
    if (news)
        report_segment(open->folder, open->segment.base_offset, &problem);
    return end < to ? end : to;
}
