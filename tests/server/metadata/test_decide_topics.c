/* SPDX-License-Identifier: Apache-2.0 */
/* What CreateTopics, CreatePartitions and DeleteTopics decide: errors, and the records, as text. */
#include "decision_support.h"

#include <kwire/messages/topic_record.h>

#include "metadata/decide_topics.h"

typedef kw_create_topics_request_creatable_topic new_topic;
typedef kw_create_topics_request_creatable_topic_config new_config;
typedef kw_create_topics_request_creatable_replica_assignment new_assignment;

static const char *create(new_topic *topics, int32_t count, bool validate_only)
{
    kw_create_topics_request request;
    kw_create_topics_response response;
    kw_create_topics_request_init(&request);
    kw_create_topics_response_init(&response);
    request.topics.items = topics;
    request.topics.len = count;
    request.validate_only = validate_only;
    start_decision();
    assert_true(decide_create_topics(&d.decision, NULL, &request, &d.arena, &response));
    d.text[0] = '\0';
    for (int32_t i = 0; i < response.topics.len; i++) {
        const kw_create_topics_response_creatable_topic_result *t = &response.topics.items[i];
        add_result(t->name, t->error_code, t->error_message);
        assert_int_equal(t->error_code == KW_ERROR_NONE, !kw_uuid_is_zero(t->topic_id));
        assert_int_equal(t->error_code == KW_ERROR_NONE, t->num_partitions > 0 && t->configs.len > 30);
    }
    if (!validate_only)
        apply();
    return d.text;
}

static new_topic topic(const char *name, int32_t partitions, int16_t factor)
{
    new_topic t;
    kw_create_topics_request_creatable_topic_init(&t);
    t.name = kw_string_of(name);
    t.num_partitions = partitions;
    t.replication_factor = factor;
    t.assignments.len = t.configs.len = 0;
    return t;
}

static const char *create_one(new_topic t)
{
    return create(&t, 1, false);
}

/* ---- CreateTopics ---- */

static void creates(void **state)
{
    (void)state;
    new_config configs[] = {{.name = kw_string_of("retention.ms"), .value = kw_string_of("1")},
                            {.name = kw_string_of("cleanup.policy"), .value = kw_string_of("compact")},
                            {.name = kw_string_of("retention.ms"), .value = kw_string_of("2")}};
    new_topic t = topic("a", 2, 1);
    t.configs.items = configs;
    t.configs.len = 3;
    assert_string_equal(create(&t, 1, true), "a NONE\n");
    assert_int_equal(d.decision.records.count, 0);
    assert_string_equal(create_one(t), "a NONE\n");
    const struct metadata_topic *made = metadata_topic_by_name(d.image, t.name);
    char id[64], expected[2048];
    kw_uuid_format(made->id, id);
    snprintf(expected, sizeof expected,
             "TopicRecord 0 {'name':'a','topicId':'%s'}\n"
             "ConfigRecord 0 {'resourceType':2,'resourceName':'a','name':'cleanup.policy','value':'compact'}\n"
             "ConfigRecord 0 {'resourceType':2,'resourceName':'a','name':'retention.ms','value':'2'}\n"
             "PartitionRecord 2 {'partitionId':0,'topicId':'%s','replicas':[7],'isr':[7],'removingReplicas':[],"
             "'addingReplicas':[],'leader':7,'leaderEpoch':0,'partitionEpoch':0,"
             "'directories':['0QEAAAAAAAAAAAAAAAAAAA']}\n"
             "PartitionRecord 2 {'partitionId':1,'topicId':'%s','replicas':[7],'isr':[7],'removingReplicas':[],"
             "'addingReplicas':[],'leader':7,'leaderEpoch':0,'partitionEpoch':0,"
             "'directories':['0QEAAAAAAAAAAAAAAAAAAA']}\n",
             id, id, id);
    assert_string_equal(records_text(), expected);
    assert_string_equal(create_one(t), "a TOPIC_ALREADY_EXISTS: topic 'a' exists\n");
}

static void names_are_checked(void **state)
{
    (void)state;
    char longest[251];
    memset(longest, 'x', sizeof longest);
    longest[250] = '\0';
    assert_string_equal(create_one(topic("", 1, 1)), " INVALID_TOPIC_EXCEPTION: invalid topic name: it is empty\n");
    assert_string_equal(create_one(topic(".", 1, 1)),
                        ". INVALID_TOPIC_EXCEPTION: invalid topic name: it would be a relative path\n");
    assert_string_equal(create_one(topic("..", 1, 1)),
                        ".. INVALID_TOPIC_EXCEPTION: invalid topic name: it would be a relative path\n");
    assert_string_equal(create_one(topic(".a", 1, 1)), ".a NONE\n");
    assert_string_equal(create_one(topic("a b", 1, 1)),
                        "a b INVALID_TOPIC_EXCEPTION: invalid topic name: it has characters other than letters, "
                        "digits, '.', '_' and '-'\n");
    assert_string_equal(create_one(topic(longest, 1, 1)) + 250,
                        " INVALID_TOPIC_EXCEPTION: invalid topic name: it is longer than 249 characters\n");
    assert_non_null(strstr(create_one(topic("/", 1, 1)), "it has characters other than letters"));
    assert_non_null(strstr(create_one(topic("./x", 1, 1)), "it has characters other than letters"));
    assert_string_equal(create_one(topic(longest + 1, 1, 1)) + 249, " NONE\n");
    assert_non_null(strstr(create_one(topic("_a", 1, 1)),
                           "_a INVALID_TOPIC_EXCEPTION: the name differs from that of topic '.a' only"));
    assert_string_equal(create_one(topic("_b", 1, 1)), "_b NONE\n");
    assert_string_equal(create_one(topic("xa", 1, 1)), "xa NONE\n");
    assert_string_equal(create_one(topic("__cluster_metadata", 1, 1)),
                        "__cluster_metadata INVALID_REQUEST: this is the topic of the metadata log\n");
}

/* The others are answered first. */
static void a_topic_is_named_once(void **state)
{
    (void)state;
    new_topic topics[] = {topic("a", 1, 1), topic("b", 1, 1), topic("a", 2, 1), topic("__cluster_metadata", 1, 1),
                          topic("c", 0, 1)};
    assert_string_equal(create(topics, 5, false),
                        "b NONE\n"
                        "c INVALID_PARTITIONS: the number of partitions must be 1 or more, or -1 for the default\n"
                        "a INVALID_REQUEST: the request names this topic more than once\n"
                        "__cluster_metadata INVALID_REQUEST: this is the topic of the metadata log\n");
    assert_int_equal(metadata_topic_count(d.image), 1);
}

static void numbers_are_checked(void **state)
{
    (void)state;
    assert_string_equal(create_one(topic("a", -1, -1)), "a NONE\n");
    assert_int_equal(metadata_topic_by_name(d.image, kw_string_of("a"))->partition_count, 1);
    assert_non_null(strstr(create_one(topic("b", -2, 1)), "INVALID_PARTITIONS"));
    assert_non_null(strstr(create_one(topic("b", 1, 0)), "INVALID_REPLICATION_FACTOR"));
    assert_non_null(strstr(create_one(topic("b", 1, -2)), "INVALID_REPLICATION_FACTOR"));
    assert_string_equal(create_one(topic("b", 1, 3)),
                        "b INVALID_REPLICATION_FACTOR: the replication factor is 3, but there are 2 broker(s)\n");
    assert_string_equal(create_one(topic("b", 1, 2)), "b NONE\n");
    const struct metadata_partition *p = metadata_topic_by_name(d.image, kw_string_of("b"))->partitions;
    assert_int_equal(p->replicas.len, 2);
    assert_int_equal(p->isr.len, 1);
    assert_int_equal(p->leader_id, NODE);
    assert_int_equal(p->isr.items[0], NODE);
}

static void partitions_of_a_request_are_limited(void **state)
{
    (void)state;
    new_topic twice[] = {topic("t", 9999, 1), topic("t", 9999, 1), topic("__cluster_metadata", 9999, 1),
                         topic("u", 9, 1)};
    assert_non_null(strstr(create(twice, 4, true), "u NONE\n")); /* the others are refused by themselves */
    new_topic topics[] = {topic("a", 9999, 1), topic("b", -1, 1), topic("c", 1, 1)};
    assert_string_equal(create(topics, 3, true),
                        "a POLICY_VIOLATION: a request may create 10,000 partitions at most\n"
                        "b POLICY_VIOLATION: a request may create 10,000 partitions at most\n"
                        "c POLICY_VIOLATION: a request may create 10,000 partitions at most\n");
    assert_string_equal(create(topics, 2, true), "a NONE\nb NONE\n");
}

static const char *create_assigned(new_assignment *assignments, int32_t count)
{
    new_topic t = topic("a", -1, -1);
    t.assignments.items = assignments;
    t.assignments.len = count;
    return create(&t, 1, false);
}

static void assignments_are_checked(void **state)
{
    (void)state;
    int32_t seven[] = {7, 7}, both[] = {9, 7}, nine[] = {9}, eight[] = {8};
    new_assignment none[] = {{0, {seven, 0}, NULL}};
    new_assignment unknown[] = {{0, {eight, 1}, NULL}};
    new_assignment twice[] = {{0, {seven, 2}, NULL}};
    new_assignment fenced[] = {{0, {nine, 1}, NULL}};
    new_assignment uneven[] = {{0, {seven, 1}, NULL}, {1, {both, 2}, NULL}};
    new_assignment repeated[] = {{0, {seven, 1}, NULL}, {0, {seven, 1}, NULL}};
    new_assignment gap[] = {{0, {seven, 1}, NULL}, {2, {seven, 1}, NULL}};
    new_assignment negative[] = {{-1, {seven, 1}, NULL}};
    new_assignment fine[] = {{1, {both, 2}, NULL}, {0, {both, 2}, NULL}};
    assert_string_equal(create_assigned(none, 1), "a INVALID_REPLICA_ASSIGNMENT: an assignment without brokers\n");
    assert_string_equal(create_assigned(unknown, 1),
                        "a INVALID_REPLICA_ASSIGNMENT: an assignment to broker 8, which is not registered\n");
    assert_string_equal(create_assigned(twice, 1), "a INVALID_REPLICA_ASSIGNMENT: an assignment to broker 7 twice\n");
    assert_string_equal(create_assigned(fenced, 1),
                        "a INVALID_REPLICA_ASSIGNMENT: no broker in the assignment of partition 0 is up\n");
    assert_string_equal(create_assigned(uneven, 2),
                        "a INVALID_REPLICA_ASSIGNMENT: an assignment to 2 broker(s), but other partitions have 1\n");
    assert_string_equal(create_assigned(repeated, 2),
                        "a INVALID_REPLICA_ASSIGNMENT: partition 0 has two assignments\n");
    assert_non_null(strstr(create_assigned(gap, 2), "the partitions that are assigned are not 0, 1, 2 and so on"));
    assert_non_null(strstr(create_assigned(negative, 1), "the partitions that are assigned are not 0, 1, 2"));
    assert_string_equal(create_assigned(fine, 2), "a NONE\n");
    assert_int_equal(metadata_topic_by_name(d.image, kw_string_of("a"))->partitions[1].replicas.items[0], FENCED);
    new_topic t = topic("b", 1, -1);
    t.assignments.items = fine;
    t.assignments.len = 2;
    assert_string_equal(create(&t, 1, false),
                        "b INVALID_REQUEST: with assignments the number of partitions must be -1\n");
    t.replication_factor = 1;
    assert_string_equal(create(&t, 1, false),
                        "b INVALID_REQUEST: with assignments the replication factor must be -1\n");
}

static const char *create_configured(const char *name, const char *value)
{
    new_config config = {.name = kw_string_of(name)};
    config.value = value != NULL ? kw_string_of(value) : (kw_string){NULL, -1};
    new_topic t = topic("a", 1, 1);
    t.configs.items = &config;
    t.configs.len = 1;
    return create(&t, 1, true);
}

/* As if eligible replicas had been counted with another value. */
static void min_isr_clears_elr(void **state)
{
    (void)state;
    enable_elr();
    new_config config = {.name = kw_string_of("min.insync.replicas"), .value = kw_string_of("2")};
    new_topic t = topic("a", 1, 1);
    t.configs.items = &config;
    t.configs.len = 1;
    assert_string_equal(create(&t, 1, false), "a NONE\n");
    assert_non_null(strstr(records_text(), "'value':'2'}\nClearElrRecord 0 {'topicName':'a'}\nPartitionRecord"));
}

static void configs_are_checked(void **state)
{
    (void)state;
    static char long_value[INT16_MAX + 2];
    memset(long_value, ' ', sizeof long_value - 1);
    long_value[INT16_MAX] = '1';
    assert_string_equal(create_configured("retention.ms", NULL),
                        "a INVALID_CONFIG: config retention.ms has no value\n");
    assert_string_equal(create_configured("nonsense", "1"), "a INVALID_CONFIG: topics have no config nonsense\n");
    assert_non_null(strstr(create_configured("retention.ms", "x"), "a INVALID_CONFIG: "));
    assert_non_null(strstr(create_configured("retention.ms", long_value), "is longer than 32767 bytes"));
    assert_string_equal(create_configured("retention.ms", long_value + 1), "a NONE\n");
    assert_string_equal(create_configured("min.compaction.lag.ms", "9223372036854775807"), "a NONE\n");
    assert_non_null(strstr(create_configured("remote.storage.enable", "true"), "INVALID_CONFIG"));
    assert_string_equal(create_configured("remote.storage.enable", "false"), "a NONE\n");
    new_config lags[] = {{.name = kw_string_of("min.compaction.lag.ms"), .value = kw_string_of("2")},
                         {.name = kw_string_of("max.compaction.lag.ms"), .value = kw_string_of("1")}};
    new_topic t = topic("a", 1, 1);
    t.configs.items = lags;
    t.configs.len = 2;
    assert_string_equal(create(&t, 1, true),
                        "a INVALID_CONFIG: min.compaction.lag.ms is 2, more than max.compaction.lag.ms, 1\n");
    lags[1].value = kw_string_of("2");
    assert_string_equal(create(&t, 1, true), "a NONE\n");
}

/* ---- CreatePartitions ---- */

static const char *grow(kw_create_partitions_request_topic *topics, int32_t count, bool validate_only)
{
    kw_create_partitions_request request;
    kw_create_partitions_response response;
    kw_create_partitions_request_init(&request);
    kw_create_partitions_response_init(&response);
    request.topics.items = topics;
    request.topics.len = count;
    request.validate_only = validate_only;
    start_decision();
    assert_true(decide_create_partitions(&d.decision, &request, &d.arena, &response));
    d.text[0] = '\0';
    for (int32_t i = 0; i < response.results.len; i++)
        add_result(response.results.items[i].name, response.results.items[i].error_code,
                   response.results.items[i].error_message);
    if (!validate_only)
        apply();
    return d.text;
}

static kw_create_partitions_request_topic to(const char *name, int32_t count)
{
    kw_create_partitions_request_topic t;
    kw_create_partitions_request_topic_init(&t);
    t.name = kw_string_of(name);
    t.count = count;
    t.assignments.len = -1;
    return t;
}

static void adds_partitions(void **state)
{
    (void)state;
    (void)create_one(topic("a", 2, 1));
    (void)create_one(topic("b", 2, 1));
    kw_create_partitions_request_topic topics[] = {to("a", 4), to("b", 3), to("c", 3), to("b", 4)};
    assert_string_equal(grow(topics, 4, true), "b INVALID_REQUEST: the request names this topic more than once\n"
                                               "a NONE\n"
                                               "c UNKNOWN_TOPIC_OR_PARTITION: no topic has this name\n");
    assert_int_equal(d.decision.records.count, 0);
    assert_string_equal(grow(topics, 1, false), "a NONE\n");
    assert_int_equal(metadata_topic_by_name(d.image, kw_string_of("a"))->partition_count, 4);
    topics[0].count = 3;
    assert_string_equal(grow(topics, 1, false),
                        "a INVALID_PARTITIONS: the topic has 4 partition(s), and 3 would be no more\n");
    topics[0].count = 4;
    assert_non_null(strstr(grow(topics, 1, false), "INVALID_PARTITIONS"));
    topics[0].count = INT32_MIN;
    assert_non_null(strstr(grow(topics, 1, false), "INVALID_PARTITIONS"));
    topics[0].count = 10005;
    assert_string_equal(grow(topics, 1, false), "a POLICY_VIOLATION: a request may add 10,000 partitions at most\n");
    topics[1] = to("c", 3); /* the request fails as a whole */
    assert_string_equal(grow(topics, 2, false), "a POLICY_VIOLATION: a request may add 10,000 partitions at most\n"
                                                "c POLICY_VIOLATION: a request may add 10,000 partitions at most\n");
    assert_int_equal(d.decision.records.count, 0);
    topics[1] = to("b", 3);
    topics[0].count = 10004;
    topics[1].count = 3;
    assert_string_equal(grow(topics, 2, false), "a POLICY_VIOLATION: a request may add 10,000 partitions at most\n"
                                                "b POLICY_VIOLATION: a request may add 10,000 partitions at most\n");
    assert_string_equal(grow(topics, 1, true), "a NONE\n");
}

/* As many replicas as the first partition has; one where there is none. */
static void added_partitions_have_as_many_replicas(void **state)
{
    (void)state;
    kw_create_partitions_request_topic t = to("a", 2);
    (void)create_one(topic("a", 1, 2));
    assert_string_equal(grow(&t, 1, false), "a NONE\n");
    const struct metadata_topic *a = metadata_topic_by_name(d.image, kw_string_of("a"));
    assert_int_equal(a->partitions[1].replicas.len, 2);
    assert_int_equal(a->partitions[1].isr.len, 1);
    kw_topic_record empty;
    kw_topic_record_init(&empty);
    empty.name = kw_string_of("e");
    empty.topic_id.bytes[0] = 1;
    start_decision();
    record_list_add(&d.decision.records, &kw_topic_record_message, 0, &empty);
    apply();
    t = to("e", 1);
    assert_string_equal(grow(&t, 1, false), "e NONE\n");
    assert_int_equal(metadata_topic_by_name(d.image, kw_string_of("e"))->partitions[0].replicas.len, 1);
}

static void added_partitions_can_be_assigned(void **state)
{
    (void)state;
    int32_t both[] = {7, 9};
    kw_create_partitions_request_assignment assignments[] = {{{both, 1}, NULL}, {{both, 1}, NULL}};
    kw_create_partitions_request_topic t = to("a", 3);
    (void)create_one(topic("a", 1, 1));
    t.assignments.items = assignments;
    t.assignments.len = 1;
    assert_string_equal(grow(&t, 1, false),
                        "a INVALID_REPLICA_ASSIGNMENT: 2 partition(s) to be added, but 1 assignment(s)\n");
    t.assignments.len = 2;
    assignments[1].broker_ids.len = 2;
    assert_non_null(strstr(grow(&t, 1, false), "an assignment to 2 broker(s), but other partitions have 1"));
    assert_int_equal(d.decision.records.count, 0);
    assignments[1].broker_ids.len = 1;
    assert_string_equal(grow(&t, 1, false), "a NONE\n");
    assert_int_equal(metadata_topic_by_name(d.image, kw_string_of("a"))->partition_count, 3);
}

/* ---- DeleteTopics ---- */

static const char *delete_topics(kw_string *names, int32_t name_count,
                                 kw_delete_topics_request_delete_topic_state *topics, int32_t topic_count)
{
    kw_delete_topics_request request;
    kw_delete_topics_response response;
    kw_delete_topics_request_init(&request);
    kw_delete_topics_response_init(&response);
    request.topic_names.items = names;
    request.topic_names.len = name_count;
    request.topics.items = topics;
    request.topics.len = topic_count;
    start_decision();
    assert_true(decide_delete_topics(&d.decision, &request, &d.arena, &response));
    d.text[0] = '\0';
    for (int32_t i = 0; i < response.responses.len; i++)
        add_result(response.responses.items[i].name, response.responses.items[i].error_code,
                   response.responses.items[i].error_message);
    apply();
    return d.text;
}

static kw_delete_topics_request_delete_topic_state state_of(const char *name, kw_uuid id)
{
    kw_delete_topics_request_delete_topic_state s;
    kw_delete_topics_request_delete_topic_state_init(&s);
    s.name = name != NULL ? kw_string_of(name) : (kw_string){NULL, -1};
    s.topic_id = id;
    return s;
}

static void deletes_by_name(void **state)
{
    (void)state;
    kw_string names[] = {kw_string_of("a"), kw_string_of("b"), kw_string_of("c"), kw_string_of("b")};
    (void)create_one(topic("a", 1, 1));
    (void)create_one(topic("b", 1, 1));
    assert_string_equal(delete_topics(names, 4, NULL, 0),
                        "b INVALID_REQUEST: the request names this topic more than once\n"
                        "a NONE\n"
                        "c UNKNOWN_TOPIC_OR_PARTITION: no topic has this name\n");
    assert_int_equal(metadata_topic_count(d.image), 1);
    assert_string_equal(delete_topics(&names[1], 1, NULL, 0), "b NONE\n");
    assert_int_equal(metadata_topic_count(d.image), 0);
}

static void deletes_by_id(void **state)
{
    (void)state;
    const kw_uuid zero = {{0}}, unknown = {{1, 2, 3}};
    (void)create_one(topic("a", 1, 1));
    (void)create_one(topic("b", 1, 1));
    (void)create_one(topic("c", 1, 1));
    kw_uuid a = metadata_topic_by_name(d.image, kw_string_of("a"))->id;
    kw_uuid b = metadata_topic_by_name(d.image, kw_string_of("b"))->id;
    kw_uuid c = metadata_topic_by_name(d.image, kw_string_of("c"))->id;
    kw_delete_topics_request_delete_topic_state topics[] = {
        state_of(NULL, a),   state_of(NULL, zero), state_of("c", c),  state_of(NULL, unknown),
        state_of("b", zero), state_of(NULL, b),    state_of(NULL, c), state_of(NULL, c),
    };
    assert_string_equal(delete_topics(NULL, 0, topics, 8),
                        " INVALID_REQUEST: neither a name nor an id of a topic\n"
                        "c INVALID_REQUEST: both a name and an id of a topic\n"
                        " INVALID_REQUEST: the request has this id of a topic more than once\n"
                        "a NONE\n"
                        " UNKNOWN_TOPIC_ID: no topic has this id\n"
                        "b INVALID_REQUEST: the request has the id of this topic as well\n");
    assert_int_equal(metadata_topic_count(d.image), 2);
    assert_non_null(metadata_topic_by_name(d.image, kw_string_of("b")));
}

static void topics_of_a_deletion_are_limited(void **state)
{
    (void)state;
    enum { MOST = 10000, SIZE = 16 };
    kw_string *names = calloc(MOST + 1, sizeof *names);
    char(*texts)[SIZE] = calloc(MOST + 1, SIZE);
    assert_true(names != NULL && texts != NULL);
    start_decision();
    for (int i = 0; i <= MOST; i++) {
        kw_topic_record t;
        kw_topic_record_init(&t);
        snprintf(texts[i], SIZE, "t%d", i);
        names[i] = kw_string_of(texts[i]);
        t.name = names[i];
        t.topic_id.bytes[0] = 1;
        t.topic_id.bytes[1] = (uint8_t)(i >> 8);
        t.topic_id.bytes[2] = (uint8_t)i;
        record_list_add(&d.decision.records, &kw_topic_record_message, 0, &t);
    }
    apply();
    kw_delete_topics_request request;
    kw_delete_topics_response response;
    kw_delete_topics_request_init(&request);
    request.topic_names.items = names;
    for (int32_t count = MOST; count <= MOST + 1; count++) {
        int16_t expected = count > MOST ? KW_ERROR_POLICY_VIOLATION : KW_ERROR_NONE;
        request.topic_names.len = count;
        kw_delete_topics_response_init(&response);
        start_decision();
        assert_true(decide_delete_topics(&d.decision, &request, &d.arena, &response));
        assert_int_equal(d.decision.records.count, count > MOST ? 0 : count);
        assert_int_equal(response.responses.len, count);
        for (int32_t i = 0; i < count; i += 1000)
            assert_int_equal(response.responses.items[i].error_code, expected);
        assert_int_equal(response.responses.items[count - 1].error_code, expected);
    }
    assert_true(kw_string_equal(response.responses.items[MOST].error_message,
                                kw_string_of("a request may delete 10,000 topics at most")));
    free(names);
    free(texts);
}

/* ---- what a decision needs ---- */

static bool no_numbers(struct random_source *source, void *to, size_t size)
{
    (void)source;
    (void)to;
    (void)size;
    return false;
}

static void ids_need_random_numbers(void **state)
{
    (void)state;
    const struct random_source before = d.random.source;
    d.random.source.fill = no_numbers;
    assert_string_equal(create_one(topic("a", 1, 1)), "a UNKNOWN_SERVER_ERROR: no random numbers\n");
    assert_int_equal(d.decision.records.count, 0);
    d.random.source = before;
    assert_string_equal(create_one(topic("a", 1, 1)), "a NONE\n");
}

/* All are fenced, or stop. */
static void partitions_need_a_broker(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        const struct metadata_broker brokers[] = {
            {.id = NODE, .rack = {NULL, -1}, .in_controlled_shutdown = i == 0, .fenced = i == 1},
            {.id = FENCED, .rack = {NULL, -1}, .fenced = true}};
        struct metadata_parts parts = d.image->parts;
        parts.brokers = brokers;
        parts.broker_count = 2;
        struct metadata_image *image = metadata_image_create(&parts);
        assert_non_null(image);
        metadata_image_release(d.image);
        d.image = image;
        assert_string_equal(create_one(topic("a", 1, 1)),
                            "a INVALID_REPLICATION_FACTOR: no broker is up to have 1 replica(s)\n");
    }
}

/* ---- shortage ---- */

static bool create_short(kw_arena *arena, int16_t *error)
{
    new_config config = {.name = kw_string_of("retention.ms"), .value = kw_string_of("1")};
    new_topic t = topic("a.b", 3, 1);
    kw_create_topics_request request;
    kw_create_topics_response response;
    kw_create_topics_request_init(&request);
    kw_create_topics_response_init(&response);
    t.configs.items = &config;
    t.configs.len = 1;
    request.topics.items = &t;
    request.topics.len = 1;
    if (!decide_create_topics(&d.decision, NULL, &request, arena, &response))
        return false;
    *error = response.topics.items[0].error_code;
    return true;
}

static bool create_assigned_short(kw_arena *arena, int16_t *error)
{
    int32_t both[] = {7, 9};
    new_assignment assignments[] = {{0, {both, 2}, NULL}, {1, {both, 2}, NULL}};
    new_topic t = topic("a", -1, -1);
    kw_create_topics_request request;
    kw_create_topics_response response;
    kw_create_topics_request_init(&request);
    kw_create_topics_response_init(&response);
    t.assignments.items = assignments;
    t.assignments.len = 2;
    request.topics.items = &t;
    request.topics.len = 1;
    if (!decide_create_topics(&d.decision, NULL, &request, arena, &response))
        return false;
    *error = response.topics.items[0].error_code;
    return true;
}

static bool grow_short(kw_arena *arena, int16_t *error)
{
    kw_create_partitions_request_topic t = to("x_y", 4);
    kw_create_partitions_request request;
    kw_create_partitions_response response;
    kw_create_partitions_request_init(&request);
    kw_create_partitions_response_init(&response);
    request.topics.items = &t;
    request.topics.len = 1;
    if (!decide_create_partitions(&d.decision, &request, arena, &response))
        return false;
    *error = response.results.items[0].error_code;
    return true;
}

static bool delete_short(kw_arena *arena, int16_t *error)
{
    kw_delete_topics_request_delete_topic_state states[] = {state_of("x_y", (kw_uuid){{0}}),
                                                            state_of(NULL, (kw_uuid){{1, 2, 3}})};
    kw_delete_topics_request request;
    kw_delete_topics_response response;
    kw_delete_topics_request_init(&request);
    kw_delete_topics_response_init(&response);
    request.topics.items = states;
    request.topics.len = 2;
    if (!decide_delete_topics(&d.decision, &request, arena, &response))
        return false;
    assert_int_equal(response.responses.items[0].error_code, KW_ERROR_UNKNOWN_TOPIC_ID);
    *error = response.responses.items[1].error_code;
    return true;
}

static void shortage_is_reported(void **state)
{
    (void)state;
    (void)create_one(topic("x_y", 1, 1));
    decide_short_of_memory(create_short, 5);
    decide_short_of_memory(create_assigned_short, 3);
    decide_short_of_memory(grow_short, 3);
    decide_short_of_memory(delete_short, 1);
}

static void use_brokers(const struct metadata_broker *brokers, size_t count)
{
    struct metadata_parts parts = d.image->parts;
    parts.topics = NULL;
    parts.topic_count = 0;
    parts.brokers = brokers;
    parts.broker_count = count;
    struct metadata_image *image = metadata_image_create(&parts);
    assert_non_null(image);
    metadata_image_release(d.image);
    d.image = image;
}

static void nobody_is_there_to_have_replicas(void **state)
{
    (void)state;
    const struct metadata_broker brokers[] = {{.id = NODE, .rack = {NULL, -1}, .fenced = true},
                                              {.id = 8, .rack = {NULL, -1}, .in_controlled_shutdown = true}};
    for (size_t count = 0; count <= 2; count++) {
        use_brokers(brokers, count);
        assert_string_equal(create_one(topic("a", 1, 1)),
                            "a INVALID_REPLICATION_FACTOR: no broker is up to have 1 replica(s)\n");
    }
}

/* With one directory it is known where a log will be; with several the broker chooses, and says so afterwards. */
static void directories_are_known_if_there_is_one(void **state)
{
    (void)state;
    static kw_uuid directories[] = {{{1, 1}}, {{2, 2}}, {{3, 3}}};
    static const kw_uuid expected[] = {{{0}}, {{1, 1}}, {{[15] = 1}}, {{[15] = 1}}};
    for (int32_t count = 0; count <= 3; count++) {
        const struct metadata_broker broker = {.id = NODE, .rack = {NULL, -1}, .directories = {directories, count}};
        use_brokers(&broker, 1);
        assert_string_equal(create_one(topic("a", 3, 1)), "a NONE\n");
        const struct metadata_topic *made = metadata_topic_by_name(d.image, kw_string_of("a"));
        for (int32_t p = 0; p < 3; p++)
            assert_true(kw_uuid_equal(made->partitions[p].directories.items[0], expected[count]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECIDE_TEST(creates),
        DECIDE_TEST(directories_are_known_if_there_is_one),
        DECIDE_TEST(nobody_is_there_to_have_replicas),
        DECIDE_TEST(names_are_checked),
        DECIDE_TEST(a_topic_is_named_once),
        DECIDE_TEST(numbers_are_checked),
        DECIDE_TEST(partitions_of_a_request_are_limited),
        DECIDE_TEST(assignments_are_checked),
        DECIDE_TEST(min_isr_clears_elr),
        DECIDE_TEST(configs_are_checked),
        DECIDE_TEST(adds_partitions),
        DECIDE_TEST(added_partitions_have_as_many_replicas),
        DECIDE_TEST(added_partitions_can_be_assigned),
        DECIDE_TEST(deletes_by_name),
        DECIDE_TEST(deletes_by_id),
        DECIDE_TEST(topics_of_a_deletion_are_limited),
        DECIDE_TEST(ids_need_random_numbers),
        DECIDE_TEST(partitions_need_a_broker),
        DECIDE_TEST(shortage_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
