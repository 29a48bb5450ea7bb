/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer_regex.h"

#include <kwire/error.h>

#include "../../metadata/refusal.h"
#include "consumer_records.h"

static bool refuse(kw_string pattern, kw_arena *arena, kw_consumer_group_heartbeat_response *response)
{
    struct refusal refusal = {KW_ERROR_NONE, {NULL, -1}};
    (void)refuse_with(&refusal, arena, KW_ERROR_INVALID_REGULAR_EXPRESSION,
                      "SubscribedTopicRegex `%.*s` is not a valid regular expression.", KW_FMT(pattern));
    response->error_code = refusal.error;
    response->error_message = refusal.message;
    return false;
}

bool consumer_change_pattern(struct coordinator_decision *d, const struct consumer_group *group,
                             const struct consumer_member *before, const struct consumer_member *after,
                             struct pattern_change *out, kw_arena *arena,
                             kw_consumer_group_heartbeat_response *response)
{
    bool had = consumer_member_has_pattern(before), has = consumer_member_has_pattern(after);
    if (kw_string_equal(before->pattern, after->pattern))
        return true;
    out->has_changed = true;
    const struct consumer_pattern *old = had ? consumer_find_pattern(group, before->pattern) : NULL;
    if (old != NULL && old->members == 1) {
        consumer_records_remove_pattern(&d->records, group->id, before->pattern);
        out->dropped = old;
    }
    if (!has) {
        out->is_known = had;
        return true;
    }
    const struct consumer_pattern *now = consumer_find_pattern(group, after->pattern);
    if (now == NULL || now->members == 0)
        return refuse(after->pattern, arena, response);
    out->is_known = now->resolved != NULL;
    return true;
}
