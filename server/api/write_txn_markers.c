/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include <kwire/error.h>

#include "handlers.h"

/* Partitions whose markers are written at the same time: each takes several hundred bytes until it is written. */
enum { AT_ONCE = 500 };

typedef kw_write_txn_markers_request request_type;
typedef kw_write_txn_markers_response response_type;
typedef kw_write_txn_markers_request_writable_txn_marker request_marker;
typedef kw_write_txn_markers_response_writable_txn_marker_result response_marker;
typedef kw_write_txn_markers_response_writable_txn_marker_topic_result response_topic;
typedef kw_write_txn_markers_response_writable_txn_marker_partition_result response_partition;

/* One partition of a marker. */
struct written {
    int64_t producer_id;
    const struct txn_partition *partition;
    const int16_t *error;
};

struct writing {
    struct call *call;
    struct markers_job job;
    struct txn_marker marker; /* of the job: a marker, or a part of its partitions */
    struct txn_marker *markers;
    size_t marker_count;
    size_t partition_count; /* of all */
    size_t next;            /* marker */
    size_t done;            /* partitions of it */
};

/* ---- the request ---- */

static size_t count_partitions(const request_marker *marker)
{
    size_t count = 0;
    for (int32_t t = 0; t < marker->topics.len; t++)
        count += (size_t)marker->topics.items[t].partition_indexes.len;
    return count;
}

/* Sorted, each once; the count of what is left. */
static size_t list_partitions(const request_marker *marker, struct txn_partition *out)
{
    size_t count = 0, kept = 0;
    for (int32_t t = 0; t < marker->topics.len; t++)
        for (int32_t i = 0; i < marker->topics.items[t].partition_indexes.len; i++)
            out[count++] = (struct txn_partition){marker->topics.items[t].name,
                                                  marker->topics.items[t].partition_indexes.items[i]};
    if (count != 0)
        qsort(out, count, sizeof *out, txn_compare_partitions);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || txn_compare_partitions(&out[kept - 1], &out[i]) != 0)
            out[kept++] = out[i];
    return kept;
}

static void take_marker(struct txn_marker *to, const request_marker *from, struct txn_partition *partitions,
                        int16_t *errors)
{
    *to = (struct txn_marker){
        .producer_id = from->producer_id,
        .producer_epoch = from->producer_epoch,
        .is_commit = from->transaction_result,
        .coordinator_epoch = from->coordinator_epoch,
        .transaction_version = from->transaction_version,
        .partitions = partitions,
        .partition_count = list_partitions(from, partitions),
        .errors = errors,
    };
}

static bool list_markers(struct writing *w, const request_type *request)
{
    kw_arena *arena = w->call->arena;
    size_t count = 0;
    for (int32_t i = 0; i < request->markers.len; i++)
        count += count_partitions(&request->markers.items[i]);
    struct txn_partition *partitions = kw_arena_array(arena, count, sizeof *partitions);
    int16_t *errors = kw_arena_array(arena, count, sizeof *errors);
    w->marker_count = (size_t)request->markers.len;
    w->markers = kw_arena_array(arena, w->marker_count, sizeof *w->markers);
    if (partitions == NULL || errors == NULL || w->markers == NULL)
        return false;
    for (size_t i = 0; i < w->marker_count; i++) {
        take_marker(&w->markers[i], &request->markers.items[i], partitions, errors);
        partitions += w->markers[i].partition_count;
        errors += w->markers[i].partition_count;
        w->partition_count += w->markers[i].partition_count;
    }
    return true;
}

/* ---- the response ---- */

/* Of the same partition, the markers in their order. */
static int compare_written(const void *a, const void *b)
{
    const struct written *x = a, *y = b;
    int order = (x->producer_id > y->producer_id) - (x->producer_id < y->producer_id);
    if (order == 0)
        order = txn_compare_partitions(x->partition, y->partition);
    return order != 0 ? order : (x->error > y->error) - (x->error < y->error);
}

static bool is_same(const struct written *x, const struct written *y)
{
    return x->producer_id == y->producer_id && txn_compare_partitions(x->partition, y->partition) == 0;
}

/* What several markers of a producer say of the same partition is answered once, by the last of them. */
static size_t list_written(const struct writing *w, struct written *out)
{
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < w->marker_count; i++)
        for (size_t k = 0; k < w->markers[i].partition_count; k++)
            out[count++] =
                (struct written){w->markers[i].producer_id, &w->markers[i].partitions[k], &w->markers[i].errors[k]};
    if (count != 0)
        qsort(out, count, sizeof *out, compare_written);
    for (size_t i = 0; i < count; i++)
        if (i + 1 == count || !is_same(&out[i], &out[i + 1]))
            out[kept++] = out[i];
    return kept;
}

static response_marker *marker_of(response_type *response, int64_t producer_id, response_topic *topics)
{
    response_marker *last = response->markers.len != 0 ? &response->markers.items[response->markers.len - 1] : NULL;
    if (last != NULL && last->producer_id == producer_id)
        return last;
    last = &response->markers.items[response->markers.len++];
    kw_write_txn_markers_response_writable_txn_marker_result_init(last);
    last->producer_id = producer_id;
    last->topics.items = topics;
    return last;
}

static response_topic *topic_of(response_marker *marker, kw_string name, response_partition *partitions)
{
    response_topic *last = marker->topics.len != 0 ? &marker->topics.items[marker->topics.len - 1] : NULL;
    if (last != NULL && kw_string_equal(last->name, name))
        return last;
    last = &marker->topics.items[marker->topics.len++];
    kw_write_txn_markers_response_writable_txn_marker_topic_result_init(last);
    last->name = name;
    last->partitions.items = partitions;
    return last;
}

static enum call_outcome answer(const struct writing *w)
{
    response_type *response = w->call->response;
    kw_arena *arena = w->call->arena;
    struct written *written = kw_arena_array(arena, w->partition_count, sizeof *written);
    response_topic *topics = kw_arena_array(arena, w->partition_count, sizeof *topics);
    response_partition *partitions = kw_arena_array(arena, w->partition_count, sizeof *partitions);
    response->markers.items = kw_arena_array(arena, w->partition_count, sizeof *response->markers.items);
    if (written == NULL || topics == NULL || partitions == NULL || response->markers.items == NULL)
        return CALL_FAILED;
    size_t count = list_written(w, written);
    for (size_t i = 0; i < count; i++) {
        response_marker *marker = marker_of(response, written[i].producer_id, &topics[i]);
        response_topic *topic = topic_of(marker, written[i].partition->topic, &partitions[i]);
        response_partition *out = &partitions[i];
        topic->partitions.len++;
        kw_write_txn_markers_response_writable_txn_marker_partition_result_init(out);
        out->partition_index = written[i].partition->partition;
        out->error_code = *written[i].error;
    }
    return CALL_ANSWERED;
}

/* ---- the markers ---- */

static enum call_outcome write_next(struct call *call);

static void part_is_written(struct markers_job *job)
{
    call_continue(job->context);
}

/* One after the other, as they are in the request. */
static enum call_outcome write_next(struct call *call)
{
    struct writing *w = call->state;
    while (w->next < w->marker_count && w->done == w->markers[w->next].partition_count) {
        w->next++;
        w->done = 0;
    }
    if (w->next == w->marker_count)
        return answer(w);
    w->marker = w->markers[w->next];
    w->marker.partitions += w->done;
    w->marker.errors += w->done;
    w->marker.partition_count -= w->done;
    if (w->marker.partition_count > AT_ONCE)
        w->marker.partition_count = AT_ONCE;
    w->done += w->marker.partition_count;
    w->job = (struct markers_job){.markers = &w->marker,
                                  .count = 1,
                                  .executor = call->exchange->executor,
                                  .done = part_is_written,
                                  .context = call};
    (void)call_hold(call, write_next);
    markers_write(&call->broker->markers, &w->job);
    return CALL_PARKED;
}

enum call_outcome handle_write_txn_markers(struct call *call, const request_type *request, response_type *response)
{
    struct writing *w = kw_arena_alloc(call->arena, sizeof *w);
    (void)response;
    if (w == NULL)
        return CALL_FAILED;
    *w = (struct writing){.call = call};
    call->state = w;
    return list_markers(w, request) ? write_next(call) : CALL_FAILED;
}
