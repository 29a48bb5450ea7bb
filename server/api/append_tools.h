/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_APPEND_TOOLS_H
#define SERVER_API_APPEND_TOOLS_H

/* What compressed batches need while they are checked and rewritten: a codec's contexts and memory for the records. As
 * many as threads that need them at the same time; they are kept for the next one. */

#include <stdatomic.h>
#include <stddef.h>

#include <kwire/append.h>

enum { APPEND_TOOLS_KEPT = 16 };

struct append_tools {
    kw_append_tools tools;
    kw_writer scratch;
    kw_writer scratch2;
    size_t limit; /* private */
};

/* Zero bytes are an empty one. Private fields. */
struct append_tools_pool {
    _Atomic(struct append_tools *) kept[APPEND_TOOLS_KEPT];
};

/* NULL if memory is short. */
struct append_tools *append_tools_lend(struct append_tools_pool *pool);

/* `tools` may be NULL. */
void append_tools_return(struct append_tools_pool *pool, struct append_tools *tools);

/* Before each use: the records of a batch may take no more than this, decompressed. */
void append_tools_limit(struct append_tools *tools, size_t limit);

/* After each use: gives large memory back. */
void append_tools_trim(struct append_tools *tools);

void append_tools_pool_finish(struct append_tools_pool *pool);

#endif
