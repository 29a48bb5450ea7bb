/* SPDX-License-Identifier: Apache-2.0 */
/* Quirks of single messages, by their number in the protocol notes, against bytes that were worked out by hand. */
#include "support.h"

#include <kwire/api.h>
#include <kwire/api_keys.h>
#include <kwire/error.h>
#include <kwire/frame.h>
#include <kwire/json.h>
#include <kwire/message.h>
#include <kwire/messages/api_versions_response.h>
#include <kwire/messages/consumer_group_member_metadata_value.h>
#include <kwire/messages/consumer_protocol_subscription.h>
#include <kwire/messages/create_topics_request.h>
#include <kwire/messages/describe_topic_partitions_response.h>
#include <kwire/messages/fetch_request.h>
#include <kwire/messages/fetch_response.h>
#include <kwire/messages/join_group_request.h>
#include <kwire/messages/metadata_request.h>
#include <kwire/messages/metadata_response.h>
#include <kwire/messages/produce_request.h>

/* Decodes all of the bytes given in hex into `value`. */
#define DECODE(name, value, version, hex)                                          \
    do {                                                                           \
        kw_bytes bytes_ = given(hex);                                              \
        kw_reader in_;                                                             \
        kw_reader_init_bytes(&in_, bytes_);                                        \
        assert_int_equal(kw_##name##_decode(value, version, &in_, *state), KW_OK); \
        assert_int_equal(kw_reader_end(&in_), KW_OK);                              \
    } while (0)

/* Encodes and compares with hex. */
#define ENCODES(name, value, version, hex)                                  \
    do {                                                                    \
        uint8_t made_[256];                                                 \
        kw_bytes expected_ = given(hex);                                    \
        kw_writer out_;                                                     \
        kw_writer_init(&out_, made_, sizeof made_);                         \
        assert_int_equal(kw_##name##_encode(value, version, &out_), KW_OK); \
        assert_int_equal(kw_writer_needed(&out_), (size_t)expected_.len);   \
        assert_memory_equal(made_, expected_.data, (size_t)expected_.len);  \
    } while (0)

#define ENCODE_STATUS(name, value, version) \
    (kw_writer_init_counting(&counter), kw_##name##_encode(value, version, &counter))

static kw_writer counter;

/* Q1, Q2, Q3: derived by Kafka, data here. */
static void header_versions_are_kafkas(void **state)
{
    (void)state;
    assert_int_equal(kw_header_version(KW_KEY_METADATA, 8, KW_MESSAGE_REQUEST), 1);
    assert_int_equal(kw_header_version(KW_KEY_METADATA, 9, KW_MESSAGE_REQUEST), 2);
    assert_int_equal(kw_header_version(KW_KEY_METADATA, 8, KW_MESSAGE_RESPONSE), 0);
    assert_int_equal(kw_header_version(KW_KEY_METADATA, 9, KW_MESSAGE_RESPONSE), 1);
    assert_int_equal(kw_header_version(KW_KEY_CONTROLLED_SHUTDOWN, 0, KW_MESSAGE_REQUEST), 0);
    assert_int_equal(kw_header_version(KW_KEY_CONTROLLED_SHUTDOWN, 1, KW_MESSAGE_REQUEST), 1);
    assert_int_equal(kw_header_version(KW_KEY_API_VERSIONS, 4, KW_MESSAGE_REQUEST), 2);
    assert_int_equal(kw_header_version(KW_KEY_API_VERSIONS, 4, KW_MESSAGE_RESPONSE), 0);
    assert_int_equal(kw_header_version(KW_KEY_METADATA, 99, KW_MESSAGE_REQUEST), -1);
    assert_int_equal(kw_header_version(9999, 0, KW_MESSAGE_REQUEST), -1);
}

/* Q6: the broker decides what v4 may show and v3 must hide; the codec carries both. Q12: absent if empty. */
static void features_are_tags_that_may_be_absent(void **state)
{
    kw_api_versions_response response;
    DECODE(api_versions_response, &response, 3, "0000 01 00000000 00");
    assert_int_equal(response.supported_features.len, 0);
    assert_int_equal(response.finalized_features_epoch, -1);
    ENCODES(api_versions_response, &response, 3, "0000 01 00000000 00");
    DECODE(api_versions_response, &response, 4, "0000 01 00000000 01 00 08 02 02 66 0000 0001 00");
    assert_int_equal(response.supported_features.len, 1);
    assert_int_equal(response.supported_features.items[0].min_version, 0);
}

/* Q41: a value that the version cannot carry is an error, unless the field is ignorable. */
static void what_a_version_lacks_is_dropped_only_if_ignorable(void **state)
{
    kw_metadata_request request;
    kw_metadata_request_init(&request);
    assert_int_equal(ENCODE_STATUS(metadata_request, &request, 3), KW_OK);
    request.allow_auto_topic_creation = false; /* v4+, not ignorable */
    assert_int_equal(ENCODE_STATUS(metadata_request, &request, 3), KW_ERR_FIELD_VERSION);
    assert_int_equal(ENCODE_STATUS(metadata_request, &request, 4), KW_OK);
    kw_metadata_response response;
    kw_metadata_response_init(&response);
    response.throttle_time_ms = 7; /* v3+, ignorable */
    ENCODES(metadata_response, &response, 1, "00000000 ffffffff 00000000");
    (void)state;
}

/* Q42: a field that the version lacks has the schema's default, which is often not zero. */
static void absent_fields_have_the_schemas_default(void **state)
{
    kw_metadata_response response;
    DECODE(metadata_response, &response, 0, "00000000 00000001 0003 0001 61 00000000");
    assert_int_equal(response.controller_id, -1);
    assert_int_equal(response.cluster_authorized_operations, INT32_MIN);
    assert_int_equal(response.topics.items[0].topic_authorized_operations, INT32_MIN);
    assert_true(response.cluster_id.len < 0);
    kw_fetch_request fetch;
    DECODE(fetch_request, &fetch, 0, "ffffffff 00000001 00000002 00000000");
    assert_int_equal(fetch.max_bytes, INT32_MAX);
    assert_int_equal(fetch.session_epoch, -1);
    assert_int_equal(fetch.replica_state.replica_epoch, -1);
    kw_create_topics_request create;
    kw_create_topics_request_init(&create);
    assert_int_equal(create.timeout_ms, 60000);
}

/* Q44: keys do not change bytes, and an array with keys may hold the same key twice. */
static void keys_may_repeat(void **state)
{
    const char *twice =
        "00000002 0001 61 00000001 ffff 00000000 00000000 0001 61 00000001 ffff 00000000 00000000 00000000";
    kw_create_topics_request request;
    DECODE(create_topics_request, &request, 0, twice);
    assert_int_equal(request.topics.len, 2);
    assert_true(kw_string_equal(request.topics.items[0].name, request.topics.items[1].name));
    ENCODES(create_topics_request, &request, 0, twice);
}

/* Q46: from version 13 on the id replaces the name. */
static void topic_ids_replace_names_in_place(void **state)
{
    kw_produce_request request;
    DECODE(produce_request, &request, 12, "00 ffff 00000000 02 02 61 01 00 00");
    assert_int_equal(request.topic_data.items[0].name.len, 1);
    assert_true(kw_uuid_is_zero(request.topic_data.items[0].topic_id));
    DECODE(produce_request, &request, 13, "00 ffff 00000000 02 0102030405060708090a0b0c0d0e0f10 01 00 00");
    assert_int_equal(request.topic_data.items[0].name.len, 0);
    assert_int_equal(request.topic_data.items[0].topic_id.bytes[15], 0x10);
    request.topic_data.items[0].name = kw_string_of("a"); /* ignorable */
    ENCODES(produce_request, &request, 13, "00 ffff 00000000 02 0102030405060708090a0b0c0d0e0f10 01 00 00");
}

/* Q47: the metadata of a JoinGroup protocol is opaque to its request; it contains a version and a ConsumerProtocol
 * message that is never flexible. A version that is too new is read as the newest known one, and the bytes after it
 * are ignored. */
static void consumer_protocol_has_a_version_in_front(void **state)
{
    kw_join_group_request join;
    DECODE(join_group_request, &join, 0,
           "0001 67 00001388 0000 0008 636f6e73756d6572 00000001 0005 72616e6765 00000010 "
           "0007 00000001 0002 7431 ffffffff abcd");
    kw_bytes metadata = join.protocols.items[0].metadata;
    assert_int_equal(metadata.len, 16);
    kw_reader in;
    kw_reader_init_bytes(&in, metadata);
    int16_t version = kw_read_int16(&in);
    assert_int_equal(version, 7);
    kw_consumer_protocol_subscription subscription;
    assert_int_equal(kw_consumer_protocol_subscription_decode(&subscription, version, &in, *state), KW_ERR_VERSION);
    kw_reader_init(&in, metadata.data + 2, (size_t)metadata.len - 2);
    assert_int_equal(kw_consumer_protocol_subscription_decode(&subscription, 0, &in, *state), KW_OK);
    assert_int_equal(kw_reader_end(&in), KW_ERR_TRAILING);
    assert_int_equal(subscription.topics.len, 1);
    assert_true(subscription.user_data.len < 0);
}

/* Q49: in version 0 an empty list of topics means all, and null is not possible; in later versions null means all. */
static void all_topics_is_empty_then_null(void **state)
{
    kw_metadata_request request;
    DECODE(metadata_request, &request, 0, "00000000");
    assert_int_equal(request.topics.len, 0);
    DECODE(metadata_request, &request, 1, "ffffffff");
    assert_true(request.topics.len < 0);
    assert_int_equal(ENCODE_STATUS(metadata_request, &request, 0), KW_ERR_NULL);
}

/* Q50: messages that Kafka 4 removed are still known, and marked as removed. */
static void removed_apis_and_versions_are_known(void **state)
{
    static const int16_t removed[] = {KW_KEY_LEADER_AND_ISR, KW_KEY_STOP_REPLICA, KW_KEY_UPDATE_METADATA,
                                      KW_KEY_CONTROLLED_SHUTDOWN};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(removed); i++) {
        const kw_api *api = kw_api_find(removed[i]);
        assert_non_null(api);
        assert_true(api->current.first > api->current.last);
        assert_non_null(kw_message_find(removed[i], KW_MESSAGE_RESPONSE));
    }
    const kw_api *produce = kw_api_find(KW_KEY_PRODUCE);
    assert_int_equal(produce->versions.first, 0);
    assert_int_equal(produce->current.first, 3);
    const kw_message *request = kw_message_find(KW_KEY_PRODUCE, KW_MESSAGE_REQUEST);
    assert_string_equal(request->releases[2].first, "0.10.0");
    assert_string_equal(request->releases[2].last, "3.9");
    assert_null(request->releases[3].last);
}

/* Q51: version 0 has no rebalance timeout; -1 indicates that, and a group coordinator uses the session timeout. */
static void join_group_without_rebalance_timeout(void **state)
{
    kw_join_group_request join;
    DECODE(join_group_request, &join, 0, "0001 67 00001388 0000 0000 00000000");
    assert_int_equal(join.session_timeout_ms, 5000);
    assert_int_equal(join.rebalance_timeout_ms, -1);
}

/* Q52: errors have fixed places: Fetch at the top from version 7 on and for each partition, DescribeTopicPartitions
 * for each topic. */
static void errors_have_their_places(void **state)
{
    kw_fetch_response fetch;
    kw_fetch_response_init(&fetch);
    fetch.error_code = KW_ERROR_FETCH_SESSION_ID_NOT_FOUND;
    ENCODES(fetch_response, &fetch, 7, "00000000 0046 00000000 00000000");
    ENCODES(fetch_response, &fetch, 6, "00000000 00000000"); /* ignorable */
    kw_describe_topic_partitions_response describe;
    DECODE(describe_topic_partitions_response, &describe, 0,
           "00000000 02 0003 04 666f6f 00000000000000000000000000000000 00 01 00000000 00 ff 00");
    assert_int_equal(describe.topics.items[0].error_code, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
    assert_null(describe.next_cursor);
}

/* The default of a tagged struct that may be null is a struct of defaults, unless the schema says that it is null. */
#define MEMBER "01 01 01 01 01 01 ffffffff 01"

static bool has_json(const kw_consumer_group_member_metadata_value *member, const char *wanted)
{
    char text[512];
    kw_writer out;
    kw_writer_init(&out, text, sizeof text - 1);
    assert_int_equal(kw_message_json(&kw_consumer_group_member_metadata_value_message, 0, member, &out), KW_OK);
    text[kw_writer_needed(&out)] = '\0';
    return strstr(text, wanted) != NULL;
}

static void a_tagged_struct_is_absent_null_or_set(void **state)
{
    kw_consumer_group_member_metadata_value member;
    kw_consumer_group_member_metadata_value_classic_member_metadata classic;
    DECODE(consumer_group_member_metadata_value, &member, 0, MEMBER "00");
    assert_non_null(member.classic_member_metadata);
    assert_int_equal(member.classic_member_metadata->session_timeout_ms, 0);
    assert_false(has_json(&member, "classicMemberMetadata"));
    ENCODES(consumer_group_member_metadata_value, &member, 0, MEMBER "00");

    DECODE(consumer_group_member_metadata_value, &member, 0, MEMBER "01 00 01 00");
    assert_null(member.classic_member_metadata);
    assert_true(has_json(&member, "\"classicMemberMetadata\":null"));
    ENCODES(consumer_group_member_metadata_value, &member, 0, MEMBER "01 00 01 00");

    DECODE(consumer_group_member_metadata_value, &member, 0, MEMBER "01 00 07 01 00000005 01 00");
    assert_int_equal(member.classic_member_metadata->session_timeout_ms, 5);
    ENCODES(consumer_group_member_metadata_value, &member, 0, MEMBER "01 00 07 01 00000005 01 00");

    kw_consumer_group_member_metadata_value_classic_member_metadata_init(&classic);
    member.classic_member_metadata = &classic;
    assert_false(has_json(&member, "classicMemberMetadata"));
    ENCODES(consumer_group_member_metadata_value, &member, 0, MEMBER "00");
}

static int set_up(void **state)
{
    static _Alignas(8) uint8_t block[4096];
    static kw_arena arena;
    kw_arena_init(&arena, block, sizeof block);
    *state = &arena;
    return 0;
}

int main(void)
{
#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, forget_given)
    const struct CMUnitTest tests[] = {
        TEST(header_versions_are_kafkas),
        TEST(features_are_tags_that_may_be_absent),
        TEST(what_a_version_lacks_is_dropped_only_if_ignorable),
        TEST(absent_fields_have_the_schemas_default),
        TEST(keys_may_repeat),
        TEST(topic_ids_replace_names_in_place),
        TEST(consumer_protocol_has_a_version_in_front),
        TEST(all_topics_is_empty_then_null),
        TEST(removed_apis_and_versions_are_known),
        TEST(join_group_without_rebalance_timeout),
        TEST(errors_have_their_places),
        TEST(a_tagged_struct_is_absent_null_or_set),
    };
    return cmocka_run_group_tests_name("quirks", tests, NULL, NULL);
}
