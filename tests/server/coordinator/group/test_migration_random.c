/* SPDX-License-Identifier: Apache-2.0 */
/* Clients that use the classic and the consumer protocol in the same groups, and change it, so that groups go from one
 * type to the other and back, while the log fails, topics grow and brokers restart: no partition of a consumer group
 * ever has two owners, what is in memory is what the log says, every prefix of which is a valid state, nobody waits
 * without end, and once it is quiet all partitions are assigned. OPERATIONS in the environment is how many, SEED the
 * only run. */
#include "consumer/consumer_support.h"

#include "coordinator/group/classic/classic_group.h"
#include "coordinator/group/classic/classic_heartbeat.h"
#include "coordinator/group/classic/classic_join.h"
#include "coordinator/group/classic/classic_leave.h"
#include "coordinator/group/classic/classic_sync.h"
#include "coordinator/group/classic/client_partitions.h"

enum { CLIENTS = 9, OPERATIONS_OF_A_RUN = 1500, DEFAULT_OPERATIONS = 150000, ROUNDS = 60, MOST_OWNED = 64, ID = 96 };

static const char *const group_ids[] = {"g", "h"};
static struct random_test choices;
static struct {
    size_t upgrades;
    size_t downgrades;
    size_t joined; /* to a consumer group, with the classic protocol */
    size_t synced; /* the same */
} seen;

enum doing { NOTHING, BEATING, JOINING, SYNCING, CLASSIC_BEATING, LEAVING };

/* A consumer as it sees itself. */
struct client {
    char id[ID]; /* "": none */
    char instance[8];
    const char *group;
    bool is_alive;
    bool is_classic;
    bool is_cooperative; /* it keeps partitions while it joins again */
    bool must_join;
    bool must_sync;
    bool has_news; /* a topic has grown, which a leader sees itself */
    int32_t epoch; /* or generation; 0 or -1: it is to join */
    unsigned topics;
    struct set_partition owned[MOST_OWNED];
    size_t owned_count;
    struct set_partition assigned[MOST_OWNED]; /* by the last answer */
    size_t assigned_count;
    bool leads;
    char led[CLIENTS * 4][ID];
    unsigned led_topics[CLIENTS * 4];
    size_t led_count;
    enum doing doing;
    struct beat_event beat; /* its event, and the arena of all answers */
    kw_join_group_request join;
    kw_join_group_request_protocol protocols[2];
    kw_join_group_response join_response;
    struct join_result join_result;
    kw_sync_group_request sync;
    kw_sync_group_request_assignment assignments[CLIENTS * 4];
    kw_sync_group_response sync_response;
    struct sync_result sync_result;
    kw_heartbeat_request heartbeat;
    kw_leave_group_request leave;
    kw_leave_group_request_member_identity leaving;
    kw_leave_group_response leave_response;
    kw_leave_group_response_member_response left;
    int16_t error;
    struct waiter *waiter;
    bool has_ended;
    kw_consumer_group_heartbeat_request_topic_partitions sent[MOST_OWNED];
    int32_t sent_index[MOST_OWNED];
    kw_string names[MOST_TOPICS];
};

static struct client clients[CLIENTS];
static unsigned ids;

static size_t below(size_t limit)
{
    return random_below(&choices, limit);
}

static void forget(struct client *c)
{
    c->epoch = c->is_classic ? -1 : EPOCH_JOIN;
    c->must_join = true;
    c->must_sync = c->leads = false;
    c->owned_count = c->assigned_count = 0;
}

/* Another id, if the broker chooses it. */
static void start_client(struct client *c)
{
    static const char *const instances[] = {"", "", "", "i1", "i2"};
    memset(c, 0, sizeof *c);
    (void)snprintf(c->instance, sizeof c->instance, "%s", instances[below(COUNT_OF(instances))]);
    c->group = group_ids[below(4) == 0];
    c->topics = 1 + (unsigned)below(7);
    c->is_classic = below(2) == 0;
    c->is_cooperative = below(2) == 0;
    if (!c->is_classic)
        (void)snprintf(c->id, sizeof c->id, "m%u", ids++);
    c->is_alive = true;
    forget(c);
}

static kw_string instance_of(const struct client *c)
{
    return c->instance[0] != '\0' ? kw_string_of(c->instance) : (kw_string){NULL, -1};
}

/* ---- bytes ---- */

static void list_names(struct client *c, kw_string_array *out)
{
    out->items = c->names;
    out->len = 0;
    for (size_t t = 0; t < MOST_TOPICS; t++)
        if ((c->topics >> t & 1) != 0) {
            (void)snprintf(test_topics[t].name, sizeof test_topics[t].name, "t%zu", t);
            c->names[out->len++] = kw_string_of(test_topics[t].name);
        }
}

static kw_bytes subscription_of(struct client *c)
{
    enum { SIZE = 4096 };
    kw_writer w;
    uint8_t *bytes = kw_arena_alloc(&c->beat.arena, SIZE);
    int32_t indexes[MOST_OWNED];
    kw_consumer_protocol_subscription_topic_partition topics[MOST_OWNED];
    kw_consumer_protocol_subscription s;
    kw_consumer_protocol_subscription_init(&s);
    list_names(c, &s.topics);
    s.owned_partitions.items = topics;
    s.generation_id = c->epoch;
    for (size_t i = 0; i < c->owned_count; i++) {
        const struct metadata_topic *topic = metadata_topic_by_id(image, c->owned[i].topic);
        if (topic == NULL)
            continue;
        indexes[i] = c->owned[i].index;
        kw_consumer_protocol_subscription_topic_partition *to = &topics[s.owned_partitions.len];
        if (s.owned_partitions.len != 0 && kw_string_equal(to[-1].topic, topic->name)) {
            to[-1].partitions.len++;
            continue;
        }
        s.owned_partitions.len++;
        to->topic = topic->name;
        to->partitions = (kw_int32_array){&indexes[i], 1};
    }
    kw_writer_init(&w, bytes, SIZE);
    kw_write_int16(&w, 3);
    assert_int_equal(kw_consumer_protocol_subscription_encode(&s, 3, &w), KW_OK);
    return kw_bytes_of(bytes, kw_writer_needed(&w));
}

static unsigned topics_of(kw_bytes subscription)
{
    struct subscribed_topics topics;
    kw_string name;
    unsigned bits = 0;
    assert_true(subscribed_topics_init(&topics, subscription));
    while (subscribed_topics_next(&topics, &name))
        bits |= 1U << (name.data[1] - '0');
    return bits;
}

static void take_bytes(struct client *c, kw_bytes bytes)
{
    kw_consumer_protocol_assignment assignment;
    struct partition_set set;
    c->assigned_count = 0;
    if (bytes.len <= 0)
        return;
    assert_int_equal(consumer_protocol_read_assignment(bytes, &c->beat.arena, &assignment), KW_OK);
    assert_true(client_partitions_assigned(image, &assignment, &c->beat.arena, &set));
    assert_true(set.count <= MOST_OWNED);
    for (size_t i = 0; i < set.count; i++)
        c->assigned[c->assigned_count++] = set.items[i];
}

/* ---- requests ---- */

static void complete_client(struct coordinator_event *event, int16_t error);

static void start(struct client *c, enum doing doing,
                  void (*decide)(struct coordinator_event *event, struct coordinator_decision *d))
{
    beat_init(&c->beat, c->group, c->id, c->epoch);
    c->beat.event.decide = decide;
    c->beat.event.complete = complete_client;
    c->doing = doing;
    c->waiter = NULL;
    c->has_ended = false;
    c->error = KW_ERROR_NONE;
}

static void end_client(struct client *c, int16_t error)
{
    c->error = error;
    if (error != KW_ERROR_NONE && c->waiter != NULL) {
        waiter_release(c->waiter);
        c->waiter = NULL;
    }
    c->has_ended = true;
}

static void submit(struct client *c)
{
    if (coordinator_submit(&shard, &c->beat.event))
        complete_client(&c->beat.event, c->beat.event.error);
}

static struct client *client_of(struct coordinator_event *event)
{
    struct beat_event *beat = (struct beat_event *)(void *)event;
    return (struct client *)(void *)((char *)beat - offsetof(struct client, beat));
}

/* A group that has been created is asked again. */
static void complete_client(struct coordinator_event *event, int16_t error)
{
    struct client *c = client_of(event);
    if (error == KW_ERROR_NONE && c->doing == JOINING && c->join_result.is_to_be_repeated)
        submit(c);
    else
        end_client(c, error);
}

static void decide_join(struct coordinator_event *event, struct coordinator_decision *d)
{
    struct client *c = client_of(event);
    const struct join_request in = {&c->join, 9, kw_string_of("client"), kw_string_of("/127.0.0.1"), &c->beat.arena};
    kw_join_group_response_init(&c->join_response);
    c->join_result = (struct join_result){.response = &c->join_response};
    group_join(d, &in, &c->join_result);
    c->waiter = c->join_result.waiter;
}

static void decide_sync(struct coordinator_event *event, struct coordinator_decision *d)
{
    struct client *c = client_of(event);
    const struct sync_request in = {&c->sync, &c->beat.arena};
    kw_sync_group_response_init(&c->sync_response);
    c->sync_result = (struct sync_result){.response = &c->sync_response};
    group_sync(d, &in, &c->sync_result);
    c->waiter = c->sync_result.waiter;
}

static void decide_heartbeat(struct coordinator_event *event, struct coordinator_decision *d)
{
    struct client *c = client_of(event);
    c->beat.response.error_code = group_heartbeat(d, &c->heartbeat);
}

static void decide_leave(struct coordinator_event *event, struct coordinator_decision *d)
{
    struct client *c = client_of(event);
    group_leave(d, &c->leave, &c->leave_response);
}

static void join(struct client *c)
{
    start(c, JOINING, decide_join);
    c->has_news = false;
    if (!c->is_cooperative)
        c->owned_count = 0;
    kw_join_group_request_init(&c->join);
    c->join.group_id = kw_string_of(c->group);
    c->join.member_id = kw_string_of(c->id);
    c->join.group_instance_id = instance_of(c);
    c->join.session_timeout_ms = 10000;
    c->join.rebalance_timeout_ms = 20000;
    c->join.protocol_type = kw_string_of("consumer");
    c->protocols[0] = (kw_join_group_request_protocol){.name = kw_string_of("range"), .metadata = subscription_of(c)};
    c->protocols[1] = (kw_join_group_request_protocol){.name = kw_string_of("other"), .metadata = subscription_of(c)};
    c->join.protocols.items = c->protocols;
    c->join.protocols.len = 1 + (c->topics & 1);
    submit(c);
}

/* Each partition of a topic that anybody is subscribed to goes to one who is. */
static void assign(struct client *c)
{
    static struct set_partition given[CLIENTS * 4][MOST_OWNED];
    size_t counts[CLIENTS * 4] = {0};
    c->sync.assignments.items = c->assignments;
    c->sync.assignments.len = (int32_t)c->led_count;
    for (size_t t = 0; t < MOST_TOPICS; t++)
        for (int32_t p = 0; p < test_topics[t].partitions; p++)
            for (size_t tries = 0, m = (size_t)p; tries < c->led_count; tries++, m++) {
                size_t at = m % c->led_count;
                if ((c->led_topics[at] >> t & 1) == 0)
                    continue;
                assert_true(counts[at] < MOST_OWNED);
                given[at][counts[at]++] = (struct set_partition){test_topics[t].id, p, 0};
                break;
            }
    for (size_t i = 0; i < c->led_count; i++) {
        kw_sync_group_request_assignment *to = &c->assignments[i];
        kw_sync_group_request_assignment_init(to);
        to->member_id = kw_string_of(c->led[i]);
        assert_int_equal(client_partitions_encode(image, partition_set_of(given[i], counts[i]), (kw_bytes){NULL, 0},
                                                  &c->beat.arena, &to->assignment),
                         KW_OK);
    }
}

static void sync_group(struct client *c)
{
    start(c, SYNCING, decide_sync);
    kw_sync_group_request_init(&c->sync);
    c->sync.group_id = kw_string_of(c->group);
    c->sync.member_id = kw_string_of(c->id);
    c->sync.group_instance_id = instance_of(c);
    c->sync.generation_id = c->epoch;
    c->sync.protocol_type = kw_string_of("consumer");
    if (c->leads)
        assign(c);
    submit(c);
}

static void beat_as_classic(struct client *c)
{
    start(c, CLASSIC_BEATING, decide_heartbeat);
    kw_heartbeat_request_init(&c->heartbeat);
    c->heartbeat.group_id = kw_string_of(c->group);
    c->heartbeat.member_id = kw_string_of(c->id);
    c->heartbeat.group_instance_id = instance_of(c);
    c->heartbeat.generation_id = c->epoch;
    submit(c);
}

static void leave_as_classic(struct client *c)
{
    start(c, LEAVING, decide_leave);
    kw_leave_group_request_init(&c->leave);
    kw_leave_group_response_init(&c->leave_response);
    kw_leave_group_request_member_identity_init(&c->leaving);
    kw_leave_group_response_member_response_init(&c->left);
    c->leave.group_id = kw_string_of(c->group);
    c->leaving.member_id = kw_string_of(c->id);
    c->leaving.group_instance_id = instance_of(c);
    c->leave.members.items = &c->leaving;
    c->leave.members.len = 1;
    c->leave_response.members.items = &c->left;
    c->leave_response.members.len = 1;
    submit(c);
}

static void beat_as_consumer(struct client *c, int32_t epoch)
{
    start(c, epoch < 0 ? LEAVING : BEATING, decide_beat);
    kw_consumer_group_heartbeat_request *r = &c->beat.request;
    r->member_epoch = epoch;
    r->instance_id = instance_of(c);
    if (epoch >= 0) {
        r->rebalance_timeout_ms = 20000;
        list_names(c, &r->subscribed_topic_names);
        r->topic_partitions.items = c->sent;
        r->topic_partitions.len = (int32_t)c->owned_count;
        r->server_assignor = kw_string_of("range");
    }
    for (size_t i = 0; epoch >= 0 && i < c->owned_count; i++) {
        kw_consumer_group_heartbeat_request_topic_partitions_init(&c->sent[i]);
        c->sent_index[i] = c->owned[i].index;
        c->sent[i].topic_id = c->owned[i].topic;
        c->sent[i].partitions = (kw_int32_array){&c->sent_index[i], 1};
    }
    submit(c);
}

/* First it gives up what it is not to have, and then takes the rest. */
static void apply_assignment(struct client *c)
{
    struct set_partition sorted[MOST_OWNED];
    memcpy(sorted, c->assigned, sizeof sorted);
    struct partition_set assigned = partition_set_of(sorted, c->assigned_count);
    size_t kept = 0;
    for (size_t i = 0; i < c->owned_count; i++)
        if (partition_set_find(assigned, c->owned[i].topic, c->owned[i].index) != NULL)
            c->owned[kept++] = c->owned[i];
    bool has_revoked = kept != c->owned_count;
    c->owned_count = kept;
    if (has_revoked && c->is_classic) {
        c->must_join = c->is_cooperative;
        return;
    }
    if (has_revoked)
        return;
    memcpy(c->owned, sorted, sizeof sorted);
    c->owned_count = assigned.count;
}

/* ---- answers ---- */

static void take_join(struct client *c)
{
    const kw_join_group_response *r = &c->join_response;
    if (r->error_code == KW_ERROR_MEMBER_ID_REQUIRED || r->error_code == KW_ERROR_NONE) {
        assert_true(r->member_id.len > 0 && r->member_id.len < ID);
        (void)snprintf(c->id, sizeof c->id, "%.*s", KW_FMT(r->member_id));
    }
    if (r->error_code != KW_ERROR_NONE)
        return;
    const struct group *group = group_find(machine, kw_string_of(c->group));
    seen.joined += group != NULL && group->type == GROUP_CONSUMER;
    c->epoch = r->generation_id;
    c->must_join = false;
    c->must_sync = true;
    c->leads = kw_string_equal(r->leader, r->member_id);
    c->led_count = 0;
    for (int32_t i = 0; c->leads && i < r->members.len; i++) {
        assert_true(c->led_count < COUNT_OF(c->led));
        c->led_topics[c->led_count] = topics_of(r->members.items[i].metadata);
        (void)snprintf(c->led[c->led_count++], ID, "%.*s", KW_FMT(r->members.items[i].member_id));
    }
}

static void take_sync(struct client *c)
{
    const struct group *group = group_find(machine, kw_string_of(c->group));
    if (c->sync_response.error_code != KW_ERROR_NONE)
        return;
    seen.synced += group != NULL && group->type == GROUP_CONSUMER;
    c->must_sync = false;
    take_bytes(c, c->sync_response.assignment);
    apply_assignment(c);
}

static void take_beat(struct client *c)
{
    const kw_consumer_group_heartbeat_response_assignment *a = c->beat.response.assignment;
    if (c->beat.response.error_code != KW_ERROR_NONE)
        return;
    c->epoch = c->beat.response.member_epoch;
    c->must_join = false;
    if (a == NULL)
        return;
    c->assigned_count = 0;
    for (int32_t t = 0; t < a->topic_partitions.len; t++)
        for (int32_t p = 0; p < a->topic_partitions.items[t].partitions.len; p++) {
            assert_true(c->assigned_count < MOST_OWNED);
            c->assigned[c->assigned_count++] = (struct set_partition){
                a->topic_partitions.items[t].topic_id, a->topic_partitions.items[t].partitions.items[p], 0};
        }
}

static int16_t take(struct client *c)
{
    switch (c->doing) {
    case JOINING:
        take_join(c);
        return c->join_response.error_code;
    case SYNCING:
        take_sync(c);
        return c->sync_response.error_code;
    case BEATING:
        take_beat(c);
        return c->beat.response.error_code;
    case CLASSIC_BEATING:
        return c->beat.response.error_code;
    default:
        return KW_ERROR_NONE;
    }
}

static void react(struct client *c, int16_t error)
{
    switch (error) {
    case KW_ERROR_NONE:
    case KW_ERROR_MEMBER_ID_REQUIRED:
        break;
    case KW_ERROR_REBALANCE_IN_PROGRESS:
        c->must_join = true;
        c->must_sync = false;
        break;
    case KW_ERROR_UNKNOWN_MEMBER_ID:
    case KW_ERROR_ILLEGAL_GENERATION:
    case KW_ERROR_FENCED_MEMBER_EPOCH:
    case KW_ERROR_GROUP_ID_NOT_FOUND:
        forget(c);
        if (c->is_classic && error == KW_ERROR_UNKNOWN_MEMBER_ID)
            c->id[0] = '\0';
        break;
    case KW_ERROR_FENCED_INSTANCE_ID:
    case KW_ERROR_UNRELEASED_INSTANCE_ID:
    case KW_ERROR_INCONSISTENT_GROUP_PROTOCOL:
    case KW_ERROR_UNKNOWN_SERVER_ERROR: /* of an upgrade: the classic group has no generation yet */
        c->is_alive = false;
        break;
    default: /* of the log, or of a shard that has been unloaded: it tries again */
        assert_true(error == KW_ERROR_KAFKA_STORAGE_ERROR || error == KW_ERROR_REQUEST_TIMED_OUT ||
                    error == KW_ERROR_NOT_COORDINATOR || error == KW_ERROR_COORDINATOR_NOT_AVAILABLE);
    }
}

/* Whether it has an answer. */
static bool look(struct client *c)
{
    if (!c->has_ended || c->waiter == NULL)
        return c->has_ended;
    const struct waiter_result *result = waiter_result(c->waiter);
    if (result == NULL)
        return false;
    if (c->doing == JOINING)
        assert_true(classic_join_respond(classic_answer_of(result), &c->beat.arena, &c->join_response));
    else
        assert_true(classic_sync_respond(classic_answer_of(result), &c->beat.arena, &c->sync_response));
    waiter_release(c->waiter);
    c->waiter = NULL;
    return true;
}

static void take_answers(void)
{
    for (size_t i = 0; i < CLIENTS; i++) {
        struct client *c = &clients[i];
        if (c->doing == NOTHING || !look(c))
            continue;
        int16_t error = c->error != KW_ERROR_NONE ? c->error : take(c);
        react(c, error);
        beat_finish(&c->beat);
        c->doing = NOTHING;
    }
}

/* ---- the world ---- */

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

static enum group_type types[COUNT_OF(group_ids)];

static void assert_all_sound(const struct group_machine *m, bool has_timers)
{
    for (size_t i = 0; i < COUNT_OF(group_ids); i++) {
        const struct group *group = group_find(m, kw_string_of(group_ids[i]));
        const struct consumer_group *g = consumer_group_of(group);
        if (g != NULL)
            assert_sound(g, has_timers);
        if (!has_timers)
            continue;
        enum group_type type = group != NULL ? group->type : GROUP_NONE;
        seen.upgrades += type == GROUP_CONSUMER && types[i] == GROUP_CLASSIC;
        seen.downgrades += type == GROUP_CLASSIC && types[i] == GROUP_CONSUMER;
        types[i] = type;
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
    for (size_t i = 0; i < COUNT_OF(group_ids); i++) {
        const struct group *a = group_find(machine, kw_string_of(group_ids[i]));
        const struct group *b = group_find(again, kw_string_of(group_ids[i]));
        assert_int_equal(a != NULL ? a->type : GROUP_NONE, b != NULL ? b->type : GROUP_NONE);
    }
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
    take_answers();
    memset(types, 0, sizeof types);
}

static void grow_topic(void)
{
    size_t number = below(3);
    int32_t partitions = test_topics[number].partitions;
    if (partitions < 8)
        set_topic(number, partitions + 1);
    for (size_t i = 0; i < CLIENTS; i++)
        clients[i].has_news = true;
    publish();
}

static void change_protocol(struct client *c)
{
    c->is_classic = !c->is_classic;
    if (c->instance[0] == '\0' || !c->is_classic)
        (void)snprintf(c->id, sizeof c->id, "m%u", ids++);
    if (c->is_classic)
        c->id[0] = '\0';
    forget(c);
}

static void proceed(struct client *c)
{
    c->must_join = c->must_join || (c->is_classic && c->leads && c->has_news);
    if (c->is_classic && c->must_join)
        join(c);
    else if (c->is_classic && c->must_sync)
        sync_group(c);
    else if (c->is_classic)
        beat_as_classic(c);
    else
        beat_as_consumer(c, c->epoch);
}

static void act(struct client *c)
{
    if (c->doing != NOTHING)
        return;
    if (!c->is_alive) {
        if (below(4) == 0)
            start_client(c);
        return;
    }
    switch (below(40)) {
    case 0:
    case 1:
        if (c->is_classic)
            leave_as_classic(c);
        else
            beat_as_consumer(c, c->instance[0] != '\0' && below(2) == 0 ? EPOCH_LEAVE_STATIC : EPOCH_LEAVE);
        c->is_alive = false;
        break;
    case 2:
        c->is_alive = below(2) == 0; /* it dies */
        break;
    case 3:
        change_protocol(c); /* a new process has its place */
        break;
    case 4:
        c->topics = 1 + (unsigned)below(7);
        c->must_join = c->is_classic;
        break;
    case 5:
        forget(c);
        break;
    default:
        if (!c->is_classic)
            apply_assignment(c);
        proceed(c);
    }
}

static void step(void)
{
    switch (below(60)) {
    case 0:
        if (below(4) == 0)
            grow_topic();
        break;
    case 1:
        store.is_later = !store.is_later || store.append != NULL;
        break;
    case 2:
        store.error = below(3) == 0 ? KW_ERROR_KAFKA_STORAGE_ERROR : KW_ERROR_NONE;
        break;
    case 3:
        store.others_lag = !store.others_lag;
        break;
    case 4:
        if (below(12) == 0)
            restart();
        break;
    case 5:
        if (below(6) == 0)
            assert_is_log();
        break;
    case 6:
        settle_all();
        sim_advance(&sim, (int64_t)below(9000));
        break;
    case 7:
    case 8:
    case 9:
        sim_advance(&sim, (int64_t)below(900));
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
            toy_log_move(&store, store.end - (int64_t)below(4));
        break;
    default:
        act(&clients[below(CLIENTS)]);
    }
    sim_run_posted(&sim);
    if (below(4) == 0)
        (void)sim_run_worker(&sim);
    take_answers();
    assert_all_sound(machine, true);
}

/* ---- when it is quiet ---- */

static bool is_wanted(const char *group, size_t topic)
{
    for (size_t i = 0; i < CLIENTS; i++)
        if (clients[i].is_alive && clients[i].group == group && (clients[i].topics >> topic & 1) != 0)
            return true;
    return false;
}

static size_t owners_of(const char *group, size_t topic, int32_t index)
{
    size_t count = 0;
    for (size_t i = 0; i < CLIENTS; i++)
        for (size_t p = 0; clients[i].is_alive && clients[i].group == group && p < clients[i].owned_count; p++)
            count +=
                kw_uuid_equal(clients[i].owned[p].topic, test_topics[topic].id) && clients[i].owned[p].index == index;
    return count;
}

static bool all_is_owned(void)
{
    for (size_t g = 0; g < COUNT_OF(group_ids); g++)
        for (size_t t = 0; t < MOST_TOPICS; t++)
            for (int32_t p = 0; p < test_topics[t].partitions; p++)
                if (owners_of(group_ids[g], t, p) != is_wanted(group_ids[g], t))
                    return false;
    return true;
}

static void proceed_all(void)
{
    settle_all();
    for (size_t i = 0; i < CLIENTS; i++) {
        struct client *c = &clients[i];
        if (!c->is_alive || c->doing != NOTHING)
            continue;
        if (!c->is_classic)
            apply_assignment(c);
        proceed(c);
        sim_settle(&sim);
        take_answers();
    }
    settle_all();
    sim_advance(&sim, 1500);
    settle_all();
}

static void assert_convergence(void)
{
    store.error = KW_ERROR_NONE;
    store.others_lag = store.is_later = false;
    int round = 0;
    for (; round < ROUNDS || (round < 3 * ROUNDS && !all_is_owned()); round++)
        proceed_all();
    if (!all_is_owned()) {
        char *text = print_groups(machine, group_ids, COUNT_OF(group_ids));
        print_error("%s", text);
        free(text);
        fail_msg("it has not converged");
    }
}

static void end_clients(void)
{
    for (size_t i = 0; i < CLIENTS; i++) {
        struct client *c = &clients[i];
        if (c->doing == NOTHING)
            continue;
        assert_true(c->has_ended);
        if (c->waiter != NULL)
            waiter_release(c->waiter);
        beat_finish(&c->beat);
    }
}

static void random_run(uint64_t seed)
{
    void *state = NULL;
    assert_int_equal(set_up_groups(&state), 0);
    random_test_init(&choices, seed);
    memset(types, 0, sizeof types);
    ids = 0;
    for (size_t i = 0; i < CLIENTS; i++)
        start_client(&clients[i]);
    for (int i = 0; i < OPERATIONS_OF_A_RUN && store.size < TOY_LOG / 2; i++)
        step();
    assert_convergence();
    assert_is_log();
    assert_prefixes_are_valid();
    assert_int_equal(tear_down_groups(&state), 0);
    take_answers();
    end_clients();
}

static void random_operations(void **state)
{
    const char *text = getenv("OPERATIONS"), *only = getenv("SEED");
    long operations = text != NULL ? strtol(text, NULL, 10) : DEFAULT_OPERATIONS;
    (void)state;
    for (long done = 0, seed = 1; done < operations; done += OPERATIONS_OF_A_RUN, seed++) {
        if (only != NULL)
            seed = strtol(only, NULL, 10);
        printf("seed %ld\n", seed);
        (void)fflush(stdout);
        random_run((uint64_t)seed);
    }
    printf("%zu upgrades, %zu downgrades, %zu joins and %zu syncs of classic members of consumer groups\n",
           seen.upgrades, seen.downgrades, seen.joined, seen.synced);
    assert_true(only != NULL || (seen.upgrades > 10 && seen.downgrades > 10 && seen.joined > 10 && seen.synced > 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_operations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
