/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/error.h>

#include "../coordinator/transaction/txn_requests.h"
#include "handlers.h"

enum { FIRST_WITH_FENCED = 2 };

struct adding {
    struct txn_partition partition; /* of the group, in __consumer_offsets */
    int16_t error;
};

static void decide(struct call *call, struct coordinator_decision *d)
{
    struct adding *a = call->state;
    const kw_add_offsets_to_txn_request *request = call->request;
    const struct txn_producer producer = {request->producer_id, request->producer_epoch};
    const struct txn_partitions partitions = {&a->partition, 1};
    a->error = txn_request_add(d, request->transactional_id, producer, &partitions, 0);
}

static enum call_outcome answer(struct call *call, int16_t error)
{
    kw_add_offsets_to_txn_response *response = call->response;
    bool is_fenced = error == KW_ERROR_PRODUCER_FENCED && call->version < FIRST_WITH_FENCED;
    response->error_code = is_fenced ? KW_ERROR_INVALID_PRODUCER_EPOCH : error;
    return CALL_ANSWERED;
}

static enum call_outcome coordinated(struct call *call)
{
    const struct adding *a = call->state;
    return answer(call, call->decided != KW_ERROR_NONE ? call_coordinator_error(call) : a->error);
}

/* Whether the topic is there is not asked; markers find out. */
enum call_outcome handle_add_offsets_to_txn(struct call *call, const kw_add_offsets_to_txn_request *request,
                                            kw_add_offsets_to_txn_response *response)
{
    struct adding *a = kw_arena_alloc(call->arena, sizeof *a);
    (void)response;
    if (a == NULL)
        return CALL_FAILED;
    call->state = a;
    if (request->transactional_id.len <= 0)
        return answer(call, KW_ERROR_INVALID_REQUEST);
    a->partition.topic = kw_string_of(kw_internal_topic_name(KW_INTERNAL_TOPIC_CONSUMER_OFFSETS));
    a->partition.partition = shards_partition_of(&call->broker->groups, request->group_id);
    if (a->partition.partition < 0)
        return answer(call, KW_ERROR_COORDINATOR_NOT_AVAILABLE);
    return call_coordinate_key(call, &call->broker->transactions, request->transactional_id, decide, NULL, coordinated);
}
