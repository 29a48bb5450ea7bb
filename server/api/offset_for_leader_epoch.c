/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/error.h>

#include "../log/log_map.h"
#include "handlers.h"
#include "partition_access.h"

typedef kw_offset_for_leader_epoch_request request_type;
typedef kw_offset_for_leader_epoch_response response_type;
typedef kw_offset_for_leader_epoch_request_offset_for_leader_topic request_topic;
typedef kw_offset_for_leader_epoch_request_offset_for_leader_partition request_partition;
typedef kw_offset_for_leader_epoch_response_offset_for_leader_topic_result response_topic;
typedef kw_offset_for_leader_epoch_response_epoch_end_offset response_partition;

/* The answer so far. */
struct finding {
    struct call *call;
    bool dont_block;
    bool would_block;
    bool is_short; /* of memory */
};

static int16_t find(const struct finding *f, const struct metadata_topic *topic,
                    const struct metadata_partition *partition, const request_partition *asked, response_partition *out)
{
    struct partition_log *log;
    struct log_snapshot snapshot;
    int16_t error = partition_access(f->call->broker, topic, partition, asked->current_leader_epoch, f->dont_block,
                                     &log, &snapshot);
    if (error != KW_ERROR_NONE)
        return error;
    kw_leader_epoch end = partition_epoch_end(partition, &snapshot, asked->leader_epoch);
    if (end.start_offset >= 0) {
        out->leader_epoch = end.epoch;
        out->end_offset = end.start_offset;
    }
    log_snapshot_release(&snapshot);
    log_release(log);
    return KW_ERROR_NONE;
}

static void answer_topic(struct finding *f, const request_topic *asked, response_topic *out)
{
    const struct metadata_topic *topic = metadata_topic_by_name(f->call->image, asked->topic);
    kw_offset_for_leader_epoch_response_offset_for_leader_topic_result_init(out);
    out->topic = asked->topic;
    out->partitions.len = asked->partitions.len;
    out->partitions.items =
        kw_arena_array(f->call->arena, (size_t)asked->partitions.len, sizeof *out->partitions.items);
    f->is_short = out->partitions.items == NULL;
    for (int32_t i = 0; i < asked->partitions.len && !f->would_block && !f->is_short; i++) {
        response_partition *p = &out->partitions.items[i];
        const request_partition *asked_partition = &asked->partitions.items[i];
        const struct metadata_partition *partition =
            topic != NULL ? metadata_topic_partition(topic, asked_partition->partition) : NULL;
        kw_offset_for_leader_epoch_response_epoch_end_offset_init(p);
        p->partition = asked_partition->partition;
        p->error_code = partition != NULL ? find(f, topic, partition, asked_partition, p)
                                          : (int16_t)KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
        f->would_block = p->error_code == LOG_WOULD_BLOCK;
    }
}

static void answer_all(struct finding *f)
{
    const request_type *request = f->call->request;
    response_type *response = f->call->response;
    response->topics.len = request->topics.len;
    response->topics.items =
        kw_arena_array(f->call->arena, (size_t)request->topics.len, sizeof *response->topics.items);
    f->is_short = response->topics.items == NULL;
    for (int32_t i = 0; i < request->topics.len && !f->would_block && !f->is_short; i++)
        answer_topic(f, &request->topics.items[i], &response->topics.items[i]);
}

static enum call_outcome conclude(struct call *call)
{
    const struct finding *f = call->state;
    return f->is_short ? CALL_FAILED : CALL_ANSWERED;
}

static void answer_on_worker(struct call *call)
{
    struct finding *f = call->state;
    f->dont_block = f->would_block = false;
    answer_all(f);
}

enum call_outcome handle_offset_for_leader_epoch(struct call *call, const request_type *request,
                                                 response_type *response)
{
    struct finding *f = kw_arena_alloc(call->arena, sizeof *f);
    (void)request;
    (void)response;
    if (f == NULL)
        return CALL_FAILED;
    *f = (struct finding){.call = call, .dont_block = true};
    call->state = f;
    answer_all(f);
    return f->would_block ? call_offload(call, answer_on_worker, conclude) : conclude(call);
}
