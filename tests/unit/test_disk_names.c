/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <kwire/storage/names.h>
#include <kwire/topic_name.h>

#define HEX "0123456789abcdef0123456789abcdef"

static const struct {
    const char *name;
    const char *topic;
    int32_t partition;
    kw_partition_dir_kind kind;
} folders[] = {
    {"t-0", "t", 0, KW_PARTITION_DIR_LIVE},
    {"a-b.c_1-2-17", "a-b.c_1-2", 17, KW_PARTITION_DIR_LIVE},
    {"__consumer_offsets-49", "__consumer_offsets", 49, KW_PARTITION_DIR_LIVE},
    {"t-2147483647", "t", INT32_MAX, KW_PARTITION_DIR_LIVE},
    {"--0", "-", 0, KW_PARTITION_DIR_LIVE},
    {"t-3." HEX "-delete", "t", 3, KW_PARTITION_DIR_DELETE},
    {"t-3." HEX "-future", "t", 3, KW_PARTITION_DIR_FUTURE},
    {"t-3." HEX "-stray", "t", 3, KW_PARTITION_DIR_STRAY},
    {"...-1", "...", 1, KW_PARTITION_DIR_LIVE},
};

static const char *const no_folders[] = {
    "",
    "t",
    "t-",
    "-0",
    "t-x",
    "t-00",
    "t-01",
    "t-1x",
    "t-2147483648",
    "..-0",
    ".-0",
    "t/x-0",
    "t -0",
    "t-0.",
    "-delete",
    "t-0-delete",
    "t-3.0123-delete",
    "meta.properties",
    "t-99999999999999999999",
    "t-0." HEX "-other",
    "t-0." HEX "-delet",
};

static void test_folders(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        kw_partition_dir_name name;
        assert_true(kw_partition_dir_name_parse(kw_string_of(folders[i].name), &name));
        assert_true(kw_string_equal(name.topic, kw_string_of(folders[i].topic)));
        assert_int_equal(name.partition, folders[i].partition);
        assert_int_equal(name.kind, folders[i].kind);
    }
}

static void check_written(const kw_writer *w, const char *text)
{
    kw_span s = kw_writer_data(w);
    assert_int_equal(s.size, strlen(text));
    assert_memory_equal(s.data, text, s.size);
}

static void test_write_folders(void **state)
{
    (void)state;
    char text[300];
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        kw_partition_dir_name name;
        kw_writer w;
        assert_true(kw_partition_dir_name_parse(kw_string_of(folders[i].name), &name));
        kw_writer_init(&w, text, sizeof text);
        assert_status(kw_partition_dir_name_write(&w, &name), KW_OK);
        check_written(&w, folders[i].name);
        kw_writer_init(&w, text, strlen(folders[i].name) - 1);
        assert_status(kw_partition_dir_name_write(&w, &name), KW_ERR_SPACE);
    }
}

/* A file name has at most 255 bytes; Kafka truncates the topic in the names of deleted folders, and only there. */
static void test_write_long_folders(void **state)
{
    (void)state;
    char topic[249];
    char text[400];
    memset(topic, 'a', sizeof topic);
    for (int kind = KW_PARTITION_DIR_LIVE; kind <= KW_PARTITION_DIR_STRAY; kind++) {
        const kw_partition_dir_name name = {{topic, 249}, 12, (kw_partition_dir_kind)kind, {{0}}};
        static const size_t sizes[] = {252, 255, 249 + 3 + 1 + 32 + 7, 255};
        kw_writer w;
        kw_writer_init(&w, text, sizeof text);
        assert_status(kw_partition_dir_name_write(&w, &name), KW_OK);
        assert_int_equal(kw_writer_needed(&w), sizes[kind]);
    }
}

static void test_write_bad_names(void **state)
{
    (void)state;
    static const kw_partition_dir_name no_folder[] = {{{"a/b", 3}, 0, KW_PARTITION_DIR_LIVE, {{0}}},
                                                      {{"a", 1}, -1, KW_PARTITION_DIR_LIVE, {{0}}},
                                                      {{"a", 1}, 0, (kw_partition_dir_kind)4, {{0}}}};
    static const kw_segment_name no_file[] = {
        {-1, -1, KW_SEGMENT_FILE_LOG, KW_FILE_STATE_LIVE, 0},
        {0, 0, KW_SEGMENT_FILE_LOG, KW_FILE_STATE_LIVE, 0},
        {0, -1, KW_SEGMENT_FILE_LOG, KW_FILE_STATE_PART, 0},
        {0, -1, KW_SEGMENT_FILE_CHECKPOINT, KW_FILE_STATE_LIVE, 0},
        {0, 0, KW_SEGMENT_FILE_CHECKPOINT, KW_FILE_STATE_SWAP, 0},
        {0, 0, (kw_segment_file)6, KW_FILE_STATE_LIVE, 0},
        {0, -1, KW_SEGMENT_FILE_LOG, (kw_file_state)5, 0},
    };
    char text[300];
    kw_writer w;
    for (size_t i = 0; i < COUNT_OF(no_folder); i++) {
        kw_writer_init(&w, text, sizeof text);
        assert_status(kw_partition_dir_name_write(&w, &no_folder[i]), KW_ERR_ARGUMENT);
    }
    for (size_t i = 0; i < COUNT_OF(no_file); i++) {
        kw_writer_init(&w, text, sizeof text);
        assert_status(kw_segment_name_write(&w, &no_file[i]), KW_ERR_ARGUMENT);
        assert_status(kw_segment_path(text, sizeof text, "d", no_file[i]), KW_ERR_ARGUMENT);
        assert_string_equal(text, "");
    }
}

static void test_no_folders(void **state)
{
    (void)state;
    kw_partition_dir_name name;
    for (size_t i = 0; i < COUNT_OF(no_folders); i++)
        if (kw_partition_dir_name_parse(kw_string_of(no_folders[i]), &name))
            fail_msg("%s is not a folder of a partition", no_folders[i]);
    assert_false(kw_partition_dir_name_parse(kw_string_of(NULL), &name));
}

static void test_longest_topic(void **state)
{
    (void)state;
    char text[256];
    kw_partition_dir_name name;
    memset(text, 'a', sizeof text);
    memcpy(text + 249, "-0", 3);
    assert_true(kw_partition_dir_name_parse(kw_string_of(text), &name));
    assert_int_equal(name.topic.len, 249);
    memset(text, 'a', sizeof text);
    memcpy(text + 250, "-0", 3);
    assert_false(kw_partition_dir_name_parse(kw_string_of(text), &name));
}

static const struct {
    const char *name;
    int64_t offset;
    int32_t epoch;
    kw_segment_file file;
    kw_file_state state;
} files[] = {
    {"00000000000000000000.log", 0, -1, KW_SEGMENT_FILE_LOG, KW_FILE_STATE_LIVE},
    {"09223372036854775807.log", INT64_MAX, -1, KW_SEGMENT_FILE_LOG, KW_FILE_STATE_LIVE},
    {"00000000000000000042.index", 42, -1, KW_SEGMENT_FILE_INDEX, KW_FILE_STATE_LIVE},
    {"00000000000000000042.timeindex", 42, -1, KW_SEGMENT_FILE_TIME_INDEX, KW_FILE_STATE_LIVE},
    {"00000000000000000042.txnindex", 42, -1, KW_SEGMENT_FILE_TXN_INDEX, KW_FILE_STATE_LIVE},
    {"00000000000000000042.snapshot", 42, -1, KW_SEGMENT_FILE_PRODUCERS, KW_FILE_STATE_LIVE},
    {"00000000000000000070-0000000002.checkpoint", 70, 2, KW_SEGMENT_FILE_CHECKPOINT, KW_FILE_STATE_LIVE},
    {"00000000000000000070-0000000002.checkpoint.deleted", 70, 2, KW_SEGMENT_FILE_CHECKPOINT, KW_FILE_STATE_DELETED},
    {"00000000000000000070-0000000002-18446744073709551615.checkpoint.part", 70, 2, KW_SEGMENT_FILE_CHECKPOINT,
     KW_FILE_STATE_PART},
    {"00000000000000000042.log.deleted", 42, -1, KW_SEGMENT_FILE_LOG, KW_FILE_STATE_DELETED},
    {"00000000000000000042.log.cleaned", 42, -1, KW_SEGMENT_FILE_LOG, KW_FILE_STATE_CLEANED},
    {"00000000000000000042.index.swap", 42, -1, KW_SEGMENT_FILE_INDEX, KW_FILE_STATE_SWAP},
};

static const char *const no_files[] = {
    "",
    ".log",
    "0000000000000000000.log",
    "000000000000000000000.log",
    "09223372036854775808.log",
    "0000000000000000000x.log",
    "00000000000000000000.lo",
    "00000000000000000000.txt",
    "00000000000000000000-0000000001.log",
    "00000000000000000070.checkpoint",
    "00000000000000000070-000000002.checkpoint",
    "00000000000000000070-9999999999.checkpoint",
    "00000000000000000070+0000000002.checkpoint",
    "00000000000000000070-0000000002-7.checkpoint",
    "00000000000000000070-0000000002.checkpoint.part",
    "00000000000000000070-0000000002-.checkpoint.part",
    "00000000000000000070-0000000002-x.checkpoint.part",
    "00000000000000000070-0000000002-18446744073709551616.checkpoint.part",
    "00000000000000000070-0000000002.checkpoint.swap",
    "00000000000000000070.log.part",
    "leader-epoch-checkpoint",
    "partition.metadata.deleted.deleted",
};

static void test_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        kw_segment_name name;
        assert_true(kw_segment_name_parse(kw_string_of(files[i].name), &name));
        assert_int_equal(name.offset, files[i].offset);
        assert_int_equal(name.epoch, files[i].epoch);
        assert_int_equal(name.file, files[i].file);
        assert_int_equal(name.state, files[i].state);
    }
}

static void test_write_files(void **state)
{
    (void)state;
    char text[100];
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        kw_segment_name name;
        kw_writer w;
        assert_true(kw_segment_name_parse(kw_string_of(files[i].name), &name));
        kw_writer_init(&w, text, sizeof text);
        assert_status(kw_segment_name_write(&w, &name), KW_OK);
        check_written(&w, files[i].name);
    }
}

static void test_paths(void **state)
{
    (void)state;
    char path[40];
    assert_status(kw_segment_path(path, sizeof path, "/d/t-0", kw_segment_name_of(KW_SEGMENT_FILE_TIME_INDEX, 42)),
                  KW_OK);
    assert_string_equal(path, "/d/t-0/00000000000000000042.timeindex");
    assert_status(kw_segment_path(path, sizeof path, "/d/t-01", kw_segment_name_of(KW_SEGMENT_FILE_TIME_INDEX, 42)),
                  KW_OK);
    assert_status(kw_segment_path(path, sizeof path, "/d/t-012", kw_segment_name_of(KW_SEGMENT_FILE_TIME_INDEX, 42)),
                  KW_OK);
    assert_status(kw_segment_path(path, sizeof path, "/d/t-0123", kw_segment_name_of(KW_SEGMENT_FILE_TIME_INDEX, 42)),
                  KW_ERR_SPACE);
    assert_string_equal(path, "");
    char longer[80];
    assert_status(kw_segment_path(longer, sizeof longer, "m", kw_snapshot_name_of(70, 2)), KW_OK);
    assert_string_equal(longer, "m/00000000000000000070-0000000002.checkpoint");
    assert_status(kw_file_path(longer, sizeof longer, ".", kw_string_of(KW_META_PROPERTIES_NAME)), KW_OK);
    assert_string_equal(longer, "./meta.properties");
    assert_status(kw_file_path(longer, 3, "a", kw_string_of("bc")), KW_ERR_SPACE);
    assert_status(kw_file_path(longer, 0, "a", kw_string_of("bc")), KW_ERR_SPACE);
}

static void test_topic_names(void **state)
{
    (void)state;
    static const char *const valid[] = {"a", "...", "A-b_c.9", "__consumer_offsets"};
    static const char *const bad[] = {"", ".", "..", "a b", "a/b", "caf\xc3\xa9", "a\n"};
    for (size_t i = 0; i < COUNT_OF(valid); i++)
        assert_true(kw_topic_name_is_valid(kw_string_of(valid[i])));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(kw_topic_name_is_valid(kw_string_of(bad[i])));
    assert_false(kw_topic_name_is_valid(kw_string_of(NULL)));

    static const char *const internal[] = {"__consumer_offsets", "__transaction_state", "__share_group_state"};
    static const char *const others[] = {"__cluster_metadata", "__remote_log_metadata", "__consumer_offset", ""};
    for (size_t i = 0; i < COUNT_OF(internal); i++)
        assert_true(kw_topic_name_is_internal(kw_string_of(internal[i])));
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_false(kw_topic_name_is_internal(kw_string_of(others[i])));
    assert_false(kw_topic_name_is_internal(kw_string_of(NULL)));
}

static void test_order(void **state)
{
    (void)state;
    static const char *const ascending[] = {"", "A", "a", "a-", "aa", "b", "\xc3\xa9"};
    for (size_t i = 0; i < COUNT_OF(ascending); i++) {
        for (size_t k = 0; k < COUNT_OF(ascending); k++) {
            int order = kw_string_compare(kw_string_of(ascending[i]), kw_string_of(ascending[k]));
            assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
        }
    }
    assert_int_equal(kw_string_compare(kw_string_of(NULL), kw_string_of("")), 0);
    assert_true(kw_partition_compare(kw_string_of("a"), 10, kw_string_of("a"), 9) > 0);
    assert_true(kw_partition_compare(kw_string_of("a"), 10, kw_string_of("b"), 9) < 0);
    assert_int_equal(kw_partition_compare(kw_string_of("a"), 9, kw_string_of("a"), 9), 0);
}

static void test_no_files(void **state)
{
    (void)state;
    kw_segment_name name;
    for (size_t i = 0; i < COUNT_OF(no_files); i++)
        if (kw_segment_name_parse(kw_string_of(no_files[i]), &name))
            fail_msg("%s is not a file of a segment", no_files[i]);
    assert_false(kw_segment_name_parse(kw_string_of(NULL), &name));
}

/* Every prefix of a valid name, at the end of a heap block. */
static void test_cut_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        kw_bytes whole = {(const uint8_t *)files[i].name, (int32_t)strlen(files[i].name)};
        for (size_t n = 0; n < (size_t)whole.len; n++) {
            kw_bytes cut = given_prefix(whole, n);
            kw_string name = kw_string_of_bytes(cut);
            kw_segment_name segment;
            kw_partition_dir_name folder;
            bool is_whole_name = kw_segment_name_parse(name, &segment);
            assert_true(!is_whole_name || files[i].state != KW_FILE_STATE_LIVE);
            assert_false(kw_partition_dir_name_parse(name, &folder) && folder.kind != KW_PARTITION_DIR_LIVE);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_folders),         TEST(test_write_folders), TEST(test_write_long_folders),
        TEST(test_write_bad_names), TEST(test_no_folders),    TEST(test_longest_topic),
        TEST(test_files),           TEST(test_write_files),   TEST(test_paths),
        TEST(test_no_files),        TEST(test_cut_names),     TEST(test_topic_names),
        TEST(test_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
