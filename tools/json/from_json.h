/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FROM_JSON_H
#define TOOLS_FROM_JSON_H

/* Reads JSON into the C struct of a message. The rules are those of Kafka's converters, except where these lose data:
 * kwire refuses keys that no version of the message has, and integers that do not fit. */

#include <stdbool.h>

#include <jansson.h>

#include <kwire/message.h>

#include "../command/report.h"

/* Fields of the version that are not in the JSON: refused, as by Kafka's converters, unless they are tagged; or set to
 * Kafka's defaults. */
typedef enum json_missing { JSON_MISSING_REFUSED, JSON_MISSING_DEFAULT } json_missing;

/* The struct *out is in the arena. Its strings are views of `json`, which must outlive it. On an error returns false,
 * with CODE_VALUE and the field's path in the report, or with the arena's status. */
bool message_from_json(const kw_message *m, int16_t version, json_t *json, json_missing missing, kw_arena *arena,
                       void **out, report *r);

#endif
