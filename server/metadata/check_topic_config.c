/* SPDX-License-Identifier: Apache-2.0 */
#include "check_topic_config.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../base/growth.h"
#include "../config/setting_value.h"
#include "config_synonyms.h"

/* ---- lists ---- */

static int by_name_and_place(const void *a, const void *b)
{
    const struct metadata_config *x = *(const struct metadata_config *const *)a;
    const struct metadata_config *y = *(const struct metadata_config *const *)b;
    int order = kw_string_compare(x->name, y->name);
    return order != 0 ? order : (x > y) - (x < y);
}

bool config_list_make_distinct(struct config_list *list, kw_arena *arena)
{
    const struct metadata_config **sorted = kw_arena_array(arena, list->count, sizeof *sorted);
    struct metadata_config *items = kw_arena_array(arena, list->count, sizeof *items);
    size_t count = 0;
    if (sorted == NULL || items == NULL)
        return false;
    for (size_t i = 0; i < list->count; i++)
        sorted[i] = &list->items[i];
    qsort(sorted, list->count, sizeof *sorted, by_name_and_place);
    for (size_t i = 0; i < list->count; i++) {
        if (count != 0 && kw_string_equal(items[count - 1].name, sorted[i]->name))
            count--;
        items[count++] = *sorted[i];
    }
    list->items = items;
    list->count = count;
    return true;
}

const struct metadata_config *config_list_get(const struct config_list *list, kw_string name)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = kw_string_compare(list->items[middle].name, name);
        if (order == 0)
            return &list->items[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

kw_string config_list_find(const struct config_list *list, kw_string name)
{
    const struct metadata_config *config = config_list_get(list, name);
    return config != NULL ? config->value : (kw_string){NULL, -1};
}

/* ---- single values ---- */

struct checking {
    const struct config_place *place;
    const struct config_list *configs;
    kw_arena *arena;
    struct refusal *refusal;
};

static bool out_of_memory(struct checking *c)
{
    return refuse_with(c->refusal, c->arena, KW_ERROR_KAFKA_STORAGE_ERROR, "out of memory");
}

static bool check_names(struct checking *c)
{
    for (size_t i = 0; i < c->configs->count; i++)
        if (config_find_setting(SETTING_TOPIC, c->configs->items[i].name) == NULL)
            return refuse_with(c->refusal, c->arena, KW_ERROR_INVALID_CONFIG, "topics have no config %.*s",
                               KW_FMT(c->configs->items[i].name));
    return true;
}

/* The value as Kafka prints it; NULL after a refusal. */
static const char *parse(struct checking *c, const struct setting *setting, kw_string value)
{
    char error[SETTING_ERROR_SIZE];
    kw_string text = arena_copy_string(c->arena, value);
    char *printed = kw_arena_alloc(c->arena, (size_t)value.len + SETTING_PRINTED_EXTRA);
    if (text.data == NULL || printed == NULL) {
        (void)out_of_memory(c);
        return NULL;
    }
    if (setting_parse(setting, text.data, printed, error))
        return printed;
    (void)refuse_with(c->refusal, c->arena, KW_ERROR_INVALID_CONFIG, "%s", error);
    return NULL;
}

static bool check_values(struct checking *c)
{
    for (size_t i = 0; i < c->configs->count; i++) {
        const struct metadata_config *config = &c->configs->items[i];
        if (parse(c, config_find_setting(SETTING_TOPIC, config->name), config->value) == NULL)
            return false;
    }
    return true;
}

/* ---- values together ---- */

/* The value that the topic will have; NULL after a refusal. */
static const char *value_of(struct checking *c, const char *name)
{
    const struct setting *setting = setting_find(SETTING_TOPIC, name);
    struct config_value value = {.text = config_list_find(c->configs, kw_string_of(name))};
    if (value.text.len < 0 && !effective_default(c->place, setting, c->arena, &value)) {
        (void)out_of_memory(c);
        return NULL;
    }
    return parse(c, setting, value.text);
}

static bool check_lags(struct checking *c)
{
    const char *least = value_of(c, "min.compaction.lag.ms");
    const char *most = least != NULL ? value_of(c, "max.compaction.lag.ms") : NULL;
    if (most == NULL)
        return false;
    if (strtoll(least, NULL, 10) <= strtoll(most, NULL, 10))
        return true;
    return refuse_with(c->refusal, c->arena, KW_ERROR_INVALID_CONFIG,
                       "min.compaction.lag.ms is %s, more than max.compaction.lag.ms, %s", least, most);
}

static bool check_remote_storage(struct checking *c)
{
    const char *remote = value_of(c, "remote.storage.enable");
    if (remote == NULL || strcmp(remote, "true") != 0)
        return remote != NULL;
    return refuse_with(c->refusal, c->arena, KW_ERROR_INVALID_CONFIG,
                       "remote.storage.enable needs tiered storage, which this broker does not have");
}

bool check_topic_config(const struct config_place *place, const struct config_list *configs, kw_arena *arena,
                        struct refusal *refusal)
{
    struct checking c = {place, configs, arena, refusal};
    return check_names(&c) && check_values(&c) && check_lags(&c) && check_remote_storage(&c);
}
