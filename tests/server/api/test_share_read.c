/* SPDX-License-Identifier: Apache-2.0 */
/* ShareFetch of several partitions: which records are sent beside what is acquired, how much of it, where a group
 * starts that has no offset, and who waits until when. */
#include "share_read_support.h"

/* ---- how much ---- */

/* No more is acquired than is asked for, of all partitions together, but the batch that contains the last of it. */
static void records_of_several_partitions(void **state)
{
    (void)state;
    append("one", 0, 4);
    append("one", 1, 3);
    append("two", 0, 2);
    initialize_all();
    start_fetch("m", 0);
    add_all();
    made.request.max_records = 5;
    assert_string_equal(fetch_at_once(), "one/0 0-3*1 [0-3]; one/1 0-2*1 [0-2]; two/0; ");
    start_fetch("m", 1);
    assert_string_equal(fetch_at_once(), "two/0 0-1*1 [0-1]; ");
    append("one", 0, 1);
    append("one", 1, 1);
    append("two", 0, 1);
    start_fetch("m", 2); /* another partition is the first one each time */
    assert_string_equal(fetch_at_once(), "two/0 2-2*1 [2-2]; one/0 4-4*1 [4-4]; one/1 3-3*1 [3-3]; ");
}

static void exactly_so_many(void **state)
{
    (void)state;
    append("one", 0, 4);
    append("one", 1, 3);
    initialize_all();
    start_fetch("m", 0);
    add_all();
    made.request.max_records = 5;
    made.request.share_acquire_mode = 1;
    assert_string_equal(fetch_at_once(), "one/0 0-3*1 [0-3]; one/1 0-0*1 [0-2]; two/0; ");
    start_fetch("n", 0);
    add_all();
    made.request.max_records = 1;
    made.request.share_acquire_mode = 1;
    assert_string_equal(fetch_at_once(), "one/0; one/1 1-1*1 [0-2]; two/0; ");
}

/* Each partition gets its share of the bytes, and at least one batch. */
static void bytes_of_several_partitions(void **state)
{
    (void)state;
    append("one", 0, 4);
    append("one", 0, 6);
    append("one", 1, 2);
    append("one", 1, 3);
    initialize_all();
    start_fetch("m", 0);
    add("one", 0);
    add("one", 1);
    made.request.max_bytes = 2 * (size_of(4) + size_of(6)) - 1;
    assert_string_equal(fetch_at_once(), "one/0 0-3*1 [0-3]; one/1 0-4*1 [0-1] [2-4]; ");
    start_fetch("m", 1);
    made.request.max_bytes = 1;
    assert_string_equal(fetch_at_once(), "one/0 4-9*1 [4-9]; ");
}

static void no_more_bytes_than_the_broker_allows(void **state)
{
    (void)state;
    append("one", 0, 2);
    append("one", 0, 2);
    append("one", 0, 2);
    initialize_all();
    broker.config.fetch_max_bytes = 2 * size_of(2);
    start_fetch("m", 0);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 0-3*1 [0-1] [2-3]; ");
}

static void nothing_is_asked_for(void **state)
{
    (void)state;
    append("one", 0, 2);
    initialize_all();
    start_fetch("m", 0);
    add("one", 0);
    made.request.max_records = 0;
    assert_string_equal(fetch_at_once(), "");
    start_fetch("m", 1);
    made.request.max_bytes = 0;
    assert_string_equal(fetch_at_once(), "");
    start_fetch("n", 0); /* nobody has anything */
    add("one", 0);
    made.request.max_records = 1;
    made.request.max_bytes = 1;
    assert_string_equal(fetch_at_once(), "one/0 0-1*1 [0-1]; ");
    start_fetch("o", 0); /* without partitions */
    assert_string_equal(fetch_at_once(), "");
}

/* Pieces of a batch of the log are not smaller than that, and those of several batches not much larger. */
static void pieces(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        append("one", 0, 4);
    append("one", 1, 2);
    append("one", 1, 2);
    append("one", 1, 2);
    initialize_all();
    start_fetch("m", 0);
    add("one", 0);
    add("one", 1);
    made.request.batch_size = 4;
    assert_string_equal(fetch_at_once(), "one/0 0-3*1 4-7*1 8-11*1 [0-3] [4-7] [8-11]; "
                                         "one/1 0-3*1 4-5*1 [0-1] [2-3] [4-5]; ");
}

/* ---- which records are sent ---- */

static void batches_that_have_something(void **state)
{
    (void)state;
    append("one", 0, 4);
    append("one", 0, 2);
    append("one", 0, 4);
    append("one", 0, 2);
    initialize_all();
    start_fetch("m", 0);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 0-11*1 [0-3] [4-5] [6-9] [10-11]; ");
    start_fetch("m", 1);
    add("one", 0);
    acknowledge(4, 5, "2"); /* these are released */
    made.request.max_records = 0;
    assert_string_equal(fetch_at_once(), "one/0; ");
    start_fetch("n", 0);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 4-5*2 [4-5]; ");
    start_fetch("m", 2);
    add("one", 0);
    acknowledge(2, 2, "2");
    acknowledge(7, 7, "2");
    made.request.max_records = 0;
    assert_string_equal(fetch_at_once(), "one/0; ");
    start_fetch("n", 1);
    assert_string_equal(fetch_at_once(), "one/0 2-2*2 7-7*2 [0-3] [4-5] [6-9]; ");
}

/* Of transactions only those that are committed, and no markers. */
static void records_of_transactions(void **state)
{
    (void)state;
    enum { TXN = KW_ATTRIBUTE_TRANSACTIONAL, MARKER = KW_ATTRIBUTE_TRANSACTIONAL | KW_ATTRIBUTE_CONTROL };
    const struct {
        int64_t producer;
        uint16_t attributes;
        int32_t count;
        int marker;
    } batches[] = {{1, TXN, 2, 0}, {1, MARKER, 1, 0}, {2, TXN, 3, 0}, {-1, 0, 2, 0}, {2, MARKER, 1, 1}, {3, TXN, 2, 0}};
    for (size_t i = 0; i < COUNT_OF(batches); i++)
        append_batch("one", 0,
                     (made_batch){.count = batches[i].count,
                                  .timestamp = 1,
                                  .producer_id = batches[i].producer,
                                  .attributes = batches[i].attributes,
                                  .marker = batches[i].marker});
    initialize_all();
    set_of_group("share.isolation.level", "read_committed");
    start_fetch("m", 0);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 3-7*1 [3-5] [6-7]; ");
    start_fetch("m", 1);
    add("one", 0);
    acknowledge(3, 7, "1");
    made.request.max_wait_ms = 0;
    assert_string_equal(fetch_at_once(), "one/0; "); /* the rest is of a transaction that is open */
    set_of_group("share.isolation.level", "read_uncommitted");
    start_fetch("m", 2);
    assert_string_equal(fetch_at_once(), "one/0 9-10*1 [9-10]; ");
}

/* ---- where a group starts ---- */

static void at_the_earliest(void **state)
{
    (void)state;
    append("one", 0, 3);
    initialize("one", 0, -1);
    set_of_group("share.auto.offset.reset", "earliest");
    start_fetch("m", 0);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 0-2*1 [0-2]; ");
}

static void start_anew(const char *topic, int32_t partition)
{
    const struct share_key key = {kw_string_of("group"), current_topic(topic)->id, partition};
    share_partitions_drop(&broker.share_partitions, &key);
    initialize(topic, partition, -1);
}

static void at_a_time(void **state)
{
    (void)state;
    static const struct {
        const char *duration;
        const char *expected;
    } cases[] = {
        {"by_duration:PT90S", "one/0 6-8*1 [6-8]; "},
        {"by_duration:PT2M", "one/0 3-8*1 [3-5] [6-8]; "},
        {"by_duration:PT59M50.5S", "one/0 3-8*1 [3-5] [6-8]; "},
        {"by_duration:P1DT1M", "one/0 0-8*1 [0-2] [3-5] [6-8]; "},
        {"by_duration:PT26H", "one/0 0-8*1 [0-2] [3-5] [6-8]; "},
    };
    int64_t now = clock_wall_ms();
    append_at("one", 0, 3, now - 24 * 3600 * 1000);
    append_at("one", 0, 3, now - 100 * 1000);
    append_at("one", 0, 3, now - 60 * 1000);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        start_anew("one", 0);
        set_of_group("share.auto.offset.reset", cases[i].duration);
        start_fetch("m", 0);
        add("one", 0);
        assert_string_equal(fetch_at_once(), cases[i].expected);
        sim_advance(&sim, LOCK_MS + 1);
        sim_settle(&sim);
    }
    start_anew("one", 0);
    set_of_group("share.auto.offset.reset", "by_duration:PT1S"); /* nothing is as new */
    start_fetch("m", 0);
    add("one", 0);
    made.request.max_wait_ms = 0;
    assert_string_equal(fetch_at_once(), "one/0; ");
    append("one", 0, 1);
    start_fetch("m", 1);
    assert_string_equal(fetch_at_once(), "one/0 9-9*1 [9-9]; ");
}

/* ---- who waits ---- */

static void until_there_are_enough_bytes(void **state)
{
    (void)state;
    append("one", 0, 4);
    initialize_all();
    start_fetch("m", 0);
    add("one", 0);
    made.request.min_bytes = size_of(4);
    assert_string_equal(fetch_at_once(), "one/0 0-3*1 [0-3]; ");
    append("one", 0, 4);
    start_fetch("m", 1);
    made.request.min_bytes = size_of(4) + 1;
    assert_string_equal(fetch_in_the_end(), "one/0 4-7*1 [4-7]; ");
    append("one", 0, 4);
    start_fetch("m", 2);
    made.request.min_bytes = size_of(4) + size_of(1);
    start_waiting(&peer);
    append("one", 0, 1);
    assert_string_equal(text_from(&peer), "one/0 8-12*1 [8-11] [12-12]; ");
    start_fetch("m", 3);
    made.request.min_bytes = 0; /* at least something */
    start_waiting(&peer);
    append("one", 0, 1);
    assert_string_equal(text_from(&peer), "one/0 13-13*1 [13-13]; ");
}

static void until_records_are_released(void **state)
{
    (void)state;
    append("one", 0, 4);
    initialize_all();
    start_fetch("m", 0);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 0-3*1 [0-3]; ");
    start_fetch("n", 0);
    add("one", 0);
    made.request.max_wait_ms = 2 * LOCK_MS;
    static kw_share_fetch_request waiting;
    static kw_share_fetch_request_fetch_topic topic;
    static kw_share_fetch_request_fetch_partition partition;
    waiting = made.request;
    topic = made.topics[0];
    partition = made.partitions[0];
    topic.partitions.items = &partition;
    waiting.topics.items = &topic;
    assert_int_equal(send_from(&second, FETCH, &waiting), EXCHANGE_PENDING);
    sim_settle(&sim);
    assert_int_equal(second.outcome, EXCHANGE_PENDING);
    start_fetch("m", 1);
    add("one", 0);
    acknowledge(1, 2, "2");
    made.request.max_records = 0;
    assert_string_equal(fetch_at_once(), "one/0; ");
    sim_settle(&sim);
    assert_string_equal(text_from(&second), "one/0 1-2*2 [0-3]; ");
    waiting.share_session_epoch = 1;
    waiting.topics.len = 0;
    assert_int_equal(send_from(&second, FETCH, &waiting), EXCHANGE_PENDING);
    sim_settle(&sim);
    sim_advance(&sim, LOCK_MS - 1);
    sim_settle(&sim);
    assert_int_equal(second.outcome, EXCHANGE_PENDING);
    sim_advance(&sim, 1);
    sim_settle(&sim);
    assert_int_equal(second.outcome, EXCHANGE_ANSWERED);
    assert_non_null(strstr(text_from(&second), "one/0 0-0*2"));
}

static int looks; /* at the clock */

/* A machine that is very slow once records have been acquired. */
static int64_t clock_that_jumps(void)
{
    return sim.timers.now + (looks++ > 0 ? LOCK_MS : 0);
}

/* A lock that is over before its timer has been started ends at once. */
static void locks_that_end_at_once(void **state)
{
    (void)state;
    append("one", 0, 1);
    initialize_all();
    looks = 0;
    broker.share_partitions.options.clock = clock_that_jumps;
    start_fetch("m", 0);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 0-0*1 [0-0]; ");
    sim_advance(&sim, 1);
    start_fetch("n", 0);
    add("one", 0);
    made.request.max_wait_ms = 0;
    assert_string_equal(fetch_at_once(), "one/0 0-0*2 [0-0]; ");
}

/* What cannot be loaded is answered with an error that clients retry, and loaded later. */
static void while_there_is_little_memory(void **state)
{
    (void)state;
    const struct share_key key = {kw_string_of("group"), current_topic("one")->id, 0};
    size_t refused = 0;
    append("one", 0, 8);
    initialize_all();
    start_fetch("m", 0);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 0-7*1 [0-7]; ");
    start_fetch("m", 1);
    add("one", 0);
    acknowledge(1, 2, "1");
    acknowledge(4, 4, "3");
    acknowledge(6, 6, "1");
    made.request.max_records = 0;
    assert_string_equal(fetch_at_once(), "one/0; ");
    int32_t epoch = 2;
    for (size_t more = 0;; more += 16, refused++) {
        assert_true(more < 1 << 16);
        share_partitions_drop(&broker.share_partitions, &key);
        broker.coordinator_budget.limit = atomic_load(&broker.coordinator_budget.used) + more;
        start_fetch("m", epoch++);
        made.request.max_wait_ms = 0;
        if (send_to(FETCH, &made.request) == EXCHANGE_PENDING)
            sim_settle(&sim);
        if (peer.outcome == EXCHANGE_CLOSE) /* it has been loaded, and nothing can be acquired */
            break;
        assert_string_equal(text_from(&peer), "one/0 error 15; ");
    }
    sim_client_finish(&peer);
    start_peer(ARENA_LIMIT);
    broker.coordinator_budget.limit = SIZE_MAX;
    assert_true(refused > 5);
}

/* An error is answered at once, beside what the others have. */
static void partitions_that_cannot_be_read(void **state)
{
    (void)state;
    append("one", 1, 2);
    initialize_all();
    add_broker(2);
    kw_partition_change_record change;
    kw_partition_change_record_init(&change);
    change.partition_id = 0;
    change.topic_id = current_topic("one")->id;
    change.leader = 2;
    add_record(&kw_partition_change_record_message, 2, &change);
    start_fetch("m", 0);
    add_all();
    made.request.min_bytes = 1000;
    assert_string_equal(fetch_at_once(), "one/0 error 6 leader 2:1; one/1 0-1*1 [0-1]; two/0; ");
}

#define READ_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_read, tear_down_read)

int main(void)
{
    const struct CMUnitTest tests[] = {
        READ_TEST(records_of_several_partitions),
        READ_TEST(exactly_so_many),
        READ_TEST(bytes_of_several_partitions),
        READ_TEST(no_more_bytes_than_the_broker_allows),
        READ_TEST(nothing_is_asked_for),
        READ_TEST(pieces),
        READ_TEST(batches_that_have_something),
        READ_TEST(records_of_transactions),
        READ_TEST(at_the_earliest),
        READ_TEST(at_a_time),
        READ_TEST(until_there_are_enough_bytes),
        READ_TEST(until_records_are_released),
        READ_TEST(locks_that_end_at_once),
        READ_TEST(while_there_is_little_memory),
        READ_TEST(partitions_that_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
