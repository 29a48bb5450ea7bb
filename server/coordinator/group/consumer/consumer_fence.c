/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer_fence.h"

#include <stdlib.h>

#include "consumer_downgrade.h"
#include "consumer_records.h"
#include "consumer_topics.h"

/* ---- patterns ---- */

static int compare_patterns(const void *a, const void *b)
{
    const struct pattern_result *x = a, *y = b;
    return kw_string_compare(x->pattern->text, y->pattern->text);
}

/* The patterns that nobody has any more. */
static size_t drop_patterns(const struct consumer_group *g, const struct consumer_slot *const *slots, size_t count,
                            struct pattern_result *dropped)
{
    size_t named = 0, kept = 0, same = 0;
    for (size_t i = 0; i < count; i++)
        if (consumer_member_has_pattern(slots[i]->member))
            dropped[named++] = (struct pattern_result){consumer_find_pattern(g, slots[i]->member->pattern), NULL};
    if (named > 1)
        qsort(dropped, named, sizeof *dropped, compare_patterns);
    for (size_t i = 0; i < named; i++) {
        same = i > 0 && dropped[i].pattern == dropped[i - 1].pattern ? same + 1 : 1;
        if (same == dropped[i].pattern->members)
            dropped[kept++] = dropped[i];
    }
    return kept;
}

/* ---- members ---- */

void consumer_fence_all(struct coordinator_decision *d, const struct consumer_group *g,
                        const struct consumer_slot *const *slots, size_t count)
{
    struct pattern_result *dropped = kw_arena_array(d->records.arena, count, sizeof *dropped);
    struct subscription_change change = {.results = dropped, .left = slots, .left_count = count};
    int32_t epoch = g->epochs.epoch + 1;
    const struct consumer_downgrade downgrade = {.g = g, .left = slots, .left_count = count, .rebalance = true};
    int64_t hash;
    if (consumer_may_downgrade(d->state, &downgrade)) {
        (void)consumer_downgrade(d, &downgrade);
        return;
    }
    if (dropped == NULL) {
        record_out_fail(&d->records, kw_arena_status(d->records.arena));
        return;
    }
    for (size_t i = 0; i < count; i++)
        consumer_records_remove_member(&d->records, g->id, slots[i]->member->id);
    change.result_count = drop_patterns(g, slots, count, dropped);
    for (size_t i = 0; i < change.result_count; i++)
        consumer_records_remove_pattern(&d->records, g->id, dropped[i].pattern->text);
    if (!consumer_topics_hash(d, g, &change, d->records.arena, &hash)) {
        record_out_fail(&d->records, kw_arena_status(d->records.arena));
        return;
    }
    consumer_records_add_epoch(&d->records, g->id, epoch, hash);
    if (g->member_count == count)
        consumer_records_add_target_epoch(&d->records, g->id, epoch, 0);
}

void consumer_fence(struct coordinator_decision *d, const struct consumer_slot *slot)
{
    consumer_fence_all(d, slot->group, &slot, 1);
}
