/* SPDX-License-Identifier: Apache-2.0 */
/* The range assignor is Kafka's, partition by partition. The uniform ones need not be, but must be balanced, complete,
 * and move no more than they have to. */
#include "../../../support/kafka_answers.h"
#include "../../../support/random_test.h"

#include "coordinator/group/assignors/assignor.h"

enum { MOST_TOPICS = 12, MOST_MEMBERS = 40, MOST_PARTITIONS = 400, MEMORY = 4 * 1024 * 1024 };

struct question {
    struct assignor_topic topics[MOST_TOPICS];
    struct assignor_member members[MOST_MEMBERS];
    uint32_t subscribed[MOST_MEMBERS][MOST_TOPICS];
    char texts[MOST_MEMBERS][2][32];
    int32_t owners[MOST_PARTITIONS];
    int32_t answer[MOST_PARTITIONS];
    struct assignor_input in;
};

static struct question q;
static struct random_test choices;
static kw_arena arena;

static void start_question(void)
{
    memset(&q, 0, sizeof q);
    q.in = (struct assignor_input){.topics = q.topics, .members = q.members, .owners = q.owners};
}

static void add_topic(kw_uuid id, uint32_t partitions)
{
    assert_true(q.in.topic_count < MOST_TOPICS && q.in.partition_count + partitions <= MOST_PARTITIONS);
    q.topics[q.in.topic_count++] = (struct assignor_topic){id, (uint32_t)q.in.partition_count, partitions};
    for (uint32_t i = 0; i < partitions; i++)
        q.owners[q.in.partition_count++] = NO_MEMBER;
}

static void add_member(const char *id, const char *instance_id)
{
    size_t at = q.in.member_count++;
    assert_true(at < MOST_MEMBERS);
    (void)snprintf(q.texts[at][0], sizeof q.texts[at][0], "%s", id);
    q.members[at] = (struct assignor_member){kw_string_of(q.texts[at][0]), {NULL, -1}, q.subscribed[at], 0};
    if (instance_id == NULL)
        return;
    (void)snprintf(q.texts[at][1], sizeof q.texts[at][1], "%s", instance_id);
    q.members[at].instance_id = kw_string_of(q.texts[at][1]);
}

/* The newest member; in ascending order. */
static void subscribe(uint32_t topic)
{
    struct assignor_member *member = &q.members[q.in.member_count - 1];
    q.subscribed[q.in.member_count - 1][member->topic_count++] = topic;
}

static void look_at_subscriptions(void)
{
    q.in.is_homogeneous = true;
    for (size_t i = 0; i < q.in.member_count; i++)
        q.in.is_homogeneous = q.in.is_homogeneous && q.members[i].topic_count == q.in.topic_count;
}

static void ask(assignor *assign)
{
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), MEMORY);
    assert_true(assign(&q.in, &arena, q.answer));
    kw_arena_finish(&arena);
}

/* ---- range ---- */

static void range_is_kafkas(void **state)
{
    struct answers a;
    uint32_t topic = 0;
    size_t cases = 0;
    (void)state;
    answers_open(&a, "group-range.txt");
    while (answers_next(&a)) {
        if (strcmp(a.words[0], "case") == 0) {
            start_question();
            topic = 0;
            cases++;
        } else if (strcmp(a.words[0], "topic") == 0) {
            add_topic(answer_uuid(&a, 1), (uint32_t)answer_number(&a, 2));
        } else if (strcmp(a.words[0], "member") == 0) {
            add_member(a.words[1], strcmp(a.words[2], "-") != 0 ? a.words[2] : NULL);
            for (size_t i = 3; i < a.count; i++)
                subscribe((uint32_t)answer_number(&a, i));
        } else {
            assert_string_equal(a.words[0], "owners");
            if (topic == 0)
                ask(assign_range);
            assert_int_equal(a.count - 1, q.topics[topic].partitions);
            for (uint32_t p = 0; p < q.topics[topic].partitions; p++)
                assert_int_equal(q.answer[q.topics[topic].first + p], answer_number(&a, p + 1));
            topic++;
        }
    }
    assert_int_equal(cases, 120);
}

/* ---- uniform ---- */

static bool is_subscribed(int32_t member, uint32_t topic)
{
    for (size_t i = 0; i < q.members[member].topic_count; i++)
        if (q.subscribed[member][i] == topic)
            return true;
    return false;
}

static bool has_subscriber(uint32_t topic)
{
    for (size_t i = 0; i < q.in.member_count; i++)
        if (is_subscribed((int32_t)i, topic))
            return true;
    return false;
}

static void ask_at_random(bool homogeneous)
{
    start_question();
    size_t topics = 1 + random_below(&choices, MOST_TOPICS), members = 1 + random_below(&choices, MOST_MEMBERS);
    for (size_t t = 0; t < topics; t++) {
        kw_uuid id = {{(uint8_t)random_next(&choices), (uint8_t)t}};
        add_topic(id, (uint32_t)(1 + random_below(&choices, 30)));
    }
    for (size_t i = 0; i < members; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "m%zu", i);
        add_member(id, NULL);
        for (uint32_t t = 0; t < topics; t++)
            if (homogeneous || random_below(&choices, 3) != 0)
                subscribe(t);
    }
    for (uint32_t t = 0; t < topics; t++)
        if (!has_subscriber(t)) {
            q.members[members - 1].topic_count = 0;
            for (uint32_t all = 0; all < topics; all++)
                subscribe(all);
        }
    look_at_subscriptions();
    for (uint32_t t = 0; t < topics; t++)
        for (uint32_t p = 0; p < q.topics[t].partitions; p++) {
            int32_t owner = (int32_t)random_below(&choices, members + 1) - 1;
            if (random_below(&choices, 3) == 0)
                owner = 0; /* one has more than others */
            if (owner != NO_MEMBER && is_subscribed(owner, t))
                q.owners[q.topics[t].first + p] = owner;
        }
}

static void count(const int32_t *owners, uint32_t *sizes)
{
    memset(sizes, 0, MOST_MEMBERS * sizeof *sizes);
    for (size_t p = 0; p < q.in.partition_count; p++)
        if (owners[p] != NO_MEMBER)
            sizes[owners[p]]++;
}

static void assert_complete(void)
{
    for (uint32_t t = 0; t < q.in.topic_count; t++)
        for (uint32_t p = 0; p < q.topics[t].partitions; p++) {
            int32_t owner = q.answer[q.topics[t].first + p];
            assert_true(owner >= 0 && (size_t)owner < q.in.member_count && is_subscribed(owner, t));
        }
}

/* How many partitions can stay at most while the sizes differ by one at most. */
static size_t most_that_stay(void)
{
    uint32_t before[MOST_MEMBERS], quota = (uint32_t)(q.in.partition_count / q.in.member_count);
    size_t extras = q.in.partition_count % q.in.member_count, most = 0, above = 0;
    count(q.owners, before);
    for (size_t i = 0; i < q.in.member_count; i++) {
        most += before[i] < quota ? before[i] : quota;
        above += before[i] > quota;
    }
    return most + (above < extras ? above : extras);
}

static size_t that_stay(void)
{
    size_t stay = 0;
    for (size_t p = 0; p < q.in.partition_count; p++)
        stay += q.owners[p] != NO_MEMBER && q.owners[p] == q.answer[p];
    return stay;
}

static void equal_subscriptions(void **state)
{
    uint32_t sizes[MOST_MEMBERS];
    (void)state;
    random_test_init(&choices, 1);
    for (int run = 0; run < 3000; run++) {
        ask_at_random(true);
        ask(assign_uniform);
        assert_complete();
        count(q.answer, sizes);
        uint32_t quota = (uint32_t)(q.in.partition_count / q.in.member_count);
        for (size_t i = 0; i < q.in.member_count; i++)
            assert_in_range(sizes[i], quota, quota + (q.in.partition_count % q.in.member_count != 0));
        assert_int_equal(that_stay(), most_that_stay());
    }
}

static void assert_nothing_improves(void)
{
    uint32_t sizes[MOST_MEMBERS];
    count(q.answer, sizes);
    for (uint32_t t = 0; t < q.in.topic_count; t++)
        for (uint32_t p = 0; p < q.topics[t].partitions; p++)
            for (size_t i = 0; i < q.in.member_count; i++)
                if (is_subscribed((int32_t)i, t))
                    assert_true(sizes[q.answer[q.topics[t].first + p]] <= sizes[i] + 1);
}

static void mixed_subscriptions(void **state)
{
    (void)state;
    random_test_init(&choices, 2);
    for (int run = 0; run < 3000; run++) {
        ask_at_random(false);
        ask(assign_uniform_mixed);
        assert_complete();
        assert_nothing_improves();
    }
}

/* What is balanced stays as it is. */
static void nothing_moves_twice(void **state)
{
    (void)state;
    random_test_init(&choices, 3);
    for (int run = 0; run < 1000; run++) {
        ask_at_random(run % 2 == 0);
        ask(assign_uniform);
        memcpy(q.owners, q.answer, sizeof q.owners);
        ask(assign_uniform);
        assert_memory_equal(q.owners, q.answer, q.in.partition_count * sizeof *q.owners);
    }
}

static void a_member_of_each_topic_only(void **state)
{
    (void)state;
    start_question();
    for (uint8_t t = 0; t < 3; t++) {
        kw_uuid id = {{t}};
        add_topic(id, (uint32_t)t + 1);
    }
    for (uint32_t i = 0; i < 3; i++) {
        add_member("m", NULL);
        subscribe(i);
    }
    ask(assign_uniform);
    assert_complete();
    ask(assign_range);
    assert_complete();
}

static void nobody_and_nothing(void **state)
{
    static assignor *const all[] = {assign_range, assign_uniform, assign_uniform_equal, assign_uniform_mixed};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        start_question();
        add_member("m", NULL);
        ask(all[i]);
        start_question();
        add_topic((kw_uuid){{1}}, 2);
        ask(all[i]);
        assert_int_equal(q.answer[0], NO_MEMBER);
        assert_int_equal(q.answer[1], NO_MEMBER);
    }
}

/* With every size of the arena that is too small, the answer is that it is. */
static void short_memory(void **state)
{
    static assignor *const all[] = {assign_range, assign_uniform_equal, assign_uniform_mixed};
    static uint64_t block[16 * 1024];
    (void)state;
    random_test_init(&choices, 4);
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        bool has_worked = false;
        ask_at_random(true);
        for (size_t size = 0; size < sizeof block && !has_worked; size += 8) {
            kw_arena_init(&arena, block, size);
            has_worked = all[i](&q.in, &arena, q.answer);
            assert_true(has_worked == (kw_arena_status(&arena) == KW_OK));
        }
        assert_true(has_worked);
    }
}

/* Of three subscribers two have all: both give, so that no partition moves twice, and no more than needed. */
static void givers_take_turns(void **state)
{
    uint32_t sizes[MOST_MEMBERS];
    (void)state;
    start_question();
    add_topic((kw_uuid){{1}}, 20);
    add_topic((kw_uuid){{2}}, 1);
    for (int i = 0; i < 3; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "m%d", i);
        add_member(id, NULL);
        subscribe(0);
    }
    add_member("other", NULL);
    subscribe(1);
    look_at_subscriptions();
    for (size_t p = 0; p < 20; p++)
        q.owners[p] = (int32_t)(p % 2);
    ask(assign_uniform_mixed);
    assert_complete();
    count(q.answer, sizes);
    assert_int_equal(sizes[0], 7);
    assert_int_equal(sizes[1], 7);
    assert_int_equal(sizes[2], 6);
    assert_int_equal(that_stay(), 14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(range_is_kafkas),     cmocka_unit_test(equal_subscriptions),
        cmocka_unit_test(mixed_subscriptions), cmocka_unit_test(nothing_moves_twice),
        cmocka_unit_test(nobody_and_nothing),  cmocka_unit_test(a_member_of_each_topic_only),
        cmocka_unit_test(givers_take_turns),   cmocka_unit_test(short_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
