/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tables.h"

const kw_message *kw_message_find(int16_t api_key, kw_message_kind type)
{
    if (api_key < 0 || (size_t)api_key >= kwi_api_key_count)
        return NULL;
    if (type == KW_MESSAGE_REQUEST)
        return kwi_requests[api_key];
    return type == KW_MESSAGE_RESPONSE ? kwi_responses[api_key] : NULL;
}

static int compare(kw_string name, const char *with)
{
    size_t len = strlen(with);
    size_t common = (size_t)name.len < len ? (size_t)name.len : len;
    int order = common != 0 ? memcmp(name.data, with, common) : 0;
    return order != 0 ? order : ((size_t)name.len > len) - ((size_t)name.len < len);
}

const kw_message *kw_message_by_name(kw_string name)
{
    size_t low = 0;
    size_t high = name.len > 0 ? kwi_message_count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(name, kwi_messages[middle]->name);
        if (order == 0)
            return kwi_messages[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

size_t kw_message_count(void)
{
    return kwi_message_count;
}

const kw_message *kw_message_at(size_t index)
{
    return index < kwi_message_count ? kwi_messages[index] : NULL;
}
