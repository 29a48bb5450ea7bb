/* SPDX-License-Identifier: Apache-2.0 */
/* LeaveGroup for members of consumer groups. */
#include "consumer_calls.h"

#include "coordinator/group/classic/classic_leave.h"

enum { MOST_LEAVERS = 8 };

static struct leaving {
    kw_leave_group_request request;
    kw_leave_group_request_member_identity ids[MOST_LEAVERS];
    kw_leave_group_response response;
    kw_leave_group_response_member_response answers[MOST_LEAVERS];
} leaving;

static void decide_leaving(struct coordinator_event *event, struct coordinator_decision *d)
{
    (void)event;
    group_leave(d, &leaving.request, &leaving.response);
}

static void add_leaver(const char *member, const char *instance)
{
    int32_t i = leaving.request.members.len++;
    kw_leave_group_request_member_identity_init(&leaving.ids[i]);
    leaving.ids[i].member_id = kw_string_of(member);
    if (instance != NULL)
        leaving.ids[i].group_instance_id = kw_string_of(instance);
    kw_leave_group_response_member_response_init(&leaving.answers[i]);
    leaving.response.members.len = leaving.request.members.len;
}

static void start_leaving(void)
{
    kw_leave_group_request_init(&leaving.request);
    kw_leave_group_response_init(&leaving.response);
    leaving.request.group_id = kw_string_of("g");
    leaving.request.members = (kw_leave_group_request_member_identity_array){leaving.ids, 0};
    leaving.response.members = (kw_leave_group_response_member_response_array){leaving.answers, 0};
}

/* The errors, one letter each: F fenced, U unknown, - none. */
static const char *send_leaving(void)
{
    static char errors[MOST_LEAVERS + 1];
    struct beat_event *e = new_beat("", 0);
    e->event.decide = decide_leaving;
    beat_submit(e);
    sim_settle(&sim);
    assert_int_equal(e->completed, 1);
    for (int32_t i = 0; i < leaving.request.members.len; i++) {
        int16_t error = leaving.answers[i].error_code;
        errors[i] = error == KW_ERROR_NONE                 ? '-'
                    : error == KW_ERROR_UNKNOWN_MEMBER_ID  ? 'U'
                    : error == KW_ERROR_FENCED_INSTANCE_ID ? 'F'
                                                           : '?';
        errors[i + 1] = 0;
    }
    return errors;
}

static void removed_by_leave_group(void **state)
{
    (void)state;
    join("a", 1);
    struct beat_event *e = joining("b", 2);
    e->request.instance_id = kw_string_of("i");
    send_beat(e);
    join("c", 1);
    start_leaving();
    add_leaver("x", NULL);
    add_leaver("", NULL);
    add_leaver("", "x");
    add_leaver("x", "i");
    assert_string_equal(send_leaving(), "UUUF");
    assert_int_equal(group()->epochs.epoch, 4);
    start_leaving();
    add_leaver("", "i");
    add_leaver("c", NULL);
    add_leaver("b", "i");
    add_leaver("c", NULL);
    add_leaver("x", NULL);
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR; /* then nobody has left */
    send_leaving();
    assert_int_equal(group()->member_count, 3);
    store.error = KW_ERROR_NONE;
    assert_string_equal(send_leaving(), "----U");
    assert_int_equal(group()->member_count, 1);
    assert_int_equal(group()->epochs.epoch, 5);
    start_leaving();
    add_leaver("a", NULL);
    assert_string_equal(send_leaving(), "-");
    assert_int_equal(group()->epochs.epoch, 6);
    assert_int_equal(group()->epochs.target_epoch, 6);
    assert_int_equal(group()->epochs.metadata_hash, 0);
}

/* A pattern ends with the last one who has it. */
static void removed_with_patterns(void **state)
{
    (void)state;
    if (!are_built())
        skip();
    send_beat(with_pattern(joining("a", 0), "t[01]"));
    send_beat(with_pattern(joining("b", 0), "t1"));
    send_beat(with_pattern(joining("c", 0), "t[01]"));
    start_leaving();
    add_leaver("b", NULL);
    add_leaver("a", NULL);
    assert_string_equal(send_leaving(), "--");
    assert_null(consumer_find_pattern(group(), kw_string_of("t1")));
    assert_int_equal(consumer_find_pattern(group(), kw_string_of("t[01]"))->members, 1);
    join("d", 1);
    start_leaving();
    add_leaver("c", NULL);
    add_leaver("d", NULL);
    assert_string_equal(send_leaving(), "--");
    assert_null(consumer_find_pattern(group(), kw_string_of("t[01]")));
    assert_int_equal(group()->epochs.metadata_hash, 0);
}

#define GROUP_TEST(function) cmocka_unit_test_setup_teardown(function, set_up_groups, end_test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GROUP_TEST(removed_by_leave_group),
        GROUP_TEST(removed_with_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
