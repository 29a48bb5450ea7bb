/* SPDX-License-Identifier: Apache-2.0 */
#include "json_form.h"

#include <kwire/json.h>
#include <kwire/persisted.h>

#include "../command/message.h"

void json_form_init(json_form *j, size_t max_memory)
{
    *j = (json_form){.max_memory = max_memory};
}

void json_form_finish(json_form *j)
{
    records_to_json_destroy(j->records);
    j->records = NULL;
}

/* A topic's name in a struct, by itself or by its id; null if it has none. */
static kw_string name_in(const json_form *j, const kw_json_owner *owner)
{
    static const char *const names[] = {"topic", "name"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const kw_string *name = struct_field(owner->type, owner->value, names[i], KW_KIND_STRING);
        if (name != NULL && name->len > 0)
            return *name;
    }
    const kw_uuid *id = struct_field(owner->type, owner->value, "topicId", KW_KIND_UUID);
    return id != NULL && j->topic_name != NULL ? j->topic_name(j->context, *id) : kw_string_of(NULL);
}

/* The topic of records, from the nearest struct around them that names one. */
static decoded_topic topic_around(const json_form *j, const kw_json_owner *owner)
{
    decoded_topic topic = {.known = false};
    kw_string name = kw_string_of(NULL);
    for (; owner != NULL && name.len <= 0; owner = owner->parent)
        name = name_in(j, owner);
    if (name.len > 0)
        topic.known = kw_internal_topic_find(name, &topic.topic);
    return topic;
}

static void put_records(void *context, const kw_json_owner *owner, kw_bytes records, kw_writer *out)
{
    json_form *j = context;
    if (j->records == NULL)
        j->records = records_to_json_create(j->max_memory);
    records_to_json_put(j->records, topic_around(j, owner), records, out);
}

kw_status json_form_put(json_form *j, const kw_message *m, int16_t version, const void *value, size_t *unknown_tags,
                        kw_writer *out)
{
    kw_json_options options = {
        .flags = j->unknown_tags ? KW_JSON_UNKNOWN_TAGS : 0,
        .records = j->raw_records ? NULL : put_records,
        .context = j,
    };
    kw_status status = kw_message_json_with(m, version, value, &options, out);
    if (unknown_tags != NULL)
        *unknown_tags = options.unknown_tags;
    return status;
}
