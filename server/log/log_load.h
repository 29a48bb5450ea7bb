/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_LOG_LOAD_H
#define SERVER_LOG_LOG_LOAD_H

/* How contents are made; for the files of this folder that load them. */

#include "log_contents.h"

/* Memory of what was loaded, counted. */
struct loaded_memory {
    atomic_size_t references;
    kw_arena arena;
};

/* Without anything in it, and with at most `limit` bytes of memory for what is loaded. */
struct log_contents *log_contents_create(size_t limit);

/* Its segments become those of the contents. */
void log_contents_take_segments(struct log_contents *contents, struct segment_list *list);

struct segment_list *segment_list_create(size_t capacity);
void segment_list_release(struct segment_list *list);

#endif
