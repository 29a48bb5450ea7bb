/* SPDX-License-Identifier: Apache-2.0 */
/* ShareFetch and ShareAcknowledge in a broker whose directory is in memory: who gets which records, what is waited for,
 * locks that end, sessions, and what is left after a restart. */
#include "share_fetch_support.h"

static void records_and_acknowledgements(void **state)
{
    (void)state;
    append(0, 4);
    append(0, 6);
    initialize(0);
    assert_string_equal(ranges(fetch("m", 0)), "0-9*1");
    assert_non_null(strstr(json, "'acquisitionLockTimeoutMs':30000"));
    assert_string_equal(ranges(fetch("n", 0)), "");
    assert_non_null(strstr(acknowledge("m", 1, 0, 4, 1), "'partitionIndex':0,'errorCode':0"));
    assert_non_null(strstr(acknowledge("m", 2, 0, 4, 1), "'partitionIndex':0,'errorCode':0")); /* below the start */
    assert_non_null(strstr(acknowledge("n", 1, 5, 9, 1), "'errorCode':121"));
    assert_non_null(strstr(acknowledge("m", 3, 5, 9, 2), "'partitionIndex':0,'errorCode':0"));
    assert_string_equal(ranges(fetch("n", 2)), "5-9*2");
    static struct fetch_parts f;
    append(0, 3);
    (void)fetch_of(&f, "n", 3, 0);
    assert_string_equal(ranges(ask_to_fetch(with_ack(&f, 5, 9, 1))), "10-12*1");
    assert_non_null(strstr(json, "'acknowledgeErrorCode':0"));
    sim_advance(&sim, LOCK_MS + 1);
    coordinators_stop(&broker);
    sim_settle(&sim);
    coordinators_await(&broker);
    restart_broker();
    broker.share_partitions.options.clock = clock_of_sim;
    coordinators_start(&broker, direct_homes, 1);
    sim_settle(&sim);
    assert_string_equal(ranges(fetch("m", 0)), "10-12*2"); /* nobody has acknowledged them */
}

static void locks_that_end(void **state)
{
    (void)state;
    append(0, 4);
    initialize(0);
    assert_string_equal(ranges(fetch("m", 0)), "0-3*1");
    sim_advance(&sim, LOCK_MS / 2);
    assert_non_null(strstr(acknowledge("m", 1, 0, 0, 4), "'partitionIndex':0,'errorCode':0")); /* renewed */
    sim_advance(&sim, LOCK_MS / 2);
    assert_string_equal(ranges(fetch("n", 0)), "1-3*2");
    assert_non_null(strstr(acknowledge("m", 2, 1, 1, 1), "'errorCode':121"));
    assert_non_null(strstr(acknowledge("m", 3, 0, 0, 1), "'partitionIndex':0,'errorCode':0"));
    for (int32_t i = 0; i < 3; i++) {
        sim_advance(&sim, LOCK_MS);
        (void)fetch("n", 1 + i);
    }
    assert_non_null(strstr(json, "'deliveryCount':5"));
    sim_advance(&sim, LOCK_MS);
    append(0, 1);
    const char *left = ranges(fetch("n", 4));
    assert_null(strstr(left, "1-3")); /* delivered often enough */
}

static void a_fetch_that_waits(void **state)
{
    (void)state;
    static struct fetch_parts f;
    append(0, 2);
    initialize(0);
    assert_string_equal(ranges(fetch("m", 0)), "0-1*1");
    assert_int_equal(send_to(FETCH, fetch_of(&f, "n", 0, 0)), EXCHANGE_PENDING);
    sim_run_posted(&sim);
    assert_int_equal(peer.outcome, EXCHANGE_PENDING);
    append(0, 3); /* records come */
    sim_settle(&sim);
    assert_string_equal(ranges(take(FETCH)), "2-4*1");

    assert_int_equal(send_to(FETCH, fetch_of(&f, "n", 1, 0)), EXCHANGE_PENDING);
    sim_run_posted(&sim);
    sim_advance(&sim, 500); /* nothing comes */
    sim_settle(&sim);
    assert_string_equal(ranges(take(FETCH)), "");

    f.request.share_session_epoch = 2;
    f.request.min_bytes = 100000; /* less than that is there only when the wait ends */
    append(0, 1);
    assert_int_equal(send_to(FETCH, &f.request), EXCHANGE_PENDING);
    sim_run_posted(&sim);
    assert_int_equal(peer.outcome, EXCHANGE_PENDING);
    sim_advance(&sim, 500);
    sim_settle(&sim);
    assert_string_equal(ranges(take(FETCH)), "5-5*1");

    f.request.share_session_epoch = 3;
    f.request.max_wait_ms = 100000;
    assert_int_equal(send_to(FETCH, &f.request), EXCHANGE_PENDING);
    sim_run_posted(&sim);
    sim_client_leave(&peer); /* the connection ends */
    sim_settle(&sim);
}

static void sessions_and_errors(void **state)
{
    (void)state;
    static struct fetch_parts f;
    append(0, 2);
    initialize(0);
    assert_non_null(strstr(fetch("m", 1), "'errorCode':122"));
    assert_non_null(strstr(acknowledge("m", 1, 0, 0, 1), "'errorCode':122"));
    assert_non_null(strstr(acknowledge("m", 0, 0, 0, 1), "'errorCode':123"));
    assert_string_equal(ranges(fetch("m", 0)), "0-1*1");
    assert_non_null(strstr(fetch("m", 7), "'errorCode':123"));
    (void)fetch_of(&f, "m", 0, 0);
    assert_non_null(strstr(ask_to_fetch(with_ack(&f, 0, 0, 1)), "'errorCode':42"));
    assert_non_null(strstr(fetch("", 0), "'errorCode':42"));
    fetch_of(&f, "m", 0, 0)->group_id.len = -1;
    assert_non_null(strstr(ask_to_fetch(&f.request), "'errorCode':42"));
    fetch_of(&f, "m", 1, 0)->is_renew_ack = true;
    assert_non_null(strstr(ask_to_fetch(&f.request), "'errorCode':42,'errorMessage':null"));
    (void)fetch_of(&f, "m", 1, 0);
    assert_non_null(strstr(ask_to_fetch(with_ack(&f, 1, 0, 1)), "'acknowledgeErrorCode':42"));
    (void)fetch_of(&f, "m", 2, 0);
    assert_non_null(strstr(ask_to_fetch(with_ack(&f, 0, 0, 9)), "'acknowledgeErrorCode':42"));
    (void)fetch_of(&f, "m", 3, 1);
    assert_non_null(strstr(ask_to_fetch(with_ack(&f, 0, 0, 1)), "'acknowledgeErrorCode':3")); /* not in use */
    (void)fetch_of(&f, "m", 4, 7);
    assert_non_null(strstr(ask_to_fetch(&f.request), "'partitionIndex':7,'errorCode':3"));
    fetch_of(&f, "m", 5, 0)->topics.items[0].topic_id = nth_id(9);
    assert_non_null(strstr(ask_to_fetch(&f.request), "'partitionIndex':0,'errorCode':100"));
    (void)fetch_of(&f, "m", -1, 0);
    assert_non_null(strstr(ask_to_fetch(with_ack(&f, 0, 0, 1)), "'acknowledgeErrorCode':0"));
    assert_non_null(strstr(fetch("m", 6), "'errorCode':122"));
    assert_string_equal(ranges(fetch("n", 0)), "1-1*2"); /* it has been released */
}

static void leave_and_come_back(void)
{
    sim_client_leave(&peer);
    sim_settle(&sim);
    start_peer(ARENA_LIMIT);
}

static void connections_that_end(void **state)
{
    (void)state;
    append(0, 3);
    initialize(0);
    assert_string_equal(ranges(fetch("m", 0)), "0-2*1");
    leave_and_come_back();
    assert_non_null(strstr(fetch("m", 1), "'errorCode':122"));
    assert_string_equal(ranges(fetch("n", 0)), "0-2*2"); /* they were released */
    assert_non_null(strstr(acknowledge("n", -1, 0, 2, 1), "'partitionIndex':0,'errorCode':0"));
    assert_int_equal(broker.share_partitions.table.count, 1);
    leave_and_come_back();
    sim_advance(&sim, LOCK_MS + 1); /* the timer of locks has a share of it */
    sim_settle(&sim);
    assert_int_equal(broker.share_partitions.table.count, 0); /* its group had no other session */
    append(0, 1);
    assert_string_equal(ranges(fetch("m", 0)), "3-3*1");
}

/* Without records, where they could have been acquired. */
static void partitions_that_are_listed(void **state)
{
    (void)state;
    static struct fetch_parts f;
    initialize(0);
    assert_non_null(strstr(fetch("m", 0), "'partitionIndex':0,'errorCode':0"));
    assert_null(strstr(fetch("m", 1), "'partitionIndex'"));
    assert_non_null(strstr(ask_to_fetch(fetch_of(&f, "m", 2, 1)), "'partitionIndex':1,'errorCode':0"));
    assert_null(strstr(json, "'partitionIndex':0"));
    assert_null(strstr(fetch("m", 3), "'partitionIndex'"));
    assert_non_null(strstr(ask_to_fetch(fetch_of(&f, "m", 4, 7)), "'partitionIndex':7,'errorCode':3"));
    fetch_of(&f, "m", 5, 0)->max_records = 0;
    assert_null(strstr(ask_to_fetch(&f.request), "'partitionIndex'"));
    append(0, 1);
    (void)fetch("m", 6);
    (void)fetch_of(&f, "m", 7, 0);
    assert_non_null(strstr(ask_to_fetch(with_ack(&f, 0, 0, 1)), "'partitionIndex':0,'errorCode':0"));
    assert_non_null(strstr(json, "'acknowledgeErrorCode':0,'acknowledgeErrorMessage':null"));
}

static void texts_of_errors(void **state)
{
    (void)state;
    append(0, 4);
    initialize(0);
    assert_string_equal(ranges(fetch("m", 0)), "0-3*1");
    (void)fetch("n", 0);
    assert_non_null(strstr(acknowledge("n", 1, 0, 3, 1), "'Member is not the owner of batch record'"));
    (void)acknowledge("m", 1, 1, 1, 1);
    assert_non_null(strstr(acknowledge("n", 2, 0, 0, 1), "'Member is not the owner of offset'"));
    assert_non_null(
        strstr(acknowledge("m", 2, 1, 1, 1), "'The offset cannot be acknowledged. The offset is not acquired.'"));
    assert_non_null(strstr(acknowledge("m", 3, 3, 4, 1),
                           "'Batch record not found. The last offset in request is past acquired records.'"));
    assert_non_null(strstr(acknowledge("m", 4, 5, 6, 1),
                           "'Batch record not found. The first offset in request is past acquired records.'"));
    assert_non_null(strstr(acknowledge("m", 5, 0, 3, 9), "'errorCode':42,'errorMessage':null"));
    (void)acknowledge("m", 6, 0, 0, 1);
    (void)acknowledge("m", 7, 2, 3, 1);
    append(0, 1);
    assert_non_null(strstr(acknowledge("m", 8, 4, 4, 1),
                           "'Batch record not found. The request batch offsets are not found in the cache.'"));
}

enum { NAMED = 3 };

/* Accepts offsets of partition 0, each in a place of its own; in topics of the same id, or in one. */
static const char *acknowledge_each(int32_t epoch, const int64_t offsets[NAMED], bool apart)
{
    static kw_share_acknowledge_request request;
    static kw_share_acknowledge_request_acknowledge_topic topics[NAMED];
    static kw_share_acknowledge_request_acknowledge_partition partitions[NAMED];
    static kw_share_acknowledge_request_acknowledgement_batch batches[NAMED];
    static int8_t accept[] = {1};
    kw_share_acknowledge_request_init(&request);
    for (int32_t i = 0; i < NAMED; i++) {
        kw_share_acknowledge_request_acknowledge_topic_init(&topics[i]);
        kw_share_acknowledge_request_acknowledge_partition_init(&partitions[i]);
        kw_share_acknowledge_request_acknowledgement_batch_init(&batches[i]);
        batches[i].first_offset = batches[i].last_offset = offsets[i];
        batches[i].acknowledge_types = (kw_int8_array){accept, 1};
        partitions[i].acknowledgement_batches.items = &batches[i];
        partitions[i].acknowledgement_batches.len = 1;
        topics[i].topic_id = nth_id(0);
        topics[i].partitions.items = &partitions[i];
        topics[i].partitions.len = apart ? 1 : NAMED;
    }
    request.group_id = kw_string_of("group");
    request.member_id = kw_string_of("m");
    request.share_session_epoch = epoch;
    request.topics.items = topics;
    request.topics.len = apart ? NAMED : 1;
    return ask_api(ACKNOWLEDGE, &request);
}

static size_t count_of(const char *text, const char *what)
{
    size_t count = 0;
    for (; (text = strstr(text, what)) != NULL; text++)
        count++;
    return count;
}

/* The last one counts, and is answered once. */
static void partitions_that_are_named_twice(void **state)
{
    (void)state;
    static struct fetch_parts f;
    append(0, 8);
    initialize(0);
    assert_string_equal(ranges(fetch("m", 0)), "0-7*1");
    acknowledge_each(1, (const int64_t[]){0, 77, 1}, false);
    assert_int_equal(count_of(json, "'partitionIndex'"), 1);
    assert_non_null(strstr(json, "'partitionIndex':0,'errorCode':0"));
    acknowledge_each(2, (const int64_t[]){0, 1, 77}, true);
    assert_int_equal(count_of(json, "'partitionIndex'"), 1);
    assert_non_null(strstr(json, "'partitionIndex':0,'errorCode':42"));
    kw_share_fetch_request_fetch_topic topics[2];
    kw_share_fetch_request_fetch_partition of_second;
    (void)fetch_of(&f, "m", 3, 0);
    (void)with_ack(&f, 77, 77, 1);
    of_second = f.partition;
    topics[0] = topics[1] = f.topic;
    kw_share_fetch_request_acknowledgement_batch second = f.batch;
    second.first_offset = second.last_offset = 2;
    of_second.acknowledgement_batches.items = &second;
    topics[1].partitions.items = &of_second;
    f.request.topics.items = topics;
    f.request.topics.len = 2;
    (void)ask_to_fetch(&f.request);
    assert_int_equal(count_of(json, "'partitionIndex'"), 1);
    assert_non_null(strstr(json, "'acknowledgeErrorCode':0"));
    acknowledge("m", -1, 7, 7, 1);
    assert_string_equal(ranges(fetch("n", 0)), "0-0*2 3-6*2");
}

/* Each topic is listed once, wherever the session starts to read. */
static void acknowledgements_of_other_partitions(void **state)
{
    (void)state;
    static struct fetch_parts f;
    append(0, 1);
    append(1, 1);
    initialize(0);
    (void)ask_to_fetch(fetch_of(&f, "m", 0, 1));
    (void)fetch("m", 1);
    for (int32_t epoch = 2; epoch < 4; epoch++) {
        append(1 - epoch % 2, 1);
        (void)fetch_of(&f, "m", epoch, epoch % 2);
        (void)ask_to_fetch(with_ack(&f, 0, 0, 1));
        assert_int_equal(count_of(json, "'topicId'"), 1);
        assert_int_equal(count_of(json, "'partitionIndex'"), 2);
        assert_int_equal(count_of(json, "'acknowledgeErrorCode':0"), 2);
        assert_string_equal(ranges(json), "1-1*1");
    }
}

static void set_share_version(int16_t version, int8_t kind)
{
    kw_update_features_request request;
    kw_update_features_request_feature_update_key update;
    kw_update_features_request_init(&request);
    kw_update_features_request_feature_update_key_init(&update);
    update.feature = kw_string_of("share.version");
    update.max_version_level = version;
    update.upgrade_type = kind;
    request.feature_updates.items = &update;
    request.feature_updates.len = 1;
    assert_non_null(strstr(ask(KW_KEY_UPDATE_FEATURES, 1, &request), "'errorCode':0,'errorMessage':null"));
}

/* As in Kafka: sessions end, what is in flight is forgotten, who waits gets nothing. */
static void while_share_groups_are_not_in_use(void **state)
{
    (void)state;
    static struct fetch_parts f;
    append(0, 4);
    initialize(0);
    assert_string_equal(ranges(fetch("m", 0)), "0-3*1");
    assert_int_equal(send_to(FETCH, fetch_of(&f, "n", 0, 0)), EXCHANGE_PENDING);
    sim_run_posted(&sim);
    set_share_version(0, 2);
    append(0, 1);
    sim_run_posted(&sim);
    assert_int_equal(peer.outcome, EXCHANGE_PENDING);
    sim_advance(&sim, 500);
    sim_settle(&sim);
    assert_string_equal(ranges(take(FETCH)), "");
    assert_non_null(strstr(json, "'errorCode':0"));
    assert_non_null(strstr(fetch("m", 1), "'errorCode':35"));
    assert_non_null(strstr(acknowledge("m", 1, 0, 3, 1), "'errorCode':35"));
    set_share_version(2, 1);
    assert_non_null(strstr(acknowledge("m", 1, 0, 3, 1), "'errorCode':122"));
    assert_non_null(strstr(fetch("n", 1), "'errorCode':122"));
    assert_string_equal(ranges(fetch("n", 0)), "0-4*1");
}

/* Without a start offset: as the group says. */
static void where_a_group_starts(void **state)
{
    (void)state;
    append(0, 5);
    initialize(-1);
    assert_string_equal(ranges(fetch("m", 0)), ""); /* latest */
    append(0, 2);
    assert_string_equal(ranges(fetch("m", 1)), "5-6*1");
}

static void states_that_cannot_be_read(void **state)
{
    (void)state;
    append(0, 5);
    assert_non_null(strstr(fetch("m", 0), "'partitionIndex':0,'errorCode':-1")); /* it is not initialized */
    initialize(0);
    assert_string_equal(ranges(fetch("m", 1)), "0-4*1"); /* the next fetch has tried again */
}

static void while_memory_is_short(void **state)
{
    (void)state;
    static struct fetch_parts f;
    append(0, 2);
    initialize(0);
    size_t refused = 0;
    for (size_t memory = 0;; memory += 8, refused++) {
        assert_true(memory < 1 << 16);
        sim_client_finish(&peer);
        start_peer(memory);
        if (send_to(FETCH, fetch_of(&f, "m", 0, 0)) == EXCHANGE_PENDING)
            sim_settle(&sim);
        if (peer.outcome == EXCHANGE_PENDING)
            sim_advance(&sim, 500);
        if (peer.outcome == EXCHANGE_ANSWERED)
            break;
        assert_int_equal(peer.outcome, EXCHANGE_CLOSE);
    }
    assert_true(refused > 5);
    (void)take(FETCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(records_and_acknowledgements, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(locks_that_end, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(a_fetch_that_waits, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(sessions_and_errors, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(connections_that_end, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(partitions_that_are_listed, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(texts_of_errors, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(partitions_that_are_named_twice, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(acknowledgements_of_other_partitions, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(while_share_groups_are_not_in_use, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(where_a_group_starts, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(states_that_cannot_be_read, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(while_memory_is_short, set_up_fetch, tear_down_fetch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
