/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers.h"
#include "share_state_call.h"

typedef kw_write_share_group_state_request request_type;
typedef kw_write_share_group_state_request_write_state_data request_topic;
typedef kw_write_share_group_state_request_partition_data request_partition;
typedef kw_write_share_group_state_response response_type;
typedef kw_write_share_group_state_response_write_state_result response_topic;
typedef kw_write_share_group_state_response_partition_result response_partition;

#define response_topic_init kw_write_share_group_state_response_write_state_result_init
#define response_partition_init kw_write_share_group_state_response_partition_result_init

static bool take(const struct call *call, const request_partition *from, struct share_state_item *item)
{
    item->asked.leader_epoch = from->leader_epoch;
    item->asked.state_epoch = from->state_epoch;
    item->start_offset = from->start_offset;
    item->complete_count = from->delivery_complete_count;
    item->batches.items = kw_arena_array(call->arena, (size_t)from->state_batches.len, sizeof *item->batches.items);
    if (item->batches.items == NULL)
        return false;
    for (int32_t i = 0; i < from->state_batches.len; i++) {
        const kw_write_share_group_state_request_state_batch *b = &from->state_batches.items[i];
        item->batches.items[item->batches.count++] =
            (struct share_batch){b->first_offset, b->last_offset, b->delivery_count, b->delivery_state};
    }
    return true;
}

static bool put(const struct call *call, const struct share_state_item *item, response_partition *out)
{
    (void)call;
    (void)item;
    (void)out;
    return true;
}

#include "share_state_handler.h"

enum call_outcome handle_write_share_group_state(struct call *call, const request_type *request,
                                                 response_type *response)
{
    (void)response;
    return ask_states(call, SHARE_STATE_WRITE, request);
}
