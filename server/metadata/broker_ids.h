/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_BROKER_IDS_H
#define SERVER_METADATA_BROKER_IDS_H

/* Lists of brokers: replicas, ISR, ELR. Null ones are empty. */

#include <stdbool.h>
#include <stdint.h>

#include <kwire/view.h>

static inline bool broker_ids_have(kw_int32_array ids, int32_t id)
{
    for (int32_t i = 0; i < ids.len; i++)
        if (ids.items[i] == id)
            return true;
    return false;
}

/* The same brokers in the same order. */
static inline bool broker_ids_equal(kw_int32_array a, kw_int32_array b)
{
    int32_t x = a.len > 0 ? a.len : 0, y = b.len > 0 ? b.len : 0;
    for (int32_t i = 0; x == y && i < x; i++)
        if (a.items[i] != b.items[i])
            return false;
    return x == y;
}

#endif
