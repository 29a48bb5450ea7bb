/* SPDX-License-Identifier: Apache-2.0 */
/* SyncGroup, Heartbeat and LeaveGroup of classic groups, rule by rule: what is answered, when, and what is
 * written. */
#include "classic_calls.h"

/* ---- SyncGroup ---- */

static void sync_refused(void **state)
{
    (void)state;
    assert_string_equal(take(sync_of("A", 1, "")), "UNKNOWN_MEMBER_ID ''");
    make_stable_pair();
    assert_string_equal(take(sync_of("nobody", 1, "")), "UNKNOWN_MEMBER_ID ''");
    assert_string_equal(take(sync_of("A", 2, "")), "ILLEGAL_GENERATION ''");
    assert_string_equal(take(sync_of("A", 1, "")), "NONE 'a'");
    struct ask *ask = ask_create(ASK_SYNC, 5);
    ask->sync.group_id = text_of("group");
    ask->sync.member_id = text_of(id_of("A"));
    ask->sync.generation_id = 1;
    ask->sync.protocol_type = text_of("connect");
    ask_submit(ask);
    assert_string_equal(take(ask), "INCONSISTENT_GROUP_PROTOCOL ''");
    ask = ask_create(ASK_SYNC, 5);
    ask->sync.group_id = text_of("group");
    ask->sync.member_id = text_of(id_of("A"));
    ask->sync.generation_id = 1;
    ask->sync.protocol_name = text_of("s");
    ask_submit(ask);
    assert_string_equal(take(ask), "INCONSISTENT_GROUP_PROTOCOL ''");
    struct ask *c = enter("C");
    assert_string_equal(take(sync_of("A", 1, "")), "REBALANCE_IN_PROGRESS ''");
    assert_string_equal(take(sync_of("C", 1, "")), "REBALANCE_IN_PROGRESS ''");
    assert_string_equal(leave("A", "B"), "NONE NONE NONE");
    assert_string_equal(take(c), "NONE 2 r C [C]");
    assert_string_equal(leave("C", NULL), "NONE NONE");
    assert_string_equal(take(sync_of("A", 1, "")), "UNKNOWN_MEMBER_ID ''"); /* the group is empty */
}

static void syncs_that_wait(void **state)
{
    (void)state;
    make_stable_pair();
    struct ask *c = enter("C"), *a = join("A"), *b = join("B");
    assert_string_equal(take(a), "NONE 2 r A [A B C]");
    assert_string_equal(take(b), "NONE 2 r A");
    assert_string_equal(take(c), "NONE 2 r A");
    b = sync_of("B", 2, "B=wrong"); /* only the leader's count */
    assert_string_equal(take(b), "waits");
    struct ask *again = sync_of("B", 2, "");
    assert_string_equal(take(b), "UNKNOWN_MEMBER_ID ''");
    c = join_with("C", &(struct with){.version = 9, .bytes = "x"});
    assert_string_equal(take(again), "REBALANCE_IN_PROGRESS ''");
    a = join("A");
    b = join("B");
    assert_string_equal(take(a), "NONE 3 r A [A B C]");
    assert_string_equal(take(b), "NONE 3 r A");
    assert_string_equal(take(c), "NONE 3 r A");
    b = sync_of("B", 3, "");
    a = sync_of("A", 3, "B=1 B=2 X=3 C=4");
    assert_string_equal(take(a), "NONE ''");
    assert_string_equal(take(b), "NONE '2'");
    assert_record("consumer 3 r A A='' B='2' C='4'");
    assert_string_equal(take(sync_of("C", 3, "")), "NONE '4'");
}

static void the_first_assignment_counts(void **state)
{
    (void)state;
    make_stable_pair();
    struct ask *a = join("A"), *b = join("B");
    assert_string_equal(take(a), "NONE 2 r A [A B]");
    assert_string_equal(take(b), "NONE 2 r A");
    store.is_later = true;
    a = sync_of("A", 2, "A=1 B=1");
    struct ask *again = sync_of("A", 2, "A=2 B=2");
    assert_string_equal(take(a), "UNKNOWN_MEMBER_ID ''");
    assert_string_equal(take(again), "waits");
    toy_log_finish_append(&store);
    sim_run_posted(&sim);
    assert_state("Stable");
    assert_null(store.append);
    assert_string_equal(take(again), "NONE '1'");
    assert_string_equal(take(sync_of("B", 2, "")), "NONE '1'");
}

static void assignments_that_cannot_be_written(void **state)
{
    (void)state;
    make_stable_pair();
    struct ask *a = join("A"), *b = join("B");
    assert_string_equal(take(a), "NONE 2 r A [A B]");
    assert_string_equal(take(b), "NONE 2 r A");
    b = sync_of("B", 2, "");
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    a = sync_of("A", 2, "A=1 B=2");
    assert_string_equal(take(a), "NOT_COORDINATOR ''");
    assert_string_equal(take(b), "NOT_COORDINATOR ''");
    assert_state("PreparingRebalance");
    store.error = KW_ERROR_NONE;
    a = join("A");
    b = join("B");
    assert_string_equal(take(a), "NONE 3 r A [A B]");
    assert_string_equal(take(b), "NONE 3 r A");
    store.max_batch = 100;
    a = sync_of("A", 3, "A=1 B=2");
    assert_string_equal(take(a), "UNKNOWN_SERVER_ERROR ''");
    assert_state("PreparingRebalance");
}

static void assignments_that_come_too_late(void **state)
{
    (void)state;
    make_stable_pair();
    struct ask *a = join("A"), *b = join("B");
    assert_string_equal(take(a), "NONE 2 r A [A B]");
    assert_string_equal(take(b), "NONE 2 r A");
    store.is_later = true;
    a = sync_of("A", 2, "A=1 B=2");
    struct ask *left = ask_create(ASK_LEAVE, 5);
    left->leave.group_id = text_of("group");
    left->leave.members.items = left->leaving;
    left->leave.members.len = left->leave_response.members.len = 1;
    left->leave_response.members.items = left->left;
    kw_leave_group_request_member_identity_init(&left->leaving[0]);
    left->leaving[0].member_id = text_of(id_of("B"));
    ask_submit(left);
    assert_string_equal(take(a), "REBALANCE_IN_PROGRESS ''");
    toy_log_finish_append(&store);
    assert_string_equal(take(left), "NONE NONE");
    assert_state("PreparingRebalance");
    assert_int_equal(shared_bytes_view(classic_find(the_group(), text_of(id_of("A")))->assignment).len, 0);
    store.is_later = false;
}

static void the_leaders_call_has_gone(void **state)
{
    (void)state;
    make_stable_pair();
    struct ask *a = join("A"), *b = join("B");
    assert_string_equal(take(a), "NONE 2 r A [A B]");
    assert_string_equal(take(b), "NONE 2 r A");
    store.is_later = true;
    b = sync_of("B", 2, "");
    a = sync_of("A", 2, "A=1 B=2");
    ask_free(a);
    toy_log_finish_append(&store);
    assert_string_equal(take(b), "NONE '2'");
    assert_state("Stable");
}

static void assignments_that_take_too_long(void **state)
{
    (void)state;
    make_stable_pair();
    struct ask *a = join("A"), *b = join("B");
    assert_string_equal(take(a), "NONE 2 r A [A B]");
    assert_string_equal(take(b), "NONE 2 r A");
    store.others_lag = true;
    a = sync_of("A", 2, "A=1 B=2");
    pass(TOY_TIMEOUT);
    assert_string_equal(take(a), "COORDINATOR_NOT_AVAILABLE ''");
    assert_state("PreparingRebalance");
    toy_log_move(&store, store.end);
    store.others_lag = false;
}

/* ---- Heartbeat, LeaveGroup ---- */

static void heartbeats(void **state)
{
    (void)state;
    assert_string_equal(heartbeat("A", 1), "UNKNOWN_MEMBER_ID");
    make_stable_pair();
    assert_string_equal(heartbeat("A", 0), "ILLEGAL_GENERATION");
    assert_string_equal(heartbeat("nobody", 1), "UNKNOWN_MEMBER_ID");
    assert_string_equal(heartbeat_as("A", "i", 1), "UNKNOWN_MEMBER_ID");
    struct ask *a = join("A"), *b = join("B");
    assert_string_equal(take(a), "NONE 2 r A [A B]");
    assert_string_equal(take(b), "NONE 2 r A");
    for (int i = 0; i < 6; i++) {
        pass(9000);
        assert_string_equal(heartbeat("A", 2), "NONE"); /* while assignments are awaited */
        assert_string_equal(heartbeat("B", 2), "NONE");
    }
    assert_state("CompletingRebalance");
}

static void leaving(void **state)
{
    (void)state;
    assert_string_equal(leave("A", NULL), "NONE UNKNOWN_MEMBER_ID");
    make_stable_pair();
    assert_string_equal(leave("nobody", NULL), "NONE UNKNOWN_MEMBER_ID");
    assert_string_equal(leave("", "@i"), "NONE UNKNOWN_MEMBER_ID UNKNOWN_MEMBER_ID");
    assert_state("Stable");
    assert_string_equal(leave("A", "A"), "NONE NONE UNKNOWN_MEMBER_ID");
    assert_state("PreparingRebalance");
    assert_string_equal(take(join("B")), "NONE 2 r B [B]");
    assert_string_equal(leave("B", NULL), "NONE NONE");
    assert_state("Empty");
    assert_record("consumer 3  null");
}

static void leaving_while_it_waits(void **state)
{
    (void)state;
    make_stable_pair();
    struct ask *a = join("A"), *b = join("B");
    assert_string_equal(take(a), "NONE 2 r A [A B]");
    assert_string_equal(take(b), "NONE 2 r A");
    b = sync_of("B", 2, "");
    assert_string_equal(leave("B", NULL), "NONE NONE");
    assert_string_equal(take(b), "UNKNOWN_MEMBER_ID ''");
    a = join("A");
    assert_string_equal(take(a), "NONE 3 r A [A]");
}

static void all_leave_while_it_starts(void **state)
{
    (void)state;
    struct ask *a = enter("A");
    assert_string_equal(leave("A", NULL), "NONE NONE");
    assert_string_equal(take(a), "UNKNOWN_MEMBER_ID ''");
    assert_state("PreparingRebalance");
    pass(3000);
    assert_state("Empty");
    assert_record("consumer 1  null");
}

#define GROUP_TEST(function) cmocka_unit_test_setup_teardown(function, set_up_names, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GROUP_TEST(sync_refused),
        GROUP_TEST(syncs_that_wait),
        GROUP_TEST(the_first_assignment_counts),
        GROUP_TEST(assignments_that_cannot_be_written),
        GROUP_TEST(assignments_that_come_too_late),
        GROUP_TEST(the_leaders_call_has_gone),
        GROUP_TEST(assignments_that_take_too_long),
        GROUP_TEST(heartbeats),
        GROUP_TEST(leaving),
        GROUP_TEST(leaving_while_it_waits),
        GROUP_TEST(all_leave_while_it_starts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
