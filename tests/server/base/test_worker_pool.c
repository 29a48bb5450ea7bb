/* SPDX-License-Identifier: Apache-2.0 */
/* Worker threads run every task once, side by side up to the limit, and what waits at the end too. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pthread_getattr_np() */
#endif
#include "../../unit/support.h"

#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "base/malloc_tuning.h"
#include "base/thread.h"
#include "base/worker_pool.h"

/* It does not hear of what mallinfo2() writes. */
#if defined __has_feature
#define WITH_MEMORY_SANITIZER __has_feature(memory_sanitizer)
#else
#define WITH_MEMORY_SANITIZER 0
#endif

enum { TASKS = 200, PATIENCE_MS = 20000 };

struct job {
    struct task task; /* first */
    int number;
    pthread_t thread;
};

static struct job jobs[TASKS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int order[TASKS];
static int done;
static atomic_int running;
static atomic_int most;
static atomic_bool gate; /* open: tasks need not wait */

static void pause_ms(long ms)
{
    const struct timespec time = {0, ms * 1000000};
    (void)nanosleep(&time, NULL);
}

/* Waits for a while until a count is reached. */
static bool reaches(atomic_int *count, int wanted)
{
    for (int ms = 0; ms < PATIENCE_MS && atomic_load(count) != wanted; ms++)
        pause_ms(1);
    return atomic_load(count) == wanted;
}

static void run(struct task *task)
{
    struct job *job = (struct job *)(void *)task;
    int now = atomic_fetch_add(&running, 1) + 1;
    for (int before = atomic_load(&most); before < now && !atomic_compare_exchange_weak(&most, &before, now);)
        ;
    for (int ms = 0; ms < PATIENCE_MS && !atomic_load(&gate); ms++)
        pause_ms(1);
    (void)pthread_mutex_lock(&lock);
    order[done++] = job->number;
    job->thread = pthread_self();
    (void)pthread_mutex_unlock(&lock);
    atomic_fetch_sub(&running, 1);
}

static int set_up(void **state)
{
    (void)state;
    done = 0;
    atomic_store(&running, 0);
    atomic_store(&most, 0);
    atomic_store(&gate, false);
    for (int i = 0; i < TASKS; i++)
        jobs[i] = (struct job){.task = {.run = run}, .number = i};
    return 0;
}

static void one_thread_keeps_the_order(void **state)
{
    (void)state;
    struct worker_pool pool;
    assert_true(worker_pool_init(&pool, 1));
    assert_int_equal(pool.started, 0); /* not before there is work */
    for (int i = 0; i < TASKS; i++)
        worker_pool_run(&pool, &jobs[i].task);
    assert_int_equal(pool.started, 1);
    assert_true(reaches(&running, 1));
    assert_int_equal(pool.waiting, TASKS - 1);
    atomic_store(&gate, true);
    worker_pool_finish(&pool); /* runs what waits */
    assert_int_equal(done, TASKS);
    assert_int_equal(pool.waiting, 0);
    for (int i = 0; i < TASKS; i++)
        assert_int_equal(order[i], i);
    assert_int_equal(atomic_load(&most), 1);
    assert_false(pthread_equal(jobs[0].thread, pthread_self()));
}

static void threads_run_side_by_side(void **state)
{
    (void)state;
    struct worker_pool pool;
    assert_true(worker_pool_init(&pool, 3));
    for (int i = 0; i < 10; i++)
        worker_pool_run(&pool, &jobs[i].task);
    assert_true(reaches(&running, 3));
    assert_int_equal(pool.started, 3);
    atomic_store(&gate, true);
    worker_pool_finish(&pool);
    assert_int_equal(done, 10);
    assert_int_equal(atomic_load(&most), 3);
}

static bool is_idle(struct worker_pool *pool, int threads)
{
    for (int ms = 0; ms < PATIENCE_MS; ms++, pause_ms(1)) {
        (void)pthread_mutex_lock(&pool->lock);
        bool idle = pool->idle == threads && pool->waiting == 0;
        (void)pthread_mutex_unlock(&pool->lock);
        if (idle)
            return true;
    }
    return false;
}

/* A thread without work takes the next task; another one is not started. */
static void idle_threads_are_used_again(void **state)
{
    (void)state;
    struct worker_pool pool;
    atomic_store(&gate, true);
    assert_true(worker_pool_init(&pool, 4));
    for (int i = 0; i < 20; i++) {
        worker_pool_run(&pool, &jobs[i].task);
        assert_true(is_idle(&pool, 1));
        assert_int_equal(pool.started, 1);
    }
    worker_pool_finish(&pool);
    assert_int_equal(done, 20);
}

static void limits_have_a_limit(void **state)
{
    (void)state;
    struct worker_pool pool;
    assert_true(worker_pool_init(&pool, 1000));
    assert_int_equal(pool.limit, WORKER_POOL_MAX);
    for (int i = 0; i < TASKS; i++)
        worker_pool_run(&pool, &jobs[i].task);
    assert_true(reaches(&running, WORKER_POOL_MAX));
    atomic_store(&gate, true);
    worker_pool_finish(&pool);
    assert_int_equal(done, TASKS);
}

/* No thread can be started: the task runs at once, on the caller's. */
static void tasks_run_without_threads(void **state)
{
    (void)state;
    struct worker_pool pool;
    atomic_store(&gate, true);
    assert_true(worker_pool_init(&pool, 0));
    worker_pool_run(&pool, &jobs[0].task);
    assert_int_equal(done, 1);
    assert_true(pthread_equal(jobs[0].thread, pthread_self()));
    assert_int_equal(pool.waiting, 0);
    worker_pool_finish(&pool);
}

enum { THREADS = 4, EACH = 3000 };

static atomic_int counted;

static void count(struct task *task)
{
    (void)task;
    atomic_fetch_add(&counted, 1);
}

static struct worker_pool shared;
static struct task tasks[THREADS][EACH];

static void *add_tasks(void *argument)
{
    struct task *mine = argument;
    for (int i = 0; i < EACH; i++) {
        mine[i].run = count;
        worker_pool_run(&shared, &mine[i]);
    }
    return NULL;
}

static void threads_share_the_workers(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    assert_true(worker_pool_init(&shared, 3));
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_tasks, tasks[i]), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    worker_pool_finish(&shared);
    assert_int_equal(atomic_load(&counted), THREADS * EACH);
    assert_int_equal(shared.waiting, 0);
    assert_int_equal(shared.idle, 0);
}

static void a_pool_without_work_ends(void **state)
{
    (void)state;
    struct worker_pool pool;
    assert_true(worker_pool_init(&pool, 2));
    worker_pool_finish(&pool);
    assert_int_equal(done, 0);
}

static void *stack_size(void *argument)
{
    size_t *size = argument;
#ifdef __GLIBC__
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        (void)pthread_attr_getstacksize(&attributes, size);
        (void)pthread_attr_destroy(&attributes);
    }
#else
    *size = 256 * 1024;
#endif
    return argument;
}

static void threads_have_small_stacks(void **state)
{
    (void)state;
    pthread_t thread;
    size_t size = 0;
    void *result = NULL;
    assert_int_equal(thread_start(&thread, stack_size, &size), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, &size);
    assert_in_range(size, 256 * 1024, 1024 * 1024);
}

static void processors_are_those_that_may_be_used(void **state)
{
    (void)state;
    int all = thread_processors();
    assert_in_range(all, 1, 4096);
#ifdef CPU_COUNT
    cpu_set_t before, one;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    assert_int_equal(all, CPU_COUNT(&before));
    size_t first = 0;
    while (!CPU_ISSET(first, &before))
        first++;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    int allowed = thread_processors();
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
    assert_int_equal(allowed, 1);
#endif
}

/* Where the system's allocator can be asked, and no sanitizer has replaced it. */
static void large_blocks_are_given_back(void **state)
{
    (void)state;
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33) && !WITH_MEMORY_SANITIZER
    enum { LARGE = 256 * 1024, OVERHEAD = 16 };
    malloc_tuning_start();
    malloc_tuning_trim();
    size_t before = mallinfo2().hblks;
    void *volatile larger = malloc(LARGE), *volatile smaller = malloc(LARGE - 2 * OVERHEAD);
    size_t mapped = mallinfo2().hblks;
    free(larger);
    size_t after = mallinfo2().hblks;
    free(smaller);
    if (mallinfo2().arena == 0)
        skip();
    assert_int_equal(mapped, before + 1); /* the larger one has pages of its own, */
    assert_int_equal(after, before);      /* which go with it */
    static void *volatile blocks[800];    /* not optimized away */
    for (size_t i = 0; i < COUNT_OF(blocks); i++)
        blocks[i] = malloc(20000);
    for (size_t i = COUNT_OF(blocks); i > 0; i--)
        free(blocks[i - 1]);
    assert_in_range(mallinfo2().keepcost, 0, 9 * 1024 * 1024); /* of 16,000,000 bytes */
    void *volatile spacer = malloc(100000);
    free(spacer);
    malloc_tuning_trim();
    assert_in_range(mallinfo2().keepcost, 0, 16 * 1024);
#else
    skip();
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_thread_keeps_the_order, set_up),
        cmocka_unit_test_setup(threads_run_side_by_side, set_up),
        cmocka_unit_test_setup(idle_threads_are_used_again, set_up),
        cmocka_unit_test_setup(limits_have_a_limit, set_up),
        cmocka_unit_test_setup(tasks_run_without_threads, set_up),
        cmocka_unit_test_setup(threads_share_the_workers, set_up),
        cmocka_unit_test_setup(a_pool_without_work_ends, set_up),
        cmocka_unit_test(threads_have_small_stacks),
        cmocka_unit_test(processors_are_those_that_may_be_used),
        cmocka_unit_test(large_blocks_are_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
