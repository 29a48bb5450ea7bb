/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FIELDS_H
#define TOOLS_FIELDS_H

/* Fields outside the schema, one after another:
 *
 *     fields f = fields_between(e, at, end, depth);
 *     int32_t n = kw_read_varint(&f.in);
 *     if (!fields_show(&f, "length", "VARINT", value_integer(n)))
 *         return;
 */

#include "explainer.h"

typedef struct fields {
    explainer *e;
    kw_reader in; /* its offsets are relative to the region */
    size_t shown; /* start of the next field to show */
    size_t end;   /* of all */
    unsigned depth;
} fields;

fields fields_between(explainer *e, size_t at, size_t end, unsigned depth);

/* Shows what was read since the last call; the meaning may have been noted. If it could not be read this shows the
 * problem, up to the end of the fields, and returns false. */
bool fields_show(fields *f, const char *name, const char *type, explain_value v);

/* Shows an error at the start of what was read since the last call. The reason may have been noted. Returns false. */
bool fields_refuse(fields *f, const char *name, const char *type, kw_status status);

#endif
