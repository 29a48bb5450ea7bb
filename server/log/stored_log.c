/* SPDX-License-Identifier: Apache-2.0 */
#include "stored_log.h"

#include <errno.h>
#include <string.h>

#include "../observe/console.h"
#include "problems.h"

enum { ARENA_LIMIT = 256 * 1024 * 1024 };

bool stored_log_init(struct stored_log *stored, const kw_data_dir *dir, const kw_data_partition *place,
                     struct segment_cache *pool)
{
    memset(stored, 0, sizeof *stored);
    stored->dir = dir;
    stored->place = place;
    stored->pool = pool;
    kw_arena_init_growing(&stored->arena, NULL, 0, kw_allocator_libc(), ARENA_LIMIT);
    return pthread_mutex_init(&stored->lock, NULL) == 0;
}

void stored_log_finish(struct stored_log *stored)
{
    kw_arena_finish(&stored->arena);
    (void)pthread_mutex_destroy(&stored->lock);
}

/* After a crash the last segment is read whole, as Kafka does, for its end may be anything. */
static kw_status open_log(struct stored_log *stored)
{
    unsigned what = stored->dir->was_stopped_well ? 0 : KW_CHECK_CRC;
    kw_arena_reset(&stored->arena);
    if (stored->place == NULL)
        return KW_OK;
    kw_status status =
        kw_data_dir_open_log(stored->dir, stored->place, what, &stored->log, &stored->arena, &report_problem);
    if (status != KW_OK)
        return status;
    size_t size = stored->log.segment_count * sizeof *stored->slots;
    stored->slots = kw_arena_alloc(&stored->arena, size);
    if (stored->slots == NULL)
        return kw_arena_status(&stored->arena);
    memset(stored->slots, 0, size);
    return KW_OK;
}

const kw_partition_log *stored_log_open(struct stored_log *stored)
{
    (void)pthread_mutex_lock(&stored->lock);
    if (!stored->is_open) {
        kw_status before = stored->status;
        stored->status = open_log(stored);
        stored->is_open = stored->status == KW_OK;
        if (stored->status != KW_OK && stored->status != before)
            console_line("%s: %s%s%s", stored->place->folder, kw_status_text(stored->status),
                         stored->status == KW_ERR_FILE ? ": " : "",
                         stored->status == KW_ERR_FILE ? strerror(errno) : "");
    }
    bool fine = stored->status == KW_OK;
    (void)pthread_mutex_unlock(&stored->lock);
    return fine ? &stored->log : NULL;
}

struct open_segment *stored_log_segment(struct stored_log *stored, size_t index)
{
    return segment_hold(stored->pool, &stored->slots[index], stored->place->folder,
                        stored->log.segments[index].base_offset);
}
