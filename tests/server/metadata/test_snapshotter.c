/* SPDX-License-Identifier: Apache-2.0 */
/* When snapshots are written, and what they replace. */
#include "../support/sim.h"

#include "../../unit/support.h"

#include <kwire/messages/producer_ids_record.h>

#include "base/file_memory.h"
#include "metadata/delta.h"
#include "metadata/load.h"
#include "metadata/snapshotter.h"

#include "../support/file_faults.h"
#include "image_text.h"

enum { LIMIT = 16 * 1024 * 1024 };

static const char folder[] = "data/__cluster_metadata-0";

static kw_arena arena;
static struct sim sim;
static struct metadata_writer writer;
static struct metadata_image *image;
static struct snapshotter snapshotter;

static int64_t now(void)
{
    return 1000;
}

static int set_up(void **state)
{
    const struct metadata_log nothing = {.segment = -1};
    const struct metadata_parts parts = {.offset = 1, .epoch = 1};
    const struct metadata_leader leader = {1, 1, 0, NULL, 1000};
    (void)state;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LIMIT);
    sim_init(&sim);
    memset(&snapshotter, 0, sizeof snapshotter);
    if (!file_memory_start(LIMIT))
        return -1;
    file_layer_use(&file_layer_memory);
    file_faults_start();
    image = metadata_image_create(&parts);
    return metadata_writer_open(&writer, folder, &nothing, LIMIT) && metadata_writer_lead(&writer, &leader) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    snapshotter_finish(&snapshotter);
    bool released = atomic_load(&image->references) == 1;
    metadata_image_release(image);
    metadata_writer_close(&writer);
    kw_arena_finish(&arena);
    file_faults_stop();
    file_layer_use(&file_layer_system);
    file_memory_stop();
    return released ? 0 : -1;
}

static void start(int64_t bytes, int64_t interval_ms, uint64_t before)
{
    const struct snapshotter_options options = {
        .writer = &writer, .executor = &sim.executor, .bytes = bytes, .interval_ms = interval_ms, .now = now};
    snapshotter_start(&snapshotter, &options, image, 0, before);
}

/* Appends a record, which changes the image, and publishes that. */
static void change(void)
{
    struct metadata_delta delta;
    struct record_list records;
    kw_producer_ids_record block;
    kw_arena_reset(&arena);
    record_list_init(&records, &arena);
    kw_producer_ids_record_init(&block);
    block.next_producer_id = image->parts.next_producer_id + 1000;
    record_list_add(&records, &kw_producer_ids_record_message, 0, &block);
    assert_int_equal(metadata_writer_append(&writer, records.values, 1, writer.end_offset, now()), APPENDED);
    assert_status(metadata_delta_init(&delta, image, kw_allocator_libc(), LIMIT), KW_OK);
    assert_status(metadata_delta_replay(&delta, records.values[0]), KW_OK);
    struct metadata_image *next = metadata_delta_apply(&delta, writer.end_offset, 1);
    assert_non_null(next);
    metadata_delta_finish(&delta);
    metadata_image_release(image);
    image = next;
    snapshotter_published(&snapshotter, image);
}

static bool has_snapshot(int64_t offset)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%020lld-0000000001.checkpoint", folder, (long long)offset);
    return file_exists(path);
}

static bool has_segment(int64_t offset)
{
    char path[KW_PATH_SIZE];
    assert_status(path_of_segment(path, folder, KW_SEGMENT_FILE_LOG, offset), KW_OK);
    return file_exists(path);
}

static void after_so_many_bytes(void **state)
{
    (void)state;
    start(1000, 0, writer.written);
    while (writer.written < 1000) {
        assert_null(sim.offloaded);
        change();
    }
    int64_t end = image->parts.offset;
    uint64_t before = writer.written;
    assert_non_null(sim.offloaded);
    assert_int_equal(writer.base_offset, end); /* what follows is in another segment */
    change();
    sim_settle(&sim);
    assert_true(has_snapshot(end));
    assert_false(has_segment(0));
    assert_true(has_segment(end));
    while (writer.written - before < 1000) {
        assert_null(sim.offloaded);
        change();
    }
    assert_non_null(sim.offloaded);
    sim_settle(&sim);
    assert_false(has_snapshot(end));
}

/* What the log had before counts. */
static void at_once_if_the_log_is_long(void **state)
{
    (void)state;
    start(1000, 0, writer.written + 999);
    assert_non_null(sim.offloaded);
    sim_settle(&sim);
    assert_true(has_snapshot(1));
}

static void after_a_time(void **state)
{
    (void)state;
    start(LIMIT, 5000, 0);
    sim_advance(&sim, 4999);
    change();
    assert_null(sim.offloaded);
    sim_advance(&sim, 1);
    sim_settle(&sim);
    assert_true(has_snapshot(2));
    sim_advance(&sim, 5000); /* nothing has changed since */
    assert_null(sim.offloaded);
    change();
    sim_advance(&sim, 5000);
    sim_settle(&sim);
    assert_true(has_snapshot(3));
    assert_false(has_snapshot(2));
    executor_stop_timer(&sim.executor, &snapshotter.timer);
}

static void one_at_a_time(void **state)
{
    (void)state;
    start(1, 0, 1);
    change();
    change();
    assert_true(sim_run_worker(&sim));
    assert_null(sim.offloaded);
    sim_settle(&sim);
    assert_true(has_snapshot(1));
    change();
    sim_settle(&sim);
    assert_true(has_snapshot(image->parts.offset));
}

/* Without a snapshot no segment goes; the next one replaces all. */
static void failure_is_tried_again(void **state)
{
    (void)state;
    start(1, 0, 0);
    sim_settle(&sim);
    file_faults_plan(FAULT_RENAME, 0, 1, ENOSPC);
    change();
    sim_settle(&sim);
    assert_false(has_snapshot(2));
    assert_true(has_segment(0) || has_segment(1));
    change();
    sim_settle(&sim);
    assert_true(has_snapshot(3));
    assert_true(has_segment(3));
    assert_false(has_segment(1));
}

/* What is read from the files is the image, or an older one whose records follow. */
static void assert_replay(void)
{
    struct metadata_log log;
    struct metadata_image *found;
    assert_status(metadata_read("data", NULL, &log, &found), KW_OK);
    assert_false(log.has_gap);
    assert_int_equal(log.end_offset, writer.end_offset);
    assert_int_equal(found->parts.next_producer_id, image->parts.next_producer_id);
    metadata_image_release(found);
}

/* Whatever call fails, once: records are in a segment or in a snapshot, and the next snapshot is written. */
static void each_call_fails(void **state)
{
    (void)state;
    start(1, 0, 0);
    sim_settle(&sim);
    for (size_t pass = 0;; pass++) {
        assert_true(pass < 100);
        file_faults_plan(FAULT_ANY & ~(FAULT_CLOSE | FAULT_WRITE | FAULT_SYNC), pass, 1, EIO);
        change();
        sim_settle(&sim);
        bool done = !file_faults_done();
        file_faults_plan(0, 0, 0, 0);
        assert_replay();
        if (done) {
            assert_true(pass > 5);
            break;
        }
        change();
        sim_settle(&sim);
        assert_replay();
        if (!writer.is_broken)
            assert_true(has_snapshot(image->parts.offset));
    }
}

static void none_after_a_failed_write(void **state)
{
    (void)state;
    writer.is_broken = true;
    start(1, 0, 0);
    assert_null(sim.offloaded);
}

#define SNAPSHOTTER_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SNAPSHOTTER_TEST(after_so_many_bytes),
        SNAPSHOTTER_TEST(at_once_if_the_log_is_long),
        SNAPSHOTTER_TEST(after_a_time),
        SNAPSHOTTER_TEST(one_at_a_time),
        SNAPSHOTTER_TEST(failure_is_tried_again),
        SNAPSHOTTER_TEST(each_call_fails),
        SNAPSHOTTER_TEST(none_after_a_failed_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
