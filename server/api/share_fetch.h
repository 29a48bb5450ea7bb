/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_SHARE_FETCH_H
#define SERVER_API_SHARE_FETCH_H

/* What the parts of ShareFetch share: share_fetch.c runs the request and waits, share_fetch_request.c says what is
 * asked for, share_fetch_read.c reads the logs, share_fetch_acquire.c decides who gets the records that were read, and
 * share_fetch_answer.c fills in the response. */

#include "../log/log_read.h"
#include "../share/share_acquire.h"
#include "../share/share_session.h"
#include "handlers.h"
#include "share_acks.h"

/* A partition of the session. */
struct share_source {
    struct set_partition id;
    int16_t error;
    struct partition_log *log;  /* shared */
    struct shared_partition *e; /* counted */
    struct log_watcher log_watcher;
    struct shared_waiter waiter;
    int64_t high_watermark; /* when it was read */
    int64_t end;            /* of what this group may read; the same */
    bool is_reading;        /* it has the flag of the share partition */
    bool was_reading;       /* it had it, with or without records */
    bool is_watched;
    int64_t offset;
    struct log_slice slice;
    struct log_snapshot snapshot; /* of which the slice is, while that has a segment */
    kw_bytes records;             /* of the slice: those that were acquired */
    struct share_acquired acquired;
    bool is_listed; /* the response has it */
};

struct share_fetching {
    struct call *call;
    const kw_share_fetch_request *request;
    kw_share_fetch_response *response;
    struct share_config config;
    struct share_acks acks;
    struct partition_set session;
    struct share_source *sources;
    size_t count;
    int64_t wait_until;
    int64_t bytes;   /* that were read */
    bool is_urgent;  /* there is an error */
    bool is_loading; /* some have to be loaded first */
    bool dont_block;
    bool would_block;
};

/* Lists the acknowledgements, and the partitions that the session gets and loses. False: memory is short. */
bool share_fetch_list_acks(struct share_fetching *f);
bool share_fetch_list_partitions(struct share_fetching *f, struct share_session_request *out);

/* Reads what can be acquired from the sources, with the flags of their share partitions; anew each time. */
void share_fetch_read(struct share_fetching *f);

/* Give back the flag of a share partition, what was read, and all that sources hold. */
void share_source_stop_reading(struct share_source *source);
void share_source_drop_slice(struct share_source *source);
void share_fetch_release(struct share_fetching *f);

/* The member gets what was read. False: memory is short. */
bool share_fetch_acquire(struct share_fetching *f);

/* Fills in the response, which has the segments from then on. False: memory is short. */
bool share_fetch_fill(struct share_fetching *f);

#endif
