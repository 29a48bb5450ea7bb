/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_FETCH_SESSION_H
#define SERVER_API_FETCH_SESSION_H

/* One incremental fetch session (KIP-227): the partitions that a client asks for, so that it need not name them each
 * time, and what it knows of each, so that only news are sent. No locks. Source: FetchSession. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/messages/fetch_request.h>
#include <kwire/messages/fetch_response.h>

/* A topic and a partition of a request or response, which outlive the call that they are given to. */
struct fetch_asked {
    const kw_fetch_request_topic *topic;
    const kw_fetch_request_partition *partition;
    kw_string name; /* of a session's topic that is asked for by its id; null: it is not known */
};

/* A topic that partitions of a session share. */
struct fetch_session_topic {
    size_t references;
    kw_uuid id;       /* zero: known by name only */
    int32_t name_len; /* -1: known by id only */
    char name[];
};

struct fetch_session_partition {
    struct fetch_session_topic *topic; /* NULL: free */
    kw_fetch_request_partition asked;  /* without tags */
    int64_t high_watermark;            /* these were sent last; -1: none */
    int64_t log_start_offset;
    uint32_t next;          /* in its hash chain, or free */
    uint32_t before, after; /* in the order in which they are read */
};

struct fetch_session {
    int32_t id;
    int32_t epoch;      /* that the next request must have */
    bool is_privileged; /* a follower's */
    bool uses_ids;      /* topics are known by id, else by name */
    int64_t created_ms;
    int64_t used_ms;
    size_t counted; /* partitions, as the cache counted them last */
    bool evictable_by_all, evictable_by_privileged;
    struct fetch_session *next; /* in the cache's hash chain */
    /* Private. */
    struct fetch_session_partition *partitions;
    uint32_t *chains;
    uint32_t capacity;
    uint32_t count;
    uint32_t free;
    uint32_t first, last;
    uint32_t seed;
};

/* NULL: there is no memory. */
struct fetch_session *fetch_session_create(int32_t id, bool is_privileged, bool uses_ids, int64_t now_ms,
                                           uint32_t seed);
void fetch_session_destroy(struct fetch_session *session);

/* Adds a partition, or changes what is asked of it. False: there is no memory. */
bool fetch_session_ask(struct fetch_session *session, const struct fetch_asked *asked);

void fetch_session_forget(struct fetch_session *session, kw_string topic, kw_uuid topic_id, int32_t partition);

/* Notes what the first response says of a partition. */
void fetch_session_note(struct fetch_session *session, const kw_fetch_response_fetchable_topic_response *topic,
                        const kw_fetch_response_partition_data *sent);

/* All partitions in the order in which they are to be read, copied to the arena. False: it is full. */
bool fetch_session_list(const struct fetch_session *session, kw_arena *arena, struct fetch_asked **out, size_t *count);

/* Removes from a response what the client knows already, and notes the rest. Partitions with records are read last the
 * next time, so that each has its turn. */
void fetch_session_prune(struct fetch_session *session, kw_fetch_response *response);

/* That follows an epoch: 1 after INT32_MAX. */
int32_t fetch_session_next_epoch(int32_t epoch);

#endif
