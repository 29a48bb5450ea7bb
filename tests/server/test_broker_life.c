/* SPDX-License-Identifier: Apache-2.0 */
/* A whole broker lives twice on a disk of which each call fails once, or all from one on: first start, topics that are
 * created, grow, change and go, records, new segments, deleted records, checkpoints, a clean stop, a start after that,
 * a stop without anything, and recovery. What was acknowledged is there at the next start that nothing disturbs. */
#include "log/log_folder.h"

#include <inttypes.h>

#include <kwire/api_keys.h>
#include <kwire/batches.h>
#include <kwire/error.h>
#include <kwire/frame.h>
#include <kwire/messages/create_partitions_request.h>
#include <kwire/messages/create_partitions_response.h>
#include <kwire/messages/create_topics_request.h>
#include <kwire/messages/create_topics_response.h>
#include <kwire/messages/delete_records_request.h>
#include <kwire/messages/delete_records_response.h>
#include <kwire/messages/delete_topics_request.h>
#include <kwire/messages/delete_topics_response.h>
#include <kwire/messages/incremental_alter_configs_request.h>
#include <kwire/messages/incremental_alter_configs_response.h>
#include <kwire/messages/init_producer_id_request.h>
#include <kwire/messages/init_producer_id_response.h>
#include <kwire/messages/produce_request.h>
#include <kwire/messages/produce_response.h>
#include <kwire/record_builder.h>

#include "base/file_memory.h"
#include "log/log_change.h"
#include "log/log_read.h"
#include "log/log_upkeep.h"
#include "log/retention.h"
#include "support/captured.h"
#include "support/file_faults.h"
#include "support/whole_broker.h"

enum { LIMIT = 64 << 20, ANSWER = 64 * 1024, MOST_RECORDS = 64, TIME = 1000, NOT_DONE = -100 };

static struct whole_broker broker;
static kw_arena arena;

/* What clients know. */
static struct {
    int64_t offsets[MOST_RECORDS]; /* of a-0, that were acknowledged; the time of each is that of its number */
    int64_t times[MOST_RECORDS];
    size_t acknowledged;
    size_t sent;
    int16_t created, grown, altered, deleted, records_deleted; /* errors; NOT_DONE: nobody has asked, or no answer */
    int64_t producer_id;
    int32_t sequence;
} known;

/* ---- requests ---- */

/* The response, or NULL where the connection would be closed. */
static const void *ask(int16_t key, int16_t version, const kw_message *message, const void *request)
{
    static uint8_t answer[ANSWER], frame[ANSWER];
    kw_writer w;
    kw_frame got;
    kw_response response;
    kw_reader in;
    void *value;
    size_t size;
    kw_writer_init(&w, frame, sizeof frame);
    kw_frame_mark mark = kw_request_begin(&w, key, version, 7, kw_string_of("life"));
    assert_status(kw_message_encode(message, version, request, &w), KW_OK);
    assert_status(kw_frame_end(&w, mark), KW_OK);
    size_t whole = kw_writer_data(&w).size;
    if (!whole_broker_ask(&broker, kw_bytes_of(frame + 4, whole - 4), answer, sizeof answer, &size))
        return NULL;
    assert_true(kw_frame_next(answer, size, ANSWER, &got));
    assert_status(kw_response_decode_header(&response, key, version, got.payload, &arena), KW_OK);
    kw_reader_init_bytes(&in, response.body);
    assert_status(kw_message_decode(kw_message_find(key, KW_MESSAGE_RESPONSE), version, &in, &arena, &value), KW_OK);
    return value;
}

static int16_t create(const char *name, int32_t partitions)
{
    kw_create_topics_request request;
    kw_create_topics_request_creatable_topic topic;
    kw_create_topics_request_init(&request);
    kw_create_topics_request_creatable_topic_init(&topic);
    topic.name = kw_string_of(name);
    topic.num_partitions = partitions;
    topic.replication_factor = 1;
    request.topics.items = &topic;
    request.topics.len = 1;
    const kw_create_topics_response *r = ask(KW_KEY_CREATE_TOPICS, 4, &kw_create_topics_request_message, &request);
    return r != NULL ? r->topics.items[0].error_code : NOT_DONE;
}

static int16_t delete_topic(const char *name)
{
    kw_delete_topics_request request;
    kw_string topic = kw_string_of(name);
    kw_delete_topics_request_init(&request);
    request.topic_names.items = &topic;
    request.topic_names.len = 1;
    const kw_delete_topics_response *r = ask(KW_KEY_DELETE_TOPICS, 3, &kw_delete_topics_request_message, &request);
    return r != NULL ? r->responses.items[0].error_code : NOT_DONE;
}

static int16_t grow(const char *name, int32_t count)
{
    kw_create_partitions_request request;
    kw_create_partitions_request_topic topic;
    kw_create_partitions_request_init(&request);
    kw_create_partitions_request_topic_init(&topic);
    topic.name = kw_string_of(name);
    topic.count = count;
    topic.assignments.len = -1;
    request.topics.items = &topic;
    request.topics.len = 1;
    const kw_create_partitions_response *r =
        ask(KW_KEY_CREATE_PARTITIONS, 1, &kw_create_partitions_request_message, &request);
    return r != NULL ? r->results.items[0].error_code : NOT_DONE;
}

static int16_t alter(const char *name, const char *config, const char *value)
{
    kw_incremental_alter_configs_request request;
    kw_incremental_alter_configs_request_alter_configs_resource resource;
    kw_incremental_alter_configs_request_alterable_config one;
    kw_incremental_alter_configs_request_init(&request);
    kw_incremental_alter_configs_request_alter_configs_resource_init(&resource);
    kw_incremental_alter_configs_request_alterable_config_init(&one);
    one.name = kw_string_of(config);
    one.value = kw_string_of(value);
    resource.resource_type = RESOURCE_TOPIC;
    resource.resource_name = kw_string_of(name);
    resource.configs.items = &one;
    request.resources.items = &resource;
    resource.configs.len = request.resources.len = 1;
    const kw_incremental_alter_configs_response *r =
        ask(KW_KEY_INCREMENTAL_ALTER_CONFIGS, 0, &kw_incremental_alter_configs_request_message, &request);
    return r != NULL ? r->responses.items[0].error_code : NOT_DONE;
}

static int16_t delete_records(const char *name, int64_t offset)
{
    kw_delete_records_request request;
    kw_delete_records_request_topic topic;
    kw_delete_records_request_partition partition;
    kw_delete_records_request_init(&request);
    kw_delete_records_request_topic_init(&topic);
    kw_delete_records_request_partition_init(&partition);
    partition.offset = offset;
    topic.name = kw_string_of(name);
    topic.partitions.items = &partition;
    request.topics.items = &topic;
    topic.partitions.len = request.topics.len = 1;
    const kw_delete_records_response *r = ask(KW_KEY_DELETE_RECORDS, 1, &kw_delete_records_request_message, &request);
    return r != NULL ? r->topics.items[0].partitions.items[0].error_code : NOT_DONE;
}

static void init_producer(void)
{
    kw_init_producer_id_request request;
    kw_init_producer_id_request_init(&request);
    request.transactional_id.len = -1;
    const kw_init_producer_id_response *r =
        ask(KW_KEY_INIT_PRODUCER_ID, 1, &kw_init_producer_id_request_message, &request);
    known.producer_id = r != NULL && r->error_code == KW_ERROR_NONE ? r->producer_id : -1;
    known.sequence = 0;
}

static int16_t produce(const char *name, made_batch made, int64_t *offset)
{
    static uint8_t bytes[1024];
    kw_produce_request request;
    kw_produce_request_topic_produce_data topic;
    kw_produce_request_partition_produce_data partition;
    kw_produce_request_init(&request);
    kw_produce_request_topic_produce_data_init(&topic);
    kw_produce_request_partition_produce_data_init(&partition);
    size_t size = put_batch(bytes, made);
    if (made.producer_id >= 0)
        assert_status(kw_batch_set_producer(bytes, size, made.producer_id, 0, known.sequence), KW_OK);
    partition.records = kw_bytes_of(bytes, size);
    topic.name = kw_string_of(name);
    topic.partition_data.items = &partition;
    request.topic_data.items = &topic;
    topic.partition_data.len = request.topic_data.len = 1;
    request.acks = -1;
    const kw_produce_response *r = ask(KW_KEY_PRODUCE, 8, &kw_produce_request_message, &request);
    if (r == NULL)
        return NOT_DONE;
    *offset = r->responses.items[0].partition_responses.items[0].base_offset;
    return r->responses.items[0].partition_responses.items[0].error_code;
}

/* A record to a-0, of the producer with a sequence. */
static void send_one(void)
{
    int64_t offset, time = TIME + (int64_t)known.sent++;
    const made_batch made = {.count = 1, .timestamp = time, .producer_id = known.producer_id};
    assert_true(known.sent < MOST_RECORDS);
    if (produce("a", made, &offset) != KW_ERROR_NONE)
        return;
    known.sequence++;
    known.offsets[known.acknowledged] = offset;
    known.times[known.acknowledged++] = time;
}

/* ---- the life ---- */

static struct partition_log *log_of(const char *topic)
{
    const kw_uuid any = {{0}};
    return log_manager_find(&broker.broker.logs, kw_string_of(topic), any, 0);
}

/* As the upkeep does it. */
static void roll_and_retain(const char *topic)
{
    struct partition_log *log = log_of(topic);
    struct log_snapshot snapshot;
    size_t removed;
    if (log == NULL)
        return;
    if (partition_log_acquire(log, false, &snapshot) == KW_ERROR_NONE) {
        log_snapshot_release(&snapshot);
        (void)log_roll(log);
        (void)log_retain(log, TIME, &removed);
        (void)log_retain(log, TIME + 1000000, &removed);
    }
    log_release(log);
}

/* A start that fails is tried again, as whoever runs a broker does. */
static bool open_broker(void)
{
    for (int i = 0; i < 2; i++)
        if (whole_broker_open(&broker, "/data"))
            return true;
    return false;
}

static void use_broker(void)
{
    int64_t offset;
    known.created = create("a", 2);
    (void)create("b", 1);
    init_producer();
    for (int i = 0; i < 3; i++)
        send_one();
    roll_and_retain("a");
    send_one();
    (void)produce("b", (made_batch){.count = 2, .timestamp = TIME, .producer_id = -1}, &offset);
    roll_and_retain("b");
    (void)produce("b", (made_batch){.count = 2, .timestamp = TIME, .producer_id = -1}, &offset);
    known.records_deleted = delete_records("b", 3);
    roll_and_retain("b");
    log_upkeep_checkpoint(&broker.broker.logs);
    known.altered = alter("a", "retention.ms", "-1");
    known.grown = grow("a", 3);
    known.deleted = delete_topic("b");
    send_one();
    log_upkeep_checkpoint(&broker.broker.logs);
}

/* Nothing reaches the disk any more. */
static void kill_broker(void)
{
    unsigned kinds = file_faults.kinds;
    size_t pass = file_faults.pass, fail = file_faults.fail;
    int error = file_faults.error;
    file_faults_plan(FAULT_CHANGES, 0, FAULT_FOREVER, EIO);
    whole_broker_close(&broker);
    file_faults_plan(kinds, pass, fail, error);
}

static void live(void)
{
    if (!open_broker())
        return;
    use_broker();
    whole_broker_close(&broker);
    if (!open_broker())
        return;
    init_producer();
    send_one();
    send_one();
    kill_broker();
    if (!open_broker())
        return;
    send_one();
    whole_broker_close(&broker);
}

/* ---- what must be true ---- */

static void check_record(struct partition_log *log, const struct log_snapshot *now, int64_t offset, int64_t time)
{
    struct log_slice slice;
    const struct log_read_request request = {
        .offset = offset, .end = now->log_end_offset, .max_bytes = 1, .at_least_one = true};
    assert_int_equal(log_read(log, now, &request, &slice), KW_ERROR_NONE);
    assert_non_null(slice.segment);
    assert_int_equal(kw_load_be64(slice.records.data), offset);
    assert_int_equal(kw_load_be64(slice.records.data + KW_BATCH_V2_MAX_TIMESTAMP), time);
    segment_release(slice.segment);
}

static void check_records(void)
{
    struct log_snapshot now;
    struct partition_log *log = log_of("a");
    if (known.acknowledged == 0 && log == NULL)
        return;
    assert_non_null(log);
    assert_int_equal(partition_log_acquire(log, false, &now), KW_ERROR_NONE);
    for (size_t i = 0; i < known.acknowledged; i++) {
        assert_true(i == 0 || known.offsets[i] > known.offsets[i - 1]);
        check_record(log, &now, known.offsets[i], known.times[i]);
    }
    assert_true(now.log_end_offset <= (int64_t)known.sent);
    log_snapshot_release(&now);
    log_release(log);
}

static void check_metadata(void)
{
    const struct metadata_image *image = broker.broker.metadata.current;
    const struct metadata_topic *a = metadata_topic_by_name(image, kw_string_of("a"));
    if (known.created == KW_ERROR_NONE)
        assert_non_null(a);
    if (known.grown == KW_ERROR_NONE)
        assert_int_equal(a->partition_count, 3);
    if (known.altered == KW_ERROR_NONE)
        assert_int_equal(
            metadata_find_config(image, RESOURCE_TOPIC, kw_string_of("a"), kw_string_of("retention.ms")).len, 2);
    if (known.deleted == KW_ERROR_NONE)
        assert_null(metadata_topic_by_name(image, kw_string_of("b")));
}

/* The broker is as good as any other, and stays so. */
static void check_next(void)
{
    assert_true(whole_broker_open(&broker, "/data"));
    assert_true(broker.startup.decides);
    check_metadata();
    check_records();
    if (known.created == KW_ERROR_NONE) {
        size_t before = known.acknowledged;
        init_producer();
        send_one();
        assert_int_equal(known.acknowledged, before + 1);
    }
    assert_int_equal(create("later", 1), KW_ERROR_NONE);
    whole_broker_close(&broker);
    assert_true(file_exists("/data/.kafka_cleanshutdown"));
    assert_true(whole_broker_open(&broker, "/data"));
    check_metadata();
    check_records();
    whole_broker_close(&broker);
}

/* False: all calls of the life came before that one. */
static bool try(size_t pass, size_t fail, int error)
{
    static struct captured captured;
    memset(&known, 0, sizeof known);
    known.producer_id = -1;
    known.created = known.grown = known.altered = known.deleted = known.records_deleted = NOT_DONE;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LIMIT);
    assert_true(file_memory_start(LIMIT));
    file_layer_use(&file_layer_memory);
    file_faults_start();
    file_faults_record(0);
    file_faults_plan(FAULT_ANY & ~FAULT_CLOSE, pass, fail, error);
    capture_start(&captured);
    live();
    (void)capture_end(&captured);
    bool failed = file_faults.fail != fail;
    file_faults_plan(0, 0, 0, 0);
    check_next();
    file_faults_stop();
    file_layer_use(&file_layer_system);
    file_memory_stop();
    kw_arena_finish(&arena);
    return failed;
}

static void fail_one_by_one(size_t fail, int error)
{
    size_t pass = 0;
    while (try(pass, fail, error))
        pass++;
    assert_true(pass > 300);
}

static void full_disk(void **state)
{
    (void)state;
    fail_one_by_one(1, ENOSPC);
}

static void one_call_fails(void **state)
{
    (void)state;
    fail_one_by_one(1, EIO);
}

static void disk_dies(void **state)
{
    (void)state;
    fail_one_by_one(FAULT_FOREVER, EIO);
}

static void no_descriptors(void **state)
{
    (void)state;
    fail_one_by_one(1, EMFILE);
}

/* ---- the first start ---- */

static void start_in_memory(void)
{
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LIMIT);
    assert_true(file_memory_start(LIMIT));
    file_layer_use(&file_layer_memory);
    file_faults_start();
}

static void end_in_memory(void)
{
    file_faults_stop();
    file_layer_use(&file_layer_system);
    file_memory_stop();
    kw_arena_finish(&arena);
}

/* What is answered from then on is in a folder whose name is on the disk. */
static void the_metadata_has_a_name(void **state)
{
    (void)state;
    start_in_memory();
    file_faults_record(FAULT_CREATE_FOLDER | FAULT_SYNC_FOLDER);
    assert_true(whole_broker_open(&broker, "/data"));
    const char *made = strstr(file_faults_calls(), "create_folder /data/__cluster_metadata-0\n");
    assert_non_null(made);
    assert_non_null(strstr(made, "sync_folder /data\n"));
    whole_broker_close(&broker);
    end_in_memory();
}

/* A crash in the first start has left a log with control records only: what it should have had first follows. */
static void a_log_without_metadata_gets_its_first_records(void **state)
{
    (void)state;
    static const char path[] = "/data/__cluster_metadata-0/00000000000000000000.log";
    struct file file;
    kw_bytes log;
    kw_batches batches;
    kw_batch batch;
    start_in_memory();
    assert_true(whole_broker_open(&broker, "/data"));
    kill_broker();
    assert_status(file_load(path, LIMIT, &arena, &log), KW_OK);
    kw_batches_init(&batches, log);
    assert_true(kw_batches_next(&batches, &batch) && kw_batch_is_control(&batch));
    assert_status(file_open(&file, path, 0), KW_OK);
    assert_status(file_truncate(&file, batch.size), KW_OK);
    assert_status(file_close(&file), KW_OK);
    assert_true(whole_broker_open(&broker, "/data"));
    assert_true(broker.startup.decides);
    const struct metadata_image *image = broker.broker.metadata.current;
    assert_int_equal(
        metadata_find_config(image, RESOURCE_BROKER, kw_string_of(""), kw_string_of("min.insync.replicas")).len, 1);
    whole_broker_close(&broker);
    end_in_memory();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_disk),
        cmocka_unit_test(one_call_fails),
        cmocka_unit_test(disk_dies),
        cmocka_unit_test(no_descriptors),
        cmocka_unit_test(the_metadata_has_a_name),
        cmocka_unit_test(a_log_without_metadata_gets_its_first_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
