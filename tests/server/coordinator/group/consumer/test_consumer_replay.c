/* SPDX-License-Identifier: Apache-2.0 */
/* Records of consumer groups in any order, as damaged or foreign logs may have them: nothing but what they say is in
 * memory, and undoing them gives back what was there before. */
#include "consumer_support.h"

#include <kwire/messages/consumer_group_partition_metadata_key.h>
#include <kwire/messages/consumer_group_partition_metadata_value.h>

#include "coordinator/group/consumer/consumer_records.h"

enum { RUNS = 300, STEPS = 60, MOST_RECORDS = 8, RECORD_MEMORY = 1024 * 1024 };

static const char *const group_ids[] = {"g", "h"};
static const char *const member_texts[] = {"a", "b", "c", "d"};
static const char *const patterns[] = {"t.*", "t0", "x"};
static kw_string topic_names[] = {{"t0", 2}, {"t1", 2}, {"t2", 2}};

static struct random_test choices;
static kw_arena record_arena;
static struct record_out records;

static kw_string one_of(const char *const *texts, size_t count)
{
    return kw_string_of(texts[random_below(&choices, count)]);
}

static struct partition_set random_set(void)
{
    static struct set_partition items[2][4];
    static int turn;
    turn = 1 - turn;
    size_t count = random_below(&choices, COUNT_OF(items[0]) + 1);
    for (size_t i = 0; i < count; i++) {
        memset(&items[turn][i], 0, sizeof items[turn][i]);
        items[turn][i].topic.bytes[0] = (uint8_t)random_below(&choices, 2);
        items[turn][i].index = (int32_t)random_below(&choices, 4) - (random_below(&choices, 20) == 0);
        items[turn][i].epoch = (int32_t)random_below(&choices, 5);
    }
    return partition_set_of(items[turn], count);
}

static kw_string_array random_names(void)
{
    size_t first = random_below(&choices, COUNT_OF(topic_names));
    return (kw_string_array){topic_names + first, (int32_t)random_below(&choices, COUNT_OF(topic_names) - first + 1)};
}

static struct consumer_member random_member(void)
{
    static const char *const instances[] = {"i", "j"};
    static const char *const assignors[] = {"range", "uniform", "foreign"};
    static const struct member_protocol protocol = {{"range", 5}, {(const uint8_t *)"xy", 2}};
    struct consumer_member m = consumer_member_new(one_of(member_texts, COUNT_OF(member_texts)));
    if (random_below(&choices, 3) == 0)
        m.instance_id = one_of(instances, COUNT_OF(instances));
    if (random_below(&choices, 2) == 0)
        m.pattern = one_of(patterns, COUNT_OF(patterns));
    if (random_below(&choices, 2) == 0)
        m.assignor = one_of(assignors, COUNT_OF(assignors));
    m.names = random_names();
    m.is_classic = random_below(&choices, 5) == 0;
    m.classic_protocols = &protocol;
    m.classic_protocol_count = m.is_classic;
    m.epoch = (int32_t)random_below(&choices, 8) - 2;
    m.state = (enum consumer_member_state)random_below(&choices, 5);
    m.assigned = random_set();
    m.revoking = random_set(); /* may be the same partitions */
    return m;
}

static void add_old_metadata(kw_string group)
{
    kw_consumer_group_partition_metadata_key key;
    kw_consumer_group_partition_metadata_value value;
    kw_consumer_group_partition_metadata_key_init(&key);
    kw_consumer_group_partition_metadata_value_init(&value);
    key.group_id = group;
    group_records_add(&records, KW_CONSUMER_GROUP_PARTITION_METADATA_KEY_TYPE, &key, &value);
}

static void add_record(void)
{
    kw_string group = one_of(group_ids, COUNT_OF(group_ids));
    const struct consumer_member member = random_member();
    const struct resolved_topics resolved = {3, 4, random_names()};
    switch (random_below(&choices, 14)) {
    case 0:
        consumer_records_add_epoch(&records, group, (int32_t)random_below(&choices, 9), 5);
        break;
    case 1:
        consumer_records_add_target_epoch(&records, group, (int32_t)random_below(&choices, 9), 7);
        break;
    case 2:
        add_old_metadata(group);
        break;
    case 3:
        group_records_remove_group(&records, KW_CONSUMER_GROUP_PARTITION_METADATA_KEY_TYPE, group);
        break;
    case 4:
        consumer_records_remove_member(&records, group, member.id);
        break;
    case 5:
        consumer_records_add_target(&records, group, member.id, member.assigned);
        break;
    case 6:
        consumer_records_add_pattern(&records, group, one_of(patterns, COUNT_OF(patterns)), &resolved);
        break;
    case 7:
        consumer_records_remove_pattern(&records, group, one_of(patterns, COUNT_OF(patterns)));
        break;
    case 8:
        if (consumer_group_of(group_find(machine, group)) != NULL && random_below(&choices, 3) == 0)
            consumer_records_remove_group(&records, consumer_group_of(group_find(machine, group)), NULL,
                                          (kw_string){NULL, -1});
        break;
    case 9:
    case 10:
    case 11:
        consumer_records_add_assignment(&records, group, &member);
        break;
    default:
        consumer_records_add_member(&records, group, &member);
    }
}

static void replay_all(struct coordinator_undo_list *undo)
{
    assert_int_equal(records.status, KW_OK);
    for (size_t i = 0; i < records.count; i++) {
        const struct coordinator_record record = {records.items[i].key, records.items[i].value, (int64_t)i,
                                                  KW_NO_PRODUCER_ID, -1};
        assert_int_equal(group_machine_calls.replay(machine, &record, undo), KW_OK);
    }
}

/* What the group counts is what its members say, whatever that is. */
static void assert_counted(void)
{
    for (size_t i = 0; i < COUNT_OF(group_ids); i++) {
        const struct consumer_group *g = consumer_group_of(group_find(machine, kw_string_of(group_ids[i])));
        size_t members = 0, classic = 0;
        for (const struct consumer_slot *s = g != NULL ? consumer_first(g) : NULL; s != NULL; s = consumer_next(s)) {
            members++;
            classic += s->member->is_classic;
            for (size_t p = 0; p < s->member->assigned.count; p++)
                assert_true(partition_owners_has(&g->owners, s->member->assigned.items[p].topic,
                                                 s->member->assigned.items[p].index));
        }
        assert_int_equal(members, g != NULL ? g->member_count : 0);
        assert_int_equal(classic, g != NULL ? g->classic_count : 0);
        assert_true(members != 0 || g == NULL || (g->owners.used == 0 && g->pattern_count == 0));
    }
}

static void step(void)
{
    struct coordinator_undo_list undo = {NULL};
    bool is_undone = random_below(&choices, 2) == 0, is_loading = random_below(&choices, 4) == 0;
    char *before = print_groups(machine, group_ids, COUNT_OF(group_ids));
    record_out_init(&records, &record_arena);
    for (size_t i = random_below(&choices, MOST_RECORDS) + 1; i > 0; i--)
        add_record();
    replay_all(is_loading ? NULL : &undo);
    assert_counted();
    for (struct coordinator_undo *u = undo.newest, *older; u != NULL; u = older) {
        older = u->older;
        (is_undone ? u->put_back : u->drop)(u, machine);
    }
    assert_counted();
    char *after = print_groups(machine, group_ids, COUNT_OF(group_ids));
    if (is_undone && !is_loading)
        assert_string_equal(before, after);
    free(before);
    free(after);
    kw_arena_reset(&record_arena);
}

static void any_order(void **state)
{
    (void)state;
    kw_arena_init_growing(&record_arena, NULL, 0, kw_allocator_libc(), RECORD_MEMORY);
    for (uint64_t run = 1; run <= RUNS; run++) {
        random_test_init(&choices, run);
        atomic_init(&budget.used, 0);
        budget.limit = SIZE_MAX;
        machine = make_machine();
        for (int i = 0; i < STEPS; i++)
            step();
        group_machine_destroy(machine);
        assert_int_equal(atomic_load(&budget.used), 0);
    }
    kw_arena_finish(&record_arena);
}

/* What is written of a member is what is read of it. */
static void members_as_they_were_written(void **state)
{
    (void)state;
    static const struct member_protocol protocols[] = {{{"range", 5}, {(const uint8_t *)"xy", 2}},
                                                       {{"sticky", 6}, {(const uint8_t *)"z", 1}}};
    kw_arena_init_growing(&record_arena, NULL, 0, kw_allocator_libc(), RECORD_MEMORY);
    atomic_init(&budget.used, 0);
    budget.limit = SIZE_MAX;
    random_test_init(&choices, 1);
    machine = make_machine();
    for (int i = 0; i < RUNS; i++) {
        struct consumer_member member = random_member();
        member.rack = i % 2 == 0 ? kw_string_of("rack") : member.rack;
        member.client_id = kw_string_of("client");
        member.client_host = kw_string_of("/127.0.0.1");
        member.rebalance_timeout_ms = 1000 + i;
        member.classic_session_timeout_ms = member.is_classic ? 500 + i : 0;
        member.classic_protocols = protocols;
        member.classic_protocol_count = member.is_classic ? random_below(&choices, COUNT_OF(protocols) + 1) : 0;
        member.previous_epoch = member.epoch - 1;
        member.state = (enum consumer_member_state)random_below(&choices, 3);
        record_out_init(&records, &record_arena);
        consumer_records_add_member(&records, kw_string_of("g"), &member);
        consumer_records_add_assignment(&records, kw_string_of("g"), &member);
        replay_all(NULL);
        const struct consumer_group *g = consumer_group_of(group_find(machine, kw_string_of("g")));
        assert_non_null(g);
        const struct consumer_slot *slot = consumer_find(g, member.id);
        assert_non_null(slot);
        assert_true(consumer_member_says_same(slot->member, &member));
        assert_true(consumer_member_has_same(slot->member, &member));
        assert_true(kw_string_equal(slot->member->id, member.id));
        kw_arena_reset(&record_arena);
    }
    group_machine_destroy(machine);
    assert_int_equal(atomic_load(&budget.used), 0);
    kw_arena_finish(&record_arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(any_order), cmocka_unit_test(members_as_they_were_written)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
