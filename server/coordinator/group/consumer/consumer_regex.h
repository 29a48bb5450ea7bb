/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_REGEX_H
#define SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_REGEX_H

/* Patterns of topic names that members of consumer groups are subscribed to. */

#include "../../../metadata/refusal.h"
#include "consumer_group.h"

/* What a heartbeat changes. */
struct pattern_change {
    bool has_changed;                       /* it is another pattern */
    bool is_known;                          /* and its topics are known */
    bool is_new;                            /* or nobody has had it so far */
    const struct consumer_pattern *dropped; /* nobody has it any more; NULL: none */
};

/* From the pattern of `before` (NULL: there was no member) to that of `after`; adds the tombstone of one that is
 * dropped. False: the pattern is not valid, as the refusal says, whose text is in the arena; or memory is short, and it
 * says nothing. */
bool consumer_change_pattern(struct coordinator_decision *d, const struct consumer_group *group,
                             const struct consumer_member *before, const struct consumer_member *after,
                             struct pattern_change *out, kw_arena *arena, struct refusal *refusal);

#endif
