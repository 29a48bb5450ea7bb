/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_OFFSET_COMMITTING_H
#define SERVER_API_OFFSET_COMMITTING_H

/* What OffsetCommit and TxnOffsetCommit have in common: offsets for partitions that must exist, a decision of their
 * group, and one error for each partition. */

#include "../coordinator/group/offsets/offset_requests.h"
#include "call.h"
#include "partition_errors.h"

struct offset_committing {
    struct offset_commit in; /* its topics are those that are not refused; the rest is the handler's */
    const kw_offset_commit_request_topic_array *asked;
    bool by_id; /* topics have ids, and no names */
    /* The rest is private. */
    struct partition_errors refused;
    kw_offset_commit_request_topic *topics;
    size_t *indexes;   /* of these topics in the request */
    size_t partitions; /* of these topics */
    int16_t *errors;   /* of these partitions */
};

/* Finds the topics that are asked for in the image; `refusal`, unless it is KW_ERROR_NONE, is the error of all. False:
 * the arena is full. */
bool offset_committing_start(const struct call *call, struct offset_committing *c, int16_t refusal);

/* In a decision of the group. */
void offset_committing_decide(struct offset_committing *c, struct coordinator_decision *decision);

/* All that was not refused before has this error. */
void offset_committing_fail(struct offset_committing *c, int16_t error);

/* The answer. False: the arena is full. */
bool offset_committing_fill(const struct call *call, struct offset_committing *c,
                            kw_offset_commit_response_topic_array *out);

#endif
