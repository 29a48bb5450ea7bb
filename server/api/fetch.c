/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers.h"

#include <string.h>

#include <kwire/error.h>

#include "../log/log_read.h"
#include "duplicate_partitions.h"
#include "partition_access.h"

enum {
    FIRST_FOR_MAGIC_1 = 2,
    FIRST_THAT_NEVER_CUTS = 3,
    FIRST_FOR_MAGIC_2 = 4,
    FIRST_WITH_STORAGE_ERROR = 6,
    FIRST_BY_ID = 13,
    FIRST_WITH_LEADER = 16
};

enum { READ_UNCOMMITTED = 0, READ_COMMITTED = 1 };
enum { FULL = 0, FINAL = -1 }; /* epochs of sessions that need no session */

/* Of one answer; where more partitions have records, the last are asked for again. */
enum { RECORD_FIELDS_MAX = 4096 };

typedef kw_fetch_request request_type;
typedef kw_fetch_response response_type;
typedef kw_fetch_request_topic request_topic;
typedef kw_fetch_request_partition request_partition;
typedef kw_fetch_response_fetchable_topic_response response_topic;
typedef kw_fetch_response_partition_data response_partition;

struct asked {
    const request_topic *topic;
    const request_partition *partition;
};

struct fetching {
    const struct call *call;
    const request_type *request;
    response_type *response;
    struct asked *asked;
    size_t asked_count;
    response_partition *partitions; /* room for all */
    size_t partition_count;
    size_t record_fields; /* that may still have records */
    int32_t bytes_left;
    bool at_least_one; /* no partition has had records yet */
    int64_t bytes_there;
    bool is_urgent; /* something is to be said at once */
};

static bool is_follower(const struct fetching *f)
{
    return f->request->replica_id >= 0 || f->request->replica_state.replica_id >= 0;
}

/* ---- one partition ---- */

static response_partition *next_partition(struct fetching *f, const request_topic *topic, int32_t index)
{
    response_type *response = f->response;
    response_topic *last = response->responses.len > 0 ? &response->responses.items[response->responses.len - 1] : NULL;
    response_partition *partition = &f->partitions[f->partition_count++];
    kw_fetch_response_partition_data_init(partition);
    partition->partition_index = index;
    partition->high_watermark = -1;
    partition->records.len = 0;
    if (last == NULL || !kw_string_equal(last->topic, topic->topic) ||
        !kw_uuid_equal(last->topic_id, topic->topic_id)) {
        last = &response->responses.items[response->responses.len++];
        kw_fetch_response_fetchable_topic_response_init(last);
        last->topic = topic->topic;
        last->topic_id = topic->topic_id;
        last->partitions.items = partition;
    }
    last->partitions.len++;
    return partition;
}

static void refuse(struct fetching *f, int16_t error, response_partition *out)
{
    if (error == KW_ERROR_KAFKA_STORAGE_ERROR && f->call->version < FIRST_WITH_STORAGE_ERROR)
        error = KW_ERROR_NOT_LEADER_OR_FOLLOWER;
    out->error_code = error;
    f->is_urgent = true;
    f->bytes_left = f->bytes_left > 0 ? f->bytes_left : 0;
}

static bool tell_leader(struct fetching *f, const struct metadata_partition *partition, response_partition *out)
{
    const struct call *call = f->call;
    if (call->version < FIRST_WITH_LEADER ||
        (out->error_code != KW_ERROR_NOT_LEADER_OR_FOLLOWER && out->error_code != KW_ERROR_FENCED_LEADER_EPOCH))
        return true;
    out->current_leader.leader_id = partition->leader_id;
    out->current_leader.leader_epoch = partition->leader_epoch;
    if (partition->leader_id != call->broker->identity.node_id || f->response->node_endpoints.len > 0)
        return true;
    kw_fetch_response_node_endpoint *self = kw_arena_alloc(call->arena, sizeof *self);
    if (self == NULL)
        return false;
    kw_fetch_response_node_endpoint_init(self);
    self->node_id = call->broker->identity.node_id;
    self->host = kw_string_of(call->endpoint->host);
    self->rack = metadata_broker_rack(call->image, self->node_id);
    self->port = call->endpoint->port;
    f->response->node_endpoints.items = self;
    f->response->node_endpoints.len = 1;
    return true;
}

/* Whether the reader's last record is not, or not in that epoch, in this log. KW_ERROR_OFFSET_OUT_OF_RANGE: nobody
 * knows. */
static int16_t find_divergence(const struct metadata_partition *partition, const kw_partition_log *log,
                               const request_partition *asked, response_partition *out, bool *diverges)
{
    *diverges = false;
    if (asked->last_fetched_epoch < 0)
        return KW_ERROR_NONE;
    kw_leader_epoch end = partition_epoch_end(partition, log, asked->last_fetched_epoch);
    if (end.epoch < 0 || end.start_offset < 0)
        return KW_ERROR_OFFSET_OUT_OF_RANGE;
    *diverges = end.epoch < asked->last_fetched_epoch || end.start_offset < asked->fetch_offset;
    if (*diverges && asked->fetch_offset >= log->start_offset) {
        out->diverging_epoch.epoch = end.epoch;
        out->diverging_epoch.end_offset = end.start_offset;
    }
    return KW_ERROR_NONE;
}

static bool list_aborted(struct fetching *f, const kw_partition_log *log, int64_t from, int64_t to,
                         response_partition *out)
{
    kw_aborted_txn txn;
    size_t count = 0;
    for (size_t i = 0; kw_partition_log_aborted(log, &i, from, to, &txn);)
        count++;
    out->aborted_transactions.len = 0;
    out->aborted_transactions.items = kw_arena_array(f->call->arena, count, sizeof *out->aborted_transactions.items);
    if (out->aborted_transactions.items == NULL)
        return false;
    for (size_t i = 0; kw_partition_log_aborted(log, &i, from, to, &txn);) {
        kw_fetch_response_aborted_transaction *item = &out->aborted_transactions.items[out->aborted_transactions.len++];
        kw_fetch_response_aborted_transaction_init(item);
        item->producer_id = txn.producer_id;
        item->first_offset = txn.first_offset;
    }
    return true;
}

static uint8_t greatest_magic(int16_t version)
{
    return version >= FIRST_FOR_MAGIC_2 ? KW_MAGIC_V2 : version >= FIRST_FOR_MAGIC_1 ? KW_MAGIC_V1 : KW_MAGIC_V0;
}

static void take_slice(struct fetching *f, const request_partition *asked, const struct log_slice *slice,
                       response_partition *out)
{
    f->bytes_there +=
        (int64_t)slice->there < asked->partition_max_bytes ? (int64_t)slice->there : asked->partition_max_bytes;
    f->is_urgent = f->is_urgent || slice->goes_on;
    out->records = slice->records;
    if (slice->segment == NULL)
        return;
    responses_keep(f->call->answers, slice->segment);
    f->record_fields--;
    f->at_least_one = false;
    f->bytes_left = f->bytes_left > slice->records.len ? f->bytes_left - slice->records.len : 0;
}

static void describe_log(const kw_partition_log *log, response_partition *out)
{
    out->high_watermark = log->end_offset;
    out->last_stable_offset = log->last_stable_offset;
    out->log_start_offset = log->start_offset;
}

static int32_t bytes_for(const struct fetching *f, const request_partition *asked)
{
    return asked->partition_max_bytes < f->bytes_left ? asked->partition_max_bytes : f->bytes_left;
}

static bool read_slice(struct fetching *f, struct stored_log *stored, const kw_partition_log *log,
                       const request_partition *asked, response_partition *out)
{
    bool committed = f->request->isolation_level == READ_COMMITTED;
    const struct slice_request wanted = {
        .offset = asked->fetch_offset,
        .end = committed ? log->last_stable_offset : log->end_offset,
        .max_bytes = f->record_fields != 0 ? bytes_for(f, asked) : 0,
        .at_least_one = f->at_least_one && f->record_fields != 0,
        .may_cut = f->call->version < FIRST_THAT_NEVER_CUTS,
        .max_magic = greatest_magic(f->call->version),
    };
    struct log_slice slice;
    int16_t error = log_slice_read(stored, &wanted, &slice);
    if (error != KW_ERROR_NONE) {
        refuse(f, error, out);
        return true;
    }
    describe_log(log, out);
    take_slice(f, asked, &slice, out);
    /* As in Kafka, nothing is said of transactions where the first batch did not fit. */
    bool too_small = wanted.max_bytes > 0 && out->records.len == 0 && asked->fetch_offset < wanted.end;
    return !committed || too_small || list_aborted(f, log, asked->fetch_offset, slice.upper_bound, out);
}

static bool read_partition(struct fetching *f, const struct metadata_topic *topic,
                           const struct metadata_partition *partition, const request_partition *asked,
                           response_partition *out)
{
    bool diverges = false;
    struct stored_log *stored = NULL;
    const kw_partition_log *log = NULL;
    out->aborted_transactions.len = -1;
    int16_t error = is_follower(f) ? (int16_t)KW_ERROR_NOT_LEADER_OR_FOLLOWER
                                   : partition_access(f->call->broker, topic, partition, asked->current_leader_epoch,
                                                      &stored, &log);
    if (error == KW_ERROR_NONE)
        error = find_divergence(partition, log, asked, out, &diverges);
    if (error == KW_ERROR_NONE && (asked->fetch_offset < log->start_offset || asked->fetch_offset > log->end_offset) &&
        (!diverges || asked->fetch_offset < log->start_offset))
        error = KW_ERROR_OFFSET_OUT_OF_RANGE;
    if (error == KW_ERROR_NONE && bytes_for(f, asked) < 0)
        error = KW_ERROR_UNKNOWN_SERVER_ERROR;
    if (error != KW_ERROR_NONE) {
        refuse(f, error, out);
        return tell_leader(f, partition, out);
    }
    if (!diverges)
        return read_slice(f, stored, log, asked, out);
    describe_log(log, out);
    f->is_urgent = true;
    return true;
}

/* ---- all of them ---- */

static const struct metadata_topic *find_topic(const struct fetching *f, const request_topic *topic)
{
    const struct metadata_image *image = f->call->image;
    return f->call->version >= FIRST_BY_ID ? metadata_topic_by_id(image, topic->topic_id)
                                           : metadata_topic_by_name(image, topic->topic);
}

/* Partitions that exist come first, as in Kafka. */
static bool read_known(struct fetching *f)
{
    const struct metadata_topic *topic = NULL;
    for (size_t i = 0; i < f->asked_count; i++) {
        const struct asked *asked = &f->asked[i];
        if (i == 0 || asked->topic != asked[-1].topic)
            topic = find_topic(f, asked->topic);
        const struct metadata_partition *partition =
            topic != NULL ? metadata_topic_partition(topic, asked->partition->partition) : NULL;
        if (partition != NULL && !read_partition(f, topic, partition, asked->partition,
                                                 next_partition(f, asked->topic, asked->partition->partition)))
            return false;
    }
    return true;
}

static void refuse_unknown(struct fetching *f)
{
    for (size_t i = 0; i < f->asked_count; i++) {
        const request_topic *asked = f->asked[i].topic;
        int32_t index = f->asked[i].partition->partition;
        const struct metadata_topic *topic = find_topic(f, asked);
        if (topic == NULL && f->call->version >= FIRST_BY_ID)
            next_partition(f, asked, index)->error_code = KW_ERROR_UNKNOWN_TOPIC_ID;
        else if (topic == NULL || metadata_topic_partition(topic, index) == NULL)
            next_partition(f, asked, index)->error_code = KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
    }
}

static int32_t max_bytes(const struct fetching *f)
{
    int32_t max = f->call->broker->config.fetch_max_bytes;
    return f->request->max_bytes < max ? f->request->max_bytes : max;
}

static bool read_all(struct fetching *f)
{
    f->response->responses.len = 0;
    f->response->node_endpoints.len = 0;
    f->partition_count = 0;
    f->record_fields = f->asked_count < RECORD_FIELDS_MAX ? f->asked_count : RECORD_FIELDS_MAX;
    f->bytes_there = 0;
    f->bytes_left = max_bytes(f);
    f->at_least_one = f->call->version >= FIRST_THAT_NEVER_CUTS;
    if (!responses_expect_records(f->call->answers, f->record_fields) || !read_known(f))
        return false;
    f->is_urgent = f->is_urgent || f->partition_count == 0;
    refuse_unknown(f);
    return true;
}

/* What is asked for twice is answered where it is asked for first, as it is asked for last: that is how Kafka does it.
 */
static bool list_asked(struct fetching *f)
{
    kw_arena *arena = f->call->arena;
    size_t count = 0, i = 0, kept = 0;
    for (int32_t t = 0; t < f->request->topics.len; t++)
        count += (size_t)f->request->topics.items[t].partitions.len;
    struct named_partition *named = kw_arena_array(arena, count, sizeof *named);
    struct asked *asked = f->asked = kw_arena_array(arena, count, sizeof *asked);
    f->partitions = kw_arena_array(arena, count, sizeof *f->partitions);
    f->response->responses.items = kw_arena_array(arena, count, sizeof *f->response->responses.items);
    if (named == NULL || asked == NULL || f->partitions == NULL || f->response->responses.items == NULL)
        return false;
    for (int32_t t = 0; t < f->request->topics.len; t++) {
        const request_topic *topic = &f->request->topics.items[t];
        const kw_string id = {(const char *)topic->topic_id.bytes, (int32_t)sizeof topic->topic_id.bytes};
        for (int32_t p = 0; p < topic->partitions.len; p++, i++) {
            asked[i] = (struct asked){topic, &topic->partitions.items[p]};
            named[i].topic = f->call->version >= FIRST_BY_ID ? id : topic->topic;
            named[i].partition = topic->partitions.items[p].partition;
        }
    }
    if (!repeats_find(named, count, arena))
        return false;
    for (i = 0; i < count; i++)
        if (named[i].last != NAMED_BEFORE)
            asked[kept++] = (struct asked){asked[i].topic, asked[named[i].last].partition};
    f->asked_count = kept;
    return true;
}

static bool should_wait(const struct fetching *f)
{
    int32_t min = f->request->min_bytes < max_bytes(f) ? f->request->min_bytes : max_bytes(f);
    return !f->is_urgent && f->request->max_wait_ms > 0 && f->bytes_there < min;
}

/* What was read is read again: it was let go. */
static bool wait_and_read(struct fetching *f)
{
    responses_wait(f->call->answers, f->request->max_wait_ms);
    return read_all(f);
}

static void refuse_all(struct fetching *f, int16_t error)
{
    f->response->error_code = error;
    for (size_t i = 0; i < f->asked_count; i++)
        next_partition(f, f->asked[i].topic, f->asked[i].partition->partition)->error_code = error;
}

/* There are no sessions: who wants one is given number 0, which says so, and asks in full each time. */
kw_status handle_fetch(const struct call *call, const request_type *request, response_type *response)
{
    struct fetching f = {.call = call, .request = request, .response = response};
    if (request->session_epoch != FULL && request->session_epoch != FINAL) {
        response->error_code = KW_ERROR_FETCH_SESSION_ID_NOT_FOUND;
        return KW_OK;
    }
    if (!list_asked(&f))
        return kw_arena_status(call->arena);
    if (request->isolation_level != READ_UNCOMMITTED && request->isolation_level != READ_COMMITTED) {
        refuse_all(&f, KW_ERROR_UNKNOWN_SERVER_ERROR);
        return KW_OK;
    }
    return read_all(&f) && (!should_wait(&f) || wait_and_read(&f)) ? KW_OK : kw_arena_status(call->arena);
}
