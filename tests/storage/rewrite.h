/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_STORAGE_REWRITE_H
#define TESTS_STORAGE_REWRITE_H

/* Files of the storage formats are read, and their values are written again. */

#include <kwire/arena.h>
#include <kwire/view.h>
#include <kwire/writer.h>

/* False if `file` cannot be read: `at` is the offset of the error then. The status of `w` shows whether its values
 * could be written. */
typedef bool rewriter(kw_string file, kw_arena *arena, kw_writer *w, size_t *at);

rewriter rewrite_epochs; /* also those that are not in order */
rewriter rewrite_partition;
rewriter rewrite_quorum;
rewriter rewrite_shutdown;
rewriter rewrite_producers;
rewriter rewrite_aborted;

/* The order of the partitions is kept; Kafka's is that of a hash map. */
rewriter rewrite_offsets;

/* The comment has this time, in ms. */
bool rewrite_meta(kw_string file, kw_arena *arena, kw_writer *w, size_t *at, int64_t time);

#endif
