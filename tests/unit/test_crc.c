/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <kwire/crc.h>

enum { LONGEST = 300, ALIGNMENTS = 16, BIG = 12000 };

/* Bit by bit, following the definition; the polynomials are those of CRC-32C and CRC-32 with their bits reversed. */
static uint32_t by_bits(uint32_t polynomial, uint32_t seed, const uint8_t *p, size_t size)
{
    uint32_t state = ~seed;
    for (size_t i = 0; i < size; i++) {
        state ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            state = state >> 1 ^ ((state & 1) != 0 ? polynomial : 0);
    }
    return ~state;
}

static uint32_t crc32c_by_bits(uint32_t seed, const uint8_t *p, size_t size)
{
    return by_bits(0x82f63b78, seed, p, size);
}

static uint32_t crc32_by_bits(uint32_t seed, const uint8_t *p, size_t size)
{
    return by_bits(0xedb88320, seed, p, size);
}

static uint8_t *noise(size_t size)
{
    uint8_t *bytes = given_size(size);
    uint32_t x = 2463534242;
    for (size_t i = 0; i < size; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        bytes[i] = (uint8_t)(x >> 8);
    }
    return bytes;
}

static void known_answers(void **state)
{
    (void)state;
    assert_int_equal(kw_crc32c(0, "123456789", 9), 0xe3069283);
    assert_int_equal(kw_crc32(0, "123456789", 9), 0xcbf43926);

    /* RFC 3720, B.4. */
    uint8_t bytes[32];
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(kw_crc32c(0, bytes, sizeof bytes), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(kw_crc32c(0, bytes, sizeof bytes), 0x62a8ab43);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    assert_int_equal(kw_crc32c(0, bytes, sizeof bytes), 0x46dd794e);
}

static void nothing_changes_nothing(void **state)
{
    (void)state;
    assert_int_equal(kw_crc32c(0, NULL, 0), 0);
    assert_int_equal(kw_crc32(0, NULL, 0), 0);
    assert_int_equal(kw_crc32c(0xe3069283, NULL, 0), 0xe3069283);
    assert_int_equal(kw_crc32(0xcbf43926, NULL, 0), 0xcbf43926);
}

static void every_length_at_every_alignment(void **state)
{
    (void)state;
    for (size_t skip = 0; skip <= ALIGNMENTS; skip++)
        for (size_t size = 0; size <= LONGEST; size++) {
            const uint8_t *p = noise(skip + size) + skip;
            uint32_t seed = (uint32_t)(size * 0x9e3779b9u);
            assert_int_equal(kw_crc32c(seed, p, size), crc32c_by_bits(seed, p, size));
            assert_int_equal(kw_crc32(seed, p, size), crc32_by_bits(seed, p, size));
            forget_given(NULL);
        }
}

/* Each path for large inputs, with every possible rest. */
static void every_length_of_larger_inputs(void **state)
{
    (void)state;
    const uint8_t *p = noise(BIG);
    uint32_t want_c = 0;
    uint32_t want = 0;
    for (size_t size = 0; size < BIG; size++) {
        assert_int_equal(kw_crc32c(0, p, size), want_c);
        assert_int_equal(kw_crc32(0, p, size), want);
        want_c = crc32c_by_bits(want_c, p + size, 1);
        want = crc32_by_bits(want, p + size, 1);
    }
}

static void parts_give_what_the_whole_does(void **state)
{
    (void)state;
    const uint8_t *p = noise(BIG);
    uint32_t whole_c = crc32c_by_bits(0, p, BIG);
    uint32_t whole = crc32_by_bits(0, p, BIG);
    for (size_t cut = 0; cut <= BIG; cut += 37) {
        assert_int_equal(kw_crc32c(kw_crc32c(0, p, cut), p + cut, BIG - cut), whole_c);
        assert_int_equal(kw_crc32(kw_crc32(0, p, cut), p + cut, BIG - cut), whole);
    }
}

static void each_bit_counts(void **state)
{
    (void)state;
    enum { SIZE = 700 };
    uint8_t *p = noise(SIZE);
    uint32_t before_c = kw_crc32c(0, p, SIZE);
    uint32_t before = kw_crc32(0, p, SIZE);
    for (size_t bit = 0; bit < (size_t)SIZE * 8; bit++) {
        p[bit / 8] = (uint8_t)(p[bit / 8] ^ 1u << bit % 8);
        assert_int_not_equal(kw_crc32c(0, p, SIZE), before_c);
        assert_int_not_equal(kw_crc32(0, p, SIZE), before);
        p[bit / 8] = (uint8_t)(p[bit / 8] ^ 1u << bit % 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(known_answers),
        TEST(nothing_changes_nothing),
        TEST(every_length_at_every_alignment),
        TEST(every_length_of_larger_inputs),
        TEST(parts_give_what_the_whole_does),
        TEST(each_bit_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
