/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch.h"

#include <assert.h>

#include <kwire/error.h>

#include "../log/log_read.h"
#include "partition_access.h"

enum { READ_COMMITTED = 1 };

typedef kw_fetch_request_partition request_partition;
typedef kw_fetch_response_partition_data response_partition;

bool fetch_is_of_follower(const struct fetching *f)
{
    return f->request->replica_id >= 0 || f->request->replica_state.replica_id >= 0;
}

void fetch_refuse(struct fetching *f, int16_t error, response_partition *out)
{
    out->aborted_transactions.len = -1;
    if (error == KW_ERROR_KAFKA_STORAGE_ERROR && f->call->version < FETCH_FIRST_WITH_STORAGE_ERROR)
        error = KW_ERROR_NOT_LEADER_OR_FOLLOWER;
    out->error_code = error;
    f->is_urgent = true;
    f->bytes_left = f->bytes_left > 0 ? f->bytes_left : 0;
}

static bool tell_leader(struct fetching *f, const struct metadata_partition *partition, response_partition *out)
{
    const struct call *call = f->call;
    if (call->version < FETCH_FIRST_WITH_LEADER ||
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

/* Whether the log does not have the reader's last record in that epoch. KW_ERROR_OFFSET_OUT_OF_RANGE: it is not
 * known. */
static int16_t find_divergence(const struct metadata_partition *partition, const struct log_snapshot *snapshot,
                               const request_partition *asked, response_partition *out, bool *diverges)
{
    *diverges = false;
    if (asked->last_fetched_epoch < 0)
        return KW_ERROR_NONE;
    kw_leader_epoch end = partition_epoch_end(partition, snapshot, asked->last_fetched_epoch);
    if (end.epoch < 0 || end.start_offset < 0)
        return KW_ERROR_OFFSET_OUT_OF_RANGE;
    *diverges = end.epoch < asked->last_fetched_epoch || end.start_offset < asked->fetch_offset;
    if (*diverges && asked->fetch_offset >= snapshot->log_start_offset) {
        out->diverging_epoch.epoch = end.epoch;
        out->diverging_epoch.end_offset = end.start_offset;
    }
    return KW_ERROR_NONE;
}

static bool list_aborted(struct fetching *f, const struct log_snapshot *snapshot, int64_t from, int64_t to,
                         response_partition *out)
{
    kw_aborted_txn txn;
    size_t count = 0;
    for (size_t i = 0; log_next_aborted(snapshot, &i, from, to, &txn);)
        count++;
    out->aborted_transactions.len = 0;
    out->aborted_transactions.items = kw_arena_array(f->call->arena, count, sizeof *out->aborted_transactions.items);
    if (out->aborted_transactions.items == NULL)
        return false;
    for (size_t i = 0; log_next_aborted(snapshot, &i, from, to, &txn);) {
        kw_fetch_response_aborted_transaction *item = &out->aborted_transactions.items[out->aborted_transactions.len++];
        kw_fetch_response_aborted_transaction_init(item);
        item->producer_id = txn.producer_id;
        item->first_offset = txn.first_offset;
    }
    return true;
}

static void take_records(struct fetching *f, const struct log_slice *slice, response_partition *out)
{
    assert(f->held_count < f->held_max);
    f->held[f->held_count++] = slice->segment;
    out->records = slice->records;
}

static bool convert_records(struct fetching *f, const request_partition *asked, const struct log_snapshot *snapshot,
                            const struct log_slice *slice, response_partition *out)
{
    struct file_reading reading;
    log_slice_reading_start(slice, &reading);
    bool fine = fetch_convert(f, asked, slice->records, out);
    int16_t error = log_slice_reading_end(slice, snapshot, &reading);
    segment_release(slice->segment);
    if (error == KW_ERROR_NONE)
        return fine;
    fetch_refuse_old(f, error, out);
    fetch_refuse(f, error, out);
    return true;
}

/* False if memory is short. */
static bool take_slice(struct fetching *f, const request_partition *asked, const struct log_snapshot *snapshot,
                       const struct log_slice *slice, response_partition *out)
{
    f->bytes_available +=
        (int64_t)slice->available < asked->partition_max_bytes ? (int64_t)slice->available : asked->partition_max_bytes;
    f->is_urgent = f->is_urgent || slice->continues;
    f->bytes_left = f->bytes_left > slice->records.len ? f->bytes_left - slice->records.len : 0;
    if (slice->segment == NULL)
        return true;
    f->at_least_one = false;
    if (fetch_is_old(f))
        return convert_records(f, asked, snapshot, slice, out);
    take_records(f, slice, out);
    return true;
}

static void describe_log(const struct log_snapshot *snapshot, response_partition *out)
{
    out->high_watermark = snapshot->high_watermark;
    out->last_stable_offset = snapshot->last_stable_offset;
    out->log_start_offset = snapshot->log_start_offset;
}

static int32_t bytes_for(const struct fetching *f, const request_partition *asked)
{
    return asked->partition_max_bytes < f->bytes_left ? asked->partition_max_bytes : f->bytes_left;
}

static int64_t end_for_reader(const struct fetching *f, const struct log_snapshot *snapshot)
{
    return f->request->isolation_level == READ_COMMITTED ? snapshot->last_stable_offset : snapshot->high_watermark;
}

static bool read_slice(struct fetching *f, struct partition_log *log, const struct log_snapshot *snapshot,
                       const request_partition *asked, response_partition *out)
{
    bool committed = f->request->isolation_level == READ_COMMITTED;
    bool has_place = f->held_count + f->converted_count < f->held_max;
    const struct log_read_request wanted = {
        .offset = asked->fetch_offset,
        .end = end_for_reader(f, snapshot),
        .max_bytes = has_place ? bytes_for(f, asked) : 0,
        .at_least_one = f->at_least_one && has_place,
        .may_cut = f->call->version < FETCH_FIRST_THAT_NEVER_CUTS,
        .dont_block = f->dont_block,
    };
    struct log_slice slice;
    int16_t error = log_read(log, snapshot, &wanted, &slice);
    f->would_block = error == LOG_WOULD_BLOCK;
    if (f->would_block)
        return false;
    if (error != KW_ERROR_NONE) {
        fetch_refuse(f, error, out);
        return true;
    }
    if (slice.segment != NULL && f->dont_block && fetch_is_old(f)) { /* converting takes time */
        segment_release(slice.segment);
        f->would_block = true;
        return false;
    }
    describe_log(snapshot, out);
    if (!take_slice(f, asked, snapshot, &slice, out))
        return false;
    /* As in Kafka, nothing is said of transactions where the first batch did not fit. */
    bool too_small = wanted.max_bytes > 0 && out->records.len == 0 && asked->fetch_offset < wanted.end;
    return !committed || too_small || list_aborted(f, snapshot, asked->fetch_offset, slice.upper_bound, out);
}

/* Of a log that is open. */
static bool read_log(struct fetching *f, const struct metadata_partition *partition, struct partition_log *log,
                     const struct log_snapshot *snapshot, const request_partition *asked, response_partition *out)
{
    bool diverges = false;
    int16_t error = find_divergence(partition, snapshot, asked, out, &diverges);
    if (error == KW_ERROR_NONE &&
        (asked->fetch_offset < snapshot->log_start_offset || asked->fetch_offset > snapshot->log_end_offset) &&
        (!diverges || asked->fetch_offset < snapshot->log_start_offset))
        error = KW_ERROR_OFFSET_OUT_OF_RANGE;
    /* Where nothing is to be read, Kafka does not look at the limit. */
    if (error == KW_ERROR_NONE && bytes_for(f, asked) < 0 && !diverges &&
        asked->fetch_offset < end_for_reader(f, snapshot))
        error = KW_ERROR_UNKNOWN_SERVER_ERROR;
    if (error != KW_ERROR_NONE) {
        fetch_refuse(f, error, out);
        return tell_leader(f, partition, out);
    }
    if (!diverges)
        return read_slice(f, log, snapshot, asked, out);
    describe_log(snapshot, out);
    f->is_urgent = true;
    return true;
}

bool fetch_read_partition(struct fetching *f, const struct metadata_topic *topic,
                          const struct metadata_partition *partition, const request_partition *asked,
                          response_partition *out)
{
    struct partition_log *log = NULL;
    struct log_snapshot snapshot;
    out->aborted_transactions.len = -1;
    int32_t epoch =
        asked->current_leader_epoch < 0 ? -1 : asked->current_leader_epoch; /* Fetch takes them all for none */
    int16_t error = partition_access(f->call->broker, topic, partition, epoch, f->dont_block, &log, &snapshot);
    if (error == KW_ERROR_NONE && fetch_is_of_follower(f)) { /* no other broker is a replica */
        log_snapshot_release(&snapshot);
        log_release(log);
        error = KW_ERROR_NOT_LEADER_OR_FOLLOWER;
    }
    f->would_block = error == LOG_WOULD_BLOCK;
    if (f->would_block)
        return false;
    if (error != KW_ERROR_NONE) {
        fetch_refuse(f, error, out);
        return tell_leader(f, partition, out);
    }
    f->watches[f->watch_count++] = (struct fetch_watch){.log = log, .high_watermark = snapshot.high_watermark};
    bool fine = true;
    if (fetch_is_of_zstd(f, log))
        fetch_refuse_old(f, KW_ERROR_UNSUPPORTED_COMPRESSION_TYPE, out);
    else
        fine = read_log(f, partition, log, &snapshot, asked, out);
    log_snapshot_release(&snapshot);
    return fine;
}
