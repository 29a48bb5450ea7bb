/* SPDX-License-Identifier: Apache-2.0 */
#include "effective_config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/growth.h"
#include "../config/java_number.h"
#include "../config/setting_value.h"

enum { ID_SIZE = 12, NUMBER_SIZE = 32 };

static kw_string find_own(const struct config_place *place, kw_string name)
{
    char id[ID_SIZE];
    (void)snprintf(id, sizeof id, "%" PRId32, place->node_id);
    return metadata_find_config(place->image, RESOURCE_BROKER, kw_string_of(id), name);
}

static kw_string find_default(const struct config_place *place, kw_string name)
{
    return metadata_find_config(place->image, RESOURCE_BROKER, kw_string_of(""), name);
}

/* What is set while the broker runs, for itself or for all brokers. */
static bool find_dynamic(const struct config_place *place, kw_string name, struct config_value *out)
{
    out->source = SOURCE_DYNAMIC_BROKER;
    out->text = find_own(place, name);
    if (out->text.len >= 0)
        return true;
    out->source = SOURCE_DYNAMIC_DEFAULT_BROKER;
    out->text = find_default(place, name);
    return out->text.len >= 0;
}

static bool find_static(const struct config_place *place, const struct setting *setting, kw_arena *arena,
                        struct config_value *out)
{
    char buffer[SETTING_EFFECTIVE_SIZE];
    const char *text = setting_effective(place->file, setting, buffer, &out->source);
    out->text = text != NULL ? kw_string_of(text) : (kw_string){NULL, -1};
    if (text == buffer)
        out->text = arena_copy_string(arena, out->text);
    return text == NULL || out->text.data != NULL;
}

enum setting_scope config_owner_scope(const struct config_owner *owner)
{
    return owner->type == RESOURCE_GROUP            ? SETTING_GROUP
           : owner->type == RESOURCE_CLIENT_METRICS ? SETTING_CLIENT_METRICS
                                                    : SETTING_TOPIC;
}

enum setting_source config_owner_source(const struct config_owner *owner)
{
    return owner->type == RESOURCE_GROUP            ? SOURCE_GROUP
           : owner->type == RESOURCE_CLIENT_METRICS ? SOURCE_CLIENT_METRICS
                                                    : SOURCE_TOPIC;
}

bool effective_default(const struct config_place *place, const struct setting *setting, kw_arena *arena,
                       struct config_value *out)
{
    const struct setting *broker = setting_first_synonym(setting);
    if (broker != NULL && find_dynamic(place, kw_string_of(broker->name), out))
        return true;
    return find_static(place, setting, arena, out);
}

bool effective_config(const struct config_place *place, const struct config_owner *owner, const struct setting *setting,
                      kw_arena *arena, struct config_value *out)
{
    out->source = config_owner_source(owner);
    out->text = metadata_find_config(place->image, owner->type, owner->name, kw_string_of(setting->name));
    return out->text.len >= 0 || effective_default(place, setting, arena, out);
}

void effective_broker_config(const struct config_place *place, const struct setting *setting, struct config_value *out)
{
    const struct static_value *value = static_config_get(place->file, setting->name);
    if (find_dynamic(place, kw_string_of(setting->name), out))
        return;
    bool given = value != NULL && value->text != NULL;
    const char *text = given ? value->text : setting->default_text;
    out->source = given ? SOURCE_STATIC_BROKER : SOURCE_DEFAULT;
    out->text = text != NULL ? kw_string_of(text) : (kw_string){NULL, -1};
}

enum { PRINTED_SIZE = NUMBER_SIZE + SETTING_PRINTED_EXTRA };

/* A value as it is printed, if it is valid. */
static bool print_number(const struct setting *setting, kw_string value, char printed[PRINTED_SIZE])
{
    char text[NUMBER_SIZE], error[SETTING_ERROR_SIZE];
    if (value.len < 0 || value.len >= NUMBER_SIZE || memchr(value.data, '\0', (size_t)value.len) != NULL)
        return false;
    memcpy(text, value.data, (size_t)value.len);
    text[value.len] = '\0';
    return setting_parse(setting, text, printed, error);
}

static bool print_dynamic(const struct config_place *place, const struct setting *setting, char printed[PRINTED_SIZE])
{
    kw_string name = kw_string_of(setting->name);
    return print_number(setting, find_own(place, name), printed) ||
           print_number(setting, find_default(place, name), printed);
}

int64_t effective_broker_number_with(const struct config_place *place, const char *name, kw_string value, bool is_own)
{
    char printed[PRINTED_SIZE];
    const struct setting *setting = setting_find(SETTING_BROKER, name);
    kw_string own = is_own ? value : find_own(place, kw_string_of(name));
    kw_string all = is_own ? find_default(place, kw_string_of(name)) : value;
    if (print_number(setting, own, printed) || print_number(setting, all, printed))
        return strtoll(printed, NULL, 10);
    return setting_number(place->file, name);
}

int64_t effective_broker_number(const struct config_place *place, const char *name)
{
    char printed[PRINTED_SIZE];
    if (print_dynamic(place, setting_find(SETTING_BROKER, name), printed))
        return strtoll(printed, NULL, 10);
    return setting_number(place->file, name);
}

double effective_broker_double(const struct config_place *place, const char *name)
{
    const struct setting *setting = setting_find(SETTING_BROKER, name);
    const struct static_value *value = static_config_get(place->file, name);
    char printed[PRINTED_SIZE];
    double number = 0;
    if (print_dynamic(place, setting, printed) ||
        (value != NULL && value->text != NULL && print_number(setting, kw_string_of(value->text), printed)))
        (void)java_parse_double(printed, &number);
    else
        (void)java_parse_double(setting->default_text, &number);
    return number;
}
