/* SPDX-License-Identifier: Apache-2.0 */
#include "field_place.h"

#include <stdio.h>
#include <string.h>

kw_versions field_place_range(const field_place *place, kw_versions range)
{
    for (const field_place *around = place->owner; around != NULL; around = around->owner) {
        kw_versions limit = around->field->versions;
        range.first = range.first > limit.first ? range.first : limit.first;
        range.last = range.last < limit.last ? range.last : limit.last;
    }
    return range;
}

kw_versions field_place_versions(const field_place *place)
{
    return field_place_range(place, place->field->versions);
}

const char *field_place_path(const field_place *place, char to[FIELD_PATH_SIZE])
{
    to[0] = '\0';
    if (place->owner != NULL) {
        field_place_path(place->owner, to);
        size_t size = strlen(to);
        bool array = (place->owner->field->flags & KW_FIELD_ARRAY) != 0;
        snprintf(to + size, FIELD_PATH_SIZE - size, array ? "[]." : ".");
    }
    size_t size = strlen(to);
    snprintf(to + size, FIELD_PATH_SIZE - size, "%s", place->field->name);
    return to;
}
