/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_JSON_FORM_H
#define TOOLS_JSON_FORM_H

/* Messages as JSON text as all verbs print them: kw_message_json() with record batches in JSON. */

#include <kwire/message.h>

#include "records_to_json.h"

typedef struct json_form {
    /* The caller may set these. */
    bool unknown_tags; /* show them */
    bool raw_records;  /* base64, as Kafka's converters */
    /* The name of the topic with this id; null if it is not known. NULL: no ids are known. Records of Kafka's own
     * topics are decoded. */
    kw_string (*topic_name)(const void *context, kw_uuid id);
    const void *context; /* of `topic_name` */
    size_t max_memory;
    records_to_json *records; /* NULL before the first records */
} json_form;

void json_form_init(json_form *j, size_t max_memory);
void json_form_finish(json_form *j);

/* Appends a message. *unknown_tags, unless NULL, becomes the number of tagged fields that the schema does not know. */
kw_status json_form_put(json_form *j, const kw_message *m, int16_t version, const void *value, size_t *unknown_tags,
                        kw_writer *out);

#endif
