/* SPDX-License-Identifier: Apache-2.0 */
/* What may be acquired of batches in which records failed before: as Kafka isolates them, by hand; and what is left of
 * ranges from which records are withdrawn. */
#include "../../unit/support.h"

#include <kwire/error.h>

#include "share/share_acknowledge.h"
#include "share/share_acquire.h"

enum { LOCK_MS = 1000, MOST_RECORDS = 500 };

static const struct share_log_batch ten_by_ten[] = {{0, 9}, {10, 19}, {20, 29}};

static struct coordinator_budget budget;
static struct share_partition partition;
static struct share_limits limits;
static int64_t now;

static int set_up(void **state)
{
    static const struct share_batches nothing = {NULL, 0};
    (void)state;
    now = 0;
    atomic_init(&budget.used, 0);
    budget.limit = SIZE_MAX;
    limits = (struct share_limits){.lock_ms = LOCK_MS, .locks = 2000, .deliveries = 6, .may_renew = true};
    partition = (struct share_partition){.budget = &budget};
    return share_partition_load(&partition, 0, &nothing) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    share_partition_finish(&partition);
    return atomic_load(&budget.used) == 0 ? 0 : -1;
}

static const char *text_of(const struct share_acquired *acquired)
{
    static char text[512];
    int64_t count = 0;
    *text = '\0';
    for (size_t i = 0; i < acquired->ranges.count; i++) {
        const struct share_batch *b = &acquired->ranges.items[i];
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%lld-%lld*%d", i != 0 ? " " : "",
                 (long long)b->first, (long long)b->last, b->count);
        count += b->last - b->first + 1;
    }
    assert_int_equal(acquired->count, count);
    return text;
}

static void start_acquiring(const char *member, const struct share_log_batch *batches, size_t count, int32_t most,
                            bool is_exact, struct share_acquired *out)
{
    const struct share_acquire in = {.member = kw_string_of(member),
                                     .now = now,
                                     .fetch_offset = share_partition_next_offset(&partition),
                                     .batches = batches,
                                     .batch_count = count,
                                     .max_records = most,
                                     .batch_size = MOST_RECORDS,
                                     .is_exact = is_exact};
    assert_true(share_acquire(&partition, &limits, &in, out));
}

static const char *acquire_as(const char *member, const struct share_log_batch *batches, size_t count, int32_t most,
                              bool is_exact)
{
    struct share_acquired out;
    start_acquiring(member, batches, count, most, is_exact, &out);
    const char *text = text_of(&out);
    share_acquired_finish(&out, &budget);
    return text;
}

static const char *acquire(const char *member, size_t count)
{
    return acquire_as(member, ten_by_ten, count, MOST_RECORDS, false);
}

static void end_with(const char *member, int64_t first, int64_t last, int8_t type)
{
    struct share_change change;
    const struct share_acknowledgement ack = {first, last, &type, 1};
    const struct share_acknowledgements all = {&ack, 1};
    const struct share_answer answer = share_acknowledge(&partition, &limits, now, kw_string_of(member), &all, &change);
    assert_int_equal(answer.error, KW_ERROR_NONE);
    (void)share_partition_written(&partition, change.write, true);
    share_change_finish(&change, &budget);
}

/* ---- */

/* The one of them that may be delivered only once more is not in an answer with others. */
static void the_last_delivery_is_alone(void **state)
{
    (void)state;
    limits.deliveries = 3;
    assert_string_equal(acquire("m", 1), "0-9*1");
    end_with("m", 5, 5, SHARE_RELEASE);
    assert_string_equal(acquire("n", 1), "5-5*2");
    end_with("n", 5, 5, SHARE_RELEASE);
    end_with("m", 0, 4, SHARE_RELEASE);
    end_with("m", 7, 9, SHARE_RELEASE);
    assert_string_equal(acquire("o", 1), "0-4*2");
    assert_string_equal(acquire("o", 1), "5-5*3");
    assert_string_equal(acquire("o", 1), "7-9*2");
}

/* With so few deliveries nothing is isolated. */
static void two_deliveries(void **state)
{
    (void)state;
    limits.deliveries = 2;
    assert_string_equal(acquire("m", 1), "0-9*1");
    end_with("m", 0, 9, SHARE_RELEASE);
    assert_string_equal(acquire("m", 1), "0-9*2");
}

/* The first record that has failed half of the times says how many of the batch are given. */
static void half_of_the_batch(void **state)
{
    (void)state;
    assert_string_equal(acquire("m", 1), "0-9*1");
    for (int i = 2; i <= 3; i++) { /* 2 to 9 fail again and again, the others are worked on */
        end_with("m", 2, 9, SHARE_RELEASE);
        (void)acquire("m", 1);
    }
    end_with("m", 0, 9, SHARE_RELEASE);
    assert_string_equal(acquire("m", 1), "0-1*2 2-4*4"); /* 5 of 10 */
    assert_string_equal(acquire("m", 1), "5-9*4");
    end_with("m", 2, 9, SHARE_RELEASE);
    assert_string_equal(acquire("m", 1), "2-3*5"); /* 10 >> 2 */
    assert_string_equal(acquire("m", 1), "4-5*5");
}

/* As in Kafka it is no limit if as many have been given before. */
static void failed_records_behind_many_others(void **state)
{
    (void)state;
    assert_string_equal(acquire("m", 1), "0-9*1");
    for (int i = 2; i <= 3; i++) {
        end_with("m", 7, 9, SHARE_RELEASE);
        (void)acquire("m", 1);
    }
    end_with("m", 0, 9, SHARE_RELEASE);
    assert_string_equal(acquire("m", 1), "0-6*2 7-9*4");
}

static void failed_records_behind_as_many_others(void **state)
{
    (void)state;
    assert_string_equal(acquire("m", 1), "0-9*1");
    for (int i = 2; i <= 3; i++) {
        end_with("m", 5, 9, SHARE_RELEASE);
        (void)acquire("m", 1);
    }
    end_with("m", 1, 9, SHARE_RELEASE);
    assert_string_equal(acquire("m", 1), "1-4*2 5-5*4"); /* four before: one more */
}

/* What failed often is not given behind others, and nothing behind it. */
static void a_batch_that_failed_is_alone(void **state)
{
    (void)state;
    assert_string_equal(acquire("m", 1), "0-9*1");
    assert_string_equal(acquire("m", 2), "10-19*1");
    for (int i = 2; i <= 3; i++) {
        end_with("m", 10, 19, SHARE_RELEASE);
        assert_string_equal(acquire("m", 2), i == 2 ? "10-19*2" : "10-19*3");
    }
    end_with("m", 0, 19, SHARE_RELEASE);
    assert_string_equal(acquire("m", 3), "0-9*2"); /* neither 10 nor 20 */
    assert_string_equal(acquire("m", 3), "10-14*4");
    assert_string_equal(acquire("m", 3), "15-19*4");
    assert_string_equal(acquire("m", 3), "20-29*1");
}

static void exactly_so_many_of_a_batch_that_failed(void **state)
{
    (void)state;
    for (int i = 1; i <= 3; i++) {
        (void)acquire("m", 1);
        end_with("m", 0, 9, SHARE_RELEASE);
    }
    assert_string_equal(acquire_as("m", ten_by_ten, 1, 3, true), "0-2*4");
    assert_string_equal(acquire_as("m", ten_by_ten, 1, 7, true), "3-7*4");
    assert_string_equal(acquire_as("m", ten_by_ten, 3, 7, true), "8-9*4");
    assert_string_equal(acquire_as("m", ten_by_ten, 3, 7, true), "10-16*1");
}

/* Of what is in flight only what was read. */
static void a_part_that_was_read(void **state)
{
    (void)state;
    static const struct share_log_batch all[] = {{0, 29}}, middle[] = {{10, 19}};
    assert_string_equal(acquire_as("m", all, 1, MOST_RECORDS, false), "0-29*1");
    end_with("m", 12, 29, SHARE_RELEASE);
    assert_string_equal(acquire_as("n", middle, 1, MOST_RECORDS, false), "12-19*2");
    assert_int_equal(share_partition_next_offset(&partition), 20);
    assert_string_equal(acquire_as("n", ten_by_ten, 3, MOST_RECORDS, false), "20-29*2");
}

/* What has not been delivered is cut at batches of the log, also behind a part that somebody has. */
static void new_records_behind_a_part(void **state)
{
    (void)state;
    struct share_acquired out;
    struct share_batch behind[] = {{20, 29, 1, SHARE_AVAILABLE}};
    static const struct share_log_batch fives[] = {{0, 4}, {5, 9}, {10, 14}, {15, 19}};
    const struct share_batches batches = {behind, 1};
    share_partition_finish(&partition);
    assert_true(share_partition_load(&partition, 0, &batches));
    assert_string_equal(acquire_as("m", fives, 4, 3, true), "0-2*1");
    const struct share_acquire in = {.member = kw_string_of("n"),
                                     .fetch_offset = 3,
                                     .batches = fives,
                                     .batch_count = COUNT_OF(fives),
                                     .max_records = MOST_RECORDS,
                                     .batch_size = 5};
    assert_true(share_acquire(&partition, &limits, &in, &out));
    assert_string_equal(text_of(&out), "3-9*1 10-14*1 15-19*1");
    share_acquired_finish(&out, &budget);
}

/* ---- withdrawing ---- */

static const char *withdraw(struct share_acquired *acquired, int64_t first, int64_t last)
{
    assert_true(share_withdraw(&partition, first, last, acquired));
    return text_of(acquired);
}

static void parts_are_withdrawn(void **state)
{
    (void)state;
    struct share_acquired acquired;
    start_acquiring("m", ten_by_ten, 3, MOST_RECORDS, false, &acquired);
    assert_string_equal(text_of(&acquired), "0-29*1");
    assert_string_equal(withdraw(&acquired, 0, 2), "3-29*1");
    assert_int_equal(partition.start, 3); /* nobody is going to read them */
    assert_string_equal(withdraw(&acquired, 10, 12), "3-9*1 13-29*1");
    assert_string_equal(withdraw(&acquired, 28, 40), "3-9*1 13-27*1");
    assert_string_equal(withdraw(&acquired, 8, 14), "3-7*1 15-27*1");
    assert_string_equal(withdraw(&acquired, 50, 60), "3-7*1 15-27*1");
    assert_string_equal(withdraw(&acquired, 3, 7), "15-27*1");
    assert_int_equal(partition.start, 15);
    assert_string_equal(withdraw(&acquired, 15, 27), "");
    assert_int_equal(partition.start, 30);
    assert_int_equal(partition.end, 30);
    share_acquired_finish(&acquired, &budget);
}

/* What another member has stays. */
static void only_what_is_locked_is_withdrawn(void **state)
{
    (void)state;
    struct share_acquired acquired;
    assert_string_equal(acquire("m", 1), "0-9*1");
    end_with("m", 5, 9, SHARE_RELEASE);
    start_acquiring("n", ten_by_ten, 2, MOST_RECORDS, false, &acquired);
    assert_string_equal(text_of(&acquired), "5-9*2 10-19*1");
    end_with("n", 10, 19, SHARE_RELEASE);
    assert_string_equal(withdraw(&acquired, 8, 12), "5-7*2 13-19*1");
    share_acquired_finish(&acquired, &budget);
    assert_int_equal(share_partition_next_offset(&partition), 10); /* it is available, as it was */
    end_with("m", 0, 4, SHARE_ACCEPT);
    end_with("n", 5, 7, SHARE_ACCEPT);
    assert_int_equal(partition.start, 10);
}

static void withdrawing_needs_memory(void **state)
{
    (void)state;
    struct share_acquired acquired;
    start_acquiring("m", ten_by_ten, 3, MOST_RECORDS, false, &acquired);
    size_t used = atomic_load(&budget.used);
    size_t refused = 0;
    for (budget.limit = used; !share_withdraw(&partition, 10, 12, &acquired); budget.limit++, refused++) {
        assert_string_equal(text_of(&acquired), "0-29*1");
        assert_int_equal(atomic_load(&budget.used), used);
        assert_int_equal(partition.runs.count, 1);
    }
    assert_true(refused > 0);
    assert_string_equal(text_of(&acquired), "0-9*1 13-29*1");
    share_acquired_finish(&acquired, &budget);
}

#define ACQUIRE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ACQUIRE_TEST(the_last_delivery_is_alone),
        ACQUIRE_TEST(two_deliveries),
        ACQUIRE_TEST(half_of_the_batch),
        ACQUIRE_TEST(failed_records_behind_many_others),
        ACQUIRE_TEST(failed_records_behind_as_many_others),
        ACQUIRE_TEST(a_batch_that_failed_is_alone),
        ACQUIRE_TEST(exactly_so_many_of_a_batch_that_failed),
        ACQUIRE_TEST(a_part_that_was_read),
        ACQUIRE_TEST(new_records_behind_a_part),
        ACQUIRE_TEST(parts_are_withdrawn),
        ACQUIRE_TEST(only_what_is_locked_is_withdrawn),
        ACQUIRE_TEST(withdrawing_needs_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
