/* SPDX-License-Identifier: Apache-2.0 */
/* Random decisions: the image is the replay of the log, also of every part of it, and what could not be written has
 * changed nothing. */
#include "../support/sim.h"

#include "../../unit/support.h"

#include <kwire/error.h>
#include <kwire/messages/begin_transaction_record.h>
#include <kwire/messages/config_record.h>
#include <kwire/messages/feature_level_record.h>
#include <kwire/messages/partition_change_record.h>
#include <kwire/messages/partition_record.h>
#include <kwire/messages/producer_ids_record.h>
#include <kwire/messages/remove_topic_record.h>
#include <kwire/messages/topic_record.h>
#include <kwire/persisted.h>

#include "metadata/controller.h"
#include "metadata/delta.h"

#include "../support/garbage.h"
#include "../support/random_test.h"
#include "image_text.h"

enum { LIMIT = 64 * 1024 * 1024, NODE = 7, EPOCH = 3, ROUNDS = 300, GROUP = 4, NAMES = 40, LONG = 400 };

/* ---- a log in memory ---- */

struct appended {
    kw_bytes *values;
    size_t count;
    int64_t offset;
    bool is_synced;
};

static struct {
    struct appended *batches;
    size_t count;
    enum append_outcome outcome; /* of what is appended next */
    size_t appends_before;       /* that outcome holds after so many more appends */
    bool sync_fails;
    int syncs;
    int published;
    const struct metadata_image *image; /* the published one */
} disk;

static void drop(struct appended *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        free((void *)(uintptr_t)batch->values[i].data);
    free(batch->values);
}

static enum append_outcome append(void *context, const kw_bytes *values, size_t count, int64_t offset, int64_t now)
{
    (void)context;
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += (size_t)values[i].len;
    assert_true(count > 0 && count <= BATCH_MAX_RECORDS && bytes <= BATCH_MAX_BYTES);
    assert_int_equal(now, 1234);
    if (disk.outcome != APPENDED && disk.appends_before-- == 0)
        return disk.outcome;
    disk.batches = realloc(disk.batches, (disk.count + 1) * sizeof *disk.batches);
    assert_non_null(disk.batches);
    struct appended *batch = &disk.batches[disk.count++];
    *batch = (struct appended){calloc(count, sizeof *values), count, offset, false};
    for (size_t i = 0; i < count; i++) {
        uint8_t *copy = malloc((size_t)values[i].len);
        assert_non_null(copy);
        memcpy(copy, values[i].data, (size_t)values[i].len);
        batch->values[i] = (kw_bytes){copy, values[i].len};
    }
    return APPENDED;
}

static bool sync_disk(void *context)
{
    (void)context;
    disk.syncs++;
    for (size_t i = 0; !disk.sync_fails && i < disk.count; i++)
        disk.batches[i].is_synced = true;
    return !disk.sync_fails;
}

static void publish(void *context, const struct metadata_image *before, const struct metadata_image *after)
{
    (void)context;
    assert_ptr_equal(before, disk.image);
    for (size_t i = 0; i < disk.count; i++)
        assert_true(disk.batches[i].is_synced); /* never before it is safe */
    metadata_image_release(disk.image);
    disk.image = metadata_image_share(after);
    disk.published++;
}

/* ---- events ---- */

struct event {
    struct controller_event event;
    unsigned kind;
    int completed;
    int16_t error;
    bool is_rejected; /* the decision found nothing to do */
};

static struct random_test choices;
static struct controller controller;

static kw_uuid id_of(struct decision *decision)
{
    kw_uuid id;
    assert_true(random_uuid(decision->random, &id));
    return id;
}

static kw_string name_of(size_t n, char text[32])
{
    (void)snprintf(text, 32, "topic-%zu", n);
    return kw_string_of(text);
}

static void add_partitions(struct decision *decision, kw_uuid topic, int32_t count)
{
    static kw_uuid directory = {{9}};
    int32_t self[] = {decision->node_id};
    for (int32_t i = 0; i < count; i++) {
        kw_partition_record p;
        kw_partition_record_init(&p);
        p.topic_id = topic;
        p.partition_id = i;
        p.leader = decision->node_id;
        p.replicas = p.isr = (kw_int32_array){self, 1};
        p.directories = (kw_uuid_array){&directory, 1};
        record_list_add(&decision->records, &kw_partition_record_message, 2, &p);
    }
}

static void add_config(struct decision *decision, kw_string topic, const char *value)
{
    kw_config_record config;
    kw_config_record_init(&config);
    config.resource_type = RESOURCE_TOPIC;
    config.resource_name = topic;
    config.name = kw_string_of("retention.ms");
    config.value = kw_string_of(value);
    record_list_add(&decision->records, &kw_config_record_message, 0, &config);
}

static void create_topic(struct decision *decision, kw_string name, int32_t partitions)
{
    kw_topic_record topic;
    kw_topic_record_init(&topic);
    topic.name = name;
    topic.topic_id = id_of(decision);
    record_list_add(&decision->records, &kw_topic_record_message, 0, &topic);
    add_config(decision, name, "1000");
    add_partitions(decision, topic.topic_id, partitions);
}

static void remove_topic(struct decision *decision, const struct metadata_topic *topic)
{
    kw_remove_topic_record removal;
    kw_remove_topic_record_init(&removal);
    removal.topic_id = topic->id;
    record_list_add(&decision->records, &kw_remove_topic_record_message, 0, &removal);
}

static void change_partition(struct decision *decision, const struct metadata_topic *topic)
{
    kw_partition_change_record change;
    kw_partition_change_record_init(&change);
    change.topic_id = topic->id;
    change.partition_id = 0;
    change.leader = topic->partitions[0].leader_id < 0 ? decision->node_id : -1;
    record_list_add(&decision->records, &kw_partition_change_record_message, 2, &change);
}

static void hand_out_producer_ids(struct decision *decision)
{
    kw_producer_ids_record block;
    kw_producer_ids_record_init(&block);
    block.next_producer_id = decision->image->parts.next_producer_id + 1000;
    record_list_add(&decision->records, &kw_producer_ids_record_message, 0, &block);
}

static void decide(struct controller_event *given_event, struct decision *decision)
{
    struct event *event = (struct event *)(void *)given_event;
    char text[32];
    kw_string name = name_of(random_below(&choices, NAMES), text);
    const struct metadata_topic *topic = metadata_topic_by_name(decision->image, name);
    assert_int_equal(decision->node_id, NODE);
    assert_int_equal(decision->now, 1234);
    event->is_rejected = event->kind != 1 && event->kind != 0 && topic == NULL;
    if (event->kind == 0)
        hand_out_producer_ids(decision);
    else if (event->kind == 1 && topic == NULL)
        create_topic(decision, name, (int32_t)random_below(&choices, 4));
    else if (topic == NULL || event->kind == 1)
        event->is_rejected = true;
    else if (event->kind == 2)
        remove_topic(decision, topic);
    else if (event->kind == 3)
        add_config(decision, name, random_below(&choices, 2) != 0 ? "5" : "6");
    else if (topic->partition_count != 0)
        change_partition(decision, topic);
}

static void complete(struct controller_event *given_event, int16_t error)
{
    struct event *event = (struct event *)(void *)given_event;
    event->completed++;
    event->error = error;
}

static void submit(struct event *event, unsigned kind)
{
    *event = (struct event){.event = {.decide = decide, .complete = complete}, .kind = kind};
    event->event.next = &event->event; /* as garbage may be */
    controller_submit(&controller, &event->event);
}

/* ---- what must hold ---- */

/* The image that the first `batches` give. */
static const struct metadata_image *replay_of(size_t batches)
{
    const struct metadata_parts nothing = {.epoch = -1};
    struct metadata_image *empty = metadata_image_create(&nothing);
    struct metadata_delta delta;
    int64_t offset = 0;
    assert_status(metadata_delta_init(&delta, empty, kw_allocator_libc(), LIMIT), KW_OK);
    for (size_t b = 0; b < batches; b++) {
        assert_int_equal(disk.batches[b].offset, offset);
        for (size_t i = 0; i < disk.batches[b].count; i++)
            assert_status(metadata_delta_replay(&delta, disk.batches[b].values[i]), KW_OK);
        offset += (int64_t)disk.batches[b].count;
    }
    const struct metadata_image *image = metadata_delta_apply(&delta, offset, batches != 0 ? EPOCH : -1);
    assert_non_null(image);
    metadata_delta_finish(&delta);
    metadata_image_release(empty);
    return image;
}

/* Each topic is found by its name and its id, though most were in order already. */
static void assert_order(const struct metadata_image *image)
{
    for (size_t i = 0; i < metadata_topic_count(image); i++) {
        const struct metadata_topic *topic = metadata_topic_at(image, i);
        assert_ptr_equal(metadata_topic_by_name(image, topic->name), topic);
        assert_ptr_equal(metadata_topic_by_id(image, topic->id), topic);
        assert_non_null(metadata_find_resource(image, RESOURCE_TOPIC, topic->name));
    }
}

static void assert_image_is_replay(void)
{
    assert_order(disk.image);
    const struct metadata_image *replayed = replay_of(disk.count);
    assert_same_image(replayed, disk.image);
    assert_ptr_equal(controller_image(&controller), disk.image);
    metadata_image_release(replayed);
}

static int64_t now(void)
{
    return 1234;
}

static int set_up(void **state)
{
    static struct random_test ids;
    const struct metadata_parts nothing = {.epoch = -1};
    (void)state;
    memset(&disk, 0, sizeof disk);
    disk.image = metadata_image_create(&nothing);
    random_test_init(&ids, 11);
    random_test_init(&choices, 12);
    const struct controller_options options = {.image = disk.image,
                                               .node_id = NODE,
                                               .epoch = EPOCH,
                                               .random = &ids.source,
                                               .now = now,
                                               .sink = {NULL, append, sync_disk, publish, NULL}};
    fill_with_garbage(&controller, sizeof controller);
    return controller_init(&controller, &options) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    controller_finish(&controller);
    bool released = atomic_load(&disk.image->references) == 1;
    metadata_image_release(disk.image);
    for (size_t i = 0; i < disk.count; i++)
        drop(&disk.batches[i]);
    free(disk.batches);
    return released ? 0 : -1;
}

/* ---- tests ---- */

static void run_group(struct event *events, size_t count)
{
    for (size_t i = 0; i < count; i++)
        submit(&events[i], (unsigned)random_below(&choices, 5));
    controller_run(&controller);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(events[i].completed, 1);
        assert_int_equal(events[i].error, KW_ERROR_NONE);
    }
}

static void image_is_the_replay_of_the_log(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct event events[GROUP];
        int syncs = disk.syncs, published = disk.published;
        size_t before = disk.count;
        run_group(events, 1 + random_below(&choices, GROUP));
        assert_int_equal(disk.syncs - syncs, disk.count != before);
        assert_int_equal(disk.published - published, disk.count != before);
        assert_image_is_replay();
    }
    assert_true(disk.count > ROUNDS);
    for (size_t batches = 0; batches <= disk.count; batches++) /* a log that is cut off anywhere */
        metadata_image_release(replay_of(batches));
}

static void decide_again(struct controller_event *given_event, struct decision *decision)
{
    const struct event *event = (const struct event *)(const void *)given_event;
    const struct metadata_topic *topic = metadata_topic_by_name(decision->image, kw_string_of("again"));
    if (event->kind == 1)
        create_topic(decision, kw_string_of("again"), 1);
    else if (topic != NULL)
        remove_topic(decision, topic);
}

static void submit_again(struct event *event, unsigned kind)
{
    *event = (struct event){.event = {.decide = decide_again, .complete = complete}, .kind = kind};
    controller_submit(&controller, &event->event);
}

/* That a topic is deleted is published before another one gets its name. */
static void a_name_is_free_before_it_is_given_again(void **state)
{
    (void)state;
    struct event events[4];
    submit_again(&events[0], 1);
    controller_run(&controller);
    submit_again(&events[0], 2);
    submit_again(&events[1], 1);
    submit_again(&events[2], 2); /* one that was never published */
    submit_again(&events[3], 1);
    controller_run(&controller);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(events[i].completed, 1);
        assert_int_equal(events[i].error, KW_ERROR_NONE);
    }
    assert_int_equal(disk.syncs, 1 + 2);
    assert_int_equal(disk.published, 1 + 2);
    assert_int_equal(metadata_topic_count(disk.image), 1);
    assert_image_is_replay();
}

/* What was published before holds, what comes afterwards does not. */
static void a_name_that_does_not_become_free(void **state)
{
    (void)state;
    struct event events[3];
    submit_again(&events[0], 1);
    controller_run(&controller);
    disk.sync_fails = true;
    submit_again(&events[0], 2);
    submit_again(&events[1], 1);
    submit_again(&events[2], 2);
    controller_run(&controller);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(events[i].completed, 1);
        assert_int_equal(events[i].error, KW_ERROR_KAFKA_STORAGE_ERROR);
    }
    assert_int_equal(metadata_topic_count(disk.image), 1);
    assert_true(controller_has_failed(&controller));
}

static void full_disk_fails_one_decision(void **state)
{
    (void)state;
    struct event events[3];
    submit(&events[0], 0);
    submit(&events[1], 0);
    submit(&events[2], 9); /* decides nothing */
    disk.outcome = NOT_APPENDED;
    disk.appends_before = 1;
    controller_run(&controller);
    assert_int_equal(events[0].error, KW_ERROR_NONE);
    assert_int_equal(events[1].error, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(events[2].error, KW_ERROR_NONE);
    assert_int_equal(disk.image->parts.next_producer_id, 1000);
    assert_image_is_replay();
    disk.outcome = APPENDED;
    submit(&events[0], 0);
    controller_run(&controller);
    assert_int_equal(events[0].error, KW_ERROR_NONE);
    assert_int_equal(disk.image->parts.next_producer_id, 2000);
    assert_image_is_replay();
}

static void assert_all_refused(void)
{
    struct event events[3];
    size_t batches = disk.count;
    submit(&events[0], 0);
    submit(&events[1], 9);
    controller_run(&controller);
    assert_int_equal(events[0].error, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(events[1].error, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(disk.count, batches);
    assert_true(controller_has_failed(&controller));
}

/* The working image is dropped with all that was decided on it. */
static void failed_append_fails_all(void **state)
{
    (void)state;
    struct event events[3];
    submit(&events[0], 0);
    controller_run(&controller);
    disk.outcome = APPEND_FAILED;
    disk.appends_before = 1;
    for (size_t i = 0; i < 3; i++)
        submit(&events[i], 0);
    controller_run(&controller);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(events[i].error, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(disk.image->parts.next_producer_id, 1000);
    assert_int_equal(disk.published, 1);
    disk.outcome = APPENDED;
    assert_all_refused();
}

static void failed_sync_fails_all(void **state)
{
    (void)state;
    struct event events[2];
    disk.sync_fails = true;
    submit(&events[0], 0);
    submit(&events[1], 9);
    controller_run(&controller);
    assert_int_equal(events[0].error, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(events[1].error, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(disk.published, 0);
    assert_int_equal(disk.image->parts.offset, 0);
    disk.sync_fails = false;
    assert_all_refused();
}

static void decide_version(struct controller_event *event, struct decision *decision)
{
    (void)event;
    kw_feature_level_record feature;
    kw_feature_level_record_init(&feature);
    feature.name = kw_string_of("metadata.version");
    feature.feature_level = 33;
    record_list_add(&decision->records, &kw_feature_level_record_message, 0, &feature);
}

/* The log may have transactions from now on. */
static void set_version(void)
{
    struct event event = {.event = {.decide = decide_version, .complete = complete}};
    controller_submit(&controller, &event.event);
    controller_run(&controller);
    assert_int_equal(event.error, KW_ERROR_NONE);
}

static void decide_much(struct controller_event *event, struct decision *decision)
{
    (void)event;
    create_topic(decision, kw_string_of("large"), 2 * BATCH_MAX_RECORDS);
}

static int16_t type_of(kw_bytes value)
{
    const kw_bytes no_key = {NULL, -1};
    kw_persisted record;
    assert_status(kw_persisted_decode_header(&record, KW_INTERNAL_TOPIC_CLUSTER_METADATA, no_key, value), KW_OK);
    return record.type;
}

static void large_decision_is_a_transaction(void **state)
{
    (void)state;
    struct event event = {.event = {.decide = decide_much, .complete = complete}};
    set_version();
    controller_submit(&controller, &event.event);
    controller_run(&controller);
    assert_int_equal(event.error, KW_ERROR_NONE);
    assert_int_equal(disk.count, 1 + 3);
    assert_int_equal(disk.syncs, 1 + 1);
    assert_int_equal(type_of(disk.batches[1].values[0]), KW_BEGIN_TRANSACTION_RECORD_TYPE);
    assert_int_equal(disk.image->parts.offset, 1 + 2 * BATCH_MAX_RECORDS + 4);
    assert_int_equal(metadata_topic_at(disk.image, 0)->partition_count, 2 * BATCH_MAX_RECORDS);
    assert_image_is_replay();
    for (size_t batches = 0; batches < disk.count; batches++) { /* cut off in the middle it is not there */
        const struct metadata_image *part = replay_of(batches);
        assert_int_equal(metadata_topic_count(part), 0);
        metadata_image_release(part);
    }
}

static void decide_long(struct controller_event *event, struct decision *decision)
{
    (void)event;
    static char value[32000];
    memset(value, 'x', sizeof value - 1);
    for (size_t i = 0; i < LONG; i++) {
        char text[32];
        add_config(decision, name_of(i, text), value);
    }
}

static void long_decision_is_a_transaction(void **state)
{
    (void)state;
    struct event event = {.event = {.decide = decide_long, .complete = complete}};
    set_version();
    controller_submit(&controller, &event.event);
    controller_run(&controller);
    assert_int_equal(event.error, KW_ERROR_NONE);
    assert_int_equal(disk.count, 1 + 2);
    assert_int_equal(disk.image->parts.resource_count, LONG);
    const struct metadata_image *part = replay_of(2);
    assert_int_equal(part->parts.resource_count, 0);
    metadata_image_release(part);
}

/* Old versions have no transactions: the parts are batches of their own, as Kafka writes them. */
static void large_decision_without_transactions(void **state)
{
    (void)state;
    struct event event = {.event = {.decide = decide_much, .complete = complete}};
    controller_submit(&controller, &event.event);
    controller_run(&controller);
    assert_int_equal(event.error, KW_ERROR_NONE);
    assert_int_equal(disk.count, 3);
    assert_int_equal(disk.image->parts.offset, 2 * BATCH_MAX_RECORDS + 2);
    assert_image_is_replay();
}

/* The disk is full after the first of its batches: a transaction is open in the log. */
static void large_decision_fails_in_the_middle(void **state)
{
    (void)state;
    struct event event = {.event = {.decide = decide_much, .complete = complete}};
    set_version();
    disk.outcome = NOT_APPENDED;
    disk.appends_before = 1;
    controller_submit(&controller, &event.event);
    controller_run(&controller);
    assert_int_equal(event.error, KW_ERROR_KAFKA_STORAGE_ERROR);
    disk.outcome = APPENDED;
    assert_all_refused();
    assert_int_equal(metadata_topic_count(disk.image), 0);
}

static void decide_nonsense(struct controller_event *event, struct decision *decision)
{
    (void)event;
    const struct metadata_topic nobody = {.id = {{1}}};
    hand_out_producer_ids(decision);
    remove_topic(decision, &nobody);
}

static void decide_in_no_version(struct controller_event *event, struct decision *decision)
{
    (void)event;
    kw_topic_record topic;
    kw_topic_record_init(&topic);
    record_list_add(&decision->records, &kw_topic_record_message, 99, &topic);
    hand_out_producer_ids(decision);
}

static void wrong_records_change_nothing(void **state)
{
    (void)state;
    struct event events[2] = {{.event = {.decide = decide_nonsense, .complete = complete}},
                              {.event = {.decide = decide_in_no_version, .complete = complete}}};
    for (size_t i = 0; i < 2; i++)
        controller_submit(&controller, &events[i].event);
    controller_run(&controller);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(events[i].error, KW_ERROR_UNKNOWN_SERVER_ERROR);
    assert_int_equal(disk.count, 0);
    assert_image_is_replay();
    struct event event;
    submit(&event, 0);
    controller_run(&controller);
    assert_int_equal(event.error, KW_ERROR_NONE);
}

/* On an executor events wait for its thread, and one task takes all of them. */
static void runs_on_an_executor(void **state)
{
    (void)state;
    struct sim sim;
    struct event events[3];
    sim_init(&sim);
    submit(&events[0], 0); /* before there is an executor */
    controller_attach(&controller, &sim.executor);
    submit(&events[1], 0);
    assert_int_equal(events[0].completed, 0);
    sim_run_posted(&sim);
    assert_int_equal(events[0].completed, 1);
    assert_int_equal(events[1].completed, 1);
    assert_int_equal(disk.syncs, 1);
    submit(&events[2], 0);
    assert_int_equal(events[2].completed, 0);
    sim_run_posted(&sim);
    assert_int_equal(events[2].completed, 1);
    controller_detach(&controller);
    submit(&events[0], 0);
    assert_null(sim.posted);
    controller_run(&controller);
    assert_int_equal(events[0].completed, 1);
}

#define CONTROLLER_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONTROLLER_TEST(image_is_the_replay_of_the_log),
        CONTROLLER_TEST(a_name_is_free_before_it_is_given_again),
        CONTROLLER_TEST(a_name_that_does_not_become_free),
        CONTROLLER_TEST(full_disk_fails_one_decision),
        CONTROLLER_TEST(failed_append_fails_all),
        CONTROLLER_TEST(failed_sync_fails_all),
        CONTROLLER_TEST(large_decision_is_a_transaction),
        CONTROLLER_TEST(long_decision_is_a_transaction),
        CONTROLLER_TEST(large_decision_without_transactions),
        CONTROLLER_TEST(large_decision_fails_in_the_middle),
        CONTROLLER_TEST(wrong_records_change_nothing),
        CONTROLLER_TEST(runs_on_an_executor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
