/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of transactions, and the markers that end them, in a shard. */
#include "shard_support.h"

enum { PRODUCER = 4000, EPOCH = 7, NUMBER = 99 };

static struct coordinator_txn transactional(void)
{
    return (struct coordinator_txn){.batch = COORDINATOR_TRANSACTIONAL,
                                    .producer_id = PRODUCER,
                                    .producer_epoch = EPOCH,
                                    .version = 2,
                                    .verification = NUMBER};
}

static struct coordinator_txn ending(bool is_commit)
{
    return (struct coordinator_txn){.batch = COORDINATOR_END,
                                    .producer_id = PRODUCER,
                                    .producer_epoch = EPOCH + 1,
                                    .version = 2,
                                    .coordinator_epoch = 55,
                                    .is_commit = is_commit};
}

static bool submit(struct toy_event *e, enum toy_how how, int32_t number, struct coordinator_txn txn)
{
    toy_event_init(e, how, number, &sim.executor);
    e->txn = txn;
    bool is_done = toy_submit(&shard, e);
    sim_run_posted(&sim);
    return is_done;
}

static bool submit_plain(struct toy_event *e, enum toy_how how, int32_t number)
{
    return submit(e, how, number, (struct coordinator_txn){.batch = COORDINATOR_SHARED});
}

static kw_batch batch_at(size_t number)
{
    kw_batches batches;
    kw_batch batch;
    kw_batches_init_memory(&batches, store.bytes, store.size);
    for (size_t i = 0; i <= number; i++)
        assert_true(kw_batches_next(&batches, &batch));
    return batch;
}

static void assert_transactional(const kw_batch *batch, bool is_control)
{
    assert_true(kw_batch_is_transactional(batch));
    assert_int_equal(kw_batch_is_control(batch), is_control);
    assert_int_equal(batch->producer_id, PRODUCER);
    assert_int_equal(batch->producer_epoch, is_control ? EPOCH + 1 : EPOCH);
    assert_int_equal(batch->base_sequence, is_control ? KW_NO_SEQUENCE : 0);
    assert_int_equal(kw_batch_codec(batch), KW_CODEC_NONE);
}

static void assert_marker(const kw_batch *batch, bool is_commit)
{
    kw_records records;
    kw_record record;
    kw_control_record control;
    assert_transactional(batch, true);
    assert_int_equal(batch->count, 1);
    assert_int_equal(batch->max_timestamp, wall());
    assert_int_equal(kw_records_init(&records, batch, NULL, NULL), KW_OK);
    assert_true(kw_records_next(&records, &record));
    assert_int_equal(kw_control_record_decode(&control, &record, NULL), KW_OK);
    assert_int_equal(control.type, is_commit ? KW_CONTROL_COMMIT : KW_CONTROL_ABORT);
    assert_int_equal(control.key_version, 0);
    assert_int_equal(control.version, 0);
    assert_int_equal(control.value.end_txn.coordinator_epoch, 55);
}

/* ---- what is written ---- */

static void a_transaction_that_is_committed(void **state)
{
    (void)state;
    struct toy_event e;
    assert_true(submit(&e, TOY_PUT_ALL, 3, transactional()));
    assert_completed(&e, KW_ERROR_NONE);
    assert_int_equal(store.last.verification, NUMBER);
    assert_int_equal(store.last.transaction_version, 2);
    assert_int_equal(toy_count(&toy, 3), -1);
    assert_true(submit(&e, TOY_READ, 3, ending(true)));
    assert_completed(&e, KW_ERROR_NONE);
    assert_int_equal(store.last.verification, 0);
    assert_int_equal(store.last.transaction_version, 2);
    assert_int_equal(toy_count(&toy, 3), 102);
    kw_batch records = batch_at(0), marker = batch_at(1);
    assert_transactional(&records, false);
    assert_int_equal(records.count, TOY_COUNTERS);
    assert_marker(&marker, true);
    assert_int_equal(marker.base_offset, TOY_COUNTERS);
    assert_int_equal(store.end, TOY_COUNTERS + 1);
    assert_state_is_log();
}

static void a_transaction_that_is_aborted(void **state)
{
    (void)state;
    struct toy_event e;
    assert_true(submit(&e, TOY_PUT_ALL, 3, transactional()));
    assert_true(submit(&e, TOY_READ, 3, ending(false)));
    assert_completed(&e, KW_ERROR_NONE);
    assert_int_equal(toy_count(&toy, 3), -1);
    kw_batch marker = batch_at(1);
    assert_marker(&marker, false);
    assert_state_is_log();
}

static void a_decision_without_records_has_no_batch(void **state)
{
    (void)state;
    struct toy_event e;
    assert_true(submit(&e, TOY_READ, 3, transactional()));
    assert_completed(&e, KW_ERROR_NONE);
    assert_int_equal(store.appends, 0);
}

static void nothing_else_is_in_its_batch(void **state)
{
    (void)state;
    struct toy_event e[5];
    store.is_later = true;
    assert_false(submit_plain(&e[0], TOY_ADD, 1));
    assert_false(submit_plain(&e[1], TOY_ADD, 1));
    assert_false(submit(&e[2], TOY_ADD, 3, transactional()));
    assert_false(submit_plain(&e[3], TOY_ADD, 1));
    assert_false(submit(&e[4], TOY_READ, 3, ending(true)));
    while (store.append != NULL) {
        toy_log_finish_append(&store);
        sim_run_posted(&sim);
    }
    for (size_t i = 0; i < COUNT_OF(e); i++)
        assert_completed(&e[i], KW_ERROR_NONE);
    assert_int_equal(store.appends, 5);
    const kw_batch txn = batch_at(2), marker = batch_at(4);
    assert_transactional(&txn, false);
    assert_marker(&marker, true);
    assert_state_is_log();
}

/* What lingers is appended before it. */
static void it_does_not_linger(void **state)
{
    (void)state;
    struct toy_event plain, txn;
    shard.options.linger_ms = shard.log.options.linger_ms = 1000;
    assert_false(submit_plain(&plain, TOY_ADD, 1));
    assert_int_equal(store.appends, 0);
    assert_true(submit(&txn, TOY_ADD, 3, transactional()));
    assert_int_equal(store.appends, 2);
    assert_completed(&plain, KW_ERROR_NONE);
    assert_completed(&txn, KW_ERROR_NONE);
    sim_advance(&sim, 2000);
}

static void a_batch_that_is_too_large(void **state)
{
    (void)state;
    struct toy_event e;
    store.max_batch = 500;
    toy_event_init(&e, TOY_PUT_ALL, 3, &sim.executor);
    e.txn = transactional();
    e.padding = 100;
    e.may_be_split = true; /* which has no meaning here */
    assert_true(toy_submit(&shard, &e));
    assert_completed(&e, KW_ERROR_MESSAGE_TOO_LARGE);
    assert_int_equal(store.appends, 0);
    assert_state_is_log();
    assert_true(submit(&e, TOY_ADD, 3, transactional()));
    assert_completed(&e, KW_ERROR_NONE);
}

/* Its producer is none; the log gets nothing of it. */
static void a_batch_that_cannot_be_built(void **state)
{
    (void)state;
    struct toy_event e;
    struct coordinator_txn txn = transactional();
    txn.producer_epoch = -1;
    assert_true(submit(&e, TOY_ADD, 3, txn));
    assert_completed(&e, KW_ERROR_UNKNOWN_SERVER_ERROR);
    assert_int_equal(store.appends, 0);
    assert_state_is_log();
    assert_true(submit(&e, TOY_ADD, 3, transactional()));
    assert_completed(&e, KW_ERROR_NONE);
    txn = ending(true);
    txn.producer_epoch = -1;
    assert_true(submit(&e, TOY_READ, 3, txn));
    assert_completed(&e, KW_ERROR_UNKNOWN_SERVER_ERROR);
    assert_int_equal(store.appends, 1);
    assert_state_is_log();
}

static void a_marker_that_cannot_be_replayed(void **state)
{
    (void)state;
    struct toy_event e;
    struct coordinator_txn foreign = ending(true);
    foreign.producer_id = PRODUCER + 1;
    assert_true(submit(&e, TOY_ADD, 3, transactional()));
    assert_true(submit(&e, TOY_READ, 3, foreign));
    assert_completed(&e, KW_ERROR_UNKNOWN_SERVER_ERROR);
    assert_int_equal(store.appends, 1);
    assert_state_is_log();
}

/* ---- what is refused ---- */

static void a_refusal_concerns_one_event(void **state)
{
    (void)state;
    static const int16_t refusals[] = {KW_ERROR_INVALID_TXN_STATE, KW_ERROR_INVALID_PRODUCER_EPOCH,
                                       KW_ERROR_TRANSACTION_COORDINATOR_FENCED, KW_ERROR_OUT_OF_ORDER_SEQUENCE_NUMBER};
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        struct toy_event e;
        store.refusal = refusals[i];
        assert_true(submit(&e, TOY_ADD, 3, transactional()));
        assert_completed(&e, refusals[i]);
        assert_state_is_log();
        assert_true(submit_plain(&e, TOY_ADD, 3));
        assert_completed(&e, KW_ERROR_NONE);
    }
}

/* While the log takes its time others are decided on top of it. */
static void what_follows_a_refused_batch_is_decided_again(void **state)
{
    (void)state;
    struct toy_event before, txn, read, add, second;
    store.is_later = true;
    store.refusal = KW_ERROR_INVALID_PRODUCER_EPOCH;
    assert_false(submit_plain(&before, TOY_ADD, 1));
    assert_false(submit(&txn, TOY_ADD, 3, transactional()));
    assert_false(submit_plain(&read, TOY_READ, 1));
    assert_false(submit_plain(&add, TOY_ADD, 1));
    assert_false(submit(&second, TOY_ADD, 4, transactional()));
    toy_log_finish_append(&store);
    sim_run_posted(&sim);
    assert_completed(&before, KW_ERROR_NONE);
    assert_int_equal(txn.completed, 0);
    toy_log_finish_append(&store);
    sim_run_posted(&sim);
    assert_completed(&txn, KW_ERROR_INVALID_PRODUCER_EPOCH);
    assert_completed(&read, KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS);
    assert_completed(&add, KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS);
    assert_completed(&second, KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS);
    assert_null(store.append);
    assert_int_equal(toy_count(&toy, 1), 0);
    assert_state_is_log();
}

static void a_full_disk_concerns_all(void **state)
{
    (void)state;
    struct toy_event txn, add;
    store.is_later = true;
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    assert_false(submit(&txn, TOY_ADD, 3, transactional()));
    assert_false(submit_plain(&add, TOY_ADD, 1));
    toy_log_finish_append(&store);
    sim_run_posted(&sim);
    assert_completed(&txn, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_completed(&add, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_state_is_log();
}

static void a_refused_marker_leaves_the_transaction_open(void **state)
{
    (void)state;
    struct toy_event e;
    assert_true(submit(&e, TOY_PUT_ALL, 3, transactional()));
    int64_t pending = toy.pending[3];
    assert_int_not_equal(pending, 0);
    store.refusal = KW_ERROR_TRANSACTION_COORDINATOR_FENCED;
    assert_true(submit(&e, TOY_READ, 3, ending(true)));
    assert_completed(&e, KW_ERROR_TRANSACTION_COORDINATOR_FENCED);
    assert_int_equal(toy.pending[3], pending);
    assert_int_equal(toy_count(&toy, 3), -1);
    store.refusal = KW_ERROR_NONE;
    assert_true(submit(&e, TOY_READ, 3, ending(true)));
    assert_completed(&e, KW_ERROR_NONE);
    assert_int_equal(toy.pending[3], 0);
    assert_state_is_log();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_transaction_that_is_committed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_transaction_that_is_aborted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_decision_without_records_has_no_batch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_else_is_in_its_batch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_does_not_linger, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_batch_that_is_too_large, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_batch_that_cannot_be_built, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_marker_that_cannot_be_replayed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refusal_concerns_one_event, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_follows_a_refused_batch_is_decided_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_disk_concerns_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refused_marker_leaves_the_transaction_open, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
