/* SPDX-License-Identifier: Apache-2.0 */
#include "effective_config.h"

#include <inttypes.h>
#include <stdio.h>

#include "../base/growth.h"

enum { ID_SIZE = 12 };

/* What is set while the broker runs, for itself or for all brokers. */
static bool find_dynamic(const struct config_place *place, kw_string name, struct config_value *out)
{
    char id[ID_SIZE];
    (void)snprintf(id, sizeof id, "%" PRId32, place->node_id);
    out->source = SOURCE_DYNAMIC_BROKER;
    out->text = metadata_find_config(place->image, RESOURCE_BROKER, kw_string_of(id), name);
    if (out->text.len >= 0)
        return true;
    out->source = SOURCE_DYNAMIC_DEFAULT_BROKER;
    out->text = metadata_find_config(place->image, RESOURCE_BROKER, kw_string_of(""), name);
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

bool effective_topic_default(const struct config_place *place, const struct setting *setting, kw_arena *arena,
                             struct config_value *out)
{
    const struct setting *broker = setting_first_synonym(setting);
    if (broker != NULL && find_dynamic(place, kw_string_of(broker->name), out))
        return true;
    return find_static(place, setting, arena, out);
}

bool effective_topic_config(const struct config_place *place, kw_string topic, const struct setting *setting,
                            kw_arena *arena, struct config_value *out)
{
    out->source = SOURCE_TOPIC;
    out->text = metadata_find_config(place->image, RESOURCE_TOPIC, topic, kw_string_of(setting->name));
    return out->text.len >= 0 || effective_topic_default(place, setting, arena, out);
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
