/* SPDX-License-Identifier: Apache-2.0 */
#include "decide_configs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <kwire/error.h>
#include <kwire/messages/config_record.h>
#include <kwire/topic_name.h>

#include "../base/growth.h"
#include "../base/repeats.h"
#include "../config/setting_value.h"
#include "check_broker_config.h"
#include "check_client_metrics.h"
#include "check_group_config.h"
#include "check_topic_config.h"
#include "config_synonyms.h"
#include "min_isr.h"
#include "versions.h"

enum { MAX_VALUE = INT16_MAX, MAX_RECORDS = 10000, ID_SIZE = 12 };

struct deciding {
    struct decision *decision;
    struct config_place place;
    kw_arena *arena;
    struct resource_changes *resource; /* the current one */
    const struct metadata_resource *before;
    struct config_list after; /* its configs if this is decided; values may be null: removed */
};

static bool out_of_memory(struct deciding *d)
{
    return refuse_with(&d->resource->refusal, d->arena, KW_ERROR_KAFKA_STORAGE_ERROR, "out of memory");
}

/* ---- the form of the request ---- */

static bool check_repeats(struct deciding *d)
{
    const struct resource_changes *r = d->resource;
    struct named_partition *names = kw_arena_array(d->arena, r->count, sizeof *names);
    if (names == NULL)
        return out_of_memory(d);
    for (size_t i = 0; i < r->count; i++)
        names[i] = (struct named_partition){.topic = r->changes[i].name};
    if (!repeats_find(names, r->count, d->arena))
        return out_of_memory(d);
    for (size_t i = 0; i < r->count; i++)
        if (names[i].last != i)
            return refuse_with(&d->resource->refusal, d->arena, KW_ERROR_INVALID_REQUEST,
                               "config %.*s is named more than once", KW_FMT(names[i].topic));
    return true;
}

static bool refuse_value(struct deciding *d, kw_string name)
{
    return refuse_with(&d->resource->refusal, d->arena, KW_ERROR_INVALID_CONFIG,
                       "the value of config %.*s is longer than %d bytes", KW_FMT(name), MAX_VALUE);
}

static bool check_form(struct deciding *d)
{
    struct resource_changes *r = d->resource;
    for (size_t i = 0; i < r->count; i++) {
        const struct config_change *change = &r->changes[i];
        if (change->operation < CONFIG_SET || change->operation > CONFIG_SUBTRACT)
            return refuse_with(&r->refusal, d->arena, KW_ERROR_INVALID_REQUEST, "%d is no operation on a config",
                               change->operation);
        if (change->operation != CONFIG_DELETE && change->value.len < 0)
            return refuse_with(&r->refusal, d->arena, KW_ERROR_INVALID_REQUEST, "config %.*s has no value",
                               KW_FMT(change->name));
        if (change->value.len > MAX_VALUE)
            return refuse_value(d, change->name);
    }
    return check_repeats(d);
}

/* ---- which resource ---- */

static bool check_broker_name(struct deciding *d)
{
    char self[ID_SIZE];
    struct resource_changes *r = d->resource;
    (void)snprintf(self, sizeof self, "%" PRId32, d->decision->node_id);
    return r->name.len == 0 || kw_string_equal(r->name, kw_string_of(self)) ||
           refuse_with(&r->refusal, d->arena, KW_ERROR_INVALID_REQUEST, "broker '%.*s' is not this one, which is %s",
                       KW_FMT(r->name), self);
}

static bool check_topic_name(struct deciding *d)
{
    struct resource_changes *r = d->resource;
    if (r->name.len == 0)
        return refuse_with(&r->refusal, d->arena, KW_ERROR_INVALID_REQUEST, "topics have no common configs");
    return kw_topic_name_is_valid(r->name) || refuse_with(&r->refusal, d->arena, KW_ERROR_INVALID_TOPIC_EXCEPTION,
                                                          "'%.*s' is no valid topic name", KW_FMT(r->name));
}

/* AlterConfigs does not know loggers. */
static bool check_logger(struct deciding *d)
{
    struct resource_changes *r = d->resource;
    if (r->replaces)
        return refuse_with(&r->refusal, d->arena, KW_ERROR_INVALID_REQUEST, "levels of loggers are changed one by one");
    if (r->name.len == 0 || !check_broker_name(d))
        return refuse_with(&r->refusal, d->arena, KW_ERROR_INVALID_REQUEST, "loggers are those of this broker");
    return r->count == 0 || refuse_with(&r->refusal, d->arena, KW_ERROR_INVALID_CONFIG,
                                        "this broker has no logger %.*s", KW_FMT(r->changes[0].name));
}

static bool check_resource(struct deciding *d)
{
    switch (d->resource->type) {
    case RESOURCE_BROKER:
        return check_broker_name(d);
    case RESOURCE_TOPIC:
        return true; /* Kafka looks at its name later */
    case RESOURCE_GROUP:
    case RESOURCE_CLIENT_METRICS:
        return d->resource->name.len > 0 || refuse_with(&d->resource->refusal, d->arena, KW_ERROR_INVALID_REQUEST,
                                                        "groups, and subscriptions, have no common configs");
    case RESOURCE_BROKER_LOGGER:
        return check_logger(d);
    default:
        return refuse_with(&d->resource->refusal, d->arena, KW_ERROR_INVALID_REQUEST,
                           "resources of type %d have no configs that could be changed", d->resource->type);
    }
}

/* ---- what comes of it ---- */

/* Of groups and subscriptions Kafka's controller does not know which are lists. */
static bool is_list(const struct deciding *d, kw_string name)
{
    if (d->resource->type != RESOURCE_TOPIC && d->resource->type != RESOURCE_BROKER)
        return false;
    const struct setting *setting =
        config_find_setting(d->resource->type == RESOURCE_TOPIC ? SETTING_TOPIC : SETTING_BROKER, name);
    return setting != NULL && setting->type == SETTING_LIST;
}

static const char *default_of(const struct deciding *d, kw_string name)
{
    const struct setting *setting =
        config_find_setting(d->resource->type == RESOURCE_TOPIC ? SETTING_TOPIC : SETTING_BROKER, name);
    return setting->default_text != NULL ? setting->default_text : "";
}

/* The next item of a list, which is separated by commas; false at its end. */
static bool next_item(kw_string *rest, kw_string *item)
{
    if (rest->len < 0)
        return false;
    const char *comma = rest->len > 0 ? memchr(rest->data, ',', (size_t)rest->len) : NULL;
    item->data = rest->data;
    item->len = comma != NULL ? (int32_t)(comma - rest->data) : rest->len;
    rest->len -= item->len + 1;
    rest->data += comma != NULL ? item->len + 1 : 0;
    return true;
}

struct list_items {
    struct named_partition *items;
    size_t count;
};

/* The arena has capacity for them. Empty items do not count. */
static void add_items(struct list_items *list, kw_string text)
{
    for (kw_string item; next_item(&text, &item);)
        if (item.len != 0)
            list->items[list->count++] = (struct named_partition){.topic = item};
}

/* As Java splits what is to be added: empty items count, but for those at the end; of nothing there is one. */
static void add_changed_items(struct list_items *list, kw_string text)
{
    bool is_empty = text.len == 0;
    while (text.len > 0 && text.data[text.len - 1] == ',')
        text.len--;
    if (text.len == 0 && !is_empty)
        return;
    for (kw_string item; next_item(&text, &item);)
        list->items[list->count++] = (struct named_partition){.topic = item};
}

static kw_string join(const struct list_items *list, size_t count, bool also_repeated, char *text)
{
    int32_t size = 0;
    bool is_first = true;
    for (size_t i = 0; i < count; i++) {
        const struct named_partition *item = &list->items[i];
        if (item->last == NAMED_BEFORE || (item->last != i && !also_repeated))
            continue;
        if (!is_first)
            text[size++] = ',';
        is_first = false;
        memcpy(text + size, item->topic.data, (size_t)item->topic.len);
        size += item->topic.len;
    }
    return (kw_string){text, size};
}

/* What is added stands behind what was there, each item once; what is taken away stands in both. */
static bool change_list(struct deciding *d, const struct config_change *change, kw_string *value)
{
    kw_string before = value->len >= 0 ? *value : kw_string_of(default_of(d, change->name));
    size_t size = (size_t)before.len + (size_t)change->value.len + 2;
    char *text = kw_arena_alloc(d->arena, size);
    struct list_items list = {kw_arena_array(d->arena, size, sizeof *list.items), 0};
    if (text == NULL || list.items == NULL)
        return out_of_memory(d);
    add_items(&list, before);
    size_t count = list.count;
    add_changed_items(&list, change->value);
    if (!repeats_find(list.items, list.count, d->arena))
        return out_of_memory(d);
    bool adds = change->operation == CONFIG_APPEND;
    *value = join(&list, adds ? list.count : count, adds, text);
    return true;
}

/* The value of one config after a change; null: removed. */
static bool change_value(struct deciding *d, const struct config_change *change, kw_string *value)
{
    switch (change->operation) {
    case CONFIG_SET:
        *value = change->value;
        return true;
    case CONFIG_DELETE:
        *value = (kw_string){NULL, -1};
        return true;
    default:
        return is_list(d, change->name)
                   ? change_list(d, change, value)
                   : refuse_with(&d->resource->refusal, d->arena, KW_ERROR_INVALID_CONFIG,
                                 "config %.*s is no list, to which a value could be added", KW_FMT(change->name));
    }
}

static kw_string value_before(const struct deciding *d, kw_string name)
{
    return metadata_find_config(d->decision->image, d->resource->type, d->resource->name, name);
}

static bool same_value(kw_string a, kw_string b)
{
    return a.len < 0 || b.len < 0 ? a.len < 0 && b.len < 0 : kw_string_equal(a, b);
}

static void add_record(struct deciding *d, kw_string name, kw_string value)
{
    kw_config_record record;
    kw_config_record_init(&record);
    record.resource_type = d->resource->type;
    record.resource_name = d->resource->name;
    record.name = name;
    record.value = value;
    record_list_add(&d->decision->records, &kw_config_record_message, 0, &record);
    d->resource->changes_min_isr = d->resource->changes_min_isr || is_min_isr(name);
}

static bool check_change(struct deciding *d, kw_string name, kw_string value)
{
    struct resource_changes *r = d->resource;
    bool protected_min_isr = r->type == RESOURCE_BROKER && is_min_isr(name) && metadata_has_elr(d->decision->image);
    if (protected_min_isr && r->name.len != 0)
        return refuse_with(&r->refusal, d->arena, KW_ERROR_INVALID_CONFIG,
                           "Broker-level min.insync.replicas cannot be altered while ELR is enabled.");
    if (protected_min_isr && value.len < 0)
        return refuse_with(&r->refusal, d->arena, KW_ERROR_INVALID_CONFIG,
                           "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.");
    return value.len <= MAX_VALUE ||
           refuse_with(&r->refusal, d->arena, KW_ERROR_INVALID_CONFIG,
                       "the value of config %.*s is longer than %d bytes", KW_FMT(name), MAX_VALUE);
}

/* ---- values of brokers ---- */

static bool is_of_listener(kw_string name)
{
    static const char prefix[] = "listener.name.";
    return (size_t)name.len >= sizeof prefix - 1 && memcmp(name.data, prefix, sizeof prefix - 1) == 0;
}

static bool is_of_listeners(const struct setting *setting)
{
    return strcmp(setting->name, "listeners") == 0 || strcmp(setting->name, "advertised.listeners") == 0 ||
           strcmp(setting->name, "listener.security.protocol.map") == 0;
}

static bool check_broker_value(struct deciding *d, const struct setting *setting, kw_string value)
{
    char error[SETTING_ERROR_SIZE];
    kw_string text = arena_copy_string(d->arena, value);
    char *printed = kw_arena_alloc(d->arena, (size_t)value.len + SETTING_PRINTED_EXTRA);
    if (text.data == NULL || printed == NULL)
        return out_of_memory(d);
    return setting_parse(setting, text.data, printed, error) ||
           refuse_with(&d->resource->refusal, d->arena, KW_ERROR_INVALID_REQUEST, "%s", error);
}

/* Names that Kafka does not know are kept, as plugins may. */
static bool check_broker_setting(struct deciding *d, kw_string name, kw_string value)
{
    struct refusal *refusal = &d->resource->refusal;
    if (value.len < 0)
        return true;
    const struct setting *setting = config_find_setting(SETTING_BROKER, name);
    if (is_of_listener(name) || (setting != NULL && setting->use == SETTING_PROTECTS))
        return refuse_with(refusal, d->arena, KW_ERROR_INVALID_REQUEST,
                           "%.*s would protect something, which this broker cannot do", KW_FMT(name));
    if (setting == NULL)
        return true;
    if (is_of_listeners(setting))
        return refuse_with(refusal, d->arena, KW_ERROR_INVALID_REQUEST, "%s of this broker cannot change while it runs",
                           setting->name);
    if (setting->mode == SETTING_READ_ONLY)
        return refuse_with(refusal, d->arena, KW_ERROR_INVALID_REQUEST, "%s can only be set in the properties file",
                           setting->name);
    if (setting->mode == SETTING_PER_BROKER && d->resource->name.len == 0)
        return refuse_with(refusal, d->arena, KW_ERROR_INVALID_REQUEST, "%s can only be set for a single broker",
                           setting->name);
    return check_broker_value(d, setting, value);
}

/* ---- all changes of a resource ---- */

/* What the changes give, before anybody looks at it. */
static bool compute_values(struct deciding *d)
{
    for (size_t i = 0; i < d->resource->count; i++) {
        const struct config_change *change = &d->resource->changes[i];
        kw_string value = value_before(d, change->name);
        if (!change_value(d, change, &value))
            return false;
        d->after.items[d->after.count++] = (struct metadata_config){change->name, value};
    }
    return true;
}

static void drop_removed(struct config_list *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].value.len >= 0)
            list->items[kept++] = list->items[i];
    list->count = kept;
}

/* A broker looks at its configs before the controller does. */
static bool check_broker(struct deciding *d)
{
    const struct resource_changes *r = d->resource;
    size_t others = d->before != NULL && !r->replaces ? d->before->config_count : 0;
    struct config_list all = {kw_arena_array(d->arena, d->after.count + others, sizeof *all.items), others};
    for (size_t i = 0; i < d->after.count; i++)
        if (!check_broker_setting(d, d->after.items[i].name, d->after.items[i].value))
            return false;
    if (all.items == NULL)
        return out_of_memory(d);
    for (size_t i = 0; i < others; i++)
        all.items[i] = d->before->configs[i];
    for (size_t i = 0; i < d->after.count; i++)
        all.items[all.count++] = d->after.items[i];
    if (!config_list_make_distinct(&all, d->arena)) /* the later one of a name stays */
        return out_of_memory(d);
    drop_removed(&all);
    return check_broker_config(&d->place, &all, r->name.len != 0, d->arena, &d->resource->refusal);
}

static bool check_values(struct deciding *d)
{
    if (d->resource->type == RESOURCE_BROKER && !check_broker(d))
        return false;
    for (size_t i = 0; i < d->after.count; i++)
        if (!check_change(d, d->after.items[i].name, d->after.items[i].value))
            return false;
    return true;
}

/* A broker's that stays as it was is written again, so that files that it names are read again. */
static void add_changed(struct deciding *d)
{
    for (size_t i = 0; i < d->after.count; i++) {
        const struct metadata_config *config = &d->after.items[i];
        if (d->resource->type == RESOURCE_BROKER || !same_value(value_before(d, config->name), config->value))
            add_record(d, config->name, config->value);
    }
}

/* Configs that were set before stay, or are removed. */
static bool take_others(struct deciding *d)
{
    const kw_string removed = {NULL, -1};
    struct config_list changed = d->after;
    if (!config_list_make_distinct(&changed, d->arena)) /* which copies them */
        return out_of_memory(d);
    for (size_t i = 0; d->before != NULL && i < d->before->config_count; i++) {
        const struct metadata_config *config = &d->before->configs[i];
        if (config_list_get(&changed, config->name) != NULL)
            continue;
        if (!d->resource->replaces) {
            d->after.items[d->after.count++] = *config;
            continue;
        }
        if (!check_change(d, config->name, removed))
            return false;
        add_record(d, config->name, removed);
    }
    return true;
}

static bool check_result(struct deciding *d)
{
    struct resource_changes *r = d->resource;
    drop_removed(&d->after);
    if (!config_list_make_distinct(&d->after, d->arena))
        return out_of_memory(d);
    if (r->type == RESOURCE_GROUP)
        return check_group_config(&d->place, &d->after, d->arena, &r->refusal);
    if (r->type == RESOURCE_CLIENT_METRICS)
        return check_client_metrics(&d->after, d->arena, &r->refusal);
    if (r->type != RESOURCE_TOPIC)
        return true;
    if (!check_topic_name(d) || !check_topic_config(&d->place, &d->after, d->arena, &r->refusal))
        return false;
    return metadata_topic_by_name(d->decision->image, r->name) != NULL ||
           refuse_with(&r->refusal, d->arena, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION, "no topic has this name");
}

static bool change_resource(struct deciding *d)
{
    struct resource_changes *r = d->resource;
    d->before = metadata_find_resource(d->decision->image, r->type, r->name);
    d->after.count = 0;
    d->after.items =
        kw_arena_array(d->arena, r->count + (d->before != NULL ? d->before->config_count : 0), sizeof *d->after.items);
    if (d->after.items == NULL)
        return out_of_memory(d);
    if (!compute_values(d) || !check_values(d))
        return false;
    add_changed(d);
    return take_others(d) && check_result(d);
}

static void decide_one(struct deciding *d)
{
    size_t before = d->decision->records.count;
    d->resource->changes_min_isr = false;
    if (check_form(d) && check_resource(d) && change_resource(d))
        return;
    record_list_truncate(&d->decision->records, before);
    d->resource->changes_min_isr = false;
}

/* ---- the request ---- */

static bool find_repeated(struct resource_changes *resources, size_t count, kw_arena *arena)
{
    struct named_partition *names = kw_arena_array(arena, count, sizeof *names);
    if (names == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        names[i] = (struct named_partition){.topic = resources[i].name, .partition = resources[i].type};
    if (!repeats_find(names, count, arena))
        return false;
    for (size_t i = 0; i < count; i++)
        if (names[i].last != i)
            (void)refuse_with(&resources[i].refusal, arena, KW_ERROR_INVALID_REQUEST,
                              "the request names this resource more than once");
    return true;
}

bool decide_configs(struct decision *decision, const struct static_config *file, struct resource_changes *resources,
                    size_t count, bool validate_only, kw_arena *arena)
{
    struct deciding d = {.decision = decision, .place = {decision->image, file, decision->node_id}, .arena = arena};
    for (size_t i = 0; i < count; i++)
        resources[i].refusal = (struct refusal){KW_ERROR_NONE, {NULL, -1}};
    if (!find_repeated(resources, count, arena))
        return false;
    for (size_t i = 0; i < count; i++) {
        d.resource = &resources[i];
        if (resources[i].refusal.error == KW_ERROR_NONE)
            decide_one(&d);
    }
    for (size_t i = 0; i < count; i++)
        if (resources[i].refusal.error == KW_ERROR_NONE && resources[i].changes_min_isr)
            min_isr_changed(decision, resources[i].type == RESOURCE_TOPIC ? resources[i].name : kw_string_of(""));
    bool too_many = decision->records.count > MAX_RECORDS;
    for (size_t i = 0; too_many && i < count; i++)
        (void)refuse_with(&resources[i].refusal, arena, KW_ERROR_POLICY_VIOLATION,
                          "a request may change %d configs at most", MAX_RECORDS);
    if (too_many || validate_only)
        record_list_truncate(&decision->records, 0);
    return true;
}
