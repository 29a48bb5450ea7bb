/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_TARGET_H
#define SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_TARGET_H

/* The target assignment of a consumer group. */

#include <stdbool.h>
#include <stdint.h>

#include "../assignors/assignor.h"
#include "consumer_group.h"

struct target_request {
    const struct metadata_image *image;
    const struct consumer_group *group;
    const struct consumer_member *updated; /* a member as it is going to be, or a new one */
    const struct consumer_slot *replaced;  /* whose place and target it takes; NULL: nobody's */
    assignor *assign;
    int32_t epoch;
    int64_t now; /* ms since 1970 */
};

/* Computes it for all members, and adds records 7 of those whose target changes, and 6. `own` is the target of the
 * updated member, in the arena of the records. False: that is full. */
bool consumer_target_compute(const struct target_request *request, struct record_out *out, struct partition_set *own);

#endif
