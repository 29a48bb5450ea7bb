/* SPDX-License-Identifier: Apache-2.0 */
/* Texts are in the order in which Java has them: by UTF-16 units, not by characters. */
#include "../../unit/support.h"

#include "coordinator/java_text.h"

/* In ascending order. */
static const char *const ordered[] = {
    "",
    "A",
    "Z",
    "a",
    "a1",
    "ab",
    "b",
    "\xc3\xa9",
    "\xe6\x97\xa5",
    "\xed\x9f\xbf",
    "\xf0\x90\x80\x80",
    "\xf0\x9f\x98\x80",
    "\xf0\x9f\x98\x80x",
    "\xf0\x9f\x98\x81",
    "\xee\x80\x80",
    "\xef\xbf\xae",
};

static int sign(int number)
{
    return (number > 0) - (number < 0);
}

static void by_units(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ordered); i++)
        for (size_t j = 0; j < COUNT_OF(ordered); j++)
            assert_int_equal(sign(java_compare(kw_string_of(ordered[i]), kw_string_of(ordered[j]))), (i > j) - (i < j));
}

/* What is not UTF-8 is a replacement character each. */
static void damaged(void **state)
{
    (void)state;
    assert_int_equal(java_compare(kw_string_of("\xff"), kw_string_of("\xef\xbf\xbd")), 0);
    assert_int_equal(java_compare(kw_string_of("\x80"), kw_string_of("\xfe")), 0);
    assert_true(java_compare(kw_string_of("\xf0\x9f\x98\x80"), kw_string_of("\xff")) < 0);
    assert_int_equal(java_compare((kw_string){NULL, -1}, kw_string_of("")), 0);
    assert_true(java_compare((kw_string){NULL, -1}, kw_string_of("a")) < 0);
}

static void units(void **state)
{
    uint16_t two[2];
    (void)state;
    assert_int_equal(java_units(0x1f600, two), 2);
    assert_int_equal(two[0], 0xd83d);
    assert_int_equal(two[1], 0xde00);
    assert_int_equal(java_units(0xffff, two), 1);
    assert_int_equal(two[0], 0xffff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_units), cmocka_unit_test(damaged), cmocka_unit_test(units)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
