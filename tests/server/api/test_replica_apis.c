/* SPDX-License-Identifier: Apache-2.0 */
/* ElectLeaders, AlterPartitionReassignments and ListPartitionReassignments from the frame to the answer. The cluster
 * has a second broker, 9, which is fenced. What is decided in detail is in test_decide_partitions.c. */
#include "admin_broker.h"

enum { OTHER = 9 };

typedef kw_elect_leaders_request_topic_partitions election_topic;
typedef kw_alter_partition_reassignments_request_reassignable_topic reassigned_topic;
typedef kw_alter_partition_reassignments_request_reassignable_partition reassigned_partition;
typedef kw_list_partition_reassignments_request_topics listed_topic;

static int32_t self_alone[] = {NODE}, both[] = {NODE, OTHER}, other_first[] = {OTHER, NODE};
static const kw_int32_array of_self = {self_alone, 1}, of_both = {both, 2}, of_other_first = {other_first, 2};
static const kw_int32_array nobody = {NULL, -1};

static void add_topic(const char *name, uint8_t id)
{
    kw_topic_record t;
    kw_topic_record_init(&t);
    t.name = kw_string_of(name);
    t.topic_id = nth_id(id);
    add_record(&kw_topic_record_message, 0, &t);
}

static void add_partition(uint8_t topic, int32_t index, kw_int32_array replicas, kw_int32_array isr, int32_t leader)
{
    kw_uuid places[] = {broker.logs.dirs[0]->id, broker.logs.dirs[0]->id};
    kw_partition_record p;
    kw_partition_record_init(&p);
    p.topic_id = nth_id(topic);
    p.partition_id = index;
    p.replicas = replicas;
    p.isr = isr;
    p.leader = leader;
    p.leader_epoch = p.partition_epoch = 0;
    p.directories = (kw_uuid_array){places, replicas.len}; /* else the broker says it, which elects a leader */
    add_record(&kw_partition_record_message, 1, &p);
}

/* t: 0 has its leader, 1 has another than the first replica, 2 and 3 have none; e is empty. */
static void add_topics(void)
{
    static int32_t other[] = {OTHER};
    const kw_int32_array of_other = {other, 1};
    add_broker(OTHER);
    add_topic("t", 0);
    add_topic("e", 1);
    add_partition(0, 0, of_both, of_self, NODE);
    add_partition(0, 1, of_other_first, of_self, NODE);
    add_partition(0, 2, of_self, of_self, -1);
    add_partition(0, 3, of_other_first, of_other, -1);
}

static const struct metadata_partition *partition(int32_t index)
{
    return metadata_topic_partition(current_topic("t"), index);
}

static void assert_ids(kw_int32_array is, kw_int32_array expected)
{
    assert_int_equal(is.len > 0 ? is.len : 0, expected.len);
    for (int32_t i = 0; i < expected.len; i++)
        assert_int_equal(is.items[i], expected.items[i]);
}

/* ---- ElectLeaders ---- */

static const char *elect(int16_t version, int8_t type, const char *topic, int32_t *partitions, int32_t count)
{
    election_topic topics[] = {{kw_string_of(topic), {partitions, count}, NULL},
                               {kw_string_of("u"), {partitions, count > 0}, NULL}};
    kw_elect_leaders_request request;
    kw_elect_leaders_request_init(&request);
    request.election_type = type;
    request.topic_partitions.items = topics;
    request.topic_partitions.len = topic != NULL ? 2 : -1;
    return ask(KW_KEY_ELECT_LEADERS, version, &request);
}

#define ELECTED "{'throttleTimeMs':0,'errorCode':0,'replicaElectionResults':["
#define RESULT(partition, error, message) \
    "{'partitionId':" partition ",'errorCode':" error ",'errorMessage':" message "}"
#define NOT_NEEDED "'the partition has that leader'"
#define NOT_AVAILABLE "'the first replica is not up, or not in sync'"
#define UNKNOWN_U "{'topic':'u','partitionResult':[" RESULT("0", "3", "'no topic has this name'") "]}"

static void preferred_leaders(void **state)
{
    (void)state;
    int32_t some[] = {0, 1, 2, 4};
    static const char results[] = "{'topic':'t','partitionResult':[" RESULT("0", "84", NOT_NEEDED) "," RESULT(
        "1", "80", NOT_AVAILABLE) "," RESULT("2", "0",
                                             "null") "," RESULT("4", "3",
                                                                "'the topic has no partition 4'") "]}," UNKNOWN_U "]}";
    char expected[1024];
    add_topics();
    snprintf(expected, sizeof expected, "{'throttleTimeMs':0,'replicaElectionResults':[%s", results);
    assert_string_equal(elect(0, 0, "t", some, 4), expected);
    assert_int_equal(partition(2)->leader_id, NODE);
    assert_int_equal(partition(2)->leader_epoch, 1);
    assert_int_equal(partition(1)->leader_epoch, 0);
    for (int16_t v = 1; v <= 2; v++) {
        add_partition(0, 2, of_self, of_self, -1);
        snprintf(expected, sizeof expected, ELECTED "%s", results);
        assert_string_equal(elect(v, 0, "t", some, 4), expected);
        assert_int_equal(partition(2)->leader_id, NODE);
    }
}

static void unclean_leaders(void **state)
{
    (void)state;
    int32_t some[] = {0, 3};
    add_topics();
    assert_string_equal(elect(2, 1, "t", some, 2),
                        ELECTED "{'topic':'t','partitionResult':[" RESULT("0", "84", NOT_NEEDED) "," RESULT(
                            "3", "0", "null") "]}," UNKNOWN_U "]}");
    assert_int_equal(partition(3)->leader_id, NODE);
    assert_ids(partition(3)->isr, of_self);
    assert_int_equal(partition(3)->leader_recovery_state, 1);
    assert_int_equal(partition(2)->leader_id, -1);
}

/* Those that have that leader are left out. Version 0 has no other type. */
static void leaders_of_all_partitions(void **state)
{
    (void)state;
    int32_t zero[] = {0};
    add_topics();
    assert_string_equal(
        elect(1, 0, NULL, NULL, 0),
        ELECTED "{'topic':'e','partitionResult':[]},{'topic':'t','partitionResult':[" RESULT(
            "1", "80", NOT_AVAILABLE) "," RESULT("2", "0", "null") "," RESULT("3", "80", NOT_AVAILABLE) "]}]}");
    assert_string_equal(
        elect(1, 1, NULL, NULL, 0),
        ELECTED "{'topic':'e','partitionResult':[]},{'topic':'t','partitionResult':[" RESULT("3", "0", "null") "]}]}");
    assert_string_equal(
        elect(2, 7, "t", zero, 1),
        "{'throttleTimeMs':0,'errorCode':42,'replicaElectionResults':[{'topic':'t','partitionResult':[" RESULT(
            "0", "42", "'7 is no type of election'") "]},{'topic':'u','partitionResult':[" RESULT("0", "42",
                                                                                                  "'7 is no type of "
                                                                                                  "election'") "]}]}");
    assert_string_equal(elect(2, 7, NULL, NULL, 0), "{'throttleTimeMs':0,'errorCode':42,'replicaElectionResults':[]}");
    assert_string_equal(elect(2, 1, "t", NULL, 0),
                        ELECTED "{'topic':'t','partitionResult':[]},{'topic':'u','partitionResult':[]}]}");
}

static void assert_no_election(const char *error, const char *message)
{
    int32_t some[] = {2, 3};
    char results[512], expected[1024];
    snprintf(results, sizeof results,
             "'replicaElectionResults':[{'topic':'t','partitionResult':[" RESULT("2", "%s", "%s") "," RESULT(
                 "3", "%s", "%s") "]},{'topic':'u','partitionResult':[" RESULT("2", "%s", "%s") "]}]}",
             error, message, error, message, error, message);
    snprintf(expected, sizeof expected, "{'throttleTimeMs':0,%s", results);
    assert_string_equal(elect(0, 0, "t", some, 2), expected);
    snprintf(expected, sizeof expected, "{'throttleTimeMs':0,'errorCode':%s,%s", error, results);
    assert_string_equal(elect(1, 1, "t", some, 2), expected);
    snprintf(expected, sizeof expected, "{'throttleTimeMs':0,'errorCode':%s,'replicaElectionResults':[]}", error);
    assert_string_equal(elect(2, 1, NULL, NULL, 0), expected);
    election_topic topic = {kw_string_of("t"), {some, 2}, NULL};
    kw_elect_leaders_request request;
    kw_elect_leaders_request_init(&request);
    request.topic_partitions.items = &topic;
    request.topic_partitions.len = 1;
    (void)ask_while_memory_is_short(KW_KEY_ELECT_LEADERS, 2, &request);
    assert_int_equal(partition(2)->leader_id, -1);
    assert_int_equal(partition(3)->leader_id, -1);
}

/* ---- AlterPartitionReassignments, ListPartitionReassignments ---- */

static reassigned_partition to(int32_t index, kw_int32_array replicas)
{
    return (reassigned_partition){index, replicas, NULL};
}

static const char *reassign(int16_t version, bool may_change_factor, reassigned_partition *partitions, int32_t count)
{
    reassigned_topic topics[] = {{kw_string_of("t"), {partitions, count}, NULL},
                                 {kw_string_of("u"), {partitions, count > 0}, NULL}};
    kw_alter_partition_reassignments_request request;
    kw_alter_partition_reassignments_request_init(&request);
    request.allow_replication_factor_change = may_change_factor;
    request.topics.items = topics;
    request.topics.len = 2;
    return ask(KW_KEY_ALTER_PARTITION_REASSIGNMENTS, version, &request);
}

static const char *list(listed_topic *topics, int32_t count)
{
    kw_list_partition_reassignments_request request;
    kw_list_partition_reassignments_request_init(&request);
    request.topics.items = topics;
    request.topics.len = count;
    return ask(KW_KEY_LIST_PARTITION_REASSIGNMENTS, 0, &request);
}

static const char *list_all(void)
{
    return list(NULL, -1);
}

#define REASSIGNED(version_fields)                                                          \
    "{'throttleTimeMs':0," version_fields "'errorCode':0,'errorMessage':null,'responses':[" \
    "{'name':'t','partitions':["
#define OF_PARTITION(index, error, message) \
    "{'partitionIndex':" index ",'errorCode':" error ",'errorMessage':" message "}"
#define OF_U(index) "]},{'name':'u','partitions':[" OF_PARTITION(index, "3", "'no topic has this name'") "]}]}"
#define LISTED "{'throttleTimeMs':0,'errorCode':0,'errorMessage':null,'topics':["
#define ONGOING(index, replicas, adding, removing) \
    "{'partitionIndex':" index ",'replicas':" replicas ",'addingReplicas':" adding ",'removingReplicas':" removing "}"

static void replicas_are_reassigned(void **state)
{
    (void)state;
    add_topics();
    assert_string_equal(list_all(), LISTED "]}");
    reassigned_partition more[] = {to(2, of_both), to(1, of_self), to(4, of_self)};
    assert_string_equal(reassign(0, true, more, 3),
                        REASSIGNED("") OF_PARTITION("2", "0", "null") "," OF_PARTITION(
                            "1", "0", "null") "," OF_PARTITION("4", "3", "'the topic has no partition 4'") OF_U("2"));
    assert_ids(partition(2)->adding, (kw_int32_array){&both[1], 1});
    assert_ids(partition(1)->replicas, of_self); /* at once, as nothing has to be copied */
    assert_string_equal(list_all(), LISTED "{'name':'t','partitions':[" ONGOING("2", "[1,9]", "[9]", "[]") "]}]}");
    reassigned_partition cancel[] = {to(2, nobody), to(1, nobody)};
    assert_string_equal(reassign(1, true, cancel, 2),
                        REASSIGNED("'allowReplicationFactorChange':true,") OF_PARTITION(
                            "2", "0", "null") "," OF_PARTITION("1", "85", "'the partition is not being reassigned'")
                            OF_U("2"));
    assert_ids(partition(2)->replicas, of_self);
    assert_string_equal(list_all(), LISTED "]}");
    assert_string_equal(reassign(1, false, more, 1),
                        REASSIGNED("'allowReplicationFactorChange':false,") OF_PARTITION(
                            "2", "38", "'2 replica(s), but there are 1, and the request does not allow to change that'")
                            OF_U("2"));
    assert_string_equal(reassign(1, true, NULL, 0),
                        REASSIGNED("'allowReplicationFactorChange':true,") "]},{'name':'u','partitions':[]}]}");
}

static void reassignments_are_listed(void **state)
{
    (void)state;
    static int32_t other[] = {OTHER};
    int32_t some[] = {3, 2, 7, 1, 2}, none[] = {0};
    add_topics();
    reassigned_partition p[] = {to(0, (kw_int32_array){other, 1}), to(2, of_both)};
    (void)reassign(0, true, p, 2);
    assert_string_equal(list_all(), LISTED "{'name':'t','partitions':[" ONGOING("0", "[9,1]", "[]", "[1]") "," ONGOING(
                                        "2", "[1,9]", "[9]", "[]") "]}]}");
    listed_topic topics[] = {{kw_string_of("u"), {some, 5}, NULL},
                             {kw_string_of("t"), {some, 5}, NULL},
                             {kw_string_of("e"), {some, 5}, NULL},
                             {kw_string_of("t"), {none, 1}, NULL},
                             {kw_string_of("t"), {NULL, 0}, NULL}};
    assert_string_equal(
        list(topics, 5),
        LISTED "{'name':'t','partitions':[" ONGOING("2", "[1,9]", "[9]", "[]") "," ONGOING(
            "2", "[1,9]", "[9]", "[]") "]},{'name':'t','partitions':[" ONGOING("0", "[9,1]", "[]", "[1]") "]}]}");
    assert_string_equal(list(topics, 1), LISTED "]}");
    assert_string_equal(list(NULL, 0), LISTED "]}");
    kw_list_partition_reassignments_request request;
    kw_list_partition_reassignments_request_init(&request);
    request.topics.len = -1;
    (void)ask_while_memory_is_short(KW_KEY_LIST_PARTITION_REASSIGNMENTS, 0, &request);
}

static void assert_no_reassignment(const char *error, const char *message)
{
    char expected[1024];
    reassigned_partition p[] = {to(2, of_both)};
    snprintf(expected, sizeof expected,
             "{'throttleTimeMs':0,'errorCode':%s,'errorMessage':%s,'responses':[{'name':'t','partitions':["
             "{'partitionIndex':2,'errorCode':%s,'errorMessage':%s}]},{'name':'u','partitions':["
             "{'partitionIndex':2,'errorCode':%s,'errorMessage':%s}]}]}",
             error, message, error, message, error, message);
    assert_string_equal(reassign(0, true, p, 1), expected);
    reassigned_topic topic = {kw_string_of("t"), {p, 1}, NULL};
    kw_alter_partition_reassignments_request request;
    kw_alter_partition_reassignments_request_init(&request);
    request.topics.items = &topic;
    request.topics.len = 1;
    (void)ask_while_memory_is_short(KW_KEY_ALTER_PARTITION_REASSIGNMENTS, 1, &request);
    assert_true(partition(2)->adding.len <= 0);
    assert_string_equal(list_all(), LISTED "]}");
}

/* ---- what cannot be decided ---- */

/* Where there is nothing to do it is done in time. */
static void without_time(void **state)
{
    (void)state;
    int32_t two[] = {2};
    reassigned_partition p = to(2, of_both);
    election_topic elected = {kw_string_of("t"), {two, 1}, NULL};
    reassigned_topic reassigned = {kw_string_of("t"), {&p, 1}, NULL};
    kw_elect_leaders_request election;
    kw_alter_partition_reassignments_request reassignment;
    kw_elect_leaders_request_init(&election);
    kw_alter_partition_reassignments_request_init(&reassignment);
    election.topic_partitions.items = &elected;
    reassignment.topics.items = &reassigned;
    add_topics();
    for (int32_t timeout = -1; timeout <= 0; timeout++) {
        election.timeout_ms = reassignment.timeout_ms = timeout;
        election.topic_partitions.len = reassignment.topics.len = 1;
        assert_string_equal(ask(KW_KEY_ELECT_LEADERS, 0, &election),
                            "{'throttleTimeMs':0,'replicaElectionResults':[{'topic':'t','partitionResult':[" RESULT(
                                "2", "7", "null") "]}]}");
        assert_string_equal(ask(KW_KEY_ELECT_LEADERS, 2, &election),
                            "{'throttleTimeMs':0,'errorCode':7,'replicaElectionResults':[{'topic':'t',"
                            "'partitionResult':[" RESULT("2", "7", "null") "]}]}");
        assert_string_equal(ask(KW_KEY_ALTER_PARTITION_REASSIGNMENTS, 1, &reassignment),
                            "{'throttleTimeMs':0,'allowReplicationFactorChange':true,'errorCode':7,"
                            "'errorMessage':null,'responses':[{'name':'t','partitions':["
                            "{'partitionIndex':2,'errorCode':7,'errorMessage':null}]}]}");
        election.topic_partitions.len = reassignment.topics.len = 0;
        assert_string_equal(ask(KW_KEY_ELECT_LEADERS, 2, &election),
                            "{'throttleTimeMs':0,'errorCode':0,'replicaElectionResults':[]}");
        assert_string_equal(ask(KW_KEY_ALTER_PARTITION_REASSIGNMENTS, 1, &reassignment),
                            "{'throttleTimeMs':0,'allowReplicationFactorChange':true,'errorCode':0,'errorMessage':'',"
                            "'responses':[]}");
    }
    election.topic_partitions.len = -1;
    assert_string_equal(ask(KW_KEY_ELECT_LEADERS, 1, &election),
                        "{'throttleTimeMs':0,'errorCode':7,'replicaElectionResults':[]}");
    assert_int_equal(partition(2)->leader_id, -1);
    assert_true(partition(2)->adding.len <= 0);
}

static void directories_that_are_only_read(void **state)
{
    (void)state;
    add_topics();
    struct controller *controller = broker.controller;
    broker.controller = NULL;
    assert_no_election("44", READ_ONLY_TEXT);
    assert_no_reassignment("44", READ_ONLY_TEXT);
    broker.controller = controller;
}

static void disks_that_are_full(void **state)
{
    (void)state;
    int32_t two[] = {2};
    add_topics();
    file_faults_plan(FAULT_WRITE, 0, FAULT_FOREVER, ENOSPC);
    assert_no_reassignment("56", NOT_WRITTEN_TEXT);
    assert_string_equal(
        elect(2, 0, "t", two, 1),
        "{'throttleTimeMs':0,'errorCode':56,'replicaElectionResults':[{'topic':'t','partitionResult':[" RESULT(
            "2", "56", NOT_WRITTEN_TEXT) "]},{'topic':'u','partitionResult':[" RESULT("2", "56",
                                                                                      NOT_WRITTEN_TEXT) "]}]}");
    file_faults_plan(0, 0, 0, 0);
    assert_non_null(strstr(elect(2, 0, "t", two, 1), RESULT("2", "0", "null")));
    assert_int_equal(partition(2)->leader_id, NODE);
}

static bool has_leader(void)
{
    return partition(2)->leader_id == NODE;
}

static bool is_reassigned(void)
{
    return partition(2)->adding.len == 1;
}

static void requests_with_little_memory(void **state)
{
    (void)state;
    int32_t two[] = {2};
    reassigned_partition p = to(2, of_both);
    election_topic elected = {kw_string_of("t"), {two, 1}, NULL};
    reassigned_topic reassigned = {kw_string_of("t"), {&p, 1}, NULL};
    kw_elect_leaders_request elect_request;
    kw_alter_partition_reassignments_request reassign_request;
    kw_elect_leaders_request_init(&elect_request);
    kw_alter_partition_reassignments_request_init(&reassign_request);
    elect_request.topic_partitions.items = &elected;
    elect_request.topic_partitions.len = 1;
    reassign_request.topics.items = &reassigned;
    reassign_request.topics.len = 1;
    add_topics();
    assert_all_or_nothing(KW_KEY_ELECT_LEADERS, 2, &elect_request, has_leader);
    assert_all_or_nothing(KW_KEY_ALTER_PARTITION_REASSIGNMENTS, 1, &reassign_request, is_reassigned);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ADMIN_TEST(preferred_leaders),
        ADMIN_TEST(unclean_leaders),
        ADMIN_TEST(leaders_of_all_partitions),
        ADMIN_TEST(replicas_are_reassigned),
        ADMIN_TEST(reassignments_are_listed),
        ADMIN_TEST(directories_that_are_only_read),
        ADMIN_TEST(without_time),
        ADMIN_TEST(disks_that_are_full),
        ADMIN_TEST(requests_with_little_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
