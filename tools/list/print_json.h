/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_LIST_PRINT_JSON_H
#define TOOLS_LIST_PRINT_JSON_H

/* The JSON of the verbs that list: a value in one line, on a terminal one member a line. Members that do not apply are
 * left out. */

#include <jansson.h>

#include <kwire/message.h>

/* All of these end the command if memory is short, also if a value is NULL for that reason. */

/* Prints the value and releases it. */
void json_print(json_t *value);

/* Adds an element to an array, and releases it. */
void json_append_part(json_t *array, json_t *value);

/* Adds a member to an object, and releases the value. */
void json_put(json_t *object, const char *name, json_t *value);

/* Adds a string, unless it is NULL. */
void json_put_text(json_t *object, const char *name, const char *text);

/* Adds {"first": N, "last": M}, unless the range is empty. */
void json_put_versions(json_t *object, const char *name, kw_versions versions);

#endif
