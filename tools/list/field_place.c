/* SPDX-License-Identifier: Apache-2.0 */
#include "field_place.h"

#include <stdio.h>
#include <string.h>

kw_versions field_place_versions(const field_place *place)
{
    kw_versions own = place->field->versions;
    if (place->owner == NULL)
        return own;
    kw_versions around = field_place_versions(place->owner);
    return (kw_versions){own.first > around.first ? own.first : around.first,
                         own.last < around.last ? own.last : around.last};
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
