/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWI_STORAGE_ORDER_H
#define KWI_STORAGE_ORDER_H

/* Topics are in the order of their bytes, as Kafka's are, and partitions of a topic in that of their numbers. */

#include <kwire/view.h>

static inline int kwi_string_order(kw_string a, kw_string b)
{
    int32_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter > 0 ? memcmp(a.data, b.data, (size_t)shorter) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static inline int kwi_partition_order(kw_string topic_a, int32_t a, kw_string topic_b, int32_t b)
{
    int order = kwi_string_order(topic_a, topic_b);
    return order != 0 ? order : (a > b) - (a < b);
}

#endif
