/* SPDX-License-Identifier: Apache-2.0 */
/* The producers of a partition: each rule of Kafka by itself, and random batches beside a simple model. */
#include "../../unit/support.h"
#include "../support/garbage.h"

#include <kwire/error.h>
#include <kwire/record_builder.h>

#include "log/producer_state.h"

struct fixture {
    struct producer_state state;
    struct producer_budget budget;
    int64_t next_offset;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (f == NULL)
        return -1;
    f->budget.limit = 1000000;
    fill_with_garbage(&f->state, sizeof f->state);
    producer_state_init(&f->state, &f->budget);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    producer_state_finish(&f->state);
    bool balanced = f->budget.used == 0;
    free(f);
    forget_given(NULL);
    return balanced ? 0 : -1;
}

static struct producer_append data(const struct fixture *f, int64_t id, int epoch, int32_t sequence, int32_t count)
{
    return (struct producer_append){.producer_id = id,
                                    .producer_epoch = (int16_t)epoch,
                                    .base_sequence = sequence,
                                    .base_offset = f->next_offset,
                                    .last_offset = f->next_offset + count - 1,
                                    .timestamp = 1000 + f->next_offset};
}

static struct producer_append marker(const struct fixture *f, int64_t id, int epoch, int32_t coordinator_epoch)
{
    struct producer_append a = data(f, id, epoch, -1, 1);
    a.transactional = a.control = true;
    a.coordinator_epoch = coordinator_epoch;
    return a;
}

static struct completed_txn update(struct fixture *f, const struct producer_append *append)
{
    assert_true(producer_state_reserve(&f->state, 1));
    f->next_offset = append->last_offset + 1;
    return producer_state_update(&f->state, append);
}

/* Checks a batch and, if it is to be appended, appends it. */
static struct producer_verdict offer_batch(struct fixture *f, const struct producer_append *append,
                                           const struct producer_verification *verification)
{
    enum producer_origin origin = append->control ? PRODUCER_COORDINATOR : PRODUCER_CLIENT;
    struct producer_verdict v = producer_state_check(&f->state, append, origin, verification);
    if (v.error == KW_ERROR_NONE && !v.duplicate)
        update(f, append);
    return v;
}

static int16_t offer(struct fixture *f, int64_t id, int epoch, int32_t sequence, int32_t count)
{
    struct producer_append a = data(f, id, epoch, sequence, count);
    struct producer_verdict v = offer_batch(f, &a, NULL);
    assert_false(v.duplicate);
    return v.error;
}

static int16_t offer_marker(struct fixture *f, int64_t id, int epoch, int32_t coordinator_epoch, int version)
{
    struct producer_append a = marker(f, id, epoch, coordinator_epoch);
    a.transaction_version = (int16_t)version;
    return offer_batch(f, &a, NULL).error;
}

static int16_t offer_txn(struct fixture *f, int64_t id, int epoch, int32_t sequence, bool verified)
{
    static const struct producer_verification any = {.lowest_sequence = INT32_MAX};
    struct producer_append a = data(f, id, epoch, sequence, 1);
    a.transactional = true;
    return offer_batch(f, &a, verified ? &any : NULL).error;
}

static void assert_duplicate(struct fixture *f, int64_t id, int epoch, int32_t sequence, int32_t count, int64_t offset)
{
    struct producer_append a = data(f, id, epoch, sequence, count);
    int64_t end = f->next_offset;
    struct producer_verdict v = offer_batch(f, &a, NULL);
    assert_true(v.duplicate);
    assert_int_equal(v.error, KW_ERROR_NONE);
    assert_int_equal(v.base_offset, offset);
    assert_int_equal(v.last_offset, offset + count - 1);
    assert_int_equal(v.timestamp, 1000 + offset);
    assert_int_equal(f->next_offset, end);
}

enum { OK = KW_ERROR_NONE, GAP = KW_ERROR_OUT_OF_ORDER_SEQUENCE_NUMBER, FENCED = KW_ERROR_INVALID_PRODUCER_EPOCH };

static void batches_in_sequence(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(offer(f, 7, 0, 0, 10), OK);
    assert_int_equal(offer(f, 7, 0, 11, 1), GAP); /* one is missing */
    assert_int_equal(offer(f, 7, 0, 9, 1), GAP);  /* inside the last one */
    assert_int_equal(offer(f, 7, 0, 0, 9), GAP);  /* neither the last one nor new */
    assert_int_equal(offer(f, 7, 0, 10, 5), OK);
    assert_int_equal(offer(f, 8, 0, 0, 1), OK); /* another producer */
    assert_int_equal(offer(f, 7, 0, 15, 1), OK);
    assert_int_equal(producer_state_count(&f->state), 2);
    const struct producer *p = producer_state_find(&f->state, 7);
    assert_int_equal(p->batch_count, 3);
    assert_int_equal(p->batches[2].last_sequence, 15);
    assert_int_equal(p->batches[2].last_offset, 16);
    assert_int_equal(p->last_timestamp, 1016);
    assert_int_equal(p->epoch, 0);
    assert_int_equal(p->coordinator_epoch, -1);
    assert_int_equal(p->txn_first_offset, -1);
    assert_null(producer_state_find(&f->state, 9));
}

static void duplicates(void **state)
{
    struct fixture *f = *state;
    f->next_offset = 100;
    for (int32_t i = 0; i < 7; i++)
        assert_int_equal(offer(f, 7, 3, 10 * i, 10), OK);
    for (int32_t i = 2; i < 7; i++)
        assert_duplicate(f, 7, 3, 10 * i, 10, 100 + 10 * i);
    assert_int_equal(offer(f, 7, 3, 10, 10), GAP); /* the sixth from the end is no longer known */
    assert_int_equal(offer(f, 7, 2, 60, 10), FENCED);
    assert_int_equal(offer(f, 7, 4, 60, 10), GAP); /* the same sequences of a new epoch are not the same batch */
    assert_int_equal(offer(f, 7, 3, 60, 9), GAP);
    assert_int_equal(offer(f, 7, 3, 61, 9), GAP);
}

static void epochs(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(offer(f, 7, 5, 0, 1), OK);
    assert_int_equal(offer(f, 7, 4, 0, 1), FENCED);
    assert_int_equal(offer(f, 7, 4, 1, 1), FENCED);
    assert_int_equal(offer(f, 7, 6, 1, 1), GAP); /* a new epoch starts with 0 */
    assert_int_equal(offer(f, 7, 6, 0, 1), OK);
    assert_int_equal(offer(f, 7, 5, 1, 1), FENCED);
    assert_int_equal(offer(f, 7, 6, 1, 1), OK);
    assert_int_equal(producer_state_find(&f->state, 7)->batch_count, 2);
}

static void unknown_producers_start_anywhere(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(offer(f, 7, 9, 1234, 10), OK);
    assert_int_equal(offer(f, 7, 9, 1244, 1), OK);
    assert_int_equal(offer(f, 8, 0, INT32_MAX, 1), OK);
}

static void sequences_wrap(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(offer(f, 7, 0, INT32_MAX - 1, 2), OK);
    assert_int_equal(offer(f, 7, 0, 1, 1), GAP);
    assert_int_equal(offer(f, 7, 0, 0, 1), OK);
    assert_int_equal(offer(f, 8, 0, INT32_MAX - 1, 5), OK); /* INT32_MAX - 1, INT32_MAX, 0, 1, 2 */
    assert_duplicate(f, 8, 0, INT32_MAX - 1, 5, 3);
    assert_int_equal(offer(f, 8, 0, 4, 1), GAP);
    assert_int_equal(offer(f, 8, 0, 3, 1), OK);
    assert_duplicate(f, 8, 0, INT32_MAX - 1, 5, 3);
}

/* With transaction.version 2 a producer that is not known starts with 0, and nothing overtakes what waits. */
static void sequences_of_verified_batches(void **state)
{
    struct fixture *f = *state;
    struct producer_append a = data(f, 7, 0, 3, 1);
    a.transactional = true;
    const struct producer_verification bumps = {.lowest_sequence = 9, .supports_epoch_bump = true};
    assert_int_equal(offer_batch(f, &a, &bumps).error, GAP);
    const struct producer_verification old = {.lowest_sequence = 2};
    assert_int_equal(offer_batch(f, &a, &old).error, GAP);
    const struct producer_verification fits = {.lowest_sequence = 3};
    assert_int_equal(offer_batch(f, &a, &fits).error, OK);
    a = data(f, 8, 0, 0, 1);
    a.transactional = true;
    assert_int_equal(offer_batch(f, &a, &bumps).error, OK);
    a = data(f, 8, 0, 1, 1);
    a.transactional = true;
    assert_int_equal(offer_batch(f, &a, &bumps).error, OK);
}

static void transactions(void **state)
{
    struct fixture *f = *state;
    f->next_offset = 10;
    assert_int_equal(producer_state_first_unstable(&f->state), -1);
    assert_int_equal(offer_txn(f, 7, 0, 0, false), KW_ERROR_INVALID_TXN_STATE); /* nobody confirmed it */
    assert_int_equal(offer_txn(f, 7, 0, 0, true), OK);
    assert_int_equal(producer_state_first_unstable(&f->state), 10);
    assert_int_equal(offer_txn(f, 8, 0, 0, true), OK);
    assert_int_equal(offer_txn(f, 7, 0, 1, false), OK); /* it is open already */
    assert_int_equal(offer(f, 7, 0, 2, 1), KW_ERROR_INVALID_TXN_STATE);
    assert_int_equal(offer_txn(f, 7, 1, 0, false), KW_ERROR_INVALID_TXN_STATE); /* that is another transaction */
    assert_duplicate(f, 7, 0, 0, 1, 10);

    struct producer_append end = marker(f, 7, 0, 4);
    struct completed_txn done = update(f, &end);
    assert_int_equal(done.producer_id, 7);
    assert_int_equal(done.first_offset, 10);
    assert_int_equal(done.last_offset, 13);
    assert_int_equal(done.last_stable_offset, 11);
    assert_false(done.is_aborted);
    assert_int_equal(producer_state_first_unstable(&f->state), 11);
    assert_int_equal(producer_state_find(&f->state, 7)->coordinator_epoch, 4);

    assert_int_equal(offer_txn(f, 7, 0, 2, true), OK); /* the next one of the same epoch */
    end = marker(f, 8, 0, 4);
    end.abort = true;
    done = update(f, &end);
    assert_true(done.is_aborted);
    assert_int_equal(done.first_offset, 11);
    assert_int_equal(done.last_stable_offset, 14);
    end = marker(f, 7, 0, 4);
    assert_int_equal(update(f, &end).last_stable_offset, end.base_offset + 1);
    assert_int_equal(producer_state_first_unstable(&f->state), -1);
    end = marker(f, 7, 0, 4);
    assert_int_equal(update(f, &end).first_offset, -1); /* an empty transaction */
    end = marker(f, 99, 3, 4);
    assert_int_equal(update(f, &end).first_offset, -1); /* of a producer that is not known */
    assert_int_equal(producer_state_find(&f->state, 99)->epoch, 3);
}

static void markers(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(offer_marker(f, 1, 0, 0, 2), OK); /* not known: nothing to compare with */
    assert_int_equal(offer_txn(f, 7, 5, 0, true), OK);
    assert_int_equal(offer_marker(f, 7, 4, 9, 1), FENCED);
    assert_int_equal(offer_marker(f, 7, 5, 9, 2), FENCED); /* version 2 bumps the epoch */
    assert_int_equal(offer_marker(f, 7, 4, 9, 2), FENCED);
    assert_int_equal(offer_marker(f, 7, 6, 9, 2), OK);
    assert_int_equal(producer_state_find(&f->state, 7)->batch_count, 0);
    assert_int_equal(offer_marker(f, 7, 6, 9, 2), OK); /* sent again */
    assert_int_equal(offer_marker(f, 7, 6, 8, 2), KW_ERROR_TRANSACTION_COORDINATOR_FENCED);
    assert_int_equal(offer_marker(f, 7, 6, 8, 0), KW_ERROR_TRANSACTION_COORDINATOR_FENCED);
    assert_int_equal(offer(f, 7, 6, 1, 1), GAP); /* the epoch of the marker is a new one */
    assert_int_equal(offer(f, 7, 6, 0, 1), OK);

    assert_int_equal(offer_txn(f, 8, 5, 0, true), OK);
    assert_int_equal(offer_marker(f, 8, 5, 0, 1), OK); /* before version 2 it has that of the transaction */
    assert_int_equal(offer(f, 8, 5, 1, 1), OK);
    assert_int_equal(offer_txn(f, 9, INT16_MAX, 0, true), OK);
    assert_int_equal(offer_marker(f, 9, INT16_MAX, 0, 2), OK); /* there is no greater one */
}

static void transactions_at_offset_0(void **state)
{
    struct fixture *f = *state;
    f->next_offset = 0;
    assert_int_equal(offer_txn(f, 7, 5, 0, true), OK);
    assert_int_equal(producer_state_first_unstable(&f->state), 0);
    assert_int_equal(offer(f, 7, 5, 1, 1), KW_ERROR_INVALID_TXN_STATE);
    assert_int_equal(offer_marker(f, 7, 5, 9, 2), FENCED);
    assert_int_equal(offer_txn(f, 7, 5, 1, false), OK);
    struct producer_append end = marker(f, 7, 6, 9);
    assert_int_equal(update(f, &end).first_offset, 0);
    assert_int_equal(producer_state_first_unstable(&f->state), -1);
}

/* A group coordinator's offsets have no sequences. */
static void coordinators_have_no_sequences(void **state)
{
    struct fixture *f = *state;
    static const struct producer_verification any = {.lowest_sequence = INT32_MAX};
    for (int i = 0; i < 7; i++) {
        struct producer_append a = data(f, 7, 1, -1, 1);
        a.transactional = true;
        struct producer_verdict v = producer_state_check(&f->state, &a, PRODUCER_COORDINATOR, i == 0 ? &any : NULL);
        assert_int_equal(v.error, OK);
        assert_false(v.duplicate);
        update(f, &a);
    }
    struct producer_append a = data(f, 7, 0, -1, 1);
    assert_int_equal(producer_state_check(&f->state, &a, PRODUCER_COORDINATOR, NULL).error, FENCED);
    a = data(f, 8, 0, -1, 1);
    a.transactional = true;
    assert_int_equal(producer_state_check(&f->state, &a, PRODUCER_COORDINATOR, NULL).error, KW_ERROR_INVALID_TXN_STATE);
}

/* What is in a log is believed, whatever it is. */
static void batches_of_a_log(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(offer(f, 7, 5, 0, 1), OK);
    struct producer_append a = data(f, 7, 2, 77, 3);
    assert_int_equal(producer_state_check(&f->state, &a, PRODUCER_LOG, NULL).error, OK);
    update(f, &a);
    assert_int_equal(producer_state_find(&f->state, 7)->epoch, 2);
    assert_int_equal(producer_state_find(&f->state, 7)->batch_count, 1);
    a = data(f, 7, 2, 80, 1);
    a.transactional = true;
    update(f, &a);
    a = data(f, 7, 2, 81, 1);
    update(f, &a); /* not transactional in an open transaction */
    assert_int_equal(producer_state_first_unstable(&f->state), 4);
}

static void expiry(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(offer(f, 1, 0, 0, 1), OK); /* timestamps 1000, 1001... */
    assert_int_equal(offer(f, 2, 0, 0, 1), OK);
    assert_int_equal(offer_txn(f, 3, 0, 0, true), OK);
    assert_int_equal(offer(f, 4, 0, 0, 1), OK);
    producer_state_expire(&f->state, 1099, 100);
    assert_int_equal(producer_state_count(&f->state), 4);
    producer_state_expire(&f->state, 1101, 100);
    assert_null(producer_state_find(&f->state, 1));
    assert_null(producer_state_find(&f->state, 2));
    producer_state_expire(&f->state, INT64_MAX, 100);
    assert_int_equal(producer_state_count(&f->state), 1);
    assert_int_equal(producer_state_first_unstable(&f->state), 2); /* an open transaction stays */
    assert_int_equal(offer(f, 1, 0, 5, 1), OK);                    /* unknown again */
    struct producer_append end = marker(f, 3, 0, 0);
    end.timestamp = 5000;
    update(f, &end);
    struct producer_append future = data(f, 5, 0, 0, 1);
    future.timestamp = INT64_MAX;
    update(f, &future);
    producer_state_expire(&f->state, 5099, 100);
    assert_non_null(producer_state_find(&f->state, 3)); /* by the time of the marker */
    producer_state_expire(&f->state, 5100, 100);
    assert_null(producer_state_find(&f->state, 3));
    assert_non_null(producer_state_find(&f->state, 5));
    struct producer_append none = data(f, 6, 0, 0, 1);
    none.timestamp = -1;
    update(f, &none);
    producer_state_expire(&f->state, 5100, 100);
    assert_null(producer_state_find(&f->state, 6));
}

/* Beyond the budget the idle ones are forgotten, of the partition that grows. */
static void budget(void **state)
{
    struct fixture *f = *state;
    struct producer_state other;
    producer_state_init(&other, &f->budget);
    f->budget.limit = 100;
    for (int64_t id = 0; id < 100; id++)
        assert_int_equal(offer(f, id, 0, 0, 1), OK);
    assert_int_equal(f->budget.used, 100);
    assert_int_equal(offer_txn(f, 0, 0, 1, true), OK);
    assert_int_equal(offer(f, 2, 0, 1, 1), OK);
    for (int64_t id = 1; id < 3; id++) /* 0 and 2 have been used since */
        assert_int_equal(offer(f, 1000 + id, 0, 0, 1), OK);
    assert_null(producer_state_find(&f->state, 1));
    assert_null(producer_state_find(&f->state, 3));
    assert_non_null(producer_state_find(&f->state, 0));
    assert_non_null(producer_state_find(&f->state, 2));
    for (int64_t id = 2000; id < 2200; id++)
        assert_int_equal(offer(f, id, 0, 0, 1), OK);
    assert_non_null(producer_state_find(&f->state, 0)); /* its transaction is open */
    assert_null(producer_state_find(&f->state, 2));
    assert_int_equal(producer_state_count(&f->state), 100);
    for (int64_t id = 0; id < 100; id++) {
        struct producer_append a = data(f, id, 0, 0, 1);
        assert_true(producer_state_reserve(&other, 1));
        producer_state_update(&other, &a);
    }
    assert_int_equal(producer_state_count(&other), PRODUCERS_ALWAYS);
    assert_int_equal(f->budget.used, 100 + PRODUCERS_ALWAYS);
    producer_state_finish(&other);
    assert_int_equal(f->budget.used, 100);
    assert_int_equal(producer_state_count(&other), 0);
    producer_state_finish(&other); /* it has nothing any more */
    assert_int_equal(f->budget.used, 100);
}

/* Where all have open transactions none can be forgotten. */
static void budget_of_open_transactions(void **state)
{
    struct fixture *f = *state;
    f->budget.limit = 20;
    for (int64_t id = 0; id < 40; id++)
        assert_int_equal(offer_txn(f, id, 0, 0, true), OK);
    assert_int_equal(producer_state_count(&f->state), 40);
    producer_state_clear(&f->state);
    assert_int_equal(f->budget.used, 0);
    assert_int_equal(producer_state_first_unstable(&f->state), -1);
}

static kw_producers written(const struct producer_state *s, uint8_t *bytes, size_t size)
{
    kw_writer w;
    kw_writer_init(&w, bytes, size);
    assert_int_equal(producer_state_write(s, &w), KW_OK);
    kw_producers view;
    size_t at;
    assert_int_equal(kw_producers_init(&view, bytes, kw_writer_needed(&w), &at), KW_OK);
    return view;
}

static void snapshots(void **state)
{
    struct fixture *f = *state;
    uint8_t *bytes = given_size(1000);
    assert_int_equal(written(&f->state, bytes, 1000).count, 0);
    f->next_offset = 50;
    assert_int_equal(offer_txn(f, 9, 1, 0, true), OK);
    assert_int_equal(offer_txn(f, 8, 2, 0, true), OK);
    assert_int_equal(offer(f, 7, 3, 10, 5), OK);
    assert_int_equal(offer(f, 7, 3, 15, 5), OK);
    assert_int_equal(offer_marker(f, 6, 4, 11, 2), OK);
    assert_int_equal(offer_txn(f, 9, 1, 1, false), OK);
    kw_producers view = written(&f->state, bytes, 1000);
    assert_int_equal(view.count, 4);
    bool has_seven = false;
    for (size_t i = 0; i < view.count; i++) {
        kw_producer_state p = kw_producers_at(&view, i);
        if (p.producer_id == 6) {
            assert_int_equal(p.last_sequence, -1);
            assert_int_equal(p.last_offset, -1);
            assert_int_equal(p.offset_delta, 0);
            assert_int_equal(p.coordinator_epoch, 11);
        }
        if (p.producer_id != 7)
            continue;
        has_seven = true;
        assert_int_equal(p.producer_epoch, 3);
        assert_int_equal(p.last_sequence, 19);
        assert_int_equal(p.last_offset, 61);
        assert_int_equal(p.offset_delta, 4);
        assert_int_equal(p.timestamp, 1057);
        assert_int_equal(p.coordinator_epoch, -1);
        assert_int_equal(p.txn_first_offset, -1);
    }
    assert_true(has_seven);

    producer_state_clear(&f->state);
    assert_true(producer_state_load(&f->state, &view, 2000, 86400000));
    assert_int_equal(producer_state_count(&f->state), 4);
    assert_int_equal(producer_state_first_unstable(&f->state), 50);
    assert_int_equal(offer_txn(f, 9, 1, 2, false), OK);
    f->next_offset = 57;
    assert_duplicate(f, 7, 3, 15, 5, 57);
    f->next_offset = 70;
    assert_int_equal(offer(f, 7, 3, 10, 5), GAP); /* only the last batch survives */
    assert_int_equal(offer(f, 7, 3, 20, 5), OK);
    struct producer_append end = marker(f, 9, 1, 0);
    assert_int_equal(update(f, &end).last_stable_offset, 51);

    producer_state_clear(&f->state);
    assert_true(producer_state_load(&f->state, &view, 1057 + 100, 100)); /* all are as old, or in a transaction */
    assert_int_equal(producer_state_count(&f->state), 3);
    assert_null(producer_state_find(&f->state, 7));
    kw_writer w;
    kw_writer_init(&w, bytes, 100);
    assert_int_equal(producer_state_write(&f->state, &w), KW_ERR_SPACE);
}

/* A snapshot with a valid checksum may still have anything. */
static void odd_snapshots(void **state)
{
    struct fixture *f = *state;
    const kw_producer_state odd[] = {
        {.producer_id = 1, .last_offset = 5, .offset_delta = 6, .timestamp = INT64_MIN, .txn_first_offset = 7},
        {.producer_id = 2, .last_offset = INT64_MAX, .offset_delta = -1, .timestamp = INT64_MAX, .txn_first_offset = 3},
        {.producer_id = 1, .last_offset = 9, .offset_delta = 9, .last_sequence = 3, .txn_first_offset = 1},
        {.producer_id = 3, .last_offset = INT64_MAX, .last_sequence = INT32_MIN, .txn_first_offset = 1},
        {.producer_id = -1,
         .producer_epoch = -1,
         .last_sequence = -1,
         .last_offset = -1,
         .txn_first_offset = INT64_MIN},
    };
    uint8_t *bytes = given_size(1000);
    kw_writer w;
    kw_writer_init(&w, bytes, 1000);
    assert_int_equal(kw_producers_write(&w, odd, COUNT_OF(odd)), KW_OK);
    kw_producers view;
    size_t at;
    assert_int_equal(kw_producers_init(&view, bytes, kw_writer_needed(&w), &at), KW_OK);
    assert_true(producer_state_load(&f->state, &view, 0, 86400000));
    assert_int_equal(producer_state_count(&f->state), 4);
    assert_int_equal(producer_state_first_unstable(&f->state), 1);
    assert_int_equal(producer_state_find(&f->state, 2)->batch_count, 0);
    f->next_offset = 100;
    for (int64_t id = -1; id < 4; id++) {
        struct producer_append a = data(f, id, 0, 0, 1);
        (void)producer_state_check(&f->state, &a, PRODUCER_CLIENT, NULL);
        a.transactional = true;
        a.producer_epoch = 5;
        update(f, &a);
    }
    producer_state_expire(&f->state, INT64_MAX, 1);
    struct producer_append end = marker(f, 1, 5, 0);
    assert_int_equal(update(f, &end).first_offset, 1);
    assert_int_equal(producer_state_first_unstable(&f->state), 1); /* that of 3 */
}

static kw_batch built_batch(const uint8_t *bytes, size_t size)
{
    kw_batches bs;
    kw_batch b;
    kw_batches_init_memory(&bs, bytes, size);
    assert_true(kw_batches_next(&bs, &b));
    return b;
}

static void reading_batches(void **state)
{
    (void)state;
    uint8_t *bytes = given_size(500);
    kw_writer w;
    kw_batch_options o;
    kw_batch_builder builder;
    kw_batch_options_init(&o);
    o.base_offset = 40;
    o.producer_id = 5;
    o.producer_epoch = 6;
    o.base_sequence = 7;
    o.transactional = true;
    kw_writer_init(&w, bytes, 500);
    const kw_new_record records[] = {{.timestamp = 100, .key.len = -1, .value.len = -1},
                                     {.timestamp = 90, .key.len = -1, .value.len = -1}};
    assert_int_equal(kw_batch_builder_init(&builder, &w, &o), KW_OK);
    assert_int_equal(kw_batch_builder_append_all(&builder, records, 2, NULL), KW_OK);
    assert_int_equal(kw_batch_builder_end(&builder), KW_OK);
    struct producer_append a;
    kw_batch b = built_batch(bytes, kw_writer_needed(&w));
    assert_true(producer_append_read(&a, &b));
    assert_int_equal(a.producer_id, 5);
    assert_int_equal(a.producer_epoch, 6);
    assert_int_equal(a.base_sequence, 7);
    assert_int_equal(a.base_offset, 40);
    assert_int_equal(a.last_offset, 41);
    assert_int_equal(a.timestamp, 100);
    assert_true(a.transactional && !a.control);
    b.producer_id = -1;
    assert_false(producer_append_read(&a, &b));

    for (int type = KW_CONTROL_ABORT; type <= KW_CONTROL_LEADER_CHANGE; type++) {
        kw_writer_init(&w, bytes, 500);
        o.control = true;
        o.base_sequence = -1;
        kw_control_record control = {.type = (int16_t)type, .version = 0};
        if (type == KW_CONTROL_LEADER_CHANGE)
            kw_leader_change_message_init(&control.value.leader_change);
        else
            control.value.end_txn.coordinator_epoch = 77;
        assert_int_equal(kw_write_control_batch(&w, &o, 1234, &control), KW_OK);
        b = built_batch(bytes, kw_writer_needed(&w));
        assert_int_equal(producer_append_read(&a, &b), type != KW_CONTROL_LEADER_CHANGE);
        if (type == KW_CONTROL_LEADER_CHANGE)
            continue;
        assert_int_equal(a.abort, type == KW_CONTROL_ABORT);
        assert_int_equal(a.coordinator_epoch, 77);
        assert_int_equal(a.timestamp, 1234);
        assert_true(a.control);
    }
    b.size = 61; /* the records are cut off */
    b.count = 0;
    assert_false(producer_append_read(&a, &b));
}

/* ---- the model ---- */

enum { IDS = 40, HISTORY = 64, ROUNDS = 20000 };

/* All that a producer did in its epoch, and what Kafka remembers of it. */
struct model {
    bool known;
    int epoch, coordinator_epoch;
    int64_t txn, time;
    int count;
    struct {
        int32_t first, last;
        int64_t offset;
    } history[HISTORY];
};

struct random {
    uint64_t state;
};

static uint32_t below(struct random *r, uint32_t n)
{
    r->state = r->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(r->state >> 33) % n;
}

static int32_t next_sequence(int32_t sequence, int64_t by)
{
    int64_t next = sequence + by;
    return (int32_t)(next > INT32_MAX ? next - INT32_MAX - 1 : next);
}

static int16_t expected_data(const struct model *m, const struct producer_append *a, bool verified)
{
    if (!m->known)
        return a->transactional && !verified ? KW_ERROR_INVALID_TXN_STATE : OK;
    if (a->producer_epoch < m->epoch)
        return FENCED;
    bool continues = m->txn >= 0 && a->producer_epoch == m->epoch;
    if (a->transactional && !continues && !verified)
        return KW_ERROR_INVALID_TXN_STATE;
    bool same = a->producer_epoch == m->epoch && m->count > 0;
    int32_t expected = same ? next_sequence(m->history[m->count - 1].last, 1) : 0;
    if (a->base_sequence != expected)
        return GAP;
    return m->txn >= 0 && !a->transactional ? KW_ERROR_INVALID_TXN_STATE : OK;
}

static int find_in_history(const struct model *m, const struct producer_append *a)
{
    int32_t last = next_sequence(a->base_sequence, a->last_offset - a->base_offset);
    for (int i = m->count - 1; m->known && a->producer_epoch == m->epoch && i >= 0 && i >= m->count - 5; i--)
        if (m->history[i].first == a->base_sequence && m->history[i].last == last)
            return i;
    return -1;
}

static void set_model_epoch(struct model *m, const struct producer_append *a)
{
    if (!m->known) {
        memset(m, 0, sizeof *m);
        m->txn = m->coordinator_epoch = -1;
    }
    if (!m->known || m->epoch != a->producer_epoch)
        m->count = 0;
    m->known = true;
    m->epoch = a->producer_epoch;
    m->time = a->timestamp;
}

static void append_to_model(struct model *m, const struct producer_append *a)
{
    set_model_epoch(m, a);
    if (m->count == HISTORY)
        memmove(m->history, m->history + 32, (size_t)(m->count = 32) * sizeof m->history[0]);
    m->history[m->count].first = a->base_sequence;
    m->history[m->count].last = next_sequence(a->base_sequence, a->last_offset - a->base_offset);
    m->history[m->count++].offset = a->base_offset;
    if (a->transactional && m->txn < 0)
        m->txn = a->base_offset;
}

static int64_t first_open(const struct model *models)
{
    int64_t first = -1;
    for (int i = 0; i < IDS; i++)
        if (models[i].known && models[i].txn >= 0 && (first < 0 || models[i].txn < first))
            first = models[i].txn;
    return first;
}

static void assert_same(const struct fixture *f, const struct model *models)
{
    size_t known = 0;
    for (int i = 0; i < IDS; i++) {
        const struct model *m = &models[i];
        const struct producer *p = producer_state_find(&f->state, i);
        known += m->known;
        assert_int_equal(p != NULL, m->known);
        if (p == NULL)
            continue;
        assert_int_equal(p->id, i);
        assert_int_equal(p->epoch, m->epoch);
        assert_int_equal(p->coordinator_epoch, m->coordinator_epoch);
        assert_int_equal(p->txn_first_offset, m->txn);
        assert_int_equal(p->last_timestamp, m->time);
        assert_int_equal(p->batch_count, m->count < 5 ? m->count : 5);
        if (m->count > 0)
            assert_int_equal(p->batches[p->batch_count - 1].last_sequence, m->history[m->count - 1].last);
    }
    assert_int_equal(producer_state_count(&f->state), known);
    assert_int_equal(f->budget.used, known);
    size_t walked = 0;
    for (const struct producer *p = NULL; (p = producer_state_next(&f->state, p)) != NULL;)
        walked++;
    assert_int_equal(walked, known);
    assert_int_equal(producer_state_first_unstable(&f->state), first_open(models));
}

static void random_data(struct fixture *f, struct model *m, int id, struct random *r)
{
    static const struct producer_verification any = {.lowest_sequence = INT32_MAX};
    int epoch = m->known ? m->epoch + (below(r, 10) == 0) - (below(r, 20) == 0) : (int)below(r, 3);
    bool start = !m->known || epoch != m->epoch || m->count == 0;
    int32_t sequence = start ? 0 : next_sequence(m->history[m->count - 1].last, 1);
    if (!m->known && below(r, 2) == 0)
        sequence = INT32_MAX - (int32_t)below(r, 30);
    if (below(r, 8) == 0)
        sequence = next_sequence(sequence, below(r, 5));
    int32_t count = 1 + (int32_t)below(r, 9);
    struct producer_append a = data(f, id, epoch, sequence, count);
    if (m->count > 0 && below(r, 5) == 0) { /* one that was sent before */
        int i = m->count - 1 - (int)below(r, m->count < 8 ? (uint32_t)m->count : 8);
        a = data(f, id, m->epoch, m->history[i].first, 1);
        a.last_offset += (m->history[i].last - m->history[i].first) & INT32_MAX;
    }
    if (a.producer_epoch < 0)
        a.producer_epoch = 0;
    a.transactional = below(r, 3) == 0 || (m->known && m->txn >= 0 && below(r, 4) != 0);
    bool verified = below(r, 4) != 0;
    struct producer_verdict v =
        producer_state_check(&f->state, &a, PRODUCER_CLIENT, a.transactional && verified ? &any : NULL);
    int i = find_in_history(m, &a);
    assert_int_equal(v.duplicate, i >= 0);
    if (i >= 0) {
        assert_int_equal(v.error, OK);
        assert_int_equal(v.base_offset, m->history[i].offset);
        return;
    }
    assert_int_equal(v.error, expected_data(m, &a, verified));
    if (v.error != OK)
        return;
    update(f, &a);
    append_to_model(m, &a);
}

static void random_marker(struct fixture *f, struct model *models, struct model *m, int id, struct random *r)
{
    struct producer_append a = marker(f, id, m->known ? m->epoch + 1 - (int)below(r, 3) : 0, (int32_t)below(r, 4));
    if (a.producer_epoch < 0)
        a.producer_epoch = 0;
    a.transaction_version = (int16_t)below(r, 3);
    struct producer_verdict v = producer_state_check(&f->state, &a, PRODUCER_COORDINATOR, NULL);
    bool again = m->txn < 0 && a.producer_epoch == m->epoch;
    bool fenced = m->known && (a.producer_epoch < m->epoch ||
                               (a.transaction_version == 2 && a.producer_epoch == m->epoch && !again));
    bool zombie = m->known && m->coordinator_epoch > a.coordinator_epoch;
    assert_int_equal(v.error, fenced ? FENCED : zombie ? KW_ERROR_TRANSACTION_COORDINATOR_FENCED : OK);
    if (v.error != OK)
        return;
    struct completed_txn done = update(f, &a);
    set_model_epoch(m, &a);
    assert_int_equal(done.first_offset, m->txn);
    m->txn = -1;
    m->coordinator_epoch = a.coordinator_epoch;
    int64_t open = first_open(models);
    assert_int_equal(done.last_stable_offset, open >= 0 ? open : f->next_offset);
}

/* Restart: through a snapshot, which has the last batches only. */
static void reload(struct fixture *f, struct model *models)
{
    uint8_t bytes[10 + IDS * 46];
    kw_producers view = written(&f->state, bytes, sizeof bytes);
    producer_state_clear(&f->state);
    assert_true(producer_state_load(&f->state, &view, f->next_offset, INT64_MAX));
    for (int i = 0; i < IDS; i++) {
        if (models[i].count > 1)
            models[i].history[0] = models[i].history[models[i].count - 1];
        models[i].count = models[i].count > 0;
    }
}

static void expire_all_before(struct fixture *f, struct model *models, int64_t time)
{
    producer_state_expire(&f->state, time, 1);
    for (int i = 0; i < IDS; i++) {
        bool expired = models[i].known && models[i].txn < 0 && models[i].time < time;
        models[i].known = models[i].known && !expired;
        models[i].count = models[i].known ? models[i].count : 0;
    }
}

static void like_the_model(void **state)
{
    struct fixture *f = *state;
    struct random r = {2026};
    struct model *models = calloc(IDS, sizeof *models);
    assert_non_null(models);
    for (int round = 0; round < ROUNDS; round++) {
        int id = (int)below(&r, IDS);
        uint32_t what = below(&r, 100);
        if (what < 80)
            random_data(f, &models[id], id, &r);
        else if (what < 98)
            random_marker(f, models, &models[id], id, &r);
        else if (what == 98)
            reload(f, models);
        else
            expire_all_before(f, models, 1000 + f->next_offset - (int64_t)below(&r, 800));
        if (round % 16 == 0)
            assert_same(f, models);
    }
    free(models);
}

/* Many, so that the table grows and becomes smaller again. */
static void many_producers(void **state)
{
    struct fixture *f = *state;
    enum { MANY = 5000 };
    for (int64_t id = 0; id < MANY; id++)
        assert_int_equal(offer(f, id * 4096, 0, 0, 1), OK);
    for (int64_t id = 0; id < MANY; id++)
        assert_duplicate(f, id * 4096, 0, 0, 1, id);
    producer_state_expire(&f->state, 1000 + MANY, 10);
    assert_int_equal(producer_state_count(&f->state), 9);
    assert_true(f->state.capacity <= 32);
    for (int64_t id = MANY - 9; id < MANY; id++)
        assert_duplicate(f, id * 4096, 0, 0, 1, id);
    assert_int_equal(offer(f, 0, 0, 7, 1), OK);
}

/* In steps that double it. */
static void memory_for_so_many(void **state)
{
    struct fixture *f = *state;
    static const uint32_t wanted[] = {1, 4, 5, 8, 64, 65}, capacity[] = {4, 4, 8, 8, 64, 128};
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        assert_true(producer_state_reserve(&f->state, wanted[i]));
        assert_int_equal(f->state.capacity, capacity[i]);
    }
}

int main(void)
{
#define EACH(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        EACH(batches_in_sequence),
        EACH(duplicates),
        EACH(epochs),
        EACH(unknown_producers_start_anywhere),
        EACH(sequences_wrap),
        EACH(sequences_of_verified_batches),
        EACH(transactions),
        EACH(markers),
        EACH(transactions_at_offset_0),
        EACH(coordinators_have_no_sequences),
        EACH(batches_of_a_log),
        EACH(expiry),
        EACH(budget),
        EACH(budget_of_open_transactions),
        EACH(snapshots),
        EACH(odd_snapshots),
        EACH(reading_batches),
        EACH(like_the_model),
        EACH(many_producers),
        EACH(memory_for_so_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
