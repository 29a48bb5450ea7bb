/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_log_append FOLDER   in which it makes folders of its own */
#include "log_append_support.h"

#include <pthread.h>

#include "log/log_time.h"
#include "log/retention.h"
#include "log/write_files.h"

/* ---- records ---- */

static void test_first_records(void **state)
{
    (void)state;
    assert_int_equal(look().log_end_offset, 0);
    struct log_append first = append(1, 100), second = append(2, 200);
    assert_int_equal(first.error, KW_ERROR_NONE);
    assert_int_equal(first.base_offset, 0);
    assert_int_equal(second.base_offset, 1);
    assert_int_equal(second.log_start_offset, 0);
    struct log_snapshot log = look();
    assert_int_equal(log.log_end_offset, 3);
    assert_int_equal(log.high_watermark, 3);
    assert_int_equal(log.last_stable_offset, 3);
    assert_int_equal(size_of_file("00000000000000000000.log"), ONE + TWO);
    assert_int_equal(read_from(&f, 0).len, ONE + TWO);
    assert_int_equal(read_from(&f, 1).len, TWO);
    assert_int_equal(read_from(&f, 3).len, 0);
}

static int16_t find_time(int64_t timestamp, bool dont_block, struct time_offset *out)
{
    const struct log_time_search search = {.timestamp = timestamp, .dont_block = dont_block};
    struct log_snapshot log = log_folder_open(&f);
    int16_t error = log_find_time(&f.log, &log, &search, out);
    log_snapshot_release(&log);
    return error;
}

/* -1: there is none. */
static int64_t offset_of_time(int64_t timestamp)
{
    struct time_offset found;
    assert_int_equal(find_time(timestamp, false, &found), KW_ERROR_NONE);
    return found.offset;
}

/* The greatest timestamps of what was written are known, those of the segment that is written to, too. */
static void test_times(void **state)
{
    (void)state;
    static const int64_t times[] = {100, 300, 200, 400, 50};
    struct time_offset found;
    config.segment_bytes = 2 * ONE;
    partition_log_configure(&f.log, &config);
    assert_int_equal(offset_of_time(0), -1);
    assert_int_equal(offset_of_time(LOG_NEWEST), -1);
    for (size_t i = 0; i < COUNT_OF(times); i++)
        assert_int_equal(append(1, times[i]).base_offset, i);
    assert_true(file_exists(join(f.path, "00000000000000000004.log").text));
    assert_int_equal(offset_of_time(0), 0);
    assert_int_equal(offset_of_time(101), 1);
    assert_int_equal(offset_of_time(301), 3);
    assert_int_equal(offset_of_time(400), 3);
    assert_int_equal(offset_of_time(401), -1);
    assert_int_equal(offset_of_time(LOG_NEWEST), 3);
    assert_int_equal(append(1, 500).base_offset, 5);
    assert_int_equal(offset_of_time(401), 5);
    assert_int_equal(offset_of_time(LOG_NEWEST), 5);
    assert_int_equal(find_time(LOG_NEWEST, false, &found), KW_ERROR_NONE);
    assert_int_equal(found.timestamp, 500);
    assert_int_equal(find_time(501, true, &found), KW_ERROR_NONE); /* no segment is opened */
    assert_int_equal(found.offset, -1);
    assert_int_equal(find_time(500, true, &found), LOG_WOULD_BLOCK);
}

/* Offsets and leader epoch are outside the checksum, which stays valid. */
static void test_header(void **state)
{
    (void)state;
    static struct one_append one;
    look();
    append(2, 100);
    prepare_append(&one, (made_batch){.base_offset = 77, .count = 3, .timestamp = 5, .producer_id = -1}, 0);
    one.append.leader_epoch = 9;
    assert_true(log_append(&f.log, &one.append));
    kw_batches batches;
    kw_batch batch;
    kw_bytes bytes = read_from(&f, 2);
    kw_batches_init(&batches, bytes);
    batches.flags = KW_BATCHES_CHECK_CRC;
    assert_true(kw_batches_next(&batches, &batch));
    assert_int_equal(batch.base_offset, 2);
    assert_int_equal(batch.last_offset, 4);
    assert_int_equal(batch.leader_epoch, 9);
    assert_memory_equal(batch.data + KW_BATCH_V2_RECORDS, one.bytes + KW_BATCH_V2_RECORDS, 30);
    assert_false(kw_batches_next(&batches, &batch));
}

/* Several batches are appended together. */
static void test_many_batches(void **state)
{
    (void)state;
    static struct one_append ones[3];
    static struct append_batch batches[3];
    look();
    for (size_t i = 0; i < COUNT_OF(ones); i++) {
        prepare_append(&ones[i], (made_batch){.count = (int32_t)i + 1, .timestamp = 10, .producer_id = -1}, 0);
        batches[i] = ones[i].batch;
    }
    struct log_append all = {.batches = batches, .count = COUNT_OF(batches), .done = note_done};
    append(1, 1);
    assert_true(log_append(&f.log, &all));
    assert_int_equal(all.base_offset, 1);
    assert_int_equal(look().log_end_offset, 7);
    kw_batches bs;
    kw_batch batch;
    kw_batches_init(&bs, read_from(&f, 1));
    static const int64_t starts[] = {1, 2, 4};
    for (size_t i = 0; i < COUNT_OF(starts); i++) {
        assert_true(kw_batches_next(&bs, &batch));
        assert_int_equal(batch.base_offset, starts[i]);
    }
}

static void count_call(void *context)
{
    ++*(int *)context;
}

/* Who waits for records is called; who has a snapshot sees what there was. */
static void test_readers(void **state)
{
    (void)state;
    int calls = 0;
    struct log_watcher watcher = {.callback = count_call, .context = &calls};
    look();
    append(1, 100);
    struct log_snapshot before = log_folder_open(&f);
    partition_log_watch(&f.log, &watcher);
    append(1, 100);
    append(1, 100);
    assert_int_equal(calls, 2);
    partition_log_unwatch(&f.log, &watcher);
    struct log_slice slice;
    struct log_read_request request = {.offset = 0, .end = before.log_end_offset, .max_bytes = INT32_MAX};
    assert_int_equal(log_read(&f.log, &before, &request, &slice), KW_ERROR_NONE);
    assert_int_equal(slice.records.len, ONE);
    const uint8_t *data = slice.records.data;
    for (int i = 0; i < 2000; i++)
        assert_int_equal(append(2, 100).error, KW_ERROR_NONE);
    struct log_slice again;
    struct log_snapshot after = log_folder_open(&f);
    request.end = after.log_end_offset;
    assert_int_equal(log_read(&f.log, &after, &request, &again), KW_ERROR_NONE);
    assert_int_equal(again.records.len, 3 * ONE + 2000 * TWO);
    assert_ptr_equal(again.records.data, data); /* the mapping is still the same */
    segment_release(slice.segment);
    segment_release(again.segment);
    log_snapshot_release(&before);
    log_snapshot_release(&after);
}

static void test_without_settings(void **state)
{
    (void)state;
    look();
    partition_log_configure(&f.log, NULL);
    assert_int_equal(append(1, 1).error, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(size_of_file("00000000000000000000.log"), SIZE_MAX);
}

/* It is recovered then, although somebody reads it already. */
static void test_settings_later(void **state)
{
    (void)state;
    static struct captured captured;
    const made_batch made = {.base_offset = 0, .count = 2, .timestamp = 100, .producer_id = -1};
    size_t size = log_folder_segment(&f, 0, &made, 1);
    struct file file;
    const kw_span garbage = {"garbage", 7};
    assert_status(file_open(&file, join(f.path, "00000000000000000000.log").text, 0), KW_OK);
    assert_status(file_write(&file, size, &garbage, 1), KW_OK);
    assert_status(file_close(&file), KW_OK);
    partition_log_configure(&f.log, NULL);
    f.log.check = CHECK_CRC;
    capture_start(&captured);
    struct log_snapshot before = log_folder_open(&f);
    partition_log_configure(&f.log, &config);
    struct log_append first = append(1, 1);
    assert_non_null(strstr(capture_end(&captured), "7 bytes are cut off"));
    assert_int_equal(first.error, KW_ERROR_NONE);
    assert_int_equal(first.base_offset, 2);
    assert_int_equal(before.log_end_offset, 2);
    assert_int_equal(read_from(&f, 0).len, size + ONE);
    log_snapshot_release(&before);
}

static void test_not_open(void **state)
{
    (void)state;
    assert_int_equal(append(1, 1).error, KW_ERROR_KAFKA_STORAGE_ERROR);
    look();
    assert_int_equal(append(1, 1).error, KW_ERROR_NONE);
}

/* A log of which something is there already, followed by bytes that are no batch. */
static void test_continue(void **state)
{
    (void)state;
    static const made_batch made[] = {{.base_offset = 5, .count = 2, .timestamp = 100, .producer_id = -1},
                                      {.base_offset = 7, .count = 1, .timestamp = 50, .producer_id = -1}};
    static struct captured captured;
    size_t size = log_folder_segment(&f, 5, made, COUNT_OF(made));
    char path[KW_PATH_SIZE];
    struct file file;
    const kw_span garbage = {"garbage at the end", 18};
    assert_status(path_of_segment(path, f.path, KW_SEGMENT_FILE_LOG, 5), KW_OK);
    assert_status(file_open(&file, path, 0), KW_OK);
    assert_status(file_write(&file, size, &garbage, 1), KW_OK);
    assert_status(file_close(&file), KW_OK);
    capture_start(&captured);
    look();
    (void)capture_end(&captured);
    assert_int_equal(append(1, 100).base_offset, 8);
    assert_int_equal(size_of_file("00000000000000000005.log"), size + ONE);
    assert_int_equal(read_from(&f, 5).len, size + ONE);
    assert_int_equal(look().active_max_timestamp, 101);
}

/* ---- what has just been appended ---- */

static bool not_resident(const struct file_map *file, size_t from, size_t to)
{
    (void)file;
    (void)from;
    (void)to;
    return false;
}

/* What this process has just appended is read without a look at its checksum, and without asking whether it is in
 * memory. */
static void test_reading_at_once(void **state)
{
    (void)state;
    look();
    use_failing();
    failing.layer.is_resident = not_resident;
    append(1, 100);
    assert_int_equal(read_from(&f, 0).len, ONE);
    append(1, 100);
    struct log_snapshot log = log_folder_open(&f);
    struct log_slice slice;
    struct log_read_request request = {.offset = 0, .end = 2, .max_bytes = INT32_MAX, .dont_block = true};
    assert_int_equal(log_read(&f.log, &log, &request, &slice), KW_ERROR_NONE);
    assert_int_equal(slice.records.len, 2 * ONE);
    segment_release(slice.segment);
    atomic_store(&log.contents->segments[0]->recent_from, 1); /* as if the first one had been written long ago */
    assert_int_equal(log_read(&f.log, &log, &request, &slice), LOG_WOULD_BLOCK);
    atomic_store(&log.contents->segments[0]->recent_from, 0);
    atomic_store(&log.contents->segments[0]->recent_until, clock_coarse_ms());
    assert_int_equal(log_read(&f.log, &log, &request, &slice), LOG_WOULD_BLOCK);
    log_snapshot_release(&log);
}

/* ---- segments ---- */

static void test_roll_by_size(void **state)
{
    (void)state;
    config.segment_bytes = 2 * ONE + 1;
    look();
    for (int i = 0; i < 4; i++)
        assert_int_equal(append(1, 100 + i).base_offset, i);
    assert_int_equal(append(2, 500).base_offset, 4);
    assert_int_equal(size_of_file("00000000000000000000.log"), 2 * ONE);
    assert_int_equal(size_of_file("00000000000000000002.log"), 2 * ONE);
    assert_int_equal(size_of_file("00000000000000000004.log"), TWO);
    assert_int_equal(size_of_file("00000000000000000000.index"), 0);
    assert_int_equal(size_of_file("00000000000000000000.timeindex"), KW_TIME_ENTRY_SIZE);
    struct log_snapshot log = log_folder_open(&f);
    assert_int_equal(log.contents->segment_count, 3);
    assert_int_equal(atomic_load(&log.contents->segments[0]->max_timestamp), 101);
    log_snapshot_release(&log);
    for (int64_t offset = 0; offset < 4; offset++)
        assert_int_equal(read_from(&f, offset).len, offset % 2 == 0 ? 2 * ONE : ONE);
    assert_int_equal(read_from(&f, 4).len, TWO);
}

/* Readers map as much as segments may have now, or as one batch needs. */
static void test_segments_become_larger(void **state)
{
    (void)state;
    config.segment_bytes = ONE;
    look();
    append(1, 100);
    assert_int_equal(log_roll(&f.log), KW_ERROR_NONE);
    assert_int_equal(read_from(&f, 0).len, ONE);
    config.segment_bytes = 3 * ONE;
    for (int i = 0; i < 3; i++)
        append(1, 100);
    assert_int_equal(read_from(&f, 1).len, 3 * ONE);
    append(50, 100);
    assert_int_equal(read_from(&f, 4).len, ONE + 49 * 10);
    struct log_snapshot log = log_folder_open(&f);
    assert_int_equal(log.contents->segment_count, 3);
    log_snapshot_release(&log);
}

/* By the times of the records: that of the first batch decides. */
static void test_roll_by_time(void **state)
{
    (void)state;
    config.segment_ms = 1000;
    look();
    append(2, 5000); /* 5001 is the largest */
    append(1, 100);
    append(1, 6001);
    assert_int_equal(size_of_file("00000000000000000004.log"), SIZE_MAX);
    append(1, 6002);
    assert_int_equal(size_of_file("00000000000000000004.log"), ONE);
}

/* Kafka keeps an entry of the time index for the end. */
static void test_roll_by_index(void **state)
{
    (void)state;
    config.index_interval_bytes = 0;
    config.segment_index_bytes = 4 * KW_TIME_ENTRY_SIZE;
    look();
    for (int i = 0; i < 6; i++)
        append(1, 100 + i);
    /* No entry for the first batch, one for each of the next three: then there is capacity for the last one only. */
    assert_int_equal(size_of_file("00000000000000000004.log"), 2 * ONE);
    assert_int_equal(size_of_file("00000000000000000000.timeindex"), 3 * KW_TIME_ENTRY_SIZE);
    assert_int_equal(size_of_file("00000000000000000000.index"), 3 * KW_OFFSET_ENTRY_SIZE);
}

/* ---- leader epochs ---- */

static struct log_append append_in_epoch(int32_t epoch)
{
    static struct one_append one;
    prepare_append(&one, (made_batch){.count = 1, .timestamp = 100, .producer_id = -1}, 0);
    one.append.leader_epoch = epoch;
    assert_true(log_append(&f.log, &one.append));
    return one.append;
}

static void assert_file_text(const char *name, const char *text)
{
    kw_bytes bytes = read_file(join(f.path, name).text);
    assert_int_equal(bytes.len, strlen(text));
    assert_memory_equal(bytes.data, text, strlen(text));
}

static void assert_epochs_file(const char *text)
{
    int64_t until;
    assert_int_equal(log_sync(&f.log, 0, &until), KW_ERROR_NONE);
    assert_file_text("leader-epoch-checkpoint", text);
}

static void test_epochs(void **state)
{
    (void)state;
    look();
    append_in_epoch(0);
    assert_epochs_file("0\n1\n0 0\n");
    append_in_epoch(0);
    append_in_epoch(4);
    assert_epochs_file("0\n2\n0 0\n4 2\n");
    append_in_epoch(5);
    struct log_snapshot log = log_folder_open(&f);
    assert_int_equal(log.contents->epochs.len, 3);
    assert_int_equal(kw_leader_epochs_end(&log.contents->epochs, 4, log.log_end_offset).start_offset, 3);
    assert_int_equal(kw_leader_epochs_end(&log.contents->epochs, 5, log.log_end_offset).start_offset, 4);
    log_snapshot_release(&log);
    append_in_epoch(2); /* as in Kafka, it takes the place of those after it */
    assert_epochs_file("0\n2\n0 0\n2 4\n");
}

/* ---- failures ---- */

static const char *append_and_fail(int32_t count)
{
    static struct captured captured;
    capture_start(&captured);
    struct log_append result = append(count, 100);
    const char *text = capture_end(&captured);
    assert_int_equal(result.error, KW_ERROR_KAFKA_STORAGE_ERROR);
    return text;
}

/* A full disk is a matter of time; nothing of what was written stays. */
static void test_disk_full(void **state)
{
    (void)state;
    use_failing();
    look();
    append(1, 100);
    failing.write_error = ENOSPC;
    failing.written = 20;
    const char *text = append_and_fail(1);
    assert_non_null(strstr(text, "append-0: appending records: "));
    assert_non_null(strstr(text, "the producer may try again"));
    assert_int_equal(size_of_file("00000000000000000000.log"), ONE);
    assert_int_equal(look().log_end_offset, 1);
    failing.write_error = 0;
    assert_int_equal(append(1, 100).base_offset, 1);
    assert_int_equal(read_from(&f, 0).len, 2 * ONE);
}

static void test_disk_broken(void **state)
{
    (void)state;
    use_failing();
    look();
    append(1, 100);
    failing.write_error = EIO;
    assert_non_null(strstr(append_and_fail(1), "not written to until the next start"));
    failing.write_error = 0;
    assert_string_equal(append_and_fail(1), ""); /* and it says so once */
    assert_int_equal(read_from(&f, 0).len, ONE);
}

/* What cannot be removed must not be followed by anything. */
static void test_disk_full_and_broken(void **state)
{
    (void)state;
    use_failing();
    look();
    append(1, 100);
    failing.write_error = ENOSPC;
    failing.truncate_error = EIO;
    failing.written = 7;
    assert_non_null(strstr(append_and_fail(1), "not written to until the next start"));
    failing.write_error = failing.truncate_error = 0;
    assert_string_equal(append_and_fail(1), "");
}

static void test_no_first_segment(void **state)
{
    (void)state;
    use_failing();
    look();
    failing.open_error = EMFILE;
    assert_non_null(strstr(append_and_fail(1), "a new segment: "));
    failing.open_error = 0;
    assert_int_equal(append(1, 100).base_offset, 0);
}

/* The old segment is used on, until a new one can be made. */
static void test_no_next_segment(void **state)
{
    (void)state;
    use_failing();
    config.segment_bytes = TWO;
    look();
    append(1, 100);
    failing.open_error = ENOSPC;
    assert_non_null(strstr(append_and_fail(1), "the producer may try again"));
    assert_int_equal(read_from(&f, 0).len, ONE);
    failing.open_error = 0;
    assert_int_equal(append(1, 100).base_offset, 1);
    assert_int_equal(size_of_file("00000000000000000001.log"), ONE);
    assert_int_equal(look().log_end_offset, 2);
}

/* ---- descriptors ---- */

static size_t open_descriptors(void)
{
    size_t count = 0;
    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) != -1;
    return count;
}

/* Of many logs few have one. */
static void test_descriptors(void **state)
{
    (void)state;
    enum { LOGS = 5 };
    static struct log_folder logs[LOGS];
    write_files_set_limit(2);
    look();
    append(1, 100);
    size_t before = open_descriptors();
    for (size_t i = 0; i < LOGS; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "append-%zu", i + 1);
        log_folder_init(&logs[i], root, name);
        partition_log_configure(&logs[i].log, &config);
        struct log_snapshot log = log_folder_open(&logs[i]);
        log_snapshot_release(&log);
    }
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < LOGS; i++)
            assert_int_equal(
                append_made(&logs[i], (made_batch){.count = 1, .timestamp = 1, .producer_id = -1}, 0).base_offset,
                round);
    assert_int_equal(open_descriptors(), before + 1);
    for (size_t i = 0; i < LOGS; i++) {
        assert_int_equal(read_from(&logs[i], 0).len, 3 * ONE);
        log_folder_finish(&logs[i]);
    }
    assert_int_equal(append(1, 100).base_offset, 1);
    log_folder_reopen(&f);
    assert_int_equal(open_descriptors(), before - 1);
    write_files_set_limit(WRITE_FILES_MAX);
}

/* ---- many threads ---- */

enum { THREADS = 4, EACH = 500 };

struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool is_done;
};

static void wake(struct log_append *append)
{
    struct waiter *w = append->context;
    pthread_mutex_lock(&w->lock);
    w->is_done = true;
    pthread_cond_signal(&w->done);
    pthread_mutex_unlock(&w->lock);
}

static void *append_many(void *context)
{
    struct one_append *one = context;
    struct waiter w = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    int64_t last = -1;
    for (int i = 0; i < EACH; i++) {
        one->append.done = wake;
        one->append.context = &w;
        w.is_done = false;
        bool is_done = log_append(&f.log, &one->append);
        pthread_mutex_lock(&w.lock);
        while (!is_done && !w.is_done)
            pthread_cond_wait(&w.done, &w.lock);
        pthread_mutex_unlock(&w.lock);
        if (one->append.error != KW_ERROR_NONE || one->append.base_offset <= last)
            return NULL;
        last = one->append.base_offset;
    }
    return one;
}

/* Reads from the beginning to the end, again and again: offsets without gaps, checksums valid. */
static void *read_many(void *context)
{
    for (int64_t offset = 0; offset < THREADS * EACH * 2;) {
        struct log_snapshot log;
        struct log_slice slice;
        kw_batches batches;
        kw_batch batch;
        if (partition_log_acquire(&f.log, false, &log) != KW_ERROR_NONE)
            return NULL;
        const struct log_read_request request = {.offset = offset, .end = log.high_watermark, .max_bytes = 4096};
        if (log_read(&f.log, &log, &request, &slice) != KW_ERROR_NONE)
            return NULL;
        kw_batches_init(&batches, slice.records);
        batches.flags = KW_BATCHES_CHECK_CRC;
        while (kw_batches_next(&batches, &batch)) {
            if (batch.base_offset != offset)
                return NULL;
            offset = kw_batch_next_offset(&batch);
        }
        if (batches.status != KW_OK)
            return NULL;
        if (slice.segment != NULL)
            segment_release(slice.segment);
        log_snapshot_release(&log);
    }
    return context;
}

/* All that changes a log besides appending. */
static void *take_turns(void *context)
{
    for (int i = 0; i < 200; i++) {
        int64_t until, start;
        size_t removed;
        partition_log_take_turn(&f.log);
        partition_log_end_turn(&f.log);
        log_expire_producers(&f.log, start_ms);
        if (log_retain(&f.log, start_ms, &removed) != KW_ERROR_NONE || removed != 0 ||
            log_delete_records(&f.log, 0, &start) != KW_ERROR_NONE || start != 0 ||
            (i % 20 == 0 && (log_roll(&f.log) != KW_ERROR_NONE || log_sync(&f.log, 0, &until) != KW_ERROR_NONE)))
            return NULL;
    }
    return context;
}

static void test_threads(void **state)
{
    (void)state;
    static struct one_append ones[THREADS];
    pthread_t writers[THREADS], reader, other;
    void *result;
    config.segment_bytes = 100 * TWO;
    config.index_interval_bytes = 3 * TWO;
    config.retention_ms = -1;
    look();
    for (size_t i = 0; i < THREADS; i++) {
        prepare_append(&ones[i], (made_batch){.count = 2, .timestamp = (int64_t)i, .producer_id = -1}, 0);
        assert_int_equal(pthread_create(&writers[i], NULL, append_many, &ones[i]), 0);
    }
    assert_int_equal(pthread_create(&reader, NULL, read_many, &f), 0);
    assert_int_equal(pthread_create(&other, NULL, take_turns, &f), 0);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(writers[i], &result), 0);
        assert_non_null(result);
    }
    assert_int_equal(pthread_join(reader, &result), 0);
    assert_non_null(result);
    assert_int_equal(pthread_join(other, &result), 0);
    assert_non_null(result);
    struct log_snapshot log = log_folder_open(&f);
    assert_int_equal(log.log_end_offset, THREADS * EACH * 2);
    assert_true(log.contents->segment_count >= THREADS * EACH / 100);
    bool valid;
    assert_status(log_check(&log, CHECK_CRC, NULL, &valid), KW_OK);
    assert_true(valid);
    log_snapshot_release(&log);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define FAILING(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down_failing)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(test_first_records),
        CASE(test_times),
        CASE(test_header),
        CASE(test_many_batches),
        CASE(test_readers),
        FAILING(test_reading_at_once),
        CASE(test_without_settings),
        CASE(test_settings_later),
        CASE(test_not_open),
        CASE(test_continue),
        CASE(test_roll_by_size),
        CASE(test_segments_become_larger),
        CASE(test_roll_by_time),
        CASE(test_roll_by_index),
        FAILING(test_disk_full),
        FAILING(test_disk_broken),
        FAILING(test_disk_full_and_broken),
        FAILING(test_no_first_segment),
        FAILING(test_no_next_segment),
        CASE(test_epochs),
        CASE(test_descriptors),
        CASE(test_threads),
    };
    if (argc != 2)
        return 2;
    root = argv[1];
    start_ms = clock_wall_ms();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
