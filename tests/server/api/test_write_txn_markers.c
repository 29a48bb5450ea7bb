/* SPDX-License-Identifier: Apache-2.0 */
/* WriteTxnMarkers: markers in logs and in shards of groups, in a broker whose directory is in memory. */
#include <kwire/api_keys.h>

#include "api/dispatch.h"
#include "api/handlers.h"

static enum call_outcome call_write_txn_markers(struct call *call)
{
    return handle_write_txn_markers(call, call->request, call->response);
}

static const struct api apis[] = {{KW_KEY_WRITE_TXN_MARKERS,
                                   {0, 2},
                                   &kw_write_txn_markers_request_message,
                                   &kw_write_txn_markers_response_message,
                                   call_write_txn_markers}};

#include "direct_api.h"

#include <kwire/messages/offset_commit_key.h>
#include <kwire/messages/offset_commit_value.h>

#include <kwire/record_builder.h>

#include "base/clock.h"
#include "log/log_append.h"
#include "log/log_read.h"

#include "../support/captured.h"

enum { PRODUCER = 4000, EPOCH = 3, COORDINATOR_EPOCH = 8, MOST_PARTITIONS = 1200, MOST_MARKERS = 3 };

/* ---- requests ---- */

struct asked_marker {
    kw_write_txn_markers_request_writable_txn_marker_topic topics[2];
    int32_t partitions[2][MOST_PARTITIONS];
};

static struct asked_marker parts[MOST_MARKERS];
static kw_write_txn_markers_request_writable_txn_marker markers[MOST_MARKERS];
static kw_write_txn_markers_request request;

static void start_request(void)
{
    kw_write_txn_markers_request_init(&request);
    request.markers.items = markers;
}

static kw_write_txn_markers_request_writable_txn_marker *add_marker(bool is_commit)
{
    kw_write_txn_markers_request_writable_txn_marker *m = &markers[request.markers.len];
    kw_write_txn_markers_request_writable_txn_marker_init(m);
    m->producer_id = PRODUCER;
    m->producer_epoch = EPOCH;
    m->coordinator_epoch = COORDINATOR_EPOCH;
    m->transaction_result = is_commit;
    m->topics.items = parts[request.markers.len++].topics;
    return m;
}

static void add_partition(const char *topic, int32_t partition)
{
    kw_write_txn_markers_request_writable_txn_marker *m = &markers[request.markers.len - 1];
    struct asked_marker *p = &parts[request.markers.len - 1];
    int32_t t = m->topics.len - 1;
    if (t < 0 || !kw_string_equal(m->topics.items[t].name, kw_string_of(topic))) {
        t = m->topics.len++;
        kw_write_txn_markers_request_writable_txn_marker_topic_init(&m->topics.items[t]);
        m->topics.items[t].name = kw_string_of(topic);
        m->topics.items[t].partition_indexes.items = p->partitions[t];
    }
    p->partitions[t][m->topics.items[t].partition_indexes.len++] = partition;
}

/* One marker for one partition. */
static const char *end_in(const char *topic, int32_t partition, bool is_commit, int16_t epoch, int8_t version)
{
    start_request();
    kw_write_txn_markers_request_writable_txn_marker *m = add_marker(is_commit);
    m->producer_epoch = epoch;
    m->transaction_version = version;
    add_partition(topic, partition);
    return ask_api(0, &request);
}

#define ANSWER(topic, partition, error)                                                                       \
    "{'markers':[{'producerId':4000,'topics':[{'name':'" topic "','partitions':[{'partitionIndex':" partition \
    ",'errorCode':" error "}]}]}]}"

/* ---- logs ---- */

static struct partition_log *log_of(const char *topic, int32_t partition)
{
    const kw_uuid any = {{0}};
    struct partition_log *log = log_manager_find(&broker.logs, kw_string_of(topic), any, partition);
    assert_non_null(log);
    log_release(log); /* the manager keeps it */
    return log;
}

static struct log_snapshot snapshot_of(const char *topic, int32_t partition)
{
    struct log_snapshot snapshot;
    assert_int_equal(partition_log_acquire(log_of(topic, partition), false, &snapshot), KW_ERROR_NONE);
    return snapshot;
}

static void assert_ends(int32_t partition, int64_t stable, int64_t end)
{
    struct log_snapshot snapshot = snapshot_of("t", partition);
    assert_int_equal(snapshot.last_stable_offset, stable);
    assert_int_equal(snapshot.log_end_offset, end);
    log_snapshot_release(&snapshot);
}

/* One record of a transaction. */
static int16_t put(int32_t partition, int16_t epoch, int32_t sequence)
{
    struct partition_log *log = log_of("t", partition);
    struct log_snapshot snapshot = snapshot_of("t", partition);
    uint8_t bytes[256];
    struct append_batch batch;
    kw_batch_options options;
    kw_writer w;
    kw_batch_builder b;
    const kw_new_record record = {.timestamp = clock_wall_ms(), .key = {NULL, -1}, .value = kw_bytes_of("v", 1)};
    log_snapshot_release(&snapshot);
    kw_batch_options_init(&options);
    options.producer_id = PRODUCER;
    options.producer_epoch = epoch;
    options.base_sequence = sequence;
    options.transactional = true;
    kw_writer_init(&w, bytes, sizeof bytes);
    assert_int_equal(kw_batch_builder_init(&b, &w, &options), KW_OK);
    assert_int_equal(kw_batch_builder_append(&b, &record), KW_OK);
    assert_int_equal(kw_batch_builder_end(&b), KW_OK);
    memcpy(batch.header, bytes, sizeof batch.header);
    batch.records = kw_bytes_of(bytes + KW_BATCH_V2_RECORDS, b.size - KW_BATCH_V2_RECORDS);
    struct log_append append = {
        .batches = &batch,
        .count = 1,
        .origin = APPEND_CLIENT,
        .verification = verifications_enter(&log->verifications, PRODUCER, epoch, sequence, false),
    };
    assert_true(log_append(log, &append));
    return append.error;
}

/* The last batch of the log. */
static kw_batch last_batch(int32_t partition, uint8_t bytes[256])
{
    struct log_snapshot snapshot = snapshot_of("t", partition);
    struct log_slice slice;
    kw_batches batches;
    kw_batch batch;
    const struct log_read_request all = {
        .offset = snapshot.log_end_offset - 1, .end = snapshot.log_end_offset, .max_bytes = INT32_MAX};
    assert_int_equal(log_read(log_of("t", partition), &snapshot, &all, &slice), KW_ERROR_NONE);
    assert_true(slice.records.len <= 256);
    memcpy(bytes, slice.records.data, (size_t)slice.records.len);
    kw_batches_init_memory(&batches, bytes, (size_t)slice.records.len);
    batches.flags = KW_BATCHES_CHECK_CRC;
    assert_true(kw_batches_next(&batches, &batch));
    segment_release(slice.segment);
    log_snapshot_release(&snapshot);
    return batch;
}

static int set_up_topics(void **state)
{
    if (set_up_apis(state) != 0)
        return -1;
    create_topic("t", 3);
    create_topic("__consumer_offsets", 4);
    sim_settle(&sim);
    return 0;
}

#define MARKERS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_topics, tear_down_apis)

/* ---- markers in logs ---- */

/* MemoryRecords.withEndTransactionMarker() of Kafka, but for offset, epoch of the leader, time and checksum. */
static void the_bytes_of_a_marker(void **state)
{
    (void)state;
    static const uint8_t record[] = {0x20, 0, 0, 0, 8, 0, 0, 0, 1, 12, 0, 0, 0, 0, 0, COORDINATOR_EPOCH, 0};
    uint8_t bytes[256];
    assert_string_equal(end_in("t", 1, true, EPOCH, 0), ANSWER("t", "1", "0"));
    kw_batch batch = last_batch(1, bytes);
    assert_int_equal(batch.size, KW_BATCH_V2_RECORDS + sizeof record);
    assert_memory_equal(bytes + KW_BATCH_V2_RECORDS, record, sizeof record);
    assert_int_equal(kw_load_be16(bytes + KW_BATCH_V2_ATTRIBUTES), KW_ATTRIBUTE_CONTROL | KW_ATTRIBUTE_TRANSACTIONAL);
    assert_int_equal(batch.producer_id, PRODUCER);
    assert_int_equal(batch.producer_epoch, EPOCH);
    assert_int_equal(batch.base_sequence, KW_NO_SEQUENCE);
    assert_int_equal(batch.count, 1);
    assert_int_equal(batch.leader_epoch, 0);
    assert_true(batch.max_timestamp > 1700000000000);
    assert_ends(1, 1, 1);
}

static void a_transaction_is_committed(void **state)
{
    (void)state;
    kw_aborted_txn aborted;
    size_t at = 0;
    assert_int_equal(put(1, EPOCH, 0), KW_ERROR_NONE);
    assert_int_equal(put(1, EPOCH, 1), KW_ERROR_NONE);
    assert_ends(1, 0, 2);
    assert_string_equal(end_in("t", 1, true, EPOCH, 0), ANSWER("t", "1", "0"));
    assert_ends(1, 3, 3);
    struct log_snapshot snapshot = snapshot_of("t", 1);
    assert_false(log_next_aborted(&snapshot, &at, 0, 3, &aborted));
    log_snapshot_release(&snapshot);
}

static void a_transaction_is_aborted(void **state)
{
    (void)state;
    kw_aborted_txn aborted;
    size_t at = 0;
    assert_int_equal(put(1, EPOCH, 0), KW_ERROR_NONE);
    assert_string_equal(end_in("t", 1, false, EPOCH, 0), ANSWER("t", "1", "0"));
    assert_ends(1, 2, 2);
    struct log_snapshot snapshot = snapshot_of("t", 1);
    assert_true(log_next_aborted(&snapshot, &at, 0, 2, &aborted));
    assert_int_equal(aborted.producer_id, PRODUCER);
    assert_int_equal(aborted.first_offset, 0);
    assert_int_equal(aborted.last_offset, 1);
    assert_int_equal(aborted.last_stable_offset, 2);
    log_snapshot_release(&snapshot);
}

static void times_of_the_broker(void **state)
{
    (void)state;
    uint8_t bytes[256];
    struct log_config config;
    struct partition_log *log = log_of("t", 1);
    assert_true(partition_log_config(log, &config));
    config.log_append_time = true;
    partition_log_configure(log, &config);
    assert_string_equal(end_in("t", 1, true, EPOCH, 0), ANSWER("t", "1", "0"));
    (void)last_batch(1, bytes);
    assert_true((kw_load_be16(bytes + KW_BATCH_V2_ATTRIBUTES) & KW_ATTRIBUTE_LOG_APPEND_TIME) != 0);
}

/* ---- what is refused ---- */

static void partitions_that_are_not_here(void **state)
{
    (void)state;
    start_request();
    (void)add_marker(true);
    add_partition("nowhere", 0);
    add_partition("t", 3);
    add_partition("t", -1);
    add_partition("t", 2);
    assert_string_equal(ask_api(0, &request),
                        "{'markers':[{'producerId':4000,'topics':["
                        "{'name':'nowhere','partitions':[{'partitionIndex':0,'errorCode':3}]},"
                        "{'name':'t','partitions':[{'partitionIndex':-1,'errorCode':3},"
                        "{'partitionIndex':2,'errorCode':0},{'partitionIndex':3,'errorCode':3}]}]}]}");
    assert_ends(2, 1, 1);
}

static void older_coordinators(void **state)
{
    (void)state;
    assert_int_equal(put(1, EPOCH, 0), KW_ERROR_NONE);
    assert_string_equal(end_in("t", 1, true, EPOCH, 0), ANSWER("t", "1", "0"));
    start_request();
    add_marker(true)->coordinator_epoch = COORDINATOR_EPOCH - 1;
    add_partition("t", 1);
    assert_string_equal(ask_api(0, &request), ANSWER("t", "1", "52"));
    assert_ends(1, 2, 2);
}

static void epochs_of_producers(void **state)
{
    (void)state;
    assert_int_equal(put(1, EPOCH, 0), KW_ERROR_NONE);
    assert_string_equal(end_in("t", 1, true, EPOCH - 1, 0), ANSWER("t", "1", "47"));
    assert_string_equal(end_in("t", 1, true, EPOCH, 2), ANSWER("t", "1", "47"));
    assert_ends(1, 0, 1);
    assert_string_equal(end_in("t", 1, true, EPOCH + 1, 2), ANSWER("t", "1", "0"));
    assert_ends(1, 2, 2);
    assert_string_equal(end_in("t", 1, true, EPOCH + 1, 2), ANSWER("t", "1", "0")); /* again */
    assert_ends(1, 3, 3);
}

static void a_log_that_cannot_be_written(void **state)
{
    (void)state;
    struct captured captured;
    assert_int_equal(put(1, EPOCH, 0), KW_ERROR_NONE);
    capture_start(&captured);
    file_faults_plan(FAULT_WRITE, 0, 1, ENOSPC);
    assert_string_equal(end_in("t", 1, true, EPOCH, 0), ANSWER("t", "1", "56")); /* KAFKA_STORAGE_ERROR */
    file_faults_plan(0, 0, 0, 0);
    (void)capture_end(&captured);
    assert_ends(1, 0, 1);
    assert_string_equal(end_in("t", 1, true, EPOCH, 0), ANSWER("t", "1", "0"));
    assert_ends(1, 2, 2);
}

static size_t size_of_index(void)
{
    kw_arena of_file;
    kw_bytes bytes;
    kw_arena_init_growing(&of_file, NULL, 0, kw_allocator_libc(), 1 << 20);
    kw_status status = file_load("data/t-1/00000000000000000000.txnindex", 1 << 20, &of_file, &bytes);
    kw_arena_finish(&of_file);
    return status == KW_OK ? (size_t)bytes.len : 0;
}

/* The marker is written, and readers know what it has ended. */
static void the_index_of_transactions_is_behind(void **state)
{
    (void)state;
    struct captured captured;
    for (int16_t i = 0; i < 2; i++) {
        assert_int_equal(put(1, EPOCH + i, 0), KW_ERROR_NONE);
        capture_start(&captured);
        file_faults_plan(FAULT_WRITE, 1, 1, ENOSPC);
        const char *answer = end_in("t", 1, false, EPOCH + 1 + i, 2);
        file_faults_plan(0, 0, 0, 0);
        const char *said = capture_end(&captured);
        assert_string_equal(answer, ANSWER("t", "1", "0"));
        assert_non_null(strstr(said, "adding an aborted transaction to its index: No space left on "
                                     "device; it is done later\n"));
        assert_ends(1, 2 * (i + 1), 2 * (i + 1));
        assert_int_equal(size_of_index(), 0);
    }
    assert_int_equal(put(1, EPOCH + 2, 0), KW_ERROR_NONE);
    assert_string_equal(end_in("t", 1, false, EPOCH + 3, 2), ANSWER("t", "1", "0"));
    assert_int_equal(size_of_index(), 3 * KW_ABORTED_TXN_SIZE);
    struct log_snapshot snapshot = snapshot_of("t", 1);
    assert_int_equal(snapshot.contents->aborted_count, 3);
    log_snapshot_release(&snapshot);
}

static void markers_that_are_none(void **state)
{
    (void)state;
    static const int16_t epochs[] = {-1, -2, INT16_MIN};
    for (size_t i = 0; i < COUNT_OF(epochs); i++)
        assert_string_equal(end_in("t", 1, true, epochs[i], 0), ANSWER("t", "1", "-1")); /* UNKNOWN_SERVER_ERROR */
    assert_ends(1, 0, 0);
}

static void a_topic_whose_batches_must_be_smaller(void **state)
{
    (void)state;
    struct log_config config;
    struct partition_log *log = log_of("t", 1);
    assert_int_equal(put(1, EPOCH, 0), KW_ERROR_NONE);
    assert_true(partition_log_config(log, &config));
    config.max_message_bytes = 77;
    partition_log_configure(log, &config);
    assert_string_equal(end_in("t", 1, true, EPOCH - 1, 0), ANSWER("t", "1", "10")); /* MESSAGE_TOO_LARGE */
    assert_ends(1, 0, 1);
    config.max_message_bytes = 78;
    partition_log_configure(log, &config);
    assert_string_equal(end_in("t", 1, true, EPOCH, 0), ANSWER("t", "1", "0"));
    assert_ends(1, 2, 2);
}

static void too_few_replicas(void **state)
{
    (void)state;
    struct log_config config;
    const struct metadata_partition *partition = metadata_topic_partition(current_topic("t"), 1);
    struct metadata_partition *changed = (struct metadata_partition *)(uintptr_t)partition;
    assert_true(partition_log_config(log_of("t", 1), &config));
    config.min_insync_replicas = 2;
    partition_log_configure(log_of("t", 1), &config);
    assert_string_equal(end_in("t", 1, true, EPOCH, 0), ANSWER("t", "1", "0")); /* it has one replica */
    int32_t replicas[] = {NODE, NODE + 1};
    kw_int32_array before = partition->replicas;
    changed->replicas = (kw_int32_array){replicas, 2};
    assert_string_equal(end_in("t", 1, true, EPOCH, 0), ANSWER("t", "1", "19")); /* NOT_ENOUGH_REPLICAS */
    changed->leader_id = NODE + 1;
    assert_string_equal(end_in("t", 1, true, EPOCH, 0), ANSWER("t", "1", "6")); /* NOT_LEADER_OR_FOLLOWER */
    changed->replicas = (kw_int32_array){&replicas[1], 1};
    assert_string_equal(end_in("t", 1, true, EPOCH, 0), ANSWER("t", "1", "3"));
    changed->leader_id = NODE;
    changed->replicas = before;
    assert_ends(1, 1, 1);
}

/* ---- many ---- */

static void markers_of_the_same_producer_are_answered_together(void **state)
{
    (void)state;
    start_request();
    (void)add_marker(true);
    add_partition("t", 2);
    add_partition("t", 0);
    add_partition("t", 2); /* once */
    add_marker(true)->producer_id = 5;
    add_partition("t", 2);
    add_marker(false)->coordinator_epoch = COORDINATOR_EPOCH - 1;
    add_partition("t", 2);
    assert_string_equal(ask_api(0, &request),
                        "{'markers':[{'producerId':5,'topics':[{'name':'t','partitions':["
                        "{'partitionIndex':2,'errorCode':0}]}]},"
                        "{'producerId':4000,'topics':[{'name':'t','partitions':["
                        "{'partitionIndex':0,'errorCode':0},{'partitionIndex':2,'errorCode':52}]}]}]}");
    assert_ends(2, 2, 2);
    assert_ends(0, 1, 1);
}

static void nothing_to_do(void **state)
{
    (void)state;
    start_request();
    assert_string_equal(ask_api(0, &request), "{'markers':[]}");
    (void)add_marker(true);
    assert_string_equal(ask_api(0, &request), "{'markers':[]}");
}

static void more_than_are_written_at_once(void **state)
{
    (void)state;
    start_request();
    (void)add_marker(true);
    for (int32_t i = 0; i < MOST_PARTITIONS; i++)
        add_partition("t", MOST_PARTITIONS - 1 - i);
    const char *answer = ask_api(0, &request);
    size_t unknown = 0, fine = 0;
    for (const char *at = answer; (at = strstr(at, "'errorCode':")) != NULL; at++) {
        fine += strncmp(at, "'errorCode':0", 13) == 0;
        unknown += strncmp(at, "'errorCode':3", 13) == 0;
    }
    assert_int_equal(fine, 3);
    assert_int_equal(unknown, MOST_PARTITIONS - 3);
    for (int32_t i = 0; i < 3; i++)
        assert_ends(i, 1, 1);
}

static void the_connection_goes_meanwhile(void **state)
{
    (void)state;
    start_request();
    (void)add_marker(true);
    add_partition("t", 0); /* whose log has to be opened */
    assert_int_equal(send_to(0, &request), EXCHANGE_PENDING);
    sim_client_leave(&peer);
    sim_settle(&sim);
    assert_ends(0, 1, 1);
}

/* ---- shards of groups ---- */

static struct shard *shard_of(int32_t partition)
{
    struct shard *shard;
    assert_int_equal(shards_find(&broker.groups, partition, &shard), KW_ERROR_NONE);
    return shard;
}

static int16_t offsets_epoch;

static void decide_offset(struct coordinator_event *event, struct coordinator_decision *d)
{
    kw_offset_commit_key key;
    kw_offset_commit_value value;
    (void)event;
    kw_offset_commit_key_init(&key);
    kw_offset_commit_value_init(&value);
    key.group = kw_string_of("group");
    key.topic = kw_string_of("t");
    key.partition = 2;
    value.offset = 42;
    value.metadata = kw_string_of("");
    record_out_add(&d->records, &kw_offset_commit_key_message, &key, &kw_offset_commit_value_message, 3, &value);
    d->txn = (struct coordinator_txn){
        .batch = COORDINATOR_TRANSACTIONAL, .producer_id = PRODUCER, .producer_epoch = offsets_epoch, .version = 2};
    d->txn.verification =
        verifications_enter(&log_of("__consumer_offsets", 3)->verifications, PRODUCER, offsets_epoch, 0, false);
}

static int16_t commit_offset(int16_t epoch)
{
    offsets_epoch = epoch;
    struct shard *shard = shard_of(3); /* abs("group".hashCode()) % 4 */
    struct coordinator_event event = {.decide = decide_offset, .executor = &sim.executor};
    assert_true(coordinator_submit(shard, &event));
    shards_release(shard);
    return event.error;
}

static const char *fetch_offset(void)
{
    kw_offset_fetch_request fetch;
    kw_offset_fetch_request_group group;
    kw_offset_fetch_request_topics topic;
    int32_t index = 2;
    kw_offset_fetch_request_init(&fetch);
    kw_offset_fetch_request_group_init(&group);
    kw_offset_fetch_request_topics_init(&topic);
    topic.name = kw_string_of("t");
    topic.partition_indexes.items = &index;
    topic.partition_indexes.len = 1;
    group.group_id = kw_string_of("group");
    group.topics.items = &topic;
    group.topics.len = 1;
    fetch.groups.items = &group;
    fetch.groups.len = 1;
    return ask(KW_KEY_OFFSET_FETCH, 9, &fetch);
}

static void offsets_of_a_transaction_that_is_committed(void **state)
{
    (void)state;
    assert_int_equal(commit_offset(EPOCH), KW_ERROR_NONE);
    assert_non_null(strstr(fetch_offset(), "'committedOffset':-1"));
    assert_string_equal(end_in("__consumer_offsets", 3, true, EPOCH + 1, 2), ANSWER("__consumer_offsets", "3", "0"));
    assert_non_null(strstr(fetch_offset(), "'committedOffset':42"));
    struct log_snapshot snapshot = snapshot_of("__consumer_offsets", 3);
    assert_int_equal(snapshot.last_stable_offset, 2);
    log_snapshot_release(&snapshot);
}

static void offsets_of_a_transaction_that_is_aborted(void **state)
{
    (void)state;
    assert_int_equal(commit_offset(EPOCH), KW_ERROR_NONE);
    assert_string_equal(end_in("__consumer_offsets", 3, false, EPOCH, 2), ANSWER("__consumer_offsets", "3", "47"));
    assert_string_equal(end_in("__consumer_offsets", 3, false, EPOCH + 1, 2), ANSWER("__consumer_offsets", "3", "0"));
    assert_non_null(strstr(fetch_offset(), "'committedOffset':-1"));
    assert_int_equal(commit_offset(EPOCH), KW_ERROR_INVALID_PRODUCER_EPOCH);
    assert_non_null(strstr(fetch_offset(), "'committedOffset':-1"));
    assert_int_equal(commit_offset(EPOCH + 1), KW_ERROR_NONE);
    assert_string_equal(end_in("__consumer_offsets", 3, true, EPOCH + 2, 2), ANSWER("__consumer_offsets", "3", "0"));
    assert_non_null(strstr(fetch_offset(), "'committedOffset':42"));
}

static void a_shard_that_is_not_ready(void **state)
{
    (void)state;
    shards_stop(&broker.groups);
    sim_settle(&sim);
    assert_string_equal(end_in("__consumer_offsets", 3, true, EPOCH, 0), ANSWER("__consumer_offsets", "3", "6"));
    assert_string_equal(end_in("__consumer_offsets", 4, true, EPOCH, 0), ANSWER("__consumer_offsets", "4", "3"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MARKERS_TEST(the_bytes_of_a_marker),
        MARKERS_TEST(a_transaction_is_committed),
        MARKERS_TEST(a_transaction_is_aborted),
        MARKERS_TEST(times_of_the_broker),
        MARKERS_TEST(partitions_that_are_not_here),
        MARKERS_TEST(older_coordinators),
        MARKERS_TEST(epochs_of_producers),
        MARKERS_TEST(a_log_that_cannot_be_written),
        MARKERS_TEST(the_index_of_transactions_is_behind),
        MARKERS_TEST(markers_that_are_none),
        MARKERS_TEST(a_topic_whose_batches_must_be_smaller),
        MARKERS_TEST(too_few_replicas),
        MARKERS_TEST(markers_of_the_same_producer_are_answered_together),
        MARKERS_TEST(nothing_to_do),
        MARKERS_TEST(more_than_are_written_at_once),
        MARKERS_TEST(the_connection_goes_meanwhile),
        MARKERS_TEST(offsets_of_a_transaction_that_is_committed),
        MARKERS_TEST(offsets_of_a_transaction_that_is_aborted),
        MARKERS_TEST(a_shard_that_is_not_ready),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
