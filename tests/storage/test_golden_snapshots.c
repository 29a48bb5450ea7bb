/* SPDX-License-Identifier: Apache-2.0 */
#include "golden_support.h"

#include <kwire/batches.h>
#include <kwire/control_record.h>
#include <kwire/record_builder.h>
#include <kwire/records.h>
#include <kwire/storage/snapshot_writer.h>

enum { MOST_RECORDS = 32 };

/* The records of a control batch. */
static size_t control_records(const kw_batch *batch, kw_arena *arena, kw_control_record *out, size_t max)
{
    kw_records rs;
    kw_record r;
    size_t count = 0;
    assert_true(kw_batch_is_control(batch));
    for (kw_records_init(&rs, batch, NULL, NULL); kw_records_next(&rs, &r); count++) {
        assert_true(count < max);
        assert_status(kw_control_record_decode(&out[count], &r, arena), KW_OK);
    }
    assert_status(rs.status, KW_OK);
    return count;
}

static void take_header(kw_snapshot_writer *s, kw_writer *w, const kw_batch *batch, kw_arena *arena)
{
    kw_control_record c[3];
    size_t count = control_records(batch, arena, c, COUNT_OF(c));
    kw_snapshot_options o = {.timestamp = batch->max_timestamp, .epoch = batch->leader_epoch};
    assert_true(count >= 1 && c[0].type == KW_CONTROL_SNAPSHOT_HEADER);
    o.last_contained_log_timestamp = c[0].value.snapshot_header.last_contained_log_timestamp;
    if (count > 1) {
        assert_int_equal(c[1].type, KW_CONTROL_KRAFT_VERSION);
        o.kraft_version = c[1].value.kraft_version.kraft_version;
    }
    if (count > 2) {
        assert_int_equal(c[2].type, KW_CONTROL_VOTERS);
        o.voters = &c[2].value.voters;
    }
    assert_status(kw_snapshot_writer_init(s, w, &o), KW_OK);
}

static void take_records(kw_snapshot_writer *s, const kw_batch *batch)
{
    kw_bytes values[MOST_RECORDS];
    kw_records rs;
    kw_record r;
    size_t count = 0;
    for (kw_records_init(&rs, batch, NULL, NULL); kw_records_next(&rs, &r); count++) {
        assert_true(count < MOST_RECORDS && r.key.len == -1);
        values[count] = r.value;
    }
    assert_status(rs.status, KW_OK);
    s->timestamp = batch->max_timestamp;
    assert_status(kw_snapshot_writer_append(s, values, count), KW_OK);
}

/* Reads a snapshot batch by batch, and writes each batch again. Returns the number of records, including control
 * records. */
static int64_t check_snapshot(const char *name, size_t batches)
{
    kw_bytes file = golden(name);
    kw_arena arena = fresh_arena();
    kw_batches bs;
    kw_batch b;
    kw_snapshot_writer s;
    kw_writer w;
    size_t count = 0;
    kw_writer_init(&w, given_size((size_t)file.len), (size_t)file.len);
    kw_batches_init(&bs, file);
    bs.flags = KW_BATCHES_CHECK_CRC;
    for (; kw_batches_next(&bs, &b); count++) {
        if (count == 0)
            take_header(&s, &w, &b, &arena);
        else if (!kw_batch_is_control(&b))
            take_records(&s, &b);
        else
            s.timestamp = b.max_timestamp;
    }
    assert_status(bs.status, KW_OK);
    assert_int_equal(bs.partial, 0);
    assert_int_equal(count, batches);
    assert_status(kw_snapshot_writer_end(&s), KW_OK);
    kw_span data = kw_writer_data(&w);
    assert_int_equal(data.size, file.len);
    assert_memory_equal(data.data, file.data, data.size);
    return s.next_offset;
}

static void test_snapshots(void **state)
{
    (void)state;
    assert_int_equal(check_snapshot("00000000000000000000-0000000000.checkpoint", 2), 2);
    assert_int_equal(check_snapshot("00000000000000000070-0000000002.checkpoint", 3), 4);
    assert_int_equal(check_snapshot("00000000004294967296-0000000007.checkpoint", 3), 7);
    assert_int_equal(check_snapshot("formatted-static.checkpoint", 3), 8);
    assert_int_equal(check_snapshot("formatted-standalone.checkpoint", 3), 10);
}

/* Batches may be written one by one. */
static void test_snapshot_in_pieces(void **state)
{
    (void)state;
    uint8_t buffer[200];
    kw_writer w;
    kw_snapshot_writer s;
    const kw_snapshot_options o = {.timestamp = 5, .last_contained_log_timestamp = 4, .epoch = 3};
    const kw_bytes value = given("01 17 00 00");
    size_t size = 0;
    kw_writer_init(&w, buffer, sizeof buffer);
    assert_status(kw_snapshot_writer_init(&s, &w, &o), KW_OK);
    for (int i = 0; i < 100; i++) {
        size += kw_writer_needed(&w);
        kw_writer_reset(&w);
        assert_status(kw_snapshot_writer_append(&s, &value, 1), KW_OK);
    }
    assert_true(size > sizeof buffer);
    assert_int_equal(s.next_offset, 101);
    kw_writer_reset(&w);
    assert_status(kw_snapshot_writer_end(&s), KW_OK);
    assert_int_equal(s.next_offset, 102);
}

static void test_refused(void **state)
{
    (void)state;
    uint8_t buffer[100];
    kw_writer w;
    kw_snapshot_writer s;
    kw_voters_record voters;
    kw_voters_record_init(&voters);
    const kw_snapshot_options bad[] = {
        {.timestamp = -1}, {.epoch = -1}, {.kraft_version = -1}, {.kraft_version = 0, .voters = &voters}};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        kw_writer_init(&w, buffer, sizeof buffer);
        assert_status(kw_snapshot_writer_init(&s, &w, &bad[i]), KW_ERR_ARGUMENT);
        assert_int_equal(kw_writer_needed(&w), 0);
    }
    const kw_snapshot_options good = {.timestamp = 1};
    const kw_bytes value = given("01 17 00 00");
    kw_writer_init(&w, buffer, sizeof buffer);
    assert_status(kw_snapshot_writer_init(&s, &w, &good), KW_OK);
    size_t size = kw_writer_needed(&w);
    assert_status(kw_snapshot_writer_append(&s, &value, 1), KW_ERR_SPACE);
    assert_int_equal(s.next_offset, 1);
    assert_int_equal(kw_writer_data(&w).size, size);
}

/* The control batch that a new leader of the metadata log writes first. */
static void test_leader_change(void **state)
{
    (void)state;
    kw_bytes file = golden("leader-change.log");
    kw_arena arena = fresh_arena();
    kw_control_record c[3];
    kw_batches bs;
    kw_batch batch;
    kw_batches_init(&bs, file);
    assert_true(kw_batches_next(&bs, &batch));
    assert_int_equal(control_records(&batch, &arena, c, COUNT_OF(c)), 3);
    assert_int_equal(c[0].type, KW_CONTROL_LEADER_CHANGE);
    assert_int_equal(c[0].value.leader_change.leader_id, 1);
    assert_int_equal(c[2].value.voters.voters.items[0].endpoints.items[0].port, 65535);

    uint8_t *written = given_size((size_t)file.len);
    kw_batch_options o;
    kw_batch_builder b;
    kw_writer w;
    kw_batch_options_init(&o);
    o.base_offset = 40;
    o.leader_epoch = 3;
    o.control = true;
    kw_writer_init(&w, written, (size_t)file.len);
    assert_status(kw_batch_builder_init(&b, &w, &o), KW_OK);
    for (size_t i = 0; i < COUNT_OF(c); i++)
        assert_status(kw_batch_builder_append_control(&b, batch.max_timestamp, &c[i]), KW_OK);
    assert_status(kw_batch_builder_end(&b), KW_OK);
    assert_int_equal(kw_writer_needed(&w), file.len);
    assert_memory_equal(written, file.data, (size_t)file.len);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_snapshots),
        TEST(test_snapshot_in_pieces),
        TEST(test_refused),
        TEST(test_leader_change),
    };
    if (argc != 2)
        return 2;
    golden_folder = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
