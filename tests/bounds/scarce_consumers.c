/* SPDX-License-Identifier: Apache-2.0 */
/* scarce_consumers FOLDER
 *
 * Consumer groups while one allocation after the other fails: what has failed has changed nothing, what has succeeded
 * is in the log, members that are silent are removed later, and nothing leaks. FOLDER is not used. */
#include "../server/coordinator/group/consumer/consumer_support.h"

#include "scarce.h"

enum { MOST_CALLS = 50000 };

static const char *const group_ids[] = {"g"};
static size_t failures;
static size_t texts;      /* that open_memstream() has allocated, which is not counted, and that were freed, which is */
static int32_t epochs[3]; /* that the members "a", "b", "c" know; 0: they are to join */

static void send_beat(struct beat_event *e, int32_t *epoch)
{
    beat_submit(e);
    sim_settle(&sim);
    assert_int_equal(e->completed, 1);
    assert_true(e->error == KW_ERROR_NONE || e->error == COORDINATOR_NO_MEMORY);
    failures += e->error != KW_ERROR_NONE;
    if (e->error == KW_ERROR_NONE && epoch != NULL)
        *epoch = e->response.error_code == KW_ERROR_NONE ? e->response.member_epoch : 0;
    beat_finish(e);
}

static void join(const char *member, int32_t *epoch, int32_t topics, const char *instance, const char *pattern)
{
    static kw_string names[] = {{"t0", 2}, {"t1", 2}};
    static kw_consumer_group_heartbeat_request_topic_partitions none;
    struct beat_event e;
    beat_init(&e, "g", member, EPOCH_JOIN);
    e.request.rebalance_timeout_ms = 10000;
    e.request.subscribed_topic_names.items = names;
    e.request.subscribed_topic_names.len = topics;
    e.request.topic_partitions.items = &none;
    e.request.topic_partitions.len = 0;
    if (instance != NULL)
        e.request.instance_id = kw_string_of(instance);
    if (pattern != NULL)
        e.request.subscribed_topic_regex = kw_string_of(pattern);
    send_beat(&e, epoch);
}

/* It has nothing of what it had. */
static void stay(const char *member, int32_t *epoch, const char *instance)
{
    struct beat_event e;
    beat_init(&e, "g", member, *epoch);
    e.request.topic_partitions.len = 0;
    if (instance != NULL)
        e.request.instance_id = kw_string_of(instance);
    send_beat(&e, epoch);
}

static void leave(const char *member, int32_t epoch, const char *instance)
{
    struct beat_event e;
    beat_init(&e, "g", member, epoch);
    if (instance != NULL)
        e.request.instance_id = kw_string_of(instance);
    send_beat(&e, NULL);
}

static void live(void)
{
    join("a", &epochs[0], 1, NULL, NULL);
    join("b", &epochs[1], 2, "i", "t.*");
    sim_advance(&sim, 1000);
    if (epochs[0] > 0)
        stay("a", &epochs[0], NULL);
    if (epochs[1] > 0)
        stay("b", &epochs[1], "i");
    sim_advance(&sim, 1000);
    leave("b", EPOCH_LEAVE_STATIC, "i");
    join("c", &epochs[2], 2, "i", "t0|t1");
    if (epochs[0] > 0)
        stay("a", &epochs[0], NULL);
    leave("a", EPOCH_LEAVE, NULL);
}

static void assert_is_log(void)
{
    size_t used = atomic_load(&budget.used);
    struct group_machine *again = make_machine();
    replay_log(again, store.size);
    assert_int_equal(atomic_load(&budget.used), 2 * used); /* nothing is left of what failed */
    char *is = print_groups(machine, group_ids, 1), *should_be = print_groups(again, group_ids, 1);
    assert_string_equal(is, should_be);
    free(is);
    free(should_be);
    texts += 2;
    group_machine_destroy(again);
    const struct consumer_group *g = consumer_group_of(group_find(machine, kw_string_of("g")));
    if (g != NULL)
        assert_sound(g, true);
}

/* Whether the failure was reached. */
static bool try_group(size_t n)
{
    void *state = NULL;
    assert_int_equal(set_up_groups(&state), 0);
    memset(epochs, 0, sizeof epochs);
    failures = 0;
    scarce_fail_at(SCARCE_MEMORY, n);
    live();
    sim_advance(&sim, 50000); /* sessions end */
    bool reached = scarce_has_failed();
    scarce_fail_at(SCARCE_MEMORY, 0);
    assert_is_log();
    sim_advance(&sim, 50000);
    const struct consumer_group *g = consumer_group_of(group_find(machine, kw_string_of("g")));
    assert_true(g == NULL || g->member_count == 0);
    failures = 0;
    live();
    assert_int_equal(failures, 0);
    assert_is_log();
    assert_int_equal(tear_down_groups(&state), 0);
    return reached;
}

static void consumers(void **state)
{
    (void)state;
    size_t n = 1;
    while (try_group(n)) {
        assert_int_equal(scarce_blocks() + texts, 0);
        assert_true(++n < MOST_CALLS);
    }
    assert_true(n > 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(consumers)};
    scarce_count_arenas();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
