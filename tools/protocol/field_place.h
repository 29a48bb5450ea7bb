/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FIELD_PLACE_H
#define TOOLS_FIELD_PLACE_H

/* A field and the fields around it. The same struct may be at several places of a message. */

#include <kwire/message.h>

typedef struct field_place {
    const struct field_place *owner; /* NULL: the message itself */
    const kw_field *field;
} field_place;

/* The part of the field's range, such as its versions, in which it is here: a struct that several fields share may have
 * it in more versions. */
kw_versions field_place_range(const field_place *place, kw_versions range);

/* That part of its versions. */
kw_versions field_place_versions(const field_place *place);

enum { FIELD_PATH_SIZE = 512 };

/* "topics[].partitions[].leaderId"; longer paths are cut. Returns `to`. */
const char *field_place_path(const field_place *place, char to[FIELD_PATH_SIZE]);

#endif
