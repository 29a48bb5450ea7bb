/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CONSUMER_REGEX_H
#define SERVER_COORDINATOR_GROUP_CONSUMER_REGEX_H

/* Patterns of topic names that members of consumer groups are subscribed to. */

#include <kwire/messages/consumer_group_heartbeat_response.h>

#include "consumer_group.h"

/* What a heartbeat changes. */
struct pattern_change {
    bool has_changed;                       /* it is another pattern */
    bool is_known;                          /* and its topics are known */
    const struct consumer_pattern *dropped; /* nobody has it any more; NULL: none */
};

/* From the pattern of `before` to that of `after`; adds the tombstone of one that is dropped. False: the pattern is not
 * valid, and the response, whose texts are in the arena, says so. */
bool consumer_change_pattern(struct coordinator_decision *d, const struct consumer_group *group,
                             const struct consumer_member *before, const struct consumer_member *after,
                             struct pattern_change *out, kw_arena *arena,
                             kw_consumer_group_heartbeat_response *response);

#endif
