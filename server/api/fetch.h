/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_FETCH_H
#define SERVER_API_FETCH_H

/* What the parts of Fetch share: fetch.c runs the request and waits, fetch_request.c says what is asked for,
 * fetch_context.c adds what the client's session knows, fetch_partition.c reads a partition, fetch_old.c converts its
 * records for old clients. */

#include "../log/partition_log.h"
#include "../log/segment_cache.h"
#include "fetch_session.h"
#include "handlers.h"

/* Versions of the request in which something is new. */
enum {
    FETCH_FIRST_FOR_MAGIC_1 = 2,
    FETCH_FIRST_THAT_NEVER_CUTS = 3,
    FETCH_FIRST_FOR_MAGIC_2 = 4,
    FETCH_FIRST_WITH_STORAGE_ERROR = 6,
    FETCH_FIRST_BY_ID = 13,
    FETCH_FIRST_WITH_LEADER = 16
};

/* Memory of records that a client gets in an older format. */
struct fetch_converted;

/* A log that a Fetch waits for. */
struct fetch_watch {
    struct log_watcher watcher;
    struct partition_log *log; /* shared */
    int64_t high_watermark;    /* when it was read */
};

struct fetching {
    struct call *call;
    const kw_fetch_request *request;
    kw_fetch_response *response;
    struct fetch_asked *asked; /* distinct */
    size_t asked_count;
    kw_fetch_response_partition_data *partitions; /* of the response; one for each that is asked for */
    struct fetch_asked *answered;                 /* what each of them answers */
    size_t partition_count;
    struct fetch_watch *watches; /* of logs that were read; as many as partitions */
    size_t watch_count;
    size_t watched;             /* of these, when the call waits */
    struct open_segment **held; /* whose records are in the response */
    size_t held_count;
    size_t held_max;
    struct fetch_converted *converted; /* in the response as well; at most held_max together */
    size_t converted_count;
    int64_t wait_until; /* by executor_now() */
    int32_t bytes_left;
    bool at_least_one; /* no partition has had records yet */
    int64_t bytes_available;
    bool is_urgent;   /* something is to be reported at once */
    bool dont_block;  /* nothing is to be done that may wait for the disk */
    bool would_block; /* so the reading has stopped */
    bool was_read;    /* a worker has read all */
    bool in_session;  /* the request changed a session */
};

/* Lists what the request names. False if memory is short. */
bool fetch_list_asked(struct fetching *f);

/* Allocates the response to all that is asked for. False if memory is short. */
bool fetch_allocate(struct fetching *f);

/* Takes the request's changes into its session, and adds what the session asks for. The error of the whole response. */
int16_t fetch_open_session(struct fetching *f);

/* Leaves to the response what the session does not know, or starts a session. */
void fetch_close_session(struct fetching *f);

bool fetch_is_of_follower(const struct fetching *f);

/* Adds a partition to the response, after those that are in it. */
kw_fetch_response_partition_data *fetch_next_partition(struct fetching *f, const struct fetch_asked *asked);

/* The answer for a partition whose log cannot be read, as far as the client knows such an error. */
void fetch_refuse(struct fetching *f, int16_t error, kw_fetch_response_partition_data *out);

/* Reads a partition that exists into its place in the response. False if memory is short, or it would block. */
bool fetch_read_partition(struct fetching *f, const struct metadata_topic *topic,
                          const struct metadata_partition *partition, const kw_fetch_request_partition *asked,
                          kw_fetch_response_partition_data *out);

/* Whether the client may not know the batches of a log. */
static inline bool fetch_is_old(const struct fetching *f)
{
    return f->call->version < FETCH_FIRST_FOR_MAGIC_2;
}

/* What a client that is old gets of these batches, which are not needed any more: its error and records. False if
 * memory is short. */
bool fetch_convert(struct fetching *f, const kw_fetch_request_partition *asked, kw_bytes batches,
                   kw_fetch_response_partition_data *out);

/* Whether the topic's own codec is one that the client, being old, does not know: it gets nothing then. */
bool fetch_is_of_zstd(const struct fetching *f, struct partition_log *log);

/* What an old client gets instead of records that it cannot be given. */
void fetch_refuse_old(struct fetching *f, int16_t error, kw_fetch_response_partition_data *out);

/* Hands all of it over to the response, or gives it back. */
void fetch_hand_over_converted(struct fetching *f);
void fetch_release_converted(struct fetching *f);

#endif
