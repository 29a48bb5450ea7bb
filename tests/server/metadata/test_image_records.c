/* SPDX-License-Identifier: Apache-2.0 */
/* What an image is written as gives that image again, records that the broker does not use included. */
#include "../../unit/support.h"

#include <kwire/json.h>
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

struct counted {
    size_t times, records;
};

static kw_status count_some(void *context, const struct record_list *some)
{
    struct counted *counted = context;
    assert_true(some->count > 0 && some->count <= 1000);
    counted->times++;
    counted->records += some->count;
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

static kw_status count_records(void *context, const struct record_list *some)
{
    size_t *count = context;
    *count += some->count;
    return KW_OK;
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
/* Records of metadata.version 15 have no place for eligible leader replicas, whatever the other feature says. */
static void features_that_contradict_each_other(void **state)
{
    (void)state;
    struct metadata_image *empty = empty_image();
    kw_arena own;
    size_t count = 0;
    kw_arena_init_growing(&own, NULL, 0, kw_allocator_libc(), LIMIT);
    add_feature("eligible.leader.replicas.version", 1);
    add_feature("metadata.version", 15);
    add_topic("t", 1, 1, true);
    struct metadata_image *image = replay_on(empty);
    assert_status(image_records(image, &own, count_records, &count), KW_OK);
    assert_int_equal(count, 4);
    kw_arena_finish(&own);
    metadata_image_release(image);
    metadata_image_release(empty);
}

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

static kw_status print_records(void *context, const struct record_list *some)
{
    static const kw_bytes no_key = {NULL, -1};
    for (size_t i = 0; i < some->count; i++) {
        kw_persisted p;
        kw_reader in;
        kw_writer w;
        char text[2048];
        void *body;
        assert_status(kw_persisted_decode_header(&p, KW_INTERNAL_TOPIC_CLUSTER_METADATA, no_key, some->values[i]),
                      KW_OK);
        kw_reader_init_bytes(&in, p.value);
        assert_status(kw_message_decode(p.record->value, p.version, &in, &arena, &body), KW_OK);
        kw_writer_init(&w, text, sizeof text);
        assert_status(kw_message_json(p.record->value, p.version, body, &w), KW_OK);
        (void)fprintf(context, "%s %d %.*s\n", p.record->name, p.version, (int)kw_writer_data(&w).size, text);
    }
    return KW_OK;
}

/* What fields have that the broker itself does not look at, and what is left out where a version has no place for it.
 */
static void check_fields(int16_t elr_level, kw_int32_array elr, const char *expected)
{
    static int32_t ids[] = {1, 2, 3};
    const struct metadata_feature features[] = {{kw_string_of("eligible.leader.replicas.version"), elr_level},
                                                {kw_string_of("metadata.version"), 33}};
    const struct metadata_partition partition = {.leader_id = 1,
                                                 .replicas = {ids, 3},
                                                 .isr = {ids, 1},
                                                 .elr = elr,
                                                 .last_known_elr = elr,
                                                 .removing = {ids + 1, 1},
                                                 .adding = {ids + 2, 1}};
    const struct metadata_topic topic = {.name = kw_string_of("t"), .partitions = &partition, .partition_count = 1};
    struct metadata_topic *topics[] = {metadata_topic_create(&topic)};
    const struct metadata_parts parts = {.topics = topics,
                                         .topic_count = 1,
                                         .features = features,
                                         .feature_count = 2,
                                         .next_producer_id = 1,
                                         .epoch = -1};
    struct metadata_image *image = metadata_image_create(&parts);
    kw_arena own;
    char text[4096] = {0}; /* MemorySanitizer does not hear of what fmemopen() writes */
    FILE *out = fmemopen(text, sizeof text, "w");
    assert_non_null(image);
    assert_non_null(out);
    kw_arena_init_growing(&own, NULL, 0, kw_allocator_libc(), LIMIT);
    assert_status(image_records(image, &own, print_records, out), KW_OK);
    (void)fclose(out);
    assert_string_equal(text, expected);
    kw_arena_finish(&own);
    metadata_image_release(image);
}

#define WITH_FIELDS(level, elr)                                                                                     \
    "FeatureLevelRecord 0 {\"name\":\"metadata.version\",\"featureLevel\":33}\n"                                    \
    "FeatureLevelRecord 0 {\"name\":\"eligible.leader.replicas.version\",\"featureLevel\":" #level "}\n"            \
    "TopicRecord 0 {\"name\":\"t\",\"topicId\":\"AAAAAAAAAAAAAAAAAAAAAA\"}\n"                                       \
    "PartitionRecord 2 {\"partitionId\":0,\"topicId\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"replicas\":[1,2,3],\"isr\":[1]," \
    "\"removingReplicas\":[2],\"addingReplicas\":[3],\"leader\":1,\"leaderEpoch\":0,\"partitionEpoch\":0,"          \
    "\"directories\":[]" elr "}\n"                                                                                  \
    "ProducerIdsRecord 0 {\"brokerId\":-1,\"brokerEpoch\":-1,\"nextProducerId\":1}\n"

static void fields_that_are_not_used(void **state)
{
    (void)state;
    static int32_t ids[] = {2, 3};
    check_fields(1, (kw_int32_array){ids, 2},
                 WITH_FIELDS(1, ",\"eligibleLeaderReplicas\":[2,3],\"lastKnownElr\":[2,3]"));
    check_fields(1, (kw_int32_array){NULL, 0}, WITH_FIELDS(1, ""));
    check_fields(0, (kw_int32_array){ids, 2}, WITH_FIELDS(0, ""));
}

/* Memory is used again for the records that come next. */
static void little_memory(void **state)
{
    (void)state;
    enum { LITTLE = 2 * 1024 * 1024 };
    struct metadata_image *empty = empty_image();
    kw_arena own;
    struct counted counted = {0};
    add_topic("large", 1, 12 * PARTITIONS, false);
    struct metadata_image *image = replay_on(empty);
    kw_arena_init_growing(&own, NULL, 0, kw_allocator_libc(), LITTLE);
    for (int i = 0; i < 2; i++) {
        assert_non_null(kw_arena_alloc(&own, LITTLE - 32 * 1024));
        assert_status(image_records(image, &own, count_some, &counted), KW_OK);
    }
    kw_arena_finish(&own);
    kw_arena_init_growing(&own, NULL, 0, kw_allocator_libc(), 16 * 1024);
    assert_status(image_records(image, &own, count_some, &counted), KW_ERR_MEMORY_LIMIT);
    kw_arena_finish(&own);
    metadata_image_release(image);
    metadata_image_release(empty);
}

/* Registrations in memory that ends at each byte in turn, until it is enough. */
static void registrations_in_little_memory(void **state)
{
    (void)state;
    static uint64_t block[1024];
    const struct metadata_endpoint endpoint = {kw_string_of("PLAINTEXT"), kw_string_of("host"), 9092, 0};
    const struct metadata_broker broker = {.id = 1, .rack = {NULL, -1}, .endpoints = &endpoint, .endpoint_count = 1};
    for (int kind = 0; kind < 2; kind++) {
        kw_status status = KW_ERR_NO_MEMORY;
        size_t size = 0;
        for (; status != KW_OK; size += 8) {
            kw_arena little;
            struct record_list list;
            assert_true(size <= sizeof block);
            kw_arena_init(&little, block, size);
            record_list_init(&list, &little);
            if (kind == 0)
                broker_record_add(&list, &broker, (struct record_versions){.register_broker = 4, .directories = true});
            else
                controller_record_add(&list, 1, (kw_uuid){{7}}, &endpoint);
            status = list.status;
            assert_int_equal(list.count, status == KW_OK);
            assert_true(status == KW_OK || status == KW_ERR_NO_MEMORY);
        }
        assert_true(size > 300); /* with the features */
    }
}

/* Of brokers and kept records there are no more than 1000 together either. */
static void many_of_each(void **state)
{
    (void)state;
    enum { MANY = 2500 };
    static struct metadata_broker brokers[MANY];
    static struct metadata_kept kept[MANY];
    static uint8_t ids[MANY][4], value[1024];
    kw_access_control_entry_record entry;
    kw_access_control_entry_record_init(&entry);
    size_t first = records.count;
    ADD(access_control_entry_record, 0, &entry);
    kw_bytes record = records.values[first];
    assert_true((size_t)record.len <= sizeof value);
    memcpy(value, record.data, (size_t)record.len);
    for (int32_t i = 0; i < MANY; i++) {
        kw_store_be32(ids[i], (uint32_t)i);
        brokers[i] = (struct metadata_broker){.id = i, .rack = {NULL, -1}};
        kept[i] = (struct metadata_kept){KW_ACCESS_CONTROL_ENTRY_RECORD_TYPE, {ids[i], 4}, {value, record.len}};
    }
    const struct metadata_parts parts = {
        .brokers = brokers, .broker_count = MANY, .kept = metadata_kept_create(kept, MANY), .epoch = -1};
    struct metadata_image *image = metadata_image_create(&parts);
    struct counted counted = {0};
    kw_arena own;
    assert_non_null(image);
    kw_arena_init_growing(&own, NULL, 0, kw_allocator_libc(), LIMIT);
    assert_status(image_records(image, &own, count_some, &counted), KW_OK);
    assert_int_equal(counted.records, 2 * MANY);
    assert_int_equal(counted.times, 5);
    kw_arena_finish(&own);
    metadata_image_release(image);
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

/* They are kept, or it is said that they are not. */
static void kept_in_little_memory(void **state)
{
    (void)state;
    enum { LONG_NAME = 30000 };
    static char name[LONG_NAME + 1];
    struct metadata_image *empty = empty_image();
    memset(name, 'x', LONG_NAME);
    add_access(1, name);
    add_credential(name, 1, 4096);
    add_quota(false, name, 1.5, false);
    add_token(name, 10);
    assert_status(records.status, KW_OK);
    for (size_t i = 0; i < records.count; i++) {
        size_t refused = 0;
        kw_status status = KW_ERR_MEMORY_LIMIT;
        for (size_t limit = 4096; status != KW_OK; limit += 512) {
            struct metadata_delta delta;
            assert_true(limit < LIMIT);
            status = metadata_delta_init(&delta, empty, kw_allocator_libc(), limit);
            if (status == KW_OK)
                status = metadata_delta_replay(&delta, records.values[i]);
            if (status != KW_OK)
                assert_status(status, KW_ERR_MEMORY_LIMIT);
            struct metadata_image *image = status == KW_OK ? metadata_delta_apply(&delta, 9, 2) : NULL;
            if (image != NULL)
                assert_int_equal(image->parts.kept->count, 1);
            else
                status = KW_ERR_MEMORY_LIMIT;
            refused += image == NULL;
            metadata_image_release(image);
            metadata_delta_finish(&delta);
        }
        assert_true(refused > 10);
    }
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
        RECORDS_TEST(features_that_contradict_each_other),
        RECORDS_TEST(large_values_are_not_handed_over_together),
        RECORDS_TEST(many_of_each),
        RECORDS_TEST(fields_that_are_not_used),
        RECORDS_TEST(little_memory),
        RECORDS_TEST(registrations_in_little_memory),
        RECORDS_TEST(first_error_ends_it),
        RECORDS_TEST(records_are_kept),
        RECORDS_TEST(later_records_replace_earlier_ones),
        RECORDS_TEST(removed_records_are_gone),
        RECORDS_TEST(kept_in_little_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
