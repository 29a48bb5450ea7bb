/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_SHARE_SHARE_SESSION_H
#define SERVER_SHARE_SHARE_SESSION_H

/* The sessions of members of share groups: the partitions that a member reads, so that it need not name them each time.
 * Any thread may call these functions. */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/view.h>

#include "../base/hash_chains.h"
#include "../coordinator/budget.h"
#include "../coordinator/group/partition_set.h"

enum { SHARE_EPOCH_OPEN = 0, SHARE_EPOCH_CLOSE = -1, SHARE_SESSION_IDLE_MS = 5 * 60 * 1000 };

/* Private fields. */
struct share_sessions {
    pthread_mutex_t lock;
    struct hash_chains table;
    struct coordinator_budget *budget;
    size_t most;
};

struct share_session_request {
    kw_string group;
    kw_string member;
    int32_t epoch;
    struct partition_set added;
    struct partition_set forgotten;
    bool keeps;  /* the partitions stay as they are: ShareAcknowledge */
    int64_t now; /* ms, never going back */
};

/* False: there is no memory. */
bool share_sessions_init(struct share_sessions *sessions, struct coordinator_budget *budget, size_t most);
void share_sessions_finish(struct share_sessions *sessions);

/* Takes the request into the session, and lists its partitions in the arena, in the order in which they are to be read
 * this time; with SHARE_EPOCH_CLOSE those that it has had. Where there are too many sessions, those that have been idle
 * for SHARE_SESSION_IDLE_MS end. Errors: SHARE_SESSION_LIMIT_REACHED, SHARE_SESSION_NOT_FOUND,
 * INVALID_SHARE_SESSION_EPOCH, COORDINATOR_NOT_AVAILABLE (there is no memory). */
int16_t share_session_use(struct share_sessions *sessions, const struct share_session_request *request, kw_arena *arena,
                          struct partition_set *out);

/* Ends it, if it exists. */
void share_session_close(struct share_sessions *sessions, kw_string group, kw_string member);

#endif
