/* SPDX-License-Identifier: Apache-2.0 */
/* The map of a log cleaner: the last offset of each key, in no more memory than it was given. */
#include "../../../unit/support.h"

#include "../../support/garbage.h"
#include "../../support/random_test.h"
#include "log/cleaner/offset_map.h"

static const uint8_t secret[OFFSET_MAP_SECRET_SIZE] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void put(struct offset_map *map, uint32_t number, int64_t offset)
{
    struct offset_key key = offset_map_key(map, kw_bytes_of(&number, sizeof number));
    offset_map_put(map, &key, offset);
}

static int64_t get(const struct offset_map *map, uint32_t number)
{
    struct offset_key key = offset_map_key(map, kw_bytes_of(&number, sizeof number));
    return offset_map_get(map, &key);
}

/* The vectors of the reference implementation: its key is 0 to 15, its input 0, 1, 2... */
static void hashes_are_siphash(void **state)
{
    (void)state;
    static const uint64_t key[2] = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};
    static const struct {
        size_t size;
        uint8_t hash[16];
    } vectors[] = {
        {0, {0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02, 0x93}},
        {1, {0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44, 0x34, 0x76, 0x59, 0x11, 0x9b, 0x22, 0xfc, 0x45}},
        {8, {0x3b, 0x62, 0xa9, 0xba, 0x62, 0x58, 0xf5, 0x61, 0x0f, 0x83, 0xe2, 0x64, 0xf3, 0x14, 0x97, 0xb4}},
    };
    uint8_t input[16];
    for (size_t i = 0; i < sizeof input; i++)
        input[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        uint64_t hash[2];
        siphash_128(key, input, vectors[i].size, hash);
        for (size_t k = 0; k < 16; k++)
            assert_int_equal((uint8_t)(hash[k / 8] >> (8 * (k % 8))), vectors[i].hash[k]);
    }
}

static void the_last_offset_counts(void **state)
{
    (void)state;
    struct offset_map map;
    enum { ONE = 1, OTHER = 2 };
    assert_true(offset_map_init(&map, 4, secret));
    assert_int_equal(map.latest, -1);
    assert_int_equal(get(&map, ONE), -1);
    put(&map, ONE, 5);
    put(&map, OTHER, 6);
    put(&map, ONE, 7);
    assert_int_equal(map.count, 2);
    assert_int_equal(get(&map, ONE), 7);
    assert_int_equal(get(&map, OTHER), 6);
    offset_map_finish(&map);
}

/* A key of no bytes is one, unlike a key that is null, which is never asked for. */
static void an_empty_key_is_a_key(void **state)
{
    (void)state;
    struct offset_map map;
    assert_true(offset_map_init(&map, 2, secret));
    struct offset_key key = offset_map_key(&map, (kw_bytes){NULL, 0});
    assert_int_equal(offset_map_get(&map, &key), -1);
    offset_map_put(&map, &key, 3);
    assert_int_equal(offset_map_get(&map, &key), 3);
    offset_map_finish(&map);
}

/* Beside a model, up to the last free slot. */
static void many_keys_are_kept_apart(void **state)
{
    (void)state;
    enum { KEYS = 5000, PUTS = 40000 };
    static int64_t model[KEYS];
    struct random_test numbers;
    struct offset_map map;
    random_test_init(&numbers, 17);
    fill_with_garbage(&map, sizeof map);
    assert_true(offset_map_init(&map, KEYS + 1, secret));
    memset(model, 0xff, sizeof model);
    for (int64_t i = 0; i < PUTS; i++) {
        uint32_t key = (uint32_t)random_below(&numbers, KEYS);
        put(&map, key, i);
        model[key] = i;
    }
    size_t count = 0;
    for (uint32_t key = 0; key < KEYS; key++) {
        assert_int_equal(get(&map, key), model[key]);
        count += model[key] >= 0;
    }
    assert_int_equal(map.count, count);
    offset_map_finish(&map);
}

/* What is said of all offsets of a range is what is said of each. */
static void expect_ranges(const struct offset_map *map, int64_t from, size_t marked)
{
    enum { LONGEST = 80 };
    size_t found = 0;
    for (int64_t first = from - 2; first < from + (int64_t)marked + 2; first++) {
        bool wanted = true;
        for (int64_t last = first; last < first + LONGEST; last++) {
            wanted = wanted && offset_map_mark_of(map, last) == OFFSET_REPLACED;
            assert_int_equal(offset_map_are_replaced(map, first, last), wanted);
            found += wanted;
        }
    }
    assert_true(found > marked);
    assert_false(offset_map_are_replaced(map, from + 2, from + 1));
    assert_false(offset_map_are_replaced(map, from + 1, INT64_MAX));
    assert_false(offset_map_are_replaced(map, INT64_MIN, INT64_MAX));
}

/* Marks and lookups agree, where there are marks. */
static void marks_spare_lookups(void **state)
{
    (void)state;
    enum { KEYS = 300, FROM = 1000, MARKED = 5000, PUTS = 6000 };
    static uint32_t keys[PUTS];
    struct random_test numbers;
    struct offset_map map;
    random_test_init(&numbers, 18);
    fill_with_garbage(&map, sizeof map);
    assert_true(offset_map_init(&map, KEYS + 1, secret));
    assert_int_equal(offset_map_mark_of(&map, FROM), OFFSET_UNKNOWN);
    offset_map_mark(&map, FROM, MARKED);
    put(&map, 0, FROM - 1); /* of the part before */
    for (uint32_t i = 0; i < PUTS; i++) {
        keys[i] = (uint32_t)random_below(&numbers, KEYS);
        if (i % 7 != 0) /* the others are of aborted transactions */
            put(&map, keys[i], FROM + (int64_t)i);
    }
    assert_int_equal(offset_map_mark_of(&map, FROM - 1), OFFSET_UNKNOWN);
    for (uint32_t i = 0; i < PUTS; i++) {
        bool is_latest = get(&map, keys[i]) == FROM + (int64_t)i, is_known = i % 7 != 0 && i < MARKED;
        assert_int_equal(offset_map_mark_of(&map, FROM + (int64_t)i), !is_known   ? OFFSET_UNKNOWN
                                                                      : is_latest ? OFFSET_LATEST
                                                                                  : OFFSET_REPLACED);
    }
    expect_ranges(&map, FROM, MARKED);
    offset_map_forget_marks(&map);
    assert_false(offset_map_are_replaced(&map, FROM + 1, FROM + 1));
    assert_int_equal(offset_map_mark_of(&map, FROM + 1), OFFSET_UNKNOWN);
    put(&map, 1, FROM + PUTS);
    assert_int_equal(get(&map, 1), FROM + PUTS);
    offset_map_finish(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_are_siphash),    cmocka_unit_test(the_last_offset_counts),
        cmocka_unit_test(an_empty_key_is_a_key), cmocka_unit_test(many_keys_are_kept_apart),
        cmocka_unit_test(marks_spare_lookups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
