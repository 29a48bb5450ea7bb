/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_disk_log_reader FOLDER   in which it creates its files */
#define _POSIX_C_SOURCE 200809L
#include "disk_support.h"

#include <errno.h>
#include <unistd.h>

#include <kwire/storage/log_reader.h>

enum { LIMIT = 4 << 20, BASE = 1000 };

static path_text path;
static path_text folder;

/* ---- a file under construction ---- */

static uint8_t *content;
static size_t size;

static int set_up(void **state)
{
    (void)state;
    content = given_size(LIMIT * 2);
    size = 0;
    return 0;
}

/* 61 bytes, and 10 for each record. Returns where it starts. */
static size_t add(int64_t base_offset, int32_t count)
{
    const made_batch b = {.base_offset = base_offset, .count = count, .timestamp = 100, .producer_id = -1};
    size_t at = size;
    size += put_batch(content + at, b);
    return at;
}

static void set_checksum(size_t at, size_t batch_size)
{
    uint8_t *p = content + at;
    uint32_t crc = kw_crc32c(0, p + KW_BATCH_V2_ATTRIBUTES, batch_size - KW_BATCH_V2_ATTRIBUTES);
    kw_store_be32(p + KW_BATCH_V2_CRC, crc);
}

/* A batch without records that nevertheless has `batch_size` bytes. */
static size_t add_large(int64_t base_offset, size_t batch_size)
{
    size_t at = add(base_offset, 0);
    kw_store_be32(content + at + KW_BATCH_V2_LAST_OFFSET_DELTA, 0);
    memset(content + size, 0x55, at + batch_size - size);
    size = at + batch_size;
    kw_store_be32(content + at + KW_BATCH_LENGTH, (uint32_t)(batch_size - KW_BATCH_OVERHEAD));
    set_checksum(at, batch_size);
    return at;
}

/* A message with the key "k" and a value of `value_size` bytes, or without both if value_size is -1. */
static size_t add_message(uint8_t magic, int64_t offset, int32_t value_size)
{
    size_t at = size;
    uint8_t *p = content + at;
    size_t key = magic == KW_MAGIC_V0 ? KW_LEGACY_V0_KEY : KW_LEGACY_V1_KEY;
    size_t key_size = value_size < 0 ? 0 : 1;
    size_t whole = key + 4 + key_size + 4 + (value_size < 0 ? 0 : (size_t)value_size);
    memset(p, 'k', whole);
    kw_store_be64(p, (uint64_t)offset);
    kw_store_be32(p + KW_BATCH_LENGTH, (uint32_t)(whole - KW_BATCH_OVERHEAD));
    p[KW_BATCH_MAGIC] = magic;
    p[KW_LEGACY_ATTRIBUTES] = 0;
    kw_store_be32(p + key, value_size < 0 ? UINT32_MAX : 1);
    kw_store_be32(p + key + 4 + key_size, (uint32_t)value_size);
    kw_store_be32(p + KW_LEGACY_CRC, kw_crc32(0, p + KW_BATCH_MAGIC, whole - KW_BATCH_MAGIC));
    size += whole;
    return at;
}

static void add_bytes(uint8_t value, size_t count)
{
    memset(content + size, value, count);
    size += count;
}

/* ---- reading it ---- */

static void open_with(kw_log_reader *r, size_t limit, int64_t base_offset)
{
    write_file(path.text, content, size);
    assert_status(kw_log_reader_open(r, path.text, base_offset, kw_allocator_libc(), limit), KW_OK);
    assert_int_equal(r->size, size);
}

static void open_file(kw_log_reader *r)
{
    open_with(r, LIMIT, BASE);
}

static void check_batch(kw_log_reader *r, size_t position, int64_t base_offset, int line)
{
    kw_batch b;
    if (!kw_log_reader_next(r, &b)) {
        print_error("%s at byte %llu\n", kw_status_name(r->status), (unsigned long long)r->error_at);
        _fail(__FILE__, line);
    }
    if (b.position != position || b.base_offset != base_offset || r->position != position + b.size) {
        print_error("a batch at byte %zu, offset %lld\n", b.position, (long long)b.base_offset);
        _fail(__FILE__, line);
    }
    assert_status(kw_batch_check_crc(&b), KW_OK);
}
#define assert_batch(reader, position, base_offset) check_batch((reader), (position), (base_offset), __LINE__)

/* The error remains until the caller asks for what comes after it. */
static void check_end(kw_log_reader *r, kw_status status, uint64_t error_at, int line)
{
    for (int i = 0; i < 2; i++) {
        kw_batch b;
        bool more = kw_log_reader_next(r, &b);
        if (more || r->status != status || (status != KW_OK && r->error_at != error_at)) {
            print_error("%s %s at byte %llu\n", more ? "a batch," : "", kw_status_name(r->status),
                        (unsigned long long)r->error_at);
            _fail(__FILE__, line);
        }
    }
}
#define assert_end(reader, status, error_at) check_end((reader), (status), (error_at), __LINE__)

/* ---- valid files ---- */

static void test_empty(void **state)
{
    (void)state;
    kw_log_reader r;
    open_file(&r);
    assert_end(&r, KW_OK, 0);
    assert_false(r.zeros);
    assert_int_equal(r.next_offset, BASE);
    assert_false(kw_log_reader_resume(&r));
    kw_log_reader_close(&r);
    kw_log_reader_close(&r);
}

static void test_batches(void **state)
{
    (void)state;
    kw_log_reader r;
    size_t at[4] = {add(1000, 2), add_message(KW_MAGIC_V0, 1002, 3), add_message(KW_MAGIC_V1, 1003, -1), add(1010, 1)};
    open_file(&r);
    assert_batch(&r, at[0], 1000);
    assert_int_equal(r.next_offset, 1002);
    assert_batch(&r, at[1], 1002);
    assert_batch(&r, at[2], 1003);
    assert_batch(&r, at[3], 1010);
    assert_end(&r, KW_OK, 0);
    assert_int_equal(r.next_offset, 1011);
    kw_log_reader_seek(&r, at[2]);
    assert_batch(&r, at[2], 1003);
    kw_log_reader_seek(&r, 1 << 30);
    assert_end(&r, KW_OK, 0);
    kw_log_reader_close(&r);
}

/* Batches of every size up to one that is larger than the window; none of them fits at the end of the window. */
static void test_window(void **state)
{
    (void)state;
    kw_log_reader r;
    size_t at[64];
    size_t count = 0;
    for (size_t bytes = 61; bytes < 2 * KW_LOG_READER_WINDOW; bytes += bytes / 3) {
        at[count] = add_large(BASE + (int64_t)count, bytes);
        count++;
    }
    assert_true(count < COUNT_OF(at) && size > 4 * KW_LOG_READER_WINDOW);
    struct test_memory memory;
    write_file(path.text, content, size);
    assert_status(kw_log_reader_open(&r, path.text, BASE, test_memory_init(&memory), LIMIT), KW_OK);
    for (size_t i = 0; i < count; i++)
        assert_batch(&r, at[i], BASE + (int64_t)i);
    assert_end(&r, KW_OK, 0);
    assert_true(memory.bytes <= 2 * KW_LOG_READER_WINDOW && memory.blocks == 1);
    kw_log_reader_close(&r);
    assert_int_equal(memory.blocks, 0);
}

static void test_zeros(void **state)
{
    (void)state;
    kw_log_reader r;
    size_t at = add(1000, 1);
    add_bytes(0, 11);
    open_file(&r);
    assert_batch(&r, at, 1000);
    assert_end(&r, KW_ERR_TORN, 71);
    kw_log_reader_close(&r);
    for (int more = 1; more < LIMIT; more = more == 1 ? LIMIT - 1 : LIMIT) {
        add_bytes(0, (size_t)more);
        open_file(&r);
        assert_batch(&r, at, 1000);
        assert_end(&r, KW_OK, 0);
        assert_true(r.zeros);
        assert_int_equal(r.position, 71);
        assert_false(kw_log_reader_resume(&r));
        kw_log_reader_close(&r);
    }
    content[size - 1] = 1;
    open_file(&r);
    assert_batch(&r, at, 1000);
    assert_end(&r, KW_ERR_BATCH_SIZE, 71 + KW_BATCH_LENGTH);
    assert_false(r.zeros);
    assert_false(kw_log_reader_resume(&r));
    assert_end(&r, KW_ERR_BATCH_SIZE, 71 + KW_BATCH_LENGTH);
    kw_log_reader_close(&r);
}

/* ---- damaged files ---- */

static void test_torn(void **state)
{
    (void)state;
    kw_log_reader r;
    size_t first = add(1000, 2), second = add(1002, 3), whole = size;
    for (size = second + 1; size < whole; size++) {
        open_file(&r);
        assert_batch(&r, first, 1000);
        assert_end(&r, KW_ERR_TORN, second);
        assert_int_equal(r.error_offset, size - second < 8 ? -1 : 1002);
        assert_int_equal(r.needed, size - second < 12 ? 12 : whole - second);
        assert_false(kw_log_reader_resume(&r));
        assert_end(&r, KW_ERR_TORN, second);
        kw_log_reader_close(&r);
    }
}

/* Damage in the second of four batches does not affect the third. */
static void test_resume(void **state)
{
    (void)state;
    static const struct {
        size_t byte; /* that is modified */
        uint8_t value;
        kw_status status;
        size_t error_at;
    } damages[] = {
        {KW_BATCH_LENGTH, 0xff, KW_ERR_BATCH_SIZE, KW_BATCH_LENGTH},
        {KW_BATCH_MAGIC, 3, KW_ERR_MAGIC, KW_BATCH_MAGIC},
        {KW_BATCH_MAGIC, 0xff, KW_ERR_MAGIC, KW_BATCH_MAGIC},
        {KW_BATCH_LENGTH, 0x10, KW_ERR_TORN, 0},
    };
    kw_log_reader r;
    size_t at[4] = {add(1000, 2), add(1002, 40), add(1042, 1), add(1043, 1)};
    for (size_t i = 0; i < COUNT_OF(damages); i++) {
        const kw_bytes whole = given_prefix(kw_bytes_of(content, size), size);
        content[at[1] + damages[i].byte] = damages[i].value;
        open_with(&r, LIMIT, i % 2 == 0 ? BASE : KW_NO_OFFSET);
        assert_batch(&r, at[0], 1000);
        assert_end(&r, damages[i].status, at[1] + damages[i].error_at);
        assert_int_equal(r.error_offset, 1002);
        assert_true(kw_log_reader_resume(&r));
        assert_int_equal(r.position, at[2]);
        assert_batch(&r, at[2], 1042);
        assert_batch(&r, at[3], 1043);
        assert_end(&r, KW_OK, 0);
        kw_log_reader_close(&r);
        memcpy(content, whole.data, size);
    }
}

/* After a gap of various bytes: a batch with a wrong checksum, one with an offset from before, then messages. */
static void test_skipped_bytes(void **state)
{
    (void)state;
    kw_log_reader r;
    size_t first = add(1000, 2);
    add_bytes(2, 3000);
    size_t wrong = add(1010, 2);
    content[wrong + 40] ^= 1;
    (void)add(1000, 3);
    (void)add(INT64_C(1) << 40, 3);
    add_bytes(0, 3000);
    size_t short_one = add_message(KW_MAGIC_V0, 1011, 9);
    kw_store_be32(content + short_one + KW_LEGACY_V0_KEY, 2);
    size_t message = add_message(KW_MAGIC_V0, 1011, 9), other = add_message(KW_MAGIC_V1, 1012, -1);
    add_bytes(0xff, 20);
    size_t last = add_message(KW_MAGIC_V0, 1013, -1);
    open_file(&r);
    assert_batch(&r, first, 1000);
    assert_end(&r, KW_ERR_TORN, first + 81);
    assert_true(kw_log_reader_resume(&r));
    assert_batch(&r, message, 1011);
    assert_batch(&r, other, 1012);
    assert_end(&r, KW_ERR_BATCH_SIZE, last - 20 + KW_BATCH_LENGTH);
    assert_true(kw_log_reader_resume(&r));
    assert_batch(&r, last, 1013);
    assert_end(&r, KW_OK, 0);
    kw_log_reader_close(&r);
}

static void test_larger_than_the_limit(void **state)
{
    (void)state;
    kw_log_reader r;
    size_t large = add_large(1000, KW_LOG_READER_WINDOW + 1), next = add(1001, 1);
    open_with(&r, KW_LOG_READER_WINDOW, BASE);
    assert_end(&r, KW_ERR_MEMORY_LIMIT, large);
    assert_int_equal(r.needed, KW_LOG_READER_WINDOW + 1);
    assert_int_equal(r.error_offset, 1000);
    assert_true(kw_log_reader_resume(&r));
    assert_batch(&r, next, 1001);
    assert_end(&r, KW_OK, 0);
    kw_log_reader_close(&r);
}

/* A mebibyte that everywhere looks like batches, each as long as the file allows: the search gives up quickly. */
static void test_search_without_result(void **state)
{
    (void)state;
    enum { STEP = 64, BYTES = 1 << 20 };
    kw_log_reader r;
    (void)add(1000, 1);
    add_bytes(0xff, 17);
    size_t start = size;
    for (size_t at = start; at < start + BYTES; at += STEP) {
        (void)add(1001, 0);
        add_bytes(0, STEP - KW_BATCH_V2_RECORDS);
        kw_store_be32(content + at + KW_BATCH_LENGTH, (uint32_t)(start + BYTES - at - KW_BATCH_OVERHEAD));
        kw_store_be32(content + at + KW_BATCH_V2_LAST_OFFSET_DELTA, 5);
    }
    open_file(&r);
    assert_batch(&r, 0, 1000);
    assert_end(&r, KW_ERR_BATCH_SIZE, 71 + KW_BATCH_LENGTH);
    assert_false(kw_log_reader_resume(&r));
    assert_true(r.search_left < BYTES);
    assert_end(&r, KW_ERR_BATCH_SIZE, 71 + KW_BATCH_LENGTH);
    kw_log_reader_close(&r);
}

/* Another process truncates the file: bytes that were read remain, the rest is missing. */
static void test_file_that_shrinks(void **state)
{
    (void)state;
    kw_log_reader r;
    while (size < 2 * KW_LOG_READER_WINDOW)
        (void)add_large(BASE + (int64_t)(size / 4096), 4096);
    open_file(&r);
    assert_batch(&r, 0, BASE);
    assert_int_equal(truncate(path.text, (off_t)KW_LOG_READER_WINDOW + 100), 0);
    kw_batch b;
    size_t count = 1;
    while (kw_log_reader_next(&r, &b))
        count++;
    assert_int_equal(count, KW_LOG_READER_WINDOW / 4096);
    assert_status(r.status, KW_ERR_TORN);
    assert_int_equal(r.error_at, KW_LOG_READER_WINDOW);
    kw_log_reader_close(&r);
}

/* Seeking a little backwards or forwards does not read: the file does not even exist any more. */
static void test_seeking_in_the_window(void **state)
{
    (void)state;
    kw_log_reader r;
    size_t at[3] = {add(1000, 1), add(1001, 2), add(1003, 3)};
    add_bytes(9, 20);
    open_file(&r);
    assert_batch(&r, at[0], 1000);
    assert_int_equal(truncate(path.text, 0), 0);
    kw_log_reader_seek(&r, at[2]);
    assert_batch(&r, at[2], 1003);
    assert_end(&r, KW_ERR_MAGIC, size - 20 + KW_BATCH_MAGIC);
    kw_log_reader_seek(&r, at[1] + 1);
    r.next_offset = 1001;
    kw_batch b;
    assert_false(kw_log_reader_next(&r, &b));
    assert_true(kw_log_reader_resume(&r));
    assert_batch(&r, at[2], 1003);
    kw_log_reader_seek(&r, 0);
    assert_batch(&r, at[0], 1000);
    kw_log_reader_seek(&r, size + 1);
    assert_end(&r, KW_OK, 0);
    kw_log_reader_close(&r);
}

/* ---- errors of the system ---- */

static void test_not_a_file(void **state)
{
    (void)state;
    kw_log_reader r;
    const kw_allocator *libc = kw_allocator_libc();
    assert_status(kw_log_reader_open(&r, path.text, 0, libc, KW_LOG_READER_WINDOW - 1), KW_ERR_ARGUMENT);
    kw_log_reader_close(&r);
    assert_status(kw_log_reader_open(&r, join(folder.text, "none").text, 0, libc, LIMIT), KW_ERR_NO_FILE);
    kw_log_reader_close(&r);
    assert_status(kw_log_reader_open(&r, folder.text, 0, libc, LIMIT), KW_ERR_FILE);
    assert_int_equal(errno, EINVAL);
    kw_log_reader_close(&r);
}

/* A length beyond the end of the file reserves no memory. */
static void test_length_beyond_the_file(void **state)
{
    (void)state;
    kw_log_reader r;
    struct test_memory memory;
    size_t at = add(1000, 1);
    (void)add_large(1001, 2 * KW_LOG_READER_WINDOW);
    kw_store_be32(content + at + KW_BATCH_LENGTH, LIMIT - KW_BATCH_OVERHEAD);
    write_file(path.text, content, size);
    assert_status(kw_log_reader_open(&r, path.text, BASE, test_memory_init(&memory), LIMIT), KW_OK);
    assert_end(&r, KW_ERR_TORN, at);
    assert_true(memory.bytes < LIMIT);
    kw_log_reader_close(&r);
}

static void test_no_memory(void **state)
{
    (void)state;
    kw_log_reader r;
    struct test_memory memory;
    (void)add(1000, 1);
    (void)add_large(1001, 2 * KW_LOG_READER_WINDOW);
    (void)add(1002, 1);
    write_file(path.text, content, size);
    const kw_allocator *allocator = test_memory_init(&memory);
    memory.fail_at = 1;
    assert_status(kw_log_reader_open(&r, path.text, BASE, allocator, LIMIT), KW_ERR_NO_MEMORY);
    kw_log_reader_close(&r);
    memory.fail_at = 3;
    assert_status(kw_log_reader_open(&r, path.text, BASE, allocator, LIMIT), KW_OK);
    assert_batch(&r, 0, 1000);
    assert_end(&r, KW_ERR_NO_MEMORY, 71);
    assert_false(kw_log_reader_resume(&r));
    kw_log_reader_close(&r);
    assert_int_equal(memory.blocks, 0);
}

#define TEST_FILE(function) cmocka_unit_test_setup_teardown(function, set_up, forget_given)

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: test_disk_log_reader FOLDER\n");
        return 2;
    }
    folder = join(argv[1], ".");
    path = join(argv[1], "file.log");
    const struct CMUnitTest tests[] = {
        TEST_FILE(test_empty),
        TEST_FILE(test_batches),
        TEST_FILE(test_window),
        TEST_FILE(test_zeros),
        TEST_FILE(test_torn),
        TEST_FILE(test_resume),
        TEST_FILE(test_skipped_bytes),
        TEST_FILE(test_larger_than_the_limit),
        TEST_FILE(test_search_without_result),
        TEST_FILE(test_file_that_shrinks),
        TEST_FILE(test_seeking_in_the_window),
        TEST_FILE(test_not_a_file),
        TEST_FILE(test_length_beyond_the_file),
        TEST_FILE(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
