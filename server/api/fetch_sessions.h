/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_FETCH_SESSIONS_H
#define SERVER_API_FETCH_SESSIONS_H

/* All fetch sessions of the broker: limited in number and, together, in partitions. Beyond that old and small ones make
 * way, or a client gets no session and asks in full each time. Any thread may call these functions.
 * Source: FetchManager, FetchSessionCacheShard. */

#include <pthread.h>
#include <stdatomic.h>

#include "fetch_session.h"

enum {
    FETCH_SESSION_SHARDS = 8,
    FETCH_SESSION_EVICTION_MS = 120000,   /* unused for longer, it makes way for any other */
    FETCH_SESSION_PARTITIONS_MAX = 500000 /* of all sessions together: less than 100 MB */
};

/* Private fields. */
struct fetch_sessions {
    struct fetch_session_shard {
        pthread_mutex_t lock;
        struct fetch_session **chains;
        size_t chain_count; /* power of two */
        size_t count;
        size_t max;
    } shards[FETCH_SESSION_SHARDS];
    atomic_size_t partitions;
    atomic_uint next_shard;
    size_t max_partitions;
    bool is_open;
};

/* With `slots` sessions at most; 0: there are none. One of zero bytes has none either. False: there is no memory. */
bool fetch_sessions_init(struct fetch_sessions *sessions, int32_t slots, size_t max_partitions);
void fetch_sessions_finish(struct fetch_sessions *sessions);

/* What a request with a session asks for. */
struct fetch_session_request {
    int32_t id;
    int32_t epoch;
    bool uses_ids;
    const struct fetch_asked *asked; /* distinct */
    size_t count;
    const kw_fetch_request_forgotten_topic *forgotten;
    size_t forgotten_count;
};

/* Takes the changes that a request asks for into its session, and lists all that is asked for.
 * FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH, FETCH_SESSION_TOPIC_ID_ERROR. *count 0: the session has
 * ended, as nothing is left of it. */
int16_t fetch_sessions_update(struct fetch_sessions *sessions, const struct fetch_session_request *request,
                              int64_t now_ms, kw_arena *arena, struct fetch_asked **out, size_t *count);

/* Removes from a response what the client of the session knows. `epoch` is that of the request.
 * INVALID_FETCH_SESSION_EPOCH: another request has come meanwhile. */
int16_t fetch_sessions_prune(struct fetch_sessions *sessions, int32_t id, int32_t epoch, kw_fetch_response *response);

/* Starts a session for what was asked for in full and answered; its id, or 0: there is none for this client. `asked` is
 * in the order of the response. */
int32_t fetch_sessions_start(struct fetch_sessions *sessions, bool is_privileged, bool uses_ids, int64_t now_ms,
                             const struct fetch_asked *asked, size_t count, const kw_fetch_response *response);

/* Ends a session, if there is one with the id. */
void fetch_sessions_end(struct fetch_sessions *sessions, int32_t id);

size_t fetch_sessions_count(struct fetch_sessions *sessions);

#endif
