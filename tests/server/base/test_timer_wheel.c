/* SPDX-License-Identifier: Apache-2.0 */
/* Timers fire in their millisecond, in order, however far away it is. */
#include "../../unit/support.h"

#include <stdlib.h>

#include "base/timer_wheel.h"

enum { MANY = 4000 };

struct alarm {
    struct timer timer;
    struct timer_wheel *wheel;
    int64_t due;
    int64_t fired_at; /* -1: it has not */
    int fired;
    struct alarm *stops;  /* when it fires */
    struct alarm *starts; /* a millisecond later */
};

static struct timer_wheel wheel;

/* A wheel over memory that was used before. */
static void init_wheel(int64_t now)
{
    memset(&wheel, 0x5a, sizeof wheel);
    timer_wheel_init(&wheel, now);
}

static void fire(struct timer *timer)
{
    struct alarm *a = (struct alarm *)(void *)timer; /* its first member */
    a->fired_at = a->wheel->now;
    a->fired++;
    if (a->stops != NULL)
        timer_wheel_stop(a->wheel, &a->stops->timer);
    if (a->starts != NULL)
        timer_wheel_start(a->wheel, &a->starts->timer, a->wheel->now + 1);
}

static struct alarm alarm_at(int64_t due)
{
    return (struct alarm){.timer = {.fire = fire}, .wheel = &wheel, .due = due, .fired_at = -1};
}

static void each_fires_in_its_millisecond(void **state)
{
    (void)state;
    static const int64_t delays[] = {0,    1,    2,     62,    63,     64,     65,      127,      128,      4095,
                                     4096, 4097, 65535, 65536, 262143, 262144, 1000000, 16777215, 16777216, 100000000};
    enum { COUNT = sizeof delays / sizeof delays[0] };
    for (int64_t start = 1; start < 100000; start = start * 3 + 7) {
        struct alarm alarms[COUNT];
        init_wheel(start);
        for (size_t i = 0; i < COUNT; i++) {
            alarms[i] = alarm_at(start + delays[i]);
            timer_wheel_start(&wheel, &alarms[i].timer, alarms[i].due);
            assert_true(timer_is_running(&alarms[i].timer));
        }
        while (timer_wheel_next(&wheel) != INT64_MAX) {
            int64_t next = timer_wheel_next(&wheel);
            assert_true(next > wheel.now);
            timer_wheel_advance(&wheel, next);
        }
        for (size_t i = 0; i < COUNT; i++) {
            assert_int_equal(alarms[i].fired, 1);
            assert_int_equal(alarms[i].fired_at, delays[i] == 0 ? start + 1 : alarms[i].due);
            assert_false(timer_is_running(&alarms[i].timer));
        }
    }
}

/* As a reactor does that slept longer: nothing is lost, and the order of milliseconds holds. */
static void a_long_sleep_fires_all_that_is_due(void **state)
{
    (void)state;
    static struct alarm alarms[MANY];
    uint32_t random = 1;
    init_wheel(5);
    for (size_t i = 0; i < MANY; i++) {
        random = random * 1664525u + 1013904223u;
        alarms[i] = alarm_at(5 + 1 + (int64_t)(random >> 8) % 300000);
        timer_wheel_start(&wheel, &alarms[i].timer, alarms[i].due);
    }
    int64_t now = 5;
    for (int step = 0; now < 400000; step++) {
        now += 1 + step * 37 % 5000;
        timer_wheel_advance(&wheel, now);
        assert_int_equal(wheel.now, now);
        for (size_t i = 0; i < MANY; i++) {
            assert_int_equal(alarms[i].fired, alarms[i].due <= now);
            assert_true(alarms[i].fired == 0 || alarms[i].fired_at == alarms[i].due);
        }
    }
    assert_int_equal(timer_wheel_next(&wheel), INT64_MAX);
}

static void a_stopped_timer_does_not_fire(void **state)
{
    (void)state;
    static struct alarm alarms[MANY];
    init_wheel(0);
    for (size_t i = 0; i < MANY; i++) {
        alarms[i] = alarm_at((int64_t)i * 97 % 70000 + 1);
        timer_wheel_start(&wheel, &alarms[i].timer, alarms[i].due);
    }
    for (size_t i = 0; i < MANY; i += 2) {
        timer_wheel_stop(&wheel, &alarms[i].timer);
        timer_wheel_stop(&wheel, &alarms[i].timer); /* once more does nothing */
    }
    timer_wheel_advance(&wheel, 100000);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(alarms[i].fired, i % 2);
    assert_int_equal(timer_wheel_next(&wheel), INT64_MAX); /* no slot is left that only looks occupied */
}

static void the_last_start_counts(void **state)
{
    (void)state;
    struct alarm a = alarm_at(0);
    init_wheel(0);
    timer_wheel_start(&wheel, &a.timer, 10);
    timer_wheel_start(&wheel, &a.timer, 5000);
    timer_wheel_advance(&wheel, 4999);
    assert_int_equal(a.fired, 0);
    timer_wheel_start(&wheel, &a.timer, 5001);
    timer_wheel_advance(&wheel, 10000);
    assert_int_equal(a.fired, 1);
    assert_int_equal(a.fired_at, 5001);
}

static void timers_stop_and_start_each_other_as_they_fire(void **state)
{
    (void)state;
    struct alarm first = alarm_at(100), second = alarm_at(100), third = alarm_at(100);
    init_wheel(0);
    first.stops = &second;
    second.stops = &first;
    first.starts = second.starts = &third;
    timer_wheel_start(&wheel, &first.timer, 100);
    timer_wheel_start(&wheel, &second.timer, 100);
    timer_wheel_advance(&wheel, 100);
    assert_int_equal(first.fired + second.fired, 1); /* whichever comes first stops the other */
    assert_int_equal(third.fired, 0);
    timer_wheel_advance(&wheel, 101);
    assert_int_equal(third.fired, 1);
    third.starts = &third;
    timer_wheel_start(&wheel, &third.timer, 102);
    timer_wheel_advance(&wheel, 111);
    assert_int_equal(third.fired, 11);
}

static void the_clock_may_stand_still(void **state)
{
    (void)state;
    struct alarm a = alarm_at(0);
    init_wheel(50);
    timer_wheel_start(&wheel, &a.timer, 40); /* over already: fires with the next millisecond */
    timer_wheel_advance(&wheel, 50);
    timer_wheel_advance(&wheel, 49);
    assert_int_equal(wheel.now, 50);
    assert_int_equal(a.fired, 0);
    timer_wheel_advance(&wheel, 51);
    assert_int_equal(a.fired, 1);
}

/* Waking up for a timer that is far away costs few steps: one for each wheel that it moves down. */
static void far_timers_wake_seldom(void **state)
{
    (void)state;
    static const struct {
        int64_t due;
        int64_t first; /* when the wheel is to be advanced first */
        int steps;
    } cases[] = {
        {1, 1, 1},
        {63, 63, 1},
        {64, 64, 1},
        {100, 64, 2},
        {4095, 4032, 2},
        {4096, 4096, 1},
        {70000, 69632, 3},
        {300000, 262144, 4},
        {16777215, 16515072, 4},
        {16777216 + 5 * 262144 + 7, 5 * 262144, 3},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct alarm a = alarm_at(cases[i].due);
        int steps = 0;
        init_wheel(0);
        timer_wheel_start(&wheel, &a.timer, a.due);
        assert_int_equal(timer_wheel_next(&wheel), cases[i].first);
        for (; a.fired == 0; steps++)
            timer_wheel_advance(&wheel, timer_wheel_next(&wheel));
        assert_int_equal(steps, cases[i].steps);
        assert_int_equal(a.fired_at, a.due);
        assert_int_equal(timer_wheel_next(&wheel), INT64_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_fires_in_its_millisecond),
        TEST(a_long_sleep_fires_all_that_is_due),
        TEST(a_stopped_timer_does_not_fire),
        TEST(the_last_start_counts),
        TEST(timers_stop_and_start_each_other_as_they_fire),
        TEST(the_clock_may_stand_still),
        TEST(far_timers_wake_seldom),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
