/* SPDX-License-Identifier: Apache-2.0 */
/* Classic groups, rule by rule: who joins, when a rebalance ends, what a loaded group continues with, offsets, limits.
 */
#include "classic_calls.h"

#include <kwire/messages/group_metadata_key.h>

/* ---- JoinGroup ---- */

static void a_group_starts(void **state)
{
    (void)state;
    const struct with nothing = {.version = 9};
    get_id("A", &nothing);
    assert_state("Empty");
    assert_int_equal(store.end, 1);
    assert_record(" 0  null");
    struct ask *a = join("A");
    assert_state("PreparingRebalance");
    assert_string_equal(take(a), "waits");
    pass(2999);
    assert_string_equal(take(a), "waits");
    pass(1);
    assert_string_equal(take(a), "NONE 1 r A [A]");
    assert_state("CompletingRebalance");
    assert_int_equal(store.end, 1);
    a = sync_of("A", 1, "A=all");
    assert_string_equal(take(a), "NONE 'all'");
    assert_state("Stable");
    assert_record("consumer 1 r A A='all'");
    assert_string_equal(heartbeat("A", 1), "NONE");
}

static void the_initial_delay_grows(void **state)
{
    (void)state;
    const struct with with = {.version = 9, .rebalance_ms = 8000};
    struct ask *a = enter_with("A", &with);
    pass(2000);
    struct ask *b = enter_with("B", &with);
    pass(1000); /* 3 s: B has come; 5 s remain */
    pass(1000);
    struct ask *c = enter_with("C", &with);
    pass(2000); /* 6 s: C has come; 2 s remain */
    struct ask *d = enter_with("D", &with);
    pass(1999);
    assert_string_equal(take(a), "waits");
    pass(1); /* 8 s: none remains */
    assert_string_equal(take(a), "NONE 1 r A [A B C D]");
    assert_string_equal(take(b), "NONE 1 r A");
    assert_string_equal(take(c), "NONE 1 r A");
    assert_string_equal(take(d), "NONE 1 r A");
}

static void without_a_delay(void **state)
{
    (void)state;
    machine->settings.classic_initial_delay_ms = 0;
    assert_string_equal(take(enter("A")), "NONE 1 r A [A]");
    struct ask *b = enter("B");
    assert_string_equal(heartbeat("A", 1), "REBALANCE_IN_PROGRESS");
    struct ask *a = join("A");
    assert_string_equal(take(b), "NONE 2 r A");
    assert_string_equal(take(a), "NONE 2 r A [A B]");
}

static void old_versions_join_at_once(void **state)
{
    (void)state;
    const struct with with = {.version = 3};
    struct ask *a = join_with("", &with);
    assert_string_equal(take(a), "waits");
    pass(3000);
    assert_true(ask_look(a));
    name_id("A", a->join_response.member_id);
    assert_string_equal(take(a), "NONE 1 r A [A]");
    assert_int_equal(strncmp(id_of("A"), "client-", 7), 0);
    assert_int_equal(strlen(id_of("A")), 7 + 36);
}

static void unknown_ids(void **state)
{
    (void)state;
    assert_string_equal(take(join("nobody")), "UNKNOWN_MEMBER_ID nobody");
    assert_int_equal(store.end, 0);
    make_stable_pair();
    assert_string_equal(take(join("nobody")), "UNKNOWN_MEMBER_ID nobody");
    const struct with with = {.version = 9, .instance = "i"};
    assert_string_equal(take(join_with("nobody", &with)), "UNKNOWN_MEMBER_ID nobody");
    assert_string_equal(take(join_with("A", &with)), "UNKNOWN_MEMBER_ID A");
}

static void protocols_must_agree(void **state)
{
    (void)state;
    const struct with none = {.version = 9, .protocols = ""}, no_type = {.version = 9, .type = ""};
    const struct with other_type = {.version = 9, .type = "connect"}, other = {.version = 9, .protocols = "x"};
    const struct with both = {.version = 9, .protocols = "xr"};
    assert_string_equal(take(join_with("", &none)), "INCONSISTENT_GROUP_PROTOCOL ''");
    assert_state("Empty"); /* the group is made nevertheless */
    assert_string_equal(take(join_with("", &no_type)), "INCONSISTENT_GROUP_PROTOCOL ''");
    make_stable_pair();
    assert_string_equal(take(join_with("", &other_type)), "INCONSISTENT_GROUP_PROTOCOL ''");
    assert_string_equal(take(join_with("", &other)), "INCONSISTENT_GROUP_PROTOCOL ''");
    assert_string_equal(take(join_with("B", &other)), "INCONSISTENT_GROUP_PROTOCOL B");
    get_id("C", &both);
}

static void the_protocol_is_voted_for(void **state)
{
    (void)state;
    const struct with rs = {.version = 9, .protocols = "rs"}, sr = {.version = 9, .protocols = "sr"};
    const struct with xsr = {.version = 9, .protocols = "xsr"};
    struct ask *a = enter_with("A", &rs), *b = enter_with("B", &sr), *c = enter_with("C", &xsr);
    pass(6000);
    assert_string_equal(take(a), "NONE 1 s A [A B C]");
    assert_string_equal(take(b), "NONE 1 s A");
    assert_string_equal(take(c), "NONE 1 s A");
    assert_string_equal(leave("C", NULL), "NONE NONE");
    a = join_with("A", &rs);
    b = join_with("B", &sr);
    assert_string_equal(take(a), "NONE 2 r A [A B]"); /* one vote each: the leader's */
    assert_string_equal(take(b), "NONE 2 r A");
}

static void joins_of_members(void **state)
{
    (void)state;
    const struct with changed = {.version = 9, .bytes = "new"};
    make_stable_pair();
    assert_string_equal(take(join("B")), "NONE 1 r A"); /* nothing has changed */
    assert_state("Stable");
    struct ask *b = join_with("B", &changed);
    assert_string_equal(take(b), "waits");
    assert_state("PreparingRebalance");
    struct ask *again = join_with("B", &changed);
    assert_string_equal(take(b), "UNKNOWN_MEMBER_ID ''"); /* it has asked twice */
    struct ask *a = join("A");
    assert_string_equal(take(a), "NONE 2 r A [A B]");
    assert_string_equal(take(again), "NONE 2 r A");
    assert_string_equal(take(join("A")), "NONE 2 r A [A B]"); /* the answer was lost */
    assert_string_equal(take(join_with("B", &changed)), "NONE 2 r A");
    a = join_with("A", &changed);
    assert_state("PreparingRebalance");
    b = join_with("B", &changed);
    assert_string_equal(take(a), "NONE 3 r A [A B]");
    assert_string_equal(take(b), "NONE 3 r A");
    a = sync_of("A", 3, "A=1 B=2");
    assert_string_equal(take(a), "NONE '1'");
    a = join_with("A", &changed); /* the leader wants to assign anew */
    assert_state("PreparingRebalance");
    assert_string_equal(take(a), "waits");
    assert_string_equal(take(join_with("B", &changed)), "NONE 4 r A");
    assert_string_equal(take(a), "NONE 4 r A [A B]");
}

static void full_groups(void **state)
{
    (void)state;
    machine->settings.classic_max_size = 2;
    make_stable_pair();
    assert_string_equal(take(enter_static("s", 9)), "GROUP_MAX_SIZE_REACHED ''");
    assert_string_equal(take(join("")), "GROUP_MAX_SIZE_REACHED ''");
    machine->settings.classic_max_size = 3;
    const struct with nothing = {.version = 9};
    get_id("C", &nothing);
    get_id("D", &nothing);
    struct ask *c = join("C"), *a = join("A"), *d = join("D");
    assert_int_equal(the_group()->pending.count, 0);
    machine->settings.classic_max_size = 2;
    assert_string_equal(take(join("B")), "GROUP_MAX_SIZE_REACHED ''"); /* it came too late */
    assert_null(classic_find(the_group(), text_of(id_of("B"))));
    assert_string_equal(take(d), "waits");
    struct ask *again = join("A"); /* waits already */
    assert_string_equal(take(a), "UNKNOWN_MEMBER_ID ''");
    assert_string_equal(take(again), "NONE 2 r A [A C D]");
    assert_string_equal(take(c), "NONE 2 r A");
    assert_string_equal(take(d), "NONE 2 r A");
}

static void ids_that_do_not_come_back(void **state)
{
    (void)state;
    const struct with nothing = {.version = 9};
    make_stable_pair();
    get_id("C", &nothing);
    pass(5000);
    assert_string_equal(heartbeat("A", 1), "NONE");
    assert_string_equal(heartbeat("B", 1), "NONE");
    struct ask *a = join("A"), *b = join("B");
    assert_string_equal(take(a), "waits"); /* for C */
    pass(4999);
    assert_string_equal(take(a), "waits");
    pass(1);
    assert_string_equal(take(a), "NONE 2 r A [A B]");
    assert_string_equal(take(b), "NONE 2 r A");
    assert_string_equal(take(join("C")), "UNKNOWN_MEMBER_ID C");
    get_id("C", &nothing);
    a = join_with("A", &(struct with){.version = 9, .bytes = "x"});
    b = join("B");
    assert_string_equal(take(b), "waits");
    assert_string_equal(leave("C", NULL), "NONE NONE");
    assert_string_equal(take(b), "NONE 3 r A");
    assert_string_equal(take(a), "NONE 3 r A [A B]");
    get_id("C", &nothing);
    assert_string_equal(take(join_with("C", &(struct with){.version = 9, .instance = "i"})), "UNKNOWN_SERVER_ERROR ''");
}

/* ---- rebalances ---- */

static void who_does_not_join_is_removed(void **state)
{
    (void)state;
    make_stable_pair();
    struct ask *c = enter("C");
    pass(8000);
    assert_string_equal(heartbeat("A", 1), "REBALANCE_IN_PROGRESS");
    assert_string_equal(heartbeat("B", 1), "REBALANCE_IN_PROGRESS");
    struct ask *b = join("B");
    for (int i = 0; i < 51; i++) {
        assert_string_equal(heartbeat("A", 1), "REBALANCE_IN_PROGRESS");
        pass(1000);
    }
    assert_string_equal(take(b), "waits");
    pass(1000);                                       /* 60 s */
    assert_string_equal(take(b), "NONE 2 r B [B C]"); /* the first one that waits leads */
    assert_string_equal(take(c), "NONE 2 r B");
    assert_string_equal(heartbeat("A", 1), "UNKNOWN_MEMBER_ID");
}

static void who_does_not_sync_is_removed(void **state)
{
    (void)state;
    make_stable_pair();
    struct ask *a = join("A"), *b = join("B");
    assert_string_equal(take(a), "NONE 2 r A [A B]");
    assert_string_equal(take(b), "NONE 2 r A");
    a = sync_of("A", 2, "A=1 B=2");
    assert_string_equal(take(a), "NONE '1'");
    assert_state("Stable");
    for (int i = 0; i < 59; i++) {
        pass(1000);
        assert_string_equal(heartbeat("A", 2), "NONE");
        assert_string_equal(heartbeat("B", 2), "NONE");
    }
    pass(1000);
    assert_string_equal(heartbeat("B", 2), "UNKNOWN_MEMBER_ID");
    assert_state("PreparingRebalance");
    assert_string_equal(take(join("A")), "NONE 3 r A [A]");
}

static void nobody_joins(void **state)
{
    (void)state;
    make_stable_pair();
    struct ask *c = enter("C");
    assert_string_equal(leave("C", NULL), "NONE NONE");
    assert_string_equal(take(c), "UNKNOWN_MEMBER_ID ''");
    for (int i = 0; i < 59; i++) {
        assert_string_equal(heartbeat("A", 1), "REBALANCE_IN_PROGRESS");
        pass(1000);
    }
    assert_int_equal(store.end, 2);
    pass(1000);
    assert_state("Empty");
    assert_record("consumer 2  null");
    assert_string_equal(heartbeat("A", 1), "UNKNOWN_MEMBER_ID");
}

static void sessions_end(void **state)
{
    (void)state;
    make_stable_pair();
    pass(9999);
    assert_string_equal(heartbeat("B", 1), "NONE");
    pass(1);
    assert_state("PreparingRebalance");
    assert_string_equal(heartbeat("A", 1), "UNKNOWN_MEMBER_ID");
    assert_string_equal(heartbeat("B", 1), "REBALANCE_IN_PROGRESS");
    pass(10000);
    assert_state("Empty");
    assert_record("consumer 2  null");
}

static void who_waits_is_alive(void **state)
{
    (void)state;
    make_stable_pair();
    struct ask *a = join("A");
    for (int i = 0; i < 5; i++) {
        assert_string_equal(heartbeat("B", 1), "REBALANCE_IN_PROGRESS");
        pass(9000);
    }
    assert_string_equal(take(a), "waits");
    pass(1000); /* B is dead, A is not */
    assert_string_equal(take(a), "NONE 2 r A [A]");
    pass(9999);
    assert_string_equal(heartbeat("A", 2), "NONE");
}

static void new_members_wait_5_minutes(void **state)
{
    (void)state;
    const struct with patient = {.version = 9, .rebalance_ms = 1000000, .session_ms = 900000};
    struct ask *a = enter_with("A", &patient);
    pass(3000);
    assert_string_equal(take(a), "NONE 1 r A [A]");
    assert_string_equal(take(sync_of("A", 1, "")), "NONE ''");
    struct ask *b = enter_with("B", &patient);
    pass(299999);
    assert_string_equal(take(b), "waits");
    pass(1);
    assert_string_equal(take(b), "UNKNOWN_MEMBER_ID ''");
}

/* ---- loading ---- */

static void a_loaded_group_continues(void **state)
{
    (void)state;
    make_stable_pair();
    load_again();
    assert_state("Stable");
    assert_string_equal(heartbeat("A", 1), "NONE");
    assert_string_equal(take(sync_of("B", 1, "")), "NONE 'b'");
    assert_string_equal(take(join("B")), "NONE 1 r A");
    pass(9000);
    assert_string_equal(heartbeat("A", 1), "NONE");
    pass(1000); /* B has sent no heartbeat since */
    assert_string_equal(heartbeat("B", 1), "UNKNOWN_MEMBER_ID");
    assert_string_equal(take(join("A")), "NONE 2 r A [A]");
}

/* Members have the rebalance timeout that was written, not their session. */
static void a_loaded_group_waits_for_its_members(void **state)
{
    (void)state;
    make_stable_pair();
    load_again();
    struct ask *c = enter("C"), *b = join("B");
    for (int i = 0; i < 60; i++) {
        assert_string_equal(take(b), "waits");
        assert_string_equal(heartbeat("A", 1), "REBALANCE_IN_PROGRESS");
        pass(1000);
    }
    assert_string_equal(take(b), "NONE 2 r B [B C]");
    assert_string_equal(take(c), "NONE 2 r B");
}

/* As version 0 of the record has none. */
static void a_member_without_a_rebalance_timeout(void **state)
{
    (void)state;
    kw_group_metadata_key key;
    kw_group_metadata_value value;
    kw_group_metadata_value_member_metadata member;
    struct record_out out;
    kw_arena arena;
    kw_group_metadata_key_init(&key);
    kw_group_metadata_value_init(&value);
    kw_group_metadata_value_member_metadata_init(&member);
    member.member_id = kw_string_of("m");
    member.rebalance_timeout = -1;
    member.session_timeout = 7000;
    key.group = kw_string_of("old");
    value.protocol_type = kw_string_of("consumer");
    value.members.items = &member;
    value.members.len = 1;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), 1 << 16);
    record_out_init(&out, &arena);
    group_records_add(&out, KW_GROUP_METADATA_KEY_TYPE, &key, &value);
    assert_int_equal(out.status, KW_OK);
    const struct coordinator_record record = {out.items[0].key, out.items[0].value, 5, KW_NO_PRODUCER_ID, -1};
    struct group_machine *loaded = make_machine();
    assert_int_equal(group_machine_calls.replay(loaded, &record, NULL), KW_OK);
    const struct group *group = group_find(loaded, kw_string_of("old"));
    assert_int_equal(group->state.classic->first->rebalance_timeout_ms, 7000);
    assert_int_equal(group->state.classic->first->session_timeout_ms, 7000);
    group_machine_destroy(loaded);
    kw_arena_finish(&arena);
}

static void an_empty_group_is_loaded(void **state)
{
    (void)state;
    make_stable_pair();
    assert_string_equal(leave("A", "B"), "NONE NONE NONE");
    int64_t since = the_group()->state_since;
    load_again();
    assert_state("Empty");
    assert_int_equal(the_group()->generation, 2);
    assert_int_equal(the_group()->state_since, since);
    assert_string_equal(take(join("A")), "UNKNOWN_MEMBER_ID A");
}

static void a_group_that_is_too_large_now(void **state)
{
    (void)state;
    make_stable_pair();
    assert_true(static_config_fill(&file_settings, "group.max.size", "1"));
    load_again();
    assert_state("PreparingRebalance");
    struct ask *b = join("B");
    assert_string_equal(take(join("A")), "GROUP_MAX_SIZE_REACHED ''");
    assert_string_equal(leave("B", NULL), "NONE NONE");
    assert_string_equal(take(b), "UNKNOWN_MEMBER_ID ''");
}

static void everybody_is_answered_at_the_end(void **state)
{
    (void)state;
    make_stable_pair();
    struct ask *a = join("A"), *b = join("B");
    assert_string_equal(take(a), "NONE 2 r A [A B]");
    assert_string_equal(take(b), "NONE 2 r A");
    b = sync_of("B", 2, "");
    load_again();
    assert_string_equal(take(b), "NOT_COORDINATOR ''");
    struct ask *c = enter("C");
    b = join("B");
    load_again();
    assert_string_equal(take(b), "NOT_COORDINATOR B");
    assert_string_equal(take(c), "NOT_COORDINATOR C");
}

static void a_group_that_cannot_be_written(void **state)
{
    (void)state;
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    assert_string_equal(take(join("")), "NOT_COORDINATOR");
    assert_null(group_find_any(machine, text_of("group")));
    store.is_later = true;
    struct ask *first = enter_static("i", 9);
    toy_log_finish_append(&store);
    assert_string_equal(take(first), "NOT_COORDINATOR");
    assert_null(group_find_any(machine, text_of("group")));
    store.is_later = false;
    store.error = KW_ERROR_NONE;
}

/* ---- offsets ---- */

static void commits(void **state)
{
    (void)state;
    const struct with nothing = {.version = 9};
    get_id("A", &nothing);
    assert_string_equal(commit("", -1), "NONE");
    assert_string_equal(commit("A", 0), "UNKNOWN_MEMBER_ID");
    make_stable_pair();
    assert_string_equal(commit("", -1), "UNKNOWN_MEMBER_ID");
    assert_string_equal(commit("A", -1), "ILLEGAL_GENERATION");
    assert_string_equal(commit("nobody", 1), "UNKNOWN_MEMBER_ID");
    assert_string_equal(commit("A", 1), "NONE");
    pass(6000);
    assert_string_equal(commit("A", 1), "NONE");
    assert_string_equal(heartbeat("B", 1), "NONE");
    pass(9000);
    assert_state("Stable"); /* a commit is as good as a heartbeat */
    struct ask *a = join("A");
    assert_string_equal(commit("B", 1), "NONE");
    struct ask *b = join("B");
    assert_string_equal(take(a), "NONE 2 r A [A B]");
    assert_string_equal(take(b), "NONE 2 r A");
    assert_string_equal(commit("A", 2), "REBALANCE_IN_PROGRESS");
}

static void too_much_memory(void **state)
{
    (void)state;
    make_stable_pair();
    budget.limit = 0;
    assert_string_equal(take(join("")), "COORDINATOR_NOT_AVAILABLE ''");
    assert_string_equal(take(enter_static("i", 9)), "COORDINATOR_NOT_AVAILABLE ''");
    struct ask *a = join("A"), *b = join("B"); /* who is there may continue */
    assert_string_equal(take(a), "NONE 2 r A [A B]");
    assert_string_equal(take(b), "NONE 2 r A");
    assert_string_equal(leave("A", "B"), "NONE NONE NONE");
    budget.limit = SIZE_MAX;
}

/* ---- many ---- */

enum { MANY = 5000 };

/* What each takes beside its own bytes; and its share of the record, which has to fit into a batch. */
static void many_members(void **state)
{
    (void)state;
    static struct ask *waiting[MANY];
    static char ids_of_all[MANY][ASK_ID];
    const struct with with = {.version = 3};
    machine->settings.classic_initial_delay_ms = 1000;
    store.max_batch = TOY_LOG;
    for (size_t i = 0; i < MANY; i++)
        waiting[i] = join_with("", &with);
    size_t used = atomic_load(&budget.used);
    assert_in_range(used, MANY * sizeof(struct classic_member), MANY * 1024);
    pass(1000);
    pass(1000); /* the others have come meanwhile */
    for (size_t i = 0; i < MANY; i++) {
        assert_true(ask_look(waiting[i]));
        assert_int_equal(waiting[i]->join_response.members.len, i == 0 ? MANY : 0);
        (void)snprintf(ids_of_all[i], ASK_ID, "%.*s", KW_FMT(waiting[i]->join_response.member_id));
        ask_free(waiting[i]);
    }
    for (size_t i = 0; i < MANY; i++)
        waiting[i] = sync_of(ids_of_all[MANY - 1 - i], 1, "");
    assert_state("Stable");
    for (size_t i = 0; i < MANY; i++)
        assert_string_equal(take(waiting[i]), "NONE ''");
    assert_in_range(store.size, MANY * 50, MANY * 200);
    load_again();
    assert_int_equal(classic_member_count(the_group()), MANY);
}

#define GROUP_TEST(function) cmocka_unit_test_setup_teardown(function, set_up_names, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GROUP_TEST(a_group_starts),
        GROUP_TEST(the_initial_delay_grows),
        GROUP_TEST(without_a_delay),
        GROUP_TEST(old_versions_join_at_once),
        GROUP_TEST(unknown_ids),
        GROUP_TEST(protocols_must_agree),
        GROUP_TEST(the_protocol_is_voted_for),
        GROUP_TEST(joins_of_members),
        GROUP_TEST(full_groups),
        GROUP_TEST(ids_that_do_not_come_back),
        GROUP_TEST(who_does_not_join_is_removed),
        GROUP_TEST(who_does_not_sync_is_removed),
        GROUP_TEST(nobody_joins),
        GROUP_TEST(sessions_end),
        GROUP_TEST(who_waits_is_alive),
        GROUP_TEST(new_members_wait_5_minutes),
        GROUP_TEST(a_loaded_group_continues),
        GROUP_TEST(a_loaded_group_waits_for_its_members),
        GROUP_TEST(a_member_without_a_rebalance_timeout),
        GROUP_TEST(an_empty_group_is_loaded),
        GROUP_TEST(a_group_that_is_too_large_now),
        GROUP_TEST(everybody_is_answered_at_the_end),
        GROUP_TEST(a_group_that_cannot_be_written),
        GROUP_TEST(commits),
        GROUP_TEST(too_much_memory),
        GROUP_TEST(many_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
