/* SPDX-License-Identifier: Apache-2.0 */
#include "record_types.h"

static int order_of(const kw_record_type *record, kw_internal_topic topic, int16_t type)
{
    if (record->topic != topic)
        return record->topic < topic ? -1 : 1;
    return (record->type > type) - (record->type < type);
}

const kw_record_type *kw_record_type_find(kw_internal_topic topic, int16_t type)
{
    size_t low = 0;
    size_t high = kwi_record_type_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = order_of(&kwi_record_types[middle], topic, type);
        if (order == 0)
            return &kwi_record_types[middle];
        if (order > 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

size_t kw_record_type_count(void)
{
    return kwi_record_type_count;
}

const kw_record_type *kw_record_type_at(size_t index)
{
    return index < kwi_record_type_count ? &kwi_record_types[index] : NULL;
}
