/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <kwire/version.h>

static const struct {
    kw_status status;
    int value;
    const char *name;
} statuses[] = {
    {KW_OK, 0, "OK"},
    {KW_ERR_TRUNCATED, 1, "ERR_TRUNCATED"},
    {KW_ERR_VARINT, 2, "ERR_VARINT"},
    {KW_ERR_NULL, 3, "ERR_NULL"},
    {KW_ERR_NEGATIVE, 4, "ERR_NEGATIVE"},
    {KW_ERR_LENGTH, 5, "ERR_LENGTH"},
    {KW_ERR_COUNT, 6, "ERR_COUNT"},
    {KW_ERR_STRING_SIZE, 7, "ERR_STRING_SIZE"},
    {KW_ERR_TAG_ORDER, 8, "ERR_TAG_ORDER"},
    {KW_ERR_TAG_DUPLICATE, 9, "ERR_TAG_DUPLICATE"},
    {KW_ERR_TAG_SIZE, 10, "ERR_TAG_SIZE"},
    {KW_ERR_TAG_VERSION, 11, "ERR_TAG_VERSION"},
    {KW_ERR_TRAILING, 12, "ERR_TRAILING"},
    {KW_ERR_VERSION, 13, "ERR_VERSION"},
    {KW_ERR_FIELD_VERSION, 14, "ERR_FIELD_VERSION"},
    {KW_ERR_UNKNOWN_MESSAGE, 15, "ERR_UNKNOWN_MESSAGE"},
    {KW_ERR_NO_MEMORY, 16, "ERR_NO_MEMORY"},
    {KW_ERR_MEMORY_LIMIT, 17, "ERR_MEMORY_LIMIT"},
    {KW_ERR_SPACE, 18, "ERR_SPACE"},
    {KW_ERR_FRAME_SIZE, 19, "ERR_FRAME_SIZE"},
    {KW_ERR_FRAME_TLS, 20, "ERR_FRAME_TLS"},
    {KW_ERR_FRAME_HTTP, 21, "ERR_FRAME_HTTP"},
    {KW_ERR_ARGUMENT, 22, "ERR_ARGUMENT"},
    {KW_ERR_NO_RESPONSE, 23, "ERR_NO_RESPONSE"},
    {KW_ERR_TABLE_FULL, 24, "ERR_TABLE_FULL"},
    {KW_ERR_BATCH_SIZE, 25, "ERR_BATCH_SIZE"},
    {KW_ERR_MAGIC, 26, "ERR_MAGIC"},
    {KW_ERR_CRC, 27, "ERR_CRC"},
    {KW_ERR_RECORD_SIZE, 28, "ERR_RECORD_SIZE"},
    {KW_ERR_NESTED, 29, "ERR_NESTED"},
    {KW_ERR_WRAPPER_OFFSET, 30, "ERR_WRAPPER_OFFSET"},
    {KW_ERR_NO_RECORDS, 31, "ERR_NO_RECORDS"},
    {KW_ERR_CODEC, 32, "ERR_CODEC"},
    {KW_ERR_CODEC_UNKNOWN, 33, "ERR_CODEC_UNKNOWN"},
    {KW_ERR_COMPRESSED_DATA, 34, "ERR_COMPRESSED_DATA"},
    {KW_ERR_FILE, 35, "ERR_FILE"},
    {KW_ERR_NO_FILE, 36, "ERR_NO_FILE"},
    {KW_ERR_FILE_FORMAT, 37, "ERR_FILE_FORMAT"},
    {KW_ERR_TORN, 38, "ERR_TORN"},
    {KW_ERR_INDEX, 39, "ERR_INDEX"},
    {KW_ERR_OFFSET_ORDER, 40, "ERR_OFFSET_ORDER"},
    {KW_ERR_BATCH_FULL, 41, "ERR_BATCH_FULL"},
    {KW_ERR_COUNT_LIMIT, 42, "ERR_COUNT_LIMIT"},
};

/* Programs store these numbers; scripts compare these names. */
static void values_and_names_are_pinned(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(statuses); i++) {
        assert_int_equal(statuses[i].status, statuses[i].value);
        assert_string_equal(kw_status_name(statuses[i].status), statuses[i].name);
    }
}

static void every_status_has_a_text_of_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(statuses); i++) {
        const char *text = kw_status_text(statuses[i].status);
        assert_true(strlen(text) > 1);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(text, kw_status_text(statuses[j].status));
    }
}

static void a_value_that_is_no_status_has_a_name_too(void **state)
{
    (void)state;
    kw_status unknown = (kw_status)COUNT_OF(statuses);
    assert_string_equal(kw_status_name(unknown), "ERR_?");
    assert_string_equal(kw_status_text(unknown), "unknown status");
}

static void the_library_is_the_one_of_the_headers(void **state)
{
    (void)state;
    char text[32];
    (void)snprintf(text, sizeof text, "%d.%d.%d", KW_VERSION_MAJOR, KW_VERSION_MINOR, KW_VERSION_PATCH);
    assert_string_equal(kw_version(), text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(values_and_names_are_pinned),
        TEST(every_status_has_a_text_of_its_own),
        TEST(a_value_that_is_no_status_has_a_name_too),
        TEST(the_library_is_the_one_of_the_headers),
    };
    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
