/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_SEGMENT_CACHE_H
#define SERVER_LOG_SEGMENT_CACHE_H

/* The open segments. One without a holder stays open for a while, for a reader that continues; so many
 * segments may be on disk, but few mappings are used, and no descriptors. Any thread may call these functions; none
 * waits for another one's I/O. */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log_contents.h"

/* Beside Kafka's error codes: to do this now might wait for the disk, and the caller said not to. */
enum { LOG_WOULD_BLOCK = -1000 };

struct open_segment {
    struct segment segment; /* to look at; the rest is private */
    struct segment_cache *cache;
    struct log_segment *owner;
    unsigned holders;
    size_t resident_from; /* bytes that were in memory; until when that is believed, by clock_coarse_ms() */
    size_t resident_to;
    int64_t resident_until;
    int64_t indexes_until;     /* the same of the indexes */
    bool is_detached;          /* its owner is opened anew; it ends with its last holder */
    struct open_segment *next; /* of those without a holder, the most recently held first */
    struct open_segment *previous;
};

/* Private fields but for the last two. */
struct segment_cache {
    pthread_mutex_t lock;
    struct open_segment *first;
    struct open_segment *last;
    size_t idle;

    /* Called when a segment cannot be opened, with errno as it was; NULL: nobody is told. To be set before the cache is
     * used. */
    void (*failed)(void *context, const char *folder, kw_status status);
    void *context;
};

bool segment_cache_init(struct segment_cache *cache);

/* Nothing may be held any more. */
void segment_cache_finish(struct segment_cache *cache);

/* Opens a segment of a log, or takes the one that is open. KW_ERROR_NONE and *out; KW_ERROR_KAFKA_STORAGE_ERROR, which
 * is reported once a segment; KW_ERROR_OFFSET_OUT_OF_RANGE for one that retention has removed; LOG_WOULD_BLOCK with
 * dont_block if it is not open. */
int16_t segment_hold(struct segment_cache *cache, struct log_segment *segment, const char *folder, bool dont_block,
                     struct open_segment **out);

/* The same if it is open already; NULL if not. */
struct open_segment *segment_hold_open(struct segment_cache *cache, struct log_segment *segment);
void segment_release(struct open_segment *open);

/* Whoever opens the segment from now on gets a mapping of that capacity, because it is about to be written to; or, with
 * 0, the finished segment with its index files. Those that hold it keep what they have. */
void segment_cache_remap(struct segment_cache *cache, struct log_segment *segment, size_t map_capacity);

/* What a reader of the snapshot sees of the segment at that index of it: no more than what had been published. */
struct segment segment_view(const struct open_segment *open, const struct log_snapshot *snapshot, size_t index);

/* Ends what segment_reading_start() of a segment of a log has started. KW_ERROR_NONE; KW_ERROR_KAFKA_STORAGE_ERROR: the
 * disk cannot read it, which is reported as in segment_hold(), and whoever holds it next opens it anew. Nothing that
 * was read of it counts then. */
int16_t segment_reading_end(struct segment_cache *cache, struct log_segment *segment, const char *folder,
                            struct file_reading *reading);

/* How much from `from`, where a batch begins, to `to` is of valid batches: `to`, or where the first one begins that is
 * not. Every batch is checked once, checksum included, when it is about to be used for the first time; damage is
 * reported once a segment. What this process has appended counts as checked. */
size_t segment_verified_part(struct open_segment *open, const char *folder, size_t from, size_t to);

/* Whether these bytes have been checked already. */
bool segment_is_verified(struct open_segment *open, size_t from, size_t to);

/* Whether these bytes of the log, or the indexes, are in memory, by what was seen within the last second. */
bool segment_is_resident(struct open_segment *open, size_t from, size_t to);
bool segment_indexes_are_resident(struct open_segment *open);

/* Whether these bytes of the log have been checked and are in memory. */
bool segment_is_ready(struct open_segment *open, size_t from, size_t to);

#endif
