/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_MESSAGE_JSON_H
#define TOOLS_MESSAGE_JSON_H

/* The members of messages, versions and fields that the JSON of several verbs has. */

#include <jansson.h>

#include <kwire/message.h>

#include "../protocol/field_text.h"

/* {"message": NAME, "kind": KIND}, and "api" and "apiKey" of a request or response, or "recordType" of a record. */
json_t *message_json(const kw_message *m);

/* Adds "version", "flexible", and if it has them "header" and the releases of the version. */
void message_json_put_version(json_t *to, const kw_message *m, int16_t version);

/* Adds "firstRelease", unless the version is not stable yet, and "lastRelease", unless the newest release has it. */
void json_put_releases(json_t *to, kw_release releases);

/* Adds "type", "of" for an array, "nullable", and "tag" if it is tagged. */
void json_put_form(json_t *to, const field_form *form);

/* Adds "default", unless it is zero, empty or false. */
void json_put_default(json_t *to, const kw_field *f);

/* "topicName" and so on; NULL for KW_ENTITY_NONE. Static storage. */
const char *entity_name(kw_entity entity);

#endif
