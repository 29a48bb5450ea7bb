/* SPDX-License-Identifier: Apache-2.0 */
/* scarce_offsets FOLDER
 *
 * Offsets of groups while one allocation after the other fails: what has failed has changed nothing, what has succeeded
 * is in the log, what expires does so later, and nothing leaks. FOLDER is not used. */
#include "../server/coordinator/group/group_shard.h"

#include "scarce.h"

enum { MOST_CALLS = 20000, CHECK_MS = 600000, WEEKS_MS = 15 * 24 * 60 * 60 * 1000 };

static size_t failures;

static void note(int16_t error)
{
    assert_true(error == KW_ERROR_NONE || error == COORDINATOR_NO_MEMORY);
    failures += error != KW_ERROR_NONE;
}

static void commit_some(const char *group, const char *topic, int32_t partition, const char *metadata)
{
    struct one_commit c;
    make_commit(&c, group, topic, 1, partition, 9);
    c.partition.committed_metadata = kw_string_of(metadata);
    note(run_commit(&c));
}

static void ask(void (*decide)(struct asked *asked, struct coordinator_decision *d), const void *in, void *out)
{
    struct asked asked = {.decide = decide, .in = in, .out = out};
    submit(&asked);
    assert_true(asked.is_complete);
    note(asked.error);
}

static void look(void)
{
    static int32_t partitions[] = {0, 1};
    static const kw_offset_fetch_request_topics topic = {.name = {"one", 3}, .partition_indexes = {partitions, 2}};
    static const struct offset_fetch all = {
        .group = {"g", 1}, .member_id = {NULL, -1}, .member_epoch = -1, .all = true};
    static const kw_list_groups_request every;
    struct offset_fetch named = all;
    kw_offset_fetch_response_group out;
    struct group_list list = {.arena = &answers};
    named.all = false;
    named.topics = &topic;
    named.topic_count = 1;
    kw_offset_fetch_response_group_init(&out);
    ask(decide_fetch, &all, &out);
    kw_offset_fetch_response_group_init(&out);
    ask(decide_fetch, &named, &out);
    ask(decide_list, &every, &list);
}

/* The next check finds nothing that is new enough. */
static void let_expire(void)
{
    wall_ms += WEEKS_MS;
    pass(CHECK_MS + 1000);
}

static void live(void)
{
    commit_some("g", "one", 0, "");
    commit_some("g", "one", 1, "metadata");
    commit_some("g", "one", 1, "other metadata");
    commit_some("g", "two", 0, "");
    commit_some("another group", "one", 3, "m");
    look();
    int16_t error = delete_offset("g", "one", 0);
    note(error != KW_ERROR_GROUP_ID_NOT_FOUND ? error : KW_ERROR_NONE);
    error = remove_group("another group");
    note(error != KW_ERROR_GROUP_ID_NOT_FOUND ? error : KW_ERROR_NONE);
    commit_some("g", "one", 2, "");
}

static void assert_nothing_is_left_of_failures(void)
{
    size_t used = atomic_load(&budget.used);
    struct group_machine *loaded = make_machine();
    replay_log(loaded, store.appends);
    assert_int_equal(atomic_load(&budget.used), 2 * used);
    group_machine_destroy(loaded);
}

/* Whether the failure was reached. */
static bool try_shard(size_t n)
{
    static const char *const less[] = {"two", NULL};
    static const uint8_t id[] = {2};
    assert_int_equal(set_up_shard(NULL), 0);
    const struct metadata_image *next = image_of(less, id);
    failures = 0;
    scarce_fail_at(SCARCE_MEMORY, n);
    live();
    publish(next);
    pass(1000);
    let_expire();
    bool reached = scarce_has_failed();
    scarce_fail_at(SCARCE_MEMORY, 0);
    assert_in_range(failures, 0, reached);
    assert_state_is_log();
    assert_nothing_is_left_of_failures();
    failures = 0;
    let_expire();
    assert_int_equal(machine->groups.by_id.count, 0); /* what was left has expired */
    live();
    assert_int_equal(failures, 0);
    assert_state_is_log();
    assert_int_equal(tear_down_shard(NULL), 0);
    return reached;
}

static void offsets(void **state)
{
    (void)state;
    size_t n = 1;
    while (try_shard(n)) {
        assert_int_equal(scarce_blocks(), 0);
        assert_true(++n < MOST_CALLS);
    }
    assert_true(n > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(offsets)};
    scarce_count_arenas();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
