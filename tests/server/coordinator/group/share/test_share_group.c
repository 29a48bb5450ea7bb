/* SPDX-License-Identifier: Apache-2.0 */
/* Share groups: random members, topics and failures, after each of which the state is that of the records that were
 * written; and heartbeats one by one. */
#include "share_group_support.h"

#include <kwire/crc.h>
#include <kwire/messages/share_group_target_assignment_metadata_key.h>

#include "../../../support/random_test.h"
#include "coordinator/group/share/share_group_records.h"
#include "coordinator/group/share/share_offsets.h"

enum { STEPS = 60000, MOST_RECORDS = 200 };

static struct random_test choices;

static char *text_of_decision(void)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    fprintf(out, "error %d epoch %d wants %zu of %d", response.error_code, response.member_epoch, wanted.set.count,
            wanted.epoch);
    for (size_t i = 0; i < decision.records.count; i++) {
        const struct key_and_value *r = &decision.records.items[i];
        fprintf(out, " %08x", kw_crc32c(0, r->key.data, (size_t)r->key.len));
        fprintf(out, " %08x", r->value.len > 0 ? kw_crc32c(0, r->value.data, (size_t)r->value.len) : 0);
    }
    for (int32_t i = 0; response.assignment != NULL && i < response.assignment->topic_partitions.len; i++)
        for (int32_t k = 0; k < response.assignment->topic_partitions.items[i].partitions.len; k++)
            fprintf(out, " gets %d-%d", response.assignment->topic_partitions.items[i].topic_id.bytes[0],
                    response.assignment->topic_partitions.items[i].partitions.items[k]);
    fclose(out);
    return text;
}

/* With too little memory the records fail, and with enough the answer is that of the decision that was made. */
static void decide_in_little_memory(struct group_machine *m, const kw_share_group_heartbeat_request *request,
                                    const struct share_group *before, char *expected)
{
    enum { STEP = 8 };
    static _Alignas(16) uint8_t block[2][64 * 1024];
    struct share_group *g = share_group_of(group_find(m, request->group_id));
    for (int i = 0; i < 2; i++) { /* of the records, and of the answer */
        kw_status status = KW_ERR_NO_MEMORY;
        for (size_t limit = 0; status != KW_OK; limit += STEP) {
            kw_arena for_records, for_answer;
            assert_true(limit <= sizeof block[0]);
            kw_arena_init(&for_records, block[0], i == 0 ? limit : sizeof block[0]);
            kw_arena_init(&for_answer, block[1], i == 1 ? limit : sizeof block[1]);
            record_out_init(&decision.records, &for_records);
            if (g != NULL) {
                g->may_assign = before->may_assign;
                g->must_look = before->must_look;
                g->may_initialize = before->may_initialize;
            }
            decide(m, request, &for_answer);
            status = decision.records.status;
            if (status == KW_OK) {
                char *text = text_of_decision();
                assert_string_equal(text, expected);
                free(text);
            }
        }
    }
}

static size_t tried; /* in little memory */

static void beat(struct group_machine *m, const kw_share_group_heartbeat_request *request)
{
    enum { MOST_TRIED = 300 };
    const struct share_group *g = share_group_of(group_find(m, request->group_id));
    const struct share_group before = g != NULL ? *g : (struct share_group){.member_count = 0};
    decide(m, request, &call_arena);
    assert_int_equal(decision.records.status, KW_OK);
    if (tried < MOST_TRIED && response.error_code == KW_ERROR_NONE) {
        char *text = text_of_decision();
        tried++;
        decide_in_little_memory(m, request, &before, text);
        free(text);
        if (g != NULL) {
            struct share_group *now = share_group_of(group_find(m, request->group_id));
            now->may_assign = before.may_assign;
            now->must_look = before.must_look;
            now->may_initialize = before.may_initialize;
        }
        forget_records();
        decide(m, request, &call_arena);
        assert_int_equal(decision.records.status, KW_OK);
    }
    assert_true(response.error_code == KW_ERROR_NONE || decision.records.count == 0);
}

/* ---- at random ---- */

static struct {
    struct key_and_value records[MOST_RECORDS];
    size_t count;
    kw_arena arena;
    struct coordinator_undo_list undo;
    char *before;
} pending;

static kw_bytes copy_bytes(kw_bytes from)
{
    uint8_t *to = from.len >= 0 ? kw_arena_alloc(&pending.arena, (size_t)from.len + 1) : NULL;
    if (to != NULL)
        memcpy(to, from.data, (size_t)from.len);
    return (kw_bytes){to, from.len};
}

static void replay_decision(void)
{
    for (size_t i = 0; i < decision.records.count; i++) {
        const struct key_and_value *r = &decision.records.items[i];
        assert_true(pending.count < MOST_RECORDS);
        pending.records[pending.count] = (struct key_and_value){copy_bytes(r->key), copy_bytes(r->value)};
        assert_int_equal(replay_one(machine, r, log_end + (int64_t)pending.count, &pending.undo), KW_OK);
        pending.count++;
    }
    forget_records();
}

static void random_beat(void)
{
    const char *group = group_ids[random_below(&choices, COUNT_OF(group_ids))];
    const char *member = member_ids[random_below(&choices, MEMBERS)];
    const struct share_group *g = share_group_of(group_find(machine, kw_string_of(group)));
    const struct share_slot *slot = g != NULL ? share_find(g, kw_string_of(member)) : NULL;
    int32_t epoch = slot != NULL ? share_epoch_of(slot) : 0;
    kw_string names[TOPICS];
    int32_t count = 0;
    for (size_t i = 0; i < TOPICS; i++)
        if (random_below(&choices, 2) == 0)
            names[count++] = kw_string_of(topic_names[i]);
    switch (random_below(&choices, 12)) {
    case 0:
        epoch = -1;
        break;
    case 1:
        epoch = (int32_t)random_below(&choices, 30);
        break;
    case 2:
        epoch = 0;
        break;
    default:
        break;
    }
    kw_share_group_heartbeat_request request = request_of(group, member, epoch);
    if (epoch == 0 || random_below(&choices, 8) == 0)
        request.subscribed_topic_names = (kw_string_array){names, count};
    if (random_below(&choices, 20) == 0)
        request.rack_id = kw_string_of("rack");
    beat(machine, &request);
    if (response.error_code == KW_ERROR_NONE && epoch >= 0)
        assert_true(response.member_epoch >= epoch || epoch == 0);
    replay_decision();
}

static void random_initialized(void)
{
    const char *group = group_ids[random_below(&choices, COUNT_OF(group_ids))];
    const struct share_group *g = share_group_of(group_find(machine, kw_string_of(group)));
    struct set_partition done[PARTITIONS * TOPICS], failed[PARTITIONS * TOPICS];
    size_t done_count = 0, failed_count = 0;
    if (g == NULL || g->topics == NULL)
        return;
    for (size_t i = 0; i < g->topics->initializing.count; i++) {
        if (random_below(&choices, 4) != 0)
            done[done_count++] = g->topics->initializing.items[i];
        else if (random_below(&choices, 2) == 0)
            failed[failed_count++] = g->topics->initializing.items[i];
    }
    share_topics_initialized(machine, &decision, kw_string_of(group), (struct partition_set){done, done_count},
                             (struct partition_set){failed, failed_count});
    replay_decision();
}

static void random_expiry(void)
{
    const char *group = group_ids[random_below(&choices, COUNT_OF(group_ids))];
    const struct share_group *g = share_group_of(group_find(machine, kw_string_of(group)));
    struct share_slot *slot =
        g != NULL ? share_find(g, kw_string_of(member_ids[random_below(&choices, MEMBERS)])) : NULL;
    if (slot == NULL)
        return;
    slot->deadline = decision.clock;
    share_session_ended(&slot->session, &decision);
    assert_true(decision.records.count != 0);
    replay_decision();
}

/* With the newest target: every initialized partition that is subscribed to has a member, who is subscribed to it. */
static void assert_assigned(const char *id)
{
    const struct share_group *g = share_group_of(group_find(machine, kw_string_of(id)));
    if (g == NULL)
        return;
    for (const struct share_slot *slot = share_first(g); slot != NULL; slot = share_next(slot)) {
        struct partition_set target = share_target_of(slot);
        for (size_t i = 0; i < target.count; i++)
            assert_true(g->topics != NULL && partition_set_find(g->topics->initialized, target.items[i].topic,
                                                                target.items[i].index) != NULL);
        assert_true(share_epoch_of(slot) <= g->epochs.epoch);
        if (slot->assignment != NULL && slot->assignment->epoch == g->epochs.target_epoch)
            assert_true(partition_set_has_all(target, slot->assignment->set));
    }
    if (g->topics != NULL)
        assert_false(partition_set_has_any(g->topics->initialized, g->topics->initializing));
}

static void end_batch(struct group_machine *replayed, bool is_written)
{
    if (is_written) {
        for (size_t i = 0; i < pending.count; i++)
            assert_int_equal(replay_one(replayed, &pending.records[i], log_end++, NULL), KW_OK);
        drop_all(machine, &pending.undo);
    } else {
        undo_all(machine, &pending.undo);
        expect_text(machine, pending.before);
    }
    free(pending.before);
    pending.before = text_of(machine);
    expect_text(replayed, pending.before);
    pending.count = 0;
    kw_arena_reset(&pending.arena);
    for (size_t i = 0; i < COUNT_OF(group_ids); i++)
        assert_assigned(group_ids[i]);
}

static void random_step(void)
{
    decision.now += 10;
    decision.clock += 10;
    switch (random_below(&choices, 20)) {
    case 0: {
        size_t topic = random_below(&choices, TOPICS);
        int32_t count = partition_counts[topic];
        bool is_deleted = count != 0 && random_below(&choices, 6) == 0;
        change_image(machine, topic, is_deleted ? 0 : count < PARTITIONS ? count + 1 : count);
        break;
    }
    case 1:
        random_expiry();
        break;
    case 2:
    case 3:
    case 4:
        random_initialized();
        break;
    default:
        random_beat();
    }
}

static void random_groups(void **state)
{
    (void)state;
    size_t written = 0, failed = 0;
    start();
    struct group_machine *replayed = make_machine();
    random_test_init(&choices, 932);
    kw_arena_init_growing(&pending.arena, NULL, 0, kw_allocator_libc(), 16 << 20);
    pending.before = text_of(machine);
    for (size_t i = 0; i < STEPS; i++) {
        random_step();
        if (random_below(&choices, 4) != 0 && pending.count < MOST_RECORDS / 2)
            continue;
        bool is_written = random_below(&choices, 4) != 0;
        *(is_written ? &written : &failed) += pending.count;
        end_batch(replayed, is_written);
    }
    end_batch(replayed, false);
    assert_true(written > STEPS / 10 && failed > STEPS / 60);
    free(pending.before);
    kw_arena_finish(&pending.arena);
    group_machine_destroy(replayed);
    end();
}

/* ---- one by one ---- */

static void apply(void)
{
    for (size_t i = 0; i < decision.records.count; i++)
        assert_int_equal(replay_one(machine, &decision.records.items[i], log_end++, NULL), KW_OK);
}

static void join(const char *member, const char *topic, int32_t epoch)
{
    kw_string name = kw_string_of(topic);
    kw_share_group_heartbeat_request request = request_of("g", member, epoch);
    request.subscribed_topic_names = (kw_string_array){&name, 1};
    forget_records();
    beat(machine, &request);
    apply();
}

static void stay(const char *member, int32_t epoch)
{
    kw_share_group_heartbeat_request request = request_of("g", member, epoch);
    forget_records();
    beat(machine, &request);
    apply();
}

static size_t assigned(void)
{
    assert_non_null(response.assignment);
    size_t count = 0;
    for (int32_t i = 0; i < response.assignment->topic_partitions.len; i++)
        count += (size_t)response.assignment->topic_partitions.items[i].partitions.len;
    return count;
}

static void finish_initializing(void)
{
    const struct share_group *g = share_group_of(group_find(machine, kw_string_of("g")));
    static const struct partition_set nothing = {NULL, 0};
    forget_records();
    share_topics_initialized(machine, &decision, kw_string_of("g"), g->topics->initializing, nothing);
    apply();
}

static void from_the_first_member_to_the_last(void **state)
{
    (void)state;
    start();
    join("m0", "alpha", 0);
    assert_int_equal(response.error_code, KW_ERROR_NONE);
    assert_int_equal(response.member_epoch, 2);
    assert_int_equal(response.heartbeat_interval_ms, 5000);
    assert_int_equal(assigned(), 0);
    assert_int_equal(wanted.set.count, 2);
    assert_int_equal(wanted.epoch, 2);
    assert_int_equal(wanted.starts[0], -1);
    stay("m0", 2); /* nothing more is wanted for a while */
    assert_int_equal(wanted.set.count, 0);
    assert_null(response.assignment);
    decision.clock += 30000;
    stay("m0", 2);
    assert_int_equal(wanted.set.count, 2);
    assert_int_equal(wanted.starts[1], -1);
    finish_initializing();
    stay("m0", 2);
    assert_int_equal(response.member_epoch, 3);
    assert_int_equal(assigned(), 2);
    stay("m0", 2); /* its last answer may have been lost */
    assert_int_equal(response.error_code, KW_ERROR_NONE);
    assert_int_equal(response.member_epoch, 3);
    change_image(machine, 0, 3);
    stay("m0", 3);
    assert_int_equal(wanted.set.count, 1);
    assert_int_equal(wanted.starts[0], 0); /* it has been added since */
    finish_initializing();
    stay("m0", 3);
    stay("m0", response.member_epoch);
    join("m1", "alpha", 0);
    int32_t second = response.member_epoch;
    assert_int_equal(assigned(), 1);
    stay("m0", second - 1);
    assert_int_equal(assigned(), 2);
    stay("m1", -1);
    assert_int_equal(response.member_epoch, -1);
    stay("m1", second);
    assert_int_equal(response.error_code, KW_ERROR_UNKNOWN_MEMBER_ID);
    stay("m0", second);
    assert_int_equal(assigned(), 3);
    stay("m0", -1);
    const struct share_group *g = share_group_of(group_find(machine, kw_string_of("g")));
    assert_string_equal(share_state_name(g), "Empty");
    assert_int_equal(g->epochs.target_epoch, g->epochs.epoch);
    assert_int_equal(g->epochs.target_time, 0);
    forget_records();
    share_kind.remove(machine, &decision, g->group);
    apply();
    assert_null(group_find(machine, kw_string_of("g")));
    end();
}

/* Who joins meanwhile waits for it without partitions. */
static void a_target_is_computed_at_intervals(void **state)
{
    (void)state;
    start();
    machine->settings.share.assignment_interval.value = 5000;
    join("m0", "alpha", 0);
    finish_initializing();
    stay("m0", 2);
    assert_int_equal(response.member_epoch, 2); /* the target is from before */
    join("m1", "alpha", 0);
    assert_int_equal(response.error_code, KW_ERROR_NONE);
    assert_int_equal(assigned(), 0);
    const struct share_group *g = share_group_of(group_find(machine, kw_string_of("g")));
    assert_null(share_find(g, kw_string_of("m1"))->target);
    assert_int_equal(g->epochs.target_epoch, 2);
    decision.now += 4999;
    stay("m0", 2);
    assert_int_equal(g->epochs.target_epoch, 2);
    decision.now++;
    stay("m0", 2);
    assert_int_equal(g->epochs.target_epoch, g->epochs.epoch);
    assert_int_equal(response.member_epoch, g->epochs.epoch);
    assert_int_equal(assigned(), 1);
    stay("m1", 2);
    assert_int_equal(response.member_epoch, g->epochs.epoch);
    assert_int_equal(assigned(), 1);
    end();
}

/* As others may have written it: the group stays. */
static void a_target_that_is_removed(void **state)
{
    (void)state;
    start();
    join("m0", "alpha", 0);
    finish_initializing();
    stay("m0", response.member_epoch);
    const struct share_group *g = share_group_of(group_find(machine, kw_string_of("g")));
    assert_true(g->epochs.target_epoch > 0 && g->epochs.target_time > 0);
    forget_records();
    group_records_remove_group(&decision.records, KW_SHARE_GROUP_TARGET_ASSIGNMENT_METADATA_KEY_TYPE,
                               kw_string_of("g"));
    apply();
    g = share_group_of(group_find(machine, kw_string_of("g")));
    assert_int_equal(g->epochs.target_epoch, -1);
    assert_int_equal(g->epochs.target_time, 0);
    assert_int_equal(g->member_count, 1);
    end();
}

/* Partitions are added one by one to those whose states are being initialized. */
static void offsets_of_single_partitions(void **state)
{
    (void)state;
    start();
    for (int32_t i = 0; i < 2; i++) {
        const struct set_partition one = {{{9}}, 1 - i, 0};
        int32_t epoch;
        forget_records();
        struct refusal refusal =
            share_offsets_alter(&decision, kw_string_of("g"), (struct partition_set){&one, 1}, &epoch, &call_arena);
        assert_int_equal(refusal.error, KW_ERROR_NONE);
        apply();
        const struct share_group *g = share_group_of(group_find(machine, kw_string_of("g")));
        assert_int_equal(g->topics->initializing.count, i + 1);
        for (int32_t k = 0; k <= i; k++) {
            assert_int_equal(g->topics->initializing.items[k].topic.bytes[0], 9);
            assert_int_equal(g->topics->initializing.items[k].index, i == 0 ? 1 : k);
        }
    }
    end();
}

static void expect_refusal(const kw_share_group_heartbeat_request *request, int16_t error, const char *message)
{
    forget_records();
    beat(machine, request);
    assert_int_equal(response.error_code, error);
    assert_int_equal(response.error_message.len, strlen(message));
    assert_memory_equal(response.error_message.data, message, strlen(message));
    assert_int_equal(decision.records.count, 0);
}

static void what_is_refused(void **state)
{
    (void)state;
    kw_string name = kw_string_of("alpha");
    start();
    kw_share_group_heartbeat_request r = request_of("g", " ", 0);
    expect_refusal(&r, KW_ERROR_INVALID_REQUEST, "MemberId can't be empty.");
    r = request_of("", "m0", 0);
    expect_refusal(&r, KW_ERROR_INVALID_REQUEST, "GroupId can't be empty.");
    r = request_of("g", "m0", 0);
    r.rack_id = kw_string_of("");
    expect_refusal(&r, KW_ERROR_INVALID_REQUEST, "RackId can't be empty.");
    r = request_of("g", "m0", 0);
    expect_refusal(&r, KW_ERROR_INVALID_REQUEST, "SubscribedTopicNames must be set in first request.");
    r.member_epoch = -2;
    expect_refusal(&r, KW_ERROR_INVALID_REQUEST, "MemberEpoch is invalid.");
    r.member_epoch = 1;
    expect_refusal(&r, KW_ERROR_GROUP_ID_NOT_FOUND, "Share group g not found.");
    r.member_epoch = -1;
    expect_refusal(&r, KW_ERROR_GROUP_ID_NOT_FOUND, "Group g not found.");
    join("m0", "alpha", 0);
    join("m1", "alpha", 0);
    assert_int_equal(response.member_epoch, 3);
    r = request_of("g", "m0", 7);
    expect_refusal(&r, KW_ERROR_FENCED_MEMBER_EPOCH,
                   "The share group member has a greater member epoch (7) than the one known by the group coordinator "
                   "(2). The member must abandon all its partitions and rejoin.");
    stay("m0", 2);
    join("m2", "alpha", 0);
    stay("m0", 3);
    r = request_of("g", "m0", 2);
    expect_refusal(&r, KW_ERROR_FENCED_MEMBER_EPOCH,
                   "The share group member has a smaller member epoch (2) than the one known by the group coordinator "
                   "(4), and it does not match the previous member epoch (3). The member must abandon all its "
                   "partitions and rejoin.");
    join("m3", "alpha", 0);
    r = request_of("g", "m4", 0);
    r.subscribed_topic_names = (kw_string_array){&name, 1};
    expect_refusal(&r, KW_ERROR_GROUP_MAX_SIZE_REACHED,
                   "The share group has reached its maximum capacity of 4 members.");
    machine->settings.share.max_size = 5;
    budget.limit = 0;
    expect_refusal(&r, KW_ERROR_COORDINATOR_NOT_AVAILABLE, "There is no memory for another member.");
    budget.limit = SIZE_MAX;
    add_offset("simple", "alpha", 0, &(struct offset_value){.offset = 1, .expire_ms = -1});
    assert_int_equal(replay_records(machine, log_end++, KW_NO_PRODUCER_ID, NULL), KW_OK);
    r.group_id = kw_string_of("simple");
    expect_refusal(&r, KW_ERROR_GROUP_ID_NOT_FOUND, "Group simple is not a share group.");
    end();
}

/* That is no shortage of memory. */
static void a_group_without_topics(void **state)
{
    (void)state;
    const struct metadata_parts parts = {.epoch = -1};
    const struct metadata_image *empty = metadata_image_create(&parts);
    struct partition_set out = {NULL, 1};
    kw_arena arena;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), 1 << 16);
    assert_non_null(empty);
    assert_true(share_topics_assignable(empty, NULL, (kw_string_array){NULL, 0}, &arena, &out));
    assert_int_equal(out.count, 0);
    kw_arena_finish(&arena);
    metadata_image_release(empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_groups),
        cmocka_unit_test(from_the_first_member_to_the_last),
        cmocka_unit_test(a_target_is_computed_at_intervals),
        cmocka_unit_test(a_target_that_is_removed),
        cmocka_unit_test(offsets_of_single_partitions),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(a_group_without_topics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
