/* SPDX-License-Identifier: Apache-2.0 */
#include "check_group_config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../base/growth.h"
#include "../base/repeats.h"
#include "../config/setting_value.h"
#include "config_synonyms.h"

enum { NAME_SIZE = 100 };

struct checking {
    const struct config_place *place;
    kw_arena *arena;
    struct refusal *refusal;
    const struct setting *setting; /* the current one */
    const char *value;             /* as Kafka prints it */
};

static bool refuse(struct checking *c, const char *reason)
{
    return refuse_with(c->refusal, c->arena, KW_ERROR_INVALID_CONFIG, "%s %s", c->setting->name, reason);
}

/* ---- limits ---- */

/* The broker's limit of a group's setting: group.consumer.min.session.timeout.ms is that of
 * consumer.session.timeout.ms. False: there is none. */
static bool find_limit(const struct checking *c, const char *which, int64_t *limit)
{
    char name[NAME_SIZE];
    const char *dot = strchr(c->setting->name, '.');
    const char *rest = strncmp(dot, ".num.", 5) == 0 ? dot + 5 : dot + 1; /* streams.num.standby.replicas */
    (void)snprintf(name, sizeof name, "group.%.*s.%s.%s", (int)(dot - c->setting->name), c->setting->name, which, rest);
    if (setting_find(SETTING_BROKER, name) == NULL)
        return false;
    *limit = effective_broker_number(c->place, name);
    return true;
}

static bool check_limits(struct checking *c)
{
    int64_t number = strtoll(c->value, NULL, 10), least, most;
    bool has_least = find_limit(c, "min", &least), has_most = find_limit(c, "max", &most);
    if (has_least && number < least)
        return refuse_with(c->refusal, c->arena, KW_ERROR_INVALID_CONFIG, "%s must be at least %" PRId64,
                           c->setting->name, least);
    return !has_most || number <= most ||
           refuse_with(c->refusal, c->arena, KW_ERROR_INVALID_CONFIG, "%s must be at most %" PRId64, c->setting->name,
                       most);
}

/* ---- others ---- */

static bool next_item(const char **list, kw_string *item)
{
    if (*list == NULL)
        return false;
    size_t size = strcspn(*list, ",");
    *item = (kw_string){*list, (int32_t)size};
    *list = (*list)[size] == ',' ? *list + size + 1 : NULL;
    return true;
}

static bool check_assignor(struct checking *c)
{
    struct config_value assignors;
    kw_string item;
    effective_broker_config(c->place, setting_find(SETTING_BROKER, "group.streams.assignors"), &assignors);
    kw_string copy = arena_copy_string(c->arena, assignors.text);
    if (copy.data == NULL)
        return refuse_with(c->refusal, c->arena, KW_ERROR_KAFKA_STORAGE_ERROR, "out of memory");
    for (const char *list = copy.data; next_item(&list, &item);)
        if (kw_string_equal(item, kw_string_of(c->value)))
            return true;
    return refuse(c, "is none of group.streams.assignors");
}

static bool check_distinct(struct checking *c)
{
    size_t count = 0;
    kw_string item;
    for (const char *list = c->value; next_item(&list, &item);)
        count++;
    struct named_partition *names = kw_arena_array(c->arena, count, sizeof *names);
    if (names == NULL)
        return refuse_with(c->refusal, c->arena, KW_ERROR_KAFKA_STORAGE_ERROR, "out of memory");
    count = 0;
    for (const char *list = c->value; next_item(&list, &item);)
        names[count++] = (struct named_partition){.topic = item};
    if (!repeats_find(names, count, c->arena))
        return refuse_with(c->refusal, c->arena, KW_ERROR_KAFKA_STORAGE_ERROR, "out of memory");
    for (size_t i = 0; i < count; i++)
        if (names[i].last != i)
            return refuse(c, "names something twice");
    return true;
}

static bool check_value(struct checking *c)
{
    const char *name = c->setting->name;
    if (strcmp(name, "errors.deadletterqueue.topic.name") == 0)
        return strncmp(c->value, "__", 2) != 0 || refuse(c, "must not start with __");
    if (strcmp(name, "streams.assignor.name") == 0)
        return check_assignor(c);
    if (c->setting->type == SETTING_LIST)
        return check_distinct(c);
    return (c->setting->type != SETTING_INT && c->setting->type != SETTING_LONG) || check_limits(c);
}

static bool parse(struct checking *c, kw_string value)
{
    char error[SETTING_ERROR_SIZE];
    kw_string text = arena_copy_string(c->arena, value);
    char *printed = kw_arena_alloc(c->arena, (size_t)value.len + SETTING_PRINTED_EXTRA);
    if (text.data == NULL || printed == NULL)
        return refuse_with(c->refusal, c->arena, KW_ERROR_KAFKA_STORAGE_ERROR, "out of memory");
    c->value = printed;
    return setting_parse(c->setting, text.data, printed, error) ||
           refuse_with(c->refusal, c->arena, KW_ERROR_INVALID_CONFIG, "%s", error);
}

/* ---- two together ---- */

/* What the group has, or else the broker. */
static bool number_of(struct checking *c, const struct config_list *configs, const char *name, int64_t *number)
{
    char of_broker[NAME_SIZE];
    kw_string value = config_list_find(configs, kw_string_of(name));
    if (value.data == NULL) {
        (void)snprintf(of_broker, sizeof of_broker, "group.%s", name);
        *number = effective_broker_number(c->place, of_broker);
        return true;
    }
    c->setting = config_find_setting(SETTING_GROUP, kw_string_of(name));
    if (!parse(c, value))
        return false;
    *number = strtoll(c->value, NULL, 10);
    return true;
}

static bool check_session_timeouts(struct checking *c, const struct config_list *configs)
{
    static const char *const names[][2] = {
        {"consumer.session.timeout.ms", "consumer.heartbeat.interval.ms"},
        {"share.session.timeout.ms", "share.heartbeat.interval.ms"},
        {"streams.session.timeout.ms", "streams.heartbeat.interval.ms"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        int64_t session, heartbeat;
        if (!number_of(c, configs, names[i][0], &session) || !number_of(c, configs, names[i][1], &heartbeat))
            return false;
        if (session <= heartbeat)
            return refuse_with(c->refusal, c->arena, KW_ERROR_INVALID_CONFIG, "%s must be greater than %s", names[i][0],
                               names[i][1]);
    }
    return true;
}

bool check_group_config(const struct config_place *place, const struct config_list *configs, kw_arena *arena,
                        struct refusal *refusal)
{
    struct checking c = {.place = place, .arena = arena, .refusal = refusal};
    for (size_t i = 0; i < configs->count; i++)
        if (config_find_setting(SETTING_GROUP, configs->items[i].name) == NULL)
            return refuse_with(refusal, arena, KW_ERROR_INVALID_CONFIG, "groups have no config %.*s",
                               KW_FMT(configs->items[i].name));
    for (size_t i = 0; i < configs->count; i++) {
        c.setting = config_find_setting(SETTING_GROUP, configs->items[i].name);
        if (!parse(&c, configs->items[i].value) || !check_value(&c))
            return false;
    }
    return check_session_timeouts(&c, configs);
}
