/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../base/repeats.h"
#include "../log/log_time.h"
#include "list_offsets_v0.h"
#include "partition_access.h"

/* What a timestamp below zero asks for. */
enum {
    LATEST = -1,
    EARLIEST = -2,
    GREATEST_TIMESTAMP = LOG_NEWEST,
    EARLIEST_LOCAL = -4,
    LATEST_TIERED = -5,
    EARLIEST_PENDING_UPLOAD = -6
};

enum { READ_UNCOMMITTED = 0, READ_COMMITTED = 1, CONSUMER = -1 };
enum { FIRST_WITH_EPOCH = 4 };

typedef kw_list_offsets_request request_type;
typedef kw_list_offsets_response response_type;
typedef kw_list_offsets_request_topic request_topic;
typedef kw_list_offsets_request_partition request_partition;
typedef kw_list_offsets_response_topic_response response_topic;
typedef kw_list_offsets_response_partition_response response_partition;

struct listing {
    struct call *call;
    const request_type *request;
    response_type *response;
    bool dont_block;  /* on the thread of the connection */
    bool would_block; /* it must be done on a worker's */
    bool is_short;    /* of memory */
    bool fails;       /* as a whole */
    struct named_partition *named;
    const struct metadata_topic *topic; /* these at the moment */
    const struct metadata_partition *partition;
    struct partition_log *log;
    struct log_snapshot snapshot;
};

static bool is_served(int64_t timestamp, int16_t version)
{
    static const int16_t first_versions[] = {0, 0, 7, 8, 9, 11}; /* of -1, -2 and so on */
    if (timestamp >= 0)
        return true;
    size_t i = timestamp >= EARLIEST_PENDING_UPLOAD ? (size_t)(-1 - timestamp) : SIZE_MAX;
    return i < sizeof first_versions / sizeof first_versions[0] && version >= first_versions[i];
}

static void put(const struct listing *l, int64_t timestamp, int64_t offset, int32_t epoch, response_partition *out)
{
    out->timestamp = timestamp;
    out->offset = offset;
    if (l->call->version >= FIRST_WITH_EPOCH)
        out->leader_epoch = epoch;
}

/* ---- by time ---- */

/* Below this offset records may be fetched. */
static int64_t fetchable_end(const struct listing *l)
{
    bool committed = l->request->isolation_level == READ_COMMITTED && l->request->replica_id == CONSUMER;
    return committed ? l->snapshot.last_stable_offset : l->snapshot.high_watermark;
}

static bool is_cancelled(void *call)
{
    return call_is_cancelled(call);
}

static int16_t find_by_time(const struct listing *l, int64_t timestamp, response_partition *out)
{
    const struct log_time_search search = {
        .timestamp = timestamp, .dont_block = l->dont_block, .cancelled = is_cancelled, .context = l->call};
    struct time_offset found;
    int16_t error = log_find_time(l->log, &l->snapshot, &search, &found);
    if (error == KW_ERROR_NONE && found.offset >= 0 && found.offset < fetchable_end(l))
        put(l, found.timestamp, found.offset, found.leader_epoch, out);
    return error;
}

/* ---- one partition ---- */

static int16_t find(const struct listing *l, int64_t timestamp, response_partition *out)
{
    switch (timestamp) {
    case LATEST:
        put(l, -1, fetchable_end(l), l->partition->leader_epoch, out);
        return KW_ERROR_NONE;
    case EARLIEST:
    case EARLIEST_LOCAL:
        put(l, -1, l->snapshot.log_start_offset,
            partition_epoch_at(l->partition, &l->snapshot, l->snapshot.log_start_offset), out);
        return KW_ERROR_NONE;
    case LATEST_TIERED: /* there is no tiered storage */
    case EARLIEST_PENDING_UPLOAD:
        return KW_ERROR_NONE;
    default:
        return find_by_time(l, timestamp, out);
    }
}

static int16_t open_log(struct listing *l, const request_partition *asked)
{
    return partition_access(l->call->broker, l->topic, l->partition, asked->current_leader_epoch, l->dont_block,
                            &l->log, &l->snapshot);
}

/* Version 0 asks the file system when segments were written to. */
static int16_t find_segments(struct listing *l, const request_partition *asked, response_partition *out)
{
    if (l->dont_block && asked->timestamp != LATEST && asked->timestamp != EARLIEST)
        return LOG_WOULD_BLOCK;
    if (asked->max_num_offsets < 0)
        return KW_ERROR_UNKNOWN_SERVER_ERROR;
    l->is_short = list_offsets_v0(&l->snapshot, asked->timestamp, asked->max_num_offsets, l->call->arena,
                                  &out->old_style_offsets) != KW_OK;
    return KW_ERROR_NONE;
}

static int16_t answer(struct listing *l, const request_partition *asked, response_partition *out)
{
    int16_t error = open_log(l, asked);
    if (error != KW_ERROR_NONE)
        return error;
    error = l->call->version == 0 ? find_segments(l, asked, out) : find(l, asked->timestamp, out);
    log_snapshot_release(&l->snapshot);
    log_release(l->log);
    return error;
}

/* ---- all of them ---- */

/* The partitions of a topic that are named twice in the request, in one or in several topics, have an error once; in
 * version 0 they are answered twice. */
static bool find_repeats(struct listing *l)
{
    size_t count = 0, i = 0;
    for (int32_t t = 0; t < l->request->topics.len; t++)
        count += (size_t)l->request->topics.items[t].partitions.len;
    l->named = kw_arena_array(l->call->arena, count, sizeof *l->named);
    if (l->named == NULL)
        return false;
    for (int32_t t = 0; t < l->request->topics.len; t++) {
        const request_topic *topic = &l->request->topics.items[t];
        for (int32_t p = 0; p < topic->partitions.len; p++, i++) {
            l->named[i].topic = topic->name;
            l->named[i].partition = topic->partitions.items[p].partition_index;
            l->named[i].last = i;
        }
    }
    return l->call->version == 0 || repeats_find(l->named, count, l->call->arena);
}

/* Then Kafka answers as to any request that it cannot handle: with all that this names, as it is. */
static bool isolation_is_known(const request_type *request)
{
    return request->isolation_level == READ_UNCOMMITTED || request->isolation_level == READ_COMMITTED;
}

static void answer_partition(struct listing *l, const struct metadata_topic *topic, const request_partition *asked,
                             bool repeated, response_partition *out)
{
    kw_list_offsets_response_partition_response_init(out);
    out->partition_index = asked->partition_index;
    l->topic = topic;
    l->partition = topic != NULL ? metadata_topic_partition(topic, asked->partition_index) : NULL;
    if (l->fails)
        out->error_code = KW_ERROR_UNKNOWN_SERVER_ERROR;
    else if (repeated)
        out->error_code = KW_ERROR_INVALID_REQUEST;
    else if (!is_served(asked->timestamp, l->call->version))
        out->error_code = KW_ERROR_UNSUPPORTED_VERSION;
    else if (l->partition == NULL)
        out->error_code = KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
    else
        out->error_code = answer(l, asked, out);
    l->would_block = out->error_code == LOG_WOULD_BLOCK;
}

static bool is_over(const struct listing *l)
{
    return l->would_block || l->is_short || call_is_cancelled(l->call);
}

/* `first` is the number of the topic's first partition among all of the request. */
static void answer_topic(struct listing *l, const request_topic *asked, size_t first, response_topic *out)
{
    const struct metadata_topic *topic = metadata_topic_by_name(l->call->image, asked->name);
    kw_list_offsets_response_topic_response_init(out);
    out->name = asked->name;
    out->partitions.items =
        kw_arena_array(l->call->arena, (size_t)asked->partitions.len, sizeof *out->partitions.items);
    l->is_short = out->partitions.items == NULL;
    for (int32_t i = 0; !is_over(l) && i < asked->partitions.len; i++) {
        size_t at = first + (size_t)i;
        if (l->named[at].last != NAMED_BEFORE || l->fails)
            answer_partition(l, topic, &asked->partitions.items[i], l->named[at].last != at,
                             &out->partitions.items[out->partitions.len++]);
    }
}

static void list_all(struct listing *l)
{
    response_type *response = l->response;
    size_t first = 0;
    response->topics.len = 0;
    for (int32_t i = 0; !is_over(l) && i < l->request->topics.len; i++) {
        const request_topic *asked = &l->request->topics.items[i];
        answer_topic(l, asked, first, &response->topics.items[response->topics.len]);
        first += (size_t)asked->partitions.len;
        bool any = response->topics.items[response->topics.len].partitions.len > 0;
        bool has_empty = l->call->version == 0 || l->fails; /* else topics without partitions are dropped */
        response->topics.len += any || has_empty ? 1 : 0;
    }
}

/* ---- topics that are named in several places ---- */

struct named_topic {
    kw_string name;
    size_t at; /* in the response */
};

static int compare_names(const void *a, const void *b)
{
    const struct named_topic *x = a, *y = b;
    int32_t shorter = x->name.len < y->name.len ? x->name.len : y->name.len;
    int order = shorter > 0 ? memcmp(x->name.data, y->name.data, (size_t)shorter) : 0;
    if (order == 0)
        order = (x->name.len > y->name.len) - (x->name.len < y->name.len);
    return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

/* For each topic the first place of its name, and there how many partitions it has in all places. */
static bool find_places(struct listing *l, size_t *places, size_t *totals)
{
    size_t count = (size_t)l->response->topics.len;
    struct named_topic *named = kw_arena_array(l->call->arena, count, sizeof *named);
    if (named == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        named[i] = (struct named_topic){l->response->topics.items[i].name, i};
    qsort(named, count, sizeof *named, compare_names);
    for (size_t i = 0; i < count; i++) {
        bool is_same = i > 0 && kw_string_equal(named[i].name, named[i - 1].name);
        places[named[i].at] = is_same ? places[named[i - 1].at] : named[i].at;
        totals[places[named[i].at]] += (size_t)l->response->topics.items[named[i].at].partitions.len;
    }
    return true;
}

/* Memory for all partitions of the name in its first place. */
static bool enlarge(struct listing *l, response_topic *topic, size_t total)
{
    response_partition *all = kw_arena_array(l->call->arena, total, sizeof *all);
    if (all != NULL && topic->partitions.len > 0)
        memcpy(all, topic->partitions.items, (size_t)topic->partitions.len * sizeof *all);
    topic->partitions.items = all;
    return all != NULL;
}

static void append_partitions(response_topic *first, const response_topic *later)
{
    memcpy(first->partitions.items + first->partitions.len, later->partitions.items,
           (size_t)later->partitions.len * sizeof *later->partitions.items);
    first->partitions.len += later->partitions.len;
}

/* As in Kafka they are answered in one place. */
static bool join_repeated(struct listing *l)
{
    response_type *response = l->response;
    size_t count = (size_t)response->topics.len, kept = 0;
    size_t *places = kw_arena_array(l->call->arena, count, sizeof *places);
    size_t *totals = kw_arena_array(l->call->arena, count, sizeof *totals);
    if (places == NULL || totals == NULL)
        return false;
    memset(totals, 0, count * sizeof *totals);
    if (!find_places(l, places, totals))
        return false;
    for (size_t i = 0; i < count; i++) {
        response_topic *topic = &response->topics.items[i];
        if (places[i] != i)
            append_partitions(&response->topics.items[places[i]], topic);
        else if (totals[i] > (size_t)topic->partitions.len && !enlarge(l, topic, totals[i]))
            return false;
    }
    for (size_t i = 0; i < count; i++)
        if (places[i] == i)
            response->topics.items[kept++] = response->topics.items[i];
    response->topics.len = (int32_t)kept;
    return true;
}

/* ---- the end ---- */

static enum call_outcome conclude(struct call *call)
{
    struct listing *l = call->state;
    bool joins = call->version != 0 && !l->fails && !l->is_short;
    if (joins && l->response->topics.len > 1 && !join_repeated(l))
        return CALL_FAILED;
    return l->is_short ? CALL_FAILED : CALL_ANSWERED;
}

static void list_on_worker(struct call *call)
{
    struct listing *l = call->state;
    l->dont_block = l->would_block = false;
    list_all(l);
}

enum call_outcome handle_list_offsets(struct call *call, const request_type *request, response_type *response)
{
    struct listing *l = kw_arena_alloc(call->arena, sizeof *l);
    response->topics.items = kw_arena_array(call->arena, (size_t)request->topics.len, sizeof *response->topics.items);
    if (l == NULL || response->topics.items == NULL)
        return CALL_FAILED;
    *l = (struct listing){.call = call, .request = request, .response = response, .dont_block = true};
    call->state = l;
    l->fails = !isolation_is_known(request);
    if (!find_repeats(l))
        return CALL_FAILED;
    list_all(l);
    return l->would_block ? call_offload(call, list_on_worker, conclude) : conclude(call);
}
