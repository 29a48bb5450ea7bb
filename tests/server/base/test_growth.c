/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays and texts that grow in an arena. */
#include "../../unit/support.h"

#include "base/growth.h"

static kw_arena arena;

static int set_up(void **state)
{
    (void)state;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    kw_arena_finish(&arena);
    return forget_given(state);
}

static void an_array_doubles_when_it_is_full(void **state)
{
    (void)state;
    static const size_t capacities[] = {8, 16, 32, 64, 128};
    uint32_t *items = NULL;
    size_t capacity = 0, doubled = 0;
    for (size_t len = 0; len < 100; len++) {
        uint32_t *before = items;
        size_t capacity_before = capacity;
        items = arena_grow(&arena, items, len, &capacity, sizeof *items);
        assert_non_null(items);
        if (len < capacity_before) {
            assert_ptr_equal(items, before);
            assert_int_equal(capacity, capacity_before);
        } else {
            assert_int_equal(capacity, capacities[doubled++]);
            memset(items + len, 0xff, (capacity - len) * sizeof *items); /* all of it may be used */
        }
        for (size_t i = 0; i < len; i++)
            assert_int_equal(items[i], i);
        items[len] = (uint32_t)len;
    }
    assert_int_equal(doubled, 5);
}

static void small_capacities_start_anew(void **state)
{
    (void)state;
    char text[4] = "abc";
    for (size_t before = 1; before <= sizeof text; before++) {
        size_t capacity = before;
        char *items = arena_grow(&arena, text, before, &capacity, 1);
        assert_non_null(items);
        assert_memory_equal(items, text, before);
        assert_int_equal(capacity, 8);
    }
}

static void a_full_arena_leaves_the_array(void **state)
{
    (void)state;
    uint64_t one[1] = {5};
    size_t capacity = 1;
    kw_arena none;
    kw_arena_init(&none, given_size(63), 63);
    assert_null(arena_grow(&none, one, 1, &capacity, sizeof one[0]));
    assert_int_equal(capacity, 1);
    assert_int_equal(one[0], 5);
    assert_status(kw_arena_status(&none), KW_ERR_NO_MEMORY);
}

static void texts_are_copied_with_a_zero_byte(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "a", "some text"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        kw_string text = kw_string_of(texts[i]);
        memset(kw_arena_alloc(&arena, 100), 0xff, 100);
        kw_arena_reset(&arena);
        kw_string copy = arena_copy_string(&arena, text);
        assert_int_equal(copy.len, text.len);
        assert_true(copy.data != text.data);
        assert_string_equal(copy.data, texts[i]);
    }
    const kw_string nothing = {NULL, -1};
    kw_string copy = arena_copy_string(&arena, nothing);
    assert_null(copy.data);
    assert_int_equal(copy.len, -1);
    kw_arena full;
    kw_arena_init(&full, given_size(16), 16);
    assert_null(arena_copy_string(&full, kw_string_of("0123456789abcdef")).data);
    kw_arena_init(&full, given_size(16), 16);
    assert_non_null(arena_copy_string(&full, kw_string_of("0123456789abcde")).data);
}

#define GROWTH_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GROWTH_TEST(an_array_doubles_when_it_is_full),
        GROWTH_TEST(small_capacities_start_anew),
        GROWTH_TEST(a_full_arena_leaves_the_array),
        GROWTH_TEST(texts_are_copied_with_a_zero_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
