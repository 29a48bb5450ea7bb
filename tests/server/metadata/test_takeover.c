/* SPDX-License-Identifier: Apache-2.0 */
/* Which metadata logs this node continues, and which it leaves as they are. */
#include "../../unit/support.h"

#include <kwire/messages/voters_record.h>

#include "metadata/takeover.h"

static const kw_uuid own_directory = {{7}};

static struct metadata_log found;
static struct metadata_broker brokers[2];
static struct metadata_feature features[2];
static struct metadata_topic *topic;
static struct metadata_parts parts;
static struct takeover_facts facts;
static char reason[TAKEOVER_REASON_SIZE];
static uint8_t voters_bytes[256];

/* Voters with ids from 1 on, in that directory. */
static void set_voters(int32_t first, int32_t count, kw_uuid directory)
{
    kw_voters_record record;
    kw_voters_record_voter voters[2];
    kw_writer w;
    memset(voters, 0, sizeof voters);
    for (int32_t i = 0; i < count; i++) {
        voters[i].voter_id = first + i;
        voters[i].voter_directory_id = directory;
    }
    kw_voters_record_init(&record);
    record.voters.items = voters;
    record.voters.len = count;
    kw_writer_init(&w, voters_bytes, sizeof voters_bytes);
    assert_status(kw_voters_record_encode(&record, 0, &w), KW_OK);
    found.voters = kw_bytes_of(voters_bytes, kw_writer_data(&w).size);
}

static int set_up(void **state)
{
    (void)state;
    memset(&found, 0, sizeof found);
    memset(&parts, 0, sizeof parts);
    memset(brokers, 0, sizeof brokers);
    found.end_offset = 100;
    found.epoch = 3;
    found.kraft_version = 1;
    found.quorum.data_version = -1;
    set_voters(1, 1, own_directory);
    brokers[0].id = 1;
    brokers[1].id = 2;
    features[0] = (struct metadata_feature){kw_string_of("metadata.version"), 33};
    features[1] = (struct metadata_feature){kw_string_of("share.version"), 2};
    parts.brokers = brokers;
    parts.broker_count = 1;
    parts.features = features;
    parts.feature_count = 2;
    facts = (struct takeover_facts){.log = &found, .node_id = 1, .directory_id = own_directory};
    return 0;
}

static bool is_possible(void)
{
    struct metadata_image *image = metadata_image_create(&parts);
    assert_non_null(image);
    facts.image = image;
    memset(reason, 0, sizeof reason);
    bool possible = takeover_is_possible(&facts, reason);
    assert_int_equal(possible, reason[0] == '\0');
    metadata_image_release(image);
    return possible;
}

static void only_voter_and_broker(void **state)
{
    (void)state;
    assert_true(is_possible());
    set_voters(1, 1, (kw_uuid){{0}});
    assert_true(is_possible());
}

static void new_directory(void **state)
{
    (void)state;
    found.end_offset = -1;
    found.kraft_version = 0;
    parts.broker_count = 0;
    parts.feature_count = 0;
    assert_true(is_possible());
    facts.has_folders = true;
    assert_false(is_possible());
    assert_string_equal(reason, "there are partitions, but no metadata log");
}

static void other_voters(void **state)
{
    (void)state;
    set_voters(1, 2, own_directory);
    assert_false(is_possible());
    assert_string_equal(reason, "node 1 of meta.properties is not the only voter of the metadata log");
    set_voters(2, 1, own_directory);
    assert_false(is_possible());
    set_voters(1, 1, (kw_uuid){{8}});
    assert_false(is_possible());
    found.voters.len = -1;
    assert_false(is_possible());
    set_voters(1, 1, own_directory);
    found.voters.len--;
    assert_false(is_possible());
}

static void voters_of_quorum_state(void **state)
{
    (void)state;
    int32_t ids[] = {1, 2};
    found.kraft_version = 0;
    found.voters.len = -1;
    assert_true(is_possible()); /* there is no file */
    found.quorum.data_version = 0;
    found.quorum.voters = (kw_int32_array){ids, 1};
    assert_true(is_possible());
    found.quorum.voters.len = 2;
    assert_false(is_possible());
    assert_string_equal(reason, "node 1 of meta.properties is not the only voter by quorum-state");
    ids[0] = 2;
    found.quorum.voters.len = 1;
    assert_false(is_possible());
}

static void other_brokers(void **state)
{
    (void)state;
    parts.broker_count = 2;
    assert_false(is_possible());
    assert_string_equal(reason, "broker 2 belongs to the cluster");
}

static void directory_without_id(void **state)
{
    (void)state;
    facts.directory_id = (kw_uuid){{0}};
    set_voters(1, 1, (kw_uuid){{0}});
    assert_false(is_possible());
    assert_string_equal(reason, "meta.properties has no directory.id");
}

static void missing_records(void **state)
{
    (void)state;
    found.has_gap = true;
    assert_false(is_possible());
    assert_string_equal(reason, "records of the metadata log are missing");
}

/* After a crash the end may be anything. */
static void a_damaged_end(void **state)
{
    (void)state;
    found.is_torn = true;
    assert_true(is_possible());
    facts.was_clean = true;
    assert_false(is_possible());
    assert_string_equal(reason, "the metadata log is damaged, and what follows would be cut off");
    found.is_torn = false;
    assert_true(is_possible());
}

static void unknown_records_and_features(void **state)
{
    (void)state;
    found.has_unknown = true;
    assert_false(is_possible());
    assert_string_equal(reason, "the metadata log has records that are damaged or not known");
    features[0].level = 34;
    assert_false(is_possible());
    assert_string_equal(reason, "metadata.version=34 is not supported");
    found.has_unknown = false;
    features[0].level = 6;
    assert_false(is_possible());
    features[0].level = 7;
    assert_true(is_possible());
    features[1] = (struct metadata_feature){kw_string_of("another.version"), 1};
    assert_false(is_possible());
    assert_string_equal(reason, "another.version=1 is not supported");
}

static void unknown_version_of_the_quorum(void **state)
{
    (void)state;
    found.kraft_version = 2;
    assert_false(is_possible());
    assert_string_equal(reason, "kraft.version=2 is not supported");
}

static void name_that_is_not_valid(void **state)
{
    (void)state;
    const struct metadata_topic from = {.name = kw_string_of("../../etc"), .id = {{1}}};
    topic = metadata_topic_create(&from);
    parts.topics = &topic;
    parts.topic_count = 1;
    assert_false(is_possible());
    assert_string_equal(reason, "a topic has a name that is not valid");
}

#define TAKEOVER_TEST(function) cmocka_unit_test_setup(function, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TAKEOVER_TEST(only_voter_and_broker),
        TAKEOVER_TEST(new_directory),
        TAKEOVER_TEST(other_voters),
        TAKEOVER_TEST(voters_of_quorum_state),
        TAKEOVER_TEST(other_brokers),
        TAKEOVER_TEST(directory_without_id),
        TAKEOVER_TEST(missing_records),
        TAKEOVER_TEST(a_damaged_end),
        TAKEOVER_TEST(unknown_records_and_features),
        TAKEOVER_TEST(unknown_version_of_the_quorum),
        TAKEOVER_TEST(name_that_is_not_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
