/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_JSON_PLACE_H
#define TOOLS_JSON_PLACE_H

/* The reader's position in a JSON value, for error messages. */

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "../command/report.h"

typedef struct json_place {
    const struct json_place *parent; /* NULL for the whole value */
    const char *name;                /* NULL for an array element */
    size_t index;
} json_place;

enum { PATH_SIZE = 512 };

/* E.g. "topics[2].name: "; "" for the whole value. Returns `to`. */
const char *json_place_prefix(const json_place *place, char to[PATH_SIZE]);

/* CODE_VALUE, at this place. Returns false. */
bool refuse_value(report *r, const json_place *place, const char *why);

/* CODE_VALUE: `expected` is e.g. "an array". Returns false. */
bool refuse_kind(report *r, const json_place *place, const char *expected, const json_t *got);

/* E.g. "a string". */
const char *json_kind(const json_t *json);

#endif
