/* SPDX-License-Identifier: Apache-2.0 */
/* Offsets of groups that have no members: they are committed, fetched, deleted, expire and go with their topics, as the
 * records in the log say, whatever fails. */
#include "../group_shard.h"

enum { DAY_MS = 24 * 60 * 60 * 1000, CHECK_MS = 600000, RETENTION_DAYS = 7 };

/* ---- commits ---- */

static void committed_and_fetched(void **state)
{
    (void)state;
    assert_int_equal(commit("g", "one", 1, 3, 42), KW_ERROR_NONE);
    assert_int_equal(fetch("g", "one", 3), 42);
    assert_int_equal(fetch("g", "one", 2), -1);
    assert_int_equal(fetch("g", "two", 3), -1);
    assert_int_equal(fetch("other", "one", 3), -1);
    assert_int_equal(commit("g", "one", 1, 3, 41), KW_ERROR_NONE);
    assert_int_equal(fetch("g", "one", 3), 41);
    assert_state_is_log();
}

static void all_of_it(void **state)
{
    (void)state;
    struct one_commit c;
    make_commit(&c, "g", "one", 1, 0, -5);
    c.partition.committed_leader_epoch = 8;
    c.partition.committed_metadata = kw_string_of("where");
    assert_int_equal(run_commit(&c), KW_ERROR_NONE);
    kw_offset_fetch_response_partitions out = fetch_stable("g", "one", 1, 0, true);
    assert_int_equal(out.committed_offset, -5);
    assert_int_equal(out.committed_leader_epoch, 8);
    assert_true(kw_string_equal(out.metadata, kw_string_of("where")));
    c.partition.committed_metadata = (kw_string){NULL, -1};
    assert_int_equal(run_commit(&c), KW_ERROR_NONE);
    out = fetch_stable("g", "one", 1, 0, true);
    assert_int_equal(out.metadata.len, 0); /* not null */
}

static void metadata_that_is_too_long(void **state)
{
    (void)state;
    static char text[5000];
    struct one_commit c;
    memset(text, 'x', sizeof text);
    make_commit(&c, "g", "one", 1, 0, 1);
    c.partition.committed_metadata = (kw_string){text, 4096};
    assert_int_equal(run_commit(&c), KW_ERROR_NONE);
    c.partition.committed_metadata.len = 4097;
    assert_int_equal(run_commit(&c), KW_ERROR_OFFSET_METADATA_TOO_LARGE);
    memcpy(text, "\xc3\xa4", 2); /* two bytes, one unit */
    assert_int_equal(run_commit(&c), KW_ERROR_NONE);
    memcpy(text, "\xf0\x9f\x98\x80", 4); /* four bytes, two units */
    assert_int_equal(run_commit(&c), KW_ERROR_NONE);
    c.partition.committed_metadata.len = 4099;
    assert_int_equal(run_commit(&c), KW_ERROR_OFFSET_METADATA_TOO_LARGE);
}

static void members_that_do_not_exist(void **state)
{
    (void)state;
    struct one_commit c;
    make_commit(&c, "g", "one", 1, 0, 1);
    c.in.check.generation = 3;
    assert_int_equal(run_commit(&c), KW_ERROR_GROUP_ID_NOT_FOUND);
    c.in.check.version = 8;
    assert_int_equal(run_commit(&c), KW_ERROR_ILLEGAL_GENERATION);
    assert_null(group_find_any(machine, kw_string_of("g")));
    assert_int_equal(commit("g", "one", 1, 0, 1), KW_ERROR_NONE);
    assert_int_equal(run_commit(&c), KW_ERROR_UNKNOWN_MEMBER_ID);
    c.in.check.generation = -1;
    c.in.check.member_id = kw_string_of("m");
    assert_int_equal(run_commit(&c), KW_ERROR_NONE); /* as the group is empty */
}

static void times(void **state)
{
    (void)state;
    struct one_commit c;
    make_commit(&c, "g", "one", 1, 0, 1);
    c.partition.commit_timestamp = 77;
    assert_int_equal(run_commit(&c), KW_ERROR_NONE);
    make_commit(&c, "g", "one", 1, 1, 1);
    c.in.retention_ms = 1000;
    assert_int_equal(run_commit(&c), KW_ERROR_NONE);
    char *text = print_machine(machine);
    assert_string_equal(text, "g/one/0 1 epoch -1 '' at 77 until -1 id 1 record 0\n"
                              "g/one/1 1 epoch -1 '' at 1700000000000 until 1700000001000 id 0 record 1\n"
                              "group g type 1\n");
    free(text);
}

/* ---- what is not written ---- */

static void an_append_that_fails(void **state)
{
    (void)state;
    assert_int_equal(commit("g", "one", 1, 0, 1), KW_ERROR_NONE);
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    assert_int_equal(commit("g", "one", 1, 0, 2), KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(commit("new", "one", 1, 0, 2), KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(delete_offset("g", "one", 0), KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(remove_group("g"), KW_ERROR_KAFKA_STORAGE_ERROR);
    store.error = KW_ERROR_NONE;
    assert_int_equal(fetch("g", "one", 0), 1);
    assert_null(group_find_any(machine, kw_string_of("new")));
    assert_state_is_log();
}

/* Who fetches meanwhile sees what is not written yet, and is answered when it is. */
static void fetched_while_it_is_written(void **state)
{
    (void)state;
    struct one_commit c;
    int32_t partition = 0;
    const kw_offset_fetch_request_topics topic = {.name = kw_string_of("one"), .partition_indexes = {&partition, 1}};
    const struct offset_fetch in = {
        .group = kw_string_of("g"), .member_id = {NULL, -1}, .member_epoch = -1, .topics = &topic, .topic_count = 1};
    kw_offset_fetch_response_group out;
    struct asked asked = {.decide = decide_fetch, .in = &in, .out = &out};
    kw_offset_fetch_response_group_init(&out);
    make_commit(&c, "g", "one", 1, 0, 9);
    store.is_later = true;
    submit(&c.asked);
    submit(&asked);
    sim_run_posted(&sim);
    assert_false(c.asked.is_complete);
    assert_false(asked.is_complete);
    toy_log_finish_append(&store);
    sim_run_posted(&sim);
    assert_true(c.asked.is_complete);
    assert_true(asked.is_complete);
    assert_int_equal(out.topics.items[0].partitions.items[0].committed_offset, 9);
}

static void memory_that_is_used_up(void **state)
{
    (void)state;
    struct one_commit c;
    assert_int_equal(commit("g", "one", 1, 0, 1), KW_ERROR_NONE);
    budget.limit = atomic_load(&budget.used);
    assert_int_equal(commit("g", "one", 1, 1, 1), KW_ERROR_COORDINATOR_NOT_AVAILABLE);
    assert_int_equal(commit("h", "one", 1, 0, 1), KW_ERROR_COORDINATOR_NOT_AVAILABLE);
    make_commit(&c, "g", "one", 1, 0, 2);
    c.partition.committed_metadata = kw_string_of("what exists may grow");
    assert_int_equal(run_commit(&c), KW_ERROR_NONE);
    assert_int_equal(remove_group("g"), KW_ERROR_NONE);
    budget.limit = SIZE_MAX;
    assert_int_equal(commit("h", "one", 1, 0, 1), KW_ERROR_NONE);
}

/* ---- fetching ---- */

static void topics_of_other_ids(void **state)
{
    (void)state;
    assert_int_equal(commit("g", "one", 1, 0, 7), KW_ERROR_NONE);
    assert_int_equal(fetch_stable("g", "one", 1, 0, false).committed_offset, 7);
    assert_int_equal(fetch_stable("g", "one", 0, 0, false).committed_offset, 7);
    assert_int_equal(fetch_stable("g", "one", 2, 0, false).committed_offset, -1);
    assert_int_equal(commit("g", "one", 0, 1, 8), KW_ERROR_NONE);
    assert_int_equal(fetch_stable("g", "one", 2, 1, false).committed_offset, 8); /* its id is not known */
}

static void all_topics(void **state)
{
    (void)state;
    const struct offset_fetch in = {
        .group = kw_string_of("g"), .member_id = {NULL, -1}, .member_epoch = -1, .all = true};
    kw_offset_fetch_response_group out;
    struct asked asked = {.decide = decide_fetch, .in = &in, .out = &out};
    kw_offset_fetch_response_group_init(&out);
    submit(&asked);
    assert_int_equal(out.topics.len, 0);
    assert_int_equal(commit("g", "one", 1, 0, 7), KW_ERROR_NONE);
    assert_int_equal(commit("g", "one", 1, 3, 8), KW_ERROR_NONE);
    assert_int_equal(commit("g", "two", 2, 1, 9), KW_ERROR_NONE);
    assert_int_equal(commit("h", "two", 2, 2, 10), KW_ERROR_NONE);
    submit(&asked);
    assert_int_equal(out.topics.len, 2);
    assert_true(kw_string_equal(out.topics.items[1].name, kw_string_of("one")));
    assert_int_equal(out.topics.items[1].partitions.len, 2);
    assert_true(kw_string_equal(out.topics.items[0].name, kw_string_of("two")));
    assert_int_equal(out.topics.items[0].partitions.len, 1);
    assert_int_equal(out.topics.items[0].partitions.items[0].partition_index, 1);
    assert_int_equal(out.topics.items[0].partitions.items[0].committed_offset, 9);
}

/* ---- transactions, as a log that is loaded has them ---- */

static void put_pending(int64_t producer, int32_t partition, int64_t offset, int64_t record_offset)
{
    const struct offset_value value = value_of(offset, "");
    add_offset("g", "one", partition, &value);
    assert_int_equal(replay_records(machine, record_offset, producer, NULL), KW_OK);
}

static void end_transaction(int64_t producer, bool is_commit)
{
    const struct coordinator_marker marker = {producer, 0, 1000, is_commit};
    assert_int_equal(group_machine_calls.marker(machine, &marker, NULL), KW_OK);
}

static void transactions(void **state)
{
    (void)state;
    assert_int_equal(commit("g", "one", 1, 0, 7), KW_ERROR_NONE);
    put_pending(55, 0, 100, 500);
    put_pending(55, 1, 101, 501);
    assert_int_equal(fetch("g", "one", 0), 7);
    assert_int_equal(fetch_stable("g", "one", 0, 0, true).error_code, KW_ERROR_UNSTABLE_OFFSET_COMMIT);
    assert_int_equal(fetch_stable("g", "one", 0, 0, true).committed_offset, -1);
    assert_int_equal(fetch("g", "one", 1), -1);
    assert_int_equal(fetch_stable("g", "one", 0, 1, true).error_code, KW_ERROR_UNSTABLE_OFFSET_COMMIT);
    assert_int_equal(fetch_stable("g", "one", 0, 2, true).error_code, KW_ERROR_NONE);
    pass((RETENTION_DAYS + 1) * (int64_t)DAY_MS);
    assert_int_equal(fetch("g", "one", 0), 7); /* it does not expire while the transaction is open */
    end_transaction(55, true);
    assert_int_equal(fetch_stable("g", "one", 0, 0, true).committed_offset, 100);
    assert_int_equal(fetch_stable("g", "one", 0, 1, true).committed_offset, 101);
    put_pending(55, 1, 200, 600);
    end_transaction(55, false);
    assert_int_equal(fetch_stable("g", "one", 0, 1, true).committed_offset, 101);
    put_pending(55, 1, 300, 400); /* older than what is committed */
    end_transaction(55, true);
    assert_int_equal(fetch("g", "one", 1), 101);
}

static void pending_offsets_are_deleted(void **state)
{
    (void)state;
    put_pending(55, 1, 101, 501);
    assert_int_equal(delete_offset("g", "one", 1), KW_ERROR_NONE);
    assert_int_equal(store.end, 1);
    end_transaction(55, true);
    assert_int_equal(fetch("g", "one", 1), -1);
    put_pending(55, 1, 101, 502);
    assert_int_equal(remove_group("g"), KW_ERROR_NONE);
    assert_int_equal(store.end, 3);
    assert_null(group_find_any(machine, kw_string_of("g")));
}

/* ---- deletion ---- */

static void deleting_offsets(void **state)
{
    (void)state;
    assert_int_equal(delete_offset("g", "one", 0), KW_ERROR_GROUP_ID_NOT_FOUND);
    assert_int_equal(commit("g", "one", 1, 0, 7), KW_ERROR_NONE);
    assert_int_equal(delete_offset("g", "one", 1), KW_ERROR_NONE);
    assert_int_equal(store.end, 1); /* nothing is written for what is not there */
    assert_int_equal(delete_offset("g", "one", 0), KW_ERROR_NONE);
    assert_int_equal(fetch("g", "one", 0), -1);
    assert_non_null(group_find(machine, kw_string_of("g")));
    assert_state_is_log();
}

static void deleting_groups(void **state)
{
    (void)state;
    assert_int_equal(remove_group("g"), KW_ERROR_GROUP_ID_NOT_FOUND);
    assert_int_equal(commit("g", "one", 1, 0, 7), KW_ERROR_NONE);
    assert_int_equal(commit("g", "two", 2, 0, 7), KW_ERROR_NONE);
    assert_int_equal(remove_group("g"), KW_ERROR_NONE);
    assert_int_equal(store.end, 5);
    assert_null(group_find_any(machine, kw_string_of("g")));
    assert_int_equal(remove_group("g"), KW_ERROR_GROUP_ID_NOT_FOUND);
    assert_state_is_log();
}

/* ---- lists ---- */

static size_t count_listed(const char *state_name, const char *type)
{
    kw_string state_text = kw_string_of(state_name), type_text = kw_string_of(type);
    const kw_list_groups_request request = {.states_filter = {&state_text, state_name != NULL},
                                            .types_filter = {&type_text, type != NULL}};
    struct group_list list = {.arena = &answers};
    struct asked asked = {.decide = decide_list, .in = &request, .out = &list};
    submit(&asked);
    assert_int_equal(asked.error, KW_ERROR_NONE);
    for (size_t i = 0; i < list.count; i++) {
        assert_true(kw_string_equal(list.items[i].group_state, kw_string_of("Empty")));
        assert_true(kw_string_equal(list.items[i].group_type, kw_string_of("classic")));
        assert_int_equal(list.items[i].protocol_type.len, 0);
    }
    return list.count;
}

static void lists(void **state)
{
    (void)state;
    assert_int_equal(count_listed(NULL, NULL), 0);
    assert_int_equal(commit("g", "one", 1, 0, 7), KW_ERROR_NONE);
    assert_int_equal(commit("h", "one", 1, 0, 7), KW_ERROR_NONE);
    assert_int_equal(count_listed(NULL, NULL), 2);
    assert_int_equal(count_listed(" eMPTY\n", NULL), 2);
    assert_int_equal(count_listed("Stable", NULL), 0);
    assert_int_equal(count_listed("", NULL), 0);
    assert_int_equal(count_listed(NULL, "Classic"), 2);
    assert_int_equal(count_listed(NULL, "classic "), 0);
    assert_int_equal(count_listed("empty", "consumer"), 0);
}

static void decide_describe(struct asked *asked, struct coordinator_decision *d)
{
    describe_group(d, kw_string_of(asked->in), *asked->errors, &answers, asked->out);
}

static kw_describe_groups_response_described_group describe(const char *group, int16_t version)
{
    kw_describe_groups_response_described_group out;
    struct asked asked = {.decide = decide_describe, .in = group, .out = &out, .errors = &version};
    submit(&asked);
    assert_int_equal(asked.error, KW_ERROR_NONE);
    assert_true(kw_string_equal(out.group_id, kw_string_of(group)));
    assert_int_equal(out.members.len, 0);
    return out;
}

static void descriptions(void **state)
{
    (void)state;
    kw_describe_groups_response_described_group out = describe("g", 5);
    assert_true(kw_string_equal(out.group_state, kw_string_of("Dead")));
    assert_int_equal(out.error_code, KW_ERROR_NONE);
    out = describe("g", 6);
    assert_true(kw_string_equal(out.group_state, kw_string_of("Dead")));
    assert_int_equal(out.error_code, KW_ERROR_GROUP_ID_NOT_FOUND);
    assert_true(kw_string_equal(out.error_message, kw_string_of("Group g not found.")));
    assert_int_equal(commit("g", "one", 1, 0, 7), KW_ERROR_NONE);
    out = describe("g", 6);
    assert_true(kw_string_equal(out.group_state, kw_string_of("Empty")));
    assert_int_equal(out.error_code, KW_ERROR_NONE);
    assert_int_equal(out.protocol_type.len, 0);
}

/* ---- expiry ---- */

static void expiry(void **state)
{
    (void)state;
    struct one_commit c;
    assert_int_equal(commit("g", "one", 1, 0, 7), KW_ERROR_NONE);
    make_commit(&c, "g", "one", 1, 1, 8);
    c.in.retention_ms = DAY_MS;
    assert_int_equal(run_commit(&c), KW_ERROR_NONE);
    make_commit(&c, "h", "one", 1, 1, 9);
    c.in.retention_ms = 100 * (int64_t)DAY_MS;
    assert_int_equal(run_commit(&c), KW_ERROR_NONE);
    pass(DAY_MS - CHECK_MS);
    assert_int_equal(fetch("g", "one", 1), 8);
    pass(2 * CHECK_MS);
    assert_int_equal(fetch("g", "one", 1), -1);
    assert_int_equal(fetch("g", "one", 0), 7);
    pass((RETENTION_DAYS - 1) * (int64_t)DAY_MS - 3 * CHECK_MS);
    assert_int_equal(fetch("g", "one", 0), 7);
    pass(4 * CHECK_MS);
    assert_null(group_find_any(machine, kw_string_of("g"))); /* with its last offset */
    assert_int_equal(fetch("h", "one", 1), 9);
    assert_state_is_log();
}

/* The next check is at this time of day. */
static void check_at(int64_t ms)
{
    wall_ms = ms - CHECK_MS;
    pass(CHECK_MS);
}

static void to_the_millisecond(void **state)
{
    (void)state;
    struct one_commit c;
    int64_t start = wall_ms, end = wall_ms + RETENTION_DAYS * (int64_t)DAY_MS;
    assert_int_equal(commit("g", "one", 1, 0, 7), KW_ERROR_NONE);
    make_commit(&c, "g", "one", 1, 1, 8);
    c.in.retention_ms = DAY_MS;
    assert_int_equal(run_commit(&c), KW_ERROR_NONE);
    check_at(start + DAY_MS - 1);
    assert_int_equal(fetch("g", "one", 1), 8);
    check_at(start + DAY_MS);
    assert_int_equal(fetch("g", "one", 1), -1);
    check_at(end - 1);
    assert_int_equal(fetch("g", "one", 0), 7);
    check_at(end);
    assert_int_equal(fetch("g", "one", 0), -1);
}

/* Empty groups go with the next check. */
static void groups_without_offsets(void **state)
{
    (void)state;
    assert_int_equal(commit("g", "one", 1, 0, 7), KW_ERROR_NONE);
    assert_int_equal(delete_offset("g", "one", 0), KW_ERROR_NONE);
    assert_non_null(group_find(machine, kw_string_of("g")));
    pass(CHECK_MS + 1);
    assert_null(group_find_any(machine, kw_string_of("g")));
    assert_state_is_log();
}

/* A transaction is open on it. */
static void a_group_with_pending_offsets(void **state)
{
    (void)state;
    put_pending(55, 1, 101, 501);
    pass(CHECK_MS + 1);
    assert_non_null(group_find(machine, kw_string_of("g")));
    end_transaction(55, false);
    pass(CHECK_MS + 1);
    assert_null(group_find_any(machine, kw_string_of("g")));
}

static void many_expire_in_parts(void **state)
{
    (void)state;
    enum { MANY = 12000 };
    const struct offset_value value = value_of(5, "");
    for (int32_t p = 0; p < MANY; p++) {
        char group[16];
        (void)snprintf(group, sizeof group, "g%d", p / 5);
        add_offset(group, "one", p, &value);
    }
    assert_int_equal(replay_records(machine, 0, KW_NO_PRODUCER_ID, NULL), KW_OK);
    wall_ms += 10 * (int64_t)DAY_MS;
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    pass(CHECK_MS + 1000);
    assert_int_equal(machine->groups.by_id.count, MANY / 5);
    store.error = KW_ERROR_NONE;
    pass(CHECK_MS); /* what could not be written is made up for */
    assert_int_equal(machine->groups.by_id.count, 0);
    assert_int_equal(store.end, MANY + MANY / 5);
}

/* ---- topics that are deleted ---- */

static void deleted_topics(void **state)
{
    (void)state;
    static const char *const names[] = {"one", "two", NULL}, *const less[] = {"two", NULL};
    static const uint8_t ids[] = {1, 2}, id_of_two[] = {2}, new_ids[] = {9, 2};
    assert_int_equal(commit("g", "one", 1, 0, 7), KW_ERROR_NONE);
    assert_int_equal(commit("g", "one", 0, 1, 7), KW_ERROR_NONE); /* without an id */
    assert_int_equal(commit("g", "one", 5, 2, 7), KW_ERROR_NONE); /* of another topic of that name */
    assert_int_equal(commit("g", "two", 2, 0, 8), KW_ERROR_NONE);
    assert_int_equal(commit("h", "one", 1, 0, 9), KW_ERROR_NONE);
    publish(image_of(names, ids));
    sim_advance(&sim, 1000);
    assert_int_equal(fetch("g", "one", 0), 7);
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    publish(image_of(less, id_of_two));
    sim_advance(&sim, 1000);
    assert_int_equal(fetch("g", "one", 0), 7); /* it could not be written */
    store.error = KW_ERROR_NONE;
    sim_advance(&sim, 1000);
    assert_int_equal(fetch("g", "one", 0), -1);
    assert_int_equal(fetch("g", "one", 1), -1);
    assert_int_equal(fetch("g", "one", 2), 7);
    assert_int_equal(fetch("g", "two", 0), 8);
    assert_int_equal(fetch("h", "one", 0), -1);
    publish(image_of(names, new_ids));
    assert_int_equal(commit("g", "one", 9, 0, 10), KW_ERROR_NONE);
    assert_int_equal(commit("g", "one", 0, 1, 10), KW_ERROR_NONE);
    sim_advance(&sim, 1000);
    assert_int_equal(fetch("g", "one", 0), 10);
    assert_int_equal(fetch("g", "one", 1), 10);
    assert_state_is_log();
}

/* The topic may be there again before anybody has looked. */
static void recreated_topics(void **state)
{
    (void)state;
    static const char *const names[] = {"one", "two", NULL};
    static const uint8_t new_ids[] = {9, 2};
    assert_int_equal(commit("g", "one", 1, 0, 7), KW_ERROR_NONE);
    put_pending(55, 1, 100, 500); /* of id 7 */
    publish(image_of(names, new_ids));
    sim_advance(&sim, 1000);
    assert_int_equal(fetch("g", "one", 0), -1);
    assert_int_equal(fetch_stable("g", "one", 0, 1, true).error_code, KW_ERROR_UNSTABLE_OFFSET_COMMIT);
    end_transaction(55, false);
}

/* ---- random decisions ---- */

enum { GROUPS = 4, PARTITIONS = 4, STEPS = 30000 };

static int64_t expected[GROUPS][2][PARTITIONS]; /* -1: none */

static void forget_offsets(size_t g)
{
    for (size_t t = 0; t < 2; t++)
        for (size_t p = 0; p < PARTITIONS; p++)
            expected[g][t][p] = -1;
}

static void random_step(int64_t offset)
{
    static const char *const groups[GROUPS] = {"a", "b", "c", "d"}, *const topics[] = {"one", "two"};
    size_t g = random_below(&random_source, GROUPS), t = random_below(&random_source, 2);
    size_t p = random_below(&random_source, PARTITIONS), what = random_below(&random_source, 100);
    store.error = random_below(&random_source, 5) == 0 ? KW_ERROR_KAFKA_STORAGE_ERROR : KW_ERROR_NONE;
    if (what < 60) {
        int16_t error = commit(groups[g], topics[t], (uint8_t)(t + 1), (int32_t)p, offset);
        assert_int_equal(error, store.error);
        if (error == KW_ERROR_NONE)
            expected[g][t][p] = offset;
    } else if (what < 90) {
        if (delete_offset(groups[g], topics[t], (int32_t)p) == KW_ERROR_NONE)
            expected[g][t][p] = -1;
    } else if (what < 98) {
        if (remove_group(groups[g]) == KW_ERROR_NONE)
            forget_offsets(g);
    } else {
        store.error = KW_ERROR_NONE;
        pass((RETENTION_DAYS + 1) * (int64_t)DAY_MS);
        for (size_t i = 0; i < GROUPS; i++)
            forget_offsets(i);
    }
    assert_int_equal(fetch(groups[g], topics[t], (int32_t)p), expected[g][t][p]);
}

static void random_decisions(void **state)
{
    (void)state;
    for (size_t g = 0; g < GROUPS; g++)
        forget_offsets(g);
    for (int64_t i = 0; i < STEPS; i++) {
        random_step(i);
        kw_arena_reset(&answers);
        if (i % 1000 == 0)
            assert_state_is_log();
    }
    assert_state_is_log();
}

/* A log that ends after any of its batches has the state of then. */
static void every_prefix(void **state)
{
    (void)state;
    static char *texts[300];
    unsigned count = 0;
    for (size_t g = 0; g < GROUPS; g++)
        forget_offsets(g);
    for (int64_t i = 0; count < COUNT_OF(texts); i++) {
        random_step(i);
        for (; count < COUNT_OF(texts) && count <= store.appends; count++)
            texts[count] = count == store.appends ? print_machine(machine) : NULL; /* of several at once: the last */
    }
    for (unsigned i = 0; i < count; i++) {
        struct group_machine *m = make_machine();
        replay_log(m, i);
        char *found = print_machine(m);
        if (texts[i] != NULL)
            assert_string_equal(found, texts[i]);
        free(found);
        free(texts[i]);
        group_machine_destroy(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHARD_TEST(committed_and_fetched),
        SHARD_TEST(all_of_it),
        SHARD_TEST(metadata_that_is_too_long),
        SHARD_TEST(members_that_do_not_exist),
        SHARD_TEST(times),
        SHARD_TEST(an_append_that_fails),
        SHARD_TEST(fetched_while_it_is_written),
        SHARD_TEST(memory_that_is_used_up),
        SHARD_TEST(topics_of_other_ids),
        SHARD_TEST(all_topics),
        SHARD_TEST(transactions),
        SHARD_TEST(pending_offsets_are_deleted),
        SHARD_TEST(deleting_offsets),
        SHARD_TEST(deleting_groups),
        SHARD_TEST(lists),
        SHARD_TEST(descriptions),
        SHARD_TEST(expiry),
        SHARD_TEST(to_the_millisecond),
        SHARD_TEST(groups_without_offsets),
        SHARD_TEST(a_group_with_pending_offsets),
        SHARD_TEST(many_expire_in_parts),
        SHARD_TEST(deleted_topics),
        SHARD_TEST(recreated_topics),
        SHARD_TEST(random_decisions),
        SHARD_TEST(every_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
