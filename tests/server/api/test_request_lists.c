/* SPDX-License-Identifier: Apache-2.0 */
/* Lists as requests have them, in any order and with repetitions: of topics, and of partitions. */
#include "../../unit/support.h"

#include <kwire/topic_name.h>

#include "api/topic_names.h"
#include "base/repeats.h"

enum { MANY = 3000, MEMORY = 512 * 1024, GUARD = 64 };

static _Alignas(16) uint8_t memory[MEMORY + GUARD];

/* An arena of so many bytes, and what aligns its end; assert_guarded() sees what is written after them. */
static kw_arena *arena_of(size_t size)
{
    static kw_arena arena;
    assert_true(size <= MEMORY);
    memset(memory + size, 0xa5, GUARD);
    kw_arena_init(&arena, memory, (size + KW_ARENA_ALIGN - 1) & ~(KW_ARENA_ALIGN - 1));
    return &arena;
}

static void assert_guarded(size_t size)
{
    for (size_t i = 0; i < GUARD; i++)
        assert_int_equal(memory[size + i], 0xa5);
}

/* ---- names ---- */

static struct name_list list_of(const char *text, kw_arena *arena)
{
    struct name_list list;
    assert_true(name_list_init(&list, strlen(text), arena));
    assert_int_equal(list.count, strlen(text));
    for (size_t i = 0; i < list.count; i++)
        list.items[i] = (kw_string){text + i, 1};
    return list;
}

static void assert_distinct(const char *asked, bool sorted, const char *expected)
{
    char actual[32] = "";
    kw_string items[32];
    size_t count = strlen(asked), needed = count < 2 ? 0 : count * (sizeof(kw_string) + sizeof(size_t));
    struct name_list list = list_of(asked, arena_of(MEMORY));
    memcpy(items, list.items, count * sizeof items[0]);
    list.items = items;
    items[count] = (kw_string){asked, -7};
    assert_true(name_list_make_distinct(&list, sorted, arena_of(needed)));
    assert_guarded(needed);
    assert_int_equal(items[count].len, -7);
    assert_int_equal(list.count, strlen(expected));
    for (size_t i = 0; i < list.count; i++)
        strncat(actual, list.items[i].data, 1);
    assert_string_equal(actual, expected);
}

static void test_names_become_distinct(void **state)
{
    (void)state;
    assert_distinct("", false, "");
    assert_distinct("x", true, "x");
    assert_distinct("ba", true, "ab");
    assert_distinct("ba", false, "ba");
    assert_distinct("xx", true, "x");
    assert_distinct("xx", false, "x");
    assert_distinct("cabacbd", false, "cabd");
    assert_distinct("cabacbd", true, "abcd");
    assert_distinct("zzzya", false, "zya");
}

static void test_names_compare_by_bytes(void **state)
{
    (void)state;
    static const char *const ascending[] = {"", "-", "A", "B", "a", "aa", "ab", "b", "\xc3"};
    for (size_t i = 0; i < COUNT_OF(ascending); i++)
        for (size_t k = 0; k < COUNT_OF(ascending); k++) {
            int order = kw_string_compare(kw_string_of(ascending[i]), kw_string_of(ascending[k]));
            assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
        }
}

/* The first of each pair of equal names stays: its bytes are those that the response shows. */
static void test_first_occurrences_stay(void **state)
{
    (void)state;
    static char text[2 * MANY][4];
    kw_arena *arena = arena_of(MEMORY);
    struct name_list list;
    assert_true(name_list_init(&list, 2 * MANY, arena));
    for (int i = 0; i < 2 * MANY; i++) {
        int n = (i * 7) % MANY;
        for (int digit = 3; digit >= 0; digit--, n /= 10)
            text[i][digit] = (char)('0' + n % 10);
        list.items[i] = (kw_string){text[i], 4};
    }
    assert_true(name_list_make_distinct(&list, false, arena));
    assert_int_equal(list.count, MANY);
    for (size_t i = 0; i < MANY; i++)
        assert_ptr_equal(list.items[i].data, text[i]);
}

static void test_names_without_memory(void **state)
{
    (void)state;
    struct name_list list;
    assert_false(name_list_init(&list, 3, arena_of(16)));
    kw_arena *arena = arena_of(3 * sizeof(kw_string));
    list = list_of("aba", arena);
    assert_false(name_list_make_distinct(&list, true, arena));
    list = list_of("a", arena_of(sizeof(kw_string)));
    assert_true(name_list_make_distinct(&list, true, arena_of(0))); /* one is distinct as it is */
}

static void test_names_that_topics_may_have(void **state)
{
    (void)state;
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    for (int c = 0; c < 256; c++) {
        char text[] = {'x', (char)c, 'x'};
        bool expected = c != 0 && strchr(allowed, c) != NULL;
        assert_int_equal(kw_topic_name_is_valid((kw_string){text, 3}), expected);
        assert_int_equal(kw_topic_name_is_valid((kw_string){text + 1, 1}), expected && c != '.');
    }
    assert_false(kw_topic_name_is_valid(kw_string_of("")));
    assert_false(kw_topic_name_is_valid(kw_string_of(NULL)));
    assert_false(kw_topic_name_is_valid(kw_string_of("..")));
    assert_true(kw_topic_name_is_valid(kw_string_of("...")));
}

/* ---- partitions ---- */

/* "a1" and so on, a name and a partition each. */
static void find_repeats(const char *text, struct named_partition *partitions, size_t count)
{
    assert_int_equal(strlen(text), 2 * count);
    for (size_t i = 0; i < count; i++)
        partitions[i] = (struct named_partition){{text + 2 * i, 1}, text[2 * i + 1] - '0', 77};
    size_t needed = (count * sizeof(void *) + 15) / 16 * 16; /* as an arena aligns */
    memset(&partitions[count], 0x5a, sizeof partitions[count]);
    assert_true(repeats_find(partitions, count, arena_of(needed)));
    assert_guarded(needed);
    for (size_t i = 0; i < sizeof partitions[count]; i++)
        assert_int_equal(((const uint8_t *)&partitions[count])[i], 0x5a);
}

static void test_last_of_each_partition(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t count;
        size_t last[7];
    } cases[] = {
        {"", 0, {0}},
        {"a1", 1, {0}},
        {"a1b1", 2, {0, 1}},
        {"b1a1", 2, {0, 1}},
        {"a2a1", 2, {0, 1}},
        {"a1a1", 2, {1, NAMED_BEFORE}},
        {"a1b1a1", 3, {2, 1, NAMED_BEFORE}},
        {"a1a1a1", 3, {2, NAMED_BEFORE, NAMED_BEFORE}},
        {"b0a1a2a1b0b1b0", 7, {6, 3, 2, NAMED_BEFORE, NAMED_BEFORE, 5, NAMED_BEFORE}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct named_partition partitions[8];
        find_repeats(cases[i].text, partitions, cases[i].count);
        for (size_t p = 0; p < cases[i].count; p++)
            assert_int_equal(partitions[p].last, cases[i].last[p]);
    }
}

static void test_partitions_without_memory(void **state)
{
    (void)state;
    struct named_partition partitions[3] = {{{"a", 1}, 0, 0}, {{"a", 1}, 0, 0}, {{"a", 1}, 0, 0}};
    assert_false(repeats_find(partitions, 3, arena_of(2 * sizeof(void *))));
    assert_true(repeats_find(partitions, 3, arena_of(4 * sizeof(void *))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_become_distinct),      cmocka_unit_test(test_names_compare_by_bytes),
        cmocka_unit_test(test_first_occurrences_stay),     cmocka_unit_test(test_names_without_memory),
        cmocka_unit_test(test_names_that_topics_may_have), cmocka_unit_test(test_last_of_each_partition),
        cmocka_unit_test(test_partitions_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
