/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <kwire/message.h>

/* ---- counts of arrays ---- */

static void array_counts(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        bool compact;
        int32_t count;
    } cases[] = {
        {"00000000", false, 0},
        {"00000002 0102030405060708", false, 2},
        {"ffffffff", false, -1},
        {"80000000", false, -1},
        {"01", true, 0},
        {"03 0102030405060708", true, 2},
        {"8300 0102030405060708", true, 2},
        {"00", true, -1},
    };
    static int32_t (*const readers[2][2])(kw_reader *, size_t) = {
        {kw_read_array, kw_read_nullable_array}, {kw_read_compact_array, kw_read_compact_nullable_array}};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (int nullable = cases[i].count < 0; nullable < 2; nullable++) {
            kw_reader r = reading(cases[i].hex);
            kw_reader any = r;
            int32_t n = readers[cases[i].compact][nullable](&r, 4);
            assert_int_equal(n, cases[i].count);
            assert_int_equal(kw_reader_remaining(&r), n > 0 ? 8 : 0);
            assert_int_equal(kw_read_any_array(&any, 4, cases[i].compact, nullable != 0), cases[i].count);
            assert_ptr_equal(any.pos, r.pos);
        }
}

static void a_count_is_compared_with_the_bytes_left(void **state)
{
    (void)state;
    for (uint32_t count = 0; count < 300; count++)
        for (size_t min_size = 1; min_size <= 5; min_size += 2)
            for (size_t less = 0; less < 2 && less <= count; less++) {
                size_t prefix = count + 1 < 128 ? 1 : 2;
                size_t size = prefix + count * min_size - less;
                uint8_t *p = given_size(size);
                kw_writer w;
                kw_writer_init(&w, p, size);
                kw_write_unsigned_varint(&w, count + 1);
                kw_reader r;
                kw_reader_init(&r, p, size);
                int32_t n = kw_read_compact_array(&r, min_size);
                assert_int_equal(n, less == 0 ? (int32_t)count : 0);
                assert_status(r.status, less == 0 ? KW_OK : KW_ERR_COUNT);
                assert_int_equal(kw_reader_offset(&r), less == 0 ? prefix : 0);
            }
}

static void a_partial_input_has_one_element_more_than_fits(void **state)
{
    (void)state;
    kw_reader r = reading("000003e8 00000001 00000002 0000");
    r.flags |= KW_READ_PARTIAL;
    int32_t n = kw_read_array(&r, 4);
    assert_int_equal(n, 3);
    int32_t sum = 0;
    for (int32_t i = 0; i < n; i++)
        sum += kw_read_int32(&r);
    assert_int_equal(sum, 3);
    assert_status(r.status, KW_ERR_TRUNCATED);
    assert_int_equal(r.error_at, 12);

    r = reading("e907");
    r.flags |= KW_READ_PARTIAL;
    assert_int_equal(kw_read_compact_array(&r, 4), 1);
    r = reading("ffffffff0f 00000000"); /* Q40: more than INT32_MAX is not a valid count */
    r.flags |= KW_READ_PARTIAL;
    assert_int_equal(kw_read_compact_array(&r, 1), 0);
    assert_status(r.status, KW_ERR_COUNT);
}

static void a_count_has_a_limit_for_any_input(void **state)
{
    (void)state;
    for (int compact = 0; compact < 2; compact++)
        for (int32_t more = 0; more < 2; more++)
            for (uint32_t flags = 0; flags <= KW_READ_PARTIAL; flags++) {
                size_t prefix = compact ? 3 : 4;
                size_t size = prefix + KW_MAX_ARRAY + 1;
                uint8_t *p = given_size(size);
                kw_writer w;
                kw_writer_init(&w, p, size);
                if (compact)
                    kw_write_unsigned_varint(&w, (uint32_t)(KW_MAX_ARRAY + more + 1));
                else
                    kw_write_int32(&w, KW_MAX_ARRAY + more);
                kw_reader r;
                kw_reader_init(&r, p, size);
                r.flags = flags;
                assert_int_equal(kw_read_any_array(&r, 1, compact != 0, false), more ? 0 : KW_MAX_ARRAY);
                assert_status(r.status, more ? KW_ERR_COUNT_LIMIT : KW_OK);
                assert_int_equal(kw_reader_offset(&r), more ? 0 : prefix);

                /* Without the bytes, their lack is reported first, unless there may be more of them. */
                kw_reader_init(&r, p, prefix + 1);
                r.flags = flags;
                int32_t n = kw_read_any_array(&r, 1, compact != 0, false);
                if (flags == 0)
                    assert_status(r.status, KW_ERR_COUNT);
                else
                    assert_status(r.status, more ? KW_ERR_COUNT_LIMIT : KW_OK);
                assert_int_equal(n, flags == 0 || more ? 0 : 2);
            }
}

static void tagged_fields_have_a_limit_for_any_input(void **state)
{
    (void)state;
    for (uint32_t more = 0; more < 2; more++)
        for (uint32_t flags = 0; flags <= KW_READ_PARTIAL; flags++) {
            size_t size = 2 + 2 * (KW_MAX_TAGS + 1);
            uint8_t *p = given_size(size);
            memset(p, 0, size);
            kw_writer w;
            kw_writer_init(&w, p, size);
            kw_write_unsigned_varint(&w, KW_MAX_TAGS + more);
            kw_reader r;
            kw_reader_init(&r, p, size);
            r.flags = flags;
            uint32_t found = 0;
            kw_tag_reader t;
            for (kw_tag_reader_init(&t, &r); kw_tag_reader_next(&t);)
                found++;
            assert_int_equal(found, more ? 0 : KW_MAX_TAGS);
            assert_status(r.status, more ? KW_ERR_COUNT_LIMIT : KW_OK);
            assert_int_equal(r.error_at, 0);
        }
}

/* ---- arrays of primitives ---- */

#define KIND(name)                                                                                         \
    static void read_##name(kw_reader *r, kw_arena *arena, bool compact, bool nullable, kw_any_array *out) \
    {                                                                                                      \
        kw_##name##_array v;                                                                               \
        memset(&v, 0xee, sizeof v);                                                                        \
        kw_read_##name##_array(r, arena, compact, nullable, &v);                                           \
        out->items = v.items;                                                                              \
        out->len = v.len;                                                                                  \
    }                                                                                                      \
    static void write_##name(kw_writer *w, kw_any_array array, bool compact, bool nullable)                \
    {                                                                                                      \
        kw_##name##_array v = {array.items, array.len};                                                    \
        kw_write_##name##_array(w, v, compact, nullable);                                                  \
    }
KIND(bool)
KIND(int8)
KIND(int16)
KIND(uint16)
KIND(int32)
KIND(uint32)
KIND(int64)
KIND(float64)
KIND(uuid)
KIND(string)
KIND(bytes)
#undef KIND

static const bool bools[] = {true, false, true};
static const int8_t int8s[] = {1, INT8_MIN, -1};
static const int16_t int16s[] = {0x102, INT16_MIN, -2};
static const uint16_t uint16s[] = {0x102, 0x8000, 0xfffe};
static const int32_t int32s[] = {0x1020304, INT32_MIN, -2};
static const uint32_t uint32s[] = {0x1020304, 0x80000000, 0xfffffffe};
static const int64_t int64s[] = {0x102030405060708, INT64_MIN, -2};
static const double float64s[] = {1.0, -2.5, 0.0};
static const kw_uuid uuids[] = {{{1}}, {{0, 0, 2}}, {{3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4}}};

/* Three items of each kind; strings and bytes start with their length, compact in the second column. */
static const struct kind {
    void (*read)(kw_reader *r, kw_arena *arena, bool compact, bool nullable, kw_any_array *out);
    void (*write)(kw_writer *w, kw_any_array array, bool compact, bool nullable);
    size_t wire_size; /* of one item; 0: it varies */
    const void *items;
    size_t items_size;
    const char *hex[2];
} kinds[] = {
    {read_bool, write_bool, 1, bools, sizeof bools, {"01 00 01", NULL}},
    {read_int8, write_int8, 1, int8s, sizeof int8s, {"01 80 ff", NULL}},
    {read_int16, write_int16, 2, int16s, sizeof int16s, {"0102 8000 fffe", NULL}},
    {read_uint16, write_uint16, 2, uint16s, sizeof uint16s, {"0102 8000 fffe", NULL}},
    {read_int32, write_int32, 4, int32s, sizeof int32s, {"01020304 80000000 fffffffe", NULL}},
    {read_uint32, write_uint32, 4, uint32s, sizeof uint32s, {"01020304 80000000 fffffffe", NULL}},
    {read_int64, write_int64, 8, int64s, sizeof int64s, {"0102030405060708 8000000000000000 fffffffffffffffe", NULL}},
    {read_float64,
     write_float64,
     8,
     float64s,
     sizeof float64s,
     {"3ff0000000000000 c004000000000000 0000000000000000", NULL}},
    {read_uuid,
     write_uuid,
     16,
     uuids,
     sizeof uuids,
     {"01000000000000000000000000000000 00000200000000000000000000000000 03000000000000000000000000000004", NULL}},
    {read_string, write_string, 0, NULL, 0, {"0002 6162 0000 0001 63", "03 6162 01 02 63"}},
    {read_bytes, write_bytes, 0, NULL, 0, {"00000002 6162 00000000 00000001 63", "03 6162 01 02 63"}},
};

static kw_bytes encoding_of(const struct kind *kind, bool compact)
{
    char text[160];
    (void)snprintf(text, sizeof text, "%s %s", compact ? "04" : "00000003",
                   kind->hex[compact && kind->hex[1] != NULL ? 1 : 0]);
    return given(text);
}

static kw_arena arena_of(size_t size)
{
    kw_arena arena;
    kw_arena_init(&arena, given_size(size), size);
    return arena;
}

static void arrays_of_three(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        for (int how = 0; how < 4; how++) {
            bool compact = (how & 1) != 0, nullable = (how & 2) != 0;
            kw_bytes input = encoding_of(&kinds[i], compact);
            kw_arena arena = arena_of(256);
            kw_reader r = reader_of(input);
            kw_any_array array;
            kinds[i].read(&r, &arena, compact, nullable, &array);
            assert_status(kw_reader_end(&r), KW_OK);
            assert_int_equal(array.len, 3);
            if (kinds[i].items != NULL)
                assert_memory_equal(array.items, kinds[i].items, kinds[i].items_size);

            uint8_t buffer[160];
            kw_writer w;
            kw_writer_init(&w, buffer, sizeof buffer);
            kinds[i].write(&w, array, compact, nullable);
            assert_status(w.status, KW_OK);
            check_bytes(buffer, kw_writer_needed(&w), input, __FILE__, __LINE__);
        }
}

static void items_of_views(void **state)
{
    (void)state;
    for (int compact = 0; compact < 2; compact++) {
        kw_arena arena = arena_of(128);
        kw_string_array strings;
        kw_reader r = reader_of(encoding_of(&kinds[9], compact != 0));
        kw_read_string_array(&r, &arena, compact != 0, false, &strings);
        assert_text(strings.items[0], "ab");
        assert_text(strings.items[1], "");
        assert_text(strings.items[2], "c");
        kw_bytes_array fields;
        kw_arena_reset(&arena);
        r = reader_of(encoding_of(&kinds[10], compact != 0));
        kw_read_bytes_array(&r, &arena, compact != 0, false, &fields);
        assert_bytes(fields.items[0].data, (size_t)fields.items[0].len, "6162");
        assert_int_equal(fields.items[1].len, 0);
        assert_bytes(fields.items[2].data, (size_t)fields.items[2].len, "63");
    }
}

static void null_and_empty_arrays(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        bool compact;
        int32_t len;
    } cases[] = {{"ffffffff", false, -1}, {"00000000", false, 0}, {"00", true, -1}, {"01", true, 0}};
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        for (size_t j = 0; j < COUNT_OF(cases); j++) {
            kw_arena arena = arena_of(0); /* takes no memory */
            kw_reader r = reading(cases[j].hex);
            kw_any_array array;
            kinds[i].read(&r, &arena, cases[j].compact, true, &array);
            assert_status(kw_reader_end(&r), KW_OK);
            assert_int_equal(array.len, cases[j].len);
            assert_null(array.items);
            uint8_t buffer[8];
            kw_writer w;
            kw_writer_init(&w, buffer, sizeof buffer);
            kinds[i].write(&w, array, cases[j].compact, true);
            assert_written(&w, cases[j].hex);

            bool is_null = cases[j].len < 0;
            r = reading(cases[j].hex);
            kinds[i].read(&r, &arena, cases[j].compact, false, &array);
            assert_status(kw_reader_end(&r), is_null ? KW_ERR_NULL : KW_OK);
            assert_int_equal(array.len, 0);
            array.len = cases[j].len;
            kw_writer_reset(&w);
            kinds[i].write(&w, array, cases[j].compact, false);
            assert_status(w.status, is_null ? KW_ERR_NULL : KW_OK);
        }
}

static void arrays_cut_short(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        for (int compact = 0; compact < 2; compact++) {
            kw_bytes whole = encoding_of(&kinds[i], compact != 0);
            size_t prefix = compact ? 1 : 4;
            for (size_t size = 0; size < (size_t)whole.len; size++) {
                kw_bytes input = given_prefix(whole, size);
                kw_arena arena = arena_of(256);
                kw_reader r = reader_of(input);
                kw_any_array array;
                kinds[i].read(&r, &arena, compact != 0, false, &array);
                assert_true(array.len >= 0 && array.len < 3);
                if (size < prefix)
                    assert_refused(&r, input, KW_ERR_TRUNCATED, 0);
                else if (kinds[i].wire_size != 0)
                    assert_refused(&r, input, KW_ERR_COUNT, 0);
                else
                    assert_true(r.status == KW_ERR_COUNT || r.status == KW_ERR_TRUNCATED || r.status == KW_ERR_LENGTH);
            }
        }
}

/* A capture with only the start of the message: all complete items, and TRUNCATED where the next one starts. */
/* No element is available, so no memory is needed. */
static void partial_array_without_elements_needs_no_arena(void **state)
{
    (void)state;
    kw_reader r = reading("00000002 0000");
    r.flags |= KW_READ_PARTIAL;
    kw_arena arena;
    kw_arena_init(&arena, NULL, 0);
    kw_int64_array array;
    kw_read_int64_array(&r, &arena, false, false, &array);
    assert_int_equal(array.len, 0);
    assert_status(r.status, KW_ERR_TRUNCATED);
    assert_int_equal(r.error_at, 4);
}

static void partial_arrays_keep_complete_items(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        for (int compact = 0; compact < 2; compact++) {
            kw_bytes whole = encoding_of(&kinds[i], compact != 0);
            size_t prefix = compact ? 1 : 4;
            int32_t seen = 0;
            for (size_t size = prefix; size < (size_t)whole.len; size++) {
                kw_bytes input = given_prefix(whole, size);
                kw_arena arena = arena_of(256);
                kw_reader r = reader_of(input);
                r.flags |= KW_READ_PARTIAL;
                kw_any_array array;
                kinds[i].read(&r, &arena, compact != 0, true, &array);
                assert_true(array.len >= seen && array.len < 3);
                seen = array.len;
                if (kinds[i].wire_size != 0) {
                    size_t fit = (size - prefix) / kinds[i].wire_size;
                    assert_int_equal(array.len, fit);
                    assert_refused(&r, input, KW_ERR_TRUNCATED, prefix + fit * kinds[i].wire_size);
                    assert_memory_equal(array.items, kinds[i].items, fit * (kinds[i].items_size / 3));
                } else {
                    assert_true(r.status == KW_ERR_TRUNCATED || r.status == KW_ERR_LENGTH);
                    assert_true(kw_reader_offset(&r) >= prefix);
                }
            }
            assert_int_equal(seen, 2);
        }
}

/* Q43: elements are never null. */
static void items_that_cannot_be_read(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        bool compact;
        kw_status status;
        size_t at;
        int32_t len;
    } cases[] = {
        {"00000002 0001 61 ffff", false, KW_ERR_NULL, 7, 1},
        {"00000002 0005 61 0000", false, KW_ERR_LENGTH, 4, 0},
        {"03 02 61 00", true, KW_ERR_NULL, 3, 1},
        {"03 02 61 05 62", true, KW_ERR_LENGTH, 3, 1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kw_arena arena = arena_of(64);
        kw_bytes input = given(cases[i].hex);
        kw_reader r = reader_of(input);
        kw_string_array strings;
        kw_read_string_array(&r, &arena, cases[i].compact, false, &strings);
        assert_refused(&r, input, cases[i].status, cases[i].at);
        assert_int_equal(strings.len, cases[i].len);
        if (!cases[i].compact)
            continue;
        r = reader_of(input); /* compact bytes have the same form */
        kw_bytes_array fields;
        kw_arena_reset(&arena);
        kw_read_bytes_array(&r, &arena, true, false, &fields);
        assert_refused(&r, input, cases[i].status, cases[i].at);
        assert_int_equal(fields.len, cases[i].len);
    }
}

static void arrays_that_do_not_fit_in_the_arena(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        kw_arena arena = arena_of(0);
        kw_reader r = reader_of(encoding_of(&kinds[i], true));
        kw_any_array array;
        kinds[i].read(&r, &arena, true, false, &array);
        assert_status(r.status, KW_ERR_NO_MEMORY);
        assert_int_equal(array.len, 0);
        assert_null(array.items);

        struct test_memory memory;
        kw_arena_init_growing(&arena, NULL, 0, test_memory_init(&memory), 8);
        r = reader_of(encoding_of(&kinds[i], true));
        kinds[i].read(&r, &arena, true, false, &array);
        assert_status(r.status, KW_ERR_MEMORY_LIMIT);
        assert_int_equal(memory.calls, 0);
    }
}

static void nothing_is_read_after_an_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        kw_arena arena = arena_of(256);
        kw_reader r = reader_of(encoding_of(&kinds[i], true));
        (void)kw_reader_fail(&r, KW_ERR_ARGUMENT);
        kw_any_array array;
        kinds[i].read(&r, &arena, true, true, &array);
        assert_status(r.status, KW_ERR_ARGUMENT);
        assert_int_equal(array.len, 0);
        assert_int_equal(kw_reader_offset(&r), 0);
        assert_int_equal(kw_arena_used(&arena), 0);
    }
}

/* ---- memory for structs ---- */

static void memory_for_structs(void **state)
{
    (void)state;
    kw_arena arena;
    kw_arena_init(&arena, given_size(79), 79);
    kw_reader r = reading("00");
    int32_t len = 2;
    assert_non_null(kw_read_items(&r, &arena, &len, 16));
    assert_int_equal(len, 2);
    assert_non_null(kw_read_place(&r, &arena, 8));
    for (len = -1; len <= 0; len++) {
        int32_t kept = len;
        assert_null(kw_read_items(&r, &arena, &kept, 16));
        assert_int_equal(kept, len);
    }
    assert_true(kw_reader_ok(&r));
    kw_reader again = r;
    len = 3;
    assert_null(kw_read_items(&r, &arena, &len, 16));
    assert_int_equal(len, 0);
    assert_status(r.status, KW_ERR_NO_MEMORY);
    assert_null(kw_read_place(&again, &arena, 80));
    assert_status(again.status, KW_ERR_NO_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(array_counts),
        TEST(a_count_is_compared_with_the_bytes_left),
        TEST(a_partial_input_has_one_element_more_than_fits),
        TEST(a_count_has_a_limit_for_any_input),
        TEST(tagged_fields_have_a_limit_for_any_input),
        TEST(arrays_of_three),
        TEST(items_of_views),
        TEST(null_and_empty_arrays),
        TEST(arrays_cut_short),
        TEST(partial_arrays_keep_complete_items),
        TEST(partial_array_without_elements_needs_no_arena),
        TEST(items_that_cannot_be_read),
        TEST(arrays_that_do_not_fit_in_the_arena),
        TEST(nothing_is_read_after_an_error),
        TEST(memory_for_structs),
    };
    return cmocka_run_group_tests_name("arrays", tests, NULL, NULL);
}
