/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of partitions when a broker leaves and comes back. The rules are those of Kafka's
 * PartitionChangeBuilder. */
#include "../../unit/support.h"

#include <kwire/messages/partition_change_record.h>
#include <kwire/persisted.h>

#include "metadata/partition_change.h"

enum { LIMIT = 1024 * 1024, UNSAID = -2 };

static kw_arena arena;
static struct record_list records;
static struct metadata_feature features[2];
static struct metadata_topic topic;
static struct metadata_partition p;
static struct partition_change change;
static kw_uuid directories[] = {{{1}}, {{2}}};
static int32_t one[] = {1};
static kw_uuid_array online; /* of broker 1 */

static int set_up(void **state)
{
    (void)state;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LIMIT);
    record_list_init(&records, &arena);
    features[0] = (struct metadata_feature){kw_string_of("metadata.version"), 33};
    features[1] = (struct metadata_feature){kw_string_of("eligible.leader.replicas.version"), 1};
    memset(&topic, 0, sizeof topic);
    topic.id.bytes[0] = 9;
    p = (struct metadata_partition){
        .index = 4, .leader_id = 1, .replicas = {one, 1}, .isr = {one, 1}, .directories = {directories, 1}};
    change = (struct partition_change){.topic = &topic,
                                       .partition = &p,
                                       .leaving = NO_BROKER,
                                       .electable = NO_BROKER,
                                       .assigned = NO_BROKER,
                                       .min_isr = 1};
    online = (kw_uuid_array){directories, 2};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    kw_arena_finish(&arena);
    return 0;
}

/* In memory that ends at each byte in turn, until it is enough. */
static void change_in_little_memory(void)
{
    static uint64_t block[256];
    for (size_t size = 0;; size += 8) {
        kw_arena little;
        struct record_list list;
        assert_true(size <= sizeof block);
        kw_arena_init(&little, block, size);
        record_list_init(&list, &little);
        partition_change_add(&list, &change);
        if (list.status == KW_OK)
            return;
        assert_status(list.status, KW_ERR_NO_MEMORY);
        assert_int_equal(list.count, 0);
    }
}

/* The record that the change gives; false: there is none. */
static bool build(kw_partition_change_record *out, int16_t version)
{
    const struct metadata_broker broker = {.id = 1, .directories = online};
    const struct metadata_parts parts = {
        .brokers = &broker, .broker_count = 1, .features = features, .feature_count = 2, .epoch = -1};
    struct metadata_image *image = metadata_image_create(&parts);
    const kw_bytes no_key = {NULL, -1};
    kw_persisted header;
    kw_reader in;
    assert_non_null(image);
    change.image = image;
    record_list_truncate(&records, 0);
    change_in_little_memory();
    partition_change_add(&records, &change);
    metadata_image_release(image);
    assert_status(records.status, KW_OK);
    if (records.count == 0)
        return false;
    assert_int_equal(records.count, 1);
    assert_status(kw_persisted_decode_header(&header, KW_INTERNAL_TOPIC_CLUSTER_METADATA, no_key, records.values[0]),
                  KW_OK);
    assert_int_equal(header.type, KW_PARTITION_CHANGE_RECORD_TYPE);
    assert_int_equal(header.version, version);
    kw_reader_init_bytes(&in, header.value);
    assert_status(kw_partition_change_record_decode(out, header.version, &in, &arena), KW_OK);
    assert_int_equal(out->partition_id, 4);
    assert_true(kw_uuid_equal(out->topic_id, topic.id));
    return true;
}

/* -1: the record does not have the list. */
static void assert_lists(const kw_partition_change_record *r, int32_t isr, int32_t elr, int32_t last_known)
{
    assert_int_equal(r->isr.len, isr);
    assert_int_equal(r->eligible_leader_replicas.len, elr);
    assert_int_equal(r->last_known_elr.len, last_known);
    if (isr > 0)
        assert_int_equal(r->isr.items[0], 1);
    if (elr > 0)
        assert_int_equal(r->eligible_leader_replicas.items[0], 1);
    if (last_known > 0)
        assert_int_equal(r->last_known_elr.items[0], 1);
}

static void clean_leave(void **state)
{
    (void)state;
    kw_partition_change_record r;
    change.leaving = 1;
    assert_true(build(&r, 2));
    assert_int_equal(r.leader, -1);
    assert_lists(&r, 0, 1, 1);
    assert_int_equal(r.leader_recovery_state, -1);
}

static void clean_return(void **state)
{
    (void)state;
    kw_partition_change_record r;
    p.leader_id = -1;
    p.isr.len = 0;
    p.elr = p.last_known_elr = p.replicas;
    change.electable = 1;
    assert_true(build(&r, 2));
    assert_int_equal(r.leader, 1);
    assert_lists(&r, 1, 0, 0);
    assert_int_equal(r.leader_recovery_state, -1);
    assert_int_equal(r.directories.len, -1);
}

static void unclean_leave(void **state)
{
    (void)state;
    kw_partition_change_record r;
    change.leaving = 1;
    change.leaves_unclean = true;
    assert_true(build(&r, 2));
    assert_int_equal(r.leader, -1);
    assert_lists(&r, 0, -1, 1);
    p.leader_id = -1; /* after a clean one that is not known */
    p.isr.len = 0;
    p.elr = p.last_known_elr = p.replicas;
    assert_true(build(&r, 2));
    assert_int_equal(r.leader, UNSAID);
    assert_lists(&r, -1, 0, -1);
}

static void unclean_return(void **state)
{
    (void)state;
    kw_partition_change_record r;
    p.leader_id = -1;
    p.isr.len = 0;
    p.last_known_elr = p.replicas;
    change.electable = 1;
    assert_true(build(&r, 2));
    assert_int_equal(r.leader, 1);
    assert_lists(&r, 1, -1, 0);
    assert_int_equal(r.leader_recovery_state, 1);
    p.leader_recovery_state = 1; /* it is not said twice */
    assert_true(build(&r, 2));
    assert_int_equal(r.leader_recovery_state, -1);
}

/* Nobody knows who led last: only who may lose records elects. */
static void nobody_is_eligible(void **state)
{
    (void)state;
    kw_partition_change_record r;
    p.leader_id = -1;
    p.isr.len = 0;
    change.electable = 1;
    assert_false(build(&r, 2));
    change.may_lose = true;
    assert_true(build(&r, 2));
    assert_int_equal(r.leader, 1);
    assert_lists(&r, 1, -1, -1);
    assert_int_equal(r.leader_recovery_state, 1);
    p.replicas.len = 0; /* it has no replica */
    assert_false(build(&r, 2));
}

static void without_eligible_replicas(void **state)
{
    (void)state;
    kw_partition_change_record r;
    features[0].level = 20;
    features[1].level = 0;
    change.leaving = 1;
    assert_true(build(&r, 1));
    assert_int_equal(r.leader, -1);
    assert_lists(&r, -1, -1, -1); /* the last one stays in sync */
    p.leader_id = -1;
    change.leaving = NO_BROKER;
    change.electable = 1;
    assert_true(build(&r, 1));
    assert_int_equal(r.leader, 1);
    assert_lists(&r, -1, -1, -1);
    assert_int_equal(r.leader_recovery_state, -1);
}

/* Two replicas, of which one stays: with enough in sync nobody else is eligible. */
static void another_replica_stays(void **state)
{
    (void)state;
    kw_partition_change_record r;
    int32_t both[] = {1, 2};
    p.replicas = p.isr = (kw_int32_array){both, 2};
    p.directories.len = 2;
    p.leader_id = 1;
    change.leaving = 2;
    change.electable = 1;
    assert_true(build(&r, 2));
    assert_int_equal(r.leader, UNSAID);
    assert_lists(&r, 1, -1, -1);
    change.min_isr = 2;
    assert_true(build(&r, 2));
    assert_int_equal(r.isr.len, 1);
    assert_int_equal(r.eligible_leader_replicas.len, 1);
    assert_int_equal(r.eligible_leader_replicas.items[0], 2);
    features[0].level = 11; /* then the epoch grows with a shrinking ISR */
    features[1].level = 0;
    assert_true(build(&r, 0));
    assert_int_equal(r.leader, 1);
}

static void nothing_changes(void **state)
{
    (void)state;
    kw_partition_change_record r;
    change.electable = 1;
    assert_false(build(&r, 2));
}

static void directories_are_set(void **state)
{
    (void)state;
    kw_partition_change_record r;
    change.electable = change.assigned = 1;
    change.directory = directories[0];
    assert_false(build(&r, 2));
    kw_uuid unassigned = {{[15] = 1}};
    p.directories.items = &unassigned;
    assert_true(build(&r, 2));
    assert_int_equal(r.leader, UNSAID);
    assert_int_equal(r.directories.len, 1);
    assert_true(kw_uuid_equal(r.directories.items[0], directories[0]));
    change.assigned = NO_BROKER;
    assert_false(build(&r, 2));
    change.assigned = 1;
    p.directories.len = 0;
    assert_true(build(&r, 2));
    assert_true(kw_uuid_equal(r.directories.items[0], directories[0]));
    p.directories = (kw_uuid_array){&directories[1], 1}; /* it has moved */
    assert_true(build(&r, 2));
    assert_true(kw_uuid_equal(r.directories.items[0], directories[0]));
    change.assigned = 2; /* who has no replica */
    assert_false(build(&r, 2));
    change.assigned = 1;
    features[0].level = 16; /* before directories were written */
    features[1].level = 0;
    assert_false(build(&r, 0));
}

/* They are forgotten, where the records have a place for that. */
static void elr_that_are_off(void **state)
{
    (void)state;
    kw_partition_change_record r;
    features[1].level = 0;
    p.isr.len = 0;
    p.leader_id = NO_BROKER;
    p.elr = p.last_known_elr = p.replicas;
    change.leaving = 1;
    assert_true(build(&r, 2));
    assert_int_equal(r.leader, UNSAID);
    assert_lists(&r, -1, 0, 0);
    features[1].level = 1; /* a version that cannot have them */
    features[0].level = 22;
    assert_false(build(&r, 1));
    change.leaving = NO_BROKER;
    change.electable = 1;
    assert_false(build(&r, 1));
}

/* Of who has a replica in a directory that is offline: as if it were not up. */
static void directories_are_offline(void **state)
{
    (void)state;
    kw_partition_change_record r;
    kw_uuid lost = {{[15] = 2}}, migrating = {{0}}, unassigned = {{[15] = 1}}, *known[] = {&migrating, &unassigned};
    p.leader_id = -1;
    p.isr.len = 0;
    p.elr = p.last_known_elr = p.replicas;
    change.electable = 1;
    change.may_lose = true;
    online.len = 1;
    p.directories.items = &directories[1];
    assert_false(build(&r, 2));
    p.directories.items = &lost;
    assert_false(build(&r, 2));
    for (size_t i = 0; i < 2; i++) {
        p.directories.items = known[i];
        assert_true(build(&r, 2));
        assert_int_equal(r.leader, 1);
        assert_int_equal(r.directories.len, -1);
    }
    p.directories.items = &directories[1];
    online.len = 2;
    assert_true(build(&r, 2));
    assert_int_equal(r.leader, 1);
    online.len = 0; /* it has registered without directories */
    assert_true(build(&r, 2));
}

#define CHANGE_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHANGE_TEST(clean_leave),
        CHANGE_TEST(clean_return),
        CHANGE_TEST(unclean_leave),
        CHANGE_TEST(unclean_return),
        CHANGE_TEST(nobody_is_eligible),
        CHANGE_TEST(without_eligible_replicas),
        CHANGE_TEST(another_replica_stays),
        CHANGE_TEST(nothing_changes),
        CHANGE_TEST(directories_are_set),
        CHANGE_TEST(elr_that_are_off),
        CHANGE_TEST(directories_are_offline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
