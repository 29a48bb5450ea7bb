/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers.h"
#include "share_state_call.h"

typedef kw_read_share_group_state_request request_type;
typedef kw_read_share_group_state_request_read_state_data request_topic;
typedef kw_read_share_group_state_request_partition_data request_partition;
typedef kw_read_share_group_state_response response_type;
typedef kw_read_share_group_state_response_read_state_result response_topic;
typedef kw_read_share_group_state_response_partition_result response_partition;

#define response_topic_init kw_read_share_group_state_response_read_state_result_init
#define response_partition_init kw_read_share_group_state_response_partition_result_init

static bool take(const struct call *call, const request_partition *from, struct share_state_item *item)
{
    (void)call;
    item->asked.leader_epoch = from->leader_epoch;
    return true;
}

static bool put(const struct call *call, const struct share_state_item *item, response_partition *out)
{
    out->state_epoch = item->asked.state_epoch;
    out->start_offset = item->start_offset;
    out->state_batches.items = kw_arena_array(call->arena, item->batches.count, sizeof *out->state_batches.items);
    if (out->state_batches.items == NULL)
        return false;
    for (size_t i = 0; i < item->batches.count; i++) {
        kw_read_share_group_state_response_state_batch *b = &out->state_batches.items[out->state_batches.len++];
        kw_read_share_group_state_response_state_batch_init(b);
        b->first_offset = item->batches.items[i].first;
        b->last_offset = item->batches.items[i].last;
        b->delivery_state = item->batches.items[i].state;
        b->delivery_count = item->batches.items[i].count;
    }
    return true;
}

#include "share_state_handler.h"

enum call_outcome handle_read_share_group_state(struct call *call, const request_type *request, response_type *response)
{
    (void)response;
    return ask_states(call, SHARE_STATE_READ, request);
}
