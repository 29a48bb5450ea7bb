/* SPDX-License-Identifier: Apache-2.0 */
#include "dispatch.h"

#include <stdio.h>
#include <string.h>

#include <kwire/api_keys.h>
#include <kwire/frame.h>

#include "fault.h"
#include "handlers.h"
#include "share_leave.h"

/* KEY, the name in C, first and last version; ascending by key. */
#define SERVED(X)                                                           \
    X(PRODUCE, produce, 0, 13)                                              \
    X(FETCH, fetch, 0, 18)                                                  \
    X(LIST_OFFSETS, list_offsets, 0, 11)                                    \
    X(METADATA, metadata, 0, 13)                                            \
    X(OFFSET_COMMIT, offset_commit, 0, 10)                                  \
    X(OFFSET_FETCH, offset_fetch, 0, 10)                                    \
    X(FIND_COORDINATOR, find_coordinator, 0, 6)                             \
    X(JOIN_GROUP, join_group, 0, 9)                                         \
    X(HEARTBEAT, heartbeat, 0, 4)                                           \
    X(LEAVE_GROUP, leave_group, 0, 5)                                       \
    X(SYNC_GROUP, sync_group, 0, 5)                                         \
    X(DESCRIBE_GROUPS, describe_groups, 0, 6)                               \
    X(LIST_GROUPS, list_groups, 0, 5)                                       \
    X(API_VERSIONS, api_versions, 0, 5)                                     \
    X(CREATE_TOPICS, create_topics, 0, 7)                                   \
    X(DELETE_TOPICS, delete_topics, 0, 6)                                   \
    X(DELETE_RECORDS, delete_records, 0, 2)                                 \
    X(INIT_PRODUCER_ID, init_producer_id, 0, 5)                             \
    X(OFFSET_FOR_LEADER_EPOCH, offset_for_leader_epoch, 0, 4)               \
    X(ADD_PARTITIONS_TO_TXN, add_partitions_to_txn, 0, 5)                   \
    X(ADD_OFFSETS_TO_TXN, add_offsets_to_txn, 0, 4)                         \
    X(END_TXN, end_txn, 0, 5)                                               \
    X(WRITE_TXN_MARKERS, write_txn_markers, 0, 2)                           \
    X(TXN_OFFSET_COMMIT, txn_offset_commit, 0, 6)                           \
    X(DESCRIBE_CONFIGS, describe_configs, 0, 4)                             \
    X(ALTER_CONFIGS, alter_configs, 0, 2)                                   \
    X(DESCRIBE_LOG_DIRS, describe_log_dirs, 0, 5)                           \
    X(CREATE_PARTITIONS, create_partitions, 0, 3)                           \
    X(DELETE_GROUPS, delete_groups, 0, 3)                                   \
    X(ELECT_LEADERS, elect_leaders, 0, 2)                                   \
    X(INCREMENTAL_ALTER_CONFIGS, incremental_alter_configs, 0, 1)           \
    X(ALTER_PARTITION_REASSIGNMENTS, alter_partition_reassignments, 0, 1)   \
    X(LIST_PARTITION_REASSIGNMENTS, list_partition_reassignments, 0, 0)     \
    X(OFFSET_DELETE, offset_delete, 0, 0)                                   \
    X(DESCRIBE_QUORUM, describe_quorum, 0, 2)                               \
    X(UPDATE_FEATURES, update_features, 0, 2)                               \
    X(DESCRIBE_CLUSTER, describe_cluster, 0, 2)                             \
    X(DESCRIBE_PRODUCERS, describe_producers, 0, 0)                         \
    X(DESCRIBE_TRANSACTIONS, describe_transactions, 0, 0)                   \
    X(LIST_TRANSACTIONS, list_transactions, 0, 2)                           \
    X(CONSUMER_GROUP_HEARTBEAT, consumer_group_heartbeat, 0, 1)             \
    X(CONSUMER_GROUP_DESCRIBE, consumer_group_describe, 0, 1)               \
    X(LIST_CONFIG_RESOURCES, list_config_resources, 0, 1)                   \
    X(DESCRIBE_TOPIC_PARTITIONS, describe_topic_partitions, 0, 0)           \
    X(SHARE_GROUP_HEARTBEAT, share_group_heartbeat, 1, 1)                   \
    X(SHARE_GROUP_DESCRIBE, share_group_describe, 1, 1)                     \
    X(SHARE_FETCH, share_fetch, 1, 2)                                       \
    X(SHARE_ACKNOWLEDGE, share_acknowledge, 1, 2)                           \
    X(INITIALIZE_SHARE_GROUP_STATE, initialize_share_group_state, 0, 0)     \
    X(READ_SHARE_GROUP_STATE, read_share_group_state, 0, 0)                 \
    X(WRITE_SHARE_GROUP_STATE, write_share_group_state, 0, 1)               \
    X(DELETE_SHARE_GROUP_STATE, delete_share_group_state, 0, 0)             \
    X(READ_SHARE_GROUP_STATE_SUMMARY, read_share_group_state_summary, 0, 1) \
    X(DESCRIBE_SHARE_GROUP_OFFSETS, describe_share_group_offsets, 0, 1)     \
    X(ALTER_SHARE_GROUP_OFFSETS, alter_share_group_offsets, 0, 0)           \
    X(DELETE_SHARE_GROUP_OFFSETS, delete_share_group_offsets, 0, 0)

/* The handlers take their own types, the table has one; these stand between. */
#define ADAPTER(KEY, name, first, last)                            \
    static enum call_outcome call_##name(struct call *call)        \
    {                                                              \
        return handle_##name(call, call->request, call->response); \
    }
SERVED(ADAPTER)
#undef ADAPTER

#define ROW(KEY, name, first, last) \
    {KW_KEY_##KEY, {first, last}, &kw_##name##_request_message, &kw_##name##_response_message, call_##name},
static const struct api apis[] = {SERVED(ROW)};
#undef ROW
#undef SERVED

const struct api *served_apis(size_t *count)
{
    *count = sizeof apis / sizeof apis[0];
    return apis;
}

const struct api *served_api(int16_t key)
{
    for (size_t i = 0; i < sizeof apis / sizeof apis[0]; i++)
        if (apis[i].key == key)
            return &apis[i];
    return NULL;
}

static enum exchange_outcome refuse(struct exchange *exchange, const kw_request *request, const char *problem)
{
    fault_describe(exchange, request->api_key, request->api_version, request->correlation_id, problem);
    return EXCHANGE_CLOSE;
}

static enum exchange_outcome refuse_version(struct exchange *exchange, const kw_request *request, const struct api *api)
{
    char problem[64];
    (void)snprintf(problem, sizeof problem, "only versions %d to %d are served", api->versions.first,
                   api->versions.last);
    return refuse(exchange, request, problem);
}

/* NULL if memory is short. */
static struct call *make_call(struct broker *broker, struct exchange *exchange, const struct api *api,
                              const kw_request *request)
{
    struct call *call = kw_arena_alloc(exchange->arena, sizeof *call);
    void *response = kw_arena_alloc(exchange->arena, api->response->type->size);
    if (call == NULL || response == NULL)
        return NULL;
    memset(call, 0, sizeof *call);
    kw_message_init(api->response, response);
    call->broker = broker;
    call->endpoint = exchange->endpoint;
    call->arena = exchange->arena;
    call->responses = exchange->responses;
    call->response = response;
    call->version = request->api_version;
    call->correlation_id = request->correlation_id;
    call->client_id = request->client_id;
    call->api = api;
    call->exchange = exchange;
    exchange->call = call;
    return call;
}

/* Clients that are newer than this broker ask so; every one of them can read version 0. The body is of no known form,
 * so it is not looked at. */
static enum exchange_outcome answer_unserved_version(struct broker *broker, struct exchange *exchange,
                                                     const kw_request *request)
{
    static const struct api unserved = {
        KW_KEY_API_VERSIONS, {0, 0}, NULL, &kw_api_versions_response_message, refuse_api_versions};
    struct call *call = make_call(broker, exchange, &unserved, request);
    if (call == NULL)
        return refuse(exchange, request, kw_status_text(kw_arena_status(exchange->arena)));
    call->version = 0;
    return call_start(call);
}

static bool is_cut(kw_status status)
{
    return status == KW_ERR_TRUNCATED || status == KW_ERR_LENGTH || status == KW_ERR_COUNT;
}

/* Bytes after the body are not looked at: clients send some, and Kafka does not mind. */
static enum exchange_outcome serve(struct broker *broker, struct exchange *exchange, const struct api *api,
                                   const kw_request *request, kw_bytes frame)
{
    kw_reader in;
    void *body = NULL;
    kw_reader_init_bytes(&in, request->body);
    kw_status status = kw_message_decode(api->request, request->api_version, &in, exchange->arena, &body);
    bool cut_short = api->key == KW_KEY_API_VERSIONS && is_cut(status) && body != NULL;
    if (status != KW_OK && !cut_short) {
        fault_in_body(exchange, request, api->request, frame, &in);
        return EXCHANGE_CLOSE;
    }
    struct call *call = make_call(broker, exchange, api, request);
    if (call == NULL)
        return refuse(exchange, request, kw_status_text(kw_arena_status(exchange->arena)));
    call->request = body;
    call->cut_short = cut_short;
    return call_start(call);
}

static enum exchange_outcome start(void *context, struct exchange *exchange, kw_bytes frame)
{
    kw_request request;
    kw_arena_reset(exchange->arena);
    kw_status status = kw_request_decode_header(&request, frame, exchange->arena);
    if (status != KW_OK) {
        fault_in_header(exchange, &request, status);
        return EXCHANGE_CLOSE;
    }
    const struct api *api = served_api(request.api_key);
    if (api == NULL)
        return refuse(exchange, &request,
                      request.kind == KW_FRAME_UNKNOWN_API ? "no such API" : "this API is not served");
    if (kw_versions_have(api->versions, request.api_version))
        return serve(context, exchange, api, &request, frame);
    if (request.api_key == KW_KEY_API_VERSIONS)
        return answer_unserved_version(context, exchange, &request);
    return refuse_version(exchange, &request, api);
}

static void hurry(struct exchange *exchange)
{
    call_hurry(exchange->call);
}

static bool cancel(struct exchange *exchange)
{
    return call_cancel(exchange->call);
}

static void leave(void *context, const struct exchange *exchange)
{
    share_leave(context, exchange);
}

struct service dispatch_service(struct broker *broker)
{
    return (struct service){broker, start, hurry, cancel, leave};
}
