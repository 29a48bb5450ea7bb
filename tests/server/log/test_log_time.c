/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_log_time FOLDER   in which it makes folders of its own */
#include "log_folder.h"

#include <kwire/compression.h>

#include "../support/captured.h"
#include "log/log_time.h"

enum { SEGMENTS = 50 };

static const char *root;
static struct log_folder f;
static struct log_snapshot log_now;

/* Segment i has records at 10 * i and 10 * i + 1, of times 1000 * i + 1 and 1000 * i + 2. */
static int set_up(void **state)
{
    (void)state;
    log_folder_init(&f, root, "time-0");
    for (int64_t i = 0; i < SEGMENTS; i++) {
        const made_batch made = {.base_offset = 10 * i, .count = 2, .timestamp = 1000 * i + 1, .producer_id = -1};
        (void)log_folder_segment(&f, 10 * i, &made, 1);
    }
    log_now = log_folder_open(&f);
    return 0;
}

static int tear_down(void **state)
{
    log_snapshot_release(&log_now);
    log_folder_finish(&f);
    return forget_given(state);
}

static int16_t search(int64_t timestamp, bool dont_block, struct time_offset *out)
{
    const struct log_time_search wanted = {.timestamp = timestamp, .dont_block = dont_block};
    return log_find_time(&f.log, &log_now, &wanted, out);
}

static void check(int64_t timestamp, int64_t offset, int64_t found)
{
    struct time_offset t;
    assert_int_equal(search(timestamp, false, &t), KW_ERROR_NONE);
    assert_int_equal(t.offset, offset);
    assert_int_equal(t.timestamp, found);
}

static void check_all(void)
{
    check(0, 0, 1);
    check(2, 1, 2);
    check(3, 10, 1001);
    check(48002, 481, 48002);
    check(49002, 491, 49002);
    check(49003, -1, -1);
    check(LOG_NEWEST, 491, 49002);
}

static void test_times(void **state)
{
    (void)state;
    check_all();
    log_now.log_start_offset = 21; /* records before it do not count, but for the newest */
    check(0, 21, 2002);
    check(2003, 30, 3001);
    log_now.log_start_offset = 492;
    check(0, -1, -1);
    check(LOG_NEWEST, 491, 49002);
    log_now.log_end_offset = 491; /* nor those that are not in the log yet */
    check(LOG_NEWEST, -1, -1);
}

/* Segments before the log's start are not looked at. */
static void test_start_in_a_later_segment(void **state)
{
    (void)state;
    log_now.log_start_offset = 30;
    for (int64_t i = 0; i < 3; i++) {
        char path[KW_PATH_SIZE];
        assert_status(path_of_segment(path, f.path, KW_SEGMENT_FILE_LOG, 10 * i), KW_OK);
        assert_int_equal(remove(path), 0);
    }
    check(0, 30, 3001);
    check(4000, 40, 4001);
}

static size_t count_open(void)
{
    size_t count = 0;
    for (size_t i = 0; i < SEGMENTS; i++)
        count += log_now.contents->segments[i]->open != NULL;
    return count;
}

/* Once the greatest timestamps are known, a search opens the segment that has the record and no other: the files of all
 * others may even be gone. */
static void test_one_segment_is_opened(void **state)
{
    (void)state;
    check(49003, -1, -1); /* looks at all of them, and keeps none open */
    assert_int_equal(count_open(), 0);
    for (int64_t i = 0; i < SEGMENTS; i++) {
        char path[KW_PATH_SIZE];
        assert_status(path_of_segment(path, f.path, KW_SEGMENT_FILE_LOG, 10 * i), KW_OK);
        if (i != 7 && i != SEGMENTS - 1)
            assert_int_equal(remove(path), 0);
    }
    check(7000, 70, 7001);
    assert_int_equal(count_open(), 1);
    check(49003, -1, -1);
    check(LOG_NEWEST, 491, 49002);
    assert_int_equal(count_open(), 2);
}

static void test_without_blocking(void **state)
{
    (void)state;
    struct time_offset t;
    assert_int_equal(search(49003, true, &t), LOG_WOULD_BLOCK);
    assert_int_equal(search(LOG_NEWEST, true, &t), LOG_WOULD_BLOCK);
    check(49003, -1, -1);
    assert_int_equal(search(49003, true, &t), KW_ERROR_NONE);
    assert_int_equal(t.offset, -1);
    assert_int_equal(search(7, true, &t), LOG_WOULD_BLOCK); /* has to read records */
}

struct patience {
    int left;
};

static bool loses_patience(void *context)
{
    struct patience *p = context;
    return p->left-- <= 0;
}

/* However many questions the caller is asked, it may always have lost interest. */
static void test_cancelled(void **state)
{
    (void)state;
    struct time_offset t;
    int16_t error = LOG_CANCELLED;
    int asked = 0;
    for (; error == LOG_CANCELLED && asked < 1000; asked++) {
        struct patience patience = {asked};
        const struct log_time_search wanted = {.timestamp = 49002, .cancelled = loses_patience, .context = &patience};
        error = log_find_time(&f.log, &log_now, &wanted, &t);
        if (error == LOG_CANCELLED)
            assert_int_equal(t.offset, -1);
        for (size_t i = 0; i < SEGMENTS; i++) /* all is to be learned again */
            atomic_store(&log_now.contents->segments[i]->max_timestamp, INT64_MIN);
    }
    assert_int_equal(error, KW_ERROR_NONE);
    assert_int_equal(t.offset, 491);
    assert_int_equal(asked, SEGMENTS + 2); /* between any two segments, and before a batch is read */
}

static void test_missing_segment(void **state)
{
    (void)state;
    struct time_offset t;
    char path[KW_PATH_SIZE];
    static struct captured said;
    assert_status(path_of_segment(path, f.path, KW_SEGMENT_FILE_LOG, 30), KW_OK);
    assert_int_equal(remove(path), 0);
    capture_start(&said);
    assert_int_equal(search(5000, false, &t), KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_non_null(strstr(capture_end(&said), "segment 30"));
    assert_int_equal(t.offset, -1);
    check(2, 1, 2); /* is before it */
}

/* Records that cannot be read are corrupt, and clients learn that they are. */
static void test_unreadable_records(void **state)
{
    (void)state;
    struct time_offset t;
    const made_batch made = {.base_offset = 0,
                             .count = 2,
                             .timestamp = 1,
                             .producer_id = -1,
                             .attributes = KW_CODEC_GZIP}; /* but it is not compressed */
    (void)log_folder_segment(&f, 0, &made, 1);
    static struct captured said;
    capture_start(&said);
    assert_int_equal(search(0, false, &t), KW_ERROR_CORRUPT_MESSAGE);
    assert_non_null(strstr(capture_end(&said), "looking for timestamp 0 at offset 0"));
    assert_int_equal(t.offset, -1);
}

/* The records of a batch compressed. */
static size_t put_compressed(uint8_t *to, made_batch made, kw_codec codec)
{
    uint8_t plain[512];
    kw_writer w;
    size_t size = put_batch(plain, made);
    kw_compressor *c = kw_compressor_create(kw_allocator_libc());
    assert_non_null(c);
    kw_writer_init(&w, to + KW_BATCH_V2_RECORDS, 512);
    const kw_bytes records = kw_bytes_of(plain + KW_BATCH_V2_RECORDS, size - KW_BATCH_V2_RECORDS);
    assert_status(kw_compress(c, codec, KW_LEVEL_DEFAULT, 2, records, &w), KW_OK);
    kw_compressor_destroy(c);
    size = KW_BATCH_V2_RECORDS + (size_t)kw_writer_data(&w).size;
    memcpy(to, plain, KW_BATCH_V2_RECORDS);
    kw_store_be32(to + KW_BATCH_LENGTH, (uint32_t)(size - KW_BATCH_OVERHEAD));
    kw_store_be16(to + KW_BATCH_V2_ATTRIBUTES, (uint16_t)codec);
    kw_store_be32(to + KW_BATCH_V2_CRC, kw_crc32c(0, to + KW_BATCH_V2_ATTRIBUTES, size - KW_BATCH_V2_ATTRIBUTES));
    return size;
}

/* Batches whose greatest time is said to be greater than that of their records, as after a compaction, are passed over:
 * plain and compressed ones. */
static void test_times_that_no_record_has(void **state)
{
    (void)state;
    uint8_t whole[2048];
    size_t size = 0;
    for (int i = 0; i < 5; i++) {
        const made_batch made = {.base_offset = i, .count = 1, .timestamp = 5 + i / 4, .producer_id = -1};
        uint8_t *batch = whole + size;
        size += i % 2 == 0 ? put_batch(batch, made) : put_compressed(batch, made, KW_CODEC_GZIP);
        kw_store_be64(batch + KW_BATCH_V2_MAX_TIMESTAMP, 6);
    }
    log_folder_file(&f, "00000000000000000000.log", kw_bytes_of(whole, size));
    check(6, 4, 6);
    check(5, 0, 5);
    log_now.log_start_offset = 1;
    check(5, 1, 5);
}

/* A segment that is open is used, and let go again. */
static void test_open_segment(void **state)
{
    (void)state;
    char path[KW_PATH_SIZE];
    struct open_segment *open;
    assert_int_equal(segment_hold(&f.cache, log_now.contents->segments[3], f.path, false, &open), KW_ERROR_NONE);
    assert_status(path_of_segment(path, f.path, KW_SEGMENT_FILE_LOG, 30), KW_OK);
    assert_int_equal(remove(path), 0);
    check(3000, 30, 3001);
    check(49003, -1, -1);
    assert_int_equal(open->holders, 1);
    segment_release(open);
}

/* Of equal times the first, in whichever segment it is; without times the first record, as in Kafka. */
static void test_equal_times(void **state)
{
    (void)state;
    for (int64_t i = 0; i < SEGMENTS; i++) {
        const made_batch made = {.base_offset = 10 * i, .count = 1, .timestamp = i / 2 % 5, .producer_id = -1};
        (void)log_folder_segment(&f, 10 * i, &made, 1);
    }
    check(LOG_NEWEST, 80, 4);
    check(4, 80, 4);
    for (int64_t i = 0; i < SEGMENTS; i++) {
        const made_batch made = {.base_offset = 10 * i, .count = 1, .timestamp = -1, .producer_id = -1};
        (void)log_folder_segment(&f, 10 * i, &made, 1);
        atomic_store(&log_now.contents->segments[i]->max_timestamp, INT64_MIN);
    }
    segment_cache_finish(&f.cache);
    assert_true(segment_cache_init(&f.cache));
    check(LOG_NEWEST, 0, -1);
    check(0, -1, -1);
}

#define TEST_LOG(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: test_server_log_time FOLDER\n");
        return 2;
    }
    root = argv[1];
    const struct CMUnitTest tests[] = {
        TEST_LOG(test_times),
        TEST_LOG(test_start_in_a_later_segment),
        TEST_LOG(test_one_segment_is_opened),
        TEST_LOG(test_without_blocking),
        TEST_LOG(test_cancelled),
        TEST_LOG(test_missing_segment),
        TEST_LOG(test_unreadable_records),
        TEST_LOG(test_times_that_no_record_has),
        TEST_LOG(test_open_segment),
        TEST_LOG(test_equal_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
