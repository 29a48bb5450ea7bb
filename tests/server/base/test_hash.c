/* SPDX-License-Identifier: Apache-2.0 */
/* Hash tables find what was added, whatever its hash, as they grow and when memory is short. */
#include "../../unit/support.h"

#include "base/hash.h"

enum { MANY = 1000 };

static uint32_t keys[MANY];

static bool is_same(const void *items, size_t index, const void *key)
{
    const uint32_t *numbers = items, *wanted = key;
    return numbers[index] == *wanted;
}

/* The known values of FNV-1a. */
static void hashes(void **state)
{
    (void)state;
    assert_int_equal(hash_bytes(HASH_START, "", 0), 0x811c9dc5u);
    assert_int_equal(hash_bytes(HASH_START, "a", 1), 0xe40c292cu);
    assert_int_equal(hash_bytes(HASH_START, "foobar", 6), 0xbf9cf968u);
    assert_int_equal(hash_bytes(hash_bytes(HASH_START, "foo", 3), "bar", 3), 0xbf9cf968u);
    assert_int_equal(hash_text(HASH_START, kw_string_of("foobar")), 0xbf9cf968u);
    assert_int_equal(hash_text(HASH_START, (kw_string){NULL, -1}), HASH_START);
}

static void fill(struct hash *h, kw_arena *arena, uint32_t mask)
{
    memset(h, 0, sizeof *h);
    for (uint32_t i = 0; i < MANY; i++) {
        uint64_t steps = 0;
        keys[i] = i * 7;
        assert_int_equal(hash_find(h, keys[i] & mask, is_same, keys, &keys[i], &steps), HASH_NOT_FOUND);
        assert_true(hash_add(h, keys[i] & mask, i, arena));
    }
    assert_int_equal(h->used, MANY);
    assert_int_equal(h->capacity, 2048); /* at most three quarters are used */
    for (uint32_t i = 0; i < MANY; i++) {
        uint64_t steps = 0;
        assert_int_equal(hash_find(h, keys[i] & mask, is_same, keys, &keys[i], &steps), i);
        assert_in_range(steps, 0, MANY);
    }
}

static void what_was_added_is_found(void **state)
{
    (void)state;
    kw_arena arena;
    struct hash h;
    uint64_t steps = 0;
    const uint32_t missing = 1;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), 1 << 20);
    fill(&h, &arena, UINT32_MAX);
    assert_int_equal(hash_find(&h, missing, is_same, keys, &missing, &steps), HASH_NOT_FOUND);
    fill(&h, &arena, 0xff); /* many with one hash */
    fill(&h, &arena, 0);    /* all in one chain, in the order in which they came */
    steps = 0;
    assert_int_equal(hash_find(&h, 0, is_same, keys, &keys[0], &steps), 0);
    assert_int_equal(steps, 0);
    assert_int_equal(hash_find(&h, 0, is_same, keys, &keys[9], &steps), 9);
    assert_int_equal(steps, 9);
    kw_arena_finish(&arena);
}

/* A table ends where its last slot is followed by the first. */
static void chains_go_around(void **state)
{
    (void)state;
    kw_arena arena;
    struct hash h = {NULL, 0, 0};
    uint64_t steps = 0;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), 1 << 20);
    for (uint32_t i = 0; i < 4; i++) {
        keys[i] = i;
        assert_true(hash_add(&h, 63, i, &arena));
    }
    assert_int_equal(h.capacity, 64);
    assert_int_equal(hash_find(&h, 63, is_same, keys, &keys[3], &steps), 3);
    assert_int_equal(steps, 3);
    assert_int_equal(h.slots[2].item, 4);
    kw_arena_finish(&arena);
}

static void memory_may_be_short(void **state)
{
    (void)state;
    kw_arena arena;
    struct hash h = {NULL, 0, 0};
    uint64_t steps = 0;
    _Alignas(16) uint8_t memory[64 * sizeof(struct hash_slot)];
    kw_arena_init(&arena, memory, sizeof memory - 16);
    assert_false(hash_add(&h, 1, 0, &arena));
    assert_int_equal(h.used, 0);
    kw_arena_init(&arena, memory, sizeof memory);
    for (uint32_t i = 0; i < 48; i++) {
        keys[i] = i;
        assert_true(hash_add(&h, i * 5, i, &arena));
    }
    assert_int_equal(h.capacity, 64);
    keys[48] = 48;
    assert_false(hash_add(&h, 240, 48, &arena)); /* would grow */
    assert_int_equal(h.used, 48);
    for (uint32_t i = 0; i < 48; i++)
        assert_int_equal(hash_find(&h, i * 5, is_same, keys, &keys[i], &steps), i);
    assert_false(hash_add(&h, 1, UINT32_MAX, &arena)); /* an index beyond what a slot can hold */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes),
        cmocka_unit_test(what_was_added_is_found),
        cmocka_unit_test(chains_go_around),
        cmocka_unit_test(memory_may_be_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
