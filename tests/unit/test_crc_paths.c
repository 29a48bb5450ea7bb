/* SPDX-License-Identifier: Apache-2.0 */
/* Each way to a checksum that this processor has, also those that kw_crc32c() does not choose here. */
#include "support.h"

#include "../../lib/crc_kind.h"

#if KWI_CRC_X86 || KWI_CRC_ARM

enum { BIG = 40000, STEP = 7 };

static uint8_t *noise(size_t size)
{
    uint8_t *bytes = given_size(size);
    uint32_t x = 2463534242;
    for (size_t i = 0; i < size; i++) {
        x = x * 1664525 + 1013904223;
        bytes[i] = (uint8_t)(x >> 24);
    }
    return bytes;
}

static uint32_t by_table(uint32_t state, const uint8_t *p, size_t size)
{
    return kwi_crc_by_table(&kwi_crc32c_kind, state, p, size);
}

static void check_run(kwi_crc_run *run, bool available)
{
    if (!available)
        skip();
    const uint8_t *p = noise(BIG);
    bool took = false;
    for (size_t size = 0; size < BIG - 1; size += STEP) {
        uint32_t state = 0x12345678;
        size_t done = run(&state, p + 1, size);
        assert_true(done <= size);
        assert_true(size < KWI_MIXED_MIN ? done == 0 : size - done < 4096);
        assert_int_equal(state, by_table(0x12345678, p + 1, done));
        took = took || done > BIG / 2;
    }
    assert_true(took);
}

static void check_fold(kwi_crc_fold *fold, size_t least, bool available)
{
    if (!available)
        skip();
    const uint8_t *p = noise(BIG);
    for (size_t size = least; size < 4096; size++) {
        uint8_t rest[16];
        size_t done = fold(&kwi_crc32c_kind, 0x12345678, p + 1, size, rest);
        assert_int_equal(done, size / 16 * 16);
        assert_int_equal(by_table(0, rest, sizeof rest), by_table(0x12345678, p + 1, done));
    }
}

static void by_instruction(void **state)
{
    (void)state;
    if (!kwi_crc_has_instructions())
        skip();
    const uint8_t *p = noise(BIG);
    for (size_t size = 0; size < 512; size++)
        assert_int_equal(kwi_crc32c_by_instruction(1, p + size, size), by_table(1, p + size, size));
}

static void by_fold(void **state)
{
    (void)state;
    check_fold(kwi_crc_by_fold, KWI_FOLD_MIN, kwi_crc_has_fold());
}

static void by_mixed(void **state)
{
    (void)state;
    check_run(kwi_crc32c_by_mixed, kwi_crc_has_mixed());
}

#if KWI_CRC_X86
static void by_wide_fold(void **state)
{
    (void)state;
    check_fold(kwi_crc_by_wide_fold, KWI_WIDE_FOLD_MIN, kwi_crc_has_wide_fold());
}

static void by_wide_mixed(void **state)
{
    (void)state;
    check_run(kwi_crc32c_by_wide_mixed, kwi_crc_has_wide_mixed());
}

static void by_widest_mixed(void **state)
{
    (void)state;
    check_run(kwi_crc32c_by_widest_mixed, kwi_crc_has_wide_fold());
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(by_instruction),
        TEST(by_fold),
        TEST(by_mixed),
#if KWI_CRC_X86
        TEST(by_wide_fold),
        TEST(by_wide_mixed),
        TEST(by_widest_mixed),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 77; /* only the table, which the test of the library covers */
}

#endif
