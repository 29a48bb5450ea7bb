/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_AROUND_H
#define TOOLS_AROUND_H

/* Fields that were read before a field, in its enclosing structs. Views are of the input. */

#include <kwire/walk.h>

/* The string or UUID of this name in the nearest enclosing struct that has such a field; null or all zero if none
 * has. */
kw_string around_text(const kw_step *step, const char *name);
kw_uuid around_uuid(const kw_step *step, const char *name);

/* The same in a struct itself. */
kw_string inside_text(const kw_step *owner, const char *name);
kw_uuid inside_uuid(const kw_step *owner, const char *name);

#endif
