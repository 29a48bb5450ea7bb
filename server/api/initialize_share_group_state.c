/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers.h"
#include "share_state_call.h"

typedef kw_initialize_share_group_state_request request_type;
typedef kw_initialize_share_group_state_request_initialize_state_data request_topic;
typedef kw_initialize_share_group_state_request_partition_data request_partition;
typedef kw_initialize_share_group_state_response response_type;
typedef kw_initialize_share_group_state_response_initialize_state_result response_topic;
typedef kw_initialize_share_group_state_response_partition_result response_partition;

#define response_topic_init kw_initialize_share_group_state_response_initialize_state_result_init
#define response_partition_init kw_initialize_share_group_state_response_partition_result_init

static bool take(const struct call *call, const request_partition *from, struct share_state_item *item)
{
    (void)call;
    item->asked.state_epoch = from->state_epoch;
    item->start_offset = from->start_offset;
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

enum call_outcome handle_initialize_share_group_state(struct call *call, const request_type *request,
                                                      response_type *response)
{
    (void)response;
    return ask_states(call, SHARE_STATE_INITIALIZE, request);
}
