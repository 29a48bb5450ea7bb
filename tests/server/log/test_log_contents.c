/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_log_contents FOLDER   in which it creates folders */
#include "../support/garbage.h"
#include "../support/problem_log.h"

#include <errno.h>

#include "log/log_time.h"
#include "mappings.h"

static const char *root;
static path_text folder;
static struct log_snapshot current; /* the last result of opened() */
static struct segment_cache cache;
static struct partition_log partition;

enum { LIMIT = 1024 * 1024 };

static const char *const names[] = {
    "00000000000000000000.log",      "00000000000000000000.index",       "00000000000000000000.timeindex",
    "00000000000000000000.txnindex", "00000000000000000010.log",         "00000000000000000010.index",
    "00000000000000000010.txnindex", "00000000000000000010.snapshot",    "leader-epoch-checkpoint",
    "00000000000000000005.log.swap", "00000000000000000020.log",         "00000000000000000005.snapshot",
    "00000000000000000010.log.swap", "00000000000000000011.snapshot",    "00000000000000000015.snapshot",
    "00000000000000000016.snapshot", "00000000000000000030.log.deleted",
};

static void release_current(void)
{
    if (current.contents != NULL)
        log_snapshot_release(&current);
}

static int set_up(void **state)
{
    (void)state;
    folder = join(root, "t-0");
    make_folder(folder.text);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        (void)remove(join(folder.text, names[i]).text);
    const struct partition_log what = {.start_offset = -1};
    current.contents = NULL;
    fill_with_garbage(&cache, sizeof cache);
    fill_with_garbage(&partition, sizeof partition);
    return segment_cache_init(&cache) && partition_log_init(&partition, &what, &cache) ? 0 : -1;
}

static int tear_down(void **state)
{
    release_current();
    partition_log_finish(&partition);
    segment_cache_finish(&cache);
    assert_nothing_mapped(folder.text);
    return forget_given(state);
}

static void put_file(const char *name, kw_bytes bytes)
{
    write_file(join(folder.text, name).text, bytes.data, (size_t)bytes.len);
}

static kw_bytes batches(const made_batch *made, size_t count)
{
    uint8_t whole[2048];
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += put_batch(whole + size, made[i]);
    kw_bytes b = {memcpy(given_size(size), whole, size), (int32_t)size};
    return b;
}

enum { TXN = KW_ATTRIBUTE_TRANSACTIONAL, MARKER = KW_ATTRIBUTE_TRANSACTIONAL | KW_ATTRIBUTE_CONTROL };

/* Producer 7: 0-1 to 4, aborted. Producer 8: 2-3 to 5, committed. Producer 9: from 10 on, open. Producer 7 again: 11 to
 * 12, aborted. */
static const made_batch first_segment[] = {
    {.base_offset = 0, .count = 2, .timestamp = 100, .producer_id = 7, .attributes = TXN},
    {.base_offset = 2, .count = 2, .timestamp = 200, .producer_id = 8, .attributes = TXN},
    {.base_offset = 4, .timestamp = 300, .producer_id = 7, .attributes = MARKER, .marker = 0},
    {.base_offset = 5, .timestamp = 300, .producer_id = 8, .attributes = MARKER, .marker = 1},
    {.base_offset = 6, .count = 3, .timestamp = 250, .producer_id = -1},
};
static const made_batch second_segment[] = {
    {.base_offset = 10, .count = 1, .timestamp = 150, .producer_id = 9, .attributes = TXN},
    {.base_offset = 11, .count = 1, .timestamp = 301, .producer_id = 7, .attributes = TXN},
    {.base_offset = 12, .timestamp = 300, .producer_id = 7, .attributes = MARKER, .marker = 0},
    {.base_offset = 13, .count = 2, .timestamp = 400, .producer_id = -1},
};

static void make_segments(void)
{
    put_file("00000000000000000000.log", batches(first_segment, COUNT_OF(first_segment)));
    put_file("00000000000000000010.log", batches(second_segment, COUNT_OF(second_segment)));
}

static void make_indexes(void)
{
    const kw_bytes empty = {(const uint8_t *)"", 0};
    put_file("00000000000000000000.index", empty);
    put_file("00000000000000000010.index", empty);
    put_file("00000000000000000000.txnindex",
             given("0000 0000000000000007 0000000000000000 0000000000000004 0000000000000002"));
    put_file("00000000000000000010.txnindex",
             given("0000 0000000000000007 000000000000000b 000000000000000c 000000000000000a"));
}

static struct log_snapshot opened(int64_t start_offset, unsigned what, problem_log *problems)
{
    const struct problem_listener listener = {log_problem, problems};
    release_current();
    assert_status(log_load(&current, folder.text, start_offset, what, LIMIT, &listener), KW_OK);
    assert_int_equal(current.high_watermark, current.log_end_offset); /* the node is alone */
    return current;
}

static void check_transactions(const struct log_snapshot *log)
{
    assert_int_equal(log->contents->aborted_count, 2);
    assert_int_equal(log->contents->aborted[0].producer_id, 7);
    assert_int_equal(log->contents->aborted[0].first_offset, 0);
    assert_int_equal(log->contents->aborted[0].last_offset, 4);
    assert_int_equal(log->contents->aborted[0].last_stable_offset, 2);
    assert_int_equal(log->contents->aborted[1].first_offset, 11);
    assert_int_equal(log->contents->aborted[1].last_offset, 12);
    assert_int_equal(log->contents->aborted[1].last_stable_offset, 10);
    assert_int_equal(log->last_stable_offset, 10);
}

static void test_only_segments(void **state)
{
    (void)state;
    make_segments();
    problem_log problems = {0};
    struct log_snapshot log = opened(-1, 0, &problems);
    assert_no_problem(&problems);
    assert_int_equal(log.contents->segment_count, 2);
    assert_int_equal(log.log_start_offset, 0);
    assert_int_equal(log.log_end_offset, 15);
    assert_int_equal(log.contents->epochs.len, 0);
    check_transactions(&log);
    size_t segment;
    assert_true(log_find_segment(&log, 9, &segment));
    assert_int_equal(segment, 0);
    assert_true(log_find_segment(&log, 10, &segment));
    assert_int_equal(segment, 1);
    assert_false(log_find_segment(&log, -1, &segment));
}

static void test_with_indexes(void **state)
{
    (void)state;
    make_segments();
    make_indexes();
    put_file("leader-epoch-checkpoint", given("300a310a3020300a")); /* "0\n1\n0 0\n" */
    problem_log problems = {0};
    struct log_snapshot log = opened(3, CHECK_CRC, &problems);
    assert_no_problem(&problems);
    assert_int_equal(log.log_start_offset, 3);
    assert_int_equal(log.contents->epochs.len, 1);
    check_transactions(&log);
}

static void check_aborted(const struct log_snapshot *log, int64_t start, int64_t end, size_t count)
{
    kw_aborted_txn txn;
    size_t found = 0;
    for (size_t i = 0; log_next_aborted(log, &i, start, end, &txn);)
        found++;
    assert_int_equal(found, count);
}

static void test_aborted_in_range(void **state)
{
    (void)state;
    make_segments();
    problem_log problems = {0};
    struct log_snapshot log = opened(-1, 0, &problems);
    check_aborted(&log, 0, 15, 2);
    check_aborted(&log, 4, 11, 1);
    check_aborted(&log, 5, 11, 0);
    check_aborted(&log, 5, 12, 1);
    check_aborted(&log, 12, 13, 1);
    check_aborted(&log, 13, 15, 0);
}

static kw_bytes snapshot(const char *hex)
{
    kw_bytes b = given(hex);
    uint8_t *data = copy_of(b);
    kw_store_be32(data + 2, kw_crc32c(0, data + 6, (size_t)b.len - 6));
    kw_bytes s = {data, b.len};
    return s;
}

static void test_damaged_txn_index(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        kw_status status;
        int64_t position;
    } cases[] = {
        {"0001 0000000000000007 0000000000000000 0000000000000004 0000000000000002", KW_ERR_VERSION, 0},
        {"0000 0000000000000007 0000000000000000 000000000000000a 0000000000000002", KW_ERR_INDEX, 0},
        {"0000 0000000000000007 0000000000000000 0000000000000004 0000000000000002 00", KW_ERR_INDEX, 0},
        {"0000 0000000000000007 0000000000000000 0000000000000004 0000000000000002"
         "0000 0000000000000007 0000000000000000 0000000000000004 0000000000000002",
         KW_ERR_INDEX, 34},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        make_segments();
        make_indexes();
        put_file("00000000000000000000.txnindex", given(cases[i].hex));
        put_file("00000000000000000010.snapshot", snapshot("0001 00000000 00000000")); /* is not enough */
        problem_log problems = {0};
        struct log_snapshot log = opened(-1, 0, &problems);
        assert_problem(&problems, cases[i].status, cases[i].position);
        check_transactions(&log);
    }
}

/* What the indexes of earlier segments say is not used either, even if it differs from the log. */
static void test_damaged_second_txn_index(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        int64_t position;
    } cases[] = {
        {"0000 0000000000000007 0000000000000000 0000000000000009 0000000000000002", 0}, /* before the segment */
        {"0000 0000000000000007 0000000000000000 000000000000000f 0000000000000002", 0}, /* behind the log */
        {"0000 0000000000000007 0000000000000000 000000000000000a 0000000000000002"
         "0000 0000000000000007 0000000000000000 000000000000000b 0000000000000002"
         "0000 0000000000000007 0000000000000000 000000000000000e 0000000000000002"
         "0000 0000000000000007 0000000000000000 000000000000000d 0000000000000002",
         102},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        make_segments();
        make_indexes();
        put_file("00000000000000000000.txnindex",
                 given("0000 0000000000000001 0000000000000000 0000000000000001 0000000000000002"));
        put_file("00000000000000000010.txnindex", given(cases[i].hex));
        problem_log problems = {0};
        struct log_snapshot log = opened(-1, 0, &problems);
        assert_problem(&problems, KW_ERR_INDEX, cases[i].position);
        check_transactions(&log);
    }
}

static void test_unreadable_txn_index(void **state)
{
    (void)state;
    make_segments();
    make_indexes();
    put_file("00000000000000000010.snapshot", snapshot("0001 00000000 00000000")); /* is not enough */
    (void)remove(join(folder.text, "00000000000000000000.txnindex").text);
    make_folder(join(folder.text, "00000000000000000000.txnindex").text);
    problem_log problems = {0};
    struct log_snapshot log = opened(-1, 0, &problems);
    assert_problem(&problems, KW_ERR_FILE, -1);
    assert_non_null(strstr(problems.text, "00000.txnindex"));
    assert_non_null(strstr(problems.text, "looked for in the log instead"));
    check_transactions(&log);
}

/* A segment of a folder that Kafka keeps has an index of aborted transactions only if there are any. */
static void test_no_txn_index(void **state)
{
    (void)state;
    make_segments();
    make_indexes();
    (void)remove(join(folder.text, "00000000000000000000.txnindex").text);
    problem_log problems = {0};
    struct log_snapshot log = opened(-1, 0, &problems);
    assert_no_problem(&problems);
    assert_int_equal(log.contents->aborted_count, 1);
    assert_int_equal(log.contents->aborted[0].first_offset, 11);

    (void)remove(join(folder.text, "00000000000000000010.index").text); /* not as Kafka keeps it */
    log = opened(-1, 0, &problems);
    assert_no_problem(&problems);
    check_transactions(&log);
}

/* Two producers that end one after the other, with several batches; nothing is open afterwards. */
static void test_stable_offsets(void **state)
{
    (void)state;
    static const made_batch made[] = {
        {.base_offset = 0, .count = 1, .timestamp = 1, .producer_id = 7, .attributes = TXN},
        {.base_offset = 1, .count = 1, .timestamp = 1, .producer_id = 7, .attributes = TXN},
        {.base_offset = 2, .count = 1, .timestamp = 1, .producer_id = 8, .attributes = TXN},
        {.base_offset = 3, .count = 1, .timestamp = 1, .producer_id = 9, .attributes = TXN},
        {.base_offset = 4, .timestamp = 1, .producer_id = 7, .attributes = MARKER, .marker = 0},
        {.base_offset = 5, .timestamp = 1, .producer_id = 9, .attributes = MARKER, .marker = 0},
        {.base_offset = 6, .timestamp = 1, .producer_id = 9, .attributes = MARKER, .marker = 0}, /* of no transaction */
        {.base_offset = 7, .timestamp = 1, .producer_id = 8, .attributes = MARKER, .marker = 0},
        {.base_offset = 8, .count = 1, .timestamp = 1, .producer_id = 8, .attributes = TXN},
        {.base_offset = 9, .timestamp = 1, .producer_id = 8, .attributes = MARKER, .marker = 5}, /* ends nothing */
        {.base_offset = 10, .count = 1, .timestamp = 1, .producer_id = 8}, /* not of the transaction */
    };
    static const kw_aborted_txn aborted[] = {{7, 0, 4, 2}, {9, 3, 5, 2}, {8, 2, 7, 8}};
    put_file("00000000000000000000.log", batches(made, COUNT_OF(made)));
    problem_log problems = {0};
    struct log_snapshot log = opened(-1, 0, &problems);
    assert_int_equal(log.contents->aborted_count, COUNT_OF(aborted));
    for (size_t i = 0; i < COUNT_OF(aborted); i++) {
        const kw_aborted_txn *txn = &log.contents->aborted[i];
        assert_int_equal(txn->producer_id, aborted[i].producer_id);
        assert_int_equal(txn->first_offset, aborted[i].first_offset);
        assert_int_equal(txn->last_offset, aborted[i].last_offset);
        assert_int_equal(txn->last_stable_offset, aborted[i].last_stable_offset);
    }
    assert_int_equal(log.last_stable_offset, 8);
    put_file("00000000000000000000.log", batches(made, 8));
    assert_int_equal(opened(-1, 0, &problems).last_stable_offset, 8); /* the end */
    assert_no_problem(&problems);
}

/* A marker whose key is too short for a type ends nothing, whatever follows it. */
static void test_short_marker(void **state)
{
    (void)state;
    static const uint8_t short_key[] = {32, 0, 0, 0, 6, 0, 0, 0, 1, 2, 8, 'n', 'a', 'm', 'e', 2, 'v'};
    static const uint8_t just_enough[] = {32, 0, 0, 0, 8, 0, 0, 0, 1, 12, 0, 0, 0, 0, 0, 0, 0};
    kw_bytes good = batches(first_segment, 4);
    uint8_t *changed = copy_of(good);
    uint8_t *record = changed + good.len - sizeof short_key; /* of producer 8 */
    problem_log problems = {0};
    memcpy(record, short_key, sizeof short_key);
    put_file("00000000000000000000.log", (kw_bytes){changed, good.len});
    assert_int_equal(opened(-1, 0, &problems).last_stable_offset, 2);
    memcpy(record, just_enough, sizeof just_enough);
    put_file("00000000000000000000.log", (kw_bytes){changed, good.len});
    assert_int_equal(opened(-1, 0, &problems).last_stable_offset, 6);
}

/* What is behind the end of the log ends no transaction. */
static void test_marker_behind_the_end(void **state)
{
    (void)state;
    kw_bytes good = batches(second_segment, 3);
    uint8_t *bad = copy_of(good);
    int32_t crc = good.len - KW_BATCH_V2_RECORDS - 17 + KW_BATCH_V2_CRC;
    bad[crc] ^= 1;
    put_file("00000000000000000010.log", (kw_bytes){bad, good.len});
    problem_log problems = {0};
    struct log_snapshot log = opened(-1, CHECK_CRC, &problems);
    assert_problem(&problems, KW_ERR_CRC, crc);
    assert_int_equal(log.log_start_offset, 10);
    assert_int_equal(log.log_end_offset, 12);
    assert_int_equal(log.contents->aborted_count, 0);
    assert_int_equal(log.last_stable_offset, 10);
}

static void test_unreadable_segments(void **state)
{
    (void)state;
    make_segments();
    (void)remove(join(folder.text, "00000000000000000000.log").text);
    make_folder(join(folder.text, "00000000000000000000.log").text);
    problem_log problems = {0};
    struct log_snapshot log = opened(-1, 0, &problems);
    assert_int_equal(problems.count, 1);
    assert_problem(&problems, KW_ERR_FILE, -1);
    assert_non_null(strstr(problems.text, "00000.log"));
    assert_non_null(strstr(problems.text, "segment; transactions that begin or end in it are not known"));
    assert_int_equal(log.contents->aborted_count, 1);
    assert_int_equal(log.log_end_offset, 15);

    make_folder(join(folder.text, "00000000000000000020.log").text);
    memset(&problems, 0, sizeof problems);
    log = opened(-1, 0, &problems);
    assert_non_null(strstr(problems.text, "00020.log"));
    assert_non_null(strstr(problems.text, "last segment of a partition; the log ends before it"));
    assert_int_equal(log.log_end_offset, 20);
}

/* A snapshot at 10 in which producer 3 has a transaction open since 5, which the log does not show. */
static void test_snapshot(void **state)
{
    (void)state;
    make_segments();
    make_indexes();
    put_file("00000000000000000010.snapshot",
             snapshot("0001 00000000 00000001"
                      "0000000000000003 0000 ffffffff ffffffffffffffff 00000000 0000000000000000 00000000"
                      "0000000000000005"));
    problem_log problems = {0};
    struct log_snapshot log = opened(-1, 0, &problems);
    assert_no_problem(&problems);
    assert_int_equal(log.last_stable_offset, 5);
    assert_int_equal(log.contents->aborted_count, 2);

    put_file("00000000000000000010.snapshot", given("0001 00000000 00000000"));
    log = opened(-1, 0, &problems);
    assert_problem(&problems, KW_ERR_CRC, 2);
    assert_int_equal(problems.offset, 10);
    check_transactions(&log);
}

/* Of one producer with a transaction that is open since that offset; -1: with none. */
#define PRODUCER(first)                                                               \
    "0001 00000000 00000001 0000000000000003 0000 ffffffff ffffffffffffffff 00000000" \
    "0000000000000000 00000000" first

static int64_t stable_offset_with(const char *name, kw_bytes bytes)
{
    problem_log problems = {0};
    put_file(name, bytes);
    struct log_snapshot log = opened(-1, 0, &problems);
    assert_no_problem(&problems);
    assert_int_equal(log.contents->aborted_count, 2);
    return log.last_stable_offset;
}

/* Which snapshot is used: the last one that is not behind the log. */
static void test_which_snapshot(void **state)
{
    (void)state;
    make_segments();
    make_indexes();
    assert_int_equal(stable_offset_with("00000000000000000005.snapshot", snapshot(PRODUCER("0000000000000003"))), 3);
    assert_int_equal(stable_offset_with("00000000000000000010.snapshot", snapshot(PRODUCER("ffffffffffffffff"))), 10);
    /* The transaction that starts at 10 is in no snapshot from then on, and the log before it is not read. */
    assert_int_equal(stable_offset_with("00000000000000000011.snapshot", snapshot(PRODUCER("ffffffffffffffff"))), 15);
    assert_int_equal(stable_offset_with("00000000000000000015.snapshot", snapshot(PRODUCER("0000000000000000"))), 0);
    assert_int_equal(stable_offset_with("00000000000000000016.snapshot", snapshot(PRODUCER("0000000000000001"))), 0);
}

static void test_unreadable_snapshot(void **state)
{
    (void)state;
    make_segments();
    make_indexes();
    put_file("00000000000000000005.snapshot", snapshot(PRODUCER("0000000000000003")));
    make_folder(join(folder.text, "00000000000000000015.snapshot").text);
    problem_log problems = {0};
    struct log_snapshot log = opened(-1, 0, &problems);
    assert_int_equal(problems.count, 1);
    assert_problem(&problems, KW_ERR_FILE, -1);
    assert_non_null(strstr(problems.text, "15.snapshot"));
    assert_non_null(strstr(problems.text, "an older one or the log itself is used"));
    assert_int_equal(log.last_stable_offset, 3);
}

static void test_leader_epochs(void **state)
{
    (void)state;
    make_segments();
    problem_log problems = {0};
    put_file("leader-epoch-checkpoint", kw_bytes_of("0\n2\n0 0\n1 x\n", 12));
    struct log_snapshot log = opened(-1, 0, &problems);
    assert_int_equal(problems.count, 1);
    assert_problem(&problems, KW_ERR_FILE_FORMAT, 10);
    assert_int_equal(problems.offset, -1);
    assert_non_null(strstr(problems.text, "leader-epoch-checkpoint: byte 10: "));
    assert_non_null(strstr(problems.text, "those that could be read are used"));
    assert_int_equal(log.contents->epochs.len, 1);

    (void)remove(join(folder.text, "leader-epoch-checkpoint").text);
    make_folder(join(folder.text, "leader-epoch-checkpoint").text);
    memset(&problems, 0, sizeof problems);
    log = opened(-1, 0, &problems);
    assert_int_equal(problems.count, 1);
    assert_problem(&problems, KW_ERR_FILE, -1);
    assert_non_null(strstr(problems.text, ": leader epochs of a partition"));
    assert_int_equal(log.contents->epochs.len, 0);
    assert_int_equal(log.log_end_offset, 15);
}

static int16_t find_time(const struct log_snapshot *log, int64_t timestamp, struct time_offset *found)
{
    const struct log_time_search search = {.timestamp = timestamp};
    return log_find_time(&partition, log, &search, found);
}

static void check_time(const struct log_snapshot *log, int64_t timestamp, int64_t offset, int64_t found)
{
    struct time_offset t;
    assert_int_equal(find_time(log, timestamp, &t), 0);
    assert_int_equal(t.offset, offset);
    assert_int_equal(t.timestamp, found);
}

static void test_times(void **state)
{
    (void)state;
    make_segments();
    problem_log problems = {0};
    struct log_snapshot log = opened(-1, 0, &problems);
    check_time(&log, 0, 0, 100);
    check_time(&log, 101, 1, 101);
    check_time(&log, 102, 2, 200);
    check_time(&log, 301, 11, 301);
    check_time(&log, 401, 14, 401);
    check_time(&log, 402, -1, -1);
    struct time_offset newest;
    assert_int_equal(find_time(&log, LOG_NEWEST, &newest), 0);
    assert_int_equal(newest.offset, 14);
    assert_int_equal(newest.timestamp, 401);
    log = opened(2, 0, &problems);
    check_time(&log, 0, 2, 200);
}

static void test_empty(void **state)
{
    (void)state;
    problem_log problems = {0};
    struct log_snapshot log = opened(-1, 0, &problems);
    struct time_offset newest;
    size_t segment;
    assert_no_problem(&problems);
    assert_int_equal(log.contents->segment_count, 0);
    assert_int_equal(log.log_end_offset, 0);
    assert_false(log_find_segment(&log, 0, &segment));
    assert_int_equal(find_time(&log, LOG_NEWEST, &newest), 0);
    assert_int_equal(newest.offset, -1);
    check_time(&log, 0, -1, -1);

    const kw_bytes empty = {(const uint8_t *)"", 0};
    put_file("00000000000000000020.log", empty);
    log = opened(-1, 0, &problems);
    assert_int_equal(log.log_start_offset, 20);
    log = opened(25, 0, &problems);
    assert_no_problem(&problems);
    assert_int_equal(log.log_start_offset, 20);
    assert_int_equal(log.log_end_offset, 20);
    assert_int_equal(log.last_stable_offset, 20);
}

static void test_interrupted_cleaner(void **state)
{
    (void)state;
    make_segments();
    put_file("00000000000000000005.log.swap", batches(first_segment, 1));
    problem_log problems = {0};
    struct log_snapshot log = opened(-1, 0, &problems);
    assert_problem(&problems, KW_ERR_NO_FILE, -1);
    assert_non_null(strstr(problems.text, "00005.log: ")); /* that it is missing */
    assert_int_equal(log.contents->segment_count, 2);

    (void)remove(join(folder.text, "00000000000000000005.log.swap").text);
    put_file("00000000000000000010.log.swap", batches(first_segment, 1)); /* replaces nothing any more */
    put_file("00000000000000000030.log.deleted", batches(first_segment, 1));
    memset(&problems, 0, sizeof problems);
    log = opened(-1, 0, &problems);
    assert_no_problem(&problems);
    assert_int_equal(log.contents->segment_count, 2);
}

static void test_check(void **state)
{
    (void)state;
    make_segments();
    make_indexes();
    problem_log problems = {0};
    const struct problem_listener listener = {log_problem, &problems};
    struct log_snapshot log = opened(-1, 0, &problems);
    bool valid;
    assert_status(log_check(&log, CHECK_CRC | CHECK_INDEXES, &listener, &valid), KW_OK);
    assert_no_problem(&problems);
    assert_true(valid);

    made_batch joint[COUNT_OF(first_segment)];
    memcpy(joint, first_segment, sizeof joint);
    joint[4].count = 4; /* up to where the next segment starts */
    put_file("00000000000000000000.log", batches(joint, COUNT_OF(joint)));
    assert_status(log_check(&log, CHECK_INDEXES, &listener, &valid), KW_OK);
    assert_true(valid);
    joint[4].count = 5;
    put_file("00000000000000000000.log", batches(joint, COUNT_OF(joint)));
    put_file("00000000000000000010.index", given("00000009 00000001"));
    assert_status(log_check(&log, CHECK_INDEXES, &listener, &valid), KW_OK);
    assert_false(valid);
    assert_int_equal(problems.count, 2);
    assert_problem(&problems, KW_ERR_OFFSET_ORDER, -1);
    assert_non_null(strstr(problems.text, "00010.log: "));
    assert_non_null(strstr(problems.text, "the segment before it has these offsets, too"));
    assert_status(log_check(&log, CHECK_INDEXES, NULL, &valid), KW_OK);
    assert_false(valid);

    assert_int_equal(remove(join(folder.text, "00000000000000000000.log").text), 0);
    assert_status(log_check(&log, 0, NULL, &valid), KW_ERR_NO_FILE);
}

/* The last segment, cut at every byte and with a bit of every byte flipped: the log ends before the damage, which is
 * reported. */
static void test_damaged_everywhere(void **state)
{
    (void)state;
    make_segments();
    kw_bytes good = batches(second_segment, COUNT_OF(second_segment));
    size_t reported = 0;
    for (size_t n = 0; n <= (size_t)good.len; n++) {
        put_file("00000000000000000010.log", given_prefix(good, n));
        problem_log problems = {0};
        struct log_snapshot log = opened(-1, CHECK_CRC, &problems);
        assert_int_equal(problems.count, log.active_size != n);
        assert_true(log.log_end_offset >= 10 && log.log_end_offset <= 15);
    }
    for (size_t byte = 0; byte < (size_t)good.len; byte++) {
        uint8_t *data = copy_of(good);
        data[byte] ^= (uint8_t)(1 << byte % 8);
        kw_bytes bad = {data, good.len};
        put_file("00000000000000000010.log", bad);
        problem_log problems = {0};
        struct log_snapshot log = opened(-1, CHECK_CRC, &problems);
        reported += problems.count;
        struct time_offset t;
        (void)find_time(&log, 402, &t);
    }
    /* All except what has no checksum: the offset, if it still ascends, and the leader epoch of 4 batches. */
    assert_true(reported >= (size_t)good.len - 4 * 12);
}

static void test_no_folder(void **state)
{
    (void)state;
    struct log_snapshot log;
    path_text none = join(root, "none-0");
    assert_status(log_load(&log, none.text, -1, 0, LIMIT, NULL), KW_ERR_NO_FILE);
    path_text file = join(root, "a-file");
    write_file(file.text, "x", 1);
    assert_status(log_load(&log, file.text, -1, 0, LIMIT, NULL), KW_ERR_FILE);
    assert_int_equal(errno, ENOTDIR); /* which the status refers to */
}

static void test_without_memory(void **state)
{
    (void)state;
    make_segments();
    make_indexes();
    for (size_t limit = 64; limit < 4096; limit += 64) {
        struct log_snapshot log;
        kw_status status = log_load(&log, folder.text, -1, 0, limit, NULL);
        assert_true(status == KW_OK || status == KW_ERR_MEMORY_LIMIT);
        assert_true(limit > 128 || status != KW_OK);
        if (status == KW_OK)
            log_snapshot_release(&log);
    }
}

#define TEST_FILES(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: test_server_log_contents FOLDER\n");
        return 2;
    }
    root = argv[1];
    const struct CMUnitTest tests[] = {
        TEST_FILES(test_only_segments),
        TEST_FILES(test_with_indexes),
        TEST_FILES(test_aborted_in_range),
        TEST_FILES(test_damaged_txn_index),
        TEST_FILES(test_damaged_second_txn_index),
        TEST_FILES(test_unreadable_txn_index),
        TEST_FILES(test_no_txn_index),
        TEST_FILES(test_stable_offsets),
        TEST_FILES(test_short_marker),
        TEST_FILES(test_marker_behind_the_end),
        TEST_FILES(test_unreadable_segments),
        TEST_FILES(test_snapshot),
        TEST_FILES(test_which_snapshot),
        TEST_FILES(test_unreadable_snapshot),
        TEST_FILES(test_leader_epochs),
        TEST_FILES(test_times),
        TEST_FILES(test_empty),
        TEST_FILES(test_interrupted_cleaner),
        TEST_FILES(test_check),
        TEST_FILES(test_damaged_everywhere),
        TEST_FILES(test_no_folder),
        TEST_FILES(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
