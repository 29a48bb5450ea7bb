/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_shard_load FOLDER
 *
 * Shards loaded from real logs: their own, and what Kafka may have written; what cannot be loaded is reported. */
#include "../log/append_support.h"
#include "shard_support.h"

#include <kwire/record_builder.h>

#include "../support/captured.h"
#include "../support/unreadable_pages.h"
#include "coordinator/shard_load.h"
#include "log/log_change.h"
#include "log/log_read.h"

enum { STEP = 300, LIMIT = 100000, PRODUCER = 77 };

static const char *root;
static struct log_folder f;
static struct log_config config;
static struct captured captured;

static void renew_shard(void)
{
    memset(&toy, 0, sizeof toy);
    toy.unloaded = &unloaded;
    released = unloaded = 0;
    make_shard();
    shard.options.sink = shard.log.options.sink = shard_sink_of(&f.log);
}

static int set_up_log(void **state)
{
    assert_int_equal(set_up(state), 0);
    log_folder_init(&f, root, "load-0");
    log_config_init(&config);
    config.segment_bytes = 5000;
    partition_log_configure(&f.log, &config);
    struct log_snapshot snapshot = log_folder_open(&f);
    log_snapshot_release(&snapshot);
    end_shard();
    renew_shard();
    return 0;
}

static int tear_down_log(void **state)
{
    assert_int_equal(tear_down(state), 0);
    log_folder_finish(&f);
    return forget_given(state);
}

static void load(void)
{
    shard_load(&shard, &f.log, STEP, LIMIT);
}

static void load_with_report(const char *why)
{
    struct toy_event event;
    capture_start(&captured);
    load();
    const char *text = capture_end(&captured);
    if (strstr(text, "toy-0: its coordinator cannot be loaded: ") == NULL || strstr(text, why) == NULL)
        fail_msg("`%s` instead of `%s`", text, why);
    toy_event_init(&event, TOY_READ, 0, &sim.executor);
    assert_true(toy_submit(&shard, &event));
    assert_completed(&event, KW_ERROR_NOT_COORDINATOR);
    assert_int_equal(toy.is_loaded, 0);
}

/* ---- batches that others have written ---- */

struct put {
    int32_t number;
    int64_t value;
    int padding;
};

static void append_built(kw_writer *w)
{
    static struct append_batch batch;
    kw_span all = kw_writer_data(w);
    const uint8_t *bytes = all.data;
    memcpy(batch.header, bytes, sizeof batch.header);
    batch.records = kw_bytes_of(bytes + KW_BATCH_V2_RECORDS, all.size - KW_BATCH_V2_RECORDS);
    int64_t producer_id = (int64_t)kw_load_be64(bytes + KW_BATCH_V2_PRODUCER_ID);
    struct log_append append = {.batches = &batch,
                                .count = 1,
                                .origin = APPEND_COORDINATOR,
                                .verification = verifications_enter(&f.log.verifications, producer_id, 0, 0, false),
                                .done = note_done};
    assert_true(log_append(&f.log, &append));
    assert_int_equal(append.error, KW_ERROR_NONE);
    kw_writer_finish(w);
}

static void append_batch(const kw_batch_options *options, const struct put *puts, size_t count)
{
    kw_batch_builder b;
    kw_writer w;
    kw_arena arena;
    struct coordinator_decision d = {.now = 1};
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), 1 << 20);
    record_out_init(&d.records, &arena);
    for (size_t i = 0; i < count; i++)
        toy_put(&d, puts[i].number, puts[i].value, (size_t)puts[i].padding);
    kw_writer_init_growing(&w, kw_allocator_libc(), 1 << 20);
    assert_int_equal(kw_batch_builder_init(&b, &w, options), KW_OK);
    for (size_t i = 0; i < count; i++) {
        const kw_new_record record = {.timestamp = 1, .key = d.records.items[i].key, .value = d.records.items[i].value};
        assert_int_equal(kw_batch_builder_append(&b, &record), KW_OK);
    }
    assert_int_equal(kw_batch_builder_end(&b), KW_OK);
    append_built(&w);
    kw_arena_finish(&arena);
}

static kw_batch_options plain(void)
{
    kw_batch_options options;
    kw_batch_options_init(&options);
    return options;
}

static kw_batch_options of_transaction(void)
{
    kw_batch_options options = plain();
    options.producer_id = PRODUCER;
    options.producer_epoch = 4;
    options.base_sequence = 0;
    options.transactional = true;
    return options;
}

static void append_control(kw_batch_options options, int16_t type)
{
    kw_control_record record = {.type = type};
    kw_writer w;
    kw_writer_init_growing(&w, kw_allocator_libc(), 1 << 20);
    if (type == KW_CONTROL_LEADER_CHANGE)
        kw_leader_change_message_init(&record.value.leader_change);
    else
        kw_end_txn_marker_init(&record.value.end_txn);
    options.base_sequence = KW_NO_SEQUENCE;
    assert_int_equal(kw_write_control_batch(&w, &options, 1, &record), KW_OK);
    append_built(&w);
}

static void append_compressed(const struct put *puts, size_t count)
{
    kw_batch_options options = plain();
    kw_writer scratch;
    kw_writer_init_growing(&scratch, kw_allocator_libc(), 1 << 20);
    options.codec = KW_CODEC_GZIP;
    options.level = 6;
    options.compressor = kw_compressor_create(kw_allocator_libc());
    options.scratch = &scratch;
    append_batch(&options, puts, count);
    kw_compressor_destroy(options.compressor);
    kw_writer_finish(&scratch);
}

/* ---- what can be loaded ---- */

static void empty_logs(void **state)
{
    (void)state;
    struct toy_event add;
    load();
    assert_int_equal(toy.is_loaded, 1);
    toy_event_init(&add, TOY_ADD, 1, &sim.executor);
    assert_true(toy_submit(&shard, &add));
    assert_completed(&add, KW_ERROR_NONE);
    assert_int_equal(add.seen, -1);
}

/* Over several segments and many steps; then it continues where the log ends. */
static void its_own_log(void **state)
{
    (void)state;
    struct toy_event event;
    load();
    for (int i = 0; i < 60; i++) {
        static const enum toy_how hows[] = {TOY_ADD, TOY_PUT_ALL, TOY_REMOVE};
        toy_event_init(&event, hows[i % 3], i % TOY_COUNTERS, &sim.executor);
        event.padding = (size_t)(i * 7);
        assert_true(toy_submit(&shard, &event));
        assert_completed(&event, KW_ERROR_NONE);
    }
    int64_t counts[TOY_COUNTERS];
    for (int32_t i = 0; i < TOY_COUNTERS; i++)
        counts[i] = toy_count(&toy, i);
    end_shard();
    renew_shard();
    load();
    for (int32_t i = 0; i < TOY_COUNTERS; i++)
        assert_int_equal(toy_count(&toy, i), counts[i]);
    toy_event_init(&event, TOY_ADD, 3, &sim.executor);
    assert_true(toy_submit(&shard, &event));
    assert_completed(&event, KW_ERROR_NONE);
    assert_int_equal(event.seen, counts[3]);
}

static void compressed_batches(void **state)
{
    (void)state;
    static const struct put first[] = {{1, 10, 500}, {2, 20, 0}}, second[] = {{2, 21, 900}};
    append_compressed(first, COUNT_OF(first));
    append_compressed(second, COUNT_OF(second));
    load();
    assert_int_equal(toy.is_loaded, 1);
    assert_int_equal(toy_count(&toy, 1), 10);
    assert_int_equal(toy_count(&toy, 2), 21);
}

static void transactions(void **state)
{
    (void)state;
    static const struct put committed[] = {{1, 10, 0}}, aborted[] = {{2, 20, 0}}, open[] = {{3, 30, 0}};
    const kw_batch_options options = of_transaction();
    append_batch(&options, committed, 1);
    append_control(options, KW_CONTROL_COMMIT);
    append_batch(&options, aborted, 1);
    append_control(options, KW_CONTROL_ABORT);
    append_batch(&options, open, 1);
    load();
    assert_int_equal(toy.is_loaded, 1);
    assert_int_equal(toy_count(&toy, 1), 10);
    assert_int_equal(toy_count(&toy, 2), -1);
    assert_int_equal(toy_count(&toy, 3), -1);
    assert_int_equal(toy.pending[3], 30);
}

static void other_control_records(void **state)
{
    (void)state;
    static const struct put puts[] = {{1, 10, 0}};
    kw_batch_options options = plain();
    options.control = true;
    append_control(options, KW_CONTROL_LEADER_CHANGE);
    options = plain();
    append_batch(&options, puts, 1);
    load();
    assert_int_equal(toy.is_loaded, 1);
    assert_int_equal(toy_count(&toy, 1), 10);
}

/* In the middle of a batch. */
static void not_before_the_start(void **state)
{
    (void)state;
    static const struct put puts[] = {{1, 10, 0}, {2, 20, 0}, {3, 30, 0}};
    const kw_batch_options options = plain();
    append_batch(&options, puts, 3);
    int64_t start;
    assert_int_equal(log_delete_records(&f.log, 2, &start), KW_ERROR_NONE);
    load();
    assert_int_equal(toy_count(&toy, 1), -1);
    assert_int_equal(toy_count(&toy, 2), -1);
    assert_int_equal(toy_count(&toy, 3), 30);
    assert_int_equal(toy.replayed, 1);
}

/* ---- what cannot ---- */

static void records_that_cannot_be_replayed(void **state)
{
    (void)state;
    static const struct put puts[] = {{1, 10, 0}, {2, 20, 0}, {3, 30, 0}};
    const kw_batch_options options = plain();
    append_batch(&options, puts, 3);
    toy.fails_after = 2;
    toy.failure = KW_ERR_VERSION;
    load_with_report("offset 1: ");
}

static void markers_that_cannot_be_replayed(void **state)
{
    (void)state;
    const kw_batch_options options = of_transaction();
    append_control(options, KW_CONTROL_COMMIT); /* of a producer that has written nothing */
    load_with_report("offset 0: ");
}

static void batches_that_are_too_large(void **state)
{
    (void)state;
    static const struct put puts[40] = {{1, 10, 4000}, {1, 10, 4000}, {1, 10, 4000}, {1, 10, 4000}};
    struct put many[40];
    for (size_t i = 0; i < COUNT_OF(many); i++)
        many[i] = puts[0];
    append_compressed(puts, 4);
    append_compressed(many, COUNT_OF(many));
    load_with_report("offset 4: ");
}

static void damaged_batches(void **state)
{
    (void)state;
    static const struct put puts[] = {{1, 10, 0}};
    const kw_batch_options options = plain();
    for (int i = 0; i < 20; i++)
        append_batch(&options, puts, 1);
    partition_log_finish(&f.log); /* as another process finds it */
    const char *path = join(f.path, "00000000000000000000.log").text;
    kw_bytes bytes = read_file(path);
    uint8_t *changed = (uint8_t *)(uintptr_t)bytes.data;
    changed[KW_BATCH_V2_RECORDS + 5] ^= 1;
    write_file(path, changed, (size_t)bytes.len);
    segment_cache_finish(&f.cache);
    const struct partition_log what = {.folder = f.path, .start_offset = -1};
    assert_true(segment_cache_init(&f.cache));
    assert_true(partition_log_init(&f.log, &what, &f.cache));
    load_with_report("offset 0: ");
}

/* They can once more before it is loaded, and it can be tried again. */
static void records_that_cannot_be_read_any_more(void **state)
{
    (void)state;
    static const struct put puts[] = {{1, 10, 4000}, {2, 20, 4000}};
    const kw_batch_options options = plain();
    struct log_slice slice;
    config.segment_bytes = 1 << 20;
    partition_log_configure(&f.log, &config);
    append_batch(&options, puts, 1);
    unreadable_pages_start(root);
    unreadable_pages_plan(".log", SIZE_MAX);
    struct log_snapshot snapshot = log_folder_open(&f);
    const struct log_read_request all = {.end = 1, .max_bytes = INT32_MAX};
    assert_int_equal(log_read(&f.log, &snapshot, &all, &slice), KW_ERROR_NONE);
    unreadable_pages_lose(4096);
    load_with_report("offset 0: it cannot be read");
    segment_release(slice.segment);
    log_snapshot_release(&snapshot);
    end_shard();
    renew_shard();
    unreadable_pages_plan(".log", 4096);
    capture_start(&captured);
    assert_false(shard_load(&shard, &f.log, STEP, LIMIT));
    (void)capture_end(&captured);
    unreadable_pages_stop();
    end_shard();
    renew_shard();
    load();
    assert_int_equal(toy_count(&toy, 1), 10);
}

static void a_log_that_cannot_be_opened(void **state)
{
    (void)state;
    partition_log_finish(&f.log);
    segment_cache_finish(&f.cache);
    static path_text missing;
    missing = join(f.path, "missing");
    const struct partition_log what = {.folder = missing.text, .start_offset = -1};
    assert_true(segment_cache_init(&f.cache));
    assert_true(partition_log_init(&f.log, &what, &f.cache));
    load_with_report("offset 0: its log cannot be opened");
}

static void unwanted_while_it_loads(void **state)
{
    (void)state;
    static const struct put puts[] = {{1, 10, 0}};
    const kw_batch_options options = plain();
    append_batch(&options, puts, 1);
    shard_unload(&shard);
    assert_int_equal(unloaded, 0);
    load();
    assert_int_equal(toy.replayed, 0);
    assert_int_equal(unloaded, 1);
    sim_settle(&sim);
    assert_int_equal(released, 1);
    shard_finish(&shard);
    renew_shard();
    load();
    assert_int_equal(toy_count(&toy, 1), 10);
}

#define LOAD_TEST(function) cmocka_unit_test_setup_teardown(function, set_up_log, tear_down_log)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        LOAD_TEST(empty_logs),
        LOAD_TEST(its_own_log),
        LOAD_TEST(compressed_batches),
        LOAD_TEST(transactions),
        LOAD_TEST(other_control_records),
        LOAD_TEST(not_before_the_start),
        LOAD_TEST(records_that_cannot_be_replayed),
        LOAD_TEST(markers_that_cannot_be_replayed),
        LOAD_TEST(batches_that_are_too_large),
        LOAD_TEST(damaged_batches),
        LOAD_TEST(records_that_cannot_be_read_any_more),
        LOAD_TEST(a_log_that_cannot_be_opened),
        LOAD_TEST(unwanted_while_it_loads),
    };
    if (argc != 2)
        return 2;
    root = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
