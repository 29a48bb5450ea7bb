/* SPDX-License-Identifier: Apache-2.0 */
#include "record_bytes.h"

#include <kwire/record_builder.h>

static kw_batch first_batch(kw_bytes field)
{
    kw_batches bs;
    kw_batch b;
    kw_batches_init(&bs, field);
    assert_true(kw_batches_next(&bs, &b));
    return b;
}

static kw_bytes copy_of(kw_bytes b)
{
    return given_prefix(b, (size_t)b.len);
}

/* ---- offsets ---- */

static void the_last_record_gets_the_offset(void **state)
{
    (void)state;
    kw_bytes b = plain_batch(100, 3);
    assert_status(kw_batch_set_last_offset(writable(b), (size_t)b.len, 5002), KW_OK);
    kw_batch read = first_batch(b);
    assert_int_equal(read.base_offset, 5000);
    assert_int_equal(read.last_offset, 5002);
    assert_status(kw_batch_check_crc(&read), KW_OK);
}

static void so_does_a_message(void **state)
{
    (void)state;
    for (uint8_t magic = 0; magic < 2; magic++) {
        kw_bytes m = message(magic, 7, 1000, "a");
        assert_status(kw_batch_set_last_offset(writable(m), (size_t)m.len, 99), KW_OK);
        check_bytes(m.data, (size_t)m.len, message(magic, 99, 1000, "a"), __FILE__, __LINE__);
    }
}

static void a_leader_epoch_is_not_checksummed(void **state)
{
    (void)state;
    kw_bytes b = plain_batch(100, 1);
    assert_status(kw_batch_set_leader_epoch(writable(b), (size_t)b.len, 77), KW_OK);
    kw_batch read = first_batch(b);
    assert_int_equal(read.leader_epoch, 77);
    assert_status(kw_batch_check_crc(&read), KW_OK);
}

/* ---- timestamps ---- */

/* Q18: this needs a new checksum. */
static void the_kind_of_time_is_checksummed(void **state)
{
    (void)state;
    batch_fields f = fields_for(2);
    f.attributes = KW_ATTRIBUTE_TRANSACTIONAL;
    f.producer_id = 5;
    kw_bytes b = batch_of(&f, plain_records(2));
    assert_status(kw_batch_set_max_timestamp(writable(b), (size_t)b.len, true, 123456), KW_OK);
    f.attributes |= KW_ATTRIBUTE_LOG_APPEND_TIME;
    f.max_timestamp = 123456;
    check_bytes(b.data, (size_t)b.len, batch_of(&f, plain_records(2)), __FILE__, __LINE__);

    assert_status(kw_batch_set_max_timestamp(writable(b), (size_t)b.len, false, 123456), KW_OK);
    f.attributes = KW_ATTRIBUTE_TRANSACTIONAL;
    check_bytes(b.data, (size_t)b.len, batch_of(&f, plain_records(2)), __FILE__, __LINE__);
}

static void a_message_has_one_timestamp(void **state)
{
    (void)state;
    kw_bytes none = {NULL, -1};
    kw_bytes m = message(1, 7, 1000, "a");
    assert_status(kw_batch_set_max_timestamp(writable(m), (size_t)m.len, true, 2000), KW_OK);
    kw_bytes want = message_of(1, 7, KW_ATTRIBUTE_LOG_APPEND_TIME, 2000, none, given("61"));
    check_bytes(m.data, (size_t)m.len, want, __FILE__, __LINE__);
}

static void attributes_without_meaning_go_when_something_changes(void **state)
{
    (void)state;
    batch_fields f = fields_for(1);
    f.attributes = 0xff80;
    kw_bytes b = batch_of(&f, plain_records(1));
    kw_bytes before = copy_of(b);
    assert_status(kw_batch_set_max_timestamp(writable(b), (size_t)b.len, false, f.max_timestamp), KW_OK);
    check_bytes(b.data, (size_t)b.len, before, __FILE__, __LINE__);
    assert_status(kw_batch_set_max_timestamp(writable(b), (size_t)b.len, false, 1), KW_OK);
    assert_int_equal(first_batch(b).attributes, 0);
    kw_batch read = first_batch(b);
    assert_status(kw_batch_check_crc(&read), KW_OK);
}

/* Nothing to change: a wrong checksum remains wrong. */
static void a_value_that_is_set_already_is_not_written(void **state)
{
    (void)state;
    kw_bytes b = plain_batch(0, 1), m = message(1, 7, 1000, "a");
    writable(b)[KW_BATCH_V2_CRC] ^= 1;
    writable(m)[KW_LEGACY_CRC] ^= 1;
    kw_bytes b_before = copy_of(b), m_before = copy_of(m);
    assert_status(kw_batch_set_max_timestamp(writable(b), (size_t)b.len, false, 1009), KW_OK);
    assert_status(kw_batch_set_max_timestamp(writable(m), (size_t)m.len, false, 1000), KW_OK);
    check_bytes(b.data, (size_t)b.len, b_before, __FILE__, __LINE__);
    check_bytes(m.data, (size_t)m.len, m_before, __FILE__, __LINE__);
}

/* ---- producers ---- */

static void a_producer_that_came_later(void **state)
{
    (void)state;
    kw_bytes b = plain_batch(0, 2);
    assert_status(kw_batch_set_producer(writable(b), (size_t)b.len, 1000, 3, INT32_MAX), KW_OK);
    kw_batch read = first_batch(b);
    assert_int_equal(read.producer_id, 1000);
    assert_int_equal(read.producer_epoch, 3);
    assert_int_equal(read.base_sequence, INT32_MAX);
    assert_status(kw_batch_check_crc(&read), KW_OK);
}

/* ---- refusals ---- */

static kw_status all(kw_bytes b, unsigned which)
{
    switch (which) {
    case 0:
        return kw_batch_set_last_offset(writable(b), (size_t)b.len, 5);
    case 1:
        return kw_batch_set_leader_epoch(writable(b), (size_t)b.len, 5);
    case 2:
        return kw_batch_set_max_timestamp(writable(b), (size_t)b.len, true, 5);
    default:
        return kw_batch_set_producer(writable(b), (size_t)b.len, 5, 5, 5);
    }
}

static void check_all(kw_bytes b, kw_status want, int line)
{
    kw_bytes before = copy_of(b);
    for (unsigned which = 0; which < 4; which++) {
        check_status(all(b, which), want, __FILE__, line);
        check_bytes(b.data, (size_t)b.len, before, __FILE__, line);
    }
}

static void only_whole_batches_are_changed(void **state)
{
    (void)state;
    kw_bytes b = plain_batch(0, 2);
    for (size_t size = 0; size < (size_t)b.len; size++)
        check_all(given_prefix(b, size), KW_ERR_TRUNCATED, __LINE__);
    check_all(joined_2(b, given("00")), KW_ERR_TRAILING, __LINE__);
    check_all(joined_2(b, b), KW_ERR_TRAILING, __LINE__);
    kw_bytes bad = copy_of(b);
    writable(bad)[KW_BATCH_MAGIC] = 3;
    check_all(bad, KW_ERR_MAGIC, __LINE__);
    bad = copy_of(b);
    kw_store_be32(writable(bad) + KW_BATCH_LENGTH, 13);
    check_all(bad, KW_ERR_BATCH_SIZE, __LINE__);
}

static void old_messages_lack_things(void **state)
{
    (void)state;
    for (uint8_t magic = 0; magic < 2; magic++) {
        kw_bytes m = message(magic, 7, 1000, "a");
        kw_bytes before = copy_of(m);
        assert_status(all(m, 1), KW_ERR_ARGUMENT);
        if (magic == 0)
            assert_status(all(m, 2), KW_ERR_ARGUMENT);
        assert_status(all(m, 3), KW_ERR_ARGUMENT);
        check_bytes(m.data, (size_t)m.len, before, __FILE__, __LINE__);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_last_record_gets_the_offset),
        TEST(so_does_a_message),
        TEST(a_leader_epoch_is_not_checksummed),
        TEST(the_kind_of_time_is_checksummed),
        TEST(a_message_has_one_timestamp),
        TEST(attributes_without_meaning_go_when_something_changes),
        TEST(a_value_that_is_set_already_is_not_written),
        TEST(a_producer_that_came_later),
        TEST(only_whole_batches_are_changed),
        TEST(old_messages_lack_things),
    };
    return cmocka_run_group_tests_name("record patch", tests, NULL, NULL);
}
