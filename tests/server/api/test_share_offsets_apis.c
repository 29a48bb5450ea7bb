/* SPDX-License-Identifier: Apache-2.0 */
/* The offsets of share groups, in a broker whose directory is in memory: described, altered and deleted. */
#include <kwire/api_keys.h>
#include <kwire/messages/feature_level_record.h>
#include <kwire/messages/partition_change_record.h>

#include "api/dispatch.h"
#include "api/handlers.h"

#define APIS(X)                                                      \
    X(SHARE_GROUP_HEARTBEAT, share_group_heartbeat, 1)               \
    X(DESCRIBE_SHARE_GROUP_OFFSETS, describe_share_group_offsets, 1) \
    X(ALTER_SHARE_GROUP_OFFSETS, alter_share_group_offsets, 0)       \
    X(DELETE_SHARE_GROUP_OFFSETS, delete_share_group_offsets, 0)     \
    X(DELETE_GROUPS, delete_groups, 2)

#define ADAPTER(KEY, name, version)                                \
    static enum call_outcome call_##name(struct call *call)        \
    {                                                              \
        return handle_##name(call, call->request, call->response); \
    }
APIS(ADAPTER)

#define ROW(KEY, name, version) \
    {KW_KEY_##KEY, {0, version}, &kw_##name##_request_message, &kw_##name##_response_message, call_##name},
static const struct api apis[] = {APIS(ROW)};

enum { HEARTBEAT, DESCRIBE, ALTER, DELETE, DELETE_GROUPS };

#include "direct_api.h"

static void set_level(int16_t level)
{
    kw_feature_level_record record;
    kw_feature_level_record_init(&record);
    record.name = kw_string_of("share.version");
    record.feature_level = level;
    add_record(&kw_feature_level_record_message, 0, &record);
}

static int set_up_groups(void **state)
{
    if (set_up_apis(state) != 0)
        return -1;
    set_property("group.share.assignment.interval.ms", "0");
    create_topic("topic", 3);
    create_topic("__consumer_offsets", 4);
    return 0;
}

static const char *beat(const char *member, int32_t epoch, bool with_names)
{
    static kw_share_group_heartbeat_request request;
    static kw_string name;
    name = kw_string_of("topic");
    kw_share_group_heartbeat_request_init(&request);
    request.group_id = kw_string_of("group");
    request.member_id = kw_string_of(member);
    request.member_epoch = epoch;
    if (with_names)
        request.subscribed_topic_names = (kw_string_array){&name, 1};
    const char *text = ask_api(HEARTBEAT, &request);
    sim_settle(&sim); /* states are initialized */
    return text;
}

/* Of the partitions of "topic"; of none: of all that the group has. */
static const void *to_describe(const char *group, const char *name, int32_t partitions)
{
    static kw_describe_share_group_offsets_request request;
    static kw_describe_share_group_offsets_request_group one;
    static kw_describe_share_group_offsets_request_topic topic;
    static int32_t indexes[] = {0, 1, 2, 3};
    kw_describe_share_group_offsets_request_init(&request);
    kw_describe_share_group_offsets_request_group_init(&one);
    kw_describe_share_group_offsets_request_topic_init(&topic);
    one.group_id = kw_string_of(group);
    one.topics.len = -1;
    if (name != NULL) {
        topic.topic_name = kw_string_of(name);
        topic.partitions = (kw_int32_array){indexes, partitions};
        one.topics.items = &topic;
        one.topics.len = 1;
    }
    request.groups.items = &one;
    request.groups.len = 1;
    return &request;
}

static const char *describe(const char *group, const char *name, int32_t partitions)
{
    return ask_api(DESCRIBE, to_describe(group, name, partitions));
}

/* Partitions 0 and `other` of the topic to this offset. */
static const void *to_alter(const char *group, const char *name, int32_t other, int64_t offset)
{
    static kw_alter_share_group_offsets_request request;
    static kw_alter_share_group_offsets_request_topic topic;
    static kw_alter_share_group_offsets_request_partition partitions[2];
    kw_alter_share_group_offsets_request_init(&request);
    kw_alter_share_group_offsets_request_topic_init(&topic);
    for (int i = 0; i < 2; i++) {
        kw_alter_share_group_offsets_request_partition_init(&partitions[i]);
        partitions[i].partition_index = i == 0 ? 0 : other;
        partitions[i].start_offset = offset;
    }
    topic.topic_name = kw_string_of(name);
    topic.partitions.items = partitions;
    topic.partitions.len = 2;
    request.group_id = kw_string_of(group);
    request.topics.items = &topic;
    request.topics.len = 1;
    return &request;
}

static const char *alter(const char *group, int32_t other, int64_t offset)
{
    return ask_api(ALTER, to_alter(group, "topic", other, offset));
}

/* One partition alone. */
static const char *alter_one(int32_t index, int64_t offset)
{
    static kw_alter_share_group_offsets_request request;
    static kw_alter_share_group_offsets_request_topic topic;
    static kw_alter_share_group_offsets_request_partition partition;
    kw_alter_share_group_offsets_request_init(&request);
    kw_alter_share_group_offsets_request_topic_init(&topic);
    kw_alter_share_group_offsets_request_partition_init(&partition);
    partition.partition_index = index;
    partition.start_offset = offset;
    topic.topic_name = kw_string_of("topic");
    topic.partitions.items = &partition;
    topic.partitions.len = 1;
    request.group_id = kw_string_of("group");
    request.topics.items = &topic;
    request.topics.len = 1;
    return ask_api(ALTER, &request);
}

static const void *to_delete(const char *group, const char *first, const char *second)
{
    static kw_delete_share_group_offsets_request request;
    static kw_delete_share_group_offsets_request_topic topics[2];
    kw_delete_share_group_offsets_request_init(&request);
    for (int i = 0; i < 2; i++)
        kw_delete_share_group_offsets_request_topic_init(&topics[i]);
    topics[0].topic_name = kw_string_of(first);
    topics[1].topic_name = kw_string_of(second);
    request.group_id = kw_string_of(group);
    request.topics.items = topics;
    request.topics.len = second != NULL ? 2 : 1;
    return &request;
}

static const char *delete (const char *group, const char *first, const char *second)
{
    return ask_api(DELETE, to_delete(group, first, second));
}

#define PARTITION(index, offset, epoch, lag)                                                      \
    "{'partitionIndex':" #index ",'startOffset':" #offset ",'leaderEpoch':" #epoch ",'lag':" #lag \
    ",'errorCode':0,'errorMessage':null}"
#define GROUP(topics) \
    "{'throttleTimeMs':0,'groups':[{'groupId':'group','topics':[" topics "],'errorCode':0,'errorMessage':null}]}"
#define TOPIC(partitions) "{'topicName':'topic','topicId':" ID_TEXT("EA") ",'partitions':[" partitions "]}"

#define ALTERED(first, second) "'partitions':[" first "," second "]}]}"
#define RESULT(index, code, message) "{'partitionIndex':" #index ",'errorCode':" #code ",'errorMessage':" message "}"
#define NOT_THERE "'This server does not host this topic-partition.'"

static void described_and_altered(void **state)
{
    (void)state;
    assert_string_equal(describe("group", NULL, 0), GROUP(""));
    assert_non_null(strstr(alter("group", 2, 7), ALTERED(RESULT(0, 0, "null"), RESULT(2, 0, "null"))));
    assert_non_null(current_topic("__share_group_state")); /* it has been created for it */
    assert_string_equal(describe("group", NULL, 0), GROUP(TOPIC(PARTITION(0, 7, 0, -1) "," PARTITION(2, 7, 0, -1))));
    assert_string_equal(describe("group", "topic", 2),
                        GROUP(TOPIC(PARTITION(0, 7, 0, -1) "," PARTITION(1, -1, 0, -1))));
    assert_non_null(strstr(describe("group", "unknown", 1), PARTITION(0, -1, 0, -1)));
    assert_non_null(strstr(alter("group", 9, 3), ALTERED(RESULT(0, 0, "null"), RESULT(9, 3, NOT_THERE))));
    assert_non_null(strstr(alter("group", 0, 4), "'errorCode':42"));
    assert_non_null(strstr(alter("", 1, 4), "'errorCode':24"));
    assert_non_null(strstr(ask_api(ALTER, to_alter("group", "unknown", 1, 4)),
                           ALTERED(RESULT(0, 3, NOT_THERE), RESULT(1, 3, NOT_THERE))));
    assert_string_equal(describe("group", NULL, 0), GROUP(TOPIC(PARTITION(0, 3, 0, -1) "," PARTITION(2, 7, 0, -1))));
    assert_non_null(strstr(beat("m", 0, true), "'memberEpoch':2"));
    assert_non_null(strstr(alter("group", 1, 4), "'errorCode':68"));
    assert_non_null(strstr(delete ("group", "topic", NULL), "'errorCode':68"));
    assert_non_null(strstr(beat("m", -1, false), "'errorCode':0"));
    assert_non_null(strstr(alter("group", 1, 0), ALTERED(RESULT(0, 0, "null"), RESULT(1, 0, "null"))));
    assert_string_equal(describe("group", NULL, 0),
                        GROUP(TOPIC(PARTITION(0, 0, 0, 0) "," PARTITION(1, 0, 0, 0) "," PARTITION(2, 7, 0, -1))));
}

#define DELETED(name, id, code, message) \
    "{'topicName':'" name "','topicId':" id ",'errorCode':" #code ",'errorMessage':" message "}"
#define NO_ID "'AAAAAAAAAAAAAAAAAAAAAA'"
#define NOTHING DELETED("topic", NO_ID, 3, "'There is no offset information to delete.'")

static void deleted(void **state)
{
    (void)state;
    assert_non_null(strstr(delete ("group", "topic", NULL), "'errorCode':69"));
    assert_non_null(strstr(delete ("", "topic", NULL), "'errorCode':24"));
    (void)alter("group", 1, 5);
    assert_non_null(strstr(delete ("group", "topic", "topic"), "'errorCode':42"));
    assert_non_null(
        strstr(delete ("group", "topic", "unknown"),
               "[" DELETED("topic", ID_TEXT("EA"), 0, "null") "," DELETED("unknown", NO_ID, 3, NOT_THERE) "]"));
    assert_string_equal(describe("group", NULL, 0), GROUP(""));
    assert_string_equal(describe("group", "topic", 1), GROUP(TOPIC(PARTITION(0, -1, 0, -1))));
    assert_non_null(strstr(delete ("group", "topic", NULL), NOTHING));
    (void)alter("group", 1, 6);
    assert_string_equal(describe("group", NULL, 0), GROUP(TOPIC(PARTITION(0, 6, 0, -1) "," PARTITION(1, 6, 0, -1))));
}

static const void *to_delete_groups(void)
{
    static kw_string names[2];
    static kw_delete_groups_request request;
    kw_delete_groups_request_init(&request);
    names[0] = kw_string_of("group");
    names[1] = kw_string_of("other");
    request.groups_names = (kw_string_array){names, 2};
    return &request;
}

static void deleted_with_their_group(void **state)
{
    (void)state;
    (void)beat("m", 0, true);
    assert_non_null(strstr(beat("m", 2, false), "'partitions':[0,1,2]"));
    assert_non_null(strstr(ask_api(DELETE_GROUPS, to_delete_groups()), "{'groupId':'group','errorCode':68},"));
    assert_non_null(strstr(describe("group", "topic", 1), "'partitionIndex':0,'startOffset':-1"));
    (void)beat("m", -1, false);
    (void)alter("group", 1, 5);
    assert_non_null(strstr(ask_api(DELETE_GROUPS, to_delete_groups()),
                           "[{'groupId':'group','errorCode':0},{'groupId':'other','errorCode':69}]"));
    assert_string_equal(describe("group", "topic", 1), GROUP(TOPIC(PARTITION(0, -1, 0, -1))));
    assert_string_equal(describe("group", NULL, 0), GROUP(""));
    assert_non_null(strstr(ask_api(DELETE_GROUPS, to_delete_groups()), "{'groupId':'group','errorCode':69},"));
    (void)beat("m", 0, true); /* a new group, whose state is of the first epoch again */
    assert_non_null(strstr(beat("m", 2, false), "'partitions':[0,1,2]"));
}

/* Of all partitions of the topic of states. */
static void set_leader_of_states(int32_t leader)
{
    enum { STATE_PARTITIONS = 4 };
    for (int32_t i = 0; i < STATE_PARTITIONS; i++) {
        kw_partition_change_record change;
        kw_partition_change_record_init(&change);
        change.partition_id = i;
        change.topic_id = current_topic("__share_group_state")->id;
        change.leader = leader;
        add_record(&kw_partition_change_record_message, 2, &change);
    }
    sim_settle(&sim);
}

static void delete_topic(void)
{
    kw_delete_topics_request request;
    kw_string name = kw_string_of("topic");
    kw_delete_topics_request_init(&request);
    request.timeout_ms = 1000;
    request.topic_names = (kw_string_array){&name, 1};
    (void)ask(KW_KEY_DELETE_TOPICS, 5, &request);
    assert_null(current_topic("topic"));
}

/* What an earlier request could not delete goes with the group. */
static void states_that_cannot_be_deleted_at_once(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        (void)alter("group", 1, 5);
        set_leader_of_states(-1);
        assert_null(strstr(delete ("group", "topic", NULL), DELETED("topic", ID_TEXT("EA"), 0, "null")));
        assert_null(strstr(ask_api(DELETE_GROUPS, to_delete_groups()), "{'groupId':'group','errorCode':0}"));
        set_leader_of_states(NODE);
        if (i == 1)
            delete_topic();
        assert_non_null(strstr(ask_api(DELETE_GROUPS, to_delete_groups()), "{'groupId':'group','errorCode':0}"));
        assert_non_null(strstr(ask_api(DELETE_GROUPS, to_delete_groups()), "{'groupId':'group','errorCode':69}"));
    }
}

/* One topic of the group is being deleted; the other one is not touched by that. */
static void one_of_two_topics(void **state)
{
    (void)state;
    create_topic("second", 3);
    for (int i = 0; i < 3; i++) {
        (void)alter("group", 1, 5);
        assert_null(strstr(ask_api(ALTER, to_alter("group", "second", 1, 8)), "'errorCode':3"));
        assert_non_null(strstr(describe("group", NULL, 0), "'startOffset':5"));
        set_leader_of_states(-1);
        assert_null(strstr(delete ("group", "topic", NULL), DELETED("topic", ID_TEXT("EA"), 0, "null")));
        set_leader_of_states(NODE);
        const char *text = describe("group", NULL, 0);
        assert_non_null(strstr(text, "'topicName':'second'"));
        assert_non_null(strstr(text, "'startOffset':8"));
        assert_null(strstr(text, "'topicName':'topic'"));
        if (i == 0) { /* the request is repeated */
            assert_non_null(strstr(delete ("group", "topic", NULL), DELETED("topic", ID_TEXT("EA"), 0, "null")));
            assert_non_null(strstr(delete ("group", "topic", NULL), NOTHING));
        } else if (i == 1) { /* it is wanted again */
            assert_non_null(strstr(alter("group", 1, 6), ALTERED(RESULT(0, 0, "null"), RESULT(1, 0, "null"))));
            assert_non_null(strstr(describe("group", NULL, 0), "'topicName':'topic'"));
        } else { /* the other one changes meanwhile */
            (void)ask_api(ALTER, to_alter("group", "second", 2, 9));
            assert_non_null(strstr(describe("group", NULL, 0), "'startOffset':9"));
            assert_null(strstr(json, "'topicName':'topic'"));
            assert_non_null(strstr(delete ("group", "topic", NULL), DELETED("topic", ID_TEXT("EA"), 0, "null")));
            assert_non_null(strstr(describe("group", NULL, 0), "'startOffset':9"));
        }
    }
    assert_non_null(strstr(ask_api(DELETE_GROUPS, to_delete_groups()), "{'groupId':'group','errorCode':0}"));
}

static void one_by_one(void **state)
{
    (void)state;
    assert_non_null(strstr(alter_one(2, 7), "[" RESULT(2, 0, "null") "]"));
    assert_string_equal(describe("group", NULL, 0), GROUP(TOPIC(PARTITION(2, 7, 0, -1))));
    assert_non_null(strstr(alter_one(1, 5), "[" RESULT(1, 0, "null") "]"));
    assert_non_null(strstr(alter_one(2, 8), "[" RESULT(2, 0, "null") "]"));
    assert_string_equal(describe("group", NULL, 0), GROUP(TOPIC(PARTITION(1, 5, 0, -1) "," PARTITION(2, 8, 0, -1))));
}

static void not_in_use(void **state)
{
    (void)state;
    set_level(0);
    assert_non_null(strstr(describe("group", NULL, 0), "'errorCode':35"));
    assert_non_null(strstr(alter("group", 1, 5), "'errorCode':35"));
    assert_non_null(strstr(delete ("group", "topic", NULL), "'errorCode':35"));
}

/* How often it has been refused. */
static size_t ask_with_little(int api, const void *request)
{
    size_t refused = 0;
    for (size_t memory = 0;; memory += 8, refused++) {
        assert_true(memory < 1 << 16);
        sim_client_finish(&peer);
        start_peer(memory);
        if (send_to(api, request) == EXCHANGE_PENDING)
            sim_settle(&sim);
        if (peer.outcome == EXCHANGE_ANSWERED)
            break;
        assert_int_equal(peer.outcome, EXCHANGE_CLOSE);
    }
    (void)take(api);
    sim_client_finish(&peer);
    start_peer(ARENA_LIMIT);
    return refused;
}

static void while_memory_is_short(void **state)
{
    (void)state;
    assert_true(ask_with_little(ALTER, to_alter("group", "topic", 1, 5)) > 5);
    assert_non_null(strstr(json, "'errorCode':0"));
    assert_non_null(strstr(describe("group", NULL, 0), "'startOffset':5"));
    assert_true(ask_with_little(DESCRIBE, to_describe("group", NULL, 0)) > 5);
    assert_non_null(strstr(json, "'startOffset':5"));
    assert_true(ask_with_little(DESCRIBE, to_describe("group", "topic", 3)) > 5);
    assert_non_null(strstr(json, "{'partitionIndex':0,'startOffset':5,"));
    assert_non_null(strstr(json, "{'partitionIndex':2,'startOffset':-1,"));
    assert_true(ask_with_little(DELETE, to_delete("group", "topic", NULL)) > 5);
    assert_non_null(strstr(json, "'errorCode':0"));
    assert_string_equal(describe("group", NULL, 0), GROUP(""));
    (void)alter("group", 1, 5);
    assert_true(ask_with_little(DELETE_GROUPS, to_delete_groups()) > 5);
    assert_non_null(strstr(json, "{'groupId':'group','errorCode':0},"));
    assert_string_equal(describe("group", "topic", 1), GROUP(TOPIC(PARTITION(0, -1, 0, -1))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(described_and_altered, set_up_groups, tear_down_apis),
        cmocka_unit_test_setup_teardown(deleted, set_up_groups, tear_down_apis),
        cmocka_unit_test_setup_teardown(deleted_with_their_group, set_up_groups, tear_down_apis),
        cmocka_unit_test_setup_teardown(states_that_cannot_be_deleted_at_once, set_up_groups, tear_down_apis),
        cmocka_unit_test_setup_teardown(one_of_two_topics, set_up_groups, tear_down_apis),
        cmocka_unit_test_setup_teardown(one_by_one, set_up_groups, tear_down_apis),
        cmocka_unit_test_setup_teardown(not_in_use, set_up_groups, tear_down_apis),
        cmocka_unit_test_setup_teardown(while_memory_is_short, set_up_groups, tear_down_apis),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
