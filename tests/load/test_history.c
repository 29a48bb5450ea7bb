/* SPDX-License-Identifier: Apache-2.0 */
/* The judge finds each kind of fault. */
#include "../unit/support.h"

#include "history.h"

enum { PRODUCERS = 5, PARTITIONS = 2 }; /* of partition 0: the producers 0, 2 and 4 */

static struct history history;
static struct reading found;

static int set_up(void **state)
{
    (void)state;
    history_init(&history, PRODUCERS, PARTITIONS);
    reading_init(&found, &history, 0);
    for (uint32_t i = 0; i < PRODUCERS; i++)
        history.sent[i] = 10;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    reading_finish(&found);
    history_finish(&history);
    return 0;
}

/* Whether the record is found wrong. */
static bool is_wrong(int64_t offset, uint32_t producer, uint64_t number)
{
    uint8_t value[HISTORY_RECORD];
    uint64_t before = history.violations;
    history_write(value, producer, number);
    history_read(&history, &found, offset, kw_bytes_of(value, sizeof value));
    return history.violations != before;
}

static void what_is_right(void **state)
{
    (void)state;
    history_acknowledge(&history, 0, 2, 0);
    history_acknowledge(&history, 4, 1, 2);
    history_acknowledge(&history, 0, 1, 3);
    assert_false(is_wrong(0, 0, 0));
    assert_false(is_wrong(1, 0, 1));
    assert_false(history_is_complete(&history, &found));
    assert_false(is_wrong(2, 4, 0));
    assert_false(is_wrong(3, 0, 2));
    assert_true(history_is_complete(&history, &found));
    history_compare(&history, &found);
    assert_int_equal(history.violations, 0);
}

static void what_is_wrong(void **state)
{
    (void)state;
    assert_true(is_wrong(0, 0, 1));  /* lost */
    assert_true(is_wrong(1, 0, 1));  /* doubled */
    assert_true(is_wrong(2, 0, 0));  /* in another order */
    assert_true(is_wrong(4, 2, 0));  /* an offset is left out */
    assert_true(is_wrong(4, 2, 1));  /* it goes back */
    assert_true(is_wrong(5, 1, 0));  /* of another partition */
    assert_true(is_wrong(6, 99, 0)); /* of nobody */
    assert_true(is_wrong(7, 2, 10)); /* never sent */
    uint64_t before = history.violations;
    history_read(&history, &found, 8, kw_bytes_of("", 0));
    assert_int_equal(history.violations, before + 1);
}

static void what_is_missing(void **state)
{
    (void)state;
    history_acknowledge(&history, 0, 2, 0);
    assert_false(is_wrong(0, 0, 0));
    history_compare(&history, &found);
    assert_int_equal(history.violations, 1);
    assert_false(is_wrong(1, 0, 1));
    assert_false(is_wrong(2, 0, 2)); /* it was sent, but the producer has ended without an acknowledgement */
    history_compare(&history, &found);
    assert_int_equal(history.violations, 2);
}

static void offsets_that_go_back(void **state)
{
    (void)state;
    history_acknowledge(&history, 0, 2, 7);
    assert_int_equal(history.violations, 0);
    history_acknowledge(&history, 0, 2, 7);
    assert_int_equal(history.violations, 1);
    history_acknowledge(&history, 0, 2, 3);
    assert_int_equal(history.violations, 2);
}

static void readings_are_copied(void **state)
{
    (void)state;
    struct reading committed;
    reading_init(&committed, &history, 0);
    assert_false(is_wrong(0, 4, 0));
    reading_copy(&committed, &found, &history);
    assert_false(is_wrong(1, 4, 1));
    reading_copy(&found, &committed, &history);
    assert_false(is_wrong(1, 4, 1));
    reading_finish(&committed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_right, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_wrong, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_missing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(offsets_that_go_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(readings_are_copied, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
