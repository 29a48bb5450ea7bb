/* SPDX-License-Identifier: Apache-2.0 */
/* When a disk is slow, by a clock that the test sets. */
#include "../../unit/support.h"
#include "../support/garbage.h"

#include "log/disk_pace.h"

static int64_t now, preemptions, asked;
static struct disk_pace pace;

static int64_t read_clock(void)
{
    return now;
}

static int64_t read_preemptions(void)
{
    asked++;
    return preemptions;
}

static const struct disk_watch watch = {read_clock, read_preemptions};

static int set_up(void **state)
{
    (void)state;
    now += 1000;
    asked = 0;
    fill_with_garbage(&pace, sizeof pace);
    disk_pace_init(&pace, &watch);
    return 0;
}

static void write_for(int64_t ms)
{
    struct disk_write write = disk_pace_begin(&pace);
    now += ms;
    disk_pace_end(&pace, write);
}

static void fast_writes(void **state)
{
    (void)state;
    assert_false(disk_pace_is_slow(&pace));
    for (int i = 0; i < 100; i++) {
        write_for(DISK_SLOW_MS - 1);
        assert_false(disk_pace_is_slow(&pace));
    }
}

static void slow_for_some_time(void **state)
{
    (void)state;
    write_for(DISK_SLOW_MS);
    assert_true(disk_pace_is_slow(&pace));
    now += DISK_SLOW_FOR_MS - 1;
    assert_true(disk_pace_is_slow(&pace));
    now++;
    assert_false(disk_pace_is_slow(&pace));
    now -= 2; /* it has ended for good */
    assert_false(disk_pace_is_slow(&pace));
}

static void another_slow_write_renews_it(void **state)
{
    (void)state;
    write_for(250);
    now += DISK_SLOW_FOR_MS - 100;
    write_for(50);
    now += DISK_SLOW_FOR_MS - 1;
    assert_true(disk_pace_is_slow(&pace));
    write_for(0); /* one that is fast does not */
    now++;
    assert_false(disk_pace_is_slow(&pace));
}

/* Others see that a write hangs before it returns. */
static void a_write_that_has_not_returned(void **state)
{
    (void)state;
    struct disk_write hanging = disk_pace_begin(&pace);
    now += DISK_SLOW_MS - 1;
    assert_false(disk_pace_is_slow(&pace));
    write_for(1); /* of another thread */
    assert_true(disk_pace_is_slow(&pace));
    now += 10 * DISK_SLOW_FOR_MS;
    assert_true(disk_pace_is_slow(&pace));
    disk_pace_end(&pace, hanging);
    now += DISK_SLOW_FOR_MS - 1;
    assert_true(disk_pace_is_slow(&pace));
    now++;
    assert_false(disk_pace_is_slow(&pace));
}

/* Of two writes at the same time the first one is seen, and then the next one that starts. */
static void writes_at_the_same_time(void **state)
{
    (void)state;
    struct disk_write first = disk_pace_begin(&pace);
    now++;
    struct disk_write second = disk_pace_begin(&pace);
    assert_true(first.is_known);
    assert_false(second.is_known);
    now++;
    disk_pace_end(&pace, first);
    struct disk_write third = disk_pace_begin(&pace);
    assert_true(third.is_known);
    disk_pace_end(&pace, second);
    now += DISK_SLOW_MS;
    assert_true(disk_pace_is_slow(&pace));
    disk_pace_end(&pace, third);
    now += DISK_SLOW_FOR_MS;
    assert_false(disk_pace_is_slow(&pace));
}

/* A thread that had to wait for its processor says nothing about the disk. */
static void a_thread_that_was_preempted(void **state)
{
    (void)state;
    struct disk_write write = disk_pace_begin(&pace);
    now += 100;
    preemptions++;
    disk_pace_end(&pace, write);
    assert_false(disk_pace_is_slow(&pace));
    write_for(DISK_SLOW_MS);
    assert_true(disk_pace_is_slow(&pace));
}

/* Once for each step of the clock. */
static void few_questions(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        write_for(0);
    assert_int_equal(asked, 1);
    write_for(1);
    write_for(0);
    write_for(0);
    assert_int_equal(asked, 2);
}

#define CASE(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(fast_writes),
        CASE(slow_for_some_time),
        CASE(another_slow_write_renews_it),
        CASE(a_write_that_has_not_returned),
        CASE(writes_at_the_same_time),
        CASE(a_thread_that_was_preempted),
        CASE(few_questions),
    };
    return cmocka_run_group_tests_name("disk_pace", tests, NULL, NULL);
}
