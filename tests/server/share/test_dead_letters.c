/* SPDX-License-Identifier: Apache-2.0 */
/* Dead letters of share groups: what becomes one, into which topic, and what happens where that fails. */
#include "../api/share_fetch_support.h"

#include <kwire/batches.h>
#include <kwire/records.h>

#include "log/log_read.h"
#include "share/dead_letter_topic.h"

enum { REJECT = 3 };

static void set_config(int8_t type, const char *resource, const char *name, const char *value)
{
    kw_incremental_alter_configs_request request;
    kw_incremental_alter_configs_request_alter_configs_resource of;
    kw_incremental_alter_configs_request_alterable_config config;
    kw_incremental_alter_configs_request_init(&request);
    kw_incremental_alter_configs_request_alter_configs_resource_init(&of);
    kw_incremental_alter_configs_request_alterable_config_init(&config);
    config.name = kw_string_of(name);
    config.value = kw_string_of(value);
    of.resource_type = type;
    of.resource_name = kw_string_of(resource);
    of.configs.items = &config;
    of.configs.len = 1;
    request.resources.items = &of;
    request.resources.len = 1;
    assert_non_null(strstr(ask(KW_KEY_INCREMENTAL_ALTER_CONFIGS, 1, &request), "'errorCode':0"));
}

static void want_letters_in(const char *topic)
{
    set_config(RESOURCE_GROUP, "group", "errors.deadletterqueue.topic.name", topic);
}

static void make_topic(const char *name)
{
    create_topic(name, 1);
    set_config(RESOURCE_TOPIC, name, "errors.deadletterqueue.group.enable", "true");
}

static void settle(void)
{
    for (int i = 0; i < 5; i++)
        sim_settle(&sim);
}

/* The letters in a topic: the offsets, and keys and values where they have some. "-": there is no topic. */
static const char *letters_in(const char *name)
{
    static char text[512];
    struct log_snapshot snapshot;
    struct log_slice slice;
    const struct metadata_image *image = metadata_image_acquire(&broker.metadata);
    const struct metadata_topic *topic = metadata_topic_by_name(image, kw_string_of(name));
    strcpy(text, topic != NULL ? "" : "-");
    struct partition_log *log = topic != NULL ? log_manager_find(&broker.logs, topic->name, topic->id, 0) : NULL;
    metadata_image_release(image);
    if (log == NULL)
        return text;
    assert_int_equal(partition_log_acquire(log, false, &snapshot), KW_ERROR_NONE);
    const struct log_read_request all = {.end = snapshot.high_watermark, .max_bytes = INT32_MAX};
    if (snapshot.high_watermark > 0) {
        assert_int_equal(log_read(log, &snapshot, &all, &slice), KW_ERROR_NONE);
        kw_batches batches;
        kw_batch batch;
        for (kw_batches_init(&batches, slice.records); kw_batches_next(&batches, &batch);) {
            kw_records records;
            kw_record r;
            for (kw_records_init(&records, &batch, NULL, NULL); kw_records_next(&records, &r);) {
                kw_record_headers headers;
                kw_record_header h;
                for (kw_record_headers_init(&headers, &r); kw_record_headers_next(&headers, &h);)
                    if (kw_string_equal(h.key, kw_string_of("__dlq.errors.offset")))
                        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%.*s%s",
                                 text[0] != '\0' ? " " : "", KW_FMT(kw_string_of_bytes(h.value)),
                                 r.value.len >= 0 ? "v" : "");
            }
        }
        segment_release(slice.segment);
    }
    log_snapshot_release(&snapshot);
    log_release(log);
    return text;
}

/* By the state that is written. */
static void assert_finished_up_to(int64_t offset)
{
    static kw_read_share_group_state_summary_request request;
    static kw_read_share_group_state_summary_request_read_state_summary_data topic;
    static kw_read_share_group_state_summary_request_partition_data partition;
    kw_read_share_group_state_summary_request_init(&request);
    kw_read_share_group_state_summary_request_read_state_summary_data_init(&topic);
    kw_read_share_group_state_summary_request_partition_data_init(&partition);
    topic.topic_id = nth_id(0);
    topic.partitions.items = &partition;
    topic.partitions.len = 1;
    request.group_id = kw_string_of("group");
    request.topics.items = &topic;
    request.topics.len = 1;
    long long start;
    int count;
    const char *at = strstr(ask_api(SUMMARY, &request), "'startOffset':");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "'startOffset':%lld,'deliveryCompleteCount':%d", &start, &count), 2);
    assert_int_equal(start + count, offset);
}

static void records_that_are_rejected(void **state)
{
    (void)state;
    make_topic("dlq.a");
    want_letters_in("dlq.a");
    append(0, 5);
    initialize(0);
    assert_string_equal(ranges(fetch("m", 0)), "0-4*1");
    assert_non_null(strstr(acknowledge("m", 1, 0, 1, REJECT), "'partitionIndex':0,'errorCode':0"));
    settle();
    assert_string_equal(letters_in("dlq.a"), "0 1");
    assert_non_null(strstr(acknowledge("m", 2, 2, 3, 1), "'partitionIndex':0,'errorCode':0"));
    assert_non_null(strstr(acknowledge("m", 3, 4, 4, REJECT), "'partitionIndex':0,'errorCode':0"));
    settle();
    assert_string_equal(letters_in("dlq.a"), "0 1 4");
    assert_finished_up_to(5);
}

static void whole_records(void **state)
{
    (void)state;
    make_topic("dlq.a");
    want_letters_in("dlq.a");
    set_config(RESOURCE_GROUP, "group", "errors.deadletterqueue.copy.record.enable", "true");
    append(0, 3);
    initialize(0);
    assert_string_equal(ranges(fetch("m", 0)), "0-2*1");
    (void)acknowledge("m", 1, 1, 2, REJECT);
    settle();
    assert_string_equal(letters_in("dlq.a"), "1v 2v");
}

static void records_that_fail_again_and_again(void **state)
{
    (void)state;
    make_topic("dlq.a");
    want_letters_in("dlq.a");
    set_config(RESOURCE_GROUP, "group", "share.delivery.count.limit", "2");
    append(0, 2);
    initialize(0);
    assert_string_equal(ranges(fetch("m", 0)), "0-1*1");
    sim_advance(&sim, LOCK_MS + 1);
    assert_string_equal(ranges(fetch("m", 1)), "0-1*2");
    (void)acknowledge("m", 2, 0, 0, 2);
    settle();
    assert_string_equal(letters_in("dlq.a"), "0");
    sim_advance(&sim, LOCK_MS + 1);
    settle();
    assert_string_equal(letters_in("dlq.a"), "0 1");
    assert_finished_up_to(2);
}

static kw_string config_of_topic(const struct metadata_image *image, const char *topic, const char *name)
{
    return metadata_find_config(image, RESOURCE_TOPIC, kw_string_of(topic), kw_string_of(name));
}

static void topics_that_are_created(void **state)
{
    (void)state;
    want_letters_in("dlq.new");
    append(0, 3);
    initialize(0);
    assert_string_equal(ranges(fetch("m", 0)), "0-2*1");
    (void)acknowledge("m", 1, 0, 0, REJECT);
    settle();
    assert_string_equal(letters_in("dlq.new"), "-"); /* not allowed: it is archived without one */
    assert_finished_up_to(1);
    set_config(RESOURCE_BROKER, "", "errors.deadletterqueue.auto.create.topics.enable", "true");
    (void)acknowledge("m", 2, 1, 1, REJECT);
    settle();
    assert_string_equal(letters_in("dlq.new"), "1");
    const struct metadata_image *image = metadata_image_acquire(&broker.metadata);
    assert_true(kw_string_equal(config_of_topic(image, "dlq.new", "errors.deadletterqueue.group.enable"),
                                kw_string_of("true")));
    assert_true(
        kw_string_equal(config_of_topic(image, "dlq.new", "message.timestamp.type"), kw_string_of("CreateTime")));
    assert_int_equal(metadata_topic_by_name(image, kw_string_of("dlq.new"))->partition_count, 1);
    metadata_image_release(image);
    (void)acknowledge("m", 3, 2, 2, REJECT);
    settle();
    assert_string_equal(letters_in("dlq.new"), "1 2");
    assert_finished_up_to(3);
}

static void topics_that_are_not_for_letters(void **state)
{
    (void)state;
    create_topic("dlq.plain", 1);
    make_topic("other");
    append(0, 4);
    initialize(0);
    want_letters_in("dlq.plain");
    assert_string_equal(ranges(fetch("m", 0)), "0-3*1");
    (void)acknowledge("m", 1, 0, 0, REJECT);
    settle();
    want_letters_in("other"); /* it does not have the prefix */
    (void)acknowledge("m", 2, 1, 1, REJECT);
    settle();
    want_letters_in(""); /* none are wanted any more */
    (void)acknowledge("m", 3, 2, 2, REJECT);
    settle();
    assert_string_equal(letters_in("dlq.plain"), "");
    assert_string_equal(letters_in("other"), "");
    assert_finished_up_to(3);
    set_config(RESOURCE_TOPIC, "other", "cleanup.policy", "compact");
    set_config(RESOURCE_BROKER, "", "errors.deadletterqueue.topic.name.prefix", "");
    want_letters_in("other");
    (void)acknowledge("m", 4, 3, 3, REJECT); /* no record without a key */
    settle();
    assert_string_equal(letters_in("other"), "");
    assert_finished_up_to(4);
}

/* ---- which topic ---- */

static struct dead_letter_topic find_topic(const struct metadata_image *image, int32_t partition,
                                           enum dead_letter_place expected)
{
    const struct config_place place = {image, broker.config.file, NODE};
    struct dead_letter_topic topic;
    enum dead_letter_place found = dead_letter_topic_find(&place, kw_string_of("group"), partition, &topic);
    assert_int_equal(found, expected);
    assert_int_equal(topic.why != NULL, expected == DEAD_LETTER_REFUSED);
    return topic;
}

static void assert_refused_because(const char *why)
{
    const struct metadata_image *image = metadata_image_acquire(&broker.metadata);
    assert_string_equal(find_topic(image, 0, DEAD_LETTER_REFUSED).why, why);
    metadata_image_release(image);
}

static void topics_that_are_refused(void **state)
{
    (void)state;
    assert_refused_because("the group has no topic for them");
    create_topic("dlq.a", 3);
    want_letters_in("dlq.a");
    assert_refused_because("their topic has no errors.deadletterqueue.group.enable");
    set_config(RESOURCE_TOPIC, "dlq.a", "errors.deadletterqueue.group.enable", "false");
    assert_refused_because("their topic has no errors.deadletterqueue.group.enable");
    want_letters_in("dlq.missing");
    assert_refused_because("their topic does not exist");
    set_config(RESOURCE_BROKER, "", "errors.deadletterqueue.auto.create.topics.enable", "true");
    want_letters_in("other.missing");
    assert_refused_because("the name of their topic does not start with errors.deadletterqueue.topic.name.prefix");
    want_letters_in("dl");
    assert_refused_because("the name of their topic does not start with errors.deadletterqueue.topic.name.prefix");
}

/* Each partition has its letters in one of the topic's. */
static void the_partition_of_a_topic(void **state)
{
    (void)state;
    create_topic("dlq.a", 3);
    set_config(RESOURCE_TOPIC, "dlq.a", "errors.deadletterqueue.group.enable", "TRUE");
    want_letters_in("dlq.a");
    const struct metadata_image *image = metadata_image_acquire(&broker.metadata);
    for (int32_t i = 0; i < 7; i++) {
        struct dead_letter_topic topic = find_topic(image, i, DEAD_LETTER_READY);
        assert_true(kw_string_equal(topic.name, kw_string_of("dlq.a")));
        assert_true(kw_string_equal(topic.topic->name, kw_string_of("dlq.a")));
        assert_int_equal(topic.to->index, i % 3);
        assert_false(topic.has_records);
    }
    assert_true(dead_letters_are_wanted(image, kw_string_of("group")));
    assert_false(dead_letters_are_wanted(image, kw_string_of("another")));
    metadata_image_release(image);
    set_config(RESOURCE_GROUP, "group", "errors.deadletterqueue.copy.record.enable", "true");
    image = metadata_image_acquire(&broker.metadata);
    assert_true(find_topic(image, 0, DEAD_LETTER_READY).has_records);
    metadata_image_release(image);
}

static void restart(void)
{
    sim_advance(&sim, LOCK_MS + 1);
    coordinators_stop(&broker);
    sim_settle(&sim);
    coordinators_await(&broker);
    restart_broker();
    broker.share_partitions.options.clock = clock_of_sim;
    coordinators_start(&broker, direct_homes, 1);
    sim_settle(&sim);
}

/* A broker that ends while a letter waits for its topic. */
static void letters_after_a_restart(void **state)
{
    (void)state;
    make_topic("dlq.a");
    want_letters_in("dlq.a");
    append(0, 3);
    initialize(0);
    assert_string_equal(ranges(fetch("m", 0)), "0-2*1");
    dead_letters_stop(&broker.dead_letters); /* as if it had ended before anything was produced */
    (void)acknowledge("m", 1, 0, 1, REJECT);
    settle();
    assert_string_equal(letters_in("dlq.a"), "");
    assert_finished_up_to(0);
    restart();
    (void)fetch("m", 0);
    settle();
    assert_string_equal(letters_in("dlq.a"), "0 1");
    assert_finished_up_to(2);
}

/* The leader comes back, or does not. */
static void partitions_without_a_leader(void **state)
{
    (void)state;
    make_topic("dlq.a");
    want_letters_in("dlq.a");
    append(0, 2);
    initialize(0);
    assert_string_equal(ranges(fetch("m", 0)), "0-1*1");
    broker.dead_letters.options.node_id = NODE + 1; /* it leads nothing */
    (void)acknowledge("m", 1, 0, 0, REJECT);
    settle();
    sim_advance(&sim, 1999);
    broker.dead_letters.options.node_id = NODE;
    settle();
    assert_string_equal(letters_in("dlq.a"), "");
    sim_advance(&sim, 1);
    settle();
    assert_string_equal(letters_in("dlq.a"), "0");
    broker.dead_letters.options.node_id = NODE + 1;
    (void)acknowledge("m", 2, 1, 1, REJECT);
    settle();
    assert_finished_up_to(1);
    for (int i = 1; i < 5; i++) {
        sim_advance(&sim, 1000 << i);
        settle();
    }
    assert_string_equal(letters_in("dlq.a"), "0");
    assert_finished_up_to(2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(records_that_are_rejected, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(whole_records, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(records_that_fail_again_and_again, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(topics_that_are_created, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(topics_that_are_not_for_letters, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(topics_that_are_refused, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(the_partition_of_a_topic, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(letters_after_a_restart, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(partitions_without_a_leader, set_up_fetch, tear_down_fetch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
