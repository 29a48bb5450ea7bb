/* SPDX-License-Identifier: Apache-2.0 */
/* scarce_share FOLDER
 *
 * The state of share partitions, what is in flight, sessions, and batches of dead letters, while one allocation after
 * the other fails: a record that cannot be replayed, and a request that cannot be granted, has changed nothing, and
 * nothing leaks. FOLDER is not used.
 */
#include "../server/coordinator/share/share_state_support.h"

#include <kwire/record_builder.h>

#include "scarce.h"
#include "share/dead_letter_batch.h"
#include "share/share_acknowledge.h"
#include "share/share_acquire.h"
#include "share/share_session.h"

enum { REQUESTS = 14, MOST_CALLS = 10000 };

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

static const struct share_limits limits = {
    .lock_ms = 100, .locks = 100, .deliveries = 5, .may_renew = true, .has_letters = true};

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

/* What was rejected. It is archived, though that may not be written. */
static bool bury(struct share_partition *p)
{
    struct share_dead dead;
    struct share_change change;
    assert_true(share_partition_take_dead(p, &limits, &dead));
    assert_int_equal(dead.first, 14);
    share_partition_bury(p, &change);
    bool is_written = change.batches.count == 1;
    share_change_finish(&change, &budget);
    assert_false(share_partition_take_dead(p, &limits, &dead));
    return is_written;
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
    fine = fine && acquire(&p, "member", 0) && acknowledge(&p, 0) && bury(&p) && acquire(&p, "other", 50);
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

/* ---- sessions ---- */

static int16_t use(struct share_sessions *sessions, const char *member, int32_t epoch, int32_t partition)
{
    const struct set_partition added = {{{1}}, partition, 0};
    const struct share_session_request r = {.group = kw_string_of("group"),
                                            .member = kw_string_of(member),
                                            .epoch = epoch,
                                            .added = {&added, 1},
                                            .connection = member};
    struct partition_set listed;
    return share_session_use(sessions, &r, &decision_arena, &listed);
}

static void tell_session(void *context, kw_string group, kw_string member, struct partition_set partitions)
{
    (void)group;
    (void)member;
    (void)partitions;
    ++*(int *)context;
}

static void tell_group(void *context, kw_string group)
{
    (void)context;
    (void)group;
}

static bool try_sessions(size_t n)
{
    static const char first[] = "first", second[] = "second";
    struct share_sessions sessions;
    int ended = 0;
    const struct share_session_listener listener = {&ended, tell_session, tell_group};
    atomic_init(&budget.used, 0);
    budget.limit = SIZE_MAX;
    kw_arena_init_growing(&decision_arena, NULL, 0, kw_allocator_libc(), TEST_LIMIT);
    assert_true(share_sessions_init(&sessions, &budget, 10));
    scarce_fail_at(SCARCE_MEMORY, n);
    bool fine = use(&sessions, first, 0, 1) == KW_ERROR_NONE && use(&sessions, first, 1, 2) == KW_ERROR_NONE &&
                use(&sessions, second, 0, 1) == KW_ERROR_NONE;
    bool reached = scarce_has_failed();
    scarce_fail_at(SCARCE_MEMORY, 0);
    assert_true(reached || fine);
    share_sessions_leave(&sessions, first, &listener);
    assert_true(fine ? ended == 1 : ended <= 1);
    share_sessions_finish(&sessions);
    kw_arena_finish(&decision_arena);
    assert_int_equal(atomic_load(&budget.used), 0);
    return reached;
}

static void sessions(void **unused)
{
    (void)unused;
    size_t n = 1;
    while (try_sessions(n)) {
        assert_int_equal(scarce_blocks(), 0);
        assert_true(++n < MOST_CALLS);
    }
    assert_true(n > 5);
}

/* ---- dead letters ---- */

static void make_log(kw_writer *out)
{
    kw_batch_options options;
    kw_batch_builder b;
    const kw_new_record record = {.timestamp = 1, .key = kw_bytes_of("k", 1), .value = kw_bytes_of("v", 1)};
    kw_batch_options_init(&options);
    assert_int_equal(kw_batch_builder_init(&b, out, &options), KW_OK);
    for (int i = 0; i < 100; i++)
        assert_int_equal(kw_batch_builder_append(&b, &record), KW_OK);
    assert_int_equal(kw_batch_builder_end(&b), KW_OK);
}

static bool try_letters(size_t n)
{
    struct dead_letter_source source = {
        .group = kw_string_of("group"), .topic = kw_string_of("topic"), .count = 1, .last = 99};
    struct log_config config;
    kw_writer log, out;
    kw_writer_init_growing(&log, kw_allocator_libc(), TEST_LIMIT);
    kw_writer_init_growing(&out, kw_allocator_libc(), TEST_LIMIT);
    make_log(&log);
    log_config_init(&config);
    config.keep_codec = false;
    config.codec = KW_CODEC_GZIP;
    config.level = 6;
    scarce_fail_at(SCARCE_MEMORY, n);
    const struct dead_letter_tools tools = {NULL, kw_compressor_create(kw_allocator_libc())};
    kw_status status = dead_letter_batch(&source, kw_bytes_of_span(kw_writer_data(&log)), &config, &tools, 5, &out);
    kw_compressor_destroy(tools.compressor);
    bool reached = scarce_has_failed();
    scarce_fail_at(SCARCE_MEMORY, 0);
    assert_true(status == KW_OK || (reached && kw_writer_data(&out).size == 0));
    assert_true(status != KW_OK || source.next > 0);
    kw_writer_finish(&log);
    kw_writer_finish(&out);
    return reached;
}

static void letters(void **unused)
{
    (void)unused;
    size_t n = 1;
    while (try_letters(n)) {
        assert_int_equal(scarce_blocks(), 0);
        assert_true(++n < MOST_CALLS);
    }
    assert_true(n > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(states), cmocka_unit_test(in_flight),
                                       cmocka_unit_test(sessions), cmocka_unit_test(letters)};
    scarce_count_arenas();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
