/* SPDX-License-Identifier: Apache-2.0 */
/* queued.max.request.bytes: who gets memory, in which order, and that somebody always does. */
#include "../../unit/support.h"

#include <string.h>

#include "../support/sim.h"
#include "network/memory_pool.h"

enum { CLAIMS = 6 };

struct peer {
    struct memory_claim claim;
    int granted;
};

static struct sim sim;
static struct memory_pool pool;
static struct peer peers[CLAIMS];
static int order[CLAIMS];
static int ordered;

static void granted(struct task *task)
{
    struct peer *peer = (struct peer *)(void *)task; /* the first member of its first member */
    memory_pool_acknowledge(&pool, &peer->claim);
    peer->granted++;
    order[ordered++] = (int)(peer - peers);
}

static int set_up(void **state)
{
    (void)state;
    memset(peers, 0, sizeof peers);
    ordered = 0;
    sim_init(&sim);
    for (size_t i = 0; i < CLAIMS; i++) {
        peers[i].claim.granted.run = granted;
        peers[i].claim.executor = &sim.executor;
    }
    return memory_pool_init(&pool, 1000) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < CLAIMS; i++)
        (void)memory_pool_give(&pool, &peers[i].claim);
    sim_run_posted(&sim);
    bool empty = pool.held == 0 && pool.waiting == 0 && pool.oldest == NULL && pool.newest == NULL;
    memory_pool_finish(&pool);
    return empty ? 0 : -1;
}

static bool take(int peer, size_t size)
{
    return memory_pool_take(&pool, &peers[peer].claim, size);
}

static bool give(int peer)
{
    bool posted = memory_pool_give(&pool, &peers[peer].claim);
    return posted;
}

static void what_is_left_is_taken_to_the_byte(void **state)
{
    (void)state;
    assert_true(take(0, 400));
    assert_true(take(1, 600));
    assert_int_equal(pool.held, 1000);
    assert_false(take(2, 1));
    assert_false(give(1));
    sim_run_posted(&sim);
    assert_int_equal(peers[2].granted, 1);
    assert_int_equal(pool.held, 401);
    assert_true(take(3, 599));
    assert_false(take(4, 1));
}

/* Else two frames that each hold half of the pool would wait for each other for ever. */
static void the_oldest_never_waits(void **state)
{
    (void)state;
    assert_true(take(0, 500));
    assert_true(take(1, 500));
    assert_false(take(1, 100));
    assert_true(take(0, 5000));
    assert_int_equal(pool.held, 6000);
    assert_false(give(0));
    sim_run_posted(&sim);
    assert_int_equal(peers[1].granted, 1);
    assert_int_equal(pool.held, 600);
    assert_true(take(1, 2000)); /* it is the oldest now */
}

static void waiters_are_served_in_order(void **state)
{
    (void)state;
    assert_true(take(0, 1000));
    assert_false(take(1, 900));
    assert_false(take(2, 50));
    assert_false(take(3, 50));
    assert_int_equal(pool.waiting, 3);
    assert_false(give(0));
    sim_run_posted(&sim);
    assert_int_equal(ordered, 3);
    assert_int_equal(order[0], 1);
    assert_int_equal(order[1], 2);
    assert_int_equal(order[2], 3);
    assert_int_equal(pool.waiting, 0);
    assert_int_equal(pool.held, 1000);
}

/* A small one behind a large one waits too: who is large would wait for ever otherwise. */
static void nobody_overtakes(void **state)
{
    (void)state;
    assert_true(take(0, 300));
    assert_true(take(1, 300));
    assert_false(take(2, 800));
    assert_false(take(3, 10));
    assert_false(give(1));
    sim_run_posted(&sim);
    assert_int_equal(ordered, 0);
    assert_false(give(0));
    sim_run_posted(&sim);
    assert_int_equal(ordered, 2);
    assert_int_equal(order[0], 2);
}

static void a_claim_that_waits_may_give_up(void **state)
{
    (void)state;
    assert_true(take(0, 1000));
    assert_false(take(1, 10));
    assert_false(take(2, 10));
    assert_false(give(1));
    assert_int_equal(pool.waiting, 1);
    assert_false(give(0));
    assert_int_equal(pool.held, 10);
    assert_true(give(2)); /* it is granted, but does not know yet */
    sim_run_posted(&sim);
    assert_int_equal(peers[1].granted, 0);
    assert_int_equal(peers[2].granted, 1);
    assert_false(give(2));
    assert_int_equal(pool.held, 0);
}

static void without_a_limit_nobody_waits(void **state)
{
    (void)state;
    memory_pool_finish(&pool);
    assert_true(memory_pool_init(&pool, -1));
    for (int i = 0; i < CLAIMS; i++)
        assert_true(take(i, (size_t)1 << 30));
}

static void a_limit_may_leave_nothing(void **state)
{
    (void)state;
    memory_pool_finish(&pool);
    assert_true(memory_pool_init(&pool, 0));
    assert_true(take(0, 10)); /* the oldest takes what it needs */
    assert_false(take(1, 1));
    assert_false(give(0));
    sim_run_posted(&sim);
    assert_int_equal(peers[1].granted, 1);
}

static void *take_and_give(void *argument)
{
    struct memory_claim *claim = argument;
    for (int i = 0; i < 20000; i++) {
        (void)memory_pool_take(&pool, claim, 10);
        (void)memory_pool_take(&pool, claim, 10);
        (void)memory_pool_give(&pool, claim);
    }
    return NULL;
}

static void threads_share_the_pool(void **state)
{
    (void)state;
    pthread_t threads[CLAIMS];
    for (int i = 0; i < CLAIMS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, &peers[i].claim), 0);
    for (int i = 0; i < CLAIMS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(pool.held, 0);
    assert_null(pool.oldest);
}

#define POOL_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(what_is_left_is_taken_to_the_byte), POOL_TEST(the_oldest_never_waits),
        POOL_TEST(waiters_are_served_in_order),       POOL_TEST(nobody_overtakes),
        POOL_TEST(a_claim_that_waits_may_give_up),    POOL_TEST(without_a_limit_nobody_waits),
        POOL_TEST(a_limit_may_leave_nothing),         POOL_TEST(threads_share_the_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
