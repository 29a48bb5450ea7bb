/* SPDX-License-Identifier: Apache-2.0 */
/* What of a log is cleaned, when, and which segments become one. */
#include "../../../unit/support.h"

#include "log/cleaner/clean_range.h"

enum { NOW = 1000000, SEGMENTS = 5 };

static struct clean_source segments[SEGMENTS];
static struct clean_log log_here;
static struct log_config config;

/* Five segments of 100 offsets and 1,000 bytes each; the last one is active. */
static int start(void **state)
{
    (void)state;
    log_config_init(&config);
    config.min_cleanable_dirty_ratio = 0.5;
    config.segment_bytes = 1000000;
    config.segment_index_bytes = 1000000;
    for (int i = 0; i < SEGMENTS; i++)
        segments[i] = (struct clean_source){i * 100, 1000, 80, 120, 1000 + i, 1000 + i, 0};
    log_here = (struct clean_log){segments, SEGMENTS, -1, 0, 450, 450, NOW};
    return 0;
}

static struct clean_range range(void)
{
    return clean_range_of(&log_here, &config);
}

static void all_but_the_active_segment_is_dirty(void **state)
{
    (void)state;
    struct clean_range r = range();
    assert_int_equal(r.first_dirty, 0);
    assert_int_equal(r.end, 400);
    assert_false(r.is_reset);
    assert_int_equal(r.dirty_size, 4000);
    assert_true(r.dirty_ratio == 1.0);
    assert_true(r.is_wanted);
}

static void a_log_of_one_segment_is_not_cleaned(void **state)
{
    (void)state;
    log_here.count = 1;
    struct clean_range r = range();
    assert_int_equal(r.dirty_size, 0);
    assert_true(r.dirty_ratio == 0.0);
    assert_false(r.is_wanted);
}

/* The segment in which the dirty part starts counts as both. */
static void the_ratio_is_that_of_whole_segments(void **state)
{
    (void)state;
    log_here.checkpoint = 150;
    struct clean_range r = range();
    assert_int_equal(r.first_dirty, 150);
    assert_int_equal(r.dirty_size, 3000);
    assert_true(r.dirty_ratio == 0.6);
    assert_true(r.is_wanted);
    log_here.checkpoint = 200;
    assert_int_equal(range().dirty_size, 2000);
    assert_true(range().dirty_ratio == 0.5);
    assert_false(range().is_wanted); /* it must be above */
    log_here.checkpoint = 400;
    assert_int_equal(range().dirty_size, 0);
    log_here.checkpoint = 450;
    assert_int_equal(range().dirty_size, 0);
    assert_false(range().is_reset);
}

static void a_wrong_checkpoint_is_the_start(void **state)
{
    (void)state;
    log_here.checkpoint = 451;
    log_here.log_start_offset = 120;
    struct clean_range r = range();
    assert_true(r.is_reset);
    assert_int_equal(r.first_dirty, 120);
    log_here.checkpoint = 119;
    assert_true(range().is_reset);
    log_here.checkpoint = 120;
    assert_false(range().is_reset);
    log_here.checkpoint = -1;
    assert_false(range().is_reset);
    assert_int_equal(range().first_dirty, 120);
}

/* No segment is cleaned in part. */
static void open_transactions_are_not_cleaned(void **state)
{
    (void)state;
    log_here.last_stable_offset = 250;
    assert_int_equal(range().end, 200);
    assert_int_equal(range().dirty_size, 2000);
    log_here.last_stable_offset = 300;
    assert_int_equal(range().end, 300);
    log_here.checkpoint = 320;
    assert_int_equal(range().dirty_size, 0);
    assert_false(range().is_wanted);
}

static void new_records_wait(void **state)
{
    (void)state;
    config.min_compaction_lag_ms = 10;
    segments[2].max_timestamp = NOW - 9;
    assert_int_equal(range().end, 200);
    segments[2].max_timestamp = NOW - 10;
    assert_int_equal(range().end, 400);
    segments[3].max_timestamp = NOW;
    assert_int_equal(range().end, 300);
    segments[0].max_timestamp = NOW;
    assert_int_equal(range().end, 0);
    assert_false(range().is_wanted);
    log_here.checkpoint = 100; /* what is clean is not looked at */
    assert_int_equal(range().end, 300);
    config.min_compaction_lag_ms = INT64_MAX;
    assert_int_equal(range().end, 100);
}

static void old_records_do_not_wait(void **state)
{
    (void)state;
    log_here.checkpoint = 300;
    config.max_compaction_lag_ms = 100;
    segments[3].first_timestamp = NOW - 100;
    assert_true(range().dirty_ratio == 0.25);
    assert_false(range().is_wanted);
    segments[3].first_timestamp = NOW - 101;
    assert_true(range().is_wanted);
    segments[3].first_timestamp = -1;
    assert_false(range().is_wanted);
    segments[4].first_timestamp = 1; /* the active one has to be rolled first */
    assert_false(range().is_wanted);
    segments[3].first_timestamp = 1;
    log_here.last_stable_offset = 300; /* nothing can be cleaned */
    assert_false(range().is_wanted);
    config.max_compaction_lag_ms = INT64_MAX;
    log_here.last_stable_offset = 450;
    assert_false(range().is_wanted);
}

static void segments_are_found_by_offset(void **state)
{
    (void)state;
    assert_int_equal(clean_segment_of(&log_here, 0), 0);
    assert_int_equal(clean_segment_of(&log_here, 99), 0);
    assert_int_equal(clean_segment_of(&log_here, 100), 1);
    assert_int_equal(clean_segment_of(&log_here, 10000), 4);
    segments[0].base_offset = 50;
    assert_int_equal(clean_segment_of(&log_here, 3), 0);
}

static void groups_fit_into_a_segment(void **state)
{
    (void)state;
    assert_int_equal(clean_group(&log_here, &config, 0, 400, 400), 4);
    assert_int_equal(clean_group(&log_here, &config, 0, 301, 400), 4);
    assert_int_equal(clean_group(&log_here, &config, 0, 300, 400), 3);
    config.segment_bytes = 3000;
    assert_int_equal(clean_group(&log_here, &config, 0, 400, 400), 3);
    assert_int_equal(clean_group(&log_here, &config, 3, 400, 400), 1);
    config.segment_bytes = 2999;
    assert_int_equal(clean_group(&log_here, &config, 0, 400, 400), 2);
    config.segment_bytes = 10; /* one that is larger than it may be today */
    assert_int_equal(clean_group(&log_here, &config, 1, 400, 400), 1);
    config.segment_bytes = 1000000;
    config.segment_index_bytes = 240; /* 80 and 120 bytes each */
    assert_int_equal(clean_group(&log_here, &config, 0, 400, 400), 2);
    config.segment_index_bytes = 239;
    assert_int_equal(clean_group(&log_here, &config, 0, 400, 400), 1);
    segments[0].time_index_size = segments[1].time_index_size = 0;
    assert_int_equal(clean_group(&log_here, &config, 0, 400, 400), 2);
}

static void groups_have_offsets_of_32_bits(void **state)
{
    (void)state;
    segments[2].base_offset = INT64_C(100) + INT32_MAX;
    segments[3].base_offset = segments[2].base_offset + 1;
    segments[4].base_offset = segments[3].base_offset + 100;
    int64_t end = segments[4].base_offset;
    assert_int_equal(clean_group(&log_here, &config, 0, end, end), 1); /* the second one may reach the third */
    segments[1].size = 0;                                              /* without records it does not */
    assert_int_equal(clean_group(&log_here, &config, 0, end, end), 2);
    assert_int_equal(clean_group(&log_here, &config, 2, end, end), 2);
    assert_int_equal(clean_group(&log_here, &config, 3, end, segments[3].base_offset + INT64_C(1) + INT32_MAX), 1);
    assert_int_equal(clean_group(&log_here, &config, 2, end, segments[2].base_offset + INT64_C(1) + INT32_MAX), 2);
    assert_int_equal(clean_group(&log_here, &config, 2, end, segments[2].base_offset + INT64_C(2) + INT32_MAX), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(all_but_the_active_segment_is_dirty, start),
        cmocka_unit_test_setup(a_log_of_one_segment_is_not_cleaned, start),
        cmocka_unit_test_setup(the_ratio_is_that_of_whole_segments, start),
        cmocka_unit_test_setup(a_wrong_checkpoint_is_the_start, start),
        cmocka_unit_test_setup(open_transactions_are_not_cleaned, start),
        cmocka_unit_test_setup(new_records_wait, start),
        cmocka_unit_test_setup(old_records_do_not_wait, start),
        cmocka_unit_test_setup(segments_are_found_by_offset, start),
        cmocka_unit_test_setup(groups_fit_into_a_segment, start),
        cmocka_unit_test_setup(groups_have_offsets_of_32_bits, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
