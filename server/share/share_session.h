/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_SHARE_SHARE_SESSION_H
#define SERVER_SHARE_SHARE_SESSION_H

/* The sessions of members of share groups: the partitions that a member reads, so that it need not name them each time.
 * A session ends with the connection on which it was opened. Any thread may call these functions. */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/view.h>

#include "../base/hash_chains.h"
#include "../coordinator/budget.h"
#include "../coordinator/group/partition_set.h"

enum { SHARE_EPOCH_OPEN = 0, SHARE_EPOCH_CLOSE = -1 };

/* Of a partition of a session, in the place of its epoch: the next answer has it even without records; and its topic
 * existed when the session got it. */
enum { SHARE_TO_BE_LISTED = 1, SHARE_TOPIC_WAS_KNOWN = 2 };

/* Private fields. */
struct share_sessions {
    pthread_mutex_t lock;
    struct hash_chains table;
    struct hash_chains connections;
    struct coordinator_budget *budget;
    size_t most;
    bool are_allowed;
};

struct share_session_request {
    kw_string group;
    kw_string member;
    int32_t epoch;
    struct partition_set added; /* with SHARE_TOPIC_WAS_KNOWN where it is so */
    struct partition_set forgotten;
    bool keeps;             /* the partitions stay as they are: ShareAcknowledge */
    const void *connection; /* on which it comes; only for those that may open a session */
};

/* False: there is no memory. */
bool share_sessions_init(struct share_sessions *sessions, struct coordinator_budget *budget, size_t most);
void share_sessions_finish(struct share_sessions *sessions);

/* Whether there may be sessions, as at first. False: those that exist end, without a listener. */
void share_sessions_allow(struct share_sessions *sessions, bool are_allowed);

/* Takes the request into the session, and lists its partitions in the arena, in the order in which they are to be read
 * this time; with SHARE_EPOCH_CLOSE those that it has had. Errors: SHARE_SESSION_LIMIT_REACHED,
 * SHARE_SESSION_NOT_FOUND, INVALID_SHARE_SESSION_EPOCH, UNSUPPORTED_VERSION (none are allowed),
 * COORDINATOR_NOT_AVAILABLE (there is no memory). */
int16_t share_session_use(struct share_sessions *sessions, const struct share_session_request *request, kw_arena *arena,
                          struct partition_set *out);

/* Sets whether a partition of the session is to be listed. */
void share_session_mark(struct share_sessions *sessions, kw_string group, kw_string member, kw_uuid topic,
                        int32_t index, bool is_to_be_listed);

/* Ends it, if it exists. */
void share_session_close(struct share_sessions *sessions, kw_string group, kw_string member);

/* Both are called without locks. */
struct share_session_listener {
    void *context;
    void (*session)(void *context, kw_string group, kw_string member, struct partition_set partitions);
    void (*group)(void *context, kw_string group); /* it has no session any more */
};

/* The connection has gone: the sessions that were opened on it end, the listener is told of each, and then of the group
 * for which the last one was opened, though that one may have been closed before. */
void share_sessions_leave(struct share_sessions *sessions, const void *connection,
                          const struct share_session_listener *listener);

#endif
