/* SPDX-License-Identifier: Apache-2.0 */
/* Groups that change their type while an append waits or fails, and the times that classic members of a consumer group
 * have. The rest is in tests/groups/talks/migration.py, beside Apache Kafka. */
#include "classic/classic_support.h"

#include "coordinator/group/consumer/consumer_group.h"
#include "coordinator/group/consumer/consumer_heartbeat.h"

enum { SESSION = 10000, REBALANCE = 20000, INITIAL_DELAY = 3000, CONSUMER_SESSION = 45000 };

/* A version, no topics, no user data, no partitions. */
static const uint8_t subscription[] = {0, 1, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0};

/* ---- members with the classic protocol ---- */

/* `instance_id` NULL: it is not static. */
static struct ask *ask_to_join_with(const char *id, const char *instance_id, kw_bytes metadata)
{
    struct ask *ask = ask_create(ASK_JOIN, instance_id != NULL ? 5 : 3);
    ask->join.group_id = kw_string_of("g");
    ask->join.member_id = kw_string_of(id);
    ask->join.session_timeout_ms = SESSION;
    ask->join.rebalance_timeout_ms = REBALANCE;
    ask->join.protocol_type = kw_string_of("consumer");
    ask->protocols[0] = (kw_join_group_request_protocol){.name = kw_string_of("range"), .metadata = metadata};
    ask->join.protocols.items = ask->protocols;
    ask->join.protocols.len = 1;
    if (instance_id != NULL)
        ask->join.group_instance_id = kw_string_of(instance_id);
    ask_submit(ask);
    sim_run_posted(&sim);
    return ask;
}

static struct ask *ask_to_join_as(const char *id, const char *instance_id)
{
    return ask_to_join_with(id, instance_id, kw_bytes_of(subscription, sizeof subscription));
}

static struct ask *ask_to_join(const char *id)
{
    return ask_to_join_as(id, NULL);
}

/* The generation; below 0: that is the error. `id` is what it was given. */
static int32_t take_join(struct ask *ask, char *id)
{
    sim_run_posted(&sim);
    assert_true(ask_look(ask));
    int16_t error = ask->error != KW_ERROR_NONE ? ask->error : ask->join_response.error_code;
    int32_t generation = ask->join_response.generation_id;
    if (error == KW_ERROR_NONE)
        (void)snprintf(id, ASK_ID, "%.*s", KW_FMT(ask->join_response.member_id));
    ask_free(ask);
    return error == KW_ERROR_NONE ? generation : -error;
}

static int16_t sync_group(const char *id, int32_t generation)
{
    struct ask *ask = ask_create(ASK_SYNC, 3);
    ask->sync.group_id = kw_string_of("g");
    ask->sync.member_id = kw_string_of(id);
    ask->sync.generation_id = generation;
    ask_submit(ask);
    sim_run_posted(&sim);
    assert_true(ask_look(ask));
    int16_t error = ask->error != KW_ERROR_NONE ? ask->error : ask->sync_response.error_code;
    ask_free(ask);
    return error;
}

static int16_t beat_as_classic(const char *id, int32_t generation)
{
    struct ask *ask = ask_create(ASK_HEARTBEAT, 3);
    ask->heartbeat.group_id = kw_string_of("g");
    ask->heartbeat.member_id = kw_string_of(id);
    ask->heartbeat.generation_id = generation;
    ask_submit(ask);
    sim_run_posted(&sim);
    assert_true(ask_look(ask));
    int16_t error = ask->error;
    ask_free(ask);
    return error;
}

/* The only member of a stable group. */
static int32_t lead(char *id)
{
    struct ask *ask = ask_to_join("");
    pass(INITIAL_DELAY);
    int32_t generation = take_join(ask, id);
    assert_int_equal(generation, 1);
    assert_int_equal(sync_group(id, generation), KW_ERROR_NONE);
    return generation;
}

/* ---- members with the consumer protocol ---- */

struct beat {
    struct coordinator_event event; /* the first member */
    kw_consumer_group_heartbeat_request request;
    kw_consumer_group_heartbeat_response response;
    kw_arena arena;
    bool is_completed;
    int16_t error;
};

static void decide_beat(struct coordinator_event *event, struct coordinator_decision *d)
{
    struct beat *b = (struct beat *)(void *)event;
    const struct consumer_heartbeat in = {&b->request, kw_string_of("client"), kw_string_of("/127.0.0.1"), &b->arena};
    kw_consumer_group_heartbeat_response_init(&b->response);
    consumer_heartbeat(d->state, d, &in, &b->response);
}

static void complete_beat(struct coordinator_event *event, int16_t error)
{
    struct beat *b = (struct beat *)(void *)event;
    b->is_completed = true;
    b->error = error;
}

static void send_beat(struct beat *b, int32_t epoch)
{
    static kw_string name = {"t", 1};
    static kw_consumer_group_heartbeat_request_topic_partitions none;
    memset(b, 0, sizeof *b);
    b->event = (struct coordinator_event){.decide = decide_beat, .complete = complete_beat, .executor = &sim.executor};
    kw_arena_init_growing(&b->arena, NULL, 0, kw_allocator_libc(), 1024 * 1024);
    kw_consumer_group_heartbeat_request_init(&b->request);
    b->request.group_id = kw_string_of("g");
    b->request.member_id = kw_string_of("x");
    b->request.member_epoch = epoch;
    if (epoch == EPOCH_JOIN) {
        b->request.rebalance_timeout_ms = REBALANCE;
        b->request.subscribed_topic_names = (kw_string_array){&name, 1};
        b->request.topic_partitions.items = &none;
        b->request.topic_partitions.len = 0;
    }
    if (coordinator_submit(&shard, &b->event))
        complete_beat(&b->event, b->event.error);
    sim_run_posted(&sim);
}

/* The error of the shard or of the answer. */
static int16_t take_beat(struct beat *b)
{
    sim_run_posted(&sim);
    assert_true(b->is_completed);
    int16_t error = b->error != KW_ERROR_NONE ? b->error : b->response.error_code;
    kw_arena_finish(&b->arena);
    return error;
}

static int16_t beat(int32_t epoch)
{
    struct beat b;
    send_beat(&b, epoch);
    return take_beat(&b);
}

/* ---- the group ---- */

static const struct group *the_group(enum group_type type)
{
    const struct group *group = group_find(machine, kw_string_of("g"));
    assert_non_null(group);
    assert_int_equal(group->type, type);
    return group;
}

static size_t members_of_classic(void)
{
    return classic_member_count(the_group(GROUP_CLASSIC)->state.classic);
}

static size_t members_of_consumer(void)
{
    return the_group(GROUP_CONSUMER)->state.consumer->member_count;
}

static void write_all(void)
{
    while (store.append != NULL) {
        toy_log_finish_append(&store);
        sim_run_posted(&sim);
    }
    store.is_later = false;
    store.error = KW_ERROR_NONE;
}

/* ---- upgrades ---- */

/* Who waits is to join again; after the failure the group is what it was, and its timers continue. */
static void upgrade_fails(void **state)
{
    (void)state;
    char a[ASK_ID], b[ASK_ID];
    struct beat x;
    int32_t generation = lead(a);
    struct ask *joining = ask_to_join("");
    assert_false(ask_look(joining));
    store.is_later = true;
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    send_beat(&x, EPOCH_JOIN);
    assert_int_equal(members_of_consumer(), 3);
    assert_int_equal(take_join(joining, b), -KW_ERROR_REBALANCE_IN_PROGRESS);
    write_all();
    assert_int_equal(take_beat(&x), KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(members_of_classic(), 2);
    assert_int_equal(beat_as_classic(a, generation), KW_ERROR_REBALANCE_IN_PROGRESS);
    pass(REBALANCE); /* nobody joins in time */
    assert_int_equal(members_of_classic(), 0);
    assert_int_equal(beat(EPOCH_JOIN), KW_ERROR_NONE);
    assert_int_equal(members_of_consumer(), 1);
}

/* The timers of the classic group do nothing until it is written, and those of the new one have started. */
static void upgrade_takes_long(void **state)
{
    (void)state;
    char a[ASK_ID];
    struct beat x;
    (void)lead(a);
    store.is_later = true;
    send_beat(&x, EPOCH_JOIN);
    pass(TOY_TIMEOUT - 100);
    assert_int_equal(members_of_consumer(), 2);
    pass(SESSION - TOY_TIMEOUT + 99);
    assert_int_equal(members_of_consumer(), 2);
    pass(1); /* its own session: it is removed */
    assert_int_equal(members_of_consumer(), 1);
    write_all();
    assert_int_equal(take_beat(&x), KW_ERROR_REQUEST_TIMED_OUT);
    assert_int_equal(members_of_consumer(), 1);
    pass(CONSUMER_SESSION);
    assert_int_equal(members_of_consumer(), 0);
}

/* An upgrade that waits for the log for longer than a session, and fails. */
static void upgrade_fails_late(void **state)
{
    (void)state;
    char a[ASK_ID];
    struct beat x;
    (void)lead(a);
    store.is_later = true;
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    send_beat(&x, EPOCH_JOIN);
    pass(SESSION);
    write_all();
    assert_int_equal(take_beat(&x), KW_ERROR_REQUEST_TIMED_OUT);
    assert_int_equal(members_of_classic(), 1); /* its timer was put off */
    pass(1000);
    assert_int_equal(members_of_classic(), 0);
}

/* ---- downgrades ---- */

/* A group of "a", with the classic protocol, and x. */
static int32_t both(char *a)
{
    assert_int_equal(beat(EPOCH_JOIN), KW_ERROR_NONE);
    int32_t generation = take_join(ask_to_join("a"), a);
    assert_true(generation > 0);
    assert_int_equal(sync_group(a, generation), KW_ERROR_NONE);
    return generation;
}

/* The consumer group is back, whoever waits in the classic one looks for the coordinator again. */
static void downgrade_fails(void **state)
{
    (void)state;
    char a[ASK_ID], b[ASK_ID];
    struct beat x;
    int32_t generation = both(a);
    store.is_later = true;
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    send_beat(&x, EPOCH_LEAVE);
    assert_int_equal(members_of_classic(), 1);
    struct ask *joining = ask_to_join("");
    sim_run_posted(&sim);
    assert_int_equal(members_of_classic(), 2);
    write_all();
    assert_int_equal(take_beat(&x), KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(take_join(joining, b), -KW_ERROR_NOT_COORDINATOR);
    assert_int_equal(members_of_consumer(), 2);
    assert_int_equal(beat_as_classic(a, generation), KW_ERROR_NONE);
    assert_int_equal(beat(EPOCH_LEAVE), KW_ERROR_NONE);
    assert_int_equal(members_of_classic(), 1);
}

/* The sessions of the consumer group do not end while it is only kept to be put back. */
static void downgrade_fails_late(void **state)
{
    (void)state;
    char a[ASK_ID];
    struct beat x;
    (void)both(a);
    pass(1000);
    store.is_later = true;
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    send_beat(&x, EPOCH_LEAVE);
    pass(SESSION - 500); /* that of "a" has passed */
    assert_int_equal(members_of_classic(), 1);
    write_all();
    assert_int_equal(take_beat(&x), KW_ERROR_REQUEST_TIMED_OUT);
    assert_int_equal(members_of_consumer(), 2);
    pass(1000);
    assert_int_equal(members_of_consumer(), 1);
}

/* The session of the last member with the consumer protocol ends. */
static void downgrade_by_time(void **state)
{
    (void)state;
    char a[ASK_ID];
    int32_t generation = both(a);
    for (int i = 0; i < CONSUMER_SESSION; i += 5000) {
        assert_int_equal(members_of_consumer(), 2);
        assert_int_equal(beat_as_classic(a, generation), KW_ERROR_NONE);
        pass(5000);
    }
    assert_int_equal(members_of_classic(), 1);
    assert_int_equal(beat_as_classic(a, generation), KW_ERROR_REBALANCE_IN_PROGRESS);
    load_again();
    assert_int_equal(members_of_classic(), 1);
    assert_int_equal(beat_as_classic(a, generation), KW_ERROR_NONE);
}

/* ---- times of classic members ---- */

/* Who has joined is to send SyncGroup within the rebalance timeout, heartbeats or not. */
static void sync_is_awaited(void **state)
{
    (void)state;
    char a[ASK_ID];
    assert_int_equal(beat(EPOCH_JOIN), KW_ERROR_NONE);
    int32_t generation = take_join(ask_to_join("a"), a);
    for (int i = 0; i < REBALANCE; i += 5000) {
        assert_int_equal(members_of_consumer(), 2);
        assert_int_equal(beat_as_classic(a, generation), KW_ERROR_NONE);
        pass(5000);
    }
    assert_int_equal(members_of_consumer(), 1);
    assert_int_equal(beat(EPOCH_JOIN), KW_ERROR_NONE);
    generation = take_join(ask_to_join("a"), a);
    pass(REBALANCE / 2 - 1000);
    assert_int_equal(sync_group(a, generation), KW_ERROR_NONE);
    for (int i = 0; i < REBALANCE; i += 5000) {
        pass(5000);
        assert_int_equal(beat_as_classic(a, generation), KW_ERROR_NONE);
    }
    assert_int_equal(members_of_consumer(), 2);
}

/* Who is told to join again has the rebalance timeout from the first time on. */
static void join_is_awaited(void **state)
{
    (void)state;
    char a[ASK_ID];
    int32_t generation = lead(a);
    assert_int_equal(beat(EPOCH_JOIN), KW_ERROR_NONE);
    for (int i = 0; i < REBALANCE; i += 5000) {
        assert_int_equal(members_of_consumer(), 2);
        assert_int_equal(beat_as_classic(a, generation), KW_ERROR_REBALANCE_IN_PROGRESS);
        pass(5000);
    }
    assert_int_equal(members_of_consumer(), 1);
}

/* Not once it has joined. */
static void join_comes_in_time(void **state)
{
    (void)state;
    char a[ASK_ID];
    int32_t generation = lead(a);
    assert_int_equal(beat(EPOCH_JOIN), KW_ERROR_NONE);
    assert_int_equal(beat_as_classic(a, generation), KW_ERROR_REBALANCE_IN_PROGRESS);
    assert_int_equal(sync_group(a, generation), KW_ERROR_REBALANCE_IN_PROGRESS);
    pass(5000);
    generation = take_join(ask_to_join(a), a);
    assert_true(generation > 1);
    assert_int_equal(sync_group(a, generation), KW_ERROR_NONE);
    for (int i = 0; i < 2 * REBALANCE; i += 5000) {
        pass(5000);
        assert_int_equal(beat(EPOCH_JOIN), KW_ERROR_NONE);
        assert_int_equal(beat_as_classic(a, generation), KW_ERROR_NONE);
    }
    assert_int_equal(members_of_consumer(), 2);
}

/* The session of a member that changes its protocol becomes a shorter one at once. */
static void session_gets_shorter(void **state)
{
    (void)state;
    char x[ASK_ID];
    assert_int_equal(beat(EPOCH_JOIN), KW_ERROR_NONE);
    int32_t generation = take_join(ask_to_join("x"), x);
    assert_int_equal(sync_group(x, generation), KW_ERROR_NONE);
    pass(SESSION - 1);
    assert_int_equal(members_of_consumer(), 1);
    pass(1);
    assert_int_equal(members_of_consumer(), 0);
}

/* Whoever comes with the same instance takes its place. */
static void a_static_member_of_the_classic_protocol(void **state)
{
    (void)state;
    char first[ASK_ID], second[ASK_ID];
    assert_int_equal(beat(EPOCH_JOIN), KW_ERROR_NONE);
    assert_true(take_join(ask_to_join_as("", "instance"), first) > 0);
    assert_int_equal(members_of_consumer(), 2);
    const struct consumer_group *g = the_group(GROUP_CONSUMER)->state.consumer;
    const struct consumer_slot *slot = consumer_find_static(g, kw_string_of("instance"));
    assert_non_null(slot);
    assert_true(kw_string_equal(slot->id, kw_string_of(first)));
    assert_true(take_join(ask_to_join_as("", "instance"), second) > 0);
    assert_string_not_equal(first, second);
    assert_int_equal(members_of_consumer(), 2);
    slot = consumer_find_static(the_group(GROUP_CONSUMER)->state.consumer, kw_string_of("instance"));
    assert_non_null(slot);
    assert_true(kw_string_equal(slot->id, kw_string_of(second)));
}

/* A subscription says it since version 3; one that does not say it keeps it. */
static void the_rack_of_a_subscription(void **state)
{
    (void)state;
    /* No topics, no user data, no partitions, generation -1, "r1". */
    static const uint8_t with_rack[] = {0, 3, 0, 0,    0,    0,    0xff, 0xff, 0xff, 0xff, 0,
                                        0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0,    2,    'r',  '1'};
    char a[ASK_ID];
    assert_int_equal(beat(EPOCH_JOIN), KW_ERROR_NONE);
    assert_true(take_join(ask_to_join_with("a", NULL, kw_bytes_of(with_rack, sizeof with_rack)), a) > 0);
    const struct consumer_group *g = the_group(GROUP_CONSUMER)->state.consumer;
    const struct consumer_member *member = consumer_find(g, kw_string_of(a))->member;
    assert_true(kw_string_equal(member->rack, kw_string_of("r1")));
    assert_true(member->is_classic);
    assert_int_equal(member->classic_session_timeout_ms, SESSION);
    assert_int_equal(member->rebalance_timeout_ms, REBALANCE);
    assert_int_equal(member->names.len, 0);
    assert_int_equal(member->pattern.len, 0);
    assert_int_equal(member->classic_protocol_count, 1);
    assert_true(kw_string_equal(member->classic_protocols[0].name, kw_string_of("range")));
    assert_true(kw_bytes_equal(member->classic_protocols[0].metadata, kw_bytes_of(with_rack, sizeof with_rack)));
    assert_true(take_join(ask_to_join(a), a) > 0);
    assert_true(kw_string_equal(consumer_find(g, kw_string_of(a))->member->rack, kw_string_of("r1")));
    assert_int_equal(consumer_find(g, kw_string_of("x"))->member->rack.len, -1);
}

#define MIGRATION_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MIGRATION_TEST(upgrade_fails),
        MIGRATION_TEST(upgrade_takes_long),
        MIGRATION_TEST(upgrade_fails_late),
        MIGRATION_TEST(downgrade_fails),
        MIGRATION_TEST(downgrade_fails_late),
        MIGRATION_TEST(downgrade_by_time),
        MIGRATION_TEST(sync_is_awaited),
        MIGRATION_TEST(join_is_awaited),
        MIGRATION_TEST(join_comes_in_time),
        MIGRATION_TEST(session_gets_shorter),
        MIGRATION_TEST(a_static_member_of_the_classic_protocol),
        MIGRATION_TEST(the_rack_of_a_subscription),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
