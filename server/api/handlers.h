/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_HANDLERS_H
#define SERVER_API_HANDLERS_H

/* What the broker answers: a function an API, from the typed request to the typed response. The response comes with
 * Kafka's defaults. What a handler allocates goes to the call's arena; what it takes from the image is valid until
 * the response is encoded. A status other than KW_OK means that there was no memory, and ends the connection. */

#include <kwire/arena.h>
#include <kwire/message.h>
#include <kwire/messages/api_versions_request.h>
#include <kwire/messages/api_versions_response.h>
#include <kwire/messages/describe_cluster_request.h>
#include <kwire/messages/describe_cluster_response.h>
#include <kwire/messages/describe_topic_partitions_request.h>
#include <kwire/messages/describe_topic_partitions_response.h>
#include <kwire/messages/fetch_request.h>
#include <kwire/messages/fetch_response.h>
#include <kwire/messages/list_offsets_request.h>
#include <kwire/messages/list_offsets_response.h>
#include <kwire/messages/metadata_request.h>
#include <kwire/messages/metadata_response.h>
#include <kwire/messages/produce_request.h>
#include <kwire/messages/produce_response.h>

#include "../network/responses.h"
#include "broker.h"

struct call {
    struct broker *broker;
    const struct metadata_image *image; /* that the call sees, from beginning to end */
    const struct endpoint *endpoint;    /* where this client reaches the broker */
    kw_arena *arena;
    struct responses *answers; /* of the connection; for handlers that wait, or whose records are not copied */
    int16_t version;
    bool cut_short; /* ApiVersions: the body ended too early; the request has what was read before */
};

/* Kafka's sets of operations, one bit an operation, that a client may do where nothing is forbidden. */
enum { TOPIC_OPERATIONS = 0x0df8, CLUSTER_OPERATIONS = 0x1fa0 };

kw_status handle_api_versions(const struct call *call, const kw_api_versions_request *request,
                              kw_api_versions_response *response);
kw_status handle_describe_cluster(const struct call *call, const kw_describe_cluster_request *request,
                                  kw_describe_cluster_response *response);
kw_status handle_describe_topic_partitions(const struct call *call, const kw_describe_topic_partitions_request *request,
                                           kw_describe_topic_partitions_response *response);
kw_status handle_fetch(const struct call *call, const kw_fetch_request *request, kw_fetch_response *response);
kw_status handle_list_offsets(const struct call *call, const kw_list_offsets_request *request,
                              kw_list_offsets_response *response);
kw_status handle_metadata(const struct call *call, const kw_metadata_request *request, kw_metadata_response *response);
kw_status handle_produce(const struct call *call, const kw_produce_request *request, kw_produce_response *response);

/* The answer to a version of ApiVersions that is not served, to be encoded in version 0. */
kw_status refuse_api_versions(const struct call *call, kw_api_versions_response *response);

#endif
