/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers.h"
#include "share_state_call.h"

typedef kw_read_share_group_state_summary_request request_type;
typedef kw_read_share_group_state_summary_request_read_state_summary_data request_topic;
typedef kw_read_share_group_state_summary_request_partition_data request_partition;
typedef kw_read_share_group_state_summary_response response_type;
typedef kw_read_share_group_state_summary_response_read_state_summary_result response_topic;
typedef kw_read_share_group_state_summary_response_partition_result response_partition;

#define response_topic_init kw_read_share_group_state_summary_response_read_state_summary_result_init
#define response_partition_init kw_read_share_group_state_summary_response_partition_result_init

static bool take(const struct call *call, const request_partition *from, struct share_state_item *item)
{
    (void)call;
    (void)from;
    (void)item;
    return true;
}

static bool put(const struct call *call, const struct share_state_item *item, response_partition *out)
{
    (void)call;
    out->state_epoch = item->asked.state_epoch;
    out->leader_epoch = item->asked.leader_epoch;
    out->start_offset = item->start_offset;
    out->delivery_complete_count = item->complete_count;
    return true;
}

#include "share_state_handler.h"

enum call_outcome handle_read_share_group_state_summary(struct call *call, const request_type *request,
                                                        response_type *response)
{
    (void)response;
    return ask_states(call, SHARE_STATE_SUMMARY, request);
}
