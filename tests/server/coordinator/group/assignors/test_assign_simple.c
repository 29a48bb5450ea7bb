/* SPDX-License-Identifier: Apache-2.0 */
/* Random members and partitions: each partition has a member, each member its share, and members keep what they have.
 */
#include "../../../../unit/support.h"

#include "../../../support/random_test.h"
#include "coordinator/group/assignors/assign_simple.h"

enum { RUNS = 20000, MOST_TOPICS = 4, MOST_PARTITIONS = 12, MOST_MEMBERS = 15, LIMIT = 1 << 20 };

static kw_arena arena;
static struct random_test choices;
static struct simple_member members[MOST_MEMBERS];
static uint32_t subscriptions[MOST_MEMBERS][MOST_TOPICS];
static size_t member_count, topic_count;
static kw_uuid topics[MOST_TOPICS];
static struct set_partition partitions[MOST_TOPICS * MOST_PARTITIONS];
static struct partition_set all;

static void make_topics(void)
{
    size_t count = 0;
    topic_count = random_below(&choices, MOST_TOPICS + 1);
    for (size_t t = 0; t < topic_count; t++) {
        topics[t] = (kw_uuid){{(uint8_t)(t + 1)}};
        for (int32_t i = 0, most = 1 + (int32_t)random_below(&choices, MOST_PARTITIONS); i < most; i++)
            partitions[count++] = (struct set_partition){topics[t], i, 0};
    }
    all = (struct partition_set){partitions, count};
}

static void subscribe(size_t i, bool to_all)
{
    members[i].topics = subscriptions[i];
    members[i].topic_count = 0;
    for (uint32_t t = 0; t < topic_count; t++)
        if (to_all || random_below(&choices, 2) == 0)
            subscriptions[i][members[i].topic_count++] = t;
}

static bool is_subscribed(const struct simple_member *member, kw_uuid topic)
{
    for (size_t i = 0; i < member->topic_count; i++)
        if (kw_uuid_equal(topics[member->topics[i]], topic))
            return true;
    return false;
}

static size_t owners(const struct set_partition *p, bool *has_subscriber)
{
    size_t count = 0;
    *has_subscriber = false;
    for (size_t i = 0; i < member_count; i++) {
        count += partition_set_find(members[i].after, p->topic, p->index) != NULL;
        *has_subscriber |= is_subscribed(&members[i], p->topic);
    }
    return count;
}

static void assert_fair(bool is_homogeneous)
{
    size_t sharing = all.count != 0 ? (member_count + all.count - 1) / all.count : 0, least = SIZE_MAX, most = 0;
    for (size_t i = 0; i < all.count; i++) {
        bool has_subscriber;
        size_t count = owners(&all.items[i], &has_subscriber);
        assert_true(count > 0 || !has_subscriber);
        assert_true(!is_homogeneous || count <= sharing);
    }
    for (size_t i = 0; i < member_count; i++) {
        const struct simple_member *m = &members[i];
        for (size_t p = 0; p < m->after.count; p++)
            assert_true(is_subscribed(m, m->after.items[p].topic));
        least = m->after.count < least ? m->after.count : least;
        most = m->after.count > most ? m->after.count : most;
    }
    if (!is_homogeneous || member_count == 0 || all.count == 0)
        return;
    assert_true(most <= (sharing * all.count + member_count - 1) / member_count);
    if (member_count <= all.count)
        assert_true(least >= 1 && most - least <= 1);
}

static void assign(void)
{
    assert_true(assign_simple(all, topics, topic_count, members, member_count, &arena));
}

/* Nothing moves if nothing has changed. */
static void assert_stable(void)
{
    struct partition_set before[MOST_MEMBERS];
    for (size_t i = 0; i < member_count; i++)
        before[i] = members[i].before = members[i].after;
    assign();
    for (size_t i = 0; i < member_count; i++)
        assert_true(partition_set_equal(members[i].after, before[i]));
}

static void random_groups(void **state)
{
    (void)state;
    size_t moved = 0, kept = 0;
    random_test_init(&choices, 10);
    for (size_t run = 0; run < RUNS; run++) {
        bool is_homogeneous = random_below(&choices, 2) == 0;
        kw_arena_reset(&arena);
        memset(members, 0, sizeof members);
        make_topics();
        member_count = random_below(&choices, MOST_MEMBERS);
        for (size_t i = 0; i < member_count; i++)
            subscribe(i, is_homogeneous);
        assign();
        assert_fair(is_homogeneous);
        assert_stable();
        if (member_count < MOST_MEMBERS - 1 && member_count != 0) { /* another one joins */
            members[member_count] = (struct simple_member){.topic_count = 0};
            subscribe(member_count++, is_homogeneous);
            assign();
            assert_fair(is_homogeneous);
            for (size_t i = 0; i < member_count; i++)
                for (size_t p = 0; p < members[i].before.count; p++) {
                    const struct set_partition *had = &members[i].before.items[p];
                    bool has = partition_set_find(members[i].after, had->topic, had->index) != NULL;
                    *(has ? &kept : &moved) += 1;
                }
        }
    }
    assert_true(kept > 5 * moved);
}

static void memory_is_short(void **state)
{
    (void)state;
    static uint8_t block[4096];
    size_t refused = 0;
    random_test_init(&choices, 1);
    topic_count = 0;
    while (topic_count < 2)
        make_topics();
    member_count = 3;
    for (size_t i = 0; i < member_count; i++)
        subscribe(i, i != 0);
    for (size_t size = 0;; size += 8, refused++) {
        kw_arena small;
        kw_arena_init(&small, block, size);
        assert_true(size <= sizeof block);
        if (assign_simple(all, topics, topic_count, members, member_count, &small))
            break;
    }
    assert_true(refused > 10);
    assert_fair(false);
}

static int set_up(void **state)
{
    (void)state;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LIMIT);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    kw_arena_finish(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_groups), cmocka_unit_test(memory_is_short)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
