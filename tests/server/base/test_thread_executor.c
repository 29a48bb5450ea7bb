/* SPDX-License-Identifier: Apache-2.0 */
/* An executor that is a thread: order, timers, work on its worker, and an end that loses nothing. */
#include "../../unit/support.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/thread_executor.h"

enum { MANY = 1000 };

static struct thread_executor executor;

struct counted {
    struct task task;
    int number;
};

static int last_number; /* of the executor's thread */
static atomic_int ran;

static struct counted *of(struct task *task)
{
    return (struct counted *)(void *)task; /* its first member */
}

static void count(struct task *task)
{
    struct counted *counted = of(task);
    assert_int_equal(counted->number, last_number + 1);
    last_number = counted->number;
    atomic_fetch_add(&ran, 1);
}

static int set_up(void **state)
{
    (void)state;
    last_number = 0;
    atomic_store(&ran, 0);
    return thread_executor_start(&executor) ? 0 : -1;
}

/* All that was posted runs, in order, before the end. */
static void runs_in_order(void **state)
{
    static struct counted tasks[MANY];
    (void)state;
    for (int i = 0; i < MANY; i++) {
        tasks[i] = (struct counted){{count, NULL}, i + 1};
        executor_post(&executor.executor, &tasks[i].task);
    }
    thread_executor_stop(&executor);
    assert_int_equal(atomic_load(&ran), MANY);
}

/* What is in `next` does not matter. */
static void runs_once(void **state)
{
    static struct counted one = {{count, &one.task}, 1};
    (void)state;
    executor_post(&executor.executor, &one.task);
    for (int i = 0; i < 10000 && atomic_load(&ran) == 0; i++)
        clock_sleep_ms(1);
    clock_sleep_ms(10);
    thread_executor_stop(&executor);
    assert_int_equal(atomic_load(&ran), 1);
}

struct timed {
    struct task task;
    struct timer fires;
    struct timer stopped;
    int64_t started;
    atomic_int_least64_t after; /* 0: not yet */
};

static void fire(struct timer *timer)
{
    struct timed *timed = (struct timed *)(void *)((char *)timer - offsetof(struct timed, fires));
    atomic_store(&timed->after, executor_now(&executor.executor) - timed->started);
}

static void fire_in_vain(struct timer *timer)
{
    (void)timer;
    fail_msg("a timer that was stopped");
}

static void start_timers(struct task *task)
{
    struct timed *timed = (struct timed *)(void *)task;
    timed->started = executor_now(&executor.executor);
    timed->fires.fire = fire;
    timed->stopped.fire = fire_in_vain;
    executor_start_timer(&executor.executor, &timed->stopped, 10);
    executor_start_timer(&executor.executor, &timed->fires, 30);
    executor_stop_timer(&executor.executor, &timed->stopped);
}

static void timer_fires(void **state)
{
    static struct timed timed;
    (void)state;
    timed.task.run = start_timers;
    executor_post(&executor.executor, &timed.task);
    for (int i = 0; i < 10000 && atomic_load(&timed.after) == 0; i++)
        clock_sleep_ms(1);
    thread_executor_stop(&executor);
    assert_true(atomic_load(&timed.after) >= 30);
}

enum { THREADS = 4, EACH = 3000 };

static struct task shared_tasks[THREADS][EACH];
static int posted_ran; /* of the executor's thread */

static void count_posted(struct task *task)
{
    (void)task;
    posted_ran++;
}

static void *post_many(void *argument)
{
    struct task *mine = argument;
    for (int i = 0; i < EACH; i++) {
        mine[i].run = count_posted;
        executor_post(&executor.executor, &mine[i]);
    }
    return NULL;
}

static void threads_post_at_once(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, post_many, shared_tasks[i]), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    thread_executor_stop(&executor);
    assert_int_equal(posted_ran, THREADS * EACH);
}

static atomic_int fired;

static void count_fired(struct timer *timer)
{
    (void)timer;
    atomic_fetch_add(&fired, 1);
}

static struct timer near = {.fire = count_fired}, far = {.fire = count_fired};

static void start_near_and_far(struct task *task)
{
    (void)task;
    executor_start_timer(&executor.executor, &near, 250);
    executor_start_timer(&executor.executor, &far, INT64_MAX); /* no time is too long */
}

/* It sleeps until there is something to do. */
static void waiting_takes_no_time_of_the_processor(void **state)
{
    struct task start = {.run = start_near_and_far};
    (void)state;
    int64_t before = clock_read_ms(CLOCK_PROCESS_CPUTIME_ID);
    clock_sleep_ms(200); /* without timers */
    executor_post(&executor.executor, &start);
    for (int i = 0; i < 10000 && atomic_load(&fired) == 0; i++)
        clock_sleep_ms(5);
    clock_sleep_ms(50);
    thread_executor_stop(&executor);
    assert_int_equal(atomic_load(&fired), 1);
    assert_in_range(clock_read_ms(CLOCK_PROCESS_CPUTIME_ID) - before, 0, 120);
}

enum { STEPS = 20 };

static struct timer step;
static atomic_int steps;

static void start_step(void)
{
    executor_start_timer(&executor.executor, &step, 10);
}

static void fire_step(struct timer *timer)
{
    (void)timer;
    if (atomic_fetch_add(&steps, 1) + 1 < STEPS)
        start_step();
}

static void start_steps(struct task *task)
{
    (void)task;
    step.fire = fire_step;
    start_step();
}

/* A wait is not longer than the time until the next timer. */
static void timers_are_not_late(void **state)
{
    struct task start = {.run = start_steps};
    (void)state;
    int64_t before = clock_ms();
    executor_post(&executor.executor, &start);
    for (int i = 0; i < 10000 && atomic_load(&steps) < STEPS; i++)
        clock_sleep_ms(1);
    thread_executor_stop(&executor);
    assert_int_equal(atomic_load(&steps), STEPS);
    assert_in_range(clock_ms() - before, 10 * STEPS, 5000);
}

/* Work that posts, whose task offloads again. */
static struct {
    struct task first, answer, second;
    pthread_t thread;
    bool was_elsewhere;
    atomic_int done;
} chain;

static void work_more(struct task *task)
{
    (void)task;
    atomic_fetch_add(&chain.done, 1);
}

static void take_answer(struct task *task)
{
    (void)task;
    chain.was_elsewhere = pthread_equal(chain.thread, pthread_self()) == 0;
    chain.second.run = work_more;
    executor_offload(&executor.executor, &chain.second);
}

static void work(struct task *task)
{
    (void)task;
    chain.thread = pthread_self();
    clock_sleep_ms(20);
    chain.answer.run = take_answer;
    executor_post(&executor.executor, &chain.answer);
}

static void offloaded_work_ends(void **state)
{
    (void)state;
    chain.first.run = work;
    executor_offload(&executor.executor, &chain.first);
    thread_executor_stop(&executor);
    assert_true(chain.was_elsewhere);
    assert_false(pthread_equal(chain.thread, pthread_self()));
    assert_int_equal(atomic_load(&chain.done), 1);
}

/* While the executor runs. */
static void offloaded_work_runs(void **state)
{
    struct task task = {.run = work_more};
    (void)state;
    atomic_store(&chain.done, 0);
    executor_offload(&executor.executor, &task);
    for (int i = 0; i < 10000 && atomic_load(&chain.done) == 0; i++)
        clock_sleep_ms(1);
    assert_int_equal(atomic_load(&chain.done), 1);
    thread_executor_stop(&executor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(runs_in_order, set_up),
        cmocka_unit_test_setup(runs_once, set_up),
        cmocka_unit_test_setup(threads_post_at_once, set_up),
        cmocka_unit_test_setup(timer_fires, set_up),
        cmocka_unit_test_setup(waiting_takes_no_time_of_the_processor, set_up),
        cmocka_unit_test_setup(timers_are_not_late, set_up),
        cmocka_unit_test_setup(offloaded_work_ends, set_up),
        cmocka_unit_test_setup(offloaded_work_runs, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
