/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/topic_name.h>

#include <kwire/persisted.h>

static bool is_allowed(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
           c == '-';
}

bool kw_topic_name_is_valid(kw_string name)
{
    if (name.len < 1 || name.len > KW_TOPIC_NAME_MAX)
        return false;
    if (name.data[0] == '.' && (name.len == 1 || (name.len == 2 && name.data[1] == '.')))
        return false;
    for (int32_t i = 0; i < name.len; i++)
        if (!is_allowed(name.data[i]))
            return false;
    return true;
}

bool kw_topic_name_is_internal(kw_string name)
{
    kw_internal_topic topic;
    return name.len > 0 && kw_internal_topic_find(name, &topic) && topic != KW_INTERNAL_TOPIC_CLUSTER_METADATA &&
           topic != KW_INTERNAL_TOPIC_REMOTE_LOG_METADATA;
}

int kw_partition_compare(kw_string topic_a, int32_t a, kw_string topic_b, int32_t b)
{
    int order = kw_string_compare(topic_a, topic_b);
    return order != 0 ? order : (a > b) - (a < b);
}
