/* SPDX-License-Identifier: Apache-2.0 */
/* What an image is written as gives that image again, records that the broker does not use included. */
#include "../unit/support.h"

#include <kwire/messages/access_control_entry_record.h>
#include <kwire/messages/client_quota_record.h>
#include <kwire/messages/config_record.h>
#include <kwire/messages/delegation_token_record.h>
#include <kwire/messages/feature_level_record.h>
#include <kwire/messages/partition_change_record.h>
#include <kwire/messages/partition_record.h>
#include <kwire/messages/producer_ids_record.h>
#include <kwire/messages/register_controller_record.h>
#include <kwire/messages/remove_access_control_entry_record.h>
#include <kwire/messages/remove_delegation_token_record.h>
#include <kwire/messages/remove_user_scram_credential_record.h>
#include <kwire/messages/topic_record.h>
#include <kwire/messages/unregister_controller_record.h>
#include <kwire/messages/user_scram_credential_record.h>
#include <kwire/persisted.h>

#include "metadata/broker_record.h"
#include "metadata/delta.h"
#include "metadata/image_records.h"

#include "image_text.h"

enum { LIMIT = 64 * 1024 * 1024, PARTITIONS = 2500, LARGE = 32000 };

static kw_arena arena;
static struct record_list records;

static int set_up(void **state)
{
    (void)state;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LIMIT);
    record_list_init(&records, &arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    kw_arena_finish(&arena);
    return 0;
}

static struct metadata_image *empty_image(void)
{
    const struct metadata_parts nothing = {.epoch = -1};
    struct metadata_image *image = metadata_image_create(&nothing);
    assert_non_null(image);
    return image;
}

/* The image with these records, which are dropped. */
static struct metadata_image *replay_on(const struct metadata_image *base)
{
    struct metadata_delta delta;
    assert_status(records.status, KW_OK);
    assert_status(metadata_delta_init(&delta, base, kw_allocator_libc(), LIMIT), KW_OK);
    for (size_t i = 0; i < records.count; i++)
        assert_status(metadata_delta_replay(&delta, records.values[i]), KW_OK);
    struct metadata_image *image = metadata_delta_apply(&delta, 9, 2);
    assert_non_null(image);
    metadata_delta_finish(&delta);
    record_list_truncate(&records, 0);
    return image;
}

static kw_status replay_some(void *context, const struct record_list *some)
{
    assert_true(some->count > 0 && some->count <= 1000);
    assert_true(some->bytes < 1024 * 1024 + 2 * LARGE);
    for (size_t i = 0; i < some->count; i++)
        assert_status(metadata_delta_replay(context, some->values[i]), KW_OK);
    return KW_OK;
}

static void assert_written_as_it_is(const struct metadata_image *image)
{
    kw_arena own;
    struct metadata_delta delta;
    struct metadata_image *empty = empty_image();
    kw_arena_init_growing(&own, NULL, 0, kw_allocator_libc(), LIMIT);
    assert_status(metadata_delta_init(&delta, empty, kw_allocator_libc(), LIMIT), KW_OK);
    assert_status(image_records(image, &own, replay_some, &delta), KW_OK);
    struct metadata_image *again = metadata_delta_apply(&delta, image->parts.offset, image->parts.epoch);
    assert_non_null(again);
    assert_same_image(image, again);
    metadata_image_release(again);
    metadata_delta_finish(&delta);
    metadata_image_release(empty);
    kw_arena_finish(&own);
}

#define ADD(type, version, record) record_list_add(&records, &kw_##type##_message, (version), (record))

static void add_feature(const char *name, int16_t level)
{
    kw_feature_level_record m;
    kw_feature_level_record_init(&m);
    m.name = kw_string_of(name);
    m.feature_level = level;
    ADD(feature_level_record, 0, &m);
}

static void add_config(int8_t type, const char *resource, const char *value)
{
    kw_config_record m;
    kw_config_record_init(&m);
    m.resource_type = type;
    m.resource_name = kw_string_of(resource);
    m.name = kw_string_of("a.name");
    m.value = kw_string_of(value);
    ADD(config_record, 0, &m);
}

static void add_broker(void)
{
    const struct metadata_endpoint endpoint = {kw_string_of("PLAINTEXT"), kw_string_of("host"), 9092, 0};
    kw_uuid directory = {{5}};
    const struct metadata_broker broker = {.id = 1,
                                           .epoch = 13,
                                           .incarnation_id = {{6}},
                                           .rack = kw_string_of("r1"),
                                           .endpoints = &endpoint,
                                           .endpoint_count = 1,
                                           .directories = {&directory, 1},
                                           .fenced = true};
    broker_record_add(&records, &broker, (struct record_versions){.register_broker = 4, .directories = true});
    controller_record_add(&records, 1, (kw_uuid){{7}}, &endpoint);
}

static void add_topic(const char *name, uint8_t id, int32_t partitions, bool elr)
{
    kw_topic_record m;
    kw_partition_record p;
    int32_t self = 1;
    kw_uuid directory = {{5}};
    kw_topic_record_init(&m);
    m.name = kw_string_of(name);
    m.topic_id.bytes[0] = id;
    ADD(topic_record, 0, &m);
    kw_partition_record_init(&p);
    p.topic_id = m.topic_id;
    p.replicas = (kw_int32_array){&self, 1};
    p.leader = elr ? -1 : 1;
    p.leader_recovery_state = 1;
    if (elr)
        p.eligible_leader_replicas = p.last_known_elr = p.replicas;
    else
        p.isr = p.replicas;
    p.directories = (kw_uuid_array){&directory, 1};
    for (p.partition_id = 0; p.partition_id < partitions; p.partition_id++) {
        p.leader_epoch = p.partition_id;
        p.partition_epoch = 2 * p.partition_id;
        ADD(partition_record, 2, &p);
    }
}

static void everything_is_written(void **state)
{
    (void)state;
    struct metadata_image *empty = empty_image();
    kw_producer_ids_record block;
    kw_producer_ids_record_init(&block);
    block.next_producer_id = 4000;
    add_feature("group.version", 1);
    add_feature("eligible.leader.replicas.version", 1);
    add_feature("metadata.version", 33);
    add_broker();
    add_topic("large", 1, PARTITIONS, false);
    add_topic("leaderless", 2, 2, true);
    add_topic("empty", 3, 0, false);
    add_config(RESOURCE_TOPIC, "large", "1");
    add_config(RESOURCE_BROKER, "", "2");
    add_config(RESOURCE_GROUP, "g", "");
    ADD(producer_ids_record, 0, &block);
    struct metadata_image *image = replay_on(empty);
    assert_int_equal(metadata_topic_count(image), 3);
    assert_int_equal(image->parts.kept->count, 1);
    assert_written_as_it_is(image);
    metadata_image_release(image);
    metadata_image_release(empty);
}

/* Kafka cannot read a batch of all of them. */
static void large_values_are_not_handed_over_together(void **state)
{
    (void)state;
    struct metadata_image *empty = empty_image();
    char *value = malloc(LARGE + 1);
    assert_non_null(value);
    memset(value, 'x', LARGE);
    value[LARGE] = '\0';
    for (int i = 0; i < 200; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "%d", i);
        add_config(RESOURCE_GROUP, name, value);
    }
    struct metadata_image *image = replay_on(empty);
    assert_written_as_it_is(image);
    free(value);
    metadata_image_release(image);
    metadata_image_release(empty);
}

static kw_status refuse(void *context, const struct record_list *some)
{
    size_t *count = context;
    *count += some->count;
    return KW_ERR_FILE;
}

static void first_error_ends_it(void **state)
{
    (void)state;
    struct metadata_image *empty = empty_image();
    size_t count = 0;
    kw_arena own;
    kw_arena_init_growing(&own, NULL, 0, kw_allocator_libc(), LIMIT);
    add_topic("large", 1, PARTITIONS, false);
    struct metadata_image *image = replay_on(empty);
    assert_status(image_records(image, &own, refuse, &count), KW_ERR_FILE);
    assert_int_equal(count, 1000);
    kw_arena_finish(&own);
    metadata_image_release(image);
    metadata_image_release(empty);
}

/* ---- kept records ---- */

static void add_access(uint8_t id, const char *principal)
{
    kw_access_control_entry_record m;
    kw_access_control_entry_record_init(&m);
    m.id.bytes[0] = id;
    m.principal = kw_string_of(principal);
    m.host = kw_string_of("*");
    ADD(access_control_entry_record, 0, &m);
}

static void add_credential(const char *user, int8_t mechanism, int32_t iterations)
{
    kw_user_scram_credential_record m;
    kw_user_scram_credential_record_init(&m);
    m.name = kw_string_of(user);
    m.mechanism = mechanism;
    m.iterations = iterations;
    ADD(user_scram_credential_record, 0, &m);
}

static void add_quota(bool turned, const char *user, double value, bool remove)
{
    kw_client_quota_record m;
    kw_client_quota_record_entity_data entity[2] = {{kw_string_of("user"), kw_string_of(user), NULL},
                                                    {kw_string_of("client-id"), {NULL, -1}, NULL}};
    kw_client_quota_record_entity_data same[2] = {entity[1], entity[0]};
    kw_client_quota_record_init(&m);
    m.entity.items = turned ? same : entity;
    m.entity.len = 2;
    m.key = kw_string_of("producer_byte_rate");
    m.value = value;
    m.remove = remove;
    ADD(client_quota_record, 0, &m);
}

static void add_token(const char *id, int64_t expiration)
{
    kw_delegation_token_record m;
    kw_delegation_token_record_init(&m);
    m.token_id = kw_string_of(id);
    m.expiration_timestamp = expiration;
    ADD(delegation_token_record, 0, &m);
}

static void add_all_kept(void)
{
    add_feature("metadata.version", 33);
    add_access(1, "User:a");
    add_access(2, "User:b");
    add_credential("a", 1, 4096);
    add_credential("a", 2, 4096);
    add_credential("b", 1, 4096);
    add_quota(false, "a", 1.5, false);
    add_quota(false, "b", 2.5, false);
    add_token("t1", 10);
    add_token("t2", 20);
    add_broker();
}

static void records_are_kept(void **state)
{
    (void)state;
    struct metadata_image *empty = empty_image();
    add_all_kept();
    struct metadata_image *image = replay_on(empty);
    assert_int_equal(image->parts.kept->count, 10);
    assert_written_as_it_is(image);
    add_feature("group.version", 1);
    struct metadata_image *next = replay_on(image);
    assert_ptr_equal(next->parts.kept, image->parts.kept); /* shared, as none has changed */
    metadata_image_release(next);
    metadata_image_release(image);
    metadata_image_release(empty);
}

/* Whether they are in the image before or among the same records. */
static void later_records_replace_earlier_ones(void **state)
{
    (void)state;
    struct metadata_image *empty = empty_image();
    add_all_kept();
    struct metadata_image *image = replay_on(empty);
    add_access(1, "User:other");
    add_credential("a", 2, 8192);
    add_quota(true, "a", 9, false);
    add_token("t1", 30);
    add_token("t1", 40);
    struct metadata_image *next = replay_on(image);
    assert_int_equal(next->parts.kept->count, 10);
    assert_written_as_it_is(next);
    add_feature("metadata.version", 33);
    add_access(1, "User:other");
    add_access(2, "User:b");
    add_credential("a", 1, 4096);
    add_credential("a", 2, 8192);
    add_credential("b", 1, 4096);
    add_quota(true, "a", 9, false);
    add_quota(false, "b", 2.5, false);
    add_token("t1", 40);
    add_token("t2", 20);
    add_broker();
    struct metadata_image *expected = replay_on(empty);
    metadata_image_release(image);
    assert_same_image(next, expected);
    metadata_image_release(next);
    metadata_image_release(expected);
    metadata_image_release(empty);
}

static void remove_all_kept(void)
{
    kw_remove_access_control_entry_record access;
    kw_remove_user_scram_credential_record credential;
    kw_remove_delegation_token_record token;
    kw_unregister_controller_record controller;
    kw_remove_access_control_entry_record_init(&access);
    kw_remove_user_scram_credential_record_init(&credential);
    kw_remove_delegation_token_record_init(&token);
    kw_unregister_controller_record_init(&controller);
    access.id.bytes[0] = 1;
    credential.name = kw_string_of("a");
    credential.mechanism = 2;
    token.token_id = kw_string_of("t1");
    controller.controller_id = 1;
    ADD(remove_access_control_entry_record, 0, &access);
    ADD(remove_user_scram_credential_record, 0, &credential);
    ADD(remove_delegation_token_record, 0, &token);
    ADD(unregister_controller_record, 0, &controller);
    add_quota(true, "a", 0, true);
    access.id.bytes[0] = 77; /* there is none */
    ADD(remove_access_control_entry_record, 0, &access);
}

static void removed_records_are_gone(void **state)
{
    (void)state;
    struct metadata_image *empty = empty_image();
    add_all_kept();
    struct metadata_image *image = replay_on(empty);
    remove_all_kept();
    struct metadata_image *next = replay_on(image);
    assert_int_equal(next->parts.kept->count, 5);
    assert_written_as_it_is(next);
    add_all_kept();
    remove_all_kept();
    struct metadata_image *at_once = replay_on(empty);
    assert_same_image(next, at_once);
    remove_all_kept();
    struct metadata_image *again = replay_on(next);
    assert_int_equal(again->parts.kept->count, 5);
    metadata_image_release(again);
    metadata_image_release(at_once);
    metadata_image_release(next);
    metadata_image_release(image);
    metadata_image_release(empty);
}

#define RECORDS_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RECORDS_TEST(everything_is_written),
        RECORDS_TEST(large_values_are_not_handed_over_together),
        RECORDS_TEST(first_error_ends_it),
        RECORDS_TEST(records_are_kept),
        RECORDS_TEST(later_records_replace_earlier_ones),
        RECORDS_TEST(removed_records_are_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
