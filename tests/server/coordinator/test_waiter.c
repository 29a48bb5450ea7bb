/* SPDX-License-Identifier: Apache-2.0 */
/* Waiters: the result comes before or after the call waits for it, or never; each of the two may go first, also while
 * the other one works. */
#include "../../unit/support.h"

#include <pthread.h>
#include <sched.h>

#include "coordinator/waiter.h"

enum { ROUNDS = 3000 };

static atomic_int resumed, destroyed;

static void resume(void *context)
{
    atomic_fetch_add((atomic_int *)context, 1);
}

static void destroy(struct waiter_result *result)
{
    atomic_fetch_add(&destroyed, 1);
    free(result);
}

static struct waiter_result *make_result(void)
{
    struct waiter_result *result = malloc(sizeof *result);
    assert_non_null(result);
    waiter_result_init(result, destroy);
    return result;
}

static int set_up(void **state)
{
    (void)state;
    atomic_store(&resumed, 0);
    atomic_store(&destroyed, 0);
    return 0;
}

static void answered_while_it_waits(void **state)
{
    (void)state;
    struct waiter *waiter = waiter_create();
    struct waiter_result *result = make_result();
    assert_null(waiter_result(waiter));
    assert_true(waiter_attach(waiter, resume, &resumed));
    waiter_answer(waiter, result);
    assert_int_equal(atomic_load(&resumed), 1);
    waiter_release(waiter);
    waiter_detach(waiter);
    assert_ptr_equal(waiter_result(waiter), result);
    assert_int_equal(atomic_load(&destroyed), 0);
    waiter_release(waiter);
    assert_int_equal(atomic_load(&destroyed), 1);
}

static void answered_before_it_waits(void **state)
{
    (void)state;
    struct waiter *waiter = waiter_create();
    waiter_answer(waiter, make_result());
    assert_false(waiter_attach(waiter, resume, &resumed));
    assert_int_equal(atomic_load(&resumed), 0);
    waiter_release(waiter);
    waiter_release(waiter);
    assert_int_equal(atomic_load(&destroyed), 1);
}

static void detached(void **state)
{
    (void)state;
    struct waiter *waiter = waiter_create();
    assert_true(waiter_attach(waiter, resume, &resumed));
    waiter_detach(waiter);
    waiter_release(waiter);
    waiter_answer(waiter, make_result());
    assert_int_equal(atomic_load(&resumed), 0);
    waiter_release(waiter);
    assert_int_equal(atomic_load(&destroyed), 1);
}

static void never_answered(void **state)
{
    (void)state;
    struct waiter *waiter = waiter_create();
    waiter_release(waiter);
    assert_true(waiter_attach(waiter, resume, &resumed));
    waiter_release(waiter);
    assert_int_equal(atomic_load(&destroyed), 0);
}

static void one_result_for_many(void **state)
{
    (void)state;
    struct waiter *waiters[3];
    struct waiter_result *result = make_result();
    for (size_t i = 0; i < COUNT_OF(waiters); i++) {
        waiters[i] = waiter_create();
        assert_true(waiter_attach(waiters[i], resume, &resumed));
        waiter_answer(waiters[i], waiter_result_share(result));
    }
    waiter_result_release(result);
    assert_int_equal(atomic_load(&resumed), 3);
    for (size_t i = 0; i < COUNT_OF(waiters); i++) {
        assert_ptr_equal(waiter_result(waiters[i]), result);
        assert_int_equal(atomic_load(&destroyed), 0);
        waiter_release(waiters[i]);
        waiter_release(waiters[i]);
    }
    assert_int_equal(atomic_load(&destroyed), 1);
}

/* ---- both at once ---- */

static struct waiter *_Atomic shared;

static void *answer_them(void *argument)
{
    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        struct waiter *waiter;
        while ((waiter = atomic_exchange(&shared, NULL)) == NULL)
            (void)sched_yield();
        struct waiter_result *result = malloc(sizeof *result);
        waiter_result_init(result, destroy);
        waiter_answer(waiter, result);
        waiter_release(waiter);
    }
    return NULL;
}

static void both_at_once(void **state)
{
    (void)state;
    pthread_t thread;
    int early = 0;
    assert_int_equal(pthread_create(&thread, NULL, answer_them, NULL), 0);
    for (int i = 0; i < ROUNDS; i++) {
        struct waiter *waiter = waiter_create();
        atomic_int called;
        atomic_init(&called, 0);
        assert_non_null(waiter);
        while (atomic_load(&shared) != NULL)
            (void)sched_yield();
        atomic_store(&shared, waiter);
        bool attached = waiter_attach(waiter, resume, &called);
        while (attached && i % 2 == 0 && atomic_load(&called) == 0)
            (void)sched_yield();
        waiter_detach(waiter);
        assert_true(attached || atomic_load(&called) == 0);
        assert_in_range(atomic_load(&called), 0, 1);
        assert_true(atomic_load(&called) == 0 || waiter_result(waiter) != NULL);
        waiter_release(waiter);
        early += attached;
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(atomic_load(&destroyed), ROUNDS);
    assert_true(early > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(answered_while_it_waits, set_up),
        cmocka_unit_test_setup(answered_before_it_waits, set_up),
        cmocka_unit_test_setup(detached, set_up),
        cmocka_unit_test_setup(never_answered, set_up),
        cmocka_unit_test_setup(one_result_for_many, set_up),
        cmocka_unit_test_setup(both_at_once, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
