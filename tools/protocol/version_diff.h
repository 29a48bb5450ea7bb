/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_VERSION_DIFF_H
#define TOOLS_VERSION_DIFF_H

/* What differs between two versions of a message. That all lengths are compact in one of them, as it is flexible, is
 * not a difference of its fields. */

#include "field_place.h"
#include "field_text.h"

typedef enum field_change { FIELD_REMOVED, FIELD_ADDED, FIELD_CHANGED } field_change;

/* Called for each field that only one version has, those within it included, or whose form differs; in the order of the
 * schema. `before` and `after` are NULL where the field is absent. */
typedef void (*field_change_visitor)(void *context, field_change change, const field_place *place,
                                     const field_form *before, const field_form *after);

void version_diff(const kw_message *m, int16_t from, int16_t to, field_change_visitor visitor, void *context);

#endif
