/* SPDX-License-Identifier: Apache-2.0 */
/* test_server_classic_random [OPERATIONS [FIRST_SEED]]
 *
 * Random requests to classic groups: members that join, leave, die, return with ids that they have or had, static ones
 * that are there twice, assignments that are late, appends that come late or fail, restarts. After each step the groups
 * are looked at; what is Stable is what the log says; in the end everybody is answered, and who behaves gets its
 * assignment. */
#include "classic_support.h"

#include "base/growth.h"

enum { OPERATIONS = 1000000, RUN = 400, GROUPS = 2, CLIENTS = 7, OLD_IDS = 12, LONG_TIME = 2000000 };

static const char *const group_names[GROUPS] = {"one", "two"};
static const char *const instance_names[] = {"i", "j", "k"};

struct client {
    struct ask *ask; /* what it waits for */
    int group;
    int32_t generation;
    char id[ASK_ID]; /* "": none */
    const char *instance;
    bool leads;
    char members[CLIENTS * 3][ASK_ID]; /* if it leads */
    size_t member_count;
};

static struct random_test choices;
static struct client clients[CLIENTS];
static char old_ids[OLD_IDS][ASK_ID];
static size_t operations = OPERATIONS;
static uint64_t first_seed = 1, seed;
static bool appends_fail; /* in this run */
static int32_t generations[GROUPS];
static size_t joined, synced, static_returns, restarts;

static size_t below(size_t limit)
{
    return random_below(&choices, limit);
}

static kw_string text_in(struct ask *ask, const char *text)
{
    return arena_copy_string(&ask->arena, kw_string_of(text));
}

/* ---- what must be ---- */

static struct classic_group *classic_of(const struct group_machine *m, int group)
{
    struct group *found = group_find(m, kw_string_of(group_names[group]));
    return found != NULL ? found->state.classic : NULL;
}

static void assert_timers(const struct classic_group *group, const struct classic_member *member)
{
    bool waits = classic_is_joining(member) || member->sync.waiter != NULL;
    if (member->is_new || !waits)
        assert_true(coordinator_timer_is_running(&member->timer));
    if (coordinator_timer_is_running(&member->timer))
        assert_true(member->timer_deadline <= member->deadline || waits);
    assert_ptr_equal(member->group, group);
}

static void assert_waits(const struct classic_group *group, const struct classic_member *member)
{
    if (classic_is_joining(member))
        assert_int_equal(group->state, CLASSIC_PREPARING_REBALANCE);
    if (member->sync.waiter != NULL)
        assert_int_equal(group->state, CLASSIC_COMPLETING_REBALANCE);
    if (member->is_awaited)
        assert_true(group->state == CLASSIC_COMPLETING_REBALANCE || group->state == CLASSIC_STABLE);
    assert_false(member->is_new && group->state != CLASSIC_PREPARING_REBALANCE);
}

static bool supports(const struct classic_member *member, const struct classic_protocol_name *name)
{
    for (size_t i = 0; i < member->protocols->count; i++)
        if (member->protocols->items[i].name == name)
            return true;
    return false;
}

static void assert_votes(const struct classic_group *group)
{
    bool any_common = group->first == NULL;
    for (size_t b = 0; b < group->protocol_names.bucket_count; b++)
        for (struct hash_link *link = group->protocol_names.buckets[b]; link != NULL; link = link->next) {
            const struct classic_protocol_name *name = (const struct classic_protocol_name *)(void *)link;
            size_t supporters = 0;
            for (const struct classic_member *member = group->first; member != NULL; member = member->next)
                supporters += supports(member, name);
            assert_int_equal(name->supporters, supporters);
            assert_true(name->references > 0);
            any_common = any_common || supporters == classic_member_count(group);
        }
    assert_true(any_common);
}

static void assert_group(int at)
{
    const struct classic_group *group = classic_of(machine, at);
    size_t count = 0, joining = 0, awaited = 0, statics = 0, pending = 0;
    if (group == NULL)
        return;
    for (const struct classic_member *member = group->first; member != NULL; member = member->next) {
        count++;
        joining += classic_is_joining(member);
        awaited += member->is_awaited;
        statics += classic_is_static(member);
        assert_timers(group, member);
        assert_waits(group, member);
        assert_ptr_equal(classic_find(group, classic_member_id(member)), member);
        if (classic_is_static(member))
            assert_ptr_equal(classic_find_static(group, member->instance_id), member);
        assert_null(classic_find_pending(group, classic_member_id(member)));
    }
    for (const struct classic_pending *p = group->first_pending; p != NULL; p = p->next, pending++)
        assert_true(coordinator_timer_is_running(&p->timer));
    assert_int_equal(group->members.count, count);
    assert_int_equal(group->instances.count, statics);
    assert_int_equal(group->pending.count, pending);
    assert_int_equal(group->joining, joining);
    assert_int_equal(group->awaited, awaited);
    assert_true((group->leader != NULL) == (count != 0));
    assert_true(group->leader == NULL || group->leader->group == group);
    if (!appends_fail) /* a group whose creation is undone is made anew */
        assert_true(group->generation >= generations[at]);
    generations[at] = group->generation;
    if (group->state == CLASSIC_EMPTY)
        assert_int_equal(count, 0);
    if (group->state == CLASSIC_STABLE || group->state == CLASSIC_COMPLETING_REBALANCE)
        assert_true(count != 0 && group->protocol != NULL);
    if (group->state == CLASSIC_PREPARING_REBALANCE)
        assert_true(coordinator_timer_is_running(&group->rebalance_timer));
    if (awaited != 0)
        assert_true(coordinator_timer_is_running(&group->sync_timer));
    else if (group->state == CLASSIC_COMPLETING_REBALANCE)
        assert_non_null(group->assignments);
    assert_votes(group);
}

/* ---- the log ---- */

static void assert_same_member(const struct classic_member *member, const struct classic_member *logged)
{
    assert_true(kw_string_equal(classic_member_id(member), classic_member_id(logged)));
    assert_true(kw_string_equal(member->instance_id, logged->instance_id));
    assert_true(kw_string_equal(member->client_host, logged->client_host));
    assert_true(kw_bytes_equal(shared_bytes_view(member->assignment), shared_bytes_view(logged->assignment)));
    if (!appends_fail)
        assert_int_equal(member->session_timeout_ms, logged->session_timeout_ms);
}

static void assert_same_group(const struct classic_group *group, const struct classic_group *logged)
{
    const struct classic_member *a, *b;
    if (group == NULL || group->state == CLASSIC_PREPARING_REBALANCE || group->state == CLASSIC_COMPLETING_REBALANCE ||
        (group->state == CLASSIC_EMPTY && appends_fail))
        return;
    assert_non_null(logged);
    assert_int_equal(group->state, logged->state);
    assert_int_equal(group->generation, logged->generation);
    assert_true(kw_string_equal(classic_leader(group), classic_leader(logged)));
    assert_true(kw_string_equal(classic_protocol(group), classic_protocol(logged)));
    if (group->instances.count == 0) /* one that has returned may have said something else */
        assert_int_equal(group->topics != NULL, logged->topics != NULL);
    for (a = group->first, b = logged->first; a != NULL && b != NULL; a = a->next, b = b->next)
        assert_same_member(a, b);
    assert_true(a == NULL && b == NULL);
}

/* Nothing may be on its way. */
static void assert_state_is_log(void)
{
    struct group_machine *logged = make_machine();
    replay_log(logged);
    for (int i = 0; i < GROUPS; i++)
        assert_same_group(classic_of(machine, i), classic_of(logged, i));
    for (size_t i = 0; i < group_bucket_count(logged); i++)
        for (struct group *g = group_first_in(logged, i); g != NULL; g = group_next_in(g))
            if (g->type == GROUP_CLASSIC)
                group_kind_of(GROUP_CLASSIC)->unloaded(logged, g);
    group_machine_destroy(logged);
}

static void settle(void)
{
    do {
        if (store.append != NULL)
            toy_log_finish_append(&store);
        sim_run_posted(&sim);
    } while (store.append != NULL || sim.posted != NULL);
}

/* ---- answers ---- */

static void remember(const char *id)
{
    memcpy(old_ids[below(OLD_IDS)], id, ASK_ID);
}

static void take_id(struct client *c, kw_string id)
{
    remember(c->id);
    (void)snprintf(c->id, sizeof c->id, "%.*s", KW_FMT(id));
}

static void take_members(struct client *c, const kw_join_group_response *r)
{
    c->leads = r->members.len > 0;
    c->member_count = 0;
    for (int32_t i = 0; i < r->members.len && c->member_count < CLIENTS * 3; i++)
        (void)snprintf(c->members[c->member_count++], ASK_ID, "%.*s", KW_FMT(r->members.items[i].member_id));
}

static void take_join(struct client *c, const kw_join_group_response *r)
{
    if (r->error_code == KW_ERROR_MEMBER_ID_REQUIRED)
        take_id(c, r->member_id);
    if (r->error_code != KW_ERROR_NONE)
        return;
    joined++;
    static_returns += r->skip_assignment;
    assert_true(r->generation_id > 0 && r->protocol_name.len == 1);
    assert_true(r->members.len == 0 || kw_string_equal(r->leader, r->member_id));
    take_id(c, r->member_id);
    take_members(c, r);
    c->generation = r->generation_id;
}

/* An assignment names its generation and its member. */
static void take_sync(struct client *c, const kw_sync_group_response *r)
{
    char expected[ASK_ID + 16];
    if (r->error_code != KW_ERROR_NONE)
        return;
    synced++;
    (void)snprintf(expected, sizeof expected, "%d %s", c->ask->sync.generation_id, c->id);
    if (r->assignment.len > 0 && kw_string_equal(c->ask->sync.member_id, kw_string_of(c->id)) && c->instance == NULL)
        assert_true(kw_bytes_equal(r->assignment, kw_bytes_of_string(kw_string_of(expected))));
}

static bool take_answer(struct client *c)
{
    if (c->ask == NULL || !ask_look(c->ask))
        return c->ask == NULL;
    if (c->ask->error == KW_ERROR_NONE && c->ask->what == ASK_JOIN)
        take_join(c, &c->ask->join_response);
    else if (c->ask->error == KW_ERROR_NONE && c->ask->what == ASK_SYNC)
        take_sync(c, &c->ask->sync_response);
    ask_free(c->ask);
    c->ask = NULL;
    return true;
}

/* ---- requests ---- */

static const char *some_id(const struct client *c)
{
    switch (below(12)) {
    case 0:
        return "";
    case 1:
        return old_ids[below(OLD_IDS)];
    case 2:
        return clients[below(CLIENTS)].id;
    default:
        return c->id;
    }
}

static int32_t some_generation(const struct client *c)
{
    return below(10) == 0 ? c->generation - 1 + (int32_t)below(3) : c->generation;
}

static void send_join(struct client *c, bool behaves)
{
    static const char *const protocols[] = {"a", "ab", "ba", "abc", "cab"};
    static const int16_t versions[] = {0, 1, 3, 4, 5, 8, 9};
    const char *names = protocols[behaves ? 1 : below(COUNT_OF(protocols))];
    struct ask *ask = ask_create(ASK_JOIN, behaves ? 9 : versions[below(COUNT_OF(versions))]);
    ask->join.group_id = kw_string_of(group_names[c->group]);
    ask->join.member_id = text_in(ask, behaves ? c->id : some_id(c));
    if (c->instance != NULL)
        ask->join.group_instance_id = kw_string_of(c->instance);
    ask->join.protocol_type = kw_string_of(behaves || below(30) != 0 ? "consumer" : "connect");
    ask->join.session_timeout_ms = behaves ? 60000 : 6000 + (int32_t)below(20000);
    ask->join.rebalance_timeout_ms = behaves ? 60000 : 1000 + (int32_t)below(60000);
    ask->join.protocols.items = ask->protocols;
    for (; *names != '\0'; names++) {
        kw_join_group_request_protocol *protocol = &ask->protocols[ask->join.protocols.len++];
        kw_join_group_request_protocol_init(protocol);
        protocol->name = (kw_string){names, 1};
        protocol->metadata = kw_bytes_of("\0\1\0\0\0\1\0\1t\0\0\0\0", below(5) == 0 ? 3 : 13);
    }
    c->ask = ask;
    ask_submit(ask);
}

static void send_sync(struct client *c, bool behaves)
{
    char text[ASK_ID + 16];
    struct ask *ask = ask_create(ASK_SYNC, 5);
    ask->sync.group_id = kw_string_of(group_names[c->group]);
    ask->sync.member_id = text_in(ask, behaves ? c->id : some_id(c));
    if (c->instance != NULL)
        ask->sync.group_instance_id = kw_string_of(c->instance);
    ask->sync.generation_id = behaves ? c->generation : some_generation(c);
    ask->sync.assignments.items = ask->assignments;
    for (size_t i = 0; c->leads && i < c->member_count && i < COUNT_OF(ask->assignments); i++) {
        kw_sync_group_request_assignment *a = &ask->assignments[ask->sync.assignments.len++];
        kw_sync_group_request_assignment_init(a);
        (void)snprintf(text, sizeof text, "%d %s", ask->sync.generation_id, c->members[i]);
        a->member_id = text_in(ask, c->members[i]);
        a->assignment = kw_bytes_of_string(text_in(ask, text));
    }
    c->ask = ask;
    ask_submit(ask);
}

static void send_heartbeat(struct client *c, bool behaves)
{
    struct ask *ask = ask_create(ASK_HEARTBEAT, 4);
    ask->heartbeat.group_id = kw_string_of(group_names[c->group]);
    ask->heartbeat.member_id = text_in(ask, behaves ? c->id : some_id(c));
    if (c->instance != NULL)
        ask->heartbeat.group_instance_id = kw_string_of(c->instance);
    ask->heartbeat.generation_id = behaves ? c->generation : some_generation(c);
    c->ask = ask;
    ask_submit(ask);
}

static void send_leave(struct client *c)
{
    struct ask *ask = ask_create(ASK_LEAVE, 5);
    ask->leave.group_id = kw_string_of(group_names[c->group]);
    ask->leave.members.items = ask->leaving;
    ask->leave_response.members.items = ask->left;
    ask->leave.members.len = ask->leave_response.members.len = 1 + (int32_t)below(2);
    for (int32_t i = 0; i < ask->leave.members.len; i++) {
        kw_leave_group_request_member_identity_init(&ask->leaving[i]);
        kw_leave_group_response_member_response_init(&ask->left[i]);
        ask->leaving[i].member_id = text_in(ask, some_id(c));
        if (below(3) == 0)
            ask->leaving[i].group_instance_id = kw_string_of(instance_names[below(COUNT_OF(instance_names))]);
    }
    c->ask = ask;
    ask_submit(ask);
}

/* Its connection ends, or another one takes its place. */
static void lose(struct client *c)
{
    if (c->ask != NULL && c->ask->has_ended) {
        ask_free(c->ask);
        c->ask = NULL;
    }
    if (below(2) != 0)
        return;
    remember(c->id);
    c->id[0] = '\0'; /* a static one is started again */
    if (below(2) == 0) {
        c->group = (int)below(GROUPS);
        c->instance = below(2) == 0 ? instance_names[below(COUNT_OF(instance_names))] : NULL;
    }
}

/* As clients do, one request after the other. */
static void behave(struct client *c)
{
    int16_t error = KW_ERROR_NONE;
    enum ask_what what = ASK_HEARTBEAT;
    if (c->ask != NULL) {
        if (!ask_look(c->ask))
            return;
        what = c->ask->what;
        error = what == ASK_JOIN   ? c->ask->join_response.error_code
                : what == ASK_SYNC ? c->ask->sync_response.error_code
                                   : c->ask->error;
        assert_true(take_answer(c));
    } else if (c->id[0] == '\0') {
        error = KW_ERROR_REBALANCE_IN_PROGRESS;
    }
    if (error == KW_ERROR_NONE && what == ASK_JOIN)
        send_sync(c, true);
    else if (error == KW_ERROR_NONE)
        send_heartbeat(c, true);
    else
        send_join(c, true);
}

static void act(struct client *c)
{
    if (below(2) == 0) {
        behave(c);
        return;
    }
    if (!take_answer(c)) {
        if (below(20) == 0)
            lose(c);
        return;
    }
    switch (below(12)) {
    case 0:
    case 1:
    case 2:
        send_join(c, false);
        break;
    case 3:
    case 4:
    case 5:
        send_sync(c, false);
        break;
    case 6:
        if (below(2) == 0)
            send_leave(c);
        break;
    case 7:
    case 8:
        lose(c);
        break;
    default:
        send_heartbeat(c, false);
    }
}

static void restart(void)
{
    if (below(40) != 0)
        return;
    restarts++;
    store.error = KW_ERROR_NONE;
    store.is_later = false;
    settle();
    load_again();
    for (int i = 0; i < GROUPS; i++)
        generations[i] = 0;
}

static void step(void)
{
    switch (below(24)) {
    case 0:
        store.is_later = !store.is_later;
        break;
    case 1:
        store.error = appends_fail && below(3) == 0 ? KW_ERROR_KAFKA_STORAGE_ERROR : KW_ERROR_NONE;
        break;
    case 2:
    case 3:
        if (store.append != NULL)
            toy_log_finish_append(&store);
        break;
    case 4:
        restart();
        break;
    case 5:
    case 6: /* never so long that it is over for an append, as it is not known then what the log will have */
        if (store.append == NULL)
            pass((int64_t)below(below(2) == 0 ? 100 : 8000));
        break;
    case 7:
        sim_run_posted(&sim);
        break;
    case 8:
        settle();
        assert_state_is_log();
        break;
    default:
        act(&clients[below(CLIENTS)]);
    }
    for (int i = 0; i < GROUPS; i++)
        assert_group(i);
}

/* ---- the end of a run ---- */

static void everybody_is_answered(void)
{
    store.error = KW_ERROR_NONE;
    store.is_later = false;
    settle();
    for (int i = 0; i < 4; i++)
        pass(LONG_TIME);
    for (size_t i = 0; i < CLIENTS; i++)
        assert_true(take_answer(&clients[i]));
    for (int i = 0; i < GROUPS; i++)
        if (classic_of(machine, i) != NULL)
            assert_int_equal(classic_of(machine, i)->state, CLASSIC_EMPTY);
}

static void who_behaves_converges(void)
{
    for (size_t i = 0; i < CLIENTS; i++) {
        memset(&clients[i], 0, sizeof clients[i]);
        clients[i].group = (int)(i % GROUPS);
        clients[i].instance = i < 3 ? instance_names[i] : NULL;
    }
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < CLIENTS; i++)
            behave(&clients[i]);
        pass(3000);
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        const struct classic_group *group = classic_of(machine, clients[i].group);
        const struct classic_member *member = classic_find(group, kw_string_of(clients[i].id));
        assert_int_equal(group->state, CLASSIC_STABLE);
        assert_int_equal(clients[i].generation, group->generation);
        assert_non_null(member);
        assert_true(shared_bytes_view(member->assignment).len > 0);
    }
    settle();
    assert_state_is_log();
}

/* Static ones that are started again disturb nobody. */
static void who_returns_keeps_its_place(void)
{
    for (size_t i = 0; i < COUNT_OF(instance_names); i++) {
        struct client *c = &clients[i];
        const struct classic_group *group = classic_of(machine, c->group);
        bool led = kw_string_equal(classic_leader(group), kw_string_of(c->id));
        if (c->ask != NULL)
            assert_true(take_answer(c));
        c->id[0] = '\0';
        size_t before = static_returns;
        send_join(c, true);
        assert_true(take_answer(c));
        assert_int_equal(group->state, CLASSIC_STABLE);
        assert_int_equal(static_returns, before + led);
        send_sync(c, true);
        assert_true(shared_bytes_view(classic_find(group, kw_string_of(c->id))->assignment).len > 0);
    }
    settle();
    assert_state_is_log();
}

static void random_run(void)
{
    random_test_init(&choices, seed);
    memset(clients, 0, sizeof clients);
    memset(old_ids, 0, sizeof old_ids);
    memset(generations, 0, sizeof generations);
    appends_fail = seed % 2 == 0;
    machine->settings.classic_initial_delay_ms = (int64_t)below(3) * 1500;
    for (size_t i = 0; i < RUN; i++)
        step();
    everybody_is_answered();
    machine->settings.classic_max_size = INT32_MAX;
    who_behaves_converges();
    who_returns_keeps_its_place();
}

static void random_runs(void **state)
{
    (void)state;
    size_t runs = operations / RUN;
    for (seed = first_seed; seed < first_seed + runs; seed++) {
        assert_int_equal(set_up(NULL), 0);
        random_run();
        assert_int_equal(tear_down(NULL), 0);
    }
    printf("%zu joins, %zu assignments, %zu leaders that skip theirs, %zu restarts\n", joined, synced, static_returns,
           restarts);
    if (operations >= OPERATIONS)
        assert_true(joined > 5 * runs && synced > runs && restarts > 0 && static_returns > 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_runs)};
    if (argc > 1)
        operations = (size_t)strtoul(argv[1], NULL, 10);
    if (argc > 2)
        first_seed = strtoull(argv[2], NULL, 10);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (failed != 0)
        printf("with seed %llu\n", (unsigned long long)seed);
    return failed;
}
