/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FILTER_H
#define TOOLS_FILTER_H

/* A filter for records. */

#include <stdbool.h>
#include <stdint.h>

#include <kwire/batches.h>
#include <kwire/records.h>

typedef struct filter {
    int64_t from; /* offsets, both ends included */
    int64_t to;
    int64_t since; /* ms, both ends included */
    int64_t until;
    kw_bytes key; /* if has_key */
    bool has_offsets;
    bool has_times;
    bool has_key;
} filter;

/* All records. */
void filter_init(filter *f);

static inline bool filter_is_set(const filter *f)
{
    return f->has_offsets || f->has_times || f->has_key;
}

/* Whether a batch may have matching records, by its header. */
bool filter_takes_batch(const filter *f, const kw_batch *batch);

bool filter_takes_record(const filter *f, const kw_record *record);

#endif
