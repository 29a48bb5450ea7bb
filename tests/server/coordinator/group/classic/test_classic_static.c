/* SPDX-License-Identifier: Apache-2.0 */
/* Static members of classic groups: who returns, who is fenced, who stays without joining. */
#include "classic_calls.h"

/* The static members i (A) and j (B) in generation 1. */
static void make_static_pair(int16_t version)
{
    struct ask *a = enter_static("i", version), *b = enter_static("j", version);
    pass(3000);
    pass(3000);
    assert_true(ask_look(a) && ask_look(b));
    name_id("A", a->join_response.member_id);
    name_id("B", b->join_response.member_id);
    assert_int_equal(strncmp(id_of("A"), "i-", 2), 0);
    assert_string_equal(take(a), "NONE 1 r A [A B]");
    assert_string_equal(take(b), "NONE 1 r A");
    b = sync_of("B", 1, "");
    assert_string_equal(take(sync_of("A", 1, "A=a B=b")), "NONE 'a'");
    assert_string_equal(take(b), "NONE 'b'");
}

static const char *take_as(const char *name, struct ask *ask)
{
    sim_run_posted(&sim);
    assert_true(ask_look(ask));
    name_id(name, ask->join_response.member_id);
    return take(ask);
}

static void a_static_member_returns(void **state)
{
    (void)state;
    make_static_pair(9);
    assert_string_equal(take_as("C", enter_static("j", 9)), "NONE 1 r A");
    assert_state("Stable");
    assert_record("consumer 1 r A A='a' C='b'");
    assert_string_equal(heartbeat_as("B", "j", 1), "FENCED_INSTANCE_ID");
    assert_string_equal(heartbeat("B", 1), "UNKNOWN_MEMBER_ID");
    assert_string_equal(take(join_with("B", &(struct with){.version = 9, .instance = "j"})), "FENCED_INSTANCE_ID B");
    assert_string_equal(heartbeat_as("C", "j", 1), "NONE");
    assert_string_equal(take(sync_of("C", 1, "")), "NONE 'b'");
    assert_string_equal(take_as("D", enter_static("i", 9)), "NONE 1 r D [D C] skip");
    assert_record("consumer 1 r D D='a' C='b'");
    assert_string_equal(take(sync_of("D", 1, "")), "NONE 'a'");
}

static void a_static_leader_of_old_versions(void **state)
{
    (void)state;
    make_static_pair(8);
    assert_string_equal(take_as("C", enter_static("i", 8)), "NONE 1 r A"); /* so that it does not lead */
    assert_string_equal(name_of(classic_leader(the_group())), "C");
    assert_string_equal(take_as("D", enter_static("j", 8)), "NONE 1 r C");
}

static void a_static_member_with_other_protocols(void **state)
{
    (void)state;
    const struct with i = {.version = 9, .instance = "i", .protocols = "rs"};
    const struct with j = {.version = 9, .instance = "j", .protocols = "rs"};
    const struct with j_now = {.version = 9, .instance = "j", .protocols = "s"};
    struct ask *a = join_with("", &i), *b = join_with("", &j);
    pass(3000);
    pass(3000);
    assert_true(ask_look(a));
    name_id("A", a->join_response.member_id);
    assert_string_equal(take_as("B", b), "NONE 1 r A");
    assert_string_equal(take(a), "NONE 1 r A [A B]");
    assert_string_equal(take(sync_of("A", 1, "A=a B=b")), "NONE 'a'");
    b = join_with("", &j_now);
    assert_string_equal(take(b), "waits");
    assert_state("PreparingRebalance");
    a = join_with("A", &i);
    assert_string_equal(take_as("C", b), "NONE 2 s A");
    assert_string_equal(take(a), "NONE 2 s A [A C]");
}

static void a_static_member_while_others_wait(void **state)
{
    (void)state;
    make_static_pair(9);
    struct ask *c = enter("C");
    struct ask *b = enter_static("j", 9);
    assert_string_equal(take(b), "waits");
    struct ask *again = enter_static("j", 9);
    assert_true(ask_look(b));
    assert_int_equal(b->join_response.error_code, KW_ERROR_FENCED_INSTANCE_ID);
    assert_int_equal(b->join_response.protocol_name.len, -1);
    ask_free(b);
    struct ask *a = join_with("A", &(struct with){.version = 9, .instance = "i"});
    assert_string_equal(take_as("B", again), "NONE 2 r A");
    assert_string_equal(take(a), "NONE 2 r A [A B C]");
    assert_string_equal(take(c), "NONE 2 r A");
    b = sync_of("B", 2, "");
    again = enter_static("j", 9); /* an assignment is awaited */
    assert_string_equal(take(b), "FENCED_INSTANCE_ID ''");
    assert_state("PreparingRebalance");
    assert_string_equal(take(again), "waits");
}

static void an_id_that_cannot_be_written(void **state)
{
    (void)state;
    make_static_pair(9);
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    assert_string_equal(take(enter_static("j", 9)), "NOT_COORDINATOR ''");
    assert_string_equal(heartbeat_as("B", "j", 1), "NONE");
    store.is_later = true;
    struct ask *first = enter_static("j", 9), *second = enter_static("j", 9);
    toy_log_finish_append(&store);
    assert_string_equal(take(first), "NOT_COORDINATOR ''");
    assert_string_equal(take(second), "NOT_COORDINATOR");
    store.is_later = false;
    assert_string_equal(heartbeat_as("B", "j", 1), "NONE");
    store.error = KW_ERROR_NONE;
    store.is_later = true;
    first = enter_static("j", 9);
    second = enter_static("j", 9);
    toy_log_finish_append(&store);
    assert_string_equal(take_as("C", first), "NONE 1 r A");
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    toy_log_finish_append(&store);
    assert_string_equal(take(second), "NOT_COORDINATOR ''");
    store.is_later = false;
    assert_string_equal(heartbeat_as("C", "j", 1), "NONE");
    store.error = KW_ERROR_NONE;
}

static void a_static_member_leaves_while_its_id_is_written(void **state)
{
    (void)state;
    make_static_pair(9);
    store.is_later = true;
    struct ask *b = enter_static("j", 9);
    struct ask *left = ask_create(ASK_LEAVE, 5);
    left->leave.group_id = text_of("group");
    left->leave.members.items = left->leaving;
    left->leave.members.len = left->leave_response.members.len = 1;
    left->leave_response.members.items = left->left;
    kw_leave_group_request_member_identity_init(&left->leaving[0]);
    left->leaving[0].group_instance_id = text_of("j");
    ask_submit(left);
    toy_log_finish_append(&store);
    assert_string_equal(take(b), "UNKNOWN_MEMBER_ID ''");
    assert_string_equal(take(left), "NONE NONE");
    store.is_later = false;
}

static void static_members_stay(void **state)
{
    (void)state;
    make_static_pair(9);
    struct ask *c = enter("C");
    for (int i = 0; i < 59; i++) {
        (void)heartbeat_as("A", "i", 1);
        (void)heartbeat_as("B", "j", 1);
        pass(1000);
    }
    assert_string_equal(take(c), "waits");
    pass(1000);
    assert_string_equal(take(c), "NONE 2 r C [A B C]"); /* though they have not joined */
    assert_string_equal(heartbeat_as("B", "j", 2), "NONE");
    c = sync_of("C", 2, "C=c");
    assert_string_equal(take(c), "NONE 'c'");
    for (int i = 0; i < 60; i++) {
        (void)heartbeat_as("A", "i", 2);
        (void)heartbeat_as("B", "j", 2);
        (void)heartbeat("C", 2);
        pass(1000);
    }
    assert_int_equal(classic_member_count(the_group()), 1); /* they did not ask for an assignment */
}

static void only_static_members_that_do_not_join(void **state)
{
    (void)state;
    make_static_pair(9);
    struct ask *c = enter("C");
    assert_string_equal(leave("C", NULL), "NONE NONE");
    assert_string_equal(take(c), "UNKNOWN_MEMBER_ID ''");
    for (int i = 0; i < 130; i++) {
        (void)heartbeat_as("A", "i", 1);
        (void)heartbeat_as("B", "j", 1);
        pass(1000);
    }
    assert_state("PreparingRebalance");
    assert_int_equal(the_group()->generation, 1);
    assert_string_equal(leave("@i", "@j"), "NONE NONE NONE");
    assert_state("Empty");
}

#define GROUP_TEST(function) cmocka_unit_test_setup_teardown(function, set_up_names, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GROUP_TEST(a_static_member_returns),
        GROUP_TEST(a_static_leader_of_old_versions),
        GROUP_TEST(a_static_member_with_other_protocols),
        GROUP_TEST(a_static_member_while_others_wait),
        GROUP_TEST(an_id_that_cannot_be_written),
        GROUP_TEST(a_static_member_leaves_while_its_id_is_written),
        GROUP_TEST(static_members_stay),
        GROUP_TEST(only_static_members_that_do_not_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
