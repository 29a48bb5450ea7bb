/* SPDX-License-Identifier: Apache-2.0 */
/* The segment that is written to, and its indexes, in files in memory. */
#include "../../unit/disk_support.h"

#include "../support/file_faults.h"
#include "base/file_memory.h"
#include "log/segment_writer.h"
#include "log/small_file.h"

enum { BASE = 1000, MEMORY_LIMIT = 1024 * 1024, ONE = KW_BATCH_V2_RECORDS + 10, INDEX_START = 480 };

static const char folder[] = "/logs/writer-0", log_name[] = "00000000000000001000.log",
                  index_name[] = "00000000000000001000.index", times_name[] = "00000000000000001000.timeindex",
                  txns_name[] = "00000000000000001000.txnindex";
static struct log_config config;
static struct segment_writer w;
static kw_arena arena;
static const struct file_layer *usual_layer;

static int set_up(void **state)
{
    (void)state;
    assert_true(file_memory_start(MEMORY_LIMIT));
    usual_layer = file_layer_in_use();
    file_layer_use(&file_layer_memory);
    file_faults_start();
    assert_true(folder_create(folder));
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), MEMORY_LIMIT);
    log_config_init(&config);
    memset(&w, 0, sizeof w);
    return 0;
}

static int tear_down(void **state)
{
    segment_writer_close(&w);
    file_faults_plan(0, 0, 0, 0);
    file_faults_only(NULL);
    file_faults_stop();
    file_layer_use(usual_layer);
    kw_arena_finish(&arena);
    file_memory_stop();
    return forget_given(state);
}

/* ---- files ---- */

static void put(const char *name, const void *bytes, size_t size)
{
    assert_status(small_file_write(join(folder, name).text, (kw_span){bytes, size}), KW_OK);
}

static void assert_file(const char *name, const void *bytes, size_t size)
{
    kw_bytes read;
    assert_status(file_load(join(folder, name).text, MEMORY_LIMIT, &arena, &read), KW_OK);
    assert_int_equal(read.len, size);
    if (size != 0)
        assert_memory_equal(read.data, bytes, size);
}

static size_t size_of(const char *name)
{
    struct file_facts facts;
    return file_look(join(folder, name).text, &facts) == KW_OK ? facts.size : SIZE_MAX;
}

/* Entries as in the files. */
struct entries {
    uint8_t bytes[256];
    size_t size;
};

static void add_offset(struct entries *e, uint32_t relative, uint32_t position)
{
    kw_store_be32(e->bytes + e->size, relative);
    kw_store_be32(e->bytes + e->size + 4, position);
    e->size += KW_OFFSET_ENTRY_SIZE;
}

static void add_time(struct entries *e, int64_t timestamp, uint32_t relative)
{
    kw_store_be64(e->bytes + e->size, (uint64_t)timestamp);
    kw_store_be32(e->bytes + e->size + 8, relative);
    e->size += KW_TIME_ENTRY_SIZE;
}

static void assert_entries(const struct growing_index *index, const struct entries *e)
{
    assert_int_equal(index->size, e->size);
    if (e->size != 0)
        assert_memory_equal(index->block->bytes, e->bytes, e->size);
}

/* ---- indexes in memory ---- */

static void indexes_grow(void **state)
{
    (void)state;
    struct growing_index index = {0};
    assert_int_equal(growing_index_last_offset(&index, BASE), BASE);
    assert_int_equal(growing_index_last_time(&index, BASE).timestamp, KW_NO_TIMESTAMP);
    assert_int_equal(growing_index_last_time(&index, BASE).offset, BASE);
    assert_status(growing_index_reserve(&index, 0), KW_OK);
    assert_null(index.block);
    assert_status(growing_index_reserve(&index, 8), KW_OK);
    assert_int_equal(index.block->capacity, INDEX_START);
    struct index_block *first = index.block;
    for (uint32_t i = 0; i < INDEX_START / 8; i++) {
        assert_status(growing_index_reserve(&index, 8), KW_OK);
        growing_index_add_offset(&index, BASE, (kw_offset_entry){BASE + i, 10 * i});
    }
    assert_ptr_equal(index.block, first); /* it is full */
    assert_int_equal(growing_index_last_offset(&index, BASE), BASE + INDEX_START / 8 - 1);
    index_block_share(first);
    assert_status(growing_index_reserve(&index, 8), KW_OK);
    assert_ptr_not_equal(index.block, first);
    assert_int_equal(index.block->capacity, 2 * INDEX_START);
    growing_index_add_offset(&index, BASE, (kw_offset_entry){BASE + 70, 7});
    assert_memory_equal(index.block->bytes, first->bytes, INDEX_START);
    assert_int_equal(kw_load_be32(first->bytes + 8 * 59), 59);
    assert_int_equal(kw_load_be32(first->bytes + 8 * 59 + 4), 590);
    index_block_release(first);
    assert_int_equal(growing_index_last_offset(&index, BASE), BASE + 70);
    assert_status(growing_index_reserve(&index, 5 * INDEX_START), KW_OK); /* more than twice as much */
    assert_int_equal(index.block->capacity, 6 * INDEX_START + 8);
    growing_index_finish(&index);
    assert_null(index.block);
    assert_int_equal(index.size, 0);
    growing_index_finish(&index);
}

static void much_is_reserved_at_first(void **state)
{
    (void)state;
    struct growing_index index = {0};
    assert_status(growing_index_reserve(&index, INDEX_START + 12), KW_OK);
    assert_int_equal(index.block->capacity, INDEX_START + 12);
    growing_index_add_time(&index, BASE, (kw_time_entry){INT64_C(0x0102030405060708), BASE + 0x090a0b0c});
    static const uint8_t expected[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    assert_memory_equal(index.block->bytes, expected, sizeof expected);
    kw_time_entry last = growing_index_last_time(&index, BASE);
    assert_int_equal(last.timestamp, INT64_C(0x0102030405060708));
    assert_int_equal(last.offset, BASE + 0x090a0b0c);
    growing_index_finish(&index);
}

/* ---- appending ---- */

static void create(void)
{
    assert_status(segment_writer_create(&w, folder, BASE, &config, 5000), KW_OK);
}

static void add(size_t size, int64_t last_offset, int64_t timestamp)
{
    const struct batch_facts batch = {
        .size = size, .base_offset = last_offset, .last_offset = last_offset, .max_timestamp = timestamp};
    assert_status(segment_writer_reserve(&w, 1), KW_OK);
    segment_writer_add(&w, &batch);
}

/* Nothing of an earlier segment is left. */
static void a_segment_is_created(void **state)
{
    (void)state;
    static const char *const names[] = {log_name, index_name, times_name, txns_name};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        put(names[i], "old", 3);
    config.segment_bytes = 1234;
    create();
    assert_int_equal(size_of(log_name), 0);
    for (size_t i = 1; i < COUNT_OF(names); i++)
        assert_int_equal(size_of(names[i]), SIZE_MAX);
    assert_int_equal(w.segment->base_offset, BASE);
    assert_int_equal(w.segment->map_capacity, 1234);
    assert_true(w.segment->has_index);
    assert_int_equal(atomic_load(&w.segment->appended_from), 0);
    assert_int_equal(w.capacity, 1234);
    assert_int_equal(w.created_ms, 5000);
    assert_int_equal(w.first_timestamp, KW_NO_TIMESTAMP);
}

/* An entry after more bytes than the interval, for the batch that follows them. */
static void entries_are_added(void **state)
{
    (void)state;
    struct entries offsets = {.size = 0}, times = {.size = 0};
    config.index_interval_bytes = 100;
    create();
    add(100, BASE, 10);
    assert_int_equal(w.first_timestamp, 10);
    add(1, BASE + 2, 30); /* not more than 100 before it */
    assert_entries(&w.offsets, &offsets);
    add(50, BASE + 4, 20);
    add_offset(&offsets, 4, 101);
    add_time(&times, 30, 2);
    assert_entries(&w.offsets, &offsets);
    assert_entries(&w.times, &times);
    add(51, BASE + 6, 30); /* no larger timestamp; the first batch that has it stays the newest */
    add(1, BASE + 7, 30);
    add_offset(&offsets, 7, 202);
    assert_entries(&w.offsets, &offsets);
    assert_entries(&w.times, &times);
    assert_int_equal(w.newest.offset, BASE + 2);
    assert_int_equal(w.size, 203);
    add(1, BASE + 9, 31);
    assert_status(segment_writer_finish(&w, folder), KW_OK);
    add_time(&times, 31, 9);
    assert_file(index_name, offsets.bytes, offsets.size);
    assert_file(times_name, times.bytes, times.size);
    assert_int_equal(atomic_load(&w.segment->max_timestamp), 31);
    assert_int_equal(w.first_timestamp, 10);
}

/* Records without a timestamp have no entries. */
static void empty_indexes_are_written(void **state)
{
    (void)state;
    create();
    add(100, BASE, KW_NO_TIMESTAMP);
    put(index_name, "old", 3);
    put(times_name, "old", 3);
    assert_status(segment_writer_finish(&w, folder), KW_OK);
    assert_int_equal(size_of(index_name), 0);
    assert_int_equal(size_of(times_name), 0);
    assert_int_equal(atomic_load(&w.segment->max_timestamp), KW_NO_TIMESTAMP);
}

static void offsets_out_of_range_have_no_entry(void **state)
{
    (void)state;
    struct entries offsets = {.size = 0}, times = {.size = 0};
    config.index_interval_bytes = 0;
    create();
    add(1, BASE, 1);
    add(1, BASE - 1, 2);
    add(1, BASE + INT64_C(0x80000000), 3);
    assert_entries(&w.offsets, &offsets);
    add(1, BASE + (int64_t)INT32_MAX, 3);
    add_offset(&offsets, INT32_MAX, 3);
    assert_entries(&w.offsets, &offsets);
    assert_entries(&w.times, &times); /* the newest is the one that is out of range */
    add(1, BASE + (int64_t)INT32_MAX, 4);
    add_time(&times, 4, INT32_MAX);
    assert_entries(&w.times, &times);
}

static void indexes_have_a_limit(void **state)
{
    (void)state;
    config.index_interval_bytes = 0;
    config.segment_index_bytes = 3 * KW_OFFSET_ENTRY_SIZE + 7;
    create();
    for (int i = 0; i < 9; i++)
        add(1, BASE + i, KW_NO_TIMESTAMP);
    assert_int_equal(w.offsets.size, 3 * KW_OFFSET_ENTRY_SIZE);
    assert_true(segment_writer_is_full(&w, &config, 1, BASE + 9, 0, 5000));
}

/* What is set later is for the next segment. */
static void indexes_keep_their_settings(void **state)
{
    (void)state;
    config.index_interval_bytes = 0;
    config.segment_index_bytes = 4 * KW_OFFSET_ENTRY_SIZE;
    create();
    config.segment_index_bytes = KW_OFFSET_ENTRY_SIZE;
    config.index_interval_bytes = 1000;
    for (int i = 0; i < 4; i++)
        add(1, BASE + i, KW_NO_TIMESTAMP);
    assert_int_equal(w.offsets.size, 3 * KW_OFFSET_ENTRY_SIZE);
    assert_false(segment_writer_is_full(&w, &config, 1, BASE + 4, 0, 5000));
    segment_writer_close(&w);
    create();
    add(1, BASE, KW_NO_TIMESTAMP);
    assert_true(segment_writer_is_full(&w, &config, 1, BASE + 1, 0, 5000));
}

/* ---- full ---- */

static bool is_full_for(size_t bytes, int64_t timestamp, int64_t now)
{
    return segment_writer_is_full(&w, &config, bytes, BASE + 5, timestamp, now);
}

static void segments_are_full_by_size(void **state)
{
    (void)state;
    config.segment_bytes = 100;
    create();
    assert_false(is_full_for(101, 0, 5000)); /* the first batch is taken, whatever its size */
    add(60, BASE, 0);
    assert_false(is_full_for(40, 0, 5000));
    assert_true(is_full_for(41, 0, 5000));
    assert_true(is_full_for(101, 0, 5000));
    config.segment_bytes = 200; /* readers have mapped 100 */
    assert_true(is_full_for(41, 0, 5000));
    config.segment_bytes = 70;
    assert_true(is_full_for(11, 0, 5000));
    assert_false(is_full_for(10, 0, 5000));
}

static void segments_are_full_by_offset(void **state)
{
    (void)state;
    create();
    for (int i = 0; i < 2; i++) { /* while it is empty, too */
        assert_false(segment_writer_is_full(&w, &config, 1, BASE + (int64_t)INT32_MAX, 0, 5000));
        assert_true(segment_writer_is_full(&w, &config, 1, BASE + INT64_C(0x80000000), 0, 5000));
        assert_true(segment_writer_is_full(&w, &config, 1, BASE - 1, 0, 5000));
        add(1, BASE, 0);
    }
}

static void segments_are_full_by_age(void **state)
{
    (void)state;
    config.segment_ms = 1000;
    create();
    add(1, BASE, 0);
    assert_int_equal(w.first_timestamp, 0);
    assert_false(is_full_for(1, 1000, 9000));
    assert_true(is_full_for(1, 1001, 5000));
    w.jitter_ms = 300;
    assert_false(is_full_for(1, 700, 9000));
    assert_true(is_full_for(1, 701, 9000));
    w.jitter_ms = 1000;
    assert_false(is_full_for(1, 0, 9000));
    assert_true(is_full_for(1, 1, 9000));
    config.segment_ms = 999; /* smaller than the jitter, which was chosen before */
    assert_false(is_full_for(1, 0, 9000));
    assert_true(is_full_for(1, 1, 9000));
    w.first_timestamp = 3000;
    assert_false(is_full_for(1, 0, 9000));
}

/* Without timestamps. */
static void segments_are_full_by_age_of_the_file(void **state)
{
    (void)state;
    config.segment_ms = 1000;
    create();
    add(1, BASE, KW_NO_TIMESTAMP);
    assert_false(is_full_for(1, 9000, 6000));
    assert_true(is_full_for(1, 9000, 6001));
    assert_false(is_full_for(1, 9000, 0)); /* a clock that was put back */
    add(1, BASE + 1, 50);
    assert_int_equal(w.first_timestamp, KW_NO_TIMESTAMP);
}

static int64_t jitter_of(int64_t base_offset, int64_t now)
{
    struct segment_writer other;
    assert_status(segment_writer_create(&other, folder, base_offset, &config, now), KW_OK);
    int64_t jitter = other.jitter_ms;
    segment_writer_close(&other);
    assert_null(other.segment);
    return jitter;
}

static void segments_roll_at_different_times(void **state)
{
    (void)state;
    bool seen[4] = {false};
    config.segment_jitter_ms = 0;
    assert_int_equal(jitter_of(0, 1), 0);
    config.segment_jitter_ms = 1;
    for (int64_t i = 0; i < 30; i++)
        assert_int_equal(jitter_of(i, i), 0);
    config.segment_jitter_ms = 100;
    config.segment_ms = 4; /* the smaller one counts */
    for (int64_t i = 0; i < 200; i++) {
        int64_t jitter = jitter_of(i, 1000 + i);
        assert_true(jitter >= 0 && jitter < 4);
        seen[jitter] = true;
    }
    for (size_t i = 0; i < COUNT_OF(seen); i++)
        assert_true(seen[i]);
    config.segment_ms = 100;
    config.segment_jitter_ms = 2;
    for (int64_t i = 0; i < 200; i++)
        assert_true(jitter_of(i, 1000 + i) < 2);
}

/* ---- writing ---- */

static void write_text(const char *text, kw_status expected)
{
    const kw_span part = {text, strlen(text)};
    assert_status(segment_writer_write(&w, folder, &part, 1), expected);
}

static void bytes_are_written_behind_the_others(void **state)
{
    (void)state;
    create();
    write_text("abc", KW_OK);
    write_text("def", KW_OK); /* as long as they are not added, the next ones replace them */
    add(3, BASE, 1);
    write_text("ghi", KW_OK);
    assert_file(log_name, "defghi", 6);
    write_file_close(&w.file); /* it is opened again */
    write_text("jkl", KW_OK);
    assert_file(log_name, "defjkl", 6);
}

static void failed_writes_leave_nothing(void **state)
{
    (void)state;
    create();
    write_text("abc", KW_OK);
    add(3, BASE, 1);
    file_faults_cut(2);
    file_faults_plan(FAULT_WRITE, 0, 1, ENOSPC);
    errno = 0;
    write_text("def", KW_ERR_FILE);
    assert_int_equal(errno, ENOSPC);
    assert_false(w.is_broken);
    assert_file(log_name, "abc", 3);
    file_faults_plan(FAULT_WRITE | FAULT_TRUNCATE, 0, 2, ENOSPC);
    write_text("def", KW_ERR_FILE);
    assert_true(w.is_broken);
    assert_file(log_name, "abcde", 5);
}

/* The file has its full size until the segment ends, or a write fails. */
static void segments_are_preallocated(void **state)
{
    (void)state;
    config.segment_bytes = 1000;
    config.preallocate = true;
    create();
    assert_int_equal(size_of(log_name), 1000);
    write_text("abc", KW_OK);
    add(3, BASE, 1);
    assert_int_equal(size_of(log_name), 1000);
    assert_false(segment_writer_is_full(&w, &config, 997, BASE + 1, 1, 5000));
    assert_true(segment_writer_is_full(&w, &config, 998, BASE + 1, 1, 5000));
    file_faults_plan(FAULT_TRUNCATE, 0, 1, EIO);
    assert_status(segment_writer_finish(&w, folder), KW_ERR_FILE);
    assert_int_equal(size_of(index_name), SIZE_MAX);
    write_text("def", KW_OK);
    assert_status(segment_writer_finish(&w, folder), KW_OK);
    assert_file(log_name, "abc", 3);

    segment_writer_close(&w);
    create();
    file_faults_plan(FAULT_WRITE, 0, 1, ENOSPC);
    write_text("abc", KW_ERR_FILE);
    assert_int_equal(size_of(log_name), 0);
    file_faults_record(FAULT_TRUNCATE);
    assert_status(segment_writer_finish(&w, folder), KW_OK);
    assert_string_equal(file_faults_calls(), ""); /* nothing to cut off */

    segment_writer_close(&w);
    file_faults_plan(FAULT_TRUNCATE, 0, 1, EIO);
    assert_status(segment_writer_create(&w, folder, BASE, &config, 5000), KW_ERR_FILE);
    assert_null(w.segment);
}

/* One that exists keeps its size, as in Kafka. */
static void continued_segments_are_not_preallocated(void **state)
{
    (void)state;
    config.preallocate = true;
    config.segment_bytes = 1000;
    put(log_name, "", 0);
    struct log_segment *segment = log_segment_create(BASE);
    assert_status(segment_writer_open(&w, folder, segment, 0, &config, 5000), KW_OK);
    log_segment_release(segment);
    assert_int_equal(size_of(log_name), 0);
    assert_status(segment_writer_preallocate(&w, folder), KW_OK);
    assert_int_equal(size_of(log_name), 1000);
    assert_status(segment_writer_finish(&w, folder), KW_OK);
    assert_int_equal(size_of(log_name), 0);
}

static void files_that_cannot_be_opened_are_not_written(void **state)
{
    (void)state;
    create();
    write_file_close(&w.file);
    file_faults_plan(FAULT_OPEN, 0, 1, EMFILE);
    write_text("abc", KW_ERR_FILE);
    assert_int_equal(errno, EMFILE);
    assert_int_equal(size_of(log_name), 0);
    write_text("abc", KW_OK);
    assert_status(file_remove(join(folder, log_name).text), KW_OK);
    write_file_close(&w.file);
    write_text("abc", KW_ERR_NO_FILE);
}

static void aborted_transactions_are_added(void **state)
{
    (void)state;
    const kw_aborted_txn first = {.producer_id = 7, .first_offset = 1, .last_offset = 3, .last_stable_offset = 4},
                         second = {.producer_id = 8, .first_offset = 2, .last_offset = 5, .last_stable_offset = 6};
    create();
    assert_status(segment_writer_add_aborted(&w, folder, &first), KW_OK);
    file_faults_cut(10);
    file_faults_plan(FAULT_WRITE, 0, 1, ENOSPC);
    assert_status(segment_writer_add_aborted(&w, folder, &second), KW_ERR_FILE);
    assert_int_equal(errno, ENOSPC);
    assert_int_equal(size_of(txns_name), KW_ABORTED_TXN_SIZE + 10);
    file_faults_plan(FAULT_OPEN, 0, 1, EMFILE);
    assert_status(segment_writer_add_aborted(&w, folder, &second), KW_ERR_FILE);
    assert_int_equal(errno, EMFILE);
    assert_status(segment_writer_add_aborted(&w, folder, &second), KW_OK);
    assert_int_equal(w.txn_index_size, 2 * KW_ABORTED_TXN_SIZE);
    uint8_t expected[2 * KW_ABORTED_TXN_SIZE];
    kw_writer to;
    kw_writer_init(&to, expected, sizeof expected);
    assert_status(kw_aborted_txn_write(&to, &first), KW_OK);
    assert_status(kw_aborted_txn_write(&to, &second), KW_OK);
    assert_file(txns_name, expected, sizeof expected);
}

/* ---- continuing ---- */

/* Four batches of one record each; the second one has the largest timestamp. */
static size_t put_segment(void)
{
    static const int64_t times[] = {100, 400, 200, 300};
    uint8_t bytes[COUNT_OF(times) * ONE + 5];
    for (size_t i = 0; i < COUNT_OF(times); i++)
        (void)put_batch(
            bytes + i * ONE,
            (made_batch){.base_offset = BASE + 2 * (int64_t)i, .count = 1, .timestamp = times[i], .producer_id = -1});
    memset(bytes + COUNT_OF(times) * ONE, 'x', 5);
    put(log_name, bytes, sizeof bytes);
    return COUNT_OF(times) * ONE;
}

static kw_status open_segment(size_t size)
{
    struct log_segment *segment = log_segment_create(BASE);
    assert_non_null(segment);
    kw_status status = segment_writer_open(&w, folder, segment, size, &config, 7000);
    log_segment_release(segment);
    return status;
}

static void a_segment_is_continued(void **state)
{
    (void)state;
    struct entries offsets = {.size = 0}, times = {.size = 0};
    size_t size = put_segment();
    add_offset(&offsets, 2, ONE);
    add_offset(&offsets, 4, 2 * ONE);
    put(index_name, offsets.bytes, offsets.size);
    add_time(&times, 100, 0);
    add_time(&times, 400, 2);
    put(times_name, times.bytes, times.size);
    put(txns_name, offsets.bytes, 0);
    config.segment_bytes = 4 * ONE + 1;
    assert_status(open_segment(size), KW_OK);
    assert_int_equal(size_of(log_name), size);
    assert_entries(&w.offsets, &offsets);
    assert_entries(&w.times, &times);
    assert_int_equal(w.size, size);
    assert_int_equal(w.capacity, size + 1);
    assert_int_equal(w.first_timestamp, 100);
    assert_int_equal(w.newest.timestamp, 400);
    assert_int_equal(w.newest.offset, BASE + 2);
    assert_int_equal(w.created_ms, 7000);
    assert_int_equal(w.txn_index_size, 0);
    write_text("next", KW_OK);
    assert_int_equal(size_of(log_name), size + 4);
}

/* Readers map all that is there, also if segments are smaller by now. */
static void a_large_segment_is_continued(void **state)
{
    (void)state;
    size_t size = put_segment();
    config.segment_bytes = ONE;
    assert_status(open_segment(size), KW_OK);
    assert_int_equal(w.capacity, size);
    assert_int_equal(w.offsets.size, 0); /* without index files */
    assert_int_equal(w.times.size, 0);
    assert_int_equal(w.newest.timestamp, 400);
    assert_int_equal(w.newest.offset, BASE + 2);
    segment_writer_close(&w);
    assert_status(open_segment(2 * ONE), KW_OK);
    assert_int_equal(size_of(log_name), 2 * ONE);
}

static void an_empty_segment_is_continued(void **state)
{
    (void)state;
    put(log_name, "", 0);
    assert_status(open_segment(0), KW_OK);
    assert_int_equal(w.first_timestamp, KW_NO_TIMESTAMP);
    assert_int_equal(w.newest.timestamp, KW_NO_TIMESTAMP);
    assert_int_equal(w.newest.offset, BASE);
}

/* The first entry that cannot be true, and those after it. */
static void invalid_entries_are_left_out(void **state)
{
    (void)state;
    size_t size = put_segment();
    static const struct {
        uint32_t relative, position;
        bool valid;
    } second[] = {{4, 4 * ONE - 1, true}, {4, 4 * ONE, false}, {2, 2 * ONE, false}, {1, 2 * ONE, false}};
    for (size_t i = 0; i < COUNT_OF(second); i++) {
        struct entries offsets = {.size = 0};
        add_offset(&offsets, 2, ONE);
        add_offset(&offsets, second[i].relative, second[i].position);
        add_offset(&offsets, 6, 3 * ONE);
        put(index_name, offsets.bytes, offsets.size);
        assert_status(open_segment(size), KW_OK);
        offsets.size = second[i].valid ? offsets.size : KW_OFFSET_ENTRY_SIZE;
        assert_entries(&w.offsets, &offsets);
        segment_writer_close(&w);
    }
    static const struct {
        int64_t timestamp;
        uint32_t relative;
        bool valid;
    } time[] = {{101, 2, true}, {100, 4, false}, {200, 1, false}, {99, 4, false}};
    for (size_t i = 0; i < COUNT_OF(time); i++) {
        struct entries times = {.size = 0};
        add_time(&times, 100, 2);
        add_time(&times, time[i].timestamp, time[i].relative);
        add_time(&times, 400, 6);
        put(times_name, times.bytes, times.size);
        assert_status(open_segment(size), KW_OK);
        times.size = time[i].valid ? times.size : KW_TIME_ENTRY_SIZE;
        assert_entries(&w.times, &times);
        segment_writer_close(&w);
    }
}

/* The entry of the first offset is valid, for a time as well as for an offset. */
static void first_entries_are_kept(void **state)
{
    (void)state;
    struct entries offsets = {.size = 0}, times = {.size = 0};
    size_t size = put_segment();
    add_offset(&offsets, 0, 1);
    add_time(&times, 1, 0);
    put(index_name, offsets.bytes, offsets.size);
    put(times_name, times.bytes, times.size);
    assert_status(open_segment(size), KW_OK);
    assert_entries(&w.offsets, &offsets);
    assert_entries(&w.times, &times);
}

/* A whole entry is appended behind whole entries. */
static void aborted_transactions_are_continued(void **state)
{
    (void)state;
    uint8_t old[KW_ABORTED_TXN_SIZE + 9] = {0};
    size_t size = put_segment();
    put(txns_name, old, sizeof old);
    assert_status(open_segment(size), KW_OK);
    assert_int_equal(w.txn_index_size, KW_ABORTED_TXN_SIZE);
    segment_writer_close(&w);
    put(txns_name, old, KW_ABORTED_TXN_SIZE);
    assert_status(open_segment(size), KW_OK);
    assert_int_equal(w.txn_index_size, KW_ABORTED_TXN_SIZE);
}

/* ---- faults ---- */

/* Each call fails once; what is left afterwards is not open. */
static size_t fail_each_call(kw_status (*act)(void))
{
    size_t failed = 0;
    for (;;) {
        errno = 0;
        file_faults_plan(FAULT_ANY & ~FAULT_CLOSE, failed, 1, EIO);
        kw_status status = act();
        int error = errno;
        bool done = file_faults_done();
        file_faults_plan(0, 0, 0, 0);
        if (!done) {
            assert_status(status, KW_OK);
            return failed;
        }
        assert_status(status, KW_ERR_FILE);
        assert_int_equal(error, EIO);
        failed++;
    }
}

static kw_status create_anew(void)
{
    segment_writer_close(&w);
    kw_status status = segment_writer_create(&w, folder, BASE, &config, 1);
    assert_int_equal(w.segment != NULL, status == KW_OK);
    return status;
}

static kw_status open_again(void)
{
    segment_writer_close(&w);
    kw_status status = open_segment(4 * ONE);
    assert_int_equal(w.segment != NULL, status == KW_OK);
    return status;
}

static kw_status finish(void)
{
    return segment_writer_finish(&w, folder);
}

static void calls_fail(void **state)
{
    (void)state;
    assert_int_equal(fail_each_call(create_anew), 4); /* remove three, open one */
    add(1, BASE, 5);
    assert_int_equal(fail_each_call(finish), 3); /* open both, write one; the index is empty */
    assert_int_equal(atomic_load(&w.segment->max_timestamp), 5);
    segment_writer_close(&w);
    size_t size = put_segment();
    put(txns_name, "", 0);
    file_faults_plan(FAULT_TRUNCATE, 0, 1, EIO);
    assert_status(open_segment(size), KW_ERR_FILE);
    assert_null(w.segment);
    assert_int_equal(size_of(log_name), size + 5);
    assert_status(open_segment(size), KW_OK);
    assert_int_equal(fail_each_call(open_again), 6); /* open, size; map both indexes; look; map the log */
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(indexes_grow),
        CASE(much_is_reserved_at_first),
        CASE(a_segment_is_created),
        CASE(entries_are_added),
        CASE(empty_indexes_are_written),
        CASE(offsets_out_of_range_have_no_entry),
        CASE(indexes_have_a_limit),
        CASE(indexes_keep_their_settings),
        CASE(segments_are_full_by_size),
        CASE(segments_are_full_by_offset),
        CASE(segments_are_full_by_age),
        CASE(segments_are_full_by_age_of_the_file),
        CASE(segments_roll_at_different_times),
        CASE(bytes_are_written_behind_the_others),
        CASE(failed_writes_leave_nothing),
        CASE(segments_are_preallocated),
        CASE(continued_segments_are_not_preallocated),
        CASE(files_that_cannot_be_opened_are_not_written),
        CASE(aborted_transactions_are_added),
        CASE(a_segment_is_continued),
        CASE(a_large_segment_is_continued),
        CASE(an_empty_segment_is_continued),
        CASE(invalid_entries_are_left_out),
        CASE(first_entries_are_kept),
        CASE(aborted_transactions_are_continued),
        CASE(calls_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
