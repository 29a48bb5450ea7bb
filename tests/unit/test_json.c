/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <locale.h>
#include <math.h>

#include <kwire/json.h>

#include "sample_message.h"

static char text[8192];

static kw_writer writer(void)
{
    kw_writer w;
    kw_writer_init(&w, text, sizeof text - 1);
    return w;
}

static const char *finish(const kw_writer *w)
{
    assert_status(w->status, KW_OK);
    text[kw_writer_data(w).size] = '\0';
    return text;
}

static const char *json_of(const parcel *m, int16_t version)
{
    kw_writer w = writer();
    assert_status(kw_message_json(&parcel_message, version, m, &w), KW_OK);
    return finish(&w);
}

/* ---- strings ---- */

static const char *string_json(const char *bytes, size_t size)
{
    kw_bytes exact = kw_bytes_of(bytes, size);
    exact = given_prefix(exact, size);
    kw_string s = kw_string_of_bytes(exact);
    kw_writer w = writer();
    kw_json_string(s, &w);
    return finish(&w);
}

#define assert_string_json(literal, want) assert_string_equal(string_json(literal, sizeof(literal) - 1), want)

static void strings_are_escaped_as_java_does(void **state)
{
    (void)state;
    assert_string_json("", "\"\"");
    assert_string_json("plain / text", "\"plain / text\"");
    assert_string_json("a\"b\\c", "\"a\\\"b\\\\c\"");
    assert_string_json("\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"");
    assert_string_json("a\0b\x01\x1f", "\"a\\u0000b\\u0001\\u001F\"");
    assert_string_json("\x7f", "\"\x7f\"");
    kw_writer w = writer();
    kw_json_string(kw_string_of(NULL), &w);
    assert_string_equal(finish(&w), "null");
}

static void utf8_goes_through_as_it_is(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "\xc2\x80",     "\xdf\xbf",     "\xe0\xa0\x80",     "\xe2\x80\xa8",     "\xed\x9f\xbf",
        "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "x\xc3\xa9y\xe2\x82\xac z"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        char want[32];
        (void)snprintf(want, sizeof want, "\"%s\"", texts[i]);
        assert_string_equal(string_json(texts[i], strlen(texts[i])), want);
    }
}

#define R "\xef\xbf\xbd"

static void broken_utf8_is_replaced_as_java_does(void **state)
{
    (void)state;
    assert_string_json("\x80", "\"" R "\"");
    assert_string_json("\xbf\xbf", "\"" R R "\"");
    assert_string_json("\xc0\xaf", "\"" R R "\"");
    assert_string_json("\xc1\xbf", "\"" R R "\"");
    assert_string_json("\xc3", "\"" R "\"");
    assert_string_json("\xc3(", "\"" R "(\"");
    assert_string_json("\xe0\x9f\xbf", "\"" R R R "\"");
    assert_string_json("\xe2\x82", "\"" R "\"");
    assert_string_json("\xe2\x82x", "\"" R "x\"");
    assert_string_json("\xe2\xe2\x82\xac", "\"" R "\xe2\x82\xac\"");
    assert_string_json("\xf0\x8f\xbf\xbf", "\"" R R R R "\"");
    assert_string_json("\xf0\x9f\x9a", "\"" R "\"");
    assert_string_json("\xf0\x9f\x9a\"", "\"" R "\\\"\"");
    assert_string_json("\xf4\x90\x80\x80", "\"" R R R R "\"");
    assert_string_json("\xf5\xff\xfe", "\"" R R R "\"");
    /* A surrogate is one error, even if some of its three bytes are missing. */
    assert_string_json("a\xed\xa0\x80z", "\"a" R "z\"");
    assert_string_json("\xed\xbf\xbf\xed\xa0\x80", "\"" R R "\"");
    assert_string_json("\xed\xa0", "\"" R "\"");
    assert_string_json("\xed\xa0z", "\"" R "z\"");
    assert_string_json("\xed", "\"" R "\"");
}

/* ---- values ---- */

static void whole_message_of_version_0(void **state)
{
    (void)state;
    full_parcel f;
    fill_version_0(&f);
    assert_string_equal(
        json_of(&f.value, 0),
        "{\"fragile\":true,\"grade\":-2,\"zone\":258,\"port\":65534,\"count\":5,\"crc\":3735928559,\"serial\":-1,"
        "\"price\":1.5,\"id\":\"AAECAwQFBgcICQoLDA0ODw\",\"label\":\"ab\",\"records\":\"cg==\",\"address\":\"x\","
        "\"items\":[{\"name\":\"i\",\"labels\":[\"l\",\"\"]},{\"name\":\"\",\"labels\":[]}],\"codes\":[1,-1],"
        "\"owner\":{\"id\":9,\"title\":null},\"moved\":6}");
}

static void whole_message_of_version_3(void **state)
{
    (void)state;
    full_parcel f;
    fill_version_3(&f);
    assert_string_equal(
        json_of(&f.value, 3),
        "{\"size\":{\"id\":4,\"title\":\"\"},\"fragile\":true,\"grade\":-2,\"zone\":258,\"port\":65534,\"count\":5,"
        "\"crc\":3735928559,\"serial\":-1,\"price\":1.5,\"id\":\"AAECAwQFBgcICQoLDA0ODw\",\"label\":\"ab\","
        "\"seal\":\"cw==\",\"records\":\"cg==\",\"address\":\"x\",\"items\":[{\"name\":\"i\",\"weight\":8,"
        "\"labels\":[\"l\",\"\"]},{\"name\":\"\",\"weight\":7,\"labels\":[]}],\"codes\":[1,-1],"
        "\"owner\":{\"id\":9,\"title\":null},\"moved\":6,\"note\":\"n\",\"spare\":{\"id\":2,\"title\":\"t\"}}");
}

static void defaults_of_version_3(void **state)
{
    (void)state;
    parcel m;
    parcel_init(&m);
    m.items.len = -1;
    assert_string_equal(
        json_of(&m, 3),
        "{\"fragile\":false,\"grade\":0,\"zone\":0,\"port\":0,\"count\":-1,\"crc\":0,\"serial\":-9223372036854775808,"
        "\"price\":0.0,\"id\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"label\":\"box\",\"seal\":\"\",\"records\":null,"
        "\"address\":\"\",\"items\":null,\"codes\":[],\"owner\":null}");
}

static void tagged_struct_with_unknown_tags_only_is_shown(void **state)
{
    (void)state;
    parcel m;
    parcel_init(&m);
    kw_raw_tag tag = {4, {NULL, 0}};
    kw_raw_tags tags = {&tag, 1};
    m.size.unknown_tags = &tags;
    assert_non_null(strstr(json_of(&m, 3), "{\"size\":{\"id\":0,\"title\":\"\"},\"fragile\""));
}

static void base64_of_each_length(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        const char *want;
    } cases[] = {
        {"", "\"seal\":\"\","},        {"f", "\"seal\":\"Zg==\","},        {"fo", "\"seal\":\"Zm8=\","},
        {"foo", "\"seal\":\"Zm9v\","}, {"foob", "\"seal\":\"Zm9vYg==\","}, {"\xff\xef\xbe", "\"seal\":\"/+++\","}};
    parcel m;
    parcel_init(&m);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        m.seal = bytes_of(cases[i].bytes);
        assert_non_null(strstr(json_of(&m, 1), cases[i].want));
    }
}

static void integers_at_their_bounds(void **state)
{
    (void)state;
    parcel m;
    parcel_init(&m);
    m.grade = INT8_MIN;
    m.zone = INT16_MIN;
    m.port = UINT16_MAX;
    m.count = INT32_MIN;
    m.crc = UINT32_MAX;
    m.serial = INT64_MAX;
    assert_non_null(strstr(json_of(&m, 0), "\"grade\":-128,\"zone\":-32768,\"port\":65535,\"count\":-2147483648,"
                                           "\"crc\":4294967295,\"serial\":9223372036854775807,"));
}

/* ---- floats ---- */

static const struct {
    double value;
    const char *want;
} floats[] = {
    {0.0, "0.0"},
    {-0.0, "-0.0"},
    {1.0, "1.0"},
    {-100.0, "-100.0"},
    {0.1, "0.1"},
    {1.0 / 3, "0.3333333333333333"},
    {2.0 / 3, "0.6666666666666666"},
    {0.30000000000000004, "0.30000000000000004"},
    {1e10, "10000000000.0"},
    {1e15, "1e+15"},
    {1e21, "1e+21"},
    {1e-7, "1e-07"},
    {123456.789, "123456.789"},
    {1.7976931348623157e308, "1.7976931348623157e+308"},
    {2.2250738585072014e-308, "2.2250738585072014e-308"},
    {9007199254740993.0, "9007199254740992.0"},
};

static void assert_float_json(double value, const char *want)
{
    parcel m;
    parcel_init(&m);
    m.price = value;
    char wanted[64];
    (void)snprintf(wanted, sizeof wanted, "\"price\":%s,", want);
    if (strstr(json_of(&m, 0), wanted) == NULL)
        fail_msg("%s is not in %s", wanted, text);
}

static void floats_are_short_and_exact(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(floats); i++)
        assert_float_json(floats[i].value, floats[i].want);
}

static void floats_that_are_no_numbers_are_strings(void **state)
{
    (void)state;
    assert_float_json((double)NAN, "\"NaN\"");
    assert_float_json((double)INFINITY, "\"Infinity\"");
    assert_float_json(-(double)INFINITY, "\"-Infinity\"");
}

static void floats_read_back_as_they_were(void **state)
{
    (void)state;
    uint64_t bits = UINT64_C(0x9e3779b97f4a7c15);
    for (int i = 0; i < 20000; i++) {
        bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        parcel m;
        parcel_init(&m);
        memcpy(&m.price, &bits, sizeof bits);
        if (!isfinite(m.price))
            continue;
        const char *at = strstr(json_of(&m, 0), "\"price\":");
        assert_non_null(at);
        double back = strtod(at + strlen("\"price\":"), NULL);
        if (memcmp(&back, &bits, sizeof bits) != 0)
            fail_msg("%.17g became %.17g", m.price, back);
    }
}

/* Needs a locale with another decimal point; without one there is nothing to test. */
static void floats_do_not_follow_the_locale(void **state)
{
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "fr_FR", "ps_AF.UTF-8"};
    size_t i = 0;
    while (i < COUNT_OF(names) && (setlocale(LC_NUMERIC, names[i]) == NULL || localeconv()->decimal_point[0] == '.'))
        i++;
    if (i == COUNT_OF(names))
        skip();
    assert_float_json(1.5, "1.5");
    assert_float_json(-0.25, "-0.25");
    assert_float_json(1.7976931348623157e308, "1.7976931348623157e+308");
    (void)setlocale(LC_NUMERIC, "C");
}

/* ---- errors ---- */

static void value_that_the_version_lacks_is_refused(void **state)
{
    (void)state;
    parcel m;
    parcel_init(&m);
    m.note = kw_string_of("n");
    kw_writer w = writer();
    assert_status(kw_message_json(&parcel_message, 1, &m, &w), KW_ERR_FIELD_VERSION);
    w = writer();
    assert_status(kw_message_json(&parcel_message, 2, &m, &w), KW_OK);

    parcel_init(&m);
    m.seal = bytes_of("ignorable");
    w = writer();
    assert_status(kw_message_json(&parcel_message, 0, &m, &w), KW_OK);

    item one;
    item_init(&one);
    one.weight = 8;
    m.items.items = &one;
    m.items.len = 1;
    w = writer();
    assert_status(kw_message_json(&parcel_message, 0, &m, &w), KW_ERR_FIELD_VERSION);
}

static void unknown_tags_are_counted_and_shown_if_asked_for(void **state)
{
    (void)state;
    kw_raw_tag of_parcel[] = {{7, kw_bytes_of("\0\1", 2)}, {90, kw_bytes_of("", 0)}};
    kw_raw_tag of_item[] = {{8, kw_bytes_of("x", 1)}};
    kw_raw_tags parcel_tags = {of_parcel, 2};
    kw_raw_tags item_tags = {of_item, 1};
    parcel m;
    parcel_init(&m);
    item one;
    item_init(&one);
    m.items.items = &one;
    m.items.len = 1;
    kw_json_options shown = {.flags = KW_JSON_UNKNOWN_TAGS, .unknown_tags = 9};
    kw_json_options left_out = {.flags = 0};
    kw_writer w = writer();
    assert_status(kw_message_json_with(&parcel_message, 3, &m, &shown, &w), KW_OK);
    char plain[sizeof text];
    strcpy(plain, finish(&w));
    assert_int_equal(shown.unknown_tags, 0);
    assert_string_equal(json_of(&m, 3), plain);

    m.unknown_tags = &parcel_tags;
    one.unknown_tags = &item_tags;
    assert_string_equal(json_of(&m, 3), plain);
    w = writer();
    assert_status(kw_message_json_with(&parcel_message, 3, &m, &left_out, &w), KW_OK);
    assert_int_equal(left_out.unknown_tags, 3);
    w = writer();
    assert_status(kw_message_json_with(&parcel_message, 3, &m, &shown, &w), KW_OK);
    assert_int_equal(shown.unknown_tags, 3);
    const char *json = finish(&w);
    static const char of_whole[] =
        ",\"_unknownTaggedFields\":[{\"tag\":7,\"data\":\"AAE=\"},{\"tag\":90,\"data\":\"\"}]}";
    assert_string_equal(json + strlen(json) - strlen(of_whole), of_whole);
    assert_non_null(strstr(json, ",\"_unknownTaggedFields\":[{\"tag\":8,\"data\":\"eA==\"}]}"));
}

/* In place of records: their size, and the name of the struct that has them. */
static void put_size(void *context, const kw_json_owner *around, kw_bytes records, kw_writer *out)
{
    int *calls = context;
    char size[16];
    ++*calls;
    assert_null(around->parent);
    assert_ptr_equal(((const parcel *)around->value)->records.data, records.data);
    kw_write_raw(out, size, (size_t)snprintf(size, sizeof size, "%d", records.len));
    kw_json_string(kw_string_of(around->type->name), out);
}

static void records_are_what_the_caller_writes(void **state)
{
    (void)state;
    parcel m;
    int calls = 0;
    kw_json_options options = {.records = put_size, .context = &calls};
    parcel_init(&m);
    m.records = kw_bytes_of("r", 1);
    kw_writer w = writer();
    assert_status(kw_message_json_with(&parcel_message, 3, &m, &options, &w), KW_OK);
    char want[64];
    snprintf(want, sizeof want, "\"records\":1\"%s\",", parcel_message.type->name);
    assert_non_null(strstr(finish(&w), want));
    m.records.len = -1;
    w = writer();
    assert_status(kw_message_json_with(&parcel_message, 3, &m, &options, &w), KW_OK);
    assert_non_null(strstr(finish(&w), "\"records\":null"));
    assert_int_equal(calls, 1);
}

static void version_that_does_not_exist_is_refused(void **state)
{
    (void)state;
    parcel m;
    parcel_init(&m);
    for (int16_t version = -1; version <= 4; version = (int16_t)(version + 5)) {
        kw_writer w = writer();
        assert_status(kw_message_json(&parcel_message, version, &m, &w), KW_ERR_VERSION);
    }
}

static void small_buffer_reports_the_size_needed(void **state)
{
    (void)state;
    full_parcel f;
    fill_version_3(&f);
    size_t size = strlen(json_of(&f.value, 3));
    char small[16];
    kw_writer w;
    kw_writer_init(&w, small, sizeof small);
    assert_status(kw_message_json(&parcel_message, 3, &f.value, &w), KW_ERR_SPACE);
    assert_int_equal(kw_writer_needed(&w), size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(strings_are_escaped_as_java_does),
        TEST(utf8_goes_through_as_it_is),
        TEST(broken_utf8_is_replaced_as_java_does),
        TEST(whole_message_of_version_0),
        TEST(whole_message_of_version_3),
        TEST(defaults_of_version_3),
        TEST(tagged_struct_with_unknown_tags_only_is_shown),
        TEST(base64_of_each_length),
        TEST(integers_at_their_bounds),
        TEST(floats_are_short_and_exact),
        TEST(floats_that_are_no_numbers_are_strings),
        TEST(floats_read_back_as_they_were),
        TEST(floats_do_not_follow_the_locale),
        TEST(value_that_the_version_lacks_is_refused),
        TEST(unknown_tags_are_counted_and_shown_if_asked_for),
        TEST(records_are_what_the_caller_writes),
        TEST(version_that_does_not_exist_is_refused),
        TEST(small_buffer_reports_the_size_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
