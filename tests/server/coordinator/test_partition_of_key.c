/* SPDX-License-Identifier: Apache-2.0 */
/* The partition of a key is that of Java, whatever the bytes of the key. */
#include "../../unit/support.h"

#include "coordinator/partition_of_key.h"

/* What Java 17 says: new String(bytes, UTF_8).hashCode(), and the partition among 50 and among 7. */
static const struct {
    const char *bytes;
    int32_t size;
    int32_t hash;
    int32_t of_50;
    int32_t of_7;
} known[] = {
    /* clang-format off */
    {"", 0, 0, 0, 0},
    {"a", 1, 97, 47, 6},
    {"group", 5, 98629247, 47, 3},
    {"my-group", 8, -1906497762, 12, 1},
    {"console-consumer-12345", 22, 158455506, 6, 6},
    {"polygenelubricants", 18, INT32_MIN, 0, 0},
    {"\x67\x72\xc3\xbc\x70\x70\x65", 7, -1233264812, 12, 3},
    {"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 9, 25921943, 43, 5},
    {"\xf0\x9f\x98\x80", 4, 1772899, 49, 2},
    {"\x78\xf0\x9f\x98\x80\x79\xf0\x90\x90\xb7", 10, 419244244, 44, 6},
    {"\x00", 1, 0, 0, 0},
    {"\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf", 8, 2096190, 40, 5},
    {"\xed\x9f\xbf\xee\x80\x80", 6, 1771489, 39, 6},
    {"\xf4\x8f\xbf\xbf", 4, 1803232, 32, 4},
    {"group:AAAAAAAAAAAAAAAAAAAAAQ:0", 30, 1389692225, 25, 5},
    {"\xf0\xbf\xf8\xe0", 4, 65074269, 19, 1},
    {"\xef\xdf\x80\xe0\xf0\xa0", 6, 1956297283, 33, 3},
    {"\x41\x80", 2, 67548, 48, 5},
    {"\x9f\xf5\x80\xa0", 4, 2017367872, 22, 2},
    {"\x9f\x80\xbf\xe1\xbf\x90", 6, 2017310483, 33, 6},
    {"\x9f\x7f", 2, 2031650, 0, 5},
    {"\xbf\x8f\xed\xc2", 4, 2017367872, 22, 2},
    {"\x80\xc2\xc0\x90\xa0\xdf", 6, 1662371552, 2, 2},
    {"\x80\x7f\xf5", 3, 63046683, 33, 0},
    {"\x7f\xc0\xa0", 3, 2219103, 3, 5},
    {"\x9f\x90\x41\x90\x80\xf8\x9f", 7, -337554591, 41, 3},
    {"\x8f", 1, 65533, 33, 6},
    {"\xa0\xdf\x80\x9f\xf4\xff", 6, 515739162, 12, 1},
    {"\xf5\x9f\xe0", 3, 65074269, 19, 1},
    {"\xe0\xf4\xe1\x80\xf4\xef", 6, -1886039875, 25, 6},
    {"\xbf\xc2\xbf\xef\xc0\xf5", 6, 462323899, 49, 2},
    {"\xf8\x8f\x80\xe0\x7f\xc2", 6, 1660343966, 16, 1},
    {"\xbf\xbf", 2, 2097056, 6, 3},
    {"\xc0\xed\xbf\x80\xdf", 5, 65074269, 19, 1},
    {"\xdf\xdf\xed\xf0\x90\xf5\x9f", 7, 1662371552, 2, 2},
    {"\x9f\xa0\xed\xe0\xf8\xf4\xff", 7, -6023907, 7, 1},
    {"\xbf", 1, 65533, 33, 6},
    {"\xf5\xf5\xf5", 3, 65074269, 19, 1},
    {"\xa0\xdf", 2, 2097056, 6, 3},
    {"\xdf\x9f\xc0", 3, 127998, 48, 3},
    {"\xbf\xbf\xf4", 3, 65074269, 19, 1},
    {"\xef\x9f\xf5\xbf\xe0\xf0\x7f", 7, 1662306146, 46, 4},
    {"\xdf\x41\xef\xc2\xa0\xa0", 6, 456543670, 20, 2},
    {"\x9f", 1, 65533, 33, 6},
    {"\xf0\x9f\xc2\x7f\xa0\xa0", 6, -1948895041, 41, 2},
    {"\xbf\xff\xa0", 3, 65074269, 19, 1},
    {"\xff\xa0\x8f\xe1", 4, 2017367872, 22, 2},
    {"\xbf\x41", 2, 2031588, 38, 6},
    {"\x90\xbf", 2, 2097056, 6, 3},
    {"\x41\xa0\xf0\x41\x9f\xef", 6, -88059808, 8, 4},
    {"\x9f\xf0\xf0\xed\x41\xe0", 6, 1660342044, 44, 4},
    {"\xef\xbf", 2, 65533, 33, 6},
    {"\xbf\x9f\xf8", 3, 65074269, 19, 1},
    {"\xf4\x41\xdf\x9f\xed\xed", 6, 397529435, 35, 2},
    {"\xf0\xe1\xf4\xe0", 4, 2017367872, 22, 2},
    {"\xed\xa0\x80", 3, 65533, 33, 6},
    {"\xed\xa0", 2, 65533, 33, 6},
    {"\xed\xa0\x41", 3, 2031588, 38, 6},
    {"\xf0\x9f\x98", 3, 65533, 33, 6},
    {"\xf0\x9f", 2, 65533, 33, 6},
    {"\xf4\x90\x80\x80", 4, 2017367872, 22, 2},
    {"\xe0\x80\x80", 3, 65074269, 19, 1},
    {"\xc3", 1, 65533, 33, 6},
    {"\xf5\x80\x80\x80", 4, 2017367872, 22, 2},
    /* clang-format on */
};

static void as_java(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        kw_string key = {(const char *)given_size((size_t)known[i].size), known[i].size};
        memcpy((void *)(uintptr_t)key.data, known[i].bytes, (size_t)known[i].size);
        assert_int_equal(java_hash(key), known[i].hash);
        assert_int_equal(partition_of_key(key, 50), known[i].of_50);
        assert_int_equal(partition_of_key(key, 7), known[i].of_7);
        assert_int_equal(partition_of_key(key, 1), 0);
    }
}

static void null_is_empty(void **state)
{
    (void)state;
    assert_int_equal(java_hash((kw_string){NULL, -1}), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(as_java, forget_given),
                                       cmocka_unit_test(null_is_empty)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
