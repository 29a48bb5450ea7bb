/* SPDX-License-Identifier: Apache-2.0 */
#include "message_json.h"

#include <kwire/json.h>

void message_json_init(message_json *j, size_t max_memory)
{
    *j = (message_json){.max_memory = max_memory};
}

void message_json_finish(message_json *j)
{
    records_to_json_destroy(j->records);
    j->records = NULL;
}

static void put_records(void *context, const kw_json_owner *owner, kw_bytes records, kw_writer *out)
{
    message_json *j = context;
    const decoded_topic topic = {.known = false};
    (void)owner;
    if (j->records == NULL)
        j->records = records_to_json_create(j->max_memory);
    records_to_json_put(j->records, topic, records, out);
}

kw_status message_json_put(message_json *j, const kw_message *m, int16_t version, const void *value,
                           size_t *unknown_tags, kw_writer *out)
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
