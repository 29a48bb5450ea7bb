/* SPDX-License-Identifier: Apache-2.0 */
/* Consumer groups step by step: epochs, assignments, errors, timers, records. */
#include "consumer_calls.h"

#include "coordinator/group/consumer/consumer_describe.h"
#include "coordinator/group/offsets/offset_requests.h"

/* ---- joining ---- */

static void first_member(void **state)
{
    (void)state;
    const kw_consumer_group_heartbeat_response *r = join("a", 1);
    assert_int_equal(r->error_code, KW_ERROR_NONE);
    assert_true(kw_string_equal(r->member_id, kw_string_of("a")));
    assert_int_equal(r->member_epoch, 2);
    assert_int_equal(r->heartbeat_interval_ms, 5000);
    assert_int_equal(count_assigned(r), 4);
    assert_int_equal(r->assignment->topic_partitions.len, 1);
    assert_int_equal(group()->epochs.epoch, 2);
    assert_int_equal(group()->epochs.target_epoch, 2);
    assert_true(group()->epochs.target_time == wall());
    assert_string_equal(consumer_state_name(group()), "Stable");
    unsigned appends = store.appends;
    r = beat("a", 2);
    assert_int_equal(r->member_epoch, 2);
    assert_null(r->assignment);
    assert_int_equal(store.appends, appends); /* nothing has changed */
}

/* A second one within the interval waits for the target; then the first one gives up what the second one gets. */
static void second_member(void **state)
{
    (void)state;
    join("a", 1);
    const kw_consumer_group_heartbeat_response *r = join("b", 1);
    assert_int_equal(r->member_epoch, 2);
    assert_int_equal(count_assigned(r), 0);
    assert_int_equal(group()->epochs.epoch, 3);
    assert_string_equal(consumer_state_name(group()), "Assigning");
    sim_advance(&sim, 999);
    assert_int_equal(beat("b", 2)->member_epoch, 2);
    sim_advance(&sim, 1);
    r = beat("b", 2);
    assert_int_equal(r->member_epoch, 3);
    assert_null(r->assignment); /* a has them still */
    assert_string_equal(consumer_state_name(group()), "Reconciling");
    r = beat("a", 2);
    assert_int_equal(r->member_epoch, 2);
    assert_int_equal(count_assigned(r), 2);
    assert_null(beat("b", 3)->assignment);
    assert_int_equal(beat("a", 2)->member_epoch, 2); /* it does not say what it has */
    struct beat_event *e = new_beat("a", 2);
    kw_consumer_group_heartbeat_request_topic_partitions owned;
    int32_t indexes[] = {0, 1};
    kw_consumer_group_heartbeat_request_topic_partitions_init(&owned);
    owned.topic_id = test_topics[0].id;
    owned.partitions = (kw_int32_array){indexes, 2};
    e->request.topic_partitions.items = &owned;
    e->request.topic_partitions.len = 1;
    r = send_beat(e);
    assert_int_equal(r->member_epoch, 3);
    assert_null(r->assignment);
    r = beat("b", 3);
    assert_int_equal(r->member_epoch, 3);
    assert_int_equal(count_assigned(r), 2);
    assert_string_equal(consumer_state_name(group()), "Stable");
}

/* A member that was in version 0 without an id gets one. */
static void id_by_the_broker(void **state)
{
    (void)state;
    const kw_consumer_group_heartbeat_response *r = join("", 1);
    assert_int_equal(r->error_code, KW_ERROR_NONE);
    assert_int_equal(r->member_id.len, 22);
    assert_non_null(consumer_find(group(), r->member_id));
}

static void unknown(void **state)
{
    (void)state;
    assert_error(beat("a", 1), KW_ERROR_GROUP_ID_NOT_FOUND, "Consumer group g not found.");
    assert_error(beat("a", EPOCH_LEAVE), KW_ERROR_GROUP_ID_NOT_FOUND, "Group g not found.");
    assert_null(group_find_any(machine, kw_string_of("g")));
    join("a", 1);
    assert_error(beat("b", 2), KW_ERROR_UNKNOWN_MEMBER_ID, "Member b is not a member of group g.");
    assert_error(beat("b", EPOCH_LEAVE), KW_ERROR_UNKNOWN_MEMBER_ID, "Member b is not a member of group g.");
}

static void other_epochs(void **state)
{
    (void)state;
    join("a", 1);
    assert_error(beat("a", 3), KW_ERROR_FENCED_MEMBER_EPOCH,
                 "The consumer group member has a greater member epoch (3) than the one known by the group coordinator "
                 "(2). The member must abandon all its partitions and rejoin.");
    assert_error(beat("a", 1), KW_ERROR_FENCED_MEMBER_EPOCH,
                 "The consumer group member has a smaller member epoch (1) than the one known by the group coordinator "
                 "(2). The member must abandon all its partitions and rejoin.");
    sim_advance(&sim, 1000);
    struct beat_event *e = new_beat("a", 2);
    e->request.subscribed_topic_names.items = topic_names;
    e->request.subscribed_topic_names.len = 2;
    assert_int_equal(send_beat(e)->member_epoch, 3);
    assert_error(beat("a", 2), KW_ERROR_FENCED_MEMBER_EPOCH,
                 "The consumer group member has a smaller member epoch (2) than the one known by the group coordinator "
                 "(3). The member must abandon all its partitions and rejoin.");
    const kw_consumer_group_heartbeat_response *r = beat_with_nothing("a", 2); /* the answer may have been lost */
    assert_int_equal(r->error_code, KW_ERROR_NONE);
    assert_int_equal(r->member_epoch, 3);
    r = join("a", 2); /* and it may always join anew */
    assert_int_equal(r->member_epoch, 3);
    assert_int_equal(count_assigned(r), 7);
}

static bool is_target_of(const char *member, int32_t index)
{
    return partition_set_find(consumer_target_of(consumer_find(group(), kw_string_of(member))), test_topics[0].id,
                              index) != NULL;
}

/* Four partitions, of three members and then of two: none moves that need not. */
static void members_keep_what_they_have(void **state)
{
    int32_t of_b = -1, of_c = -1;
    (void)state;
    set_config("consumer.assignment.interval.ms", "0");
    join("a", 1);
    join("b", 1);
    join("c", 1);
    assert_int_equal(consumer_target_of(consumer_find(group(), kw_string_of("a"))).count, 2);
    for (int32_t i = 0; i < 4; i++) {
        of_b = is_target_of("b", i) ? i : of_b;
        of_c = is_target_of("c", i) ? i : of_c;
    }
    assert_true(of_b > 1 && of_c > 1); /* others would get the first ones */
    beat("a", EPOCH_LEAVE);
    beat("b", consumer_find(group(), kw_string_of("b"))->member->epoch);
    assert_true(is_target_of("b", of_b) && is_target_of("c", of_c));
    assert_int_equal(consumer_target_of(consumer_find(group(), kw_string_of("b"))).count, 2);
    assert_int_equal(consumer_target_of(consumer_find(group(), kw_string_of("c"))).count, 2);
}

/* What it gives up is still its own: topics are in the order of their ids, whichever set they are in. */
static void a_member_that_gives_up_a_topic(void **state)
{
    (void)state;
    kw_consumer_group_describe_response_described_group out;
    kw_arena memory;
    set_config("consumer.assignment.interval.ms", "0");
    struct coordinator_decision d = {.state = machine, .image = image}; /* which the setting has replaced */
    join("a", 2);
    size_t kept = kw_uuid_compare(test_topics[0].id, test_topics[1].id) > 0 ? 0 : 1;
    struct beat_event *e = new_beat("a", consumer_find(group(), kw_string_of("a"))->member->epoch);
    e->request.subscribed_topic_names.items = &topic_names[kept];
    e->request.subscribed_topic_names.len = 1;
    (void)send_beat(e);
    kw_arena_init_growing(&memory, NULL, 0, kw_allocator_libc(), 65536);
    consumer_describe(&d, kw_string_of("g"), &memory, &out);
    assert_int_equal(out.members.len, 1);
    const kw_consumer_group_describe_response_assignment *assignment = &out.members.items[0].assignment;
    assert_int_equal(assignment->topic_partitions.len, 2);
    assert_true(kw_uuid_equal(assignment->topic_partitions.items[0].topic_id, test_topics[1 - kept].id));
    assert_true(kw_uuid_equal(assignment->topic_partitions.items[1].topic_id, test_topics[kept].id));
    assert_int_equal(assignment->topic_partitions.items[0].partitions.len, test_topics[1 - kept].partitions);
    kw_arena_finish(&memory);
}

/* ---- leaving ---- */

static void leaves(void **state)
{
    (void)state;
    join("a", 1);
    join("b", 1);
    const kw_consumer_group_heartbeat_response *r = beat("a", EPOCH_LEAVE);
    assert_int_equal(r->member_epoch, EPOCH_LEAVE);
    assert_true(kw_string_equal(r->member_id, kw_string_of("a")));
    assert_int_equal(group()->member_count, 1);
    assert_int_equal(group()->epochs.epoch, 4);
    assert_int_equal(group()->owners.used, 0);
    sim_advance(&sim, 1000);
    r = beat("b", 2);
    assert_int_equal(r->member_epoch, 4);
    assert_int_equal(count_assigned(r), 4);
    beat("b", EPOCH_LEAVE);
    assert_string_equal(consumer_state_name(group()), "Empty");
    assert_int_equal(group()->epochs.epoch, 5);
    assert_int_equal(group()->epochs.target_epoch, 5);
    assert_int_equal(group()->epochs.target_time, 0);
    assert_int_equal(group()->epochs.metadata_hash, 0);
    r = join("c", 1); /* at once, as the target has no time */
    assert_int_equal(r->member_epoch, 6);
    assert_int_equal(count_assigned(r), 4);
}

static void session_ends(void **state)
{
    (void)state;
    join("a", 1);
    sim_advance(&sim, 40000);
    beat("a", 2);
    sim_advance(&sim, 44999);
    assert_int_equal(group()->member_count, 1);
    sim_advance(&sim, 1);
    assert_int_equal(group()->member_count, 0);
    assert_error(beat("a", 2), KW_ERROR_UNKNOWN_MEMBER_ID, "Member a is not a member of group g.");
}

/* After a restart everybody has his whole session. */
static void session_after_loading(void **state)
{
    (void)state;
    join("a", 1);
    sim_advance(&sim, 30000);
    unload_shard();
    load_shard();
    sim_advance(&sim, 44999);
    assert_int_equal(group()->member_count, 1);
    sim_advance(&sim, 1);
    assert_int_equal(group()->member_count, 0);
}

static void rebalance_takes_too_long(void **state)
{
    (void)state;
    join("a", 1);
    sim_advance(&sim, 1000);
    join("b", 1);
    assert_int_equal(count_assigned(beat("a", 2)), 2); /* is to give up two */
    sim_advance(&sim, 9999);
    beat("a", 2);
    assert_int_equal(group()->member_count, 2);
    sim_advance(&sim, 1);
    assert_null(consumer_find(group(), kw_string_of("a")));
    sim_advance(&sim, 1000);
    assert_int_equal(count_assigned(beat("b", 3)), 4);
}

/* The removal is not written, and tried again. */
static void failed_removal(void **state)
{
    (void)state;
    join("a", 1);
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    sim_advance(&sim, 45000);
    assert_int_equal(group()->member_count, 1);
    store.error = KW_ERROR_NONE;
    sim_advance(&sim, 500);
    assert_int_equal(group()->member_count, 0);
}

/* Kafka takes a record 5 without this field for one of a member with the classic protocol. */
static void record_of_a_member(void **state)
{
    static const uint8_t rest[] = {0, 0, 0x27, 0x10, 0, 1, 0, 1, 0}; /* timeout, no assignor; tag 0 is null */
    bool is_there = false;
    (void)state;
    join("a", 1);
    for (size_t at = 0; at + sizeof rest <= store.size; at++)
        is_there = is_there || memcmp(store.bytes + at, rest, sizeof rest) == 0;
    assert_true(is_there);
}

static void failed_join(void **state)
{
    (void)state;
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    struct beat_event *e = joining("a", 1);
    beat_submit(e);
    sim_settle(&sim);
    assert_int_equal(e->error, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_null(group_find_any(machine, kw_string_of("g")));
    store.error = KW_ERROR_NONE;
    assert_int_equal(join("a", 1)->member_epoch, 2);
}

/* Who says everything gets everything, also if nothing has changed. */
static void full_request(void **state)
{
    kw_consumer_group_heartbeat_request_topic_partitions owned;
    int32_t indexes[] = {0, 1, 2, 3};
    (void)state;
    join("a", 1);
    kw_consumer_group_heartbeat_request_topic_partitions_init(&owned);
    owned.topic_id = test_topics[0].id;
    owned.partitions = (kw_int32_array){indexes, 4};
    for (int left_out = 0; left_out <= 3; left_out++) {
        struct beat_event *e = new_beat("a", 2);
        if (left_out != 1)
            e->request.rebalance_timeout_ms = 10000;
        if (left_out != 2) {
            e->request.subscribed_topic_names.items = topic_names;
            e->request.subscribed_topic_names.len = 1;
        }
        if (left_out != 3) {
            e->request.topic_partitions.items = &owned;
            e->request.topic_partitions.len = 1;
        }
        const kw_consumer_group_heartbeat_response *r = send_beat(e);
        assert_int_equal(r->error_code, KW_ERROR_NONE);
        if (left_out == 0)
            assert_int_equal(count_assigned(r), 4);
        else
            assert_null(r->assignment);
    }
}

/* What could not be written has no time of its own: the one who is to give up partitions has his, as before. */
static void failed_step(void **state)
{
    (void)state;
    join("a", 1);
    sim_advance(&sim, 1000);
    join("b", 1);
    assert_int_equal(count_assigned(beat("a", 2)), 2);
    sim_advance(&sim, 6000);
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    struct beat_event *e = new_beat("a", 2);
    e->request.topic_partitions.len = 0; /* it has given up all, and gets two back */
    beat_submit(e);
    sim_settle(&sim);
    assert_int_equal(e->error, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(consumer_find(group(), kw_string_of("a"))->member->state, MEMBER_UNREVOKED);
    assert_true(coordinator_timer_is_running(&consumer_find(group(), kw_string_of("a"))->rebalance));
    store.error = KW_ERROR_NONE;
    sim_advance(&sim, 10000); /* it starts anew, as nothing is known of the rest */
    assert_null(consumer_find(group(), kw_string_of("a")));
}

/* It leaves, which is not written: both its timers run. */
static void failed_leave(void **state)
{
    (void)state;
    join("a", 1);
    sim_advance(&sim, 1000);
    join("b", 1);
    beat("a", 2);
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    struct beat_event *e = new_beat("a", EPOCH_LEAVE);
    beat_submit(e);
    sim_settle(&sim);
    assert_int_equal(e->error, KW_ERROR_KAFKA_STORAGE_ERROR);
    const struct consumer_slot *slot = consumer_find(group(), kw_string_of("a"));
    assert_true(coordinator_timer_is_running(&slot->session) && coordinator_timer_is_running(&slot->rebalance));
    store.error = KW_ERROR_NONE;
    sim_advance(&sim, 9999);
    assert_non_null(consumer_find(group(), kw_string_of("a")));
    sim_advance(&sim, 1);
    assert_null(consumer_find(group(), kw_string_of("a")));
}

/* ---- static members ---- */

static struct beat_event *with_instance(struct beat_event *e, const char *instance)
{
    e->request.instance_id = kw_string_of(instance);
    return e;
}

static void static_member(void **state)
{
    (void)state;
    int32_t epoch = send_beat(with_instance(joining("a", 1), "i"))->member_epoch;
    assert_int_equal(epoch, 2);
    assert_error(
        send_beat(with_instance(joining("b", 1), "i")), KW_ERROR_UNRELEASED_INSTANCE_ID,
        "Static member b with instance id i cannot join the group because the instance id is owned by a member.");
    assert_error(send_beat(with_instance(new_beat("b", 2), "i")), KW_ERROR_FENCED_INSTANCE_ID,
                 "Static member b with instance id i was fenced by member a.");
    assert_error(send_beat(with_instance(new_beat("a", 2), "j")), KW_ERROR_UNKNOWN_MEMBER_ID,
                 "Instance id j is unknown.");
    const kw_consumer_group_heartbeat_response *r = send_beat(with_instance(new_beat("a", EPOCH_LEAVE_STATIC), "i"));
    assert_int_equal(r->error_code, KW_ERROR_NONE);
    assert_int_equal(r->member_epoch, EPOCH_LEAVE_STATIC);
    assert_int_equal(group()->owners.used, 4); /* they stay reserved */
    assert_int_equal(join("other", 1)->member_epoch, 2);
    r = send_beat(with_instance(joining("b", 1), "i"));
    assert_int_equal(r->error_code, KW_ERROR_NONE);
    assert_int_equal(r->member_epoch, 2);
    assert_int_equal(count_assigned(r), 4);
    assert_null(consumer_find(group(), kw_string_of("a")));
    assert_int_equal(group()->member_count, 2);
    const struct consumer_member *b = consumer_find(group(), kw_string_of("b"))->member;
    assert_int_equal(b->names.len, 1);
    assert_int_equal(b->rebalance_timeout_ms, 10000);
    assert_int_equal(consumer_target_of(consumer_find(group(), kw_string_of("b"))).count, 4);
}

static void static_member_stays_away(void **state)
{
    (void)state;
    send_beat(with_instance(joining("a", 1), "i"));
    send_beat(with_instance(new_beat("a", EPOCH_LEAVE_STATIC), "i"));
    sim_advance(&sim, 45000);
    assert_int_equal(group()->member_count, 0);
    assert_null(consumer_find_static(group(), kw_string_of("i")));
    send_beat(with_instance(joining("a", 1), "i"));
    send_beat(with_instance(new_beat("a", EPOCH_LEAVE), "i"));
    assert_int_equal(group()->member_count, 0);
}

/* ---- topics and settings ---- */

static void topic_grows(void **state)
{
    (void)state;
    join("a", 3);
    assert_int_equal(group()->owners.used, 7);
    sim_advance(&sim, 1000);
    set_topic(0, 6);
    set_topic(2, 2);
    publish();
    const kw_consumer_group_heartbeat_response *r = beat("a", 2);
    assert_int_equal(r->member_epoch, 3);
    assert_int_equal(count_assigned(r), 11);
    set_topic(1, 0);
    publish();
    sim_advance(&sim, 1000);
    r = beat("a", 3);
    assert_int_equal(group()->epochs.epoch, 4);
    assert_int_equal(count_assigned(r), 8);
}

/* Topics that nobody is subscribed to do not matter. */
static void other_topic(void **state)
{
    (void)state;
    join("a", 1);
    set_topic(2, 2);
    publish();
    assert_false(group()->must_look);
    assert_int_equal(beat("a", 2)->member_epoch, 2);
}

static void settings_of_a_group(void **state)
{
    (void)state;
    set_config("consumer.assignment.interval.ms", "0");
    set_config("consumer.heartbeat.interval.ms", "6000");
    set_config("consumer.session.timeout.ms", "50000");
    join("a", 1);
    const kw_consumer_group_heartbeat_response *r = join("b", 1);
    assert_int_equal(r->member_epoch, 3);
    assert_int_equal(r->heartbeat_interval_ms, 6000);
    sim_advance(&sim, 49999);
    assert_int_equal(group()->member_count, 2);
    sim_advance(&sim, 1);
    assert_int_equal(group()->member_count, 0);
}

/* What is stored and out of range counts as the nearest bound, and what is no number as nothing. */
static void settings_out_of_range(void **state)
{
    (void)state;
    set_config("consumer.heartbeat.interval.ms", "20000");
    set_config("consumer.session.timeout.ms", "1000");
    assert_int_equal(join("a", 1)->heartbeat_interval_ms, 15000);
    sim_advance(&sim, 44999);
    assert_int_equal(group()->member_count, 1);
    group_configs[0].value = kw_string_of("7000x");
    publish();
    assert_int_equal(beat("a", 2)->heartbeat_interval_ms, 5000);
}

static void full_group(void **state)
{
    (void)state;
    join("a", 1);
    machine->settings.consumer.max_size = 1;
    assert_error(send_beat(joining("b", 1)), KW_ERROR_GROUP_MAX_SIZE_REACHED,
                 "The consumer group has reached its maximum capacity of 1 members.");
    assert_int_equal(join("a", 1)->error_code, KW_ERROR_NONE);
}

static void static_member_of_a_full_group(void **state)
{
    (void)state;
    send_beat(with_instance(joining("a", 1), "i"));
    send_beat(with_instance(new_beat("a", EPOCH_LEAVE_STATIC), "i"));
    machine->settings.consumer.max_size = 1;
    assert_int_equal(send_beat(with_instance(joining("b", 1), "j"))->error_code, KW_ERROR_GROUP_MAX_SIZE_REACHED);
    assert_int_equal(send_beat(joining("c", 1))->error_code, KW_ERROR_GROUP_MAX_SIZE_REACHED);
    assert_int_equal(send_beat(with_instance(joining("b", 1), "i"))->error_code, KW_ERROR_NONE);
}

static void full_memory(void **state)
{
    (void)state;
    join("a", 1);
    budget.limit = atomic_load(&budget.used);
    assert_error(send_beat(joining("b", 1)), KW_ERROR_COORDINATOR_NOT_AVAILABLE,
                 "There is no memory for another member.");
    assert_int_equal(join("a", 2)->error_code, KW_ERROR_NONE); /* who is there may go on */
}

static void assignor_changes(void **state)
{
    (void)state;
    set_config("consumer.assignment.interval.ms", "0");
    join("a", 2);
    join("b", 2);
    assert_int_equal(group()->epochs.epoch, 3);
    struct beat_event *e = new_beat("a", 2);
    e->request.server_assignor = kw_string_of("range");
    send_beat(e);
    assert_int_equal(group()->epochs.epoch, 4);
    e = new_beat("b", 3);
    e->request.server_assignor = kw_string_of("range");
    send_beat(e);
    assert_int_equal(group()->epochs.epoch, 4);
}

/* A target that takes long is computed on a worker. */
static void many_members(void **state)
{
    enum { MANY = 2001 };
    static struct beat_event e;
    (void)state;
    store.max_batch = TOY_LOG;
    for (int i = 0; i < MANY; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "m%d", i);
        struct beat_event *joined = joining(id, 1);
        assert_int_equal(send_beat(joined)->error_code, KW_ERROR_NONE);
        beat_finish(joined);
        beat_count--;
    }
    sim_advance(&sim, 1000);
    beat_init(&e, "g", "m7", 2);
    beat_submit(&e);
    sim_run_posted(&sim);
    assert_int_equal(e.completed, 0);
    sim_settle(&sim);
    assert_int_equal(e.completed, 1);
    assert_int_equal(e.error, KW_ERROR_NONE);
    assert_int_equal(e.response.error_code, KW_ERROR_NONE);
    const struct consumer_group *g = consumer_group_of(group_find(machine, kw_string_of("g")));
    assert_int_equal(g->epochs.target_epoch, g->epochs.epoch);
    beat_finish(&e);
}

/* ---- offsets ---- */

static int16_t commit_error(const char *member, int32_t epoch, int16_t version, int32_t partition)
{
    kw_offset_commit_request_partition p;
    kw_offset_commit_request_topic topic;
    kw_offset_commit_request_topic_init(&topic);
    kw_offset_commit_request_partition_init(&p);
    p.partition_index = partition;
    topic.topic_id = test_topics[0].id;
    topic.partitions.items = &p;
    topic.partitions.len = 1;
    const struct offset_commit_check check = {.member_id = kw_string_of(member),
                                              .instance_id = {NULL, -1},
                                              .generation = epoch,
                                              .version = version,
                                              .topics = &topic,
                                              .topic_count = 1};
    struct group *g = group_find(machine, kw_string_of("g"));
    return group_kind_of(g->type)->check_commit(machine, NULL, g, &check);
}

/* Offsets of a transaction, whose producer may know nothing of groups. */
static int16_t txn_commit_error(const char *member, int32_t epoch)
{
    const struct offset_commit_check check = {.member_id = kw_string_of(member),
                                              .instance_id = {NULL, -1},
                                              .generation = epoch,
                                              .version = 3,
                                              .is_transactional = true};
    struct group *g = group_find(machine, kw_string_of("g"));
    return group_kind_of(g->type)->check_commit(machine, NULL, g, &check);
}

static void commits_of_transactions(void **state)
{
    (void)state;
    join("a", 1);
    assert_int_equal(txn_commit_error("", -1), KW_ERROR_NONE);
    assert_int_equal(txn_commit_error("", -2), KW_ERROR_UNKNOWN_MEMBER_ID);
    assert_int_equal(txn_commit_error("b", -1), KW_ERROR_UNKNOWN_MEMBER_ID);
    assert_int_equal(txn_commit_error("a", 2), KW_ERROR_NONE); /* whatever the version */
}

static void commits(void **state)
{
    (void)state;
    join("a", 1);
    sim_advance(&sim, 1000);
    struct beat_event *e = new_beat("a", 2);
    e->request.subscribed_topic_names.items = topic_names;
    e->request.subscribed_topic_names.len = 2;
    assert_int_equal(send_beat(e)->member_epoch, 3);
    assert_int_equal(commit_error("a", 3, 9, 0), KW_ERROR_NONE);
    assert_int_equal(commit_error("a", 3, 8, 0), KW_ERROR_UNSUPPORTED_VERSION);
    assert_int_equal(commit_error("a", 4, 9, 0), KW_ERROR_STALE_MEMBER_EPOCH);
    assert_int_equal(commit_error("a", 2, 9, 0), KW_ERROR_NONE); /* it has had it since then */
    assert_int_equal(commit_error("a", 1, 9, 0), KW_ERROR_STALE_MEMBER_EPOCH);
    assert_int_equal(commit_error("a", 2, 9, 9), KW_ERROR_STALE_MEMBER_EPOCH);
    assert_int_equal(commit_error("b", 2, 9, 0), KW_ERROR_UNKNOWN_MEMBER_ID);
    assert_int_equal(commit_error("", -1, 9, 0), KW_ERROR_UNKNOWN_MEMBER_ID);
    beat("a", EPOCH_LEAVE);
    assert_int_equal(commit_error("", -1, 9, 0), KW_ERROR_NONE);
    assert_int_equal(commit_error("a", 3, 9, 0), KW_ERROR_UNKNOWN_MEMBER_ID);
}

static void fetches(void **state)
{
    (void)state;
    join("a", 1);
    const struct group *g = group_find(machine, kw_string_of("g"));
    const struct group_kind *kind = group_kind_of(g->type);
    assert_int_equal(kind->check_fetch(machine, g, (kw_string){NULL, -1}, -1), KW_ERROR_NONE);
    assert_int_equal(kind->check_fetch(machine, g, kw_string_of("a"), 2), KW_ERROR_NONE);
    assert_int_equal(kind->check_fetch(machine, g, kw_string_of("a"), 1), KW_ERROR_STALE_MEMBER_EPOCH);
    assert_int_equal(kind->check_fetch(machine, g, kw_string_of("b"), 2), KW_ERROR_UNKNOWN_MEMBER_ID);
    assert_true(kind->is_subscribed(machine, g, kw_string_of("t0")));
    assert_false(kind->is_subscribed(machine, g, kw_string_of("t1")));
    assert_int_equal(kind->check_delete(machine, g), KW_ERROR_NON_EMPTY_GROUP);
}

static void decide_offset(struct coordinator_event *event, struct coordinator_decision *d)
{
    kw_offset_commit_request_partition partition;
    kw_offset_commit_request_topic topic;
    int16_t error = -1;
    (void)event;
    kw_offset_commit_request_topic_init(&topic);
    kw_offset_commit_request_partition_init(&partition);
    partition.committed_offset = 5;
    topic.name = kw_string_of("t0");
    topic.topic_id = test_topics[0].id;
    topic.partitions.items = &partition;
    topic.partitions.len = 1;
    const struct offset_commit in = {
        .group = kw_string_of("g"),
        .check = {.instance_id = {NULL, -1}, .generation = -1, .version = 9, .topics = &topic, .topic_count = 1},
        .retention_ms = -1,
    };
    offset_commit(d, &in, &error);
    assert_int_equal(error, KW_ERROR_NONE);
}

/* The time of an offset in a group without members starts with its commit, and the group ends with its last one. */
static void offsets_expire(void **state)
{
    (void)state;
    join("a", 1);
    beat("a", EPOCH_LEAVE);
    struct beat_event *e = new_beat("", -1);
    e->event.decide = decide_offset;
    beat_submit(e);
    assert_int_equal(e->error, KW_ERROR_NONE);
    sim_advance(&sim, machine->settings.offsets_retention_ms - 1);
    assert_int_equal(group_find(machine, kw_string_of("g"))->offsets.committed, 1);
    sim_advance(&sim, machine->settings.offsets_retention_check_ms + 1);
    assert_null(group_find_any(machine, kw_string_of("g")));
}

/* ---- deleting ---- */

static void decide_removal(struct coordinator_event *event, struct coordinator_decision *d)
{
    struct group *g = group_find(d->state, kw_string_of("g"));
    (void)event;
    group_kind_of(g->type)->remove(d->state, d, g);
}

static void deleted(void **state)
{
    struct beat_event e;
    (void)state;
    join("a", 1);
    beat("a", EPOCH_LEAVE);
    beat_init(&e, "g", "", 0);
    e.event.decide = decide_removal;
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    beat_submit(&e);
    assert_non_null(group());
    store.error = KW_ERROR_NONE;
    beat_submit(&e);
    assert_null(group_find_any(machine, kw_string_of("g")));
    beat_finish(&e);
    assert_int_equal(join("a", 1)->member_epoch, 2);
}

#define GROUP_TEST(function) cmocka_unit_test_setup_teardown(function, set_up_groups, end_test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GROUP_TEST(first_member),
        GROUP_TEST(second_member),
        GROUP_TEST(id_by_the_broker),
        GROUP_TEST(unknown),
        GROUP_TEST(other_epochs),
        GROUP_TEST(members_keep_what_they_have),
        GROUP_TEST(leaves),
        GROUP_TEST(session_ends),
        GROUP_TEST(session_after_loading),
        GROUP_TEST(rebalance_takes_too_long),
        GROUP_TEST(failed_removal),
        GROUP_TEST(record_of_a_member),
        GROUP_TEST(failed_join),
        GROUP_TEST(full_request),
        GROUP_TEST(failed_step),
        GROUP_TEST(failed_leave),
        GROUP_TEST(static_member),
        GROUP_TEST(static_member_stays_away),
        GROUP_TEST(topic_grows),
        GROUP_TEST(other_topic),
        GROUP_TEST(settings_of_a_group),
        GROUP_TEST(settings_out_of_range),
        GROUP_TEST(full_group),
        GROUP_TEST(static_member_of_a_full_group),
        GROUP_TEST(full_memory),
        GROUP_TEST(assignor_changes),
        GROUP_TEST(many_members),
        GROUP_TEST(a_member_that_gives_up_a_topic),
        GROUP_TEST(commits),
        GROUP_TEST(commits_of_transactions),
        GROUP_TEST(fetches),
        GROUP_TEST(offsets_expire),
        GROUP_TEST(deleted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
