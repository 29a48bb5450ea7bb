/* SPDX-License-Identifier: Apache-2.0 */
/* What a cleaner knows of transactions: which batches are of aborted ones, and which markers are not needed any more.
 */
#include "../../../unit/support.h"

#include <kwire/control_record.h>
#include <kwire/record_builder.h>

#include "log/cleaner/clean_transactions.h"

enum { A = 7, B = 8, NOBODY = -1, DATA = 100, EMPTY_MARKER };

static struct clean_transactions cleaned;

/* ---- batches ---- */

static uint8_t bytes[512];

/* A batch of one record. */
static kw_batch batch_of(int64_t offset, int64_t producer_id, int type)
{
    kw_batch_options options;
    kw_batch_builder builder;
    kw_batches batches;
    kw_batch batch;
    kw_writer w;
    kw_batch_options_init(&options);
    options.base_offset = offset;
    options.producer_id = producer_id;
    options.producer_epoch = producer_id >= 0 ? 0 : -1;
    options.transactional = producer_id >= 0;
    kw_writer_init(&w, bytes, sizeof bytes);
    if (type == DATA) {
        const kw_new_record record = {.timestamp = 100, .key = kw_bytes_of("k", 1), .value = kw_bytes_of("v", 1)};
        options.base_sequence = producer_id >= 0 ? 0 : -1;
        assert_status(kw_batch_builder_init(&builder, &w, &options), KW_OK);
        assert_status(kw_batch_builder_append(&builder, &record), KW_OK);
        assert_status(kw_batch_builder_end(&builder), KW_OK);
    } else {
        const kw_control_record record = {.type = (int16_t)(type == EMPTY_MARKER ? KW_CONTROL_ABORT : type)};
        options.control = true;
        assert_status(kw_write_control_batch(&w, &options, 100, &record), KW_OK);
    }
    kw_span all = kw_writer_data(&w);
    kw_batches_init(&batches, kw_bytes_of(all.data, all.size));
    assert_true(kw_batches_next(&batches, &batch));
    if (type == EMPTY_MARKER)
        batch.count = 0;
    return batch;
}

struct step {
    int64_t offset;
    int64_t producer_id;
    int type;
    bool can_go;
    int64_t kept; /* the first offset of the aborted transaction that stays known; -1: none */
};

static void start(const kw_aborted_txn *aborted, size_t count, int64_t from, int64_t end)
{
    const struct log_contents contents = {.aborted = aborted, .aborted_count = count};
    const struct log_snapshot log = {.contents = &contents, .log_end_offset = 1000};
    assert_true(clean_transactions_init(&cleaned, &log, from, end));
}

static void go_on(const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct clean_verdict verdict;
        kw_batch batch = batch_of(steps[i].offset, steps[i].producer_id, steps[i].type);
        assert_true(clean_transactions_next(&cleaned, &batch, &verdict));
        if (verdict.can_go != steps[i].can_go || (verdict.kept != NULL) != (steps[i].kept >= 0))
            fail_msg("step %zu: can go %d, kept %d", i, verdict.can_go, verdict.kept != NULL);
        if (verdict.kept != NULL)
            assert_int_equal(verdict.kept->first_offset, steps[i].kept);
    }
}

static void follow(const kw_aborted_txn *aborted, size_t aborted_count, const struct step *steps, size_t count)
{
    start(aborted, aborted_count, 0, 1000);
    go_on(steps, count);
    assert_int_equal(cleaned.open.count, 0);
    clean_transactions_finish(&cleaned);
}

#define FOLLOW(aborted, steps) follow(aborted, COUNT_OF(aborted), steps, COUNT_OF(steps))

/* ---- tests ---- */

static void aborted_batches_go_and_their_marker_stays(void **state)
{
    (void)state;
    static const kw_aborted_txn aborted[] = {{A, 10, 14, 10}};
    static const struct step steps[] = {
        {9, NOBODY, DATA, false, -1},
        {10, A, DATA, true, -1},
        {11, NOBODY, DATA, false, -1}, /* it is in no transaction */
        {12, B, DATA, false, -1},      /* of another producer */
        {13, A, DATA, true, -1},
        {14, A, KW_CONTROL_ABORT, false, 10},
        {15, B, KW_CONTROL_COMMIT, false, -1},
        {16, A, DATA, false, -1}, /* the next transaction */
        {17, A, KW_CONTROL_COMMIT, false, -1},
    };
    FOLLOW(aborted, steps);
}

/* Their batches have gone in an earlier round. */
static void markers_without_batches_go(void **state)
{
    (void)state;
    static const kw_aborted_txn aborted[] = {{A, 10, 14, 10}};
    static const struct step steps[] = {
        {14, A, KW_CONTROL_ABORT, true, -1}, /* known to be aborted, without a batch */
        {15, B, KW_CONTROL_COMMIT, true, -1},
        {16, B, KW_CONTROL_ABORT, true, -1}, /* the index does not have it */
        {17, A, DATA, false, -1},
        {18, A, KW_CONTROL_COMMIT, false, -1}, /* it has a batch */
        {19, A, KW_CONTROL_COMMIT, true, -1},  /* and this one has none */
        {20, A, EMPTY_MARKER, true, -1},
    };
    FOLLOW(aborted, steps);
}

/* An empty batch is not the end of anything. */
static void markers_that_went_already(void **state)
{
    (void)state;
    static const kw_aborted_txn aborted[] = {{A, 10, 14, 10}};
    static const struct step steps[] = {
        {10, A, DATA, true, -1},
        {11, A, EMPTY_MARKER, true, -1},
        {12, A, KW_CONTROL_LEADER_CHANGE, false, -1}, /* nor is that */
        {13, A, DATA, true, -1},
        {14, A, KW_CONTROL_ABORT, false, 10},
    };
    FOLLOW(aborted, steps);
}

/* In the index they are by their ends. */
static void transactions_at_the_same_time(void **state)
{
    (void)state;
    static const kw_aborted_txn aborted[] = {{B, 11, 13, 10}, {A, 10, 15, 10}, {B, 16, 18, 16}};
    static const struct step steps[] = {
        {10, A, DATA, true, -1},
        {11, B, DATA, true, -1},
        {13, B, KW_CONTROL_ABORT, false, 11},
        {14, B, DATA, false, -1}, /* not aborted */
        {15, A, KW_CONTROL_ABORT, false, 10},
        {15, B, KW_CONTROL_COMMIT, false, -1},
        {16, B, DATA, true, -1},
        {18, B, KW_CONTROL_ABORT, false, 16},
    };
    FOLLOW(aborted, steps);
}

/* Only what touches the part that is cleaned is known; it starts in the middle of the first transaction, whose marker
 * stays because of the batches that are left. */
static void a_part_of_a_log(void **state)
{
    (void)state;
    static const kw_aborted_txn aborted[] = {{A, 5, 9, 5}, {A, 10, 14, 10}, {B, 20, 24, 20}, {A, 30, 34, 30}};
    static const struct step steps[] = {
        {12, A, DATA, true, -1},
        {14, A, KW_CONTROL_ABORT, false, 10},
        {20, B, DATA, true, -1},
        {24, B, KW_CONTROL_ABORT, false, 20},
    };
    start(aborted, COUNT_OF(aborted), 12, 30);
    assert_int_equal(cleaned.aborted_count, 2);
    go_on(steps, COUNT_OF(steps));
    clean_transactions_finish(&cleaned);
    start(aborted, COUNT_OF(aborted), 14, 31);
    assert_int_equal(cleaned.aborted_count, 3);
    clean_transactions_finish(&cleaned);
    start(aborted, COUNT_OF(aborted), 15, 20);
    assert_int_equal(cleaned.aborted_count, 0);
    clean_transactions_finish(&cleaned);
}

/* Their entries are freed at the end. */
static void open_transactions(void **state)
{
    (void)state;
    static const kw_aborted_txn aborted[] = {{A, 10, 14, 10}};
    static const struct step steps[] = {{10, A, DATA, true, -1}, {11, B, DATA, false, -1}};
    start(aborted, COUNT_OF(aborted), 0, 1000);
    go_on(steps, COUNT_OF(steps));
    assert_int_equal(cleaned.open.count, 2);
    clean_transactions_finish(&cleaned);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(aborted_batches_go_and_their_marker_stays),
        TEST(markers_without_batches_go),
        TEST(markers_that_went_already),
        TEST(transactions_at_the_same_time),
        TEST(a_part_of_a_log),
        TEST(open_transactions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
