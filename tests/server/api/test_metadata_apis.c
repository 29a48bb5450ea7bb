/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata, DescribeTopicPartitions, DescribeCluster and ApiVersions: every field of what they answer. */
#include "handler_support.h"

#include <kwire/api_keys.h>
#include <kwire/error.h>

#include "api/dispatch.h"

static struct handler handler;
static const struct metadata_image *image;

static kw_uuid id_of(uint8_t last)
{
    kw_uuid id = {{0}};
    id.bytes[15] = last;
    return id;
}

/* Topics a (partitions 0, 2 without a leader, 5), b (0 and 1) and the internal __consumer_offsets (0). */
static int set_up(void **state)
{
    static int32_t nodes[] = {7, 8, 9, 10, 11, 12, 13};
    const struct metadata_partition parts[] = {
        {.index = 0,
         .leader_id = 7,
         .leader_epoch = 3,
         .replicas = {nodes, 3},
         .isr = {nodes, 2},
         .offline = {nodes + 2, 1},
         .elr = {nodes + 3, 1},
         .last_known_elr = {nodes + 4, 2}},
        {.index = 2, .leader_id = -1, .leader_epoch = 4, .replicas = {nodes + 1, 1}},
        {.index = 5, .leader_id = 0, .leader_epoch = 5, .replicas = {nodes, 1}, .isr = {nodes, 1}},
        {.index = 0, .leader_id = 8, .replicas = {nodes + 1, 1}, .isr = {nodes + 1, 1}},
        {.index = 1, .leader_id = 7, .leader_epoch = 1, .replicas = {nodes, 1}, .isr = {nodes, 1}},
    };
    const struct metadata_topic from[] = {
        {.name = kw_string_of("b"), .id = id_of(2), .partitions = &parts[3], .partition_count = 2},
        {.name = kw_string_of("a"), .id = id_of(1), .partitions = parts, .partition_count = 3},
        {.name = kw_string_of("__consumer_offsets"),
         .id = id_of(3),
         .is_internal = true,
         .partitions = &parts[4],
         .partition_count = 1},
    };
    struct metadata_topic *topics[3];
    for (size_t i = 0; i < 3; i++)
        topics[i] = metadata_topic_create(&from[i]);
    static const struct metadata_endpoint endpoint = {{"PLAINTEXT", 9}, {"away", 4}, 9096, 0};
    const struct metadata_broker brokers[] = {
        {.id = 6, .rack = kw_string_of("other"), .endpoints = &endpoint, .endpoint_count = 1},
        {.id = 7, .rack = kw_string_of("rack")}};
    const struct metadata_parts all = {
        .topics = topics, .topic_count = 3, .brokers = brokers, .broker_count = 2, .epoch = -1};
    image = metadata_image_create(&all);
    handler_init(&handler, image);
    (void)state;
    return image != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    metadata_image_release(image);
    return 0;
}

/* ---- Metadata ---- */

static void ask_metadata(int16_t version, const char *names, const char *ids, bool operations, const char *expected)
{
    kw_metadata_request_topic topics[8];
    kw_metadata_request request;
    kw_metadata_request_init(&request);
    request.include_topic_authorized_operations = operations;
    request.topics.items = topics;
    request.topics.len = names != NULL ? (int32_t)strlen(names) : -1;
    for (int32_t i = 0; i < request.topics.len; i++) {
        kw_metadata_request_topic_init(&topics[i]);
        topics[i].name = names[i] == '0' ? kw_string_of(NULL) : (kw_string){names + i, 1};
        topics[i].topic_id = id_of(ids != NULL ? (uint8_t)(ids[i] - '0') : 0);
    }
    for (int32_t i = request.topics.len > 0 ? request.topics.len : 0; i < 8; i++) {
        kw_metadata_request_topic_init(&topics[i]); /* not of the request, and shows in the response if it is read */
        topics[i].name = kw_string_of(NULL);
        topics[i].topic_id = id_of(9);
    }
    ASK(&handler, metadata, version, &request, expected);
}

#define HEAD "{'throttleTimeMs':0,'brokers':[{'nodeId':7,'host':'broker','port':9092,'rack':'rack'}],'clusterId':"
#define CLUSTER HEAD "'cluster','controllerId':7,'topics':["
#define DENIED "-2147483648"
#define ALLOWED "3576" /* bits 3 to 8, 10 and 11 */
#define ID(end) "'AAAAAAAAAAAAAAAAAAAA" end "'"
#define TOPIC(error, name, id, internal) \
    "{'errorCode':" error ",'name':" name ",'topicId':" ID(id) ",'isInternal':" internal ",'partitions':["
#define MISSING(error, name, id, allowed) TOPIC(error, name, id, "false") "],'topicAuthorizedOperations':" allowed "}"
#define PARTITION(error, index, leader, epoch) \
    "{'errorCode':" error ",'partitionIndex':" index ",'leaderId':" leader ",'leaderEpoch':" epoch ","
#define TOPIC_A(allowed)                                                                                               \
    TOPIC("0", "'a'", "AQ", "false")                                                                                   \
    PARTITION("0", "0", "7", "3")                                                                                      \
    "'replicaNodes':[7,8,9],'isrNodes':[7,8],'offlineReplicas':[9]}," PARTITION(                                       \
        "5", "2", "-1",                                                                                                \
        "4") "'replicaNodes':[8],'isrNodes':[],'offlineReplicas':[]}," PARTITION("0", "5", "0",                        \
                                                                                 "5") "'replicaNodes':[7],'isrNodes':" \
                                                                                      "[7],'offlineReplicas':[]}],"    \
                                                                                      "'topicAuthorizedOperations'"    \
                                                                                      ":" allowed "}"
#define TOPIC_B(allowed)                                                                \
    TOPIC("0", "'b'", "Ag", "false")                                                    \
    PARTITION("0", "0", "8", "0")                                                       \
    "'replicaNodes':[8],'isrNodes':[8],'offlineReplicas':[]}," PARTITION(               \
        "0", "1", "7", "1") "'replicaNodes':[7],'isrNodes':[7],'offlineReplicas':[]}]," \
                            "'topicAuthorizedOperations':" allowed "}"
#define TOPIC_INTERNAL(allowed)                                 \
    TOPIC("0", "'__consumer_offsets'", "Aw", "true")            \
    PARTITION("0", "1", "7", "1")                               \
    "'replicaNodes':[7],'isrNodes':[7],'offlineReplicas':[]}]," \
    "'topicAuthorizedOperations':" allowed "}"
#define ALL_TOPICS(allowed) TOPIC_INTERNAL(allowed) "," TOPIC_A(allowed) "," TOPIC_B(allowed)

static void test_metadata_of_all_topics(void **state)
{
    (void)state;
    ask_metadata(12, NULL, NULL, false, CLUSTER ALL_TOPICS(DENIED) "]}");
    ask_metadata(12, NULL, NULL, true, CLUSTER ALL_TOPICS(ALLOWED) "]}");
    ask_metadata(12, "", NULL, true, CLUSTER "]}");
    ask_metadata(13, NULL, NULL, false, CLUSTER ALL_TOPICS(DENIED) "],'errorCode':0}");
}

/* A broker that decides knows who has registered. */
static void test_offline_replicas(void **state)
{
    (void)state;
    struct controller controller;
    handler.broker.controller = &controller;
    ask_metadata(12, "b", NULL, false,
                 CLUSTER TOPIC("0", "'b'", "Ag", "false") PARTITION("0", "0", "8", "0")                    //
                 "'replicaNodes':[8],'isrNodes':[8],'offlineReplicas':[8]}," PARTITION("0", "1", "7", "1") //
                 "'replicaNodes':[7],'isrNodes':[7],'offlineReplicas':[]}],'topicAuthorizedOperations':" DENIED "}]}");
    ask_metadata(12, "a", NULL, false,
                 CLUSTER TOPIC("0", "'a'", "AQ", "false") PARTITION("0", "0", "7", "3")                             //
                 "'replicaNodes':[7,8,9],'isrNodes':[7,8],'offlineReplicas':[8,9]}," PARTITION("5", "2", "-1", "4") //
                 "'replicaNodes':[8],'isrNodes':[],'offlineReplicas':[8]}," PARTITION("0", "5", "0", "5")           //
                 "'replicaNodes':[7],'isrNodes':[7],'offlineReplicas':[]}],'topicAuthorizedOperations':" DENIED "}]}");
}

static void test_metadata_before_null_meant_all(void **state)
{
    (void)state;
    ask_metadata(1, "", NULL, false,
                 "{'brokers':[{'nodeId':7,'host':'broker','port':9092,'rack':'rack'}],"
                 "'controllerId':7,'topics':[]}");
    kw_metadata_response response;
    kw_metadata_request request;
    kw_metadata_request_init(&request);
    kw_metadata_response_init(&response);
    handler_set_memory(&handler, HANDLER_MEMORY);
    handler.call.version = 0;
    assert_int_equal(handle_metadata(&handler.call, &request, &response), CALL_ANSWERED);
    assert_int_equal(response.topics.len, 3);
}

static void test_metadata_by_name(void **state)
{
    (void)state;
    ask_metadata(12, "ba", NULL, false, CLUSTER TOPIC_B(DENIED) "," TOPIC_A(DENIED) "]}");
    ask_metadata(
        12, "x?a", NULL, false,
        CLUSTER TOPIC_A(DENIED) "," MISSING("3", "'x'", "AA", DENIED) "," MISSING("17", "'?'", "AA", DENIED) "]}");
    ask_metadata(12, ".", NULL, false, CLUSTER MISSING("17", "'.'", "AA", DENIED) "]}");
    ask_metadata(12, "x", NULL, true, CLUSTER MISSING("3", "'x'", "AA", ALLOWED) "]}");
    ask_metadata(12, "bxbxb", NULL, false, CLUSTER TOPIC_B(DENIED) "," MISSING("3", "'x'", "AA", DENIED) "]}");
}

/* A name that is empty is no null. */
static void test_metadata_of_the_empty_name(void **state)
{
    (void)state;
    kw_metadata_request_topic topic;
    kw_metadata_request request;
    kw_metadata_request_init(&request);
    kw_metadata_request_topic_init(&topic);
    request.topics.items = &topic;
    request.topics.len = 1;
    ASK(&handler, metadata, 12, &request, CLUSTER MISSING("17", "''", "AA", DENIED) "]}");
}

static void test_metadata_of_an_internal_topic_that_is_missing(void **state)
{
    (void)state;
    kw_metadata_request_topic topic;
    kw_metadata_request request;
    kw_metadata_request_init(&request);
    kw_metadata_request_topic_init(&topic);
    topic.name = kw_string_of("__transaction_state");
    request.topics.items = &topic;
    request.topics.len = 1;
    ASK(&handler, metadata, 12, &request,
        CLUSTER TOPIC("3", "'__transaction_state'", "AA", "true") "],'topicAuthorizedOperations':" DENIED "}]}");
}

static void test_metadata_by_id(void **state)
{
    (void)state;
    /* Names beside ids do not count, nor does the id zero beside another. */
    ask_metadata(12, "000", "219", false,
                 CLUSTER MISSING("100", "null", "CQ", DENIED) "," TOPIC_B(DENIED) "," TOPIC_A(DENIED) "]}");
    ask_metadata(12, "00", "92", false, CLUSTER MISSING("100", "null", "CQ", DENIED) "," TOPIC_B(DENIED) "]}");
    ask_metadata(12, "xx0", "212", false, CLUSTER TOPIC_B(DENIED) "," TOPIC_A(DENIED) "]}");
    ask_metadata(12, "a0", "02", true, CLUSTER TOPIC_B(ALLOWED) "]}");
    ask_metadata(12, "0a", "20", true, CLUSTER TOPIC_B(ALLOWED) "]}");
}

/* What a version has no way to ask for is refused for every topic that is named. */
static void test_metadata_that_is_refused(void **state)
{
    (void)state;
    static const char before[] = "{'throttleTimeMs':0,'brokers':[],'clusterId':null,'controllerId':-1,'topics':[";
    char expected[1024];
    (void)snprintf(expected, sizeof expected,
                   "%s" MISSING("42", "'a'", "AA", DENIED) "," MISSING(
                       "42", "''", "Ag", DENIED) "],'clusterAuthorizedOperations':" DENIED "}",
                   before);
    ask_metadata(10, "a0", "02", false, expected);
    (void)snprintf(expected, sizeof expected,
                   "%s" MISSING("42", "'a'", "Ag", DENIED) "],'clusterAuthorizedOperations':" DENIED "}", before);
    ask_metadata(10, "a", "2", false, expected);
    (void)snprintf(expected, sizeof expected, "%s" MISSING("42", "''", "AA", DENIED) "]}", before);
    ask_metadata(11, "0", NULL, false, expected);
    (void)snprintf(expected, sizeof expected,
                   "%s" MISSING("-1", "'a'", "AA", DENIED) "," MISSING("-1", "''", "AA", DENIED) "]}", before);
    ask_metadata(12, "a0", NULL, false, expected);
    (void)snprintf(expected, sizeof expected, "%s" MISSING("-1", "''", "AA", DENIED) "],'errorCode':-1}", before);
    ask_metadata(13, "0", NULL, false, expected);
}

/* Ids came with version 10: what is in the struct of an older request is not of the request. */
static void test_metadata_before_ids(void **state)
{
    (void)state;
    ask_metadata(9, "x", "2", false,
                 CLUSTER
                 "{'errorCode':3,'name':'x','isInternal':false,'partitions':[],'topicAuthorizedOperations':" DENIED
                 "}],'clusterAuthorizedOperations':" DENIED "}");
}

static void test_metadata_of_the_cluster(void **state)
{
    (void)state;
    kw_metadata_request request;
    kw_metadata_request_init(&request);
    request.include_cluster_authorized_operations = true;
    ASK(&handler, metadata, 10, &request, CLUSTER "],'clusterAuthorizedOperations':8096}");
}

/* ---- DescribeTopicPartitions ---- */

#define PAGE "{'throttleTimeMs':0,'topics':["
#define OTHERS(elr, last) "'eligibleLeaderReplicas':" elr ",'lastKnownElr':" last ","
#define A0                        \
    PARTITION("0", "0", "7", "3") \
    "'replicaNodes':[7,8,9],'isrNodes':[7,8]," OTHERS("[10]", "[11,12]") "'offlineReplicas':[9]}"
#define A2 PARTITION("0", "2", "-1", "4") "'replicaNodes':[8],'isrNodes':[]," OTHERS("[]", "[]") "'offlineReplicas':[]}"
#define A5 PARTITION("0", "5", "0", "5") "'replicaNodes':[7],'isrNodes':[7]," OTHERS("[]", "[]") "'offlineReplicas':[]}"
#define B0 PARTITION("0", "0", "8", "0") "'replicaNodes':[8],'isrNodes':[8]," OTHERS("[]", "[]") "'offlineReplicas':[]}"
#define B1 PARTITION("0", "1", "7", "1") "'replicaNodes':[7],'isrNodes':[7]," OTHERS("[]", "[]") "'offlineReplicas':[]}"
#define END "],'topicAuthorizedOperations':" ALLOWED "}"
#define UNKNOWN(error, name) TOPIC(error, name, "AA", "false") "],'topicAuthorizedOperations':3576}"
#define WHOLE_A TOPIC("0", "'a'", "AQ", "false") A0 "," A2 "," A5 END
#define WHOLE_B TOPIC("0", "'b'", "Ag", "false") B0 "," B1 END
#define WHOLE_INTERNAL TOPIC("0", "'__consumer_offsets'", "Aw", "true") B1 END
#define LAST "],'nextCursor':null}"
#define NEXT(topic, index) "],'nextCursor':{'topicName':" topic ",'partitionIndex':" index "}}"

/* `cursor`: the topic, or NULL for none. */
static void describe(const char *names, int32_t limit, const char *cursor, int32_t index, const char *expected)
{
    kw_describe_topic_partitions_request_topic_request topics[8];
    kw_describe_topic_partitions_request_cursor from;
    kw_describe_topic_partitions_request request;
    kw_describe_topic_partitions_request_init(&request);
    request.response_partition_limit = limit;
    request.topics.items = topics;
    request.topics.len = (int32_t)strlen(names);
    for (int32_t i = 0; i < request.topics.len; i++) {
        kw_describe_topic_partitions_request_topic_request_init(&topics[i]);
        topics[i].name = (kw_string){names + i, 1};
    }
    kw_describe_topic_partitions_request_topic_request_init(&topics[request.topics.len]);
    topics[request.topics.len].name = kw_string_of(cursor != NULL ? cursor : "b"); /* not of the request */
    kw_describe_topic_partitions_request_cursor_init(&from);
    from.topic_name = kw_string_of(cursor);
    from.partition_index = index;
    request.cursor = cursor != NULL ? &from : NULL;
    ASK(&handler, describe_topic_partitions, 0, &request, expected);
}

static void test_offline_replicas_in_descriptions(void **state)
{
    (void)state;
    struct controller controller;
    handler.broker.controller = &controller;
    describe("b", 9, NULL, 0,
             PAGE TOPIC("0", "'b'", "Ag", "false") PARTITION("0", "0", "8", "0") //
             "'replicaNodes':[8],'isrNodes':[8]," OTHERS("[]", "[]") "'offlineReplicas':[8]}," B1 END LAST);
}

static void test_descriptions(void **state)
{
    (void)state;
    describe("", 2000, NULL, 0, PAGE WHOLE_INTERNAL "," WHOLE_A "," WHOLE_B LAST);
    describe("bab", 2000, NULL, 0, PAGE WHOLE_A "," WHOLE_B LAST);
    describe("x?b", 2000, NULL, 0, PAGE UNKNOWN("17", "'?'") "," WHOLE_B "," UNKNOWN("3", "'x'") LAST);
}

static void test_description_of_an_internal_topic_that_is_missing(void **state)
{
    (void)state;
    kw_describe_topic_partitions_request_topic_request topic;
    kw_describe_topic_partitions_request request;
    kw_describe_topic_partitions_request_init(&request);
    kw_describe_topic_partitions_request_topic_request_init(&topic);
    topic.name = kw_string_of("__transaction_state");
    request.topics.items = &topic;
    request.topics.len = 1;
    ASK(&handler, describe_topic_partitions, 0, &request,
        PAGE TOPIC("3", "'__transaction_state'", "AA", "true") "],'topicAuthorizedOperations':3576}" LAST);
}

static void test_pages_of_descriptions(void **state)
{
    (void)state;
    describe("ab", 1, NULL, 0, PAGE TOPIC("0", "'a'", "AQ", "false") A0 END NEXT("'a'", "2"));
    describe("ab", 0, NULL, 0, PAGE TOPIC("0", "'a'", "AQ", "false") A0 END NEXT("'a'", "2"));
    describe("ab", 3, NULL, 0, PAGE WHOLE_A NEXT("'b'", "0"));
    describe("ab", 4, NULL, 0, PAGE WHOLE_A "," TOPIC("0", "'b'", "Ag", "false") B0 END NEXT("'b'", "1"));
    describe("ab", 5, NULL, 0, PAGE WHOLE_A "," WHOLE_B LAST);
    describe("ab", 2, "a", 2, PAGE TOPIC("0", "'a'", "AQ", "false") A2 "," A5 END NEXT("'b'", "0"));
    describe("ab", 9, "a", 3, PAGE TOPIC("0", "'a'", "AQ", "false") A5 END "," WHOLE_B LAST);
    describe("ab", 9, "a", 6, PAGE TOPIC("0", "'a'", "AQ", "false") END "," WHOLE_B LAST);
    describe("ab", 9, "b", 0, PAGE WHOLE_B LAST);
    describe("", 9, "b", 1, PAGE TOPIC("0", "'b'", "Ag", "false") B1 END LAST);
    describe("", 9, "aa", 1, PAGE WHOLE_B LAST); /* a topic that was removed */
}

static void test_limit_of_descriptions(void **state)
{
    (void)state;
    handler.broker.config.max_request_partition_size_limit = 2;
    describe("ab", 3, NULL, 0, PAGE TOPIC("0", "'a'", "AQ", "false") A0 "," A2 END NEXT("'a'", "5"));
    describe("b", 2, NULL, 0, PAGE WHOLE_B LAST);
    handler.broker.config.max_request_partition_size_limit = 3;
    describe("ab", 2, NULL, 0, PAGE TOPIC("0", "'a'", "AQ", "false") A0 "," A2 END NEXT("'a'", "5"));
}

static void test_cursors_that_are_refused(void **state)
{
    (void)state;
#define REFUSED(name) TOPIC("42", name, "AA", "false") "],'topicAuthorizedOperations':" DENIED "}"
    describe("ab", 9, "a", -1, PAGE REFUSED("'a'") "," REFUSED("'b'") LAST);
    describe("ba", 9, "x", 0, PAGE REFUSED("'b'") "," REFUSED("'a'") LAST);
    describe("", 9, "a", -1, PAGE LAST);
#undef REFUSED
}

/* ---- DescribeCluster ---- */

static void ask_cluster(int8_t type, bool operations, const char *expected)
{
    kw_describe_cluster_request request;
    kw_describe_cluster_request_init(&request);
    request.endpoint_type = type;
    request.include_cluster_authorized_operations = operations;
    ASK(&handler, describe_cluster, 2, &request, expected);
}

static void test_describe_cluster(void **state)
{
    (void)state;
#define ANSWER(allowed)                                                                             \
    "{'throttleTimeMs':0,'errorCode':0,'errorMessage':null,'endpointType':1,'clusterId':'cluster'," \
    "'controllerId':7,'brokers':[{'brokerId':7,'host':'broker','port':9092,'rack':'rack',"          \
    "'isFenced':false}],'clusterAuthorizedOperations':" allowed "}"
    ask_cluster(1, false, ANSWER(DENIED));
    ask_cluster(1, true, ANSWER("8096"));
#undef ANSWER
}

static void test_endpoints_of_other_types(void **state)
{
    (void)state;
#define ANSWER(error, text)                                                                                \
    "{'throttleTimeMs':0,'errorCode':" error ",'errorMessage':'" text "','endpointType':1,'clusterId':''," \
    "'controllerId':-1,'brokers':[],'clusterAuthorizedOperations':" DENIED "}"
    ask_cluster(2, true, ANSWER("114", "controllers were asked for, but this is an endpoint of brokers"));
    ask_cluster(0, true, ANSWER("115", "Unsupported endpoint type 0"));
    ask_cluster(3, true, ANSWER("115", "Unsupported endpoint type 3"));
    ask_cluster(-128, true, ANSWER("115", "Unsupported endpoint type -128"));
#undef ANSWER
}

/* Others are not there, whatever the image says. */
static void test_cluster_with_fenced_brokers(void **state)
{
    kw_describe_cluster_request request;
    (void)state;
    kw_describe_cluster_request_init(&request);
    request.endpoint_type = 1;
    request.include_fenced_brokers = true;
    ASK(&handler, describe_cluster, 2, &request,
        "{'throttleTimeMs':0,'errorCode':0,'errorMessage':null,'endpointType':1,'clusterId':'cluster',"
        "'controllerId':7,'brokers':["
        "{'brokerId':7,'host':'broker','port':9092,'rack':'rack','isFenced':false},"
        "{'brokerId':6,'host':'away','port':9096,'rack':'other','isFenced':true}],"
        "'clusterAuthorizedOperations':-2147483648}");
}

/* ---- DescribeQuorum ---- */

/* "TOPIC PARTITION ERROR leader LEADER/EPOCH to HIGH WATERMARK, VOTER LOG END; NODE LISTENER HOST:PORT" */
static const char *quorum_text(int16_t version, const char *const *names, const int32_t *indexes, int32_t count)
{
    static char text[1024];
    kw_describe_quorum_request request;
    kw_describe_quorum_request_topic_data topics[4];
    kw_describe_quorum_request_partition_data partitions[4];
    kw_describe_quorum_response response;
    kw_writer w;
    size_t at = 0;
    kw_describe_quorum_request_init(&request);
    request.topics.items = topics;
    request.topics.len = count;
    for (int32_t i = 0; i < count; i++) {
        kw_describe_quorum_request_topic_data_init(&topics[i]);
        kw_describe_quorum_request_partition_data_init(&partitions[i]);
        topics[i].topic_name = kw_string_of(names[i]);
        topics[i].partitions.items = &partitions[i];
        topics[i].partitions.len = 1;
        partitions[i].partition_index = indexes[i];
    }
    handler.call.version = version;
    enum call_outcome outcome = CALL_FAILED;
    for (size_t size = 0; outcome != CALL_ANSWERED; size += HANDLER_STEP) {
        assert_true(size < HANDLER_MEMORY);
        handler_set_memory(&handler, size);
        kw_describe_quorum_response_init(&response);
        outcome = handle_describe_quorum(&handler.call, &request, &response);
        handler_assert_guard(&handler, size);
    }
    text[0] = '\0';
    for (int32_t i = 0; i < response.topics.len; i++) {
        const kw_describe_quorum_response_partition_data *p = &response.topics.items[i].partitions.items[0];
        at += (size_t)snprintf(text + at, sizeof text - at, "%.*s %d %s leader %d/%d to %d\n",
                               KW_FMT(response.topics.items[i].topic_name), p->partition_index,
                               kw_error_name(p->error_code), p->leader_id, p->leader_epoch, (int)p->high_watermark);
        assert_int_equal(p->observers.len, 0);
        for (int32_t k = 0; k < p->current_voters.len; k++) {
            assert_true(p->current_voters.items[k].last_fetch_timestamp > 0);
            at += (size_t)snprintf(text + at, sizeof text - at, "voter %d of %d to %d\n",
                                   p->current_voters.items[k].replica_id,
                                   p->current_voters.items[k].replica_directory_id.bytes[15],
                                   (int)p->current_voters.items[k].log_end_offset);
        }
    }
    for (int32_t i = 0; i < response.nodes.len; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "node %d at %.*s %.*s:%d\n",
                               response.nodes.items[i].node_id, KW_FMT(response.nodes.items[i].listeners.items[0].name),
                               KW_FMT(response.nodes.items[i].listeners.items[0].host),
                               response.nodes.items[i].listeners.items[0].port);
    kw_writer_init_counting(&w);
    assert_int_equal(kw_describe_quorum_response_encode(&response, version, &w), KW_OK);
    return text;
}

static void test_quorum(void **state)
{
    static const char *const names[] = {"__cluster_metadata", "__cluster_metadata", "a"};
    static const int32_t indexes[] = {0, 1, 0};
    static kw_voters_record_endpoint endpoint = {{"CONTROLLER", 10}, {"here", 4}, 9093, NULL};
    static kw_voters_record_voter voter = {.voter_id = 7, .endpoints = {&endpoint, 1}};
    static const kw_voters_record voters = {.voters = {&voter, 1}};
    static struct controller controller = {.options = {.epoch = 3}};
    const struct metadata_parts parts = {.epoch = 3, .offset = 13};
    const struct metadata_image *at_13 = metadata_image_create(&parts);
    (void)state;
    assert_non_null(at_13);
    voter.voter_directory_id = id_of(4);
    handler.call.image = at_13;
    assert_string_equal(quorum_text(2, names, indexes, 1),
                        "__cluster_metadata 0 NOT_LEADER_OR_FOLLOWER leader 0/0 to 0\n");
    handler.broker.controller = &controller;
    handler.broker.voters = &voters;
    assert_string_equal(quorum_text(2, names, indexes, 1), /* with kraft.version 0 nobody knows the directory */
                        "__cluster_metadata 0 NONE leader 7/3 to 13\nvoter 7 of 0 to 13\n"
                        "node 7 at CONTROLLER here:9093\n");
    handler.broker.kraft_version = 1;
#define LEADS "__cluster_metadata 0 NONE leader 7/3 to 13\nvoter 7 of 4 to 13\n"
    assert_string_equal(quorum_text(2, names, indexes, 1), LEADS "node 7 at CONTROLLER here:9093\n");
#define LEADS_WITHOUT_ID "__cluster_metadata 0 NONE leader 7/3 to 13\nvoter 7 of 0 to 13\n"
    assert_string_equal(quorum_text(1, names, indexes, 1), LEADS_WITHOUT_ID);
    assert_string_equal(quorum_text(0, names, indexes, 1), LEADS_WITHOUT_ID);
    assert_string_equal(quorum_text(0, names, indexes, 0), "");
#define NOT_HERE " UNKNOWN_TOPIC_OR_PARTITION leader 0/0 to 0\n"
    assert_string_equal(quorum_text(2, names + 1, indexes + 1, 1), "__cluster_metadata 1" NOT_HERE);
    assert_string_equal(quorum_text(2, names + 2, indexes + 2, 1), "a 0" NOT_HERE);
    assert_string_equal(quorum_text(2, names, indexes, 2),
                        "__cluster_metadata 0" NOT_HERE "__cluster_metadata 1" NOT_HERE);
    metadata_image_release(at_13);
}

/* ---- ApiVersions ---- */

static void assert_served(const kw_api_versions_response *response)
{
    size_t count;
    const struct api *apis = served_apis(&count);
    assert_int_equal(response->error_code, KW_ERROR_NONE);
    assert_int_equal(response->api_keys.len, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(response->api_keys.items[i].api_key, apis[i].key);
        assert_int_equal(response->api_keys.items[i].min_version, apis[i].versions.first);
        assert_int_equal(response->api_keys.items[i].max_version, apis[i].versions.last);
        assert_null(response->api_keys.items[i].unknown_tags);
    }
}

enum { MEMORY_OF_FEATURES = 1024 };

/* The response to a request of that version, or an error without APIs. */
static int16_t ask_versions_with(int16_t version, const kw_api_versions_request *request)
{
    kw_api_versions_response response;
    size_t count, size = 0;
    handler.call.version = version;
    enum call_outcome outcome = CALL_FAILED;
    while (outcome != CALL_ANSWERED && size < HANDLER_MEMORY) {
        size += HANDLER_STEP;
        handler_set_memory(&handler, size);
        kw_api_versions_response_init(&response);
        outcome = handle_api_versions(&handler.call, request, &response);
        handler_assert_guard(&handler, size);
    }
    (void)served_apis(&count);
    assert_true(size <= (count + 1) * sizeof *response.api_keys.items + MEMORY_OF_FEATURES);
    if (response.error_code != KW_ERROR_NONE)
        assert_int_equal(response.api_keys.len, 0);
    else
        assert_served(&response);
    return response.error_code;
}

static int16_t ask_versions(int16_t version, const char *name, const char *software_version, bool cut_short)
{
    kw_api_versions_request request;
    kw_api_versions_request_init(&request);
    request.client_software_name = kw_string_of(name);
    request.client_software_version = kw_string_of(software_version);
    handler.call.cut_short = cut_short;
    return ask_versions_with(version, &request);
}

static void test_api_versions(void **state)
{
    (void)state;
    assert_int_equal(ask_versions(2, "", "", false), 0);
    assert_int_equal(ask_versions(3, "", "", true), 0);
    static const char *const good[] = {"a", "z", "AA", "Z", "0", "9", "a.b-c", "1.0.0-rc1", "xx"};
    static const char *const bad[] = {"",   ".a",  "a.", "-a",  "a-",  "a b", "a_b", "a/b", "a:b", "a@b",
                                      "[a", "a`b", "a{", "a^b", "aa[", "@",   "`a",  "a,b", "/",   ":"};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        assert_int_equal(ask_versions(3, good[i], "1", false), 0);
        assert_int_equal(ask_versions(4, "x", good[i], false), 0);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(ask_versions(3, bad[i], "1", false), KW_ERROR_INVALID_REQUEST);
        assert_int_equal(ask_versions(3, "x", bad[i], false), KW_ERROR_INVALID_REQUEST);
    }
    assert_int_equal(ask_versions(3, NULL, "1", false), KW_ERROR_INVALID_REQUEST);

    kw_api_versions_request request;
    kw_api_versions_response response;
    kw_api_versions_request_init(&request);
    kw_api_versions_response_init(&response);
    request.client_software_name = (kw_string){&"abc"[1], 0};
    request.client_software_version = kw_string_of("1");
    assert_int_equal(handle_api_versions(&handler.call, &request, &response), CALL_ANSWERED);
    assert_int_equal(response.error_code, KW_ERROR_INVALID_REQUEST);
}

/* "NAME FROM-TO ..." of the supported ones, then of the finalized ones, with the offset at which they are. */
static const char *features_text(int16_t version)
{
    static char text[1024];
    size_t at = 0;
    kw_api_versions_request request;
    kw_api_versions_response response;
    kw_api_versions_request_init(&request);
    kw_api_versions_response_init(&response);
    request.client_software_name = request.client_software_version = kw_string_of("1");
    handler.call.version = version;
    handler.call.cut_short = false;
    handler_set_memory(&handler, HANDLER_MEMORY);
    assert_int_equal(handle_api_versions(&handler.call, &request, &response), CALL_ANSWERED);
    for (int32_t i = 0; i < response.supported_features.len; i++)
        at += (size_t)snprintf(
            text + at, sizeof text - at, "%.*s %d-%d\n", KW_FMT(response.supported_features.items[i].name),
            response.supported_features.items[i].min_version, response.supported_features.items[i].max_version);
    at += (size_t)snprintf(text + at, sizeof text - at, "at %d:\n", (int)response.finalized_features_epoch);
    for (int32_t i = 0; i < response.finalized_features.len; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%.*s %d-%d\n",
                               KW_FMT(response.finalized_features.items[i].name),
                               response.finalized_features.items[i].min_version_level,
                               response.finalized_features.items[i].max_version_level);
    assert_false(response.zk_migration_ready);
    return text;
}

static void assert_features(int16_t version, const char *supported, const char *finalized)
{
    const char *text = features_text(version);
    size_t size = strlen(supported);
    assert_memory_equal(text, supported, size);
    assert_string_equal(text + size, finalized);
}

/* As Apache Kafka answers, but for what has no API here: "group.version" is not for clients that cannot use it. */
static void test_features(void **state)
{
    static const struct metadata_feature features[] = {{{"eligible.leader.replicas.version", 32}, 1},
                                                       {{"metadata.version", 16}, 33},
                                                       {{"of.the.future", 13}, 3},
                                                       {{"streams.version", 15}, 1}};
    const struct metadata_parts parts = {.features = features, .feature_count = 4, .epoch = 1, .offset = 13};
    const struct metadata_image *with_features = metadata_image_create(&parts);
    char all[256];
    (void)state;
    assert_non_null(with_features);
    (void)snprintf(all, sizeof all, "%s%s%s%s%s", "eligible.leader.replicas.version 0-1\n",
                   served_api(KW_KEY_CONSUMER_GROUP_HEARTBEAT) != NULL ? "group.version 0-1\n" : "",
                   "kraft.version 0-1\nmetadata.version 7-33\n",
                   served_api(KW_KEY_SHARE_GROUP_HEARTBEAT) != NULL ? "share.version 0-2\n" : "",
                   served_api(KW_KEY_END_TXN) != NULL ? "transaction.version 0-2\n" : "");
#define FINALIZED "at 12:\neligible.leader.replicas.version 1-1\nmetadata.version 33-33\nof.the.future 3-3\n"
    assert_features(4, all, "at -1:\n");
    handler.call.image = with_features;
    assert_features(3, "metadata.version 7-33\n", FINALIZED);
    assert_features(4, all, FINALIZED);
    handler.broker.kraft_version = 1;
    assert_features(5, all, FINALIZED "kraft.version 1-1\n");
    metadata_image_release(with_features);
}

/* A client that wants to reach the broker with these ids; this one is broker 7 of "cluster". */
static int16_t ask_versions_of(const char *name, const char *cluster_id, int32_t node_id, bool cut_short)
{
    kw_api_versions_request request;
    kw_api_versions_request_init(&request);
    request.client_software_name = kw_string_of(name);
    request.client_software_version = kw_string_of("1");
    request.cluster_id = kw_string_of(cluster_id);
    request.node_id = node_id;
    handler.call.cut_short = cut_short;
    return ask_versions_with(5, &request);
}

static void test_api_versions_of_another_broker(void **state)
{
    (void)state;
    assert_int_equal(ask_versions_of("a", NULL, -1, false), KW_ERROR_NONE);
    assert_int_equal(ask_versions_of("a", "cluster", 7, false), KW_ERROR_NONE);

    assert_int_equal(ask_versions_of("a", "cluster", 6, false), KW_ERROR_REBOOTSTRAP_REQUIRED);
    assert_int_equal(ask_versions_of("a", "cluster", -2, false), KW_ERROR_REBOOTSTRAP_REQUIRED);
    assert_int_equal(ask_versions_of("a", "Cluster", 7, false), KW_ERROR_REBOOTSTRAP_REQUIRED);
    assert_int_equal(ask_versions_of("a", "cluster2", 7, false), KW_ERROR_REBOOTSTRAP_REQUIRED);
    assert_int_equal(ask_versions_of("a", "", 7, false), KW_ERROR_REBOOTSTRAP_REQUIRED);
    assert_int_equal(ask_versions_of("a", "other", 8, false), KW_ERROR_REBOOTSTRAP_REQUIRED);

    assert_int_equal(ask_versions_of("a", "cluster", -1, false), KW_ERROR_INVALID_REQUEST);
    assert_int_equal(ask_versions_of("a", "other", -1, false), KW_ERROR_INVALID_REQUEST);
    assert_int_equal(ask_versions_of("a", "", -1, false), KW_ERROR_INVALID_REQUEST);
    assert_int_equal(ask_versions_of("a", NULL, 7, false), KW_ERROR_INVALID_REQUEST);
    assert_int_equal(ask_versions_of("a", NULL, 0, false), KW_ERROR_INVALID_REQUEST);

    assert_int_equal(ask_versions_of("a b", "other", 8, false), KW_ERROR_INVALID_REQUEST);
    assert_int_equal(ask_versions_of("a b", "cluster", 7, false), KW_ERROR_INVALID_REQUEST);
    assert_int_equal(ask_versions_of("a", "cluster", -1, true), KW_ERROR_NONE);
}

static void test_api_versions_without_memory(void **state)
{
    (void)state;
    kw_api_versions_request request;
    kw_api_versions_response response;
    kw_api_versions_request_init(&request);
    kw_api_versions_response_init(&response);
    handler.call.version = 2;
    handler_set_memory(&handler, 16);
    assert_int_equal(handle_api_versions(&handler.call, &request, &response), CALL_FAILED);
    handler.call.response = &response;
    handler_set_memory(&handler, 0);
    assert_int_equal(refuse_api_versions(&handler.call), CALL_FAILED);
    handler_assert_guard(&handler, 0);
}

static void test_version_of_api_versions_that_is_not_served(void **state)
{
    (void)state;
    kw_api_versions_response response;
    kw_api_versions_response_init(&response);
    handler.call.response = &response;
    handler_set_memory(&handler, 64);
    handler.call.version = 99;
    assert_int_equal(refuse_api_versions(&handler.call), CALL_ANSWERED);
    handler_assert_guard(&handler, 64);
    handler.call.version = 0;
    handler_assert_json(&handler, &kw_api_versions_response_message, &response,
                        "{'errorCode':35,'apiKeys':[{'apiKey':18,'minVersion':0,'maxVersion':5}]}");
}

int main(void)
{
#define WITH_IMAGE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_IMAGE(test_metadata_of_all_topics),
        WITH_IMAGE(test_offline_replicas),
        WITH_IMAGE(test_metadata_before_null_meant_all),
        WITH_IMAGE(test_metadata_by_name),
        WITH_IMAGE(test_metadata_of_an_internal_topic_that_is_missing),
        WITH_IMAGE(test_metadata_of_the_empty_name),
        WITH_IMAGE(test_metadata_by_id),
        WITH_IMAGE(test_metadata_that_is_refused),
        WITH_IMAGE(test_metadata_before_ids),
        WITH_IMAGE(test_metadata_of_the_cluster),
        WITH_IMAGE(test_descriptions),
        WITH_IMAGE(test_offline_replicas_in_descriptions),
        WITH_IMAGE(test_description_of_an_internal_topic_that_is_missing),
        WITH_IMAGE(test_pages_of_descriptions),
        WITH_IMAGE(test_limit_of_descriptions),
        WITH_IMAGE(test_cursors_that_are_refused),
        WITH_IMAGE(test_describe_cluster),
        WITH_IMAGE(test_endpoints_of_other_types),
        WITH_IMAGE(test_cluster_with_fenced_brokers),
        WITH_IMAGE(test_quorum),
        WITH_IMAGE(test_api_versions),
        WITH_IMAGE(test_features),
        WITH_IMAGE(test_api_versions_of_another_broker),
        WITH_IMAGE(test_api_versions_without_memory),
        WITH_IMAGE(test_version_of_api_versions_that_is_not_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
