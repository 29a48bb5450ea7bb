/* SPDX-License-Identifier: Apache-2.0 */
/* Kafka's answers to these cases and many more are in tests/vectors/append-verdicts.jsonl.gz; the tests here check
 * where the library reports the error, and what the caller can choose. */
#include "record_bytes.h"

#include <kwire/append.h>
#include <kwire/record_builder.h>

#define NOW INT64_C(1700000000000)

static kw_append_rules usual(void)
{
    kw_append_rules rules;
    kw_append_rules_init(&rules);
    rules.now = NOW;
    return rules;
}

/* A client's batch: base offset 0, all times now. */
static batch_fields produced(int32_t count)
{
    batch_fields f = fields_for(count);
    f.base_offset = 0;
    f.leader_epoch = -1;
    f.base_timestamp = NOW;
    f.max_timestamp = NOW;
    return f;
}

static kw_bytes produced_batch(int32_t count)
{
    batch_fields f = produced(count);
    return batch_of(&f, plain_records(count));
}

static void check_verdict(kw_bytes records, const kw_append_rules *rules, kw_append_reason reason, int16_t error,
                          kw_status status, size_t at, int line)
{
    kw_append a;
    int16_t got = kw_append_check(&a, records, rules, NULL, NULL);
    if (got == error && a.error == error && a.reason == reason && a.status == status && a.error_at == at)
        return;
    print_error("got %d, %s (%s at %zu)\n", got, kw_append_reason_text(a.reason), kw_status_name(a.status), a.error_at);
    print_error("want %d, %s (%s at %zu)\n", error, kw_append_reason_text(reason), kw_status_name(status), at);
    _fail(__FILE__, line);
}

#define assert_verdict(records, rules, reason, error, status, at) \
    check_verdict((records), (rules), KW_APPEND_##reason, KW_ERROR_##error, (status), (at), __LINE__)

/* ---- batches ---- */

static void a_good_batch(void **state)
{
    (void)state;
    kw_append_rules rules = usual();
    kw_append a;
    batch_fields f = produced(3);
    f.producer_id = 9;
    f.producer_epoch = 2;
    f.base_sequence = 77;
    f.attributes = KW_ATTRIBUTE_TRANSACTIONAL;
    kw_bytes b = batch_of(&f, plain_records(3));
    assert_int_equal(kw_append_check(&a, joined_2(b, given_prefix(b, 30)), &rules, NULL, NULL), KW_ERROR_NONE);
    assert_int_equal(a.size, b.len);
    assert_int_equal(a.count, 3);
    assert_int_equal(a.max_timestamp, NOW);
    assert_int_equal(a.max_timestamp_index, 0);
    assert_int_equal(a.codec, KW_CODEC_NONE);
    assert_int_equal(a.magic, 2);
    assert_false(a.rewrite);
    assert_int_equal(a.producer_id, 9);
    assert_int_equal(a.producer_epoch, 2);
    assert_int_equal(a.base_sequence, 77);
    assert_true(a.transactional);
    assert_false(a.control);
}

static void frames(void **state)
{
    (void)state;
    kw_append_rules rules = usual();
    kw_bytes good = produced_batch(1), null = {NULL, -1}, empty = {NULL, 0};
    assert_verdict(null, &rules, NO_BATCH, INVALID_RECORD, KW_OK, 0);
    assert_verdict(empty, &rules, NO_BATCH, INVALID_RECORD, KW_OK, 0);
    for (size_t size = 1; size < (size_t)good.len; size++)
        assert_verdict(given_prefix(good, size), &rules, NO_BATCH, INVALID_RECORD, KW_OK, 0);
    assert_verdict(joined_2(good, good), &rules, MANY_BATCHES, INVALID_RECORD, KW_OK, (size_t)good.len);
    assert_verdict(message(1, 0, NOW, "a"), &rules, MAGIC, INVALID_RECORD, KW_OK, KW_BATCH_MAGIC);
    kw_bytes bad = produced_batch(1);
    writable(bad)[KW_BATCH_MAGIC] = 3;
    assert_verdict(bad, &rules, DAMAGED, CORRUPT_MESSAGE, KW_ERR_MAGIC, KW_BATCH_MAGIC);
    assert_verdict(joined_2(good, bad), &rules, DAMAGED, CORRUPT_MESSAGE, KW_ERR_MAGIC,
                   (size_t)good.len + KW_BATCH_MAGIC);
    rules.produce_version = -1;
    assert_verdict(null, &rules, NO_BATCH, INVALID_RECORD, KW_OK, 0);
    assert_verdict(bad, &rules, DAMAGED, CORRUPT_MESSAGE, KW_ERR_MAGIC, KW_BATCH_MAGIC);
    assert_verdict(joined_2(good, good), &rules, MANY_BATCHES, INVALID_RECORD, KW_OK, (size_t)good.len);
}

static void bytes_of_a_batch(void **state)
{
    (void)state;
    kw_append_rules rules = usual();
    batch_fields f = produced(1);
    f.base_offset = 4;
    assert_verdict(batch_of(&f, plain_records(1)), &rules, BASE_OFFSET, INVALID_RECORD, KW_OK, 0);
    kw_bytes bad = produced_batch(1);
    writable(bad)[KW_BATCH_V2_CRC] ^= 1;
    assert_verdict(bad, &rules, CRC, CORRUPT_MESSAGE, KW_ERR_CRC, KW_BATCH_V2_CRC);
    rules.max_message_bytes = bad.len;
    assert_verdict(bad, &rules, CRC, CORRUPT_MESSAGE, KW_ERR_CRC, KW_BATCH_V2_CRC);
    rules.max_message_bytes = bad.len - 1;
    assert_verdict(bad, &rules, TOO_LARGE, MESSAGE_TOO_LARGE, KW_OK, KW_BATCH_LENGTH);
    rules.max_message_bytes = -1;
    assert_verdict(bad, &rules, TOO_LARGE, MESSAGE_TOO_LARGE, KW_OK, KW_BATCH_LENGTH);
    rules = usual();
    rules.segment_bytes = bad.len - 1;
    assert_verdict(produced_batch(1), &rules, SEGMENT, RECORD_LIST_TOO_LARGE, KW_OK, KW_BATCH_LENGTH);
}

static void one_flipped_bit(void **state)
{
    (void)state;
    kw_append_rules rules = usual();
    kw_bytes good = produced_batch(2);
    for (size_t at = 0; at < (size_t)good.len; at++) {
        if (at >= KW_BATCH_V2_LEADER_EPOCH && at < KW_BATCH_MAGIC)
            continue; /* the client's value is ignored */
        kw_bytes bad = given_prefix(good, (size_t)good.len);
        writable(bad)[at] ^= 1;
        kw_append a;
        assert_int_not_equal(kw_append_check(&a, bad, &rules, NULL, NULL), KW_ERROR_NONE);
        assert_int_not_equal(a.reason, KW_APPEND_NONE);
    }
}

static kw_bytes with_header(batch_fields f)
{
    return batch_of(&f, plain_records(1));
}

static void headers_of_batches(void **state)
{
    (void)state;
    kw_append_rules rules = usual();
    batch_fields f = produced(1);
    f.last_offset_delta = 1;
    assert_verdict(with_header(f), &rules, COUNT, INVALID_RECORD, KW_ERR_COUNT, KW_BATCH_V2_COUNT);
    f = produced(1);
    f.count = 0;
    f.last_offset_delta = -1;
    assert_verdict(with_header(f), &rules, COUNT, INVALID_RECORD, KW_ERR_COUNT, KW_BATCH_V2_COUNT);
    f = produced(1);
    f.attributes = KW_ATTRIBUTE_CONTROL;
    assert_verdict(with_header(f), &rules, CONTROL, INVALID_RECORD, KW_OK, KW_BATCH_V2_ATTRIBUTES);
    f = produced(1);
    f.producer_id = 0;
    assert_verdict(with_header(f), &rules, SEQUENCE, INVALID_RECORD, KW_OK, KW_BATCH_V2_BASE_SEQUENCE);
    f.base_sequence = 0;
    f.producer_epoch = -2;
    assert_verdict(with_header(f), &rules, EPOCH, INVALID_PRODUCER_EPOCH, KW_OK, KW_BATCH_V2_PRODUCER_EPOCH);
}

static void the_broker_may_write_more(void **state)
{
    (void)state;
    kw_append_rules rules = usual();
    rules.from_client = false;
    rules.produce_version = -1;
    batch_fields g = produced(1);
    g.last_offset_delta = 7;
    assert_verdict(with_header(g), &rules, COUNT, INVALID_RECORD, KW_ERR_COUNT, KW_BATCH_V2_COUNT);
    batch_fields f = produced(1);
    f.base_offset = 4;
    f.attributes = KW_ATTRIBUTE_CONTROL | KW_ATTRIBUTE_TRANSACTIONAL;
    f.producer_id = 3;
    kw_append a;
    assert_int_equal(kw_append_check(&a, with_header(f), &rules, NULL, NULL), KW_ERROR_NONE);
    assert_true(a.control);
    rules.keep_codec = false;
    rules.codec = KW_CODEC_LZ4;
    assert_int_equal(kw_append_check(&a, with_header(f), &rules, NULL, NULL), KW_ERROR_NONE);
    assert_false(a.rewrite);
}

/* ---- records ---- */

static void damaged_records(void **state)
{
    (void)state;
    kw_append_rules rules = usual();
    batch_fields f = produced(1);
    assert_verdict(batch_of(&f, given("12 00 00 00 01 04 6161 00 00")), &rules, RECORD, INVALID_RECORD,
                   KW_ERR_RECORD_SIZE, 70);
    assert_verdict(batch_of(&f, given("10 00 00 00 01 04 6161 00 00")), &rules, COUNT, INVALID_RECORD, KW_ERR_TRAILING,
                   70);
    f = produced(2);
    assert_verdict(batch_of(&f, given("20 00 00 00 01 14 61616161616161616161 00")), &rules, COUNT, INVALID_RECORD,
                   KW_ERR_COUNT, 78);
}

static void offsets_must_be_consecutive(void **state)
{
    (void)state;
    kw_append_rules rules = usual();
    batch_fields f = produced(2);
    kw_bytes gap = batch_of(&f, given("10 00 00 00 01 04 6161 00  10 00 00 0a 01 04 6161 00"));
    assert_verdict(gap, &rules, OFFSETS, INVALID_RECORD, KW_OK, 0);
    rules.any_offsets = true;
    kw_append a;
    assert_int_equal(kw_append_check(&a, gap, &rules, NULL, NULL), KW_ERROR_NONE);
    assert_false(a.rewrite);
}

/* Five records, of which only the second has a key; times 0, 1, -1, 2 hours and 0 from now. */
static kw_bytes five_records(void)
{
    static uint8_t space[256];
    static const int64_t times[] = {NOW, NOW + 1, NOW - 1, NOW + 7200000, NOW};
    kw_writer w;
    kw_writer_init(&w, space, sizeof space);
    kw_batch_options o;
    kw_batch_options_init(&o);
    kw_batch_builder b;
    assert_status(kw_batch_builder_init(&b, &w, &o), KW_OK);
    for (int i = 0; i < 5; i++) {
        kw_new_record r = {times[i], {(const uint8_t *)"k", i == 1 ? 1 : -1}, {NULL, 0}, NULL, 0};
        assert_status(kw_batch_builder_append(&b, &r), KW_OK);
    }
    assert_status(kw_batch_builder_end(&b), KW_OK);
    kw_bytes whole = kw_bytes_of(space, b.size);
    return whole;
}

static void refused_records_are_listed(void **state)
{
    (void)state;
    kw_append_rules rules = usual();
    rules.compacted = true;
    kw_refused_record items[5] = {{0}};
    kw_refused_records list = {items, 3, 99};
    kw_append a;
    assert_int_equal(kw_append_check(&a, five_records(), &rules, NULL, &list), KW_ERROR_INVALID_RECORD);
    assert_int_equal(a.reason, KW_APPEND_KEYS);
    assert_int_equal(list.count, 4);
    static const int32_t indexes[] = {0, 2, 3};
    for (size_t i = 0; i < COUNT_OF(indexes); i++) {
        assert_int_equal(items[i].index, indexes[i]);
        assert_int_equal(items[i].why, KW_REFUSED_KEY);
    }
    assert_int_equal(items[3].index, 0);
    kw_bytes cut = five_records();
    writable(cut)[cut.len - 1] = 2; /* the last record's count of headers */
    seal_v2(cut);
    assert_int_equal(kw_append_check(&a, cut, &rules, NULL, &list), KW_ERROR_INVALID_RECORD);
    assert_int_equal(a.reason, KW_APPEND_COUNT);
    assert_int_equal(list.count, 0);

    rules.compacted = false;
    assert_int_equal(kw_append_check(&a, five_records(), &rules, NULL, &list), KW_ERROR_INVALID_TIMESTAMP);
    assert_int_equal(list.count, 1);
    assert_int_equal(items[0].index, 3);
    assert_int_equal(items[0].why, KW_REFUSED_TIMESTAMP);
    assert_int_equal(items[0].timestamp, NOW + 7200000);

    rules.timestamp_after_max = 7200000;
    assert_int_equal(kw_append_check(&a, five_records(), &rules, NULL, &list), KW_ERROR_NONE);
    assert_int_equal(list.count, 0);
    assert_int_equal(a.max_timestamp, NOW + 7200000);
    assert_int_equal(a.max_timestamp_index, 3);

    rules.append_time = true;
    assert_int_equal(kw_append_check(&a, five_records(), &rules, NULL, &list), KW_ERROR_NONE);
    assert_int_equal(a.max_timestamp, NOW);
    assert_int_equal(a.max_timestamp_index, 0);
}

static void the_kind_of_time_is_the_brokers(void **state)
{
    (void)state;
    kw_append_rules rules = usual();
    rules.append_time = true;
    batch_fields f = produced(1);
    f.attributes = KW_ATTRIBUTE_LOG_APPEND_TIME;
    kw_refused_record item;
    kw_refused_records list = {&item, 1, 0};
    kw_append a;
    assert_int_equal(kw_append_check(&a, with_header(f), &rules, NULL, &list), KW_ERROR_INVALID_TIMESTAMP);
    assert_int_equal(a.reason, KW_APPEND_TIMESTAMPS);
    assert_int_equal(item.why, KW_REFUSED_TIMESTAMP_TYPE);
}

/* ---- codecs ---- */

static void codecs_need_versions_and_tools(void **state)
{
    (void)state;
    kw_append_rules rules = usual();
    batch_fields f = produced(1);
    f.attributes = KW_CODEC_GZIP;
    assert_verdict(with_header(f), &rules, CODEC, UNSUPPORTED_COMPRESSION_TYPE, KW_ERR_ARGUMENT, KW_BATCH_V2_RECORDS);
    f.attributes = 5;
    assert_verdict(with_header(f), &rules, CODEC_UNKNOWN, UNKNOWN_SERVER_ERROR, KW_ERR_CODEC_UNKNOWN,
                   KW_BATCH_V2_ATTRIBUTES);
    rules.produce_version = 6;
    assert_verdict(with_header(f), &rules, CODEC_UNKNOWN, UNKNOWN_SERVER_ERROR, KW_ERR_CODEC_UNKNOWN,
                   KW_BATCH_V2_ATTRIBUTES);
    f.attributes = KW_CODEC_ZSTD;
    assert_verdict(with_header(f), &rules, ZSTD, UNSUPPORTED_COMPRESSION_TYPE, KW_OK, KW_BATCH_V2_ATTRIBUTES);
    rules.produce_version = -1;
    kw_bytes none = {NULL, -1};
    kw_bytes zstd_1 = message_of(1, 0, KW_CODEC_ZSTD, NOW, none, given("00"));
    assert_verdict(zstd_1, &rules, CODEC_UNKNOWN, UNKNOWN_SERVER_ERROR, KW_ERR_CODEC_UNKNOWN, KW_LEGACY_ATTRIBUTES);
}

struct tools {
    kw_append_tools tools;
    kw_writer scratch;
    kw_writer scratch2;
    kw_writer out;
    struct test_memory memory;
};

static void get_tools(struct tools *t, size_t limit)
{
    const kw_allocator *allocator = test_memory_init(&t->memory);
    kw_writer_init_growing(&t->scratch, allocator, limit);
    kw_writer_init_growing(&t->scratch2, allocator, limit);
    kw_writer_init_growing(&t->out, allocator, 1 << 16);
    t->tools.decompressor = kw_decompressor_create(kw_allocator_libc());
    t->tools.compressor = kw_compressor_create(kw_allocator_libc());
    t->tools.scratch = &t->scratch;
    t->tools.scratch2 = &t->scratch2;
}

static void put_tools_back(struct tools *t)
{
    kw_decompressor_destroy(t->tools.decompressor);
    kw_compressor_destroy(t->tools.compressor);
    kw_writer_finish(&t->scratch);
    kw_writer_finish(&t->scratch2);
    kw_writer_finish(&t->out);
    assert_int_equal(t->memory.blocks, 0);
}

static kw_bytes gzip_batch(int32_t count)
{
    batch_fields f = produced(count);
    f.attributes = KW_CODEC_GZIP;
    return batch_of(&f, gzip_of(plain_records(count)));
}

static void compressed_batches(void **state)
{
    (void)state;
    if (!kw_codec_available(KW_CODEC_GZIP))
        skip();
    struct tools t;
    kw_append_rules rules = usual();
    kw_append a;
    get_tools(&t, 18);
    assert_int_equal(kw_append_check(&a, gzip_batch(2), &rules, &t.tools, NULL), KW_ERROR_NONE);
    assert_int_equal(a.codec, KW_CODEC_GZIP);
    assert_int_equal(a.count, 2);
    assert_false(a.rewrite);
    assert_int_equal(kw_append_check(&a, gzip_batch(3), &rules, &t.tools, NULL), KW_ERROR_INVALID_RECORD);
    assert_int_equal(a.reason, KW_APPEND_EXPANSION);
    assert_status(a.status, KW_ERR_MEMORY_LIMIT);
    batch_fields f = produced(1);
    f.attributes = KW_CODEC_GZIP;
    assert_int_equal(kw_append_check(&a, with_header(f), &rules, &t.tools, NULL), KW_ERROR_UNKNOWN_SERVER_ERROR);
    assert_int_equal(a.reason, KW_APPEND_DECOMPRESSION);
    put_tools_back(&t);

    get_tools(&t, 1000);
    t.memory.fail_at = 1;
    assert_int_equal(kw_append_check(&a, gzip_batch(2), &rules, &t.tools, NULL), KW_ERROR_UNKNOWN_SERVER_ERROR);
    assert_int_equal(a.reason, KW_APPEND_MEMORY);
    put_tools_back(&t);
}

/* ---- messages of magic 0 and 1 ---- */

static void old_messages(void **state)
{
    (void)state;
    kw_append_rules rules = usual();
    rules.produce_version = 2;
    kw_append a;
    for (uint8_t magic = 0; magic < 2; magic++) {
        kw_bytes two = joined_2(message(magic, 0, NOW - 1, "a"), message(magic, 1, NOW, "b"));
        assert_int_equal(kw_append_check(&a, two, &rules, NULL, NULL), KW_ERROR_NONE);
        assert_true(a.rewrite);
        assert_int_equal(a.count, 2);
        assert_int_equal(a.max_timestamp, magic == 0 ? -1 : NOW);
        assert_int_equal(a.max_timestamp_index, magic == 0 ? -1 : 1);
        assert_status(kw_append_assign(&a, two, 0, 0, NULL), KW_ERR_ARGUMENT);
    }
    kw_bytes first = message(1, 0, NOW, "a"), mixed = joined_2(first, message(0, 1, NOW, "b"));
    assert_verdict(mixed, &rules, MIXED_MAGIC, INVALID_RECORD, KW_OK, (size_t)first.len + KW_BATCH_MAGIC);
    kw_bytes bad = joined_2(first, first);
    writable(bad)[first.len + KW_LEGACY_CRC] ^= 1;
    assert_verdict(bad, &rules, CRC, CORRUPT_MESSAGE, KW_ERR_CRC, (size_t)first.len + KW_LEGACY_CRC);
    rules.produce_version = 3;
    assert_verdict(first, &rules, MAGIC, INVALID_RECORD, KW_OK, KW_BATCH_MAGIC);
}

/* A compressed message has only messages of its own magic. */
static void old_messages_inside(void **state)
{
    (void)state;
    kw_append_rules rules = usual();
    rules.produce_version = 2;
    kw_append a;
    struct tools t;
    get_tools(&t, 1000);
    for (uint8_t magic = 0; magic < 2; magic++)
        for (uint8_t inside = 0; inside < 2; inside++) {
            kw_bytes two = joined_2(message(magic, 0, NOW, "a"), message(inside, 1, NOW, "b"));
            kw_bytes whole = message_of(magic, 1, KW_CODEC_GZIP, NOW, (kw_bytes){NULL, -1}, gzip_of(two));
            int16_t error = kw_append_check(&a, whole, &rules, &t.tools, NULL);
            assert_int_equal(error, inside == magic ? KW_ERROR_NONE : KW_ERROR_INVALID_RECORD);
            assert_int_equal(a.reason, inside == magic ? KW_APPEND_NONE : KW_APPEND_MIXED_MAGIC);
        }
    for (uint8_t codec = KW_CODEC_GZIP; codec < 8; codec++) { /* they are not compressed once more */
        kw_bytes nested = message_of(1, 0, codec, NOW, (kw_bytes){NULL, -1}, given("61"));
        kw_bytes whole = message_of(1, 0, KW_CODEC_GZIP, NOW, (kw_bytes){NULL, -1}, gzip_of(nested));
        bool known = codec <= KW_CODEC_ZSTD;
        int16_t error = kw_append_check(&a, whole, &rules, &t.tools, NULL);
        assert_int_equal(error, known ? KW_ERROR_INVALID_RECORD : KW_ERROR_UNKNOWN_SERVER_ERROR);
    }
    put_tools_back(&t);
}

/* ---- into the log ---- */

static kw_batch only_batch(kw_span bytes)
{
    kw_batches bs;
    kw_batch b;
    kw_batches_init_memory(&bs, bytes.data, bytes.size);
    bs.flags |= KW_BATCHES_CHECK_CRC;
    assert_true(kw_batches_next(&bs, &b));
    assert_int_equal(b.size, bytes.size);
    return b;
}

static void a_place_in_the_log(void **state)
{
    (void)state;
    kw_append_rules rules = usual();
    kw_append a;
    kw_bytes b = produced_batch(3);
    kw_writer out;
    rules.append_time = true;
    rules.now = NOW + 5;
    assert_int_equal(kw_append_check(&a, b, &rules, NULL, NULL), KW_ERROR_NONE);
    kw_writer_init(&out, given_size((size_t)b.len), (size_t)b.len);
    assert_status(kw_append_assign(&a, b, -1, 4, &out), KW_ERR_ARGUMENT);
    assert_status(kw_append_assign(&a, b, INT64_MAX - 2, 4, &out), KW_ERR_ARGUMENT);
    assert_int_equal(kw_writer_needed(&out), 0);
    assert_status(kw_append_assign(&a, b, 1000, 4, &out), KW_OK);
    kw_batch placed = only_batch(kw_writer_data(&out));
    assert_int_equal(placed.base_offset, 1000);
    assert_int_equal(placed.last_offset, 1002);
    assert_int_equal(placed.leader_epoch, 4);
    assert_int_equal(placed.max_timestamp, NOW + 5);
    assert_true(kw_batch_has_append_time(&placed));
    assert_status(kw_append_assign(&a, b, 1003, 4, &out), KW_ERR_SPACE);
    assert_int_equal(kw_writer_needed(&out), 2 * (size_t)b.len);

    kw_writer_reset(&out);
    assert_status(kw_append_assign(&a, produced_batch(2), 1000, 4, &out), KW_ERR_ARGUMENT);
    assert_status(kw_append_assign(&a, produced_batch(4), 1000, 4, &out), KW_ERR_TRUNCATED);
    kw_bytes null = {NULL, -1};
    assert_status(kw_append_assign(&a, null, 1000, 4, &out), KW_ERR_ARGUMENT);
    a.error = KW_ERROR_CORRUPT_MESSAGE;
    assert_status(kw_append_assign(&a, b, 1000, 4, &out), KW_ERR_ARGUMENT);
    assert_status(kw_append_rewrite(&a, b, &rules, NULL, 1000, 4, NULL), KW_ERR_ARGUMENT);
    assert_int_equal(kw_writer_needed(&out), 0);
}

/* From a Produce request, whose records a decoder returns as const, to writev. */
static void records_are_appended_without_a_copy(void **state)
{
    (void)state;
    kw_append_rules rules = usual();
    kw_append a;
    kw_bytes b = produced_batch(30);
    kw_bytes before = given_prefix(b, (size_t)b.len);
    uint8_t header[KW_BATCH_V2_RECORDS];
    kw_gathered slots[1];
    kw_span parts[3];
    kw_writer out;
    assert_true(b.len >= KW_BATCH_V2_RECORDS + 128);
    assert_int_equal(kw_append_check(&a, b, &rules, NULL, NULL), KW_ERROR_NONE);
    kw_writer_init(&out, header, sizeof header);
    kw_writer_gather(&out, slots, COUNT_OF(slots), 128);
    assert_status(kw_append_assign(&a, b, 7, 4, &out), KW_OK);
    assert_int_equal(kw_writer_spans(&out, parts, COUNT_OF(parts)), 2);
    assert_int_equal(parts[0].size, KW_BATCH_V2_RECORDS);
    assert_ptr_equal(parts[1].data, b.data + KW_BATCH_V2_RECORDS);
    assert_int_equal(parts[1].size, a.size - KW_BATCH_V2_RECORDS);
    assert_memory_equal(b.data, before.data, (size_t)b.len);

    uint8_t *log = given_size(a.size);
    memcpy(log, parts[0].data, parts[0].size);
    memcpy(log + parts[0].size, parts[1].data, parts[1].size);
    kw_span whole = {log, a.size};
    kw_batch placed = only_batch(whole);
    assert_int_equal(placed.base_offset, 7);
    assert_int_equal(placed.leader_epoch, 4);
    assert_false(kw_batch_has_append_time(&placed));
}

static void old_messages_become_a_batch(void **state)
{
    (void)state;
    kw_append_rules rules = usual();
    rules.produce_version = 2;
    kw_bytes two = joined_2(message(1, 0, NOW - 1, "aa"), message(1, 9, NOW, "ab"));
    kw_append a;
    assert_int_equal(kw_append_check(&a, two, &rules, NULL, NULL), KW_ERROR_NONE);
    struct tools t;
    get_tools(&t, 1 << 16);
    assert_status(kw_append_rewrite(&a, two, &rules, NULL, 50, 3, &t.out), KW_OK);
    batch_fields f = fields_for(2);
    f.base_offset = 50;
    f.leader_epoch = 3;
    f.base_timestamp = NOW - 1;
    f.max_timestamp = NOW;
    kw_bytes want = batch_of(&f, given("10 00 00 00 01 04 6161 00  10 00 02 02 01 04 6162 00"));
    kw_span got = kw_writer_data(&t.out);
    check_bytes(got.data, got.size, want, __FILE__, __LINE__);

    kw_writer small;
    uint8_t space[78];
    kw_writer_init(&small, space, sizeof space);
    assert_status(kw_append_rewrite(&a, two, &rules, NULL, 50, 3, &small), KW_ERR_SPACE);
    assert_int_equal(kw_writer_needed(&small), 0);
    assert_status(kw_append_rewrite(&a, two, &rules, NULL, -1, 3, &t.out), KW_ERR_ARGUMENT);
    rules.max_message_bytes = want.len - 1;
    assert_status(kw_append_rewrite(&a, two, &rules, NULL, 50, 3, &t.out), KW_ERR_BATCH_FULL);
    rules.max_message_bytes = want.len;
    rules.segment_bytes = want.len - 1;
    assert_status(kw_append_rewrite(&a, two, &rules, NULL, 50, 3, &t.out), KW_ERR_BATCH_FULL);
    assert_int_equal(kw_writer_needed(&t.out), want.len);
    put_tools_back(&t);
}

static void another_codec(void **state)
{
    (void)state;
    if (!kw_codec_available(KW_CODEC_GZIP))
        skip();
    struct tools t;
    get_tools(&t, 1 << 16);
    kw_append_rules rules = usual();
    rules.keep_codec = false;
    rules.codec = KW_CODEC_GZIP;
    kw_append a;
    batch_fields f = produced(3);
    f.producer_id = 5;
    f.producer_epoch = 1;
    f.base_sequence = 8;
    kw_bytes b = batch_of(&f, plain_records(3));
    assert_int_equal(kw_append_check(&a, b, &rules, &t.tools, NULL), KW_ERROR_NONE);
    assert_true(a.rewrite);
    assert_status(kw_append_rewrite(&a, b, &rules, NULL, 50, 3, &t.out), KW_ERR_ARGUMENT);
    assert_status(kw_append_rewrite(&a, b, &rules, &t.tools, 50, 3, &t.out), KW_OK);
    kw_batch read = only_batch(kw_writer_data(&t.out));
    assert_int_equal(kw_batch_codec(&read), KW_CODEC_GZIP);
    assert_int_equal(read.base_offset, 50);
    assert_int_equal(read.count, 3);
    assert_int_equal(read.producer_id, 5);
    assert_int_equal(read.producer_epoch, 1);
    assert_int_equal(read.base_sequence, 8);
    kw_records rs;
    kw_record r;
    int n = 0;
    for ((void)kw_records_init(&rs, &read, t.tools.decompressor, &t.scratch); kw_records_next(&rs, &r); n++) {
        assert_int_equal(r.offset, 50 + n);
        assert_int_equal(r.value.data[1], 'a' + n);
    }
    assert_status(rs.status, KW_OK);
    assert_int_equal(n, 3);
    put_tools_back(&t);
}

/* Offsets that nobody could read are corrected where the records are rewritten anyway. */
static void uneven_offsets_are_corrected(void **state)
{
    (void)state;
    if (!kw_codec_available(KW_CODEC_GZIP))
        skip();
    struct tools t;
    get_tools(&t, 1 << 16);
    kw_append_rules rules = usual();
    batch_fields f = produced(2);
    f.attributes = KW_CODEC_GZIP;
    kw_bytes gap = batch_of(&f, gzip_of(given("10 00 00 00 01 04 6161 00  10 00 00 0a 01 04 6161 00")));
    kw_append a;
    assert_int_equal(kw_append_check(&a, gap, &rules, &t.tools, NULL), KW_ERROR_INVALID_RECORD);
    assert_int_equal(a.reason, KW_APPEND_OFFSETS);
    rules.any_offsets = true;
    assert_int_equal(kw_append_check(&a, gap, &rules, &t.tools, NULL), KW_ERROR_NONE);
    assert_true(a.rewrite);
    assert_status(kw_append_rewrite(&a, gap, &rules, &t.tools, 50, 3, &t.out), KW_OK);
    kw_batch read = only_batch(kw_writer_data(&t.out));
    assert_int_equal(read.last_offset, 51);
    put_tools_back(&t);
}

static void every_reason_has_a_text(void **state)
{
    (void)state;
    for (int reason = KW_APPEND_NO_BATCH; reason <= KW_APPEND_TIMESTAMPS; reason++)
        assert_true(strlen(kw_append_reason_text((kw_append_reason)reason)) > 10);
    assert_string_equal(kw_append_reason_text(KW_APPEND_NONE), "");
    assert_string_equal(kw_append_reason_text((kw_append_reason)(KW_APPEND_TIMESTAMPS + 1)), "unknown reason");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_good_batch),
        TEST(frames),
        TEST(bytes_of_a_batch),
        TEST(one_flipped_bit),
        TEST(headers_of_batches),
        TEST(the_broker_may_write_more),
        TEST(damaged_records),
        TEST(offsets_must_be_consecutive),
        TEST(refused_records_are_listed),
        TEST(the_kind_of_time_is_the_brokers),
        TEST(codecs_need_versions_and_tools),
        TEST(compressed_batches),
        TEST(old_messages),
        TEST(old_messages_inside),
        TEST(a_place_in_the_log),
        TEST(records_are_appended_without_a_copy),
        TEST(old_messages_become_a_batch),
        TEST(another_codec),
        TEST(uneven_offsets_are_corrected),
        TEST(every_reason_has_a_text),
    };
    return cmocka_run_group_tests_name("record validator", tests, NULL, NULL);
}
