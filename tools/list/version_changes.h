/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_VERSION_CHANGES_H
#define TOOLS_VERSION_CHANGES_H

/* What differs between versions of a message, as text or as JSON. */

#include <jansson.h>

#include <kwire/message.h>

/* Prints what differs between two versions. */
void version_diff_print(const kw_message *m, int16_t from, int16_t to);

/* Prints, for each version after the first, what differs from the one before it. */
void version_history_print(const kw_message *m);

/* The same as a JSON object, and an array of them. */
json_t *version_diff_json(const kw_message *m, int16_t from, int16_t to);
json_t *version_history_json(const kw_message *m);

#endif
