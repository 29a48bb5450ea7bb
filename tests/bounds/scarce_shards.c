/* SPDX-License-Identifier: Apache-2.0 */
/* scarce_shards FOLDER   FOLDER is not used: the files are in memory.
 *
 * The shards of a topic are started, loaded, used and replaced while one allocation after the other fails: what was
 * answered without an error is in the log, in a newer epoch everything works, and nothing leaks. The same for calls
 * that look for a coordinator whose topic is missing. */
#include "../server/coordinator/shards_support.h"
#include "../server/support/captured.h"

#include "scarce.h"

enum { PARTITIONS = 2, MOST_CALLS = 50000 };

static struct captured captured;
static int64_t added[PARTITIONS]; /* events that had no error */

static void start_in_memory(void)
{
    assert_true(use_memory());
    assert_true(start_all());
}

static void stop_in_memory(void)
{
    assert_true(stop_all());
    (void)forget_given(NULL);
    end_memory();
}

static void add_in_all(void)
{
    for (int32_t i = 0; i < PARTITIONS; i++) {
        struct shard *shard;
        struct toy_event event;
        if (shards_find(&shards, i, &shard) != KW_ERROR_NONE)
            continue;
        toy_event_init(&event, TOY_ADD, 1, &sim.executor);
        if (!toy_submit(shard, &event))
            settle();
        assert_int_equal(event.completed, 1);
        added[i] += event.error == KW_ERROR_NONE;
        shards_release(shard);
    }
}

static void move_leaders(void)
{
    for (int32_t i = 0; i < PARTITIONS; i++) {
        set_leader(i, -1);
        set_leader(i, NODE);
    }
}

/* Whether the images could be applied. */
static bool live(const struct metadata_image *before, const struct metadata_image *after)
{
    bool is_complete = shards_apply(&shards, before);
    is_complete = shards_start(&shards, homes, 1, PARTITIONS) && is_complete;
    settle();
    add_in_all();
    is_complete = shards_apply(&shards, after) && is_complete;
    settle();
    add_in_all();
    return is_complete;
}

static bool try_shards(size_t n)
{
    start_in_memory();
    assert_true(init_shards());
    create_topic(PARTITIONS);
    memset(added, 0, sizeof added);
    const struct metadata_image *before = metadata_image_share(current_image());
    move_leaders();
    const struct metadata_image *after = metadata_image_share(current_image());
    capture_start(&captured);
    scarce_fail_at(SCARCE_MEMORY, n);
    bool is_complete = live(before, after), failed = scarce_has_failed();
    scarce_fail_at(SCARCE_MEMORY, 0);
    (void)capture_end(&captured);
    assert_true(is_complete || failed);
    if (!failed)
        for (int32_t i = 0; i < PARTITIONS; i++)
            assert_int_equal(added[i], 2);
    metadata_image_release(before);
    metadata_image_release(after);
    move_leaders();
    assert_true(apply_image());
    settle();
    for (int32_t i = 0; i < PARTITIONS; i++)
        assert_int_equal(count_in(i), added[i] - 1);
    stop_shards();
    assert_int_equal(states, 0);
    stop_in_memory();
    return failed;
}

static void all_of_a_topic(void **state)
{
    (void)state;
    size_t n = 1, blocks = scarce_blocks();
    for (bool failed = true; failed; n++) {
        failed = try_shards(n);
        assert_int_equal(scarce_blocks(), blocks);
        assert_true(n < MOST_CALLS);
    }
    assert_true(n > 50);
}

/* ---- FindCoordinator ---- */

static bool try_to_find(size_t n)
{
    kw_string key = kw_string_of("group");
    kw_find_coordinator_request request;
    start_in_memory();
    kw_find_coordinator_request_init(&request);
    request.coordinator_keys = (kw_string_array){&key, 1};
    kw_bytes frame = request_frame(KW_KEY_FIND_COORDINATOR, 6, &request);
    capture_start(&captured);
    scarce_fail_at(SCARCE_MEMORY, n);
    bool answered = ask_with_memory(frame, ARENA_LIMIT), failed = scarce_has_failed();
    scarce_fail_at(SCARCE_MEMORY, 0);
    sim_advance(&sim, 60000); /* a log that could not be made is made later */
    (void)capture_end(&captured);
    assert_true(answered || failed);
    if (answered) {
        const kw_find_coordinator_response *response = take_response(KW_KEY_FIND_COORDINATOR, 6);
        int16_t error = response->coordinators.items[0].error_code;
        assert_true(error == KW_ERROR_NONE || (failed && error == KW_ERROR_COORDINATOR_NOT_AVAILABLE));
    }
    assert_true(ask_with_memory(frame, ARENA_LIMIT));
    const kw_find_coordinator_response *response = take_response(KW_KEY_FIND_COORDINATOR, 6);
    assert_int_equal(response->coordinators.items[0].error_code, KW_ERROR_NONE);
    stop_in_memory();
    return failed;
}

static void a_coordinator(void **state)
{
    (void)state;
    size_t n = 1, blocks = scarce_blocks();
    for (bool failed = true; failed; n++) {
        failed = try_to_find(n);
        assert_int_equal(scarce_blocks(), blocks);
        assert_true(n < MOST_CALLS);
    }
    assert_true(n > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_of_a_topic), cmocka_unit_test(a_coordinator)};
    scarce_count_arenas();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
