/* SPDX-License-Identifier: Apache-2.0 */
/* Topics that are deleted leave what share groups know of them, in a shard with a log in memory. */
#include "../group_shard.h"

#include "coordinator/group/share/share_group_records.h"

enum { MANY = 2500 };

static const kw_uuid one = {{1}}, two = {{2}}, old = {{7}};

/* ---- groups ---- */

struct made {
    const char *group;
    struct share_topics topics;
};

static void decide_topics(struct asked *asked, struct coordinator_decision *d)
{
    const struct made *made = asked->in;
    share_records_add_epoch(&d->records, kw_string_of(made->group), 1, 0);
    share_records_add_topics(&d->records, kw_string_of(made->group), d->image, &made->topics);
}

static void make_group(const char *group, kw_uuid initializing, kw_uuid initialized, kw_uuid deleting)
{
    struct set_partition first[] = {{initializing, 0, 0}, {initializing, 1, 0}};
    struct set_partition second[] = {{initialized, 0, 0}, {initialized, 3, 0}};
    const struct made made = {group,
                              {.initializing = partition_set_of(first, 2),
                               .initialized = partition_set_of(second, 2),
                               .deleting = &deleting,
                               .deleting_count = 1}};
    struct asked asked = {.decide = decide_topics, .in = &made};
    submit(&asked);
    assert_true(asked.is_complete);
    assert_int_equal(asked.error, KW_ERROR_NONE);
}

static const struct share_topics *topics_of(const char *group)
{
    const struct share_group *g = share_group_of(group_find(machine, kw_string_of(group)));
    assert_non_null(g);
    assert_non_null(g->topics);
    return g->topics;
}

static bool knows(const char *group, kw_uuid topic)
{
    const struct share_topics *topics = topics_of(group);
    bool found = partition_set_find(topics->initializing, topic, 0) != NULL ||
                 partition_set_find(topics->initialized, topic, 0) != NULL;
    for (size_t i = 0; i < topics->deleting_count; i++)
        found = found || kw_uuid_equal(topics->deleting[i], topic);
    return found;
}

/* ---- images ---- */

static const struct metadata_image *without_one(void)
{
    static const char *const names[] = {"two", NULL};
    static const uint8_t ids[] = {2};
    return image_of(names, ids);
}

static const struct metadata_image *with_another_one(void)
{
    static const char *const names[] = {"one", "two", NULL};
    static const uint8_t ids[] = {5, 2};
    return image_of(names, ids);
}

/* ---- tests ---- */

/* From wherever it is; what is known of others stays, and groups that do not know it have no record. */
static void a_topic_leaves(void **state)
{
    (void)state;
    make_group("a", one, two, two);
    make_group("b", two, one, two);
    make_group("c", two, two, one);
    make_group("d", two, two, two);
    pass(1);
    unsigned appends = store.appends;
    int64_t end = store.end;
    publish(without_one());
    pass(1);
    for (const char *const *group = (const char *const[]){"a", "b", "c", "d", NULL}; *group != NULL; group++) {
        assert_false(knows(*group, one));
        assert_true(knows(*group, two));
    }
    assert_int_equal(topics_of("a")->initialized.count, 2);
    assert_int_equal(topics_of("a")->initializing.count, 0);
    assert_int_equal(topics_of("b")->initializing.count, 2);
    assert_int_equal(topics_of("b")->initialized.count, 0);
    assert_int_equal(topics_of("c")->deleting_count, 0);
    assert_int_equal(store.end, end + 3);
    assert_int_equal(store.appends, appends + 1);
    pass(60000);
    assert_int_equal(store.end, end + 3);
    assert_state_is_log();
}

/* The name is there again, with another id. */
static void a_topic_is_created_again(void **state)
{
    (void)state;
    make_group("a", one, two, two);
    pass(1);
    publish(with_another_one());
    pass(1);
    assert_false(knows("a", one));
    assert_true(knows("a", two));
}

/* It was deleted while nobody had the shard. */
static void a_topic_is_gone_when_it_is_loaded(void **state)
{
    (void)state;
    make_group("a", old, two, two);
    shard_unload(&shard);
    sim_settle(&sim);
    shard_finish(&shard);
    machine = make_machine();
    replay_log(machine, store.appends);
    start_shard(machine);
    shard_loaded(&shard, store.end);
    assert_true(knows("a", old));
    pass(1);
    assert_false(knows("a", old));
    assert_true(knows("a", two));
}

/* A part at a time. */
static void many_groups(void **state)
{
    (void)state;
    char name[16];
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof name, "g%d", i);
        make_group(name, one, two, two);
    }
    pass(1);
    int64_t end = store.end;
    publish(without_one());
    pass(1);
    assert_true(store.end > end && store.end < end + MANY);
    pass(1000);
    assert_int_equal(store.end, end + MANY);
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof name, "g%d", i);
        assert_false(knows(name, one));
    }
}

/* It is tried again. */
static void records_that_cannot_be_written(void **state)
{
    (void)state;
    make_group("a", one, two, two);
    pass(1);
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    publish(without_one());
    pass(1);
    assert_true(knows("a", one));
    store.error = KW_ERROR_NONE;
    pass(1000);
    assert_false(knows("a", one));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHARD_TEST(a_topic_leaves),
        SHARD_TEST(a_topic_is_created_again),
        SHARD_TEST(a_topic_is_gone_when_it_is_loaded),
        SHARD_TEST(many_groups),
        SHARD_TEST(records_that_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
