/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer_regex.h"

#include <kwire/error.h>

#include "../../pattern.h"
#include "consumer_records.h"

static bool check(kw_string text, kw_arena *arena, struct refusal *refusal)
{
    struct pattern *pattern;
    const char *why;
    enum pattern_status status = pattern_compile(text, &pattern, &why);
    pattern_free(pattern);
    if (status == PATTERN_VALID || status == PATTERN_NO_MEMORY)
        return status == PATTERN_VALID;
    return refuse_with(refusal, arena, KW_ERROR_INVALID_REGULAR_EXPRESSION,
                       "SubscribedTopicRegex `%.*s` is not a valid regular expression: %s.", KW_FMT(text), why);
}

static kw_string pattern_of(const struct consumer_member *member)
{
    return member != NULL && consumer_member_has_pattern(member) ? member->pattern : (kw_string){"", 0};
}

bool consumer_change_pattern(struct coordinator_decision *d, const struct consumer_group *group,
                             const struct consumer_member *before, const struct consumer_member *after,
                             struct pattern_change *out, kw_arena *arena, struct refusal *refusal)
{
    kw_string was = pattern_of(before), is = pattern_of(after);
    if (kw_string_equal(was, is))
        return true;
    out->has_changed = true;
    const struct consumer_pattern *old = was.len > 0 ? consumer_find_pattern(group, was) : NULL;
    if (old != NULL && old->members == 1) {
        consumer_records_remove_pattern(&d->records, group->id, was);
        out->dropped = old;
    }
    if (is.len <= 0) {
        out->is_known = true;
        return true;
    }
    const struct consumer_pattern *now = consumer_find_pattern(group, is);
    if (now == NULL || now->members == 0) {
        out->is_new = true;
        return check(is, arena, refusal);
    }
    out->is_known = now->resolved != NULL;
    return true;
}
