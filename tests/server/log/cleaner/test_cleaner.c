/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_cleaner FOLDER   in which it makes folders of its own
 *
 * Logs are cleaned: the last value of each key stays, whatever fails meanwhile. tests/logs compares the bytes with
 * those of Kafka's own cleaner. */
#include "../append_support.h"

#include <kwire/control_record.h>
#include <kwire/record_builder.h>

#include "../../support/captured.h"
#include "../../support/file_faults.h"
#include "../../support/random_test.h"
#include "base/clock.h"
#include "base/file_memory.h"
#include "log/cleaner/cleaner.h"
#include "log/log_change.h"

enum { KEYS = 12, SEGMENT_BYTES = 600, MOST_RECORDS = 2000, MEMORY_LIMIT = 64 * 1024 * 1024, ALWAYS = 1 << 30 };

static const char *root;
static struct log_folder f;
static struct log_config config;
static int64_t now;
static const struct file_layer *usual_layer; /* NULL: it is in use */

/* What was appended, by offset. */
static struct {
    int64_t count;
    int key[MOST_RECORDS];        /* -1: it has none */
    bool tombstone[MOST_RECORDS]; /* a value otherwise, which names the offset */
} model;

static size_t segments_until_change; /* 0: nothing is changed */

static void change_header(void);

static bool go_on(void *context, size_t bytes)
{
    size_t *left = context;
    (void)bytes;
    if (segments_until_change != 0 && --segments_until_change == 0)
        change_header();
    if (*left == ALWAYS)
        return true;
    return *left != 0 && (*left)-- != 0;
}

static int set_up(void **state)
{
    (void)state;
    now = clock_wall_ms();
    memset(&model, 0, sizeof model);
    if (usual_layer != NULL && folder_exists("/memory/cleaner-0"))
        assert_status(folder_remove("/memory/cleaner-0"), KW_OK);
    log_folder_init(&f, root, "cleaner-0");
    log_config_init(&config);
    config.compact = true;
    config.index_interval_bytes = 100;
    config.segment_bytes = SEGMENT_BYTES;
    config.delete_retention_ms = 1000;
    partition_log_configure(&f.log, &config);
    struct log_snapshot log = log_folder_open(&f);
    log_snapshot_release(&log);
    return 0;
}

static int tear_down(void **state)
{
    if (usual_layer != NULL) {
        file_faults_plan(0, 0, 0, 0);
        file_faults_stop();
    }
    log_folder_finish(&f);
    if (usual_layer != NULL) {
        file_layer_use(usual_layer);
        file_memory_stop();
        usual_layer = NULL;
    }
    return forget_given(state);
}

/* ---- a log ---- */

struct new_batch {
    kw_codec codec;
    int64_t producer_id;
    int32_t base_sequence;
    size_t count;
    int key[8];
    bool tombstone[8];
    bool transactional;
};

static const struct new_batch one_of = {KW_CODEC_NONE, -1, -1, 1, {0}, {false}, false};

static kw_bytes key_of(int key, char text[16])
{
    (void)snprintf(text, 16, "key-%d", key);
    return key >= 0 ? (kw_bytes){(const uint8_t *)text, (int32_t)strlen(text)} : (kw_bytes){NULL, -1};
}

static kw_bytes value_of(int64_t offset, char text[64])
{
    (void)snprintf(text, 64, "the value at offset %lld", (long long)offset);
    return (kw_bytes){(const uint8_t *)text, (int32_t)strlen(text)};
}

static kw_span build(const struct new_batch *batch, kw_writer *out, kw_writer *scratch, kw_compressor *compressor)
{
    kw_batch_options o;
    kw_batch_builder b;
    kw_batch_options_init(&o);
    o.codec = batch->codec;
    o.producer_id = batch->producer_id;
    o.producer_epoch = batch->producer_id >= 0 ? 0 : -1;
    o.base_sequence = batch->base_sequence;
    o.transactional = batch->transactional;
    if (o.codec != KW_CODEC_NONE) {
        o.compressor = compressor;
        o.scratch = scratch;
    }
    assert_status(kw_batch_builder_init(&b, out, &o), KW_OK);
    for (size_t i = 0; i < batch->count; i++) {
        char key[16], value[64];
        const kw_new_record record = {
            now, key_of(batch->key[i], key),
            batch->tombstone[i] ? (kw_bytes){NULL, -1} : value_of(model.count + (int64_t)i, value), NULL, 0};
        assert_status(kw_batch_builder_append(&b, &record), KW_OK);
    }
    assert_status(kw_batch_builder_end(&b), KW_OK);
    return kw_writer_data(out);
}

static void append(struct new_batch batch)
{
    uint8_t bytes[4096], more[4096];
    kw_writer out, scratch;
    kw_compressor *compressor = kw_compressor_create(kw_allocator_libc());
    struct append_batch prepared;
    assert_non_null(compressor);
    kw_writer_init(&out, bytes, sizeof bytes);
    kw_writer_init(&scratch, more, sizeof more);
    kw_span all = build(&batch, &out, &scratch, compressor);
    memcpy(prepared.header, all.data, sizeof prepared.header);
    prepared.records =
        (kw_bytes){(const uint8_t *)all.data + sizeof prepared.header, (int32_t)(all.size - sizeof prepared.header)};
    struct log_append one = {.batches = &prepared, .count = 1, .origin = APPEND_CLIENT};
    if (batch.transactional)
        one.verification = verifications_enter(&f.log.verifications, batch.producer_id, 0, batch.base_sequence, false);
    assert_true(log_append(&f.log, &one));
    assert_int_equal(one.error, KW_ERROR_NONE);
    assert_int_equal(one.base_offset, model.count);
    for (size_t i = 0; i < batch.count; i++, model.count++) {
        assert_true(model.count < MOST_RECORDS);
        model.key[model.count] = batch.key[i];
        model.tombstone[model.count] = batch.tombstone[i];
    }
    kw_compressor_destroy(compressor);
}

static void append_key(int key)
{
    struct new_batch batch = one_of;
    batch.key[0] = key;
    append(batch);
}

static void append_tombstone(int key)
{
    struct new_batch batch = one_of;
    batch.key[0] = key;
    batch.tombstone[0] = true;
    append(batch);
}

static void append_txn(int64_t producer_id, int32_t sequence, int key)
{
    struct new_batch batch = one_of;
    batch.producer_id = producer_id;
    batch.base_sequence = sequence;
    batch.transactional = true;
    batch.key[0] = key;
    append(batch);
}

static void append_marker(int64_t producer_id, int type)
{
    struct log_append one =
        append_sequence(&f,
                        (made_batch){.timestamp = now,
                                     .producer_id = producer_id,
                                     .attributes = KW_ATTRIBUTE_TRANSACTIONAL | KW_ATTRIBUTE_CONTROL,
                                     .marker = type},
                        -1);
    assert_int_equal(one.error, KW_ERROR_NONE);
    assert_int_equal(one.base_offset, model.count);
    model.key[model.count++] = -1;
}

static void append_random(struct random_test *numbers, size_t batches)
{
    static const kw_codec codecs[] = {KW_CODEC_NONE, KW_CODEC_NONE, KW_CODEC_GZIP, KW_CODEC_ZSTD};
    for (size_t i = 0; i < batches; i++) {
        struct new_batch batch = one_of;
        batch.codec = codecs[random_below(numbers, 4)];
        batch.count = 1 + random_below(numbers, 8);
        for (size_t k = 0; k < batch.count; k++) {
            batch.key[k] = (int)random_below(numbers, KEYS);
            batch.tombstone[k] = random_below(numbers, 6) == 0;
        }
        append(batch);
    }
}

/* ---- cleaning ---- */

static struct captured captured;
static size_t left = ALWAYS; /* segments until it is to stop */

static enum clean_outcome clean(int64_t *checkpoint, size_t slots)
{
    struct cleaner_job job;
    struct cleaner_result result;
    const struct cleaner_options options = {
        .map_bytes = slots * OFFSET_MAP_SLOT_SIZE, .map_load_factor = 0.9, .secret = {9}, .pace = {go_on, &left}};
    config.segment_bytes = 1024 * 1024; /* all of it becomes one segment */
    bool is_known = cleaner_look(&job, &f.log, *checkpoint, now);
    config.segment_bytes = SEGMENT_BYTES;
    if (!is_known)
        return CLEAN_LATER;
    enum clean_outcome outcome = cleaner_run(&job, &options, &result);
    if (outcome == CLEAN_DONE)
        *checkpoint = result.checkpoint;
    cleaner_job_finish(&job);
    return outcome;
}

static void clean_all(void)
{
    int64_t checkpoint = -1;
    assert_int_equal(clean(&checkpoint, 1000), CLEAN_DONE);
}

/* ---- what is left ---- */

static struct {
    int64_t records;
    int64_t batches;
    int64_t last[KEYS]; /* offset of the last record of the key; -1: none */
    int64_t active;     /* where the active segment starts */
    size_t markers;
    size_t horizons; /* of markers */
    size_t aborted;  /* transactions */
    size_t segments;
    bool has[MOST_RECORDS];
} found;

static void look_at_record(const kw_record *record)
{
    char key[16], value[64];
    assert_in_range(record->offset, 0, model.count - 1);
    assert_false(found.has[record->offset]); /* nothing is doubled */
    found.has[record->offset] = true;
    found.records++;
    kw_bytes wanted = key_of(model.key[record->offset], key);
    assert_int_equal(record->key.len, wanted.len);
    if (wanted.len > 0)
        assert_memory_equal(record->key.data, wanted.data, (size_t)wanted.len);
    if (model.tombstone[record->offset]) {
        assert_int_equal(record->value.len, -1);
    } else {
        wanted = value_of(record->offset, value);
        assert_int_equal(record->value.len, wanted.len);
        assert_memory_equal(record->value.data, wanted.data, (size_t)wanted.len);
    }
    if (model.key[record->offset] >= 0)
        found.last[model.key[record->offset]] = record->offset;
}

static void look_at_batch(const kw_batch *batch, kw_decompressor *decompressor)
{
    uint8_t memory[8192];
    kw_writer scratch;
    kw_records records;
    kw_record record;
    kw_writer_init(&scratch, memory, sizeof memory);
    found.batches++;
    if (kw_batch_is_control(batch)) {
        found.has[batch->base_offset] = true;
        found.markers++;
        found.horizons += (batch->attributes & KW_ATTRIBUTE_DELETE_HORIZON) != 0;
        return;
    }
    assert_status(kw_records_init(&records, batch, decompressor, &scratch), KW_OK);
    while (kw_records_next(&records, &record))
        look_at_record(&record);
    assert_status(records.status, KW_OK);
}

/* Reads all segments, which have valid indexes, and each record that was appended and is left. */
static void look(void)
{
    struct log_snapshot log = log_folder_open(&f);
    kw_decompressor *decompressor = kw_decompressor_create(kw_allocator_libc());
    bool is_valid;
    memset(&found, 0, sizeof found);
    memset(found.last, 0xff, sizeof found.last);
    assert_status(log_check(&log, CHECK_CRC | CHECK_INDEXES, NULL, &is_valid), KW_OK);
    assert_true(is_valid);
    found.segments = log.contents->segment_count;
    found.aborted = log.contents->aborted_count;
    found.active = log.contents->segments[found.segments - 1]->base_offset;
    assert_int_equal(log.log_end_offset, model.count);
    for (size_t i = 0; i < found.segments; i++) {
        struct open_segment *open;
        kw_batches batches;
        kw_batch batch;
        assert_int_equal(segment_hold(&f.cache, log.contents->segments[i], f.path, false, &open), KW_ERROR_NONE);
        struct segment view = segment_view(open, &log, i);
        segment_batches(&view, 0, &batches);
        while (kw_batches_next(&batches, &batch))
            look_at_batch(&batch, decompressor);
        assert_status(batches.status, KW_OK);
        segment_release(open);
    }
    kw_decompressor_destroy(decompressor);
    log_snapshot_release(&log);
}

/* The newest record of each key is left, unless it is a tombstone that may go; and all of the active segment. */
static void expect_last_values(bool tombstones_stay)
{
    int64_t last[KEYS];
    memset(last, 0xff, sizeof last);
    for (int64_t i = 0; i < model.count; i++) {
        if (model.key[i] >= 0)
            last[model.key[i]] = i;
        if (i >= found.active)
            assert_true(found.has[i]);
    }
    for (int key = 0; key < KEYS; key++)
        if (last[key] >= 0 && (tombstones_stay || !model.tombstone[last[key]]))
            assert_int_equal(found.last[key], last[key]);
}

/* ---- tests ---- */

static void only_the_last_value_stays(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++)
        append_key(i % 3);
    append_key(5);
    look();
    assert_true(found.segments > 3);
    int64_t active = found.active;
    clean_all();
    look();
    expect_last_values(true);
    assert_int_equal(found.active, active);
    assert_int_equal(found.segments, 2);
    assert_int_equal(found.records, model.count - active + 3); /* of the clean part one for each key */
    clean_all();                                               /* nothing is left to do */
    look();
    assert_int_equal(found.segments, 2);
    expect_last_values(true);
    append_key(1); /* and it is written to */
    look();
    expect_last_values(true);
}

/* Segments whose indexes together would be too large for one stay apart, though their records would fit. */
static void indexes_limit_a_group(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++)
        append_key(i % 3);
    look();
    size_t segments = found.segments;
    assert_true(segments > 4);
    config.segment_index_bytes = 12; /* a time index has an entry at least */
    clean_all();
    look();
    assert_int_equal(found.segments, segments);
    config.segment_index_bytes = 1 << 20;
    append_key(0);
    clean_all();
    look();
    assert_true(found.segments < segments);
}

/* [min.compaction.lag.ms] Young records stay as they are. */
static void young_records_are_not_cleaned(void **state)
{
    (void)state;
    enum { HOUR = 3600 * 1000 };
    int64_t checkpoint = -1;
    config.min_compaction_lag_ms = HOUR;
    for (int i = 0; i < 40; i++)
        append_key(i % 3);
    look();
    int64_t records = found.records, active = found.active;
    (void)clean(&checkpoint, 1000);
    look();
    assert_int_equal(found.records, records);
    now += 2 * HOUR;
    assert_int_equal(clean(&checkpoint, 1000), CLEAN_DONE);
    assert_int_equal(checkpoint, active);
    look();
    assert_true(found.records < records);
}

static void records_without_a_key_go(void **state)
{
    (void)state;
    for (int i = 0; i < 30; i++)
        append_key(i % 2 - 1);
    clean_all();
    look();
    for (int64_t i = 0; i < found.active; i++)
        assert_int_equal(found.has[i] && model.key[i] < 0, false);
    expect_last_values(true);
}

/* A tombstone stays for delete.retention.ms after it was cleaned for the first time. */
static void tombstones_stay_for_their_time(void **state)
{
    (void)state;
    append_key(1);
    append_tombstone(1);
    for (int i = 0; i < 20; i++)
        append_key(2);
    clean_all();
    look();
    assert_true(found.has[1]);
    assert_false(found.has[0]);
    now += 999;
    clean_all();
    look();
    assert_true(found.has[1]);
    now += 1;
    for (int i = 0; i < 20; i++)
        append_key(2);
    clean_all();
    look();
    assert_false(found.has[1]);
    expect_last_values(false);
}

/* The last batch of each producer stays without records, so that what it writes next is in order after a restart. */
static void sequences_survive(void **state)
{
    (void)state;
    enum { FIRST = 7, PRODUCERS = 5 };
    struct new_batch batch = one_of;
    for (batch.base_sequence = 0; batch.base_sequence < 2; batch.base_sequence++)
        for (batch.producer_id = FIRST; batch.producer_id < FIRST + PRODUCERS; batch.producer_id++)
            append(batch);
    for (int i = 0; i < 20; i++)
        append_key(0);
    clean_all();
    look();
    assert_false(found.has[PRODUCERS]);
    assert_int_equal(found.batches - found.records, PRODUCERS);
    log_folder_reopen(&f);
    look();
    for (batch.producer_id = FIRST; batch.producer_id < FIRST + PRODUCERS; batch.producer_id++)
        append(batch);
}

static void assert_markers(size_t markers, size_t horizons)
{
    look();
    assert_int_equal(found.markers, markers);
    assert_int_equal(found.horizons, horizons);
}

/* What was aborted does not count, and its marker goes in the end, as that of a transaction of which nothing is left:
 * one round finds that out, and one after delete.retention.ms removes it. */
static void transactions_are_cleaned(void **state)
{
    (void)state;
    append_key(1);
    append_txn(7, 0, 1);
    append_marker(7, KW_CONTROL_ABORT);
    append_txn(7, 1, 2);
    append_marker(7, KW_CONTROL_COMMIT);
    append_txn(7, 2, 2);
    append_marker(7, KW_CONTROL_COMMIT);
    for (int i = 0; i < 20; i++)
        append_key(3);
    assert_markers(3, 0);
    assert_int_equal(found.aborted, 1);
    clean_all();
    assert_markers(3, 0);
    assert_int_equal(found.aborted, 1); /* as its marker is there */
    static const bool left_of_it[] = {true, false, true, false, true, true, true};
    for (size_t i = 0; i < COUNT_OF(left_of_it); i++)
        assert_int_equal(found.has[i], left_of_it[i]);
    clean_all();
    assert_markers(3, 2);
    assert_int_equal(found.aborted, 0);
    log_folder_reopen(&f);
    now += 999;
    clean_all();
    assert_markers(3, 2);
    now++;
    clean_all();
    assert_markers(1, 0);
    assert_true(found.has[0] && found.has[5] && found.has[6]);
}

/* Its epoch is only known from the marker, so an empty batch of it stays, as long as the broker runs. */
static void a_producer_without_data(void **state)
{
    (void)state;
    append_marker(9, KW_CONTROL_ABORT);
    for (int i = 0; i < 20; i++)
        append_key(3);
    clean_all();
    assert_markers(1, 1);
    now += 1000;
    for (int i = 0; i < 2; i++) {
        clean_all();
        assert_markers(1, 0);
    }
}

/* With a map for few keys it takes several rounds. */
static void a_small_map_cleans_in_parts(void **state)
{
    (void)state;
    int64_t checkpoint = 0, before = -1;
    size_t rounds = 0;
    for (int i = 0; i < 100; i++)
        append_key(i % KEYS);
    look();
    int64_t active = found.active;
    for (; checkpoint < active && checkpoint > before; rounds++) {
        before = checkpoint;
        assert_int_equal(clean(&checkpoint, 6), CLEAN_DONE);
        look();
        expect_last_values(true);
    }
    assert_int_equal(checkpoint, active);
    assert_true(rounds > 2);
}

static void random_logs_keep_what_they_must(void **state)
{
    (void)state;
    struct random_test numbers;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        int64_t checkpoint = -1;
        random_test_init(&numbers, seed);
        for (int round = 0; round < 5; round++) {
            append_random(&numbers, 12);
            now += (int64_t)random_below(&numbers, 2000);
            assert_int_equal(clean(&checkpoint, random_below(&numbers, 2) != 0 ? 8 : 1000), CLEAN_DONE);
            look();
            expect_last_values(false);
        }
        log_folder_reopen(&f);
        look();
        expect_last_values(false);
        log_folder_finish(&f);
        (void)set_up(NULL);
    }
}

/* It ends between any two batches, and nothing has changed or a whole segment is clean. */
static void it_stops_at_once(void **state)
{
    (void)state;
    for (int i = 0; i < 30; i++)
        append_key(i % 3);
    enum clean_outcome outcome = CLEAN_STOPPED;
    size_t segments = 0;
    for (; outcome != CLEAN_DONE; segments++) {
        int64_t checkpoint = -1;
        left = segments;
        outcome = clean(&checkpoint, 1000);
        left = ALWAYS;
        assert_true(outcome == CLEAN_STOPPED || outcome == CLEAN_DONE);
        assert_false(file_exists(join(f.path, "00000000000000000000.log.cleaned").text));
        look();
        expect_last_values(true);
        assert_in_range(segments, 0, 200);
    }
    assert_true(segments > 6); /* both readings can be stopped */
}

static void damaged_records_are_not_cleaned(void **state)
{
    (void)state;
    uint8_t byte = 0xff;
    const kw_span part = {&byte, 1};
    struct file file;
    int64_t checkpoint = -1;
    for (int i = 0; i < 30; i++)
        append_key(i % 3);
    assert_status(file_open(&file, join(f.path, "00000000000000000000.log").text, 0), KW_OK);
    assert_status(file_write(&file, 70, &part, 1), KW_OK);
    assert_status(file_close(&file), KW_OK);
    capture_start(&captured);
    assert_int_equal(clean(&checkpoint, 1000), CLEAN_UNREADABLE);
    assert_non_null(strstr(capture_end(&captured), "it is not compacted: segment 0, byte 17: "));
    assert_int_equal(checkpoint, -1);
}

/* The first batch seems to end at its first record. */
static void change_header(void)
{
    const uint8_t byte = 0;
    const kw_span part = {&byte, 1};
    struct file file;
    assert_status(file_open(&file, join(f.path, "00000000000000000000.log").text, 0), KW_OK);
    assert_status(file_write(&file, KW_BATCH_V2_LAST_OFFSET_DELTA + 3, &part, 1), KW_OK);
    assert_status(file_close(&file), KW_OK);
}

/* The header of a batch that is left out unread is the one that was checked before. */
static void a_header_that_changes_is_noticed(void **state)
{
    (void)state;
    int64_t checkpoint = -1;
    struct new_batch batch = one_of;
    batch.count = 2;
    batch.key[1] = 1; /* of which there is no other one */
    append(batch);
    for (int i = 0; i < 30; i++)
        append_key(0);
    look();
    segments_until_change = found.segments - 1; /* when all is mapped */
    capture_start(&captured);
    assert_int_equal(clean(&checkpoint, 1000), CLEAN_UNREADABLE);
    assert_non_null(strstr(capture_end(&captured), "it is not compacted: segment 0, byte 0: "));
    assert_int_equal(segments_until_change, 0);
    assert_false(file_exists(join(f.path, "00000000000000000000.log.cleaned").text));
    assert_int_equal(checkpoint, -1);
}

/* Message sets of magic 1, some of them compressed, as a broker of long ago wrote them. */
static void old_formats_become_the_new_one(void **state)
{
    (void)state;
    uint8_t bytes[4096], more[4096];
    kw_writer out, scratch;
    kw_compressor *compressor = kw_compressor_create(kw_allocator_libc());
    kw_writer_init(&out, bytes, sizeof bytes);
    kw_writer_init(&scratch, more, sizeof more);
    for (; model.count < 12; model.count += 3) {
        kw_batch_options o;
        kw_batch_builder b;
        kw_batch_options_init(&o);
        o.magic = KW_MAGIC_V1;
        o.base_offset = model.count;
        if (model.count % 2 != 0) {
            o.codec = KW_CODEC_GZIP;
            o.compressor = compressor;
            o.scratch = &scratch;
        }
        assert_status(kw_batch_builder_init(&b, &out, &o), KW_OK);
        for (int64_t i = model.count; i < model.count + 3; i++) {
            char key[16], value[64];
            model.key[i] = (int)(i % 4);
            model.tombstone[i] = i == 11;
            const kw_new_record record = {now, key_of(model.key[i], key),
                                          i == 11 ? (kw_bytes){NULL, -1} : value_of(i, value), NULL, 0};
            assert_status(kw_batch_builder_append(&b, &record), KW_OK);
        }
        assert_status(kw_batch_builder_end(&b), KW_OK);
    }
    write_file(join(f.path, "00000000000000000000.log").text, bytes, kw_writer_data(&out).size);
    kw_compressor_destroy(compressor);
    log_folder_reopen(&f);
    look();
    for (int i = 0; i < 20; i++)
        append_key(5);
    clean_all();
    look();
    expect_last_values(true);
    assert_false(found.has[7]);
    assert_true(found.has[8] && found.has[11]);
    struct log_snapshot log = log_folder_open(&f);
    struct open_segment *open;
    kw_batches batches;
    kw_batch batch;
    assert_int_equal(segment_hold(&f.cache, log.contents->segments[0], f.path, false, &open), KW_ERROR_NONE);
    for (segment_batches(&open->segment, 0, &batches); kw_batches_next(&batches, &batch);)
        assert_int_equal(batch.magic, KW_MAGIC_V2);
    segment_release(open);
    log_snapshot_release(&log);
}

/* ---- calls ---- */

static size_t written_back;

static void note_write_back(struct file *file, size_t position, size_t size)
{
    (void)file;
    (void)position;
    (void)size;
    written_back++;
}

/* The disk is not told to start with what a sync writes in a moment. */
static void little_is_not_written_back(void **state)
{
    (void)state;
    static struct file_layer layer;
    log_folder_finish(&f);
    layer = file_layer_system;
    layer.write_back = note_write_back;
    file_layer_use(&layer);
    (void)set_up(NULL);
    for (int i = 0; i < 30; i++)
        append_key(i % 3);
    clean_all();
    assert_int_equal(written_back, 0);
    log_folder_finish(&f);
    file_layer_use(&file_layer_system);
    (void)set_up(NULL);
}

/* ---- failing files ---- */

static void start_in_memory(void)
{
    log_folder_finish(&f);
    usual_layer = file_layer_in_use();
    assert_true(file_memory_start(MEMORY_LIMIT));
    file_layer_use(&file_layer_memory);
    root = "/memory";
    file_faults_start();
}

/* Each call of a round fails once; then the log is as it was, or clean, and cleaning it again succeeds, perhaps after
 * the next start. */
static void each_call_may_fail(int error)
{
    const char *folder = root;
    start_in_memory();
    for (size_t call = 0;; call++) {
        int64_t checkpoint = -1;
        (void)set_up(NULL);
        for (int i = 0; i < 30; i++)
            append_key(i % 3);
        capture_start(&captured);
        file_faults_plan(FAULT_CHANGES | FAULT_MAP, call, 1, error);
        enum clean_outcome outcome = clean(&checkpoint, 1000);
        bool was_called = file_faults.fail == 0;
        file_faults_plan(0, 0, 0, 0);
        log_folder_reopen(&f);
        look();
        expect_last_values(true);
        checkpoint = -1;
        assert_int_equal(clean(&checkpoint, 1000), CLEAN_DONE);
        look();
        expect_last_values(true);
        assert_int_equal(found.segments, 2);
        (void)capture_end(&captured);
        log_folder_finish(&f);
        if (!was_called) {
            assert_int_equal(outcome, CLEAN_DONE);
            assert_true(call > 10);
            break;
        }
    }
    root = folder;
    (void)set_up(NULL);
}

static void a_failing_disk_loses_nothing(void **state)
{
    (void)state;
    each_call_may_fail(EIO);
}

static void a_full_disk_loses_nothing(void **state)
{
    (void)state;
    each_call_may_fail(ENOSPC);
}

/* The process ends at each call: the next start completes the work or removes it. */
static void a_crash_loses_nothing(void **state)
{
    (void)state;
    const char *folder = root;
    size_t completed = 0, removed = 0;
    start_in_memory();
    for (size_t call = 0;; call++) {
        int64_t checkpoint = -1;
        (void)set_up(NULL);
        for (int i = 0; i < 30; i++)
            append_key(i % 3);
        look();
        size_t segments = found.segments;
        capture_start(&captured);
        file_faults_plan(FAULT_CHANGES, call, FAULT_FOREVER, EIO);
        enum clean_outcome outcome = clean(&checkpoint, 1000);
        file_faults_plan(0, 0, 0, 0);
        log_folder_reopen(&f);
        look();
        (void)capture_end(&captured);
        expect_last_values(true);
        assert_true(found.segments == 2 || found.segments == segments);
        completed += outcome != CLEAN_DONE && found.segments == 2;
        removed += outcome != CLEAN_DONE && found.segments != 2;
        log_folder_finish(&f);
        if (outcome == CLEAN_DONE)
            break;
    }
    assert_true(completed > 3);
    assert_true(removed > 3);
    root = folder;
    (void)set_up(NULL);
}

/* Where the next call of that name is, whose path or new path ends so. */
static const char *next_call(const char *from, const char *name, const char *end)
{
    size_t size = strlen(end);
    for (const char *line = from, *stop; (stop = strchr(line, '\n')) != NULL; line = stop + 1)
        if (strncmp(line, name, strlen(name)) == 0 && (size_t)(stop - line) > size &&
            strncmp(stop - size, end, size) == 0)
            return stop + 1;
    fail_msg("no %s of %s in %s", name, end, from);
    return NULL;
}

/* A file system that keeps the names of a folder in any order until it is synced must not lose a segment, nor bring one
 * back behind the segment that has replaced it. */
static void names_are_synced_in_order(void **state)
{
    (void)state;
    const char *folder = root;
    int64_t checkpoint = -1;
    start_in_memory();
    (void)set_up(NULL);
    for (int i = 0; i < 30; i++)
        append_key(i % 3);
    file_faults_record(FAULT_RENAME | FAULT_SYNC_FOLDER);
    assert_int_equal(clean(&checkpoint, 1000), CLEAN_DONE);
    const char *at = next_call(file_faults_calls(), "rename", ".log.swap");
    const char *synced = next_call(at, "sync_folder", f.path);
    const char *gone = next_call(at, "rename", ".log.deleted");
    assert_true(synced < gone);
    while (strstr(gone, ".log.deleted\n") != NULL)
        gone = next_call(gone, "rename", ".log.deleted");
    synced = next_call(gone, "sync_folder", f.path);
    const char *live = next_call(gone, "rename", "0.log");
    assert_true(synced < live);
    (void)next_call(live, "sync_folder", f.path);
    log_folder_finish(&f);
    root = folder;
    (void)set_up(NULL);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_the_last_value_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(indexes_limit_a_group, set_up, tear_down),
        cmocka_unit_test_setup_teardown(young_records_are_not_cleaned, set_up, tear_down),
        cmocka_unit_test_setup_teardown(records_without_a_key_go, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tombstones_stay_for_their_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sequences_survive, set_up, tear_down),
        cmocka_unit_test_setup_teardown(transactions_are_cleaned, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_producer_without_data, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_small_map_cleans_in_parts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(random_logs_keep_what_they_must, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_stops_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_records_are_not_cleaned, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_header_that_changes_is_noticed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(old_formats_become_the_new_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(little_is_not_written_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failing_disk_loses_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_disk_loses_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_crash_loses_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_are_synced_in_order, set_up, tear_down),
    };
    if (argc != 2)
        return 2;
    root = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
