/* SPDX-License-Identifier: Apache-2.0 */
/* What a member gets next is what Kafka's CurrentAssignmentBuilder says, in thousands of cases. */
#include "../../../support/kafka_answers.h"

#include <kwire/error.h>

#include "coordinator/group/consumer/consumer_reconcile.h"
#include "coordinator/machine.h"

enum { TOPICS = 2, PARTITIONS = 3, ALL = TOPICS * PARTITIONS, MEMORY = 64 * 1024 };

static kw_uuid topic_id(size_t topic)
{
    kw_uuid id = {{0}};
    id.bytes[7] = id.bytes[15] = (uint8_t)(topic + 1);
    return id;
}

static struct set_partition partition(size_t number, int32_t epoch)
{
    return (struct set_partition){topic_id(number / PARTITIONS), (int32_t)(number % PARTITIONS), epoch};
}

/* "1,-,3,...": the epoch of each partition that is in the set. */
static struct partition_set epochs_of(char *text, struct set_partition items[ALL])
{
    size_t count = 0, number = 0;
    for (char *at = text; at != NULL; number++) {
        char *comma = strchr(at, ',');
        if (*at != '-')
            items[count++] = partition(number, (int32_t)strtol(at, NULL, 10));
        at = comma != NULL ? comma + 1 : NULL;
    }
    assert_int_equal(number, ALL);
    return (struct partition_set){items, count};
}

static struct partition_set bits_of(long bits, struct set_partition items[ALL])
{
    size_t count = 0;
    for (size_t i = 0; i < ALL; i++)
        if ((bits >> i & 1) != 0)
            items[count++] = partition(i, 0);
    return (struct partition_set){items, count};
}

struct question {
    struct consumer_member member;
    struct set_partition assigned[ALL], revoking[ALL], target[ALL], owned[ALL], others[ALL];
    kw_uuid topics[TOPICS];
    struct partition_owners owners;
    struct reconcile_input in;
};

static void read_question(struct question *q, const struct answers *a)
{
    memset(q, 0, sizeof *q);
    q->member = consumer_member_new(kw_string_of("m"));
    q->member.state = (enum consumer_member_state)answer_number(a, 0);
    q->member.epoch = (int32_t)answer_number(a, 1);
    q->member.previous_epoch = (int32_t)answer_number(a, 2);
    q->member.assigned = epochs_of(a->words[6], q->assigned);
    q->member.revoking = epochs_of(a->words[7], q->revoking);
    q->in = (struct reconcile_input){
        .member = &q->member,
        .target_epoch = (int32_t)answer_number(a, 3),
        .has_changed_subscription = answer_number(a, 4) == 1,
        .topics = q->topics,
        .target = bits_of(answer_number(a, 8), q->target),
        .says_owned = answer_number(a, 10) >= 0,
        .owners = &q->owners,
    };
    for (size_t t = 0; t < TOPICS; t++)
        if ((answer_number(a, 5) >> t & 1) != 0)
            q->topics[q->in.topic_count++] = topic_id(t);
    if (q->in.says_owned)
        q->in.owned = bits_of(answer_number(a, 10), q->owned);
    assert_true(partition_owners_reserve(&q->owners, 2 * ALL));
    partition_owners_put(&q->owners, q->member.assigned);
    partition_owners_put(&q->owners, q->member.revoking);
    partition_owners_put(&q->owners, bits_of(answer_number(a, 9), q->others));
}

static void assert_answer(const struct answers *a, const struct reconciled *out)
{
    struct set_partition assigned[ALL], revoking[ALL];
    assert_int_equal(out->state, answer_number(a, 12));
    assert_int_equal(out->epoch, answer_number(a, 13));
    assert_int_equal(out->previous_epoch, answer_number(a, 14));
    assert_true(partition_set_same(out->assigned, epochs_of(a->words[15], assigned)));
    assert_true(partition_set_same(out->revoking, epochs_of(a->words[16], revoking)));
}

static void as_kafka(void **state)
{
    static struct answers a;
    kw_arena arena;
    size_t fenced = 0;
    (void)state;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), MEMORY);
    answers_open(&a, "group-reconcile.txt");
    while (answers_next(&a)) {
        struct question q;
        struct reconciled out;
        read_question(&q, &a);
        int16_t error = consumer_reconcile(&q.in, &arena, &out);
        if (strcmp(a.words[12], "fenced") == 0) {
            assert_int_equal(error, KW_ERROR_FENCED_MEMBER_EPOCH);
            fenced++;
        } else {
            assert_int_equal(error, KW_ERROR_NONE);
            assert_answer(&a, &out);
        }
        partition_owners_finish(&q.owners);
        kw_arena_reset(&arena);
    }
    assert_int_equal(a.lines, 2500);
    assert_true(fenced > 10);
    kw_arena_finish(&arena);
}

static void short_memory(void **state)
{
    static struct answers a;
    static uint64_t block[512];
    kw_arena arena;
    (void)state;
    answers_open(&a, "group-reconcile.txt");
    while (answers_next(&a)) {
        struct question q;
        struct reconciled out;
        int16_t error = COORDINATOR_NO_MEMORY;
        read_question(&q, &a);
        for (size_t size = 0; size < sizeof block && error == COORDINATOR_NO_MEMORY; size += 8) {
            kw_arena_init(&arena, block, size);
            error = consumer_reconcile(&q.in, &arena, &out);
            assert_true((error == COORDINATOR_NO_MEMORY) == (kw_arena_status(&arena) != KW_OK));
        }
        assert_int_not_equal(error, COORDINATOR_NO_MEMORY);
        partition_owners_finish(&q.owners);
    }
}

/* Every topic is found among those that a member is subscribed to, and no other one is. */
static void many_topics(void **state)
{
    enum { MANY = 9 };
    struct set_partition has[MANY], target[2 * MANY];
    kw_uuid topics[MANY];
    struct consumer_member member = consumer_member_new(kw_string_of("m"));
    const struct partition_owners nobody = {NULL, 0, 0};
    struct reconciled out;
    kw_arena arena;
    (void)state;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), MEMORY);
    for (size_t count = 0; count <= MANY; count++) {
        for (size_t i = 0; i < count; i++) {
            topics[i] = topic_id(2 * i + 1);
            has[i] = (struct set_partition){topics[i], 0, 1};
        }
        for (size_t i = 0; i < 2 * count; i++)
            target[i] = (struct set_partition){topic_id(i), 0, 0}; /* each second one is not subscribed to */
        member.assigned = (struct partition_set){has, count};
        const struct reconcile_input in = {.member = &member,
                                           .target_epoch = 2,
                                           .target = {target, 2 * count},
                                           .topics = topics,
                                           .topic_count = count,
                                           .owners = &nobody};
        assert_int_equal(consumer_reconcile(&in, &arena, &out), KW_ERROR_NONE);
        assert_int_equal(out.state, MEMBER_STABLE);
        assert_true(partition_set_same(out.assigned, member.assigned));
    }
    kw_arena_finish(&arena);
}

/* ---- owners ---- */

static void owners_come_and_go(void **state)
{
    enum { MANY = 500 };
    struct partition_owners owners = {NULL, 0, 0};
    (void)state;
    assert_false(partition_owners_has(&owners, topic_id(0), 0));
    for (int round = 0; round < 3; round++) {
        for (int32_t i = 0; i < MANY; i++) {
            struct set_partition p = {topic_id(0), i, 0};
            assert_true(partition_owners_reserve(&owners, 1));
            partition_owners_put(&owners, (struct partition_set){&p, 1});
        }
        assert_int_equal(owners.used, MANY);
        for (int32_t i = 0; i < MANY; i++) {
            struct set_partition p = {topic_id(0), (i * 7) % MANY, 0};
            struct partition_set set = {&p, 1};
            partition_owners_put(&owners, set); /* a second member */
            assert_int_equal(owners.used, MANY - i);
            partition_owners_take(&owners, set);
            assert_true(partition_owners_has(&owners, p.topic, p.index));
            partition_owners_take(&owners, set);
            assert_false(partition_owners_has(&owners, p.topic, p.index));
        }
        assert_int_equal(owners.used, 0);
    }
    partition_owners_finish(&owners);
}

static void sets(void **state)
{
    struct set_partition items[] = {partition(4, 1), partition(0, 2), partition(4, 3), partition(2, 4)};
    (void)state;
    struct partition_set set = partition_set_of(items, COUNT_OF(items));
    assert_int_equal(set.count, 3);
    assert_non_null(partition_set_find(set, topic_id(1), 1));
    assert_null(partition_set_find(set, topic_id(1), 2));
    assert_int_equal(partition_set_topics(set), 2);
    assert_int_equal(partition_set_topic_end(set, 0), 2);
    struct partition_set part = {items + 1, 2};
    assert_true(partition_set_has_all(set, part));
    assert_false(partition_set_has_all(part, set));
    assert_true(partition_set_has_any(part, set));
    assert_false(partition_set_has_any((struct partition_set){items, 1}, part));
    assert_false(partition_set_equal(set, part));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_kafka), cmocka_unit_test(short_memory),
                                       cmocka_unit_test(many_topics), cmocka_unit_test(owners_come_and_go),
                                       cmocka_unit_test(sets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
