/* SPDX-License-Identifier: Apache-2.0 */
#include "new_producer_id.h"

#include <kwire/error.h>

static void decide(struct call *call, struct decision *decision)
{
    struct new_producer_id *n = call->state;
    n->error = decide_producer_id(decision, &call->broker->producer_ids, &n->id);
}

static enum call_outcome take(struct call *call)
{
    struct new_producer_id *n = call->state;
    if (call->decided == KW_ERROR_POLICY_VIOLATION)
        n->error = KW_ERROR_CLUSTER_AUTHORIZATION_FAILED;
    else if (call->decided != KW_ERROR_NONE || n->error == KW_ERROR_BROKER_ID_NOT_REGISTERED)
        n->error = KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS;
    if (n->error != KW_ERROR_NONE)
        n->id = -1;
    return n->resume(call);
}

enum call_outcome call_new_producer_id(struct call *call, call_function *resume)
{
    struct new_producer_id *n = call->state;
    *n = (struct new_producer_id){-1, KW_ERROR_NONE, resume};
    return call_decide(call, decide, take);
}
