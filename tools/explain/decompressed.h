/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_DECOMPRESSED_H
#define TOOLS_DECOMPRESSED_H

/* What compressed records are decompressed to. */

#include <kwire/batches.h>

#include "explainer.h"

/* Decompresses what lies from `at` to `end` of the region, tells of it in a row called `name`, and makes the result the
 * region, until scope_leave(). False, with the problem told, if that fails. */
bool enter_decompressed(explainer *e, const kw_batch *batch, size_t at, size_t end, const char *name,
                        explain_region *out);

#endif
