/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FIELDS_H
#define TOOLS_FIELDS_H

/* Fields that no schema describes, one after another:
 *
 *     fields f = fields_between(e, at, end, depth);
 *     int32_t n = kw_read_varint(&f.in);
 *     if (!fields_tell(&f, "length", "VARINT", value_integer(n)))
 *         return;
 */

#include "explainer.h"

typedef struct fields {
    explainer *e;
    kw_reader in; /* its offsets are those of the region */
    size_t told;  /* where the field begins that is told next */
    size_t end;   /* of them all */
    unsigned depth;
} fields;

fields fields_between(explainer *e, size_t at, size_t end, unsigned depth);

/* Tells of what was read since the last call; the meaning may have been noted. If it could not be read the problem is
 * told, up to the end of the fields, and the result is false. */
bool fields_tell(fields *f, const char *name, const char *type, explain_value v);

/* Something is wrong with what was read since the last call, at its beginning. The reason may have been noted. Returns
 * false. */
bool fields_refuse(fields *f, const char *name, const char *type, kw_status status);

#endif
