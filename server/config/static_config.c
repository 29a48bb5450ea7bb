/* SPDX-License-Identifier: Apache-2.0 */
#include "static_config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../observe/console.h"
#include "properties.h"

enum { NAME_SIZE = 128 };

static bool keep_other(struct static_config *config, const char *name, int line)
{
    size_t count = config->other_count;
    if ((count & (count + 1)) == 0) { /* full: it has 0, 1, 3, 7, ... and as many more are added as it has, and one */
        struct static_name *more = realloc(config->others, (2 * count + 1) * sizeof *more);
        if (more == NULL)
            return false;
        config->others = more;
    }
    config->others[count].text = strdup(name);
    config->others[count].line = line;
    config->other_count += config->others[count].text != NULL;
    return config->others[count].text != NULL;
}

static bool keep_value(struct static_value *slot, const char *value, int line)
{
    char *copy = strdup(value);
    if (copy == NULL)
        return false;
    free(slot->text);
    slot->text = copy;
    slot->line = line;
    return true;
}

static bool keep(void *context, const char *key, const char *value, int line)
{
    struct static_config *config = context;
    const struct setting *s = setting_find(SETTING_BROKER, key);
    bool known = s != NULL && !s->only_dynamic;
    if (known ? keep_value(&config->values[s - settings], value, line) : keep_other(config, key, line))
        return true;
    complain("out of memory");
    return false;
}

static struct static_config *make(void)
{
    struct static_config *config = calloc(1, sizeof *config);
    if (config == NULL)
        return NULL;
    config->values = calloc(setting_count, sizeof *config->values);
    if (config->values != NULL)
        return config;
    free(config);
    return NULL;
}

struct static_config *static_config_read(const char *path)
{
    struct static_config *config = make();
    if (config != NULL)
        config->path = strdup(path);
    if (config == NULL || config->path == NULL)
        complain("out of memory");
    else if (properties_read(path, keep, config))
        return config;
    static_config_free(config);
    return NULL;
}

int64_t setting_number(const struct static_config *config, const char *name)
{
    char buffer[SETTING_EFFECTIVE_SIZE];
    enum setting_source source;
    const char *text = setting_effective(config, setting_find(SETTING_BROKER, name), buffer, &source);
    return strtoll(text, NULL, 10);
}

bool setting_is_true(const struct static_config *config, const char *name)
{
    char buffer[SETTING_EFFECTIVE_SIZE];
    enum setting_source source;
    const char *text = setting_effective(config, setting_find(SETTING_BROKER, name), buffer, &source);
    return strcmp(text, "true") == 0;
}

void static_config_free(struct static_config *config)
{
    if (config == NULL)
        return;
    for (size_t i = 0; i < setting_count; i++)
        free(config->values[i].text);
    for (size_t i = 0; i < config->other_count; i++)
        free(config->others[i].text);
    free(config->values);
    free(config->others);
    free(config->path);
    free(config);
}

void static_config_forget(struct static_config *config, const char *name)
{
    if (config == NULL)
        return;
    struct static_value *value = &config->values[setting_find(SETTING_BROKER, name) - settings];
    free(value->text);
    value->text = NULL;
}

bool static_config_fill(struct static_config **config, const char *name, const char *value)
{
    if (*config == NULL)
        *config = make();
    if (*config == NULL)
        return false;
    struct static_value *slot = &(*config)->values[setting_find(SETTING_BROKER, name) - settings];
    return slot->text != NULL || keep_value(slot, value, 0);
}

const struct static_value *static_config_get(const struct static_config *config, const char *name)
{
    const struct setting *s = setting_find(SETTING_BROKER, name);
    if (config == NULL || s == NULL || config->values[s - settings].text == NULL)
        return NULL;
    return &config->values[s - settings];
}

static bool next_name(const char **list, char name[NAME_SIZE])
{
    if (*list == NULL || **list == '\0')
        return false;
    size_t size = strcspn(*list, ",");
    snprintf(name, NAME_SIZE, "%.*s", (int)size, *list);
    *list += size + ((*list)[size] == ',');
    return true;
}

/* The settings that a value comes from, the strongest first. A broker's that a topic's names first is followed by the
 * others that the topic's names, as log.retention.ms by log.retention.minutes. */
static const char *names_of(const struct setting *setting)
{
    if (setting->scope != SETTING_BROKER)
        return setting->synonyms;
    size_t size = strlen(setting->name);
    for (size_t i = setting_count; i-- > 0 && settings[i].scope != SETTING_BROKER;) {
        const char *names = settings[i].synonyms;
        if (names != NULL && strncmp(names, setting->name, size) == 0 && names[size] == ',')
            return names;
    }
    return setting->name;
}

static void add_entry(struct setting_entry *out, size_t *count, const struct setting *s, const char *value,
                      enum setting_source source)
{
    if (value == NULL || *count == SETTING_ENTRIES_MAX)
        return;
    out[*count].name = s->name;
    out[*count].value = value;
    out[*count].source = source;
    ++*count;
}

size_t setting_entries(const struct static_config *config, const struct setting *setting,
                       struct setting_entry out[SETTING_ENTRIES_MAX])
{
    const char *names = names_of(setting);
    char name[NAME_SIZE];
    size_t count = 0;
    for (const char *list = names; next_name(&list, name);) {
        const struct static_value *value = static_config_get(config, name);
        if (value != NULL)
            add_entry(out, &count, setting_find(SETTING_BROKER, name), value->text, SOURCE_STATIC_BROKER);
    }
    for (const char *list = names; next_name(&list, name);) {
        const struct setting *s = setting_find(SETTING_BROKER, name);
        add_entry(out, &count, s, s->default_text, SOURCE_DEFAULT);
    }
    if (names == NULL)
        add_entry(out, &count, setting, setting->default_text, SOURCE_DEFAULT);
    return count;
}

static int64_t ms_per_unit(const char *name)
{
    const char *unit = strrchr(name, '.');
    return unit == NULL ? 1 : strcmp(unit, ".hours") == 0 ? 3600000 : strcmp(unit, ".minutes") == 0 ? 60000 : 1;
}

const char *setting_effective(const struct static_config *config, const struct setting *setting,
                              char buffer[SETTING_EFFECTIVE_SIZE], enum setting_source *source)
{
    struct setting_entry entries[SETTING_ENTRIES_MAX];
    *source = SOURCE_DEFAULT;
    if (setting_entries(config, setting, entries) == 0)
        return NULL;
    *source = entries[0].source;
    int64_t unit = ms_per_unit(entries[0].name);
    if (unit == 1 || strcmp(entries[0].name, setting->name) == 0)
        return entries[0].value;
    long long value = strtoll(entries[0].value, NULL, 10);
    snprintf(buffer, SETTING_EFFECTIVE_SIZE, "%lld", value < 0 ? -1 : value * unit);
    return buffer;
}
