/* SPDX-License-Identifier: Apache-2.0 */
/* Members of consumer groups that subscribe to patterns: when those are resolved, by whom, and when they end. */
#include "consumer_calls.h"

static void pattern_resolves(void **state)
{
    (void)state;
    if (!are_built())
        skip();
    const kw_consumer_group_heartbeat_response *r = send_beat(with_pattern(joining("a", 0), "t[01]"));
    assert_int_equal(r->error_code, KW_ERROR_NONE);
    assert_int_equal(r->member_epoch, 1);
    assert_int_equal(count_assigned(r), 0);
    const struct consumer_pattern *pattern = consumer_find_pattern(group(), kw_string_of("t[01]"));
    assert_non_null(pattern->resolved); /* by a worker meanwhile */
    assert_int_equal(pattern->resolved->names.len, 2);
    assert_int_equal(pattern->members, 1);
    assert_int_equal(group()->epochs.epoch, 2);
    r = beat("a", 1);
    assert_int_equal(r->member_epoch, 2);
    assert_int_equal(count_assigned(r), 7);
    r = send_beat(with_pattern(joining("b", 0), "t[01]")); /* is known */
    assert_int_equal(r->member_epoch, 2);
    assert_int_equal(group()->epochs.epoch, 3);
}

static void pattern_and_names(void **state)
{
    (void)state;
    if (!are_built())
        skip();
    set_topic(2, 5);
    publish();
    send_beat(with_pattern(joining("a", 1), "t2|t0"));
    assert_int_equal(name_counts_find(&group()->topics, kw_string_of("t0"))->members, 1);
    assert_int_equal(name_counts_find(&group()->topics, kw_string_of("t0"))->patterns, 1);
    sim_advance(&sim, 1000);
    assert_int_equal(count_assigned(beat("a", 2)), 9);
    send_beat(with_pattern(new_beat("a", 3), "")); /* only names are left */
    assert_null(consumer_find_pattern(group(), kw_string_of("t2|t0")));
    assert_null(name_counts_find(&group()->topics, kw_string_of("t2")));
    assert_int_equal(group()->resolved_count, 0);
    assert_int_equal(group()->pattern_count, 0);
}

static void new_topic_matches(void **state)
{
    (void)state;
    if (!are_built())
        skip();
    send_beat(with_pattern(joining("a", 0), "t.*"));
    assert_int_equal(count_assigned(beat("a", 1)), 7);
    sim_advance(&sim, 5000);
    set_topic(5, 2);
    publish();
    assert_int_equal(beat("a", 2)->member_epoch, 2); /* patterns are looked at every 10 s at most */
    sim_advance(&sim, 5000);
    beat("a", 2);
    assert_int_equal(group()->epochs.epoch, 2);
    sim_advance(&sim, 1);
    beat("a", 2);
    assert_int_equal(group()->epochs.epoch, 3);
    assert_int_equal(count_assigned(beat("a", 2)), 9);
    sim_advance(&sim, 20000);
    int64_t end = store.end;
    beat("a", 3);
    assert_int_equal(store.end, end); /* nothing is new */
}

/* Whoever leads the partition next does not know which topics are new to the group. */
static void topic_is_made_before_the_group_is_loaded(void **state)
{
    (void)state;
    if (!are_built())
        skip();
    send_beat(with_pattern(joining("a", 0), "t.*"));
    assert_int_equal(count_assigned(beat("a", 1)), 7);
    unload_shard();
    set_topic(5, 2);
    metadata_image_release(image);
    image = NULL;
    image = make_image();
    load_shard();
    sim_advance(&sim, 10001); /* patterns are looked at every 10 s at most */
    beat("a", 2);
    assert_int_equal(count_assigned(beat("a", 2)), 9);
}

static void pattern_is_refreshed(void **state)
{
    (void)state;
    if (!are_built())
        skip();
    send_beat(with_pattern(joining("a", 0), "t.*"));
    beat("a", 1);
    int64_t first = consumer_find_pattern(group(), kw_string_of("t.*"))->resolved->time;
    for (int i = 0; i < 20; i++) {
        sim_advance(&sim, 30000);
        beat("a", 2);
    }
    assert_true(consumer_find_pattern(group(), kw_string_of("t.*"))->resolved->time == first);
    sim_advance(&sim, 1);
    beat("a", 2);
    assert_true(consumer_find_pattern(group(), kw_string_of("t.*"))->resolved->time > first);
    assert_int_equal(group()->epochs.epoch, 2);
}

static void invalid_pattern(void **state)
{
    (void)state;
    if (!are_built())
        skip();
    assert_error(send_beat(with_pattern(joining("a", 0), "(")), KW_ERROR_INVALID_REGULAR_EXPRESSION,
                 "SubscribedTopicRegex `(` is not a valid regular expression: missing closing ).");
    assert_null(group_find_any(machine, kw_string_of("g")));
    assert_int_equal(store.end, 0);
}

/* The last member with it leaves, also by its session, and changes it. */
static void pattern_ends(void **state)
{
    (void)state;
    if (!are_built())
        skip();
    send_beat(with_pattern(joining("a", 0), "t0"));
    send_beat(with_pattern(joining("b", 0), "t0"));
    send_beat(with_pattern(new_beat("a", 1), "t1"));
    assert_int_equal(group()->pattern_count, 2);
    beat("b", EPOCH_LEAVE);
    assert_null(consumer_find_pattern(group(), kw_string_of("t0")));
    sim_advance(&sim, 10001);
    beat("a", group()->epochs.target_epoch);
    assert_int_equal(group()->resolved_count, 1);
    sim_advance(&sim, 60000);
    assert_int_equal(group()->member_count, 0);
    assert_int_equal(group()->epochs.metadata_hash, 0);
    assert_int_equal(group()->patterns.count, 0);
    assert_int_equal(group()->topics.table.count, 0);
}

/* The result comes when the group has gone, or the shard. */
static void late_result(void **state)
{
    (void)state;
    if (!are_built())
        skip();
    struct beat_event *e = with_pattern(joining("a", 0), "t.*");
    beat_submit(e);
    assert_non_null(machine->resolving);
    beat_submit(new_beat("a", EPOCH_LEAVE));
    sim_settle(&sim);
    assert_null(machine->resolving);
    assert_int_equal(group()->resolved_count, 0);
    beat_submit(with_pattern(joining("a", 0), "t.*"));
    unload_shard();
    load_shard();
    beat("a", group()->epochs.target_epoch);
    assert_int_equal(group()->resolved_count, 1);
}

static int32_t epoch_of(const char *member)
{
    return consumer_find(group(), kw_string_of(member))->member->epoch;
}

/* One at a time for a group, but others meanwhile, which may be done in any order. */
static void several_at_once(void **state)
{
    (void)state;
    if (!are_built())
        skip();
    static const char *const groups[] = {"g", "h", "k"};
    for (size_t i = 0; i < COUNT_OF(groups); i++) {
        struct beat_event *e = with_pattern(joining("a", 0), "t.*");
        e->request.group_id = kw_string_of(groups[i]);
        beat_submit(e);
        assert_int_equal(held, (int)i + 1);
    }
    beat_submit(with_pattern(joining("b", 0), "t0"));
    beat_submit(new_beat("a", 1));
    assert_int_equal(held, COUNT_OF(groups));
    while (sim_run_worker(&sim))
        sim_run_posted(&sim);
    assert_int_equal(held, 0);
    assert_null(machine->resolving);
    for (size_t i = 0; i < COUNT_OF(groups); i++)
        assert_int_equal(consumer_group_of(group_find(machine, kw_string_of(groups[i])))->resolved_count, 1);
    sim_advance(&sim, 10001);
    beat("a", epoch_of("a")); /* now the other one of the group as well */
    assert_int_equal(group()->resolved_count, 2);
    sim_advance(&sim, 10001);
    send_beat(with_pattern(new_beat("b", epoch_of("b")), "t.*"));
    assert_int_equal(group()->resolved_count, 1);
    sim_advance(&sim, 10001);
    beat("b", epoch_of("b"));
    sim_advance(&sim, 10001);
    int64_t end = store.end;
    beat("b", epoch_of("b"));
    assert_int_equal(held, 0);
    assert_int_equal(store.end, end); /* as many are resolved as there are */
}

static void result_is_not_written(void **state)
{
    (void)state;
    if (!are_built())
        skip();
    beat_submit(with_pattern(joining("a", 0), "t.*"));
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    sim_settle(&sim);
    assert_int_equal(group()->resolved_count, 0);
    assert_int_equal(group()->epochs.epoch, 1);
    store.error = KW_ERROR_NONE;
    beat("a", 1);
    assert_int_equal(group()->resolved_count, 1);
}

#define GROUP_TEST(function) cmocka_unit_test_setup_teardown(function, set_up_groups, end_test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GROUP_TEST(pattern_resolves),      GROUP_TEST(pattern_and_names),
        GROUP_TEST(new_topic_matches),     GROUP_TEST(pattern_is_refreshed),
        GROUP_TEST(invalid_pattern),       GROUP_TEST(pattern_ends),
        GROUP_TEST(late_result),           GROUP_TEST(several_at_once),
        GROUP_TEST(result_is_not_written), GROUP_TEST(topic_is_made_before_the_group_is_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
