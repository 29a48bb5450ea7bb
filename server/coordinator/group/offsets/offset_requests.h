/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_OFFSETS_OFFSET_REQUESTS_H
#define SERVER_COORDINATOR_GROUP_OFFSETS_OFFSET_REQUESTS_H

/* OffsetCommit, OffsetFetch and OffsetDelete of one group. The topics exist, unless said otherwise. Each is called in a
 * decision whose state is a struct group_machine; where the arena is full, the decision's records fail. */

#include <kwire/messages/offset_commit_response.h>
#include <kwire/messages/offset_delete_request.h>
#include <kwire/messages/offset_delete_response.h>
#include <kwire/messages/offset_fetch_request.h>
#include <kwire/messages/offset_fetch_response.h>

#include "../group.h"

struct offset_commit {
    kw_string group;
    struct offset_commit_check check;
    int64_t retention_ms;       /* -1: that of the broker */
    struct coordinator_txn txn; /* of TxnOffsetCommit */
};

/* `errors` has one for each partition, in the order of the topics. */
void offset_commit(struct coordinator_decision *d, const struct offset_commit *in, int16_t *errors);

struct offset_fetch {
    kw_string group;
    kw_string member_id; /* null: of nobody */
    int32_t member_epoch;
    bool require_stable;
    bool all;                                     /* topics */
    const kw_offset_fetch_request_topics *topics; /* with names, and ids if they are asked for; need not exist */
    int32_t topic_count;
};

/* Sets the error, or topics; those of `all` have no ids. Texts are the request's, or in the arena. */
void offset_fetch(struct coordinator_decision *d, const struct offset_fetch *in, kw_arena *arena,
                  kw_offset_fetch_response_group *out);

struct offset_delete {
    kw_string group;
    const kw_offset_delete_request_topic *topics;
    int32_t topic_count;
};

/* Returns an error of the group; without one `errors` has one for each partition, in the order of the topics. */
int16_t offset_delete(struct coordinator_decision *d, const struct offset_delete *in, int16_t *errors);

#endif
