/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CRASH_KEYS_H
#define TESTS_CRASH_KEYS_H

/* What records say. */

#include <stdbool.h>

#include "ledger.h"

/* Of a batch with the marker that ends a transaction. */
bool marker_commits(const kw_batch *batch);

/* A log that has been compacted: each key whose last record below `safe` has a value has that record, or a later one;
 * what a tombstone has ended does not come back. */
void check_keys(const struct kept_log *kept, struct partition_log *log, const struct log_snapshot *now, int64_t safe);

#endif
