/* SPDX-License-Identifier: Apache-2.0 */
/* scarce_share FOLDER
 *
 * The state of share partitions while one allocation after the other fails: a record that cannot be replayed has
 * changed nothing, and nothing leaks. FOLDER is not used. */
#include "../server/share_state_support.h"

#include "scarce.h"

enum { REQUESTS = 14, MOST_CALLS = 1000 };

/* NULL: there is no memory. */
static struct share_state *state;

static void request(size_t i)
{
    struct share_batch items[] = {{(int64_t)i, (int64_t)i + 3, 1, SHARE_AVAILABLE},
                                  {(int64_t)i + 9, (int64_t)i + 9, 2, SHARE_ACKNOWLEDGED}};
    const struct share_batches batches = {items, COUNT_OF(items)};
    const struct share_asked asked = {{kw_string_of("group"), {{1}}, (int32_t)(i % 2)}, 0, 0};
    struct share_snapshot read;
    if (i < 2)
        (void)share_initialize(&decision, &asked, 0);
    else if (i == REQUESTS - 1)
        (void)share_remove(&decision, &asked.key);
    else if (i % 5 == 4)
        (void)share_read(&decision, &asked, &decision_arena, &read);
    else
        (void)share_write(&decision, &asked, (int64_t)i, 0, &batches);
}

/* Returns whether something has failed. */
static bool live(void)
{
    struct coordinator_undo_list undo = {NULL};
    bool has_failed = false;
    for (size_t i = 0; i < REQUESTS; i++) {
        size_t used = atomic_load(&budget.used), count = state->count;
        forget_records();
        request(i);
        kw_status status = decision.records.status;
        if (status == KW_OK && decision.records.count != 0)
            status = replay_record(state, &decision.records.items[0], (int64_t)i, i % 3 == 0 ? NULL : &undo);
        assert_true(status == KW_OK || status == KW_ERR_NO_MEMORY);
        has_failed |= status != KW_OK;
        if (status != KW_OK) {
            assert_int_equal(state->count, count);
            assert_int_equal(atomic_load(&budget.used), used);
        }
        if (i % 4 == 3)
            drop_all(state, &undo);
    }
    undo_all(state, &undo);
    return has_failed;
}

static bool try_state(size_t n)
{
    atomic_init(&budget.used, 0);
    budget.limit = SIZE_MAX;
    kw_arena_init_growing(&decision_arena, NULL, 0, kw_allocator_libc(), TEST_LIMIT);
    decision.image = make_image(true);
    scarce_fail_at(SCARCE_MEMORY, n);
    decision.state = state = make_machine();
    bool has_failed = state == NULL || live();
    bool reached = scarce_has_failed();
    scarce_fail_at(SCARCE_MEMORY, 0);
    assert_true(reached || !has_failed);
    if (state != NULL) {
        assert_false(live());
        share_state_destroy(state);
    }
    assert_int_equal(atomic_load(&budget.used), 0);
    metadata_image_release(decision.image);
    kw_arena_finish(&decision_arena);
    return reached;
}

static void states(void **unused)
{
    (void)unused;
    size_t n = 1;
    while (try_state(n)) {
        assert_int_equal(scarce_blocks(), 0);
        assert_true(++n < MOST_CALLS);
    }
    assert_true(n > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(states)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
