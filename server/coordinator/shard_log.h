/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_SHARD_LOG_H
#define SERVER_COORDINATOR_SHARD_LOG_H

/* The records of a shard on their way to its log. Those of a decision are replayed at once and wait in a batch that is
 * being filled; one batch at a time is with the log. What could not be written is undone, and all that was decided
 * after it. Needs the turn of the shard. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/record_builder.h>

#include "../log/log_append.h"
#include "machine.h"

/* Where batches go: the log of the shard's partition, or a test's. */
struct shard_sink {
    void *context;
    bool (*append)(void *context, struct log_append *append); /* as log_append() */
    int64_t (*high_watermark)(void *context);                 /* -1: it cannot be read */
    bool (*is_closed)(void *context);    /* nothing is written or synced any more: it does not move */
    int32_t (*max_batch)(void *context); /* bytes of a batch that it takes */
    void (*watch)(void *context, struct log_watcher *watcher);
    void (*unwatch)(void *context, struct log_watcher *watcher);
};

struct shard_sink shard_sink_of(struct partition_log *log);

struct shard_batch {
    struct shard_batch *next;
    struct shard_batch *previous;
    kw_new_record *records; /* with offsets from base_offset on; like keys and values in the arena */
    size_t count;           /* of offsets; a marker has one, and no records here */
    size_t capacity;
    int64_t base_offset;
    int64_t start;  /* when the first record was decided, by the shard's clock */
    bool is_closed; /* it takes no more */
    size_t size;    /* as a batch of the log that is not compressed; at most max_size */
    size_t max_size;
    uint8_t *bytes; /* as many as reserved, at least size */
    size_t reserved;
    kw_arena arena;
    struct coordinator_undo_list undo;
    struct coordinator_txn txn; /* of a decision that has the batch for itself */
    int64_t marker_time;
    struct append_batch built;
    struct log_append append;
};

struct shard_log_options {
    const struct coordinator_calls *machine;
    void *state;
    struct shard_sink sink;
    int32_t leader_epoch;
    kw_codec codec;                          /* of batches */
    int64_t linger_ms;                       /* -1: none; 0: each decision has a batch of its own */
    void (*done)(struct log_append *append); /* of appends that are not done at once; their context is `context` */
    void *context;
};

struct shard_log {
    int64_t end;       /* of all that has been decided */
    int64_t written;   /* of what has been appended */
    int64_t committed; /* the high watermark */
    /* The rest is private. */
    struct shard_log_options options;
    struct shard_batch *first; /* the one that is with the log, or the next to go there */
    struct shard_batch *last;  /* the one that is being filled */
    struct shard_batch *spare;
    bool is_appending;         /* the first batch is with the log */
    kw_compressor *compressor; /* NULL: nothing has been compressed so far */
    kw_writer scratch;
};

void shard_log_init(struct shard_log *log, const struct shard_log_options *options);

/* Nothing may be with the log. */
void shard_log_finish(struct shard_log *log);

/* The log of which all records have been replayed ends here. */
void shard_log_start(struct shard_log *log, int64_t end);

/* Replays the records of a decision, or the end of a transaction, and puts them into batches. After an error nothing
 * has changed, nor what the decision's undo entries are about: COORDINATOR_NO_MEMORY, KW_ERROR_MESSAGE_TOO_LARGE, or
 * KW_ERROR_UNKNOWN_SERVER_ERROR after a line on the console. */
int16_t shard_log_add(struct shard_log *log, struct coordinator_decision *decision);

/* Whether the decision has a batch that is not shared. */
bool shard_log_has_batch(const struct coordinator_decision *decision);

/* Gives the log a batch, if there is one and none is with it. True: that is done, and shard_log_written() must follow;
 * false: there was nothing to give, or options.done() is going to be called. */
bool shard_log_append(struct shard_log *log);

/* Whether the next batch should not be given to the log yet, as it may get more until its linger time has passed. */
bool shard_log_must_wait(const struct shard_log *log, int64_t clock);

/* After a batch is done, before shard_log_written(): where it would have ended, if the log has refused it because of
 * its producer; -1: it has not, and an error concerns all that follows as well. */
int64_t shard_log_refused(const struct shard_log *log);

/* A batch has been written, or not. After an error all that is not written has been undone. KW_ERROR_NOT_COORDINATOR:
 * somebody else has written to the log, so the state is not what the log says any more. */
int16_t shard_log_written(struct shard_log *log);

/* Looks at the high watermark. */
void shard_log_look(struct shard_log *log);

/* Drops what has not been written, and undoes nothing, as the state is given up. A batch that is with the log stays
 * until shard_log_written(). */
void shard_log_give_up(struct shard_log *log);

#endif
