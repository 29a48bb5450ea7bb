/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_DECOMPRESSED_H
#define TOOLS_DECOMPRESSED_H

/* The decompressed content of records. */

#include <kwire/batches.h>

#include "explainer.h"

/* Decompresses `at` to `end` of the region, shows a row `name` for it, and makes the result the region until
 * scope_leave(). False, with the problem shown, if that fails. */
bool enter_decompressed(explainer *e, const kw_batch *batch, size_t at, size_t end, const char *name,
                        explain_region *out);

#endif
