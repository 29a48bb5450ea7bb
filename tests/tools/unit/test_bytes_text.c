/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes written as text: recognition, values, parts of any size, and errors. */
#include "../../unit/support.h"

#include "../../../tools/text/bytes_text.h"

/* Reads the text in parts of `piece` bytes. */
static bool read_text(bytes_text *t, bytes_shape shape, const char *text, size_t piece, kw_writer *out)
{
    size_t size = strlen(text);
    bytes_text_init(t, shape);
    kw_writer_reset(out);
    for (size_t at = 0; at < size; at += piece)
        if (!bytes_text_read(t, text + at, size - at < piece ? size - at : piece, false, out))
            return false;
    return bytes_text_read(t, "", 0, true, out);
}

typedef struct example {
    bytes_shape shape;
    const char *text;
    const char *hex; /* its value */
} example;

static const example examples[] = {
    {BYTES_HEX, "0001 fE\nff", "0001feff"},
    {BYTES_HEX, "0x00 0x01 0xff", "0001ff"},
    {BYTES_ARRAY, "0x00, 0x1, 0xff", "0001ff"},
    {BYTES_HEX, "00:1:ff-2_03", "0001ff0203"},
    {BYTES_HEX, "{00 12, ff}", "0012ff"},
    {BYTES_DUMP, "00000000: 0001 0203  ....\n00000004: ff        .\n", "00010203ff"},
    {BYTES_DUMP, "00000000: 0001 0203 6162 6364  ..abcd ef\n", "0001020361626364"},
    {BYTES_DUMP, "0000  00 01 02 03 04 05 06 07  08 09   ......", "00010203040506070809"},
    {BYTES_DUMP, "0000000 000 001\n", ""},
    {BYTES_DUMP, "00000000  00 00 00 00  |....|\n*\n0000000c  01  |.|\n0000000d\n", "00000000000000000000000001"},
    {BYTES_DUMP, "0000000  00 01 02 03 04 05 06 07\n0000010  08\n0000011\n", "000102030405060708"},
    {BYTES_DUMP, "0000000 0100 0302\n0000004 0004\n0000005\n", "0001020304"},
    {BYTES_DUMP, "\t0x0000:  4500 0034  E..4\n\t0x0004:  ffff  ..\n", "45000034ffff"},
    {BYTES_DUMP, "00000000: 01  .\n\n00000000: 02  .\n", "0102"},
    {BYTES_ARRAY, "uint8_t a[4] = {0x00, 255, 'a', '\\n', -1}; /* 9 */ // 8\nint len = 4;", "00ff610aff"},
    {BYTES_ARRAY, "[0, 0, 0, 35]", "00000023"},
    {BYTES_ARRAY, "#include <x.h>\n{0x0102U}", "0102"},
    {BYTES_ARRAY, "0x7ffe0:\t0x00\t0x12, 0x13", "001213"},
    {BYTES_STRING, "\"\\x00\\x01a\\n\" \\\n \"\\x1\\101\"", "0001610a0141"},
    {BYTES_STRING, "b'\\x00\"\\\\'", "00225c"},
    {BYTES_STRING, "\\x00 \\x01 b", "000162"},
    {BYTES_BASE64, "AAEC\n/w==", "000102ff"},
    {BYTES_HEX, "<Buffer 00 01 ff>", "0001ff"},
    {BYTES_HEX, "00 01 // a size: 5\nff # fe\n02", "0001ff02"},
    {BYTES_ARRAY, "<<0,1,16#ff,\"ab\">>", "0001ff6162"},
    {BYTES_STRING, "\\000\\001\\377", "0001ff"},
    {BYTES_DECIMAL, "0 0 0 2 10 255", "000000020aff"},
    {BYTES_DECIMAL, "0,0,0,1,\n100", "0000000164"},
    {BYTES_DUMP, "0x7ffe0 <a+8>:\t0x00\t0x12\r\n0x7ffe2:\t0xff\n", "0012ff"},
    {BYTES_DUMP, "x: Idx  | Hex | ASCII\nx: -----+----\nx: 0000 | 00 61 | .a\nx: 0002 | 62 | b\n", "006162"},
    {BYTES_DUMP, " | 0  1 |\n+--+--+\n|00000000| 00 7c |.||\n|00000002| 01 |.|\n+--+\n", "007c01"},
    {BYTES_DUMP, "12:00 IP a > b\n\t0x0000:  0001  ..\n12:00 IP\n\t0x0000:  ff  .\n", "0001ff"},
    {BYTES_BASE64, "_-8=", "ffef"},
    {BYTES_BASE64, "AAEZ_w", "000119ff"},
};

static void what_texts_say(void **state)
{
    (void)state;
    kw_writer out;
    kw_writer_init_growing(&out, kw_allocator_libc(), 1000);
    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        const example *e = &examples[i];
        kw_bytes want = given(e->hex);
        if (bytes_shape_of(e->text, strlen(e->text)) != e->shape && want.len != 0)
            fail_msg("example %zu looks like %s", i, bytes_shape_name(bytes_shape_of(e->text, strlen(e->text))));
        for (size_t piece = 1; piece <= strlen(e->text); piece++) {
            bytes_text t;
            if (!read_text(&t, e->shape, e->text, piece, &out))
                fail_msg("example %zu in pieces of %zu: %s", i, piece, t.error);
            kw_span found = kw_writer_data(&out);
            assert_int_equal(found.size, want.len);
            assert_memory_equal(found.data, want.data, found.size);
        }
    }
    kw_writer_finish(&out);
}

static void what_is_wrong_with_texts(void **state)
{
    (void)state;
    static const struct {
        bytes_shape shape;
        const char *text;
        size_t line, column;
        const char *error;
    } cases[] = {
        {BYTES_HEX, "00\n0g", 2, 2, "neither a hex digit nor a separator: 'g'"},
        {BYTES_HEX, "00\001", 1, 3, "neither a hex digit nor a separator: byte 0x01"},
        {BYTES_HEX, "000", 1, 4, "an odd number of hex digits"},
        {BYTES_HEX, "<Buffer 00 ... 9 more bytes>", 1, 13,
         "the program that printed this has left out the other bytes"},
        {BYTES_DUMP, "no dump\n", 2, 1, "no line starts with an offset"},
        {BYTES_ARRAY, "<<12:32>>", 1, 5, "sizes of Erlang's segments are not read: 12"},
        {BYTES_DUMP, "0000: 00\nx", 2, 2, "the line does not start with an offset"},
        {BYTES_DUMP, "0000: 00\n0004: 00\n", 2, 9,
         "offset 0x4 does not fit: the line before has offset 0x0 and 1 bytes"},
        {BYTES_DUMP, "0000: 00\n*\n7fffffff: 00\n", 3, 13,
         "offset 0x7fffffff does not fit: the line before has offset 0x0 and 1 bytes"},
        {BYTES_ARRAY, "{256}", 1, 5, "not the value of a byte: 256"},
        {BYTES_ARRAY, "{-129}", 1, 6, "not the value of a byte: -129"},
        {BYTES_ARRAY, "{0x123}", 1, 7, "an odd number of hex digits: 0x123"},
        {BYTES_ARRAY, "{0x1z}", 1, 6, "not a hexadecimal number: 0x1z"},
        {BYTES_ARRAY, "{12a}", 1, 5, "not a number: 12a"},
        {BYTES_STRING, "\"\\q\"", 1, 3, "not an escape: 'q'"},
        {BYTES_STRING, "\"\\xg\"", 1, 4, "not a hex digit after \\x: 'g'"},
        {BYTES_STRING, "\"abc", 1, 5, "the string does not end"},
        {BYTES_BASE64, "AA=A", 1, 4, "not a character of base64: 'A'"},
        {BYTES_BASE64, "AAAAA", 1, 6, "base64 ends inside a byte"},
    };
    kw_writer out;
    kw_writer_init_growing(&out, kw_allocator_libc(), 1000);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        bytes_text t;
        if (read_text(&t, cases[i].shape, cases[i].text, 3, &out))
            fail_msg("case %zu is accepted", i);
        assert_string_equal(t.error, cases[i].error);
        if (t.line != cases[i].line || t.column != cases[i].column)
            fail_msg("case %zu: line %zu, column %zu", i, t.line, t.column);
    }
    kw_writer_finish(&out);
}

static void shapes(void **state)
{
    (void)state;
    static const char frame[] = {0, 0, 0, 35, 0, 18};
    assert_int_equal(bytes_shape_of(frame, sizeof frame), BYTES_BINARY);
    assert_int_equal(bytes_shape_of("", 0), BYTES_BINARY);
    assert_int_equal(bytes_shape_of("hello, world", 12), BYTES_HEX); /* which is refused, with a place */
    for (int i = BYTES_BINARY; i <= BYTES_BASE64; i++) {
        bytes_shape again;
        assert_true(bytes_shape_named(bytes_shape_name((bytes_shape)i), &again));
        assert_int_equal(again, i);
    }
    bytes_shape none;
    assert_false(bytes_shape_named("octal", &none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_texts_say),
        TEST(what_is_wrong_with_texts),
        TEST(shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
