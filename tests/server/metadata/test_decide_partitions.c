/* SPDX-License-Identifier: Apache-2.0 */
/* What ElectLeaders, AlterPartitionReassignments and UpdateFeatures decide: errors, and the records, as text. */
#include "decision_support.h"

#include <kwire/messages/config_record.h>
#include <kwire/messages/feature_level_record.h>
#include <kwire/messages/partition_record.h>
#include <kwire/messages/topic_record.h>

#include "metadata/decide_elections.h"
#include "metadata/decide_features.h"

static const kw_uuid topic_id = {{0x11, 2, 3}};
#define TOPIC_ID "EQIDAAAAAAAAAAAAAAAAAA"

static void add_feature(const char *name, int16_t level)
{
    kw_feature_level_record record;
    kw_feature_level_record_init(&record);
    start_decision();
    record.name = kw_string_of(name);
    record.feature_level = level;
    record_list_add(&d.decision.records, &kw_feature_level_record_message, 0, &record);
    apply();
}

static void add_topic(void)
{
    kw_topic_record record;
    kw_topic_record_init(&record);
    start_decision();
    record.name = kw_string_of("t");
    record.topic_id = topic_id;
    record_list_add(&d.decision.records, &kw_topic_record_message, 0, &record);
    apply();
}

static void add_partition(int32_t index, kw_int32_array replicas, kw_int32_array isr, int32_t leader,
                          kw_int32_array adding)
{
    kw_partition_record record;
    kw_partition_record_init(&record);
    start_decision();
    record.topic_id = topic_id;
    record.partition_id = index;
    record.replicas = replicas;
    record.isr = isr;
    record.leader = leader;
    record.leader_epoch = record.partition_epoch = 0;
    record.adding_replicas = adding;
    record_list_add(&d.decision.records, &kw_partition_record_message, 1, &record);
    apply();
}

static int32_t seven[] = {7}, nine[] = {9}, seven_nine[] = {7, 9}, nine_seven[] = {9, 7}, eight[] = {8},
               twice[] = {7, 7};
#define IDS(name)                                       \
    (kw_int32_array)                                    \
    {                                                   \
        name, (int32_t)(sizeof(name) / sizeof(name)[0]) \
    }
#define NOBODY       \
    (kw_int32_array) \
    {                \
        NULL, 0      \
    }

/* ---- ElectLeaders ---- */

/* Of all topics without partitions, of none with a negative count. */
static const char *elect(int8_t type, int32_t *partitions, int32_t count)
{
    static char all[2 * TEXT];
    kw_elect_leaders_request_topic_partitions topic = {kw_string_of("t"), {partitions, count}, NULL};
    kw_elect_leaders_request request;
    kw_elect_leaders_response response;
    kw_elect_leaders_request_init(&request);
    kw_elect_leaders_response_init(&response);
    request.election_type = type;
    request.topic_partitions.items = &topic;
    request.topic_partitions.len = partitions == NULL ? -1 : count < 0 ? 0 : 1;
    start_decision();
    assert_true(decide_elections(&d.decision, NULL, &request, &d.arena, &response));
    d.text[0] = '\0';
    if (response.error_code != KW_ERROR_NONE)
        add_text("%s\n", kw_error_name(response.error_code));
    for (int32_t i = 0; i < response.replica_election_results.len; i++)
        for (int32_t p = 0; p < response.replica_election_results.items[i].partition_result.len; p++) {
            const kw_elect_leaders_response_partition_result *r =
                &response.replica_election_results.items[i].partition_result.items[p];
            add_text("%d ", r->partition_id);
            add_result(response.replica_election_results.items[i].topic, r->error_code, r->error_message);
        }
    strcpy(all, d.text);
    strcat(all, records_text());
    return all;
}

static void leaders_are_elected(void **state)
{
    (void)state;
    int32_t all[] = {0, 1, 2, 3, 4};
    add_topic();
    add_partition(0, IDS(seven_nine), IDS(seven), 7, NOBODY);
    add_partition(1, IDS(nine_seven), IDS(seven), 7, NOBODY);
    add_partition(2, IDS(nine), IDS(nine), -1, NOBODY);
    add_partition(3, IDS(nine_seven), IDS(nine), -1, NOBODY);
    assert_string_equal(elect(0, all, 5),
                        "0 t ELECTION_NOT_NEEDED: the partition has that leader\n"
                        "1 t PREFERRED_LEADER_NOT_AVAILABLE: the first replica is not up, or not in sync\n"
                        "2 t PREFERRED_LEADER_NOT_AVAILABLE: the first replica is not up, or not in sync\n"
                        "3 t PREFERRED_LEADER_NOT_AVAILABLE: the first replica is not up, or not in sync\n"
                        "4 t UNKNOWN_TOPIC_OR_PARTITION: the topic has no partition 4\n");
    assert_string_equal(elect(1, all, 4), "0 t ELECTION_NOT_NEEDED: the partition has that leader\n"
                                          "1 t ELECTION_NOT_NEEDED: the partition has that leader\n"
                                          "2 t ELIGIBLE_LEADERS_NOT_AVAILABLE: no replica is up\n"
                                          "3 t NONE\n"
                                          "PartitionChangeRecord 2 {'partitionId':3,'topicId':'" TOPIC_ID
                                          "','isr':[7],'leader':7,'leaderRecoveryState':1}\n");
    /* Of all partitions: those that have their leader are not listed. */
    assert_string_equal(elect(1, NULL, 0), "2 t ELIGIBLE_LEADERS_NOT_AVAILABLE: no replica is up\n"
                                           "3 t NONE\n"
                                           "PartitionChangeRecord 2 {'partitionId':3,'topicId':'" TOPIC_ID
                                           "','isr':[7],'leader':7,'leaderRecoveryState':1}\n");
    int32_t zero[] = {0}, fifth[] = {5};
    add_partition(5, IDS(zero), IDS(zero), 0, NOBODY); /* a broker's id like others */
    assert_string_equal(elect(0, fifth, 1), "5 t ELECTION_NOT_NEEDED: the partition has that leader\n");
    assert_string_equal(elect(1, fifth, 1), "5 t ELECTION_NOT_NEEDED: the partition has that leader\n");
    assert_string_equal(elect(2, all, 1), "INVALID_REQUEST\n0 t INVALID_REQUEST: 2 is no type of election\n");
    assert_string_equal(elect(2, NULL, 0), "INVALID_REQUEST\n");
    assert_string_equal(elect(2, all, -1), ""); /* nobody looks at the type */
}

static void leaders_of_unknown_topics(void **state)
{
    (void)state;
    int32_t zero = 0;
    assert_string_equal(elect(0, &zero, 1), "0 t UNKNOWN_TOPIC_OR_PARTITION: no topic has this name\n");
    assert_string_equal(elect(0, NULL, 0), "");
}

/* ---- AlterPartitionReassignments ---- */

static bool may_change_factor;

static const char *reassign(int32_t index, kw_int32_array replicas)
{
    static char all[2 * TEXT];
    kw_alter_partition_reassignments_request_reassignable_partition partition = {index, replicas, NULL};
    kw_alter_partition_reassignments_request_reassignable_topic topic = {kw_string_of("t"), {&partition, 1}, NULL};
    kw_alter_partition_reassignments_request request;
    kw_alter_partition_reassignments_response response;
    kw_alter_partition_reassignments_request_init(&request);
    kw_alter_partition_reassignments_response_init(&response);
    request.topics.items = &topic;
    request.topics.len = 1;
    request.allow_replication_factor_change = may_change_factor;
    start_decision();
    assert_true(decide_reassignments(&d.decision, &request, 1, &d.arena, &response));
    d.text[0] = '\0';
    add_result(kw_string_of("t"), response.responses.items[0].partitions.items[0].error_code,
               response.responses.items[0].partitions.items[0].error_message);
    strcpy(all, d.text);
    strcat(all, records_text());
    return all;
}

static void replicas_are_reassigned(void **state)
{
    (void)state;
    const kw_int32_array cancelled = {NULL, -1};
    may_change_factor = true;
    assert_string_equal(reassign(0, IDS(seven)), "t UNKNOWN_TOPIC_OR_PARTITION: no topic has this name\n");
    add_topic();
    add_partition(0, IDS(seven), IDS(seven), 7, NOBODY);
    add_partition(1, IDS(seven_nine), IDS(seven), 7, NOBODY);
    add_partition(2, IDS(seven_nine), IDS(seven), 7, IDS(nine));
    assert_string_equal(reassign(3, IDS(seven)), "t UNKNOWN_TOPIC_OR_PARTITION: the topic has no partition 3\n");
    assert_string_equal(reassign(0, IDS(seven)), "t NONE\n");
    assert_string_equal(reassign(0, NOBODY), "t INVALID_REPLICA_ASSIGNMENT: an assignment without brokers\n");
    assert_string_equal(reassign(0, IDS(eight)),
                        "t INVALID_REPLICA_ASSIGNMENT: an assignment to broker 8, which is not registered\n");
    assert_string_equal(reassign(0, IDS(twice)), "t INVALID_REPLICA_ASSIGNMENT: an assignment to broker 7 twice\n");
    assert_string_equal(reassign(0, cancelled),
                        "t NO_REASSIGNMENT_IN_PROGRESS: the partition is not being reassigned\n");
    assert_string_equal(reassign(0, IDS(seven_nine)),
                        "t NONE\n"
                        "PartitionChangeRecord 2 {'partitionId':0,'topicId':'" TOPIC_ID
                        "','replicas':[7,9],'addingReplicas':[9],"
                        "'directories':['AAAAAAAAAAAAAAAAAAAAAA','AAAAAAAAAAAAAAAAAAAAAA']}\n");
    assert_string_equal(reassign(0, IDS(nine)), "t NONE\n"
                                                "PartitionChangeRecord 2 {'partitionId':0,'topicId':'" TOPIC_ID
                                                "','replicas':[9,7],'removingReplicas':[7],'addingReplicas':[9],"
                                                "'directories':['AAAAAAAAAAAAAAAAAAAAAA','AAAAAAAAAAAAAAAAAAAAAA']}\n");
    assert_string_equal(reassign(1, IDS(seven)), "t NONE\n"
                                                 "PartitionChangeRecord 2 {'partitionId':1,'topicId':'" TOPIC_ID
                                                 "','replicas':[7],'directories':['AAAAAAAAAAAAAAAAAAAAAA']}\n");
    assert_string_equal(reassign(2, cancelled), "t NONE\n"
                                                "PartitionChangeRecord 2 {'partitionId':2,'topicId':'" TOPIC_ID
                                                "','replicas':[7],'addingReplicas':[],"
                                                "'directories':['AAAAAAAAAAAAAAAAAAAAAA']}\n");
    may_change_factor = false;
    assert_string_equal(reassign(1, IDS(seven)),
                        "t INVALID_REPLICATION_FACTOR: 1 replica(s), but there are 2, and the request does not allow "
                        "to change that\n");
    assert_string_equal(reassign(2, IDS(seven)), "t NONE\n"
                                                 "PartitionChangeRecord 2 {'partitionId':2,'topicId':'" TOPIC_ID
                                                 "','replicas':[7],'addingReplicas':[],"
                                                 "'directories':['AAAAAAAAAAAAAAAAAAAAAA']}\n");
}

/* What the replicas that are in sync decide. */
static void replicas_in_sync_decide(void **state)
{
    (void)state;
    const kw_int32_array cancelled = {NULL, -1};
    may_change_factor = true;
    add_topic();
    add_partition(0, IDS(seven_nine), IDS(nine), 9, IDS(nine));
    add_partition(1, IDS(seven_nine), IDS(seven_nine), 7, NOBODY);
    add_partition(2, IDS(seven_nine), NOBODY, -1, NOBODY);
    add_partition(3, IDS(nine_seven), IDS(seven_nine), 9, NOBODY);
    assert_string_equal(reassign(0, cancelled),
                        "t INVALID_REPLICA_ASSIGNMENT: none of the former replicas is in sync\n");
    /* The leader is among those that leave. */
    assert_string_equal(reassign(1, IDS(nine)), "t NONE\n"
                                                "PartitionChangeRecord 2 {'partitionId':1,'topicId':'" TOPIC_ID
                                                "','isr':[9],'leader':9,'replicas':[9],"
                                                "'directories':['AAAAAAAAAAAAAAAAAAAAAA']}\n");
    /* Where nobody is in sync nothing could be copied. */
    assert_string_equal(reassign(2, IDS(seven)), "t NONE\n"
                                                 "PartitionChangeRecord 2 {'partitionId':2,'topicId':'" TOPIC_ID
                                                 "','replicas':[7],'directories':['AAAAAAAAAAAAAAAAAAAAAA']}\n");
    /* Another order of the same. */
    assert_string_equal(reassign(3, IDS(seven_nine)),
                        "t NONE\n"
                        "PartitionChangeRecord 2 {'partitionId':3,'topicId':'" TOPIC_ID
                        "','replicas':[7,9],'directories':['AAAAAAAAAAAAAAAAAAAAAA','AAAAAAAAAAAAAAAAAAAAAA']}\n");
    add_feature("metadata.version", 16);
    assert_string_equal(reassign(1, IDS(seven)), "t NONE\n"
                                                 "PartitionChangeRecord 0 {'partitionId':1,'topicId':'" TOPIC_ID
                                                 "','isr':[7],'replicas':[7]}\n");
}

/* Replicas that stay keep their directory. */
static void directories_stay(void **state)
{
    (void)state;
    kw_uuid directories[] = {{{0xd7, 7}}, {{0xd9, 9}}};
    kw_partition_record record;
    may_change_factor = true;
    add_topic();
    kw_partition_record_init(&record);
    start_decision();
    record.topic_id = topic_id;
    record.partition_id = 0;
    record.replicas = record.isr = IDS(seven_nine);
    record.leader = 7;
    record.leader_epoch = record.partition_epoch = 0;
    record.directories = (kw_uuid_array){directories, 2};
    record_list_add(&d.decision.records, &kw_partition_record_message, 1, &record);
    apply();
    assert_string_equal(reassign(0, IDS(nine_seven)), "t NONE\n"
                                                      "PartitionChangeRecord 2 {'partitionId':0,'topicId':'" TOPIC_ID
                                                      "','replicas':[9,7],'directories':['2QkAAAAAAAAAAAAAAAAAAA',"
                                                      "'1wcAAAAAAAAAAAAAAAAAAA']}\n");
    assert_string_equal(reassign(0, IDS(nine)), "t NONE\n"
                                                "PartitionChangeRecord 2 {'partitionId':0,'topicId':'" TOPIC_ID
                                                "','isr':[9],'leader':9,'replicas':[9],"
                                                "'directories':['2QkAAAAAAAAAAAAAAAAAAA']}\n");
}

/* ---- UpdateFeatures ---- */

static int16_t quorum = 1; /* kraft.version */

static const char *update(const char *name, int16_t level, int8_t type, bool validate_only)
{
    static char all[2 * TEXT];
    struct refusal refusal;
    kw_update_features_request_feature_update_key key = {
        .feature = kw_string_of(name), .max_version_level = level, .upgrade_type = type};
    kw_update_features_request request;
    kw_update_features_request_init(&request);
    request.feature_updates.items = &key;
    request.feature_updates.len = 1;
    request.validate_only = validate_only;
    start_decision();
    decide_features(&d.decision, NULL, quorum, &request, 1, &d.arena, &refusal);
    d.text[0] = '\0';
    add_result(kw_string_of(name), refusal.error, refusal.message);
    strcpy(all, d.text);
    strcat(all, records_text());
    apply();
    return all;
}

static void features_are_updated(void **state)
{
    (void)state;
    assert_string_equal(update("transaction.version", 2, 1, true), "transaction.version NONE\n");
    assert_string_equal(update("transaction.version", 2, 1, false),
                        "transaction.version NONE\n"
                        "FeatureLevelRecord 0 {'name':'transaction.version','featureLevel':2}\n");
    assert_string_equal(update("transaction.version", 2, 1, false), /* as it is */
                        "transaction.version NONE\n"
                        "FeatureLevelRecord 0 {'name':'transaction.version','featureLevel':2}\n");
    assert_non_null(strstr(update("transaction.version", 1, 1, false),
                           "INVALID_UPDATE_VERSION: level 1 of transaction.version: this would be a downgrade"));
    assert_non_null(strstr(update("transaction.version", 1, 2, false), "'featureLevel':1}"));
    assert_non_null(strstr(update("transaction.version", 2, 3, false), "this would be an upgrade"));
    assert_non_null(strstr(update("transaction.version", 1, 4, false), "the type of upgrade is not known"));
    assert_non_null(strstr(update("transaction.version", 3, 1, false), "this broker supports 0 to 2"));
    assert_non_null(strstr(update("transaction.version", -1, 2, false), "a level is not negative"));
    assert_non_null(strstr(update("nonsense", 1, 1, false), "there is no such feature"));
}

/* It is in control records, which the controller adds; here is only what Kafka waits for. */
static void the_version_of_the_quorum_is_updated(void **state)
{
    (void)state;
    assert_string_equal(update("kraft.version", 1, 1, false), "kraft.version NONE\nNoOpRecord 0 {}\n"); /* as it is */
    assert_int_equal(d.decision.kraft_version, 0);
    assert_string_equal(update("kraft.version", 1, 2, false), "kraft.version NONE\n");
    assert_non_null(
        strstr(update("kraft.version", 0, 2, false), "INVALID_UPDATE_VERSION: level 0 of kraft.version: it"));
    assert_non_null(strstr(update("kraft.version", 0, 1, false), "this would be a downgrade"));
    quorum = 0;
    assert_string_equal(update("kraft.version", 0, 1, false), "kraft.version NONE\nNoOpRecord 0 {}\n");
    assert_int_equal(d.decision.kraft_version, 0);
    assert_string_equal(update("kraft.version", 1, 1, true), "kraft.version NONE\n");
    assert_int_equal(d.decision.kraft_version, 0);
    assert_string_equal(update("kraft.version", 1, 1, false), "kraft.version NONE\nNoOpRecord 0 {}\n");
    assert_int_equal(d.decision.kraft_version, 1);
    assert_non_null(strstr(update("kraft.version", 1, 2, false), "this would be an upgrade"));
    assert_int_equal(d.decision.kraft_version, 0);
    quorum = 1;
}

static void the_version_of_metadata_is_updated(void **state)
{
    (void)state;
    add_feature("metadata.version", 29);
    assert_string_equal(update("metadata.version", 24, 2, false),
                        "metadata.version NONE\n"
                        "FeatureLevelRecord 0 {'name':'metadata.version','featureLevel':24}\n");
    assert_non_null(strstr(update("metadata.version", 22, 2, false), "could not be read any more"));
    assert_non_null(strstr(update("metadata.version", 23, 2, false), "'featureLevel':23}"));
    assert_non_null(strstr(update("metadata.version", 30, 1, false), "'featureLevel':30}"));
    assert_non_null(strstr(update("metadata.version", 29, 3, false), "could not be read any more"));
    assert_non_null(strstr(update("metadata.version", 6, 2, false), "this broker supports 7 to 33"));
}

/* From each level to the one before: allowed where MetadataVersion of Apache Kafka says that records are the same. */
static void versions_of_metadata_that_are_given_up(void **state)
{
    (void)state;
    enum { FIRST = 8 };
    static const char same[] = ".ss.s...s.sssss.ssssss....";
    for (int16_t level = FIRST; level < FIRST + (int16_t)sizeof same - 1; level++) {
        add_feature("metadata.version", level);
        bool allowed = strstr(update("metadata.version", (int16_t)(level - 1), 2, true), " NONE\n") != NULL;
        assert_int_equal(allowed, same[level - FIRST] == 's');
    }
}

static void elr_fixes_min_isr(void **state)
{
    (void)state;
    kw_config_record config;
    kw_config_record_init(&config);
    start_decision();
    config.resource_type = RESOURCE_BROKER;
    config.resource_name = kw_string_of("7");
    config.name = kw_string_of("min.insync.replicas");
    config.value = kw_string_of("2");
    record_list_add(&d.decision.records, &kw_config_record_message, 0, &config);
    apply();
    assert_string_equal(
        update("eligible.leader.replicas.version", 1, 1, false),
        "eligible.leader.replicas.version NONE\n"
        "ConfigRecord 0 {'resourceType':4,'resourceName':'','name':'min.insync.replicas','value':'1'}\n"
        "ConfigRecord 0 {'resourceType':4,'resourceName':'7','name':'min.insync.replicas','value':null}\n"
        "FeatureLevelRecord 0 {'name':'eligible.leader.replicas.version','featureLevel':1}\n");
    assert_non_null(strstr(update("eligible.leader.replicas.version", 0, 2, false), "'featureLevel':0}"));
    add_feature("metadata.version", 22);
    assert_string_equal(update("eligible.leader.replicas.version", 1, 1, false),
                        "eligible.leader.replicas.version INVALID_UPDATE_VERSION: level 1 of "
                        "eligible.leader.replicas.version: it needs a higher metadata.version\n");
}

/* ---- shortage ---- */

static bool elect_short(kw_arena *arena, int16_t *error)
{
    kw_elect_leaders_request request;
    kw_elect_leaders_response response;
    kw_elect_leaders_request_init(&request);
    kw_elect_leaders_response_init(&response);
    request.topic_partitions.len = -1;
    if (!decide_elections(&d.decision, NULL, &request, arena, &response))
        return false;
    *error = response.replica_election_results.items[0].partition_result.items[0].error_code;
    return true;
}

static bool reassign_short(kw_arena *arena, int16_t *error, int32_t index, kw_int32_array replicas)
{
    kw_alter_partition_reassignments_request_reassignable_partition partition = {index, replicas, NULL};
    kw_alter_partition_reassignments_request_reassignable_topic one = {kw_string_of("t"), {&partition, 1}, NULL};
    kw_alter_partition_reassignments_request request;
    kw_alter_partition_reassignments_response response;
    kw_alter_partition_reassignments_request_init(&request);
    kw_alter_partition_reassignments_response_init(&response);
    request.topics.items = &one;
    request.topics.len = 1;
    if (!decide_reassignments(&d.decision, &request, 1, arena, &response))
        return false;
    *error = response.responses.items[0].partitions.items[0].error_code;
    return true;
}

static bool add_replica_short(kw_arena *arena, int16_t *error)
{
    return reassign_short(arena, error, 0, IDS(nine_seven));
}

static bool cancel_short(kw_arena *arena, int16_t *error)
{
    return reassign_short(arena, error, 1, (kw_int32_array){NULL, -1});
}

static bool update_short(kw_arena *arena, int16_t *error)
{
    kw_update_features_request_feature_update_key key = {
        .feature = kw_string_of("eligible.leader.replicas.version"), .max_version_level = 1, .upgrade_type = 1};
    kw_update_features_request request;
    struct refusal refusal;
    kw_update_features_request_init(&request);
    request.feature_updates.items = &key;
    request.feature_updates.len = 1;
    decide_features(&d.decision, NULL, 1, &request, 1, arena, &refusal);
    *error = refusal.error;
    return true;
}

static void shortage_is_reported(void **state)
{
    (void)state;
    add_topic();
    add_partition(0, IDS(seven), IDS(seven), -1, NOBODY);
    add_partition(1, IDS(seven_nine), IDS(seven), 7, IDS(nine));
    decide_short_of_memory(elect_short, 1);
    decide_short_of_memory(add_replica_short, 1);
    decide_short_of_memory(cancel_short, 1);
    decide_short_of_memory(update_short, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECIDE_TEST(leaders_are_elected),
        DECIDE_TEST(leaders_of_unknown_topics),
        DECIDE_TEST(replicas_are_reassigned),
        DECIDE_TEST(replicas_in_sync_decide),
        DECIDE_TEST(directories_stay),
        DECIDE_TEST(features_are_updated),
        DECIDE_TEST(shortage_is_reported),
        DECIDE_TEST(versions_of_metadata_that_are_given_up),
        DECIDE_TEST(elr_fixes_min_isr),
        DECIDE_TEST(the_version_of_the_quorum_is_updated),
        DECIDE_TEST(the_version_of_metadata_is_updated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
