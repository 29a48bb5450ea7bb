/* SPDX-License-Identifier: Apache-2.0 */
#include "message_json.h"

#include <kwire/api.h>

#include "../protocol/kafka_releases.h"
#include "print_json.h"

json_t *message_json(const kw_message *m)
{
    json_t *to = json_object();
    json_put_text(to, "message", m->name);
    json_put_text(to, "kind", message_kind(m));
    if (message_has_header(m))
        json_put_text(to, "api", kw_api_find(m->api_key)->name);
    if (m->api_key >= 0)
        json_put(to, message_has_header(m) ? "apiKey" : "recordType", json_integer(m->api_key));
    return to;
}

void json_put_releases(json_t *to, kw_release releases)
{
    json_put_text(to, "firstRelease", releases.first);
    if (releases.first != NULL)
        json_put_text(to, "lastRelease", releases.last);
}

void message_json_put_version(json_t *to, const kw_message *m, int16_t version)
{
    json_put(to, "version", json_integer(version));
    json_put(to, "flexible", json_boolean(kw_versions_have(m->flexible, version)));
    if (message_has_header(m))
        json_put(to, "header", json_integer(kw_header_version(m->api_key, version, m->kind)));
    json_put_releases(to, version_release(m, version));
}

void json_put_form(json_t *to, const field_form *form)
{
    json_put_text(to, "type", form->type);
    json_put_text(to, "of", form->elements);
    json_put(to, "nullable", json_boolean(form->nullable));
    if (form->tag >= 0)
        json_put(to, "tag", json_integer(form->tag));
}

void json_put_default(json_t *to, const kw_field *f)
{
    char value[FIELD_DEFAULT_SIZE];
    if (format_default(f, value)[0] != '\0')
        json_put(to, "default", json_loads(value, JSON_DECODE_ANY, NULL));
}

const char *entity_name(kw_entity entity)
{
    static const char *const names[] = {
        [KW_ENTITY_NONE] = NULL,
        [KW_ENTITY_TOPIC_NAME] = "topicName",
        [KW_ENTITY_GROUP_ID] = "groupId",
        [KW_ENTITY_TRANSACTIONAL_ID] = "transactionalId",
        [KW_ENTITY_BROKER_ID] = "brokerId",
        [KW_ENTITY_PRODUCER_ID] = "producerId",
    };
    return names[entity];
}
