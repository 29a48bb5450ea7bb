/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_append_groups FOLDER   in which it makes a folder of its own
 *
 * What is queued while somebody has the log's turn is written together as far as possible. */
#include "append_support.h"

#include "../support/captured.h"
#include "../support/file_faults.h"

enum { ONE = KW_BATCH_V2_RECORDS + 10, TWO = ONE + 10, MOST = 300, GROUP_MAX = 256 };

static const char *root;
static struct log_folder f;
static struct log_config config;
static struct one_append queued[MOST], pair;
static size_t count, done;

static int set_up(void **state)
{
    (void)state;
    file_faults_start();
    log_folder_init(&f, root, "groups-0");
    log_config_init(&config);
    partition_log_configure(&f.log, &config);
    struct log_snapshot log = log_folder_open(&f);
    log_snapshot_release(&log);
    (void)append_made(&f, (made_batch){.count = 1, .timestamp = 100, .producer_id = -1}, 0);
    count = done = 0;
    partition_log_take_turn(&f.log);
    return 0;
}

static int tear_down(void **state)
{
    file_faults_plan(0, 0, 0, 0);
    log_folder_finish(&f);
    file_faults_stop();
    return forget_given(state);
}

static void count_done(struct log_append *append)
{
    struct one_append *one = append->context;
    assert_false(one->was_called);
    one->was_called = true;
    done++;
}

static void queue_append(struct one_append *one)
{
    one->append.done = count_done;
    assert_false(log_append(&f.log, &one->append));
    assert_false(one->was_called);
}

static struct one_append *prepare(made_batch made)
{
    struct one_append *one = &queued[count++];
    prepare_append(one, made, 0);
    return one;
}

static void queue_plain(int32_t records, int64_t timestamp)
{
    queue_append(prepare((made_batch){.count = records, .timestamp = timestamp, .producer_id = -1}));
}

static void queue_of(int64_t producer, int32_t sequence)
{
    struct one_append *one = prepare((made_batch){.count = 1, .timestamp = 100, .producer_id = producer});
    change_append(one, KW_BATCH_V2_PRODUCER_EPOCH, 0, 2);
    change_append(one, KW_BATCH_V2_BASE_SEQUENCE, (uint32_t)sequence, 4);
    queue_append(one);
}

/* What is queued is appended; it is written by these writes, of a position and a size each. */
static void write_all(const char *expected)
{
    char text[1024];
    size_t length = 0;
    file_faults_record(FAULT_WRITE);
    partition_log_end_turn(&f.log);
    assert_int_equal(done, count);
    for (const char *line = file_faults_calls(); *line != '\0'; line = strchr(line, '\n') + 1) {
        const char *name = strstr(line, ".log ");
        if (name == NULL || name > strchr(line, '\n'))
            continue;
        int size = (int)(strchr(line, '\n') - name - 5);
        length += (size_t)snprintf(text + length, sizeof text - length, "%.*s\n", size, name + 5);
    }
    text[length] = '\0';
    assert_string_equal(text, expected);
}

static void assert_appended(size_t i, int64_t base_offset)
{
    assert_int_equal(queued[i].append.error, KW_ERROR_NONE);
    assert_int_equal(queued[i].append.base_offset, base_offset);
    assert_int_equal(queued[i].append.log_start_offset, 0);
    assert_false(queued[i].append.is_duplicate);
}

static void assert_not_appended(size_t i, int16_t error)
{
    assert_int_equal(queued[i].append.error, error);
    assert_int_equal(queued[i].append.log_start_offset, KW_NO_OFFSET);
}

/* All records, with ascending offsets and valid checksums. */
static void assert_readable(int64_t end_offset)
{
    struct log_snapshot log = log_folder_open(&f);
    bool valid;
    assert_int_equal(log.log_end_offset, end_offset);
    assert_status(log_check(&log, CHECK_CRC | CHECK_INDEXES, NULL, &valid), KW_OK);
    assert_true(valid);
    log_snapshot_release(&log);
    for (int64_t offset = 0; offset < end_offset;) {
        kw_batches batches;
        kw_batch batch;
        kw_batches_init(&batches, read_from(&f, offset));
        assert_true(kw_batches_next(&batches, &batch));
        assert_int_equal(batch.base_offset, offset);
        offset = kw_batch_next_offset(&batch);
    }
}

static void appends_are_written_together(void **state)
{
    (void)state;
    queue_plain(1, 200);
    queue_plain(2, 300);
    queue_plain(1, 250);
    write_all("71 223\n");
    assert_appended(0, 1);
    assert_appended(1, 2);
    assert_appended(2, 4);
    assert_readable(5);
}

static void epochs_are_written_apart(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct one_append *one = prepare((made_batch){.count = 1, .timestamp = 100, .producer_id = -1});
        one->append.leader_epoch = i / 2 + 1;
        queue_append(one);
    }
    write_all("71 142\n213 142\n");
    struct log_snapshot log = log_folder_open(&f);
    const kw_leader_epochs *epochs = &log.contents->epochs;
    assert_int_equal(epochs->len, 3);
    assert_int_equal(epochs->items[1].start_offset, 1);
    assert_int_equal(epochs->items[2].start_offset, 3);
    log_snapshot_release(&log);
    assert_readable(5);
}

/* Whether a batch follows those of its producer is known once they are written. */
static void producers_are_written_apart(void **state)
{
    (void)state;
    queue_of(7, 0);
    queue_of(8, 0);
    queue_plain(1, 100);
    queue_plain(1, 100);
    queue_of(7, 1);
    queue_of(8, 0); /* a duplicate of what is queued before it */
    queue_of(8, 1);
    write_all("71 284\n355 142\n");
    for (size_t i = 0; i < 5; i++)
        assert_appended(i, (int64_t)i + 1);
    assert_int_equal(queued[5].append.error, KW_ERROR_NONE);
    assert_true(queued[5].append.is_duplicate);
    assert_int_equal(queued[5].append.base_offset, 2);
    assert_appended(6, 6);
    assert_readable(7);
}

/* The others are not affected. */
static void refused_appends_are_left_out(void **state)
{
    (void)state;
    queue_plain(1, 100);
    queue_of(7, 0);
    queue_of(8, 5);
    queue_of(7, 3);
    queue_plain(1, 100);
    queue_of(9, 0);
    write_all("71 213\n284 142\n");
    assert_appended(0, 1);
    assert_appended(1, 2);
    assert_appended(2, 3); /* the first of a producer that nobody knows */
    assert_not_appended(3, KW_ERROR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    assert_appended(4, 4);
    assert_appended(5, 5);
    assert_readable(6);
}

/* As if each came alone: readers have mapped no more than a whole segment. The first one in a segment is alone. */
static void groups_end_with_the_segment(void **state)
{
    (void)state;
    config.segment_bytes = 3 * ONE;
    for (int i = 0; i < 6; i++)
        queue_plain(1, 100 + i);
    write_all("71 142\n0 71\n71 142\n0 71\n");
    struct log_snapshot log = log_folder_open(&f);
    assert_int_equal(log.contents->segment_count, 3);
    assert_int_equal(log.contents->segments[1]->base_offset, 3);
    assert_int_equal(log.contents->segments[2]->base_offset, 6);
    log_snapshot_release(&log);
    assert_readable(7);
}

static void groups_end_with_the_age_of_the_segment(void **state)
{
    (void)state;
    config.segment_ms = 1000;
    queue_plain(1, 1100);
    queue_plain(2, 1100); /* the second record is too late */
    queue_plain(1, 100);
    write_all("71 71\n0 81\n81 71\n");
    assert_readable(5);
}

static void queue_pair(void)
{
    static struct append_batch batches[2];
    prepare_append(&pair, (made_batch){.count = 1, .timestamp = 100, .producer_id = -1}, 0);
    batches[0] = batches[1] = pair.batch;
    pair.append.batches = batches;
    pair.append.count = 2;
    done--; /* it is not among those that are counted */
    queue_append(&pair);
}

static void groups_have_a_limit(void **state)
{
    (void)state;
    for (int i = 0; i < GROUP_MAX - 2; i++)
        queue_plain(1, 100);
    queue_pair();
    queue_plain(1, 100);
    write_all("71 18176\n18247 71\n");
    assert_int_equal(pair.append.base_offset, GROUP_MAX - 1);
    assert_appended(GROUP_MAX - 2, GROUP_MAX + 1);
    assert_readable(GROUP_MAX + 2);
}

static void appends_are_not_divided(void **state)
{
    (void)state;
    for (int i = 0; i < GROUP_MAX - 1; i++)
        queue_plain(1, 100);
    queue_pair();
    write_all("71 18105\n18176 142\n");
    assert_int_equal(pair.append.base_offset, GROUP_MAX);
    assert_readable(GROUP_MAX + 2);
}

/* All of a group fail, and those after it may succeed. */
static void groups_fail_together(void **state)
{
    (void)state;
    static struct captured captured;
    queue_of(7, 0);
    queue_plain(1, 100);
    queue_of(7, 0); /* no duplicate: the first one was not written */
    file_faults_plan(FAULT_WRITE, 0, 1, ENOSPC);
    capture_start(&captured);
    write_all("71 142\n71 71\n");
    assert_non_null(strstr(capture_end(&captured), "the producer may try again"));
    assert_not_appended(0, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_not_appended(1, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_appended(2, 1);
    assert_readable(2);
}

static void all_fail_that_cannot_start(void **state)
{
    (void)state;
    partition_log_configure(&f.log, NULL);
    queue_plain(1, 100);
    queue_plain(1, 100);
    write_all("");
    assert_not_appended(0, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_not_appended(1, KW_ERROR_KAFKA_STORAGE_ERROR);
}

/* Of a group, those are synced that want to be. */
static void appends_are_synced(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct one_append *one = prepare((made_batch){.count = 1, .timestamp = 100, .producer_id = -1});
        one->append.want = i == 1 ? APPEND_SYNCED : APPEND_WRITTEN;
        queue_append(one);
    }
    file_faults_plan(FAULT_SYNC, 0, 1, EIO);
    static struct captured captured;
    capture_start(&captured);
    write_all("71 213\n");
    (void)capture_end(&captured);
    assert_appended(0, 1);
    assert_not_appended(1, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_appended(2, 3);
}

int main(int argc, char **argv)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(appends_are_written_together), CASE(epochs_are_written_apart),
        CASE(producers_are_written_apart),  CASE(refused_appends_are_left_out),
        CASE(groups_end_with_the_segment),  CASE(groups_end_with_the_age_of_the_segment),
        CASE(groups_have_a_limit),          CASE(appends_are_not_divided),
        CASE(groups_fail_together),         CASE(all_fail_that_cannot_start),
        CASE(appends_are_synced),
    };
    if (argc != 2)
        return 2;
    root = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
