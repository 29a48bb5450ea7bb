/* SPDX-License-Identifier: Apache-2.0 */
#include "config_synonyms.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ID_SIZE = 12, LONGEST_NAME = 100, NAMES_MAX = 4, SOURCES = 4 };

const struct setting *config_find_setting(enum setting_scope scope, kw_string name)
{
    char text[LONGEST_NAME + 1];
    if (name.len < 0 || name.len > LONGEST_NAME || memchr(name.data, '\0', (size_t)name.len) != NULL)
        return NULL;
    memcpy(text, name.data, (size_t)name.len);
    text[name.len] = '\0';
    return setting_find(scope, text);
}

/* ---- names ---- */

struct names {
    kw_string items[NAMES_MAX];
    size_t count;
};

/* A list of names with commas between them. */
static void split(const char *list, struct names *out)
{
    out->count = 0;
    while (list != NULL && *list != '\0' && out->count < NAMES_MAX) {
        size_t size = strcspn(list, ",");
        out->items[out->count++] = (kw_string){list, (int32_t)size};
        list += size + (list[size] == ',');
    }
}

static bool has(const struct names *names, kw_string name)
{
    for (size_t i = 0; i < names->count; i++)
        if (kw_string_equal(names->items[i], name))
            return true;
    return false;
}

/* The settings of a broker that say the same in different units, which a topic's setting follows; itself if there are
 * no others. */
static void names_of_broker(const struct setting *setting, struct names *out)
{
    for (size_t i = 0; i < setting_count; i++) {
        if (settings[i].synonyms == NULL || strchr(settings[i].synonyms, ',') == NULL)
            continue;
        split(settings[i].synonyms, out);
        if (has(out, kw_string_of(setting->name)))
            return;
    }
    split(setting->name, out);
}

/* ---- values ---- */

static void add(struct config_synonyms *out, kw_string name, kw_string value, enum setting_source source)
{
    if (value.len >= 0)
        out->items[out->count++] = (struct config_synonym){name, value, source};
}

static void add_dynamic(const struct config_place *place, const struct names *names, kw_string broker,
                        enum setting_source source, struct config_synonyms *out)
{
    for (size_t i = 0; i < names->count; i++)
        add(out, names->items[i], metadata_find_config(place->image, RESOURCE_BROKER, broker, names->items[i]), source);
}

static kw_string text_or_null(const char *text)
{
    return text != NULL ? kw_string_of(text) : (kw_string){NULL, -1};
}

static void add_static(const struct config_place *place, const struct names *names, struct config_synonyms *out)
{
    for (size_t i = 0; i < names->count; i++) {
        const struct setting *setting = config_find_setting(SETTING_BROKER, names->items[i]);
        const struct static_value *value = setting != NULL ? static_config_get(place->file, setting->name) : NULL;
        add(out, names->items[i], text_or_null(value != NULL ? value->text : NULL), SOURCE_STATIC_BROKER);
    }
    for (size_t i = 0; i < names->count; i++) {
        const struct setting *setting = config_find_setting(SETTING_BROKER, names->items[i]);
        bool has_default = setting != NULL && !setting->only_dynamic;
        add(out, names->items[i], text_or_null(has_default ? setting->default_text : NULL), SOURCE_DEFAULT);
    }
}

/* From the values that were added before, those of the broker's settings are added, beginning with the first one of
 * this name. */
static void add_of_broker(const struct config_place *place, const struct names *names, kw_string first,
                          struct config_synonyms *out)
{
    char id[ID_SIZE];
    size_t before = out->count, skipped = 0;
    (void)snprintf(id, sizeof id, "%" PRId32, place->node_id);
    add_dynamic(place, names, kw_string_of(id), SOURCE_DYNAMIC_BROKER, out);
    add_dynamic(place, names, kw_string_of(""), SOURCE_DYNAMIC_DEFAULT_BROKER, out);
    add_static(place, names, out);
    while (before + skipped < out->count && !kw_string_equal(out->items[before + skipped].name, first))
        skipped++;
    out->count -= skipped;
    memmove(&out->items[before], &out->items[before + skipped], (out->count - before) * sizeof *out->items);
}

bool config_synonyms_of(const struct config_place *place, const struct config_owner *owner,
                        const struct setting *setting, kw_arena *arena, struct config_synonyms *out)
{
    struct names names;
    kw_string name = kw_string_of(setting->name);
    split(setting->synonyms, &names);
    out->count = 0;
    out->items = kw_arena_array(arena, 1 + (size_t)NAMES_MAX * SOURCES, sizeof *out->items);
    if (out->items == NULL)
        return false;
    add(out, name, metadata_find_config(place->image, owner->type, owner->name, name), config_owner_source(owner));
    if (names.count != 0)
        add_of_broker(place, &names, names.items[0], out);
    else if (owner->type == RESOURCE_GROUP) /* as Kafka has it, for groups only */
        add(out, name, text_or_null(setting->default_text), SOURCE_DEFAULT);
    return true;
}

bool config_synonyms_of_broker(const struct config_place *place, const struct setting *setting, kw_arena *arena,
                               struct config_synonyms *out)
{
    struct names names;
    names_of_broker(setting, &names);
    out->count = 0;
    out->items = kw_arena_array(arena, (size_t)NAMES_MAX * SOURCES, sizeof *out->items);
    if (out->items == NULL)
        return false;
    add_of_broker(place, &names, kw_string_of(setting->name), out);
    return true;
}
