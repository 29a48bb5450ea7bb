/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <kwire/storage/names.h>

#define HEX "0123456789abcdef0123456789abcdef"

static const struct {
    const char *name;
    const char *topic;
    int32_t partition;
    kw_folder_kind kind;
} folders[] = {
    {"t-0", "t", 0, KW_FOLDER_LIVE},
    {"a-b.c_1-2-17", "a-b.c_1-2", 17, KW_FOLDER_LIVE},
    {"__consumer_offsets-49", "__consumer_offsets", 49, KW_FOLDER_LIVE},
    {"t-2147483647", "t", INT32_MAX, KW_FOLDER_LIVE},
    {"--0", "-", 0, KW_FOLDER_LIVE},
    {"t-3." HEX "-delete", "t", 3, KW_FOLDER_DELETE},
    {"t-3." HEX "-future", "t", 3, KW_FOLDER_FUTURE},
    {"t-3." HEX "-stray", "t", 3, KW_FOLDER_STRAY},
    {"...-1", "...", 1, KW_FOLDER_LIVE},
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
        kw_folder_name name;
        assert_true(kw_folder_name_parse(kw_string_of(folders[i].name), &name));
        assert_true(kw_string_equal(name.topic, kw_string_of(folders[i].topic)));
        assert_int_equal(name.partition, folders[i].partition);
        assert_int_equal(name.kind, folders[i].kind);
    }
}

static void test_no_folders(void **state)
{
    (void)state;
    kw_folder_name name;
    for (size_t i = 0; i < COUNT_OF(no_folders); i++)
        if (kw_folder_name_parse(kw_string_of(no_folders[i]), &name))
            fail_msg("%s is no folder of a partition", no_folders[i]);
    assert_false(kw_folder_name_parse(kw_string_of(NULL), &name));
}

static void test_longest_topic(void **state)
{
    (void)state;
    char text[256];
    kw_folder_name name;
    memset(text, 'a', sizeof text);
    memcpy(text + 249, "-0", 3);
    assert_true(kw_folder_name_parse(kw_string_of(text), &name));
    assert_int_equal(name.topic.len, 249);
    memset(text, 'a', sizeof text);
    memcpy(text + 250, "-0", 3);
    assert_false(kw_folder_name_parse(kw_string_of(text), &name));
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
    {"00000000000000000070-0000000002.checkpoint.part", 70, 2, KW_SEGMENT_FILE_CHECKPOINT, KW_FILE_STATE_PART},
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

static void test_no_files(void **state)
{
    (void)state;
    kw_segment_name name;
    for (size_t i = 0; i < COUNT_OF(no_files); i++)
        if (kw_segment_name_parse(kw_string_of(no_files[i]), &name))
            fail_msg("%s is no file of a segment", no_files[i]);
    assert_false(kw_segment_name_parse(kw_string_of(NULL), &name));
}

/* Every beginning of a good name, at the end of a block. */
static void test_cut_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        kw_bytes whole = {(const uint8_t *)files[i].name, (int32_t)strlen(files[i].name)};
        for (size_t n = 0; n < (size_t)whole.len; n++) {
            kw_bytes cut = given_prefix(whole, n);
            kw_string name = {(const char *)cut.data, cut.len};
            kw_segment_name segment;
            kw_folder_name folder;
            bool is_whole_name = kw_segment_name_parse(name, &segment);
            assert_true(!is_whole_name || files[i].state != KW_FILE_STATE_LIVE);
            assert_false(kw_folder_name_parse(name, &folder) && folder.kind != KW_FOLDER_LIVE);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_folders), TEST(test_no_folders), TEST(test_longest_topic),
        TEST(test_files),   TEST(test_no_files),   TEST(test_cut_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
