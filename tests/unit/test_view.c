/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <kwire/endian.h>

static kw_string string(const char *data, int32_t len)
{
    kw_string s = {data, len};
    return s;
}

static kw_bytes bytes(const void *data, int32_t len)
{
    kw_bytes b = {data, len};
    return b;
}

static void string_of_c_string(void **state)
{
    (void)state;
    assert_text(kw_string_of("topic"), "topic");
    assert_int_equal(kw_string_of("").len, 0);
    assert_text(kw_string_of(NULL), NULL);
    assert_int_equal(kw_string_of(NULL).len, -1);
}

static void strings_are_equal_by_content(void **state)
{
    (void)state;
    char copy[] = "topic";
    assert_true(kw_string_equal(kw_string_of("topic"), kw_string_of(copy)));
    assert_false(kw_string_equal(kw_string_of("topic"), kw_string_of("topiC")));
    assert_false(kw_string_equal(kw_string_of("topic"), kw_string_of("topics")));
    assert_true(kw_string_equal(string("a\0b", 3), string("a\0b", 3)));
    assert_false(kw_string_equal(string("a\0b", 3), string("a\0c", 3)));
}

/* Q15: null and empty are different things. */
static void null_is_not_empty(void **state)
{
    (void)state;
    assert_true(kw_string_equal(string(NULL, -1), string("x", -1)));
    assert_true(kw_string_equal(string(NULL, -1), string(NULL, -7)));
    assert_true(kw_string_equal(string(NULL, 0), string("x", 0)));
    assert_false(kw_string_equal(string(NULL, -1), string(NULL, 0)));
    assert_false(kw_string_equal(string("x", 1), string(NULL, -1)));
    assert_false(kw_string_equal(string(NULL, 0), string("x", 1)));
    assert_true(kw_bytes_equal(bytes(NULL, -1), bytes("x", -1)));
    assert_true(kw_bytes_equal(bytes(NULL, 0), bytes("x", 0)));
    assert_false(kw_bytes_equal(bytes(NULL, -1), bytes(NULL, 0)));
    assert_false(kw_bytes_equal(bytes("x", 1), bytes(NULL, 0)));
}

static void bytes_are_equal_by_content(void **state)
{
    (void)state;
    assert_true(kw_bytes_equal(bytes("\xff\x00\x01", 3), bytes("\xff\x00\x01", 3)));
    assert_false(kw_bytes_equal(bytes("\xff\x00\x01", 3), bytes("\xff\x00\x02", 3)));
    assert_false(kw_bytes_equal(bytes("\xff\x00\x01", 3), bytes("\xff\x00\x01", 2)));
}

static void views_convert(void **state)
{
    (void)state;
    const kw_span span = {"abc", 3}, nothing = {NULL, 0};
    kw_bytes b = kw_bytes_of_span(span);
    assert_ptr_equal(b.data, span.data);
    assert_int_equal(b.len, 3);
    assert_int_equal(kw_bytes_of_span(nothing).len, 0);
    assert_text(kw_string_of_bytes(b), "abc");
    assert_true(kw_bytes_equal(kw_bytes_of_string(kw_string_of("abc")), b));
    assert_ptr_equal(kw_span_of_bytes(b).data, span.data);
    assert_int_equal(kw_span_of_bytes(b).size, 3);

    assert_int_equal(kw_span_of_bytes(bytes(NULL, -1)).size, 0);
    assert_int_equal(kw_string_of_bytes(bytes(NULL, -1)).len, -1);
    assert_int_equal(kw_bytes_of_string(string(NULL, -1)).len, -1);
    assert_int_equal(kw_bytes_of("x", (size_t)INT32_MAX).len, INT32_MAX);
    assert_int_equal(kw_bytes_of("x", (size_t)INT32_MAX + 1).len, INT32_MAX); /* cut */
}

static void strings_print(void **state)
{
    (void)state;
    char text[16];
    (void)snprintf(text, sizeof text, "[%.*s]", KW_FMT(string("topical", 5)));
    assert_string_equal(text, "[topic]");
    (void)snprintf(text, sizeof text, "[%.*s]", KW_FMT(string(NULL, -1)));
    assert_string_equal(text, "[]");
    (void)snprintf(text, sizeof text, "[%.*s]", KW_FMT(string(NULL, 0)));
    assert_string_equal(text, "[]");
}

static kw_uuid uuid(const char *hex)
{
    kw_uuid u;
    memcpy(u.bytes, given(hex).data, sizeof u.bytes);
    return u;
}

static void uuids_compare(void **state)
{
    (void)state;
    kw_uuid one = uuid("00000000000000000000000000000001");
    assert_true(kw_uuid_is_zero(uuid("00000000000000000000000000000000")));
    assert_false(kw_uuid_is_zero(one));
    assert_false(kw_uuid_is_zero(uuid("80000000000000000000000000000000")));
    assert_true(kw_uuid_equal(one, uuid("00000000000000000000000000000001")));
    assert_false(kw_uuid_equal(one, uuid("00000000000000000000000000000002")));
}

/* Q37: URL-safe base64 of the 16 bytes in network order, without padding. */
static const struct {
    const char *hex;
    const char *text;
} uuid_texts[] = {
    {"00000000000000000000000000000000", "AAAAAAAAAAAAAAAAAAAAAA"},
    {"00000000000000000000000000000001", "AAAAAAAAAAAAAAAAAAAAAQ"},
    {"ffffffffffffffffffffffffffffffff", "_____________________w"},
    {"fbefbefbefbefbefbefbefbefbefbefb", "---------------------w"},
    {"000102030405060708090a0b0c0d0e0f", "AAECAwQFBgcICQoLDA0ODw"},
    {"f0e0d0c0b0a090807060504030201000", "8ODQwLCgkIBwYFBAMCAQAA"},
};

static void uuids_have_a_text_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(uuid_texts); i++) {
        char text[23];
        memset(text, '?', sizeof text);
        kw_uuid_format(uuid(uuid_texts[i].hex), text);
        assert_string_equal(text, uuid_texts[i].text);
        kw_uuid back;
        assert_true(kw_uuid_parse(kw_string_of(text), &back));
        assert_true(kw_uuid_equal(back, uuid(uuid_texts[i].hex)));
    }
}

static void malformed_uuid_texts_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "AAAAAAAAAAAAAAAAAAAAA",    /* 21 characters */
        "AAAAAAAAAAAAAAAAAAAAAAA",  /* 23 */
        "AAAAAAAAAAAAAAAAAAAAAA==", /* padding */
        "AAAAAAAAAAAAAAAAAAAAAB",   /* a bit beyond the 16th byte */
        "AAAAAAAAAAA+AAAAAAAAAA",   /* the other base64 alphabet */
        "AAAAAAAAAAA/AAAAAAAAAA",
        "AAAAAAAAAAA AAAAAAAAAA",
    };
    kw_uuid out;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_false(kw_uuid_parse(kw_string_of(texts[i]), &out));
    assert_false(kw_uuid_parse(kw_string_of(NULL), &out));
    assert_false(kw_uuid_parse(string("AAAAAAAAAA\0AAAAAAAAAAA", 22), &out));
}

static void integers_are_big_endian_at_any_alignment(void **state)
{
    (void)state;
    const uint8_t *p = given("00 f1e2d3c4b5a69788").data + 1;
    assert_int_equal(kw_load_be16(p), 0xf1e2);
    assert_int_equal(kw_load_be32(p), 0xf1e2d3c4);
    assert_true(kw_load_be64(p) == UINT64_C(0xf1e2d3c4b5a69788));
    uint8_t out[15];
    memset(out, 0, sizeof out);
    kw_store_be16(out + 1, 0xf1e2);
    kw_store_be32(out + 3, 0xd3c4b5a6);
    kw_store_be64(out + 7, UINT64_C(0x0123456789abcdef));
    assert_bytes(out, sizeof out, "00 f1e2 d3c4b5a6 0123456789abcdef");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(string_of_c_string),
        TEST(strings_are_equal_by_content),
        TEST(null_is_not_empty),
        TEST(bytes_are_equal_by_content),
        TEST(views_convert),
        TEST(strings_print),
        TEST(uuids_compare),
        TEST(uuids_have_a_text_form),
        TEST(malformed_uuid_texts_are_refused),
        TEST(integers_are_big_endian_at_any_alignment),
    };
    return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}
