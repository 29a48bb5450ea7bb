/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers' answers about existing topics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <kwire/error.h>

#include "api/handlers.h"

struct fixture {
    struct broker broker;
    struct endpoint endpoint;
    uint8_t memory[64 * 1024];
    kw_arena arena;
    const struct metadata_image *image;
    struct call call;
};

static kw_uuid id_of(uint8_t last)
{
    kw_uuid id = {{0}};
    id.bytes[0] = 0xaa;
    id.bytes[15] = last;
    return id;
}

static struct metadata_topic *new_topic(const char *name, uint8_t id, int32_t partitions)
{
    static int32_t nodes[] = {1};
    struct metadata_partition parts[8];
    for (int32_t i = 0; i < partitions; i++) {
        struct metadata_partition part = {
            .index = i, .leader_id = 1, .leader_epoch = i, .replicas = {nodes, 1}, .isr = {nodes, 1}};
        parts[i] = part;
    }
    struct metadata_topic topic = {
        .name = kw_string_of(name), .id = id_of(id), .partitions = parts, .partition_count = partitions};
    return metadata_topic_create(&topic);
}

static int set_up(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof f);
    config_init(&f.broker.config);
    f.broker.identity.node_id = 1;
    strcpy(f.broker.identity.cluster_id, "cluster");
    (void)endpoint_parse("broker:9092", &f.endpoint);
    kw_arena_init(&f.arena, f.memory, sizeof f.memory);
    struct metadata_topic *topics[] = {new_topic("b", 1, 1), new_topic("c", 3, 2), new_topic("a", 2, 3)};
    const struct metadata_parts parts = {.topics = topics, .topic_count = 3};
    f.image = metadata_image_create(&parts);
    f.call = (struct call){.broker = &f.broker, .image = f.image, .endpoint = &f.endpoint, .arena = &f.arena};
    *state = &f;
    return f.image != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    metadata_image_release(f->image);
    return 0;
}

static void assert_string(kw_string actual, const char *expected)
{
    assert_true(kw_string_equal(actual, kw_string_of(expected)));
}

/* ---- Metadata ---- */

static kw_metadata_response ask_metadata(struct fixture *f, int16_t version, const kw_metadata_request *request)
{
    kw_metadata_response response;
    kw_metadata_response_init(&response);
    f->call.version = version;
    assert_int_equal(handle_metadata(&f->call, request, &response), KW_OK);
    return response;
}

static void test_metadata_of_all_topics(void **state)
{
    struct fixture *f = *state;
    kw_metadata_request request;
    kw_metadata_request_init(&request);
    request.topics.len = -1;
    request.include_topic_authorized_operations = true;
    kw_metadata_response r = ask_metadata(f, 12, &request);
    assert_int_equal(r.topics.len, 3);
    assert_string(r.topics.items[0].name, "a");
    assert_int_equal(r.topics.items[0].error_code, KW_ERROR_NONE);
    assert_int_equal(r.topics.items[0].partitions.len, 3);
    assert_int_equal(r.topics.items[0].partitions.items[2].partition_index, 2);
    assert_int_equal(r.topics.items[0].partitions.items[2].leader_id, 1);
    assert_int_equal(r.topics.items[0].partitions.items[2].leader_epoch, 2);
    assert_int_equal(r.topics.items[0].topic_authorized_operations, TOPIC_OPERATIONS);
    assert_string(r.topics.items[2].name, "c");
    assert_string(r.brokers.items[0].host, "broker");
    assert_string(r.cluster_id, "cluster");

    request.topics.len = 0;
    request.include_topic_authorized_operations = false;
    assert_int_equal(ask_metadata(f, 1, &request).topics.len, 0);
    assert_int_equal(ask_metadata(f, 0, &request).topics.len, 3); /* version 0 has no null */
}

static void test_metadata_by_name(void **state)
{
    struct fixture *f = *state;
    static const char *const asked[] = {"zz", "c", "a b", "a", "c"};
    static const char *const answered[] = {"c", "a", "zz", "a b"};
    static const int16_t errors[] = {KW_ERROR_NONE, KW_ERROR_NONE, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION,
                                     KW_ERROR_INVALID_TOPIC_EXCEPTION};
    kw_metadata_request_topic topics[5];
    kw_metadata_request request;
    kw_metadata_request_init(&request);
    for (size_t i = 0; i < 5; i++) {
        kw_metadata_request_topic_init(&topics[i]);
        topics[i].name = kw_string_of(asked[i]);
    }
    request.topics.items = topics;
    request.topics.len = 5;
    kw_metadata_response r = ask_metadata(f, 9, &request);
    assert_int_equal(r.topics.len, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string(r.topics.items[i].name, answered[i]);
        assert_int_equal(r.topics.items[i].error_code, errors[i]);
    }
}

static void test_metadata_by_id(void **state)
{
    struct fixture *f = *state;
    kw_metadata_request_topic topics[4];
    kw_metadata_request request;
    kw_metadata_request_init(&request);
    for (size_t i = 0; i < 4; i++)
        kw_metadata_request_topic_init(&topics[i]);
    topics[0].topic_id = id_of(3);
    topics[1].topic_id = id_of(9);
    topics[2].name = kw_string_of("a"); /* without an id: not counted with those that have one */
    topics[3].topic_id = id_of(3);
    request.topics.items = topics;
    request.topics.len = 4;
    kw_metadata_response r = ask_metadata(f, 13, &request);
    assert_int_equal(r.topics.len, 2);
    assert_int_equal(r.topics.items[0].error_code, KW_ERROR_UNKNOWN_TOPIC_ID);
    assert_true(r.topics.items[0].name.len < 0);
    assert_true(kw_uuid_equal(r.topics.items[0].topic_id, id_of(9)));
    assert_int_equal(r.topics.items[1].error_code, KW_ERROR_NONE);
    assert_string(r.topics.items[1].name, "c");
    assert_int_equal(r.topics.items[1].partitions.len, 2);
}

/* ---- DescribeTopicPartitions ---- */

static kw_describe_topic_partitions_response describe(struct fixture *f,
                                                      const kw_describe_topic_partitions_request *request)
{
    kw_describe_topic_partitions_response response;
    kw_describe_topic_partitions_response_init(&response);
    assert_int_equal(handle_describe_topic_partitions(&f->call, request, &response), KW_OK);
    return response;
}

static void append(char *text, const kw_describe_topic_partitions_response *r)
{
    for (int32_t i = 0; i < r->topics.len; i++) {
        strncat(text, r->topics.items[i].name.data, (size_t)r->topics.items[i].name.len);
        for (int32_t p = 0; p < r->topics.items[i].partitions.len; p++) {
            char index[] = {(char)('0' + r->topics.items[i].partitions.items[p].partition_index), '\0'};
            strcat(text, index);
        }
        strcat(text, " ");
    }
}

/* Follows the cursors to the end; the result, page by page. */
static void read_pages(struct fixture *f, int32_t limit, char *text)
{
    kw_describe_topic_partitions_request request;
    kw_describe_topic_partitions_request_cursor cursor;
    kw_describe_topic_partitions_request_init(&request);
    request.response_partition_limit = limit;
    for (int pages = 0; pages < 10; pages++) {
        kw_describe_topic_partitions_response r = describe(f, &request);
        append(text, &r);
        if (r.next_cursor == NULL)
            return;
        strcat(text, "| ");
        kw_describe_topic_partitions_request_cursor_init(&cursor);
        cursor.topic_name = r.next_cursor->topic_name;
        cursor.partition_index = r.next_cursor->partition_index;
        request.cursor = &cursor;
    }
    fail_msg("no end");
}

static void test_pages(void **state)
{
    struct fixture *f = *state;
    static const struct {
        int32_t limit;
        const char *pages;
    } cases[] = {
        {2000, "a012 b0 c01 "},
        {6, "a012 b0 c01 "},
        {4, "a012 b0 | c01 "},
        {3, "a012 | b0 c01 "},
        {2, "a01 | a2 b0 | c01 "},
        {1, "a0 | a1 | a2 | b0 | c0 | c1 "},
        {0, "a0 | a1 | a2 | b0 | c0 | c1 "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[128] = "";
        read_pages(f, cases[i].limit, text);
        assert_string_equal(text, cases[i].pages);
    }
}

static void test_cursor(void **state)
{
    struct fixture *f = *state;
    kw_describe_topic_partitions_request_topic_request topics[3];
    kw_describe_topic_partitions_request_cursor cursor;
    kw_describe_topic_partitions_request request;
    static const char *const asked[] = {"c", "x", "a"};
    kw_describe_topic_partitions_request_init(&request);
    for (size_t i = 0; i < 3; i++) {
        kw_describe_topic_partitions_request_topic_request_init(&topics[i]);
        topics[i].name = kw_string_of(asked[i]);
    }
    request.topics.items = topics;
    request.topics.len = 3;
    kw_describe_topic_partitions_request_cursor_init(&cursor);
    cursor.topic_name = kw_string_of("c");
    cursor.partition_index = 1;
    request.cursor = &cursor;
    char text[128] = "";
    kw_describe_topic_partitions_response r = describe(f, &request);
    append(text, &r);
    assert_string_equal(text, "c1 x ");
    assert_int_equal(r.topics.items[0].topic_authorized_operations, TOPIC_OPERATIONS);
    assert_int_equal(r.topics.items[1].error_code, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION);

    cursor.partition_index = 5; /* the topic has fewer */
    r = describe(f, &request);
    assert_int_equal(r.topics.items[0].partitions.len, 0);
    cursor.partition_index = -1;
    r = describe(f, &request);
    assert_int_equal(r.topics.len, 3);
    assert_string(r.topics.items[0].name, "c");
    assert_int_equal(r.topics.items[0].error_code, KW_ERROR_INVALID_REQUEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_metadata_of_all_topics, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_metadata_by_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_metadata_by_id, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cursor, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
