/* SPDX-License-Identifier: Apache-2.0 */
/* The five APIs of the state of share partitions, in a broker whose directory is in memory. */
#include <kwire/api_keys.h>

#include "api/dispatch.h"
#include "api/handlers.h"

enum { STATE_PARTITIONS = 4 };

#define APIS(X)                                                      \
    X(INITIALIZE_SHARE_GROUP_STATE, initialize_share_group_state, 0) \
    X(READ_SHARE_GROUP_STATE, read_share_group_state, 0)             \
    X(WRITE_SHARE_GROUP_STATE, write_share_group_state, 1)           \
    X(DELETE_SHARE_GROUP_STATE, delete_share_group_state, 0)         \
    X(READ_SHARE_GROUP_STATE_SUMMARY, read_share_group_state_summary, 1)

#define ADAPTER(KEY, name, version)                                \
    static enum call_outcome call_##name(struct call *call)        \
    {                                                              \
        return handle_##name(call, call->request, call->response); \
    }
APIS(ADAPTER)

#define ROW(KEY, name, version) \
    {KW_KEY_##KEY, {0, version}, &kw_##name##_request_message, &kw_##name##_response_message, call_##name},
static const struct api apis[] = {APIS(ROW)};

enum { INITIALIZE, READ, WRITE, DELETE, SUMMARY };

#include "direct_api.h"

/* ---- requests ---- */

enum { MOST = 300 };

static kw_initialize_share_group_state_request_partition_data new_ones[MOST];
static kw_initialize_share_group_state_request_initialize_state_data new_topic;
static kw_initialize_share_group_state_request initialize_request;
static kw_write_share_group_state_request_state_batch written_batches[2];
static kw_write_share_group_state_request_partition_data written_ones[1];
static kw_write_share_group_state_request_write_state_data written_topic;
static kw_write_share_group_state_request write_request;
static kw_read_share_group_state_request_partition_data read_ones[1];
static kw_read_share_group_state_request_read_state_data read_topic;
static kw_read_share_group_state_request read_request;
static kw_read_share_group_state_summary_request_partition_data summed_ones[2];
static kw_read_share_group_state_summary_request_read_state_summary_data summed_topic;
static kw_read_share_group_state_summary_request summary_request;
static kw_delete_share_group_state_request_partition_data deleted_ones[2];
static kw_delete_share_group_state_request_delete_state_data deleted_topic;
static kw_delete_share_group_state_request delete_request;

static const void *to_initialize(int32_t first, int32_t count, int64_t start)
{
    kw_initialize_share_group_state_request_init(&initialize_request);
    kw_initialize_share_group_state_request_initialize_state_data_init(&new_topic);
    for (int32_t i = 0; i < count; i++) {
        kw_initialize_share_group_state_request_partition_data_init(&new_ones[i]);
        new_ones[i].partition = first + i;
        new_ones[i].state_epoch = 3;
        new_ones[i].start_offset = start;
    }
    new_topic.topic_id = nth_id(0);
    new_topic.partitions.items = new_ones;
    new_topic.partitions.len = count;
    initialize_request.group_id = kw_string_of("group");
    initialize_request.topics.items = &new_topic;
    initialize_request.topics.len = 1;
    return &initialize_request;
}

static const void *to_write(int32_t partition, int64_t start)
{
    kw_write_share_group_state_request_init(&write_request);
    kw_write_share_group_state_request_write_state_data_init(&written_topic);
    kw_write_share_group_state_request_partition_data_init(&written_ones[0]);
    for (size_t i = 0; i < COUNT_OF(written_batches); i++) {
        kw_write_share_group_state_request_state_batch_init(&written_batches[i]);
        written_batches[i].first_offset = start + 10 * (int64_t)i;
        written_batches[i].last_offset = start + 10 * (int64_t)i + 4;
        written_batches[i].delivery_state = 2 * (int8_t)i;
        written_batches[i].delivery_count = 1;
    }
    written_ones[0].partition = partition;
    written_ones[0].state_epoch = 3;
    written_ones[0].leader_epoch = 1;
    written_ones[0].start_offset = start;
    written_ones[0].delivery_complete_count = 5;
    written_ones[0].state_batches.items = written_batches;
    written_ones[0].state_batches.len = COUNT_OF(written_batches);
    written_topic.topic_id = nth_id(0);
    written_topic.partitions.items = written_ones;
    written_topic.partitions.len = 1;
    write_request.group_id = kw_string_of("group");
    write_request.topics.items = &written_topic;
    write_request.topics.len = 1;
    return &write_request;
}

static const void *to_read(int32_t partition, int32_t leader_epoch)
{
    kw_read_share_group_state_request_init(&read_request);
    kw_read_share_group_state_request_read_state_data_init(&read_topic);
    kw_read_share_group_state_request_partition_data_init(&read_ones[0]);
    read_ones[0].partition = partition;
    read_ones[0].leader_epoch = leader_epoch;
    read_topic.topic_id = nth_id(0);
    read_topic.partitions.items = read_ones;
    read_topic.partitions.len = 1;
    read_request.group_id = kw_string_of("group");
    read_request.topics.items = &read_topic;
    read_request.topics.len = 1;
    return &read_request;
}

static const void *to_sum_up(int32_t first)
{
    kw_read_share_group_state_summary_request_init(&summary_request);
    kw_read_share_group_state_summary_request_read_state_summary_data_init(&summed_topic);
    for (int32_t i = 0; i < 2; i++) {
        kw_read_share_group_state_summary_request_partition_data_init(&summed_ones[i]);
        summed_ones[i].partition = first + i;
    }
    summed_topic.topic_id = nth_id(0);
    summed_topic.partitions.items = summed_ones;
    summed_topic.partitions.len = 2;
    summary_request.group_id = kw_string_of("group");
    summary_request.topics.items = &summed_topic;
    summary_request.topics.len = 1;
    return &summary_request;
}

static const void *to_delete(int32_t first)
{
    kw_delete_share_group_state_request_init(&delete_request);
    kw_delete_share_group_state_request_delete_state_data_init(&deleted_topic);
    for (int32_t i = 0; i < 2; i++) {
        kw_delete_share_group_state_request_partition_data_init(&deleted_ones[i]);
        deleted_ones[i].partition = first + i;
    }
    deleted_topic.topic_id = nth_id(0);
    deleted_topic.partitions.items = deleted_ones;
    deleted_topic.partitions.len = 2;
    delete_request.group_id = kw_string_of("group");
    delete_request.topics.items = &deleted_topic;
    delete_request.topics.len = 1;
    return &delete_request;
}

#define RESULT "{'results':[{'topicId':" ID_TEXT("EA") ",'partitions':["
#define OK(n) "{'partition':" #n ",'errorCode':0,'errorMessage':null}"
#define NOT_HERE(n, what)                                                \
    "{'partition':" #n ",'errorCode':16,'errorMessage':'Unable to " what \
    " share group state: This is not the correct coordinator.'}"

static void a_state_from_start_to_end(void **state)
{
    (void)state;
    create_topic("topic", 3);
    create_topic("__share_group_state", STATE_PARTITIONS);
    assert_string_equal(ask_api(INITIALIZE, to_initialize(0, 2, -1)), RESULT OK(0) "," OK(1) "]}]}");
    assert_string_equal(ask_api(WRITE, to_write(1, 100)), RESULT OK(1) "]}]}");
    assert_string_equal(ask_api(READ, to_read(1, 4)),
                        RESULT "{'partition':1,'errorCode':0,'errorMessage':null,'stateEpoch':3,'startOffset':100,"
                               "'stateBatches':[{'firstOffset':100,'lastOffset':104,'deliveryState':0,"
                               "'deliveryCount':1},{'firstOffset':110,'lastOffset':114,'deliveryState':2,"
                               "'deliveryCount':1}]}]}]}");
    assert_string_equal(ask_api(WRITE, to_write(1, 100)),
                        RESULT "{'partition':1,'errorCode':74,'errorMessage':'The leader epoch in the request is older "
                               "than the epoch on the broker.'}]}]}");
    assert_string_equal(ask_api(SUMMARY, to_sum_up(1)),
                        RESULT "{'partition':1,'errorCode':0,'errorMessage':null,'stateEpoch':3,'leaderEpoch':4,"
                               "'startOffset':100,'deliveryCompleteCount':5},{'partition':2,'errorCode':0,"
                               "'errorMessage':null,'stateEpoch':0,'leaderEpoch':0,'startOffset':-1,"
                               "'deliveryCompleteCount':-1}]}]}");
    assert_string_equal(ask_api(DELETE, to_delete(1)), RESULT OK(1) "," OK(2) "]}]}");
    assert_string_equal(ask_api(READ, to_read(1, 4)),
                        RESULT "{'partition':1,'errorCode':42,'errorMessage':'Read operation on uninitialized share "
                               "partition not allowed.','stateEpoch':0,'startOffset':0,'stateBatches':[]}]}]}");
    assert_string_equal(ask_api(SUMMARY, to_sum_up(3)),
                        RESULT "{'partition':3,'errorCode':3,'errorMessage':'This server does not host this "
                               "topic-partition.','stateEpoch':0,'leaderEpoch':0,'startOffset':0,"
                               "'deliveryCompleteCount':-1},{'partition':4,'errorCode':3,'errorMessage':'This server "
                               "does not host this topic-partition.','stateEpoch':0,'leaderEpoch':0,'startOffset':0,"
                               "'deliveryCompleteCount':-1}]}]}");
}

static void states_survive_a_restart(void **state)
{
    (void)state;
    create_topic("topic", 3);
    create_topic("__share_group_state", STATE_PARTITIONS);
    assert_string_equal(ask_api(INITIALIZE, to_initialize(1, 1, 7)), RESULT OK(1) "]}]}");
    assert_string_equal(ask_api(WRITE, to_write(1, 100)), RESULT OK(1) "]}]}");
    coordinators_stop(&broker);
    sim_settle(&sim);
    coordinators_await(&broker);
    restart_broker();
    coordinators_start(&broker, direct_homes, 1);
    assert_string_equal(ask_api(READ, to_read(1, 1)),
                        RESULT "{'partition':1,'errorCode':0,'errorMessage':null,'stateEpoch':3,'startOffset':100,"
                               "'stateBatches':[{'firstOffset':100,'lastOffset':104,'deliveryState':0,"
                               "'deliveryCount':1},{'firstOffset':110,'lastOffset':114,'deliveryState':2,"
                               "'deliveryCount':1}]}]}]}");
}

static void without_the_topic(void **state)
{
    (void)state;
    create_topic("topic", 3);
    assert_string_equal(ask_api(INITIALIZE, to_initialize(0, 1, -1)), RESULT NOT_HERE(0, "initialize") "]}]}");
    assert_string_equal(ask_api(WRITE, to_write(0, 0)), RESULT NOT_HERE(0, "write") "]}]}");
    assert_string_equal(ask_api(DELETE, to_delete(0)), RESULT NOT_HERE(0, "delete") "," NOT_HERE(1, "delete") "]}]}");
}

static void requests_without_anything(void **state)
{
    (void)state;
    kw_initialize_share_group_state_request *request;
    create_topic("topic", 3);
    create_topic("__share_group_state", STATE_PARTITIONS);
    request = (kw_initialize_share_group_state_request *)to_initialize(0, 1, -1);
    request->group_id.len = 0;
    assert_string_equal(ask_api(INITIALIZE, request), "{'results':[]}");
    (void)to_initialize(0, 0, -1);
    assert_string_equal(ask_api(INITIALIZE, request), "{'results':[]}");
    request->topics.len = 0;
    assert_string_equal(ask_api(INITIALIZE, request), "{'results':[]}");
}

/* All in one request, while appends wait and while they do not. */
static void many_partitions(void **state)
{
    (void)state;
    create_topic("topic", MOST);
    create_topic("__share_group_state", STATE_PARTITIONS);
    const char *text = ask_api(INITIALIZE, to_initialize(0, MOST, 5));
    int count = 0;
    for (const char *at = text; (at = strstr(at, "'errorCode':0")) != NULL; at++)
        count++;
    assert_int_equal(count, MOST);
    assert_non_null(strstr(text, OK(299)));
}

static void while_memory_is_short(void **state)
{
    (void)state;
    create_topic("topic", 3);
    create_topic("__share_group_state", STATE_PARTITIONS);
    (void)ask_api(INITIALIZE, to_initialize(0, 3, 0));
    const void *requests[] = {to_initialize(0, 2, 0), to_read(1, 1), to_write(1, 3), to_delete(1), to_sum_up(0)};
    for (int api = SUMMARY; api >= INITIALIZE; api--) {
        size_t refused = 0;
        for (size_t memory = 0;; memory += 8, refused++) {
            assert_true(memory < 1 << 16);
            sim_client_finish(&peer);
            start_peer(memory);
            if (send_to(api, requests[api]) == EXCHANGE_PENDING)
                sim_settle(&sim);
            if (peer.outcome == EXCHANGE_ANSWERED)
                break;
            assert_int_equal(peer.outcome, EXCHANGE_CLOSE);
        }
        assert_true(refused > 5);
        assert_non_null(strstr(take(api), "'errorCode':"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_state_from_start_to_end, set_up_apis, tear_down_apis),
        cmocka_unit_test_setup_teardown(states_survive_a_restart, set_up_apis, tear_down_apis),
        cmocka_unit_test_setup_teardown(without_the_topic, set_up_apis, tear_down_apis),
        cmocka_unit_test_setup_teardown(requests_without_anything, set_up_apis, tear_down_apis),
        cmocka_unit_test_setup_teardown(many_partitions, set_up_apis, tear_down_apis),
        cmocka_unit_test_setup_teardown(while_memory_is_short, set_up_apis, tear_down_apis),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
