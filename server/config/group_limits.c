/* SPDX-License-Identifier: Apache-2.0 */
#include "group_limits.h"

#include <stdio.h>
#include <string.h>

enum relation { AT_LEAST, AT_MOST, LESS };

struct rule {
    const char *name;
    enum relation relation;
    const char *other;
};

#define WITHIN(type, what)                                              \
    {"group." type ".max." what, AT_LEAST, "group." type ".min." what}, \
        {"group." type "." what, AT_LEAST, "group." type ".min." what}, \
    {                                                                   \
        "group." type "." what, AT_MOST, "group." type ".max." what     \
    }
#define AROUND(type, what)                                           \
    {"group." type ".max." what, AT_LEAST, "group." type "." what},  \
    {                                                                \
        "group." type "." what, AT_LEAST, "group." type ".min." what \
    }

/* In Kafka's order. */
static const struct rule rules[] = {
    WITHIN("consumer", "heartbeat.interval.ms"),
    WITHIN("consumer", "session.timeout.ms"),
    {"group.consumer.heartbeat.interval.ms", LESS, "group.consumer.session.timeout.ms"},
    WITHIN("consumer", "assignment.interval.ms"),
    WITHIN("share", "heartbeat.interval.ms"),
    WITHIN("share", "session.timeout.ms"),
    {"group.share.heartbeat.interval.ms", LESS, "group.share.session.timeout.ms"},
    WITHIN("share", "assignment.interval.ms"),
    AROUND("share", "delivery.count.limit"),
    AROUND("share", "partition.max.record.locks"),
    AROUND("share", "record.lock.duration.ms"),
    {"group.share.max.share.sessions", AT_LEAST, "group.share.max.size"},
};

static bool holds(const struct static_config *file, const struct rule *rule)
{
    int64_t a = setting_number(file, rule->name), b = setting_number(file, rule->other);
    return rule->relation == AT_LEAST ? a >= b : rule->relation == AT_MOST ? a <= b : a < b;
}

static bool is_one_of(const char *const *known, size_t count, const char *name, size_t size)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(known[i]) == size && memcmp(known[i], name, size) == 0)
            return true;
    return false;
}

static bool check_consumer_assignors(const struct static_config *file, char reason[GROUP_LIMITS_REASON_SIZE])
{
    static const char *const known[] = {"uniform", "range",
                                        "org.apache.kafka.coordinator.group.assignor.UniformAssignor",
                                        "org.apache.kafka.coordinator.group.assignor.RangeAssignor"};
    const struct static_value *value = static_config_get(file, "group.consumer.assignors");
    size_t size;
    for (const char *at = value != NULL ? value->text : ""; *at != '\0'; at += size + (at[size] == ',')) {
        size = strcspn(at, ",");
        if (!is_one_of(known, sizeof known / sizeof known[0], at, size)) {
            (void)snprintf(reason, GROUP_LIMITS_REASON_SIZE,
                           "group.consumer.assignors: %.*s is not one of uniform and range",
                           size < 100 ? (int)size : 100, at);
            return false;
        }
    }
    return true;
}

static bool check_share_assignors(const struct static_config *file, char reason[GROUP_LIMITS_REASON_SIZE])
{
    static const char *const known[] = {"simple", "org.apache.kafka.coordinator.group.assignor.SimpleAssignor"};
    const struct static_value *value = static_config_get(file, "group.share.assignors");
    if (value == NULL || is_one_of(known, sizeof known / sizeof known[0], value->text, strlen(value->text)))
        return true;
    (void)snprintf(reason, GROUP_LIMITS_REASON_SIZE, "group.share.assignors: %.100s is not simple", value->text);
    return false;
}

bool group_limits_check(const struct static_config *file, char reason[GROUP_LIMITS_REASON_SIZE])
{
    static const char *const words[] = {"greater than or equal to", "less than or equal to", "less than"};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (holds(file, &rules[i]))
            continue;
        (void)snprintf(reason, GROUP_LIMITS_REASON_SIZE, "%s must be %s %s", rules[i].name, words[rules[i].relation],
                       rules[i].other);
        return false;
    }
    return check_consumer_assignors(file, reason) && check_share_assignors(file, reason);
}
