/* SPDX-License-Identifier: Apache-2.0 */
/* Hash tables whose items are removed again: they find what is in them, whatever the hashes. */
#include "../../unit/support.h"

#include "../support/random_test.h"
#include "base/hash_chains.h"

enum { MANY = 500, STEPS = 100000 };

struct item {
    struct hash_link link; /* the first member */
    bool is_in;
    bool is_released;
};

static struct item items[MANY];

static bool is_found(const struct hash_chains *table, uint32_t hash, const struct item *item)
{
    struct hash_link *link = hash_chains_first(table, hash);
    while (link != NULL && link != &item->link) {
        assert_int_equal(link->hash, hash);
        link = hash_chains_next(link);
    }
    return link != NULL;
}

static void release(struct hash_link *link, void *context)
{
    struct item *item = (struct item *)(void *)link;
    assert_true(item->is_in);
    item->is_released = true;
    ++*(size_t *)context;
}

static void expect_each_once(const struct hash_chains *table)
{
    bool is_seen[MANY] = {false};
    size_t count = 0;
    for (struct hash_link *link = hash_chains_after(table, NULL); link != NULL; link = hash_chains_after(table, link)) {
        const struct item *item = (struct item *)(void *)link;
        assert_true(item->is_in);
        assert_false(is_seen[item - items]);
        is_seen[item - items] = true;
        count++;
    }
    assert_int_equal(count, table->count);
}

static void add_and_remove(uint32_t mask)
{
    struct hash_chains table = {NULL, 0, 0};
    struct random_test numbers;
    size_t count = 0, released = 0;
    memset(items, 0, sizeof items);
    random_test_init(&numbers, 3);
    assert_null(hash_chains_first(&table, 0));
    assert_null(hash_chains_after(&table, NULL));
    assert_true(hash_chains_prepare(&table));
    assert_null(hash_chains_after(&table, NULL));
    for (size_t i = 0; i < STEPS; i++) {
        size_t n = random_below(&numbers, MANY);
        uint32_t hash = (uint32_t)n * 77 & mask;
        assert_int_equal(is_found(&table, hash, &items[n]), items[n].is_in);
        if (items[n].is_in)
            hash_chains_remove(&table, &items[n].link);
        else
            hash_chains_add(&table, &items[n].link, hash);
        items[n].is_in = !items[n].is_in;
        count = items[n].is_in ? count + 1 : count - 1;
        assert_int_equal(table.count, count);
        if (i % MANY == 0)
            expect_each_once(&table);
    }
    assert_in_range(table.bucket_count, count / 2, MANY * 2);
    hash_chains_clear(&table, release, &released);
    assert_int_equal(released, count);
    for (size_t n = 0; n < MANY; n++)
        assert_int_equal(items[n].is_released, items[n].is_in);
    assert_null(hash_chains_first(&table, 0));
}

static void all_hashes(void **state)
{
    (void)state;
    add_and_remove(UINT32_MAX);
}

static void few_hashes(void **state)
{
    (void)state;
    add_and_remove(7);
}

static void one_hash(void **state)
{
    (void)state;
    add_and_remove(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_hashes),
        cmocka_unit_test(few_hashes),
        cmocka_unit_test(one_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
