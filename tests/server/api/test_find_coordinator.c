/* SPDX-License-Identifier: Apache-2.0 */
/* FindCoordinator: what it finds, what it refuses, and the topic that it has created. */
#include "admin_broker.h"

#include <kwire/messages/partition_change_record.h>

#include "../support/captured.h"

enum { FIRST_WITH_MANY = 4, NEWEST = 6 };

enum { OF_GROUP, OF_TRANSACTION, OF_SHARE };

#define NOT_AVAILABLE "'errorCode':15,'errorMessage':'nobody coordinates this key at the moment'"
#define INVALID "'errorCode':42,'errorMessage':'the key is not valid, or its type is not known'"
#define HERE "'nodeId':1,'host':'127.0.0.1','port':9092"
#define FOUND(key) "{'key':'" key "'," HERE ",'errorCode':0,'errorMessage':''}"
#define NOBODY "'nodeId':-1,'host':'','port':-1"

static kw_find_coordinator_request one(int8_t type, const char *key)
{
    kw_find_coordinator_request request;
    kw_find_coordinator_request_init(&request);
    request.key_type = type;
    request.key = kw_string_of(key);
    return request;
}

static kw_find_coordinator_request many(int8_t type, kw_string *keys, int32_t count)
{
    kw_find_coordinator_request request;
    kw_find_coordinator_request_init(&request);
    request.key_type = type;
    request.coordinator_keys = (kw_string_array){keys, count};
    return request;
}

static void assert_answer(int16_t version, const kw_find_coordinator_request *request, const char *expected)
{
    assert_string_equal(ask(KW_KEY_FIND_COORDINATOR, version, request), expected);
}

/* The error of a key, which must not be valid. */
static void assert_no_coordinator(int16_t version, int8_t type, const char *key, const char *expected)
{
    kw_string keys[] = {kw_string_of(key)};
    const kw_find_coordinator_request request = many(type, keys, 1);
    const char *answer = ask(KW_KEY_FIND_COORDINATOR, version, &request);
    assert_non_null(strstr(answer, expected));
    assert_non_null(strstr(answer, NOBODY));
}

static int64_t metadata_end(void)
{
    return current_image()->parts.offset;
}

/* ---- groups ---- */

static void every_version(void **state)
{
    (void)state;
    const kw_find_coordinator_request old = one(OF_GROUP, "group");
    kw_string keys[] = {kw_string_of("group")};
    const kw_find_coordinator_request newer = many(OF_GROUP, keys, 1);
    assert_answer(0, &old, "{'errorCode':0," HERE "}");
    assert_answer(1, &old, "{'throttleTimeMs':0,'errorCode':0,'errorMessage':'NONE'," HERE "}");
    assert_answer(3, &old, "{'throttleTimeMs':0,'errorCode':0,'errorMessage':'NONE'," HERE "}");
    for (int16_t version = FIRST_WITH_MANY; version <= NEWEST; version++)
        assert_answer(version, &newer, "{'throttleTimeMs':0,'coordinators':[" FOUND("group") "]}");
}

static void several_keys(void **state)
{
    (void)state;
    kw_string keys[] = {kw_string_of("a"), kw_string_of(""), kw_string_of("a")};
    const kw_find_coordinator_request request = many(OF_GROUP, keys, 3), none = many(OF_GROUP, keys, 0);
    assert_answer(FIRST_WITH_MANY, &none, "{'throttleTimeMs':0,'coordinators':[]}");
    assert_null(current_topic("__consumer_offsets"));
    assert_answer(FIRST_WITH_MANY, &request,
                  "{'throttleTimeMs':0,'coordinators':[" FOUND("a") "," FOUND("") "," FOUND("a") "]}");
}

/* Only the groups of that partition have no coordinator. */
static void without_a_leader(void **state)
{
    (void)state;
    kw_string keys[] = {kw_string_of("a"), kw_string_of("b")}; /* 97 and 98 */
    const kw_find_coordinator_request request = many(OF_GROUP, keys, 2);
    kw_partition_change_record change;
    set_property("offsets.topic.num.partitions", "2");
    (void)ask(KW_KEY_FIND_COORDINATOR, NEWEST, &request);
    kw_partition_change_record_init(&change);
    change.partition_id = 1;
    change.topic_id = current_topic("__consumer_offsets")->id;
    change.leader = -1;
    add_record(&kw_partition_change_record_message, 2, &change);
    assert_answer(NEWEST, &request,
                  "{'throttleTimeMs':0,'coordinators':[{'key':'a'," NOBODY
                  ",'errorCode':15,'errorMessage':''}," FOUND("b") "]}");
}

/* ---- the topic ---- */

static void topic_is_created_once(void **state)
{
    (void)state;
    static struct sim_client others[3];
    const kw_find_coordinator_request request = one(OF_GROUP, "group");
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        sim_client_init(&others[i], &sim, &service, ARENA_LIMIT);
        assert_int_equal(sim_client_send(&others[i], request_frame(KW_KEY_FIND_COORDINATOR, 2, &request)),
                         EXCHANGE_PENDING);
    }
    sim_client_leave(&others[1]);
    sim_client_hurry(&others[2]);
    int64_t before = metadata_end();
    sim_settle(&sim);
    assert_int_equal(others[0].outcome, EXCHANGE_ANSWERED);
    assert_int_equal(others[2].outcome, EXCHANGE_ANSWERED);
    const struct metadata_topic *topic = current_topic("__consumer_offsets");
    assert_non_null(topic);
    assert_int_equal(topic->partition_count, 50);
    assert_true(topic->is_internal);
    int64_t created = metadata_end();
    assert_int_equal(created - before, 1 + 3 + 50); /* the topic, its settings and partitions */
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (!others[i].is_gone)
            sim_client_finish(&others[i]);
    assert_answer(0, &request, "{'errorCode':0," HERE "}");
    assert_int_equal(metadata_end(), created);
}

static void settings_of_the_topic(void **state)
{
    (void)state;
    set_property("offsets.topic.num.partitions", "3");
    set_property("offsets.topic.segment.bytes", "1048576");
    const kw_find_coordinator_request request = one(OF_GROUP, "");
    assert_answer(0, &request, "{'errorCode':0," HERE "}");
    const struct metadata_topic *topic = current_topic("__consumer_offsets");
    assert_int_equal(topic->partition_count, 3);
    kw_string bytes = metadata_find_config(current_image(), RESOURCE_TOPIC, topic->name, kw_string_of("segment.bytes"));
    assert_true(kw_string_equal(bytes, kw_string_of("1048576")));
}

/* One line on the console, however often it is asked for. */
static void topic_that_cannot_be_created(void **state)
{
    (void)state;
    static struct captured captured;
    const kw_find_coordinator_request request = one(OF_GROUP, "group");
    set_property("offsets.topic.replication.factor", "3");
    capture_start(&captured);
    assert_answer(0, &request, "{'errorCode':15," NOBODY "}");
    assert_answer(1, &request, "{'throttleTimeMs':0," NOT_AVAILABLE "," NOBODY "}");
    const char *line = strstr(capture_end(&captured), "__consumer_offsets is not created: ");
    assert_non_null(line);
    assert_null(strstr(line + 1, "__consumer_offsets"));
    assert_null(current_topic("__consumer_offsets"));
    set_property("offsets.topic.replication.factor", "1");
    assert_answer(0, &request, "{'errorCode':0," HERE "}");
}

static void records_that_cannot_be_written(void **state)
{
    (void)state;
    static struct captured captured;
    const kw_find_coordinator_request request = one(OF_GROUP, "group");
    capture_start(&captured);
    file_faults_plan(FAULT_WRITE, 0, FAULT_FOREVER, ENOSPC);
    assert_answer(0, &request, "{'errorCode':15," NOBODY "}");
    file_faults_plan(0, 0, 0, 0);
    assert_non_null(strstr(capture_end(&captured), "__consumer_offsets is not created: "));
}

static void without_a_controller(void **state)
{
    (void)state;
    const kw_find_coordinator_request request = one(OF_GROUP, "group");
    struct controller *controller = broker.controller;
    broker.controller = NULL; /* the directory is served for reading only */
    assert_answer(0, &request, "{'errorCode':15," NOBODY "}");
    broker.controller = controller;
}

static void memory_is_short(void **state)
{
    (void)state;
    kw_string keys[] = {kw_string_of("group:AAAAAAAAAAAAAAAAAAAAAQ:1"), kw_string_of("g:AAAAAAAAAAAAAAAAAAAAAQ:1")};
    const kw_find_coordinator_request request = many(OF_SHARE, keys, 2);
    set_property("share.coordinator.state.topic.num.partitions", "2");
    assert_non_null(strstr(ask_while_memory_is_short(KW_KEY_FIND_COORDINATOR, NEWEST, &request), HERE));
}

/* ---- other keys ---- */

static void keys_of_share_groups(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "group",
        "group:AAAAAAAAAAAAAAAAAAAAAQ",
        ":AAAAAAAAAAAAAAAAAAAAAQ:0",
        "  :AAAAAAAAAAAAAAAAAAAAAQ:0",
        "group:AAAA:0",
        "group:AAAAAAAAAAAAAAAAAAAAAQ:",
        "group:AAAAAAAAAAAAAAAAAAAAAQ:x",
        "group:AAAAAAAAAAAAAAAAAAAAAQ:-",
        "group:AAAAAAAAAAAAAAAAAAAAAQ:2147483648",
        "group:AAAAAAAAAAAAAAAAAAAAAQ: 1",
    };
    static const char *const right[] = {
        "group:AAAAAAAAAAAAAAAAAAAAAQ:0",   "a:b:AAAAAAAAAAAAAAAAAAAAAQ:0",
        "group:AAAAAAAAAAAAAAAAAAAAAQ:0::", "group:AAAAAAAAAAAAAAAAAAAAAQ==:+7",
        "group:AAAAAAAAAAAAAAAAAAAAAQ:-1",  "group:AAAAAAAAAAAAAAAAAAAAAQ:-2147483648",
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_no_coordinator(NEWEST, OF_SHARE, wrong[i], "'errorCode':42");
    assert_no_coordinator(NEWEST - 1, OF_SHARE, right[0], "'errorCode':42");
    assert_null(current_topic("__share_group_state"));
    for (size_t i = 0; i < COUNT_OF(right); i++) {
        kw_string keys[] = {kw_string_of(right[i])};
        const kw_find_coordinator_request request = many(OF_SHARE, keys, 1);
        const char *answer = ask(KW_KEY_FIND_COORDINATOR, NEWEST, &request);
        assert_non_null(strstr(answer, HERE));
        assert_non_null(strstr(answer, right[i])); /* the key as it was asked for */
    }
    assert_non_null(current_topic("__share_group_state"));
    assert_null(current_topic("__consumer_offsets"));
}

static void transactional_ids(void **state)
{
    (void)state;
    static const char *const expected[][2] = {{"cleanup.policy", "compact"},
                                              {"compression.type", "uncompressed"},
                                              {"min.insync.replicas", "1"},
                                              {"segment.bytes", "1048576"},
                                              {"unclean.leader.election.enable", "false"}};
    set_property("transaction.state.log.num.partitions", "3");
    set_property("transaction.state.log.segment.bytes", "1048576");
    kw_string keys[] = {kw_string_of("a"), kw_string_of("")};
    const kw_find_coordinator_request old = one(OF_TRANSACTION, "a"), newer = many(OF_TRANSACTION, keys, 2);
    assert_answer(1, &old, "{'throttleTimeMs':0,'errorCode':0,'errorMessage':'NONE'," HERE "}");
    assert_answer(NEWEST, &newer, "{'throttleTimeMs':0,'coordinators':[" FOUND("a") "," FOUND("") "]}");
    const struct metadata_topic *topic = current_topic("__transaction_state");
    assert_int_equal(topic->partition_count, 3);
    assert_true(topic->is_internal);
    for (size_t i = 0; i < COUNT_OF(expected); i++)
        assert_true(kw_string_equal(
            metadata_find_config(current_image(), RESOURCE_TOPIC, topic->name, kw_string_of(expected[i][0])),
            kw_string_of(expected[i][1])));
    assert_null(current_topic("__consumer_offsets"));
}

static void keys_that_nobody_coordinates(void **state)
{
    (void)state;
    int64_t before = metadata_end();
    const kw_find_coordinator_request unknown = one(3, "k");
    assert_answer(1, &unknown, "{'throttleTimeMs':0," INVALID "," NOBODY "}");
    assert_no_coordinator(NEWEST, 3, "k", INVALID);
    assert_no_coordinator(NEWEST, -1, "k", INVALID);
    assert_no_coordinator(NEWEST, OF_SHARE, "k", "'errorCode':42,'errorMessage':''");
    assert_int_equal(metadata_end(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ADMIN_TEST(every_version),
        ADMIN_TEST(several_keys),
        ADMIN_TEST(without_a_leader),
        ADMIN_TEST(topic_is_created_once),
        ADMIN_TEST(settings_of_the_topic),
        ADMIN_TEST(topic_that_cannot_be_created),
        ADMIN_TEST(records_that_cannot_be_written),
        ADMIN_TEST(without_a_controller),
        ADMIN_TEST(memory_is_short),
        ADMIN_TEST(keys_of_share_groups),
        ADMIN_TEST(transactional_ids),
        ADMIN_TEST(keys_that_nobody_coordinates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
