/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_GROUP_WAIT_H
#define SERVER_API_GROUP_WAIT_H

/* A call that waits for the other members of its group, without the memory of its request. */

#include "../coordinator/group/classic/classic_answer.h"
#include "call.h"

/* The waiter's reference becomes the call's, and call->state is used for it. When it has a result, `respond` continues
 * the call, which must end: with group_wait_end(), as the result stays until then. */
enum call_outcome group_wait(struct call *call, struct waiter *waiter, call_function *respond);

/* Of the call that is continued. */
const struct classic_answer *group_wait_answer(const struct call *call);

/* Ends the waiting; false: the response could not be filled in. */
enum call_outcome group_wait_end(struct call *call, bool is_answered);

#endif
