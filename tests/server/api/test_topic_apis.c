/* SPDX-License-Identifier: Apache-2.0 */
/* CreateTopics, CreatePartitions and DeleteTopics from the frame to the answer: every version, what is refused as a
 * whole, and what has become of the topics. Each reason to refuse a single topic is in test_decide_topics.c. */
#include "admin_broker.h"

#include "base/clock.h"

typedef kw_create_topics_request_creatable_topic new_topic;
typedef kw_create_partitions_request_topic grown_topic;
typedef kw_delete_topics_request_delete_topic_state deleted_topic;

#define ZERO_TEXT "'AAAAAAAAAAAAAAAAAAAAAA'"

/* ---- CreateTopics ---- */

static new_topic topic(const char *name, int32_t partitions)
{
    new_topic t;
    kw_create_topics_request_creatable_topic_init(&t);
    t.name = kw_string_of(name);
    t.num_partitions = partitions;
    t.replication_factor = 1;
    return t;
}

static kw_create_topics_request creation(new_topic *topics, int32_t count)
{
    kw_create_topics_request request;
    kw_create_topics_request_init(&request);
    request.topics.items = topics;
    request.topics.len = count;
    request.timeout_ms = 60000;
    return request;
}

static const char *create(int16_t version, const char *name, int32_t partitions)
{
    new_topic t = topic(name, partitions);
    const kw_create_topics_request request = creation(&t, 1);
    return ask(KW_KEY_CREATE_TOPICS, version, &request);
}

static void assert_starts_with(const char *text, const char *start)
{
    if (strncmp(text, start, strlen(start)) != 0)
        assert_string_equal(text, start);
}

/* The answer, with the name for each '%'; of a creation from version 5 on only its start. */
static void assert_answer(const char *answer, const char *format, const char *name)
{
    char expected[1024], *out = expected;
    for (; *format != '\0'; format++)
        if (*format == '%')
            out = stpcpy(out, name);
        else
            *out++ = *format;
    *out = '\0';
    assert_starts_with(answer, expected);
    assert_true(out[-1] == '[' || answer[strlen(expected)] == '\0');
}

static void topics_are_created(void **state)
{
    (void)state;
    static const char *const first[] = {
        "{'topics':[{'name':'%','errorCode':0}]}",
        "{'topics':[{'name':'%','errorCode':0,'errorMessage':null}]}",
        "{'throttleTimeMs':0,'topics':[{'name':'%','errorCode':0,'errorMessage':null}]}",
        "{'throttleTimeMs':0,'topics':[{'name':'%','errorCode':0,'errorMessage':null,'numPartitions':2,"
        "'replicationFactor':1,'configs':[",
        "{'throttleTimeMs':0,'topics':[{'name':'%','topicId':" ID_TEXT(
            "Fw") ",'errorCode':0,'errorMessage':null,"
                  "'numPartitions':2,'replicationFactor':1,'configs':[",
    };
    static const char *const again[] = {
        "{'topics':[{'name':'%','errorCode':36}]}",
        "{'topics':[{'name':'%','errorCode':36,'errorMessage':'topic '%' exists'}]}",
        "{'throttleTimeMs':0,'topics':[{'name':'%','errorCode':36,'errorMessage':'topic '%' exists'}]}",
        "{'throttleTimeMs':0,'topics':[{'name':'%','errorCode':36,'errorMessage':'topic '%' exists',"
        "'numPartitions':-1,'replicationFactor':-1,'configs':[]}]}",
        "{'throttleTimeMs':0,'topics':[{'name':'%','topicId':" ZERO_TEXT ",'errorCode':36,"
        "'errorMessage':'topic '%' exists','numPartitions':-1,'replicationFactor':-1,'configs':[]}]}",
    };
    static const int of_version[] = {0, 1, 2, 2, 2, 3, 3, 4};
    for (int16_t v = 0; v <= 7; v++) {
        const char name[] = {(char)('a' + v), '\0'};
        assert_answer(create(v, name, 2), first[of_version[v]], name);
        assert_int_equal(current_topic(name)->partition_count, 2);
        assert_answer(create(v, name, 2), again[of_version[v]], name);
        assert_memory_equal(&current_topic(name)->id, &(kw_uuid[]){nth_id((uint8_t)v)}, sizeof(kw_uuid));
    }
    assert_int_equal(metadata_topic_count(current_image()), 8);
}

static void configs_of_a_topic_are_described(void **state)
{
    (void)state;
    kw_create_topics_request_creatable_topic_config config = {.name = kw_string_of("retention.ms"),
                                                              .value = kw_string_of("77")};
    new_topic t = topic("t", 1);
    t.configs.items = &config;
    t.configs.len = 1;
    kw_create_topics_request request = creation(&t, 1);
    set_property("log.cleaner.min.cleanable.ratio", "0.25");
    request.validate_only = true;
    for (int i = 0; i < 2; i++, request.validate_only = false) {
        const char *answer = ask(KW_KEY_CREATE_TOPICS, 6, &request);
        assert_true((current_topic("t") == NULL) == request.validate_only);
        assert_non_null(strstr(answer, "{'name':'retention.ms','value':'77','readOnly':false,'configSource':1,"
                                       "'isSensitive':false}"));
        assert_non_null(strstr(answer, "{'name':'min.cleanable.dirty.ratio','value':'0.25','readOnly':false,"
                                       "'configSource':4,'isSensitive':false}"));
        assert_non_null(strstr(answer, "{'name':'flush.ms','value':'9223372036854775807','readOnly':false,"
                                       "'configSource':5,'isSensitive':false}"));
    }
}

/* As many partitions as the file says, one being Kafka's default. */
static void partitions_by_default(void **state)
{
    (void)state;
    (void)create(4, "a", -1);
    assert_int_equal(current_topic("a")->partition_count, 1);
    set_property("num.partitions", "3");
    (void)create(4, "b", -1);
    assert_int_equal(current_topic("b")->partition_count, 3);
}

/* ---- what cannot be decided ---- */

static void ask_create(const char *expected)
{
    new_topic t[] = {topic("x", 1), topic("y", 1)};
    const kw_create_topics_request request = creation(t, 2), none = creation(NULL, 0);
    assert_string_equal(ask(KW_KEY_CREATE_TOPICS, 2, &request), expected);
    assert_string_equal(ask(KW_KEY_CREATE_TOPICS, 2, &none), "{'throttleTimeMs':0,'topics':[]}");
    assert_null(current_topic("x"));
}

static kw_create_partitions_request growth(grown_topic *topics, int32_t count)
{
    kw_create_partitions_request request;
    kw_create_partitions_request_init(&request);
    request.timeout_ms = 60000;
    request.topics.items = topics;
    request.topics.len = count;
    return request;
}

static grown_topic grown(const char *name, int32_t count)
{
    grown_topic t;
    kw_create_partitions_request_topic_init(&t);
    t.name = kw_string_of(name);
    t.count = count;
    t.assignments.len = -1;
    return t;
}

static void ask_grow(const char *expected)
{
    grown_topic t[] = {grown("t", 4), grown("u", 3)};
    const kw_create_partitions_request request = growth(t, 2), none = growth(NULL, 0);
    assert_string_equal(ask(KW_KEY_CREATE_PARTITIONS, 3, &request), expected);
    assert_string_equal(ask(KW_KEY_CREATE_PARTITIONS, 3, &none), "{'throttleTimeMs':0,'results':[]}");
    assert_int_equal(current_topic("t")->partition_count, 2);
}

static kw_delete_topics_request deletion(kw_string *names, int32_t name_count, deleted_topic *topics, int32_t count)
{
    kw_delete_topics_request request;
    kw_delete_topics_request_init(&request);
    request.timeout_ms = 60000;
    request.topic_names.items = names;
    request.topic_names.len = name_count;
    request.topics.items = topics;
    request.topics.len = count;
    return request;
}

static deleted_topic named(const char *name)
{
    deleted_topic t;
    kw_delete_topics_request_delete_topic_state_init(&t);
    t.name = kw_string_of(name);
    return t;
}

static deleted_topic by_id(kw_uuid id)
{
    deleted_topic t = named(NULL);
    t.topic_id = id;
    return t;
}

static const char *delete_named(int16_t version, const char *first, const char *second)
{
    kw_string names[] = {kw_string_of(first), kw_string_of(second)};
    const kw_delete_topics_request request = deletion(names, second != NULL ? 2 : 1, NULL, 0);
    return ask(KW_KEY_DELETE_TOPICS, version, &request);
}

static const char *delete_states(deleted_topic *topics, int32_t count)
{
    const kw_delete_topics_request request = deletion(NULL, 0, topics, count);
    return ask(KW_KEY_DELETE_TOPICS, 6, &request);
}

static void ask_delete(const char *by_name, const char *by_state)
{
    deleted_topic topics[] = {by_id(nth_id(1)), named("t")};
    assert_string_equal(delete_named(5, "t", "u"), by_name);
    assert_string_equal(delete_states(topics, 2), by_state);
    assert_string_equal(delete_states(topics, 0), "{'throttleTimeMs':0,'responses':[]}");
    assert_non_null(current_topic("t"));
}

#define UNDECIDED_CREATION(error, why)                                                         \
    "{'throttleTimeMs':0,'topics':[{'name':'x','errorCode':" error ",'errorMessage':" why "}," \
    "{'name':'y','errorCode':" error ",'errorMessage':" why "}]}"
#define UNDECIDED_GROWTH(error, why)                                                            \
    "{'throttleTimeMs':0,'results':[{'name':'t','errorCode':" error ",'errorMessage':" why "}," \
    "{'name':'u','errorCode':" error ",'errorMessage':" why "}]}"
#define UNDECIDED_BY_NAME(error, why)                                                             \
    "{'throttleTimeMs':0,'responses':[{'name':'t','errorCode':" error ",'errorMessage':" why "}," \
    "{'name':'u','errorCode':" error ",'errorMessage':" why "}]}"
#define UNDECIDED_BY_STATE(error, why)                                                                            \
    "{'throttleTimeMs':0,'responses':[{'name':null,'topicId':" ID_TEXT("EQ") ",'errorCode':" error                \
                                                                             ",'errorMessage':" why               \
                                                                             "},{'name':'t','topicId':" ZERO_TEXT \
                                                                             ",'errorCode':" error                \
                                                                             ",'errorMessage':" why "}]}"

static void directories_that_are_only_read(void **state)
{
    (void)state;
    (void)create(4, "t", 2);
    (void)create(4, "v", 2);
    struct controller *controller = broker.controller;
    broker.controller = NULL;
    ask_create(UNDECIDED_CREATION("44", READ_ONLY_TEXT));
    ask_grow(UNDECIDED_GROWTH("44", READ_ONLY_TEXT));
    ask_delete(UNDECIDED_BY_NAME("44", READ_ONLY_TEXT), UNDECIDED_BY_STATE("44", READ_ONLY_TEXT));
    broker.controller = controller;
}

/* A full disk changes nothing, and the next request may succeed. */
static void disks_that_are_full(void **state)
{
    (void)state;
    (void)create(4, "t", 2);
    (void)create(4, "v", 2);
    file_faults_plan(FAULT_WRITE, 0, FAULT_FOREVER, ENOSPC);
    ask_create(UNDECIDED_CREATION("56", NOT_WRITTEN_TEXT));
    ask_grow(UNDECIDED_GROWTH("56", NOT_WRITTEN_TEXT));
    ask_delete(UNDECIDED_BY_NAME("56", NOT_WRITTEN_TEXT), UNDECIDED_BY_STATE("56", NOT_WRITTEN_TEXT));
    file_faults_plan(0, 0, 0, 0);
    assert_string_equal(create(0, "x", 1), "{'topics':[{'name':'x','errorCode':0}]}");
    assert_string_equal(delete_named(0, "t", NULL), "{'responses':[{'name':'t','errorCode':0}]}");
}

/* As in Kafka it is too late as soon as it is asked for; duplicates and the like are not looked at, as long as there is
 * something else. */
static void without_time(void **state)
{
    (void)state;
    kw_string names[] = {kw_string_of("t"), kw_string_of("t"), kw_string_of("x")};
    deleted_topic states[] = {named("t"), by_id(nth_id(0)), named(NULL)};
    new_topic created[] = {topic("x", 1), topic("x", 1), topic("__cluster_metadata", 1), topic("y", 1)};
    grown_topic more[] = {grown("t", 3), grown("t", 3), grown("u", 3)};
    (void)create(4, "t", 2);
    kw_create_topics_request creating = creation(created, 4);
    kw_create_partitions_request growing = growth(more, 3);
    kw_delete_topics_request by_names = deletion(names, 3, NULL, 0), by_states = deletion(NULL, 0, states, 3);
    for (int32_t timeout = -1; timeout <= 0; timeout++) {
        creating.timeout_ms = growing.timeout_ms = by_names.timeout_ms = by_states.timeout_ms = timeout;
        assert_string_equal(ask(KW_KEY_CREATE_TOPICS, 2, &creating),
                            "{'throttleTimeMs':0,'topics':[{'name':'x','errorCode':7,'errorMessage':null},"
                            "{'name':'x','errorCode':7,'errorMessage':null},"
                            "{'name':'__cluster_metadata','errorCode':7,'errorMessage':null},"
                            "{'name':'y','errorCode':7,'errorMessage':null}]}");
        assert_string_equal(ask(KW_KEY_CREATE_PARTITIONS, 3, &growing),
                            "{'throttleTimeMs':0,'results':[{'name':'t','errorCode':7,'errorMessage':null},"
                            "{'name':'t','errorCode':7,'errorMessage':null},"
                            "{'name':'u','errorCode':7,'errorMessage':null}]}");
        assert_string_equal(ask(KW_KEY_DELETE_TOPICS, 5, &by_names),
                            "{'throttleTimeMs':0,'responses':[{'name':'t','errorCode':7,'errorMessage':null},"
                            "{'name':'t','errorCode':7,'errorMessage':null},"
                            "{'name':'x','errorCode':7,'errorMessage':null}]}");
        assert_string_equal(ask(KW_KEY_DELETE_TOPICS, 6, &by_states),
                            "{'throttleTimeMs':0,'responses':["
                            "{'name':'t','topicId':" ZERO_TEXT ",'errorCode':7,'errorMessage':null},"
                            "{'name':null,'topicId':" ID_TEXT("EA") ",'errorCode':7,'errorMessage':null},"
                                                                    "{'name':null,'topicId':" ZERO_TEXT
                                                                    ",'errorCode':7,'errorMessage':null}]}");
    }
    assert_int_equal(current_topic("t")->partition_count, 2);
    assert_null(current_topic("x"));
}

/* Kafka's controller is not asked then. */
static void without_time_and_without_topics(void **state)
{
    (void)state;
    kw_string names[] = {kw_string_of("t"), kw_string_of("t")};
    deleted_topic both = named("t");
    deleted_topic states[] = {by_id(nth_id(0)), by_id(nth_id(0)), named(NULL), named("t")};
    new_topic created[] = {topic("x", 1), topic("x", 1), topic("__cluster_metadata", 1)};
    grown_topic more[] = {grown("t", 3), grown("t", 3)};
    (void)create(4, "t", 2);
    both.topic_id = nth_id(0);
    states[3] = both;
    kw_create_topics_request creating = creation(created, 3);
    kw_create_partitions_request growing = growth(more, 2);
    kw_delete_topics_request by_names = deletion(names, 2, NULL, 0), by_states = deletion(NULL, 0, states, 4);
    creating.timeout_ms = growing.timeout_ms = by_names.timeout_ms = by_states.timeout_ms = 0;
    assert_string_equal(ask(KW_KEY_CREATE_TOPICS, 0, &creating),
                        "{'topics':[{'name':'x','errorCode':42},{'name':'__cluster_metadata','errorCode':42}]}");
    assert_null(strstr(ask(KW_KEY_CREATE_PARTITIONS, 3, &growing), "'errorCode':7"));
    assert_string_equal(ask(KW_KEY_DELETE_TOPICS, 0, &by_names), "{'responses':[{'name':'t','errorCode':42}]}");
    assert_null(strstr(ask(KW_KEY_DELETE_TOPICS, 6, &by_states), "'errorCode':7"));
    creating.topics.len = growing.topics.len = by_names.topic_names.len = 0;
    assert_string_equal(ask(KW_KEY_CREATE_TOPICS, 0, &creating), "{'topics':[]}");
    assert_string_equal(ask(KW_KEY_DELETE_TOPICS, 0, &by_names), "{'responses':[]}");
    assert_non_null(current_topic("t"));
}

/* The time in which the controller does other things counts. */
static void a_controller_that_is_late(void **state)
{
    (void)state;
    for (int32_t timeout = 1; timeout <= 60000; timeout += 59999) {
        new_topic t = topic("t", 1);
        kw_create_topics_request request = creation(&t, 1);
        request.timeout_ms = timeout;
        assert_int_equal(sim_client_send(&client, request_frame(KW_KEY_CREATE_TOPICS, 0, &request)), EXCHANGE_PENDING);
        clock_sleep_ms(5);
        sim_settle(&sim);
        assert_string_equal(take_json(KW_KEY_CREATE_TOPICS, 0), timeout == 1
                                                                    ? "{'topics':[{'name':'t','errorCode':7}]}"
                                                                    : "{'topics':[{'name':'t','errorCode':0}]}");
    }
}

/* ---- CreatePartitions ---- */

static void partitions_are_added(void **state)
{
    (void)state;
    (void)create(4, "t", 2);
    for (int16_t v = 0; v <= 3; v++) {
        grown_topic t[] = {grown("t", 3 + v), grown("u", 3), grown("u", 3)};
        kw_create_partitions_request request = growth(t, 3);
        static const char expected[] =
            "{'throttleTimeMs':0,'results':["
            "{'name':'u','errorCode':42,'errorMessage':'the request names this topic more than once'},"
            "{'name':'t','errorCode':0,'errorMessage':null}]}";
        request.validate_only = true;
        assert_string_equal(ask(KW_KEY_CREATE_PARTITIONS, v, &request), expected);
        assert_int_equal(current_topic("t")->partition_count, 2 + v);
        request.validate_only = false;
        assert_string_equal(ask(KW_KEY_CREATE_PARTITIONS, v, &request), expected);
        assert_int_equal(current_topic("t")->partition_count, 3 + v);
        request.topics.len = 1;
        char fewer[200];
        snprintf(fewer, sizeof fewer,
                 "{'throttleTimeMs':0,'results':[{'name':'t','errorCode':37,'errorMessage':'the topic has %d "
                 "partition(s), and %d would be no more'}]}",
                 3 + v, 3 + v);
        assert_string_equal(ask(KW_KEY_CREATE_PARTITIONS, v, &request), fewer);
    }
}

/* ---- DeleteTopics ---- */

static void topics_are_deleted_by_name(void **state)
{
    (void)state;
    static const char *const expected[] = {
        "{'responses':[{'name':'t','errorCode':0},{'name':'u','errorCode':3}]}",
        "{'throttleTimeMs':0,'responses':[{'name':'t','errorCode':0},{'name':'u','errorCode':3}]}",
        ("{'throttleTimeMs':0,'responses':[{'name':'t','errorCode':0,'errorMessage':null},"
         "{'name':'u','errorCode':3,'errorMessage':'no topic has this name'}]}")};
    for (int16_t v = 0; v <= 5; v++) {
        (void)create(4, "t", 2);
        assert_non_null(current_topic("t"));
        assert_string_equal(delete_named(v, "t", "u"), expected[v == 0 ? 0 : v <= 4 ? 1 : 2]);
        assert_null(current_topic("t"));
    }
}

static void topics_are_deleted_by_id(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        const char name[] = {(char)('a' + i), '\0'};
        (void)create(4, name, 1);
    }
    deleted_topic topics[] = {by_id(nth_id(1)), named("a"), by_id(nth_id(9)), named("x")};
    assert_string_equal(delete_states(topics, 4),
                        "{'throttleTimeMs':0,'responses':["
                        "{'name':'b','topicId':" ID_TEXT(
                            "EQ") ",'errorCode':0,'errorMessage':null},"
                                  "{'name':null,'topicId':" ID_TEXT(
                                      "GQ") ",'errorCode':100,'errorMessage':'no topic has this id'},"
                                            "{'name':'a','topicId':" ID_TEXT(
                                                "EA") ",'errorCode':0,'errorMessage':null},"
                                                      "{'name':'x','topicId':" ZERO_TEXT
                                                      ",'errorCode':3,'errorMessage':'no topic has this name'}]}");
    assert_int_equal(metadata_topic_count(current_image()), 1);
    assert_non_null(current_topic("c"));
}

#define DISABLED(error) "'errorCode':" error ",'errorMessage':'delete.topic.enable is false'}"

static void deletion_can_be_disabled(void **state)
{
    (void)state;
    deleted_topic topics[] = {named("t"), by_id(nth_id(0))};
    (void)create(4, "t", 2);
    set_property("delete.topic.enable", "false");
    assert_string_equal(delete_named(2, "t", NULL), "{'throttleTimeMs':0,'responses':[{'name':'t','errorCode':42}]}");
    assert_string_equal(delete_named(3, "t", NULL), "{'throttleTimeMs':0,'responses':[{'name':'t','errorCode':73}]}");
    assert_string_equal(delete_named(5, "t", "u"), "{'throttleTimeMs':0,'responses':[{'name':'t'," DISABLED(
                                                       "73") ",{'name':'u'," DISABLED("73") "]}");
    assert_string_equal(delete_states(topics, 2),
                        "{'throttleTimeMs':0,'responses':[{'name':'t','topicId':" ZERO_TEXT
                        "," DISABLED("73") ",{'name':null,'topicId':" ID_TEXT("EA") "," DISABLED("73") "]}");
    assert_non_null(current_topic("t"));
    set_property("delete.topic.enable", "true");
    assert_string_equal(delete_named(2, "t", NULL), "{'throttleTimeMs':0,'responses':[{'name':'t','errorCode':0}]}");
}

/* ---- internal topics ---- */

/* They can be created like others, and keep their records. */
static void records_of_internal_topics(void **state)
{
    (void)state;
    kw_delete_records_request_partition partition = {.partition_index = 0, .offset = 0};
    kw_delete_records_request_topic topics[] = {
        {.name = kw_string_of("__transaction_state"), .partitions = {&partition, 1}},
        {.name = kw_string_of("t"), .partitions = {&partition, 1}}};
    kw_delete_records_request request;
    kw_delete_records_request_init(&request);
    request.topics.items = topics;
    request.topics.len = 2;
    (void)create(4, "__transaction_state", 1);
    (void)create(4, "t", 1);
    assert_true(current_topic("__transaction_state")->is_internal);
    assert_string_equal(ask(KW_KEY_DELETE_RECORDS, 2, &request),
                        "{'throttleTimeMs':0,'topics':[{'name':'__transaction_state','partitions':["
                        "{'partitionIndex':0,'lowWatermark':-1,'errorCode':17}]},"
                        "{'name':'t','partitions':[{'partitionIndex':0,'lowWatermark':0,'errorCode':0}]}]}");
}

/* ---- shortage and restart ---- */

static bool has_topic(void)
{
    return current_topic("t") != NULL;
}

static bool has_no_topic(void)
{
    return current_topic("t") == NULL;
}

static bool has_grown(void)
{
    return current_topic("t")->partition_count == 4;
}

static void requests_with_little_memory(void **state)
{
    (void)state;
    kw_create_topics_request_creatable_topic_config config = {.name = kw_string_of("retention.ms"),
                                                              .value = kw_string_of("77")};
    deleted_topic states[] = {named("t"), by_id(nth_id(99))};
    new_topic t = topic("t", 2);
    grown_topic g = grown("t", 4);
    t.configs.items = &config;
    t.configs.len = 1;
    const kw_create_topics_request create_request = creation(&t, 1);
    const kw_create_partitions_request grow_request = growth(&g, 1);
    const kw_delete_topics_request delete_request = deletion(NULL, 0, states, 2);
    assert_all_or_nothing(KW_KEY_CREATE_TOPICS, 7, &create_request, has_topic);
    assert_all_or_nothing(KW_KEY_CREATE_PARTITIONS, 3, &grow_request, has_grown);
    assert_all_or_nothing(KW_KEY_DELETE_TOPICS, 6, &delete_request, has_no_topic);
}

static bool has_log(const char *topic, int32_t partition)
{
    struct partition_log *log =
        log_manager_find(&broker.logs, kw_string_of(topic), current_topic(topic)->id, partition);
    if (log != NULL)
        log_release(log);
    return log != NULL;
}

/* The topic is there, and is usable as soon as there is space; the tests' clock says when that is looked at. */
static void logs_that_are_made_later(void **state)
{
    (void)state;
    file_faults_only("/t-1");
    file_faults_plan(FAULT_CREATE_FOLDER, 0, 2, ENOSPC);
    (void)create(4, "t", 3);
    assert_true(has_log("t", 0) && has_log("t", 2));
    assert_false(has_log("t", 1));
    sim_advance(&sim, 4999);
    assert_false(has_log("t", 1));
    (void)create(4, "u", 1); /* other changes do not delay it */
    sim_advance(&sim, 4000);
    assert_false(has_log("t", 1)); /* there was still no space */
    sim_advance(&sim, 1001);
    assert_true(has_log("t", 1));
    assert_int_equal(timer_wheel_next(&sim.timers), INT64_MAX);
    file_faults_only("/v-0");
    file_faults_plan(FAULT_CREATE_FOLDER, 0, 1, EIO);
    (void)create(4, "v", 1);
    assert_false(has_log("v", 0));
    assert_int_equal(timer_wheel_next(&sim.timers), INT64_MAX);
}

static void topics_after_a_restart(void **state)
{
    (void)state;
    grown_topic t = grown("a", 3);
    const kw_create_partitions_request request = growth(&t, 1);
    (void)create(4, "a", 2);
    (void)create(4, "b", 2);
    (void)ask(KW_KEY_CREATE_PARTITIONS, 0, &request);
    (void)delete_named(0, "b", NULL);
    restart_broker();
    assert_int_equal(metadata_topic_count(current_image()), 1);
    const struct metadata_topic *a = current_topic("a");
    assert_int_equal(a->partition_count, 3);
    for (int32_t i = 0; i < 3; i++)
        assert_int_equal(a->partitions[i].leader_id, NODE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ADMIN_TEST(topics_are_created),
        ADMIN_TEST(configs_of_a_topic_are_described),
        ADMIN_TEST(partitions_by_default),
        ADMIN_TEST(directories_that_are_only_read),
        ADMIN_TEST(without_time),
        ADMIN_TEST(without_time_and_without_topics),
        ADMIN_TEST(a_controller_that_is_late),
        ADMIN_TEST(disks_that_are_full),
        ADMIN_TEST(partitions_are_added),
        ADMIN_TEST(topics_are_deleted_by_name),
        ADMIN_TEST(topics_are_deleted_by_id),
        ADMIN_TEST(deletion_can_be_disabled),
        ADMIN_TEST(records_of_internal_topics),
        ADMIN_TEST(requests_with_little_memory),
        ADMIN_TEST(logs_that_are_made_later),
        ADMIN_TEST(topics_after_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
