/* SPDX-License-Identifier: Apache-2.0 */
#include "filter.h"

void filter_init(filter *f)
{
    *f = (filter){.from = INT64_MIN, .to = INT64_MAX, .since = INT64_MIN, .until = INT64_MAX, .key = {NULL, -1}};
}

/* A compressed message has no first offset, and one of magic 0 no timestamp. */
bool filter_takes_batch(const filter *f, const kw_batch *batch)
{
    bool first_is_known = batch->count != KW_COUNT_UNKNOWN;
    if (f->has_offsets && (batch->last_offset < f->from || (first_is_known && batch->base_offset > f->to)))
        return false;
    return !f->has_times || batch->max_timestamp >= f->since;
}

bool filter_takes_record(const filter *f, const kw_record *record)
{
    if (f->has_offsets && (record->offset < f->from || record->offset > f->to))
        return false;
    if (f->has_times && (record->timestamp < f->since || record->timestamp > f->until))
        return false;
    return !f->has_key || kw_bytes_equal(record->key, f->key);
}
