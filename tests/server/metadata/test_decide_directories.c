/* SPDX-License-Identifier: Apache-2.0 */
/* What is written when this node says where its logs are, and when a log directory fails; expected is what Apache
 * Kafka writes. */
#include "decision_support.h"

#include "metadata/decide_directories.h"
#include "metadata/directories.h"

enum { PARTITIONS = 4 };

static kw_uuid first = {{0xa, 1}}, second = {{0xb, 1}}, lost = {{[15] = 2}}, unassigned = {{[15] = 1}};
static const kw_uuid topic_id = {{0x11, 2, 3}};
#define TOPIC "'topicId':'EQIDAAAAAAAAAAAAAAAAAA'"
#define FIRST "'CgEAAAAAAAAAAAAAAAAAAA'"
#define SECOND "'CwEAAAAAAAAAAAAAAAAAAA'"

/* Partitions 0 in the first directory, 1 in the second, 2 in one that is not known yet, 3 on another broker. */
static int set_up_topic(void **state)
{
    static int32_t self[] = {NODE}, other[] = {FENCED};
    static kw_uuid directories[2];
    struct metadata_feature features[] = {{{"metadata.version", 16}, 33},
                                          {{"eligible.leader.replicas.version", 32}, 1}};
    const struct metadata_broker broker = {.id = NODE, .epoch = 5, .rack = {NULL, -1}, .directories = {directories, 2}};
    struct metadata_partition partitions[PARTITIONS];
    const struct metadata_topic topic = {
        .name = kw_string_of("t"), .id = topic_id, .partitions = partitions, .partition_count = PARTITIONS};
    kw_uuid *places[] = {&first, &second, &unassigned, &second};
    int status = set_up(state);
    directories[0] = first;
    directories[1] = second;
    for (int32_t i = 0; i < PARTITIONS; i++)
        partitions[i] = (struct metadata_partition){.index = i,
                                                    .leader_id = i == 3 ? FENCED : NODE,
                                                    .leader_epoch = 2,
                                                    .replicas = {i == 3 ? other : self, 1},
                                                    .isr = {i == 3 ? other : self, 1},
                                                    .directories = {places[i], 1}};
    struct metadata_topic *made = metadata_topic_create(&topic);
    const struct metadata_parts parts = {.topics = &made,
                                         .topic_count = 1,
                                         .brokers = &broker,
                                         .broker_count = 1,
                                         .features = features,
                                         .feature_count = 2,
                                         .epoch = -1};
    metadata_image_release(d.image);
    d.image = metadata_image_create(&parts);
    return status == 0 && d.image != NULL ? 0 : -1;
}

static void use_version(int16_t level)
{
    struct metadata_parts parts = d.image->parts;
    const struct metadata_feature feature = {kw_string_of("metadata.version"), level};
    parts.features = &feature;
    parts.feature_count = 1;
    struct metadata_topic *topic = parts.topics[0];
    (void)metadata_topic_share(topic);
    struct metadata_image *image = metadata_image_create(&parts);
    assert_non_null(image);
    metadata_image_release(d.image);
    d.image = image;
}

static const char *fail_directory(kw_uuid directory)
{
    start_decision();
    decide_directory_failure(&d.decision, NULL, directory);
    return records_text();
}

static const char *assign(kw_uuid topic, int32_t partition, kw_uuid directory)
{
    const struct directory_assignment one = {topic, partition, directory};
    start_decision();
    decide_directory_assignments(&d.decision, NULL, &one, 1);
    return records_text();
}

static const struct metadata_partition *partition(int32_t index)
{
    return &metadata_topic_at(d.image, 0)->partitions[index];
}

#define LEAVES(index)                                                                                               \
    "PartitionChangeRecord 2 {'partitionId':" index "," TOPIC ",'isr':[],'leader':-1,'eligibleLeaderReplicas':[7]," \
    "'lastKnownElr':[7]}\n"

static void a_directory_fails(void **state)
{
    (void)state;
    assert_string_equal(fail_directory(second),
                        LEAVES("1") "BrokerRegistrationChangeRecord 2 {'brokerId':7,'brokerEpoch':5,'logDirs':[" FIRST
                                    "]}\n");
    assert_false(metadata_replica_is_offline(d.image, partition(1), NODE));
    apply();
    assert_int_equal(partition(1)->leader_id, -1);
    assert_int_equal(partition(1)->leader_epoch, 3);
    assert_true(metadata_replica_is_offline(d.image, partition(1), NODE));
    assert_false(metadata_replica_is_offline(d.image, partition(0), NODE));
    assert_false(metadata_replica_is_offline(d.image, partition(2), NODE));
    assert_true(metadata_replica_is_offline(d.image, partition(3), FENCED)); /* not registered */
    assert_string_equal(fail_directory(second), "");                         /* it has failed already */
    assert_string_equal(fail_directory(lost), "");
}

static void replicas_that_are_offline(void **state)
{
    (void)state;
    struct metadata_partition p = *partition(0);
    assert_true(metadata_has_online_directory(d.image, &p, NODE));
    assert_false(metadata_has_online_directory(d.image, &p, FENCED));
    p.directories.items = &lost;
    assert_false(metadata_has_online_directory(d.image, &p, NODE));
    assert_true(metadata_replica_is_offline(d.image, &p, NODE));
    p.directories.len = 0;
    assert_true(metadata_has_online_directory(d.image, &p, NODE));
    assert_true(kw_uuid_is_zero(metadata_directory_of(&p, NODE)));
    assert_true(kw_uuid_equal(metadata_default_directory(d.image, NODE), unassigned));
    assert_true(kw_uuid_equal(metadata_default_directory(d.image, FENCED), unassigned));
}

static void a_broker_that_is_fenced(void **state)
{
    (void)state;
    struct metadata_parts parts = d.image->parts;
    struct metadata_broker fenced = parts.brokers[0];
    fenced.fenced = true;
    parts.brokers = &fenced;
    (void)metadata_topic_share(parts.topics[0]);
    struct metadata_image *image = metadata_image_create(&parts);
    assert_non_null(image);
    metadata_image_release(d.image);
    d.image = image;
    assert_true(metadata_replica_is_offline(d.image, partition(0), NODE));
}

static void directories_are_assigned(void **state)
{
    (void)state;
    assert_string_equal(assign(topic_id, 2, second),
                        "PartitionChangeRecord 2 {'partitionId':2," TOPIC ",'directories':[" SECOND "]}\n");
    apply();
    assert_true(kw_uuid_equal(metadata_directory_of(partition(2), NODE), second));
    assert_int_equal(partition(2)->leader_epoch, 2);
    assert_string_equal(assign(topic_id, 2, second), "");
    assert_string_equal(assign(topic_id, 2, first),
                        "PartitionChangeRecord 2 {'partitionId':2," TOPIC ",'directories':[" FIRST "]}\n");
}

static void what_is_gone_is_left_out(void **state)
{
    (void)state;
    assert_string_equal(assign(topic_id, PARTITIONS, second), "");
    assert_string_equal(assign(first, 0, second), "");
    assert_string_equal(assign(topic_id, 3, first), ""); /* on another broker */
}

/* The log went to a directory that has failed meanwhile. */
static void assigned_to_what_has_failed(void **state)
{
    (void)state;
    (void)fail_directory(second);
    apply();
    assert_string_equal(assign(topic_id, 2, second),
                        "PartitionChangeRecord 2 {'partitionId':2," TOPIC ",'directories':[" SECOND "]}\n" LEAVES("2"));
}

static void older_versions_know_no_directories(void **state)
{
    (void)state;
    use_version(16);
    assert_string_equal(assign(topic_id, 2, second), "");
    assert_string_equal(fail_directory(second), "");
    use_version(17);
    assert_string_equal(assign(topic_id, 2, second),
                        "PartitionChangeRecord 1 {'partitionId':2," TOPIC ",'directories':[" SECOND "]}\n");
}

#define TOPIC_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_topic, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TOPIC_TEST(a_directory_fails),
        TOPIC_TEST(replicas_that_are_offline),
        TOPIC_TEST(a_broker_that_is_fenced),
        TOPIC_TEST(directories_are_assigned),
        TOPIC_TEST(what_is_gone_is_left_out),
        TOPIC_TEST(assigned_to_what_has_failed),
        TOPIC_TEST(older_versions_know_no_directories),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
