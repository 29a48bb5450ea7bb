/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <kwire/storage/meta_properties.h>
#include <kwire/storage/properties.h>

static uint64_t block[512];
static char written[512];

static kw_arena fresh_arena(void)
{
    kw_arena arena;
    kw_arena_init(&arena, block, sizeof block);
    return arena;
}

/* ---- properties ---- */

static void check_property(kw_properties *p, const char *key, const char *value)
{
    kw_string k;
    kw_string v;
    assert_true(kw_properties_next(p, &k, &v));
    assert_true(kw_string_equal(k, kw_string_of(key)));
    assert_true(kw_string_equal(v, kw_string_of(value)));
}

static void test_properties(void **state)
{
    (void)state;
    kw_arena arena = fresh_arena();
    kw_properties p;
    kw_string k;
    kw_string v;
    kw_properties_init(&p,
                       kw_string_of("# a comment\n ! another = one\n\n"
                                    "a=1\n  b = 2 \r\nc:3\rd 4\ne\n=f\ng=h=i\\\n   j\\\\\n"
                                    "k\\ l\\=m=\\t\\u00e9\\u20ac\\x\\n\nz=end\\"),
                       &arena);
    check_property(&p, "a", "1");
    check_property(&p, "b", "2 ");
    check_property(&p, "c", "3");
    check_property(&p, "d", "4");
    check_property(&p, "e", "");
    check_property(&p, "", "f");
    check_property(&p, "g", "h=ij\\");
    check_property(&p, "k l=m", "\t\xc3\xa9\xe2\x82\xacx\n");
    check_property(&p, "z", "end");
    assert_false(kw_properties_next(&p, &k, &v));
    assert_status(p.status, KW_OK);
}

static void test_bad_properties(void **state)
{
    (void)state;
    kw_arena arena = fresh_arena();
    kw_properties p;
    kw_string k;
    kw_string v;
    kw_properties_init(&p, kw_string_of("a=1\nb=\\u12g4\nc=3"), &arena);
    check_property(&p, "a", "1");
    assert_false(kw_properties_next(&p, &k, &v));
    assert_status(p.status, KW_ERR_FILE_FORMAT);
    assert_int_equal(p.error_at, 6);
    assert_false(kw_properties_next(&p, &k, &v));

    kw_arena_init(&arena, NULL, 0);
    kw_properties_init(&p, kw_string_of("a=\\ "), &arena);
    assert_false(kw_properties_next(&p, &k, &v));
    assert_status(p.status, KW_ERR_NO_MEMORY);
}

/* Lines end as in Java, and a property's line is its first. */
static void test_lines(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        const char *value;
        int32_t line;
        size_t at;
    } wanted[] = {{"a", "1", 2, 3}, {"b", "23", 3, 7}, {"c", "4", 6, 19}, {"d", "", 7, 24}};
    kw_arena arena = fresh_arena();
    kw_properties p;
    kw_string key;
    kw_string value;
    kw_properties_init(&p, kw_string_of("#\r\na=1\rb=2\\\r\n  3\n\r\nc=4\n d"), &arena);
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        assert_true(kw_properties_next(&p, &key, &value));
        assert_true(kw_string_equal(key, kw_string_of(wanted[i].key)));
        assert_true(kw_string_equal(value, kw_string_of(wanted[i].value)));
        assert_int_equal(p.line, wanted[i].line);
        assert_int_equal(p.at, wanted[i].at);
    }
    assert_false(kw_properties_next(&p, &key, &value));
}

static void test_write_property(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        const char *value;
        const char *line;
    } cases[] = {
        {"a", "b", "a=b\n"},
        {"", "", "=\n"},
        {"a b", "  c d ", "a\\ b=\\  c d \n"},
        {"#a!", "=:#!", "\\#a\\!=\\=\\:\\#\\!\n"},
        {"\t\n", "\r\f\\", "\\t\\n=\\r\\f\\\\\n"},
        {"\xc3\xa9", "\xf0\x9f\x98\x80", "\xc3\xa9=\xf0\x9f\x98\x80\n"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kw_arena arena = fresh_arena();
        kw_properties p;
        kw_writer w;
        kw_writer_init(&w, written, sizeof written);
        assert_status(kw_property_write(&w, kw_string_of(cases[i].key), kw_string_of(cases[i].value)), KW_OK);
        kw_span s = kw_writer_data(&w);
        kw_string text = {s.data, (int32_t)s.size};
        assert_true(kw_string_equal(text, kw_string_of(cases[i].line)));
        kw_properties_init(&p, text, &arena);
        check_property(&p, cases[i].key, cases[i].value);
    }
}

/* ---- meta.properties ---- */

static const char good_meta[] = "#\n#Sat Nov 21 09:31:31 UTC 2026\nnode.id=1\ndirectory.id=Yk4SPvywTOu7bg29-fvagA\n"
                                "version=1\ncluster.id=kw1reKw1reKw1reKw1reKQ\nother=x\n";

static void test_meta_properties(void **state)
{
    (void)state;
    kw_arena arena = fresh_arena();
    kw_meta_properties m;
    kw_property_error error;
    assert_status(kw_meta_properties_parse(&m, kw_string_of(good_meta), &arena, &error), KW_OK);
    assert_int_equal(m.version, 1);
    assert_int_equal(m.node_id, 1);
    assert_true(kw_string_equal(m.cluster_id, kw_string_of("kw1reKw1reKw1reKw1reKQ")));
    char id[23];
    kw_uuid_format(m.directory_id, id);
    assert_string_equal(id, "Yk4SPvywTOu7bg29-fvagA");
}

/* Below this frame, where the next call has its own. */
static void spoil_stack(void)
{
    volatile unsigned char bytes[4096];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = 0xa5;
}

static void test_meta_properties_as_kafka_reads_them(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int32_t version;
        int32_t node_id;
        const char *cluster_id;
        const char *directory_id;
    } cases[] = {
        {"version=0\nbroker.id=7\n", 0, 7, NULL, "AAAAAAAAAAAAAAAAAAAAAA"},
        {"broker.id=7\nnode.id=8\ncluster.id=x", 0, 7, "x", "AAAAAAAAAAAAAAAAAAAAAA"},
        {"", 0, -1, NULL, "AAAAAAAAAAAAAAAAAAAAAA"},
        {"version= 1 \nnode.id=+3\ncluster.id=\\u0041b\\\n c \n", 1, 3, "Abc ", "AAAAAAAAAAAAAAAAAAAAAA"},
        {"version=x\rnode.id=4\rcluster.id=a\rversion=1", 1, 4, "a", "AAAAAAAAAAAAAAAAAAAAAA"},
        /* A UUID with hyphens is a cluster id like any other text. */
        {"version=1\nnode.id=0\ncluster.id=9f6a1c3e-2b4d-4f5a-8c7e-0123456789ab", 1, 0,
         "9f6a1c3e-2b4d-4f5a-8c7e-0123456789ab", "AAAAAAAAAAAAAAAAAAAAAA"},
        {"version=1\nnode.id=0\ncluster.id=x\ndirectory.id=Yk4SPvywTOu7bg29-fvagB", 1, 0, "x",
         "Yk4SPvywTOu7bg29-fvagA"},
        {"version=1\nnode.id=0\ncluster.id=x\ndirectory.id=Yk4SPvywTOu7bg29-fvagA==", 1, 0, "x",
         "Yk4SPvywTOu7bg29-fvagA"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kw_arena arena = fresh_arena();
        kw_meta_properties m;
        kw_property_error error;
        char id[23];
        spoil_stack();
        assert_status(kw_meta_properties_parse(&m, kw_string_of(cases[i].text), &arena, &error), KW_OK);
        assert_int_equal(m.version, cases[i].version);
        assert_int_equal(m.node_id, cases[i].node_id);
        assert_true(kw_string_equal(m.cluster_id, kw_string_of(cases[i].cluster_id)));
        assert_int_equal(m.cluster_id.data == NULL, cases[i].cluster_id == NULL); /* no bytes of chance */
        kw_uuid_format(m.directory_id, id);
        assert_string_equal(id, cases[i].directory_id);
    }
}

static const struct {
    const char *text;
    kw_status status;
    size_t at;
    int32_t line;
    const char *key;
    const char *value;
} bad_meta[] = {
    {"version=2\n", KW_ERR_VERSION, 0, 1, "version", "2"},
    {"#\nversion=one\n", KW_ERR_FILE_FORMAT, 2, 2, "version", "one"},
    {"version=1\nnode.id=-1\n", KW_ERR_FILE_FORMAT, 10, 2, "node.id", "-1"},
    {"version=1\n\nnode.id=1x\n", KW_ERR_FILE_FORMAT, 11, 3, "node.id", "1x"},
    {"version=1\nnode.id=1 \n", KW_ERR_FILE_FORMAT, 10, 2, "node.id", "1 "},
    {"version=1\nnode.id=2147483648\n", KW_ERR_FILE_FORMAT, 10, 2, "node.id", "2147483648"},
    {"version=1\nbroker.id=1\n", KW_ERR_FILE_FORMAT, 22, 0, "node.id", NULL},
    {"version=1\nnode.id=1\n", KW_ERR_FILE_FORMAT, 20, 0, "cluster.id", NULL},
    {"broker.id=\n", KW_ERR_FILE_FORMAT, 0, 1, "broker.id", ""},
    {"version=1\nnode.id=1\ncluster.id=a\ndirectory.id=9f6a1c3e-2b4d-4f5a-8c7e-0123456789ab", KW_ERR_FILE_FORMAT, 33, 4,
     "directory.id", "9f6a1c3e-2b4d-4f5a-8c7e-0123456789ab"},
    {"directory.id=Yk4SPvywTOu7bg29+fvagA\n", KW_ERR_FILE_FORMAT, 0, 1, "directory.id", "Yk4SPvywTOu7bg29+fvagA"},
    {"version=1\na=\\u1\n", KW_ERR_FILE_FORMAT, 12, 2, NULL, NULL},
};

static void test_bad_meta_properties(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad_meta); i++) {
        kw_arena arena = fresh_arena();
        kw_meta_properties m;
        kw_property_error error;
        kw_string text = kw_string_of(bad_meta[i].text);
        kw_bytes input = kw_bytes_of_string(text);
        kw_status status = kw_meta_properties_parse(&m, text, &arena, &error);
        check_refused(status, error.at, input, bad_meta[i].status, bad_meta[i].at, __FILE__, __LINE__);
        assert_int_equal(error.line, bad_meta[i].line);
        assert_true(kw_string_equal(kw_string_of(error.key), kw_string_of(bad_meta[i].key)));
        assert_true(kw_string_equal(error.value, kw_string_of(bad_meta[i].value)));
        assert_true(error.expected != NULL && strlen(error.expected) > 5);
    }
}

static void test_write_meta_properties(void **state)
{
    (void)state;
    static const struct {
        int64_t time;
        const char *date;
    } dates[] = {{0, "Thu Jan 01 00:00:00 UTC 1970"},
                 {INT64_C(951782399999), "Mon Feb 28 23:59:59 UTC 2000"},
                 {INT64_C(951782400000), "Tue Feb 29 00:00:00 UTC 2000"},
                 {INT64_C(1795934151123), "Sun Nov 29 06:35:51 UTC 2026"},
                 {INT64_C(4107542400000), "Mon Mar 01 00:00:00 UTC 2100"},
                 {INT64_C(253402300799999), "Fri Dec 31 23:59:59 UTC 9999"}};
    kw_meta_properties m = {1, 1, kw_string_of("a b"), {{1}}};
    kw_writer w;
    for (size_t i = 0; i < COUNT_OF(dates); i++) {
        kw_writer_init(&w, written, sizeof written);
        assert_status(kw_meta_properties_write(&w, &m, dates[i].time), KW_OK);
        kw_span s = kw_writer_data(&w);
        assert_memory_equal(s.data, "#\n#", 3);
        assert_memory_equal((const char *)s.data + 3, dates[i].date, strlen(dates[i].date));
    }
    for (size_t size = 0; size < kw_writer_needed(&w); size += 7) {
        kw_writer small;
        kw_writer_init(&small, (void *)(uintptr_t)given_size(size), size);
        assert_status(kw_meta_properties_write(&small, &m, 0), KW_ERR_SPACE);
        assert_int_equal(kw_writer_needed(&small), kw_writer_needed(&w));
    }
}

static void test_write_bad_meta_properties(void **state)
{
    (void)state;
    static const int64_t times[] = {-1, INT64_C(253402300800000)};
    const kw_meta_properties good = {1, 1, kw_string_of("x"), {{0}}};
    const kw_meta_properties bad[] = {{2, 1, kw_string_of("x"), {{0}}},
                                      {-1, 1, kw_string_of("x"), {{0}}},
                                      {1, -1, kw_string_of("x"), {{0}}},
                                      {1, 1, kw_string_of(NULL), {{0}}},
                                      {0, -2, kw_string_of("x"), {{0}}}};
    kw_writer w;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        kw_writer_init(&w, written, sizeof written);
        assert_status(kw_meta_properties_write(&w, &bad[i], 0), KW_ERR_ARGUMENT);
    }
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        kw_writer_init(&w, written, sizeof written);
        assert_status(kw_meta_properties_write(&w, &good, times[i]), KW_ERR_ARGUMENT);
    }
}

/* Damaged texts are read or refused, without a read outside of them. */
static void test_damaged(void **state)
{
    (void)state;
    static const char *const texts[] = {good_meta, "a\\u0041=\\\r\n b\\ud83d\\ude00\\"};
    for (size_t t = 0; t < COUNT_OF(texts); t++) {
        size_t size = strlen(texts[t]);
        for (size_t n = 0; n < size * 9; n++) {
            size_t kept = n < size ? n : size;
            char *copy = memcpy((char *)(uintptr_t)given_size(kept), texts[t], kept);
            if (n >= size)
                copy[(n - size) / 8] ^= (char)(1 << (n - size) % 8);
            kw_arena arena = fresh_arena();
            kw_meta_properties m;
            kw_property_error error;
            const kw_string text = {copy, (int32_t)kept};
            kw_status status = kw_meta_properties_parse(&m, text, &arena, &error);
            assert_true(error.at <= kept && (status == KW_OK) == (error.expected == NULL));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_properties),
        TEST(test_bad_properties),
        TEST(test_lines),
        TEST(test_write_property),
        TEST(test_meta_properties),
        TEST(test_meta_properties_as_kafka_reads_them),
        TEST(test_bad_meta_properties),
        TEST(test_write_meta_properties),
        TEST(test_write_bad_meta_properties),
        TEST(test_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
