/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_LAYOUT_H
#define TOOLS_LAYOUT_H

/* The layout of messages, as text or as JSON. */

#include <jansson.h>

#include <kwire/message.h>

/* Prints the layout in one version: every field in the order of the wire, with its type. */
void layout_print(const kw_message *m, int16_t version);

/* Prints the fields of all versions, each with its versions. */
void layout_print_all(const kw_message *m);

/* The same as JSON objects; NULL if memory is short. */
json_t *layout_json(const kw_message *m, int16_t version);
json_t *layout_json_all(const kw_message *m);

#endif
