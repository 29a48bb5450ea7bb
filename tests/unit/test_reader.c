/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE /* mmap */
#include "support.h"

#include <sys/mman.h>

/* Every primitive as a function that only reads, for tables. */
#define AS(name)                        \
    static void as_##name(kw_reader *r) \
    {                                   \
        (void)kw_read_##name(r);        \
    }
AS(boolean)
AS(int8)
AS(int16)
AS(uint16)
AS(int32)
AS(uint32)
AS(int64)
AS(float64)
AS(uuid)
AS(unsigned_varint)
AS(unsigned_varlong)
AS(varint)
AS(varlong)
AS(string)
AS(nullable_string)
AS(compact_string)
AS(compact_nullable_string)
AS(bytes)
AS(nullable_bytes)
AS(compact_bytes)
AS(compact_nullable_bytes)
AS(records)
AS(compact_records)
AS(struct)
AS(tagged_struct)
#undef AS

static void as_raw_3(kw_reader *r)
{
    (void)kw_read_raw(r, 3);
}

/* An array of elements of at least 4 bytes. */
static void as_array(kw_reader *r)
{
    (void)kw_read_array(r, 4);
}
static void as_nullable_array(kw_reader *r)
{
    (void)kw_read_nullable_array(r, 4);
}
static void as_compact_array(kw_reader *r)
{
    (void)kw_read_compact_array(r, 4);
}
static void as_compact_nullable_array(kw_reader *r)
{
    (void)kw_read_compact_nullable_array(r, 4);
}

static void as_compact_array_of_bytes(kw_reader *r)
{
    (void)kw_read_compact_array(r, 1);
}

typedef void (*read_function)(kw_reader *r);

static const read_function all_reads[] = {
    as_boolean,
    as_int8,
    as_int16,
    as_uint16,
    as_int32,
    as_uint32,
    as_int64,
    as_float64,
    as_uuid,
    as_unsigned_varint,
    as_unsigned_varlong,
    as_varint,
    as_varlong,
    as_string,
    as_nullable_string,
    as_compact_string,
    as_compact_nullable_string,
    as_bytes,
    as_nullable_bytes,
    as_compact_bytes,
    as_compact_nullable_bytes,
    as_records,
    as_compact_records,
    as_struct,
    as_tagged_struct,
    as_raw_3,
    as_array,
    as_nullable_array,
    as_compact_array,
    as_compact_nullable_array,
    as_compact_array_of_bytes,
};

/* ---- values ---- */

#define assert_reads(name, hex, value)              \
    do {                                            \
        kw_reader r = reading(hex);                 \
        assert_true(kw_read_##name(&r) == (value)); \
        assert_status(kw_reader_end(&r), KW_OK);    \
    } while (0)

static void integers(void **state)
{
    (void)state;
    assert_reads(int8, "00", 0);
    assert_reads(int8, "7f", 127);
    assert_reads(int8, "80", -128);
    assert_reads(int8, "ff", -1);
    assert_reads(int16, "0102", 0x102);
    assert_reads(int16, "7fff", INT16_MAX);
    assert_reads(int16, "8000", INT16_MIN);
    assert_reads(uint16, "8000", 0x8000);
    assert_reads(uint16, "ffff", UINT16_MAX);
    assert_reads(int32, "01020304", 0x1020304);
    assert_reads(int32, "7fffffff", INT32_MAX);
    assert_reads(int32, "80000000", INT32_MIN);
    assert_reads(int32, "ffffffff", -1);
    assert_reads(uint32, "80000001", UINT32_C(0x80000001));
    assert_reads(uint32, "ffffffff", UINT32_MAX);
    assert_reads(int64, "0102030405060708", INT64_C(0x102030405060708));
    assert_reads(int64, "7fffffffffffffff", INT64_MAX);
    assert_reads(int64, "8000000000000000", INT64_MIN);
}

/* Q39: any byte but 0 is true. */
static void booleans(void **state)
{
    (void)state;
    assert_reads(boolean, "00", false);
    assert_reads(boolean, "01", true);
    assert_reads(boolean, "02", true);
    assert_reads(boolean, "ff", true);
}

/* Q38: IEEE 754, big-endian. */
static void floats(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        double value;
    } cases[] = {{"0000000000000000", 0.0},
                 {"3ff0000000000000", 1.0},
                 {"c00921fb54442d18", -3.141592653589793},
                 {"0000000000000001", 4.9406564584124654e-324},
                 {"7fefffffffffffff", 1.7976931348623157e308}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kw_reader r = reading(cases[i].hex);
        double value = kw_read_float64(&r);
        assert_memory_equal(&value, &cases[i].value, sizeof value);
    }
    kw_reader r = reading("8000000000000000 7ff8000000000001");
    double minus_zero = kw_read_float64(&r), nan = kw_read_float64(&r);
    uint64_t bits[2];
    memcpy(&bits[0], &minus_zero, 8);
    memcpy(&bits[1], &nan, 8);
    assert_true(bits[0] == UINT64_C(0x8000000000000000));
    assert_true(bits[1] == UINT64_C(0x7ff8000000000001));
}

/* Q37: the bytes as on the wire. */
static void uuids(void **state)
{
    (void)state;
    kw_reader r = reading("000102030405060708090a0b0c0d0e0f");
    kw_uuid u = kw_read_uuid(&r);
    assert_bytes(u.bytes, sizeof u.bytes, "000102030405060708090a0b0c0d0e0f");
    assert_status(kw_reader_end(&r), KW_OK);
    u = kw_read_uuid(&r);
    assert_true(kw_uuid_is_zero(u));
}

static void varints_of_every_length(void **state)
{
    (void)state;
    assert_reads(unsigned_varint, "00", 0);
    assert_reads(unsigned_varint, "7f", 127);
    assert_reads(unsigned_varint, "8001", 128);
    assert_reads(unsigned_varint, "ff7f", 16383);
    assert_reads(unsigned_varint, "808001", 16384);
    assert_reads(unsigned_varint, "ffff7f", 2097151);
    assert_reads(unsigned_varint, "80808001", 2097152);
    assert_reads(unsigned_varint, "ffffff7f", 268435455);
    assert_reads(unsigned_varint, "8080808001", 268435456);
    assert_reads(unsigned_varint, "ffffffff0f", UINT32_MAX);
    assert_reads(unsigned_varint, "8000", 0); /* longer than necessary, and valid */
    assert_reads(unsigned_varint, "ff80808000", 127);
    assert_reads(varint, "00", 0);
    assert_reads(varint, "01", -1);
    assert_reads(varint, "02", 1);
    assert_reads(varint, "03", -2);
    assert_reads(varint, "7f", -64);
    assert_reads(varint, "8001", 64);
    assert_reads(varint, "feffffff0f", INT32_MAX);
    assert_reads(varint, "ffffffff0f", INT32_MIN);
}

static void varlongs_of_every_length(void **state)
{
    (void)state;
    char text[32] = "";
    for (unsigned groups = 1; groups <= 9; groups++) { /* 7 bits each: all ones, then one more */
        uint64_t most = (UINT64_C(1) << (7 * groups)) - 1;
        (void)snprintf(text, sizeof text, "%.*s7f", (int)(2 * (groups - 1)), "ffffffffffffffff");
        assert_reads(unsigned_varlong, text, most);
        (void)snprintf(text, sizeof text, "%.*s01", (int)(2 * groups), "808080808080808080");
        assert_reads(unsigned_varlong, text, most + 1);
    }
    assert_reads(unsigned_varlong, "ffffffffffffffffff01", UINT64_MAX);
    assert_reads(varlong, "01", -1);
    assert_reads(varlong, "8080808010", INT64_C(0x80000000)); /* Q23: beyond 32 bits */
    assert_reads(varlong, "feffffffffffffffff01", INT64_MAX);
    assert_reads(varlong, "ffffffffffffffffff01", INT64_MIN);
}

static void strings(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        const char *text;
        bool compact, nullable; /* only read if nullable */
    } cases[] = {
        {"0000", "", false, false},  {"0003 666f6f", "foo", false, false},
        {"ffff", NULL, false, true}, {"8000", NULL, false, true}, /* any negative length is null, as in Kafka */
        {"01", "", true, false},     {"04 666f6f", "foo", true, false},
        {"00", NULL, true, true},    {"8400 666f6f", "foo", true, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kw_reader r = reading(cases[i].hex);
        kw_string s = cases[i].compact ? kw_read_compact_nullable_string(&r) : kw_read_nullable_string(&r);
        assert_status(kw_reader_end(&r), KW_OK);
        assert_text(s, cases[i].text);
        kw_reader any = reading(cases[i].hex);
        assert_text(kw_read_any_string(&any, cases[i].compact, true), cases[i].text);
        if (cases[i].nullable)
            continue;
        r = reading(cases[i].hex);
        s = cases[i].compact ? kw_read_compact_string(&r) : kw_read_string(&r);
        assert_status(kw_reader_end(&r), KW_OK);
        assert_text(s, cases[i].text);
        any = reading(cases[i].hex);
        assert_text(kw_read_any_string(&any, cases[i].compact, false), cases[i].text);
    }
}

/* Q7: compact lengths are N + 1. Q15: null and empty differ. */
static void byte_fields(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        int32_t len;
        bool compact, nullable;
    } cases[] = {
        {"00000000", 0, false, false}, {"00000003 fffefd", 3, false, false},
        {"ffffffff", -1, false, true}, {"80000000", -1, false, true},
        {"01", 0, true, false},        {"04 fffefd", 3, true, false},
        {"00", -1, true, true},        {"818000", 0, true, false},
    };
    static kw_bytes (*const readers[2][2])(kw_reader *) = {{kw_read_bytes, kw_read_nullable_bytes},
                                                           {kw_read_compact_bytes, kw_read_compact_nullable_bytes}};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (int nullable = cases[i].nullable; nullable < 2; nullable++) {
            kw_bytes got[3];
            kw_reader r = reading(cases[i].hex);
            got[0] = readers[cases[i].compact][nullable](&r);
            assert_status(kw_reader_end(&r), KW_OK);
            r = reading(cases[i].hex);
            got[1] = kw_read_any_bytes(&r, cases[i].compact, nullable != 0);
            r = reading(cases[i].hex);
            got[2] = cases[i].compact ? kw_read_compact_records(&r) : kw_read_records(&r);
            for (size_t j = 0; j < 3; j++) {
                assert_int_equal(got[j].len, cases[i].len);
                if (got[j].len > 0)
                    assert_memory_equal(got[j].data, "\xff\xfe\xfd", 3);
            }
        }
}

/* A length of `size` as the kind writes it, and that many bytes. */
static kw_bytes long_field(size_t size, bool compact, size_t prefix)
{
    uint8_t *p = given_size(prefix + size);
    memset(p, 'x', prefix + size);
    kw_writer w;
    kw_writer_init(&w, p, prefix);
    if (compact)
        kw_write_unsigned_varint(&w, (uint32_t)size + 1);
    else if (prefix == 2)
        kw_write_uint16(&w, (uint16_t)size);
    else
        kw_write_uint32(&w, (uint32_t)size);
    assert_int_equal(kw_writer_needed(&w), prefix);
    kw_bytes b = kw_bytes_of(p, prefix + size);
    return b;
}

/* Q8: at most 32767 bytes, also if the length could express more. The size at which the length takes another byte is
 * tested too. */
static void fields_around_the_bounds_of_their_length(void **state)
{
    (void)state;
    static const size_t sizes[] = {125, 126, 127, 128, 16382, 16383, 32767, 32768};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        size_t size = sizes[i];
        size_t prefix = size + 1 < 128 ? 1 : size + 1 < 16384 ? 2 : 3;
        kw_bytes compact = long_field(size, true, prefix);
        kw_reader r = reader_of(compact);
        assert_int_equal(kw_read_compact_bytes(&r).len, size);
        assert_status(kw_reader_end(&r), KW_OK);
        kw_bytes classic = long_field(size, false, 4);
        r = reader_of(classic);
        assert_int_equal(kw_read_bytes(&r).len, size);
        assert_status(kw_reader_end(&r), KW_OK);
        r = reader_of(compact);
        kw_string s = kw_read_compact_string(&r);
        if (size <= 32767) {
            assert_int_equal(s.len, size);
            assert_status(kw_reader_end(&r), KW_OK);
            r = reader_of(long_field(size, false, 2));
            assert_int_equal(kw_read_string(&r).len, size);
        } else {
            assert_refused(&r, compact, KW_ERR_STRING_SIZE, 0);
            classic = long_field(size, false, 2); /* 8000 is negative, whatever comes after it */
            r = reader_of(classic);
            (void)kw_read_string(&r);
            assert_refused(&r, classic, KW_ERR_NEGATIVE, 0);
            r = reader_of(classic);
            assert_text(kw_read_nullable_string(&r), NULL);
            assert_int_equal(kw_reader_offset(&r), 2);
        }
    }
}

/* Q9, Q10. */
static void marks_of_nullable_structs(void **state)
{
    (void)state;
    assert_reads(struct, "01", true);
    assert_reads(struct, "00", true);
    assert_reads(struct, "7f", true);
    assert_reads(struct, "ff", false);
    assert_reads(struct, "80", false);
    assert_reads(tagged_struct, "01", true);
    assert_reads(tagged_struct, "8001", true);
    assert_reads(tagged_struct, "00", false);
    assert_reads(tagged_struct, "8000", false);
    assert_reads(tagged_struct, "ffffffff07", true);
    assert_reads(tagged_struct, "8080808008", false);
    assert_reads(tagged_struct, "ffffffff0f", false);
    kw_reader r = reading("");
    assert_false(kw_read_struct(&r)); /* no fields without a marker */
    r = reading("");
    assert_false(kw_read_tagged_struct(&r));
}

static void raw_bytes(void **state)
{
    (void)state;
    kw_reader r = reading("010203 0405");
    kw_bytes b = kw_read_raw(&r, 3);
    assert_bytes(b.data, (size_t)b.len, "010203");
    assert_int_equal(kw_read_raw(&r, 0).len, 0);
    assert_int_equal(kw_reader_offset(&r), 3);
    assert_int_equal(kw_reader_remaining(&r), 2);
    assert_int_equal(kw_read_raw(&r, SIZE_MAX).len, 0);
    assert_status(r.status, KW_ERR_LENGTH);
    assert_int_equal(r.error_at, 3);
}

/* A view has at most as many bytes as its length can express, even if the input has more. */
static void raw_bytes_have_an_int32_length(void **state)
{
    (void)state;
#if SIZE_MAX > UINT32_MAX
    const size_t size = (size_t)INT32_MAX + 1;
    void *input = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (input == MAP_FAILED)
        skip();
    kw_reader r;
    kw_reader_init(&r, input, size);
    assert_int_equal(kw_read_raw(&r, size).len, 0);
    assert_status(r.status, KW_ERR_LENGTH);
    kw_reader_init(&r, input, size);
    assert_int_equal(kw_read_raw(&r, INT32_MAX).len, INT32_MAX);
    assert_int_equal(kw_reader_remaining(&r), 1);
    munmap(input, size);
#endif
}

static void views_point_into_the_input(void **state)
{
    (void)state;
    kw_bytes input = given("0001 61 02 62 00000001 63 02 64");
    kw_reader r = reader_of(input);
    assert_ptr_equal(kw_read_string(&r).data, input.data + 2);
    assert_ptr_equal(kw_read_compact_string(&r).data, input.data + 4);
    assert_ptr_equal(kw_read_bytes(&r).data, input.data + 9);
    assert_ptr_equal(kw_read_compact_bytes(&r).data, input.data + 11);
}

/* ---- errors ---- */

static const struct refusal {
    read_function read;
    const char *hex;
    kw_status status;
} refusals[] = {
    {as_unsigned_varint, "ffffffff10", KW_ERR_VARINT}, /* Q40 */
    {as_unsigned_varint, "ffffffff7f", KW_ERR_VARINT},
    {as_unsigned_varint, "ffffffffff01", KW_ERR_VARINT},
    {as_unsigned_varint, "808080808000", KW_ERR_VARINT},
    {as_varint, "ffffffff1f", KW_ERR_VARINT},
    {as_unsigned_varlong, "ffffffffffffffffff02", KW_ERR_VARINT},
    {as_unsigned_varlong, "ffffffffffffffffffff01", KW_ERR_VARINT},
    {as_varlong, "8080808080808080808000", KW_ERR_VARINT},
    {as_tagged_struct, "808080808001", KW_ERR_VARINT},
    {as_string, "ffff", KW_ERR_NULL},
    {as_string, "fffe", KW_ERR_NEGATIVE},
    {as_string, "8000", KW_ERR_NEGATIVE},
    {as_string, "0003 6162", KW_ERR_LENGTH},
    {as_string, "7fff 61", KW_ERR_LENGTH},
    {as_nullable_string, "0003 6162", KW_ERR_LENGTH},
    {as_compact_string, "00", KW_ERR_NULL},
    {as_compact_string, "04 6162", KW_ERR_LENGTH},
    {as_compact_string, "818002 61", KW_ERR_STRING_SIZE}, /* Q8 */
    {as_compact_string, "ffffffff0f 61", KW_ERR_STRING_SIZE},
    {as_compact_string, "ffffffffff01 61", KW_ERR_VARINT},
    {as_compact_nullable_string, "04 6162", KW_ERR_LENGTH},
    {as_compact_nullable_string, "818002 61", KW_ERR_STRING_SIZE},
    {as_bytes, "ffffffff", KW_ERR_NULL},
    {as_bytes, "fffffffe", KW_ERR_NEGATIVE},
    {as_bytes, "80000000", KW_ERR_NEGATIVE},
    {as_bytes, "00000003 6162", KW_ERR_LENGTH},
    {as_bytes, "7fffffff 6162", KW_ERR_LENGTH},
    {as_nullable_bytes, "00000001", KW_ERR_LENGTH},
    {as_compact_bytes, "00", KW_ERR_NULL},
    {as_compact_bytes, "8000", KW_ERR_NULL},
    {as_compact_bytes, "04 6162", KW_ERR_LENGTH},
    {as_compact_bytes, "ffffffff0f 6162", KW_ERR_LENGTH},
    {as_compact_nullable_bytes, "02", KW_ERR_LENGTH},
    {as_records, "00000002 61", KW_ERR_LENGTH},
    {as_compact_records, "03 61", KW_ERR_LENGTH},
    {as_array, "ffffffff", KW_ERR_NULL},
    {as_array, "fffffffe", KW_ERR_NEGATIVE},
    {as_array, "00000001 000000", KW_ERR_COUNT},
    {as_array, "7fffffff 00000000", KW_ERR_COUNT},
    {as_nullable_array, "00000002 00000000 000000", KW_ERR_COUNT},
    {as_compact_array, "00", KW_ERR_NULL},
    {as_compact_array, "02 000000", KW_ERR_COUNT},
    {as_compact_array, "ffffffff0f 00000000", KW_ERR_COUNT},
    {as_compact_nullable_array, "03 00000000 000000", KW_ERR_COUNT},
    {as_compact_nullable_array, "ffffffffff", KW_ERR_VARINT},
    {as_raw_3, "6162", KW_ERR_LENGTH},
};

/* After an error nothing moves and nothing can be read, and the first error remains. */
static void assert_stuck(const kw_reader *failed)
{
    kw_reader r = *failed;
    assert_int_equal(kw_reader_remaining(&r), 0);
    for (size_t i = 0; i < COUNT_OF(all_reads); i++) {
        all_reads[i](&r);
        assert_ptr_equal(r.pos, failed->pos);
        assert_ptr_equal(r.end, failed->end);
        assert_int_equal(r.error_at, failed->error_at);
        assert_status(r.status, failed->status);
    }
    assert_int_equal(kw_read_int64(&r), 0);
    assert_int_equal(kw_read_unsigned_varint(&r), 0);
    assert_false(kw_read_boolean(&r));
    assert_int_equal(kw_read_string(&r).len, 0);
    assert_int_equal(kw_read_compact_nullable_bytes(&r).len, 0);
    assert_int_equal(kw_read_compact_nullable_array(&r, 1), 0);
    assert_int_equal(kw_read_raw(&r, 0).len, 0);
    assert_false(kw_read_empty_tag_buffer(&r));
    assert_status(kw_reader_fail(&r, KW_ERR_ARGUMENT), failed->status);
    assert_status(kw_reader_end(&r), failed->status);
}

static void check_refusal(kw_bytes input, size_t skip, read_function read, kw_status want)
{
    kw_reader r = reader_of(input);
    (void)kw_read_raw(&r, skip);
    assert_status(r.status, KW_OK);
    read(&r);
    assert_refused(&r, input, want, skip);
    assert_int_equal(kw_reader_offset(&r), skip);
    assert_stuck(&r);
}

static void errors_say_what_and_where(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        char text[64];
        check_refusal(given(refusals[i].hex), 0, refusals[i].read, refusals[i].status);
        (void)snprintf(text, sizeof text, "aabbcc %s", refusals[i].hex);
        check_refusal(given(text), 3, refusals[i].read, refusals[i].status);
    }
}

static void every_field_can_be_cut_short(void **state)
{
    (void)state;
    static const struct {
        read_function read;
        const char *hex;
        size_t prefix; /* length or count, or the whole field; a shorter input is TRUNCATED, a longer one `status` */
        kw_status status;
    } fields[] = {
        {as_boolean, "01", 1, KW_OK},
        {as_int8, "01", 1, KW_OK},
        {as_int16, "0102", 2, KW_OK},
        {as_uint16, "0102", 2, KW_OK},
        {as_int32, "01020304", 4, KW_OK},
        {as_uint32, "01020304", 4, KW_OK},
        {as_int64, "0102030405060708", 8, KW_OK},
        {as_float64, "0102030405060708", 8, KW_OK},
        {as_uuid, "0102030405060708090a0b0c0d0e0f10", 16, KW_OK},
        {as_unsigned_varint, "ffffffff0f", 5, KW_OK},
        {as_varint, "ffffffff0f", 5, KW_OK},
        {as_unsigned_varlong, "ffffffffffffffffff01", 10, KW_OK},
        {as_varlong, "ffffffffffffffffff01", 10, KW_OK},
        {as_struct, "01", 1, KW_OK},
        {as_tagged_struct, "8001", 2, KW_OK},
        {as_string, "0002 6162", 2, KW_ERR_LENGTH},
        {as_nullable_string, "0002 6162", 2, KW_ERR_LENGTH},
        {as_compact_string, "8300 6162", 2, KW_ERR_LENGTH},
        {as_compact_nullable_string, "03 6162", 1, KW_ERR_LENGTH},
        {as_bytes, "00000002 6162", 4, KW_ERR_LENGTH},
        {as_nullable_bytes, "00000002 6162", 4, KW_ERR_LENGTH},
        {as_compact_bytes, "03 6162", 1, KW_ERR_LENGTH},
        {as_compact_nullable_bytes, "838000 6162", 3, KW_ERR_LENGTH},
        {as_array, "00000001 01020304", 4, KW_ERR_COUNT},
        {as_nullable_array, "00000001 01020304", 4, KW_ERR_COUNT},
        {as_compact_array, "02 01020304", 1, KW_ERR_COUNT},
        {as_compact_nullable_array, "8200 01020304", 2, KW_ERR_COUNT},
    };
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        kw_bytes whole = given(fields[i].hex);
        for (size_t size = 0; size < (size_t)whole.len; size++)
            check_refusal(given_prefix(whole, size), 0, fields[i].read,
                          size < fields[i].prefix ? KW_ERR_TRUNCATED : fields[i].status);
        kw_reader r = reader_of(whole);
        fields[i].read(&r);
        assert_status(r.status, KW_OK);
    }
}

/* Q40: a compact length or count can exceed INT32_MAX, and so can the input, but a view or an array cannot. */
static void lengths_beyond_int32_max(void **state)
{
    (void)state;
#if SIZE_MAX > UINT32_MAX
    size_t size = (size_t)5 << 30;
    uint8_t *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        skip();
    memcpy(p, "\x81\x80\x80\x80\x08", 5); /* 2^31 + 1 */
    static const struct {
        read_function read;
        kw_status status;
    } cases[] = {{as_compact_bytes, KW_ERR_LENGTH},
                 {as_compact_nullable_bytes, KW_ERR_LENGTH},
                 {as_compact_records, KW_ERR_LENGTH},
                 {as_compact_array_of_bytes, KW_ERR_COUNT_LIMIT},
                 {as_unsigned_varint, KW_OK}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kw_reader r;
        kw_reader_init(&r, p, size);
        cases[i].read(&r);
        assert_status(r.status, cases[i].status);
        assert_int_equal(r.error_at, 0);
    }
    (void)munmap(p, size);
#else
    skip();
#endif
}

static void an_input_of_no_bytes_may_be_null(void **state)
{
    (void)state;
    kw_reader r;
    kw_reader_init(&r, NULL, 0);
    assert_status(kw_reader_end(&r), KW_OK);
    assert_int_equal(kw_read_raw(&r, 0).len, 0);
    assert_status(r.status, KW_OK);
    assert_int_equal(kw_read_int8(&r), 0);
    assert_status(kw_reader_end(&r), KW_ERR_TRUNCATED);
    assert_int_equal(r.error_at, 0);
}

static void the_verdict_on_what_is_left(void **state)
{
    (void)state;
    kw_reader r = reading("0001 02");
    (void)kw_read_int16(&r);
    assert_status(kw_reader_end(&r), KW_ERR_TRAILING);
    assert_true(kw_reader_ok(&r)); /* nothing is recorded: a caller that accepts it can continue */
    assert_int_equal(kw_read_int8(&r), 2);
    assert_status(kw_reader_end(&r), KW_OK);
    assert_status(kw_reader_fail(&r, KW_OK), KW_OK);
    assert_true(kw_reader_ok(&r));
    assert_status(kw_reader_fail(&r, KW_ERR_ARGUMENT), KW_ERR_ARGUMENT);
    assert_int_equal(r.error_at, 3);
    assert_false(kw_reader_ok(&r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(integers),
        TEST(booleans),
        TEST(floats),
        TEST(uuids),
        TEST(varints_of_every_length),
        TEST(varlongs_of_every_length),
        TEST(strings),
        TEST(byte_fields),
        TEST(fields_around_the_bounds_of_their_length),
        TEST(marks_of_nullable_structs),
        TEST(raw_bytes),
        TEST(raw_bytes_have_an_int32_length),
        TEST(views_point_into_the_input),
        TEST(errors_say_what_and_where),
        TEST(every_field_can_be_cut_short),
        TEST(lengths_beyond_int32_max),
        TEST(an_input_of_no_bytes_may_be_null),
        TEST(the_verdict_on_what_is_left),
    };
    return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
