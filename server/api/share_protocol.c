/* SPDX-License-Identifier: Apache-2.0 */
#include "share_protocol.h"

enum { LONGEST_MEMBER_ID = 36 };

bool share_protocol_is_enabled(const struct call *call)
{
    return metadata_feature_level(call->image, kw_string_of("share.version")) >= 1;
}

bool share_member_id_is_valid(kw_string id)
{
    return id.len > 0 && id.len <= LONGEST_MEMBER_ID;
}
