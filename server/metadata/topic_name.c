/* SPDX-License-Identifier: Apache-2.0 */
#include "topic_name.h"

bool topic_name_is_valid(kw_string name)
{
    if (name.len <= 0 || name.len > TOPIC_NAME_MAX)
        return false;
    bool only_dots = true;
    for (int32_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '.' && c != '_' && c != '-')
            return false;
        only_dots = only_dots && c == '.';
    }
    return !only_dots || name.len > 2;
}

bool topic_name_is_internal(kw_string name)
{
    return kw_string_equal(name, kw_string_of("__consumer_offsets")) ||
           kw_string_equal(name, kw_string_of("__transaction_state")) ||
           kw_string_equal(name, kw_string_of("__share_group_state"));
}
