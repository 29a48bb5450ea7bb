/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/error.h>
#include <kwire/topic_name.h>

#include "../base/repeats.h"
#include "../log/log_change.h"
#include "../log/log_map.h"
#include "handlers.h"
#include "partition_access.h"

typedef kw_delete_records_request request_type;
typedef kw_delete_records_response response_type;
typedef kw_delete_records_request_topic request_topic;
typedef kw_delete_records_request_partition request_partition;
typedef kw_delete_records_response_topic_result response_topic;
typedef kw_delete_records_response_partition_result response_partition;

enum { ANY_EPOCH = -1, HIGH_WATERMARK = -1 };

/* One partition of the request. */
struct deletion {
    const struct metadata_topic *topic; /* NULL: it does not exist */
    kw_string name;
    int64_t offset;
    response_partition *out;
};

struct deleting {
    struct call *call;
    struct deletion *items;
    size_t count;
};

/* The low watermark of a partition with one replica is the start of its log, so nothing waits for followers. */
static int16_t delete_from(struct partition_log *log, int64_t offset, int64_t *low_watermark)
{
    struct log_config config;
    if (!partition_log_config(log, &config))
        return KW_ERROR_TOPIC_AUTHORIZATION_FAILED;
    if (config.compact && !config.delete)
        return KW_ERROR_POLICY_VIOLATION;
    if (offset < HIGH_WATERMARK)
        return KW_ERROR_OFFSET_OUT_OF_RANGE;
    return log_delete_records(log, offset, low_watermark);
}

static int16_t delete_records(struct call *call, const struct deletion *d)
{
    struct partition_log *log;
    struct log_snapshot snapshot;
    const struct metadata_partition *partition =
        d->topic != NULL ? metadata_topic_partition(d->topic, d->out->partition_index) : NULL;
    if (partition == NULL)
        return KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
    if (kw_topic_name_is_internal(d->name))
        return KW_ERROR_INVALID_TOPIC_EXCEPTION;
    int16_t error = partition_access(call->broker, d->topic, partition, ANY_EPOCH, false, &log, &snapshot);
    if (error != KW_ERROR_NONE)
        return error;
    log_snapshot_release(&snapshot);
    error = delete_from(log, d->offset, &d->out->low_watermark);
    log_release(log);
    return error;
}

static void delete_all(struct call *call)
{
    struct deleting *d = call->state;
    for (size_t i = 0; i < d->count && !call_is_cancelled(call); i++) {
        response_partition *out = d->items[i].out;
        out->error_code = delete_records(call, &d->items[i]);
        if (out->error_code != KW_ERROR_NONE)
            out->low_watermark = -1;
    }
}

static enum call_outcome answer(struct call *call)
{
    (void)call;
    return CALL_ANSWERED;
}

/* ---- the request ---- */

static void add(struct deleting *d, const request_topic *topic, int32_t index, int64_t offset, response_partition *out)
{
    response_type *response = d->call->response;
    response_topic *last = response->topics.len > 0 ? &response->topics.items[response->topics.len - 1] : NULL;
    kw_delete_records_response_partition_result_init(out);
    out->partition_index = index;
    if (last == NULL || !kw_string_equal(last->name, topic->name)) {
        last = &response->topics.items[response->topics.len++];
        kw_delete_records_response_topic_result_init(last);
        last->name = topic->name;
        last->partitions.items = out;
    }
    last->partitions.len++;
    d->items[d->count++] =
        (struct deletion){metadata_topic_by_name(d->call->image, topic->name), topic->name, offset, out};
}

/* A partition that is named twice counts once, with the last offset. */
static bool list(struct deleting *d, const request_type *request, response_type *response)
{
    kw_arena *arena = d->call->arena;
    size_t count = 0, i = 0;
    for (int32_t t = 0; t < request->topics.len; t++)
        count += (size_t)request->topics.items[t].partitions.len;
    struct named_partition *named = kw_arena_array(arena, count, sizeof *named);
    int64_t *offsets = kw_arena_array(arena, count, sizeof *offsets);
    response_partition *out = kw_arena_array(arena, count, sizeof *out);
    d->items = kw_arena_array(arena, count, sizeof *d->items);
    response->topics.items = kw_arena_array(arena, count, sizeof *response->topics.items);
    if (named == NULL || offsets == NULL || out == NULL || d->items == NULL || response->topics.items == NULL)
        return false;
    for (int32_t t = 0; t < request->topics.len; t++)
        for (int32_t p = 0; p < request->topics.items[t].partitions.len; p++, i++) {
            const request_partition *asked = &request->topics.items[t].partitions.items[p];
            named[i].topic = request->topics.items[t].name;
            named[i].partition = asked->partition_index;
            offsets[i] = asked->offset;
        }
    if (!repeats_find(named, count, arena))
        return false;
    i = 0;
    for (int32_t t = 0; t < request->topics.len; t++)
        for (int32_t p = 0; p < request->topics.items[t].partitions.len; p++, i++)
            if (named[i].last != NAMED_BEFORE)
                add(d, &request->topics.items[t], named[i].partition, offsets[named[i].last], &out[d->count]);
    return true;
}

/* Deleting writes to the disk. */
enum call_outcome handle_delete_records(struct call *call, const request_type *request, response_type *response)
{
    struct deleting *d = kw_arena_alloc(call->arena, sizeof *d);
    if (d == NULL)
        return CALL_FAILED;
    *d = (struct deleting){.call = call};
    call->state = d;
    if (!list(d, request, response))
        return CALL_FAILED;
    return d->count != 0 ? call_offload(call, delete_all, answer) : CALL_ANSWERED;
}
