/* SPDX-License-Identifier: Apache-2.0 */
/* ShareGroupHeartbeat and ShareGroupDescribe in a broker whose directory is in memory: what members get from joining to
 * leaving, and again after a restart. */
#include <kwire/api_keys.h>
#include <kwire/messages/feature_level_record.h>

#include "api/dispatch.h"
#include "api/handlers.h"

#define APIS(X)                                        \
    X(SHARE_GROUP_HEARTBEAT, share_group_heartbeat, 1) \
    X(SHARE_GROUP_DESCRIBE, share_group_describe, 1)

#define ADAPTER(KEY, name, version)                                \
    static enum call_outcome call_##name(struct call *call)        \
    {                                                              \
        return handle_##name(call, call->request, call->response); \
    }
APIS(ADAPTER)

#define ROW(KEY, name, version) \
    {KW_KEY_##KEY, {0, version}, &kw_##name##_request_message, &kw_##name##_response_message, call_##name},
static const struct api apis[] = {APIS(ROW)};

enum { HEARTBEAT, DESCRIBE };

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

static const char *describe(const char *group)
{
    static kw_share_group_describe_request request;
    static kw_string id;
    id = kw_string_of(group);
    kw_share_group_describe_request_init(&request);
    request.group_ids = (kw_string_array){&id, 1};
    return ask_api(DESCRIBE, &request);
}

#define BEAT(epoch, assignment)                                                                 \
    "{'throttleTimeMs':0,'errorCode':0,'errorMessage':null,'memberId':'m','memberEpoch':" epoch \
    ",'heartbeatIntervalMs':5000,'assignment':" assignment "}"
#define ALL "{'topicPartitions':[{'topicId':" ID_TEXT("EA") ",'partitions':[0,1,2]}]}"

static void from_joining_to_leaving(void **state)
{
    (void)state;
    assert_string_equal(beat("m", 0, true), BEAT("2", "{'topicPartitions':[]}"));
    assert_non_null(current_topic("__share_group_state")); /* it has been created for it */
    assert_string_equal(beat("m", 2, false), BEAT("3", ALL));
    assert_string_equal(beat("m", 3, false), BEAT("3", "null"));
    assert_non_null(strstr(describe("group"),
                           "'groupState':'Stable','groupEpoch':3,'assignmentEpoch':3,'assignorName':'simple',"
                           "'members':[{'memberId':'m','rackId':null,'memberEpoch':3,'clientId':'',"));
    assert_non_null(
        strstr(json, "'subscribedTopicNames':['topic'],'assignment':{'topicPartitions':[{'topicId':" ID_TEXT(
                         "EA") ",'topicName':'topic','partitions':[0,1,2]}]}}]"));
    coordinators_stop(&broker);
    sim_settle(&sim);
    coordinators_await(&broker);
    restart_broker();
    coordinators_start(&broker, direct_homes, 1);
    assert_string_equal(beat("m", 3, true), BEAT("3", ALL));
    assert_non_null(strstr(beat("m", -1, false), "'errorCode':0"));
    assert_non_null(strstr(describe("group"), "'groupState':'Empty','groupEpoch':4,'assignmentEpoch':4"));
    assert_non_null(strstr(describe("other"), "'errorCode':69,'errorMessage':'Group other not found.'"));
    assert_non_null(strstr(describe(""), "'errorCode':24"));
}

static void not_in_use(void **state)
{
    (void)state;
    set_level(0);
    assert_non_null(strstr(beat("m", 0, true), "'errorCode':35"));
    assert_non_null(strstr(describe("group"), "'errorCode':35"));
    set_level(1);
    assert_non_null(strstr(beat("", 0, true), "'errorCode':42,'errorMessage':null"));
    assert_non_null(
        strstr(beat("a-member-whose-id-has-37-characters.x", 0, true), "'errorCode':42,'errorMessage':null"));
    assert_non_null(strstr(beat("m", -2, true), "'errorMessage':'MemberEpoch is invalid.'"));
    assert_non_null(strstr(beat("m", 0, true), "'errorCode':16")); /* no topic of groups */
}

static void while_memory_is_short(void **state)
{
    (void)state;
    static kw_share_group_heartbeat_request request;
    static kw_string name;
    (void)beat("m", 0, true);
    name = kw_string_of("topic");
    kw_share_group_heartbeat_request_init(&request);
    request.group_id = kw_string_of("group");
    request.member_id = kw_string_of("m");
    request.subscribed_topic_names = (kw_string_array){&name, 1};
    size_t refused = 0;
    for (size_t memory = 0;; memory += 8, refused++) {
        assert_true(memory < 1 << 16);
        sim_client_finish(&peer);
        start_peer(memory);
        if (send_to(HEARTBEAT, &request) == EXCHANGE_PENDING)
            sim_settle(&sim);
        if (peer.outcome == EXCHANGE_ANSWERED)
            break;
        assert_int_equal(peer.outcome, EXCHANGE_CLOSE);
    }
    assert_true(refused > 5);
    assert_non_null(strstr(take(HEARTBEAT), "'errorCode':0"));
}

/* ---- other APIs and a share group ---- */

static const char *commit_offset(void)
{
    kw_offset_commit_request request;
    kw_offset_commit_request_topic topic;
    kw_offset_commit_request_partition partition;
    kw_offset_commit_request_init(&request);
    kw_offset_commit_request_topic_init(&topic);
    kw_offset_commit_request_partition_init(&partition);
    partition.committed_offset = 5;
    topic.name = kw_string_of("topic");
    topic.partitions.items = &partition;
    topic.partitions.len = 1;
    request.group_id = kw_string_of("group");
    request.topics.items = &topic;
    request.topics.len = 1;
    return ask(KW_KEY_OFFSET_COMMIT, 9, &request);
}

static const char *fetch_offsets(void)
{
    kw_offset_fetch_request request;
    kw_offset_fetch_request_group group;
    kw_offset_fetch_request_init(&request);
    kw_offset_fetch_request_group_init(&group);
    group.group_id = kw_string_of("group");
    group.topics.len = -1;
    request.groups.items = &group;
    request.groups.len = 1;
    return ask(KW_KEY_OFFSET_FETCH, 9, &request);
}

static const char *delete_offset(void)
{
    kw_offset_delete_request request;
    kw_offset_delete_request_topic topic;
    kw_offset_delete_request_partition partition = {.partition_index = 0};
    kw_offset_delete_request_init(&request);
    kw_offset_delete_request_topic_init(&topic);
    topic.name = kw_string_of("topic");
    topic.partitions.items = &partition;
    topic.partitions.len = 1;
    request.group_id = kw_string_of("group");
    request.topics.items = &topic;
    request.topics.len = 1;
    return ask(KW_KEY_OFFSET_DELETE, 0, &request);
}

static const char *list_groups_in(const char *state)
{
    kw_list_groups_request request;
    kw_string name = kw_string_of(state);
    kw_list_groups_request_init(&request);
    request.states_filter = (kw_string_array){&name, 1};
    return ask(KW_KEY_LIST_GROUPS, 5, &request);
}

static const char *describe_as_classic(void)
{
    kw_describe_groups_request request;
    kw_string name = kw_string_of("group");
    kw_describe_groups_request_init(&request);
    request.groups = (kw_string_array){&name, 1};
    return ask(KW_KEY_DESCRIBE_GROUPS, 6, &request);
}

static const char *delete_group(void)
{
    kw_delete_groups_request request;
    kw_string name = kw_string_of("group");
    kw_delete_groups_request_init(&request);
    request.groups_names = (kw_string_array){&name, 1};
    return ask(KW_KEY_DELETE_GROUPS, 2, &request);
}

static const char *join_as_classic(void)
{
    kw_join_group_request request;
    kw_join_group_request_protocol protocol;
    kw_join_group_request_init(&request);
    kw_join_group_request_protocol_init(&protocol);
    protocol.name = kw_string_of("range");
    request.group_id = kw_string_of("group");
    request.session_timeout_ms = request.rebalance_timeout_ms = 10000;
    request.protocol_type = kw_string_of("consumer");
    request.protocols.items = &protocol;
    request.protocols.len = 1;
    return ask(KW_KEY_JOIN_GROUP, 9, &request);
}

/* It has no offsets of consumers, and is no group for them. */
static void other_apis(void **state)
{
    (void)state;
    (void)beat("m", 0, true);
    for (int i = 0; i < 2; i++) {
        assert_non_null(strstr(commit_offset(), "'partitionIndex':0,'errorCode':69"));
        assert_non_null(strstr(fetch_offsets(), "{'groupId':'group','topics':[],'errorCode':0}"));
        assert_non_null(strstr(delete_offset(), "'errorCode':69"));
        assert_non_null(strstr(describe_as_classic(), "'errorCode':69"));
        assert_non_null(strstr(join_as_classic(), "'errorCode':23"));
        assert_non_null(
            strstr(list_groups_in(i == 0 ? "Stable" : "Empty"),
                   i == 0 ? "{'groupId':'group','protocolType':'share','groupState':'Stable','groupType':'share'}"
                          : "{'groupId':'group','protocolType':'share','groupState':'Empty','groupType':'share'}"));
        assert_null(strstr(list_groups_in(i == 0 ? "Empty" : "Stable"), "'group'"));
        if (i == 0) {
            assert_non_null(strstr(delete_group(), "'groupId':'group','errorCode':68"));
            (void)beat("m", -1, false);
        }
    }
    assert_non_null(strstr(delete_group(), "'groupId':'group','errorCode':0"));
    assert_null(strstr(list_groups_in("Empty"), "'group'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(from_joining_to_leaving, set_up_groups, tear_down_apis),
        cmocka_unit_test_setup_teardown(not_in_use, set_up_apis, tear_down_apis),
        cmocka_unit_test_setup_teardown(while_memory_is_short, set_up_groups, tear_down_apis),
        cmocka_unit_test_setup_teardown(other_apis, set_up_groups, tear_down_apis),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
