/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/error.h>

#include "../base/clock.h"
#include "handlers.h"

typedef kw_describe_quorum_request request_type;
typedef kw_describe_quorum_response response_type;
typedef kw_describe_quorum_response_topic_data response_topic;
typedef kw_describe_quorum_response_partition_data response_partition;
typedef kw_describe_quorum_response_replica_state response_replica;
typedef kw_describe_quorum_response_node response_node;
typedef kw_describe_quorum_response_listener response_listener;

enum { FIRST_WITH_NODES = 2 };

static const char METADATA_TOPIC[] = "__cluster_metadata";

static response_topic *add_topic(kw_arena *arena, response_topic *topic, kw_string name, int32_t partitions)
{
    kw_describe_quorum_response_topic_data_init(topic);
    topic->topic_name = name;
    topic->partitions.len = partitions;
    topic->partitions.items = kw_arena_array(arena, (size_t)partitions, sizeof *topic->partitions.items);
    return topic->partitions.items != NULL ? topic : NULL;
}

static void set_error(response_partition *partition, int32_t index, int16_t error, const char *message)
{
    kw_describe_quorum_response_partition_data_init(partition);
    partition->partition_index = index;
    partition->error_code = error;
    partition->error_message = kw_string_of(message);
}

/* Nothing else than the one partition of the metadata log has a quorum. */
static bool is_of_metadata_log(const request_type *request)
{
    if (request->topics.len != 1)
        return false;
    const kw_describe_quorum_request_topic_data *topic = &request->topics.items[0];
    return kw_string_equal(topic->topic_name, kw_string_of(METADATA_TOPIC)) && topic->partitions.len == 1 &&
           topic->partitions.items[0].partition_index == 0;
}

static bool refuse(const struct call *call, const request_type *request, response_type *response)
{
    int32_t count = request->topics.len > 0 ? request->topics.len : 0;
    response->topics.len = count;
    response->topics.items = kw_arena_array(call->arena, (size_t)count, sizeof *response->topics.items);
    if (response->topics.items == NULL)
        return false;
    for (int32_t i = 0; i < count; i++) {
        const kw_describe_quorum_request_topic_data *asked = &request->topics.items[i];
        int32_t partitions = asked->partitions.len > 0 ? asked->partitions.len : 0;
        response_topic *topic = add_topic(call->arena, &response->topics.items[i], asked->topic_name, partitions);
        for (int32_t k = 0; topic != NULL && k < partitions; k++)
            set_error(&topic->partitions.items[k], asked->partitions.items[k].partition_index,
                      KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION, "only partition 0 of __cluster_metadata has a quorum");
        if (topic == NULL)
            return false;
    }
    return true;
}

/* The one voter has always just fetched from itself. */
static bool add_voter(const struct call *call, const kw_voters_record_voter *voter, response_partition *partition)
{
    response_replica *replica = kw_arena_array(call->arena, 1, sizeof *replica);
    if (replica == NULL)
        return false;
    kw_describe_quorum_response_replica_state_init(replica);
    replica->replica_id = voter->voter_id;
    if (call->version >= FIRST_WITH_NODES && atomic_load(&call->broker->kraft_version) > 0) /* before that not known */
        replica->replica_directory_id = voter->voter_directory_id;
    replica->log_end_offset = call->image->parts.offset;
    replica->last_fetch_timestamp = replica->last_caught_up_timestamp = clock_wall_ms();
    partition->current_voters.items = replica;
    partition->current_voters.len = 1;
    return true;
}

static bool add_node(const struct call *call, const kw_voters_record_voter *voter, response_type *response)
{
    response_node *node = kw_arena_array(call->arena, 1, sizeof *node);
    response_listener *listeners =
        kw_arena_array(call->arena, (size_t)voter->endpoints.len, sizeof *node->listeners.items);
    if (node == NULL || listeners == NULL)
        return false;
    kw_describe_quorum_response_node_init(node);
    node->node_id = voter->voter_id;
    node->listeners.items = listeners;
    node->listeners.len = voter->endpoints.len;
    for (int32_t i = 0; i < voter->endpoints.len; i++) {
        kw_describe_quorum_response_listener_init(&listeners[i]);
        listeners[i].name = voter->endpoints.items[i].name;
        listeners[i].host = voter->endpoints.items[i].host;
        listeners[i].port = voter->endpoints.items[i].port;
    }
    response->nodes.items = node;
    response->nodes.len = 1;
    return true;
}

static bool describe(const struct call *call, response_type *response)
{
    const struct controller *controller = call->broker->controller;
    response->topics.len = 1;
    response->topics.items = kw_arena_array(call->arena, 1, sizeof *response->topics.items);
    if (response->topics.items == NULL ||
        add_topic(call->arena, response->topics.items, kw_string_of(METADATA_TOPIC), 1) == NULL)
        return false;
    response_partition *partition = response->topics.items[0].partitions.items;
    if (controller == NULL) {
        set_error(partition, 0, KW_ERROR_NOT_LEADER_OR_FOLLOWER, "this node does not lead the metadata log");
        return true;
    }
    const kw_voters_record_voter *voter = &call->broker->voters->voters.items[0];
    set_error(partition, 0, KW_ERROR_NONE, "");
    partition->leader_id = voter->voter_id;
    partition->leader_epoch = controller->options.epoch;
    partition->high_watermark = call->image->parts.offset;
    return add_voter(call, voter, partition) && (call->version < FIRST_WITH_NODES || add_node(call, voter, response));
}

enum call_outcome handle_describe_quorum(struct call *call, const request_type *request, response_type *response)
{
    response->error_message = kw_string_of("");
    bool answered = is_of_metadata_log(request) ? describe(call, response) : refuse(call, request, response);
    return answered ? CALL_ANSWERED : CALL_FAILED;
}
