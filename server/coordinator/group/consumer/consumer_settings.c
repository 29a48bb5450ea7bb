/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer_settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../group_machine.h"
#include "consumer_group.h"

enum { NAME_SIZE = 64, NUMBER_SIZE = 16 };

/* ---- of the broker ---- */

struct limited_setting limited_setting_read(const struct config_place *place, const char *kind, const char *name)
{
    char text[NAME_SIZE];
    int32_t numbers[3];
    static const char *const which[] = {"", "min.", "max."};
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(text, sizeof text, "group.%s.%s%s", kind, which[i], name);
        numbers[i] = (int32_t)effective_broker_number(place, text);
    }
    return (struct limited_setting){numbers[0], numbers[1], numbers[2]};
}

static const struct {
    const char *name;
    const char *class; /* by which it may be named, too */
    assignor *assign;
} known[] = {
    {"uniform", "org.apache.kafka.coordinator.group.assignor.UniformAssignor", assign_uniform},
    {"range", "org.apache.kafka.coordinator.group.assignor.RangeAssignor", assign_range},
};

static bool has_assignor(const struct consumer_settings *s, assignor *assign)
{
    for (size_t i = 0; i < s->assignor_count; i++)
        if (s->assignors[i] == assign)
            return true;
    return false;
}

static void add_assignor(struct consumer_settings *out, kw_string name)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        bool is_named =
            kw_string_equal(name, kw_string_of(known[i].name)) || kw_string_equal(name, kw_string_of(known[i].class));
        if (!is_named || has_assignor(out, known[i].assign))
            continue;
        out->assignor_names[out->assignor_count] = kw_string_of(known[i].name);
        out->assignors[out->assignor_count++] = known[i].assign;
    }
}

static kw_string trim(const char *text, size_t size)
{
    for (; size > 0 && (unsigned char)*text <= ' '; size--)
        text++;
    while (size > 0 && (unsigned char)text[size - 1] <= ' ')
        size--;
    return (kw_string){text, (int32_t)size};
}

void consumer_settings_read_assignors(struct consumer_settings *out, const struct config_place *place)
{
    struct config_value value;
    effective_broker_config(place, setting_find(SETTING_BROKER, "group.consumer.assignors"), &value);
    out->assignor_count = 0;
    for (int32_t at = 0, end; at < value.text.len; at = end + 1) {
        for (end = at; end < value.text.len && value.text.data[end] != ',';)
            end++;
        add_assignor(out, trim(value.text.data + at, (size_t)(end - at)));
    }
    if (out->assignor_count == 0)
        add_assignor(out, kw_string_of(known[0].name));
}

static bool is_word(kw_string text, const char *word)
{
    return (size_t)text.len == strlen(word) && strncasecmp(text.data, word, strlen(word)) == 0;
}

static void read_migration(struct consumer_settings *out, const struct config_place *place)
{
    struct config_value value;
    effective_broker_config(place, setting_find(SETTING_BROKER, "group.consumer.migration.policy"), &value);
    bool is_both = is_word(value.text, "bidirectional");
    out->allows_upgrade = is_both || is_word(value.text, "upgrade");
    out->allows_downgrade = is_both || is_word(value.text, "downgrade");
}

void consumer_settings_read(struct consumer_settings *out, const struct config_place *place)
{
    out->session_timeout = limited_setting_read(place, "consumer", "session.timeout.ms");
    out->heartbeat_interval = limited_setting_read(place, "consumer", "heartbeat.interval.ms");
    out->assignment_interval = limited_setting_read(place, "consumer", "assignment.interval.ms");
    out->max_size = (int32_t)effective_broker_number(place, "group.consumer.max.size");
    out->pattern_refresh_ms = (int32_t)effective_broker_number(place, "group.consumer.regex.refresh.interval.ms");
    consumer_settings_read_assignors(out, place);
    read_migration(out, place);
}

/* ---- of a group ---- */

int32_t limited_setting_of_group(const struct group_machine *m, kw_string group, const char *name,
                                 const struct limited_setting *limits)
{
    char text[NUMBER_SIZE], *end;
    if (m->shard == NULL)
        return limits->value;
    kw_string own = metadata_find_config(m->shard->image, RESOURCE_GROUP, group, kw_string_of(name));
    if (own.len <= 0 || own.len >= NUMBER_SIZE)
        return limits->value;
    memcpy(text, own.data, (size_t)own.len);
    text[own.len] = '\0';
    long number = strtol(text, &end, 10);
    if (*end != '\0')
        return limits->value;
    return number < limits->min ? limits->min : number > limits->max ? limits->max : (int32_t)number;
}

int32_t consumer_group_session_timeout(const struct group_machine *m, kw_string group)
{
    return limited_setting_of_group(m, group, "consumer.session.timeout.ms", &m->settings.consumer.session_timeout);
}

int32_t consumer_session_timeout(const struct group_machine *m, const struct consumer_slot *slot)
{
    if (slot->member != NULL && slot->member->is_classic)
        return slot->member->classic_session_timeout_ms;
    return consumer_group_session_timeout(m, slot->group->id);
}

int32_t consumer_heartbeat_interval(const struct group_machine *m, kw_string group)
{
    return limited_setting_of_group(m, group, "consumer.heartbeat.interval.ms",
                                    &m->settings.consumer.heartbeat_interval);
}

int32_t consumer_assignment_interval(const struct group_machine *m, kw_string group)
{
    return limited_setting_of_group(m, group, "consumer.assignment.interval.ms",
                                    &m->settings.consumer.assignment_interval);
}
