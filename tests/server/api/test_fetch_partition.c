/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_fetch_partition FOLDER   in which it makes a data directory of its own
 *
 * What Fetch answers for each partition: records, offsets, transactions, epochs and errors, by version. */
#include "fetch_support.h"

#include "../support/captured.h"

/* ---- records ---- */

static void offsets_are_answered(void **state)
{
    (void)state;
    (void)ask_for(0, 1);
    const kw_fetch_response_partition_data *p = only(LATEST_VERSION);
    assert_int_equal(p->records.len, 2 * TWO);
    assert_int_equal(kw_load_be64(p->records.data), 1);
    assert_true(client.responses.writer.gather_min == SIZE_MAX); /* the next response is copied, as its request ends */
    assert_int_equal(p->high_watermark, 12);
    assert_int_equal(p->last_stable_offset, 12);
    assert_int_equal(p->log_start_offset, 1);
    assert_int_equal(p->aborted_transactions.len, -1);
    assert_int_equal(p->current_leader.leader_id, -1);
    assert_int_equal(p->diverging_epoch.epoch, -1);
    assert_int_equal(response.error_code, KW_ERROR_NONE);
    assert_int_equal(response.session_id, 0);
    assert_int_equal(response.node_endpoints.len, 0);
    (void)ask_for(0, 12);
    assert_size(LATEST_VERSION, 0);
    assert_int_equal(at(0, 0)->high_watermark, 12);
    (void)ask_for(4, 0); /* has no folder */
    assert_size(LATEST_VERSION, 0);
    assert_int_equal(at(0, 0)->high_watermark, 0);
}

static void offsets_out_of_range(void **state)
{
    (void)state;
    static const int64_t offsets[] = {0, -1, 13, INT64_MAX};
    for (size_t i = 0; i < COUNT_OF(offsets); i++) {
        (void)ask_for(0, offsets[i]);
        assert_error(LATEST_VERSION, KW_ERROR_OFFSET_OUT_OF_RANGE);
    }
}

static void sizes_of_a_partition(void **state)
{
    (void)state;
    kw_fetch_request_partition *p = ask_for(1, 6);
    p->partition_max_bytes = ONE + TWO;
    assert_size(4, ONE + TWO);
    p->partition_max_bytes = ONE + TWO - 1;
    assert_size(4, ONE + TWO - 1); /* the first batch is whole */
    p->partition_max_bytes = ONE - 1;
    assert_size(4, ONE);
    p->partition_max_bytes = -1;
    assert_error(4, KW_ERROR_UNKNOWN_SERVER_ERROR);
    p = ask_for(5, 0);
    p->partition_max_bytes = OLD - 1;
    assert_size(3, OLD);
    assert_size(2, 0); /* before version 3 it may be cut, and nothing is left of it */
    p->partition_max_bytes = 0;
    assert_size(3, OLD);
    assert_size(2, 0);
}

/* The first partition with records has at least one batch, the others what is left. */
static void sizes_of_several_partitions(void **state)
{
    (void)state;
    (void)ask_for(4, 0);
    (void)and_for(1, 6);
    (void)and_for(0, 3);
    (void)and_for(0, 10);
    static const struct {
        int32_t max;
        int32_t first, second;
    } cases[] = {
        {LIMIT, 4 * ONE + TWO + MARKER, TWO},
        {4 * ONE + TWO + MARKER + TWO, 4 * ONE + TWO + MARKER, TWO},
        {4 * ONE + TWO + MARKER + TWO - 1, 4 * ONE + TWO + MARKER, 0},
        {4 * ONE + TWO + MARKER, 4 * ONE + TWO + MARKER, 0},
        {1, ONE, 0},
        {0, ONE, 0},
    };
    topics[0].partitions.len = 3;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        request.max_bytes = cases[i].max;
        ask(LATEST_VERSION);
        assert_int_equal(at(0, 0)->records.len, 0);
        assert_int_equal(at(0, 1)->records.len, cases[i].first);
        assert_int_equal(at(0, 2)->records.len, cases[i].second);
        assert_int_equal(at(0, 2)->error_code, KW_ERROR_NONE);
        assert_int_equal(at(0, 2)->high_watermark, 12);
    }
    broker.config.fetch_max_bytes = ONE;
    request.max_bytes = LIMIT;
    ask(LATEST_VERSION);
    assert_int_equal(at(0, 1)->records.len, ONE);
    assert_int_equal(at(0, 2)->records.len, 0);
    broker.config.fetch_max_bytes = LIMIT;
    request.max_bytes = ONE;
    ask(LATEST_VERSION);
    assert_int_equal(at(0, 1)->records.len, ONE);
}

/* Fewer than no bytes is an error once; for the other partitions nothing is left. */
static void negative_sizes(void **state)
{
    (void)state;
    (void)ask_for(1, 6);
    (void)and_for(0, 3);
    request.max_bytes = -1;
    ask(LATEST_VERSION);
    assert_int_equal(at(0, 0)->error_code, KW_ERROR_UNKNOWN_SERVER_ERROR);
    assert_int_equal(at(0, 1)->error_code, KW_ERROR_NONE);
    assert_int_equal(at(0, 1)->records.len, TWO);
    asked[0][0].partition_max_bytes = -1;
    request.max_bytes = TWO;
    ask(LATEST_VERSION);
    assert_int_equal(at(0, 0)->error_code, KW_ERROR_UNKNOWN_SERVER_ERROR);
    assert_int_equal(at(0, 1)->records.len, TWO);
    asked[0][0].partition_max_bytes = LIMIT;
    for (int8_t isolation = 0; isolation <= 1; isolation++) { /* nothing to read, as in an empty log */
        request.isolation_level = isolation;
        request.max_bytes = LIMIT;
        ask(LATEST_VERSION);
        asked[0][0].fetch_offset = isolation == 0 ? at(0, 0)->high_watermark : at(0, 0)->last_stable_offset;
        request.max_bytes = -1;
        ask(LATEST_VERSION);
        assert_int_equal(at(0, 0)->error_code, KW_ERROR_NONE);
        assert_int_equal(at(0, 1)->records.len, TWO);
    }
}

/* Old clients get messages that they know. */
static void magic_by_version(void **state)
{
    (void)state;
    static const uint8_t greatest[] = {0, 0, 1, 1};
    (void)ask_for(5, 0);
    assert_size(4, OLD);
    assert_size(2, OLD);
    assert_size(1, OLD); /* the message is smaller, and followed by something that is no message */
    assert_int_equal(at(0, 0)->records.data[16], 0);
    (void)ask_for(1, 6);
    assert_size(4, 4 * ONE + TWO + MARKER);
    for (int16_t version = 0; version < 4; version++) {
        assert_size(version, 4 * ONE + TWO + MARKER);
        const kw_fetch_response_partition_data *p = at(0, 0);
        assert_int_equal(p->records.data[16], greatest[version]);
        assert_int_equal(kw_load_be64(p->records.data), 6);
        assert_true(p->high_watermark > 6);
    }
    assert_true(atomic_load(&broker.converted_bytes) == 0); /* all was sent */
}

/* What old clients have not taken yet is limited. */
static void converting_takes_memory(void **state)
{
    (void)state;
    (void)ask_for(1, 6);
    atomic_store(&broker.converted_bytes, (size_t)128 * 1024 * 1024);
    (void)sim_client_send(&client, frame_of(3));
    sim_settle(&sim);
    assert_int_equal(client.outcome, EXCHANGE_CLOSE);
    atomic_store(&broker.converted_bytes, 0);
}

/* ---- transactions ---- */

static void assert_aborted(int64_t offset, int32_t max, int32_t size, int32_t count, int64_t first)
{
    kw_fetch_request_partition *p = ask_for(1, offset);
    p->partition_max_bytes = max;
    request.isolation_level = 1;
    assert_size(LATEST_VERSION, size);
    assert_int_equal(at(0, 0)->high_watermark, 13);
    assert_int_equal(at(0, 0)->last_stable_offset, 9);
    assert_int_equal(at(0, 0)->log_start_offset, 0);
    assert_int_equal(at(0, 0)->aborted_transactions.len, count);
    if (count > 0) {
        assert_int_equal(at(0, 0)->aborted_transactions.items[0].producer_id, 7);
        assert_int_equal(at(0, 0)->aborted_transactions.items[0].first_offset, first);
    }
}

/* Committed records end at the last stable offset; without an index the bound of what is read is the segment's. */
static void committed_records(void **state)
{
    (void)state;
    assert_aborted(0, LIMIT, 3 * TWO + 2 * MARKER + ONE, 2, 0);
    assert_int_equal(at(0, 0)->aborted_transactions.items[1].first_offset, 10);
    assert_aborted(4, LIMIT, TWO + 2 * MARKER + ONE, 2, 0);
    assert_aborted(5, LIMIT, TWO + MARKER + ONE, 1, 10);
    assert_aborted(9, LIMIT, 0, 0, 0); /* nothing is left to read */
    (void)ask_for(1, 0);
    request.isolation_level = 0;
    assert_size(LATEST_VERSION, 3 * TWO + 2 * MARKER + ONE + 3 * ONE + MARKER);
    assert_int_equal(at(0, 0)->aborted_transactions.len, -1);
}

/* Each partition has a list of its own. */
static void several_lists_of_transactions(void **state)
{
    (void)state;
    (void)ask_for(1, 0);
    (void)and_for(7, 0);
    request.isolation_level = 1;
    ask(LATEST_VERSION);
    for (int32_t p = 0; p < 2; p++) {
        const kw_fetch_response_aborted_transaction_array *aborted = &at(0, p)->aborted_transactions;
        assert_int_equal(aborted->len, 2);
        for (int32_t i = 0; i < 2; i++) {
            assert_int_equal(aborted->items[i].producer_id, 7);
            assert_int_equal(aborted->items[i].first_offset, i == 0 ? 0 : 10);
        }
    }
}

/* Nothing is said of transactions where the first batch did not fit, but where nothing was to be read. */
static void committed_records_that_do_not_fit(void **state)
{
    (void)state;
    (void)ask_for(0, 3);
    (void)and_for(1, 0);
    request.isolation_level = 1;
    request.max_bytes = TWO + 1;
    ask(LATEST_VERSION);
    assert_int_equal(at(0, 0)->records.len, TWO);
    assert_int_equal(at(0, 0)->aborted_transactions.len, 0);
    assert_int_equal(at(0, 1)->records.len, 0);
    assert_int_equal(at(0, 1)->aborted_transactions.len, -1);
    request.max_bytes = TWO; /* not a byte is left */
    ask(LATEST_VERSION);
    assert_int_equal(at(0, 1)->records.len, 0);
    assert_int_equal(at(0, 1)->aborted_transactions.len, 2);
    asked[0][1].partition = 2; /* whose error changes nothing for the next */
    (void)and_for(1, 0);
    ask(LATEST_VERSION);
    assert_int_equal(at(0, 2)->aborted_transactions.len, 2);
    request.max_bytes = TWO + 1;
    ask(LATEST_VERSION);
    assert_int_equal(at(0, 2)->aborted_transactions.len, -1);
    topics[0].partitions.len = 2;
    asked[0][1].partition = 1;
    asked[0][1].fetch_offset = 9; /* the end, as far as is committed */
    request.max_bytes = TWO + 1;
    ask(LATEST_VERSION);
    assert_int_equal(at(0, 1)->aborted_transactions.len, 0);
}

static void unknown_isolation(void **state)
{
    (void)state;
    static const int8_t levels[] = {2, -1};
    for (size_t i = 0; i < COUNT_OF(levels); i++) {
        (void)ask_for(0, 1);
        (void)and_for(1, 0);
        (void)and_for(1, 1);
        request.isolation_level = levels[i];
        ask(LATEST_VERSION);
        assert_int_equal(response.error_code, KW_ERROR_UNKNOWN_SERVER_ERROR);
        assert_int_equal(response.responses.len, 0); /* clients know what an error of the whole is */
        ask(12);
        assert_int_equal(response.error_code, KW_ERROR_UNKNOWN_SERVER_ERROR);
        assert_int_equal(response.responses.len, 1);
        assert_int_equal(response.responses.items[0].partitions.len, 2);
        for (int32_t p = 0; p < 2; p++) {
            assert_int_equal(at(0, p)->partition_index, p);
            assert_int_equal(at(0, p)->error_code, KW_ERROR_UNKNOWN_SERVER_ERROR);
            assert_true(at(0, p)->records.len <= 0);
        }
        (void)ask_for(9, 0); /* there is nothing to read */
        request.isolation_level = levels[i];
        assert_int_equal(only(LATEST_VERSION)->error_code, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
        assert_int_equal(response.error_code, KW_ERROR_NONE);
    }
}

/* ---- leaders and epochs ---- */

static void assert_leader(int32_t leader, int32_t endpoints)
{
    assert_int_equal(at(0, 0)->current_leader.leader_id, leader);
    assert_int_equal(at(0, 0)->current_leader.leader_epoch, leader >= 0 ? EPOCH : -1);
    assert_int_equal(response.node_endpoints.len, endpoints);
    if (endpoints == 0)
        return;
    assert_int_equal(response.node_endpoints.items[0].node_id, SELF);
    assert_int_equal(response.node_endpoints.items[0].port, 9092);
    assert_true(kw_string_equal(response.node_endpoints.items[0].host, kw_string_of("127.0.0.1")));
    assert_true(kw_string_equal(response.node_endpoints.items[0].rack, kw_string_of("rack")));
}

static void other_leaders(void **state)
{
    (void)state;
    (void)ask_for(2, 0);
    assert_error(15, KW_ERROR_NOT_LEADER_OR_FOLLOWER);
    assert_leader(-1, 0);
    assert_error(16, KW_ERROR_NOT_LEADER_OR_FOLLOWER);
    assert_leader(2, 0);
}

static void epochs_of_the_leader(void **state)
{
    (void)state;
    kw_fetch_request_partition *p = ask_for(0, 1);
    p->current_leader_epoch = EPOCH;
    assert_size(LATEST_VERSION, 2 * TWO);
    p->current_leader_epoch = -2; /* none, as -1 */
    assert_int_equal(only(LATEST_VERSION)->error_code, KW_ERROR_NONE);
    p->current_leader_epoch = EPOCH - 1;
    assert_error(15, KW_ERROR_FENCED_LEADER_EPOCH);
    assert_leader(-1, 0);
    assert_error(16, KW_ERROR_FENCED_LEADER_EPOCH);
    assert_leader(SELF, 1);
    p->current_leader_epoch = EPOCH + 1;
    assert_error(16, KW_ERROR_UNKNOWN_LEADER_EPOCH);
    assert_leader(-1, 0);
    (void)ask_for(0, 99);
    assert_error(16, KW_ERROR_OFFSET_OUT_OF_RANGE);
    assert_leader(-1, 0);
}

/* There is one endpoint of this broker, however many partitions name it. */
static void one_endpoint(void **state)
{
    (void)state;
    ask_for(0, 1)->current_leader_epoch = 0;
    and_for(1, 0)->current_leader_epoch = 1;
    ask(LATEST_VERSION);
    assert_leader(SELF, 1);
    assert_int_equal(at(0, 1)->current_leader.leader_id, SELF);
}

static void followers_are_refused(void **state)
{
    (void)state;
    (void)ask_for(0, 1);
    request.replica_id = 0;
    assert_error(14, KW_ERROR_NOT_LEADER_OR_FOLLOWER);
    request.replica_id = -2; /* a consumer for debugging */
    assert_size(14, 2 * TWO);
    request.replica_id = -1;
    request.replica_state.replica_id = 0;
    assert_error(15, KW_ERROR_NOT_LEADER_OR_FOLLOWER);
    assert_error(16, KW_ERROR_NOT_LEADER_OR_FOLLOWER);
    assert_leader(SELF, 1);
}

static void assert_diverges(int64_t offset, int32_t last_epoch, int32_t epoch, int64_t end)
{
    ask_for(0, offset)->last_fetched_epoch = last_epoch;
    request.max_wait_ms = 1000; /* which is not done when something is to be reported */
    request.min_bytes = 1;
    const kw_fetch_response_partition_data *p = only(LATEST_VERSION);
    assert_int_equal(p->error_code, KW_ERROR_NONE);
    assert_int_equal(p->diverging_epoch.epoch, epoch);
    assert_int_equal(p->diverging_epoch.end_offset, end);
    assert_true(p->records.len <= 0);
    assert_int_equal(p->high_watermark, 12);
    assert_int_equal(p->last_stable_offset, 12);
    assert_int_equal(p->log_start_offset, 1);
}

static void readers_that_have_diverged(void **state)
{
    (void)state;
    assert_diverges(4, 2, 2, 3);
    assert_diverges(3, 3, 2, 3);
    assert_diverges(1, 3, 2, 3); /* where the log starts */
    assert_diverges(13, 2, 2, 3);
    assert_diverges(13, 4, 4, 12);
    assert_diverges(3, 0, 0, 1); /* the start of the log */
    kw_fetch_request_partition *p = ask_for(0, 3);
    p->last_fetched_epoch = 2;
    assert_size(LATEST_VERSION, TWO);
}

static void epochs_that_are_not_known(void **state)
{
    (void)state;
    kw_fetch_request_partition *p = ask_for(0, 3);
    p->last_fetched_epoch = EPOCH + 1;
    assert_error(LATEST_VERSION, KW_ERROR_OFFSET_OUT_OF_RANGE);
    p->fetch_offset = 0; /* before the log, and diverged */
    p->last_fetched_epoch = 3;
    assert_error(LATEST_VERSION, KW_ERROR_OFFSET_OUT_OF_RANGE);
    assert_int_equal(at(0, 0)->diverging_epoch.epoch, -1);
}

/* ---- other errors ---- */

static void logs_that_cannot_be_opened(void **state)
{
    (void)state;
    static struct captured said;
    (void)ask_for(3, 0);
    capture_start(&said);
    assert_error(5, KW_ERROR_NOT_LEADER_OR_FOLLOWER); /* the other code is not known to clients yet */
    assert_error(6, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_error(16, KW_ERROR_KAFKA_STORAGE_ERROR);
    (void)capture_end(&said);
    assert_leader(-1, 0);
}

/* What exists comes first, so that a topic may be in the response twice. */
static void what_is_unknown_comes_last(void **state)
{
    (void)state;
    (void)ask_for(9, 0);
    (void)and_for(0, 3);
    request.topics.len = 2;
    for (int16_t version = 12; version <= 13; version++) {
        ask(version);
        assert_int_equal(response.responses.len, 3);
        assert_int_equal(at(0, 0)->partition_index, 0);
        assert_int_equal(at(0, 0)->records.len, TWO);
        assert_int_equal(at(1, 0)->error_code, KW_ERROR_NONE);
        assert_int_equal(at(2, 0)->partition_index, 9);
        assert_int_equal(at(2, 0)->error_code, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
    }
    topics[1].topic = kw_string_of("none");
    topics[1].topic_id.bytes[0] = 9;
    ask(12);
    assert_int_equal(response.responses.len, 2);
    assert_int_equal(at(0, 0)->records.len, TWO);
    assert_int_equal(at(0, 1)->error_code, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
    assert_int_equal(at(1, 0)->error_code, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
    and_for(8, 0);
    ask(13); /* unknown ids before unknown partitions */
    assert_int_equal(response.responses.len, 3);
    assert_int_equal(at(0, 0)->records.len, TWO);
    assert_int_equal(response.responses.items[1].topic_id.bytes[0], 9);
    assert_int_equal(at(1, 0)->error_code, KW_ERROR_UNKNOWN_TOPIC_ID);
    assert_int_equal(at(1, 0)->high_watermark, -1);
    assert_int_equal(at(2, 0)->partition_index, 9);
    assert_int_equal(at(2, 1)->partition_index, 8);
}

static void two_topics(void **state)
{
    (void)state;
    (void)ask_for(0, 3);
    request.topics.len = 2;
    for (int16_t version = 12; version <= 13; version++) {
        ask(version);
        assert_int_equal(response.responses.len, 2);
        assert_int_equal(response.responses.items[0].partitions.len, 1);
        assert_int_equal(at(0, 0)->high_watermark, 12);
        assert_int_equal(at(1, 0)->high_watermark, 0);
    }
}

/* What is named twice is answered where it is named first, as it is named last. */
static void partitions_that_are_named_twice(void **state)
{
    (void)state;
    (void)ask_for(0, 1);
    (void)and_for(1, 0);
    (void)and_for(0, 3);
    for (int16_t version = 12; version <= 13; version++) {
        ask(version);
        assert_int_equal(response.responses.len, 1);
        assert_int_equal(response.responses.items[0].partitions.len, 2);
        assert_int_equal(at(0, 0)->partition_index, 0);
        assert_int_equal(at(0, 0)->records.len, TWO);
        assert_int_equal(at(0, 1)->partition_index, 1);
    }
}

static void sessions(void **state)
{
    (void)state;
    static const int32_t epochs[] = {1, -2};
    for (size_t i = 0; i < COUNT_OF(epochs); i++) {
        (void)ask_for(0, 1);
        request.session_epoch = epochs[i];
        ask(LATEST_VERSION);
        assert_int_equal(response.error_code, KW_ERROR_FETCH_SESSION_ID_NOT_FOUND);
        assert_int_equal(response.responses.len, 0);
    }
    request.session_epoch = 0;
    assert_size(LATEST_VERSION, 2 * TWO);
    assert_int_equal(response.session_id, 0);
}

/* Whichever allocation fails, there is no answer that lacks something. */
static void memory_that_is_short(void **state)
{
    (void)state;
    const struct service service = dispatch_service(&broker);
    size_t refused = 0;
    (void)ask_for(1, 0);
    and_for(0, 1)->current_leader_epoch = 0;
    request.isolation_level = 1;
    ask(LATEST_VERSION);
    for (size_t memory = 0; memory < LIMIT; memory += 8, refused++) {
        sim_client_finish(&client);
        sim_client_init(&client, &sim, &service, memory);
        if (sim_client_send(&client, frame_of(LATEST_VERSION)) == EXCHANGE_ANSWERED)
            break;
        assert_int_equal(client.outcome, EXCHANGE_CLOSE);
        assert_int_equal(responses_size(&client.responses), 0);
    }
    assert_true(refused > 10);
    take(LATEST_VERSION);
    assert_int_equal(at(0, 0)->aborted_transactions.len, 2);
    assert_int_equal(at(0, 1)->current_leader.leader_id, SELF);
    assert_int_equal(response.node_endpoints.len, 1);
}

#define FETCH_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: test_server_fetch_partition FOLDER\n");
        return 2;
    }
    make_data(argv[1]);
    const struct CMUnitTest tests[] = {
        FETCH_TEST(offsets_are_answered),
        FETCH_TEST(offsets_out_of_range),
        FETCH_TEST(sizes_of_a_partition),
        FETCH_TEST(sizes_of_several_partitions),
        FETCH_TEST(negative_sizes),
        FETCH_TEST(magic_by_version),
        FETCH_TEST(converting_takes_memory),
        FETCH_TEST(committed_records),
        FETCH_TEST(several_lists_of_transactions),
        FETCH_TEST(committed_records_that_do_not_fit),
        FETCH_TEST(unknown_isolation),
        FETCH_TEST(other_leaders),
        FETCH_TEST(epochs_of_the_leader),
        FETCH_TEST(one_endpoint),
        FETCH_TEST(followers_are_refused),
        FETCH_TEST(readers_that_have_diverged),
        FETCH_TEST(epochs_that_are_not_known),
        FETCH_TEST(logs_that_cannot_be_opened),
        FETCH_TEST(what_is_unknown_comes_last),
        FETCH_TEST(two_topics),
        FETCH_TEST(partitions_that_are_named_twice),
        FETCH_TEST(sessions),
        FETCH_TEST(memory_that_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
