/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_disk_data_dir FOLDER   where data/ is a copy of what Apache Kafka wrote, see tests/data/README.md */
#include "disk_support.h"

#include <kwire/storage/data_dir.h>

enum { LIMIT = 64 * 1024 * 1024, TOPICS = 10, END_OFFSET = 163 };

static path_text data;
static path_text metadata;
static kw_arena arena;

#define SNAPSHOT "00000000000000000162-0000000002.checkpoint"

static int set_up(void **state)
{
    (void)state;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LIMIT);
    return 0;
}

static int tear_down(void **state)
{
    kw_arena_finish(&arena);
    return forget_given(state);
}

static kw_data_dir opened(problem_log *problems)
{
    const kw_disk_listener listener = {log_problem, problems};
    kw_data_dir dir;
    memset(problems, 0, sizeof *problems);
    assert_status(kw_data_dir_open(&dir, data.text, &arena, &listener), KW_OK);
    return dir;
}

static void test_open(void **state)
{
    (void)state;
    problem_log problems;
    kw_data_dir dir = opened(&problems);
    assert_no_problem(&problems);
    assert_true(dir.has_meta && dir.has_metadata && dir.was_stopped_well);
    assert_int_equal(dir.meta.version, 1);
    assert_int_equal(dir.meta.node_id, 1);
    assert_true(kw_string_equal(dir.meta.cluster_id, kw_string_of("kw1reKw1reKw1reKw1reKQ")));
    assert_int_equal(dir.metadata.snapshot_offset, 162);
    assert_int_equal(dir.metadata.end_offset, END_OFFSET);
    assert_int_equal(dir.metadata.epoch, 2);
    assert_int_equal(dir.metadata.quorum.leader_id, 1);
    assert_int_equal(dir.metadata.quorum.leader_epoch, 2);
    assert_int_equal(dir.topic_count, TOPICS);
    assert_int_equal(dir.metadata.image.unknown, 0);
    assert_int_equal(dir.metadata.image.damaged, 0);
    assert_true(kw_metadata_feature_level(&dir.metadata.image, kw_string_of("metadata.version")) >= 33);
    int64_t offset;
    assert_true(kw_offset_checkpoint_find(&dir.high_watermarks, kw_string_of("rolled"), 0, &offset));
    assert_int_equal(offset, 41);
    assert_true(kw_offset_checkpoint_find(&dir.start_offsets, kw_string_of("rolled"), 0, &offset));
    assert_int_equal(offset, 10);
    assert_true(kw_offset_checkpoint_find(&dir.recovery_points, kw_string_of("plain"), 3, &offset));
    assert_true(kw_offset_checkpoint_find(&dir.cleaned, kw_string_of("compacted"), 0, &offset));
}

static void test_topics(void **state)
{
    (void)state;
    problem_log problems;
    kw_data_dir dir = opened(&problems);
    for (size_t i = 0; i < dir.topic_count; i++) {
        const kw_data_topic *topic = &dir.topics[i];
        assert_ptr_equal(kw_data_dir_topic(&dir, topic->name), topic);
        assert_ptr_equal(kw_data_dir_topic_by_id(&dir, topic->id), topic);
        assert_int_equal(topic->folder_count, topic->metadata->partition_count);
        for (size_t p = 0; p < topic->folder_count; p++) {
            const kw_data_partition *found = kw_data_topic_partition(topic, (int32_t)p);
            assert_ptr_equal(found, &topic->folders[p]);
            assert_true(kw_uuid_equal(found->topic_id, topic->id));
            assert_int_equal(found->kind, KW_FOLDER_LIVE);
        }
    }
    const kw_data_topic *plain = kw_data_dir_topic(&dir, kw_string_of("plain"));
    assert_int_equal(plain->folder_count, 4);
    assert_null(kw_data_topic_partition(plain, 4));
    assert_null(kw_data_topic_partition(plain, -1));
    assert_null(kw_data_dir_topic(&dir, kw_string_of("deleted")));
    assert_null(kw_data_dir_topic(&dir, kw_string_of("__cluster_metadata")));
    const kw_uuid zero = {{0}};
    assert_null(kw_data_dir_topic_by_id(&dir, zero));

    const kw_data_partition *last = &dir.partitions[dir.partition_count - 1];
    assert_int_equal(last->kind, KW_FOLDER_DELETE);
    assert_true(kw_string_equal(last->topic, kw_string_of("deleted")));
    assert_true(kw_uuid_is_zero(last->topic_id) == false);
}

/* A folder whose topic is not, or not by this id, in the metadata, is of no topic; nor are files and other folders. */
static void test_strays(void **state)
{
    (void)state;
    path_text stray = join(data.text, "never-0");
    path_text recreated = join(data.text, "plain-9");
    path_text file = join(data.text, "late-1");
    path_text other = join(data.text, "lost+found");
    make_folder(stray.text);
    make_folder(recreated.text);
    make_folder(other.text);
    write_file(file.text, "x", 1);
    problem_log problems;
    kw_data_dir dir = opened(&problems);
    assert_no_problem(&problems);
    assert_int_equal(dir.topic_count, TOPICS);
    size_t strays = 0;
    for (size_t i = 0; i < dir.partition_count; i++)
        strays += dir.partitions[i].kind == KW_FOLDER_STRAY;
    assert_int_equal(strays, 2);
    assert_int_equal(kw_data_dir_topic(&dir, kw_string_of("plain"))->folder_count, 4);
    assert_int_equal(kw_data_dir_topic(&dir, kw_string_of("late"))->folder_count, 1);
    assert_int_equal(remove(stray.text) | remove(recreated.text) | remove(file.text) | remove(other.text), 0);
}

static void test_another_id(void **state)
{
    (void)state;
    path_text path = join(join(data.text, "late-0").text, "partition.metadata");
    kw_bytes good = read_file(path.text);
    static const char another[] = "version: 0\ntopic_id: 2YsbQxqWQkisZivwijJHWw";
    write_file(path.text, another, sizeof another - 1);
    problem_log problems;
    kw_data_dir dir = opened(&problems);
    assert_no_problem(&problems);
    assert_int_equal(kw_data_dir_topic(&dir, kw_string_of("late"))->folder_count, 0);
    write_file(path.text, "version: -1", 11);
    dir = opened(&problems);
    assert_problem(&problems, KW_ERR_VERSION, 9);
    assert_int_equal(kw_data_dir_topic(&dir, kw_string_of("late"))->folder_count, 1);
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
    } logs[] = {{"rolled", 0, 10, 41, 41, 6, 0},    {"transactions", 0, 0, 9, 9, 2, 2},
                {"transactions", 1, 0, 4, 2, 2, 0}, {"compacted", 0, 0, 24, 24, 2, 0},
                {"empty", 1, 0, 0, 0, 1, 0},        {"codecs", 4, 0, 10, 10, 1, 0}};
    problem_log problems;
    kw_data_dir dir = opened(&problems);
    const kw_disk_listener listener = {log_problem, &problems};
    for (size_t i = 0; i < COUNT_OF(logs); i++) {
        kw_partition_log log;
        bool sound;
        const kw_data_topic *topic = kw_data_dir_topic(&dir, kw_string_of(logs[i].topic));
        const kw_data_partition *partition = kw_data_topic_partition(topic, logs[i].partition);
        assert_status(kw_data_dir_open_log(&dir, partition, 0, &log, &arena, &listener), KW_OK);
        assert_int_equal(log.start_offset, logs[i].start);
        assert_int_equal(log.end_offset, logs[i].end);
        assert_int_equal(log.last_stable_offset, logs[i].stable);
        assert_int_equal(log.segment_count, logs[i].segments);
        assert_int_equal(log.aborted_count, logs[i].aborted);
        assert_status(kw_partition_log_check(&log, KW_CHECK_CRC | KW_CHECK_INDEXES, &listener, &sound), KW_OK);
        assert_true(sound);
    }
    assert_no_problem(&problems);
}

/* ---- damage ---- */

static void flip(kw_bytes good, uint8_t *to, size_t bit)
{
    memcpy(to, good.data, (size_t)good.len);
    to[bit / 8] ^= (uint8_t)(1 << bit % 8);
}

/* A small file of the directory: whatever becomes of it, the topics are known. */
static void damage_text(const char *name, size_t step)
{
    path_text path = join(data.text, name);
    kw_bytes good = read_file(path.text);
    uint8_t *bad = given_size((size_t)good.len);
    problem_log problems;
    for (size_t n = 0; n < (size_t)good.len; n += step) {
        write_file(path.text, good.data, n);
        kw_data_dir dir = opened(&problems);
        assert_int_equal(dir.topic_count, TOPICS);
        kw_arena_reset(&arena);
    }
    for (size_t bit = 0; bit < (size_t)good.len * 8; bit += 8 * step - 1) {
        flip(good, bad, bit);
        write_file(path.text, bad, (size_t)good.len);
        kw_data_dir dir = opened(&problems);
        assert_int_equal(dir.topic_count, TOPICS);
        kw_arena_reset(&arena);
    }
    write_file(path.text, good.data, (size_t)good.len);
}

static void test_damaged_texts(void **state)
{
    (void)state;
    damage_text("meta.properties", 3);
    damage_text("replication-offset-checkpoint", 7);
    damage_text("log-start-offset-checkpoint", 1);
    damage_text("late-0/partition.metadata", 2);
    damage_text("__cluster_metadata-0/quorum-state", 3);
    problem_log problems;
    (void)opened(&problems);
    assert_no_problem(&problems);
}

static kw_cluster_metadata metadata_opened(problem_log *problems)
{
    const kw_disk_listener listener = {log_problem, problems};
    kw_cluster_metadata m;
    memset(problems, 0, sizeof *problems);
    kw_arena_reset(&arena);
    assert_status(kw_cluster_metadata_open(&m, metadata.text, &arena, &listener), KW_OK);
    return m;
}

/* The newest snapshot cut and flipped at every byte: an older one and the log tell the same. */
static void test_damaged_snapshot(void **state)
{
    (void)state;
    path_text path = join(metadata.text, SNAPSHOT);
    kw_bytes good = read_file(path.text);
    uint8_t *bad = given_size((size_t)good.len);
    problem_log problems;
    for (size_t n = 0; n < (size_t)good.len; n++) {
        write_file(path.text, good.data, n);
        kw_cluster_metadata m = metadata_opened(&problems);
        assert_int_equal(m.image.topic_count, TOPICS);
        assert_int_equal(m.end_offset, END_OFFSET);
        assert_int_equal(m.snapshot_offset, 110);
        assert_int_equal(problems.count, 1);
    }
    size_t said = 0;
    for (size_t byte = 0; byte < (size_t)good.len; byte++) {
        flip(good, bad, byte * 8 + byte % 8);
        write_file(path.text, bad, (size_t)good.len);
        kw_cluster_metadata m = metadata_opened(&problems);
        assert_int_equal(m.image.topic_count, TOPICS);
        assert_int_equal(m.end_offset, END_OFFSET);
        assert_int_equal(problems.count, m.snapshot_offset != 162);
        said += problems.count;
    }
    assert_true(said >= (size_t)good.len - 5 * 12);
    write_file(path.text, good.data, (size_t)good.len);
}

/* The log without snapshots: it is replayed as far as it is sound. */
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
    kw_cluster_metadata m = metadata_opened(&problems);
    assert_no_problem(&problems);
    assert_int_equal(m.snapshot_offset, -1);
    assert_int_equal(m.image.topic_count, TOPICS);
    assert_int_equal(m.end_offset, END_OFFSET);
    size_t reached = 0;
    for (size_t n = 0; n < (size_t)good.len; n += 5) {
        write_file(path.text, good.data, n);
        m = metadata_opened(&problems);
        assert_true(problems.count <= 1 && m.end_offset < END_OFFSET && m.image.damaged == 0);
        assert_true((size_t)m.end_offset >= reached);
        reached = (size_t)m.end_offset;
    }
    assert_true(reached > 150);
    for (size_t byte = 21; byte < (size_t)good.len; byte += 5) {
        flip(good, bad, byte * 8 + byte % 8);
        write_file(path.text, bad, (size_t)good.len);
        m = metadata_opened(&problems);
        assert_true(problems.count >= 1 || m.end_offset >= END_OFFSET);
    }
    write_file(path.text, good.data, (size_t)good.len);
    for (size_t i = 0; i < COUNT_OF(snapshots); i++)
        assert_int_equal(rename(join(away.text, snapshots[i]).text, join(metadata.text, snapshots[i]).text), 0);
    assert_int_equal(remove(away.text), 0);
}

/* What is before the log in no snapshot is missing, and said. */
static void test_gap(void **state)
{
    (void)state;
    path_text log = join(metadata.text, "00000000000000000000.log");
    path_text later = join(metadata.text, "00000000000000000200.log");
    kw_bytes good = read_file(log.text);
    assert_int_equal(remove(log.text), 0);
    problem_log problems;
    kw_cluster_metadata m = metadata_opened(&problems);
    assert_no_problem(&problems);
    assert_int_equal(m.end_offset, 162);
    write_file(later.text, good.data, 0);
    m = metadata_opened(&problems);
    assert_problem(&problems, KW_ERR_OFFSET_ORDER, 0);
    assert_int_equal(remove(later.text), 0);
    write_file(log.text, good.data, (size_t)good.len);
}

static void test_no_directory(void **state)
{
    (void)state;
    kw_data_dir dir;
    assert_status(kw_data_dir_open(&dir, join(data.text, "none").text, &arena, NULL), KW_ERR_NO_FILE);
    assert_status(kw_data_dir_open(&dir, join(data.text, "meta.properties").text, &arena, NULL), KW_ERR_FILE);
    char *longest = memset(given_size(KW_PATH_SIZE), 'a', KW_PATH_SIZE);
    longest[KW_PATH_SIZE - 1] = '\0';
    assert_status(kw_data_dir_open(&dir, longest, &arena, NULL), KW_ERR_FILE);
    kw_cluster_metadata m;
    assert_status(kw_cluster_metadata_open(&m, join(data.text, "empty-0").text, &arena, NULL), KW_OK);
    assert_int_equal(m.image.records, 0);
    path_text nothing = join(data.text, "nothing");
    make_folder(nothing.text);
    assert_status(kw_cluster_metadata_open(&m, nothing.text, &arena, NULL), KW_ERR_NO_FILE);
    assert_int_equal(m.quorum.leader_id, -1);
    assert_status(kw_data_dir_open(&dir, nothing.text, &arena, NULL), KW_OK);
    assert_int_equal(dir.topic_count, 0);
    assert_false(dir.has_meta || dir.has_metadata || dir.was_stopped_well);
    assert_int_equal(dir.meta.node_id, -1);
    assert_int_equal(dir.meta.cluster_id.len, -1);
    assert_int_equal(remove(nothing.text), 0);
}

static void test_image_of_a_file(void **state)
{
    (void)state;
    kw_metadata_image image;
    path_text path = join(data.text, "__cluster_metadata-0/00000000000000000000-0000000000.checkpoint");
    assert_status(kw_metadata_image_load(&image, path.text, &arena, NULL), KW_OK);
    assert_int_equal(image.feature_count, 6);
    assert_status(kw_metadata_image_load(&image, join(data.text, "none").text, &arena, NULL), KW_ERR_NO_FILE);
    kw_arena fixed;
    uint64_t block[64];
    kw_arena_init(&fixed, block, sizeof block);
    assert_status(kw_metadata_image_load(&image, path.text, &fixed, NULL), KW_ERR_ARGUMENT);
}

static void test_without_memory(void **state)
{
    (void)state;
    struct test_memory memory;
    test_memory_init(&memory);
    size_t opened_at = 0;
    for (size_t limit = 512; limit < 512 * 1024; limit += limit / 7) {
        kw_arena small;
        kw_data_dir dir;
        kw_arena_init_growing(&small, NULL, 0, &memory.allocator, limit);
        kw_status status = kw_data_dir_open(&dir, data.text, &small, NULL);
        assert_true(status == KW_OK || status == KW_ERR_MEMORY_LIMIT);
        assert_true(status == KW_OK || opened_at == 0);
        opened_at = status == KW_OK && opened_at == 0 ? limit : opened_at;
        kw_arena_finish(&small);
        assert_int_equal(memory.blocks, 0);
    }
    assert_true(opened_at > 4096);
}

#define TEST_DIR(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: test_disk_data_dir FOLDER\n");
        return 2;
    }
    data = join(argv[1], "data");
    metadata = join(data.text, "__cluster_metadata-0");
    const struct CMUnitTest tests[] = {
        TEST_DIR(test_open),
        TEST_DIR(test_topics),
        TEST_DIR(test_strays),
        TEST_DIR(test_another_id),
        TEST_DIR(test_logs),
        TEST_DIR(test_damaged_texts),
        TEST_DIR(test_damaged_snapshot),
        TEST_DIR(test_damaged_log),
        TEST_DIR(test_gap),
        TEST_DIR(test_no_directory),
        TEST_DIR(test_image_of_a_file),
        TEST_DIR(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
