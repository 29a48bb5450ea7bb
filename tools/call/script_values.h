/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_SCRIPT_VALUES_H
#define TOOLS_SCRIPT_VALUES_H

/* Values of earlier answers in the requests of a script. A text "${NAME.path.in[0].answer}" becomes the value itself,
 * whatever its type; between other characters it becomes text. "$${" is "${". */

#include <jansson.h>

#include "../json/json_place.h"

/* Letters, digits, - and _. */
bool script_name_is_valid(const char *name);

/* Whether all references in a value are well formed, and name a member of `names`. */
bool script_values_check(const json_t *value, const json_t *names, const json_place *place, report *r);

/* The value with its references replaced; `answers` has an answer for each name. The caller calls json_decref(). NULL
 * with a report if an answer has no such value. */
json_t *script_values_fill(json_t *value, const json_t *answers, const json_place *place, report *r);

#endif
