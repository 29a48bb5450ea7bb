/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_CALL_PARTS_H
#define SERVER_API_CALL_PARTS_H

/* A call that several shards decide, one after the other: for each group that it names, or for each shard. */

#include "call.h"

/* The first member of the handler's call->state. */
struct call_parts {
    size_t index; /* of the part that is decided */
    size_t count;
    enum call_outcome (*start)(struct call *call);  /* decides the part: call_coordinate_key(..., call_part_decided) */
    bool (*decided)(struct call *call);             /* takes call->decided; false: memory is short */
    enum call_outcome (*finish)(struct call *call); /* after the last one, and without any */
};

enum call_outcome call_parts_start(struct call *call);

/* To be given to call_coordinate_key(). */
enum call_outcome call_part_decided(struct call *call);

#endif
