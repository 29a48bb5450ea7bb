/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_BATCHES_H
#define TOOLS_BATCHES_H

/* Record batches, down to the records. */

#include "explainer.h"

/* Explains the batches from `at` to `end` of the region, below the path that was told last and deeper than `depth`. The
 * topic decides what the records say; null if it is not known. The last batch may be cut, as Fetch does. */
void explain_batches(explainer *e, unsigned depth, size_t at, size_t end, kw_string topic);

#endif
