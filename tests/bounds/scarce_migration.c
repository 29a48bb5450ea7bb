/* SPDX-License-Identifier: Apache-2.0 */
/* scarce_migration FOLDER
 *
 * A classic group that becomes a consumer group, has members of both protocols, and becomes a classic group again,
 * while one allocation after the other fails: what has failed has changed nothing, what has succeeded is in the log,
 * and nothing leaks. FOLDER is not used. */
#include "../server/coordinator/group/consumer/consumer_support.h"

#include "scarce.h"

#include "coordinator/group/classic/classic_group.h"
#include "coordinator/group/classic/classic_heartbeat.h"
#include "coordinator/group/classic/classic_join.h"
#include "coordinator/group/classic/classic_leave.h"
#include "coordinator/group/classic/classic_sync.h"

enum { MOST_CALLS = 80000, ID = 64 };

static const char *const group_ids[] = {"g"};
static size_t failures;
static size_t texts; /* that open_memstream() has allocated, which is not counted, and that were freed, which is */

/* A version, the topic t0 of four partitions, and what else version 1 has. */
static const uint8_t subscription[] = {0, 1, 0, 0, 0, 1, 0, 2, 't', '0', 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0};
static const uint8_t assignment[] = {0, 1, 0, 0, 0, 1, 0, 2, 't', '0',  0,    0,    0,
                                     2, 0, 0, 0, 0, 0, 0, 0, 1,   0xff, 0xff, 0xff, 0xff};

/* A member with the classic protocol. */
struct classic_client {
    const char *name;      /* of an instance; NULL: a dynamic member */
    char id[ID];           /* "": none */
    int32_t generation;    /* -1: it is to join */
    struct waiter *waiter; /* of its request */
};

enum what { JOIN, SYNC, HEARTBEAT, LEAVE };

/* A request of one. */
struct asked {
    struct coordinator_event event; /* the first member */
    enum what what;
    struct classic_client *client;
    kw_arena arena;
    uint8_t block[16384];
    struct join_result join;
    kw_join_group_response joined;
    struct sync_result sync;
    kw_sync_group_response synced;
    kw_leave_group_response left;
    kw_leave_group_response_member_response left_member;
    int16_t error;
    int completed;
    int16_t failed;
};

static void decide_join(struct asked *a, struct coordinator_decision *d)
{
    kw_join_group_request_protocol protocol = {.name = kw_string_of("range"),
                                               .metadata = kw_bytes_of(subscription, sizeof subscription)};
    kw_join_group_request r;
    kw_join_group_request_init(&r);
    r.group_id = kw_string_of("g");
    r.member_id = kw_string_of(a->client->id);
    if (a->client->name != NULL)
        r.group_instance_id = kw_string_of(a->client->name);
    r.session_timeout_ms = 10000;
    r.rebalance_timeout_ms = 10000;
    r.protocol_type = kw_string_of("consumer");
    r.protocols.items = &protocol;
    r.protocols.len = 1;
    const struct join_request in = {&r, 3, kw_string_of("client"), kw_string_of("/127.0.0.1"), &a->arena};
    kw_join_group_response_init(&a->joined);
    a->join = (struct join_result){.response = &a->joined};
    group_join(d, &in, &a->join);
    a->client->waiter = a->join.waiter;
    a->error = a->joined.error_code;
    if (a->joined.error_code == KW_ERROR_NONE && a->join.waiter == NULL && !a->join.is_to_be_repeated) {
        (void)snprintf(a->client->id, ID, "%.*s", KW_FMT(a->joined.member_id));
        a->client->generation = a->joined.generation_id;
    }
}

static void decide_sync(struct asked *a, struct coordinator_decision *d)
{
    kw_sync_group_request_assignment own;
    kw_sync_group_request r;
    kw_sync_group_request_init(&r);
    kw_sync_group_request_assignment_init(&own);
    r.group_id = kw_string_of("g");
    r.member_id = kw_string_of(a->client->id);
    r.generation_id = a->client->generation;
    own.member_id = r.member_id;
    own.assignment = kw_bytes_of(assignment, sizeof assignment);
    r.assignments.items = &own;
    r.assignments.len = 1;
    const struct sync_request in = {&r, &a->arena};
    kw_sync_group_response_init(&a->synced);
    a->sync = (struct sync_result){.response = &a->synced};
    group_sync(d, &in, &a->sync);
    a->client->waiter = a->sync.waiter;
    a->error = a->synced.error_code;
}

static void decide_rest(struct asked *a, struct coordinator_decision *d)
{
    kw_heartbeat_request h;
    kw_leave_group_request l;
    kw_leave_group_request_member_identity who;
    kw_heartbeat_request_init(&h);
    kw_leave_group_request_init(&l);
    kw_leave_group_request_member_identity_init(&who);
    kw_leave_group_response_init(&a->left);
    h.group_id = l.group_id = kw_string_of("g");
    h.member_id = who.member_id = kw_string_of(a->client->id);
    h.generation_id = a->client->generation;
    l.members.items = &who;
    l.members.len = 1;
    a->left.members.items = &a->left_member;
    a->left.members.len = 1;
    if (a->what == HEARTBEAT)
        a->error = group_heartbeat(d, &h);
    else
        group_leave(d, &l, &a->left);
}

static void decide(struct coordinator_event *event, struct coordinator_decision *d)
{
    struct asked *a = (struct asked *)(void *)event;
    if (a->what == JOIN)
        decide_join(a, d);
    else if (a->what == SYNC)
        decide_sync(a, d);
    else
        decide_rest(a, d);
}

static void complete(struct coordinator_event *event, int16_t error)
{
    struct asked *a = (struct asked *)(void *)event;
    a->completed++;
    a->failed = error;
}

/* Whoever waits gets an answer within some seconds, by a timer if memory is short. */
static void take_result(struct asked *a)
{
    struct classic_client *c = a->client;
    for (int i = 0; i < 60 && waiter_result(c->waiter) == NULL; i++) {
        sim_advance(&sim, 1000);
        sim_settle(&sim);
    }
    const struct classic_answer *answer = classic_answer_of(waiter_result(c->waiter));
    assert_non_null(answer);
    a->error = answer->error;
    if (answer->error == KW_ERROR_NONE && a->what == JOIN) {
        (void)snprintf(c->id, ID, "%.*s", KW_FMT(answer->member_id));
        c->generation = answer->generation->generation;
    }
    waiter_release(c->waiter);
    c->waiter = NULL;
}

static int16_t ask(struct classic_client *client, enum what what)
{
    struct asked a = {.what = what, .client = client};
    kw_arena_init_growing(&a.arena, a.block, sizeof a.block, kw_allocator_libc(), BEAT_MEMORY);
    a.event.decide = decide;
    a.event.complete = complete;
    a.event.executor = &sim.executor;
    do {
        a.completed = 0;
        client->waiter = NULL;
        if (coordinator_submit(&shard, &a.event))
            complete(&a.event, a.event.error);
        sim_settle(&sim);
        assert_int_equal(a.completed, 1);
    } while (what == JOIN && a.failed == KW_ERROR_NONE && a.join.is_to_be_repeated);
    assert_true(a.failed == KW_ERROR_NONE || a.failed == COORDINATOR_NO_MEMORY);
    failures += a.failed != KW_ERROR_NONE;
    if (a.failed != KW_ERROR_NONE && client->waiter != NULL)
        waiter_release(client->waiter);
    else if (client->waiter != NULL)
        take_result(&a);
    kw_arena_finish(&a.arena);
    return a.failed != KW_ERROR_NONE ? KW_ERROR_COORDINATOR_NOT_AVAILABLE : a.error;
}

static void beat(const char *member, int32_t epoch, const char *instance)
{
    static kw_string names[] = {{"t0", 2}};
    static kw_consumer_group_heartbeat_request_topic_partitions none;
    struct beat_event e;
    beat_init(&e, "g", member, epoch);
    if (instance != NULL)
        e.request.instance_id = kw_string_of(instance);
    if (epoch == EPOCH_JOIN) {
        e.request.rebalance_timeout_ms = 10000;
        e.request.subscribed_topic_names.items = names;
        e.request.subscribed_topic_names.len = 1;
        e.request.topic_partitions.items = &none;
        e.request.topic_partitions.len = 0;
    }
    beat_submit(&e);
    sim_settle(&sim);
    assert_int_equal(e.completed, 1);
    assert_true(e.error == KW_ERROR_NONE || e.error == COORDINATOR_NO_MEMORY);
    failures += e.error != KW_ERROR_NONE;
    beat_finish(&e);
}

/* What comes of it if memory is not short. */
static void expect(bool is_short, int16_t error, int16_t expected)
{
    assert_true(is_short || error == expected);
}

static void expect_type(bool is_short, enum group_type expected)
{
    const struct group *group = group_find(machine, kw_string_of("g"));
    assert_true(is_short || (group != NULL && group->type == expected));
}

static void live(bool is_short)
{
    struct classic_client a = {.generation = -1}, b = {.generation = -1}, i = {.name = "i", .generation = -1};
    expect(is_short, ask(&a, JOIN), KW_ERROR_NONE);
    expect(is_short, ask(&a, SYNC), KW_ERROR_NONE);
    beat("x", EPOCH_JOIN, "i");
    expect_type(is_short, GROUP_CONSUMER);
    expect(is_short, ask(&a, HEARTBEAT), KW_ERROR_REBALANCE_IN_PROGRESS);
    expect(is_short, ask(&a, JOIN), KW_ERROR_NONE);
    expect(is_short, ask(&a, SYNC), KW_ERROR_NONE);
    expect(is_short, ask(&b, JOIN), KW_ERROR_NONE);
    expect(is_short, ask(&b, LEAVE), KW_ERROR_NONE);
    expect(is_short, ask(&i, JOIN), KW_ERROR_NONE);
    expect_type(is_short, GROUP_CLASSIC);
    (void)ask(&i, SYNC); /* of a generation that has not come */
    beat("y", EPOCH_JOIN, NULL);
    expect_type(is_short, GROUP_CONSUMER);
    beat("y", EPOCH_LEAVE, NULL);
    expect_type(is_short, GROUP_CLASSIC);
    (void)ask(&i, HEARTBEAT);
    expect(is_short, ask(&a, LEAVE), KW_ERROR_NONE);
    expect(is_short, ask(&i, LEAVE), KW_ERROR_NONE);
}

static void assert_is_log(void)
{
    struct group_machine *again = make_machine();
    replay_log(again, store.size);
    char *is = print_groups(machine, group_ids, 1), *should_be = print_groups(again, group_ids, 1);
    assert_string_equal(is, should_be);
    free(is);
    free(should_be);
    texts += 2;
    const struct group *group = group_find(machine, kw_string_of("g")), *other = group_find(again, kw_string_of("g"));
    assert_int_equal(group != NULL ? group->type : GROUP_NONE, other != NULL ? other->type : GROUP_NONE);
    group_machine_destroy(again);
    const struct consumer_group *g = consumer_group_of(group);
    if (g != NULL)
        assert_sound(g, true);
}

/* Whether the failure was reached. */
static bool try_group(size_t n)
{
    void *state = NULL;
    assert_int_equal(set_up_groups(&state), 0);
    scarce_fail_at(SCARCE_MEMORY, n);
    live(true);
    bool reached = scarce_has_failed();
    scarce_fail_at(SCARCE_MEMORY, 0);
    assert_is_log();
    sim_advance(&sim, 400000); /* sessions end */
    sim_settle(&sim);
    assert_is_log();
    failures = 0;
    live(false);
    assert_int_equal(failures, 0);
    assert_is_log();
    assert_int_equal(tear_down_groups(&state), 0);
    return reached;
}

static void migration(void **state)
{
    (void)state;
    size_t n = 1;
    while (try_group(n)) {
        assert_int_equal(scarce_blocks() + texts, 0);
        assert_true(++n < MOST_CALLS);
    }
    assert_true(n > 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(migration)};
    scarce_count_arenas();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
