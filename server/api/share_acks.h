/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_SHARE_ACKS_H
#define SERVER_API_SHARE_ACKS_H

/* The acknowledgements of a ShareFetch or ShareAcknowledge. */

#include "../share/share_acknowledge.h"
#include "../share/share_partitions.h"
#include "share_config.h"

/* Of one partition. */
struct share_ack {
    kw_uuid topic;
    int32_t index;
    struct share_acknowledgements ranges;
    int16_t error;
    bool is_answered;       /* the answer has it already */
    atomic_size_t *waiting; /* of the request */
    struct call *call;
    struct shared_partition *e; /* counted */
};

struct share_acks {
    struct share_ack *items;
    size_t count;
    atomic_size_t waiting; /* writes that have not ended, and the request itself */
};

/* Types that the version and the request allow. */
enum { SHARE_MOST_TYPE = 3, SHARE_MOST_TYPE_WITH_RENEW = 4 };

/* Whether ranges are as they must be; else INVALID_REQUEST. */
int16_t share_ack_check(const struct share_acknowledgements *ranges, int8_t most_type, bool may_renew);

/* Acknowledges all that has no error yet. Then `resume` continues the call, maybe at once; each item has its error. */
enum call_outcome share_acks_run(struct call *call, struct share_acks *acks, kw_string group, kw_string member,
                                 call_function *resume);

/* What a member has acquired of these partitions becomes available, without anybody waiting for that. */
void share_release(struct call *call, kw_string group, kw_string member, struct partition_set partitions);

#endif
