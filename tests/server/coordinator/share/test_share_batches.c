/* SPDX-License-Identifier: Apache-2.0 */
/* Merging of batches against one array entry an offset. */
#include "../../../unit/support.h"

#include "../../support/random_test.h"
#include "coordinator/share/share_batches.h"

enum { RUNS = 100000, OFFSETS = 40, MOST_BATCHES = 8, LIMIT = 1024 * 1024 };

static kw_arena arena;
static struct random_test choices;

struct cell {
    bool is_set;
    int16_t count;
    int8_t state;
};

static struct share_batch random_batch(void)
{
    static const int8_t states[] = {SHARE_AVAILABLE, SHARE_ACKNOWLEDGED, SHARE_ARCHIVING, SHARE_ARCHIVED};
    int64_t first = (int64_t)random_below(&choices, OFFSETS);
    int64_t last = first + (int64_t)random_below(&choices, 12) - 1; /* some end before they start */
    return (struct share_batch){first, last, (int16_t)(1 + random_below(&choices, 3)),
                                states[random_below(&choices, COUNT_OF(states))]};
}

static void put(struct cell *cells, const struct share_batch *batch, int64_t start)
{
    for (int64_t i = batch->first; i <= batch->last && i < OFFSETS + 12; i++) {
        struct cell *c = &cells[i];
        bool is_greater = batch->count != c->count ? batch->count > c->count : batch->state > c->state;
        if (i >= start && (!c->is_set || is_greater))
            *c = (struct cell){true, batch->count, batch->state};
    }
}

/* Sorted, without overlaps, neighbours differ, and it says what the cells say. */
static void assert_is(const struct share_batches *out, const struct cell *cells)
{
    struct cell found[OFFSETS + 12] = {{false, 0, 0}};
    for (size_t i = 0; i < out->count; i++) {
        const struct share_batch *b = &out->items[i], *before = i != 0 ? b - 1 : NULL;
        assert_true(b->first <= b->last);
        assert_true(before == NULL || before->last < b->first);
        assert_false(before != NULL && before->last + 1 == b->first && before->count == b->count &&
                     before->state == b->state);
        for (int64_t o = b->first; o <= b->last; o++)
            found[o] = (struct cell){true, b->count, b->state};
    }
    for (size_t i = 0; i < COUNT_OF(found); i++) {
        assert_int_equal(found[i].is_set, cells[i].is_set);
        assert_int_equal(found[i].count, cells[i].count);
        assert_int_equal(found[i].state, cells[i].state);
    }
}

static void as_one_entry_an_offset(void **state)
{
    (void)state;
    random_test_init(&choices, 7);
    for (size_t run = 0; run < RUNS; run++) {
        struct share_batch known[MOST_BATCHES], added[MOST_BATCHES];
        struct cell cells[OFFSETS + 12] = {{false, 0, 0}};
        struct share_batches k = {known, random_below(&choices, MOST_BATCHES)}, out;
        struct share_batches a = {added, random_below(&choices, MOST_BATCHES)};
        int64_t start = random_below(&choices, 3) == 0 ? SHARE_NO_START : (int64_t)random_below(&choices, OFFSETS);
        for (size_t i = 0; i < k.count; i++) {
            known[i] = random_batch();
            put(cells, &known[i], start);
        }
        for (size_t i = 0; i < a.count; i++) {
            added[i] = random_batch();
            put(cells, &added[i], start);
        }
        kw_arena_reset(&arena);
        assert_int_equal(share_batches_merge(&k, &a, start, &arena, &out), KW_OK);
        assert_is(&out, cells);
    }
}

static void greatest_offsets(void **state)
{
    (void)state;
    struct share_batch known[] = {{INT64_MAX - 5, INT64_MAX, 1, SHARE_AVAILABLE}, {INT64_MIN, 3, 1, SHARE_ARCHIVED}};
    struct share_batch added[] = {{INT64_MAX - 2, INT64_MAX - 1, 2, SHARE_ACKNOWLEDGED}};
    const struct share_batches k = {known, 2}, a = {added, 1};
    struct share_batches out;
    kw_arena_reset(&arena);
    assert_int_equal(share_batches_merge(&k, &a, SHARE_NO_START, &arena, &out), KW_OK);
    assert_int_equal(out.count, 4);
    assert_int_equal(out.items[0].first, INT64_MIN);
    assert_int_equal(out.items[0].last, 3);
    assert_int_equal(out.items[1].last, INT64_MAX - 3);
    assert_int_equal(out.items[2].count, 2);
    assert_int_equal(out.items[3].first, INT64_MAX);
    assert_int_equal(out.items[3].last, INT64_MAX);
}

static void memory_is_short(void **state)
{
    (void)state;
    static uint8_t block[512];
    struct share_batch known[] = {{0, 9, 1, SHARE_AVAILABLE}, {20, 29, 1, SHARE_AVAILABLE}};
    const struct share_batches k = {known, 2}, none = {NULL, 0};
    struct share_batches out;
    size_t failures = 0;
    for (size_t size = 0; size <= sizeof block; size += 8) {
        kw_arena small;
        kw_arena_init(&small, block, size);
        kw_status status = share_batches_merge(&k, &none, SHARE_NO_START, &small, &out);
        failures += status != KW_OK;
        assert_true(status == KW_OK || status == KW_ERR_MEMORY_LIMIT || status == KW_ERR_NO_MEMORY);
        assert_true(status != KW_OK || out.count == 2);
        assert_int_equal(share_batches_merge(&none, &none, SHARE_NO_START, &small, &out), KW_OK);
        assert_int_equal(out.count, 0);
    }
    assert_in_range(failures, 5, sizeof block / 8);
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
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_one_entry_an_offset),
        cmocka_unit_test(greatest_offsets),
        cmocka_unit_test(memory_is_short),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
