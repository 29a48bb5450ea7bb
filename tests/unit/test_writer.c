/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static kw_bytes bytes_of(const void *data, size_t size)
{
    kw_bytes b = kw_bytes_of(data, size);
    return b;
}

static const kw_bytes null_bytes = {NULL, -1};
static const kw_string null_string = {NULL, -1};

/* ---- values ---- */

static uint8_t output[64];

static kw_writer writing(void)
{
    kw_writer w;
    kw_writer_init(&w, output, sizeof output);
    return w;
}

#define assert_writes(name, value, hex) \
    do {                                \
        kw_writer w = writing();        \
        kw_write_##name(&w, value);     \
        assert_status(w.status, KW_OK); \
        assert_written(&w, hex);        \
    } while (0)

static void integers(void **state)
{
    (void)state;
    assert_writes(boolean, false, "00"); /* Q39: 0 or 1 */
    assert_writes(boolean, true, "01");
    assert_writes(int8, 127, "7f");
    assert_writes(int8, -128, "80");
    assert_writes(int16, 0x102, "0102");
    assert_writes(int16, INT16_MIN, "8000");
    assert_writes(uint16, 0xfffe, "fffe");
    assert_writes(int32, 0x1020304, "01020304");
    assert_writes(int32, INT32_MIN, "80000000");
    assert_writes(uint32, UINT32_C(0xfffefdfc), "fffefdfc");
    assert_writes(int64, INT64_C(0x102030405060708), "0102030405060708");
    assert_writes(int64, INT64_MIN, "8000000000000000");
    assert_writes(int64, -1, "ffffffffffffffff");
}

static void floats_and_uuids(void **state)
{
    (void)state;
    assert_writes(float64, 1.0, "3ff0000000000000"); /* Q38 */
    assert_writes(float64, -0.0, "8000000000000000");
    assert_writes(float64, -3.141592653589793, "c00921fb54442d18");
    static const kw_uuid u = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};
    assert_writes(uuid, u, "000102030405060708090a0b0c0d0e0f"); /* Q37 */
}

static void varints_of_every_length(void **state)
{
    (void)state;
    assert_writes(unsigned_varint, 0, "00");
    assert_writes(unsigned_varint, 127, "7f");
    assert_writes(unsigned_varint, 128, "8001");
    assert_writes(unsigned_varint, 16383, "ff7f");
    assert_writes(unsigned_varint, 16384, "808001");
    assert_writes(unsigned_varint, 2097151, "ffff7f");
    assert_writes(unsigned_varint, 2097152, "80808001");
    assert_writes(unsigned_varint, 268435455, "ffffff7f");
    assert_writes(unsigned_varint, 268435456, "8080808001");
    assert_writes(unsigned_varint, UINT32_MAX, "ffffffff0f");
    assert_writes(varint, 0, "00");
    assert_writes(varint, -1, "01");
    assert_writes(varint, 1, "02");
    assert_writes(varint, -64, "7f");
    assert_writes(varint, 64, "8001");
    assert_writes(varint, INT32_MAX, "feffffff0f");
    assert_writes(varint, INT32_MIN, "ffffffff0f");
}

static void varlongs_of_every_length(void **state)
{
    (void)state;
    char text[32];
    for (unsigned groups = 1; groups <= 9; groups++) {
        uint64_t most = (UINT64_C(1) << (7 * groups)) - 1;
        (void)snprintf(text, sizeof text, "%.*s7f", (int)(2 * (groups - 1)), "ffffffffffffffff");
        assert_writes(unsigned_varlong, most, text);
        (void)snprintf(text, sizeof text, "%.*s01", (int)(2 * groups), "808080808080808080");
        assert_writes(unsigned_varlong, most + 1, text);
    }
    assert_writes(unsigned_varlong, UINT64_MAX, "ffffffffffffffffff01");
    assert_writes(varlong, -1, "01");
    assert_writes(varlong, INT64_C(0x80000000), "8080808010"); /* Q23 */
    assert_writes(varlong, INT64_MAX, "feffffffffffffffff01");
    assert_writes(varlong, INT64_MIN, "ffffffffffffffffff01");
}

static void strings(void **state)
{
    (void)state;
    kw_string foo = kw_string_of("foo"), empty = {NULL, 0};
    assert_writes(string, foo, "0003 666f6f");
    assert_writes(string, empty, "0000");
    assert_writes(nullable_string, foo, "0003 666f6f");
    assert_writes(nullable_string, empty, "0000");
    assert_writes(nullable_string, null_string, "ffff");
    assert_writes(compact_string, foo, "04 666f6f");
    assert_writes(compact_string, empty, "01");
    assert_writes(compact_nullable_string, foo, "04 666f6f");
    assert_writes(compact_nullable_string, empty, "01");
    assert_writes(compact_nullable_string, null_string, "00");
    kw_writer w = writing();
    for (int how = 0; how < 4; how++)
        kw_write_any_string(&w, foo, (how & 1) != 0, (how & 2) != 0);
    kw_write_any_string(&w, null_string, false, true);
    kw_write_any_string(&w, null_string, true, true);
    assert_written(&w, "0003 666f6f 04 666f6f 0003 666f6f 04 666f6f ffff 00");
}

/* Q7: N + 1. Q15: null and empty differ. */
static void byte_fields(void **state)
{
    (void)state;
    kw_bytes some = bytes_of("\xff\xfe", 2), empty = {NULL, 0};
    assert_writes(bytes, some, "00000002 fffe");
    assert_writes(bytes, empty, "00000000");
    assert_writes(nullable_bytes, null_bytes, "ffffffff");
    assert_writes(nullable_bytes, empty, "00000000");
    assert_writes(compact_bytes, some, "03 fffe");
    assert_writes(compact_bytes, empty, "01");
    assert_writes(compact_nullable_bytes, null_bytes, "00");
    assert_writes(compact_nullable_bytes, some, "03 fffe");
    assert_writes(records, some, "00000002 fffe");
    assert_writes(records, null_bytes, "ffffffff");
    assert_writes(compact_records, some, "03 fffe");
    assert_writes(compact_records, empty, "01");
    assert_writes(compact_records, null_bytes, "00");
    kw_writer w = writing();
    for (int how = 0; how < 4; how++)
        kw_write_any_bytes(&w, some, (how & 1) != 0, (how & 2) != 0);
    kw_write_any_bytes(&w, null_bytes, false, true);
    kw_write_any_bytes(&w, null_bytes, true, true);
    assert_written(&w, "00000002 fffe 03 fffe 00000002 fffe 03 fffe ffffffff 00");
}

static void fields_around_the_bounds_of_their_length(void **state)
{
    (void)state;
    static const struct {
        int32_t len;
        const char *prefix;
    } cases[] = {{126, "7f"}, {127, "8001"}, {128, "8101"}, {16382, "ff7f"}, {16383, "808001"}, {32767, "808002"}};
    uint8_t *text = given_size(32767);
    memset(text, 'x', 32767);
    uint8_t *out = given_size(32770);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kw_bytes bytes = {text, cases[i].len};
        kw_string string = {(const char *)text, cases[i].len};
        size_t prefix = strlen(cases[i].prefix) / 2;
        for (int as_string = 0; as_string < 2; as_string++) {
            kw_writer w;
            kw_writer_init(&w, out, 32770);
            if (as_string)
                kw_write_compact_string(&w, string);
            else
                kw_write_compact_bytes(&w, bytes);
            assert_int_equal(kw_writer_needed(&w), prefix + (size_t)cases[i].len);
            assert_bytes(out, prefix, cases[i].prefix);
            assert_memory_equal(out + prefix, text, (size_t)cases[i].len);
        }
    }
}

static void counts_marks_and_raw_bytes(void **state)
{
    (void)state;
    assert_writes(array, 2, "00000002");
    assert_writes(nullable_array, 0, "00000000");
    assert_writes(nullable_array, -1, "ffffffff");
    assert_writes(compact_array, 0, "01");
    assert_writes(compact_array, 127, "8001");
    assert_writes(compact_array, INT32_MAX, "8080808008");
    assert_writes(compact_nullable_array, 126, "7f");
    assert_writes(compact_nullable_array, -1, "00");
    assert_writes(struct, true, "01"); /* Q9 */
    assert_writes(struct, false, "ff");
    assert_writes(tagged_struct, true, "01"); /* Q10 */
    assert_writes(tagged_struct, false, "00");
    kw_writer w = writing();
    kw_write_any_array(&w, 1, false, false);
    kw_write_any_array(&w, 1, true, false);
    kw_write_any_array(&w, -1, false, true);
    kw_write_any_array(&w, -1, true, true);
    kw_write_raw(&w, "\x01\x02", 2);
    kw_write_raw(&w, NULL, 0);
    assert_written(&w, "00000001 02 ffffffff 00 0102");
}

/* ---- errors ---- */

static void null_where_it_is_not_allowed(void **state)
{
    (void)state;
    for (int which = 0; which < 6; which++) {
        kw_writer w = writing();
        switch (which) {
        case 0:
            kw_write_string(&w, null_string);
            break;
        case 1:
            kw_write_compact_string(&w, null_string);
            break;
        case 2:
            kw_write_bytes(&w, null_bytes);
            break;
        case 3:
            kw_write_compact_bytes(&w, null_bytes);
            break;
        case 4:
            kw_write_array(&w, -1);
            break;
        default:
            kw_write_compact_array(&w, -1);
        }
        assert_status(w.status, KW_ERR_NULL);
        assert_int_equal(kw_writer_data(&w).size, 0);
    }
}

/* Q8: at most 32767 bytes, also in compact strings. */
static void strings_that_are_too_long(void **state)
{
    (void)state;
    uint8_t *text = given_size(32768);
    memset(text, 'x', 32768);
    for (int how = 0; how < 4; how++) {
        kw_writer w;
        kw_string s = {(const char *)text, 32767};
        kw_writer_init_counting(&w);
        kw_write_any_string(&w, s, (how & 1) != 0, (how & 2) != 0);
        assert_status(w.status, KW_OK);
        assert_int_equal(kw_writer_needed(&w), ((how & 1) != 0 ? 3 : 2) + 32767);
        s.len = 32768;
        kw_write_any_string(&w, s, (how & 1) != 0, (how & 2) != 0);
        assert_status(w.status, KW_ERR_STRING_SIZE);
    }
}

static void the_first_error_stays(void **state)
{
    (void)state;
    kw_writer w = writing();
    kw_write_int16(&w, 1);
    assert_status(kw_writer_fail(&w, KW_OK), KW_OK);
    assert_true(kw_writer_ok(&w));
    kw_write_string(&w, null_string);
    assert_false(kw_writer_ok(&w));
    kw_write_int32(&w, 7);
    kw_write_raw(&w, "abc", 3);
    kw_write_unsigned_varint(&w, 300);
    kw_write_compact_string(&w, kw_string_of("abc"));
    kw_write_uuid(&w, (kw_uuid){{1}});
    assert_status(kw_writer_fail(&w, KW_ERR_ARGUMENT), KW_ERR_NULL);
    assert_written(&w, "0001");
    kw_writer_reset(&w);
    assert_true(kw_writer_ok(&w));
    assert_int_equal(kw_writer_needed(&w), 0);
    kw_write_int64(&w, 2);
    assert_written(&w, "0000000000000002");
}

/* ---- the kinds of writers ---- */

static uint8_t large[400];

/* Some values of every kind. */
static void write_much(kw_writer *w)
{
    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (uint8_t)i;
    kw_raw_tag tag = {9, bytes_of("\x01\x02", 2)};
    kw_raw_tags tags = {&tag, 1};
    kw_write_boolean(w, true);
    kw_write_int16(w, 2);
    kw_write_compact_bytes(w, bytes_of(large, 150));
    kw_write_string(w, kw_string_of("topic"));
    kw_write_bytes(w, bytes_of(large, 127));
    kw_write_nullable_bytes(w, bytes_of(large, 128));
    kw_write_records(w, bytes_of(large, 400));
    kw_write_compact_string(w, kw_string_of("partition"));
    kw_write_compact_nullable_string(w, null_string);
    kw_write_unsigned_varlong(w, UINT64_MAX);
    kw_write_uuid(w, (kw_uuid){{7}});
    kw_write_float64(w, 0.5);
    kw_write_tag_buffer(w, &tags);
    kw_write_compact_records(w, bytes_of(large, 200));
}

enum { MUCH = 1 + 2 + 152 + 7 + 131 + 132 + 404 + 10 + 1 + 10 + 16 + 8 + 5 + 202 };

static void counting_equals_writing(void **state)
{
    (void)state;
    kw_writer w;
    kw_writer_init_counting(&w);
    write_much(&w);
    assert_true(kw_writer_ok(&w));
    assert_int_equal(kw_writer_needed(&w), MUCH);
    assert_int_equal(kw_writer_data(&w).size, 0);
    assert_int_equal(kw_writer_spans(&w, NULL, 0), 0);
    kw_writer_reset(&w);
    assert_int_equal(kw_writer_needed(&w), 0);
    write_much(&w);
    assert_int_equal(kw_writer_needed(&w), MUCH);
    kw_writer_finish(&w);
}

/* The encoding in a buffer of exactly its size. */
static kw_bytes much(void)
{
    uint8_t *p = given_size(MUCH);
    kw_writer w;
    kw_writer_init(&w, p, MUCH);
    write_much(&w);
    assert_status(w.status, KW_OK);
    assert_int_equal(kw_writer_data(&w).size, MUCH);
    assert_ptr_equal(kw_writer_data(&w).data, p);
    return bytes_of(p, MUCH);
}

static void a_full_buffer_still_counts(void **state)
{
    (void)state;
    kw_bytes whole = much();
    for (size_t size = 0; size < MUCH; size++) {
        kw_writer w;
        kw_writer_init(&w, given_size(size), size);
        write_much(&w);
        assert_status(w.status, KW_ERR_SPACE);
        assert_int_equal(kw_writer_needed(&w), MUCH);
        kw_span written = kw_writer_data(&w);
        assert_true(written.size <= size);
        assert_memory_equal(written.data, whole.data, written.size);
    }
    kw_writer w;
    kw_writer_init(&w, NULL, 0);
    kw_write_raw(&w, NULL, 0);
    assert_true(kw_writer_ok(&w));
    kw_write_int8(&w, 0);
    assert_status(w.status, KW_ERR_SPACE);
    assert_int_equal(kw_writer_needed(&w), 1);
}

static void growing_up_to_the_limit(void **state)
{
    (void)state;
    kw_bytes whole = much();
    for (size_t limit = 0; limit <= MUCH + 1; limit++) {
        struct test_memory memory;
        kw_writer w;
        kw_writer_init_growing(&w, test_memory_init(&memory), limit);
        write_much(&w);
        assert_status(w.status, limit < MUCH ? KW_ERR_MEMORY_LIMIT : KW_OK);
        assert_int_equal(kw_writer_needed(&w), MUCH);
        assert_true(memory.bytes <= limit);
        assert_true(memory.blocks <= 1);
        kw_span written = kw_writer_data(&w);
        assert_true(limit < MUCH ? written.size <= limit : written.size == MUCH);
        if (written.size != 0)
            assert_memory_equal(written.data, whole.data, written.size);
        kw_writer_finish(&w);
        assert_int_equal(memory.blocks, 0);
        kw_writer_finish(&w);
    }
}

static void a_growing_writer_keeps_its_buffer_on_reset(void **state)
{
    (void)state;
    kw_bytes whole = much();
    struct test_memory memory;
    kw_writer w;
    kw_writer_init_growing(&w, test_memory_init(&memory), SIZE_MAX);
    write_much(&w);
    size_t calls = memory.calls;
    assert_true(calls > 1);
    for (int round = 0; round < 2; round++) {
        kw_writer_reset(&w);
        assert_int_equal(kw_writer_needed(&w), 0);
        write_much(&w);
        check_bytes(kw_writer_data(&w).data, kw_writer_data(&w).size, whole, __FILE__, __LINE__);
    }
    assert_int_equal(memory.calls, calls);
    (void)kw_writer_fail(&w, KW_ERR_ARGUMENT);
    kw_writer_finish(&w);
    assert_int_equal(memory.blocks, 0);
    kw_writer_reset(&w); /* it can be used again */
    kw_write_int8(&w, 1);
    assert_status(w.status, KW_OK);
    kw_writer_finish(&w);
    assert_int_equal(memory.blocks, 0);
}

static void an_allocator_that_fails(void **state)
{
    (void)state;
    for (int on = 0; on < 2; on++) {
        kw_status status = KW_ERR_NO_MEMORY;
        for (size_t fail_at = 1; status != KW_OK; fail_at++) {
            struct test_memory memory;
            kw_writer w;
            kw_writer_init_growing(&w, test_memory_init(&memory), SIZE_MAX);
            memory.fail_at = fail_at;
            memory.fail_on = on != 0;
            write_much(&w);
            status = w.status;
            assert_status(status, memory.calls < fail_at ? KW_OK : KW_ERR_NO_MEMORY);
            assert_true(memory.calls <= fail_at); /* it is not asked again */
            assert_int_equal(kw_writer_needed(&w), MUCH);
            kw_writer_finish(&w);
            assert_int_equal(memory.blocks, 0);
        }
    }
}

static void the_allocator_of_libc(void **state)
{
    (void)state;
    kw_bytes whole = much();
    kw_writer w;
    kw_writer_init_growing(&w, kw_allocator_libc(), SIZE_MAX);
    write_much(&w);
    check_bytes(kw_writer_data(&w).data, kw_writer_data(&w).size, whole, __FILE__, __LINE__);
    kw_writer_finish(&w);
}

/* ---- gathering ---- */

static void check_spans(const kw_writer *w, size_t spans_wanted)
{
    kw_bytes whole = much();
    kw_span spans[16];
    size_t n = kw_writer_spans(w, spans, COUNT_OF(spans));
    assert_int_equal(n, spans_wanted);
    assert_int_equal(kw_writer_spans(w, NULL, 0), n);
    uint8_t flat[MUCH];
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        assert_true(spans[i].size != 0 && at + spans[i].size <= MUCH);
        memcpy(flat + at, spans[i].data, spans[i].size);
        at += spans[i].size;
    }
    check_bytes(flat, at, whole, __FILE__, __LINE__);
    assert_int_equal(kw_writer_needed(w), MUCH);
    for (size_t max = 0; max < n; max++) { /* no more than asked for */
        kw_span some[16];
        memset(some, 0, sizeof some);
        assert_int_equal(kw_writer_spans(w, some, max), n);
        for (size_t i = 0; i < COUNT_OF(some); i++)
            assert_ptr_equal(some[i].data, i < max ? spans[i].data : NULL);
    }
}

static void spans_equal_the_flat_copy(void **state)
{
    (void)state;
    static const struct {
        size_t slots, min_size, gathered, spans;
    } cases[] = {
        {8, 128, 150 + 128 + 400 + 200, 8}, /* four fields, and the bytes before each */
        {8, 0, 150 + 128 + 400 + 200, 8},   /* 128 at least */
        {8, 129, 150 + 400 + 200, 6},
        {8, 401, 0, 1},
        {2, 128, 150 + 128, 5}, /* then it copies */
        {0, 128, 0, 1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (int growing = 0; growing < 2; growing++) {
            struct test_memory memory;
            const kw_allocator *allocator = test_memory_init(&memory);
            kw_gathered slots[8];
            uint8_t buffer[MUCH];
            kw_writer w;
            if (growing)
                kw_writer_init_growing(&w, allocator, MUCH);
            else
                kw_writer_init(&w, buffer, sizeof buffer);
            kw_writer_gather(&w, slots, cases[i].slots, cases[i].min_size);
            for (int round = 0; round < 2; round++) {
                kw_writer_reset(&w);
                write_much(&w);
                assert_status(w.status, KW_OK);
                assert_int_equal(kw_writer_data(&w).size, MUCH - cases[i].gathered);
                check_spans(&w, cases[i].spans);
            }
            kw_writer_finish(&w);
            assert_int_equal(memory.blocks, 0);
        }
}

static void neighbours_are_gathered_in_order(void **state)
{
    (void)state;
    kw_gathered slots[2];
    kw_writer w = writing();
    kw_writer_gather(&w, slots, COUNT_OF(slots), 128);
    kw_write_bytes(&w, bytes_of(large, 128));
    kw_write_compact_bytes(&w, bytes_of(large + 1, 128));
    kw_span spans[5];
    assert_int_equal(kw_writer_spans(&w, spans, COUNT_OF(spans)), 4);
    assert_int_equal(spans[0].size, 4);
    assert_ptr_equal(spans[1].data, large);
    assert_int_equal(spans[2].size, 2);
    assert_ptr_equal(spans[3].data, large + 1);
    assert_int_equal(kw_writer_needed(&w), 4 + 128 + 2 + 128);
}

static void what_is_large_may_change(void **state)
{
    (void)state;
    kw_gathered slots[3];
    uint8_t buffer[1200];
    kw_writer w;
    kw_writer_init(&w, buffer, sizeof buffer);
    kw_writer_gather(&w, slots, COUNT_OF(slots), SIZE_MAX);
    kw_write_bytes(&w, bytes_of(large, 400));
    kw_writer_gather_from(&w, 200);
    kw_write_bytes(&w, bytes_of(large, 199));
    kw_write_bytes(&w, bytes_of(large + 1, 200));
    kw_writer_gather_from(&w, SIZE_MAX);
    kw_write_bytes(&w, bytes_of(large, 400));
    kw_writer_gather_from(&w, 0); /* 128 at least */
    kw_write_bytes(&w, bytes_of(large, 127));
    kw_write_bytes(&w, bytes_of(large + 2, 128));
    kw_span spans[5];
    assert_int_equal(kw_writer_spans(&w, spans, COUNT_OF(spans)), 4);
    assert_int_equal(spans[0].size, 4 + 400 + 4 + 199 + 4);
    assert_ptr_equal(spans[1].data, large + 1);
    assert_int_equal(spans[2].size, 4 + 400 + 4 + 127 + 4);
    assert_ptr_equal(spans[3].data, large + 2);
    assert_int_equal(kw_writer_needed(&w), 6 * 4 + 400 + 199 + 200 + 400 + 127 + 128);
}

/* Only byte fields and records are gathered. */
static void strings_are_copied_whatever_their_size(void **state)
{
    (void)state;
    uint8_t *text = given_size(300);
    memset(text, 'x', 300);
    kw_string string = {(const char *)text, 300};
    kw_gathered slots[2];
    uint8_t buffer[700];
    kw_writer w;
    kw_writer_init(&w, buffer, sizeof buffer);
    kw_writer_gather(&w, slots, COUNT_OF(slots), 128);
    kw_write_string(&w, string);
    kw_write_compact_string(&w, string);
    assert_int_equal(kw_writer_data(&w).size, 302 + 302);
    assert_int_equal(kw_writer_spans(&w, NULL, 0), 1);
}

static void raw_bytes_are_gathered_as_views_only(void **state)
{
    (void)state;
    uint8_t *raw = given_size(300);
    memset(raw, 'x', 300);
    kw_gathered slots[2];
    kw_span spans[3];
    uint8_t buffer[500];
    kw_writer w;
    kw_writer_init(&w, buffer, sizeof buffer);
    kw_writer_gather(&w, slots, COUNT_OF(slots), 128);
    kw_write_raw(&w, raw, 300);
    kw_write_raw_view(&w, raw, 127);
    kw_write_raw_view(&w, NULL, 0);
    kw_write_raw_view(&w, raw + 1, 128);
    assert_int_equal(kw_writer_data(&w).size, 427);
    assert_int_equal(kw_writer_needed(&w), 555);
    assert_int_equal(kw_writer_spans(&w, spans, COUNT_OF(spans)), 2);
    assert_ptr_equal(spans[1].data, raw + 1);
    assert_int_equal(spans[1].size, 128);
}

static void gathering_in_a_buffer_that_is_too_small(void **state)
{
    (void)state;
    for (size_t size = 0; size < MUCH - 878; size++) {
        kw_gathered slots[8];
        kw_writer w;
        kw_writer_init(&w, given_size(size), size);
        kw_writer_gather(&w, slots, COUNT_OF(slots), 128);
        write_much(&w);
        assert_status(w.status, KW_ERR_SPACE);
        assert_int_equal(kw_writer_needed(&w), MUCH);
    }
}

static void no_output_is_no_span(void **state)
{
    (void)state;
    kw_writer w = writing();
    kw_span span;
    assert_int_equal(kw_writer_spans(&w, &span, 1), 0);
    kw_write_int8(&w, 5);
    assert_int_equal(kw_writer_spans(&w, &span, 1), 1);
    assert_bytes(span.data, span.size, "05");
}

/* As happens to a connection that has answered nothing: no memory has been allocated. */
static void reset_before_the_first_byte(void **state)
{
    (void)state;
    kw_writer w;
    kw_writer_init_growing(&w, kw_allocator_libc(), 1024);
    kw_writer_reset(&w);
    assert_int_equal(kw_writer_data(&w).size, 0);
    kw_write_int8(&w, 5);
    assert_int_equal(kw_writer_data(&w).size, 1);
    kw_writer_finish(&w);
    kw_writer_reset(&w);
    kw_writer_init_counting(&w);
    kw_writer_reset(&w);
    kw_write_int8(&w, 5);
    assert_int_equal(kw_writer_needed(&w), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(integers),
        TEST(floats_and_uuids),
        TEST(varints_of_every_length),
        TEST(varlongs_of_every_length),
        TEST(strings),
        TEST(byte_fields),
        TEST(fields_around_the_bounds_of_their_length),
        TEST(counts_marks_and_raw_bytes),
        TEST(null_where_it_is_not_allowed),
        TEST(reset_before_the_first_byte),
        TEST(strings_that_are_too_long),
        TEST(the_first_error_stays),
        TEST(counting_equals_writing),
        TEST(a_full_buffer_still_counts),
        TEST(growing_up_to_the_limit),
        TEST(a_growing_writer_keeps_its_buffer_on_reset),
        TEST(an_allocator_that_fails),
        TEST(the_allocator_of_libc),
        TEST(spans_equal_the_flat_copy),
        TEST(neighbours_are_gathered_in_order),
        TEST(what_is_large_may_change),
        TEST(strings_are_copied_whatever_their_size),
        TEST(raw_bytes_are_gathered_as_views_only),
        TEST(gathering_in_a_buffer_that_is_too_small),
        TEST(no_output_is_no_span),
    };
    return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
