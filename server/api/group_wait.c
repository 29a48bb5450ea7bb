/* SPDX-License-Identifier: Apache-2.0 */
#include "group_wait.h"

static void resume(void *context)
{
    call_resume(context);
}

static bool attach(struct call *call)
{
    return waiter_attach(call->state, resume, call);
}

static void forget(struct call *call)
{
    waiter_detach(call->state);
}

static void abandon(struct call *call)
{
    waiter_release(call->state);
}

enum call_outcome group_wait(struct call *call, struct waiter *waiter, call_function *respond)
{
    call->state = waiter;
    call->abandon = abandon;
    return call_park_bare(call, attach, respond, forget);
}

const struct classic_answer *group_wait_answer(const struct call *call)
{
    return classic_answer_of(waiter_result(call->state));
}

enum call_outcome group_wait_end(struct call *call, bool is_answered)
{
    abandon(call);
    call->abandon = NULL;
    return is_answered ? CALL_ANSWERED : CALL_FAILED;
}
