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

static void describe_self(const struct call *call, kw_describe_cluster_response_broker *out)
{
    kw_describe_cluster_response_broker_init(out);
    out->broker_id = call->broker->identity.node_id;
    out->host = kw_string_of(call->endpoint->host);
    out->rack = metadata_broker_rack(call->image, out->broker_id);
    out->port = call->endpoint->port;
}

/* Other brokers of the metadata are not there: this node is alone. */
static void describe_fenced(const struct metadata_broker *broker, kw_describe_cluster_response_broker *out)
{
    kw_describe_cluster_response_broker_init(out);
    out->broker_id = broker->id;
    out->host = broker->endpoints[0].host;
    out->port = broker->endpoints[0].port;
    out->rack = broker->rack;
    out->is_fenced = true;
}

static bool list_brokers(const struct call *call, const kw_describe_cluster_request *request,
                         kw_describe_cluster_response *response)
{
    const struct metadata_parts *parts = &call->image->parts;
    size_t others = request->include_fenced_brokers ? parts->broker_count : 0;
    response->brokers.items = kw_arena_array(call->arena, others + 1, sizeof *response->brokers.items);
    if (response->brokers.items == NULL)
        return false;
    describe_self(call, &response->brokers.items[0]);
    response->brokers.len = 1;
    for (size_t i = 0; i < others; i++)
        if (parts->brokers[i].id != call->broker->identity.node_id && parts->brokers[i].endpoint_count != 0)
            describe_fenced(&parts->brokers[i], &response->brokers.items[response->brokers.len++]);
    return true;
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

    if (!list_brokers(call, request, response))
        return CALL_FAILED;
    response->cluster_id = kw_string_of(call->broker->identity.cluster_id);
    response->controller_id = call->broker->identity.node_id;
    if (request->include_cluster_authorized_operations)
        response->cluster_authorized_operations = CLUSTER_OPERATIONS;
    return CALL_ANSWERED;
}
