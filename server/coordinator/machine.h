/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_MACHINE_H
#define SERVER_COORDINATOR_MACHINE_H

/* What a state machine is whose records are in a partition of an internal topic. It decides and replays, and has no
 * I/O, locks, sockets, clock or random numbers of its own. Only replay changes what the records describe; a decision
 * may also change what no record describes: who waits, deadlines. All of it runs with the turn of its shard (shard.h),
 * so on one thread at a time. docs/coordinators.md explains it. */

#include <stdbool.h>
#include <stdint.h>

#include <kwire/record_batch.h>
#include <kwire/status.h>
#include <kwire/view.h>

#include "../base/executor.h"
#include "../base/random.h"
#include "../metadata/image.h"
#include "record_out.h"

struct shard;

/* The errors of Kafka, and this one: memory is short. Nothing has changed, and the client is to try again. */
enum { COORDINATOR_NO_MEMORY = -1001 };

/* Bytes that one record may take as it is replayed. */
enum { COORDINATOR_RECORD_LIMIT = 512 * 1024 * 1024 };

struct coordinator_record {
    kw_bytes key;
    kw_bytes value; /* null: a tombstone */
    int64_t offset;
    int64_t producer_id; /* of the transaction that it belongs to; KW_NO_PRODUCER_ID: none */
    int16_t producer_epoch;
};

/* The end of a transaction. */
struct coordinator_marker {
    int64_t producer_id;
    int16_t producer_epoch;
    int64_t offset;
    bool is_commit;
};

/* What replaying a record has changed, by reference. The machine's own struct starts with it, as there are several
 * kinds. One of the two functions is called in the end; it frees the entry. */
struct coordinator_undo {
    void (*put_back)(struct coordinator_undo *undo, void *state); /* the record was not written */
    void (*drop)(struct coordinator_undo *undo, void *state);     /* it was: what stood there before may go */
    struct coordinator_undo *older;                               /* private */
};

struct coordinator_undo_list {
    struct coordinator_undo *newest;
};

static inline void coordinator_undo_add(struct coordinator_undo_list *list, struct coordinator_undo *undo)
{
    undo->older = list->newest;
    list->newest = undo;
}

struct coordinator_calls {
    /* Changes the state as the record says; key and value are only valid during the call. Each change is added to
     * `undo`, unless that is NULL: the record is in the log already. After an error the state is as it was, but for
     * what has been added to `undo`. */
    kw_status (*replay)(void *state, const struct coordinator_record *record, struct coordinator_undo_list *undo);

    /* The same for what the producer's records have left: it holds, or is dropped. */
    kw_status (*marker)(void *state, const struct coordinator_marker *marker, struct coordinator_undo_list *undo);

    /* The log has been replayed: starts timers. */
    void (*loaded)(void *state, struct shard *shard);

    /* Everybody who waits is answered, and the state is freed; its timers are stopped before, or none of them is. */
    void (*unloaded)(void *state);

    /* The shard has another image from now on. NULL: it does not matter. */
    void (*changed)(void *state, struct shard *shard, const struct metadata_image *before,
                    const struct metadata_image *after);
};

/* Which batch a decision has. Each transactional one and each marker is appended before anything else is decided, if
 * the log takes it at once. */
enum coordinator_batch {
    COORDINATOR_SHARED,        /* with the records of others */
    COORDINATOR_TRANSACTIONAL, /* its own, of a producer's transaction; its records are all in it */
    COORDINATOR_END            /* the marker that ends a transaction; it has no records */
};

/* Of a batch that is not shared. */
struct coordinator_txn {
    enum coordinator_batch batch;
    int64_t producer_id;
    int16_t producer_epoch;
    int16_t version;           /* of transactions, by the producer's protocol */
    uint64_t verification;     /* transactional: as log_append.h has it */
    int32_t coordinator_epoch; /* end: of the coordinator that decided it, as the next one */
    bool is_commit;
};

/* What a decision gets and yields. */
struct coordinator_decision {
    void *state; /* the machine's */
    struct shard *shard;
    const struct metadata_image *image;
    int64_t now;   /* ms since 1970 */
    int64_t clock; /* ms, never going back; as the deadlines of timers */
    struct random_source *random;
    struct record_out records;         /* none: nothing changes, unless it ends a transaction */
    struct coordinator_txn txn;        /* zero bytes: the batch is shared */
    bool copies;                       /* they describe what the state has already, and are not replayed */
    struct coordinator_undo_list undo; /* what it has changed itself, and is put back if they cannot be written */
    bool may_be_split;                 /* they need not be in one batch */
    bool is_on_worker;                 /* it may take long */
    bool needs_worker; /* it would take long, and has not changed anything: it is called again on a worker */
};

/* Zero bytes but for the functions and the executor. It is the shard's from coordinator_submit() until that has
 * returned true or complete() is called. */
struct coordinator_event {
    /* Looks at the state and adds records. With the turn. */
    void (*decide)(struct coordinator_event *event, struct coordinator_decision *decision);

    /* The event has been decided, and fails. Its records have been undone, unless the error is REQUEST_TIMED_OUT: then
     * they may still be written. Puts right what no record describes. With the turn; before complete(). May be NULL. */
    void (*failed)(struct coordinator_event *event, void *state, int16_t error);

    /* KW_ERROR_NONE: what it has seen and changed is committed. With the turn, so it must not take long; it may submit
     * events. */
    void (*complete)(struct coordinator_event *event, int16_t error);

    struct executor *executor; /* of whoever submits it; others' events may be decided there, too */
    int16_t error;             /* that of complete(), once coordinator_submit() has returned true */

    /* Private fields. */
    struct coordinator_event *next;
    int64_t until; /* the offset that it waits for */
    int64_t deadline;
    bool has_batch; /* which ends there, and is not shared */
};

#endif
