/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_segment_cache FOLDER   in which it makes folders of its own */
#include "log_folder.h"

#include <pthread.h>
#include <unistd.h>

#include "../support/captured.h"
#include "../support/locks.h"
#include "base/clock.h"
#include "base/file_layer.h"

enum { BATCHES = 6, SIZE = KW_BATCH_V2_RECORDS + 10 };

static const char *root;
static struct log_folder f;

static int set_up(void **state)
{
    (void)state;
    log_folder_init(&f, root, "cache-0");
    return 0;
}

static int tear_down(void **state)
{
    log_folder_finish(&f);
    return forget_given(state);
}

static size_t write_segment(int64_t base_offset)
{
    made_batch made[BATCHES];
    for (int i = 0; i < BATCHES; i++) {
        const made_batch one = {.base_offset = base_offset + i, .count = 1, .timestamp = 1000, .producer_id = -1};
        made[i] = one;
    }
    return log_folder_segment(&f, base_offset, made, BATCHES);
}

/* Flips a bit in the records of a batch. */
static void damage(int64_t base_offset, size_t batch)
{
    char path[KW_PATH_SIZE];
    assert_status(path_of_segment(path, f.path, KW_SEGMENT_FILE_LOG, base_offset), KW_OK);
    kw_bytes good = read_file(path);
    uint8_t *bad = copy_of(good);
    bad[batch * SIZE + SIZE - 1] ^= 1;
    write_file(path, bad, (size_t)good.len);
}

static struct open_segment *hold(const struct log_snapshot *log, size_t index)
{
    struct open_segment *open = NULL;
    assert_int_equal(segment_hold(&f.cache, log->contents->segments[index], f.path, false, &open), KW_ERROR_NONE);
    assert_non_null(open);
    return open;
}

static void test_opened_once(void **state)
{
    (void)state;
    assert_int_equal(write_segment(0), BATCHES * SIZE);
    struct log_snapshot log = log_folder_open(&f);
    struct log_segment *segment = log.contents->segments[0];
    struct open_segment *open;
    assert_null(segment_hold_open(&f.cache, segment));
    assert_int_equal(segment_hold(&f.cache, segment, f.path, true, &open), LOG_WOULD_BLOCK);
    struct open_segment *first = hold(&log, 0);
    assert_ptr_equal(hold(&log, 0), first);
    assert_int_equal(segment_hold(&f.cache, segment, f.path, true, &open), KW_ERROR_NONE);
    assert_ptr_equal(open, first);
    for (int i = 0; i < 3; i++)
        segment_release(first);
    assert_ptr_equal(segment_hold_open(&f.cache, segment), first); /* it stays open for a while */
    segment_release(first);
    log_snapshot_release(&log);
}

/* A segment outlives its log and its place in the cache as long as somebody holds it. */
static void test_held_while_the_log_ends(void **state)
{
    (void)state;
    (void)write_segment(0);
    struct log_snapshot log;
    assert_status(log_load(&log, f.path, -1, 0, 1024 * 1024, NULL), KW_OK);
    struct open_segment *open = hold(&log, 0);
    log_snapshot_release(&log);
    assert_int_equal(open->segment.log.size, BATCHES * SIZE);
    assert_int_equal(open->segment.log.data[KW_BATCH_MAGIC], KW_MAGIC_V2);
    segment_release(open);
}

/* Of those that nobody holds 64 stay open, those that were held last. */
static void test_few_stay_open(void **state)
{
    (void)state;
    enum { SEGMENTS = 70, KEPT = 64 };
    for (int64_t i = 0; i < SEGMENTS; i++)
        (void)write_segment(i * 10);
    struct log_snapshot log = log_folder_open(&f);
    struct open_segment *all[SEGMENTS];
    for (size_t i = 0; i < SEGMENTS; i++)
        all[i] = hold(&log, i);
    for (size_t i = 0; i < SEGMENTS; i++)
        segment_release(all[i]);
    for (size_t i = 0; i < SEGMENTS; i++) {
        struct open_segment *open = segment_hold_open(&f.cache, log.contents->segments[i]);
        assert_int_equal(open != NULL, i >= SEGMENTS - KEPT);
        if (open != NULL)
            segment_release(open);
    }
    /* Whoever is held again moves to the front, from the end, the middle and the front. */
    const size_t again[] = {SEGMENTS - KEPT, 40, SEGMENTS - 1};
    for (size_t i = 0; i < COUNT_OF(again); i++)
        segment_release(hold(&log, again[i]));
    for (size_t i = 0; i < 3; i++)
        segment_release(hold(&log, i));
    for (size_t i = 0; i < SEGMENTS; i++)
        assert_int_equal(log.contents->segments[i]->open != NULL,
                         i < 3 || i == SEGMENTS - KEPT || i > SEGMENTS - KEPT + 3);
    log_snapshot_release(&log);
}

static void test_verified_part(void **state)
{
    (void)state;
    size_t size = write_segment(0);
    damage(0, 2);
    struct log_snapshot log = log_folder_open(&f);
    struct open_segment *open = hold(&log, 0);
    static struct captured said;
    capture_start(&said);
    assert_int_equal(segment_verified_part(open, f.path, 0, SIZE), SIZE);
    assert_int_equal(segment_verified_part(open, f.path, 0, 2 * SIZE), 2 * SIZE);
    assert_true(segment_is_verified(open, SIZE, 2 * SIZE));
    assert_false(segment_is_verified(open, SIZE, 2 * SIZE + 1));
    assert_int_equal(segment_verified_part(open, f.path, SIZE, size), 2 * SIZE);
    assert_int_equal(segment_verified_part(open, f.path, 2 * SIZE, size), 2 * SIZE);
    const char *text = capture_end(&said);
    assert_non_null(strstr(text, "byte 142 (offset 2): checksum does not match"));
    assert_null(strstr(strchr(text, '\n') + 1, "checksum")); /* once a segment */
    segment_release(open);
    log_snapshot_release(&log);
}

/* What lies between two stretches that were checked is not checked because they are. */
static void test_a_gap_is_not_verified(void **state)
{
    (void)state;
    size_t size = write_segment(0);
    damage(0, 3);
    struct log_snapshot log = log_folder_open(&f);
    struct open_segment *open = hold(&log, 0);
    static struct captured said;
    assert_int_equal(segment_verified_part(open, f.path, 0, 2 * SIZE), 2 * SIZE);
    assert_int_equal(segment_verified_part(open, f.path, 4 * SIZE, size), size);
    assert_false(segment_is_verified(open, 0, size));
    assert_true(segment_is_verified(open, 4 * SIZE, size));
    capture_start(&said);
    assert_int_equal(segment_verified_part(open, f.path, SIZE, size), 3 * SIZE);
    (void)capture_end(&said);
    assert_false(segment_is_verified(open, SIZE, size));
    segment_release(open);
    log_snapshot_release(&log);
}

/* What ends inside the stretch does not shorten it, and what begins before it replaces it. */
static void test_stretches(void **state)
{
    (void)state;
    size_t size = write_segment(0);
    struct log_snapshot log = log_folder_open(&f);
    struct open_segment *open = hold(&log, 0);
    assert_int_equal(segment_verified_part(open, f.path, 2 * SIZE, 4 * SIZE), 4 * SIZE);
    assert_int_equal(segment_verified_part(open, f.path, 3 * SIZE, 4 * SIZE), 4 * SIZE);
    assert_true(segment_is_verified(open, 2 * SIZE, 4 * SIZE));
    assert_int_equal(segment_verified_part(open, f.path, 3 * SIZE, size), size);
    assert_true(segment_is_verified(open, 2 * SIZE, size));
    assert_int_equal(segment_verified_part(open, f.path, 0, SIZE), SIZE);
    assert_true(segment_is_verified(open, 0, SIZE));
    assert_false(segment_is_verified(open, 0, 3 * SIZE));
    /* The end of a segment may be asked for beyond its last batch. */
    static struct captured said;
    capture_start(&said);
    assert_int_equal(segment_verified_part(open, f.path, SIZE, size + 5), size);
    assert_non_null(strstr(capture_end(&said), kw_status_text(KW_ERR_TORN)));
    assert_non_null(strstr(said.text, ".log: byte 426: ")); /* of no offset */
    segment_release(open);
    log_snapshot_release(&log);
}

/* A part may end inside a batch, which is then checked as a whole. */
static void test_part_of_a_batch(void **state)
{
    (void)state;
    (void)write_segment(0);
    struct log_snapshot log = log_folder_open(&f);
    struct open_segment *open = hold(&log, 0);
    assert_int_equal(segment_verified_part(open, f.path, 0, SIZE + 1), SIZE + 1);
    assert_true(segment_is_verified(open, 0, 2 * SIZE));
    assert_false(segment_is_verified(open, 0, 2 * SIZE + 1));
    segment_release(open);
    log_snapshot_release(&log);
}

/* A part may end inside the last batch before those that this process has appended, or inside one of these. Readers who
 * start before it are not stopped by that. */
static void test_part_before_appended_batches(void **state)
{
    (void)state;
    static struct captured said;
    size_t size = write_segment(0);
    struct log_snapshot log = log_folder_open(&f);
    struct open_segment *open = hold(&log, 0);
    atomic_store(&open->owner->appended_from, 3 * SIZE);
    capture_start(&said);
    assert_int_equal(segment_verified_part(open, f.path, SIZE, 3 * SIZE - 1), 3 * SIZE - 1);
    assert_int_equal(segment_verified_part(open, f.path, 2 * SIZE, size), size);
    assert_true(segment_is_verified(open, SIZE, size));
    assert_false(segment_is_verified(open, 0, size));
    assert_int_equal(segment_verified_part(open, f.path, 0, 3 * SIZE + 1), 3 * SIZE + 1);
    assert_true(segment_is_verified(open, 0, size));
    assert_string_equal(capture_end(&said), "");
    segment_release(open);
    log_snapshot_release(&log);
}

/* Damage that comes after a batch was checked is not seen, as every batch is checked once. */
static void test_checked_once(void **state)
{
    (void)state;
    char path[KW_PATH_SIZE];
    size_t size = write_segment(0);
    struct log_snapshot log = log_folder_open(&f);
    struct open_segment *open = hold(&log, 0);
    assert_int_equal(segment_verified_part(open, f.path, SIZE, 3 * SIZE), 3 * SIZE);
    assert_status(path_of_segment(path, f.path, KW_SEGMENT_FILE_LOG, 0), KW_OK);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    for (long batch = 1; batch <= 3; batch++)
        assert_true(fseek(file, batch * SIZE + KW_BATCH_V2_CRC, SEEK_SET) == 0 && fputs("xxx", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(segment_verified_part(open, f.path, SIZE, 3 * SIZE), 3 * SIZE);
    assert_int_equal(segment_verified_part(open, f.path, 2 * SIZE, 3 * SIZE), 3 * SIZE);
    static struct captured said;
    capture_start(&said);
    assert_int_equal(segment_verified_part(open, f.path, SIZE, size), 3 * SIZE);
    assert_int_equal(segment_verified_part(open, f.path, 0, SIZE), SIZE);
    (void)capture_end(&said);
    segment_release(open);
    log_snapshot_release(&log);
}

/* Offsets that do not ascend, inside the segment, from its base on, and beyond the next segment. Checksums do not have
 * them: of two batches that overlap any may be the wrong one. */
static void test_order_of_offsets(void **state)
{
    (void)state;
    const made_batch twice[] = {
        {.base_offset = 0, .count = 1, .timestamp = 1, .producer_id = -1},
        {.base_offset = 1, .count = 1, .timestamp = 1, .producer_id = -1},
        {.base_offset = 1, .count = 1, .timestamp = 1, .producer_id = -1},
    };
    const made_batch before = {.base_offset = 9, .count = 1, .timestamp = 1, .producer_id = -1};
    (void)log_folder_segment(&f, 0, twice, COUNT_OF(twice));
    const made_batch beyond = {.base_offset = 20, .count = 2, .timestamp = 1, .producer_id = -1};
    (void)log_folder_segment(&f, 10, &before, 1);
    size_t long_size = log_folder_segment(&f, 20, &beyond, 1);
    (void)write_segment(21);
    struct log_snapshot log = log_folder_open(&f);
    struct open_segment *open = hold(&log, 0), *other = hold(&log, 1), *last = hold(&log, 2);
    static struct captured said;
    capture_start(&said);
    assert_int_equal(segment_verified_part(open, f.path, 0, 3 * SIZE), SIZE);
    assert_int_equal(segment_verified_part(other, f.path, 0, SIZE), 0);
    assert_int_equal(segment_verified_part(last, f.path, 0, long_size), 0);
    const char *text = capture_end(&said);
    assert_non_null(strstr(text, "00000.log: byte 71 (offset 1): "));
    assert_non_null(strstr(text, "00010.log: byte 0 (offset 9): "));
    assert_non_null(strstr(text, "00020.log: byte 0 (offset 20): "));
    segment_release(last);
    assert_non_null(strstr(text, kw_status_text(KW_ERR_OFFSET_ORDER)));
    segment_release(open);
    segment_release(other);
    log_snapshot_release(&log);
}

/* An index that cannot be read is reported when the segment is opened first. */
static void test_unreadable_index(void **state)
{
    (void)state;
    (void)write_segment(0);
    (void)write_segment(10);
    make_folder(join(f.path, "00000000000000000000.index").text);
    struct log_snapshot log = log_folder_open(&f);
    static struct captured said;
    capture_start(&said);
    segment_release(hold(&log, 0));
    assert_non_null(strstr(capture_end(&said), "00000.index: "));
    assert_non_null(strstr(said.text, "the segment is searched without it"));
    segment_cache_finish(&f.cache);
    assert_true(segment_cache_init(&f.cache));
    capture_start(&said);
    segment_release(hold(&log, 0));
    assert_string_equal(capture_end(&said), "");
    log_snapshot_release(&log);
}

static void test_missing_segment(void **state)
{
    (void)state;
    char path[KW_PATH_SIZE];
    (void)write_segment(0);
    struct log_snapshot log = log_folder_open(&f);
    struct open_segment *open;
    assert_status(path_of_segment(path, f.path, KW_SEGMENT_FILE_LOG, 0), KW_OK);
    assert_int_equal(remove(path), 0);
    static struct captured said;
    capture_start(&said);
    for (int i = 0; i < 3; i++)
        assert_int_equal(segment_hold(&f.cache, log.contents->segments[0], f.path, false, &open),
                         KW_ERROR_KAFKA_STORAGE_ERROR);
    const char *text = capture_end(&said);
    assert_non_null(strstr(text, "00000.log: no such file")); /* of no byte and no offset */
    assert_non_null(strstr(text, "its records are not served"));
    assert_null(strstr(strchr(text, '\n') + 1, "served")); /* once a segment */
    (void)write_segment(0);
    segment_release(hold(&log, 0)); /* and it is tried again */
    log_snapshot_release(&log);
}

/* A file that ends with a hole: nothing of it is in memory. */
static void make_longer(const char *name, off_t size)
{
    assert_int_equal(truncate(join(f.path, name).text, size), 0);
}

enum { HOLE = 64 * 1024 * 1024 }; /* much more than what is read ahead */

static void test_residence(void **state)
{
    (void)state;
    size_t size = write_segment(0);
    (void)write_segment(10);
    make_longer("00000000000000000000.log", HOLE);
    struct log_snapshot log = log_folder_open(&f);
    struct open_segment *open = hold(&log, 0);
    int64_t before = clock_coarse_ms();
    assert_true(segment_is_resident(open, 0, size)); /* it was written just now */
    assert_in_range(open->resident_until, before + 1000, clock_coarse_ms() + 1000);
    assert_true(segment_is_resident(open, SIZE, 2 * SIZE));
    assert_true(segment_indexes_are_resident(open)); /* has none */
    segment_release(open);
    log_snapshot_release(&log);
}

#ifdef __linux__ /* elsewhere everything counts as in memory */
static void test_what_is_not_in_memory(void **state)
{
    (void)state;
    (void)write_segment(0);
    (void)write_segment(10);
    make_longer("00000000000000000000.log", HOLE);
    struct log_snapshot log = log_folder_open(&f);
    struct open_segment *open = hold(&log, 0);
    assert_false(segment_is_resident(open, 0, HOLE));
    assert_false(segment_is_ready(open, 0, SIZE)); /* in memory, but not checked */
    open->owner->verified_to = HOLE;
    assert_true(segment_is_ready(open, 0, SIZE));
    assert_false(segment_is_ready(open, 0, HOLE));

    open->resident_from = SIZE; /* what was seen is believed for a while */
    open->resident_to = HOLE;
    open->resident_until = INT64_MAX;
    assert_true(segment_is_resident(open, SIZE, HOLE));
    assert_true(segment_is_ready(open, SIZE, HOLE));
    assert_false(segment_is_resident(open, SIZE - 1, HOLE));
    assert_false(segment_is_resident(open, SIZE, HOLE + 1));
    open->resident_until = clock_coarse_ms();
    assert_false(segment_is_resident(open, SIZE, HOLE));
    segment_release(open);
    log_snapshot_release(&log);
}

static void check_index_with_hole(const char *name)
{
    const kw_bytes empty = {(const uint8_t *)"", 0};
    log_folder_file(&f, name, empty);
    make_longer(name, HOLE);
    struct log_snapshot log = log_folder_open(&f);
    struct open_segment *open = hold(&log, 0);
    assert_false(segment_indexes_are_resident(open));
    open->indexes_until = INT64_MAX;
    assert_true(segment_indexes_are_resident(open));
    open->indexes_until = clock_coarse_ms();
    assert_false(segment_indexes_are_resident(open));
    segment_release(open);
    log_snapshot_release(&log);
}

static void test_indexes_that_are_not_in_memory(void **state)
{
    (void)state;
    static const char *const names[] = {"00000000000000000000.index", "00000000000000000000.timeindex"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        (void)write_segment(0);
        (void)write_segment(10);
        check_index_with_hole(names[i]);
        log_folder_finish(&f);
        log_folder_init(&f, root, "cache-0");
    }
}
#endif

/* Threads that hold and release the same segments: a sanitizer sees what is closed too early or twice. */
static void *hold_and_release(void *argument)
{
    const struct log_snapshot *log = argument;
    for (size_t i = 0; i < 2000; i++) {
        struct open_segment *open = hold(log, i % log->contents->segment_count);
        if (segment_verified_part(open, f.path, 0, open->segment.log.size) != BATCHES * SIZE)
            return argument;
        segment_release(open);
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    pthread_t threads[3];
    for (int64_t i = 0; i < 80; i++) /* more than stay open */
        (void)write_segment(i * 10);
    struct log_snapshot log = log_folder_open(&f);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hold_and_release, &log), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    log_snapshot_release(&log);
}

#ifdef __linux__
static struct log_snapshot raced;
static struct open_segment *winner;

static void win(void)
{
    winner = hold(&raced, 0);
}

/* Of two threads that open the same segment at once the second one gets what the first one has opened. */
static void test_opened_at_once(void **state)
{
    (void)state;
    (void)write_segment(0);
    raced = log_folder_open(&f);
    locks_call_before(&f.cache.lock, 2, win);
    struct open_segment *second = hold(&raced, 0);
    assert_non_null(winner);
    assert_ptr_equal(second, winner);
    assert_int_equal(winner->holders, 2);
    segment_release(second);
    segment_release(winner);
    log_snapshot_release(&raced);
}
#endif

static const struct file_layer *usual;
static struct log_segment *leaving;

static kw_status map_and_leave(struct file_map *map, const char *path, size_t size)
{
    atomic_store(&leaving->is_elsewhere, true);
    return usual->map(map, path, size);
}

/* The log loses its folder while a segment of it is opened: what was opened may be another log's. */
static void test_elsewhere_meanwhile(void **state)
{
    (void)state;
    struct open_segment *open = NULL;
    (void)write_segment(0);
    struct log_snapshot log = log_folder_open(&f);
    leaving = log.contents->segments[0];
    usual = file_layer_in_use();
    struct file_layer layer = *usual;
    layer.map = map_and_leave;
    file_layer_use(&layer);
    int16_t error = segment_hold(&f.cache, leaving, f.path, false, &open);
    file_layer_use(usual);
    assert_int_equal(error, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_null(open);
    assert_nothing_mapped(f.path);
    log_snapshot_release(&log);
}

#define TEST_LOG(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: test_server_segment_cache FOLDER\n");
        return 2;
    }
    root = argv[1];
    const struct CMUnitTest tests[] = {
        TEST_LOG(test_opened_once),
        TEST_LOG(test_held_while_the_log_ends),
        TEST_LOG(test_few_stay_open),
        TEST_LOG(test_verified_part),
        TEST_LOG(test_a_gap_is_not_verified),
        TEST_LOG(test_stretches),
        TEST_LOG(test_part_of_a_batch),
        TEST_LOG(test_part_before_appended_batches),
        TEST_LOG(test_checked_once),
        TEST_LOG(test_order_of_offsets),
        TEST_LOG(test_unreadable_index),
        TEST_LOG(test_missing_segment),
        TEST_LOG(test_residence),
#ifdef __linux__
        TEST_LOG(test_what_is_not_in_memory),
        TEST_LOG(test_indexes_that_are_not_in_memory),
#endif
        TEST_LOG(test_elsewhere_meanwhile),
        TEST_LOG(test_opened_at_once),
        TEST_LOG(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
