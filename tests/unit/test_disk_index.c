/* SPDX-License-Identifier: Apache-2.0 */
#include "disk_support.h"

#include <kwire/storage/index.h>
#include <kwire/storage/producers.h>

static void check_offset(const kw_offset_index *index, int64_t offset, int64_t found, uint32_t position)
{
    kw_offset_entry entry;
    assert_true(kw_offset_index_find(index, offset, &entry));
    assert_int_equal(entry.offset, found);
    assert_int_equal(entry.position, position);
}

static void test_offset_index(void **state)
{
    (void)state;
    kw_bytes b = given("00000002 000000b6  00000004 0000016c  7fffffff fffffffe");
    kw_offset_index index;
    kw_offset_entry entry;
    kw_offset_index_init(&index, b.data, (size_t)b.len, 1000);
    assert_int_equal(index.count, 3);
    assert_false(kw_offset_index_find(&index, 1001, &entry));
    assert_false(kw_offset_index_find(&index, -1, &entry));
    check_offset(&index, 1002, 1002, 182);
    check_offset(&index, 1003, 1002, 182);
    check_offset(&index, 1004, 1004, 364);
    check_offset(&index, INT64_MAX, 1000 + INT64_C(0x7fffffff), 0xfffffffe);
}

static void test_time_index(void **state)
{
    (void)state;
    kw_bytes b = given("0000018bcfe5eec4 00000002  0000018bcfe5fa7c 00000004");
    kw_time_index index;
    kw_time_entry entry;
    kw_time_index_init(&index, b.data, (size_t)b.len, 21);
    assert_int_equal(index.count, 2);
    assert_false(kw_time_index_find(&index, INT64_C(0x18bcfe5eec4), &entry));
    assert_true(kw_time_index_find(&index, INT64_C(0x18bcfe5eec5), &entry));
    assert_int_equal(entry.offset, 23);
    assert_int_equal(entry.timestamp, INT64_C(0x18bcfe5eec4));
    assert_true(kw_time_index_find(&index, INT64_MAX, &entry));
    assert_int_equal(entry.offset, 25);
}

/* Any number of zeros after the entries, as a broker leaves them, and part of an entry. */
static void test_allocated_ahead(void **state)
{
    (void)state;
    for (size_t entries = 0; entries < 6; entries++) {
        for (size_t size = entries * 12; size < 160; size++) {
            uint8_t *data = given_size(size);
            memset(data, 0, size);
            for (size_t i = 0; i < entries; i++)
                kw_store_be64(data + i * 12, 1000 + i);
            kw_time_index times;
            kw_time_index_init(&times, data, size, 0);
            assert_int_equal(times.count, entries);
        }
        for (size_t size = entries * 8; size < 120; size++) {
            uint8_t *data = given_size(size);
            memset(data, 0, size);
            for (size_t i = 0; i < entries; i++)
                kw_store_be32(data + i * 8, (uint32_t)i + 1);
            kw_offset_index offsets;
            kw_offset_index_init(&offsets, data, size, 0);
            assert_int_equal(offsets.count, entries);
        }
    }
}

#define TXN "0000 0000000000000008 0000000000000001 0000000000000004 0000000000000005"

static void test_txn_index(void **state)
{
    (void)state;
    kw_bytes b = given(TXN " 0001 0000000000000008 0000000000000001 0000000000000004 0000000000000005"
                           "0000 0000000000000008 0000000000000005 0000000000000004 0000000000000005 00");
    kw_txn_index index;
    kw_aborted_txn txn;
    kw_txn_index_init(&index, b.data, (size_t)b.len);
    assert_int_equal(index.count, 3);
    assert_int_equal(index.trailing, 1);
    assert_status(kw_txn_index_at(&index, 0, &txn), KW_OK);
    assert_int_equal(txn.producer_id, 8);
    assert_int_equal(txn.first_offset, 1);
    assert_int_equal(txn.last_offset, 4);
    assert_int_equal(txn.last_stable_offset, 5);
    assert_status(kw_txn_index_at(&index, 1, &txn), KW_ERR_VERSION);
    assert_status(kw_txn_index_at(&index, 2, &txn), KW_ERR_FILE_FORMAT);
}

/* ---- producers ---- */

#define PRODUCER "0000000000000007 0002 00000003 0000000000000009 00000001 000001a1fd727d93 00000004 0000000000000008"

static uint8_t *with_crc(kw_bytes b)
{
    uint8_t *data = copy_of(b);
    kw_store_be32(data + 2, kw_crc32c(0, data + 6, (size_t)b.len - 6));
    return data;
}

static void test_producers(void **state)
{
    (void)state;
    kw_bytes b = given("0001 00000000 00000002" PRODUCER PRODUCER);
    kw_producers p;
    size_t at;
    assert_status(kw_producers_init(&p, with_crc(b), (size_t)b.len, &at), KW_OK);
    assert_int_equal(p.count, 2);
    kw_producer_state s = kw_producers_at(&p, 1);
    assert_int_equal(s.producer_id, 7);
    assert_int_equal(s.producer_epoch, 2);
    assert_int_equal(s.last_sequence, 3);
    assert_int_equal(s.last_offset, 9);
    assert_int_equal(s.offset_delta, 1);
    assert_int_equal(s.timestamp, INT64_C(0x1a1fd727d93));
    assert_int_equal(s.coordinator_epoch, 4);
    assert_int_equal(s.txn_first_offset, 8);
}

static void test_bad_producers(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        kw_status status;
        size_t at;
    } cases[] = {
        {"", KW_ERR_TRUNCATED, 0},
        {"0001 00000000 000000", KW_ERR_TRUNCATED, 9},
        {"0002 00000000 00000000", KW_ERR_VERSION, 0},
        {"0001 00000000 ffffffff", KW_ERR_NEGATIVE, 6},
        {"0001 00000000 00000001", KW_ERR_COUNT, 6},
        {"0001 00000000 7fffffff" PRODUCER, KW_ERR_COUNT, 6},
        {"0001 00000000 00000000 00", KW_ERR_TRAILING, 10},
        {"0001 00000000 00000001" PRODUCER "00", KW_ERR_TRAILING, 56},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kw_bytes b = given(cases[i].hex);
        const uint8_t *data = b.len > 6 ? with_crc(b) : b.data;
        kw_producers p;
        size_t at;
        kw_status status = kw_producers_init(&p, data, (size_t)b.len, &at);
        check_refused(status, at, b, cases[i].status, cases[i].at, __FILE__, __LINE__);
        assert_int_equal(p.count, 0);
    }
    kw_bytes b = given("0001 00000000 00000000");
    kw_producers p;
    size_t at;
    kw_status status = kw_producers_init(&p, b.data, (size_t)b.len, &at);
    check_refused(status, at, b, KW_ERR_CRC, 2, __FILE__, __LINE__);
}

static void test_damaged_producers(void **state)
{
    (void)state;
    kw_bytes b = given("0001 00000000 00000002" PRODUCER PRODUCER);
    kw_bytes good = {with_crc(b), b.len};
    kw_producers p;
    size_t at;
    for (size_t n = 0; n < (size_t)good.len; n++)
        assert_true(kw_producers_init(&p, given_prefix(good, n).data, n, &at) != KW_OK);
    for (size_t bit = 0; bit < (size_t)good.len * 8; bit++) {
        uint8_t *data = copy_of(good);
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_true(kw_producers_init(&p, data, (size_t)good.len, &at) != KW_OK);
    }
}

/* ---- writing ---- */

static uint8_t written[256];

static void check_written(const kw_writer *w, kw_bytes wanted)
{
    kw_span s = kw_writer_data(w);
    assert_status(w->status, KW_OK);
    assert_int_equal(s.size, wanted.len);
    assert_memory_equal(s.data, wanted.data, s.size);
}

static void test_write_entries(void **state)
{
    (void)state;
    const kw_offset_entry offset = {INT64_C(0x100000000) + INT32_MAX, INT32_MAX};
    const kw_time_entry time = {INT64_C(0x18bcfe5eec4), INT64_C(0x100000004)};
    const kw_aborted_txn txn = {9, 5, 7, 6};
    kw_writer w;
    kw_writer_init(&w, written, sizeof written);
    assert_status(kw_offset_entry_write(&w, INT64_C(0x100000000), &offset), KW_OK);
    check_written(&w, given("7fffffff 7fffffff"));
    kw_writer_init(&w, written, sizeof written);
    assert_status(kw_time_entry_write(&w, INT64_C(0x100000000), &time), KW_OK);
    check_written(&w, given("0000018bcfe5eec4 00000004"));
    kw_writer_init(&w, written, sizeof written);
    assert_status(kw_aborted_txn_write(&w, &txn), KW_OK);
    check_written(&w, given("0000 0000000000000009 0000000000000005 0000000000000007 0000000000000006"));
    kw_writer_init(&w, written, KW_ABORTED_TXN_SIZE - 1);
    assert_status(kw_aborted_txn_write(&w, &txn), KW_ERR_SPACE);
}

static void test_write_bad_entries(void **state)
{
    (void)state;
    static const struct {
        int64_t base_offset;
        int64_t offset;
        uint32_t position;
    } entries[] = {{5, 4, 0}, {0, INT64_C(0x80000000), 0}, {-1, 0, 0}, {INT64_MIN, INT64_MAX, 0}, {0, -1, 0}};
    static const kw_aborted_txn txns[] = {{-1, 1, 2, 1}, {1, -1, 2, 1}, {1, 3, 2, 1}, {1, 1, 2, -1}};
    kw_writer w;
    for (size_t i = 0; i < COUNT_OF(entries); i++) {
        const kw_offset_entry offset = {entries[i].offset, entries[i].position};
        const kw_time_entry time = {1, entries[i].offset};
        kw_writer_init(&w, written, sizeof written);
        assert_status(kw_offset_entry_write(&w, entries[i].base_offset, &offset), KW_ERR_ARGUMENT);
        kw_writer_init(&w, written, sizeof written);
        assert_status(kw_time_entry_write(&w, entries[i].base_offset, &time), KW_ERR_ARGUMENT);
    }
    const kw_offset_entry too_far = {0, UINT32_C(0x80000000)};
    kw_writer_init(&w, written, sizeof written);
    assert_status(kw_offset_entry_write(&w, 0, &too_far), KW_ERR_ARGUMENT);
    for (size_t i = 0; i < COUNT_OF(txns); i++) {
        kw_writer_init(&w, written, sizeof written);
        assert_status(kw_aborted_txn_write(&w, &txns[i]), KW_ERR_ARGUMENT);
    }
}

static void test_write_producers(void **state)
{
    (void)state;
    kw_bytes b = given("0001 00000000 00000002" PRODUCER PRODUCER);
    kw_bytes good = {with_crc(b), b.len};
    kw_producers p;
    kw_writer w;
    size_t at;
    assert_status(kw_producers_init(&p, good.data, (size_t)good.len, &at), KW_OK);
    kw_producer_state states[] = {kw_producers_at(&p, 0), kw_producers_at(&p, 1)};
    kw_writer_init(&w, written, sizeof written);
    assert_status(kw_producers_write(&w, states, 2), KW_OK);
    check_written(&w, good);
    kw_writer_init(&w, written, sizeof written);
    assert_status(kw_producers_write(&w, NULL, 0), KW_OK);
    assert_int_equal(kw_writer_needed(&w), 10);
    assert_status(kw_producers_init(&p, written, 10, &at), KW_OK);
    kw_writer_init(&w, written, (size_t)good.len - 1);
    assert_status(kw_producers_write(&w, states, 2), KW_ERR_SPACE);
    assert_status(kw_producers_write(&w, states, (size_t)INT32_MAX + 1), KW_ERR_SPACE);
    kw_writer_init_counting(&w);
    assert_status(kw_producers_write(&w, states, (size_t)INT32_MAX + 1), KW_ERR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_offset_index),      TEST(test_time_index),    TEST(test_allocated_ahead),
        TEST(test_txn_index),         TEST(test_producers),     TEST(test_bad_producers),
        TEST(test_damaged_producers), TEST(test_write_entries), TEST(test_write_bad_entries),
        TEST(test_write_producers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
