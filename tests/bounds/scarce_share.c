/* SPDX-License-Identifier: Apache-2.0 */
/* scarce_share FOLDER
 *
 * The state of share partitions, and what is in flight, while one allocation after the other fails: a record that
 * cannot be replayed, and a request that cannot be granted, has changed nothing, and nothing leaks. FOLDER is not used.
 */
#include "../server/share_state_support.h"

#include "scarce.h"
#include "share/share_acknowledge.h"
#include "share/share_acquire.h"

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

/* ---- in flight ---- */

static const struct share_limits limits = {.lock_ms = 100, .locks = 100, .deliveries = 5, .may_renew = true};

/* Of all that is in flight. */
static uint64_t sum_of(const struct share_partition *p)
{
    uint64_t sum = (uint64_t)(p->start + 7 * p->end);
    for (size_t i = 0; i < p->runs.count; i++) {
        const struct share_run *run = &p->runs.items[i];
        sum = sum * 31 + (uint64_t)(run->first + 3 * run->last + 5 * run->state + 11 * run->count);
        sum += 13 * (uint64_t)run->write;
    }
    return sum;
}

static bool acquire(struct share_partition *p, const char *member, int64_t now)
{
    static const struct share_log_batch batches[] = {{0, 4}, {5, 9}, {10, 14}, {15, 19}};
    struct share_acquired out;
    const struct share_acquire in = {.member = kw_string_of(member),
                                     .now = now,
                                     .fetch_offset = share_partition_next_offset(p),
                                     .batches = batches,
                                     .batch_count = COUNT_OF(batches),
                                     .max_records = 20,
                                     .batch_size = 1};
    uint64_t before = sum_of(p);
    bool fine = share_acquire(p, &limits, &in, &out);
    assert_true(fine || sum_of(p) == before);
    if (fine)
        share_acquired_finish(&out, &budget);
    return fine;
}

static bool acknowledge(struct share_partition *p, int64_t now)
{
    static const int8_t types[] = {SHARE_ACCEPT, SHARE_RELEASE, SHARE_ACCEPT, SHARE_RELEASE, SHARE_REJECT};
    const struct share_acknowledgement acks[] = {{3, 3, types, 1}, {10, 14, types, 5}, {15, 16, types, 1}};
    const struct share_acknowledgements all = {acks, COUNT_OF(acks)};
    struct share_change change;
    uint64_t before = sum_of(p);
    int16_t error = share_acknowledge(p, &limits, now, kw_string_of("member"), &all, &change).error;
    assert_true(error == KW_ERROR_NONE || sum_of(p) == before);
    if (error != KW_ERROR_NONE)
        return false;
    (void)share_partition_written(p, change.write, true);
    share_change_finish(&change, &budget);
    return true;
}

static bool end_locks(struct share_partition *p, int64_t now)
{
    struct share_change change;
    uint64_t before = sum_of(p);
    bool fine = share_partition_expire(p, &limits, now, &change);
    assert_true(fine || sum_of(p) == before);
    if (fine)
        share_change_finish(&change, &budget);
    return fine;
}

static bool release(struct share_partition *p)
{
    struct share_change change;
    uint64_t before = sum_of(p);
    bool fine = share_release_all(p, &limits, kw_string_of("other"), &change);
    assert_true(fine || sum_of(p) == before);
    if (!fine)
        return false;
    (void)share_partition_written(p, change.write, false);
    share_change_finish(&change, &budget);
    return true;
}

static bool try_partition(size_t n)
{
    struct share_batch items[] = {{2, 2, 1, SHARE_ACKNOWLEDGED}, {4, 4, 1, SHARE_AVAILABLE}};
    const struct share_batches batches = {items, COUNT_OF(items)};
    struct share_partition p = {.budget = &budget};
    atomic_init(&budget.used, 0);
    budget.limit = SIZE_MAX;
    scarce_fail_at(SCARCE_MEMORY, n);
    bool fine = share_partition_load(&p, 0, &batches);
    fine = fine && acquire(&p, "member", 0) && acknowledge(&p, 0) && acquire(&p, "other", 50);
    fine = fine && end_locks(&p, 100) && release(&p);
    bool reached = scarce_has_failed();
    scarce_fail_at(SCARCE_MEMORY, 0);
    assert_true(reached != fine);
    share_partition_finish(&p);
    assert_int_equal(atomic_load(&budget.used), 0);
    return reached;
}

static void in_flight(void **unused)
{
    (void)unused;
    size_t n = 1;
    while (try_partition(n)) {
        assert_int_equal(scarce_blocks(), 0);
        assert_true(++n < MOST_CALLS);
    }
    assert_true(n > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(states), cmocka_unit_test(in_flight)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
