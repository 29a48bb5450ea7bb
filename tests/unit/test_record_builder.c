/* SPDX-License-Identifier: Apache-2.0 */
#include "record_building.h"

/* ---- as Kafka writes it: the expected bytes are Kafka's ---- */

static void a_batch(void **state)
{
    (void)state;
    kw_writer w = writing_to(sizeof buffer);
    kw_batch_options o = plain();
    kw_batch_builder b = begun(&w, &o);
    append(&b, INT64_C(1700000000000), "k", "v");
    append(&b, INT64_C(1700000000005), "k", "v");
    assert_status(kw_batch_builder_end(&b), KW_OK);
    assert_written(
        &w, "0000000000000000 00000043 ffffffff 02 a205ef91 0000 00000001 0000018bcfe56800 0000018bcfe56805ffffff"
            "ffffffffff ffff ffffffff 00000002 10 00 00 00 02 6b 02 76 00 10 00 0a 02 02 6b 02 76 00");
    assert_int_equal(b.count, 2);
    assert_int_equal(b.size, 79);
    assert_int_equal(b.last_offset, 1);
    assert_int_equal(b.max_timestamp, INT64_C(1700000000005));
    assert_int_equal(b.max_timestamp_offset, 1);
}

static kw_batch_options control_options(bool transactional)
{
    kw_batch_options o = plain();
    o.base_offset = 5;
    o.leader_epoch = 7;
    if (transactional) {
        o.producer_id = 9;
        o.producer_epoch = 3;
        o.transactional = true;
    }
    return o;
}

static void check_control(const kw_control_record *c, bool transactional, const char *want)
{
    kw_writer w = writing_to(sizeof buffer);
    kw_batch_options o = control_options(transactional);
    assert_status(kw_write_control_batch(&w, &o, 1000, c), KW_OK);
    assert_written(&w, want);
    kw_writer counting;
    kw_writer_init_counting(&counting);
    assert_status(kw_write_control_batch(&counting, &o, 1000, c), KW_OK);
    assert_int_equal(kw_writer_needed(&counting), kw_writer_needed(&w));
    size_t size = kw_writer_needed(&w);
    for (size_t less = 0; less < size; less++) {
        w = writing_to(less);
        assert_status(kw_write_control_batch(&w, &o, 1000, c), KW_ERR_SPACE);
        assert_untouched(&w, 0);
    }
}

static void end_of_transaction(void **state)
{
    (void)state;
    kw_control_record c = {.type = KW_CONTROL_COMMIT, .value = {.end_txn = {42}}};
    check_control(&c, true,
                  "00000000000000050000004200000007028c61594500300000000000000000000003e800000000000003e800000000000000"
                  "090003ffffffff000000012000000008000000010c00000000002a00");
    c.type = KW_CONTROL_ABORT;
    check_control(&c, true,
                  "0000000000000005000000420000000702785f8f0d00300000000000000000000003e800000000000003e800000000000000"
                  "090003ffffffff000000012000000008000000000c00000000002a00");
}

static void records_of_the_quorum(void **state)
{
    (void)state;
    kw_leader_change_message_voter voters[] = {{.voter_id = 3}, {.voter_id = 4}};
    kw_control_record c = {.type = KW_CONTROL_LEADER_CHANGE};
    c.value.leader_change.leader_id = 3;
    c.value.leader_change.voters.items = voters;
    c.value.leader_change.voters.len = 2;
    c.value.leader_change.granting_voters.items = voters + 1;
    c.value.leader_change.granting_voters.len = 1;
    check_control(&c, false,
                  "0000000000000005000000540000000702462c87e300200000000000000000000003e800000000000003e8ffffffffffffff"
                  "ffffffffffffff000000014400000008000000023000000000000303000000030000000004000200000004000000");

    c = (kw_control_record){.type = KW_CONTROL_SNAPSHOT_HEADER};
    c.value.snapshot_header.last_contained_log_timestamp = 99;
    check_control(&c, false,
                  "00000000000000050000004700000007021a97e70400200000000000000000000003e800000000000003e8ffffffffffffff"
                  "ffffffffffffff000000012a000000080000000316000000000000000000630000");

    c = (kw_control_record){.type = KW_CONTROL_SNAPSHOT_FOOTER};
    check_control(&c, false,
                  "00000000000000050000003f00000007028db697cb00200000000000000000000003e800000000000003e8ffffffffffffff"
                  "ffffffffffffff000000011a00000008000000040600000000");

    c = (kw_control_record){.type = KW_CONTROL_KRAFT_VERSION};
    c.value.kraft_version.kraft_version = 1;
    check_control(&c, false,
                  "0000000000000005000000410000000702db904e7400200000000000000000000003e800000000000003e8ffffffffffffff"
                  "ffffffffffffff000000011e00000008000000050a000000010000");

    kw_voters_record_endpoint endpoint = {kw_string_of("CONTROLLER"), kw_string_of("h"), 9093, NULL};
    kw_voters_record_voter voter = {.voter_id = 3, .endpoints = {&endpoint, 1}, .kraft_version_feature = {0, 1, NULL}};
    voter.voter_directory_id.bytes[7] = 1;
    voter.voter_directory_id.bytes[15] = 2;
    c = (kw_control_record){.type = KW_CONTROL_VOTERS};
    c.value.voters.voters.items = &voter;
    c.value.voters.voters.len = 1;
    check_control(&c, false,
                  "00000000000000050000006b0000000702b8cb7d9a00200000000000000000000003e800000000000003e8ffffffffffffff"
                  "ffffffffffffff000000017200000008000000065e0000020000000300000000000000010000000000000002020b434f4e54"
                  "524f4c4c455202682385000000000100000000");
}

static void a_batch_without_records(void **state)
{
    (void)state;
    kw_batch_options o = control_options(true);
    o.base_sequence = 17;
    kw_writer w = writing_to(sizeof buffer);
    assert_status(kw_write_empty_batch(&w, &o, 1200, 2000), KW_OK);
    assert_written(
        &w, "0000000000000005000000310000000702bef1d27d0010000004abffffffffffffffff00000000000007d000000000000000"
            "09000300000011 00000000");

    o = control_options(false);
    o.control = true;
    o.append_time = 2000;
    w = writing_to(sizeof buffer);
    assert_status(kw_write_empty_batch(&w, &o, 5, 2000), KW_OK);
    assert_written(
        &w, "0000000000000005000000310000000702a38676b7002800000000ffffffffffffffff00000000000007d0ffffffffffffff"
            "ffffffffffffff00000000");
    assert_status(kw_write_empty_batch(&w, &o, 4, 2000), KW_ERR_ARGUMENT);
    assert_status(kw_write_empty_batch(&w, &o, INT64_C(5) + INT32_MAX + 1, 2000), KW_ERR_ARGUMENT);
    assert_untouched(&w, 61);
    w = writing_to(60);
    assert_status(kw_write_empty_batch(&w, &o, 5, 2000), KW_ERR_SPACE);
    assert_untouched(&w, 0);
}

static void messages_of_magic_0_and_1(void **state)
{
    (void)state;
    for (uint8_t magic = 0; magic < 2; magic++) {
        kw_writer w = writing_to(sizeof buffer);
        kw_batch_options o = plain();
        o.magic = magic;
        o.base_offset = 7;
        kw_batch_builder b = begun(&w, &o);
        append(&b, 1000, NULL, "a");
        append(&b, 1009, NULL, "b");
        assert_status(kw_batch_builder_end(&b), KW_OK);
        kw_bytes want = joined_2(message(magic, 7, 1000, "a"), message(magic, 8, 1009, "b"));
        check_bytes(buffer, kw_writer_needed(&w), want, __FILE__, __LINE__);
        assert_int_equal(b.max_timestamp, magic == 0 ? -1 : 1009);
        assert_int_equal(b.max_timestamp_offset, magic == 0 ? -1 : 8);
        assert_int_equal(b.size, want.len);
    }
}

/* ---- offsets and times ---- */

static void removed_records_leave_gaps(void **state)
{
    (void)state;
    kw_writer w = writing_to(sizeof buffer);
    kw_batch_options o = plain();
    o.base_offset = 10;
    kw_batch_builder b = begun(&w, &o);
    kw_new_record r = record_of(1, "k", "v");
    assert_status(kw_batch_builder_append_at(&b, 12, &r), KW_OK);
    assert_status(kw_batch_builder_append_at(&b, 12, &r), KW_ERR_ARGUMENT);
    assert_status(kw_batch_builder_append_at(&b, 17, &r), KW_OK);
    assert_status(kw_batch_builder_reach(&b, 16), KW_ERR_ARGUMENT);
    assert_status(kw_batch_builder_reach(&b, INT64_C(10) + INT32_MAX + 1), KW_ERR_BATCH_FULL);
    assert_status(kw_batch_builder_reach(&b, 30), KW_OK);
    assert_status(kw_batch_builder_end(&b), KW_OK);
    kw_batches bs;
    kw_batch batch;
    kw_batches_init_memory(&bs, buffer, kw_writer_needed(&w));
    assert_true(kw_batches_next(&bs, &batch));
    assert_int_equal(batch.base_offset, 10);
    assert_int_equal(batch.last_offset, 30);
    assert_int_equal(batch.count, 2);
    kw_records rs;
    kw_record read;
    (void)kw_records_init(&rs, &batch, NULL, NULL);
    assert_true(kw_records_next(&rs, &read));
    assert_int_equal(read.offset, 12);
    assert_true(kw_records_next(&rs, &read));
    assert_int_equal(read.offset, 17);
}

/* The greatest timestamp is that of the first record with it. Q23: deltas are 64 bits wide and may be negative. */
static void times_may_be_in_any_order(void **state)
{
    (void)state;
    kw_writer w = writing_to(sizeof buffer);
    kw_batch_options o = plain();
    kw_batch_builder b = begun(&w, &o);
    const int64_t times[] = {INT64_C(1700000000000), -1, 0, INT64_MAX, INT64_MAX, 5};
    for (size_t i = 0; i < COUNT_OF(times); i++)
        append(&b, times[i], "k", "v");
    assert_status(kw_batch_builder_end(&b), KW_OK);
    assert_int_equal(b.max_timestamp, INT64_MAX);
    assert_int_equal(b.max_timestamp_offset, 3);
    kw_batches bs;
    kw_batch batch;
    kw_batches_init_memory(&bs, buffer, kw_writer_needed(&w));
    assert_true(kw_batches_next(&bs, &batch));
    kw_records rs;
    kw_record r;
    (void)kw_records_init(&rs, &batch, NULL, NULL);
    for (size_t i = 0; kw_records_next(&rs, &r); i++)
        assert_int_equal(r.timestamp, times[i]);
    assert_status(rs.status, KW_OK);
}

static void records_without_time(void **state)
{
    (void)state;
    kw_writer w = writing_to(sizeof buffer);
    kw_batch_options o = plain();
    kw_batch_builder b = begun(&w, &o);
    append(&b, -1, "k", "v");
    assert_status(kw_batch_builder_end(&b), KW_OK);
    assert_int_equal(b.max_timestamp, -1);
    assert_int_equal(b.max_timestamp_offset, -1);
}

/* ---- the fast path and the general one ---- */

static void write_one(uint8_t *to, size_t size, bool quick, kw_bytes key, kw_bytes value, int64_t timestamp)
{
    kw_writer w;
    kw_writer_init(&w, to, size);
    kw_batch_options o = plain();
    kw_batch_builder b = begun(&w, &o);
    kw_new_record first = record_of(0, NULL, ""), r = {timestamp, key, value, NULL, 0};
    assert_status(kw_batch_builder_append(&b, &first), KW_OK);
    assert_status(quick ? kw_batch_builder_append(&b, &r) : kw_batch_builder_append_at(&b, 1, &r), KW_OK);
    assert_status(kw_batch_builder_end(&b), KW_OK);
}

static void both_paths_write_the_same(void **state)
{
    (void)state;
    static uint8_t letters[8200], quick[9000], general[9000];
    for (size_t i = 0; i < sizeof letters; i++)
        letters[i] = (uint8_t)('a' + i % 26);
    const int64_t times[] = {0, 63, 64, 8191, 8192, 1048576, -1, INT64_MAX};
    for (int32_t size = -1; size < 8200; size = size == 300 ? 7980 : size + 1)
        for (size_t t = 0; t < COUNT_OF(times); t++) {
            kw_bytes value = {letters, size}, key = {letters, size % 70 - 1};
            memset(quick, 0xee, sizeof quick);
            memset(general, 0xee, sizeof general);
            write_one(quick, sizeof quick, true, key, value, times[t]);
            write_one(general, sizeof general, false, key, value, times[t]);
            if (memcmp(quick, general, 61 + 7 + (size > 0 ? (size_t)size : 0)) != 0)
                fail_msg("they differ with a value of %d bytes at time %lld", size, (long long)times[t]);
        }
}

/* Records of every kind, for the fast path and for the general one, in an order that depends on the seed. */
static void some_records(kw_new_record *records, size_t count, uint32_t seed)
{
    static const kw_record_header header = {{"h", 1}, {(const uint8_t *)"x", 1}};
    static const int32_t sizes[] = {0, -1, 3, 9, 16, 33, 63, 64, 65, 127, 200, 8100};
    static const uint8_t bytes[8200] = {1, 2, 3};
    for (size_t i = 0; i < count; i++) {
        seed = seed * 1664525 + 1013904223;
        bool has_header = seed >> 28 == 0;
        records[i] = (kw_new_record){
            .timestamp = (int64_t)(seed >> 8 & 0x3ff) * (seed >> 27 & 1 ? 1 : 1000000),
            .key = {bytes, sizes[seed >> 16 & 7]},
            .value = {bytes + 1, sizes[(seed >> 20 & 0xff) % 12]},
            .headers = has_header ? &header : NULL,
            .header_count = has_header,
        };
    }
}

static void all_at_once_is_one_by_one(void **state)
{
    (void)state;
    enum { COUNT = 40, SIZE = 400000 };
    static uint8_t one_by_one[SIZE], at_once[SIZE];
    kw_new_record records[COUNT];
    kw_batch_options o = plain();
    o.base_offset = 70;
    for (uint32_t seed = 0; seed < 300; seed++) {
        some_records(records, COUNT, seed);
        kw_writer w, all;
        size_t appended = 0;
        kw_writer_init(&w, one_by_one, SIZE);
        kw_writer_init(&all, at_once, SIZE);
        kw_batch_builder b = begun(&w, &o);
        for (size_t i = 0; i < COUNT; i++)
            assert_status(kw_batch_builder_append(&b, &records[i]), KW_OK);
        assert_status(kw_batch_builder_end(&b), KW_OK);
        kw_batch_builder many = begun(&all, &o);
        size_t half = seed % COUNT;
        assert_status(kw_batch_builder_append_all(&many, records, half, NULL), KW_OK);
        assert_status(kw_batch_builder_append_all(&many, records + half, COUNT - half, &appended), KW_OK);
        assert_int_equal(appended, COUNT - half);
        assert_int_equal(many.last_offset, b.last_offset);
        assert_int_equal(many.max_timestamp, b.max_timestamp);
        assert_int_equal(many.max_timestamp_offset, b.max_timestamp_offset);
        assert_status(kw_batch_builder_end(&many), KW_OK);
        assert_int_equal(many.size, b.size);
        assert_memory_equal(at_once, one_by_one, b.size);
    }
}

static void all_at_once_ends_at_the_first_that_cannot_be(void **state)
{
    (void)state;
    kw_writer w = writing_to(200);
    kw_batch_options o = plain();
    kw_batch_builder b = begun(&w, &o);
    kw_new_record records[12];
    size_t appended = 99;
    for (size_t i = 0; i < 12; i++)
        records[i] = record_of(5, "key", "value of some bytes");
    assert_status(kw_batch_builder_append_all(&b, records, 12, &appended), KW_ERR_SPACE);
    assert_int_equal(appended, (200 - KW_BATCH_V2_RECORDS) / 29);
    assert_int_equal(b.count, appended);
    assert_status(kw_batch_builder_append_all(&b, NULL, 0, &appended), KW_OK);
    assert_int_equal(appended, 0);
    assert_status(kw_batch_builder_end(&b), KW_OK);
    assert_status(kw_batch_builder_append_all(&b, records, 1, &appended), KW_ERR_ARGUMENT);
    assert_int_equal(appended, 0);

    w = writing_to(sizeof buffer);
    b = begun(&w, &o);
    records[3].timestamp = -2;
    assert_status(kw_batch_builder_append_all(&b, records, 12, &appended), KW_ERR_ARGUMENT);
    assert_int_equal(appended, 3);
    assert_int_equal(b.count, 3);
}

static void copies_have_all_that_was_read(void **state)
{
    (void)state;
    static uint8_t other_room[4096];
    kw_record_header headers[] = {{kw_string_of("a"), {(const uint8_t *)"bc", 2}},
                                  {kw_string_of(""), {NULL, -1}},
                                  {kw_string_of("a"), {NULL, 0}}};
    kw_writer w = writing_to(sizeof buffer), copied;
    kw_writer_init(&copied, other_room, sizeof other_room);
    kw_batch_options o = plain();
    kw_batch_builder b = begun(&w, &o), c = begun(&copied, &o);
    for (int32_t n = 0; n < 4; n++) {
        kw_bytes key = n == 1 ? null_bytes : text("key"), value = n == 2 ? null_bytes : text("value");
        kw_new_record r = {1000 + n, key, value, headers, n};
        assert_status(kw_batch_builder_append(&b, &r), KW_OK);
    }
    assert_status(kw_batch_builder_end(&b), KW_OK);
    kw_batches bs;
    kw_batch batch;
    kw_batches_init_memory(&bs, buffer, kw_writer_needed(&w));
    assert_true(kw_batches_next(&bs, &batch));
    kw_records rs;
    kw_record r;
    for ((void)kw_records_init(&rs, &batch, NULL, NULL); kw_records_next(&rs, &r);)
        assert_status(kw_batch_builder_append_copy(&c, r.offset, &r), KW_OK);
    assert_status(rs.status, KW_OK);
    assert_status(kw_batch_builder_end(&c), KW_OK);
    kw_bytes want = {buffer, (int32_t)kw_writer_needed(&w)};
    check_bytes(other_room, kw_writer_needed(&copied), want, __FILE__, __LINE__);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_batch),
        TEST(end_of_transaction),
        TEST(records_of_the_quorum),
        TEST(a_batch_without_records),
        TEST(messages_of_magic_0_and_1),
        TEST(removed_records_leave_gaps),
        TEST(times_may_be_in_any_order),
        TEST(records_without_time),
        TEST(both_paths_write_the_same),
        TEST(all_at_once_is_one_by_one),
        TEST(all_at_once_ends_at_the_first_that_cannot_be),
        TEST(copies_have_all_that_was_read),
    };
    return cmocka_run_group_tests_name("record builder", tests, NULL, NULL);
}
