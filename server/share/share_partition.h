/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_SHARE_SHARE_PARTITION_H
#define SERVER_SHARE_SHARE_PARTITION_H

/* What its leader knows of a partition for one share group: which records have been given to whom. Without I/O, locks
 * and a clock of its own: who uses it has its lock, writes what it has to be told to write, and says what time it is.
 * share_acquire.h and share_acknowledge.h have the rest. docs/share-groups.md explains it. */

#include <kwire/view.h>

#include "share_runs.h"

enum { SHARE_MEMBER_ID_SIZE = 36 };

/* Settings of the group, of the moment. */
struct share_limits {
    int64_t lock_ms;    /* share.record.lock.duration.ms */
    int32_t locks;      /* share.partition.max.record.locks */
    int16_t deliveries; /* share.delivery.count.limit */
    bool may_renew;     /* share.renew.acknowledge.enable */
    bool has_letters;   /* what is given up becomes a dead letter */
};

struct share_owner {
    char id[SHARE_MEMBER_ID_SIZE];
    uint8_t size; /* 0: free */
};

/* Zero bytes but for the budget are one that has not been loaded. */
struct share_partition {
    struct coordinator_budget *budget;
    int64_t start;              /* the first offset that is not finished */
    int64_t end;                /* the offset after those in flight; `start` if nothing is */
    struct share_runs runs;     /* below `start` there are only some that members have acquired */
    struct share_owner *owners; /* private; number 1 is the first */
    uint32_t owner_count;
    uint32_t last_write;
    bool may_have_letters; /* records may be archiving that nobody produces yet */
};

/* What is to be written: the state from `start` on, and what has changed. */
struct share_change {
    uint32_t write; /* its number; SHARE_NO_WRITE: nobody waits for it */
    int64_t start_offset;
    int32_t complete_count;       /* of records that are finished from there on */
    struct share_batches batches; /* allocated by share_change_add() */
    size_t capacity;
};

void share_change_finish(struct share_change *change, struct coordinator_budget *budget);

/* Adds what the run will be, behind the others. False: there is no memory. */
bool share_change_add(struct share_change *change, const struct share_run *run, int8_t state,
                      struct coordinator_budget *budget);

/* Fills in the start offset and the count, with the state as it will be. */
void share_change_close(struct share_change *change, const struct share_partition *p);

void share_partition_finish(struct share_partition *p);

/* What was written of it: sorted batches from `start` on. Between them nothing has been delivered yet. False: there is
 * no memory, or batches are not as they must be; it is not loaded then. */
bool share_partition_load(struct share_partition *p, int64_t start, const struct share_batches *batches);

/* Where the next records are to be read: the first available one, or the end. */
int64_t share_partition_next_offset(const struct share_partition *p);

/* Offsets between start and end. */
int64_t share_partition_in_flight(const struct share_partition *p);

/* Whether somebody may get something. */
bool share_partition_can_acquire(const struct share_partition *p, const struct share_limits *limits);

/* When the next lock ends; INT64_MAX: there is none. */
int64_t share_partition_deadline(const struct share_partition *p);

/* Ends the locks that are due. What becomes available or archived is added to the change, without a write that must be
 * waited for. False: there is no memory, and nothing has changed. */
bool share_partition_expire(struct share_partition *p, const struct share_limits *limits, int64_t now,
                            struct share_change *change);

/* The write has been made, or has failed: then all is as it was before. Returns whether something may be acquired that
 * could not be before, or finished. */
bool share_partition_written(struct share_partition *p, uint32_t write, bool is_written);

/* Records that are to be produced as dead letters. */
struct share_dead {
    int64_t first;
    int64_t last;
    int16_t count; /* of deliveries */
    bool was_rejected;
};

/* Takes the first ones that are archiving and that nobody has taken. False: there are none. One may be taken at a time.
 */
bool share_partition_take_dead(struct share_partition *p, const struct share_limits *limits, struct share_dead *out);

/* Those that were taken are archived now, which is added to the change, without a write that must be waited for; it is
 * empty if they are not in flight any more. If memory is short, they are written with what comes later. */
void share_partition_bury(struct share_partition *p, struct share_change *change);

/* The log starts there now. Members may keep what they have acquired below. */
void share_partition_move_start(struct share_partition *p, int64_t log_start);

/* ---- for share_acquire.c and share_acknowledge.c ---- */

/* The number of a member; SHARE_NOBODY: there is no memory, or the id is not one. */
uint32_t share_partition_owner(struct share_partition *p, kw_string member);

/* The same if it owns something; else SHARE_NOBODY. */
uint32_t share_partition_find_owner(const struct share_partition *p, kw_string member);

/* The list becomes that of the partition, and what is finished at its front goes. */
void share_partition_take(struct share_partition *p, struct share_runs *runs);

/* What becomes of a record that is to be available again. */
int8_t share_state_when_released(const struct share_run *run, const struct share_limits *limits);

#endif
