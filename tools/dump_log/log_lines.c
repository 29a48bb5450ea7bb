/* SPDX-License-Identifier: Apache-2.0 */
#include "log_lines.h"

const char *timestamp_type_name(const kw_batch *batch)
{
    if (batch->magic == KW_MAGIC_V0)
        return "NoTimestampType";
    return kw_batch_has_append_time(batch) ? "LogAppendTime" : "CreateTime";
}

int32_t last_sequence(const kw_batch *batch)
{
    if (batch->base_sequence < 0 || batch->last_offset < batch->base_offset)
        return batch->base_sequence;
    return kw_sequence_add(batch->base_sequence, (int32_t)(batch->last_offset - batch->base_offset));
}
