/* SPDX-License-Identifier: Apache-2.0 */
/* Counts over time: nothing is lost when bins become wider, and each event stays in the bin of its time. */
#include "../../unit/support.h"

#include "../../../tools/pcap/activity.h"

static activity_scale scale;
static activity counts;

static void add(int64_t time, bool failed)
{
    while (!activity_scale_include(&scale, time)) {
        activity_widen(&counts, &scale);
        activity_scale_widen(&scale);
    }
    activity_add(&counts, &scale, time, failed);
}

static void start(void)
{
    memset(&scale, 0, sizeof scale);
    memset(&counts, 0, sizeof counts);
}

static uint64_t sum(const uint64_t bins[ACTIVITY_BINS])
{
    uint64_t all = 0;
    for (int i = 0; i < ACTIVITY_BINS; i++)
        all += bins[i];
    return all;
}

/* Events in the bin of a time. */
static uint64_t around(int64_t time)
{
    for (int64_t bin = scale.first; bin <= scale.last; bin++)
        if (activity_start(&scale, bin) <= time && time < activity_start(&scale, bin + 1))
            return counts.requests[activity_index(bin)];
    return 0;
}

static void test_one_time(void **state)
{
    (void)state;
    start();
    add(1700000000000000000, true);
    add(1700000000000000000, false);
    assert_int_equal(scale.first, scale.last);
    assert_int_equal(around(1700000000000000000), 2);
    assert_int_equal(sum(counts.failed), 1);
}

static void test_wider_bins(void **state)
{
    (void)state;
    enum { EVENTS = 1000, STEP = 1000003 };
    start();
    for (int i = 0; i < EVENTS; i++) {
        add((int64_t)i * STEP, i % 10 == 0);
        assert_true(scale.last - scale.first < ACTIVITY_BINS);
    }
    assert_int_equal(sum(counts.requests), EVENTS);
    assert_int_equal(sum(counts.failed), EVENTS / 10);
    assert_true(scale.last - scale.first >= ACTIVITY_BINS / 2 - 1); /* no wider than necessary */
    uint64_t most = (uint64_t)(INT64_C(1) << scale.shift) / STEP + 1;
    for (int64_t bin = scale.first; bin <= scale.last; bin++)
        assert_in_range(counts.requests[activity_index(bin)], 0, most);
}

static void test_backwards(void **state)
{
    (void)state;
    start();
    add(5000000000, false);
    add(-5000000000, false); /* before 1970 */
    add(0, true);
    assert_int_equal(sum(counts.requests), 3);
    assert_int_equal(around(5000000000), 1);
    assert_int_equal(around(-5000000000), 1);
    assert_int_equal(around(0), 1);
}

static void test_extremes(void **state)
{
    (void)state;
    start();
    add(INT64_MAX / 2, false);
    add(INT64_MIN / 2, false);
    assert_int_equal(sum(counts.requests), 2);
    assert_true(scale.shift < 63);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_time),
        cmocka_unit_test(test_wider_bins),
        cmocka_unit_test(test_backwards),
        cmocka_unit_test(test_extremes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
