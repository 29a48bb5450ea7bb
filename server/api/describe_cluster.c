/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers.h"

#include <stdio.h>

#include <kwire/error.h>

enum { BROKERS = 1, CONTROLLERS = 2 }; /* types of endpoints */

static enum call_outcome refuse(const struct call *call, int8_t endpoint_type, kw_describe_cluster_response *response)
{
    enum { TEXT_SIZE = 48 };
    char *text = kw_arena_alloc(call->arena, TEXT_SIZE);
    if (text == NULL)
        return CALL_FAILED;
    (void)snprintf(text, TEXT_SIZE, "Unsupported endpoint type %d", endpoint_type);
    response->error_code = KW_ERROR_UNSUPPORTED_ENDPOINT_TYPE;
    response->error_message = kw_string_of(text);
    return CALL_ANSWERED;
}

enum call_outcome handle_describe_cluster(struct call *call, const kw_describe_cluster_request *request,
                                          kw_describe_cluster_response *response)
{
    if (request->endpoint_type == CONTROLLERS) {
        response->error_code = KW_ERROR_MISMATCHED_ENDPOINT_TYPE;
        response->error_message = kw_string_of("controllers were asked for, but this is an endpoint of brokers");
        return CALL_ANSWERED;
    }
    if (request->endpoint_type != BROKERS)
        return refuse(call, request->endpoint_type, response);

    kw_describe_cluster_response_broker *self = kw_arena_alloc(call->arena, sizeof *self);
    if (self == NULL)
        return CALL_FAILED;
    kw_describe_cluster_response_broker_init(self);
    self->broker_id = call->broker->identity.node_id;
    self->host = kw_string_of(call->endpoint->host);
    self->rack = metadata_broker_rack(call->image, self->broker_id);
    self->port = call->endpoint->port;
    response->brokers.items = self;
    response->brokers.len = 1;
    response->cluster_id = kw_string_of(call->broker->identity.cluster_id);
    response->controller_id = call->broker->identity.node_id;
    if (request->include_cluster_authorized_operations)
        response->cluster_authorized_operations = CLUSTER_OPERATIONS;
    return CALL_ANSWERED;
}
