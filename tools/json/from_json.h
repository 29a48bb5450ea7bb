/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FROM_JSON_H
#define TOOLS_FROM_JSON_H

/* The JSON of a message as its C struct. The rules are those of Kafka's converters, but where these would lose data:
 * kwire refuses keys that no version of the message has, and integers that do not fit. */

#include <stdbool.h>

#include <jansson.h>

#include <kwire/message.h>

#include "../command/report.h"

/* Fields of the version that are not in the JSON: refused, as Kafka's converters do, but for tagged ones; or set to
 * Kafka's defaults. */
typedef enum json_missing { JSON_MISSING_REFUSED, JSON_MISSING_DEFAULT } json_missing;

/* The struct is in the arena, *out. Its strings are views of `json`, which must outlive it. On a mistake returns false,
 * with CODE_VALUE and the field's path in the report, or with the arena's status. */
bool message_from_json(const kw_message *m, int16_t version, json_t *json, json_missing missing, kw_arena *arena,
                       void **out, report *r);

#endif
