/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_SEGMENT_CACHE_H
#define SERVER_LOG_SEGMENT_CACHE_H

/* The segments that are open. One that nobody holds stays open for a while, for whoever reads on; so many segments may
 * be on disk, but few mappings are used, and no descriptors. */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include <kwire/storage/partition_log.h>
#include <kwire/storage/segment.h>

/* What is remembered of a segment whether it is open or not. Private fields. */
struct segment_slot {
    struct open_segment *open; /* NULL: it is not */
    size_t sound_from;         /* batches that were looked at and found sound: from here */
    size_t sound_to;           /* to here */
    bool was_open;
    bool is_told; /* what is wrong with it was logged */
};

struct open_segment {
    kw_segment segment; /* to look at; the rest is private */
    struct segment_cache *pool;
    struct segment_slot *slot;
    const char *folder;
    unsigned holders;
    struct open_segment *next; /* of those that nobody holds, the one that was held last first */
    struct open_segment *previous;
};

/* Private fields. */
struct segment_cache {
    pthread_mutex_t lock;
    struct open_segment *first;
    struct open_segment *last;
    size_t idle;
};

bool segment_cache_init(struct segment_cache *pool);

/* Nothing is to be held any more. */
void segment_cache_finish(struct segment_cache *pool);

/* Opens a segment of a log, or takes the one that is open. NULL, which is logged once a segment, if that fails. */
struct open_segment *segment_hold(struct segment_cache *pool, struct segment_slot *slot, const char *folder,
                                  int64_t base_offset);
void segment_release(struct open_segment *open);

/* How much from `from`, where a batch begins, to `to` is of sound batches: `to`, or where the first one begins that is
 * not. Every batch is looked at once, checksum included, when it is about to be used for the first time; damage is
 * logged once a segment. */
size_t segment_sound_part(struct open_segment *open, size_t from, size_t to);

#endif
