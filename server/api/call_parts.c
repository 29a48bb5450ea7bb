/* SPDX-License-Identifier: Apache-2.0 */
#include "call_parts.h"

/* Parts that are decided at once follow each other on the stack; after so many the call continues with a new one. */
enum { PARTS_AT_ONCE = 16 };

enum call_outcome call_parts_start(struct call *call)
{
    struct call_parts *parts = call->state;
    return parts->index < parts->count ? parts->start(call) : parts->finish(call);
}

enum call_outcome call_part_decided(struct call *call)
{
    struct call_parts *parts = call->state;
    if (!parts->decided(call))
        return CALL_FAILED;
    parts->index++;
    if (parts->index == parts->count || parts->index % PARTS_AT_ONCE != 0)
        return call_parts_start(call);
    enum call_outcome outcome = call_park(call, call_parts_start, NULL);
    call_resume(call);
    return outcome;
}
