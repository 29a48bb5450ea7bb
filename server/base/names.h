/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_BASE_NAMES_H
#define SERVER_BASE_NAMES_H

/* Names in the order of their bytes; for topic names that Kafka allows this is Kafka's order too. */

#include <kwire/view.h>

/* Below, at or above zero. Null is as empty. */
static inline int name_compare(kw_string a, kw_string b)
{
    int32_t common = a.len < b.len ? a.len : b.len;
    int order = common > 0 ? memcmp(a.data, b.data, (size_t)common) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static inline int uuid_compare(kw_uuid a, kw_uuid b)
{
    return memcmp(a.bytes, b.bytes, sizeof a.bytes);
}

#endif
