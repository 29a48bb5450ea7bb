/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/persisted.h>

/* In the order of kw_internal_topic. */
static const char *const names[] = {"__cluster_metadata", "__remote_log_metadata", "__consumer_offsets",
                                    "__transaction_state", "__share_group_state"};

const char *kw_internal_topic_name(kw_internal_topic topic)
{
    size_t index = (size_t)topic;
    return index < sizeof names / sizeof names[0] ? names[index] : NULL;
}

bool kw_internal_topic_find(kw_string name, kw_internal_topic *out)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (name.len == (int32_t)strlen(names[i]) && memcmp(name.data, names[i], (size_t)name.len) == 0) {
            *out = (kw_internal_topic)i;
            return true;
        }
    }
    return false;
}
