/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_SHARE_ACKS_H
#define SERVER_API_SHARE_ACKS_H

/* The acknowledgements of a ShareFetch or ShareAcknowledge. */

#include "../share/share_acknowledge.h"
#include "../share/share_partitions.h"
#include "call.h"
#include "share_config.h"

/* Of one partition. */
struct share_ack {
    kw_uuid topic;
    int32_t index;
    struct share_acknowledgements ranges;
    size_t place; /* in the request */
    struct share_answer answer;
    atomic_size_t *waiting; /* of the request */
    struct call *call;
    struct shared_partition *e; /* counted */
};

struct share_acks {
    struct share_ack *items;
    size_t count;
    bool has_any;          /* some of them are to be acknowledged: then those without ranges are answered, too */
    atomic_size_t waiting; /* writes that have not ended, and the request itself */
};

/* Of those that name the same partition the last one stays, as in Kafka; they are in the order of a partition_set from
 * then on. Checks what needs only the request and the image: UNKNOWN_TOPIC_ID, INVALID_REQUEST,
 * UNKNOWN_TOPIC_OR_PARTITION, in this order. */
void share_acks_check(const struct call *call, struct share_acks *acks, bool may_renew);

/* As Kafka lists them: not those that ask for nothing if none asks for something. */
bool share_ack_is_listed(const struct share_acks *acks, const struct share_ack *ack);

/* Acknowledges all that has no error yet. Then `resume` continues the call, maybe at once; each item has its answer. */
enum call_outcome share_acks_run(struct call *call, struct share_acks *acks, kw_string group, kw_string member,
                                 call_function *resume);

#endif
