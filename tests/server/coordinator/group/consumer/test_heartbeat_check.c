/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a ConsumerGroupHeartbeat by itself: one thing at a time, with Kafka's words; and which of several
 * is named. */
#include "../../../../unit/support.h"

#include <kwire/error.h>

#include "config/static_config.h"
#include "coordinator/group/consumer/consumer_heartbeat.h"
#include "metadata/image.h"

static const struct metadata_image *image;
static kw_arena arena;
static kw_consumer_group_heartbeat_request request;
static kw_consumer_group_heartbeat_response response;
static kw_string names[1];

static int set_up(void **state)
{
    (void)state;
    const struct metadata_parts parts = {.epoch = -1};
    image = metadata_image_create(&parts);
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), 1 << 16);
    return image != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    metadata_image_release(image);
    kw_arena_finish(&arena);
    return 0;
}

/* Of a member that joins, with all that it needs. */
static void make_request(int32_t epoch)
{
    kw_consumer_group_heartbeat_request_init(&request);
    names[0] = kw_string_of("topic");
    request.group_id = kw_string_of("group");
    request.member_id = kw_string_of("member");
    request.member_epoch = epoch;
    request.rebalance_timeout_ms = 1000;
    request.subscribed_topic_names = (kw_string_array){names, 1};
    request.topic_partitions.len = epoch == 0 ? 0 : -1;
}

static bool check(int16_t version)
{
    const struct config_place place = {image, NULL, 1};
    kw_consumer_group_heartbeat_response_init(&response);
    return consumer_heartbeat_check(&request, version, &place, &arena, &response);
}

static void assert_valid(void)
{
    assert_true(check(0));
    assert_true(check(1));
    assert_int_equal(response.error_code, KW_ERROR_NONE);
}

static void assert_wrong(int16_t version, int16_t error, const char *message)
{
    assert_false(check(version));
    assert_int_equal(response.error_code, error);
    assert_int_equal(response.error_message.len, strlen(message));
    assert_memory_equal(response.error_message.data, message, strlen(message));
}

static void assert_invalid(const char *message)
{
    assert_wrong(1, KW_ERROR_INVALID_REQUEST, message);
}

/* ---- */

static void valid_requests(void **state)
{
    (void)state;
    static const int32_t epochs[] = {0, 1, INT32_MAX, -1};
    for (size_t i = 0; i < COUNT_OF(epochs); i++) {
        make_request(epochs[i]);
        assert_valid();
    }
    make_request(-2);
    request.instance_id = kw_string_of("instance");
    assert_valid();
    make_request(0);
    request.rack_id = kw_string_of("rack");
    request.instance_id = kw_string_of("instance");
    request.server_assignor = kw_string_of("range");
    assert_valid();
    request.server_assignor = kw_string_of("uniform");
    assert_valid();
    make_request(0);
    request.subscribed_topic_names.len = -1;
    request.subscribed_topic_regex = kw_string_of("t.*");
    assert_valid();
    request.subscribed_topic_regex = kw_string_of("");
    assert_valid();
    make_request(0);
    request.rebalance_timeout_ms = 0;
    assert_valid();
    make_request(5); /* a later one may leave out what has not changed */
    request.rebalance_timeout_ms = -1;
    request.subscribed_topic_names.len = -1;
    assert_valid();
}

static void texts(void **state)
{
    (void)state;
    static const char *const blank[] = {"", " ", "\t "};
    for (size_t i = 0; i < COUNT_OF(blank); i++) {
        make_request(0);
        request.group_id = kw_string_of(blank[i]);
        assert_invalid("GroupId can't be empty.");
        make_request(0);
        request.instance_id = kw_string_of(blank[i]);
        assert_invalid("InstanceId can't be empty.");
        make_request(0);
        request.rack_id = kw_string_of(blank[i]);
        assert_invalid("RackId can't be empty.");
    }
}

/* Before version 1 the broker gives a member its id. */
static void ids_of_members(void **state)
{
    (void)state;
    static const struct {
        int32_t epoch;
        int16_t version;
        bool is_valid;
    } cases[] = {{0, 0, true},   {0, 1, false}, {1, 0, false}, {1, 1, false},
                 {-1, 0, false}, {-2, 0, true}, {-2, 1, false}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        make_request(cases[i].epoch);
        request.member_id = kw_string_of("");
        request.instance_id = cases[i].epoch == -2 ? kw_string_of("instance") : request.instance_id;
        if (cases[i].is_valid)
            assert_true(check(cases[i].version));
        else
            assert_wrong(cases[i].version, KW_ERROR_INVALID_REQUEST, "MemberId can't be empty.");
    }
}

static void joining(void **state)
{
    (void)state;
    make_request(0);
    request.rebalance_timeout_ms = -1;
    assert_invalid("RebalanceTimeoutMs must be provided in first request.");
    make_request(0);
    kw_consumer_group_heartbeat_request_topic_partitions owned;
    kw_consumer_group_heartbeat_request_topic_partitions_init(&owned);
    request.topic_partitions.items = &owned;
    request.topic_partitions.len = 1;
    assert_invalid("TopicPartitions must be empty when (re-)joining.");
    request.topic_partitions.len = -1;
    assert_invalid("TopicPartitions must be empty when (re-)joining.");
    make_request(0);
    request.subscribed_topic_names.len = -1;
    assert_invalid("Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.");
}

static void leaving(void **state)
{
    (void)state;
    make_request(-2);
    assert_invalid("InstanceId can't be null.");
    make_request(-3);
    assert_invalid("MemberEpoch is invalid.");
    make_request(INT32_MIN);
    assert_invalid("MemberEpoch is invalid.");
}

static void assignors(void **state)
{
    (void)state;
    make_request(3);
    request.server_assignor = kw_string_of("sticky");
    assert_wrong(1, KW_ERROR_UNSUPPORTED_ASSIGNOR,
                 "ServerAssignor sticky is not supported. Supported assignors: uniform, range.");
    request.server_assignor = kw_string_of("");
    assert_wrong(1, KW_ERROR_UNSUPPORTED_ASSIGNOR,
                 "ServerAssignor  is not supported. Supported assignors: uniform, range.");
    request.server_assignor = kw_string_of("Range");
    assert_false(check(1));
}

/* Names with spaces around them, as a properties file may have them; a class of Java that is known. */
static void settings_of_assignors(void **state)
{
    (void)state;
    struct consumer_settings s;
    struct static_config *file = NULL;
    assert_true(static_config_fill(&file, "group.consumer.assignors",
                                   " range ,\tuniform  , org.apache.kafka.coordinator.group.assignor.RangeAssignor"));
    const struct config_place place = {image, file, 1};
    consumer_settings_read_assignors(&s, &place);
    assert_int_equal(s.assignor_count, 2);
    assert_true(kw_string_equal(s.assignor_names[0], kw_string_of("range")));
    assert_true(kw_string_equal(s.assignor_names[1], kw_string_of("uniform")));
    static_config_free(file);
}

static void the_first_that_is_wrong(void **state)
{
    (void)state;
    make_request(-3);
    request.server_assignor = kw_string_of("sticky");
    request.rack_id = kw_string_of("");
    request.instance_id = kw_string_of("");
    request.group_id = kw_string_of("");
    request.member_id = kw_string_of("");
    assert_invalid("MemberId can't be empty.");
    request.member_id = kw_string_of("m");
    assert_invalid("GroupId can't be empty.");
    request.group_id = kw_string_of("g");
    assert_invalid("InstanceId can't be empty.");
    request.instance_id = kw_string_of("i");
    assert_invalid("RackId can't be empty.");
    request.rack_id = kw_string_of("r");
    assert_invalid("MemberEpoch is invalid.");
    request.member_epoch = 7;
    assert_false(check(1));
    assert_int_equal(response.error_code, KW_ERROR_UNSUPPORTED_ASSIGNOR);
}

#define CHECK_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHECK_TEST(valid_requests),
        CHECK_TEST(texts),
        CHECK_TEST(ids_of_members),
        CHECK_TEST(joining),
        CHECK_TEST(leaving),
        CHECK_TEST(assignors),
        CHECK_TEST(settings_of_assignors),
        CHECK_TEST(the_first_that_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
