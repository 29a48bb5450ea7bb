/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_data_dir FOLDER   where data/ is a copy of a directory that Apache Kafka wrote, see
 * tests/data/README.md */
#include "../support/problem_log.h"

#include "log/log_manager.h"
#include "metadata/load.h"

enum { TOPICS = 10, END_OFFSET = 163 };

static path_text data;
static path_text metadata;

/* The result of the last open. */
static struct log_manager logs;
static struct metadata_log metadata_log;
static struct metadata_image *image;

#define SNAPSHOT "00000000000000000162-0000000002.checkpoint"

static void close_all(void)
{
    log_manager_close(&logs);
    metadata_image_release(image);
    image = NULL;
}

static int tear_down(void **state)
{
    close_all();
    return forget_given(state);
}

static void open_metadata(problem_log *problems)
{
    const struct problem_listener listener = {log_problem, problems};
    memset(problems, 0, sizeof *problems);
    metadata_image_release(image);
    assert_status(metadata_read(data.text, &listener, &metadata_log, &image), KW_OK);
}

static void open_logs(problem_log *problems)
{
    const struct problem_listener listener = {log_problem, problems};
    memset(problems, 0, sizeof *problems);
    log_manager_close(&logs);
    assert_status(log_manager_open(&logs, data.text, &listener), KW_OK);
}

static void test_open(void **state)
{
    (void)state;
    problem_log problems;
    open_metadata(&problems);
    assert_no_problem(&problems);
    assert_int_equal(metadata_log.snapshot_offset, 162);
    assert_int_equal(metadata_log.end_offset, END_OFFSET);
    assert_int_equal(metadata_log.epoch, 2);
    assert_int_equal(metadata_log.quorum.leader_id, 1);
    assert_int_equal(metadata_log.quorum.leader_epoch, 2);
    assert_int_equal(image->parts.topic_count, TOPICS);
    assert_int_equal(image->parts.offset, END_OFFSET);
    assert_int_equal(image->parts.epoch, 2);
    assert_true(metadata_feature_level(image, kw_string_of("metadata.version")) >= 30);
    assert_int_equal(metadata_owner(image), 1);

    open_logs(&problems);
    assert_no_problem(&problems);
    assert_true(logs.dirs[0]->was_clean);
    assert_true(logs.dirs[0]->clean_epoch > 0);
    struct partition_log *rolled = log_manager_find(&logs, kw_string_of("rolled"), (kw_uuid){{0}}, 0);
    assert_int_equal(managed_log_of(rolled)->checked_watermark, 41);
    assert_int_equal(atomic_load(&managed_log_of(rolled)->synced_until), 41);
    assert_int_equal(rolled->start_offset, 10);
    log_release(rolled);
}

/* The log of a partition that has a folder; NULL without a folder: then the log is an empty one. */
static struct partition_log *log_of(const char *topic, kw_uuid id, int32_t partition)
{
    struct partition_log *log = log_manager_find(&logs, kw_string_of(topic), id, partition);
    assert_non_null(log);
    log_release(log); /* the manager has it */
    return log->folder != NULL ? log : NULL;
}

static const kw_uuid zero = {{0}};

static void test_topics(void **state)
{
    (void)state;
    problem_log problems;
    open_metadata(&problems);
    open_logs(&problems);
    for (size_t i = 0; i < TOPICS; i++) {
        const struct metadata_topic *topic = metadata_topic_at(image, i);
        for (int32_t p = 0; p < topic->partition_count; p++) {
            struct partition_log *log = log_manager_find(&logs, topic->name, topic->id, p);
            assert_non_null(log->folder);
            assert_true(kw_uuid_equal(log->topic_id, topic->id));
            assert_int_equal(log->partition, p);
            log_release(log);
        }
    }
    const kw_uuid another = {{1}};
    assert_non_null(log_of("plain", zero, 3));
    assert_null(log_of("plain", another, 3));
    assert_null(log_of("plain", zero, 4));
    assert_null(log_of("plain", zero, -1));
    assert_null(log_of("deleted", zero, 0));
    assert_null(log_of("__cluster_metadata", zero, 0));
}

/* Files and other folders belong to no topic. */
static void test_strangers(void **state)
{
    (void)state;
    problem_log problems;
    open_logs(&problems);
    size_t count = log_manager_count(&logs);
    path_text never = join(data.text, "never-0");
    path_text file = join(data.text, "late-1");
    path_text other = join(data.text, "lost+found");
    make_folder(never.text);
    make_folder(other.text);
    write_file(file.text, "x", 1);
    open_logs(&problems);
    assert_no_problem(&problems);
    assert_int_equal(log_manager_count(&logs), count + 1);
    assert_non_null(log_of("never", zero, 0)); /* of no topic in the metadata, so it is not used */
    assert_null(log_of("late", zero, 1));
    assert_int_equal(remove(never.text) | remove(file.text) | remove(other.text), 0);
}

static void test_another_id(void **state)
{
    (void)state;
    path_text path = join(join(data.text, "late-0").text, "partition.metadata");
    kw_bytes good = read_file(path.text);
    static const char another[] = "version: 0\ntopic_id: 2YsbQxqWQkisZivwijJHWw";
    write_file(path.text, another, sizeof another - 1);
    problem_log problems;
    open_metadata(&problems);
    open_logs(&problems);
    assert_no_problem(&problems);
    kw_uuid id = metadata_topic_by_name(image, kw_string_of("late"))->id;
    assert_null(log_of("late", id, 0));
    write_file(path.text, "version: -7", 11);
    open_logs(&problems);
    assert_problem(&problems, KW_ERR_VERSION, 9);
    assert_non_null(log_of("late", id, 0));
    write_file(path.text, good.data, (size_t)good.len);
}

static void test_logs(void **state)
{
    (void)state;
    static const struct {
        const char *topic;
        int32_t partition;
        int64_t start, end, stable;
        size_t segments, aborted;
    } cases[] = {{"rolled", 0, 10, 41, 41, 6, 0},    {"transactions", 0, 0, 9, 9, 2, 2},
                 {"transactions", 1, 0, 4, 2, 2, 0}, {"compacted", 0, 0, 24, 24, 2, 0},
                 {"empty", 1, 0, 0, 0, 1, 0},        {"codecs", 4, 0, 10, 10, 1, 0}};
    problem_log problems;
    open_logs(&problems);
    const struct problem_listener listener = {log_problem, &problems};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct log_snapshot log;
        bool valid;
        struct partition_log *partition = log_of(cases[i].topic, zero, cases[i].partition);
        assert_int_equal(partition_log_acquire(partition, true, &log), LOG_WOULD_BLOCK);
        assert_int_equal(partition_log_acquire(partition, false, &log), 0);
        assert_int_equal(log.log_start_offset, cases[i].start);
        assert_int_equal(log.log_end_offset, cases[i].end);
        assert_int_equal(log.high_watermark, cases[i].end);
        assert_int_equal(log.last_stable_offset, cases[i].stable);
        assert_int_equal(log.contents->segment_count, cases[i].segments);
        assert_int_equal(log.contents->aborted_count, cases[i].aborted);
        assert_status(log_check(&log, CHECK_CRC | CHECK_INDEXES, &listener, &valid), KW_OK);
        assert_true(valid);
        log_snapshot_release(&log);
    }
    assert_no_problem(&problems);
}

/* The log of a partition without a folder is empty. */
static void test_no_log(void **state)
{
    (void)state;
    problem_log problems;
    struct log_snapshot log;
    open_logs(&problems);
    struct partition_log *none = log_manager_find(&logs, kw_string_of("nothing"), zero, 0);
    assert_int_equal(partition_log_acquire(none, false, &log), 0);
    assert_int_equal(log.log_end_offset, 0);
    assert_int_equal(log.contents->segment_count, 0);
    log_snapshot_release(&log);
    log_release(none);
}

/* ---- damage ---- */

static void flip(kw_bytes good, uint8_t *to, size_t bit)
{
    memcpy(to, good.data, (size_t)good.len);
    to[bit / 8] ^= (uint8_t)(1 << bit % 8);
}

static void open_both(problem_log *problems)
{
    open_metadata(problems);
    assert_int_equal(image->parts.topic_count, TOPICS);
    open_logs(problems);
}

/* A small file of the directory: whatever the damage, the topics are known. */
static void damage_text(const char *name, size_t step)
{
    path_text path = join(data.text, name);
    kw_bytes good = read_file(path.text);
    uint8_t *bad = given_size((size_t)good.len);
    problem_log problems;
    for (size_t n = 0; n < (size_t)good.len; n += step) {
        write_file(path.text, good.data, n);
        open_both(&problems);
    }
    for (size_t bit = 0; bit < (size_t)good.len * 8; bit += 8 * step - 1) {
        flip(good, bad, bit);
        write_file(path.text, bad, (size_t)good.len);
        open_both(&problems);
    }
    write_file(path.text, good.data, (size_t)good.len);
}

static void test_damaged_texts(void **state)
{
    (void)state;
    damage_text("replication-offset-checkpoint", 7);
    damage_text("log-start-offset-checkpoint", 1);
    damage_text("late-0/partition.metadata", 2);
    damage_text("__cluster_metadata-0/quorum-state", 3);
    problem_log problems;
    open_both(&problems);
    assert_no_problem(&problems);
}

/* The newest snapshot cut and flipped at every byte: an older one and the log give the same image. */
static void test_damaged_snapshot(void **state)
{
    (void)state;
    path_text path = join(metadata.text, SNAPSHOT);
    kw_bytes good = read_file(path.text);
    uint8_t *bad = given_size((size_t)good.len);
    problem_log problems;
    for (size_t n = 0; n < (size_t)good.len; n++) {
        write_file(path.text, good.data, n);
        open_metadata(&problems);
        assert_int_equal(image->parts.topic_count, TOPICS);
        assert_int_equal(metadata_log.end_offset, END_OFFSET);
        assert_int_equal(metadata_log.snapshot_offset, 110);
        assert_int_equal(problems.count, 1);
    }
    size_t reported = 0;
    for (size_t byte = 0; byte < (size_t)good.len; byte++) {
        flip(good, bad, byte * 8 + byte % 8);
        write_file(path.text, bad, (size_t)good.len);
        open_metadata(&problems);
        assert_int_equal(image->parts.topic_count, TOPICS);
        assert_int_equal(metadata_log.end_offset, END_OFFSET);
        assert_int_equal(problems.count, metadata_log.snapshot_offset != 162);
        reported += problems.count;
    }
    assert_true(reported >= (size_t)good.len - 5 * 12);
    write_file(path.text, good.data, (size_t)good.len);
}

/* The log without snapshots: it is replayed up to the damage. */
static void test_damaged_log(void **state)
{
    (void)state;
    static const char *const snapshots[] = {SNAPSHOT, "00000000000000000110-0000000001.checkpoint",
                                            "00000000000000000070-0000000001.checkpoint",
                                            "00000000000000000000-0000000000.checkpoint"};
    path_text away = join(data.text, "away");
    make_folder(away.text);
    for (size_t i = 0; i < COUNT_OF(snapshots); i++)
        assert_int_equal(rename(join(metadata.text, snapshots[i]).text, join(away.text, snapshots[i]).text), 0);

    path_text path = join(metadata.text, "00000000000000000000.log");
    kw_bytes good = read_file(path.text);
    uint8_t *bad = given_size((size_t)good.len);
    problem_log problems;
    open_metadata(&problems);
    assert_no_problem(&problems);
    assert_int_equal(metadata_log.snapshot_offset, -1);
    assert_int_equal(image->parts.topic_count, TOPICS);
    assert_int_equal(metadata_log.end_offset, END_OFFSET);
    size_t reached = 0;
    for (size_t n = 0; n < (size_t)good.len; n += 5) {
        write_file(path.text, good.data, n);
        open_metadata(&problems);
        assert_true(problems.count <= 1 && metadata_log.end_offset < END_OFFSET);
        assert_true((size_t)metadata_log.end_offset >= reached);
        reached = (size_t)metadata_log.end_offset;
    }
    assert_true(reached > 150);
    for (size_t byte = 21; byte < (size_t)good.len; byte += 5) {
        flip(good, bad, byte * 8 + byte % 8);
        write_file(path.text, bad, (size_t)good.len);
        open_metadata(&problems);
        assert_true(problems.count >= 1 || metadata_log.end_offset >= END_OFFSET);
    }
    write_file(path.text, good.data, (size_t)good.len);
    for (size_t i = 0; i < COUNT_OF(snapshots); i++)
        assert_int_equal(rename(join(away.text, snapshots[i]).text, join(metadata.text, snapshots[i]).text), 0);
    assert_int_equal(remove(away.text), 0);
}

/* Records before the log that no snapshot has are missing, which is reported. */
static void test_gap(void **state)
{
    (void)state;
    path_text log = join(metadata.text, "00000000000000000000.log");
    path_text later = join(metadata.text, "00000000000000000200.log");
    kw_bytes good = read_file(log.text);
    assert_int_equal(remove(log.text), 0);
    problem_log problems;
    open_metadata(&problems);
    assert_no_problem(&problems);
    assert_int_equal(metadata_log.end_offset, 162);
    write_file(later.text, good.data, 0);
    open_metadata(&problems);
    assert_problem(&problems, KW_ERR_OFFSET_ORDER, 0);
    assert_int_equal(remove(later.text), 0);
    write_file(log.text, good.data, (size_t)good.len);
}

static void test_no_directory(void **state)
{
    (void)state;
    assert_status(log_manager_open(&logs, join(data.text, "none").text, NULL), KW_ERR_NO_FILE);
    log_manager_close(&logs);
    assert_status(log_manager_open(&logs, join(data.text, "meta.properties").text, NULL), KW_ERR_FILE);
    log_manager_close(&logs);
    char *longest = memset(given_size(KW_PATH_SIZE), 'a', KW_PATH_SIZE);
    longest[KW_PATH_SIZE - 1] = '\0';
    assert_status(log_manager_open(&logs, longest, NULL), KW_ERR_FILE);
    log_manager_close(&logs);
    assert_null(log_manager_find(&logs, kw_string_of("t"), zero, 0));

    path_text nothing = join(data.text, "nothing");
    make_folder(nothing.text);
    assert_status(metadata_read(nothing.text, NULL, &metadata_log, &image), KW_OK);
    assert_int_equal(metadata_log.end_offset, -1);
    assert_int_equal(metadata_log.quorum.leader_id, -1);
    assert_int_equal(image->parts.topic_count, 0);
    assert_int_equal(metadata_owner(image), -1);
    assert_status(log_manager_open(&logs, nothing.text, NULL), KW_OK);
    assert_int_equal(logs.dir_count, 1);
    assert_true(log_manager_is_empty(&logs));
    assert_false(logs.dirs[0]->was_clean);
    assert_int_equal(remove(nothing.text), 0);
}

/* Without a metadata log the features are those of bootstrap.checkpoint, and the topics are those with folders. */
static void test_only_folders(void **state)
{
    (void)state;
    path_text away = join(data.text, "away"), bootstrap = join(data.text, "bootstrap.checkpoint");
    kw_bytes first = read_file(join(metadata.text, "00000000000000000000-0000000000.checkpoint").text);
    problem_log problems;
    assert_int_equal(rename(metadata.text, away.text), 0);
    write_file(bootstrap.text, first.data, (size_t)first.len); /* as before Kafka 4.4 */
    open_metadata(&problems);
    assert_no_problem(&problems);
    assert_int_equal(metadata_log.end_offset, -1);
    assert_true(image->parts.feature_count >= 6);
    assert_int_equal(image->parts.topic_count, 0);
    open_logs(&problems);
    struct metadata_image *made = metadata_of_folders(image, &logs, 5);
    assert_non_null(made);
    assert_int_equal(made->parts.topic_count, TOPICS);
    assert_int_equal(made->parts.feature_count, image->parts.feature_count);
    const struct metadata_topic *plain = metadata_topic_by_name(made, kw_string_of("plain"));
    assert_int_equal(plain->partition_count, 4);
    assert_int_equal(plain->partitions[3].leader_id, 5);
    assert_int_equal(plain->partitions[3].isr.items[0], 5);
    assert_true(kw_uuid_equal(plain->id, log_of("plain", zero, 0)->topic_id));
    metadata_image_release(made);
    assert_int_equal(rename(away.text, metadata.text) | remove(bootstrap.text), 0);
}

/* After a restart partitions have no leader; once the node has come up, it leads them. */
static void test_coming_up(void **state)
{
    (void)state;
    problem_log problems;
    open_metadata(&problems);
    const struct metadata_topic *before = metadata_topic_by_name(image, kw_string_of("plain"));
    assert_int_equal(before->partitions[0].leader_id, -1);
    struct metadata_image *up = metadata_come_up(image, 1), *other = metadata_come_up(image, 2);
    assert_non_null(up);
    assert_non_null(other);
    assert_int_equal(up->parts.topic_count, TOPICS);
    const struct metadata_partition *p = metadata_topic_by_name(up, kw_string_of("plain"))->partitions;
    assert_int_equal(p->leader_id, 1);
    assert_int_equal(p->isr.len, 1);
    assert_int_equal(p->elr.len, 0);
    assert_int_equal(p->offline.len, 0);
    p = metadata_topic_by_name(other, kw_string_of("plain"))->partitions;
    assert_int_equal(p->leader_id, -1);
    assert_int_equal(p->offline.len, 1);
    assert_int_equal(p->offline.items[0], 1);
    assert_int_equal(up->parts.feature_count, image->parts.feature_count);
    assert_int_equal(up->parts.resource_count, image->parts.resource_count);
    metadata_image_release(up);
    metadata_image_release(other);
}

#define TEST_DIR(function) cmocka_unit_test_teardown(function, tear_down)

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: test_server_data_dir FOLDER\n");
        return 2;
    }
    data = join(argv[1], "data");
    metadata = join(data.text, "__cluster_metadata-0");
    const struct CMUnitTest tests[] = {
        TEST_DIR(test_open),
        TEST_DIR(test_topics),
        TEST_DIR(test_strangers),
        TEST_DIR(test_another_id),
        TEST_DIR(test_logs),
        TEST_DIR(test_damaged_texts),
        TEST_DIR(test_damaged_snapshot),
        TEST_DIR(test_damaged_log),
        TEST_DIR(test_gap),
        TEST_DIR(test_no_directory),
        TEST_DIR(test_only_folders),
        TEST_DIR(test_coming_up),
        TEST_DIR(test_no_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
