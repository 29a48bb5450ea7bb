/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/error.h>

#include "../log/log_change.h"
#include "../log/log_map.h"
#include "handlers.h"
#include "partition_access.h"
#include "topic_names.h"

typedef kw_describe_producers_request request_type;
typedef kw_describe_producers_response response_type;
typedef kw_describe_producers_request_topic_request request_topic;
typedef kw_describe_producers_response_topic_response response_topic;
typedef kw_describe_producers_response_partition_response response_partition;
typedef kw_describe_producers_response_producer_state response_producer;

enum { ANY_EPOCH = -1 };

struct describing {
    struct call *call;
    bool is_short; /* of memory */
};

static bool list_producers(kw_arena *arena, const kw_producer_state *producers, size_t count, response_partition *out)
{
    response_producer *items = kw_arena_array(arena, count, sizeof *items);
    if (items == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        kw_describe_producers_response_producer_state_init(&items[i]);
        items[i].producer_id = producers[i].producer_id;
        items[i].producer_epoch = producers[i].producer_epoch;
        items[i].last_sequence = producers[i].last_sequence;
        items[i].last_timestamp = producers[i].timestamp;
        items[i].coordinator_epoch = producers[i].coordinator_epoch;
        items[i].current_txn_start_offset = producers[i].txn_first_offset;
    }
    out->active_producers.items = items;
    out->active_producers.len = (int32_t)count;
    return true;
}

static int16_t describe(struct describing *d, const struct metadata_topic *topic, response_partition *out)
{
    struct partition_log *log;
    struct log_snapshot snapshot;
    kw_producer_state *producers;
    size_t count;
    const struct metadata_partition *partition = metadata_topic_partition(topic, out->partition_index);
    if (partition == NULL)
        return KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
    int16_t error = partition_access(d->call->broker, topic, partition, ANY_EPOCH, false, &log, &snapshot);
    if (error != KW_ERROR_NONE)
        return error;
    log_snapshot_release(&snapshot);
    error = log_list_producers(log, d->call->arena, &producers, &count);
    log_release(log);
    d->is_short = error == KW_ERROR_NONE && !list_producers(d->call->arena, producers, count, out);
    return error;
}

static void answer_topic(struct describing *d, const request_topic *asked, response_topic *out)
{
    const struct metadata_topic *topic = metadata_topic_by_name(d->call->image, asked->name);
    kw_string invalid = topic == NULL ? topic_name_problem(asked->name, d->call->arena) : kw_string_of(NULL);
    kw_describe_producers_response_topic_response_init(out);
    out->name = asked->name;
    out->partitions.len = asked->partition_indexes.len;
    out->partitions.items =
        kw_arena_array(d->call->arena, (size_t)asked->partition_indexes.len, sizeof *out->partitions.items);
    d->is_short = out->partitions.items == NULL;
    for (int32_t i = 0; i < asked->partition_indexes.len && !d->is_short; i++) {
        response_partition *p = &out->partitions.items[i];
        kw_describe_producers_response_partition_response_init(p);
        p->partition_index = asked->partition_indexes.items[i];
        if (topic != NULL) {
            p->error_code = describe(d, topic, p);
        } else {
            p->error_code =
                invalid.data != NULL ? KW_ERROR_INVALID_TOPIC_EXCEPTION : KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
            p->error_message =
                invalid.data != NULL ? invalid : kw_string_of("This server does not host this topic-partition.");
        }
    }
}

static void answer_all(struct call *call)
{
    struct describing *d = call->state;
    const request_type *request = call->request;
    response_type *response = call->response;
    for (int32_t i = 0; i < request->topics.len && !d->is_short && !call_is_cancelled(call); i++)
        answer_topic(d, &request->topics.items[i], &response->topics.items[response->topics.len++]);
}

static enum call_outcome conclude(struct call *call)
{
    const struct describing *d = call->state;
    return d->is_short ? CALL_FAILED : CALL_ANSWERED;
}

/* Waits for the logs' turns. */
enum call_outcome handle_describe_producers(struct call *call, const request_type *request, response_type *response)
{
    struct describing *d = kw_arena_alloc(call->arena, sizeof *d);
    response->topics.items = kw_arena_array(call->arena, (size_t)request->topics.len, sizeof *response->topics.items);
    if (d == NULL || response->topics.items == NULL)
        return CALL_FAILED;
    *d = (struct describing){.call = call};
    call->state = d;
    return call_offload(call, answer_all, conclude);
}
