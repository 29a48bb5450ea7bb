/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "observe/printable.h"

static void assert_shown(const char *text, const char *shown)
{
    char copy[64];
    size_t size = strlen(text);
    assert_true(size < sizeof copy);
    memcpy(copy, text, size + 1);
    make_printable(copy, size);
    assert_string_equal(copy, shown);
}

static void text_is_unchanged(void **state)
{
    (void)state;
    assert_shown("", "");
    assert_shown(" a~", " a~");
    assert_shown("\xc2\xa0.", "\xc2\xa0.");
    assert_shown("\xc2\xa0\xc3\xa9\xdf\xbf", "\xc2\xa0\xc3\xa9\xdf\xbf");
    assert_shown("\xe0\xa0\x80 \xed\x9f\xbf \xef\xbf\xbd", "\xe0\xa0\x80 \xed\x9f\xbf \xef\xbf\xbd");
    assert_shown("\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf");
}

static void control_characters(void **state)
{
    (void)state;
    assert_shown("a\nb\tc\x1b[2J\x7f", "a?b?c?[2J?");
    assert_shown("\xc2\x80.\xc2\x9b.\xc2\x9f", "??.??.??"); /* U+009B starts a terminal's command, as ESC [ does */
}

static void invalid_bytes(void **state)
{
    (void)state;
    assert_shown("\x9b\x80\xff\xfe\xc0\xc1\xf5", "???????");
    assert_shown("\xc3(", "?(");
    assert_shown("\xe2\x82(", "?\?(");
    assert_shown("\xe0\x9f\xbf", "???");      /* overlong */
    assert_shown("\xc0\x8a", "??");           /* an overlong line feed */
    assert_shown("\xed\xa0\x80", "???");      /* a surrogate */
    assert_shown("\xf0\x8f\xbf\xbf", "????"); /* overlong */
    assert_shown("\xf4\x90\x80\x80", "????"); /* beyond U+10FFFF */
}

static void characters_that_are_cut(void **state)
{
    (void)state;
    assert_shown("a\xc3", "a?");
    assert_shown("a\xe2\x82", "a??");
    assert_shown("a\xf0\x90\x80", "a???");
    char text[] = "\xc3\xa9";
    make_printable(text, 1);
    assert_string_equal(text, "?\xa9");
    char behind[] = "a\xc3\xa9";
    make_printable(behind, 2);
    assert_string_equal(behind, "a?\xa9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_unchanged),
        cmocka_unit_test(control_characters),
        cmocka_unit_test(invalid_bytes),
        cmocka_unit_test(characters_that_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
