/* SPDX-License-Identifier: Apache-2.0 */
/* The records of first start, clean stop, start after that and after a crash are those of Apache Kafka. */
#include "lifecycle_support.h"

#include <inttypes.h>

#include <kwire/control_record.h>
#include <kwire/error.h>
#include <kwire/messages/begin_transaction_record.h>
#include <kwire/messages/broker_registration_change_record.h>
#include <kwire/messages/feature_level_record.h>
#include <kwire/messages/no_op_record.h>
#include <kwire/messages/partition_record.h>
#include <kwire/messages/topic_record.h>
#include <kwire/persisted.h>

#include "log/segment.h"
#include "metadata/directories.h"
#include "metadata/snapshot.h"

#include "image_text.h"

struct creation {
    struct controller_event event;
    const char *name;
    int32_t partitions;
    int16_t error;
};

static void decide_creation(struct controller_event *event, struct decision *decision)
{
    const struct creation *creation = (const struct creation *)(const void *)event;
    int32_t self = decision->node_id;
    kw_topic_record topic;
    kw_partition_record p;
    kw_topic_record_init(&topic);
    topic.name = kw_string_of(creation->name);
    assert_true(random_uuid(decision->random, &topic.topic_id));
    record_list_add(&decision->records, &kw_topic_record_message, 0, &topic);
    kw_partition_record_init(&p);
    p.topic_id = topic.topic_id;
    p.replicas = p.isr = (kw_int32_array){&self, 1};
    p.leader = self;
    p.leader_epoch = p.partition_epoch = 0;
    p.directories = (kw_uuid_array){&directory, 1};
    for (p.partition_id = 0; p.partition_id < creation->partitions; p.partition_id++)
        record_list_add(&decision->records, &kw_partition_record_message, 2, &p);
}

static void complete_creation(struct controller_event *event, int16_t error)
{
    ((struct creation *)(void *)event)->error = error;
}

static void create_topic(const char *name, int32_t partitions)
{
    struct creation creation = {.event = {.decide = decide_creation, .complete = complete_creation}};
    creation.name = name;
    creation.partitions = partitions;
    creation.error = -1;
    controller_submit(&lifecycle.controller, &creation.event);
    controller_run(&lifecycle.controller);
    assert_int_equal(creation.error, KW_ERROR_NONE);
}

/* ---- what is in the log ---- */

static void print_control(FILE *out, const kw_record *record)
{
    kw_control_record control;
    assert_status(kw_control_record_decode(&control, record, &arena), KW_OK);
    fprintf(out, " %s", kw_control_type_name(control.type));
}

static void print_broker_change(FILE *out, const kw_persisted *record)
{
    kw_broker_registration_change_record change;
    kw_reader in;
    kw_reader_init_bytes(&in, record->value);
    assert_status(kw_broker_registration_change_record_decode(&change, record->version, &in, &arena), KW_OK);
    fprintf(out, "(%d,%d)", change.fenced, change.in_controlled_shutdown);
}

static void print_value(FILE *out, const kw_record *record)
{
    const kw_bytes no_key = {NULL, -1};
    kw_persisted p;
    assert_int_equal(record->key.len, -1);
    assert_status(kw_persisted_decode_header(&p, KW_INTERNAL_TOPIC_CLUSTER_METADATA, no_key, record->value), KW_OK);
    assert_int_equal(p.kind, KW_PERSISTED_KNOWN);
    fprintf(out, " %s/%d", p.record->name, p.version);
    if (p.type == KW_BROKER_REGISTRATION_CHANGE_RECORD_TYPE)
        print_broker_change(out, &p);
}

static void print_batch(FILE *out, const kw_batch *batch)
{
    kw_records rs;
    kw_record record;
    assert_int_equal(batch->max_timestamp, now());
    fprintf(out, "%" PRId64 "-%" PRId64 " epoch %d:", batch->base_offset, batch->last_offset, batch->leader_epoch);
    for (assert_status(kw_records_init(&rs, batch, NULL, NULL), KW_OK); kw_records_next(&rs, &record);)
        if (kw_batch_is_control(batch))
            print_control(out, &record);
        else
            print_value(out, &record);
    fprintf(out, "\n");
}

/* A line for each batch from `offset` on. */
static void assert_log(int64_t offset, const char *expected)
{
    struct file_map map;
    struct segment segment;
    kw_batches bs;
    kw_batch batch;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_status(file_map_open(&map, segment_path), KW_OK);
    segment_wrap(&segment, map.data, map.size, 0);
    for (segment_batches(&segment, 0, &bs); kw_batches_next(&bs, &batch);)
        if (batch.base_offset >= offset)
            print_batch(out, &batch);
    file_map_close(&map);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, expected);
    free(text);
}

static const struct metadata_partition *partition_of(const char *topic, int32_t index)
{
    const struct metadata_topic *found = metadata_topic_by_name(cell.current, kw_string_of(topic));
    assert_non_null(found);
    return metadata_topic_partition(found, index);
}

/* The image that is published is the one that is in the files. */
static void assert_replay(void)
{
    struct metadata_log log;
    struct metadata_image *image = read_all(&log);
    assert_same_image(image, cell.current);
    metadata_image_release(image);
}

static const char first_start[] =
    "0-2 epoch 1: LEADER_CHANGE KRAFT_VERSION VOTERS\n"
    "3-11 epoch 1: BeginTransactionRecord/0 FeatureLevelRecord/0 FeatureLevelRecord/0 FeatureLevelRecord/0 "
    "FeatureLevelRecord/0 FeatureLevelRecord/0 FeatureLevelRecord/0 ConfigRecord/0 EndTransactionRecord/0\n"
    "12-12 epoch 1: RegisterControllerRecord/0\n"
    "13-13 epoch 1: RegisterBrokerRecord/4\n"
    "14-14 epoch 1: BrokerRegistrationChangeRecord/3(0,0)\n"
    "15-15 epoch 1: BrokerRegistrationChangeRecord/0(-1,0)\n";

/* ---- tests ---- */

static void new_directory(void **state)
{
    (void)state;
    assert_true(start(-1));
    assert_log(0, first_start);
    assert_int_equal(prepared, 1);
    assert_replay();
    const struct metadata_broker *self = metadata_find_broker(cell.current, NODE);
    assert_non_null(self);
    assert_int_equal(self->epoch, 13);
    assert_false(self->fenced);
    assert_int_equal(metadata_feature_level(cell.current, kw_string_of("metadata.version")), 33);
    assert_int_equal(metadata_feature_level(cell.current, kw_string_of("share.version")), 2);
    kw_string min =
        metadata_find_config(cell.current, RESOURCE_BROKER, kw_string_of(""), kw_string_of("min.insync.replicas"));
    assert_true(kw_string_equal(min, kw_string_of("1")));
    assert_true(file_exists("data/__cluster_metadata-0/00000000000000000000-0000000000.checkpoint"));
}

/* One that Kafka 4.3 can open as well. */
static void new_directory_of_an_older_release(void **state)
{
    (void)state;
    release = FEATURES_4_3;
    assert_true(start(-1));
    assert_log(0, first_start);
    assert_int_equal(metadata_feature_level(cell.current, kw_string_of("metadata.version")), 30);
    assert_int_equal(metadata_feature_level(cell.current, kw_string_of("share.version")), 1);
    assert_replay();
}

/* Kafka 4.4 formats so: what is in the snapshot at 0 is written to the log. */
static void formatted_directory(void **state)
{
    (void)state;
    assert_true(start(-1));
    lifecycle_finish(&lifecycle);
    assert_status(file_remove(segment_path), KW_OK);
    assert_true(start(-1));
    assert_log(0, "0-2 epoch 2: LEADER_CHANGE KRAFT_VERSION VOTERS\n"
                  "3-11 epoch 2: BeginTransactionRecord/0 FeatureLevelRecord/0 FeatureLevelRecord/0 "
                  "FeatureLevelRecord/0 FeatureLevelRecord/0 FeatureLevelRecord/0 FeatureLevelRecord/0 ConfigRecord/0 "
                  "EndTransactionRecord/0\n"
                  "12-12 epoch 2: RegisterControllerRecord/0\n"
                  "13-13 epoch 2: RegisterBrokerRecord/4\n"
                  "14-14 epoch 2: BrokerRegistrationChangeRecord/3(0,0)\n"
                  "15-15 epoch 2: BrokerRegistrationChangeRecord/0(-1,0)\n");
    assert_replay();
}

/* ---- kraft.version 0, as Kafka formats for controller.quorum.voters ---- */

static void format_without_voters(void)
{
    static const char folder[] = "data/__cluster_metadata-0";
    static const char state[] =
        "{\"clusterId\":\"\",\"leaderId\":1,\"leaderEpoch\":7,\"votedId\":-1,\"appliedOffset\":0,"
        "\"currentVoters\":[{\"voterId\":1}],\"data_version\":0}";
    const struct snapshot_options options = {.now = now(), .last_timestamp = now()};
    kw_feature_level_record level;
    struct record_list records;
    kw_feature_level_record_init(&level);
    level.name = kw_string_of("metadata.version");
    level.feature_level = 30;
    record_list_init(&records, &arena);
    record_list_add(&records, &kw_feature_level_record_message, 0, &level);
    assert_true(folder_create(folder));
    assert_status(snapshot_write_bootstrap(folder, &records, &options), KW_OK);
    assert_true(file_replace(folder, "quorum-state", kw_string_of(state)));
}

static void decide_upgrade(struct controller_event *event, struct decision *decision)
{
    kw_no_op_record nothing;
    (void)event;
    kw_no_op_record_init(&nothing);
    record_list_add(&decision->records, &kw_no_op_record_message, 0, &nothing);
    decision->kraft_version = 1;
}

static int16_t upgrade_quorum(void)
{
    struct creation upgrade = {.event = {.decide = decide_upgrade, .complete = complete_creation}, .error = -1};
    controller_submit(&lifecycle.controller, &upgrade.event);
    controller_run(&lifecycle.controller);
    return upgrade.error;
}

/* The voters, of which nobody knew the directory before, are in the log then, and at the next start as well. */
static void the_quorum_gets_its_version(void **state)
{
    (void)state;
    struct metadata_log log;
    noted_quorum = 0;
    format_without_voters();
    assert_true(start(-1));
    assert_int_equal(lifecycle.kraft_version, 0);
    int64_t offset = cell.current->parts.offset;
    assert_int_equal(upgrade_quorum(), KW_ERROR_NONE);
    assert_int_equal(offset, 8);
    assert_log(8, "8-9 epoch 8: KRAFT_VERSION VOTERS\n"
                  "10-10 epoch 8: NoOpRecord/0\n");
    assert_int_equal(cell.current->parts.offset, 11);
    assert_int_equal(lifecycle.kraft_version, 1);
    assert_int_equal(noted_quorum, 1);
    create_topic("t", 1);
    assert_replay();
    stop();
    metadata_image_release(read_all(&log));
    assert_int_equal(log.kraft_version, 1);
    assert_true(log.voters.len > 0);
    assert_true(start(epoch));
    assert_int_equal(lifecycle.kraft_version, 1);
    assert_true(kw_uuid_equal(lifecycle.voters.voters.items[0].voter_directory_id, directory));
    assert_replay();
}

/* Whatever is not written, the version stays; half of it ends the writing. */
static void the_quorum_may_keep_its_version(void **state)
{
    (void)state;
    noted_quorum = 0;
    format_without_voters();
    assert_true(start(-1));
    int64_t offset = cell.current->parts.offset;
    file_faults_plan(FAULT_WRITE, 0, 1, ENOSPC);
    assert_int_equal(upgrade_quorum(), KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(lifecycle.kraft_version, 0);
    assert_int_equal(noted_quorum, 0);
    assert_false(controller_has_failed(&lifecycle.controller));
    create_topic("t", 1);
    assert_int_equal(cell.current->parts.offset, offset + 2);
    file_faults_plan(FAULT_WRITE, 1, 1, ENOSPC);
    assert_int_equal(upgrade_quorum(), KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_true(controller_has_failed(&lifecycle.controller));
    assert_int_equal(cell.current->parts.offset, offset + 2);
}

static void assign(const char *topic, int32_t partition, kw_uuid to)
{
    assignments.items = realloc(assignments.items, (assignments.count + 1) * sizeof *assignments.items);
    assert_non_null(assignments.items);
    assignments.capacity = assignments.count + 1;
    assignments.items[assignments.count++] =
        (struct directory_assignment){metadata_topic_by_name(cell.current, kw_string_of(topic))->id, partition, to};
}

static const char *directory_of(const char *topic, int32_t partition)
{
    kw_uuid id = metadata_directory_of(partition_of(topic, partition), NODE);
    return kw_uuid_equal(id, own_directories[0]) ? "first" : kw_uuid_equal(id, own_directories[1]) ? "second" : "none";
}

/* What the publisher has found is written after what it was found with; then one of the directories fails. */
static void directories_are_assigned_and_fail(void **state)
{
    (void)state;
    directory_count = 2;
    assert_true(start(-1));
    create_topic("t", 2);
    assign("t", 1, own_directories[1]);
    create_topic("u", 1);
    assert_log(19, "19-20 epoch 1: TopicRecord/0 PartitionRecord/2\n"
                   "21-21 epoch 1: PartitionChangeRecord/2\n");
    assert_int_equal(assignments.count, 0);
    assert_string_equal(directory_of("t", 0), "first");
    assert_string_equal(directory_of("t", 1), "second");
    lifecycle_fail_directory(&lifecycle, (kw_uuid){{9}});
    lifecycle_fail_directory(&lifecycle, own_directories[1]);
    lifecycle_fail_directory(&lifecycle, own_directories[1]);
    controller_run(&lifecycle.controller);
    assert_log(22, "22-23 epoch 1: PartitionChangeRecord/2 BrokerRegistrationChangeRecord/2(0,0)\n");
    assert_int_equal(partition_of("t", 1)->leader_id, -1);
    assert_int_equal(partition_of("t", 0)->leader_id, NODE);
    assert_int_equal(metadata_find_broker(cell.current, NODE)->directories.len, 1);
    assert_replay();
    stop();
    assert_true(start(epoch)); /* it is back */
    assert_int_equal(partition_of("t", 1)->leader_id, NODE);
    stop();
    directory_count = 1;
    assert_true(start(epoch));
    assert_int_equal(partition_of("t", 1)->leader_id, -1);
    assert_int_equal(partition_of("t", 0)->leader_id, NODE);
}

/* Each of them can be the one that fails. */
static void the_first_directory_fails(void **state)
{
    (void)state;
    directory_count = 2;
    assert_true(start(-1));
    create_topic("t", 2);
    assign("t", 1, own_directories[1]);
    create_topic("u", 1);
    controller_run(&lifecycle.controller);
    lifecycle_fail_directory(&lifecycle, own_directories[0]);
    controller_run(&lifecycle.controller);
    assert_int_equal(partition_of("t", 0)->leader_id, -1);
    assert_int_equal(partition_of("t", 1)->leader_id, NODE);
    assert_int_equal(metadata_find_broker(cell.current, NODE)->directories.len, 1);
}

/* Nothing is lost of what could not be written, and nothing is tried for ever. */
static void assignments_are_not_written(void **state)
{
    (void)state;
    directory_count = 2;
    assert_true(start(-1));
    create_topic("t", 1);
    assign("t", 0, own_directories[1]);
    file_faults_plan(FAULT_WRITE, 1, FAULT_FOREVER, ENOSPC);
    create_topic("u", 1);
    file_faults_plan(0, 0, 0, 0);
    assert_int_equal(assignments.count, 0);
    assert_string_equal(directory_of("t", 0), "first");
    assert_false(controller_has_failed(&lifecycle.controller));
    assign("t", 0, own_directories[1]);
    create_topic("v", 1);
    assert_string_equal(directory_of("t", 0), "second");
}

static void clean_stop_and_start(void **state)
{
    (void)state;
    assert_true(start(-1));
    create_topic("t", 2);
    stop();
    assert_int_equal(epoch, 13);
    assert_log(16,
               "16-18 epoch 1: TopicRecord/0 PartitionRecord/2 PartitionRecord/2\n"
               "19-21 epoch 1: BrokerRegistrationChangeRecord/1(0,1) PartitionChangeRecord/2 PartitionChangeRecord/2\n"
               "22-22 epoch 1: BrokerRegistrationChangeRecord/0(1,0)\n");
    const struct metadata_partition *p = partition_of("t", 1);
    assert_int_equal(p->leader_id, -1);
    assert_int_equal(p->isr.len, 0);
    assert_int_equal(p->elr.len, 1);
    assert_int_equal(p->last_known_elr.len, 1);
    assert_true(start(epoch));
    assert_log(
        23, "23-23 epoch 2: LEADER_CHANGE\n"
            "24-24 epoch 2: RegisterControllerRecord/0\n"
            "25-25 epoch 2: RegisterBrokerRecord/4\n"
            "26-26 epoch 2: BrokerRegistrationChangeRecord/3(0,0)\n"
            "27-29 epoch 2: BrokerRegistrationChangeRecord/0(-1,0) PartitionChangeRecord/2 PartitionChangeRecord/2\n");
    p = partition_of("t", 1);
    assert_int_equal(p->leader_id, NODE);
    assert_int_equal(p->leader_epoch, 2);
    assert_int_equal(p->partition_epoch, 2);
    assert_int_equal(p->leader_recovery_state, 0);
    assert_int_equal(p->isr.len, 1);
    assert_int_equal(p->elr.len, 0);
    assert_int_equal(p->last_known_elr.len, 0);
    assert_replay();
}

/* Nothing is handed over. */
static void clean_stop_of_a_broker_that_leads_nothing(void **state)
{
    (void)state;
    assert_true(start(-1));
    stop();
    assert_int_equal(epoch, 13);
    assert_log(16, "16-16 epoch 1: BrokerRegistrationChangeRecord/0(1,0)\n");
    assert_true(start(epoch));
    assert_false(metadata_find_broker(cell.current, NODE)->fenced);
    assert_replay();
}

static void start_after_a_crash(void **state)
{
    (void)state;
    assert_true(start(-1));
    create_topic("t", 1);
    lifecycle_finish(&lifecycle);
    assert_true(start(-1));
    assert_log(18, "18-18 epoch 2: LEADER_CHANGE\n"
                   "19-19 epoch 2: RegisterControllerRecord/0\n"
                   "20-21 epoch 2: PartitionChangeRecord/2 RegisterBrokerRecord/4\n"
                   "22-22 epoch 2: BrokerRegistrationChangeRecord/3(0,0)\n"
                   "23-24 epoch 2: BrokerRegistrationChangeRecord/0(-1,0) PartitionChangeRecord/2\n");
    const struct metadata_partition *p = partition_of("t", 0);
    assert_int_equal(p->leader_id, NODE);
    assert_int_equal(p->leader_epoch, 2);
    assert_int_equal(p->leader_recovery_state, 1);
    assert_int_equal(p->isr.len, 1);
    assert_int_equal(p->elr.len, 0);
    assert_int_equal(p->last_known_elr.len, 0);
    assert_int_equal(metadata_find_broker(cell.current, NODE)->epoch, 20);
    assert_replay();
}

/* Another controller died within a transaction: nothing of it holds. */
static void transaction_that_did_not_end(void **state)
{
    (void)state;
    struct record_list records;
    kw_begin_transaction_record begin;
    kw_topic_record topic;
    assert_true(start(-1));
    record_list_init(&records, &arena);
    kw_begin_transaction_record_init(&begin);
    kw_topic_record_init(&topic);
    begin.name = kw_string_of("of another one");
    topic.name = kw_string_of("t");
    topic.topic_id.bytes[0] = 1;
    record_list_add(&records, &kw_begin_transaction_record_message, 0, &begin);
    record_list_add(&records, &kw_topic_record_message, 0, &topic);
    assert_int_equal(metadata_writer_append(&lifecycle.writer, records.values, 2, 16, now()), APPENDED);
    lifecycle_finish(&lifecycle);
    assert_true(start(-1));
    assert_log(18, "18-18 epoch 2: LEADER_CHANGE\n"
                   "19-19 epoch 2: AbortTransactionRecord/0\n"
                   "20-20 epoch 2: RegisterControllerRecord/0\n"
                   "21-21 epoch 2: RegisterBrokerRecord/4\n"
                   "22-22 epoch 2: BrokerRegistrationChangeRecord/3(0,0)\n"
                   "23-23 epoch 2: BrokerRegistrationChangeRecord/0(-1,0)\n");
    assert_int_equal(metadata_topic_count(cell.current), 0);
    assert_replay();
    create_topic("t", 1);
    assert_replay();
}

/* A clean stop that the files do not tell of, as when the directory was copied: who was eligible is so no more. */
static void stop_that_is_not_known_to_be_clean(void **state)
{
    (void)state;
    assert_true(start(-1));
    create_topic("t", 1);
    stop();
    assert_true(start(epoch - 1));
    const struct metadata_partition *p = partition_of("t", 0);
    assert_int_equal(p->leader_id, NODE);
    assert_int_equal(p->leader_epoch, 2);
    assert_int_equal(p->partition_epoch, 3);
    assert_int_equal(p->leader_recovery_state, 1);
    assert_replay();
}

/* Every cut of the log is a log that can be continued. */
static void log_is_cut_off(void **state)
{
    (void)state;
    assert_true(start(-1));
    create_topic("t", 3);
    stop();
    struct file_facts facts;
    assert_status(file_look(segment_path, &facts), KW_OK);
    for (size_t size = facts.size; size-- > 0;) {
        struct file file = FILE_NONE;
        assert_status(file_open(&file, segment_path, 0), KW_OK);
        assert_status(file_truncate(&file, size), KW_OK);
        (void)file_close(&file);
        if (size % 7 != 0 && size > 200)
            continue;
        struct metadata_log log;
        struct metadata_image *image = read_all(&log);
        assert_true(start(epoch));
        for (size_t i = 0; i < metadata_topic_count(cell.current); i++)
            assert_int_equal(metadata_topic_at(cell.current, i)->partitions[0].leader_id, NODE);
        assert_int_equal(metadata_topic_count(cell.current), metadata_topic_count(image));
        assert_int_equal(metadata_feature_level(cell.current, kw_string_of("metadata.version")), 33);
        assert_replay();
        metadata_image_release(image);
        lifecycle_finish(&lifecycle);
    }
}

/* Whatever fails while a new directory is made or taken over, the next start continues. */
static void failing_start(void **state)
{
    (void)state;
    bool started = false;
    for (size_t pass = 0; !started; pass++) {
        assert_true(pass < 100);
        file_faults_plan(FAULT_CHANGES, pass, 1, EIO);
        started = start(-1);
        file_faults_plan(0, 0, 0, 0);
        if (!started)
            lifecycle_finish(&lifecycle);
    }
    assert_replay();
    create_topic("t", 1);
    stop();
}

static void stop_on_a_failing_disk(void **state)
{
    (void)state;
    assert_true(start(-1));
    create_topic("t", 1);
    file_faults_plan(FAULT_WRITE, 0, FAULT_FOREVER, EIO);
    assert_false(lifecycle_stop(&lifecycle, &epoch));
    assert_int_equal(epoch, 13);
    file_faults_plan(0, 0, 0, 0);
    lifecycle_finish(&lifecycle);
    assert_true(start(epoch)); /* its logs were closed */
    const struct metadata_partition *p = partition_of("t", 0);
    assert_int_equal(p->leader_id, NODE);
    assert_int_equal(p->leader_recovery_state, 0);
    assert_replay();
}

/* With its thread, and a snapshot as soon as there is anything. */
static void runs_and_stops(void **state)
{
    (void)state;
    assert_true(start(-1));
    assert_true(lifecycle_run(&lifecycle));
    assert_true(lifecycle_stop(&lifecycle, &epoch));
    assert_int_equal(epoch, 13);
    assert_replay();
}

/* What could not be prepared at the start is tried again once there is a thread. */
static void start_on_a_full_disk(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        is_prepared = i == 1;
        assert_true(start(i == 0 ? -1 : epoch));
        assert_false(timer_is_running(&lifecycle.repair));
        assert_true(lifecycle_run(&lifecycle));
        assert_true(lifecycle_stop(&lifecycle, &epoch));
        assert_int_equal(timer_is_running(&lifecycle.repair), !is_prepared);
        lifecycle_finish(&lifecycle);
    }
}

#define LIFECYCLE_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIFECYCLE_TEST(new_directory),
        LIFECYCLE_TEST(new_directory_of_an_older_release),
        LIFECYCLE_TEST(formatted_directory),
        LIFECYCLE_TEST(the_quorum_gets_its_version),
        LIFECYCLE_TEST(the_quorum_may_keep_its_version),
        LIFECYCLE_TEST(directories_are_assigned_and_fail),
        LIFECYCLE_TEST(the_first_directory_fails),
        LIFECYCLE_TEST(assignments_are_not_written),
        LIFECYCLE_TEST(clean_stop_and_start),
        LIFECYCLE_TEST(clean_stop_of_a_broker_that_leads_nothing),
        LIFECYCLE_TEST(start_after_a_crash),
        LIFECYCLE_TEST(transaction_that_did_not_end),
        LIFECYCLE_TEST(stop_that_is_not_known_to_be_clean),
        LIFECYCLE_TEST(log_is_cut_off),
        LIFECYCLE_TEST(failing_start),
        LIFECYCLE_TEST(stop_on_a_failing_disk),
        LIFECYCLE_TEST(runs_and_stops),
        LIFECYCLE_TEST(start_on_a_full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
