/* SPDX-License-Identifier: Apache-2.0 */
/* scarce_markers FOLDER   FOLDER is not used: the files are in memory.
 *
 * The end of a transaction is written to a log and to a shard of groups while one allocation after the other fails:
 * each marker is written or has an error, the next attempt succeeds, and nothing leaks. */
#include "../server/coordinator/shards_support.h"
#include "../server/support/captured.h"

#include <kwire/record_builder.h>

#include "transaction/markers.h"

#include "scarce.h"

enum { PRODUCER = 4000, MOST_CALLS = 50000 };

static struct captured captured;
static int done_calls;

static void start_in_memory(void)
{
    assert_true(use_memory());
    assert_true(start_all());
    assert_true(init_shards());
    create_topic(1);
    start_shards(1);
    settle();
}

static void stop_in_memory(void)
{
    stop_shards();
    assert_int_equal(states, 0);
    assert_true(stop_all());
    (void)forget_given(NULL);
    end_memory();
}

/* ---- a transaction ---- */

static struct partition_log *find_log(const char *topic)
{
    const kw_uuid any = {{0}};
    struct partition_log *log = log_manager_find(&broker.logs, kw_string_of(topic), any, 0);
    assert_non_null(log);
    return log;
}

static void create_other_topic(void)
{
    kw_create_topics_request request;
    kw_create_topics_request_creatable_topic topic;
    kw_create_topics_request_init(&request);
    kw_create_topics_request_creatable_topic_init(&topic);
    topic.name = kw_string_of("t");
    topic.num_partitions = 1;
    topic.replication_factor = 1;
    request.timeout_ms = 1000;
    request.topics.items = &topic;
    request.topics.len = 1;
    (void)ask(KW_KEY_CREATE_TOPICS, 7, &request);
}

static void produce(void)
{
    struct partition_log *log = find_log("t");
    struct log_snapshot snapshot;
    uint8_t bytes[256];
    struct append_batch batch;
    kw_batch_options options;
    kw_writer w;
    kw_batch_builder b;
    const kw_new_record record = {.timestamp = 5, .key = {NULL, -1}, .value = kw_bytes_of("v", 1)};
    assert_int_equal(partition_log_acquire(log, false, &snapshot), KW_ERROR_NONE);
    log_snapshot_release(&snapshot);
    kw_batch_options_init(&options);
    options.producer_id = PRODUCER;
    options.producer_epoch = 0;
    options.base_sequence = 0;
    options.transactional = true;
    kw_writer_init(&w, bytes, sizeof bytes);
    assert_int_equal(kw_batch_builder_init(&b, &w, &options), KW_OK);
    assert_int_equal(kw_batch_builder_append(&b, &record), KW_OK);
    assert_int_equal(kw_batch_builder_end(&b), KW_OK);
    memcpy(batch.header, bytes, sizeof batch.header);
    batch.records = kw_bytes_of(bytes + KW_BATCH_V2_RECORDS, b.size - KW_BATCH_V2_RECORDS);
    struct log_append append = {.batches = &batch, .count = 1, .verification = VERIFICATION_OFF};
    assert_true(log_append(log, &append));
    assert_int_equal(append.error, KW_ERROR_NONE);
    log_release(log);
}

static void commit_offsets(void)
{
    struct partition_log *log = find_log("__consumer_offsets");
    struct shard *shard = find_shard(0);
    struct toy_event event;
    toy_event_init(&event, TOY_PUT_ALL, 1, &sim.executor);
    event.txn =
        (struct coordinator_txn){.batch = COORDINATOR_TRANSACTIONAL,
                                 .producer_id = PRODUCER,
                                 .verification = verifications_enter(&log->verifications, PRODUCER, 0, 0, false)};
    assert_true(toy_submit(shard, &event));
    assert_int_equal(event.error, KW_ERROR_NONE);
    shards_release(shard);
    log_release(log);
}

/* ---- its end ---- */

static void note_done(struct markers_job *job)
{
    (void)job;
    done_calls++;
}

static void end_transaction(int16_t errors[2])
{
    static const struct txn_partition partitions[] = {{{"__consumer_offsets", 18}, 0}, {{"t", 1}, 0}};
    struct markers_target target = {&broker.logs, &shards, &broker.metadata, NODE, no_time};
    const struct txn_marker marker = {.producer_id = PRODUCER,
                                      .producer_epoch = 1,
                                      .is_commit = false,
                                      .coordinator_epoch = 3,
                                      .transaction_version = 2,
                                      .partitions = partitions,
                                      .partition_count = 2,
                                      .errors = errors};
    struct markers_job job = {.markers = &marker, .count = 1, .executor = &sim.executor, .done = note_done};
    done_calls = 0;
    markers_write(&target, &job);
    settle();
    assert_int_equal(done_calls, 1);
}

static int64_t stable_of(const char *topic)
{
    struct partition_log *log = find_log(topic);
    struct log_snapshot snapshot;
    assert_int_equal(partition_log_acquire(log, false, &snapshot), KW_ERROR_NONE);
    log_snapshot_release(&snapshot);
    log_release(log);
    return snapshot.last_stable_offset;
}

static bool try_to_end(size_t n)
{
    int16_t errors[2] = {-1, -1};
    start_in_memory();
    create_other_topic();
    produce();
    commit_offsets();
    capture_start(&captured);
    scarce_fail_at(SCARCE_MEMORY, n);
    end_transaction(errors);
    bool failed = scarce_has_failed();
    scarce_fail_at(SCARCE_MEMORY, 0);
    (void)capture_end(&captured);
    for (size_t i = 0; i < 2; i++)
        assert_true(errors[i] == KW_ERROR_NONE || (failed && errors[i] == KW_ERROR_KAFKA_STORAGE_ERROR));
    assert_int_equal(stable_of("t"), errors[1] == KW_ERROR_NONE ? 2 : 0);
    assert_int_equal(stable_of("__consumer_offsets"), errors[0] == KW_ERROR_NONE ? TOY_COUNTERS + 1 : 0);
    end_transaction(errors);
    assert_int_equal(errors[0], KW_ERROR_NONE);
    assert_int_equal(errors[1], KW_ERROR_NONE);
    assert_true(stable_of("t") >= 2);
    assert_true(stable_of("__consumer_offsets") >= TOY_COUNTERS + 1);
    stop_in_memory();
    return failed;
}

static void the_end_of_a_transaction(void **state)
{
    (void)state;
    size_t n = 1, blocks = scarce_blocks();
    for (bool failed = true; failed; n++) {
        failed = try_to_end(n);
        assert_int_equal(scarce_blocks(), blocks);
        assert_true(n < MOST_CALLS);
    }
    assert_true(n > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_of_a_transaction),
    };
    scarce_count_arenas();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
