/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

#include <inttypes.h>
#include <stdio.h>

#include "sharing.h"
#include "topics.h"
#include "transactions.h"

#ifndef HAVE_PATTERNS
#define HAVE_PATTERNS 0
#endif

static void set(struct plan *plan, const char *name, int64_t value)
{
    char *text = plan->texts[plan->setting_count];
    (void)snprintf(text, SETTING_TEXT, "%" PRId64, value);
    plan->settings[plan->setting_count++] = (struct process_setting){name, text};
}

void plan_settings(struct plan *plan)
{
    static const int64_t delays[] = {0, 0, 500, 3000};
    plan->setting_count = 0;
    set(plan, "num.recovery.threads.per.data.dir", 1);
    set(plan, "offsets.topic.num.partitions", pick_from(1, 5));
    set(plan, "offsets.topic.segment.bytes", one_in(2) ? 1048576 : 104857600);
    set(plan, "offsets.topic.compression.codec", one_in(3) ? pick_from(1, 4) : 0);
    set(plan, "group.initial.rebalance.delay.ms", delays[pick(4)]);
    set(plan, "group.consumer.min.session.timeout.ms", 6000);
    set(plan, "group.consumer.session.timeout.ms", pick_from(6000, 20000));
    set(plan, "group.consumer.min.heartbeat.interval.ms", 1000);
    set(plan, "group.consumer.heartbeat.interval.ms", pick_from(1000, 3000));
    set(plan, "group.consumer.assignment.interval.ms", one_in(2) ? 0 : 1000);
    set(plan, "group.coordinator.append.linger.ms", one_in(2) ? -1 : pick_from(0, 10));
    set(plan, "group.share.delivery.count.limit", SHARE_DELIVERIES);
    set(plan, "group.share.min.session.timeout.ms", 6000);
    set(plan, "group.share.session.timeout.ms", pick_from(6000, 20000));
    set(plan, "group.share.min.heartbeat.interval.ms", 1000);
    set(plan, "group.share.heartbeat.interval.ms", pick_from(1000, 3000));
    set(plan, "share.coordinator.state.topic.num.partitions", pick_from(1, 4));
    set(plan, "transaction.state.log.num.partitions", pick_from(1, 4));
    set(plan, "transaction.abort.timed.out.transaction.cleanup.interval.ms", pick_from(500, 10000));
    set(plan, "transaction.remove.expired.transaction.cleanup.interval.ms", 10000);
    set(plan, "transactional.id.expiration.ms", TRANSACTIONAL_ID_EXPIRES_MS);
    set(plan, "log.retention.check.interval.ms", pick_from(1000, 20000));
    set(plan, "log.initial.task.delay.ms", pick_from(0, 30000));
    set(plan, "log.flush.interval.messages", plan->is_synced ? 1 : one_in(2) ? INT64_MAX : pick_from(1, 100));
    set(plan, "log.roll.ms", one_in(2) ? pick_from(10000, 120000) : 604800000);
    set(plan, "log.segment.bytes", one_in(2) ? 1048576 : 1073741824);
}

static unsigned some_topics(void)
{
    unsigned topics_of_group = 0;
    while (topics_of_group == 0)
        topics_of_group = (unsigned)pick((size_t)1 << topics.count);
    return topics_of_group;
}

static void plan_group(struct plan *plan, size_t g)
{
    struct group *group = &plan->groups[g];
    bool is_simple = one_in(8), is_share = !is_simple && one_in(4), is_consumer = !is_simple && !is_share && one_in(2);
    *group = (struct group){.number = g,
                            .protocol = is_share      ? &share_members
                                        : is_simple   ? &simple_members
                                        : is_consumer ? &consumer_members
                                                      : &classic_members,
                            .assignor = (enum assignor)pick(3),
                            .server_assignor = one_in(2) ? "uniform" : "range",
                            .topics = some_topics(),
                            .has_pattern = HAVE_PATTERNS && one_in(4),
                            .session_ms = (int32_t)pick_from(6000, 15000),
                            .rebalance_ms = (int32_t)pick_from(8000, 40000)};
    const char *kind = is_share ? "share" : is_simple ? "simple" : is_consumer ? "consumer" : "classic";
    (void)snprintf(group->name, sizeof group->name, "%s-%zu", kind, g);
    if (group->has_pattern && is_consumer)
        group->topics = (1u << topics.count) - 1;
    plan->sizes[g] = (size_t)pick_from(1, one_in(3) ? MOST_IN_GROUP : 12);
    if (is_simple)
        plan->sizes[g] = 1;
    size_t statics = !is_share && one_in(3) ? plan->sizes[g] / 2 : 0;
    for (size_t i = 0; i < plan->sizes[g]; i++) {
        char instance[GROUP_NAME] = "";
        if (i < statics)
            (void)snprintf(instance, sizeof instance, "static-%zu", i);
        member_init(&plan->members[g][i], group, i, instance);
    }
}

void plan_clients(struct plan *plan)
{
    plan->group_count = (size_t)pick_from(2, 24);
    for (size_t g = 0; g < plan->group_count; g++)
        plan_group(plan, g);
    plan->producer_count = (size_t)pick_from(1, 20);
    for (size_t i = 0; i < plan->producer_count; i++)
        producer_start(&plan->producers[i], i, pick_from(200, 10000));
}

struct weather plan_weather(void)
{
    static const size_t rates[] = {0, 1000, 200, 50};
    return (struct weather){.lost_requests = rates[pick(4)],
                            .lost_in_work = rates[pick(4)] / 10,
                            .lost_answers = rates[pick(4)],
                            .late = rates[pick(4)],
                            .slow_readers = rates[pick(4)],
                            .split = rates[pick(4)],
                            .half_open = (size_t)pick_from(1, 5),
                            .little_memory = rates[pick(4)]};
}
