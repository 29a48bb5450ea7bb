/* SPDX-License-Identifier: Apache-2.0 */
#include "../coordinator/group/consumer/consumer_describe.h"
#include "consumer_protocol.h"
#include "handlers.h"

typedef kw_consumer_group_describe_request request_type;
typedef kw_consumer_group_describe_response response_type;
typedef kw_consumer_group_describe_response_described_group described_group;

#define described_group_init kw_consumer_group_describe_response_described_group_init
#define describe_group consumer_describe
#define is_enabled consumer_protocol_is_enabled

#include "describe_modern_groups.h"

enum call_outcome handle_consumer_group_describe(struct call *call, const request_type *request,
                                                 response_type *response)
{
    (void)response;
    return describe_groups(call, request);
}
