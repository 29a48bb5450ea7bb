/* SPDX-License-Identifier: Apache-2.0 */
/* Streams groups that Kafka has left in a directory: they are there and not served, and what belongs to them stays. */
#include "group_shard.h"

#include "streams_support.h"

enum { CHECK_MS = 600000, WEEKS_MS = 15 * 24 * 60 * 60 * 1000 };

static int64_t next_record = 1000;

static void load(struct coordinator_undo_list *undo)
{
    assert_int_equal(records.status, KW_OK);
    assert_int_equal(replay_records(machine, next_record++, KW_NO_PRODUCER_ID, undo), KW_OK);
}

static void put_group(const char *group)
{
    add_streams_group(group);
    load(NULL);
}

static void put_member(const char *group, const char *member, int32_t epoch)
{
    add_streams_member(group, member, epoch);
    load(NULL);
}

static void remove_member(const char *group, const char *member, struct coordinator_undo_list *undo)
{
    remove_streams_member(group, member);
    load(undo);
}

/* As ListGroups has it; null: it is not listed. */
static kw_string state_of(const char *group)
{
    const kw_list_groups_request every = {.states_filter = {NULL, 0}};
    struct group_list list = {.arena = &answers};
    struct asked asked = {.decide = decide_list, .in = &every, .out = &list};
    submit(&asked);
    assert_int_equal(asked.error, KW_ERROR_NONE);
    for (size_t i = 0; i < list.count; i++)
        if (kw_string_equal(list.items[i].group_id, kw_string_of(group))) {
            assert_true(kw_string_equal(list.items[i].group_type, kw_string_of("streams")));
            assert_true(kw_string_equal(list.items[i].protocol_type, kw_string_of("streams")));
            return list.items[i].group_state;
        }
    return (kw_string){NULL, -1};
}

static void assert_state(const char *group, const char *expected)
{
    assert_true(kw_string_equal(state_of(group), kw_string_of(expected)));
}

static int16_t commit_as(const char *group, const char *member, int32_t epoch, int16_t version)
{
    struct one_commit c;
    make_commit(&c, group, "one", 1, 0, 5);
    c.in.check.member_id = kw_string_of(member);
    c.in.check.generation = epoch;
    c.in.check.version = version;
    return run_commit(&c);
}

static void with_members(void **state)
{
    (void)state;
    put_group("s");
    put_member("s", "m", 7);
    put_member("s", "n", 8);
    assert_state("s", "Stable");
    assert_int_equal(commit_as("s", "m", 7, 9), KW_ERROR_NONE);
    assert_int_equal(commit_as("s", "m", 6, 9), KW_ERROR_STALE_MEMBER_EPOCH);
    assert_int_equal(commit_as("s", "m", 7, 8), KW_ERROR_UNSUPPORTED_VERSION);
    assert_int_equal(commit_as("s", "x", 7, 9), KW_ERROR_UNKNOWN_MEMBER_ID);
    assert_int_equal(commit_as("s", "", -1, 9), KW_ERROR_UNKNOWN_MEMBER_ID);
    assert_int_equal(fetch("s", "one", 0), 5);
    assert_int_equal(remove_group("s"), KW_ERROR_NON_EMPTY_GROUP);
    assert_int_equal(delete_offset("s", "one", 0), KW_ERROR_GROUP_SUBSCRIBED_TO_TOPIC);
    pass(WEEKS_MS);
    assert_int_equal(fetch("s", "one", 0), 5); /* it does not expire */
}

static void without_members(void **state)
{
    (void)state;
    put_group("s");
    put_member("s", "m", 7);
    remove_member("s", "m", NULL);
    assert_state("s", "Empty");
    assert_int_equal(commit("s", "one", 1, 0, 9), KW_ERROR_NONE);
    assert_int_equal(delete_offset("s", "one", 0), KW_ERROR_NONE);
    assert_int_equal(commit("s", "one", 1, 0, 9), KW_ERROR_NONE);
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    assert_int_equal(remove_group("s"), KW_ERROR_KAFKA_STORAGE_ERROR);
    store.error = KW_ERROR_NONE;
    assert_state("s", "Empty");
    assert_int_equal(fetch("s", "one", 0), 9);
    int64_t end = store.end;
    assert_int_equal(remove_group("s"), KW_ERROR_NONE);
    assert_int_equal(store.end, end + 4); /* the offset, the target, the group and its topology */
    assert_null(group_find_any(machine, kw_string_of("s")));
}

static void it_expires(void **state)
{
    (void)state;
    put_group("s");
    assert_int_equal(commit("s", "one", 1, 0, 9), KW_ERROR_NONE);
    pass(CHECK_MS + 1000);
    assert_int_equal(fetch("s", "one", 0), 9);
    wall_ms += WEEKS_MS;
    pass(CHECK_MS + 1000);
    assert_null(group_find_any(machine, kw_string_of("s")));
}

/* A simple group becomes one; in any order of records. */
static void offsets_first(void **state)
{
    (void)state;
    assert_int_equal(commit("s", "one", 1, 0, 3), KW_ERROR_NONE);
    put_member("s", "m", 2);
    assert_state("s", "Stable");
    assert_int_equal(fetch("s", "one", 0), 3);
}

static void undone(void **state)
{
    (void)state;
    struct coordinator_undo_list undo = {NULL};
    put_group("s");
    put_member("s", "m", 7);
    put_member("s", "n", 7);
    remove_member("s", "m", &undo);
    remove_member("s", "n", &undo);
    assert_state("s", "Empty");
    group_records_remove_group(&records, KW_STREAMS_GROUP_METADATA_KEY_TYPE, kw_string_of("s"));
    load(&undo);
    assert_int_equal(state_of("s").len, -1);
    undo_all(machine, &undo);
    assert_state("s", "Stable");
    assert_int_equal(commit_as("s", "n", 7, 9), KW_ERROR_NONE);
}

/* Of what is not there, as compaction leaves them. */
static void tombstones(void **state)
{
    (void)state;
    remove_member("s", "m", NULL);
    group_records_remove_group(&records, KW_STREAMS_GROUP_TOPOLOGY_KEY_TYPE, kw_string_of("s"));
    group_records_remove_group(&records, KW_STREAMS_GROUP_METADATA_KEY_TYPE, kw_string_of("s"));
    load(NULL);
    assert_null(group_find_any(machine, kw_string_of("s")));
    assert_int_equal(commit("c", "one", 1, 0, 3), KW_ERROR_NONE);
    remove_member("c", "m", NULL);
    assert_int_equal(group_find(machine, kw_string_of("c"))->type, GROUP_CLASSIC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHARD_TEST(with_members),  SHARD_TEST(without_members), SHARD_TEST(it_expires),
        SHARD_TEST(offsets_first), SHARD_TEST(undone),          SHARD_TEST(tombstones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
