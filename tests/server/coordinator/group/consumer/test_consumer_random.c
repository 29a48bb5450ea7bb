/* SPDX-License-Identifier: Apache-2.0 */
/* Consumers that join, stay, leave, die, come back with old epochs and lose answers, while topics come, grow and go and
 * the log fails: no partition ever has two owners, what is in memory is what the log says, every prefix of which is a
 * valid state, and once it is quiet everybody has what is meant for him. OPERATIONS in the environment is how many. */
#include "../../../support/patterns.h"
#include "consumer_support.h"

enum { CLIENTS = 14, OPERATIONS_OF_A_RUN = 1200, DEFAULT_OPERATIONS = 240000, ROUNDS = 50 };

static const char *const group_ids[] = {"g", "h"};
static struct random_test choices;

/* A consumer as it sees itself. */
struct client {
    char id[32];
    char instance[8]; /* "": a dynamic member */
    const char *group;
    int32_t epoch; /* 0: it is to join */
    bool is_alive;
    bool has_left_for_now;
    unsigned topics; /* bits: that it is subscribed to */
    bool is_subscription_new;
    const char *assignor;
    const char *pattern; /* NULL: only names */
    struct set_partition owned[128];
    size_t owned_count;
    struct set_partition assigned[128]; /* by the last answer */
    size_t assigned_count;
    struct beat_event beat;
    bool is_waiting;
    bool loses_answer;
    bool is_behind; /* an answer was lost: the group may have other plans for it */
    bool is_told;   /* the last one was not */
    kw_consumer_group_heartbeat_request_topic_partitions sent[128];
    int32_t sent_index[128];
    kw_string names[MOST_TOPICS];
};

static struct client clients[CLIENTS];
static unsigned ids;

static void forget(struct client *c)
{
    c->epoch = 0;
    c->owned_count = c->assigned_count = 0;
}

static const char *random_pattern(void)
{
    static const char *const patterns[] = {"t[0-2]", "t.*", "t3|t1", "", NULL, NULL, NULL, NULL};
    const char *pattern = patterns[random_below(&choices, COUNT_OF(patterns))];
    return patterns_are_built() ? pattern : NULL;
}

static void start_client(struct client *c)
{
    static const char *const assignors[] = {NULL, NULL, "uniform", "range"};
    static const char *const instances[] = {"", "", "i1", "i2", "i3"};
    memset(c, 0, sizeof *c);
    (void)snprintf(c->id, sizeof c->id, "m%u", ids++);
    (void)snprintf(c->instance, sizeof c->instance, "%s", instances[random_below(&choices, COUNT_OF(instances))]);
    c->group = group_ids[random_below(&choices, 5) == 0];
    c->topics = (unsigned)random_below(&choices, 1 << 4);
    c->pattern = random_pattern();
    c->assignor = assignors[random_below(&choices, COUNT_OF(assignors))];
    c->is_alive = true;
}

/* ---- requests ---- */

static void add_owned(struct client *c)
{
    kw_consumer_group_heartbeat_request *r = &c->beat.request;
    r->topic_partitions.items = c->sent;
    r->topic_partitions.len = (int32_t)c->owned_count;
    for (size_t i = 0; i < c->owned_count; i++) {
        kw_consumer_group_heartbeat_request_topic_partitions_init(&c->sent[i]);
        c->sent_index[i] = c->owned[i].index;
        c->sent[i].topic_id = c->owned[i].topic;
        c->sent[i].partitions = (kw_int32_array){&c->sent_index[i], 1};
    }
}

static void add_subscription(struct client *c)
{
    kw_consumer_group_heartbeat_request *r = &c->beat.request;
    r->subscribed_topic_names.items = c->names;
    r->subscribed_topic_names.len = 0;
    for (size_t t = 0; t < MOST_TOPICS; t++)
        if ((c->topics >> t & 1) != 0) {
            (void)snprintf(test_topics[t].name, sizeof test_topics[t].name, "t%zu", t);
            c->names[r->subscribed_topic_names.len++] = kw_string_of(test_topics[t].name);
        }
    if (c->pattern != NULL)
        r->subscribed_topic_regex = kw_string_of(c->pattern);
    if (c->assignor != NULL)
        r->server_assignor = kw_string_of(c->assignor);
}

static void start_beat(struct client *c, int32_t epoch)
{
    beat_init(&c->beat, c->group, c->id, epoch);
    if (c->instance[0] != '\0')
        c->beat.request.instance_id = kw_string_of(c->instance);
}

static void send_beat(struct client *c)
{
    c->is_waiting = true;
    beat_submit(&c->beat);
}

static void heartbeat(struct client *c)
{
    bool is_full = c->epoch == 0 || c->is_behind || random_below(&choices, 4) == 0;
    start_beat(c, c->epoch);
    if (is_full || random_below(&choices, 2) == 0)
        add_owned(c);
    if (is_full || c->is_subscription_new)
        add_subscription(c);
    if (is_full)
        c->beat.request.rebalance_timeout_ms = 20000;
    c->is_subscription_new = false;
    c->loses_answer = random_below(&choices, 20) == 0;
    send_beat(c);
}

static void leave(struct client *c)
{
    bool for_now = c->instance[0] != '\0' && random_below(&choices, 2) == 0;
    start_beat(c, for_now ? EPOCH_LEAVE_STATIC : EPOCH_LEAVE);
    send_beat(c);
    c->is_alive = false; /* whatever the answer is */
}

static void beat_with_old_epoch(struct client *c)
{
    if (c->epoch <= 1)
        return;
    start_beat(c, c->epoch - 1 - (int32_t)random_below(&choices, 2));
    if (random_below(&choices, 2) == 0)
        add_owned(c);
    c->loses_answer = true; /* whatever it is, nothing follows for this client */
    send_beat(c);
}

/* ---- answers ---- */

static void take_assignment(struct client *c)
{
    const kw_consumer_group_heartbeat_response_assignment *a = c->beat.response.assignment;
    if (a == NULL)
        return;
    c->assigned_count = 0;
    for (int32_t t = 0; t < a->topic_partitions.len; t++)
        for (int32_t p = 0; p < a->topic_partitions.items[t].partitions.len; p++) {
            assert_true(c->assigned_count < COUNT_OF(c->assigned));
            c->assigned[c->assigned_count++] = (struct set_partition){
                a->topic_partitions.items[t].topic_id, a->topic_partitions.items[t].partitions.items[p], 0};
        }
}

static void take_answer(struct client *c)
{
    int16_t error = c->beat.error != KW_ERROR_NONE ? c->beat.error : c->beat.response.error_code;
    c->is_waiting = false;
    if (c->loses_answer || error != KW_ERROR_NONE)
        c->is_behind = true;
    c->is_told = !c->loses_answer && error == KW_ERROR_NONE;
    if (!c->is_alive || c->loses_answer) {
        beat_finish(&c->beat);
        return;
    }
    switch (error) {
    case KW_ERROR_NONE:
        c->epoch = c->beat.response.member_epoch;
        take_assignment(c);
        break;
    case KW_ERROR_FENCED_MEMBER_EPOCH:
    case KW_ERROR_UNKNOWN_MEMBER_ID:
    case KW_ERROR_GROUP_ID_NOT_FOUND:
    case KW_ERROR_FENCED_INSTANCE_ID:
        forget(c);
        break;
    case KW_ERROR_UNRELEASED_INSTANCE_ID:
        c->is_alive = false;
        break;
    default: /* of the log: it tries again */
        assert_true(error == KW_ERROR_KAFKA_STORAGE_ERROR || error == KW_ERROR_REQUEST_TIMED_OUT ||
                    error == KW_ERROR_NOT_COORDINATOR || error == COORDINATOR_NO_MEMORY);
    }
    beat_finish(&c->beat);
}

static void take_answers(void)
{
    for (size_t i = 0; i < CLIENTS; i++)
        if (clients[i].is_waiting && clients[i].beat.completed != 0)
            take_answer(&clients[i]);
}

static struct partition_set set_of(const struct set_partition *items, size_t count)
{
    struct set_partition copy[128];
    static struct set_partition sorted[2][128];
    static int turn;
    memcpy(copy, items, count * sizeof *items);
    turn = 1 - turn;
    memcpy(sorted[turn], copy, count * sizeof *copy);
    return partition_set_of(sorted[turn], count);
}

/* First it gives up what it is not to have, and some time later takes the rest. */
static void apply_assignment(struct client *c)
{
    struct partition_set assigned = set_of(c->assigned, c->assigned_count);
    size_t kept = 0;
    for (size_t i = 0; i < c->owned_count; i++)
        if (partition_set_find(assigned, c->owned[i].topic, c->owned[i].index) != NULL)
            c->owned[kept++] = c->owned[i];
    bool has_revoked = kept != c->owned_count;
    c->owned_count = kept;
    if (c->is_told)
        c->is_behind = false;
    if (has_revoked)
        return;
    memcpy(c->owned, assigned.items, assigned.count * sizeof *assigned.items);
    c->owned_count = assigned.count;
}

/* ---- the world ---- */

static void change_topic(void)
{
    size_t number = random_below(&choices, 4);
    int32_t partitions = test_topics[number].partitions;
    if (partitions == 0)
        set_topic(number, 1 + (int32_t)random_below(&choices, 6));
    else if (random_below(&choices, 3) == 0)
        set_topic(number, 0);
    else if (partitions < 12)
        set_topic(number, partitions + 1 + (int32_t)random_below(&choices, 3));
    publish();
}

static void settle_all(void)
{
    do {
        if (store.append != NULL)
            toy_log_finish_append(&store);
        toy_log_move(&store, store.end);
        sim_settle(&sim);
    } while (store.append != NULL || sim.posted != NULL || shard.waiting != NULL);
    take_answers();
}

static void assert_all_sound(const struct group_machine *m, bool has_timers)
{
    for (size_t i = 0; i < COUNT_OF(group_ids); i++) {
        const struct consumer_group *g = consumer_group_of(group_find(m, kw_string_of(group_ids[i])));
        if (g != NULL)
            assert_sound(g, has_timers);
    }
}

static void assert_is_log(void)
{
    settle_all();
    struct group_machine *again = make_machine();
    replay_log(again, store.size);
    char *is = print_groups(machine, group_ids, COUNT_OF(group_ids));
    char *should_be = print_groups(again, group_ids, COUNT_OF(group_ids));
    assert_string_equal(is, should_be);
    free(is);
    free(should_be);
    assert_all_sound(again, false);
    group_machine_destroy(again);
}

/* Cut at each batch, replay goes on from there. */
static void assert_prefixes_are_valid(void)
{
    struct group_machine *m = make_machine();
    struct toy_log whole = store;
    kw_batches batches;
    kw_batch batch;
    size_t at = 0;
    kw_batches_init_memory(&batches, whole.bytes, whole.size);
    while (kw_batches_next(&batches, &batch)) {
        store.bytes = whole.bytes + at;
        replay_log(m, batch.size);
        at += batch.size;
        assert_all_sound(m, false);
    }
    store.bytes = whole.bytes;
    group_machine_destroy(m);
}

static void restart(void)
{
    store.others_lag = false;
    store.error = KW_ERROR_NONE;
    settle_all();
    unload_shard();
    load_shard();
}

/* The owners as the clients see it, of those whose epoch is the one that the group knows. */
static void assert_clients_agree(void)
{
    for (size_t i = 0; i < CLIENTS; i++) {
        struct client *c = &clients[i];
        const struct consumer_group *g = consumer_group_of(group_find(machine, kw_string_of(c->group)));
        const struct consumer_slot *slot = g != NULL && c->is_alive ? consumer_find(g, kw_string_of(c->id)) : NULL;
        if (slot == NULL || slot->member->epoch != c->epoch || c->epoch == 0 || c->is_waiting || c->is_behind)
            continue;
        for (size_t p = 0; p < c->owned_count; p++)
            assert_true(partition_set_find(slot->member->assigned, c->owned[p].topic, c->owned[p].index) != NULL ||
                        partition_set_find(slot->member->revoking, c->owned[p].topic, c->owned[p].index) != NULL);
    }
}

static void act(struct client *c)
{
    if (c->is_waiting)
        return;
    if (!c->is_alive) {
        if (random_below(&choices, 4) == 0)
            start_client(c);
        return;
    }
    switch (random_below(&choices, 40)) {
    case 0:
        leave(c);
        break;
    case 1:
        c->is_alive = random_below(&choices, 2) == 0; /* it dies */
        break;
    case 2:
    case 3:
        c->topics = (unsigned)random_below(&choices, 1 << 4);
        c->pattern = c->pattern != NULL ? random_pattern() : NULL;
        if (c->pattern == NULL)
            c->pattern = ""; /* a pattern that it had ends */
        c->is_subscription_new = true;
        break;
    case 4:
        beat_with_old_epoch(c);
        break;
    case 5:
        forget(c); /* it joins anew */
        break;
    default:
        apply_assignment(c);
        heartbeat(c);
    }
}

static void step(void)
{
    switch (random_below(&choices, 60)) {
    case 0:
        change_topic();
        break;
    case 1:
        store.is_later = !store.is_later || store.append != NULL;
        break;
    case 2:
        store.error = random_below(&choices, 3) == 0 ? KW_ERROR_KAFKA_STORAGE_ERROR : KW_ERROR_NONE;
        break;
    case 3:
        store.others_lag = !store.others_lag;
        break;
    case 4:
        if (random_below(&choices, 12) == 0)
            restart();
        break;
    case 5:
        if (random_below(&choices, 6) == 0)
            assert_is_log();
        break;
    case 6:
        settle_all();
        sim_advance(&sim, (int64_t)random_below(&choices, 15000));
        break;
    case 7:
    case 8:
    case 9:
        sim_advance(&sim, (int64_t)random_below(&choices, 900));
        break;
    case 10:
    case 11:
    case 12:
    case 13:
    case 14:
    case 15:
    case 16:
    case 17:
        if (store.append != NULL)
            toy_log_finish_append(&store);
        break;
    case 18:
    case 19:
        if (store.others_lag)
            toy_log_move(&store, store.end - (int64_t)random_below(&choices, 4));
        break;
    default:
        act(&clients[random_below(&choices, CLIENTS)]);
    }
    sim_run_posted(&sim);
    if (random_below(&choices, 4) == 0)
        (void)sim_run_worker(&sim);
    take_answers();
    assert_all_sound(machine, true);
    assert_clients_agree();
}

/* ---- when it is quiet ---- */

static bool is_converged(const struct consumer_group *g)
{
    for (const struct consumer_slot *slot = consumer_first(g); slot != NULL; slot = consumer_next(slot)) {
        const struct consumer_member *m = slot->member;
        if (m->state != MEMBER_STABLE || m->epoch != g->epochs.target_epoch ||
            !partition_set_equal(m->assigned, consumer_target_of(slot)))
            return false;
    }
    return g->epochs.target_epoch == g->epochs.epoch;
}

static void assert_all_assigned(const struct consumer_group *g)
{
    for (size_t t = 0; t < MOST_TOPICS; t++) {
        const struct name_count *count = name_counts_find(&g->topics, kw_string_of(test_topics[t].name));
        bool is_wanted = count != NULL && name_count_is_used(count);
        for (int32_t p = 0; p < test_topics[t].partitions; p++)
            assert_true(partition_owners_has(&g->owners, test_topics[t].id, p) == is_wanted);
    }
}

static void beat_all(void)
{
    settle_all();
    for (size_t i = 0; i < CLIENTS; i++) {
        struct client *c = &clients[i];
        if (!c->is_alive)
            continue;
        apply_assignment(c);
        heartbeat(c);
        c->loses_answer = false;
        settle_all();
        apply_assignment(c);
    }
    sim_advance(&sim, 3000);
    settle_all();
}

static void assert_convergence(void)
{
    store.error = KW_ERROR_NONE;
    store.others_lag = store.is_later = false;
    for (int round = 0; round < ROUNDS; round++)
        beat_all();
    for (size_t i = 0; i < COUNT_OF(group_ids); i++) {
        const struct consumer_group *g = consumer_group_of(group_find(machine, kw_string_of(group_ids[i])));
        if (g == NULL)
            continue;
        if (!is_converged(g)) {
            char *text = print_groups(machine, group_ids, COUNT_OF(group_ids));
            print_error("%s", text);
            free(text);
            fail_msg("%s has not converged", group_ids[i]);
        }
        assert_all_assigned(g);
    }
}

static void random_run(uint64_t seed)
{
    void *state = NULL;
    assert_int_equal(set_up_groups(&state), 0);
    random_test_init(&choices, seed);
    for (size_t i = 0; i < CLIENTS; i++)
        start_client(&clients[i]);
    for (int i = 0; i < OPERATIONS_OF_A_RUN && store.size < TOY_LOG / 2; i++)
        step();
    assert_convergence();
    assert_is_log();
    assert_prefixes_are_valid();
    assert_int_equal(tear_down_groups(&state), 0);
}

static void random_operations(void **state)
{
    const char *text = getenv("OPERATIONS");
    long operations = text != NULL ? strtol(text, NULL, 10) : DEFAULT_OPERATIONS;
    (void)state;
    for (long done = 0, seed = 1; done < operations; done += OPERATIONS_OF_A_RUN, seed++) {
        const char *only = getenv("SEED");
        if (only != NULL)
            seed = strtol(only, NULL, 10);
        printf("seed %ld\n", seed);
        random_run((uint64_t)seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_operations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
