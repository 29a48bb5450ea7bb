/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_NEW_PRODUCER_ID_H
#define SERVER_API_NEW_PRODUCER_ID_H

/* An id that no producer has, from the controller, for a call. */

#include "call.h"

/* The first member of the handler's call->state. */
struct new_producer_id {
    int64_t id;    /* with KW_ERROR_NONE; else -1 */
    int16_t error; /* CLUSTER_AUTHORIZATION_FAILED: nothing can be written here; COORDINATOR_LOAD_IN_PROGRESS: it is to
                      be asked again later, as where Kafka's broker has no block of ids */
    call_function *resume; /* private */
};

/* Parks the call; then `resume` continues it. */
enum call_outcome call_new_producer_id(struct call *call, call_function *resume);

#endif
