/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#define LIMIT ((size_t)1 << 20)

static bool is_aligned(const void *p)
{
    return (uintptr_t)p % KW_ARENA_ALIGN == 0;
}

static void allocations_are_aligned_and_apart(void **state)
{
    (void)state;
    kw_arena arena;
    kw_arena_init(&arena, given_size(256), 256);
    uint8_t *before = NULL;
    for (size_t size = 1; size <= 17; size += 4) {
        uint8_t *p = kw_arena_alloc(&arena, size);
        assert_non_null(p);
        assert_true(is_aligned(p));
        memset(p, (int)size, size);
        if (before != NULL)
            assert_int_equal(*before, size - 4);
        before = p;
    }
    assert_int_equal(kw_arena_used(&arena), 8 + 8 + 16 + 16 + 24);
}

static void zero_bytes_are_a_pointer_too(void **state)
{
    (void)state;
    kw_arena arena;
    kw_arena_init(&arena, NULL, 0);
    assert_non_null(kw_arena_alloc(&arena, 0));
    assert_non_null(kw_arena_array(&arena, 0, 16));
    assert_non_null(kw_arena_array(&arena, 16, 0));
    assert_int_equal(kw_arena_used(&arena), 0);
    assert_int_equal(kw_arena_held(&arena), 0);
    assert_null(kw_arena_alloc(&arena, 1));
    kw_arena_finish(&arena);
}

static void without_allocator_it_never_grows(void **state)
{
    (void)state;
    kw_arena arena;
    kw_arena_init(&arena, given_size(64), 64);
    assert_status(kw_arena_status(&arena), KW_OK);
    assert_non_null(kw_arena_alloc(&arena, 57)); /* takes 64 */
    assert_null(kw_arena_alloc(&arena, 1));
    assert_status(kw_arena_status(&arena), KW_ERR_NO_MEMORY);
    assert_int_equal(kw_arena_held(&arena), 64);
    assert_int_equal(kw_arena_used(&arena), 64);
}

static void a_block_at_any_address_will_do(void **state)
{
    (void)state;
    for (size_t skip = 0; skip < 2 * KW_ARENA_ALIGN; skip++)
        for (size_t size = 0; size <= 40; size++) {
            kw_arena arena;
            uint8_t *block = given_size(skip + size) + skip;
            kw_arena_init(&arena, block, size);
            size_t got = 0;
            for (uint8_t *p; (p = kw_arena_alloc(&arena, 8)) != NULL; got += 8) {
                assert_true(is_aligned(p));
                assert_true(p >= block && p + 8 <= block + size);
                memset(p, 0xff, 8);
            }
            assert_true(got + 2 * KW_ARENA_ALIGN > size);
            assert_int_equal(kw_arena_used(&arena), got);
        }
}

static void it_grows_beyond_the_first_block(void **state)
{
    (void)state;
    struct test_memory memory;
    kw_arena arena;
    kw_arena_init_growing(&arena, given_size(32), 32, test_memory_init(&memory), LIMIT);
    size_t used = 0;
    for (size_t i = 0; i < 3000; i++) {
        uint8_t *p = kw_arena_alloc(&arena, 24);
        assert_non_null(p);
        assert_true(is_aligned(p));
        memset(p, (int)i, 24);
        used += 24;
        assert_int_equal(kw_arena_used(&arena), used);
    }
    assert_true(memory.blocks > 1 && memory.blocks < 10); /* blocks grow with the arena */
    assert_int_equal(kw_arena_held(&arena), 32 + memory.bytes);
    kw_arena_finish(&arena);
    assert_int_equal(memory.blocks, 0);
    assert_int_equal(kw_arena_held(&arena), 32);
    assert_int_equal(kw_arena_used(&arena), 0);
}

static void the_limit_holds(void **state)
{
    (void)state;
    for (size_t limit = 0; limit < 9000; limit += 123) {
        struct test_memory memory;
        kw_arena arena;
        kw_arena_init_growing(&arena, NULL, 0, test_memory_init(&memory), limit);
        size_t used = 0;
        for (void *p; (p = kw_arena_alloc(&arena, 40)) != NULL; used += 40)
            memset(p, 0, 40);
        assert_status(kw_arena_status(&arena), KW_ERR_MEMORY_LIMIT);
        assert_true(kw_arena_held(&arena) <= limit);
        assert_int_equal(kw_arena_held(&arena), memory.bytes);
        assert_true(used <= limit);
        assert_true(used + 40 + 200 > limit); /* little is lost in block headers and at the ends of blocks */
        kw_arena_finish(&arena);
        assert_int_equal(memory.blocks, 0);
    }
}

static void one_allocation_may_take_all_of_the_limit(void **state)
{
    (void)state;
    struct test_memory memory;
    kw_arena arena;
    kw_arena_init_growing(&arena, NULL, 0, test_memory_init(&memory), LIMIT);
    assert_null(kw_arena_alloc(&arena, LIMIT)); /* the block's header does not fit */
    assert_status(kw_arena_status(&arena), KW_ERR_MEMORY_LIMIT);
    assert_int_equal(memory.calls, 0);
    size_t header = 2 * sizeof(void *);
    void *p = kw_arena_alloc(&arena, LIMIT - header);
    assert_non_null(p);
    memset(p, 0, LIMIT - header);
    assert_int_equal(kw_arena_held(&arena), LIMIT);
    kw_arena_finish(&arena);
}

/* Around the size of the smallest block, to include the block's own header. */
static void a_new_block_holds_the_allocation_it_was_made_for(void **state)
{
    (void)state;
    for (size_t size = 4000; size <= 4200; size++) {
        struct test_memory memory;
        kw_arena arena;
        kw_arena_init_growing(&arena, NULL, 0, test_memory_init(&memory), LIMIT);
        void *p = kw_arena_alloc(&arena, size);
        assert_non_null(p);
        memset(p, 0, size);
        assert_int_equal(memory.blocks, 1);
        assert_true(memory.bytes >= size + 2 * sizeof(void *));
        kw_arena_finish(&arena);
    }
}

static void sizes_near_the_end_of_size_t_are_refused(void **state)
{
    (void)state;
    struct test_memory memory;
    for (int growing = 0; growing < 2; growing++) {
        kw_arena arena;
        const kw_allocator *allocator = test_memory_init(&memory);
        kw_arena_init_growing(&arena, given_size(64), 64, growing ? allocator : NULL, growing ? SIZE_MAX : 64);
        kw_status want = growing ? KW_ERR_MEMORY_LIMIT : KW_ERR_NO_MEMORY;
        for (size_t less = 0; less < 16; less++) {
            assert_null(kw_arena_alloc(&arena, SIZE_MAX - less));
            assert_status(kw_arena_status(&arena), want);
        }
        assert_null(kw_arena_array(&arena, SIZE_MAX / 8 + 1, 8));
        assert_status(kw_arena_status(&arena), KW_ERR_MEMORY_LIMIT);
        assert_null(kw_arena_array(&arena, 8, SIZE_MAX / 8 + 1));
        assert_int_equal(memory.calls, 0);
        assert_non_null(kw_arena_alloc(&arena, 8)); /* a failed allocation has no effect */
        kw_arena_finish(&arena);
    }
}

static void reset_makes_one_block_of_many(void **state)
{
    (void)state;
    struct test_memory memory;
    kw_arena arena;
    kw_arena_init_growing(&arena, given_size(64), 64, test_memory_init(&memory), LIMIT);
    for (size_t i = 0; i < 1000; i++)
        assert_non_null(kw_arena_alloc(&arena, 64));
    size_t held = kw_arena_held(&arena);
    assert_true(memory.blocks > 1);
    kw_arena_reset(&arena);
    assert_int_equal(memory.blocks, 1);
    assert_int_equal(kw_arena_held(&arena), held);
    assert_int_equal(kw_arena_used(&arena), 0);

    size_t calls = memory.calls; /* warm: the same allocations need no more memory */
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < 900; i++)
            memset(kw_arena_alloc(&arena, 64), 0, 64);
        assert_int_equal(kw_arena_used(&arena), 900 * 64);
        kw_arena_reset(&arena);
    }
    assert_int_equal(memory.calls, calls);
    kw_arena_finish(&arena);
    assert_int_equal(memory.blocks, 0);
}

static void reset_without_growth_uses_the_first_block_again(void **state)
{
    (void)state;
    kw_arena arena;
    kw_arena_init(&arena, given_size(64), 64);
    void *first = kw_arena_alloc(&arena, 40);
    kw_arena_reset(&arena);
    assert_int_equal(kw_arena_used(&arena), 0);
    assert_ptr_equal(kw_arena_alloc(&arena, 40), first);
}

static void an_allocator_that_fails_leaves_the_arena_usable(void **state)
{
    (void)state;
    size_t succeeded = 0;
    for (size_t fail_at = 1; succeeded < 400; fail_at++) {
        struct test_memory memory;
        kw_arena arena;
        kw_arena_init_growing(&arena, given_size(64), 64, test_memory_init(&memory), LIMIT);
        memory.fail_at = fail_at;
        void *p = NULL;
        for (succeeded = 0; succeeded < 400 && (p = kw_arena_alloc(&arena, 100)) != NULL; succeeded++)
            memset(p, 0, 100);
        if (succeeded < 400) {
            assert_status(kw_arena_status(&arena), KW_ERR_NO_MEMORY);
            p = kw_arena_alloc(&arena, 100);
            assert_non_null(p);
            memset(p, 0, 100);
        }
        kw_arena_finish(&arena);
        assert_int_equal(memory.blocks, 0);
    }
}

static void a_reset_works_although_its_allocation_fails(void **state)
{
    (void)state;
    struct test_memory memory;
    kw_arena arena;
    kw_arena_init_growing(&arena, given_size(64), 64, test_memory_init(&memory), LIMIT);
    for (size_t i = 0; i < 1000; i++)
        assert_non_null(kw_arena_alloc(&arena, 64));
    memory.fail_at = memory.calls + 1;
    kw_arena_reset(&arena);
    assert_int_equal(memory.blocks, 0);
    assert_int_equal(kw_arena_held(&arena), 64);
    assert_int_equal(kw_arena_used(&arena), 0);
    for (size_t i = 0; i < 1000; i++)
        assert_non_null(kw_arena_alloc(&arena, 64));
    kw_arena_finish(&arena);
    assert_int_equal(memory.blocks, 0);
}

static void finish_accepts_an_arena_of_zero_bytes(void **state)
{
    (void)state;
    kw_arena arena;
    memset(&arena, 0, sizeof arena);
    assert_int_equal(kw_arena_used(&arena), 0);
    kw_arena_finish(&arena);
    kw_arena_finish(&arena);
    assert_int_equal(kw_arena_held(&arena), 0);
    assert_int_equal(kw_arena_used(&arena), 0);
}

static void a_finished_arena_may_grow_again(void **state)
{
    (void)state;
    struct test_memory memory;
    kw_arena arena;
    kw_arena_init_growing(&arena, NULL, 0, test_memory_init(&memory), LIMIT);
    for (size_t round = 0; round < 2; round++) {
        assert_non_null(kw_arena_alloc(&arena, 100));
        assert_int_equal(memory.blocks, 1);
        kw_arena_finish(&arena);
        assert_int_equal(memory.blocks, 0);
    }
}

static void the_allocator_of_libc(void **state)
{
    (void)state;
    const kw_allocator *libc = kw_allocator_libc();
    kw_arena arena;
    kw_arena_init_growing(&arena, NULL, 0, libc, LIMIT);
    void *p = kw_arena_alloc(&arena, 100000);
    assert_non_null(p);
    memset(p, 0, 100000);
    kw_arena_finish(&arena);
    assert_ptr_equal(kw_allocator_libc(), libc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(allocations_are_aligned_and_apart),
        TEST(zero_bytes_are_a_pointer_too),
        TEST(without_allocator_it_never_grows),
        TEST(a_block_at_any_address_will_do),
        TEST(it_grows_beyond_the_first_block),
        TEST(the_limit_holds),
        TEST(one_allocation_may_take_all_of_the_limit),
        TEST(a_new_block_holds_the_allocation_it_was_made_for),
        TEST(sizes_near_the_end_of_size_t_are_refused),
        TEST(reset_makes_one_block_of_many),
        TEST(reset_without_growth_uses_the_first_block_again),
        TEST(an_allocator_that_fails_leaves_the_arena_usable),
        TEST(a_reset_works_although_its_allocation_fails),
        TEST(finish_accepts_an_arena_of_zero_bytes),
        TEST(a_finished_arena_may_grow_again),
        TEST(the_allocator_of_libc),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
