/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_BATCHES_H
#define TOOLS_BATCHES_H

/* Record batches with their records. */

#include "explainer.h"

/* Explains the batches from `at` to `end` of the region, below the path that was shown last and deeper than `depth`.
 * The topic, null if not known, determines how records are decoded. The last batch may be cut, as in Fetch. */
void explain_batches(explainer *e, unsigned depth, size_t at, size_t end, kw_string topic);

#endif
