/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_JSON_SCALAR_H
#define TOOLS_JSON_SCALAR_H

/* Values of primitive kinds: their size in C, and how to read them from JSON. */

#include <kwire/message.h>

#include "json_place.h"

/* Stores at `value`. Not for KW_KIND_STRUCT. Strings are views of `json`. */
bool scalar_from_json(const kw_field *field, const json_t *json, void *value, kw_arena *arena, const json_place *place,
                      report *r);

/* NULL with a report if the arena is full. */
void *arena_items(kw_arena *arena, size_t count, size_t size, const json_place *place, report *r);

#endif
