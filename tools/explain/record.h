/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RECORD_H
#define TOOLS_RECORD_H

/* The records of a batch of magic 2. */

#include <kwire/batches.h>

#include "explainer.h"
#include "record_content.h"

/* Explains the records of batch `number` from `at` to `end` of the region, which may be that of the decompressed ones.
 * `cut`: its end is missing. */
void explain_records_v2(explainer *e, const kw_batch *batch, int number, const record_source *source, size_t at,
                        size_t end, bool cut);

#endif
