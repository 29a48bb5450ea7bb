/* SPDX-License-Identifier: Apache-2.0 */
/* scarce_classic FOLDER   FOLDER is not used: the log is in memory.
 *
 * Members of a classic group, a static one among them, join, get assignments, leave, die and return, while one
 * allocation after the other fails: once there is memory again they go on as if nothing had been, the log has what the
 * state is, and nothing leaks. */
#include "../server/coordinator/group/classic/classic_support.h"

#include "base/growth.h"
#include "scarce.h"

enum { MEMBERS = 3, ROUNDS = 14, MOST_CALLS = 50000, STATIC = 2 };

struct member {
    struct ask *ask;
    int32_t generation;
    char id[ASK_ID];
    bool leads;
    char others[MEMBERS * 2][ASK_ID];
    size_t other_count;
};

static struct ask asks_of_test[MEMBERS + 1];
static struct member members[MEMBERS];

static const char *instance_of(size_t i)
{
    return i == STATIC ? "static" : NULL;
}

/* ---- requests ---- */

static void join(size_t i)
{
    struct member *m = &members[i];
    m->ask = ask_create(ASK_JOIN, 9);
    m->ask->join.group_id = kw_string_of("group");
    m->ask->join.member_id = kw_string_of(m->id);
    if (instance_of(i) != NULL)
        m->ask->join.group_instance_id = kw_string_of(instance_of(i));
    m->ask->join.protocol_type = kw_string_of("consumer");
    m->ask->join.session_timeout_ms = 20000;
    m->ask->join.rebalance_timeout_ms = 20000;
    m->ask->join.protocols.items = m->ask->protocols;
    m->ask->join.protocols.len = 2;
    for (size_t p = 0; p < 2; p++) {
        kw_join_group_request_protocol_init(&m->ask->protocols[p]);
        m->ask->protocols[p].name = kw_string_of(p == 0 ? "range" : "sticky");
        m->ask->protocols[p].metadata = kw_bytes_of("\0\1\0\0\0\1\0\1t\0\0\0\0", 13);
    }
    ask_submit(m->ask);
}

static void sync(size_t i)
{
    struct member *m = &members[i];
    m->ask = ask_create(ASK_SYNC, 5);
    m->ask->sync.group_id = kw_string_of("group");
    m->ask->sync.member_id = kw_string_of(m->id);
    m->ask->sync.generation_id = m->generation;
    m->ask->sync.assignments.items = m->ask->assignments;
    for (size_t o = 0; m->leads && o < m->other_count; o++) {
        kw_sync_group_request_assignment *a = &m->ask->assignments[m->ask->sync.assignments.len++];
        kw_sync_group_request_assignment_init(a);
        a->member_id = kw_string_of(m->others[o]);
        a->assignment = kw_bytes_of("assigned", 8);
    }
    ask_submit(m->ask);
}

static void heartbeat(size_t i)
{
    struct member *m = &members[i];
    m->ask = ask_create(ASK_HEARTBEAT, 4);
    m->ask->heartbeat.group_id = kw_string_of("group");
    m->ask->heartbeat.member_id = kw_string_of(m->id);
    m->ask->heartbeat.generation_id = m->generation;
    ask_submit(m->ask);
}

static void leave(size_t i)
{
    struct ask *ask = ask_create(ASK_LEAVE, 5);
    ask->leave.group_id = kw_string_of("group");
    ask->leave.members.items = ask->leaving;
    ask->leave_response.members.items = ask->left;
    ask->leave.members.len = ask->leave_response.members.len = 1;
    kw_leave_group_request_member_identity_init(&ask->leaving[0]);
    kw_leave_group_response_member_response_init(&ask->left[0]);
    ask->leaving[0].member_id = kw_string_of(members[i].id);
    ask_submit(ask);
    sim_run_posted(&sim);
    ask_free(ask);
}

/* ---- members as clients are ---- */

static int16_t take_join(struct member *m, const kw_join_group_response *r)
{
    if (r->error_code == KW_ERROR_NONE || r->error_code == KW_ERROR_MEMBER_ID_REQUIRED)
        (void)snprintf(m->id, sizeof m->id, "%.*s", KW_FMT(r->member_id));
    else if (r->error_code == KW_ERROR_UNKNOWN_MEMBER_ID || r->error_code == KW_ERROR_FENCED_INSTANCE_ID)
        m->id[0] = '\0';
    m->generation = r->generation_id;
    m->leads = r->members.len > 0;
    m->other_count = 0;
    for (int32_t i = 0; i < r->members.len && m->other_count < MEMBERS * 2; i++)
        (void)snprintf(m->others[m->other_count++], ASK_ID, "%.*s", KW_FMT(r->members.items[i].member_id));
    return r->error_code;
}

/* The error of the last request, and which it was. False: it waits. */
static bool take(struct member *m, enum ask_what *what, int16_t *error)
{
    *what = ASK_HEARTBEAT;
    *error = KW_ERROR_REBALANCE_IN_PROGRESS;
    if (m->ask == NULL)
        return true;
    if (!ask_look(m->ask))
        return false;
    *what = m->ask->what;
    *error = m->ask->error;
    if (*error == KW_ERROR_NONE && *what == ASK_JOIN)
        *error = take_join(m, &m->ask->join_response);
    else if (*error == KW_ERROR_NONE && *what == ASK_SYNC)
        *error = m->ask->sync_response.error_code;
    if (*error == KW_ERROR_UNKNOWN_MEMBER_ID)
        m->id[0] = '\0';
    ask_free(m->ask);
    m->ask = NULL;
    return true;
}

static void act(size_t i)
{
    enum ask_what what;
    int16_t error;
    if (!take(&members[i], &what, &error))
        return;
    if (error == KW_ERROR_NONE && what == ASK_JOIN)
        sync(i);
    else if (error == KW_ERROR_NONE)
        heartbeat(i);
    else
        join(i);
}

static void live(int rounds)
{
    for (int round = 0; round < rounds; round++) {
        for (size_t i = 0; i < MEMBERS; i++)
            act(i);
        pass(2000);
    }
}

static void forget(size_t i)
{
    if (members[i].ask != NULL && ask_look(members[i].ask)) {
        ask_free(members[i].ask);
        members[i].ask = NULL;
    }
    if (members[i].ask == NULL)
        members[i].id[0] = '\0';
}

static void assert_all_have_theirs(void)
{
    const struct classic_group *group = group_find(machine, kw_string_of("group"))->state.classic;
    assert_int_equal(group->state, CLASSIC_STABLE);
    assert_int_equal(classic_member_count(group), MEMBERS);
    for (size_t i = 0; i < MEMBERS; i++) {
        const struct classic_member *member = classic_find(group, kw_string_of(members[i].id));
        assert_non_null(member);
        assert_int_equal(shared_bytes_view(member->assignment).len, 8);
        assert_int_equal(members[i].generation, group->generation);
    }
    load_again();
    group = group_find(machine, kw_string_of("group"))->state.classic;
    assert_int_equal(group->state, CLASSIC_STABLE);
    for (size_t i = 0; i < MEMBERS; i++)
        assert_int_equal(shared_bytes_view(classic_find(group, kw_string_of(members[i].id))->assignment).len, 8);
}

/* Whether the failure was reached. */
static bool try_group(size_t n)
{
    memset(members, 0, sizeof members);
    assert_int_equal(set_up(NULL), 0);
    scarce_fail_at(SCARCE_MEMORY, n);
    live(ROUNDS);
    forget(STATIC); /* it is started again */
    live(2);
    leave(0);
    live(6);
    forget(1); /* its session ends */
    live(14);
    bool reached = scarce_has_failed();
    scarce_fail_at(SCARCE_MEMORY, 0);
    live(2 * ROUNDS);
    assert_all_have_theirs();
    assert_int_equal(tear_down(NULL), 0);
    return reached;
}

static void groups(void **state)
{
    (void)state;
    size_t n = 1;
    ask_pool = asks_of_test;
    ask_pool_size = COUNT_OF(asks_of_test);
    while (try_group(n)) {
        assert_int_equal(scarce_blocks(), 0);
        n++;
        assert_true(n < MOST_CALLS);
    }
    assert_true(n > 100);
    printf("%zu allocations\n", n - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(groups)};
    scarce_count_arenas();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
