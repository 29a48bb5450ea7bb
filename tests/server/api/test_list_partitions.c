/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_list_partitions FOLDER   in which it makes a data directory of its own
 *
 * ListOffsets of several partitions at once, by isolation, version and with little memory. */
#include "partitions.h"

#include <kwire/api_keys.h>
#include <kwire/frame.h>

#include "handler_support.h"

enum { LATEST = -1, EARLIEST = -2, NEWEST = -3 };

static kw_list_offsets_request request;
static kw_list_offsets_request_topic topics[3];
static kw_list_offsets_request_partition asked[3][4];
static kw_list_offsets_response response;
static struct handler handler;

/* Asks for a time in partitions of t, whose numbers are the digits. Tests change what they need. */
static void ask_for(const char *partitions, int64_t timestamp)
{
    kw_list_offsets_request_init(&request);
    request.replica_id = -1;
    request.topics.items = topics;
    request.topics.len = 1;
    for (size_t t = 0; t < 3; t++) {
        kw_list_offsets_request_topic_init(&topics[t]);
        topics[t].name = kw_string_of("t");
        topics[t].partitions.items = asked[t];
        topics[t].partitions.len = (int32_t)strlen(partitions);
        for (int32_t i = 0; i < topics[t].partitions.len; i++) {
            kw_list_offsets_request_partition_init(&asked[t][i]);
            asked[t][i].partition_index = partitions[i] - '0';
            asked[t][i].timestamp = timestamp;
            asked[t][i].max_num_offsets = 10;
        }
    }
}

static kw_bytes frame_of(int16_t version)
{
    static uint8_t frame[2048];
    kw_writer w;
    if (version != 0)
        for (size_t i = 0; i < COUNT_OF(asked); i++)
            for (size_t k = 0; k < COUNT_OF(asked[i]); k++)
                asked[i][k].max_num_offsets = 1; /* the default, as there is no such field */
    kw_writer_init(&w, frame, sizeof frame);
    kw_frame_mark mark = kw_request_begin(&w, KW_KEY_LIST_OFFSETS, version, 7, kw_string_of("test"));
    assert_status(kw_list_offsets_request_encode(&request, version, &w), KW_OK);
    assert_status(kw_frame_end(&w, mark), KW_OK);
    return (kw_bytes){frame + 4, (int32_t)kw_frame_size(&w, mark) - 4};
}

static void ask(int16_t version)
{
    static uint8_t bytes[8192];
    kw_response header;
    kw_reader in;
    (void)sim_client_send(&client, frame_of(version));
    sim_settle(&sim);
    assert_int_equal(client.outcome, EXCHANGE_ANSWERED);
    size_t size = sim_client_take(&client, bytes, sizeof bytes);
    assert_in_range(size, 5, sizeof bytes);
    kw_arena_reset(&arena);
    const kw_bytes frame = kw_bytes_of(bytes + 4, size - 4);
    assert_status(kw_response_decode_header(&header, KW_KEY_LIST_OFFSETS, version, frame, &arena), KW_OK);
    kw_reader_init_bytes(&in, header.body);
    assert_status(kw_list_offsets_response_decode(&response, version, &in, &arena), KW_OK);
}

static const kw_list_offsets_response_partition_response *at(int32_t topic, int32_t index)
{
    assert_true(topic < response.topics.len);
    assert_true(index < response.topics.items[topic].partitions.len);
    return &response.topics.items[topic].partitions.items[index];
}

static void assert_counts(int32_t topic_count, int32_t first)
{
    assert_int_equal(response.topics.len, topic_count);
    assert_int_equal(response.topics.items[0].partitions.len, first);
}

/* The only partition that was asked for. */
static void assert_found(int16_t version, int64_t offset, int64_t timestamp, int32_t epoch)
{
    ask(version);
    assert_counts(1, 1);
    assert_int_equal(at(0, 0)->error_code, KW_ERROR_NONE);
    assert_int_equal(at(0, 0)->partition_index, asked[0][0].partition_index);
    assert_int_equal(at(0, 0)->offset, offset);
    assert_int_equal(at(0, 0)->timestamp, timestamp);
    assert_int_equal(at(0, 0)->leader_epoch, epoch);
}

static void assert_error(int16_t version, int16_t error)
{
    ask(version);
    assert_counts(1, 1);
    assert_int_equal(at(0, 0)->error_code, error);
    assert_int_equal(at(0, 0)->offset, -1);
    assert_int_equal(at(0, 0)->timestamp, -1);
    assert_int_equal(at(0, 0)->leader_epoch, -1);
}

static void epochs_came_with_version_4(void **state)
{
    (void)state;
    ask_for("0", LATEST);
    assert_found(3, 12, -1, -1);
    assert_found(4, 12, -1, EPOCH);
    ask_for("0", EARLIEST);
    assert_found(3, 1, -1, -1);
    assert_found(4, 1, -1, 2);
    ask_for("0", 101);
    assert_found(3, 2, 101, -1);
    assert_found(4, 2, 101, 0);
    ask_for("0", 102);
    assert_found(4, -1, -1, -1);
    ask_for("0", NEWEST);
    assert_found(7, 2, 101, 0);
}

static void committed_records_only(void **state)
{
    (void)state;
    ask_for("1", LATEST);
    assert_found(5, 13, -1, EPOCH);
    ask_for("1", 300);
    assert_found(5, 9, 300, 0);
    ask_for("1", NEWEST);
    assert_found(7, 12, 500, 0);
    ask_for("1", LATEST);
    request.isolation_level = 1;
    assert_found(5, 9, -1, EPOCH);
    asked[0][0].timestamp = 300;
    assert_found(5, -1, -1, -1); /* is of a transaction that has not ended */
    asked[0][0].timestamp = 101;
    assert_found(5, 1, 101, 0);
    asked[0][0].timestamp = NEWEST;
    assert_found(7, -1, -1, -1);
    request.replica_id = -2; /* for debugging */
    asked[0][0].timestamp = 300;
    assert_found(5, 9, 300, 0);
}

static void unknown_isolation(void **state)
{
    (void)state;
    static const int8_t levels[] = {2, -1};
    for (size_t i = 0; i < COUNT_OF(levels); i++) {
        ask_for("0", LATEST);
        request.isolation_level = levels[i];
        assert_error(5, KW_ERROR_UNKNOWN_SERVER_ERROR);
    }
}

static void leaders_and_epochs(void **state)
{
    (void)state;
    ask_for("2", LATEST);
    assert_error(5, KW_ERROR_NOT_LEADER_OR_FOLLOWER);
    ask_for("9", LATEST);
    assert_error(5, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
    ask_for("0", LATEST);
    topics[0].name = kw_string_of("none");
    assert_error(5, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
    ask_for("0", LATEST);
    asked[0][0].current_leader_epoch = EPOCH;
    assert_found(5, 12, -1, EPOCH);
    asked[0][0].current_leader_epoch = EPOCH - 1;
    assert_error(5, KW_ERROR_FENCED_LEADER_EPOCH);
    asked[0][0].current_leader_epoch = EPOCH + 1;
    assert_error(5, KW_ERROR_UNKNOWN_LEADER_EPOCH);
}

/* What is named twice has an error where it is named first, and nothing else. */
static void partitions_that_are_named_twice(void **state)
{
    (void)state;
    ask_for("0106", LATEST);
    ask(5);
    assert_counts(1, 3);
    assert_int_equal(at(0, 0)->partition_index, 0);
    assert_int_equal(at(0, 0)->error_code, KW_ERROR_INVALID_REQUEST);
    assert_int_equal(at(0, 1)->offset, 13);
    assert_int_equal(at(0, 2)->offset, 20);

    ask_for("01", LATEST);
    request.topics.len = 3;
    topics[0].partitions.len = 1; /* 0, u 0 1, 0 1 */
    topics[1].name = kw_string_of("u");
    ask(5);
    assert_counts(2, 2); /* the topic is answered in one place */
    assert_int_equal(at(0, 0)->error_code, KW_ERROR_INVALID_REQUEST);
    assert_int_equal(at(0, 1)->partition_index, 1);
    assert_int_equal(at(0, 1)->offset, 13);
    assert_int_equal(response.topics.items[1].partitions.len, 2);
    assert_int_equal(at(1, 0)->offset, 0);
    assert_int_equal(at(1, 1)->error_code, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
    topics[2].partitions.len = 1; /* of which nothing is left */
    ask(5);
    assert_counts(2, 1);
    assert_true(kw_string_equal(response.topics.items[1].name, kw_string_of("u")));
}

/* What was listed before something had to be opened is listed again by the worker, and answered once. */
static void a_worker_starts_anew(void **state)
{
    (void)state;
    ask_for("0", LATEST);
    ask(5);
    ask_for("0", LATEST);
    request.topics.len = 2;
    asked[1][0].partition_index = 1;
    assert_int_equal(sim_client_send(&client, frame_of(5)), EXCHANGE_PENDING);
    assert_true(sim_run_worker(&sim));
    assert_false(sim_run_worker(&sim));
    sim_settle(&sim);
    ask(5);
    assert_counts(1, 2);
    assert_int_equal(at(0, 0)->offset, 12);
    assert_int_equal(at(0, 1)->offset, 13);
}

/* A client that leaves when the first log is open already: the second one stays closed. */
static void who_leaves_is_not_searched_for(void **state)
{
    (void)state;
    ask_for("0", LATEST);
    ask(5);
    ask_for("01", LATEST);
    assert_int_equal(sim_client_send(&client, frame_of(5)), EXCHANGE_PENDING);
    sim_client_leave(&client);
    sim_settle(&sim);
    assert_false(log_of(1)->is_open);
    const struct service service = dispatch_service(&broker);
    sim_client_init(&client, &sim, &service, LIMIT);
}

/* ---- version 0 ---- */

static void assert_offsets(int32_t partition, int64_t first, int64_t second, int64_t third)
{
    const kw_int64_array offsets = at(0, partition)->old_style_offsets;
    assert_int_equal(at(0, partition)->error_code, KW_ERROR_NONE);
    assert_int_equal(offsets.len, (first >= 0) + (second >= 0) + (third >= 0));
    for (int32_t i = 0; i < offsets.len; i++)
        assert_int_equal(offsets.items[i], i == 0 ? first : i == 1 ? second : third);
}

/* From the end on: where each segment begins, but not before the log does. */
static void offsets_of_version_0(void **state)
{
    (void)state;
    ask_for("0146", LATEST);
    ask(0);
    assert_counts(1, 4);
    assert_offsets(0, 12, 10, 1);
    assert_offsets(1, 13, 0, -1);
    assert_offsets(2, 0, -1, -1); /* has no folder */
    assert_offsets(3, 20, 0, -1); /* the last segment is empty */
    ask_for("0", LATEST);
    asked[0][0].max_num_offsets = 2;
    ask(0);
    assert_offsets(0, 12, 10, -1);
    asked[0][0].max_num_offsets = 0;
    ask(0);
    assert_offsets(0, -1, -1, -1);
    ask_for("0", EARLIEST);
    ask(0);
    assert_offsets(0, 1, -1, -1);
}

/* Of a segment that is gone nobody knows when it was written to. */
static void segments_that_are_gone(void **state)
{
    (void)state;
    path_text last = in_folder(6, "00000000000000000020.log");
    ask_for("6", INT64_MAX);
    ask(0);
    assert_offsets(0, 20, 0, -1);
    assert_int_equal(remove(last.text), 0);
    asked[0][0].timestamp = INT64_MAX - 1;
    ask(0);
    put_segment(6, "00000000000000000020.log", NULL, 0);
    assert_offsets(0, 0, -1, -1);
}

/* ---- little memory ---- */

static void memory_that_is_short(void **state)
{
    (void)state;
    ask_for("01", LATEST);
    request.topics.len = 2;
    topics[1].name = kw_string_of("u");
    ask(5); /* so that all logs are open */
    handler_init(&handler, broker.metadata.current);
    config_finish(&handler.broker.config);
    handler.call.broker = &broker;
    asked[0][0].max_num_offsets = asked[0][1].max_num_offsets = asked[1][0].max_num_offsets = 10;
#define OLD_STYLE(index, offsets) "{'partitionIndex':" index ",'errorCode':0,'oldStyleOffsets':[" offsets "]}"
    ASK(&handler, list_offsets, 0, &request,
        "{'topics':[{'name':'t','partitions':[" OLD_STYLE("0", "12,10,1") "," OLD_STYLE(
            "1", "13,0") "]},{'name':'u','partitions':[" OLD_STYLE("0", "0") ",{'partitionIndex':1,'errorCode':3,"
                                                                             "'oldStyleOffsets':[]}]}]}");
#define FOUND(index, error, offset, epoch) \
    "{'partitionIndex':" index ",'errorCode':" error ",'timestamp':-1,'offset':" offset ",'leaderEpoch':" epoch "}"
    ASK(&handler, list_offsets, 5, &request,
        "{'throttleTimeMs':0,'topics':[{'name':'t','partitions':[" FOUND("0", "0", "12", "5") "," FOUND(
            "1", "0", "13", "5") "]},{'name':'u','partitions':[" FOUND("0", "0", "0", "5") "," FOUND("1", "3", "-1",
                                                                                                     "-1") "]}]}");
}

#define LIST_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: test_server_list_partitions FOLDER\n");
        return 2;
    }
    make_data(argv[1]);
    const struct CMUnitTest tests[] = {
        LIST_TEST(epochs_came_with_version_4),
        LIST_TEST(committed_records_only),
        LIST_TEST(unknown_isolation),
        LIST_TEST(leaders_and_epochs),
        LIST_TEST(partitions_that_are_named_twice),
        LIST_TEST(a_worker_starts_anew),
        LIST_TEST(who_leaves_is_not_searched_for),
        LIST_TEST(offsets_of_version_0),
        LIST_TEST(segments_that_are_gone),
        LIST_TEST(memory_that_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
