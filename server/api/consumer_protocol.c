/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer_protocol.h"

#include <strings.h>

#include "../metadata/effective_config.h"

static bool has_item(kw_string list, kw_string wanted)
{
    for (int32_t at = 0, end; at < list.len; at = end + 1) {
        for (end = at; end < list.len && list.data[end] != ',';)
            end++;
        int32_t start = at, stop = end;
        while (start < stop && (unsigned char)list.data[start] <= ' ')
            start++;
        while (stop > start && (unsigned char)list.data[stop - 1] <= ' ')
            stop--;
        if (stop - start == wanted.len && strncasecmp(list.data + start, wanted.data, (size_t)wanted.len) == 0)
            return true;
    }
    return false;
}

bool consumer_protocol_is_enabled(const struct call *call)
{
    const struct config_place place = {call->image, call->broker->config.file, call->broker->identity.node_id};
    struct config_value protocols;
    if (metadata_feature_level(call->image, kw_string_of("group.version")) < 1)
        return false;
    effective_broker_config(&place, setting_find(SETTING_BROKER, "group.coordinator.rebalance.protocols"), &protocols);
    return has_item(protocols.text, kw_string_of("consumer"));
}
