/* SPDX-License-Identifier: Apache-2.0 */
/* Which producers may start a transaction in a log. */
#include "../../unit/support.h"
#include "../support/garbage.h"

#include "log/verifications.h"

static struct verifications v;

static int set_up(void **state)
{
    (void)state;
    fill_with_garbage(&v, sizeof v);
    return verifications_init(&v) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    verifications_finish(&v);
    return 0;
}

static void a_number_until_it_is_removed(void **state)
{
    (void)state;
    struct producer_verification found = {.lowest_sequence = -1};
    uint64_t number = verifications_enter(&v, 7, 0, 3, false);
    assert_int_not_equal(number, 0);
    assert_true(verifications_find(&v, 7, number, &found));
    assert_int_equal(found.lowest_sequence, 3);
    assert_false(verifications_find(&v, 8, number, &found));
    assert_false(verifications_find(&v, 7, number + 1, &found));
    verifications_remove(&v, 7);
    verifications_remove(&v, 7);
    assert_false(verifications_find(&v, 7, number, &found));
    assert_int_equal(verifications_count(&v), 0);
    uint64_t next = verifications_enter(&v, 7, 0, 3, false);
    assert_int_not_equal(next, number);
    assert_false(verifications_find(&v, 7, number, &found));
    assert_true(verifications_find(&v, 7, next, &found));
}

static void the_lowest_sequence_of_the_newest_epoch(void **state)
{
    (void)state;
    struct producer_verification found = {.lowest_sequence = -1};
    uint64_t number = verifications_enter(&v, 7, 1, 5, false);
    assert_int_equal(verifications_enter(&v, 7, 1, 9, false), number);
    assert_true(verifications_find(&v, 7, number, &found));
    assert_int_equal(found.lowest_sequence, 5);
    assert_int_equal(verifications_enter(&v, 7, 1, 2, false), number);
    assert_true(verifications_find(&v, 7, number, &found));
    assert_int_equal(found.lowest_sequence, 2);
    assert_int_equal(verifications_enter(&v, 7, 2, 8, false), number);
    assert_int_equal(verifications_enter(&v, 7, 1, 0, false), number);
    assert_true(verifications_find(&v, 7, number, &found));
    assert_int_equal(found.lowest_sequence, 8);
    assert_int_equal(verifications_count(&v), 1);
}

static void nothing_is_needed_while_the_transaction_is_open(void **state)
{
    (void)state;
    struct producer_verification found = {.lowest_sequence = -1};
    uint64_t number = verifications_enter(&v, 7, 1, 0, false);
    verifications_start(&v, 8, 1); /* which nobody has entered */
    assert_int_equal(verifications_count(&v), 1);
    assert_false(verifications_is_open(&v, 7, 1));
    assert_false(verifications_is_open(&v, 8, 1));
    verifications_start(&v, 7, 1);
    assert_true(verifications_is_open(&v, 7, 1));
    assert_false(verifications_is_open(&v, 7, 0));
    assert_false(verifications_is_open(&v, 7, 2));
    assert_int_equal(verifications_count(&v), 1);
    assert_false(verifications_find(&v, 7, number, &found));
    assert_true(verifications_enter(&v, 7, 1, 5, false) == VERIFICATION_OPEN);
    assert_false(verifications_find(&v, 7, VERIFICATION_OPEN, &found));
    verifications_remove(&v, 7);
    uint64_t next = verifications_enter(&v, 7, 1, 5, false);
    assert_true(next != VERIFICATION_OPEN && next != number);
    assert_true(verifications_find(&v, 7, next, &found));
    assert_int_equal(found.lowest_sequence, 5);
}

static void the_open_transaction_of_another_epoch(void **state)
{
    (void)state;
    struct producer_verification found = {.lowest_sequence = -1};
    uint64_t number = verifications_enter(&v, 7, 1, 4, false);
    verifications_start(&v, 7, 0); /* an older one */
    assert_true(verifications_find(&v, 7, number, &found));
    verifications_start(&v, 7, 1);
    uint64_t newer = verifications_enter(&v, 7, 2, 9, false);
    assert_true(newer != VERIFICATION_OPEN && newer != number);
    assert_true(verifications_find(&v, 7, newer, &found));
    assert_int_equal(found.lowest_sequence, 9);
    verifications_start(&v, 7, 3);
    assert_true(verifications_enter(&v, 7, 3, 0, false) == VERIFICATION_OPEN);
}

/* As in Kafka, which knows it of the entry. */
static void the_protocol_of_the_first_that_waits(void **state)
{
    (void)state;
    struct producer_verification found = {.supports_epoch_bump = true};
    uint64_t number = verifications_enter(&v, 7, 1, 5, false);
    assert_int_equal(verifications_enter(&v, 7, 2, 5, true), number);
    assert_true(verifications_find(&v, 7, number, &found));
    assert_false(found.supports_epoch_bump);
    verifications_start(&v, 7, 2);
    number = verifications_enter(&v, 7, 3, 5, true);
    assert_int_equal(verifications_enter(&v, 7, 3, 5, false), number);
    assert_true(verifications_find(&v, 7, number, &found));
    assert_true(found.supports_epoch_bump);
}

static void a_marker_spares_the_transaction_behind_it(void **state)
{
    (void)state;
    struct producer_verification found;
    uint64_t number = verifications_enter(&v, 7, 1, 0, true);
    verifications_end(&v, 7, 1);
    assert_true(verifications_find(&v, 7, number, &found));
    verifications_end(&v, 8, 1); /* of which nothing is known */
    verifications_end(&v, 7, 2);
    assert_false(verifications_find(&v, 7, number, &found));
    assert_int_equal(verifications_count(&v), 0);
    number = verifications_enter(&v, 7, 1, 0, false); /* without epochs it may be of the transaction that ends */
    verifications_end(&v, 7, 1);
    assert_false(verifications_find(&v, 7, number, &found));
    (void)verifications_enter(&v, 7, 1, 0, true);
    verifications_start(&v, 7, 1);
    verifications_end(&v, 7, 1);
    assert_int_equal(verifications_count(&v), 0);
}

static void the_oldest_is_forgotten(void **state)
{
    (void)state;
    static uint64_t numbers[VERIFICATIONS_MAX + 2];
    struct producer_verification found;
    for (int i = 0; i < VERIFICATIONS_MAX + 2; i++)
        numbers[i] = verifications_enter(&v, i, 0, 0, false);
    assert_int_equal(verifications_count(&v), VERIFICATIONS_MAX);
    assert_false(verifications_find(&v, 0, numbers[0], &found));
    assert_false(verifications_find(&v, 1, numbers[1], &found));
    for (int i = 2; i < VERIFICATIONS_MAX + 2; i++)
        assert_true(verifications_find(&v, i, numbers[i], &found));
    for (int i = 2; i < VERIFICATIONS_MAX + 2; i += 3)
        verifications_remove(&v, i);
    for (int i = 2; i < VERIFICATIONS_MAX + 2; i++)
        assert_int_equal(verifications_find(&v, i, numbers[i], &found), (i - 2) % 3 != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_number_until_it_is_removed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_lowest_sequence_of_the_newest_epoch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_needed_while_the_transaction_is_open, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_open_transaction_of_another_epoch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_protocol_of_the_first_that_waits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_marker_spares_the_transaction_behind_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_oldest_is_forgotten, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
