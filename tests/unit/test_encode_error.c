/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <kwire/walk.h>

#include "sample_message.h"

static void assert_cannot_encode(const parcel *m, int16_t version, kw_status want, const char *want_path)
{
    char path[64];
    kw_status got = kw_encode_error_path(&parcel_message, version, m, path, sizeof path);
    assert_status(got, want);
    assert_string_equal(path, want_path);
    assert_status(kw_encode_error_path(&parcel_message, version, m, NULL, 0), want);
}

static void what_can_be_encoded_has_no_error(void **state)
{
    (void)state;
    full_parcel f;
    fill_version_0(&f);
    assert_cannot_encode(&f.value, 0, KW_OK, "");
    fill_version_3(&f);
    assert_cannot_encode(&f.value, 3, KW_OK, "");
}

static void fields_that_a_version_lacks(void **state)
{
    (void)state;
    full_parcel f;
    fill_version_0(&f);
    f.value.seal = bytes_of("ignorable");
    assert_cannot_encode(&f.value, 0, KW_OK, "");
    f.items[1].weight = 8;
    assert_cannot_encode(&f.value, 0, KW_ERR_FIELD_VERSION, "items[1].weight");
    assert_cannot_encode(&f.value, 1, KW_OK, "");
    f.value.size.id = 1;
    assert_cannot_encode(&f.value, 1, KW_ERR_FIELD_VERSION, "size");
    assert_cannot_encode(&f.value, 4, KW_ERR_VERSION, "");
    fill_version_3(&f);
    assert_cannot_encode(&f.value, 2, KW_ERR_FIELD_VERSION, "spare");
    parcel_init(&f.value);
    f.unknown.items = f.tags;
    f.unknown.len = 1;
    f.tags[0].tag = 77;
    f.value.unknown_tags = &f.unknown;
    assert_cannot_encode(&f.value, 2, KW_OK, "");
    f.value.owner = &f.owner;
    assert_cannot_encode(&f.value, 1, KW_ERR_FIELD_VERSION, "unknownTag77");
}

static void nulls_where_none_may_be(void **state)
{
    (void)state;
    full_parcel f;
    fill_version_0(&f);
    f.value.label = kw_string_of(NULL);
    assert_cannot_encode(&f.value, 1, KW_OK, "");
    assert_cannot_encode(&f.value, 0, KW_ERR_NULL, "label");
    fill_version_0(&f);
    f.labels[1] = kw_string_of(NULL);
    assert_cannot_encode(&f.value, 3, KW_ERR_NULL, "items[0].labels[1]");
    fill_version_0(&f);
    f.value.owner = NULL;
    assert_cannot_encode(&f.value, 1, KW_OK, "");
    assert_cannot_encode(&f.value, 0, KW_ERR_NULL, "owner");
    fill_version_0(&f);
    f.value.items.len = -1;
    assert_cannot_encode(&f.value, 2, KW_OK, "");
    assert_cannot_encode(&f.value, 1, KW_ERR_NULL, "items");
}

/* Q8: any kind of string. */
static void strings_that_are_too_long(void **state)
{
    (void)state;
    static const char many[32768];
    full_parcel f;
    fill_version_3(&f);
    f.spare.title.data = many;
    f.spare.title.len = 32767;
    assert_cannot_encode(&f.value, 3, KW_OK, "");
    f.spare.title.len = 32768;
    assert_cannot_encode(&f.value, 3, KW_ERR_STRING_SIZE, "spare.title");
    f.value.size.title = f.spare.title;
    assert_cannot_encode(&f.value, 3, KW_ERR_STRING_SIZE, "size.title");
    f.value.address = f.spare.title; /* comes first on the wire */
    assert_cannot_encode(&f.value, 3, KW_ERR_STRING_SIZE, "address");
}

/* Q11 */
static void unknown_tags_that_clash(void **state)
{
    (void)state;
    full_parcel f;
    fill_version_3(&f);
    f.unknown.items = f.tags;
    f.unknown.len = 2;
    f.tags[0].tag = 200;
    assert_cannot_encode(&f.value, 3, KW_ERR_TAG_DUPLICATE, "unknownTag200");
    f.tags[0].tag = 201;
    assert_cannot_encode(&f.value, 3, KW_ERR_TAG_ORDER, "unknownTag200");
    f.tags[0].tag = 5;
    assert_cannot_encode(&f.value, 3, KW_ERR_TAG_DUPLICATE, "unknownTag5");
    f.value.spare = NULL; /* known in any case */
    assert_cannot_encode(&f.value, 3, KW_ERR_TAG_DUPLICATE, "unknownTag5");
    assert_cannot_encode(&f.value, 2, KW_OK, "");
    f.tags[0].tag = 4;
    assert_cannot_encode(&f.value, 3, KW_OK, "");
    f.tags[0].value.len = -1;
    assert_cannot_encode(&f.value, 3, KW_ERR_NULL, "unknownTag4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_can_be_encoded_has_no_error), TEST(fields_that_a_version_lacks), TEST(nulls_where_none_may_be),
        TEST(strings_that_are_too_long),        TEST(unknown_tags_that_clash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
