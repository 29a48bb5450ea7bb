/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept for the next append, and how much memory of it. */
#include "../../unit/support.h"

#include "api/append_tools.h"

enum { KEPT = 2 * 1024 * 1024 };

static void fill(kw_writer *w, size_t size)
{
    static uint8_t bytes[1024];
    while (kw_writer_needed(w) < size)
        kw_write_raw(w, bytes, size - kw_writer_needed(w) < 1024 ? size - kw_writer_needed(w) : 1024);
}

/* As many as are kept; those above that end when they are returned. */
static void tools_are_kept(void **state)
{
    (void)state;
    static struct append_tools_pool pool;
    struct append_tools *lent[APPEND_TOOLS_KEPT + 2], *again[APPEND_TOOLS_KEPT];
    for (size_t i = 0; i < COUNT_OF(lent); i++) {
        lent[i] = append_tools_lend(&pool);
        assert_non_null(lent[i]);
        for (size_t k = 0; k < i; k++)
            assert_ptr_not_equal(lent[k], lent[i]);
    }
    append_tools_return(&pool, NULL);
    for (size_t i = 0; i < COUNT_OF(lent); i++)
        append_tools_return(&pool, lent[i]);
    for (size_t i = 0; i < APPEND_TOOLS_KEPT; i++) {
        again[i] = append_tools_lend(&pool);
        assert_ptr_equal(again[i], lent[i]);
    }
    for (size_t i = 0; i < APPEND_TOOLS_KEPT; i++)
        append_tools_return(&pool, again[i]);
    append_tools_pool_finish(&pool);
    append_tools_pool_finish(&pool); /* nothing more */
}

static void large_memory_is_given_back(void **state)
{
    (void)state;
    static struct append_tools_pool pool;
    struct append_tools *t = append_tools_lend(&pool);
    append_tools_limit(t, 2 * KEPT);
    fill(&t->scratch, KEPT);
    fill(&t->scratch2, KEPT + 1);
    append_tools_trim(t);
    assert_int_equal(kw_writer_needed(&t->scratch), KEPT); /* it may be used as it is */
    assert_int_equal(kw_writer_needed(&t->scratch2), 0);
    fill(&t->scratch2, 2 * KEPT);
    assert_status(t->scratch2.status, KW_OK);
    fill(&t->scratch2, 2 * KEPT + 1); /* the limit is as before */
    assert_status(t->scratch2.status, KW_ERR_MEMORY_LIMIT);
    append_tools_return(&pool, t);
    append_tools_pool_finish(&pool);
}

static void limits_change(void **state)
{
    (void)state;
    static struct append_tools_pool pool;
    struct append_tools *t = append_tools_lend(&pool);
    append_tools_limit(t, 1000);
    fill(&t->scratch, 1000);
    assert_status(t->scratch.status, KW_OK);
    append_tools_limit(t, 1000); /* as it is */
    assert_int_equal(kw_writer_needed(&t->scratch), 1000);
    append_tools_limit(t, 500);
    kw_writer *both[] = {&t->scratch, &t->scratch2};
    for (size_t i = 0; i < COUNT_OF(both); i++) {
        assert_int_equal(kw_writer_needed(both[i]), 0);
        fill(both[i], 501);
        assert_status(both[i]->status, KW_ERR_MEMORY_LIMIT);
    }
    append_tools_return(&pool, t);
    append_tools_pool_finish(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(tools_are_kept), TEST(large_memory_is_given_back), TEST(limits_change)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
