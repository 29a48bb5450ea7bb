/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_log_append_producers FOLDER   in which it makes folders of its own
 *
 * Sequences, transactions, verifications and markers as a log takes or refuses them. */
#include "log_append_support.h"

static struct log_append append_of(int64_t producer, int32_t sequence, int32_t count)
{
    return append_sequence(&f, (made_batch){.count = count, .timestamp = start_ms + sequence, .producer_id = producer},
                           sequence);
}

static void check_sequences(void)
{
    struct log_append again = append_of(7, 2, 2);
    assert_int_equal(again.error, KW_ERROR_NONE);
    assert_true(again.is_duplicate);
    assert_int_equal(again.base_offset, 3);
    assert_int_equal(again.original_timestamp, start_ms + 3);
    assert_int_equal(again.log_start_offset, 0);
    assert_int_equal(append_of(7, 5, 1).error, KW_ERROR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    assert_int_equal(look().log_end_offset, 5);
}

static void test_sequences(void **state)
{
    (void)state;
    look();
    assert_int_equal(append_of(7, 0, 2).base_offset, 0);
    append(1, 100);
    struct log_append second = append_of(7, 2, 2);
    assert_int_equal(second.base_offset, 3);
    assert_false(second.is_duplicate);
    check_sequences();
    assert_true(append_of(7, 0, 2).is_duplicate);
    log_folder_reopen(&f); /* known from the batches */
    look();
    check_sequences();
}

/* Before each segment the state is saved; then the batches before it are not needed. */
static void test_sequences_after_roll(void **state)
{
    (void)state;
    config.segment_bytes = 2 * ONE;
    look();
    append_of(7, 0, 1);
    append_of(8, 0, 1);
    append_of(8, 1, 1);
    assert_int_equal(size_of_file("00000000000000000002.snapshot"), 10 + 2 * 46);
    assert_int_equal(truncate(join(f.path, "00000000000000000000.log").text, 0), 0);
    log_folder_reopen(&f);
    f.log.check = 0;
    look();
    assert_true(append_of(7, 0, 1).is_duplicate);
    assert_true(append_of(8, 1, 1).is_duplicate);
    assert_int_equal(append_of(7, 1, 1).base_offset, 3);
}

/* As in Kafka a segment ends before the producers are looked at. */
static void test_refused_after_roll(void **state)
{
    (void)state;
    config.segment_bytes = 2 * ONE;
    look();
    append_of(7, 0, 1);
    append_of(7, 1, 1);
    assert_int_equal(append_of(7, 5, 1).error, KW_ERROR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    assert_int_equal(size_of_file("00000000000000000002.log"), 0);
    assert_int_equal(look().log_end_offset, 2);
    assert_true(append_of(7, 1, 1).is_duplicate);
    assert_int_equal(append_of(7, 2, 1).base_offset, 2);
    assert_int_equal(size_of_file("00000000000000000002.log"), ONE);
}

/* What could not be written has not been seen. */
static void test_sequences_after_failure(void **state)
{
    (void)state;
    use_failing();
    look();
    append_of(7, 0, 1);
    failing.write_error = ENOSPC;
    static struct captured captured;
    capture_start(&captured);
    struct log_append failed = append_of(7, 1, 1);
    (void)capture_end(&captured);
    assert_int_equal(failed.error, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(failed.log_start_offset, -1);
    failing.write_error = 0;
    struct log_append again = append_of(7, 1, 1);
    assert_int_equal(again.error, KW_ERROR_NONE);
    assert_false(again.is_duplicate);
}

static struct log_append append_txn(int64_t producer, int32_t sequence)
{
    return append_sequence(
        &f, (made_batch){.count = 1, .timestamp = 5, .producer_id = producer, .attributes = KW_ATTRIBUTE_TRANSACTIONAL},
        sequence);
}

static struct log_append append_marker(int64_t producer, int marker)
{
    return append_sequence(&f,
                           (made_batch){.timestamp = 5,
                                        .producer_id = producer,
                                        .attributes = KW_ATTRIBUTE_TRANSACTIONAL | KW_ATTRIBUTE_CONTROL,
                                        .marker = marker},
                           -1);
}

static int16_t append_verified(int64_t producer, int32_t sequence, uint64_t verification)
{
    static struct one_append one;
    prepare_append(
        &one,
        (made_batch){.count = 1, .timestamp = 5, .producer_id = producer, .attributes = KW_ATTRIBUTE_TRANSACTIONAL}, 0);
    change_append(&one, KW_BATCH_V2_PRODUCER_EPOCH, 0, 2);
    change_append(&one, KW_BATCH_V2_BASE_SEQUENCE, (uint32_t)sequence, 4);
    one.append.verification = verification;
    assert_true(log_append(&f.log, &one.append));
    one.append.verification = 0;
    return one.append.error;
}

/* A batch does not start a transaction that ended after its coordinator was asked; nor does one that nobody asked for.
 */
static void test_verifications(void **state)
{
    (void)state;
    look();
    uint64_t first = verifications_enter(&f.log.verifications, 7, 0, 0, false);
    assert_int_equal(append_verified(7, 0, 0), KW_ERROR_INVALID_TXN_STATE);
    assert_int_equal(append_marker(7, 0).error, KW_ERROR_NONE);
    assert_int_equal(append_verified(7, 0, first), KW_ERROR_INVALID_TXN_STATE);
    uint64_t second = verifications_enter(&f.log.verifications, 7, 0, 1, false);
    assert_int_equal(verifications_enter(&f.log.verifications, 7, 0, 0, false), second);
    assert_int_equal(append_verified(7, 1, second), KW_ERROR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    assert_int_equal(append_verified(7, 0, second), KW_ERROR_NONE);
    assert_int_equal(append_verified(7, 1, second), KW_ERROR_NONE); /* it is open */
    assert_true(verifications_enter(&f.log.verifications, 7, 0, 2, false) == VERIFICATION_OPEN);
    assert_int_equal(append_verified(7, 2, VERIFICATION_OPEN), KW_ERROR_NONE);
    assert_int_equal(append_marker(7, 0).error, KW_ERROR_NONE);
    assert_int_equal(verifications_count(&f.log.verifications), 0);
    assert_int_equal(append_verified(7, 3, second), KW_ERROR_INVALID_TXN_STATE);
    assert_int_equal(append_verified(7, 3, VERIFICATION_OPEN), KW_ERROR_INVALID_TXN_STATE);
    uint64_t again = verifications_enter(&f.log.verifications, 7, 0, 3, false);
    assert_int_equal(append_verified(7, 2, again), KW_ERROR_NONE); /* a duplicate, which starts none */
    assert_int_equal(verifications_count(&f.log.verifications), 0);
}

/* Where each transaction has a new epoch, a producer that nothing is known of starts with sequence 0. Which protocol it
 * has is known of the first request that waited, even if the coordinator refused that one. */
static void test_first_sequence_of_a_protocol(void **state)
{
    (void)state;
    look();
    uint64_t bumps = verifications_enter(&f.log.verifications, 7, 0, 3, true);
    assert_int_equal(verifications_enter(&f.log.verifications, 7, 0, 3, false), bumps);
    assert_int_equal(append_verified(7, 3, bumps), KW_ERROR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    uint64_t keeps = verifications_enter(&f.log.verifications, 8, 0, 3, false);
    assert_int_equal(verifications_enter(&f.log.verifications, 8, 0, 3, true), keeps);
    assert_int_equal(append_verified(8, 3, keeps), KW_ERROR_NONE);
}

/* The marker has the epoch of the transaction that comes next, whose coordinator has been asked already. */
static void test_marker_before_the_next_transaction(void **state)
{
    (void)state;
    look();
    uint64_t number = verifications_enter(&f.log.verifications, 7, 0, 0, true);
    assert_int_equal(append_marker(7, 1).error, KW_ERROR_NONE);
    assert_int_equal(append_verified(7, 0, number), KW_ERROR_NONE);
}

/* As after a restart. */
static void test_open_transaction_that_is_not_noted(void **state)
{
    (void)state;
    look();
    assert_int_equal(append_verified(7, 0, VERIFICATION_OFF), KW_ERROR_NONE);
    assert_int_equal(append_verified(7, 1, VERIFICATION_OFF), KW_ERROR_NONE);
    uint64_t number = verifications_enter(&f.log.verifications, 7, 0, 1, false);
    assert_int_equal(verifications_enter(&f.log.verifications, 7, 0, 2, false), number);
    assert_int_equal(append_verified(7, 1, number), KW_ERROR_NONE); /* a duplicate */
    assert_true(verifications_enter(&f.log.verifications, 7, 0, 3, false) == VERIFICATION_OPEN);
    assert_int_equal(append_verified(7, 2, number), KW_ERROR_NONE);
    assert_int_equal(append_marker(7, 0).error, KW_ERROR_NONE);
    assert_int_equal(append_verified(7, 3, number), KW_ERROR_INVALID_TXN_STATE);
}

static void test_without_verification(void **state)
{
    (void)state;
    look();
    assert_int_equal(append_verified(7, 0, VERIFICATION_OFF), KW_ERROR_NONE);
    assert_int_equal(append_verified(7, 2, VERIFICATION_OFF), KW_ERROR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    assert_int_equal(append_marker(7, 0).error, KW_ERROR_NONE);
    assert_int_equal(append_verified(7, 1, VERIFICATION_OFF), KW_ERROR_NONE);
    assert_int_equal(look().last_stable_offset, 2);
    assert_int_equal(verifications_count(&f.log.verifications), 0);
}

/* It is where the first open transaction starts, or the log if that is later. */
static void test_stable_offset(void **state)
{
    (void)state;
    int64_t start;
    look();
    append(2, 100);
    assert_int_equal(append_txn(7, 0).error, KW_ERROR_NONE);
    append(1, 100);
    assert_int_equal(append_txn(8, 0).error, KW_ERROR_NONE);
    assert_int_equal(look().last_stable_offset, 2);
    assert_int_equal(log_delete_records(&f.log, 1, &start), KW_ERROR_NONE);
    assert_int_equal(look().last_stable_offset, 2);
    assert_int_equal(log_delete_records(&f.log, 3, &start), KW_ERROR_NONE);
    assert_int_equal(look().last_stable_offset, 3);
    assert_int_equal(append_marker(7, 1).error, KW_ERROR_NONE);
    assert_int_equal(look().last_stable_offset, 4);
    assert_int_equal(append_marker(8, 1).error, KW_ERROR_NONE);
    assert_int_equal(look().last_stable_offset, 7);
}

static void check_aborted(void)
{
    struct log_snapshot log = log_folder_open(&f);
    kw_aborted_txn txn;
    size_t i = 0;
    assert_int_equal(log.contents->aborted_count, 1);
    assert_true(log_next_aborted(&log, &i, 0, 100, &txn));
    assert_int_equal(txn.producer_id, 8);
    assert_int_equal(txn.first_offset, 1);
    assert_int_equal(txn.last_offset, 3);
    assert_int_equal(txn.last_stable_offset, 0);
    log_snapshot_release(&log);
}

static void test_transactions(void **state)
{
    (void)state;
    look();
    assert_int_equal(append_txn(7, 0).error, KW_ERROR_NONE);
    assert_int_equal(append_txn(8, 0).error, KW_ERROR_NONE);
    append(1, 100);
    assert_int_equal(look().last_stable_offset, 0);
    assert_int_equal(append_marker(8, 0).error, KW_ERROR_NONE);
    assert_int_equal(look().last_stable_offset, 0);
    check_aborted();
    assert_int_equal(size_of_file("00000000000000000000.txnindex"), KW_ABORTED_TXN_SIZE);
    assert_int_equal(append_marker(7, 1).error, KW_ERROR_NONE);
    assert_int_equal(look().last_stable_offset, 5);
    check_aborted();
    log_folder_reopen(&f);
    assert_int_equal(look().last_stable_offset, 5);
    check_aborted();
    assert_int_equal(append_txn(8, 1).error, KW_ERROR_NONE);
    assert_int_equal(append_marker(8, 0).error, KW_ERROR_NONE);
    assert_int_equal(size_of_file("00000000000000000000.txnindex"), 2 * KW_ABORTED_TXN_SIZE);
}

/* A snapshot keeps the aborted transactions that it had. */
static void test_aborted_in_snapshots(void **state)
{
    (void)state;
    struct log_snapshot snapshots[40];
    look();
    for (size_t i = 0; i < COUNT_OF(snapshots); i++) {
        append_txn(7, (int32_t)i);
        append_marker(7, 0);
        snapshots[i] = log_folder_open(&f);
    }
    for (size_t i = 0; i < COUNT_OF(snapshots); i++) {
        assert_int_equal(snapshots[i].contents->aborted_count, i + 1);
        for (size_t k = 0; k <= i; k++)
            assert_int_equal(snapshots[i].contents->aborted[k].last_offset, 2 * k + 1);
        log_snapshot_release(&snapshots[i]);
    }
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define FAILING(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down_failing)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(test_sequences),
        CASE(test_sequences_after_roll),
        CASE(test_refused_after_roll),
        FAILING(test_sequences_after_failure),
        CASE(test_transactions),
        CASE(test_stable_offset),
        CASE(test_verifications),
        CASE(test_without_verification),
        CASE(test_first_sequence_of_a_protocol),
        CASE(test_marker_before_the_next_transaction),
        CASE(test_open_transaction_that_is_not_noted),
        CASE(test_aborted_in_snapshots),
    };
    if (argc != 2)
        return 2;
    root = argv[1];
    start_ms = clock_wall_ms();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
