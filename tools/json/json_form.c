/* SPDX-License-Identifier: Apache-2.0 */
#include "json_form.h"

#include <kwire/json.h>

void json_form_init(json_form *j, size_t max_memory)
{
    *j = (json_form){.max_memory = max_memory};
}

void json_form_finish(json_form *j)
{
    records_to_json_destroy(j->records);
    j->records = NULL;
}

static void put_records(void *context, const kw_json_owner *owner, kw_bytes records, kw_writer *out)
{
    json_form *j = context;
    const decoded_topic topic = {.known = false};
    (void)owner;
    if (j->records == NULL)
        j->records = records_to_json_create(j->max_memory);
    records_to_json_put(j->records, topic, records, out);
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
