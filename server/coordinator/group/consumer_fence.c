/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer_fence.h"

#include "consumer_change.h"
#include "consumer_records.h"
#include "consumer_topics.h"

void consumer_fence(struct coordinator_decision *d, const struct consumer_slot *slot)
{
    const struct consumer_group *g = slot->group;
    const struct consumer_member *member = slot->member;
    struct pattern_result dropped = {NULL, NULL};
    struct subscription_change change = {.without = member, .results = &dropped};
    int32_t epoch = g->epochs.epoch + 1;
    int64_t hash;
    consumer_records_remove_member(&d->records, g->id, member->id);
    if (consumer_member_has_pattern(member)) {
        const struct consumer_pattern *pattern = consumer_find_pattern(g, member->pattern);
        if (pattern->members == 1) {
            consumer_records_remove_pattern(&d->records, g->id, member->pattern);
            dropped.pattern = pattern;
            change.result_count = 1;
        }
    }
    if (!consumer_topics_hash(d->image, g, &change, d->records.arena, &hash)) {
        record_out_fail(&d->records, kw_arena_status(d->records.arena));
        return;
    }
    consumer_records_add_epoch(&d->records, g->id, epoch, hash);
    if (g->member_count == 1)
        consumer_records_add_target_epoch(&d->records, g->id, epoch, 0);
}

/* ---- timers ---- */

#define SLOT_OF(timer, member) \
    ((struct consumer_slot *)(void *)((char *)(timer)-offsetof(struct consumer_slot, member)))

/* The deadline moves with each heartbeat, and the timer only here. A slot without a member is one whose removal is not
 * written yet. */
void consumer_session_ended(struct coordinator_timer *timer, struct coordinator_decision *d)
{
    struct consumer_slot *slot = SLOT_OF(timer, session);
    if (slot->member == NULL)
        return;
    if (slot->deadline > d->clock)
        coordinator_timer_start(d->shard, timer, slot->deadline);
    else
        consumer_fence(d, slot);
}

void consumer_rebalance_ended(struct coordinator_timer *timer, struct coordinator_decision *d)
{
    struct consumer_slot *slot = SLOT_OF(timer, rebalance);
    if (slot->member != NULL && consumer_must_revoke(slot->member))
        consumer_fence(d, slot);
}
