/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "json_place.h"

/* Returns the length of what fits. */
static size_t put_path(const json_place *place, char to[PATH_SIZE])
{
    if (place->parent == NULL)
        return 0;
    size_t at = put_path(place->parent, to);
    size_t left = PATH_SIZE - at;
    int n = place->name != NULL ? snprintf(to + at, left, "%s%s", at != 0 ? "." : "", place->name)
                                : snprintf(to + at, left, "[%zu]", place->index);
    return n > 0 && (size_t)n < left ? at + (size_t)n : at;
}

const char *json_place_prefix(const json_place *place, char to[PATH_SIZE])
{
    size_t at = put_path(place, to);
    snprintf(to + at, PATH_SIZE - at, "%s", at != 0 ? ": " : "");
    return to;
}

const char *json_kind(const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "an integer";
    case JSON_REAL:
        return "a real number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    case JSON_NULL:
        break;
    }
    return "null";
}

bool refuse_value(report *r, const json_place *place, const char *why)
{
    char prefix[PATH_SIZE];
    return report_set(r, CODE_VALUE, 0, "%s%s", json_place_prefix(place, prefix), why);
}

bool refuse_kind(report *r, const json_place *place, const char *expected, const json_t *got)
{
    char prefix[PATH_SIZE];
    return report_set(r, CODE_VALUE, 0, "%sexpected %s, got %s", json_place_prefix(place, prefix), expected,
                      json_kind(got));
}
