/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions of share groups, acknowledgements in ShareFetch and ShareAcknowledge, and what becomes of their records. */
#include "share_read_support.h"

/* ---- sessions ---- */

static void partitions_that_are_forgotten(void **state)
{
    (void)state;
    initialize_all();
    start_fetch("m", 0);
    add_all();
    made.request.max_wait_ms = 0;
    assert_string_equal(fetch_at_once(), "one/0; one/1; two/0; ");
    append("one", 0, 1);
    append("one", 1, 1);
    append("two", 0, 1);
    start_fetch("m", 1);
    forget("one", 0);
    forget("two", 0);
    made.request.max_wait_ms = 0;
    assert_string_equal(fetch_at_once(), "one/1 0-0*1 [0-0]; ");
    start_fetch("m", 2);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 0-0*1 [0-0]; ");
}

static void a_member_that_leaves(void **state)
{
    (void)state;
    append("one", 0, 2);
    append("one", 1, 2);
    initialize_all();
    start_fetch("m", 0);
    add("one", 0);
    add("one", 1);
    assert_string_equal(fetch_at_once(), "one/0 0-1*1 [0-1]; one/1 0-1*1 [0-1]; ");
    start_fetch("m", -1);
    add("one", 0);
    acknowledge(0, 0, "1");
    assert_string_equal(fetch_at_once(), "one/0; ");
    start_fetch("n", 0);
    add("one", 0);
    add("one", 1);
    assert_string_equal(fetch_at_once(), "one/0 1-1*2 [0-1]; one/1 0-1*2 [0-1]; ");
    start_fetch("m", 2);
    assert_string_equal(fetch_at_once(), "error 122");
}

static void more_sessions_than_allowed(void **state)
{
    (void)state;
    initialize_all();
    broker.share_sessions.most = 1;
    start_fetch("m", 0);
    add("one", 0);
    made.request.max_wait_ms = 0;
    assert_string_equal(fetch_at_once(), "one/0; ");
    start_fetch("n", 0);
    add("one", 0);
    made.request.max_wait_ms = 0;
    assert_string_equal(fetch_at_once(), "error 133");
    made.request.max_wait_ms = WAIT_MS;
    assert_string_equal(fetch_in_the_end(), "error 133");
}

/* ---- acknowledgements ---- */

static void acknowledgements_of_several_partitions(void **state)
{
    (void)state;
    append("one", 0, 4);
    append("one", 1, 4);
    initialize_all();
    start_fetch("m", 0);
    add_all();
    assert_string_equal(fetch_at_once(), "one/0 0-3*1 [0-3]; one/1 0-3*1 [0-3]; two/0; ");
    append("two", 0, 1);
    start_fetch("m", 1);
    add("one", 1);
    acknowledge(0, 3, "1213");
    add("one", 0);
    acknowledge(0, 1, "1");
    acknowledge(1, 3, "1"); /* the first one overlaps */
    assert_string_equal(fetch_at_once(), "one/0 not acknowledged 121; one/1 1-1*2 [0-3]; two/0 0-0*1 [0-0]; ");
}

static void renewals(void **state)
{
    (void)state;
    append("one", 0, 4);
    initialize_all();
    start_fetch("m", 0);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 0-3*1 [0-3]; ");
    sim_advance(&sim, LOCK_MS - 1);
    start_fetch("m", 1);
    add("one", 0);
    acknowledge(0, 1, "4");
    add("one", 1);
    acknowledge(0, 1, "4");
    made.request.is_renew_ack = true;
    made.request.max_bytes = made.request.min_bytes = made.request.max_records = made.request.max_wait_ms = 0;
    assert_string_equal(fetch_at_once(), "one/0; one/1 not acknowledged 3; ");
    sim_advance(&sim, 1);
    sim_settle(&sim);
    start_fetch("n", 0);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 2-3*2 [0-3]; ");
    start_fetch("m", 2);
    add("one", 0);
    acknowledge(0, 1, "4");
    made.request.max_records = 0;
    assert_string_equal(fetch_at_once(), "one/0 not acknowledged 42; "); /* it says that it renews nothing */
    set_of_group("share.renew.acknowledge.enable", "false");
    start_fetch("m", 3);
    add("one", 0);
    acknowledge(0, 1, "4");
    made.request.is_renew_ack = true;
    made.request.max_bytes = made.request.min_bytes = made.request.max_records = made.request.max_wait_ms = 0;
    assert_string_equal(fetch_at_once(), "one/0 not acknowledged 121; ");
}

/* Each must be 0 for a renewal, and is named if it is not. */
static void renewals_that_fetch(void **state)
{
    (void)state;
    static const struct {
        int32_t bytes, min, records, wait;
    } cases[] = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}, {5, 0, 0, 7}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        start_fetch("m", 1);
        made.request.is_renew_ack = true;
        made.request.max_bytes = cases[i].bytes;
        made.request.min_bytes = cases[i].min;
        made.request.max_records = cases[i].records;
        made.request.max_wait_ms = cases[i].wait;
        if (send_to(FETCH, &made.request) == EXCHANGE_PENDING)
            sim_settle(&sim);
        const kw_share_fetch_response *response = take_value(&peer, FETCH);
        assert_int_equal(response->error_code, KW_ERROR_INVALID_REQUEST);
        assert_int_equal(response->error_message.len, -1); /* as in Kafka */
    }
}

/* The settings of the group, within those of the broker. */
static void settings_of_the_group(void **state)
{
    (void)state;
    append("one", 0, 1);
    initialize_all();
    set_of_group("share.record.lock.duration.ms", "20000");
    set_of_group("share.delivery.count.limit", "2");
    start_fetch("m", 0);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 0-0*1 [0-0]; ");
    sim_advance(&sim, 19999);
    start_fetch("m", 1);
    made.request.max_wait_ms = 0;
    assert_string_equal(fetch_at_once(), "");
    sim_advance(&sim, 1);
    sim_settle(&sim);
    set_of_group("share.record.lock.duration.ms", "1"); /* at least 15 s */
    start_fetch("m", 2);
    if (send_to(FETCH, &made.request) == EXCHANGE_PENDING)
        sim_settle(&sim);
    const kw_share_fetch_response *response = take_value(&peer, FETCH);
    assert_int_equal(response->acquisition_lock_timeout_ms, 15000);
    assert_string_equal(fetch_text(response), "one/0 0-0*2 [0-0]; ");
    sim_advance(&sim, 15000);
    sim_settle(&sim);
    append("one", 0, 1);
    set_of_group("share.record.lock.duration.ms", "100000000"); /* at most 60 s */
    start_fetch("m", 3);
    if (send_to(FETCH, &made.request) == EXCHANGE_PENDING)
        sim_settle(&sim);
    response = take_value(&peer, FETCH);
    assert_int_equal(response->acquisition_lock_timeout_ms, 60000);
    assert_string_equal(fetch_text(response), "one/0 1-1*1 [1-1]; "); /* the other one was delivered twice */
    sim_advance(&sim, 60000);
    sim_settle(&sim);
}

/* ---- ShareAcknowledge ---- */

/* Of a partition that is answered once. */
static int16_t error_of(const kw_share_acknowledge_response *response, kw_uuid topic, int32_t partition)
{
    const kw_share_acknowledge_response_partition_data *found = NULL;
    for (int32_t t = 0; t < response->responses.len; t++)
        for (int32_t p = 0; p < response->responses.items[t].partitions.len; p++) {
            const kw_share_acknowledge_response_partition_data *one = &response->responses.items[t].partitions.items[p];
            if (!kw_uuid_equal(response->responses.items[t].topic_id, topic) || one->partition_index != partition)
                continue;
            assert_null(found);
            found = one;
        }
    assert_non_null(found);
    return found->error_code;
}

static void an_answer_for_each_partition(void **state)
{
    (void)state;
    kw_share_acknowledge_request request;
    kw_share_acknowledge_request_acknowledge_topic topics[3];
    kw_share_acknowledge_request_acknowledge_partition partitions[4];
    kw_share_acknowledge_request_acknowledgement_batch batches[4];
    static const struct {
        int topic;
        int32_t partition;
        int64_t first, last;
        int16_t error;
    } asked_for[] = {
        {0, 1, 0, 1, KW_ERROR_NONE},
        {0, 0, 1, 0, KW_ERROR_INVALID_REQUEST},
        {1, 0, 0, 0, KW_ERROR_UNKNOWN_TOPIC_ID},
        {2, 7, 0, 0, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION},
    };
    int8_t accept = 1;
    append("one", 0, 2);
    append("one", 1, 2);
    initialize_all();
    start_fetch("m", 0);
    add_all();
    (void)fetch_at_once();
    kw_share_acknowledge_request_init(&request);
    for (size_t i = 0; i < COUNT_OF(topics); i++)
        kw_share_acknowledge_request_acknowledge_topic_init(&topics[i]);
    for (size_t i = 0; i < COUNT_OF(asked_for); i++) {
        kw_share_acknowledge_request_acknowledge_topic *topic = &topics[asked_for[i].topic];
        kw_share_acknowledge_request_acknowledge_partition_init(&partitions[i]);
        kw_share_acknowledge_request_acknowledgement_batch_init(&batches[i]);
        batches[i].first_offset = asked_for[i].first;
        batches[i].last_offset = asked_for[i].last;
        batches[i].acknowledge_types = (kw_int8_array){&accept, 1};
        partitions[i].partition_index = asked_for[i].partition;
        partitions[i].acknowledgement_batches.items = &batches[i];
        partitions[i].acknowledgement_batches.len = 1;
        if (topic->partitions.len == 0)
            topic->partitions.items = &partitions[i];
        topic->partitions.len++;
    }
    topics[0].topic_id = current_topic("one")->id;
    topics[1].topic_id = (kw_uuid){{9}};
    topics[2].topic_id = current_topic("two")->id;
    request.group_id = kw_string_of("group");
    request.member_id = kw_string_of("m");
    request.share_session_epoch = 1;
    request.topics.items = topics;
    request.topics.len = COUNT_OF(topics);
    if (send_to(ACKNOWLEDGE, &request) == EXCHANGE_PENDING)
        sim_settle(&sim);
    const kw_share_acknowledge_response *response = take_value(&peer, ACKNOWLEDGE);
    assert_int_equal(response->error_code, KW_ERROR_NONE);
    assert_int_equal(response->acquisition_lock_timeout_ms, LOCK_MS);
    assert_int_equal(response->responses.len, COUNT_OF(topics));
    for (size_t i = 0; i < COUNT_OF(asked_for); i++)
        assert_int_equal(error_of(response, topics[asked_for[i].topic].topic_id, asked_for[i].partition),
                         asked_for[i].error);
}

/* ---- what is not needed any more ---- */

static int64_t deleted_records(void)
{
    int64_t sum = 0;
    for (int32_t i = 0; i < 4; i++) {
        struct log_snapshot snapshot;
        struct partition_log *log = log_of("__share_group_state", i);
        assert_int_equal(partition_log_acquire(log, false, &snapshot), KW_ERROR_NONE);
        sum += snapshot.log_start_offset;
        log_snapshot_release(&snapshot);
        log_release(log);
    }
    return sum;
}

static int set_up_pruned(void **state)
{
    if (set_up_read(state) != 0)
        return -1;
    coordinators_stop(&broker);
    sim_settle(&sim);
    coordinators_await(&broker);
    set_property("share.coordinator.state.topic.prune.interval.ms", "1");
    restart_broker();
    broker.share_partitions.options.clock = clock_of_sim;
    coordinators_start(&broker, direct_homes, 1);
    return 0;
}

/* Records below the oldest snapshots that count go, now and then, and what was acknowledged stays so. */
static void states_are_pruned(void **state)
{
    (void)state;
    enum { RECORDS = 12, TRIES = 100000 };
    append("one", 0, RECORDS);
    initialize("one", 0, 0);
    start_fetch("m", 0);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 0-11*1 [0-11]; ");
    for (int32_t i = 0; i < RECORDS - 2; i++) {
        start_fetch("m", 1 + i);
        add("one", 0);
        acknowledge(i, i, "1");
        made.request.max_records = 0;
        assert_string_equal(fetch_at_once(), "one/0; ");
    }
    for (int i = 0; i < TRIES && deleted_records() == 0; i++) { /* by the clock of the machine */
        sim_advance(&sim, 1);
        sim_settle(&sim);
    }
    assert_true(deleted_records() > 0);
    const struct share_key key = {kw_string_of("group"), current_topic("one")->id, 0};
    share_partitions_drop(&broker.share_partitions, &key); /* it is loaded again */
    start_fetch("n", 0);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 10-11*1 [0-11]; ");
}

#define READ_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_read, tear_down_read)

int main(void)
{
    const struct CMUnitTest tests[] = {
        READ_TEST(partitions_that_are_forgotten),
        READ_TEST(a_member_that_leaves),
        READ_TEST(more_sessions_than_allowed),
        READ_TEST(acknowledgements_of_several_partitions),
        READ_TEST(renewals),
        READ_TEST(renewals_that_fetch),
        READ_TEST(settings_of_the_group),
        READ_TEST(an_answer_for_each_partition),
        cmocka_unit_test_setup_teardown(states_are_pruned, set_up_pruned, tear_down_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
